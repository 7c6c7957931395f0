/* The table that a suite prints, and its sums. */
#include "golden.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static size_t passed;
static size_t failed;
static size_t unsupported;
static size_t excluded;
static double largest_share; /* of its limit that a passing row has used up */

static void print_row(const golden_case *one, const char *what, const char *verdict,
                      double difference, const char *text) {
    char number[32] = "-";
    if (difference >= 0 || isnan(difference))
        snprintf(number, sizeof number, "%.2e", difference);
    printf("%-42s %-22s %9s  %s%s%s\n", one->name, what, number, verdict, *text ? ": " : "", text);
    fflush(stdout);
}

void golden_report(const golden_case *one, const char *what, double difference, double limit) {
    if (!(difference <= limit)) {
        char text[64];
        snprintf(text, sizeof text, "the limit is %.2e", limit);
        print_row(one, what, "FAILED", difference, text);
        failed++;
        return;
    }
    print_row(one, what, "ok", difference, "");
    passed++;
    largest_share = fmax(largest_share, difference / limit);
}

void golden_fail(const golden_case *one, const char *what, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_row(one, what, "FAILED", -1, text);
    failed++;
}

void golden_unsupported(const golden_case *one, const char *what, const char *thing) {
    print_row(one, what, "unsupported", -1, thing);
    unsupported++;
}

void golden_excluded(const golden_case *one, const char *what, double difference,
                     const char *reason) {
    print_row(one, what, "excluded", difference, reason);
    excluded++;
}

size_t golden_failures(void) {
    return failed;
}

int golden_finish(void) {
    printf("\n%zu passed (at most %.0f%% of a limit used), %zu failed, %zu unsupported, %zu "
           "excluded\n",
           passed, largest_share * 100, failed, unsupported, excluded);
    return failed > 0 || passed == 0;
}
