/*
 * How the numbers of a recurrent layer lie while it works on a tile, and what follows from it: the
 * products with its kernels, and the borders, where other layers' numbers come in and go out.
 *
 * Outside, samples lie in the lanes: x and dx are [features][width], states and dropout masks
 * [units][width]. Inside there are two layouts, a table of operations each:
 *
 *     lanes  (recurrent_lanes.c)  [units][width], as outside: for any number of units
 *     rows   (recurrent_rows.c)   [width][units]: for few units that fill registers
 *
 * "Inside" a tile of h, c, dh or of one gate's z is what the layout makes of [units][width]; gates
 * lie one behind the other in both, so that gate g of z begins at z + g * run->tile.
 */
#ifndef TL_LAYERS_RECURRENT_LAYOUT_H
#define TL_LAYERS_RECURRENT_LAYOUT_H

#include "layers/recurrent.h"

struct tl_recurrent_layout {
    /* ---- Before the pass ---- */

    /* What the steps' kernels see of a tile, and the buffers that only this layout has. */
    void (*plan)(tl_recurrent *run);
    /* As tl_layer_ops.packed and pack: the kernels laid out for the products below. */
    size_t (*packed)(const tl_layer *layer, const tl_packing *packing);
    void (*pack)(const tl_layer *layer, const tl_packing *packing, const tl_kernels *kernels,
                 const float *parameters, size_t part, size_t parts, float *packed);
    /* Points the run at what pack() made of the kernels for this pass, if it did. */
    void (*begin)(tl_recurrent *run);

    /* ---- Borders. What they return lies where it came from, or in the run until the next call.
     */

    const float *(*inside)(const tl_recurrent *run, const float *tile);
    /* `tiles` of them, gates for instance. */
    const float *(*outside)(const tl_recurrent *run, const float *tile, size_t tiles);
    /* A timestep's mask [width], as the steps' kernels take it. */
    const float *(*mask)(const tl_recurrent *run, const float *mask);
    /* pass->y = h of all steps, or of the last: filled, or pointed at h. */
    void (*output)(const tl_recurrent *run);

    /* ---- Forward. Kernels and biases begin with gate 0, z and dz with the first that is meant.
     * ---- */

    /* All planes of a step, as tl_recurrent_preactivate() makes them, at once; `x` is NULL where
     * its product comes from the folded table. NULL: one product after the other, as below. */
    void (*preactivate)(tl_recurrent *run, size_t step, const float *x);
    /* A step's planes of the input, for gates that are all joint, or all not: x W + b, or rows of
     * the table. */
    void (*input)(const tl_recurrent *run, size_t step, const float *x, size_t first_gate,
                  size_t gates);
    /* z += h U where the gates are joint or `accumulate` says so, else z = h U + b'. */
    void (*multiply)(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                     int accumulate, float *z);

    /* ---- Backward. Gradients begin with the first gate that is meant. ---- */

    /* dh = dz U^T, or dh += dz U^T */
    void (*multiply_back)(const tl_recurrent *run, const float *dz, size_t first_gate, size_t gates,
                          int accumulate, float *dh);
    /* dx = dz W^T of a step, which lies outside */
    void (*input_back)(const tl_recurrent *run, size_t step, size_t first_gate, size_t gates,
                       float *dx);
    /* Sums over a part's steps and samples: dU += h^T dz, dW += x^T dz, db += dz. */
    void (*outer)(const tl_recurrent *run, const float *h, size_t h_step, const float *dz,
                  size_t gates, float *gradient);
    void (*input_outer)(const tl_recurrent *run, const float *x, ptrdiff_t x_step, const float *dz,
                        size_t gates, float *gradient);
    void (*bias_gradient)(const tl_recurrent *run, const float *dz, size_t gates, float *gradient);
    /* The table's gradient in the rows that a step took += its dz. */
    void (*table_gradient)(const tl_recurrent *run, size_t step);
};

extern const tl_recurrent_layout tl_recurrent_lanes, tl_recurrent_rows;

/* dx (+)= dz W^T where samples lie in lanes: dz are planes of gates that are all joint, or all not.
 */
void tl_recurrent_lanes_input_back(const tl_recurrent *run, const float *dz, size_t first_gate,
                                   size_t gates, int accumulate, float *dx);

/* Whether a layer is small enough for rows, and its units fill registers. */
int tl_recurrent_fits_rows(const tl_layer *layer);

static inline const tl_recurrent_layout *tl_recurrent_layout_of(const tl_layer *layer) {
    return tl_recurrent_fits_rows(layer) ? &tl_recurrent_rows : &tl_recurrent_lanes;
}

/* Of so many gates, those whose products with x and h are added up: a GRU's candidate stands apart.
 */
static inline size_t tl_recurrent_joint(size_t gates) {
    return gates == 3 ? 2 : gates;
}

/* The end of the gates from `gate` to `end` that are all joint, or all not. */
static inline size_t tl_recurrent_group_end(size_t joint, size_t gate, size_t end) {
    return gate < joint && joint < end ? joint : end;
}

/* The bias of products with x, for some gates. */
static inline const float *tl_recurrent_bias(const tl_recurrent *run, size_t first_gate) {
    return tl_recurrent_at(run, run->bias_at) + first_gate * run->units;
}

/* b', what is added to products with h that stand apart; NULL: nothing. */
static inline const float *tl_recurrent_apart_bias(const tl_recurrent *run) {
    const tl_weight *bias = &run->layer->weights[2];
    const size_t columns = run->gate_units;
    if (!run->config->use_bias || bias->size == columns)
        return NULL;
    return run->pass->parameters + bias->offset + columns + run->joint * run->units;
}

/* The rows of the folded table that a step takes. */
static inline const int32_t *tl_recurrent_table_rows(const tl_recurrent *run, size_t step) {
    return run->pass->rows + tl_recurrent_timestep(run, step) * run->width;
}

#endif
