/* tinylstm inspect: what a file is and what is in it, also where it does not load. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv);

const cli_command inspect_command = {
    "inspect", {"FILE", NULL}, "Tells what a file is, what is in it and whether it loads", run};

/* A damaged file can leave libhdf5 with objects that it cannot close, of which it complains at
 * exit, in lines of its own: so the program ends here where nothing else is wrong. */
static int finish(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        _Exit(STATUS_DONE);
    return STATUS_DONE;
}

static int run(int argc, char **argv) {
    const char *path = NULL;
    int status = STATUS_DONE;
    if (!parse_options(&inspect_command, NULL, 0, argc, argv, &path, &status))
        return status;

    char *report = NULL;
    tlstm_error *error = NULL;
    if (tlstm_file_inspect(path, &report, &error) != TLSTM_OK)
        return fail_with("inspect", path, error);
    fputs(report, stdout);
    tlstm_string_free(report);
    return finish();
}
