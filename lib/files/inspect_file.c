/*
 * What lies in an HDF5 file, whoever wrote it: data sets one by one, and what is left when all that
 * has a meaning was told. The walk goes nowhere twice in a row, nowhere deep, and ends after so
 * many objects.
 */
#include "base/alloc.h"
#include "files/inspect.h"
#include "files/resume.h"

#include <stdio.h>
#include <string.h>

/* Limits of a walk, and of what is shown of one kind. */
enum { MOST_DEPTH = 24, MOST_OBJECTS = 10000, MOST_ENTRIES = 5000, MOST_REST = 100 };

/* ---- Walking ---- */

/* What is below a group. */
typedef struct walk {
    tl_inspection *inspection;
    /* For each link, with its path from the group. `again`: the group lies within itself. */
    tlstm_status (*visit)(struct walk *walking, const char *path, const tl_h5_child *child,
                          int again, tlstm_error **error);
    const char *start;
    tl_h5_names *sets; /* of tl_inspect_find_sets() */
    size_t seen, shown, hidden;
    uint64_t above[MOST_DEPTH]; /* the groups on the way */
} walk;

static int lies_within_itself(const walk *walking, const tl_h5_child *child, size_t depth) {
    for (size_t i = 0; i <= depth; i++)
        if (walking->above[i] == child->place)
            return 1;
    return 0;
}

static tlstm_status walk_group(walk *walking, const char *path, size_t depth, tlstm_error **error);

static tlstm_status walk_child(walk *walking, const char *path, const tl_h5_child *child,
                               size_t depth, tlstm_error **error) {
    char *below = *path ? tl_text_join(path, child->name) : tl_strdup(child->name);
    if (!below)
        return tl_fail_memory(error);
    int again = child->kind == TL_H5_GROUP && lies_within_itself(walking, child, depth);
    walking->seen++;
    tlstm_status status = walking->visit(walking, below, child, again, error);
    int inside = !status && child->kind == TL_H5_GROUP && !again;
    if (inside && depth + 1 == MOST_DEPTH)
        walking->hidden++;
    else if (inside)
        status = walk_group(walking, below, depth + 1, error);
    tl_free(below);
    return status;
}

/* `path` is relative to the start. */
static tlstm_status walk_group(walk *walking, const char *path, size_t depth, tlstm_error **error) {
    tl_h5_children children = {0};
    char *whole = *path ? tl_text_join(walking->start, path) : tl_strdup(walking->start);
    if (!whole)
        return tl_fail_memory(error);
    tlstm_status status = tl_h5_list(walking->inspection->file, *whole ? whole : "/",
                                     MOST_OBJECTS - walking->seen, &children, error);
    if (!status && children.damaged) {
        const tl_h5_child rest = {.kind = TL_H5_DAMAGED};
        status = walking->visit(walking, path, &rest, 0, error);
    }
    walking->above[depth] = children.place;
    for (size_t i = 0; i < children.count && !status && walking->seen < MOST_OBJECTS; i++)
        status = walk_child(walking, path, &children.items[i], depth, error);
    walking->hidden += children.more;
    tl_h5_children_clear(&children);
    tl_free(whole);
    return status;
}

static tlstm_status take_set(walk *walking, const char *path, const tl_h5_child *child, int again,
                             tlstm_error **error) {
    (void)again;
    int wanted = child->kind == TL_H5_SET && walking->sets->count < MOST_ENTRIES;
    return wanted ? tl_h5_names_add(walking->sets, path, error) : TLSTM_OK;
}

tlstm_status tl_inspect_find_sets(tl_inspection *inspection, const char *group, tl_h5_names *sets,
                                  tlstm_error **error) {
    walk walking = {.inspection = inspection, .visit = take_set, .start = group, .sets = sets};
    return walk_group(&walking, "", 0, error);
}

/* ---- Layers ---- */

tlstm_status tl_inspect_add_layer(tl_inspection *inspection, const char *name, const char *group,
                                  tl_stored_layer **layer, tlstm_error **error) {
    size_t count = inspection->layer_count;
    tl_stored_layer *grown = tl_realloc(inspection->layers, count + 1, sizeof(*grown));
    if (!grown)
        return tl_fail_memory(error);
    inspection->layers = grown;
    grown[count] = (tl_stored_layer){.name = tl_strdup(name), .group = tl_strdup(group)};
    inspection->layer_count++;
    *layer = &grown[count];
    return grown[count].name && grown[count].group ? TLSTM_OK : tl_fail_memory(error);
}

/* ---- Data sets ---- */

static void remember(tl_inspection *inspection, const char *path) {
    if (inspection->told.count < MOST_ENTRIES && tl_h5_names_add(&inspection->told, path, NULL))
        inspection->report.text.failed = 1;
}

static int is_told(const tl_inspection *inspection, const char *path) {
    for (size_t i = 0; i < inspection->told.count; i++)
        if (strcmp(inspection->told.items[i], path) == 0)
            return 1;
    return 0;
}

/* Where a name leads that is a link. */
static void append_target(tl_inspection *inspection, const char *path, tl_text *rest) {
    char *target = tl_h5_link_target(inspection->file, path);
    if (target)
        tl_text_format(rest, " -> %s", target);
    /* What is reached by it is used. */
    if (target && *target == '/')
        remember(inspection, target);
    tl_free(target);
}

/* The number of a data set that has but one. */
static void append_number(const tl_inspection *inspection, const char *path,
                          const tl_h5_about *about, tl_text *rest) {
    double number = 0;
    if (strcmp(about->shape, "()") != 0 || tl_h5_read_number(inspection->file, path, &number, NULL))
        return;
    tl_text_append(rest, " = ");
    tl_inspect_number(rest, number, about->dtype);
}

static void tell_fault(tl_inspection *inspection, const tl_h5_about *about) {
    if (about->fault)
        tl_report_line(&inspection->report, 8, "refused: it %s", about->fault);
    else if (about->end > inspection->length)
        tl_report_line(&inspection->report, 8, "damage: the file ends before its numbers do");
}

static void tell_set(tl_inspection *inspection, const char *path, const char *name, int weight) {
    tl_h5_about about;
    tl_text rest = {0};
    tlstm_error *reason = NULL;
    remember(inspection, path);
    append_target(inspection, path, &rest);
    if (tl_h5_look(inspection->file, path, &about, &reason)) {
        tl_report_entry(&inspection->report, "?", "?", name, rest.bytes ? rest.bytes : "");
        tl_report_line(&inspection->report, 8, "refused: %s", tl_error_message(reason));
    } else {
        append_number(inspection, path, &about, &rest);
        tl_report_entry(&inspection->report, about.dtype, about.shape, name,
                        rest.bytes ? rest.bytes : "");
        tell_fault(inspection, &about);
        inspection->parameters += weight ? about.count : 0;
        inspection->weights += weight != 0;
    }
    tl_error_free(reason);
    tl_text_clear(&rest);
}

static void tell_more(tl_inspection *inspection, size_t count) {
    if (count)
        tl_report_line(&inspection->report, 4, "... and %zu more", count);
}

void tl_inspect_tell_sets(tl_inspection *inspection, const char *group, const tl_h5_names *sets,
                          int weights) {
    size_t room = MOST_ENTRIES - inspection->told.count;
    size_t shown = sets->count < room ? sets->count : room;
    for (size_t i = 0; i < shown; i++) {
        char *path = tl_text_join(group, sets->items[i]);
        if (path)
            tell_set(inspection, path, sets->items[i], weights);
        else
            inspection->report.text.failed = 1;
        tl_free(path);
    }
    tell_more(inspection, sets->count - shown);
    inspection->hidden_weights += weights ? sets->count - shown : 0;
}

/* ---- The rest ---- */

/* Attributes of the root that Keras does not write. */
static size_t count_attributes(tl_inspection *inspection) {
    static const char *const known[] = {"keras_version", "backend",      "model_config",
                                        "layer_names",   "weight_names", "training_config"};
    size_t all = tl_h5_count_attributes(inspection->file, "/"), found = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        char part[64];
        found += tl_h5_has_attribute(inspection->file, "/", known[i]) != 0;
        for (unsigned number = 0;; number++) {
            snprintf(part, sizeof(part), "%s%u", known[i], number);
            if (!tl_h5_has_attribute(inspection->file, "/", part))
                break;
            found++;
        }
    }
    return all > found ? all - found : 0;
}

/* The heading stands above the first line. */
static int begin_rest(tl_inspection *inspection, size_t count) {
    if (count == 0) {
        tl_report_blank(&inspection->report);
        tl_report_line(&inspection->report, 0, "not used:");
    }
    return count < MOST_REST;
}

/* What tl_inspect_tell_training() tells as a whole. */
static int is_own(const char *path) {
    const size_t length = strlen(TL_RESUME_GROUP);
    return strncmp(path, TL_RESUME_GROUP "/", length + 1) == 0;
}

static tlstm_status tell_unused(walk *walking, const char *path, const tl_h5_child *child,
                                int again, tlstm_error **error) {
    static const char *const names[] = {"group", "set", "link", "link", "type", "damaged"};
    tl_inspection *inspection = walking->inspection;
    char *whole = tl_text_join("", path);
    if (!whole)
        return tl_fail_memory(error);
    int unused =
        !is_told(inspection, whole) && !is_own(whole) && (child->kind != TL_H5_GROUP || again);
    tl_text target = {0};
    if (child->target)
        tl_text_format(&target, " -> %s", child->target);
    if (unused && !begin_rest(inspection, walking->shown++))
        walking->hidden++;
    else if (unused && child->kind == TL_H5_SET)
        tell_set(inspection, whole, whole, 0);
    else if (unused)
        tl_report_entry(&inspection->report, again ? "loop" : names[child->kind], "", whole,
                        target.bytes ? target.bytes : "");
    tl_text_clear(&target);
    tl_free(whole);
    return TLSTM_OK;
}

void tl_inspect_tell_rest(tl_inspection *inspection) {
    walk walking = {.inspection = inspection, .visit = tell_unused, .start = ""};
    size_t attributes = count_attributes(inspection);
    if (attributes) {
        begin_rest(inspection, walking.shown++);
        tl_report_line(&inspection->report, 4, "%zu attribute%s of the root", attributes,
                       attributes == 1 ? "" : "s");
    }
    if (walk_group(&walking, "", 0, NULL) == TLSTM_ERROR_MEMORY)
        inspection->report.text.failed = 1;
    if (walking.hidden && !walking.shown)
        begin_rest(inspection, 0);
    tell_more(inspection, walking.hidden);
}
