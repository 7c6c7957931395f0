#include "support.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_number(double value, const char *expected) {
    tl_text text = {0};
    tl_text_number(&text, value);
    ck_assert_str_eq(text.bytes, expected);
    tl_text_clear(&text);
}

static void assert_float(float value, const char *expected) {
    tl_text text = {0};
    tl_text_float(&text, value);
    ck_assert_str_eq(text.bytes, expected);
    tl_text_clear(&text);
}

/* What Python's repr() says. */
START_TEST(numbers_are_as_short_as_can_be) {
    assert_number(1, "1.0");
    assert_number(-0.0, "-0.0");
    assert_number(0.1, "0.1");
    assert_number(1.0 / 3, "0.3333333333333333");
    assert_number(1e-7, "1e-07");
    assert_number(1e16, "1e+16");
    assert_number(123456.789, "123456.789");
    assert_number(DBL_MAX, "1.7976931348623157e+308");
    assert_number(5e-324, "5e-324");
    assert_number(2.2250738585072014e-308, "2.2250738585072014e-308");
    assert_number(NAN, "nan");
    assert_number(INFINITY, "inf");
    assert_number(-INFINITY, "-inf");
    assert_float(0.1f, "0.1");
    assert_float(1.0f / 3, "0.33333334");
    assert_float(16777216.0f, "16777216.0");
    assert_float(FLT_MAX, "3.4028235e+38");
    assert_float(1e-45f, "1e-45");
}
END_TEST

START_TEST(numbers_read_back) {
    tl_rng random = tl_rng_new(1, 2);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)tl_rng_bits(&random) << 32 | tl_rng_bits(&random);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value))
            continue;
        tl_text text = {0};
        tl_text_number(&text, value);
        ck_assert(strtod(text.bytes, NULL) == value);
        tl_text_clear(&text);
        if (fabs(value) > (double)FLT_MAX)
            continue;
        tl_text_float(&text, (float)value);
        ck_assert(strtof(text.bytes, NULL) == (float)value);
        tl_text_clear(&text);
    }
}
END_TEST

START_TEST(the_locale_does_not_matter) {
    const char *names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ru_RU.UTF-8"};
    for (size_t i = 0; i < 4 && !setlocale(LC_ALL, names[i]); i++)
        continue; /* where none of them is installed this repeats the plain case */
    char *end;
    assert_number(2.5, "2.5");
    ck_assert(tl_parse_number("2.5x", &end) == 2.5);
    ck_assert_str_eq(end, "x");
    tl_text text = {0};
    tl_text_format(&text, "%.3f", 0.125);
    ck_assert_str_eq(text.bytes, "0.125");
    tl_text_clear(&text);
    setlocale(LC_ALL, "C");
}
END_TEST

START_TEST(text_grows) {
    tl_text text = {0};
    for (int i = 0; i < 1000; i++)
        tl_text_format(&text, "%d,", i);
    tl_text_repeat(&text, "ab", 3);
    tl_text_append_bytes(&text, "xyz", 2);
    ck_assert_uint_eq(text.length, 10 * 2 + 90 * 3 + 900 * 4 + 8);
    ck_assert_uint_eq(strlen(text.bytes), text.length);
    ck_assert_str_eq(text.bytes + text.length - 12, "999,abababxy");
    char *bytes = tl_text_take(&text);
    ck_assert_ptr_null(text.bytes);
    tl_free(bytes);
    bytes = tl_text_take(&text);
    ck_assert_str_eq(bytes, "");
    tl_free(bytes);
}
END_TEST

static tlstm_status append_much(void *context, tlstm_error **error) {
    (void)context;
    tl_text text = {0};
    for (int i = 0; i < 40; i++)
        tl_text_append(&text, "forty characters stand in this sentence.");
    tl_text_number(&text, 0.5);
    char *bytes = tl_text_take(&text);
    if (!bytes)
        return tl_fail_memory(error);
    ck_assert_uint_eq(strlen(bytes), 1603);
    tl_free(bytes);
    return TLSTM_OK;
}

START_TEST(a_failed_append_is_seen_at_the_end) {
    tl_test_fail_each_allocation(append_much, NULL);
}
END_TEST

START_TEST(ends_and_paths) {
    ck_assert_int_eq(tl_text_ends_in("model.h5", ".h5"), 1);
    ck_assert_int_eq(tl_text_ends_in(".h5", ".h5"), 1);
    ck_assert_int_eq(tl_text_ends_in("h5", ".h5"), 0);
    ck_assert_int_eq(tl_text_ends_in("model.h5x", ".h5"), 0);
    ck_assert_int_eq(tl_text_ends_in("model", ""), 1);
    char *path = tl_text_join("/model_weights", "lstm");
    ck_assert_str_eq(path, "/model_weights/lstm");
    tl_free(path);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, numbers_are_as_short_as_can_be);
    tcase_add_test(tests, numbers_read_back);
    tcase_add_test(tests, the_locale_does_not_matter);
    tcase_add_test(tests, text_grows);
    tcase_add_test(tests, ends_and_paths);
    tcase_add_test(tests, a_failed_append_is_seen_at_the_end);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
