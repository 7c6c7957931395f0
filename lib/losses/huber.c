/* Huber loss: squares small errors, takes large ones as they are. */
#include "losses/loss.h"

#include <math.h>

/* |e| <= delta: e^2 / 2; else delta |e| - delta^2 / 2 */
static double term(const tl_loss_config *config, double output, double target, double *slope) {
    double error = output - target, delta = config->delta;
    if (!(fabs(error) > delta)) {
        *slope = error;
        return 0.5 * error * error;
    }
    *slope = error > 0 ? delta : -delta;
    return delta * fabs(error) - 0.5 * delta * delta;
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)form;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {
    {.key = "delta", .kind = TL_FIELD_FLOAT, .offset = offsetof(tl_loss_config, delta)},
    {0},
};

const tl_loss_ops tl_huber = {
    .name = "huber",
    .class_name = "Huber",
    .aliases = "huber_loss",
    .fields = fields,
    .row = row,
};
