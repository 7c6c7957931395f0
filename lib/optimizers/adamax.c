/* Adamax: Adam with the largest gradient in place of the root mean square. */
#include "optimizers/optimizer.h"

#include <math.h>

static void defaults(tl_optimizer_config *config, int generation) {
    *config = tl_optimizer_plain(generation == 1 ? 0.002 : 0.001, generation);
    config->beta_1 = 0.9;
    config->beta_2 = 0.999;
}

static size_t slots(const tl_optimizer_config *config) {
    (void)config;
    return 2;
}

static const char *const *slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"m", "u"}, *const legacy_names[] = {"m", "v"};
    return config->legacy ? legacy_names : names;
}

static const char *const *keras3_slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"momentum", "norm"};
    (void)config;
    return names;
}

static tl_other_rows other_rows(const tl_optimizer_config *config) {
    return config->legacy ? TL_ROWS_WAIT : TL_ROWS_MOVE;
}

/* lr / (1 - beta_1^t) */
static void prepare(tl_update *update) {
    double correction = 1 - pow(update->config->beta_1, (double)update->iteration);
    update->terms[0] = (float)(update->learning_rate / correction);
}

/* m += (1 - beta_1) (g - m); u = max(beta_2 u, |g|);
 * w -= lr / (1 - beta_1^t) m / (u + epsilon) */
static void update_weight(const tl_update *update) {
    float *restrict w = update->w, *restrict m = update->slots[0], *restrict u = update->slots[1];
    const float *restrict g = update->g;
    float rate = update->terms[0];
    float epsilon = (float)update->config->epsilon, beta_2 = (float)update->config->beta_2;
    float rest = (float)(1 - update->config->beta_1);
    for (size_t i = 0; i < update->count; i++) {
        float faded = beta_2 * u[i], size = fabsf(g[i]);
        m[i] += (g[i] - m[i]) * rest;
        u[i] = faded > size ? faded : size;
        w[i] -= rate * m[i] / (u[i] + epsilon);
    }
}

static const tl_field fields[] = {
    TL_OPTIMIZER_COMMON,
    TL_OPTIMIZER_FRACTION(beta_1),
    TL_OPTIMIZER_FRACTION(beta_2),
    TL_OPTIMIZER_NUMBER(epsilon),
    TL_OPTIMIZER_DECAY,
    {0},
};

const tl_optimizer_ops tl_adamax = {
    .name = "adamax",
    .class_name = "Adamax",
    .fields = fields,
    .defaults = defaults,
    .slots = slots,
    .slot_names = slot_names,
    .keras3_slot_names = keras3_slot_names,
    .interleaved = 1,
    .other_rows = other_rows,
    .prepare = prepare,
    .update = update_weight,
};
