/*
 * One sample: its units lie in the lanes, and a recurrent layer walks through all its timesteps in
 * one call. What counts here is how long one timestep waits for the one before it. Sums go over the
 * same terms in the same order as in a tile.
 */
#ifndef TL_KERNELS_SIMD_SINGLE_H
#define TL_KERNELS_SIMD_SINGLE_H

#include "kernels/simd/recurrent.h"

/* Registers of units that are summed up at a time, where there are as many: of a recurrent layer,
 * and of a product alone. */
#define SINGLE_VECTORS 2
#define PRODUCT_VECTORS 4

INLINE size_t vectors_of(size_t units) {
    return (units + VL - 1) / VL;
}

/* [register of units][input][gate][unit], units filled up with zeros. */
static void pack_single(size_t inputs, size_t gates, size_t units, const float *kernel, size_t row,
                        float *packed) {
    for (size_t first = 0; first < units; first += VL)
        for (size_t k = 0; k < inputs; k++)
            for (size_t g = 0; g < gates; g++)
                for (size_t u = first; u < first + VL; u++)
                    *packed++ = u < units ? kernel[k * row + g * units + u] : 0.0f;
}

/* sums[g][v] = sum_k x[k] packed[v][k][g], from register `first` on. */
INLINE void sum_single(const size_t gates, const size_t vectors, size_t first, size_t inputs,
                       const float *x, const float *packed, vec sums[4][PRODUCT_VECTORS]) {
    const size_t vector = inputs * gates * VL;
    UNROLL for (size_t g = 0; g < gates; g++) UNROLL for (size_t v = 0; v < vectors; v++)
        sums[g][v] = zeros();
    packed += first * vector;
    UNROLL_SOME for (size_t k = 0; k < inputs; k++) {
        vec left = broadcast(x[k]);
        UNROLL for (size_t v = 0; v < vectors; v++) UNROLL for (size_t g = 0; g < gates; g++)
            sums[g][v] += left * load(packed + v * vector + g * VL);
        packed += gates * VL;
    }
}

INLINE vec plus_bias(vec sum, const float *bias) {
    return bias ? sum + load(bias) : sum;
}

/* Calls `body`, which takes a number of registers, `most` at most, and the first of them, for all
 * units. */
#define FOR_SINGLE_BLOCKS(most, units, body, ...)                                                  \
    do {                                                                                           \
        const size_t vectors_ = vectors_of(units);                                                 \
        size_t v_ = 0;                                                                             \
        for (; v_ + (most) <= vectors_; v_ += (most))                                              \
            body(most, v_, __VA_ARGS__);                                                           \
        for (; (most) > 1 && v_ < vectors_; v_++)                                                  \
            body(1, v_, __VA_ARGS__);                                                              \
    } while (0)

/* One unit, summed up one by one as in a lane of a tile. */
INLINE float sum_one_unit(size_t inputs, const float *x, const float *kernel) {
    float sum = 0;
    UNROLL_SOME for (size_t k = 0; k < inputs; k++) sum += x[k] * kernel[k];
    return sum;
}

INLINE void dense_one_unit(const tl_single_dense *s, const activation act) {
    const float sum = sum_one_unit(s->inputs, s->x, s->packed);
    *s->y = act.f(broadcast(s->bias ? sum + *s->bias : sum))[0];
}

/* y = activation(x kernel + bias) */
INLINE void dense_block(const size_t vectors, size_t first, const tl_single_dense *s,
                        const activation act) {
    vec sums[4][PRODUCT_VECTORS];
    sum_single(1, vectors, first, s->inputs, s->x, s->packed, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t at = (first + v) * VL;
        store(s->y + at, act.f(plus_bias(sums[0][v], s->bias ? s->bias + at : NULL)));
    }
}

#define NO_ACTIVATION ((const activation){linear, linear_slope, linear, 0})

INLINE void dense_body(const size_t most, const tl_single_dense *single, const activation act) {
    if (single->units == 1)
        dense_one_unit(single, act);
    else
        FOR_SINGLE_BLOCKS(most, single->units, dense_block, single, act);
}

/* The end of most models, and the products of a recurrent layer with its input, have functions of
 * their own, which save few registers. */
OUTLINE void dense_sigmoid_unit(const tl_single_dense *single) {
    dense_one_unit(single, DEFAULT_RECURRENT);
}

OUTLINE void dense_linear(const tl_single_dense *single) {
    dense_body(PRODUCT_VECTORS, single, NO_ACTIVATION);
}

OUTLINE void dense_other(const tl_single_dense *single) {
    dense_body(1, single, activations[single->activation]);
}

static void dense_single(const tl_single_dense *single) {
    if (single->activation == TL_LINEAR)
        dense_linear(single);
    else if (single->activation == TL_SIGMOID && single->units == 1)
        dense_sigmoid_unit(single);
    else
        dense_other(single);
}

/* A timestep of a layer: its row of x W (+ b), the state before it and after it. */
typedef struct single_step {
    const float *z;
    const float *h_before;
    float *h;
} single_step;

INLINE const float *bias_at(const tl_single *s, size_t at) {
    return s->bias ? s->bias + at : NULL;
}

INLINE void lstm_block(const size_t vectors, size_t first, const tl_single *s,
                       const single_step *step, const activation act, const activation recurrent) {
    vec sums[4][PRODUCT_VECTORS];
    sum_single(4, vectors, first, s->units, step->h_before, s->packed, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        vec z[4];
        const size_t at = (first + v) * VL;
        UNROLL for (size_t g = 0; g < 4; g++) {
            const size_t gate = g * s->units + at;
            z[g] = sums[g][v] + plus_bias(load(step->z + gate), bias_at(s, gate));
        }
        vec i = recurrent.f(z[0]), f = recurrent.f(z[1]);
        vec g = act.f(z[2]), o = recurrent.f(z[3]);
        /* c_t = f * c_{t-1} + i * g;  h_t = o * activation(c_t) */
        vec c = f * load(s->c + at) + i * g;
        store(s->c + at, c);
        store(step->h + at, o * act.f(c));
    }
}

/* h_t = z * h_{t-1} + (1 - z) * h~ */
INLINE void blend_single(const single_step *step, size_t at, vec z, vec candidate) {
    vec h_before = load(step->h_before + at);
    store(step->h + at, z * h_before + (1.0f - z) * candidate);
}

INLINE void gru_block(const size_t vectors, size_t first, const tl_single *s,
                      const single_step *step, const activation act, const activation recurrent) {
    vec sums[4][PRODUCT_VECTORS];
    sum_single(3, vectors, first, s->units, step->h_before, s->packed, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        vec x[3], inner[3];
        const size_t at = (first + v) * VL;
        UNROLL for (size_t g = 0; g < 3; g++) {
            const size_t gate = g * s->units + at;
            const float *inner_bias = s->recurrent_bias ? s->recurrent_bias + gate : NULL;
            x[g] = plus_bias(load(step->z + gate), bias_at(s, gate));
            inner[g] = plus_bias(sums[g][v], inner_bias);
        }
        /* z = recurrent(x_z + h U_z + b_z);  r = recurrent(x_r + h U_r + b_r);
         * h~ = activation(x_h + r * (h U_h + b_h)) */
        vec z = recurrent.f(x[0] + inner[0]), r = recurrent.f(x[1] + inner[1]);
        blend_single(step, at, z, act.f(x[2] + r * inner[2]));
    }
}

/* Reset before the product, 1: z, which is kept, and r * h_{t-1}. */
INLINE void gru_reset_block(const size_t vectors, size_t first, const tl_single *s,
                            const single_step *step, const activation recurrent) {
    vec sums[4][PRODUCT_VECTORS];
    sum_single(2, vectors, first, s->units, step->h_before, s->packed, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        vec x[2];
        const size_t at = (first + v) * VL;
        UNROLL for (size_t g = 0; g < 2; g++) {
            const size_t gate = g * s->units + at;
            x[g] = plus_bias(load(step->z + gate), bias_at(s, gate));
        }
        store(s->update + at, recurrent.f(x[0] + sums[0][v]));
        store(s->reset + at, recurrent.f(x[1] + sums[1][v]) * load(step->h_before + at));
    }
}

/* 2: h~ = activation(x_h + (r * h_{t-1}) U_h) */
INLINE void gru_update_block(const size_t vectors, size_t first, const tl_single *s,
                             const single_step *step, const activation act) {
    vec sums[4][PRODUCT_VECTORS];
    sum_single(1, vectors, first, s->units, s->reset, s->packed_candidate, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t at = (first + v) * VL, gate = 2 * s->units + at;
        vec x = plus_bias(load(step->z + gate), bias_at(s, gate));
        blend_single(step, at, load(s->update + at), act.f(x + sums[0][v]));
    }
}

INLINE void rnn_block(const size_t vectors, size_t first, const tl_single *s,
                      const single_step *step, const activation act) {
    vec sums[4][PRODUCT_VECTORS];
    sum_single(1, vectors, first, s->units, step->h_before, s->packed, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t at = (first + v) * VL;
        /* h_t = activation(x W + h_{t-1} U + b) */
        vec x = plus_bias(load(step->z + at), bias_at(s, at));
        store(step->h + at, act.f(sums[0][v] + x));
    }
}

typedef enum single_cell { SINGLE_LSTM, SINGLE_GRU, SINGLE_GRU_BEFORE, SINGLE_RNN } single_cell;

/*
 * All timesteps. Where units are summed up in more than one block, h goes to and fro between the
 * state and a second place, so that no block sees the new state of another; with `outputs` each h
 * is copied out too. A masked step changes nothing.
 */
INLINE void walk(const single_cell cell, const size_t most, const tl_single *s,
                 const activation act, const activation recurrent) {
    const int in_place = vectors_of(s->units) <= most;
    float *h = s->h, *other = in_place ? h : s->other_h;
    for (size_t t = 0; t < s->steps; t++) {
        const size_t from = s->backwards ? s->steps - 1 - t : t;
        if (!s->mask || s->mask[from]) {
            const size_t row = s->rows ? (size_t)s->rows[from] : from;
            const single_step step = {s->z + row * s->z_row, h, other};
            if (cell == SINGLE_LSTM) {
                FOR_SINGLE_BLOCKS(most, s->units, lstm_block, s, &step, act, recurrent);
            } else if (cell == SINGLE_GRU) {
                FOR_SINGLE_BLOCKS(most, s->units, gru_block, s, &step, act, recurrent);
            } else if (cell == SINGLE_GRU_BEFORE) {
                FOR_SINGLE_BLOCKS(most, s->units, gru_reset_block, s, &step, recurrent);
                FOR_SINGLE_BLOCKS(most, s->units, gru_update_block, s, &step, act);
            } else {
                FOR_SINGLE_BLOCKS(most, s->units, rnn_block, s, &step, act);
            }
            other = h;
            h = step.h;
        }
        for (size_t at = 0; s->outputs && at < s->units; at += VL)
            store(s->outputs + t * s->units + at, load(h + at));
    }
    for (size_t at = 0; h != s->h && at < s->units; at += VL)
        store(s->h + at, load(h + at));
}

/* The default activations are inlined; others are called, and do not wait for a second register. */
#define WALK(cell, single)                                                                         \
    do {                                                                                           \
        if ((single)->activation == TL_TANH && (single)->recurrent_activation == TL_SIGMOID)       \
            walk(cell, SINGLE_VECTORS, single, DEFAULT_ACTIVATION, DEFAULT_RECURRENT);             \
        else                                                                                       \
            walk(cell, 1, single, activations[(single)->activation],                               \
                 activations[(single)->recurrent_activation]);                                     \
    } while (0)

static void lstm_single(const tl_single *single) {
    WALK(SINGLE_LSTM, single);
}

static void gru_single(const tl_single *single) {
    /* The form of Keras 1 and 2.0 is rare. */
    if (single->packed_candidate)
        walk(SINGLE_GRU_BEFORE, 1, single, activations[single->activation],
             activations[single->recurrent_activation]);
    else
        WALK(SINGLE_GRU, single);
}

static void rnn_single(const tl_single *single) {
    WALK(SINGLE_RNN, single);
}

#endif
