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
    int with_state; /* there is a product with h too */
    row_start start;
} row_case;

static float x_at(const row_case *t, const float *x, size_t sample, size_t input) {
    return t->x_in_lanes ? x[input * t->width + sample] : x[sample * t->inputs + input];
}

/* One of the products. */
static double term_of(const tl_row_product *p, const tl_row_factor *f, size_t sample, size_t column,
                      double *size) {
    double sum = 0;
    for (size_t k = 0; k < f->inputs; k++) {
        double term =
            (double)f->x[sample * f->x_sample + k * f->x_input] * f->kernel[k * p->length + column];
        sum += term;
        *size += fabs(term);
    }
    return sum;
}

/* What z[plane][sample][unit] should be: a plane is a gate's, but a GRU's candidate has the third
 * for its state's part and the fourth for its input's. */
static double want_of(const row_case *t, const tl_row_product *p, const float *before, size_t plane,
                      size_t sample, size_t unit, double *size) {
    const int of_state = t->gates == 3 && plane == 2, of_input = t->gates == 3 && plane == 3;
    const size_t gate = of_input ? 2 : plane, column = gate * t->units + unit;
    double start = 0, sum = 0;
    if (of_state)
        start = p->apart ? p->apart[unit] : 0;
    else if (t->start == FROM_BIAS)
        start = p->start[column];
    else if (t->start == FROM_Z)
        start = before[(gate * t->width + sample) * t->units + unit];
    else if (t->start == FROM_TABLE)
        start = p->start[(size_t)p->rows[sample] * p->length + column];
    *size = fabs(start);
    if (!of_state)
        sum += term_of(p, &p->input, sample, column, size);
    if (!of_input)
        sum += term_of(p, &p->state, sample, column, size);
    return start + sum;
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
        p->next = random_rows(t->width, TABLE_ROWS);
    }
    if (t->start != FROM_NOTHING)
        p->apart = random_array(t->units, -1, 1);
}

static tl_row_factor factor_of(size_t inputs, size_t width, size_t length, int in_lanes) {
    return (tl_row_factor){
        .inputs = inputs,
        .x = random_array(inputs * width, -1, 1),
        .x_sample = in_lanes ? 1 : inputs,
        .x_input = in_lanes ? width : 1,
        .kernel = random_array(inputs * length, -1, 1),
    };
}

static void check_product(const row_case *t) {
    const size_t planes = t->gates == 3 ? 4 : t->gates, length = t->gates * t->units;
    float *z = random_array(planes * t->units * t->width, -1, 1);
    const float *before = copy_of(z, planes * t->units * t->width);
    tl_row_product p = {.gates = t->gates,
                        .width = t->width,
                        .units = t->units,
                        .length = length,
                        .input = factor_of(t->inputs, t->width, length, t->x_in_lanes),
                        .state = factor_of(t->with_state ? t->units : 0, t->width, length, 0),
                        .z = z};
    set_start(t, &p);
    t->kernels->rows_product(&p);
    for (size_t plane = 0; plane < planes; plane++)
        for (size_t s = 0; s < t->width; s++)
            for (size_t u = 0; u < t->units; u++) {
                double size, want = want_of(t, &p, before, plane, s, u, &size);
                assert_near(z[(plane * t->width + s) * t->units + u], want, SUM_TOLERANCE * size,
                            "%s: gates %zu units %zu inputs %zu state %d start %d: plane %zu "
                            "sample %zu unit %zu",
                            t->kernels->name, t->gates, t->units, t->inputs, t->with_state,
                            (int)t->start, plane, s, u);
            }
    fixture_teardown();
}

/* A product with some gates only of a kernel that has more. */
static void check_part_of_gates(const tl_kernels *kernels, size_t units) {
    const size_t width = 16, length = 4 * units;
    float *whole = array_of(length * width, NAN), *part = array_of(units * width, NAN);
    tl_row_product p = {.gates = 4,
                        .width = width,
                        .units = units,
                        .length = length,
                        .state = factor_of(units, width, length, 0),
                        .z = whole};
    kernels->rows_product(&p);
    p.gates = 1;
    p.state.kernel += 2 * units;
    p.z = part;
    kernels->rows_product(&p);
    for (size_t i = 0; i < units * width; i++)
        ck_assert_float_eq(part[i], whole[2 * units * width + i]);
    fixture_teardown();
}

static void check_products(const tl_kernels *kernels, size_t gates, size_t vectors, size_t inputs) {
    for (int start = 0; start < STARTS; start++)
        for (int x_in_lanes = 0; x_in_lanes < 2; x_in_lanes++)
            for (int with_state = 0; with_state < 2; with_state++)
                check_product(&(row_case){kernels, gates, 16 * vectors, vectors * kernels->lanes,
                                          inputs, x_in_lanes, with_state, (row_start)start});
}

START_TEST(products_equal_sums) {
    const tl_kernels *kernels = kernel_set(_i);
    const size_t inputs[] = {0, 1, 3, kernels->lanes, 2 * kernels->lanes};
    for (size_t gates = 1; gates <= 4; gates++)
        for (size_t vectors = 1; vectors <= 3; vectors++)
            for (size_t i = 0; i < COUNT(inputs); i++)
                check_products(kernels, gates, vectors, inputs[i]);
    check_part_of_gates(kernels, kernels->lanes);
    check_part_of_gates(kernels, 2 * kernels->lanes);
}
END_TEST

static void check_product_back(const tl_kernels *kernels, size_t gates, size_t width, size_t units,
                               size_t inputs, int accumulate) {
    const float *dz = random_array(gates * width * units, -1, 1);
    const size_t columns = gates * units;
    const float *kernel = random_array(inputs * columns, -1, 1);
    float *packed = array_of(inputs * columns, NAN);
    float *dx = random_array(width * inputs, -1, 1);
    const float *before = copy_of(dx, width * inputs);
    kernels->rows_pack(inputs, columns, kernel, packed);
    kernels->rows_product_back(gates, width, units, inputs, dz, packed, accumulate, dx);
    for (size_t s = 0; s < width; s++)
        for (size_t k = 0; k < inputs; k++) {
            double want = accumulate ? before[s * inputs + k] : 0, size = fabs(want);
            for (size_t g = 0; g < gates; g++)
                for (size_t j = 0; j < units; j++) {
                    double term = (double)dz[(g * width + s) * units + j] *
                                  kernel[k * columns + g * units + j];
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
                                                vectors * kernels->lanes, inputs[i], x_in_lanes, 0,
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
