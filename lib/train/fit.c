/*
 * fit: the training loop, and evaluate, predict and gradient beside it.
 */
#include "train/fit.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "base/scan.h"
#include "data/array.h"
#include "train/callback.h"
#include "train/history.h"
#include "train/progress.h"
#include "train/run.h"
#include "train/update.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Which stream of the model's seed orders the samples. */
#define SHUFFLE_STREAM 0x5348554646ull

/* Everything a fit needs from its first to its last epoch. */
typedef struct fit_run {
    tlstm_model *model;
    const tlstm_fit_options *options;
    tl_feed data;  /* all of x and y */
    tl_feed train; /* what is trained on: `data` or its first part */
    tl_feed val;   /* what is validated on; samples 0: nothing */
    tl_feed val_data;
    size_t batch_size, values; /* values: loss and metrics */
    tl_pool *pool;
    tl_engine *engine, *val_engine;
    tl_updater updater;
    size_t *order;
    const char **names; /* [2 * values]: the second half begins with "val_" */
    char (*val_names)[80];
    double *logs; /* [2 * values] */
    tlstm_history *history;
    tl_training training;
    tl_progress progress;
} fit_run;

static tlstm_status check_weights(const tlstm_model *model, tlstm_error **error) {
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++) {
        if (tl_all_finite(at.weight->size, at.values))
            continue;
        const float *value = at.values;
        while (isfinite(*value))
            value++;
        return tl_fail(error, TLSTM_ERROR_VALUE, at.layer->name,
                       "weight %s holds %s: it cannot be trained", at.weight->name,
                       isnan(*value) ? "NaN" : "an infinite value");
    }
    return TLSTM_OK;
}

static tlstm_status check_ready(tlstm_model *model, tlstm_error **error) {
    if (!model->built || !model->compiled)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name,
                       "the model is not compiled: it has no loss and no optimizer");
    return TLSTM_OK;
}

/* x and y, and the part or the arrays to validate on. */
static tlstm_status make_feeds(fit_run *run, const tlstm_array *x, const tlstm_array *y,
                               tlstm_error **error) {
    const tlstm_fit_options *options = run->options;
    tl_feed_source source = {.x = x,
                             .y = y,
                             .sample_weight = options->sample_weight,
                             .class_weight = options->class_weight,
                             .class_count = options->class_count,
                             .finite = 1,
                             .prefix = ""};
    tlstm_status status = tl_feed_new(run->model, &source, &run->data, error);
    if (status)
        return status;
    run->train = run->data;
    if (options->x_val) {
        source = (tl_feed_source){.x = options->x_val,
                                  .y = options->y_val,
                                  .sample_weight = options->val_sample_weight,
                                  .prefix = "_val"};
        status = tl_feed_new(run->model, &source, &run->val_data, error);
        run->val = run->val_data;
    } else if (options->validation_split > 0) {
        /* Keras keeps the end: split_at = floor(n (1 - validation_split)) */
        const size_t split =
            (size_t)floor((double)run->data.samples * (1.0 - options->validation_split));
        if (split == 0 || split == run->data.samples)
            return tl_fail(error, TLSTM_ERROR_VALUE, "validation_split",
                           "%g of %zu samples leaves one part empty", options->validation_split,
                           run->data.samples);
        run->train = tl_feed_slice(run->model, &run->data, 0, split);
        run->val = tl_feed_slice(run->model, &run->data, split, run->data.samples - split);
    }
    return status;
}

/* The columns of the history: "loss", metrics, and the same with "val_". */
static tlstm_status make_names(fit_run *run, tlstm_error **error) {
    const tl_compiled *compiled = run->model->compiled;
    run->values = 1 + compiled->metric_count;
    const size_t columns = run->values * (run->val.samples ? 2 : 1);
    run->names = tl_alloc(2 * run->values, sizeof *run->names);
    run->val_names = tl_alloc(run->values, sizeof *run->val_names);
    run->logs = tl_alloc(2 * run->values, sizeof *run->logs);
    if (!run->names || !run->val_names || !run->logs)
        return tl_fail_memory(error);
    for (size_t v = 0; v < run->values; v++) {
        run->names[v] = v ? compiled->metrics[v - 1].name : "loss";
        snprintf(run->val_names[v], sizeof *run->val_names, "val_%s", run->names[v]);
        run->names[run->values + v] = run->val_names[v];
    }
    for (size_t v = 0; v < 2 * run->values; v++)
        run->logs[v] = NAN;
    return tl_history_new(run->names, columns, &run->history, error);
}

static tlstm_status make_engines(fit_run *run, tlstm_error **error) {
    const size_t size = (size_t)run->options->batch_size;
    run->batch_size = size < run->train.samples ? size : run->train.samples;
    const tl_demand demand = {.samples = run->batch_size,
                              .timesteps = run->train.timesteps,
                              .backward = 1,
                              .training = 1,
                              .loss = 1};
    tlstm_status status = tl_model_check_batches(run->model, run->train.samples, size, error);
    if (!status)
        status = tl_pool_new((size_t)run->options->threads, &run->pool, error);
    if (!status)
        status = tl_engine_new(run->model, &demand, run->pool, &run->engine, error);
    if (!status && run->val.samples)
        status = tl_runner_new(run->model, &run->val, size, 1, run->pool, &run->val_engine, error);
    if (!status)
        status = tl_updater_new(run->model, run->engine, run->pool, &run->updater, error);
    run->order = status ? NULL : tl_alloc(run->train.samples, sizeof *run->order);
    return status || run->order ? status : tl_fail_memory(error);
}

static void clear_run(fit_run *run) {
    tl_free(run->order);
    tl_updater_catch_up(&run->updater);
    tl_updater_clear(&run->updater);
    tl_engine_free(run->val_engine);
    tl_engine_free(run->engine);
    tl_pool_free(run->pool);
    tl_history_free(run->history);
    tl_free(run->logs);
    tl_free(run->val_names);
    tl_free(run->names);
    tl_feed_clear(&run->val_data);
    tl_feed_clear(&run->data);
}

/* A new order for each epoch of the model's life, from its seed alone. */
static void order_samples(fit_run *run) {
    for (size_t i = 0; i < run->train.samples; i++)
        run->order[i] = i;
    if (!run->options->shuffle)
        return;
    tl_rng rng = tl_rng_new(run->model->seed ^ SHUFFLE_STREAM, run->model->epochs_seen);
    tl_rng_shuffle(&rng, run->order, run->train.samples);
}

static tlstm_status call(fit_run *run, size_t event, tlstm_error **error) {
    return tl_callbacks_run(run->options->callbacks, run->options->callback_count, event,
                            &run->training, error);
}
#define CALL(run, event, error) call(run, offsetof(tl_callback_ops, event), error)

/* One batch: gradients, then the optimizer's step. `loss_sum` adds the loss by samples. */
static tlstm_status train_batch(fit_run *run, size_t first, double *loss_sum, tlstm_error **error) {
    const size_t left = run->train.samples - first;
    const size_t count = left < run->batch_size ? left : run->batch_size;
    tl_batch batch = tl_feed_batch(&run->train, run->order + first, count);
    tl_result result;
    tlstm_status status = tl_model_states(run->model, count, &batch.states, error);
    if (status)
        return status;
    tl_engine_run(run->engine, &batch, run->model->steps_seen, &result);
    const double loss = result.loss + tl_model_penalty(run->model);
    if (isnan(loss))
        return tl_fail(
            error, TLSTM_ERROR_VALUE, run->model->name,
            "the loss became NaN in epoch %lld, batch %lld: the learning rate may be too "
            "high; the weights before this batch are kept",
            (long long)run->training.epoch, (long long)run->training.batch);
    tl_updater_step(&run->updater);
    run->model->steps_seen++;
    *loss_sum += loss * (double)count;
    run->logs[0] = *loss_sum / (double)(first + count);
    tl_engine_metrics(run->engine, run->logs + 1);
    return TLSTM_OK;
}

static tlstm_status train_epoch(fit_run *run, tlstm_error **error) {
    double loss_sum = 0;
    tl_engine_reset_metrics(run->engine);
    order_samples(run);
    for (size_t first = 0; first < run->train.samples; first += run->batch_size) {
        run->training.batch++;
        run->training.count = run->values;
        tlstm_status status = train_batch(run, first, &loss_sum, error);
        if (!status)
            status = CALL(run, batch_end, error);
        if (status)
            return status;
        tl_progress_batch(&run->progress, run->training.batch + 1,
                          (tl_progress_values){run->values, run->names, run->logs});
    }
    run->model->epochs_seen++;
    return TLSTM_OK;
}

static tlstm_status epoch(fit_run *run, tlstm_error **error) {
    run->training.batch = -1;
    tlstm_status status = CALL(run, epoch_begin, error);
    if (status)
        return status;
    tl_progress_begin(&run->progress, run->training.epoch, run->options->epochs);
    status = train_epoch(run, error);
    if (!status && run->val.samples)
        status =
            tl_run_loss(run->model, run->val_engine, &run->val, run->logs + run->values, error);
    if (status)
        return status;
    run->training.batch = -1;
    run->training.count = run->history->column_count;
    tl_progress_end(&run->progress,
                    (tl_progress_values){run->training.count, run->names, run->logs});
    status = tl_history_append(run->history, run->logs, error);
    return status ? status : CALL(run, epoch_end, error);
}

static tlstm_status epochs(fit_run *run, tlstm_error **error) {
    const tlstm_fit_options *options = run->options;
    const int64_t batches = (int64_t)((run->train.samples + run->batch_size - 1) / run->batch_size);
    run->training = (tl_training){.model = run->model,
                                  .updater = &run->updater,
                                  .epoch = options->initial_epoch,
                                  .epochs = options->epochs,
                                  .batch = -1,
                                  .batches = batches,
                                  .count = run->history->column_count,
                                  .names = run->names,
                                  .values = run->logs,
                                  .write = options->write,
                                  .write_user = options->write_user};
    tl_progress_init(&run->progress, options->verbose, batches, options->write,
                     options->write_user);
    tlstm_status status = CALL(run, begin, error);
    for (int64_t e = options->initial_epoch; !status && e < options->epochs && !run->training.stop;
         e++) {
        run->training.epoch = e;
        status = epoch(run, error);
    }
    return status ? status : CALL(run, end, error);
}

tlstm_status tl_fit(tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                    const tlstm_fit_options *options, tlstm_history **history,
                    tlstm_error **error) {
    tlstm_status status = check_ready(model, error);
    if (status)
        return status;
    fit_run run = {.model = model, .options = options};
    status = check_weights(model, error);
    if (!status)
        status = make_feeds(&run, x, y, error);
    if (!status)
        status = make_names(&run, error);
    if (!status)
        status = make_engines(&run, error);
    if (!status)
        status = epochs(&run, error);
    if (!status && history) {
        *history = run.history;
        run.history = NULL;
    }
    clear_run(&run);
    return status;
}

tlstm_status tl_evaluate(tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                         const tlstm_run_options *options, double *values, tlstm_error **error) {
    tl_feed feed = {0};
    tl_pool *pool = NULL;
    tl_engine *engine = NULL;
    tlstm_status status = check_ready(model, error);
    if (status)
        return status;
    const tl_feed_source source = {
        .x = x, .y = y, .sample_weight = options->sample_weight, .prefix = ""};
    status = tl_feed_new(model, &source, &feed, error);
    if (!status)
        status = tl_pool_new((size_t)options->threads, &pool, error);
    if (!status)
        status = tl_runner_new(model, &feed, (size_t)options->batch_size, 1, pool, &engine, error);
    if (!status)
        status = tl_run_loss(model, engine, &feed, values, error);
    tl_engine_free(engine);
    tl_pool_free(pool);
    tl_feed_clear(&feed);
    return status;
}

static tlstm_status new_output(const tlstm_model *model, const tl_feed *feed, tlstm_array **y,
                               tlstm_error **error) {
    const tl_shape *output = tl_model_output(model);
    int64_t shape[TLSTM_MAX_DIMS] = {(int64_t)feed->samples};
    for (size_t i = 0; i < output->ndim; i++)
        shape[i + 1] = output->dims[i] < 0 ? (int64_t)feed->timesteps : output->dims[i];
    return tl_array_new(TLSTM_FLOAT32, output->ndim + 1, shape, y, error);
}

tlstm_status tl_predict(tlstm_model *model, const tlstm_array *x, const tlstm_run_options *options,
                        tlstm_array **y, tlstm_error **error) {
    tl_feed feed = {0};
    tl_pool *pool = NULL;
    tl_engine *engine = NULL;
    tlstm_array *outputs = NULL;
    tlstm_status status = tl_feed_new(model, &(tl_feed_source){.x = x, .prefix = ""}, &feed, error);
    if (!status)
        status = new_output(model, &feed, &outputs, error);
    if (!status)
        status = tl_pool_new((size_t)options->threads, &pool, error);
    if (!status)
        status = tl_runner_new(model, &feed, (size_t)options->batch_size, 0, pool, &engine, error);
    if (!status)
        status = tl_run_outputs(model, engine, &feed, outputs->data, error);
    tl_engine_free(engine);
    tl_pool_free(pool);
    tl_feed_clear(&feed);
    if (status)
        tl_array_free(outputs);
    else
        *y = outputs;
    return status;
}

/* The gradient of one weight over all samples as one batch. */
static tlstm_status gradient_of(tlstm_model *model, const tl_feed *feed, const tl_weight_at *at,
                                float *gradient, tlstm_error **error) {
    const tl_demand demand = {
        .samples = feed->samples, .timesteps = feed->timesteps, .backward = 1, .loss = 1};
    tl_pool *pool = NULL;
    tl_engine *engine = NULL;
    tlstm_status status = tl_pool_new(1, &pool, error);
    if (!status)
        status = tl_engine_new(model, &demand, pool, &engine, error);
    if (!status) {
        const tl_batch batch = tl_feed_batch(feed, NULL, feed->samples);
        tl_result result;
        tl_engine_run(engine, &batch, 0, &result);
        tl_engine_copy_gradient(engine, at->weight, gradient);
        if (at->weight->regularizer)
            tl_regularizer_gradient(at->weight->regularizer, at->weight->size, at->values,
                                    gradient);
    }
    tl_engine_free(engine);
    tl_pool_free(pool);
    return status;
}

tlstm_status tl_gradient(tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                         const tlstm_array *sample_weight, size_t weight, tlstm_array **gradient,
                         tlstm_error **error) {
    const tl_feed_source source = {.x = x, .y = y, .sample_weight = sample_weight, .prefix = ""};
    tl_feed feed = {0};
    tlstm_array *made = NULL;
    tl_weight_at at;
    tlstm_status status = check_ready(model, error);
    if (status)
        return status;
    if (!tl_model_weight(model, weight, &at))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "weight", "the model has %zu weights",
                       tl_model_weight_count(model));
    const int64_t shape[] = {(int64_t)at.weight->dims[0], (int64_t)at.weight->dims[1]};
    status = tl_feed_new(model, &source, &feed, error);
    if (!status)
        status = tl_array_new(TLSTM_FLOAT32, at.weight->ndim, shape, &made, error);
    if (!status)
        status = gradient_of(model, &feed, &at, made->data, error);
    tl_feed_clear(&feed);
    if (status)
        tl_array_free(made);
    else
        *gradient = made;
    return status;
}
