/*
 * What the files of the measuring program share: a network described by its sizes, the table of
 * workloads, and the times that were taken.
 */
#ifndef TL_BENCH_H
#define TL_BENCH_H

#include "tinylstm/tinylstm.h"

/* [Embedding(vocabulary, features)] + `layers` x cell(units) + Dense(1, sigmoid). */
typedef struct bench_network {
    const char *cell; /* "LSTM", "GRU" or "SimpleRNN" */
    int64_t layers, units;
    int64_t vocabulary; /* 0: sequences of features, no Embedding */
    int64_t features;
    int64_t timesteps;
} bench_network;

typedef struct bench_settings {
    int32_t threads;
    int64_t repeat;   /* 0: as often as the workload says */
    const char *only; /* names between commas; NULL: all */
    const char *data; /* a folder that `--prepare` filled; NULL: generated samples */
} bench_settings;

/* Times in seconds of single repetitions, and what else a measurement found out. */
typedef struct bench_times {
    double *seconds;
    size_t count, capacity;
    double memory; /* bytes that a training took beside its data; 0: not asked */
} bench_times;

typedef struct bench_workload bench_workload;
struct bench_workload {
    const char *name;
    const char *unit; /* in which it is shown: "s", "ms", "us", "ns", "MB" */
    void (*measure)(const bench_workload *work, const bench_settings *settings, bench_times *times);
    bench_network network;
    int64_t batch;
    int64_t samples; /* that one call of the library is given */
    int64_t repeat;  /* repetitions that count */
    int32_t training;
    int32_t per_batch; /* times and work are those of one batch, not of all samples */
};

/* Arithmetic and memory traffic that the mathematics asks for, whatever the program does. */
typedef struct bench_need {
    double operations;  /* of the matrix products, two for each multiply-add */
    double activations; /* sigmoids and tanhs */
    double bytes;       /* inputs, weights, optimizer state: each moved once a batch */
} bench_need;

/* ---- common.c ---- */

/* Ends the program with the library's error. */
void stop(const char *what, const tlstm_error *error);
double now(void);
/* Of the running process, from the system's books: "VmHWM" the peak, "VmRSS" the present. */
int64_t memory_kb(const char *entry);
/* Lets the peak begin anew, where the system can. */
void forget_peak_memory(void);
void add_time(bench_times *times, double seconds);
/* Repetitions to make: those of the settings, or the workload's own. */
int64_t repetitions(const bench_workload *work, const bench_settings *settings);

/* ---- network.c ---- */

/* Built and compiled for training with RMSprop(1e-4). */
tlstm_model *make_model(const bench_network *network);
bench_need needs_of(const bench_workload *work);

/* ---- data.c ---- */

/* Writes x.npy and y.npy (20,000 training reviews of 500 words), x_predict.npy (25,000 test
 * reviews), x_words.npy (reviews of 20,000 words) and reference.h5 into a folder. `imdb` NULL:
 * generated. */
void prepare(const char *folder, const char *imdb);
/* Samples for a workload: those prepared, or generated. */
tlstm_array *samples_for(const bench_workload *work, const char *folder);
tlstm_array *labels_for(const bench_workload *work, const char *folder);
tlstm_array *generated(const bench_network *network, int64_t samples, uint32_t seed);

/* ---- What a repetition is: training.c, inference.c ---- */

/* An epoch of fit, or a batch of it; the first epoch does not count. */
void measure_fit(const bench_workload *work, const bench_settings *settings, bench_times *times);
/* The same in pieces of generated samples, so that they never are in memory all at once. */
void measure_stream(const bench_workload *work, const bench_settings *settings, bench_times *times);
/* Memory of a training beyond its data; the times are those of measure_fit(). */
void measure_memory(const bench_workload *work, const bench_settings *settings, bench_times *times);
/* predict over all samples. */
void measure_predict(const bench_workload *work, const bench_settings *settings,
                     bench_times *times);
/* One sequence, or one timestep, through a session. */
void measure_sequence(const bench_workload *work, const bench_settings *settings,
                      bench_times *times);
void measure_step(const bench_workload *work, const bench_settings *settings, bench_times *times);

#endif
