/* Clipping of gradients, by values and by norms. */
#include "optimizers/optimizer.h"

#include <math.h>

/* Keras looks at one of the three only, in this order; None (NaN) and 0 are off. */
typedef enum clipping { NO_CLIPPING, BY_NORM, BY_GLOBAL_NORM, BY_VALUE } clipping;

static clipping clipping_of(const tl_optimizer_config *config) {
    return config->clipnorm > 0          ? BY_NORM
           : config->global_clipnorm > 0 ? BY_GLOBAL_NORM
           : config->clipvalue > 0       ? BY_VALUE
                                         : NO_CLIPPING;
}

int tl_optimizer_clips(const tl_optimizer_config *config) {
    return clipping_of(config) != NO_CLIPPING;
}

/* The numbers of a gradient that are there: of an embedding those of rows that had tokens. */
static size_t given(const tl_trainable *weight) {
    return weight->rows.tokens ? weight->rows.count * weight->width : weight->count;
}

static double squares(const tl_trainable *weight) {
    if (weight->occurrence_squares >= 0)
        return weight->occurrence_squares;
    double sum = 0;
    for (size_t i = 0; i < given(weight); i++)
        sum += (double)weight->g[i] * (double)weight->g[i];
    return sum;
}

static void scale(tl_trainable *weight, double factor) {
    float by = (float)factor;
    for (size_t i = 0; i < given(weight); i++)
        weight->g[i] *= by;
    weight->rest *= by;
}

/* g = g * limit / max(|g|, limit); a norm that is not finite makes the gradient NaN, as in Keras.
 */
static double factor_for(double norm, double limit) {
    return isfinite(norm) ? limit / fmax(norm, limit) : (double)NAN;
}

static void clip_norms(tl_trainable *weights, size_t count, double limit) {
    for (size_t i = 0; i < count; i++) {
        double norm = sqrt(squares(&weights[i]));
        if (!(norm <= limit))
            scale(&weights[i], factor_for(norm, limit));
    }
}

static void clip_global_norm(tl_trainable *weights, size_t count, double limit) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += squares(&weights[i]);
    double norm = sqrt(sum);
    for (size_t i = 0; i < count && !(norm <= limit); i++)
        scale(&weights[i], factor_for(norm, limit));
}

static void clip_values(tl_trainable *weight, double limit) {
    float high = (float)limit;
    for (size_t i = 0; i < given(weight); i++) {
        float g = weight->g[i];
        weight->g[i] = g > high ? high : g < -high ? -high : g;
    }
}

void tl_optimizer_clip(const tl_optimizer_config *config, tl_trainable *weights, size_t count) {
    switch (clipping_of(config)) {
    case BY_NORM:
        clip_norms(weights, count, config->clipnorm);
        break;
    case BY_GLOBAL_NORM:
        clip_global_norm(weights, count, config->global_clipnorm);
        break;
    case BY_VALUE:
        /* Those of embeddings have been clipped token by token, before they were added up. */
        for (size_t i = 0; i < count; i++)
            if (!(weights[i].occurrence_squares >= 0))
                clip_values(&weights[i], config->clipvalue);
        break;
    case NO_CLIPPING:
        break;
    }
}
