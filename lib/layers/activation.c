/* Activation: a function of each value (softmax: of the last dimension). */
#include "layers/activate.h"
#include "layers/single.h"

#include <stddef.h>

typedef struct activation_config {
    const tl_activation *activation;
} activation_config;

static const tl_field fields[] = {
    {"activation", TL_FIELD_ACTIVATION, offsetof(activation_config, activation), 1, 0, 0},
    {NULL, 0, 0, 0, 0, 0},
};

static void defaults(void *config, int generation) {
    ((activation_config *)config)->activation = tl_activation_by_name("linear", generation);
}

static const tl_activation *activation_of(const tl_layer *layer) {
    return ((const activation_config *)layer->config)->activation;
}

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    (void)error;
    layer->output = layer->input;
    return TLSTM_OK;
}

static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    const size_t values =
        tl_shape_timesteps(&layer->input, timesteps) * tl_shape_features(&layer->input);
    return tl_activate_cache(activation_of(layer), values, width, keep);
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    tl_activate(activation_of(layer), pass, tl_shape_timesteps(&layer->input, pass->timesteps),
                tl_shape_features(&layer->input), pass->x);
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    tl_activate_back(activation_of(layer), pass, tl_shape_timesteps(&layer->input, pass->timesteps),
                     tl_shape_features(&layer->input), pass->dy);
    pass->dx = pass->dy;
}

static void run_single(tl_single_pass *pass) {
    tl_single_activate(pass, activation_of(pass->layer), tl_shape_features(&pass->layer->input),
                       pass->x, pass->y);
}

static const tl_single_ops single = {.run = run_single};

const tl_layer_ops tl_activation_layer = {
    .class_name = "Activation",
    .name = "activation",
    .config_size = sizeof(activation_config),
    .fields = fields,
    .defaults = defaults,
    .build = build,
    .cache = cache,
    .forward = forward,
    .backward = backward,
    .activation = activation_of,
    .single = &single,
};
