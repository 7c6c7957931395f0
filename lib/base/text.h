/* A string that grows: summaries, JSON, messages, SVG. */
#ifndef TL_BASE_TEXT_H
#define TL_BASE_TEXT_H

#include "base/error.h"

#include <stdarg.h>

/* Start from {0}. After a failed allocation `failed` is set and further appends do nothing, so that
 * only the end has to look. */
typedef struct tl_text {
    char *bytes; /* ends in NUL as soon as something was appended */
    size_t length;
    size_t capacity;
    int failed;
} tl_text;

void tl_text_append(tl_text *text, const char *string);
void tl_text_append_bytes(tl_text *text, const char *bytes, size_t length);
void tl_text_format(tl_text *text, const char *format, ...) TL_PRINTF(2, 3);
void tl_text_repeat(tl_text *text, const char *string, size_t times);
/* Shortest decimal form that reads back to the same double, always with a '.' whatever the locale.
 */
void tl_text_number(tl_text *text, double value);
/* The same for a float: "0.1", not "0.10000000149011612". */
void tl_text_float(tl_text *text, float value);

/* Hands the bytes over (free with tl_free); NULL when an append failed. Resets *text. */
char *tl_text_take(tl_text *text);
void tl_text_clear(tl_text *text);

/* 1 when two words differ in upper and lower case of ASCII letters at most, in any locale. */
int tl_text_same_word(const char *a, const char *b);
/* 1 when `word` stands in `words`, which are separated by single blanks. */
int tl_text_has_word(const char *words, const char *word);

/* 1 when `string` ends in `end`. */
int tl_text_ends_in(const char *string, const char *end);
/* "group/name" (free with tl_free); NULL without memory. */
char *tl_text_join(const char *group, const char *name);

/* vsnprintf() and strtod() as in the "C" locale, whatever the program has chosen. */
int tl_vformat(char *bytes, size_t capacity, const char *format, va_list arguments) TL_PRINTF(3, 0);
double tl_parse_number(const char *string, char **end);

#endif
