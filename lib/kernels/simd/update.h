/*
 * Formulas of the optimizers most in use, a register at a time; what is left at the end goes
 * through the same operations, so that it is all the same how a weight is cut. Which product is
 * rounded is said, too.
 */
#ifndef TL_KERNELS_SIMD_UPDATE_H
#define TL_KERNELS_SIMD_UPDATE_H

#include "kernels/simd/vector.h"

/* v = rho v + (1 - rho) g^2; w -= rate g / sqrt(v + epsilon) */
INLINE void rmsprop_vector(const tl_rmsprop_terms *terms, vec g, vec *v, vec *w) {
    vec kept = in_register(*v * terms->rho);
    *v = kept + g * terms->rest * g;
    *w -= g * terms->rate / square_root(*v + terms->epsilon);
}

static void rmsprop(size_t n, const tl_rmsprop_terms *terms, const float *g, float *v, float *w) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        vec new_v = load(v + i), new_w = load(w + i);
        rmsprop_vector(terms, load(g + i), &new_v, &new_w);
        store(v + i, new_v);
        store(w + i, new_w);
    }
    if (i < n) {
        vec new_v = load_part(v + i, n - i), new_w = load_part(w + i, n - i);
        rmsprop_vector(terms, load_part(g + i, n - i), &new_v, &new_w);
        store_part(v + i, new_v, n - i);
        store_part(w + i, new_w, n - i);
    }
}

/* m += (1 - beta_1) (g - m); v += (1 - beta_2) (g^2 - v); w -= rate m / (sqrt(v) + epsilon) */
INLINE void adam_vector(const tl_adam_terms *terms, vec g, vec *m, vec *v, vec *w) {
    *m += (g - *m) * terms->rest_1;
    *v += (g * g - *v) * terms->rest_2;
    *w -= *m * terms->rate / (square_root(*v) + terms->epsilon);
}

static void adam(size_t n, const tl_adam_terms *terms, const float *g, float *m, float *v,
                 float *w) {
    size_t i = 0;
    for (; i + VL <= n; i += VL) {
        vec new_m = load(m + i), new_v = load(v + i), new_w = load(w + i);
        adam_vector(terms, load(g + i), &new_m, &new_v, &new_w);
        store(m + i, new_m);
        store(v + i, new_v);
        store(w + i, new_w);
    }
    if (i < n) {
        vec new_m = load_part(m + i, n - i), new_v = load_part(v + i, n - i);
        vec new_w = load_part(w + i, n - i);
        adam_vector(terms, load_part(g + i, n - i), &new_m, &new_v, &new_w);
        store_part(m + i, new_m, n - i);
        store_part(v + i, new_v, n - i);
        store_part(w + i, new_w, n - i);
    }
}

#endif
