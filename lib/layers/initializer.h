/* Initial weights: Keras's initializers, regularizers and constraints as plain values. */
#ifndef TL_LAYERS_INITIALIZER_H
#define TL_LAYERS_INITIALIZER_H

#include "base/error.h"
#include "base/field.h"
#include "base/rng.h"

/* An initializer and its settings. The same few numbers serve all classes; which are read and
 * written under which keys says the class's table of fields. */
typedef struct tl_initializer_class tl_initializer_class;
typedef struct tl_initializer {
    const tl_initializer_class *class; /* NULL: none given */
    double minval, maxval;             /* RandomUniform */
    double mean, stddev;               /* RandomNormal, TruncatedNormal */
    double value;                      /* Constant */
    double gain;                       /* Orthogonal, Identity */
    double scale;                      /* VarianceScaling */
    int32_t mode, distribution;        /* VarianceScaling: tl_fan_mode, tl_distribution */
    double seed;                       /* NaN: none; an own seed instead of the model's */
} tl_initializer;

/* Their words in Keras's configurations stand in tl_fan_mode_names and tl_distribution_names, which
 * end in NULL. */
typedef enum tl_fan_mode { TL_FAN_IN, TL_FAN_OUT, TL_FAN_AVG } tl_fan_mode;
typedef enum tl_distribution {
    TL_TRUNCATED_NORMAL,
    TL_UNTRUNCATED_NORMAL,
    TL_UNIFORM
} tl_distribution;
extern const char *const tl_fan_mode_names[];
extern const char *const tl_distribution_names[];

/* "fan_avg"; "truncated_normal", which Keras 2 calls "normal" too. -1 when unknown. */
int tl_fan_mode_find(const char *word);
int tl_distribution_find(const char *word);

struct tl_initializer_class {
    const char *class_name; /* "GlorotUniform" */
    const char *name;       /* "glorot_uniform" */
    const char *aliases;    /* separated by blanks: "uniform" */
    const tl_field *fields; /* keys of its configuration, in tl_initializer */
    tl_initializer defaults;
    tlstm_status (*fill)(const tl_initializer *initializer, size_t ndim, const size_t *dims,
                         tl_rng *rng, float *values, tlstm_error **error);
    /* The two words of VarianceScaling ("mode", "distribution") are no numbers and so not fields.
     */
    int has_words;
};

/* The table, ending in NULL; registry.c. */
extern const tl_initializer_class *const tl_initializers[];

/* Class name, name or alias to an initializer with its defaults; 0 when unknown. */
int tl_initializer_find(const char *name, tl_initializer *initializer);

/* Fills `values` of shape `dims` (1 or 2 of them); an initializer with a seed of its own leaves
 * `rng` alone. TLSTM_ERROR_ARGUMENT where Keras wants a matrix (orthogonal, identity),
 * TLSTM_ERROR_MEMORY for orthogonal's workspace. */
tlstm_status tl_initializer_fill(const tl_initializer *initializer, size_t ndim, const size_t *dims,
                                 tl_rng *rng, float *values, tlstm_error **error);

/* l1 * sum |w| + l2 * sum w^2; both 0: none. */
typedef struct tl_regularizer {
    double l1, l2;
} tl_regularizer;

/* "l1", "L2", "l1_l2" with Keras's default factors; 0 when unknown. */
int tl_regularizer_find(const char *name, tl_regularizer *regularizer);
double tl_regularizer_loss(const tl_regularizer *regularizer, size_t count, const float *w);
/* g += l1 sign(w) + 2 l2 w */
void tl_regularizer_gradient(const tl_regularizer *regularizer, size_t count, const float *w,
                             float *g);

typedef enum tl_constraint_kind {
    TL_NO_CONSTRAINT,
    TL_MAX_NORM,
    TL_NON_NEG,
    TL_UNIT_NORM,
    TL_MIN_MAX_NORM
} tl_constraint_kind;

typedef struct tl_constraint {
    tl_constraint_kind kind;
    double max_value, min_value, rate;
    int32_t axis; /* of the norm; 0 but for (2, 3u) biases and what the user chose */
} tl_constraint;

/* "max_norm", "MaxNorm", ... with Keras's default settings; 0 when unknown. The class's name. */
int tl_constraint_find(const char *name, tl_constraint *constraint);
const char *tl_constraint_class_name(tl_constraint_kind kind);

/* w = constraint(w), applied by Keras after each update. */
void tl_constraint_apply(const tl_constraint *constraint, size_t ndim, const size_t *dims,
                         float *w);

#endif
