/* The public functions of tinylstm/train.h, but those of the history. */
#include "tinylstm/train.h"

#include "api/options.h"
#include "base/alloc.h"
#include "base/text.h"
#include "train/fit.h"

#include <math.h>
#include <string.h>

/* "unknown setting": names those there are. */
static tlstm_status unknown_setting(const char *owner, const char *setting, const tl_field *fields,
                                    tlstm_error **error) {
    tl_text names = {0};
    for (const tl_field *field = fields; field->key; field++)
        tl_text_format(&names, "%s%s", field == fields ? "" : ", ", field->key);
    char *list = tl_text_take(&names);
    tlstm_status status = tl_fail(error, TLSTM_ERROR_ARGUMENT, setting,
                                  "%s has no such setting; it has %s", owner, list ? list : "none");
    tl_free(list);
    return status;
}

static tlstm_status set_number(const char *owner, const tl_field *fields, void *config,
                               const char *setting, double value, tlstm_error **error) {
    tlstm_status status = tl_require(setting, "setting", error);
    if (status)
        return status;
    const tl_field *field = tl_field_find(fields, setting);
    if (!field)
        return unknown_setting(owner, setting, fields, error);
    return tl_field_set_number(field, config, value, error);
}

tlstm_status tlstm_optimizer_new(const char *name, tlstm_optimizer **optimizer,
                                 tlstm_error **error) {
    tlstm_status status = tl_require(name, "name", error);
    if (!status)
        status = tl_require(optimizer, "optimizer", error);
    if (status)
        return status;
    const tl_optimizer_ops *ops = tl_optimizer_find(name);
    if (!ops)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "name", "there is no optimizer '%s'", name);
    tlstm_optimizer *made = tl_alloc_zero(1, sizeof *made);
    if (!made)
        return tl_fail_memory(error);
    *made = tl_optimizer_default(ops, 3);
    *optimizer = made;
    return TLSTM_OK;
}

tlstm_status tlstm_optimizer_set(tlstm_optimizer *optimizer, const char *setting, double value,
                                 tlstm_error **error) {
    tlstm_status status = tl_require(optimizer, "optimizer", error);
    if (status)
        return status;
    return set_number(optimizer->ops->class_name, optimizer->ops->fields, &optimizer->config,
                      setting, value, error);
}

void tlstm_optimizer_free(tlstm_optimizer *optimizer) {
    tl_free(optimizer);
}

tlstm_status tlstm_loss_new(const char *name, tlstm_loss **loss, tlstm_error **error) {
    tlstm_status status = tl_require(name, "name", error);
    if (!status)
        status = tl_require(loss, "loss", error);
    if (status)
        return status;
    const tl_loss_ops *ops = tl_loss_find(name);
    if (!ops)
        return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, "name", "there is no loss '%s'", name);
    tlstm_loss *made = tl_alloc_zero(1, sizeof *made);
    if (!made)
        return tl_fail_memory(error);
    *made = tl_loss_default(ops);
    *loss = made;
    return TLSTM_OK;
}

tlstm_status tlstm_loss_set(tlstm_loss *loss, const char *setting, double value,
                            tlstm_error **error) {
    tlstm_status status = tl_require(loss, "loss", error);
    if (status)
        return status;
    return set_number(loss->ops->class_name, loss->ops->fields, &loss->config, setting, value,
                      error);
}

void tlstm_loss_free(tlstm_loss *loss) {
    tl_free(loss);
}

tlstm_status tlstm_model_compile(tlstm_model *model, const tlstm_optimizer *optimizer,
                                 const tlstm_loss *loss, const char *const *metrics,
                                 size_t metric_count, tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (status)
        return status;
    if (!optimizer && model->compiled)
        optimizer = &model->compiled->optimizer;
    if (!loss && model->compiled)
        loss = &model->compiled->loss;
    status = tl_require(optimizer, "optimizer", error);
    if (!status)
        status = tl_require(loss, "loss", error);
    if (!status && metric_count)
        status = tl_require(metrics, "metrics", error);
    if (!status)
        status = tl_model_ensure_built(model, error);
    if (status)
        return status;
    tl_metric *resolved = tl_alloc(metric_count, sizeof *resolved);
    if (!resolved)
        return tl_fail_memory(error);
    const size_t outputs = tl_shape_features(tl_model_output(model));
    for (size_t m = 0; !status && m < metric_count; m++) {
        memset(&resolved[m], 0, sizeof resolved[m]);
        status = tl_require(metrics[m], "metrics", error);
        if (!status)
            status = tl_metric_resolve(metrics[m], loss->ops, outputs, &resolved[m], error);
    }
    if (!status)
        status = tl_model_compile(model, optimizer, loss, resolved, metric_count, error);
    tl_free(resolved);
    return status;
}

int32_t tlstm_model_is_compiled(const tlstm_model *model) {
    return model && model->compiled;
}

double tlstm_model_learning_rate(const tlstm_model *model) {
    if (!model || !model->compiled)
        return -1;
    return tl_optimizer_learning_rate(&model->compiled->optimizer.config,
                                      model->compiled->iterations);
}

tlstm_status tlstm_model_set_learning_rate(tlstm_model *model, double learning_rate,
                                           tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (status)
        return status;
    if (!model->compiled)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name, "the model is not compiled");
    struct tlstm_optimizer *optimizer = &model->compiled->optimizer;
    return set_number(optimizer->ops->class_name, optimizer->ops->fields, &optimizer->config,
                      "learning_rate", learning_rate, error);
}

void tlstm_fit_options_init(tlstm_fit_options *options) {
    *options = (tlstm_fit_options)TLSTM_FIT_OPTIONS_INIT;
}

void tlstm_run_options_init(tlstm_run_options *options) {
    *options = (tlstm_run_options)TLSTM_RUN_OPTIONS_INIT;
}

static tlstm_status check_numbers(int64_t batch_size, int32_t threads, int32_t verbose,
                                  tlstm_error **error) {
    if (batch_size < 1)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "batch_size", "must be at least 1, not %lld",
                       (long long)batch_size);
    if (threads < 0 || threads > 1024)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "threads", "must be 0 to 1024, not %d",
                       threads);
    if (verbose < TLSTM_SILENT || verbose > TLSTM_LINES)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "verbose", "must be 0, 1 or 2, not %d",
                       verbose);
    return TLSTM_OK;
}

static tlstm_status check_fit(const tlstm_fit_options *options, tlstm_error **error) {
    tlstm_status status =
        check_numbers(options->batch_size, options->threads, options->verbose, error);
    if (status)
        return status;
    if (options->initial_epoch < 0 || options->epochs < options->initial_epoch)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "epochs",
                       "%lld is before initial_epoch %lld (which must not be negative)",
                       (long long)options->epochs, (long long)options->initial_epoch);
    if (!(options->validation_split >= 0 && options->validation_split < 1))
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "validation_split", "must be in [0, 1), not %g",
                       options->validation_split);
    if (!options->x_val != !options->y_val)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, options->x_val ? "y_val" : "x_val",
                       "validation needs both x_val and y_val");
    if (options->class_count && !options->class_weight)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "class_weight", "is NULL");
    for (size_t i = 0; i < options->callback_count; i++)
        if (!options->callbacks || !options->callbacks[i])
            return tl_fail(error, TLSTM_ERROR_ARGUMENT, "callbacks", "callback %zu is NULL", i);
    return TLSTM_OK;
}

static tlstm_status require_data(const tlstm_model *model, const tlstm_array *x, const void *y,
                                 tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(x, "x", error);
    if (!status)
        status = tl_require(y, "y", error);
    if (!status && !model->built)
        status = tl_fail(error, TLSTM_ERROR_STATE, model->name, "the model is not built");
    return status;
}

tlstm_status tlstm_model_fit(tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                             const tlstm_fit_options *options, tlstm_history **history,
                             tlstm_error **error) {
    tlstm_fit_options known = TLSTM_FIT_OPTIONS_INIT;
    tlstm_status status = require_data(model, x, y, error);
    if (!status)
        status = tl_options_read(options, "options", &known, sizeof known, error);
    if (!status)
        status = check_fit(&known, error);
    return status ? status : tl_fit(model, x, y, &known, history, error);
}

static tlstm_status read_run_options(const tlstm_run_options *options, tlstm_run_options *known,
                                     tlstm_error **error) {
    *known = (tlstm_run_options)TLSTM_RUN_OPTIONS_INIT;
    tlstm_status status = tl_options_read(options, "options", known, sizeof *known, error);
    return status ? status
                  : check_numbers(known->batch_size, known->threads, known->verbose, error);
}

tlstm_status tlstm_model_evaluate(const tlstm_model *model, const tlstm_array *x,
                                  const tlstm_array *y, const tlstm_run_options *options,
                                  double *values, size_t capacity, size_t *count,
                                  tlstm_error **error) {
    tlstm_run_options known;
    tlstm_status status = require_data(model, x, y, error);
    if (!status)
        status = read_run_options(options, &known, error);
    if (!status && capacity)
        status = tl_require(values, "values", error);
    if (status)
        return status;
    const size_t all = 1 + (model->compiled ? model->compiled->metric_count : 0);
    double *results = tl_alloc(all, sizeof *results);
    if (!results)
        return tl_fail_memory(error);
    /* Only a stateful model changes here: its states go on. The header says so. */
    status = tl_evaluate((tlstm_model *)model, x, y, &known, results, error);
    if (!status) {
        memcpy(values, results, (capacity < all ? capacity : all) * sizeof *values);
        if (count)
            *count = all;
    }
    tl_free(results);
    return status;
}

const char *tlstm_model_metric_name(const tlstm_model *model, size_t index) {
    if (!model || !model->compiled || index > model->compiled->metric_count)
        return NULL;
    return index ? model->compiled->metrics[index - 1].name : "loss";
}

tlstm_status tlstm_model_predict(const tlstm_model *model, const tlstm_array *x,
                                 const tlstm_run_options *options, tlstm_array **y,
                                 tlstm_error **error) {
    tlstm_run_options known;
    tlstm_status status = require_data(model, x, y, error);
    if (!status)
        status = read_run_options(options, &known, error);
    return status ? status : tl_predict((tlstm_model *)model, x, &known, y, error);
}

tlstm_status tlstm_model_gradient(const tlstm_model *model, const tlstm_array *x,
                                  const tlstm_array *y, const tlstm_array *sample_weight,
                                  size_t weight, tlstm_array **gradient, tlstm_error **error) {
    tlstm_status status = require_data(model, x, y, error);
    if (!status)
        status = tl_require(gradient, "gradient", error);
    return status ? status
                  : tl_gradient((tlstm_model *)model, x, y, sample_weight, weight, gradient, error);
}

void tlstm_model_reset_states(tlstm_model *model) {
    if (model)
        tl_model_reset_states(model);
}
