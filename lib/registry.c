/* THE lists: what the library knows. An addition is its file and its line here. */
#include "files/format.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "metrics/metric.h"
#include "optimizers/optimizer.h"

extern const tl_layer_ops tl_input_layer, tl_embedding_layer, tl_lstm_layer, tl_gru_layer,
    tl_simple_rnn_layer, tl_dense_layer, tl_dropout_layer, tl_flatten_layer, tl_activation_layer;

const tl_layer_ops *const tl_layers[] = {
    &tl_input_layer,      &tl_embedding_layer,
    &tl_lstm_layer,       &tl_gru_layer,
    &tl_simple_rnn_layer, &tl_dense_layer,
    &tl_dropout_layer,    &tl_flatten_layer,
    &tl_activation_layer, NULL,
};

extern const tl_initializer_class tl_zeros, tl_ones, tl_constant, tl_identity, tl_random_uniform,
    tl_random_normal, tl_truncated_normal, tl_variance_scaling, tl_orthogonal, tl_glorot_uniform,
    tl_glorot_normal, tl_he_uniform, tl_he_normal, tl_lecun_uniform, tl_lecun_normal;

const tl_initializer_class *const tl_initializers[] = {
    &tl_zeros,          &tl_ones,           &tl_constant,         &tl_identity,
    &tl_random_uniform, &tl_random_normal,  &tl_truncated_normal, &tl_variance_scaling,
    &tl_orthogonal,     &tl_glorot_uniform, &tl_glorot_normal,    &tl_he_uniform,
    &tl_he_normal,      &tl_lecun_uniform,  &tl_lecun_normal,     NULL,
};

extern const tl_loss_ops tl_binary_crossentropy, tl_categorical_crossentropy,
    tl_sparse_categorical_crossentropy, tl_mean_squared_error, tl_mean_absolute_error,
    tl_mean_absolute_percentage_error, tl_mean_squared_logarithmic_error, tl_huber, tl_log_cosh,
    tl_hinge, tl_squared_hinge, tl_categorical_hinge, tl_kl_divergence, tl_poisson,
    tl_cosine_similarity;

const tl_loss_ops *const tl_losses[] = {
    &tl_binary_crossentropy,
    &tl_categorical_crossentropy,
    &tl_sparse_categorical_crossentropy,
    &tl_mean_squared_error,
    &tl_mean_absolute_error,
    &tl_mean_absolute_percentage_error,
    &tl_mean_squared_logarithmic_error,
    &tl_huber,
    &tl_log_cosh,
    &tl_hinge,
    &tl_squared_hinge,
    &tl_categorical_hinge,
    &tl_kl_divergence,
    &tl_poisson,
    &tl_cosine_similarity,
    NULL,
};

extern const tl_metric_ops tl_binary_accuracy, tl_categorical_accuracy,
    tl_sparse_categorical_accuracy, tl_cosine_similarity_metric;

const tl_metric_ops *const tl_metrics[] = {
    &tl_binary_accuracy,
    &tl_categorical_accuracy,
    &tl_sparse_categorical_accuracy,
    &tl_cosine_similarity_metric,
    NULL,
};

extern const tl_optimizer_ops tl_sgd, tl_rmsprop, tl_adam, tl_adamw, tl_adagrad, tl_adadelta,
    tl_adamax, tl_nadam;

const tl_optimizer_ops *const tl_optimizers[] = {
    &tl_sgd,      &tl_rmsprop, &tl_adam,  &tl_adamw, &tl_adagrad,
    &tl_adadelta, &tl_adamax,  &tl_nadam, NULL,
};

extern const tl_format tl_keras_h5_format, tl_keras_weights_format, tl_keras_zip_format;

const tl_format *const tl_formats[] = {
    &tl_keras_zip_format,
    &tl_keras_weights_format,
    &tl_keras_h5_format,
    NULL,
};
