/*
 * The largest error of exp, sigmoid and tanh over all 2^32 floats, of each instruction set this
 * machine can run:
 *
 *     ulp_all [THREADS]
 *
 * Prints a table; the exit status is 1 when an error is above LIMIT. The floats are taken in blocks
 * of consecutive patterns, so that all of a block have one sign and one exponent: far from zero,
 * and near it, the true value is a constant or a short series, and the C library's double-precision
 * functions are asked only where neither is. Both are checked against long double first.
 */
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT 2.0
#define BLOCK 4096
#define BLOCKS (UINT32_MAX / BLOCK + 1)
#define MOST_SETS 4
#define MOST_THREADS 64
/* One block, and one float of it, in so many is compared with long double. */
#define SAMPLED_BLOCK 101
#define SAMPLED_FLOAT 97

static float float_of(uint32_t pattern) {
    float value;
    memcpy(&value, &pattern, sizeof value);
    return value;
}

static double double_of(uint64_t pattern) {
    double value;
    memcpy(&value, &pattern, sizeof value);
    return value;
}

static uint64_t pattern_of(double value) {
    uint64_t pattern;
    memcpy(&pattern, &value, sizeof pattern);
    return pattern;
}

/* ---- The true values ---- */

/* A function: f for all x, the series that equals it below `near`, the constants it has reached at
 * `far`. Both limits are powers of two, where blocks end. */
typedef struct function {
    const char *name;
    tl_activation_kind kind;
    double (*f)(double x);
    long double (*exact)(long double x);
    float near, far;
    double series[4]; /* coefficients of 1, x, x^2, x^3 */
    double below, above;
} function;

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static long double sigmoid_exact(long double x) {
    return 1 / (1 + expl(-x));
}

/* From 128 on e^x is above all floats, and e^-x below half of the least. */
static const function functions[] = {
    {"exp", TL_EXPONENTIAL, exp, expl, 0x1p-13f, 128, {1, 1, 1. / 2, 1. / 6}, 0, INFINITY},
    {"sigmoid", TL_SIGMOID, sigmoid, sigmoid_exact, 0x1p-10f, 128, {.5, .25, 0, -1. / 48}, 0, 1},
    {"tanh", TL_TANH, tanh, tanhl, 0x1p-13f, 32, {0, 1, 0, -1. / 3}, -1, 1},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static double series(const double *c, double x) {
    return c[0] + x * (c[1] + x * (c[2] + x * c[3]));
}

static void true_values(const function *one, const float *x, double *want) {
    const float magnitude = fabsf(x[0]);
    if (magnitude >= one->far)
        for (size_t i = 0; i < BLOCK; i++)
            want[i] = x[0] < 0 ? one->below : one->above;
    else if (magnitude < one->near)
        for (size_t i = 0; i < BLOCK; i++)
            want[i] = series(one->series, x[i]);
    else
        for (size_t i = 0; i < BLOCK; i++)
            want[i] = one->f(x[i]);
}

/* ---- The errors ---- */

static double at_most(double value, double limit) {
    return value < limit ? value : limit;
}

/* In units in the last place of the true value; infinity counts as the number after FLT_MAX. */
static double ulp_error(float got, double want) {
    const uint64_t exponent_bits = UINT64_C(0x7ff) << 52;
    double power = double_of(pattern_of(at_most(fabs(want), FLT_MAX)) & exponent_bits);
    double unit = power > FLT_MIN ? power * 0x1p-23 : 0x1p-149;
    return fabs(at_most(got, 0x1p128) - at_most(want, 0x1p128)) / unit;
}

typedef struct worst_case {
    double error;
    float x, y;
} worst_case;

static void keep_worse(worst_case *worst, worst_case other) {
    if (other.error > worst->error)
        *worst = other;
}

/* The largest error first, without branches; where it is, only when it is a new one. */
static void compare(const float *x, const float *y, const double *want, worst_case *worst) {
    double most = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        double error = ulp_error(y[i], want[i]);
        /* A NaN for a number is above everything. */
        most = error <= most ? most : isnan(error) ? INFINITY : error;
    }
    for (size_t i = 0; most > worst->error && i < BLOCK; i++) {
        double error = ulp_error(y[i], want[i]);
        keep_worse(worst, (worst_case){isnan(error) ? INFINITY : error, x[i], y[i]});
    }
}

/* NaN must stay NaN. */
static void compare_nan(const float *x, const float *y, worst_case *worst) {
    for (size_t i = 0; i < BLOCK; i++)
        if (isnan(x[i]) && !isnan(y[i]))
            keep_worse(worst, (worst_case){INFINITY, x[i], y[i]});
}

/* ---- All floats ---- */

typedef struct sweep {
    const tl_kernels *const *sets;
    size_t set_count;
    atomic_uint_least64_t next; /* the first block nobody has taken */
} sweep;

typedef struct sweep_part {
    sweep *whole;
    pthread_t handle;
    worst_case worst[MOST_SETS][FUNCTIONS];
} sweep_part;

static void try_block(sweep_part *part, uint32_t first) {
    float x[BLOCK], y[BLOCK];
    double want[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++)
        x[i] = float_of(first + i);
    /* The block of infinity holds NaN too: infinity itself is tried by test_activations. */
    const int has_nan = isnan(x[BLOCK - 1]);
    for (size_t f = 0; f < FUNCTIONS; f++) {
        if (!has_nan)
            true_values(&functions[f], x, want);
        for (size_t s = 0; s < part->whole->set_count; s++) {
            part->whole->sets[s]->activate(functions[f].kind, BLOCK, x, y);
            if (has_nan)
                compare_nan(x, y, &part->worst[s][f]);
            else
                compare(x, y, want, &part->worst[s][f]);
        }
    }
}

static void *run_part(void *argument) {
    sweep_part *part = argument;
    uint64_t block;
    while ((block = atomic_fetch_add(&part->whole->next, 1)) < BLOCKS)
        try_block(part, (uint32_t)(block * BLOCK));
    return NULL;
}

static void run_sweep(sweep *whole, sweep_part *parts, size_t threads) {
    size_t started = 1;
    for (size_t t = 0; t < threads; t++)
        parts[t].whole = whole;
    while (started < threads &&
           pthread_create(&parts[started].handle, NULL, run_part, &parts[started]) == 0)
        started++;
    run_part(&parts[0]);
    for (size_t t = 1; t < started; t++) {
        pthread_join(parts[t].handle, NULL);
        for (size_t s = 0; s < whole->set_count; s++)
            for (size_t f = 0; f < FUNCTIONS; f++)
                keep_worse(&parts[0].worst[s][f], parts[t].worst[s][f]);
    }
}

/* ---- The program ---- */

/* How far the true values are from long double in a sample of blocks, in a float's units. */
static double oracle_error(const function *one) {
    double worst = 0, want[BLOCK];
    float x[BLOCK];
    for (uint64_t block = 0; block < BLOCKS; block += SAMPLED_BLOCK) {
        for (uint32_t i = 0; i < BLOCK; i++)
            x[i] = float_of((uint32_t)block * BLOCK + i);
        if (isnan(x[BLOCK - 1]))
            continue;
        true_values(one, x, want);
        for (size_t i = 0; i < BLOCK; i += SAMPLED_FLOAT) {
            long double exact = one->exact(x[i]);
            long double unit = fmaxl(fabsl(exact) * FLT_EPSILON, 0x1p-149L);
            if (exact <= FLT_MAX || want[i] <= FLT_MAX)
                worst = fmax(worst, (double)(fabsl(want[i] - exact) / unit));
        }
    }
    return worst;
}

static int print_table(const sweep *whole, const sweep_part *sum) {
    int failed = 0;
    printf("%-10s %-10s %-12s %s\n", "kernels", "function", "largest ulp", "at");
    for (size_t s = 0; s < whole->set_count; s++)
        for (size_t f = 0; f < FUNCTIONS; f++) {
            const worst_case *worst = &sum->worst[s][f];
            printf("%-10s %-10s %-12.3f %.9g (%a), result %.9g\n", whole->sets[s]->name,
                   functions[f].name, worst->error, worst->x, worst->x, worst->y);
            failed |= !(worst->error <= LIMIT);
        }
    return failed;
}

int main(int count, char **arguments) {
    static sweep_part parts[MOST_THREADS];
    long threads = count > 1 ? strtol(arguments[1], NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
    sweep whole;
    if (count > 2 || threads < 1) {
        fprintf(stderr, "usage: ulp_all [THREADS]\n");
        return 2;
    }
    whole.set_count = tl_kernels_available(&whole.sets);
    if (whole.set_count > MOST_SETS)
        whole.set_count = MOST_SETS;
    atomic_init(&whole.next, 0);
    for (size_t f = 0; f < FUNCTIONS; f++) {
        double error = oracle_error(&functions[f]);
        printf("true %s within %.1e ulp\n", functions[f].name, error);
        if (!(error < 1e-4))
            return 1;
    }
    run_sweep(&whole, parts, threads < MOST_THREADS ? (size_t)threads : MOST_THREADS);
    return print_table(&whole, &parts[0]);
}
