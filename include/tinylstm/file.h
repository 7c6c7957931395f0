/**
 * @file file.h
 * Models in files: what Keras writes is read, what is written Keras reads.
 *
 * The kind of a file is found by its content, never by its name. A hostile HDF5 file can harm
 * libhdf5 itself: open files from strangers in a sandbox only.
 */
#ifndef TINYLSTM_FILE_H
#define TINYLSTM_FILE_H

#include "tinylstm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Reads a whole model: configuration, weights, and where they are there the compiled state (loss,
 * metrics, optimizer with its slots). What could not be used stands in the model's notes; a layer
 * that the library has not is TLSTM_ERROR_UNSUPPORTED and names it.
 */
TLSTM_API tlstm_status tlstm_model_load(const char *path, tlstm_model **model, tlstm_error **error);
/** The same from bytes in memory, borrowed for the call. */
TLSTM_API tlstm_status tlstm_model_load_memory(const void *bytes, size_t length,
                                               tlstm_model **model, tlstm_error **error);

/** Reads weights only, from a full model or a weights file, into a model that is built; by order,
 * as Keras does. All or nothing. */
TLSTM_API tlstm_status tlstm_model_load_weights(tlstm_model *model, const char *path,
                                                tlstm_error **error);

/** Notes of the load: settings that were ignored, state that was not restored. One line each,
 * borrowed; NULL when out of range. */
TLSTM_API size_t tlstm_model_notes(const tlstm_model *model);
TLSTM_API const char *tlstm_model_note(const tlstm_model *model, size_t index);

/** What to leave out of a file. */
typedef struct tlstm_save_options {
    size_t struct_size;
    int32_t weights_only;      /**< 1: Keras's save_weights() */
    int32_t without_optimizer; /**< 1: Keras's include_optimizer=False */
} tlstm_save_options;
#define TLSTM_SAVE_OPTIONS_INIT                                                                    \
    { sizeof(tlstm_save_options), 0, 0 }
TLSTM_API void tlstm_save_options_init(tlstm_save_options *options);

/**
 * Writes a legacy `.h5` that tf_keras and Keras 3 load. Atomic: at any moment `path` is the old
 * file or the new one, whole. `options` may be NULL.
 */
TLSTM_API tlstm_status tlstm_model_save(const tlstm_model *model, const char *path,
                                        const tlstm_save_options *options, tlstm_error **error);
/** The same into memory; *bytes belongs to the caller: tlstm_string_free(). */
TLSTM_API tlstm_status tlstm_model_save_memory(const tlstm_model *model,
                                               const tlstm_save_options *options, char **bytes,
                                               size_t *length, tlstm_error **error);

#ifdef __cplusplus
}
#endif

#endif
