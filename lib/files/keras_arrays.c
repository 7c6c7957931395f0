/*
 * The arrays that a legacy file has for one layer.
 *
 * Keras 1 with consume_less='cpu' or 'mem' has W, U and b for each gate: 12 arrays for an LSTM,
 * whose gates come in the order i, c, f, o, and 9 for a GRU, in today's z, r, h. With 'gpu' the
 * arrays are today's.
 *
 * CuDNNLSTM and CuDNNGRU of Keras 2 have kernels of today's shape, in which the memory of each
 * gate is that of the transposed matrix, and twice as many biases: one for the input, one for the
 * state. An LSTM adds them; GRU(reset_after=True) has both. The number of biases tells such a file,
 * as in Keras's own loader.
 */
#include "base/alloc.h"
#include "files/keras_layout.h"

#include <string.h>

/* ---- Telling the forms apart ---- */

typedef enum form { PLAIN, BY_GATE, CUDNN } form;

/* Layers whose weights hold several gates side by side. */
typedef struct gated {
    const char *class_name;
    size_t gates;
    size_t place[4]; /* of a gate among those of Keras 1 */
} gated;
static const gated gated_layers[] = {{"LSTM", 4, {0, 2, 1, 3}}, {"GRU", 3, {0, 1, 2}}};
enum { GATED_LAYERS = sizeof(gated_layers) / sizeof(gated_layers[0]) };
enum { KERNEL, RECURRENT_KERNEL, BIAS, PARTS };

/* NULL: the layer has no gates. */
static const gated *gates_of(const tl_layer *layer) {
    for (size_t i = 0; i < GATED_LAYERS; i++)
        if (strcmp(layer->ops->class_name, gated_layers[i].class_name) == 0)
            return &gated_layers[i];
    return NULL;
}

static size_t units_of(const tl_layer *layer) {
    return layer->weights[RECURRENT_KERNEL].dims[0];
}

static form form_of(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths) {
    const gated *gates = gates_of(layer);
    if (!gates || layer->weight_count != PARTS)
        return PLAIN;
    if (paths->count == gates->gates * PARTS)
        return BY_GATE;
    size_t biases = 2 * gates->gates * units_of(layer);
    return paths->count == PARTS && tl_h5_has_shape(file, paths->items[BIAS], 1, &biases) ? CUDNN
                                                                                          : PLAIN;
}

const char *tl_keras_arrays_form(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths) {
    static const char *const names[] = {NULL, "those of Keras 1, an array for each gate",
                                        "those of a CuDNN layer"};
    return names[form_of(file, layer, paths)];
}

/* ---- Checking ---- */

static tlstm_status check_plain(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths,
                                tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t w = 0; w < layer->weight_count && !status; w++)
        status = tl_h5_check(file, paths->items[w], layer->weights[w].ndim, layer->weights[w].dims,
                             error);
    return status;
}

static tlstm_status check_by_gate(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths,
                                  tlstm_error **error) {
    const size_t units = units_of(layer);
    const size_t shapes[PARTS][2] = {
        {layer->weights[KERNEL].dims[0], units}, {units, units}, {units}};
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < paths->count && !status; i++)
        status =
            tl_h5_check(file, paths->items[i], i % PARTS == BIAS ? 1 : 2, shapes[i % PARTS], error);
    return status;
}

/* The biases have been looked at already. */
static tlstm_status check_cudnn(tl_h5 *file, const char *group, const tl_layer *layer,
                                const tl_h5_names *paths, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t w = KERNEL; w < BIAS && !status; w++)
        status = tl_h5_check(file, paths->items[w], 2, layer->weights[w].dims, error);
    if (status || gates_of(layer)->gates != 3 || layer->weights[BIAS].ndim == 2)
        return status;
    tl_fail(error, TLSTM_ERROR_SHAPE, group,
            "weights of a CuDNNGRU fit a GRU with reset_after=True alone");
    return tl_fail_within(error, TLSTM_ERROR_SHAPE, tl_h5_name(file));
}

tlstm_status tl_keras_check_arrays(tl_h5 *file, const char *group, const tl_layer *layer,
                                   const tl_h5_names *paths, tlstm_error **error) {
    switch (form_of(file, layer, paths)) {
    case BY_GATE:
        return check_by_gate(file, layer, paths, error);
    case CUDNN:
        return check_cudnn(file, group, layer, paths, error);
    default:
        break;
    }
    if (layer->weight_count == paths->count)
        return check_plain(file, layer, paths, error);
    tl_fail(error, TLSTM_ERROR_SHAPE, group,
            "the model has %zu weights in this layer, the file has %zu", layer->weight_count,
            paths->count);
    return tl_fail_within(error, TLSTM_ERROR_SHAPE, tl_h5_name(file));
}

/* ---- Reading ---- */

static tlstm_status read_plain(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths,
                               float *block, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t w = 0; w < layer->weight_count && !status; w++)
        status = tl_h5_read_floats(file, paths->items[w], layer->weights[w].ndim,
                                   layer->weights[w].dims, block + layer->weights[w].offset, error);
    return status;
}

/* Puts a gate's matrix of `units` columns beside those of the other gates. */
static void place_gate(const float *from, size_t rows, size_t units, size_t gate, size_t gates,
                       float *to) {
    for (size_t row = 0; row < rows; row++)
        memcpy(to + (row * gates + gate) * units, from + row * units, units * sizeof(*from));
}

/* `gate` is any floats that hold an array of a gate. */
static tlstm_status read_by_gate(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths,
                                 float *gate, float *block, tlstm_error **error) {
    const gated *gates = gates_of(layer);
    const size_t units = units_of(layer);
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < gates->gates * PARTS && !status; i++) {
        const tl_weight *weight = &layer->weights[i % PARTS];
        const size_t rows = i % PARTS == BIAS ? 1 : weight->dims[0];
        const size_t dims[2] = {i % PARTS == BIAS ? units : rows, units};
        const char *path = paths->items[gates->place[i / PARTS] * PARTS + i % PARTS];
        status = tl_h5_read_floats(file, path, i % PARTS == BIAS ? 1 : 2, dims, gate, error);
        if (!status)
            place_gate(gate, rows, units, i / PARTS, gates->gates, block + weight->offset);
    }
    return status;
}

/* Gate after gate, the numbers of (rows, units) are those of a matrix (units, rows), row by row:
 * to[row][unit] = number unit * rows + row. In a square matrix that is a transposition. */
static void turn_gates(const float *from, size_t rows, size_t units, size_t gates, float *to) {
    for (size_t gate = 0; gate < gates; gate++)
        for (size_t row = 0; row < rows; row++)
            for (size_t unit = 0; unit < units; unit++) {
                const size_t number = unit * rows + row;
                to[(row * gates + gate) * units + unit] =
                    from[(number / units * gates + gate) * units + number % units];
            }
}

static void join_biases(const float *from, const tl_weight *bias, float *to) {
    if (bias->ndim == 2)
        memcpy(to, from, bias->size * sizeof(*to));
    for (size_t i = 0; i < bias->size && bias->ndim == 1; i++)
        to[i] = from[i] + from[bias->size + i];
}

/* `array` is any floats that hold an array. */
static tlstm_status read_cudnn(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths,
                               float *array, float *block, tlstm_error **error) {
    const size_t gates = gates_of(layer)->gates, units = units_of(layer);
    const size_t biases = 2 * gates * units;
    tlstm_status status = TLSTM_OK;
    for (size_t w = KERNEL; w < BIAS && !status; w++) {
        const tl_weight *weight = &layer->weights[w];
        status = tl_h5_read_floats(file, paths->items[w], 2, weight->dims, array, error);
        if (!status)
            turn_gates(array, weight->dims[0], units, gates, block + weight->offset);
    }
    if (!status)
        status = tl_h5_read_floats(file, paths->items[BIAS], 1, &biases, array, error);
    if (!status)
        join_biases(array, &layer->weights[BIAS], block + layer->weights[BIAS].offset);
    return status;
}

/* No array of the file is longer. */
static size_t longest_array(const tl_layer *layer) {
    size_t longest = 2 * gates_of(layer)->gates * units_of(layer);
    for (size_t w = KERNEL; w < BIAS; w++)
        if (layer->weights[w].size > longest)
            longest = layer->weights[w].size;
    return longest;
}

tlstm_status tl_keras_read_arrays(tl_h5 *file, const tl_layer *layer, const tl_h5_names *paths,
                                  float *block, tlstm_error **error) {
    form kind = form_of(file, layer, paths);
    if (kind == PLAIN)
        return read_plain(file, layer, paths, block, error);
    float *array = tl_alloc(longest_array(layer), sizeof(*array));
    if (!array)
        return tl_fail_memory(error);
    tlstm_status status = kind == CUDNN ? read_cudnn(file, layer, paths, array, block, error)
                                        : read_by_gate(file, layer, paths, array, block, error);
    tl_free(array);
    return status;
}
