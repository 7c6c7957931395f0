#include "models.h"

#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_ok(tlstm_status status, tlstm_error *error) {
    TL_ASSERT_OK(status, error);
}

tlstm_model *test_model(size_t ndim, const int64_t *shape, const char *layers, uint64_t seed) {
    static const char *const metrics[] = {"accuracy"};
    char json[4096];
    tlstm_model *model = NULL;
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_error *error = NULL;
    int length = snprintf(json, sizeof json,
                          "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"m\", "
                          "\"layers\": [%s]}}",
                          layers);
    check_ok(tlstm_model_from_json(json, (size_t)length, seed, &model, &error), error);
    if (tlstm_model_weights(model) == 0)
        check_ok(tlstm_model_build(model, ndim, shape, &error), error);
    check_ok(tlstm_optimizer_new("rmsprop", &optimizer, &error), error);
    check_ok(tlstm_optimizer_set(optimizer, "learning_rate", 0.01, &error), error);
    check_ok(tlstm_loss_new("binary_crossentropy", &loss, &error), error);
    check_ok(tlstm_model_compile(model, optimizer, loss, metrics, 1, &error), error);
    tlstm_optimizer_free(optimizer);
    tlstm_loss_free(loss);
    return model;
}

/* A linear congruential generator (Knuth's MMIX constants): the same numbers everywhere. */
static uint32_t next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static tlstm_array *new_array(tlstm_dtype dtype, size_t ndim, const int64_t *shape) {
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    check_ok(tlstm_array_new(dtype, ndim, shape, &array, &error), error);
    return array;
}

tlstm_array *test_tokens(int64_t samples, int64_t timesteps, int32_t vocabulary) {
    tlstm_array *array = new_array(TLSTM_INT32, 2, (int64_t[]){samples, timesteps});
    int32_t *tokens = tlstm_array_mutable_data(array);
    uint64_t state = 1;
    for (size_t i = 0; i < tlstm_array_size(array); i++)
        tokens[i] = (int32_t)(next(&state) % (uint32_t)vocabulary);
    return array;
}

tlstm_array *test_features(int64_t samples, int64_t timesteps, int64_t features) {
    tlstm_array *array = new_array(TLSTM_FLOAT32, 3, (int64_t[]){samples, timesteps, features});
    float *values = tlstm_array_mutable_data(array);
    uint64_t state = 2;
    for (size_t i = 0; i < tlstm_array_size(array); i++)
        values[i] = (float)next(&state) / 1073741824.0f - 1.0f;
    return array;
}

tlstm_array *test_labels(int64_t samples) {
    tlstm_array *array = new_array(TLSTM_INT32, 1, &samples);
    int32_t *labels = tlstm_array_mutable_data(array);
    uint64_t state = 3;
    for (size_t i = 0; i < tlstm_array_size(array); i++)
        labels[i] = (int32_t)(next(&state) % 2);
    return array;
}

float *test_weights(const tlstm_model *model, size_t *count) {
    float *all = malloc((size_t)tlstm_model_params(model) * sizeof *all);
    *count = 0;
    for (size_t i = 0; i < tlstm_model_weights(model); i++) {
        tlstm_array *value = NULL;
        tlstm_error *error = NULL;
        check_ok(tlstm_model_get_weight(model, i, &value, &error), error);
        memcpy(all + *count, tlstm_array_data(value), tlstm_array_size(value) * sizeof *all);
        *count += tlstm_array_size(value);
        tlstm_array_free(value);
    }
    return all;
}
