/*
 * Sums over lanes and timesteps, for the gradients of weights and biases, and softmax, which sums
 * over features.
 */
#ifndef TL_KERNELS_SIMD_REDUCE_H
#define TL_KERNELS_SIMD_REDUCE_H

#include "kernels/simd/gemm.h"
#include "kernels/simd/math.h"

/* The block of `outer` that stays in registers; the columns are a quad, so that sums come out in
 * order. */
#define OUTER_COLUMNS 4
#if VL == 16 || defined(__aarch64__)
#define OUTER_ROWS 6
#elif VL == 8
#define OUTER_ROWS 3
#else
#define OUTER_ROWS 2
#endif

/* Lanes, over steps and width, that are summed up in registers before the sums are added to g: so
 * many that a row of x or z takes a few KiB, which is what the cache can keep of some rows of both.
 */
#define OUTER_LANES 512

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
    UNROLL for (size_t i = 0; i < rows; i++) UNROLL for (size_t j = 0; j < OUTER_COLUMNS; j++)
        sums[i][j] = zeros();

    for (size_t s = 0; s < steps; s++) {
        for (size_t w = 0; w < width; w += VL) {
            vec left[OUTER_ROWS];
            UNROLL for (size_t i = 0; i < rows; i++) left[i] = load(x.first + i * width + w);
            UNROLL for (size_t j = 0; j < columns; j++) {
                vec right = load(z.first + j * width + w);
                UNROLL for (size_t i = 0; i < rows; i++) sums[i][j] += left[i] * right;
            }
        }
        x.first += x.step;
        z.first += z.step;
    }

    UNROLL for (size_t i = 0; i < rows; i++) {
        quad total = sum_of_four(sums[i]);
        for (size_t j = 0; j < columns; j++)
            g[i * ldg + j] += total[j];
    }
}

/* The block with its number of rows made a constant. */
#define OUTER_CASE(number)                                                                         \
    case number:                                                                                   \
        if (number <= OUTER_ROWS)                                                                  \
            outer_block(number, columns, steps, width, x, z, g, ldg);                              \
        break

INLINE void outer_rows(size_t rows, const size_t columns, size_t steps, size_t width, tile_rows x,
                       tile_rows z, float *g, size_t ldg) {
    switch (rows) {
        OUTER_CASE(1);
        OUTER_CASE(2);
        OUTER_CASE(3);
        OUTER_CASE(4);
        OUTER_CASE(5);
        OUTER_CASE(6);
    default:
        break;
    }
}

/* All rows of x against `columns` <= OUTER_COLUMNS rows of z. */
static void outer_columns(size_t columns, size_t steps, size_t m, size_t width, tile_rows x,
                          tile_rows z, float *g, size_t ldg) {
    for (size_t i = 0, rows; i < m; i += rows) {
        size_t blocks = (m - i + OUTER_ROWS - 1) / OUTER_ROWS;
        rows = (m - i + blocks - 1) / blocks;
        tile_rows left = {x.first + i * width, x.step};
        if (columns == OUTER_COLUMNS)
            outer_rows(rows, OUTER_COLUMNS, steps, width, left, z, g + i * ldg, ldg);
        else
            for (size_t j = 0; j < columns; j++) {
                tile_rows right = {z.first + j * width, z.step};
                outer_rows(rows, 1, steps, width, left, right, g + i * ldg + j, ldg);
            }
    }
}

/* Sums are made where they are needed: good for few rows. */
static void outer_in_place(size_t steps, size_t m, size_t n, size_t width, const float *x,
                           ptrdiff_t x_step, const float *z, ptrdiff_t z_step, float *g,
                           size_t ldg) {
    size_t most = width < OUTER_LANES ? OUTER_LANES / width : 1;
    for (size_t part; width > 0 && steps > 0; steps -= part) {
        part = steps < most ? steps : most;
        for (size_t j = 0; j < n; j += OUTER_COLUMNS) {
            size_t columns = n - j < OUTER_COLUMNS ? n - j : OUTER_COLUMNS;
            outer_columns(columns, part, m, width, (tile_rows){x, x_step},
                          (tile_rows){z + j * width, z_step}, g + j, ldg);
        }
        x += (ptrdiff_t)part * x_step;
        z += (ptrdiff_t)part * z_step;
    }
}

/* ---- Many rows: a matrix product of copies, lanes being its depth ---- */

/* Columns of a product, and so rows of z that are transposed together. */
#define OUTER_PANEL (2 * VL)

/* [panel of rows][lane][row], as pack() has it. */
static void pack_lanes(size_t steps, size_t m, size_t width, tile_rows x, float *packed) {
    const size_t most = packed_rows(OUTER_PANEL);
    for (size_t row = 0, rows; row < m; row += rows) {
        rows = height_of(m - row, most);
        float *to = packed + row * steps * width;
        for (size_t s = 0; s < steps; s++, to += width * rows)
            pack_panel(rows, width, x.first + (ptrdiff_t)s * x.step + row * width, width, 1, to);
    }
}

/* to[lane][column] from `columns` <= OUTER_PANEL rows. */
static void transpose_rows(size_t steps, size_t columns, size_t width, tile_rows z, float *to) {
    for (size_t s = 0; s < steps; s++, z.first += z.step, to += width * OUTER_PANEL)
        for (size_t w = 0; w < width; w += VL)
            for (size_t j = 0; j < OUTER_PANEL; j += VL) {
                vec rows[VL];
                UNROLL for (size_t i = 0; i < VL; i++) rows[i] =
                    j + i < columns ? load(z.first + (j + i) * width + w) : zeros();
                transpose(rows);
                UNROLL for (size_t i = 0; i < VL; i++)
                    store(to + (w + i) * OUTER_PANEL + j, rows[i]);
            }
}

/* g += x z over a part of the steps, x packed. */
static void outer_part(size_t depth, size_t m, size_t columns, const float *x, const float *z,
                       float *g, size_t ldg) {
    const size_t most = packed_rows(OUTER_PANEL);
    for (size_t row = 0, rows; row < m; row += rows) {
        rows = height_of(m - row, most);
        const product p = {rows,        columns, depth, x + row * depth, 1,  rows, z,
                           OUTER_PANEL, NULL,    1,     g + row * ldg,   ldg};
        panel(&p, rows, 0);
    }
}

static void outer_packed(size_t steps, size_t m, size_t n, size_t width, tile_rows x, tile_rows z,
                         float *g, size_t ldg, float *scratch) {
    float columns[PACKED_DEPTH * OUTER_PANEL] __attribute__((aligned(64)));
    const size_t most = PACKED_DEPTH / width;
    for (size_t part; steps > 0; steps -= part) {
        part = LESSER(steps, most);
        pack_lanes(part, m, width, x, scratch);
        for (size_t j = 0; j < n; j += OUTER_PANEL) {
            const size_t count = LESSER(n - j, OUTER_PANEL);
            transpose_rows(part, count, width, (tile_rows){z.first + j * width, z.step}, columns);
            outer_part(part * width, m, count, scratch, columns, g + j, ldg);
        }
        x.first += (ptrdiff_t)part * x.step;
        z.first += (ptrdiff_t)part * z.step;
    }
}

static void outer(size_t steps, size_t m, size_t n, size_t width, const float *x, ptrdiff_t x_step,
                  const float *z, ptrdiff_t z_step, float *g, size_t ldg, float *scratch) {
    if (!scratch || m < TL_OUTER_FEW || n < OUTER_PANEL || width > PACKED_DEPTH) {
        outer_in_place(steps, m, n, width, x, x_step, z, z_step, g, ldg);
        return;
    }
    for (size_t row = 0; row < m; row += TL_OUTER_ROWS)
        outer_packed(steps, LESSER(m - row, TL_OUTER_ROWS), n, width,
                     (tile_rows){x + row * width, x_step}, (tile_rows){z, z_step}, g + row * ldg,
                     ldg, scratch);
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
