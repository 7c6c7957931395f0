/* IMDB archives: a small sound one, and what can be wrong with it. */
#include "support.h"

#include "base/alloc.h"
#include "base/rng.h"
#include "data/zip.h"
#include "samples.h"
#include "tinylstm/data.h"

#include <stdlib.h>
#include <string.h>

/* A zip archive of stored (not packed) files. */
typedef struct archive {
    unsigned char bytes[8192];
    size_t length;
    unsigned char directory[1024];
    size_t directory_length;
    unsigned count;
} archive;

static size_t put(unsigned char *to, size_t at, uint64_t number, size_t size) {
    for (size_t i = 0; i < size; i++)
        to[at + i] = i < 8 ? (unsigned char)(number >> 8 * i) : 0;
    return at + size;
}

static size_t put_bytes(unsigned char *to, size_t at, const void *from, size_t size) {
    memcpy(to + at, from, size);
    return at + size;
}

/* The fields that a local header and a directory entry share; `claimed` is the size told. */
static size_t put_common(unsigned char *to, size_t at, const char *name, uint32_t crc, size_t size,
                         size_t claimed) {
    at = put(to, at, 20, 2);
    at = put(to, at, 0, 8); /* flags, method, time, date */
    at = put(to, at, crc, 4);
    at = put(to, at, size, 4);
    at = put(to, at, claimed, 4);
    at = put(to, at, strlen(name), 2);
    return put(to, at, 0, 2);
}

static void add_file(archive *zip, const char *name, const void *bytes, size_t size,
                     size_t claimed) {
    uint32_t crc = tl_test_crc32_bytes(bytes, size);
    size_t start = zip->length, at = put(zip->directory, zip->directory_length, 0x02014b50, 4);
    at = put(zip->directory, at, 20, 2);
    at = put_common(zip->directory, at, name, crc, size, claimed);
    at = put(zip->directory, at, 0, 10);
    at = put(zip->directory, at, start, 4);
    zip->directory_length = put_bytes(zip->directory, at, name, strlen(name));
    at = put(zip->bytes, start, 0x04034b50, 4);
    at = put_common(zip->bytes, at, name, crc, size, claimed);
    at = put_bytes(zip->bytes, at, name, strlen(name));
    zip->length = put_bytes(zip->bytes, at, bytes, size);
    zip->count++;
}

static void end_archive(archive *zip) {
    size_t start = zip->length;
    size_t at = put_bytes(zip->bytes, start, zip->directory, zip->directory_length);
    at = put(zip->bytes, at, 0x06054b50, 4);
    at = put(zip->bytes, at, 0, 4);
    at = put(zip->bytes, at, zip->count, 2);
    at = put(zip->bytes, at, zip->count, 2);
    at = put(zip->bytes, at, zip->directory_length, 4);
    at = put(zip->bytes, at, start, 4);
    zip->length = put(zip->bytes, at, 0, 2);
}

static const char labels[] = "\x93NUMPY\x01\x00\x3a\x00"
                             "{'descr': '|u1', 'fortran_order': False, 'shape': (4,), } \n"
                             "\x00\x01\x02\x03";

static archive make_imdb(void) {
    archive zip = {{0}, 0, {0}, 0, 0};
    add_file(&zip, "x_test.npy", lists_samples[2].bytes, lists_samples[2].length,
             lists_samples[2].length);
    add_file(&zip, "x_train.npy", lists_samples[5].bytes, lists_samples[5].length,
             lists_samples[5].length);
    add_file(&zip, "y_train.npy", labels, sizeof(labels) - 1, sizeof(labels) - 1);
    add_file(&zip, "y_test.npy", labels, sizeof(labels) - 1, sizeof(labels) - 1);
    end_archive(&zip);
    return zip;
}

START_TEST(files_are_found_and_checked) {
    archive made = {{0}, 0, {0}, 0, 0};
    tl_zip *zip = NULL;
    tlstm_error *error = NULL;
    char *bytes = NULL;
    size_t length;
    add_file(&made, "a", "hello", 5, 5);
    add_file(&made, "empty", "", 0, 0);
    add_file(&made, "bomb", "hello", 5, 1u << 31);
    add_file(&made, "wrong", "hello", 5, 9);
    end_archive(&made);
    TL_ASSERT_OK(tl_zip_open(made.bytes, made.length, &zip, &error), error);
    TL_ASSERT_OK(tl_zip_read(zip, "a", 5, &bytes, &length, &error), error);
    ck_assert_str_eq(bytes, "hello");
    ck_assert_uint_eq(length, 5);
    tl_free(bytes);
    TL_ASSERT_OK(tl_zip_read(zip, "empty", 5, &bytes, &length, &error), error);
    ck_assert_uint_eq(length, 0);
    tl_free(bytes);
    bytes = NULL;
    TL_ASSERT_FAILS(tl_zip_read(zip, "a", 4, &bytes, &length, &error), TLSTM_ERROR_FORMAT, error,
                    "larger than 4");
    TL_ASSERT_FAILS(tl_zip_read(zip, "b", 4, &bytes, &length, &error), TLSTM_ERROR_FORMAT, error,
                    "b: is not in the archive");
    TL_ASSERT_FAILS(tl_zip_read(zip, "bomb", SIZE_MAX, &bytes, &length, &error), TLSTM_ERROR_FORMAT,
                    error, "claims a size");
    TL_ASSERT_FAILS(tl_zip_read(zip, "wrong", 100, &bytes, &length, &error), TLSTM_ERROR_FORMAT,
                    error, "wrong: ");
    ck_assert_ptr_null(bytes);
    tl_zip_close(zip);
    made.bytes[31] ^= 1; /* a letter of "hello" */
    TL_ASSERT_OK(tl_zip_open(made.bytes, made.length, &zip, &error), error);
    TL_ASSERT_FAILS(tl_zip_read(zip, "a", 5, &bytes, &length, &error), TLSTM_ERROR_FORMAT, error,
                    "checksum");
    tl_zip_close(zip);
    TL_ASSERT_FAILS(tl_zip_open("no zip", 6, &zip, &error), TLSTM_ERROR_FORMAT, error, "not a zip");
}
END_TEST

static tlstm_status load(const void *bytes, size_t length, const tlstm_imdb_options *options,
                         tlstm_reviews **reviews, tlstm_error **error) {
    const char *path = tl_test_write("imdb.npz", bytes, length);
    return tlstm_imdb_load(path, options, reviews, error);
}

/* The sample has a token -1, which no file of ranks has. */
START_TEST(a_rank_below_zero_is_refused) {
    archive zip = make_imdb();
    tlstm_reviews *reviews = NULL;
    tlstm_error *error = NULL;
    tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
    options.index_from = 4;
    options.num_words = 1000;
    TL_ASSERT_FAILS(load(zip.bytes, zip.length, &options, &reviews, &error), TLSTM_ERROR_VALUE,
                    error, "-1 is no rank");
    ck_assert_ptr_null(reviews);
}
END_TEST

START_TEST(what_is_missing_is_named) {
    archive zip = {{0}, 0, {0}, 0, 0};
    tlstm_reviews *reviews = NULL;
    tlstm_error *error = NULL;
    add_file(&zip, "x_train.npy", lists_samples[0].bytes, lists_samples[0].length,
             lists_samples[0].length);
    end_archive(&zip);
    TL_ASSERT_FAILS(load(zip.bytes, zip.length, NULL, &reviews, &error), TLSTM_ERROR_FORMAT, error,
                    "imdb.npz:y_train.npy: is not in the archive");
    TL_ASSERT_FAILS(load("", 0, NULL, &reviews, &error), TLSTM_ERROR_FORMAT, error, "not a zip");
    TL_ASSERT_FAILS(tlstm_imdb_load(tl_test_temporary("absent.npz"), NULL, &reviews, &error),
                    TLSTM_ERROR_IO, error, "No such file");
}
END_TEST

START_TEST(damaged_archives_do_no_harm) {
    archive zip = make_imdb();
    unsigned char *bytes = malloc(zip.length);
    tl_rng random = tl_rng_new(1, 7);
    for (size_t i = 0; i < zip.length * 2; i++) {
        size_t length = i < zip.length ? i : zip.length;
        tlstm_reviews *reviews = NULL;
        tlstm_error *error = NULL;
        tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
        memcpy(bytes, zip.bytes, zip.length);
        if (i >= zip.length)
            bytes[i - zip.length] = (unsigned char)tl_rng_bits(&random);
        if (i >= zip.length || i % 7 == 0) { /* fewer of the shortened ones: all fail alike */
            tlstm_status status = load(bytes, length, &options, &reviews, &error);
            ck_assert((status == TLSTM_OK) == (error == NULL));
            tlstm_reviews_free(reviews);
            tlstm_error_free(error);
        }
    }
    free(bytes);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("npz");
    TCase *tests = tcase_create("npz");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, files_are_found_and_checked);
    tcase_add_test(tests, a_rank_below_zero_is_refused);
    tcase_add_test(tests, what_is_missing_is_named);
    tcase_add_test(tests, damaged_archives_do_no_harm);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
