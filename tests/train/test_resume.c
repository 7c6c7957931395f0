/* Going on: three epochs, saved, loaded, and three more are six epochs, to the last bit. Whatever
 * the optimizer, the layers, the kind of file and the number of threads. */
#include "support.h"

#include "base/alloc.h"
#include "data/array.h"
#include "files/format.h"
#include "files/hdf5.h"
#include "files/keras_config.h"
#include "train/callback.h"
#include "train/fit.h"
#include "train/history.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES = 21, BATCH = 7, TIMESTEPS = 5, FEATURES = 3, VOCABULARY = 11, EPOCHS = 3 };

/* ---- Models ---- */

typedef struct recipe {
    const char *name;
    int tokens;
    struct {
        const char *class_name, *config;
    } layers[8];
} recipe;

#define TOKENS                                                                                     \
    { "InputLayer", "{\"batch_shape\": [null, 5]}" }
#define NUMBERS                                                                                    \
    { "InputLayer", "{\"batch_shape\": [null, 5, 3]}" }
#define OUTPUT                                                                                     \
    { "Dense", "{\"units\": 1, \"activation\": \"sigmoid\"}" }
#define DROPPING "\"dropout\": 0.3, \"recurrent_dropout\": 0.2"
#define EMBEDDING                                                                                  \
    { "Embedding", "{\"input_dim\": 11, \"output_dim\": 4}" }

static const recipe recipes[] = {
    {"lstm", 1, {TOKENS, EMBEDDING, {"LSTM", "{\"units\": 4, " DROPPING "}"}, OUTPUT}},
    {"gru", 1, {TOKENS, EMBEDDING, {"GRU", "{\"units\": 4, " DROPPING "}"}, OUTPUT}},
    {"gru before",
     0,
     {NUMBERS, {"GRU", "{\"units\": 4, \"reset_after\": false, " DROPPING "}"}, OUTPUT}},
    {"simple rnn", 0, {NUMBERS, {"SimpleRNN", "{\"units\": 4, " DROPPING "}"}, OUTPUT}},
    /* without an input layer, which the file will have, and a table of rows that may be late */
    {"no input layer",
     1,
     {{"Embedding", "{\"input_dim\": 11, \"output_dim\": 4, \"input_length\": 5}"},
      {"LSTM", "{\"units\": 4}"},
      {"Dropout", "{\"rate\": 0.4}"},
      OUTPUT}},
    {"masked and stacked",
     1,
     {TOKENS,
      {"Embedding", "{\"input_dim\": 11, \"output_dim\": 4, \"mask_zero\": true, "
                    "\"embeddings_regularizer\": \"l2\"}"},
      {"Dropout", "{\"rate\": 0.25}"},
      {"GRU", "{\"units\": 3, \"return_sequences\": true, \"kernel_constraint\": \"max_norm\"}"},
      {"LSTM", "{\"units\": 3, \"go_backwards\": true, " DROPPING "}"},
      {"Dense", "{\"units\": 3, \"activation\": \"relu\", \"trainable\": false}"},
      OUTPUT}},
    {"flat",
     0,
     {NUMBERS,
      {"Flatten", "{}"},
      {"Dense", "{\"units\": 4}"},
      {"Activation", "{\"activation\": \"tanh\"}"},
      {"Dropout", "{\"rate\": 0.5}"},
      OUTPUT}},
    {"stateful",
     0,
     {{"InputLayer", "{\"batch_shape\": [7, 5, 3]}"},
      {"LSTM", "{\"units\": 4, \"stateful\": true, \"return_sequences\": true, " DROPPING "}"},
      {"GRU", "{\"units\": 3, \"return_sequences\": true}"},
      {"SimpleRNN", "{\"units\": 2, \"stateful\": true}"},
      OUTPUT}},
};
enum { RECIPES = sizeof recipes / sizeof recipes[0] };

/* What compile() is given beside the optimizer's defaults. */
typedef struct tuning {
    const char *name;
    void (*apply)(tl_optimizer_config *config);
    int legacy_only;
} tuning;

static void tune_nothing(tl_optimizer_config *config) {
    (void)config;
}
static void tune_clipnorm(tl_optimizer_config *config) {
    config->clipnorm = 0.1 + 0.2;
    config->momentum = 0.7;
    config->nesterov = config->amsgrad = config->centered = 1;
}
static void tune_clipvalue(tl_optimizer_config *config) {
    config->clipvalue = 0.01;
    config->momentum = 0.3;
}
static void tune_global(tl_optimizer_config *config) {
    config->global_clipnorm = 0.2;
    config->weight_decay = config->legacy ? (double)NAN : 0.003;
}
static void tune_decay(tl_optimizer_config *config) {
    config->decay = 0.013;
    config->schedule_decay = 0.02;
}
static void tune_schedule(tl_optimizer_config *config) {
    config->decay_steps = 4;
    config->decay_rate = 0.9;
}

static const tuning tunings[] = {
    {"as it is", tune_nothing, 0},    {"clipnorm", tune_clipnorm, 0},
    {"clipvalue", tune_clipvalue, 0}, {"global_clipnorm", tune_global, 0},
    {"decay", tune_decay, 1},         {"schedule", tune_schedule, 0},
};
enum { TUNINGS = sizeof tunings / sizeof tunings[0] };

/* One model and how it is trained. */
typedef struct setting {
    const recipe *recipe;
    const tl_optimizer_ops *optimizer;
    const tuning *tuning;
    int legacy, weighted, threads;
} setting;

static tlstm_model *make(const setting *of, uint64_t seed) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_model_new("mine", seed, &model, &error), error);
    for (size_t i = 0; i < 8 && of->recipe->layers[i].class_name; i++)
        TL_ASSERT_OK(tl_keras_add_layer(model, of->recipe->layers[i].class_name,
                                        of->recipe->layers[i].config, &error),
                     error);
    TL_ASSERT_OK(tl_model_build(model, NULL, &error), error);
    struct tlstm_optimizer optimizer = tl_optimizer_default(of->optimizer, of->legacy ? 1 : 3);
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("binary_crossentropy"));
    tl_metric metric;
    optimizer.config.learning_rate = 0.1 / 3; /* no float */
    of->tuning->apply(&optimizer.config);
    TL_ASSERT_OK(tl_metric_resolve("accuracy", loss.ops, 1, &metric, &error), error);
    TL_ASSERT_OK(tl_model_compile(model, &optimizer, &loss, &metric, 1, &error), error);
    return model;
}

/* ---- Training ---- */

typedef struct data {
    tlstm_array *x, *y, *weights;
} data;

static data make_data(int tokens) {
    data made = {0};
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_array_new(TLSTM_FLOAT32, tokens ? 2 : 3,
                              (int64_t[]){SAMPLES, TIMESTEPS, FEATURES}, &made.x, &error),
                 error);
    TL_ASSERT_OK(tl_array_new(TLSTM_FLOAT32, 1, (int64_t[]){SAMPLES}, &made.y, &error), error);
    TL_ASSERT_OK(tl_array_new(TLSTM_FLOAT32, 1, (int64_t[]){SAMPLES}, &made.weights, &error),
                 error);
    float *x = made.x->data, *y = made.y->data, *weights = made.weights->data;
    for (size_t i = 0; i < made.x->size; i++)
        x[i] = tokens ? (float)(i * i * 7 % VOCABULARY) : (float)sin((double)i * 1.7);
    for (size_t i = 0; i < SAMPLES; i++) {
        y[i] = (float)(i * 5 % 3 == 0);
        weights[i] = 0.5F + (float)(i % 4);
    }
    return made;
}

static void clear_data(data *made) {
    tl_array_free(made->x);
    tl_array_free(made->y);
    tl_array_free(made->weights);
}

static tlstm_history *train(tlstm_model *model, const setting *of, const data *on, int64_t first,
                            int64_t last) {
    static const double class_weight[] = {0.75, 1.5};
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    tlstm_history *history = NULL;
    tlstm_error *error = NULL;
    options.batch_size = BATCH;
    options.initial_epoch = first;
    options.epochs = last;
    options.threads = of->threads;
    options.x_val = on->x;
    options.y_val = on->y;
    if (of->weighted) {
        options.sample_weight = on->weights;
        options.class_weight = class_weight;
        options.class_count = 2;
    }
    TL_ASSERT_OK(tl_fit(model, on->x, on->y, &options, &history, &error), error);
    return history;
}

/* ---- Comparing ---- */

static int same_bits(const float *a, const float *b, size_t count) {
    return memcmp(a, b, count * sizeof *a) == 0;
}

/* The first thing in which two models differ; NULL: in nothing. */
static const char *difference(const tlstm_model *a, const tlstm_model *b) {
    const tl_compiled *one = a->compiled, *other = b->compiled;
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(a, i, &at); i++) {
        const size_t place = at.weight->offset;
        if (!same_bits(a->parameters + place, b->parameters + place, at.weight->size))
            return at.weight->path;
        for (size_t s = 0; at.layer->trainable && s < one->slot_count; s++)
            if (!same_bits(one->slots[s] + place, other->slots[s] + place, at.weight->size))
                return "a slot";
    }
    if (one->iterations != other->iterations)
        return "iterations";
    if (one->optimizer.config.learning_rate != other->optimizer.config.learning_rate)
        return "learning rate";
    if (a->layer_count != b->layer_count)
        return "layers";
    if (a->seed != b->seed || a->epochs_seen != b->epochs_seen || a->steps_seen != b->steps_seen)
        return "counters";
    if (a->state_batch != b->state_batch ||
        (a->states && !same_bits(a->states, b->states, a->state_batch * tl_model_state_size(a))))
        return "states";
    return NULL;
}

/* Whether the rows of `part` are those of `whole` from `first` on. */
static int same_history(const tlstm_history *whole, const tlstm_history *part, size_t first) {
    if (part->column_count != whole->column_count ||
        part->epoch_count + first != whole->epoch_count)
        return 0;
    for (size_t column = 0; column < whole->column_count; column++)
        for (size_t epoch = 0; epoch < part->epoch_count; epoch++) {
            const char *name = whole->names[column];
            if (strcmp(name, part->names[column]) != 0 ||
                tl_history_value(whole, name, epoch + first) != tl_history_value(part, name, epoch))
                return 0;
        }
    return 1;
}

/* ---- Files ---- */

/* Writes a model and gets it back, by each way there is. */
typedef struct way {
    const char *name;
    const char *file;
    int in_memory;
} way;

static const way ways[] = {
    {"x.h5", "resume.h5", 0},
    {"x.keras", "resume.keras", 0},
    {"x.weights.h5", "resume.weights.h5", 0},
    {"memory, .h5", NULL, 1},
    {"memory, .keras", "resume.keras", 1},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static const tlstm_save_options everything = TLSTM_SAVE_OPTIONS_INIT;

static tlstm_model *load_bytes(const tlstm_model *model, const way *by) {
    const tl_format *const *format = tl_formats;
    while (by->file ? strcmp((*format)->suffix, ".keras") != 0 : (*format)->suffix[0] != '\0')
        format++;
    char *bytes = NULL;
    size_t length = 0;
    tlstm_model *again = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK((*format)->save(model, &everything, &bytes, &length, &error), error);
    TL_ASSERT_OK(tl_model_load_memory(bytes, length, &again, &error), error);
    tl_free(bytes);
    return again;
}

static tlstm_model *through(const tlstm_model *model, const setting *of, const way *by) {
    tlstm_model *again = NULL;
    tlstm_error *error = NULL;
    if (by->in_memory)
        return load_bytes(model, by);
    const char *path = tl_test_temporary(by->file);
    TL_ASSERT_OK(tl_model_save(model, path, &everything, &error), error);
    if (strstr(path, ".weights.h5")) {
        again = make(of, 99);
        TL_ASSERT_OK(tl_model_load_weights(again, path, &error), error);
    } else {
        TL_ASSERT_OK(tl_model_load(path, &again, &error), error);
    }
    return again;
}

/* A .keras cannot say everything: then saving must have refused. */
static int is_refused(const tlstm_model *model, const way *by) {
    const tl_optimizer_config *config = &model->compiled->optimizer.config;
    char *bytes = NULL;
    tlstm_error *error = NULL;
    if (!config->legacy || config->decay == 0 || !by->file || !strstr(by->file, ".keras"))
        return 0;
    TL_ASSERT_FAILS(tl_model_save(model, tl_test_temporary(by->file), &everything, &error),
                    TLSTM_ERROR_UNSUPPORTED, error, "decay");
    tl_free(bytes);
    return 1;
}

/* ---- The test ---- */

static void go_on(const setting *of, const tlstm_model *half, const tlstm_model *whole,
                  const tlstm_history *all, const data *on, const way *by) {
    if (is_refused(half, by))
        return;
    tlstm_model *again = through(half, of, by);
    const char *where = of->recipe->name, *optimizer = of->optimizer->class_name;
    ck_assert_msg(again->note_count == 0, "%s, %s, %s: %s", where, optimizer, by->name,
                  again->note_count ? again->notes[0].text : "");
    const char *differs = difference(half, again);
    ck_assert_msg(!differs, "%s, %s%s %s, %s: %s is not as it was saved", where,
                  of->legacy ? "old " : "", optimizer, of->tuning->name, by->name, differs);
    setting other = *of;
    other.threads = of->threads == 1 ? 2 : 1;
    tlstm_history *rest = train(again, &other, on, EPOCHS, 2 * EPOCHS);
    differs = difference(whole, again);
    ck_assert_msg(!differs, "%s, %s%s %s, %s: %s differs in the end", where,
                  of->legacy ? "old " : "", optimizer, of->tuning->name, by->name, differs);
    ck_assert_msg(same_history(all, rest, EPOCHS), "%s, %s, %s: another history", where, optimizer,
                  by->name);
    tl_history_free(rest);
    tl_model_free(again);
}

static void check(const setting *of, const way *first_way, size_t way_count) {
    data on = make_data(of->recipe->tokens);
    tlstm_model *whole = make(of, UINT64_MAX - 5), *half = make(of, UINT64_MAX - 5);
    tlstm_history *all = train(whole, of, &on, 0, 2 * EPOCHS);
    tlstm_history *part = train(half, of, &on, 0, EPOCHS);
    for (size_t i = 0; i < way_count; i++)
        go_on(of, half, whole, all, &on, &first_way[i]);
    tl_history_free(part);
    tl_history_free(all);
    tl_model_free(half);
    tl_model_free(whole);
    clear_data(&on);
}

START_TEST(every_layer_goes_on) {
    for (size_t r = 0; r < RECIPES; r++)
        for (int weighted = 0; weighted < 2; weighted++)
            check(&(setting){&recipes[r], tl_optimizer_find(weighted ? "adam" : "rmsprop"),
                             &tunings[0], 0, weighted, 1 + weighted},
                  ways, WAYS);
}
END_TEST

START_TEST(every_optimizer_goes_on) {
    for (const tl_optimizer_ops *const *ops = tl_optimizers; *ops; ops++)
        for (int legacy = 0; legacy < 2; legacy++)
            for (size_t t = 0; t < TUNINGS; t++)
                if (legacy || !tunings[t].legacy_only)
                    check(&(setting){&recipes[4], *ops, &tunings[t], legacy, 0, 1}, ways, 3);
}
END_TEST

START_TEST(no_layer_is_left_out) {
    for (const tl_layer_ops *const *ops = tl_layers; *ops; ops++) {
        int found = 0;
        for (size_t r = 0; r < RECIPES; r++)
            for (size_t i = 0; i < 8 && recipes[r].layers[i].class_name; i++)
                found |= strcmp(recipes[r].layers[i].class_name, (*ops)->class_name) == 0;
        ck_assert_msg(found, "no model here has a layer of class %s", (*ops)->class_name);
    }
}
END_TEST

/* The comparison sees each thing that the private group is for. */
START_TEST(nothing_of_it_may_be_missing) {
    const setting of = {&recipes[7], tl_optimizer_find("rmsprop"), &tunings[0], 0, 0, 1};
    data on = make_data(0);
    tlstm_model *whole = make(&of, 5), *half = make(&of, 5);
    tl_history_free(train(whole, &of, &on, 0, 2 * EPOCHS));
    tl_history_free(train(half, &of, &on, 0, EPOCHS));
    for (int forgotten = 0; forgotten < 4; forgotten++) {
        tlstm_model *again = through(half, &of, &ways[0]);
        if (forgotten == 0)
            again->seed++;
        else if (forgotten == 1)
            again->epochs_seen--;
        else if (forgotten == 2)
            again->steps_seen--;
        else
            tl_model_reset_states(again);
        tl_history_free(train(again, &of, &on, EPOCHS, 2 * EPOCHS));
        tl_weight_at at;
        int differs = 0;
        for (size_t i = 0; tl_model_weight(whole, i, &at); i++)
            differs |=
                !same_bits(at.values, again->parameters + at.weight->offset, at.weight->size);
        ck_assert_msg(differs, "it does not matter whether %d is forgotten", forgotten);
        tl_model_free(again);
    }
    tl_model_free(half);
    tl_model_free(whole);
    clear_data(&on);
}
END_TEST

/* ---- Checkpoints ---- */

START_TEST(a_checkpoint_goes_on) {
    const setting of = {&recipes[0], tl_optimizer_find("nadam"), &tunings[1], 0, 0, 1};
    data on = make_data(1);
    tlstm_model *whole = make(&of, 5), *again = NULL;
    tlstm_error *error = NULL;
    tlstm_checkpoint_options saving = TLSTM_CHECKPOINT_OPTIONS_INIT;
    tlstm_callback *saver = NULL;
    TL_ASSERT_OK(tl_checkpoint_new(tl_test_temporary("at-{epoch}.keras"), &saving, &saver, &error),
                 error);
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    options.batch_size = BATCH;
    options.epochs = 2 * EPOCHS;
    options.callbacks = &saver;
    options.callback_count = 1;
    TL_ASSERT_OK(tl_fit(whole, on.x, on.y, &options, NULL, &error), error);
    TL_ASSERT_OK(tl_model_load(tl_test_temporary("at-3.keras"), &again, &error), error);
    options.callback_count = 0;
    options.initial_epoch = EPOCHS;
    TL_ASSERT_OK(tl_fit(again, on.x, on.y, &options, NULL, &error), error);
    const char *differs = difference(whole, again);
    ck_assert_msg(!differs, "%s differs", differs);
    tl_callback_free(saver);
    tl_model_free(again);
    tl_model_free(whole);
    clear_data(&on);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("resume");
    TCase *tests = tcase_create("resume");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, every_layer_goes_on);
    tcase_add_test(tests, every_optimizer_goes_on);
    tcase_add_test(tests, no_layer_is_left_out);
    tcase_add_test(tests, nothing_of_it_may_be_missing);
    tcase_add_test(tests, a_checkpoint_goes_on);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
