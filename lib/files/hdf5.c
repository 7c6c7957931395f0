/*
 * The only file that includes <hdf5.h>.
 *
 * What comes from a file is not trusted: sizes are checked before anything is allocated or read,
 * links must stay in the file, data must lie in it, and only the filters of libhdf5 itself run.
 */
#include "files/hdf5.h"

#include "base/alloc.h"

#include <hdf5.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* The longest attribute that fits an object header (Keras: HDF5_OBJECT_HEADER_LIMIT). */
#define LONGEST_ATTRIBUTE 64512
/* More names than any model has: a file that claims so is damaged. */
#define MOST_NAMES ((hssize_t)1 << 22)
/* A chunk is read whole: more elements in one would let a small file ask for much memory. */
#define LARGEST_CHUNK ((hsize_t)16 << 20)

struct tl_h5 {
    hid_t id;
    hid_t access; /* of links: none may leave the file */
    int left;     /* a link tried to */
    char *name;
    const void *bytes;
    size_t length;
    /* How the program wants libhdf5 to report, given back at the close. */
    H5E_auto2_t report;
    void *report_data;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int tl_h5_is_hdf5(const void *bytes, size_t length) {
    static const char signature[8] = "\211HDF\r\n\032\n";
    /* At 0, or behind a user block: 512, 1024, 2048, ... */
    for (size_t place = 0; place <= length && length - place >= sizeof(signature);
         place = place ? place * 2 : 512)
        if (memcmp((const char *)bytes + place, signature, sizeof(signature)) == 0)
            return 1;
    return 0;
}

/* ---- Errors ---- */

static herr_t take_innermost(unsigned number, const H5E_error2_t *entry, void *user) {
    if (number == 0 && entry->desc)
        snprintf(user, 200, ": %s", entry->desc);
    return 0;
}

/* "cannot <what>: <what libhdf5 says>" */
static tlstm_status fail_h5(const tl_h5 *file, const char *path, const char *what,
                            tlstm_error **error) {
    char reason[200] = "";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, reason);
    H5Eclear2(H5E_DEFAULT);
    tl_fail(error, TLSTM_ERROR_FORMAT, path, "cannot %s%s", what, reason);
    return tl_fail_within(error, TLSTM_ERROR_FORMAT, file->name);
}

static tlstm_status fail_at(const tl_h5 *file, const char *path, tlstm_status code,
                            const char *message, tlstm_error **error) {
    tl_fail(error, code, path, "%s", message);
    return tl_fail_within(error, code, file->name);
}

/* ---- Opening and closing ---- */

static void silence(tl_h5 *file) {
    H5Eget_auto2(H5E_DEFAULT, &file->report, &file->report_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

static herr_t refuse_external(const char *parent_file, const char *parent_group,
                              const char *child_file, const char *child_object, unsigned *flags,
                              hid_t access, void *user) {
    (void)parent_file, (void)parent_group, (void)child_file, (void)child_object, (void)flags,
        (void)access;
    ((tl_h5 *)user)->left = 1;
    return -1;
}

static tlstm_status new_file(const char *name, tl_h5 **file, tlstm_error **error) {
    tl_h5 *made = tl_alloc_zero(1, sizeof(*made));
    if (made)
        made->name = tl_strdup(name);
    if (!made || !made->name) {
        tl_free(made);
        return tl_fail_memory(error);
    }
    made->id = made->access = H5I_INVALID_HID;
    pthread_mutex_lock(&lock);
    silence(made);
    made->access = H5Pcreate(H5P_LINK_ACCESS);
    H5Pset_elink_cb(made->access, refuse_external, made);
    *file = made;
    return TLSTM_OK;
}

void tl_h5_close(tl_h5 *file) {
    if (!file)
        return;
    if (file->id >= 0)
        H5Fclose(file->id);
    if (file->access >= 0)
        H5Pclose(file->access);
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, file->report, file->report_data);
    pthread_mutex_unlock(&lock);
    tl_free(file->name);
    tl_free(file);
}

/* libhdf5 would copy the image several times; these let all its copies be the caller's bytes. */
static void *image_borrow(size_t size, H5FD_file_image_op_t op, void *user) {
    (void)op;
    const tl_h5 *file = user;
    return size == file->length ? (void *)file->bytes : NULL;
}

static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t op,
                        void *user) {
    (void)size, (void)op, (void)user;
    return to == from ? to : NULL;
}

static void *image_resize(void *image, size_t size, H5FD_file_image_op_t op, void *user) {
    (void)image, (void)size, (void)op, (void)user;
    return NULL;
}

static herr_t image_release(void *image, H5FD_file_image_op_t op, void *user) {
    (void)image, (void)op, (void)user;
    return 0;
}

static void *same_user(void *user) {
    return user;
}

static herr_t keep_user(void *user) {
    (void)user;
    return 0;
}

/* HDF5 looks for a file of the name that an image is given, and fails where there is a folder: so
 * no file can have this one. */
#define NO_FILE "/dev/null/tinylstm"

static hid_t open_image(tl_h5 *file) {
    H5FD_file_image_callbacks_t callbacks = {image_borrow, image_copy, image_resize, image_release,
                                             same_user,    keep_user,  file};
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t id = H5I_INVALID_HID;
    if (H5Pset_fapl_core(access, 1 << 16, 0) >= 0 &&
        H5Pset_file_image_callbacks(access, &callbacks) >= 0 &&
        H5Pset_file_image(access, (void *)file->bytes, file->length) >= 0)
        id = H5Fopen(NO_FILE, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return id;
}

tlstm_status tl_h5_open(const char *name, const void *bytes, size_t length, tl_h5 **file,
                        tlstm_error **error) {
    if (!tl_h5_is_hdf5(bytes, length))
        return tl_fail(error, TLSTM_ERROR_FORMAT, name, "not an HDF5 file");
    tl_h5 *made = NULL;
    tlstm_status status = new_file(name, &made, error);
    if (status)
        return status;
    made->bytes = bytes;
    made->length = length;
    made->id = open_image(made);
    if (made->id < 0) {
        status = fail_h5(made, NULL, "open the HDF5 file, which is damaged or incomplete", error);
        tl_h5_close(made);
        return status;
    }
    *file = made;
    return TLSTM_OK;
}

tlstm_status tl_h5_create(tl_h5 **file, tlstm_error **error) {
    tl_h5 *made = NULL;
    tlstm_status status = new_file("new file", &made, error);
    if (status)
        return status;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (H5Pset_fapl_core(access, 1 << 16, 0) >= 0)
        made->id = H5Fcreate(NO_FILE, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    if (made->id < 0) {
        status = fail_h5(made, NULL, "make an HDF5 file", error);
        tl_h5_close(made);
        return status;
    }
    *file = made;
    return TLSTM_OK;
}

tlstm_status tl_h5_image(tl_h5 *file, char **bytes, size_t *length, tlstm_error **error) {
    ssize_t size = -1;
    if (H5Fflush(file->id, H5F_SCOPE_GLOBAL) >= 0)
        size = H5Fget_file_image(file->id, NULL, 0);
    if (size <= 0)
        return fail_h5(file, NULL, "finish the HDF5 file", error);
    char *image = tl_alloc((size_t)size, 1);
    if (!image)
        return tl_fail_memory(error);
    if (H5Fget_file_image(file->id, image, (size_t)size) != size) {
        tl_free(image);
        return fail_h5(file, NULL, "finish the HDF5 file", error);
    }
    *bytes = image;
    *length = (size_t)size;
    return TLSTM_OK;
}

/* ---- Attributes ---- */

int tl_h5_has(tl_h5 *file, const char *path) {
    hid_t object = H5Oopen(file->id, path, file->access);
    if (object >= 0)
        H5Oclose(object);
    return object >= 0;
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
        status = fail_h5(file, path, "read an attribute", error);
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
        return fail_at(file, path, TLSTM_ERROR_FORMAT, "an attribute is longer than the file",
                       error);
    char *elements = tl_alloc_zero(total, 1);
    if (!elements)
        return tl_fail_memory(error);
    tlstm_status status = TLSTM_OK;
    if (H5Aread(list->attribute, list->type, elements) < 0)
        status = fail_h5(file, path, "read an attribute", error);
    for (size_t i = 0; i < list->count && !status; i++)
        status = add_fixed(elements + i * width, width, H5Tget_strpad(list->type), names, error);
    tl_free(elements);
    return status;
}

static tlstm_status read_list(tl_h5 *file, const char *path, const char *name, tl_h5_names *names,
                              tlstm_error **error) {
    strings list = {H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID, 0};
    tlstm_status status = TLSTM_OK;
    list.attribute = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, file->access);
    if (list.attribute >= 0) {
        list.type = H5Aget_type(list.attribute);
        list.space = H5Aget_space(list.attribute);
    }
    hssize_t count = list.space >= 0 ? H5Sget_simple_extent_npoints(list.space) : -1;
    if (list.type < 0 || count < 0) {
        char what[160];
        snprintf(what, sizeof(what), "read the attribute %.100s", name);
        status = fail_h5(file, path, what, error);
    } else if (count > MOST_NAMES) {
        status = fail_at(file, path, TLSTM_ERROR_FORMAT, "an attribute is too long", error);
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

/* ---- Data sets ---- */

/* No weight has more dimensions. */
#define MOST_DIMS 8

typedef struct extent {
    size_t ndim;
    hsize_t dims[MOST_DIMS];
} extent;

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

/* What is wrong with how the numbers are stored; NULL: nothing. */
static const char *storage_fault(hid_t set, tlstm_status *code) {
    hid_t type = H5Dget_type(set), creation = H5Dget_create_plist(set);
    H5T_class_t kind = H5Tget_class(type);
    H5D_layout_t layout = H5Pget_layout(creation);
    const char *fault = NULL;
    *code = TLSTM_ERROR_UNSUPPORTED;
    if (kind != H5T_FLOAT && kind != H5T_INTEGER) {
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

/* Shape of an open data set. A data set without a space (H5S_NULL) has no shape. */
static int shape_of(hid_t set, extent *shape) {
    hid_t space = H5Dget_space(set);
    hsize_t dims[H5S_MAX_RANK];
    H5S_class_t kind = H5Sget_simple_extent_type(space);
    int rank = kind == H5S_SCALAR || kind == H5S_SIMPLE
                   ? H5Sget_simple_extent_dims(space, dims, NULL)
                   : -1;
    H5Sclose(space);
    if (rank < 0 || rank > MOST_DIMS)
        return 0;
    shape->ndim = (size_t)rank;
    for (int i = 0; i < rank; i++)
        shape->dims[i] = dims[i];
    return 1;
}

/* Opens a data set that may be read and tells its shape. */
static tlstm_status open_set(tl_h5 *file, const char *path, hid_t *set, extent *shape,
                             tlstm_error **error) {
    file->left = 0;
    hid_t object = H5Oopen(file->id, path, file->access);
    if (object < 0 && file->left)
        return fail_at(file, path, TLSTM_ERROR_UNSUPPORTED,
                       "is a link into another file, which is not followed", error);
    if (object < 0)
        return fail_h5(file, path, "open the data set", error);
    tlstm_status code = TLSTM_ERROR_FORMAT;
    const char *fault =
        H5Iget_type(object) == H5I_DATASET ? storage_fault(object, &code) : "is not a data set";
    if (!fault && !shape_of(object, shape)) {
        code = TLSTM_ERROR_FORMAT;
        fault = "has no shape, or too many dimensions";
    }
    if (!fault) {
        *set = object;
        return TLSTM_OK;
    }
    H5Oclose(object);
    return fail_at(file, path, code, fault, error);
}

/* "(4, 20)" */
static void shape_text(const extent *shape, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t i = 0; i < shape->ndim && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, i ? ", %llu" : "%llu",
                                 (unsigned long long)shape->dims[i]);
    if (used < size)
        snprintf(text + used, size - used, shape->ndim == 1 ? ",)" : ")");
}

static int same_shape(const extent *shape, size_t ndim, const size_t *dims) {
    int same = shape->ndim == ndim;
    for (size_t i = 0; i < ndim && same && dims; i++)
        same = shape->dims[i] == dims[i];
    return same;
}

static tlstm_status check_shape(const tl_h5 *file, const char *path, size_t ndim,
                                const size_t *dims, const extent *got, tlstm_error **error) {
    if (same_shape(got, ndim, dims))
        return TLSTM_OK;
    extent wanted = {.ndim = ndim};
    char wanted_text[200], got_text[200];
    for (size_t i = 0; i < ndim; i++)
        wanted.dims[i] = dims[i];
    shape_text(&wanted, wanted_text, sizeof(wanted_text));
    shape_text(got, got_text, sizeof(got_text));
    tl_fail(error, TLSTM_ERROR_SHAPE, path, "expected the shape %s, got %s", wanted_text, got_text);
    return tl_fail_within(error, TLSTM_ERROR_SHAPE, file->name);
}

tlstm_status tl_h5_check(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                         tlstm_error **error) {
    hid_t set = H5I_INVALID_HID;
    extent shape;
    tlstm_status status = open_set(file, path, &set, &shape, error);
    if (status)
        return status;
    H5Oclose(set);
    return check_shape(file, path, ndim, dims, &shape, error);
}

int tl_h5_has_shape(tl_h5 *file, const char *path, size_t ndim, const size_t *dims) {
    hid_t set = H5I_INVALID_HID;
    extent shape;
    if (open_set(file, path, &set, &shape, NULL))
        return 0;
    H5Oclose(set);
    return same_shape(&shape, ndim, dims);
}

tlstm_status tl_h5_read_floats(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                               float *values, tlstm_error **error) {
    hid_t set = H5I_INVALID_HID;
    extent shape;
    tlstm_status status = open_set(file, path, &set, &shape, error);
    if (status)
        return status;
    status = check_shape(file, path, ndim, dims, &shape, error);
    if (!status && H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
        status = fail_h5(file, path, "read the data set", error);
    H5Oclose(set);
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
    hid_t set = H5I_INVALID_HID;
    extent shape;
    tlstm_status status = open_set(file, path, &set, &shape, error);
    if (status)
        return status;
    double read = 0;
    if (shape.ndim > 1 || (shape.ndim == 1 && shape.dims[0] != 1))
        status = fail_at(file, path, TLSTM_ERROR_SHAPE, "expected one number", error);
    else if (!read_one(set, &read))
        status = fail_h5(file, path, "read the data set", error);
    else
        *value = read;
    H5Oclose(set);
    return status;
}

/* ---- Writing ---- */

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
        return fail_h5(file, path, "make the group", error);
    H5Gclose(group);
    return TLSTM_OK;
}

static tlstm_status write_attribute(tl_h5 *file, const char *path, const char *name, hid_t type,
                                    hid_t space, const void *value, tlstm_error **error) {
    hid_t attribute =
        H5Acreate_by_name(file->id, path, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    int written = attribute >= 0 && (!value || H5Awrite(attribute, type, value) >= 0);
    tlstm_status status = written ? TLSTM_OK : fail_h5(file, path, "write an attribute", error);
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
    if (width > LONGEST_ATTRIBUTE)
        return fail_at(file, path, TLSTM_ERROR_UNSUPPORTED, "a name is too long for HDF5", error);
    /* numpy.array_split: the first `count % parts` parts are longer by one. */
    size_t parts = 1;
    while ((names->count + parts - 1) / parts * width > LONGEST_ATTRIBUTE)
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
    tlstm_status status = written ? TLSTM_OK : fail_h5(file, path, "write the data set", error);
    if (set >= 0)
        H5Dclose(set);
    H5Pclose(creation);
    H5Pclose(link);
    return status;
}

tlstm_status tl_h5_write_floats(tl_h5 *file, const char *path, size_t ndim, const size_t *dims,
                                const float *values, tlstm_error **error) {
    hsize_t sizes[MOST_DIMS];
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
