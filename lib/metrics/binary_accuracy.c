/* How often outputs are on the right side of one half. */
#include "metrics/metric.h"

/* mean_i(target_i == (output_i > 0.5)) */
static double row(size_t count, const float *output, const float *target) {
    size_t right = 0;
    for (size_t i = 0; i < count; i++)
        right += target[i] == (output[i] > 0.5f ? 1.0f : 0.0f);
    return (double)right / (double)count;
}

const tl_metric_ops tl_binary_accuracy = {
    .name = "binary_accuracy",
    .class_name = "BinaryAccuracy",
    .aliases = "",
    .rises = 1,
    .row = row,
};
