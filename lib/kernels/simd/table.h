/*
 * Rows of a table to the lanes of a tile and back. Four features at a time: quads of table rows are
 * laid side by side in registers and transposed there.
 */
#ifndef TL_KERNELS_SIMD_TABLE_H
#define TL_KERNELS_SIMD_TABLE_H

#include "kernels/simd/vector.h"

#define QUADS_IN_VECTOR (VL / 4)

INLINE quad load_quad(const float *from) {
    return *(const quad_in_memory *)from;
}

/* A register from quads in as many places. */
INLINE vec load_quads(const float *const from[QUADS_IN_VECTOR]) {
#if VL == 16
    __m512 value = _mm512_castps128_ps512(_mm_loadu_ps(from[0]));
    value = _mm512_insertf32x4(value, _mm_loadu_ps(from[1]), 1);
    value = _mm512_insertf32x4(value, _mm_loadu_ps(from[2]), 2);
    return _mm512_insertf32x4(value, _mm_loadu_ps(from[3]), 3);
#elif VL == 8
    __m256 value = _mm256_castps128_ps256(_mm_loadu_ps(from[0]));
    return _mm256_insertf128_ps(value, _mm_loadu_ps(from[1]), 1);
#else
    return load_quad(from[0]);
#endif
}

/* Four features of VL lanes; `table` and `tile` start at the first of them. */
INLINE void gather_quads(size_t features, size_t width, const float *table, const int32_t *rows,
                         float *tile) {
    vec quads[4];
    UNROLL for (size_t i = 0; i < 4; i++) {
        const float *from[QUADS_IN_VECTOR];
        UNROLL for (size_t q = 0; q < QUADS_IN_VECTOR; q++) from[q] =
            table + (size_t)rows[4 * q + i] * features;
        quads[i] = load_quads(from);
    }
    transpose_quads(quads);
    UNROLL for (size_t i = 0; i < 4; i++) store(tile + i * width, quads[i]);
}

static void gather(size_t features, size_t width, const float *table, const int32_t *rows,
                   float *tile) {
    size_t f = 0;
    for (; f + 4 <= features; f += 4)
        for (size_t w = 0; w < width; w += VL)
            gather_quads(features, width, table + f, rows + w, tile + f * width + w);
    for (; f < features; f++)
        for (size_t w = 0; w < width; w++)
            tile[f * width + w] = table[(size_t)rows[w] * features + f];
}

/* Four features of VL lanes transposed: lane w's stand at quads[w % 4] + w / 4 * 4. */
typedef struct lane_quads {
    float quads[4][VL];
} lane_quads;

INLINE void transpose_lanes(size_t width, const float *tile, lane_quads *lanes) {
    vec quads[4];
    UNROLL for (size_t i = 0; i < 4; i++) quads[i] = load(tile + i * width);
    transpose_quads(quads);
    UNROLL for (size_t i = 0; i < 4; i++) store(lanes->quads[i], quads[i]);
}

INLINE const float *lane_quad(const lane_quads *lanes, size_t w) {
    return lanes->quads[w % 4] + w / 4 * 4;
}

/* VL features of `lanes` <= VL lanes, of which there is one at least. */
INLINE void scatter_vectors(size_t features, size_t width, size_t lanes, const float *tile,
                            const int32_t *rows, float *table) {
    lane_quads transposed[QUADS_IN_VECTOR];
    UNROLL for (size_t q = 0; q < QUADS_IN_VECTOR; q++)
        transpose_lanes(width, tile + 4 * q * width, &transposed[q]);

    float *row = table + (size_t)rows[0] * features;
    vec sum = load(row);
    for (size_t w = 0; w < lanes; w++) {
        /* Lanes in a row that share a row (padding, mostly) need not wait for memory. */
        if (w > 0 && rows[w] != rows[w - 1]) {
            store(row, sum);
            row = table + (size_t)rows[w] * features;
            sum = load(row);
        }
        const float *from[QUADS_IN_VECTOR];
        UNROLL for (size_t q = 0; q < QUADS_IN_VECTOR; q++) from[q] = lane_quad(&transposed[q], w);
        sum += load_quads(from);
    }
    store(row, sum);
}

/* The same for four features. */
INLINE void scatter_quads(size_t features, size_t width, size_t lanes, const float *tile,
                          const int32_t *rows, float *table) {
    lane_quads transposed;
    transpose_lanes(width, tile, &transposed);
    for (size_t w = 0; w < lanes; w++) {
        float *row = table + (size_t)rows[w] * features;
        *(quad_in_memory *)row = load_quad(row) + load_quad(lane_quad(&transposed, w));
    }
}

/* All features of `lanes` <= VL lanes. */
static void scatter_lanes(size_t features, size_t width, size_t lanes, const float *tile,
                          const int32_t *rows, float *table) {
    size_t f = 0;
    for (; f + VL <= features; f += VL)
        scatter_vectors(features, width, lanes, tile + f * width, rows, table + f);
    for (; f + 4 <= features; f += 4)
        scatter_quads(features, width, lanes, tile + f * width, rows, table + f);
    for (; f < features; f++)
        for (size_t w = 0; w < lanes; w++)
            table[(size_t)rows[w] * features + f] += tile[f * width + w];
}

static void scatter_add(size_t features, size_t width, size_t lanes, const float *tile,
                        const int32_t *rows, float *table) {
    for (size_t w = 0; w < lanes; w += VL)
        scatter_lanes(features, width, lanes - w < VL ? lanes - w : VL, tile + w, rows + w, table);
}

#endif
