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

/* Whether a gate's mask is not that of the gate before it. */
static int has_own_mask(const tl_recurrent *run, size_t gate) {
    return gate == 0 || run->masks > 1;
}

/* Of some gates, those that one product takes: all, unless each has a mask of its own. */
static size_t gates_at_once(const tl_recurrent *run, int drops, size_t gates) {
    return drops && run->masks > 1 ? 1 : gates;
}

/* The same for gates from `gate` on whose planes for products with x must be side by side. */
static size_t input_gates_at_once(const tl_recurrent *run, int drops, size_t gate) {
    return gates_at_once(run, drops, tl_recurrent_group_end(run->joint, gate, run->gates) - gate);
}

static void draw_input_mask(const tl_recurrent *run, unsigned m) {
    float *mask = input_mask_at(run, m), *drawn = tl_recurrent_at(run, run->scratch_at);
    const int in_rows = run->pass->x_in_rows;
    tl_dropout_mask(run->pass, run->layer, m, run->config->dropout, run->features,
                    in_rows ? drawn : mask);
    if (in_rows)
        run->row_kernels->transpose(run->features, run->width, drawn, mask);
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
            draw_input_mask(run, m);
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

/* What a step takes of the input; NULL: a row of the table for each sample. */
static const float *input_of(const tl_recurrent *run, size_t step) {
    const size_t values = run->features * run->width;
    return run->pass->table ? NULL : run->pass->x + tl_recurrent_timestep(run, step) * values;
}

/* x * mask */
static const float *dropped_input(const tl_recurrent *run, const float *x, size_t gate) {
    return masked(run, 1, run->features * run->width, x, input_mask(run, gate));
}

void tl_recurrent_input(const tl_recurrent *run, size_t step) {
    const float *x = input_of(run, step), *dropped = x;
    const int drops = tl_recurrent_drops_inputs(run);
    for (size_t g = 0, group; g < run->gates; g += group) {
        group = input_gates_at_once(run, drops, g);
        if (has_own_mask(run, g))
            dropped = dropped_input(run, x, g);
        run->layout->input(run, step, dropped, g, group);
    }
}

/* The planes of the first gates: the joint ones += h_{t-1} U, the others = h_{t-1} U + b'. */
static void add_state(const tl_recurrent *run, size_t step, size_t gates) {
    const size_t group = gates_at_once(run, tl_recurrent_drops_states(run), gates);
    const float *h = tl_recurrent_h(run, step);
    float *z = tl_recurrent_gates(run, step);
    /* z (+)= (h * mask) U */
    for (size_t g = 0; g < gates; g += group)
        run->layout->multiply(run, tl_recurrent_dropped(run, h, g), g, group, 0, z + g * run->tile);
}

void tl_recurrent_preactivate(tl_recurrent *run, size_t step) {
    if (run->layout->preactivate && !tl_recurrent_drops_states(run)) {
        run->layout->preactivate(run, step, dropped_input(run, input_of(run, step), 0));
        return;
    }
    tl_recurrent_input(run, step);
    add_state(run, step, run->gates);
}

void tl_recurrent_add_joint(const tl_recurrent *run, size_t step) {
    add_state(run, step, run->joint);
}

/* ---- Backward: the state ---- */

void tl_recurrent_product_back(const tl_recurrent *run, size_t step, size_t gates, float *dh) {
    const int drops = tl_recurrent_drops_states(run);
    const size_t group = gates_at_once(run, drops, gates);
    const float *dz = tl_recurrent_gates(run, step);
    /* dh += (dz U^T) * mask */
    for (size_t g = 0; g < gates; g += group) {
        float *product = drops ? tl_recurrent_at(run, run->scratch_at) : dh;
        run->layout->multiply_back(run, dz + g * run->tile, g, group, !drops, product);
        if (drops)
            tl_recurrent_drop_add(run, product, g, dh);
    }
}

void tl_recurrent_kernel_gradient(const tl_recurrent *run, size_t gates) {
    const float *h = tl_recurrent_h(run, run->part), *dz = tl_recurrent_gates(run, run->part);
    float *gradient = tl_weight_gradient(run->pass, &run->layer->weights[1]);
    const size_t group = gates_at_once(run, tl_recurrent_drops_states(run), gates);
    /* dU += sum over the part's steps of (h * mask)^T dz */
    for (size_t g = 0; g < gates; g += group)
        run->layout->outer(run, masked(run, run->part_steps, run->tile, h, state_mask(run, g)),
                           run->tile, dz + g * run->tile, group, gradient + g * run->units);
}

/* Of b, with b' behind it; NULL without biases. */
static float *bias_gradients(const tl_recurrent *run) {
    return run->config->use_bias ? tl_weight_gradient(run->pass, &run->layer->weights[2]) : NULL;
}

void tl_recurrent_state_bias_gradient(const tl_recurrent *run) {
    float *gradients = bias_gradients(run);
    if (gradients)
        run->layout->bias_gradient(run, tl_recurrent_gates(run, run->part), run->gates,
                                   gradients + run->gate_units);
}

/* ---- Backward: the input, which lies outside ---- */

/* dx_t = (dz_t W^T) * mask, gate by gate where each has a mask of its own. */
static void input_gradient(const tl_recurrent *run, size_t step) {
    const size_t values = run->features * run->width;
    const size_t group = gates_at_once(run, 1, run->gates);
    float *dx = run->pass->dx + tl_recurrent_timestep(run, step) * values;
    if (!tl_recurrent_drops_inputs(run)) {
        run->layout->input_back(run, step, 0, run->gates, dx);
        return;
    }
    float *product = tl_recurrent_at(run, run->scratch_at);
    memset(dx, 0, values * sizeof *dx);
    for (size_t g = 0; g < run->gates; g += group) {
        run->layout->input_back(run, step, g, group, product);
        multiply_add(values, product, input_mask(run, g), dx);
    }
}

/* dW += sum over the part's steps of (x * mask)^T dz. With recurrent dropout gate by gate in any
 * case: the kernels' sums are in another order for all gates at once. */
static void kernel_gradient(const tl_recurrent *run) {
    const tl_pass *pass = run->pass;
    const size_t values = run->features * run->width;
    const size_t begin = tl_recurrent_timestep(run, run->part);
    const size_t end = tl_recurrent_timestep(run, run->part + run->part_steps - 1);
    const size_t lowest = begin < end ? begin : end;
    const ptrdiff_t x_step = begin <= end ? (ptrdiff_t)values : -(ptrdiff_t)values;
    float *gradient = tl_weight_gradient(pass, &run->layer->weights[0]);
    const float *x = NULL;
    for (size_t g = 0, group; g < run->gates; g += group) {
        group = input_gates_at_once(run, 1, g);
        if (has_own_mask(run, g))
            x = masked(run, run->part_steps, values, pass->x + lowest * values, input_mask(run, g));
        run->layout->input_outer(run, x + (begin - lowest) * values, x_step,
                                 tl_recurrent_input_gates(run, run->part, g), group,
                                 gradient + g * run->units);
    }
}

/* The table's gradient holds those of embedding, kernel and input bias (model/fold.c). */
static void table_gradient(const tl_recurrent *run) {
    for (size_t s = 0; s < run->part_steps; s++)
        run->layout->table_gradient(run, run->part + s);
}

static void input_bias_gradient(const tl_recurrent *run) {
    float *gradients = bias_gradients(run);
    for (size_t g = 0, group; gradients && g < run->gates; g += group) {
        group = input_gates_at_once(run, 0, g);
        run->layout->bias_gradient(run, tl_recurrent_input_gates(run, run->part, g), group,
                                   gradients + g * run->units);
    }
}

void tl_recurrent_input_back(const tl_recurrent *run) {
    const tl_pass *pass = run->pass;
    if (pass->table) {
        table_gradient(run);
        return;
    }
    kernel_gradient(run);
    input_bias_gradient(run);
    if (pass->dx)
        for (size_t s = 0; s < run->part_steps; s++)
            input_gradient(run, run->part + s);
}
