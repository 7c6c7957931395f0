/* What an optimizer is: one file each, listed in registry.c; what all of them share (clipping,
 * weight decay, learning rate schedules) is in optimizer.c. */
#ifndef TL_OPTIMIZERS_OPTIMIZER_H
#define TL_OPTIMIZERS_OPTIMIZER_H

#include "base/error.h"
#include "base/field.h"
#include "base/pool.h"

#define TL_MAX_SLOTS 3
#define TL_MAX_TERMS 3

/* The settings of all optimizers, with Keras's names; each class's table of fields says which it
 * has. */
typedef struct tl_optimizer_config {
    double learning_rate;
    double rho;      /* RMSprop, Adadelta */
    double momentum; /* RMSprop, SGD */
    double epsilon;
    double beta_1, beta_2;            /* Adam and its kin */
    double initial_accumulator_value; /* Adagrad */
    int32_t centered, nesterov, amsgrad;
    double clipnorm, clipvalue, global_clipnorm; /* NaN: none */
    double weight_decay;                         /* NaN: none */
    /* Keras up to 2.10: other formulas (RMSprop adds epsilon outside the root), and `decay`. */
    int32_t legacy;
    double decay;          /* legacy only: learning_rate / (1 + decay * iteration) */
    double schedule_decay; /* legacy Nadam, whose key "decay" means this */
    /* ExponentialDecay: learning_rate * rate^(iteration / steps); steps 0: none. */
    double decay_steps, decay_rate;
    int32_t staircase;
} tl_optimizer_config;

/* One weight's part of an update. */
typedef struct tl_update {
    const tl_optimizer_config *config;
    double learning_rate;      /* at this iteration */
    int64_t iteration;         /* of this update, from 1 */
    float terms[TL_MAX_TERMS]; /* what prepare() made of these */
    size_t count;
    float *w;
    const float *g;
    float *slots[TL_MAX_SLOTS];
} tl_update;

/* What becomes of the rows of an embedding that had no token in the batch. The legacy optimizers
 * leave them out where others would move them; of the others it says what a gradient of zero comes
 * to. */
typedef enum tl_other_rows {
    TL_ROWS_MOVE,  /* they are updated with a gradient of zero */
    TL_ROWS_WAIT,  /* neither weights nor slots change */
    TL_ROWS_FADE,  /* slots change, weights do not */
    TL_ROWS_SHRINK /* weights do not change, each slot is multiplied by rho */
} tl_other_rows;

typedef struct tl_optimizer_ops {
    const char *name;       /* "rmsprop" */
    const char *class_name; /* "RMSprop" */
    const tl_field *fields; /* in tl_optimizer_config */
    void (*defaults)(tl_optimizer_config *config, int generation);
    /* How many slots a weight has under a configuration, and their names in Keras 2's files
     * ("velocity", "momentum", "average_gradient"; those of Keras up to 2.10 when `legacy`).
     *
     * Order in a file: all weights' first slots, all weights' second ones, ... Where `interleaved`
     * is set, Keras 2.11 and later (3 too) instead store the first two slots weight by weight: m
     * and v of the kernel, m and v of the bias, ..., then all third ones. Legacy files never do.
     * tf_keras's SGD stores "m" even without momentum, when nothing reads it: here it has no slot
     * then. */
    size_t (*slots)(const tl_optimizer_config *config);
    const char *const *(*slot_names)(const tl_optimizer_config *config);
    /* The same for Keras 3; NULL: as above. */
    const char *const *(*keras3_slot_names)(const tl_optimizer_config *config);
    int interleaved;
    /* NULL, or: the number that Keras 3 keeps behind the slots (Nadam's product of momenta), after
     * so many updates. */
    double (*keras3_number)(const tl_optimizer_config *config, int64_t iterations);
    tl_other_rows (*other_rows)(const tl_optimizer_config *config);       /* NULL: TL_ROWS_MOVE */
    double (*slot_start)(const tl_optimizer_config *config, size_t slot); /* NULL: 0 */
    /* NULL, or: sets the terms, which are the same for all weights of an iteration. */
    void (*prepare)(tl_update *update);
    /* The formula. It looks at each number by itself, so that weights may be cut anywhere. */
    void (*update)(const tl_update *update);
} tl_optimizer_ops;

/* The fields that all optimizers have, for their tables. "decay" is no key of new-style
 * configurations (not `legacy`). */
#define TL_OPTIMIZER_NUMBER(name)                                                                  \
    { .key = #name, .kind = TL_FIELD_FLOAT, .offset = offsetof(tl_optimizer_config, name) }
#define TL_OPTIMIZER_FRACTION(name)                                                                \
    {                                                                                              \
        .key = #name, .kind = TL_FIELD_FLOAT, .offset = offsetof(tl_optimizer_config, name),       \
        .high = 1                                                                                  \
    }
#define TL_OPTIMIZER_SWITCH(name)                                                                  \
    { .key = #name, .kind = TL_FIELD_BOOL, .offset = offsetof(tl_optimizer_config, name) }
#define TL_OPTIMIZER_OPTIONAL(name)                                                                \
    { .key = #name, .kind = TL_FIELD_OPTIONAL, .offset = offsetof(tl_optimizer_config, name) }
#define TL_OPTIMIZER_COMMON                                                                        \
    TL_OPTIMIZER_NUMBER(learning_rate), TL_OPTIMIZER_OPTIONAL(clipnorm),                           \
        TL_OPTIMIZER_OPTIONAL(clipvalue), TL_OPTIMIZER_OPTIONAL(global_clipnorm),                  \
        TL_OPTIMIZER_OPTIONAL(weight_decay)
#define TL_OPTIMIZER_DECAY TL_OPTIMIZER_NUMBER(decay)

/* For defaults(): nothing clipped, nothing decays; legacy for generation 1. */
tl_optimizer_config tl_optimizer_plain(double learning_rate, int generation);

extern const tl_optimizer_ops *const tl_optimizers[];
/* By name or class name, upper and lower case alike (Keras's rule for optimizers); NULL when
 * unknown. */
const tl_optimizer_ops *tl_optimizer_find(const char *name);

struct tlstm_optimizer {
    const tl_optimizer_ops *ops;
    tl_optimizer_config config;
};

/* The optimizer with Keras's default settings. */
struct tlstm_optimizer tl_optimizer_default(const tl_optimizer_ops *ops, int generation);

/* The learning rate at an iteration (counted from 0): schedule and legacy decay. */
double tl_optimizer_learning_rate(const tl_optimizer_config *config, int64_t iteration);

/* 1 when a gradient must be clipped by the occurrences of tokens, as Keras does for embeddings. */
int tl_optimizer_clips(const tl_optimizer_config *config);

/* 1 when rows of an embedding that had no tokens in the batch must be told from those that had. */
int tl_optimizer_knows_rows(const struct tlstm_optimizer *optimizer);

/* The rows of an embedding that had tokens in a batch. */
typedef struct tl_rows {
    const int32_t *tokens;  /* [count] which rows; NULL: all of them */
    const int32_t *numbers; /* [rows of the weight] where a row is in `tokens`; -1: nowhere */
    size_t count;
} tl_rows;

/* Updates that rows without tokens have still to get (rows.c). */
typedef struct tl_late {
    uint32_t *made; /* [rows of the weight] how many of `updates` a row has had */
    uint32_t updates;
} tl_late;

/* One weight in an update of the whole model. */
typedef struct tl_trainable {
    size_t count;
    float *w;
    float *g;
    float *slots[TL_MAX_SLOTS];
    double occurrence_squares; /* >= 0: squared norm to clip by instead of that of g (embeddings) */
    /* For embeddings: the gradient has these rows only, `width` numbers each. */
    tl_rows rows;
    size_t width;
    float rest; /* the gradient of all other rows: 0, or NaN by clipping */
    /* NULL: every row is up to date after an update. Only for slots without negative numbers and
     * NaN. */
    tl_late *late;
    tl_other_rows others; /* of this update; tl_optimizer_apply() sets it */
} tl_trainable;

/* Clips, decays and updates all trainable weights: Keras's apply_gradients(). `iteration` counts
 * updates before this one. Gradients may be overwritten. clipvalue has been applied to embeddings
 * already. */
void tl_optimizer_apply(const struct tlstm_optimizer *optimizer, int64_t iteration,
                        tl_trainable *weights, size_t count, tl_pool *pool);

/* Makes up for what is late; before anybody looks at the slots. */
void tl_optimizer_catch_up(const struct tlstm_optimizer *optimizer, const tl_trainable *weights,
                           size_t count, tl_pool *pool);

/* clip.c: the first step of tl_optimizer_apply(). */
void tl_optimizer_clip(const tl_optimizer_config *config, tl_trainable *weights, size_t count);

/* Whether the values of a slot allow to be late: none is NaN, none has a minus. */
int tl_optimizer_may_be_late(const float *slot, size_t count);

#endif
