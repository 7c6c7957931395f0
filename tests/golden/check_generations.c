/*
 * The same few models as each generation of Keras wrote them (make_generations.py): every file of a
 * folder predicts what that Keras predicted, one more epoch gives what it gave, and the report of
 * the load says what was converted and what could not be restored.
 */
#define _XOPEN_SOURCE 700
#include "golden.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_PREDICT 2e-6
/* After an epoch of updates: roundings have been multiplied. */
#define LIMIT_RESUME 1e-5
#define BATCH 8

static void compare(const golden_case *one, const char *what, const char *path,
                    const tlstm_model *model, double limit) {
    tlstm_array *x = golden_read(one->expected, "x"), *theirs = golden_read(one->expected, path);
    tlstm_array *ours = NULL;
    tlstm_error *error = NULL;
    if (tlstm_model_predict(model, x, NULL, &ours, &error) != TLSTM_OK)
        golden_fail_call(one, what, error);
    else
        golden_report(one, what, golden_distance(ours, theirs), limit);
    tlstm_array_free(ours);
    tlstm_array_free(theirs);
    tlstm_array_free(x);
}

static void check_resume(const golden_case *one, tlstm_model *model) {
    tlstm_array *x = golden_read(one->expected, "x"), *y = golden_read(one->expected, "y");
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    tlstm_error *error = NULL;
    options.batch_size = BATCH;
    options.shuffle = 0;
    if (tlstm_model_fit(model, x, y, &options, NULL, &error) != TLSTM_OK)
        golden_fail_call(one, "one more epoch", error);
    else
        compare(one, "one more epoch", "resume/predict", model, LIMIT_RESUME);
    tlstm_array_free(y);
    tlstm_array_free(x);
}

static size_t notes_of_kind(const tlstm_model *model, tlstm_note_kind kind) {
    size_t count = 0;
    for (size_t i = 0; i < tlstm_model_notes(model); i++)
        count += tlstm_model_note_kind(model, i) == kind;
    return count;
}

static int expects(const golden_case *one, const char *what) {
    json_t *said = golden_attribute(one->expected, what);
    int expected = json_is_true(said);
    json_decref(said);
    return expected;
}

/* Keras 3 had written the .h5 before, and so lost the optimizer's name. */
static size_t notes_of_lost_optimizer(const tlstm_model *model) {
    size_t count = 0;
    for (size_t i = 0; i < tlstm_model_notes(model); i++)
        count += strstr(tlstm_model_note(model, i), "does not say which optimizer") != NULL;
    return count;
}

static int is_archive_of_keras3(const golden_case *one) {
    return strncmp(one->name, "keras3", 6) == 0 && strstr(one->name, ".keras") != NULL;
}

static void check_report(const golden_case *one, const tlstm_model *model) {
    const size_t converted = notes_of_kind(model, TLSTM_NOTE_CONVERTED);
    const size_t unnamed = notes_of_lost_optimizer(model);
    const size_t lost = notes_of_kind(model, TLSTM_NOTE_NOT_RESTORED) - unnamed;
    if (unnamed != (size_t)is_archive_of_keras3(one))
        golden_fail(one, "report", "%zu notes of an optimizer without a name", unnamed);
    else if ((converted > 0) != expects(one, "converted"))
        golden_fail(one, "report", "%zu notes of what was converted", converted);
    else if ((lost > 0) != expects(one, "lost"))
        golden_fail(one, "report", "%zu notes of what was not restored: %s", lost,
                    tlstm_model_note(model, 0));
    else if (!tlstm_model_is_compiled(model))
        golden_fail(one, "report", "the model does not come compiled");
    else
        golden_report(one, "report", 0, 0);
}

static void check_model(const golden_case *one) {
    tlstm_model *model = golden_load(one, "load");
    if (!model)
        return;
    compare(one, "predict", "predict", model, LIMIT_PREDICT);
    check_report(one, model);
    if (golden_has(one->expected, "resume"))
        check_resume(one, model);
    tlstm_model_free(model);
}

/* The model of the folder with other weights. */
static tlstm_model *fresh_model(const golden_case *one, const char *folder) {
    char path[1024], *json = NULL;
    tlstm_model *model = NULL, *fresh = NULL;
    snprintf(path, sizeof path, "%.900s/model.h5", folder);
    model = golden_load_path(one, "load", path);
    if (model && tlstm_model_to_json(model, &json, NULL) == TLSTM_OK)
        tlstm_model_from_json(json, strlen(json), 99, &fresh, NULL);
    tlstm_string_free(json);
    tlstm_model_free(model);
    return fresh;
}

static void check_weights(const golden_case *one, const char *folder) {
    tlstm_model *model = fresh_model(one, folder);
    tlstm_error *error = NULL;
    if (!model)
        golden_fail(one, "load weights", "there is no model to load them into");
    else if (tlstm_model_load_weights(model, one->model_path, &error) != TLSTM_OK)
        golden_fail_call(one, "load weights", error);
    else
        compare(one, "load weights", "predict", model, LIMIT_PREDICT);
    tlstm_model_free(model);
}

static int is_written_by_keras(const struct dirent *entry) {
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "expected.h5") != 0;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void check_folder(const char *folder, const char *name) {
    struct dirent **files = NULL;
    char path[1024];
    golden_case one = {.expected = -1};
    int count = scandir(folder, &files, is_written_by_keras, alphasort);
    snprintf(path, sizeof path, "%.900s/expected.h5", folder);
    one.expected = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    one.layers = json_array();
    for (int i = 0; i < count; i++) {
        const char *file = files[i]->d_name;
        snprintf(one.name, sizeof one.name, "%.90s %.60s", name, file);
        snprintf(one.model_path, sizeof one.model_path, "%.850s/%.150s", folder, file);
        if (one.expected < 0)
            golden_fail(&one, "load", "cannot open %s", path);
        else if (strstr(file, "weights"))
            check_weights(&one, folder);
        else
            check_model(&one);
        free(files[i]);
    }
    free(files);
    json_decref(one.layers);
    if (one.expected >= 0)
        H5Fclose(one.expected);
}

size_t golden_check_generations(const char *root) {
    struct dirent **folders = NULL;
    const char *only = getenv("TINYLSTM_GOLDEN_ONLY");
    int count = scandir(root, &folders, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char folder[1024];
        snprintf(folder, sizeof folder, "%.700s/%.255s", root, folders[i]->d_name);
        if (!only || strstr(folders[i]->d_name, only))
            check_folder(folder, folders[i]->d_name);
        free(folders[i]);
    }
    free(folders);
    return count > 0 ? (size_t)count : 0;
}
