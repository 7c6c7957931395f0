/* Mean absolute error. */
#include "losses/loss.h"

#include <math.h>

/* |target - output|; the slope at 0 is 0 */
static double term(const tl_loss_config *config, double output, double target, double *slope) {
    (void)config;
    double error = output - target;
    *slope = error > 0 ? 1 : error < 0 ? -1 : error;
    return fabs(error);
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)form;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_mean_absolute_error = {
    .name = "mean_absolute_error",
    .class_name = "MeanAbsoluteError",
    .aliases = "mae MAE",
    .fields = fields,
    .row = row,
};
