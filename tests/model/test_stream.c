/* One sample at a time, units in the lanes: the same numbers as in a tile, for every layer and for
 * numbers of units that fill registers and that do not. */
#include "models.h"
#include "support.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYER(name, more) "{\"class_name\": \"" name "\", \"config\": {" more "}}"
#define EMBEDDING(more) LAYER("Embedding", "\"input_dim\": 20, \"output_dim\": 6" more) ","
#define DENSE(units, activation)                                                                   \
    LAYER("Dense", "\"units\": " units ", \"activation\": \"" activation "\"")
#define SEQUENCES ", \"return_sequences\": true"

enum { SAMPLES = 3, TIMESTEPS = 7, FEATURES = 6, WORDS = 20, MOST_OUTPUTS = 64 };

typedef struct stack {
    int tokens; /* of a vocabulary of WORDS; else FEATURES features */
    int steps;  /* 0: looks at whole sequences, or gives one */
    const char *layers;
} stack;

/* %d is the number of units. */
static const stack stacks[] = {
    {0, 1, LAYER("LSTM", "\"units\": %d") "," DENSE("1", "sigmoid")},
    {0, 1, LAYER("LSTM", "\"units\": %d, \"use_bias\": false") "," DENSE("5", "softmax")},
    {0, 1, LAYER("LSTM", "\"units\": %d, \"activation\": \"relu\"") "," DENSE("1", "linear")},
    {0, 1, LAYER("GRU", "\"units\": %d") "," DENSE("1", "relu")},
    {0, 1, LAYER("GRU", "\"units\": %d, \"use_bias\": false") "," DENSE("3", "tanh")},
    {0, 1, LAYER("GRU", "\"units\": %d, \"reset_after\": false") "," DENSE("17", "elu")},
    {0, 1, LAYER("SimpleRNN", "\"units\": %d") "," LAYER("Dropout", "\"rate\": 0.5")},
    {0, 1,
     LAYER("Dropout", "\"rate\": 0.5") "," LAYER("LSTM", "\"units\": %d" SEQUENCES) "," LAYER(
         "GRU", "\"units\": 4") "," LAYER("Activation", "\"activation\": \"softmax\"")},
    {0, 0, LAYER("LSTM", "\"units\": %d, \"go_backwards\": true") "," DENSE("2", "linear")},
    {0, 0,
     LAYER("GRU", "\"units\": %d" SEQUENCES) "," LAYER("Dense", "\"units\": 2") "," LAYER(
         "Flatten", "\"name\": \"flat\"")},
    {1, 1, EMBEDDING("") LAYER("LSTM", "\"units\": %d") "," DENSE("1", "sigmoid")},
    {1, 1,
     EMBEDDING(", \"mask_zero\": true")
         LAYER("LSTM", "\"units\": %d" SEQUENCES) "," LAYER("SimpleRNN", "\"units\": 3")},
    {1, 1, EMBEDDING(", \"mask_zero\": true") LAYER("GRU", "\"units\": %d")},
    {1, 0, EMBEDDING("") LAYER("LSTM", "\"units\": %d" SEQUENCES) "," DENSE("1", "sigmoid")},
    {1, 1,
     EMBEDDING("") LAYER("GRU", "\"units\": %d") "," DENSE("1", "linear") "," LAYER(
         "Dropout", "\"rate\": 0.5")},
    {1, 0, EMBEDDING("") LAYER("SimpleRNN", "\"units\": %d, \"go_backwards\": true")},
};
static const int units[] = {1, 3, 8, 16, 33, 40};
enum { STACKS = sizeof stacks / sizeof *stacks, UNITS = sizeof units / sizeof *units };

typedef struct setting {
    const stack *stack;
    int timesteps;
    tlstm_model *model;
    tlstm_array *x, *y; /* y as predict has it, in tiles */
    tlstm_session *session;
    size_t outputs;
} setting;

static tlstm_array *tokens_with_gaps(int timesteps) {
    tlstm_array *x = test_tokens(SAMPLES, timesteps, WORDS);
    int32_t *tokens = tlstm_array_mutable_data(x);
    tokens[0] = tokens[timesteps + timesteps / 2] = tokens[3 * timesteps - 1] = 0;
    return x;
}

static setting set_up_for(int number, int timesteps) {
    setting s = {.stack = &stacks[number % STACKS], .timesteps = timesteps};
    char layers[512];
    tlstm_error *error = NULL;
    snprintf(layers, sizeof layers, s.stack->layers, units[number / STACKS]);
    s.model = s.stack->tokens ? test_model(1, (int64_t[]){timesteps}, layers, 5)
                              : test_model(2, (int64_t[]){timesteps, FEATURES}, layers, 5);
    s.x =
        s.stack->tokens ? tokens_with_gaps(timesteps) : test_features(SAMPLES, timesteps, FEATURES);
    TL_ASSERT_OK(tlstm_model_predict(s.model, s.x, NULL, &s.y, &error), error);
    TL_ASSERT_OK(tlstm_session_new(s.model, 1, timesteps, &s.session, &error), error);
    s.outputs = tlstm_session_output_size(s.session, timesteps);
    ck_assert_uint_le(s.outputs, MOST_OUTPUTS);
    return s;
}

static setting set_up(int number) {
    return set_up_for(number, TIMESTEPS);
}

static void tear_down(setting *s) {
    tlstm_session_free(s->session);
    tlstm_array_free(s->x);
    tlstm_array_free(s->y);
    tlstm_model_free(s->model);
}

static const void *at(const setting *s, int sample, int timestep) {
    const int64_t place = (int64_t)sample * s->timesteps + timestep;
    return s->stack->tokens ? (const void *)((const int32_t *)tlstm_array_data(s->x) + place)
                            : (const float *)tlstm_array_data(s->x) + place * FEATURES;
}

static void run(const setting *s, int sample, float *y) {
    tlstm_error *error = NULL;
    TL_ASSERT_OK(
        s->stack->tokens
            ? tlstm_session_run_tokens(s->session, 1, s->timesteps, at(s, sample, 0), y, &error)
            : tlstm_session_run(s->session, 1, s->timesteps, at(s, sample, 0), y, &error),
        error);
}

static void step(const setting *s, int sample, int timestep, float *y) {
    tlstm_error *error = NULL;
    TL_ASSERT_OK(s->stack->tokens
                     ? tlstm_session_step_token(s->session, at(s, sample, timestep), y, &error)
                     : tlstm_session_step(s->session, at(s, sample, timestep), y, &error),
                 error);
}

static void assert_predicted(const setting *s, const tlstm_array *y, int sample, const float *got) {
    const float *expected = (const float *)tlstm_array_data(y) + (size_t)sample * s->outputs;
    for (size_t i = 0; i < s->outputs; i++)
        ck_assert_float_eq_tol(got[i], expected[i], 1e-6f);
}

/* A few timesteps are multiplied with the kernel in another way than many. */
START_TEST(runs_equal_predict) {
    for (int timesteps = 1; timesteps <= TIMESTEPS; timesteps++) {
        setting s = set_up_for(_i, timesteps);
        float y[MOST_OUTPUTS];
        const size_t alive = tl_alloc_count();
        for (int sample = 0; sample < SAMPLES; sample++) {
            run(&s, sample, y);
            assert_predicted(&s, s.y, sample, y);
        }
        ck_assert_uint_eq(tl_alloc_count(), alive);
        tear_down(&s);
    }
}
END_TEST

/* Each run has a place of its own for its output, and what is behind it stays as it was. */
START_TEST(outputs_are_where_they_are_asked_for) {
    setting s = set_up(_i);
    float y[SAMPLES][MOST_OUTPUTS + 1];
    for (int sample = 0; sample < SAMPLES; sample++) {
        y[sample][s.outputs] = 42;
        run(&s, sample, y[sample]);
    }
    for (int sample = 0; sample < SAMPLES; sample++) {
        assert_predicted(&s, s.y, sample, y[sample]);
        ck_assert_float_eq(y[sample][s.outputs], 42);
    }
    tear_down(&s);
}
END_TEST

/* Sums may be taken in another order. */
START_TEST(steps_equal_runs) {
    setting s = set_up(_i);
    float whole[MOST_OUTPUTS], y[MOST_OUTPUTS];
    for (int sample = 0; s.stack->steps && sample < SAMPLES; sample++) {
        run(&s, sample, whole);
        tlstm_session_reset(s.session);
        for (int t = 0; t < TIMESTEPS; t++)
            step(&s, sample, t, y);
        for (size_t i = 0; i < s.outputs; i++)
            ck_assert_float_eq_tol(y[i], whole[i], 1e-6f);
    }
    tear_down(&s);
}
END_TEST

START_TEST(states_travel) {
    setting s = set_up(_i);
    tlstm_session *other = NULL;
    tlstm_error *error = NULL;
    float y[MOST_OUTPUTS], expected[MOST_OUTPUTS];
    const size_t size = tlstm_session_state_size(s.session);
    float *state = malloc(size * sizeof *state);
    TL_ASSERT_OK(tlstm_session_new(s.model, 1, 1, &other, &error), error);
    if (s.stack->steps) {
        for (int t = 0; t < 4; t++)
            step(&s, 0, t, y);
        TL_ASSERT_OK(tlstm_session_get_state(s.session, state, size, &error), error);
        step(&s, 0, 4, expected);
        TL_ASSERT_OK(tlstm_session_set_state(other, state, size, &error), error);
        tlstm_session *mine = s.session;
        s.session = other;
        step(&s, 0, 4, y);
        s.session = mine;
        const size_t outputs = tlstm_session_output_size(other, 1);
        ck_assert_mem_eq(y, expected, outputs * sizeof *y);
    }
    free(state);
    tlstm_session_free(other);
    tear_down(&s);
}
END_TEST

/* Negates every weight. */
static void change_weights(tlstm_model *model) {
    for (size_t w = 0; w < tlstm_model_weights(model); w++) {
        tlstm_array *values = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_model_get_weight(model, w, &values, &error), error);
        float *data = tlstm_array_mutable_data(values);
        for (size_t i = 0; i < tlstm_array_size(values); i++)
            data[i] = -data[i];
        TL_ASSERT_OK(tlstm_model_set_weight(model, w, values, &error), error);
        tlstm_array_free(values);
    }
}

START_TEST(new_weights_are_seen) {
    setting s = set_up(_i);
    tlstm_array *changed = NULL;
    tlstm_error *error = NULL;
    float y[MOST_OUTPUTS];
    run(&s, 0, y);
    change_weights(s.model);
    TL_ASSERT_OK(tlstm_model_predict(s.model, s.x, NULL, &changed, &error), error);
    run(&s, 0, y);
    assert_predicted(&s, changed, 0, y);
    tlstm_array_free(changed);
    tear_down(&s);
}
END_TEST

/* The same of sessions for several samples, whose larger kernels are laid out in advance. */
START_TEST(tiles_see_new_weights) {
    tlstm_model *model =
        test_model(2, (int64_t[]){TIMESTEPS, FEATURES}, LAYER("LSTM", "\"units\": 40"), 5);
    tlstm_array *x = test_features(2, TIMESTEPS, FEATURES), *y = NULL;
    tlstm_session *session = NULL;
    tlstm_error *error = NULL;
    float out[2 * 40];
    TL_ASSERT_OK(tlstm_session_new(model, 2, TIMESTEPS, &session, &error), error);
    for (int round = 0; round < 2; round++) {
        TL_ASSERT_OK(tlstm_session_run(session, 2, TIMESTEPS, tlstm_array_data(x), out, &error),
                     error);
        TL_ASSERT_OK(tlstm_model_predict(model, x, NULL, &y, &error), error);
        for (int i = 0; i < 2 * 40; i++)
            ck_assert_float_eq_tol(out[i], ((const float *)tlstm_array_data(y))[i], 1e-6f);
        tlstm_array_free(y);
        change_weights(model);
    }
    tlstm_session_free(session);
    tlstm_array_free(x);
    tlstm_model_free(model);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("stream");
    TCase *streams = tcase_create("streams");
    tcase_add_loop_test(streams, runs_equal_predict, 0, STACKS * UNITS);
    tcase_add_loop_test(streams, outputs_are_where_they_are_asked_for, 0, STACKS * UNITS);
    tcase_add_loop_test(streams, steps_equal_runs, 0, STACKS * UNITS);
    tcase_add_loop_test(streams, states_travel, 0, STACKS * UNITS);
    tcase_add_loop_test(streams, new_weights_are_seen, 0, STACKS * UNITS);
    tcase_add_test(streams, tiles_see_new_weights);
    suite_add_tcase(suite, streams);
    return tl_test_run(suite);
}
