/* Dense: y = activation(x kernel + bias) on the last dimension, alike for each timestep. */
#include "layers/dense.h"

#include "layers/activate.h"
#include "layers/single.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(tl_dense_config, member)
static const tl_field fields[] = {
    {"units", TL_FIELD_SIZE, AT(units), 1, 1, 16777216},
    {"activation", TL_FIELD_ACTIVATION, AT(activation), 0, 0, 0},
    {"use_bias", TL_FIELD_BOOL, AT(use_bias), 0, 0, 1},
    {"kernel_initializer", TL_FIELD_INITIALIZER, AT(kernel_initializer), 0, 0, 0},
    {"bias_initializer", TL_FIELD_INITIALIZER, AT(bias_initializer), 0, 0, 0},
    {"kernel_regularizer", TL_FIELD_REGULARIZER, AT(kernel_regularizer), 0, 0, 0},
    {"bias_regularizer", TL_FIELD_REGULARIZER, AT(bias_regularizer), 0, 0, 0},
    {"kernel_constraint", TL_FIELD_CONSTRAINT, AT(kernel_constraint), 0, 0, 0},
    {"bias_constraint", TL_FIELD_CONSTRAINT, AT(bias_constraint), 0, 0, 0},
    {NULL, 0, 0, 0, 0, 0},
};

static void defaults(void *config, int generation) {
    tl_dense_config *dense = config;
    dense->activation = tl_activation_by_name("linear", generation);
    dense->use_bias = 1;
    tl_initializer_find("glorot_uniform", &dense->kernel_initializer);
    tl_initializer_find("zeros", &dense->bias_initializer);
}

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    const tl_dense_config *config = layer->config;
    if (layer->input.ndim == 0 || layer->input.dims[layer->input.ndim - 1] < 0)
        return tl_fail(error, TLSTM_ERROR_SHAPE, layer->name,
                       "the number of features that come in is not known");
    layer->output = layer->input;
    layer->output.dims[layer->output.ndim - 1] = config->units;
    tl_layer_add_weight(layer, "kernel", 2, tl_shape_features(&layer->input), (size_t)config->units,
                        &config->kernel_initializer, &config->kernel_regularizer,
                        &config->kernel_constraint);
    if (config->use_bias)
        tl_layer_add_weight(layer, "bias", 1, (size_t)config->units, 1, &config->bias_initializer,
                            &config->bias_regularizer, &config->bias_constraint);
    return TLSTM_OK;
}

static const tl_activation *activation_of(const tl_layer *layer) {
    return ((const tl_dense_config *)layer->config)->activation;
}

static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    const size_t values =
        tl_shape_timesteps(&layer->output, timesteps) * tl_shape_features(&layer->output);
    return tl_activate_cache(activation_of(layer), values, width, keep) +
           (keep ? tl_outer_scratch(tl_shape_features(&layer->input)) : 0);
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    const size_t steps = tl_shape_timesteps(&layer->input, pass->timesteps);
    const size_t features = tl_shape_features(&layer->input);
    const size_t units = tl_shape_features(&layer->output);
    const size_t width = pass->width;
    const float *kernel = tl_weight_values(pass, &layer->weights[0]);
    const float *bias = layer->weight_count > 1 ? tl_weight_values(pass, &layer->weights[1]) : NULL;
    /* z_t = x_t kernel + bias */
    for (size_t t = 0; t < steps; t++)
        pass->kernels->gemm(units, width, features, kernel, 1, units,
                            pass->x + t * features * width, width, bias, 0,
                            pass->y + t * units * width, width);
    tl_activate(activation_of(layer), pass, steps, units, pass->y);
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    const size_t steps = tl_shape_timesteps(&layer->input, pass->timesteps);
    const size_t features = tl_shape_features(&layer->input);
    const size_t units = tl_shape_features(&layer->output);
    const size_t width = pass->width;
    const ptrdiff_t x_step = (ptrdiff_t)(features * width), z_step = (ptrdiff_t)(units * width);
    const tl_activation *activation = activation_of(layer);
    float *dz = pass->dy;
    tl_activate_back(activation, pass, steps, units, dz);
    /* dL/dkernel += sum_t x_t^T dz_t, dL/dbias += sum_t dz_t */
    pass->kernels->outer(steps, features, units, width, pass->x, x_step, dz, z_step,
                         tl_weight_gradient(pass, &layer->weights[0]), units,
                         pass->cache + tl_activate_cache(activation, steps * units, width, 1));
    if (layer->weight_count > 1)
        pass->kernels->row_sums(steps, units, width, dz, z_step,
                                tl_weight_gradient(pass, &layer->weights[1]));
    if (!pass->dx)
        return;
    /* dx_t = dz_t kernel^T */
    const float *kernel = tl_weight_values(pass, &layer->weights[0]);
    for (size_t t = 0; t < steps; t++)
        pass->kernels->gemm(features, width, units, kernel, units, 1, dz + t * units * width, width,
                            NULL, 0, pass->dx + t * features * width, width);
}

/* On one sample: the kernel laid out for that, and the bias. */
static size_t single_kernel(const tl_layer *layer) {
    return tl_single_packed(layer->weights[0].dims[0], 1, layer->weights[0].dims[1]);
}

static size_t single_prepared(const tl_layer *layer) {
    return single_kernel(layer) + tl_single_row(layer->weights[0].dims[1]);
}

static void prepare_single(const tl_single_pass *pass) {
    const tl_weight *kernel = &pass->layer->weights[0], *bias = &pass->layer->weights[1];
    pass->kernels->pack_single(kernel->dims[0], 1, kernel->dims[1],
                               pass->parameters + kernel->offset, kernel->dims[1], pass->prepared);
    if (pass->layer->weight_count > 1)
        memcpy(pass->prepared + single_kernel(pass->layer), pass->parameters + bias->offset,
               bias->size * sizeof *pass->prepared);
}

static void run_single_row(tl_single_pass *pass) {
    pass->call.dense.x = pass->x;
    pass->call.dense.y = pass->y;
    pass->kernels->dense_single(&pass->call.dense);
}

static void run_single(tl_single_pass *pass) {
    tl_single_dense dense = pass->call.dense;
    const tl_activation *activation = activation_of(pass->layer);
    dense.x = pass->x;
    dense.y = pass->y;
    for (size_t t = 0; t < pass->rows; t++) {
        pass->kernels->dense_single(&dense);
        dense.x += dense.inputs;
        dense.y += dense.units;
    }
    if (activation->softmax)
        tl_single_activate(pass, activation, dense.units, pass->y, pass->y);
}

static void bind_single(tl_single_pass *pass) {
    const tl_layer *layer = pass->layer;
    const tl_activation *activation = activation_of(layer);
    pass->rows = tl_shape_timesteps(&layer->input, pass->steps);
    pass->run = pass->rows == 1 && !activation->softmax ? run_single_row : run_single;
    pass->call.dense = (tl_single_dense){
        .inputs = layer->weights[0].dims[0],
        .units = layer->weights[0].dims[1],
        .activation = activation->softmax ? TL_LINEAR : activation->kind,
        .packed = layer->weights[0].dims[1] == 1 ? pass->parameters + layer->weights[0].offset
                                                 : pass->prepared,
        .bias = layer->weight_count > 1 ? pass->prepared + single_kernel(layer) : NULL,
    };
    pass->exact = pass->call.dense.units == 1;
}

static const tl_single_ops single = {
    .prepared = single_prepared, .prepare = prepare_single, .bind = bind_single, .run = run_single};

const tl_layer_ops tl_dense_layer = {
    .class_name = "Dense",
    .name = "dense",
    .config_size = sizeof(tl_dense_config),
    .fields = fields,
    .defaults = defaults,
    .build = build,
    .cache = cache,
    .forward = forward,
    .backward = backward,
    .activation = activation_of,
    .single = &single,
};
