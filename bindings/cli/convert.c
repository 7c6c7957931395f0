/* tinylstm convert: from any file the library loads to the kind that the output's name asks for, on
 * the way with the weights of another file. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv);

const cli_command convert_command = {
    "convert",
    {"IN", "OUT", NULL},
    "Writes a model again as .h5 of any Keras, .keras or .weights.h5",
    run};

typedef struct choices {
    const char *weights, *order, *keras;
    int weights_only, without_optimizer;
    text_list map;
} choices;

/* ---- For whom ---- */

static const struct {
    const char *name;
    tlstm_keras keras;
} targets[] = {
    {"keras2", TLSTM_KERAS_2},       {"tf2.10", TLSTM_KERAS_TF_2_10},
    {"tf2.15", TLSTM_KERAS_TF_2_15}, {"tf_keras", TLSTM_KERAS_TF_2_15},
    {"keras3", TLSTM_KERAS_3},
};

static int choose_target(const choices *chosen, tlstm_save_options *options) {
    char why[160];
    options->weights_only = chosen->weights_only;
    options->without_optimizer = chosen->without_optimizer;
    if (!chosen->keras)
        return STATUS_DONE;
    for (size_t i = 0; i < COUNT(targets); i++)
        if (strcmp(chosen->keras, targets[i].name) == 0) {
            options->keras = targets[i].keras;
            return STATUS_DONE;
        }
    snprintf(why, sizeof why, "expected keras2, tf2.10, tf2.15, tf_keras or keras3, got \"%.80s\"",
             chosen->keras);
    return fail_usage("convert", "--for", why);
}

/* ---- Weights of another file ---- */

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

/* In a zip archive the name of the first member, and its length. */
enum { NAME_LENGTH = 26, NAME = 30, MOST_NAME = 255 };

/* Keras's own kinds, by what they begin with: HDF5, or an archive that holds no arrays (.npz). */
static int is_of_keras(const char *path) {
    unsigned char start[NAME + MOST_NAME] = {0};
    FILE *file = fopen(path, "rb");
    const size_t size = file ? fread(start, 1, sizeof start, file) : 0;
    if (file)
        fclose(file);
    if (memcmp(start, "\211HDF", 4) == 0)
        return 1;
    const size_t end = NAME + (start[NAME_LENGTH] | (size_t)start[NAME_LENGTH + 1] << 8);
    return memcmp(start, "PK\3\4", 4) == 0 && end > NAME + 4 && end <= size &&
           memcmp(start + end - 4, ".npy", 4) != 0;
}

static int put_in(tlstm_model *model, const choices *chosen, const tlstm_weights_options *reading) {
    tlstm_error *error = NULL;
    const char *path = chosen->weights;
    if (!path)
        return STATUS_DONE;
    if (!is_of_keras(path))
        return tlstm_model_import_weights(model, path, reading, &error) == TLSTM_OK
                   ? STATUS_DONE
                   : fail_with("import weights", path, error);
    if (chosen->order || chosen->map.count)
        return fail_usage("convert", chosen->order ? "--order" : "--map",
                          "a file of Keras says itself how its weights are laid out");
    return tlstm_model_load_weights(model, path, &error) == TLSTM_OK
               ? STATUS_DONE
               : fail_with("load weights", path, error);
}

/* ---- The command ---- */

static int convert(const char *const *paths, const choices *chosen,
                   const tlstm_weights_options *reading, const tlstm_save_options *saving) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    int status = load_model(paths[0], &model);
    if (status == STATUS_DONE)
        status = put_in(model, chosen, reading);
    if (status == STATUS_DONE) {
        print_notes(model, paths[0]);
        if (tlstm_model_save(model, paths[1], saving, &error) != TLSTM_OK)
            status = fail_with("save model", paths[1], error);
    }
    tlstm_model_free(model);
    return status;
}

static int run(int argc, char **argv) {
    choices chosen = {0};
    const cli_option options[] = {
        {"for", "KERAS", "which Keras is to read it: keras2, tf2.10, tf2.15, keras3", OPTION_NAME,
         &chosen.keras, 0, 0},
        {"weights-only", NULL, "write an .h5 of weights alone", OPTION_FLAG, &chosen.weights_only,
         0, 0},
        {"without-optimizer", NULL, "leave loss, metrics and optimizer out", OPTION_FLAG,
         &chosen.without_optimizer, 0, 0},
        {"weights", "FILE", "put in the weights of a .npz, .safetensors or Keras's file",
         OPTION_NAME, &chosen.weights, 0, 0},
        {"order", "ORDER", "how its arrays are laid out: keras (default) or pytorch", OPTION_NAME,
         &chosen.order, 0, 0},
        {"map", "NAME=LAYER", "which of its modules is which layer; may be repeated", OPTION_TEXTS,
         &chosen.map, 0, 0},
    };
    const char *paths[2] = {NULL, NULL};
    tlstm_weights_options reading = TLSTM_WEIGHTS_OPTIONS_INIT;
    tlstm_save_options saving = TLSTM_SAVE_OPTIONS_INIT;
    int status = STATUS_DONE;
    if (parse_options(&convert_command, options, COUNT(options), argc, argv, paths, &status)) {
        status = check_choices(&chosen, &reading);
        if (status == STATUS_DONE)
            status = choose_target(&chosen, &saving);
        if (status == STATUS_DONE)
            status = check_model_output("convert", paths[1]);
        if (status == STATUS_DONE)
            status = convert(paths, &chosen, &reading, &saving);
    }
    free_map(&reading);
    free(chosen.map.texts);
    return status;
}
