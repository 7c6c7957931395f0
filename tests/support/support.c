#define _XOPEN_SOURCE 700
#include "support.h"

#include "base/alloc.h"
#include "base/error.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_PATHS 4096

static char *paths[MOST_PATHS];
static size_t path_count;
static char *folder;

/* Keeps a path until the program ends. */
static const char *keep(const char *format, ...) {
    char path[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof(path), format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < path_count; i++)
        if (strcmp(paths[i], path) == 0)
            return paths[i];
    if (path_count == MOST_PATHS)
        abort();
    return paths[path_count++] = strdup(path);
}

static void remove_folder(void) {
    DIR *listing = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove(path);
    }
    if (listing)
        closedir(listing);
    if (folder)
        rmdir(folder);
    free(folder);
    folder = NULL;
}

static void clean_up(void) {
    remove_folder();
    for (size_t i = 0; i < path_count; i++)
        free(paths[i]);
    path_count = 0;
}

int tl_test_run(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    int run = srunner_ntests_run(runner);
    srunner_free(runner);
    clean_up();
    return failed || run == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

void tl_test_skip(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("SKIP: ");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    clean_up();
    exit(77);
}

const char *tl_test_shared(const char *relative) {
    const char *root = getenv("TINYLSTM_SHARED");
    const char *path = root && *root ? keep("%s/%s", root, relative)
                                     : keep("%s/../shared/%s", TL_SOURCE_ROOT, relative);
    const char *archived = keep("%s/%s", TL_ARCHIVE_ROOT, relative);
    return access(path, R_OK) != 0 && access(archived, R_OK) == 0 ? archived : path;
}

int tl_test_shared_exists(const char *relative) {
    return access(tl_test_shared(relative), R_OK) == 0;
}

void tl_test_need_shared(const char *relative) {
    if (!tl_test_shared_exists(relative))
        tl_test_skip("no %s in the shared reference data (TINYLSTM_SHARED)", relative);
}

const char *tl_test_temporary(const char *name) {
    if (!folder) {
        const char *root = getenv("TMPDIR");
        char pattern[4096];
        snprintf(pattern, sizeof(pattern), "%s/tinylstm-test-XXXXXX",
                 root && *root ? root : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(pattern));
        folder = strdup(pattern);
    }
    return keep("%s/%s", folder, name);
}

const char *tl_test_write(const char *name, const void *bytes, size_t length) {
    const char *path = tl_test_temporary(name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

void tl_test_assert_ok(tlstm_status status, tlstm_error **error, const char *file, int line) {
    if (status == TLSTM_OK && !*error)
        return;
    char text[1024];
    snprintf(text, sizeof(text), "%s: %s", tl_error_where(*error), tl_error_message(*error));
    tl_error_free(*error);
    *error = NULL;
    ck_abort_msg("%s:%d: status %d, %s", file, line, (int)status, text);
}

void tl_test_assert_fails(tlstm_status status, tlstm_status code, tlstm_error **error,
                          const char *part, const char *file, int line) {
    char text[1024];
    snprintf(text, sizeof(text), "%s: %s", tl_error_where(*error), tl_error_message(*error));
    tlstm_status told = tl_error_code(*error);
    tl_error_free(*error);
    *error = NULL;
    ck_assert_msg(status == code, "%s:%d: status %d instead of %d, %s", file, line, (int)status,
                  (int)code, text);
    ck_assert_msg(told == code, "%s:%d: the error object says %d", file, line, (int)told);
    ck_assert_msg(strstr(text, part) != NULL, "%s:%d: no \"%s\" in \"%s\"", file, line, part, text);
}

uint32_t tl_test_crc32_bytes(const void *bytes, size_t length) {
    static uint32_t table[256];
    if (!table[1])
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
            table[i] = value;
        }
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < length; i++)
        crc = table[(crc ^ ((const unsigned char *)bytes)[i]) & 255] ^ crc >> 8;
    return ~crc;
}

uint32_t tl_test_crc32(const int32_t *numbers, size_t count) {
    unsigned char *bytes = malloc(count * 4 + 1);
    for (size_t i = 0; i < count; i++)
        for (int k = 0; k < 4; k++)
            bytes[i * 4 + (size_t)k] = (unsigned char)((uint32_t)numbers[i] >> 8 * k);
    uint32_t crc = tl_test_crc32_bytes(bytes, count * 4);
    free(bytes);
    return crc;
}

json_t *tl_test_json(const char *path) {
    json_error_t error;
    json_t *json = json_load_file(path, JSON_DECODE_ANY, &error);
    ck_assert_msg(json != NULL, "%s: %s", path, error.text);
    return json;
}

hid_t tl_test_h5_open(const char *path) {
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_msg(file >= 0, "cannot open %s", path);
    return file;
}

/* H5Lexists() wants every step of the path asked for by itself. */
int tl_test_h5_exists(hid_t file, const char *path) {
    char step[1024];
    size_t length = strlen(path);
    ck_assert_uint_lt(length, sizeof(step));
    memcpy(step, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        char kept = step[i];
        if (kept != '/' && kept != '\0')
            continue;
        step[i] = '\0';
        if (H5Lexists(file, step, H5P_DEFAULT) <= 0)
            return 0;
        step[i] = kept;
    }
    return 1;
}

double *tl_test_h5_read(hid_t file, const char *path, size_t *count, int64_t *shape, int *ndim) {
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT);
    ck_assert_msg(set >= 0, "no data set %s", path);
    hid_t space = H5Dget_space(set);
    hsize_t sizes[H5S_MAX_RANK];
    int dims = H5Sget_simple_extent_dims(space, sizes, NULL);
    hssize_t total = H5Sget_simple_extent_npoints(space);
    ck_assert(dims >= 0 && dims <= 8 && total >= 0);
    double *values = calloc((size_t)total + 1, sizeof(*values));
    if (total)
        ck_assert_int_ge(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    for (int i = 0; shape && i < dims; i++)
        shape[i] = (int64_t)sizes[i];
    if (ndim)
        *ndim = dims;
    if (count)
        *count = (size_t)total;
    H5Sclose(space);
    H5Dclose(set);
    return values;
}

/* An allocator that fails once, at the chosen allocation. */
typedef struct faulty {
    size_t made;
    size_t failing;
    int failed;
} faulty;

static void *allocate_faulty(size_t size, void *user) {
    faulty *state = user;
    if (++state->made != state->failing)
        return malloc(size);
    state->failed = 1;
    return NULL;
}

static void release_faulty(void *memory, void *user) {
    (void)user;
    free(memory);
}

void tl_test_fail_each_allocation(tl_test_scenario *scenario, void *context) {
    for (size_t failing = 1;; failing++) {
        faulty state = {0, failing, 0};
        tlstm_allocator hooks = {sizeof(hooks), allocate_faulty, release_faulty, &state};
        ck_assert_int_eq(tl_alloc_set(&hooks), 1);
        tlstm_error *error = NULL;
        tlstm_status status = scenario(context, &error);
        ck_assert_msg(status == TLSTM_OK || (state.failed && status == TLSTM_ERROR_MEMORY),
                      "allocation %zu failing: status %d, %s", failing, (int)status,
                      tl_error_message(error));
        ck_assert((status == TLSTM_OK) == (error == NULL));
        tl_error_free(error);
        ck_assert_msg(tl_alloc_count() == 0, "allocation %zu failing leaves %zu alive", failing,
                      tl_alloc_count());
        ck_assert_int_eq(tl_alloc_set(NULL), 1);
        if (!state.failed)
            return;
    }
}
