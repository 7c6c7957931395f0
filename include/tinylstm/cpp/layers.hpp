/**
 * @file cpp/layers.hpp
 * Activations and the options of layers; what each means stands in tinylstm/model.h.
 */
#ifndef TINYLSTM_LAYERS_HPP
#define TINYLSTM_LAYERS_HPP

#include "tinylstm/cpp/common.hpp"
#include "tinylstm/model.h"

namespace tinylstm {
inline namespace TINYLSTM_ERRORS {

/** Activations, by Keras's names. */
enum class activation : tlstm_activation {
    linear = TLSTM_LINEAR,
    sigmoid = TLSTM_SIGMOID,
    tanh = TLSTM_TANH,
    relu = TLSTM_RELU,
    relu6 = TLSTM_RELU6,
    leaky_relu = TLSTM_LEAKY_RELU,
    elu = TLSTM_ELU,
    selu = TLSTM_SELU,
    softplus = TLSTM_SOFTPLUS,
    softsign = TLSTM_SOFTSIGN,
    exponential = TLSTM_EXPONENTIAL,
    hard_sigmoid_keras2 = TLSTM_HARD_SIGMOID_KERAS2,
    hard_sigmoid = TLSTM_HARD_SIGMOID,
    swish = TLSTM_SWISH,
    gelu = TLSTM_GELU,
    mish = TLSTM_MISH,
    softmax = TLSTM_SOFTMAX
};

/** See ::tlstm_embedding_options; strings may be nullptr for Keras's default. */
struct embedding_options {
    const char *name = nullptr;
    const char *embeddings_initializer = nullptr;
    const char *embeddings_regularizer = nullptr;
    const char *embeddings_constraint = nullptr;
    bool mask_zero = false;
    std::int64_t input_length = 0;
    bool frozen = false;

    tlstm_embedding_options c_options() const {
        tlstm_embedding_options options = TLSTM_EMBEDDING_OPTIONS_INIT;
        options.name = name;
        options.embeddings_initializer = embeddings_initializer;
        options.embeddings_regularizer = embeddings_regularizer;
        options.embeddings_constraint = embeddings_constraint;
        options.mask_zero = mask_zero;
        options.input_length = input_length;
        options.frozen = frozen;
        return options;
    }
};

/** Of LSTM, GRU and SimpleRNN; see ::tlstm_recurrent_options. */
struct recurrent_options {
    const char *name = nullptr;
    tinylstm::activation activation = tinylstm::activation::tanh;
    tinylstm::activation recurrent_activation = tinylstm::activation::sigmoid;
    bool use_bias = true;
    bool return_sequences = false;
    bool go_backwards = false;
    bool stateful = false;
    bool unit_forget_bias = true;
    bool reset_after = true;
    double dropout = 0.0;
    double recurrent_dropout = 0.0;
    const char *kernel_initializer = nullptr;
    const char *recurrent_initializer = nullptr;
    const char *bias_initializer = nullptr;
    const char *kernel_regularizer = nullptr;
    const char *recurrent_regularizer = nullptr;
    const char *bias_regularizer = nullptr;
    const char *kernel_constraint = nullptr;
    const char *recurrent_constraint = nullptr;
    const char *bias_constraint = nullptr;
    bool frozen = false;

    tlstm_recurrent_options c_options() const {
        tlstm_recurrent_options options = TLSTM_RECURRENT_OPTIONS_INIT;
        options.name = name;
        options.activation = static_cast<tlstm_activation>(activation);
        options.recurrent_activation = static_cast<tlstm_activation>(recurrent_activation);
        options.use_bias = use_bias;
        options.return_sequences = return_sequences;
        options.go_backwards = go_backwards;
        options.stateful = stateful;
        options.unit_forget_bias = unit_forget_bias;
        options.reset_after = reset_after;
        options.dropout = dropout;
        options.recurrent_dropout = recurrent_dropout;
        options.kernel_initializer = kernel_initializer;
        options.recurrent_initializer = recurrent_initializer;
        options.bias_initializer = bias_initializer;
        options.kernel_regularizer = kernel_regularizer;
        options.recurrent_regularizer = recurrent_regularizer;
        options.bias_regularizer = bias_regularizer;
        options.kernel_constraint = kernel_constraint;
        options.recurrent_constraint = recurrent_constraint;
        options.bias_constraint = bias_constraint;
        options.frozen = frozen;
        return options;
    }
};

/** See ::tlstm_dense_options. */
struct dense_options {
    const char *name = nullptr;
    bool use_bias = true;
    const char *kernel_initializer = nullptr;
    const char *bias_initializer = nullptr;
    const char *kernel_regularizer = nullptr;
    const char *bias_regularizer = nullptr;
    const char *kernel_constraint = nullptr;
    const char *bias_constraint = nullptr;
    bool frozen = false;

    tlstm_dense_options c_options() const {
        tlstm_dense_options options = TLSTM_DENSE_OPTIONS_INIT;
        options.name = name;
        options.use_bias = use_bias;
        options.kernel_initializer = kernel_initializer;
        options.bias_initializer = bias_initializer;
        options.kernel_regularizer = kernel_regularizer;
        options.bias_regularizer = bias_regularizer;
        options.kernel_constraint = kernel_constraint;
        options.bias_constraint = bias_constraint;
        options.frozen = frozen;
        return options;
    }
};

} // namespace TINYLSTM_ERRORS
} // namespace tinylstm

#endif
