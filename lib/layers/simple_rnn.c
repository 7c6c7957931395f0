/* SimpleRNN (Elman, 1990), as keras.layers.SimpleRNN: h_t = act(x_t W + h_{t-1} U + b). */
#include "layers/recurrent.h"
#include "layers/single.h"

#include <stddef.h>

enum { GATES = 1 };

static const tl_field fields[] = {
    TL_RECURRENT_FIELDS,
    {NULL, 0, 0, 0, 0, 0},
};

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    return tl_recurrent_build(layer, GATES, 1, 1, error);
}

static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    return tl_recurrent_plan(layer, GATES, timesteps, width, keep).total;
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    tl_recurrent run = tl_recurrent_plan(layer, GATES, pass->timesteps, pass->width, pass->keep);
    tl_recurrent_begin(&run, pass, 1);
    for (size_t s = 0; s < run.steps; s++) {
        /* z = x_t W + b + h_{t-1} U */
        tl_recurrent_preactivate(&run, s);
        pass->kernels->rnn(&(tl_rnn_step){
            .units = run.step_units,
            .width = run.step_width,
            .activation = run.config->activation->kind,
            .mask = tl_recurrent_mask(&run, s),
            .gates = tl_recurrent_gates(&run, s),
            .h_before = tl_recurrent_h(&run, s),
            .h = tl_recurrent_h(&run, s + 1),
        });
    }
    tl_recurrent_state_out(&run, 0, tl_recurrent_h(&run, run.steps));
    tl_recurrent_output(&run);
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    tl_recurrent run = tl_recurrent_plan(layer, GATES, pass->timesteps, pass->width, 1);
    tl_recurrent_begin(&run, pass, 0);
    for (size_t s = run.steps; s-- > 0;) {
        float *gates = tl_recurrent_gates(&run, s);
        float *dh = tl_recurrent_dh(&run, s);
        pass->kernels->rnn_back(&(tl_rnn_back){
            .units = run.step_units,
            .width = run.step_width,
            .activation = run.config->activation->kind,
            .mask = tl_recurrent_mask(&run, s),
            .gates = gates,
            .dh = dh,
        });
        /* dh_{t-1} += dz U^T */
        if (s > 0)
            tl_recurrent_product_back(&run, s, GATES, dh);
        if (tl_recurrent_has_part(&run, s)) {
            tl_recurrent_kernel_gradient(&run, GATES);
            tl_recurrent_input_back(&run);
        }
    }
}

const tl_layer_ops tl_simple_rnn_layer = {
    .class_name = "SimpleRNN",
    .name = "simple_rnn",
    .cell = "simple_rnn_cell",
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
    .single = &tl_simple_rnn_single,
};
