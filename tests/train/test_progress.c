/* What progress writes. The bars are those that tf_keras 2.21 printed (fit with verbose=1), with
 * the times of the clock that stands still below. */
#include "support.h"
#include "train/progress.h"

#include <string.h>

static char written[4096];
static double clock_seconds;

static void keep_text(const char *text, size_t length, void *user) {
    (void)user;
    strncat(written, text, length);
}

static double now(void) {
    return clock_seconds;
}

static tl_progress start(int verbose, int bar, int64_t batches) {
    tl_progress progress;
    tl_progress_init(&progress, verbose, batches, keep_text, NULL);
    ck_assert(!progress.bar); /* nobody knows where a function of the program's writes to */
    progress.bar = bar;
    progress.now = now;
    written[0] = '\0';
    clock_seconds = 100;
    return progress;
}

static const char *const names[] = {"loss", "accuracy", "val_loss", "val_accuracy"};

START_TEST(bar_is_kerass) {
    tl_progress progress = start(TLSTM_PROGRESS, 1, 5);
    const double first[] = {0.69321, 0.5625}, last[] = {0.68561, 0.55714, 0.64851, 0.65};
    tl_progress_begin(&progress, 0, 2);
    clock_seconds += 1.75;
    tl_progress_batch(&progress, 1, (tl_progress_values){2, names, first});
    clock_seconds += 0.01; /* too soon to draw again */
    tl_progress_batch(&progress, 2, (tl_progress_values){2, names, first});
    clock_seconds = 102.402; /* 1.75 s, then 4 batches in 0.652 s */
    tl_progress_end(&progress, (tl_progress_values){4, names, last});
    ck_assert_str_eq(
        written,
        "Epoch 1/2\n"
        "\r1/5 [=====>........................] - ETA: 7s - loss: 0.6932 - accuracy: 0.5625"
        "\r5/5 [==============================] - 2s 163ms/step - loss: 0.6856 - "
        "accuracy: 0.5571 - val_loss: 0.6485 - val_accuracy: 0.6500\n");
}
END_TEST

/* A shorter line leaves nothing of a longer one behind. */
START_TEST(rest_of_a_longer_line_is_wiped) {
    tl_progress progress = start(TLSTM_PROGRESS, 1, 100);
    const double value = 0.5;
    tl_progress_begin(&progress, -1, 0);
    clock_seconds += 100;
    tl_progress_batch(&progress, 1, (tl_progress_values){1, names, &value});
    ck_assert_str_eq(written,
                     "\r  1/100 [..............................] - ETA: 2:45:00 - loss: 0.5000");
    written[0] = '\0';
    clock_seconds += 1;
    tl_progress_batch(&progress, 99, (tl_progress_values){1, names, &value});
    ck_assert_str_eq(written,
                     "\r 99/100 [============================>.] - ETA: 0s - loss: 0.5000     ");
}
END_TEST

START_TEST(elsewhere_one_line_an_epoch) {
    const double values[] = {0.68561, 1e-4, 12.5, 0.65};
    for (int verbose = TLSTM_PROGRESS; verbose <= TLSTM_LINES; verbose++) {
        tl_progress progress = start(verbose, 0, 500);
        tl_progress_begin(&progress, 6, 20);
        for (int i = 1; i <= 500; i++) {
            clock_seconds += 0.0005;
            tl_progress_batch(&progress, i, (tl_progress_values){4, names, values});
        }
        ck_assert_str_eq(written, "");
        tl_progress_end(&progress, (tl_progress_values){4, names, values});
        ck_assert_str_eq(written, "Epoch 7/20 - 0s 500us/step - loss: 0.6856 - accuracy: "
                                  "1.0000e-04 - val_loss: 12.5000 - val_accuracy: 0.6500\n");
    }
}
END_TEST

START_TEST(evaluation_counts_batches) {
    const double values[] = {0.5, 0.75};
    tl_progress progress = start(TLSTM_LINES, 0, 7);
    tl_progress_begin(&progress, -1, 0);
    clock_seconds += 14;
    tl_progress_end(&progress, (tl_progress_values){2, names, values});
    ck_assert_str_eq(written, "7/7 - 14s 2s/step - loss: 0.5000 - accuracy: 0.7500\n");
}
END_TEST

START_TEST(silent_is_silent) {
    const double values[] = {0.5, 0.75};
    tl_progress progress = start(TLSTM_SILENT, 0, 7);
    tl_progress_begin(&progress, 0, 3);
    tl_progress_batch(&progress, 1, (tl_progress_values){2, names, values});
    tl_progress_end(&progress, (tl_progress_values){2, names, values});
    ck_assert_str_eq(written, "");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("progress");
    TCase *tests = tcase_create("progress");
    tcase_add_test(tests, bar_is_kerass);
    tcase_add_test(tests, rest_of_a_longer_line_is_wiped);
    tcase_add_test(tests, elsewhere_one_line_an_epoch);
    tcase_add_test(tests, evaluation_counts_batches);
    tcase_add_test(tests, silent_is_silent);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
