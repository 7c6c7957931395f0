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

/* A register from quads in as many places: features f to f + 3 of rows 4 apart. */
INLINE vec load_quads(const float *const rows[QUADS_IN_VECTOR], size_t f) {
#if VL == 16
    __m512 value = _mm512_castps128_ps512(_mm_loadu_ps(rows[0] + f));
    value = _mm512_insertf32x4(value, _mm_loadu_ps(rows[1] + f), 1);
    value = _mm512_insertf32x4(value, _mm_loadu_ps(rows[2] + f), 2);
    return _mm512_insertf32x4(value, _mm_loadu_ps(rows[3] + f), 3);
#elif VL == 8
    __m256 value = _mm256_castps128_ps256(_mm_loadu_ps(rows[0] + f));
    return _mm256_insertf128_ps(value, _mm_loadu_ps(rows[1] + f), 1);
#else
    return load_quad(rows[0] + f);
#endif
}

/* Numbers that are only moved, whatever they are. */
typedef float any_in_memory __attribute__((may_alias));

/* Where the rows of VL lanes begin: the lanes that one register of quads is made from side by side.
 */
typedef struct lane_rows {
    const float *rows[4][QUADS_IN_VECTOR];
} lane_rows;

/* All features of VL lanes; `tile` starts at the first of them. */
INLINE void collect_lanes(size_t features, size_t width, const lane_rows *lanes, float *tile) {
    size_t f = 0;
    for (; f + 4 <= features; f += 4) {
        vec quads[4];
        UNROLL for (size_t i = 0; i < 4; i++) quads[i] = load_quads(lanes->rows[i], f);
        transpose_quads(quads);
        UNROLL for (size_t i = 0; i < 4; i++) store(tile + (f + i) * width, quads[i]);
    }
    for (; f < features; f++)
        for (size_t w = 0; w < VL; w++)
            ((any_in_memory *)tile)[f * width + w] =
                ((const any_in_memory *)lanes->rows[w % 4][w / 4])[f];
}

static void gather(size_t features, size_t width, const float *table, size_t length,
                   const int32_t *rows, float *tile) {
    for (size_t w = 0; w < width; w += VL) {
        lane_rows lanes;
        UNROLL for (size_t i = 0; i < VL; i++) lanes.rows[i % 4][i / 4] =
            table + (size_t)rows[w + i] * length;
        collect_lanes(features, width, &lanes, tile + w);
    }
}

static void collect(size_t features, size_t width, const float *const *rows, float *tile) {
    for (size_t w = 0; w < width; w += VL) {
        lane_rows lanes;
        UNROLL for (size_t i = 0; i < VL; i++) lanes.rows[i % 4][i / 4] = rows[w + i];
        collect_lanes(features, width, &lanes, tile + w);
    }
}

/* VL features of `lanes` <= VL lanes. */
INLINE void scatter_vectors(size_t width, size_t lanes, const float *tile, const int32_t *rows,
                            float *table, size_t length) {
    vec vectors[VL];
    UNROLL for (size_t f = 0; f < VL; f++) vectors[f] = load(tile + f * width);
    transpose(vectors);
    UNROLL for (size_t w = 0; w < VL; w++) {
        if (w < lanes) {
            float *row = table + (size_t)rows[w] * length;
            store(row, load(row) + vectors[w]);
        }
    }
}

/* The same for four features: lane w's stand in quads[w % 4], the quad w / 4. */
INLINE void scatter_quads(size_t width, size_t lanes, const float *tile, const int32_t *rows,
                          float *table, size_t length) {
    vec quads[4];
    UNROLL for (size_t i = 0; i < 4; i++) quads[i] = load(tile + i * width);
    transpose_quads(quads);
    UNROLL for (size_t w = 0; w < VL; w++) {
        if (w < lanes) {
            float *row = table + (size_t)rows[w] * length;
            *(quad_in_memory *)row = load_quad(row) + get_quad(quads[w % 4], (int)(w / 4));
        }
    }
}

/* All features of `lanes` <= VL lanes. */
static void scatter_lanes(size_t features, size_t width, size_t lanes, const float *tile,
                          const int32_t *rows, float *table, size_t length) {
    size_t f = 0;
    for (; f + VL <= features; f += VL)
        scatter_vectors(width, lanes, tile + f * width, rows, table + f, length);
    for (; f + 4 <= features; f += 4)
        scatter_quads(width, lanes, tile + f * width, rows, table + f, length);
    for (; f < features; f++)
        for (size_t w = 0; w < lanes; w++)
            table[(size_t)rows[w] * length + f] += tile[f * width + w];
}

static void scatter_add(size_t features, size_t width, size_t lanes, const float *tile,
                        const int32_t *rows, float *table, size_t length) {
    for (size_t w = 0; w < lanes; w += VL)
        scatter_lanes(features, width, lanes - w < VL ? lanes - w : VL, tile + w, rows + w, table,
                      length);
}

#endif
