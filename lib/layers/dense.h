#ifndef TL_LAYERS_DENSE_H
#define TL_LAYERS_DENSE_H

#include "layers/layer.h"

typedef struct tl_dense_config {
    int64_t units;
    const tl_activation *activation;
    int32_t use_bias;
    tl_initializer kernel_initializer, bias_initializer;
    tl_regularizer kernel_regularizer, bias_regularizer;
    tl_constraint kernel_constraint, bias_constraint;
} tl_dense_config;

extern const tl_layer_ops tl_dense_layer;

#endif
