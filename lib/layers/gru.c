/*
 * GRU (Cho et al., 2014), as keras.layers.GRU, in both forms:
 *
 *     z = rec(x_t W_z + b_z + h_{t-1} U_z)    r = rec(x_t W_r + b_r + h_{t-1} U_r)
 *     reset_after:   h~ = act(x_t W_h + b_h + r (h_{t-1} U_h + b'_h)), z and r with their b' too
 *     reset before:  h~ = act(x_t W_h + b_h + (r h_{t-1}) U_h)
 *     h_t = z h_{t-1} + (1 - z) h~
 *
 * With reset_after the bias is (2, 3 units): b for the inputs, b' for the states.
 */
#include "layers/recurrent_layout.h"
#include "layers/single.h"

#include <stddef.h>
#include <string.h>

/* Which gate h~ is, and the planes of a step (recurrent.h): the state's part in it, and itself. */
enum { GATES = 3, CANDIDATE = 2, OF_STATE = 2, OF_INPUT = 3 };

static const tl_field fields[] = {
    TL_RECURRENT_FIELDS,
    {"recurrent_activation", TL_FIELD_ACTIVATION, TL_RECURRENT_AT(recurrent_activation), 0, 0, 0},
    {"reset_after", TL_FIELD_BOOL, TL_RECURRENT_AT(reset_after), 0, 0, 1},
    {NULL, 0, 0, 0, 0, 0},
};

static int resets_after(const tl_layer *layer) {
    return ((const tl_recurrent_config *)layer->config)->reset_after;
}

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    return tl_recurrent_build(layer, GATES, resets_after(layer) ? 2 : 1, 1, error);
}

/* Behind the shared buffers, for the way back of a step that resets before the product. */
typedef struct gru_run {
    tl_recurrent base;
    size_t d_product_at, dh_at; /* [units][width] */
} gru_run;

static gru_run plan(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    gru_run run = {.base = tl_recurrent_plan(layer, GATES, timesteps, width, keep)};
    const size_t tile = keep && !resets_after(layer) ? run.base.tile : 0;
    run.d_product_at = tl_recurrent_reserve(&run.base, tile);
    run.dh_at = tl_recurrent_reserve(&run.base, tile);
    return run;
}

static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    return plan(layer, timesteps, width, keep).base.total;
}

static tl_gru_step step_of(const tl_recurrent *run, size_t s) {
    return (tl_gru_step){
        .units = run->step_units,
        .width = run->step_width,
        .activation = run->config->activation->kind,
        .recurrent_activation = run->config->recurrent_activation->kind,
        .mask = tl_recurrent_mask(run, s),
        .gates = tl_recurrent_gates(run, s),
        .h_before = tl_recurrent_h(run, s),
        .h = tl_recurrent_h(run, s + 1),
    };
}

static void step_reset_after(tl_recurrent *run, size_t s) {
    const tl_gru_step step = step_of(run, s);
    /* z and r = x_t W + b + h_{t-1} U + b', and the candidate's parts apart */
    tl_recurrent_preactivate(run, s);
    run->pass->kernels->gru(&step);
}

static void step_reset_before(const tl_recurrent *run, size_t s) {
    tl_gru_step step = step_of(run, s);
    const float *h_before = step.h_before;
    tl_recurrent_input(run, s);
    /* z and r += h_{t-1} U */
    tl_recurrent_add_joint(run, s);
    step.h_before = tl_recurrent_dropped(run, h_before, CANDIDATE);
    run->pass->kernels->gru_reset(&step);
    step.h_before = h_before;
    /* h~ += (r h_{t-1}) U_h */
    run->layout->multiply(run, step.gates + OF_STATE * run->tile, CANDIDATE, 1, 1,
                          step.gates + OF_INPUT * run->tile);
    run->pass->kernels->gru_update(&step);
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    gru_run gru = plan(layer, pass->timesteps, pass->width, pass->keep);
    tl_recurrent *run = &gru.base;
    tl_recurrent_begin(run, pass, 1);
    for (size_t s = 0; s < run->steps; s++)
        if (resets_after(layer))
            step_reset_after(run, s);
        else
            step_reset_before(run, s);
    tl_recurrent_state_out(run, 0, tl_recurrent_h(run, run->steps));
    tl_recurrent_output(run);
}

static tl_gru_back back_of(const tl_recurrent *run, size_t s, float *dh) {
    return (tl_gru_back){
        .units = run->step_units,
        .width = run->step_width,
        .activation = run->config->activation->kind,
        .recurrent_activation = run->config->recurrent_activation->kind,
        .mask = tl_recurrent_mask(run, s),
        .gates = tl_recurrent_gates(run, s),
        .h_before = tl_recurrent_h(run, s),
        .dh = dh,
    };
}

static void back_reset_after(const tl_recurrent *run, size_t s, float *dh) {
    const tl_gru_back step = back_of(run, s, dh);
    run->pass->kernels->gru_back(&step);
    /* dh_{t-1} += dz U_z^T + dr U_r^T + d(h U_h + b'_h) U_h^T */
    if (s > 0)
        tl_recurrent_product_back(run, s, GATES, dh);
}

static void back_reset_before(const gru_run *gru, size_t s, float *dh) {
    const tl_recurrent *run = &gru->base;
    const tl_pass *pass = run->pass;
    tl_gru_back step = back_of(run, s, dh);
    float *d_product = pass->cache + gru->d_product_at;
    pass->kernels->gru_update_back(&step);
    /* The product's input r h_{t-1} is kept for the kernel's gradient; its own gradient is
     * d(r h_{t-1}) = dh~ U_h^T */
    run->layout->multiply_back(run, step.gates + OF_INPUT * run->tile, CANDIDATE, 1, 0, d_product);
    step.d_product = d_product;
    if (tl_recurrent_drops_states(run)) {
        float *dropped_dh = pass->cache + gru->dh_at;
        memset(dropped_dh, 0, run->tile * sizeof *dropped_dh);
        step.h_before = tl_recurrent_dropped(run, step.h_before, CANDIDATE);
        step.dh = dropped_dh;
        pass->kernels->gru_reset_back(&step);
        tl_recurrent_drop_add(run, dropped_dh, CANDIDATE, dh);
    } else {
        pass->kernels->gru_reset_back(&step);
    }
    if (s > 0)
        tl_recurrent_product_back(run, s, CANDIDATE, dh);
}

static void gradients_reset_after(const tl_recurrent *run) {
    tl_recurrent_kernel_gradient(run, GATES);
    tl_recurrent_state_bias_gradient(run);
}

/* dU for z and r from h_{t-1}; for h~ from what its product took. */
static void gradients_reset_before(const tl_recurrent *run) {
    const float *gates = tl_recurrent_gates(run, run->part);
    float *gradient = tl_weight_gradient(run->pass, &run->layer->weights[1]);
    tl_recurrent_kernel_gradient(run, CANDIDATE);
    run->layout->outer(run, gates + OF_STATE * run->tile, run->gates_step,
                       gates + OF_INPUT * run->tile, 1, gradient + CANDIDATE * run->units);
}

static void part_gradients(const tl_recurrent *run) {
    if (resets_after(run->layer))
        gradients_reset_after(run);
    else
        gradients_reset_before(run);
    tl_recurrent_input_back(run);
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    gru_run gru = plan(layer, pass->timesteps, pass->width, 1);
    tl_recurrent *run = &gru.base;
    tl_recurrent_begin(run, pass, 0);
    for (size_t s = run->steps; s-- > 0;) {
        float *dh = tl_recurrent_dh(run, s);
        if (resets_after(layer))
            back_reset_after(run, s, dh);
        else
            back_reset_before(&gru, s, dh);
        if (tl_recurrent_has_part(run, s))
            part_gradients(run);
    }
}

const tl_layer_ops tl_gru_layer = {
    .class_name = "GRU",
    .name = "gru",
    .cell = "gru_cell",
    .config_size = sizeof(tl_recurrent_config),
    .fields = fields,
    .defaults = tl_recurrent_defaults,
    .build = build,
    .cache = cache,
    .packed = tl_recurrent_packed,
    .pack = tl_recurrent_pack,
    .forward = forward,
    .backward = backward,
    .folds = tl_recurrent_folds,
    .input_bias = tl_recurrent_input_bias,
    .passes_mask = tl_recurrent_passes_mask,
    .gives_rows = tl_recurrent_gives_rows,
    .takes_rows = tl_recurrent_takes_rows,
    .stateful = tl_recurrent_stateful,
    .steps = tl_recurrent_steps,
    .single = &tl_gru_single,
};
