/*
 * What the peers' programs share, in C and in C++: options, times, and the line of JSON that run.py
 * reads.
 *
 *     PROGRAM [its own arguments] --threads N --repeat N --data DIR --only NAME,...
 */
#ifndef TL_BENCH_PEER_H
#define TL_BENCH_PEER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct peer_options {
    int threads;
    long repeat;      /* 0: as often as the workload says */
    const char *data; /* x.npy, y.npy and x_predict.npy lie there */
    const char *only; /* NULL: all workloads */
} peer_options;

typedef struct peer_times {
    double *seconds;
    long count, capacity;
} peer_times;

static inline void peer_stop(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static inline peer_options peer_parse(int count, char **arguments) {
    peer_options options = {1, 0, NULL, NULL};
    for (int i = 1; i + 1 < count; i++) {
        if (strcmp(arguments[i], "--threads") == 0)
            options.threads = (int)strtol(arguments[i + 1], NULL, 10);
        else if (strcmp(arguments[i], "--repeat") == 0)
            options.repeat = strtol(arguments[i + 1], NULL, 10);
        else if (strcmp(arguments[i], "--data") == 0)
            options.data = arguments[i + 1];
        else if (strcmp(arguments[i], "--only") == 0)
            options.only = arguments[i + 1];
    }
    return options;
}

static inline int peer_wants(const peer_options *options, const char *name) {
    const size_t length = strlen(name);
    if (!options->only)
        return 1;
    for (const char *at = options->only; *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return 1;
    return 0;
}

static inline long peer_repeat(const peer_options *options, long usual) {
    return options->repeat > 0 ? options->repeat : usual;
}

static inline double peer_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static inline void peer_add(peer_times *times, double seconds) {
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? 2 * times->capacity : 64;
        times->seconds =
            (double *)realloc(times->seconds, (size_t)times->capacity * sizeof *times->seconds);
        if (!times->seconds)
            peer_stop("out of memory");
    }
    times->seconds[times->count++] = seconds;
}

static inline int peer_ascending(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The running process's peak of memory. */
static inline long peer_peak_kb(void) {
    char line[256];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            sscanf(line + 6, "%ld", &kilobytes);
    if (file)
        fclose(file);
    return kilobytes;
}

/* Prints the times of a workload and forgets them. `memory` in bytes; 0: not asked. */
static inline void peer_report(const char *program, const char *version, const char *workload,
                               const peer_options *options, peer_times *times, double memory) {
    const long last = times->count - 1;
    qsort(times->seconds, (size_t)times->count, sizeof *times->seconds, peer_ascending);
    printf("{\"program\": \"%s\", \"version\": \"%s\", \"workload\": \"%s\", \"threads\": %d, "
           "\"median\": %.9g, \"min\": %.9g, \"max\": %.9g, \"p99\": %.9g, \"count\": %ld, "
           "\"memory\": %.9g, \"peak_kb\": %ld}\n",
           program, version, workload, options->threads, times->seconds[(last + 1) / 2],
           times->seconds[0], times->seconds[last],
           times->seconds[(long)(0.99 * (double)last + 0.5)], times->count, memory, peer_peak_kb());
    fflush(stdout);
    times->count = 0;
}

/* The elements of an .npy file of format 1, which the caller frees; `size` is theirs, in bytes. */
static inline void *peer_load_npy(const peer_options *options, const char *name, size_t *size) {
    char path[1024];
    unsigned char start[10];
    if (!options->data)
        peer_stop("--data is missing");
    snprintf(path, sizeof path, "%.900s/%s", options->data, name);
    FILE *file = fopen(path, "rb");
    if (!file || fread(start, 1, sizeof start, file) != sizeof start)
        peer_stop(path);
    const long header = (long)sizeof start + start[8] + 256L * start[9];
    fseek(file, 0, SEEK_END);
    *size = (size_t)(ftell(file) - header);
    void *elements = malloc(*size);
    fseek(file, header, SEEK_SET);
    if (!elements || fread(elements, 1, *size, file) != *size)
        peer_stop(path);
    fclose(file);
    return elements;
}

/* Numbers in [-scale, scale), always the same. */
static inline void peer_fill(float *values, size_t count, float scale) {
    unsigned state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = scale * ((float)(state >> 8) * (2.0f / 16777216.0f) - 1.0f);
    }
}

#endif
