/* Reading the golden files with libhdf5. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int golden_has(hid_t file, const char *path) {
    char step[512];
    size_t length = strlen(path);
    if (length >= sizeof step)
        return 0;
    for (size_t end = 1; end <= length; end++) {
        if (path[end] != '/' && path[end] != '\0')
            continue;
        memcpy(step, path, end);
        step[end] = '\0';
        if (H5Lexists(file, step, H5P_DEFAULT) <= 0)
            return 0;
    }
    return 1;
}

/* The element type to read a data set as, and the one of memory that HDF5 converts to. */
static tlstm_dtype dtype_of(hid_t set, hid_t *memory) {
    hid_t type = H5Dget_type(set);
    H5T_class_t kind = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    H5Tclose(type);
    if (kind == H5T_FLOAT) {
        *memory = size == 8 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
        return size == 8 ? TLSTM_FLOAT64 : TLSTM_FLOAT32;
    }
    *memory = size == 8 ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32;
    return size == 8 ? TLSTM_INT64 : TLSTM_INT32;
}

static tlstm_array *array_for(hid_t set, tlstm_dtype dtype) {
    hid_t space = H5Dget_space(set);
    hsize_t sizes[H5S_MAX_RANK];
    int ndim = H5Sget_simple_extent_dims(space, sizes, NULL);
    H5Sclose(space);
    if (ndim < 0 || ndim > TLSTM_MAX_DIMS)
        return NULL;
    int64_t shape[TLSTM_MAX_DIMS] = {1};
    for (int i = 0; i < ndim; i++)
        shape[i] = (int64_t)sizes[i];
    tlstm_array *array = NULL;
    tlstm_array_new(dtype, ndim ? (size_t)ndim : 1, shape, &array, NULL);
    return array;
}

tlstm_array *golden_read(hid_t file, const char *path) {
    if (!golden_has(file, path))
        return NULL;
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    if (set < 0)
        return NULL;
    hid_t memory;
    tlstm_dtype dtype = dtype_of(set, &memory);
    tlstm_array *array = array_for(set, dtype);
    if (array &&
        H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, tlstm_array_mutable_data(array)) < 0) {
        tlstm_array_free(array);
        array = NULL;
    }
    H5Dclose(set);
    return array;
}

tlstm_array *golden_read_nth(hid_t file, const char *group, size_t index) {
    char path[256];
    snprintf(path, sizeof path, "%s/%zu", group, index);
    return golden_read(file, path);
}

double golden_number(hid_t file, const char *path, size_t index) {
    tlstm_array *array = golden_read(file, path);
    double value = array && index < tlstm_array_size(array) ? golden_element(array, index) : NAN;
    tlstm_array_free(array);
    return value;
}

/* A scalar string attribute of either kind; free() it. */
static char *read_string(hid_t attribute) {
    hid_t type = H5Aget_type(attribute);
    char *text = NULL;
    if (H5Tis_variable_str(type) > 0) {
        char *borrowed = NULL;
        if (H5Aread(attribute, type, &borrowed) >= 0 && borrowed) {
            text = strdup(borrowed);
            H5free_memory(borrowed);
        }
    } else {
        text = calloc(H5Tget_size(type) + 1, 1);
        if (text && H5Aread(attribute, type, text) < 0)
            text[0] = '\0';
    }
    H5Tclose(type);
    return text;
}

json_t *golden_attribute(hid_t file, const char *name) {
    if (H5Aexists(file, name) <= 0)
        return NULL;
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    char *text = read_string(attribute);
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
    free(text);
    H5Aclose(attribute);
    return json;
}

typedef struct name_use {
    golden_use_name *use;
    void *context;
} name_use;

static herr_t use_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
    (void)group, (void)info;
    const name_use *target = context;
    target->use(name, target->context);
    return 0;
}

void golden_names(hid_t file, const char *group, golden_use_name *use, void *context) {
    if (!golden_has(file, group))
        return;
    name_use target = {use, context};
    hid_t opened = H5Gopen2(file, group, H5P_DEFAULT);
    H5Literate(opened, H5_INDEX_NAME, H5_ITER_INC, NULL, use_link, &target);
    H5Gclose(opened);
}
