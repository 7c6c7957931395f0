/* Sums of arrays and of a table's rows, each in the order of the numbers. */
#ifndef TL_KERNELS_SIMD_ADD_H
#define TL_KERNELS_SIMD_ADD_H

#include "kernels/simd/vector.h"

static void add(size_t n, const float *values, float *sums) {
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(sums + i, load(sums + i) + load(values + i));
    if (i < n)
        store_part(sums + i, load_part(sums + i, n - i) + load_part(values + i, n - i), n - i);
}

static void add_to_rows(size_t rows, size_t columns, const float *values, float *table) {
    for (size_t row = 0; row < rows; row++, table += columns)
        add(columns, values, table);
}

static void column_sums(size_t rows, size_t columns, const float *table, size_t length,
                        float *sums) {
    size_t c = 0;
    for (; c + VL <= columns; c += VL) {
        vec sum = load(sums + c);
        for (size_t row = 0; row < rows; row++)
            sum += load(table + row * length + c);
        store(sums + c, sum);
    }
    for (; c < columns; c++)
        for (size_t row = 0; row < rows; row++)
            sums[c] += table[row * length + c];
}

#endif
