/*
 * Files of Keras's third serialisation, which this version knows by sight only:
 * `.keras`, a zip of config.json, metadata.json and model.weights.h5, and `.weights.h5`, an HDF5
 * file that names weights by their place in the object (layers/lstm/cell/vars/0).
 */
#include "files/format.h"
#include "files/hdf5.h"

#include <string.h>

static int probe_zip(const tl_source *source) {
    return source->length >= 4 && memcmp(source->bytes, "PK\3\4", 4) == 0;
}

const tl_format tl_keras_zip_format = {
    .name = "Keras archive (.keras)",
    .suffix = ".keras",
    .probe = probe_zip,
};

/* Legacy files have attributes at the root that these lack. */
static int probe_v3_weights(const tl_source *source) {
    tl_h5 *file = NULL;
    if (tl_h5_open(source->name, source->bytes, source->length, &file, NULL))
        return 0;
    int legacy = tl_h5_has_attribute(file, "/", "layer_names") ||
                 tl_h5_has_attribute(file, "/", "model_config") ||
                 tl_h5_has(file, "/model_weights");
    int found =
        !legacy && (tl_h5_has(file, "/layers") ||
                    tl_h5_has(file, "/_layer_checkpoint_dependencies") || tl_h5_has(file, "/vars"));
    tl_h5_close(file);
    return found;
}

const tl_format tl_keras_v3_weights_format = {
    .name = "Keras 3 weights (.weights.h5)",
    .suffix = ".weights.h5",
    .probe = probe_v3_weights,
};
