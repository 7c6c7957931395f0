/*
 * Random numbers without state that threads could share: Philox4x32-10 (Salmon et al., "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011). A number depends on key and position only, so a
 * dropout mask is the same whichever thread draws it.
 */
#ifndef TL_BASE_RNG_H
#define TL_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* Four 32-bit numbers for a key and a 128-bit position. */
void tl_philox(uint64_t key, uint64_t high, uint64_t low, uint32_t out[4]);

/* A stream over one key: position advances by draws. Copy it to save it. */
typedef struct tl_rng {
    uint64_t key;
    uint64_t stream; /* which of the key's streams: layer, purpose, ... */
    uint64_t position;
    uint32_t buffer[4];
    uint32_t left; /* numbers still unused in the buffer */
} tl_rng;

tl_rng tl_rng_new(uint64_t key, uint64_t stream);
uint32_t tl_rng_bits(tl_rng *rng);
/* Uniform in [0, 1) with 24 and 53 bits. */
float tl_rng_uniform(tl_rng *rng);
double tl_rng_uniform53(tl_rng *rng);
/* Standard normal (Box-Muller). */
double tl_rng_normal(tl_rng *rng);
/* Uniform in [0, bound) without bias; bound > 0. */
uint64_t tl_rng_below(tl_rng *rng, uint64_t bound);
/* Fisher-Yates over `count` indices. */
void tl_rng_shuffle(tl_rng *rng, size_t *indices, size_t count);

#endif
