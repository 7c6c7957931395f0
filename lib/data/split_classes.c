/* Numbering the classes of labels for a stratified split. */
#include "data/split.h"

#include "base/alloc.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A label to sort: a number of one of two kinds, or the text of a row. */
typedef struct label {
    size_t position;
    int64_t integer;
    double number;
    char *text;
} label;

/* Labels of one array are all of the same kind, so the other members are equal. */
static int compare_labels(const label *a, const label *b) {
    if (a->text)
        return strcmp(a->text, b->text);
    if (a->integer != b->integer)
        return a->integer < b->integer ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static int compare(const void *a, const void *b) {
    return compare_labels(a, b);
}

static int is_float(const tlstm_array *labels) {
    return labels->dtype == TLSTM_FLOAT32 || labels->dtype == TLSTM_FLOAT64;
}

static double float_at(const tlstm_array *labels, size_t i) {
    return labels->dtype == TLSTM_FLOAT32 ? (double)((const float *)labels->data)[i]
                                          : ((const double *)labels->data)[i];
}

static int64_t integer_at(const tlstm_array *labels, size_t i) {
    return labels->dtype == TLSTM_INT32 ? ((const int32_t *)labels->data)[i]
                                        : ((const int64_t *)labels->data)[i];
}

static void append_element(tl_text *text, const tlstm_array *labels, size_t i) {
    if (labels->dtype == TLSTM_FLOAT32)
        tl_text_float(text, ((const float *)labels->data)[i]);
    else if (labels->dtype == TLSTM_FLOAT64)
        tl_text_number(text, ((const double *)labels->data)[i]);
    else
        tl_text_format(text, "%lld", (long long)integer_at(labels, i));
}

static char *row_text(const tlstm_array *labels, size_t row) {
    tl_text text = {0};
    size_t columns = (size_t)labels->shape[1];
    for (size_t i = 0; i < columns; i++) {
        if (i)
            tl_text_append(&text, " ");
        append_element(&text, labels, row * columns + i);
    }
    return tl_text_take(&text);
}

static tlstm_status read_labels(const tlstm_array *labels, label *read, tlstm_error **error) {
    size_t rows = (size_t)labels->shape[0];
    for (size_t i = 0; i < labels->size && is_float(labels); i++)
        if (!isfinite(float_at(labels, i)))
            return tl_fail(error, TLSTM_ERROR_VALUE, "stratify",
                           "the label at position %zu is NaN or infinite", i);
    for (size_t i = 0; i < rows; i++) {
        read[i].position = i;
        if (labels->ndim == 2) {
            read[i].text = row_text(labels, i);
            if (!read[i].text)
                return tl_fail_memory(error);
        } else if (is_float(labels))
            read[i].number = float_at(labels, i);
        else
            read[i].integer = integer_at(labels, i);
    }
    return TLSTM_OK;
}

static size_t number_classes(label *sorted, size_t count, size_t *classes) {
    size_t class_number = 0;
    qsort(sorted, count, sizeof(*sorted), compare);
    for (size_t i = 0; i < count; i++) {
        if (i && compare_labels(&sorted[i - 1], &sorted[i]) != 0)
            class_number++;
        classes[sorted[i].position] = class_number;
    }
    return count ? class_number + 1 : 0;
}

tlstm_status tl_split_classes(const tlstm_array *labels, size_t *classes, size_t *class_count,
                              tlstm_error **error) {
    size_t count = (size_t)labels->shape[0];
    if (labels->ndim > 2)
        return tl_fail(error, TLSTM_ERROR_SHAPE, "stratify", "expected 1 or 2 dimensions, got %zu",
                       labels->ndim);
    label *read = tl_alloc_zero(count, sizeof(*read));
    if (!read)
        return tl_fail_memory(error);
    tlstm_status status = read_labels(labels, read, error);
    if (!status)
        *class_count = number_classes(read, count, classes);
    for (size_t i = 0; i < count; i++)
        tl_free(read[i].text);
    tl_free(read);
    return status;
}
