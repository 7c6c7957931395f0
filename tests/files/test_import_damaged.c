/* Files of weights that are cut off, damaged or made to do harm: refused with the place, the model
 * as it was. */
#include "support.h"

#include "base/alloc.h"
#include "data/floats.h"
#include "data/zip.h"
#include "tinylstm/tinylstm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER TL_SOURCE_ROOT "/tests/files/weights/"

/* ---- A model: Dense 3 to 2 named "fc", without bias ---- */

static tlstm_model *make_model(void) {
    const int64_t shape[] = {3};
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    tlstm_dense_options options = TLSTM_DENSE_OPTIONS_INIT;
    options.name = "fc";
    options.use_bias = 0;
    TL_ASSERT_OK(tlstm_model_new(NULL, 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_add_input(model, 1, shape, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_dense(model, 2, TLSTM_LINEAR, &options, &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    return model;
}

static void get_kernel(const tlstm_model *model, float *kernel) {
    tlstm_array *value = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_get_layer_weight(model, "fc", "kernel", &value, &error), error);
    memcpy(kernel, tlstm_array_data(value), 6 * sizeof *kernel);
    tlstm_array_free(value);
}

static void check_refused(const void *bytes, size_t length, tlstm_status code, const char *part) {
    tlstm_model *model = make_model();
    tlstm_error *error = NULL;
    float before[6], after[6];
    get_kernel(model, before);
    TL_ASSERT_FAILS(tlstm_model_import_weights_memory(model, bytes, length, NULL, &error), code,
                    error, part);
    get_kernel(model, after);
    ck_assert_mem_eq(before, after, sizeof after);
    tlstm_model_free(model);
}

/* ---- .safetensors ---- */

/* Eight bytes of length, the header, `size` bytes of data: 0, 1, 2, ... as floats where it is 24.
 */
static size_t make_file(unsigned char *file, const char *header, uint64_t length, size_t size) {
    const size_t text = strlen(header);
    for (size_t i = 0; i < 8; i++)
        file[i] = (unsigned char)(length >> 8 * i);
    memcpy(file + 8, header, text);
    memset(file + 8 + text, 0, size);
    for (size_t i = 0; i < size / 4 && size == 24; i++)
        memcpy(file + 8 + text + 4 * i, &(float){(float)i}, 4);
    return 8 + text + size;
}

static const struct {
    const char *header;
    size_t size;
    tlstm_status status;
    const char *part;
} headers[] = {
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,28]}}", 24,
     TLSTM_ERROR_FORMAT, "fc.kernel: its data_offsets, 0 to 28, are not inside"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[24,0]}}", 24,
     TLSTM_ERROR_FORMAT, "24 to 0"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[-24,0]}}", 24,
     TLSTM_ERROR_FORMAT, "two positions"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0]}}", 24,
     TLSTM_ERROR_FORMAT, "two positions"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24.0]}}", 24,
     TLSTM_ERROR_FORMAT, "two positions"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,"
     "18446744073709551640]}}",
     24, TLSTM_ERROR_FORMAT, "header"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,3],\"data_offsets\":[0,24]}}", 24,
     TLSTM_ERROR_FORMAT, "do not fit the 24 bytes"},
    {"{\"fc.kernel\":{\"dtype\":\"F16\",\"shape\":[3,2],\"data_offsets\":[0,24]}}", 24,
     TLSTM_ERROR_FORMAT, "do not fit"},
    /* 2^62 * 4 and 2^32 * 2^32 are nothing in 64 bits */
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}",
     0, TLSTM_ERROR_FORMAT, "do not fit"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
     0, TLSTM_ERROR_FORMAT, "larger than memory"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[-3,-2],\"data_offsets\":[0,24]}}", 24,
     TLSTM_ERROR_FORMAT, "no list of sizes"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":6,\"data_offsets\":[0,24]}}", 24,
     TLSTM_ERROR_FORMAT, "no shape"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[1,1,1,3,2],\"data_offsets\":[0,24]}}", 24,
     TLSTM_ERROR_UNSUPPORTED, "more than 4 dimensions"},
    {"{\"fc.kernel\":{\"shape\":[3,2],\"data_offsets\":[0,24]}}", 24, TLSTM_ERROR_FORMAT,
     "no dtype"},
    {"{\"fc.kernel\":[3,2]}", 24, TLSTM_ERROR_FORMAT, "no dtype"},
    {"{\"fc.kernel\":{\"dtype\":\"F4\",\"shape\":[3,2],\"data_offsets\":[0,24]}}", 24,
     TLSTM_ERROR_UNSUPPORTED, "\"F4\" is unknown"},
    {"{\"fc.kernel\":{\"dtype\":\"I32\",\"shape\":[3,2],\"data_offsets\":[0,24]}}", 24,
     TLSTM_ERROR_UNSUPPORTED, "fc.kernel: its elements are not"},
    {"{\"fc.kernel\":{\"dtype\":\"F8_E4M3\",\"shape\":[3,2],\"data_offsets\":[0,6]}}", 6,
     TLSTM_ERROR_UNSUPPORTED, "fc.kernel: its elements are not"},
    /* two that share bytes, one that begins late, bytes of nobody behind the last */
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},\"b\":{\"dtype\":"
     "\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}",
     24, TLSTM_ERROR_FORMAT, "b: its bytes overlap"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},\"b\":{\"dtype\":"
     "\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}}",
     24, TLSTM_ERROR_FORMAT, "overlap"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[4,28]}}", 28,
     TLSTM_ERROR_FORMAT, "of no array"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}}", 28,
     TLSTM_ERROR_FORMAT, "4 bytes more"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]},\"fc.kernel\":{"
     "\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}}",
     24, TLSTM_ERROR_FORMAT, "header"},
    {"{\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}", 24,
     TLSTM_ERROR_FORMAT, "header"},
    {"{}", 0, TLSTM_ERROR_SHAPE, "fc/kernel: no array is it"},
    {"{\"__metadata__\":{\"format\":\"pt\"}}", 0, TLSTM_ERROR_SHAPE, "fc/kernel"},
};

START_TEST(headers_that_lie) {
    unsigned char file[1024];
    const size_t text = strlen(headers[_i].header);
    const size_t length = make_file(file, headers[_i].header, text, headers[_i].size);
    check_refused(file, length, headers[_i].status, headers[_i].part);
}
END_TEST

static const char sound[] =
    "{\"__metadata__\":{\"a\":\"b\"},\"fc.kernel\":{\"dtype\":\"F32\",\"shape\":[3,2],"
    "\"data_offsets\":[0,24]}}      ";

START_TEST(a_sound_file_beside_them) {
    unsigned char file[1024];
    tlstm_model *model = make_model();
    tlstm_error *error = NULL;
    float kernel[6];
    const size_t length = make_file(file, sound, strlen(sound), 24);
    TL_ASSERT_OK(tlstm_model_import_weights_memory(model, file, length, NULL, &error), error);
    get_kernel(model, kernel);
    for (size_t i = 0; i < 6; i++)
        ck_assert_float_eq(kernel[i], (float)i);
    tlstm_model_free(model);
}
END_TEST

START_TEST(lengths_that_lie) {
    unsigned char file[1024];
    static const uint64_t lengths[] = {
        0, 1, 200, 1000000, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 32, (uint64_t)1 << 63};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        const size_t length = make_file(file, sound, lengths[i], 24);
        check_refused(file, length, TLSTM_ERROR_FORMAT, "header");
    }
    check_refused("", 0, TLSTM_ERROR_FORMAT, "empty");
    check_refused("none", 4, TLSTM_ERROR_FORMAT, "neither");
}
END_TEST

/* ---- .npz ---- */

typedef struct member {
    const char *name;
    const char *header; /* NULL: no .npy */
    size_t size;        /* of the elements, all zero */
} member;

#define HEAD(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }\n"

static const struct {
    member members[2];
    tlstm_status status;
    const char *part;
} archives[] = {
    {{{"fc/kernel.npy", HEAD("<f4", "(3, 2)"), 20}},
     TLSTM_ERROR_FORMAT,
     "fc/kernel: the file is cut"},
    {{{"fc/kernel.npy", HEAD("<f4", "(30000000000, 2)"), 24}}, TLSTM_ERROR_FORMAT, "cut off"},
    {{{"fc/kernel.npy", HEAD("<f4", "(4294967296, 4294967296)"), 24}},
     TLSTM_ERROR_FORMAT,
     "larger"},
    {{{"fc/kernel.npy", HEAD("<f4", "(2, 3)"), 24}}, TLSTM_ERROR_SHAPE, "(3, 2), got (2, 3)"},
    {{{"fc/kernel.npy", HEAD("<f4", "(1, 1, 1, 3, 2)"), 24}},
     TLSTM_ERROR_UNSUPPORTED,
     "dimensions"},
    {{{"fc/kernel.npy", HEAD("<i4", "(3, 2)"), 24}},
     TLSTM_ERROR_UNSUPPORTED,
     "its elements are not"},
    {{{"fc/kernel.npy", HEAD("|O", "(3, 2)"), 24}},
     TLSTM_ERROR_UNSUPPORTED,
     "its elements are not"},
    {{{"fc/kernel.npy", HEAD("<c8", "(3, 2)"), 48}}, TLSTM_ERROR_UNSUPPORTED, "<c8"},
    {{{"fc/kernel.npy", NULL, 24}}, TLSTM_ERROR_FORMAT, "fc/kernel"},
    {{{"fc/kernel.npy", HEAD("<f4", "(3, 2)"), 24}, {"fc/kernel.npy", HEAD("<f4", "(3, 2)"), 24}},
     TLSTM_ERROR_FORMAT,
     "twice"},
    {{{"fc/kernel.npy", HEAD("<f4", "(3, 2)"), 24}, {"readme.txt", NULL, 4}},
     TLSTM_ERROR_FORMAT,
     "readme.txt: is no array"},
    {{{"archive/data.pkl", NULL, 4}}, TLSTM_ERROR_UNSUPPORTED, "state_dict"},
};

static void add_member(tl_zip_writer *zip, const member *of) {
    char bytes[512] = {0};
    tlstm_error *error = NULL;
    size_t at = 0;
    if (of->header) {
        const size_t length = strlen(of->header);
        memcpy(bytes, "\x93NUMPY\x01\x00", 8);
        bytes[8] = (char)length;
        memcpy(bytes + 10, of->header, length);
        at = 10 + length;
    }
    TL_ASSERT_OK(tl_zip_add(zip, of->name, bytes, at + of->size, &error), error);
}

START_TEST(archives_that_lie) {
    tl_zip_writer *zip = NULL;
    tlstm_error *error = NULL;
    char *bytes = NULL;
    size_t length = 0;
    TL_ASSERT_OK(tl_zip_create(&zip, &error), error);
    for (size_t i = 0; i < 2 && archives[_i].members[i].name; i++)
        add_member(zip, &archives[_i].members[i]);
    TL_ASSERT_OK(tl_zip_finish(zip, &bytes, &length, &error), error);
    check_refused(bytes, length, archives[_i].status, archives[_i].part);
    tl_zip_discard(zip);
    tl_free(bytes);
}
END_TEST

/* ---- Every real file, cut off anywhere and with any byte changed ---- */

static const char *const files[] = {"torch-animals.safetensors", "torch-rnn-bfloat.npz",
                                    "torch-gru-half.npz", "tf-keras.npz"};

static char *read_file(const char *name, size_t *length) {
    char path[1024];
    snprintf(path, sizeof path, FOLDER "%s", name);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    char *bytes = malloc(1 << 16);
    *length = fread(bytes, 1, 1 << 16, file);
    fclose(file);
    return bytes;
}

/* Memory of exactly this size, so that a step beyond is seen. */
static tlstm_status try_bytes(tlstm_model *model, const char *bytes, size_t length,
                              tlstm_error **error) {
    char *exact = malloc(length ? length : 1);
    memcpy(exact, bytes, length);
    tlstm_status status = tlstm_model_import_weights_memory(model, exact, length, NULL, error);
    free(exact);
    return status;
}

START_TEST(files_cut_off) {
    size_t length = 0;
    char *bytes = read_file(files[_i], &length);
    tlstm_model *model = make_model();
    for (size_t left = 0; left < length; left++) {
        tlstm_error *error = NULL;
        /* minizip reads on where only the last bytes of a directory are gone; then names do not
         * fit. */
        const tlstm_status status = try_bytes(model, bytes, left, &error);
        ck_assert(status == TLSTM_ERROR_FORMAT ||
                  (left + 22 > length && status == TLSTM_ERROR_SHAPE));
        tlstm_error_free(error);
    }
    tlstm_model_free(model);
    free(bytes);
}
END_TEST

START_TEST(bytes_changed) {
    size_t length = 0;
    char *bytes = read_file(files[_i], &length);
    tlstm_model *model = make_model();
    for (size_t at = 0; at < length; at++)
        for (int change = 1; change < 256; change = change * 2 + 1) {
            tlstm_error *error = NULL;
            bytes[at] = (char)(bytes[at] ^ change);
            /* They are for another model: whatever a change makes of them does not fit. */
            ck_assert_int_ne(try_bytes(model, bytes, length, &error), TLSTM_OK);
            ck_assert_int_ne(tlstm_error_code(error), TLSTM_ERROR_INTERNAL);
            tlstm_error_free(error);
            bytes[at] = (char)(bytes[at] ^ change);
        }
    tlstm_model_free(model);
    free(bytes);
}
END_TEST

/* ---- Numbers of other widths ---- */

START_TEST(halves_are_what_they_are) {
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        const float made = tl_float_from_half((uint16_t)bits);
        const int exponent = bits >> 10 & 31, fraction = bits & 1023;
        const double sign = bits >> 15 ? -1 : 1;
        if (exponent == 31 && fraction)
            ck_assert(isnan(made));
        else if (exponent == 31)
            ck_assert(isinf(made) && (made < 0) == (sign < 0));
        else
            ck_assert_double_eq(made, sign * (exponent ? ldexp(1024 + fraction, exponent - 25)
                                                       : ldexp(fraction, -24)));
        ck_assert_int_eq(signbit(made) != 0, bits >> 15);
    }
    ck_assert_float_eq(tl_float_from_bfloat(0x3fc0), 1.5F);
    ck_assert(isinf(tl_float_from_bfloat(0x7f80)));
}
END_TEST

START_TEST(doubles_must_fit) {
    static const double wide[] = {1.5, 1e300};
    static const unsigned char big[] = {0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
    float narrow[2];
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_floats_read(TL_FLOAT64, 1, (const char *)big, 1, narrow, &error), error);
    ck_assert_float_eq(narrow[0], 1.5F);
    const uint16_t one = 1;
    TL_ASSERT_FAILS(
        tl_floats_read(TL_FLOAT64, !*(const char *)&one, (const char *)wide, 2, narrow, &error),
        TLSTM_ERROR_VALUE, error, "position 1");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("import_damaged");
    TCase *tests = tcase_create("damaged");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, headers_that_lie, 0, (int)(sizeof headers / sizeof *headers));
    tcase_add_test(tests, a_sound_file_beside_them);
    tcase_add_test(tests, lengths_that_lie);
    tcase_add_loop_test(tests, archives_that_lie, 0, (int)(sizeof archives / sizeof *archives));
    tcase_add_loop_test(tests, files_cut_off, 0, (int)(sizeof files / sizeof *files));
    tcase_add_loop_test(tests, bytes_changed, 0, (int)(sizeof files / sizeof *files));
    tcase_add_test(tests, halves_are_what_they_are);
    tcase_add_test(tests, doubles_must_fit);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
