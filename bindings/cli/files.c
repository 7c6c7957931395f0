/* Reading models and arrays, and looking ahead whether outputs can be written. */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int load_model(const char *path, tlstm_model **model) {
    tlstm_error *error = NULL;
    if (tlstm_model_load(path, model, &error) == TLSTM_OK)
        return STATUS_DONE;
    return fail_with("load model", path, error);
}

static int is_nan(const tlstm_array *array, size_t element) {
    if (tlstm_array_dtype(array) == TLSTM_FLOAT32)
        return isnan(((const float *)tlstm_array_data(array))[element]);
    if (tlstm_array_dtype(array) == TLSTM_FLOAT64)
        return isnan(((const double *)tlstm_array_data(array))[element]);
    return 0;
}

/* A NaN would come out as a NaN, which looks like a result. */
static int check_numbers(const char *path, const tlstm_array *array) {
    const size_t size = tlstm_array_size(array);
    for (size_t element = 0; element < size; element++)
        if (is_nan(array, element)) {
            const size_t samples = (size_t)tlstm_array_shape(array)[0];
            char why[64];
            snprintf(why, sizeof why, "sample %zu holds NaN", element / (size / samples));
            return fail("load array", path, why);
        }
    return STATUS_DONE;
}

int load_array(const char *path, tlstm_array **array) {
    tlstm_error *error = NULL;
    if (tlstm_array_load_npy(path, array, &error) != TLSTM_OK)
        return fail_with("load array", path, error);
    return check_numbers(path, *array);
}

void print_notes(const tlstm_model *model, const char *path) {
    for (size_t i = 0; i < tlstm_model_notes(model); i++)
        print_note(path, tlstm_model_note(model, i));
}

/* The directory a file is made in. NULL when memory is short. */
static char *directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int check_output(const char *what, const char *path) {
    if (!path)
        return STATUS_DONE;
    struct stat file;
    if (stat(path, &file) == 0 && S_ISDIR(file.st_mode))
        return fail(what, path, strerror(EISDIR));
    char *directory = directory_of(path);
    if (!directory)
        return fail(what, path, strerror(ENOMEM));
    int status = STATUS_DONE;
    if (stat(directory, &file) != 0)
        status = fail(what, directory, strerror(errno));
    else if (!S_ISDIR(file.st_mode))
        status = fail(what, directory, strerror(ENOTDIR));
    else if (access(directory, W_OK | X_OK) != 0)
        status = fail(what, directory, strerror(errno));
    free(directory);
    return status;
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

int check_model_output(const char *what, const char *path) {
    if (!path)
        return STATUS_DONE;
    if (!ends_with(path, ".h5") && !ends_with(path, ".keras"))
        return fail(what, path,
                    "the name of a model file ends in .h5, .keras or, for weights alone, "
                    ".weights.h5");
    return check_output(what, path);
}
