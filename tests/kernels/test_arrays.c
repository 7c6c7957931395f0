/* Sums of arrays, exact whatever the instruction set, and the optimizers' formulas. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const size_t counts[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 32, 33, 100};

START_TEST(add_adds) {
    for (size_t i = 0; i < COUNT(counts); i++) {
        const float *values = random_array(counts[i], -1, 1);
        float *sums = random_array(counts[i], -1, 1);
        const float *before = copy_of(sums, counts[i]);
        kernel_set(_i)->add(counts[i], values, sums);
        for (size_t n = 0; n < counts[i]; n++)
            ck_assert_float_eq(sums[n], before[n] + values[n]);
        fixture_teardown();
    }
}
END_TEST

START_TEST(add_to_rows_adds_to_each) {
    for (size_t i = 0; i < COUNT(counts); i++)
        for (size_t rows = 0; rows < 4; rows++) {
            const size_t columns = counts[i];
            const float *values = random_array(columns, -1, 1);
            float *table = random_array(rows * columns, -1, 1);
            const float *before = copy_of(table, rows * columns);
            kernel_set(_i)->add_to_rows(rows, columns, values, table);
            for (size_t n = 0; n < rows * columns; n++)
                ck_assert_float_eq(table[n], before[n] + values[n % columns]);
            fixture_teardown();
        }
}
END_TEST

START_TEST(column_sums_go_down_the_rows) {
    for (size_t i = 0; i < COUNT(counts); i++)
        for (size_t rows = 0; rows < 7; rows += 3) {
            const size_t columns = counts[i], length = columns + rows;
            const float *table = random_array(rows * length, -1, 1);
            float *sums = random_array(columns, -1, 1);
            float *want = copy_of(sums, columns);
            for (size_t row = 0; row < rows; row++)
                for (size_t c = 0; c < columns; c++)
                    want[c] += table[row * length + c];
            kernel_set(_i)->column_sums(rows, columns, table, length, sums);
            for (size_t c = 0; c < columns; c++)
                ck_assert_float_eq(sums[c], want[c]);
            fixture_teardown();
        }
}
END_TEST

/* An optimizer's update of n numbers; `slots` and w lie n apart. */
typedef void update_function(const tl_kernels *kernels, size_t n, const float *g, float *slots[2],
                             float *w);
/* The same of one number in double precision. */
typedef void update_oracle(double g, double slots[2], double *w);

static const tl_rmsprop_terms rmsprop_terms = {0.01f, 0.9f, 0.1f, 1e-7f};
static const tl_adam_terms adam_terms = {0.01f, 0.1f, 0.001f, 1e-7f};

static void rmsprop(const tl_kernels *kernels, size_t n, const float *g, float *slots[2],
                    float *w) {
    kernels->rmsprop(n, &rmsprop_terms, g, slots[0], w);
}

static void oracle_rmsprop(double g, double slots[2], double *w) {
    const tl_rmsprop_terms *t = &rmsprop_terms;
    slots[0] = (double)t->rho * slots[0] + (double)t->rest * g * g;
    *w -= (double)t->rate * g / sqrt(slots[0] + (double)t->epsilon);
}

static void adam(const tl_kernels *kernels, size_t n, const float *g, float *slots[2], float *w) {
    kernels->adam(n, &adam_terms, g, slots[0], slots[1], w);
}

static void oracle_adam(double g, double slots[2], double *w) {
    const tl_adam_terms *t = &adam_terms;
    slots[0] += (double)t->rest_1 * (g - slots[0]);
    slots[1] += (double)t->rest_2 * (g * g - slots[1]);
    *w -= (double)t->rate * slots[0] / (sqrt(slots[1]) + (double)t->epsilon);
}

static const struct {
    const char *name;
    update_function *update;
    update_oracle *oracle;
} updates[] = {{"rmsprop", rmsprop, oracle_rmsprop}, {"adam", adam, oracle_adam}};

START_TEST(updates_follow_the_formula) {
    for (size_t u = 0; u < COUNT(updates); u++)
        for (size_t i = 0; i < COUNT(counts); i++) {
            const size_t n = counts[i];
            const float *g = random_array(n, -1, 1);
            float *w = random_array(n, -1, 1);
            float *slots[2] = {random_array(n, 0, 1), random_array(n, 0, 1)};
            const float *w_before = copy_of(w, n);
            const float *before[2] = {copy_of(slots[0], n), copy_of(slots[1], n)};
            updates[u].update(kernel_set(_i), n, g, slots, w);
            for (size_t k = 0; k < n; k++) {
                double want = (double)w_before[k];
                double want_slots[2] = {(double)before[0][k], (double)before[1][k]};
                updates[u].oracle((double)g[k], want_slots, &want);
                assert_near((double)w[k], want, STEP_TOLERANCE, "%s: w", updates[u].name);
                for (size_t s = 0; s < 2; s++)
                    assert_near((double)slots[s][k], want_slots[s], STEP_TOLERANCE, "%s: slot %zu",
                                updates[u].name, s);
            }
            fixture_teardown();
        }
}
END_TEST

enum { WHOLE = 40 };

/* Wherever a weight is cut, its numbers are the same. */
START_TEST(updates_do_not_see_the_cut) {
    for (size_t u = 0; u < COUNT(updates); u++)
        for (size_t cut = 0; cut <= WHOLE; cut++) {
            const float *g = random_array(WHOLE, -1, 1);
            float *w = random_array(WHOLE, -1, 1), *cut_w = copy_of(w, WHOLE);
            float *slots[2] = {random_array(WHOLE, 0, 1), random_array(WHOLE, 0, 1)};
            float *cut_slots[2] = {copy_of(slots[0], WHOLE), copy_of(slots[1], WHOLE)};
            float *behind[2] = {cut_slots[0] + cut, cut_slots[1] + cut};
            updates[u].update(kernel_set(_i), WHOLE, g, slots, w);
            updates[u].update(kernel_set(_i), cut, g, cut_slots, cut_w);
            updates[u].update(kernel_set(_i), WHOLE - cut, g + cut, behind, cut_w + cut);
            ck_assert_mem_eq(w, cut_w, WHOLE * sizeof *w);
            for (size_t s = 0; s < 2; s++)
                ck_assert_mem_eq(slots[s], cut_slots[s], WHOLE * sizeof *w);
            fixture_teardown();
        }
}
END_TEST

void add_array_tests(Suite *suite) {
    TCase *tcase = fixture_case("arrays");
    tcase_add_loop_test(tcase, add_adds, 0, kernel_set_count());
    tcase_add_loop_test(tcase, add_to_rows_adds_to_each, 0, kernel_set_count());
    tcase_add_loop_test(tcase, column_sums_go_down_the_rows, 0, kernel_set_count());
    tcase_add_loop_test(tcase, updates_follow_the_formula, 0, kernel_set_count());
    tcase_add_loop_test(tcase, updates_do_not_see_the_cut, 0, kernel_set_count());
    suite_add_tcase(suite, tcase);
}
