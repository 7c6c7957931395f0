/* What all callbacks share: being called in turn, looking up values, writing text. */
#include "train/callback.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A pointer out of a table of them, by its place. */
static tl_callback_event *event_at(const tl_callback_ops *ops, size_t event) {
    tl_callback_event *function;
    memcpy(&function, (const char *)ops + event, sizeof(function));
    return function;
}

tlstm_status tl_callbacks_run(tlstm_callback *const *callbacks, size_t count, size_t event,
                              tl_training *training, tlstm_error **error) {
    for (size_t i = 0; i < count; i++) {
        tl_callback_event *function = event_at(callbacks[i]->ops, event);
        tlstm_status status = function ? function(callbacks[i], training, error) : TLSTM_OK;
        if (status)
            return tl_fail_within(error, status, callbacks[i]->ops->name);
    }
    return TLSTM_OK;
}

void tl_callback_free(tlstm_callback *callback) {
    if (callback)
        callback->ops->free(callback);
}

int tl_training_value(const tl_training *training, const char *name, double *value) {
    for (size_t i = 0; i < training->count; i++)
        if (strcmp(training->names[i], name) == 0) {
            *value = training->values[i];
            return 1;
        }
    return 0;
}

void tl_write(tlstm_write_function *write, void *user, const char *text, size_t length) {
    if (write) {
        write(text, length, user);
        return;
    }
    fwrite(text, 1, length, stdout);
    fflush(stdout);
}

void tl_training_print(const tl_training *training, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = tl_vformat(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    size_t known = (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1;
    tl_write(training->write, training->write_user, line, known);
}
