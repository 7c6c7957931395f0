/* The configuration of an Embedding, for the folding of its product (model/fold.c). */
#ifndef TL_LAYERS_EMBEDDING_H
#define TL_LAYERS_EMBEDDING_H

#include "layers/layer.h"

typedef struct tl_embedding_config {
    int64_t input_dim, output_dim;
    tl_initializer initializer;
    tl_regularizer regularizer;
    tl_constraint constraint;
    int32_t mask_zero;
} tl_embedding_config;

extern const tl_layer_ops tl_embedding_layer;

#endif
