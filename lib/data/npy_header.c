/* The header of a .npy file: a magic word, a length, and a Python dictionary as text. */
#include "data/npy.h"

#include <string.h>

/* A reader of the few Python literals that a header is made of. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_blanks(cursor *c) {
    while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at)
        c->at++;
}

static int take(cursor *c, char wanted) {
    skip_blanks(c);
    if (c->at == c->end || *c->at != wanted)
        return 0;
    c->at++;
    return 1;
}

static int take_word(cursor *c, const char *word) {
    size_t length = strlen(word);
    skip_blanks(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return 0;
    c->at += length;
    return 1;
}

/* A quoted string without escapes; the keys and types of a header need none. */
static int take_string(cursor *c, const char **string, size_t *length) {
    skip_blanks(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
        return 0;
    const char *first = c->at + 1;
    const char *last = memchr(first, *c->at, (size_t)(c->end - first));
    if (!last || memchr(first, '\\', (size_t)(last - first)))
        return 0;
    *string = first;
    *length = (size_t)(last - first);
    c->at = last + 1;
    return 1;
}

static int take_size(cursor *c, int64_t *size) {
    skip_blanks(c);
    const char *first = c->at;
    for (*size = 0; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (*size > (INT64_MAX - 9) / 10)
            return 0;
        *size = *size * 10 + (*c->at - '0');
    }
    if (c->at == first)
        return 0;
    if (c->at < c->end && *c->at == 'L') /* written by Python 2 */
        c->at++;
    return 1;
}

static tlstm_status fail_header(const char *what, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_FORMAT, NULL, "the npy header is damaged: %s", what);
}

/* "<f4", "|O", "|b1": order, kind, size. Other kinds are sound but not for this library. */
static tlstm_status read_type(cursor *c, tl_npy_header *header, tlstm_error **error) {
    const char *type;
    size_t length;
    skip_blanks(c);
    if (c->at < c->end && *c->at == '[')
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NULL, "structured arrays are not supported");
    if (!take_string(c, &type, &length) || length < 2 || !memchr("<>|=", type[0], 4))
        return fail_header("no descr", error);
    header->order = type[0];
    header->kind = type[1];
    cursor size = {type + 2, type + length};
    int64_t bytes = 0;
    if (header->kind == 'O')
        return TLSTM_OK;
    if (!take_size(&size, &bytes) || size.at != size.end)
        bytes = 0;
    int is_integer = (header->kind == 'i' || header->kind == 'u') &&
                     (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8);
    int is_float = header->kind == 'f' && (bytes == 2 || bytes == 4 || bytes == 8);
    /* NumPy has no bfloat16: where another package adds it, its arrays are written as "V2". */
    int is_bfloat = header->kind == 'V' && bytes == 2;
    if (!is_integer && !is_float && !is_bfloat && !(header->kind == 'b' && bytes == 1))
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NULL,
                       "elements of type '%.*s' are not supported",
                       (int)(length < 32 ? length : 32), type);
    header->size = (size_t)bytes;
    return TLSTM_OK;
}

static tlstm_status read_shape(cursor *c, tl_npy_header *header, tlstm_error **error) {
    if (!take(c, '('))
        return fail_header("no shape", error);
    while (!take(c, ')')) {
        int64_t size;
        if (!take_size(c, &size))
            return fail_header("a dimension is not a number", error);
        if (header->ndim == TLSTM_MAX_DIMS)
            return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NULL,
                           "the array has more than %d dimensions", TLSTM_MAX_DIMS);
        header->shape[header->ndim++] = size;
        if (!take(c, ',')) {
            if (!take(c, ')'))
                return fail_header("the shape does not end", error);
            break;
        }
    }
    return TLSTM_OK;
}

static tlstm_status read_fortran(cursor *c, tl_npy_header *header, tlstm_error **error) {
    header->fortran = take_word(c, "True");
    if (!header->fortran && !take_word(c, "False"))
        return fail_header("fortran_order is neither True nor False", error);
    return TLSTM_OK;
}

static int equals(const char *key, size_t length, const char *word) {
    return strlen(word) == length && memcmp(key, word, length) == 0;
}

/* The dictionary; each of the three keys once, in any order. */
static tlstm_status read_dictionary(cursor *c, tl_npy_header *header, tlstm_error **error) {
    unsigned seen = 0;
    if (!take(c, '{'))
        return fail_header("no dictionary", error);
    while (!take(c, '}')) {
        const char *key;
        size_t length;
        unsigned bit;
        tlstm_status status;
        if (!take_string(c, &key, &length) || !take(c, ':'))
            return fail_header("no key", error);
        if (equals(key, length, "descr")) {
            bit = 1;
            status = seen & bit ? TLSTM_OK : read_type(c, header, error);
        } else if (equals(key, length, "fortran_order")) {
            bit = 2;
            status = seen & bit ? TLSTM_OK : read_fortran(c, header, error);
        } else if (equals(key, length, "shape")) {
            bit = 4;
            status = seen & bit ? TLSTM_OK : read_shape(c, header, error);
        } else
            return fail_header("an unknown key", error);
        if (status)
            return status;
        if (seen & bit)
            return fail_header("a key stands twice", error);
        seen |= bit;
        if (!take(c, ',') && !(c->at < c->end && *c->at == '}'))
            return fail_header("the dictionary does not end", error);
    }
    return seen == 7 ? TLSTM_OK : fail_header("descr, fortran_order or shape is missing", error);
}

tlstm_status tl_npy_header_read(const char *bytes, size_t length, tl_npy_header *header,
                                tlstm_error **error) {
    if (length < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0)
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL, "not a npy file");
    const unsigned char *start = (const unsigned char *)bytes;
    unsigned major = start[6];
    if (major < 1 || major > 3)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, NULL,
                       "npy format version %u is not supported", major);
    size_t prefix = major == 1 ? 10 : 12, text = start[8] | (size_t)start[9] << 8;
    if (length < prefix)
        return fail_header("cut off", error);
    if (major > 1)
        text |= (size_t)start[10] << 16 | (size_t)start[11] << 24;
    if (text > length - prefix)
        return fail_header("cut off", error);
    cursor c = {bytes + prefix, bytes + prefix + text};
    *header = (tl_npy_header){.offset = prefix + text};
    tlstm_status status = read_dictionary(&c, header, error);
    if (status)
        return status;
    skip_blanks(&c);
    return c.at == c.end ? TLSTM_OK : fail_header("text behind the dictionary", error);
}
