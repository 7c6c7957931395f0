#include "model/plan.h"

#include "base/alloc.h"
#include "layers/embedding.h"
#include "layers/input.h"

#include <string.h>

/* Recurrent weights up to this size stay in a core's second-level cache from timestep to timestep.
 */
#define SMALL_KERNEL_BYTES (256 * 1024)

/* A folded table up to this size stays in the caches, beside its gradient. */
#define CACHED_TABLE_BYTES (1024 * 1024)
/* Features whose product with a kernel takes longer than to read and write a gate in memory. */
#define LONG_PRODUCT 32

/*
 * Samples side by side. One tile's width keeps a small layer's timestep in the first-level cache.
 * Weights that outgrow the second level are read anew in each timestep: then more samples share one
 * reading.
 */
static size_t choose_width(const tlstm_model *model, size_t samples) {
    size_t largest = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        for (size_t w = 0; w < model->layers[i]->weight_count; w++)
            if (!model->layers[i]->weights[w].by_rows &&
                model->layers[i]->weights[w].size > largest)
                largest = model->layers[i]->weights[w].size;
    const int small = largest * sizeof(float) <= SMALL_KERNEL_BYTES;
    return small || samples <= TL_LANES ? TL_LANES : TL_MOST_WIDTH;
}

static size_t divide_up(size_t a, size_t b) {
    return (a + b - 1) / b;
}

size_t tl_plan_tiles(const tl_plan *plan, size_t samples) {
    return divide_up(samples, plan->width);
}

size_t tl_plan_shards(const tl_plan *plan, size_t samples) {
    const size_t tiles = tl_plan_tiles(plan, samples);
    return plan->demand.backward && tiles > TL_MAX_SHARDS ? TL_MAX_SHARDS : tiles;
}

/*
 * An embedding before a recurrent layer: x_t W = embeddings[token] W has as many different values
 * as there are tokens, so that product can be made once for each token and not for each timestep.
 * That is not possible when dropout changes x_t, nor when the gradient of each occurrence must be
 * clipped.
 */
static int may_fold(const tlstm_model *model, const tl_plan *plan) {
    if (plan->embedding + 1 == model->layer_count || plan->clips_rows)
        return 0;
    const tl_layer *next = model->layers[plan->embedding + 1];
    return next->ops->folds && next->ops->folds(next, plan->demand.training);
}

/*
 * It pays where a row of the table stands for at least two products, even if the batch has all
 * tokens that it can have: making the rows, adding them up and going through them costs as much as
 * the products again. A row is as wide as the gates and not as the embedding, so a table that does
 * not stay in the caches costs traffic of its own, which only long products outweigh. Time folded /
 * not folded, with 2 threads and batches of 64 x 100 random tokens, the least of several runs on a
 * machine that did other things too, so that 0.9 to 1.1 says nothing:
 *
 *     vocabulary, embedding, LSTM units:    500, 16, 8       0.6    500, 128, 128   0.6
 *     3200, 128, 128  0.8                   20000, 128, 128  1.0 to 1.1
 *     1600, 4, 128    1.0 to 1.1            3200, 4, 128     1.1
 *
 * Random tokens are the worst case; in text fewer are distinct. The two limits on the table's size
 * rest on the last line alone: between 1 and 4 MiB with 16 features runs disagreed.
 */
static int folding_pays(const tlstm_model *model, const tl_plan *plan) {
    const size_t gates = model->layers[plan->embedding + 1]->weights[0].dims[1];
    const size_t features = model->layers[plan->embedding]->weights[0].dims[1];
    const size_t products = plan->tiles * plan->width * plan->demand.timesteps;
    const int cached = plan->max_rows * gates * sizeof(float) <= CACHED_TABLE_BYTES;
    return products >= 2 * plan->max_rows && (cached || features >= LONG_PRODUCT);
}

static int knows_rows(const tlstm_model *model, const tl_plan *plan) {
    return plan->demand.training && model->compiled &&
           tl_optimizer_knows_rows(&model->compiled->optimizer);
}

static void choose_embedding(const tlstm_model *model, tl_plan *plan) {
    plan->first = model->layers[0]->ops == &tl_input_layer;
    plan->embedding = model->layer_count;
    if (!model->takes_tokens)
        return;
    const tl_weight *embeddings = &model->layers[plan->first]->weights[0];
    const size_t vocabulary = embeddings->dims[0];
    const size_t tokens = plan->demand.samples * plan->demand.timesteps;
    plan->embedding = plan->first;
    plan->clips_rows = plan->demand.training && model->compiled &&
                       tl_optimizer_clips(&model->compiled->optimizer.config);
    /* Gradients of all rows are no more work where each shard has about all tokens. */
    plan->identity = vocabulary * (plan->demand.backward ? plan->shards : 1) <= tokens &&
                     !knows_rows(model, plan);
    plan->max_rows = vocabulary < tokens ? vocabulary : tokens;
    plan->folded = may_fold(model, plan) && folding_pays(model, plan);
    plan->first += plan->folded != 0;
    plan->row_width =
        plan->folded ? model->layers[plan->first]->weights[0].dims[1] : embeddings->dims[1];
}

/* The backward pass ends at the first layer that learns. */
static size_t lowest_learning(const tlstm_model *model, const tl_plan *plan) {
    size_t lowest = plan->first;
    if (plan->folded)
        return lowest;
    while (lowest + 1 < model->layer_count &&
           (!model->layers[lowest]->trainable || !model->layers[lowest]->weight_count))
        lowest++;
    return lowest;
}

int tl_plan_masks_output(const tlstm_model *model) {
    int masked = 0;
    for (size_t i = 0; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        if (layer->ops->makes_mask)
            masked = layer->ops->makes_mask(layer);
        else if (layer->ops->passes_mask && !layer->ops->passes_mask(layer))
            masked = 0;
    }
    return masked;
}

/* Cross-entropies after a sigmoid or softmax layer work on its logits, as Keras's do. */
static void choose_logits(const tlstm_model *model, tl_plan *plan) {
    const tl_layer *last = model->layers[model->layer_count - 1];
    if (!plan->demand.loss || !model->compiled->loss.ops->takes_logits || !last->ops->activation ||
        model->compiled->loss.config.from_logits)
        return;
    const tl_activation *activation = last->ops->activation(last);
    if (activation->softmax)
        plan->form = TL_OUTPUT_SOFTMAX_LOGITS;
    else if (activation->kind == TL_SIGMOID)
        plan->form = TL_OUTPUT_SIGMOID_LOGITS;
    plan->logits = plan->form != TL_OUTPUT_PLAIN;
}

/* Where neighbours hand numbers on with units in the lanes. */
static void choose_rows(const tlstm_model *model, tl_plan *plan) {
    for (size_t i = plan->first + 1; i < model->layer_count; i++) {
        const tl_layer *before = model->layers[i - 1], *layer = model->layers[i];
        plan->layers[i].x_in_rows = before->ops->gives_rows && before->ops->gives_rows(before) &&
                                    layer->ops->takes_rows && layer->ops->takes_rows(layer);
    }
}

/* What each layer packs, and where. */
static void choose_packing(const tlstm_model *model, tl_plan *plan) {
    for (size_t i = plan->first; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        tl_packing *packing = &plan->layers[i].packing;
        *packing = (tl_packing){.width = plan->width,
                                .training = plan->demand.training,
                                .backward = plan->demand.backward,
                                .input = !(plan->folded && i == plan->first),
                                .input_gradient = plan->demand.backward && i > plan->lowest,
                                .place = plan->packed};
        packing->size = layer->ops->packed ? layer->ops->packed(layer, packing) : 0;
        plan->packed += divide_up(packing->size, TL_LANES) * TL_LANES;
    }
}

/* A running offset, each place at a multiple of a vector. */
static size_t take(tl_plan *plan, size_t floats) {
    const size_t at = plan->total;
    plan->total += divide_up(floats, TL_LANES) * TL_LANES;
    return at;
}

void tl_plan_set_timesteps(const tlstm_model *model, tl_plan *plan, size_t timesteps) {
    const tl_shape *output = tl_model_output(model);
    const size_t width = plan->width;
    plan->demand.timesteps = timesteps;
    /* Tokens are (timesteps); a vector of features is one timestep. */
    plan->in_steps = model->takes_tokens ? timesteps : tl_shape_timesteps(&model->input, timesteps);
    plan->in_features = model->takes_tokens ? 1 : tl_shape_features(&model->input);
    plan->out_steps = tl_shape_timesteps(output, timesteps);
    plan->out_features = tl_shape_features(output);
    plan->total = 0;
    size_t widest = plan->in_steps * plan->in_features;
    if (model->takes_tokens) {
        plan->tokens = take(plan, plan->in_steps * width);
        plan->rows = take(plan, plan->in_steps * width);
        plan->mask = take(plan, plan->in_steps * width);
    } else {
        plan->x = take(plan, widest * width);
    }
    plan->state = take(plan, plan->state_size * width);
    for (size_t i = plan->first; i < model->layer_count; i++) {
        const tl_layer *layer = model->layers[i];
        const size_t values =
            tl_shape_timesteps(&layer->output, timesteps) * tl_shape_features(&layer->output);
        widest = values > widest ? values : widest;
        plan->layers[i].y = take(plan, values * width);
        plan->layers[i].cache =
            take(plan, layer->ops->cache(layer, timesteps, width, plan->demand.backward));
    }
    if (plan->demand.loss || plan->demand.backward) {
        plan->d[0] = take(plan, widest * width);
        plan->d[1] = take(plan, widest * width);
        plan->row = take(plan, 2 * plan->out_features);
    }
}

tlstm_status tl_plan_new(const tlstm_model *model, const tl_demand *demand, tl_plan *plan,
                         tlstm_error **error) {
    memset(plan, 0, sizeof *plan);
    plan->demand = *demand;
    plan->width = choose_width(model, demand->samples);
    plan->tiles = tl_plan_tiles(plan, demand->samples);
    plan->shards = tl_plan_shards(plan, demand->samples);
    choose_embedding(model, plan);
    plan->lowest = lowest_learning(model, plan);
    plan->masked_output = tl_plan_masks_output(model);
    choose_logits(model, plan);
    for (size_t i = 0; i < model->layer_count; i++)
        plan->state_size += model->layers[i]->state_size;
    plan->layers = tl_alloc_zero(model->layer_count, sizeof *plan->layers);
    if (!plan->layers)
        return tl_fail_memory(error);
    choose_rows(model, plan);
    choose_packing(model, plan);
    tl_plan_set_timesteps(model, plan, demand->timesteps);
    return TLSTM_OK;
}

void tl_plan_clear(tl_plan *plan) {
    tl_free(plan->layers);
    plan->layers = NULL;
}
