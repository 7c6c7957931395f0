/* Mean squared error. */
#include "losses/loss.h"

/* (target - output)^2 */
static double term(const tl_loss_config *config, double output, double target, double *slope) {
    (void)config;
    double error = output - target;
    *slope = 2 * error;
    return error * error;
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)form;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_mean_squared_error = {
    .name = "mean_squared_error",
    .class_name = "MeanSquaredError",
    .aliases = "mse MSE",
    .fields = fields,
    .row = row,
};
