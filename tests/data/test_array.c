/* Arrays, sequences and the arguments that the calls on them refuse. */
#include "support.h"

#include "base/alloc.h"
#include "data/array.h"

#include <math.h>
#include <string.h>

START_TEST(an_array_knows_its_shape) {
    const int64_t shape[] = {2, 0, 3}, whole[] = {2, 3};
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_array_new(TLSTM_INT64, 3, shape, &array, &error), error);
    ck_assert_uint_eq(tlstm_array_size(array), 0);
    tlstm_array_free(array);
    TL_ASSERT_OK(tlstm_array_new(TLSTM_FLOAT64, 2, whole, &array, &error), error);
    ck_assert_uint_eq(tlstm_array_size(array), 6);
    for (int i = 0; i < 6; i++)
        ck_assert(((const double *)tlstm_array_data(array))[i] == 0);
    tlstm_array_free(array);
}
END_TEST

START_TEST(shapes_that_cannot_be_are_refused) {
    const int64_t negative[] = {2, -1}, huge[] = {INT64_MAX, 16}, five[] = {1, 1, 1, 1, 1};
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tlstm_array_new(TLSTM_INT32, 2, negative, &array, &error), TLSTM_ERROR_SHAPE,
                    error, "-1");
    TL_ASSERT_FAILS(tlstm_array_new(TLSTM_INT32, 2, huge, &array, &error), TLSTM_ERROR_SHAPE, error,
                    "memory");
    TL_ASSERT_FAILS(tlstm_array_new(TLSTM_INT32, 5, five, &array, &error), TLSTM_ERROR_SHAPE, error,
                    "got 5");
    TL_ASSERT_FAILS(tlstm_array_new(TLSTM_INT32, 0, five, &array, &error), TLSTM_ERROR_SHAPE, error,
                    "got 0");
    TL_ASSERT_FAILS(tlstm_array_new(9, 1, five, &array, &error), TLSTM_ERROR_ARGUMENT, error,
                    "dtype");
    TL_ASSERT_FAILS(tlstm_array_new(TLSTM_INT32, 1, NULL, &array, &error), TLSTM_ERROR_ARGUMENT,
                    error, "shape: must not be NULL");
    ck_assert_ptr_null(array);
}
END_TEST

START_TEST(rows_are_taken) {
    int32_t numbers[] = {0, 1, 10, 11, 20, 21};
    const int64_t shape[] = {3, 2}, rows[] = {2, 0, 2}, outside[] = {3}, before[] = {-1};
    const int32_t expected[] = {20, 21, 0, 1, 20, 21};
    tlstm_array *array = NULL, *taken = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_array_wrap(numbers, TLSTM_INT32, 2, shape, &array, &error), error);
    TL_ASSERT_OK(tlstm_array_take(array, rows, 3, &taken, &error), error);
    ck_assert_mem_eq(tlstm_array_data(taken), expected, sizeof(expected));
    ck_assert_int_eq(tlstm_array_shape(taken)[0], 3);
    tlstm_array_free(taken);
    TL_ASSERT_OK(tlstm_array_take(array, NULL, 0, &taken, &error), error);
    ck_assert_uint_eq(tlstm_array_size(taken), 0);
    tlstm_array_free(taken);
    TL_ASSERT_FAILS(tlstm_array_take(array, outside, 1, &taken, &error), TLSTM_ERROR_VALUE, error,
                    "index 3");
    TL_ASSERT_FAILS(tlstm_array_take(array, before, 1, &taken, &error), TLSTM_ERROR_VALUE, error,
                    "index -1");
    tlstm_array_free(array);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

static void refuse(tlstm_dtype to, double number) {
    char target[8];
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_convert(target, to, &number, TLSTM_FLOAT64, 1, &error), TLSTM_ERROR_VALUE,
                    error, "position 0");
}

START_TEST(numbers_that_do_not_fit_are_refused) {
    double fraction = -2147483648.75;
    int32_t cut = 0;
    ck_assert_int_eq(tl_convert(&cut, TLSTM_INT32, &fraction, TLSTM_FLOAT64, 1, NULL), TLSTM_OK);
    ck_assert_int_eq(cut, INT32_MIN);
    refuse(TLSTM_INT32, 2147483648.0);
    refuse(TLSTM_INT32, NAN);
    refuse(TLSTM_INT64, 9223372036854775808.0);
    refuse(TLSTM_INT64, -INFINITY);
}
END_TEST

START_TEST(classes_out_of_range_are_refused) {
    int32_t numbers[] = {0, -1, 2};
    const int64_t shape[] = {3};
    tlstm_array *classes = NULL, *one_hot = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_array_wrap(numbers, TLSTM_INT32, 1, shape, &classes, &error), error);
    TL_ASSERT_OK(tlstm_to_categorical(classes, 0, &one_hot, &error), error);
    const float expected[] = {1, 0, 0, 0, 0, 1, 0, 0, 1}; /* as Keras: -1 is the last class */
    ck_assert_mem_eq(tlstm_array_data(one_hot), expected, sizeof(expected));
    tlstm_array_free(one_hot);
    one_hot = NULL;
    TL_ASSERT_FAILS(tlstm_to_categorical(classes, 2, &one_hot, &error), TLSTM_ERROR_VALUE, error,
                    "class 2 at position 2");
    numbers[2] = -4;
    TL_ASSERT_FAILS(tlstm_to_categorical(classes, 3, &one_hot, &error), TLSTM_ERROR_VALUE, error,
                    "class -4");
    tlstm_array_free(classes);
}
END_TEST

START_TEST(newer_options_are_read_when_zero) {
    struct {
        tlstm_pad_options known;
        double unknown;
    } newer = {TLSTM_PAD_OPTIONS_INIT, 0};
    const int32_t token = 7;
    const size_t length = 1;
    tlstm_sequences *sequences = NULL;
    tlstm_array *padded = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_sequences_new(&token, &length, 1, &sequences, &error), error);
    newer.known.struct_size = sizeof(newer);
    TL_ASSERT_OK(tlstm_pad_sequences(sequences, &newer.known, &padded, &error), error);
    tlstm_array_free(padded);
    padded = NULL;
    newer.unknown = 1;
    TL_ASSERT_FAILS(tlstm_pad_sequences(sequences, &newer.known, &padded, &error),
                    TLSTM_ERROR_UNSUPPORTED, error, "does not know");
    newer.known.struct_size = 0;
    TL_ASSERT_FAILS(tlstm_pad_sequences(sequences, &newer.known, &padded, &error),
                    TLSTM_ERROR_ARGUMENT, error, "struct_size");
    newer.known.struct_size = sizeof(newer.known);
    newer.known.padding = 2;
    TL_ASSERT_FAILS(tlstm_pad_sequences(sequences, &newer.known, &padded, &error),
                    TLSTM_ERROR_ARGUMENT, error, "padding");
    newer.known.padding = TLSTM_PRE;
    newer.known.value = NAN;
    TL_ASSERT_FAILS(tlstm_pad_sequences(sequences, &newer.known, &padded, &error),
                    TLSTM_ERROR_VALUE, error, "value");
    tlstm_sequences_free(sequences);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("array");
    TCase *tests = tcase_create("array");
    tcase_add_test(tests, an_array_knows_its_shape);
    tcase_add_test(tests, shapes_that_cannot_be_are_refused);
    tcase_add_test(tests, rows_are_taken);
    tcase_add_test(tests, numbers_that_do_not_fit_are_refused);
    tcase_add_test(tests, classes_out_of_range_are_refused);
    tcase_add_test(tests, newer_options_are_read_when_zero);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
