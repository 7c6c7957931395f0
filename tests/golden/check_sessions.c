/* Sessions give what predict gives: whole sequences at once, and one timestep after the other. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMIT_SESSION 2e-6

/* A whole file's bytes; free() them. */
static void *read_bytes(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*length + 1);
    if (bytes && fread(bytes, 1, *length, file) != *length) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

/* Loads from memory, so that this way is tried with every case too. */
static tlstm_model *load_from_memory(const golden_case *one) {
    size_t length = 0;
    void *bytes = read_bytes(one->model_path, &length);
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    if (!bytes || tlstm_model_load_memory(bytes, length, &model, &error) != TLSTM_OK)
        golden_fail_call(one, "load from memory", error);
    free(bytes);
    return model;
}

/* One call for tokens and features: x holds int32 or float32 as the case has it. */
static tlstm_status run(tlstm_session *session, const tlstm_array *x, float *y,
                        tlstm_error **error) {
    const int64_t *shape = tlstm_array_shape(x);
    int64_t timesteps = tlstm_array_ndim(x) > 1 ? shape[1] : 1;
    if (tlstm_array_dtype(x) == TLSTM_FLOAT32)
        return tlstm_session_run(session, shape[0], timesteps, tlstm_array_data(x), y, error);
    return tlstm_session_run_tokens(session, shape[0], timesteps, tlstm_array_data(x), y, error);
}

static double distance(const float *ours, const tlstm_array *theirs) {
    double largest = 0;
    for (size_t i = 0; i < tlstm_array_size(theirs); i++) {
        double difference = fabs((double)ours[i] - golden_element(theirs, i));
        largest = difference <= largest ? largest : difference;
    }
    return largest;
}

static void check_run(const golden_case *one, tlstm_session *session, const tlstm_array *x,
                      const tlstm_array *expected) {
    tlstm_error *error = NULL;
    float *y = calloc(tlstm_array_size(expected), sizeof *y);
    int64_t timesteps = tlstm_array_shape(x)[1];
    size_t per_sample = tlstm_array_size(expected) / (size_t)tlstm_array_shape(expected)[0];
    if (tlstm_session_output_size(session, timesteps) != per_sample)
        golden_fail(one, "session run", "the output size is %zu instead of %zu",
                    tlstm_session_output_size(session, timesteps), per_sample);
    else if (run(session, x, y, &error) != TLSTM_OK)
        golden_fail_call(one, "session run", error);
    else
        golden_report(one, "session run",
                      distance(y, expected) / fmax(1, golden_magnitude(expected)), LIMIT_SESSION);
    free(y);
}

/* Feeds timestep t of all samples; returns what the call returns. */
static tlstm_status step(tlstm_session *session, const tlstm_array *x, size_t t, float *y,
                         tlstm_error **error) {
    const int64_t *shape = tlstm_array_shape(x);
    size_t batch = (size_t)shape[0], timesteps = (size_t)shape[1];
    size_t features = tlstm_array_ndim(x) > 2 ? (size_t)shape[2] : 1;
    float *values = calloc(batch * features, sizeof *values);
    int32_t *tokens = calloc(batch * features, sizeof *tokens);
    for (size_t b = 0; b < batch; b++)
        for (size_t f = 0; f < features; f++) {
            double value = golden_element(x, (b * timesteps + t) * features + f);
            values[b * features + f] = (float)value;
            if (tlstm_array_dtype(x) != TLSTM_FLOAT32)
                tokens[b * features + f] = (int32_t)value;
        }
    tlstm_status status = tlstm_array_dtype(x) == TLSTM_FLOAT32
                              ? tlstm_session_step(session, values, y, error)
                              : tlstm_session_step_token(session, tokens, y, error);
    free(tokens);
    free(values);
    return status;
}

/* The largest difference of a step's outputs from those of timestep t (of the only ones, where the
 * model gives one output a sequence: then only the last step can be compared). */
static double step_distance(const tlstm_array *expected, const float *y, size_t t,
                            size_t timesteps) {
    size_t batch = (size_t)tlstm_array_shape(expected)[0];
    size_t per_sample = tlstm_array_size(expected) / batch;
    int per_step = tlstm_array_ndim(expected) == 3;
    size_t outputs = per_step ? per_sample / timesteps : per_sample;
    double largest = 0;
    if (!per_step && t + 1 < timesteps)
        return 0;
    for (size_t b = 0; b < batch; b++)
        for (size_t i = 0; i < outputs; i++) {
            size_t at = b * per_sample + (per_step ? t * outputs : 0) + i;
            largest =
                fmax(largest, fabs((double)y[b * outputs + i] - golden_element(expected, at)));
        }
    return largest;
}

/* Layers that look at the whole sequence: step must refuse them. */
static int needs_whole_sequence(const golden_case *one) {
    size_t index;
    json_t *layer;
    json_array_foreach(one->layers, index, layer) {
        if (json_is_true(json_object_get(json_array_get(layer, 1), "go_backwards")))
            return 1;
    }
    return golden_has_layer(one, "Flatten");
}

static void check_steps(const golden_case *one, tlstm_session *session, const tlstm_array *x,
                        const tlstm_array *expected) {
    size_t timesteps = (size_t)tlstm_array_shape(x)[1];
    float *y = calloc(tlstm_array_size(expected), sizeof *y);
    tlstm_error *error = NULL;
    double largest = 0;
    tlstm_status status = TLSTM_OK;
    tlstm_session_reset(session);
    for (size_t t = 0; t < timesteps && status == TLSTM_OK; t++) {
        status = step(session, x, t, y, &error);
        if (status == TLSTM_OK)
            largest = fmax(largest, step_distance(expected, y, t, timesteps));
    }
    if (needs_whole_sequence(one) || golden_unpromised_layer(one, 0)) {
        if (status == TLSTM_ERROR_UNSUPPORTED)
            golden_report(one, "step refused", 0, 0);
        else
            golden_fail(one, "step refused", "step accepts a model that needs the whole sequence");
        tlstm_error_free(error);
    } else if (status != TLSTM_OK) {
        golden_fail_call(one, "session step", error);
    } else {
        golden_report(one, "session step", largest / fmax(1, golden_magnitude(expected)),
                      LIMIT_SESSION);
    }
    free(y);
}

void golden_check_sessions(const golden_case *one) {
    tlstm_model *probe = golden_load(one, "load");
    tlstm_model *model = probe ? load_from_memory(one) : NULL;
    tlstm_model_free(probe);
    if (!model)
        return;
    tlstm_array *x = golden_read(one->data, "x");
    tlstm_array *expected = golden_read(one->expected, "predict");
    tlstm_session *session = NULL;
    tlstm_error *error = NULL;
    const int64_t *shape = tlstm_array_shape(x);
    if (tlstm_session_new(model, shape[0], shape[1], &session, &error) != TLSTM_OK) {
        golden_fail_call(one, "session", error);
    } else {
        check_run(one, session, x, expected);
        check_steps(one, session, x, expected);
    }
    tlstm_session_free(session);
    tlstm_array_free(expected);
    tlstm_array_free(x);
    tlstm_model_free(model);
}
