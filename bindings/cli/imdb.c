/* tinylstm imdb: Keras's IMDB data as the tutorial prepares them, in .npy files. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int run(int argc, char **argv);

const cli_command imdb_command = {
    "imdb", {NULL}, "Writes the IMDB reviews as arrays for training and testing", run};

/* The tutorial's preparation. */
enum { NUM_WORDS = 500, MAXLEN = 100, RANDOM_STATE = 42 };
static const double test_size = 0.2;

typedef struct settings {
    const char *data, *out;
} settings;

static int save(const tlstm_array *array, const char *directory, const char *name) {
    size_t size = strlen(directory) + strlen(name) + sizeof "/.npy";
    char *path = malloc(size);
    if (!path)
        return fail("imdb", directory, strerror(ENOMEM));
    snprintf(path, size, "%s/%s.npy", directory, name);
    tlstm_error *error = NULL;
    int status = STATUS_DONE;
    if (tlstm_array_save_npy(array, path, &error) != TLSTM_OK)
        status = fail_with("save array", path, error);
    free(path);
    return status;
}

/* Pads and saves reviews as x_PART.npy and their labels as y_PART.npy. */
static int save_part(const tlstm_sequences *reviews, const tlstm_array *labels,
                     const char *directory, const char *part) {
    char x_name[16], y_name[16];
    snprintf(x_name, sizeof x_name, "x_%s", part);
    snprintf(y_name, sizeof y_name, "y_%s", part);
    tlstm_pad_options padding = TLSTM_PAD_OPTIONS_INIT;
    padding.maxlen = MAXLEN;
    tlstm_array *x = NULL;
    tlstm_error *error = NULL;
    if (tlstm_pad_sequences(reviews, &padding, &x, &error) != TLSTM_OK)
        return fail_with("pad reviews", part, error);
    int status = save(x, directory, x_name);
    if (status == STATUS_DONE)
        status = save(labels, directory, y_name);
    tlstm_array_free(x);
    return status;
}

/* Saves the rows `indices` of the training reviews. */
static int save_rows(const tlstm_reviews *reviews, const tlstm_array *indices,
                     const char *directory, const char *part) {
    const int64_t *rows = tlstm_array_data(indices);
    size_t count = tlstm_array_size(indices);
    tlstm_sequences *x = NULL;
    tlstm_array *y = NULL;
    tlstm_error *error = NULL;
    int status = STATUS_DONE;
    if (tlstm_sequences_take(tlstm_reviews_x_train(reviews), rows, count, &x, &error) != TLSTM_OK ||
        tlstm_array_take(tlstm_reviews_y_train(reviews), rows, count, &y, &error) != TLSTM_OK)
        status = fail_with("split reviews", part, error);
    else
        status = save_part(x, y, directory, part);
    tlstm_array_free(y);
    tlstm_sequences_free(x);
    return status;
}

static int save_training(const tlstm_reviews *reviews, const char *directory) {
    tlstm_split_options split = TLSTM_SPLIT_OPTIONS_INIT;
    split.test_size = test_size;
    split.random_state = RANDOM_STATE;
    tlstm_array *train = NULL, *val = NULL;
    tlstm_error *error = NULL;
    size_t count = tlstm_sequences_count(tlstm_reviews_x_train(reviews));
    if (tlstm_train_test_split(count, &split, &train, &val, &error) != TLSTM_OK)
        return fail_with("split reviews", "train", error);
    int status = save_rows(reviews, train, directory, "train");
    if (status == STATUS_DONE)
        status = save_rows(reviews, val, directory, "val");
    tlstm_array_free(val);
    tlstm_array_free(train);
    return status;
}

static int load_and_save(const settings *given) {
    tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
    options.num_words = NUM_WORDS;
    tlstm_reviews *reviews = NULL;
    tlstm_error *error = NULL;
    if (tlstm_imdb_load(given->data, &options, &reviews, &error) != TLSTM_OK)
        return fail_with("load reviews", given->data ? given->data : "~/.keras", error);
    /* Only now: a run that finds no data leaves no directory behind. */
    int status = STATUS_DONE;
    if (mkdir(given->out, 0777) != 0 && errno != EEXIST)
        status = fail("imdb", given->out, strerror(errno));
    if (status == STATUS_DONE)
        status = save_training(reviews, given->out);
    if (status == STATUS_DONE)
        status = save_part(tlstm_reviews_x_test(reviews), tlstm_reviews_y_test(reviews), given->out,
                           "test");
    tlstm_reviews_free(reviews);
    return status;
}

/* An existing directory must be writable, a new one must have a place. */
static int check_directory(const char *path) {
    struct stat file;
    if (stat(path, &file) != 0)
        return check_output("imdb", path);
    if (!S_ISDIR(file.st_mode))
        return fail("imdb", path, strerror(ENOTDIR));
    return STATUS_DONE;
}

static int run(int argc, char **argv) {
    settings given = {NULL, NULL};
    const cli_option options[] = {
        {"data", "imdb.npz", "Keras's file ($TINYLSTM_IMDB, or ~/.keras/datasets/imdb.npz)",
         OPTION_NAME, &given.data, 0, 0},
        {"out", "DIR", "where x_train.npy, y_train.npy, ... go; made where it is missing",
         OPTION_NAME, &given.out, 0, 0},
    };
    int status = STATUS_DONE;
    if (!parse_options(&imdb_command, options, COUNT(options), argc, argv, NULL, &status))
        return status;
    if (!given.out)
        return fail_usage("imdb", "--out", "it is missing");
    status = check_directory(given.out);
    return status == STATUS_DONE ? load_and_save(&given) : status;
}
