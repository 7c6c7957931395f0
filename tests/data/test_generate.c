/* The generated reviews: the same for ever, balanced, and of words of the vocabulary. */
#include "support.h"

#include "base/alloc.h"
#include "tinylstm/data.h"

#include <string.h>

static tlstm_reviews *generate(size_t train, size_t test, uint64_t seed) {
    tlstm_reviews *reviews = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_reviews_generate(train, test, seed, &reviews, &error), error);
    return reviews;
}

static int same(const tlstm_sequences *a, size_t i, const tlstm_sequences *b, size_t k) {
    size_t length, other;
    const int32_t *x = tlstm_sequences_get(a, i, &length), *y = tlstm_sequences_get(b, k, &other);
    return length == other && memcmp(x, y, length * sizeof(*x)) == 0;
}

START_TEST(reviews_depend_on_seed_and_number_alone) {
    tlstm_reviews *few = generate(10, 10, 5), *many = generate(40, 12, 5),
                  *other = generate(10, 10, 6);
    for (size_t i = 0; i < 10; i++) {
        ck_assert(same(tlstm_reviews_x_train(few), i, tlstm_reviews_x_train(many), i));
        ck_assert(same(tlstm_reviews_x_test(few), i, tlstm_reviews_x_test(many), i));
        ck_assert(!same(tlstm_reviews_x_train(few), i, tlstm_reviews_x_train(other), i));
        ck_assert(!same(tlstm_reviews_x_train(few), i, tlstm_reviews_x_test(few), i));
    }
    tlstm_reviews_free(few);
    tlstm_reviews_free(many);
    tlstm_reviews_free(other);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

START_TEST(labels_are_balanced) {
    tlstm_reviews *reviews = generate(1000, 400, 1);
    const tlstm_array *sides[] = {tlstm_reviews_y_train(reviews), tlstm_reviews_y_test(reviews)};
    for (int s = 0; s < 2; s++) {
        int64_t good = 0;
        for (size_t i = 0; i < tlstm_array_size(sides[s]); i++)
            good += ((const int64_t *)tlstm_array_data(sides[s]))[i];
        ck_assert_int_eq(2 * good, tlstm_array_size(sides[s]));
    }
    tlstm_reviews_free(reviews);
}
END_TEST

START_TEST(reviews_are_made_of_the_vocabulary) {
    tlstm_reviews *reviews = generate(500, 0, 3);
    tlstm_vocabulary *vocabulary = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_vocabulary_generate(&vocabulary, &error), error);
    ck_assert_uint_le(tlstm_vocabulary_size(vocabulary), 496); /* num_words=500 keeps all */
    for (size_t i = 0; i < 500; i++) {
        size_t length;
        const int32_t *tokens = tlstm_sequences_get(tlstm_reviews_x_train(reviews), i, &length);
        ck_assert(length >= 60 && length <= 250);
        ck_assert_int_eq(tokens[0], 1);
        for (size_t k = 1; k < length; k++)
            ck_assert(tokens[k] == 2 || tlstm_vocabulary_word(vocabulary, tokens[k] - 3) != NULL);
    }
    tlstm_vocabulary_free(vocabulary);
    tlstm_reviews_free(reviews);
}
END_TEST

/* How often a word stands in good reviews, of all times it stands somewhere. */
static double share_of_good(const tlstm_reviews *reviews, int32_t token) {
    const int64_t *labels = tlstm_array_data(tlstm_reviews_y_train(reviews));
    size_t good = 0, all = 0, length;
    for (size_t i = 0; i < tlstm_array_size(tlstm_reviews_y_train(reviews)); i++) {
        const int32_t *tokens = tlstm_sequences_get(tlstm_reviews_x_train(reviews), i, &length);
        for (size_t k = 0; k < length; k++) {
            all += tokens[k] == token;
            good += tokens[k] == token && labels[i];
        }
    }
    return (double)good / (double)all;
}

/* The words of feeling lean to their side, but far from decide: the rest is in the order. */
START_TEST(single_words_tell_little) {
    tlstm_reviews *reviews = generate(4000, 0, 9);
    tlstm_vocabulary *vocabulary = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_vocabulary_generate(&vocabulary, &error), error);
    double good = share_of_good(reviews, (int32_t)tlstm_vocabulary_rank(vocabulary, "good") + 3);
    double bad = share_of_good(reviews, (int32_t)tlstm_vocabulary_rank(vocabulary, "bad") + 3);
    double negation = share_of_good(reviews, (int32_t)tlstm_vocabulary_rank(vocabulary, "not") + 3);
    ck_assert(good > 0.55 && good < 0.75);
    ck_assert(bad < 0.45 && bad > 0.25);
    ck_assert(negation > 0.45 && negation < 0.55);
    tlstm_vocabulary_free(vocabulary);
    tlstm_reviews_free(reviews);
}
END_TEST

static tlstm_status generate_in_memory(void *context, tlstm_error **error) {
    tlstm_reviews *reviews = NULL;
    (void)context;
    tlstm_status status = tlstm_reviews_generate(3, 2, 1, &reviews, error);
    tlstm_reviews_free(reviews);
    return status;
}

START_TEST(without_memory_there_is_an_error) {
    tl_test_fail_each_allocation(generate_in_memory, NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("generate");
    TCase *tests = tcase_create("generate");
    tcase_add_test(tests, reviews_depend_on_seed_and_number_alone);
    tcase_add_test(tests, labels_are_balanced);
    tcase_add_test(tests, reviews_are_made_of_the_vocabulary);
    tcase_add_test(tests, single_words_tell_little);
    tcase_add_test(tests, without_memory_there_is_an_error);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
