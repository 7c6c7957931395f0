/* Training: epochs of fit, timed between its callbacks. */
#include "bench.h"

/* Samples in memory at a time, when there may be more than fit. */
#define PIECE 10000

typedef struct stopwatch {
    double start;
    int64_t warm_up;    /* epochs that do not count */
    double batches;     /* a time is divided by */
    double collected;   /* seconds of all epochs */
    bench_times *times; /* NULL: the sum alone is wanted */
} stopwatch;

static int32_t begin(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model, (void)logs;
    ((stopwatch *)user)->start = now();
    return TLSTM_CONTINUE;
}

static int32_t end(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    stopwatch *watch = user;
    const double seconds = now() - watch->start;
    watch->collected += seconds;
    if (logs->epoch >= watch->warm_up && watch->times)
        add_time(watch->times, seconds / watch->batches);
    return TLSTM_CONTINUE;
}

static void fit(tlstm_model *model, const tlstm_array *x, const tlstm_array *y, int64_t batch,
                int64_t epochs, int32_t threads, stopwatch *watch) {
    tlstm_callback *timer = NULL;
    tlstm_error *error = NULL;
    tlstm_callback_functions functions = TLSTM_CALLBACK_FUNCTIONS_INIT;
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    functions.on_epoch_begin = begin;
    functions.on_epoch_end = end;
    functions.user = watch;
    if (tlstm_callback_new(&functions, &timer, &error) != TLSTM_OK)
        stop("callback", error);
    options.batch_size = batch;
    options.epochs = epochs;
    options.threads = threads;
    options.callbacks = &timer;
    options.callback_count = 1;
    if (tlstm_model_fit(model, x, y, &options, NULL, &error) != TLSTM_OK)
        stop("fit", error);
    tlstm_callback_free(timer);
}

void measure_fit(const bench_workload *work, const bench_settings *settings, bench_times *times) {
    const int64_t batches = (work->samples + work->batch - 1) / work->batch;
    stopwatch watch = {
        .warm_up = 1, .batches = work->per_batch ? (double)batches : 1, .times = times};
    tlstm_array *x = samples_for(work, settings->data), *y = labels_for(work, settings->data);
    tlstm_model *model = make_model(&work->network);
    fit(model, x, y, work->batch, repetitions(work, settings) + 1, settings->threads, &watch);
    tlstm_model_free(model);
    tlstm_array_free(x);
    tlstm_array_free(y);
}

static double bytes_of(const tlstm_array *array) {
    const int32_t dtype = tlstm_array_dtype(array);
    const size_t size = dtype == TLSTM_FLOAT64 || dtype == TLSTM_INT64 ? 8 : 4;
    return (double)(tlstm_array_size(array) * size);
}

/* The peak of the whole process, code and all, less the arrays it was given. */
void measure_memory(const bench_workload *work, const bench_settings *settings,
                    bench_times *times) {
    stopwatch watch = {.warm_up = 0, .batches = 1, .times = times};
    tlstm_array *x = samples_for(work, settings->data), *y = labels_for(work, settings->data);
    forget_peak_memory();
    tlstm_model *model = make_model(&work->network);
    fit(model, x, y, work->batch, repetitions(work, settings), settings->threads, &watch);
    times->memory = 1024.0 * (double)memory_kb("VmHWM") - bytes_of(x) - bytes_of(y);
    tlstm_model_free(model);
    tlstm_array_free(x);
    tlstm_array_free(y);
}

void measure_stream(const bench_workload *work, const bench_settings *settings,
                    bench_times *times) {
    tlstm_model *model = make_model(&work->network);
    stopwatch watch = {.batches = 1};
    for (int64_t done = 0; done < work->samples; done += PIECE) {
        bench_workload piece = *work;
        piece.samples = work->samples - done < PIECE ? work->samples - done : PIECE;
        tlstm_array *x = generated(&work->network, piece.samples, (uint32_t)done + 1);
        tlstm_array *y = labels_for(&piece, NULL);
        fit(model, x, y, work->batch, 1, settings->threads, &watch);
        tlstm_array_free(x);
        tlstm_array_free(y);
    }
    add_time(times, watch.collected);
    tlstm_model_free(model);
}
