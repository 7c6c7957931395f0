/*
 * One sample: its units lie in the lanes, and a recurrent layer walks through all its timesteps in
 * one call. What counts here is how long one timestep waits for the one before it: a sum is two
 * that are added at the end where registers allow, and begins with what would be added to it.
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

/* `inputs` more terms of some sums, on top of what they hold; `chains` sums of each at a time.
 * `vector` is how far the registers of units lie apart in `packed`. */
INLINE void add_terms(const size_t gates, const size_t vectors, const size_t chains, size_t inputs,
                      size_t vector, const float *x, const float *packed,
                      vec sums[][4][PRODUCT_VECTORS]) {
    UNROLL_TWICE for (size_t k = 0; k < inputs; k += chains) {
        UNROLL for (size_t c = 0; c < chains; c++, x++, packed += gates * VL) {
            vec left = broadcast(*x);
            UNROLL for (size_t v = 0; v < vectors; v++) UNROLL for (size_t g = 0; g < gates; g++)
                sums[c][g][v] += left * load(packed + v * vector + g * VL);
        }
    }
}

/* sums[g][v] += sum_k x[k] packed[v][k][g], from register `first` on. */
INLINE void sum_single(const size_t gates, const size_t vectors, size_t first, size_t inputs,
                       const float *x, const float *packed, vec sums[4][PRODUCT_VECTORS]) {
    const size_t chains = gates * vectors <= 4 ? 2 : 1;
    const size_t vector = inputs * gates * VL, even = inputs / chains * chains;
    vec parts[2][4][PRODUCT_VECTORS];
    UNROLL for (size_t g = 0; g < gates; g++) UNROLL for (size_t v = 0; v < vectors; v++) {
        parts[0][g][v] = sums[g][v];
        parts[1][g][v] = zeros();
    }
    packed += first * vector;
    add_terms(gates, vectors, chains, even, vector, x, packed, parts);
    if (even < inputs)
        add_terms(gates, vectors, 1, 1, vector, x + even, packed + even * gates * VL, parts);
    UNROLL for (size_t g = 0; g < gates; g++) UNROLL for (size_t v = 0; v < vectors; v++)
        sums[g][v] = chains == 2 ? parts[0][g][v] + parts[1][g][v] : parts[0][g][v];
}

INLINE vec bias_or_zeros(const float *bias) {
    return bias ? load(bias) : zeros();
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

/* One unit: here the inputs lie in the lanes, and of the last register only the first counts. */
INLINE void dense_one_unit(const tl_single_dense *s, const activation act) {
    vec sum = {s->bias ? *s->bias : 0};
    size_t k = 0;
    for (; k + VL <= s->inputs; k += VL)
        sum += load(s->x + k) * load(s->packed + k);
    if (k < s->inputs)
        sum += load_part(s->x + k, s->inputs - k) * load_part(s->packed + k, s->inputs - k);
    *s->y = act.f((vec){sum_of_lanes(sum)})[0];
}

/* y = activation(x kernel + bias) */
INLINE void dense_block(const size_t vectors, size_t first, const tl_single_dense *s,
                        const activation act) {
    vec sums[4][PRODUCT_VECTORS];
    UNROLL for (size_t v = 0; v < vectors; v++) sums[0][v] =
        bias_or_zeros(s->bias ? s->bias + (first + v) * VL : NULL);
    sum_single(1, vectors, first, s->inputs, s->x, s->packed, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) store(s->y + (first + v) * VL, act.f(sums[0][v]));
}

#define NO_ACTIVATION ((const activation){linear, linear_slope, linear, 0})

INLINE void dense_body(const size_t most, const tl_single_dense *single, const activation act) {
    if (single->units == 1)
        dense_one_unit(single, act);
    else
        FOR_SINGLE_BLOCKS(most, single->units, dense_block, single, act);
}

/* The end of most models, and a product alone, which is summed up in more registers, have functions
 * of their own, which save few registers. */
OUTLINE void dense_sigmoid_unit(const tl_single_dense *single) {
    dense_one_unit(single, SIGMOID_INLINED);
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

/* The row of x W, which is made already, + b of some gates. */
INLINE void rows_of(const size_t gates, const size_t vectors, size_t first, const tl_single *s,
                    const single_step *step, vec z[4][PRODUCT_VECTORS]) {
    UNROLL for (size_t g = 0; g < gates; g++) UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t gate = g * s->units + (first + v) * VL;
        z[g][v] = plus_bias(load(step->z + gate), bias_at(s, gate));
    }
}

/* x W + b of all gates. */
INLINE void inputs_of(const size_t gates, const size_t vectors, size_t first, const tl_single *s,
                      const single_step *step, const int fused, vec z[4][PRODUCT_VECTORS]) {
    if (!fused || !s->x) {
        rows_of(gates, vectors, first, s, step, z);
        return;
    }
    UNROLL for (size_t g = 0; g < gates; g++) UNROLL for (size_t v = 0; v < vectors; v++) z[g][v] =
        bias_or_zeros(bias_at(s, g * s->units + (first + v) * VL));
    sum_single(gates, vectors, first, s->inputs, s->x, s->packed_input, z);
}

INLINE void lstm_block(const size_t vectors, size_t first, const tl_single *s,
                       const single_step *step, const activation act, const activation recurrent,
                       const int fused) {
    vec z[4][PRODUCT_VECTORS];
    inputs_of(4, vectors, first, s, step, fused, z);
    sum_single(4, vectors, first, s->units, step->h_before, s->packed, z);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t at = (first + v) * VL;
        vec i = recurrent.f(z[0][v]), f = recurrent.f(z[1][v]), g = act.f(z[2][v]);
        /* h_t = o * activation(c_t) */
        vec c = next_cell(i, f, g, load(s->c + at));
        store(s->c + at, c);
        vec o = recurrent.f(z[3][v]);
        store(step->h + at, o * act.f(c));
    }
}

/* h_t = z * h_{t-1} + (1 - z) * h~ */
INLINE void blend_single(const single_step *step, size_t at, vec z, vec candidate) {
    vec h_before = load(step->h_before + at);
    store(step->h + at, z * h_before + (1.0f - z) * candidate);
}

INLINE void gru_block(const size_t vectors, size_t first, const tl_single *s,
                      const single_step *step, const activation act, const activation recurrent,
                      const int fused) {
    vec x[4][PRODUCT_VECTORS], sums[4][PRODUCT_VECTORS];
    inputs_of(3, vectors, first, s, step, fused, x);
    UNROLL for (size_t g = 0; g < 3; g++) UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t gate = g * s->units + (first + v) * VL;
        vec inner_bias = bias_or_zeros(s->recurrent_bias ? s->recurrent_bias + gate : NULL);
        sums[g][v] = g < 2 ? x[g][v] + inner_bias : inner_bias;
    }
    sum_single(3, vectors, first, s->units, step->h_before, s->packed, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        /* z = recurrent(x_z + h U_z + b_z);  r = recurrent(x_r + h U_r + b_r);
         * h~ = activation(x_h + r * (h U_h + b_h)) */
        vec r = recurrent.f(sums[1][v]);
        vec candidate = act.f(x[2][v] + r * sums[2][v]);
        blend_single(step, (first + v) * VL, recurrent.f(sums[0][v]), candidate);
    }
}

/* Reset before the product, 1: z, which is kept, and r * h_{t-1}. */
INLINE void gru_reset_block(const size_t vectors, size_t first, const tl_single *s,
                            const single_step *step, const activation recurrent) {
    vec z[4][PRODUCT_VECTORS];
    rows_of(2, vectors, first, s, step, z);
    sum_single(2, vectors, first, s->units, step->h_before, s->packed, z);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t at = (first + v) * VL;
        store(s->update + at, recurrent.f(z[0][v]));
        store(s->reset + at, recurrent.f(z[1][v]) * load(step->h_before + at));
    }
}

/* 2: h~ = activation(x_h + (r * h_{t-1}) U_h) */
INLINE void gru_update_block(const size_t vectors, size_t first, const tl_single *s,
                             const single_step *step, const activation act) {
    vec sums[4][PRODUCT_VECTORS];
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t gate = 2 * s->units + (first + v) * VL;
        sums[0][v] = plus_bias(load(step->z + gate), bias_at(s, gate));
    }
    sum_single(1, vectors, first, s->units, s->reset, s->packed_candidate, sums);
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t at = (first + v) * VL;
        blend_single(step, at, load(s->update + at), act.f(sums[0][v]));
    }
}

INLINE void rnn_block(const size_t vectors, size_t first, const tl_single *s,
                      const single_step *step, const activation act) {
    vec z[4][PRODUCT_VECTORS];
    rows_of(1, vectors, first, s, step, z);
    sum_single(1, vectors, first, s->units, step->h_before, s->packed, z);
    /* h_t = activation(x W + h_{t-1} U + b) */
    UNROLL for (size_t v = 0; v < vectors; v++) store(step->h + (first + v) * VL, act.f(z[0][v]));
}

INLINE single_step step_at(const tl_single *s, size_t timestep, const float *h_before, float *h) {
    const size_t row = s->rows ? (size_t)s->rows[timestep] : timestep;
    return (single_step){s->z + row * s->z_row, h_before, h};
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
            const single_step step = step_at(s, from, h, other);
            if (cell == SINGLE_LSTM) {
                FOR_SINGLE_BLOCKS(most, s->units, lstm_block, s, &step, act, recurrent, 0);
            } else if (cell == SINGLE_GRU) {
                FOR_SINGLE_BLOCKS(most, s->units, gru_block, s, &step, act, recurrent, 0);
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
            walk(cell, SINGLE_VECTORS, single, TANH_INLINED, SIGMOID_INLINED);                     \
        else                                                                                       \
            walk(cell, 1, single, activations[(single)->activation],                               \
                 activations[(single)->recurrent_activation]);                                     \
    } while (0)

/* z = x W for the timesteps, where it is not made yet. Whole registers are stored: what lies behind
 * the last unit is the next gate's or row's, which is stored later. */
INLINE void input_rows(const size_t gates, const tl_single *s) {
    for (size_t t = 0; s->x && t < s->steps; t++)
        for (size_t v = vectors_of(s->units); v-- > 0;) {
            vec z[4][PRODUCT_VECTORS];
            UNROLL for (size_t g = 0; g < gates; g++) z[g][0] = zeros();
            sum_single(gates, 1, v, s->inputs, s->x + t * s->inputs, s->packed_input, z);
            UNROLL for (size_t g = 0; g < gates; g++)
                store(s->z + t * s->z_row + g * s->units + v * VL, z[g][0]);
        }
}

/* One timestep of one register of units with the default activations: its product with x goes to
 * where the others are summed up, and no loop makes the compiler keep constants for later. */
INLINE int walks_once(const tl_single *s) {
    return s->steps == 1 && s->units <= VL && s->activation == TL_TANH &&
           s->recurrent_activation == TL_SIGMOID;
}

INLINE void walk_once(const single_cell cell, const tl_single *s) {
    const single_step step = step_at(s, 0, s->h, s->h);
    const int runs = !s->mask || s->mask[0];
    if (runs && cell == SINGLE_LSTM)
        lstm_block(1, 0, s, &step, TANH_INLINED, SIGMOID_INLINED, 1);
    else if (runs)
        gru_block(1, 0, s, &step, TANH_INLINED, SIGMOID_INLINED, 1);
    if (s->outputs)
        store(s->outputs, load(s->h));
}

OUTLINE void lstm_once(const tl_single *single) {
    walk_once(SINGLE_LSTM, single);
}

OUTLINE void lstm_walk(const tl_single *single) {
    input_rows(4, single);
    WALK(SINGLE_LSTM, single);
}

static void lstm_single(const tl_single *single) {
    if (walks_once(single))
        lstm_once(single);
    else
        lstm_walk(single);
}

OUTLINE void gru_once(const tl_single *single) {
    walk_once(SINGLE_GRU, single);
}

OUTLINE void gru_walk(const tl_single *single) {
    input_rows(3, single);
    WALK(SINGLE_GRU, single);
}

static void gru_single(const tl_single *single) {
    /* The form of Keras 1 and 2.0 is rare. */
    if (single->packed_candidate)
        walk(SINGLE_GRU_BEFORE, 1, single, activations[single->activation],
             activations[single->recurrent_activation]);
    else if (walks_once(single))
        gru_once(single);
    else
        gru_walk(single);
}

static void rnn_single(const tl_single *single) {
    input_rows(1, single);
    WALK(SINGLE_RNN, single);
}

#endif
