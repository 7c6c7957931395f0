/* Keras's `.weights.h5`: the variables of keras_v3.h by themselves, as save_weights() of Keras 2.12
 * and later writes them. */
#include "files/format.h"
#include "files/inspect.h"
#include "files/keras_layout.h"
#include "files/keras_target.h"
#include "files/keras_v3.h"
#include "files/keras_v3_places.h"

/* Legacy files have attributes at the root that these lack. */
static int probe(const tl_source *source) {
    tl_h5 *file = NULL;
    if (!tl_h5_is_hdf5(source->bytes, source->length) ||
        tl_h5_open(source->name, source->bytes, source->length, &file, NULL))
        return 0;
    int found = !tl_keras_is_legacy(file) && tl_v3_has_variables(file);
    tl_h5_close(file);
    return found;
}

static tlstm_status load(const tl_source *source, tlstm_model **model, tlstm_error **error) {
    (void)model;
    tl_fail(error, TLSTM_ERROR_FORMAT, "/",
            "it has weights only and no configuration: build the model and load them into it");
    return tl_fail_within(error, TLSTM_ERROR_FORMAT, source->name);
}

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
    .probe = probe,
    .load = load,
    .load_weights = tl_keras_v3_load_weights,
    .save = save,
    .inspect = tl_inspect_h5,
};
