/* Writes each epoch's values to a CSV file as it ends: Keras's CSVLogger. The columns have the
 * order of the history, or of the file that is gone on with. */
#include "train/callback.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

#include <string.h>

#define LARGEST_LOG ((size_t)1 << 30)

typedef struct csv_logger {
    tlstm_callback base;
    char *path;
    int append;
    tl_text text; /* the whole file */
} csv_logger;

static csv_logger *of(tlstm_callback *callback) {
    return (csv_logger *)callback;
}

static tlstm_status write_file(csv_logger *logger, tlstm_error **error) {
    return logger->text.failed
               ? tl_fail_memory(error)
               : tl_file_write(logger->path, logger->text.bytes, logger->text.length, error);
}

/* What is there already; a missing file is empty. */
static tlstm_status read_file(csv_logger *logger, tlstm_error **error) {
    tlstm_error *reason = NULL;
    char *bytes = NULL;
    size_t length = 0;
    tlstm_status status = tl_file_read(logger->path, LARGEST_LOG, &bytes, &length, &reason);
    tl_error_free(reason);
    if (status == TLSTM_ERROR_IO)
        return TLSTM_OK; /* if it is no missing file, writing will tell */
    if (status)
        return tl_fail(error, status, logger->path, "cannot go on with this file");
    tl_text_append_bytes(&logger->text, bytes, length);
    if (length && bytes[length - 1] != '\n')
        tl_text_append(&logger->text, "\n");
    tl_free(bytes);
    return TLSTM_OK;
}

static tlstm_status begin(tlstm_callback *callback, tl_training *training, tlstm_error **error) {
    csv_logger *logger = of(callback);
    tl_text_clear(&logger->text);
    tlstm_status status = logger->append ? read_file(logger, error) : TLSTM_OK;
    if (status)
        return status;
    if (logger->text.length == 0) {
        tl_text_append(&logger->text, "epoch");
        for (size_t i = 0; i < training->count; i++) {
            tl_text_append(&logger->text, ",");
            tl_text_append(&logger->text, training->names[i]);
        }
        tl_text_append(&logger->text, "\n");
    }
    return write_file(logger, error);
}

/* The value of the column whose name is the next `length` bytes of the header. */
static void append_cell(csv_logger *logger, const tl_training *training, size_t start,
                        size_t length) {
    for (size_t i = 0; i < training->count; i++) {
        const char *name = training->names[i];
        if (strlen(name) == length && memcmp(name, logger->text.bytes + start, length) == 0) {
            tl_text_number(&logger->text, training->values[i]);
            return;
        }
    }
    tl_text_append(&logger->text, "NA"); /* Keras's word */
}

static tlstm_status epoch_end(tlstm_callback *callback, tl_training *training,
                              tlstm_error **error) {
    csv_logger *logger = of(callback);
    tl_text *text = &logger->text;
    tl_text_format(text, "%lld", (long long)training->epoch);
    size_t at = text->failed ? 0 : strcspn(text->bytes, ",\r\n");
    while (!text->failed && text->bytes[at] == ',') {
        size_t length = strcspn(text->bytes + at + 1, ",\r\n");
        tl_text_append(text, ",");
        append_cell(logger, training, at + 1, length);
        at += 1 + length;
    }
    tl_text_append(text, "\n");
    return write_file(logger, error);
}

static tlstm_status end(tlstm_callback *callback, tl_training *training, tlstm_error **error) {
    (void)training;
    (void)error;
    tl_text_clear(&of(callback)->text);
    return TLSTM_OK;
}

static void free_logger(tlstm_callback *callback) {
    csv_logger *logger = of(callback);
    tl_text_clear(&logger->text);
    tl_free(logger->path);
    tl_free(logger);
}

static const tl_callback_ops ops = {
    .name = "CSVLogger",
    .begin = begin,
    .epoch_end = epoch_end,
    .end = end,
    .free = free_logger,
};

tlstm_status tl_csv_logger_new(const char *path, int append, tlstm_callback **callback,
                               tlstm_error **error) {
    if (!*path)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "path", "must not be empty");
    csv_logger *logger = tl_alloc_zero(1, sizeof(*logger));
    char *copy = tl_strdup(path);
    if (!logger || !copy) {
        tl_free(copy);
        tl_free(logger);
        return tl_fail_memory(error);
    }
    logger->base.ops = &ops;
    logger->path = copy;
    logger->append = append;
    *callback = &logger->base;
    return TLSTM_OK;
}
