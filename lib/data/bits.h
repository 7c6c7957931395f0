/* Numbers as files have them: their bytes in one order or the other, at any address. */
#ifndef TL_DATA_BITS_H
#define TL_DATA_BITS_H

#include <stddef.h>
#include <stdint.h>

/* Whether this machine stores the lowest byte first. */
int tl_is_little_endian(void);

/* The bits of a number of `size` <= 8 bytes as an unsigned one. */
uint64_t tl_bits_read(const void *bytes, size_t size, int big_endian);

#endif
