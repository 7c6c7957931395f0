/*
 * What a callback is inside: one file each (checkpoint.c, early_stopping.c, ...), driven by fit.c.
 *
 * The order in fit(): begin; for each epoch epoch_begin, batch_end after each batch, then, when the
 * validation is done and the progress has ended its line, epoch_end; end last, also when training
 * was stopped, but not after an error. A callback that returns an error ends fit with it.
 */
#ifndef TL_TRAIN_CALLBACK_H
#define TL_TRAIN_CALLBACK_H

#include "base/error.h"
#include "tinylstm/callback.h"
#include "tinylstm/train.h"
#include "train/update.h"

/* Where training stands; fit.c keeps it up to date, callbacks read it and set `stop`. */
typedef struct tl_training {
    tlstm_model *model;
    tl_updater *updater; /* whoever looks at the optimizer's slots lets it catch up first */
    int64_t epoch;       /* from 0 */
    int64_t epochs;      /* the number of the last one */
    int64_t batch;       /* from 0; -1 at begins and ends of epochs and of training */
    int64_t batches;     /* in an epoch */
    /* Running means at a batch's end; all of "loss", metrics, "val_loss", ... at an epoch's end and
     * at the end. At the beginning of training the names that epochs will end with, with NaN for
     * values. */
    size_t count;
    const char *const *names;
    const double *values;
    int stop; /* set to 1: fit returns after this epoch (Keras's model.stop_training) */
    tlstm_write_function *write; /* NULL: standard output */
    void *write_user;
} tl_training;

typedef tlstm_status tl_callback_event(tlstm_callback *callback, tl_training *training,
                                       tlstm_error **error);

/* Events that do not matter to a callback are NULL. */
typedef struct tl_callback_ops {
    const char *name;
    tl_callback_event *begin; /* everything begins anew: a callback may serve several fits */
    tl_callback_event *epoch_begin;
    tl_callback_event *batch_end;
    tl_callback_event *epoch_end;
    tl_callback_event *end;
    void (*free)(tlstm_callback *callback); /* the whole object */
} tl_callback_ops;

/* Each kind of callback is a struct that begins with this. */
struct tlstm_callback {
    const tl_callback_ops *ops;
};

/* Calls one event of all callbacks in order, until one fails. `event` is an offset into
 * tl_callback_ops: tl_callbacks_run(callbacks, n, offsetof(tl_callback_ops, begin), ...). */
tlstm_status tl_callbacks_run(tlstm_callback *const *callbacks, size_t count, size_t event,
                              tl_training *training, tlstm_error **error);

/* The value of "val_loss", ...; 0 when there is none of that name. */
int tl_training_value(const tl_training *training, const char *name, double *value);

/* Sends text to where progress goes. */
void tl_training_print(const tl_training *training, const char *format, ...) TL_PRINTF(2, 3);
void tl_write(tlstm_write_function *write, void *user, const char *text, size_t length);

/* The constructors; options are checked and complete (api/callback.c sees to versions). */
tlstm_status tl_checkpoint_new(const char *path, const tlstm_checkpoint_options *options,
                               tlstm_callback **callback, tlstm_error **error);
tlstm_status tl_early_stopping_new(const tlstm_early_stopping_options *options,
                                   tlstm_callback **callback, tlstm_error **error);
/* The epoch it stopped in; 0 also for callbacks of another kind. */
int64_t tl_early_stopping_epoch(const tlstm_callback *callback);
tlstm_status tl_csv_logger_new(const char *path, int append, tlstm_callback **callback,
                               tlstm_error **error);
tlstm_status tl_user_callback_new(const tlstm_callback_functions *functions,
                                  tlstm_callback **callback, tlstm_error **error);
void tl_callback_free(tlstm_callback *callback);

#endif
