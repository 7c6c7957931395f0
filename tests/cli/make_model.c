/* Writes the models that test_cli.py drives the program with, so that it needs no stored files:
 *
 *     make_model DIRECTORY
 *
 * tokens.h5: (6) tokens below 20 to one sigmoid, compiled. features.h5: (4, 3) floats to two linear
 * outputs a timestep, compiled. bare.h5: as tokens.h5, but not compiled. */
#include "tinylstm/tinylstm.h"

#include <stdio.h>
#include <stdlib.h>

#define TRY(call)                                                                                  \
    do {                                                                                           \
        tlstm_error *error = NULL;                                                                 \
        if ((call) != TLSTM_OK) {                                                                  \
            fprintf(stderr, "make_model: %s: %s\n", tlstm_error_where(error),                      \
                    tlstm_error_message(error));                                                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static void compile(tlstm_model *model, const char *optimizer_name, const char *loss_name,
                    const char *metric) {
    tlstm_optimizer *optimizer = NULL;
    tlstm_loss *loss = NULL;
    TRY(tlstm_optimizer_new(optimizer_name, &optimizer, &error));
    TRY(tlstm_optimizer_set(optimizer, "learning_rate", 0.01, &error));
    TRY(tlstm_loss_new(loss_name, &loss, &error));
    TRY(tlstm_model_compile(model, optimizer, loss, &metric, metric ? 1 : 0, &error));
    tlstm_loss_free(loss);
    tlstm_optimizer_free(optimizer);
}

static tlstm_model *token_model(void) {
    tlstm_model *model = NULL;
    const int64_t shape[] = {6};
    TRY(tlstm_model_new(NULL, 7, &model, &error));
    TRY(tlstm_model_add_input(model, 1, shape, NULL, &error));
    TRY(tlstm_model_add_embedding(model, 20, 4, NULL, &error));
    TRY(tlstm_model_add_lstm(model, 5, NULL, &error));
    TRY(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error));
    TRY(tlstm_model_build(model, 0, NULL, &error));
    return model;
}

static tlstm_model *feature_model(void) {
    tlstm_model *model = NULL;
    const int64_t shape[] = {4, 3};
    tlstm_recurrent_options sequences = TLSTM_RECURRENT_OPTIONS_INIT;
    sequences.return_sequences = 1;
    TRY(tlstm_model_new(NULL, 8, &model, &error));
    TRY(tlstm_model_add_input(model, 2, shape, NULL, &error));
    TRY(tlstm_model_add_gru(model, 5, &sequences, &error));
    TRY(tlstm_model_add_dense(model, 2, TLSTM_LINEAR, NULL, &error));
    return model;
}

static void save(tlstm_model *model, const char *directory, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    TRY(tlstm_model_save(model, path, NULL, &error));
    tlstm_model_free(model);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: make_model DIRECTORY\n");
        return 2;
    }
    save(token_model(), argv[1], "bare.h5");
    tlstm_model *tokens = token_model();
    compile(tokens, "rmsprop", "binary_crossentropy", "accuracy");
    save(tokens, argv[1], "tokens.h5");
    tlstm_model *features = feature_model();
    compile(features, "adam", "mse", NULL);
    save(features, argv[1], "features.h5");
    return 0;
}
