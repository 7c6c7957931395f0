/* tinylstm convert: from any file the library loads to the kind that the output's name asks for. */
#include "cli.h"

static int run(int argc, char **argv);

const cli_command convert_command = {
    "convert", {"IN", "OUT", NULL}, "Writes a model again as .h5, .keras or .weights.h5", run};

static int run(int argc, char **argv) {
    const char *paths[2] = {NULL, NULL};
    int status = STATUS_DONE;
    if (!parse_options(&convert_command, NULL, 0, argc, argv, paths, &status))
        return status;
    status = check_model_output("convert", paths[1]);

    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    if (status == STATUS_DONE)
        status = load_model(paths[0], &model);
    if (status == STATUS_DONE) {
        print_notes(model, paths[0]);
        if (tlstm_model_save(model, paths[1], NULL, &error) != TLSTM_OK)
            status = fail_with("save model", paths[1], error);
    }
    tlstm_model_free(model);
    return status;
}
