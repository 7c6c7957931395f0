#include "train/run.h"

/* Batches matter where a batch's loss is no mean over its samples (a mask divides by a count of its
 * own, reduction='sum' by nothing), and where states go on; else larger ones only save time. */
static int batches_matter(const tlstm_model *model, int loss) {
    return tl_model_is_stateful(model) ||
           (loss && (tl_plan_masks_output(model) || model->compiled->loss.config.sum));
}

tlstm_status tl_runner_new(const tlstm_model *model, const tl_feed *feed, size_t batch_size,
                           int loss, tl_pool *pool, tl_engine **engine, tlstm_error **error) {
    tlstm_status status = tl_model_check_batches(model, feed->samples, batch_size, error);
    if (status)
        return status;
    tl_demand demand = {.samples = batch_size, .timesteps = feed->timesteps, .loss = loss};
    if (!batches_matter(model, loss) && demand.samples < TL_RUN_SAMPLES)
        demand.samples = TL_RUN_SAMPLES;
    if (demand.samples > feed->samples)
        demand.samples = feed->samples;
    return tl_engine_new(model, &demand, pool, engine, error);
}

/* The samples from `first` on that fit one pass, their number in *count. `outputs` NULL: not
 * wanted. */
static tlstm_status run_part(tlstm_model *model, tl_engine *engine, const tl_feed *feed,
                             size_t first, float *outputs, size_t *count, tl_result *result,
                             tlstm_error **error) {
    const tl_plan *plan = tl_engine_plan(engine);
    const size_t left = feed->samples - first;
    *count = left < plan->demand.samples ? left : plan->demand.samples;
    const tl_feed part = tl_feed_slice(model, feed, first, *count);
    tl_batch batch = tl_feed_batch(&part, NULL, *count);
    tlstm_status status = tl_model_states(model, *count, &batch.states, error);
    if (status)
        return status;
    if (outputs)
        batch.outputs = outputs + first * plan->out_steps * plan->out_features;
    tl_engine_run(engine, &batch, 0, result);
    return TLSTM_OK;
}

tlstm_status tl_run_loss(tlstm_model *model, tl_engine *engine, const tl_feed *feed, double *values,
                         tlstm_error **error) {
    double loss = 0;
    tl_engine_reset_metrics(engine);
    for (size_t first = 0, count = 0; first < feed->samples; first += count) {
        tl_result result;
        tlstm_status status = run_part(model, engine, feed, first, NULL, &count, &result, error);
        if (status)
            return status;
        /* Keras's mean over samples: each batch's loss counts as many times as it has rows. */
        loss += result.loss * (double)count;
    }
    values[0] = loss / (double)feed->samples + tl_model_penalty(model);
    tl_engine_metrics(engine, values + 1);
    return TLSTM_OK;
}

tlstm_status tl_run_outputs(tlstm_model *model, tl_engine *engine, const tl_feed *feed,
                            float *outputs, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t first = 0, count = 0; !status && first < feed->samples; first += count) {
        tl_result result;
        status = run_part(model, engine, feed, first, outputs, &count, &result, error);
    }
    return status;
}
