/* Keras's JSON: parsing with limits, printing as Python does, and the values that the tables of
 * fields speak of. The only header of the library that knows jansson. */
#ifndef TL_FILES_KERAS_JSON_H
#define TL_FILES_KERAS_JSON_H

#include "base/field.h"
#include "model/model.h"

#include <jansson.h>

/* What reading needs to know of the whole: which Keras wrote, and where notes go. */
typedef struct tl_keras_reader {
    int generation;     /* as in tl_layer_ops.defaults: 1, 2 or 3 */
    tlstm_model *model; /* takes the notes; NULL: nobody reads them */
    const char *where;  /* the layer, optimizer, ... at hand, for messages */
} tl_keras_reader;

/* Any JSON value; errors call it `name`. json_decref() it. */
tlstm_status tl_json_parse(const char *name, const char *text, size_t length, json_t **value,
                           tlstm_error **error);
/* An object or a list in which no key stands twice. */
tlstm_status tl_json_parse_strict(const char *name, const char *text, size_t length, json_t **value,
                                  tlstm_error **error);
/* json_loadb() that takes NaN and Infinity, which Python writes and JSON has not, for null. */
json_t *tl_json_load(const char *text, size_t length, size_t flags, json_error_t *fault);
/* As Python's json.dumps: ASCII, ", " and ": " between. Numbers as short as they read back. */
tlstm_status tl_json_print(const json_t *value, char **text, tlstm_error **error);

/* The string under a key; NULL when there is none. */
const char *tl_json_string(const json_t *object, const char *key);

/* {"class_name": ..., "config": {...}}, in whatever generation's wrapping: the class's name without
 * "Custom>" or a module, NULL when it is no such thing. *config is NULL where there is none. */
const char *tl_keras_class(const json_t *value, json_t **config);

/* How Keras 3 writes an object: {"module", "class_name", "config", "registered_name": null}. Takes
 * the reference to `config`; NULL without memory. */
json_t *tl_keras_object(const char *module, const char *class_name, json_t *config);
/* Makes {"class_name", "config"} such an object. 0 without memory. */
int tl_keras_mark(json_t *object, const char *module);

/* Reads a value into a field. TLSTM_ERROR_UNSUPPORTED names what the library has not. */
tlstm_status tl_keras_read_field(const tl_keras_reader *reader, const tl_field *field,
                                 const json_t *value, void *config, tlstm_error **error);
/* The same from text, as programs give it: a name ("l2"), or an object's JSON. */
tlstm_status tl_keras_read_text(const tl_field *field, const char *text, void *config,
                                tlstm_error **error);
/* A new reference; NULL without memory. */
json_t *tl_keras_write_field(const tl_field *field, const void *config);

/* All fields of a table under their keys, into an object. 0 without memory. */
int tl_keras_write_fields(const tl_field *fields, const void *config, json_t *object);

#endif
