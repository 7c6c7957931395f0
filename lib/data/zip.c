/* Reading zip archives. minizip does its own small allocations; the contents are ours. */
#include "data/zip.h"

#include "base/alloc.h"
#include "data/zip_memory.h"

#include <stdint.h>
#include <string.h>
#include <unzip.h>

/* No deflate stream unpacks to more than 1032 times its length (zlib's technical notes). */
#define MOST_DEFLATE_RATIO 1032
/* Of a file's name, in bytes. */
#define LONGEST_NAME 1023

struct tl_zip {
    tl_zip_memory memory;
    const char *bytes;
    unzFile file;
};

static uLong ZCALLBACK read_memory(voidpf opaque, voidpf stream, void *to, uLong size) {
    tl_zip *zip = stream;
    (void)opaque;
    size_t left = zip->memory.length - zip->memory.position;
    size_t count = size < left ? (size_t)size : left;
    memcpy(to, zip->bytes + zip->memory.position, count);
    zip->memory.position += count;
    return (uLong)count;
}

static uLong ZCALLBACK write_memory(voidpf opaque, voidpf stream, const void *from, uLong size) {
    (void)opaque;
    (void)stream;
    (void)from;
    (void)size;
    return 0;
}

tlstm_status tl_zip_open(const void *bytes, size_t length, tl_zip **zip, tlstm_error **error) {
    tl_zip *made = tl_alloc_zero(1, sizeof(*made));
    if (!made)
        return tl_fail_memory(error);
    made->bytes = bytes;
    made->memory.length = length;
    zlib_filefunc64_def memory = tl_zip_memory_functions(&made->memory, read_memory, write_memory);
    made->file = unzOpen2_64("", &memory);
    if (!made->file) {
        tl_free(made);
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL, "not a zip archive");
    }
    *zip = made;
    return TLSTM_OK;
}

void tl_zip_close(tl_zip *zip) {
    if (!zip)
        return;
    unzClose(zip->file);
    tl_free(zip);
}

int tl_zip_has(tl_zip *zip, const char *name) {
    return unzLocateFile(zip->file, name, 1) == UNZ_OK;
}

static tlstm_status fail_damaged(const char *name, tlstm_error **error) {
    return tl_fail(error, TLSTM_ERROR_FORMAT, name, "the archive is damaged");
}

tlstm_status tl_zip_next(tl_zip *zip, int first, char **name, tlstm_error **error) {
    char text[LONGEST_NAME + 2] = "";
    unz_file_info64 about;
    int found = first ? unzGoToFirstFile(zip->file) : unzGoToNextFile(zip->file);
    *name = NULL;
    if (found == UNZ_END_OF_LIST_OF_FILE)
        return TLSTM_OK;
    if (found != UNZ_OK || unzGetCurrentFileInfo64(zip->file, &about, text, LONGEST_NAME + 1, NULL,
                                                   0, NULL, 0) != UNZ_OK)
        return fail_damaged(NULL, error);
    if (about.size_filename > LONGEST_NAME || strlen(text) != about.size_filename)
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL,
                       "a file's name is too long or has a NUL inside");
    *name = tl_strdup(text);
    return *name ? TLSTM_OK : tl_fail_memory(error);
}

/* Looks at the sizes of the file at hand; what they promise must be possible. */
static tlstm_status look(tl_zip *zip, const char *name, size_t limit, size_t *size,
                         tlstm_error **error) {
    unz_file_info64 about;
    if (unzGetCurrentFileInfo64(zip->file, &about, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK ||
        about.compressed_size > zip->memory.length)
        return fail_damaged(name, error);
    if (about.flag & 1)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, name, "is encrypted");
    if (about.compression_method != 0 && about.compression_method != Z_DEFLATED)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, name, "is packed with method %lu",
                       about.compression_method);
    if (about.uncompressed_size / MOST_DEFLATE_RATIO > about.compressed_size)
        return tl_fail(error, TLSTM_ERROR_FORMAT, name, "claims a size that it cannot unpack to");
    if (about.uncompressed_size > limit)
        return tl_fail(error, TLSTM_ERROR_FORMAT, name, "is larger than %zu bytes", limit);
    *size = (size_t)about.uncompressed_size;
    return TLSTM_OK;
}

static tlstm_status find(tl_zip *zip, const char *name, size_t limit, size_t *size,
                         tlstm_error **error) {
    int found = unzLocateFile(zip->file, name, 1);
    if (found == UNZ_END_OF_LIST_OF_FILE)
        return tl_fail(error, TLSTM_ERROR_FORMAT, name, "is not in the archive");
    return found == UNZ_OK ? look(zip, name, limit, size, error) : fail_damaged(name, error);
}

tlstm_status tl_zip_peek(tl_zip *zip, const char *name, size_t size, char *bytes, size_t *got,
                         size_t *length, tlstm_error **error) {
    tlstm_status status = look(zip, name, SIZE_MAX, length, error);
    if (status)
        return status;
    size_t wanted = *length < size ? *length : size;
    if (unzOpenCurrentFile(zip->file) != UNZ_OK)
        return fail_damaged(name, error);
    int count = unzReadCurrentFile(zip->file, bytes, (unsigned)wanted);
    /* The checksum belongs to the whole file: it is looked at by who reads that. */
    unzCloseCurrentFile(zip->file);
    if (count < 0)
        return fail_damaged(name, error);
    *got = (size_t)count;
    return TLSTM_OK;
}

/* Unpacks into memory that grows with what is really there, up to `size` bytes. */
static tlstm_status unpack(tl_zip *zip, const char *name, size_t size, char **bytes,
                           tlstm_error **error) {
    const size_t piece = (size_t)1 << 20;
    size_t capacity = size < piece ? size : piece, used = 0;
    char *buffer = tl_alloc(capacity + 1, 1);
    tlstm_status status = buffer ? TLSTM_OK : tl_fail_memory(error);
    while (!status && used < size) {
        if (used == capacity) {
            capacity = capacity > size / 2 ? size : capacity * 2;
            char *grown = tl_realloc(buffer, capacity + 1, 1);
            if (!grown) {
                status = tl_fail_memory(error);
                break;
            }
            buffer = grown;
        }
        size_t wanted = capacity - used < piece ? capacity - used : piece;
        int got = unzReadCurrentFile(zip->file, buffer + used, (unsigned)wanted);
        if (got <= 0)
            status = tl_fail(error, TLSTM_ERROR_FORMAT, name,
                             "is damaged: unpacking ends after %zu of %zu bytes", used, size);
        else
            used += (size_t)got;
    }
    if (status) {
        tl_free(buffer);
        return status;
    }
    buffer[size] = '\0';
    *bytes = buffer;
    return TLSTM_OK;
}

tlstm_status tl_zip_read(tl_zip *zip, const char *name, size_t limit, char **bytes, size_t *length,
                         tlstm_error **error) {
    size_t size = 0;
    char *unpacked = NULL;
    tlstm_status status = find(zip, name, limit, &size, error);
    if (status)
        return status;
    if (unzOpenCurrentFile(zip->file) != UNZ_OK)
        return fail_damaged(name, error);
    status = unpack(zip, name, size, &unpacked, error);
    /* Closing compares the checksum. */
    if (unzCloseCurrentFile(zip->file) == UNZ_CRCERROR && !status) {
        tl_free(unpacked);
        return tl_fail(error, TLSTM_ERROR_FORMAT, name, "is damaged: its checksum is wrong");
    }
    if (status)
        return status;
    *bytes = unpacked;
    *length = size;
    return TLSTM_OK;
}
