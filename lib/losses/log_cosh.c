/* Logarithm of the hyperbolic cosine of the error. */
#include "losses/loss.h"

#include <math.h>

/* log(cosh(e)) = |e| + log(1 + exp(-2 |e|)) - log(2), which does not overflow */
static double term(const tl_loss_config *config, double output, double target, double *slope) {
    (void)config;
    const double log_2 = 0.69314718055994530942;
    double error = output - target;
    *slope = tanh(error);
    return fabs(error) + log1p(exp(-2 * fabs(error))) - log_2;
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)form;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_log_cosh = {
    .name = "log_cosh",
    .class_name = "LogCosh",
    .aliases = "logcosh LogCoshError",
    .fields = fields,
    .row = row,
};
