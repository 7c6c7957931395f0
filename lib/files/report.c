/* Lines of a report: escaping, breaking and columns. */
#include "files/report.h"

#include "base/alloc.h"

#include <stdint.h>
#include <string.h>

enum { WIDTH = 80, DTYPE_WIDTH = 8, SHAPE_WIDTH = 14, ENTRY_INDENT = 4 };
/* Bytes of a text that are shown: a name of a file can be as long as the file. */
#define LONGEST_TEXT 2000

/* ---- Escaping ---- */

/* The length of the UTF-8 sequence that begins here and its code point; 0: it is none. */
static size_t sequence_at(const char *string, uint32_t *point) {
    const unsigned char *bytes = (const unsigned char *)string;
    size_t length = bytes[0] < 0xC2 ? 0 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    if (!length || bytes[0] > 0xF4)
        return 0;
    *point = bytes[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        *point = *point << 6 | (bytes[i] & 0x3Fu);
    }
    return length;
}

/* Controls, line ends, what turns the direction of writing, and what is no character at all. */
static int is_harmful(uint32_t point) {
    return point < 0xA0 || (point >= 0x200B && point <= 0x200F) ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
           (point >= 0xD800 && point <= 0xF8FF) || (point >= 0xFE00 && point <= 0xFE0F) ||
           point == 0xFEFF || point >= 0xE0000;
}

static void escape_byte(tl_text *text, unsigned char byte) {
    if (byte == '\n')
        tl_text_append(text, "\\n");
    else if (byte == '\t')
        tl_text_append(text, "\\t");
    else
        tl_text_format(text, "\\x%02x", byte);
}

void tl_report_escape(tl_text *text, const char *string) {
    size_t length = 1;
    for (const char *at = string; *at; at += length) {
        uint32_t point = 0;
        size_t sequence = sequence_at(at, &point);
        length = sequence ? sequence : 1;
        if ((size_t)(at - string) > LONGEST_TEXT) {
            tl_text_append(text, "...");
            return;
        }
        if ((sequence && !is_harmful(point)) || (*at >= ' ' && *at < 127))
            tl_text_append_bytes(text, at, length);
        else
            for (size_t i = 0; i < length; i++)
                escape_byte(text, (unsigned char)at[i]);
    }
}

/* ---- Lines ---- */

/* Columns of a text that has been escaped. */
static size_t columns_of(const char *string, size_t length) {
    size_t columns = 0;
    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)string[i] & 0xC0) != 0x80;
    return columns;
}

/* Word by word; a word that fits no line stands in one of its own. */
static void append_broken(tl_text *text, size_t indent, const char *line) {
    size_t column = indent;
    int first = 1;
    tl_text_repeat(text, " ", indent);
    while (*line) {
        size_t length = strcspn(line, " "), width = columns_of(line, length);
        if (!first && column + 1 + width > WIDTH) {
            tl_text_append(text, "\n");
            tl_text_repeat(text, " ", indent + 4);
            column = indent + 4;
        } else if (!first) {
            tl_text_append(text, " ");
            column++;
        }
        tl_text_append_bytes(text, line, length);
        column += width;
        line += length;
        line += *line == ' ';
        first = 0;
    }
    tl_text_append(text, "\n");
}

/* Formats and escapes; NULL without memory. */
TL_PRINTF(1, 0) static char *format_line(const char *format, va_list arguments) {
    tl_text escaped = {0};
    va_list again;
    va_copy(again, arguments);
    int length = tl_vformat(NULL, 0, format, arguments);
    char *line = length < 0 ? NULL : tl_alloc((size_t)length + 1, 1);
    if (line) {
        tl_vformat(line, (size_t)length + 1, format, again);
        tl_report_escape(&escaped, line);
    }
    va_end(again);
    char *taken = tl_text_take(&escaped);
    if (line)
        tl_free(line);
    else
        tl_free(taken);
    return line ? taken : NULL;
}

void tl_report_line(tl_report *report, size_t indent, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *line = format_line(format, arguments);
    va_end(arguments);
    if (line)
        append_broken(&report->text, indent, line);
    else
        report->text.failed = 1;
    tl_free(line);
}

void tl_report_unbroken(tl_report *report, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *line = format_line(format, arguments);
    va_end(arguments);
    if (line)
        tl_text_append(&report->text, line);
    else
        report->text.failed = 1;
    tl_text_append(&report->text, "\n");
    tl_free(line);
}

void tl_report_blank(tl_report *report) {
    tl_text_append(&report->text, "\n");
}

static size_t append_column(tl_text *text, const char *cell, size_t width) {
    size_t length = strlen(cell);
    tl_text_append(text, cell);
    tl_text_repeat(text, " ", 1 + (length < width ? width - length : 0));
    return 1 + (length < width ? width : length);
}

/* On this line where there is room, else on one of its own; the column behind it. */
static size_t append_whole(tl_text *text, size_t column, const char *string) {
    tl_text escaped = {0};
    tl_report_escape(&escaped, string);
    const char *shown = escaped.bytes ? escaped.bytes : "";
    size_t width = columns_of(shown, strlen(shown));
    if (width && column + width > WIDTH && column > 2 * ENTRY_INDENT) {
        tl_text_append(text, "\n");
        tl_text_repeat(text, " ", 2 * ENTRY_INDENT);
        column = 2 * ENTRY_INDENT;
        shown += strspn(shown, " ");
    }
    tl_text_append(text, shown);
    text->failed |= escaped.failed;
    tl_text_clear(&escaped);
    return column + width;
}

void tl_report_entry(tl_report *report, const char *dtype, const char *shape, const char *name,
                     const char *rest) {
    tl_text *text = &report->text;
    size_t column = ENTRY_INDENT;
    tl_text_repeat(text, " ", ENTRY_INDENT);
    column += append_column(text, dtype, DTYPE_WIDTH);
    column += append_column(text, shape, SHAPE_WIDTH);
    column = append_whole(text, column, name);
    append_whole(text, column, rest);
    tl_text_append(text, "\n");
}
