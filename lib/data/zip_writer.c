/* Writing zip archives into memory, through minizip. The same files give the same bytes. */
#include "data/zip.h"

#include "base/alloc.h"
#include "data/zip_memory.h"

#include <string.h>
#include <zip.h>

/* minizip takes lengths as unsigned int. */
#define LARGEST_PIECE ((size_t)1 << 30)
/* From here on the old sizes of 32 bits do not reach. */
#define NEEDS_ZIP64 ((size_t)0xffffffffu)
/* As Python's zipfile marks files: made on Unix, in version 2.0, to be read by the owner. */
#define MADE_BY ((3u << 8) | 20u)
#define RIGHTS (0600ul << 16)

struct tl_zip_writer {
    tl_zip_memory memory;
    char *bytes;
    size_t capacity;
    int no_memory;
    zipFile file;
};

/* ---- What minizip takes for a file ---- */

static uLong ZCALLBACK read_memory(voidpf opaque, voidpf stream, void *to, uLong size) {
    (void)opaque;
    (void)stream;
    (void)to;
    (void)size;
    return 0;
}

static int reserve(tl_zip_writer *zip, size_t length) {
    size_t capacity = zip->capacity ? zip->capacity : 4096;
    while (capacity < length)
        capacity = capacity > length / 2 ? length : capacity * 2;
    char *grown = capacity > zip->capacity ? tl_realloc(zip->bytes, capacity, 1) : zip->bytes;
    if (!grown)
        return 0;
    zip->bytes = grown;
    zip->capacity = capacity;
    return 1;
}

/* Never fails: minizip would lose memory of its own. What did not fit shows at the end. */
static uLong ZCALLBACK write_memory(voidpf opaque, voidpf stream, const void *from, uLong size) {
    tl_zip_writer *zip = stream;
    (void)opaque;
    if (!zip->no_memory && reserve(zip, zip->memory.position + size))
        memcpy(zip->bytes + zip->memory.position, from, size);
    else
        zip->no_memory = 1;
    zip->memory.position += size;
    if (zip->memory.position > zip->memory.length)
        zip->memory.length = zip->memory.position;
    return size;
}

/* ---- Archives ---- */

static tlstm_status fail_zip(const tl_zip_writer *zip, const char *name, tlstm_error **error) {
    if (zip->no_memory)
        return tl_fail_memory(error);
    return tl_fail(error, TLSTM_ERROR_IO, name, "cannot be put into a zip archive");
}

tlstm_status tl_zip_create(tl_zip_writer **zip, tlstm_error **error) {
    tl_zip_writer *made = tl_alloc_zero(1, sizeof(*made));
    if (!made)
        return tl_fail_memory(error);
    zlib_filefunc64_def memory = tl_zip_memory_functions(&made->memory, read_memory, write_memory);
    made->file = zipOpen2_64("", APPEND_STATUS_CREATE, NULL, &memory);
    if (!made->file) {
        tl_free(made);
        return tl_fail_memory(error);
    }
    *zip = made;
    return TLSTM_OK;
}

static int write_pieces(zipFile file, const char *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        size_t piece = length - done < LARGEST_PIECE ? length - done : LARGEST_PIECE;
        if (zipWriteInFileInZip(file, bytes + done, (unsigned)piece) != ZIP_OK)
            return 0;
        done += piece;
    }
    return 1;
}

tlstm_status tl_zip_add(tl_zip_writer *zip, const char *name, const void *bytes, size_t length,
                        tlstm_error **error) {
    /* The first day that a zip archive can tell; no clock, so that equal files are equal. */
    zip_fileinfo about = {.tmz_date = {0, 0, 0, 1, 0, 1980}, .external_fa = RIGHTS};
    const int stored = 0, level = 0, raw = 0;
    if (zipOpenNewFileInZip4_64(zip->file, name, &about, NULL, 0, NULL, 0, NULL, stored, level, raw,
                                -MAX_WBITS, DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, NULL, 0, MADE_BY, 0,
                                length >= NEEDS_ZIP64) != ZIP_OK)
        return fail_zip(zip, name, error);
    int written = write_pieces(zip->file, bytes, length);
    if (zipCloseFileInZip(zip->file) != ZIP_OK || !written || zip->no_memory)
        return fail_zip(zip, name, error);
    return TLSTM_OK;
}

tlstm_status tl_zip_finish(tl_zip_writer *zip, char **bytes, size_t *length, tlstm_error **error) {
    int closed = zipClose(zip->file, NULL);
    zip->file = NULL;
    if (closed != ZIP_OK || zip->no_memory)
        return fail_zip(zip, NULL, error);
    *bytes = zip->bytes;
    *length = zip->memory.length;
    zip->bytes = NULL;
    return TLSTM_OK;
}

void tl_zip_discard(tl_zip_writer *zip) {
    if (!zip)
        return;
    if (zip->file)
        zipClose(zip->file, NULL);
    tl_free(zip->bytes);
    tl_free(zip);
}
