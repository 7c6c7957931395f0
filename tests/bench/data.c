/* Samples: IMDB reviews where they are there, else generated ones; the same for all contestants. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define TRAINING_REVIEWS 20000
#define TEST_REVIEWS 25000
#define TIMESTEPS 100
#define FEW_WORDS 500
#define MANY_WORDS 20000

static const char *path_in(const char *folder, const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%.900s/%s", folder, name);
    return path;
}

/* ---- Generated ---- */

static uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

tlstm_array *generated(const bench_network *network, int64_t samples, uint32_t seed) {
    const int64_t shape[] = {samples, network->timesteps, network->features};
    const int tokens = network->vocabulary > 0;
    tlstm_array *x = NULL;
    tlstm_error *error = NULL;
    if (tlstm_array_new(tokens ? TLSTM_INT32 : TLSTM_FLOAT32, tokens ? 2 : 3, shape, &x, &error) !=
        TLSTM_OK)
        stop("samples", error);
    void *data = tlstm_array_mutable_data(x);
    const size_t size = tlstm_array_size(x);
    for (size_t i = 0; i < size; i++) {
        if (tokens)
            ((int32_t *)data)[i] = (int32_t)(next(&seed) % (uint32_t)network->vocabulary);
        else
            ((float *)data)[i] = (float)next(&seed) * (2.0f / 16777216.0f) - 1.0f;
    }
    return x;
}

static tlstm_array *generated_labels(int64_t samples) {
    uint32_t state = 7;
    tlstm_array *y = NULL;
    tlstm_error *error = NULL;
    if (tlstm_array_new(TLSTM_INT64, 1, &samples, &y, &error) != TLSTM_OK)
        stop("labels", error);
    int64_t *labels = tlstm_array_mutable_data(y);
    for (int64_t i = 0; i < samples; i++)
        labels[i] = next(&state) % 2;
    return y;
}

/* ---- Prepared ---- */

static void save(const tlstm_array *array, const char *folder, const char *name) {
    tlstm_error *error = NULL;
    if (tlstm_array_save_npy(array, path_in(folder, name), &error) != TLSTM_OK)
        stop(folder, error);
}

/* The first `count` reviews, cut to 100 words. */
static tlstm_array *first_reviews(const tlstm_sequences *sequences, int64_t count) {
    static int64_t first[TEST_REVIEWS];
    tlstm_pad_options pad = TLSTM_PAD_OPTIONS_INIT;
    tlstm_sequences *taken = NULL;
    tlstm_array *x = NULL;
    tlstm_error *error = NULL;
    pad.maxlen = TIMESTEPS;
    for (int64_t i = 0; i < count; i++)
        first[i] = i;
    if (tlstm_sequences_take(sequences, first, (size_t)count, &taken, &error) != TLSTM_OK ||
        tlstm_pad_sequences(taken, &pad, &x, &error) != TLSTM_OK)
        stop("reviews", error);
    tlstm_sequences_free(taken);
    return x;
}

static tlstm_reviews *reviews_of(const char *imdb, int64_t words) {
    tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_reviews *reviews = NULL;
    tlstm_error *error = NULL;
    options.num_words = words;
    if (tlstm_imdb_load(imdb, &options, &reviews, &error) != TLSTM_OK)
        stop(imdb, error);
    return reviews;
}

static void save_and_free(tlstm_array *array, const char *folder, const char *name) {
    save(array, folder, name);
    tlstm_array_free(array);
}

static void prepare_reviews(const char *folder, const char *imdb) {
    static int64_t first[TRAINING_REVIEWS];
    tlstm_array *y = NULL;
    tlstm_error *error = NULL;
    for (int64_t i = 0; i < TRAINING_REVIEWS; i++)
        first[i] = i;
    tlstm_reviews *few = reviews_of(imdb, FEW_WORDS), *many = reviews_of(imdb, MANY_WORDS);
    if (tlstm_array_take(tlstm_reviews_y_train(few), first, TRAINING_REVIEWS, &y, &error) !=
        TLSTM_OK)
        stop(imdb, error);
    save_and_free(y, folder, "y.npy");
    save_and_free(first_reviews(tlstm_reviews_x_train(few), TRAINING_REVIEWS), folder, "x.npy");
    save_and_free(first_reviews(tlstm_reviews_x_test(few), TEST_REVIEWS), folder, "x_predict.npy");
    save_and_free(first_reviews(tlstm_reviews_x_train(many), TRAINING_REVIEWS), folder,
                  "x_words.npy");
    tlstm_reviews_free(few);
    tlstm_reviews_free(many);
}

static void prepare_generated(const char *folder) {
    const bench_network few = {"LSTM", 1, 8, FEW_WORDS, 16, TIMESTEPS};
    const bench_network many = {"LSTM", 1, 128, MANY_WORDS, 128, TIMESTEPS};
    save_and_free(generated_labels(TRAINING_REVIEWS), folder, "y.npy");
    save_and_free(generated(&few, TRAINING_REVIEWS, 1), folder, "x.npy");
    save_and_free(generated(&few, TEST_REVIEWS, 2), folder, "x_predict.npy");
    save_and_free(generated(&many, TRAINING_REVIEWS, 3), folder, "x_words.npy");
}

void prepare(const char *folder, const char *imdb) {
    const bench_network reference = {"LSTM", 1, 8, FEW_WORDS, 16, TIMESTEPS};
    tlstm_error *error = NULL;
    if (imdb)
        prepare_reviews(folder, imdb);
    else
        prepare_generated(folder);
    tlstm_model *model = make_model(&reference);
    if (tlstm_model_save(model, path_in(folder, "reference.h5"), NULL, &error) != TLSTM_OK)
        stop(folder, error);
    tlstm_model_free(model);
}

/* ---- For a workload ---- */

static tlstm_array *loaded(const char *folder, const char *name, int64_t samples) {
    tlstm_array *all = NULL, *part = NULL;
    tlstm_error *error = NULL;
    if (tlstm_array_load_npy(path_in(folder, name), &all, &error) != TLSTM_OK)
        stop(name, error);
    if (tlstm_array_shape(all)[0] == samples)
        return all;
    int64_t *first = calloc((size_t)samples, sizeof *first);
    for (int64_t i = 0; first && i < samples; i++)
        first[i] = i;
    if (!first || tlstm_array_take(all, first, (size_t)samples, &part, &error) != TLSTM_OK)
        stop(name, error);
    free(first);
    tlstm_array_free(all);
    return part;
}

static int has_prepared(const bench_workload *work) {
    const int64_t words = work->network.vocabulary;
    return work->network.timesteps == TIMESTEPS && (words == FEW_WORDS || words == MANY_WORDS) &&
           work->samples <= (work->training ? TRAINING_REVIEWS : TEST_REVIEWS);
}

tlstm_array *samples_for(const bench_workload *work, const char *folder) {
    if (!folder || !has_prepared(work))
        return generated(&work->network, work->samples, 1);
    const char *name = work->network.vocabulary == MANY_WORDS ? "x_words.npy"
                       : work->training                       ? "x.npy"
                                                              : "x_predict.npy";
    return loaded(folder, name, work->samples);
}

tlstm_array *labels_for(const bench_workload *work, const char *folder) {
    if (!folder || !has_prepared(work))
        return generated_labels(work->samples);
    return loaded(folder, "y.npy", work->samples);
}
