/* Negative log-likelihood of counts under a Poisson distribution, up to a constant. */
#include "losses/loss.h"

#include <math.h>

/* output - target log(output + epsilon) */
static double term(const tl_loss_config *config, double output, double target, double *slope) {
    (void)config;
    *slope = 1 - target / (output + TL_LOSS_EPSILON);
    return output - target * log(output + TL_LOSS_EPSILON);
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)form;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_poisson = {
    .name = "poisson",
    .class_name = "Poisson",
    .aliases = "",
    .fields = fields,
    .row = row,
};
