/* Old words and layouts of legacy files, in files made here; those that Keras itself wrote are in
 * tests/golden. */
#include "base/alloc.h"
#include "files/format.h"
#include "files/hdf5.h"
#include "layers/recurrent.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of one recurrent layer of two units on one feature, whose arrays hold 1, 2, 3, ... */
typedef struct array {
    const char *name;
    size_t ndim, dims[2];
} array;

static void write_array(tl_h5 *file, const array *one, float *next) {
    size_t count = one->dims[0] * (one->ndim > 1 ? one->dims[1] : 1);
    float *values = malloc(count * sizeof(*values));
    tlstm_error *error = NULL;
    char path[100];
    for (size_t i = 0; i < count; i++)
        values[i] = (*next)++;
    snprintf(path, sizeof(path), "/model_weights/rnn/%s", one->name);
    TL_ASSERT_OK(tl_h5_write_floats(file, path, one->ndim, one->dims, values, &error), error);
    free(values);
}

static const char *write_file(const char *version, const char *class_name, const char *config,
                              const array *arrays, size_t count) {
    tl_h5 *file = NULL;
    tlstm_error *error = NULL;
    tl_h5_names layers = {0}, weights = {0};
    char text[2000], *bytes = NULL;
    size_t length = 0;
    float next = 1;
    snprintf(text, sizeof(text),
             "{\"class_name\": \"Sequential\", \"config\": [{\"class_name\": \"%s\", \"config\": "
             "{\"name\": \"rnn\", \"batch_input_shape\": [null, 3, 1], %s}}]}",
             class_name, config);
    TL_ASSERT_OK(tl_h5_create(&file, &error), error);
    TL_ASSERT_OK(tl_h5_write_string(file, "/", "model_config", text, 0, &error), error);
    if (version)
        TL_ASSERT_OK(tl_h5_write_string(file, "/", "keras_version", version, 0, &error), error);
    for (size_t i = 0; i < count; i++) {
        write_array(file, &arrays[i], &next);
        TL_ASSERT_OK(tl_h5_names_add(&weights, arrays[i].name, &error), error);
    }
    TL_ASSERT_OK(tl_h5_names_add(&layers, "rnn", &error), error);
    TL_ASSERT_OK(tl_h5_write_names(file, "/model_weights", "layer_names", &layers, &error), error);
    TL_ASSERT_OK(tl_h5_write_names(file, "/model_weights/rnn", "weight_names", &weights, &error),
                 error);
    TL_ASSERT_OK(tl_h5_image(file, &bytes, &length, &error), error);
    tl_h5_names_clear(&weights);
    tl_h5_names_clear(&layers);
    tl_h5_close(file);
    const char *path = tl_test_write("old.h5", bytes, length);
    tl_free(bytes);
    return path;
}

static tlstm_model *load(const char *path) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_load(path, &model, &error), error);
    return model;
}

static void assert_refused(const char *path, tlstm_status code, const char *part) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_model_load(path, &model, &error), code, error, part);
    ck_assert_ptr_null(model);
}

static const tl_recurrent_config *config_of(const tlstm_model *model) {
    return model->layers[0]->config;
}

static const float *weight(const tlstm_model *model, size_t index) {
    return model->parameters + model->layers[0]->weights[index].offset;
}

static const array gru_before[] = {{"k", 2, {1, 6}}, {"r", 2, {2, 6}}, {"b", 1, {6}}};
static const array gru_after[] = {{"k", 2, {1, 6}}, {"r", 2, {2, 6}}, {"b", 2, {2, 6}}};
static const array gru_cudnn[] = {{"k", 2, {1, 6}}, {"r", 2, {2, 6}}, {"b", 1, {12}}};

START_TEST(the_bias_tells_which_gru_it_is) {
    static const char *const versions[] = {NULL, "2.0.8", "2.2.4-tf", "2.15.0", "3.3.3"};
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        tlstm_model *before = load(write_file(versions[i], "GRU", "\"units\": 2", gru_before, 3));
        tlstm_model *after = load(write_file(versions[i], "GRU", "\"units\": 2", gru_after, 3));
        ck_assert_int_eq(config_of(before)->reset_after, 0);
        ck_assert_int_eq(config_of(after)->reset_after, 1);
        tl_model_free(after);
        tl_model_free(before);
    }
    /* What is said is not overruled. */
    assert_refused(write_file(NULL, "GRU", "\"units\": 2, \"reset_after\": true", gru_before, 3),
                   TLSTM_ERROR_SHAPE, "/model_weights/rnn/b: expected the shape (2, 6), got (6,)");
}
END_TEST

/* A matrix of a CuDNN layer holds, gate by gate, the transposed one. */
START_TEST(cudnn_layers_are_plain_ones) {
    static const float turned[] = {7, 13, 9, 15, 11, 17, 8, 14, 10, 16, 12, 18};
    tlstm_model *model = load(write_file("2.2.4", "CuDNNGRU", "\"units\": 2", gru_cudnn, 3));
    const tl_recurrent_config *config = config_of(model);
    ck_assert_str_eq(model->layers[0]->ops->class_name, "GRU");
    ck_assert_int_eq(config->reset_after, 1);
    ck_assert_str_eq(config->recurrent_activation->name, "sigmoid");
    for (size_t i = 0; i < 6; i++) /* one feature: nothing to turn */
        ck_assert(weight(model, 0)[i] == (float)i + 1);
    ck_assert_mem_eq(weight(model, 1), turned, sizeof(turned));
    for (size_t i = 0; i < 12; i++)
        ck_assert(weight(model, 2)[i] == (float)i + 19);
    ck_assert_int_eq(model->notes[0].kind, TLSTM_NOTE_CONVERTED);
    tl_model_free(model);
    assert_refused(write_file("2.2.4", "GRU", "\"units\": 2, \"reset_after\": false", gru_cudnn, 3),
                   TLSTM_ERROR_SHAPE, "/model_weights/rnn: weights of a CuDNNGRU");
}
END_TEST

static const array lstm_by_gate[] = {
    {"W_i", 2, {1, 2}}, {"U_i", 2, {2, 2}}, {"b_i", 1, {2}},    {"W_c", 2, {1, 2}},
    {"U_c", 2, {2, 2}}, {"b_c", 1, {2}},    {"W_f", 2, {1, 2}}, {"U_f", 2, {2, 2}},
    {"b_f", 1, {2}},    {"W_o", 2, {1, 2}}, {"U_o", 2, {2, 2}}, {"b_o", 1, {2}},
};

#define KERAS1                                                                                     \
    "\"output_dim\": 2, \"inner_init\": \"identity\", \"forget_bias_init\": \"zero\", "            \
    "\"W_regularizer\": {\"name\": \"WeightRegularizer\", \"l1\": 0.0, \"l2\": 0.5}, "             \
    "\"U_regularizer\": null, \"dropout_W\": 0.25, \"dropout_U\": 0.5, \"consume_less\": "         \
    "\"cpu\", "                                                                                    \
    "\"input_dim\": 1, \"input_length\": null"

START_TEST(words_of_keras_1_are_understood) {
    static const char *const versions[] = {NULL, "1.2.2"};
    static const float bias[] = {7, 8, 23, 24, 15, 16, 31, 32}; /* i, f, c, o */
    for (size_t i = 0; i < 2; i++) {
        tlstm_model *model = load(write_file(versions[i], "LSTM", KERAS1, lstm_by_gate, 12));
        const tl_recurrent_config *config = config_of(model);
        ck_assert_int_eq(config->units, 2);
        ck_assert_int_eq(config->unit_forget_bias, 0);
        ck_assert(config->kernel_regularizer.l2 == 0.5 && config->recurrent_regularizer.l2 == 0);
        ck_assert(config->dropout == 0.25 && config->recurrent_dropout == 0.5);
        ck_assert_str_eq(config->recurrent_initializer.class->class_name, "Identity");
        /* Keras 1's default, in Keras 1's meaning */
        ck_assert_str_eq(config->recurrent_activation->name, "hard_sigmoid");
        ck_assert_int_ne(config->recurrent_activation->generation, 3);
        ck_assert_mem_eq(weight(model, 2), bias, sizeof(bias));
        ck_assert_uint_eq(model->note_count, 1);
        ck_assert_int_eq(model->notes[0].kind, TLSTM_NOTE_CONVERTED);
        tl_model_free(model);
    }
}
END_TEST

START_TEST(arrays_of_keras_1_are_checked) {
    array wrong[12];
    memcpy(wrong, lstm_by_gate, sizeof(wrong));
    wrong[7].dims[1] = 3;
    assert_refused(write_file("1.2.2", "LSTM", KERAS1, wrong, 12), TLSTM_ERROR_SHAPE,
                   "/model_weights/rnn/U_f: expected the shape (2, 2), got (2, 3)");
    assert_refused(write_file("1.2.2", "LSTM", KERAS1, lstm_by_gate, 11), TLSTM_ERROR_SHAPE,
                   "/model_weights/rnn: the model has 3 weights in this layer, the file has 11");
    assert_refused(write_file("1.2.2", "GRU", KERAS1, lstm_by_gate, 12), TLSTM_ERROR_SHAPE,
                   "/model_weights/rnn: the model has 3 weights in this layer, the file has 12");
    assert_refused(
        write_file("1.2.2", "LSTM",
                   KERAS1 ", \"b_regularizer\": {\"name\": \"EigenvalueRegularizer\", \"k\": 1.0}",
                   lstm_by_gate, 12),
        TLSTM_ERROR_UNSUPPORTED, "EigenvalueRegularizer");
}
END_TEST

static tlstm_status load_old(void *context, tlstm_error **error) {
    tlstm_model *model = NULL;
    tlstm_status status = tl_model_load(context, &model, error);
    tl_model_free(model);
    return status;
}

START_TEST(each_allocation_may_fail) {
    char path[200];
    snprintf(path, sizeof(path), "%s", write_file(NULL, "LSTM", KERAS1, lstm_by_gate, 12));
    tl_test_fail_each_allocation(load_old, path);
    snprintf(path, sizeof(path), "%s", write_file(NULL, "GRU", "\"units\": 2", gru_cudnn, 3));
    tlstm_model *model = NULL;
    ck_assert_int_eq(tl_model_load(path, &model, NULL), TLSTM_ERROR_SHAPE);
    snprintf(path, sizeof(path), "%s", write_file(NULL, "GRU", "\"units\": 2", gru_after, 3));
    tl_test_fail_each_allocation(load_old, path);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("old_files");
    TCase *tests = tcase_create("old_files");
    tcase_add_test(tests, the_bias_tells_which_gru_it_is);
    tcase_add_test(tests, cudnn_layers_are_plain_ones);
    tcase_add_test(tests, words_of_keras_1_are_understood);
    tcase_add_test(tests, arrays_of_keras_1_are_checked);
    tcase_add_test(tests, each_allocation_may_fail);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
