/* The summary, line by line as Keras 2 prints it. */
#include "models.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text of a file up to its end; free(). */
static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    char *text = calloc(1, 65536);
    ck_assert_uint_gt(fread(text, 1, 65535, file), 0);
    fclose(file);
    return text;
}

typedef struct tutorial {
    const char *file; /* text/summary-<file>-k2.txt */
    const char *layers;
    size_t width;
} tutorial;

#define EMBEDDING                                                                                  \
    "{\"class_name\": \"Embedding\", \"config\": {\"name\": \"embedding\", \"input_dim\": 500, "   \
    "\"output_dim\": 16}},"
#define DENSE "{\"class_name\": \"Dense\", \"config\": {\"name\": \"dense\", \"units\": 1}}"

static const tutorial tutorials[] = {
    {"lstm",
     EMBEDDING "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"lstm\", \"units\": 8}}," DENSE,
     65},
    {"gru",
     EMBEDDING "{\"class_name\": \"GRU\", \"config\": {\"name\": \"gru\", \"units\": 8}}," DENSE,
     65},
    {"2rnn",
     EMBEDDING
     "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"lstm\", \"units\": 8, "
     "\"return_sequences\": true}},"
     "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"lstm_1\", \"units\": 8}}," DENSE,
     65},
    {"2rnn-100",
     EMBEDDING
     "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"lstm\", \"units\": 8, "
     "\"return_sequences\": true}},"
     "{\"class_name\": \"LSTM\", \"config\": {\"name\": \"lstm_1\", \"units\": 8}}," DENSE,
     100},
};

START_TEST(is_that_of_keras) {
    char path[64];
    snprintf(path, sizeof path, "golden/text/summary-%s-k2.txt", tutorials[_i].file);
    if (!tl_test_shared_exists(path))
        return; /* main() has said so */
    char json[2048];
    int length = snprintf(json, sizeof json,
                          "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"sequential\", "
                          "\"layers\": [%s]}}",
                          tutorials[_i].layers);
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    TL_ASSERT_OK(tlstm_model_from_json(json, (size_t)length, 1, &model, &error), error);
    if (!tlstm_model_weights(model))
        TL_ASSERT_OK(tlstm_model_build(model, 1, (int64_t[]){100}, &error), error);
    char *ours = NULL, *theirs = read_text(tl_test_shared(path));
    TL_ASSERT_OK(tlstm_model_summary(model, tutorials[_i].width, &ours, &error), error);
    ck_assert_str_eq(ours, theirs);
    tlstm_string_free(ours);
    free(theirs);
    tlstm_model_free(model);
}
END_TEST

START_TEST(counts_what_is_trained) {
    tlstm_model *model = test_model(1, (int64_t[]){100}, tutorials[0].layers, 1);
    tlstm_error *error = NULL;
    ck_assert_int_eq(tlstm_model_params(model), 8809);
    ck_assert_int_eq(tlstm_model_trainable_params(model), 8809);
    TL_ASSERT_OK(tlstm_model_set_trainable(model, "embedding", 0, &error), error);
    ck_assert_int_eq(tlstm_model_trainable_params(model), 809);
    char *text = NULL;
    TL_ASSERT_OK(tlstm_model_summary(model, 0, &text, &error), error);
    ck_assert_ptr_nonnull(strstr(text, "Non-trainable params: 8000 (31.25 KB)\n"));
    tlstm_string_free(text);
    TL_ASSERT_FAILS(tlstm_model_summary(model, 10, &text, &error), TLSTM_ERROR_ARGUMENT, error,
                    "columns");
    tlstm_model_free(model);
}
END_TEST

int main(void) {
    if (!tl_test_shared_exists("golden/text/summary-lstm-k2.txt"))
        printf("note: Keras's printed summaries are not here: only counts are tested\n");
    Suite *suite = suite_create("summary");
    TCase *tcase = tcase_create("summary");
    tcase_add_loop_test(tcase, is_that_of_keras, 0, sizeof tutorials / sizeof *tutorials);
    tcase_add_test(tcase, counts_what_is_trained);
    suite_add_tcase(suite, tcase);
    return tl_test_run(suite);
}
