/* The objects of a pickled NumPy array: what calling and building them means. */
#include "data/pickle_machine.h"

#include "base/alloc.h"
#include "data/npy.h"

#include <string.h>

static const struct {
    const char *module;
    const char *name;
    tl_callable callable;
} known_names[] = {
    /* NumPy 1 has `core`, NumPy 2 `_core`. */
    {"numpy.core.multiarray", "_reconstruct", TL_CALL_RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", TL_CALL_RECONSTRUCT},
    {"numpy.core.multiarray", "scalar", TL_CALL_SCALAR},
    {"numpy._core.multiarray", "scalar", TL_CALL_SCALAR},
    {"numpy.core.numeric", "_frombuffer", TL_CALL_FROMBUFFER},
    {"numpy._core.numeric", "_frombuffer", TL_CALL_FROMBUFFER},
    {"numpy", "dtype", TL_CALL_DTYPE},
    {"numpy", "ndarray", TL_CALL_NDARRAY},
    {"_codecs", "encode", TL_CALL_ENCODE},
    {"__builtin__", "bytes", TL_CALL_BYTES},
    {"builtins", "bytes", TL_CALL_BYTES}};

static tlstm_status damaged(tl_machine *machine, const char *what) {
    return tl_machine_fail(machine, TLSTM_ERROR_FORMAT, what);
}

static int equals(const char *bytes, size_t length, const char *word) {
    return strlen(word) == length && memcmp(bytes, word, length) == 0;
}

tlstm_status tl_machine_find(tl_machine *machine, const char *module, size_t module_length,
                             const char *name, size_t name_length, tl_value *found) {
    for (size_t i = 0; i < sizeof(known_names) / sizeof(*known_names); i++)
        if (equals(module, module_length, known_names[i].module) &&
            equals(name, name_length, known_names[i].name)) {
            *found = (tl_value){TL_VALUE_CALLABLE, 0, {.integer = known_names[i].callable}};
            return TLSTM_OK;
        }
    return tl_fail(machine->error, TLSTM_ERROR_FORMAT, NULL,
                   "pickle, byte %zu: the name %.*s.%.*s has no place in lists of integers",
                   machine->opcode, (int)(module_length < 60 ? module_length : 60), module,
                   (int)(name_length < 60 ? name_length : 60), name);
}

/* --- reading arguments --- */

static const tl_items *tuple_of(tl_machine *machine, const tl_value *value) {
    tl_object *tuple = tl_machine_object(machine, value, TL_OBJECT_TUPLE);
    return tuple ? &tuple->as.items : NULL;
}

static int is_string(const tl_value *value) {
    return value->kind == TL_VALUE_STRING;
}

/* A shape of one or two dimensions; `*elements` their product. */
static tlstm_status read_shape(tl_machine *machine, const tl_value *value, tl_pickle_array *array,
                               size_t *elements) {
    const tl_items *shape = tuple_of(machine, value);
    if (!shape || shape->count < 1 || shape->count > 2)
        return damaged(machine, "expected an array of one or two dimensions");
    *elements = 1;
    array->ndim = shape->count;
    for (size_t i = 0; i < shape->count; i++) {
        tl_value size = tl_machine_item(shape, i);
        if (size.kind != TL_VALUE_INTEGER || size.as.integer < 0 ||
            (uint64_t)size.as.integer > SIZE_MAX ||
            !tl_size_multiply(*elements, (size_t)size.as.integer, elements))
            return damaged(machine, "a dimension of the array is not usable");
        array->shape[i] = size.as.integer;
    }
    return TLSTM_OK;
}

static const tl_pickle_dtype *dtype_of(tl_machine *machine, const tl_value *value) {
    tl_object *dtype = tl_machine_object(machine, value, TL_OBJECT_DTYPE);
    return dtype ? &dtype->as.dtype : NULL;
}

static int is_integer_type(const tl_pickle_dtype *dtype) {
    return dtype->kind == 'i' || dtype->kind == 'u';
}

/* The bytes of an array of numbers must be exactly its elements. */
static tlstm_status check_bytes(tl_machine *machine, const tl_pickle_array *array, size_t elements,
                                const tl_value *data) {
    size_t bytes;
    if (!is_string(data) || !is_integer_type(&array->dtype))
        return damaged(machine, "expected an array of integers");
    if (!tl_size_multiply(elements, array->dtype.size, &bytes) || bytes != data->length)
        return damaged(machine, "an array has more or fewer bytes than elements");
    return TLSTM_OK;
}

/* --- calls --- */

/* dtype('O8', False, True): the order of the bytes comes later, with BUILD. */
static tlstm_status call_dtype(tl_machine *machine, const tl_items *arguments, tl_value *result) {
    tl_value type = arguments->count ? tl_machine_item(arguments, 0) : (tl_value){0};
    if (!is_string(&type) || type.length < 1)
        return damaged(machine, "a dtype without a name");
    const char *at = type.as.string, *end = at + type.length;
    tl_pickle_dtype dtype = {.order = '='};
    if (end - at > 1 && memchr("<>|=", *at, 4))
        dtype.order = *at++;
    dtype.kind = *at++;
    if (at < end && *at >= '1' && *at <= '8')
        dtype.size = (size_t)(*at++ - '0');
    int is_size = dtype.size == 1 || dtype.size == 2 || dtype.size == 4 || dtype.size == 8;
    if (at != end || !memchr("Oiu", dtype.kind, 3) || (dtype.kind != 'O' && !is_size))
        return damaged(machine, "an array of neither objects nor integers");
    tlstm_status status = tl_machine_new_object(machine, TL_OBJECT_DTYPE, result);
    if (!status)
        machine->objects[result->as.object].as.dtype = dtype;
    return status;
}

/* _reconstruct(ndarray, (0,), b'b'): an empty array that BUILD fills. */
static tlstm_status call_reconstruct(tl_machine *machine, const tl_items *arguments,
                                     tl_value *result) {
    tl_value class = arguments->count == 3 ? tl_machine_item(arguments, 0) : (tl_value){0};
    if (class.kind != TL_VALUE_CALLABLE || class.as.integer != TL_CALL_NDARRAY)
        return damaged(machine, "expected a numpy.ndarray");
    return tl_machine_new_object(machine, TL_OBJECT_ARRAY, result);
}

/* _frombuffer(bytes, dtype, shape, 'C'): how protocol 5 writes arrays of numbers. */
static tlstm_status call_frombuffer(tl_machine *machine, const tl_items *arguments,
                                    tl_value *result) {
    if (arguments->count != 4)
        return damaged(machine, "_frombuffer needs 4 arguments");
    tl_value data = tl_machine_item(arguments, 0), type = tl_machine_item(arguments, 1);
    tl_value shape = tl_machine_item(arguments, 2);
    const tl_pickle_dtype *dtype = dtype_of(machine, &type);
    tl_pickle_array array = {.data = data, .built = 1};
    size_t elements = 0;
    if (!dtype)
        return damaged(machine, "an array without a dtype");
    array.dtype = *dtype;
    tlstm_status status = read_shape(machine, &shape, &array, &elements);
    if (!status)
        status = check_bytes(machine, &array, elements, &data);
    if (!status)
        status = tl_machine_new_object(machine, TL_OBJECT_ARRAY, result);
    if (!status)
        machine->objects[result->as.object].as.array = array;
    return status;
}

/* scalar(dtype, bytes): a NumPy integer in a list. */
static tlstm_status call_scalar(tl_machine *machine, const tl_items *arguments, tl_value *result) {
    if (arguments->count != 2)
        return damaged(machine, "scalar needs 2 arguments");
    tl_value type = tl_machine_item(arguments, 0), data = tl_machine_item(arguments, 1);
    const tl_pickle_dtype *dtype = dtype_of(machine, &type);
    if (!dtype || !is_integer_type(dtype) || !is_string(&data) || data.length != dtype->size)
        return damaged(machine, "expected a NumPy integer");
    tl_npy_header header = {.kind = dtype->kind, .order = dtype->order, .size = dtype->size};
    int64_t wide = 0;
    int32_t narrow = 0;
    int is_wide = tl_npy_dtype(&header) == TLSTM_INT64;
    tlstm_status status = tl_npy_elements(
        &header, data.as.string, 1, is_wide ? (void *)&wide : (void *)&narrow, machine->error);
    *result = (tl_value){TL_VALUE_INTEGER, 0, {.integer = is_wide ? wide : narrow}};
    return status;
}

/* encode(text, 'latin1'): every character is one byte, in the pickle as UTF-8. */
static tlstm_status call_encode(tl_machine *machine, const tl_items *arguments, tl_value *result) {
    tl_value text = arguments->count == 2 ? tl_machine_item(arguments, 0) : (tl_value){0};
    tl_value codec = arguments->count == 2 ? tl_machine_item(arguments, 1) : (tl_value){0};
    if (!is_string(&text) || !is_string(&codec) ||
        (!equals(codec.as.string, codec.length, "latin1") &&
         !equals(codec.as.string, codec.length, "latin-1")))
        return damaged(machine, "expected text to encode as latin1");
    tl_value owner;
    tlstm_status status = tl_machine_new_object(machine, TL_OBJECT_BYTES, &owner);
    char *bytes = status ? NULL : tl_alloc(text.length, 1);
    if (!bytes)
        return status ? status : tl_fail_memory(machine->error);
    machine->objects[owner.as.object].as.bytes = bytes;
    uint32_t length = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        unsigned char first = (unsigned char)text.as.string[i], second;
        if (first < 0x80) {
            bytes[length++] = (char)first;
            continue;
        }
        second = i + 1 < text.length ? (unsigned char)text.as.string[++i] : 0;
        if ((first != 0xc2 && first != 0xc3) || (second & 0xc0) != 0x80)
            return damaged(machine, "text that is not latin1");
        bytes[length++] = (char)((first & 3) << 6 | (second & 63));
    }
    *result = (tl_value){TL_VALUE_STRING, length, {.string = bytes}};
    return TLSTM_OK;
}

tlstm_status tl_machine_call(tl_machine *machine, const tl_value *callable,
                             const tl_items *arguments, tl_value *result) {
    switch (callable->as.integer) {
    case TL_CALL_RECONSTRUCT:
        return call_reconstruct(machine, arguments, result);
    case TL_CALL_FROMBUFFER:
        return call_frombuffer(machine, arguments, result);
    case TL_CALL_SCALAR:
        return call_scalar(machine, arguments, result);
    case TL_CALL_DTYPE:
        return call_dtype(machine, arguments, result);
    case TL_CALL_ENCODE:
        return call_encode(machine, arguments, result);
    case TL_CALL_BYTES:
        *result = (tl_value){TL_VALUE_STRING, 0, {.string = ""}};
        return arguments->count ? damaged(machine, "bytes() with arguments") : TLSTM_OK;
    default:
        return damaged(machine, "a call of what is no function");
    }
}

/* --- BUILD --- */

/* (3, '<', None, None, None, -1, -1, 0) */
static tlstm_status build_dtype(tl_machine *machine, tl_pickle_dtype *dtype,
                                const tl_items *state) {
    tl_value order = state->count >= 8 ? tl_machine_item(state, 1) : (tl_value){0};
    if (!is_string(&order) || order.length != 1 || !memchr("<>|=", order.as.string[0], 4))
        return damaged(machine, "a dtype without an order of its bytes");
    dtype->order = order.as.string[0];
    return TLSTM_OK;
}

/* (1, shape, dtype, is_fortran, data) */
static tlstm_status build_array(tl_machine *machine, size_t object, const tl_items *state) {
    if (state->count != 5)
        return damaged(machine, "an array whose state has not 5 parts");
    tl_value shape = tl_machine_item(state, 1), type = tl_machine_item(state, 2);
    tl_pickle_array array = {.data = tl_machine_item(state, 4), .built = 1};
    const tl_pickle_dtype *dtype = dtype_of(machine, &type);
    size_t elements = 0;
    if (!dtype)
        return damaged(machine, "an array without a dtype");
    array.dtype = *dtype;
    tlstm_status status = read_shape(machine, &shape, &array, &elements);
    if (status)
        return status;
    if (dtype->kind == 'O') {
        tl_object *list = tl_machine_object(machine, &array.data, TL_OBJECT_LIST);
        if (!list || list->as.items.count != elements)
            return damaged(machine, "an array has more or fewer objects than elements");
    } else
        status = check_bytes(machine, &array, elements, &array.data);
    if (!status)
        machine->objects[object].as.array = array;
    return status;
}

tlstm_status tl_machine_build(tl_machine *machine, const tl_value *object, const tl_value *state) {
    const tl_items *items = tuple_of(machine, state);
    tl_object *dtype = tl_machine_object(machine, object, TL_OBJECT_DTYPE);
    if (items && dtype)
        return build_dtype(machine, &dtype->as.dtype, items);
    if (items && tl_machine_object(machine, object, TL_OBJECT_ARRAY))
        return build_array(machine, object->as.object, items);
    return damaged(machine, "a state for what has none");
}
