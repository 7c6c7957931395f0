/*
 * Formulas of the optimizers most in use, a register at a time; what is left at the end goes
 * through the same operations, so that it is all the same how a weight is cut. Which product is
 * rounded is said, too.
 */
#ifndef TL_KERNELS_SIMD_UPDATE_H
#define TL_KERNELS_SIMD_UPDATE_H

#include "kernels/simd/vector.h"

/* A whole register, or where it is not `whole` the first `count` numbers of one. */
INLINE vec load_some(const int whole, const float *from, size_t count) {
    return whole ? load(from) : load_part(from, count);
}

INLINE void store_some(const int whole, float *to, vec value, size_t count) {
    if (whole)
        store(to, value);
    else
        store_part(to, value, count);
}

/* v = rho v + (1 - rho) g^2; w -= rate g / sqrt(v + epsilon) */
INLINE void rmsprop_some(const int whole, size_t count, const tl_rmsprop_terms *terms,
                         const float *g_at, float *v_at, float *w_at) {
    vec g = load_some(whole, g_at, count), v = load_some(whole, v_at, count);
    vec w = load_some(whole, w_at, count);
    vec kept = in_register(v * terms->rho);
    v = kept + g * terms->rest * g;
    w -= g * terms->rate / square_root(v + terms->epsilon);
    store_some(whole, v_at, v, count);
    store_some(whole, w_at, w, count);
}

static void rmsprop(size_t n, const tl_rmsprop_terms *terms, const float *g, float *v, float *w) {
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        rmsprop_some(1, VL, terms, g + i, v + i, w + i);
    if (i < n)
        rmsprop_some(0, n - i, terms, g + i, v + i, w + i);
}

/* m += (1 - beta_1) (g - m); v += (1 - beta_2) (g^2 - v); w -= rate m / (sqrt(v) + epsilon) */
INLINE void adam_some(const int whole, size_t count, const tl_adam_terms *terms, const float *g_at,
                      float *m_at, float *v_at, float *w_at) {
    vec g = load_some(whole, g_at, count), m = load_some(whole, m_at, count);
    vec v = load_some(whole, v_at, count), w = load_some(whole, w_at, count);
    m += (g - m) * terms->rest_1;
    v += (g * g - v) * terms->rest_2;
    w -= m * terms->rate / (square_root(v) + terms->epsilon);
    store_some(whole, m_at, m, count);
    store_some(whole, v_at, v, count);
    store_some(whole, w_at, w, count);
}

static void adam(size_t n, const tl_adam_terms *terms, const float *g, float *m, float *v,
                 float *w) {
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        adam_some(1, VL, terms, g + i, m + i, v + i, w + i);
    if (i < n)
        adam_some(0, n - i, terms, g + i, m + i, v + i, w + i);
}

#endif
