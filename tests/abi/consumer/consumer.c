/* Somebody else's program, built against the installed library. */
#include <tinylstm/tinylstm.h>

#include <stdio.h>

int main(void) {
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    const int64_t tokens[] = {100};
    if (tlstm_model_new(NULL, 1, &model, &error) != TLSTM_OK ||
        tlstm_model_add_input(model, 1, tokens, NULL, &error) != TLSTM_OK ||
        tlstm_model_add_embedding(model, 500, 16, NULL, &error) != TLSTM_OK ||
        tlstm_model_add_lstm(model, 8, NULL, &error) != TLSTM_OK ||
        tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, NULL, &error) != TLSTM_OK ||
        tlstm_model_build(model, 0, NULL, &error) != TLSTM_OK)
        printf("%s\n", tlstm_error_message(error));
    printf("%s %lld\n", tlstm_version_string(), (long long)tlstm_model_params(model));
    tlstm_error_free(error);
    tlstm_model_free(model);
    return 0;
}
