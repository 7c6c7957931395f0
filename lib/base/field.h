/*
 * How a layer, optimizer or loss tells its configuration: a table of Keras's keys beside the struct
 * they live in. Reading and writing Keras's JSON, the setters of the ABI and the tests all walk
 * these tables, so that a new key is one line.
 */
#ifndef TL_BASE_FIELD_H
#define TL_BASE_FIELD_H

#include "base/error.h"

#include <stdint.h>

typedef enum tl_field_kind {
    TL_FIELD_SIZE,        /* int64_t, a positive integer */
    TL_FIELD_FLOAT,       /* double */
    TL_FIELD_BOOL,        /* int32_t */
    TL_FIELD_ACTIVATION,  /* const tl_activation * */
    TL_FIELD_INITIALIZER, /* tl_initializer */
    TL_FIELD_REGULARIZER, /* tl_regularizer */
    TL_FIELD_CONSTRAINT,  /* tl_constraint */
    TL_FIELD_OPTIONAL     /* double; NaN stands for Keras's None */
} tl_field_kind;

typedef struct tl_field {
    const char *key; /* Keras's, "recurrent_dropout"; NULL ends a table */
    tl_field_kind kind;
    size_t offset;
    int required; /* must stand in a configuration that is read */
    double low;   /* numbers outside [low, high] are refused; 0, 0 allows all */
    double high;
} tl_field;

const tl_field *tl_field_find(const tl_field *fields, const char *key);

/* Sets a numeric or boolean field of `config` after checking its range. */
tlstm_status tl_field_set_number(const tl_field *field, void *config, double value,
                                 tlstm_error **error);
double tl_field_get_number(const tl_field *field, const void *config);

#endif
