/* Splitting, shuffling, padding, one-hot rows and the Tokenizer against scikit-learn, NumPy and
 * Keras. */
#include "support.h"

#include "data/mt19937.h"
#include "tinylstm/data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "golden/data-utils/"

static json_t *read_json(const char *name) {
    char path[256];
    snprintf(path, sizeof(path), FOLDER "%s", name);
    return tl_test_json(tl_test_shared(path));
}

static hid_t open_h5(const char *name) {
    char path[256];
    snprintf(path, sizeof(path), FOLDER "%s", name);
    return tl_test_h5_open(tl_test_shared(path));
}

/* The digest is of int32, whatever the array's dtype. */
static void assert_digest(const int64_t *numbers, size_t count, const json_t *digest,
                          const char *name) {
    int32_t *narrow = malloc((count + 1) * sizeof(*narrow));
    for (size_t i = 0; i < count; i++)
        narrow[i] = (int32_t)numbers[i];
    ck_assert_msg(count == (size_t)json_integer_value(json_object_get(digest, "n")),
                  "%s: %zu elements", name, count);
    ck_assert_msg(tl_test_crc32(narrow, count) ==
                      (uint32_t)json_integer_value(json_object_get(digest, "crc32")),
                  "%s: other elements", name);
    free(narrow);
}

static void assert_array_digest(const tlstm_array *array, const json_t *digest, const char *name) {
    ck_assert_int_eq(tlstm_array_dtype(array), TLSTM_INT64);
    assert_digest(tlstm_array_data(array), tlstm_array_size(array), digest, name);
}

/* --- train_test_split --- */

static double size_of(const json_t *row, const char *key) {
    const json_t *size = json_object_get(row, key);
    return json_is_number(size) ? json_number_value(size) : -1;
}

/* The labels of a stratified case: stored, or drawn as numpy.random.RandomState(seed).randint does.
 */
static int64_t *labels_of(hid_t file, const json_t *row, size_t samples) {
    int64_t *labels = calloc(samples + 1, sizeof(*labels));
    char path[64];
    snprintf(path, sizeof(path), "split/%s/labels",
             json_string_value(json_object_get(row, "case")));
    if (tl_test_h5_exists(file, path)) {
        size_t count;
        double *stored = tl_test_h5_read(file, path, &count, NULL, NULL);
        ck_assert_uint_eq(count, samples);
        for (size_t i = 0; i < count; i++)
            labels[i] = (int64_t)stored[i];
        free(stored);
        return labels;
    }
    const char *recipe = json_string_value(json_object_get(row, "labels"));
    int seed, classes, count;
    tl_mt19937 random;
    ck_assert_ptr_nonnull(recipe);
    ck_assert_int_eq(sscanf(recipe, "RandomState(%d).randint(0, %d, %d)", &seed, &classes, &count),
                     3);
    ck_assert_int_eq(tl_mt19937_seed(&random, seed, "seed", NULL), TLSTM_OK);
    for (size_t i = 0; i < samples; i++)
        labels[i] = (int64_t)tl_mt19937_interval(&random, (uint64_t)classes - 1);
    assert_digest(labels, samples, json_object_get(row, "labels_digest"), recipe);
    return labels;
}

static void check_split(hid_t file, const json_t *row) {
    const char *name = json_string_value(json_object_get(row, "case"));
    size_t samples = (size_t)json_integer_value(json_object_get(row, "n"));
    int64_t shape = (int64_t)samples;
    tlstm_split_options options = TLSTM_SPLIT_OPTIONS_INIT;
    tlstm_array *labels = NULL, *train = NULL, *test = NULL;
    tlstm_error *error = NULL;
    int64_t *numbers = NULL;
    options.test_size = size_of(row, "test_size");
    options.train_size = size_of(row, "train_size");
    options.shuffle = json_is_true(json_object_get(row, "shuffle"));
    options.random_state = json_integer_value(json_object_get(row, "random_state"));
    if (json_is_true(json_object_get(row, "stratify"))) {
        numbers = labels_of(file, row, samples);
        TL_ASSERT_OK(tlstm_array_wrap(numbers, TLSTM_INT64, 1, &shape, &labels, &error), error);
        options.stratify = labels;
    }
    tlstm_status status = tlstm_train_test_split(samples, &options, &train, &test, &error);
    if (json_object_get(row, "error")) {
        ck_assert_msg(status != TLSTM_OK, "split %s should fail", name);
        tlstm_error_free(error);
    } else {
        TL_ASSERT_OK(status, error);
        assert_array_digest(train, json_object_get(row, "train_digest"), name);
        assert_array_digest(test, json_object_get(row, "test_digest"), name);
    }
    tlstm_array_free(train);
    tlstm_array_free(test);
    tlstm_array_free(labels);
    free(numbers);
}

START_TEST(splits_are_scikit_learns) {
    json_t *rows = read_json("split.json"), *row;
    hid_t file = open_h5("split.h5");
    size_t i;
    ck_assert_uint_gt(json_array_size(rows), 10);
    json_array_foreach(rows, i, row) check_split(file, row);
    H5Fclose(file);
    json_decref(rows);
}
END_TEST

/* --- RandomState --- */

START_TEST(shuffles_are_numpys) {
    json_t *rows = read_json("shuffle.json"), *row;
    size_t i;
    ck_assert_uint_gt(json_array_size(rows), 5);
    json_array_foreach(rows, i, row) {
        size_t count = (size_t)json_integer_value(json_object_get(row, "n"));
        int64_t seed = json_integer_value(json_object_get(row, "seed"));
        tlstm_array *order = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_shuffled_indices(count, seed, &order, &error), error);
        assert_array_digest(order, json_object_get(row, "permutation"), "permutation");
        tlstm_array_free(order);
        /* A second shuffle goes on with the generator where the first ended. */
        tl_mt19937 random;
        int64_t *next = calloc(count + 1, sizeof(*next));
        ck_assert_int_eq(tl_mt19937_seed(&random, seed, "seed", NULL), TLSTM_OK);
        tl_mt19937_permutation(&random, next, count);
        tl_mt19937_permutation(&random, next, count);
        assert_digest(next, count, json_object_get(row, "next"), "next");
        free(next);
    }
    json_decref(rows);
}
END_TEST

START_TEST(draws_are_numpys) {
    hid_t file = open_h5("shuffle.h5");
    char path[64];
    for (int k = 0;; k++) {
        snprintf(path, sizeof(path), "raw/%d/seed", k);
        if (!tl_test_h5_exists(file, path)) {
            ck_assert_int_gt(k, 0);
            break;
        }
        size_t count;
        double *seed = tl_test_h5_read(file, path, NULL, NULL, NULL);
        snprintf(path, sizeof(path), "raw/%d/random_sample", k);
        double *samples = tl_test_h5_read(file, path, &count, NULL, NULL);
        tl_mt19937 random;
        ck_assert_int_eq(tl_mt19937_seed(&random, (int64_t)*seed, "seed", NULL), TLSTM_OK);
        for (size_t i = 0; i < count; i++) {
            /* random_sample(): 27 and 26 bits of two draws. */
            uint32_t high = tl_mt19937_bits(&random) >> 5, low = tl_mt19937_bits(&random) >> 6;
            ck_assert(samples[i] == (high * 67108864.0 + low) / 9007199254740992.0);
        }
        free(samples);
        free(seed);
    }
    H5Fclose(file);
}
END_TEST

/* --- pad_sequences --- */

static tlstm_sequences *sequences_of(const json_t *lists) {
    size_t count = json_array_size(lists), total = 0;
    size_t *lengths = calloc(count + 1, sizeof(*lengths));
    for (size_t i = 0; i < count; i++)
        total += lengths[i] = json_array_size(json_array_get(lists, i));
    int32_t *tokens = calloc(total + 1, sizeof(*tokens)), *next = tokens;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < lengths[i]; k++)
            *next++ = (int32_t)json_integer_value(json_array_get(json_array_get(lists, i), k));
    tlstm_sequences *made = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_sequences_new(tokens, lengths, count, &made, &error), error);
    free(tokens);
    free(lengths);
    return made;
}

static tlstm_dtype dtype_of(const char *name) {
    return strcmp(name, "float32") == 0   ? TLSTM_FLOAT32
           : strcmp(name, "float64") == 0 ? TLSTM_FLOAT64
           : strcmp(name, "int64") == 0   ? TLSTM_INT64
                                          : TLSTM_INT32;
}

static double element(const tlstm_array *array, size_t i) {
    const void *data = tlstm_array_data(array);
    switch (tlstm_array_dtype(array)) {
    case TLSTM_FLOAT32:
        return (double)((const float *)data)[i];
    case TLSTM_FLOAT64:
        return ((const double *)data)[i];
    case TLSTM_INT32:
        return ((const int32_t *)data)[i];
    default:
        return (double)((const int64_t *)data)[i];
    }
}

static void assert_equals_h5(const tlstm_array *array, hid_t file, const char *path) {
    int64_t shape[8];
    int ndim;
    size_t count;
    double *expected = tl_test_h5_read(file, path, &count, shape, &ndim);
    ck_assert_uint_eq(tlstm_array_ndim(array), ndim);
    for (int i = 0; i < ndim; i++)
        ck_assert_int_eq(tlstm_array_shape(array)[i], shape[i]);
    ck_assert_uint_eq(tlstm_array_size(array), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(element(array, i) == expected[i], "%s: element %zu is %g, not %g", path, i,
                      element(array, i), expected[i]);
    free(expected);
}

static int32_t side_of(const json_t *row, const char *key) {
    return strcmp(json_string_value(json_object_get(row, key)), "post") == 0 ? TLSTM_POST
                                                                             : TLSTM_PRE;
}

START_TEST(padding_is_kerass) {
    json_t *all = read_json("pad.json"), *rows = json_object_get(all, "cases"), *row;
    hid_t file = open_h5("pad.h5");
    tlstm_sequences *sequences = sequences_of(json_object_get(all, "sequences"));
    size_t i;
    ck_assert_uint_gt(json_array_size(rows), 10);
    json_array_foreach(rows, i, row) {
        tlstm_pad_options options = TLSTM_PAD_OPTIONS_INIT;
        tlstm_array *padded = NULL;
        tlstm_error *error = NULL;
        char path[64];
        options.maxlen = json_integer_value(json_object_get(row, "maxlen"));
        options.dtype = dtype_of(json_string_value(json_object_get(row, "dtype")));
        options.padding = side_of(row, "padding");
        options.truncating = side_of(row, "truncating");
        options.value = json_number_value(json_object_get(row, "value"));
        TL_ASSERT_OK(tlstm_pad_sequences(sequences, &options, &padded, &error), error);
        ck_assert_int_eq(tlstm_array_dtype(padded), options.dtype);
        snprintf(path, sizeof(path), "pad/%s/output",
                 json_string_value(json_object_get(row, "case")));
        assert_equals_h5(padded, file, path);
        tlstm_array_free(padded);
    }
    tlstm_sequences_free(sequences);
    H5Fclose(file);
    json_decref(all);
}
END_TEST

/* A list of vectors as an array of two dimensions. */
static tlstm_array *array_of(const json_t *rows) {
    int64_t shape[2] = {(int64_t)json_array_size(rows),
                        (int64_t)json_array_size(json_array_get(rows, 0))};
    tlstm_array *made = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_array_new(TLSTM_FLOAT64, 2, shape, &made, &error), error);
    double *data = tlstm_array_mutable_data(made);
    for (size_t i = 0; i < tlstm_array_size(made); i++) {
        size_t columns = (size_t)shape[1];
        data[i] = json_number_value(json_array_get(json_array_get(rows, i / columns), i % columns));
    }
    return made;
}

START_TEST(padding_of_vectors_is_kerass) {
    json_t *all = read_json("pad.json"), *nested = json_object_get(all, "nested");
    json_t *lists = json_object_get(nested, "sequences");
    hid_t file = open_h5("pad.h5");
    tlstm_array *samples[16] = {NULL}, *padded = NULL;
    tlstm_pad_options options = TLSTM_PAD_OPTIONS_INIT;
    tlstm_error *error = NULL;
    size_t count = json_array_size(lists);
    ck_assert(count > 0 && count <= 16);
    for (size_t i = 0; i < count; i++)
        samples[i] = array_of(json_array_get(lists, i));
    options.maxlen = json_integer_value(json_object_get(nested, "maxlen"));
    options.dtype = dtype_of(json_string_value(json_object_get(nested, "dtype")));
    TL_ASSERT_OK(
        tlstm_pad_arrays((const tlstm_array *const *)samples, count, &options, &padded, &error),
        error);
    assert_equals_h5(padded, file, "nested/output");
    for (size_t i = 0; i < count; i++)
        tlstm_array_free(samples[i]);
    tlstm_array_free(padded);
    H5Fclose(file);
    json_decref(all);
}
END_TEST

/* --- to_categorical --- */

START_TEST(one_hot_rows_are_kerass) {
    json_t *rows = read_json("to_categorical.json"), *row;
    hid_t file = open_h5("to_categorical.h5");
    size_t i;
    ck_assert_uint_gt(json_array_size(rows), 0);
    json_array_foreach(rows, i, row) {
        char path[64];
        int64_t shape[8];
        int ndim;
        size_t count;
        tlstm_array *classes = NULL, *one_hot = NULL;
        tlstm_error *error = NULL;
        snprintf(path, sizeof(path), "%zu/labels", i);
        double *labels = tl_test_h5_read(file, path, &count, shape, &ndim);
        TL_ASSERT_OK(tlstm_array_wrap(labels, TLSTM_FLOAT64, (size_t)ndim, shape, &classes, &error),
                     error);
        int64_t num_classes = json_integer_value(json_object_get(row, "num_classes"));
        TL_ASSERT_OK(tlstm_to_categorical(classes, num_classes, &one_hot, &error), error);
        snprintf(path, sizeof(path), "%zu/output", i);
        assert_equals_h5(one_hot, file, path);
        tlstm_array_free(one_hot);
        tlstm_array_free(classes);
        free(labels);
    }
    H5Fclose(file);
    json_decref(rows);
}
END_TEST

/* --- Tokenizer --- */

static void check_index(const tlstm_vocabulary *vocabulary, const json_t *expected) {
    json_t *index = json_object_get(expected, "word_index");
    json_t *counts = json_object_get(expected, "word_counts"), *number;
    const char *word;
    ck_assert_uint_eq(tlstm_vocabulary_size(vocabulary), json_object_size(index));
    json_object_foreach(index, word, number) {
        int64_t rank = json_integer_value(number);
        ck_assert_msg(tlstm_vocabulary_rank(vocabulary, word) == rank, "rank of %s: %lld", word,
                      (long long)tlstm_vocabulary_rank(vocabulary, word));
        ck_assert_str_eq(tlstm_vocabulary_word(vocabulary, rank), word);
    }
    json_object_foreach(counts, word, number) ck_assert_int_eq(
        tlstm_vocabulary_occurrences(vocabulary, word), json_integer_value(number));
}

static void check_texts(const tlstm_vocabulary *vocabulary, const tlstm_sequences *sequences,
                        const tlstm_text_options *options, int64_t num_words,
                        const json_t *expected) {
    json_t *lists = json_object_get(expected, "texts_to_sequences");
    json_t *back = json_object_get(expected, "sequences_to_texts");
    ck_assert_uint_eq(tlstm_sequences_count(sequences), json_array_size(lists));
    for (size_t i = 0; i < json_array_size(lists); i++) {
        json_t *list = json_array_get(lists, i);
        size_t length;
        const int32_t *tokens = tlstm_sequences_get(sequences, i, &length);
        ck_assert_msg(length == json_array_size(list), "text %zu has %zu tokens", i, length);
        for (size_t k = 0; k < length; k++)
            ck_assert_int_eq(tokens[k], json_integer_value(json_array_get(list, k)));
        char *text = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(
            tlstm_sequence_to_text(vocabulary, tokens, length, options, num_words, &text, &error),
            error);
        ck_assert_str_eq(text, json_string_value(json_array_get(back, i)));
        tlstm_string_free(text);
    }
}

static void check_tokenizer(const char *const *texts, size_t count, const json_t *expected) {
    json_t *arguments = json_object_get(expected, "arguments");
    json_t *lower = json_object_get(arguments, "lower");
    tlstm_text_options options = TLSTM_TEXT_OPTIONS_INIT;
    options.filters = json_string_value(json_object_get(arguments, "filters"));
    options.split = json_string_value(json_object_get(arguments, "split"));
    options.oov_token = json_string_value(json_object_get(arguments, "oov_token"));
    options.char_level = json_is_true(json_object_get(arguments, "char_level"));
    options.lower = !json_is_false(lower);
    int64_t num_words = json_integer_value(json_object_get(arguments, "num_words"));
    size_t fit_on = (size_t)json_integer_value(json_object_get(expected, "fit_on"));
    tlstm_vocabulary *vocabulary = NULL;
    tlstm_sequences *sequences = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_vocabulary_fit(texts, fit_on, &options, &vocabulary, &error), error);
    check_index(vocabulary, expected);
    TL_ASSERT_OK(
        tlstm_texts_to_sequences(vocabulary, texts, count, &options, num_words, &sequences, &error),
        error);
    check_texts(vocabulary, sequences, &options, num_words, expected);
    tlstm_sequences_free(sequences);
    tlstm_vocabulary_free(vocabulary);
}

START_TEST(tokens_are_kerass) {
    json_t *all = read_json("tokenizer.json"), *cases = json_object_get(all, "cases"), *row;
    json_t *strings = json_object_get(all, "texts");
    size_t count = json_array_size(strings), i;
    const char **texts = calloc(count + 1, sizeof(*texts));
    for (i = 0; i < count; i++)
        texts[i] = json_string_value(json_array_get(strings, i));
    ck_assert_uint_gt(json_array_size(cases), 0);
    json_array_foreach(cases, i, row) check_tokenizer(texts, count, row);
    free(texts);
    json_decref(all);
}
END_TEST

int main(void) {
    tl_test_need_shared(FOLDER "split.json");
    Suite *suite = suite_create("data, golden");
    TCase *tests = tcase_create("golden");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, splits_are_scikit_learns);
    tcase_add_test(tests, shuffles_are_numpys);
    tcase_add_test(tests, draws_are_numpys);
    tcase_add_test(tests, padding_is_kerass);
    tcase_add_test(tests, padding_of_vectors_is_kerass);
    tcase_add_test(tests, one_hot_rows_are_kerass);
    tcase_add_test(tests, tokens_are_kerass);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
