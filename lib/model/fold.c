#include "model/fold.h"

#include "base/alloc.h"

#include <string.h>

/* Rows of the table that one task makes. */
#define ROWS_PER_TASK 64

/* Tasks for the gradient of the kernel, at most. */
#define GATE_PARTS 8

static const tl_layer *embedding_of(const tl_fold *fold) {
    return fold->model->layers[fold->plan->embedding];
}

/* The layer that takes the folded product. */
static const tl_layer *taker_of(const tl_fold *fold) {
    return fold->model->layers[fold->plan->embedding + 1];
}

static const float *values_of(const tl_fold *fold, const tl_weight *weight) {
    return fold->model->parameters + weight->offset;
}

static size_t features_of(const tl_fold *fold) {
    return embedding_of(fold)->weights[0].dims[1];
}

static size_t vocabulary_of(const tl_fold *fold) {
    return embedding_of(fold)->weights[0].dims[0];
}

/* Floats of one shard. */
static size_t row_block(const tl_fold *fold) {
    return fold->plan->max_rows * fold->plan->row_width;
}

/* What numbering the tokens of a batch needs. */
static int make_numbers(tl_fold *fold) {
    const size_t rows = fold->plan->max_rows;
    fold->numbers = tl_alloc(vocabulary_of(fold), sizeof *fold->numbers);
    fold->tokens = tl_alloc(rows, sizeof *fold->tokens);
    fold->users = fold->plan->demand.backward ? tl_alloc(rows, sizeof *fold->users) : NULL;
    for (size_t v = 0; fold->numbers && v < vocabulary_of(fold); v++)
        fold->numbers[v] = -1;
    return fold->numbers && fold->tokens && (fold->users || !fold->plan->demand.backward);
}

static int make_table(tl_fold *fold) {
    const size_t rows = fold->plan->max_rows, features = features_of(fold);
    const size_t gates = fold->plan->row_width;
    const int numbered = !fold->plan->identity, backward = fold->plan->demand.backward;
    fold->bias = tl_alloc(gates, sizeof *fold->bias);
    fold->table = tl_alloc(rows * gates, sizeof *fold->table);
    fold->vectors = numbered ? tl_alloc(rows * features, sizeof *fold->vectors) : NULL;
    fold->transposed = backward ? tl_alloc(features * gates, sizeof *fold->transposed) : NULL;
    fold->from_table = backward ? tl_alloc(rows * features, sizeof *fold->from_table) : NULL;
    return fold->bias && fold->table && (fold->vectors || !numbered) &&
           ((fold->transposed && fold->from_table) || !backward);
}

/* A narrow table's rows should fill their last register. */
static const tl_kernels *kernels_of(size_t row_width, const tl_kernels *kernels) {
    const size_t last = row_width % TL_LANES;
    return row_width < 2 * TL_LANES && last > 0 ? tl_kernels_for_units(last) : kernels;
}

tlstm_status tl_fold_new(const tlstm_model *model, const tl_plan *plan, const tl_kernels *kernels,
                         tl_fold *fold, tlstm_error **error) {
    *fold =
        (tl_fold){.model = model, .plan = plan, .kernels = kernels_of(plan->row_width, kernels)};
    if (plan->embedding == model->layer_count)
        return TLSTM_OK;
    int made = plan->identity || make_numbers(fold);
    if (made && plan->folded)
        made = make_table(fold);
    if (made && plan->demand.backward) {
        fold->shard_rows = tl_alloc(plan->shards * row_block(fold), sizeof *fold->shard_rows);
        made = fold->shard_rows != NULL;
    }
    if (made)
        return TLSTM_OK;
    tl_fold_clear(fold);
    return tl_fail_memory(error);
}

void tl_fold_clear(tl_fold *fold) {
    tl_free(fold->numbers);
    tl_free(fold->tokens);
    tl_free(fold->users);
    tl_free(fold->vectors);
    tl_free(fold->bias);
    tl_free(fold->table);
    tl_free(fold->transposed);
    tl_free(fold->shard_rows);
    tl_free(fold->from_table);
    *fold = (tl_fold){0};
}

void tl_fold_begin(tl_fold *fold) {
    if (fold->plan->identity) {
        fold->rows = vocabulary_of(fold);
        return;
    }
    for (size_t row = 0; row < fold->rows; row++)
        fold->numbers[fold->tokens[row]] = -1;
    fold->rows = 0;
}

/* A row for a token that has none yet. */
static int32_t add_row(tl_fold *fold, int32_t token) {
    const int32_t row = (int32_t)fold->rows++;
    fold->numbers[token] = row;
    fold->tokens[row] = token;
    if (fold->users)
        fold->users[row] = 0;
    return row;
}

void tl_fold_add(tl_fold *fold, size_t shard, const int32_t *tokens, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t row = fold->numbers[tokens[i]];
        if (row < 0)
            row = add_row(fold, tokens[i]);
        if (fold->users)
            fold->users[row] |= (uint8_t)(1u << shard);
    }
}

int32_t tl_fold_row(const tl_fold *fold, int32_t token) {
    return fold->plan->identity ? token : fold->numbers[token];
}

/* The embeddings of the rows, one below the other. */
static const float *vectors_of(const tl_fold *fold) {
    return fold->plan->identity ? values_of(fold, &embedding_of(fold)->weights[0]) : fold->vectors;
}

static size_t rows_of_task(const tl_fold *fold, size_t task) {
    const size_t left = fold->rows - task * ROWS_PER_TASK;
    return left < ROWS_PER_TASK ? left : ROWS_PER_TASK;
}

static size_t tasks_of(const tl_fold *fold) {
    return (fold->rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
}

static void forward_rows(const tl_fold *fold, size_t task) {
    const tl_layer *taker = taker_of(fold);
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    const size_t first = task * ROWS_PER_TASK, count = rows_of_task(fold, task);
    const float *embeddings = values_of(fold, &embedding_of(fold)->weights[0]);
    if (!fold->plan->identity)
        for (size_t row = first; row < first + count; row++)
            memcpy(fold->vectors + row * features,
                   embeddings + (size_t)fold->tokens[row] * features, features * sizeof(float));
    /* table = b, then += vectors W */
    for (size_t row = first; row < first + count; row++)
        memcpy(fold->table + row * gates, fold->bias, gates * sizeof(float));
    fold->kernels->gemm(count, gates, features, vectors_of(fold) + first * features, features, 1,
                        values_of(fold, &taker->weights[0]), gates, NULL, 1,
                        fold->table + first * gates, gates);
}

/* The gates are cut into parts, too: by their number alone, so that sums stay the same. */
static size_t gates_of_part(const tl_fold *fold) {
    const size_t gates = fold->plan->row_width, share = (gates + GATE_PARTS - 1) / GATE_PARTS;
    return (share + TL_LANES - 1) / TL_LANES * TL_LANES;
}

static size_t gate_parts(const tl_fold *fold) {
    return (fold->plan->row_width + gates_of_part(fold) - 1) / gates_of_part(fold);
}

/* The first gate of a part, and in *count how many it has. */
static size_t gates_at(const tl_fold *fold, size_t part, size_t *count) {
    const size_t first = part * gates_of_part(fold), left = fold->plan->row_width - first;
    *count = left < gates_of_part(fold) ? left : gates_of_part(fold);
    return first;
}

static void transpose_kernel(const tl_fold *fold, size_t part) {
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    const float *kernel = values_of(fold, &taker_of(fold)->weights[0]);
    size_t count, first = gates_at(fold, part, &count);
    for (size_t g = first; g < first + count; g++)
        for (size_t f = 0; f < features; f++)
            fold->transposed[g * features + f] = kernel[f * gates + g];
}

static void forward_task(void *context, size_t task, size_t thread) {
    (void)thread;
    const tl_fold *fold = context;
    if (task < tasks_of(fold))
        forward_rows(fold, task);
    else
        transpose_kernel(fold, task - tasks_of(fold));
}

void tl_fold_forward(tl_fold *fold, tl_pool *pool) {
    const size_t parts = fold->transposed ? gate_parts(fold) : 0;
    const tl_layer *taker = taker_of(fold);
    taker->ops->input_bias(taker, fold->model->parameters, fold->bias);
    tl_pool_run(pool, tasks_of(fold) + parts, forward_task, fold);
}

float *tl_fold_shard(const tl_fold *fold, size_t shard) {
    return fold->shard_rows ? fold->shard_rows + shard * row_block(fold) : NULL;
}

/* Whether one of `count` shards has the row's token. */
static int uses(const tl_fold *fold, size_t shard, size_t count, size_t row) {
    return !fold->users || (fold->users[row] >> shard & ((1u << count) - 1));
}

void tl_fold_clear_shard(tl_fold *fold, size_t shard) {
    const size_t width = fold->plan->row_width;
    float *rows = tl_fold_shard(fold, shard);
    for (size_t row = 0; row < fold->rows; row++)
        if (uses(fold, shard, 1, row))
            memset(rows + row * width, 0, width * sizeof *rows);
}

static void add(float *restrict sum, const float *restrict values, size_t count) {
    for (size_t i = 0; i < count; i++)
        sum[i] += values[i];
}

/* The rows from `first` to `end`. What `to` has not yet lies there as chance left it. */
static void add_rows(const tl_fold *fold, size_t to, size_t from, size_t first, size_t end) {
    const size_t width = fold->plan->row_width, step = from - to;
    float *sums = tl_fold_shard(fold, to);
    const float *values = tl_fold_shard(fold, from);
    for (size_t row = first; row < end; row++) {
        if (!uses(fold, from, step, row))
            continue;
        if (uses(fold, to, step, row))
            add(sums + row * width, values + row * width, width);
        else
            memcpy(sums + row * width, values + row * width, width * sizeof *sums);
    }
}

void tl_fold_add_shard(const tl_fold *fold, size_t to, size_t from) {
    add_rows(fold, to, from, 0, fold->rows);
}

size_t tl_fold_back_tasks(const tl_fold *fold) {
    return tasks_of(fold);
}

void tl_fold_add_rows(const tl_fold *fold, size_t task, size_t to, size_t from) {
    const size_t first = task * ROWS_PER_TASK;
    add_rows(fold, to, from, first, first + rows_of_task(fold, task));
}

void tl_fold_back(tl_fold *fold, size_t task) {
    const size_t first = task * ROWS_PER_TASK, count = rows_of_task(fold, task);
    if (!fold->plan->folded)
        return;
    /* dL/dembeddings[token] = dL/dtable[row] W^T */
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    fold->kernels->gemm(count, features, gates, fold->shard_rows + first * gates, gates, 1,
                        fold->transposed, features, NULL, 0, fold->from_table + first * features,
                        features);
}

typedef struct taker_back {
    const tl_fold *fold;
    float *gradients;
} taker_back;

/* dL/dW += vectors^T dL/dtable, dL/db += column sums, for a part of the gates. */
static void back_taker(void *context, size_t part, size_t thread) {
    (void)thread;
    const taker_back *back = context;
    const tl_fold *fold = back->fold;
    const tl_layer *taker = taker_of(fold);
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    size_t count, first = gates_at(fold, part, &count);
    const float *table = fold->shard_rows + first;
    fold->kernels->gemm(features, count, fold->rows, vectors_of(fold), 1, features, table, gates,
                        NULL, 1, back->gradients + taker->weights[0].gradient_offset + first,
                        gates);
    if (taker->weight_count <= 2)
        return;
    float *bias = back->gradients + taker->weights[2].gradient_offset + first;
    for (size_t row = 0; row < fold->rows; row++)
        add(bias, table + row * gates, count);
}

void tl_fold_back_taker(tl_fold *fold, tl_pool *pool, float *gradients) {
    taker_back back = {fold, gradients};
    if (fold->plan->folded)
        tl_pool_run(pool, gate_parts(fold), back_taker, &back);
}

float *tl_fold_gradients(const tl_fold *fold) {
    return fold->plan->folded ? fold->from_table : fold->shard_rows;
}
