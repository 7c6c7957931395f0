/*
 * The Mersenne Twister (Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally
 * equidistributed uniform pseudo-random number generator", 1998), drawn from as
 * numpy.random.RandomState does: what Keras and scikit-learn shuffle with. Everything else in the
 * library uses base/rng.h.
 */
#ifndef TL_DATA_MT19937_H
#define TL_DATA_MT19937_H

#include "base/error.h"

#include <stdint.h>

#define TL_MT19937_WORDS 624

typedef struct tl_mt19937 {
    uint32_t words[TL_MT19937_WORDS];
    size_t next;
} tl_mt19937;

/* RandomState(seed): TLSTM_ERROR_ARGUMENT for a seed outside 0 .. 2^32 - 1. */
tlstm_status tl_mt19937_seed(tl_mt19937 *state, int64_t seed, const char *where,
                             tlstm_error **error);
uint32_t tl_mt19937_bits(tl_mt19937 *state);
/* Uniform in 0 .. largest, both ends included. */
uint64_t tl_mt19937_interval(tl_mt19937 *state, uint64_t largest);
/* RandomState.shuffle, and RandomState.permutation of what stands in `numbers`. */
void tl_mt19937_shuffle(tl_mt19937 *state, int64_t *numbers, size_t count);
/* RandomState.permutation(count) into `numbers`. */
void tl_mt19937_permutation(tl_mt19937 *state, int64_t *numbers, size_t count);

#endif
