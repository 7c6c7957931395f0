#include "oracle.h"

#include <math.h>

/* Small, so that hardly any input is this near to a kink; rounding still leaves seven digits. */
#define DIFFERENCE 1e-8

static double clip(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static double elu(double x) {
    return x < 0 ? expm1(x) : x;
}

/* tanh(log(1 + e^x)), which for large x is 1. */
static double tanh_softplus(double x) {
    double e = exp(x < 40 ? x : 40);
    return e * (e + 2) / (e * (e + 2) + 2);
}

double oracle_activation(tl_activation_kind kind, double x) {
    if (isnan(x))
        return x;
    switch (kind) {
    case TL_SIGMOID:
        return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
    case TL_TANH:
        return tanh(x);
    case TL_RELU:
        return x > 0 ? x : 0;
    case TL_RELU6:
        return clip(x, 0, 6);
    case TL_LEAKY_RELU:
        return x < 0 ? 0.2 * x : x;
    case TL_ELU:
        return elu(x);
    case TL_SELU:
        return 1.05070098735548049342 * (x < 0 ? 1.67326324235437728481 * expm1(x) : x);
    case TL_SOFTPLUS:
        return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
    case TL_SOFTSIGN:
        return isinf(x) ? copysign(1, x) : x / (1 + fabs(x));
    case TL_EXPONENTIAL:
        return exp(x);
    case TL_HARD_SIGMOID_KERAS2:
        return clip(0.2 * x + 0.5, 0, 1);
    case TL_HARD_SIGMOID_KERAS3:
        return clip(x + 3, 0, 6) / 6;
    case TL_SWISH:
        return isinf(x) && x < 0 ? 0 : x * oracle_activation(TL_SIGMOID, x);
    case TL_GELU:
        return isinf(x) && x < 0 ? 0 : 0.5 * x * erfc(-x * 0.70710678118654752440);
    case TL_MISH:
        return isinf(x) && x < 0 ? 0 : x * tanh_softplus(x);
    case TL_LINEAR:
    case TL_ACTIVATION_KINDS:
        break;
    }
    return x;
}

double oracle_slope(tl_activation_kind kind, double x) {
    double after = oracle_activation(kind, x + DIFFERENCE);
    double before = oracle_activation(kind, x - DIFFERENCE);
    return (after - before) / (2 * DIFFERENCE);
}

void oracle_lstm(const cell_case *cell, double *out) {
    double i = oracle_activation(cell->recurrent, cell->in[0]);
    double f = oracle_activation(cell->recurrent, cell->in[1]);
    double g = oracle_activation(cell->activation, cell->in[2]);
    double o = oracle_activation(cell->recurrent, cell->in[3]);
    double c = f * cell->in[4] + i * g;
    out[0] = o * oracle_activation(cell->activation, c);
    out[1] = c;
}

void oracle_gru(const cell_case *cell, double *out) {
    const double *in = cell->in;
    double z = oracle_activation(cell->recurrent, in[0]);
    double r = oracle_activation(cell->recurrent, in[1]);
    double candidate = oracle_activation(cell->activation, in[3] + r * in[2]);
    out[0] = z * in[4] + (1 - z) * candidate;
}

void oracle_gru_reset(const cell_case *cell, double *out) {
    out[0] = oracle_activation(cell->recurrent, cell->in[0]) * cell->in[1];
}

void oracle_gru_update(const cell_case *cell, double *out) {
    double z = oracle_activation(cell->recurrent, cell->in[0]);
    double candidate = oracle_activation(cell->activation, cell->in[1]);
    out[0] = z * cell->in[2] + (1 - z) * candidate;
}

void oracle_rnn(const cell_case *cell, double *out) {
    out[0] = oracle_activation(cell->activation, cell->in[0]);
}

double oracle_gradient(cell_function *function, const cell_case *cell, size_t number,
                       const double *weights, size_t outs) {
    double after[CELL_MOST], before[CELL_MOST], sum = 0;
    cell_case moved = *cell;
    moved.in[number] = cell->in[number] + DIFFERENCE;
    function(&moved, after);
    moved.in[number] = cell->in[number] - DIFFERENCE;
    function(&moved, before);
    for (size_t i = 0; i < outs; i++)
        sum += weights[i] * (after[i] - before[i]);
    return sum / (2 * DIFFERENCE);
}
