/* Philox4x32-10 and the numbers drawn from it. */
#include "base/rng.h"

#include <math.h>

void tl_philox(uint64_t key, uint64_t high, uint64_t low, uint32_t out[4]) {
    /* Multipliers and Weyl constants of Salmon et al. (2011), table 2. */
    const uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
    const uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    uint32_t c0 = (uint32_t)low, c1 = (uint32_t)(low >> 32);
    uint32_t c2 = (uint32_t)high, c3 = (uint32_t)(high >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)multiplier[0] * c0;
        uint64_t product1 = (uint64_t)multiplier[1] * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product0;
        k0 += weyl[0];
        k1 += weyl[1];
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

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
