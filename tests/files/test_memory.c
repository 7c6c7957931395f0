/* Files that a program holds in memory: weights and reports from bytes are those from a path. */
#include "tinylstm/file.h"

#include "support.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

/* Names of every kind of file; the second is of weights alone. */
static const char *const names[] = {"whole.h5", "alone.h5", "whole.keras", "alone.weights.h5"};
enum { KINDS = sizeof names / sizeof names[0] };

static tlstm_model *make_model(uint64_t seed) {
    const int64_t shape[] = {6, 2};
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_new(NULL, seed, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_add_input(model, 2, shape, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_lstm(model, 3, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    return model;
}

static void assert_same_weights(const tlstm_model *a, const tlstm_model *b, int same) {
    size_t differ = 0;
    ck_assert_uint_eq(tlstm_model_weights(a), tlstm_model_weights(b));
    for (size_t i = 0; i < tlstm_model_weights(a); i++) {
        tlstm_array *one = NULL, *other = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_model_get_weight(a, i, &one, &error), error);
        TL_ASSERT_OK(tlstm_model_get_weight(b, i, &other, &error), error);
        differ += memcmp(tlstm_array_data(one), tlstm_array_data(other),
                         (size_t)tlstm_array_size(one) * sizeof(float)) != 0;
        tlstm_array_free(one);
        tlstm_array_free(other);
    }
    ck_assert_int_eq(differ == 0, same);
}

static const char *save(const tlstm_model *model, size_t kind) {
    const char *path = tl_test_temporary(names[kind]);
    tlstm_save_options options = TLSTM_SAVE_OPTIONS_INIT;
    tlstm_error *error = NULL;
    options.weights_only = kind == 1;
    TL_ASSERT_OK(tlstm_model_save(model, path, &options, &error), error);
    return path;
}

/* The bytes of a file at an odd address, behind one that is not theirs (free()). */
static char *read_bytes(const char *path, size_t *length) {
    char *bytes = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_file_read(path, 1 << 20, &bytes, length, &error), error);
    char *moved = malloc(*length + 1);
    ck_assert_ptr_nonnull(moved);
    memcpy(moved + 1, bytes, *length);
    tlstm_string_free(bytes);
    return moved;
}

START_TEST(weights_of_every_kind) {
    for (size_t kind = 0; kind < KINDS; kind++) {
        tlstm_model *model = make_model(1), *other = make_model(2);
        size_t length = 0;
        char *bytes = read_bytes(save(model, kind), &length);
        tlstm_error *error = NULL;
        assert_same_weights(model, other, 0);
        TL_ASSERT_OK(tlstm_model_load_weights_memory(other, bytes + 1, length, &error), error);
        assert_same_weights(model, other, 1);
        free(bytes);
        tlstm_model_free(other);
        tlstm_model_free(model);
    }
}
END_TEST

/* A model is as it was, and the error says that the bytes were memory's. */
START_TEST(damaged_bytes_change_nothing) {
    for (size_t kind = 0; kind < KINDS; kind++) {
        tlstm_model *model = make_model(1), *other = make_model(2), *same = make_model(2);
        size_t length = 0;
        char *bytes = read_bytes(save(model, kind), &length);
        for (size_t part = 0; part < 8; part++) {
            tlstm_error *error = NULL;
            tlstm_status status =
                tlstm_model_load_weights_memory(other, bytes + 1, length * part / 8, &error);
            ck_assert_int_ne(status, TLSTM_OK);
            ck_assert_msg(strncmp(tlstm_error_where(error), "memory", 6) == 0, "%s",
                          tlstm_error_where(error));
            tlstm_error_free(error);
        }
        assert_same_weights(other, same, 1);
        free(bytes);
        tlstm_model_free(same);
        tlstm_model_free(other);
        tlstm_model_free(model);
    }
}
END_TEST

START_TEST(a_report_of_bytes_is_that_of_the_file) {
    for (size_t kind = 0; kind < KINDS; kind++) {
        tlstm_model *model = make_model(1);
        const char *path = save(model, kind);
        size_t length = 0;
        char *bytes = read_bytes(path, &length), *of_bytes = NULL, *of_file = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_file_inspect(path, &of_file, &error), error);
        TL_ASSERT_OK(tlstm_file_inspect_memory(bytes + 1, length, &of_bytes, &error), error);
        ck_assert(strncmp(of_bytes, "file: memory\n", 13) == 0);
        ck_assert(strncmp(strchr(of_bytes, '\n'), strchr(of_file, '\n'),
                          strstr(of_file, "loads:") - strchr(of_file, '\n')) == 0);
        tlstm_string_free(of_bytes);
        tlstm_string_free(of_file);
        free(bytes);
        tlstm_model_free(model);
    }
}
END_TEST

START_TEST(what_is_missing_is_named) {
    tlstm_model *model = make_model(1);
    char *report = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tlstm_model_load_weights_memory(NULL, "", 0, &error), TLSTM_ERROR_ARGUMENT,
                    error, "model");
    TL_ASSERT_FAILS(tlstm_model_load_weights_memory(model, NULL, 0, &error), TLSTM_ERROR_ARGUMENT,
                    error, "bytes");
    TL_ASSERT_FAILS(tlstm_model_load_weights_memory(model, "", 0, &error), TLSTM_ERROR_FORMAT,
                    error, "the file is empty");
    TL_ASSERT_FAILS(tlstm_file_inspect_memory(NULL, 0, &report, &error), TLSTM_ERROR_ARGUMENT,
                    error, "bytes");
    TL_ASSERT_FAILS(tlstm_file_inspect_memory("", 0, NULL, &error), TLSTM_ERROR_ARGUMENT, error,
                    "report");
    ck_assert_ptr_null(report);
    TL_ASSERT_OK(tlstm_file_inspect_memory("", 0, &report, &error), error);
    ck_assert_ptr_nonnull(strstr(report, "kind: empty file\n"));
    tlstm_string_free(report);
    tlstm_model_free(model);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("memory");
    TCase *tests = tcase_create("memory");
    tcase_add_test(tests, weights_of_every_kind);
    tcase_add_test(tests, damaged_bytes_change_nothing);
    tcase_add_test(tests, a_report_of_bytes_is_that_of_the_file);
    tcase_add_test(tests, what_is_missing_is_named);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
