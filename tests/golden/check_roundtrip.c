/* What the library saves it loads again without a bit lost: weights, predictions, and training that
 * goes on as if it had never stopped. */
#define _DEFAULT_SOURCE
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Saves to a temporary file and loads that; NULL (reported) when one of them failed. */
static tlstm_model *save_and_load(const golden_case *one, const tlstm_model *model,
                                  const char *suffix) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/tinylstm-golden-XXXXXX%s", suffix);
    int descriptor = mkstemps(path, (int)strlen(suffix));
    tlstm_model *loaded = NULL;
    tlstm_error *error = NULL;
    if (descriptor >= 0)
        close(descriptor);
    if (tlstm_model_save(model, path, NULL, &error) != TLSTM_OK ||
        tlstm_model_load(path, &loaded, &error) != TLSTM_OK)
        golden_fail_call(one, "save and load", error);
    remove(path);
    return loaded;
}

static tlstm_array *predict(tlstm_model *model, const tlstm_array *x) {
    tlstm_array *y = NULL;
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    options.batch_size = tlstm_array_shape(x)[0];
    tlstm_model_reset_states(model);
    tlstm_model_predict(model, x, &options, &y, NULL);
    return y;
}

/* One more epoch on the training data. */
static int train_on(const golden_case *one, tlstm_model *model) {
    tlstm_array *x = golden_read(one->data, "train/x_train");
    tlstm_array *y = golden_read(one->data, "train/y_train");
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    tlstm_error *error = NULL;
    options.batch_size = json_integer_value(json_object_get(one->train, "batch"));
    options.shuffle = 0;
    int trained = tlstm_model_fit(model, x, y, &options, NULL, &error) == TLSTM_OK;
    if (!trained)
        golden_fail_call(one, "train on", error);
    tlstm_array_free(y);
    tlstm_array_free(x);
    return trained;
}

static double weights_distance(const tlstm_model *one, const tlstm_model *other) {
    double largest = 0;
    for (size_t i = 0; i < tlstm_model_weights(one); i++) {
        tlstm_array *a = NULL, *b = NULL;
        tlstm_model_get_weight(one, i, &a, NULL);
        tlstm_model_get_weight(other, i, &b, NULL);
        double distance = golden_distance(a, b);
        largest = distance > largest ? distance : largest;
        tlstm_array_free(a);
        tlstm_array_free(b);
    }
    return largest;
}

static void check_copy(const golden_case *one, tlstm_model *model, tlstm_model *copy) {
    tlstm_array *x = golden_read(one->data, "x");
    tlstm_array *before = predict(model, x);
    tlstm_array *after = predict(copy, x);
    golden_report(one, "saved weights", weights_distance(model, copy), 0);
    golden_report(one, "saved predictions", golden_distance(before, after), 0);
    if (tlstm_model_is_compiled(model) != tlstm_model_is_compiled(copy))
        golden_fail(one, "saved compilation", "only one of the two is compiled");
    else if (tlstm_model_is_compiled(model) && one->train && train_on(one, model) &&
             train_on(one, copy))
        golden_report(one, "training on", weights_distance(model, copy), 0);
    tlstm_array_free(after);
    tlstm_array_free(before);
    tlstm_array_free(x);
}

static void check_format(const golden_case *one, const char *suffix) {
    tlstm_model *model = golden_load(one, "load");
    tlstm_model *copy = model ? save_and_load(one, model, suffix) : NULL;
    if (copy)
        check_copy(one, model, copy);
    tlstm_model_free(copy);
    tlstm_model_free(model);
}

/* Models of Keras 3 also in its own format, which has not what older ones may need. */
void golden_check_roundtrip(const golden_case *one) {
    check_format(one, ".h5");
    if (golden_is_keras3(one))
        check_format(one, ".keras");
}
