/* Products with the units in the lanes against sums in double precision. */
#include "fixture.h"

#include <math.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TABLE_ROWS 7

typedef enum row_start { FROM_NOTHING, FROM_BIAS, FROM_Z, FROM_TABLE, STARTS } row_start;

typedef struct row_case {
    const tl_kernels *kernels;
    size_t gates, width, units, inputs;
    int x_in_lanes; /* [inputs][width], not [width][inputs] */
    row_start start;
} row_case;

static float x_at(const row_case *t, const float *x, size_t sample, size_t input) {
    return t->x_in_lanes ? x[input * t->width + sample] : x[sample * t->inputs + input];
}

/* A GRU's candidate, of which product and start stand apart. */
static int apart(const row_case *t, size_t column) {
    return t->gates == 3 && column >= 2 * t->units;
}

static double start_of(const row_case *t, const tl_row_product *p, const float *z_before,
                       size_t sample, size_t column, size_t place) {
    if (apart(t, column))
        return p->apart ? p->apart[column - 2 * t->units] : 0;
    switch (t->start) {
    case FROM_BIAS:
        return p->start[column];
    case FROM_Z:
        return z_before[place];
    case FROM_TABLE:
        return p->start[(size_t)p->rows[sample] * p->length + column];
    default:
        return 0;
    }
}

static void set_start(const row_case *t, tl_row_product *p) {
    p->start_gate = t->units;
    if (t->start == FROM_BIAS)
        p->start = random_array(p->length, -1, 1);
    if (t->start == FROM_Z) {
        p->start = p->z;
        p->start_row = t->units;
        p->start_gate = t->width * t->units;
    }
    if (t->start == FROM_TABLE) {
        p->start = random_array(TABLE_ROWS * p->length, -1, 1);
        p->start_row = p->length;
        p->rows = random_rows(t->width, TABLE_ROWS);
    }
    if (t->start != FROM_NOTHING)
        p->apart = random_array(t->units, -1, 1);
}

static void check_sums(const row_case *t, const tl_row_product *p, const float *before) {
    const size_t columns = t->gates * t->units;
    for (size_t s = 0; s < t->width; s++)
        for (size_t j = 0; j < columns; j++) {
            const size_t place = (j / t->units * t->width + s) * t->units + j % t->units;
            double want = start_of(t, p, before, s, j, place), size = fabs(want);
            for (size_t k = 0; k < t->inputs; k++) {
                double term = (double)x_at(t, p->x, s, k) * p->kernel[k * columns + j];
                want += term;
                size += fabs(term);
            }
            assert_near(p->z[place], want, SUM_TOLERANCE * size,
                        "%s: gates %zu units %zu inputs %zu start %d: sample %zu column %zu",
                        t->kernels->name, t->gates, t->units, t->inputs, (int)t->start, s, j);
        }
}

/* The fourth of three gates' planes: rows of the table, or what was there. */
static void check_fourth_plane(const row_case *t, const tl_row_product *p, const float *before) {
    const size_t plane = t->width * t->units;
    for (size_t i = 0; i < plane; i++) {
        float want = before[3 * plane + i];
        if (t->start == FROM_TABLE)
            want =
                p->start[(size_t)p->rows[i / t->units] * p->length + 2 * t->units + i % t->units];
        ck_assert_float_eq(p->z[3 * plane + i], want);
    }
}

static void check_product(const row_case *t) {
    const size_t columns = t->gates * t->units;
    float *z = random_array(4 * t->units * t->width, -1, 1);
    const float *before = copy_of(z, 4 * t->units * t->width);
    tl_row_product p = {
        .gates = t->gates,
        .width = t->width,
        .units = t->units,
        .inputs = t->inputs,
        .x = random_array(t->inputs * t->width, -1, 1),
        .x_sample = t->x_in_lanes ? 1 : t->inputs,
        .x_input = t->x_in_lanes ? t->width : 1,
        .kernel = random_array(t->inputs * columns, -1, 1),
        .length = columns,
        .z = z,
    };
    set_start(t, &p);
    t->kernels->rows_product(&p);
    check_sums(t, &p, before);
    if (t->gates == 3)
        check_fourth_plane(t, &p, before);
    fixture_teardown();
}

/* A product with some gates only of a kernel that has more. */
static void check_part_of_gates(const tl_kernels *kernels, size_t units) {
    const size_t width = 16, length = 3 * units;
    const float *x = random_array(width * units, -1, 1);
    const float *kernel = random_array(units * length, -1, 1);
    float *whole = array_of(length * width, NAN), *part = array_of(units * width, NAN);
    tl_row_product p = {3, width, units, units, x, units, 1, kernel, length, .z = whole};
    kernels->rows_product(&p);
    p.gates = 1;
    p.kernel = kernel + 2 * units;
    p.z = part;
    kernels->rows_product(&p);
    for (size_t i = 0; i < units * width; i++)
        ck_assert_float_eq(part[i], whole[2 * units * width + i]);
    fixture_teardown();
}

START_TEST(products_equal_sums) {
    const tl_kernels *kernels = kernel_set(_i);
    const size_t inputs[] = {0, 1, 3, kernels->lanes, 2 * kernels->lanes};
    for (size_t gates = 1; gates <= 4; gates++)
        for (size_t vectors = 1; vectors <= 3; vectors++)
            for (size_t i = 0; i < COUNT(inputs); i++)
                for (int start = 0; start < STARTS; start++)
                    for (int x_in_lanes = 0; x_in_lanes < 2; x_in_lanes++)
                        check_product(&(row_case){kernels, gates, 16 * vectors,
                                                  vectors * kernels->lanes, inputs[i], x_in_lanes,
                                                  (row_start)start});
    check_part_of_gates(kernels, kernels->lanes);
    check_part_of_gates(kernels, 2 * kernels->lanes);
}
END_TEST

static void check_product_back(const tl_kernels *kernels, size_t gates, size_t width, size_t units,
                               size_t inputs, int accumulate) {
    const float *dz = random_array(gates * width * units, -1, 1);
    const float *turned = random_array(gates * units * inputs, -1, 1);
    float *dx = random_array(width * inputs, -1, 1);
    const float *before = copy_of(dx, width * inputs);
    kernels->rows_product_back(gates, width, units, inputs, dz, turned, accumulate, dx);
    for (size_t s = 0; s < width; s++)
        for (size_t k = 0; k < inputs; k++) {
            double want = accumulate ? before[s * inputs + k] : 0, size = fabs(want);
            for (size_t g = 0; g < gates; g++)
                for (size_t j = 0; j < units; j++) {
                    double term = (double)dz[(g * width + s) * units + j] *
                                  turned[(g * units + j) * inputs + k];
                    want += term;
                    size += fabs(term);
                }
            assert_near(dx[s * inputs + k], want, SUM_TOLERANCE * size,
                        "%s: back, gates %zu units %zu accumulate %d: sample %zu input %zu of %zu",
                        kernels->name, gates, units, accumulate, s, k, inputs);
        }
    fixture_teardown();
}

START_TEST(products_back_equal_sums) {
    const tl_kernels *kernels = kernel_set(_i);
    for (size_t gates = 1; gates <= 4; gates++)
        for (size_t vectors = 1; vectors <= 3; vectors++)
            for (size_t inputs = 1; inputs <= 3; inputs++)
                for (int accumulate = 0; accumulate < 2; accumulate++)
                    check_product_back(kernels, gates, 16 * vectors, vectors * kernels->lanes,
                                       inputs * kernels->lanes, accumulate);
}
END_TEST

static void check_outer(const row_case *t, size_t steps) {
    const size_t columns = t->gates * t->units, length = columns + 3;
    const size_t x_step = t->inputs * t->width, z_step = columns * t->width;
    const float *x = random_array(steps * x_step, -1, 1);
    const float *z = random_array(steps * z_step, -1, 1);
    float *g = random_array(t->inputs * length, -1, 1);
    const float *before = copy_of(g, t->inputs * length);
    t->kernels->rows_outer(&(tl_row_outer){
        steps, t->gates, t->width, t->units, t->inputs, x, t->x_in_lanes ? 1 : t->inputs,
        t->x_in_lanes ? t->width : 1, (ptrdiff_t)x_step, z, z_step, g, length});
    for (size_t i = 0; i < t->inputs; i++)
        for (size_t j = 0; j < columns; j++) {
            double want = before[i * length + j], size = fabs(want);
            for (size_t s = 0; s < steps; s++)
                for (size_t w = 0; w < t->width; w++) {
                    const size_t place = (j / t->units * t->width + w) * t->units + j % t->units;
                    double term = (double)x_at(t, x + s * x_step, w, i) * z[s * z_step + place];
                    want += term;
                    size += fabs(term);
                }
            assert_near(g[i * length + j], want, SUM_TOLERANCE * size,
                        "%s: outer, gates %zu units %zu inputs %zu steps %zu: g[%zu][%zu]",
                        t->kernels->name, t->gates, t->units, t->inputs, steps, i, j);
        }
    for (size_t i = 0; i < t->inputs; i++)
        for (size_t j = columns; j < length; j++)
            ck_assert_float_eq(g[i * length + j], before[i * length + j]);
    fixture_teardown();
}

START_TEST(outer_products_equal_sums) {
    const tl_kernels *kernels = kernel_set(_i);
    const size_t inputs[] = {1, 2, 3, 5, 8, 16, 17}, steps[] = {0, 1, 5};
    for (size_t gates = 1; gates <= 4; gates++)
        for (size_t vectors = 1; vectors <= 3; vectors++)
            for (size_t i = 0; i < COUNT(inputs); i++)
                for (size_t s = 0; s < COUNT(steps); s++)
                    for (int x_in_lanes = 0; x_in_lanes < 2; x_in_lanes++)
                        check_outer(&(row_case){kernels, gates, 16 * vectors,
                                                vectors * kernels->lanes, inputs[i], x_in_lanes,
                                                FROM_NOTHING},
                                    steps[s]);
}
END_TEST

/* Exact: the order of the samples makes the sum. */
static void check_add(const tl_kernels *kernels, size_t gates, size_t units, size_t samples,
                      size_t row_limit) {
    const size_t width = 16, columns = gates * units;
    const float *dz = random_array(4 * units * width, -1, 1);
    const int32_t *rows = random_rows(width, row_limit);
    float *table = random_array(TABLE_ROWS * columns, -1, 1);
    float *want = copy_of(table, TABLE_ROWS * columns);
    for (size_t s = 0; s < samples; s++)
        for (size_t j = 0; j < columns; j++) {
            const size_t gate = j / units, plane = gates == 3 && gate == 2 ? 3 : gate;
            want[(size_t)rows[s] * columns + j] += dz[(plane * width + s) * units + j % units];
        }
    kernels->rows_add(gates, width, units, samples, dz, rows, table);
    for (size_t i = 0; i < TABLE_ROWS * columns; i++)
        ck_assert_msg(table[i] == want[i], "%s: rows_add gates %zu units %zu samples %zu",
                      kernels->name, gates, units, samples);
    fixture_teardown();
}

START_TEST(gradients_are_added_sample_after_sample) {
    const tl_kernels *kernels = kernel_set(_i);
    for (size_t gates = 1; gates <= 4; gates++)
        for (size_t vectors = 1; vectors <= 3; vectors++)
            for (size_t samples = 0; samples <= 16; samples += 5) {
                check_add(kernels, gates, vectors * kernels->lanes, samples, TABLE_ROWS);
                check_add(kernels, gates, vectors * kernels->lanes, samples, 1);
            }
}
END_TEST

START_TEST(transposes_turn) {
    const tl_kernels *kernels = kernel_set(_i);
    for (size_t rows = kernels->lanes; rows <= 3 * kernels->lanes; rows += kernels->lanes)
        for (size_t columns = 16; columns <= 48; columns += 16) {
            const float *from = random_array(rows * columns, -1, 1);
            float *to = array_of(rows * columns, NAN);
            kernels->transpose(rows, columns, from, to);
            for (size_t i = 0; i < rows; i++)
                for (size_t j = 0; j < columns; j++)
                    ck_assert_float_eq(to[j * rows + i], from[i * columns + j]);
            fixture_teardown();
        }
}
END_TEST

void add_row_tests(Suite *suite) {
    TCase *tcase = fixture_case("rows");
    tcase_add_loop_test(tcase, products_equal_sums, 0, kernel_set_count());
    tcase_add_loop_test(tcase, products_back_equal_sums, 0, kernel_set_count());
    tcase_add_loop_test(tcase, outer_products_equal_sums, 0, kernel_set_count());
    tcase_add_loop_test(tcase, gradients_are_added_sample_after_sample, 0, kernel_set_count());
    tcase_add_loop_test(tcase, transposes_turn, 0, kernel_set_count());
    suite_add_tcase(suite, tcase);
}
