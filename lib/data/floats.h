/* Floating-point numbers as files have them: four widths, two orders of bytes. */
#ifndef TL_DATA_FLOATS_H
#define TL_DATA_FLOATS_H

#include "base/error.h"

typedef enum tl_float_type {
    TL_NO_FLOATS, /* something else: integers, ... */
    TL_FLOAT16,   /* IEEE 754 half precision */
    TL_BFLOAT16,  /* the upper half of a float32 */
    TL_FLOAT32,
    TL_FLOAT64
} tl_float_type;

/* Bytes of a number, and what people call it; 0 and "something else" for TL_NO_FLOATS. */
size_t tl_float_size(tl_float_type type);
const char *tl_float_name(tl_float_type type);

/* The float of the same value: every one of these 65,536 has one. */
float tl_float_from_half(uint16_t bits);
float tl_float_from_bfloat(uint16_t bits);

/* `count` numbers at any address. TLSTM_ERROR_VALUE for one of float64 that is finite and too large
 * for a float. */
tlstm_status tl_floats_read(tl_float_type type, int big_endian, const char *bytes, size_t count,
                            float *to, tlstm_error **error);

#endif
