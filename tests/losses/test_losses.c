/* Losses against Keras (reference.h) and against finite differences. */
#include "losses/loss.h"
#include "reference.h"
#include "support.h"

#include <math.h>
#include <string.h>

#define CASES ((int)(sizeof(reference) / sizeof(reference[0])))

/* Keras computed in float32. */
static int is_near(double value, double expected) {
    return fabs(value - expected) <= 2e-6 + 5e-6 * fabs(expected);
}

START_TEST(agrees_with_keras) {
    struct tlstm_loss loss = tl_loss_default(tl_loss_find(reference[_i].name));
    float gradient[3];
    loss.config.from_logits = reference[_i].from_logits;
    loss.config.label_smoothing = reference[_i].label_smoothing;
    loss.config.delta = reference[_i].delta;
    double value = loss.ops->row(&loss.config, reference[_i].form, 3, reference[_i].output,
                                 reference[_i].target, gradient);
    ck_assert_msg(is_near(value, reference[_i].loss), "%s: %.9g, Keras has %.9g",
                  reference[_i].name, value, reference[_i].loss);
    for (int i = 0; i < 3; i++)
        ck_assert_msg(is_near((double)gradient[i], reference[_i].gradient[i]),
                      "%s: gradient %d is %.9g, Keras has %.9g", reference[_i].name, i,
                      (double)gradient[i], reference[_i].gradient[i]);
    double again = loss.ops->row(&loss.config, reference[_i].form, 3, reference[_i].output,
                                 reference[_i].target, NULL);
    ck_assert_double_eq(value, again);
}
END_TEST

/* Every loss there is, on points where it is smooth. */
START_TEST(gradient_is_the_slope) {
    static const tl_output_form forms[] = {TL_OUTPUT_PLAIN, TL_OUTPUT_SIGMOID_LOGITS,
                                           TL_OUTPUT_SOFTMAX_LOGITS};
    for (const tl_loss_ops *const *ops = tl_losses; *ops; ops++)
        for (int form = 0; form < ((*ops)->takes_logits ? 3 : 1); form++) {
            struct tlstm_loss loss = tl_loss_default(*ops);
            float output[4] = {0.21f, 0.4f, 0.13f, 0.26f}, gradient[4];
            float target[4] = {0.1f, 0.2f, 0.6f, 0.1f};
            if ((*ops)->sparse)
                target[0] = 2;
            loss.ops->row(&loss.config, forms[form], 4, output, target, gradient);
            for (int i = 0; i < 4; i++) {
                const float step = 0x1p-10f, kept = output[i];
                output[i] = kept + step;
                double above = loss.ops->row(&loss.config, forms[form], 4, output, target, NULL);
                output[i] = kept - step;
                double below = loss.ops->row(&loss.config, forms[form], 4, output, target, NULL);
                output[i] = kept;
                double slope = (above - below) / (2 * (double)step);
                ck_assert_msg(fabs(slope - (double)gradient[i]) < 1e-3 * fmax(1, fabs(slope)),
                              "%s, form %d: gradient %d is %g, the slope is %g", (*ops)->name, form,
                              i, (double)gradient[i], slope);
            }
        }
}
END_TEST

START_TEST(finds_by_all_names) {
    ck_assert_ptr_null(tl_loss_find("no_such_loss"));
    ck_assert_ptr_null(tl_loss_find(""));
    ck_assert_ptr_null(tl_loss_find("mse MSE"));
    ck_assert_str_eq(tl_loss_find("bce")->name, "binary_crossentropy");
    ck_assert_str_eq(tl_loss_find("BCE")->name, "binary_crossentropy");
    ck_assert_str_eq(tl_loss_find("MSE")->name, "mean_squared_error");
    ck_assert_str_eq(tl_loss_find("KLD")->name, "kl_divergence");
    ck_assert_str_eq(tl_loss_find("kullback_leibler_divergence")->name, "kl_divergence");
    for (const tl_loss_ops *const *ops = tl_losses; *ops; ops++) {
        ck_assert_ptr_eq(tl_loss_find((*ops)->name), *ops);
        ck_assert_ptr_eq(tl_loss_find((*ops)->class_name), *ops);
    }
}
END_TEST

/* Keras decides for a whole batch whether labels are 0 and 1: with a -1 somewhere a 0 stays a 0. */
START_TEST(hinge_sees_the_batch) {
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("hinge"));
    const float output = 0.25f, labels[] = {0, 1, -1};
    ck_assert_double_eq(loss.ops->row(&loss.config, TL_OUTPUT_PLAIN, 1, &output, &labels[0], NULL),
                        1.25);
    loss.ops->prepare(&loss.config, 3, labels);
    ck_assert_double_eq(loss.ops->row(&loss.config, TL_OUTPUT_PLAIN, 1, &output, &labels[0], NULL),
                        1.0);
    loss.ops->prepare(&loss.config, 2, labels);
    ck_assert_double_eq(loss.ops->row(&loss.config, TL_OUTPUT_PLAIN, 1, &output, &labels[0], NULL),
                        1.25);
}
END_TEST

/* NaN must show, not vanish in a comparison. */
START_TEST(nan_comes_through) {
    for (const tl_loss_ops *const *ops = tl_losses; *ops; ops++) {
        struct tlstm_loss loss = tl_loss_default(*ops);
        const float output[2] = {NAN, 0.5f}, target[2] = {0, 1};
        double value = loss.ops->row(&loss.config, TL_OUTPUT_PLAIN, 2, output, target, NULL);
        ck_assert_msg(isnan(value), "%s of NaN is %g", (*ops)->name, value);
        if (!(*ops)->takes_logits)
            continue;
        value = loss.ops->row(&loss.config, TL_OUTPUT_SOFTMAX_LOGITS, 2, output, target, NULL);
        ck_assert_msg(isnan(value), "%s of NaN logits is %g", (*ops)->name, value);
    }
}
END_TEST

START_TEST(refuses_labels_that_are_no_class) {
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("sparse_categorical_crossentropy"));
    const float output[2] = {0.5f, 0.5f}, labels[] = {-1, 2, 1e9f, NAN};
    for (int i = 0; i < 4; i++)
        ck_assert(isnan(loss.ops->row(&loss.config, TL_OUTPUT_PLAIN, 2, output, &labels[i], NULL)));
}
END_TEST

START_TEST(settings_are_checked) {
    struct tlstm_loss loss = tl_loss_default(tl_loss_find("bce"));
    tlstm_error *error = NULL;
    const tl_field *smoothing = tl_field_find(loss.ops->fields, "label_smoothing");
    TL_ASSERT_OK(tl_field_set_number(smoothing, &loss.config, 0.25, &error), error);
    ck_assert_double_eq(loss.config.label_smoothing, 0.25);
    TL_ASSERT_FAILS(tl_field_set_number(smoothing, &loss.config, 1.5, &error), TLSTM_ERROR_ARGUMENT,
                    error, "0.0 to 1.0");
    const tl_field *axis = tl_field_find(loss.ops->fields, "axis");
    TL_ASSERT_FAILS(tl_field_set_number(axis, &loss.config, 1, &error), TLSTM_ERROR_ARGUMENT, error,
                    "-1.0");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("losses");
    TCase *tests = tcase_create("losses");
    tcase_add_loop_test(tests, agrees_with_keras, 0, CASES);
    tcase_add_test(tests, gradient_is_the_slope);
    tcase_add_test(tests, finds_by_all_names);
    tcase_add_test(tests, hinge_sees_the_batch);
    tcase_add_test(tests, nan_comes_through);
    tcase_add_test(tests, refuses_labels_that_are_no_class);
    tcase_add_test(tests, settings_are_checked);
    suite_add_tcase(suite, tests);
    return tl_test_run(suite);
}
