#include "model/engine.h"

#include "base/alloc.h"
#include "layers/embedding.h"
#include "model/fold.h"
#include "model/objective.h"

#include <string.h>

/* Parameters whose shards one task adds up. */
#define SUM_PER_TASK 8192

/* What a task leaves for the sums that are made in order: one for each tile. */
typedef struct tile_result {
    double loss, row_squares;
} tile_result;

struct tl_engine {
    const tlstm_model *model;
    const tl_kernels *kernels;
    tl_pool *pool;
    tl_plan plan;
    tl_fold fold;
    float *packed;           /* [plan.packed]: the layers' weights, laid out for the kernels */
    uint64_t packed_changes; /* model->changes + 1 when that was made; 0: never */
    float *workspaces;       /* [threads][plan.total] */
    size_t workspace;        /* floats of one */
    tl_pass *passes;         /* [threads][layers] */
    float *shard_gradients;  /* [shards][gradient_count]; their sum takes the first's place */
    tile_result *results;    /* [tiles] */
    double *tile_metrics;    /* [tiles][metrics][2] */
    double *metrics;         /* [metrics][2] */
    size_t metric_count;

    /* The batch at work. */
    const tl_batch *batch;
    uint64_t step;
    size_t tiles, shards;
    size_t group; /* shards of one task */
    double scale;
    double row_squares;
};

static int has_embedding(const tl_engine *engine) {
    return engine->plan.embedding < engine->model->layer_count;
}

static tlstm_status allocate(tl_engine *engine, tlstm_error **error) {
    const tl_plan *plan = &engine->plan;
    const size_t threads = tl_pool_threads(engine->pool);
    size_t floats = 0;
    if (!tl_size_multiply(plan->total, threads, &floats))
        return tl_fail_memory(error);
    engine->workspace = plan->total;
    engine->workspaces = tl_alloc_zero(floats, sizeof(float));
    engine->packed = tl_alloc(plan->packed, sizeof(float));
    engine->passes = tl_alloc(threads * engine->model->layer_count, sizeof *engine->passes);
    engine->results = tl_alloc(plan->tiles, sizeof *engine->results);
    engine->tile_metrics = tl_alloc(plan->tiles * engine->metric_count * 2, sizeof(double));
    engine->metrics = tl_alloc_zero(engine->metric_count * 2, sizeof(double));
    int made = engine->workspaces && engine->packed && engine->passes && engine->results &&
               engine->tile_metrics && engine->metrics;
    if (plan->demand.backward) {
        engine->shard_gradients =
            tl_alloc(plan->shards * engine->model->gradient_count, sizeof(float));
        made = made && engine->shard_gradients;
    }
    return made ? TLSTM_OK : tl_fail_memory(error);
}

tlstm_status tl_engine_new(const tlstm_model *model, const tl_demand *demand, tl_pool *pool,
                           tl_engine **engine, tlstm_error **error) {
    tl_engine *made = tl_alloc_zero(1, sizeof *made);
    if (!made)
        return tl_fail_memory(error);
    made->model = model;
    made->pool = pool;
    made->kernels = tl_kernels_get();
    made->metric_count = demand->loss ? model->compiled->metric_count : 0;
    tlstm_status status = tl_plan_new(model, demand, &made->plan, error);
    if (!status)
        status = tl_fold_new(model, &made->plan, made->kernels, &made->fold, error);
    if (!status)
        status = allocate(made, error);
    if (status) {
        tl_engine_free(made);
        return status;
    }
    *engine = made;
    return TLSTM_OK;
}

void tl_engine_free(tl_engine *engine) {
    if (!engine)
        return;
    tl_fold_clear(&engine->fold);
    tl_plan_clear(&engine->plan);
    tl_free(engine->workspaces);
    tl_free(engine->packed);
    tl_free(engine->passes);
    tl_free(engine->shard_gradients);
    tl_free(engine->results);
    tl_free(engine->tile_metrics);
    tl_free(engine->metrics);
    tl_free(engine);
}

const tl_plan *tl_engine_plan(const tl_engine *engine) {
    return &engine->plan;
}

void tl_engine_set_timesteps(tl_engine *engine, size_t timesteps) {
    tl_plan_set_timesteps(engine->model, &engine->plan, timesteps);
}

/* One tile in one thread's hands. */
typedef struct tile_run {
    tl_engine *engine;
    float *space; /* the thread's workspace */
    size_t tile, first, lanes;
    float *mask;  /* of the tokens; NULL: none */
    tl_pass pass; /* what is the same for all layers */
} tile_run;

/* The row of x that a lane holds. Lanes behind the last sample repeat it: their numbers stay
 * harmless, and their gradients are zero from the loss on. */
static size_t source_row(const tile_run *run, size_t lane) {
    return tl_batch_row(run->engine->batch,
                        run->first + (lane < run->lanes ? lane : run->lanes - 1));
}

/* (samples, values) to [values][width]; the values, floats or tokens, are only moved. */
static void load_rows(const tile_run *run, const float *values, size_t count, float *tile) {
    const size_t width = run->engine->plan.width;
    const float *rows[TL_MOST_WIDTH];
    for (size_t lane = 0; lane < width; lane++)
        rows[lane] = values + source_row(run, lane) * count;
    run->engine->kernels->collect(count, width, rows, tile);
}

static void load_tokens(tile_run *run) {
    tl_engine *engine = run->engine;
    const tl_plan *plan = &engine->plan;
    const size_t width = plan->width, steps = plan->in_steps;
    int32_t *tokens = (int32_t *)(run->space + plan->tokens);
    int32_t *rows = (int32_t *)(run->space + plan->rows);
    const tl_layer *embedding = engine->model->layers[plan->embedding];
    run->mask = embedding->ops->makes_mask(embedding) ? run->space + plan->mask : NULL;
    load_rows(run, (const float *)engine->batch->tokens, steps, (float *)tokens);
    for (size_t i = 0; !plan->identity && i < steps * width; i++)
        rows[i] = tl_fold_row(&engine->fold, tokens[i]);
    for (size_t i = 0; run->mask && i < steps * width; i++)
        run->mask[i] = tokens[i] != 0;
    run->pass.tokens = tokens;
    run->pass.rows = plan->identity ? tokens : rows;
}

/* States travel as (samples, state_size) outside and [state_size][width] inside. */
static void load_states(const tile_run *run) {
    const tl_plan *plan = &run->engine->plan;
    const float *states = run->engine->batch->states;
    float *tile = run->space + plan->state;
    if (!states)
        return;
    memset(tile, 0, plan->state_size * plan->width * sizeof *tile);
    for (size_t lane = 0; lane < run->lanes; lane++)
        for (size_t s = 0; s < plan->state_size; s++)
            tile[s * plan->width + lane] = states[(run->first + lane) * plan->state_size + s];
}

static void store_states(const tile_run *run) {
    const tl_plan *plan = &run->engine->plan;
    float *states = run->engine->batch->states;
    const float *tile = run->space + plan->state;
    for (size_t lane = 0; states && lane < run->lanes; lane++)
        for (size_t s = 0; s < plan->state_size; s++)
            states[(run->first + lane) * plan->state_size + s] = tile[s * plan->width + lane];
}

static void store_outputs(const tile_run *run, const float *y) {
    const tl_plan *plan = &run->engine->plan;
    const size_t values = plan->out_steps * plan->out_features;
    for (size_t lane = 0; lane < run->lanes; lane++) {
        float *row = run->engine->batch->outputs + (run->first + lane) * values;
        for (size_t v = 0; v < values; v++)
            row[v] = y[v * plan->width + lane];
    }
}

/* The pass of one layer: its places, and what is special to the first and the last. */
static tl_pass pass_of(const tile_run *run, size_t index) {
    const tl_engine *engine = run->engine;
    const tl_plan *plan = &engine->plan;
    const int last = index + 1 == engine->model->layer_count;
    tl_pass pass = run->pass;
    pass.cache = run->space + plan->layers[index].cache;
    pass.y = run->space + plan->layers[index].y;
    pass.packing = &plan->layers[index].packing;
    pass.packed = pass.packing->size ? engine->packed + pass.packing->place : NULL;
    pass.x_in_rows = plan->layers[index].x_in_rows;
    pass.y_in_rows = !last && plan->layers[index + 1].x_in_rows;
    pass.logits = plan->logits && last;
    pass.table = plan->folded && index == plan->first ? engine->fold.table : NULL;
    return pass;
}

/* Runs the layers, each pass into `passes`; the output is that of the last. */
static void forward(tile_run *run, tl_pass *passes) {
    const tl_engine *engine = run->engine;
    const tl_plan *plan = &engine->plan;
    const float *x = run->space + plan->x;
    const float *mask = run->mask;
    float *state = run->space + plan->state;
    for (size_t i = plan->first; i < engine->model->layer_count; i++) {
        const tl_layer *layer = engine->model->layers[i];
        tl_pass *pass = &passes[i];
        *pass = pass_of(run, i);
        pass->x = x;
        pass->mask = mask;
        pass->state = layer->state_size && engine->batch->states ? state : NULL;
        layer->ops->forward(layer, pass);
        x = pass->y;
        state += layer->state_size * plan->width;
        if (layer->ops->passes_mask && !layer->ops->passes_mask(layer))
            mask = NULL;
    }
}

static void backward(const tile_run *run, tl_pass *passes, float *dy, float *spare) {
    const tl_engine *engine = run->engine;
    const tl_plan *plan = &engine->plan;
    for (size_t i = engine->model->layer_count; i-- > plan->lowest;) {
        const tl_layer *layer = engine->model->layers[i];
        tl_pass *pass = &passes[i];
        pass->dy = dy;
        pass->dx = i > plan->lowest ? spare : NULL;
        layer->ops->backward(layer, pass);
        /* A layer that works in place hands its dy on as dx. */
        if (pass->dx == spare && spare) {
            spare = dy;
            dy = pass->dx;
        }
    }
}

static void objective(const tile_run *run, const float *outputs, float *gradient, float *spare) {
    tl_engine *engine = run->engine;
    const tl_plan *plan = &engine->plan;
    tile_result *result = &engine->results[run->tile];
    tl_objective_run(&(tl_objective){
        .model = engine->model,
        .plan = plan,
        .kernels = engine->kernels,
        .batch = engine->batch,
        .first = run->first,
        .lanes = run->lanes,
        .mask = plan->masked_output ? run->mask : NULL,
        .scale = engine->scale,
        .outputs = outputs,
        .probabilities = spare,
        .gradient = plan->demand.backward ? gradient : NULL,
        .row = run->space + plan->row,
        .loss = &result->loss,
        .metrics = engine->tile_metrics + run->tile * engine->metric_count * 2,
    });
}

/* What all layers are given of a tile. */
static tl_pass tile_pass(tl_engine *engine, size_t tile, size_t lanes, size_t shard) {
    const tl_plan *plan = &engine->plan;
    tl_pass pass = {
        .kernels = engine->kernels,
        .timesteps = plan->demand.timesteps,
        .width = plan->width,
        .lanes = lanes,
        .training = plan->demand.training,
        .keep = plan->demand.backward,
        .parameters = engine->model->parameters,
        .seed = engine->model->seed,
        .step = engine->step,
        .first_sample = tile * plan->width,
    };
    if (!plan->demand.backward)
        return pass;
    pass.gradients = engine->shard_gradients + shard * engine->model->gradient_count;
    pass.row_gradients = tl_fold_shard(&engine->fold, shard);
    if (plan->clips_rows) {
        pass.row_squares = &engine->results[tile].row_squares;
        pass.clip_value = engine->model->compiled->optimizer.config.clipvalue;
    }
    return pass;
}

static void run_tile(tl_engine *engine, size_t tile, size_t shard, size_t thread) {
    const tl_plan *plan = &engine->plan;
    const size_t first = tile * plan->width, left = engine->batch->samples - first;
    const size_t lanes = left < plan->width ? left : plan->width;
    tl_pass *passes = engine->passes + thread * engine->model->layer_count;
    tile_run run = {.engine = engine,
                    .space = engine->workspaces + thread * engine->workspace,
                    .tile = tile,
                    .first = first,
                    .lanes = lanes,
                    .pass = tile_pass(engine, tile, lanes, shard)};
    engine->results[tile] = (tile_result){0};
    memset(engine->tile_metrics + tile * engine->metric_count * 2, 0,
           engine->metric_count * 2 * sizeof(double));
    if (has_embedding(engine))
        load_tokens(&run);
    else
        load_rows(&run, engine->batch->x, plan->in_steps * plan->in_features, run.space + plan->x);
    load_states(&run);
    forward(&run, passes);
    store_states(&run);
    const float *outputs = passes[engine->model->layer_count - 1].y;
    if (engine->batch->outputs)
        store_outputs(&run, outputs);
    float *dy = run.space + plan->d[0], *spare = run.space + plan->d[1];
    if (engine->batch->targets)
        objective(&run, outputs, dy, spare);
    if (plan->demand.backward)
        backward(&run, passes, dy, spare);
}

static size_t first_tile(const tl_engine *engine, size_t shard) {
    return shard * engine->tiles / engine->shards;
}

/* A shard: its tiles one after the other, into gradients of its own. */
static void run_shard(tl_engine *engine, size_t shard, size_t thread) {
    if (engine->plan.demand.backward) {
        memset(engine->shard_gradients + shard * engine->model->gradient_count, 0,
               engine->model->gradient_count * sizeof(float));
        tl_fold_clear_shard(&engine->fold, shard);
    }
    for (size_t tile = first_tile(engine, shard); tile < first_tile(engine, shard + 1); tile++)
        run_tile(engine, tile, shard, thread);
}

/* shard `to` += shard `from`, for `count` parameters from `first` on. */
static void add_parameters(tl_engine *engine, size_t to, size_t from, size_t first, size_t count) {
    const size_t shard = engine->model->gradient_count;
    engine->kernels->add(count, engine->shard_gradients + from * shard + first,
                         engine->shard_gradients + to * shard + first);
}

/*
 * The sum of all shards is that of pairs, of pairs of pairs and so on, whoever makes it. A group
 * has as many as give each thread the same number of groups: so most is added where it was made, as
 * soon as both sides are there, and little goes from one processor to another.
 */
static size_t shards_in_group(const tl_engine *engine) {
    const size_t threads = tl_pool_threads(engine->pool);
    size_t group = 1;
    while (engine->plan.demand.backward && 2 * group * threads <= engine->shards &&
           engine->shards % (2 * group * threads) == 0)
        group *= 2;
    return group;
}

static void run_group(void *context, size_t number, size_t thread) {
    tl_engine *engine = context;
    const size_t first = number * engine->group;
    for (size_t end = first + 1; end <= first + engine->group; end++) {
        run_shard(engine, end - 1, thread);
        for (size_t step = 1; step < engine->group && end % (2 * step) == 0; step *= 2) {
            add_parameters(engine, end - 2 * step, end - step, 0, engine->model->gradient_count);
            tl_fold_add_shard(&engine->fold, end - 2 * step, end - step);
        }
    }
}

static size_t sum_tasks(const tl_engine *engine) {
    return (engine->model->gradient_count + SUM_PER_TASK - 1) / SUM_PER_TASK;
}

/* shard `to` += shard `from`, for the rows or the parameters of a task. */
static void add_part(tl_engine *engine, size_t task, size_t to, size_t from) {
    const size_t rows = tl_fold_back_tasks(&engine->fold);
    if (task < rows) {
        tl_fold_add_rows(&engine->fold, task, to, from);
        return;
    }
    const size_t count = engine->model->gradient_count, first = (task - rows) * SUM_PER_TASK;
    const size_t left = count - first;
    add_parameters(engine, to, from, first, left < SUM_PER_TASK ? left : SUM_PER_TASK);
}

/* The groups' sums to one, and what follows from it. */
static void back_task(void *context, size_t task, size_t thread) {
    (void)thread;
    tl_engine *engine = context;
    for (size_t step = engine->group; step < engine->shards; step *= 2)
        for (size_t to = 0; to + step < engine->shards; to += 2 * step)
            add_part(engine, task, to, to + step);
    if (task < tl_fold_back_tasks(&engine->fold))
        tl_fold_back(&engine->fold, task);
}

static void finish_gradients(tl_engine *engine) {
    tl_fold *fold = &engine->fold;
    tl_pool_run(engine->pool, sum_tasks(engine) + tl_fold_back_tasks(fold), back_task, engine);
    tl_fold_back_taker(fold, engine->pool, engine->shard_gradients);
}

/* Rows that count in the batch's mean: samples x timesteps, or those that are not masked. */
static double counted_rows(const tl_engine *engine) {
    const tl_batch *batch = engine->batch;
    if (!engine->plan.masked_output)
        return (double)batch->samples * (double)engine->plan.out_steps;
    const size_t steps = engine->plan.in_steps;
    size_t counted = 0;
    for (size_t i = 0; i < batch->samples; i++) {
        const int32_t *row = batch->tokens + tl_batch_row(batch, i) * steps;
        for (size_t t = 0; t < steps; t++)
            counted += row[t] != 0;
    }
    return counted ? (double)counted : 1;
}

static void number_tokens(tl_engine *engine) {
    const tl_batch *batch = engine->batch;
    const size_t steps = engine->plan.in_steps, width = engine->plan.width;
    tl_fold_begin(&engine->fold);
    for (size_t shard = 0; !engine->plan.identity && shard < engine->shards; shard++)
        for (size_t i = first_tile(engine, shard) * width;
             i < first_tile(engine, shard + 1) * width && i < batch->samples; i++)
            tl_fold_add(&engine->fold, shard, batch->tokens + tl_batch_row(batch, i) * steps,
                        steps);
}

static void pack_part(tl_engine *engine, size_t part) {
    for (size_t i = engine->plan.first; i < engine->model->layer_count; i++) {
        const tl_layer *layer = engine->model->layers[i];
        const tl_packing *packing = &engine->plan.layers[i].packing;
        if (packing->size)
            layer->ops->pack(layer, packing, engine->kernels, engine->model->parameters, part,
                             tl_pool_threads(engine->pool), engine->packed + packing->place);
    }
}

static void weights_task(void *context, size_t task, size_t thread) {
    (void)thread;
    tl_engine *engine = context;
    const size_t rows = tl_fold_forward_tasks(&engine->fold);
    if (task < rows)
        tl_fold_forward(&engine->fold, task);
    else
        pack_part(engine, task - rows);
}

/* What is made of the weights alone: the folded table, and where they have changed since they were
 * packed, that. */
static void prepare_weights(tl_engine *engine) {
    const uint64_t changes = engine->model->changes + 1;
    const int packs = engine->plan.packed && engine->packed_changes != changes;
    const size_t parts = packs ? tl_pool_threads(engine->pool) : 0;
    tl_pool_run(engine->pool, tl_fold_forward_tasks(&engine->fold) + parts, weights_task, engine);
    engine->packed_changes = changes;
}

/* The sums over tiles, in order. */
static void collect(tl_engine *engine, tl_result *result) {
    *result = (tl_result){0};
    engine->row_squares = 0;
    for (size_t tile = 0; tile < engine->tiles; tile++) {
        result->loss += engine->results[tile].loss;
        engine->row_squares += engine->results[tile].row_squares;
        for (size_t m = 0; m < engine->metric_count * 2; m++)
            engine->metrics[m] += engine->tile_metrics[tile * engine->metric_count * 2 + m];
    }
}

void tl_engine_run(tl_engine *engine, const tl_batch *batch, uint64_t step, tl_result *result) {
    engine->batch = batch;
    engine->step = step;
    engine->tiles = tl_plan_tiles(&engine->plan, batch->samples);
    engine->shards = tl_plan_shards(&engine->plan, batch->samples);
    engine->group = shards_in_group(engine);
    if (batch->targets) {
        const int sum = engine->model->compiled->loss.config.sum;
        engine->scale = sum ? 1.0 : 1.0 / counted_rows(engine);
    }
    if (has_embedding(engine))
        number_tokens(engine);
    prepare_weights(engine);
    tl_pool_run(engine->pool, engine->shards / engine->group, run_group, engine);
    collect(engine, result);
    if (engine->plan.demand.backward)
        finish_gradients(engine);
}

float *tl_engine_gradient(tl_engine *engine, const tl_weight *weight) {
    return weight->by_rows ? tl_fold_gradients(&engine->fold)
                           : engine->shard_gradients + weight->gradient_offset;
}

void tl_engine_copy_gradient(tl_engine *engine, const tl_weight *weight, float *gradient) {
    const float *from = tl_engine_gradient(engine, weight);
    if (!weight->by_rows || engine->plan.identity) {
        memcpy(gradient, from, weight->size * sizeof *gradient);
        return;
    }
    const size_t width = weight->dims[1];
    memset(gradient, 0, weight->size * sizeof *gradient);
    for (size_t row = 0; row < engine->fold.rows; row++)
        memcpy(gradient + (size_t)engine->fold.tokens[row] * width, from + row * width,
               width * sizeof *gradient);
}

double tl_engine_row_squares(const tl_engine *engine) {
    return engine->plan.clips_rows ? engine->row_squares : -1;
}

int tl_engine_numbers_rows(const tl_engine *engine) {
    return has_embedding(engine) && !engine->plan.identity;
}

tl_rows tl_engine_rows(const tl_engine *engine) {
    const tl_fold *fold = &engine->fold;
    return (tl_rows){fold->tokens, fold->numbers, fold->tokens ? fold->rows : 0};
}

void tl_engine_metrics(const tl_engine *engine, double *values) {
    for (size_t m = 0; m < engine->metric_count; m++) {
        const double weight = engine->metrics[2 * m + 1];
        values[m] = weight != 0 ? engine->metrics[2 * m] / weight : 0;
    }
}

void tl_engine_reset_metrics(tl_engine *engine) {
    memset(engine->metrics, 0, engine->metric_count * 2 * sizeof *engine->metrics);
}
