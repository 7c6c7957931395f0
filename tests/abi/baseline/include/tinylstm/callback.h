/**
 * @file callback.h
 * What happens at the ends of batches and epochs: Keras's ModelCheckpoint, EarlyStopping and
 * CSVLogger, and callbacks of one's own.
 */
#ifndef TINYLSTM_CALLBACK_H
#define TINYLSTM_CALLBACK_H

#include "tinylstm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A callback for fit. Ownership: the caller frees it, after fit. It begins anew with each fit.
 * Thread-safety: none; it is called in the thread that called fit.
 */
typedef struct tlstm_callback tlstm_callback;

/** Which way a monitored value improves. */
enum { TLSTM_MODE_AUTO = 0, TLSTM_MODE_MIN = 1, TLSTM_MODE_MAX = 2 };

/** Arguments of ModelCheckpoint; INIT has Keras's defaults. */
typedef struct tlstm_checkpoint_options {
    size_t struct_size;
    const char *monitor;       /**< NULL: "val_loss" */
    int32_t mode;              /**< auto: max for accuracy, AUC and F-measures, else min */
    int32_t save_best_only;    /**< 0 */
    int32_t save_weights_only; /**< 0 */
    int32_t verbose;           /**< 0; 1 tells when and why it saves, as Keras does */
    int32_t has_threshold;     /**< 0 */
    double
        initial_value_threshold; /**< where has_threshold is 1: save only values better than it */
} tlstm_checkpoint_options;
#define TLSTM_CHECKPOINT_OPTIONS_INIT                                                              \
    { sizeof(tlstm_checkpoint_options), NULL, TLSTM_MODE_AUTO, 0, 0, 0, 0, 0.0 }
TLSTM_API void tlstm_checkpoint_options_init(tlstm_checkpoint_options *options);

/** Saves the model at the ends of epochs. `path` may hold Keras's fields: {epoch}, {epoch:02d},
 *  {val_loss:.2f}. A checkpoint is written atomically. `options` may be NULL. */
TLSTM_API tlstm_status tlstm_checkpoint_new(const char *path,
                                            const tlstm_checkpoint_options *options,
                                            tlstm_callback **callback, tlstm_error **error);

/** Arguments of EarlyStopping; INIT has Keras's defaults. */
typedef struct tlstm_early_stopping_options {
    size_t struct_size;
    const char *monitor;          /**< NULL: "val_loss" */
    double min_delta;             /**< 0; smaller changes are no improvement */
    int64_t patience;             /**< 0; epochs without improvement before it stops */
    int32_t mode;                 /**< auto, as above */
    int32_t restore_best_weights; /**< 0 */
    int64_t start_from_epoch;     /**< 0; epochs before it are not looked at */
    int32_t verbose;              /**< 0; 1 tells when it stops */
    int32_t has_baseline;         /**< 0 */
    double baseline;              /**< a value to beat, where has_baseline is 1 */
} tlstm_early_stopping_options;
#define TLSTM_EARLY_STOPPING_OPTIONS_INIT                                                          \
    { sizeof(tlstm_early_stopping_options), NULL, 0.0, 0, TLSTM_MODE_AUTO, 0, 0, 0, 0, 0.0 }
TLSTM_API void tlstm_early_stopping_options_init(tlstm_early_stopping_options *options);

TLSTM_API tlstm_status tlstm_early_stopping_new(const tlstm_early_stopping_options *options,
                                                tlstm_callback **callback, tlstm_error **error);
/** @return the epoch (counted from 0) after which it stopped the last fit; 0 when it did not. */
TLSTM_API int64_t tlstm_early_stopping_epoch(const tlstm_callback *callback);

/** Writes each epoch's row to a CSV file as it ends. `append` 1 goes on in an existing file. */
TLSTM_API tlstm_status tlstm_csv_logger_new(const char *path, int32_t append,
                                            tlstm_callback **callback, tlstm_error **error);

/** What a callback of one's own is told. Borrowed for the call. */
typedef struct tlstm_logs {
    size_t struct_size;
    int64_t epoch;            /**< from 0 */
    int64_t batch;            /**< from 0; -1 at the ends of epochs */
    int64_t batches;          /**< in an epoch */
    size_t count;             /**< values */
    const char *const *names; /**< "loss", "accuracy", "val_loss", ... */
    const double *values;     /**< running means over the epoch so far at a batch's end */
} tlstm_logs;

/** What a callback answers. */
enum {
    TLSTM_CONTINUE = 0,
    TLSTM_STOP_TRAINING =
        1,          /**< Keras's model.stop_training: the epoch ends as usual, then fit returns */
    TLSTM_ABORT = 2 /**< fit returns TLSTM_STOPPED at once (an exception or panic travels) */
};

/** Functions of one's own, any of which may be NULL. `model` may be read and, at an epoch's end,
 * saved or changed (weights, learning rate). */
typedef struct tlstm_callback_functions {
    size_t struct_size;
    int32_t (*on_train_begin)(tlstm_model *model, const tlstm_logs *logs, void *user);
    int32_t (*on_epoch_begin)(tlstm_model *model, const tlstm_logs *logs, void *user);
    int32_t (*on_batch_end)(tlstm_model *model, const tlstm_logs *logs, void *user);
    int32_t (*on_epoch_end)(tlstm_model *model, const tlstm_logs *logs, void *user);
    int32_t (*on_train_end)(tlstm_model *model, const tlstm_logs *logs, void *user);
    void *user;
} tlstm_callback_functions;
#define TLSTM_CALLBACK_FUNCTIONS_INIT                                                              \
    { sizeof(tlstm_callback_functions), NULL, NULL, NULL, NULL, NULL, NULL }

/** Makes a callback of one's own; `functions` is copied. */
TLSTM_API tlstm_status tlstm_callback_new(const tlstm_callback_functions *functions,
                                          tlstm_callback **callback, tlstm_error **error);
TLSTM_API void tlstm_callback_free(tlstm_callback *callback);

#ifdef __cplusplus
}
#endif

#endif
