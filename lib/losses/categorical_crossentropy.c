/* Cross-entropy between classes, of which the target gives the distribution (one-hot as a rule). */
#include "losses/loss.h"

#include <math.h>

/* t (1 - smoothing) + smoothing / classes */
static double smooth(const tl_loss_config *config, double target, size_t classes) {
    double smoothing = config->label_smoothing;
    return smoothing != 0 ? target * (1 - smoothing) + smoothing / (double)classes : target;
}

/* sum_i t_i (log(sum_j exp(x_j)) - x_i). The slope is softmax(x) - t as in TensorFlow, also where
 * the targets do not add up to 1. */
static double row_of_logits(const tl_loss_config *config, size_t count, const float *output,
                            const float *target, float *gradient) {
    double total = tl_loss_log_sum_exp(count, output);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double t = smooth(config, (double)target[i], count);
        double log_p = (double)output[i] - total;
        sum -= t * log_p;
        if (gradient)
            gradient[i] = (float)(exp(log_p) - t);
    }
    return sum;
}

/* -sum_i t_i log(p_i), p_i = clip(y_i / sum_j y_j). By y_j: (g_j - sum_i g_i y_i / sum) / sum,
 * where g_i = -t_i / p_i. */
static double row_of_probabilities(const tl_loss_config *config, size_t count, const float *output,
                                   const float *target, float *gradient) {
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += (double)output[i];
    double sum = 0, along = 0;
    for (size_t i = 0; i < count; i++) {
        int inside;
        double t = smooth(config, (double)target[i], count);
        double share = (double)output[i] / total;
        double p = tl_loss_clip(share, &inside);
        sum -= t * log(p);
        along -= inside ? t / p * share : 0;
    }
    for (size_t i = 0; gradient && i < count; i++) {
        int inside;
        double t = smooth(config, (double)target[i], count);
        double p = tl_loss_clip((double)output[i] / total, &inside);
        gradient[i] = (float)(((inside ? -t / p : 0) - along) / total);
    }
    return sum;
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    return (tl_loss_on_logits(config, form) ? row_of_logits : row_of_probabilities)(
        config, count, output, target, gradient);
}

static const tl_field fields[] = {
    TL_LOSS_FROM_LOGITS,
    TL_LOSS_SMOOTHING,
    TL_LOSS_AXIS,
    {0},
};

const tl_loss_ops tl_categorical_crossentropy = {
    .name = "categorical_crossentropy",
    .class_name = "CategoricalCrossentropy",
    .aliases = "",
    .fields = fields,
    .takes_logits = 1,
    .row = row,
};
