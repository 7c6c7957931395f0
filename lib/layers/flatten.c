/* Flatten: (timesteps, features) to (timesteps * features). In a tile the two lie in memory alike.
 */
#include "layers/single.h"

#include <stddef.h>

/* Keras writes it and, for two dimensions, it changes nothing. */
typedef struct flatten_config {
    int32_t unused;
} flatten_config;

static const tl_field fields[] = {{NULL, 0, 0, 0, 0, 0}};

static void defaults(void *config, int generation) {
    (void)generation;
    ((flatten_config *)config)->unused = 0;
}

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    int64_t size = 1;
    for (size_t i = 0; i < layer->input.ndim; i++) {
        if (layer->input.dims[i] < 0)
            return tl_fail(error, TLSTM_ERROR_SHAPE, layer->name,
                           "Flatten needs a fixed number of timesteps: give the input's length");
        size *= layer->input.dims[i];
    }
    layer->output = (tl_shape){.ndim = 1, .dims = {size}};
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

static int no(const tl_layer *layer) {
    (void)layer;
    return 0;
}

const tl_layer_ops tl_flatten_layer = {
    .class_name = "Flatten",
    .name = "flatten",
    .config_size = sizeof(flatten_config),
    .fields = fields,
    .defaults = defaults,
    .build = build,
    .cache = cache,
    .forward = forward,
    .backward = backward,
    .passes_mask = no,
    .steps = no,
    .single = &tl_single_pass_on,
};
