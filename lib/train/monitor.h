/* The value that ModelCheckpoint and EarlyStopping watch, and when it gets better: the rules of
 * Keras 3's MonitorCallback. */
#ifndef TL_TRAIN_MONITOR_H
#define TL_TRAIN_MONITOR_H

#include "train/callback.h"

typedef struct tl_monitor {
    char *name; /* "val_loss" */
    int rises;  /* more is better */
    double min_delta;
} tl_monitor;

/* `name` NULL: "val_loss". `mode` as in the public options; auto asks the metric. */
tlstm_status tl_monitor_init(tl_monitor *monitor, const char *name, int32_t mode, double min_delta,
                             tlstm_error **error);
void tl_monitor_clear(tl_monitor *monitor);

/* Where Keras warns after each epoch, a name that no epoch will have fails before training. */
tlstm_status tl_monitor_check(const tl_monitor *monitor, const tl_training *training,
                              tlstm_error **error);

/* Better than `reference` (NULL: than nothing yet) by more than min_delta. NaN never is. */
int tl_monitor_improves(const tl_monitor *monitor, double value, const double *reference);

#endif
