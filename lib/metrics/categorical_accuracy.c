/* How often the largest output is that of the right class. */
#include "metrics/metric.h"

/* The first of the largest. */
static size_t largest(size_t count, const float *values) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (values[i] > values[best])
            best = i;
    return best;
}

/* argmax(target) == argmax(output) */
static double categorical_row(size_t count, const float *output, const float *target) {
    return largest(count, target) == largest(count, output);
}

/* target == argmax(output) */
static double sparse_row(size_t count, const float *output, const float *target) {
    return target[0] == (float)largest(count, output);
}

const tl_metric_ops tl_categorical_accuracy = {
    .name = "categorical_accuracy",
    .class_name = "CategoricalAccuracy",
    .aliases = "",
    .rises = 1,
    .row = categorical_row,
};
const tl_metric_ops tl_sparse_categorical_accuracy = {
    .name = "sparse_categorical_accuracy",
    .class_name = "SparseCategoricalAccuracy",
    .aliases = "",
    .sparse = 1,
    .rises = 1,
    .row = sparse_row,
};
