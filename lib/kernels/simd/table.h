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

/* The quads at column `at` of the rows of lanes 0, 4, 8... */
INLINE vec load_quads(const float *at, size_t features, const int32_t *rows) {
#if VL == 16
    __m512 value = _mm512_castps128_ps512(_mm_loadu_ps(at + (size_t)rows[0] * features));
    value = _mm512_insertf32x4(value, _mm_loadu_ps(at + (size_t)rows[4] * features), 1);
    value = _mm512_insertf32x4(value, _mm_loadu_ps(at + (size_t)rows[8] * features), 2);
    return _mm512_insertf32x4(value, _mm_loadu_ps(at + (size_t)rows[12] * features), 3);
#elif VL == 8
    __m256 value = _mm256_castps128_ps256(_mm_loadu_ps(at + (size_t)rows[0] * features));
    return _mm256_insertf128_ps(value, _mm_loadu_ps(at + (size_t)rows[4] * features), 1);
#else
    return load_quad(at + (size_t)rows[0] * features);
#endif
}

static void gather(size_t features, size_t width, const float *table, const int32_t *rows,
                   float *tile) {
    size_t f = 0;
    for (; f + 4 <= features; f += 4) {
        for (size_t w = 0; w < width; w += VL) {
            vec quads[4];
            for (size_t i = 0; i < 4; i++)
                quads[i] = load_quads(table + f, features, rows + w + i);
            transpose_quads(quads);
            for (size_t i = 0; i < 4; i++)
                store(tile + (f + i) * width + w, quads[i]);
        }
    }
    for (; f < features; f++)
        for (size_t w = 0; w < width; w++)
            tile[f * width + w] = table[(size_t)rows[w] * features + f];
}

/* Adds lanes `w` to `w` + `lanes` <= VL of four features, the first standing at `tile`. */
INLINE void scatter_quads(size_t features, size_t width, size_t lanes, const float *tile,
                          const int32_t *rows, float *table) {
    vec quads[4];
    for (size_t i = 0; i < 4; i++)
        quads[i] = load(tile + i * width);
    transpose_quads(quads);
    float columns[4][VL];
    for (size_t i = 0; i < 4; i++)
        store(columns[i], quads[i]);
    for (size_t w = 0; w < lanes; w++) {
        float *row = table + (size_t)rows[w] * features;
        *(quad_in_memory *)row = load_quad(row) + load_quad(columns[w % 4] + w / 4 * 4);
    }
}

static void scatter_add(size_t features, size_t width, size_t lanes, const float *tile,
                        const int32_t *rows, float *table) {
    size_t f = 0;
    for (; f + 4 <= features; f += 4)
        for (size_t w = 0; w < lanes; w += VL)
            scatter_quads(features, width, lanes - w < VL ? lanes - w : VL, tile + f * width + w,
                          rows + w, table + f);
    for (; f < features; f++)
        for (size_t w = 0; w < lanes; w++)
            table[(size_t)rows[w] * features + f] += tile[f * width + w];
}

#endif
