/*
 * Data sets of HDF5 files, read.
 *
 * What comes from a file is not trusted: sizes are checked before anything is allocated or read,
 * links must stay in the file, data must lie in it, and only the filters of libhdf5 itself run.
 */
#include "files/hdf5_file.h"

#include "base/alloc.h"

#include <stdio.h>
#include <string.h>

/* A chunk is read whole: more elements in one would let a small file ask for much memory. */
#define LARGEST_CHUNK ((hsize_t)16 << 20)

static int known_filters(hid_t creation) {
    int count = H5Pget_nfilters(creation);
    for (int i = 0; i < count; i++) {
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        int own = filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
                  filter == H5Z_FILTER_FLETCHER32 || filter == H5Z_FILTER_NBIT ||
                  filter == H5Z_FILTER_SCALEOFFSET;
        if (!own || H5Zfilter_avail(filter) <= 0)
            return 0;
    }
    return count >= 0;
}

static int small_chunks(hid_t creation) {
    hsize_t dims[H5S_MAX_RANK], total = 1;
    int rank = H5Pget_chunk(creation, H5S_MAX_RANK, dims);
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 0 || total > LARGEST_CHUNK / dims[i])
            return 0;
        total *= dims[i];
    }
    return rank > 0;
}

int tl_h5_is_bfloat16(hid_t type) {
    return H5Tget_class(type) == H5T_OPAQUE && H5Tget_size(type) == 2;
}

const char *tl_h5_float_name(hid_t type) {
    size_t sign, exponent_at, exponent, mantissa_at, mantissa;
    size_t size = H5Tget_size(type);
    if (tl_h5_is_bfloat16(type))
        return "bfloat16";
    if (H5Tget_class(type) != H5T_FLOAT)
        return NULL;
    if (H5Tget_fields(type, &sign, &exponent_at, &exponent, &mantissa_at, &mantissa) < 0)
        return "float";
    if (size == 2)
        return exponent == 8 ? "bfloat16" : "float16";
    return size == 4 ? "float32" : size == 8 ? "float64" : "float";
}

const char *tl_h5_storage_fault(hid_t set, tlstm_status *code) {
    hid_t type = H5Dget_type(set), creation = H5Dget_create_plist(set);
    H5T_class_t kind = H5Tget_class(type);
    H5D_layout_t layout = H5Pget_layout(creation);
    const char *fault = NULL;
    *code = TLSTM_ERROR_UNSUPPORTED;
    if (kind != H5T_FLOAT && kind != H5T_INTEGER && !tl_h5_is_bfloat16(type)) {
        *code = TLSTM_ERROR_FORMAT;
        fault = "does not hold numbers";
    } else if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
        fault = "keeps its numbers in another file";
    else if (!known_filters(creation))
        fault = "is compressed by a filter that this library does not have";
    else if (layout == H5D_CHUNKED && !small_chunks(creation))
        fault = "is stored in chunks that are too large";
    H5Pclose(creation);
    H5Tclose(type);
    return fault;
}

/* A data set without a space (H5S_NULL) has no shape. */
int tl_h5_extent(hid_t space, hsize_t dims[H5S_MAX_RANK]) {
    H5S_class_t kind = H5Sget_simple_extent_type(space);
    return kind == H5S_SCALAR || kind == H5S_SIMPLE ? H5Sget_simple_extent_dims(space, dims, NULL)
                                                    : -1;
}

/* Shape of an open data set. */
static int read_shape(tl_h5_set *set) {
    hid_t space = H5Dget_space(set->id);
    hsize_t dims[H5S_MAX_RANK];
    int rank = tl_h5_extent(space, dims);
    H5Sclose(space);
    if (rank < 0 || rank > TL_H5_MOST_DIMS)
        return 0;
    set->ndim = (size_t)rank;
    for (int i = 0; i < rank; i++)
        set->dims[i] = dims[i];
    return 1;
}

tlstm_status tl_h5_open_object(tl_h5 *file, const char *path, hid_t *object, tlstm_error **error) {
    file->left = 0;
    hid_t opened = H5Oopen(file->id, path, file->access);
    if (opened < 0 && file->left)
        return tl_h5_fail_at(file, path, TLSTM_ERROR_UNSUPPORTED, TL_H5_LEFT, error);
    if (opened < 0)
        return tl_h5_fail(file, path, "open the data set", error);
    *object = opened;
    return TLSTM_OK;
}

static const tl_h5_set *find_set(const tl_h5 *file, const char *path) {
    for (size_t i = 0; i < TL_H5_OPEN_SETS && i < file->opened; i++)
        if (file->sets[i].path && strcmp(file->sets[i].path, path) == 0)
            return &file->sets[i];
    return NULL;
}

/* What keeps an object from being a data set that may be read; NULL: nothing, and its shape is
 * there. */
static const char *set_fault(tl_h5_set *set, tlstm_status *code) {
    *code = TLSTM_ERROR_FORMAT;
    if (H5Iget_type(set->id) != H5I_DATASET)
        return "is not a data set";
    const char *fault = tl_h5_storage_fault(set->id, code);
    if (fault || read_shape(set))
        return fault;
    *code = TLSTM_ERROR_FORMAT;
    return "has no shape, or too many dimensions";
}

static tlstm_status open_new_set(tl_h5 *file, const char *path, tl_h5_set *made,
                                 tlstm_error **error) {
    tlstm_status code = TLSTM_OK, status = tl_h5_open_object(file, path, &made->id, error);
    if (status)
        return status;
    const char *fault = set_fault(made, &code);
    if (fault) {
        H5Oclose(made->id);
        return tl_h5_fail_at(file, path, code, fault, error);
    }
    made->path = tl_strdup(path);
    return TLSTM_OK;
}

/* Opens a data set that may be read. It belongs to the file. */
static tlstm_status open_set(tl_h5 *file, const char *path, const tl_h5_set **set,
                             tlstm_error **error) {
    *set = find_set(file, path);
    if (*set)
        return TLSTM_OK;
    tl_h5_set made = {0};
    tlstm_status status = open_new_set(file, path, &made, error);
    if (status)
        return status;
    tl_h5_set *place = &file->sets[file->opened++ % TL_H5_OPEN_SETS];
    tl_h5_close_set(place);
    *place = made;
    *set = place;
    return TLSTM_OK;
}

void tl_h5_shape_text(size_t ndim, const hsize_t *dims, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t i = 0; i < ndim && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, i ? ", %llu" : "%llu",
                                 (unsigned long long)dims[i]);
    if (used < size)
        snprintf(text + used, size - used, ndim == 1 ? ",)" : ")");
}

static int same_shape(const tl_h5_set *set, size_t ndim, const size_t *dims) {
    int same = set->ndim == ndim;
    for (size_t i = 0; i < ndim && same && dims; i++)
        same = set->dims[i] == dims[i];
    return same;
}

static tlstm_status check_shape(const tl_h5 *file, const char *path, const tl_h5_set *set,
                                size_t ndim, const size_t *dims, tlstm_error **error) {
    if (same_shape(set, ndim, dims))
        return TLSTM_OK;
    hsize_t wanted[TL_H5_MOST_DIMS];
    char wanted_text[200], got_text[200];
    for (size_t i = 0; i < ndim; i++)
        wanted[i] = dims[i];
    tl_h5_shape_text(ndim, wanted, wanted_text, sizeof(wanted_text));
    tl_h5_shape_text(set->ndim, set->dims, got_text, sizeof(got_text));
    tl_fail(error, TLSTM_ERROR_SHAPE, path, "expected the shape %s, got %s", wanted_text, got_text);
    return tl_fail_within(error, TLSTM_ERROR_SHAPE, file->name);
}

tlstm_status tl_h5_check(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                         tlstm_error **error) {
    const tl_h5_set *set = NULL;
    tlstm_status status = open_set(file, path, &set, error);
    return status ? status : check_shape(file, path, set, ndim, dims, error);
}

int tl_h5_has_shape(tl_h5 *file, const char *path, size_t ndim, const size_t *dims) {
    const tl_h5_set *set = NULL;
    return !open_set(file, path, &set, NULL) && same_shape(set, ndim, dims);
}

static const char *precision_of(hid_t type) {
    const char *name = tl_h5_float_name(type);
    return !name ? "integers" : strcmp(name, "float32") == 0 ? NULL : name;
}

const char *tl_h5_precision(tl_h5 *file, const char *path) {
    const tl_h5_set *set = NULL;
    if (open_set(file, path, &set, NULL))
        return NULL;
    hid_t type = H5Dget_type(set->id);
    const char *precision = precision_of(type);
    H5Tclose(type);
    return precision;
}

/* A bfloat16 is the upper half of a float, its lower byte first. The halves are read into the end
 * of the floats' memory, where each is taken before a float reaches it. */
static int read_bfloat16(hid_t set, hid_t type, size_t count, float *values) {
    unsigned char *halves = (unsigned char *)values + 2 * count;
    if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, halves) < 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)halves[2 * i] << 16 | (uint32_t)halves[2 * i + 1] << 24;
        memcpy(&values[i], &bits, sizeof(bits));
    }
    return 1;
}

static int read_numbers(const tl_h5_set *set, float *values) {
    size_t count = 1;
    for (size_t i = 0; i < set->ndim; i++)
        count *= (size_t)set->dims[i];
    hid_t type = H5Dget_type(set->id);
    int read = tl_h5_is_bfloat16(type)
                   ? read_bfloat16(set->id, type, count, values)
                   : H5Dread(set->id, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0;
    H5Tclose(type);
    return read;
}

tlstm_status tl_h5_read_floats(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                               float *values, tlstm_error **error) {
    const tl_h5_set *set = NULL;
    tlstm_status status = open_set(file, path, &set, error);
    if (!status)
        status = check_shape(file, path, set, ndim, dims, error);
    if (!status && !read_numbers(set, values))
        status = tl_h5_fail(file, path, "read the data set", error);
    return status;
}

/* One number, converted in a page: libhdf5 would clear a buffer of a megabyte for it. */
static int read_one(hid_t set, double *value) {
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    int read = H5Pset_buffer(transfer, 4096, NULL, NULL) >= 0 &&
               H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, transfer, value) >= 0;
    H5Pclose(transfer);
    return read;
}

tlstm_status tl_h5_read_number(tl_h5 *file, const char *path, double *value, tlstm_error **error) {
    const tl_h5_set *set = NULL;
    tlstm_status status = open_set(file, path, &set, error);
    if (status)
        return status;
    double read = 0;
    if (set->ndim > 1 || (set->ndim == 1 && set->dims[0] != 1))
        return tl_h5_fail_at(file, path, TLSTM_ERROR_SHAPE, "expected one number", error);
    if (!read_one(set->id, &read))
        return tl_h5_fail(file, path, "read the data set", error);
    *value = read;
    return TLSTM_OK;
}
