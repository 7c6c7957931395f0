/*
 * Measures the library: a row of docs/performance.md for each workload of the table below.
 *
 *     bench [--threads N] [--isa NAME] [--repeat N] [--only NAME,...] [--data DIR]
 *     bench --point MODE SETTING=N...    one workload of one's own sizes: bench --point fit
 * units=64 bench --prepare DIR [IMDB_NPZ]     samples for --data: IMDB reviews, or generated ones
 *     bench --list                       the names of the workloads
 *
 * A line of JSON a workload: times of single repetitions, and the work that one takes.
 */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large networks are given few batches an epoch, so that a repetition is short. */
static const bench_workload workloads[] = {
    {"reference", "s", measure_fit, {"LSTM", 1, 8, 500, 16, 100}, 64, 20000, 5, 1, 0},
    {"stacked", "s", measure_fit, {"LSTM", 2, 8, 500, 16, 100}, 64, 20000, 4, 1, 0},
    {"gru", "s", measure_fit, {"GRU", 1, 8, 500, 16, 100}, 64, 20000, 4, 1, 0},
    {"train-128", "ms", measure_fit, {"LSTM", 1, 128, 20000, 128, 100}, 64, 1280, 2, 1, 1},
    {"train-512", "ms", measure_fit, {"LSTM", 1, 512, 0, 512, 100}, 64, 256, 2, 1, 1},
    {"predict-512", "ms", measure_predict, {"LSTM", 1, 512, 0, 512, 100}, 64, 256, 3, 0, 1},
    {"predict", "s", measure_predict, {"LSTM", 1, 8, 500, 16, 100}, 256, 25000, 10, 0, 0},
    {"sequence", "us", measure_sequence, {"LSTM", 1, 8, 500, 16, 100}, 1, 1000, 20000, 0, 1},
    {"sequence-features", "us", measure_sequence, {"LSTM", 1, 8, 0, 16, 100}, 1, 1000, 20000, 0, 1},
    {"step", "ns", measure_step, {"LSTM", 1, 8, 500, 16, 1}, 1, 1, 5000, 0, 1},
    {"step-features", "ns", measure_step, {"LSTM", 1, 8, 0, 16, 1}, 1, 1, 5000, 0, 1},
    {"memory", "MB", measure_memory, {"LSTM", 1, 8, 500, 16, 100}, 64, 20000, 2, 1, 0},
};

#define WORKLOADS (sizeof workloads / sizeof *workloads)

static void usage(void) {
    fprintf(stderr,
            "usage: bench [--threads N] [--isa NAME] [--repeat N] [--only NAME,...] [--data DIR]\n"
            "             [--point MODE SETTING=N...] | --prepare DIR [IMDB_NPZ] | --list\n");
    exit(2);
}

/* ---- One line for a workload ---- */

static int ascending(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The value that a share of all times does not exceed. */
static double quantile(const bench_times *times, double share) {
    return times->seconds[(size_t)(share * (double)(times->count - 1) + 0.5)];
}

static void print_network(const bench_workload *work) {
    const bench_network *network = &work->network;
    printf(
        "\"cell\": \"%s\", \"layers\": %lld, \"units\": %lld, \"vocabulary\": %lld, \"features\": "
        "%lld, \"timesteps\": %lld, \"batch\": %lld, \"samples\": %lld, ",
        network->cell, (long long)network->layers, (long long)network->units,
        (long long)network->vocabulary, (long long)network->features, (long long)network->timesteps,
        (long long)work->batch, (long long)work->samples);
}

static void report(const bench_workload *work, const bench_settings *settings, bench_times *times) {
    const bench_need need = needs_of(work);
    qsort(times->seconds, times->count, sizeof *times->seconds, ascending);
    printf("{\"program\": \"tinylstm\", \"workload\": \"%s\", \"unit\": \"%s\", \"threads\": %d, "
           "\"isa\": \"%s\", ",
           work->name, work->unit, (int)settings->threads, tlstm_isa());
    print_network(work);
    printf("\"median\": %.9g, \"min\": %.9g, \"max\": %.9g, \"p99\": %.9g, \"count\": %zu, "
           "\"operations\": %.9g, \"activations\": %.9g, \"bytes\": %.9g, \"memory\": %.9g, "
           "\"peak_kb\": %lld, \"version\": \"tinylstm %s\"}\n",
           quantile(times, 0.5), quantile(times, 0), quantile(times, 1), quantile(times, 0.99),
           times->count, need.operations, need.activations, need.bytes, times->memory,
           (long long)memory_kb("VmHWM"), tlstm_version_string());
    fflush(stdout);
}

static void measure(const bench_workload *work, const bench_settings *settings) {
    bench_times times = {0};
    work->measure(work, settings, &times);
    report(work, settings, &times);
    free(times.seconds);
}

/* ---- A workload of one's own sizes ---- */

typedef struct mode {
    const char *name;
    void (*measure)(const bench_workload *, const bench_settings *, bench_times *);
    int32_t training, per_batch;
} mode;

static const mode modes[] = {
    {"fit", measure_fit, 1, 1},
    {"stream", measure_stream, 1, 0},
    {"predict", measure_predict, 0, 1},
    {"sequence", measure_sequence, 0, 1},
};

static void set_size(bench_workload *point, const char *setting) {
    const struct {
        const char *name;
        int64_t *value;
    } sizes[] = {
        {"layers", &point->network.layers},
        {"units", &point->network.units},
        {"vocabulary", &point->network.vocabulary},
        {"features", &point->network.features},
        {"timesteps", &point->network.timesteps},
        {"batch", &point->batch},
        {"samples", &point->samples},
    };
    const char *sign = strchr(setting, '=');
    for (size_t i = 0; sign && i < sizeof sizes / sizeof *sizes; i++)
        if (strlen(sizes[i].name) == (size_t)(sign - setting) &&
            strncmp(sizes[i].name, setting, (size_t)(sign - setting)) == 0) {
            *sizes[i].value = strtoll(sign + 1, NULL, 10);
            return;
        }
    usage();
}

/* arguments: MODE SETTING=N...; what is not set is that of the reference scenario. */
static bench_workload point_of(int count, char **arguments) {
    bench_workload point = {"point", "s", NULL, {"LSTM", 1, 8, 500, 16, 100}, 64, 0, 3, 0, 0};
    for (size_t i = 0; count > 0 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(arguments[0], modes[i].name) == 0) {
            point.measure = modes[i].measure;
            point.training = modes[i].training;
            point.per_batch = modes[i].per_batch;
        }
    if (!point.measure)
        usage();
    for (int i = 1; i < count; i++)
        set_size(&point, arguments[i]);
    if (point.samples == 0)
        point.samples = 4 * point.batch;
    return point;
}

/* ---- The program ---- */

static int is_wanted(const char *name, const char *only) {
    const size_t length = strlen(name);
    for (const char *at = only; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return 1;
    return !only;
}

static void measure_all(const bench_settings *settings) {
    size_t measured = 0;
    for (size_t i = 0; i < WORKLOADS; i++)
        if (is_wanted(workloads[i].name, settings->only)) {
            measure(&workloads[i], settings);
            measured++;
        }
    if (measured == 0) {
        fprintf(stderr, "bench: no workload is called %s; see --list\n", settings->only);
        exit(2);
    }
}

static void list(void) {
    for (size_t i = 0; i < WORKLOADS; i++)
        printf("%s\n", workloads[i].name);
}

/* The library looks at the environment when it is first asked. */
static void choose_isa(const char *name) {
    setenv("TINYLSTM_ISA", name, 1);
    if (strcmp(tlstm_isa(), name) != 0) {
        fprintf(stderr, "bench: there are no %s kernels for this machine\n", name);
        exit(1);
    }
}

/* One option and its value. */
static void set_option(bench_settings *settings, const char *option, const char *value) {
    if (strcmp(option, "--threads") == 0)
        settings->threads = (int32_t)strtol(value, NULL, 10);
    else if (strcmp(option, "--isa") == 0)
        choose_isa(value);
    else if (strcmp(option, "--repeat") == 0)
        settings->repeat = strtoll(value, NULL, 10);
    else if (strcmp(option, "--only") == 0)
        settings->only = value;
    else if (strcmp(option, "--data") == 0)
        settings->data = value;
    else
        usage();
}

int main(int count, char **arguments) {
    bench_settings settings = {.threads = 1};
    if (count == 2 && strcmp(arguments[1], "--list") == 0) {
        list();
        return 0;
    }
    if ((count == 3 || count == 4) && strcmp(arguments[1], "--prepare") == 0) {
        prepare(arguments[2], count == 4 ? arguments[3] : NULL);
        return 0;
    }
    for (int i = 1; i < count; i += 2) {
        if (i + 1 == count)
            usage();
        if (strcmp(arguments[i], "--point") == 0) {
            const bench_workload point = point_of(count - i - 1, arguments + i + 1);
            measure(&point, &settings);
            return 0;
        }
        set_option(&settings, arguments[i], arguments[i + 1]);
    }
    measure_all(&settings);
    return 0;
}
