/**
 * @file model.h
 * Models: a chain of layers, built by calls or from Keras's configuration; its summary and weights.
 *
 * Shapes are those of one sample, as in Keras's `input_shape`; -1 is Keras's None. Names, defaults,
 * weight layouts and formulas are Keras's.
 */
#ifndef TINYLSTM_MODEL_H
#define TINYLSTM_MODEL_H

#include "tinylstm/data.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A chain of layers with weights and, once compiled, a loss and an optimizer.
 * Ownership: the caller frees it, after all sessions on it.
 * Thread-safety: calls that take `const tlstm_model *`, and sessions, may run in any number of
 * threads at once; a call that takes `tlstm_model *` excludes all others. So does predict or
 * evaluate on a model with stateful layers, whose states go on from one call to the next.
 */
typedef struct tlstm_model tlstm_model;

/** A Sequential model without layers. `name` NULL: "sequential". `seed` starts the generators of
 * initial weights, shuffling and dropout: the same seed gives the same training to the last bit. */
TLSTM_API tlstm_status tlstm_model_new(const char *name, uint64_t seed, tlstm_model **model,
                                       tlstm_error **error);

/** A model from the JSON that `Model.to_json()` or `get_config()` gives, or a file's
 * `model_config`: Sequential, or a functional model that is one chain. Weights are initialised from
 * `seed`. */
TLSTM_API tlstm_status tlstm_model_from_json(const char *json, size_t length, uint64_t seed,
                                             tlstm_model **model, tlstm_error **error);

/** The configuration as Keras's `to_json()` gives it. *json belongs to the caller:
 * tlstm_string_free(). */
TLSTM_API tlstm_status tlstm_model_to_json(const tlstm_model *model, char **json,
                                           tlstm_error **error);
TLSTM_API void tlstm_model_free(tlstm_model *model);

/** Starts the generators of shuffling and dropout anew from `seed`; also those of the initial
 * weights, where the model is not built yet. A model from a file that this library wrote goes on
 * with the seed it had; one that Keras wrote has seed 0. */
TLSTM_API void tlstm_model_set_seed(tlstm_model *model, uint64_t seed);

/** Activations. The values are pinned. */
typedef int32_t tlstm_activation;
enum {
    TLSTM_LINEAR = 0,
    TLSTM_SIGMOID = 1,
    TLSTM_TANH = 2,
    TLSTM_RELU = 3,
    TLSTM_RELU6 = 4,
    TLSTM_LEAKY_RELU = 5,
    TLSTM_ELU = 6,
    TLSTM_SELU = 7,
    TLSTM_SOFTPLUS = 8,
    TLSTM_SOFTSIGN = 9,
    TLSTM_EXPONENTIAL = 10,
    TLSTM_HARD_SIGMOID_KERAS2 = 11, /**< clip(0.2 x + 0.5, 0, 1) */
    TLSTM_HARD_SIGMOID = 12,        /**< relu6(x + 3) / 6, Keras 3 */
    TLSTM_SWISH = 13,
    TLSTM_GELU = 14,
    TLSTM_MISH = 15,
    TLSTM_SOFTMAX = 16
};

/** The input of one sample: (timesteps) of tokens before an Embedding, else (timesteps, features)
 * or (features). A dimension may be -1. `name` NULL: "input_layer". */
TLSTM_API tlstm_status tlstm_model_add_input(tlstm_model *model, size_t ndim, const int64_t *shape,
                                             const char *name, tlstm_error **error);

/** What all layers share. Strings are copied. Initializers, regularizers and constraints are named
 * as in Keras ("glorot_uniform", "l2") or given as Keras's JSON object
 *  ({"class_name": "RandomUniform", "config": {"minval": -0.1, "maxval": 0.1}}); NULL is Keras's
 * default. */
typedef struct tlstm_embedding_options {
    size_t struct_size;
    const char *name;                   /**< NULL: "embedding", "embedding_1", ... */
    const char *embeddings_initializer; /**< NULL: "uniform" */
    const char *embeddings_regularizer;
    const char *embeddings_constraint;
    int32_t mask_zero;    /**< 1: token 0 is padding, later layers skip it */
    int64_t input_length; /**< timesteps, where no input layer says them; 0: any */
    int32_t frozen;       /**< 1: Keras's trainable=False */
} tlstm_embedding_options;
#define TLSTM_EMBEDDING_OPTIONS_INIT                                                               \
    { sizeof(tlstm_embedding_options), NULL, NULL, NULL, NULL, 0, 0, 0 }
TLSTM_API void tlstm_embedding_options_init(tlstm_embedding_options *options);

/** Tokens (timesteps) to vectors (timesteps, output_dim). `options` may be NULL, here and below. */
TLSTM_API tlstm_status tlstm_model_add_embedding(tlstm_model *model, int64_t input_dim,
                                                 int64_t output_dim,
                                                 const tlstm_embedding_options *options,
                                                 tlstm_error **error);

/** Options of LSTM, GRU and SimpleRNN; a layer ignores what it has not. */
typedef struct tlstm_recurrent_options {
    size_t struct_size;
    const char *name;
    int32_t activation;           /**< TLSTM_TANH */
    int32_t recurrent_activation; /**< TLSTM_SIGMOID; LSTM and GRU */
    int32_t use_bias;             /**< 1 */
    int32_t return_sequences;     /**< 0: the last output; 1: all, (timesteps, units) */
    int32_t go_backwards;         /**< 0 */
    int32_t stateful;             /**< 0; 1: predict and fit carry the state from batch to batch */
    int32_t unit_forget_bias;     /**< 1; LSTM: the forget gate's bias starts at 1 */
    int32_t reset_after;          /**< 1; GRU: Keras 2 and 3's form; 0: that of the paper */
    double dropout;               /**< 0; of the inputs, one mask a sample for all timesteps */
    double recurrent_dropout;     /**< 0; of the recurrent state */
    const char *kernel_initializer;    /**< NULL: "glorot_uniform" */
    const char *recurrent_initializer; /**< NULL: "orthogonal" */
    const char *bias_initializer;      /**< NULL: "zeros" */
    const char *kernel_regularizer;
    const char *recurrent_regularizer;
    const char *bias_regularizer;
    const char *kernel_constraint;
    const char *recurrent_constraint;
    const char *bias_constraint;
    int32_t frozen;
} tlstm_recurrent_options;
#define TLSTM_RECURRENT_OPTIONS_INIT                                                               \
    {                                                                                              \
        sizeof(tlstm_recurrent_options), NULL, TLSTM_TANH, TLSTM_SIGMOID, 1, 0, 0, 0, 1, 1, 0.0,   \
            0.0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0                           \
    }
TLSTM_API void tlstm_recurrent_options_init(tlstm_recurrent_options *options);

TLSTM_API tlstm_status tlstm_model_add_lstm(tlstm_model *model, int64_t units,
                                            const tlstm_recurrent_options *options,
                                            tlstm_error **error);
TLSTM_API tlstm_status tlstm_model_add_gru(tlstm_model *model, int64_t units,
                                           const tlstm_recurrent_options *options,
                                           tlstm_error **error);
TLSTM_API tlstm_status tlstm_model_add_simple_rnn(tlstm_model *model, int64_t units,
                                                  const tlstm_recurrent_options *options,
                                                  tlstm_error **error);

typedef struct tlstm_dense_options {
    size_t struct_size;
    const char *name;
    int32_t use_bias;
    const char *kernel_initializer; /**< NULL: "glorot_uniform" */
    const char *bias_initializer;   /**< NULL: "zeros" */
    const char *kernel_regularizer;
    const char *bias_regularizer;
    const char *kernel_constraint;
    const char *bias_constraint;
    int32_t frozen;
} tlstm_dense_options;
#define TLSTM_DENSE_OPTIONS_INIT                                                                   \
    { sizeof(tlstm_dense_options), NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, 0 }
TLSTM_API void tlstm_dense_options_init(tlstm_dense_options *options);

/** activation(x kernel + bias) on the last dimension. */
TLSTM_API tlstm_status tlstm_model_add_dense(tlstm_model *model, int64_t units,
                                             tlstm_activation activation,
                                             const tlstm_dense_options *options,
                                             tlstm_error **error);
/** Sets each input to 0 with probability `rate` while training, and scales the others by
 * 1/(1-rate). */
TLSTM_API tlstm_status tlstm_model_add_dropout(tlstm_model *model, double rate, const char *name,
                                               tlstm_error **error);
TLSTM_API tlstm_status tlstm_model_add_flatten(tlstm_model *model, const char *name,
                                               tlstm_error **error);
TLSTM_API tlstm_status tlstm_model_add_activation(tlstm_model *model, tlstm_activation activation,
                                                  const char *name, tlstm_error **error);

/** Any layer of the library from Keras's class name and its configuration as JSON
 *  (add_layer(model, "LSTM", "{\"units\": 8}")): the way to layers that have no call of their own.
 */
TLSTM_API tlstm_status tlstm_model_add_layer(tlstm_model *model, const char *class_name,
                                             const char *config, tlstm_error **error);

/** Fixes the shapes and makes and initialises the weights. tlstm_model_compile() does it by itself
 * where the input shape is known; without an input layer, say it here (`ndim` 0: it is known). */
TLSTM_API tlstm_status tlstm_model_build(tlstm_model *model, size_t ndim, const int64_t *shape,
                                         tlstm_error **error);

/** What Keras's `model.summary()` prints (the layout of Keras 2, plain ASCII), `width` columns wide
 *  (0: 65). *text belongs to the caller. */
TLSTM_API tlstm_status tlstm_model_summary(const tlstm_model *model, size_t width, char **text,
                                           tlstm_error **error);

TLSTM_API const char *tlstm_model_name(const tlstm_model *model);
/** Numbers of parameters; 0 before the model is built. */
TLSTM_API int64_t tlstm_model_params(const tlstm_model *model);
TLSTM_API int64_t tlstm_model_trainable_params(const tlstm_model *model);

/** Layers, in order. An input layer counts (layer 0 where there is one). Names are borrowed; NULL
 * when `layer` is out of range. */
TLSTM_API size_t tlstm_model_layers(const tlstm_model *model);
TLSTM_API const char *tlstm_model_layer_name(const tlstm_model *model, size_t layer);
TLSTM_API const char *tlstm_model_layer_class(const tlstm_model *model, size_t layer);
/** The shape of one sample that a layer puts out; returns the number of dimensions and writes up to
 *  TLSTM_MAX_DIMS sizes. 0 when unknown. */
TLSTM_API size_t tlstm_model_layer_output(const tlstm_model *model, size_t layer, int64_t *shape);
/** Freezes (0) or thaws (1) a layer by name, as Keras's `layer.trainable`. Takes effect at the next
 *  tlstm_model_compile(). */
TLSTM_API tlstm_status tlstm_model_set_trainable(tlstm_model *model, const char *layer,
                                                 int32_t trainable, tlstm_error **error);

/** Weights in the order of Keras's `get_weights()`. */
TLSTM_API size_t tlstm_model_weights(const tlstm_model *model);
/** "lstm/kernel", "lstm/recurrent_kernel", "lstm/bias", ... Borrowed; NULL when out of range. */
TLSTM_API const char *tlstm_model_weight_name(const tlstm_model *model, size_t weight);
/** A copy of a weight as a float32 array. */
TLSTM_API tlstm_status tlstm_model_get_weight(const tlstm_model *model, size_t weight,
                                              tlstm_array **value, tlstm_error **error);
/** Replaces a weight; the shape must be the same, the dtype may be any. */
TLSTM_API tlstm_status tlstm_model_set_weight(tlstm_model *model, size_t weight,
                                              const tlstm_array *value, tlstm_error **error);

#ifdef __cplusplus
}
#endif

#endif
