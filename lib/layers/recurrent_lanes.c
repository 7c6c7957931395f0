/* Recurrent layers of any size with the samples in the lanes: the products, with the kernels as
 * Keras has them or, where they are large, packed. */
#include "layers/recurrent_layout.h"

static void plan(tl_recurrent *run) {
    run->step_units = run->units;
    run->step_width = run->width;
}

/* ---- Large kernels are laid out for products that use them in each timestep ---- */

/* From so many weights on the recurrent kernel is packed: smaller ones stay in the first-level
 * cache. */
#define FEWEST_PACKED 4096

/* A matrix to pack: m x k, as tl_kernels.pack takes it. */
typedef struct packed_matrix {
    const float *a;
    size_t m, k, a_row, a_column;
} packed_matrix;

/* Some gates' columns of a kernel, for the product with x or h, or (back) with dz. */
static packed_matrix columns_of(const tl_weight *kernel, const float *parameters, size_t first,
                                size_t columns, int back) {
    const size_t rows = kernel->dims[0], row = kernel->dims[1];
    const float *a = parameters ? parameters + kernel->offset + first : NULL;
    return back ? (packed_matrix){a, rows, columns, row, 1}
                : (packed_matrix){a, columns, rows, 1, row};
}

enum { MOST_MATRICES = 8 };

/* All that is packed, in order: recurrent kernel, the same for the way back, kernel, the same; of
 * each the joint gates and then the others. */
static size_t matrices_of(const tl_layer *layer, const tl_packing *packing, const float *parameters,
                          packed_matrix matrices[MOST_MATRICES]) {
    const int wanted[2][2] = {{1, packing->backward},
                              {packing->input, packing->input && packing->input_gradient}};
    const size_t units = layer->weights[1].dims[0], gates = layer->weights[1].dims[1] / units;
    const size_t joint = tl_recurrent_joint(gates);
    size_t count = 0;
    for (int input = 0; input < 2; input++)
        for (int back = 0; back < 2; back++)
            for (size_t gate = 0, end; wanted[input][back] && gate < gates; gate = end) {
                end = tl_recurrent_group_end(joint, gate, gates);
                matrices[count++] = columns_of(&layer->weights[1 - input], parameters, gate * units,
                                               (end - gate) * units, back);
            }
    return count;
}

/* Not where dropout has the gates' products made one by one: they are packed together. */
static size_t packed(const tl_layer *layer, const tl_packing *packing) {
    const tl_recurrent_config *config = layer->config;
    if (layer->weights[1].size < FEWEST_PACKED ||
        (packing->training && config->recurrent_dropout > 0))
        return 0;
    packed_matrix matrices[MOST_MATRICES];
    const size_t count = matrices_of(layer, packing, NULL, matrices);
    size_t floats = 0;
    for (size_t i = 0; i < count; i++)
        floats += matrices[i].m * matrices[i].k;
    return floats;
}

/* The first row of a part: a multiple of TL_PACK_ROWS. */
static size_t first_row(size_t m, size_t part, size_t parts) {
    const size_t row = m * part / parts / TL_PACK_ROWS * TL_PACK_ROWS;
    return part == parts ? m : row;
}

static void pack(const tl_layer *layer, const tl_packing *packing, const tl_kernels *kernels,
                 const float *parameters, size_t part, size_t parts, float *packed) {
    packed_matrix matrices[MOST_MATRICES];
    const size_t count = matrices_of(layer, packing, parameters, matrices);
    for (size_t i = 0; i < count; i++) {
        const packed_matrix *m = &matrices[i];
        kernels->pack(m->m, packing->width, m->k, m->a, m->a_row, m->a_column,
                      first_row(m->m, part, parts), first_row(m->m, part + 1, parts), packed);
        packed += m->m * m->k;
    }
}

static void begin(tl_recurrent *run) {
    const tl_packing *packing = run->pass->packing;
    const size_t recurrent = run->units * run->gate_units, kernel = run->features * run->gate_units;
    const float *packed = run->pass->packed;
    if (!packed)
        return;
    run->packed_recurrent = packed;
    packed += recurrent;
    if (packing->backward) {
        run->packed_recurrent_back = packed;
        packed += recurrent;
    }
    if (packing->input) {
        run->packed_kernel = packed;
        if (packing->input_gradient)
            run->packed_kernel_back = packed + kernel;
    }
}

/* ---- Borders: there are none ---- */

static const float *inside(const tl_recurrent *run, const float *tile) {
    (void)run;
    return tile;
}

static const float *outside(const tl_recurrent *run, const float *tile, size_t tiles) {
    (void)run;
    (void)tiles;
    return tile;
}

static const float *mask_of(const tl_recurrent *run, const float *mask) {
    (void)run;
    return mask;
}

static void output(const tl_recurrent *run) {
    run->pass->y = tl_recurrent_h(run, run->config->return_sequences ? 1 : run->steps);
}

/* ---- Forward ---- */

/* z = x W + b */
static void multiply_input(const tl_recurrent *run, const float *x, size_t first_gate, size_t gates,
                           float *z) {
    const tl_kernels *kernels = run->pass->kernels;
    const size_t first = first_gate * run->units, columns = gates * run->units, width = run->width;
    const float *kernel = tl_weight_values(run->pass, &run->layer->weights[0]);
    const float *b = tl_recurrent_bias(run, first_gate);
    if (run->packed_kernel)
        kernels->gemm_packed(columns, width, run->features,
                             run->packed_kernel + first * run->features, x, width, b, 0, z, width);
    else
        kernels->gemm(columns, width, run->features, kernel + first, 1, run->gate_units, x, width,
                      b, 0, z, width);
}

static void input(const tl_recurrent *run, size_t step, const float *x, size_t first_gate,
                  size_t gates) {
    float *z = tl_recurrent_input_gates(run, step, first_gate);
    if (x)
        multiply_input(run, x, first_gate, gates, z);
    else
        /* z = table[token] */
        run->pass->kernels->gather(gates * run->units, run->width,
                                   run->pass->table + first_gate * run->units, run->gate_units,
                                   tl_recurrent_table_rows(run, step), z);
}

/* A product with gates that are packed together. */
static void multiply_group(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                           int accumulate, float *z) {
    const tl_kernels *kernels = run->pass->kernels;
    const size_t units = run->units, width = run->width, first = first_gate * units;
    const float *kernel = tl_weight_values(run->pass, &run->layer->weights[1]);
    const float *b = accumulate ? NULL : tl_recurrent_apart_bias(run);
    /* z += h U, or z = h U + b' */
    if (run->packed_recurrent)
        kernels->gemm_packed(gates * units, width, units, run->packed_recurrent + first * units, h,
                             width, b, accumulate, z, width);
    else
        kernels->gemm(gates * units, width, units, kernel + first, 1, run->gate_units, h, width, b,
                      accumulate, z, width);
}

static void multiply(const tl_recurrent *run, const float *h, size_t first_gate, size_t gates,
                     int accumulate, float *z) {
    const size_t all = first_gate + gates;
    for (size_t gate = first_gate, end; gate < all; gate = end) {
        end = tl_recurrent_group_end(run->joint, gate, all);
        multiply_group(run, h, gate, end - gate, accumulate || gate < run->joint,
                       z + (gate - first_gate) * run->tile);
    }
}

/* ---- Backward ---- */

static void multiply_back_group(const tl_recurrent *run, const float *dz, size_t first_gate,
                                size_t gates, int accumulate, float *dh) {
    const tl_kernels *kernels = run->pass->kernels;
    const size_t units = run->units, width = run->width, first = first_gate * units;
    const float *kernel = tl_weight_values(run->pass, &run->layer->weights[1]);
    /* dh (+)= dz U^T */
    if (run->packed_recurrent_back)
        kernels->gemm_packed(units, width, gates * units,
                             run->packed_recurrent_back + first * units, dz, width, NULL,
                             accumulate, dh, width);
    else
        kernels->gemm(units, width, gates * units, kernel + first, run->gate_units, 1, dz, width,
                      NULL, accumulate, dh, width);
}

static void multiply_back(const tl_recurrent *run, const float *dz, size_t first_gate, size_t gates,
                          int accumulate, float *dh) {
    const size_t all = first_gate + gates;
    for (size_t gate = first_gate, end; gate < all; gate = end) {
        end = tl_recurrent_group_end(run->joint, gate, all);
        multiply_back_group(run, dz + (gate - first_gate) * run->tile, gate, end - gate,
                            accumulate || gate > first_gate, dh);
    }
}

void tl_recurrent_lanes_input_back(const tl_recurrent *run, const float *dz, size_t first_gate,
                                   size_t gates, int accumulate, float *dx) {
    const tl_kernels *kernels = run->pass->kernels;
    const float *kernel = tl_weight_values(run->pass, &run->layer->weights[0]);
    const size_t columns = gates * run->units, width = run->width, first = first_gate * run->units;
    /* dx (+)= dz W^T */
    if (run->packed_kernel_back)
        kernels->gemm_packed(run->features, width, columns,
                             run->packed_kernel_back + first * run->features, dz, width, NULL,
                             accumulate, dx, width);
    else
        kernels->gemm(run->features, width, columns, kernel + first, run->gate_units, 1, dz, width,
                      NULL, accumulate, dx, width);
}

static void input_back(const tl_recurrent *run, size_t step, size_t first_gate, size_t gates,
                       float *dx) {
    const size_t all = first_gate + gates;
    for (size_t gate = first_gate, end; gate < all; gate = end) {
        end = tl_recurrent_group_end(run->joint, gate, all);
        tl_recurrent_lanes_input_back(run, tl_recurrent_input_gates(run, step, gate), gate,
                                      end - gate, gate > first_gate, dx);
    }
}

static void outer(const tl_recurrent *run, const float *h, size_t h_step, const float *dz,
                  size_t gates, float *gradient) {
    /* dU += sum over the part's steps of h^T dz */
    run->pass->kernels->outer(run->part_steps, run->units, gates * run->units, run->width, h,
                              (ptrdiff_t)h_step, dz, (ptrdiff_t)run->gates_step, gradient,
                              run->gate_units, tl_recurrent_at(run, run->outer_at));
}

static void input_outer(const tl_recurrent *run, const float *x, ptrdiff_t x_step, const float *dz,
                        size_t gates, float *gradient) {
    /* dW += sum over the part's steps of x^T dz */
    run->pass->kernels->outer(run->part_steps, run->features, gates * run->units, run->width, x,
                              x_step, dz, (ptrdiff_t)run->gates_step, gradient, run->gate_units,
                              tl_recurrent_at(run, run->outer_at));
}

static void bias_gradient(const tl_recurrent *run, const float *dz, size_t gates, float *gradient) {
    /* db += sum over the part's steps and lanes of dz */
    run->pass->kernels->row_sums(run->part_steps, gates * run->units, run->width, dz,
                                 (ptrdiff_t)run->gates_step, gradient);
}

static void table_gradient(const tl_recurrent *run, size_t step) {
    const tl_pass *pass = run->pass;
    /* dtable[token] += dz */
    for (size_t gate = 0, end; gate < run->gates; gate = end) {
        end = tl_recurrent_group_end(run->joint, gate, run->gates);
        pass->kernels->scatter_add((end - gate) * run->units, run->width, pass->lanes,
                                   tl_recurrent_input_gates(run, step, gate),
                                   tl_recurrent_table_rows(run, step),
                                   pass->row_gradients + gate * run->units, run->gate_units);
    }
}

const tl_recurrent_layout tl_recurrent_lanes = {
    .plan = plan,
    .packed = packed,
    .pack = pack,
    .begin = begin,
    .inside = inside,
    .outside = outside,
    .mask = mask_of,
    .output = output,
    .input = input,
    .multiply = multiply,
    .multiply_back = multiply_back,
    .input_back = input_back,
    .outer = outer,
    .input_outer = input_outer,
    .bias_gradient = bias_gradient,
    .table_gradient = table_gradient,
};
