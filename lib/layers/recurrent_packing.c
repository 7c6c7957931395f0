/* The kernels of recurrent layers, laid out for products that use them in each timestep. */
#include "layers/recurrent.h"

/* From so many weights on the recurrent kernel is packed: smaller ones stay in the first-level
 * cache. */
#define FEWEST_PACKED 4096

/* A matrix to pack: m x k, as tl_kernels.pack takes it. */
typedef struct packed_matrix {
    const float *a;
    size_t m, k, a_row, a_column;
} packed_matrix;

size_t tl_recurrent_joint_gates(const tl_layer *layer) {
    const size_t gates = layer->weights[1].dims[1] / layer->weights[1].dims[0];
    return gates == 3 ? 2 : gates;
}

/* Some gates' columns of a kernel, for the product with x or h, or (back) with dz. */
static packed_matrix columns_of(const tl_weight *kernel, const float *parameters, size_t first,
                                size_t columns, int back) {
    const size_t rows = kernel->dims[0], row = kernel->dims[1];
    const float *a = parameters ? parameters + kernel->offset + first : NULL;
    return back ? (packed_matrix){a, rows, columns, row, 1}
                : (packed_matrix){a, columns, rows, 1, row};
}

enum { MOST_MATRICES = 6 };

/* All that is packed, in order: recurrent kernel, the same for the way back, kernel, the same. */
static size_t matrices_of(const tl_layer *layer, const tl_packing *packing, const float *parameters,
                          packed_matrix matrices[MOST_MATRICES]) {
    const tl_weight *kernel = &layer->weights[0], *recurrent = &layer->weights[1];
    const size_t all = recurrent->dims[1],
                 joint = tl_recurrent_joint_gates(layer) * recurrent->dims[0];
    size_t count = 0;
    for (int back = 0; back <= packing->backward; back++) {
        matrices[count++] = columns_of(recurrent, parameters, 0, joint, back);
        if (joint < all)
            matrices[count++] = columns_of(recurrent, parameters, joint, all - joint, back);
    }
    if (packing->input)
        matrices[count++] = columns_of(kernel, parameters, 0, all, 0);
    if (packing->input && packing->input_gradient)
        matrices[count++] = columns_of(kernel, parameters, 0, all, 1);
    return count;
}

size_t tl_recurrent_packed(const tl_layer *layer, const tl_packing *packing) {
    const tl_recurrent_config *config = layer->config;
    if (tl_recurrent_fits_rows(layer))
        return packing->backward ? layer->weights[1].size : 0;
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

/* U^T, which rows take on the way back. */
static void turn_kernel(const tl_layer *layer, const float *parameters, float *turned) {
    const tl_weight *kernel = &layer->weights[1];
    const float *values = parameters + kernel->offset;
    for (size_t k = 0; k < kernel->dims[0]; k++)
        for (size_t j = 0; j < kernel->dims[1]; j++)
            turned[j * kernel->dims[0] + k] = values[k * kernel->dims[1] + j];
}

void tl_recurrent_pack(const tl_layer *layer, const tl_packing *packing, const tl_kernels *kernels,
                       const float *parameters, size_t part, size_t parts, float *packed) {
    packed_matrix matrices[MOST_MATRICES];
    if (tl_recurrent_fits_rows(layer)) {
        if (part == 0)
            turn_kernel(layer, parameters, packed);
        return;
    }
    const size_t count = matrices_of(layer, packing, parameters, matrices);
    for (size_t i = 0; i < count; i++) {
        const packed_matrix *m = &matrices[i];
        kernels->pack(m->m, packing->width, m->k, m->a, m->a_row, m->a_column,
                      first_row(m->m, part, parts), first_row(m->m, part + 1, parts), packed);
        packed += m->m * m->k;
    }
}

void tl_recurrent_find_packed(tl_recurrent *run) {
    const tl_packing *packing = run->pass->packing;
    const size_t recurrent = run->units * run->gate_units, kernel = run->features * run->gate_units;
    const float *packed = run->pass->packed;
    if (run->in_rows)
        run->turned_kernel = packed;
    if (!packed || run->in_rows)
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
