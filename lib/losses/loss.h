/* What a loss is: one file each, listed in registry.c. A loss sees one row (one sample, or one
 * timestep of one) at a time. */
#ifndef TL_LOSSES_LOSS_H
#define TL_LOSSES_LOSS_H

#include "base/error.h"
#include "base/field.h"

/* What the row of outputs holds. After a sigmoid or softmax layer Keras works on what went into it.
 */
typedef enum tl_output_form {
    TL_OUTPUT_PLAIN,
    TL_OUTPUT_SIGMOID_LOGITS,
    TL_OUTPUT_SOFTMAX_LOGITS
} tl_output_form;

/* The settings of all losses: few enough to share one struct. */
typedef struct tl_loss_config {
    int32_t from_logits;
    double label_smoothing;
    double delta; /* Huber */
    int32_t sum;  /* reduction='sum': no division by the number of rows */
    double axis;  /* only -1 is read */
    /* Not a setting: found out by `prepare`. 1: the labels are not all 0 and 1, hinge takes them as
     * they are. */
    int32_t raw_labels;
} tl_loss_config;

typedef struct tl_loss_ops {
    const char *name;       /* "binary_crossentropy" */
    const char *class_name; /* "BinaryCrossentropy" */
    const char *aliases;    /* separated by blanks: "bce BCE" */
    const tl_field *fields; /* in tl_loss_config */
    int sparse;             /* the target is one class number, not a row like the output */
    int takes_logits;       /* wants logits where the last activation is sigmoid or softmax */
    /* NULL, or: looks at all `count` targets of a batch before its rows come (hinge). Rows that
     * come without it are taken for batches of their own. */
    void (*prepare)(tl_loss_config *config, size_t count, const float *targets);
    /* The loss of one row of `count` outputs (mean over them where Keras has the mean); writes
     * dL/d(output) into `gradient` unless it is NULL. */
    double (*row)(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient);
} tl_loss_ops;

/* Settings that several losses have, for their tables. */
#define TL_LOSS_FROM_LOGITS                                                                        \
    { .key = "from_logits", .kind = TL_FIELD_BOOL, .offset = offsetof(tl_loss_config, from_logits) }
#define TL_LOSS_SMOOTHING                                                                          \
    {                                                                                              \
        .key = "label_smoothing", .kind = TL_FIELD_FLOAT,                                          \
        .offset = offsetof(tl_loss_config, label_smoothing), .low = 0, .high = 1                   \
    }
#define TL_LOSS_AXIS                                                                               \
    {                                                                                              \
        .key = "axis", .kind = TL_FIELD_FLOAT, .offset = offsetof(tl_loss_config, axis),           \
        .low = -1, .high = -1                                                                      \
    }

/* The table, ending in NULL; registry.c. */
extern const tl_loss_ops *const tl_losses[];
/* By name, class name or alias, case as Keras writes it; NULL when unknown. */
const tl_loss_ops *tl_loss_find(const char *name);

struct tlstm_loss {
    const tl_loss_ops *ops;
    tl_loss_config config;
};

/* The loss with Keras's default settings. */
struct tlstm_loss tl_loss_default(const tl_loss_ops *ops);

/* 1 when a row of this form holds logits for the cross-entropies. Keras does not ask which
 * activation they went into: binary cross-entropy takes those of a softmax for a sigmoid's, and the
 * other way round. */
int tl_loss_on_logits(const tl_loss_config *config, tl_output_form form);

/* For losses that are a mean over the outputs of terms that each depend on one output and its
 * target: the term, and its derivative by the output in *slope. */
typedef double tl_loss_term(const tl_loss_config *config, double output, double target,
                            double *slope);
double tl_loss_mean(tl_loss_term *term, const tl_loss_config *config, size_t count,
                    const float *output, const float *target, float *gradient);

/* Keras's epsilon(). */
#define TL_LOSS_EPSILON 1e-7

/* clip(p, epsilon, 1 - epsilon) with the bounds rounded as Keras rounds them; *inside says whether
 * the gradient passes. */
double tl_loss_clip(double p, int *inside);

/* log(sum_i exp(logits_i)) without overflow. */
double tl_loss_log_sum_exp(size_t count, const float *logits);

#endif
