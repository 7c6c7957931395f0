/* Sessions: the same numbers as predict, whole or step by step; states that travel; no allocation.
 */
#include "models.h"
#include "support.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define DENSE "{\"class_name\": \"Dense\", \"config\": {\"units\": 2, \"activation\": \"tanh\"}}"
#define RECURRENT(name, more) "{\"class_name\": \"" name "\", \"config\": {\"units\": 5" more "}},"
#define SEQUENCES ", \"return_sequences\": true"

static const char *const stacks[] = {
    RECURRENT("LSTM", "") DENSE,
    RECURRENT("GRU", SEQUENCES) RECURRENT("LSTM", "") DENSE,
    RECURRENT("GRU", ", \"reset_after\": false") DENSE,
    RECURRENT("SimpleRNN", SEQUENCES) RECURRENT("SimpleRNN", ", \"activation\": \"relu\"") DENSE,
};
enum {
    STACKS = sizeof stacks / sizeof *stacks,
    BATCH = 3,
    TIMESTEPS = 9,
    FEATURES = 4,
    OUTPUTS = 2
};

static float x_data[BATCH][TIMESTEPS][FEATURES];

/* Some of the stacks have a fixed number of timesteps. */
static tlstm_model *model_and_data(const char *stack, tlstm_array **x, tlstm_array **y) {
    const int64_t timesteps = stack == stacks[0] || stack == stacks[1] ? TIMESTEPS : -1;
    tlstm_model *model = test_model(2, (int64_t[]){timesteps, FEATURES}, stack, 11);
    tlstm_error *error = NULL;
    *x = test_features(BATCH, TIMESTEPS, FEATURES);
    memcpy(x_data, tlstm_array_data(*x), sizeof x_data);
    *y = NULL;
    TL_ASSERT_OK(tlstm_model_predict(model, *x, NULL, y, &error), error);
    return model;
}

static void assert_equal(const tlstm_array *y, const float *got) {
    for (int i = 0; i < BATCH * OUTPUTS; i++)
        ck_assert_float_eq_tol(((const float *)tlstm_array_data(y))[i], got[i], 2e-6f);
}

/* Feeds timesteps [from, to) and keeps the last output. */
static void feed(tlstm_session *session, int from, int to, float *y) {
    for (int t = from; t < to; t++) {
        float step[BATCH][FEATURES];
        tlstm_error *error = NULL;
        for (int s = 0; s < BATCH; s++)
            memcpy(step[s], x_data[s][t], sizeof step[s]);
        TL_ASSERT_OK(tlstm_session_step(session, step[0], y, &error), error);
    }
}

START_TEST(runs_and_steps_equal_predict) {
    tlstm_array *x, *y;
    tlstm_model *model = model_and_data(stacks[_i], &x, &y);
    tlstm_session *session = NULL;
    tlstm_error *error = NULL;
    float out[BATCH * OUTPUTS];
    TL_ASSERT_OK(tlstm_session_new(model, BATCH, TIMESTEPS, &session, &error), error);
    ck_assert_uint_eq(tlstm_session_input_size(session, TIMESTEPS), TIMESTEPS * FEATURES);
    ck_assert_uint_eq(tlstm_session_output_size(session, TIMESTEPS), OUTPUTS);
    const size_t alive = tl_alloc_count();
    TL_ASSERT_OK(tlstm_session_run(session, BATCH, TIMESTEPS, x_data[0][0], out, &error), error);
    assert_equal(y, out);
    feed(session, 0, TIMESTEPS, out);
    assert_equal(y, out);
    /* A run in between does not touch the streams' state; after a reset they begin anew. */
    tlstm_session_reset(session);
    feed(session, 0, 4, out);
    TL_ASSERT_OK(tlstm_session_run(session, 1, TIMESTEPS, x_data[0][0], out, &error), error);
    feed(session, 4, TIMESTEPS, out);
    assert_equal(y, out);
    ck_assert_uint_eq(tl_alloc_count(), alive);
    tlstm_session_free(session);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
}
END_TEST

/* The memory functions of a process that must not allocate. */
static int forbidden;
static size_t forbidden_calls;

static void *counting_allocate(size_t size, void *user) {
    (void)user;
    forbidden_calls += (size_t)forbidden;
    return malloc(size);
}

static void plain_release(void *memory, void *user) {
    (void)user;
    free(memory);
}

START_TEST(nothing_is_allocated) {
    const tlstm_allocator allocator = {sizeof allocator, counting_allocate, plain_release, NULL};
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_set_allocator(&allocator, &error), error);
    tlstm_array *x, *y;
    tlstm_model *model = model_and_data(stacks[1], &x, &y);
    tlstm_session *session = NULL;
    float out[BATCH * OUTPUTS];
    TL_ASSERT_OK(tlstm_session_new(model, BATCH, TIMESTEPS, &session, &error), error);
    forbidden = 1;
    feed(session, 0, TIMESTEPS, out);
    TL_ASSERT_OK(tlstm_session_run(session, BATCH, TIMESTEPS, x_data[0][0], out, &error), error);
    forbidden = 0;
    ck_assert_uint_eq(forbidden_calls, 0);
    tlstm_session_free(session);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
    TL_ASSERT_OK(tlstm_set_allocator(NULL, &error), error);
}
END_TEST

START_TEST(states_travel) {
    tlstm_array *x, *y;
    tlstm_model *model = model_and_data(stacks[_i], &x, &y);
    tlstm_session *first = NULL, *second = NULL;
    tlstm_error *error = NULL;
    float out[BATCH * OUTPUTS], state[256];
    TL_ASSERT_OK(tlstm_session_new(model, BATCH, 1, &first, &error), error);
    TL_ASSERT_OK(tlstm_session_new(model, BATCH, 1, &second, &error), error);
    const size_t size = tlstm_session_state_size(first);
    feed(first, 0, 4, out);
    TL_ASSERT_OK(tlstm_session_get_state(first, state, size, &error), error);
    TL_ASSERT_FAILS(tlstm_session_set_state(second, state, size - 1, &error), TLSTM_ERROR_SHAPE,
                    error, "values");
    TL_ASSERT_OK(tlstm_session_set_state(second, state, size, &error), error);
    feed(second, 4, TIMESTEPS, out);
    assert_equal(y, out);
    tlstm_session_free(first);
    tlstm_session_free(second);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
}
END_TEST

/* The state begins with h of the first layer, sample after sample: for a model whose output is h
 * itself. */
START_TEST(state_begins_with_h) {
    tlstm_model *model = test_model(2, (int64_t[]){-1, FEATURES},
                                    "{\"class_name\": \"LSTM\", \"config\": {\"units\": 2}}", 1);
    tlstm_array *x = test_features(BATCH, TIMESTEPS, FEATURES);
    tlstm_session *session = NULL;
    tlstm_error *error = NULL;
    float out[BATCH * 2], state[BATCH * 4];
    memcpy(x_data, tlstm_array_data(x), sizeof x_data);
    TL_ASSERT_OK(tlstm_session_new(model, BATCH, 1, &session, &error), error);
    feed(session, 0, 5, out);
    TL_ASSERT_OK(tlstm_session_get_state(session, state, BATCH * 4, &error), error);
    ck_assert(memcmp(out, state, sizeof out) == 0);
    tlstm_session_free(session);
    tlstm_array_free(x);
    tlstm_model_free(model);
}
END_TEST

START_TEST(what_does_not_fit_is_refused) {
    tlstm_model *model = test_model(2, (int64_t[]){-1, FEATURES},
                                    "{\"class_name\": \"GRU\", \"config\": {\"name\": \"back\", "
                                    "\"units\": 2, \"go_backwards\": true}}",
                                    1);
    tlstm_session *session = NULL;
    tlstm_error *error = NULL;
    float x[FEATURES * 4] = {0}, y[8];
    const int32_t token = 1;
    TL_ASSERT_FAILS(tlstm_session_new(model, 1, 0, &session, &error), TLSTM_ERROR_ARGUMENT, error,
                    "any length");
    TL_ASSERT_FAILS(tlstm_session_new(model, 0, 4, &session, &error), TLSTM_ERROR_ARGUMENT, error,
                    "batch");
    TL_ASSERT_OK(tlstm_session_new(model, 1, 4, &session, &error), error);
    TL_ASSERT_FAILS(tlstm_session_step(session, x, y, &error), TLSTM_ERROR_UNSUPPORTED, error,
                    "back");
    TL_ASSERT_FAILS(tlstm_session_run(session, 2, 4, x, y, &error), TLSTM_ERROR_ARGUMENT, error,
                    "samples");
    TL_ASSERT_FAILS(tlstm_session_run(session, 1, 5, x, y, &error), TLSTM_ERROR_SHAPE, error,
                    "at most 4");
    TL_ASSERT_FAILS(tlstm_session_run_tokens(session, 1, 1, &token, y, &error),
                    TLSTM_ERROR_ARGUMENT, error, "features, not tokens");
    TL_ASSERT_OK(tlstm_session_run(session, 1, 4, x, y, &error), error);
    tlstm_session_free(session);
    tlstm_model_free(model);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("session");
    TCase *tcase = tcase_create("session");
    tcase_add_loop_test(tcase, runs_and_steps_equal_predict, 0, STACKS);
    tcase_add_test(tcase, nothing_is_allocated);
    tcase_add_loop_test(tcase, states_travel, 0, STACKS);
    tcase_add_test(tcase, state_begins_with_h);
    tcase_add_test(tcase, what_does_not_fit_is_refused);
    suite_add_tcase(suite, tcase);
    return tl_test_run(suite);
}
