/*
 * What every language must do alike, in C. The programs of C++, Rust and Go print the same lines;
 * compare.py looks that they do.
 *
 *     acceptance IMDB_NPZ OUT_DIR [OTHER.h5]
 *
 *     weights HASH                          after two epochs of the tutorial's LSTM
 *     history LOSS ACCURACY VAL_LOSS VAL_ACCURACY       a line an epoch, %.17g
 *     file HASH                             of OUT_DIR/model.h5
 *     predict HASH                          of the scores of 256 validation samples
 *     other HASH                            the same by the model in OTHER.h5
 *     stream equal                          100 steps end where the whole sequence ends
 *     error N CODE WHERE | MESSAGE          ten bad inputs
 *     leak ok                               10,000 models and sessions come and go
 *
 * Hashes are FNV-1a of 64 bits over the bytes.
 */
#include "tinylstm/tinylstm.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMESTEPS 100
#define WORDS 500
#define SAMPLES 256

#define TRY(call)                                                                                  \
    do {                                                                                           \
        tlstm_error *error = NULL;                                                                 \
        if ((call) != TLSTM_OK) {                                                                  \
            fprintf(stderr, "acceptance: %s: %s\n", tlstm_error_where(error),                      \
                    tlstm_error_message(error));                                                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)

static uint64_t fnv1a(uint64_t hash, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static void print_hash(const char *what, uint64_t hash) {
    printf("%s %016" PRIx64 "\n", what, hash);
}

/* ---- The data ---- */

typedef struct data {
    tlstm_array *x, *y, *x_val, *y_val;
} data;

static void take(const tlstm_reviews *reviews, tlstm_array *indices, tlstm_array **x,
                 tlstm_array **y) {
    const int64_t *rows = tlstm_array_data(indices);
    size_t count = tlstm_array_size(indices);
    tlstm_pad_options pad = TLSTM_PAD_OPTIONS_INIT;
    pad.maxlen = TIMESTEPS;
    tlstm_sequences *taken = NULL;
    TRY(tlstm_sequences_take(tlstm_reviews_x_train(reviews), rows, count, &taken, &error));
    TRY(tlstm_pad_sequences(taken, &pad, x, &error));
    TRY(tlstm_array_take(tlstm_reviews_y_train(reviews), rows, count, y, &error));
    tlstm_sequences_free(taken);
    tlstm_array_free(indices);
}

/* The training reviews, a fifth of them for validation, as the tutorial cuts them. */
static data load(const char *path) {
    data loaded;
    tlstm_reviews *reviews = NULL;
    tlstm_array *train = NULL, *validation = NULL;
    tlstm_imdb_options imdb = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_split_options split = TLSTM_SPLIT_OPTIONS_INIT;
    imdb.num_words = WORDS;
    split.test_size = 0.2;
    split.random_state = 42;
    TRY(tlstm_imdb_load(path, &imdb, &reviews, &error));
    TRY(tlstm_train_test_split(tlstm_sequences_count(tlstm_reviews_x_train(reviews)), &split,
                               &train, &validation, &error));
    take(reviews, train, &loaded.x, &loaded.y);
    take(reviews, validation, &loaded.x_val, &loaded.y_val);
    tlstm_reviews_free(reviews);
    return loaded;
}

static void free_data(data *loaded) {
    tlstm_array_free(loaded->x);
    tlstm_array_free(loaded->y);
    tlstm_array_free(loaded->x_val);
    tlstm_array_free(loaded->y_val);
}

/* ---- The model ---- */

static tlstm_model *build(void) {
    tlstm_model *model = NULL;
    TRY(tlstm_model_new("sequential", 42, &model, &error));
    TRY(tlstm_model_add_input(model, 1, (const int64_t[]){TIMESTEPS}, NULL, &error));
    TRY(tlstm_model_add_embedding(model, WORDS, 16, NULL, &error));
    TRY(tlstm_model_add_lstm(model, 8, NULL, &error));
    TRY(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error));
    return model;
}

static void compile(tlstm_model *model) {
    const char *const metrics[] = {"accuracy"};
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    TRY(tlstm_optimizer_new("rmsprop", &optimizer, &error));
    TRY(tlstm_optimizer_set(optimizer, "learning_rate", 1e-4, &error));
    TRY(tlstm_loss_new("binary_crossentropy", &loss, &error));
    TRY(tlstm_model_compile(model, optimizer, loss, metrics, 1, &error));
    tlstm_loss_free(loss);
    tlstm_optimizer_free(optimizer);
}

static tlstm_history *train(tlstm_model *model, const data *loaded) {
    tlstm_history *history = NULL;
    tlstm_fit_options fit = TLSTM_FIT_OPTIONS_INIT;
    fit.epochs = 2;
    fit.batch_size = 64;
    fit.threads = 2;
    fit.x_val = loaded->x_val;
    fit.y_val = loaded->y_val;
    TRY(tlstm_model_fit(model, loaded->x, loaded->y, &fit, &history, &error));
    return history;
}

static void print_weights(const tlstm_model *model) {
    uint64_t hash = FNV_BASIS;
    for (size_t i = 0; i < tlstm_model_weights(model); i++) {
        tlstm_array *weight = NULL;
        TRY(tlstm_model_get_weight(model, i, &weight, &error));
        hash = fnv1a(hash, tlstm_array_data(weight), tlstm_array_size(weight) * sizeof(float));
        tlstm_array_free(weight);
    }
    print_hash("weights", hash);
}

static void print_history(const tlstm_history *history) {
    for (size_t epoch = 0; epoch < tlstm_history_epochs(history); epoch++)
        printf("history %.17g %.17g %.17g %.17g\n", tlstm_history_value(history, "loss", epoch),
               tlstm_history_value(history, "accuracy", epoch),
               tlstm_history_value(history, "val_loss", epoch),
               tlstm_history_value(history, "val_accuracy", epoch));
}

/* ---- Files and predictions ---- */

static void print_file(const char *path) {
    static unsigned char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    print_hash("file", fnv1a(FNV_BASIS, bytes, fread(bytes, 1, sizeof bytes, file)));
    fclose(file);
}

static void print_predictions(const char *what, const tlstm_model *model, const tlstm_array *x) {
    int64_t first[SAMPLES];
    tlstm_array *samples = NULL, *scores = NULL;
    for (int64_t i = 0; i < SAMPLES; i++)
        first[i] = i;
    TRY(tlstm_array_take(x, first, SAMPLES, &samples, &error));
    TRY(tlstm_model_predict(model, samples, NULL, &scores, &error));
    print_hash(
        what, fnv1a(FNV_BASIS, tlstm_array_data(scores), tlstm_array_size(scores) * sizeof(float)));
    tlstm_array_free(scores);
    tlstm_array_free(samples);
}

static void print_other(const char *path, const tlstm_array *x) {
    tlstm_model *model = NULL;
    TRY(tlstm_model_load(path, &model, &error));
    print_predictions("other", model, x);
    tlstm_model_free(model);
}

static void print_stream(const tlstm_model *model, const tlstm_array *x) {
    const int32_t *tokens = tlstm_array_data(x);
    tlstm_session *session = NULL;
    float whole = 0, stepped = 0;
    TRY(tlstm_session_new(model, 1, 0, &session, &error));
    TRY(tlstm_session_run_tokens(session, 1, TIMESTEPS, tokens, &whole, &error));
    for (size_t t = 0; t < TIMESTEPS; t++)
        TRY(tlstm_session_step_token(session, &tokens[t], &stepped, &error));
    printf("stream %s\n", memcmp(&whole, &stepped, sizeof whole) == 0 ? "equal" : "differs");
    tlstm_session_free(session);
}

/* ---- Bad input ---- */

static void print_error(tlstm_status status, tlstm_error *error) {
    static int number = 0;
    printf("error %d %d %s | %s\n", ++number, (int)status, tlstm_error_where(error),
           tlstm_error_message(error));
    tlstm_error_free(error);
}

#define BAD(call)                                                                                  \
    do {                                                                                           \
        tlstm_error *error = NULL;                                                                 \
        tlstm_status status = (call);                                                              \
        print_error(status, error);                                                                \
    } while (0)

/* A sample of zeros, but for its last token. */
static tlstm_array *sample(int64_t timesteps, int32_t last) {
    const int64_t shape[] = {1, timesteps};
    tlstm_array *x = NULL;
    TRY(tlstm_array_new(TLSTM_INT32, 2, shape, &x, &error));
    ((int32_t *)tlstm_array_mutable_data(x))[timesteps - 1] = last;
    return x;
}

static void print_errors(const tlstm_model *trained, const data *loaded) {
    static const char garbage[] = "this is not a model";
    tlstm_model *model = build(), *none = NULL;
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_array *y = NULL, *shorter = sample(50, 0), *unknown = sample(TIMESTEPS, WORDS);
    BAD(tlstm_model_load("missing.h5", &none, &error));
    BAD(tlstm_model_load_memory(garbage, strlen(garbage), &none, &error));
    BAD(tlstm_model_add_dense(model, 0, TLSTM_SIGMOID, NULL, &error));
    BAD(tlstm_optimizer_new("rmsprob", &optimizer, &error));
    BAD(tlstm_loss_new("mse2", &loss, &error));
    BAD(tlstm_model_fit(model, loaded->x, loaded->y, NULL, NULL, &error));
    BAD(tlstm_model_predict(trained, shorter, NULL, &y, &error));
    BAD(tlstm_model_predict(trained, unknown, NULL, &y, &error));
    TRY(tlstm_optimizer_new("rmsprop", &optimizer, &error));
    BAD(tlstm_optimizer_set(optimizer, "learning_rate", strtod("nan", NULL), &error));
    BAD(tlstm_model_save(trained, "no-such-folder/model.h5", NULL, &error));
    tlstm_optimizer_free(optimizer);
    tlstm_array_free(unknown);
    tlstm_array_free(shorter);
    tlstm_model_free(model);
}

/* ---- Memory ---- */

static long resident_kilobytes(void) {
    char line[256];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "VmRSS: %ld", &kilobytes) == 1)
            break;
    if (status)
        fclose(status);
    return kilobytes;
}

static void come_and_go(int times) {
    for (int i = 0; i < times; i++) {
        tlstm_model *model = build();
        tlstm_session *session = NULL;
        TRY(tlstm_model_build(model, 0, NULL, &error));
        TRY(tlstm_session_new(model, 1, 0, &session, &error));
        tlstm_session_free(session);
        tlstm_model_free(model);
    }
}

static void print_leak(void) {
    come_and_go(500);
    long before = resident_kilobytes();
    come_and_go(10000);
    long grown = resident_kilobytes() - before;
    if (grown < 1024)
        printf("leak ok\n");
    else
        printf("leak of %ld KB\n", grown);
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: acceptance IMDB_NPZ OUT_DIR [OTHER.h5]\n");
        return 2;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/model.h5", argv[2]);
    data loaded = load(argv[1]);
    tlstm_model *model = build();
    compile(model);
    tlstm_history *history = train(model, &loaded);
    TRY(tlstm_model_save(model, path, NULL, &error));
    print_weights(model);
    print_history(history);
    print_file(path);
    print_predictions("predict", model, loaded.x_val);
    if (argc == 4)
        print_other(argv[3], loaded.x_val);
    print_stream(model, loaded.x_val);
    print_errors(model, &loaded);
    print_leak();
    tlstm_history_free(history);
    tlstm_model_free(model);
    free_data(&loaded);
    return 0;
}
