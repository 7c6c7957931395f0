/* What all losses share: finding them, their defaults, means over a row, clipping. */
#include "losses/loss.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

const tl_loss_ops *tl_loss_find(const char *name) {
    for (const tl_loss_ops *const *loss = tl_losses; *loss; loss++)
        if (strcmp((*loss)->name, name) == 0 || strcmp((*loss)->class_name, name) == 0 ||
            tl_text_has_word((*loss)->aliases, name))
            return *loss;
    return NULL;
}

struct tlstm_loss tl_loss_default(const tl_loss_ops *ops) {
    return (struct tlstm_loss){.ops = ops, .config = {.delta = 1.0, .axis = -1.0}};
}

int tl_loss_on_logits(const tl_loss_config *config, tl_output_form form) {
    return config->from_logits || form != TL_OUTPUT_PLAIN;
}

double tl_loss_mean(tl_loss_term *term, const tl_loss_config *config, size_t count,
                    const float *output, const float *target, float *gradient) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double slope;
        sum += term(config, (double)output[i], (double)target[i], &slope);
        if (gradient)
            gradient[i] = (float)(slope / (double)count);
    }
    return sum / (double)count;
}

double tl_loss_clip(double p, int *inside) {
    const double low = (double)(float)TL_LOSS_EPSILON;
    const double high = (double)(float)(1.0 - TL_LOSS_EPSILON);
    *inside = !(p < low || p > high);
    return p < low ? low : p > high ? high : p;
}

double tl_loss_log_sum_exp(size_t count, const float *logits) {
    double largest = -INFINITY;
    for (size_t i = 0; i < count; i++)
        if (!((double)logits[i] <= largest)) /* so that NaN comes through */
            largest = (double)logits[i];
    if (!isfinite(largest))
        return largest;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += exp((double)logits[i] - largest);
    return largest + log(sum);
}
