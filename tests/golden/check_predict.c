/* A loaded model has the weights of its file, predicts what Keras predicts and evaluates to the
 * same loss and metrics. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The release's promise. */
#define LIMIT_PREDICT 2e-6
/* Against a float64 evaluation our error may not be larger than Keras's own; below a few roundings
 * of a float the comparison is chance. */
#define LIMIT_ROUNDING 1e-6
#define LIMIT_LOSS 2e-6
#define MOST_VALUES 32

static void check_outputs(const golden_case *one, tlstm_model *model, const tlstm_array *x) {
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    options.batch_size = tlstm_array_shape(x)[0];
    tlstm_array *ours = NULL;
    tlstm_error *error = NULL;
    tlstm_model_reset_states(model);
    if (tlstm_model_predict(model, x, &options, &ours, &error) != TLSTM_OK) {
        golden_fail_call(one, "predict", error);
        return;
    }
    tlstm_array *theirs = golden_read(one->expected, "predict");
    tlstm_array *exact = golden_read(one->expected, "predict_f64");
    if (theirs && !golden_same_shape(ours, theirs))
        golden_fail(one, "predict", "the shape differs");
    double scale = fmax(1, golden_magnitude(theirs));
    golden_report(one, "predict", golden_distance(ours, theirs) / scale, LIMIT_PREDICT);
    if (exact)
        golden_report(one, "predict, float64", golden_distance(ours, exact) / scale,
                      fmax(LIMIT_ROUNDING, golden_distance(theirs, exact) / scale));
    tlstm_array_free(exact);
    tlstm_array_free(theirs);
    tlstm_array_free(ours);
}

/* The index of a metric among evaluate's values; 0 (the loss) when there is none of that name. */
static size_t metric_index(const tlstm_model *model, const char *name) {
    const char *old_name = strcmp(name, "acc") == 0 ? "accuracy" : name;
    const char *value_name;
    for (size_t i = 1; (value_name = tlstm_model_metric_name(model, i)); i++)
        if (strcmp(value_name, name) == 0 || strcmp(value_name, old_name) == 0)
            return i;
    return 0;
}

typedef struct evaluation {
    const golden_case *one;
    const tlstm_model *model;
    const double *values;
} evaluation;

static void check_metric(const char *name, void *context) {
    const evaluation *done = context;
    char what[128], path[128];
    snprintf(what, sizeof what, "metric %.100s", name);
    snprintf(path, sizeof path, "metrics/%.100s", name);
    size_t index = metric_index(done->model, name);
    double expected = golden_number(done->one->expected, path, 0);
    if (index)
        golden_report(done->one, what,
                      fabs(done->values[index] - expected) / fmax(1, fabs(expected)), LIMIT_LOSS);
    else if (golden_metric_is_promised(name) && !golden_flag(done->one, "weighted_metrics"))
        golden_fail(done->one, what, "the model has no such metric");
    else
        golden_unsupported(done->one, what, name);
}

static void check_values(const golden_case *one, const tlstm_model *model, const double *values) {
    int has_exact = golden_has(one->expected, "loss_f64");
    double expected = golden_number(one->expected, has_exact ? "loss_f64" : "loss", 0);
    golden_report(one, "loss", fabs(values[0] - expected) / fmax(1, fabs(expected)), LIMIT_LOSS);
    evaluation done = {one, model, values};
    golden_names(one->expected, "metrics", check_metric, &done);
}

static void check_evaluate(const golden_case *one, tlstm_model *model, const tlstm_array *x) {
    if (!golden_has(one->expected, "loss") || !golden_is_compiled(one, "loss", model))
        return;
    double values[MOST_VALUES] = {NAN};
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    tlstm_array *y = golden_read(one->data, "y");
    tlstm_array *weight = golden_read(one->data, "sample_weight");
    tlstm_error *error = NULL;
    options.batch_size = tlstm_array_shape(x)[0];
    options.sample_weight = weight;
    tlstm_model_reset_states(model);
    if (tlstm_model_evaluate(model, x, y, &options, values, MOST_VALUES, NULL, &error) == TLSTM_OK)
        check_values(one, model, values);
    else
        golden_fail_call(one, "loss", error);
    tlstm_array_free(weight);
    tlstm_array_free(y);
}

void golden_check_predict(const golden_case *one) {
    tlstm_model *model = golden_load(one, "load");
    if (!model)
        return;
    tlstm_array *x = golden_read(one->data, "x");
    golden_report(one, "weights", golden_weights_distance(model, one->expected, "weights"), 0);
    check_outputs(one, model, x);
    check_evaluate(one, model, x);
    tlstm_array_free(x);
    tlstm_model_free(model);
}
