#include "model/stream.h"

#include "base/alloc.h"
#include "layers/input.h"
#include "layers/single.h"

#include <string.h>

/* Most floats of a table embedding x kernel for the whole vocabulary: 1 MiB. It is made once, where
 * a batch makes only the rows it needs. */
#define MOST_TABLE 262144

/* A pass for each layer, bound for sequences of one length. */
typedef struct chain {
    tl_single_pass *passes;
    size_t timesteps;            /* 0: not bound */
    tl_single_pass *first, *end; /* those that run */
    float *states;
    size_t values; /* floats of the output */
} chain;

struct tl_stream {
    const tlstm_model *model;
    chain sequences, steps; /* for run() and step() */
    float *memory;          /* that all of the below lie in */
    size_t memory_size;
    size_t states_size; /* floats of all states, in each chain */
    size_t *states;     /* [layers], where each layer's begin */
    float *mask;        /* of the tokens; NULL: none */
    float *table;       /* [vocabulary][gates]; NULL: not folded */
    size_t first;       /* the first layer that runs */
    uint64_t changes;   /* model->changes + 1 when weights were prepared; 0: never */
};

static const tl_layer *layer_at(const tl_stream *stream, size_t index) {
    return stream->model->layers[index];
}

/* Units and parts (h, c) of a layer's state. */
static size_t state_units(const tl_layer *layer) {
    return layer->state_size ? layer->weights[1].dims[0] : 0;
}

static size_t state_parts(const tl_layer *layer) {
    return layer->state_size ? layer->state_size / state_units(layer) : 0;
}

/* A place in the memory; before there is any, only its size counts. */
static float *take(tl_stream *stream, size_t floats) {
    float *place = stream->memory ? stream->memory + stream->memory_size : NULL;
    stream->memory_size += (floats + TL_LANES - 1) / TL_LANES * TL_LANES;
    return place;
}

static size_t values_of(const tl_layer *layer, size_t timesteps) {
    return tl_shape_timesteps(&layer->output, timesteps) * tl_shape_features(&layer->output);
}

/* Where the embedding of a model that takes tokens is. */
static size_t embedding_of(const tlstm_model *model) {
    return model->layers[0]->ops == &tl_input_layer;
}

/* Floats of the folded table; 0: too large, or nothing to fold. */
static size_t table_size(const tl_stream *stream) {
    const tlstm_model *model = stream->model;
    const size_t embedding = embedding_of(model);
    if (!model->takes_tokens || embedding + 1 >= model->layer_count)
        return 0;
    const tl_layer *next = model->layers[embedding + 1];
    if (!next->ops->folds || !next->ops->folds(next, 0))
        return 0;
    const size_t gates = next->weights[0].dims[1],
                 rows = model->layers[embedding]->weights[0].dims[0];
    return rows > MOST_TABLE / gates ? 0 : rows * gates;
}

static size_t scratch_size(const tlstm_model *model, size_t timesteps) {
    size_t largest = 0;
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_single_ops *ops = model->layers[i]->ops->single;
        const size_t size = ops->scratch ? ops->scratch(model->layers[i], timesteps) : 0;
        largest = size > largest ? size : largest;
    }
    return largest;
}

/* Gives everything its place. */
static void lay_out(tl_stream *stream, size_t timesteps) {
    const tlstm_model *model = stream->model;
    const size_t table = table_size(stream);
    stream->memory_size = stream->states_size = 0;
    stream->first = table > 0 ? embedding_of(model) + 1 : 0;
    while (stream->first < model->layer_count &&
           model->layers[stream->first]->ops->single == &tl_single_pass_on)
        stream->first++;
    stream->table = table ? take(stream, table + TL_SINGLE_SLACK) : NULL;
    stream->mask = model->takes_tokens ? take(stream, timesteps) : NULL;
    float *scratch = take(stream, scratch_size(model, timesteps));
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        const tl_single_ops *ops = layer->ops->single;
        stream->sequences.passes[i] = stream->steps.passes[i] = (tl_single_pass){
            .kernels = tl_kernels_for_units(tl_shape_features(&layer->output)),
            .layer = layer,
            .run = ops->run,
            .parameters = model->parameters,
            .prepared = take(stream, ops->prepared ? ops->prepared(layer) : 0),
            .table = i == stream->first ? stream->table : NULL,
            .y = take(stream, values_of(layer, timesteps) + TL_SINGLE_SLACK),
            .scratch = scratch,
        };
        stream->states[i] = stream->states_size;
        stream->states_size += state_parts(layer) * tl_single_row(state_units(layer));
    }
    stream->sequences.states = take(stream, stream->states_size);
    stream->steps.states = take(stream, stream->states_size);
}

/* Whether token 0 is masked. */
static int masks(const tl_stream *stream) {
    const tl_layer *embedding = layer_at(stream, embedding_of(stream->model));
    return stream->model->takes_tokens && embedding->ops->makes_mask(embedding);
}

/* Ties the passes of a chain together for sequences of `timesteps`. */
static void bind(tl_stream *stream, chain *c, size_t timesteps) {
    const float *mask = masks(stream) ? stream->mask : NULL;
    c->timesteps = timesteps;
    c->first = c->passes + stream->first;
    c->end = c->passes + stream->model->layer_count;
    const float *x = NULL;
    c->values = values_of(stream->model->layers[stream->model->layer_count - 1], timesteps);
    for (size_t i = stream->first; i < stream->model->layer_count; i++) {
        tl_single_pass *pass = &c->passes[i];
        const tl_layer_ops *ops = pass->layer->ops;
        pass->steps = timesteps;
        pass->x = x;
        pass->mask = mask;
        pass->state = c->states + stream->states[i];
        if (ops->single->bind)
            ops->single->bind(pass);
        x = pass->y;
        if (ops->passes_mask && !ops->passes_mask(pass->layer))
            mask = NULL;
    }
}

tlstm_status tl_stream_new(const tlstm_model *model, size_t timesteps, tl_stream **stream,
                           tlstm_error **error) {
    tl_stream *made = tl_alloc_zero(1, sizeof *made);
    if (!made)
        return tl_fail_memory(error);
    made->model = model;
    made->sequences.passes = tl_alloc_zero(model->layer_count, sizeof *made->sequences.passes);
    made->steps.passes = tl_alloc_zero(model->layer_count, sizeof *made->steps.passes);
    made->states = tl_alloc_zero(model->layer_count, sizeof *made->states);
    if (made->sequences.passes && made->steps.passes && made->states) {
        lay_out(made, timesteps);
        made->memory = tl_alloc_zero(made->memory_size, sizeof *made->memory);
    }
    if (!made->memory) {
        tl_stream_free(made);
        return tl_fail_memory(error);
    }
    lay_out(made, timesteps);
    bind(made, &made->steps, 1);
    *stream = made;
    return TLSTM_OK;
}

void tl_stream_free(tl_stream *stream) {
    if (!stream)
        return;
    tl_free(stream->sequences.passes);
    tl_free(stream->steps.passes);
    tl_free(stream->states);
    tl_free(stream->memory);
    tl_free(stream);
}

/* table = b, then += embeddings W */
static void make_table(const tl_stream *stream) {
    const tl_layer *embedding = layer_at(stream, stream->first - 1);
    const tl_layer *taker = layer_at(stream, stream->first);
    const float *parameters = stream->model->parameters;
    const size_t rows = embedding->weights[0].dims[0], features = embedding->weights[0].dims[1];
    const size_t gates = taker->weights[0].dims[1];
    for (size_t row = 0; row < rows; row++)
        if (taker->weight_count > 2)
            memcpy(stream->table + row * gates, parameters + taker->weights[2].offset,
                   gates * sizeof *stream->table);
        else
            memset(stream->table + row * gates, 0, gates * sizeof *stream->table);
    tl_kernels_get()->gemm(rows, gates, features, parameters + embedding->weights[0].offset,
                           features, 1, parameters + taker->weights[0].offset, gates, NULL, 1,
                           stream->table, gates);
}

/* What is made from the weights. Both chains share it. */
static TL_OUTLINE void prepare(tl_stream *stream) {
    if (stream->table)
        make_table(stream);
    for (size_t i = stream->first; i < stream->model->layer_count; i++) {
        const tl_single_pass *pass = &stream->steps.passes[i];
        if (pass->layer->ops->single->prepare)
            pass->layer->ops->single->prepare(pass);
    }
    stream->changes = stream->model->changes + 1;
}

static TL_OUTLINE void make_mask(const tl_stream *stream, size_t timesteps, const int32_t *tokens) {
    for (size_t t = 0; t < timesteps; t++)
        stream->mask[t] = tokens[t] != 0;
}

static void run(tl_stream *stream, chain *c, const float *x, const int32_t *tokens, float *y) {
    if (stream->changes != stream->model->changes + 1)
        prepare(stream);
    if (c->first == c->end) {
        memcpy(y, x, c->values * sizeof *y);
        return;
    }
    if (c->first->mask)
        make_mask(stream, c->timesteps, tokens);
    c->first->x = x;
    c->first->tokens = tokens;
    /* Reading what was just written would wait for it, and what is to come would wait too. */
    tl_single_pass *const last = c->end - 1;
    if (last->exact)
        last->y = y;
    for (tl_single_pass *pass = c->first; pass < c->end; pass++)
        pass->run(pass);
    if (!last->exact)
        memcpy(y, last->y, c->values * sizeof *y);
}

void tl_stream_run(tl_stream *stream, size_t timesteps, const float *x, const int32_t *tokens,
                   float *y) {
    if (stream->sequences.timesteps != timesteps)
        bind(stream, &stream->sequences, timesteps);
    memset(stream->sequences.states, 0, stream->states_size * sizeof *stream->sequences.states);
    run(stream, &stream->sequences, x, tokens, y);
}

void tl_stream_step(tl_stream *stream, const float *x, const int32_t *tokens, float *y) {
    run(stream, &stream->steps, x, tokens, y);
}

size_t tl_stream_state_size(const tl_stream *stream) {
    size_t size = 0;
    for (size_t i = 0; i < stream->model->layer_count; i++)
        size += layer_at(stream, i)->state_size;
    return size;
}

/* Part `part` of a layer's state, and where the next one goes outside. */
static float *part_of(const tl_stream *stream, size_t layer, size_t part) {
    return stream->steps.states + stream->states[layer] +
           part * tl_single_row(state_units(layer_at(stream, layer)));
}

void tl_stream_get_state(const tl_stream *stream, float *state) {
    for (size_t i = 0; i < stream->model->layer_count; i++)
        for (size_t part = 0; part < state_parts(layer_at(stream, i)); part++) {
            const size_t units = state_units(layer_at(stream, i));
            memcpy(state, part_of(stream, i, part), units * sizeof *state);
            state += units;
        }
}

void tl_stream_set_state(tl_stream *stream, const float *state) {
    for (size_t i = 0; i < stream->model->layer_count; i++)
        for (size_t part = 0; part < state_parts(layer_at(stream, i)); part++) {
            const size_t units = state_units(layer_at(stream, i));
            memcpy(part_of(stream, i, part), state, units * sizeof *state);
            state += units;
        }
}

void tl_stream_reset(tl_stream *stream) {
    memset(stream->steps.states, 0, stream->states_size * sizeof *stream->steps.states);
}
