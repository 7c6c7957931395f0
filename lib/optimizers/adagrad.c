/* Adagrad: steps shrink with the sum of all squared gradients so far. */
#include "optimizers/optimizer.h"

#include <math.h>

static void defaults(tl_optimizer_config *config, int generation) {
    *config = tl_optimizer_plain(generation == 1 ? 0.01 : 0.001, generation);
    config->initial_accumulator_value = generation == 1 ? 0.0 : 0.1;
}

static size_t slots(const tl_optimizer_config *config) {
    (void)config;
    return 1;
}

static const char *const *slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"accumulator"};
    (void)config;
    return names;
}

static double slot_start(const tl_optimizer_config *config, size_t slot) {
    (void)slot;
    return config->initial_accumulator_value;
}

/* A gradient of zero changes nothing. */
static tl_other_rows other_rows(const tl_optimizer_config *config) {
    (void)config;
    return TL_ROWS_WAIT;
}

/* a += g^2; w -= lr g / sqrt(a + epsilon), legacy: lr g / (sqrt(a) + epsilon) */
static void update_weight(const tl_update *update) {
    float *restrict w = update->w, *restrict a = update->slots[0];
    const float *restrict g = update->g;
    float rate = (float)update->learning_rate, epsilon = (float)update->config->epsilon;
    float inside = update->config->legacy ? 0 : epsilon, outside = epsilon - inside;
    for (size_t i = 0; i < update->count; i++) {
        a[i] += g[i] * g[i];
        w[i] -= rate * g[i] / (sqrtf(a[i] + inside) + outside);
    }
}

static const tl_field fields[] = {
    TL_OPTIMIZER_COMMON,
    TL_OPTIMIZER_NUMBER(initial_accumulator_value),
    TL_OPTIMIZER_NUMBER(epsilon),
    TL_OPTIMIZER_DECAY,
    {0},
};

const tl_optimizer_ops tl_adagrad = {
    .name = "adagrad",
    .class_name = "Adagrad",
    .fields = fields,
    .defaults = defaults,
    .slots = slots,
    .slot_names = slot_names,
    .other_rows = other_rows,
    .slot_start = slot_start,
    .update = update_weight,
};
