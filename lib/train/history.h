/* The values of each epoch: what fit() returns. */
#ifndef TL_TRAIN_HISTORY_H
#define TL_TRAIN_HISTORY_H

#include "base/error.h"
#include "tinylstm/train.h"

struct tlstm_history {
    char **names; /* columns: "loss", metrics, then the same with "val_" */
    size_t column_count;
    double *values; /* epoch after epoch, column after column */
    size_t epoch_count;
    size_t epoch_capacity;
};

/* A history without epochs; the names are copied. */
tlstm_status tl_history_new(const char *const *names, size_t count, tlstm_history **history,
                            tlstm_error **error);
void tl_history_free(tlstm_history *history);

/* Appends an epoch: one value for each column. */
tlstm_status tl_history_append(tlstm_history *history, const double *values, tlstm_error **error);

/* Index of a column; column_count when there is none of that name. */
size_t tl_history_find(const tlstm_history *history, const char *name);
double tl_history_value(const tlstm_history *history, const char *name, size_t epoch);

tlstm_status tl_history_save_csv(const tlstm_history *history, const char *path,
                                 tlstm_error **error);
/* plot.c */
tlstm_status tl_history_save_svg(const tlstm_history *history, const char *column, const char *path,
                                 tlstm_error **error);

#endif
