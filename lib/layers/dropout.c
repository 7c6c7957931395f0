/* Dropout: while training, each value is 0 with probability `rate`, else scaled by 1 / (1 - rate).
 */
#include "layers/single.h"

#include <stddef.h>

typedef struct dropout_config {
    double rate;
} dropout_config;

static const tl_field fields[] = {
    {"rate", TL_FIELD_FLOAT, offsetof(dropout_config, rate), 1, 0, 1},
    {NULL, 0, 0, 0, 0, 0},
};

static void defaults(void *config, int generation) {
    (void)generation;
    ((dropout_config *)config)->rate = 0;
}

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    (void)error;
    layer->output = layer->input;
    return TLSTM_OK;
}

static size_t values(const tl_layer *layer, size_t timesteps) {
    return tl_shape_timesteps(&layer->input, timesteps) * tl_shape_features(&layer->input);
}

static int drops(const tl_layer *layer, const tl_pass *pass) {
    return pass->training && ((const dropout_config *)layer->config)->rate > 0;
}

/* The mask. */
static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    return keep ? values(layer, timesteps) * width : 0;
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    if (!drops(layer, pass)) {
        pass->y = (float *)pass->x;
        return;
    }
    const size_t count = values(layer, pass->timesteps);
    const double rate = ((const dropout_config *)layer->config)->rate;
    tl_dropout_mask(pass, layer, 0, rate, count, pass->cache);
    /* y = mask * x */
    for (size_t i = 0; i < count * pass->width; i++)
        pass->y[i] = pass->cache[i] * pass->x[i];
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    if (drops(layer, pass))
        for (size_t i = 0; i < values(layer, pass->timesteps) * pass->width; i++)
            pass->dy[i] *= pass->cache[i];
    pass->dx = pass->dy;
}

const tl_layer_ops tl_dropout_layer = {
    .class_name = "Dropout",
    .name = "dropout",
    .config_size = sizeof(dropout_config),
    .fields = fields,
    .defaults = defaults,
    .build = build,
    .cache = cache,
    .forward = forward,
    .backward = backward,
    .single = &tl_single_pass_on,
};
