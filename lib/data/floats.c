/* Numbers of other widths to float, bit by bit, so that neither compiler nor machine need know
 * them.
 */
#include "data/floats.h"

#include "data/bits.h"

#include <math.h>
#include <string.h>

size_t tl_float_size(tl_float_type type) {
    static const unsigned char sizes[] = {0, 2, 2, 4, 8};
    return sizes[type];
}

const char *tl_float_name(tl_float_type type) {
    static const char *const names[] = {"something else", "float16", "bfloat16", "float32",
                                        "float64"};
    return names[type];
}

static float float_of_bits(uint32_t bits) {
    float number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

float tl_float_from_bfloat(uint16_t bits) {
    return float_of_bits((uint32_t)bits << 16);
}

/* Sign, 5 bits of exponent (bias 15), 10 bits of fraction; a float has 8 (bias 127) and 23. */
float tl_float_from_half(uint16_t bits) {
    const uint32_t sign = (uint32_t)(bits >> 15) << 31, exponent = bits >> 10 & 31;
    const uint32_t fraction = bits & 1023;
    if (exponent == 0) /* zero and subnormal numbers: fraction / 2^24 */
        return (sign ? -1.0F : 1.0F) * (float)fraction * 0x1p-24F;
    if (exponent == 31) /* infinity and NaN */
        return float_of_bits(sign | 0x7f800000u | fraction << 13);
    return float_of_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

static tlstm_status narrow(uint64_t bits, size_t position, float *to, tlstm_error **error) {
    double wide;
    memcpy(&wide, &bits, sizeof(wide));
    *to = (float)wide;
    if (isinf(*to) && !isinf(wide))
        return tl_fail(error, TLSTM_ERROR_VALUE, NULL,
                       "the float64 number at position %zu is too large for float32", position);
    return TLSTM_OK;
}

static tlstm_status read_number(tl_float_type type, uint64_t bits, size_t position, float *to,
                                tlstm_error **error) {
    if (type == TL_FLOAT64)
        return narrow(bits, position, to, error);
    *to = type == TL_FLOAT16    ? tl_float_from_half((uint16_t)bits)
          : type == TL_BFLOAT16 ? tl_float_from_bfloat((uint16_t)bits)
                                : float_of_bits((uint32_t)bits);
    return TLSTM_OK;
}

tlstm_status tl_floats_read(tl_float_type type, int big_endian, const char *bytes, size_t count,
                            float *to, tlstm_error **error) {
    const size_t size = tl_float_size(type);
    const unsigned char *from = (const unsigned char *)bytes;
    tlstm_status status = TLSTM_OK;
    for (size_t i = 0; i < count && !status; i++)
        status =
            read_number(type, tl_bits_read(from + i * size, size, big_endian), i, to + i, error);
    return status;
}
