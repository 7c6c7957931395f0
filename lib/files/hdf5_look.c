/* Lists groups and describes data sets of HDF5 files. Nothing that a file claims is allocated, and
 * no link is followed. */
#include "files/hdf5_look.h"

#include "base/alloc.h"
#include "files/hdf5_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a link leads is shown, so longer targets are of no use. */
#define LONGEST_TARGET 4096

/* ---- Groups ---- */

typedef struct listing {
    tl_h5_children *children;
    size_t most;
    hid_t access;
    int no_memory;
} listing;

/* HDF5 1.12 has tokens instead of addresses; those of files begin with the address. */
#if H5_VERSION_GE(1, 12, 0) && !defined(H5_USE_110_API)
static uint64_t place_of_token(const H5O_token_t *token) {
    uint64_t place = 0;
    memcpy(&place, token, sizeof(place));
    return place;
}

static uint64_t place_of_link(const H5L_info_t *info) {
    return place_of_token(&info->u.token);
}

static uint64_t place_of(hid_t object) {
    H5O_info2_t info;
    return H5Oget_info3(object, &info, H5O_INFO_BASIC) < 0 ? 0 : place_of_token(&info.token);
}

static size_t attributes_of(hid_t object) {
    H5O_info2_t info;
    return H5Oget_info3(object, &info, H5O_INFO_NUM_ATTRS) < 0 ? 0 : (size_t)info.num_attrs;
}
#else
static uint64_t place_of_link(const H5L_info_t *info) {
    return (uint64_t)info->u.address;
}

static uint64_t place_of(hid_t object) {
    H5O_info_t info;
    return H5Oget_info(object, &info) < 0 ? 0 : (uint64_t)info.addr;
}

static size_t attributes_of(hid_t object) {
    H5O_info_t info;
    return H5Oget_info(object, &info) < 0 ? 0 : (size_t)info.num_attrs;
}
#endif

static tl_h5_kind kind_of(hid_t group, const char *name, H5L_type_t link, hid_t access) {
    if (link == H5L_TYPE_SOFT)
        return TL_H5_SOFT_LINK;
    if (link != H5L_TYPE_HARD)
        return TL_H5_EXTERNAL_LINK;
    hid_t object = H5Oopen(group, name, access);
    H5I_type_t type = object >= 0 ? H5Iget_type(object) : H5I_BADID;
    if (object >= 0)
        H5Oclose(object);
    return type == H5I_GROUP     ? TL_H5_GROUP
           : type == H5I_DATASET ? TL_H5_SET
           : object >= 0         ? TL_H5_TYPE
                                 : TL_H5_DAMAGED;
}

/* "/model_weights/lstm", "other.h5:/lstm" */
static char *target_of(hid_t group, const char *name, const H5L_info_t *info) {
    char value[LONGEST_TARGET + 1] = "", target[LONGEST_TARGET + 2];
    const char *file = NULL, *path = NULL;
    unsigned flags;
    size_t size = info->u.val_size;
    if (size > LONGEST_TARGET || H5Lget_val(group, name, value, size, H5P_DEFAULT) < 0)
        return tl_strdup("?");
    if (info->type == H5L_TYPE_SOFT)
        return tl_strdup(value);
    if (info->type != H5L_TYPE_EXTERNAL || H5Lunpack_elink_val(value, size, &flags, &file, &path))
        return tl_strdup("?");
    snprintf(target, sizeof(target), "%s:%s", file, path);
    return tl_strdup(target);
}

static int add_child(tl_h5_children *children, const tl_h5_child *child) {
    /* Grows at the powers of two. */
    if ((children->count & (children->count - 1)) == 0) {
        size_t room = children->count ? children->count * 2 : 1;
        tl_h5_child *grown = tl_realloc(children->items, room, sizeof(*grown));
        if (!grown)
            return 0;
        children->items = grown;
    }
    children->items[children->count++] = *child;
    return 1;
}

static herr_t take_child(hid_t group, const char *name, const H5L_info_t *info, void *user) {
    listing *taken = user;
    if (taken->children->count >= taken->most) {
        taken->children->more++;
        return 0;
    }
    tl_h5_child child = {.name = tl_strdup(name)};
    child.kind = kind_of(group, name, info->type, taken->access);
    int is_link = child.kind == TL_H5_SOFT_LINK || child.kind == TL_H5_EXTERNAL_LINK;
    if (is_link)
        child.target = target_of(group, name, info);
    else
        child.place = place_of_link(info);
    if (child.name && (child.target || !is_link) && add_child(taken->children, &child))
        return 0;
    tl_free(child.target);
    tl_free(child.name);
    taken->no_memory = 1;
    return -1;
}

/* Names as people order them: "2" before "10". */
static int compare_names(const char *a, const char *b) {
    static const char digits[] = "0123456789";
    for (; *a && *b; a++, b++) {
        size_t in_a = strspn(a, digits), in_b = strspn(b, digits);
        if (in_a && in_b && in_a != in_b)
            return in_a < in_b ? -1 : 1;
        if (*a != *b)
            break;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static int compare_children(const void *a, const void *b) {
    return compare_names(((const tl_h5_child *)a)->name, ((const tl_h5_child *)b)->name);
}

void tl_h5_children_clear(tl_h5_children *children) {
    for (size_t i = 0; i < children->count; i++) {
        tl_free(children->items[i].target);
        tl_free(children->items[i].name);
    }
    tl_free(children->items);
    *children = (tl_h5_children){0};
}

tlstm_status tl_h5_list(tl_h5 *file, const char *path, size_t most, tl_h5_children *children,
                        tlstm_error **error) {
    tl_h5_children found = {0};
    listing taken = {&found, most, file->access, 0};
    hid_t group = H5Oopen(file->id, path, file->access);
    found.damaged =
        group < 0 || H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, take_child, &taken) < 0;
    if (group >= 0) {
        found.place = place_of(group);
        H5Oclose(group);
    }
    if (taken.no_memory) {
        tl_h5_children_clear(&found);
        return tl_fail_memory(error);
    }
    if (found.count)
        qsort(found.items, found.count, sizeof(*found.items), compare_children);
    *children = found;
    return TLSTM_OK;
}

size_t tl_h5_count_attributes(tl_h5 *file, const char *path) {
    hid_t object = H5Oopen(file->id, path, file->access);
    size_t count = object < 0 ? 0 : attributes_of(object);
    if (object >= 0)
        H5Oclose(object);
    return count;
}

char *tl_h5_link_target(tl_h5 *file, const char *path) {
    H5L_info_t info;
    if (H5Lget_info(file->id, path, &info, file->access) < 0 || info.type == H5L_TYPE_HARD)
        return NULL;
    return target_of(file->id, path, &info);
}

/* ---- Data sets ---- */

static void type_text(hid_t type, char *text, size_t size) {
    H5T_class_t kind = H5Tget_class(type);
    const char *float_name = tl_h5_float_name(type);
    if (kind == H5T_INTEGER)
        snprintf(text, size, "%sint%zu", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "",
                 8 * H5Tget_size(type));
    else
        snprintf(text, size, "%s",
                 float_name             ? float_name
                 : kind == H5T_STRING   ? "string"
                 : kind == H5T_ENUM     ? "enum"
                 : kind == H5T_COMPOUND ? "compound"
                                        : "other");
}

/* The shape, and how many elements that are. */
static void space_text(hid_t space, tl_h5_about *about) {
    hsize_t dims[H5S_MAX_RANK];
    const int rank = tl_h5_extent(space, dims);
    about->count = rank >= 0;
    for (int i = 0; i < rank; i++)
        about->count *= (double)dims[i];
    if (rank < 0)
        strcpy(about->shape, "none");
    else
        tl_h5_shape_text((size_t)rank, dims, about->shape, sizeof(about->shape));
}

static uint64_t end_of(hid_t set) {
    haddr_t begin = H5Dget_offset(set);
    hsize_t size = H5Dget_storage_size(set);
    if (begin == HADDR_UNDEF)
        return 0;
    return size > UINT64_MAX - begin ? UINT64_MAX : (uint64_t)(begin + size);
}

tlstm_status tl_h5_look(tl_h5 *file, const char *path, tl_h5_about *about, tlstm_error **error) {
    hid_t set = H5I_INVALID_HID;
    tlstm_status status = tl_h5_open_object(file, path, &set, error);
    if (status)
        return status;
    if (H5Iget_type(set) != H5I_DATASET) {
        H5Oclose(set);
        return tl_h5_fail_at(file, path, TLSTM_ERROR_FORMAT, "is not a data set", error);
    }
    tlstm_status code;
    hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    *about = (tl_h5_about){.fault = tl_h5_storage_fault(set, &code), .end = end_of(set)};
    type_text(type, about->dtype, sizeof(about->dtype));
    space_text(space, about);
    H5Sclose(space);
    H5Tclose(type);
    H5Oclose(set);
    return TLSTM_OK;
}
