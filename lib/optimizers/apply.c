/* One update of all weights, cut into parts for the pool's threads. The cuts change no result: each
 * number is updated by itself. */
#include "optimizers/rows.h"

#include <math.h>
#include <string.h>

typedef struct whole {
    const struct tlstm_optimizer *optimizer;
    const tl_trainable *weights;
    size_t count;
    tl_update update; /* what is the same for all weights */
} whole;

/* w -= w * weight_decay * learning_rate, before the step and for every weight */
static void decay(const tl_update *update) {
    float rate = (float)update->config->weight_decay * (float)update->learning_rate;
    for (size_t i = 0; i < update->count; i++)
        update->w[i] -= update->w[i] * rate;
}

void tl_update_run(const struct tlstm_optimizer *optimizer, const tl_update *update, size_t first,
                   size_t count, const float *g) {
    tl_update part = *update;
    part.count = count;
    part.w += first;
    part.g = g;
    for (size_t slot = 0; slot < TL_MAX_SLOTS; slot++)
        if (part.slots[slot])
            part.slots[slot] += first;
    if (!isnan(part.config->weight_decay))
        decay(&part);
    optimizer->ops->update(&part);
}

static void update_part(const whole *all, const tl_trainable *weight, size_t first, size_t count) {
    tl_update update = all->update;
    update.w = weight->w;
    memcpy(update.slots, weight->slots, sizeof update.slots);
    if (weight->rows.tokens)
        tl_rows_update(all->optimizer, &update, weight, first, count);
    else
        tl_update_run(all->optimizer, &update, first, count, weight->g + first);
}

/* A part of the work on all weights, laid end to end. */
static void update_task(void *context, size_t task, size_t thread) {
    (void)thread;
    const whole *all = context;
    const size_t first = task * TL_UPDATE_PART, end = first + TL_UPDATE_PART;
    size_t begin = 0;
    for (size_t i = 0; i < all->count && begin < end; i++) {
        const size_t work = tl_rows_work(&all->weights[i]);
        const size_t from = first > begin ? first - begin : 0;
        const size_t to = end - begin < work ? end - begin : work;
        if (from < to)
            update_part(all, &all->weights[i], from, to - from);
        begin += work;
    }
}

/*
 * The legacy optimizers leave rows out whatever the numbers. Of the others it is the result of a
 * gradient of zero, and holds as long as none comes to 0 / 0 or 0 * infinity, and no sign of a zero
 * turns.
 */
static tl_other_rows others_of(const struct tlstm_optimizer *optimizer, double learning_rate,
                               const tl_trainable *weight) {
    const tl_optimizer_config *config = &optimizer->config;
    if (!weight->rows.tokens || !optimizer->ops->other_rows)
        return TL_ROWS_MOVE;
    const tl_other_rows others = optimizer->ops->other_rows(config);
    if (config->legacy && others != TL_ROWS_SHRINK)
        return others;
    const float rate = (float)learning_rate;
    const int harmless = isfinite(rate) && !signbit(rate) && (float)config->epsilon > 0 &&
                         weight->rest == 0 && isnan(config->weight_decay);
    return harmless && weight->late ? others : TL_ROWS_MOVE;
}

typedef struct catching_up {
    const struct tlstm_optimizer *optimizer;
    const tl_trainable *weight;
    size_t rows, rows_per_task;
} catching_up;

static void catch_up_task(void *context, size_t task, size_t thread) {
    (void)thread;
    const catching_up *work = context;
    const size_t first = task * work->rows_per_task, left = work->rows - first;
    tl_rows_catch_up(work->optimizer, work->weight, first,
                     left < work->rows_per_task ? left : work->rows_per_task);
}

static void catch_up(const struct tlstm_optimizer *optimizer, const tl_trainable *weight,
                     tl_pool *pool) {
    const size_t rows = weight->count / weight->width;
    const size_t rows_per_task = TL_UPDATE_PART / weight->width + 1;
    if (!weight->late || !weight->late->updates)
        return;
    tl_pool_run(pool, (rows + rows_per_task - 1) / rows_per_task, catch_up_task,
                &(catching_up){optimizer, weight, rows, rows_per_task});
    weight->late->updates = 0;
}

void tl_optimizer_catch_up(const struct tlstm_optimizer *optimizer, const tl_trainable *weights,
                           size_t count, tl_pool *pool) {
    for (size_t i = 0; i < count; i++)
        if (weights[i].late)
            catch_up(optimizer, &weights[i], pool);
}

void tl_optimizer_apply(const struct tlstm_optimizer *optimizer, int64_t iteration,
                        tl_trainable *weights, size_t count, tl_pool *pool) {
    const double learning_rate = tl_optimizer_learning_rate(&optimizer->config, iteration);
    whole all = {optimizer, weights, count,
                 .update = {.config = &optimizer->config,
                            .learning_rate = learning_rate,
                            .iteration = iteration + 1}};
    size_t work = 0;
    tl_optimizer_clip(&optimizer->config, weights, count);
    if (optimizer->ops->prepare)
        optimizer->ops->prepare(&all.update);
    for (size_t i = 0; i < count; i++) {
        tl_trainable *weight = &weights[i];
        weight->others = others_of(optimizer, learning_rate, weight);
        if (weight->late &&
            (weight->others != TL_ROWS_SHRINK || weight->late->updates == UINT32_MAX))
            catch_up(optimizer, weight, pool);
        work += tl_rows_work(weight);
    }
    tl_pool_run(pool, (work + TL_UPDATE_PART - 1) / TL_UPDATE_PART, update_task, &all);
    for (size_t i = 0; i < count; i++)
        if (weights[i].others == TL_ROWS_SHRINK)
            weights[i].late->updates++;
}
