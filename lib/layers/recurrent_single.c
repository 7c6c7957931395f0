/* LSTM, GRU and SimpleRNN on one sample: the kernels walk through the timesteps, what is made for
 * them here is the kernels' layout and, for many timesteps, x W. */
#include "layers/recurrent.h"
#include "layers/single.h"

#include <string.h>

/* Where things lie in what prepare() makes. */
typedef struct layout {
    size_t units, features, all; /* all gates' units */
    size_t gates;                /* that the packed kernel has */
    size_t candidate;            /* the packed kernel of a candidate apart; 0: none */
    size_t kernel;               /* packed, for few timesteps; not beside a candidate */
    size_t bias, recurrent_bias, total;
} layout;

static const tl_recurrent_config *config_of(const tl_layer *layer) {
    return layer->config;
}

static layout layout_of(const tl_layer *layer) {
    layout l = {.units = (size_t)config_of(layer)->units, .all = layer->weights[1].dims[1]};
    l.features = layer->weights[0].dims[0];
    l.gates = l.all / l.units;
    /* A GRU that resets before the product has the candidate's by itself. */
    const int apart = l.gates == 3 && !config_of(layer)->reset_after;
    l.gates -= apart;
    l.kernel = tl_single_packed(l.units, l.gates, l.units);
    if (apart) {
        l.candidate = l.kernel;
        l.kernel += tl_single_packed(l.units, 1, l.units);
    }
    l.bias = l.kernel + (apart ? 0 : tl_single_packed(l.features, l.gates, l.units));
    l.recurrent_bias = l.bias + tl_single_row(l.all);
    l.total = l.recurrent_bias + tl_single_row(l.all);
    return l;
}

static size_t prepared(const tl_layer *layer) {
    return layout_of(layer).total;
}

/* Scratch: a second h, the GRU's update gate and reset state, x W. */
enum { OTHER_H, UPDATE, RESET, ROWS };

static size_t scratch(const tl_layer *layer, size_t timesteps) {
    const layout l = layout_of(layer);
    return ROWS * tl_single_row(l.units) + timesteps * l.all + TL_SINGLE_SLACK;
}

static void prepare(const tl_single_pass *pass) {
    const tl_layer *layer = pass->layer;
    const layout l = layout_of(layer);
    const float *kernel = pass->parameters + layer->weights[1].offset;
    pass->kernels->pack_single(l.units, l.gates, l.units, kernel, l.all, pass->prepared);
    if (l.candidate)
        pass->kernels->pack_single(l.units, 1, l.units, kernel + l.gates * l.units, l.all,
                                   pass->prepared + l.candidate);
    else
        pass->kernels->pack_single(l.features, l.gates, l.units,
                                   pass->parameters + layer->weights[0].offset, l.all,
                                   pass->prepared + l.kernel);
    if (!config_of(layer)->use_bias)
        return;
    const float *bias = pass->parameters + layer->weights[2].offset;
    memcpy(pass->prepared + l.bias, bias, l.all * sizeof *bias);
    if (layer->weights[2].size > l.all)
        memcpy(pass->prepared + l.recurrent_bias, bias + l.all, l.all * sizeof *bias);
}

/* Without sequences the last state is the output. */
static void bind(tl_single_pass *pass) {
    const layout l = layout_of(pass->layer);
    const tl_recurrent_config *config = config_of(pass->layer);
    const size_t row = tl_single_row(l.units);
    if (!config->return_sequences)
        pass->y = pass->state;
    pass->call.recurrent = (tl_single){
        .steps = pass->steps,
        .units = l.units,
        .inputs = l.features,
        .activation = config->activation->kind,
        .recurrent_activation = config->recurrent_activation->kind,
        .backwards = config->go_backwards,
        .packed = pass->prepared,
        .packed_candidate = l.candidate ? pass->prepared + l.candidate : NULL,
        .bias = config->use_bias && !pass->table ? pass->prepared + l.bias : NULL,
        .recurrent_bias = config->use_bias ? pass->prepared + l.recurrent_bias : NULL,
        .packed_input = pass->prepared + l.kernel,
        .z = pass->table ? (float *)pass->table : pass->scratch + ROWS * row,
        .z_row = l.all,
        .mask = pass->mask,
        .h = pass->state,
        .c = pass->state + row,
        .other_h = pass->scratch + OTHER_H * row,
        .update = pass->scratch + UPDATE * row,
        .reset = pass->scratch + RESET * row,
        .outputs = config->return_sequences ? pass->y : NULL,
    };
}

/* Whether one timestep of few units may go with two gates in a register: where the best registers
 * are twice as wide as those the units lie in. */
static int fits_pairs(const tl_single_pass *pass) {
    const tl_recurrent_config *config = config_of(pass->layer);
    const tl_kernels *best = tl_kernels_get();
    return best->lstm_pairs && pass->kernels->lanes * 2 == best->lanes &&
           (size_t)config->units <= pass->kernels->lanes && pass->steps == 1 && !pass->table &&
           !pass->mask && config->activation->kind == TL_TANH &&
           config->recurrent_activation->kind == TL_SIGMOID;
}

static void bind_lstm(tl_single_pass *pass) {
    bind(pass);
    pass->cell = fits_pairs(pass) ? tl_kernels_get()->lstm_pairs : pass->kernels->lstm_single;
}

static void bind_gru(tl_single_pass *pass) {
    bind(pass);
    pass->cell = pass->kernels->gru_single;
}

static void bind_simple_rnn(tl_single_pass *pass) {
    bind(pass);
    pass->cell = pass->kernels->rnn_single;
}

/* More timesteps share one reading of the kernel. */
#define FEW_STEPS 4

/* z = x W for all timesteps */
static void input_products(const tl_single_pass *pass) {
    const tl_weight *kernel = &pass->layer->weights[0];
    const size_t features = kernel->dims[0], all = kernel->dims[1];
    pass->kernels->gemm(pass->steps, all, features, pass->x, features, 1,
                        pass->parameters + kernel->offset, all, NULL, 0, pass->call.recurrent.z,
                        all);
}

/* The kernel's call, with the input that it wants. */
static const tl_single *call_of(tl_single_pass *pass) {
    tl_single *call = &pass->call.recurrent;
    if (pass->table)
        call->rows = pass->tokens;
    else if (pass->steps < FEW_STEPS && !call->packed_candidate)
        call->x = pass->x;
    else
        input_products(pass);
    return call;
}

static void run(tl_single_pass *pass) {
    pass->cell(call_of(pass));
}

const tl_single_ops tl_lstm_single = {prepared, prepare, scratch, bind_lstm, run};
const tl_single_ops tl_gru_single = {prepared, prepare, scratch, bind_gru, run};
const tl_single_ops tl_simple_rnn_single = {prepared, prepare, scratch, bind_simple_rnn, run};
