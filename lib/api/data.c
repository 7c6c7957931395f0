/* The public functions of tinylstm/data.h: argument checks, then lib/data/. */
#include "tinylstm/data.h"

#include "api/options.h"
#include "data/npy.h"
#include "data/reviews.h"
#include "data/split.h"
#include "data/vocabulary.h"

#include <string.h>

/* --- arrays --- */

tlstm_status tlstm_array_new(tlstm_dtype dtype, size_t ndim, const int64_t *shape,
                             tlstm_array **array, tlstm_error **error) {
    tlstm_status status = tl_require(shape, "shape", error);
    if (!status)
        status = tl_require(array, "array", error);
    return status ? status : tl_array_new(dtype, ndim, shape, array, error);
}

tlstm_status tlstm_array_wrap(void *data, tlstm_dtype dtype, size_t ndim, const int64_t *shape,
                              tlstm_array **array, tlstm_error **error) {
    tlstm_status status = tl_require(data, "data", error);
    if (!status)
        status = tl_require(shape, "shape", error);
    if (!status)
        status = tl_require(array, "array", error);
    return status ? status : tl_array_wrap(data, dtype, ndim, shape, array, error);
}

void tlstm_array_free(tlstm_array *array) {
    tl_array_free(array);
}

tlstm_dtype tlstm_array_dtype(const tlstm_array *array) {
    return array ? array->dtype : 0;
}

size_t tlstm_array_ndim(const tlstm_array *array) {
    return array ? array->ndim : 0;
}

const int64_t *tlstm_array_shape(const tlstm_array *array) {
    return array ? array->shape : NULL;
}

size_t tlstm_array_size(const tlstm_array *array) {
    return array ? array->size : 0;
}

const void *tlstm_array_data(const tlstm_array *array) {
    return array ? array->data : NULL;
}

void *tlstm_array_mutable_data(tlstm_array *array) {
    return array ? array->data : NULL;
}

/* Lists may be NULL when they are empty. */
static tlstm_status require_list(const void *list, size_t count, const char *name,
                                 tlstm_error **error) {
    return count ? tl_require(list, name, error) : TLSTM_OK;
}

tlstm_status tlstm_array_take(const tlstm_array *array, const int64_t *indices, size_t count,
                              tlstm_array **taken, tlstm_error **error) {
    tlstm_status status = tl_require(array, "array", error);
    if (!status)
        status = require_list(indices, count, "indices", error);
    if (!status)
        status = tl_require(taken, "taken", error);
    return status ? status : tl_array_take(array, indices, count, taken, error);
}

tlstm_status tlstm_array_load_npy(const char *path, tlstm_array **array, tlstm_error **error) {
    tlstm_status status = tl_require(path, "path", error);
    if (!status)
        status = tl_require(array, "array", error);
    return status ? status : tl_npy_load(path, array, error);
}

tlstm_status tlstm_array_save_npy(const tlstm_array *array, const char *path, tlstm_error **error) {
    tlstm_status status = tl_require(array, "array", error);
    if (!status)
        status = tl_require(path, "path", error);
    return status ? status : tl_npy_save(array, path, error);
}

tlstm_status tlstm_to_categorical(const tlstm_array *classes, int64_t num_classes,
                                  tlstm_array **one_hot, tlstm_error **error) {
    tlstm_status status = tl_require(classes, "classes", error);
    if (!status)
        status = tl_require(one_hot, "one_hot", error);
    return status ? status : tl_to_categorical(classes, num_classes, one_hot, error);
}

/* --- sequences --- */

tlstm_status tlstm_sequences_new(const int32_t *tokens, const size_t *lengths, size_t count,
                                 tlstm_sequences **sequences, tlstm_error **error) {
    size_t total = 0;
    tlstm_status status = require_list(lengths, count, "lengths", error);
    for (size_t i = 0; !status && i < count; i++)
        total |= lengths[i];
    if (!status)
        status = require_list(tokens, total, "tokens", error);
    if (!status)
        status = tl_require(sequences, "sequences", error);
    return status ? status : tl_sequences_new(tokens, lengths, count, sequences, error);
}

void tlstm_sequences_free(tlstm_sequences *sequences) {
    tl_sequences_free(sequences);
}

size_t tlstm_sequences_count(const tlstm_sequences *sequences) {
    return sequences ? sequences->count : 0;
}

const int32_t *tlstm_sequences_get(const tlstm_sequences *sequences, size_t index, size_t *length) {
    if (!sequences || index >= sequences->count)
        return NULL;
    if (length)
        *length = sequences->offsets[index + 1] - sequences->offsets[index];
    return sequences->tokens + sequences->offsets[index];
}

tlstm_status tlstm_sequences_take(const tlstm_sequences *sequences, const int64_t *indices,
                                  size_t count, tlstm_sequences **taken, tlstm_error **error) {
    tlstm_status status = tl_require(sequences, "sequences", error);
    if (!status)
        status = require_list(indices, count, "indices", error);
    if (!status)
        status = tl_require(taken, "taken", error);
    return status ? status : tl_sequences_take(sequences, indices, count, taken, error);
}

void tlstm_pad_options_init(tlstm_pad_options *options) {
    if (options)
        *options = (tlstm_pad_options)TLSTM_PAD_OPTIONS_INIT;
}

tlstm_status tlstm_pad_sequences(const tlstm_sequences *sequences, const tlstm_pad_options *options,
                                 tlstm_array **padded, tlstm_error **error) {
    tlstm_pad_options known = TLSTM_PAD_OPTIONS_INIT;
    tlstm_status status = tl_require(sequences, "sequences", error);
    if (!status)
        status = tl_require(padded, "padded", error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof(known), error);
    return status ? status : tl_pad_sequences(sequences, &known, padded, error);
}

tlstm_status tlstm_pad_arrays(const tlstm_array *const *samples, size_t count,
                              const tlstm_pad_options *options, tlstm_array **padded,
                              tlstm_error **error) {
    tlstm_pad_options known = TLSTM_PAD_OPTIONS_INIT;
    tlstm_status status = require_list(samples, count, "samples", error);
    for (size_t i = 0; !status && i < count; i++)
        status = tl_require(samples[i], "samples", error);
    if (!status)
        status = tl_require(padded, "padded", error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof(known), error);
    return status ? status : tl_pad_arrays(samples, count, &known, padded, error);
}

/* --- splitting --- */

void tlstm_split_options_init(tlstm_split_options *options) {
    if (options)
        *options = (tlstm_split_options)TLSTM_SPLIT_OPTIONS_INIT;
}

tlstm_status tlstm_train_test_split(size_t samples, const tlstm_split_options *options,
                                    tlstm_array **train, tlstm_array **test, tlstm_error **error) {
    tlstm_split_options known = TLSTM_SPLIT_OPTIONS_INIT;
    tlstm_status status = tl_require(train, "train", error);
    if (!status)
        status = tl_require(test, "test", error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof(known), error);
    return status ? status : tl_train_test_split(samples, &known, train, test, error);
}

tlstm_status tlstm_shuffled_indices(size_t count, int64_t seed, tlstm_array **indices,
                                    tlstm_error **error) {
    tlstm_status status = tl_require(indices, "indices", error);
    return status ? status : tl_shuffled_indices(count, seed, indices, error);
}

/* --- reviews --- */

void tlstm_imdb_options_init(tlstm_imdb_options *options) {
    if (options)
        *options = (tlstm_imdb_options)TLSTM_IMDB_OPTIONS_INIT;
}

tlstm_status tlstm_imdb_load(const char *path, const tlstm_imdb_options *options,
                             tlstm_reviews **reviews, tlstm_error **error) {
    tlstm_imdb_options known = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_status status = tl_require(reviews, "reviews", error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof(known), error);
    return status ? status : tl_imdb_load(path, &known, reviews, error);
}

tlstm_status tlstm_reviews_generate(size_t train, size_t test, uint64_t seed,
                                    tlstm_reviews **reviews, tlstm_error **error) {
    tlstm_status status = tl_require(reviews, "reviews", error);
    return status ? status : tl_reviews_generate(train, test, seed, reviews, error);
}

void tlstm_reviews_free(tlstm_reviews *reviews) {
    tl_reviews_free(reviews);
}

const tlstm_sequences *tlstm_reviews_x_train(const tlstm_reviews *reviews) {
    return reviews ? reviews->x_train : NULL;
}

const tlstm_array *tlstm_reviews_y_train(const tlstm_reviews *reviews) {
    return reviews ? reviews->y_train : NULL;
}

const tlstm_sequences *tlstm_reviews_x_test(const tlstm_reviews *reviews) {
    return reviews ? reviews->x_test : NULL;
}

const tlstm_array *tlstm_reviews_y_test(const tlstm_reviews *reviews) {
    return reviews ? reviews->y_test : NULL;
}

/* --- words --- */

tlstm_status tlstm_vocabulary_load(const char *path, tlstm_vocabulary **vocabulary,
                                   tlstm_error **error) {
    tlstm_status status = tl_require(vocabulary, "vocabulary", error);
    return status ? status : tl_vocabulary_load(path, vocabulary, error);
}

tlstm_status tlstm_vocabulary_generate(tlstm_vocabulary **vocabulary, tlstm_error **error) {
    tlstm_status status = tl_require(vocabulary, "vocabulary", error);
    return status ? status : tl_vocabulary_generate(vocabulary, error);
}

void tlstm_text_options_init(tlstm_text_options *options) {
    if (options)
        *options = (tlstm_text_options)TLSTM_TEXT_OPTIONS_INIT;
}

/* Texts and what is done to them; `known` holds the defaults. */
static tlstm_status check_texts(const char *const *texts, size_t count,
                                const tlstm_text_options *options, tlstm_text_options *known,
                                tlstm_error **error) {
    tlstm_status status = require_list(texts, count, "texts", error);
    for (size_t i = 0; !status && i < count; i++)
        status = tl_require(texts[i], "texts", error);
    return status ? status : tl_options_read(options, "options", known, sizeof(*known), error);
}

tlstm_status tlstm_vocabulary_fit(const char *const *texts, size_t count,
                                  const tlstm_text_options *options, tlstm_vocabulary **vocabulary,
                                  tlstm_error **error) {
    tlstm_text_options known = TLSTM_TEXT_OPTIONS_INIT;
    tlstm_status status = check_texts(texts, count, options, &known, error);
    if (!status)
        status = tl_require(vocabulary, "vocabulary", error);
    return status ? status : tl_vocabulary_fit(texts, count, &known, vocabulary, error);
}

tlstm_status tlstm_vocabulary_save(const tlstm_vocabulary *vocabulary, const char *path,
                                   tlstm_error **error) {
    tlstm_status status = tl_require(vocabulary, "vocabulary", error);
    if (!status)
        status = tl_require(path, "path", error);
    return status ? status : tl_vocabulary_save(vocabulary, path, error);
}

void tlstm_vocabulary_free(tlstm_vocabulary *vocabulary) {
    tl_vocabulary_free(vocabulary);
}

size_t tlstm_vocabulary_size(const tlstm_vocabulary *vocabulary) {
    return vocabulary ? tl_vocabulary_size(vocabulary) : 0;
}

int64_t tlstm_vocabulary_rank(const tlstm_vocabulary *vocabulary, const char *word) {
    return vocabulary && word ? tl_vocabulary_rank(vocabulary, word, strlen(word)) : 0;
}

const char *tlstm_vocabulary_word(const tlstm_vocabulary *vocabulary, int64_t rank) {
    return vocabulary ? tl_vocabulary_word(vocabulary, rank) : NULL;
}

int64_t tlstm_vocabulary_occurrences(const tlstm_vocabulary *vocabulary, const char *word) {
    return vocabulary && word ? tl_vocabulary_occurrences(vocabulary, word, strlen(word)) : 0;
}

tlstm_status tlstm_texts_to_sequences(const tlstm_vocabulary *vocabulary, const char *const *texts,
                                      size_t count, const tlstm_text_options *options,
                                      int64_t num_words, tlstm_sequences **sequences,
                                      tlstm_error **error) {
    tlstm_text_options known = TLSTM_TEXT_OPTIONS_INIT;
    tlstm_status status = tl_require(vocabulary, "vocabulary", error);
    if (!status)
        status = check_texts(texts, count, options, &known, error);
    if (!status)
        status = tl_require(sequences, "sequences", error);
    return status ? status
                  : tl_texts_to_sequences(vocabulary, texts, count, &known, num_words, sequences,
                                          error);
}

tlstm_status tlstm_sequence_to_text(const tlstm_vocabulary *vocabulary, const int32_t *tokens,
                                    size_t count, const tlstm_text_options *options,
                                    int64_t num_words, char **text, tlstm_error **error) {
    tlstm_text_options known = TLSTM_TEXT_OPTIONS_INIT;
    tlstm_status status = tl_require(vocabulary, "vocabulary", error);
    if (!status)
        status = require_list(tokens, count, "tokens", error);
    if (!status)
        status = tl_require(text, "text", error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof(known), error);
    return status ? status
                  : tl_sequence_to_text(vocabulary, tokens, count, &known, num_words, text, error);
}

tlstm_status tlstm_texts_to_reviews(const tlstm_vocabulary *vocabulary, const char *const *texts,
                                    size_t count, const tlstm_imdb_options *imdb,
                                    tlstm_sequences **sequences, tlstm_error **error) {
    tlstm_imdb_options known = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_text_options unused = TLSTM_TEXT_OPTIONS_INIT;
    tlstm_status status = tl_require(vocabulary, "vocabulary", error);
    if (!status)
        status = check_texts(texts, count, NULL, &unused, error);
    if (!status)
        status = tl_options_read(imdb, "imdb", &known, sizeof(known), error);
    if (!status)
        status = tl_require(sequences, "sequences", error);
    return status ? status
                  : tl_texts_to_reviews(vocabulary, texts, count, &known, sequences, error);
}
