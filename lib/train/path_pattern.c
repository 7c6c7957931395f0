/* The part of Python's str.format() that paths of checkpoints use. */
#include "train/path_pattern.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* What stands between the braces. */
typedef struct field {
    char name[64];
    int zeros;     /* fill with 0 instead of blanks */
    int width;     /* 0: as wide as it is */
    int precision; /* -1: none given */
    char type;     /* 0: none given */
} field;

static tlstm_status refuse(const char *pattern, const char *at, tlstm_error **error) {
    size_t length = strcspn(at, "}");
    return tl_fail(error, TLSTM_ERROR_ARGUMENT, pattern, "cannot read the field \"%.*s\"",
                   (int)(length < 80 ? length : 80) + (at[length] == '}'), at);
}

static int read_number(const char **at, int *number) {
    if (!isdigit((unsigned char)**at))
        return 0;
    for (*number = 0; isdigit((unsigned char)**at) && *number < 1000; ++*at)
        *number = *number * 10 + (**at - '0');
    return *number < 1000;
}

/* [0][width][.precision][type] */
static int read_format(const char **at, field *read) {
    if (**at == '0') {
        read->zeros = 1;
        ++*at;
    }
    if (isdigit((unsigned char)**at) && !read_number(at, &read->width))
        return 0;
    if (**at == '.') {
        ++*at;
        if (!read_number(at, &read->precision))
            return 0;
    }
    if (**at && strchr("defg", **at))
        read->type = *(*at)++;
    return 1;
}

/* Reads from behind the opening brace to behind the closing one. */
static int read_field(const char **at, field *read) {
    *read = (field){.precision = -1};
    size_t length = strcspn(*at, ":}{");
    if (length == 0 || length >= sizeof(read->name))
        return 0;
    memcpy(read->name, *at, length);
    *at += length;
    if (**at == ':') {
        ++*at;
        if (!read_format(at, read))
            return 0;
    }
    return *(*at)++ == '}';
}

static int append_integer(tl_text *path, const field *wanted, long long value) {
    if (wanted->precision >= 0)
        return 0;
    tl_text_format(path, wanted->zeros ? "%0*lld" : "%*lld", wanted->width, value);
    return 1;
}

/* Python's "nan" has no sign, and zeros are not put before it. */
static int append_real(tl_text *path, const field *wanted, double value) {
    int zeros = wanted->zeros && isfinite(value);
    int precision = wanted->precision < 0 ? 6 : wanted->precision;
    double shown = isnan(value) ? fabs(value) : value;
    switch (wanted->type) {
    case 'f':
        tl_text_format(path, zeros ? "%0*.*f" : "%*.*f", wanted->width, precision, shown);
        return 1;
    case 'e':
        tl_text_format(path, zeros ? "%0*.*e" : "%*.*e", wanted->width, precision, shown);
        return 1;
    case 'g':
        tl_text_format(path, zeros ? "%0*.*g" : "%*.*g", wanted->width, precision, shown);
        return 1;
    case 0:
        if (wanted->precision >= 0 || wanted->width)
            return 0;
        tl_text_number(path, value);
        return 1;
    default:
        return 0;
    }
}

static tlstm_status append_field(const char *pattern, const char *at, const field *wanted,
                                 const tl_training *training, tl_text *path, tlstm_error **error) {
    int is_epoch = strcmp(wanted->name, "epoch") == 0;
    double value = (double)(training->epoch + 1);
    if (!is_epoch && !tl_training_value(training, wanted->name, &value))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, pattern, "there is no value \"%s\"",
                       wanted->name);
    int as_integer = is_epoch && (wanted->type == 0 || wanted->type == 'd');
    int known = as_integer ? append_integer(path, wanted, (long long)training->epoch + 1)
                           : append_real(path, wanted, value);
    return known ? TLSTM_OK : refuse(pattern, at, error);
}

tlstm_status tl_path_pattern_fill(const char *pattern, const tl_training *training, tl_text *path,
                                  tlstm_error **error) {
    const char *at = pattern;
    while (*at) {
        size_t plain = strcspn(at, "{}");
        tl_text_append_bytes(path, at, plain);
        at += plain;
        if (!*at)
            break;
        if (at[1] == at[0]) { /* a doubled brace stands for itself */
            tl_text_append_bytes(path, at, 1);
            at += 2;
            continue;
        }
        const char *start = at++;
        field wanted;
        if (*start != '{' || !read_field(&at, &wanted))
            return refuse(pattern, start, error);
        tlstm_status status = append_field(pattern, start, &wanted, training, path, error);
        if (status)
            return status;
    }
    tl_text_append(path, "");
    return path->failed ? tl_fail_memory(error) : TLSTM_OK;
}
