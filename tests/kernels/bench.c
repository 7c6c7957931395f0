/* How long the kernels take, for each instruction set: nanoseconds a call, and arithmetic per
 * second. */
#include "fixture.h"

#include <stdio.h>
#include <time.h>

#define MINIMUM_SECONDS 0.002
#define REPEATS 40

typedef struct bench {
    const tl_kernels *kernels;
    size_t m, n, k, width;
    tl_activation_kind kind;
    float *a, *b, *c, *d, *e, *f, *g, *h, *scratch;
    int32_t *rows;
} bench;

typedef void bench_function(bench *t);

static double now(void) {
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Seconds a call: the best of some repeats, each long enough to be measured. */
static double seconds(bench_function *function, bench *t) {
    size_t calls = 1;
    double best = 1e9;
    for (int repeat = 0; repeat < REPEATS;) {
        double start = now();
        for (size_t i = 0; i < calls; i++)
            function(t);
        double spent = now() - start;
        if (spent < MINIMUM_SECONDS) {
            calls *= 2;
            continue;
        }
        if (spent / (double)calls < best)
            best = spent / (double)calls;
        repeat++;
    }
    return best;
}

/* `operations` may be 0: then `items` a nanosecond are shown. */
static void report(const char *what, bench_function *function, bench *t, double operations,
                   double items) {
    double spent = seconds(function, t);
    printf("%-9s %-42s %10.1f ns", t->kernels->name, what, spent * 1e9);
    if (operations > 0)
        printf("  %7.2f GFLOP/s\n", operations / spent * 1e-9);
    else
        printf("  %7.3f ns/number\n", spent * 1e9 / items);
}

static void gemm_columns(bench *t) { /* a_row = 1 */
    t->kernels->gemm(t->m, t->n, t->k, t->a, 1, t->m, t->b, t->n, NULL, 1, t->c, t->n);
}

static void gemm_rows(bench *t) { /* a_column = 1 */
    t->kernels->gemm(t->m, t->n, t->k, t->a, t->k, 1, t->b, t->n, NULL, 0, t->c, t->n);
}

static void bench_gemm(const tl_kernels *kernels, size_t m, size_t n, size_t k, int columns) {
    bench t = {.kernels = kernels, .m = m, .n = n, .k = k};
    t.a = random_array(m * k, -1e-3f, 1e-3f);
    t.b = random_array(k * n, -1e-3f, 1e-3f);
    t.c = array_of(m * n, 0);
    char name[80];
    snprintf(name, sizeof(name), "gemm %zu x %zu x %zu, %s", m, n, k,
             columns ? "a_row 1" : "a_column 1");
    report(name, columns ? gemm_columns : gemm_rows, &t, 2.0 * (double)(m * n * k), 0);
    fixture_teardown();
}

static void bench_gemms(const tl_kernels *kernels) {
    bench_gemm(kernels, 32, 16, 8, 1);
    bench_gemm(kernels, 8, 16, 32, 0);
    bench_gemm(kernels, 32, 64, 8, 1);
    bench_gemm(kernels, 32, 16, 16, 1);
    bench_gemm(kernels, 24, 16, 8, 1);
    for (size_t units = 32; units <= 512; units *= units == 32 ? 4 : 2) {
        for (size_t width = 16; width <= 64; width += 48) {
            bench_gemm(kernels, 4 * units, width, units, 1);
            bench_gemm(kernels, units, width, 4 * units, 0);
        }
    }
    bench_gemm(kernels, 1, 512, 128, 0);
    bench_gemm(kernels, 512, 1, 128, 1);
    bench_gemm(kernels, 100, 77, 300, 0);
    bench_gemm(kernels, 512, 512, 512, 0);
    bench_gemm(kernels, 512, 512, 512, 1);
    bench_gemm(kernels, 1000, 1000, 1000, 0);
}

static void call_outer(bench *t) {
    t->kernels->outer(t->k, t->m, t->n, t->width, t->a, (ptrdiff_t)(t->m * t->width), t->b,
                      (ptrdiff_t)(t->n * t->width), t->c, t->n, t->scratch);
}

static void call_row_sums(bench *t) {
    t->kernels->row_sums(t->k, t->n, t->width, t->b, (ptrdiff_t)(t->n * t->width), t->c);
}

static void bench_outer(const tl_kernels *kernels, size_t steps, size_t m, size_t n, size_t width) {
    bench t = {.kernels = kernels, .m = m, .n = n, .k = steps, .width = width};
    t.scratch = array_of(tl_outer_scratch(m), 0);
    t.a = random_array(steps * m * width, -1e-3f, 1e-3f);
    t.b = random_array(steps * n * width, -1e-3f, 1e-3f);
    t.c = array_of(m * n, 0);
    double products = (double)(steps * m) * (double)(n * width);
    char name[80];
    snprintf(name, sizeof(name), "outer steps %zu, %zu x %zu, width %zu", steps, m, n, width);
    report(name, call_outer, &t, 2 * products, 0);
    snprintf(name, sizeof(name), "row_sums steps %zu, %zu, width %zu", steps, n, width);
    report(name, call_row_sums, &t, 0, (double)(steps * n * width));
    fixture_teardown();
}

static void call_gather(bench *t) {
    t->kernels->gather(t->n, t->width, t->a, t->n, t->rows, t->b);
}

static void call_scatter(bench *t) {
    t->kernels->scatter_add(t->n, t->width, t->width, t->b, t->rows, t->a, t->n);
}

static void bench_table(const tl_kernels *kernels, size_t features, size_t width, size_t limit) {
    bench t = {.kernels = kernels, .n = features, .width = width};
    t.a = random_array(500 * features, -1, 1);
    t.b = array_of(features * width, 1e-6f);
    t.rows = random_rows(width, limit);
    char name[80];
    snprintf(name, sizeof(name), "gather features %zu, width %zu, rows %zu", features, width,
             limit);
    report(name, call_gather, &t, 0, (double)(features * width));
    snprintf(name, sizeof(name), "scatter_add features %zu, width %zu, rows %zu", features, width,
             limit);
    report(name, call_scatter, &t, 0, (double)(features * width));
    fixture_teardown();
}

static void call_activate(bench *t) {
    t->kernels->activate(t->kind, t->n, t->a, t->b);
}

static void bench_activations(const tl_kernels *kernels) {
    bench t = {.kernels = kernels, .n = 4096};
    t.a = random_array(t.n, -4, 4);
    t.b = array_of(t.n, 0);
    for (int kind = 0; kind < TL_ACTIVATION_KINDS; kind++) {
        t.kind = (tl_activation_kind)kind;
        report(activation_name(t.kind), call_activate, &t, 0, (double)t.n);
    }
    fixture_teardown();
}

/* The gates are activated over and over in place, which leaves them in a quiet range. */
static void call_lstm(bench *t) {
    tl_lstm_step step = {t->m, t->width, TL_TANH, TL_SIGMOID, NULL, t->a,
                         t->b, t->c,     t->d,    t->e,       t->f};
    t->kernels->lstm(&step);
}

static void call_lstm_back(bench *t) {
    tl_lstm_back step = {t->m, t->width, TL_TANH, TL_SIGMOID, NULL, t->a,
                         t->b, t->d,     t->e,    t->g,       t->h};
    t->kernels->lstm_back(&step);
}

static void call_gru(bench *t) {
    tl_gru_step step = {t->m, t->width, TL_TANH, TL_SIGMOID, NULL, t->a, t->d, t->f};
    t->kernels->gru(&step);
}

static void call_gru_back(bench *t) {
    tl_gru_back step = {t->m, t->width, TL_TANH, TL_SIGMOID, NULL, t->a, t->d, t->g, NULL};
    t->kernels->gru_back(&step);
}

static void bench_steps(const tl_kernels *kernels, size_t units, size_t width) {
    static const struct {
        const char *name;
        bench_function *function;
    } steps[] = {{"lstm", call_lstm},
                 {"lstm_back", call_lstm_back},
                 {"gru", call_gru},
                 {"gru_back", call_gru_back}};
    bench t = {.kernels = kernels, .m = units, .width = width};
    float **const arrays[] = {&t.a, &t.b, &t.c, &t.d, &t.e, &t.f, &t.g, &t.h};
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
        *arrays[i] = random_array(4 * units * width, 0.1f, 0.9f);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        char name[80];
        snprintf(name, sizeof(name), "%s units %zu, width %zu", steps[i].name, units, width);
        for (size_t k = 0; k < 4 * units * width; k++)
            t.a[k] = 0.5f;
        report(name, steps[i].function, &t, 0, (double)(units * width));
    }
    fixture_teardown();
}

void run_benchmarks(void) {
    for (int i = 0; i < kernel_set_count(); i++) {
        const tl_kernels *kernels = kernel_set(i);
        fixture_setup();
        bench_gemms(kernels);
        bench_outer(kernels, 100, 8, 32, 16);
        bench_outer(kernels, 100, 128, 512, 16);
        bench_table(kernels, 32, 16, 500);
        bench_table(kernels, 32, 16, 1);
        bench_table(kernels, 512, 16, 500);
        bench_activations(kernels);
        bench_steps(kernels, 8, 16);
        bench_steps(kernels, 128, 16);
    }
}
