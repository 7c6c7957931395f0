/* Files of real Keras, loaded and saved for the generation that wrote them: every weight, every
 * slot and every setting is what it was. Where the library writes another name for the same, or
 * leaves out what it reads past, the tables here say so. */
#include "support.h"

#include "base/alloc.h"
#include "files/format.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const tlstm_save_options everything = TLSTM_SAVE_OPTIONS_INIT;

/* ---- Two files ---- */

typedef struct pair {
    const char *path;
    tlstm_keras keras;
    hid_t theirs, ours;
    const tlstm_model *model;
} pair;

/* Of one string; NULL: there is no such attribute. */
static char *attribute_text(hid_t file, const char *name) {
    if (H5Aexists(file, name) <= 0)
        return NULL;
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT), type = H5Aget_type(attribute);
    char *text = NULL;
    if (H5Tis_variable_str(type) > 0) {
        H5Aread(attribute, type, &text);
    } else {
        text = calloc(H5Tget_size(type) + 1, 1);
        H5Aread(attribute, type, text);
    }
    H5Tclose(type);
    H5Aclose(attribute);
    return text;
}

static json_t *attribute_json(hid_t file, const char *name) {
    char *text = attribute_text(file, name);
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    free(text);
    return value;
}

/* The names in an attribute that is a list, one behind the other with NULs; their number. */
static size_t attribute_names(hid_t file, const char *group, const char *name, char (*names)[256],
                              size_t most) {
    if (H5Lexists(file, group, H5P_DEFAULT) <= 0 ||
        H5Aexists_by_name(file, group, name, H5P_DEFAULT) <= 0)
        return 0;
    hid_t attribute = H5Aopen_by_name(file, group, name, H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    size_t count = (size_t)H5Sget_simple_extent_npoints(space), size = H5Tget_size(type);
    ck_assert_uint_le(count, most);
    int listed = count && H5Tget_class(type) == H5T_STRING;
    char *bytes = calloc(count + 1, size);
    if (listed)
        H5Aread(attribute, type, bytes);
    for (size_t i = 0; listed && i < count; i++)
        if (H5Tis_variable_str(type) > 0)
            snprintf(names[i], 256, "%s", ((char **)(void *)bytes)[i]);
        else
            snprintf(names[i], 256, "%.*s", (int)size, bytes + i * size);
    if (listed && H5Tis_variable_str(type) > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, bytes);
    free(bytes);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    return listed ? count : 0;
}

/* ---- Numbers ---- */

enum { MOST_NAMES = 256 };

/* The bytes of a data set as floats; scalars are left to the caller (*count 0). */
static float *read_floats(hid_t file, const char *path, size_t *count, int *scalar) {
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    ck_assert_msg(set >= 0, "no data set %s", path);
    hid_t space = H5Dget_space(set);
    *scalar = H5Sget_simple_extent_ndims(space) == 0;
    *count = (size_t)H5Sget_simple_extent_npoints(space);
    float *values = calloc(*count + 1, sizeof *values);
    H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Sclose(space);
    H5Dclose(set);
    return values;
}

/* Data sets in order, scalars and what an optimizer keeps and never reads left out. */
typedef struct sets {
    float *values[MOST_NAMES];
    size_t sizes[MOST_NAMES];
    size_t count;
} sets;

static void add_sets(hid_t file, const char *group, sets *list) {
    char names[MOST_NAMES][256];
    size_t count = attribute_names(file, group, "weight_names", names, MOST_NAMES);
    for (size_t i = 0; i < count; i++) {
        char path[1024];
        int scalar = 0;
        size_t size = 0;
        snprintf(path, sizeof path, "%.500s/%.255s", group, names[i]);
        float *values = read_floats(file, path, &size, &scalar);
        if (scalar) {
            free(values);
            continue;
        }
        list->values[list->count] = values;
        list->sizes[list->count++] = size;
    }
}

static void clear_sets(sets *list) {
    while (list->count)
        free(list->values[--list->count]);
}

static void assert_same_sets(const pair *files, const sets *theirs, const sets *ours,
                             const char *what) {
    ck_assert_msg(theirs->count == ours->count, "%s: %zu %s, ours has %zu", files->path,
                  theirs->count, what, ours->count);
    for (size_t i = 0; i < theirs->count; i++)
        ck_assert_msg(
            theirs->sizes[i] == ours->sizes[i] &&
                memcmp(theirs->values[i], ours->values[i], theirs->sizes[i] * sizeof(float)) == 0,
            "%s: number %zu of the %s differs", files->path, i, what);
}

static void all_weights(hid_t file, sets *list) {
    char layers[MOST_NAMES][256], group[300];
    size_t count = attribute_names(file, "/model_weights", "layer_names", layers, MOST_NAMES);
    for (size_t i = 0; i < count; i++) {
        snprintf(group, sizeof group, "/model_weights/%.255s", layers[i]);
        add_sets(file, group, list);
    }
}

static void compare_weights(const pair *files) {
    sets theirs = {0}, ours = {0};
    all_weights(files->theirs, &theirs);
    all_weights(files->ours, &ours);
    ck_assert_uint_gt(theirs.count, 0);
    assert_same_sets(files, &theirs, &ours, "weights");
    clear_sets(&theirs);
    clear_sets(&ours);
}

static int is_there(hid_t file, const char *path) {
    return H5Lexists(file, path, H5P_DEFAULT) > 0;
}

/* An optimizer without slots here: SGD's momentum, which nothing reads. */
static void compare_slots(const pair *files) {
    const tl_compiled *compiled = files->model->compiled;
    sets theirs = {0}, ours = {0};
    if (!compiled || !is_there(files->theirs, "/optimizer_weights"))
        return;
    add_sets(files->theirs, "/optimizer_weights", &theirs);
    add_sets(files->ours, "/optimizer_weights", &ours);
    /* never trained: Keras makes them with the first update */
    if (compiled->slot_count && theirs.count)
        assert_same_sets(files, &theirs, &ours, "slots");
    clear_sets(&theirs);
    clear_sets(&ours);
}

/* ---- Settings ---- */

/* What changes nothing here, or is said in another place. */
static const char ignored[] =
    " implementation unroll optional seed input_axes output_axes input_length dtype "
    "batch_input_shape batch_shape trainable ema_momentum ema_overwrite_frequency jit_compile "
    "is_legacy_optimizer "
    "module registered_name build_config shared_object_id lora_alpha data_format input_shape "
    "input_dim use_cudnn "
    "autocast name ";
/* What may be missing where it is off. */
static const char off[] =
    " return_state activity_regularizer ragged sparse quantization_config zero_output_for_mask "
    "time_major noise_shape use_ema loss_scale_factor "
    "gradient_accumulation_steps lora_rank weight_decay clipnorm clipvalue global_clipnorm decay ";

static int is_listed(const char *list, const char *key) {
    char word[128];
    snprintf(word, sizeof word, " %.100s ", key);
    return strstr(list, word) != NULL;
}

static int may_be_missing(const char *key, const json_t *value) {
    int nothing = json_is_null(value) || json_is_false(value) ||
                  (json_is_number(value) && json_number_value(value) == 0);
    return is_listed(ignored, key) || (nothing && is_listed(off, key));
}

static const char *bare_class(const char *name) {
    const char *mark = strrchr(name, '>');
    return mark ? mark + 1 : name;
}

static void fail_setting(const pair *files, const char *where, const json_t *theirs,
                         const json_t *ours) {
    char *one = json_dumps(theirs, JSON_ENCODE_ANY), *other = json_dumps(ours, JSON_ENCODE_ANY);
    ck_abort_msg("%s: %s is %s, ours %s", files->path, where, one, other ? other : "missing");
}

static void compare_values(const pair *files, const char *where, const json_t *theirs,
                           const json_t *ours);

static void compare_objects(const pair *files, const char *where, const json_t *theirs,
                            const json_t *ours) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)theirs, key, value) {
        const json_t *other = json_object_get(ours, key);
        char place[256];
        snprintf(place, sizeof place, "%.150s.%.90s", where, key);
        /* "name" belongs to layers and models, which are compared by it */
        if (!other && may_be_missing(key, value))
            continue;
        /* Keras 2.3 writes the one and reads both */
        if (!other && strcmp(key, "learning_rate") == 0)
            other = json_object_get(ours, "lr");
        if (strcmp(key, "dtype") == 0 || (strcmp(key, "name") == 0 && strstr(where, "optimizer")))
            continue;
        if (strcmp(key, "class_name") == 0 && json_is_string(other) && json_is_string(value)) {
            const char *a = bare_class(json_string_value(value));
            const char *b = bare_class(json_string_value(other));
            /* one of two names for a functional model */
            if (strcmp(a, b) != 0 &&
                !(strstr("Model Functional", a) && strstr("Model Functional", b)))
                fail_setting(files, place, value, other);
            continue;
        }
        compare_values(files, place, value, other);
    }
}

static void compare_values(const pair *files, const char *where, const json_t *theirs,
                           const json_t *ours) {
    size_t index;
    json_t *value;
    if (json_is_number(theirs) && json_is_number(ours)) {
        if (json_number_value(theirs) != json_number_value(ours))
            fail_setting(files, where, theirs, ours);
    } else if (json_is_object(theirs) && json_is_object(ours)) {
        compare_objects(files, where, theirs, ours);
    } else if (json_is_array(theirs) && json_array_size(theirs) == json_array_size(ours)) {
        json_array_foreach(theirs, index, value)
            compare_values(files, where, value, json_array_get(ours, index));
    } else if (!json_equal((json_t *)theirs, (json_t *)ours)) {
        fail_setting(files, where, theirs, ours);
    }
}

static const json_t *layers_of(const json_t *config) {
    const json_t *inner = json_object_get(config, "config");
    return json_is_array(inner) ? inner : json_object_get(inner, "layers");
}

static const json_t *find_layer(const json_t *layers, const char *name) {
    size_t index;
    json_t *layer;
    json_array_foreach(layers, index, layer) {
        const char *called =
            json_string_value(json_object_get(json_object_get(layer, "config"), "name"));
        if (called && strcmp(called, name) == 0)
            return layer;
    }
    return NULL;
}

static size_t compare_layers(const pair *files) {
    json_t *theirs = attribute_json(files->theirs, "model_config");
    json_t *ours = attribute_json(files->ours, "model_config"), *layer;
    size_t index, compared = 0;
    json_array_foreach(layers_of(theirs), index, layer) {
        const json_t *config = json_object_get(layer, "config");
        const char *name = json_string_value(json_object_get(config, "name"));
        const json_t *other = name ? find_layer(layers_of(ours), name) : NULL;
        /* Keras 3 spells a mask out as a layer; an InputLayer may be left out of a Sequential */
        const char *class_name = json_string_value(json_object_get(layer, "class_name"));
        if (!other && strstr("NotEqual InputLayer", class_name))
            continue;
        ck_assert_msg(other != NULL, "%s: the layer %s is gone", files->path, name);
        if (strcmp(class_name, "InputLayer") != 0)
            compare_objects(files, name, config, json_object_get(other, "config"));
        compared++;
    }
    json_decref(ours);
    json_decref(theirs);
    return compared;
}

static void compare_optimizer(const pair *files) {
    json_t *theirs = attribute_json(files->theirs, "training_config");
    json_t *ours = attribute_json(files->ours, "training_config");
    if (theirs && files->model->compiled)
        compare_objects(files, "optimizer", json_object_get(theirs, "optimizer_config"),
                        json_object_get(ours, "optimizer_config"));
    json_decref(ours);
    json_decref(theirs);
}

/* ---- All files ---- */

static tlstm_keras generation_of(hid_t file) {
    char *text = attribute_text(file, "keras_version"), version[64];
    snprintf(version, sizeof version, "%s", text ? text : "1");
    free(text);
    const int minor = version[1] == '.' ? atoi(version + 2) : 0;
    if (version[0] == '3')
        return TLSTM_KERAS_3;
    if (version[0] == '1')
        return -1;
    if (minor <= 3 && !strstr(version, "-tf"))
        return TLSTM_KERAS_2;
    return minor < 11 ? TLSTM_KERAS_TF_2_10 : TLSTM_KERAS_TF_2_15;
}

/* 1 when the file was compared, 0 when it is none that this is about. */
static int compare_file(const char *path) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    hid_t theirs = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (theirs < 0)
        return 0;
    tlstm_save_options options = everything;
    options.keras = generation_of(theirs);
    if (options.keras < 0 || tl_model_load(path, &model, &error)) {
        tl_error_free(error);
        H5Fclose(theirs);
        return 0;
    }
    const char *copy = tl_test_temporary("copy.h5");
    TL_ASSERT_OK(tl_model_save(model, copy, &options, &error), error);
    pair files = {path, options.keras, theirs, tl_test_h5_open(copy), model};
    compare_weights(&files);
    compare_slots(&files);
    ck_assert_uint_gt(compare_layers(&files), 0);
    compare_optimizer(&files);
    H5Fclose(files.ours);
    H5Fclose(theirs);
    tl_model_free(model);
    return 1;
}

static int is_model(const char *name) {
    const size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".h5") == 0 && !strstr(name, "expected") &&
           !strstr(name, "weights");
}

static size_t compare_folder(const char *folder) {
    DIR *files = opendir(folder);
    size_t count = 0;
    for (struct dirent *file; files && (file = readdir(files));) {
        char path[2048];
        snprintf(path, sizeof path, "%.1000s/%.255s", folder, file->d_name);
        count += is_model(file->d_name) ? (size_t)compare_file(path) : 0;
    }
    if (files)
        closedir(files);
    return count;
}

START_TEST(files_of_all_cases) {
    DIR *cases = opendir(tl_test_shared("golden"));
    size_t count = 0;
    for (struct dirent *one; cases && (one = readdir(cases));) {
        char folder[1024];
        snprintf(folder, sizeof folder, "%.700s/%.255s", tl_test_shared("golden"), one->d_name);
        if (one->d_name[0] != '.' && strcmp(one->d_name, "edge-files") != 0)
            count += compare_folder(folder);
    }
    if (cases)
        closedir(cases);
    ck_assert_msg(count >= 150, "%zu files only", count);
}
END_TEST

START_TEST(files_that_people_wrote) {
    ck_assert_uint_ge(compare_folder(tl_test_shared("keras-h5")), 10);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("roundtrip");
    TCase *tests = tcase_create("roundtrip");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, files_of_all_cases);
    if (tl_test_shared_exists("keras-h5"))
        tcase_add_test(tests, files_that_people_wrote);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
