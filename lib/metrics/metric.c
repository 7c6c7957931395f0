/* Finding metrics, what "accuracy" means, and losses used as metrics. */
#include "metrics/metric.h"

#include "base/text.h"

#include <string.h>

const tl_metric_ops *tl_metric_find(const char *name) {
    for (const tl_metric_ops *const *metric = tl_metrics; *metric; metric++)
        if (strcmp((*metric)->name, name) == 0 || strcmp((*metric)->class_name, name) == 0 ||
            tl_text_has_word((*metric)->aliases, name))
            return *metric;
    return NULL;
}

int tl_metric_rises(const char *name) {
    if (strncmp(name, "val_", 4) == 0)
        name += 4;
    if (tl_text_same_word(name, "accuracy") || tl_text_same_word(name, "acc"))
        return 1;
    const tl_metric_ops *metric = tl_metric_find(name);
    return metric && metric->rises;
}

/* Of the three forms of a metric: that for one output, for class numbers, for distributions. */
static const char *form_for(const tl_loss_ops *loss, size_t outputs, const char *binary,
                            const char *sparse, const char *categorical) {
    return outputs == 1 ? binary : loss->sparse ? sparse : categorical;
}

/* The full name behind Keras's convenient ones. */
static const char *full_name(const char *name, const tl_loss_ops *loss, size_t outputs) {
    if (tl_text_same_word(name, "accuracy") || tl_text_same_word(name, "acc"))
        return form_for(loss, outputs, "binary_accuracy", "sparse_categorical_accuracy",
                        "categorical_accuracy");
    if (tl_text_same_word(name, "crossentropy") || tl_text_same_word(name, "ce"))
        return form_for(loss, outputs, "binary_crossentropy", "sparse_categorical_crossentropy",
                        "categorical_crossentropy");
    return name;
}

/* A metric reads the targets as the loss does: class numbers, or rows. */
static tlstm_status check_targets(const char *name, int sparse, const tl_loss_ops *loss,
                                  size_t outputs, tlstm_error **error) {
    if (outputs == 1 || sparse == loss->sparse)
        return TLSTM_OK;
    return tl_fail(
        error, TLSTM_ERROR_ARGUMENT, name, "the metric wants %s, the loss \"%s\" %s for targets",
        sparse ? "class numbers" : "rows", loss->name, loss->sparse ? "class numbers" : "rows");
}

tlstm_status tl_metric_resolve(const char *name, const tl_loss_ops *loss, size_t outputs,
                               tl_metric *metric, tlstm_error **error) {
    const char *full = full_name(name, loss, outputs);
    tl_metric found = {.ops = tl_metric_find(full)};
    if (!found.ops)
        found.loss = tl_loss_find(full);
    if (!found.ops && !found.loss)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "metrics", "unknown metric \"%s\"", name);
    if (strlen(name) >= sizeof(found.name))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "metrics", "the name of a metric is too long");
    int sparse = found.ops ? found.ops->sparse : found.loss->sparse;
    tlstm_status status = check_targets(name, sparse, loss, outputs, error);
    if (status)
        return status;
    strcpy(found.name, name); /* the history speaks of it as the user did */
    *metric = found;
    return TLSTM_OK;
}

double tl_metric_row(const tl_metric *metric, size_t count, const float *output,
                     const float *target) {
    if (metric->ops)
        return metric->ops->row(count, output, target);
    struct tlstm_loss loss = tl_loss_default(metric->loss);
    return loss.ops->row(&loss.config, TL_OUTPUT_PLAIN, count, output, target, NULL);
}
