/*
 * Named arrays, out of a file or out of memory: what `.npz` and `.safetensors` have in common.
 * First come names, types and shapes alone; the elements of an array are read when it is known that
 * the model has a place of that size for them.
 */
#ifndef TL_FILES_ENTRIES_H
#define TL_FILES_ENTRIES_H

#include "data/floats.h"
#include "data/zip.h"
#include "files/format.h"

typedef struct tl_entry {
    char *name;
    tl_float_type type;
    size_t ndim; /* 0 for a scalar */
    int64_t shape[TLSTM_MAX_DIMS];
    size_t size;     /* elements */
    size_t index;    /* among the entries */
    size_t position; /* .safetensors: of its first byte */
} tl_entry;

typedef struct tl_entries tl_entries;

struct tl_entries {
    const char *name; /* of the file, for errors; borrowed */
    tl_entry *items;
    size_t count;
    /* The elements of an entry of numbers, in C order. */
    tlstm_status (*read)(const tl_entries *entries, const tl_entry *entry, float *to,
                         tlstm_error **error);
    tl_source source; /* the file's bytes, borrowed */
    tl_zip *zip;
    const tlstm_array *const *values; /* in memory; borrowed */
};

/* The arrays of a file, whose kind its content tells; the source must outlive them. */
tlstm_status tl_entries_open(const tl_source *source, tl_entries *entries, tlstm_error **error);
/* The same from arrays in memory. `names` NULL: "0", "1", ... */
tlstm_status tl_entries_wrap(const char *const *names, const tlstm_array *const *values,
                             size_t count, tl_entries *entries, tlstm_error **error);
void tl_entries_close(tl_entries *entries);

/* ---- For the kinds of file ---- */

/* Appends an entry; takes `name`, also on failure. */
tlstm_status tl_entries_add(tl_entries *entries, char *name, tl_entry **entry, tlstm_error **error);

/* npz.c: what numpy.savez() writes. */
int tl_npz_probe(const tl_source *source);
tlstm_status tl_npz_open(tl_entries *entries, tlstm_error **error);
/* safetensors.c: what safetensors.torch.save_file() writes, and its like for NumPy. */
int tl_safetensors_probe(const tl_source *source);
tlstm_status tl_safetensors_open(tl_entries *entries, tlstm_error **error);

#endif
