/* gather, collect and scatter_add: exact, whatever the instruction set. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROWS 13

static const size_t feature_counts[] = {0, 1, 3, 4, 5, 8, 15, 16, 24, 32, 33, 100};

START_TEST(gather_copies_rows) {
    for (size_t i = 0; i < COUNT(feature_counts); i++)
        for (size_t width = 16; width <= 64; width += 16) {
            /* Rows with something behind what is wanted, too. */
            const size_t features = feature_counts[i], length = features + width / 16 - 1;
            const float *table = random_array(ROWS * length, -1, 1);
            const int32_t *rows = random_rows(width, ROWS);
            float *tile = array_of(features * width, NAN);
            kernel_set(_i)->gather(features, width, table, length, rows, tile);
            for (size_t f = 0; f < features; f++)
                for (size_t w = 0; w < width; w++)
                    ck_assert_float_eq(tile[f * width + w], table[(size_t)rows[w] * length + f]);
            fixture_teardown();
        }
}
END_TEST

START_TEST(collect_moves_rows) {
    for (size_t i = 0; i < COUNT(feature_counts); i++) {
        const size_t features = feature_counts[i], width = 32;
        const float *rows[32];
        for (size_t w = 0; w < width; w++)
            rows[w] = random_array(features, -1, 1);
        float *tile = array_of(features * width, NAN);
        kernel_set(_i)->collect(features, width, rows, tile);
        for (size_t f = 0; f < features; f++)
            for (size_t w = 0; w < width; w++)
                ck_assert_float_eq(tile[f * width + w], rows[w][f]);
        fixture_teardown();
    }
}
END_TEST

static void check_scatter(const tl_kernels *kernels, size_t features, size_t width, size_t lanes,
                          size_t row_limit) {
    const float *tile = random_array(features * width, -1, 1);
    const int32_t *rows = random_rows(width, row_limit);
    const size_t length = features + width / 16 - 1;
    float *table = random_array(ROWS * length, -1, 1);
    float *want = copy_of(table, ROWS * length);
    for (size_t w = 0; w < lanes; w++)
        for (size_t f = 0; f < features; f++)
            want[(size_t)rows[w] * length + f] += tile[f * width + w];
    kernels->scatter_add(features, width, lanes, tile, rows, table, length);
    for (size_t i = 0; i < ROWS * length; i++)
        ck_assert_msg(table[i] == want[i],
                      "%s: scatter_add features %zu width %zu lanes %zu: %.9g, expected %.9g",
                      kernels->name, features, width, lanes, table[i], want[i]);
    fixture_teardown();
}

/* With a row limit of 1 all lanes share a row; the order of the lanes makes the sum. */
START_TEST(scatter_adds_lane_after_lane) {
    for (size_t i = 0; i < COUNT(feature_counts); i++)
        for (size_t width = 16; width <= 64; width += 16)
            for (size_t lanes = 0; lanes <= width; lanes += lanes < 16 ? 1 : 5) {
                check_scatter(kernel_set(_i), feature_counts[i], width, lanes, ROWS);
                check_scatter(kernel_set(_i), feature_counts[i], width, lanes, 1);
            }
}
END_TEST

void add_table_tests(Suite *suite) {
    TCase *tcase = fixture_case("tables");
    tcase_add_loop_test(tcase, gather_copies_rows, 0, kernel_set_count());
    tcase_add_loop_test(tcase, collect_moves_rows, 0, kernel_set_count());
    tcase_add_loop_test(tcase, scatter_adds_lane_after_lane, 0, kernel_set_count());
    suite_add_tcase(suite, tcase);
}
