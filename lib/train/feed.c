#include "train/feed.h"

#include "base/alloc.h"
#include "base/scan.h"
#include "data/array.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Element i of an array as a double: exact for all dtypes but int64 beyond 2^53. */
static double element(const tlstm_array *array, size_t i) {
    const void *data = array->data;
    switch (array->dtype) {
    case TLSTM_FLOAT32:
        return ((const float *)data)[i];
    case TLSTM_FLOAT64:
        return ((const double *)data)[i];
    case TLSTM_INT32:
        return ((const int32_t *)data)[i];
    default:
        return (double)((const int64_t *)data)[i];
    }
}

/* "val_x" and its kind. */
static void argument_name(const tl_feed_source *source, const char *name, char text[32]) {
    snprintf(text, 32, "%s%s", name, source->prefix);
}

static void shape_text(const tlstm_array *array, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (size_t i = 0; i < array->ndim && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%lld", i ? ", " : "",
                                 (long long)array->shape[i]);
    if (used < size)
        snprintf(text + used, size - used, ")");
}

static tlstm_status check_x_shape(const tlstm_model *model, const tl_feed_source *source,
                                  const char *name, tlstm_error **error) {
    const int64_t *shape = source->x->shape;
    int fits = source->x->ndim == model->input.ndim + 1;
    for (size_t i = 0; fits && i < model->input.ndim; i++)
        fits =
            shape[i + 1] > 0 && (model->input.dims[i] < 0 || model->input.dims[i] == shape[i + 1]);
    if (!fits) {
        char want[128], got[128];
        tl_shape_text(&model->input, want, sizeof want);
        shape_text(source->x, got, sizeof got);
        return tl_fail(error, TLSTM_ERROR_SHAPE, name, "the model takes %s, not %s", want, got);
    }
    if (shape[0] == 0)
        return tl_fail(error, TLSTM_ERROR_VALUE, name, "there are no samples");
    return TLSTM_OK;
}

/* Token ids: whole numbers of the vocabulary. */
static tlstm_status read_tokens(const tlstm_model *model, const tl_feed_source *source,
                                const char *name, tl_feed *feed, tlstm_error **error) {
    const size_t count = source->x->size;
    const size_t vocabulary = tl_model_vocabulary(model);
    if (source->x->dtype == TLSTM_INT32 && tl_all_below(count, source->x->data, vocabulary)) {
        feed->tokens = source->x->data;
        return TLSTM_OK;
    }
    int32_t *tokens = tl_alloc(count, sizeof *tokens);
    if (!tokens)
        return tl_fail_memory(error);
    for (size_t i = 0; i < count; i++) {
        const double token = element(source->x, i);
        if (!(token >= 0 && token < (double)vocabulary) || token != floor(token)) {
            tl_free(tokens);
            return tl_fail(error, TLSTM_ERROR_VALUE, name,
                           "token %.17g in sample %zu, timestep %zu, is not one of 0 to %zu", token,
                           i / feed->timesteps, i % feed->timesteps, vocabulary - 1);
        }
        tokens[i] = (int32_t)token;
    }
    feed->owned[0] = tokens;
    feed->tokens = tokens;
    return TLSTM_OK;
}

/* An array as floats: itself where it is float32 and in order, else a copy in *owned. */
static tlstm_status read_floats(const tlstm_array *array, const char *name, int finite,
                                void **owned, const float **floats, tlstm_error **error) {
    const size_t count = array->size;
    if (array->dtype == TLSTM_FLOAT32 && (!finite || tl_all_finite(count, array->data))) {
        *floats = array->data;
        return TLSTM_OK;
    }
    float *copy = tl_alloc(count, sizeof *copy);
    if (!copy)
        return tl_fail_memory(error);
    const int64_t rows = array->shape[0];
    for (size_t i = 0; i < count; i++) {
        const double value = element(array, i);
        if (finite && !isfinite((float)value)) {
            tl_free(copy);
            return tl_fail(error, TLSTM_ERROR_VALUE, name,
                           "sample %zu holds %s: training on it would spoil every weight",
                           i / (count / (size_t)rows), isnan(value) ? "NaN" : "an infinite value");
        }
        copy[i] = (float)value;
    }
    *owned = copy;
    *floats = copy;
    return TLSTM_OK;
}

static tlstm_status read_x(const tlstm_model *model, const tl_feed_source *source, tl_feed *feed,
                           tlstm_error **error) {
    char name[32];
    argument_name(source, "x", name);
    tlstm_status status = check_x_shape(model, source, name, error);
    if (status)
        return status;
    const int64_t *shape = source->x->shape;
    feed->samples = (size_t)shape[0];
    feed->timesteps = model->takes_tokens || model->input.ndim > 1 ? (size_t)shape[1] : 1;
    if (model->takes_tokens)
        return read_tokens(model, source, name, feed, error);
    return read_floats(source->x, name, source->finite, &feed->owned[0], &feed->x, error);
}

static tlstm_status check_classes(const tlstm_model *model, const tl_feed *feed, const char *name,
                                  tlstm_error **error) {
    const size_t classes = tl_shape_features(tl_model_output(model));
    for (size_t i = 0; i < feed->samples * feed->target_size; i++) {
        const float class = feed->targets[i];
        if (!(class >= 0 && class < (float)classes) || class != floorf(class))
            return tl_fail(error, TLSTM_ERROR_VALUE, name,
                           "class %g in sample %zu is not one of 0 to %zu", (double)class,
                           i / feed->target_size, classes - 1);
    }
    return TLSTM_OK;
}

static tlstm_status read_y(const tlstm_model *model, const tl_feed_source *source, tl_feed *feed,
                           tlstm_error **error) {
    char name[32];
    argument_name(source, "y", name);
    const struct tlstm_loss *loss = &model->compiled->loss;
    const tl_shape *output = tl_model_output(model);
    const size_t steps = tl_shape_timesteps(output, feed->timesteps);
    feed->target_size = steps * (loss->ops->sparse ? 1 : tl_shape_features(output));
    if ((size_t)source->y->shape[0] != feed->samples)
        return tl_fail(error, TLSTM_ERROR_SHAPE, name, "%lld rows for %zu samples of x",
                       (long long)source->y->shape[0], feed->samples);
    if (source->y->size != feed->samples * feed->target_size) {
        char want[128], got[128];
        tl_shape_text(output, want, sizeof want);
        shape_text(source->y, got, sizeof got);
        return tl_fail(error, TLSTM_ERROR_SHAPE, name,
                       "%s of an output %s needs %zu values a sample; the shape is %s",
                       loss->ops->name, want, feed->target_size, got);
    }
    tlstm_status status =
        read_floats(source->y, name, source->finite, &feed->owned[1], &feed->targets, error);
    if (!status && loss->ops->sparse)
        status = check_classes(model, feed, name, error);
    feed->loss = loss->config;
    if (!status && loss->ops->prepare)
        loss->ops->prepare(&feed->loss, feed->samples * feed->target_size, feed->targets);
    return status;
}

/* The class of a sample, as Keras finds it for class_weight: the number itself, or the largest of a
 * row. */
static size_t class_of(const tl_feed *feed, size_t sample) {
    const float *row = feed->targets + sample * feed->target_size;
    if (feed->target_size == 1)
        return row[0] >= 0 ? (size_t)row[0] : SIZE_MAX;
    size_t largest = 0;
    for (size_t i = 1; i < feed->target_size; i++)
        largest = row[i] > row[largest] ? i : largest;
    return largest;
}

/* Multiplies the weights of samples by those of their classes. */
static tlstm_status apply_class_weight(const tl_feed_source *source, tl_feed *feed,
                                       tlstm_error **error) {
    float *weights = tl_alloc(feed->samples, sizeof *weights);
    if (!weights)
        return tl_fail_memory(error);
    for (size_t i = 0; i < feed->samples; i++) {
        const size_t class = class_of(feed, i);
        const double weight = class < source->class_count ? source->class_weight[class] : 1;
        weights[i] = (float)((feed->weights ? feed->weights[i] : 1) * weight);
    }
    tl_free(feed->owned[2]);
    feed->owned[2] = weights;
    feed->weights = weights;
    return TLSTM_OK;
}

static tlstm_status read_weights(const tlstm_model *model, const tl_feed_source *source,
                                 tl_feed *feed, tlstm_error **error) {
    char name[32];
    argument_name(source, "sample_weight", name);
    if (source->sample_weight) {
        const size_t steps = tl_shape_timesteps(tl_model_output(model), feed->timesteps);
        const size_t count = source->sample_weight->size;
        const int by_step = source->sample_weight->ndim > 1 && steps > 1;
        if ((size_t)source->sample_weight->shape[0] != feed->samples ||
            count != feed->samples * (by_step ? steps : 1))
            return tl_fail(error, TLSTM_ERROR_SHAPE, name, "%zu weights do not fit %zu samples%s",
                           count, feed->samples, by_step ? " and the timesteps of the output" : "");
        tlstm_status status = read_floats(source->sample_weight, name, source->finite,
                                          &feed->owned[2], &feed->weights, error);
        if (status)
            return status;
        feed->weights_by_step = by_step;
    }
    if (!source->class_weight)
        return TLSTM_OK;
    if (feed->weights_by_step)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "class_weight",
                       "cannot be combined with sample weights for each timestep");
    return apply_class_weight(source, feed, error);
}

tlstm_status tl_feed_new(const tlstm_model *model, const tl_feed_source *source, tl_feed *feed,
                         tlstm_error **error) {
    tl_feed made = {0};
    tlstm_status status = read_x(model, source, &made, error);
    if (!status && source->y)
        status = read_y(model, source, &made, error);
    if (!status && source->y)
        status = read_weights(model, source, &made, error);
    if (status)
        tl_feed_clear(&made);
    else
        *feed = made;
    return status;
}

void tl_feed_clear(tl_feed *feed) {
    for (size_t i = 0; i < 3; i++)
        tl_free(feed->owned[i]);
    *feed = (tl_feed){0};
}

tl_feed tl_feed_slice(const tlstm_model *model, const tl_feed *feed, size_t first, size_t count) {
    tl_feed slice = *feed;
    const size_t steps =
        model->takes_tokens ? feed->timesteps : tl_shape_timesteps(&model->input, feed->timesteps);
    const size_t out_steps = tl_shape_timesteps(tl_model_output(model), feed->timesteps);
    memset(slice.owned, 0, sizeof slice.owned);
    slice.samples = count;
    if (slice.tokens)
        slice.tokens += first * steps;
    else
        slice.x += first * steps * tl_shape_features(&model->input);
    if (slice.targets)
        slice.targets += first * slice.target_size;
    if (slice.weights)
        slice.weights += first * (slice.weights_by_step ? out_steps : 1);
    return slice;
}

tl_batch tl_feed_batch(const tl_feed *feed, const size_t *order, size_t samples) {
    return (tl_batch){.samples = samples,
                      .order = order,
                      .tokens = feed->tokens,
                      .x = feed->x,
                      .targets = feed->targets,
                      .weights = feed->weights,
                      .weights_by_step = feed->weights_by_step,
                      .loss = &feed->loss};
}
