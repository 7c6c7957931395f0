/*
 * What a call costs from C: the tutorial's LSTM on one sample, as a whole sequence of 100 tokens
 * and as one step of a stream. The programs of the other languages do the same; overhead.py
 * compares.
 *
 * Prints a JSON line a measurement: {"what": "run1", "language": "c", "median_ns": 12345.6}
 */
#include "tinylstm/tinylstm.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TIMESTEPS 100
#define WORDS 500
#define BLOCKS 101

#define TRY(call)                                                                                  \
    do {                                                                                           \
        tlstm_error *error = NULL;                                                                 \
        if ((call) != TLSTM_OK) {                                                                  \
            fprintf(stderr, "overhead: %s: %s\n", tlstm_error_where(error),                        \
                    tlstm_error_message(error));                                                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static tlstm_model *build(void) {
    tlstm_model *model = NULL;
    TRY(tlstm_model_new(NULL, 42, &model, &error));
    TRY(tlstm_model_add_input(model, 1, (const int64_t[]){TIMESTEPS}, NULL, &error));
    TRY(tlstm_model_add_embedding(model, WORDS, 16, NULL, &error));
    TRY(tlstm_model_add_lstm(model, 8, NULL, &error));
    TRY(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error));
    TRY(tlstm_model_build(model, 0, NULL, &error));
    return model;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Blocks of calls, because one call is shorter than the clock is good; the median of the blocks. */
static void measure(const char *what, int calls,
                    void (*call)(tlstm_session *, const int32_t *, float *), tlstm_session *session,
                    const int32_t *tokens) {
    double nanoseconds[BLOCKS];
    float y = 0;
    for (int block = 0; block < BLOCKS; block++) {
        double start = now();
        for (int i = 0; i < calls; i++)
            call(session, &tokens[i % TIMESTEPS], &y);
        nanoseconds[block] = (now() - start) / calls;
    }
    qsort(nanoseconds, BLOCKS, sizeof *nanoseconds, ascending);
    printf("{\"what\": \"%s\", \"language\": \"c\", \"median_ns\": %.1f}\n", what,
           nanoseconds[BLOCKS / 2]);
}

static void run1(tlstm_session *session, const int32_t *tokens, float *y) {
    TRY(tlstm_session_run_tokens(session, 1, TIMESTEPS, tokens, y, &error));
}

static void step(tlstm_session *session, const int32_t *tokens, float *y) {
    TRY(tlstm_session_step_token(session, tokens, y, &error));
}

int main(void) {
    int32_t tokens[2 * TIMESTEPS];
    for (int32_t i = 0; i < 2 * TIMESTEPS; i++)
        tokens[i] = i * 7 % WORDS;
    tlstm_model *model = build();
    tlstm_session *session = NULL;
    TRY(tlstm_session_new(model, 1, 0, &session, &error));
    measure("run1", 200, run1, session, tokens);
    measure("step", 20000, step, session, tokens);
    tlstm_session_free(session);
    tlstm_model_free(model);
    return 0;
}
