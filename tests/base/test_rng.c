#include "support.h"

#include "base/rng.h"

#include <math.h>

/* Known answers of the authors' Random123 library (kat_vectors, philox4x32 10). */
START_TEST(philox_gives_the_authors_numbers) {
    static const struct {
        uint64_t key, high, low;
        uint32_t out[4];
    } known[] = {{0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
                 {~0ull, ~0ull, ~0ull, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
                 {0x299f31d0a4093822,
                  0x0370734413198a2e,
                  0x85a308d3243f6a88,
                  {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        tl_philox(known[i].key, known[i].high, known[i].low, out);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(out[k], known[i].out[k]);
    }
}
END_TEST

START_TEST(a_stream_is_its_blocks_in_order) {
    tl_rng random = tl_rng_new(7, 9);
    for (uint64_t block = 0; block < 5; block++) {
        uint32_t out[4];
        tl_philox(7, 9, block, out);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(tl_rng_bits(&random), out[k]);
    }
}
END_TEST

START_TEST(a_copy_continues_alike) {
    tl_rng random = tl_rng_new(1, 1);
    tl_rng_bits(&random);
    tl_rng copy = random;
    for (int i = 0; i < 100; i++)
        ck_assert_uint_eq(tl_rng_bits(&random), tl_rng_bits(&copy));
}
END_TEST

/* 100000 draws: mean and variance within five standard errors of the distribution's. */
START_TEST(numbers_are_spread_as_they_should) {
    tl_rng random = tl_rng_new(3, 4);
    double uniform = 0, square = 0, normal = 0, variance = 0;
    const int draws = 100000;
    for (int i = 0; i < draws; i++) {
        double u = i % 2 ? tl_rng_uniform53(&random) : (double)tl_rng_uniform(&random);
        ck_assert(u >= 0 && u < 1);
        uniform += u / draws;
        square += u * u / draws;
        double n = tl_rng_normal(&random);
        ck_assert(isfinite(n));
        normal += n / draws;
        variance += n * n / draws;
    }
    ck_assert_double_eq_tol(uniform, 0.5, 5 * sqrt(1.0 / 12 / draws));
    ck_assert_double_eq_tol(square, 1.0 / 3, 5 * sqrt(4.0 / 45 / draws));
    ck_assert_double_eq_tol(normal, 0, 5 / sqrt(draws));
    ck_assert_double_eq_tol(variance, 1, 5 * sqrt(2.0 / draws));
}
END_TEST

START_TEST(bounded_numbers_are_fair) {
    tl_rng random = tl_rng_new(5, 6);
    const int draws = 60000;
    int seen[6] = {0};
    for (int i = 0; i < draws; i++) {
        uint64_t drawn = tl_rng_below(&random, 6);
        ck_assert_uint_lt(drawn, 6);
        seen[drawn]++;
    }
    double chi_square = 0;
    for (int i = 0; i < 6; i++)
        chi_square += (seen[i] - draws / 6.0) * (seen[i] - draws / 6.0) / (draws / 6.0);
    ck_assert_double_lt(chi_square, 25.7); /* 5 degrees of freedom: exceeded once in 10000 times */
    ck_assert_uint_eq(tl_rng_below(&random, 1), 0);
    /* A bound above 2^63 has the numbers between it and 2^64 to refuse. */
    for (int i = 0; i < 1000; i++)
        ck_assert_uint_lt(tl_rng_below(&random, 0xC000000000000000u), 0xC000000000000000u);
}
END_TEST

START_TEST(a_shuffle_is_a_permutation) {
    size_t order[1000];
    int seen[1000] = {0}, moved = 0;
    for (size_t i = 0; i < 1000; i++)
        order[i] = i;
    tl_rng random = tl_rng_new(8, 8);
    tl_rng_shuffle(&random, order, 1000);
    for (size_t i = 0; i < 1000; i++) {
        seen[order[i]]++;
        moved += order[i] != i;
    }
    for (size_t i = 0; i < 1000; i++)
        ck_assert_int_eq(seen[i], 1);
    ck_assert_int_gt(moved, 980);
    tl_rng_shuffle(&random, order, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("rng");
    TCase *tests = tcase_create("rng");
    tcase_add_test(tests, philox_gives_the_authors_numbers);
    tcase_add_test(tests, a_stream_is_its_blocks_in_order);
    tcase_add_test(tests, a_copy_continues_alike);
    tcase_add_test(tests, numbers_are_spread_as_they_should);
    tcase_add_test(tests, bounded_numbers_are_fair);
    tcase_add_test(tests, a_shuffle_is_a_permutation);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
