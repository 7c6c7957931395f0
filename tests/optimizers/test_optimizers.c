/* Optimizers step by step against Keras (reference.h), and what they share. */
#include "optimizers/optimizer.h"
#include "reference.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define CASES ((int)(sizeof(reference) / sizeof(reference[0])))

static struct tlstm_optimizer optimizer_of(int index) {
    struct tlstm_optimizer optimizer =
        tl_optimizer_default(tl_optimizer_find(reference[index].name), 3);
    tlstm_error *error = NULL;
    optimizer.config.legacy = reference[index].legacy;
    for (int i = 0; i < 5 && reference[index].settings[i].key; i++) {
        const tl_field *field =
            tl_field_find(optimizer.ops->fields, reference[index].settings[i].key);
        ck_assert_ptr_nonnull(field);
        TL_ASSERT_OK(tl_field_set_number(field, &optimizer.config,
                                         reference[index].settings[i].value, &error),
                     error);
    }
    return optimizer;
}

static tl_pool *new_pool(size_t threads) {
    tl_pool *pool = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_pool_new(threads, &pool, &error), error);
    return pool;
}

/* The gradient of a step where only some rows have one: `numbers` has room for all. */
static tl_rows gradient_of_rows(const int32_t *tokens, const float *all, int32_t *numbers,
                                float *g) {
    tl_rows rows = {tokens, numbers, 0};
    for (int row = 0; row < COUNT / 2; row++)
        numbers[row] = -1;
    for (; tokens[rows.count] >= 0; rows.count++) {
        numbers[tokens[rows.count]] = (int32_t)rows.count;
        memcpy(g + 2 * rows.count, all + 2 * tokens[rows.count], 2 * sizeof(float));
    }
    return rows;
}

START_TEST(steps_as_keras) {
    tl_pool *pool = new_pool(1);
    int32_t numbers[COUNT / 2];
    struct tlstm_optimizer optimizer = optimizer_of(_i);
    float w[COUNT], g[COUNT], slots[TL_MAX_SLOTS][COUNT];
    memcpy(w, start, sizeof(w));
    tl_trainable weight = {.count = COUNT, .w = w, .g = g, .occurrence_squares = -1};
    for (size_t slot = 0; slot < optimizer.ops->slots(&optimizer.config); slot++) {
        double first =
            optimizer.ops->slot_start ? optimizer.ops->slot_start(&optimizer.config, slot) : 0;
        for (int i = 0; i < COUNT; i++)
            slots[slot][i] = (float)first;
        weight.slots[slot] = slots[slot];
    }
    for (int step = 0; step < STEPS; step++) {
        memcpy(g, gradients[step], sizeof(g));
        if (reference[_i].by_rows) {
            weight.rows = gradient_of_rows(touched[step], gradients[step], numbers, g);
            weight.width = 2;
        }
        tl_optimizer_apply(&optimizer, step, &weight, 1, pool);
        for (int i = 0; i < COUNT; i++) {
            /* Keras rounds the powers of the betas to float32. */
            double expected = reference[_i].weights[step][i];
            ck_assert_msg(fabs((double)w[i] - expected) <= 2e-6 * fmax(1, fabs(expected)),
                          "%s (case %d), step %d: w[%d] is %.9g, Keras has %.9g",
                          reference[_i].name, _i, step, i, (double)w[i], expected);
        }
    }
    tl_pool_free(pool);
}
END_TEST

/* Long runs of one number and short ones go through vector and scalar loops: same results. */
START_TEST(does_not_depend_on_the_place) {
    tl_pool *pool = new_pool(1);
    for (const tl_optimizer_ops *const *ops = tl_optimizers; *ops; ops++) {
        struct tlstm_optimizer optimizer = tl_optimizer_default(*ops, 3);
        enum { LENGTH = 37 };
        float w[LENGTH], g[LENGTH], slots[TL_MAX_SLOTS][LENGTH];
        tl_trainable weight = {.count = LENGTH, .w = w, .g = g, .occurrence_squares = -1};
        for (size_t slot = 0; slot < TL_MAX_SLOTS; slot++)
            weight.slots[slot] = slots[slot];
        memset(slots, 0, sizeof(slots));
        for (int i = 0; i < LENGTH; i++)
            w[i] = 0.7f;
        for (int step = 0; step < 3; step++) {
            for (int i = 0; i < LENGTH; i++)
                g[i] = 0.3f;
            tl_optimizer_apply(&optimizer, step, &weight, 1, pool);
        }
        for (int i = 0; i < LENGTH; i++) {
            ck_assert_float_eq(w[i], w[0]);
            ck_assert_float_lt(w[i], 0.7f);
        }
    }
    tl_pool_free(pool);
}
END_TEST

/* 3-4-5 triangles over two weights. */
START_TEST(clips_by_norms) {
    tl_pool *pool = new_pool(1);
    float w[2] = {0}, g[2] = {3, 4}, occurrences[1] = {10}, w2[1] = {0};
    tl_trainable weights[2] = {
        {.count = 2, .w = w, .g = g, .occurrence_squares = -1},
        {.count = 1, .w = w2, .g = occurrences, .occurrence_squares = 144},
    };
    struct tlstm_optimizer sgd = tl_optimizer_default(tl_optimizer_find("sgd"), 3);
    sgd.config.learning_rate = 1;
    ck_assert(!tl_optimizer_clips(&sgd.config));
    sgd.config.global_clipnorm = 6.5; /* of sqrt(25 + 144) = 13 */
    ck_assert(tl_optimizer_clips(&sgd.config));
    tl_optimizer_apply(&sgd, 0, weights, 2, pool);
    ck_assert_float_eq_tol(w[0], -1.5f, 1e-6f);
    ck_assert_float_eq_tol(w2[0], -5.0f, 1e-6f);
    sgd.config.clipnorm = 6; /* each for itself, and before the global one */
    w[0] = w2[0] = 0;
    g[0] = 3;
    g[1] = 4;
    occurrences[0] = 10;
    tl_optimizer_apply(&sgd, 0, weights, 2, pool);
    ck_assert_float_eq_tol(w[0], -3.0f, 1e-6f);
    ck_assert_float_eq_tol(w2[0], -5.0f, 1e-6f);
    tl_pool_free(pool);
}
END_TEST

START_TEST(learning_rate_follows_its_schedule) {
    tl_optimizer_config config = tl_optimizer_plain(0.5, 3);
    ck_assert_double_eq(tl_optimizer_learning_rate(&config, 1000), 0.5);
    config.decay = 0.1; /* is of the legacy optimizers */
    ck_assert_double_eq(tl_optimizer_learning_rate(&config, 10), 0.5);
    config.legacy = 1;
    ck_assert_double_eq_tol(tl_optimizer_learning_rate(&config, 10), 0.25, 1e-12);
    config.decay = 0;
    config.decay_steps = 4;
    config.decay_rate = 0.25;
    ck_assert_double_eq_tol(tl_optimizer_learning_rate(&config, 0), 0.5, 1e-12);
    ck_assert_double_eq_tol(tl_optimizer_learning_rate(&config, 2), 0.25, 1e-12);
    ck_assert_double_eq_tol(tl_optimizer_learning_rate(&config, 6), 0.0625, 1e-12);
    config.staircase = 1;
    ck_assert_double_eq_tol(tl_optimizer_learning_rate(&config, 7), 0.125, 1e-12);
}
END_TEST

START_TEST(names_are_kerass) {
    ck_assert_str_eq(tl_optimizer_find("RMSprop")->class_name, "RMSprop");
    ck_assert_str_eq(tl_optimizer_find("rmsPROP")->class_name, "RMSprop");
    ck_assert_ptr_null(tl_optimizer_find("rms"));
    ck_assert_ptr_null(tl_optimizer_find(""));
    struct tlstm_optimizer rmsprop = tl_optimizer_default(tl_optimizer_find("rmsprop"), 3);
    ck_assert_uint_eq(rmsprop.ops->slots(&rmsprop.config), 1);
    rmsprop.config.centered = 1;
    ck_assert_uint_eq(rmsprop.ops->slots(&rmsprop.config), 2);
    ck_assert_str_eq(rmsprop.ops->slot_names(&rmsprop.config)[1], "average_gradient");
    rmsprop.config.momentum = 0.5;
    ck_assert_uint_eq(rmsprop.ops->slots(&rmsprop.config), 3);
    ck_assert_str_eq(rmsprop.ops->slot_names(&rmsprop.config)[1], "momentum");
    ck_assert_str_eq(rmsprop.ops->slot_names(&rmsprop.config)[2], "average_gradient");
    rmsprop.config.legacy = 1;
    ck_assert_str_eq(rmsprop.ops->slot_names(&rmsprop.config)[2], "mg");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("optimizers");
    TCase *tests = tcase_create("optimizers");
    tcase_add_loop_test(tests, steps_as_keras, 0, CASES);
    tcase_add_test(tests, does_not_depend_on_the_place);
    tcase_add_test(tests, clips_by_norms);
    tcase_add_test(tests, learning_rate_follows_its_schedule);
    tcase_add_test(tests, names_are_kerass);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
