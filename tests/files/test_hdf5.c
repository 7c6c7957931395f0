/* HDF5 files in memory: types as h5py writes them, and what is not read. */
#include "support.h"

#include "base/alloc.h"
#include "files/hdf5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static tl_h5_names make_names(size_t count, const char *format) {
    tl_h5_names names = {0};
    tlstm_error *error = NULL;
    for (size_t i = 0; i < count; i++) {
        char name[256];
        snprintf(name, sizeof(name), format, i);
        TL_ASSERT_OK(tl_h5_names_add(&names, name, &error), error);
    }
    return names;
}

static tl_h5 *create(void) {
    tl_h5 *file = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_h5_create(&file, &error), error);
    return file;
}

/* Finishes a file and writes it out for libhdf5 itself. */
static const char *finish(tl_h5 *file, const char *name) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_h5_image(file, &bytes, &length, &error), error);
    tl_h5_close(file);
    const char *path = tl_test_write(name, bytes, length);
    tl_free(bytes);
    return path;
}

static char *read_bytes(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    char *bytes = malloc(1 << 22);
    *length = fread(bytes, 1, 1 << 22, file);
    fclose(file);
    return bytes;
}

static void assert_attribute(hid_t file, const char *name, int variable, H5T_cset_t cset,
                             H5T_str_t padding, size_t size, hsize_t count) {
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    ck_assert(attribute >= 0);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    ck_assert_int_eq(H5Tget_class(type), H5T_STRING);
    ck_assert_int_eq(H5Tis_variable_str(type), variable);
    ck_assert_int_eq(H5Tget_cset(type), cset);
    ck_assert_int_eq(H5Tget_strpad(type), padding);
    if (!variable)
        ck_assert_uint_eq(H5Tget_size(type), size);
    ck_assert_int_eq(H5Sget_simple_extent_npoints(space), count);
    ck_assert_int_eq(H5Sget_simple_extent_ndims(space), variable ? 0 : 1);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
}

/* The string types that h5py 2 and 3, and so every Keras, read. */
START_TEST(attributes_have_the_types_of_h5py) {
    tl_h5 *file = create();
    tlstm_error *error = NULL;
    tl_h5_names names = make_names(3, "layer_%zu"), none = {0};
    TL_ASSERT_OK(tl_h5_write_string(file, "/", "text", "{\"a\": 1}", 0, &error), error);
    TL_ASSERT_OK(tl_h5_write_string(file, "/", "version", "2.15.0", 1, &error), error);
    TL_ASSERT_OK(tl_h5_write_names(file, "/", "names", &names, &error), error);
    TL_ASSERT_OK(tl_h5_write_names(file, "/", "none", &none, &error), error);
    hid_t written = tl_test_h5_open(finish(file, "types.h5"));
    assert_attribute(written, "text", 1, H5T_CSET_ASCII, H5T_STR_NULLTERM, 0, 1);
    assert_attribute(written, "version", 1, H5T_CSET_UTF8, H5T_STR_NULLTERM, 0, 1);
    assert_attribute(written, "names", 0, H5T_CSET_ASCII, H5T_STR_NULLPAD, 7, 3);
    hid_t attribute = H5Aopen(written, "none", H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    ck_assert(H5Tequal(type, H5T_IEEE_F64LE) > 0);
    ck_assert_int_eq(H5Sget_simple_extent_ndims(space), 1);
    ck_assert_int_eq(H5Sget_simple_extent_npoints(space), 0);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    H5Fclose(written);
    tl_h5_names_clear(&names);
}
END_TEST

/* Attributes above 64512 bytes are split as numpy.array_split does, and read as one list. */
START_TEST(long_lists_are_split) {
    tl_h5 *file = create();
    tlstm_error *error = NULL;
    tl_h5_names names = make_names(3001, "a_rather_long_name_of_a_layer_%07zu");
    TL_ASSERT_OK(tl_h5_write_group(file, "/g", &error), error);
    TL_ASSERT_OK(tl_h5_write_names(file, "/g", "names", &names, &error), error);
    const char *path = finish(file, "long.h5");
    /* 3001 * 37 bytes: two parts, of 1501 and 1500 */
    hid_t written = tl_test_h5_open(path), group = H5Gopen2(written, "/g", H5P_DEFAULT);
    ck_assert_int_eq(H5Aget_num_attrs(group), 2);
    assert_attribute(group, "names0", 0, H5T_CSET_ASCII, H5T_STR_NULLPAD, 37, 1501);
    assert_attribute(group, "names1", 0, H5T_CSET_ASCII, H5T_STR_NULLPAD, 37, 1500);
    H5Gclose(group);
    H5Fclose(written);
    size_t length = 0;
    char *bytes = read_bytes(path, &length);
    tl_h5_names read = {0};
    TL_ASSERT_OK(tl_h5_open("long", bytes, length, &file, &error), error);
    TL_ASSERT_OK(tl_h5_read_names(file, "/g", "names", &read, &error), error);
    tl_h5_close(file);
    free(bytes);
    ck_assert_uint_eq(read.count, names.count);
    for (size_t i = 0; i < names.count; i++)
        ck_assert_str_eq(read.items[i], names.items[i]);
    tl_h5_names_clear(&read);
    tl_h5_names_clear(&names);
}
END_TEST

static const float numbers[6] = {1.5f, -2, 3e-40f, 4, 5, 1e30f};

START_TEST(numbers_come_back) {
    tl_h5 *file = create();
    tlstm_error *error = NULL;
    const size_t dims[2] = {2, 3}, other[2] = {3, 2};
    TL_ASSERT_OK(tl_h5_write_floats(file, "/a/b/c:0", 2, dims, numbers, &error), error);
    TL_ASSERT_OK(tl_h5_write_integer(file, "/n", 9007199254740993, &error), error);
    size_t length = 0;
    char *bytes = read_bytes(finish(file, "numbers.h5"), &length);
    float values[6];
    double number = 0;
    TL_ASSERT_OK(tl_h5_open("numbers", bytes, length, &file, &error), error);
    ck_assert(tl_h5_has(file, "/a/b") && !tl_h5_has(file, "/a/x"));
    ck_assert(tl_h5_has_shape(file, "/a/b/c:0", 2, dims));
    ck_assert(!tl_h5_has_shape(file, "/a/b/c:0", 2, other));
    ck_assert(tl_h5_has_shape(file, "/n", 0, NULL));
    TL_ASSERT_OK(tl_h5_read_floats(file, "/a/b/c:0", 2, dims, values, &error), error);
    ck_assert_mem_eq(values, numbers, sizeof(numbers));
    TL_ASSERT_OK(tl_h5_read_number(file, "/n", &number, &error), error);
    ck_assert(number == 9007199254740992.0);
    TL_ASSERT_FAILS(tl_h5_read_floats(file, "/a/b/c:0", 2, other, values, &error),
                    TLSTM_ERROR_SHAPE, error,
                    "numbers:/a/b/c:0: expected the shape (3, 2), got (2, 3)");
    TL_ASSERT_FAILS(tl_h5_read_number(file, "/a/b/c:0", &number, &error), TLSTM_ERROR_SHAPE, error,
                    "one number");
    TL_ASSERT_FAILS(tl_h5_read_floats(file, "/a/b", 2, dims, values, &error), TLSTM_ERROR_FORMAT,
                    error, "not a data set");
    TL_ASSERT_FAILS(tl_h5_read_floats(file, "/nothing", 2, dims, values, &error),
                    TLSTM_ERROR_FORMAT, error, "numbers:/nothing");
    tl_h5_close(file);
    free(bytes);
}
END_TEST

/* More than stay open, forwards and backwards. */
START_TEST(many_data_sets_are_told_apart) {
    enum { SETS = 150 };
    tl_h5 *file = create();
    tlstm_error *error = NULL;
    const size_t dims[1] = {1};
    char path[20];
    for (int i = 0; i < SETS; i++) {
        const float value = (float)i;
        snprintf(path, sizeof(path), "/g/%d", i);
        TL_ASSERT_OK(tl_h5_write_floats(file, path, 1, dims, &value, &error), error);
    }
    size_t length = 0;
    char *bytes = read_bytes(finish(file, "many.h5"), &length);
    TL_ASSERT_OK(tl_h5_open("many", bytes, length, &file, &error), error);
    for (int i = 0; i < 2 * SETS; i++) {
        const int set = i < SETS ? i : 2 * SETS - 1 - i;
        float value = -1;
        snprintf(path, sizeof(path), "/g/%d", set);
        TL_ASSERT_OK(tl_h5_check(file, path, 1, dims, &error), error);
        TL_ASSERT_OK(tl_h5_read_floats(file, path, 1, dims, &value, &error), error);
        ck_assert(value == (float)set);
    }
    tl_h5_close(file);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    free(bytes);
}
END_TEST

static void write_type(hid_t file, const char *name, hid_t type, const void *values) {
    const hsize_t count = 4;
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

/* 1, -2, 0.5 and 256 in the types in which Keras keeps weights. */
START_TEST(numbers_of_other_types_become_floats) {
    static const double doubles[4] = {1, -2, 0.5, 256};
    static const unsigned char brains[8] = {0x80, 0x3f, 0x00, 0xc0, 0x00, 0x3f, 0x80, 0x43};
    static const struct {
        const char *path, *precision;
    } sets[] = {{"/double", "float64"}, {"/brain", "bfloat16"}, {"/big", NULL}};
    const char *path = tl_test_temporary("types.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t brain = H5Tcreate(H5T_OPAQUE, 2);
    static const unsigned char big[16] = {0x3f, 0x80, 0, 0, 0xc0, 0,    0,
                                          0,    0x3f, 0, 0, 0,    0x43, 0x80};
    write_type(file, "double", H5T_NATIVE_DOUBLE, doubles);
    write_type(file, "brain", brain, brains);
    write_type(file, "big", H5T_IEEE_F32BE, big);
    H5Tclose(brain);
    H5Fclose(file);
    size_t length = 0;
    const size_t count = 4;
    char *bytes = read_bytes(path, &length);
    tl_h5 *image = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_h5_open("types", bytes, length, &image, &error), error);
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        float values[4];
        TL_ASSERT_OK(tl_h5_read_floats(image, sets[i].path, 1, &count, values, &error), error);
        for (size_t k = 0; k < 4; k++)
            ck_assert_msg(values[k] == (float)doubles[k], "%s", sets[i].path);
        const char *precision = tl_h5_precision(image, sets[i].path);
        ck_assert(sets[i].precision ? precision && strcmp(precision, sets[i].precision) == 0
                                    : !precision);
    }
    tl_h5_close(image);
    free(bytes);
}
END_TEST

/* What must not leave the file: a link, raw data, a virtual data set. */
START_TEST(nothing_is_read_from_other_files) {
    const char *path = tl_test_temporary("outside.h5");
    const char *elsewhere = tl_test_temporary("elsewhere.h5");
    const hsize_t dims[2] = {2, 3};
    const size_t sizes[2] = {2, 3};
    hid_t space = H5Screate_simple(2, dims, NULL);
    hid_t other = H5Fcreate(elsewhere, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t set =
        H5Dcreate2(other, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dclose(set);
    H5Fclose(other);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Lcreate_external(elsewhere, "x", file, "link", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    hid_t raw = H5Pcreate(H5P_DATASET_CREATE), virtual = H5Pcreate(H5P_DATASET_CREATE);
    ck_assert(H5Pset_external(raw, elsewhere, 0, 24) >= 0);
    ck_assert(H5Pset_virtual(virtual, space, elsewhere, "x", space) >= 0);
    H5Dclose(H5Dcreate2(file, "raw", H5T_IEEE_F32LE, space, H5P_DEFAULT, raw, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "virtual", H5T_IEEE_F32LE, space, H5P_DEFAULT, virtual, H5P_DEFAULT));
    H5Pclose(virtual);
    H5Pclose(raw);
    H5Fclose(file);
    H5Sclose(space);
    size_t length = 0;
    char *bytes = read_bytes(path, &length);
    tl_h5 *image = NULL;
    tlstm_error *error = NULL;
    float values[6];
    static const char *const paths[] = {"/link", "/raw", "/virtual"};
    TL_ASSERT_OK(tl_h5_open("outside", bytes, length, &image, &error), error);
    for (size_t i = 0; i < 3; i++)
        TL_ASSERT_FAILS(tl_h5_read_floats(image, paths[i], 2, sizes, values, &error),
                        TLSTM_ERROR_UNSUPPORTED, error, "another file");
    tl_h5_close(image);
    free(bytes);
}
END_TEST

static herr_t report(hid_t stack, void *user) {
    (void)stack;
    ++*(int *)user;
    return 0;
}

/* A program's own way of reporting HDF5 errors is silent while the library works, and back then. */
START_TEST(the_programs_error_report_is_given_back) {
    int reported = 0;
    H5E_auto2_t before, after;
    void *user_before, *user_after;
    H5Eget_auto2(H5E_DEFAULT, &before, &user_before);
    H5Eset_auto2(H5E_DEFAULT, report, &reported);
    tl_h5 *file = create();
    float value;
    ck_assert_int_eq(tl_h5_read_floats(file, "/nothing", 0, NULL, &value, NULL),
                     TLSTM_ERROR_FORMAT);
    tl_h5_close(file);
    ck_assert_int_eq(reported, 0);
    H5Eget_auto2(H5E_DEFAULT, &after, &user_after);
    ck_assert(after == report && user_after == &reported);
    H5Eset_auto2(H5E_DEFAULT, before, user_before);
}
END_TEST

START_TEST(no_identifier_stays_open) {
    tl_h5 *file = create();
    tlstm_error *error = NULL;
    tl_h5_names names = make_names(2, "n%zu");
    const size_t dims[1] = {6};
    TL_ASSERT_OK(tl_h5_write_floats(file, "/a", 1, dims, numbers, &error), error);
    TL_ASSERT_OK(tl_h5_write_names(file, "/a", "names", &names, &error), error);
    ck_assert_int_ne(tl_h5_write_floats(file, "/a", 1, dims, numbers, NULL), TLSTM_OK);
    ck_assert_int_ne(tl_h5_write_names(file, "/x", "names", &names, NULL), TLSTM_OK);
    size_t length = 0;
    char *bytes = read_bytes(finish(file, "open.h5"), &length), *text = NULL;
    TL_ASSERT_OK(tl_h5_open("open", bytes, length, &file, &error), error);
    TL_ASSERT_OK(tl_h5_check(file, "/a", 1, dims, &error), error);
    ck_assert_int_ne(tl_h5_read_string(file, "/a", "names", &text, NULL), TLSTM_OK);
    ck_assert_int_ne(tl_h5_read_string(file, "/a", "other", &text, NULL), TLSTM_OK);
    tl_h5_close(file);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    free(bytes);
    tl_h5_names_clear(&names);
}
END_TEST

/* Cut anywhere, a file is refused: never read, never a crash. */
START_TEST(truncated_files_are_refused) {
    tl_h5 *file = create();
    tlstm_error *error = NULL;
    const size_t dims[1] = {6};
    TL_ASSERT_OK(tl_h5_write_floats(file, "/a", 1, dims, numbers, &error), error);
    size_t length = 0;
    char *bytes = read_bytes(finish(file, "whole.h5"), &length);
    for (size_t cut = 0; cut < length; cut += 1 + cut / 8) {
        char *part = malloc(cut + 1);
        memcpy(part, bytes, cut);
        ck_assert_int_eq(tl_h5_open("cut", part, cut, &file, NULL), TLSTM_ERROR_FORMAT);
        free(part);
    }
    free(bytes);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("hdf5");
    TCase *tests = tcase_create("hdf5");
    tcase_add_test(tests, attributes_have_the_types_of_h5py);
    tcase_add_test(tests, long_lists_are_split);
    tcase_add_test(tests, numbers_come_back);
    tcase_add_test(tests, many_data_sets_are_told_apart);
    tcase_add_test(tests, numbers_of_other_types_become_floats);
    tcase_add_test(tests, nothing_is_read_from_other_files);
    tcase_add_test(tests, the_programs_error_report_is_given_back);
    tcase_add_test(tests, no_identifier_stays_open);
    tcase_add_test(tests, truncated_files_are_refused);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
