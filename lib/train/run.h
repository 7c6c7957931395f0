/* A feed through a model without training: what evaluate, predict and the validation of fit share.
 */
#ifndef TL_TRAIN_RUN_H
#define TL_TRAIN_RUN_H

#include "train/feed.h"

/* Samples that share a pass when the caller's batch size does not matter to the result. */
#define TL_RUN_SAMPLES 1024

/* An engine that fits the feed. `loss`: for tl_run_loss. */
tlstm_status tl_runner_new(const tlstm_model *model, const tl_feed *feed, size_t batch_size,
                           int loss, tl_pool *pool, tl_engine **engine, tlstm_error **error);

/* values[0] = loss with regularizers, then the metrics. */
tlstm_status tl_run_loss(tlstm_model *model, tl_engine *engine, const tl_feed *feed, double *values,
                         tlstm_error **error);

/* The outputs of all samples, one behind the other. */
tlstm_status tl_run_outputs(tlstm_model *model, tl_engine *engine, const tl_feed *feed,
                            float *outputs, tlstm_error **error);

#endif
