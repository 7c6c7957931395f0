/*
 * The matrix product C = A B. A block of C of a few rows and registers is summed up in registers
 * while k runs; the weights A are broadcast one by one. Around it k is cut so that a slice of B
 * stays in the cache, and n so that all slices do.
 */
#ifndef TL_KERNELS_SIMD_GEMM_H
#define TL_KERNELS_SIMD_GEMM_H

#include "kernels/simd/vector.h"

/*
 * Block shapes: rows that fit the registers when a block is 1 or 2 registers wide. When the
 * weights of a step are rows of A apart, more than SEPARATE_ROWS streams would fight for the same
 * places in the cache.
 */
#if VL == 16 || defined(__aarch64__)
#define ROWS_BY_1 16
#define ROWS_BY_2 12
#elif VL == 8
#define ROWS_BY_1 8
#define ROWS_BY_2 6
#else
#define ROWS_BY_1 8
#define ROWS_BY_2 4
#endif
#define SEPARATE_ROWS 8
#define MOST_ROWS 16
#define MOST_VECTORS 2

/* Rows of A copied at a time: a multiple of the rows of all blocks, and of a cache line. */
#define PACKED_ROWS 48

/* Slices of k and n: 256 x 256 floats of B are 256 KiB. */
#define DEPTH 256
#define COLUMNS 256

/* Slices of k for A packed in advance: at most so deep, and so many floats of B. */
#define PACKED_DEPTH TL_OUTER_LANES
#define PACKED_FLOATS 4096

/* From so many steps on a sum takes longer than fetching what it is added to. */
#define LONG_SUM 64

/* A product to do; n counts columns of B and C that stand at `b` and `c`. */
typedef struct product {
    size_t m, n, k;
    const float *a;
    size_t a_row, a_column;
    const float *b;
    size_t ldb;
    const float *bias; /* added if not NULL and not accumulating */
    int accumulate;    /* C's numbers are added */
    float *c;
    size_t ldc;
} product;

/*
 * Writes a block of sums, adding what C starts with. That comes last: it may be large, and would
 * round off every product. (Each case has a loop of its own that moves `c`, lest all rows'
 * addresses be kept.)
 */
INLINE void finish(const size_t rows, const size_t vectors, const product *p, size_t row,
                   size_t column, vec sums[MOST_ROWS][MOST_VECTORS]) {
    const size_t ldc = p->ldc;
    float *c = p->c + row * ldc + column;
    if (p->accumulate) {
        UNROLL for (size_t i = 0; i < rows; i++, c += ldc)
            UNROLL for (size_t j = 0; j < vectors; j++)
                store(c + j * VL, sums[i][j] + load(c + j * VL));
    } else if (p->bias) {
        const float *bias = p->bias + row;
        UNROLL for (size_t i = 0; i < rows; i++, c += ldc)
            UNROLL for (size_t j = 0; j < vectors; j++)
                store(c + j * VL, sums[i][j] + broadcast(bias[i]));
    } else {
        UNROLL for (size_t i = 0; i < rows; i++, c += ldc)
            UNROLL for (size_t j = 0; j < vectors; j++) store(c + j * VL, sums[i][j]);
    }
}

/* A block of rows x vectors registers at C[row][column]. Constants but for `p`, the place and one
 * of A's steps. */
INLINE void block(const size_t rows, const size_t vectors, const size_t a_row,
                  const size_t a_column, const product *p, size_t row, size_t column) {
    vec sums[MOST_ROWS][MOST_VECTORS];
    UNROLL for (size_t i = 0; i < rows; i++) UNROLL for (size_t j = 0; j < vectors; j++)
        sums[i][j] = zeros();

    if (p->accumulate && p->k >= LONG_SUM)
        UNROLL for (size_t i = 0; i < rows; i++)
            __builtin_prefetch(p->c + (row + i) * p->ldc + column);

    const float *a = p->a + row * a_row, *b = p->b + column;
    const size_t ldb = p->ldb;
    for (size_t k = p->k; k > 0; k--) {
        vec right[MOST_VECTORS];
        UNROLL for (size_t j = 0; j < vectors; j++) right[j] = load(b + j * VL);
        UNROLL for (size_t i = 0; i < rows; i++) {
            vec left = broadcast(a[i * a_row]);
            UNROLL for (size_t j = 0; j < vectors; j++) sums[i][j] += left * right[j];
        }
        a += a_column;
        b += ldb;
    }

    finish(rows, vectors, p, row, column, sums);
}

/* The heights that blocks are compiled for. */
static size_t height_of(size_t rows, size_t most) {
    static const size_t heights[] = {16, 12, 8, 6, 4, 2, 1};
    size_t i = 0;
    while (heights[i] > most || heights[i] > rows)
        i++;
    return heights[i];
}

/* The block with its number of rows made a constant, `limit` being the most there can be. */
#define ROWS_CASE(number)                                                                          \
    case number:                                                                                   \
        if (number <= limit)                                                                       \
            block(number, vectors, a_row, a_column, p, row, column);                               \
        break

INLINE void block_of_rows(size_t rows, const size_t limit, const size_t vectors, const size_t a_row,
                          const size_t a_column, const product *p, size_t row, size_t column) {
    switch (rows) {
        ROWS_CASE(1);
        ROWS_CASE(2);
        ROWS_CASE(4);
        ROWS_CASE(6);
        ROWS_CASE(8);
        ROWS_CASE(12);
        ROWS_CASE(16);
    default:
        break;
    }
}

/* Blocks by number of vectors; each with the weights of one step side by side or rows of A apart.
 */
#define LESSER(a, b) ((a) < (b) ? (a) : (b))

static void block_by_1(const product *p, size_t rows, size_t row, size_t column) {
    if (p->a_row == 1)
        block_of_rows(rows, ROWS_BY_1, 1, 1, p->a_column, p, row, column);
    else
        block_of_rows(rows, LESSER(ROWS_BY_1, SEPARATE_ROWS), 1, p->a_row, 1, p, row, column);
}

static void block_by_2(const product *p, size_t rows, size_t row, size_t column) {
    if (p->a_row == 1)
        block_of_rows(rows, ROWS_BY_2, 2, 1, p->a_column, p, row, column);
    else
        block_of_rows(rows, LESSER(ROWS_BY_2, SEPARATE_ROWS), 2, p->a_row, 1, p, row, column);
}

/* The last n % VL columns: B's are copied into full registers, C's pass through some. */
static void block_of_part(const product *p, size_t rows, size_t row, size_t column) {
    float b[DEPTH * VL] __attribute__((aligned(64)));
    float c[MOST_ROWS * VL] __attribute__((aligned(64)));
    const size_t columns = p->n - column;
    float *const c_part = p->c + row * p->ldc + column;
    for (size_t k = 0; k < p->k; k++)
        store(b + k * VL, load_part(p->b + k * p->ldb + column, columns));
    for (size_t i = 0; i < rows && p->accumulate; i++)
        store(c + i * VL, load_part(c_part + i * p->ldc, columns));

    product whole = *p;
    whole.a += row * p->a_row;
    whole.b = b;
    whole.ldb = VL;
    if (whole.bias)
        whole.bias += row;
    whole.c = c;
    whole.ldc = VL;
    block_by_1(&whole, rows, 0, 0);
    for (size_t i = 0; i < rows; i++)
        store_part(c_part + i * p->ldc, load(c + i * VL), columns);
}

/* All columns of some rows, in blocks as wide as that many rows may be. */
static void panel(const product *p, size_t rows, size_t row) {
    size_t column = 0;
    for (; rows <= ROWS_BY_2 && column + 2 * VL <= p->n; column += 2 * VL)
        block_by_2(p, rows, row, column);
    for (; column + VL <= p->n; column += VL)
        block_by_1(p, rows, row, column);
    if (column < p->n)
        block_of_part(p, rows, row, column);
}

/* All rows, in panels as high as they may be. */
static void all_panels(const product *p) {
    size_t most = p->n >= 2 * VL ? ROWS_BY_2 : ROWS_BY_1;
    if (p->a_row != 1 && most > SEPARATE_ROWS)
        most = SEPARATE_ROWS;
    for (size_t row = 0, height; row < p->m; row += height) {
        height = height_of(p->m - row, most);
        panel(p, height, row);
    }
}

/* All rows, with A's weights copied side by side first. */
static void packed_panels(const product *p) {
    float packed[DEPTH * PACKED_ROWS] __attribute__((aligned(64)));
    product part = *p;
    part.a = packed;
    part.a_column = PACKED_ROWS;
    for (size_t row = 0; row < p->m; row += part.m) {
        part.m = p->m - row < PACKED_ROWS ? p->m - row : PACKED_ROWS;
        part.bias = p->bias ? p->bias + row : NULL;
        part.c = p->c + row * p->ldc;
        for (size_t k = 0; k < p->k; k++)
            memcpy(packed + k * PACKED_ROWS, p->a + k * p->a_column + row, part.m * sizeof(float));
        all_panels(&part);
    }
}

/* A product with k <= DEPTH and n <= COLUMNS. */
static void slice(const product *p) {
    /* Steps this far apart share few places in the cache, and a panel is read once for each block.
     */
    int scattered = p->a_row == 1 && p->a_column >= 1024 && p->k >= 16;
    if (scattered && p->n > VL)
        packed_panels(p);
    else
        all_panels(p);
}

/* `whole` cut into slices of k; n <= COLUMNS. */
static void strip(const product *whole) {
    size_t done = 0;
    do {
        product part = *whole;
        part.k = LESSER(whole->k - done, DEPTH);
        part.a += done * whole->a_column;
        part.b += done * whole->ldb;
        part.accumulate = whole->accumulate || done > 0;
        slice(&part);
        done += part.k;
    } while (done < whole->k);
}

/* ---- A packed in advance ---- */

/* The rows of A that stand side by side for products with `n` columns. */
static size_t packed_rows(size_t n) {
    return n >= 2 * VL ? ROWS_BY_2 : ROWS_BY_1;
}

/* How much of k a slice takes: so much of B stays in the first-level cache. */
static size_t packed_depth(size_t n, size_t k) {
    const size_t depth = n * PACKED_DEPTH <= PACKED_FLOATS ? PACKED_DEPTH : PACKED_FLOATS / n;
    return LESSER(k, depth > 0 ? depth : 1);
}

/* `rows` rows of A side by side, for `depth` steps. */
INLINE void pack_rows(const size_t rows, size_t depth, const float *a, size_t a_row,
                      size_t a_column, float *to) {
    for (size_t p = 0; p < depth; p++, a += a_column, to += rows)
        UNROLL for (size_t i = 0; i < rows; i++) to[i] = a[i * a_row];
}

/* The usual height is made a constant. */
static void pack_panel(size_t rows, size_t depth, const float *a, size_t a_row, size_t a_column,
                       float *to) {
    if (rows == ROWS_BY_2 && a_row == 1)
        pack_rows(ROWS_BY_2, depth, a, 1, a_column, to);
    else if (rows == ROWS_BY_2)
        pack_rows(ROWS_BY_2, depth, a, a_row, 1, to);
    else
        for (size_t p = 0; p < depth; p++)
            for (size_t i = 0; i < rows; i++)
                to[p * rows + i] = a[i * a_row + p * a_column];
}

/* [slice of k][panel of rows][k][row] */
static void pack(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column,
                 size_t first, size_t end, float *packed) {
    const size_t most = packed_rows(n), most_deep = packed_depth(n, k);
    for (size_t done = 0, depth; done < k; done += depth) {
        depth = LESSER(k - done, most_deep);
        for (size_t row = first, rows; row < end; row += rows) {
            rows = height_of(m - row, most);
            pack_panel(rows, depth, a + row * a_row + done * a_column, a_row, a_column,
                       packed + done * m + row * depth);
        }
    }
}

static void gemm_packed(size_t m, size_t n, size_t k, const float *packed, const float *b,
                        size_t ldb, const float *bias, int accumulate, float *c, size_t ldc) {
    const size_t most = packed_rows(n), most_deep = packed_depth(n, k);
    for (size_t done = 0, depth; done < k; done += depth) {
        depth = LESSER(k - done, most_deep);
        for (size_t row = 0, rows; row < m; row += rows) {
            rows = height_of(m - row, most);
            const float *a = packed + done * m + row * depth;
            const product p = {rows,
                               n,
                               depth,
                               a,
                               1,
                               rows,
                               b + done * ldb,
                               ldb,
                               bias ? bias + row : NULL,
                               accumulate || done > 0,
                               c + row * ldc,
                               ldc};
            panel(&p, rows, 0);
        }
    }
}

static void gemm(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column,
                 const float *b, size_t ldb, const float *bias, int accumulate, float *c,
                 size_t ldc) {
    product p = {m, n, k, a, a_row, a_column, b, ldb, bias, accumulate, c, ldc};
    if (n <= COLUMNS && k <= DEPTH) {
        slice(&p);
        return;
    }
    for (size_t column = 0; column < n; column += COLUMNS) {
        p.n = LESSER(n - column, COLUMNS);
        p.b = b + column;
        p.c = c + column;
        strip(&p);
    }
}

#endif
