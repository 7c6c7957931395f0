/* The real IMDB file through every option, against what Keras made of it. */
#include "support.h"

#include "tinylstm/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN "golden/data-utils/imdb.json"
#define DATA "imdb/imdb.npz"

static void assert_digest(const int32_t *numbers, size_t count, const json_t *side,
                          const char *key) {
    const json_t *digest = json_object_get(side, key);
    ck_assert_msg((json_int_t)count == json_integer_value(json_object_get(digest, "n")),
                  "%s: %zu elements", key, count);
    ck_assert_msg(tl_test_crc32(numbers, count) ==
                      (uint32_t)json_integer_value(json_object_get(digest, "crc32")),
                  "%s: other elements", key);
}

static void assert_labels(const tlstm_array *labels, const json_t *side, const char *key) {
    size_t count = tlstm_array_size(labels);
    const int64_t *wide = tlstm_array_data(labels);
    int32_t *narrow = calloc(count + 1, sizeof(*narrow));
    for (size_t i = 0; i < count; i++)
        narrow[i] = (int32_t)wide[i];
    assert_digest(narrow, count, side, key);
    free(narrow);
}

static tlstm_array *pad(const tlstm_sequences *sequences) {
    tlstm_pad_options options = TLSTM_PAD_OPTIONS_INIT;
    tlstm_array *padded = NULL;
    tlstm_error *error = NULL;
    options.maxlen = 100;
    TL_ASSERT_OK(tlstm_pad_sequences(sequences, &options, &padded, &error), error);
    return padded;
}

static void check_side(const tlstm_sequences *x, const tlstm_array *y, const json_t *side) {
    size_t count = tlstm_sequences_count(x), total = 0, length;
    int32_t *lengths = calloc(count + 1, sizeof(*lengths));
    for (size_t i = 0; i < count; i++) {
        tlstm_sequences_get(x, i, &length);
        lengths[i] = (int32_t)length;
        total += length;
    }
    assert_digest(lengths, count, side, "lengths");
    free(lengths);
    int32_t *tokens = calloc(total + 1, sizeof(*tokens)), *next = tokens;
    for (size_t i = 0; i < count; i++, next += length) {
        const int32_t *sequence = tlstm_sequences_get(x, i, &length);
        memcpy(next, sequence, length * sizeof(*tokens));
    }
    assert_digest(tokens, total, side, "tokens");
    free(tokens);
    assert_labels(y, side, "labels");
    tlstm_array *padded = pad(x);
    assert_digest(tlstm_array_data(padded), tlstm_array_size(padded), side, "padded_maxlen_100");
    tlstm_array_free(padded);
}

static int64_t option(const json_t *arguments, const char *key, int64_t standard, int64_t none) {
    const json_t *value = json_object_get(arguments, key);
    return !value ? standard : json_is_null(value) ? none : json_integer_value(value);
}

static tlstm_reviews *load(const json_t *arguments) {
    tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_reviews *reviews = NULL;
    tlstm_error *error = NULL;
    options.num_words = option(arguments, "num_words", 0, 0);
    options.skip_top = option(arguments, "skip_top", 0, 0);
    options.maxlen = option(arguments, "maxlen", 0, 0);
    options.seed = option(arguments, "seed", 113, 113);
    options.start_char = option(arguments, "start_char", 1, -1);
    options.oov_char = option(arguments, "oov_char", 2, -1);
    options.index_from = option(arguments, "index_from", 3, -1);
    TL_ASSERT_OK(tlstm_imdb_load(tl_test_shared(DATA), &options, &reviews, &error), error);
    return reviews;
}

static void take_and_check(const tlstm_reviews *reviews, const tlstm_array *indices,
                           const json_t *digests, const char *x_key, const char *y_key) {
    tlstm_sequences *x = NULL;
    tlstm_array *y = NULL;
    tlstm_error *error = NULL;
    const int64_t *rows = tlstm_array_data(indices);
    size_t count = tlstm_array_size(indices);
    TL_ASSERT_OK(tlstm_sequences_take(tlstm_reviews_x_train(reviews), rows, count, &x, &error),
                 error);
    TL_ASSERT_OK(tlstm_array_take(tlstm_reviews_y_train(reviews), rows, count, &y, &error), error);
    tlstm_array *padded = pad(x);
    assert_digest(tlstm_array_data(padded), tlstm_array_size(padded), digests, x_key);
    assert_labels(y, digests, y_key);
    tlstm_array_free(padded);
    tlstm_array_free(y);
    tlstm_sequences_free(x);
}

/* As the tutorial splits: train_test_split(x_train, y_train, test_size=0.2, random_state=42). */
static void check_tutorial_split(const tlstm_reviews *reviews, const json_t *digests) {
    tlstm_split_options options = TLSTM_SPLIT_OPTIONS_INIT;
    tlstm_array *train = NULL, *validation = NULL;
    tlstm_error *error = NULL;
    options.test_size = 0.2;
    options.random_state = 42;
    TL_ASSERT_OK(tlstm_train_test_split(tlstm_sequences_count(tlstm_reviews_x_train(reviews)),
                                        &options, &train, &validation, &error),
                 error);
    take_and_check(reviews, train, digests, "train_padded_100", "train_labels");
    take_and_check(reviews, validation, digests, "val_padded_100", "val_labels");
    tlstm_array_free(train);
    tlstm_array_free(validation);
}

START_TEST(load_data_is_kerass) {
    json_t *all = tl_test_json(tl_test_shared(GOLDEN)), *cases = json_object_get(all, "cases"),
           *row;
    size_t i, splits = 0;
    ck_assert_uint_gt(json_array_size(cases), 3);
    json_array_foreach(cases, i, row) {
        char *arguments = json_dumps(json_object_get(row, "arguments"), 0);
        printf("load_data(%s)\n", arguments); /* seen when a comparison fails */
        free(arguments);
        tlstm_reviews *reviews = load(json_object_get(row, "arguments"));
        check_side(tlstm_reviews_x_train(reviews), tlstm_reviews_y_train(reviews),
                   json_object_get(row, "train"));
        check_side(tlstm_reviews_x_test(reviews), tlstm_reviews_y_test(reviews),
                   json_object_get(row, "test"));
        if (json_object_get(row, "split_0.2_42")) {
            check_tutorial_split(reviews, json_object_get(row, "split_0.2_42"));
            splits++;
        }
        tlstm_reviews_free(reviews);
    }
    ck_assert_uint_ge(splits, 1);
    json_decref(all);
}
END_TEST

static void refuse(tlstm_imdb_options options, tlstm_status code, const char *part) {
    tlstm_reviews *reviews = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tlstm_imdb_load(tl_test_shared(DATA), &options, &reviews, &error), code, error,
                    part);
    ck_assert_ptr_null(reviews);
}

START_TEST(options_that_cannot_be_are_refused) {
    tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
    options.maxlen = 3;
    refuse(options, TLSTM_ERROR_VALUE, "maxlen");
    options.maxlen = 0;
    options.seed = -1;
    refuse(options, TLSTM_ERROR_ARGUMENT, "seed");
    options.seed = 113;
    options.index_from = -1;
    refuse(options, TLSTM_ERROR_ARGUMENT, "index_from");
    options.index_from = (int64_t)1 << 40;
    refuse(options, TLSTM_ERROR_ARGUMENT, "index_from");
    options.index_from = INT32_MAX;
    refuse(options, TLSTM_ERROR_VALUE, "rank");
}
END_TEST

START_TEST(typed_text_is_encoded_as_the_reviews) {
    tlstm_vocabulary *vocabulary = NULL;
    tlstm_sequences *sequences = NULL;
    tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
    tlstm_error *error = NULL;
    /* The first review of the training set, as the word index spells it; 530 is out of reach. */
    const char *text = "This film was just, BRILLIANT casting";
    const int32_t expected[] = {1, 14, 22, 16, 43, 2, 2};
    size_t length;
    TL_ASSERT_OK(
        tlstm_vocabulary_load(tl_test_shared("imdb/imdb_word_index.json"), &vocabulary, &error),
        error);
    ck_assert_uint_eq(tlstm_vocabulary_size(vocabulary), 88584);
    ck_assert_int_eq(tlstm_vocabulary_rank(vocabulary, "the"), 1);
    ck_assert_str_eq(tlstm_vocabulary_word(vocabulary, 1), "the");
    options.num_words = 500;
    TL_ASSERT_OK(tlstm_texts_to_reviews(vocabulary, &text, 1, &options, &sequences, &error), error);
    const int32_t *tokens = tlstm_sequences_get(sequences, 0, &length);
    ck_assert_uint_eq(length, 7);
    ck_assert_mem_eq(tokens, expected, sizeof(expected));
    tlstm_sequences_free(sequences);
    tlstm_vocabulary_free(vocabulary);
}
END_TEST

int main(void) {
    tl_test_need_shared(DATA);
    tl_test_need_shared(GOLDEN);
    Suite *suite = suite_create("imdb");
    TCase *tests = tcase_create("imdb");
    tcase_set_timeout(tests, 200);
    tcase_add_test(tests, load_data_is_kerass);
    tcase_add_test(tests, options_that_cannot_be_are_refused);
    tcase_add_test(tests, typed_text_is_encoded_as_the_reviews);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
