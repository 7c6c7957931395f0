/*
 * Goes on with a file that Keras saved: predicts, trains one epoch as test_keras_loads.py has Keras
 * do it, and saves the weights.
 *
 *     go_on IN X.npy Y.npy PREDICTIONS.npy OUT.h5
 *
 * Prints what of the training state it could not restore.
 */
#include "tinylstm/tinylstm.h"

#include <stdio.h>

#define BATCH 8

static tlstm_status go_on(char **paths, tlstm_error **error) {
    tlstm_model *model = NULL;
    tlstm_array *x = NULL, *y = NULL, *predictions = NULL;
    tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
    options.batch_size = BATCH;
    options.shuffle = 0;
    tlstm_status status = tlstm_model_load(paths[0], &model, error);
    if (!status)
        status = tlstm_array_load_npy(paths[1], &x, error);
    if (!status)
        status = tlstm_array_load_npy(paths[2], &y, error);
    if (!status)
        status = tlstm_model_predict(model, x, NULL, &predictions, error);
    if (!status)
        status = tlstm_array_save_npy(predictions, paths[3], error);
    for (size_t i = 0; !status && i < tlstm_model_notes(model); i++)
        if (tlstm_model_note_kind(model, i) == TLSTM_NOTE_NOT_RESTORED)
            printf("not restored: %s\n", tlstm_model_note(model, i));
    if (!status)
        status = tlstm_model_fit(model, x, y, &options, NULL, error);
    if (!status)
        status = tlstm_model_save(model, paths[4], NULL, error);
    tlstm_array_free(predictions);
    tlstm_array_free(y);
    tlstm_array_free(x);
    tlstm_model_free(model);
    return status;
}

int main(int count, char **arguments) {
    tlstm_error *error = NULL;
    if (count != 6) {
        fprintf(stderr, "usage: go_on IN X.npy Y.npy PREDICTIONS.npy OUT.h5\n");
        return 2;
    }
    if (go_on(arguments + 1, &error) == TLSTM_OK)
        return 0;
    fprintf(stderr, "%s: %s\n", tlstm_error_where(error), tlstm_error_message(error));
    tlstm_error_free(error);
    return 1;
}
