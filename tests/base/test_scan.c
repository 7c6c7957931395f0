/* Wherever the one number stands that is not in order, and whatever it is. */
#include "support.h"

#include "base/scan.h"

#include <float.h>
#include <math.h>

enum { COUNT = 67 };

START_TEST(what_is_not_finite_is_seen) {
    float values[COUNT];
    for (int i = 0; i < COUNT; i++)
        values[i] = i % 2 ? -FLT_MAX : FLT_TRUE_MIN;
    ck_assert(tl_all_finite(COUNT, values));
    for (int i = 0; i < COUNT; i++) {
        const float before = values[i];
        const float unusual[] = {NAN, -NAN, INFINITY, -INFINITY};
        for (int j = 0; j < 4; j++) {
            values[i] = unusual[j];
            ck_assert(!tl_all_finite(COUNT, values));
            ck_assert(tl_all_finite((size_t)i, values));
        }
        values[i] = before;
    }
}
END_TEST

START_TEST(what_is_out_of_range_is_seen) {
    int32_t values[COUNT];
    for (int i = 0; i < COUNT; i++)
        values[i] = i;
    ck_assert(tl_all_below(COUNT, values, COUNT));
    ck_assert(!tl_all_below(COUNT, values, COUNT - 1));
    for (int i = 0; i < COUNT; i++) {
        const int32_t outside[] = {-1, COUNT, INT32_MIN, INT32_MAX};
        for (int j = 0; j < 4; j++) {
            values[i] = outside[j];
            ck_assert(!tl_all_below(COUNT, values, COUNT));
            ck_assert(tl_all_below((size_t)i, values, COUNT));
        }
        values[i] = i;
    }
}
END_TEST

START_TEST(limits_may_be_larger_than_any_number) {
    const int32_t values[] = {0, INT32_MAX};
    ck_assert(tl_all_below(2, values, (size_t)INT32_MAX + 1));
    ck_assert(tl_all_below(2, values, SIZE_MAX));
    ck_assert(!tl_all_below(2, values, INT32_MAX));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("scan");
    TCase *looks = tcase_create("looks");
    tcase_add_test(looks, what_is_not_finite_is_seen);
    tcase_add_test(looks, what_is_out_of_range_is_seen);
    tcase_add_test(looks, limits_may_be_larger_than_any_number);
    suite_add_tcase(suite, looks);
    return tl_test_run(suite);
}
