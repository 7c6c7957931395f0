/* Stops training when a value no longer improves: Keras 3's EarlyStopping, rule by rule. */
#include "train/callback.h"

#include "base/alloc.h"
#include "model/model.h"
#include "train/monitor.h"

#include <math.h>
#include <string.h>

typedef struct early_stopping {
    tlstm_callback base;
    tlstm_early_stopping_options options;
    tl_monitor monitor;
    int64_t wait; /* epochs since the last improvement */
    int64_t stopped_epoch;
    int64_t best_epoch;
    int has_best;
    double best;
    float *best_weights; /* NULL: none kept yet */
    size_t weight_count;
} early_stopping;

static early_stopping *of(tlstm_callback *callback) {
    return (early_stopping *)callback;
}

static void forget_weights(early_stopping *stopping) {
    tl_free(stopping->best_weights);
    stopping->best_weights = NULL;
    stopping->weight_count = 0;
}

static tlstm_status begin(tlstm_callback *callback, tl_training *training, tlstm_error **error) {
    early_stopping *stopping = of(callback);
    stopping->wait = 0;
    stopping->stopped_epoch = 0;
    stopping->best_epoch = 0;
    stopping->has_best = 0;
    forget_weights(stopping);
    return tl_monitor_check(&stopping->monitor, training, error);
}

static tlstm_status keep_weights(early_stopping *stopping, const tl_training *training,
                                 tlstm_error **error) {
    const tlstm_model *model = training->model;
    if (!stopping->options.restore_best_weights)
        return TLSTM_OK;
    if (!stopping->best_weights) {
        stopping->best_weights = tl_alloc(model->parameter_count, sizeof(float));
        if (!stopping->best_weights)
            return tl_fail_memory(error);
        stopping->weight_count = model->parameter_count;
    }
    memcpy(stopping->best_weights, model->parameters, stopping->weight_count * sizeof(float));
    stopping->best_epoch = training->epoch;
    return TLSTM_OK;
}

static tlstm_status epoch_end(tlstm_callback *callback, tl_training *training,
                              tlstm_error **error) {
    early_stopping *stopping = of(callback);
    const tlstm_early_stopping_options *options = &stopping->options;
    double current = NAN;
    if (!tl_training_value(training, stopping->monitor.name, &current) ||
        training->epoch < options->start_from_epoch)
        return TLSTM_OK;
    /* The first weights looked at are the best so far, whatever they reach. */
    if (!stopping->best_weights) {
        tlstm_status status = keep_weights(stopping, training, error);
        if (status)
            return status;
    }
    stopping->wait++;
    if (tl_monitor_improves(&stopping->monitor, current,
                            stopping->has_best ? &stopping->best : NULL)) {
        stopping->has_best = 1;
        stopping->best = current;
        /* Only what beats the baseline too ends the waiting. */
        if (!options->has_baseline ||
            tl_monitor_improves(&stopping->monitor, current, &options->baseline))
            stopping->wait = 0;
        return keep_weights(stopping, training, error);
    }
    if (stopping->wait >= options->patience && training->epoch > 0) {
        stopping->stopped_epoch = training->epoch;
        training->stop = 1;
    }
    return TLSTM_OK;
}

/* Keras 3 restores the best weights also where training has come to its last epoch. */
static tlstm_status end(tlstm_callback *callback, tl_training *training, tlstm_error **error) {
    early_stopping *stopping = of(callback);
    (void)error;
    int verbose = stopping->options.verbose > 0;
    if (stopping->stopped_epoch > 0 && verbose)
        tl_training_print(training, "Epoch %lld: early stopping\n",
                          (long long)stopping->stopped_epoch + 1);
    if (stopping->best_weights) {
        if (verbose)
            tl_training_print(training,
                              "Restoring model weights from the end of the best epoch: %lld.\n",
                              (long long)stopping->best_epoch + 1);
        memcpy(training->model->parameters, stopping->best_weights,
               stopping->weight_count * sizeof(float));
        training->model->changes++;
        forget_weights(stopping);
    }
    return TLSTM_OK;
}

static void free_stopping(tlstm_callback *callback) {
    early_stopping *stopping = of(callback);
    forget_weights(stopping);
    tl_monitor_clear(&stopping->monitor);
    tl_free(stopping);
}

static const tl_callback_ops ops = {
    .name = "EarlyStopping",
    .begin = begin,
    .epoch_end = epoch_end,
    .end = end,
    .free = free_stopping,
};

tlstm_status tl_early_stopping_new(const tlstm_early_stopping_options *options,
                                   tlstm_callback **callback, tlstm_error **error) {
    early_stopping *stopping = tl_alloc_zero(1, sizeof(*stopping));
    if (!stopping)
        return tl_fail_memory(error);
    tlstm_status status = tl_monitor_init(&stopping->monitor, options->monitor, options->mode,
                                          options->min_delta, error);
    if (status) {
        tl_free(stopping);
        return status;
    }
    stopping->base.ops = &ops;
    stopping->options = *options;
    stopping->options.monitor = NULL; /* the caller's; `monitor` has a copy */
    *callback = &stopping->base;
    return TLSTM_OK;
}

int64_t tl_early_stopping_epoch(const tlstm_callback *callback) {
    return callback->ops == &ops ? ((const early_stopping *)callback)->stopped_epoch : 0;
}
