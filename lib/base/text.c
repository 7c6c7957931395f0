/* Growing strings, and numbers without the locale. */
#define _POSIX_C_SOURCE 200809L
#include "base/text.h"

#include "base/alloc.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

int tl_vformat(char *bytes, size_t capacity, const char *format, va_list arguments) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t chosen = uselocale(plain);
    int length = vsnprintf(bytes, capacity, format, arguments);
    uselocale(chosen);
    if (plain)
        freelocale(plain);
    return length;
}

double tl_parse_number(const char *string, char **end) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t chosen = uselocale(plain);
    double value = strtod(string, end);
    uselocale(chosen);
    if (plain)
        freelocale(plain);
    return value;
}

/* Twice as much room, or what `more` and a NUL need. */
static int grow(tl_text *text, size_t more) {
    size_t needed, capacity = text->capacity <= SIZE_MAX / 2 ? text->capacity * 2 : 0;
    if (!tl_size_add(text->length, more, &needed) || !tl_size_add(needed, 1, &needed))
        return 0;
    if (capacity < needed)
        capacity = needed;
    if (capacity < 64)
        capacity = 64;
    char *bytes = tl_realloc(text->bytes, capacity, 1);
    if (!bytes)
        return 0;
    text->bytes = bytes;
    text->capacity = capacity;
    return 1;
}

/* Mostly there is room: appends are many and short. */
static int reserve(tl_text *text, size_t more) {
    if (!text->failed && more >= text->capacity - text->length)
        text->failed = !grow(text, more);
    return !text->failed;
}

void tl_text_append_bytes(tl_text *text, const char *bytes, size_t length) {
    if (!reserve(text, length))
        return;
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void tl_text_append(tl_text *text, const char *string) {
    tl_text_append_bytes(text, string, strlen(string));
}

void tl_text_format(tl_text *text, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = tl_vformat(NULL, 0, format, arguments);
    if (length < 0)
        text->failed = 1;
    if (length >= 0 && reserve(text, (size_t)length)) {
        tl_vformat(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void tl_text_repeat(tl_text *text, const char *string, size_t times) {
    size_t length = strlen(string);
    for (size_t i = 0; i < times && !text->failed; i++)
        tl_text_append_bytes(text, string, length);
}

TL_PRINTF(3, 4) static void format_plain(char *bytes, size_t capacity, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    tl_vformat(bytes, capacity, format, arguments);
    va_end(arguments);
}

/* Fewest digits from `digits` on with which `value` reads back, as a float when `single`. */
static void format_shortest(char *bytes, size_t capacity, double value, int digits, int most,
                            int single) {
    for (; digits <= most; digits++) {
        format_plain(bytes, capacity, "%.*g", digits, value);
        double read = tl_parse_number(bytes, NULL);
        if (single ? (float)read == (float)value : read == value)
            return;
    }
}

static void append_number(tl_text *text, double value, int single) {
    char bytes[40];
    if (isnan(value)) {
        tl_text_append(text, "nan");
        return;
    }
    if (isinf(value)) {
        tl_text_append(text, value < 0 ? "-inf" : "inf");
        return;
    }
    /* Subnormal numbers have fewer digits than the least that all others keep. */
    int subnormal = fabs(value) < (single ? (double)FLT_MIN : DBL_MIN);
    int digits = subnormal ? 1 : single ? FLT_DIG : DBL_DIG;
    format_shortest(bytes, sizeof(bytes), value, digits, single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG,
                    single);
    tl_text_append(text, bytes);
    if (!strpbrk(bytes, ".e"))
        tl_text_append(text, ".0");
}

void tl_text_number(tl_text *text, double value) {
    append_number(text, value, 0);
}

void tl_text_float(tl_text *text, float value) {
    append_number(text, (double)value, 1);
}

char *tl_text_take(tl_text *text) {
    tl_text_append_bytes(text, "", 0); /* an empty text is a string too */
    char *bytes = text->failed ? NULL : text->bytes;
    if (!bytes)
        tl_free(text->bytes);
    *text = (tl_text){0};
    return bytes;
}

void tl_text_clear(tl_text *text) {
    tl_free(text->bytes);
    *text = (tl_text){0};
}

static char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

int tl_text_same_word(const char *a, const char *b) {
    for (; *a && lower(*a) == lower(*b); a++)
        b++;
    return lower(*a) == lower(*b);
}

int tl_text_ends_in(const char *string, const char *end) {
    const size_t length = strlen(string), tail = strlen(end);
    return length >= tail && strcmp(string + length - tail, end) == 0;
}

char *tl_text_join(const char *group, const char *name) {
    tl_text path = {0};
    tl_text_format(&path, "%s/%s", group, name);
    return tl_text_take(&path);
}

int tl_text_has_word(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *at = words; length && *at;) {
        size_t here = strcspn(at, " ");
        if (here == length && memcmp(at, word, length) == 0)
            return 1;
        at += here + (at[here] == ' ');
    }
    return 0;
}
