/* Looks over many numbers in vectors, which say whether a closer look is needed. */
#ifndef TL_BASE_SCAN_H
#define TL_BASE_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* Whether none is infinite or NaN. */
int tl_all_finite(size_t count, const float *values);

/* Whether all are in 0 <= value < limit. */
int tl_all_below(size_t count, const int32_t *values, size_t limit);

#endif
