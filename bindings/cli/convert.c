/* tinylstm convert: from any file the library loads to the kind that the output's name asks for, on
 * the way with the weights of another file. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv);

const cli_command convert_command = {
    "convert", {"IN", "OUT", NULL}, "Writes a model again as .h5, .keras or .weights.h5", run};

typedef struct choices {
    const char *weights, *order;
    text_list map;
} choices;

static int choose_order(const char *name, tlstm_weights_options *options) {
    if (!name || strcmp(name, "keras") == 0)
        options->order = TLSTM_KERAS_ORDER;
    else if (strcmp(name, "pytorch") == 0)
        options->order = TLSTM_PYTORCH_ORDER;
    else
        return fail_usage("convert", "--order", "expected keras or pytorch");
    return STATUS_DONE;
}

/* Cuts each "MODULE=LAYER" in two; a module's name may have an equals sign, a layer's has none. */
static int cut_map(const text_list *map, tlstm_weights_options *options) {
    char **modules = calloc(map->count + 1, sizeof *modules);
    const char **layers = calloc(map->count + 1, sizeof *layers);
    int status = modules && layers ? STATUS_DONE : fail("convert", "--map", "out of memory");
    options->modules = (const char *const *)modules;
    options->layers = layers;
    for (size_t i = 0; i < map->count && status == STATUS_DONE; i++) {
        const char *equals = strrchr(map->texts[i], '=');
        if (!equals)
            return fail_usage("convert", "--map", "expected MODULE=LAYER");
        modules[i] = strndup(map->texts[i], (size_t)(equals - map->texts[i]));
        if (!modules[i])
            return fail("convert", "--map", "out of memory");
        layers[i] = equals + 1;
        options->module_count = i + 1;
    }
    return status;
}

static void free_map(tlstm_weights_options *options) {
    for (size_t i = 0; i < options->module_count; i++)
        free((char *)options->modules[i]);
    free((void *)options->modules);
    free((void *)options->layers);
}

static int check_choices(const choices *chosen, tlstm_weights_options *options) {
    if (!chosen->weights && (chosen->order || chosen->map.count))
        return fail_usage("convert", chosen->order ? "--order" : "--map",
                          "it says how to read --weights, which is missing");
    int status = choose_order(chosen->order, options);
    return status == STATUS_DONE ? cut_map(&chosen->map, options) : status;
}

static int convert(const char *const *paths, const char *weights,
                   const tlstm_weights_options *options) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    int status = load_model(paths[0], &model);
    if (status == STATUS_DONE && weights &&
        tlstm_model_import_weights(model, weights, options, &error) != TLSTM_OK)
        status = fail_with("import weights", weights, error);
    if (status == STATUS_DONE) {
        print_notes(model, paths[0]);
        if (tlstm_model_save(model, paths[1], NULL, &error) != TLSTM_OK)
            status = fail_with("save model", paths[1], error);
    }
    tlstm_model_free(model);
    return status;
}

static int run(int argc, char **argv) {
    choices chosen = {NULL, NULL, {NULL, 0}};
    const cli_option options[] = {
        {"weights", "FILE", "put in the weights of a .npz or .safetensors file", OPTION_NAME,
         &chosen.weights, 0, 0},
        {"order", "ORDER", "how its arrays are laid out: keras (default) or pytorch", OPTION_NAME,
         &chosen.order, 0, 0},
        {"map", "NAME=LAYER", "which of its modules is which layer; may be repeated", OPTION_TEXTS,
         &chosen.map, 0, 0},
    };
    const char *paths[2] = {NULL, NULL};
    tlstm_weights_options reading = TLSTM_WEIGHTS_OPTIONS_INIT;
    int status = STATUS_DONE;
    if (parse_options(&convert_command, options, COUNT(options), argc, argv, paths, &status)) {
        status = check_choices(&chosen, &reading);
        if (status == STATUS_DONE)
            status = check_model_output("convert", paths[1]);
        if (status == STATUS_DONE)
            status = convert(paths, chosen.weights, &reading);
    }
    free_map(&reading);
    free(chosen.map.texts);
    return status;
}
