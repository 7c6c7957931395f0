/*
 * The reference scenario in the library: Embedding(500, 16), LSTM(8), Dense(1, sigmoid),
 * RMSprop(1e-4), batches of 64, 100 timesteps.
 *
 *     bench_fit prepare DIR [IMDB_NPZ]     x.npy and y.npy: 20,000 real reviews, or random tokens
 *     bench_fit run DIR EPOCHS THREADS     a JSON line an epoch: seconds, loss, peak memory
 */
#define _XOPEN_SOURCE 700
#include "tinylstm/tinylstm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define SAMPLES 20000
#define TIMESTEPS 100
#define WORDS 500

static void stop(const char *what, const tlstm_error *error) {
    fprintf(stderr, "bench_fit: %s: %s: %s\n", what, tlstm_error_where(error),
            tlstm_error_message(error));
    exit(1);
}

/* ---- Data ---- */

static void random_reviews(tlstm_array **x, tlstm_array **y) {
    const int64_t shape[] = {SAMPLES, TIMESTEPS};
    uint32_t state = 1;
    tlstm_error *error = NULL;
    if (tlstm_array_new(TLSTM_INT32, 2, shape, x, &error) != TLSTM_OK ||
        tlstm_array_new(TLSTM_INT64, 1, shape, y, &error) != TLSTM_OK)
        stop("arrays", error);
    int32_t *tokens = tlstm_array_mutable_data(*x);
    int64_t *labels = tlstm_array_mutable_data(*y);
    for (size_t i = 0; i < SAMPLES * TIMESTEPS; i++) {
        state = state * 1664525u + 1013904223u;
        tokens[i] = (int32_t)((state >> 8) % WORDS);
        labels[i / TIMESTEPS] = tokens[i] % 2;
    }
}

/* The first 20,000 training reviews, cut to 100 words of 500. */
static void real_reviews(const char *path, tlstm_array **x, tlstm_array **y) {
    static int64_t first[SAMPLES];
    tlstm_imdb_options imdb = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_pad_options pad = TLSTM_PAD_OPTIONS_INIT;
    tlstm_reviews *reviews = NULL;
    tlstm_sequences *taken = NULL;
    tlstm_error *error = NULL;
    imdb.num_words = WORDS;
    pad.maxlen = TIMESTEPS;
    for (int64_t i = 0; i < SAMPLES; i++)
        first[i] = i;
    if (tlstm_imdb_load(path, &imdb, &reviews, &error) != TLSTM_OK ||
        tlstm_sequences_take(tlstm_reviews_x_train(reviews), first, SAMPLES, &taken, &error) !=
            TLSTM_OK ||
        tlstm_pad_sequences(taken, &pad, x, &error) != TLSTM_OK ||
        tlstm_array_take(tlstm_reviews_y_train(reviews), first, SAMPLES, y, &error) != TLSTM_OK)
        stop(path, error);
    tlstm_sequences_free(taken);
    tlstm_reviews_free(reviews);
}

static const char *path_in(const char *folder, const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%.900s/%s", folder, name);
    return path;
}

static void prepare(const char *folder, const char *imdb) {
    tlstm_array *x = NULL, *y = NULL;
    tlstm_error *error = NULL;
    if (imdb)
        real_reviews(imdb, &x, &y);
    else
        random_reviews(&x, &y);
    if (tlstm_array_save_npy(x, path_in(folder, "x.npy"), &error) != TLSTM_OK ||
        tlstm_array_save_npy(y, path_in(folder, "y.npy"), &error) != TLSTM_OK)
        stop(folder, error);
    tlstm_array_free(x);
    tlstm_array_free(y);
}

/* ---- Training ---- */

static tlstm_model *make_model(void) {
    const int64_t input[] = {TIMESTEPS};
    static const char *const metrics[] = {"accuracy"};
    tlstm_model *model = NULL;
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_error *error = NULL;
    if (tlstm_model_new(NULL, 42, &model, &error) != TLSTM_OK ||
        tlstm_model_add_input(model, 1, input, NULL, &error) != TLSTM_OK ||
        tlstm_model_add_embedding(model, WORDS, 16, NULL, &error) != TLSTM_OK ||
        tlstm_model_add_lstm(model, 8, NULL, &error) != TLSTM_OK ||
        tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error) != TLSTM_OK ||
        tlstm_optimizer_new("rmsprop", &optimizer, &error) != TLSTM_OK ||
        tlstm_optimizer_set(optimizer, "learning_rate", 1e-4, &error) != TLSTM_OK ||
        tlstm_loss_new("binary_crossentropy", &loss, &error) != TLSTM_OK ||
        tlstm_model_compile(model, optimizer, loss, metrics, 1, &error) != TLSTM_OK)
        stop("model", error);
    tlstm_optimizer_free(optimizer);
    tlstm_loss_free(loss);
    return model;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int32_t begin(tlstm_model *model, const tlstm_logs *logs, void *start) {
    (void)model, (void)logs;
    *(double *)start = now();
    return TLSTM_CONTINUE;
}

static int32_t end(tlstm_model *model, const tlstm_logs *logs, void *start) {
    (void)model;
    double seconds = now() - *(double *)start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"seconds\": %.6f, \"loss\": %.6f, \"peak_kb\": %ld, \"isa\": \"%s\"}\n", seconds,
           logs->count ? logs->values[0] : 0.0, usage.ru_maxrss, tlstm_isa());
    fflush(stdout);
    return TLSTM_CONTINUE;
}

static void run(const char *folder, int64_t epochs, int32_t threads) {
    double start = 0;
    tlstm_array *x = NULL, *y = NULL;
    tlstm_callback *timer = NULL;
    tlstm_error *error = NULL;
    tlstm_callback_functions functions = TLSTM_CALLBACK_FUNCTIONS_INIT;
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    functions.on_epoch_begin = begin;
    functions.on_epoch_end = end;
    functions.user = &start;
    if (tlstm_array_load_npy(path_in(folder, "x.npy"), &x, &error) != TLSTM_OK ||
        tlstm_array_load_npy(path_in(folder, "y.npy"), &y, &error) != TLSTM_OK ||
        tlstm_callback_new(&functions, &timer, &error) != TLSTM_OK)
        stop(folder, error);
    tlstm_model *model = make_model();
    options.batch_size = 64;
    options.epochs = epochs;
    options.threads = threads;
    options.callbacks = &timer;
    options.callback_count = 1;
    if (tlstm_model_fit(model, x, y, &options, NULL, &error) != TLSTM_OK)
        stop("fit", error);
    tlstm_model_free(model);
    tlstm_callback_free(timer);
    tlstm_array_free(x);
    tlstm_array_free(y);
}

int main(int count, char **arguments) {
    if ((count == 3 || count == 4) && strcmp(arguments[1], "prepare") == 0) {
        prepare(arguments[2], count == 4 ? arguments[3] : NULL);
    } else if (count == 5 && strcmp(arguments[1], "run") == 0) {
        run(arguments[2], strtol(arguments[3], NULL, 10), (int32_t)strtol(arguments[4], NULL, 10));
    } else {
        fprintf(stderr, "usage: bench_fit prepare DIR [IMDB_NPZ] | run DIR EPOCHS THREADS\n");
        return 2;
    }
    return 0;
}
