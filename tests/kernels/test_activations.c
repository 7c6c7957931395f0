/* The activations over all floats, their slopes, special values and odd lengths. */
#include "fixture.h"
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 1000

/*
 * The largest error allowed, in units of the last place of the true result. Below `floor` the unit
 * is that of `floor`: where a product's factor is denormal, its error is more than one of the
 * product's units.
 */
static const struct limit {
    double ulp, floor;
} limits[TL_ACTIVATION_KINDS] = {
    [TL_LINEAR] = {0, 0},
    [TL_SIGMOID] = {2, 0},
    [TL_TANH] = {2, 0},
    [TL_RELU] = {0, 0},
    [TL_RELU6] = {0, 0},
    [TL_LEAKY_RELU] = {1, 0},
    [TL_ELU] = {2, 0},
    [TL_SELU] = {3, 0},
    [TL_SOFTPLUS] = {3, 0},
    [TL_SOFTSIGN] = {2, 0},
    [TL_EXPONENTIAL] = {2, 0},
    [TL_HARD_SIGMOID_KERAS2] = {2, 0x1p-3},
    [TL_HARD_SIGMOID_KERAS3] = {2, 0x1p-2},
    [TL_SWISH] = {3, 0x1p-100},
    [TL_GELU] = {5, 0x1p-100},
    [TL_MISH] = {4, 0x1p-100},
};

static float float_of(uint32_t pattern) {
    float value;
    memcpy(&value, &pattern, sizeof(value));
    return value;
}

/* The distance between floats around `value`. */
static double unit_in_last_place(double value) {
    int exponent;
    frexp(fmin(fabs(value), FLT_MAX), &exponent);
    return ldexp(1, (exponent < -125 ? -125 : exponent) - 24);
}

/* The error in units in the last place, infinity counting as the number after FLT_MAX. */
static double ulp_error(float got, double want, double floor) {
    if (isnan(got) || isnan(want))
        return isnan(got) && isnan(want) ? 0 : INFINITY;
    double bounded_got = isinf(got) ? copysign(0x1p128, got) : got;
    double bounded_want = fabs(want) > 0x1p128 ? copysign(0x1p128, want) : want;
    return fabs(bounded_got - bounded_want) / unit_in_last_place(fmax(fabs(want), floor));
}

typedef struct worst_case {
    double error;
    float x, y;
} worst_case;

static worst_case worst_error(const tl_kernels *kernels, tl_activation_kind kind) {
    worst_case worst = {-1, 0, 0};
    static float x[BLOCK], y[BLOCK];
    for (uint64_t start = 0; start <= UINT32_MAX; start += (uint64_t)float_stride * BLOCK) {
        for (size_t i = 0; i < BLOCK; i++) {
            uint64_t pattern = start + i * (uint64_t)float_stride;
            x[i] = float_of(pattern <= UINT32_MAX ? (uint32_t)pattern : 0);
        }
        kernels->activate(kind, BLOCK, x, y);
        for (size_t i = 0; i < BLOCK; i++) {
            double error = ulp_error(y[i], oracle_activation(kind, x[i]), limits[kind].floor);
            if (error > worst.error)
                worst = (worst_case){error, x[i], y[i]};
        }
    }
    return worst;
}

START_TEST(all_floats_are_within_limits) {
    const tl_kernels *kernels = kernel_set(_i / TL_ACTIVATION_KINDS);
    tl_activation_kind kind = (tl_activation_kind)(_i % TL_ACTIVATION_KINDS);
    worst_case worst = worst_error(kernels, kind);
    printf("%-9s %-23s worst error %.3f ulp (limit %g) at %.9g\n", kernels->name,
           activation_name(kind), worst.error, limits[kind].ulp, worst.x);
    ck_assert_msg(worst.error <= limits[kind].ulp, "%s of %.9g is %.9g, expected %.9g: %.3f ulp",
                  activation_name(kind), worst.x, worst.y, oracle_activation(kind, worst.x),
                  worst.error);
}
END_TEST

/* Signed zeros where Keras has them, NaN kept, limits at infinity. */
START_TEST(special_values) {
    const tl_kernels *kernels = kernel_set(_i);
    const float x[] = {0.0f,     -0.0f,   INFINITY, -INFINITY, NAN,        -NAN,      FLT_MAX,
                       -FLT_MAX, FLT_MIN, -FLT_MIN, 0x1p-149f, -0x1p-149f, 0x1p-127f, -0x1p-127f};
    enum { COUNT = sizeof x / sizeof *x };
    for (int kind = 0; kind < TL_ACTIVATION_KINDS; kind++) {
        float y[COUNT];
        kernels->activate((tl_activation_kind)kind, COUNT, x, y);
        for (size_t i = 0; i < COUNT; i++) {
            double want = oracle_activation((tl_activation_kind)kind, x[i]);
            ck_assert_msg(ulp_error(y[i], want, limits[kind].floor) <= limits[kind].ulp,
                          "%s: %s(%g) is %.9g, expected %.9g", kernels->name,
                          activation_name((tl_activation_kind)kind), x[i], y[i], want);
        }
    }
    float zero = -0.0f, result;
    kernels->activate(TL_TANH, 1, &zero, &result);
    ck_assert(result == 0 && signbit(result));
}
END_TEST

static double relative_to_one(double value) {
    return STEP_TOLERANCE * (1 + fabs(value));
}

START_TEST(gradients_equal_finite_differences) {
    const tl_kernels *kernels = kernel_set(_i);
    const size_t n = 2003;
    for (int number = 0; number < TL_ACTIVATION_KINDS; number++) {
        tl_activation_kind kind = (tl_activation_kind)number;
        const float *x = random_array(n, -8, 8), *dy = random_array(n, -1, 1);
        float *y = array_of(n, 0), *dz = array_of(n, 0);
        kernels->activate(kind, n, x, y);
        kernels->gradient(kind, n, tl_activation_stores_input(kind) ? x : y, dy, dz);
        for (size_t i = 0; i < n; i++) {
            double want = dy[i] * oracle_slope(kind, x[i]);
            assert_near(dz[i], want, relative_to_one(want), "%s: slope of %s at %.9g",
                        kernels->name, activation_name(kind), x[i]);
        }
    }
}
END_TEST

/* The slopes of what the forward pass makes of extreme inputs are numbers. */
START_TEST(gradients_bear_extreme_inputs) {
    const tl_kernels *kernels = kernel_set(_i);
    const float x[] = {0, 100, -100, 1e30f, -1e30f, INFINITY, -INFINITY};
    for (int number = 0; number < TL_ACTIVATION_KINDS; number++) {
        tl_activation_kind kind = (tl_activation_kind)number;
        float y[7], dz[7], dy[7] = {1, 1, 1, 1, 1, 1, 1};
        kernels->activate(kind, 7, x, y);
        kernels->gradient(kind, 7, tl_activation_stores_input(kind) ? x : y, dy, dz);
        for (size_t i = 0; i < 7; i++)
            ck_assert_msg(!isnan(dz[i]), "%s: slope of %s at %g is NaN", kernels->name,
                          activation_name(kind), x[i]);
    }
}
END_TEST

/* Any length, in place or not, and nothing written past the end. */
START_TEST(any_length) {
    const tl_kernels *kernels = kernel_set(_i);
    for (int number = 0; number < TL_ACTIVATION_KINDS; number++) {
        tl_activation_kind kind = (tl_activation_kind)number;
        for (size_t n = 0; n <= 35; n++) {
            const float *x = random_array(n, -4, 4), *dy = random_array(n, -1, 1);
            float *in_place = copy_of(x, n), *y = array_of(n + 1, 7);
            float *dz = array_of(n + 1, 7), *dz_in_place = copy_of(dy, n);
            kernels->activate(kind, n, x, y);
            kernels->activate(kind, n, in_place, in_place);
            kernels->gradient(kind, n, x, dy, dz);
            kernels->gradient(kind, n, x, dz_in_place, dz_in_place);
            for (size_t i = 0; i < n; i++) {
                assert_near(y[i], oracle_activation(kind, x[i]), relative_to_one(y[i]), "%s: %s",
                            kernels->name, activation_name(kind));
                ck_assert_float_eq(in_place[i], y[i]);
                ck_assert_float_eq(dz_in_place[i], dz[i]);
            }
            ck_assert_float_eq(y[n], 7);
            ck_assert_float_eq(dz[n], 7);
            fixture_teardown();
        }
    }
}
END_TEST

void add_activation_tests(Suite *suite) {
    TCase *tcase = fixture_case("activations");
    tcase_add_loop_test(tcase, all_floats_are_within_limits, 0,
                        kernel_set_count() * TL_ACTIVATION_KINDS);
    tcase_add_loop_test(tcase, special_values, 0, kernel_set_count());
    tcase_add_loop_test(tcase, gradients_equal_finite_differences, 0, kernel_set_count());
    tcase_add_loop_test(tcase, gradients_bear_extreme_inputs, 0, kernel_set_count());
    tcase_add_loop_test(tcase, any_length, 0, kernel_set_count());
    suite_add_tcase(suite, tcase);
}
