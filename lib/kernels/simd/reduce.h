/*
 * Sums over lanes and timesteps, for the gradients of weights and biases, and softmax, which sums
 * over features.
 */
#ifndef TL_KERNELS_SIMD_REDUCE_H
#define TL_KERNELS_SIMD_REDUCE_H

#include "kernels/simd/math.h"

/* The block of `outer` that stays in registers; the columns are a quad, so that sums come out in
 * order. */
#define OUTER_COLUMNS 4
#if VL == 16
#define OUTER_ROWS 6
#else
#define OUTER_ROWS 2
#endif

/* What `outer` walks over: one row of a tile from step to step. */
typedef struct tile_rows {
    const float *first;
    ptrdiff_t step;
} tile_rows;

/* g[i][j] += sum_s sum_w x[s][i][w] z[s][j][w] for `rows` <= OUTER_ROWS and `columns` <=
 * OUTER_COLUMNS. */
INLINE void outer_block(const size_t rows, const size_t columns, size_t steps, size_t width,
                        tile_rows x, tile_rows z, float *g, size_t ldg) {
    vec sums[OUTER_ROWS][OUTER_COLUMNS];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < OUTER_COLUMNS; j++)
            sums[i][j] = zeros();

    for (size_t s = 0; s < steps; s++) {
        for (size_t w = 0; w < width; w += VL) {
            vec right[OUTER_COLUMNS];
#pragma GCC unroll 8
            for (size_t j = 0; j < columns; j++)
                right[j] = load(z.first + j * width + w);
#pragma GCC unroll 8
            for (size_t i = 0; i < rows; i++) {
                vec left = load(x.first + i * width + w);
#pragma GCC unroll 8
                for (size_t j = 0; j < columns; j++)
                    sums[i][j] += left * right[j];
            }
        }
        x.first += x.step;
        z.first += z.step;
    }

    for (size_t i = 0; i < rows; i++) {
        quad total = sum_of_four(sums[i]);
        for (size_t j = 0; j < columns; j++)
            g[i * ldg + j] += total[j];
    }
}

/* `rows` <= OUTER_ROWS, made a constant. */
INLINE void outer_rows(size_t rows, const size_t columns, size_t steps, size_t width, tile_rows x,
                       tile_rows z, float *g, size_t ldg) {
    switch (rows) {
#if OUTER_ROWS == 6
    case 6:
        outer_block(6, columns, steps, width, x, z, g, ldg);
        break;
    case 5:
        outer_block(5, columns, steps, width, x, z, g, ldg);
        break;
    case 4:
        outer_block(4, columns, steps, width, x, z, g, ldg);
        break;
    case 3:
        outer_block(3, columns, steps, width, x, z, g, ldg);
        break;
#endif
    case 2:
        outer_block(2, columns, steps, width, x, z, g, ldg);
        break;
    case 1:
        outer_block(1, columns, steps, width, x, z, g, ldg);
        break;
    default:
        break;
    }
}

/* The most rows at a time, the same number in each block as far as that goes. */
INLINE size_t even_share(size_t rest, size_t most) {
    size_t blocks = (rest + most - 1) / most;
    return (rest + blocks - 1) / blocks;
}

static void outer(size_t steps, size_t m, size_t n, size_t width, const float *x, ptrdiff_t x_step,
                  const float *z, ptrdiff_t z_step, float *g, size_t ldg) {
    for (size_t j = 0; j < n; j += OUTER_COLUMNS) {
        tile_rows right = {z + j * width, z_step};
        for (size_t i = 0, rows; i < m; i += rows) {
            rows = even_share(m - i, OUTER_ROWS);
            tile_rows left = {x + i * width, x_step};
            float *block = g + i * ldg + j;
            if (n - j >= OUTER_COLUMNS)
                outer_rows(rows, OUTER_COLUMNS, steps, width, left, right, block, ldg);
            else
                for (size_t column = 0; column < n - j; column++) {
                    tile_rows one = {right.first + column * width, z_step};
                    outer_rows(rows, 1, steps, width, left, one, block + column, ldg);
                }
        }
    }
}

/* The sums of `rows` <= 4 rows of a tile over all steps. */
INLINE void row_sums_block(const size_t rows, size_t steps, size_t width, tile_rows z, float *g) {
    vec sums[4] = {zeros(), zeros(), zeros(), zeros()};
    for (size_t s = 0; s < steps; s++) {
        for (size_t w = 0; w < width; w += VL)
            for (size_t i = 0; i < rows; i++)
                sums[i] += load(z.first + i * width + w);
        z.first += z.step;
    }
    quad total = sum_of_four(sums);
    for (size_t i = 0; i < rows; i++)
        g[i] += total[i];
}

static void row_sums(size_t steps, size_t m, size_t width, const float *z, ptrdiff_t z_step,
                     float *g) {
    size_t i = 0;
    for (; i + 4 <= m; i += 4)
        row_sums_block(4, steps, width, (tile_rows){z + i * width, z_step}, g + i);
    for (; i < m; i++)
        row_sums_block(1, steps, width, (tile_rows){z + i * width, z_step}, g + i);
}

/* y_f = e^{x_f - max x} / sum_f e^{x_f - max x} */
static void softmax(size_t features, size_t width, const float *x, float *y) {
    for (size_t w = 0; w < width && features > 0; w += VL) {
        vec largest = load(x + w);
        for (size_t f = 1; f < features; f++)
            largest = at_least(largest, load(x + f * width + w));
        vec sum = zeros();
        for (size_t f = 0; f < features; f++) {
            vec e = exp_vector(load(x + f * width + w) - largest);
            sum += e;
            store(y + f * width + w, e);
        }
        for (size_t f = 0; f < features; f++)
            store(y + f * width + w, load(y + f * width + w) / sum);
    }
}

/* dz_f = y_f (dy_f - sum_f dy_f y_f) */
static void softmax_gradient(size_t features, size_t width, const float *y, const float *dy,
                             float *dz) {
    for (size_t w = 0; w < width; w += VL) {
        vec sum = zeros();
        for (size_t f = 0; f < features; f++)
            sum += load(dy + f * width + w) * load(y + f * width + w);
        for (size_t f = 0; f < features; f++) {
            size_t at = f * width + w;
            store(dz + at, load(y + at) * (load(dy + at) - sum));
        }
    }
}

#endif
