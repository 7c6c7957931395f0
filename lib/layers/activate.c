#include "layers/activate.h"

#include <string.h>

static int keeps_input(const tl_activation *activation) {
    return !activation->softmax && tl_activation_stores_input(activation->kind);
}

size_t tl_activate_cache(const tl_activation *activation, size_t values, size_t width, int keep) {
    return keep && keeps_input(activation) ? values * width : 0;
}

void tl_activate(const tl_activation *activation, tl_pass *pass, size_t steps, size_t features,
                 const float *z) {
    const size_t tile = features * pass->width;
    if (pass->logits) {
        if (pass->y != z)
            memcpy(pass->y, z, steps * tile * sizeof *z);
        return;
    }
    if (pass->keep && keeps_input(activation))
        memcpy(pass->cache, z, steps * tile * sizeof *z);
    if (!activation->softmax) {
        pass->kernels->activate(activation->kind, steps * tile, z, pass->y);
        return;
    }
    for (size_t t = 0; t < steps; t++)
        pass->kernels->softmax(features, pass->width, z + t * tile, pass->y + t * tile);
}

void tl_activate_back(const tl_activation *activation, const tl_pass *pass, size_t steps,
                      size_t features, float *dz) {
    const size_t tile = features * pass->width;
    if (pass->logits) {
        if (dz != pass->dy)
            memcpy(dz, pass->dy, steps * tile * sizeof *dz);
        return;
    }
    if (!activation->softmax) {
        const float *stored = keeps_input(activation) ? pass->cache : pass->y;
        pass->kernels->gradient(activation->kind, steps * tile, stored, pass->dy, dz);
        return;
    }
    for (size_t t = 0; t < steps; t++)
        pass->kernels->softmax_gradient(features, pass->width, pass->y + t * tile,
                                        pass->dy + t * tile, dz + t * tile);
}
