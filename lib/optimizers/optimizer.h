/* What an optimizer is: one file each, listed in registry.c; what all of them share (clipping,
 * weight decay, learning rate schedules) is in optimizer.c. */
#ifndef TL_OPTIMIZERS_OPTIMIZER_H
#define TL_OPTIMIZERS_OPTIMIZER_H

#include "base/error.h"
#include "base/field.h"

#define TL_MAX_SLOTS 3

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
    double decay;
    /* ExponentialDecay: learning_rate * rate^(iteration / steps); steps 0: none. */
    double decay_steps, decay_rate;
    int32_t staircase;
} tl_optimizer_config;

/* One weight's part of an update. */
typedef struct tl_update {
    const tl_optimizer_config *config;
    double learning_rate; /* at this iteration */
    int64_t iteration;    /* of this update, from 1 */
    size_t count;
    float *w;
    const float *g;
    float *slots[TL_MAX_SLOTS];
    /* For embeddings: the rows that had tokens in the batch, and their width (NULL: all). Only the
     * legacy momentum of Keras 2 treats the others differently. */
    const int32_t *rows;
    size_t row_count, row_width;
} tl_update;

typedef struct tl_optimizer_ops {
    const char *name;       /* "rmsprop" */
    const char *class_name; /* "RMSprop" */
    const tl_field *fields; /* in tl_optimizer_config */
    void (*defaults)(tl_optimizer_config *config, int generation);
    /* How many slots a weight has under a configuration, and their names in Keras's files and in
     * the order in which Keras stores them ("velocity", "momentum", "average_gradient"). */
    size_t (*slots)(const tl_optimizer_config *config);
    const char *const *(*slot_names)(const tl_optimizer_config *config);
    double (*slot_start)(const tl_optimizer_config *config, size_t slot); /* NULL: 0 */
    void (*update)(const tl_update *update);
} tl_optimizer_ops;

extern const tl_optimizer_ops *const tl_optimizers[];
/* By name or class name, upper and lower case alike (Keras's rule for optimizers); NULL when
 * unknown. */
const tl_optimizer_ops *tl_optimizer_find(const char *name);

struct tlstm_optimizer {
    const tl_optimizer_ops *ops;
    tl_optimizer_config config;
};

/* The learning rate at an iteration (counted from 0): schedule and legacy decay. */
double tl_optimizer_learning_rate(const tl_optimizer_config *config, int64_t iteration);

/* 1 when a gradient must be clipped by the occurrences of tokens, as Keras does for embeddings. */
int tl_optimizer_clips(const tl_optimizer_config *config);

/* One weight in an update of the whole model. */
typedef struct tl_trainable {
    size_t count;
    float *w;
    float *g;
    float *slots[TL_MAX_SLOTS];
    double occurrence_squares; /* >= 0: squared norm to clip by instead of that of g (embeddings) */
    const int32_t *rows;
    size_t row_count, row_width;
} tl_trainable;

/* Clips, decays and updates all trainable weights: Keras's apply_gradients(). `iteration` counts
 * updates before this one. Gradients may be overwritten. clipvalue has been applied to embeddings
 * already. */
void tl_optimizer_apply(const struct tlstm_optimizer *optimizer, int64_t iteration,
                        tl_trainable *weights, size_t count);

#endif
