/*
 * The golden suites: cases that real Keras computed (tests/golden/README.md), read from HDF5 and
 * compared with what the library computes through its public calls.
 */
#ifndef TL_TESTS_GOLDEN_H
#define TL_TESTS_GOLDEN_H

#include "tinylstm/tinylstm.h"

#include <hdf5.h>
#include <jansson.h>

/* ---- Files (hdf5_data.c) ---- */

/* Whether a data set or group lies at `path`; every step of it is looked at. */
int golden_has(hid_t file, const char *path);
/* A data set as an array: float32, float64 and int64 as they are, other integers as int32. A scalar
 * becomes an array of one element. NULL where there is none. */
tlstm_array *golden_read(hid_t file, const char *path);
/* The same for "<group>/<index>", the way weights are numbered. */
tlstm_array *golden_read_nth(hid_t file, const char *group, size_t index);
/* A number, or an element of a one-dimensional data set; NaN where there is none. */
double golden_number(hid_t file, const char *path, size_t index);
/* The JSON in a string attribute of the root; NULL where there is none. */
json_t *golden_attribute(hid_t file, const char *name);
/* Names in a group, in order: calls `use` with each. */
typedef void golden_use_name(const char *name, void *context);
void golden_names(hid_t file, const char *group, golden_use_name *use, void *context);

/* ---- Cases (cases.c) ---- */

/* One model file and what Keras computed with it. */
typedef struct golden_case {
    char name[160]; /* "seed-lstm", or with the version's tag "seed-lstm-k3" */
    char tag[64];   /* "", "-k3", "-tf2.13" */
    char model_path[1024];
    hid_t expected;    /* this version's numbers */
    hid_t data;        /* expected.h5, which holds x, y and the training data of all versions */
    json_t *layers;    /* [[class, arguments], ...] */
    json_t *loss;      /* [class, arguments or null] */
    json_t *optimizer; /* [class, arguments or null] */
    json_t *metrics;
    json_t *flags;
    json_t *train; /* NULL: no training was recorded */
} golden_case;

typedef void golden_check(const golden_case *one);

/* Runs `check` over the cases below `root`, in order of their names; returns their number. */
size_t golden_each_case(const char *root, golden_check *check);

int golden_is_keras3(const golden_case *one);
int golden_has_layer(const golden_case *one, const char *class_name);
/* A flag's value, NULL where it is not set. */
json_t *golden_flag(const golden_case *one, const char *name);

/* ---- What this release must be able to do (release.c) ---- */

/* A layer class, loss, optimizer or optimizer setting of the case that this release does not
 * promise; NULL when it promises everything. `skip` passes over that many. */
const char *golden_unpromised_layer(const golden_case *one, size_t skip);
const char *golden_unpromised_training(const golden_case *one, size_t skip);
int golden_metric_is_promised(const char *name);
/* The name of a schedule in the place of a number: {"ExponentialDecay": {...}}; NULL: a number. */
const char *golden_schedule(const json_t *setting);
/* Whether `text` names `thing`, whatever the case and underscores ("LogCosh", "log_cosh"). */
int golden_names_thing(const char *text, const char *thing);

/* ---- Rows of the table (table.c) ---- */

/* A number that must not exceed its limit; NaN exceeds every limit. */
void golden_report(const golden_case *one, const char *what, double difference, double limit);
void golden_fail(const golden_case *one, const char *what, const char *format, ...);
/* The library refused what this release does not promise, and said so. */
void golden_unsupported(const golden_case *one, const char *what, const char *thing);
/* The golden numbers hold for something else than the library promises; the reason says why. */
void golden_excluded(const golden_case *one, const char *what, double difference,
                     const char *reason);
/* Prints the sums; the exit status of the program. */
int golden_finish(void);
size_t golden_failures(void);

/* ---- Comparing (compare.c) ---- */

double golden_element(const tlstm_array *array, size_t index);
/* Largest absolute difference; infinite when the numbers of elements differ. Equal infinities and
 * two NaN do not differ. */
double golden_distance(const tlstm_array *ours, const tlstm_array *theirs);
/* The largest magnitude of an array. */
double golden_magnitude(const tlstm_array *array);
int golden_same_shape(const tlstm_array *one, const tlstm_array *other);

/* ---- Working with the library (library.c) ---- */

/* Loads the case's model. NULL when it cannot be: then it has been reported, as unsupported where
 * the release allows it. */
tlstm_model *golden_load(const golden_case *one, const char *what);
tlstm_model *golden_load_path(const golden_case *one, const char *what, const char *path);
/* Whether the model came compiled; reports it when it did not. */
int golden_is_compiled(const golden_case *one, const char *what, const tlstm_model *model);
/* A thing that the release does not promise and that a note of the model names; NULL: none. */
const char *golden_noted(const golden_case *one, const tlstm_model *model);
/* Reports a failed call and frees the error. */
void golden_fail_call(const golden_case *one, const char *what, tlstm_error *error);
/* Sets all weights from "<group>/<i>". 0 when that failed (reported). */
int golden_set_weights(const golden_case *one, const char *what, tlstm_model *model, hid_t file,
                       const char *group);
/* The largest difference between the weights and "<group>/<i>". */
double golden_weights_distance(const tlstm_model *model, hid_t file, const char *group);

/* ---- The checks, one file each ---- */

golden_check golden_check_predict;
golden_check golden_check_sessions;
golden_check golden_check_gradients;
golden_check golden_check_trajectories;
golden_check golden_check_roundtrip;
golden_check golden_check_stateful;
void golden_check_imdb(const char *shared);
void golden_check_genuine(const char *shared, const char *archive);
void golden_check_edge_files(const char *root);
/* Returns the number of folders below `root`. */
size_t golden_check_generations(const char *root);

#endif
