/* Binary cross-entropy: yes or no, for each output. */
#include "losses/loss.h"

#include <math.h>

/* t (1 - smoothing) + smoothing / 2 */
static double smooth(const tl_loss_config *config, double target) {
    double smoothing = config->label_smoothing;
    return smoothing != 0 ? target * (1 - smoothing) + 0.5 * smoothing : target;
}

/* max(x, 0) - x t + log(1 + exp(-|x|)), which is -t log(s) - (1 - t) log(1 - s) for s = sigmoid(x)
 * without overflow; slope: s - t */
static double term_of_logit(const tl_loss_config *config, double output, double target,
                            double *slope) {
    double t = smooth(config, target);
    double small = exp(-fabs(output));
    *slope = (output < 0 ? small : 1) / (1 + small) - t;
    return (output < 0 ? 0 : output) - output * t + log1p(small);
}

/* -t log(p) - (1 - t) log(1 - p), p clipped */
static double term_of_probability(const tl_loss_config *config, double output, double target,
                                  double *slope) {
    double t = smooth(config, target);
    int inside;
    double p = tl_loss_clip(output, &inside);
    *slope = inside ? (1 - t) / (1 - p) - t / p : 0;
    return -t * log(p) - (1 - t) * log1p(-p);
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    tl_loss_term *term = tl_loss_on_logits(config, form) ? term_of_logit : term_of_probability;
    return tl_loss_mean(term, config, count, output, target, gradient);
}

static const tl_field fields[] = {
    TL_LOSS_FROM_LOGITS,
    TL_LOSS_SMOOTHING,
    TL_LOSS_AXIS,
    {0},
};

const tl_loss_ops tl_binary_crossentropy = {
    .name = "binary_crossentropy",
    .class_name = "BinaryCrossentropy",
    .aliases = "bce BCE",
    .fields = fields,
    .takes_logits = 1,
    .row = row,
};
