/* What minizip takes for a file, where it lies in memory: the part that reading and writing share.
 */
#ifndef TL_DATA_ZIP_MEMORY_H
#define TL_DATA_ZIP_MEMORY_H

#include <ioapi.h>
#include <stddef.h>

/* The streams begin with this. */
typedef struct tl_zip_memory {
    size_t length, position;
} tl_zip_memory;

/* The file functions over a stream; `read` and `write` are the stream's own. */
zlib_filefunc64_def tl_zip_memory_functions(tl_zip_memory *stream, read_file_func read,
                                            write_file_func write);

#endif
