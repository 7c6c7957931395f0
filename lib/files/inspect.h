/*
 * What the files of tlstm_file_inspect() share: inspect.c begins and ends the report, the formats
 * know what lies where in their files, and the rest tells it.
 */
#ifndef TL_FILES_INSPECT_H
#define TL_FILES_INSPECT_H

#include "files/format.h"
#include "files/hdf5_look.h"
#include "files/keras_json.h"
#include "files/report.h"

/* The weights of a layer as a file holds them. */
typedef struct tl_stored_layer {
    char *name; /* of the layer, or by class and number ("lstm_1"), as the file's kind has it */
    char *group;
    tl_h5_names sets; /* paths within the group */
    int missing;      /* the group cannot be opened */
    int told;
} tl_stored_layer;

struct tl_inspection {
    tl_report report;
    const tl_source *source;
    const tlstm_model *model; /* as the library loads the file; NULL: it does not */
    /* What the format has found; NULL and empty where there is none. */
    tl_h5 *file;
    const json_t *config;   /* of the model */
    const json_t *training; /* what compile() was given */
    const char *version;    /* of Keras; also in words */
    const char *backend;
    int generation; /* as which the library reads the configuration */
    size_t length;  /* of the file's bytes that are there */
    int by_class;   /* stored layers are called by class and number */
    tl_stored_layer *layers;
    size_t layer_count;
    const char *state; /* the group of the optimizer's variables */
    tl_h5_names state_sets;
    /* What has been told. */
    tl_h5_names told; /* paths of data sets */
    double parameters;
    size_t weights, hidden_weights;
};

/* What cannot be read, and why; frees the reason. */
void tl_inspect_tell_damage(tl_inspection *inspection, tlstm_error *reason);
/* "ignored", "converted", "not restored" */
const char *tl_inspect_kind(const tl_note *note);

/* ---- inspect_file.c: what lies in an HDF5 file ---- */

/* All data sets below a group, by their paths within it. */
tlstm_status tl_inspect_find_sets(tl_inspection *inspection, const char *group, tl_h5_names *sets,
                                  tlstm_error **error);
/* Adds an empty layer. */
tlstm_status tl_inspect_add_layer(tl_inspection *inspection, const char *name, const char *group,
                                  tl_stored_layer **layer, tlstm_error **error);
/* Lines for data sets of a group, which count as parameters where `weights` is set. */
void tl_inspect_tell_sets(tl_inspection *inspection, const char *group, const tl_h5_names *sets,
                          int weights);
/* What nothing has told of: data sets, links, attributes of the root. */
void tl_inspect_tell_rest(tl_inspection *inspection);

/* ---- inspect_settings.c ---- */

/* "learning_rate=0.001, rho=0.9": settings as Python would print them, without the usual ones;
 * what is long is cut. */
void tl_inspect_settings(tl_text *text, const json_t *config);
void tl_inspect_value(tl_text *text, const json_t *value);
/* The same of all that lists of lists hold, whatever their depth: "accuracy, mae". */
void tl_inspect_leaves(tl_text *text, const json_t *value);
/* 375 where the type is of integers, else 0.001. */
void tl_inspect_number(tl_text *text, double number, const char *dtype);

/* ---- inspect_model.c and inspect_training.c ---- */

/* "written by", the layers of the configuration with their weights, then those besides it. */
void tl_inspect_tell_origin(tl_inspection *inspection);
void tl_inspect_tell_model(tl_inspection *inspection);
/* Optimizer, its state, loss and metrics. */
void tl_inspect_tell_training(tl_inspection *inspection);

/* ---- inspect_h5.c, inspect_zip.c, inspect_other.c: kinds of files ---- */

/* Opens the bytes of an HDF5 file, called `what`, and says so where they are not whole. 0: it
 * cannot be opened. */
int tl_inspect_open(tl_inspection *inspection, const char *what, const void *bytes, size_t length);
/* What the variables of Keras's third serialisation are, in an open file. */
tlstm_status tl_inspect_read_v3(tl_inspection *inspection, tlstm_error **error);
/* All that has been found, told. */
void tl_inspect_tell_all(tl_inspection *inspection);

/* inspect_arrays.c: a file of named arrays. 0: it is none. */
int tl_inspect_arrays(const tl_source *source, tl_inspection *inspection);
/* A file of no format that the library reads. */
tlstm_status tl_inspect_other(const tl_source *source, tl_inspection *inspection,
                              tlstm_error **error);

/* The functions of the formats. */
tlstm_status tl_inspect_h5(const tl_source *source, tl_inspection *inspection, tlstm_error **error);
tlstm_status tl_inspect_zip(const tl_source *source, tl_inspection *inspection,
                            tlstm_error **error);

/* tlstm_file_inspect() and tlstm_file_inspect_memory() */
tlstm_status tl_file_inspect(const char *path, char **report, tlstm_error **error);
tlstm_status tl_file_inspect_memory(const void *bytes, size_t length, char **report,
                                    tlstm_error **error);

#endif
