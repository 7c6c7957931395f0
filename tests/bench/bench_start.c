/*
 * What a program does that is started for one prediction: load a model, predict, end.
 *
 *     bench_start MODEL_H5
 *
 * The time is taken outside, from before the program starts until it has ended; its peak of memory
 * it tells itself, because what getrusage() tells of a child counts the parent too.
 */
#include "bench.h"

#include <stdio.h>

#define TIMESTEPS 100

int main(int count, char **arguments) {
    static int32_t tokens[TIMESTEPS];
    static const int64_t shape[] = {1, TIMESTEPS};
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    tlstm_model *model = NULL;
    tlstm_array *x = NULL, *y = NULL;
    tlstm_error *error = NULL;
    options.threads = 1;
    for (int i = 0; i < TIMESTEPS; i++)
        tokens[i] = i;
    if (count != 2) {
        fprintf(stderr, "usage: bench_start MODEL_H5\n");
        return 2;
    }
    if (tlstm_model_load(arguments[1], &model, &error) == TLSTM_OK &&
        tlstm_array_wrap(tokens, TLSTM_INT32, 2, shape, &x, &error) == TLSTM_OK &&
        tlstm_model_predict(model, x, &options, &y, &error) == TLSTM_OK)
        printf("{\"workload\": \"start\", \"y\": %.9g, \"peak_kb\": %lld}\n",
               (double)((const float *)tlstm_array_data(y))[0], (long long)memory_kb("VmHWM"));
    const int failed = error != NULL;
    if (failed)
        fprintf(stderr, "bench_start: %s: %s\n", tlstm_error_where(error),
                tlstm_error_message(error));
    tlstm_error_free(error);
    tlstm_array_free(y);
    tlstm_array_free(x);
    tlstm_model_free(model);
    return failed;
}
