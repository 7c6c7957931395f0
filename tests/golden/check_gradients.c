/* The gradient of every trainable weight, against float64 where the case has it. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMIT_GRADIENT 1e-5
/* Gradients whose largest entry is below this are compared as if it were this: what is left of
 * them is rounding. */
#define SMALLEST_SCALE 1e-6

/* A case's gradient of one weight, the more exact one; NULL for frozen weights. */
static tlstm_array *expected_gradient(const golden_case *one, size_t weight) {
    tlstm_array *exact = golden_read_nth(one->expected, "grad_f64", weight);
    return exact ? exact : golden_read_nth(one->expected, "grad", weight);
}

static double check_weight(const golden_case *one, const tlstm_model *model, size_t weight,
                           const tlstm_array *x, const tlstm_array *y,
                           const tlstm_array *sample_weight) {
    tlstm_array *expected = expected_gradient(one, weight);
    tlstm_array *ours = NULL;
    tlstm_error *error = NULL;
    double share = 0;
    if (!expected)
        return 0;
    if (tlstm_model_gradient(model, x, y, sample_weight, weight, &ours, &error) != TLSTM_OK) {
        golden_fail_call(one, tlstm_model_weight_name(model, weight), error);
    } else if (!golden_same_shape(ours, expected)) {
        golden_fail(one, tlstm_model_weight_name(model, weight), "the shape differs");
    } else {
        share = golden_distance(ours, expected) / fmax(golden_magnitude(expected), SMALLEST_SCALE);
        if (!(share <= LIMIT_GRADIENT))
            golden_report(one, tlstm_model_weight_name(model, weight), share, LIMIT_GRADIENT);
    }
    tlstm_array_free(expected);
    tlstm_array_free(ours);
    return share;
}

void golden_check_gradients(const golden_case *one) {
    if (!golden_has(one->expected, "grad") && !golden_has(one->expected, "grad_f64"))
        return;
    tlstm_model *model = golden_load(one, "load");
    if (!model)
        return;
    if (golden_is_compiled(one, "gradients", model)) {
        tlstm_array *x = golden_read(one->data, "x");
        tlstm_array *y = golden_read(one->data, "y");
        tlstm_array *sample_weight = golden_read(one->data, "sample_weight");
        double largest = 0;
        tlstm_model_reset_states(model);
        for (size_t i = 0; i < tlstm_model_weights(model); i++)
            largest = fmax(largest, check_weight(one, model, i, x, y, sample_weight));
        golden_report(one, "gradients", largest, LIMIT_GRADIENT);
        tlstm_array_free(sample_weight);
        tlstm_array_free(y);
        tlstm_array_free(x);
    }
    tlstm_model_free(model);
}
