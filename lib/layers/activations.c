/* THE list of activations. "hard_sigmoid" is two: Keras 3 took another formula for the name. */
#include "layers/activation.h"

#include "base/text.h"
#include "tinylstm/model.h"

#include <string.h>

const tl_activation tl_activations[] = {
    {"linear", "", TLSTM_LINEAR, 0, TL_LINEAR, 0},
    {"sigmoid", "", TLSTM_SIGMOID, 0, TL_SIGMOID, 0},
    {"tanh", "", TLSTM_TANH, 0, TL_TANH, 0},
    {"relu", "", TLSTM_RELU, 0, TL_RELU, 0},
    {"relu6", "", TLSTM_RELU6, 0, TL_RELU6, 0},
    {"leaky_relu", "", TLSTM_LEAKY_RELU, 0, TL_LEAKY_RELU, 0},
    {"elu", "", TLSTM_ELU, 0, TL_ELU, 0},
    {"selu", "", TLSTM_SELU, 0, TL_SELU, 0},
    {"softplus", "", TLSTM_SOFTPLUS, 0, TL_SOFTPLUS, 0},
    {"softsign", "", TLSTM_SOFTSIGN, 0, TL_SOFTSIGN, 0},
    {"exponential", "", TLSTM_EXPONENTIAL, 0, TL_EXPONENTIAL, 0},
    {"hard_sigmoid", "", TLSTM_HARD_SIGMOID_KERAS2, 0, TL_HARD_SIGMOID_KERAS2, 2},
    {"hard_sigmoid", "", TLSTM_HARD_SIGMOID, 0, TL_HARD_SIGMOID_KERAS3, 3},
    {"swish", "silu", TLSTM_SWISH, 0, TL_SWISH, 0},
    {"gelu", "", TLSTM_GELU, 0, TL_GELU, 0},
    {"mish", "", TLSTM_MISH, 0, TL_MISH, 0},
    {"softmax", "", TLSTM_SOFTMAX, 1, TL_LINEAR, 0},
    {0},
};

static int is_of(const tl_activation *activation, int generation) {
    int wanted = generation < 3 ? 2 : 3;
    return activation->generation == 0 || activation->generation == wanted;
}

const tl_activation *tl_activation_by_name(const char *name, int generation) {
    for (const tl_activation *entry = tl_activations; entry->name; entry++) {
        int named = strcmp(entry->name, name) == 0 || tl_text_has_word(entry->aliases, name);
        if (named && is_of(entry, generation))
            return entry;
    }
    return NULL;
}

const tl_activation *tl_activation_by_value(int32_t value) {
    for (const tl_activation *entry = tl_activations; entry->name; entry++)
        if (entry->value == value)
            return entry;
    return NULL;
}
