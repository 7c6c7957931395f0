/* The activation at the end of a layer, forward and backward over all timesteps of a tile. */
#ifndef TL_LAYERS_ACTIVATE_H
#define TL_LAYERS_ACTIVATE_H

#include "layers/layer.h"

/* Floats of cache: the inputs, for activations whose slope does not follow from the output. */
size_t tl_activate_cache(const tl_activation *activation, size_t values, size_t width, int keep);

/* pass->y = activation(z) for `steps` x `features`; z may be pass->y. With pass->logits y = z. */
void tl_activate(const tl_activation *activation, tl_pass *pass, size_t steps, size_t features,
                 const float *z);
/* dz = dL/dz from pass->dy; dz may be pass->dy. */
void tl_activate_back(const tl_activation *activation, const tl_pass *pass, size_t steps,
                      size_t features, float *dz);

#endif
