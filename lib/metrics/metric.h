/* What a metric is: a mean over rows. One file each, listed in registry.c. */
#ifndef TL_METRICS_METRIC_H
#define TL_METRICS_METRIC_H

#include "losses/loss.h"

typedef struct tl_metric_ops {
    const char *name;       /* in the history: "binary_accuracy" */
    const char *class_name; /* "BinaryAccuracy" */
    const char *aliases;
    int sparse; /* the target is a class number */
    int rises;  /* more is better */
    /* The value of one row of outputs (after the last activation). */
    double (*row)(size_t count, const float *output, const float *target);
} tl_metric_ops;

extern const tl_metric_ops *const tl_metrics[];
const tl_metric_ops *tl_metric_find(const char *name);

/* A metric of a compiled model: what computes it and the name it has in the history. */
typedef struct tl_metric {
    const tl_metric_ops *ops; /* NULL: `loss` computes it (a loss used as metric) */
    const tl_loss_ops *loss;
    int weighted; /* one of Keras's weighted_metrics */
    char name[64];
} tl_metric;

/* 1 when more of what "accuracy", "val_loss", ... stands for is better: Keras's mode "auto". */
int tl_metric_rises(const char *name);

/* What "accuracy" (and "crossentropy") mean depends on loss and shapes: Keras's rule. `outputs`
 * counts the last dimension of the model's output. TLSTM_ERROR_ARGUMENT names an unknown metric. */
tlstm_status tl_metric_resolve(const char *name, const tl_loss_ops *loss, size_t outputs,
                               tl_metric *metric, tlstm_error **error);
double tl_metric_row(const tl_metric *metric, size_t count, const float *output,
                     const float *target);

#endif
