/* gemm, outer, row_sums and softmax against sums in double precision. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNTOUCHED 12345.0f

typedef struct gemm_case {
    size_t m, n, k;
    int transposed; /* the elements of a column of A stand side by side */
    int accumulate, biased;
    size_t gap; /* unused columns of B and C, rows of A */
    int packed; /* A goes through pack() */
} gemm_case;

/* sum_p A[i][p] B[p][j], and the sum of the absolute values. */
static double dot(const float *a, size_t a_column, const float *b, size_t ldb, size_t k,
                  double *size) {
    double sum = 0;
    for (size_t p = 0; p < k; p++) {
        double term = (double)a[p * a_column] * b[p * ldb];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

static void check_gemm(const tl_kernels *kernels, const gemm_case *t) {
    size_t ldb = t->n + t->gap, ldc = t->n + t->gap;
    size_t a_row = t->transposed ? 1 : t->k + t->gap;
    size_t a_column = t->transposed ? t->m + t->gap : 1;
    const float *a = random_array((t->m + t->gap) * (t->k + t->gap), -1, 1);
    const float *b = random_array(t->k * ldb, -1, 1);
    const float *bias = t->biased ? random_array(t->m, -1, 1) : NULL;
    float *c = array_of(t->m * ldc, UNTOUCHED);
    for (size_t i = 0; i < t->m; i++)
        for (size_t j = 0; j < t->n; j++)
            c[i * ldc + j] = t->accumulate ? (float)random_unit() : NAN;
    const float *before = copy_of(c, t->m * ldc);

    if (t->packed) {
        float *packed = array_of(t->m * t->k, NAN);
        const size_t half = t->m / 2 / TL_PACK_ROWS * TL_PACK_ROWS;
        kernels->pack(t->m, t->n, t->k, a, a_row, a_column, 0, half, packed);
        kernels->pack(t->m, t->n, t->k, a, a_row, a_column, half, t->m, packed);
        kernels->gemm_packed(t->m, t->n, t->k, packed, b, ldb, bias, t->accumulate, c, ldc);
    } else {
        kernels->gemm(t->m, t->n, t->k, a, a_row, a_column, b, ldb, bias, t->accumulate, c, ldc);
    }

    for (size_t i = 0; i < t->m; i++) {
        for (size_t j = 0; j < t->n; j++) {
            double start = t->accumulate ? before[i * ldc + j] : bias ? bias[i] : 0;
            double size = fabs(start);
            double want = start + dot(a + i * a_row, a_column, b + j, ldb, t->k, &size);
            assert_near(c[i * ldc + j], want, SUM_TOLERANCE * size,
                        "%s: gemm m %zu n %zu k %zu transposed %d accumulate %d: C[%zu][%zu]",
                        kernels->name, t->m, t->n, t->k, t->transposed, t->accumulate, i, j);
        }
        for (size_t j = t->n; j < ldc; j++)
            ck_assert_float_eq(c[i * ldc + j], UNTOUCHED);
    }
    fixture_teardown();
}

/* Each with A either way round, C kept or not, a bias or none, and rows longer than they need be.
 */
static void check_gemm_variants(const tl_kernels *kernels, size_t m, size_t n, size_t k) {
    for (int variant = 0; variant < 32; variant++) {
        if (variant & 16 && (m == 0 || n == 0 || k == 0))
            continue;
        gemm_case t = {m,
                       n,
                       k,
                       .transposed = variant & 1,
                       .accumulate = variant >> 1 & 1,
                       .biased = variant >> 2 & 1,
                       .gap = variant & 8 ? 3 : 0,
                       .packed = variant >> 4};
        check_gemm(kernels, &t);
    }
}

START_TEST(gemm_equals_sums_for_small_sizes) {
    const size_t rows[] = {0, 1, 2, 3, 5, 8, 11, 13, 16, 17, 32, 33};
    const size_t columns[] = {0, 1, 7, 15, 16, 17, 32, 48, 63, 64, 80};
    const size_t depths[] = {0, 1, 2, 8, 17};
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t j = 0; j < COUNT(columns); j++)
            for (size_t p = 0; p < COUNT(depths); p++)
                check_gemm_variants(kernel_set(_i), rows[i], columns[j], depths[p]);
}
END_TEST

/* Sizes at which the product is cut into slices and strips. */
START_TEST(gemm_equals_sums_for_large_sizes) {
    const size_t sizes[][3] = {{400, 16, 100}, {100, 64, 400}, {132, 33, 257}, {67, 300, 513},
                               {3, 700, 300},  {1, 513, 256},  {256, 1, 300},  {31, 31, 1000}};
    for (size_t i = 0; i < COUNT(sizes); i++)
        check_gemm_variants(kernel_set(_i), sizes[i][0], sizes[i][1], sizes[i][2]);
}
END_TEST

/* A row of C that does not depend on a NaN must not see it. */
START_TEST(gemm_keeps_nan_where_it_belongs) {
    const size_t m = 9, n = 21, k = 5;
    float *a = random_array(m * k, -1, 1), *b = random_array(k * n, -1, 1);
    float *c = array_of(m * n, 0);
    a[4 * k + 2] = NAN;
    b[3 * n + 20] = INFINITY;
    kernel_set(_i)->gemm(m, n, k, a, k, 1, b, n, NULL, 0, c, n);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            ck_assert_int_eq(isnan(c[i * n + j]) != 0, i == 4);
            ck_assert_int_eq(isinf(c[i * n + j]) != 0, i != 4 && j == 20);
        }
}
END_TEST

typedef struct outer_case {
    size_t steps, m, n, width;
    int backwards; /* steps run from the last to the first */
    int in_place;  /* without scratch memory */
} outer_case;

static void check_outer(const tl_kernels *kernels, const outer_case *t) {
    size_t ldg = t->n + 1, last = t->steps > 0 ? t->steps - 1 : 0;
    ptrdiff_t x_step = (ptrdiff_t)(t->m * t->width), z_step = (ptrdiff_t)(t->n * t->width);
    const float *x = random_array(t->steps * t->m * t->width, -1, 1);
    const float *z = random_array(t->steps * t->n * t->width, -1, 1);
    float *g = random_array(t->m * ldg, -1, 1);
    const float *before = copy_of(g, t->m * ldg);
    float *scratch = t->in_place ? NULL : array_of(tl_outer_scratch(t->m), NAN);
    if (t->backwards)
        kernels->outer(t->steps, t->m, t->n, t->width, x + last * t->m * t->width, -x_step,
                       z + last * t->n * t->width, -z_step, g, ldg, scratch);
    else
        kernels->outer(t->steps, t->m, t->n, t->width, x, x_step, z, z_step, g, ldg, scratch);

    for (size_t i = 0; i < t->m; i++) {
        for (size_t j = 0; j < t->n; j++) {
            double want = before[i * ldg + j], size = fabs(want);
            for (size_t s = 0; s < t->steps; s++)
                want += dot(x + (s * t->m + i) * t->width, 1, z + (s * t->n + j) * t->width, 1,
                            t->width, &size);
            assert_near(g[i * ldg + j], want, SUM_TOLERANCE * size,
                        "%s: outer steps %zu m %zu n %zu width %zu: g[%zu][%zu]", kernels->name,
                        t->steps, t->m, t->n, t->width, i, j);
        }
        ck_assert_float_eq(g[i * ldg + t->n], before[i * ldg + t->n]);
    }
    fixture_teardown();
}

START_TEST(outer_equals_sums) {
    const size_t sizes[] = {0, 1, 3, 4, 8, 17, 33, 40, 65};
    const size_t steps[] = {0, 1, 7, 30};
    const size_t widths[] = {16, 32, 48, 64};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t j = 0; j < COUNT(sizes); j++)
            for (size_t s = 0; s < COUNT(steps); s++)
                for (size_t w = 0; w < COUNT(widths); w++) {
                    outer_case t = {steps[s], sizes[i], sizes[j], widths[w], (int)((i + j + w) % 2),
                                    0};
                    check_outer(kernel_set(_i), &t);
                    t.in_place = 1;
                    check_outer(kernel_set(_i), &t);
                }
}
END_TEST

static void check_row_sums(const tl_kernels *kernels, size_t steps, size_t m, size_t width) {
    const float *z = random_array(steps * m * width, -1, 1);
    float *g = random_array(m, -1, 1);
    const float *before = copy_of(g, m);
    kernels->row_sums(steps, m, width, z, (ptrdiff_t)(m * width), g);
    for (size_t i = 0; i < m; i++) {
        double want = before[i], size = fabs(want);
        for (size_t s = 0; s < steps; s++)
            for (size_t w = 0; w < width; w++) {
                want += z[(s * m + i) * width + w];
                size += fabs(z[(s * m + i) * width + w]);
            }
        assert_near(g[i], want, SUM_TOLERANCE * size,
                    "%s: row_sums steps %zu m %zu width %zu: g[%zu]", kernels->name, steps, m,
                    width, i);
    }
    fixture_teardown();
}

START_TEST(row_sums_equal_sums) {
    const size_t sizes[] = {0, 1, 3, 4, 8, 17, 33};
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (size_t width = 16; width <= 64; width += 16)
            for (size_t steps = 0; steps < 40; steps += 13)
                check_row_sums(kernel_set(_i), steps, sizes[i], width);
}
END_TEST

/* The softmax of one lane, in double precision. */
static void softmax_lane(size_t features, size_t width, const float *x, double *y) {
    double largest = -INFINITY, sum = 0;
    for (size_t f = 0; f < features; f++)
        largest = fmax(largest, x[f * width]);
    for (size_t f = 0; f < features; f++)
        sum += y[f] = exp(x[f * width] - largest);
    for (size_t f = 0; f < features; f++)
        y[f] /= sum;
}

static void check_softmax(const tl_kernels *kernels, size_t features, size_t width, int in_place) {
    const float *x = random_array(features * width, -30, 30);
    float *y = in_place ? copy_of(x, features * width) : array_of(features * width, NAN);
    const float *dy = random_array(features * width, -1, 1);
    float *dz = in_place ? copy_of(dy, features * width) : array_of(features * width, NAN);
    kernels->softmax(features, width, in_place ? y : x, y);
    kernels->softmax_gradient(features, width, y, in_place ? dz : dy, dz);

    double want[100];
    for (size_t w = 0; w < width; w++) {
        softmax_lane(features, width, x + w, want);
        double mean = 0;
        for (size_t f = 0; f < features; f++)
            mean += want[f] * dy[f * width + w];
        for (size_t f = 0; f < features; f++) {
            assert_near(y[f * width + w], want[f], SUM_TOLERANCE, "%s: softmax", kernels->name);
            assert_near(dz[f * width + w], want[f] * (dy[f * width + w] - mean), SUM_TOLERANCE,
                        "%s: gradient of softmax", kernels->name);
        }
    }
    fixture_teardown();
}

START_TEST(softmax_equals_formula) {
    const size_t features[] = {1, 2, 3, 10, 17, 100};
    for (size_t i = 0; i < COUNT(features); i++)
        for (size_t width = 16; width <= 64; width += 16)
            check_softmax(kernel_set(_i), features[i], width, i % 2);
    kernel_set(_i)->softmax(0, 16, NULL, NULL);
    kernel_set(_i)->softmax_gradient(0, 16, NULL, NULL, NULL);
}
END_TEST

/* Inputs far apart or huge give ones and zeros, never NaN. */
START_TEST(softmax_bears_large_inputs) {
    float *x = array_of(3 * 16, 3e38f);
    float *y = array_of(3 * 16, NAN);
    for (size_t w = 0; w < 16; w++) {
        x[16 + w] = -3e38f;
        x[32 + w] = -INFINITY;
    }
    kernel_set(_i)->softmax(3, 16, x, y);
    for (size_t i = 0; i < 48; i++)
        ck_assert_float_eq(y[i], i < 16 ? 1.0f : 0.0f);
}
END_TEST

void add_product_tests(Suite *suite) {
    TCase *tcase = fixture_case("products");
    tcase_add_loop_test(tcase, gemm_equals_sums_for_small_sizes, 0, kernel_set_count());
    tcase_add_loop_test(tcase, gemm_equals_sums_for_large_sizes, 0, kernel_set_count());
    tcase_add_loop_test(tcase, gemm_keeps_nan_where_it_belongs, 0, kernel_set_count());
    tcase_add_loop_test(tcase, outer_equals_sums, 0, kernel_set_count());
    tcase_add_loop_test(tcase, row_sums_equal_sums, 0, kernel_set_count());
    tcase_add_loop_test(tcase, softmax_equals_formula, 0, kernel_set_count());
    tcase_add_loop_test(tcase, softmax_bears_large_inputs, 0, kernel_set_count());
    suite_add_tcase(suite, tcase);
}
