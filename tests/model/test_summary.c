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

/* One of the tutorial's models. */
typedef struct tutorial {
    const char *name; /* of text/summary-<name>-k2.txt, and -100 for 100 columns */
    size_t ndim;
    int64_t shape[2];
    const char *layers;
} tutorial;

#define LAYER(class_name, name, settings)                                                          \
    "{\"class_name\": \"" class_name "\", \"config\": {\"name\": \"" name "\"" settings "}}"
#define EMBEDDING(more)                                                                            \
    LAYER("Embedding", "embedding", ", \"input_dim\": 500, \"output_dim\": 16" more) ","
#define RECURRENT(class_name, name, more) LAYER(class_name, name, ", \"units\": 8" more) ","
#define DENSE LAYER("Dense", "dense", ", \"units\": 1")

static const tutorial tutorials[] = {
    {"lstm", 1, {100}, EMBEDDING("") RECURRENT("LSTM", "lstm", "") DENSE},
    {"dropout", 1, {100}, EMBEDDING("") RECURRENT("LSTM", "lstm", ", \"dropout\": 0.3") DENSE},
    {"2rnn",
     1,
     {100},
     EMBEDDING("") RECURRENT("LSTM", "lstm", ", \"return_sequences\": true")
         RECURRENT("LSTM", "lstm_1", "") DENSE},
    {"gru", 1, {100}, EMBEDDING("") RECURRENT("GRU", "gru", "") DENSE},
    {"simplernn", 1, {100}, EMBEDDING("") RECURRENT("SimpleRNN", "simple_rnn", "") DENSE},
    {"embedding", 1, {100}, EMBEDDING("") LAYER("Flatten", "flatten", "") "," DENSE},
    {"frozen", 1, {100}, EMBEDDING(", \"trainable\": false") RECURRENT("LSTM", "lstm", "") DENSE},
    {"dense",
     2,
     {100, 500},
     RECURRENT("Dense", "dense", "")
         LAYER("Flatten", "flatten", "") "," LAYER("Dense", "dense_1", ", \"units\": 1")},
};

static tlstm_model *tutorial_model(const tutorial *one) {
    char json[2048];
    tlstm_model *model = NULL;
    tlstm_error *error = NULL;
    int length = snprintf(json, sizeof json,
                          "{\"class_name\": \"Sequential\", \"config\": {\"name\": \"sequential\", "
                          "\"layers\": [%s]}}",
                          one->layers);
    TL_ASSERT_OK(tlstm_model_from_json(json, (size_t)length, 1, &model, &error), error);
    TL_ASSERT_OK(tlstm_model_build(model, one->ndim, one->shape, &error), error);
    return model;
}

START_TEST(is_that_of_keras) {
    tlstm_model *model = tutorial_model(&tutorials[_i]);
    for (size_t width = 65; width <= 100; width += 35) {
        char path[64];
        snprintf(path, sizeof path, "golden/text/summary-%s%s-k2.txt", tutorials[_i].name,
                 width == 100 ? "-100" : "");
        if (!tl_test_shared_exists(path))
            continue; /* main() has said so; the frozen model was printed in one width */
        char *ours = NULL, *theirs = read_text(tl_test_shared(path));
        tlstm_error *error = NULL;
        TL_ASSERT_OK(tlstm_model_summary(model, width, &ours, &error), error);
        ck_assert_str_eq(ours, theirs);
        tlstm_string_free(ours);
        free(theirs);
    }
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
