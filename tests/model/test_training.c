/* The engine as fit drives it: the same bits for any number of threads, padding lanes that change
 * nothing, data that is refused before anything is changed. */
#include "model/model.h"
#include "models.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DENSE "{\"class_name\": \"Dense\", \"config\": {\"units\": 1, \"activation\": \"sigmoid\"}}"

/* Folded, not folded (dropout), masked, stacked, per-gate masks, no recurrence. */
static const char *const stacks[] = {
    "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 50, \"output_dim\": 5}},"
    "{\"class_name\": \"LSTM\", \"config\": {\"units\": 7}}," DENSE,
    "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 5000, \"output_dim\": 5, "
    "\"mask_zero\": true}},"
    "{\"class_name\": \"GRU\", \"config\": {\"units\": 7, \"reset_after\": false}}," DENSE,
    "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 50, \"output_dim\": 5}},"
    "{\"class_name\": \"LSTM\", \"config\": {\"units\": 4, \"dropout\": 0.3, \"return_sequences\": "
    "true}},"
    "{\"class_name\": \"GRU\", \"config\": {\"units\": 3, \"dropout\": 0.2, \"recurrent_dropout\": "
    "0.2}}," DENSE,
    "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 50, \"output_dim\": 5}},"
    "{\"class_name\": \"Dropout\", \"config\": {\"rate\": 0.4}},"
    "{\"class_name\": \"SimpleRNN\", \"config\": {\"units\": 100}}," DENSE,
    "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 50, \"output_dim\": 5}},"
    "{\"class_name\": \"Flatten\", \"config\": {}}," DENSE,
};
enum { STACKS = sizeof stacks / sizeof *stacks, SAMPLES = 203, TIMESTEPS = 11 };

static float *train(const char *stack, int32_t threads, int64_t batch_size, double *last_loss,
                    size_t *count) {
    tlstm_model *model = test_model(1, (int64_t[]){TIMESTEPS}, stack, 7);
    tlstm_array *x = test_tokens(SAMPLES, TIMESTEPS, 50), *y = test_labels(SAMPLES);
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    tlstm_history *history = NULL;
    tlstm_error *error = NULL;
    options.batch_size = batch_size;
    options.epochs = 2;
    options.threads = threads;
    options.validation_split = 0.2;
    TL_ASSERT_OK(tlstm_model_fit(model, x, y, &options, &history, &error), error);
    *last_loss = tlstm_history_value(history, "val_loss", 1);
    float *weights = test_weights(model, count);
    tlstm_history_free(history);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
    return weights;
}

START_TEST(threads_change_no_bit) {
    static const int64_t batches[] = {1, 17, 64, 200};
    for (size_t b = 0; b < 4; b++) {
        size_t count;
        double loss;
        float *alone = train(stacks[_i], 1, batches[b], &loss, &count);
        for (int32_t threads = 2; threads <= 8; threads += threads == 4 ? 4 : 1) {
            size_t same_count;
            double same_loss;
            float *same = train(stacks[_i], threads, batches[b], &same_loss, &same_count);
            ck_assert_uint_eq(count, same_count);
            ck_assert_msg(memcmp(alone, same, count * sizeof *alone) == 0,
                          "%d threads, batches of %lld: other weights", threads,
                          (long long)batches[b]);
            ck_assert(memcmp(&loss, &same_loss, sizeof loss) == 0);
            free(same);
        }
        free(alone);
    }
}
END_TEST

/* A sample's output does not depend on which samples share its tile. */
START_TEST(samples_do_not_see_each_other) {
    tlstm_model *model = test_model(1, (int64_t[]){TIMESTEPS}, stacks[_i], 3);
    tlstm_array *x = test_tokens(SAMPLES, TIMESTEPS, 50), *all = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_predict(model, x, NULL, &all, &error), error);
    for (int64_t i = 0; i < SAMPLES; i += 40) {
        tlstm_array *one = NULL, *alone = NULL;
        TL_ASSERT_OK(tlstm_array_take(x, &i, 1, &one, &error), error);
        TL_ASSERT_OK(tlstm_model_predict(model, one, NULL, &alone, &error), error);
        ck_assert_float_eq_tol(((const float *)tlstm_array_data(all))[i],
                               ((const float *)tlstm_array_data(alone))[0], 1e-6f);
        tlstm_array_free(one);
        tlstm_array_free(alone);
    }
    tlstm_array_free(all);
    tlstm_array_free(x);
    tlstm_model_free(model);
}
END_TEST

/* The slots of the embedding at the ends of epochs and of some batches. */
typedef struct witness {
    float seen[64][7 * 5000];
    size_t count;
} witness;

static int32_t look(tlstm_model *model, const tlstm_logs *logs, void *user) {
    witness *all = user;
    if (logs->batch % 3 == 2 || logs->batch < 0)
        memcpy(all->seen[all->count++], model->compiled->slots[0], sizeof all->seen[0]);
    return TLSTM_CONTINUE;
}

/* Three epochs with a large vocabulary; `looking` with a callback, NULL without. Returns the
 * trained model. */
static tlstm_model *train_rows(const char *regularizer, int32_t threads, witness *looking) {
    char stack[512];
    snprintf(stack, sizeof stack,
             "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 5000, \"output_dim\": 7"
             "%s}}, {\"class_name\": \"GRU\", \"config\": {\"units\": 3}}," DENSE,
             regularizer);
    tlstm_model *model = test_model(1, (int64_t[]){TIMESTEPS}, stack, 7);
    tlstm_array *x = test_tokens(SAMPLES, TIMESTEPS, 2000), *y = test_labels(SAMPLES);
    tlstm_callback_functions functions = TLSTM_CALLBACK_FUNCTIONS_INIT;
    functions.on_epoch_end = functions.on_batch_end = look;
    functions.user = looking;
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_callback_new(&functions, &callback, &error), error);
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    options.batch_size = 20;
    options.epochs = 3;
    options.threads = threads;
    options.callbacks = &callback;
    options.callback_count = looking != NULL;
    TL_ASSERT_OK(tlstm_model_fit(model, x, y, &options, NULL, &error), error);
    tlstm_callback_free(callback);
    tlstm_array_free(x);
    tlstm_array_free(y);
    return model;
}

/* RMSprop leaves the slots of rows without tokens for later; a regularizer, here one too weak to
 * change a number, gives all rows a gradient. Whoever looks sees the same. */
START_TEST(late_slots_are_caught_up) {
    static const char weak[] = ", \"embeddings_regularizer\": {\"class_name\": \"L2\", "
                               "\"config\": {\"l2\": 1e-60}}";
    static witness late, whole;
    late.count = whole.count = 0;
    tlstm_model *models[] = {train_rows(weak, 1, &whole), train_rows("", 1, &late),
                             train_rows("", 3, NULL)};
    ck_assert_ptr_nonnull(models[0]->layers[0]->weights[0].regularizer);
    ck_assert_ptr_null(models[1]->layers[0]->weights[0].regularizer);
    ck_assert_uint_eq(late.count, 12);
    ck_assert_uint_eq(whole.count, 12);
    ck_assert(memcmp(late.seen, whole.seen, late.count * sizeof late.seen[0]) == 0);
    for (size_t i = 1; i < 3; i++) {
        const size_t bytes = models[0]->parameter_count * sizeof(float);
        ck_assert(memcmp(models[0]->parameters, models[i]->parameters, bytes) == 0);
        ck_assert(memcmp(models[0]->compiled->slots[0], models[i]->compiled->slots[0], bytes) == 0);
    }
    for (size_t i = 0; i < 3; i++)
        tlstm_model_free(models[i]);
}
END_TEST

/* Another seed, another training; the same seed, the same. */
START_TEST(seed_decides) {
    double losses[3];
    const uint64_t seeds[] = {1, 1, 2};
    for (int i = 0; i < 3; i++) {
        tlstm_model *model = test_model(1, (int64_t[]){TIMESTEPS}, stacks[2], seeds[i]);
        tlstm_array *x = test_tokens(SAMPLES, TIMESTEPS, 50), *y = test_labels(SAMPLES);
        tlstm_history *history = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_model_fit(model, x, y, NULL, &history, &error), error);
        losses[i] = tlstm_history_value(history, "loss", 0);
        tlstm_history_free(history);
        tlstm_array_free(x);
        tlstm_array_free(y);
        tlstm_model_free(model);
    }
    ck_assert(losses[0] == losses[1]);
    ck_assert(losses[0] != losses[2]);
}
END_TEST

typedef struct refusal {
    const char *part; /* of the error */
    tlstm_status status;
    int64_t x_shape[2], y_rows;
    int32_t token; /* put into x */
} refusal;

static const refusal refusals[] = {
    {"token 50 in sample 1, timestep 2", TLSTM_ERROR_VALUE, {4, TIMESTEPS}, 4, 50},
    {"token -1", TLSTM_ERROR_VALUE, {4, TIMESTEPS}, 4, -1},
    {"(None, 11)", TLSTM_ERROR_SHAPE, {4, 10}, 4, 0},
    {"3 rows for 4 samples", TLSTM_ERROR_SHAPE, {4, TIMESTEPS}, 3, 0},
    {"no samples", TLSTM_ERROR_VALUE, {0, TIMESTEPS}, 0, 0},
};

START_TEST(bad_data_changes_nothing) {
    const refusal *bad = &refusals[_i];
    tlstm_model *model = test_model(1, (int64_t[]){TIMESTEPS}, stacks[0], 1);
    size_t count;
    float *before = test_weights(model, &count);
    tlstm_array *x = test_tokens(bad->x_shape[0], bad->x_shape[1], 50),
                *y = test_labels(bad->y_rows);
    if (bad->token)
        ((int32_t *)tlstm_array_mutable_data(x))[TIMESTEPS + 2] = bad->token;
    tlstm_history *history = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tlstm_model_fit(model, x, y, NULL, &history, &error), bad->status, error,
                    bad->part);
    ck_assert_ptr_null(history);
    float *after = test_weights(model, &count);
    ck_assert(memcmp(before, after, count * sizeof *before) == 0);
    free(before);
    free(after);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
}
END_TEST

#define FLOATS "{\"class_name\": \"LSTM\", \"config\": {\"units\": 3}}," DENSE

START_TEST(nan_is_not_trained_on) {
    tlstm_model *model = test_model(2, (int64_t[]){4, 2}, FLOATS, 1);
    tlstm_array *x = test_features(5, 4, 2), *y = test_labels(5);
    tlstm_error *error = NULL;
    ((float *)tlstm_array_mutable_data(x))[3 * 8 + 1] = NAN;
    TL_ASSERT_FAILS(tlstm_model_fit(model, x, y, NULL, NULL, &error), TLSTM_ERROR_VALUE, error,
                    "sample 3 holds NaN");
    ((float *)tlstm_array_mutable_data(x))[3 * 8 + 1] = 0;
    tlstm_array *kernel = NULL;
    TL_ASSERT_OK(tlstm_model_get_weight(model, 0, &kernel, &error), error);
    ((float *)tlstm_array_mutable_data(kernel))[5] = NAN;
    TL_ASSERT_OK(tlstm_model_set_weight(model, 0, kernel, &error), error);
    TL_ASSERT_FAILS(tlstm_model_fit(model, x, y, NULL, NULL, &error), TLSTM_ERROR_VALUE, error,
                    "weight kernel holds NaN");
    tlstm_array_free(kernel);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
}
END_TEST

static void compile_with_sgd(tlstm_model *model, double learning_rate, const char *loss_name) {
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_optimizer_new("sgd", &optimizer, &error), error);
    TL_ASSERT_OK(tlstm_optimizer_set(optimizer, "learning_rate", learning_rate, &error), error);
    TL_ASSERT_OK(tlstm_loss_new(loss_name, &loss, &error), error);
    TL_ASSERT_OK(tlstm_model_compile(model, optimizer, loss, NULL, 0, &error), error);
    tlstm_loss_free(loss);
    tlstm_optimizer_free(optimizer);
}

/* ---- Dropout ---- */

/* Which of a model's numbers is moved, and how far. */
typedef struct change {
    size_t weight, at;
    float by;
} change;

static void move_weight(tlstm_model *model, const change *moved) {
    tlstm_array *value = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_get_weight(model, moved->weight, &value, &error), error);
    ((float *)tlstm_array_mutable_data(value))[moved->at] += moved->by;
    TL_ASSERT_OK(tlstm_model_set_weight(model, moved->weight, value, &error), error);
    tlstm_array_free(value);
}

static tlstm_model *dropping_model(const char *stack) {
    return test_model(2, (int64_t[]){18, 8}, stack, 11);
}

/* One batch with SGD from a new model's seed, so with the same masks. Returns the loss before it.
 */
static double one_step(tlstm_model *model, double learning_rate) {
    tlstm_array *x = test_features(20, 18, 8), *y = test_labels(20);
    tlstm_history *history = NULL;
    tlstm_error *error = NULL;
    compile_with_sgd(model, learning_rate, "binary_crossentropy");
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    options.shuffle = 0;
    TL_ASSERT_OK(tlstm_model_fit(model, x, y, &options, &history, &error), error);
    const double loss = tlstm_history_value(history, "loss", 0);
    tlstm_history_free(history);
    tlstm_array_free(x);
    tlstm_array_free(y);
    return loss;
}

/* A learning rate that changes nothing. */
#define NO_RATE 0x1p-100

static double loss_of(const char *stack, size_t weight, size_t at, float by) {
    tlstm_model *model = dropping_model(stack);
    move_weight(model, &(change){weight, at, by});
    const double loss = one_step(model, NO_RATE);
    tlstm_model_free(model);
    return loss;
}

#define DROPPING(cell, more)                                                                       \
    "{\"class_name\": \"" cell "\", \"config\": {\"units\": 8, \"dropout\": 0.3" more "}},"
#define SEQUENCES ", \"return_sequences\": true"
#define STATES ", \"recurrent_dropout\": 0.4"

/* Units that may lie in the lanes: alone, and handing their numbers on. */
static const char *const dropping[] = {
    DROPPING("LSTM", SEQUENCES) DROPPING("LSTM", "") DENSE,
    DROPPING("LSTM", SEQUENCES STATES) DROPPING("GRU", STATES) DENSE,
    DROPPING("GRU", SEQUENCES) DROPPING("SimpleRNN", ", \"go_backwards\": true") DENSE,
    DROPPING("GRU", SEQUENCES ", \"reset_after\": false" STATES) DROPPING("GRU", "") DENSE,
    DROPPING("SimpleRNN", SEQUENCES STATES) DROPPING("LSTM", STATES) DENSE,
};

/* What a step of SGD subtracts is the slope of the loss with the same masks. */
START_TEST(masks_are_those_of_the_loss) {
    const float far = 0.005f;
    size_t count, weight = 0, first = 0;
    tlstm_model *model = dropping_model(dropping[_i]);
    float *before = test_weights(model, &count);
    one_step(model, 1);
    float *after = test_weights(model, &count);
    for (size_t end; weight < tlstm_model_weights(model); weight++, first = end) {
        tlstm_array *value = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_model_get_weight(model, weight, &value, &error), error);
        end = first + tlstm_array_size(value);
        for (size_t i = first; i < end; i += 7) {
            const double slope = (loss_of(dropping[_i], weight, i - first, far) -
                                  loss_of(dropping[_i], weight, i - first, -far)) /
                                 (2 * (double)far);
            ck_assert_msg(fabs((double)before[i] - after[i] - slope) < 3e-5 + 0.003 * fabs(slope),
                          "stack %d, weight %zu, place %zu: %g, expected %g", _i, weight, i - first,
                          (double)before[i] - after[i], slope);
        }
        tlstm_array_free(value);
    }
    tlstm_model_free(model);
    free(before);
    free(after);
}
END_TEST

#define LINEAR "{\"class_name\": \"Activation\", \"config\": {\"activation\": \"linear\"}},"
#define BELOW "{\"class_name\": \"LSTM\", \"config\": {\"units\": 8, \"return_sequences\": true}},"

/* The masks of the third layer are the same whether its neighbour hands numbers on as they lie. */
START_TEST(masks_do_not_follow_layouts) {
    tlstm_model *direct = dropping_model(LINEAR BELOW DROPPING("LSTM", STATES) DENSE);
    tlstm_model *apart = dropping_model(BELOW LINEAR DROPPING("LSTM", STATES) DENSE);
    tlstm_error *error = NULL;
    for (size_t i = 0; i < tlstm_model_weights(direct); i++) {
        tlstm_array *value = NULL;
        TL_ASSERT_OK(tlstm_model_get_weight(direct, i, &value, &error), error);
        TL_ASSERT_OK(tlstm_model_set_weight(apart, i, value, &error), error);
        tlstm_array_free(value);
    }
    ck_assert_double_eq_tol(one_step(direct, NO_RATE), one_step(apart, NO_RATE), 1e-6);
    tlstm_model_free(direct);
    tlstm_model_free(apart);
}
END_TEST

/* The state of a stateful model goes from batch to batch: two halves equal the whole. */
START_TEST(stateful_halves_make_a_whole) {
    static const char stateful[] =
        "{\"class_name\": \"GRU\", \"config\": {\"units\": 3, \"stateful\": true}}," DENSE;
    static const char plain[] = "{\"class_name\": \"GRU\", \"config\": {\"units\": 3}}," DENSE;
    tlstm_model *halves = test_model(2, (int64_t[]){-1, 2}, stateful, 5);
    tlstm_model *whole = test_model(2, (int64_t[]){-1, 2}, plain, 5);
    tlstm_array *x = test_features(3, 8, 2), *y = NULL, *part = NULL, *y2 = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_predict(whole, x, NULL, &y, &error), error);
    for (int half = 0; half < 2; half++) {
        float values[3 * 4 * 2];
        for (int s = 0; s < 3; s++)
            memcpy(values + s * 8, (const float *)tlstm_array_data(x) + s * 16 + half * 8,
                   8 * sizeof(float));
        TL_ASSERT_OK(
            tlstm_array_wrap(values, TLSTM_FLOAT32, 3, (int64_t[]){3, 4, 2}, &part, &error), error);
        tlstm_array_free(y2);
        y2 = NULL;
        TL_ASSERT_OK(tlstm_model_predict(halves, part, NULL, &y2, &error), error);
        tlstm_array_free(part);
    }
    for (int s = 0; s < 3; s++)
        ck_assert_float_eq_tol(((const float *)tlstm_array_data(y))[s],
                               ((const float *)tlstm_array_data(y2))[s], 1e-6f);
    /* Another batch size does not fit the states that are kept. */
    tlstm_array *four = test_features(4, 4, 2), *none = NULL;
    TL_ASSERT_FAILS(tlstm_model_predict(halves, four, NULL, &none, &error), TLSTM_ERROR_SHAPE,
                    error, "states of 3 samples");
    tlstm_model_reset_states(halves);
    tlstm_run_options threes = TLSTM_RUN_OPTIONS_INIT;
    threes.batch_size = 3;
    TL_ASSERT_FAILS(tlstm_model_predict(halves, four, &threes, &none, &error), TLSTM_ERROR_SHAPE,
                    error, "multiple");
    TL_ASSERT_OK(tlstm_model_predict(halves, four, NULL, &none, &error), error);
    tlstm_array_free(none);
    tlstm_array_free(four);
    tlstm_array_free(y2);
    tlstm_array_free(y);
    tlstm_array_free(x);
    tlstm_model_free(whole);
    tlstm_model_free(halves);
}
END_TEST

/* A loss that overflows ends the training before it spoils the weights. */
START_TEST(nan_ends_the_training) {
    tlstm_model *model = test_model(2, (int64_t[]){4, 2},
                                    "{\"class_name\": \"LSTM\", \"config\": {\"units\": 3}},"
                                    "{\"class_name\": \"Dense\", \"config\": {\"units\": 1}}",
                                    1);
    tlstm_array *x = test_features(64, 4, 2), *y = test_labels(64);
    tlstm_error *error = NULL;
    compile_with_sgd(model, 1e30, "mse");
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    options.epochs = 50;
    options.batch_size = 8;
    TL_ASSERT_FAILS(tlstm_model_fit(model, x, y, &options, NULL, &error), TLSTM_ERROR_VALUE, error,
                    "became NaN");
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_model_free(model);
}
END_TEST

/* Fit, with each allocation failing once: an error, nothing leaked. */
static tlstm_status fit_once(void *context, tlstm_error **error) {
    (void)context;
    static const char json[] =
        "{\"class_name\": \"Sequential\", \"config\": {\"layers\": ["
        "{\"class_name\": \"Embedding\", \"config\": {\"input_dim\": 9, \"output_dim\": 2}},"
        "{\"class_name\": \"LSTM\", \"config\": {\"units\": 2}}," DENSE "]}}";
    int32_t tokens[6] = {1, 2, 3, 4, 5, 6}, labels[2] = {0, 1};
    tlstm_model *model = NULL;
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    tlstm_array *x = NULL, *y = NULL;
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    options.threads = 1;
    options.validation_split = 0.5;
    tlstm_status status = tlstm_model_from_json(json, sizeof json - 1, 1, &model, error);
    if (!status)
        status = tlstm_optimizer_new("adam", &optimizer, error);
    if (!status)
        status = tlstm_loss_new("binary_crossentropy", &loss, error);
    if (!status)
        status = tlstm_model_compile(model, optimizer, loss, NULL, 0, error);
    if (!status)
        status = tlstm_array_wrap(tokens, TLSTM_INT32, 2, (int64_t[]){2, 3}, &x, error);
    if (!status)
        status = tlstm_array_wrap(labels, TLSTM_INT32, 1, (int64_t[]){2}, &y, error);
    if (!status)
        status = tlstm_model_fit(model, x, y, &options, NULL, error);
    tlstm_array_free(x);
    tlstm_array_free(y);
    tlstm_loss_free(loss);
    tlstm_optimizer_free(optimizer);
    tlstm_model_free(model);
    return status;
}

START_TEST(each_allocation_may_fail) {
    tl_test_fail_each_allocation(fit_once, NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("training");
    TCase *same = tcase_create("same");
    tcase_set_timeout(same, 120);
    tcase_add_loop_test(same, threads_change_no_bit, 0, STACKS);
    tcase_add_loop_test(same, samples_do_not_see_each_other, 0, STACKS);
    tcase_add_test(same, late_slots_are_caught_up);
    tcase_add_test(same, seed_decides);
    suite_add_tcase(suite, same);
    TCase *bad = tcase_create("bad");
    tcase_add_loop_test(bad, bad_data_changes_nothing, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(bad, nan_is_not_trained_on);
    tcase_add_test(bad, nan_ends_the_training);
    tcase_add_test(bad, each_allocation_may_fail);
    suite_add_tcase(suite, bad);
    TCase *state = tcase_create("state");
    tcase_add_test(state, stateful_halves_make_a_whole);
    suite_add_tcase(suite, state);
    TCase *dropout = tcase_create("dropout");
    tcase_set_timeout(dropout, 120);
    tcase_add_loop_test(dropout, masks_are_those_of_the_loss, 0,
                        sizeof dropping / sizeof *dropping);
    tcase_add_test(dropout, masks_do_not_follow_layouts);
    suite_add_tcase(suite, dropout);
    return tl_test_run(suite);
}
