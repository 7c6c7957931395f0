/* InputLayer: says the shape of one sample, computes nothing. */
#include "layers/input.h"

#include "layers/single.h"

#include <stddef.h>

static const tl_field fields[] = {{NULL, 0, 0, 0, 0, 0}};

static void defaults(void *config, int generation) {
    (void)generation;
    ((tl_input_config *)config)->shape.ndim = 0;
}

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    (void)error;
    layer->output = layer->input;
    return TLSTM_OK;
}

static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    (void)layer, (void)timesteps, (void)width, (void)keep;
    return 0;
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    (void)layer;
    pass->y = (float *)pass->x;
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    (void)layer;
    pass->dx = pass->dy;
}

const tl_layer_ops tl_input_layer = {
    .class_name = "InputLayer",
    .name = "input_layer",
    .config_size = sizeof(tl_input_config),
    .fields = fields,
    .defaults = defaults,
    .build = build,
    .cache = cache,
    .forward = forward,
    .backward = backward,
    .single = &tl_single_pass_on,
};
