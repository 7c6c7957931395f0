/* The Mersenne Twister in NumPy's order of drawing. */
#include "data/mt19937.h"

#define WORDS TL_MT19937_WORDS
#define MIDDLE 397

tlstm_status tl_mt19937_seed(tl_mt19937 *state, int64_t seed, const char *where,
                             tlstm_error **error) {
    if (seed < 0 || seed > (int64_t)UINT32_MAX)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, where,
                       "expected a seed between 0 and 2^32 - 1, got %lld", (long long)seed);
    uint32_t word = (uint32_t)seed;
    for (uint32_t i = 0; i < WORDS; i++) {
        state->words[i] = word;
        word = 1812433253u * (word ^ word >> 30) + i + 1;
    }
    state->next = WORDS;
    return TLSTM_OK;
}

static uint32_t twist(uint32_t upper, uint32_t lower) {
    uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return mixed >> 1 ^ (lower & 1 ? 0x9908b0dfu : 0);
}

static void generate(tl_mt19937 *state) {
    uint32_t *words = state->words;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = words[(i + MIDDLE) % WORDS] ^ twist(words[i], words[(i + 1) % WORDS]);
    state->next = 0;
}

uint32_t tl_mt19937_bits(tl_mt19937 *state) {
    if (state->next == WORDS)
        generate(state);
    uint32_t bits = state->words[state->next++];
    bits ^= bits >> 11;
    bits ^= bits << 7 & 0x9d2c5680u;
    bits ^= bits << 15 & 0xefc60000u;
    return bits ^ bits >> 18;
}

static uint64_t smallest_mask(uint64_t largest) {
    for (int shift = 1; shift < 64; shift *= 2)
        largest |= largest >> shift;
    return largest;
}

uint64_t tl_mt19937_interval(tl_mt19937 *state, uint64_t largest) {
    if (largest == 0)
        return 0;
    uint64_t mask = smallest_mask(largest), drawn;
    do {
        drawn = tl_mt19937_bits(state);
        if (largest > UINT32_MAX)
            drawn = drawn << 32 | tl_mt19937_bits(state);
        drawn &= mask;
    } while (drawn > largest);
    return drawn;
}

void tl_mt19937_shuffle(tl_mt19937 *state, int64_t *numbers, size_t count) {
    for (size_t i = count; i-- > 1;) {
        size_t other = (size_t)tl_mt19937_interval(state, i);
        int64_t kept = numbers[i];
        numbers[i] = numbers[other];
        numbers[other] = kept;
    }
}

void tl_mt19937_permutation(tl_mt19937 *state, int64_t *numbers, size_t count) {
    for (size_t i = 0; i < count; i++)
        numbers[i] = (int64_t)i;
    tl_mt19937_shuffle(state, numbers, count);
}
