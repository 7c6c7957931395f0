/* Mean squared logarithmic error. */
#include "losses/loss.h"

#include <math.h>

static double above_epsilon(double value) {
    return value < TL_LOSS_EPSILON ? TL_LOSS_EPSILON : value;
}

/* (log(max(output, epsilon) + 1) - log(max(target, epsilon) + 1))^2 */
static double term(const tl_loss_config *config, double output, double target, double *slope) {
    (void)config;
    double base = above_epsilon(output);
    double difference = log1p(base) - log1p(above_epsilon(target));
    *slope = output < TL_LOSS_EPSILON ? 0 : 2 * difference / (base + 1);
    return difference * difference;
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)form;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_mean_squared_logarithmic_error = {
    .name = "mean_squared_logarithmic_error",
    .class_name = "MeanSquaredLogarithmicError",
    .aliases = "msle MSLE",
    .fields = fields,
    .row = row,
};
