/* A program of the first release: compiled against the headers of then, it runs with the library of
 * today. It passes every kind of struct whose size may have changed since. */
#include "tinylstm/tinylstm.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 8
#define TIMESTEPS 6

#define TRY(call)                                                                                  \
    do {                                                                                           \
        tlstm_error *error = NULL;                                                                 \
        if ((call) != TLSTM_OK) {                                                                  \
            printf("%s: %s: %s\n", #call, tlstm_error_where(error), tlstm_error_message(error));   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static atomic_int allocations;

static void *allocate(size_t size, void *user) {
    atomic_fetch_add((atomic_int *)user, 1);
    return malloc(size);
}

static void release(void *memory, void *user) {
    (void)user;
    free(memory);
}

static int32_t count_epoch(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    *(int64_t *)user += logs->epoch + 1;
    return logs->count == 2 && strcmp(logs->names[0], "loss") == 0 ? TLSTM_CONTINUE : TLSTM_ABORT;
}

static tlstm_model *build(void) {
    tlstm_model *model = NULL;
    tlstm_optimizer *adam = NULL;
    tlstm_loss *loss = NULL;
    tlstm_embedding_options embedding = TLSTM_EMBEDDING_OPTIONS_INIT;
    tlstm_recurrent_options recurrent = TLSTM_RECURRENT_OPTIONS_INIT;
    tlstm_dense_options dense = TLSTM_DENSE_OPTIONS_INIT;
    embedding.mask_zero = 1;
    recurrent.reset_after = 0;
    dense.use_bias = 0;
    TRY(tlstm_model_new("old", 11, &model, &error));
    TRY(tlstm_model_add_input(model, 1, (const int64_t[]){TIMESTEPS}, NULL, &error));
    TRY(tlstm_model_add_embedding(model, 9, 4, &embedding, &error));
    TRY(tlstm_model_add_gru(model, 3, &recurrent, &error));
    TRY(tlstm_model_add_dense(model, 1, TLSTM_SIGMOID, &dense, &error));
    TRY(tlstm_optimizer_new("adam", &adam, &error));
    TRY(tlstm_loss_new("binary_crossentropy", &loss, &error));
    TRY(tlstm_model_compile(model, adam, loss, NULL, 0, &error));
    tlstm_optimizer_free(adam);
    tlstm_loss_free(loss);
    return model;
}

static void train(tlstm_model *model, const tlstm_array *x, const tlstm_array *y) {
    int64_t epochs = 0;
    tlstm_callback *callbacks[2] = {NULL, NULL};
    tlstm_callback_functions functions = TLSTM_CALLBACK_FUNCTIONS_INIT;
    tlstm_early_stopping_options stopping = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    tlstm_fit_options fit = TLSTM_FIT_OPTIONS_INIT;
    functions.on_epoch_end = count_epoch;
    functions.user = &epochs;
    stopping.patience = 5;
    TRY(tlstm_callback_new(&functions, &callbacks[0], &error));
    TRY(tlstm_early_stopping_new(&stopping, &callbacks[1], &error));
    fit.epochs = 2;
    fit.validation_split = 0.25;
    fit.callbacks = callbacks;
    fit.callback_count = 2;
    TRY(tlstm_model_fit(model, x, y, &fit, NULL, &error));
    if (epochs != 3) {
        printf("the callback was told other epochs than 1 and 2\n");
        exit(1);
    }
    tlstm_callback_free(callbacks[0]);
    tlstm_callback_free(callbacks[1]);
}

/* Saved and loaded, run at once and step by step, the model says the same. */
static int says_the_same(const tlstm_model *model, const tlstm_array *x) {
    char *bytes = NULL;
    size_t length = 0;
    tlstm_save_options save = TLSTM_SAVE_OPTIONS_INIT;
    tlstm_run_options run = TLSTM_RUN_OPTIONS_INIT;
    tlstm_model *loaded = NULL;
    tlstm_session *session = NULL;
    tlstm_array *y = NULL;
    float whole = 0;
    save.without_optimizer = 1;
    run.threads = 1;
    TRY(tlstm_model_save_memory(model, &save, &bytes, &length, &error));
    TRY(tlstm_model_load_memory(bytes, length, &loaded, &error));
    TRY(tlstm_model_predict(loaded, x, &run, &y, &error));
    TRY(tlstm_session_new(model, 1, 0, &session, &error));
    TRY(tlstm_session_run_tokens(session, 1, TIMESTEPS, tlstm_array_data(x), &whole, &error));
    const int same = memcmp(&whole, tlstm_array_data(y), sizeof whole) == 0;
    tlstm_session_free(session);
    tlstm_array_free(y);
    tlstm_model_free(loaded);
    tlstm_string_free(bytes);
    return same;
}

/* SAMPLES sequences of differing length from texts, padded; labels 0 and 1 by turns. */
static void make_data(tlstm_array **x, tlstm_array **y) {
    const char *const texts[] = {"a b c", "b c", "c d e f g", "g f", "a", "b e g", "d c b a", "e"};
    tlstm_text_options text = TLSTM_TEXT_OPTIONS_INIT;
    tlstm_pad_options pad = TLSTM_PAD_OPTIONS_INIT;
    tlstm_vocabulary *words = NULL;
    tlstm_sequences *tokens = NULL;
    pad.maxlen = TIMESTEPS;
    TRY(tlstm_vocabulary_fit(texts, SAMPLES, &text, &words, &error));
    TRY(tlstm_texts_to_sequences(words, texts, SAMPLES, &text, 0, &tokens, &error));
    TRY(tlstm_pad_sequences(tokens, &pad, x, &error));
    TRY(tlstm_array_new(TLSTM_FLOAT32, 1, (const int64_t[]){SAMPLES}, y, &error));
    for (size_t i = 1; i < SAMPLES; i += 2)
        ((float *)tlstm_array_mutable_data(*y))[i] = 1;
    tlstm_sequences_free(tokens);
    tlstm_vocabulary_free(words);
}

int main(void) {
    const tlstm_allocator own = {sizeof own, allocate, release, &allocations};
    tlstm_array *x = NULL, *y = NULL;
    TRY(tlstm_set_allocator(&own, &error));
    make_data(&x, &y);
    tlstm_model *model = build();
    train(model, x, y);
    const int good = says_the_same(model, x) && atomic_load(&allocations) > 0;
    printf("headers %s, library %s: %s\n", TLSTM_VERSION_STRING, tlstm_version_string(),
           good ? "runs" : "differs");
    tlstm_model_free(model);
    tlstm_array_free(x);
    tlstm_array_free(y);
    return !good;
}
