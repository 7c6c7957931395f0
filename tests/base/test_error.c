#include "support.h"

#include "base/alloc.h"
#include "base/error.h"

START_TEST(an_error_tells_code_message_and_place) {
    tlstm_error *error = NULL;
    tlstm_status status =
        tl_fail(&error, TLSTM_ERROR_SHAPE, "x", "expected %d columns, got %d", 3, 4);
    ck_assert_int_eq(status, TLSTM_ERROR_SHAPE);
    ck_assert_int_eq(tlstm_error_code(error), TLSTM_ERROR_SHAPE);
    ck_assert_str_eq(tlstm_error_message(error), "expected 3 columns, got 4");
    ck_assert_str_eq(tlstm_error_where(error), "x");
    tlstm_error_free(error);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

START_TEST(without_a_receiver_only_the_code_comes) {
    ck_assert_int_eq(tl_fail(NULL, TLSTM_ERROR_IO, "f", "x"), TLSTM_ERROR_IO);
    ck_assert_int_eq(tl_fail_memory(NULL), TLSTM_ERROR_MEMORY);
    ck_assert_int_eq(tl_fail_within(NULL, TLSTM_ERROR_IO, "f"), TLSTM_ERROR_IO);
    ck_assert_int_eq(tlstm_error_code(NULL), TLSTM_OK);
    ck_assert_str_eq(tlstm_error_message(NULL), "");
    ck_assert_str_eq(tlstm_error_where(NULL), "");
    tlstm_error_free(NULL);
}
END_TEST

START_TEST(places_nest) {
    tlstm_error *error = NULL;
    tl_fail(&error, TLSTM_ERROR_FORMAT, NULL, "no header");
    tl_fail_within(&error, TLSTM_ERROR_FORMAT, "x_train.npy");
    tl_fail_within(&error, TLSTM_ERROR_FORMAT, "imdb.npz");
    ck_assert_str_eq(tlstm_error_where(error), "imdb.npz:x_train.npy");
    tlstm_error_free(error);
}
END_TEST

START_TEST(a_new_error_may_quote_the_one_it_replaces) {
    tlstm_error *error = NULL;
    tl_fail(&error, TLSTM_ERROR_IO, "a", "first");
    tl_fail(&error, TLSTM_ERROR_VALUE, tlstm_error_where(error), "second after %s",
            tlstm_error_message(error));
    ck_assert_int_eq(tlstm_error_code(error), TLSTM_ERROR_VALUE);
    ck_assert_str_eq(tlstm_error_message(error), "second after first");
    ck_assert_str_eq(tlstm_error_where(error), "a");
    tlstm_error_free(error);
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

START_TEST(messages_are_one_line) {
    tlstm_error *error = NULL;
    tl_fail(&error, TLSTM_ERROR_FORMAT, "a\nb", "layer '%s'", "bad\r\n\x1b[31mname");
    ck_assert_str_eq(tlstm_error_message(error), "layer 'bad   [31mname'");
    ck_assert_str_eq(tlstm_error_where(error), "a b");
    tlstm_error_free(error);
}
END_TEST

/* A name can be as long as the file that it is in. */
START_TEST(messages_are_not_endless) {
    static char name[100000];
    tlstm_error *error = NULL;
    memset(name, 'x', sizeof name - 1);
    /* Characters of two bytes, at odd places. */
    for (size_t i = 3001; i < 9000; i += 2)
        memcpy(name + i, "\xc3\xa4", 2);
    tl_fail(&error, TLSTM_ERROR_FORMAT, name, "layer %s is unknown", name);
    tl_fail_within(&error, TLSTM_ERROR_FORMAT, "a.h5");
    const char *message = tlstm_error_message(error), *cut = strstr(message, "...");
    ck_assert_uint_lt(strlen(message), 7000);
    ck_assert_uint_lt(strlen(tlstm_error_where(error)), 7000);
    ck_assert(strncmp(message, "layer xxx", 9) == 0 &&
              strncmp(tlstm_error_where(error), "a.h5:x", 6) == 0);
    ck_assert_str_eq(message + strlen(message) - 12, "x is unknown");
    ck_assert(cut && (unsigned char)cut[-1] == 0xa4 && cut[-2] == '\xc3');
    tlstm_error_free(error);
    error = NULL;
    /* Paths of files are whole. */
    name[4096] = '\0';
    tl_fail(&error, TLSTM_ERROR_IO, name, "cannot open");
    ck_assert_str_eq(tlstm_error_where(error), name);
    tlstm_error_free(error);
}
END_TEST

static void *allocate_nothing(size_t size, void *user) {
    (void)size;
    (void)user;
    return NULL;
}

static void release_nothing(void *memory, void *user) {
    (void)memory;
    (void)user;
}

START_TEST(without_memory_there_is_still_an_error) {
    tlstm_allocator hooks = {sizeof(hooks), allocate_nothing, release_nothing, NULL};
    tlstm_error *error = NULL;
    ck_assert_int_eq(tl_alloc_set(&hooks), 1);
    ck_assert_int_eq(tl_fail(&error, TLSTM_ERROR_SHAPE, "x", "y"), TLSTM_ERROR_SHAPE);
    ck_assert_int_eq(tlstm_error_code(error), TLSTM_ERROR_MEMORY);
    ck_assert_str_eq(tlstm_error_message(error), "out of memory");
    tl_fail_within(&error, TLSTM_ERROR_SHAPE, "outer");
    tl_fail_memory(&error);
    ck_assert_str_eq(tlstm_error_where(error), "");
    tlstm_error_free(error);
    ck_assert_int_eq(tl_alloc_set(NULL), 1);
}
END_TEST

START_TEST(every_status_has_a_text_of_its_own) {
    for (tlstm_status a = 0; a >= TLSTM_ERROR_INTERNAL; a--)
        for (tlstm_status b = a - 1; b >= TLSTM_ERROR_INTERNAL - 1; b--)
            ck_assert_str_ne(tlstm_status_text(a), tlstm_status_text(b));
    ck_assert_str_eq(tlstm_status_text(12345), tlstm_status_text(-999));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("error");
    tcase_add_test(tests, an_error_tells_code_message_and_place);
    tcase_add_test(tests, without_a_receiver_only_the_code_comes);
    tcase_add_test(tests, places_nest);
    tcase_add_test(tests, a_new_error_may_quote_the_one_it_replaces);
    tcase_add_test(tests, messages_are_one_line);
    tcase_add_test(tests, messages_are_not_endless);
    tcase_add_test(tests, without_memory_there_is_still_an_error);
    tcase_add_test(tests, every_status_has_a_text_of_its_own);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
