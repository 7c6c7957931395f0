/* tinylstm evaluate: loss and metrics over data. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv);

const cli_command evaluate_command = {
    "evaluate", {"MODEL", NULL}, "Prints a model's loss and metrics on data", run};

typedef struct settings {
    const char *model, *x, *y;
    int64_t batch_size, threads;
} settings;

/* As Keras does: four decimals, or an exponent where they would show nothing. */
static void print_values(const tlstm_model *model, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *format = fabs(values[i]) > 1e-3 || values[i] == 0 ? "%s%s: %.4f" : "%s%s: %.4e";
        printf(format, i ? " - " : "", tlstm_model_metric_name(model, i), values[i]);
    }
    putchar('\n');
}

static int evaluate(const settings *given, const tlstm_model *model, const tlstm_array *x,
                    const tlstm_array *y) {
    size_t capacity = 1, count = 0;
    while (tlstm_model_metric_name(model, capacity))
        capacity++;
    double *values = calloc(capacity, sizeof *values);
    if (!values)
        return fail("evaluate", given->model, strerror(ENOMEM));
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    options.batch_size = given->batch_size;
    options.threads = (int32_t)given->threads;
    tlstm_error *error = NULL;
    int status = STATUS_DONE;
    if (tlstm_model_evaluate(model, x, y, &options, values, capacity, &count, &error) != TLSTM_OK)
        status = fail_with("evaluate", given->model, error);
    else
        print_values(model, values, count);
    free(values);
    return status;
}

static int run(int argc, char **argv) {
    settings given = {NULL, NULL, NULL, 32, 0};
    const cli_option options[] = {
        {"x", "X.npy", "inputs", OPTION_NAME, &given.x, 0, 0},
        {"y", "Y.npy", "targets", OPTION_NAME, &given.y, 0, 0},
        {"batch-size", "N", "samples in one pass (32)", OPTION_WHOLE, &given.batch_size, 1,
         INT32_MAX},
        {"threads", "N", "threads (0: as many as processors)", OPTION_WHOLE, &given.threads, 0,
         1024},
    };
    int status = STATUS_DONE;
    if (!parse_options(&evaluate_command, options, COUNT(options), argc, argv, &given.model,
                       &status))
        return status;
    if (!given.x || !given.y)
        return fail_usage("evaluate", given.x ? "--y" : "--x", "it is missing");

    tlstm_model *model = NULL;
    tlstm_array *x = NULL, *y = NULL;
    status = load_model(given.model, &model);
    print_notes(model, given.model);
    if (status == STATUS_DONE)
        status = load_array(given.x, &x);
    if (status == STATUS_DONE)
        status = load_array(given.y, &y);
    if (status == STATUS_DONE)
        status = evaluate(&given, model, x, y);
    tlstm_array_free(y);
    tlstm_array_free(x);
    tlstm_model_free(model);
    return status;
}
