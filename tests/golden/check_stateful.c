/* stateful=True: predictions carry the state from call to call until it is reset. */
#include "golden.h"

#include <stdio.h>

#define LIMIT_PREDICT 2e-6

static void predict(const golden_case *one, tlstm_model *model, const char *input,
                    const char *output) {
    tlstm_array *x = golden_read(one->expected, input);
    tlstm_array *theirs = golden_read(one->expected, output);
    tlstm_array *ours = NULL;
    tlstm_error *error = NULL;
    tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
    options.batch_size = x ? tlstm_array_shape(x)[0] : 1;
    if (!x || !theirs)
        golden_fail(one, output, "not in the golden file");
    else if (tlstm_model_predict(model, x, &options, &ours, &error) != TLSTM_OK)
        golden_fail_call(one, output, error);
    else
        golden_report(one, output, golden_distance(ours, theirs), LIMIT_PREDICT);
    tlstm_array_free(ours);
    tlstm_array_free(theirs);
    tlstm_array_free(x);
}

void golden_check_stateful(const golden_case *one) {
    if (!golden_has(one->expected, "stateful"))
        return;
    tlstm_model *model = golden_load(one, "load");
    if (!model)
        return;
    predict(one, model, "stateful/x1", "stateful/predict1");
    predict(one, model, "stateful/x2", "stateful/predict2");
    tlstm_model_reset_states(model);
    predict(one, model, "stateful/x1", "stateful/predict1_after_reset");
    tlstm_model_free(model);
}
