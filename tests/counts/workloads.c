/*
 * Small pieces of work whose instructions check_counts.py has callgrind count:
 *
 *     workloads NAME
 *
 * What is counted is what happens inside of the function measure(); what it needs is made before.
 */
#include "tinylstm/tinylstm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMESTEPS 100
#define WORDS 500

static void check(tlstm_status status, tlstm_error *error) {
    if (status == TLSTM_OK)
        return;
    fprintf(stderr, "workloads: %s: %s\n", tlstm_error_where(error), tlstm_error_message(error));
    exit(1);
}

/* ---- Data and models ---- */

static tlstm_array *tokens(int64_t samples, int64_t timesteps, uint32_t words) {
    const int64_t shape[] = {samples, timesteps};
    tlstm_array *x = NULL;
    tlstm_error *error = NULL;
    uint32_t state = 1;
    check(tlstm_array_new(TLSTM_INT32, 2, shape, &x, &error), error);
    int32_t *values = tlstm_array_mutable_data(x);
    for (int64_t i = 0; i < samples * timesteps; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = (int32_t)((state >> 8) % words);
    }
    return x;
}

static tlstm_array *labels(int64_t samples) {
    tlstm_array *y = NULL;
    tlstm_error *error = NULL;
    check(tlstm_array_new(TLSTM_INT64, 1, &samples, &y, &error), error);
    int64_t *values = tlstm_array_mutable_data(y);
    for (int64_t i = 0; i < samples; i++)
        values[i] = i % 2;
    return y;
}

/* A chain of layers between an Embedding and Dense(1). */
typedef struct chain {
    int64_t timesteps, words, width;
    const char *class_names[2], *configs[2];
} chain;

static const chain reference = {TIMESTEPS, WORDS, 16, {"LSTM", NULL}, {"{\"units\": 8}", NULL}};
static const chain gru = {TIMESTEPS, WORDS, 16, {"GRU", NULL}, {"{\"units\": 8}", NULL}};
static const chain stacked = {TIMESTEPS,
                              WORDS,
                              16,
                              {"LSTM", "LSTM"},
                              {"{\"units\": 8, \"return_sequences\": true}", "{\"units\": 8}"}};
static const chain large = {8, 20000, 128, {"LSTM", NULL}, {"{\"units\": 128}", NULL}};

static void compile(tlstm_model *model) {
    static const char *const metrics[] = {"accuracy"};
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_error *error = NULL;
    check(tlstm_optimizer_new("rmsprop", &optimizer, &error), error);
    check(tlstm_loss_new("binary_crossentropy", &loss, &error), error);
    check(tlstm_model_compile(model, optimizer, loss, metrics, 1, &error), error);
    tlstm_optimizer_free(optimizer);
    tlstm_loss_free(loss);
}

static tlstm_model *make_model(const chain *layers) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    check(tlstm_model_new(NULL, 1, &model, &error), error);
    check(tlstm_model_add_input(model, 1, &layers->timesteps, NULL, &error), error);
    check(tlstm_model_add_embedding(model, layers->words, layers->width, NULL, &error), error);
    for (size_t i = 0; i < 2 && layers->class_names[i]; i++)
        check(tlstm_model_add_layer(model, layers->class_names[i], layers->configs[i], &error),
              error);
    check(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error), error);
    compile(model);
    return model;
}

/* ---- Workloads ---- */

typedef struct workload {
    const char *name;
    const chain *layers;
    int64_t samples;
    void (*run)(const struct workload *self, tlstm_model *model, const tlstm_array *x,
                const tlstm_array *y);
} workload;

static void train(const workload *self, tlstm_model *model, const tlstm_array *x,
                  const tlstm_array *y) {
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    tlstm_error *error = NULL;
    (void)self;
    options.batch_size = 64;
    options.threads = 1;
    check(tlstm_model_fit(model, x, y, &options, NULL, &error), error);
}

static void predict(const workload *self, tlstm_model *model, const tlstm_array *x,
                    const tlstm_array *y) {
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    tlstm_array *outputs = NULL;
    tlstm_error *error = NULL;
    (void)self, (void)y;
    options.threads = 1;
    check(tlstm_model_predict(model, x, &options, &outputs, &error), error);
    tlstm_array_free(outputs);
}

/* Each sample as a whole sequence, then ten timesteps of each. */
static void session(const workload *self, tlstm_model *model, const tlstm_array *x,
                    const tlstm_array *y) {
    const int32_t *values = tlstm_array_data(x);
    tlstm_session *one = NULL;
    tlstm_error *error = NULL;
    float output;
    (void)y;
    check(tlstm_session_new(model, 1, TIMESTEPS, &one, &error), error);
    for (int64_t i = 0; i < self->samples; i++)
        check(tlstm_session_run_tokens(one, 1, TIMESTEPS, values + i * TIMESTEPS, &output, &error),
              error);
    for (int64_t i = 0; i < self->samples * 10; i++)
        check(tlstm_session_step_token(one, values + i, &output, &error), error);
    tlstm_session_free(one);
}

static void save_and_load(const workload *self, tlstm_model *model, const tlstm_array *x,
                          const tlstm_array *y) {
    (void)self, (void)x, (void)y;
    for (int i = 0; i < 10; i++) {
        char *bytes = NULL;
        size_t length = 0;
        tlstm_model *loaded = NULL;
        tlstm_error *error = NULL;
        check(tlstm_model_save_memory(model, NULL, &bytes, &length, &error), error);
        check(tlstm_model_load_memory(bytes, length, &loaded, &error), error);
        tlstm_model_free(loaded);
        tlstm_string_free(bytes);
    }
}

static const workload workloads[] = {
    {"train_lstm", &reference, 256, train},          {"train_gru", &gru, 256, train},
    {"train_stacked", &stacked, 128, train},         {"train_large", &large, 32, train},
    {"predict", &reference, 256, predict},           {"session", &reference, 40, session},
    {"save_and_load", &reference, 1, save_and_load},
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

/* The function callgrind counts in: not static, so that it keeps its name. */
void measure(const workload *work, tlstm_model *model, const tlstm_array *x, const tlstm_array *y);
void measure(const workload *work, tlstm_model *model, const tlstm_array *x, const tlstm_array *y) {
    work->run(work, model, x, y);
}

static void run(const workload *work) {
    tlstm_model *model = make_model(work->layers);
    tlstm_array *x = tokens(work->samples, work->layers->timesteps, (uint32_t)work->layers->words);
    tlstm_array *y = labels(work->samples);
    /* A pointer the compiler does not see through: the call stays a call. */
    void (*volatile counted)(const workload *, tlstm_model *, const tlstm_array *,
                             const tlstm_array *) = measure;
    counted(work, model, x, y);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
}

/* Prints the kernels that were taken. */
int main(int count, char **arguments) {
    for (size_t i = 0; count == 2 && i < WORKLOADS; i++)
        if (strcmp(arguments[1], workloads[i].name) == 0) {
            run(&workloads[i]);
            printf("%s\n", tlstm_isa());
            return 0;
        }
    fprintf(stderr, "usage: workloads NAME, one of");
    for (size_t i = 0; i < WORKLOADS; i++)
        fprintf(stderr, " %s", workloads[i].name);
    fprintf(stderr, "\n");
    return 2;
}
