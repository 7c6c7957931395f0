/*
 * What the test programs share: running a suite, skipping with a reason, the reference data,
 * temporary files, allocations that fail on purpose.
 */
#ifndef TL_TESTS_SUPPORT_H
#define TL_TESTS_SUPPORT_H

#include "tinylstm/common.h"

#include <check.h>
#include <hdf5.h>
#include <jansson.h>

/* Runs the suite; what main() returns. */
int tl_test_run(Suite *suite);

/* Ends the program as "skipped" with a printed reason. Call it from main() before tl_test_run(). */
_Noreturn void tl_test_skip(const char *format, ...);

/* A path in the shared reference data ($TINYLSTM_SHARED, else ../shared beside the source tree,
 * else for what these lack the archive of tests/golden). It stays valid until the program ends. */
const char *tl_test_shared(const char *relative);
int tl_test_shared_exists(const char *relative);
/* Skips the program when the shared data lacks `relative`. */
void tl_test_need_shared(const char *relative);

/* A path in a folder of this program's own, removed with its files when the program ends. */
const char *tl_test_temporary(const char *name);
/* Writes a file there and returns its path. */
const char *tl_test_write(const char *name, const void *bytes, size_t length);

/* A status that must be TLSTM_OK; frees and prints the error otherwise. */
#define TL_ASSERT_OK(status, error) tl_test_assert_ok((status), &(error), __FILE__, __LINE__)
void tl_test_assert_ok(tlstm_status status, tlstm_error **error, const char *file, int line);

/* A status that must be `code` with an error whose text contains `part`; frees the error. */
#define TL_ASSERT_FAILS(status, code, error, part)                                                 \
    tl_test_assert_fails((status), (code), &(error), (part), __FILE__, __LINE__)
void tl_test_assert_fails(tlstm_status status, tlstm_status code, tlstm_error **error,
                          const char *part, const char *file, int line);

/* CRC-32 of an array as little-endian int32, as the reference data's digests have it. */
uint32_t tl_test_crc32(const int32_t *numbers, size_t count);
uint32_t tl_test_crc32_bytes(const void *bytes, size_t length);

/* A JSON file; fails the test when it cannot be read. json_decref() it. */
json_t *tl_test_json(const char *path);

/* HDF5 files of reference data. A data set comes as doubles, row by row (free()); `shape` (8
 * entries) and `ndim` may be NULL. */
hid_t tl_test_h5_open(const char *path);
int tl_test_h5_exists(hid_t file, const char *path);
double *tl_test_h5_read(hid_t file, const char *path, size_t *count, int64_t *shape, int *ndim);

/*
 * Runs `scenario` again and again, its n-th allocation failing, n = 1, 2, ... until it ends without
 * such a failure. Every time it must report TLSTM_ERROR_MEMORY (or succeed) and leave nothing
 * alive.
 */
typedef tlstm_status tl_test_scenario(void *context, tlstm_error **error);
void tl_test_fail_each_allocation(tl_test_scenario *scenario, void *context);

#endif
