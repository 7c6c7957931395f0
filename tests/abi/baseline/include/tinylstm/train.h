/**
 * @file train.h
 * compile, fit, evaluate and predict, with the meaning they have in Keras.
 */
#ifndef TINYLSTM_TRAIN_H
#define TINYLSTM_TRAIN_H

#include "tinylstm/callback.h"
#include "tinylstm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * An optimizer or a loss and its settings, by Keras's names: "rmsprop", "adam", "sgd";
 * "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "mse", ...
 * (Keras's class names and aliases are known too). Settings are numbers under Keras's names
 * ("learning_rate", "rho", "from_logits"; booleans are 0 and 1); what is not set has Keras's
 * default. Ownership: the caller frees it; tlstm_model_compile() copies. Thread-safety: none.
 */
typedef struct tlstm_optimizer tlstm_optimizer;
typedef struct tlstm_loss tlstm_loss;

TLSTM_API tlstm_status tlstm_optimizer_new(const char *name, tlstm_optimizer **optimizer,
                                           tlstm_error **error);
/** TLSTM_ERROR_ARGUMENT names the settings there are when `setting` is unknown. */
TLSTM_API tlstm_status tlstm_optimizer_set(tlstm_optimizer *optimizer, const char *setting,
                                           double value, tlstm_error **error);
TLSTM_API void tlstm_optimizer_free(tlstm_optimizer *optimizer);

TLSTM_API tlstm_status tlstm_loss_new(const char *name, tlstm_loss **loss, tlstm_error **error);
TLSTM_API tlstm_status tlstm_loss_set(tlstm_loss *loss, const char *setting, double value,
                                      tlstm_error **error);
TLSTM_API void tlstm_loss_free(tlstm_loss *loss);

/**
 * Gives the model an optimizer, a loss and metrics ("accuracy", "mae", ... by Keras's names),
 * copied. A fresh optimizer state begins. `optimizer` or `loss` NULL: that of the model stays,
 * where it is compiled already. The model is built first where its input shape is known.
 */
TLSTM_API tlstm_status tlstm_model_compile(tlstm_model *model, const tlstm_optimizer *optimizer,
                                           const tlstm_loss *loss, const char *const *metrics,
                                           size_t metric_count, tlstm_error **error);
/** @return 1 when the model has a loss and an optimizer, from compile or from its file. */
TLSTM_API int32_t tlstm_model_is_compiled(const tlstm_model *model);
/** The learning rate of a compiled model, also between epochs; -1 when not compiled. */
TLSTM_API double tlstm_model_learning_rate(const tlstm_model *model);
TLSTM_API tlstm_status tlstm_model_set_learning_rate(tlstm_model *model, double learning_rate,
                                                     tlstm_error **error);

/** Losses and metrics by epoch: what Keras's fit() returns. Thread-safety: read-only. */
typedef struct tlstm_history tlstm_history;

/** Where progress text goes: `length` bytes of UTF-8. */
typedef void tlstm_write_function(const char *text, size_t length, void *user);

/** How progress is shown. */
enum {
    TLSTM_SILENT = 0, /**< nothing */
    TLSTM_PROGRESS =
        1,          /**< Keras's bar, redrawn in place on a terminal; elsewhere a line an epoch */
    TLSTM_LINES = 2 /**< a line an epoch */
};

/** Arguments of tlstm_model_fit(); the INIT values are Keras's (silent, though). Pointers are
 * borrowed for the call. */
typedef struct tlstm_fit_options {
    size_t struct_size;
    int64_t batch_size;       /**< 32 */
    int64_t epochs;           /**< 1; the number of the last epoch, counted from initial_epoch */
    int64_t initial_epoch;    /**< 0 */
    int32_t shuffle;          /**< 1: a new order each epoch, from the model's seed */
    int32_t verbose;          /**< TLSTM_SILENT */
    int32_t threads;          /**< 0: as many as processors. The results do not depend on it */
    double validation_split;  /**< last part of x and y kept for validation; 0: none */
    const tlstm_array *x_val; /**< validation data, instead; NULL: none */
    const tlstm_array *y_val;
    const tlstm_array
        *sample_weight; /**< (samples), or (samples, timesteps) for sequence outputs */
    const tlstm_array *val_sample_weight;
    const double *class_weight; /**< weight of class 0, 1, ...; NULL: none */
    size_t class_count;
    tlstm_callback *const *callbacks; /**< called in this order */
    size_t callback_count;
    tlstm_write_function *write; /**< NULL: standard output */
    void *write_user;
} tlstm_fit_options;
#define TLSTM_FIT_OPTIONS_INIT                                                                     \
    {                                                                                              \
        sizeof(tlstm_fit_options), 32, 1, 0, 1, TLSTM_SILENT, 0, 0.0, NULL, NULL, NULL, NULL,      \
            NULL, 0, NULL, 0, NULL, NULL                                                           \
    }
TLSTM_API void tlstm_fit_options_init(tlstm_fit_options *options);

/**
 * Trains. `x` is (samples, ...) of tokens (int32, int64, or floats that are whole) or features
 * (float32, float64); `y` (samples), (samples, outputs) or (samples, timesteps, outputs), class
 * numbers for the sparse loss. Nothing is trained on bad data: shapes, token ids and NaN are
 * checked first. `history` may be NULL. When a callback fails, or a weight becomes NaN, the error
 * is returned and the model keeps the weights it has got to.
 */
TLSTM_API tlstm_status tlstm_model_fit(tlstm_model *model, const tlstm_array *x,
                                       const tlstm_array *y, const tlstm_fit_options *options,
                                       tlstm_history **history, tlstm_error **error);

/** Arguments of evaluate and predict; INIT has Keras's values. */
typedef struct tlstm_run_options {
    size_t struct_size;
    int64_t batch_size; /**< 32; how many samples share a pass. Keras's default; larger is faster */
    int32_t threads;    /**< 0: as many as processors */
    int32_t verbose;    /**< as in fit; evaluate only */
    const tlstm_array *sample_weight; /**< evaluate only */
    tlstm_write_function *write;
    void *write_user;
} tlstm_run_options;
#define TLSTM_RUN_OPTIONS_INIT                                                                     \
    { sizeof(tlstm_run_options), 32, 0, TLSTM_SILENT, NULL, NULL, NULL }
TLSTM_API void tlstm_run_options_init(tlstm_run_options *options);

/** Loss and metrics over data: `values[0]` the loss, then the metrics in compile's order;
 * `capacity` is the room in `values`, `*count` (may be NULL) the number there are. */
TLSTM_API tlstm_status tlstm_model_evaluate(const tlstm_model *model, const tlstm_array *x,
                                            const tlstm_array *y, const tlstm_run_options *options,
                                            double *values, size_t capacity, size_t *count,
                                            tlstm_error **error);
/** @return "loss", "accuracy", ...: the names of evaluate's values; NULL when out of range.
 * Borrowed. */
TLSTM_API const char *tlstm_model_metric_name(const tlstm_model *model, size_t index);

/** The outputs for `x`, float32 (samples, ...). For many calls on few samples use a session. */
TLSTM_API tlstm_status tlstm_model_predict(const tlstm_model *model, const tlstm_array *x,
                                           const tlstm_run_options *options, tlstm_array **y,
                                           tlstm_error **error);

/** The gradient of the loss (regularizers included, dropout off) over all of x and y with respect
 * to one weight, in the weight's shape. For checks and research. */
TLSTM_API tlstm_status tlstm_model_gradient(const tlstm_model *model, const tlstm_array *x,
                                            const tlstm_array *y, const tlstm_array *sample_weight,
                                            size_t weight, tlstm_array **gradient,
                                            tlstm_error **error);

/** Clears the states of stateful layers: Keras's reset_states(). */
TLSTM_API void tlstm_model_reset_states(tlstm_model *model);

TLSTM_API void tlstm_history_free(tlstm_history *history);
/** @return the number of finished epochs. */
TLSTM_API size_t tlstm_history_epochs(const tlstm_history *history);
/** Columns: "loss", metrics, then the same with "val_". Borrowed; NULL when out of range. */
TLSTM_API size_t tlstm_history_columns(const tlstm_history *history);
TLSTM_API const char *tlstm_history_column(const tlstm_history *history, size_t column);
/** @return the value of a column ("val_loss") in an epoch; NaN when there is none. */
TLSTM_API double tlstm_history_value(const tlstm_history *history, const char *column,
                                     size_t epoch);
/** Header "epoch,loss,...", one row an epoch (counted from 0, as Keras's CSVLogger), full
 * precision. */
TLSTM_API tlstm_status tlstm_history_save_csv(const tlstm_history *history, const char *path,
                                              tlstm_error **error);
/** A plot of training and validation values by epoch as SVG: axes, grid, legend. `column` "loss",
 *  "accuracy", ...; its "val_" column is drawn beside it where there is one. */
TLSTM_API tlstm_status tlstm_history_save_svg(const tlstm_history *history, const char *column,
                                              const char *path, tlstm_error **error);

#ifdef __cplusplus
}
#endif

#endif
