/* Stochastic gradient descent, with momentum where wanted. */
#include "optimizers/optimizer.h"

static void defaults(tl_optimizer_config *config, int generation) {
    *config = tl_optimizer_plain(0.01, generation);
}

static size_t slots(const tl_optimizer_config *config) {
    return config->momentum != 0;
}

static const char *const *slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"m"}, *const legacy_names[] = {"momentum"};
    return config->legacy ? legacy_names : names;
}

static const char *const *keras3_slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"momentum"};
    (void)config;
    return names;
}

static tl_other_rows other_rows(const tl_optimizer_config *config) {
    return config->legacy || config->momentum == 0 ? TL_ROWS_WAIT : TL_ROWS_MOVE;
}

/* m = momentum m - lr g; w += m, or with Nesterov's look ahead w += momentum m - lr g */
static void move_with_momentum(const tl_update *update) {
    float *restrict w = update->w, *restrict m = update->slots[0];
    const float *restrict g = update->g;
    float rate = (float)update->learning_rate, momentum = (float)update->config->momentum;
    int nesterov = update->config->nesterov;
    for (size_t i = 0; i < update->count; i++) {
        float step = rate * g[i];
        float now = momentum * m[i] - step;
        m[i] = now;
        w[i] += nesterov ? momentum * now - step : now;
    }
}

/* w -= lr g */
static void move(const tl_update *update) {
    float *restrict w = update->w;
    const float *restrict g = update->g;
    float rate = (float)update->learning_rate;
    for (size_t i = 0; i < update->count; i++)
        w[i] -= rate * g[i];
}

static void update_weight(const tl_update *update) {
    if (slots(update->config))
        move_with_momentum(update);
    else
        move(update);
}

static const tl_field fields[] = {
    TL_OPTIMIZER_COMMON,
    TL_OPTIMIZER_FRACTION(momentum),
    TL_OPTIMIZER_SWITCH(nesterov),
    TL_OPTIMIZER_DECAY,
    {0},
};

const tl_optimizer_ops tl_sgd = {
    .name = "sgd",
    .class_name = "SGD",
    .fields = fields,
    .defaults = defaults,
    .slots = slots,
    .slot_names = slot_names,
    .keras3_slot_names = keras3_slot_names,
    .other_rows = other_rows,
    .update = update_weight,
};
