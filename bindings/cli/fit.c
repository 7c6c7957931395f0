/* tinylstm fit: trains a model from a file on arrays, and writes what came of it. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int run(int argc, char **argv);

const cli_command fit_command = {
    "fit", {"MODEL", NULL}, "Trains a model and writes it, its history and a plot", run};

typedef struct settings {
    const char *model, *x, *y, *x_val, *y_val;
    const char *optimizer, *loss;
    const char *checkpoint, *history, *plot, *out;
    int64_t epochs, batch_size, seed, patience, threads, verbose; /* seed, patience -1: none */
    double learning_rate;                                         /* 0: as it is */
    int no_shuffle;
} settings;

/* What is loaded and made for one training. */
typedef struct training {
    tlstm_optimizer *optimizer;
    tlstm_loss *loss;
    tlstm_model *model;
    tlstm_array *x, *y, *x_val, *y_val;
    tlstm_callback *callbacks[2];
    size_t callback_count;
    tlstm_history *history;
} training;

/* ---- Before the work ---- */

static int check_usage(const settings *given) {
    if (!given->x || !given->y)
        return fail_usage("fit", given->x ? "--y" : "--x", "it is missing");
    if (!given->x_val != !given->y_val)
        return fail_usage("fit", given->x_val ? "--val-y" : "--val-x",
                          "--val-x and --val-y go together");
    return STATUS_DONE;
}

/* Two results in one file would leave only the last. */
static int check_different(const settings *given) {
    const char *paths[] = {given->checkpoint, given->out, given->history, given->plot};
    for (size_t i = 0; i < COUNT(paths); i++)
        for (size_t k = i + 1; k < COUNT(paths); k++)
            if (paths[i] && paths[k] && strcmp(paths[i], paths[k]) == 0)
                return fail("fit", paths[i], "two outputs have this name");
    return STATUS_DONE;
}

static int check_outputs(const settings *given) {
    int status = check_different(given);
    if (status == STATUS_DONE)
        status = check_model_output("fit", given->checkpoint);
    if (status == STATUS_DONE)
        status = check_model_output("fit", given->out);
    if (status == STATUS_DONE)
        status = check_output("fit", given->history);
    if (status == STATUS_DONE)
        status = check_output("fit", given->plot);
    return status;
}

/* Names that are not known show before anything is loaded. */
static int make_named(const settings *given, training *work) {
    tlstm_error *error = NULL;
    if (given->optimizer &&
        tlstm_optimizer_new(given->optimizer, &work->optimizer, &error) != TLSTM_OK)
        return fail_at("fit", "--optimizer", error);
    if (given->loss && tlstm_loss_new(given->loss, &work->loss, &error) != TLSTM_OK)
        return fail_at("fit", "--loss", error);
    return STATUS_DONE;
}

static int make_checkpoint(const settings *given, const char *monitor, training *work) {
    tlstm_checkpoint_options options = TLSTM_CHECKPOINT_OPTIONS_INIT;
    options.monitor = monitor;
    options.save_best_only = 1;
    tlstm_error *error = NULL;
    if (tlstm_checkpoint_new(given->checkpoint, &options, &work->callbacks[work->callback_count],
                             &error) != TLSTM_OK)
        return fail_at("fit", "--checkpoint", error);
    work->callback_count++;
    return STATUS_DONE;
}

static int make_early_stopping(const settings *given, const char *monitor, training *work) {
    tlstm_early_stopping_options options = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    options.monitor = monitor;
    options.patience = given->patience;
    options.restore_best_weights = 1;
    options.verbose = given->verbose > 0;
    tlstm_error *error = NULL;
    if (tlstm_early_stopping_new(&options, &work->callbacks[work->callback_count], &error) !=
        TLSTM_OK)
        return fail_at("fit", "--patience", error);
    work->callback_count++;
    return STATUS_DONE;
}

/* Without validation data the training loss has to tell which epoch is best. */
static int make_callbacks(const settings *given, training *work) {
    const char *monitor = given->x_val ? "val_loss" : "loss";
    int status = STATUS_DONE;
    if (given->checkpoint)
        status = make_checkpoint(given, monitor, work);
    if (status == STATUS_DONE && given->patience >= 0)
        status = make_early_stopping(given, monitor, work);
    return status;
}

static int load_all(const settings *given, training *work) {
    int status = load_model(given->model, &work->model);
    if (status == STATUS_DONE)
        status = load_array(given->x, &work->x);
    if (status == STATUS_DONE)
        status = load_array(given->y, &work->y);
    if (status == STATUS_DONE && given->x_val)
        status = load_array(given->x_val, &work->x_val);
    if (status == STATUS_DONE && given->y_val)
        status = load_array(given->y_val, &work->y_val);
    if (status == STATUS_DONE)
        print_notes(work->model, given->model);
    return status;
}

/* ---- Compiling ---- */

static void free_names(char **names, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* The metrics that the model has already, copied, for compiling changes them; where it is not
 * compiled, accuracy for a loss that compares classes. NULL when memory is short. */
static char **metrics_of(const tlstm_model *model, const char *loss, size_t *count) {
    const char *fallback = strstr(loss ? loss : "", "rossentropy") ? "accuracy" : NULL;
    const int compiled = tlstm_model_is_compiled(model);
    *count = compiled || !fallback ? 0 : 1;
    while (compiled && tlstm_model_metric_name(model, *count + 1))
        ++*count;
    char **names = calloc(*count + 1, sizeof *names);
    for (size_t i = 0; names && i < *count; i++) {
        names[i] = strdup(compiled ? tlstm_model_metric_name(model, i + 1) : fallback);
        if (!names[i]) {
            free_names(names, i);
            return NULL;
        }
    }
    return names;
}

/* What is not named stays that of the model. Keras's default optimizer helps out. */
static int compile_anew(const settings *given, training *work) {
    tlstm_error *error = NULL;
    if (!work->optimizer && !tlstm_model_is_compiled(work->model) &&
        tlstm_optimizer_new("rmsprop", &work->optimizer, &error) != TLSTM_OK)
        return fail_at("compile", "rmsprop", error);
    size_t count = 0;
    char **metrics = metrics_of(work->model, given->loss, &count);
    if (!metrics)
        return fail("compile", given->model, strerror(ENOMEM));
    int status = STATUS_DONE;
    if (tlstm_model_compile(work->model, work->optimizer, work->loss, (const char *const *)metrics,
                            count, &error) != TLSTM_OK)
        status = fail_with("compile", given->model, error);
    free_names(metrics, count);
    return status;
}

/* Without --optimizer and --loss the state in the file goes on, optimizer slots included. */
static int compile(const settings *given, training *work) {
    if (!given->loss && !tlstm_model_is_compiled(work->model))
        return fail("fit", given->model, "it is not compiled; give --loss, and --optimizer");
    int status = STATUS_DONE;
    if (given->optimizer || given->loss)
        status = compile_anew(given, work);
    tlstm_error *error = NULL;
    if (status == STATUS_DONE && given->learning_rate > 0 &&
        tlstm_model_set_learning_rate(work->model, given->learning_rate, &error) != TLSTM_OK)
        status = fail_at("fit", "--learning-rate", error);
    return status;
}

/* ---- Training ---- */

static int fit(const settings *given, training *work) {
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    options.batch_size = given->batch_size;
    options.epochs = given->epochs;
    options.shuffle = !given->no_shuffle;
    options.verbose = (int32_t)given->verbose;
    options.threads = (int32_t)given->threads;
    options.x_val = work->x_val;
    options.y_val = work->y_val;
    options.callbacks = work->callbacks;
    options.callback_count = work->callback_count;
    if (given->seed >= 0)
        tlstm_model_set_seed(work->model, (uint64_t)given->seed);
    tlstm_error *error = NULL;
    if (tlstm_model_fit(work->model, work->x, work->y, &options, &work->history, &error) !=
        TLSTM_OK)
        return fail_with("fit", given->model, error);
    return STATUS_DONE;
}

static int save_results(const settings *given, const training *work) {
    tlstm_error *error = NULL;
    if (given->out && tlstm_model_save(work->model, given->out, NULL, &error) != TLSTM_OK)
        return fail_with("save model", given->out, error);
    if (given->history && tlstm_history_save_csv(work->history, given->history, &error) != TLSTM_OK)
        return fail_with("save history", given->history, error);
    if (given->plot &&
        tlstm_history_save_svg(work->history, "loss", given->plot, &error) != TLSTM_OK)
        return fail_with("save plot", given->plot, error);
    return STATUS_DONE;
}

static int train(const settings *given, training *work) {
    int status = make_named(given, work);
    if (status == STATUS_DONE)
        status = check_outputs(given);
    if (status == STATUS_DONE)
        status = make_callbacks(given, work);
    if (status == STATUS_DONE)
        status = load_all(given, work);
    if (status == STATUS_DONE)
        status = compile(given, work);
    if (status == STATUS_DONE)
        status = fit(given, work);
    if (status == STATUS_DONE)
        status = save_results(given, work);
    return status;
}

static void free_training(training *work) {
    tlstm_history_free(work->history);
    for (size_t i = 0; i < work->callback_count; i++)
        tlstm_callback_free(work->callbacks[i]);
    tlstm_array_free(work->y_val);
    tlstm_array_free(work->x_val);
    tlstm_array_free(work->y);
    tlstm_array_free(work->x);
    tlstm_model_free(work->model);
    tlstm_loss_free(work->loss);
    tlstm_optimizer_free(work->optimizer);
}

/* ---- The command ---- */

static int run(int argc, char **argv) {
    settings given = {.epochs = 1, .batch_size = 32, .seed = -1, .patience = -1, .verbose = 1};
    const cli_option options[] = {
        {"x", "X.npy", "inputs", OPTION_NAME, &given.x, 0, 0},
        {"y", "Y.npy", "targets", OPTION_NAME, &given.y, 0, 0},
        {"val-x", "X.npy", "inputs for validation", OPTION_NAME, &given.x_val, 0, 0},
        {"val-y", "Y.npy", "targets for validation", OPTION_NAME, &given.y_val, 0, 0},
        {"epochs", "N", "epochs at most (1)", OPTION_WHOLE, &given.epochs, 1, INT32_MAX},
        {"batch-size", "N", "samples in one update (32)", OPTION_WHOLE, &given.batch_size, 1,
         INT32_MAX},
        {"no-shuffle", NULL, "keep the samples' order", OPTION_FLAG, &given.no_shuffle, 0, 0},
        {"seed", "N", "start of shuffling and dropout", OPTION_WHOLE, &given.seed, 0, INT64_MAX},
        {"optimizer", "NAME", "compile anew with it: rmsprop, adam, sgd", OPTION_NAME,
         &given.optimizer, 0, 0},
        {"learning-rate", "F", "the optimizer's learning rate", OPTION_POSITIVE,
         &given.learning_rate, 0, 0},
        {"loss", "NAME", "compile anew with it: binary_crossentropy, mse, ...", OPTION_NAME,
         &given.loss, 0, 0},
        {"checkpoint", "BEST.h5", "write the model whenever it is better than before", OPTION_NAME,
         &given.checkpoint, 0, 0},
        {"patience", "N", "stop after N epochs without a better one; keep the best", OPTION_WHOLE,
         &given.patience, 0, INT32_MAX},
        {"history", "H.csv", "write losses and metrics by epoch", OPTION_NAME, &given.history, 0,
         0},
        {"plot", "LOSS.svg", "write a plot of the losses", OPTION_NAME, &given.plot, 0, 0},
        {"out", "FINAL.h5", "write the trained model", OPTION_NAME, &given.out, 0, 0},
        {"threads", "N", "threads (0: as many as processors)", OPTION_WHOLE, &given.threads, 0,
         1024},
        {"verbose", "0|1|2", "nothing, a progress bar, a line an epoch (1)", OPTION_WHOLE,
         &given.verbose, 0, 2},
    };
    int status = STATUS_DONE;
    if (!parse_options(&fit_command, options, COUNT(options), argc, argv, &given.model, &status))
        return status;
    status = check_usage(&given);
    if (status != STATUS_DONE)
        return status;
    training work = {0};
    status = train(&given, &work);
    free_training(&work);
    return status;
}
