/* The history, its CSV and its plot. */
#include "base/alloc.h"
#include "base/file.h"
#include "support.h"
#include "train/history.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"loss", "a<b&c", "val_loss"};

static tlstm_history *history_of(double (*values)[3], size_t epochs) {
    tlstm_history *history = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_history_new(names, 3, &history, &error), error);
    for (size_t i = 0; i < epochs; i++)
        TL_ASSERT_OK(tl_history_append(history, values[i], &error), error);
    return history;
}

static char *saved(tlstm_status status, const char *path, tlstm_error *error) {
    char *bytes = NULL;
    size_t length;
    TL_ASSERT_OK(status, error);
    TL_ASSERT_OK(tl_file_read(path, 1 << 24, &bytes, &length, &error), error);
    return bytes;
}

START_TEST(keeps_values) {
    double values[40][3];
    for (int i = 0; i < 40; i++)
        for (int j = 0; j < 3; j++)
            values[i][j] = i + 0.25 * j;
    tlstm_history *history = history_of(values, 40);
    ck_assert_uint_eq(tlstm_history_epochs(history), 40);
    ck_assert_uint_eq(tlstm_history_columns(history), 3);
    ck_assert_str_eq(tlstm_history_column(history, 2), "val_loss");
    ck_assert_ptr_null(tlstm_history_column(history, 3));
    for (size_t i = 0; i < 40; i++)
        ck_assert_double_eq(tlstm_history_value(history, "val_loss", i), (double)i + 0.5);
    ck_assert(isnan(tlstm_history_value(history, "val_loss", 40)));
    ck_assert(isnan(tlstm_history_value(history, "none", 0)));
    tlstm_history_free(history);
    tlstm_history_free(NULL);
}
END_TEST

START_TEST(csv_has_full_precision) {
    double values[2][3] = {{0.1, 1.0 / 3, 1e-300}, {NAN, INFINITY, -2}};
    tlstm_history *history = history_of(values, 2);
    const char *path = tl_test_temporary("history.csv");
    tlstm_error *error = NULL;
    char *csv = saved(tlstm_history_save_csv(history, path, &error), path, error);
    ck_assert_str_eq(csv, "epoch,loss,a<b&c,val_loss\n0,0.1,0.3333333333333333,1e-300\n"
                          "1,nan,inf,-2.0\n");
    tl_free(csv);
    tlstm_history_free(history);
}
END_TEST

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

/* All coordinates of a plot are numbers inside the picture, whatever the values. */
static void check_coordinates(const char *svg) {
    static const char *const keys[] = {" cx=\"", " cy=\"", " x=\"", " y=\"", " M", " L"};
    for (size_t k = 0; k < 6; k++)
        for (const char *at = strstr(svg, keys[k]); at; at = strstr(at + 1, keys[k])) {
            double number = -1;
            ck_assert_int_eq(sscanf(at + strlen(keys[k]), "%lf", &number), 1);
            ck_assert_msg(number >= 0 && number <= 760, "%.40s", at);
        }
}

static char *plot_of(double (*values)[3], size_t epochs, const char *column) {
    tlstm_history *history = history_of(values, epochs);
    const char *path = tl_test_temporary("plot.svg");
    tlstm_error *error = NULL;
    char *svg = saved(tlstm_history_save_svg(history, column, path, &error), path, error);
    char *again = saved(tlstm_history_save_svg(history, column, path, &error), path, error);
    ck_assert_str_eq(svg, again);
    tl_free(again);
    tlstm_history_free(history);
    check_coordinates(svg);
    ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
    return svg;
}

START_TEST(plot_shows_both_lines) {
    double values[4][3] = {{0.7, 0, 0.8}, {0.5, 0, NAN}, {0.4, 0, 0.6}, {0.3, 0, 0.5}};
    char *svg = plot_of(values, 4, "loss");
    ck_assert_uint_eq(count_of(svg, "<circle"), 7); /* 4 and 3 points */
    ck_assert_uint_eq(count_of(svg, "<path"), 2);
    ck_assert_uint_eq(count_of(svg, " M"), 3); /* the second line is broken once */
    ck_assert_ptr_nonnull(strstr(svg, ">training<"));
    ck_assert_ptr_nonnull(strstr(svg, ">validation<"));
    ck_assert_ptr_nonnull(strstr(svg, ">0.3<"));
    ck_assert_ptr_nonnull(strstr(svg, ">0.8<"));
    tl_free(svg);
}
END_TEST

START_TEST(plot_escapes_names) {
    double values[2][3] = {{0, 1, 0}, {0, 2, 0}};
    char *svg = plot_of(values, 2, "a<b&c");
    ck_assert_ptr_nonnull(strstr(svg, "a&lt;b&amp;c by epoch"));
    ck_assert_ptr_null(strstr(svg, "a<b"));
    ck_assert_ptr_null(strstr(svg, ">validation<"));
    tl_free(svg);
}
END_TEST

START_TEST(plot_draws_whatever_comes) {
    static double odd[][2][3] = {
        {{NAN, 0, NAN}, {NAN, 0, NAN}},
        {{0, 0, 0}, {0, 0, 0}},
        {{5, 0, 5}, {5, 0, 5}},
        {{-3, 0, -3}, {-3, 0, -3}},
        {{1e-12, 0, 2e-12}, {3e-12, 0, 1e-12}},
        {{1e12, 0, -1e12}, {0, 0, 1}},
        {{INFINITY, 0, 1}, {-INFINITY, 0, 2}},
        {{1e308, 0, -1e308}, {1, 0, 2}},
        {{0.6931471, 0, 0.6931472}, {0.6931473, 0, 0.6931472}},
    };
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
        for (size_t epochs = 0; epochs <= 2; epochs++)
            tl_free(plot_of(odd[i], epochs, "loss"));
    enum { MANY = 1000 };
    static double values[MANY][3];
    for (int i = 0; i < MANY; i++)
        values[i][0] = values[i][2] = sin(0.05 * i);
    tl_free(plot_of(values, MANY, "loss"));
}
END_TEST

START_TEST(bad_arguments) {
    tlstm_history *history = history_of(NULL, 0);
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tlstm_history_save_svg(history, "lost", tl_test_temporary("x.svg"), &error),
                    TLSTM_ERROR_ARGUMENT, error, "lost");
    TL_ASSERT_FAILS(tlstm_history_save_csv(history, tl_test_temporary("no/x.csv"), &error),
                    TLSTM_ERROR_IO, error, "x.csv");
    TL_ASSERT_FAILS(tlstm_history_save_csv(NULL, "x", &error), TLSTM_ERROR_ARGUMENT, error,
                    "history");
    TL_ASSERT_FAILS(tlstm_history_save_svg(history, NULL, "x", &error), TLSTM_ERROR_ARGUMENT, error,
                    "column");
    tlstm_history_free(history);
}
END_TEST

static tlstm_status make_and_save(void *context, tlstm_error **error) {
    const char *path = context;
    const double values[3] = {1, 2, 3};
    tlstm_history *history = NULL;
    tlstm_status status = tl_history_new(names, 3, &history, error);
    if (!status)
        status = tl_history_append(history, values, error);
    if (!status)
        status = tl_history_save_csv(history, path, error);
    if (!status)
        status = tl_history_save_svg(history, "loss", path, error);
    tl_history_free(history);
    return status;
}

START_TEST(failed_allocations_leave_nothing) {
    char path[4096];
    snprintf(path, sizeof(path), "%s", tl_test_temporary("fault"));
    tl_test_fail_each_allocation(make_and_save, path);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("history");
    TCase *tests = tcase_create("history");
    tcase_add_test(tests, keeps_values);
    tcase_add_test(tests, csv_has_full_precision);
    tcase_add_test(tests, plot_shows_both_lines);
    tcase_add_test(tests, plot_escapes_names);
    tcase_add_test(tests, plot_draws_whatever_comes);
    tcase_add_test(tests, bad_arguments);
    tcase_add_test(tests, failed_allocations_leave_nothing);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
