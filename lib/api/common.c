/* The public functions of tinylstm/common.h. */
#include "tinylstm/common.h"

#include "api/options.h"
#include "base/alloc.h"
#include "base/error.h"
#include "kernels/kernels.h"

int32_t tlstm_version(void) {
    return TLSTM_VERSION_MAJOR * 1000000 + TLSTM_VERSION_MINOR * 1000 + TLSTM_VERSION_PATCH;
}

const char *tlstm_version_string(void) {
    return TLSTM_VERSION_STRING;
}

const char *tlstm_isa(void) {
    return tl_kernels_isa();
}

const char *tlstm_status_text(tlstm_status status) {
    return tl_status_text(status);
}

tlstm_status tlstm_error_code(const tlstm_error *error) {
    return tl_error_code(error);
}

const char *tlstm_error_message(const tlstm_error *error) {
    return tl_error_message(error);
}

const char *tlstm_error_where(const tlstm_error *error) {
    return tl_error_where(error);
}

void tlstm_error_free(tlstm_error *error) {
    tl_error_free(error);
}

void tlstm_string_free(char *string) {
    tl_free(string);
}

tlstm_status tlstm_set_allocator(const tlstm_allocator *allocator, tlstm_error **error) {
    tlstm_allocator chosen = {sizeof(chosen), NULL, NULL, NULL};
    tlstm_status status = tl_options_read(allocator, "allocator", &chosen, sizeof(chosen), error);
    if (status)
        return status;
    if (allocator && (!chosen.allocate || !chosen.release))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "allocator",
                       "needs both functions, allocate and release");
    if (tl_alloc_set(allocator ? &chosen : NULL))
        return TLSTM_OK;
    return tl_fail(error, TLSTM_ERROR_STATE, "allocator",
                   "%zu allocations of the library are still alive", tl_alloc_count());
}
