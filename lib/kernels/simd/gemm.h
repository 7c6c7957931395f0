/*
 * The matrix product C = A B. A block of C of a few rows and registers is summed up in registers
 * while k runs; the weights A are broadcast one by one. Around it k is cut so that a slice of B
 * stays in the cache, and n so that all slices do.
 */
#ifndef TL_KERNELS_SIMD_GEMM_H
#define TL_KERNELS_SIMD_GEMM_H

#include "kernels/simd/vector.h"

/*
 * Block shapes: rows that fit the registers when a block is 1, 2 or 4 registers wide. When the
 * weights of a step are rows of A apart, more than SEPARATE_ROWS streams would fight for the same
 * places in the cache.
 */
#if VL == 16 || defined(__aarch64__)
#define ROWS_BY_1 16
#define ROWS_BY_2 12
#define ROWS_BY_4 6
#elif VL == 8
#define ROWS_BY_1 8
#define ROWS_BY_2 6
#define ROWS_BY_4 3
#else
#define ROWS_BY_1 8
#define ROWS_BY_2 4
#define ROWS_BY_4 2
#endif
#define SEPARATE_ROWS 8
#define MOST_ROWS 16
#define MOST_VECTORS 4

/* Rows of A copied at a time: a multiple of the rows of all blocks, and of a cache line. */
#define PACKED_ROWS 48

/* Slices of k and n: 256 x 256 floats of B are 256 KiB. */
#define DEPTH 256
#define COLUMNS 256

/* A product to do; the pointers move as it is cut. */
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

/* The first rows x vectors of C, all constants but `p`. */
INLINE void block(const size_t rows, const size_t vectors, const size_t a_row, const product *p) {
    vec sums[MOST_ROWS][MOST_VECTORS];
    UNROLL for (size_t i = 0; i < rows; i++) UNROLL for (size_t j = 0; j < vectors; j++)
        sums[i][j] = zeros();

    const float *a = p->a, *b = p->b;
    const size_t a_column = p->a_column, ldb = p->ldb;
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

    /* What is there already comes last: it may be large, and would round off every product. */
    float *c = p->c;
    UNROLL for (size_t i = 0; i < rows; i++, c += p->ldc) {
        vec bias = !p->accumulate && p->bias ? broadcast(p->bias[i]) : zeros();
        UNROLL for (size_t j = 0; j < vectors; j++)
            store(c + j * VL, sums[i][j] + (p->accumulate ? load(c + j * VL) : bias));
    }
}

/* The block with its number of rows made a constant, `limit` being the most there can be. */
#define ROWS_CASE(number)                                                                          \
    case number:                                                                                   \
        if (number <= limit)                                                                       \
            block(number, vectors, a_row, p);                                                      \
        break

INLINE void block_of_rows(size_t rows, const size_t limit, const size_t vectors, const size_t a_row,
                          const product *p) {
    switch (rows) {
        ROWS_CASE(1);
        ROWS_CASE(2);
        ROWS_CASE(3);
        ROWS_CASE(4);
        ROWS_CASE(5);
        ROWS_CASE(6);
        ROWS_CASE(7);
        ROWS_CASE(8);
        ROWS_CASE(9);
        ROWS_CASE(10);
        ROWS_CASE(11);
        ROWS_CASE(12);
        ROWS_CASE(13);
        ROWS_CASE(14);
        ROWS_CASE(15);
        ROWS_CASE(16);
    default:
        break;
    }
}

/* Blocks by number of vectors; each with the weights of one step side by side or rows of A apart.
 */
#define LESSER(a, b) ((a) < (b) ? (a) : (b))

static void block_by_1(size_t rows, const product *p) {
    if (p->a_row == 1)
        block_of_rows(rows, ROWS_BY_1, 1, 1, p);
    else
        block_of_rows(rows, LESSER(ROWS_BY_1, SEPARATE_ROWS), 1, p->a_row, p);
}

static void block_by_2(size_t rows, const product *p) {
    if (p->a_row == 1)
        block_of_rows(rows, ROWS_BY_2, 2, 1, p);
    else
        block_of_rows(rows, LESSER(ROWS_BY_2, SEPARATE_ROWS), 2, p->a_row, p);
}

static void block_by_4(size_t rows, const product *p) {
    if (p->a_row == 1)
        block_of_rows(rows, ROWS_BY_4, 4, 1, p);
    else
        block_of_rows(rows, LESSER(ROWS_BY_4, SEPARATE_ROWS), 4, p->a_row, p);
}

/* The last n % VL columns: B's are copied into full registers, C's pass through some. */
static void block_of_part(size_t rows, const product *p) {
    float b[DEPTH * VL] __attribute__((aligned(64)));
    float c[MOST_ROWS * VL] __attribute__((aligned(64)));
    for (size_t k = 0; k < p->k; k++)
        store(b + k * VL, load_part(p->b + k * p->ldb, p->n));
    for (size_t i = 0; i < rows && p->accumulate; i++)
        store(c + i * VL, load_part(p->c + i * p->ldc, p->n));

    product whole = *p;
    whole.b = b;
    whole.ldb = VL;
    whole.c = c;
    whole.ldc = VL;
    block_by_1(rows, &whole);
    for (size_t i = 0; i < rows; i++)
        store_part(p->c + i * p->ldc, load(c + i * VL), p->n);
}

/* Moves the product down. */
INLINE void skip_rows(product *p, size_t rows) {
    p->m -= rows;
    p->a += rows * p->a_row;
    p->c += rows * p->ldc;
    if (p->bias)
        p->bias += rows;
}

/* Moves the product to the right. */
INLINE void skip_columns(product *p, size_t columns) {
    p->b += columns;
    p->c += columns;
    p->n -= columns;
}

/* A few rows of C, as many as a block `vectors` wide may have; wider blocks first. */
static void panel(size_t rows, product p) {
    while (rows <= ROWS_BY_4 && p.n >= 4 * VL) {
        block_by_4(rows, &p);
        skip_columns(&p, 4 * VL);
    }
    while (rows <= ROWS_BY_2 && p.n >= 2 * VL) {
        block_by_2(rows, &p);
        skip_columns(&p, 2 * VL);
    }
    while (p.n >= VL) {
        block_by_1(rows, &p);
        skip_columns(&p, VL);
    }
    if (p.n > 0)
        block_of_part(rows, &p);
}

/* How many rows to take of a product: blocks as large as they may be, and about even. */
INLINE size_t panel_rows(const product *p) {
    size_t most = p->n >= 2 * VL ? ROWS_BY_2 : ROWS_BY_1;
    if (p->a_row != 1 && most > SEPARATE_ROWS)
        most = SEPARATE_ROWS;
    size_t panels = (p->m + most - 1) / most;
    return (p->m + panels - 1) / panels;
}

static void all_panels(product p) {
    while (p.m > 0) {
        size_t rows = panel_rows(&p);
        panel(rows, p);
        skip_rows(&p, rows);
    }
}

/* All rows, with A's weights copied side by side first. */
static void packed_panels(product p) {
    float packed[DEPTH * PACKED_ROWS] __attribute__((aligned(64)));
    while (p.m > 0) {
        product part = p;
        part.m = p.m < PACKED_ROWS ? p.m : PACKED_ROWS;
        for (size_t k = 0; k < p.k; k++)
            memcpy(packed + k * PACKED_ROWS, p.a + k * p.a_column, part.m * sizeof(float));
        part.a = packed;
        part.a_column = PACKED_ROWS;
        all_panels(part);
        skip_rows(&p, part.m);
    }
}

/* All rows of a product with k <= DEPTH. */
static void slice(product p) {
    /* Steps this far apart share few places in the cache, and a panel is read once for each block.
     */
    int scattered = p.a_row == 1 && p.a_column >= 1024 && p.k >= 16;
    if (scattered && p.n > VL)
        packed_panels(p);
    else
        all_panels(p);
}

/* All of k, slice after slice. */
static void strip(product p) {
    size_t rest = p.k;
    do {
        p.k = rest < DEPTH ? rest : DEPTH;
        slice(p);
        p.a += p.k * p.a_column;
        p.b += p.k * p.ldb;
        p.accumulate = 1;
        rest -= p.k;
    } while (rest > 0);
}

static void gemm(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column,
                 const float *b, size_t ldb, const float *bias, int accumulate, float *c,
                 size_t ldc) {
    product p = {m, n, k, a, a_row, a_column, b, ldb, bias, accumulate, c, ldc};
    for (size_t rest = n; rest > 0; rest -= p.n) {
        p.n = rest < COLUMNS ? rest : COLUMNS;
        strip(p);
        p.b += p.n;
        p.c += p.n;
    }
}

#endif
