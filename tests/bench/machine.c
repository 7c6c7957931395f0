/*
 * What this machine can do at most: multiply-adds in registers, and reading from each level of its
 * memory.
 *
 *     bench_machine [THREADS]
 *
 * A line of JSON for each instruction set ("peak", in floating-point operations a second) and each
 * level ("read", in bytes a second), of all threads together, the best of some repeats.
 */
#define _POSIX_C_SOURCE 200809L
#include "machine.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define REPEATS 7
#define SECONDS 0.05
#define MAX_THREADS 64

#ifdef MACHINE_AVX512
extern const machine_loops machine_avx512;
#endif
#ifdef MACHINE_AVX2
extern const machine_loops machine_avx2;
#endif
extern const machine_loops machine_baseline;

static const machine_loops *const all_loops[] = {
#ifdef MACHINE_AVX512
    &machine_avx512,
#endif
#ifdef MACHINE_AVX2
    &machine_avx2,
#endif
    &machine_baseline,
};

/* Sizes that lie in one level on most machines, for each thread. */
static const struct level {
    const char *name;
    size_t bytes;
} levels[] = {{"L1", 16 << 10}, {"L2", 192 << 10}, {"L3", 4 << 20}, {"memory", 256 << 20}};

typedef struct machine_job {
    const machine_loops *loops;
    const float *floats; /* NULL: multiply and add */
    size_t count;
    pthread_barrier_t *barrier;
    double rate; /* of this thread, best of all repeats */
    float result;
} machine_job;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Operations or bytes of some work that takes a while. */
static double work(machine_job *job) {
    if (!job->floats)
        return job->loops->multiply_add(1000, &job->result);
    double bytes = 0;
    do {
        job->loops->read(job->floats, job->count, &job->result);
        bytes += (double)(job->count * sizeof(float));
    } while (bytes < 1 << 20);
    return bytes;
}

static void *run(void *argument) {
    machine_job *job = argument;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        pthread_barrier_wait(job->barrier);
        const double start = now();
        double done = 0, seconds = 0;
        while (seconds < SECONDS) {
            done += work(job);
            seconds = now() - start;
        }
        if (done / seconds > job->rate)
            job->rate = done / seconds;
    }
    return NULL;
}

/* The rates of all threads, working at the same time, added. */
static double measure(const machine_loops *loops, size_t bytes, int threads) {
    pthread_t ids[MAX_THREADS];
    machine_job jobs[MAX_THREADS];
    pthread_barrier_t barrier;
    double rate = 0;
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        float *floats = bytes ? aligned_alloc(64, bytes) : NULL;
        for (size_t j = 0; floats && j < bytes / sizeof(float); j++)
            floats[j] = 1;
        jobs[i] = (machine_job){loops, floats, bytes / sizeof(float), &barrier, 0, 0};
        if ((bytes && !floats) || pthread_create(&ids[i], NULL, run, &jobs[i])) {
            fprintf(stderr, "bench_machine: out of memory or threads\n");
            exit(1);
        }
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        rate += jobs[i].rate;
        free((void *)jobs[i].floats);
    }
    pthread_barrier_destroy(&barrier);
    return rate;
}

int main(int count, char **arguments) {
    const machine_loops *best = NULL;
    const int threads = count > 1 ? (int)strtol(arguments[1], NULL, 10) : 1;
    if (threads < 1 || threads > MAX_THREADS) {
        fprintf(stderr, "usage: bench_machine [THREADS], at most %d\n", MAX_THREADS);
        return 2;
    }
    for (size_t i = 0; i < sizeof all_loops / sizeof *all_loops; i++) {
        if (!all_loops[i]->works_here())
            continue;
        best = best ? best : all_loops[i];
        printf("{\"limit\": \"peak\", \"isa\": \"%s\", \"threads\": %d, \"rate\": %.4g}\n",
               all_loops[i]->isa, threads, measure(all_loops[i], 0, threads));
    }
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        printf("{\"limit\": \"read\", \"level\": \"%s\", \"threads\": %d, \"rate\": %.4g}\n",
               levels[i].name, threads, measure(best, levels[i].bytes, threads));
    return 0;
}
