/* Token sequences from a pickled NumPy array. */
#include "data/pickle.h"

#include "base/alloc.h"
#include "data/npy.h"
#include "data/pickle_machine.h"

static tlstm_status refuse(tl_machine *machine, size_t index, const char *what) {
    return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL, "element %zu %s", index, what);
}

/* The number of tokens in one element of the array. */
static tlstm_status measure(tl_machine *machine, size_t index, const tl_value *element,
                            size_t *length) {
    tl_object *list = tl_machine_object(machine, element, TL_OBJECT_LIST);
    if (!list)
        list = tl_machine_object(machine, element, TL_OBJECT_TUPLE);
    if (list) {
        if (list->as.items.values)
            return refuse(machine, index, "holds something else than 32-bit integers");
        *length = list->as.items.count;
        return TLSTM_OK;
    }
    tl_object *array = tl_machine_object(machine, element, TL_OBJECT_ARRAY);
    if (!array || !array->as.array.built || array->as.array.ndim != 1 ||
        array->as.array.dtype.kind == 'O')
        return refuse(machine, index, "is neither a list nor a vector of integers");
    *length = (size_t)array->as.array.shape[0];
    return TLSTM_OK;
}

static tlstm_status copy_vector(tl_machine *machine, const tl_pickle_array *array,
                                int32_t *tokens) {
    tl_npy_header header = {
        .kind = array->dtype.kind, .order = array->dtype.order, .size = array->dtype.size};
    size_t count = (size_t)array->shape[0];
    if (tl_npy_dtype(&header) == TLSTM_INT32)
        return tl_npy_elements(&header, array->data.as.string, count, tokens, machine->error);
    int64_t *wide = tl_alloc(count, sizeof(*wide));
    if (!wide)
        return tl_fail_memory(machine->error);
    tlstm_status status =
        tl_npy_elements(&header, array->data.as.string, count, wide, machine->error);
    if (!status)
        status = tl_convert(tokens, TLSTM_INT32, wide, TLSTM_INT64, count, machine->error);
    tl_free(wide);
    return status;
}

static tlstm_status copy(tl_machine *machine, const tl_value *element, int32_t *tokens) {
    const tl_object *object = &machine->objects[element->as.object];
    if (object->kind == TL_OBJECT_ARRAY)
        return copy_vector(machine, &object->as.array, tokens);
    const tl_items *items = &object->as.items;
    for (size_t i = 0; i < items->count; i++)
        tokens[i] = items->integers[i];
    return TLSTM_OK;
}

/* An array of lists. A pickle may name one list many times: all tokens together must not be more
 * than a pickle of that length can have. */
static tlstm_status read_ragged(tl_machine *machine, const tl_items *elements,
                                tlstm_sequences **sequences) {
    size_t total = 0, length;
    for (size_t i = 0; i < elements->count; i++) {
        tl_value element = tl_machine_item(elements, i);
        tlstm_status status = measure(machine, i, &element, &length);
        if (status)
            return status;
        if (length > 16 * machine->length - total)
            return refuse(machine, i, "makes more tokens than a file of this size can hold");
        total += length;
    }
    tlstm_sequences *made = NULL;
    tlstm_status status = tl_sequences_allocate(elements->count, total, &made, machine->error);
    for (size_t i = 0; !status && i < elements->count; i++) {
        tl_value element = tl_machine_item(elements, i);
        measure(machine, i, &element, &length);
        status = copy(machine, &element, made->tokens + made->offsets[i]);
        made->offsets[i + 1] = made->offsets[i] + length;
    }
    if (status)
        tl_sequences_free(made);
    else
        *sequences = made;
    return status;
}

/* Lists of one common length, which NumPy has turned into a matrix of objects. */
static tlstm_status read_matrix(tl_machine *machine, const tl_items *elements, size_t rows,
                                size_t columns, tlstm_sequences **sequences) {
    if (elements->values)
        return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL,
                       "the array holds something else than 32-bit integers");
    tlstm_sequences *made = NULL;
    tlstm_status status = tl_sequences_allocate(rows, elements->count, &made, machine->error);
    if (status)
        return status;
    for (size_t i = 0; i < elements->count; i++)
        made->tokens[i] = elements->integers[i];
    for (size_t i = 0; i < rows; i++)
        made->offsets[i + 1] = (i + 1) * columns;
    *sequences = made;
    return TLSTM_OK;
}

static tlstm_status read_result(tl_machine *machine, const tl_value *result, size_t ndim,
                                const int64_t *shape, tlstm_sequences **sequences) {
    tl_object *object = tl_machine_object(machine, result, TL_OBJECT_ARRAY);
    if (!object || !object->as.array.built || object->as.array.dtype.kind != 'O')
        return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL,
                       "the pickle is not an array of objects");
    const tl_pickle_array *array = &object->as.array;
    int same = array->ndim == ndim;
    for (size_t i = 0; same && i < ndim; i++)
        same = array->shape[i] == shape[i];
    if (!same)
        return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL,
                       "the pickle has another shape than its npy header");
    const tl_items *items = &tl_machine_object(machine, &array->data, TL_OBJECT_LIST)->as.items;
    if (ndim == 1)
        return read_ragged(machine, items, sequences);
    /* Rows without columns have no bytes in the pickle, so their number proves nothing. */
    if (items->count == 0 && shape[0] != 0)
        return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL, "the rows of the array are empty");
    return read_matrix(machine, items, (size_t)shape[0], (size_t)shape[1], sequences);
}

tlstm_status tl_pickle_read_sequences(const char *bytes, size_t length, size_t ndim,
                                      const int64_t *shape, tlstm_sequences **sequences,
                                      tlstm_error **error) {
    tl_machine machine = {.bytes = bytes, .length = length, .error = error};
    tl_value result;
    tlstm_status status = tl_machine_run(&machine, &result);
    if (!status)
        status = read_result(&machine, &result, ndim, shape, sequences);
    tl_machine_clear(&machine);
    return status;
}
