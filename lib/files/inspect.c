/* tlstm_file_inspect(): what a file is, what of it the library would use, and whether it loads. */
#include "files/inspect.h"

#include "base/alloc.h"

const char *tl_inspect_kind(const tl_note *note) {
    return note->kind == TLSTM_NOTE_CONVERTED      ? "converted"
           : note->kind == TLSTM_NOTE_NOT_RESTORED ? "not restored"
                                                   : "ignored";
}

void tl_inspect_tell_damage(tl_inspection *inspection, tlstm_error *reason) {
    if (tl_error_code(reason) == TLSTM_ERROR_MEMORY)
        inspection->report.text.failed = 1;
    else
        tl_report_line(&inspection->report, 0, "damage: %s: %s", tl_error_where(reason),
                       tl_error_message(reason));
    tl_error_free(reason);
}

static void clear(tl_inspection *inspection) {
    for (size_t i = 0; i < inspection->layer_count; i++) {
        tl_free(inspection->layers[i].name);
        tl_free(inspection->layers[i].group);
        tl_h5_names_clear(&inspection->layers[i].sets);
    }
    tl_free(inspection->layers);
    tl_h5_names_clear(&inspection->state_sets);
    tl_h5_names_clear(&inspection->told);
    tl_text_clear(&inspection->report.text);
}

/* The notes of the load, and in the last line whether it was one. */
static void tell_verdict(tl_inspection *inspection, const tlstm_error *reason) {
    tl_report *report = &inspection->report;
    const tlstm_model *model = inspection->model;
    tl_report_blank(report);
    for (size_t i = 0; model && i < model->note_count; i++)
        tl_report_unbroken(report, "%s: %s", tl_inspect_kind(&model->notes[i]),
                           model->notes[i].text);
    if (!model)
        tl_report_unbroken(report, "loads: no: %s: %s", tl_error_where(reason),
                           tl_error_message(reason));
    else if (model->note_count)
        tl_report_unbroken(report, "loads: yes, with %zu note%s", model->note_count,
                           model->note_count == 1 ? "" : "s");
    else
        tl_report_unbroken(report, "loads: yes");
}

static tlstm_status inspect(const tl_source *source, char **text, tlstm_error **error) {
    tl_inspection inspection = {.source = source};
    const tl_format *format = NULL;
    tlstm_model *model = NULL;
    tlstm_error *reason = NULL;
    /* What fails here is what the report tells. */
    if (!tl_source_find(source, &format, &reason) && !format->load(source, &model, &reason))
        inspection.model = model;
    tl_report_unbroken(&inspection.report, "file: %s", source->name);
    tl_report_line(&inspection.report, 0, "size: %zu bytes", source->length);
    tlstm_status status = format && format->inspect ? format->inspect(source, &inspection, error)
                                                    : tl_inspect_other(source, &inspection, error);
    tell_verdict(&inspection, reason);
    char *taken = status ? NULL : tl_text_take(&inspection.report.text);
    if (taken)
        *text = taken;
    else if (!status)
        status = tl_fail_memory(error);
    tl_error_free(reason);
    tl_model_free(model);
    clear(&inspection);
    return status;
}

tlstm_status tl_file_inspect_memory(const void *bytes, size_t length, char **report,
                                    tlstm_error **error) {
    tl_source source = tl_source_memory(bytes, length);
    return inspect(&source, report, error);
}

tlstm_status tl_file_inspect(const char *path, char **report, tlstm_error **error) {
    tl_source source;
    tlstm_status status = tl_source_read(path, &source, error);
    if (status)
        return status;
    status = inspect(&source, report, error);
    tl_source_free(&source);
    return status;
}
