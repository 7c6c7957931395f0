/* The gradient of every trainable weight, against float64 where the case has it. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMIT_GRADIENT 1e-5
/* Half a rounding of a probability, from which gradients begin: where samples cancel out, no more
 * is left of them. */
#define ROUNDING 2e-8

/* A case's gradient of one weight, the more exact one; NULL for frozen weights. */
static tlstm_array *expected_gradient(const golden_case *one, size_t weight) {
    tlstm_array *exact = golden_read_nth(one->expected, "grad_f64", weight);
    return exact ? exact : golden_read_nth(one->expected, "grad", weight);
}

typedef struct batch {
    tlstm_array *x, *y, *sample_weight;
} batch;

/* Returns the difference as a part of the largest entry. */
static double check_weight(const golden_case *one, const tlstm_model *model, size_t weight,
                           const batch *data) {
    tlstm_array *expected = expected_gradient(one, weight);
    tlstm_array *ours = NULL;
    tlstm_error *error = NULL;
    double share = 0;
    if (!expected)
        return 0;
    if (tlstm_model_gradient(model, data->x, data->y, data->sample_weight, weight, &ours, &error) !=
        TLSTM_OK) {
        golden_fail_call(one, tlstm_model_weight_name(model, weight), error);
    } else if (!golden_same_shape(ours, expected)) {
        golden_fail(one, tlstm_model_weight_name(model, weight), "the shape differs");
    } else {
        share = golden_distance(ours, expected) /
                fmax(golden_magnitude(expected), ROUNDING / LIMIT_GRADIENT);
        if (!(share <= LIMIT_GRADIENT))
            golden_fail(one, tlstm_model_weight_name(model, weight), "%.2e of the largest entry",
                        share);
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
        batch data = {golden_read(one->data, "x"), golden_read(one->data, "y"),
                      golden_read(one->data, "sample_weight")};
        double largest = 0;
        tlstm_model_reset_states(model);
        for (size_t i = 0; i < tlstm_model_weights(model); i++)
            largest = fmax(largest, check_weight(one, model, i, &data));
        golden_report(one, "gradients", largest, LIMIT_GRADIENT);
        tlstm_array_free(data.sample_weight);
        tlstm_array_free(data.y);
        tlstm_array_free(data.x);
    }
    tlstm_model_free(model);
}
