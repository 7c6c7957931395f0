/*
 * Checkpoints that people wrote with real Keras, some of them years ago. What they predict was
 * computed by tf_keras (make_cases.py --genuine) and travels in the archive: keras-h5/expected.h5
 * has for each file x and predict, or the layer for which it must be refused.
 */
#define _XOPEN_SOURCE 700
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_PREDICT 2e-6

typedef struct genuine {
    golden_case one;
    const char *shared;
} genuine;

static void compare(const golden_case *one, const tlstm_model *model) {
    char path[256];
    tlstm_array *ours = NULL;
    tlstm_error *error = NULL;
    snprintf(path, sizeof path, "%.150s/x", one->name);
    tlstm_array *x = golden_read(one->expected, path);
    snprintf(path, sizeof path, "%.150s/predict", one->name);
    tlstm_array *theirs = golden_read(one->expected, path);
    if (tlstm_model_predict(model, x, NULL, &ours, &error) != TLSTM_OK)
        golden_fail_call(one, "predict", error);
    else
        golden_report(one, "predict", golden_distance(ours, theirs), LIMIT_PREDICT);
    tlstm_array_free(ours);
    tlstm_array_free(theirs);
    tlstm_array_free(x);
}

static void must_refuse(const golden_case *one, const char *layer) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    tlstm_status status = tlstm_model_load(one->model_path, &model, &error);
    if (status == TLSTM_ERROR_UNSUPPORTED &&
        (golden_names_thing(tlstm_error_message(error), layer) ||
         golden_names_thing(tlstm_error_where(error), layer)))
        golden_report(one, "refused by name", 0, 0);
    else
        golden_fail(one, "refused by name", "status %d, \"%s\" names no %s", (int)status,
                    tlstm_error_message(error), layer);
    tlstm_error_free(error);
    tlstm_model_free(model);
}

/* A weights file goes into the model whose name the data gives. */
static void load_weights(const golden_case *one, const char *shared, const char *whole) {
    char path[1024];
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    snprintf(path, sizeof path, "%.800s/keras-h5/%.150s", shared, whole);
    if (tlstm_model_load(path, &model, &error) != TLSTM_OK ||
        tlstm_model_load_weights(model, one->model_path, &error) != TLSTM_OK)
        golden_fail_call(one, "load weights", error);
    else
        compare(one, model);
    tlstm_model_free(model);
}

static void check_file(const char *name, void *context) {
    genuine *all = context;
    golden_case *one = &all->one;
    snprintf(one->name, sizeof one->name, "%.150s", name);
    snprintf(one->model_path, sizeof one->model_path, "%.800s/keras-h5/%.150s", all->shared, name);
    hid_t group = H5Gopen2(one->expected, name, H5P_DEFAULT);
    json_t *refused = golden_attribute(group, "refused_for");
    json_t *whole = golden_attribute(group, "weights_of");
    if (access(one->model_path, R_OK) != 0) {
        golden_fail(one, "load", "there is no such file");
    } else if (refused) {
        must_refuse(one, json_string_value(refused));
    } else if (whole) {
        load_weights(one, all->shared, json_string_value(whole));
    } else {
        tlstm_model *model = golden_load(one, "load");
        if (model)
            compare(one, model);
        tlstm_model_free(model);
    }
    json_decref(refused);
    json_decref(whole);
    H5Gclose(group);
}

void golden_check_genuine(const char *shared, const char *archive) {
    char path[1024];
    genuine all = {.shared = shared};
    snprintf(path, sizeof path, "%.900s/keras-h5/expected.h5", archive);
    all.one.expected = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    all.one.layers = json_array();
    if (all.one.expected < 0) {
        golden_fail(&all.one, "keras-h5", "cannot open %s", path);
    } else {
        golden_names(all.one.expected, "/", check_file, &all);
        H5Fclose(all.one.expected);
    }
    json_decref(all.one.layers);
}
