/* Building models: names, shapes, initial weights, and what is refused. */
#include "models.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static tlstm_model *empty(void) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_new(NULL, 42, &model, &error), error);
    return model;
}

START_TEST(the_tutorial_by_calls) {
    tlstm_model *model = empty();
    tlstm_error *error = NULL;
    tlstm_recurrent_options sequences = TLSTM_RECURRENT_OPTIONS_INIT;
    sequences.return_sequences = 1;
    TL_ASSERT_OK(tlstm_model_add_input(model, 1, (int64_t[]){100}, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_embedding(model, 500, 16, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_lstm(model, 8, &sequences, &error), error);
    TL_ASSERT_OK(tlstm_model_add_lstm(model, 8, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error), error);
    ck_assert_uint_eq(tlstm_model_weights(model), 0);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    ck_assert_int_eq(tlstm_model_params(model), 9353);
    ck_assert_uint_eq(tlstm_model_layers(model), 5);
    ck_assert_str_eq(tlstm_model_layer_name(model, 0), "input_layer");
    ck_assert_str_eq(tlstm_model_layer_name(model, 2), "lstm");
    ck_assert_str_eq(tlstm_model_layer_name(model, 3), "lstm_1");
    ck_assert_str_eq(tlstm_model_layer_class(model, 3), "LSTM");
    ck_assert_ptr_null(tlstm_model_layer_name(model, 5));
    ck_assert_str_eq(tlstm_model_weight_name(model, 4), "lstm_1/kernel");
    int64_t shape[TLSTM_MAX_DIMS];
    ck_assert_uint_eq(tlstm_model_layer_output(model, 2, shape), 2);
    ck_assert_int_eq(shape[0], 100);
    ck_assert_int_eq(shape[1], 8);
    TL_ASSERT_FAILS(tlstm_model_add_flatten(model, NULL, &error), TLSTM_ERROR_STATE, error,
                    "built");
    tlstm_model_free(model);
}
END_TEST

/* Keras's defaults: glorot_uniform kernels within their limit, orthogonal recurrent kernels, biases
 * 0 with an open forget gate. */
START_TEST(weights_begin_as_keras_begins_them) {
    tlstm_model *model = empty();
    tlstm_array *kernel = NULL, *recurrent = NULL, *bias = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_add_input(model, 2, (int64_t[]){-1, 6}, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_lstm(model, 5, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_get_weight(model, 0, &kernel, &error), error);
    TL_ASSERT_OK(tlstm_model_get_weight(model, 1, &recurrent, &error), error);
    TL_ASSERT_OK(tlstm_model_get_weight(model, 2, &bias, &error), error);
    const float *w = tlstm_array_data(kernel), *u = tlstm_array_data(recurrent);
    const float *b = tlstm_array_data(bias);
    const float limit = sqrtf(6.0f / (6 + 20));
    float largest = 0;
    for (size_t i = 0; i < tlstm_array_size(kernel); i++)
        largest = fmaxf(largest, fabsf(w[i]));
    ck_assert_float_le(largest, limit);
    ck_assert_float_gt(largest, 0.8f * limit);
    /* U U^T = 1 */
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 5; j++) {
            float product = 0;
            for (int k = 0; k < 20; k++)
                product += u[i * 20 + k] * u[j * 20 + k];
            ck_assert_float_eq_tol(product, i == j, 1e-5f);
        }
    for (int i = 0; i < 20; i++)
        ck_assert_float_eq(b[i], i / 5 == 1 ? 1.0f : 0.0f);
    tlstm_array_free(kernel);
    tlstm_array_free(recurrent);
    tlstm_array_free(bias);
    tlstm_model_free(model);
}
END_TEST

START_TEST(what_cannot_be_is_refused) {
    tlstm_model *model = empty();
    tlstm_error *error = NULL;
    tlstm_recurrent_options options = TLSTM_RECURRENT_OPTIONS_INIT;
    TL_ASSERT_FAILS(tlstm_model_build(model, 0, NULL, &error), TLSTM_ERROR_STATE, error,
                    "no layers");
    TL_ASSERT_FAILS(tlstm_model_add_lstm(model, 0, NULL, &error), TLSTM_ERROR_ARGUMENT, error,
                    "units");
    TL_ASSERT_FAILS(tlstm_model_add_lstm(model, -3, NULL, &error), TLSTM_ERROR_ARGUMENT, error,
                    "units");
    options.dropout = 1.5;
    TL_ASSERT_FAILS(tlstm_model_add_gru(model, 3, &options, &error), TLSTM_ERROR_ARGUMENT, error,
                    "dropout");
    options.dropout = 0;
    options.kernel_initializer = "no_such";
    TL_ASSERT_FAILS(tlstm_model_add_gru(model, 3, &options, &error), TLSTM_ERROR_UNSUPPORTED, error,
                    "no_such");
    TL_ASSERT_FAILS(tlstm_model_add_dense(model, 3, 99, NULL, &error), TLSTM_ERROR_ARGUMENT, error,
                    "99");
    TL_ASSERT_FAILS(tlstm_model_add_layer(model, "Conv2D", "{}", &error), TLSTM_ERROR_UNSUPPORTED,
                    error, "Conv2D");
    TL_ASSERT_FAILS(tlstm_model_add_input(model, 1, (int64_t[]){0}, NULL, &error),
                    TLSTM_ERROR_SHAPE, error, "dimension 0");
    ck_assert_uint_eq(tlstm_model_layers(model), 0);
    TL_ASSERT_OK(tlstm_model_add_lstm(model, 3, NULL, &error), error);
    TL_ASSERT_FAILS(tlstm_model_build(model, 0, NULL, &error), TLSTM_ERROR_STATE, error,
                    "input shape is not known");
    TL_ASSERT_FAILS(tlstm_model_build(model, 1, (int64_t[]){7}, &error), TLSTM_ERROR_SHAPE, error,
                    "(timesteps, features)");
    TL_ASSERT_OK(tlstm_model_add_lstm(model, 3, NULL, &error), error);
    TL_ASSERT_FAILS(tlstm_model_build(model, 2, (int64_t[]){7, 2}, &error), TLSTM_ERROR_SHAPE,
                    error, "return_sequences");
    tlstm_model_free(model);
}
END_TEST

START_TEST(weights_are_replaced_whole_or_not_at_all) {
    tlstm_model *model = test_model(
        2, (int64_t[]){-1, 2}, "{\"class_name\": \"SimpleRNN\", \"config\": {\"units\": 2}}", 1);
    tlstm_error *error = NULL;
    tlstm_array *value = NULL;
    double kernel[4] = {1, 2, 3, 4};
    TL_ASSERT_OK(tlstm_array_wrap(kernel, TLSTM_FLOAT64, 2, (int64_t[]){2, 2}, &value, &error),
                 error);
    TL_ASSERT_OK(tlstm_model_set_weight(model, 0, value, &error), error);
    TL_ASSERT_FAILS(tlstm_model_set_weight(model, 2, value, &error), TLSTM_ERROR_SHAPE, error,
                    "(2)");
    TL_ASSERT_FAILS(tlstm_model_set_weight(model, 9, value, &error), TLSTM_ERROR_ARGUMENT, error,
                    "9");
    tlstm_array_free(value);
    value = NULL;
    TL_ASSERT_OK(tlstm_model_get_weight(model, 0, &value, &error), error);
    for (int i = 0; i < 4; i++)
        ck_assert_float_eq(((const float *)tlstm_array_data(value))[i], (float)kernel[i]);
    tlstm_array_free(value);
    tlstm_model_free(model);
}
END_TEST

/* Models and sessions leave nothing behind. */
START_TEST(nothing_leaks) {
    const int64_t shape[] = {10};
    for (int i = 0; i < 200; i++) {
        tlstm_model *model = empty();
        tlstm_session *session = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_model_add_input(model, 1, shape, NULL, &error), error);
        TL_ASSERT_OK(tlstm_model_add_embedding(model, 20, 4, NULL, &error), error);
        TL_ASSERT_OK(tlstm_model_add_gru(model, 4, NULL, &error), error);
        TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
        TL_ASSERT_OK(tlstm_session_new(model, 1, 0, &session, &error), error);
        tlstm_session_free(session);
        tlstm_model_free(model);
    }
    /* The allocator may be changed only when nothing is alive. */
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_set_allocator(NULL, &error), error);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("model");
    TCase *tcase = tcase_create("model");
    tcase_add_test(tcase, the_tutorial_by_calls);
    tcase_add_test(tcase, weights_begin_as_keras_begins_them);
    tcase_add_test(tcase, what_cannot_be_is_refused);
    tcase_add_test(tcase, weights_are_replaced_whole_or_not_at_all);
    tcase_add_test(tcase, nothing_leaks);
    suite_add_tcase(suite, tcase);
    return tl_test_run(suite);
}
