/*
 * The inside of the unpickler: values, objects and the opcodes' machine. pickle_opcodes.c moves
 * values about, pickle_objects.c makes the few objects that calls may make.
 */
#ifndef TL_DATA_PICKLE_MACHINE_H
#define TL_DATA_PICKLE_MACHINE_H

#include "base/error.h"

#include <stdint.h>

/* More than any array of token lists needs; a hostile pickle meets these ends, not the memory's. */
#define TL_PICKLE_MOST_VALUES ((size_t)1 << 22)
#define TL_PICKLE_MOST_OBJECTS ((size_t)1 << 22)
#define TL_PICKLE_MOST_MARKS 64

typedef enum tl_value_kind {
    TL_VALUE_NONE,
    TL_VALUE_BOOL,
    TL_VALUE_INTEGER,
    TL_VALUE_STRING, /* text or bytes; NumPy's own pickles never depend on which */
    TL_VALUE_CALLABLE,
    TL_VALUE_OBJECT
} tl_value_kind;

/* The names that a pickle may mention. */
typedef enum tl_callable {
    TL_CALL_RECONSTRUCT, /* numpy.core.multiarray._reconstruct */
    TL_CALL_FROMBUFFER,  /* numpy.core.numeric._frombuffer */
    TL_CALL_SCALAR,      /* numpy.core.multiarray.scalar */
    TL_CALL_DTYPE,       /* numpy.dtype */
    TL_CALL_NDARRAY,     /* numpy.ndarray, an argument only */
    TL_CALL_ENCODE,      /* _codecs.encode, how protocol 2 writes bytes */
    TL_CALL_BYTES        /* bytes, how protocol 2 writes empty bytes */
} tl_callable;

typedef struct tl_value {
    uint32_t kind;
    uint32_t length; /* of a string */
    union {
        int64_t integer;
        const char *string;
        size_t object; /* index into the machine's objects */
    } as;
} tl_value;

typedef enum tl_object_kind {
    TL_OBJECT_TUPLE,
    TL_OBJECT_LIST,
    TL_OBJECT_DTYPE,
    TL_OBJECT_ARRAY,
    TL_OBJECT_BYTES
} tl_object_kind;

/* Items of a tuple or list. Lists of integers, nearly everything in the file, keep them narrow. */
typedef struct tl_items {
    size_t count, capacity;
    int32_t *integers; /* while all items are integers */
    tl_value *values;  /* otherwise */
} tl_items;

typedef struct tl_pickle_dtype {
    char kind; /* as in .npy: 'i', 'u', 'b', 'O', 'f' */
    char order;
    size_t size;
} tl_pickle_dtype;

typedef struct tl_pickle_array {
    size_t ndim;
    int64_t shape[2];
    tl_pickle_dtype dtype;
    int built;
    tl_value data; /* a list of objects, or the bytes of numbers */
} tl_pickle_array;

typedef struct tl_object {
    tl_object_kind kind;
    union {
        tl_items items;
        tl_pickle_dtype dtype;
        tl_pickle_array array;
        char *bytes; /* what a string value points to */
    } as;
} tl_object;

typedef struct tl_machine {
    const char *bytes;
    size_t length, position;
    size_t opcode; /* position of the current one, for messages */
    tl_value *stack;
    size_t depth, stack_capacity;
    size_t marks[TL_PICKLE_MOST_MARKS];
    size_t mark_count;
    tl_value *memo;
    size_t memo_count, memo_capacity;
    tl_object *objects;
    size_t object_count, object_capacity;
    tlstm_error **error;
} tl_machine;

/* Runs the pickle up to its STOP; *result is what it leaves. */
tlstm_status tl_machine_run(tl_machine *machine, tl_value *result);
void tl_machine_clear(tl_machine *machine);

/* An error at the current opcode. */
tlstm_status tl_machine_fail(tl_machine *machine, tlstm_status code, const char *what);

tlstm_status tl_machine_new_object(tl_machine *machine, tl_object_kind kind, tl_value *value);
/* The object of a value when it is of that kind, NULL otherwise. */
tl_object *tl_machine_object(tl_machine *machine, const tl_value *value, tl_object_kind kind);
tlstm_status tl_machine_append(tl_machine *machine, tl_items *items, const tl_value *values,
                               size_t count);
/* Item `index` of a tuple. */
tl_value tl_machine_item(const tl_items *items, size_t index);

/* pickle_objects.c */
tlstm_status tl_machine_find(tl_machine *machine, const char *module, size_t module_length,
                             const char *name, size_t name_length, tl_value *found);
tlstm_status tl_machine_call(tl_machine *machine, const tl_value *callable,
                             const tl_items *arguments, tl_value *result);
tlstm_status tl_machine_build(tl_machine *machine, const tl_value *object, const tl_value *state);

#endif
