/* model.summary() as Keras 2 prints it: keras.utils.layer_utils.print_summary. */
#include "model/summary.h"

#include "base/text.h"
#include "layers/input.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 3 };

static int64_t layer_params(const tl_layer *layer) {
    int64_t params = 0;
    for (size_t w = 0; w < layer->weight_count; w++)
        params += (int64_t)layer->weights[w].size;
    return params;
}

void tl_model_count(const tlstm_model *model, int64_t *all, int64_t *trainable) {
    *all = *trainable = 0;
    for (size_t i = 0; model->built && i < model->layer_count; i++) {
        const int64_t params = layer_params(model->layers[i]);
        *all += params;
        *trainable += model->layers[i]->trainable ? params : 0;
    }
}

/* The part of a cell that fits into its column: all but the last keep two blanks behind them, and
 * one more that the first has in front. */
static size_t fitting(const char *cell, size_t column, size_t width) {
    const size_t most = column + 1 < COLUMNS ? width - 3 : width, length = strlen(cell);
    return length < most ? length : most;
}

/* A cell too long goes on in the next line (print_row of layer_utils). */
static void append_row(tl_text *text, const char *const cells[COLUMNS],
                       const size_t ends[COLUMNS]) {
    const char *left[COLUMNS] = {cells[0], cells[1], cells[2]};
    while (*left[0] || *left[1] || *left[2]) {
        tl_text_append(text, " ");
        for (size_t c = 0; c < COLUMNS; c++) {
            const size_t start = c ? ends[c - 1] : 1;
            const size_t length = fitting(left[c], c, ends[c] - (c ? start : 0));
            tl_text_append_bytes(text, left[c], length);
            tl_text_repeat(text, " ", ends[c] - start - length);
            left[c] += length;
        }
        tl_text_append(text, "\n");
    }
}

/* Keras's readable memory size of float32 parameters: 1024 steps, two digits. */
static void append_total(tl_text *text, const char *label, int64_t params) {
    static const char *const units[] = {"Byte", "KB", "MB", "GB", "TB", "PB"};
    double size = (double)params * (double)sizeof(float);
    size_t unit = 0;
    while (size >= 1024 && unit < 5) {
        size /= 1024;
        unit++;
    }
    /* Hundredths as integers: printf's decimal point depends on the locale. */
    const long long hundredths = (long long)(size * 100 + 0.5);
    tl_text_format(text, "%s: %lld (%lld.%02lld %s)\n", label, (long long)params, hundredths / 100,
                   hundredths % 100, units[unit]);
}

static void append_layer(tl_text *text, const tl_layer *layer, const size_t ends[COLUMNS]) {
    char name[256], shape[128], params[32];
    snprintf(name, sizeof name, "%s (%s)", layer->name, layer->ops->class_name);
    tl_shape_text(&layer->output, shape, sizeof shape);
    snprintf(params, sizeof params, "%lld", (long long)layer_params(layer));
    append_row(text, (const char *const[]){name, shape, params}, ends);
    tl_text_repeat(text, " ", ends[COLUMNS - 1]);
    tl_text_append(text, "\n");
}

tlstm_status tl_model_summary(const tlstm_model *model, size_t width, char **summary,
                              tlstm_error **error) {
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name,
                       "the model is not built: its shapes are not known");
    width = width ? width : 65;
    if (width < 30 || width > 400)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "width", "must be 30 to 400 columns, not %zu",
                       width);
    /* Keras's columns end at 45 %, 85 % and the whole line. */
    const size_t ends[COLUMNS] = {width * 45 / 100, width * 85 / 100, width};
    int64_t all, trainable;
    tl_model_count(model, &all, &trainable);
    tl_text text = {0};
    tl_text_format(&text, "Model: \"%s\"\n", model->name);
    tl_text_repeat(&text, "_", width);
    tl_text_append(&text, "\n");
    append_row(&text, (const char *const[]){"Layer (type)", "Output Shape", "Param #"}, ends);
    tl_text_repeat(&text, "=", width);
    tl_text_append(&text, "\n");
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->functional || model->layers[i]->ops != &tl_input_layer)
            append_layer(&text, model->layers[i], ends);
    tl_text_repeat(&text, "=", width);
    tl_text_append(&text, "\n");
    append_total(&text, "Total params", all);
    append_total(&text, "Trainable params", trainable);
    append_total(&text, "Non-trainable params", all - trainable);
    tl_text_repeat(&text, "_", width);
    tl_text_append(&text, "\n");
    *summary = tl_text_take(&text);
    return *summary ? TLSTM_OK : tl_fail_memory(error);
}
