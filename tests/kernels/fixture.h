/*
 * What the tests of the kernels share: random arrays that are freed by themselves, comparing with a
 * double-precision result, and the instruction sets to loop over.
 */
#ifndef TL_TESTS_KERNELS_FIXTURE_H
#define TL_TESTS_KERNELS_FIXTURE_H

#include "kernels/kernels.h"

#include <check.h>

/* How far a kernel may be from the same formula in double precision, relative to the size of the
 * terms. */
#define SUM_TOLERANCE 2e-6     /* of the sum of the absolute values of what is added up */
#define STEP_TOLERANCE 3e-6    /* of 1 + |expected|, for a whole timestep or its gradient */
#define GROWING_TOLERANCE 1e-5 /* the same for activations that grow without limit */

/* Frees all arrays and starts the random numbers again; add them to each test case. */
void fixture_setup(void);
void fixture_teardown(void);
TCase *fixture_case(const char *name);

/* Numbers in [0, 1), the same in each run. */
double random_unit(void);
size_t random_below(size_t limit);

/* Aligned arrays, exactly as long as asked for. */
float *array_of(size_t count, float value);
float *random_array(size_t count, float low, float high);
float *copy_of(const float *array, size_t count);
int32_t *random_rows(size_t count, size_t limit);
/* A mask for `width` lanes with both values in it. */
float *random_mask(size_t width);

/* Fails unless |got - expected| <= tolerance; what comes after says where, as for printf. */
#define assert_near(got, expected, tolerance, ...)                                                 \
    do {                                                                                           \
        double got_ = (got), expected_ = (expected);                                               \
        if (!(fabs(got_ - expected_) <= (tolerance))) {                                            \
            char where_[256];                                                                      \
            snprintf(where_, sizeof(where_), __VA_ARGS__);                                         \
            ck_abort_msg("%s: %.9g, expected %.9g", where_, got_, expected_);                      \
        }                                                                                          \
    } while (0)

/* The set of kernels with this number; there are kernel_set_count(). */
const tl_kernels *kernel_set(int number);
int kernel_set_count(void);

const char *activation_name(tl_activation_kind kind);

/* How densely the floats are tried: one in so many. Odd, so that all patterns of low bits come up.
 */
extern uint32_t float_stride;

/* The test cases, one function for each file. */
void add_activation_tests(Suite *suite);
void add_array_tests(Suite *suite);
void add_product_tests(Suite *suite);
void add_table_tests(Suite *suite);
void add_row_tests(Suite *suite);
void add_recurrent_tests(Suite *suite);
void add_dispatch_tests(Suite *suite);

/* Prints the time of each kernel. */
void run_benchmarks(void);

#endif
