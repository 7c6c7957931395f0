/* The cosine between outputs and targets: as a metric it has not the minus sign of the loss. */
#include "metrics/metric.h"

static double row(size_t count, const float *output, const float *target) {
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("cosine_similarity"));
    return -loss.ops->row(&loss.config, TL_OUTPUT_PLAIN, count, output, target, NULL);
}

const tl_metric_ops tl_cosine_similarity_metric = {
    .name = "cosine_similarity",
    .class_name = "CosineSimilarity",
    .aliases = "",
    .rises = 1,
    .row = row,
};
