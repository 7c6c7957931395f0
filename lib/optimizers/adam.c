/* Adam (Kingma and Ba, 2015), with AMSGrad where wanted, and AdamW, which differs in its default
 * weight decay only. */
#include "kernels/kernels.h"
#include "optimizers/optimizer.h"

#include <math.h>

static void defaults(tl_optimizer_config *config, int generation) {
    *config = tl_optimizer_plain(0.001, generation);
    config->beta_1 = 0.9;
    config->beta_2 = 0.999;
}

static void adamw_defaults(tl_optimizer_config *config, int generation) {
    defaults(config, generation);
    config->weight_decay = 0.004;
}

static size_t slots(const tl_optimizer_config *config) {
    return config->amsgrad ? 3 : 2;
}

static const char *const *slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"m", "v", "vhat"};
    (void)config;
    return names;
}

static const char *const *keras3_slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"momentum", "velocity", "velocity_hat"};
    (void)config;
    return names;
}

/* lr sqrt(1 - beta_2^t) / (1 - beta_1^t): the bias correction of both moments in one */
static void prepare(tl_update *update) {
    double t = (double)update->iteration;
    update->terms[0] = (float)(update->learning_rate * sqrt(1 - pow(update->config->beta_2, t)) /
                               (1 - pow(update->config->beta_1, t)));
}

/* m += (1 - beta_1) (g - m); v += (1 - beta_2) (g^2 - v); w -= rate m / (sqrt(v) + epsilon) */
static void move(const tl_update *update) {
    const tl_optimizer_config *config = update->config;
    const tl_adam_terms terms = {.rate = update->terms[0],
                                 .rest_1 = (float)(1 - config->beta_1),
                                 .rest_2 = (float)(1 - config->beta_2),
                                 .epsilon = (float)config->epsilon};
    tl_kernels_get()->adam(update->count, &terms, update->g, update->slots[0], update->slots[1],
                           update->w);
}

/* The largest v so far takes the place of v. */
static void move_amsgrad(const tl_update *update) {
    float *restrict w = update->w, *restrict m = update->slots[0], *restrict v = update->slots[1];
    float *restrict largest = update->slots[2];
    const float *restrict g = update->g;
    float rate = update->terms[0], epsilon = (float)update->config->epsilon;
    float rest_1 = (float)(1 - update->config->beta_1),
          rest_2 = (float)(1 - update->config->beta_2);
    for (size_t i = 0; i < update->count; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        largest[i] = largest[i] < v[i] ? v[i] : largest[i];
        w[i] -= rate * m[i] / (sqrtf(largest[i]) + epsilon);
    }
}

static void update_weight(const tl_update *update) {
    if (update->config->amsgrad)
        move_amsgrad(update);
    else
        move(update);
}

static const tl_field fields[] = {
    TL_OPTIMIZER_COMMON,
    TL_OPTIMIZER_FRACTION(beta_1),
    TL_OPTIMIZER_FRACTION(beta_2),
    TL_OPTIMIZER_NUMBER(epsilon),
    TL_OPTIMIZER_SWITCH(amsgrad),
    TL_OPTIMIZER_DECAY,
    {0},
};

const tl_optimizer_ops tl_adam = {
    .name = "adam",
    .class_name = "Adam",
    .fields = fields,
    .defaults = defaults,
    .slots = slots,
    .slot_names = slot_names,
    .keras3_slot_names = keras3_slot_names,
    .interleaved = 1,
    .prepare = prepare,
    .update = update_weight,
};

const tl_optimizer_ops tl_adamw = {
    .name = "adamw",
    .class_name = "AdamW",
    .fields = fields,
    .defaults = adamw_defaults,
    .slots = slots,
    .slot_names = slot_names,
    .keras3_slot_names = keras3_slot_names,
    .interleaved = 1,
    .prepare = prepare,
    .update = update_weight,
};
