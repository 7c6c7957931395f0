/* What all optimizers share: clipping, weight decay, learning rates, rows of embeddings. */
#include "optimizers/optimizer.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

const tl_optimizer_ops *tl_optimizer_find(const char *name) {
    for (const tl_optimizer_ops *const *optimizer = tl_optimizers; *optimizer; optimizer++)
        if (tl_text_same_word((*optimizer)->name, name))
            return *optimizer;
    return NULL;
}

struct tlstm_optimizer tl_optimizer_default(const tl_optimizer_ops *ops, int generation) {
    struct tlstm_optimizer optimizer = {.ops = ops};
    ops->defaults(&optimizer.config, generation);
    return optimizer;
}

tl_optimizer_config tl_optimizer_plain(double learning_rate, int generation) {
    return (tl_optimizer_config){.learning_rate = learning_rate,
                                 .epsilon = 1e-7,
                                 .clipnorm = NAN,
                                 .clipvalue = NAN,
                                 .global_clipnorm = NAN,
                                 .weight_decay = NAN,
                                 .legacy = generation == 1};
}

double tl_optimizer_learning_rate(const tl_optimizer_config *config, int64_t iteration) {
    double rate = config->learning_rate;
    if (config->decay_steps > 0) {
        double periods = (double)iteration / config->decay_steps;
        rate *= pow(config->decay_rate, config->staircase ? floor(periods) : periods);
    }
    if (config->legacy)
        rate /= 1 + config->decay * (double)iteration;
    return rate;
}

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

static double squares(const tl_trainable *weight) {
    if (weight->occurrence_squares >= 0)
        return weight->occurrence_squares;
    double sum = 0;
    for (size_t i = 0; i < weight->count; i++)
        sum += (double)weight->g[i] * (double)weight->g[i];
    return sum;
}

static void scale(const tl_trainable *weight, double factor) {
    float by = (float)factor;
    for (size_t i = 0; i < weight->count; i++)
        weight->g[i] *= by;
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
    for (size_t i = 0; i < weight->count; i++) {
        float g = weight->g[i];
        weight->g[i] = g > high ? high : g < -high ? -high : g;
    }
}

static void clip(const tl_optimizer_config *config, tl_trainable *weights, size_t count) {
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

/* w -= w * weight_decay * learning_rate, before the step and for every weight */
static void decay(const tl_optimizer_config *config, double learning_rate, tl_trainable *weight) {
    float rate = (float)config->weight_decay * (float)learning_rate;
    for (size_t i = 0; i < weight->count; i++)
        weight->w[i] -= weight->w[i] * rate;
}

/* Updates `count` numbers from `first` on. */
static void update_part(const struct tlstm_optimizer *optimizer, const tl_update *whole,
                        size_t first, size_t count, double learning_rate) {
    tl_update part = *whole;
    part.learning_rate = learning_rate;
    part.count = count;
    part.w += first;
    part.g += first;
    for (size_t slot = 0; slot < TL_MAX_SLOTS; slot++)
        if (part.slots[slot])
            part.slots[slot] += first;
    if (count)
        optimizer->ops->update(&part);
}

/* The rows that had tokens, and between them those that had none. */
static void update_rows(const struct tlstm_optimizer *optimizer, const tl_trainable *weight,
                        const tl_update *update, tl_other_rows others) {
    size_t width = weight->row_width, done = 0;
    for (size_t i = 0; i < weight->row_count; i++) {
        size_t first = (size_t)weight->rows[i] * width;
        if (others == TL_ROWS_FADE)
            update_part(optimizer, update, done, first - done, 0.0);
        update_part(optimizer, update, first, width, update->learning_rate);
        done = first + width;
    }
    if (others == TL_ROWS_FADE)
        update_part(optimizer, update, done, weight->count - done, 0.0);
}

int tl_optimizer_knows_rows(const struct tlstm_optimizer *optimizer) {
    return optimizer->config.legacy && optimizer->ops->other_rows &&
           optimizer->ops->other_rows(&optimizer->config) != TL_ROWS_MOVE;
}

static tl_other_rows other_rows(const struct tlstm_optimizer *optimizer,
                                const tl_trainable *weight) {
    if (!weight->rows || !optimizer->config.legacy || !optimizer->ops->other_rows)
        return TL_ROWS_MOVE;
    return optimizer->ops->other_rows(&optimizer->config);
}

void tl_optimizer_apply(const struct tlstm_optimizer *optimizer, int64_t iteration,
                        tl_trainable *weights, size_t count) {
    const tl_optimizer_config *config = &optimizer->config;
    double learning_rate = tl_optimizer_learning_rate(config, iteration);
    clip(config, weights, count);
    for (size_t i = 0; i < count; i++) {
        tl_trainable *weight = &weights[i];
        if (!isnan(config->weight_decay))
            decay(config, learning_rate, weight);
        tl_update update = {
            config, learning_rate, iteration + 1, weight->count, weight->w, weight->g, {0}};
        memcpy(update.slots, weight->slots, sizeof(update.slots));
        tl_other_rows others = other_rows(optimizer, weight);
        if (others == TL_ROWS_MOVE)
            optimizer->ops->update(&update);
        else
            update_rows(optimizer, weight, &update, others);
    }
}
