/* Cross-entropy between classes, of which the target gives the number. */
#include "losses/loss.h"

#include <math.h>

/* A label that is no class: TensorFlow gives NaN too, where it does not refuse. */
static double no_class(size_t count, float *gradient) {
    for (size_t i = 0; gradient && i < count; i++)
        gradient[i] = NAN;
    return NAN;
}

/* log(sum_j exp(x_j)) - x_label; slope: softmax(x) - onehot(label) */
static double row_of_logits(size_t count, const float *output, size_t label, float *gradient) {
    double total = tl_loss_log_sum_exp(count, output);
    for (size_t i = 0; gradient && i < count; i++)
        gradient[i] = (float)(exp((double)output[i] - total) - (i == label));
    return total - (double)output[label];
}

/* Keras takes the logarithms of the clipped outputs p for logits, so that they are normalised after
 * the clipping: log(sum_j p_j) - log(p_label) */
static double row_of_probabilities(size_t count, const float *output, size_t label,
                                   float *gradient) {
    int inside;
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += tl_loss_clip((double)output[i], &inside);
    for (size_t i = 0; gradient && i < count; i++) {
        double p = tl_loss_clip((double)output[i], &inside);
        gradient[i] = (float)(inside ? 1 / total - (i == label ? 1 / p : 0) : 0);
    }
    return log(total) - log(tl_loss_clip((double)output[label], &inside));
}

static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    if (!(target[0] >= 0 && (double)target[0] < (double)count))
        return no_class(count, gradient);
    size_t label = (size_t)target[0];
    return (tl_loss_on_logits(config, form) ? row_of_logits
                                            : row_of_probabilities)(count, output, label, gradient);
}

static const tl_field fields[] = {
    TL_LOSS_FROM_LOGITS,
    {0},
};

const tl_loss_ops tl_sparse_categorical_crossentropy = {
    .name = "sparse_categorical_crossentropy",
    .class_name = "SparseCategoricalCrossentropy",
    .aliases = "",
    .fields = fields,
    .sparse = 1,
    .takes_logits = 1,
    .row = row,
};
