/* keras.datasets.imdb.load_data, step by step in Keras's order. */
#include "data/reviews.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "data/mt19937.h"
#include "data/npy.h"
#include "data/zip.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Keras's file has 17 MB, unpacked 28 MB. */
#define MOST_BYTES ((size_t)1 << 30)

void tl_reviews_free(tlstm_reviews *reviews) {
    if (!reviews)
        return;
    tl_sequences_free(reviews->x_train);
    tl_sequences_free(reviews->x_test);
    tl_array_free(reviews->y_train);
    tl_array_free(reviews->y_test);
    tl_free(reviews);
}

char *tl_keras_dataset(const char *name) {
    const char *keras = getenv("KERAS_HOME"), *home = getenv("HOME");
    tl_text path = {0};
    if (keras && *keras)
        tl_text_append(&path, keras);
    else if (home && *home) {
        tl_text_append(&path, home);
        tl_text_append(&path, "/.keras");
    } else
        return NULL;
    tl_text_append(&path, "/datasets/");
    tl_text_append(&path, name);
    return tl_text_take(&path);
}

/* --- reading the file --- */

static tlstm_status read_entry(tl_zip *zip, const char *name, char **bytes, size_t *length,
                               tlstm_error **error) {
    return tl_zip_read(zip, name, MOST_BYTES, bytes, length, error);
}

static tlstm_status read_tokens(tl_zip *zip, const char *name, tlstm_sequences **sequences,
                                tlstm_error **error) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_status status = read_entry(zip, name, &bytes, &length, error);
    if (status)
        return status;
    status = tl_npy_read_sequences(bytes, length, sequences, error);
    tl_free(bytes);
    return status ? tl_fail_within(error, status, name) : TLSTM_OK;
}

static tlstm_status read_labels(tl_zip *zip, const char *name, size_t count, tlstm_array **labels,
                                tlstm_error **error) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_array *stored = NULL, *made = NULL;
    tlstm_status status = read_entry(zip, name, &bytes, &length, error);
    if (status)
        return status;
    status = tl_npy_read(bytes, length, &stored, error);
    if (!status && (stored->ndim != 1 || stored->size != count))
        status = tl_fail(error, TLSTM_ERROR_FORMAT, NULL,
                         "has not one label for each of %zu reviews", count);
    if (!status)
        status = tl_array_new_int64(count, &made, error);
    if (!status)
        status = tl_convert(made->data, TLSTM_INT64, stored->data, stored->dtype, count, error);
    tl_array_free(stored);
    tl_free(bytes);
    if (status) {
        tl_array_free(made);
        return tl_fail_within(error, status, name);
    }
    *labels = made;
    return TLSTM_OK;
}

static tlstm_status read_archive(const char *path, tlstm_reviews *reviews, tlstm_error **error) {
    char *bytes = NULL;
    size_t length = 0;
    tl_zip *zip = NULL;
    tlstm_status status = tl_file_read(path, MOST_BYTES, &bytes, &length, error);
    if (status)
        return status;
    status = tl_zip_open(bytes, length, &zip, error);
    if (!status)
        status = read_tokens(zip, "x_train.npy", &reviews->x_train, error);
    if (!status)
        status = read_labels(zip, "y_train.npy", reviews->x_train->count, &reviews->y_train, error);
    if (!status)
        status = read_tokens(zip, "x_test.npy", &reviews->x_test, error);
    if (!status)
        status = read_labels(zip, "y_test.npy", reviews->x_test->count, &reviews->y_test, error);
    tl_zip_close(zip);
    tl_free(bytes);
    return status ? tl_fail_within(error, status, path) : TLSTM_OK;
}

/* --- load_data --- */

/* One side of the data set on its way: which stored reviews are kept, in their new order. */
typedef struct part {
    const tlstm_sequences *stored;
    const int64_t *labels;
    int64_t *kept;
    size_t count;
} part;

static size_t length_of(const part *side, size_t i) {
    size_t index = (size_t)side->kept[i];
    return side->stored->offsets[index + 1] - side->stored->offsets[index];
}

static int64_t shift_of(const tlstm_imdb_options *options) {
    return options->index_from < 0 ? 0 : options->index_from;
}

/* Keras keeps those *shorter* than maxlen, the start token counted. */
static void drop_long(part *side, const tlstm_imdb_options *options) {
    size_t kept = 0, start = options->start_char >= 0;
    for (size_t i = 0; i < side->count; i++)
        if (options->maxlen > 0 &&
            (uint64_t)(length_of(side, i) + start) < (uint64_t)options->maxlen)
            side->kept[kept++] = side->kept[i];
    side->count = kept;
}

/* Shuffles one side, and drops what is too long. */
static tlstm_status order_part(part *side, const tlstm_imdb_options *options, tl_mt19937 *random,
                               tlstm_error **error) {
    size_t count = side->stored->count;
    side->kept = tl_alloc(count, sizeof(*side->kept));
    if (!side->kept)
        return tl_fail_memory(error);
    side->count = count;
    tl_mt19937_permutation(random, side->kept, count);
    if (options->maxlen != 0)
        drop_long(side, options);
    return TLSTM_OK;
}

/* `max(max(x) for x in xs)`: what num_words is when it is not given. Words below it are kept, so
 * that Keras loses the largest one; so do we. */
static tlstm_status find_largest(const part *side, const tlstm_imdb_options *options,
                                 int64_t *largest, tlstm_error **error) {
    for (size_t i = 0; i < side->count; i++) {
        size_t index = (size_t)side->kept[i];
        if (length_of(side, i) == 0 && options->start_char < 0)
            return tl_fail(error, TLSTM_ERROR_VALUE, "num_words",
                           "must be given, because a review is empty");
        if (options->start_char > *largest)
            *largest = options->start_char;
        for (size_t t = side->stored->offsets[index]; t < side->stored->offsets[index + 1]; t++)
            if (side->stored->tokens[t] + shift_of(options) > *largest)
                *largest = side->stored->tokens[t] + shift_of(options);
    }
    return TLSTM_OK;
}

/* Which tokens stay, and what stands for the others. */
typedef struct filter {
    int64_t low, high; /* low <= token < high stays */
    int64_t oov;       /* < 0: the others vanish */
} filter;

/* The token that becomes of one, -1 for none. Tokens below zero cannot be: no model could look them
 * up. */
static int64_t apply(const filter *keep, int64_t token) {
    return keep->low <= token && token < keep->high ? token : keep->oov;
}

static size_t write_review(const part *side, size_t i, const tlstm_imdb_options *options,
                           const filter *keep, int32_t *tokens) {
    size_t index = (size_t)side->kept[i], written = 0;
    int64_t token = options->start_char < 0 ? -1 : apply(keep, options->start_char);
    if (token >= 0)
        tokens[written++] = (int32_t)token;
    for (size_t t = side->stored->offsets[index]; t < side->stored->offsets[index + 1]; t++) {
        token = apply(keep, side->stored->tokens[t] + shift_of(options));
        if (token >= 0)
            tokens[written++] = (int32_t)token;
    }
    return written;
}

static tlstm_status finish_part(const part *side, const tlstm_imdb_options *options,
                                const filter *keep, tlstm_sequences **x, tlstm_array **y,
                                tlstm_error **error) {
    size_t room = 0, start = options->start_char >= 0;
    for (size_t i = 0; i < side->count; i++)
        room += length_of(side, i) + start;
    tlstm_status status = tl_sequences_allocate(side->count, room, x, error);
    if (!status)
        status = tl_array_new_int64(side->count, y, error);
    for (size_t i = 0; !status && i < side->count; i++) {
        size_t *offsets = (*x)->offsets;
        offsets[i + 1] =
            offsets[i] + write_review(side, i, options, keep, (*x)->tokens + offsets[i]);
        ((int64_t *)(*y)->data)[i] = side->labels[side->kept[i]];
    }
    return status;
}

static tlstm_status check_range(int64_t value, const char *name, tlstm_error **error) {
    if (value <= INT32_MAX)
        return TLSTM_OK;
    return tl_fail(error, TLSTM_ERROR_ARGUMENT, name, "%lld is no 32-bit token", (long long)value);
}

static tlstm_status check_options(const tlstm_imdb_options *options, tlstm_error **error) {
    tlstm_status status = check_range(options->start_char, "start_char", error);
    if (!status)
        status = check_range(options->oov_char, "oov_char", error);
    if (!status)
        status = check_range(options->index_from, "index_from", error);
    if (!status && options->start_char >= 0 && options->index_from < 0)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "index_from", "is needed with start_char");
    return status;
}

/* A stored rank must be a word's, and stay a 32-bit number when it is shifted. */
static tlstm_status check_tokens(const tlstm_sequences *stored, const tlstm_imdb_options *options,
                                 tlstm_error **error) {
    size_t total = stored->offsets[stored->count];
    for (size_t i = 0; i < total; i++)
        if (stored->tokens[i] < 0 || stored->tokens[i] + shift_of(options) > INT32_MAX)
            return tl_fail(error, TLSTM_ERROR_VALUE, "x", "%ld is no rank of a word",
                           (long)stored->tokens[i]);
    return TLSTM_OK;
}

static tlstm_status prepare(const tlstm_reviews *stored, const tlstm_imdb_options *options,
                            part *train, part *test, filter *keep, tlstm_error **error) {
    tlstm_status status = check_tokens(stored->x_train, options, error);
    if (!status)
        status = check_tokens(stored->x_test, options, error);
    /* One generator for both sides: the order of the test reviews depends on how many train. */
    tl_mt19937 random;
    if (!status)
        status = tl_mt19937_seed(&random, options->seed, "seed", error);
    if (!status)
        status = order_part(train, options, &random, error);
    if (!status)
        status = order_part(test, options, &random, error);
    if (status)
        return status;
    if (options->maxlen != 0 && (train->count == 0 || test->count == 0))
        return tl_fail(error, TLSTM_ERROR_VALUE, "maxlen",
                       "no review is shorter than %lld: increase maxlen",
                       (long long)options->maxlen);
    *keep = (filter){options->skip_top, options->num_words, options->oov_char};
    if (options->num_words == 0) {
        keep->high = INT64_MIN;
        status = find_largest(train, options, &keep->high, error);
        if (!status)
            status = find_largest(test, options, &keep->high, error);
    }
    return status;
}

static tlstm_status transform(const tlstm_reviews *stored, const tlstm_imdb_options *options,
                              tlstm_reviews **reviews, tlstm_error **error) {
    part train = {stored->x_train, stored->y_train->data, NULL, 0};
    part test = {stored->x_test, stored->y_test->data, NULL, 0};
    filter keep;
    tlstm_reviews *made = tl_alloc_zero(1, sizeof(*made));
    tlstm_status status =
        made ? prepare(stored, options, &train, &test, &keep, error) : tl_fail_memory(error);
    if (!status)
        status = finish_part(&train, options, &keep, &made->x_train, &made->y_train, error);
    if (!status)
        status = finish_part(&test, options, &keep, &made->x_test, &made->y_test, error);
    tl_free(test.kept);
    tl_free(train.kept);
    if (status)
        tl_reviews_free(made);
    else
        *reviews = made;
    return status;
}

static int exists(const char *path) {
    struct stat about;
    return path && *path && stat(path, &about) == 0;
}

static tlstm_status load(const char *path, const tlstm_imdb_options *options,
                         tlstm_reviews **reviews, tlstm_error **error) {
    tlstm_reviews *stored = tl_alloc_zero(1, sizeof(*stored));
    if (!stored)
        return tl_fail_memory(error);
    tlstm_status status = read_archive(path, stored, error);
    if (!status) {
        status = transform(stored, options, reviews, error);
        if (status == TLSTM_ERROR_VALUE)
            tl_fail_within(error, status, path);
    }
    tl_reviews_free(stored);
    return status;
}

tlstm_status tl_imdb_load(const char *path, const tlstm_imdb_options *options,
                          tlstm_reviews **reviews, tlstm_error **error) {
    tlstm_status status = check_options(options, error);
    if (status)
        return status;
    const char *named = path ? path : getenv("TINYLSTM_IMDB");
    if (named && *named)
        return load(named, options, reviews, error);
    char *kept = tl_keras_dataset("imdb.npz");
    status = exists(kept)
                 ? load(kept, options, reviews, error)
                 : tl_fail(error, TLSTM_ERROR_IO, "imdb.npz",
                           "no path is given, and neither $TINYLSTM_IMDB nor Keras's folder "
                           "of data sets has one");
    tl_free(kept);
    return status;
}
