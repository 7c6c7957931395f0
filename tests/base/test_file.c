#define _XOPEN_SOURCE 700
#include "support.h"

#include "base/alloc.h"
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_content(const char *path, const char *expected) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_file_read(path, 1000000, &bytes, &length, &error), error);
    ck_assert_uint_eq(length, strlen(expected));
    ck_assert_str_eq(bytes, expected);
    tl_free(bytes);
}

static void write_text(const char *path, const char *text) {
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_file_write(path, text, strlen(text), &error), error);
}

static mode_t mode_of(const char *path) {
    struct stat about;
    ck_assert_int_eq(stat(path, &about), 0);
    return about.st_mode & 07777;
}

/* Temporary files are all that may be left over by a write. */
static void assert_no_leftover(void) {
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s", tl_test_temporary("x"));
    *strrchr(folder, '/') = '\0';
    DIR *listing = opendir(folder);
    ck_assert_ptr_nonnull(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        ck_assert_msg(strstr(entry->d_name, ".tmp") == NULL, "%s is left over", entry->d_name);
    closedir(listing);
}

START_TEST(what_is_written_is_read) {
    const char *path = tl_test_temporary("plain");
    write_text(path, "first");
    assert_content(path, "first");
    write_text(path, "second, longer");
    assert_content(path, "second, longer");
    write_text(path, "");
    assert_content(path, "");
    assert_no_leftover();
}
END_TEST

START_TEST(a_file_name_without_folder_works) {
    char before[4096], folder[4096];
    ck_assert_ptr_nonnull(getcwd(before, sizeof(before)));
    snprintf(folder, sizeof(folder), "%s", tl_test_temporary("x"));
    *strrchr(folder, '/') = '\0';
    ck_assert_int_eq(chdir(folder), 0);
    write_text("bare", "content");
    assert_content("bare", "content");
    ck_assert_int_eq(chdir(before), 0);
}
END_TEST

START_TEST(permissions_are_kept) {
    const char *path = tl_test_temporary("mode");
    mode_t mask = umask(027);
    write_text(path, "a");
    ck_assert_int_eq(mode_of(path), 0640);
    ck_assert_int_eq(chmod(path, 0604), 0);
    write_text(path, "b");
    ck_assert_int_eq(mode_of(path), 0604);
    umask(mask);
}
END_TEST

START_TEST(a_link_stays_a_link) {
    const char *target = tl_test_temporary("target"), *link = tl_test_temporary("link");
    struct stat about;
    write_text(target, "old");
    ck_assert_int_eq(symlink("target", link), 0);
    write_text(link, "new");
    ck_assert_int_eq(lstat(link, &about), 0);
    ck_assert(S_ISLNK(about.st_mode));
    assert_content(target, "new");
    const char *dangling = tl_test_temporary("dangling");
    ck_assert_int_eq(symlink("made", dangling), 0);
    write_text(dangling, "through");
    assert_content(tl_test_temporary("made"), "through");
    const char *loop = tl_test_temporary("loop");
    ck_assert_int_eq(symlink("loop", loop), 0);
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_file_write(loop, "x", 1, &error), TLSTM_ERROR_IO, error, "symbolic links");
}
END_TEST

START_TEST(a_long_name_fits) {
    char name[256];
    memset(name, 'n', 250);
    name[250] = '\0';
    write_text(tl_test_temporary(name), "long");
    assert_content(tl_test_temporary(name), "long");
}
END_TEST

START_TEST(streams_are_written_not_replaced) {
    struct stat about;
    write_text("/dev/null", "gone");
    ck_assert_int_eq(stat("/dev/null", &about), 0);
    ck_assert(S_ISCHR(about.st_mode));
    tlstm_error *error = NULL;
    char *temporary = NULL;
    TL_ASSERT_FAILS(tl_file_temporary("/dev/null", &temporary, &error), TLSTM_ERROR_IO, error,
                    "not a regular file");
}
END_TEST

START_TEST(failures_name_file_and_reason) {
    tlstm_error *error = NULL;
    char *bytes = NULL;
    size_t length = 0;
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s", tl_test_temporary("x"));
    *strrchr(folder, '/') = '\0';
    const char *missing = tl_test_temporary("no/such/file");
    TL_ASSERT_FAILS(tl_file_read(missing, 10, &bytes, &length, &error), TLSTM_ERROR_IO, error,
                    "No such file");
    TL_ASSERT_FAILS(tl_file_read(folder, 10, &bytes, &length, &error), TLSTM_ERROR_IO, error,
                    "directory");
    TL_ASSERT_FAILS(tl_file_write(missing, "x", 1, &error), TLSTM_ERROR_IO, error, missing);
    TL_ASSERT_FAILS(tl_file_write(folder, "x", 1, &error), TLSTM_ERROR_IO, error, "directory");
    TL_ASSERT_FAILS(tl_file_write("", "x", 1, &error), TLSTM_ERROR_IO, error, "No such file");
    ck_assert_ptr_null(bytes);
}
END_TEST

START_TEST(the_limit_holds) {
    const char *path = tl_test_temporary("limited");
    char *bytes = NULL;
    size_t length = 0;
    tlstm_error *error = NULL;
    write_text(path, "12345");
    TL_ASSERT_FAILS(tl_file_read(path, 4, &bytes, &length, &error), TLSTM_ERROR_FORMAT, error,
                    "larger than 4");
    TL_ASSERT_OK(tl_file_read(path, 5, &bytes, &length, &error), error);
    tl_free(bytes);
    /* A stream without a length beforehand. */
    bytes = NULL;
    TL_ASSERT_FAILS(tl_file_read("/dev/zero", 100000, &bytes, &length, &error), TLSTM_ERROR_FORMAT,
                    error, "larger than 100000");
}
END_TEST

START_TEST(a_full_disk_leaves_the_old_file) {
    const char *path = tl_test_temporary("full");
    write_text(path, "old");
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tl_file_write("/dev/full", "x", 1, &error), TLSTM_ERROR_IO, error,
                    "No space left");
    assert_content(path, "old");
}
END_TEST

START_TEST(a_read_only_file_is_refused) {
    if (geteuid() == 0)
        return; /* the superuser may write everything */
    const char *path = tl_test_temporary("protected");
    tlstm_error *error = NULL;
    write_text(path, "old");
    ck_assert_int_eq(chmod(path, 0400), 0);
    TL_ASSERT_FAILS(tl_file_write(path, "new", 3, &error), TLSTM_ERROR_IO, error, "Permission");
    assert_content(path, "old");
}
END_TEST

START_TEST(the_two_halves_commit_or_discard) {
    const char *path = tl_test_temporary("halves");
    char *temporary = NULL;
    tlstm_error *error = NULL;
    write_text(path, "old");
    TL_ASSERT_OK(tl_file_temporary(path, &temporary, &error), error);
    FILE *file = fopen(temporary, "wb");
    fputs("new", file);
    fclose(file);
    assert_content(path, "old");
    TL_ASSERT_OK(tl_file_commit(temporary, path, &error), error);
    assert_content(path, "new");
    tl_free(temporary);
    TL_ASSERT_OK(tl_file_temporary(path, &temporary, &error), error);
    tl_file_discard(temporary);
    TL_ASSERT_FAILS(tl_file_commit(temporary, path, &error), TLSTM_ERROR_IO, error, "No such file");
    assert_content(path, "new");
    tl_free(temporary);
    tl_file_discard(NULL);
    assert_no_leftover();
}
END_TEST

static tlstm_status write_and_read(void *context, tlstm_error **error) {
    char *bytes = NULL;
    size_t length;
    tlstm_status status = tl_file_write(context, "content", 7, error);
    if (!status)
        status = tl_file_read(context, 100, &bytes, &length, error);
    tl_free(bytes);
    return status;
}

START_TEST(without_memory_nothing_is_left_over) {
    const char *path = tl_test_temporary("memory");
    write_text(path, "old");
    const char *link = tl_test_temporary("memory-link");
    ck_assert_int_eq(symlink("memory", link), 0);
    tl_test_fail_each_allocation(write_and_read, (void *)link);
    assert_content(path, "content");
    assert_no_leftover();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");
    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, a_file_name_without_folder_works);
    tcase_add_test(tests, permissions_are_kept);
    tcase_add_test(tests, a_link_stays_a_link);
    tcase_add_test(tests, a_long_name_fits);
    tcase_add_test(tests, streams_are_written_not_replaced);
    tcase_add_test(tests, failures_name_file_and_reason);
    tcase_add_test(tests, the_limit_holds);
    tcase_add_test(tests, a_full_disk_leaves_the_old_file);
    tcase_add_test(tests, a_read_only_file_is_refused);
    tcase_add_test(tests, the_two_halves_commit_or_discard);
    tcase_add_test(tests, without_memory_nothing_is_left_over);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
