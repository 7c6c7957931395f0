/* tinylstm summary: what Keras's model.summary() prints. */
#include "cli.h"

#include <stdio.h>

static int run(int argc, char **argv);

const cli_command summary_command = {
    "summary", {"MODEL", NULL}, "Prints a model's layers, shapes and parameters", run};

static int run(int argc, char **argv) {
    const char *path = NULL;
    int status = STATUS_DONE;
    if (!parse_options(&summary_command, NULL, 0, argc, argv, &path, &status))
        return status;

    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    char *text = NULL;
    status = load_model(path, &model);
    if (status == STATUS_DONE && tlstm_model_summary(model, 0, &text, &error) != TLSTM_OK)
        status = fail_with("summary", path, error);
    if (status == STATUS_DONE) {
        fputs(text, stdout);
        print_notes(model, path);
    }
    tlstm_string_free(text);
    tlstm_model_free(model);
    return status;
}
