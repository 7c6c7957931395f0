/* Names of the optimizer's slots in legacy `.h5`: every form in which a Keras writes them, with
 * layers and optimizers that are called as slots are. All arrays of a kind have one shape, so that
 * the names alone say where the numbers belong. */
#include "support.h"

#include "base/alloc.h"
#include "base/text.h"
#include "files/format.h"
#include "files/keras_config.h"

#include <stdio.h>
#include <string.h>

#define LONG_PART "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
#define LONG_NAME LONG_PART LONG_PART LONG_PART LONG_PART

/* Two Dense layers of 2 units, and what a model is compiled with. */
typedef struct trained {
    const char *optimizer;
    int legacy;
    double momentum;
    const char *slots[3]; /* as names have them */
} trained;

static const trained adam = {"adam", 0, 0, {"m", "v"}};
static const trained old_adam = {"adam", 1, 0, {"m", "v"}};
static const trained keras3_adam = {"adam", 0, 0, {"momentum", "velocity"}};
static const trained rmsprop = {"rmsprop", 0, 0.9, {"velocity", "momentum"}};
static const trained old_rmsprop = {"rmsprop", 1, 0.9, {"rms", "momentum"}};
static const trained sgd = {"sgd", 0, 0.9, {"m"}};

/* How a Keras names the slots: %s is what stands before, then (in this order, if `slot_first`) the
 * slot, the layer and the weight; the slot last otherwise. */
typedef struct form {
    const trained *trained;
    tlstm_keras keras; /* who wrote the file */
    const char *names;
    int slot_first;
} form;

/* From files of tf_keras 2.21, TensorFlow 1.15 to 2.13 and Keras 3.15. */
static const form forms[] = {
    {&adam, TLSTM_KERAS_TF_2_15, "Adam/%s/%s/%s:0", 1},
    {&adam, TLSTM_KERAS_TF_2_15, "%s/%s/%s:0", 1}, /* of a loaded model */
    {&adam, TLSTM_KERAS_TF_2_15, "m/%s/%s/%s:0", 1},
    {&adam, TLSTM_KERAS_TF_2_15, "v/%s/%s/%s:0", 1},
    {&rmsprop, TLSTM_KERAS_TF_2_15, "RMSprop/%s/%s/%s:0", 1},
    {&rmsprop, TLSTM_KERAS_TF_2_15, "%s/%s/%s:0", 1},
    {&rmsprop, TLSTM_KERAS_TF_2_15, "momentum/%s/%s/%s:0", 1},
    {&sgd, TLSTM_KERAS_TF_2_15, "SGD/%s/%s/%s:0", 1},
    {&sgd, TLSTM_KERAS_TF_2_15, "%s/%s/%s:0", 1},
    {&old_adam, TLSTM_KERAS_TF_2_10, "Adam/%s/%s/%s:0", 0},
    {&old_adam, TLSTM_KERAS_TF_2_10, "training/Adam/%s/%s/%s:0", 0},
    {&old_adam, TLSTM_KERAS_TF_2_10, "%s/%s/%s:0", 0},
    {&old_rmsprop, TLSTM_KERAS_TF_2_10, "RMSprop/%s/%s/%s:0", 0},
    {&old_rmsprop, TLSTM_KERAS_TF_2_10, "velocity/%s/%s/%s:0", 0},
    {&keras3_adam, TLSTM_KERAS_3, "adam/sequential_%s_%s_%s", 0},
    {&keras3_adam, TLSTM_KERAS_3, "m/%s_%s_%s", 0},
    {&keras3_adam, TLSTM_KERAS_3, "velocity/%s_%s_%s", 0},
    {&rmsprop, TLSTM_KERAS_3, "rmsprop/sequential_%s_%s_%s", 0},
};

static const char *const layers[][2] = {
    {"dense", "dense_1"},
    {"m", "v"},
    {"v", "m"},
    {"velocity", "momentum"},
    {"momentum", "rms"},
    {"kernel_momentum", "kernel_velocity"},
    {"my_v", "a:0"},
    {"Adam", "training"},
    {"block/m", "block/v"},
    {LONG_NAME "_m", LONG_NAME},
};

/* Behind the InputLayer that the first one's shape makes. */
static const tl_layer *dense(const tlstm_model *model, size_t number) {
    return model->layers[model->layer_count - 2 + number];
}

static size_t slot_count(const form *how) {
    return how->trained->slots[1] ? 2 : 1;
}

/* ---- Files ---- */

static tlstm_model *make_model(const form *how, const char *const *names) {
    tl_text json = {0};
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    struct tlstm_optimizer optimizer = tl_optimizer_default(
        tl_optimizer_find(how->trained->optimizer), how->trained->legacy ? 1 : 3);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("mse"));
    tl_text_format(&json,
                   "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"s\", \"layers\": ["
                   "{\"class_name\": \"Dense\", \"config\": {\"name\": \"%s\", \"units\": 2, "
                   "\"batch_input_shape\": [null, 2]}}, "
                   "{\"class_name\": \"Dense\", \"config\": {\"name\": \"%s\", \"units\": 2}}]}}",
                   names[0], names[1]);
    TL_ASSERT_OK(tl_keras_parse_model("json", json.bytes, strlen(json.bytes), "2.15.0", 0, &model,
                                      NULL, &error),
                 error);
    TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
    optimizer.config.momentum = how->trained->momentum;
    TL_ASSERT_OK(tl_model_compile(model, &optimizer, &loss, NULL, 0, &error), error);
    ck_assert_uint_eq(model->compiled->slot_count, slot_count(how));
    tl_text_clear(&json);
    return model;
}

static void format_name(const form *how, const tl_layer *layer, size_t weight, size_t slot,
                        tl_text *name) {
    const char *slot_name = how->trained->slots[slot], *weight_name = layer->weights[weight].name;
    tl_text_clear(name);
    if (how->slot_first)
        tl_text_format(name, how->names, slot_name, layer->name, weight_name);
    else
        tl_text_format(name, how->names, layer->name, weight_name, slot_name);
    /* Keras 3 makes one part of a path. */
    for (char *c = strchr(name->bytes, '/'); how->keras == TLSTM_KERAS_3 && c && *++c;)
        *c = *c == '/' ? '_' : *c;
}

/* What each number says: whose it is. */
static float value_of(size_t slot, size_t layer, size_t weight, size_t i) {
    return (float)(1000 * (slot + 1) + 100 * layer + 10 * weight + i);
}

static void write_array(hid_t group, const char *name, const tl_weight *weight, size_t slot,
                        size_t layer, size_t number) {
    const hsize_t dims[2] = {weight->dims[0], weight->dims[1]};
    float values[4];
    for (size_t i = 0; i < weight->size; i++)
        values[i] = value_of(slot, layer, number, i);
    hid_t way = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple((int)weight->ndim, dims, NULL);
    H5Pset_create_intermediate_group(way, 1);
    hid_t set = H5Dcreate2(group, name, H5T_NATIVE_FLOAT, space, way, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_msg(set >= 0, "%s", name);
    H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(way);
}

static void write_iterations(hid_t group, const char *name) {
    const int64_t count = 7;
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t set =
        H5Dcreate2(group, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &count);
    H5Dclose(set);
    H5Sclose(space);
}

/* As h5py writes a list of bytes. */
static void write_list(hid_t group, const tl_text *names, size_t count) {
    const hsize_t dims[1] = {count};
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, dims, NULL);
    const size_t width = 1024;
    char *list = calloc(count, width);
    for (size_t i = 0; i < count; i++)
        snprintf(list + i * width, width, "%s", names[i].bytes);
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    hid_t attribute = H5Acreate2(group, "weight_names", type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert_int_ge(attribute, 0);
    H5Awrite(attribute, type, list);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    free(list);
}

/* All slots, weight by weight (as the Adam of Keras 2.11 on has them) or slot by slot. */
static void write_slots(hid_t group, const form *how, const tlstm_model *model, int interleaved) {
    const size_t slots = slot_count(how), count = 1 + 4 * slots;
    tl_text names[9] = {{0}};
    tl_text_append(&names[0], "iteration:0");
    write_iterations(group, names[0].bytes);
    for (size_t i = 0; i < 4 * slots; i++) {
        size_t slot = interleaved ? i % slots : i / 4, number = interleaved ? i / slots : i % 4;
        const tl_layer *layer = dense(model, number / 2);
        format_name(how, layer, number % 2, slot, &names[i + 1]);
        write_array(group, names[i + 1].bytes, &layer->weights[number % 2], slot, number / 2,
                    number % 2);
    }
    write_list(group, names, count);
    for (size_t i = 0; i < count; i++)
        tl_text_clear(&names[i]);
}

static const char *write_file(const form *how, const tlstm_model *model, int interleaved) {
    tlstm_save_options options = TLSTM_SAVE_OPTIONS_INIT;
    tlstm_error *error = NULL;
    const char *path = tl_test_temporary("slots.h5");
    options.keras = how->keras;
    TL_ASSERT_OK(tl_model_save(model, path, &options, &error), error);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(file, 0);
    H5Ldelete(file, "/optimizer_weights", H5P_DEFAULT);
    H5Ldelete(file, "/tinylstm", H5P_DEFAULT);
    hid_t group = H5Gcreate2(file, "/optimizer_weights", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    write_slots(group, how, model, interleaved);
    H5Gclose(group);
    H5Fclose(file);
    return path;
}

/* ---- Reading ---- */

static void assert_slots(const tlstm_model *model, const form *how, const char *const *names) {
    ck_assert_int_eq(model->compiled->iterations, 7);
    for (size_t slot = 0; slot < slot_count(how); slot++)
        for (size_t l = 0; l < 2; l++)
            for (size_t w = 0; w < 2; w++)
                for (size_t i = 0; i < dense(model, l)->weights[w].size; i++) {
                    const size_t place = dense(model, l)->weights[w].offset + i;
                    const float found = model->compiled->slots[slot][place];
                    ck_assert_msg(found == value_of(slot, l, w, i),
                                  "%s, layers %.20s and %.20s: %g in the place of %g", how->names,
                                  names[0], names[1], found, value_of(slot, l, w, i));
                }
}

static void assert_restored(const form *how, const char *const *names, int interleaved) {
    tlstm_model *model = make_model(how, names), *again = NULL;
    const char *path = write_file(how, model, interleaved);
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load(path, &again, &error), error);
    ck_assert_msg(again->note_count == 0, "%s, layers %.20s and %.20s: %s", how->names, names[0],
                  names[1], again->note_count ? again->notes[0].text : "");
    assert_slots(again, how, names);
    tl_model_free(again);
    tl_model_free(model);
}

START_TEST(names_in_every_form_are_told_apart) {
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++)
        for (size_t l = 0; l < sizeof layers / sizeof layers[0]; l++) {
            assert_restored(&forms[f], layers[l], 0);
            assert_restored(&forms[f], layers[l], 1);
        }
}
END_TEST

/* One array too few: nothing is taken for another slot's. */
START_TEST(an_incomplete_state_is_not_restored) {
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        tlstm_model *model = make_model(&forms[f], layers[1]), *again = NULL;
        const char *path = write_file(&forms[f], model, 0);
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        hid_t group = H5Gopen2(file, "/optimizer_weights", H5P_DEFAULT);
        tl_text names[2] = {{0}};
        tlstm_error *error = NULL;
        tl_text_append(&names[0], "iteration:0");
        format_name(&forms[f], dense(model, 1), 1, slot_count(&forms[f]) - 1, &names[1]);
        H5Adelete(group, "weight_names");
        write_list(group, names, 2);
        H5Gclose(group);
        H5Fclose(file);
        TL_ASSERT_OK(tl_model_load(path, &again, &error), error);
        ck_assert_uint_eq(again->note_count, 1);
        ck_assert_int_eq(again->notes[0].kind, TLSTM_NOTE_NOT_RESTORED);
        for (size_t i = 0; i < again->parameter_count; i++)
            ck_assert(again->compiled->slots[0][i] == 0);
        tl_text_clear(&names[0]);
        tl_text_clear(&names[1]);
        tl_model_free(again);
        tl_model_free(model);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("slots");
    TCase *tests = tcase_create("slots");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, names_in_every_form_are_told_apart);
    tcase_add_test(tests, an_incomplete_state_is_not_restored);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
