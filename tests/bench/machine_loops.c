/* See machine.h. MACHINE_NAME is the table's name, MACHINE_ISA the instruction set's. */
#include "machine.h"

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif

/* Chains of multiply-adds: as many as hide the latency of one on any machine, and fit its
 * registers. */
#define CHAINS 12
#define STREAMS 8
#define STEPS 64

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float vec_in_memory __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

/* Keeps the compiler from computing with less than it is told to. */
#define HIDE(value) __asm__ volatile("" : "+" REGISTER(value))
#if defined(__aarch64__)
#define REGISTER(value) "w"(value)
#else
#define REGISTER(value) "x"(value)
#endif

static int works_here(void) {
#if defined(__AVX512F__)
    return __builtin_cpu_supports("avx512f") != 0;
#elif defined(__AVX2__)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return 1;
#endif
}

static float sum(vec value) {
    float total = 0;
    for (int lane = 0; lane < LANES; lane++)
        total += value[lane];
    return total;
}

static double multiply_add(size_t rounds, float *result) {
    vec factor = (vec){0} + 0.999f, term = (vec){0} + 0.001f, chains[CHAINS];
    HIDE(factor);
    HIDE(term);
    for (int i = 0; i < CHAINS; i++)
        chains[i] = (vec){0} + (float)i;
    for (size_t round = 0; round < rounds; round++)
#pragma GCC unroll 4
        for (int step = 0; step < STEPS; step++)
#pragma GCC unroll 16
            for (int i = 0; i < CHAINS; i++)
                chains[i] = chains[i] * factor + term;
    for (int i = 0; i < CHAINS; i++)
        *result += sum(chains[i]);
    return 2.0 * LANES * CHAINS * STEPS * (double)rounds;
}

static void read_all(const float *floats, size_t count, float *result) {
    vec sums[STREAMS] = {{0}};
    for (size_t i = 0; i < count; i += STREAMS * LANES)
#pragma GCC unroll 8
        for (int j = 0; j < STREAMS; j++)
            sums[j] += *(const vec_in_memory *)(floats + i + j * LANES);
    for (int j = 0; j < STREAMS; j++)
        *result += sum(sums[j]);
}

const machine_loops MACHINE_NAME;
const machine_loops MACHINE_NAME = {MACHINE_ISA, works_here, multiply_add, read_all};
