/* Keras's `.weights.h5`: the variables of keras_v3.h by themselves, as save_weights() of Keras 2.12
 * and later writes them. keras_h5.c reads them, as only an open file shows which kind it is. */
#include "files/format.h"
#include "files/inspect.h"
#include "files/keras_h5.h"
#include "files/keras_target.h"
#include "files/keras_v3.h"

static tlstm_status save(const tlstm_model *model, const tlstm_save_options *options, char **bytes,
                         size_t *length, tlstm_error **error) {
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name,
                       "the model is not built: it has no weights to save");
    tlstm_status status = tl_keras_check_is_for_3(options, error);
    if (status)
        return status;
    /* Keras's save_weights() puts the optimizer's state there, too. */
    return tl_keras_v3_write(model, model->compiled && !options->without_optimizer, bytes, length,
                             error);
}

const tl_format tl_keras_weights_format = {
    .name = "Keras weights (.weights.h5)",
    .suffix = ".weights.h5",
    .load_weights = tl_keras_h5_load_weights,
    .save = save,
    .inspect = tl_inspect_h5,
};
