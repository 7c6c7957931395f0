/* A table of values by epoch and column. */
#include "train/history.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

tlstm_status tl_history_new(const char *const *names, size_t count, tlstm_history **history,
                            tlstm_error **error) {
    tlstm_history *made = tl_alloc_zero(1, sizeof(*made));
    if (!made)
        return tl_fail_memory(error);
    made->names = tl_alloc_zero(count, sizeof(char *));
    if (!made->names)
        goto failed;
    for (size_t i = 0; i < count; i++) {
        made->names[i] = tl_strdup(names[i]);
        if (!made->names[i])
            goto failed;
        made->column_count++;
    }
    *history = made;
    return TLSTM_OK;
failed:
    tl_history_free(made);
    return tl_fail_memory(error);
}

void tl_history_free(tlstm_history *history) {
    if (!history)
        return;
    for (size_t i = 0; i < history->column_count; i++)
        tl_free(history->names[i]);
    tl_free(history->names);
    tl_free(history->values);
    tl_free(history);
}

/* Makes room for one more epoch. */
static int grow(tlstm_history *history) {
    if (history->epoch_count < history->epoch_capacity)
        return 1;
    size_t capacity = history->epoch_capacity ? history->epoch_capacity * 2 : 16;
    double *values = tl_realloc(history->values, capacity * history->column_count, sizeof(double));
    if (!values)
        return 0;
    history->values = values;
    history->epoch_capacity = capacity;
    return 1;
}

tlstm_status tl_history_append(tlstm_history *history, const double *values, tlstm_error **error) {
    if (!grow(history))
        return tl_fail_memory(error);
    memcpy(history->values + history->epoch_count * history->column_count, values,
           history->column_count * sizeof(double));
    history->epoch_count++;
    return TLSTM_OK;
}

size_t tl_history_find(const tlstm_history *history, const char *name) {
    size_t column = 0;
    while (column < history->column_count && strcmp(history->names[column], name) != 0)
        column++;
    return column;
}

double tl_history_value(const tlstm_history *history, const char *name, size_t epoch) {
    size_t column = tl_history_find(history, name);
    if (column == history->column_count || epoch >= history->epoch_count)
        return (double)NAN;
    return history->values[epoch * history->column_count + column];
}

tlstm_status tl_history_save_csv(const tlstm_history *history, const char *path,
                                 tlstm_error **error) {
    tl_text text = {0};
    tl_text_append(&text, "epoch");
    for (size_t column = 0; column < history->column_count; column++) {
        tl_text_append(&text, ",");
        tl_text_append(&text, history->names[column]);
    }
    tl_text_append(&text, "\n");
    const double *value = history->values;
    for (size_t epoch = 0; epoch < history->epoch_count; epoch++) {
        tl_text_format(&text, "%zu", epoch);
        for (size_t column = 0; column < history->column_count; column++) {
            tl_text_append(&text, ",");
            tl_text_number(&text, *value++);
        }
        tl_text_append(&text, "\n");
    }
    tlstm_status status =
        text.failed ? tl_fail_memory(error) : tl_file_write(path, text.bytes, text.length, error);
    tl_text_clear(&text);
    return status;
}
