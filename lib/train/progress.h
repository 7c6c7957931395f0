/*
 * How fit and evaluate show that they are alive: Keras 2's bar, redrawn in place on a terminal, or
 * one line at the end of each epoch.
 */
#ifndef TL_TRAIN_PROGRESS_H
#define TL_TRAIN_PROGRESS_H

#include "base/text.h"
#include "tinylstm/train.h"

/* What is shown behind the bar: "loss", "accuracy", ... */
typedef struct tl_progress_values {
    size_t count;
    const char *const *names;
    const double *values;
} tl_progress_values;

typedef struct tl_progress {
    int verbose;     /* TLSTM_SILENT, TLSTM_PROGRESS, TLSTM_LINES */
    int bar;         /* redraw in place */
    int64_t batches; /* in an epoch */
    int64_t epoch;   /* from 0; -1 where there are no epochs (evaluate) */
    int64_t epochs;
    double (*now)(void); /* seconds; replaced by the tests */
    double start, last_drawn;
    double first_done; /* when the first batch was done, which takes longer than the others */
    size_t width;      /* of the line on the screen */
    size_t columns;    /* of the terminal; 0: not known */
    tlstm_write_function *write;
    void *write_user;
} tl_progress;

/* `write` NULL: standard output, where alone the bar can be redrawn. */
void tl_progress_init(tl_progress *progress, int verbose, int64_t batches,
                      tlstm_write_function *write, void *write_user);
/* An epoch (from 0) of `epochs` begins; epoch -1: no epochs, just the batches. */
void tl_progress_begin(tl_progress *progress, int64_t epoch, int64_t epochs);
/* `done` batches are finished; redraws at most twenty times a second. */
void tl_progress_batch(tl_progress *progress, int64_t done, tl_progress_values values);
/* All batches, and the validation, are finished: the last form of the line, and its end. */
void tl_progress_end(tl_progress *progress, tl_progress_values values);

#endif
