/* A recurrent layer's products with kernel and recurrent kernel and their gradients, with dropout:
 * what is the same however the numbers lie. */
#include "layers/recurrent_layout.h"

#include <string.h>

/* ---- Dropout ---- */

int tl_recurrent_drops_inputs(const tl_recurrent *run) {
    return run->pass->training && run->config->dropout > 0;
}

int tl_recurrent_drops_states(const tl_recurrent *run) {
    return run->pass->training && run->config->recurrent_dropout > 0;
}

static float *input_mask_at(const tl_recurrent *run, size_t m) {
    return tl_recurrent_at(run, run->input_mask_at + m * run->features * run->width);
}

static float *state_mask_at(const tl_recurrent *run, size_t m) {
    return tl_recurrent_at(run, run->state_mask_at + m * run->tile);
}

/* The masks of what a gate sees of the input and of the state; NULL: none. */
static const float *input_mask(const tl_recurrent *run, size_t gate) {
    return tl_recurrent_drops_inputs(run) ? input_mask_at(run, run->masks > 1 ? gate : 0) : NULL;
}

static const float *state_mask(const tl_recurrent *run, size_t gate) {
    return tl_recurrent_drops_states(run) ? state_mask_at(run, run->masks > 1 ? gate : 0) : NULL;
}

/* Of some gates, those that one product takes: all, unless each has a mask of its own. */
static size_t gates_at_once(const tl_recurrent *run, int drops, size_t gates) {
    return drops && run->masks > 1 ? 1 : gates;
}

static void draw_state_mask(const tl_recurrent *run, unsigned m) {
    float *drawn = tl_recurrent_at(run, run->scratch_at);
    tl_dropout_mask(run->pass, run->layer, 8 + m, run->config->recurrent_dropout, run->units,
                    drawn);
    memcpy(state_mask_at(run, m), run->layout->inside(run, drawn), run->tile * sizeof *drawn);
}

void tl_recurrent_draw_masks(const tl_recurrent *run) {
    for (unsigned m = 0; m < run->masks; m++) {
        if (tl_recurrent_drops_inputs(run))
            tl_dropout_mask(run->pass, run->layer, m, run->config->dropout, run->features,
                            input_mask_at(run, m));
        if (tl_recurrent_drops_states(run))
            draw_state_mask(run, m);
    }
}

/* values * mask of some steps, in the run's scratch; where there is no mask, the values. */
static const float *masked(const tl_recurrent *run, size_t steps, size_t count, const float *values,
                           const float *mask) {
    if (!mask)
        return values;
    float *dropped = tl_recurrent_at(run, run->scratch_at);
    for (size_t s = 0; s < steps; s++)
        for (size_t i = 0; i < count; i++)
            dropped[s * count + i] = values[s * count + i] * mask[i];
    return dropped;
}

static void multiply_add(size_t count, const float *a, const float *b, float *sum) {
    for (size_t i = 0; i < count; i++)
        sum[i] += a[i] * b[i];
}

const float *tl_recurrent_dropped(const tl_recurrent *run, const float *h, size_t gate) {
    return masked(run, 1, run->tile, h, state_mask(run, gate));
}

void tl_recurrent_drop_add(const tl_recurrent *run, const float *from, size_t gate, float *to) {
    multiply_add(run->tile, from, state_mask(run, gate), to);
}

/* ---- Forward ---- */

void tl_recurrent_input(const tl_recurrent *run, size_t step) {
    const tl_pass *pass = run->pass;
    if (pass->table) {
        run->layout->table(run, step, NULL);
        return;
    }
    const size_t values = run->features * run->width;
    const size_t group = gates_at_once(run, tl_recurrent_drops_inputs(run), run->gates);
    const float *x = pass->x + tl_recurrent_timestep(run, step) * values;
    const float *bias =
        run->config->use_bias ? tl_weight_values(pass, &run->layer->weights[2]) : NULL;
    /* z = (x * mask) W + b */
    for (size_t g = 0; g < run->gates; g += group)
        run->layout->input(run, masked(run, 1, values, x, input_mask(run, g)), g, group, bias,
                           tl_recurrent_gates(run, step) + g * run->tile);
}

void tl_recurrent_preactivate(const tl_recurrent *run, size_t step) {
    const float *h = tl_recurrent_h(run, step);
    if (run->pass->table && !tl_recurrent_drops_states(run)) {
        run->layout->table(run, step, h);
        return;
    }
    tl_recurrent_input(run, step);
    tl_recurrent_product(run, h, 0, run->gates, NULL, 1, tl_recurrent_gates(run, step));
}

void tl_recurrent_multiply(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                           const float *bias, int accumulate, float *z) {
    run->layout->multiply(run, h, first_gate, gates, bias, accumulate, z);
}

void tl_recurrent_product(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                          const float *bias, int accumulate, float *z) {
    const size_t group = gates_at_once(run, tl_recurrent_drops_states(run), gates);
    /* z (+)= (h * mask) U + b */
    for (size_t g = 0; g < gates; g += group)
        run->layout->multiply(run, tl_recurrent_dropped(run, h, first_gate + g), first_gate + g,
                              group, bias, accumulate, z + g * run->tile);
}

/* ---- Backward: the state ---- */

void tl_recurrent_multiply_back(const tl_recurrent *run, const float *dz, size_t first_gate,
                                size_t gates, int accumulate, float *dh) {
    run->layout->multiply_back(run, dz, first_gate, gates, accumulate, dh);
}

void tl_recurrent_product_back(const tl_recurrent *run, const float *dz, size_t first_gate,
                               size_t gates, float *dh) {
    const int drops = tl_recurrent_drops_states(run);
    const size_t group = gates_at_once(run, drops, gates);
    /* dh += (dz U^T) * mask */
    for (size_t g = 0; g < gates; g += group) {
        float *product = drops ? tl_recurrent_at(run, run->scratch_at) : dh;
        run->layout->multiply_back(run, dz + g * run->tile, first_gate + g, group, !drops, product);
        if (drops)
            tl_recurrent_drop_add(run, product, first_gate + g, dh);
    }
}

void tl_recurrent_outer(const tl_recurrent *run, const float *h, const float *dz, size_t dz_step,
                        size_t gates, float *gradient) {
    run->layout->outer(run, h, dz, dz_step, gates, gradient);
}

void tl_recurrent_kernel_gradient(const tl_recurrent *run, const float *h, const float *dz,
                                  size_t dz_step, size_t first_gate, size_t gates) {
    float *gradient = tl_weight_gradient(run->pass, &run->layer->weights[1]);
    const size_t group = gates_at_once(run, tl_recurrent_drops_states(run), gates);
    /* dU += sum over steps of (h * mask)^T dz */
    for (size_t g = 0; g < gates; g += group) {
        const size_t gate = first_gate + g;
        run->layout->outer(run, masked(run, run->steps, run->tile, h, state_mask(run, gate)),
                           dz + g * run->tile, dz_step, group, gradient + gate * run->units);
    }
}

void tl_recurrent_bias_gradient(const tl_recurrent *run, const float *dz, size_t dz_step,
                                size_t gates, float *gradient) {
    run->layout->bias_gradient(run, dz, dz_step, gates, gradient);
}

/* ---- Backward: the input, which lies outside ---- */

/* dx_t = (dz_t W^T) * mask, gate by gate where each has a mask of its own. */
static void input_gradient(const tl_recurrent *run, size_t step) {
    const size_t values = run->features * run->width;
    const size_t group = gates_at_once(run, 1, run->gates);
    const float *dz = tl_recurrent_gates(run, step);
    float *dx = run->pass->dx + tl_recurrent_timestep(run, step) * values;
    if (!tl_recurrent_drops_inputs(run)) {
        run->layout->input_back(run, dz, 0, run->gates, dx);
        return;
    }
    float *product = tl_recurrent_at(run, run->scratch_at);
    memset(dx, 0, values * sizeof *dx);
    for (size_t g = 0; g < run->gates; g += group) {
        run->layout->input_back(run, dz + g * run->tile, g, group, product);
        multiply_add(values, product, input_mask(run, g), dx);
    }
}

/* dW += sum over steps of (x * mask)^T dz. With recurrent dropout gate by gate in any case: the
 * kernels' sums are in another order for all gates at once. */
static void kernel_gradient(const tl_recurrent *run) {
    const tl_pass *pass = run->pass;
    const size_t values = run->features * run->width;
    const size_t first = tl_recurrent_timestep(run, 0) * values;
    const size_t group = gates_at_once(run, 1, run->gates);
    const ptrdiff_t x_step = run->config->go_backwards ? -(ptrdiff_t)values : (ptrdiff_t)values;
    float *gradient = tl_weight_gradient(pass, &run->layer->weights[0]);
    for (size_t g = 0; g < run->gates; g += group) {
        const float *x = masked(run, run->steps, values, pass->x, input_mask(run, g));
        run->layout->input_outer(run, x + first, x_step, tl_recurrent_gates(run, 0) + g * run->tile,
                                 group, gradient + g * run->units);
    }
}

/* The table's gradient holds those of embedding, kernel and input bias (model/fold.c). */
static void table_gradient(const tl_recurrent *run) {
    for (size_t s = 0; s < run->steps; s++)
        run->layout->table_gradient(run, s);
}

void tl_recurrent_input_back(const tl_recurrent *run, float *bias_gradient) {
    const tl_pass *pass = run->pass;
    if (pass->table) {
        table_gradient(run);
        return;
    }
    kernel_gradient(run);
    if (bias_gradient)
        run->layout->bias_gradient(run, tl_recurrent_gates(run, 0), run->gates_step, run->gates,
                                   bias_gradient);
    if (pass->dx)
        for (size_t s = 0; s < run->steps; s++)
            input_gradient(run, s);
}
