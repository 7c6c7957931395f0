/*
 * A layer at work on one sample, its units in the lanes: what sessions of one stream run. There is
 * no tile, so sequences lie as (timesteps, features) and a timestep costs as little time as it can.
 */
#ifndef TL_LAYERS_SINGLE_H
#define TL_LAYERS_SINGLE_H

#include "layers/layer.h"

/* Arrays of a pass may be read, and the layer's own written, so many floats behind their ends:
 * whole registers are. */
#define TL_SINGLE_SLACK TL_LANES

typedef struct tl_single_pass {
    const tl_kernels *kernels;
    const tl_layer *layer;
    void (*run)(struct tl_single_pass *pass); /* the layer's */
    size_t steps;                             /* of the input */
    const float *parameters;
    float *prepared; /* what prepare() made of the weights */
    const float *x;  /* (timesteps, features), or */
    const int32_t *tokens;
    const float *mask;  /* (timesteps) of 1 and 0; NULL: nothing masked */
    const float *table; /* rows of x kernel + bias by token; NULL: not folded */
    float *y;           /* (timesteps, features); a layer may point it elsewhere */
    int exact;          /* bind() says that run() writes all of y and nothing behind its end: then
                           the last layer's y may change from run to run */
    float *state;       /* parts of tl_single_row(units) floats, in and out */
    float *scratch;
    void (*cell)(const tl_single *call); /* a recurrent layer's kernel, chosen by bind() */
    /* What the kernels are given, filled in by bind(). */
    union {
        tl_single recurrent;
        tl_single_dense dense;
    } call;
    size_t rows; /* of a Dense layer's input */
} tl_single_pass;

struct tl_single_ops {
    /* Floats that prepare() makes of the weights, and of scratch for `timesteps`; NULL: none. */
    size_t (*prepared)(const tl_layer *layer);
    void (*prepare)(const tl_single_pass *pass);
    size_t (*scratch)(const tl_layer *layer, size_t timesteps);
    /* NULL, or: when all pointers of the pass stand, once for many runs. May set y and run; x and
     * tokens of the first layer still change. */
    void (*bind)(tl_single_pass *pass);
    void (*run)(tl_single_pass *pass);
};

/* Floats that an array of `count` takes with its slack. */
static inline size_t tl_single_row(size_t count) {
    return (count + TL_LANES - 1) / TL_LANES * TL_LANES + TL_SINGLE_SLACK;
}

/* y = activation(y) for rows of `features`. */
void tl_single_activate(const tl_single_pass *pass, const tl_activation *activation,
                        size_t features, const float *x, float *y);

/* For layers that hand their input on. */
extern const tl_single_ops tl_single_pass_on;
extern const tl_single_ops tl_lstm_single, tl_gru_single, tl_simple_rnn_single;

#endif
