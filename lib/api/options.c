/* Checks that every public call begins with. */
#include "api/options.h"

#include <string.h>

static int all_zero(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return 0;
    return 1;
}

tlstm_status tl_options_read(const void *given, const char *name, void *known, size_t known_size,
                             tlstm_error **error) {
    if (!given)
        return TLSTM_OK;
    size_t size;
    memcpy(&size, given, sizeof(size));
    /* No options are a mebibyte long: such a size is memory that nobody has set. */
    if (size < sizeof(size) || size > (size_t)1 << 20)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, name,
                       "struct_size is %zu: start from the _INIT macro", size);
    if (size > known_size && !all_zero((const char *)given + known_size, size - known_size))
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, name,
                       "has settings that this version of the library does not know");
    memcpy(known, given, size < known_size ? size : known_size);
    memcpy(known, &known_size, sizeof(known_size));
    return TLSTM_OK;
}
