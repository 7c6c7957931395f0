/* Metrics, and what "accuracy" means. */
#include "metrics/metric.h"
#include "support.h"

#include <math.h>

static tl_metric resolved(const char *name, const char *loss, size_t outputs) {
    tl_metric metric = {0};
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tl_metric_resolve(name, tl_loss_find(loss), outputs, &metric, &error), error);
    ck_assert_str_eq(metric.name, name);
    return metric;
}

/* Keras's rule: by the last dimension of the output, and by the targets. */
START_TEST(accuracy_depends_on_the_outputs) {
    static const struct {
        const char *name, *loss;
        size_t outputs;
        const char *meant;
    } cases[] = {
        {"accuracy", "binary_crossentropy", 1, "binary_accuracy"},
        {"acc", "mse", 1, "binary_accuracy"},
        {"accuracy", "sparse_categorical_crossentropy", 1, "binary_accuracy"},
        {"accuracy", "binary_crossentropy", 3, "categorical_accuracy"},
        {"accuracy", "categorical_crossentropy", 3, "categorical_accuracy"},
        {"Accuracy", "sparse_categorical_crossentropy", 3, "sparse_categorical_accuracy"},
        {"binary_accuracy", "binary_crossentropy", 3, "binary_accuracy"},
        {"BinaryAccuracy", "mse", 3, "binary_accuracy"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tl_metric metric = resolved(cases[i].name, cases[i].loss, cases[i].outputs);
        ck_assert_ptr_nonnull(metric.ops);
        ck_assert_str_eq(metric.ops->name, cases[i].meant);
    }
    ck_assert_str_eq(resolved("ce", "mse", 1).loss->name, "binary_crossentropy");
    ck_assert_str_eq(resolved("crossentropy", "mse", 2).loss->name, "categorical_crossentropy");
    ck_assert_str_eq(resolved("mae", "mse", 2).loss->name, "mean_absolute_error");
}
END_TEST

START_TEST(refuses_what_does_not_fit) {
    tl_metric metric = {.name = "kept"};
    tlstm_error *error = NULL;
    const tl_loss_ops *mse = tl_loss_find("mse");
    TL_ASSERT_FAILS(tl_metric_resolve("accurracy", mse, 1, &metric, &error), TLSTM_ERROR_ARGUMENT,
                    error, "accurracy");
    TL_ASSERT_FAILS(tl_metric_resolve("sparse_categorical_accuracy", mse, 3, &metric, &error),
                    TLSTM_ERROR_ARGUMENT, error, "class numbers");
    ck_assert_str_eq(metric.name, "kept");
}
END_TEST

START_TEST(rows_are_counted) {
    const float output[] = {0.5f, 0.50001f, 0.2f}, target[] = {0, 1, 1};
    tl_metric binary = resolved("binary_accuracy", "mse", 3);
    ck_assert_double_eq_tol(tl_metric_row(&binary, 3, output, target), 2.0 / 3.0, 1e-15);
    tl_metric categorical = resolved("accuracy", "mse", 3);
    const float first[] = {0, 0, 1}, second[] = {0, 1, 0};
    ck_assert_double_eq(tl_metric_row(&categorical, 3, output, first), 0);
    ck_assert_double_eq(tl_metric_row(&categorical, 3, output, second), 1);
    tl_metric sparse = resolved("acc", "sparse_categorical_crossentropy", 3);
    const float zero = 0, one = 1;
    ck_assert_double_eq(tl_metric_row(&sparse, 3, output, &zero), 0);
    ck_assert_double_eq(tl_metric_row(&sparse, 3, output, &one), 1);
    tl_metric error = resolved("mse", "mse", 2);
    const float y[] = {1, 3}, t[] = {0, 1};
    ck_assert_double_eq(tl_metric_row(&error, 2, y, t), 2.5);
}
END_TEST

/* As a metric, Keras's cosine similarity is the cosine: 4/5 for (3, 4) and (0, 1). */
START_TEST(cosine_has_no_minus) {
    const float output[] = {3, 4}, target[] = {0, 1};
    tl_metric cosine = resolved("cosine_similarity", "mse", 2);
    ck_assert_double_eq_tol(tl_metric_row(&cosine, 2, output, target), 0.8, 1e-12);
}
END_TEST

START_TEST(knows_what_rises) {
    ck_assert(tl_metric_rises("val_accuracy") && tl_metric_rises("acc"));
    ck_assert(tl_metric_rises("sparse_categorical_accuracy"));
    ck_assert(tl_metric_rises("val_cosine_similarity"));
    ck_assert(!tl_metric_rises("val_loss") && !tl_metric_rises("loss") && !tl_metric_rises("mae"));
    ck_assert(!tl_metric_rises("val_binary_crossentropy"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("metrics");
    TCase *tests = tcase_create("metrics");
    tcase_add_test(tests, accuracy_depends_on_the_outputs);
    tcase_add_test(tests, refuses_what_does_not_fit);
    tcase_add_test(tests, rows_are_counted);
    tcase_add_test(tests, cosine_has_no_minus);
    tcase_add_test(tests, knows_what_rises);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
