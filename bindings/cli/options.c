/* Options by table: parsing, checking and help from the same lines. */
#include "cli.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 32, OPTION_BASE = 256, HELP = 'h', OPERAND = 1 };

/* ---- Values ---- */

/* Digits and nothing else, in range: strtoll alone would take blanks, signs and "12abc". */
static int parse_whole(const char *text, int64_t least, int64_t most, int64_t *value) {
    int64_t number = 0;
    if (!*text)
        return 0;
    for (; *text; text++) {
        int digit = *text - '0';
        if (digit < 0 || digit > 9 || number > most / 10 || number * 10 > most - digit)
            return 0;
        number = number * 10 + digit;
    }
    if (number < least)
        return 0;
    *value = number;
    return 1;
}

/* A decimal number: no blanks, hexadecimal, "inf" or "nan", which strtod would take. */
static int parse_positive(const char *text, double *value) {
    char *end = NULL;
    if (!*text || text[strspn(text, "0123456789.eE+-")])
        return 0;
    double number = strtod(text, &end);
    if (*end || !isfinite(number) || !(number > 0))
        return 0;
    *value = number;
    return 1;
}

static int add_text(text_list *list, const char *text) {
    const char **texts = realloc(list->texts, (list->count + 1) * sizeof *texts);
    if (!texts)
        return 0;
    texts[list->count++] = text;
    list->texts = texts;
    return 1;
}

/* Stores a value, or writes into `wanted` what would have been one. */
static int set_option(const cli_option *option, const char *text, char *wanted, size_t size) {
    switch (option->kind) {
    case OPTION_FLAG:
        *(int *)option->value = 1;
        return 1;
    case OPTION_WHOLE:
        snprintf(wanted, size, "a whole number from %lld to %lld", (long long)option->least,
                 (long long)option->most);
        return parse_whole(text, option->least, option->most, option->value);
    case OPTION_POSITIVE:
        snprintf(wanted, size, "a finite number above 0");
        return parse_positive(text, option->value);
    case OPTION_NAME:
        snprintf(wanted, size, "a text that is not empty");
        *(const char **)option->value = text;
        return *text != '\0';
    case OPTION_TEXTS:
        snprintf(wanted, size, "less text (memory)");
        return add_text(option->value, text);
    }
    return 0;
}

/* ---- Help ---- */

static void print_usage(const cli_command *command) {
    printf("usage: tinylstm %s", command->name);
    for (const char *const *operand = command->operands; *operand; operand++)
        printf(" %s", *operand);
    printf(" [OPTION]...\n\n%s.\n\n", command->purpose);
}

static void print_help(const cli_command *command, const cli_option *options, size_t count) {
    print_usage(command);
    for (size_t i = 0; i < count; i++) {
        char left[40];
        snprintf(left, sizeof left, "--%s%s%s", options[i].name, options[i].argument ? " " : "",
                 options[i].argument ? options[i].argument : "");
        printf("  %-24s%s\n", left, options[i].help);
    }
    printf("  %-24s%s\n", "--help", "print this and stop");
}

/* ---- Parsing ---- */

static void fill_getopt(const cli_option *options, size_t count, struct option *table) {
    memset(table, 0, (count + 2) * sizeof *table);
    for (size_t i = 0; i < count; i++) {
        table[i].name = options[i].name;
        table[i].has_arg = options[i].kind == OPTION_FLAG ? no_argument : required_argument;
        table[i].val = OPTION_BASE + (int)i;
    }
    table[count].name = "help";
    table[count].val = HELP;
}

static int fail_option(const cli_command *command, const cli_option *option, const char *text,
                       const char *wanted) {
    char where[64], why[256];
    snprintf(where, sizeof where, "--%s", option->name);
    snprintf(why, sizeof why, "expected %s, got \"%.80s\"", wanted, text);
    return fail_usage(command->name, where, why);
}

static int fail_unknown(const cli_command *command, int found, char **argv) {
    const char *where = argv[optind - 1];
    if (found == ':')
        return fail_usage(command->name, where, "a value is wanted after it");
    if (optopt >= OPTION_BASE)
        return fail_usage(command->name, where, "it takes no value");
    const char letter[] = {'-', (char)optopt, '\0'};
    if (optopt)
        where = letter;
    return fail_usage(command->name, where, "there is no such option");
}

/* ---- Operands ---- */

static int add_operand(const cli_command *command, const char *operand, const char **operands,
                       size_t *given) {
    if (!command->operands[*given])
        return fail_usage(command->name, operand, "it is one argument too many");
    operands[(*given)++] = operand;
    return STATUS_DONE;
}

/* What getopt_long found: an operand, --help, a fault, or an option of the table. */
static int take_found(const cli_command *command, const cli_option *options, int found, char **argv,
                      const char **operands, size_t *given) {
    if (found == OPERAND)
        return add_operand(command, optarg, operands, given);
    if (found < OPTION_BASE)
        return fail_unknown(command, found, argv);
    const cli_option *option = &options[found - OPTION_BASE];
    char wanted[80];
    if (!set_option(option, optarg, wanted, sizeof wanted))
        return fail_option(command, option, optarg, wanted);
    return STATUS_DONE;
}

int parse_options(const cli_command *command, const cli_option *options, size_t count, int argc,
                  char **argv, const char **operands, int *status) {
    struct option table[MOST_OPTIONS];
    fill_getopt(options, count, table);
    opterr = 0;
    size_t given = 0;
    int found = 0;
    *status = STATUS_DONE;
    /* "-" hands over operands in their place, also where POSIXLY_CORRECT is set. */
    while (*status == STATUS_DONE && (found = getopt_long(argc, argv, "-:h", table, NULL)) != -1) {
        if (found == HELP) {
            print_help(command, options, count);
            return 0;
        }
        *status = take_found(command, options, found, argv, operands, &given);
    }
    /* Behind "--" all are operands. */
    while (*status == STATUS_DONE && optind < argc)
        *status = add_operand(command, argv[optind++], operands, &given);
    if (*status == STATUS_DONE && command->operands[given])
        *status = fail_usage(command->name, command->operands[given], "it is missing");
    return *status == STATUS_DONE;
}
