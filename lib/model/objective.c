#include "model/objective.h"

#include <string.h>

/* One row of a tile: the features of a lane at a timestep, side by side. */
static void gather_row(const float *tile, size_t width, size_t lane, size_t features, float *row) {
    for (size_t f = 0; f < features; f++)
        row[f] = tile[f * width + lane];
}

static void scatter_row(const float *row, size_t width, size_t lane, size_t features, float *tile) {
    for (size_t f = 0; f < features; f++)
        tile[f * width + lane] = row[f];
}

/* The row of x, y and weights that a lane holds. */
static size_t sample_of(const tl_objective *objective, size_t lane) {
    return tl_batch_row(objective->batch, objective->first + lane);
}

static double weight_of(const tl_objective *objective, size_t sample, size_t step) {
    const tl_batch *batch = objective->batch;
    if (!batch->weights)
        return 1;
    return batch
        ->weights[batch->weights_by_step ? sample * objective->plan->out_steps + step : sample];
}

/* The metrics see what the last activation gives. */
static const float *probabilities(const tl_objective *objective) {
    const tl_plan *plan = objective->plan;
    if (!plan->logits)
        return objective->outputs;
    const size_t tile = plan->out_features * plan->width;
    if (plan->form == TL_OUTPUT_SIGMOID_LOGITS)
        objective->kernels->activate(TL_SIGMOID, plan->out_steps * tile, objective->outputs,
                                     objective->probabilities);
    for (size_t t = 0; plan->form == TL_OUTPUT_SOFTMAX_LOGITS && t < plan->out_steps; t++)
        objective->kernels->softmax(plan->out_features, plan->width, objective->outputs + t * tile,
                                    objective->probabilities + t * tile);
    return objective->probabilities;
}

static const float *target_of(const tl_objective *objective, size_t sample, size_t step) {
    const size_t size =
        objective->model->compiled->loss.ops->sparse ? 1 : objective->plan->out_features;
    return objective->batch->targets + (sample * objective->plan->out_steps + step) * size;
}

/* Loss and gradient of one row; the gradient is scaled as the row's part of the batch's loss. */
static void row_loss(const tl_objective *objective, size_t step, size_t lane) {
    const tl_plan *plan = objective->plan;
    const struct tlstm_loss *loss = &objective->model->compiled->loss;
    const size_t features = plan->out_features, tile = features * plan->width;
    const size_t sample = sample_of(objective, lane);
    float *output = objective->row, *gradient = objective->row + features;
    gather_row(objective->outputs + step * tile, plan->width, lane, features, output);
    const double weight = weight_of(objective, sample, step) * objective->scale;
    *objective->loss += weight * loss->ops->row(objective->batch->loss, plan->form, features,
                                                output, target_of(objective, sample, step),
                                                objective->gradient ? gradient : NULL);
    if (!objective->gradient)
        return;
    for (size_t f = 0; f < features; f++)
        gradient[f] = (float)(gradient[f] * weight);
    scatter_row(gradient, plan->width, lane, features, objective->gradient + step * tile);
}

/* Keras's metrics leave masked rows out and know sample weights only as weighted_metrics. */
static void row_metrics(const tl_objective *objective, const float *tile, size_t step,
                        size_t lane) {
    const tl_compiled *compiled = objective->model->compiled;
    const size_t features = objective->plan->out_features, sample = sample_of(objective, lane);
    float *output = objective->row;
    gather_row(tile + step * features * objective->plan->width, objective->plan->width, lane,
               features, output);
    for (size_t m = 0; m < compiled->metric_count; m++) {
        const double weight =
            compiled->metrics[m].weighted ? weight_of(objective, sample, step) : 1;
        objective->metrics[2 * m] += weight * tl_metric_row(&compiled->metrics[m], features, output,
                                                            target_of(objective, sample, step));
        objective->metrics[2 * m + 1] += weight;
    }
}

void tl_objective_run(const tl_objective *objective) {
    const tl_plan *plan = objective->plan;
    const int has_metrics = objective->model->compiled->metric_count > 0;
    const float *tile = has_metrics ? probabilities(objective) : NULL;
    if (objective->gradient)
        memset(objective->gradient, 0,
               plan->out_steps * plan->out_features * plan->width * sizeof(float));
    for (size_t step = 0; step < plan->out_steps; step++) {
        for (size_t lane = 0; lane < objective->lanes; lane++) {
            if (objective->mask && objective->mask[step * plan->width + lane] == 0)
                continue;
            row_loss(objective, step, lane);
            if (has_metrics)
                row_metrics(objective, tile, step, lane);
        }
    }
}
