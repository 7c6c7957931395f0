/* Watching a value of the logs. */
#include "train/monitor.h"

#include "base/alloc.h"
#include "base/text.h"
#include "metrics/metric.h"

#include <math.h>

tlstm_status tl_monitor_init(tl_monitor *monitor, const char *name, int32_t mode, double min_delta,
                             tlstm_error **error) {
    if (mode != TLSTM_MODE_AUTO && mode != TLSTM_MODE_MIN && mode != TLSTM_MODE_MAX)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "mode",
                       "expected auto (0), min (1) or max (2), got %d", (int)mode);
    if (!isfinite(min_delta))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "min_delta", "must be a finite number");
    char *copy = tl_strdup(name ? name : "val_loss");
    if (!copy)
        return tl_fail_memory(error);
    int rises = mode == TLSTM_MODE_AUTO ? tl_metric_rises(copy) : mode == TLSTM_MODE_MAX;
    *monitor = (tl_monitor){copy, rises, fabs(min_delta)};
    return TLSTM_OK;
}

void tl_monitor_clear(tl_monitor *monitor) {
    tl_free(monitor->name);
    *monitor = (tl_monitor){0};
}

tlstm_status tl_monitor_check(const tl_monitor *monitor, const tl_training *training,
                              tlstm_error **error) {
    double value;
    if (tl_training_value(training, monitor->name, &value))
        return TLSTM_OK;
    tl_text known = {0};
    for (size_t i = 0; i < training->count; i++) {
        tl_text_append(&known, i ? ", " : "");
        tl_text_append(&known, training->names[i]);
    }
    tlstm_status status =
        tl_fail(error, TLSTM_ERROR_ARGUMENT, "monitor", "\"%s\" is not there; there are: %s",
                monitor->name, known.bytes ? known.bytes : "none");
    tl_text_clear(&known);
    return status;
}

int tl_monitor_improves(const tl_monitor *monitor, double value, const double *reference) {
    if (isnan(value))
        return 0;
    if (!reference)
        return 1;
    return monitor->rises ? value - monitor->min_delta > *reference
                          : value + monitor->min_delta < *reference;
}
