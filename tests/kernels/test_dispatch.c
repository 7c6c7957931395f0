/* Which set of kernels is taken. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether a fresh process with TINYLSTM_ISA = `wanted` (NULL: unset) takes the kernels `expected`.
 * The choice is made once in a process, so each needs its own. */
static int process_takes(const char *wanted, const char *expected) {
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (wanted)
            setenv("TINYLSTM_ISA", wanted, 1);
        else
            unsetenv("TINYLSTM_ISA");
        int taken = strcmp(tl_kernels_isa(), expected) == 0;
        setenv("TINYLSTM_ISA", "baseline", 1);
        _exit(taken && strcmp(tl_kernels_isa(), expected) == 0 ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(best_set_is_the_default) {
    ck_assert(process_takes(NULL, kernel_set(0)->name));
}
END_TEST

START_TEST(each_set_can_be_forced) {
    ck_assert(process_takes(kernel_set(_i)->name, kernel_set(_i)->name));
}
END_TEST

START_TEST(unknown_name_gives_the_best) {
    ck_assert(process_takes("abacus", kernel_set(0)->name));
    ck_assert(process_takes("", kernel_set(0)->name));
}
END_TEST

void add_dispatch_tests(Suite *suite) {
    TCase *tcase = fixture_case("dispatch");
    tcase_add_test(tcase, best_set_is_the_default);
    tcase_add_loop_test(tcase, each_set_can_be_forced, 0, kernel_set_count());
    tcase_add_test(tcase, unknown_name_gives_the_best);
    suite_add_tcase(suite, tcase);
}
