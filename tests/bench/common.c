/* Errors, clocks and memory of the process. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

void stop(const char *what, const tlstm_error *error) {
    fprintf(stderr, "bench: %s: %s: %s\n", what, tlstm_error_where(error),
            tlstm_error_message(error));
    exit(1);
}

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* getrusage() is no substitute on Linux: its peak is inherited from the program that started this
 * one. */
int64_t memory_kb(const char *entry) {
    long long kilobytes = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    if (!file) {
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        return usage.ru_maxrss;
    }
    while (fgets(line, sizeof line, file))
        if (strncmp(line, entry, strlen(entry)) == 0)
            sscanf(line + strlen(entry), ": %lld", &kilobytes);
    fclose(file);
    return kilobytes;
}

void forget_peak_memory(void) {
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

void add_time(bench_times *times, double seconds) {
    if (times->count == times->capacity) {
        times->capacity = times->capacity ? 2 * times->capacity : 64;
        times->seconds = realloc(times->seconds, times->capacity * sizeof *times->seconds);
        if (!times->seconds) {
            fprintf(stderr, "bench: out of memory\n");
            exit(1);
        }
    }
    times->seconds[times->count++] = seconds;
}

int64_t repetitions(const bench_workload *work, const bench_settings *settings) {
    return settings->repeat > 0 ? settings->repeat : work->repeat;
}
