/* What the commands of the program share: the table's type, options, messages and files. */
#ifndef TL_CLI_CLI_H
#define TL_CLI_CLI_H

#include "tinylstm/tinylstm.h"

#include <stddef.h>
#include <stdint.h>

/* Exit statuses; scripts rely on them. */
enum { STATUS_DONE = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

/* ---- Commands ---- */

enum { MOST_OPERANDS = 2 };

typedef struct cli_command {
    const char *name;
    const char *operands[MOST_OPERANDS + 1]; /* "MODEL"; NULL ends the list */
    const char *purpose;                     /* one line for the help */
    int (*run)(int argc, char **argv);       /* argv[0] is the command's name; returns a status */
} cli_command;

extern const cli_command summary_command;
extern const cli_command predict_command;
extern const cli_command evaluate_command;
extern const cli_command fit_command;
extern const cli_command convert_command;
extern const cli_command inspect_command;
extern const cli_command imdb_command;

/* ---- Options ---- */

typedef enum option_kind {
    OPTION_FLAG,     /* int: 1 when it is given */
    OPTION_WHOLE,    /* int64_t from `least` to `most` */
    OPTION_POSITIVE, /* double above 0, finite */
    OPTION_NAME,     /* const char *: a path or a name, not empty */
    OPTION_TEXTS     /* text_list: any text, each time it is given */
} option_kind;

/* An option of a command: `table` of these parses, checks and explains itself. */
typedef struct cli_option {
    const char *name;     /* without the dashes */
    const char *argument; /* what the help calls its value; NULL for flags */
    const char *help;
    option_kind kind;
    void *value; /* the default before parsing */
    int64_t least, most;
} cli_option;

typedef struct text_list {
    const char **texts;
    size_t count;
} text_list;

/* Parses argv into the options' values and into `operands`, which has room for as many as the
 * command names. 1: go on. 0: return *status (help was printed, or a usage error). */
int parse_options(const cli_command *command, const cli_option *options, size_t count, int argc,
                  char **argv, const char **operands, int *status);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Messages ---- */

/* Prints "tinylstm: what: where: why" in one line on standard error; returns STATUS_FAILED. */
int fail(const char *what, const char *where, const char *why);
/* The same for an error of the library, which is freed. `where` stands in where it names no place.
 */
int fail_with(const char *what, const char *where, tlstm_error *error);
/* The same where the place that the library names (an argument of a call) tells a user nothing. */
int fail_at(const char *what, const char *where, tlstm_error *error);
/* The same for a wrong use of a command, with a hint at its help; returns STATUS_USAGE. */
int fail_usage(const char *command_name, const char *where, const char *why);
/* Prints "tinylstm: note: path: note" in one line on standard error. */
void print_note(const char *path, const char *note);

/* A float in the fewest digits that read back as the same number; `text` has room for 32. */
void format_float(char *text, float value);

/* ---- Files ---- */

/* These return a status; where it is STATUS_FAILED they have said why. */
int load_model(const char *path, tlstm_model **model);
int load_array(const char *path, tlstm_array **array); /* without NaN */
/* Looks before the work starts whether a file can be made at `path`. NULL is fine. */
int check_output(const char *what, const char *path);
/* The same for a model file: its extension must be one that the library writes. */
int check_model_output(const char *what, const char *path);
/* Tells on standard error what the loader could not use of a model's file. */
void print_notes(const tlstm_model *model, const char *path);

#endif
