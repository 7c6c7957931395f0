/* Files of named arrays, which are no models but may hold weights: `.npz` and `.safetensors`. */
#include "files/inspect.h"

#include "files/entries.h"

/* "(4, 20)" */
static void append_shape(tl_text *text, const tl_entry *entry) {
    tl_text_append(text, "(");
    for (size_t i = 0; i < entry->ndim; i++)
        tl_text_format(text, i ? ", %lld" : "%lld", (long long)entry->shape[i]);
    tl_text_append(text, entry->ndim == 1 ? ",)" : ")");
}

static void tell_array(tl_inspection *inspection, const tl_entry *entry) {
    tl_text shape = {0};
    append_shape(&shape, entry);
    if (shape.failed)
        inspection->report.text.failed = 1;
    else
        tl_report_entry(&inspection->report,
                        entry->type == TL_NO_FLOATS ? "other" : tl_float_name(entry->type),
                        shape.bytes, entry->name, "");
    tl_text_clear(&shape);
}

int tl_inspect_arrays(const tl_source *source, tl_inspection *inspection) {
    tl_entries entries = {0};
    tlstm_status status = tl_entries_open(source, &entries, NULL);
    if (status) {
        inspection->report.text.failed |= status == TLSTM_ERROR_MEMORY;
        return 0;
    }
    double elements = 0;
    tl_report_line(&inspection->report, 0, "kind: arrays, which may be weights (%s)",
                   entries.zip ? ".npz" : ".safetensors");
    tl_report_blank(&inspection->report);
    tl_report_line(&inspection->report, 0, "arrays: %zu", entries.count);
    for (size_t i = 0; i < entries.count; i++) {
        elements += (double)entries.items[i].size;
        tell_array(inspection, &entries.items[i]);
    }
    tl_report_blank(&inspection->report);
    tl_report_line(&inspection->report, 0, "parameters: %.0f in %zu array%s", elements,
                   entries.count, entries.count == 1 ? "" : "s");
    tl_entries_close(&entries);
    return 1;
}
