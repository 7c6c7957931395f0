/*
 * One timestep of LSTM, GRU and SimpleRNN on one tile, forward and backward: everything between the
 * matrix products. Each is written once, for any activations and with or without a mask; the
 * default activations get a copy into which tanh and sigmoid are inlined.
 */
#ifndef TL_KERNELS_SIMD_RECURRENT_H
#define TL_KERNELS_SIMD_RECURRENT_H

#include "kernels/simd/activations.h"

#define DEFAULT_ACTIVATION ((const activation){tanh_vector, tanh_slope, linear, 0})
#define DEFAULT_RECURRENT ((const activation){sigmoid_vector, sigmoid_slope, linear, 0})

/* Calls `body`, an always-inline function, with as many constants as the step allows. */
#define SPECIALISE_GATED(body, step)                                                               \
    do {                                                                                           \
        int defaults =                                                                             \
            (step)->activation == TL_TANH && (step)->recurrent_activation == TL_SIGMOID;           \
        if (defaults && !(step)->mask)                                                             \
            body(step, DEFAULT_ACTIVATION, DEFAULT_RECURRENT, 0);                                  \
        else if (defaults)                                                                         \
            body(step, DEFAULT_ACTIVATION, DEFAULT_RECURRENT, 1);                                  \
        else                                                                                       \
            body(step, activations[(step)->activation], activations[(step)->recurrent_activation], \
                 (step)->mask != NULL);                                                            \
    } while (0)

#define SPECIALISE(body, step)                                                                     \
    do {                                                                                           \
        if ((step)->activation == TL_TANH && !(step)->mask)                                        \
            body(step, DEFAULT_ACTIVATION, 0);                                                     \
        else if ((step)->activation == TL_TANH)                                                    \
            body(step, DEFAULT_ACTIVATION, 1);                                                     \
        else                                                                                       \
            body(step, activations[(step)->activation], (step)->mask != NULL);                     \
    } while (0)

/* f(z), leaving at `stored`, where z stands, what the backward pass wants. */
INLINE vec activate_gate(activation kind, float *stored, vec z) {
    vec y = kind.f(z);
    store(stored, kind.stores_input ? z : y);
    return y;
}

/* The mask of the lanes from `lane` on; there is none when not `masked`. */
INLINE const float *mask_at(int masked, const float *mask, size_t lane) {
    return masked ? mask + lane : NULL;
}

/* `fresh` in the lanes that the mask lets through, `kept` in the others. */
INLINE vec masked_choice(int masked, const float *mask, vec fresh, vec kept) {
    return masked ? select(differs(load(mask), zeros()), fresh, kept) : fresh;
}

/* f(z) in place, for `count` numbers of some gates, leaving what the backward pass wants. */
INLINE void activate_gates(activation kind, size_t count, float *z) {
    for (size_t at = 0; at < count; at += VL)
        activate_gate(kind, z + at, load(z + at));
}

/* Gate after gate, then states: so each loop keeps its constants in registers, and what waits for
 * a division does not keep the next numbers from being begun. */
INLINE void lstm_body(const tl_lstm_step *step, const activation act, const activation recurrent,
                      const int masked) {
    const tl_lstm_step s = *step;
    const size_t plane = s.units * s.width;
    float *gate_i = s.gates, *gate_f = gate_i + plane;
    float *gate_g = gate_f + plane, *gate_o = gate_g + plane;
    activate_gates(recurrent, 2 * plane, gate_i);
    activate_gates(act, plane, gate_g);
    activate_gates(recurrent, plane, gate_o);
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        vec i = recurrent.value(load(gate_i + at)), f = recurrent.value(load(gate_f + at));
        /* c_t = f * c_{t-1} + i * g */
        vec c_before = load(s.c_before + at);
        vec c = f * c_before + i * act.value(load(gate_g + at));
        store(s.c + at, masked_choice(masked, mask_at(masked, s.mask, lane), c, c_before));
        lane = lane + VL < s.width ? lane + VL : 0;
    }
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        /* h_t = o * activation(c_t) */
        vec activated_c = act.f(load(s.c + at));
        vec h = recurrent.value(load(gate_o + at)) * activated_c;
        if (masked)
            h = masked_choice(masked, mask_at(masked, s.mask, lane), h, load(s.h_before + at));

        store(s.h + at, h);
        if (s.activated_c)
            store(s.activated_c + at, activated_c);
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

INLINE void lstm_back_body(const tl_lstm_back *step, const activation act,
                           const activation recurrent, const int masked) {
    const tl_lstm_back s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        const float *mask = mask_at(masked, s.mask, lane);
        float *gate_i = s.gates + at, *gate_f = gate_i + plane;
        float *gate_g = gate_f + plane, *gate_o = gate_g + plane;
        vec i = recurrent.value(load(gate_i)), f = recurrent.value(load(gate_f));
        vec g = act.value(load(gate_g)), o = recurrent.value(load(gate_o));
        vec activated_c = load(s.activated_c + at);
        vec c_stored = act.stores_input ? load(s.c + at) : activated_c;
        vec dh = load(s.dh + at), dc_after = load(s.dc + at);

        /* dL/do = dh * activation(c_t);  dL/dc_t += dh * o * activation'(c_t) */
        vec d_o = dh * activated_c * recurrent.slope(load(gate_o));
        vec dc = dc_after + dh * o * act.slope(c_stored);
        /* dL/di = dc * g;  dL/df = dc * c_{t-1};  dL/dg = dc * i;  dL/dc_{t-1} = dc * f */
        vec d_i = dc * g * recurrent.slope(load(gate_i));
        vec d_f = dc * load(s.c_before + at) * recurrent.slope(load(gate_f));
        vec d_g = dc * i * act.slope(load(gate_g));

        store(gate_i, masked_choice(masked, mask, d_i, zeros()));
        store(gate_f, masked_choice(masked, mask, d_f, zeros()));
        store(gate_g, masked_choice(masked, mask, d_g, zeros()));
        store(gate_o, masked_choice(masked, mask, d_o, zeros()));
        store(s.dc + at, masked_choice(masked, mask, dc * f, dc_after));
        store(s.dh + at, masked_choice(masked, mask, zeros(), dh));
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

/* h_t = z * h_{t-1} + (1 - z) * h~ */
INLINE void gru_blend(const tl_gru_step *s, size_t at, size_t lane, vec z, vec candidate,
                      const int masked) {
    vec h_before = load(s->h_before + at);
    vec h = z * h_before + (1.0f - z) * candidate;
    store(s->h + at, masked_choice(masked, mask_at(masked, s->mask, lane), h, h_before));
}

INLINE void gru_body(const tl_gru_step *step, const activation act, const activation recurrent,
                     const int masked) {
    const tl_gru_step s = *step;
    const size_t plane = s.units * s.width;
    float *gate_z = s.gates, *gate_r = gate_z + plane, *gate_h = gate_r + plane;
    /* z = recurrent(x_z + h U_z + b_z);  r = recurrent(x_r + h U_r + b_r) */
    for (size_t at = 0; at < 2 * plane; at += VL)
        activate_gate(recurrent, gate_z + at, load(gate_z + at) + load(s.inner + at));
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        /* h~ = activation(x_h + r * (h U_h + b_h)) */
        vec r = recurrent.value(load(gate_r + at)), inner_h = load(s.inner + 2 * plane + at);
        vec candidate = activate_gate(act, gate_h + at, load(gate_h + at) + r * inner_h);
        if (s.inner_h)
            store(s.inner_h + at, inner_h);
        gru_blend(&s, at, lane, recurrent.value(load(gate_z + at)), candidate, masked);
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

INLINE void gru_reset_body(const tl_gru_step *step, const activation act,
                           const activation recurrent, const int masked) {
    (void)act;
    (void)masked;
    const tl_gru_step s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0; at < plane; at += VL) {
        float *gate_z = s.gates + at, *gate_r = gate_z + plane;
        activate_gate(recurrent, gate_z, load(gate_z));
        vec r = activate_gate(recurrent, gate_r, load(gate_r));
        /* The candidate's recurrent input is (r * h_{t-1}) U_h. */
        store(s.inner_h + at, r * load(s.h_before + at));
    }
}

INLINE void gru_update_body(const tl_gru_step *step, const activation act,
                            const activation recurrent, const int masked) {
    const tl_gru_step s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        float *gate_h = s.gates + 2 * plane + at;
        /* h~ = activation(x_h + (r * h_{t-1}) U_h) */
        vec candidate = activate_gate(act, gate_h, load(gate_h));
        gru_blend(&s, at, lane, recurrent.value(load(s.gates + at)), candidate, masked);
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

/* The gradients of h_t = z * h_{t-1} + (1 - z) * h~ but for r's, which come back as dL/d(h~'s
 * input). */
INLINE vec gru_blend_back(const tl_gru_back *s, size_t at, size_t lane, const activation act,
                          const activation recurrent, const int masked) {
    const size_t plane = s->units * s->width;
    const float *mask = mask_at(masked, s->mask, lane);
    float *gate_z = s->gates + at, *gate_h = gate_z + 2 * plane;
    vec z = recurrent.value(load(gate_z)), candidate = act.value(load(gate_h));
    vec dh = load(s->dh + at);

    /* dL/dz = dh * (h_{t-1} - h~);  dL/dh~ = dh * (1 - z);  dL/dh_{t-1} = dh * z + ... */
    vec d_z = dh * (load(s->h_before + at) - candidate) * recurrent.slope(load(gate_z));
    vec d_candidate = dh * (1.0f - z) * act.slope(load(gate_h));
    d_candidate = masked_choice(masked, mask, d_candidate, zeros());

    store(gate_z, masked_choice(masked, mask, d_z, zeros()));
    store(gate_h, d_candidate);
    store(s->dh + at, masked_choice(masked, mask, dh * z, dh));
    return d_candidate;
}

INLINE void gru_back_body(const tl_gru_back *step, const activation act, const activation recurrent,
                          const int masked) {
    const tl_gru_back s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        const float *mask = mask_at(masked, s.mask, lane);
        float *gate_r = s.gates + plane + at;
        vec d_candidate = gru_blend_back(&s, at, lane, act, recurrent, masked);
        /* dL/dr = dL/dh~ * (h U_h + b_h);  dL/d(h U_h + b_h) = dL/dh~ * r */
        vec r = recurrent.value(load(gate_r));
        vec d_r = d_candidate * load(s.inner_h + at) * recurrent.slope(load(gate_r));
        store(gate_r, masked_choice(masked, mask, d_r, zeros()));
        store(s.inner_h + at, masked_choice(masked, mask, d_candidate * r, zeros()));
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

INLINE void gru_update_back_body(const tl_gru_back *step, const activation act,
                                 const activation recurrent, const int masked) {
    const tl_gru_back s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        gru_blend_back(&s, at, lane, act, recurrent, masked);
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

INLINE void gru_reset_back_body(const tl_gru_back *step, const activation act,
                                const activation recurrent, const int masked) {
    (void)act;
    const tl_gru_back s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        const float *mask = mask_at(masked, s.mask, lane);
        float *gate_r = s.gates + plane + at;
        vec r = recurrent.value(load(gate_r));
        vec d_product = load(s.inner_h + at);
        vec dh = load(s.dh + at);
        /* of r * h_{t-1}: dL/dr = d * h_{t-1};  dL/dh_{t-1} += d * r */
        vec d_r = d_product * load(s.h_before + at) * recurrent.slope(load(gate_r));
        store(gate_r, masked_choice(masked, mask, d_r, zeros()));
        store(s.dh + at, masked_choice(masked, mask, dh + d_product * r, dh));
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

INLINE void rnn_body(const tl_rnn_step *step, const activation act, const int masked) {
    const tl_rnn_step s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        /* h_t = activation(x W + h_{t-1} U + b) */
        vec h = activate_gate(act, s.gates + at, load(s.gates + at));
        if (masked)
            h = masked_choice(masked, mask_at(masked, s.mask, lane), h, load(s.h_before + at));
        store(s.h + at, h);
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

INLINE void rnn_back_body(const tl_rnn_back *step, const activation act, const int masked) {
    const tl_rnn_back s = *step;
    const size_t plane = s.units * s.width;
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        const float *mask = mask_at(masked, s.mask, lane);
        vec dh = load(s.dh + at);
        vec dz = dh * act.slope(load(s.gates + at));
        store(s.gates + at, masked_choice(masked, mask, dz, zeros()));
        store(s.dh + at, masked_choice(masked, mask, zeros(), dh));
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

static void lstm(const tl_lstm_step *step) {
    SPECIALISE_GATED(lstm_body, step);
}

static void lstm_back(const tl_lstm_back *step) {
    SPECIALISE_GATED(lstm_back_body, step);
}

static void gru(const tl_gru_step *step) {
    SPECIALISE_GATED(gru_body, step);
}

static void gru_back(const tl_gru_back *step) {
    SPECIALISE_GATED(gru_back_body, step);
}

static void gru_reset(const tl_gru_step *step) {
    SPECIALISE_GATED(gru_reset_body, step);
}

static void gru_update(const tl_gru_step *step) {
    SPECIALISE_GATED(gru_update_body, step);
}

static void gru_update_back(const tl_gru_back *step) {
    SPECIALISE_GATED(gru_update_back_body, step);
}

static void gru_reset_back(const tl_gru_back *step) {
    SPECIALISE_GATED(gru_reset_back_body, step);
}

static void rnn(const tl_rnn_step *step) {
    SPECIALISE(rnn_body, step);
}

static void rnn_back(const tl_rnn_back *step) {
    SPECIALISE(rnn_back_body, step);
}

#endif
