/* The public face of train/callback.h: versions of options, missing arguments. */
#include "train/callback.h"
#include "api/options.h"

void tlstm_checkpoint_options_init(tlstm_checkpoint_options *options) {
    *options = (tlstm_checkpoint_options)TLSTM_CHECKPOINT_OPTIONS_INIT;
}

tlstm_status tlstm_checkpoint_new(const char *path, const tlstm_checkpoint_options *options,
                                  tlstm_callback **callback, tlstm_error **error) {
    tlstm_checkpoint_options known = TLSTM_CHECKPOINT_OPTIONS_INIT;
    tlstm_status status = tl_require(path, "path", error);
    if (!status)
        status = tl_require(callback, "callback", error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof(known), error);
    return status ? status : tl_checkpoint_new(path, &known, callback, error);
}

void tlstm_early_stopping_options_init(tlstm_early_stopping_options *options) {
    *options = (tlstm_early_stopping_options)TLSTM_EARLY_STOPPING_OPTIONS_INIT;
}

tlstm_status tlstm_early_stopping_new(const tlstm_early_stopping_options *options,
                                      tlstm_callback **callback, tlstm_error **error) {
    tlstm_early_stopping_options known = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
    tlstm_status status = tl_require(callback, "callback", error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof(known), error);
    return status ? status : tl_early_stopping_new(&known, callback, error);
}

int64_t tlstm_early_stopping_epoch(const tlstm_callback *callback) {
    return callback ? tl_early_stopping_epoch(callback) : 0;
}

tlstm_status tlstm_csv_logger_new(const char *path, int32_t append, tlstm_callback **callback,
                                  tlstm_error **error) {
    tlstm_status status = tl_require(path, "path", error);
    if (!status)
        status = tl_require(callback, "callback", error);
    return status ? status : tl_csv_logger_new(path, append, callback, error);
}

tlstm_status tlstm_callback_new(const tlstm_callback_functions *functions,
                                tlstm_callback **callback, tlstm_error **error) {
    tlstm_callback_functions known = TLSTM_CALLBACK_FUNCTIONS_INIT;
    tlstm_status status = tl_require(functions, "functions", error);
    if (!status)
        status = tl_require(callback, "callback", error);
    if (!status)
        status = tl_options_read(functions, "functions", &known, sizeof(known), error);
    return status ? status : tl_user_callback_new(&known, callback, error);
}

void tlstm_callback_free(tlstm_callback *callback) {
    tl_callback_free(callback);
}
