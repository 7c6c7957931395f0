/* Messages on standard error, and numbers as text. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

/* File names and library messages may hold anything; scripts count on one line. */
static void put_in_line(const char *text) {
    for (; *text; text++)
        fputc((unsigned char)*text < ' ' || *text == 127 ? ' ' : *text, stderr);
}

static void print_line(const char *what, const char *where, const char *why) {
    fflush(stdout);
    fputs("tinylstm: ", stderr);
    put_in_line(what);
    fputs(": ", stderr);
    put_in_line(where);
    fputs(": ", stderr);
    put_in_line(why);
    fputc('\n', stderr);
}

void print_note(const char *path, const char *note) {
    fputs("tinylstm: note: ", stderr);
    put_in_line(path);
    fputs(": ", stderr);
    put_in_line(note);
    fputc('\n', stderr);
}

int fail(const char *what, const char *where, const char *why) {
    print_line(what, where, why);
    return STATUS_FAILED;
}

int fail_at(const char *what, const char *where, tlstm_error *error) {
    const char *why = tlstm_error_message(error);
    const int damaged = tlstm_error_code(error) == TLSTM_ERROR_FORMAT;
    print_line(what, where, *why ? why : tlstm_status_text(tlstm_error_code(error)));
    tlstm_error_free(error);
    /* A damaged file can leave libhdf5 with objects that it cannot close, of which it complains at
     * exit, in lines of its own. */
    if (damaged)
        _Exit(STATUS_FAILED);
    return STATUS_FAILED;
}

int fail_with(const char *what, const char *where, tlstm_error *error) {
    const char *place = tlstm_error_where(error);
    return fail_at(what, *place ? place : where, error);
}

int fail_usage(const char *command_name, const char *where, const char *why) {
    print_line(command_name ? command_name : "usage", where, why);
    fprintf(stderr, "See 'tinylstm %s%s--help'.\n", command_name ? command_name : "",
            command_name ? " " : "");
    return STATUS_USAGE;
}

void format_float(char *text, float value) {
    /* The program never calls setlocale, so the decimal point is a point. Nine digits tell every
     * float from its neighbours. A NaN equals nothing, and has no sign worth showing. */
    if (value != value) {
        snprintf(text, 32, "nan");
        return;
    }
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, 32, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            return;
    }
}
