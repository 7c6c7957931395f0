/* What compile() was given, and the optimizer's state. */
#include "files/inspect.h"

#include "base/alloc.h"
#include "files/resume.h"

#include <string.h>

/* ---- The optimizer's numbers ---- */

/* The last part of a name without ":0". */
static int last_part_is(const char *name, const char *word) {
    const char *slash = strrchr(name, '/');
    const char *part = slash ? slash + 1 : name;
    size_t length = strcspn(part, ":");
    return length == strlen(word) && strncmp(part, word, length) == 0;
}

/* Legacy files name the number of updates and the learning rate, others have them in front. */
static int is_iterations(const tl_inspection *inspection, size_t number) {
    const char *name = inspection->state_sets.items[number];
    if (inspection->by_class)
        return number == 0;
    return last_part_is(name, "iteration") || last_part_is(name, "iterations") ||
           last_part_is(name, "iter");
}

static int is_learning_rate(const tl_inspection *inspection, size_t number) {
    if (inspection->by_class)
        return number == 1;
    return last_part_is(inspection->state_sets.items[number], "learning_rate");
}

/* 0: it is not a number by itself. */
static int read_number(const tl_inspection *inspection, size_t number, tl_text *text) {
    tl_h5_about about;
    double value = 0;
    char *path = tl_text_join(inspection->state, inspection->state_sets.items[number]);
    int read = path && !tl_h5_look(inspection->file, path, &about, NULL) &&
               strcmp(about.shape, "()") == 0 && about.end <= inspection->length &&
               !tl_h5_read_number(inspection->file, path, &value, NULL);
    if (read)
        tl_inspect_number(text, value, about.dtype);
    tl_free(path);
    return read;
}

static void tell_number(tl_inspection *inspection, const char *what,
                        int (*is_it)(const tl_inspection *inspection, size_t number)) {
    tl_text value = {0};
    for (size_t i = 0; i < inspection->state_sets.count; i++)
        if (is_it(inspection, i) && read_number(inspection, i, &value)) {
            tl_report_line(&inspection->report, 4, "%s: %s", what, value.bytes);
            break;
        }
    tl_text_clear(&value);
}

/* ---- Slots ---- */

/* Under the names that the library gives them, where it has restored them. */
static void tell_slots(tl_inspection *inspection) {
    const tl_compiled *compiled = inspection->model ? inspection->model->compiled : NULL;
    tl_text line = {0};
    if (!compiled)
        return;
    const tl_optimizer_config *config = &compiled->optimizer.config;
    const char *const *names = compiled->optimizer.ops->slot_names(config);
    for (size_t slot = 0; slot < compiled->slot_count; slot++)
        tl_text_format(&line, "%s%s", slot ? ", " : "", names[slot]);
    tl_report_line(&inspection->report, 4, "slots: %s", line.length ? line.bytes : "none");
    tl_text_clear(&line);
}

static void tell_state(tl_inspection *inspection) {
    if (!inspection->state) {
        tl_report_line(&inspection->report, 4, "state: none in the file");
        return;
    }
    tell_number(inspection, "iterations", is_iterations);
    tell_number(inspection, "learning rate", is_learning_rate);
    tell_slots(inspection);
    tl_report_line(&inspection->report, 4, "state in %s: %zu data set%s", inspection->state,
                   inspection->state_sets.count, inspection->state_sets.count == 1 ? "" : "s");
    tl_inspect_tell_sets(inspection, inspection->state, &inspection->state_sets, 0);
}

static void tell_optimizer(tl_inspection *inspection, const json_t *optimizer) {
    json_t *config = NULL;
    tl_text settings = {0};
    const char *class_name = json_is_string(optimizer) ? json_string_value(optimizer)
                                                       : tl_keras_class(optimizer, &config);
    tl_inspect_settings(&settings, config);
    tl_report_line(&inspection->report, 0, "optimizer: %s%s%s", class_name ? class_name : "?",
                   settings.length ? ", " : "", settings.length ? settings.bytes : "");
    if (class_name && !tl_optimizer_find(class_name))
        tl_report_line(&inspection->report, 4, "refused: optimizers of class %s are not supported",
                       class_name);
    tl_text_clear(&settings);
}

/* Where the file has a state and no name for whose it is. */
static void tell_assumed(tl_inspection *inspection) {
    const tl_compiled *compiled = inspection->model ? inspection->model->compiled : NULL;
    if (compiled)
        tl_report_line(&inspection->report, 0, "optimizer: the file does not say which, read as %s",
                       compiled->optimizer.ops->class_name);
    else
        tl_report_line(&inspection->report, 0, "optimizer: the file does not say which");
}

/* ---- Loss and metrics ---- */

static void tell_value(tl_inspection *inspection, const char *key) {
    const json_t *value = json_object_get(inspection->training, key);
    tl_text text = {0};
    if (!value || json_is_null(value) || (json_is_array(value) && !json_array_size(value)))
        return;
    tl_inspect_leaves(&text, value);
    if (text.failed)
        inspection->report.text.failed = 1;
    else
        tl_report_line(&inspection->report, 0, "%s: %s", key, text.bytes);
    tl_text_clear(&text);
}

static void tell_resume(tl_inspection *inspection) {
    if (inspection->file && tl_h5_has(inspection->file, TL_RESUME_GROUP))
        tl_report_line(&inspection->report, 0,
                       "resume: in " TL_RESUME_GROUP
                       ", what this library needs to go on to the last bit");
}

static void tell_training(tl_inspection *inspection) {
    static const char *const keys[] = {"loss", "loss_weights", "metrics", "weighted_metrics",
                                       "sample_weight_mode"};
    const json_t *optimizer = json_object_get(inspection->training, "optimizer_config");
    if (!optimizer)
        optimizer = json_object_get(inspection->training, "optimizer");
    if (!optimizer && !inspection->state && !inspection->training) {
        if (inspection->config) {
            tl_report_blank(&inspection->report);
            tl_report_line(&inspection->report, 0, "optimizer: none, the model is not compiled");
        }
        return;
    }
    tl_report_blank(&inspection->report);
    if (optimizer)
        tell_optimizer(inspection, optimizer);
    else
        tell_assumed(inspection);
    tell_state(inspection);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        tell_value(inspection, keys[i]);
}

void tl_inspect_tell_training(tl_inspection *inspection) {
    tell_training(inspection);
    tell_resume(inspection);
}
