/*
 * The activations: f(x) and its slope from what the forward pass stored (the output, or the input
 * where tl_activation_stores_input() says so), first on a register, then on arrays.
 */
#ifndef TL_KERNELS_SIMD_ACTIVATIONS_H
#define TL_KERNELS_SIMD_ACTIVATIONS_H

#include "kernels/simd/math.h"

#define SELU_SCALE 1.05070098736f
#define SELU_ALPHA 1.67326324235f
#define LEAKY_SLOPE 0.2f

/* Infinity would meet a zero in x * f(x), where the limit is 0. */
INLINE vec above_minus_infinity(vec x) {
    return at_least(broadcast(-FLT_MAX), x);
}

INLINE vec linear(vec x) {
    return x;
}

INLINE vec linear_slope(vec y) {
    (void)y;
    return broadcast(1.0f);
}

INLINE vec sigmoid_slope(vec y) {
    return y * (1.0f - y);
}

INLINE vec tanh_slope(vec y) {
    return 1.0f - y * y;
}

INLINE vec relu(vec x) {
    return at_least(zeros(), x);
}

INLINE vec relu_slope(vec y) {
    return select(less(zeros(), y), broadcast(1.0f), zeros());
}

INLINE vec relu6(vec x) {
    return clamp(x, 0.0f, 6.0f);
}

/* `slope` strictly between the limits, where the output was not clipped. */
INLINE vec clipped_slope(vec y, float low, float high, float slope) {
    truth inside = both(less(broadcast(low), y), less(y, broadcast(high)));
    return select(inside, broadcast(slope), zeros());
}

INLINE vec relu6_slope(vec y) {
    return clipped_slope(y, 0.0f, 6.0f, 1.0f);
}

INLINE vec leaky_relu(vec x) {
    return select(less(x, zeros()), x * LEAKY_SLOPE, x);
}

INLINE vec leaky_relu_slope(vec y) {
    return select(less(y, zeros()), broadcast(LEAKY_SLOPE), broadcast(1.0f));
}

/* x < 0 ? exp(x) - 1 : x */
INLINE vec elu(vec x) {
    return select(less(x, zeros()), expm1_negative(x), x);
}

INLINE vec elu_slope(vec y) {
    return select(less(y, zeros()), y + 1.0f, broadcast(1.0f));
}

/* scale (x < 0 ? alpha (exp(x) - 1) : x) */
INLINE vec selu(vec x) {
    return select(less(x, zeros()), expm1_negative(x) * SELU_ALPHA, x) * SELU_SCALE;
}

INLINE vec selu_slope(vec y) {
    return select(less(y, zeros()), y + SELU_SCALE * SELU_ALPHA, broadcast(SELU_SCALE));
}

/* d softplus / dx = sigmoid(x) = 1 - e^{-softplus(x)} */
INLINE vec softplus_slope(vec y) {
    return -expm1_negative(-y);
}

/* x / (1 + |x|) */
INLINE vec softsign(vec x) {
    vec a = at_most(broadcast(FLT_MAX), magnitude(x));
    return with_sign(a / (a + 1.0f), x);
}

INLINE vec softsign_slope(vec y) {
    vec rest = 1.0f - magnitude(y);
    return rest * rest;
}

INLINE vec exponential_slope(vec y) {
    return y;
}

INLINE vec hard_sigmoid_keras2(vec x) {
    return clamp(x * 0.2f + 0.5f, 0.0f, 1.0f);
}

INLINE vec hard_sigmoid_keras2_slope(vec y) {
    return clipped_slope(y, 0.0f, 1.0f, 0.2f);
}

INLINE vec hard_sigmoid_keras3(vec x) {
    return relu6(x + 3.0f) * (1.0f / 6.0f);
}

INLINE vec hard_sigmoid_keras3_slope(vec y) {
    return clipped_slope(y, 0.0f, 1.0f, 1.0f / 6.0f);
}

/* x sigmoid(x) */
INLINE vec swish(vec x) {
    x = above_minus_infinity(x);
    return x * sigmoid_vector(x);
}

INLINE vec swish_slope(vec x) {
    vec finite = clamp(x, -FLT_MAX, FLT_MAX);
    vec s = sigmoid_vector(finite);
    return s + finite * (s * (1.0f - s));
}

/* x Phi(x) */
INLINE vec gelu(vec x) {
    x = above_minus_infinity(x);
    return x * normal_cdf(x);
}

/* Phi(x) + x phi(x), phi(x) = e^{-x^2 / 2} / sqrt(2 pi) */
INLINE vec gelu_slope(vec x) {
    vec finite = clamp(x, -FLT_MAX, FLT_MAX);
    return normal_cdf(finite) + finite * (gauss(finite) * 0.398942280f);
}

/* With e = e^x and n = e (e + 2): tanh(softplus(x)) = n / (n + 2). From 20 on that is 1. */
INLINE vec mish(vec x) {
    x = above_minus_infinity(x);
    vec e = exp_vector(at_most(broadcast(20.0f), x));
    vec n = e * (e + 2.0f);
    return x * (n / (n + 2.0f));
}

/* t + x (1 - t^2) sigmoid(x), t = tanh(softplus(x)) and 1 - t = 2 / (n + 2) */
INLINE vec mish_slope(vec x) {
    vec finite = clamp(x, -FLT_MAX, 20.0f);
    vec e = exp_vector(finite);
    vec n = e * (e + 2.0f);
    vec rest = 2.0f / (n + 2.0f);
    vec t = n / (n + 2.0f);
    return t + finite * (rest * (1.0f + t)) * (e / (e + 1.0f));
}

typedef vec vector_function(vec x);

/* An activation for code that does not fix it when it is compiled. */
typedef struct activation {
    vector_function *f;
    vector_function *slope; /* of what was stored */
    vector_function *value; /* f(x) again, of what was stored */
    int stores_input;
} activation;

/* clang-format off */
static const activation activations[TL_ACTIVATION_KINDS] = {
    [TL_LINEAR] = {linear, linear_slope, linear, 0},
    [TL_SIGMOID] = {sigmoid_vector, sigmoid_slope, linear, 0},
    [TL_TANH] = {tanh_vector, tanh_slope, linear, 0},
    [TL_RELU] = {relu, relu_slope, linear, 0},
    [TL_RELU6] = {relu6, relu6_slope, linear, 0},
    [TL_LEAKY_RELU] = {leaky_relu, leaky_relu_slope, linear, 0},
    [TL_ELU] = {elu, elu_slope, linear, 0},
    [TL_SELU] = {selu, selu_slope, linear, 0},
    [TL_SOFTPLUS] = {softplus_vector, softplus_slope, linear, 0},
    [TL_SOFTSIGN] = {softsign, softsign_slope, linear, 0},
    [TL_EXPONENTIAL] = {exp_vector, exponential_slope, linear, 0},
    [TL_HARD_SIGMOID_KERAS2] = {hard_sigmoid_keras2, hard_sigmoid_keras2_slope, linear, 0},
    [TL_HARD_SIGMOID_KERAS3] = {hard_sigmoid_keras3, hard_sigmoid_keras3_slope, linear, 0},
    [TL_SWISH] = {swish, swish_slope, swish, 1},
    [TL_GELU] = {gelu, gelu_slope, gelu, 1},
    [TL_MISH] = {mish, mish_slope, mish, 1},
};
/* clang-format on */

INLINE void map(vector_function *f, size_t n, const float *x, float *y) {
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(y + i, f(load(x + i)));
    if (i < n)
        store_part(y + i, f(load_part(x + i, n - i)), n - i);
}

/* Whole registers, in place, several at a time. */
INLINE void map_abreast(void (*abreast)(size_t n, vec x[]), size_t n, float *x) {
    size_t i = 0;
    for (; i + ABREAST * VL <= n; i += ABREAST * VL) {
        vec values[ABREAST];
        EACH(ABREAST) values[k] = load(x + i + k * VL);
        abreast(ABREAST, values);
        EACH(ABREAST) store(x + i + k * VL, values[k]);
    }
    for (; i < n; i += VL) {
        vec value = load(x + i);
        abreast(1, &value);
        store(x + i, value);
    }
}

INLINE void map_gradient(vector_function *slope, size_t n, const float *stored, const float *dy,
                         float *dz) {
    size_t i = 0;
    for (; i + VL <= n; i += VL)
        store(dz + i, load(dy + i) * slope(load(stored + i)));
    if (i < n) {
        size_t rest = n - i;
        store_part(dz + i, load_part(dy + i, rest) * slope(load_part(stored + i, rest)), rest);
    }
}

static void activate(tl_activation_kind kind, size_t n, const float *x, float *y) {
    if (kind == TL_SIGMOID)
        map(sigmoid_vector, n, x, y);
    else if (kind == TL_TANH)
        map(tanh_vector, n, x, y);
    else if (kind == TL_RELU)
        map(relu, n, x, y);
    else if (kind != TL_LINEAR || x != y)
        map(activations[kind].f, n, x, y);
}

static void gradient(tl_activation_kind kind, size_t n, const float *stored, const float *dy,
                     float *dz) {
    if (kind == TL_SIGMOID)
        map_gradient(sigmoid_slope, n, stored, dy, dz);
    else if (kind == TL_TANH)
        map_gradient(tanh_slope, n, stored, dy, dz);
    else if (kind == TL_RELU)
        map_gradient(relu_slope, n, stored, dy, dz);
    else
        map_gradient(activations[kind].slope, n, stored, dy, dz);
}

#endif
