/*
 * One timestep of LSTM, GRU and SimpleRNN against the double-precision cells of oracle.c: values,
 * and gradients against finite differences of the cell; for odd sizes, all activations, with and
 * without a mask.
 */
#include "fixture.h"
#include "oracle.h"

#include <math.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct step_case {
    const tl_kernels *kernels;
    size_t units, width;
    tl_activation_kind activation, recurrent;
    const float *mask;
    float range; /* of the inputs */
    double tolerance;
} step_case;

/* The arrays of one test: each plane is [units][width]. */
static size_t plane(const step_case *t) {
    return t->units * t->width;
}

static int on(const step_case *t, size_t at) {
    return !t->mask || t->mask[at % t->width] != 0;
}

static float *random_planes(const step_case *t, size_t count) {
    return random_array(count * plane(t), -t->range, t->range);
}

#define assert_step(got, want, what)                                                               \
    assert_near(got, want, STEP_TOLERANCE *(1 + fabs(want)),                                       \
                "%s: %s, units %zu width %zu, %s/%s, %s", t->kernels->name, what, t->units,        \
                t->width, activation_name(t->activation), activation_name(t->recurrent),           \
                t->mask ? "masked" : "no mask")

/* The inputs of the cell at one place, from as many planes. */
static cell_case cell_at(const step_case *t, size_t at, const float *const *planes, size_t count) {
    cell_case cell = {t->activation, t->recurrent, {0}};
    for (size_t i = 0; i < count; i++)
        cell.in[i] = planes[i][at];
    return cell;
}

static void check_lstm(const step_case *t) {
    size_t n = plane(t);
    float *gates = random_planes(t, 4), *c_before = random_planes(t, 1);
    float *h_before = random_planes(t, 1), *dh = random_planes(t, 1), *dc = random_planes(t, 1);
    const float *z = copy_of(gates, 4 * n), *dh_in = copy_of(dh, n), *dc_in = copy_of(dc, n);
    float *c = array_of(n, NAN), *h = array_of(n, NAN), *activated_c = array_of(n, NAN);
    tl_lstm_step step = {
        t->units,    t->width, t->activation, t->recurrent, t->mask, gates, c_before, h_before, c,
        activated_c, h};
    t->kernels->lstm(&step);
    tl_lstm_back back = {t->units, t->width, t->activation, t->recurrent, t->mask, gates,
                         c_before, c,        activated_c,   dh,           dc};
    t->kernels->lstm_back(&back);

    const float *const inputs[] = {z, z + n, z + 2 * n, z + 3 * n, c_before};
    for (size_t at = 0; at < n; at++) {
        cell_case cell = cell_at(t, at, inputs, 5);
        double out[2], weights[2] = {dh_in[at], dc_in[at]};
        oracle_lstm(&cell, out);
        assert_step(h[at], on(t, at) ? out[0] : h_before[at], "h");
        assert_step(c[at], on(t, at) ? out[1] : c_before[at], "c");
        for (size_t gate = 0; gate < 4; gate++)
            assert_step(gates[gate * n + at],
                        on(t, at) ? oracle_gradient(oracle_lstm, &cell, gate, weights, 2) : 0,
                        "dz");
        assert_step(dc[at],
                    on(t, at) ? oracle_gradient(oracle_lstm, &cell, 4, weights, 2) : dc_in[at],
                    "dc");
        assert_step(dh[at], on(t, at) ? 0 : dh_in[at], "dh");
    }
}

/* Without `activated_c`, and with the states updated in place, the values are the same. */
static void check_lstm_in_place(const step_case *t) {
    size_t n = plane(t);
    float *gates = random_planes(t, 4), *c = random_planes(t, 1), *h = random_planes(t, 1);
    float *gates_again = copy_of(gates, 4 * n), *activated_c = array_of(n, NAN);
    float *c_out = array_of(n, NAN), *h_out = array_of(n, NAN);
    tl_lstm_step step = {t->units, t->width, t->activation, t->recurrent, t->mask, gates_again,
                         c,        h,        c_out,         activated_c,  h_out};
    t->kernels->lstm(&step);
    tl_lstm_step in_place = {
        t->units, t->width, t->activation, t->recurrent, t->mask, gates, c, h, c, NULL, h};
    t->kernels->lstm(&in_place);
    for (size_t at = 0; at < n; at++)
        ck_assert(c[at] == c_out[at] && h[at] == h_out[at]);
}

static void check_gru_after(const step_case *t) {
    size_t n = plane(t);
    float *gates = random_planes(t, 4);
    float *h_before = random_planes(t, 1), *dh = random_planes(t, 1);
    const float *z = copy_of(gates, 4 * n), *dh_in = copy_of(dh, n);
    float *h = array_of(n, NAN);
    tl_gru_step step = {t->units, t->width, t->activation, t->recurrent,
                        t->mask,  gates,    h_before,      h};
    t->kernels->gru(&step);
    tl_gru_back back = {t->units, t->width, t->activation, t->recurrent, t->mask, gates,
                        h_before, dh,       NULL};
    t->kernels->gru_back(&back);

    const float *const inputs[] = {z, z + n, z + 2 * n, z + 3 * n, h_before};
    for (size_t at = 0; at < n; at++) {
        cell_case cell = cell_at(t, at, inputs, 5);
        double out, weight = dh_in[at];
        oracle_gru(&cell, &out);
        assert_step(h[at], on(t, at) ? out : h_before[at], "h");
        for (size_t plane = 0; plane < 4; plane++)
            assert_step(gates[plane * n + at],
                        on(t, at) ? oracle_gradient(oracle_gru, &cell, plane, &weight, 1) : 0,
                        "dz");
        assert_step(dh[at],
                    on(t, at) ? oracle_gradient(oracle_gru, &cell, 4, &weight, 1) : dh_in[at],
                    "dh");
    }
}

/* The two halves of the step, and their gradients, with a random result of the product between. */
static void check_gru_before(const step_case *t) {
    size_t n = plane(t);
    float *gates = random_planes(t, 4);
    float *h_before = random_planes(t, 1), *dh = random_planes(t, 1);
    const float *z = copy_of(gates, 4 * n), *dh_in = copy_of(dh, n);
    const float *d_product = random_planes(t, 1);
    float *h = array_of(n, NAN);
    tl_gru_step step = {t->units, t->width, t->activation, t->recurrent,
                        t->mask,  gates,    h_before,      h};
    t->kernels->gru_reset(&step);
    t->kernels->gru_update(&step);
    tl_gru_back back = {t->units, t->width, t->activation, t->recurrent, t->mask, gates,
                        h_before, dh,       d_product};
    t->kernels->gru_update_back(&back);
    const float *dh_between = copy_of(dh, n);
    t->kernels->gru_reset_back(&back);

    const float *const reset_inputs[] = {z + n, h_before};
    const float *const update_inputs[] = {z, z + 3 * n, h_before};
    for (size_t at = 0; at < n; at++) {
        cell_case reset = cell_at(t, at, reset_inputs, 2);
        cell_case update = cell_at(t, at, update_inputs, 3);
        double r_h, out, weight = dh_in[at], product_weight = d_product[at];
        oracle_gru_reset(&reset, &r_h);
        oracle_gru_update(&update, &out);
        assert_step(h[at], on(t, at) ? out : h_before[at], "h");

        double want[4] = {0, 0, r_h, 0}, want_between = dh_in[at], want_after = dh_in[at];
        if (on(t, at)) {
            want[0] = oracle_gradient(oracle_gru_update, &update, 0, &weight, 1);
            want[1] = oracle_gradient(oracle_gru_reset, &reset, 0, &product_weight, 1);
            want[3] = oracle_gradient(oracle_gru_update, &update, 1, &weight, 1);
            want_between = oracle_gradient(oracle_gru_update, &update, 2, &weight, 1);
            want_after =
                want_between + oracle_gradient(oracle_gru_reset, &reset, 1, &product_weight, 1);
        }
        /* The state's part, r h, stays. */
        for (size_t plane = 0; plane < 4; plane++)
            assert_step(gates[plane * n + at], want[plane], "dz");
        assert_step(dh_between[at], want_between, "dh past z");
        assert_step(dh[at], want_after, "dh");
    }
}

static void check_rnn(const step_case *t) {
    size_t n = plane(t);
    float *gates = random_planes(t, 1), *h_before = random_planes(t, 1), *dh = random_planes(t, 1);
    const float *z = copy_of(gates, n), *dh_in = copy_of(dh, n);
    float *h = array_of(n, NAN);
    tl_rnn_step step = {t->units, t->width, t->activation, t->mask, gates, h_before, h};
    t->kernels->rnn(&step);
    tl_rnn_back back = {t->units, t->width, t->activation, t->mask, gates, dh};
    t->kernels->rnn_back(&back);
    for (size_t at = 0; at < n; at++) {
        cell_case cell = cell_at(t, at, &z, 1);
        double out, weight = dh_in[at];
        oracle_rnn(&cell, &out);
        assert_step(h[at], on(t, at) ? out : h_before[at], "h");
        assert_step(gates[at], on(t, at) ? oracle_gradient(oracle_rnn, &cell, 0, &weight, 1) : 0,
                    "dz");
        assert_step(dh[at], on(t, at) ? 0 : dh_in[at], "dh");
    }
}

static void check_all(step_case t) {
    typedef void check(const step_case *t);
    check *const checks[] = {check_lstm, check_lstm_in_place, check_gru_after, check_gru_before,
                             check_rnn};
    for (size_t i = 0; i < COUNT(checks); i++) {
        for (int masked = 0; masked < 2; masked++) {
            t.mask = masked ? random_mask(t.width) : NULL;
            checks[i](&t);
            fixture_teardown();
        }
    }
}

START_TEST(steps_equal_cells_for_all_sizes) {
    const size_t units[] = {0, 1, 3, 8, 17, 33, 100};
    const size_t widths[] = {16, 32, 48, 64};
    for (size_t u = 0; u < COUNT(units); u++)
        for (size_t w = 0; w < COUNT(widths); w++)
            check_all((step_case){kernel_set(_i), units[u], widths[w], TL_TANH, TL_SIGMOID, NULL, 2,
                                  STEP_TOLERANCE});
}
END_TEST

/* Each activation in each of the two places. Those that are not bounded multiply errors in their
 * inputs. */
START_TEST(steps_equal_cells_for_all_activations) {
    for (int a = 0; a < TL_ACTIVATION_KINDS; a++)
        for (int r = 0; r < TL_ACTIVATION_KINDS; r++)
            check_all((step_case){kernel_set(_i), 5, 32, (tl_activation_kind)a,
                                  (tl_activation_kind)r, NULL, 1, GROWING_TOLERANCE});
}
END_TEST

/* What stands in a masked lane, NaN too, does not reach its state or gradient. */
START_TEST(masked_lanes_hide_nan) {
    float *mask = array_of(16, 1), *gates = array_of(4 * 16, 0.5f), *c_before = array_of(16, 0.25f);
    float *h = array_of(16, 0.125f), *c = array_of(16, 0), *activated_c = array_of(16, 0);
    float *dh = array_of(16, 1), *dc = array_of(16, 2);
    mask[3] = 0;
    for (size_t gate = 0; gate < 4; gate++)
        gates[gate * 16 + 3] = NAN;
    tl_lstm_step step = {1, 16, TL_TANH, TL_SIGMOID, mask, gates, c_before, h, c, activated_c, h};
    kernel_set(_i)->lstm(&step);
    ck_assert(c[3] == 0.25f && h[3] == 0.125f && c[4] != 0.25f);
    tl_lstm_back back = {1, 16, TL_TANH, TL_SIGMOID, mask, gates, c_before, c, activated_c, dh, dc};
    kernel_set(_i)->lstm_back(&back);
    ck_assert(dh[3] == 1 && dc[3] == 2 && dh[4] == 0);
    for (size_t gate = 0; gate < 4; gate++)
        ck_assert_float_eq(gates[gate * 16 + 3], 0);
}
END_TEST

void add_recurrent_tests(Suite *suite) {
    TCase *tcase = fixture_case("recurrent");
    tcase_add_loop_test(tcase, steps_equal_cells_for_all_sizes, 0, kernel_set_count());
    tcase_add_loop_test(tcase, steps_equal_cells_for_all_activations, 0, kernel_set_count());
    tcase_add_loop_test(tcase, masked_lanes_hide_nan, 0, kernel_set_count());
    suite_add_tcase(suite, tcase);
}
