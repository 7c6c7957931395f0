/* Keras's pad_sequences: sequences of differing length to one array. */
#include "data/sequences.h"

#include "base/alloc.h"

#include <string.h>

/* One sample to pad: `length` steps of `dtype`. */
typedef struct sample {
    const void *data;
    tlstm_dtype dtype;
    size_t length;
} sample;

static tlstm_status check_side(int32_t side, const char *name, tlstm_error **error) {
    if (side == TLSTM_PRE || side == TLSTM_POST)
        return TLSTM_OK;
    return tl_fail(error, TLSTM_ERROR_ARGUMENT, name, "expected TLSTM_PRE or TLSTM_POST, got %d",
                   (int)side);
}

static tlstm_status check_options(const tlstm_pad_options *options, tlstm_error **error) {
    if (options->maxlen < 0)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "maxlen", "is %lld",
                       (long long)options->maxlen);
    tlstm_status status = check_side(options->padding, "padding", error);
    return status ? status : check_side(options->truncating, "truncating", error);
}

/* The timesteps of the result. */
static tlstm_status choose_length(const tlstm_pad_options *options, size_t longest, size_t count,
                                  int64_t *maxlen, tlstm_error **error) {
    if (options->maxlen == 0 && count == 0)
        return tl_fail(error, TLSTM_ERROR_VALUE, "sequences", "are none, so maxlen must be given");
    *maxlen = options->maxlen ? options->maxlen : (int64_t)longest;
    return TLSTM_OK;
}

static tlstm_status fill(tlstm_array *padded, double value, tlstm_error **error) {
    char element[8];
    size_t size = tl_dtype_size(padded->dtype);
    tlstm_status status = tl_convert(element, padded->dtype, &value, TLSTM_FLOAT64, 1, NULL);
    if (status)
        return tl_fail(error, status, "value", "is not one of %s", tl_dtype_name(padded->dtype));
    for (size_t i = 0; i < padded->size; i++)
        memcpy((char *)padded->data + i * size, element, size);
    return TLSTM_OK;
}

/* Writes a sample into row `index`; `step` is the number of elements of a timestep. */
static tlstm_status place(tlstm_array *padded, size_t index, const sample *from, size_t step,
                          const tlstm_pad_options *options, tlstm_error **error) {
    size_t maxlen = (size_t)padded->shape[1];
    size_t kept = from->length < maxlen ? from->length : maxlen;
    size_t skipped = options->truncating == TLSTM_PRE ? from->length - kept : 0;
    size_t before = options->padding == TLSTM_PRE ? maxlen - kept : 0;
    if (kept * step == 0)
        return TLSTM_OK;
    char *row = (char *)padded->data + index * maxlen * step * tl_dtype_size(padded->dtype);
    tlstm_status status =
        tl_convert(row + before * step * tl_dtype_size(padded->dtype), padded->dtype,
                   (const char *)from->data + skipped * step * tl_dtype_size(from->dtype),
                   from->dtype, kept * step, error);
    return tl_fail_within(error, status, "sequences");
}

tlstm_status tl_pad_sequences(const tlstm_sequences *sequences, const tlstm_pad_options *options,
                              tlstm_array **padded, tlstm_error **error) {
    size_t longest = 0;
    for (size_t i = 0; i < sequences->count; i++) {
        size_t length = sequences->offsets[i + 1] - sequences->offsets[i];
        longest = length > longest ? length : longest;
    }
    int64_t shape[2] = {(int64_t)sequences->count, 0};
    tlstm_array *made = NULL;
    tlstm_status status = check_options(options, error);
    if (!status)
        status = choose_length(options, longest, sequences->count, &shape[1], error);
    if (!status)
        status = tl_array_new(options->dtype, 2, shape, &made, error);
    if (!status)
        status = fill(made, options->value, error);
    for (size_t i = 0; !status && i < sequences->count; i++) {
        sample from = {sequences->tokens + sequences->offsets[i], TLSTM_INT32,
                       sequences->offsets[i + 1] - sequences->offsets[i]};
        status = place(made, i, &from, 1, options, error);
    }
    if (status)
        tl_array_free(made);
    else
        *padded = made;
    return status;
}

/* As Keras, takes the shape of a timestep from the first sample that has one, and asks it of the
 * others that have any. */
static tlstm_status common_shape(const tlstm_array *const *samples, size_t count,
                                 const tlstm_array **model, size_t *longest, tlstm_error **error) {
    for (size_t i = 0; i < count; i++) {
        size_t length = (size_t)samples[i]->shape[0];
        *longest = length > *longest ? length : *longest;
        if (length == 0)
            continue;
        if (!*model)
            *model = samples[i];
        if (samples[i]->ndim != (*model)->ndim ||
            memcmp(samples[i]->shape + 1, (*model)->shape + 1,
                   (samples[i]->ndim - 1) * sizeof(int64_t)) != 0)
            return tl_fail(error, TLSTM_ERROR_SHAPE, "samples",
                           "the timesteps of sample %zu have another shape than those before", i);
    }
    if (*model && (*model)->ndim == TLSTM_MAX_DIMS)
        return tl_fail(error, TLSTM_ERROR_SHAPE, "samples",
                       "%d dimensions leave none to count samples", TLSTM_MAX_DIMS);
    return TLSTM_OK;
}

tlstm_status tl_pad_arrays(const tlstm_array *const *samples, size_t count,
                           const tlstm_pad_options *options, tlstm_array **padded,
                           tlstm_error **error) {
    const tlstm_array *model = NULL;
    tlstm_array *made = NULL;
    size_t longest = 0, step = 1;
    int64_t shape[TLSTM_MAX_DIMS] = {(int64_t)count, 0};
    tlstm_status status = check_options(options, error);
    if (!status)
        status = common_shape(samples, count, &model, &longest, error);
    if (!status)
        status = choose_length(options, longest, count, &shape[1], error);
    for (size_t i = 1; !status && model && i < model->ndim; i++) {
        shape[i + 1] = model->shape[i];
        step *= (size_t)model->shape[i];
    }
    if (!status)
        status = tl_array_new(options->dtype, model ? model->ndim + 1 : 2, shape, &made, error);
    if (!status)
        status = fill(made, options->value, error);
    for (size_t i = 0; !status && i < count; i++) {
        sample from = {samples[i]->data, samples[i]->dtype, (size_t)samples[i]->shape[0]};
        status = place(made, i, &from, step, options, error);
    }
    if (status)
        tl_array_free(made);
    else
        *padded = made;
    return status;
}
