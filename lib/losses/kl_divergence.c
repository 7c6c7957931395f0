/* Kullback-Leibler divergence of the outputs from the targets. */
#include "losses/loss.h"

#include <math.h>

static double clip(double p) {
    return p < TL_LOSS_EPSILON ? TL_LOSS_EPSILON : p > 1 ? 1 : p;
}

/* sum_i t_i log(t_i / y_i), both clipped to [epsilon, 1] */
static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)config;
    (void)form;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double t = clip((double)target[i]), y = clip((double)output[i]);
        sum += t * log(t / y);
        if (gradient)
            gradient[i] = (float)(y != (double)output[i] && !isnan(y) ? 0 : -t / y);
    }
    return sum;
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_kl_divergence = {
    .name = "kl_divergence",
    .class_name = "KLDivergence",
    .aliases = "kld KLD kullback_leibler_divergence",
    .fields = fields,
    .row = row,
};
