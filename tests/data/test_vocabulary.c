/* Word indices, and texts beyond what the reference data has. */
#include "support.h"

#include "base/alloc.h"
#include "base/text.h"
#include "data/words.h"
#include "tinylstm/data.h"

#include <stdlib.h>
#include <string.h>

static void assert_lower(const char *text, const char *expected) {
    tl_text lowered = {0};
    tl_lower(&lowered, text);
    ck_assert_str_eq(lowered.bytes, expected);
    tl_text_clear(&lowered);
}

/* What Python's str.lower() gives. */
START_TEST(lower_case_is_pythons) {
    assert_lower("HELLO, World!", "hello, world!");
    assert_lower("ÀÉÎÕÜ ß Ÿ", "àéîõü ß ÿ");
    assert_lower("ŁÓDŹ ČESKÝ ĞIĲ", "łódź český ğiĳ");
    assert_lower("ПРИВЕТ Ёж", "привет ёж");
    assert_lower("ΟΔΟΣ ΣΟΦΟΣ, Σ ΑΣ.", "οδος σοφος, σ ας.");
    assert_lower("İI", "i̇i");
    assert_lower("\xff\xc3(A", "\xff\xc3(a"); /* no UTF-8 */
}
END_TEST

/* CRC-32 over the lower case of all code points below 0x110000 as little-endian int32, computed
 * with Python 3.11 (Unicode 14.0); U+0130, which becomes two, counted as 'i'. */
START_TEST(every_code_point_has_pythons_lower_case) {
    const size_t count = 0x110000;
    int32_t *lower = malloc(count * sizeof(*lower));
    for (size_t code = 0; code < count; code++)
        lower[code] = (int32_t)tl_lower_code((uint32_t)code);
    ck_assert_uint_eq(tl_test_crc32(lower, count), 1365540919u);
    free(lower);
}
END_TEST

START_TEST(an_index_is_saved_and_loaded) {
    const char *texts[] = {"the cat, the dog", "THE naïve cat"};
    const char *path = tl_test_temporary("index.json");
    tlstm_vocabulary *fitted = NULL, *loaded = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_vocabulary_fit(texts, 2, NULL, &fitted, &error), error);
    TL_ASSERT_OK(tlstm_vocabulary_save(fitted, path, &error), error);
    TL_ASSERT_OK(tlstm_vocabulary_load(path, &loaded, &error), error);
    const char *words[] = {"the", "cat", "dog", "naïve"};
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(tlstm_vocabulary_rank(loaded, words[i]), i + 1);
        ck_assert_str_eq(tlstm_vocabulary_word(loaded, i + 1), words[i]);
    }
    ck_assert_uint_eq(tlstm_vocabulary_size(loaded), 4);
    ck_assert_int_eq(tlstm_vocabulary_rank(loaded, "bird"), 0);
    ck_assert_ptr_null(tlstm_vocabulary_word(loaded, 5));
    ck_assert_ptr_null(tlstm_vocabulary_word(loaded, 0));
    ck_assert_int_eq(tlstm_vocabulary_occurrences(fitted, "the"), 3);
    ck_assert_int_eq(tlstm_vocabulary_occurrences(loaded, "the"), 0);
    tlstm_vocabulary_free(loaded);
    tlstm_vocabulary_free(fitted);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

START_TEST(files_that_are_no_index_are_refused) {
    const char *broken[] = {"",
                            "{",
                            "[1, 2]",
                            "{\"a\": 1.5}",
                            "{\"a\": \"b\"}",
                            "{\"a\": 0}",
                            "{\"a\": 99999999999}",
                            "{\"a\": 1",
                            "nonsense",
                            "{\"\xff\": 1}"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
        tlstm_vocabulary *loaded = NULL;
        tlstm_error *error = NULL;
        const char *path = tl_test_write("broken.json", broken[i], strlen(broken[i]));
        TL_ASSERT_FAILS(tlstm_vocabulary_load(path, &loaded, &error), TLSTM_ERROR_FORMAT, error,
                        "broken.json");
        ck_assert_ptr_null(loaded);
    }
    char *deep = malloc(100000);
    memset(deep, '[', 100000);
    tlstm_vocabulary *loaded = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(
        tlstm_vocabulary_load(tl_test_write("deep.json", deep, 100000), &loaded, &error),
        TLSTM_ERROR_FORMAT, error, "deep.json");
    free(deep);
}
END_TEST

/* Tokenizer(oov_token='b') after fit_on_texts(['a a b', 'c']) has the index {'b': 3, 'a': 2, 'c':
 * 4}. */
START_TEST(a_token_for_unknown_words_may_be_a_word) {
    const char *texts[] = {"a a b", "c"}, *unknown = "x c";
    tlstm_text_options options = TLSTM_TEXT_OPTIONS_INIT;
    tlstm_vocabulary *vocabulary = NULL;
    tlstm_sequences *sequences = NULL;
    tlstm_error *error = NULL;
    size_t length;
    options.oov_token = "b";
    TL_ASSERT_OK(tlstm_vocabulary_fit(texts, 2, &options, &vocabulary, &error), error);
    ck_assert_int_eq(tlstm_vocabulary_rank(vocabulary, "a"), 2);
    ck_assert_int_eq(tlstm_vocabulary_rank(vocabulary, "b"), 3);
    ck_assert_int_eq(tlstm_vocabulary_rank(vocabulary, "c"), 4);
    ck_assert_ptr_null(tlstm_vocabulary_word(vocabulary, 1));
    TL_ASSERT_OK(tlstm_texts_to_sequences(vocabulary, &unknown, 1, &options, 0, &sequences, &error),
                 error);
    const int32_t *tokens = tlstm_sequences_get(sequences, 0, &length);
    ck_assert_uint_eq(length, 2);
    ck_assert(tokens[0] == 3 && tokens[1] == 4);
    tlstm_sequences_free(sequences);
    sequences = NULL;
    options.oov_token = "missing";
    TL_ASSERT_FAILS(
        tlstm_texts_to_sequences(vocabulary, &unknown, 1, &options, 0, &sequences, &error),
        TLSTM_ERROR_ARGUMENT, error, "oov_token");
    options.oov_token = NULL;
    options.split = "";
    TL_ASSERT_FAILS(
        tlstm_texts_to_sequences(vocabulary, &unknown, 1, &options, 0, &sequences, &error),
        TLSTM_ERROR_ARGUMENT, error, "split");
    tlstm_vocabulary_free(vocabulary);
}
END_TEST

static tlstm_status fit_and_encode(void *context, tlstm_error **error) {
    tlstm_text_options options = TLSTM_TEXT_OPTIONS_INIT;
    tlstm_vocabulary *vocabulary = NULL;
    tlstm_sequences *sequences = NULL;
    const char *const *texts = context;
    options.oov_token = "<unk>";
    tlstm_status status = tlstm_vocabulary_fit(texts, 2, &options, &vocabulary, error);
    if (!status)
        status = tlstm_texts_to_sequences(vocabulary, texts, 2, &options, 3, &sequences, error);
    tlstm_sequences_free(sequences);
    tlstm_vocabulary_free(vocabulary);
    return status;
}

START_TEST(without_memory_there_is_an_error) {
    const char *texts[] = {"One two three two", "four ONE"};
    tl_test_fail_each_allocation(fit_and_encode, texts);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("vocabulary");
    TCase *tests = tcase_create("vocabulary");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, lower_case_is_pythons);
    tcase_add_test(tests, every_code_point_has_pythons_lower_case);
    tcase_add_test(tests, an_index_is_saved_and_loaded);
    tcase_add_test(tests, files_that_are_no_index_are_refused);
    tcase_add_test(tests, a_token_for_unknown_words_may_be_a_word);
    tcase_add_test(tests, without_memory_there_is_an_error);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
