/* From the gradients of a batch to new weights. */
#ifndef TL_TRAIN_UPDATE_H
#define TL_TRAIN_UPDATE_H

#include "model/engine.h"

/* All trainable weights of a model, ready for tl_optimizer_apply(). */
typedef struct tl_updater {
    tlstm_model *model;
    tl_engine *engine;
    tl_pool *pool;
    tl_trainable *weights;
    tl_weight_at *at;
    size_t count;
    tl_late late;  /* of the embedding; made NULL: it is never late */
    float *spread; /* the embedding's gradient with all rows, where it has a regularizer */
} tl_updater;

/* Engine and pool are borrowed. */
tlstm_status tl_updater_new(tlstm_model *model, tl_engine *engine, tl_pool *pool,
                            tl_updater *updater, tlstm_error **error);
void tl_updater_clear(tl_updater *updater);

/* One step of the optimizer with the engine's gradients: regularizers, clipping, update,
 * constraints. */
void tl_updater_step(tl_updater *updater);

/* The weights are always those of the last step; the optimizer's slots are only after this. NULL:
 * nothing is late. */
void tl_updater_catch_up(tl_updater *updater);

#endif
