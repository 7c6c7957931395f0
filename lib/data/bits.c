#include "data/bits.h"

#include <string.h>

int tl_is_little_endian(void) {
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 1;
}

uint64_t tl_bits_read(const void *bytes, size_t size, int big_endian) {
    const unsigned char *from = bytes;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | from[big_endian ? i : size - 1 - i];
    return bits;
}
