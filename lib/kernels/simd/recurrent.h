/*
 * One timestep of LSTM, GRU and SimpleRNN on one tile, forward and backward: everything between the
 * matrix products. Each is written once, for any activations and with or without a mask. Forward
 * the activations are taken of whole planes; what comes between them gets copies for those of which
 * the output is stored. Backward the default activations get a copy into which their slopes are
 * inlined.
 */
#ifndef TL_KERNELS_SIMD_RECURRENT_H
#define TL_KERNELS_SIMD_RECURRENT_H

#include "kernels/simd/activations.h"

#define TANH_INLINED ((const activation){tanh_vector, tanh_slope, linear, 0})
#define SIGMOID_INLINED ((const activation){sigmoid_vector, sigmoid_slope, linear, 0})

/* What a forward step is compiled for. */
typedef struct forward_form {
    int masked;                          /* there is a mask */
    int inlined;                         /* the activations are the default ones, and no calls */
    tl_activation_kind kind, gate_kind;  /* the activations */
    vector_function *value, *gate_value; /* their values again, of what is stored */
} forward_form;

/* Calls `body`, an always-inline function of a step and its form, with as many constants as the
 * step allows. A call for each plane takes an eighth more time than no call. */
#define SPECIALISE_FORWARD(body, step)                                                             \
    do {                                                                                           \
        const int masked = (step)->mask != NULL;                                                   \
        const tl_activation_kind kind = (step)->activation, gate = (step)->recurrent_activation;   \
        if (kind == TL_TANH && gate == TL_SIGMOID)                                                 \
            body(step, (forward_form){masked, 1, TL_TANH, TL_SIGMOID, linear, linear});            \
        else if (!activations[kind].stores_input && !activations[gate].stores_input)               \
            body(step, (forward_form){masked, 0, kind, gate, linear, linear});                     \
        else                                                                                       \
            body(step, (forward_form){masked, 0, kind, gate, activations[kind].value,              \
                                      activations[gate].value});                                   \
    } while (0)

/* The same for the way back, which wants the slopes too. */
#define SPECIALISE_BACK(body, step)                                                                \
    do {                                                                                           \
        int defaults =                                                                             \
            (step)->activation == TL_TANH && (step)->recurrent_activation == TL_SIGMOID;           \
        if (defaults && !(step)->mask)                                                             \
            body(step, TANH_INLINED, SIGMOID_INLINED, 0);                                          \
        else if (defaults)                                                                         \
            body(step, TANH_INLINED, SIGMOID_INLINED, 1);                                          \
        else                                                                                       \
            body(step, activations[(step)->activation], activations[(step)->recurrent_activation], \
                 (step)->mask != NULL);                                                            \
    } while (0)

/* The mask of the lanes from `lane` on; there is none when not `masked`. */
INLINE const float *mask_at(int masked, const float *mask, size_t lane) {
    return masked ? mask + lane : NULL;
}

/* `fresh` in the lanes that the mask lets through, `kept` in the others. */
INLINE vec masked_choice(int masked, const float *mask, vec fresh, vec kept) {
    return masked ? select(differs(load(mask), zeros()), fresh, kept) : fresh;
}

/* In place, leaving what the backward pass wants. */
INLINE void activate_gates(const int inlined, tl_activation_kind kind, size_t n, float *z) {
    if (inlined && kind == TL_TANH)
        map_abreast(tanh_abreast, n, z);
    else if (inlined)
        map_abreast(sigmoid_abreast, n, z);
    else if (!activations[kind].stores_input)
        activate(kind, n, z, z);
}

/* c_t = f * c_{t-1} + i * g; which of the products is rounded does not depend on the compiler. */
INLINE vec next_cell(vec i, vec f, vec g, vec c_before) {
    vec kept = in_register(f * c_before);
    return kept + i * g;
}

/* `n` registers of c and h from place `at` on. */
INLINE void lstm_states(const size_t n, size_t at, const tl_lstm_step *s, const forward_form form) {
    const size_t plane = s->units * s->width;
    const float *gate_i = s->gates, *gate_f = gate_i + plane, *gate_g = gate_f + plane;
    const float *gate_o = gate_g + plane;
    vec activated_c[ABREAST];
    EACH(n) {
        const size_t place = at + k * VL;
        vec i = form.gate_value(load(gate_i + place)), f = form.gate_value(load(gate_f + place));
        vec g = form.value(load(gate_g + place)), c_before = load(s->c_before + place);
        vec c = next_cell(i, f, g, c_before);
        if (form.masked)
            c = masked_choice(1, s->mask + place % s->width, c, c_before);
        store(s->c + place, c);
        activated_c[k] = c;
    }
    if (form.inlined)
        tanh_abreast(n, activated_c);
    else
        EACH(n) activated_c[k] = activations[form.kind].f(activated_c[k]);
    UNROLL for (size_t k = 0; k < n; k++, at += VL) {
        /* h_t = o * activation(c_t) */
        vec h = form.gate_value(load(gate_o + at)) * activated_c[k];
        if (form.masked)
            h = masked_choice(1, s->mask + at % s->width, h, load(s->h_before + at));
        store(s->h + at, h);
        if (s->activated_c)
            store(s->activated_c + at, activated_c[k]);
    }
}

/* Gate after gate, then states: so each loop keeps its constants in registers, and what waits for
 * a division does not keep the next numbers from being begun. */
INLINE void lstm_body(const tl_lstm_step *step, const forward_form form) {
    const tl_lstm_step s = *step;
    const size_t plane = s.units * s.width;
    float *gate_g = s.gates + 2 * plane, *gate_o = gate_g + plane;
    size_t at = 0;
    activate_gates(form.inlined, form.gate_kind, 2 * plane, s.gates);
    activate_gates(form.inlined, form.kind, plane, gate_g);
    activate_gates(form.inlined, form.gate_kind, plane, gate_o);
    for (; form.inlined && at + ABREAST * VL <= plane; at += ABREAST * VL)
        lstm_states(ABREAST, at, &s, form);
    for (; at < plane; at += VL)
        lstm_states(1, at, &s, form);
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

/* The update, the candidate's input being in its gate. */
INLINE void gru_update_h(const tl_gru_step *s, const forward_form form) {
    const size_t plane = s->units * s->width;
    float *gate_z = s->gates, *gate_h = gate_z + 3 * plane;
    activate_gates(form.inlined, form.kind, plane, gate_h);
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        gru_blend(s, at, lane, form.gate_value(load(gate_z + at)), form.value(load(gate_h + at)),
                  form.masked);
        lane = lane + VL < s->width ? lane + VL : 0;
    }
}

/* z = recurrent(z);  r = recurrent(r) */
INLINE void gru_gates(const tl_gru_step *s, const forward_form form) {
    activate_gates(form.inlined, form.gate_kind, 2 * s->units * s->width, s->gates);
}

INLINE void gru_body(const tl_gru_step *step, const forward_form form) {
    const tl_gru_step s = *step;
    const size_t plane = s.units * s.width;
    float *gate_r = s.gates + plane, *of_state = gate_r + plane, *gate_h = of_state + plane;
    gru_gates(&s, form);
    /* h~ = activation(x_h + r * (h U_h + b_h)) */
    for (size_t at = 0; at < plane; at += VL)
        store(gate_h + at,
              load(gate_h + at) + form.gate_value(load(gate_r + at)) * load(of_state + at));
    gru_update_h(&s, form);
}

INLINE void gru_reset_body(const tl_gru_step *step, const forward_form form) {
    const tl_gru_step s = *step;
    const size_t plane = s.units * s.width;
    float *gate_r = s.gates + plane, *of_state = gate_r + plane;
    gru_gates(&s, form);
    /* The candidate's recurrent input is (r * h_{t-1}) U_h. */
    for (size_t at = 0; at < plane; at += VL)
        store(of_state + at, form.gate_value(load(gate_r + at)) * load(s.h_before + at));
}

INLINE void gru_update_body(const tl_gru_step *step, const forward_form form) {
    /* h~ = activation(x_h + (r * h_{t-1}) U_h) */
    const tl_gru_step s = *step;
    gru_update_h(&s, form);
}

/* The gradients of h_t = z * h_{t-1} + (1 - z) * h~ but for r's, which come back as dL/d(h~'s
 * input). */
INLINE vec gru_blend_back(const tl_gru_back *s, size_t at, size_t lane, const activation act,
                          const activation recurrent, const int masked) {
    const size_t plane = s->units * s->width;
    const float *mask = mask_at(masked, s->mask, lane);
    float *gate_z = s->gates + at, *gate_h = gate_z + 3 * plane;
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
        float *gate_r = s.gates + plane + at, *of_state = gate_r + plane;
        vec d_candidate = gru_blend_back(&s, at, lane, act, recurrent, masked);
        /* dL/dr = dL/dh~ * (h U_h + b_h);  dL/d(h U_h + b_h) = dL/dh~ * r */
        vec r = recurrent.value(load(gate_r));
        vec d_r = d_candidate * load(of_state) * recurrent.slope(load(gate_r));
        store(gate_r, masked_choice(masked, mask, d_r, zeros()));
        store(of_state, masked_choice(masked, mask, d_candidate * r, zeros()));
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
        vec d_product = load(s.d_product + at);
        vec dh = load(s.dh + at);
        /* of r * h_{t-1}: dL/dr = d * h_{t-1};  dL/dh_{t-1} += d * r */
        vec d_r = d_product * load(s.h_before + at) * recurrent.slope(load(gate_r));
        store(gate_r, masked_choice(masked, mask, d_r, zeros()));
        store(s.dh + at, masked_choice(masked, mask, dh + d_product * r, dh));
        lane = lane + VL < s.width ? lane + VL : 0;
    }
}

INLINE void rnn_body(const tl_rnn_step *step, const forward_form form) {
    const tl_rnn_step s = *step;
    const size_t plane = s.units * s.width;
    /* h_t = activation(x W + h_{t-1} U + b) */
    activate_gates(0, form.kind, plane, s.gates);
    for (size_t at = 0, lane = 0; at < plane; at += VL) {
        vec h = form.value(load(s.gates + at));
        if (form.masked)
            h = masked_choice(1, s.mask + lane, h, load(s.h_before + at));
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
    SPECIALISE_FORWARD(lstm_body, step);
}

static void lstm_back(const tl_lstm_back *step) {
    SPECIALISE_BACK(lstm_back_body, step);
}

static void gru(const tl_gru_step *step) {
    SPECIALISE_FORWARD(gru_body, step);
}

static void gru_back(const tl_gru_back *step) {
    SPECIALISE_BACK(gru_back_body, step);
}

static void gru_reset(const tl_gru_step *step) {
    const tl_activation_kind kind = step->activation, gate = step->recurrent_activation;
    gru_reset_body(step, (forward_form){0, 0, kind, gate, linear, activations[gate].value});
}

static void gru_update(const tl_gru_step *step) {
    const tl_activation_kind kind = step->activation, gate = step->recurrent_activation;
    gru_update_body(step, (forward_form){step->mask != NULL, 0, kind, gate, activations[kind].value,
                                         activations[gate].value});
}

static void gru_update_back(const tl_gru_back *step) {
    SPECIALISE_BACK(gru_update_back_body, step);
}

static void gru_reset_back(const tl_gru_back *step) {
    SPECIALISE_BACK(gru_reset_back_body, step);
}

static void rnn(const tl_rnn_step *step) {
    const int masked = step->mask != NULL;
    const tl_activation_kind kind = step->activation;
    if (activations[kind].stores_input)
        rnn_body(step, (forward_form){masked, 0, kind, kind, activations[kind].value, linear});
    else
        rnn_body(step, (forward_form){masked, 0, kind, kind, linear, linear});
}

static void rnn_back(const tl_rnn_back *step) {
    if (step->activation == TL_TANH && !step->mask)
        rnn_back_body(step, TANH_INLINED, 0);
    else
        rnn_back_body(step, activations[step->activation], step->mask != NULL);
}

#endif
