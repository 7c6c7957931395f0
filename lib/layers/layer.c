/* What all layers share: making them, their weights' places, dropout masks, shapes as text. */
#include "layers/layer.h"

#include "base/alloc.h"
#include "base/rng.h"

#include <stdio.h>
#include <string.h>

size_t tl_shape_features(const tl_shape *shape) {
    return shape->ndim ? (size_t)shape->dims[shape->ndim - 1] : 1;
}

size_t tl_shape_timesteps(const tl_shape *shape, size_t timesteps) {
    size_t steps = 1;
    for (size_t i = 0; i + 1 < shape->ndim; i++)
        steps *=
            shape->dims[i] < 0 || (i == 0 && shape->timed) ? timesteps : (size_t)shape->dims[i];
    return steps;
}

void tl_shape_text(const tl_shape *shape, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(None");
    for (size_t i = 0; i < shape->ndim && used < size; i++) {
        if (shape->dims[i] < 0)
            used += (size_t)snprintf(text + used, size - used, ", None");
        else
            used += (size_t)snprintf(text + used, size - used, ", %lld", (long long)shape->dims[i]);
    }
    if (used < size)
        snprintf(text + used, size - used, shape->ndim ? ")" : ",)");
}

const tl_layer_ops *tl_layer_find(const char *class_name) {
    for (const tl_layer_ops *const *ops = tl_layers; *ops; ops++)
        if (strcmp((*ops)->class_name, class_name) == 0)
            return *ops;
    return NULL;
}

tlstm_status tl_layer_new(const tl_layer_ops *ops, const char *name, int generation,
                          tl_layer **layer, tlstm_error **error) {
    tl_layer *made = tl_alloc_zero(1, sizeof *made);
    if (!made)
        return tl_fail_memory(error);
    made->ops = ops;
    made->trainable = 1;
    made->config = tl_alloc_zero(1, ops->config_size);
    made->name = tl_strdup(name);
    if (!made->config || (name && !made->name)) {
        tl_layer_free(made);
        return tl_fail_memory(error);
    }
    ops->defaults(made->config, generation);
    *layer = made;
    return TLSTM_OK;
}

void tl_layer_free(tl_layer *layer) {
    if (!layer)
        return;
    for (size_t w = 0; w < layer->weight_count; w++)
        tl_free(layer->weights[w].path);
    tl_free(layer->config);
    tl_free(layer->name);
    tl_free(layer);
}

tl_weight *tl_layer_add_weight(tl_layer *layer, const char *name, size_t ndim, size_t rows,
                               size_t columns, const tl_initializer *initializer,
                               const tl_regularizer *regularizer, const tl_constraint *constraint) {
    tl_weight *weight = &layer->weights[layer->weight_count++];
    *weight = (tl_weight){.name = name,
                          .ndim = ndim,
                          .dims = {rows, columns},
                          .size = ndim == 1 ? rows : rows * columns,
                          .initializer = initializer};
    /* What does nothing costs nothing. */
    if (regularizer && (regularizer->l1 != 0 || regularizer->l2 != 0))
        weight->regularizer = regularizer;
    if (constraint && constraint->kind != TL_NO_CONSTRAINT)
        weight->constraint = constraint;
    return weight;
}

const float *tl_weight_values(const tl_pass *pass, const tl_weight *weight) {
    return pass->parameters + weight->offset;
}

float *tl_weight_gradient(const tl_pass *pass, const tl_weight *weight) {
    return pass->gradients + weight->gradient_offset;
}

void tl_dropout_mask(const tl_pass *pass, const tl_layer *layer, unsigned purpose, double rate,
                     size_t features, float *mask) {
    const float scale = (float)(1.0 / (1.0 - rate));
    /* A number below `rate` * 2^32 drops. */
    const uint32_t threshold = (uint32_t)(rate * 4294967296.0);
    const uint64_t key =
        pass->seed ^ (((uint64_t)layer->index * 64 + purpose + 1) * 0x9E3779B97F4A7C15u);
    for (size_t lane = 0; lane < pass->width; lane++) {
        const uint64_t sample = (uint64_t)(pass->first_sample + lane) << 32;
        uint32_t bits[4];
        for (size_t f = 0; f < features; f++) {
            if (f % 4 == 0)
                tl_philox(key, pass->step, sample | (f / 4), bits);
            mask[f * pass->width + lane] = bits[f % 4] < threshold ? 0.0f : scale;
        }
    }
}
