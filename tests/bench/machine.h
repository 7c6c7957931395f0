/*
 * The loops that show what a machine can do at most; compiled once per instruction set.
 */
#ifndef TL_BENCH_MACHINE_H
#define TL_BENCH_MACHINE_H

#include <stddef.h>

typedef struct machine_loops {
    const char *isa;
    int (*works_here)(void);
    /* Multiply-adds in registers, `rounds` times as many as one round has; returns the
     * floating-point operations, two for each. */
    double (*multiply_add)(size_t rounds, float *result);
    /* Reads all of `floats`, `count` of them, a multiple of 256; the sum keeps the reading alive.
     */
    void (*read)(const float *floats, size_t count, float *result);
} machine_loops;

#endif
