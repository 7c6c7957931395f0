/* Nadam (Dozat, 2016): Adam with Nesterov momentum, whose weight grows over the iterations. */
#include "optimizers/optimizer.h"

#include <math.h>

static void defaults(tl_optimizer_config *config, int generation) {
    *config = tl_optimizer_plain(generation == 1 ? 0.002 : 0.001, generation);
    config->beta_1 = 0.9;
    config->beta_2 = 0.999;
    config->schedule_decay = 0.004;
}

static size_t slots(const tl_optimizer_config *config) {
    (void)config;
    return 2;
}

static const char *const *slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"m", "v"};
    (void)config;
    return names;
}

static const char *const *keras3_slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"momentum", "velocity"};
    (void)config;
    return names;
}

static tl_other_rows other_rows(const tl_optimizer_config *config) {
    return config->legacy ? TL_ROWS_FADE : TL_ROWS_MOVE;
}

/* u_t = beta_1 (1 - 0.5 0.96^t), legacy: 0.96^(schedule_decay t) */
static double momentum_at(const tl_optimizer_config *config, double fading) {
    return config->beta_1 * (1 - 0.5 * fading);
}

/* The momentum at iteration t, at t + 1, and the product of all up to t. Keras keeps the product in
 * a variable, which most of its files lack: it is multiplied anew, until it is too small to count.
 */
typedef struct schedule {
    double now, next, product;
} schedule;

static schedule schedule_at(const tl_optimizer_config *config, int64_t iteration) {
    double base = config->legacy ? pow(0.96, config->schedule_decay) : 0.96;
    double fading = base, product = 1;
    for (int64_t t = 1; t <= iteration && product > 1e-20; t++, fading *= base)
        product *= momentum_at(config, fading);
    double t = (double)iteration;
    return (schedule){momentum_at(config, pow(base, t)), momentum_at(config, pow(base, t + 1)),
                      product};
}

static double keras3_number(const tl_optimizer_config *config, int64_t iterations) {
    tl_optimizer_config modern = *config;
    modern.legacy = 0;
    return schedule_at(&modern, iterations).product;
}

/* The shares of m and g in the step, and the bias correction of v. */
static void prepare(tl_update *update) {
    schedule at = schedule_at(update->config, update->iteration);
    update->terms[0] = (float)(at.next / (1 - at.product * at.next));
    update->terms[1] = (float)((1 - at.now) / (1 - at.product));
    update->terms[2] = (float)(1 - pow(update->config->beta_2, (double)update->iteration));
}

/* m and v as Adam's; m^ = u_{t+1} m / (1 - product u_{t+1}) + (1 - u_t) g / (1 - product);
 * v^ = v / (1 - beta_2^t); w -= lr m^ / (sqrt(v^) + epsilon) */
static void update_weight(const tl_update *update) {
    float *restrict w = update->w, *restrict m = update->slots[0], *restrict v = update->slots[1];
    const float *restrict g = update->g;
    float share_of_m = update->terms[0], share_of_g = update->terms[1];
    float correction = update->terms[2];
    float rate = (float)update->learning_rate, epsilon = (float)update->config->epsilon;
    float rest_1 = (float)(1 - update->config->beta_1),
          rest_2 = (float)(1 - update->config->beta_2);
    for (size_t i = 0; i < update->count; i++) {
        m[i] += (g[i] - m[i]) * rest_1;
        v[i] += (g[i] * g[i] - v[i]) * rest_2;
        float step = share_of_m * m[i] + share_of_g * g[i];
        w[i] -= rate * step / (sqrtf(v[i] / correction) + epsilon);
    }
}

static const tl_field fields[] = {
    TL_OPTIMIZER_COMMON,
    TL_OPTIMIZER_FRACTION(beta_1),
    TL_OPTIMIZER_FRACTION(beta_2),
    TL_OPTIMIZER_NUMBER(epsilon),
    {.key = "decay",
     .kind = TL_FIELD_FLOAT,
     .offset = offsetof(tl_optimizer_config, schedule_decay)},
    {0},
};

const tl_optimizer_ops tl_nadam = {
    .name = "nadam",
    .class_name = "Nadam",
    .fields = fields,
    .defaults = defaults,
    .slots = slots,
    .slot_names = slot_names,
    .keras3_slot_names = keras3_slot_names,
    .keras3_number = keras3_number,
    .interleaved = 1,
    .other_rows = other_rows,
    .prepare = prepare,
    .update = update_weight,
};
