/* The configuration of an InputLayer: the one layer that the model asks for something of its own.
 */
#ifndef TL_LAYERS_INPUT_H
#define TL_LAYERS_INPUT_H

#include "layers/layer.h"

typedef struct tl_input_config {
    tl_shape shape; /* of one sample; ndim 0: not said */
} tl_input_config;

extern const tl_layer_ops tl_input_layer;

#endif
