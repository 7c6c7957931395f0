#include "support.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

START_TEST(memory_is_aligned_and_writable) {
    void *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = tl_alloc(i, 3);
        ck_assert_ptr_nonnull(blocks[i]);
        ck_assert_uint_eq((uintptr_t)blocks[i] % TL_ALIGNMENT, 0);
        memset(blocks[i], (int)i, i * 3);
    }
    ck_assert_uint_eq(tl_alloc_count(), 200);
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < i * 3; k++)
            ck_assert_uint_eq(((unsigned char *)blocks[i])[k], i);
        tl_free(blocks[i]);
    }
    ck_assert_uint_eq(tl_alloc_count(), 0);
}
END_TEST

START_TEST(zeroed_memory_is_zero) {
    unsigned char *bytes = tl_alloc_zero(1000, 7);
    for (size_t i = 0; i < 7000; i++)
        ck_assert_uint_eq(bytes[i], 0);
    tl_free(bytes);
}
END_TEST

START_TEST(realloc_keeps_what_fits) {
    char *text = tl_realloc(NULL, 6, 1);
    memcpy(text, "hello", 6);
    text = tl_realloc(text, 5000, 1);
    ck_assert_str_eq(text, "hello");
    ck_assert_uint_eq((uintptr_t)text % TL_ALIGNMENT, 0);
    text = tl_realloc(text, 2, 1);
    ck_assert_mem_eq(text, "he", 2);
    ck_assert_ptr_null(tl_realloc(text, SIZE_MAX, 2)); /* fails and keeps the old one */
    ck_assert_mem_eq(text, "he", 2);
    tl_free(text);
}
END_TEST

START_TEST(sizes_that_overflow_are_refused) {
    size_t result = 7;
    ck_assert_ptr_null(tl_alloc(SIZE_MAX / 2 + 1, 2));
    ck_assert_ptr_null(tl_alloc(SIZE_MAX, 1));
    ck_assert_ptr_null(tl_alloc(SIZE_MAX - 70, 1));
    ck_assert(!tl_size_multiply(SIZE_MAX / 2 + 1, 2, &result));
    ck_assert(!tl_size_add(SIZE_MAX, 1, &result));
    ck_assert_uint_eq(result, 7);
    ck_assert(tl_size_multiply(SIZE_MAX, 1, &result));
    ck_assert_uint_eq(result, SIZE_MAX);
    ck_assert(tl_size_multiply(SIZE_MAX, 0, &result));
    ck_assert_uint_eq(result, 0);
    ck_assert(tl_size_add(SIZE_MAX - 1, 1, &result));
    ck_assert_uint_eq(result, SIZE_MAX);
}
END_TEST

START_TEST(copies_of_strings_end) {
    char *whole = tl_strdup("name"), *part = tl_strndup("name", 2), *more = tl_strndup("ab\0cd", 5);
    ck_assert_str_eq(whole, "name");
    ck_assert_str_eq(part, "na");
    ck_assert_str_eq(more, "ab");
    ck_assert_ptr_null(tl_strdup(NULL));
    tl_free(whole);
    tl_free(part);
    tl_free(more);
}
END_TEST

typedef struct counts {
    int made, freed, failing;
} counts;

static void *allocate(size_t size, void *user) {
    counts *seen = user;
    if (seen->failing)
        return NULL;
    seen->made++;
    return malloc(size);
}

static void release(void *memory, void *user) {
    ((counts *)user)->freed++;
    free(memory);
}

START_TEST(the_callers_allocator_is_used) {
    counts seen = {0, 0, 0};
    tlstm_allocator hooks = {sizeof(hooks), allocate, release, &seen};
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_set_allocator(&hooks, &error), error);
    void *memory = tl_alloc(10, 10);
    ck_assert_int_eq(seen.made, 1);
    ck_assert_int_eq(tlstm_set_allocator(NULL, NULL), TLSTM_ERROR_STATE);
    tl_free(memory);
    ck_assert_int_eq(seen.freed, 1);
    seen.failing = 1;
    ck_assert_ptr_null(tl_alloc(1, 1));
    TL_ASSERT_OK(tlstm_set_allocator(NULL, &error), error);
    memory = tl_alloc(1, 1);
    ck_assert_int_eq(seen.made, 1);
    tl_free(memory);
}
END_TEST

START_TEST(an_allocator_needs_both_functions) {
    tlstm_allocator hooks = {sizeof(hooks), allocate, NULL, NULL};
    tlstm_error *error = NULL;
    TL_ASSERT_FAILS(tlstm_set_allocator(&hooks, &error), TLSTM_ERROR_ARGUMENT, error, "release");
    hooks.struct_size = 3;
    TL_ASSERT_FAILS(tlstm_set_allocator(&hooks, &error), TLSTM_ERROR_ARGUMENT, error,
                    "struct_size");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("alloc");
    TCase *tests = tcase_create("alloc");
    tcase_add_test(tests, memory_is_aligned_and_writable);
    tcase_add_test(tests, zeroed_memory_is_zero);
    tcase_add_test(tests, realloc_keeps_what_fits);
    tcase_add_test(tests, sizes_that_overflow_are_refused);
    tcase_add_test(tests, copies_of_strings_end);
    tcase_add_test(tests, the_callers_allocator_is_used);
    tcase_add_test(tests, an_allocator_needs_both_functions);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
