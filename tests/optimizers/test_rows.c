/* An update by rows is that with the whole gradient, to the last bit: for every optimizer, under
 * settings that change its formula, with any number of threads, late or not. */
#include "optimizers/optimizer.h"
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 90, WIDTH = 37, COUNT = ROWS * WIDTH, TOKENS = 12, STEPS = 400 };

static const struct {
    const char *key, *second;
    double value, second_value;
} settings[] = {
    {NULL, NULL, 0, 0},
    {"momentum", NULL, 0.9, 0},
    {"momentum", "nesterov", 0.9, 1},
    {"centered", NULL, 1, 0},
    {"centered", "momentum", 1, 0.5},
    {"amsgrad", NULL, 1, 0},
    {"rho", NULL, 0, 0},
    {"rho", NULL, 1, 0},
    {"epsilon", NULL, 0, 0},
    {"initial_accumulator_value", NULL, 0, 0},
    {"learning_rate", NULL, 0, 0},
    {"weight_decay", NULL, 0.01, 0},
    {"weight_decay", "momentum", 0.01, 0.5},
    {"clipnorm", NULL, 0.5, 0},
    {"global_clipnorm", NULL, 0.5, 0},
    {"clipvalue", NULL, 0.1, 0},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* 0 when the optimizer has no such setting. */
static int set(struct tlstm_optimizer *optimizer, const char *key, double value) {
    const tl_field *field = key ? tl_field_find(optimizer->ops->fields, key) : NULL;
    tlstm_error *error = NULL;
    if (field)
        TL_ASSERT_OK(tl_field_set_number(field, &optimizer->config, value, &error), error);
    return !key || field;
}

/* One weight and its slots. */
typedef struct trained {
    float w[COUNT], slots[TL_MAX_SLOTS][COUNT];
    tl_trainable weight;
} trained;

/* Knuth's MMIX generator; the same numbers everywhere, uniform in [0, 1). */
static double uniform(void) {
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 40) / 16777216.0;
}

static void begin(const struct tlstm_optimizer *optimizer, trained *all) {
    const tl_optimizer_ops *ops = optimizer->ops;
    for (int i = 0; i < COUNT; i++)
        all->w[i] = i % 11 == 0 ? -0.0f : (float)sin(i);
    all->weight = (tl_trainable){.count = COUNT, .w = all->w, .occurrence_squares = 2.5};
    for (size_t slot = 0; slot < ops->slots(&optimizer->config); slot++) {
        all->weight.slots[slot] = all->slots[slot];
        for (int i = 0; i < COUNT; i++)
            all->slots[slot][i] =
                ops->slot_start ? (float)ops->slot_start(&optimizer->config, slot) : 0;
    }
}

/* Some distinct tokens, the first ones often and the last ones hardly ever, with gradients: usual
 * numbers, zeros of either sign, some whose square overflows or vanishes. */
typedef struct batch {
    int32_t tokens[TOKENS], numbers[ROWS];
    size_t count;
    float g[TOKENS * WIDTH], dense[COUNT];
} batch;

static void draw(batch *drawn) {
    static const float odd[] = {0.0f, -0.0f, 1e30f, 1e-30f, -3.0f};
    drawn->count = 0;
    memset(drawn->dense, 0, sizeof drawn->dense);
    memset(drawn->numbers, -1, sizeof drawn->numbers);
    for (int i = 0; i < TOKENS; i++) {
        const int32_t token = (int32_t)(ROWS * pow(uniform(), 5));
        if (drawn->numbers[token] >= 0)
            continue;
        float *g = drawn->g + drawn->count * WIDTH;
        for (int j = 0; j < WIDTH; j++)
            g[j] = uniform() < 0.01 ? odd[(int)(5 * uniform())] : (float)(uniform() - 0.5);
        memcpy(drawn->dense + token * WIDTH, g, WIDTH * sizeof *g);
        drawn->numbers[token] = (int32_t)drawn->count;
        drawn->tokens[drawn->count++] = token;
    }
}

static int same(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void assert_same(const char *name, int setting, int step, const float *by_rows,
                        const float *dense) {
    if (memcmp(by_rows, dense, COUNT * sizeof *dense) == 0)
        return;
    for (int i = 0; i < COUNT; i++)
        ck_assert_msg(same(by_rows[i], dense[i]),
                      "%s with %s, step %d, row %d: %.9g by rows, %.9g otherwise", name,
                      settings[setting].key ? settings[setting].key : "defaults", step, i / WIDTH,
                      (double)by_rows[i], (double)dense[i]);
}

static int leaves_rows(const struct tlstm_optimizer *optimizer) {
    if (!optimizer->config.legacy || !optimizer->ops->other_rows)
        return 0;
    const tl_other_rows others = optimizer->ops->other_rows(&optimizer->config);
    return others == TL_ROWS_WAIT || others == TL_ROWS_FADE;
}

/* What the legacy optimizers leave as it was in rows without tokens. */
static void leave(const struct tlstm_optimizer *optimizer, const batch *drawn,
                  const trained *before, trained *after) {
    const size_t slots = optimizer->ops->slots(&optimizer->config);
    for (size_t row = 0; row < ROWS; row++) {
        if (drawn->numbers[row] >= 0)
            continue;
        const size_t first = row * WIDTH, bytes = WIDTH * sizeof(float);
        memcpy(after->w + first, before->w + first, bytes);
        const int fades = optimizer->ops->other_rows(&optimizer->config) == TL_ROWS_FADE;
        for (size_t slot = 0; !fades && slot < slots; slot++)
            memcpy(after->slots[slot] + first, before->slots[slot] + first, bytes);
    }
}

/* The whole gradient at once, with the rows that a legacy optimizer leaves put back. */
static void step_dense(const struct tlstm_optimizer *optimizer, int step, batch *drawn,
                       trained *all, tl_pool *pool) {
    trained before = *all;
    all->weight.g = drawn->dense;
    tl_optimizer_apply(optimizer, step, &all->weight, 1, pool);
    if (leaves_rows(optimizer))
        leave(optimizer, drawn, &before, all);
}

static void step_by_rows(const struct tlstm_optimizer *optimizer, int step, batch *drawn,
                         trained *all, tl_pool *pool) {
    all->weight.g = drawn->g;
    all->weight.rest = 0;
    all->weight.rows = (tl_rows){drawn->tokens, drawn->numbers, drawn->count};
    all->weight.width = WIDTH;
    tl_optimizer_apply(optimizer, step, &all->weight, 1, pool);
}

static void compare(struct tlstm_optimizer *optimizer, int setting, tl_pool *pool,
                    tl_pool *threads) {
    static trained dense, by_rows;
    static batch drawn;
    uint32_t made[ROWS] = {0};
    tl_late late = {made, 0};
    begin(optimizer, &dense);
    begin(optimizer, &by_rows);
    by_rows.weight.late = &late;
    for (int step = 0; step < STEPS; step++) {
        if (step % 50 == 7 && setting != 0)
            optimizer->config.learning_rate *= 0.9;
        if (step == STEPS - 2) /* a norm that is not finite makes all of a clipped gradient NaN */
            dense.weight.occurrence_squares = by_rows.weight.occurrence_squares = INFINITY;
        draw(&drawn);
        step_dense(optimizer, step, &drawn, &dense, pool);
        step_by_rows(optimizer, step, &drawn, &by_rows, threads);
        assert_same(optimizer->ops->name, setting, step, by_rows.w, dense.w);
        if (step % 100 < 98)
            continue;
        tl_optimizer_catch_up(optimizer, &by_rows.weight, 1, threads);
        for (size_t slot = 0; slot < optimizer->ops->slots(&optimizer->config); slot++)
            assert_same(optimizer->ops->name, setting, step, by_rows.slots[slot],
                        dense.slots[slot]);
    }
}

static tl_pool *new_pool(size_t threads) {
    tl_pool *pool = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_pool_new(threads, &pool, &error), error);
    return pool;
}

/* For each setting, of each generation. */
START_TEST(rows_give_the_same_bits) {
    tl_pool *one = new_pool(1), *three = new_pool(3);
    const int setting = _i / 2, legacy = _i % 2;
    for (const tl_optimizer_ops *const *ops = tl_optimizers; *ops; ops++) {
        struct tlstm_optimizer optimizer = tl_optimizer_default(*ops, legacy ? 1 : 3);
        if (legacy && settings[setting].key && strcmp(settings[setting].key, "weight_decay") == 0)
            continue; /* these have none */
        if (set(&optimizer, settings[setting].key, settings[setting].value) &&
            set(&optimizer, settings[setting].second, settings[setting].second_value))
            compare(&optimizer, setting, one, three);
    }
    tl_pool_free(one);
    tl_pool_free(three);
}
END_TEST

/* Several weights, cut into tasks in the middle of a row and of a weight. */
START_TEST(parts_meet_at_any_place) {
    enum { WIDE = 5003 };
    tl_pool *pool = new_pool(4);
    float w[3][2 * WIDE], g[3][2 * WIDE], m[3][2 * WIDE] = {{0}}, v[3][2 * WIDE] = {{0}};
    const int32_t tokens[] = {1}, numbers[] = {-1, 0};
    struct tlstm_optimizer adam = tl_optimizer_default(tl_optimizer_find("adam"), 3);
    tl_trainable weights[3];
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 2 * WIDE; i++) {
            w[k][i] = (float)cos(i);
            g[k][i] = k == 1 || i >= WIDE ? (float)sin(i % WIDE) : 0;
        }
        weights[k] = (tl_trainable){.count = 2 * WIDE - (size_t)k / 2,
                                    .w = w[k],
                                    .g = g[k],
                                    .slots = {m[k], v[k]},
                                    .occurrence_squares = -1};
    }
    weights[1].rows = (tl_rows){tokens, numbers, 1};
    weights[1].width = WIDE;
    tl_optimizer_apply(&adam, 0, weights, 3, pool);
    ck_assert(memcmp(w[0], w[1], sizeof w[0]) == 0);
    ck_assert(memcmp(v[0], v[1], sizeof v[0]) == 0);
    ck_assert(memcmp(w[0], w[2], (2 * WIDE - 1) * sizeof(float)) == 0);
    ck_assert_float_eq(w[2][2 * WIDE - 1], (float)cos(2 * WIDE - 1));
    ck_assert_float_ne(w[0][2 * WIDE - 1], (float)cos(2 * WIDE - 1));
    tl_pool_free(pool);
}
END_TEST

/* The count of updates does not run over. */
START_TEST(counts_of_late_updates_begin_anew) {
    float w[2] = {1, 1}, v[2] = {4, 8}, g[1] = {0};
    uint32_t made[2] = {UINT32_MAX - 1, UINT32_MAX};
    tl_late late = {made, UINT32_MAX};
    const int32_t tokens[] = {1}, numbers[] = {-1, 0};
    tl_pool *pool = new_pool(1);
    struct tlstm_optimizer rmsprop = tl_optimizer_default(tl_optimizer_find("rmsprop"), 3);
    rmsprop.config.rho = 0.5;
    tl_trainable weight = {.count = 2,
                           .w = w,
                           .g = g,
                           .slots = {v},
                           .occurrence_squares = -1,
                           .rows = {tokens, numbers, 1},
                           .width = 1,
                           .late = &late};
    tl_optimizer_apply(&rmsprop, 0, &weight, 1, pool);
    ck_assert_float_eq(v[1], 4);
    ck_assert_uint_eq(late.updates, 1);
    tl_optimizer_catch_up(&rmsprop, &weight, 1, pool);
    ck_assert_float_eq(v[0], 1); /* one update before, one now */
    ck_assert_float_eq(v[1], 4);
    tl_pool_free(pool);
}
END_TEST

START_TEST(odd_slots_are_not_late) {
    const float usual[] = {0, 1, INFINITY}, negative[] = {1, -1e-30f}, minus_zero[] = {1, -0.0f},
                nan[] = {NAN, 1};
    ck_assert(tl_optimizer_may_be_late(usual, 3));
    ck_assert(!tl_optimizer_may_be_late(negative, 2));
    ck_assert(!tl_optimizer_may_be_late(minus_zero, 2));
    ck_assert(!tl_optimizer_may_be_late(nan, 2));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rows");
    TCase *tests = tcase_create("rows");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, rows_give_the_same_bits, 0, 2 * SETTINGS);
    tcase_add_test(tests, parts_meet_at_any_place);
    tcase_add_test(tests, counts_of_late_updates_begin_anew);
    tcase_add_test(tests, odd_slots_are_not_late);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
