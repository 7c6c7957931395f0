/* Groups, attributes and data sets of HDF5 files, written as h5py and Keras write them. */
#include "files/hdf5_file.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

/* Properties of links: the groups on the way are made. */
static hid_t with_groups(void) {
    hid_t creation = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(creation, 1);
    return creation;
}

tlstm_status tl_h5_write_group(tl_h5 *file, const char *path, tlstm_error **error) {
    hid_t link = with_groups();
    hid_t group = H5Gcreate2(file->id, path, link, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(link);
    if (group < 0)
        return tl_h5_fail(file, path, "make the group", error);
    H5Gclose(group);
    return TLSTM_OK;
}

static tlstm_status write_attribute(tl_h5 *file, const char *path, const char *name, hid_t type,
                                    hid_t space, const void *value, tlstm_error **error) {
    hid_t attribute =
        H5Acreate_by_name(file->id, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int written = attribute >= 0 && (!value || H5Awrite(attribute, type, value) >= 0);
    tlstm_status status = written ? TLSTM_OK : tl_h5_fail(file, path, "write an attribute", error);
    if (attribute >= 0)
        H5Aclose(attribute);
    return status;
}

tlstm_status tl_h5_write_string(tl_h5 *file, const char *path, const char *name, const char *text,
                                int utf8, tlstm_error **error) {
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, utf8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII);
    tlstm_status status = write_attribute(file, path, name, type, space, &text, error);
    H5Sclose(space);
    H5Tclose(type);
    return status;
}

static size_t longest_name(char *const *items, size_t count) {
    size_t longest = 1;
    for (size_t i = 0; i < count; i++)
        if (strlen(items[i]) > longest)
            longest = strlen(items[i]);
    return longest;
}

static tlstm_status write_names(tl_h5 *file, const char *path, const char *name, char *const *items,
                                size_t count, size_t width, tlstm_error **error) {
    char *elements = tl_alloc_zero(count, width);
    if (!elements)
        return tl_fail_memory(error);
    for (size_t i = 0; i < count; i++)
        memcpy(elements + i * width, items[i], strlen(items[i]));
    hsize_t dims = count;
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &dims, NULL);
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    tlstm_status status = write_attribute(file, path, name, type, space, elements, error);
    H5Sclose(space);
    H5Tclose(type);
    tl_free(elements);
    return status;
}

/* numpy.asarray([]): no elements of float64 */
static tlstm_status write_no_names(tl_h5 *file, const char *path, const char *name,
                                   tlstm_error **error) {
    hsize_t dims = 0;
    hid_t space = H5Screate_simple(1, &dims, NULL);
    tlstm_status status = write_attribute(file, path, name, H5T_IEEE_F64LE, space, NULL, error);
    H5Sclose(space);
    return status;
}

tlstm_status tl_h5_write_names(tl_h5 *file, const char *path, const char *name,
                               const tl_h5_names *names, tlstm_error **error) {
    if (!names->count)
        return write_no_names(file, path, name, error);
    size_t width = longest_name(names->items, names->count);
    if (width > TL_H5_LONGEST_ATTRIBUTE)
        return tl_h5_fail_at(file, path, TLSTM_ERROR_UNSUPPORTED, "a name is too long for HDF5",
                             error);
    /* numpy.array_split: the first `count % parts` parts are longer by one. */
    size_t parts = 1;
    while ((names->count + parts - 1) / parts * width > TL_H5_LONGEST_ATTRIBUTE)
        parts++;
    tlstm_status status = TLSTM_OK;
    for (size_t part = 0, at = 0; part < parts && !status; part++) {
        char numbered[64];
        size_t count = names->count / parts + (part < names->count % parts);
        snprintf(numbered, sizeof(numbered), parts > 1 ? "%s%zu" : "%s", name, part);
        status = write_names(file, path, numbered, names->items + at, count, width, error);
        at += count;
    }
    return status;
}

static tlstm_status write_set(tl_h5 *file, const char *path, hid_t type, hid_t memory, hid_t space,
                              const void *values, tlstm_error **error) {
    hid_t link = with_groups(), creation = H5Pcreate(H5P_DATASET_CREATE);
    /* No times in the file: the same model gives the same bytes. */
    H5Pset_obj_track_times(creation, 0);
    hid_t set = H5Dcreate2(file->id, path, type, space, link, creation, H5P_DEFAULT);
    int written = set >= 0 && H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    tlstm_status status = written ? TLSTM_OK : tl_h5_fail(file, path, "write the data set", error);
    if (set >= 0)
        H5Dclose(set);
    H5Pclose(creation);
    H5Pclose(link);
    return status;
}

tlstm_status tl_h5_write_floats(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                                const float *values, tlstm_error **error) {
    hsize_t sizes[TL_H5_MOST_DIMS];
    for (size_t i = 0; i < ndim; i++)
        sizes[i] = dims[i];
    hid_t space = ndim ? H5Screate_simple((int)ndim, sizes, NULL) : H5Screate(H5S_SCALAR);
    tlstm_status status =
        write_set(file, path, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, space, values, error);
    H5Sclose(space);
    return status;
}

tlstm_status tl_h5_write_integer(tl_h5 *file, const char *path, int64_t value,
                                 tlstm_error **error) {
    hid_t space = H5Screate(H5S_SCALAR);
    tlstm_status status =
        write_set(file, path, H5T_STD_I64LE, H5T_NATIVE_INT64, space, &value, error);
    H5Sclose(space);
    return status;
}
