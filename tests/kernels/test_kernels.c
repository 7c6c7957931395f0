/*
 * The kernels of all instruction sets this machine can run.
 *     test_kernels              runs the tests
 *     test_kernels --stride N   the same, trying one float in N (1: all) in the tests of
 * activations test_kernels --bench      prints how long each kernel takes
 */
#include "fixture.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void) {
    fprintf(stderr, "usage: test_kernels [--bench | --stride N]\n");
    return 2;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--bench") == 0) {
        run_benchmarks();
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "--stride") == 0)
        float_stride = (uint32_t)strtoul(argv[2], NULL, 10);
    else if (argc != 1)
        return usage();
    if (float_stride == 0)
        return usage();

    Suite *suite = suite_create("kernels");
    add_dispatch_tests(suite);
    add_activation_tests(suite);
    add_array_tests(suite);
    add_product_tests(suite);
    add_table_tests(suite);
    add_row_tests(suite);
    add_recurrent_tests(suite);
    return tl_test_run(suite);
}
