/*
 * What LSTM, GRU and SimpleRNN share: their configuration, the buffers of one pass over a tile, the
 * products with kernel and recurrent kernel, dropout, and the gradients that are taken over all
 * timesteps at once.
 *
 * Steps are counted in the order in which they are worked off: step s looks at input timestep s,
 * or, with go_backwards, at T - 1 - s.
 */
#ifndef TL_LAYERS_RECURRENT_H
#define TL_LAYERS_RECURRENT_H

#include "layers/layer.h"

typedef struct tl_recurrent_config {
    int64_t units;
    const tl_activation *activation, *recurrent_activation;
    int32_t use_bias, return_sequences, go_backwards, stateful;
    int32_t unit_forget_bias; /* LSTM */
    int32_t reset_after;      /* GRU */
    double dropout, recurrent_dropout;
    tl_initializer kernel_initializer, recurrent_initializer, bias_initializer;
    tl_regularizer kernel_regularizer, recurrent_regularizer, bias_regularizer;
    tl_constraint kernel_constraint, recurrent_constraint, bias_constraint;
} tl_recurrent_config;

/* Lines of a table of fields that all three layers have. */
#define TL_RECURRENT_AT(member) offsetof(tl_recurrent_config, member)
#define TL_RECURRENT_FIELDS                                                                         \
    {"return_sequences", TL_FIELD_BOOL, TL_RECURRENT_AT(return_sequences), 0, 0, 1},                \
        {"go_backwards", TL_FIELD_BOOL, TL_RECURRENT_AT(go_backwards), 0, 0, 1},                    \
        {"stateful", TL_FIELD_BOOL, TL_RECURRENT_AT(stateful), 0, 0, 1},                            \
        {"units", TL_FIELD_SIZE, TL_RECURRENT_AT(units), 1, 1, 1048576},                            \
        {"activation", TL_FIELD_ACTIVATION, TL_RECURRENT_AT(activation), 0, 0, 0},                  \
        {"use_bias", TL_FIELD_BOOL, TL_RECURRENT_AT(use_bias), 0, 0, 1},                            \
        {"kernel_initializer", TL_FIELD_INITIALIZER, TL_RECURRENT_AT(kernel_initializer), 0, 0, 0}, \
        {"recurrent_initializer",                                                                   \
         TL_FIELD_INITIALIZER,                                                                      \
         TL_RECURRENT_AT(recurrent_initializer),                                                    \
         0,                                                                                         \
         0,                                                                                         \
         0},                                                                                        \
        {"bias_initializer", TL_FIELD_INITIALIZER, TL_RECURRENT_AT(bias_initializer), 0, 0, 0},     \
        {"kernel_regularizer", TL_FIELD_REGULARIZER, TL_RECURRENT_AT(kernel_regularizer), 0, 0, 0}, \
        {"recurrent_regularizer",                                                                   \
         TL_FIELD_REGULARIZER,                                                                      \
         TL_RECURRENT_AT(recurrent_regularizer),                                                    \
         0,                                                                                         \
         0,                                                                                         \
         0},                                                                                        \
        {"bias_regularizer", TL_FIELD_REGULARIZER, TL_RECURRENT_AT(bias_regularizer), 0, 0, 0},     \
        {"kernel_constraint", TL_FIELD_CONSTRAINT, TL_RECURRENT_AT(kernel_constraint), 0, 0, 0},    \
        {"recurrent_constraint",                                                                    \
         TL_FIELD_CONSTRAINT,                                                                       \
         TL_RECURRENT_AT(recurrent_constraint),                                                     \
         0,                                                                                         \
         0,                                                                                         \
         0},                                                                                        \
        {"bias_constraint", TL_FIELD_CONSTRAINT, TL_RECURRENT_AT(bias_constraint), 0, 0, 0},        \
        {"dropout", TL_FIELD_FLOAT, TL_RECURRENT_AT(dropout), 0, 0, 1}, {                           \
        "recurrent_dropout", TL_FIELD_FLOAT, TL_RECURRENT_AT(recurrent_dropout), 0, 0, 1            \
    }

void tl_recurrent_defaults(void *config, int generation);

/* Checks the input and adds kernel (features, gates * units), recurrent_kernel (units, gates *
 * units) and bias of `bias_rows` rows; sets the output shape and `states` x units of state. */
tlstm_status tl_recurrent_build(tl_layer *layer, size_t gates, size_t bias_rows, size_t states,
                                tlstm_error **error);

/* How numbers lie inside of the layer: samples in the lanes, or units (recurrent_layout.h). */
typedef struct tl_recurrent_layout tl_recurrent_layout;

/*
 * Gradients of weights are sums over timesteps. The backward pass takes them in parts of so many
 * steps, as soon as it has a part's dz, which are then still in the cache however long the
 * sequence: those of an LSTM of 8 units are 16 KiB, half of a first-level cache.
 */
#define TL_RECURRENT_PART 8

/* One pass over one tile. Places are offsets into the cache, in floats. */
typedef struct tl_recurrent {
    const tl_layer *layer;
    const tl_recurrent_config *config;
    const tl_recurrent_layout *layout;
    tl_pass *pass;
    size_t steps, features, units, gates, width;
    size_t joint;      /* gates whose products with x and h are added up: all but a GRU's h~ */
    size_t gate_units; /* gates * units */
    size_t tile;       /* units * width */
    int keep;
    /* For a step's kernel. With units in the lanes all that is [units][width] below is
     * [width][units], and it sees one unit of tile lanes. */
    size_t step_units, step_width;
    size_t masks; /* dropout masks of inputs and of states: one for each gate with
                     recurrent_dropout, as Keras */
    /* A step has planes [units][width] of the joint gates, then those of the other gates' parts
     * with h, then of their parts with x: for a GRU z, r, h U_h, x W_h. So the gates are side by
     * side for products with h, and all but the joint ones stand apart for products with x. */
    size_t gates_at, gates_step;
    size_t h_at, h_step;                 /* [steps + 1][units][width]: h before step s at s */
    size_t input_mask_at, state_mask_at; /* [masks][features or units][width] */
    size_t scratch_at; /* [max(features, units)][width], with `keep` for each step of a part */
    size_t dh_at;      /* [units][width], with `keep` */
    size_t bias_at;    /* [gate_units], of products with x */
    size_t outer_at;   /* for the kernels' outer(), with `keep` */
    /* The kernels as pack() left them, for products with h, dz, x and dz; NULL: as Keras has them,
     * as those for h and x are with units in lanes. */
    const float *packed_recurrent, *packed_recurrent_back, *packed_kernel, *packed_kernel_back;
    /* Units in lanes. */
    const tl_kernels *row_kernels; /* for their products and borders */
    size_t turned_at;              /* [gates][units][width], what crosses a border */
    size_t mask_at;                /* [width][units], the mask of a step for each unit */
    tl_row_product step;           /* a step's products, but for the places that change */
    size_t total;                  /* floats of cache so far */
    /* Backward: where the part begins whose gradients are taken, and its steps. */
    size_t part, part_steps;
} tl_recurrent;

/* Lays the buffers out. The layer reserves its own behind them; the sum is its cache. */
tl_recurrent tl_recurrent_plan(const tl_layer *layer, size_t gates, size_t timesteps, size_t width,
                               int keep);
size_t tl_recurrent_reserve(tl_recurrent *run, size_t floats);

/* Binds a plan to a pass: draws dropout masks (forward only), sets the state before the first step
 * from part 0 of pass->state. */
void tl_recurrent_begin(tl_recurrent *run, tl_pass *pass, int forward);
/* Part `part` of the initial state into `destination`, zeros when there is none. */
void tl_recurrent_state_in(const tl_recurrent *run, size_t part, float *destination);
void tl_recurrent_state_out(const tl_recurrent *run, size_t part, const float *source);

static inline float *tl_recurrent_at(const tl_recurrent *run, size_t place) {
    return run->pass->cache + place;
}

/* The planes of a step: the gates, for products with h. */
static inline float *tl_recurrent_gates(const tl_recurrent *run, size_t step) {
    return tl_recurrent_at(run, run->gates_at + step * run->gates_step);
}

/* The plane of a gate for products with x, the other gates of its group (the joint ones, the
 * others) behind it. */
float *tl_recurrent_input_gates(const tl_recurrent *run, size_t step, size_t gate);

static inline float *tl_recurrent_h(const tl_recurrent *run, size_t step) {
    return tl_recurrent_at(run, run->h_at + step * run->h_step);
}

/* The input timestep that a step looks at. */
static inline size_t tl_recurrent_timestep(const tl_recurrent *run, size_t step) {
    return run->config->go_backwards ? run->steps - 1 - step : step;
}

/* Lanes to advance in a step, NULL for all. */
const float *tl_recurrent_mask(const tl_recurrent *run, size_t step);

/* The input's planes of a step = x W + b. */
void tl_recurrent_input(const tl_recurrent *run, size_t step);
/* All planes of a step: the joint gates = x W + b + h_{t-1} U, the others' = h_{t-1} U + b' and
 * x W + b. */
void tl_recurrent_preactivate(tl_recurrent *run, size_t step);
/* The joint gates of a step += h_{t-1} U, with h's dropout. */
void tl_recurrent_add_joint(const tl_recurrent *run, size_t step);
/* Whether the backward pass, coming down to `step`, has all of a part: then the gradients below are
 * those of its steps. */
int tl_recurrent_has_part(tl_recurrent *run, size_t step);
/* dh += dz U^T over the first gates of a step, with h's dropout. */
void tl_recurrent_product_back(const tl_recurrent *run, size_t step, size_t gates, float *dh);
/* dU += sum over a part's steps of h^T dz for the first gates. */
void tl_recurrent_kernel_gradient(const tl_recurrent *run, size_t gates);
/* db' += sum over a part's steps and samples of all gates' dz, as they are for products with h. */
void tl_recurrent_state_bias_gradient(const tl_recurrent *run);
/* Whether dropout is at work on the inputs, and on what the products take of the state. */
int tl_recurrent_drops_inputs(const tl_recurrent *run);
int tl_recurrent_drops_states(const tl_recurrent *run);
/* For tl_recurrent_begin(). */
void tl_recurrent_draw_masks(const tl_recurrent *run);
/* With the mask of gate's state dropout, where there is one: h * mask, in the run's scratch; else
 * h. */
const float *tl_recurrent_dropped(const tl_recurrent *run, const float *h, size_t gate);
void tl_recurrent_drop_add(const tl_recurrent *run, const float *from, size_t gate, float *to);

/* Points pass->y at the output: all h, or the last. */
void tl_recurrent_output(const tl_recurrent *run);
/* dh of a step: adds what comes from above. Call it for steps from the last to the first. */
float *tl_recurrent_dh(const tl_recurrent *run, size_t step);
/* Of a part: gradients of kernel, b and input. */
void tl_recurrent_input_back(const tl_recurrent *run);

/* For the tables of layers. */
size_t tl_recurrent_packed(const tl_layer *layer, const tl_packing *packing);
void tl_recurrent_pack(const tl_layer *layer, const tl_packing *packing, const tl_kernels *kernels,
                       const float *parameters, size_t part, size_t parts, float *packed);
int tl_recurrent_folds(const tl_layer *layer, int training);
void tl_recurrent_input_bias(const tl_layer *layer, const float *parameters, float *bias);
int tl_recurrent_passes_mask(const tl_layer *layer);
int tl_recurrent_gives_rows(const tl_layer *layer);
int tl_recurrent_takes_rows(const tl_layer *layer);
int tl_recurrent_stateful(const tl_layer *layer);
int tl_recurrent_steps(const tl_layer *layer);

#endif
