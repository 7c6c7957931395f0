/*
 * Initializers by what Keras promises of them (limits, deviations, orthogonality), regularizers and
 * constraints by numbers from Keras 3, names of activations.
 */
#include "base/rng.h"
#include "layers/activation.h"
#include "layers/initializer.h"
#include "support.h"
#include "tinylstm/model.h"

#include <math.h>
#include <string.h>

static tl_initializer found(const char *name) {
    tl_initializer initializer;
    ck_assert_msg(tl_initializer_find(name, &initializer), "no %s", name);
    return initializer;
}

static void fill(const tl_initializer *initializer, size_t rows, size_t columns, uint64_t seed,
                 float *values) {
    tl_rng rng = tl_rng_new(seed, 0);
    const size_t dims[2] = {rows, columns};
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_initializer_fill(initializer, 2, dims, &rng, values, &error), error);
}

/* Deviation and limit of 40 x 60 numbers, from Keras's formulas; limit 0: none. With 2400 numbers
 * the measured deviation is within 6 % of the true one in all but one of 10^4 runs. */
START_TEST(random_numbers_have_kerass_spread) {
    static const struct {
        const char *name;
        double deviation, limit;
    } cases[] = {
        {"glorot_uniform", 0.141421356, 0.244948974}, /* sqrt(6 / 100) */
        {"GlorotNormal", 0.141421356, 0.321548},      /* sqrt(2 / 100); 2 stddev / .8796 */
        {"he_uniform", 0.223606798, 0.387298335},     /* sqrt(6 / 40) */
        {"he_normal", 0.223606798, 0.508413},
        {"lecun_uniform", 0.158113883, 0.273861279},
        {"lecun_normal", 0.158113883, 0.359502},
        {"variance_scaling", 0.158113883, 0.359502},
        {"uniform", 0.0288675135, 0.05},
        {"random_uniform", 0.0288675135, 0.05},
        {"normal", 0.05, 0},
        {"truncated_normal", 0.05 * 0.87962566103423978, 0.1},
    };
    static float values[40 * 60];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tl_initializer initializer = found(cases[i].name);
        double sum = 0, squares = 0, largest = 0;
        fill(&initializer, 40, 60, 11 + i, values);
        for (int j = 0; j < 2400; j++) {
            sum += (double)values[j];
            squares += (double)values[j] * (double)values[j];
            largest = fmax(largest, fabs((double)values[j]));
        }
        double deviation = sqrt(squares / 2400);
        ck_assert_msg(fabs(deviation / cases[i].deviation - 1) < 0.06, "%s: %g", cases[i].name,
                      deviation);
        ck_assert_msg(fabs(sum / 2400) < 4 * cases[i].deviation / sqrt(2400), "%s: mean %g",
                      cases[i].name, sum / 2400);
        if (cases[i].limit > 0)
            ck_assert_msg(largest <= cases[i].limit * 1.000001 && largest > cases[i].limit * 0.98,
                          "%s: largest %g", cases[i].name, largest);
        else
            ck_assert_double_gt(largest, 3 * cases[i].deviation);
    }
}
END_TEST

START_TEST(fans_of_vectors_and_modes) {
    tl_initializer initializer = found("variance_scaling");
    initializer.distribution = TL_UNIFORM;
    static float values[6000];
    tlstm_error *error = NULL;
    const struct {
        int32_t mode;
        double limit; /* sqrt(3 / fan) */
    } modes[] = {{TL_FAN_IN, 0.346410162}, {TL_FAN_OUT, 0.173205081}, {TL_FAN_AVG, 0.219089023}};
    for (int i = 0; i < 3; i++) {
        initializer.mode = modes[i].mode;
        fill(&initializer, 25, 100, 5, values);
        double largest = 0;
        for (int j = 0; j < 2500; j++)
            largest = fmax(largest, fabs((double)values[j]));
        ck_assert_double_le(largest, modes[i].limit);
        ck_assert_double_gt(largest, 0.99 * modes[i].limit);
    }
    const size_t length = 3000; /* a vector is its own fan in and fan out */
    tl_rng rng = tl_rng_new(1, 2);
    TL_ASSERT_OK(tl_initializer_fill(&initializer, 1, &length, &rng, values, &error), error);
    for (size_t j = 0; j < length; j++)
        ck_assert_double_le(fabs((double)values[j]), 0.0316227766);
}
END_TEST

/* The smaller side is orthonormal, times gain. */
START_TEST(orthogonal_is_orthogonal) {
    static const size_t shapes[][2] = {{8, 8}, {8, 32}, {32, 8}, {1, 5}, {5, 1}, {1, 1}, {33, 47}};
    static float w[33 * 47];
    tl_initializer initializer = found("Orthogonal");
    initializer.gain = 1.5;
    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        size_t rows = shapes[s][0], columns = shapes[s][1];
        int wide = rows < columns;
        size_t vectors = wide ? rows : columns, length = wide ? columns : rows;
        size_t next = wide ? columns : 1, step = wide ? 1 : columns;
        fill(&initializer, rows, columns, 3 + s, w);
        for (size_t a = 0; a < vectors; a++)
            for (size_t b = 0; b < vectors; b++) {
                double product = 0;
                for (size_t i = 0; i < length; i++)
                    product += (double)w[a * next + i * step] * (double)w[b * next + i * step];
                ck_assert_double_eq_tol(product, a == b ? 2.25 : 0, 1e-6);
            }
    }
}
END_TEST

/* Uniform over all rotations: a corner's mean is 0, its square's mean 1 / n. Without the sign rule
 * corners of one sign would come out. */
START_TEST(orthogonal_has_no_preferred_sign) {
    tl_initializer initializer = found("orthogonal");
    double sum = 0, squares = 0;
    float w[16];
    for (uint64_t seed = 0; seed < 2000; seed++) {
        fill(&initializer, 4, 4, seed, w);
        sum += (double)w[0];
        squares += (double)w[15] * (double)w[15];
    }
    ck_assert_double_eq_tol(sum / 2000, 0, 0.05);
    ck_assert_double_eq_tol(squares / 2000, 0.25, 0.02);
}
END_TEST

START_TEST(fixed_values) {
    float w[6];
    tl_initializer initializer = found("constant");
    initializer.value = 0.25;
    fill(&initializer, 2, 3, 0, w);
    for (int i = 0; i < 6; i++)
        ck_assert_float_eq(w[i], 0.25f);
    initializer = found("Zeros");
    fill(&initializer, 2, 3, 0, w);
    ck_assert_float_eq(w[5], 0);
    initializer = found("one");
    fill(&initializer, 2, 3, 0, w);
    ck_assert_float_eq(w[5], 1);
    initializer = found("identity");
    initializer.gain = 2;
    fill(&initializer, 2, 3, 0, w);
    const float identity[6] = {2, 0, 0, 0, 2, 0};
    ck_assert_mem_eq(w, identity, sizeof(w));
}
END_TEST

START_TEST(seeds_decide) {
    float a[20], b[20];
    for (const tl_initializer_class *const *at = tl_initializers; *at; at++) {
        tl_initializer initializer = found((*at)->name);
        fill(&initializer, 4, 5, 7, a);
        fill(&initializer, 4, 5, 7, b);
        ck_assert_mem_eq(a, b, sizeof(a));
        initializer.seed = 42; /* its own: the model's does not matter */
        fill(&initializer, 4, 5, 7, a);
        fill(&initializer, 4, 5, 8, b);
        ck_assert_mem_eq(a, b, sizeof(a));
    }
    tl_initializer uniform = found("uniform");
    fill(&uniform, 4, 5, 7, a);
    fill(&uniform, 4, 5, 8, b);
    ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

START_TEST(matrices_only) {
    const size_t length = 4;
    float w[4];
    tl_rng rng = tl_rng_new(1, 1);
    tlstm_error *error = NULL;
    tl_initializer orthogonal = found("orthogonal"), identity = found("identity");
    TL_ASSERT_FAILS(tl_initializer_fill(&orthogonal, 1, &length, &rng, w, &error),
                    TLSTM_ERROR_ARGUMENT, error, "matrices");
    TL_ASSERT_FAILS(tl_initializer_fill(&identity, 1, &length, &rng, w, &error),
                    TLSTM_ERROR_ARGUMENT, error, "matrices");
}
END_TEST

START_TEST(words_of_variance_scaling) {
    ck_assert_int_eq(tl_fan_mode_find("fan_avg"), TL_FAN_AVG);
    ck_assert_int_eq(tl_fan_mode_find("fan"), -1);
    ck_assert_int_eq(tl_distribution_find("uniform"), TL_UNIFORM);
    ck_assert_int_eq(tl_distribution_find("normal"), TL_TRUNCATED_NORMAL);
    ck_assert_int_eq(tl_distribution_find("untruncated_normal"), TL_UNTRUNCATED_NORMAL);
    ck_assert_str_eq(tl_distribution_names[TL_UNTRUNCATED_NORMAL], "untruncated_normal");
    ck_assert_str_eq(tl_fan_mode_names[TL_FAN_OUT], "fan_out");
}
END_TEST

/* w = (1, -2, 0, 0.5): sum |w| = 3.5, sum w^2 = 5.25 */
START_TEST(regularizers) {
    const float w[] = {1, -2, 0, 0.5f};
    float g[] = {1, 1, 1, 1};
    tl_regularizer both = {0.1, 0.01}, named;
    ck_assert_double_eq_tol(tl_regularizer_loss(&both, 4, w), 0.35 + 0.0525, 1e-12);
    tl_regularizer_gradient(&both, 4, w, g);
    const double expected[] = {1.12, 0.86, 1, 1.11};
    for (int i = 0; i < 4; i++)
        ck_assert_double_eq_tol((double)g[i], expected[i], 1e-6);
    ck_assert(tl_regularizer_find("l2", &named) && named.l1 == 0 && named.l2 == 0.01);
    ck_assert(tl_regularizer_find("l1_l2", &named) && named.l1 == 0.01 && named.l2 == 0.01);
    ck_assert(!tl_regularizer_find("l3", &named));
}
END_TEST

/* Keras 3.15, float32: keras.constraints.MaxNorm(2)(w) etc. of w = [[3, 0.1], [-4, 0.2]]. */
START_TEST(constraints) {
    static const struct {
        tl_constraint constraint;
        double result[4];
    } cases[] = {
        {{.kind = TL_MAX_NORM, .max_value = 2}, {1.2, 0.1, -1.6, 0.2}},
        {{.kind = TL_MAX_NORM, .max_value = 2, .axis = 1},
         {1.9988898, 0.0666297, -1.9975047, 0.0998752}},
        {{.kind = TL_NON_NEG}, {3, 0.1, 0, 0.2}},
        {{.kind = TL_UNIT_NORM}, {0.6, 0.4472134, -0.8, 0.8944268}},
        {{.kind = TL_MIN_MAX_NORM, .min_value = 1, .max_value = 2, .rate = 0.5},
         {2.1, 0.2736067, -2.8, 0.5472134}},
    };
    const size_t dims[2] = {2, 2};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        float w[4] = {3, 0.1f, -4, 0.2f};
        tl_constraint_apply(&cases[i].constraint, 2, dims, w);
        for (int j = 0; j < 4; j++) {
            ck_assert_msg(fabs((double)w[j] - cases[i].result[j]) < 1e-6, "case %zu: w[%d] is %.9g",
                          i, j, (double)w[j]);
        }
    }
    tl_constraint named;
    ck_assert(tl_constraint_find("max_norm", &named) && named.max_value == 2);
    ck_assert(tl_constraint_find("MinMaxNorm", &named) && named.rate == 1);
    ck_assert_str_eq(tl_constraint_class_name(TL_UNIT_NORM), "UnitNorm");
    ck_assert(!tl_constraint_find("norm", &named));
}
END_TEST

START_TEST(activations_by_name_and_value) {
    for (const tl_activation *entry = tl_activations; entry->name; entry++) {
        ck_assert_ptr_eq(tl_activation_by_value(entry->value), entry);
        int generation = entry->generation ? entry->generation : 3;
        ck_assert_ptr_eq(tl_activation_by_name(entry->name, generation), entry);
    }
    ck_assert_int_eq(tl_activation_by_name("hard_sigmoid", 1)->value, TLSTM_HARD_SIGMOID_KERAS2);
    ck_assert_int_eq(tl_activation_by_name("hard_sigmoid", 2)->value, TLSTM_HARD_SIGMOID_KERAS2);
    ck_assert_int_eq(tl_activation_by_name("hard_sigmoid", 3)->value, TLSTM_HARD_SIGMOID);
    ck_assert_int_eq(tl_activation_by_name("silu", 3)->value, TLSTM_SWISH);
    ck_assert_ptr_null(tl_activation_by_name("sigmoidal", 3));
    ck_assert_ptr_null(tl_activation_by_value(99));
}
END_TEST

static tlstm_status fill_orthogonal(void *context, tlstm_error **error) {
    const size_t dims[2] = {3, 2};
    tl_rng rng = tl_rng_new(1, 1);
    return tl_initializer_fill(context, 2, dims, &rng, (float[6]){0}, error);
}

START_TEST(failed_allocations_leave_nothing) {
    tl_initializer orthogonal = found("orthogonal");
    tl_test_fail_each_allocation(fill_orthogonal, &orthogonal);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("initializers");
    TCase *tests = tcase_create("initializers");
    tcase_add_test(tests, random_numbers_have_kerass_spread);
    tcase_add_test(tests, fans_of_vectors_and_modes);
    tcase_add_test(tests, orthogonal_is_orthogonal);
    tcase_add_test(tests, orthogonal_has_no_preferred_sign);
    tcase_add_test(tests, fixed_values);
    tcase_add_test(tests, seeds_decide);
    tcase_add_test(tests, matrices_only);
    tcase_add_test(tests, words_of_variance_scaling);
    tcase_add_test(tests, regularizers);
    tcase_add_test(tests, constraints);
    tcase_add_test(tests, activations_by_name_and_value);
    tcase_add_test(tests, failed_allocations_leave_nothing);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
