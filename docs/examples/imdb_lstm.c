/* Is a film review good or bad? The IMDB tutorial from the data to typed sentences:
 *
 *     imdb_lstm [--model lstm|dropout|2rnn|gru|simplernn] [--data imdb.npz] [--word-index FILE]
 *               [--epochs N] [--seed N] [--threads N] [--out DIR]
 *
 * Trains a small recurrent network with checkpoints and early stopping, leaves
 * best-MODEL-model.h5 (which Keras opens too), history.csv and loss.svg in DIR, and tells what the
 * best model makes of the test reviews and of three sentences. */
#include "tinylstm/tinylstm.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A call that fails ends the program; a real one would hand the error on. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        tlstm_error *error = NULL;                                                                 \
        if ((call) != TLSTM_OK) {                                                                  \
            fprintf(stderr, "imdb_lstm: %s: %s\n", tlstm_error_where(error),                       \
                    tlstm_error_message(error));                                                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

typedef char path[4096];

typedef struct settings {
    const char *model, *data, *word_index, *out;
    int epochs, seed, threads;
} settings;

/* ---- The data ---- */

/* --data, or the first place that has the reviews; NULL: none has. */
static const char *find_reviews(const settings *given, path keras) {
    const char *home = getenv("HOME");
    snprintf(keras, sizeof(path), "%s/.keras/datasets/imdb.npz", home ? home : "");
    if (given->data)
        return given->data;
    if (getenv("TINYLSTM_IMDB"))
        return getenv("TINYLSTM_IMDB");
    if (access(keras, R_OK) == 0)
        return keras;
    return access("../shared/imdb/imdb.npz", R_OK) == 0 ? "../shared/imdb/imdb.npz" : NULL;
}

static tlstm_reviews *load_reviews(const char *file) {
    tlstm_reviews *reviews = NULL;
    tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
    options.num_words = 500;
    if (file) {
        printf("Reviews: %s\n", file);
        TRY(tlstm_imdb_load(file, &options, &reviews, &error));
    } else {
        printf("Reviews: no IMDB data here (--data), so 25000 + 25000 generated ones\n");
        TRY(tlstm_reviews_generate(25000, 25000, 42, &reviews, &error));
    }
    return reviews;
}

/* The last 100 words of each review, padded in front. */
static tlstm_array *pad(const tlstm_sequences *sequences) {
    tlstm_array *padded = NULL;
    tlstm_pad_options options = TLSTM_PAD_OPTIONS_INIT;
    options.maxlen = 100;
    TRY(tlstm_pad_sequences(sequences, &options, &padded, &error));
    return padded;
}

/* The rows `indices` of the training reviews, to x and y. */
static void take(const tlstm_reviews *reviews, const tlstm_array *indices, tlstm_array **x,
                 tlstm_array **y) {
    const int64_t *rows = tlstm_array_data(indices);
    size_t count = tlstm_array_size(indices);
    tlstm_sequences *taken = NULL;
    TRY(tlstm_sequences_take(tlstm_reviews_x_train(reviews), rows, count, &taken, &error));
    TRY(tlstm_array_take(tlstm_reviews_y_train(reviews), rows, count, y, &error));
    *x = pad(taken);
    tlstm_sequences_free(taken);
}

/* ---- The model ---- */

static tlstm_model *build(const settings *given) {
    tlstm_model *model = NULL;
    tlstm_recurrent_options plain = TLSTM_RECURRENT_OPTIONS_INIT;
    tlstm_recurrent_options dropout = TLSTM_RECURRENT_OPTIONS_INIT;
    dropout.dropout = 0.3;
    tlstm_recurrent_options first = dropout;
    first.return_sequences = 1;
    const int64_t words[] = {100};

    TRY(tlstm_model_new("sequential", (uint64_t)given->seed, &model, &error));
    TRY(tlstm_model_add_input(model, 1, words, NULL, &error));
    TRY(tlstm_model_add_embedding(model, 500, 16, NULL, &error));
    if (strcmp(given->model, "lstm") == 0) {
        TRY(tlstm_model_add_lstm(model, 8, &plain, &error));
    } else if (strcmp(given->model, "dropout") == 0) {
        TRY(tlstm_model_add_lstm(model, 8, &dropout, &error));
    } else if (strcmp(given->model, "2rnn") == 0) {
        TRY(tlstm_model_add_lstm(model, 8, &first, &error));
        TRY(tlstm_model_add_lstm(model, 8, &dropout, &error));
    } else if (strcmp(given->model, "gru") == 0) {
        TRY(tlstm_model_add_gru(model, 8, &plain, &error));
    } else {
        TRY(tlstm_model_add_simple_rnn(model, 8, &plain, &error));
    }
    TRY(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error));

    tlstm_optimizer *rmsprop = NULL;
    tlstm_loss *loss = NULL;
    const char *const metrics[] = {"accuracy"};
    TRY(tlstm_optimizer_new("rmsprop", &rmsprop, &error));
    TRY(tlstm_optimizer_set(rmsprop, "learning_rate", 1e-4, &error));
    TRY(tlstm_loss_new("binary_crossentropy", &loss, &error));
    TRY(tlstm_model_compile(model, rmsprop, loss, metrics, 1, &error));
    tlstm_loss_free(loss);
    tlstm_optimizer_free(rmsprop);
    return model;
}

/* ---- Training ---- */

static void train(const settings *given, const tlstm_reviews *reviews, const char *best) {
    tlstm_model *model = build(given);
    char *summary = NULL;
    TRY(tlstm_model_summary(model, 0, &summary, &error));
    printf("%s", summary);
    fflush(stdout);

    tlstm_split_options split = TLSTM_SPLIT_OPTIONS_INIT;
    split.test_size = 0.2;
    split.random_state = 42;
    size_t count = tlstm_sequences_count(tlstm_reviews_x_train(reviews));
    tlstm_array *train_rows, *val_rows, *x, *y, *x_val, *y_val;
    TRY(tlstm_train_test_split(count, &split, &train_rows, &val_rows, &error));
    take(reviews, train_rows, &x, &y);
    take(reviews, val_rows, &x_val, &y_val);

    tlstm_callback *callbacks[2];
    tlstm_checkpoint_options checkpoint = TLSTM_CHECKPOINT_OPTIONS_INIT;
    checkpoint.save_best_only = 1;
    tlstm_early_stopping_options stopping = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    stopping.patience = 3;
    stopping.restore_best_weights = 1;
    stopping.verbose = 1;
    TRY(tlstm_checkpoint_new(best, &checkpoint, &callbacks[0], &error));
    TRY(tlstm_early_stopping_new(&stopping, &callbacks[1], &error));

    tlstm_history *history = NULL;
    tlstm_fit_options fit = TLSTM_FIT_OPTIONS_INIT;
    fit.batch_size = 64;
    fit.epochs = given->epochs;
    fit.threads = given->threads;
    fit.verbose = TLSTM_PROGRESS;
    fit.x_val = x_val;
    fit.y_val = y_val;
    fit.callbacks = callbacks;
    fit.callback_count = 2;
    TRY(tlstm_model_fit(model, x, y, &fit, &history, &error));

    path csv, svg;
    snprintf(csv, sizeof csv, "%s/history.csv", given->out);
    snprintf(svg, sizeof svg, "%s/loss.svg", given->out);
    TRY(tlstm_history_save_csv(history, csv, &error));
    TRY(tlstm_history_save_svg(history, "loss", svg, &error));
    printf("\nWrote %s, %s and %s\n", best, csv, svg);

    tlstm_history_free(history);
    for (int i = 0; i < 2; i++)
        tlstm_callback_free(callbacks[i]);
    tlstm_array *arrays[] = {x, y, x_val, y_val, train_rows, val_rows};
    for (int i = 0; i < 6; i++)
        tlstm_array_free(arrays[i]);
    tlstm_string_free(summary);
    tlstm_model_free(model);
}

/* ---- The best model at work ---- */

static void evaluate(const tlstm_model *model, const tlstm_reviews *reviews) {
    double values[2];
    tlstm_array *x = pad(tlstm_reviews_x_test(reviews));
    TRY(tlstm_model_evaluate(model, x, tlstm_reviews_y_test(reviews), NULL, values, 2, NULL,
                             &error));
    printf("Test reviews: loss: %.4f - accuracy: %.4f\n", values[0], values[1]);
    tlstm_array_free(x);
}

/* --word-index, or imdb_word_index.json beside the reviews or where Keras keeps it; generated
 * reviews have words of their own. NULL: there is none. */
static tlstm_vocabulary *load_vocabulary(const settings *given, const char *reviews) {
    tlstm_vocabulary *vocabulary = NULL;
    path beside;
    const char *slash = reviews ? strrchr(reviews, '/') : NULL;
    int directory = slash ? (int)(slash - reviews) + 1 : 0;
    snprintf(beside, sizeof beside, "%.*simdb_word_index.json", directory, reviews ? reviews : "");
    if (given->word_index)
        TRY(tlstm_vocabulary_load(given->word_index, &vocabulary, &error));
    else if (!reviews)
        TRY(tlstm_vocabulary_generate(&vocabulary, &error));
    else if (access(beside, R_OK) == 0)
        TRY(tlstm_vocabulary_load(beside, &vocabulary, &error));
    else if (tlstm_vocabulary_load(NULL, &vocabulary, NULL) != TLSTM_OK)
        printf("No imdb_word_index.json here (--word-index), so no typed sentences\n");
    return vocabulary;
}

static void judge_sentences(const tlstm_model *model, const tlstm_vocabulary *vocabulary) {
    const char *const sentences[] = {
        "What a wonderful film, I loved every minute of it, simply great",
        "It was not good at all, a boring waste of time",
        "The worst movie I have ever seen, terrible acting and a stupid plot",
    };
    tlstm_imdb_options encoding = TLSTM_IMDB_OPTIONS_INIT;
    encoding.num_words = 500;
    tlstm_sequences *tokens = NULL;
    tlstm_array *scores = NULL;
    TRY(tlstm_texts_to_reviews(vocabulary, sentences, 3, &encoding, &tokens, &error));
    tlstm_array *x = pad(tokens);
    TRY(tlstm_model_predict(model, x, NULL, &scores, &error));
    const float *score = tlstm_array_data(scores);
    for (int i = 0; i < 3; i++)
        printf("%5.1f %% good: \"%s\"\n", 100 * (double)score[i], sentences[i]);
    tlstm_array_free(scores);
    tlstm_array_free(x);
    tlstm_sequences_free(tokens);
}

/* ---- The program ---- */

static void usage(void) {
    fprintf(stderr, "usage: imdb_lstm [--model lstm|dropout|2rnn|gru|simplernn] [--data imdb.npz]\n"
                    "                 [--word-index FILE] [--epochs N] [--seed N] [--threads N] "
                    "[--out DIR]\n");
    exit(2);
}

static int is_model(const char *name) {
    static const char *const models[] = {"lstm", "dropout", "2rnn", "gru", "simplernn"};
    int found = 0;
    for (int i = 0; i < 5; i++)
        found |= strcmp(name, models[i]) == 0;
    return found;
}

static int whole_number(const char *text) {
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (end == text || *end || value < 0 || value > 1000000)
        usage();
    return (int)value;
}

static settings parse(int argc, char **argv) {
    enum { MODEL, DATA, WORD_INDEX, EPOCHS, SEED, THREADS, OUT };
    static const struct option options[] = {
        {"model", 1, NULL, MODEL},   {"data", 1, NULL, DATA}, {"word-index", 1, NULL, WORD_INDEX},
        {"epochs", 1, NULL, EPOCHS}, {"seed", 1, NULL, SEED}, {"threads", 1, NULL, THREADS},
        {"out", 1, NULL, OUT},       {NULL, 0, NULL, 0},
    };
    const char *values[] = {"lstm", NULL, NULL, "100", "42", "0", "."};
    for (int found; (found = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (found == '?')
            usage();
        values[found] = optarg;
    }
    if (optind != argc || !is_model(values[MODEL]))
        usage();
    settings given = {values[MODEL],
                      values[DATA],
                      values[WORD_INDEX],
                      values[OUT],
                      whole_number(values[EPOCHS]),
                      whole_number(values[SEED]),
                      whole_number(values[THREADS])};
    return given;
}

int main(int argc, char **argv) {
    settings given = parse(argc, argv);
    if (mkdir(given.out, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "imdb_lstm: %s: %s\n", given.out, strerror(errno));
        return 1;
    }
    path keras, best;
    const char *file = find_reviews(&given, keras);
    snprintf(best, sizeof best, "%s/best-%s-model.h5", given.out, given.model);
    tlstm_reviews *reviews = load_reviews(file);
    train(&given, reviews, best);

    tlstm_model *model = NULL;
    TRY(tlstm_model_load(best, &model, &error));
    evaluate(model, reviews);
    tlstm_vocabulary *vocabulary = load_vocabulary(&given, file);
    if (vocabulary)
        judge_sentences(model, vocabulary);
    tlstm_vocabulary_free(vocabulary);
    tlstm_model_free(model);
    tlstm_reviews_free(reviews);
    return 0;
}
