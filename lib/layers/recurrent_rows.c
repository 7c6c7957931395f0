/* Small recurrent layers with their units in the lanes: the products, and the way in and out. */
#include "layers/recurrent.h"

/*
 * With more weights the samples are better off in the lanes, where a number of the kernel serves
 * more of them. An epoch in rows beside one in lanes (AVX2, LSTM after an Embedding): 0.86 with 8
 * units, 0.98 with 16, 1.09 with 24, 1.16 with 32.
 */
#define MOST_WEIGHTS 1024

int tl_recurrent_fits_rows(const tl_layer *layer) {
    const tl_recurrent_config *config = layer->config;
    return (size_t)config->units % tl_kernels_get()->lanes == 0 &&
           layer->weights[1].size <= MOST_WEIGHTS;
}

void tl_recurrent_turn_in(const tl_recurrent *run, const float *lanes, float *rows) {
    run->pass->kernels->transpose(run->units, run->width, lanes, rows);
}

void tl_recurrent_turn_out(const tl_recurrent *run, const float *rows, float *lanes) {
    run->pass->kernels->transpose(run->width, run->units, rows, lanes);
}

const float *tl_recurrent_rows_mask(const tl_recurrent *run, const float *mask) {
    float *spread = run->pass->cache + run->mask_at;
    for (size_t w = 0; w < run->width; w++)
        for (size_t u = 0; u < run->units; u++)
            spread[w * run->units + u] = mask[w];
    return spread;
}

const float *tl_recurrent_rows_dz(const tl_recurrent *run, size_t step) {
    const float *dz = tl_recurrent_gates(run, step);
    float *turned = run->pass->cache + run->turned_at;
    for (size_t gate = 0; gate < run->gates; gate++)
        tl_recurrent_turn_out(run, dz + gate * run->tile, turned + gate * run->tile);
    return turned;
}

void tl_recurrent_rows_output(const tl_recurrent *run) {
    const size_t first = run->config->return_sequences ? 1 : run->steps;
    for (size_t s = first; s <= run->steps; s++)
        tl_recurrent_turn_out(run, tl_recurrent_h(run, s), run->pass->y + (s - first) * run->tile);
}

/* A product for some gates; what it is added to is still to be said. */
static tl_row_product product_of(const tl_recurrent *run, const tl_weight *kernel,
                                 size_t first_gate, size_t gates, float *z) {
    return (tl_row_product){
        .gates = gates,
        .width = run->width,
        .units = run->units,
        .inputs = kernel->dims[0],
        .kernel = tl_weight_values(run->pass, kernel) + first_gate * run->units,
        .length = run->gate_units,
        .z = z,
    };
}

void tl_recurrent_rows_input(const tl_recurrent *run, const float *x, size_t first_gate,
                             size_t gates, const float *bias, float *z) {
    tl_row_product product = product_of(run, &run->layer->weights[0], first_gate, gates, z);
    /* Samples lie in x's lanes. */
    product.x = x;
    product.x_sample = 1;
    product.x_input = run->width;
    product.start = bias;
    product.start_gate = run->units;
    run->pass->kernels->rows_product(&product);
}

void tl_recurrent_rows_table(const tl_recurrent *run, size_t step, const float *h) {
    const tl_pass *pass = run->pass;
    tl_row_product product =
        product_of(run, &run->layer->weights[1], 0, run->gates, tl_recurrent_gates(run, step));
    product.inputs = h ? run->units : 0;
    product.x = h;
    product.x_sample = run->units;
    product.x_input = 1;
    product.start = pass->table;
    product.start_row = run->gate_units;
    product.start_gate = run->units;
    product.rows = pass->rows + tl_recurrent_timestep(run, step) * run->width;
    pass->kernels->rows_product(&product);
}

void tl_recurrent_rows_multiply(const tl_recurrent *run, const float *h, size_t first_gate,
                                size_t gates, const float *bias, int accumulate, float *z) {
    tl_row_product product = product_of(run, &run->layer->weights[1], first_gate, gates, z);
    product.x = h;
    product.x_sample = run->units;
    product.x_input = 1;
    product.start = accumulate ? z : bias ? bias + first_gate * run->units : NULL;
    product.start_row = accumulate ? run->units : 0;
    product.start_gate = accumulate ? run->tile : run->units;
    run->pass->kernels->rows_product(&product);
}

/* Sums over all steps and samples, x still to be said. */
static tl_row_outer outer_of(const tl_recurrent *run, const float *dz, size_t dz_step, size_t gates,
                             float *gradient) {
    return (tl_row_outer){
        .steps = run->steps,
        .gates = gates,
        .width = run->width,
        .units = run->units,
        .z = dz,
        .z_step = dz_step,
        .g = gradient,
        .length = run->gate_units,
    };
}

void tl_recurrent_rows_outer(const tl_recurrent *run, const float *h, const float *dz,
                             size_t dz_step, size_t gates, float *gradient) {
    tl_row_outer outer = outer_of(run, dz, dz_step, gates, gradient);
    outer.inputs = run->units;
    outer.x = h;
    outer.x_sample = run->units;
    outer.x_input = 1;
    outer.x_step = (ptrdiff_t)run->tile;
    run->pass->kernels->rows_outer(&outer);
}

void tl_recurrent_rows_input_outer(const tl_recurrent *run, const float *x, ptrdiff_t x_step,
                                   const float *dz, size_t gates, float *gradient) {
    tl_row_outer outer = outer_of(run, dz, run->gates_step, gates, gradient);
    outer.inputs = run->features;
    outer.x = x;
    outer.x_sample = 1;
    outer.x_input = run->width;
    outer.x_step = x_step;
    run->pass->kernels->rows_outer(&outer);
}

void tl_recurrent_rows_bias_gradient(const tl_recurrent *run, const float *dz, size_t dz_step,
                                     size_t gates, float *gradient) {
    /* db += 1^T dz */
    static const float one = 1;
    tl_row_outer outer = outer_of(run, dz, dz_step, gates, gradient);
    outer.inputs = 1;
    outer.x = &one;
    run->pass->kernels->rows_outer(&outer);
}
