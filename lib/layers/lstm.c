/*
 * LSTM (Hochreiter & Schmidhuber, 1997; with forget gate, Gers et al., 2000), as keras.layers.LSTM:
 *
 *     z = x_t W + h_{t-1} U + b, split into z_i, z_f, z_c, z_o
 *     i = rec(z_i)   f = rec(z_f)   g = act(z_c)   o = rec(z_o)
 *     c_t = f c_{t-1} + i g
 *     h_t = o act(c_t)
 *
 * The part that is element by element stands in kernels/simd/recurrent.h.
 */
#include "layers/recurrent.h"
#include "layers/single.h"

#include <stddef.h>
#include <string.h>

enum { GATES = 4 };

static const tl_field fields[] = {
    TL_RECURRENT_FIELDS,
    {"recurrent_activation", TL_FIELD_ACTIVATION, TL_RECURRENT_AT(recurrent_activation), 0, 0, 0},
    {"unit_forget_bias", TL_FIELD_BOOL, TL_RECURRENT_AT(unit_forget_bias), 0, 0, 1},
    {NULL, 0, 0, 0, 0, 0},
};

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    return tl_recurrent_build(layer, GATES, 1, 2, error);
}

/* Behind the shared buffers: c before each step and act(c) after it. */
typedef struct lstm_run {
    tl_recurrent base;
    size_t c_at, c_step, activated_at;
    size_t dc_at; /* dL/dc, which moves down the steps */
} lstm_run;

static lstm_run plan(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    lstm_run run = {.base = tl_recurrent_plan(layer, GATES, timesteps, width, keep)};
    const size_t steps = run.base.steps, tile = run.base.tile;
    run.c_step = keep ? tile : 0;
    run.c_at = tl_recurrent_reserve(&run.base, tile * (keep ? steps + 1 : 1));
    run.activated_at = tl_recurrent_reserve(&run.base, keep ? tile * steps : 0);
    run.dc_at = tl_recurrent_reserve(&run.base, keep ? tile : 0);
    return run;
}

static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    return plan(layer, timesteps, width, keep).base.total;
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    lstm_run lstm = plan(layer, pass->timesteps, pass->width, pass->keep);
    tl_recurrent *run = &lstm.base;
    float *c = pass->cache + lstm.c_at;
    tl_recurrent_begin(run, pass, 1);
    tl_recurrent_state_in(run, 1, c);
    for (size_t s = 0; s < run->steps; s++) {
        /* z = x_t W + b + h_{t-1} U */
        tl_recurrent_preactivate(run, s);
        pass->kernels->lstm(&(tl_lstm_step){
            .units = run->step_units,
            .width = run->step_width,
            .activation = run->config->activation->kind,
            .recurrent_activation = run->config->recurrent_activation->kind,
            .mask = tl_recurrent_mask(run, s),
            .gates = tl_recurrent_gates(run, s),
            .c_before = c + s * lstm.c_step,
            .h_before = tl_recurrent_h(run, s),
            .c = c + (s + 1) * lstm.c_step,
            .activated_c = run->keep ? pass->cache + lstm.activated_at + s * run->tile : NULL,
            .h = tl_recurrent_h(run, s + 1),
        });
    }
    tl_recurrent_state_out(run, 0, tl_recurrent_h(run, run->steps));
    tl_recurrent_state_out(run, 1, c + run->steps * lstm.c_step);
    tl_recurrent_output(run);
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    lstm_run lstm = plan(layer, pass->timesteps, pass->width, 1);
    tl_recurrent *run = &lstm.base;
    tl_recurrent_begin(run, pass, 0);
    const float *c = pass->cache + lstm.c_at;
    float *dc = pass->cache + lstm.dc_at;
    memset(dc, 0, run->tile * sizeof *dc);
    for (size_t s = run->steps; s-- > 0;) {
        float *gates = tl_recurrent_gates(run, s);
        float *dh = tl_recurrent_dh(run, s);
        pass->kernels->lstm_back(&(tl_lstm_back){
            .units = run->step_units,
            .width = run->step_width,
            .activation = run->config->activation->kind,
            .recurrent_activation = run->config->recurrent_activation->kind,
            .mask = tl_recurrent_mask(run, s),
            .gates = gates,
            .c_before = c + s * run->tile,
            .c = c + (s + 1) * run->tile,
            .activated_c = pass->cache + lstm.activated_at + s * run->tile,
            .dh = dh,
            .dc = dc,
        });
        /* dh_{t-1} += dz U^T */
        if (s > 0)
            tl_recurrent_product_back(run, s, GATES, dh);
        if (tl_recurrent_has_part(run, s)) {
            tl_recurrent_kernel_gradient(run, GATES);
            tl_recurrent_input_back(run);
        }
    }
}

/* A forget gate that begins open (Jozefowicz et al., 2015). */
static void adjust(const tl_layer *layer, size_t index, float *values) {
    const tl_recurrent_config *config = layer->config;
    if (index == 2 && config->unit_forget_bias)
        for (int64_t u = 0; u < config->units; u++)
            values[config->units + u] = 1.0f;
}

const tl_layer_ops tl_lstm_layer = {
    .class_name = "LSTM",
    .name = "lstm",
    .cell = "lstm_cell",
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
    .adjust = adjust,
    .stateful = tl_recurrent_stateful,
    .steps = tl_recurrent_steps,
    .single = &tl_lstm_single,
};
