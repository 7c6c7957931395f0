#include "base/scan.h"

#include <string.h>

/* All bits of the exponent are set in an infinite number and in NaN. */
#define EXPONENT 0x7f800000u

int tl_all_finite(size_t count, const float *values) {
    uint32_t unusual = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, values + i, sizeof bits);
        unusual |= (bits & EXPONENT) == EXPONENT;
    }
    return !unusual;
}

int tl_all_below(size_t count, const int32_t *values, size_t limit) {
    const int32_t largest = limit > INT32_MAX ? INT32_MAX : (int32_t)limit - 1;
    uint32_t outside = 0;
    for (size_t i = 0; i < count; i++)
        outside |= (values[i] < 0) | (values[i] > largest);
    return !outside;
}
