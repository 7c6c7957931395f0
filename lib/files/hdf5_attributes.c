/*
 * Attributes of HDF5 files: strings and lists of them, in all the ways in which h5py has written
 * them. Sizes are checked before anything is allocated or read.
 */
#include "files/hdf5_file.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* More names than any model has: a file that claims so is damaged. */
#define MOST_NAMES ((hssize_t)1 << 22)

int tl_h5_has(tl_h5 *file, const char *path) {
    hid_t object = H5Oopen(file->id, path, file->access);
    if (object >= 0)
        H5Oclose(object);
    return object >= 0;
}

static herr_t find_windows_path(hid_t group, const char *name, const H5L_info_t *link,
                                void *beginning) {
    (void)group, (void)link;
    size_t length = strlen(beginning);
    return strncmp(name, beginning, length) == 0 && name[length] == '\\' && name[length + 1];
}

int tl_h5_has_windows_path(tl_h5 *file, const char *path) {
    return H5Literate(file->id, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, find_windows_path,
                      (void *)(path + 1)) > 0;
}

int tl_h5_has_attribute(tl_h5 *file, const char *path, const char *name) {
    return H5Aexists_by_name(file->id, path, name, file->access) > 0;
}

tlstm_status tl_h5_names_add(tl_h5_names *names, const char *name, tlstm_error **error) {
    /* Grows at the powers of two. */
    if ((names->count & (names->count - 1)) == 0) {
        size_t room = names->count ? names->count * 2 : 1;
        char **grown = tl_realloc(names->items, room, sizeof(*grown));
        if (!grown)
            return tl_fail_memory(error);
        names->items = grown;
    }
    char *copy = tl_strdup(name);
    if (!copy)
        return tl_fail_memory(error);
    names->items[names->count++] = copy;
    return TLSTM_OK;
}

tlstm_status tl_h5_names_within(tl_h5_names *names, const char *group, tlstm_error **error) {
    for (size_t i = 0; i < names->count; i++) {
        char *path = tl_text_join(group, names->items[i]);
        if (!path)
            return tl_fail_memory(error);
        tl_free(names->items[i]);
        names->items[i] = path;
    }
    return TLSTM_OK;
}

void tl_h5_names_clear(tl_h5_names *names) {
    for (size_t i = 0; i < names->count; i++)
        tl_free(names->items[i]);
    tl_free(names->items);
    *names = (tl_h5_names){0};
}

/* An attribute of strings that is open. */
typedef struct strings {
    hid_t attribute, type, space;
    size_t count;
} strings;

static void close_strings(strings *list) {
    if (list->space >= 0)
        H5Sclose(list->space);
    if (list->type >= 0)
        H5Tclose(list->type);
    if (list->attribute >= 0)
        H5Aclose(list->attribute);
}

/* The elements of variable length: one string each, whose memory is libhdf5's. */
static tlstm_status read_variable(const tl_h5 *file, const char *path, const strings *list,
                                  tl_h5_names *names, tlstm_error **error) {
    char **elements = tl_alloc_zero(list->count, sizeof(*elements));
    if (!elements)
        return tl_fail_memory(error);
    tlstm_status status = TLSTM_OK;
    if (H5Aread(list->attribute, list->type, elements) < 0)
        status = tl_h5_fail(file, path, "read an attribute", error);
    for (size_t i = 0; i < list->count && !status; i++)
        status = tl_h5_names_add(names, elements[i] ? elements[i] : "", error);
    H5Dvlen_reclaim(list->type, list->space, H5P_DEFAULT, elements);
    tl_free(elements);
    return status;
}

/* One element of fixed length, without its padding. */
static tlstm_status add_fixed(const char *element, size_t width, H5T_str_t padding,
                              tl_h5_names *names, tlstm_error **error) {
    const char *end = memchr(element, '\0', width);
    size_t length = end ? (size_t)(end - element) : width;
    while (padding == H5T_STR_SPACEPAD && length && element[length - 1] == ' ')
        length--;
    char *name = tl_strndup(element, length);
    if (!name)
        return tl_fail_memory(error);
    tlstm_status status = tl_h5_names_add(names, name, error);
    tl_free(name);
    return status;
}

static tlstm_status read_fixed(const tl_h5 *file, const char *path, const strings *list,
                               tl_h5_names *names, tlstm_error **error) {
    size_t width = H5Tget_size(list->type), total;
    /* What an attribute holds stands in the file: it cannot be longer than that. */
    if (!tl_size_multiply(width, list->count, &total) || total > file->length)
        return tl_h5_fail_at(file, path, TLSTM_ERROR_FORMAT, "an attribute is longer than the file",
                             error);
    char *elements = tl_alloc_zero(total, 1);
    if (!elements)
        return tl_fail_memory(error);
    tlstm_status status = TLSTM_OK;
    if (H5Aread(list->attribute, list->type, elements) < 0)
        status = tl_h5_fail(file, path, "read an attribute", error);
    for (size_t i = 0; i < list->count && !status; i++)
        status = add_fixed(elements + i * width, width, H5Tget_strpad(list->type), names, error);
    tl_free(elements);
    return status;
}

static tlstm_status read_list(tl_h5 *file, const char *path, const char *name, tl_h5_names *names,
                              tlstm_error **error) {
    strings list = {H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID, 0};
    tlstm_status status = TLSTM_OK;
    file->left = 0;
    list.attribute = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, file->access);
    if (list.attribute >= 0) {
        list.type = H5Aget_type(list.attribute);
        list.space = H5Aget_space(list.attribute);
    }
    hssize_t count = list.space >= 0 ? H5Sget_simple_extent_npoints(list.space) : -1;
    if (list.attribute < 0 && file->left) {
        status = tl_h5_fail_at(file, path, TLSTM_ERROR_UNSUPPORTED, TL_H5_LEFT, error);
    } else if (list.type < 0 || count < 0) {
        char what[160];
        snprintf(what, sizeof(what), "read the attribute %.100s", name);
        status = tl_h5_fail(file, path, what, error);
    } else if (count > MOST_NAMES) {
        status = tl_h5_fail_at(file, path, TLSTM_ERROR_FORMAT, "an attribute is too long", error);
    } else if (count > 0 && H5Tget_class(list.type) != H5T_STRING) {
        tl_fail(error, TLSTM_ERROR_FORMAT, path, "the attribute %s does not hold strings", name);
        status = tl_fail_within(error, TLSTM_ERROR_FORMAT, file->name);
    } else if (count > 0) {
        list.count = (size_t)count;
        status = H5Tis_variable_str(list.type) > 0 ? read_variable(file, path, &list, names, error)
                                                   : read_fixed(file, path, &list, names, error);
    }
    close_strings(&list);
    return status;
}

tlstm_status tl_h5_read_string(tl_h5 *file, const char *path, const char *name, char **text,
                               tlstm_error **error) {
    tl_h5_names names = {0};
    tlstm_status status = read_list(file, path, name, &names, error);
    if (!status && names.count != 1) {
        tl_fail(error, TLSTM_ERROR_FORMAT, path, "the attribute %s is not one string", name);
        status = tl_fail_within(error, TLSTM_ERROR_FORMAT, file->name);
    }
    if (!status) {
        *text = names.items[0];
        names.count = 0;
    }
    tl_h5_names_clear(&names);
    return status;
}

int tl_h5_has_names(tl_h5 *file, const char *path, const char *name) {
    char part[64];
    snprintf(part, sizeof(part), "%s0", name);
    return tl_h5_has_attribute(file, path, name) || tl_h5_has_attribute(file, path, part);
}

tlstm_status tl_h5_read_names(tl_h5 *file, const char *path, const char *name, tl_h5_names *names,
                              tlstm_error **error) {
    tl_h5_names read = {0};
    tlstm_status status = TLSTM_OK;
    char part[64];
    snprintf(part, sizeof(part), "%s0", name);
    if (tl_h5_has_attribute(file, path, name) || !tl_h5_has_attribute(file, path, part)) {
        status = read_list(file, path, name, &read, error);
    } else {
        for (unsigned i = 1; !status && tl_h5_has_attribute(file, path, part); i++) {
            status = read_list(file, path, part, &read, error);
            snprintf(part, sizeof(part), "%s%u", name, i);
        }
    }
    if (status)
        tl_h5_names_clear(&read);
    else
        *names = read;
    return status;
}
