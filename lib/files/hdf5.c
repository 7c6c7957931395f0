/* HDF5 files in memory: opening, making, closing, and what libhdf5 says of errors. */
#include "files/hdf5_file.h"

#include "base/alloc.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

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

tlstm_status tl_h5_fail(const tl_h5 *file, const char *path, const char *what,
                        tlstm_error **error) {
    char reason[200] = "";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_innermost, reason);
    H5Eclear2(H5E_DEFAULT);
    tl_fail(error, TLSTM_ERROR_FORMAT, path, "cannot %s%s", what, reason);
    return tl_fail_within(error, TLSTM_ERROR_FORMAT, file->name);
}

tlstm_status tl_h5_fail_at(const tl_h5 *file, const char *path, tlstm_status code,
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

void tl_h5_close_set(tl_h5_set *set) {
    if (set->id > 0)
        H5Oclose(set->id);
    tl_free(set->path);
    *set = (tl_h5_set){0};
}

void tl_h5_close(tl_h5 *file) {
    if (!file)
        return;
    for (size_t i = 0; i < TL_H5_OPEN_SETS && i < file->opened; i++)
        tl_h5_close_set(&file->sets[i]);
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

/* Compression by libhdf5's filters is at most a thousandfold. */
int tl_h5_can_hold(const tl_h5 *file, double floats) {
    return floats * sizeof(float) <= 1100.0 * (double)file->length;
}

const char *tl_h5_name(const tl_h5 *file) {
    return file->name;
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
        status =
            tl_h5_fail(made, NULL, "open the HDF5 file, which is damaged or incomplete", error);
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
        status = tl_h5_fail(made, NULL, "make an HDF5 file", error);
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
        return tl_h5_fail(file, NULL, "finish the HDF5 file", error);
    char *image = tl_alloc((size_t)size, 1);
    if (!image)
        return tl_fail_memory(error);
    if (H5Fget_file_image(file->id, image, (size_t)size) != size) {
        tl_free(image);
        return tl_h5_fail(file, NULL, "finish the HDF5 file", error);
    }
    *bytes = image;
    *length = (size_t)size;
    return TLSTM_OK;
}
