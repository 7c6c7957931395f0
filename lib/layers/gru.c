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
#include "layers/recurrent.h"
#include "layers/single.h"

#include <stddef.h>
#include <string.h>

enum { GATES = 3, CANDIDATE = 2 /* which gate h~ is */ };

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

/* Behind the shared buffers: what the candidate's product with U_h takes or gives, for each step.
 */
typedef struct gru_run {
    tl_recurrent base;
    size_t inner_at; /* [3 units][width], one step's h U + b' */
    size_t inner_h_at, inner_h_step;
    size_t dh_at; /* [units][width], backward */
} gru_run;

static gru_run plan(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    gru_run run = {.base = tl_recurrent_plan(layer, GATES, timesteps, width, keep)};
    const size_t tile = run.base.tile;
    run.inner_at = tl_recurrent_reserve(&run.base, GATES * tile);
    run.inner_h_step = keep ? tile : 0;
    run.inner_h_at = tl_recurrent_reserve(&run.base, tile * (keep ? run.base.steps : 1));
    run.dh_at = tl_recurrent_reserve(&run.base, keep ? tile : 0);
    return run;
}

static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    return plan(layer, timesteps, width, keep).base.total;
}

static tl_gru_step step_of(const gru_run *gru, size_t s) {
    const tl_recurrent *run = &gru->base;
    return (tl_gru_step){
        .units = run->step_units,
        .width = run->step_width,
        .activation = run->config->activation->kind,
        .recurrent_activation = run->config->recurrent_activation->kind,
        .mask = tl_recurrent_mask(run, s),
        .gates = tl_recurrent_gates(run, s),
        .inner = run->pass->cache + gru->inner_at,
        .inner_h = run->pass->cache + gru->inner_h_at + s * gru->inner_h_step,
        .h_before = tl_recurrent_h(run, s),
        .h = tl_recurrent_h(run, s + 1),
    };
}

static void step_reset_after(const gru_run *gru, tl_gru_step *step) {
    const tl_recurrent *run = &gru->base;
    const tl_pass *pass = run->pass;
    const float *bias = NULL;
    if (run->config->use_bias)
        bias = tl_weight_values(pass, &run->layer->weights[2]) + run->gate_units;
    /* inner = h_{t-1} U + b' */
    tl_recurrent_product(run, step->h_before, 0, GATES, bias, 0, pass->cache + gru->inner_at);
    pass->kernels->gru(step);
}

static void step_reset_before(const gru_run *gru, tl_gru_step *step) {
    const tl_recurrent *run = &gru->base;
    const float *h_before = step->h_before;
    /* z and r += h_{t-1} U */
    tl_recurrent_product(run, h_before, 0, CANDIDATE, NULL, 1, step->gates);
    step->h_before = tl_recurrent_dropped(run, h_before, CANDIDATE);
    run->pass->kernels->gru_reset(step);
    step->h_before = h_before;
    /* h~ += (r h_{t-1}) U_h */
    tl_recurrent_multiply(run, step->inner_h, CANDIDATE, 1, NULL, 1,
                          step->gates + CANDIDATE * run->tile);
    run->pass->kernels->gru_update(step);
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    gru_run gru = plan(layer, pass->timesteps, pass->width, pass->keep);
    tl_recurrent *run = &gru.base;
    tl_recurrent_begin(run, pass, 1);
    for (size_t s = 0; s < run->steps; s++) {
        tl_gru_step step = step_of(&gru, s);
        tl_recurrent_input(run, s);
        if (resets_after(layer))
            step_reset_after(&gru, &step);
        else
            step_reset_before(&gru, &step);
    }
    tl_recurrent_state_out(run, 0, tl_recurrent_h(run, run->steps));
    tl_recurrent_output(run);
}

static tl_gru_back back_of(const gru_run *gru, size_t s, float *dh) {
    const tl_recurrent *run = &gru->base;
    return (tl_gru_back){
        .units = run->step_units,
        .width = run->step_width,
        .activation = run->config->activation->kind,
        .recurrent_activation = run->config->recurrent_activation->kind,
        .mask = tl_recurrent_mask(run, s),
        .gates = tl_recurrent_gates(run, s),
        .inner_h = run->pass->cache + gru->inner_h_at + s * gru->inner_h_step,
        .h_before = tl_recurrent_h(run, s),
        .dh = dh,
    };
}

static void back_reset_after(const gru_run *gru, tl_gru_back *step) {
    const tl_recurrent *run = &gru->base;
    run->pass->kernels->gru_back(step);
    /* dh_{t-1} += dz U_z^T + dr U_r^T + d(h U_h + b'_h) U_h^T */
    tl_recurrent_product_back(run, step->gates, 0, CANDIDATE, step->dh);
    tl_recurrent_product_back(run, step->inner_h, CANDIDATE, 1, step->dh);
}

static void back_reset_before(const gru_run *gru, tl_gru_back *step) {
    const tl_recurrent *run = &gru->base;
    const tl_pass *pass = run->pass;
    float *dh = step->dh, *d_inner = pass->cache + gru->inner_at;
    pass->kernels->gru_update_back(step);
    /* The product's input r h_{t-1} is kept for the kernel's gradient; its own gradient is
     * d(r h_{t-1}) = dh~ U_h^T */
    tl_recurrent_multiply_back(run, step->gates + CANDIDATE * run->tile, CANDIDATE, 1, 0, d_inner);
    step->inner_h = d_inner;
    if (tl_recurrent_drops_states(run)) {
        float *dropped_dh = pass->cache + gru->dh_at;
        memset(dropped_dh, 0, run->tile * sizeof *dropped_dh);
        step->h_before = tl_recurrent_dropped(run, step->h_before, CANDIDATE);
        step->dh = dropped_dh;
        pass->kernels->gru_reset_back(step);
        tl_recurrent_drop_add(run, dropped_dh, CANDIDATE, dh);
    } else {
        pass->kernels->gru_reset_back(step);
    }
    tl_recurrent_product_back(run, step->gates, 0, CANDIDATE, dh);
}

/* dU for z and r from h_{t-1}; for h~ from what its product took and gave. */
static void recurrent_gradients(const gru_run *gru, float *bias_gradient) {
    const tl_recurrent *run = &gru->base;
    const tl_pass *pass = run->pass;
    const float *h = tl_recurrent_h(run, 0), *gates = tl_recurrent_gates(run, 0);
    const float *inner_h = pass->cache + gru->inner_h_at;
    tl_recurrent_kernel_gradient(run, h, gates, run->gates_step, 0, CANDIDATE);
    if (!resets_after(run->layer)) {
        tl_recurrent_outer(run, inner_h, gates + CANDIDATE * run->tile, run->gates_step, 1,
                           tl_weight_gradient(pass, &run->layer->weights[1]) +
                               CANDIDATE * run->units);
        return;
    }
    tl_recurrent_kernel_gradient(run, h, inner_h, run->tile, CANDIDATE, 1);
    if (!bias_gradient)
        return;
    float *b = bias_gradient + run->gate_units;
    tl_recurrent_bias_gradient(run, gates, run->gates_step, CANDIDATE, b);
    tl_recurrent_bias_gradient(run, inner_h, run->tile, 1, b + CANDIDATE * run->units);
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    gru_run gru = plan(layer, pass->timesteps, pass->width, 1);
    tl_recurrent *run = &gru.base;
    tl_recurrent_begin(run, pass, 0);
    for (size_t s = run->steps; s-- > 0;) {
        tl_gru_back step = back_of(&gru, s, tl_recurrent_dh(run, s));
        if (resets_after(layer))
            back_reset_after(&gru, &step);
        else
            back_reset_before(&gru, &step);
    }
    float *bias_gradient =
        run->config->use_bias ? tl_weight_gradient(pass, &layer->weights[2]) : NULL;
    recurrent_gradients(&gru, bias_gradient);
    tl_recurrent_input_back(run, bias_gradient);
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
    .passes_mask = tl_recurrent_passes_mask,
    .stateful = tl_recurrent_stateful,
    .steps = tl_recurrent_steps,
    .single = &tl_gru_single,
};
