/* Is a film review good or bad? The IMDB tutorial from the data to typed sentences:
 *
 *     imdb_lstm [--model lstm|dropout|2rnn|gru|simplernn] [--data imdb.npz] [--word-index FILE]
 *               [--epochs N] [--seed N] [--threads N] [--out DIR]
 *
 * The reviews come from --data, else $TINYLSTM_IMDB, else where Keras keeps them, else ../shared;
 * where there are none they are generated. Trains a small recurrent network with checkpoints and
 * early stopping, leaves best-MODEL-model.h5 (which Keras opens too), history.csv and loss.svg in
 * DIR, and tells what the best model makes of the test reviews and of three sentences. */
#include "tinylstm/tinylstm.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A call that fails ends the program; a larger one would hand the error on. */
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

enum { MODEL, DATA, WORD_INDEX, OUT, EPOCHS, SEED, THREADS };
static const struct option options[] = {
    {"model", 1, NULL, MODEL},     {"data", 1, NULL, DATA},     {"word-index", 1, NULL, WORD_INDEX},
    {"out", 1, NULL, OUT},         {"epochs", 1, NULL, EPOCHS}, {"seed", 1, NULL, SEED},
    {"threads", 1, NULL, THREADS}, {NULL, 0, NULL, 0},
};
static const char *given[] = {"lstm", NULL, NULL, ".", "100", "42", "0"};

static void usage(void) {
    fprintf(stderr, "usage: imdb_lstm [--model lstm|dropout|2rnn|gru|simplernn] [--data imdb.npz]\n"
                    "                 [--word-index FILE] [--epochs N] [--seed N] [--threads N] "
                    "[--out DIR]\n");
    exit(2);
}

static int whole_number(const char *text) {
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (end == text || *end || value < 0 || value > 1000000)
        usage();
    return (int)value;
}

/* ---- The data ---- */

/* The word index: --word-index, or the file beside the reviews, or the one that Keras keeps. */
static tlstm_vocabulary *load_words(const char *reviews_file) {
    tlstm_vocabulary *words = NULL;
    path beside;
    const char *slash = reviews_file ? strrchr(reviews_file, '/') : NULL;
    snprintf(beside, sizeof beside, "%.*simdb_word_index.json",
             slash ? (int)(slash - reviews_file) + 1 : 0, reviews_file ? reviews_file : "");
    if (given[WORD_INDEX])
        TRY(tlstm_vocabulary_load(given[WORD_INDEX], &words, &error));
    else if (tlstm_vocabulary_load(beside, &words, NULL) != TLSTM_OK &&
             tlstm_vocabulary_load(NULL, &words, NULL) != TLSTM_OK)
        printf("There is no word index here (--word-index), so no sentences will be judged.\n");
    return words;
}

/* The reviews in `file`, of the 500 most frequent words. NULL: those that Keras keeps, else those
 * in ../shared, else generated ones. */
static void load(const char *file, tlstm_reviews **reviews, tlstm_vocabulary **words) {
    static const char shared[] = "../shared/imdb/imdb.npz";
    tlstm_imdb_options imdb = TLSTM_IMDB_OPTIONS_INIT;
    imdb.num_words = 500;
    tlstm_error *none = NULL;
    if (!file && tlstm_imdb_load(NULL, &imdb, reviews, &none) == TLSTM_OK) {
        *words = load_words(NULL);
    } else if (file || access(shared, R_OK) == 0) {
        file = file ? file : shared;
        TRY(tlstm_imdb_load(file, &imdb, reviews, &error));
        *words = load_words(file);
    } else {
        printf("No IMDB reviews (%s: %s), so these are generated ones.\n", tlstm_error_where(none),
               tlstm_error_message(none));
        TRY(tlstm_reviews_generate(25000, 25000, 42, reviews, &error));
        TRY(tlstm_vocabulary_generate(words, &error));
    }
    tlstm_error_free(none);
}

/* The last 100 words of each review, padded in front. */
static tlstm_array *pad(const tlstm_sequences *sequences) {
    tlstm_array *padded = NULL;
    tlstm_pad_options last_100 = TLSTM_PAD_OPTIONS_INIT;
    last_100.maxlen = 100;
    TRY(tlstm_pad_sequences(sequences, &last_100, &padded, &error));
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

static tlstm_model *build(const char *kind) {
    tlstm_model *model = NULL;
    tlstm_recurrent_options dropout = TLSTM_RECURRENT_OPTIONS_INIT;
    dropout.dropout = 0.3;
    tlstm_recurrent_options first = dropout;
    first.return_sequences = 1;
    TRY(tlstm_model_new("sequential", (uint64_t)whole_number(given[SEED]), &model, &error));
    TRY(tlstm_model_add_input(model, 1, (const int64_t[]){100}, NULL, &error));
    TRY(tlstm_model_add_embedding(model, 500, 16, NULL, &error));
    if (strcmp(kind, "lstm") == 0) {
        TRY(tlstm_model_add_lstm(model, 8, NULL, &error));
    } else if (strcmp(kind, "dropout") == 0) {
        TRY(tlstm_model_add_lstm(model, 8, &dropout, &error));
    } else if (strcmp(kind, "2rnn") == 0) {
        TRY(tlstm_model_add_lstm(model, 8, &first, &error));
        TRY(tlstm_model_add_lstm(model, 8, &dropout, &error));
    } else if (strcmp(kind, "gru") == 0) {
        TRY(tlstm_model_add_gru(model, 8, NULL, &error));
    } else if (strcmp(kind, "simplernn") == 0) {
        TRY(tlstm_model_add_simple_rnn(model, 8, NULL, &error));
    } else {
        usage();
    }
    TRY(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error));
    return model;
}

static void compile(tlstm_model *model) {
    tlstm_optimizer *rmsprop = NULL;
    tlstm_loss *loss = NULL;
    const char *const metrics[] = {"accuracy"};
    TRY(tlstm_optimizer_new("rmsprop", &rmsprop, &error));
    TRY(tlstm_optimizer_set(rmsprop, "learning_rate", 1e-4, &error));
    TRY(tlstm_loss_new("binary_crossentropy", &loss, &error));
    TRY(tlstm_model_compile(model, rmsprop, loss, metrics, 1, &error));
    tlstm_loss_free(loss);
    tlstm_optimizer_free(rmsprop);
}

/* ---- Training ---- */

/* A fifth of the training reviews validates; the best model so far goes to the file `best`. */
static void train(tlstm_model *model, const tlstm_reviews *reviews, const char *best) {
    tlstm_split_options split = TLSTM_SPLIT_OPTIONS_INIT;
    split.test_size = 0.2;
    split.random_state = 42;
    size_t count = tlstm_sequences_count(tlstm_reviews_x_train(reviews));
    tlstm_array *rows, *val_rows, *x, *y, *x_val, *y_val;
    TRY(tlstm_train_test_split(count, &split, &rows, &val_rows, &error));
    take(reviews, rows, &x, &y);
    take(reviews, val_rows, &x_val, &y_val);

    tlstm_checkpoint_options checkpoint = TLSTM_CHECKPOINT_OPTIONS_INIT;
    checkpoint.save_best_only = 1;
    tlstm_early_stopping_options stopping = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    stopping.patience = 3;
    stopping.restore_best_weights = 1;
    stopping.verbose = 1;
    tlstm_callback *callbacks[2];
    TRY(tlstm_checkpoint_new(best, &checkpoint, &callbacks[0], &error));
    TRY(tlstm_early_stopping_new(&stopping, &callbacks[1], &error));

    tlstm_fit_options fit = TLSTM_FIT_OPTIONS_INIT;
    fit.batch_size = 64;
    fit.epochs = whole_number(given[EPOCHS]);
    fit.threads = whole_number(given[THREADS]);
    fit.verbose = TLSTM_PROGRESS;
    fit.x_val = x_val;
    fit.y_val = y_val;
    fit.callbacks = callbacks;
    fit.callback_count = 2;
    tlstm_history *history = NULL;
    TRY(tlstm_model_fit(model, x, y, &fit, &history, &error));

    path csv, svg;
    snprintf(csv, sizeof csv, "%s/history.csv", given[OUT]);
    snprintf(svg, sizeof svg, "%s/loss.svg", given[OUT]);
    TRY(tlstm_history_save_csv(history, csv, &error));
    TRY(tlstm_history_save_svg(history, "loss", svg, &error));
    printf("Wrote %s, %s and %s\n", best, csv, svg);

    tlstm_history_free(history);
    for (int i = 0; i < 2; i++)
        tlstm_callback_free(callbacks[i]);
    tlstm_array *arrays[] = {rows, val_rows, x, y, x_val, y_val};
    for (int i = 0; i < 6; i++)
        tlstm_array_free(arrays[i]);
}

/* ---- The best model at work ---- */

static void test(const tlstm_model *model, const tlstm_reviews *reviews) {
    double values[2];
    tlstm_array *x = pad(tlstm_reviews_x_test(reviews));
    const tlstm_array *y = tlstm_reviews_y_test(reviews);
    TRY(tlstm_model_evaluate(model, x, y, NULL, values, 2, NULL, &error));
    printf("Test reviews: loss: %.4f - accuracy: %.4f\n", values[0], values[1]);
    tlstm_array_free(x);
}

static void judge(const tlstm_model *model, const tlstm_vocabulary *vocabulary) {
    const char *const sentences[] = {
        "What a wonderful film, I loved every minute of it, simply great",
        "It was not good at all, a boring waste of time",
        "The worst movie I have ever seen, terrible acting and a stupid plot",
    };
    tlstm_imdb_options imdb = TLSTM_IMDB_OPTIONS_INIT;
    imdb.num_words = 500;
    tlstm_sequences *tokens = NULL;
    tlstm_array *scores = NULL;
    TRY(tlstm_texts_to_reviews(vocabulary, sentences, 3, &imdb, &tokens, &error));
    tlstm_array *x = pad(tokens);
    TRY(tlstm_model_predict(model, x, NULL, &scores, &error));
    const float *score = tlstm_array_data(scores);
    for (int i = 0; i < 3; i++)
        printf("%5.1f %% good: \"%s\"\n", 100 * (double)score[i], sentences[i]);
    tlstm_array_free(scores);
    tlstm_array_free(x);
    tlstm_sequences_free(tokens);
}

int main(int argc, char **argv) {
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        if (option == '?')
            usage();
        else
            given[option] = optarg;
    if (optind < argc || whole_number(given[EPOCHS]) < 1)
        usage();

    tlstm_model *model = build(given[MODEL]), *best_model = NULL;
    compile(model);
    char *summary = NULL;
    TRY(tlstm_model_summary(model, 0, &summary, &error));
    printf("%s", summary);

    tlstm_reviews *reviews = NULL;
    tlstm_vocabulary *words = NULL;
    load(given[DATA] ? given[DATA] : getenv("TINYLSTM_IMDB"), &reviews, &words);
    fflush(stdout);

    path best;
    snprintf(best, sizeof best, "%s/best-%s-model.h5", given[OUT], given[MODEL]);
    if (mkdir(given[OUT], 0777) != 0 && access(given[OUT], W_OK) != 0) {
        perror(given[OUT]);
        return 1;
    }
    train(model, reviews, best);

    TRY(tlstm_model_load(best, &best_model, &error));
    test(best_model, reviews);
    if (words)
        judge(best_model, words);
    tlstm_model_free(best_model);
    tlstm_vocabulary_free(words);
    tlstm_reviews_free(reviews);
    tlstm_string_free(summary);
    tlstm_model_free(model);
    return 0;
}
