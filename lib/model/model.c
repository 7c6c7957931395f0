/* Models: adding layers, fixing shapes, making weights. */
#include "model/model.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "base/text.h"
#include "layers/input.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Weights begin at whole vectors. */
#define ROUND_UP(count) (((count) + TL_LANES - 1) / TL_LANES * TL_LANES)

tlstm_status tl_model_new(const char *name, uint64_t seed, tlstm_model **model,
                          tlstm_error **error) {
    tlstm_model *made = tl_alloc_zero(1, sizeof *made);
    if (made)
        made->name = tl_strdup(name ? name : "sequential");
    if (!made || !made->name) {
        tl_free(made);
        return tl_fail_memory(error);
    }
    made->seed = seed;
    *model = made;
    return TLSTM_OK;
}

void tl_compiled_free(tl_compiled *compiled) {
    if (!compiled)
        return;
    for (size_t s = 0; s < TL_MAX_SLOTS; s++)
        tl_free(compiled->slots[s]);
    tl_free(compiled->metrics);
    tl_free(compiled);
}

void tl_model_free(tlstm_model *model) {
    if (!model)
        return;
    for (size_t i = 0; i < model->layer_count; i++)
        tl_layer_free(model->layers[i]);
    for (size_t i = 0; i < model->note_count; i++)
        tl_free(model->notes[i].text);
    tl_compiled_free(model->compiled);
    tl_free(model->layers);
    tl_free(model->notes);
    tl_free(model->parameters);
    tl_free(model->states);
    tl_free(model->name);
    tl_free(model);
}

tl_layer *tl_model_find_layer(const tlstm_model *model, const char *name) {
    for (size_t i = 0; i < model->layer_count; i++)
        if (strcmp(model->layers[i]->name, name) == 0)
            return model->layers[i];
    return NULL;
}

/* "lstm", "lstm_1", ...: the first that is free. */
static tlstm_status give_default_name(const tlstm_model *model, tl_layer *layer,
                                      tlstm_error **error) {
    for (size_t number = 0;; number++) {
        tl_text name = {0};
        tl_text_append(&name, layer->ops->name);
        if (number)
            tl_text_format(&name, "_%zu", number);
        layer->name = tl_text_take(&name);
        if (!layer->name)
            return tl_fail_memory(error);
        if (!tl_model_find_layer(model, layer->name))
            return TLSTM_OK;
        tl_free(layer->name);
        layer->name = NULL;
    }
}

static tlstm_status check_addition(const tlstm_model *model, const tl_layer *layer,
                                   tlstm_error **error) {
    if (model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, layer->ops->class_name,
                       "the model is built: its layers are fixed");
    if (layer->ops == &tl_input_layer && model->layer_count)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "InputLayer", "it must be the first layer");
    if (layer->name && tl_model_find_layer(model, layer->name))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, layer->name,
                       "the model has a layer of this name already");
    return TLSTM_OK;
}

tlstm_status tl_model_add(tlstm_model *model, tl_layer *layer, tlstm_error **error) {
    tlstm_status status = check_addition(model, layer, error);
    if (!status && !layer->name)
        status = give_default_name(model, layer, error);
    tl_layer **layers = NULL;
    if (!status) {
        layers = tl_realloc(model->layers, model->layer_count + 1, sizeof *layers);
        if (!layers)
            status = tl_fail_memory(error);
    }
    if (status) {
        tl_layer_free(layer);
        return status;
    }
    model->layers = layers;
    layer->index = model->layer_count;
    layers[model->layer_count++] = layer;
    return TLSTM_OK;
}

/* The first layer that computes; NULL in a model without any. */
static const tl_layer *first_computing(const tlstm_model *model) {
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layers[i]->ops != &tl_input_layer)
            return model->layers[i];
    return NULL;
}

/* The shape of one sample: what the caller says, else the input layer, else what a configuration
 * said, else any number of tokens. */
static tlstm_status find_input(const tlstm_model *model, const tl_shape *given, tl_shape *input,
                               tlstm_error **error) {
    const tl_layer *first = model->layers[0];
    tl_shape known = model->input;
    if (first->ops == &tl_input_layer && ((const tl_input_config *)first->config)->shape.ndim)
        known = ((const tl_input_config *)first->config)->shape;
    if (given && given->ndim && known.ndim) {
        int fits = given->ndim == known.ndim;
        for (size_t i = 0; fits && i < known.ndim; i++)
            fits = known.dims[i] < 0 || known.dims[i] == given->dims[i];
        if (!fits)
            return tl_fail(error, TLSTM_ERROR_SHAPE, "shape",
                           "it does not fit the input shape that the model has");
    }
    *input = given && given->ndim ? *given : known;
    if (input->ndim == 0 && first_computing(model)->ops->tokens)
        *input = (tl_shape){.ndim = 1, .dims = {-1}};
    if (input->ndim == 0)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name,
                       "the input shape is not known: add an input layer, or build with a shape");
    input->timed = first_computing(model)->ops->tokens || input->ndim > 1;
    return TLSTM_OK;
}

static tlstm_status build_layers(tlstm_model *model, const tl_shape *input, tlstm_error **error) {
    tl_shape shape = *input;
    for (size_t i = 0; i < model->layer_count; i++) {
        tl_layer *layer = model->layers[i];
        const tl_layer *first = first_computing(model);
        if (layer->ops->tokens && layer != first)
            return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                           "%s is supported as the first layer only", layer->ops->class_name);
        layer->input = shape;
        tlstm_status status = layer->ops->build(layer, error);
        if (status)
            return status;
        shape = layer->output;
    }
    return TLSTM_OK;
}

/* Gives each weight its place in the block of parameters and in a shard's block of gradients. */
static tlstm_status place_weights(tlstm_model *model, tlstm_error **error) {
    size_t parameters = 0, gradients = 0;
    for (size_t i = 0; i < model->layer_count; i++) {
        for (size_t w = 0; w < model->layers[i]->weight_count; w++) {
            tl_weight *weight = &model->layers[i]->weights[w];
            const size_t rows = weight->ndim > 1 ? weight->dims[1] : 1;
            size_t size = 0;
            if (!tl_size_multiply(weight->dims[0], rows, &size) ||
                size > SIZE_MAX / 64 - parameters)
                return tl_fail(error, TLSTM_ERROR_MEMORY, model->layers[i]->name,
                               "%zu x %zu weights do not fit the address space", weight->dims[0],
                               rows);
            tl_text path = {0};
            tl_text_format(&path, "%s/%s", model->layers[i]->name, weight->name);
            weight->path = tl_text_take(&path);
            if (!weight->path)
                return tl_fail_memory(error);
            weight->offset = parameters;
            weight->gradient_offset = gradients;
            parameters += ROUND_UP(size);
            if (!weight->by_rows)
                gradients += ROUND_UP(size);
        }
    }
    model->parameter_count = parameters;
    model->gradient_count = gradients;
    model->parameters = tl_alloc_zero(parameters, sizeof *model->parameters);
    return model->parameters ? TLSTM_OK : tl_fail_memory(error);
}

static tlstm_status initialize_weights(tlstm_model *model, tlstm_error **error) {
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        for (size_t w = 0; w < layer->weight_count; w++) {
            const tl_weight *weight = &layer->weights[w];
            float *values = model->parameters + weight->offset;
            tl_rng rng = tl_rng_new(model->seed, i * TL_MAX_WEIGHTS + w);
            tlstm_status status = tl_initializer_fill(weight->initializer, weight->ndim,
                                                      weight->dims, &rng, values, error);
            if (status)
                return tl_fail_within(error, status, layer->name);
            if (layer->ops->adjust)
                layer->ops->adjust(layer, w, values);
        }
    }
    return TLSTM_OK;
}

tlstm_status tl_model_lay_out(tlstm_model *model, const tl_shape *input, tlstm_error **error) {
    if (model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name, "the model is built already");
    if (!model->layer_count || !first_computing(model))
        return tl_fail(error, TLSTM_ERROR_STATE, model->name, "the model has no layers");
    tl_shape shape;
    tlstm_status status = find_input(model, input, &shape, error);
    if (!status)
        status = build_layers(model, &shape, error);
    if (status)
        return status;
    model->input = shape;
    model->takes_tokens = first_computing(model)->ops->tokens;
    return TLSTM_OK;
}

tlstm_status tl_model_allocate(tlstm_model *model, tlstm_error **error) {
    tlstm_status status = place_weights(model, error);
    model->built = !status;
    return status;
}

/* After a failure: as if build had not been tried. */
static void unbuild(tlstm_model *model) {
    for (size_t i = 0; i < model->layer_count; i++) {
        tl_layer *layer = model->layers[i];
        for (size_t w = 0; w < layer->weight_count; w++)
            tl_free(layer->weights[w].path);
        layer->weight_count = 0;
    }
    tl_free(model->parameters);
    model->parameters = NULL;
    model->built = 0;
}

tlstm_status tl_model_build(tlstm_model *model, const tl_shape *input, tlstm_error **error) {
    const tl_shape known = model->input;
    const int was_built = model->built;
    tlstm_status status = tl_model_lay_out(model, input, error);
    if (!status)
        status = tl_model_allocate(model, error);
    if (!status)
        status = initialize_weights(model, error);
    if (status && !was_built) {
        unbuild(model);
        model->input = known;
    }
    return status;
}

static void number_layers(tlstm_model *model) {
    for (size_t i = 0; i < model->layer_count; i++)
        model->layers[i]->index = i;
}

static void drop_first_layer(tlstm_model *model) {
    tl_layer_free(model->layers[0]);
    model->layer_count--;
    memmove(model->layers, model->layers + 1, model->layer_count * sizeof(*model->layers));
    number_layers(model);
}

static tlstm_status put_input_first(tlstm_model *model, const char *name, tlstm_error **error) {
    if (tl_model_find_layer(model, name))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, name,
                       "the model has a layer of this name already");
    tl_layer **layers = tl_realloc(model->layers, model->layer_count + 1, sizeof *layers);
    if (!layers)
        return tl_fail_memory(error);
    model->layers = layers;
    tl_layer *input = NULL;
    tlstm_status status = tl_layer_new(&tl_input_layer, name, 3, &input, error);
    if (status)
        return status;
    ((tl_input_config *)input->config)->shape = model->input;
    input->input = input->output = model->input;
    memmove(layers + 1, layers, model->layer_count++ * sizeof *layers);
    layers[0] = input;
    number_layers(model);
    return TLSTM_OK;
}

tlstm_status tl_model_set_input_layer(tlstm_model *model, const char *name, tlstm_error **error) {
    const int has_one = model->layers[0]->ops == &tl_input_layer;
    if (name && !has_one)
        return put_input_first(model, name, error);
    if (!name && has_one)
        drop_first_layer(model);
    return TLSTM_OK;
}

tlstm_status tl_model_ensure_built(tlstm_model *model, tlstm_error **error) {
    return model->built ? TLSTM_OK : tl_model_build(model, NULL, error);
}

static tlstm_status make_slots(const tlstm_model *model, tl_compiled *compiled,
                               tlstm_error **error) {
    const struct tlstm_optimizer *optimizer = &compiled->optimizer;
    compiled->slot_count = optimizer->ops->slots(&optimizer->config);
    for (size_t s = 0; s < compiled->slot_count; s++) {
        float *slot = tl_alloc_zero(model->parameter_count, sizeof *slot);
        if (!slot)
            return tl_fail_memory(error);
        compiled->slots[s] = slot;
        if (optimizer->ops->slot_start)
            for (size_t i = 0; i < model->parameter_count; i++)
                slot[i] = (float)optimizer->ops->slot_start(&optimizer->config, s);
    }
    return TLSTM_OK;
}

tlstm_status tl_model_compile(tlstm_model *model, const struct tlstm_optimizer *optimizer,
                              const struct tlstm_loss *loss, const tl_metric *metrics,
                              size_t metric_count, tlstm_error **error) {
    tl_compiled *compiled = tl_alloc_zero(1, sizeof *compiled);
    if (!compiled)
        return tl_fail_memory(error);
    compiled->loss = *loss;
    compiled->optimizer = *optimizer;
    compiled->metric_count = metric_count;
    compiled->metrics = tl_alloc(metric_count, sizeof *metrics);
    tlstm_status status =
        compiled->metrics ? make_slots(model, compiled, error) : tl_fail_memory(error);
    if (status) {
        tl_compiled_free(compiled);
        return status;
    }
    if (metric_count)
        memcpy(compiled->metrics, metrics, metric_count * sizeof *metrics);
    tl_compiled_free(model->compiled);
    model->compiled = compiled;
    return TLSTM_OK;
}

double tl_model_penalty(const tlstm_model *model) {
    double penalty = 0;
    tl_weight_at at;
    for (size_t i = 0; tl_model_weight(model, i, &at); i++)
        if (at.weight->regularizer)
            penalty += tl_regularizer_loss(at.weight->regularizer, at.weight->size, at.values);
    return penalty;
}

static int is_stateful(const tl_layer *layer) {
    return layer->ops->stateful && layer->ops->stateful(layer);
}

int tl_model_is_stateful(const tlstm_model *model) {
    for (size_t i = 0; i < model->layer_count; i++)
        if (is_stateful(model->layers[i]))
            return 1;
    return 0;
}

tlstm_status tl_model_check_batches(const tlstm_model *model, size_t samples, size_t batch_size,
                                    tlstm_error **error) {
    if (!tl_model_is_stateful(model) || samples < batch_size || samples % batch_size == 0)
        return TLSTM_OK;
    return tl_fail(
        error, TLSTM_ERROR_SHAPE, model->name,
        "a stateful model keeps the states of one batch: %zu samples are not a multiple of "
        "the batch size %zu",
        samples, batch_size);
}

size_t tl_model_state_size(const tlstm_model *model) {
    size_t size = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        size += model->layers[i]->state_size;
    return size;
}

tlstm_status tl_model_states(tlstm_model *model, size_t samples, float **states,
                             tlstm_error **error) {
    *states = NULL;
    if (!tl_model_is_stateful(model))
        return TLSTM_OK;
    const size_t size = tl_model_state_size(model);
    if (model->states && model->state_batch != samples)
        return tl_fail(
            error, TLSTM_ERROR_SHAPE, model->name,
            "a stateful model keeps the states of %zu samples; a batch of %zu does not fit "
            "them (reset_states begins anew)",
            model->state_batch, samples);
    if (!model->states) {
        model->states = tl_alloc_zero(samples * size, sizeof *model->states);
        if (!model->states)
            return tl_fail_memory(error);
        model->state_batch = samples;
    }
    for (size_t i = 0, at = 0; i < model->layer_count; at += model->layers[i++]->state_size)
        if (!is_stateful(model->layers[i]))
            for (size_t sample = 0; sample < samples; sample++)
                memset(model->states + sample * size + at, 0,
                       model->layers[i]->state_size * sizeof *model->states);
    *states = model->states;
    return TLSTM_OK;
}

void tl_model_reset_states(tlstm_model *model) {
    tl_free(model->states);
    model->states = NULL;
    model->state_batch = 0;
}

/* Of a kind: a file can have any number of settings that nobody knows. */
enum { MOST_NOTES = 200 };

/* Without memory for it a note is dropped: it is no reason to fail a load. */
static void add_note(tlstm_model *model, tlstm_note_kind kind, const char *line) {
    tl_note *notes = tl_realloc(model->notes, model->note_count + 1, sizeof *notes);
    char *note = notes ? tl_strdup(line) : NULL;
    if (notes)
        model->notes = notes;
    if (note)
        notes[model->note_count++] = (tl_note){note, kind};
}

void tl_model_note(tlstm_model *model, tlstm_note_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *line = tl_format_line(format, arguments);
    va_end(arguments);
    size_t alike = 0;
    int told = !line;
    for (size_t i = 0; i < model->note_count && !told; i++) {
        told = strcmp(model->notes[i].text, line) == 0;
        alike += model->notes[i].kind == kind;
    }
    if (!told && alike < MOST_NOTES)
        add_note(model, kind, line);
    else if (!told && alike == MOST_NOTES)
        add_note(model, kind, "and more of this kind, which is not told");
    tl_free(line);
}

size_t tl_model_weight_count(const tlstm_model *model) {
    size_t count = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        count += model->built ? model->layers[i]->weight_count : 0;
    return count;
}

/* Keras lists the weights of all trainable layers of a model and then the others only inside a
 * layer; a model's weights go layer by layer. */
int tl_model_weight(const tlstm_model *model, size_t index, tl_weight_at *at) {
    for (size_t i = 0; model->built && i < model->layer_count; i++) {
        tl_layer *layer = model->layers[i];
        if (index < layer->weight_count) {
            tl_weight *weight = &layer->weights[index];
            *at = (tl_weight_at){layer, weight, model->parameters + weight->offset};
            return 1;
        }
        index -= layer->weight_count;
    }
    return 0;
}

double tl_model_weight_floats(const tlstm_model *model) {
    double floats = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        for (size_t w = 0; w < model->layers[i]->weight_count; w++) {
            const tl_weight *weight = &model->layers[i]->weights[w];
            floats += (double)weight->dims[0] * (double)(weight->ndim > 1 ? weight->dims[1] : 1);
        }
    return floats;
}

size_t tl_model_vocabulary(const tlstm_model *model) {
    return model->takes_tokens ? first_computing(model)->weights[0].dims[0] : 0;
}

const tl_shape *tl_model_output(const tlstm_model *model) {
    return &model->layers[model->layer_count - 1]->output;
}
