/*
 * The words the kernels are written in: a register of VL floats and what one can do with it.
 * Arithmetic is the compilers' vector extension (a * b + c becomes a fused multiply-add where there
 * is one), so the same source serves every instruction set; what the extension has no operator for
 * is defined here, once per set.
 */
#ifndef TL_KERNELS_SIMD_VECTOR_H
#define TL_KERNELS_SIMD_VECTOR_H

#include "kernels/kernels.h"

#include <string.h>

#if defined(__AVX512F__)
#define VL 16
#elif defined(__AVX__)
#define VL 8
#else
#define VL 4
#endif

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline, unused))
#define OUTLINE static __attribute__((noinline))

/* Before a loop over registers, whose count is a constant: it must leave no loop and no array. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Before a loop whose count is not known, and whose body is short. */
#if defined(__clang__)
#define UNROLL_TWICE _Pragma("clang loop unroll_count(2)")
#else
#define UNROLL_TWICE _Pragma("GCC unroll 2")
#endif

/* GCC and clang differ in how they call a shuffle; the indices of the second operand start at VL.
 */
#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (ivec){__VA_ARGS__})
#endif

/* The indices a b c d within every quad (128 bits) of a register. */
#if VL == 16
#define QUADS(a, b, c, d)                                                                          \
    a, b, c, d, a + 4, b + 4, c + 4, d + 4, a + 8, b + 8, c + 8, d + 8, a + 12, b + 12, c + 12,    \
        d + 12
#elif VL == 8
#define QUADS(a, b, c, d) a, b, c, d, a + 4, b + 4, c + 4, d + 4
#else
#define QUADS(a, b, c, d) a, b, c, d
#endif

typedef float vec __attribute__((vector_size(4 * VL)));
typedef int32_t ivec __attribute__((vector_size(4 * VL)));
typedef uint32_t uvec __attribute__((vector_size(4 * VL)));
typedef float quad __attribute__((vector_size(16)));

/* The same with the alignment of a float, for memory. */
typedef float vec_in_memory __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef float quad_in_memory __attribute__((vector_size(16), aligned(4), may_alias));

INLINE vec load(const float *from) {
    return *(const vec_in_memory *)from;
}

INLINE void store(float *to, vec value) {
    *(vec_in_memory *)to = value;
}

#if VL == 8
/* From place 8 - n on: n lanes that are wanted, then some that are not. */
static const int32_t wanted_lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
#endif

/* The first `count` < VL floats, the other lanes zero. */
INLINE vec load_part(const float *from, size_t count) {
#if VL == 16
    return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif VL == 8
    return _mm256_maskload_ps(
        from, _mm256_loadu_si256((const __m256i *)(const void *)(wanted_lanes + 8 - count)));
#else
    float lanes[VL] = {0};
    for (size_t i = 0; i < count; i++)
        lanes[i] = from[i];
    return load(lanes);
#endif
}

INLINE void store_part(float *to, vec value, size_t count) {
#if VL == 16
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), value);
#else
    float lanes[VL];
    store(lanes, value);
    for (size_t i = 0; i < count; i++)
        to[i] = lanes[i];
#endif
}

INLINE vec broadcast(float value) {
#if VL == 16
    return _mm512_set1_ps(value);
#elif VL == 8
    return _mm256_set1_ps(value);
#else
    return (vec){value, value, value, value};
#endif
}

/* Two numbers, for every second lane. */
INLINE vec broadcast_two(const float *from) {
#if defined(__SSE2__)
    double both;
    memcpy(&both, from, sizeof both);
#endif
#if VL == 16
    return _mm512_castpd_ps(_mm512_set1_pd(both));
#elif VL == 8
    return _mm256_castpd_ps(_mm256_set1_pd(both));
#elif defined(__SSE2__)
    return _mm_castpd_ps(_mm_set1_pd(both));
#else
    return (vec){from[0], from[1], from[0], from[1]};
#endif
}

/* For a number with several uses: compilers would rather load it anew for each. */
INLINE vec in_register(vec value) {
#if defined(__SSE2__)
    __asm__("" : "+v"(value));
#elif defined(__aarch64__)
    __asm__("" : "+w"(value));
#endif
    return value;
}

INLINE vec zeros(void) {
    return (vec){0};
}

/* The bits of a number as an integer, and back. */
INLINE ivec bits(vec value) {
    return (ivec)value;
}

INLINE vec from_bits(ivec value) {
    return (vec)value;
}

/* A truth value for each lane, and the choice it makes. */
#if VL == 16
typedef __mmask16 truth;

INLINE truth less(vec a, vec b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

INLINE truth differs(vec a, vec b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ);
}

INLINE truth both(truth a, truth b) {
    return a & b;
}

INLINE vec select(truth condition, vec yes, vec no) {
    return _mm512_mask_blend_ps(condition, no, yes);
}
#else
typedef ivec truth;

INLINE truth less(vec a, vec b) {
    return a < b;
}

INLINE truth differs(vec a, vec b) {
    return a != b;
}

INLINE truth both(truth a, truth b) {
    return a & b;
}

INLINE vec select(truth condition, vec yes, vec no) {
#if VL == 8
    return _mm256_blendv_ps(no, yes, from_bits(condition));
#else
    return from_bits((condition & bits(yes)) | (~condition & bits(no)));
#endif
}
#endif

/* A number against a bound: a NaN in `value` stays, on all machines. */
INLINE vec at_least(vec bound, vec value) {
#if VL == 16
    return _mm512_max_ps(bound, value);
#elif VL == 8
    return _mm256_max_ps(bound, value);
#elif defined(__SSE2__)
    return _mm_max_ps(bound, value);
#elif defined(__ARM_NEON)
    return vmaxq_f32(bound, value);
#else
    return select(less(value, bound), bound, value);
#endif
}

INLINE vec at_most(vec bound, vec value) {
#if VL == 16
    return _mm512_min_ps(bound, value);
#elif VL == 8
    return _mm256_min_ps(bound, value);
#elif defined(__SSE2__)
    return _mm_min_ps(bound, value);
#elif defined(__ARM_NEON)
    return vminq_f32(bound, value);
#else
    return select(less(bound, value), bound, value);
#endif
}

INLINE vec clamp(vec value, float low, float high) {
    return at_most(broadcast(high), at_least(broadcast(low), value));
}

INLINE vec square_root(vec value) {
#if VL == 16
    return _mm512_sqrt_ps(value);
#elif VL == 8
    return _mm256_sqrt_ps(value);
#elif defined(__SSE2__)
    return _mm_sqrt_ps(value);
#elif defined(__aarch64__)
    return vsqrtq_f32(value);
#else
    UNROLL for (size_t i = 0; i < VL; i++) value[i] = __builtin_sqrtf(value[i]);
    return value;
#endif
}

INLINE vec magnitude(vec value) {
    return from_bits(bits(value) & 0x7fffffff);
}

INLINE vec sign_bit(vec value) {
    return from_bits(bits(value) & (int32_t)0x80000000);
}

/* `value`, which has no sign, with the sign bit of `sign`. */
INLINE vec with_sign(vec value, vec sign) {
    return from_bits(bits(value) | bits(sign_bit(sign)));
}

#if VL == 16
/* For each lane one number of a table, the one that the lowest five bits of `index` say. */
INLINE vec look_up(const float table[32], ivec index) {
    return _mm512_permutex2var_ps(load(table), (__m512i)index, load(table + VL));
}
#endif

/* Within each quad: a0 b0 a1 b1 and a2 b2 a3 b3; a0 a1 b0 b1 and a2 a3 b2 b3. */
INLINE vec interleave_low(vec a, vec b) {
    return SHUFFLE(a, b, QUADS(0, VL, 1, VL + 1));
}

INLINE vec interleave_high(vec a, vec b) {
    return SHUFFLE(a, b, QUADS(2, VL + 2, 3, VL + 3));
}

INLINE vec join_low(vec a, vec b) {
    return SHUFFLE(a, b, QUADS(0, 1, VL, VL + 1));
}

INLINE vec join_high(vec a, vec b) {
    return SHUFFLE(a, b, QUADS(2, 3, VL + 2, VL + 3));
}

/* Within each quad: a0 + a1, a2 + a3, b0 + b1, b2 + b3. */
INLINE vec add_neighbours(vec a, vec b) {
    return SHUFFLE(a, b, QUADS(0, 2, VL, VL + 2)) + SHUFFLE(a, b, QUADS(1, 3, VL + 1, VL + 3));
}

/* Transposes the 4 x 4 matrices that the quads of four registers form; its own inverse. */
INLINE void transpose_quads(vec rows[4]) {
    vec low01 = interleave_low(rows[0], rows[1]);
    vec high01 = interleave_high(rows[0], rows[1]);
    vec low23 = interleave_low(rows[2], rows[3]);
    vec high23 = interleave_high(rows[2], rows[3]);
    rows[0] = join_low(low01, low23);
    rows[1] = join_high(low01, low23);
    rows[2] = join_low(high01, high23);
    rows[3] = join_high(high01, high23);
}

/* Transposes the VL x VL matrix that as many registers form. */
INLINE void transpose(vec rows[VL]) {
    UNROLL for (size_t i = 0; i < VL; i += 4) transpose_quads(rows + i);
    /* Now quad q of register 4 g + i belongs to quad g of register 4 q + i. */
#if VL == 16
    UNROLL for (size_t i = 0; i < 4; i++) {
        vec low01 = _mm512_shuffle_f32x4(rows[i], rows[i + 4], 0x88);
        vec high01 = _mm512_shuffle_f32x4(rows[i], rows[i + 4], 0xdd);
        vec low23 = _mm512_shuffle_f32x4(rows[i + 8], rows[i + 12], 0x88);
        vec high23 = _mm512_shuffle_f32x4(rows[i + 8], rows[i + 12], 0xdd);
        rows[i] = _mm512_shuffle_f32x4(low01, low23, 0x88);
        rows[i + 4] = _mm512_shuffle_f32x4(high01, high23, 0x88);
        rows[i + 8] = _mm512_shuffle_f32x4(low01, low23, 0xdd);
        rows[i + 12] = _mm512_shuffle_f32x4(high01, high23, 0xdd);
    }
#elif VL == 8
    UNROLL for (size_t i = 0; i < 4; i++) {
        vec low = _mm256_permute2f128_ps(rows[i], rows[i + 4], 0x20);
        vec high = _mm256_permute2f128_ps(rows[i], rows[i + 4], 0x31);
        rows[i] = low;
        rows[i + 4] = high;
    }
#endif
}

INLINE quad get_quad(vec value, int number) {
    union {
        vec whole;
        quad quads[VL / 4];
    } parts = {value};
    return parts.quads[number];
}

INLINE quad sum_of_quads(vec value) {
#if VL == 16
    return (get_quad(value, 0) + get_quad(value, 1)) + (get_quad(value, 2) + get_quad(value, 3));
#elif VL == 8
    return get_quad(value, 0) + get_quad(value, 1);
#else
    return value;
#endif
}

/* The sum of a register's lanes. */
INLINE float sum_of_lanes(vec value) {
    quad sums = sum_of_quads(value);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* The sums of the lanes of four registers, always added in the same order. */
INLINE quad sum_of_four(vec values[4]) {
    transpose_quads(values);
    return sum_of_quads((values[0] + values[1]) + (values[2] + values[3]));
}

#endif
