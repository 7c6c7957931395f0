/**
 * @file weights.h
 * Weights by name, and from other sources than Keras's model files: NumPy's `.npz`, `.safetensors`,
 * arrays in memory; in Keras's layout or in PyTorch's.
 */
#ifndef TINYLSTM_WEIGHTS_H
#define TINYLSTM_WEIGHTS_H

#include "tinylstm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A copy of the weight `weight` ("kernel", "recurrent_kernel", "bias", "embeddings") of the layer
 * `layer` as a float32 array, in Keras's layout. TLSTM_ERROR_ARGUMENT where the model has not both.
 */
TLSTM_API tlstm_status tlstm_model_get_layer_weight(const tlstm_model *model, const char *layer,
                                                    const char *weight, tlstm_array **value,
                                                    tlstm_error **error);
/** Replaces it; the shape must be the same, the dtype may be any. */
TLSTM_API tlstm_status tlstm_model_set_layer_weight(tlstm_model *model, const char *layer,
                                                    const char *weight, const tlstm_array *value,
                                                    tlstm_error **error);

/** How arrays are named and laid out. The values are pinned. */
enum {
    /**
     * As Keras's `get_weights()`: kernels (inputs, outputs); gates i, f, c, o of an LSTM and z, r,
     * h of a GRU. Names are Keras's of any generation ("lstm/kernel", "lstm/lstm_cell/kernel:0",
     * "sequential/lstm/lstm_cell/kernel", "lstm.kernel"), or numbers in the order of
     * `get_weights()`
     * ("arr_0", as `numpy.savez("w.npz", *model.get_weights())` has them, or "0").
     */
    TLSTM_KERAS_ORDER = 0,
    /**
     * As a PyTorch `state_dict()`: weights (outputs, inputs); gates i, f, g, o of `nn.LSTM` and r,
     * z, n of `nn.GRU`; "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0"
     * (and `nn.RNN`), "fc.weight", "fc.bias" (`nn.Linear`), "embedding.weight"; or numbers in the
     * order of `model.parameters()`. The two biases of an LSTM or RNN are added up. A layer's
     * module is found by its shapes; where modules of the same shapes are to be told apart, by
     * names equal to those of the layers, or by numbers in them (fc1 and fc2, _l0 and _l1), which
     * say the order.
     */
    TLSTM_PYTORCH_ORDER = 1
};

/** How to read arrays as weights. */
typedef struct tlstm_weights_options {
    size_t struct_size;
    int32_t order; /**< TLSTM_KERAS_ORDER */
    /** `module_count` pairs, where names alone do not do: arrays of modules[i] are those of the
     * layer layers[i]. In Keras's order a part of the arrays' names ("lstm_3"), in PyTorch's a
     * module
     * ("encoder.rnn"; the second level of a stacked one is "encoder.rnn.l1"). Borrowed. */
    const char *const *modules;
    const char *const *layers;
    size_t module_count;
} tlstm_weights_options;
#define TLSTM_WEIGHTS_OPTIONS_INIT                                                                 \
    { sizeof(tlstm_weights_options), TLSTM_KERAS_ORDER, NULL, NULL, 0 }
TLSTM_API void tlstm_weights_options_init(tlstm_weights_options *options);

/**
 * All weights of a built model from a `.npz` or `.safetensors` file, whichever its content says.
 * All or nothing: an array that is missing, left over, of another shape or ambiguous is an error
 * that names it. float16, bfloat16 and float64 are converted, which the model's notes tell
 * (tlstm_model_note); integers are TLSTM_ERROR_UNSUPPORTED. `options` may be NULL: Keras's order.
 * The optimizer's state stays as it is.
 */
TLSTM_API tlstm_status tlstm_model_import_weights(tlstm_model *model, const char *path,
                                                  const tlstm_weights_options *options,
                                                  tlstm_error **error);
/** The same from the file's bytes, borrowed for the call. */
TLSTM_API tlstm_status tlstm_model_import_weights_memory(tlstm_model *model, const void *bytes,
                                                         size_t length,
                                                         const tlstm_weights_options *options,
                                                         tlstm_error **error);
/** The same from `count` arrays, float32 or float64, borrowed for the call. `names` NULL: they come
 * in the order that numbers would say. */
TLSTM_API tlstm_status tlstm_model_import_arrays(tlstm_model *model, const char *const *names,
                                                 const tlstm_array *const *values, size_t count,
                                                 const tlstm_weights_options *options,
                                                 tlstm_error **error);

#ifdef __cplusplus
}
#endif

#endif
