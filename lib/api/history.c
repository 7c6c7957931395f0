/* The public face of train/history.h. */
#include "train/history.h"
#include "api/options.h"

#include <math.h>

void tlstm_history_free(tlstm_history *history) {
    tl_history_free(history);
}

size_t tlstm_history_epochs(const tlstm_history *history) {
    return history ? history->epoch_count : 0;
}

size_t tlstm_history_columns(const tlstm_history *history) {
    return history ? history->column_count : 0;
}

const char *tlstm_history_column(const tlstm_history *history, size_t column) {
    return history && column < history->column_count ? history->names[column] : NULL;
}

double tlstm_history_value(const tlstm_history *history, const char *column, size_t epoch) {
    return history && column ? tl_history_value(history, column, epoch) : (double)NAN;
}

tlstm_status tlstm_history_save_csv(const tlstm_history *history, const char *path,
                                    tlstm_error **error) {
    tlstm_status status = tl_require(history, "history", error);
    if (!status)
        status = tl_require(path, "path", error);
    return status ? status : tl_history_save_csv(history, path, error);
}

tlstm_status tlstm_history_save_svg(const tlstm_history *history, const char *column,
                                    const char *path, tlstm_error **error) {
    tlstm_status status = tl_require(history, "history", error);
    if (!status)
        status = tl_require(column, "column", error);
    if (!status)
        status = tl_require(path, "path", error);
    return status ? status : tl_history_save_svg(history, column, path, error);
}
