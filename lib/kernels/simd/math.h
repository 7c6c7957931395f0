/*
 * exp, tanh, the logistic function and their kin on registers. exp, tanh and sigmoid are within 2
 * ulp over all floats, denormal results included; NaN stays NaN. The polynomials are minimax fits
 * made for this file; the error of each is stated beside it.
 */
#ifndef TL_KERNELS_SIMD_MATH_H
#define TL_KERNELS_SIMD_MATH_H

#include "kernels/simd/tanh_table.h"
#include "kernels/simd/vector.h"

#include <float.h>

/* Adding 1.5 * 2^23 rounds a float to an integer that then stands in its lowest bits. */
#define ROUNDER 12582912.0f
#define EXPONENT_BIAS 127
/* log2(e) in one part and what it lacks; 12 bits of it and what they lack. */
#define LOG2_E 1.442695041f
#define LOG2_E_LOW 1.92596303e-8f
#define LOG2_E_12_BITS 1.44287109f
#define LOG2_E_REST -1.76052854e-4f
/* ln 2 in two parts; the first has 10 bits, so that n * LN2_HIGH is exact without a fused
 * multiply-add. */
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
#define LN2 0.693147181f

/*
 * Registers worked on side by side. The operations of one function wait for one another, and the
 * processor's queues are too short to hold many of them: so what is called often goes through each
 * line for all of ABREAST registers before it comes to the next. in_register() keeps the compiler
 * from putting the lines in another order. The results do not depend on `n`, how many there are.
 */
#define ABREAST 4
#define EACH(n) UNROLL for (size_t k = 0; k < (n); k++)

/* x = m ln 2 + r with m an integer and |r| <= ln 2 / 2. */
typedef struct reduced {
    vec rounder_plus_m[ABREAST];
    vec r[ABREAST];
} reduced;

/* `x` within +-2^21, so that m fits; `rounder` is ROUNDER plus any integer wanted on top of m. */
INLINE void reduce(const size_t n, const vec x[], float rounder, reduced *to) {
    vec m[ABREAST];
    EACH(n) to->rounder_plus_m[k] = in_register(x[k] * LOG2_E + rounder);
    EACH(n) m[k] = in_register(to->rounder_plus_m[k] - rounder);
    EACH(n) to->r[k] = in_register(x[k] - m[k] * LN2_HIGH);
    EACH(n) to->r[k] = in_register(to->r[k] - m[k] * LN2_LOW);
}

/* exp(r) - 1 for |r| <= ln 2 / 2, relative error of 1 + this below 4e-9. The polynomial's middle is
 * halved, as Estrin did: no more operations than in Horner's form, but fewer wait for one another.
 */
INLINE void expm1_reduced(const size_t n, const vec r[], vec p[]) {
    vec square[ABREAST], high[ABREAST];
    EACH(n) square[k] = in_register(r[k] * r[k]);
    EACH(n) p[k] = in_register(r[k] * 0.0416684057f + 0.166665191f);
    EACH(n) high[k] = in_register(r[k] * 0.00138142218f + 0.00836889868f);
    EACH(n) p[k] = in_register(square[k] * high[k] + p[k]);
    EACH(n) p[k] = in_register(p[k] * r[k] + 0.499999933f);
    EACH(n) p[k] = in_register(square[k] * p[k] + r[k]);
}

/* The float whose exponent field is the low bits of a sum with ROUNDER + EXPONENT_BIAS. */
INLINE vec power_of_two(vec rounder_plus_exponent) {
    return from_bits(bits(rounder_plus_exponent) << 23);
}

/* exp(x + tail) for a small tail: the rounding error of a computed x, say. */
INLINE vec exp_of_sum(vec x, vec tail) {
    /* Beyond these limits the result is 0 or infinity anyway. */
    vec bounded = clamp(x, -104.0f, 89.0f), r, q;
    reduced e;
    reduce(1, &bounded, ROUNDER, &e);
    r = e.r[0] + tail;
    expm1_reduced(1, &r, &q);
    vec significand = q + 1.0f;
#if VL == 16
    return _mm512_scalef_ps(significand, e.rounder_plus_m[0] - ROUNDER);
#else
    /* 2^m in two factors: m may lie outside of a float's exponents where the result still is a
     * number. */
    ivec m = bits(e.rounder_plus_m[0]) - bits(broadcast(ROUNDER));
    ivec half = m >> 1;
    vec first = from_bits((half + EXPONENT_BIAS) << 23);
    vec second = from_bits((m - half + EXPONENT_BIAS) << 23);
    return significand * first * second;
#endif
}

INLINE vec exp_vector(vec x) {
    return exp_of_sum(x, zeros());
}

/* exp(x) for x <= 0. */
INLINE vec exp_negative(vec x) {
    vec bounded = at_least(broadcast(-104.0f), x), q;
    reduced e;
#if VL == 16
    reduce(1, &bounded, ROUNDER, &e);
    expm1_reduced(1, e.r, &q);
    return _mm512_scalef_ps(q + 1.0f, e.rounder_plus_m[0] - ROUNDER);
#else
    /* 2^32 too large at first: so a denormal result is rounded once, at the end. */
    reduce(1, &bounded, ROUNDER + EXPONENT_BIAS + 32, &e);
    expm1_reduced(1, e.r, &q);
    vec power = power_of_two(e.rounder_plus_m[0]);
    return (q * power + power) * 0x1p-32f;
#endif
}

/* exp(x) - 1 = 2^m (exp(r) - 1) + (2^m - 1), for |x| <= 60. */
INLINE vec expm1_bounded(vec x) {
    reduced e;
    vec q;
    reduce(1, &x, ROUNDER + EXPONENT_BIAS, &e);
    expm1_reduced(1, e.r, &q);
    vec power = power_of_two(e.rounder_plus_m[0]);
    return q * power + (power - 1.0f);
}

/* exp(x) - 1 for x <= 0. */
INLINE vec expm1_negative(vec x) {
    return expm1_bounded(at_least(broadcast(-25.0f), x));
}

/* -|x| */
INLINE vec negative(vec x) {
    return from_bits(bits(x) | (int32_t)0x80000000);
}

#if VL == 16
/*
 * tanh |x| = c0 + r (c1 + r (c2 + r (c3 + r c4))) with r = |x| - centre. Two registers hold what
 * 32 intervals have of each, and the shuffle takes less time than the exponential function and the
 * division do below. Largest error: 1.31 ulp.
 */
INLINE void tanh_abreast(const size_t n, vec x[]) {
    vec a[ABREAST], y[ABREAST], p[ABREAST], r[ABREAST];
    ivec interval[ABREAST];
    EACH(n) a[k] = in_register(at_most(broadcast(TANH_LIMIT), magnitude(x[k])));
    EACH(n) y[k] = in_register(a[k] + TANH_OFFSET);
    EACH(n) interval[k] = bits(y[k]) >> TANH_LOWEST_BIT;
    EACH(n) r[k] = in_register(a[k] - look_up(tanh_centres, interval[k]));
    EACH(n) p[k] = in_register(look_up(tanh_c4, interval[k]));
    EACH(n) p[k] = in_register(p[k] * r[k] + look_up(tanh_c3, interval[k]));
    EACH(n) p[k] = in_register(p[k] * r[k] + look_up(tanh_c2, interval[k]));
    EACH(n) p[k] = in_register(p[k] * r[k] + look_up(tanh_c1, interval[k]));
    EACH(n) p[k] = in_register(p[k] * r[k] + look_up(tanh_c0, interval[k]));
    EACH(n) x[k] = with_sign(p[k], x[k]);
}
#else
/* reduce() for 2 `half` within +-20: a fused multiply-add, which rounds once, is then close enough
 * with ln 2 in one part. */
INLINE void reduce_doubled(const size_t n, const vec half[], float rounder, reduced *to) {
    vec x[ABREAST];
    EACH(n) x[k] = half[k] + half[k];
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    EACH(n) to->rounder_plus_m[k] = in_register(half[k] * (2 * LOG2_E) + rounder);
    EACH(n) to->r[k] = in_register(to->rounder_plus_m[k] - rounder);
    EACH(n) to->r[k] = in_register(x[k] - to->r[k] * LN2);
#else
    reduce(n, x, rounder, to);
#endif
}

/*
 * tanh |x| = (1 - e) / (1 + e) with e = e^{-2 |x|} = 2^m (1 + q): both sides of the fraction are
 * rounded just once.
 */
INLINE void tanh_abreast(const size_t n, vec x[]) {
    vec a[ABREAST], q[ABREAST], power[ABREAST], denominator[ABREAST];
    reduced e;
    /* From 9.02 on tanh is 1 to a float's precision. */
    EACH(n) a[k] = in_register(at_least(broadcast(-9.1f), negative(x[k])));
    reduce_doubled(n, a, ROUNDER + EXPONENT_BIAS, &e);
    expm1_reduced(n, e.r, q);
    EACH(n) power[k] = in_register(power_of_two(e.rounder_plus_m[k]));
    EACH(n) denominator[k] = in_register((1.0f + power[k]) + power[k] * q[k]);
    EACH(n) q[k] = in_register((1.0f - power[k]) - power[k] * q[k]);
    EACH(n) x[k] = with_sign(q[k] / denominator[k], x[k]);
}
#endif

/* -x log2(e) = m + f with m an integer and |f| <= 1/2. */
typedef struct reduced_to_binary {
    vec rounder_plus_m[ABREAST];
    vec f[ABREAST];
    vec rough[ABREAST]; /* f within 4e-6, which is there before f */
} reduced_to_binary;

/* `x` within +-104; `rounder` as in reduce(). */
INLINE void reduce_to_binary(const size_t n, const vec x[], float rounder, reduced_to_binary *to) {
    vec m[ABREAST];
    EACH(n) to->rounder_plus_m[k] = in_register(x[k] * -LOG2_E + rounder);
    EACH(n) m[k] = in_register(to->rounder_plus_m[k] - rounder);
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    EACH(n) to->rough[k] = in_register(x[k] * -LOG2_E - m[k]);
    EACH(n) to->f[k] = in_register(x[k] * -LOG2_E_LOW + to->rough[k]);
#else
    /* Two factors of 12 bits have an exact product. */
    EACH(n) {
        vec high = from_bits(bits(x[k]) & (int32_t)0xfffff000);
        vec rest = (x[k] - high) * -LOG2_E - high * LOG2_E_REST;
        to->f[k] = to->rough[k] = (high * -LOG2_E_12_BITS - m[k]) + rest;
    }
#endif
}

/* A number times 2^m, both it and the result far from zero and infinity; of NaN it makes any. */
INLINE vec times_power_of_two(vec value, int m) {
    return from_bits((ivec)((uvec)bits(value) + ((uint32_t)m << 23)));
}

/*
 * sigmoid(x) = 1 / (1 + e^{-x}) = a / (2^m b + a), where e^{-x} = 2^{m + f}, 2^f = b / a,
 *
 *     b = f coth(f ln 2 / 2) + f    and    a = b - 2 f.
 *
 * The first part of `b` is an even function, so that half as many terms do as for 2^f itself; what
 * rounding `b` adds to the fraction nearly cancels. The relative error of b / a is below 7e-9: the
 * coefficients are not the minimax fit (1.3e-9), but of those near it for which the largest error
 * over all floats, roundings included, is smallest. Both sides are made 2^32 times smaller, so that
 * e^{-x} may be larger than a float and a denormal result is rounded once.
 */
INLINE void sigmoid_abreast(const size_t n, vec x[]) {
    vec a[ABREAST], b[ABREAST], power[ABREAST], square[ABREAST];
    reduced_to_binary e;
    /* Up to -104 it is 0, from 18 on 1. */
    EACH(n) x[k] = in_register(clamp(x[k], -104.0f, 18.0f));
    reduce_to_binary(n, x, ROUNDER + EXPONENT_BIAS - 32, &e);
    EACH(n) square[k] = in_register(e.rough[k] * e.rough[k]);
    EACH(n) b[k] = in_register(square[k] * -0.000924573105f + 0.115525f);
    EACH(n) b[k] = in_register(square[k] * b[k] + 2.88539004f);
    EACH(n) b[k] = in_register(b[k] + e.f[k]);
    EACH(n) a[k] = in_register(b[k] - e.f[k] * 2.0f);
    EACH(n) a[k] = in_register(times_power_of_two(a[k], -32));
    EACH(n) power[k] = in_register(power_of_two(e.rounder_plus_m[k]));
    EACH(n) b[k] = in_register(power[k] * b[k] + a[k]);
    EACH(n) x[k] = a[k] / b[k];
}

INLINE vec tanh_vector(vec x) {
    tanh_abreast(1, &x);
    return x;
}

INLINE vec sigmoid_vector(vec x) {
    sigmoid_abreast(1, &x);
    return x;
}

/* log(1 + z) = 2 artanh(z / (2 + z)) for 0 <= z <= 1, error of the series below 2e-10. */
INLINE vec log1p_vector(vec z) {
    vec s = z / (z + 2.0f);
    vec square = s * s;
    vec p = square * 0.243009339f + 0.214276582f;
    p = p * square + 0.286168847f;
    p = p * square + 0.399988777f;
    p = p * square + 0.666666756f;
    return (square * p) * s + (s + s);
}

/* softplus(x) = log(1 + e^x) = max(x, 0) + log(1 + e^{-|x|}) */
INLINE vec softplus_vector(vec x) {
    vec e = exp_negative(negative(x));
    return at_least(zeros(), x) + log1p_vector(e);
}

/* exp(-x^2 / 2): the square is split so that its rounding error is not magnified. */
INLINE vec gauss(vec x) {
    vec a = at_most(broadcast(15.0f), magnitude(x));
    vec high = from_bits(bits(a) & (int32_t)0xfffff000);
    return exp_of_sum(high * high * -0.5f, (a - high) * (a + high) * -0.5f);
}

/* (Phi(x) - 1/2) / x for |x| <= 1, relative error below 8e-10. */
INLINE vec normal_cdf_ratio(vec x) {
    vec square = x * x;
    vec p = square * -7.65420828e-06f + 0.000113486372f;
    p = p * square + -0.00118632994f;
    p = p * square + 0.00997332341f;
    p = p * square + -0.0664903599f;
    return p * square + 0.39894228f;
}

/*
 * The standard normal distribution function, erfc(-x / sqrt 2) / 2. With a = |x| / sqrt 2,
 * erfc(a) = e^{-a^2} q(t) / (1 + 2 a), t = (a - 3) / (a + 3), and q within 4e-9 for a < 10.5.
 */
INLINE vec normal_cdf(vec x) {
    vec a = at_most(broadcast(10.5f), magnitude(x) * 0.707106781f);
    vec t = (a - 3.0f) / (a + 3.0f);
    vec q = t * -0.000264154121f + -0.000767876696f;
    q = q * t + 0.00200705287f;
    q = q * t + 0.00256368668f;
    q = q * t + -0.0238011351f;
    q = q * t + 0.0682959268f;
    q = q * t + -0.119270332f;
    q = q * t + 0.129646459f;
    q = q * t + -0.0475624346f;
    q = q * t + -0.135621142f;
    q = q * t + 1.25300806f;
    vec tail = gauss(x) * q / (a * 4.0f + 2.0f);
    vec outer = select(less(zeros(), x), 1.0f - tail, tail);
    return select(less(magnitude(x), broadcast(1.0f)), normal_cdf_ratio(x) * x + 0.5f, outer);
}

#endif
