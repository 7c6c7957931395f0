#include "layers/recurrent.h"

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

tl_recurrent tl_recurrent_plan(const tl_layer *layer, size_t gates, size_t timesteps, size_t width,
                               int keep) {
    const tl_recurrent_config *config = layer->config;
    tl_recurrent run = {
        .layer = layer, .config = config, .gates = gates, .width = width, .keep = keep};
    run.steps = tl_shape_timesteps(&layer->input, timesteps);
    run.features = tl_shape_features(&layer->input);
    run.units = (size_t)config->units;
    run.gate_units = gates * run.units;
    run.tile = run.units * width;
    run.masks = config->recurrent_dropout > 0 ? gates : 1;
    run.in_rows = tl_recurrent_fits_rows(layer);
    run.step_units = run.in_rows ? 1 : run.units;
    run.step_width = run.in_rows ? run.tile : width;

    /* Without a backward pass one step's gates are enough, and the last state unless all are the
     * output. */
    const size_t widest = (run.features > run.units ? run.features : run.units) * width;
    run.gates_step = keep ? run.gate_units * width : 0;
    run.gates_at = tl_recurrent_reserve(&run, run.gate_units * width * (keep ? run.steps : 1));
    run.h_step = keep || config->return_sequences ? run.tile : 0;
    run.h_at = tl_recurrent_reserve(&run, run.tile * (run.h_step ? run.steps + 1 : 1));
    if (run.in_rows) {
        run.turned_at = tl_recurrent_reserve(&run, run.gate_units * width);
        run.mask_at = tl_recurrent_reserve(&run, run.tile);
    }
    if (keep) {
        run.dh_at = tl_recurrent_reserve(&run, run.tile);
        const size_t features = tl_outer_scratch(run.features), units = tl_outer_scratch(run.units);
        run.outer_at = tl_recurrent_reserve(&run, features > units ? features : units);
        if (config->dropout > 0)
            run.input_mask_at = tl_recurrent_reserve(&run, run.masks * run.features * width);
        if (config->recurrent_dropout > 0)
            run.state_mask_at = tl_recurrent_reserve(&run, run.masks * run.tile);
        if (config->dropout > 0 || config->recurrent_dropout > 0)
            run.scratch_at = tl_recurrent_reserve(&run, widest * run.steps);
    }
    return run;
}

static float *at(const tl_recurrent *run, size_t place) {
    return run->pass->cache + place;
}

static int drops_inputs(const tl_recurrent *run) {
    return run->pass->training && run->config->dropout > 0;
}

static int drops_states(const tl_recurrent *run) {
    return run->pass->training && run->config->recurrent_dropout > 0;
}

static void draw_state_mask(const tl_recurrent *run, unsigned number) {
    float *mask = at(run, run->state_mask_at + number * run->tile);
    float *drawn = run->in_rows ? at(run, run->turned_at) : mask;
    tl_dropout_mask(run->pass, run->layer, 8 + number, run->config->recurrent_dropout, run->units,
                    drawn);
    if (run->in_rows)
        tl_recurrent_turn_in(run, drawn, mask);
}

void tl_recurrent_begin(tl_recurrent *run, tl_pass *pass, int forward) {
    run->pass = pass;
    tl_recurrent_find_packed(run);
    if (!forward)
        return;
    for (unsigned m = 0; m < run->masks; m++) {
        if (drops_inputs(run))
            tl_dropout_mask(pass, run->layer, m, run->config->dropout, run->features,
                            at(run, run->input_mask_at + m * run->features * run->width));
        if (drops_states(run))
            draw_state_mask(run, m);
    }
    tl_recurrent_state_in(run, 0, tl_recurrent_h(run, 0));
}

void tl_recurrent_state_in(const tl_recurrent *run, size_t part, float *destination) {
    const float *state = run->pass->state ? run->pass->state + part * run->tile : NULL;
    if (!state)
        memset(destination, 0, run->tile * sizeof *destination);
    else if (run->in_rows)
        tl_recurrent_turn_in(run, state, destination);
    else
        memcpy(destination, state, run->tile * sizeof *destination);
}

void tl_recurrent_state_out(const tl_recurrent *run, size_t part, const float *source) {
    float *state = run->pass->state ? run->pass->state + part * run->tile : NULL;
    if (state && run->in_rows)
        tl_recurrent_turn_out(run, source, state);
    else if (state)
        memcpy(state, source, run->tile * sizeof *source);
}

float *tl_recurrent_gates(const tl_recurrent *run, size_t step) {
    return at(run, run->gates_at + step * run->gates_step);
}

float *tl_recurrent_h(const tl_recurrent *run, size_t step) {
    return at(run, run->h_at + step * run->h_step);
}

size_t tl_recurrent_timestep(const tl_recurrent *run, size_t step) {
    return run->config->go_backwards ? run->steps - 1 - step : step;
}

const float *tl_recurrent_mask(const tl_recurrent *run, size_t step) {
    if (!run->pass->mask)
        return NULL;
    const float *mask = run->pass->mask + tl_recurrent_timestep(run, step) * run->width;
    return run->in_rows ? tl_recurrent_rows_mask(run, mask) : mask;
}

static void multiply(size_t count, const float *a, const float *b, float *product) {
    for (size_t i = 0; i < count; i++)
        product[i] = a[i] * b[i];
}

static void multiply_add(size_t count, const float *a, const float *b, float *sum) {
    for (size_t i = 0; i < count; i++)
        sum[i] += a[i] * b[i];
}

static const float *input_mask(const tl_recurrent *run, size_t m) {
    return at(run, run->input_mask_at + m * run->features * run->width);
}

static const float *state_mask(const tl_recurrent *run, size_t gate) {
    return at(run, run->state_mask_at + (run->masks > 1 ? gate : 0) * run->tile);
}

void tl_recurrent_input(const tl_recurrent *run, size_t step) {
    const tl_pass *pass = run->pass;
    const size_t t = tl_recurrent_timestep(run, step), width = run->width;
    float *z = tl_recurrent_gates(run, step);
    if (pass->table && run->in_rows) {
        tl_recurrent_rows_table(run, step, NULL);
        return;
    }
    if (pass->table) {
        pass->kernels->gather(run->gate_units, width, pass->table, pass->rows + t * width, z);
        return;
    }
    const float *kernel = tl_weight_values(pass, &run->layer->weights[0]);
    const float *bias =
        run->config->use_bias ? tl_weight_values(pass, &run->layer->weights[2]) : NULL;
    const float *x = pass->x + t * run->features * width;
    const size_t masks = drops_inputs(run) ? run->masks : 1, columns = run->gate_units / masks;
    /* z = (x * mask) W + b, for all gates at once or, where each has a mask of its own, one by one
     */
    for (size_t m = 0; m < masks; m++) {
        const float *dropped = x;
        if (drops_inputs(run)) {
            multiply(run->features * width, x, input_mask(run, m), at(run, run->scratch_at));
            dropped = at(run, run->scratch_at);
        }
        if (run->in_rows)
            tl_recurrent_rows_input(run, dropped, m, run->gates / masks,
                                    bias ? bias + m * columns : NULL, z + m * columns * width);
        else if (run->packed_kernel)
            pass->kernels->gemm_packed(columns, width, run->features, run->packed_kernel, dropped,
                                       width, bias, 0, z, width);
        else
            pass->kernels->gemm(columns, width, run->features, kernel + m * columns, 1,
                                run->gate_units, dropped, width, bias ? bias + m * columns : NULL,
                                0, z + m * columns * width, width);
    }
}

void tl_recurrent_preactivate(const tl_recurrent *run, size_t step) {
    const float *h = tl_recurrent_h(run, step);
    if (run->pass->table && run->in_rows && !drops_states(run)) {
        tl_recurrent_rows_table(run, step, h);
        return;
    }
    tl_recurrent_input(run, step);
    tl_recurrent_product(run, h, 0, run->gates, NULL, 1, tl_recurrent_gates(run, step));
}

const float *tl_recurrent_dropped(const tl_recurrent *run, const float *h, size_t gate) {
    if (!drops_states(run))
        return h;
    float *dropped = at(run, run->scratch_at);
    multiply(run->tile, h, state_mask(run, gate), dropped);
    return dropped;
}

void tl_recurrent_drop_add(const tl_recurrent *run, const float *from, size_t gate, float *to) {
    multiply_add(run->tile, from, state_mask(run, gate), to);
}

/* Gates that one product takes: all, unless each has a dropout mask of its own. */
static size_t gates_at_once(const tl_recurrent *run, size_t gates) {
    return drops_states(run) && run->masks > 1 ? 1 : gates;
}

/* Where a product that begins with `gate` ends: those of a GRU's candidate stand apart. */
static size_t end_of_product(const tl_recurrent *run, size_t gate, size_t end) {
    const size_t joint = tl_recurrent_joint_gates(run->layer);
    return gate < joint && joint < end ? joint : end;
}

void tl_recurrent_multiply(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                           const float *bias, int accumulate, float *z) {
    const tl_kernels *kernels = run->pass->kernels;
    const float *kernel = tl_weight_values(run->pass, &run->layer->weights[1]);
    const size_t units = run->units, width = run->width, end = first_gate + gates;
    if (run->in_rows) {
        tl_recurrent_rows_multiply(run, h, first_gate, gates, bias, accumulate, z);
        return;
    }
    for (size_t gate = first_gate, next; gate < end; gate = next) {
        next = end_of_product(run, gate, end);
        const float *b = bias ? bias + gate * units : NULL;
        float *to = z + (gate - first_gate) * run->tile;
        if (run->packed_recurrent)
            kernels->gemm_packed((next - gate) * units, width, units,
                                 run->packed_recurrent + gate * units * units, h, width, b,
                                 accumulate, to, width);
        else
            kernels->gemm((next - gate) * units, width, units, kernel + gate * units, 1,
                          run->gate_units, h, width, b, accumulate, to, width);
    }
}

void tl_recurrent_multiply_back(const tl_recurrent *run, const float *dz, size_t first_gate,
                                size_t gates, int accumulate, float *dh) {
    const tl_kernels *kernels = run->pass->kernels;
    const float *kernel = tl_weight_values(run->pass, &run->layer->weights[1]);
    const size_t units = run->units, width = run->width;
    if (run->in_rows)
        kernels->rows_product_back(gates, width, units, dz,
                                   run->turned_kernel + first_gate * units * units, accumulate, dh);
    else if (run->packed_recurrent_back)
        kernels->gemm_packed(units, width, gates * units,
                             run->packed_recurrent_back + first_gate * units * units, dz, width,
                             NULL, accumulate, dh, width);
    else
        kernels->gemm(units, width, gates * units, kernel + first_gate * units, run->gate_units, 1,
                      dz, width, NULL, accumulate, dh, width);
}

void tl_recurrent_product(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                          const float *bias, int accumulate, float *z) {
    const size_t group = gates_at_once(run, gates);
    for (size_t g = 0; g < gates; g += group)
        tl_recurrent_multiply(run, tl_recurrent_dropped(run, h, first_gate + g), first_gate + g,
                              group, bias, accumulate, z + g * run->tile);
}

void tl_recurrent_product_back(const tl_recurrent *run, const float *dz, size_t first_gate,
                               size_t gates, float *dh) {
    const size_t group = gates_at_once(run, gates);
    const int drops = drops_states(run);
    for (size_t g = 0; g < gates; g += group) {
        float *product = drops ? at(run, run->scratch_at) : dh;
        tl_recurrent_multiply_back(run, dz + g * run->tile, first_gate + g, group, !drops, product);
        if (drops)
            tl_recurrent_drop_add(run, product, first_gate + g, dh);
    }
}

void tl_recurrent_outer(const tl_recurrent *run, const float *h, const float *dz, size_t dz_step,
                        size_t gates, float *gradient) {
    if (run->in_rows)
        tl_recurrent_rows_outer(run, h, dz, dz_step, gates, gradient);
    else
        run->pass->kernels->outer(run->steps, run->units, gates * run->units, run->width, h,
                                  (ptrdiff_t)run->tile, dz, (ptrdiff_t)dz_step, gradient,
                                  run->gate_units, at(run, run->outer_at));
}

void tl_recurrent_kernel_gradient(const tl_recurrent *run, const float *h, const float *dz,
                                  size_t dz_step, size_t first_gate, size_t gates) {
    float *gradient = tl_weight_gradient(run->pass, &run->layer->weights[1]);
    const size_t group = gates_at_once(run, gates);
    for (size_t g = 0; g < gates; g += group) {
        const float *source = h;
        if (drops_states(run)) {
            float *dropped = at(run, run->scratch_at);
            for (size_t s = 0; s < run->steps; s++)
                multiply(run->tile, h + s * run->tile, state_mask(run, first_gate + g),
                         dropped + s * run->tile);
            source = dropped;
        }
        tl_recurrent_outer(run, source, dz + g * run->tile, dz_step, group,
                           gradient + (first_gate + g) * run->units);
    }
}

void tl_recurrent_bias_gradient(const tl_recurrent *run, const float *dz, size_t dz_step,
                                size_t gates, float *gradient) {
    if (run->in_rows)
        tl_recurrent_rows_bias_gradient(run, dz, dz_step, gates, gradient);
    else
        run->pass->kernels->row_sums(run->steps, gates * run->units, run->width, dz,
                                     (ptrdiff_t)dz_step, gradient);
}

void tl_recurrent_output(const tl_recurrent *run) {
    if (run->in_rows)
        tl_recurrent_rows_output(run);
    else
        run->pass->y = tl_recurrent_h(run, run->config->return_sequences ? 1 : run->steps);
}

float *tl_recurrent_dh(const tl_recurrent *run, size_t step) {
    float *dh = at(run, run->dh_at);
    const int last = step + 1 == run->steps;
    if (last)
        memset(dh, 0, run->tile * sizeof *dh);
    if (last || run->config->return_sequences) {
        const float *dy = run->pass->dy + (run->config->return_sequences ? step * run->tile : 0);
        if (run->in_rows) {
            tl_recurrent_turn_in(run, dy, at(run, run->turned_at));
            dy = at(run, run->turned_at);
        }
        for (size_t i = 0; i < run->tile; i++)
            dh[i] += dy[i];
    }
    return dh;
}

/* dx_t = dz_t W^T, gate by gate where each has a dropout mask of its own. */
static void input_gradient(const tl_recurrent *run, size_t step) {
    const tl_pass *pass = run->pass;
    const size_t values = run->features * run->width, columns = run->gate_units / run->masks;
    const float *kernel = tl_weight_values(pass, &run->layer->weights[0]);
    const float *dz =
        run->in_rows ? tl_recurrent_rows_dz(run, step) : tl_recurrent_gates(run, step);
    float *dx = pass->dx + tl_recurrent_timestep(run, step) * values;
    if (!drops_inputs(run)) {
        if (run->packed_kernel_back)
            pass->kernels->gemm_packed(run->features, run->width, run->gate_units,
                                       run->packed_kernel_back, dz, run->width, NULL, 0, dx,
                                       run->width);
        else
            pass->kernels->gemm(run->features, run->width, run->gate_units, kernel, run->gate_units,
                                1, dz, run->width, NULL, 0, dx, run->width);
        return;
    }
    float *product = at(run, run->scratch_at);
    memset(dx, 0, values * sizeof *dx);
    for (size_t m = 0; m < run->masks; m++) {
        pass->kernels->gemm(run->features, run->width, columns, kernel + m * columns,
                            run->gate_units, 1, dz + m * columns * run->width, run->width, NULL, 0,
                            product, run->width);
        multiply_add(values, product, input_mask(run, m), dx);
    }
}

/* dW += sum over steps of (x * mask)^T dz. */
static void kernel_gradient(const tl_recurrent *run) {
    const tl_pass *pass = run->pass;
    const size_t values = run->features * run->width, columns = run->gate_units / run->masks;
    const ptrdiff_t x_step = run->config->go_backwards ? -(ptrdiff_t)values : (ptrdiff_t)values;
    float *gradient = tl_weight_gradient(pass, &run->layer->weights[0]);
    for (size_t m = 0; m < run->masks; m++) {
        const float *source = pass->x;
        if (drops_inputs(run)) {
            float *dropped = at(run, run->scratch_at);
            for (size_t t = 0; t < run->steps; t++)
                multiply(values, pass->x + t * values, input_mask(run, m), dropped + t * values);
            source = dropped;
        }
        source += tl_recurrent_timestep(run, 0) * values;
        const float *dz = tl_recurrent_gates(run, 0) + m * columns * run->width;
        if (run->in_rows)
            tl_recurrent_rows_input_outer(run, source, x_step, dz, run->gates / run->masks,
                                          gradient + m * columns);
        else
            pass->kernels->outer(run->steps, run->features, columns, run->width, source, x_step, dz,
                                 (ptrdiff_t)run->gates_step, gradient + m * columns,
                                 run->gate_units, at(run, run->outer_at));
    }
}

/* The table's gradient holds those of embedding, kernel and input bias (model/fold.c). */
static void table_gradient(const tl_recurrent *run) {
    const tl_pass *pass = run->pass;
    for (size_t s = 0; s < run->steps; s++) {
        const float *dz = tl_recurrent_gates(run, s);
        const int32_t *rows = pass->rows + tl_recurrent_timestep(run, s) * run->width;
        if (run->in_rows)
            pass->kernels->rows_add(run->gates, run->width, run->units, pass->lanes, dz, rows,
                                    pass->row_gradients);
        else
            pass->kernels->scatter_add(run->gate_units, run->width, pass->lanes, dz, rows,
                                       pass->row_gradients);
    }
}

void tl_recurrent_input_back(const tl_recurrent *run, float *bias_gradient) {
    const tl_pass *pass = run->pass;
    if (pass->table) {
        table_gradient(run);
        return;
    }
    kernel_gradient(run);
    if (bias_gradient)
        tl_recurrent_bias_gradient(run, tl_recurrent_gates(run, 0), run->gates_step, run->gates,
                                   bias_gradient);
    if (pass->dx)
        for (size_t s = 0; s < run->steps; s++)
            input_gradient(run, s);
}

/* Dropout of the inputs comes before the product, so the product cannot be made in advance. */
int tl_recurrent_folds(const tl_layer *layer, int training) {
    return !(training && ((const tl_recurrent_config *)layer->config)->dropout > 0);
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
