/* The tinylstm program: finds the command and runs it. The contract (options, outputs, exit
 * statuses) stands in tinylstm.1. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const cli_command *const commands[] = {
    &summary_command, &predict_command, &evaluate_command, &fit_command,
    &convert_command, &inspect_command, &imdb_command,
};

static void print_help(void) {
    printf("usage: tinylstm COMMAND [OPTION]...\n\n"
           "Trains and runs Keras-style recurrent networks; reads and writes Keras's files.\n\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        printf("  %-10s%s\n", commands[i]->name, commands[i]->purpose);
    printf("\n'tinylstm COMMAND --help' explains a command, 'tinylstm --version' tells the "
           "version.\n");
}

static int run_command(int argc, char **argv) {
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[0], commands[i]->name) == 0)
            return commands[i]->run(argc, argv);
    return fail_usage(NULL, argv[0],
                      argv[0][0] == '-' ? "there is no such option" : "there is no such command");
}

static int run(int argc, char **argv) {
    if (argc < 2)
        return fail_usage(NULL, "arguments", "a command is wanted");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return STATUS_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tinylstm %s\n", tlstm_version_string());
        return STATUS_DONE;
    }
    return run_command(argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    int status = run(argc, argv);
    /* What was printed counts only when it arrived: a full disk shows at the flush. */
    errno = 0;
    int lost = ferror(stdout);
    if ((fflush(stdout) != 0 || lost) && status == STATUS_DONE)
        return fail("write", "standard output", errno ? strerror(errno) : "not all was written");
    return status;
}
