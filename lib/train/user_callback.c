/* Callbacks of the program's own. */
#include "train/callback.h"

#include "base/alloc.h"

typedef struct user_callback {
    tlstm_callback base;
    tlstm_callback_functions functions;
} user_callback;

typedef int32_t user_function(tlstm_model *model, const tlstm_logs *logs, void *user);

static tlstm_status answer(int32_t answered, tl_training *training, tlstm_error **error) {
    switch (answered) {
    case TLSTM_CONTINUE:
        return TLSTM_OK;
    case TLSTM_STOP_TRAINING:
        training->stop = 1;
        return TLSTM_OK;
    case TLSTM_ABORT:
        return tl_fail(error, TLSTM_STOPPED, NULL, "a callback ended the training");
    default:
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, NULL, "a callback answered %d", (int)answered);
    }
}

static tlstm_status call(tlstm_callback *callback, user_function *function, size_t count,
                         tl_training *training, tlstm_error **error) {
    if (!function)
        return TLSTM_OK;
    tlstm_logs logs = {.struct_size = sizeof(logs),
                       .epoch = training->epoch,
                       .batch = training->batch,
                       .batches = training->batches,
                       .count = count,
                       .names = training->names,
                       .values = training->values};
    tl_updater_catch_up(training->updater);
    void *user = ((user_callback *)callback)->functions.user;
    return answer(function(training->model, &logs, user), training, error);
}

/* Before anything is trained there are no values. */
static tlstm_status begin(tlstm_callback *callback, tl_training *training, tlstm_error **error) {
    return call(callback, ((user_callback *)callback)->functions.on_train_begin, 0, training,
                error);
}

static tlstm_status epoch_begin(tlstm_callback *callback, tl_training *training,
                                tlstm_error **error) {
    return call(callback, ((user_callback *)callback)->functions.on_epoch_begin, 0, training,
                error);
}

static tlstm_status batch_end(tlstm_callback *callback, tl_training *training,
                              tlstm_error **error) {
    return call(callback, ((user_callback *)callback)->functions.on_batch_end, training->count,
                training, error);
}

static tlstm_status epoch_end(tlstm_callback *callback, tl_training *training,
                              tlstm_error **error) {
    return call(callback, ((user_callback *)callback)->functions.on_epoch_end, training->count,
                training, error);
}

static tlstm_status end(tlstm_callback *callback, tl_training *training, tlstm_error **error) {
    return call(callback, ((user_callback *)callback)->functions.on_train_end, training->count,
                training, error);
}

static void free_user_callback(tlstm_callback *callback) {
    tl_free(callback);
}

static const tl_callback_ops ops = {
    .name = "callback",
    .begin = begin,
    .epoch_begin = epoch_begin,
    .batch_end = batch_end,
    .epoch_end = epoch_end,
    .end = end,
    .free = free_user_callback,
};

tlstm_status tl_user_callback_new(const tlstm_callback_functions *functions,
                                  tlstm_callback **callback, tlstm_error **error) {
    user_callback *made = tl_alloc_zero(1, sizeof(*made));
    if (!made)
        return tl_fail_memory(error);
    made->base.ops = &ops;
    made->functions = *functions;
    *callback = &made->base;
    return TLSTM_OK;
}
