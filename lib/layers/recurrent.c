/* What recurrent layers share: configuration, the buffers of a pass, and its borders. */
#include "layers/recurrent_layout.h"

#include <string.h>

void tl_recurrent_defaults(void *config, int generation) {
    tl_recurrent_config *recurrent = config;
    recurrent->activation = tl_activation_by_name("tanh", generation);
    /* Until Keras 2.3 and in TensorFlow 1 the gates' sigmoid was the piecewise linear one. */
    recurrent->recurrent_activation = generation == 1
                                          ? tl_activation_by_name("hard_sigmoid", 2)
                                          : tl_activation_by_name("sigmoid", generation);
    recurrent->use_bias = 1;
    recurrent->unit_forget_bias = 1;
    recurrent->reset_after = generation != 1;
    tl_initializer_find("glorot_uniform", &recurrent->kernel_initializer);
    tl_initializer_find("orthogonal", &recurrent->recurrent_initializer);
    tl_initializer_find("zeros", &recurrent->bias_initializer);
}

tlstm_status tl_recurrent_build(tl_layer *layer, size_t gates, size_t bias_rows, size_t states,
                                tlstm_error **error) {
    const tl_recurrent_config *config = layer->config;
    const size_t units = (size_t)config->units;
    if (layer->input.ndim != 2 || layer->input.dims[1] < 0)
        return tl_fail(error, TLSTM_ERROR_SHAPE, layer->name,
                       "%s takes (timesteps, features) a sample%s", layer->ops->class_name,
                       layer->input.ndim == 1
                           ? ": the layer before it gives one vector; does it need "
                             "return_sequences?"
                           : "");
    if (config->activation->softmax || config->recurrent_activation->softmax)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                       "softmax inside a recurrent layer is not supported");
    if (config->return_sequences)
        layer->output = (tl_shape){2, {layer->input.dims[0], config->units}, layer->input.timed};
    else
        layer->output = (tl_shape){.ndim = 1, .dims = {config->units}};
    layer->state_size = states * units;
    tl_layer_add_weight(layer, "kernel", 2, (size_t)layer->input.dims[1], gates * units,
                        &config->kernel_initializer, &config->kernel_regularizer,
                        &config->kernel_constraint);
    tl_layer_add_weight(layer, "recurrent_kernel", 2, units, gates * units,
                        &config->recurrent_initializer, &config->recurrent_regularizer,
                        &config->recurrent_constraint);
    if (config->use_bias && bias_rows == 1)
        tl_layer_add_weight(layer, "bias", 1, gates * units, 1, &config->bias_initializer,
                            &config->bias_regularizer, &config->bias_constraint);
    else if (config->use_bias)
        tl_layer_add_weight(layer, "bias", 2, bias_rows, gates * units, &config->bias_initializer,
                            &config->bias_regularizer, &config->bias_constraint);
    return TLSTM_OK;
}

size_t tl_recurrent_reserve(tl_recurrent *run, size_t floats) {
    const size_t at = run->total;
    run->total += floats;
    return at;
}

/* What a backward pass needs besides. */
static void plan_backward(tl_recurrent *run) {
    const tl_recurrent_config *config = run->config;
    const size_t widest = (run->features > run->units ? run->features : run->units) * run->width;
    const size_t part = run->steps < TL_RECURRENT_PART ? run->steps : TL_RECURRENT_PART;
    const size_t features = tl_outer_scratch(run->features), units = tl_outer_scratch(run->units);
    run->dh_at = tl_recurrent_reserve(run, run->tile);
    run->outer_at = tl_recurrent_reserve(run, features > units ? features : units);
    if (config->dropout > 0)
        run->input_mask_at = tl_recurrent_reserve(run, run->masks * run->features * run->width);
    if (config->recurrent_dropout > 0)
        run->state_mask_at = tl_recurrent_reserve(run, run->masks * run->tile);
    if (config->dropout > 0 || config->recurrent_dropout > 0)
        run->scratch_at = tl_recurrent_reserve(run, widest * part);
}

tl_recurrent tl_recurrent_plan(const tl_layer *layer, size_t gates, size_t timesteps, size_t width,
                               int keep) {
    const tl_recurrent_config *config = layer->config;
    tl_recurrent run = {
        .layer = layer, .config = config, .gates = gates, .width = width, .keep = keep};
    run.steps = tl_shape_timesteps(&layer->input, timesteps);
    run.features = tl_shape_features(&layer->input);
    run.units = (size_t)config->units;
    run.joint = tl_recurrent_joint(gates);
    run.gate_units = gates * run.units;
    run.tile = run.units * width;
    run.masks = config->recurrent_dropout > 0 ? gates : 1;
    run.layout = tl_recurrent_layout_of(layer);

    /* Without a backward pass one step's gates are enough, and the last state unless all are the
     * output. */
    const size_t planes = (2 * gates - run.joint) * run.tile;
    run.gates_step = keep ? planes : 0;
    run.gates_at = tl_recurrent_reserve(&run, planes * (keep ? run.steps : 1));
    run.h_step = keep || config->return_sequences ? run.tile : 0;
    run.h_at = tl_recurrent_reserve(&run, run.tile * (run.h_step ? run.steps + 1 : 1));
    run.bias_at = tl_recurrent_reserve(&run, (run.gate_units + TL_LANES - 1) / TL_LANES * TL_LANES);
    run.layout->plan(&run);
    if (keep)
        plan_backward(&run);
    return run;
}

void tl_recurrent_begin(tl_recurrent *run, tl_pass *pass, int forward) {
    run->pass = pass;
    run->layout->begin(run);
    if (!forward)
        return;
    if (!pass->table)
        tl_recurrent_input_bias(run->layer, pass->parameters, tl_recurrent_at(run, run->bias_at));
    tl_recurrent_draw_masks(run);
    tl_recurrent_state_in(run, 0, tl_recurrent_h(run, 0));
}

float *tl_recurrent_input_gates(const tl_recurrent *run, size_t step, size_t gate) {
    const size_t plane = gate < run->joint ? gate : gate + run->gates - run->joint;
    return tl_recurrent_gates(run, step) + plane * run->tile;
}

int tl_recurrent_has_part(tl_recurrent *run, size_t step) {
    const size_t left = run->steps - step;
    run->part = step;
    run->part_steps = left < TL_RECURRENT_PART ? left : TL_RECURRENT_PART;
    return step % TL_RECURRENT_PART == 0;
}

/* ---- Borders ---- */

void tl_recurrent_state_in(const tl_recurrent *run, size_t part, float *destination) {
    const float *state = run->pass->state ? run->pass->state + part * run->tile : NULL;
    if (state)
        memcpy(destination, run->layout->inside(run, state), run->tile * sizeof *destination);
    else
        memset(destination, 0, run->tile * sizeof *destination);
}

void tl_recurrent_state_out(const tl_recurrent *run, size_t part, const float *source) {
    float *state = run->pass->state ? run->pass->state + part * run->tile : NULL;
    if (state)
        memcpy(state, run->layout->outside(run, source, 1), run->tile * sizeof *state);
}

const float *tl_recurrent_mask(const tl_recurrent *run, size_t step) {
    if (!run->pass->mask)
        return NULL;
    const float *mask = run->pass->mask + tl_recurrent_timestep(run, step) * run->width;
    return run->layout->mask(run, mask);
}

void tl_recurrent_output(const tl_recurrent *run) {
    run->layout->output(run);
}

float *tl_recurrent_dh(const tl_recurrent *run, size_t step) {
    float *dh = tl_recurrent_at(run, run->dh_at);
    const int last = step + 1 == run->steps;
    if (last)
        memset(dh, 0, run->tile * sizeof *dh);
    if (last || run->config->return_sequences) {
        const float *above = run->pass->dy + (run->config->return_sequences ? step * run->tile : 0);
        const float *dy = run->pass->y_in_rows ? above : run->layout->inside(run, above);
        for (size_t i = 0; i < run->tile; i++)
            dh[i] += dy[i];
    }
    return dh;
}

/* ---- Of the tables of layers ---- */

size_t tl_recurrent_packed(const tl_layer *layer, const tl_packing *packing) {
    return tl_recurrent_layout_of(layer)->packed(layer, packing);
}

void tl_recurrent_pack(const tl_layer *layer, const tl_packing *packing, const tl_kernels *kernels,
                       const float *parameters, size_t part, size_t parts, float *packed) {
    tl_recurrent_layout_of(layer)->pack(layer, packing, kernels, parameters, part, parts, packed);
}

/* Dropout of the inputs comes before the product, so the product cannot be made in advance. */
int tl_recurrent_folds(const tl_layer *layer, int training) {
    return !(training && ((const tl_recurrent_config *)layer->config)->dropout > 0);
}

/* b, and of a GRU with a second bias the joint gates' b' too: they are added up anyway. */
void tl_recurrent_input_bias(const tl_layer *layer, const float *parameters, float *bias) {
    const size_t units = layer->weights[1].dims[0], columns = layer->weights[1].dims[1];
    const tl_weight *weight = &layer->weights[2];
    memset(bias, 0, columns * sizeof *bias);
    if (layer->weight_count <= 2)
        return;
    memcpy(bias, parameters + weight->offset, columns * sizeof *bias);
    if (weight->size > columns)
        for (size_t i = 0; i < tl_recurrent_joint(columns / units) * units; i++)
            bias[i] += parameters[weight->offset + columns + i];
}

int tl_recurrent_passes_mask(const tl_layer *layer) {
    return ((const tl_recurrent_config *)layer->config)->return_sequences;
}

int tl_recurrent_stateful(const tl_layer *layer) {
    return ((const tl_recurrent_config *)layer->config)->stateful;
}

int tl_recurrent_steps(const tl_layer *layer) {
    return !((const tl_recurrent_config *)layer->config)->go_backwards;
}
