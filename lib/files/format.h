/*
 * What a file format is: one file each, listed in registry.c. A format sees whole files in memory:
 * base/file.h reads them in one go and replaces them atomically, so that a format never meets a
 * disk, and loading from memory is loading.
 */
#ifndef TL_FILES_FORMAT_H
#define TL_FILES_FORMAT_H

#include "model/model.h"
#include "tinylstm/file.h"

/* The bytes of a file, borrowed, and what errors call it: its path, or "memory". */
typedef struct tl_source {
    const char *name;
    const void *bytes;
    size_t length;
} tl_source;

/* A report that is being made of a file: inspect.h. */
typedef struct tl_inspection tl_inspection;

typedef struct tl_format {
    const char *name;   /* what people call it: "legacy Keras HDF5" */
    const char *suffix; /* of files that are to be written so: ".h5"; "" for all other files */
    /* Whether the bytes are of this format: by content, never by name. Never fails. NULL: another
     * format reads its files. */
    int (*probe)(const tl_source *source);
    /* A whole model, compiled where the file says how. */
    tlstm_status (*load)(const tl_source *source, tlstm_model **model, tlstm_error **error);
    /* The weights alone, into a built model, all or nothing. */
    tlstm_status (*load_weights)(const tl_source *source, tlstm_model *model, tlstm_error **error);
    /* The bytes of a file (tl_free). `options` are complete. */
    tlstm_status (*save)(const tlstm_model *model, const tlstm_save_options *options, char **bytes,
                         size_t *length, tlstm_error **error);
    /* Tells what kind of file it is and what is in it, as far as it can be read. Fails for want of
     * memory only. */
    tlstm_status (*inspect)(const tl_source *source, tl_inspection *inspection,
                            tlstm_error **error);
} tl_format;

/* The table, ending in NULL, the first that fits wins; registry.c. */
extern const tl_format *const tl_formats[];

/* A file of a model or of weights, whose bytes tl_source_free() frees. `path` is borrowed. */
tlstm_status tl_source_read(const char *path, tl_source *source, tlstm_error **error);
void tl_source_free(tl_source *source);
/* Bytes of a caller as a file. */
tl_source tl_source_memory(const void *bytes, size_t length);

/* The format of a file: by its content. */
tlstm_status tl_source_find(const tl_source *source, const tl_format **format, tlstm_error **error);

/* The internal halves of the functions in tinylstm/file.h; here `options` may not be NULL. */
tlstm_status tl_model_load(const char *path, tlstm_model **model, tlstm_error **error);
tlstm_status tl_model_load_memory(const void *bytes, size_t length, tlstm_model **model,
                                  tlstm_error **error);
tlstm_status tl_model_load_weights(tlstm_model *model, const char *path, tlstm_error **error);
tlstm_status tl_model_load_weights_memory(tlstm_model *model, const void *bytes, size_t length,
                                          tlstm_error **error);
tlstm_status tl_model_save(const tlstm_model *model, const char *path,
                           const tlstm_save_options *options, tlstm_error **error);
/* Whether the kind of file that the path asks for can hold the model. Touches no file. */
tlstm_status tl_model_check_save(const tlstm_model *model, const char *path,
                                 const tlstm_save_options *options, tlstm_error **error);
tlstm_status tl_model_save_memory(const tlstm_model *model, const tlstm_save_options *options,
                                  char **bytes, size_t *length, tlstm_error **error);

#endif
