/* Adadelta (Zeiler, 2012): steps as large as the root mean square of those before. */
#include "optimizers/optimizer.h"

#include <math.h>

static void defaults(tl_optimizer_config *config, int generation) {
    *config = tl_optimizer_plain(generation == 1 ? 1.0 : 0.001, generation);
    config->rho = 0.95;
}

static size_t slots(const tl_optimizer_config *config) {
    (void)config;
    return 2;
}

static const char *const *slot_names(const tl_optimizer_config *config) {
    static const char *const names[] = {"accumulated_grad", "accumulated_delta_var"};
    static const char *const legacy_names[] = {"accum_grad", "accum_var"};
    return config->legacy ? legacy_names : names;
}

static tl_other_rows other_rows(const tl_optimizer_config *config) {
    return config->legacy ? TL_ROWS_WAIT : TL_ROWS_MOVE;
}

/* a = rho a + (1 - rho) g^2; step = g sqrt(d + epsilon) / sqrt(a + epsilon);
 * d = rho d + (1 - rho) step^2; w -= lr step */
static void update_weight(const tl_update *update) {
    float *restrict w = update->w, *restrict a = update->slots[0], *restrict d = update->slots[1];
    const float *restrict g = update->g;
    float rate = (float)update->learning_rate, epsilon = (float)update->config->epsilon;
    float rho = (float)update->config->rho, rest = (float)(1 - update->config->rho);
    for (size_t i = 0; i < update->count; i++) {
        a[i] = rho * a[i] + rest * g[i] * g[i];
        float step = sqrtf(d[i] + epsilon) * g[i] / sqrtf(a[i] + epsilon);
        d[i] = rho * d[i] + rest * step * step;
        w[i] -= rate * step;
    }
}

static const tl_field fields[] = {
    TL_OPTIMIZER_COMMON,
    TL_OPTIMIZER_FRACTION(rho),
    TL_OPTIMIZER_NUMBER(epsilon),
    TL_OPTIMIZER_DECAY,
    {0},
};

const tl_optimizer_ops tl_adadelta = {
    .name = "adadelta",
    .class_name = "Adadelta",
    .fields = fields,
    .defaults = defaults,
    .slots = slots,
    .slot_names = slot_names,
    .interleaved = 1,
    .other_rows = other_rows,
    .update = update_weight,
};
