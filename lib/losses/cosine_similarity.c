/* The negative cosine of the angle between outputs and targets. */
#include "losses/loss.h"

#include <math.h>

/* The length of a row, at least epsilon. *limited: it is that. */
static double length_of(size_t count, const float *values, int *limited) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    *limited = sum < TL_LOSS_EPSILON * TL_LOSS_EPSILON;
    return *limited ? TL_LOSS_EPSILON : sqrt(sum);
}

/* -sum_i t_i y_i / (|t| |y|) */
static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)config;
    (void)form;
    int limited, target_limited;
    double length = length_of(count, output, &limited);
    double target_length = length_of(count, target, &target_limited);
    double cosine = 0;
    for (size_t i = 0; i < count; i++)
        cosine += (double)target[i] / target_length * ((double)output[i] / length);
    for (size_t i = 0; gradient && i < count; i++) {
        double along = limited ? 0 : cosine * (double)output[i] / length;
        gradient[i] = (float)((along - (double)target[i] / target_length) / length);
    }
    return -cosine;
}

static const tl_field fields[] = {
    TL_LOSS_AXIS,
    {0},
};

const tl_loss_ops tl_cosine_similarity = {
    .name = "cosine_similarity",
    .class_name = "CosineSimilarity",
    .aliases = "cosine_proximity CosineProximity",
    .fields = fields,
    .row = row,
};
