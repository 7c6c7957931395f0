/* Small recurrent layers with their units in the lanes: the products, and the way in and out. */
#include "layers/recurrent_layout.h"

/*
 * With more weights the samples are better off in the lanes, where a number of the kernel serves
 * more of them. An epoch in rows beside one in lanes (AVX2, LSTM after an Embedding): 0.86 with 8
 * units, 0.98 with 16, 1.09 with 24, 1.16 with 32; AVX-512: 0.92 with 8.
 */
#define MOST_WEIGHTS 1024

static const tl_kernels *kernels_of(const tl_layer *layer) {
    const tl_recurrent_config *config = layer->config;
    return tl_kernels_for_units((size_t)config->units);
}

int tl_recurrent_fits_rows(const tl_layer *layer) {
    const tl_recurrent_config *config = layer->config;
    return (size_t)config->units % kernels_of(layer)->lanes == 0 &&
           layer->weights[1].size <= MOST_WEIGHTS;
}

int tl_recurrent_gives_rows(const tl_layer *layer) {
    return tl_recurrent_fits_rows(layer) &&
           ((const tl_recurrent_config *)layer->config)->return_sequences;
}

/* Whether the kernel is small too, and its inputs fill registers. */
int tl_recurrent_takes_rows(const tl_layer *layer) {
    const tl_weight *kernel = &layer->weights[0];
    return tl_recurrent_fits_rows(layer) && kernel->size <= MOST_WEIGHTS &&
           kernel->dims[0] % kernels_of(layer)->lanes == 0;
}

/* A step's kernel is given one unit of units * width lanes. */
static void plan(tl_recurrent *run) {
    run->step_units = 1;
    run->step_width = run->tile;
    run->row_kernels = kernels_of(run->layer);
    /* Only a small kernel's inputs cross a border in rows. */
    const size_t inputs = run->layer->weights[0].size <= MOST_WEIGHTS ? run->features : 0;
    const size_t border = inputs > run->gate_units ? inputs : run->gate_units;
    run->turned_at = tl_recurrent_reserve(run, border * run->width);
    run->mask_at = tl_recurrent_reserve(run, run->tile);
}

/* ---- The kernels are packed for the way back ---- */

static int packs_kernel(const tl_layer *layer, const tl_packing *packing) {
    return packing->input_gradient && tl_recurrent_takes_rows(layer);
}

static size_t packed(const tl_layer *layer, const tl_packing *packing) {
    const size_t kernel = packs_kernel(layer, packing) ? layer->weights[0].size : 0;
    return packing->backward ? layer->weights[1].size + kernel : 0;
}

static void pack_kernel(const tl_layer *layer, const tl_weight *kernel, const float *parameters,
                        float *packed) {
    kernels_of(layer)->rows_pack(kernel->dims[0], kernel->dims[1], parameters + kernel->offset,
                                 packed);
}

static void pack(const tl_layer *layer, const tl_packing *packing, const tl_kernels *kernels,
                 const float *parameters, size_t part, size_t parts, float *packed) {
    (void)kernels;
    (void)parts;
    /* They are so small that the first part is all: U, W */
    if (part > 0)
        return;
    pack_kernel(layer, &layer->weights[1], parameters, packed);
    if (packs_kernel(layer, packing))
        pack_kernel(layer, &layer->weights[0], parameters, packed + layer->weights[1].size);
}

/* ---- Borders ---- */

/* [units][width] to [width][units] */
static const float *inside(const tl_recurrent *run, const float *tile) {
    float *turned = tl_recurrent_at(run, run->turned_at);
    run->row_kernels->transpose(run->units, run->width, tile, turned);
    return turned;
}

/* [tiles][width][units] to [tiles][units][width] */
static void turn_out(const tl_recurrent *run, const float *rows, size_t tiles, float *lanes) {
    for (size_t t = 0; t < tiles; t++)
        run->row_kernels->transpose(run->width, run->units, rows + t * run->tile,
                                    lanes + t * run->tile);
}

static const float *outside(const tl_recurrent *run, const float *rows, size_t tiles) {
    float *turned = tl_recurrent_at(run, run->turned_at);
    turn_out(run, rows, tiles, turned);
    return turned;
}

/* The sample's number for each of its units. */
static const float *mask_of(const tl_recurrent *run, const float *mask) {
    float *spread = tl_recurrent_at(run, run->mask_at);
    for (size_t w = 0; w < run->width; w++)
        for (size_t u = 0; u < run->units; u++)
            spread[w * run->units + u] = mask[w];
    return spread;
}

static void output(const tl_recurrent *run) {
    if (run->pass->y_in_rows) {
        run->pass->y = tl_recurrent_h(run, 1);
        return;
    }
    const size_t first = run->config->return_sequences ? 1 : run->steps;
    turn_out(run, tl_recurrent_h(run, first), run->steps + 1 - first, run->pass->y);
}

/* ---- Forward ---- */

/* Of some gates; what is to be multiplied and added is still to be said. */
static tl_row_product product_of(const tl_recurrent *run, size_t gates, float *z) {
    return (tl_row_product){.gates = gates,
                            .width = run->width,
                            .units = run->units,
                            .length = run->gate_units,
                            .z = z};
}

static void set_factor(const tl_recurrent *run, const tl_weight *kernel, const float *x,
                       size_t first_gate, tl_row_factor *factor) {
    factor->inputs = kernel->dims[0];
    factor->x = x;
    factor->x_sample = kernel->dims[0];
    factor->x_input = 1;
    factor->kernel = tl_weight_values(run->pass, kernel) + first_gate * run->units;
}

/* z += x W + b, or rows of the table. */
static void set_input(const tl_recurrent *run, size_t step, const float *x, size_t first_gate,
                      tl_row_product *product) {
    product->start_gate = run->units;
    if (!x) {
        product->start = run->pass->table + first_gate * run->units;
        product->start_row = run->gate_units;
        product->rows = product->next = tl_recurrent_table_rows(run, step);
        return;
    }
    product->start = tl_recurrent_bias(run, first_gate);
    set_factor(run, &run->layer->weights[0], x, first_gate, &product->input);
    if (run->pass->x_in_rows)
        return;
    product->input.x_sample = 1;
    product->input.x_input = run->width;
}

/* z += h U */
static void set_state(const tl_recurrent *run, const float *h, size_t first_gate,
                      tl_row_product *product) {
    set_factor(run, &run->layer->weights[1], h, first_gate, &product->state);
    product->apart = tl_recurrent_apart_bias(run);
}

static void begin(tl_recurrent *run) {
    const tl_pass *pass = run->pass;
    run->packed_recurrent_back = pass->packed;
    if (pass->packed && packs_kernel(run->layer, pass->packing))
        run->packed_kernel_back = run->packed_recurrent_back + run->layer->weights[1].size;
    run->step = product_of(run, run->gates, NULL);
    set_input(run, 0, pass->table ? NULL : pass->x, 0, &run->step);
    set_state(run, NULL, 0, &run->step);
}

static void preactivate(tl_recurrent *run, size_t step, const float *x) {
    tl_row_product *product = &run->step;
    product->input.x = x;
    product->state.x = tl_recurrent_h(run, step);
    product->rows = x ? NULL : tl_recurrent_table_rows(run, step);
    product->next =
        x || step + 1 == run->steps ? product->rows : tl_recurrent_table_rows(run, step + 1);
    product->z = tl_recurrent_gates(run, step);
    run->row_kernels->rows_product(product);
}

static void input(const tl_recurrent *run, size_t step, const float *x, size_t first_gate,
                  size_t gates) {
    tl_row_product product =
        product_of(run, gates, tl_recurrent_input_gates(run, step, first_gate));
    set_input(run, step, x, first_gate, &product);
    run->row_kernels->rows_product(&product);
}

static void multiply(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                     int accumulate, float *z) {
    tl_row_product product = product_of(run, gates, z);
    set_state(run, h, first_gate, &product);
    if (accumulate || first_gate < run->joint) {
        product.start = z;
        product.start_row = run->units;
        product.start_gate = run->tile;
    } else {
        product.start = product.apart;
    }
    run->row_kernels->rows_product(&product);
}

/* ---- Backward ---- */

static void multiply_back(const tl_recurrent *run, const float *dz, size_t first_gate, size_t gates,
                          int accumulate, float *dh) {
    /* dh (+)= dz U^T */
    run->row_kernels->rows_product_back(
        gates, run->width, run->units, run->units, dz,
        run->packed_recurrent_back + first_gate * run->units * run->units, accumulate, dh);
}

static void input_back(const tl_recurrent *run, size_t step, size_t first_gate, size_t gates,
                       float *dx) {
    float *rows = run->pass->x_in_rows ? dx : tl_recurrent_at(run, run->turned_at);
    const size_t all = first_gate + gates;
    for (size_t gate = first_gate, end; gate < all; gate = end) {
        end = tl_recurrent_group_end(run->joint, gate, all);
        const float *dz = tl_recurrent_input_gates(run, step, gate);
        const int accumulate = gate > first_gate;
        /* dx (+)= dz W^T */
        if (run->packed_kernel_back)
            run->row_kernels->rows_product_back(
                end - gate, run->width, run->units, run->features, dz,
                run->packed_kernel_back + gate * run->units * run->features, accumulate, rows);
        else
            tl_recurrent_lanes_input_back(run, outside(run, dz, end - gate), gate, end - gate,
                                          accumulate, dx);
    }
    if (run->packed_kernel_back && rows != dx)
        run->row_kernels->transpose(run->width, run->features, rows, dx);
}

/* Sums over a part's steps and samples, x still to be said. */
static tl_row_outer outer_of(const tl_recurrent *run, const float *dz, size_t gates,
                             float *gradient) {
    return (tl_row_outer){
        .steps = run->part_steps,
        .gates = gates,
        .width = run->width,
        .units = run->units,
        .z = dz,
        .z_step = run->gates_step,
        .g = gradient,
        .length = run->gate_units,
    };
}

static void outer(const tl_recurrent *run, const float *h, size_t h_step, const float *dz,
                  size_t gates, float *gradient) {
    tl_row_outer sum = outer_of(run, dz, gates, gradient);
    sum.inputs = run->units;
    sum.x = h;
    sum.x_sample = run->units;
    sum.x_input = 1;
    sum.x_step = (ptrdiff_t)h_step;
    /* dU += sum over the part's steps of h^T dz */
    run->row_kernels->rows_outer(&sum);
}

static void input_outer(const tl_recurrent *run, const float *x, ptrdiff_t x_step, const float *dz,
                        size_t gates, float *gradient) {
    tl_row_outer sum = outer_of(run, dz, gates, gradient);
    sum.inputs = run->features;
    sum.x = x;
    sum.x_sample = run->pass->x_in_rows ? run->features : 1;
    sum.x_input = run->pass->x_in_rows ? 1 : run->width;
    sum.x_step = x_step;
    /* dW += sum over the part's steps of x^T dz */
    run->row_kernels->rows_outer(&sum);
}

static void bias_gradient(const tl_recurrent *run, const float *dz, size_t gates, float *gradient) {
    static const float one = 1;
    tl_row_outer sum = outer_of(run, dz, gates, gradient);
    sum.inputs = 1;
    sum.x = &one;
    /* db += 1^T dz */
    run->row_kernels->rows_outer(&sum);
}

static void table_gradient(const tl_recurrent *run, size_t step) {
    const tl_pass *pass = run->pass;
    /* dtable[token] += dz */
    run->row_kernels->rows_add(run->gates, run->width, run->units, pass->lanes,
                               tl_recurrent_gates(run, step), tl_recurrent_table_rows(run, step),
                               pass->row_gradients);
}

const tl_recurrent_layout tl_recurrent_rows = {
    .plan = plan,
    .packed = packed,
    .pack = pack,
    .begin = begin,
    .inside = inside,
    .outside = outside,
    .mask = mask_of,
    .output = output,
    .preactivate = preactivate,
    .input = input,
    .multiply = multiply,
    .multiply_back = multiply_back,
    .input_back = input_back,
    .outer = outer,
    .input_outer = input_outer,
    .bias_gradient = bias_gradient,
    .table_gradient = table_gradient,
};
