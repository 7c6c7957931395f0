/*
 * The bytes of an HDF5 file by themselves (HDF5 File Format Specification, version 3): what is to
 * be known before libhdf5 may see a file that was cut off.
 */
#include "data/bits.h"
#include "files/hdf5_look.h"

/* Where the superblock is: behind a user block. SIZE_MAX: nowhere. */
static size_t find_superblock(const char *bytes, size_t length) {
    enum { LONGEST = 64 };
    size_t place = 0;
    while (place < length && !(length - place >= LONGEST && tl_h5_is_hdf5(bytes + place, 8)))
        place = place ? place * 2 : 512;
    return place < length ? place : SIZE_MAX;
}

/* II.A: the sizes of addresses, then the base address and, two addresses on, the end of the file.
 */
uint64_t tl_h5_claimed_length(const void *bytes, size_t length) {
    enum { VERSION = 8 };
    size_t place = find_superblock(bytes, length);
    if (place == SIZE_MAX)
        return 0;
    const char *block = (const char *)bytes + place;
    int version = block[VERSION];
    size_t width = (size_t)(version < 2 ? block[13] : block[9]);
    size_t base = version == 0 ? 24 : version == 1 ? 28 : 12;
    if (version < 0 || version > 3 || width != 8)
        return 0;
    return tl_bits_read(block + base + 2 * width, width, 0);
}
