/* Keras's .keras and .weights.h5: against real files, there and back, and damaged. */
#define _XOPEN_SOURCE 700
#include "support.h"

#include "base/alloc.h"
#include "base/file.h"
#include "data/zip.h"
#include "files/format.h"
#include "files/keras_config.h"
#include "files/keras_v3.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zip.h>

extern const tl_format tl_keras_zip_format, tl_keras_weights_format;

static const tlstm_save_options everything = TLSTM_SAVE_OPTIONS_INIT;

/* ---- Files of real Keras ---- */

static void assert_values(hid_t expected, const char *path, const float *values, size_t size) {
    size_t count = 0;
    double *wanted = tl_test_h5_read(expected, path, &count, NULL, NULL);
    ck_assert_uint_eq(count, size);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg((float)wanted[i] == values[i], "%s, element %zu", path, i);
    free(wanted);
}

static void assert_weights(const tlstm_model *model, hid_t expected) {
    char path[64];
    tl_weight_at at;
    size_t i = 0;
    for (; tl_model_weight(model, i, &at); i++) {
        snprintf(path, sizeof(path), "/weights/%zu", i);
        assert_values(expected, path, at.values, at.weight->size);
    }
    snprintf(path, sizeof(path), "/weights/%zu", i);
    ck_assert(i > 0 && !tl_test_h5_exists(expected, path));
}

/* The golden cases are trained with an RMSprop of one slot: iteration, learning rate, velocities.
 */
static void assert_state(const tlstm_model *model, hid_t expected) {
    const tl_compiled *compiled = model->compiled;
    float iterations = (float)compiled->iterations,
          rate = (float)compiled->optimizer.config.learning_rate;
    size_t number = 2;
    char path[64];
    tl_weight_at at;
    ck_assert_str_eq(compiled->optimizer.ops->name, "rmsprop");
    ck_assert_uint_eq(compiled->slot_count, 1);
    assert_values(expected, "/train/opt/0", &iterations, 1);
    assert_values(expected, "/train/opt/1", &rate, 1);
    for (size_t i = 0; tl_model_weight(model, i, &at); i++) {
        snprintf(path, sizeof(path), "/train/opt/%zu", number++);
        assert_values(expected, path, compiled->slots[0] + at.weight->offset, at.weight->size);
    }
    snprintf(path, sizeof(path), "/train/opt/%zu", number);
    ck_assert(!tl_test_h5_exists(expected, path));
}

/* The weights file has the archive's weights. */
static void check_weights_file(tlstm_model *model, const char *path, hid_t expected) {
    tlstm_error *error = NULL;
    tlstm_model *none = NULL;
    memset(model->parameters, 0, model->parameter_count * sizeof(float));
    TL_ASSERT_OK(tl_model_load_weights(model, path, &error), error);
    assert_weights(model, expected);
    TL_ASSERT_FAILS(tl_model_load(path, &none, &error), TLSTM_ERROR_FORMAT, error,
                    "no configuration");
}

/* Most of these models were saved as .h5 before, with which Keras 3 loses the optimizer's name. */
static void assert_no_other_notes(const tlstm_model *model, const char *path) {
    for (size_t i = 0; i < model->note_count; i++)
        ck_assert_msg(strstr(model->notes[i].text, "does not say which optimizer") != NULL,
                      "%s: %s", path, model->notes[i].text);
}

/* 0 for a case with a layer that the library has not, which it must say. */
static int check_case(const char *folder) {
    char path[1024];
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    snprintf(path, sizeof(path), "%.900s/model.keras", folder);
    if (tl_model_load(path, &model, &error) != TLSTM_OK) {
        ck_assert_msg(strstr(tl_error_message(error), "are not supported") != NULL, "%s: %s", path,
                      tl_error_message(error));
        tl_error_free(error);
        return 0;
    }
    assert_no_other_notes(model, path);
    snprintf(path, sizeof(path), "%.900s/expected-k3.h5", folder);
    hid_t expected = tl_test_h5_open(path);
    assert_weights(model, expected);
    ck_assert_int_eq(model->compiled != NULL, strstr(folder, "not-compiled") == NULL);
    if (model->compiled && tl_test_h5_exists(expected, "/train/opt/0"))
        assert_state(model, expected);
    snprintf(path, sizeof(path), "%.900s/model.weights.h5", folder);
    check_weights_file(model, path, expected);
    H5Fclose(expected);
    tl_model_free(model);
    return 1;
}

START_TEST(files_of_keras_3) {
    const char *root = tl_test_shared("golden");
    DIR *cases = opendir(root);
    size_t count = 0;
    for (struct dirent *one; cases && (one = readdir(cases));) {
        char folder[512], archive[600];
        snprintf(folder, sizeof(folder), "%.250s/%.250s", root, one->d_name);
        snprintf(archive, sizeof(archive), "%s/model.keras", folder);
        if (access(archive, R_OK) == 0)
            count += (size_t)check_case(folder);
    }
    if (cases)
        closedir(cases);
    ck_assert_uint_ge(count, 12);
}
END_TEST

/* ---- Models ---- */

static void add(tlstm_model *model, const char *class_name, const char *config) {
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_keras_add_layer(model, class_name, config, &error), error);
}

static tlstm_model *make_layers(int functional, const char *second) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_new("mine", 3, &model, &error), error);
    model->functional = functional;
    add(model, "InputLayer", "{\"batch_shape\": [null, 9], \"name\": \"words\"}");
    add(model, "Embedding", "{\"input_dim\": 30, \"output_dim\": 4, \"mask_zero\": true}");
    add(model, "LSTM",
        "{\"units\": 5, \"return_sequences\": true, \"kernel_regularizer\": \"l2\"}");
    add(model, second, "{\"units\": 5, \"name\": \"named\"}");
    add(model, "Dropout", "{\"rate\": 0.5}");
    add(model, "Dense", "{\"units\": 3, \"trainable\": false}");
    add(model, "Dense", "{\"units\": 1, \"activation\": \"sigmoid\"}");
    TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
    for (size_t i = 0; i < model->parameter_count; i++)
        model->parameters[i] = (float)sin(0.37 * (double)i);
    return model;
}

static void fill_slots(tlstm_model *model) {
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        for (size_t slot = 0; at.layer->trainable && slot < model->compiled->slot_count; slot++)
            for (size_t k = at.weight->offset; k < at.weight->offset + at.weight->size; k++)
                model->compiled->slots[slot][k] = (float)cos((double)(k + 1000 * slot));
}

static void compile(tlstm_model *model, const struct tlstm_optimizer *optimizer) {
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("binary_crossentropy"));
    tl_metric metrics[2];
    tlstm_error *error = NULL;
    loss.config.label_smoothing = 0.125;
    TL_ASSERT_OK(tl_metric_resolve("accuracy", loss.ops, 1, &metrics[0], &error), error);
    TL_ASSERT_OK(tl_metric_resolve("mae", loss.ops, 1, &metrics[1], &error), error);
    TL_ASSERT_OK(tl_model_compile(model, optimizer, &loss, metrics, 2, &error), error);
    model->compiled->iterations = 12345;
    fill_slots(model);
}

static tlstm_model *make_model(const char *optimizer_name, int generation) {
    tlstm_model *model = make_layers(0, "LSTM");
    struct tlstm_optimizer optimizer =
        tl_optimizer_default(tl_optimizer_find(optimizer_name), generation);
    optimizer.config.learning_rate = 0.1 + 0.2;
    optimizer.config.clipnorm = 1.25;
    compile(model, &optimizer);
    return model;
}

static char *image(const tl_format *format, const tlstm_model *model, size_t *length) {
    char *bytes = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(format->save(model, &everything, &bytes, length, &error), error);
    return bytes;
}

static tlstm_model *reload(const tlstm_model *model) {
    size_t length = 0;
    char *bytes = image(&tl_keras_zip_format, model, &length);
    tlstm_model *again = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load_memory(bytes, length, &again, &error), error);
    ck_assert_msg(again->note_count == 0, "%s", again->note_count ? again->notes->text : "");
    tl_free(bytes);
    return again;
}

static void assert_same_weights(const tlstm_model *a, const tlstm_model *b) {
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(a, i, &at); i++)
        ck_assert_mem_eq(a->parameters + at.weight->offset, b->parameters + at.weight->offset,
                         at.weight->size * sizeof(float));
}

static void assert_same_state(const tl_compiled *a, const tl_compiled *b,
                              const tlstm_model *model) {
    tl_weight_at at;
    ck_assert_ptr_eq(a->optimizer.ops, b->optimizer.ops);
    ck_assert_int_eq(b->iterations, 12345);
    ck_assert_uint_eq(a->slot_count, b->slot_count);
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        for (size_t slot = 0; at.layer->trainable && slot < a->slot_count; slot++)
            ck_assert_mem_eq(a->slots[slot] + at.weight->offset, b->slots[slot] + at.weight->offset,
                             at.weight->size * sizeof(float));
}

static void assert_same_settings(const tl_compiled *a, const tl_compiled *b) {
    for (const tl_field *field = a->optimizer.ops->fields; field->key; field++) {
        double x = tl_field_get_number(field, &a->optimizer.config);
        double y = tl_field_get_number(field, &b->optimizer.config);
        ck_assert_msg(x == y || (isnan(x) && isnan(y)), "%s: %s", a->optimizer.ops->name,
                      field->key);
    }
    ck_assert_ptr_eq(a->loss.ops, b->loss.ops);
    ck_assert(b->loss.config.label_smoothing == 0.125);
    ck_assert_uint_eq(b->metric_count, 2);
    ck_assert_str_eq(b->metrics[0].name, "accuracy");
    ck_assert_str_eq(b->metrics[1].name, "mae");
}

/* ---- There and back ---- */

START_TEST(a_loaded_model_is_the_saved_one) {
    for (const tl_optimizer_ops *const *ops = tl_optimizers; *ops; ops++) {
        tlstm_model *model = make_model((*ops)->name, 3), *again = reload(model);
        ck_assert_str_eq(again->name, "mine");
        ck_assert_uint_eq(again->layer_count, model->layer_count);
        ck_assert_str_eq(again->layers[3]->name, "named");
        ck_assert_int_eq(again->layers[5]->trainable, 0);
        ck_assert_ptr_nonnull(again->compiled);
        assert_same_weights(model, again);
        assert_same_settings(model->compiled, again->compiled);
        assert_same_state(model->compiled, again->compiled, model);
        tl_model_free(again);
        tl_model_free(model);
    }
}
END_TEST

/* All slots that an optimizer can have, so that none is taken for another. */
START_TEST(every_slot_finds_its_place) {
    static const char *const names[] = {"adam", "rmsprop", "sgd"};
    for (size_t i = 0; i < 3; i++) {
        tlstm_model *model = make_layers(0, "GRU");
        struct tlstm_optimizer optimizer = tl_optimizer_default(tl_optimizer_find(names[i]), 3);
        optimizer.config.amsgrad = optimizer.config.centered = 1;
        optimizer.config.momentum = 0.5;
        compile(model, &optimizer);
        tlstm_model *again = reload(model);
        assert_same_state(model->compiled, again->compiled, model);
        tl_model_free(again);
        tl_model_free(model);
    }
}
END_TEST

START_TEST(a_schedule_stands_in_place_of_the_learning_rate) {
    tlstm_model *model = make_layers(0, "SimpleRNN");
    struct tlstm_optimizer optimizer = tl_optimizer_default(tl_optimizer_find("nadam"), 3);
    optimizer.config.decay_steps = 70;
    optimizer.config.decay_rate = 0.75;
    optimizer.config.staircase = 1;
    compile(model, &optimizer);
    tlstm_model *again = reload(model);
    const tl_optimizer_config *config = &again->compiled->optimizer.config;
    ck_assert(config->decay_steps == 70 && config->decay_rate == 0.75 && config->staircase == 1);
    ck_assert(config->learning_rate == optimizer.config.learning_rate);
    assert_same_state(model->compiled, again->compiled, model);
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

START_TEST(functional_models_stay_functional) {
    tlstm_model *model = make_layers(1, "GRU"), *again = reload(model);
    ck_assert_int_eq(again->functional, 1);
    ck_assert_ptr_null(again->compiled);
    ck_assert_uint_eq(again->layer_count, model->layer_count);
    for (size_t i = 0; i < model->layer_count; i++)
        ck_assert_str_eq(again->layers[i]->name, model->layers[i]->name);
    assert_same_weights(model, again);
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

#define TENSOR(name)                                                                               \
    "{\"class_name\": \"__keras_tensor__\", "                                                      \
    "\"config\": {\"keras_history\": [\"" name "\", 0, 0]}}"
#define LAYER(class_name, name, config, arguments, settings)                                       \
    "{\"class_name\": \"" class_name "\", \"name\": \"" name "\", \"config\": {\"name\": \"" name  \
    "\"" config "}, \"inbound_nodes\": [{\"args\": [" arguments "], \"kwargs\": {" settings "}}]}"

/* As Keras 3 writes Input -> Embedding -> LSTM; %s is mask_zero, %d what tokens are compared with.
 */
static const char masked_json[] =
    "{\"class_name\": \"Functional\", \"config\": {\"name\": \"m\", \"layers\": ["
    "{\"class_name\": \"InputLayer\", \"name\": \"in\", \"config\": {\"name\": \"in\", "
    "\"batch_shape\": [null, 4]}, \"inbound_nodes\": []}, " LAYER(
        "Embedding", "words", ", \"input_dim\": 5, \"output_dim\": 2, \"mask_zero\": %s",
        TENSOR("in"),
        "") ", " LAYER("NotEqual", "not_equal", "", TENSOR("in") ", %d",
                       "") ", " LAYER("LSTM", "lstm", ", \"units\": 3", TENSOR("words"),
                                      "\"training\": false, \"mask\": " TENSOR(
                                          "not_equal")) "], \"input_layers\": [\"in\", 0, 0], "
                                                        "\"output_layers\": [\"lstm\", 0, 0]}}";

static tlstm_status parse_masked(const char *mask_zero, int compared, tlstm_model **model,
                                 tlstm_error **error) {
    char json[sizeof(masked_json) + 16];
    snprintf(json, sizeof(json), masked_json, mask_zero, compared);
    return tl_keras_parse_model("json", json, strlen(json), "3.15.0", 1, model, NULL, error);
}

/* The mask of an Embedding goes its way by itself; any other is one that the library has not. */
START_TEST(masks_that_an_embedding_makes_are_implied) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(parse_masked("true", 0, &model, &error), error);
    ck_assert_uint_eq(model->layer_count, 3);
    ck_assert_str_eq(model->layers[2]->name, "lstm");
    tl_model_free(model);
    model = NULL;
    TL_ASSERT_FAILS(parse_masked("false", 0, &model, &error), TLSTM_ERROR_UNSUPPORTED, error,
                    "no chain of layers");
    TL_ASSERT_FAILS(parse_masked("true", 1, &model, &error), TLSTM_ERROR_UNSUPPORTED, error,
                    "no chain of layers");
    ck_assert_ptr_null(model);
}
END_TEST

/* Keras 3 has one kind of optimizers: the old kind's state goes on in it, but for `decay`, which
 * nothing there could say. The library itself goes on with the formulas it had. */
START_TEST(legacy_optimizers_become_those_of_keras_3) {
    for (const tl_optimizer_ops *const *ops = tl_optimizers; *ops; ops++) {
        tlstm_model *model = make_model((*ops)->name, 1), *again = reload(model);
        ck_assert_int_eq(again->compiled->optimizer.config.legacy, 1);
        ck_assert_uint_eq(again->note_count, 0);
        assert_same_state(model->compiled, again->compiled, model);
        tl_model_free(again);
        tl_model_free(model);
    }
    tlstm_model *model = make_model("rmsprop", 1);
    tlstm_error *error = NULL;
    model->compiled->optimizer.config.decay = 0.01;
    TL_ASSERT_FAILS(tl_model_save(model, tl_test_temporary("decays.keras"), &everything, &error),
                    TLSTM_ERROR_UNSUPPORTED, error, "`decay`");
    tl_model_free(model);
}
END_TEST

START_TEST(the_hard_sigmoid_of_keras_2_is_refused) {
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": "
        "[{\"class_name\": \"Dense\", \"config\": {\"units\": 2, \"activation\": \"hard_sigmoid\", "
        "\"name\": \"old\", \"batch_input_shape\": [null, 3]}}]}}";
    for (int generation = 2; generation <= 3; generation++) {
        tlstm_model *model = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tl_keras_parse_model("json", json, strlen(json),
                                          generation == 2 ? "2.15.0" : "3.0.0", 1, &model, NULL,
                                          &error),
                     error);
        TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
        if (generation == 2)
            TL_ASSERT_FAILS(
                tl_model_save(model, tl_test_temporary("hard.keras"), &everything, &error),
                TLSTM_ERROR_UNSUPPORTED, error, "old: hard_sigmoid");
        else
            tl_model_free(reload(model));
        tl_model_free(model);
    }
}
END_TEST

START_TEST(the_same_model_gives_the_same_bytes) {
    tlstm_model *model = make_model("adam", 3);
    size_t first_length = 0, second_length = 0;
    char *first = image(&tl_keras_zip_format, model, &first_length);
    struct timespec pause = {2, 100000000}; /* time stamps in zip archives count two seconds */
    nanosleep(&pause, NULL);
    char *second = image(&tl_keras_zip_format, model, &second_length);
    ck_assert_uint_eq(first_length, second_length);
    ck_assert_mem_eq(first, second, first_length);
    tl_free(second);
    tl_free(first);
    tl_model_free(model);
}
END_TEST

START_TEST(parts_are_left_out_on_request) {
    tlstm_model *model = make_model("adam", 3), *again = NULL;
    const char *path = tl_test_temporary("part.keras");
    tlstm_error *error = NULL;
    tlstm_save_options options = everything;
    options.without_optimizer = 1;
    TL_ASSERT_OK(tl_model_save(model, path, &options, &error), error);
    TL_ASSERT_OK(tl_model_load(path, &again, &error), error);
    ck_assert_ptr_null(again->compiled);
    options.weights_only = 1;
    TL_ASSERT_FAILS(tl_model_save(model, path, &options, &error), TLSTM_ERROR_ARGUMENT, error,
                    "weights_only");
    tl_model_free(again);
    tl_model_free(model);
}
END_TEST

/* ---- Weights ---- */

static int has_state(const tlstm_model *model, const tlstm_save_options *options) {
    char *bytes = NULL;
    size_t length = 0;
    tl_h5 *file = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_keras_weights_format.save(model, options, &bytes, &length, &error), error);
    TL_ASSERT_OK(tl_h5_open("memory", bytes, length, &file, &error), error);
    int found = tl_h5_has(file, "/optimizer/vars/0");
    ck_assert(tl_h5_has(file, "/layers/lstm_1/cell/vars/2"));
    tl_h5_close(file);
    tl_free(bytes);
    return found;
}

START_TEST(weights_go_there_and_back) {
    tlstm_model *model = make_model("adam", 3), *other = make_layers(1, "LSTM");
    const char *path = tl_test_temporary("m.weights.h5");
    tlstm_error *error = NULL;
    tlstm_save_options bare = everything;
    bare.without_optimizer = 1;
    ck_assert(has_state(model, &everything) && !has_state(model, &bare));
    TL_ASSERT_OK(tl_model_save(model, path, &everything, &error), error);
    memset(other->parameters, 0, other->parameter_count * sizeof(float));
    TL_ASSERT_OK(tl_model_load_weights(other, path, &error), error);
    assert_same_weights(model, other);
    /* From an archive, too. */
    path = tl_test_temporary("m.keras");
    TL_ASSERT_OK(tl_model_save(model, path, &everything, &error), error);
    memset(other->parameters, 0, other->parameter_count * sizeof(float));
    TL_ASSERT_OK(tl_model_load_weights(other, path, &error), error);
    assert_same_weights(model, other);
    tl_model_free(other);
    tl_model_free(model);
}
END_TEST

/* All or nothing: a model that does not fit stays as it was. */
START_TEST(weights_that_do_not_fit_change_nothing) {
    tlstm_model *two = make_layers(0, "LSTM"), *one = make_layers(0, "GRU");
    const char *path = tl_test_temporary("two.weights.h5");
    size_t size = one->parameter_count * sizeof(float);
    float *before = malloc(size);
    tlstm_error *error = NULL;
    memcpy(before, one->parameters, size);
    TL_ASSERT_OK(tl_model_save(two, path, &everything, &error), error);
    TL_ASSERT_FAILS(tl_model_load_weights(one, path, &error), TLSTM_ERROR_SHAPE, error,
                    "more layers of class LSTM");
    ck_assert_mem_eq(one->parameters, before, size);
    TL_ASSERT_OK(tl_model_save(one, path, &everything, &error), error);
    TL_ASSERT_FAILS(tl_model_load_weights(two, path, &error), TLSTM_ERROR_SHAPE, error,
                    "/layers/lstm_1/cell/vars: the file has no such group");
    free(before);
    tl_model_free(one);
    tl_model_free(two);
}
END_TEST

static void write_group(tl_h5 *file, const char *group, const tlstm_model *model,
                        const tl_layer *layer) {
    tlstm_error *error = NULL;
    for (size_t w = 0; w < layer->weight_count; w++) {
        const tl_weight *weight = &layer->weights[w];
        char path[200];
        snprintf(path, sizeof(path), "%s/vars/%zu", group, w);
        TL_ASSERT_OK(tl_h5_write_floats(file, path, weight->ndim, weight->dims,
                                        model->parameters + weight->offset, &error),
                     error);
    }
}

/* Weights in groups of these names are those of the model. */
static void check_groups(const char *const groups[5]) {
    tlstm_model *model = make_layers(0, "LSTM"), *other = make_layers(0, "LSTM");
    tlstm_error *error = NULL;
    tl_h5 *file = NULL;
    char *bytes = NULL;
    size_t length = 0;
    TL_ASSERT_OK(tl_h5_create(&file, &error), error);
    static const size_t layers[5] = {1, 2, 3, 5, 6};
    for (size_t i = 0; i < 5; i++)
        write_group(file, groups[i], model, model->layers[layers[i]]);
    TL_ASSERT_OK(tl_h5_image(file, &bytes, &length, &error), error);
    tl_h5_close(file);
    memset(other->parameters, 0, other->parameter_count * sizeof(float));
    TL_ASSERT_OK(
        tl_model_load_weights(other, tl_test_write("old.weights.h5", bytes, length), &error),
        error);
    assert_same_weights(model, other);
    tl_free(bytes);
    tl_model_free(other);
    tl_model_free(model);
}

#define OLD TL_KERAS_V3_OLD_LAYERS

START_TEST(old_names_of_groups_are_known) {
    /* Keras 2.12 to 2.14 count each layer with weights twice; */
    static const char *const twice[] = {OLD "/embedding", OLD "/lstm/cell", OLD "/lstm_2/cell",
                                        OLD "/dense", OLD "/dense_2"};
    /* on Windows, a path is one name. */
    static const char *const windows[] = {OLD "\\embedding", OLD "\\lstm\\cell",
                                          OLD "\\lstm_2\\cell", OLD "\\dense", OLD "\\dense_2"};
    static const char *const later[] = {"/layers\\embedding", "/layers\\lstm\\cell",
                                        "/layers\\lstm_1\\cell", "/layers\\dense",
                                        "/layers\\dense_1"};
    check_groups(twice);
    check_groups(windows);
    check_groups(later);
}
END_TEST

/* ---- Damaged and hostile archives ---- */

/* The members of a sound archive, to be put together otherwise. */
typedef struct members {
    char *config, *weights;
    size_t config_length, weights_length;
} members;

static members take_apart(const tlstm_model *model) {
    members held = {0};
    size_t length = 0;
    char *bytes = image(&tl_keras_zip_format, model, &length);
    tl_zip *zip = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_zip_open(bytes, length, &zip, &error), error);
    ck_assert(tl_zip_has(zip, "metadata.json"));
    TL_ASSERT_OK(
        tl_zip_read(zip, "config.json", 1 << 20, &held.config, &held.config_length, &error), error);
    TL_ASSERT_OK(
        tl_zip_read(zip, "model.weights.h5", 1 << 20, &held.weights, &held.weights_length, &error),
        error);
    tl_zip_close(zip);
    tl_free(bytes);
    return held;
}

static void free_members(members *held) {
    tl_free(held->config);
    tl_free(held->weights);
}

/* Two members, packed or stored, in a file. */
typedef struct member {
    const char *name;
    const void *bytes;
    size_t length;
} member;

static const char *put_together(const char *file, int packed, member first, member second) {
    const char *path = tl_test_temporary(file);
    zipFile zip = zipOpen64(path, APPEND_STATUS_CREATE);
    const member *const all[] = {&first, &second};
    ck_assert_ptr_nonnull(zip);
    for (size_t i = 0; i < 2; i++) {
        zip_fileinfo about = {0};
        ck_assert_int_eq(zipOpenNewFileInZip64(zip, all[i]->name, &about, NULL, 0, NULL, 0, NULL,
                                               packed ? Z_DEFLATED : 0, 6, 0),
                         ZIP_OK);
        ck_assert_int_eq(zipWriteInFileInZip(zip, all[i]->bytes, (unsigned)all[i]->length), ZIP_OK);
        ck_assert_int_eq(zipCloseFileInZip(zip), ZIP_OK);
    }
    ck_assert_int_eq(zipClose(zip, NULL), ZIP_OK);
    return path;
}

static void assert_refused(const char *path, tlstm_status code, const char *part) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_model_load(path, &model, &error), code, error, part);
    ck_assert_ptr_null(model);
}

/* What a user packs again with another program, without the metadata that nobody needs. */
START_TEST(packed_archives_are_read) {
    tlstm_model *model = make_model("adam", 3), *again = NULL;
    members held = take_apart(model);
    member config = {"config.json", held.config, held.config_length};
    member weights = {"model.weights.h5", held.weights, held.weights_length};
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load(put_together("packed.keras", 1, weights, config), &again, &error),
                 error);
    assert_same_weights(model, again);
    assert_same_state(model->compiled, again->compiled, model);
    tl_model_free(again);
    free_members(&held);
    tl_model_free(model);
}
END_TEST

START_TEST(wrong_members_are_named) {
    tlstm_model *model = make_model("adam", 3), *other = make_layers(0, "GRU");
    members held = take_apart(model), others = take_apart(other);
    member config = {"config.json", held.config, held.config_length};
    member weights = {"model.weights.h5", held.weights, held.weights_length};
    member wrong = {"Config.json", held.config, held.config_length};
    assert_refused(put_together("a.keras", 0, wrong, weights), TLSTM_ERROR_FORMAT,
                   "a.keras:config.json: is not in the archive");
    wrong.name = "weights.h5";
    assert_refused(put_together("b.keras", 0, config, wrong), TLSTM_ERROR_FORMAT,
                   "b.keras:model.weights.h5: is not in the archive");
    wrong.name = "model.weights.npz";
    assert_refused(put_together("b.keras", 0, config, wrong), TLSTM_ERROR_UNSUPPORTED,
                   "b.keras:model.weights.npz: weights in this form are not read");
    wrong.name = "model.weights.h5";
    assert_refused(put_together("c.keras", 0, config, wrong), TLSTM_ERROR_FORMAT, "c.keras");
    member text = {"config.json", "{\"class_name\": ", 15};
    assert_refused(put_together("d.keras", 0, text, weights), TLSTM_ERROR_FORMAT,
                   "d.keras:config.json: not JSON");
    text.bytes = "[1, 2]";
    text.length = 6;
    assert_refused(put_together("e.keras", 0, text, weights), TLSTM_ERROR_FORMAT,
                   "expected a JSON object");
    text.bytes = "{}";
    text.length = 2;
    assert_refused(put_together("f.keras", 0, text, weights), TLSTM_ERROR_FORMAT, "f.keras");
    member foreign = {"model.weights.h5", others.weights, others.weights_length};
    assert_refused(put_together("g.keras", 0, config, foreign), TLSTM_ERROR_SHAPE,
                   "/layers/lstm_1/cell/vars");
    foreign.length = others.weights_length / 2;
    assert_refused(put_together("h.keras", 0, config, foreign), TLSTM_ERROR_FORMAT, "h.keras");
    free_members(&others);
    free_members(&held);
    tl_model_free(other);
    tl_model_free(model);
}
END_TEST

/* A few kilobytes that unpack to much. */
START_TEST(bombs_are_not_unpacked) {
    tlstm_model *model = make_layers(0, "LSTM");
    members held = take_apart(model);
    size_t length = (size_t)80 << 20;
    char *zeros = calloc(length, 1);
    member config = {"config.json", held.config, held.config_length};
    member weights = {"model.weights.h5", held.weights, held.weights_length};
    member bomb = {"model.weights.h5", zeros, length};
    ck_assert_ptr_nonnull(zeros);
    assert_refused(put_together("bomb.keras", 1, config, bomb), TLSTM_ERROR_FORMAT,
                   "model.weights.h5: is larger than");
    bomb.name = "config.json";
    assert_refused(put_together("text.keras", 1, bomb, weights), TLSTM_ERROR_FORMAT,
                   "config.json: is larger than");
    free(zeros);
    free_members(&held);
    tl_model_free(model);
}
END_TEST

/* A configuration that asks for more memory than there is, before the weights could be looked at.
 */
START_TEST(huge_configurations_meet_small_files) {
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": "
        "[{\"class_name\": \"Dense\", \"config\": {\"units\": 1000000, \"name\": \"dense\", "
        "\"batch_input_shape\": [null, 1000000]}}]}}";
    tlstm_model *model = make_layers(0, "LSTM");
    members held = take_apart(model);
    member config = {"config.json", json, sizeof(json) - 1};
    member weights = {"model.weights.h5", held.weights, held.weights_length};
    assert_refused(put_together("huge.keras", 0, config, weights), TLSTM_ERROR_SHAPE,
                   "/layers/dense/vars/0");
    free_members(&held);
    tl_model_free(model);
}
END_TEST

START_TEST(cut_archives_are_refused) {
    tlstm_model *model = make_model("sgd", 3);
    size_t length = 0;
    char *bytes = image(&tl_keras_zip_format, model, &length);
    for (size_t cut = 0; cut < length; cut += 1 + length / 150) {
        tlstm_model *again = NULL;
        tlstm_error *error = NULL;
        char *part = malloc(cut + 1); /* so that a sanitizer sees the end */
        memcpy(part, bytes, cut);
        TL_ASSERT_FAILS(tl_model_load_memory(part, cut, &again, &error), TLSTM_ERROR_FORMAT, error,
                        "");
        free(part);
    }
    tl_free(bytes);
    tl_model_free(model);
}
END_TEST

/* A byte changed anywhere: an error, or, where nothing looks (dates, rights), the same model. */
START_TEST(changed_archives_are_refused_or_the_same) {
    tlstm_model *model = make_model("sgd", 3);
    size_t length = 0, refused = 0, tried = 0;
    char *bytes = image(&tl_keras_zip_format, model, &length);
    for (size_t at = 0; at < length; at += 1 + length / 400) {
        tlstm_model *again = NULL;
        bytes[at] ^= 0x55;
        if (tl_model_load_memory(bytes, length, &again, NULL) == TLSTM_OK)
            assert_same_weights(model, again);
        else
            refused++;
        bytes[at] ^= 0x55;
        tried++;
        tl_model_free(again);
    }
    ck_assert_uint_ge(refused, tried * 9 / 10);
    tl_free(bytes);
    tl_model_free(model);
}
END_TEST

/* State that does not fit the optimizer is left, with a note. */
START_TEST(a_foreign_state_is_not_taken) {
    tlstm_model *adam = make_model("adam", 3), *sgd = make_model("sgd", 3), *again = NULL;
    members ours = take_apart(sgd), theirs = take_apart(adam);
    member config = {"config.json", theirs.config, theirs.config_length};
    member weights = {"model.weights.h5", ours.weights, ours.weights_length};
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load(put_together("mixed.keras", 0, config, weights), &again, &error),
                 error);
    ck_assert_uint_eq(again->note_count, 1);
    ck_assert_ptr_nonnull(strstr(again->notes[0].text, "optimizer is not restored"));
    ck_assert_int_eq(again->compiled->iterations, 0);
    assert_same_weights(sgd, again);
    tl_model_free(again);
    free_members(&theirs);
    free_members(&ours);
    tl_model_free(sgd);
    tl_model_free(adam);
}
END_TEST

/* ---- Memory ---- */

static tlstm_status save_and_load(void *context, tlstm_error **error) {
    const tl_format *format = context;
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", \"layers\": "
        "[{\"class_name\": \"LSTM\", \"config\": {\"units\": 2, \"input_shape\": [3, 1]}}]}}";
    tlstm_model *model = NULL, *again = NULL;
    char *bytes = NULL;
    size_t length = 0;
    struct tlstm_optimizer optimizer = tl_optimizer_default(tl_optimizer_find("nadam"), 3);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("mse"));
    tlstm_status status =
        tl_keras_parse_model("json", json, strlen(json), NULL, 1, &model, NULL, error);
    if (!status)
        status = tl_model_build(model, NULL, error);
    if (!status)
        status = tl_model_compile(model, &optimizer, &loss, NULL, 0, error);
    if (!status)
        status = format->save(model, &everything, &bytes, &length, error);
    tl_source source = {"memory", bytes, length};
    if (!status)
        status = format->load_weights(&source, model, error);
    if (!status && format == &tl_keras_zip_format)
        status = format->load(&source, &again, error);
    tl_model_free(again);
    tl_free(bytes);
    tl_model_free(model);
    return status;
}

START_TEST(each_allocation_may_fail) {
    tl_test_fail_each_allocation(save_and_load, (void *)&tl_keras_zip_format);
    tl_test_fail_each_allocation(save_and_load, (void *)&tl_keras_weights_format);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("keras_v3");
    TCase *tests = tcase_create("keras_v3");
    tcase_set_timeout(tests, 60);
    if (tl_test_shared_exists("golden/seed-lstm/model.keras"))
        tcase_add_test(tests, files_of_keras_3);
    tcase_add_test(tests, a_loaded_model_is_the_saved_one);
    tcase_add_test(tests, every_slot_finds_its_place);
    tcase_add_test(tests, a_schedule_stands_in_place_of_the_learning_rate);
    tcase_add_test(tests, functional_models_stay_functional);
    tcase_add_test(tests, masks_that_an_embedding_makes_are_implied);
    tcase_add_test(tests, legacy_optimizers_become_those_of_keras_3);
    tcase_add_test(tests, the_hard_sigmoid_of_keras_2_is_refused);
    tcase_add_test(tests, the_same_model_gives_the_same_bytes);
    tcase_add_test(tests, parts_are_left_out_on_request);
    tcase_add_test(tests, weights_go_there_and_back);
    tcase_add_test(tests, weights_that_do_not_fit_change_nothing);
    tcase_add_test(tests, old_names_of_groups_are_known);
    tcase_add_test(tests, packed_archives_are_read);
    tcase_add_test(tests, wrong_members_are_named);
    tcase_add_test(tests, bombs_are_not_unpacked);
    tcase_add_test(tests, huge_configurations_meet_small_files);
    tcase_add_test(tests, cut_archives_are_refused);
    tcase_add_test(tests, changed_archives_are_refused_or_the_same);
    tcase_add_test(tests, a_foreign_state_is_not_taken);
    tcase_add_test(tests, each_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
