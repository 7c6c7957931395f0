/* Steps that several checks take with the library. */
#include "golden.h"

#include <math.h>
#include <string.h>

void golden_fail_call(const golden_case *one, const char *what, tlstm_error *error) {
    golden_fail(one, what, "%s: %s: %s", tlstm_status_text(tlstm_error_code(error)),
                tlstm_error_where(error), tlstm_error_message(error));
    tlstm_error_free(error);
}

/* A layer that the release does not promise and that the error names; NULL: the file should have
 * been read. */
static const char *named_layer(const golden_case *one, const tlstm_error *error) {
    if (tlstm_error_code(error) != TLSTM_ERROR_UNSUPPORTED)
        return NULL;
    const char *layer;
    for (size_t skip = 0; (layer = golden_unpromised_layer(one, skip)); skip++)
        if (golden_names_thing(tlstm_error_message(error), layer) ||
            golden_names_thing(tlstm_error_where(error), layer))
            return layer;
    return NULL;
}

tlstm_model *golden_load_path(const golden_case *one, const char *what, const char *path) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    if (tlstm_model_load(path, &model, &error) == TLSTM_OK)
        return model;
    const char *layer = named_layer(one, error);
    if (layer) {
        golden_unsupported(one, what, layer);
        tlstm_error_free(error);
    } else {
        golden_fail_call(one, what, error);
    }
    return NULL;
}

tlstm_model *golden_load(const golden_case *one, const char *what) {
    return golden_load_path(one, what, one->model_path);
}

static int a_note_names(const tlstm_model *model, const char *thing) {
    for (size_t i = 0; i < tlstm_model_notes(model); i++)
        if (golden_names_thing(tlstm_model_note(model, i), thing))
            return 1;
    return 0;
}

const char *golden_noted(const golden_case *one, const tlstm_model *model) {
    const char *thing;
    for (size_t skip = 0; (thing = golden_unpromised_training(one, skip)); skip++)
        if (a_note_names(model, thing))
            return thing;
    return NULL;
}

int golden_is_compiled(const golden_case *one, const char *what, const tlstm_model *model) {
    if (tlstm_model_is_compiled(model))
        return 1;
    const char *thing = golden_noted(one, model);
    const char *note = tlstm_model_note(model, 0);
    if (thing)
        golden_unsupported(one, what, thing);
    else
        golden_fail(one, what, "the model does not come compiled (%s)", note ? note : "no note");
    return 0;
}

int golden_set_weights(const golden_case *one, const char *what, tlstm_model *model, hid_t file,
                       const char *group) {
    for (size_t i = 0; i < tlstm_model_weights(model); i++) {
        tlstm_error *error = NULL;
        tlstm_array *value = golden_read_nth(file, group, i);
        if (!value) {
            golden_fail(one, what, "no %s/%zu in the golden file", group, i);
            return 0;
        }
        tlstm_status status = tlstm_model_set_weight(model, i, value, &error);
        tlstm_array_free(value);
        if (status != TLSTM_OK) {
            golden_fail_call(one, what, error);
            return 0;
        }
    }
    return 1;
}

double golden_weights_distance(const tlstm_model *model, hid_t file, const char *group) {
    double largest = tlstm_model_weights(model) ? 0 : INFINITY;
    for (size_t i = 0; i < tlstm_model_weights(model); i++) {
        tlstm_array *ours = NULL;
        tlstm_array *theirs = golden_read_nth(file, group, i);
        tlstm_model_get_weight(model, i, &ours, NULL);
        int fits = ours && theirs && golden_same_shape(ours, theirs);
        largest = fits ? fmax(largest, golden_distance(ours, theirs)) : INFINITY;
        tlstm_array_free(ours);
        tlstm_array_free(theirs);
        if (!fits)
            break;
    }
    return largest;
}
