/*
 * The text of tlstm_file_inspect(): lines of "key: value", and what belongs to them indented below,
 * for people with 80 columns and for scripts alike. Everything that comes from a file goes through
 * here, so that no control character of it reaches a terminal.
 */
#ifndef TL_FILES_REPORT_H
#define TL_FILES_REPORT_H

#include "base/text.h"

/* Start from {{0}}. */
typedef struct tl_report {
    tl_text text;
} tl_report;

/* A line that begins with `indent` blanks; it goes on below, further in, where it is too long. */
void tl_report_line(tl_report *report, size_t indent, const char *format, ...) TL_PRINTF(3, 4);
/* The same in one line, however long: what scripts look for. */
void tl_report_unbroken(tl_report *report, const char *format, ...) TL_PRINTF(2, 3);
void tl_report_blank(tl_report *report);
/* "    float32  (16, 128)  lstm/kernel:0", in columns; a name that is too long for the line, and
 * then `rest`, which may be "", stand below, further in. */
void tl_report_entry(tl_report *report, const char *dtype, const char *shape, const char *name,
                     const char *rest);

/* Appends text of a file: what would not show, or would show as something else, as "\n" or "\x1b";
 * what is very long is cut and ends in "...". */
void tl_report_escape(tl_text *text, const char *string);

#endif
