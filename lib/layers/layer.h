/*
 * What a layer is. One file per layer gives a tl_layer_ops: its configuration as a table of Keras's
 * keys, its shapes and weights, and its forward and backward pass over one tile of samples.
 * registry.c lists them; nothing else in the library knows a layer by name.
 *
 * Glossary. sample: one sequence. timesteps T: its length. features F: values per timestep. units
 * U: width of a recurrent layer. tile: `width` samples side by side (kernels/kernels.h). shard:
 * tiles whose gradients one thread adds up in order. cache: what the forward pass leaves for the
 * backward pass.
 */
#ifndef TL_LAYERS_LAYER_H
#define TL_LAYERS_LAYER_H

#include "base/error.h"
#include "base/field.h"
#include "kernels/kernels.h"
#include "layers/activation.h"
#include "layers/initializer.h"
#include "tinylstm/data.h"

#define TL_MAX_WEIGHTS 4

/* The shape of one sample; -1 is Keras's None. The last dimension counts features, those before it,
 * multiplied, timesteps. */
typedef struct tl_shape {
    size_t ndim;
    int64_t dims[TLSTM_MAX_DIMS];
    int timed; /* dims[0] counts the timesteps of the model's input: a session's single step has one
                */
} tl_shape;

/* Features of a shape, and its timesteps for an input of `timesteps`. */
size_t tl_shape_features(const tl_shape *shape);
size_t tl_shape_timesteps(const tl_shape *shape, size_t timesteps);
/* "(None, 100, 8)" into `text`. */
void tl_shape_text(const tl_shape *shape, char *text, size_t size);

typedef struct tl_weight {
    const char *name; /* "kernel" */
    char *path;       /* "lstm/kernel"; made with the model's weights */
    size_t ndim;
    size_t dims[2];
    size_t size;   /* elements */
    size_t offset; /* of its first element in the model's block of parameters */
    /* In a shard's block of gradients. An embedding has no place there: its gradient is kept by
     * rows. */
    size_t gradient_offset;
    int by_rows;
    const tl_initializer *initializer;
    const tl_regularizer *regularizer; /* NULL: none; so below */
    const tl_constraint *constraint;
} tl_weight;

typedef struct tl_layer_ops tl_layer_ops;
typedef struct tl_single_ops tl_single_ops;

typedef struct tl_layer {
    const tl_layer_ops *ops;
    char *name;
    void *config; /* ops->config_size bytes */
    int32_t trainable;
    size_t index; /* in the model */
    /* From here on known when the model is built. */
    tl_shape input, output;
    tl_weight weights[TL_MAX_WEIGHTS];
    size_t weight_count;
    size_t state_size; /* floats of recurrent state per sample */
} tl_layer;

/*
 * A layer's weights laid out for the kernels (tl_kernels.pack), once for all tiles and timesteps
 * that use them. What is to be laid out follows from what the engine does with the layer.
 */
typedef struct tl_packing {
    size_t width; /* of the tiles */
    int training, backward;
    int input;          /* 0: the product with the input comes from a table */
    int input_gradient; /* dL/dx is wanted */
    size_t place;       /* in the engine's block, in floats */
    size_t size;        /* 0: not worth it */
} tl_packing;

/* One layer at work on one tile. The engine (model/engine.c) fills it in. */
typedef struct tl_pass {
    const tl_kernels *kernels;
    size_t timesteps;    /* of the input, in place of None */
    size_t width, lanes; /* of the tile; lanes that hold samples */
    int training;        /* dropout is on */
    int keep;            /* a backward pass follows: fill the cache */
    int logits;          /* leave out the last activation: the loss wants what goes into it */

    const float *parameters; /* the model's block */
    const tl_packing *packing;
    const float *packed; /* what pack() made; NULL when packing->size is 0 */
    float *gradients;    /* the shard's block */

    /* Input: floats [T][F][width], or tokens [T][width]. */
    const float *x;
    const int32_t *tokens;
    /* Neighbours that both work with units in the lanes hand numbers on as they are: then x and dx
     * are [T][width][F], or y and dy. */
    int x_in_rows, y_in_rows;
    const float *mask; /* [T][width] of 1 and 0; NULL: nothing masked */

    /* Folding (model/fold.c): the table has for each distinct token of the batch the product of its
     * embedding with this layer's kernel, plus bias; `rows` [T][width] says which. NULL: not
     * folded. */
    const int32_t *rows;
    const float *table;
    float *row_gradients; /* the shard's, by rows: of the table, or of the embedding that is not
                             folded */

    float
        *y; /* output [T'][F'][width]; a layer may point it into its cache instead of filling it */
    float *dy; /* in: dL/dy; the layer may overwrite it */
    float *dx; /* out: dL/dx; NULL: not wanted */
    float *cache;
    float *state; /* [state_size][width], in and out; NULL: begins at zero and is not kept */

    uint64_t seed;       /* of the model, for dropout */
    uint64_t step;       /* training batches so far */
    size_t first_sample; /* position in the batch of lane 0 */
    double clip_value;   /* > 0: each token occurrence's embedding gradient is clipped to it */
    double *row_squares; /* not NULL: add the squares of the occurrences' gradients up here */
} tl_pass;

struct tl_layer_ops {
    const char *class_name; /* Keras's, "LSTM" */
    const char *name;       /* stem of default names, "lstm" */
    const char *cell; /* NULL, or the part that has the weights in Keras 3's files, "lstm_cell" */
    size_t config_size;
    const tl_field *fields;
    /* Keras's defaults for a new layer. `generation` 1 is stand-alone Keras before 2.3 and
     * TensorFlow 1, 2 Keras 2, 3 Keras 3. */
    void (*defaults)(void *config, int generation);
    /* Checks layer->input, sets output, weights (through tl_layer_add_weight) and state_size. */
    tlstm_status (*build)(tl_layer *layer, tlstm_error **error);
    /* Floats of cache for one tile of `width`. */
    size_t (*cache)(const tl_layer *layer, size_t timesteps, size_t width, int keep);
    /* NULL, or: floats that pack() makes, 0 where that is not worth it. */
    size_t (*packed)(const tl_layer *layer, const tl_packing *packing);
    /* Makes one of `parts` about equal parts of them; which part which number belongs to depends on
     * nothing else. */
    void (*pack)(const tl_layer *layer, const tl_packing *packing, const tl_kernels *kernels,
                 const float *parameters, size_t part, size_t parts, float *packed);
    void (*forward)(const tl_layer *layer, tl_pass *pass);
    void (*backward)(const tl_layer *layer, tl_pass *pass);
    /* NULL, or the activation at its output: lets a cross-entropy work on logits. */
    const tl_activation *(*activation)(const tl_layer *layer);
    int tokens; /* 1: its input is tokens */
    /* NULL, or: takes a folded embedding. weights[0] is the kernel, weights[2] begins with its
     * bias. */
    int (*folds)(const tl_layer *layer, int training);
    /* Of such a layer: what is added to its kernel's products, [columns of the kernel]. */
    void (*input_bias)(const tl_layer *layer, const float *parameters, float *bias);
    int (*makes_mask)(
        const tl_layer *layer); /* NULL, or: 1 when token 0 is masked for what follows */
    int (*passes_mask)(
        const tl_layer *layer); /* NULL: yes; the mask of the input is that of the output */
    /* NULL, or: what Keras sets besides the initializers, in weights[index] (the forget gate's
     * bias). */
    void (*adjust)(const tl_layer *layer, size_t index, float *values);
    /* NULL: no; whether it can hand its output on in rows, and take its input so (tl_pass). */
    int (*gives_rows)(const tl_layer *layer);
    int (*takes_rows)(const tl_layer *layer);
    int (*stateful)(const tl_layer *layer); /* NULL: no; its state goes on from batch to batch */
    int (*steps)(const tl_layer *layer);    /* NULL: yes; can run one timestep at a time */
    const tl_single_ops *single;            /* how it works on one sample (layers/single.h) */
};

/* The table, ending in NULL; registry.c. */
extern const tl_layer_ops *const tl_layers[];
const tl_layer_ops *tl_layer_find(const char *class_name);

/* A layer with Keras's default configuration and a copy of the name. */
tlstm_status tl_layer_new(const tl_layer_ops *ops, const char *name, int generation,
                          tl_layer **layer, tlstm_error **error);
void tl_layer_free(tl_layer *layer);

/* For build(): declares the next weight. */
tl_weight *tl_layer_add_weight(tl_layer *layer, const char *name, size_t ndim, size_t rows,
                               size_t columns, const tl_initializer *initializer,
                               const tl_regularizer *regularizer, const tl_constraint *constraint);

/* The values of a weight, and their gradient in the shard. */
const float *tl_weight_values(const tl_pass *pass, const tl_weight *weight);
float *tl_weight_gradient(const tl_pass *pass, const tl_weight *weight);

/* Inverted dropout: 0 with probability `rate`, else 1 / (1 - rate), for `features` x width, the
 * same whatever thread and tile width. `purpose` tells the masks of one layer apart. */
void tl_dropout_mask(const tl_pass *pass, const tl_layer *layer, unsigned purpose, double rate,
                     size_t features, float *mask);

#endif
