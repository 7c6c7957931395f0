/* Mean absolute percentage error. */
#include "losses/loss.h"

#include <math.h>

/* 100 |(target - output) / max(|target|, epsilon)| */
static double term(const tl_loss_config *config, double output, double target, double *slope) {
    (void)config;
    double scale = 100 / fmax(fabs(target), TL_LOSS_EPSILON);
    double error = output - target;
    *slope = error > 0 ? scale : error < 0 ? -scale : error;
    return scale * fabs(error);
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)form;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_mean_absolute_percentage_error = {
    .name = "mean_absolute_percentage_error",
    .class_name = "MeanAbsolutePercentageError",
    .aliases = "mape MAPE",
    .fields = fields,
    .row = row,
};
