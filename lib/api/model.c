/* The public functions of tinylstm/model.h, but those that speak JSON (api/file.c). */
#include "tinylstm/model.h"

#include "api/options.h"
#include "base/alloc.h"
#include "data/array.h"
#include "files/keras_config.h"
#include "layers/dense.h"
#include "layers/embedding.h"
#include "layers/input.h"
#include "layers/recurrent.h"
#include "model/summary.h"

#include <string.h>

tlstm_status tlstm_model_new(const char *name, uint64_t seed, tlstm_model **model,
                             tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    return status ? status : tl_model_new(name, seed, model, error);
}

void tlstm_model_free(tlstm_model *model) {
    tl_model_free(model);
}

void tlstm_model_set_seed(tlstm_model *model, uint64_t seed) {
    if (!model)
        return;
    model->seed = seed;
    model->epochs_seen = model->steps_seen = 0;
}

/* A layer in the making: what the add calls have in common. */
typedef struct adding {
    tlstm_model *model;
    tl_layer *layer;
    tlstm_error **error;
    tlstm_status status;
} adding;

static adding add_begin(tlstm_model *model, const tl_layer_ops *ops, const char *name,
                        tlstm_error **error) {
    adding add = {.model = model, .error = error};
    add.status = tl_require(model, "model", error);
    if (!add.status)
        add.status = tl_layer_new(ops, name, 3, &add.layer, error);
    return add;
}

/* Sets a field from a name or JSON; NULL leaves the default. */
static void add_text(adding *add, const char *key, const char *text) {
    if (add->status || !text)
        return;
    const tl_field *field = tl_field_find(add->layer->ops->fields, key);
    add->status = tl_keras_read_text(field, text, add->layer->config, add->error);
}

/* Sets a field from a number, within its range. */
static void add_number(adding *add, const char *key, double value) {
    if (add->status)
        return;
    const tl_field *field = tl_field_find(add->layer->ops->fields, key);
    /* Layers that lack a setting have no field for it. */
    if (field)
        add->status = tl_field_set_number(field, add->layer->config, value, add->error);
}

static void add_activation(adding *add, const char *key, tlstm_activation value) {
    if (add->status)
        return;
    const tl_activation *activation = tl_activation_by_value(value);
    const tl_field *field = tl_field_find(add->layer->ops->fields, key);
    if (!activation)
        add->status =
            tl_fail(add->error, TLSTM_ERROR_ARGUMENT, key, "there is no activation %d", value);
    else if (field)
        memcpy((char *)add->layer->config + field->offset, &activation, sizeof activation);
}

static tlstm_status add_end(adding *add) {
    if (!add->status)
        return tl_model_add(add->model, add->layer, add->error);
    tl_layer_free(add->layer);
    return add->status;
}

static tlstm_status read_shape(size_t ndim, const int64_t *dims, tl_shape *shape,
                               tlstm_error **error) {
    if (ndim < 1 || ndim > TLSTM_MAX_DIMS - 1)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "ndim", "must be 1 to %d, not %zu",
                       TLSTM_MAX_DIMS - 1, ndim);
    tlstm_status status = tl_require(dims, "shape", error);
    for (size_t i = 0; !status && i < ndim; i++)
        if (dims[i] == 0 || dims[i] < -1 || (i && dims[i] < 0))
            status =
                tl_fail(error, TLSTM_ERROR_SHAPE, "shape",
                        "dimension %zu is %lld; sizes are positive, and only the first may be -1",
                        i, (long long)dims[i]);
    if (status)
        return status;
    *shape = (tl_shape){.ndim = ndim};
    memcpy(shape->dims, dims, ndim * sizeof *dims);
    return TLSTM_OK;
}

tlstm_status tlstm_model_add_input(tlstm_model *model, size_t ndim, const int64_t *shape,
                                   const char *name, tlstm_error **error) {
    tl_shape checked;
    tlstm_status status = read_shape(ndim, shape, &checked, error);
    if (status)
        return status;
    adding add = add_begin(model, &tl_input_layer, name, error);
    if (!add.status)
        ((tl_input_config *)add.layer->config)->shape = checked;
    return add_end(&add);
}

void tlstm_embedding_options_init(tlstm_embedding_options *options) {
    *options = (tlstm_embedding_options)TLSTM_EMBEDDING_OPTIONS_INIT;
}

tlstm_status tlstm_model_add_embedding(tlstm_model *model, int64_t input_dim, int64_t output_dim,
                                       const tlstm_embedding_options *options,
                                       tlstm_error **error) {
    tlstm_embedding_options known = TLSTM_EMBEDDING_OPTIONS_INIT;
    tlstm_status status = tl_options_read(options, "options", &known, sizeof known, error);
    if (status)
        return status;
    if (known.input_length < 0)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "input_length", "must not be negative");
    adding add = add_begin(model, &tl_embedding_layer, known.name, error);
    add_number(&add, "input_dim", (double)input_dim);
    add_number(&add, "output_dim", (double)output_dim);
    add_number(&add, "mask_zero", known.mask_zero);
    add_text(&add, "embeddings_initializer", known.embeddings_initializer);
    add_text(&add, "embeddings_regularizer", known.embeddings_regularizer);
    add_text(&add, "embeddings_constraint", known.embeddings_constraint);
    if (!add.status)
        add.layer->trainable = !known.frozen;
    status = add_end(&add);
    if (!status && known.input_length)
        model->input = (tl_shape){.ndim = 1, .dims = {known.input_length}};
    return status;
}

void tlstm_recurrent_options_init(tlstm_recurrent_options *options) {
    *options = (tlstm_recurrent_options)TLSTM_RECURRENT_OPTIONS_INIT;
}

static void add_recurrent_numbers(adding *add, int64_t units,
                                  const tlstm_recurrent_options *known) {
    add_number(add, "units", (double)units);
    add_number(add, "use_bias", known->use_bias);
    add_number(add, "return_sequences", known->return_sequences);
    add_number(add, "go_backwards", known->go_backwards);
    add_number(add, "stateful", known->stateful);
    add_number(add, "unit_forget_bias", known->unit_forget_bias);
    add_number(add, "reset_after", known->reset_after);
    add_number(add, "dropout", known->dropout);
    add_number(add, "recurrent_dropout", known->recurrent_dropout);
    add_activation(add, "activation", known->activation);
    add_activation(add, "recurrent_activation", known->recurrent_activation);
}

static tlstm_status add_recurrent(tlstm_model *model, const tl_layer_ops *ops, int64_t units,
                                  const tlstm_recurrent_options *options, tlstm_error **error) {
    tlstm_recurrent_options known = TLSTM_RECURRENT_OPTIONS_INIT;
    tlstm_status status = tl_options_read(options, "options", &known, sizeof known, error);
    if (status)
        return status;
    adding add = add_begin(model, ops, known.name, error);
    add_recurrent_numbers(&add, units, &known);
    add_text(&add, "kernel_initializer", known.kernel_initializer);
    add_text(&add, "recurrent_initializer", known.recurrent_initializer);
    add_text(&add, "bias_initializer", known.bias_initializer);
    add_text(&add, "kernel_regularizer", known.kernel_regularizer);
    add_text(&add, "recurrent_regularizer", known.recurrent_regularizer);
    add_text(&add, "bias_regularizer", known.bias_regularizer);
    add_text(&add, "kernel_constraint", known.kernel_constraint);
    add_text(&add, "recurrent_constraint", known.recurrent_constraint);
    add_text(&add, "bias_constraint", known.bias_constraint);
    if (!add.status)
        add.layer->trainable = !known.frozen;
    return add_end(&add);
}

/* The layers without a configuration of their own to include are found by Keras's name. */
tlstm_status tlstm_model_add_lstm(tlstm_model *model, int64_t units,
                                  const tlstm_recurrent_options *options, tlstm_error **error) {
    return add_recurrent(model, tl_layer_find("LSTM"), units, options, error);
}

tlstm_status tlstm_model_add_gru(tlstm_model *model, int64_t units,
                                 const tlstm_recurrent_options *options, tlstm_error **error) {
    return add_recurrent(model, tl_layer_find("GRU"), units, options, error);
}

tlstm_status tlstm_model_add_simple_rnn(tlstm_model *model, int64_t units,
                                        const tlstm_recurrent_options *options,
                                        tlstm_error **error) {
    return add_recurrent(model, tl_layer_find("SimpleRNN"), units, options, error);
}

void tlstm_dense_options_init(tlstm_dense_options *options) {
    *options = (tlstm_dense_options)TLSTM_DENSE_OPTIONS_INIT;
}

tlstm_status tlstm_model_add_dense(tlstm_model *model, int64_t units, tlstm_activation activation,
                                   const tlstm_dense_options *options, tlstm_error **error) {
    tlstm_dense_options known = TLSTM_DENSE_OPTIONS_INIT;
    tlstm_status status = tl_options_read(options, "options", &known, sizeof known, error);
    if (status)
        return status;
    adding add = add_begin(model, &tl_dense_layer, known.name, error);
    add_number(&add, "units", (double)units);
    add_activation(&add, "activation", activation);
    add_number(&add, "use_bias", known.use_bias);
    add_text(&add, "kernel_initializer", known.kernel_initializer);
    add_text(&add, "bias_initializer", known.bias_initializer);
    add_text(&add, "kernel_regularizer", known.kernel_regularizer);
    add_text(&add, "bias_regularizer", known.bias_regularizer);
    add_text(&add, "kernel_constraint", known.kernel_constraint);
    add_text(&add, "bias_constraint", known.bias_constraint);
    if (!add.status)
        add.layer->trainable = !known.frozen;
    return add_end(&add);
}

tlstm_status tlstm_model_add_dropout(tlstm_model *model, double rate, const char *name,
                                     tlstm_error **error) {
    adding add = add_begin(model, tl_layer_find("Dropout"), name, error);
    add_number(&add, "rate", rate);
    return add_end(&add);
}

tlstm_status tlstm_model_add_flatten(tlstm_model *model, const char *name, tlstm_error **error) {
    adding add = add_begin(model, tl_layer_find("Flatten"), name, error);
    return add_end(&add);
}

tlstm_status tlstm_model_add_activation(tlstm_model *model, tlstm_activation activation,
                                        const char *name, tlstm_error **error) {
    adding add = add_begin(model, tl_layer_find("Activation"), name, error);
    add_activation(&add, "activation", activation);
    return add_end(&add);
}

tlstm_status tlstm_model_build(tlstm_model *model, size_t ndim, const int64_t *shape,
                               tlstm_error **error) {
    tl_shape checked = {0};
    tlstm_status status = tl_require(model, "model", error);
    if (!status && ndim)
        status = read_shape(ndim, shape, &checked, error);
    return status ? status : tl_model_build(model, ndim ? &checked : NULL, error);
}

tlstm_status tlstm_model_summary(const tlstm_model *model, size_t width, char **text,
                                 tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(text, "text", error);
    return status ? status : tl_model_summary(model, width, text, error);
}

const char *tlstm_model_name(const tlstm_model *model) {
    return model ? model->name : NULL;
}

int64_t tlstm_model_params(const tlstm_model *model) {
    int64_t all = 0, trainable = 0;
    if (model)
        tl_model_count(model, &all, &trainable);
    return all;
}

int64_t tlstm_model_trainable_params(const tlstm_model *model) {
    int64_t all = 0, trainable = 0;
    if (model)
        tl_model_count(model, &all, &trainable);
    return trainable;
}

size_t tlstm_model_layers(const tlstm_model *model) {
    return model ? model->layer_count : 0;
}

static const tl_layer *layer_at(const tlstm_model *model, size_t layer) {
    return model && layer < model->layer_count ? model->layers[layer] : NULL;
}

const char *tlstm_model_layer_name(const tlstm_model *model, size_t layer) {
    const tl_layer *found = layer_at(model, layer);
    return found ? found->name : NULL;
}

const char *tlstm_model_layer_class(const tlstm_model *model, size_t layer) {
    const tl_layer *found = layer_at(model, layer);
    return found ? found->ops->class_name : NULL;
}

size_t tlstm_model_layer_output(const tlstm_model *model, size_t layer, int64_t *shape) {
    const tl_layer *found = layer_at(model, layer);
    if (!found || !model->built || !shape)
        return 0;
    memcpy(shape, found->output.dims, found->output.ndim * sizeof *shape);
    return found->output.ndim;
}

tlstm_status tlstm_model_set_trainable(tlstm_model *model, const char *layer, int32_t trainable,
                                       tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(layer, "layer", error);
    if (status)
        return status;
    tl_layer *found = tl_model_find_layer(model, layer);
    if (!found)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, layer, "the model has no layer of this name");
    found->trainable = trainable != 0;
    return TLSTM_OK;
}

size_t tlstm_model_weights(const tlstm_model *model) {
    return model ? tl_model_weight_count(model) : 0;
}

const char *tlstm_model_weight_name(const tlstm_model *model, size_t weight) {
    tl_weight_at at;
    return model && tl_model_weight(model, weight, &at) ? at.weight->path : NULL;
}

static tlstm_status find_weight(const tlstm_model *model, size_t weight, const void *value,
                                tl_weight_at *at, tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(value, "value", error);
    if (status)
        return status;
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name, "the model is not built");
    if (!tl_model_weight(model, weight, at))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "weight",
                       "%zu is not below the number of weights, %zu", weight,
                       tl_model_weight_count(model));
    return TLSTM_OK;
}

tlstm_status tlstm_model_get_weight(const tlstm_model *model, size_t weight, tlstm_array **value,
                                    tlstm_error **error) {
    tl_weight_at at;
    tlstm_array *array = NULL;
    tlstm_status status = find_weight(model, weight, value, &at, error);
    if (status)
        return status;
    const int64_t shape[2] = {(int64_t)at.weight->dims[0], (int64_t)at.weight->dims[1]};
    status = tl_array_new(TLSTM_FLOAT32, at.weight->ndim, shape, &array, error);
    if (status)
        return status;
    memcpy(array->data, at.values, at.weight->size * sizeof(float));
    *value = array;
    return TLSTM_OK;
}

tlstm_status tlstm_model_set_weight(tlstm_model *model, size_t weight, const tlstm_array *value,
                                    tlstm_error **error) {
    tl_weight_at at;
    tlstm_status status = find_weight(model, weight, value, &at, error);
    if (status)
        return status;
    int fits = value->ndim == at.weight->ndim;
    for (size_t i = 0; fits && i < value->ndim; i++)
        fits = value->shape[i] == (int64_t)at.weight->dims[i];
    if (!fits)
        return tl_fail(error, TLSTM_ERROR_SHAPE, at.weight->path,
                       at.weight->ndim > 1 ? "the weight's shape is (%zu, %zu)"
                                           : "the weight's shape is (%zu)",
                       at.weight->dims[0], at.weight->dims[1]);
    float *values = tl_alloc(at.weight->size, sizeof *values);
    if (!values)
        return tl_fail_memory(error);
    status = tl_convert(values, TLSTM_FLOAT32, value->data, value->dtype, value->size, error);
    if (!status) {
        memcpy(at.values, values, at.weight->size * sizeof *values);
        model->changes++;
    }
    tl_free(values);
    return status;
}
