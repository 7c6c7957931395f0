/*
 * Products of small layers whose units fill whole registers: here the units lie in the lanes, and
 * the samples of a tile one below the other, a plane [width][units] for each gate. A row of a
 * folded table is then used as it stands, a row of gradients added as it stands, and on the way
 * back alone are neighbouring lanes summed up. Other sums go over the same terms in the same order
 * as in a tile.
 */
#ifndef TL_KERNELS_SIMD_ROWS_H
#define TL_KERNELS_SIMD_ROWS_H

#include "kernels/simd/vector.h"

/* Samples summed up at a time, so that all sums stay in registers beside a row of the kernel, and
 * are enough to keep the multipliers busy. All divide TL_LANES. */
#if VL == 16 || defined(__aarch64__)
#define ROWS_TOGETHER(sums) ((sums) == 1 ? 16 : (sums) == 2 ? 8 : 4)
#define ROWS_TOGETHER_BACK 8
#else
#define ROWS_TOGETHER(sums) ((sums) == 1 ? 8 : (sums) == 2 ? 4 : 2)
#define ROWS_TOGETHER_BACK 4
#endif
#define MOST_TOGETHER ROWS_TOGETHER(1)

/* Planes of a GRU's three gates: the joint gates, the state's part of the third, the input's. */
#define MOST_PLANES 4
#define PLANES(gates) ((gates) == 3 ? 4 : (gates))
#define INPUT_PLANE(gates, gate) ((gates) == 3 && (gate) == 2 ? 3 : (gate))

INLINE const float *start_of(const tl_row_product *p, size_t sample, size_t at) {
    const size_t row = p->rows ? (size_t)p->rows[sample] : sample;
    return p->start + row * p->start_row + at;
}

/* sums += x W, where W's third of three gates goes to the plane `third`. */
INLINE void add_factor(const size_t gates, const size_t third, const tl_row_factor *f,
                       const tl_row_product *p, size_t first, size_t at,
                       vec sums[MOST_TOGETHER][MOST_PLANES]) {
    const size_t samples = ROWS_TOGETHER(PLANES(gates));
    const float *x = f->x + first * f->x_sample, *kernel = f->kernel + at;
    for (size_t k = 0; k < f->inputs; k++, x += f->x_input, kernel += p->length) {
        vec left[MOST_TOGETHER];
        UNROLL for (size_t s = 0; s < samples; s++) left[s] = broadcast(x[s * f->x_sample]);
        UNROLL for (size_t g = 0; g < gates; g++) {
            const size_t plane = gates == 3 && g == 2 ? third : g;
            vec row = in_register(load(kernel + g * p->units));
            UNROLL for (size_t s = 0; s < samples; s++) sums[s][plane] += left[s] * row;
        }
    }
}

/* Adds what the sums of some samples start from, and stores them. */
INLINE void finish_samples(const size_t gates, const tl_row_product *p, size_t first, size_t at,
                           vec sums[MOST_TOGETHER][MOST_PLANES]) {
    const size_t samples = ROWS_TOGETHER(PLANES(gates)), plane = p->width * p->units;
    vec apart = gates == 3 && p->apart ? load(p->apart + at) : zeros();
    UNROLL for (size_t s = 0; s < samples; s++) {
        const float *start = p->start ? start_of(p, first + s, at) : NULL;
        float *z = p->z + (first + s) * p->units + at;
        UNROLL for (size_t g = 0; g < gates; g++) {
            vec sum = sums[s][INPUT_PLANE(gates, g)];
            store(z + INPUT_PLANE(gates, g) * plane,
                  start ? sum + load(start + g * p->start_gate) : sum);
        }
        if (gates == 3)
            store(z + 2 * plane, sums[s][2] + apart);
    }
}

/* The rows of the table for the step to come: they need not be in this processor's caches. */
INLINE void fetch_next(const size_t gates, const tl_row_product *p, size_t first, size_t at) {
    for (size_t s = first; s < first + ROWS_TOGETHER(PLANES(gates)); s++) {
        const float *row = p->start + (size_t)p->next[s] * p->start_row + at;
        UNROLL for (size_t g = 0; g < gates; g += 2) __builtin_prefetch(row + g * p->start_gate);
    }
}

/* All planes of some samples, [at ... at + VL]. */
INLINE void product_of_samples(const size_t gates, const tl_row_product *p, size_t first,
                               size_t at) {
    const size_t planes = PLANES(gates), samples = ROWS_TOGETHER(planes);
    vec sums[MOST_TOGETHER][MOST_PLANES];
    UNROLL for (size_t s = 0; s < samples; s++) UNROLL for (size_t g = 0; g < planes; g++)
        sums[s][g] = zeros();
    if (p->rows)
        fetch_next(gates, p, first, at);
    add_factor(gates, 3, &p->input, p, first, at, sums);
    add_factor(gates, 2, &p->state, p, first, at, sums);
    finish_samples(gates, p, first, at, sums);
}

INLINE void all_samples(const size_t gates, const tl_row_product *p) {
    for (size_t at = 0; at < p->units; at += VL)
        for (size_t first = 0; first < p->width; first += ROWS_TOGETHER(PLANES(gates)))
            product_of_samples(gates, p, first, at);
}

INLINE void product_of_gates(const size_t gates, const tl_row_product *whole) {
    const tl_row_product p = *whole;
    all_samples(gates, &p);
}

/* With constants for what is the same in all usual steps of a layer of one register of units. */
INLINE void step_of_gates(const size_t gates, const int from_table, const tl_row_product *whole) {
    tl_row_product p = *whole;
    p.units = VL;
    p.length = gates * VL;
    p.start_gate = VL;
    p.state.x_sample = VL;
    p.state.x_input = 1;
    if (from_table) {
        p.start_row = gates * VL;
        p.input.inputs = 0;
    } else {
        p.start_row = 0;
        p.rows = NULL;
    }
    all_samples(gates, &p);
}

INLINE void product_or_step(const size_t gates, const tl_row_product *p) {
    const int step = p->units == VL && p->length == gates * VL && p->state.inputs == VL &&
                     p->state.x_sample == VL && p->start && p->start_gate == VL;
    if (step && p->rows && p->start_row == gates * VL && p->input.inputs == 0)
        step_of_gates(gates, 1, p);
    else if (step && !p->rows && p->start_row == 0)
        step_of_gates(gates, 0, p);
    else
        product_of_gates(gates, p);
}

static void rows_product(const tl_row_product *p) {
    switch (p->gates) {
    case 1:
        product_of_gates(1, p);
        break;
    case 2:
        product_of_gates(2, p);
        break;
    case 3:
        product_or_step(3, p);
        break;
    default:
        product_or_step(4, p);
    }
}

/* ---- The way back ---- */

/*
 * A load that only fills a register with one number costs as much as the multiply-add it is for.
 * So it brings those of two columns, j and j + 1, for every second lane, and sums are added up in
 * pairs of lanes at the end. A kernel is laid out for that: for each two columns and VL inputs two
 * registers, in whose quads stand both columns of inputs 4 q, 4 q + 1, and of 4 q + 2, 4 q + 3.
 */
static void rows_pack(size_t inputs, size_t columns, const float *kernel, float *packed) {
    for (size_t j = 0; j < columns; j += 2)
        for (size_t at = 0; at < inputs; at += VL)
            for (size_t half = 0; half < 4; half += 2)
                for (size_t input = at; input < at + VL; input += 4, packed += 4) {
                    const float *pair = kernel + (input + half) * columns + j;
                    packed[0] = pair[0];
                    packed[1] = pair[1];
                    packed[2] = pair[columns];
                    packed[3] = pair[columns + 1];
                }
}

/* dx[s][at ... at + VL] of some samples. */
INLINE void product_back_of_samples(size_t gates, size_t width, size_t units, size_t inputs,
                                    size_t first, size_t at, const float *dz, const float *packed,
                                    int accumulate, float *dx) {
    vec sums[ROWS_TOGETHER_BACK][2];
    UNROLL for (size_t s = 0; s < ROWS_TOGETHER_BACK; s++) sums[s][0] = sums[s][1] = zeros();
    packed += 2 * at;
    for (size_t g = 0; g < gates; g++) {
        const float *from = dz + (g * width + first) * units;
        for (size_t j = 0; j < units; j += 2, packed += 2 * inputs) {
            vec low = load(packed), high = load(packed + VL);
            UNROLL for (size_t s = 0; s < ROWS_TOGETHER_BACK; s++) {
                vec both = broadcast_two(from + s * units + j);
                sums[s][0] += both * low;
                sums[s][1] += both * high;
            }
        }
    }
    UNROLL for (size_t s = 0; s < ROWS_TOGETHER_BACK; s++) {
        float *to = dx + (first + s) * inputs + at;
        vec sum = add_neighbours(sums[s][0], sums[s][1]);
        store(to, accumulate ? load(to) + sum : sum);
    }
}

static void rows_product_back(size_t gates, size_t width, size_t units, size_t inputs,
                              const float *dz, const float *packed, int accumulate, float *dx) {
    /* With constants for one register of both. */
    const int small = units == VL && inputs == VL;
    for (size_t first = 0; small && first < width; first += ROWS_TOGETHER_BACK)
        product_back_of_samples(gates, width, VL, VL, first, 0, dz, packed, accumulate, dx);
    for (size_t first = 0; !small && first < width; first += ROWS_TOGETHER_BACK)
        for (size_t at = 0; at < inputs; at += VL)
            product_back_of_samples(gates, width, units, inputs, first, at, dz, packed, accumulate,
                                    dx);
}

/* ---- Gradients of weights ---- */

/* Inputs and registers of a block of g that stays in registers. */
#define OUTER_VECTORS 4
#if VL == 16 || defined(__aarch64__)
#define OUTER_INPUTS(vectors) ((vectors) == 1 ? 8 : 4)
#else
#define OUTER_INPUTS(vectors) ((vectors) == 1 ? 8 : (vectors) == 4 ? 3 : 4)
#endif
#define MOST_OUTER_INPUTS OUTER_INPUTS(1)

/* sums += x^T z of a sample. What there are fewer of is kept in registers, numbers of x or of z. */
INLINE void add_outer(const size_t inputs, const size_t vectors, const tl_row_outer *p,
                      const float *x, const float *z, const size_t places[OUTER_VECTORS],
                      vec sums[][OUTER_VECTORS]) {
    vec left[MOST_OUTER_INPUTS], row[OUTER_VECTORS];
    if (inputs < vectors) {
        UNROLL for (size_t i = 0; i < inputs; i++) left[i] = broadcast(x[i * p->x_input]);
        UNROLL for (size_t v = 0; v < vectors; v++) {
            row[v] = in_register(load(z + places[v]));
            UNROLL for (size_t i = 0; i < inputs; i++) sums[i][v] += left[i] * row[v];
        }
    } else {
        UNROLL for (size_t v = 0; v < vectors; v++) row[v] = load(z + places[v]);
        UNROLL for (size_t i = 0; i < inputs; i++) {
            left[i] = broadcast(x[i * p->x_input]);
            UNROLL for (size_t v = 0; v < vectors; v++) sums[i][v] += left[i] * row[v];
        }
    }
}

/* g[i][j ...] += for some inputs and registers, `places` being where those are in a step of z. One
 * input has sums of its own for every fourth sample: a single one would wait for itself. */
INLINE void outer_of_inputs(const size_t inputs, const size_t vectors, const tl_row_outer *p,
                            size_t input, const size_t places[OUTER_VECTORS], float *g) {
    const size_t apart = inputs == 1 ? 4 : 1;
    vec sums[MOST_OUTER_INPUTS][OUTER_VECTORS];
    UNROLL for (size_t i = 0; i < inputs * apart; i++) UNROLL for (size_t v = 0; v < vectors; v++)
        sums[i][v] = zeros();
    const float *x_step = p->x + input * p->x_input, *z_step = p->z;
    for (size_t s = 0; s < p->steps; s++, x_step += p->x_step, z_step += p->z_step) {
        const float *x = x_step, *z = z_step;
        for (size_t w = 0; w < p->width; w += apart) {
            UNROLL for (size_t a = 0; a < apart; a++, x += p->x_sample, z += p->units)
                add_outer(inputs, vectors, p, x, z, places, sums + a);
        }
    }
    g += input * p->length;
    UNROLL for (size_t i = 0; i < inputs; i++) UNROLL for (size_t v = 0; v < vectors; v++) {
        float *to = g + i * p->length + v * VL;
        vec sum = sums[i][v];
        if (inputs == 1)
            sum = (sum + sums[1][v]) + (sums[2][v] + sums[3][v]);
        store(to, load(to) + sum);
    }
}

/* All inputs and some registers of the columns, from `column` on. */
INLINE void outer_of_vectors(const size_t vectors, const tl_row_outer *p, size_t column) {
    size_t places[OUTER_VECTORS], input = 0;
    UNROLL for (size_t v = 0; v < vectors; v++) {
        const size_t at = column + v * VL;
        places[v] = at / p->units * p->width * p->units + at % p->units;
    }
    const size_t most = OUTER_INPUTS(vectors);
    for (; input + most <= p->inputs; input += most)
        outer_of_inputs(most, vectors, p, input, places, p->g + column);
    for (; vectors == OUTER_VECTORS && input + 2 <= p->inputs; input += 2)
        outer_of_inputs(2, vectors, p, input, places, p->g + column);
    for (; input < p->inputs; input++)
        outer_of_inputs(1, vectors, p, input, places, p->g + column);
}

static void rows_outer(const tl_row_outer *whole) {
    const tl_row_outer p = *whole;
    const size_t columns = p.gates * p.units;
    size_t column = 0;
    for (; column + OUTER_VECTORS * VL <= columns; column += OUTER_VECTORS * VL)
        outer_of_vectors(OUTER_VECTORS, &p, column);
    for (; column + 3 * VL <= columns; column += 3 * VL)
        outer_of_vectors(3, &p, column);
    for (; column + 2 * VL <= columns; column += 2 * VL)
        outer_of_vectors(2, &p, column);
    for (; column < columns; column += VL)
        outer_of_vectors(1, &p, column);
}

/* ---- Tables, and the way to and from lanes ---- */

INLINE void add_of_gates(const size_t gates, size_t width, size_t units, size_t samples,
                         const float *dz, const int32_t *rows, float *table) {
    for (size_t s = 0; s < samples; s++)
        for (size_t u = 0; u < units; u += VL) {
            float *row = table + (size_t)rows[s] * gates * units + u;
            const float *from = dz + s * units + u;
            UNROLL for (size_t g = 0; g < gates; g++) {
                const size_t plane = INPUT_PLANE(gates, g);
                store(row + g * units, load(row + g * units) + load(from + plane * width * units));
            }
        }
}

static void rows_add(size_t gates, size_t width, size_t units, size_t samples, const float *dz,
                     const int32_t *rows, float *table) {
    if (gates == 4)
        add_of_gates(4, width, units, samples, dz, rows, table);
    else if (gates == 3)
        add_of_gates(3, width, units, samples, dz, rows, table);
    else
        add_of_gates(gates, width, units, samples, dz, rows, table);
}

static void transpose_tile(size_t rows, size_t columns, const float *from, float *to) {
    for (size_t i = 0; i < rows; i += VL)
        for (size_t j = 0; j < columns; j += VL) {
            vec square[VL];
            UNROLL for (size_t n = 0; n < VL; n++) square[n] = load(from + (i + n) * columns + j);
            transpose(square);
            UNROLL for (size_t n = 0; n < VL; n++) store(to + (j + n) * rows + i, square[n]);
        }
}

#endif
