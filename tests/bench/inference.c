/* Inference: many sequences by predict, one sequence and one timestep through a session. */
#include "bench.h"

/* Timesteps between two looks at the clock, which itself takes some ten nanoseconds. */
#define STEPS 100

void measure_predict(const bench_workload *work, const bench_settings *settings,
                     bench_times *times) {
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    tlstm_error *error = NULL;
    tlstm_array *x = samples_for(work, settings->data);
    tlstm_model *model = make_model(&work->network);
    options.batch_size = work->batch;
    options.threads = settings->threads;
    const double calls = work->per_batch ? (double)work->samples / (double)work->batch : 1;
    for (int64_t i = 0; i <= repetitions(work, settings); i++) {
        tlstm_array *y = NULL;
        const double start = now();
        if (tlstm_model_predict(model, x, &options, &y, &error) != TLSTM_OK)
            stop("predict", error);
        if (i > 0)
            add_time(times, (now() - start) / calls);
        tlstm_array_free(y);
    }
    tlstm_model_free(model);
    tlstm_array_free(x);
}

/* One sample of x through a session. */
static tlstm_status run(tlstm_session *session, const bench_network *network, const void *x,
                        int64_t sample, float *y, tlstm_error **error) {
    const int64_t timesteps = network->timesteps;
    if (network->vocabulary)
        return tlstm_session_run_tokens(session, 1, timesteps,
                                        (const int32_t *)x + sample * timesteps, y, error);
    return tlstm_session_run(session, 1, timesteps,
                             (const float *)x + sample * timesteps * network->features, y, error);
}

void measure_sequence(const bench_workload *work, const bench_settings *settings,
                      bench_times *times) {
    float y[1];
    tlstm_session *session = NULL;
    tlstm_error *error = NULL;
    tlstm_array *x = samples_for(work, settings->data);
    tlstm_model *model = make_model(&work->network);
    if (tlstm_session_new(model, 1, work->network.timesteps, &session, &error) != TLSTM_OK)
        stop("session", error);
    const int64_t warm_up = repetitions(work, settings) / 10 + 1;
    for (int64_t i = -warm_up; i < repetitions(work, settings); i++) {
        const int64_t sample = (i + warm_up) % tlstm_array_shape(x)[0];
        const double start = now();
        if (run(session, &work->network, tlstm_array_data(x), sample, y, &error) != TLSTM_OK)
            stop("run", error);
        if (i >= 0)
            add_time(times, now() - start);
    }
    tlstm_session_free(session);
    tlstm_model_free(model);
    tlstm_array_free(x);
}

static void take_steps(tlstm_session *session, const bench_network *network, const void *x,
                       tlstm_error **error) {
    float y[1];
    tlstm_status status = TLSTM_OK;
    for (int64_t t = 0; t < STEPS && status == TLSTM_OK; t++)
        status =
            network->vocabulary
                ? tlstm_session_step_token(session, (const int32_t *)x + t, y, error)
                : tlstm_session_step(session, (const float *)x + t * network->features, y, error);
    if (status != TLSTM_OK)
        stop("step", *error);
}

void measure_step(const bench_workload *work, const bench_settings *settings, bench_times *times) {
    tlstm_session *session = NULL;
    tlstm_error *error = NULL;
    tlstm_array *x = generated(&work->network, STEPS, 1);
    tlstm_model *model = make_model(&work->network);
    if (tlstm_session_new(model, 1, 1, &session, &error) != TLSTM_OK)
        stop("session", error);
    for (int64_t i = 0; i < repetitions(work, settings); i++) {
        const double start = now();
        take_steps(session, &work->network, tlstm_array_data(x), &error);
        add_time(times, (now() - start) / STEPS);
    }
    tlstm_session_free(session);
    tlstm_model_free(model);
    tlstm_array_free(x);
}
