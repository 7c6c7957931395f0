#include "support.h"

#include "base/field.h"

#include <math.h>
#include <stddef.h>

typedef struct config {
    int64_t units;
    double rate;
    int32_t use_bias;
    double clipnorm;
    const void *activation;
} config;

static const tl_field fields[] = {
    {"units", TL_FIELD_SIZE, offsetof(config, units), 1, 0, 0},
    {"rate", TL_FIELD_FLOAT, offsetof(config, rate), 0, 0, 1},
    {"use_bias", TL_FIELD_BOOL, offsetof(config, use_bias), 0, 0, 0},
    {"clipnorm", TL_FIELD_OPTIONAL, offsetof(config, clipnorm), 0, 0, 0},
    {"activation", TL_FIELD_ACTIVATION, offsetof(config, activation), 0, 0, 0},
    {"tokens", TL_FIELD_SIZE, offsetof(config, units), 0, 1, 2147483647},
    {NULL, TL_FIELD_SIZE, 0, 0, 0, 0}};

static void set(config *into, const char *key, double value) {
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_field_set_number(tl_field_find(fields, key), into, value, &error), error);
    double got = tl_field_get_number(tl_field_find(fields, key), into);
    ck_assert(got == value || (isnan(got) && isnan(value)));
}

static void refuse(config *into, const char *key, double value, const char *part) {
    tlstm_error *error = NULL;
    config before = *into;
    TL_ASSERT_FAILS(tl_field_set_number(tl_field_find(fields, key), into, value, &error),
                    TLSTM_ERROR_ARGUMENT, error, part);
    ck_assert_mem_eq(&before, into, sizeof(before));
}

START_TEST(fields_are_found_by_key) {
    ck_assert_ptr_eq(tl_field_find(fields, "rate"), &fields[1]);
    ck_assert_ptr_null(tl_field_find(fields, "rat"));
}
END_TEST

START_TEST(numbers_go_in_and_out) {
    config into = {0};
    set(&into, "units", 8);
    set(&into, "rate", 0.25);
    set(&into, "rate", 1);
    set(&into, "use_bias", 1);
    set(&into, "clipnorm", NAN);
    set(&into, "clipnorm", 1.5);
    ck_assert_int_eq(into.units, 8);
    ck_assert(into.rate == 1 && into.use_bias == 1 && into.clipnorm == 1.5);
    ck_assert(isnan(tl_field_get_number(tl_field_find(fields, "activation"), &into)));
}
END_TEST

START_TEST(numbers_out_of_place_are_refused) {
    config into = {8, 0.5, 1, 2.0, NULL};
    refuse(&into, "units", 0, "units: expected a positive integer, got 0");
    refuse(&into, "units", 2.5, "positive integer");
    refuse(&into, "units", NAN, "got nan");
    refuse(&into, "units", 1e300, "positive integer");
    refuse(&into, "rate", 1.5, "rate: expected a number from 0.0 to 1.0, got 1.5");
    refuse(&into, "rate", -0.1, "from 0.0 to 1.0");
    refuse(&into, "rate", INFINITY, "finite");
    refuse(&into, "tokens", 2147483648.0,
           "tokens: expected a number from 1 to 2147483647, got 2147483648");
    refuse(&into, "tokens", 1.5, "expected a positive integer, got 1.5");
    refuse(&into, "use_bias", 2, "true or false, got 2");
    refuse(&into, "activation", 1, "activation");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("field");
    TCase *tests = tcase_create("field");
    tcase_add_test(tests, fields_are_found_by_key);
    tcase_add_test(tests, numbers_go_in_and_out);
    tcase_add_test(tests, numbers_out_of_place_are_refused);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
