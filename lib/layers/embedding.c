/*
 * Embedding: tokens (timesteps) to vectors (timesteps, output_dim).
 *
 * Its gradient is kept by rows: one row for each distinct token of the batch, numbered by the
 * engine, so that it costs what the batch holds and not what the vocabulary holds.
 */
#include "layers/embedding.h"

#include "layers/single.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(tl_embedding_config, member)
static const tl_field fields[] = {
    {"input_dim", TL_FIELD_SIZE, AT(input_dim), 1, 1, 2147483647},
    {"output_dim", TL_FIELD_SIZE, AT(output_dim), 1, 1, 16777216},
    {"embeddings_initializer", TL_FIELD_INITIALIZER, AT(initializer), 0, 0, 0},
    {"embeddings_regularizer", TL_FIELD_REGULARIZER, AT(regularizer), 0, 0, 0},
    {"embeddings_constraint", TL_FIELD_CONSTRAINT, AT(constraint), 0, 0, 0},
    {"mask_zero", TL_FIELD_BOOL, AT(mask_zero), 0, 0, 1},
    {NULL, 0, 0, 0, 0, 0},
};

static void defaults(void *config, int generation) {
    (void)generation;
    tl_initializer_find("uniform", &((tl_embedding_config *)config)->initializer);
}

static tlstm_status build(tl_layer *layer, tlstm_error **error) {
    const tl_embedding_config *config = layer->config;
    if (layer->input.ndim != 1)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                       "an Embedding takes (timesteps) tokens a sample, not %zu dimensions",
                       layer->input.ndim);
    layer->output = (tl_shape){2, {layer->input.dims[0], config->output_dim}, layer->input.timed};
    tl_weight *embeddings = tl_layer_add_weight(layer, "embeddings", 2, (size_t)config->input_dim,
                                                (size_t)config->output_dim, &config->initializer,
                                                &config->regularizer, &config->constraint);
    embeddings->by_rows = 1;
    return TLSTM_OK;
}

/* One timestep, for gradients that are clipped before they are added up. */
static size_t cache(const tl_layer *layer, size_t timesteps, size_t width, int keep) {
    (void)timesteps;
    return keep ? tl_shape_features(&layer->output) * width : 0;
}

static void forward(const tl_layer *layer, tl_pass *pass) {
    const size_t features = tl_shape_features(&layer->output);
    const float *embeddings = tl_weight_values(pass, &layer->weights[0]);
    /* y_t = embeddings[token_t] */
    for (size_t t = 0; t < pass->timesteps; t++)
        pass->kernels->gather(features, pass->width, embeddings, features,
                              pass->tokens + t * pass->width, pass->y + t * features * pass->width);
}

/* Keras clips the gradient of each occurrence of a token, before they are summed (clipvalue), and
 * takes norms over the occurrences (clipnorm, global_clipnorm). */
static void clip_occurrences(const tl_pass *pass, size_t features, const float *dy,
                             float *clipped) {
    const float limit = (float)pass->clip_value;
    double squares = 0;
    for (size_t f = 0; f < features; f++) {
        for (size_t lane = 0; lane < pass->width; lane++) {
            float g = lane < pass->lanes ? dy[f * pass->width + lane] : 0.0f;
            if (limit > 0)
                g = g > limit ? limit : g < -limit ? -limit : g;
            clipped[f * pass->width + lane] = g;
            squares += (double)g * g;
        }
    }
    *pass->row_squares += squares;
}

static void backward(const tl_layer *layer, tl_pass *pass) {
    const size_t features = tl_shape_features(&layer->output);
    for (size_t t = 0; t < pass->timesteps; t++) {
        const float *dy = pass->dy + t * features * pass->width;
        if (pass->row_squares) {
            clip_occurrences(pass, features, dy, pass->cache);
            dy = pass->cache;
        }
        /* dL/d(embeddings[token_t]) += dL/dy_t */
        pass->kernels->scatter_add(features, pass->width, pass->lanes, dy,
                                   pass->rows + t * pass->width, pass->row_gradients, features);
    }
}

static void run_single(tl_single_pass *pass) {
    const size_t features = tl_shape_features(&pass->layer->output);
    const float *embeddings = pass->parameters + pass->layer->weights[0].offset;
    for (size_t t = 0; t < pass->steps; t++)
        memcpy(pass->y + t * features, embeddings + (size_t)pass->tokens[t] * features,
               features * sizeof *pass->y);
}

static const tl_single_ops single = {.run = run_single};

static int makes_mask(const tl_layer *layer) {
    return ((const tl_embedding_config *)layer->config)->mask_zero;
}

const tl_layer_ops tl_embedding_layer = {
    .class_name = "Embedding",
    .name = "embedding",
    .config_size = sizeof(tl_embedding_config),
    .fields = fields,
    .defaults = defaults,
    .build = build,
    .cache = cache,
    .forward = forward,
    .backward = backward,
    .tokens = 1,
    .makes_mask = makes_mask,
    .single = &single,
};
