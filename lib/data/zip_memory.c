#include "data/zip_memory.h"

static voidpf ZCALLBACK open_memory(voidpf opaque, const void *name, int mode) {
    (void)name;
    (void)mode;
    return opaque;
}

static ZPOS64_T ZCALLBACK tell_memory(voidpf opaque, voidpf stream) {
    (void)opaque;
    return ((tl_zip_memory *)stream)->position;
}

static long ZCALLBACK seek_memory(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin) {
    tl_zip_memory *memory = stream;
    (void)opaque;
    size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? memory->position
                  : origin == ZLIB_FILEFUNC_SEEK_END ? memory->length
                                                     : 0;
    if (offset > memory->length - base)
        return -1;
    memory->position = base + (size_t)offset;
    return 0;
}

/* Closing, and asking for errors: there are none. */
static int ZCALLBACK succeed(voidpf opaque, voidpf stream) {
    (void)opaque;
    (void)stream;
    return 0;
}

zlib_filefunc64_def tl_zip_memory_functions(tl_zip_memory *stream, read_file_func read,
                                            write_file_func write) {
    return (zlib_filefunc64_def){open_memory, read,    write,   tell_memory,
                                 seek_memory, succeed, succeed, stream};
}
