#include "files/keras_target.h"

#include "base/text.h"
#include "files/keras_config.h"

#include <string.h>

static const tl_keras_target targets[] = {
    [TLSTM_KERAS_COMMON] = {"Keras", NULL, 2, 0, 0}, /* the version follows from the model */
    [TLSTM_KERAS_2] = {"stand-alone Keras 2", "2.2.4", 2, 1, 1},
    [TLSTM_KERAS_TF_2_10] = {"Keras of TensorFlow 2.10", "2.10.0", 2, 1, 0},
    [TLSTM_KERAS_TF_2_15] = {"Keras of TensorFlow 2.15", "2.15.0", 2, 0, 0},
    [TLSTM_KERAS_3] = {"Keras 3", "3.15.0", 3, 0, 0},
};
enum { TARGETS = sizeof targets / sizeof targets[0] };

/* Stand-alone Keras has fewer activations than there are now. */
static int is_in_keras2(const tl_activation *activation) {
    return tl_text_has_word("linear sigmoid tanh relu elu selu softplus softsign exponential "
                            "hard_sigmoid softmax",
                            activation->name);
}

static tlstm_status check_activation(const tl_layer *layer, const tl_activation *activation,
                                     const tl_keras_target *target, tlstm_error **error) {
    if (activation->generation && activation->generation != target->generation)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name,
                       "this hard_sigmoid is that of Keras %d, which %s computes otherwise",
                       activation->generation, target->called);
    if (target->stand_alone && !is_in_keras2(activation))
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer->name, "%s has no activation %s",
                       target->called, activation->name);
    return TLSTM_OK;
}

static tlstm_status check_activations(const tlstm_model *model, const tl_keras_target *target,
                                      tlstm_error **error) {
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        for (const tl_field *field = layer->ops->fields; field->key; field++) {
            if (field->kind != TL_FIELD_ACTIVATION)
                continue;
            const void *place = (const char *)layer->config + field->offset;
            tlstm_status status =
                check_activation(layer, *(const tl_activation *const *)place, target, error);
            if (status)
                return status;
        }
    }
    return TLSTM_OK;
}

tlstm_status tl_keras_target_for(const tlstm_model *model, int32_t keras, tl_keras_target *target,
                                 tlstm_error **error) {
    if (keras < 0 || keras >= TARGETS)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "keras", "there is no such Keras: %d",
                       (int)keras);
    *target = targets[keras];
    return keras == TLSTM_KERAS_COMMON ? tl_keras_version_for(model, &target->version, error)
                                       : check_activations(model, target, error);
}

tlstm_status tl_keras_check_is_for_3(const tlstm_save_options *options, tlstm_error **error) {
    if (options->keras == TLSTM_KERAS_COMMON || options->keras == TLSTM_KERAS_3)
        return TLSTM_OK;
    return tl_fail(error, TLSTM_ERROR_ARGUMENT, "keras",
                   "this kind of file is for Keras 3: save for older ones as .h5");
}
