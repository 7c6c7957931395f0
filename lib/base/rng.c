/* The numbers drawn from Philox4x32-10. */
#include "base/rng.h"

#include <math.h>

tl_rng tl_rng_new(uint64_t key, uint64_t stream) {
    return (tl_rng){key, stream, 0, {0, 0, 0, 0}, 0};
}

uint32_t tl_rng_bits(tl_rng *rng) {
    if (rng->left == 0) {
        tl_philox(rng->key, rng->stream, rng->position++, rng->buffer);
        rng->left = 4;
    }
    return rng->buffer[4 - rng->left--];
}

static uint64_t bits64(tl_rng *rng) {
    uint64_t high = tl_rng_bits(rng);
    return high << 32 | tl_rng_bits(rng);
}

float tl_rng_uniform(tl_rng *rng) {
    return (float)(tl_rng_bits(rng) >> 8) * 0x1p-24f;
}

double tl_rng_uniform53(tl_rng *rng) {
    return (double)(bits64(rng) >> 11) * 0x1p-53;
}

double tl_rng_normal(tl_rng *rng) {
    const double two_pi = 6.283185307179586476925;
    double radius = 1.0 - tl_rng_uniform53(rng); /* in (0, 1]: its logarithm is finite */
    double angle = two_pi * tl_rng_uniform53(rng);
    return sqrt(-2.0 * log(radius)) * cos(angle);
}

uint64_t tl_rng_below(tl_rng *rng, uint64_t bound) {
    /* 2^64 mod bound numbers at the bottom would make the small remainders more frequent. */
    uint64_t unfair = (0 - bound) % bound, drawn;
    do
        drawn = bits64(rng);
    while (drawn < unfair);
    return drawn % bound;
}

void tl_rng_shuffle(tl_rng *rng, size_t *indices, size_t count) {
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)tl_rng_below(rng, i), kept = indices[i - 1];
        indices[i - 1] = indices[other];
        indices[other] = kept;
    }
}
