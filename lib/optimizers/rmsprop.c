/*
 * RMSprop. The formulas of Keras's generations differ in where epsilon stands: inside the root
 * since 2.11; before (legacy) outside without momentum, inside with it.
 */
#include "kernels/kernels.h"
#include "optimizers/optimizer.h"

#include <math.h>

static void defaults(tl_optimizer_config *config, int generation) {
    *config = tl_optimizer_plain(0.001, generation);
    config->rho = 0.9;
}

static int has_momentum(const tl_optimizer_config *config) {
    return config->momentum > 0;
}

static size_t slots(const tl_optimizer_config *config) {
    return (size_t)(1 + has_momentum(config) + (config->centered != 0));
}

/* The velocity; the momentum where there is one; the average gradient where that is wanted. */
static const char *const *slot_names(const tl_optimizer_config *config) {
    static const char *const with_momentum[] = {"velocity", "momentum", "average_gradient"};
    static const char *const without[] = {"velocity", "average_gradient"};
    static const char *const legacy_with_momentum[] = {"rms", "momentum", "mg"};
    static const char *const legacy_without[] = {"rms", "mg"};
    if (config->legacy)
        return has_momentum(config) ? legacy_with_momentum : legacy_without;
    return has_momentum(config) ? with_momentum : without;
}

/* Without momentum a gradient of zero leaves the weight alone and v = rho v. */
static tl_other_rows other_rows(const tl_optimizer_config *config) {
    if (has_momentum(config))
        return config->legacy ? TL_ROWS_WAIT : TL_ROWS_MOVE;
    return config->centered || !((float)config->rho > 0) ? TL_ROWS_MOVE : TL_ROWS_SHRINK;
}

/* v = rho v + (1 - rho) g^2; w -= lr g / sqrt(v + epsilon) */
static void move(const tl_update *update) {
    const tl_optimizer_config *config = update->config;
    const tl_rmsprop_terms terms = {.rate = (float)update->learning_rate,
                                    .rho = (float)config->rho,
                                    .rest = (float)(1 - config->rho),
                                    .epsilon = (float)config->epsilon};
    tl_kernels_get()->rmsprop(update->count, &terms, update->g, update->slots[0], update->w);
}

/* legacy: w -= lr g / (sqrt(v) + epsilon) */
static void move_legacy(const tl_update *update) {
    float *restrict w = update->w, *restrict v = update->slots[0];
    const float *restrict g = update->g;
    float rate = (float)update->learning_rate, epsilon = (float)update->config->epsilon;
    float rho = (float)update->config->rho, rest = (float)(1 - update->config->rho);
    for (size_t i = 0; i < update->count; i++) {
        v[i] = rho * v[i] + rest * g[i] * g[i];
        w[i] -= rate * g[i] / (sqrtf(v[i]) + epsilon);
    }
}

/* m = momentum m + lr g / sqrt(v + epsilon); w -= m */
static void move_with_momentum(const tl_update *update) {
    float *restrict w = update->w, *restrict v = update->slots[0], *restrict m = update->slots[1];
    const float *restrict g = update->g;
    float rate = (float)update->learning_rate, epsilon = (float)update->config->epsilon;
    float rho = (float)update->config->rho, rest = (float)(1 - update->config->rho);
    float momentum = (float)update->config->momentum;
    for (size_t i = 0; i < update->count; i++) {
        v[i] = rho * v[i] + rest * g[i] * g[i];
        m[i] = momentum * m[i] + rate * g[i] / sqrtf(v[i] + epsilon);
        w[i] -= m[i];
    }
}

/* a = rho a + (1 - rho) g; the variance v - a^2 takes the place of v. In Keras's legacy kernel with
 * momentum epsilon stands inside, too. */
static void move_centered(const tl_update *update) {
    int with_momentum = has_momentum(update->config);
    int outside = update->config->legacy && !with_momentum;
    float *restrict w = update->w, *restrict v = update->slots[0];
    float *m = update->slots[1], *a = update->slots[with_momentum ? 2 : 1];
    const float *restrict g = update->g;
    float rate = (float)update->learning_rate, epsilon = (float)update->config->epsilon;
    float rho = (float)update->config->rho, rest = (float)(1 - update->config->rho);
    float momentum = (float)update->config->momentum;
    for (size_t i = 0; i < update->count; i++) {
        v[i] = rho * v[i] + rest * g[i] * g[i];
        a[i] = rho * a[i] + rest * g[i];
        float variance = v[i] - a[i] * a[i];
        float root = outside ? sqrtf(variance) + epsilon : sqrtf(variance + epsilon);
        float step = rate * g[i] / root;
        if (with_momentum)
            step = m[i] = momentum * m[i] + step;
        w[i] -= step;
    }
}

static void update_weight(const tl_update *update) {
    const tl_optimizer_config *config = update->config;
    if (config->centered)
        move_centered(update);
    else if (has_momentum(config))
        move_with_momentum(update);
    else if (config->legacy)
        move_legacy(update);
    else
        move(update);
}

static const tl_field fields[] = {
    TL_OPTIMIZER_COMMON,
    TL_OPTIMIZER_FRACTION(rho),
    TL_OPTIMIZER_FRACTION(momentum),
    TL_OPTIMIZER_NUMBER(epsilon),
    TL_OPTIMIZER_SWITCH(centered),
    TL_OPTIMIZER_DECAY,
    {0},
};

const tl_optimizer_ops tl_rmsprop = {
    .name = "rmsprop",
    .class_name = "RMSprop",
    .fields = fields,
    .defaults = defaults,
    .slots = slots,
    .slot_names = slot_names,
    .other_rows = other_rows,
    .update = update_weight,
};
