/**
 * @file file.h
 * Models in files: what Keras writes is read, what is written Keras reads.
 *
 * Whole models: legacy `.h5` of Keras 1 to 3, and `.keras` of Keras 2.12 and later. Weights alone:
 * legacy
 * `.h5`, and `.weights.h5` of Keras 2.12 and later.
 *
 * The kind of a file that is read is found by its content, never by its name. A hostile HDF5 file
 * can harm libhdf5 itself: open files from strangers in a sandbox only.
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
 *
 * Training goes on where it stopped: three epochs of fit, saved and loaded, and three more give
 * what six give, to the last bit, and the same history. For that a file of this library has what
 * Keras's lack (seed, counters of shuffles and dropout masks, states of stateful layers) in a group
 * that Keras ignores and does not write again; where it is damaged a note says so. Callbacks are
 * the caller's: those of the second fit begin anew (EarlyStopping counts from 0, ModelCheckpoint
 * knows of no best value).
 */
TLSTM_API tlstm_status tlstm_model_load(const char *path, tlstm_model **model, tlstm_error **error);
/** The same from bytes in memory, borrowed for the call. */
TLSTM_API tlstm_status tlstm_model_load_memory(const void *bytes, size_t length,
                                               tlstm_model **model, tlstm_error **error);

/** Reads weights, from a full model or a weights file, into a model that is built; by order, as
 * Keras does, in `.keras` and `.weights.h5` by the order of the layers of each class. All or
 * nothing. From these two a compiled model takes the optimizer's state, too, as in Keras 3, and
 * training goes on as after tlstm_model_load(); what does not fit the optimizer becomes a note and
 * leaves its state as it is. */
TLSTM_API tlstm_status tlstm_model_load_weights(tlstm_model *model, const char *path,
                                                tlstm_error **error);
/** The same from the file's bytes, borrowed for the call. */
TLSTM_API tlstm_status tlstm_model_load_weights_memory(tlstm_model *model, const void *bytes,
                                                       size_t length, tlstm_error **error);

/** What a note of a load tells. A program must expect kinds that it does not know. */
typedef int32_t tlstm_note_kind;
enum {
    TLSTM_NOTE_IGNORED = 0,   /**< a setting that changes no prediction and is not used */
    TLSTM_NOTE_CONVERTED = 1, /**< other numbers or another layout than the library's own: in a file
                                 of weights in another precision, of Keras 1, of CuDNN layers */
    TLSTM_NOTE_NOT_RESTORED = 2 /**< state that the file lacks or that does not fit: the model is
                                   not compiled, or its optimizer begins anew */
};

/** The report of the load: a note for everything in the file that was not taken as it stands. One
 * line each, borrowed from the model until it is freed; NULL when out of range. Notes of
 * loaded weights follow those of the load before. Reading them from several threads is
 * safe while none loads. */
TLSTM_API size_t tlstm_model_notes(const tlstm_model *model);
TLSTM_API const char *tlstm_model_note(const tlstm_model *model, size_t index);
/** The kind of a note; -1 when out of range. */
TLSTM_API tlstm_note_kind tlstm_model_note_kind(const tlstm_model *model, size_t index);

/**
 * Tells what a file is, whatever it is: the kind, which Keras wrote it, layers and weights with
 * shapes and places, the optimizer's state, loss and metrics, what is not used, and whether
 * tlstm_model_load() would take it. *report is text in lines, UTF-8, that ends in one of
 *
 *     loads: yes
 *     loads: yes, with 2 notes
 *     loads: no: <where>: <why>
 *
 * and otherwise has lines of "key: value" at their beginning, with what belongs to them indented
 * below. It is made for people; keys may be added. Control characters of the file are shown
 * escaped. It belongs to the caller: tlstm_string_free(). Links inside an HDF5 file are shown and
 * not followed; of what is very large or very deep the rest is counted.
 *
 * A damaged file, or one of another kind, is no error: it is told as far as it can be read. Errors
 * are TLSTM_ERROR_IO where the file cannot be read, and TLSTM_ERROR_MEMORY. Any number of threads
 * may inspect files.
 */
TLSTM_API tlstm_status tlstm_file_inspect(const char *path, char **report, tlstm_error **error);
/** The same of the file's bytes, borrowed for the call; the report calls it "memory". */
TLSTM_API tlstm_status tlstm_file_inspect_memory(const void *bytes, size_t length, char **report,
                                                 tlstm_error **error);

/**
 * Which Keras a legacy `.h5` is written for: the layout, the names and what can be said at all are
 * those of that generation (`batch_input_shape` or `batch_shape`, `lr` or `learning_rate`, the
 * names of weights, the order of the optimizer's slots, ...). What it has not is
 * TLSTM_ERROR_UNSUPPORTED and named: an activation, an optimizer or a setting of one. An optimizer
 * itself goes on there with that Keras's formulas, in this library with its own.
 */
typedef int32_t tlstm_keras;
enum {
    TLSTM_KERAS_COMMON = 0,  /**< what TensorFlow 2.11 to 2.15, tf_keras and Keras 3 all load */
    TLSTM_KERAS_2 = 1,       /**< stand-alone Keras 2.2.3 to 2.3 */
    TLSTM_KERAS_TF_2_10 = 2, /**< TensorFlow 2.0 to 2.10; the later ones load it, too, with the
                                old kind of optimizers */
    TLSTM_KERAS_TF_2_15 = 3, /**< TensorFlow 2.11 to 2.15 and tf_keras */
    TLSTM_KERAS_3 = 4        /**< Keras 3, which finds all of an optimizer's settings in it alone */
};

/** What to leave out of a file, and whom it is for. */
typedef struct tlstm_save_options {
    size_t struct_size;
    int32_t weights_only;      /**< 1: Keras's save_weights(); an error for `.keras` */
    int32_t without_optimizer; /**< 1: Keras's include_optimizer=False */
    tlstm_keras keras;         /**< TLSTM_KERAS_COMMON; `.keras` and `.weights.h5` are for Keras 3:
                                  there another is TLSTM_ERROR_ARGUMENT */
} tlstm_save_options;
#define TLSTM_SAVE_OPTIONS_INIT                                                                    \
    { sizeof(tlstm_save_options), 0, 0, TLSTM_KERAS_COMMON }
/** Fills in what the struct had in the first release, so not `keras`: set `struct_size` for that,
 * or use TLSTM_SAVE_OPTIONS_INIT. */
TLSTM_API void tlstm_save_options_init(tlstm_save_options *options);

/**
 * Writes the kind of file that the end of `path` asks for: `.keras` a whole model for Keras 3,
 * `.weights.h5` weights and the optimizer's state for Keras 2.12 and later, anything else a legacy
 * `.h5` that tf_keras and Keras 3 load. Atomic: at any moment `path` is the old file or the new
 * one, whole. The same model gives the same bytes. `options` may be NULL; `options->keras` asks for
 * another generation's `.h5`.
 *
 * Keras 3 has no optimizers of the kind up to Keras 2.10: with a `.keras` file its own of the same
 * name goes on with their state (this library with the old formulas). What it cannot say at all is
 * TLSTM_ERROR_UNSUPPORTED: hard_sigmoid of Keras 2, an old optimizer's `decay`.
 */
TLSTM_API tlstm_status tlstm_model_save(const tlstm_model *model, const char *path,
                                        const tlstm_save_options *options, tlstm_error **error);
/** A legacy `.h5` into memory; *bytes belongs to the caller: tlstm_string_free(). */
TLSTM_API tlstm_status tlstm_model_save_memory(const tlstm_model *model,
                                               const tlstm_save_options *options, char **bytes,
                                               size_t *length, tlstm_error **error);

#ifdef __cplusplus
}
#endif

#endif
