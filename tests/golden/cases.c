/* Finding the cases below a directory and opening them. */
#define _XOPEN_SOURCE 700
#include "golden.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int golden_is_keras3(const golden_case *one) {
    return strcmp(one->tag, "-k3") == 0;
}

int golden_has_layer(const golden_case *one, const char *class_name) {
    size_t index;
    json_t *layer;
    json_array_foreach(one->layers, index, layer) {
        if (strcmp(json_string_value(json_array_get(layer, 0)), class_name) == 0)
            return 1;
    }
    return 0;
}

json_t *golden_flag(const golden_case *one, const char *name) {
    json_t *flag = json_object_get(one->flags, name);
    return flag && !json_is_false(flag) && !json_is_null(flag) ? flag : NULL;
}

static void close_case(golden_case *one) {
    json_decref(one->layers);
    json_decref(one->loss);
    json_decref(one->optimizer);
    json_decref(one->metrics);
    json_decref(one->flags);
    json_decref(one->train);
    if (one->data >= 0 && one->data != one->expected)
        H5Fclose(one->data);
    if (one->expected >= 0)
        H5Fclose(one->expected);
}

static hid_t open_file(const char *path) {
    return access(path, R_OK) == 0 ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
}

/* Opens <folder>/model<tag>.h5 and its numbers; 0 when that is no case. */
static int open_case(golden_case *one, const char *folder, const char *name, const char *tag) {
    char path[1024];
    *one = (golden_case){.expected = -1, .data = -1};
    snprintf(one->name, sizeof one->name, "%.95s%.60s", name, tag);
    snprintf(one->tag, sizeof one->tag, "%.60s", tag);
    snprintf(one->model_path, sizeof one->model_path, "%.900s/model%.60s.h5", folder, tag);
    snprintf(path, sizeof path, "%.900s/expected%.60s.h5", folder, tag);
    one->expected = open_file(path);
    snprintf(path, sizeof path, "%.900s/expected.h5", folder);
    one->data = tag[0] ? open_file(path) : one->expected;
    if (one->expected < 0 || one->data < 0)
        return 0;
    one->layers = golden_attribute(one->expected, "layers");
    one->loss = golden_attribute(one->expected, "loss");
    one->optimizer = golden_attribute(one->expected, "optimizer");
    one->metrics = golden_attribute(one->expected, "metrics");
    one->flags = golden_attribute(one->expected, "flags");
    one->train = golden_attribute(one->expected, "train");
    return one->layers && one->loss && one->optimizer && one->flags;
}

static int is_expected(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return strncmp(entry->d_name, "expected", 8) == 0 && length >= 11 &&
           strcmp(entry->d_name + length - 3, ".h5") == 0;
}

static size_t check_folder(const char *folder, const char *name, golden_check *check) {
    struct dirent **files = NULL;
    int count = scandir(folder, &files, is_expected, alphasort);
    size_t checked = 0;
    for (int i = 0; i < count; i++) {
        char tag[64] = "";
        size_t length = strlen(files[i]->d_name) - strlen("expected") - strlen(".h5");
        if (length < sizeof tag)
            memcpy(tag, files[i]->d_name + strlen("expected"), length);
        golden_case one;
        if (open_case(&one, folder, name, tag)) {
            check(&one);
            checked++;
        }
        close_case(&one);
        free(files[i]);
    }
    free(files);
    return checked;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

size_t golden_each_case(const char *root, golden_check *check) {
    struct dirent **folders = NULL;
    int count = scandir(root, &folders, is_visible, alphasort);
    const char *only = getenv("TINYLSTM_GOLDEN_ONLY");
    size_t checked = 0;
    for (int i = 0; i < count; i++) {
        char folder[1024];
        snprintf(folder, sizeof folder, "%.700s/%.255s", root, folders[i]->d_name);
        if (!only || strstr(folders[i]->d_name, only))
            checked += check_folder(folder, folders[i]->d_name, check);
        free(folders[i]);
    }
    free(folders);
    return checked;
}
