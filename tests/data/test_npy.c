/* .npy files of numbers and of pickled lists, sound and damaged. */
#include "support.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "data/bits.h"
#include "data/npy.h"
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A file with a header of version 1 that says `dictionary`. */
static const char *make_npy(const char *dictionary, const void *data, size_t size, size_t *length) {
    static char bytes[4096];
    size_t text = strlen(dictionary);
    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = (char)(text & 255);
    bytes[9] = (char)(text >> 8);
    memcpy(bytes + 10, dictionary, text);
    memcpy(bytes + 10 + text, data, size);
    *length = 10 + text + size;
    return bytes;
}

/* --- numbers --- */

START_TEST(files_are_numpys_own) {
    const float numbers[6] = {0, 1, 2, 3, 4, 5};
    const int64_t shape[2] = {2, 3};
    const char *path = tl_test_temporary("x.npy");
    tlstm_array *array = NULL, *read = NULL;
    tlstm_error *error = NULL;
    char expected[128];
    /* What numpy.save() writes before the elements. */
    snprintf(expected, sizeof(expected), "%-117s",
             "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
    TL_ASSERT_OK(tlstm_array_wrap((void *)numbers, TLSTM_FLOAT32, 2, shape, &array, &error), error);
    TL_ASSERT_OK(tlstm_array_save_npy(array, path, &error), error);
    FILE *file = fopen(path, "rb");
    char bytes[256];
    ck_assert_uint_eq(fread(bytes, 1, sizeof(bytes), file), 128 + sizeof(numbers));
    fclose(file);
    if (tl_is_little_endian()) {
        ck_assert_mem_eq(bytes, "\x93NUMPY\x01\x00v\x00", 10);
        ck_assert_mem_eq(bytes + 10, expected, 117);
        ck_assert_int_eq(bytes[127], '\n');
    }
    ck_assert_mem_eq(bytes + 128, numbers, sizeof(numbers));
    TL_ASSERT_OK(tlstm_array_load_npy(path, &read, &error), error);
    ck_assert_int_eq(tlstm_array_dtype(read), TLSTM_FLOAT32);
    ck_assert_uint_eq(tlstm_array_ndim(read), 2);
    ck_assert_mem_eq(tlstm_array_shape(read), shape, sizeof(shape));
    ck_assert_mem_eq(tlstm_array_data(read), numbers, sizeof(numbers));
    tlstm_array_free(read);
    tlstm_array_free(array);
}
END_TEST

static void assert_reads(const char *type, const void *data, size_t size, tlstm_dtype dtype,
                         double first, double second) {
    char dictionary[200];
    size_t length;
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    double values[2];
    snprintf(dictionary, sizeof(dictionary),
             "{'shape': (2L,), \"fortran_order\": False, 'descr': '%s'}\n", type);
    const char *bytes = make_npy(dictionary, data, size, &length);
    TL_ASSERT_OK(tl_npy_read(bytes, length, &array, &error), error);
    ck_assert_msg(array->dtype == dtype, "%s becomes %s", type, tl_dtype_name(array->dtype));
    ck_assert_int_eq(tl_convert(values, TLSTM_FLOAT64, array->data, dtype, 2, NULL), TLSTM_OK);
    ck_assert_msg(values[0] == first && values[1] == second, "%s: %g %g", type, values[0],
                  values[1]);
    tl_array_free(array);
}

START_TEST(every_type_and_order_is_read) {
    assert_reads("|b1", "\x01\x00", 2, TLSTM_INT32, 1, 0);
    assert_reads("|i1", "\xff\x7f", 2, TLSTM_INT32, -1, 127);
    assert_reads("|u1", "\xff\x7f", 2, TLSTM_INT32, 255, 127);
    assert_reads("<i2", "\xfe\xff\x01\x02", 4, TLSTM_INT32, -2, 513);
    assert_reads(">i2", "\xff\xfe\x02\x01", 4, TLSTM_INT32, -2, 513);
    assert_reads("<u2", "\xfe\xff\x01\x02", 4, TLSTM_INT32, 65534, 513);
    assert_reads("<i4", "\xfe\xff\xff\xff\x01\x02\x03\x04", 8, TLSTM_INT32, -2, 67305985);
    assert_reads(">i4", "\xff\xff\xff\xfe\x04\x03\x02\x01", 8, TLSTM_INT32, -2, 67305985);
    assert_reads("<u4", "\xfe\xff\xff\xff\x01\x00\x00\x00", 8, TLSTM_INT64, 4294967294.0, 1);
    assert_reads("<i8", "\xfe\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x01\x00\x00\x00", 16,
                 TLSTM_INT64, -2, 4294967296.0);
    assert_reads(">u8", "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07", 16,
                 TLSTM_INT64, 4294967296.0, 7);
    assert_reads("<f4", "\x00\x00\x80?\x00\x00\x00\xc0", 8, TLSTM_FLOAT32, 1, -2);
    assert_reads(">f4", "?\x80\x00\x00\xc0\x00\x00\x00", 8, TLSTM_FLOAT32, 1, -2);
    assert_reads(">f8", "?\xf0\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x00", 16,
                 TLSTM_FLOAT64, 1, -2);
}
END_TEST

START_TEST(fortran_order_becomes_c_order) {
    /* numpy.asfortranarray(numpy.arange(12, dtype='u1').reshape(2, 3, 2)) */
    const unsigned char stored[12] = {0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11};
    size_t length;
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    const char *bytes = make_npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }\n",
                                 stored, 12, &length);
    TL_ASSERT_OK(tl_npy_read(bytes, length, &array, &error), error);
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(((int32_t *)array->data)[i], i);
    tl_array_free(array);
}
END_TEST

START_TEST(scalars_and_empty_arrays_are_read) {
    size_t length;
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    const char *bytes =
        make_npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", "\x05", 1, &length);
    TL_ASSERT_OK(tl_npy_read(bytes, length, &array, &error), error);
    ck_assert_int_eq(((int32_t *)array->data)[0], 5);
    ck_assert_uint_eq(array->ndim, 1);
    tl_array_free(array);
    bytes =
        make_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904), }",
                 "", 0, &length);
    TL_ASSERT_OK(tl_npy_read(bytes, length, &array, &error), error);
    ck_assert_uint_eq(array->size, 0);
    tl_array_free(array);
}
END_TEST

START_TEST(headers_that_cannot_be_are_refused) {
    static const struct {
        const char *dictionary;
        tlstm_status code;
        const char *part;
    } cases[] = {
        {"", TLSTM_ERROR_FORMAT, "no dictionary"},
        {"{}", TLSTM_ERROR_FORMAT, "missing"},
        {"{'descr': '<f4', 'fortran_order': False}", TLSTM_ERROR_FORMAT, "missing"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", TLSTM_ERROR_FORMAT, "fortran"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", TLSTM_ERROR_FORMAT,
         "dimension"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1", TLSTM_ERROR_FORMAT, "shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", TLSTM_ERROR_FORMAT, "behind"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
         TLSTM_ERROR_FORMAT, "twice"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", TLSTM_ERROR_FORMAT,
         "unknown key"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
         TLSTM_ERROR_FORMAT, "larger"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}",
         TLSTM_ERROR_FORMAT, "cut off"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
         TLSTM_ERROR_FORMAT, "number"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", TLSTM_ERROR_FORMAT, "cut off"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", TLSTM_ERROR_UNSUPPORTED, "<c8"},
        {"{'descr': '<U9', 'fortran_order': False, 'shape': (1,)}", TLSTM_ERROR_UNSUPPORTED, "<U9"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
         TLSTM_ERROR_UNSUPPORTED, "structured"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", TLSTM_ERROR_UNSUPPORTED,
         "Python objects"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1)}", TLSTM_ERROR_UNSUPPORTED,
         "dimensions"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length;
        tlstm_array *array = NULL;
        tlstm_error *error = NULL;
        const char *bytes = make_npy(cases[i].dictionary, "12345678", 8, &length);
        TL_ASSERT_FAILS(tl_npy_read(bytes, length, &array, &error), cases[i].code, error,
                        cases[i].part);
        ck_assert_ptr_null(array);
    }
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

START_TEST(lengths_of_headers_are_not_believed) {
    const char *broken[] = {"\x93NUMPY\x01\x00\xff\xff{}", "\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
                            "\x93NUMPY\x03\x00\x00\x00\x00\x80{}", "\x93NUMPY\x02\x00\x05\x00"};
    const size_t lengths[] = {12, 14, 14, 10};
    tlstm_array *array = NULL;
    tlstm_error *error = NULL;
    for (size_t i = 0; i < 4; i++)
        TL_ASSERT_FAILS(tl_npy_read(broken[i], lengths[i], &array, &error), TLSTM_ERROR_FORMAT,
                        error, "cut off");
    TL_ASSERT_FAILS(tl_npy_read("\x93NUMPY\x09\x00\x00\x00", 10, &array, &error),
                    TLSTM_ERROR_UNSUPPORTED, error, "version 9");
    TL_ASSERT_FAILS(tl_npy_read("PK", 2, &array, &error), TLSTM_ERROR_FORMAT, error, "not a npy");
}
END_TEST

/* --- pickled lists --- */

static tlstm_status read_sample(const sample *from, tlstm_sequences **sequences,
                                tlstm_error **error) {
    return tl_npy_read_sequences(from->bytes, from->length, sequences, error);
}

static void assert_sequences(const tlstm_sequences *got, const int32_t *tokens,
                             const size_t *lengths, size_t count) {
    ck_assert_uint_eq(got->count, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(got->offsets[i + 1] - got->offsets[i], lengths[i]);
        for (size_t k = 0; k < lengths[i]; k++)
            ck_assert_int_eq(got->tokens[got->offsets[i] + k], *tokens++);
    }
}

static void check_samples(const sample *samples, size_t count, const int32_t *tokens,
                          const size_t *lengths, size_t sequences) {
    for (size_t i = 0; i < count; i++) {
        tlstm_sequences *got = NULL;
        tlstm_error *error = NULL;
        tlstm_status status = read_sample(&samples[i], &got, &error);
        ck_assert_msg(status == TLSTM_OK, "%s: %s", samples[i].name, tlstm_error_message(error));
        assert_sequences(got, tokens, lengths, sequences);
        tl_sequences_free(got);
    }
}

START_TEST(lists_of_every_protocol_are_read) {
    const int32_t tokens[] = {1, 2, 300, 70000, -1, 5}, matrix[] = {1, 2, 3, 70000, 5, 6};
    const size_t lengths[] = {3, 0, 2, 1}, rows[] = {2, 2, 2};
    check_samples(lists_samples, COUNT(lists_samples), tokens, lengths, 4);
    check_samples(vectors_samples, COUNT(vectors_samples), tokens, lengths, 4);
    check_samples(big_endian_samples, COUNT(big_endian_samples), tokens, lengths, 4);
    check_samples(numpy_integers_samples, COUNT(numpy_integers_samples), tokens, lengths, 4);
    check_samples(matrix_samples, COUNT(matrix_samples), matrix, rows, 3);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

static void refuse_pickle(const char *pickle, size_t size, const char *part) {
    size_t length;
    tlstm_sequences *got = NULL;
    tlstm_error *error = NULL;
    const char *bytes = make_npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
                                 pickle, size, &length);
    TL_ASSERT_FAILS(tl_npy_read_sequences(bytes, length, &got, &error), TLSTM_ERROR_FORMAT, error,
                    part);
    ck_assert_ptr_null(got);
}

#define REFUSE(pickle, part) refuse_pickle(pickle, sizeof(pickle) - 1, part)

START_TEST(pickles_that_do_other_things_are_refused) {
    REFUSE("\x80\x03"
           "cos\nsystem\nX\x02\x00\x00\x00ls\x85R.",
           "byte 2: the name os.system");
    REFUSE("\x80\x04\x8c\x08"
           "builtins\x8c\x04"
           "eval\x93.",
           "the name builtins.eval");
    REFUSE("\x80\x02}q\x00.", "byte 2: opcode EMPTY_DICT");
    REFUSE("\x80\x02]\x81.", "byte 3: opcode NEWOBJ");
    REFUSE("\x80\x02]\x82\x01.", "opcode EXT1");
    REFUSE("\x80\x02Pid\n.", "opcode PERSID");
    REFUSE("(ios\nsystem\n.", "opcode INST");
    REFUSE("\x80\x05]\x97.", "opcode NEXT_BUFFER");
    REFUSE("\x80\x02G\x00\x00\x00\x00\x00\x00\x00\x00.", "opcode BINFLOAT");
    REFUSE("\x80\x02\xfe.", "0xfe is not an opcode");
    REFUSE("\x80\x07.", "protocol from 2 to 5");
}
END_TEST

START_TEST(pickles_that_make_no_sense_are_refused) {
    REFUSE("", "cut off");
    REFUSE("\x80\x02.", "other than one object");
    REFUSE("\x80\x02]].", "other than one object");
    REFUSE("\x80\x02].", "not an array");
    REFUSE("\x80\x02"
           "0.",
           "stack is empty");
    REFUSE("\x80\x02"
           "e.",
           "no mark");
    REFUSE("\x80\x02(K\x01"
           "e.",
           "no list");
    REFUSE("\x80\x02]K\x01(a.", "stack is empty");
    REFUSE("\x80\x02K\x01K\x02"
           "R.",
           "a call without");
    REFUSE("\x80\x02K\x01)b.", "a state for what has none");
    REFUSE("\x80\x02h\x05.", "memo");
    REFUSE("\x80\x02]r\xff\xff\xff\xff.", "memo index");
    REFUSE("\x80\x02X\xff\xff\xff\xff.", "cut off");
    REFUSE("\x80\x05\x8e\xff\xff\xff\xff\xff\xff\xff\xff.", "cut off");
    REFUSE("\x80\x02\x8a\x09"
           "123456789.",
           "64 bits");
    REFUSE("\x80\x02"
           "cnumpy\nndarray\n)R.",
           "no function");
    REFUSE("\x80\x02"
           "cnumpy\ndtype\nX\x02\x00\x00\x00"
           "f8\x85R.",
           "neither objects nor integers");
    REFUSE("\x80\x02"
           "c_codecs\nencode\nX\x03\x00\x00\x00\xe2\x82\xacX\x06\x00\x00\x00"
           "latin1\x86R.",
           "latin1");
    REFUSE("\x80\x02((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((.",
           "nested too deep");
}
END_TEST

/* Whatever byte is damaged or missing: an error or an answer, and nothing left behind. */
static void damage(const sample *from) {
    char *bytes = malloc(from->length);
    for (size_t length = 0; length < from->length; length++) {
        memcpy(bytes, from->bytes, length);
        tlstm_sequences *got = NULL;
        tlstm_error *error = NULL;
        char *exact = malloc(length ? length : 1); /* so that a sanitizer sees one byte too many */
        memcpy(exact, bytes, length);
        TL_ASSERT_FAILS(tl_npy_read_sequences(exact, length, &got, &error), TLSTM_ERROR_FORMAT,
                        error, "");
        free(exact);
    }
    tl_rng random = tl_rng_new(11, from->length);
    for (size_t i = 0; i < from->length * 8; i++) {
        memcpy(bytes, from->bytes, from->length);
        bytes[i / 8] = (char)tl_rng_bits(&random);
        if (i % 3 == 0)
            bytes[tl_rng_below(&random, from->length)] = (char)tl_rng_bits(&random);
        tlstm_sequences *got = NULL;
        tlstm_error *error = NULL;
        tlstm_status status = tl_npy_read_sequences(bytes, from->length, &got, &error);
        ck_assert((status == TLSTM_OK) == (got != NULL));
        ck_assert((status == TLSTM_OK) == (error == NULL));
        tl_sequences_free(got);
        tlstm_error_free(error);
    }
    free(bytes);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}

START_TEST(damaged_files_do_no_harm) {
    for (size_t i = 0; i < COUNT(lists_samples); i++) {
        damage(&lists_samples[i]);
        damage(&vectors_samples[i]);
        damage(&numpy_integers_samples[i]);
        damage(&matrix_samples[i]);
    }
}
END_TEST

static tlstm_status read_in_memory(void *context, tlstm_error **error) {
    tlstm_sequences *got = NULL;
    tlstm_status status = read_sample(context, &got, error);
    tl_sequences_free(got);
    return status;
}

START_TEST(without_memory_there_is_an_error) {
    for (size_t i = 0; i < COUNT(lists_samples); i++) {
        tl_test_fail_each_allocation(read_in_memory, (void *)&lists_samples[i]);
        tl_test_fail_each_allocation(read_in_memory, (void *)&vectors_samples[i]);
        tl_test_fail_each_allocation(read_in_memory, (void *)&matrix_samples[i]);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("npy");
    TCase *tests = tcase_create("npy");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, files_are_numpys_own);
    tcase_add_test(tests, every_type_and_order_is_read);
    tcase_add_test(tests, fortran_order_becomes_c_order);
    tcase_add_test(tests, scalars_and_empty_arrays_are_read);
    tcase_add_test(tests, headers_that_cannot_be_are_refused);
    tcase_add_test(tests, lengths_of_headers_are_not_believed);
    tcase_add_test(tests, lists_of_every_protocol_are_read);
    tcase_add_test(tests, pickles_that_do_other_things_are_refused);
    tcase_add_test(tests, pickles_that_make_no_sense_are_refused);
    tcase_add_test(tests, damaged_files_do_no_harm);
    tcase_add_test(tests, without_memory_there_is_an_error);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
