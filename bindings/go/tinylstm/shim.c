#include "shim.h"

#include "_cgo_export.h"

static int32_t train_begin(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    return tinylstmGoEvent((uintptr_t)user, TL_GO_TRAIN_BEGIN, (tlstm_logs *)logs);
}

static int32_t epoch_begin(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    return tinylstmGoEvent((uintptr_t)user, TL_GO_EPOCH_BEGIN, (tlstm_logs *)logs);
}

static int32_t batch_end(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    return tinylstmGoEvent((uintptr_t)user, TL_GO_BATCH_END, (tlstm_logs *)logs);
}

static int32_t epoch_end(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    return tinylstmGoEvent((uintptr_t)user, TL_GO_EPOCH_END, (tlstm_logs *)logs);
}

static int32_t train_end(tlstm_model *model, const tlstm_logs *logs, void *user) {
    (void)model;
    return tinylstmGoEvent((uintptr_t)user, TL_GO_TRAIN_END, (tlstm_logs *)logs);
}

tlstm_status tl_go_callback_new(uintptr_t handle, int32_t events, tlstm_callback **callback,
                                tlstm_error **error) {
    tlstm_callback_functions functions = TLSTM_CALLBACK_FUNCTIONS_INIT;
    functions.on_train_begin = events & TL_GO_TRAIN_BEGIN ? train_begin : NULL;
    functions.on_epoch_begin = events & TL_GO_EPOCH_BEGIN ? epoch_begin : NULL;
    functions.on_batch_end = events & TL_GO_BATCH_END ? batch_end : NULL;
    functions.on_epoch_end = events & TL_GO_EPOCH_END ? epoch_end : NULL;
    functions.on_train_end = events & TL_GO_TRAIN_END ? train_end : NULL;
    functions.user = (void *)handle;
    return tlstm_callback_new(&functions, callback, error);
}

static void write_text(const char *text, size_t length, void *user) {
    tinylstmGoWrite((uintptr_t)user, (char *)text, length);
}

void tl_go_fit_write(tlstm_fit_options *options, uintptr_t handle) {
    options->write = write_text;
    options->write_user = (void *)handle;
}

void tl_go_run_write(tlstm_run_options *options, uintptr_t handle) {
    options->write = write_text;
    options->write_user = (void *)handle;
}
