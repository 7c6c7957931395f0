/* Error objects. One that says "out of memory" always exists, because it is never made. */
#include "base/error.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

struct tlstm_error {
    tlstm_status code;
    char *message;
    char *where;
};

static char memory_message[] = "out of memory";
static char no_place[] = "";
static tlstm_error memory_error = {TLSTM_ERROR_MEMORY, memory_message, no_place};

static void replace(tlstm_error **error, tlstm_error *made) {
    tl_error_free(*error);
    *error = made;
}

/* A name that came out of a file can be as long as the file; paths of files are shorter. */
enum { LONGEST = 6000, LONGEST_END = 1000 };

static int is_within_character(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Leaves out what is too much of the middle. */
static void shorten(char *string) {
    const size_t length = strlen(string);
    if (length <= LONGEST)
        return;
    char *cut = string + LONGEST - LONGEST_END, *end = string + length - LONGEST_END;
    while (is_within_character(*cut))
        cut--;
    while (is_within_character(*end))
        end++;
    memcpy(cut, "...", 3);
    memmove(cut + 3, end, strlen(end) + 1);
}

/* A message is one line, even where it quotes a name that came out of a file. */
static void make_one_line(char *string) {
    shorten(string);
    for (; *string; string++)
        if ((unsigned char)*string < 0x20 || *string == 0x7f)
            *string = ' ';
}

char *tl_format_line(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = tl_vformat(NULL, 0, format, arguments);
    char *message = length < 0 ? NULL : tl_alloc((size_t)length + 1, 1);
    if (message) {
        tl_vformat(message, (size_t)length + 1, format, again);
        make_one_line(message);
    }
    va_end(again);
    return message;
}

/* Takes `message` and `where` over; without memory the memory error stands in. */
static tlstm_error *make_error(tlstm_status code, char *message, char *where) {
    tlstm_error *made = message && where ? tl_alloc(1, sizeof(*made)) : NULL;
    if (!made) {
        tl_free(message);
        tl_free(where);
        return &memory_error;
    }
    make_one_line(where);
    *made = (tlstm_error){code, message, where};
    return made;
}

tlstm_status tl_fail(tlstm_error **error, tlstm_status code, const char *where, const char *format,
                     ...) {
    if (!error)
        return code;
    va_list arguments;
    va_start(arguments, format);
    char *message = tl_format_line(format, arguments);
    va_end(arguments);
    /* The old error goes last: the arguments may quote it. */
    replace(error, make_error(code, message, tl_strdup(where ? where : "")));
    return code;
}

tlstm_status tl_fail_memory(tlstm_error **error) {
    if (error)
        replace(error, &memory_error);
    return TLSTM_ERROR_MEMORY;
}

tlstm_status tl_fail_within(tlstm_error **error, tlstm_status code, const char *outer) {
    if (!error || !*error || *error == &memory_error || !outer || !*outer)
        return code;
    tl_text place = {0};
    tl_text_append(&place, outer);
    if (*(*error)->where) {
        tl_text_append(&place, ":");
        tl_text_append(&place, (*error)->where);
    }
    char *where = tl_text_take(&place);
    if (!where) /* the error without its outer place is worth more than none */
        return code;
    make_one_line(where);
    tl_free((*error)->where);
    (*error)->where = where;
    return code;
}

const char *tl_status_text(tlstm_status status) {
    switch (status) {
    case TLSTM_OK:
        return "success";
    case TLSTM_ERROR_ARGUMENT:
        return "invalid argument";
    case TLSTM_ERROR_MEMORY:
        return "out of memory";
    case TLSTM_ERROR_IO:
        return "input/output error";
    case TLSTM_ERROR_FORMAT:
        return "invalid file format";
    case TLSTM_ERROR_UNSUPPORTED:
        return "not supported";
    case TLSTM_ERROR_SHAPE:
        return "shape mismatch";
    case TLSTM_ERROR_STATE:
        return "call in the wrong order";
    case TLSTM_ERROR_VALUE:
        return "unusable value";
    case TLSTM_STOPPED:
        return "stopped by a callback";
    case TLSTM_ERROR_INTERNAL:
        return "internal error";
    default:
        return "unknown status";
    }
}

tlstm_status tl_error_code(const tlstm_error *error) {
    return error ? error->code : TLSTM_OK;
}

const char *tl_error_message(const tlstm_error *error) {
    return error ? error->message : "";
}

const char *tl_error_where(const tlstm_error *error) {
    return error ? error->where : "";
}

void tl_error_free(tlstm_error *error) {
    if (!error || error == &memory_error)
        return;
    tl_free(error->message);
    tl_free(error->where);
    tl_free(error);
}
