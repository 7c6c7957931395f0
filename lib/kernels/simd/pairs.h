/*
 * One timestep of an LSTM whose units fill half a register at most: two gates share one. So half as
 * many operations wait in the processor's queues as with a register for each gate, and more of the
 * next timestep's product with x, which waits for nothing, is done meanwhile. The weights are
 * packed by the set whose registers are half as wide: [input][gate][unit].
 */
#ifndef TL_KERNELS_SIMD_PAIRS_H
#define TL_KERNELS_SIMD_PAIRS_H

#include "kernels/simd/recurrent.h"

#if VL == 16
/* Sums of each pair at a time, added at the end: the terms of one wait for one another. */
#define PAIR_CHAINS 4

INLINE vec load_half(const float *from) {
    return _mm512_castps256_ps512(_mm256_loadu_ps(from));
}

INLINE void store_half(float *to, vec value) {
    _mm256_storeu_ps(to, _mm512_castps512_ps256(value));
}

INLINE vec load_halves(const float *low, const float *high) {
    return _mm512_insertf32x8(load_half(low), _mm256_loadu_ps(high), 1);
}

INLINE vec upper_half(vec value) {
    return _mm512_castps256_ps512(_mm512_extractf32x8_ps(value, 1));
}

/* sums[chain] += x[k] packed[k][i f | g o], the terms dealt out to `chains`. */
INLINE void add_pairs(const size_t chains, size_t inputs, const float *x, const float *packed,
                      vec sums[PAIR_CHAINS][2]) {
    for (size_t k = 0; k + chains <= inputs; k += chains)
        UNROLL for (size_t c = 0; c < chains; c++, packed += 2 * VL) {
            vec left = broadcast(x[k + c]);
            sums[c][0] += left * load(packed);
            sums[c][1] += left * load(packed + VL);
        }
}

INLINE void multiply_pairs(size_t inputs, const float *x, const float *packed,
                           vec sums[PAIR_CHAINS][2]) {
    const size_t even = inputs / PAIR_CHAINS * PAIR_CHAINS;
    add_pairs(PAIR_CHAINS, even, x, packed, sums);
    add_pairs(1, inputs - even, x + even, packed + even * 2 * VL, sums);
}

/* z = x W + b + h U in pairs: i f and g o. */
INLINE void preactivate_pairs(const tl_single *s, vec z[2]) {
    vec sums[PAIR_CHAINS][2];
    const float *bias = s->bias;
    UNROLL for (size_t c = 0; c < PAIR_CHAINS; c++) sums[c][0] = sums[c][1] = zeros();
    UNROLL for (size_t p = 0; bias && p < 2; p++, bias += 2 * s->units) sums[0][p] =
        load_halves(bias, bias + s->units);
    multiply_pairs(s->inputs, s->x, s->packed_input, sums);
    multiply_pairs(s->units, s->h, s->packed, sums);
    UNROLL for (size_t p = 0; p < 2; p++) z[p] =
        (sums[0][p] + sums[1][p]) + (sums[2][p] + sums[3][p]);
}

static void lstm_pairs(const tl_single *single) {
    const tl_single s = *single;
    vec z[2];
    preactivate_pairs(&s, z);
    vec i_f = sigmoid_vector(z[0]), g = tanh_vector(z[1]);
    vec o = upper_half(sigmoid_vector(z[1]));
    vec c = next_cell(i_f, upper_half(i_f), g, load_half(s.c));
    /* h_t = o * tanh(c_t) */
    vec h = o * tanh_vector(c);
    store_half(s.c, c);
    store_half(s.h, h);
    if (s.outputs)
        store_half(s.outputs, h);
}
#endif

#endif
