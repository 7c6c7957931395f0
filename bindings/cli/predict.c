/* tinylstm predict: a model's outputs for arrays, or its scores for texts. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv);

const cli_command predict_command = {
    "predict", {"MODEL", NULL}, "Prints or writes a model's outputs for arrays or texts", run};

typedef struct settings {
    const char *model, *x, *out, *word_index;
    text_list texts;
    int64_t num_words, maxlen; /* -1: the model's */
    int64_t batch_size, threads;
} settings;

/* ---- Texts ---- */

/* Where neither the command line nor the model says them: the tutorial's numbers. */
enum { USUAL_WORDS = 500, USUAL_LENGTH = 100 };

/* The model's vocabulary: the rows of its first weight, where that is an Embedding's. */
static int64_t model_words(const tlstm_model *model) {
    int64_t words = USUAL_WORDS;
    tlstm_array *weight = NULL;
    const char *name = tlstm_model_weight_name(model, 0);
    if (name && strstr(name, "embeddings") &&
        tlstm_model_get_weight(model, 0, &weight, NULL) == TLSTM_OK)
        words = tlstm_array_shape(weight)[0];
    tlstm_array_free(weight);
    return words;
}

/* The timesteps that the first layer puts out are those it takes. */
static int64_t model_length(const tlstm_model *model) {
    int64_t shape[TLSTM_MAX_DIMS] = {0};
    size_t ndim = tlstm_model_layer_output(model, 0, shape);
    return ndim > 0 && shape[0] > 0 ? shape[0] : USUAL_LENGTH;
}

static int texts_to_array(const settings *given, const tlstm_model *model, tlstm_array **x) {
    tlstm_imdb_options encoding = TLSTM_IMDB_OPTIONS_INIT;
    encoding.num_words = given->num_words < 0 ? model_words(model) : given->num_words;
    tlstm_pad_options padding = TLSTM_PAD_OPTIONS_INIT;
    padding.maxlen = given->maxlen < 0 ? model_length(model) : given->maxlen;

    tlstm_vocabulary *vocabulary = NULL;
    tlstm_sequences *sequences = NULL;
    tlstm_error *error = NULL;
    int status = STATUS_DONE;
    if (tlstm_vocabulary_load(given->word_index, &vocabulary, &error) != TLSTM_OK)
        status =
            fail_with("load word index", given->word_index ? given->word_index : "~/.keras", error);
    else if (tlstm_texts_to_reviews(vocabulary, given->texts.texts, given->texts.count, &encoding,
                                    &sequences, &error) != TLSTM_OK ||
             tlstm_pad_sequences(sequences, &padding, x, &error) != TLSTM_OK)
        status = fail_with("encode text", "--text", error);
    tlstm_sequences_free(sequences);
    tlstm_vocabulary_free(vocabulary);
    return status;
}

/* ---- Outputs ---- */

static void print_rows(const tlstm_array *y) {
    size_t rows = (size_t)tlstm_array_shape(y)[0];
    size_t columns = rows ? tlstm_array_size(y) / rows : 0;
    const float *value = tlstm_array_data(y);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            char text[32];
            format_float(text, *value++);
            printf("%s%c", text, column + 1 < columns ? ' ' : '\n');
        }
}

static int predict(const settings *given, const tlstm_model *model, const tlstm_array *x) {
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    options.batch_size = given->batch_size;
    options.threads = (int32_t)given->threads;
    tlstm_array *y = NULL;
    tlstm_error *error = NULL;
    if (tlstm_model_predict(model, x, &options, &y, &error) != TLSTM_OK)
        return fail_with("predict", given->x ? given->x : "--text", error);
    int status = STATUS_DONE;
    if (!given->out)
        print_rows(y);
    else if (tlstm_array_save_npy(y, given->out, &error) != TLSTM_OK)
        status = fail_with("save array", given->out, error);
    tlstm_array_free(y);
    return status;
}

/* ---- The command ---- */

static int check_usage(const settings *given) {
    if (!given->x && !given->texts.count)
        return fail_usage("predict", "--x", "it is missing; or give --text");
    if (given->x && given->texts.count)
        return fail_usage("predict", "--text", "it does not go with --x");
    if (given->x && (given->word_index || given->num_words >= 0 || given->maxlen >= 0))
        return fail_usage("predict", "--x",
                          "--word-index, --num-words and --maxlen go with --text only");
    return check_output("predict", given->out);
}

static int run_checked(const settings *given) {
    tlstm_model *model = NULL;
    tlstm_array *x = NULL;
    int status = load_model(given->model, &model);
    print_notes(model, given->model);
    if (status == STATUS_DONE)
        status = given->x ? load_array(given->x, &x) : texts_to_array(given, model, &x);
    if (status == STATUS_DONE)
        status = predict(given, model, x);
    tlstm_array_free(x);
    tlstm_model_free(model);
    return status;
}

static int run(int argc, char **argv) {
    settings given = {.num_words = -1, .maxlen = -1, .batch_size = 32};
    const cli_option options[] = {
        {"x", "X.npy", "inputs", OPTION_NAME, &given.x, 0, 0},
        {"out", "P.npy", "write the outputs there, not to standard output", OPTION_NAME, &given.out,
         0, 0},
        {"text", "TEXT", "a review instead of --x; may be given again", OPTION_TEXTS, &given.texts,
         0, 0},
        {"word-index", "FILE", "imdb_word_index.json (the one in ~/.keras/datasets)", OPTION_NAME,
         &given.word_index, 0, 0},
        {"num-words", "N", "words known (as many as the model's Embedding has)", OPTION_WHOLE,
         &given.num_words, 1, INT32_MAX},
        {"maxlen", "N", "tokens of a text, the last ones (the model's timesteps)", OPTION_WHOLE,
         &given.maxlen, 1, INT32_MAX},
        {"batch-size", "N", "samples in one pass (32)", OPTION_WHOLE, &given.batch_size, 1,
         INT32_MAX},
        {"threads", "N", "threads (0: as many as processors)", OPTION_WHOLE, &given.threads, 0,
         1024},
    };
    int status = STATUS_DONE;
    if (!parse_options(&predict_command, options, COUNT(options), argc, argv, &given.model,
                       &status))
        goto done;
    status = check_usage(&given);
    if (status == STATUS_DONE)
        status = run_checked(&given);
done:
    free(given.texts.texts);
    return status;
}
