/* The rules of callbacks, epoch by epoch. The tables were worked out by hand from the sources of
 * Keras 3 (keras/src/callbacks/early_stopping.py, model_checkpoint.py). */
#include "api/options.h"
#include "base/alloc.h"
#include "base/file.h"
#include "model/model.h"
#include "support.h"
#include "tinylstm/train.h"
#include "train/callback.h"
#include "train/path_pattern.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define MOST_EPOCHS 12

static char written[4096];

static void keep_text(const char *text, size_t length, void *user) {
    (void)user;
    size_t used = strlen(written);
    ck_assert_uint_lt(used + length, sizeof(written));
    memcpy(written + used, text, length);
    written[used + length] = '\0';
}

static const char *const names[] = {"loss", "accuracy", "val_loss", "val_accuracy"};

/* A training without a network: the one weight is the number of the epoch. */
typedef struct play {
    tlstm_model model;
    float weight;
    double values[4];
    tl_training training;
} play;

static void start_play(play *played, int64_t epochs) {
    *played = (play){.weight = -1};
    played->model.parameters = &played->weight;
    played->model.parameter_count = 1;
    for (int i = 0; i < 4; i++)
        played->values[i] = NAN;
    played->training = (tl_training){.model = &played->model,
                                     .epochs = epochs,
                                     .batch = -1,
                                     .batches = 3,
                                     .count = 4,
                                     .names = names,
                                     .values = played->values,
                                     .write = keep_text};
    written[0] = '\0';
}

#define RUN(callback, event, played, error)                                                        \
    tl_callbacks_run(&(callback), 1, offsetof(tl_callback_ops, event), &(played)->training,        \
                     &(error))

/* Plays epochs whose four values all are `values[epoch]`; returns how many ran. */
static int64_t run_epochs(tlstm_callback *callback, play *played, const double *values,
                          int64_t epochs) {
    tlstm_error *error = NULL;
    TL_ASSERT_OK(RUN(callback, begin, played, error), error);
    int64_t epoch = 0;
    for (; epoch < epochs && !played->training.stop; epoch++) {
        played->training.epoch = epoch;
        played->weight = (float)epoch;
        for (int i = 0; i < 4; i++)
            played->values[i] = values[epoch];
        TL_ASSERT_OK(RUN(callback, epoch_end, played, error), error);
    }
    TL_ASSERT_OK(RUN(callback, end, played, error), error);
    return epoch;
}

typedef struct stopping_case {
    tlstm_early_stopping_options options;
    double values[MOST_EPOCHS];
    int64_t epochs; /* at most */
    int64_t ran;
    int64_t stopped; /* what tlstm_early_stopping_epoch() says */
    float weight;    /* epoch whose weights remain */
} stopping_case;

#define S sizeof(tlstm_early_stopping_options)
/* size, monitor, min_delta, patience, mode, restore, start, verbose, has_baseline, baseline */
static const stopping_case stopping_cases[] = {
    /* patience 0: the first epoch that is not better stops, but never epoch 0 */
    {{S, NULL, 0, 0, 0, 0, 0, 0, 0, 0}, {5, 4, 4, 3}, 4, 3, 2, 2},
    {{S, NULL, 0, 1, 0, 0, 0, 0, 0, 0}, {5, 6, 4, 4.5, 3}, 5, 2, 1, 1},
    {{S, NULL, 0, 2, 0, 0, 0, 0, 0, 0}, {5, 6, 4, 4.5, 4.1, 3}, 6, 5, 4, 4},
    /* the best weights come back: after a stop ... */
    {{S, NULL, 0, 2, 0, 1, 0, 0, 0, 0}, {5, 3, 4, 3.5, 2}, 5, 4, 3, 1},
    /* ... and, in Keras 3, also after the last epoch */
    {{S, NULL, 0, 9, 0, 1, 0, 0, 0, 0}, {5, 3, 4}, 3, 3, 0, 1},
    /* min_delta: 0.5 less is not better by more than 0.5; its sign does not matter */
    {{S, NULL, 0.5, 1, 0, 1, 0, 0, 0, 0}, {5, 4.5, 1}, 3, 2, 1, 0},
    {{S, NULL, -0.5, 1, 0, 1, 0, 0, 0, 0}, {5, 4.25, 3.75, 1}, 4, 3, 2, 1},
    /* accuracy rises by itself, loss when one says so */
    {{S, "val_accuracy", 0, 1, 0, 1, 0, 0, 0, 0}, {5, 6, 5.5, 9}, 4, 3, 2, 1},
    {{S, "loss", 0, 1, TLSTM_MODE_MAX, 1, 0, 0, 0, 0}, {5, 6, 5.5, 9}, 4, 3, 2, 1},
    {{S, "accuracy", 0, 1, TLSTM_MODE_MIN, 1, 0, 0, 0, 0}, {5, 4, 5.5, 1}, 4, 3, 2, 1},
    /* what improves, but not past the baseline, is kept as best and does not end the waiting */
    {{S, NULL, 0, 2, 0, 1, 0, 0, 1, 3.0}, {6, 5, 5, 1}, 4, 3, 2, 1},
    {{S, NULL, 0, 3, 0, 1, 0, 0, 1, 3.0}, {6, 5, 2, 4, 4, 4, 1}, 7, 6, 5, 2},
    /* epochs before start_from_epoch are not looked at, nor kept */
    {{S, NULL, 0, 1, 0, 1, 2, 0, 0, 0}, {1, 2, 5, 4, 6, 0}, 6, 5, 4, 3},
    /* NaN is never better; the first weights are kept all the same */
    {{S, NULL, 0, 2, 0, 1, 0, 0, 0, 0}, {NAN, NAN, NAN}, 3, 2, 1, 0},
    {{S, NULL, 0, 3, 0, 1, 0, 0, 0, 0}, {NAN, 5, NAN, 6, 7, 1}, 6, 5, 4, 1},
};
#undef S

START_TEST(early_stopping_keeps_kerass_rules) {
    const stopping_case *wanted = &stopping_cases[_i];
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_early_stopping_new(&wanted->options, &callback, &error), error);
    for (int fit = 0; fit < 2; fit++) { /* it begins anew with each */
        play played;
        start_play(&played, wanted->epochs);
        int64_t ran = run_epochs(callback, &played, wanted->values, wanted->epochs);
        ck_assert_int_eq(ran, wanted->ran);
        ck_assert_int_eq(tlstm_early_stopping_epoch(callback), wanted->stopped);
        ck_assert_float_eq(played.weight, wanted->weight);
        ck_assert_str_eq(written, "");
    }
    tlstm_callback_free(callback);
}
END_TEST

START_TEST(early_stopping_tells_what_it_does) {
    tlstm_early_stopping_options options = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    options.verbose = 1;
    options.restore_best_weights = 1;
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_early_stopping_new(&options, &callback, &error), error);
    play played;
    start_play(&played, 3);
    run_epochs(callback, &played, (const double[]){2, 1, 3}, 3);
    ck_assert_str_eq(written, "Epoch 3: early stopping\nRestoring model weights from the end of "
                              "the best epoch: 2.\n");
    tlstm_callback_free(callback);
}
END_TEST

/* A value that no epoch will have is told before the training, with those there are. */
START_TEST(unknown_values_fail_first) {
    tlstm_early_stopping_options options = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    options.monitor = "val_acc";
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_early_stopping_new(&options, &callback, &error), error);
    play played;
    start_play(&played, 3);
    TL_ASSERT_FAILS(RUN(callback, begin, &played, error), TLSTM_ERROR_ARGUMENT, error,
                    "loss, accuracy, val_loss, val_accuracy");
    tlstm_callback_free(callback);
    TL_ASSERT_OK(tlstm_checkpoint_new(tl_test_temporary("{val_acc}.h5"), NULL, &callback, &error),
                 error);
    TL_ASSERT_FAILS(RUN(callback, begin, &played, error), TLSTM_ERROR_ARGUMENT, error, "val_acc");
    tlstm_callback_free(callback);
}
END_TEST

START_TEST(paths_are_filled_as_by_python) {
    /* Right column: what Python's "...".format(epoch=7, val_loss=0.43751, loss=nan) gives. */
    static const char *const cases[][2] = {
        {"plain.h5", "plain.h5"},
        {"{epoch}.h5", "7.h5"},
        {"{epoch:02d}-{val_loss:.2f}.h5", "07-0.44.h5"},
        {"{epoch:3d}{{x}}{epoch:d}", "  7{x}7"},
        {"{val_loss}", "0.43751"},
        {"{val_loss:08.3f}|{val_loss:.1e}|{val_loss:g}", "0000.438|4.4e-01|0.43751"},
        {"{epoch:.2f}|{loss:.2f}", "7.00|nan"},
    };
    play played;
    start_play(&played, 9);
    played.training.epoch = 6;
    played.values[2] = 0.43751;
    tlstm_error *error = NULL;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tl_text path = {0};
        TL_ASSERT_OK(tl_path_pattern_fill(cases[i][0], &played.training, &path, &error), error);
        ck_assert_str_eq(path.bytes, cases[i][1]);
        tl_text_clear(&path);
    }
    static const char *const wrong[] = {
        "{",         "}",         "{epoch",       "{}", "{epoch:x}", "{epoch:.2d}", "{val_loss:d}",
        "{nothing}", "{epoch!r}", "{loss:99999f}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        tl_text path = {0};
        TL_ASSERT_FAILS(tl_path_pattern_fill(wrong[i], &played.training, &path, &error),
                        TLSTM_ERROR_ARGUMENT, error, "");
        tl_text_clear(&path);
    }
}
END_TEST

typedef struct answers {
    int begins, epoch_begins, batch_ends, epoch_ends, ends;
    int32_t answer;
    size_t count;
} answers;

static int32_t on_begin(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    ((answers *)user)->begins++;
    ck_assert_uint_eq(logs->count, 0);
    return TLSTM_CONTINUE;
}

static int32_t on_epoch_end(tlstm_model *model, const tlstm_logs *logs, void *user) {
    answers *counted = user;
    ck_assert_ptr_nonnull(model);
    ck_assert_int_eq(logs->batch, -1);
    ck_assert_int_eq(logs->epoch, counted->epoch_ends);
    ck_assert_str_eq(logs->names[2], "val_loss");
    ck_assert_double_eq(logs->values[2], counted->epoch_ends + 0.5);
    counted->epoch_ends++;
    counted->count = logs->count;
    return counted->answer;
}

START_TEST(own_callbacks_are_heard) {
    answers counted = {0};
    tlstm_callback_functions functions = TLSTM_CALLBACK_FUNCTIONS_INIT;
    functions.on_train_begin = on_begin;
    functions.on_epoch_end = on_epoch_end;
    functions.user = &counted;
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_callback_new(&functions, &callback, &error), error);
    play played;
    start_play(&played, 3);
    ck_assert_int_eq(run_epochs(callback, &played, (const double[]){0.5, 1.5, 2.5}, 3), 3);
    ck_assert_int_eq(counted.begins, 1);
    ck_assert_int_eq(counted.epoch_ends, 3);
    ck_assert_uint_eq(counted.count, 4);

    counted = (answers){.answer = TLSTM_STOP_TRAINING};
    start_play(&played, 3);
    ck_assert_int_eq(run_epochs(callback, &played, (const double[]){0.5, 1.5, 2.5}, 3), 1);

    counted = (answers){.answer = TLSTM_ABORT};
    start_play(&played, 3);
    played.values[2] = 0.5;
    TL_ASSERT_FAILS(RUN(callback, epoch_end, &played, error), TLSTM_STOPPED, error, "callback");
    counted = (answers){.answer = 17};
    TL_ASSERT_FAILS(RUN(callback, epoch_end, &played, error), TLSTM_ERROR_ARGUMENT, error, "17");
    tlstm_callback_free(callback);
    tlstm_callback_free(NULL);
}
END_TEST

static void expect_file(const char *path, const char *expected) {
    char *bytes = NULL;
    size_t length;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_file_read(path, 1 << 20, &bytes, &length, &error), error);
    ck_assert_str_eq(bytes, expected);
    tl_free(bytes);
}

START_TEST(csv_logger_writes_and_goes_on) {
    const char *path = tl_test_temporary("log.csv");
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    play played;
    TL_ASSERT_OK(tlstm_csv_logger_new(path, 0, &callback, &error), error);
    for (int fit = 0; fit < 2; fit++) { /* the second overwrites the first */
        start_play(&played, 2);
        run_epochs(callback, &played, (const double[]){0.1, NAN}, 2);
    }
    tlstm_callback_free(callback);
    expect_file(path, "epoch,loss,accuracy,val_loss,val_accuracy\n0,0.1,0.1,0.1,0.1\n"
                      "1,nan,nan,nan,nan\n");

    /* A log of Keras's, whose columns are sorted, without its last line end. */
    const char old[] = "epoch,accuracy,loss,lr\r\n0,0.5,0.7,0.01";
    path = tl_test_write("keras.csv", old, sizeof(old) - 1);
    TL_ASSERT_OK(tlstm_csv_logger_new(path, 1, &callback, &error), error);
    start_play(&played, 1);
    run_epochs(callback, &played, (const double[]){0.25}, 1);
    tlstm_callback_free(callback);
    expect_file(path, "epoch,accuracy,loss,lr\r\n0,0.5,0.7,0.01\n0,0.25,0.25,NA\n");
}
END_TEST

START_TEST(a_log_that_cannot_be_written_fails) {
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    play played;
    start_play(&played, 1);
    TL_ASSERT_OK(
        tlstm_csv_logger_new(tl_test_temporary("no/such/folder.csv"), 1, &callback, &error), error);
    TL_ASSERT_FAILS(RUN(callback, begin, &played, error), TLSTM_ERROR_IO, error, "folder.csv");
    tlstm_callback_free(callback);
}
END_TEST

static tlstm_model *small_model(void) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    const int64_t shape[1] = {2};
    TL_ASSERT_OK(tlstm_model_new(NULL, 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_add_input(model, 1, shape, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_add_dense(model, 1, TLSTM_LINEAR, NULL, &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, 0, NULL, &error), error);
    return model;
}

/* Plays epochs with a model that can be saved; returns in which of them `path` was written, as bits
 * from the lowest on. */
static unsigned saving_epochs(tlstm_callback *callback, const char *path, const double *values,
                              int epochs) {
    tlstm_model *model = small_model();
    tlstm_error *error = NULL;
    unsigned saved = 0;
    play played;
    start_play(&played, epochs);
    played.training.model = model;
    TL_ASSERT_OK(RUN(callback, begin, &played, error), error);
    for (int epoch = 0; epoch < epochs; epoch++) {
        played.training.epoch = epoch;
        for (int i = 0; i < 4; i++)
            played.values[i] = values[epoch];
        unlink(path);
        TL_ASSERT_OK(RUN(callback, epoch_end, &played, error), error);
        saved |= (unsigned)(access(path, F_OK) == 0) << epoch;
    }
    TL_ASSERT_OK(RUN(callback, end, &played, error), error);
    tlstm_model_free(model);
    return saved;
}

START_TEST(checkpoints_what_is_best) {
    static const struct {
        const char *monitor;
        int32_t mode, has_threshold;
        double threshold;
        unsigned saved; /* lowest bit: the first epoch */
    } cases[] = {
        {NULL, TLSTM_MODE_AUTO, 0, 0, 0x0d},      {"val_accuracy", TLSTM_MODE_AUTO, 0, 0, 0x03},
        {"val_loss", TLSTM_MODE_MAX, 0, 0, 0x03}, {"accuracy", TLSTM_MODE_MIN, 0, 0, 0x0d},
        {NULL, TLSTM_MODE_AUTO, 1, 4.5, 0x0c},    {NULL, TLSTM_MODE_AUTO, 1, 0.5, 0x00},
    };
    const double values[] = {5, 6, 4, 3, 3, NAN};
    const char *path = tl_test_temporary("best.h5");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tlstm_checkpoint_options options = TLSTM_CHECKPOINT_OPTIONS_INIT;
        options.monitor = cases[i].monitor;
        options.mode = cases[i].mode;
        options.has_threshold = cases[i].has_threshold;
        options.initial_value_threshold = cases[i].threshold;
        options.save_best_only = 1;
        tlstm_callback *callback = NULL;
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_checkpoint_new(path, &options, &callback, &error), error);
        ck_assert_uint_eq(saving_epochs(callback, path, values, 6), cases[i].saved);
        ck_assert_uint_eq(saving_epochs(callback, path, values, 6), cases[i].saved);
        ck_assert_str_eq(written, "");
        tlstm_callback_free(callback);
    }
}
END_TEST

/* Into folders that it makes, telling what it does. */
START_TEST(checkpoints_every_epoch) {
    tlstm_checkpoint_options options = TLSTM_CHECKPOINT_OPTIONS_INIT;
    options.verbose = 1;
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    char expected[4096];
    const char *pattern = tl_test_temporary("run/{epoch:02d}-{val_loss:.1f}.h5");
    const char *second = tl_test_temporary("run/02-1.5.h5");
    TL_ASSERT_OK(tlstm_checkpoint_new(pattern, &options, &callback, &error), error);
    ck_assert_uint_eq(saving_epochs(callback, second, (const double[]){2, 1.5}, 2), 2);
    snprintf(expected, sizeof(expected), "Epoch 2: saving model to %s\n", second);
    ck_assert_ptr_nonnull(strstr(written, expected));
    tlstm_callback_free(callback);

    options.save_best_only = 1;
    const char *path = tl_test_temporary("best.h5");
    TL_ASSERT_OK(tlstm_checkpoint_new(path, &options, &callback, &error), error);
    saving_epochs(callback, path, (const double[]){2, 3, 1.5}, 3);
    snprintf(expected, sizeof(expected),
             "Epoch 1: val_loss improved from None to 2.00000, saving model to %s\n"
             "Epoch 2: val_loss did not improve from 2.00000\n"
             "Epoch 3: val_loss improved from 2.00000 to 1.50000, saving model to %s\n",
             path, path);
    ck_assert_str_eq(written, expected);
    tlstm_callback_free(callback);
}
END_TEST

START_TEST(a_checkpoint_that_cannot_be_written_fails) {
    const char *file = tl_test_write("file", "x", 1);
    char path[4096];
    snprintf(path, sizeof(path), "%s/model.h5", file);
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_checkpoint_new(path, NULL, &callback, &error), error);
    play played;
    start_play(&played, 1);
    played.training.model = small_model();
    TL_ASSERT_FAILS(RUN(callback, epoch_end, &played, error), TLSTM_ERROR_IO, error, "model.h5");
    tlstm_model_free(played.training.model);
    tlstm_callback_free(callback);
}
END_TEST

/* At the beginning, not after the first epoch: the folder, and whether the kind of file can hold
 * the model. Nothing stays behind from looking. */
START_TEST(a_checkpoint_fails_at_the_beginning) {
    const char *file = tl_test_write("nofolder", "x", 1);
    char path[4096];
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    tlstm_checkpoint_options options = TLSTM_CHECKPOINT_OPTIONS_INIT;
    play played;
    start_play(&played, 1);
    played.training.model = small_model();
    snprintf(path, sizeof(path), "%s/model.h5", file);
    TL_ASSERT_OK(tlstm_checkpoint_new(path, NULL, &callback, &error), error);
    TL_ASSERT_FAILS(RUN(callback, begin, &played, error), TLSTM_ERROR_IO, error, "model.h5");
    tlstm_callback_free(callback);
    options.save_weights_only = 1;
    TL_ASSERT_OK(
        tlstm_checkpoint_new(tl_test_temporary("weights.keras"), &options, &callback, &error),
        error);
    TL_ASSERT_FAILS(RUN(callback, begin, &played, error), TLSTM_ERROR_ARGUMENT, error,
                    "weights.keras");
    tlstm_callback_free(callback);
    snprintf(path, sizeof(path), "%s/{epoch}.h5", tl_test_temporary("new"));
    TL_ASSERT_OK(tlstm_checkpoint_new(path, NULL, &callback, &error), error);
    TL_ASSERT_OK(RUN(callback, begin, &played, error), error);
    ck_assert_int_eq(rmdir(tl_test_temporary("new")), 0); /* it is empty */
    tlstm_callback_free(callback);
    tlstm_model_free(played.training.model);
}
END_TEST

START_TEST(options_of_other_versions) {
    tlstm_callback *callback = NULL;
    tlstm_error *error = NULL;
    /* An older caller: knows options up to patience only. */
    tlstm_early_stopping_options options = {
        .struct_size = offsetof(tlstm_early_stopping_options, mode), .patience = 4, .mode = 77};
    TL_ASSERT_OK(tlstm_early_stopping_new(&options, &callback, &error), error);
    tlstm_callback_free(callback);
    options.struct_size = sizeof(options);
    TL_ASSERT_FAILS(tlstm_early_stopping_new(&options, &callback, &error), TLSTM_ERROR_ARGUMENT,
                    error, "mode");
    /* A newer one: what is beyond our options must be zero. */
    struct {
        tlstm_early_stopping_options known;
        double unknown;
    } newer = {TLSTM_EARLY_STOPPING_OPTIONS_INIT, 0};
    newer.known.struct_size = sizeof(newer);
    TL_ASSERT_OK(tlstm_early_stopping_new(&newer.known, &callback, &error), error);
    tlstm_callback_free(callback);
    newer.unknown = 1;
    ck_assert_int_ne(tlstm_early_stopping_new(&newer.known, &callback, NULL), TLSTM_OK);
    TL_ASSERT_FAILS(tlstm_early_stopping_new(NULL, NULL, &error), TLSTM_ERROR_ARGUMENT, error,
                    "callback");
    TL_ASSERT_FAILS(tlstm_checkpoint_new(NULL, NULL, &callback, &error), TLSTM_ERROR_ARGUMENT,
                    error, "path");
    TL_ASSERT_FAILS(tlstm_callback_new(NULL, &callback, &error), TLSTM_ERROR_ARGUMENT, error,
                    "functions");
}
END_TEST

static tlstm_status make_all(void *context, tlstm_error **error) {
    (void)context;
    tlstm_callback *made[3] = {NULL, NULL, NULL};
    tlstm_callback_functions functions = TLSTM_CALLBACK_FUNCTIONS_INIT;
    tlstm_status status = tlstm_early_stopping_new(NULL, &made[0], error);
    if (!status)
        status = tlstm_checkpoint_new("x.h5", NULL, &made[1], error);
    if (!status)
        status = tlstm_callback_new(&functions, &made[2], error);
    for (int i = 0; i < 3; i++)
        tlstm_callback_free(made[i]);
    return status;
}

START_TEST(failed_allocations_leave_nothing) {
    tl_test_fail_each_allocation(make_all, NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("callbacks");
    TCase *tests = tcase_create("callbacks");
    tcase_add_loop_test(tests, early_stopping_keeps_kerass_rules, 0,
                        (int)(sizeof(stopping_cases) / sizeof(stopping_cases[0])));
    tcase_add_test(tests, early_stopping_tells_what_it_does);
    tcase_add_test(tests, unknown_values_fail_first);
    tcase_add_test(tests, paths_are_filled_as_by_python);
    tcase_add_test(tests, own_callbacks_are_heard);
    tcase_add_test(tests, csv_logger_writes_and_goes_on);
    tcase_add_test(tests, a_log_that_cannot_be_written_fails);
    tcase_add_test(tests, a_log_that_cannot_be_written_fails);
    tcase_add_test(tests, checkpoints_what_is_best);
    tcase_add_test(tests, checkpoints_every_epoch);
    tcase_add_test(tests, a_checkpoint_that_cannot_be_written_fails);
    tcase_add_test(tests, a_checkpoint_fails_at_the_beginning);
    tcase_add_test(tests, options_of_other_versions);
    tcase_add_test(tests, failed_allocations_leave_nothing);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
