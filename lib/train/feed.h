/* Arrays from programs, checked against a model and in the form that the engine takes. */
#ifndef TL_TRAIN_FEED_H
#define TL_TRAIN_FEED_H

#include "model/engine.h"
#include "tinylstm/data.h"

typedef struct tl_feed {
    size_t samples, timesteps;
    const int32_t *tokens; /* (samples, timesteps), or */
    const float *x;        /* (samples, timesteps, features) */
    const float *targets;  /* NULL: none */
    size_t target_size;    /* per sample */
    const float *weights;  /* NULL: 1 */
    int weights_by_step;
    tl_loss_config loss;
    void *owned[3]; /* copies that had to be made of x, targets and weights */
} tl_feed;

/* What a feed is made of; only x must be given. `finite`: NaN and infinity are refused (training).
 */
typedef struct tl_feed_source {
    const tlstm_array *x, *y, *sample_weight;
    const double *class_weight;
    size_t class_count;
    int finite;
    const char *prefix; /* of argument names in errors: "" or "val_" */
} tl_feed_source;

/* Checks shapes, token ids, class numbers and NaN; converts dtypes where it must. The arrays are
 * borrowed. */
tlstm_status tl_feed_new(const tlstm_model *model, const tl_feed_source *source, tl_feed *feed,
                         tlstm_error **error);
void tl_feed_clear(tl_feed *feed);

/* A view of `count` samples from `first` on; never cleared. */
tl_feed tl_feed_slice(const tlstm_model *model, const tl_feed *feed, size_t first, size_t count);

/* The first `samples` of `order` (NULL: of the feed) as a batch. */
tl_batch tl_feed_batch(const tl_feed *feed, const size_t *order, size_t samples);

#endif
