#include "model/fold.h"

#include "base/alloc.h"

#include <string.h>

/* Rows of the table that one task makes. */
#define ROWS_PER_TASK 64

/* Tasks for the gradient of the kernel, at most. */
#define GATE_PARTS 8

/* Up to so many numbers of kernel and bias each task over rows makes its own part of their
 * gradients, while its rows are in the cache: the parts are added up in less time than threads take
 * to meet once more. */
#define MOST_PARTIAL 2048

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

static size_t tasks_for(size_t rows) {
    return (rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
}

/* Numbers of kernel and bias. */
static size_t partial_size(const tl_fold *fold) {
    return (features_of(fold) + 1) * fold->plan->row_width;
}

static int make_table(tl_fold *fold) {
    const size_t rows = fold->plan->max_rows, features = features_of(fold);
    const size_t gates = fold->plan->row_width;
    const int numbered = !fold->plan->identity, backward = fold->plan->demand.backward;
    const size_t tasks = tasks_for(rows);
    const int partial = backward && partial_size(fold) <= MOST_PARTIAL;
    fold->bias = tl_alloc(gates, sizeof *fold->bias);
    fold->table = tl_alloc(rows * gates, sizeof *fold->table);
    fold->vectors = numbered ? tl_alloc(rows * features, sizeof *fold->vectors) : NULL;
    fold->transposed = backward ? tl_alloc(features * gates, sizeof *fold->transposed) : NULL;
    fold->from_table = backward ? tl_alloc(rows * features, sizeof *fold->from_table) : NULL;
    fold->partials = partial ? tl_alloc(tasks * partial_size(fold), sizeof *fold->partials) : NULL;
    return fold->bias && fold->table && (fold->partials || !partial) &&
           (fold->vectors || !numbered) && ((fold->transposed && fold->from_table) || !backward);
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
    tl_free(fold->partials);
    *fold = (tl_fold){0};
}

void tl_fold_begin(tl_fold *fold) {
    if (fold->plan->folded)
        taker_of(fold)->ops->input_bias(taker_of(fold), fold->model->parameters, fold->bias);
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
    return tasks_for(fold->rows);
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
    /* table = vectors W, then += b */
    fold->kernels->gemm(count, gates, features, vectors_of(fold) + first * features, features, 1,
                        values_of(fold, &taker->weights[0]), gates, NULL, 0,
                        fold->table + first * gates, gates);
    fold->kernels->add_to_rows(count, gates, fold->bias, fold->table + first * gates);
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

static size_t transposing_tasks(const tl_fold *fold) {
    return fold->transposed ? gate_parts(fold) : 0;
}

size_t tl_fold_forward_tasks(const tl_fold *fold) {
    return fold->plan->folded ? transposing_tasks(fold) + tasks_of(fold) : 0;
}

void tl_fold_forward(const tl_fold *fold, size_t task) {
    const size_t parts = transposing_tasks(fold);
    if (task < parts)
        transpose_kernel(fold, task);
    else
        forward_rows(fold, task - parts);
}

float *tl_fold_shard(const tl_fold *fold, size_t shard) {
    return fold->shard_rows ? fold->shard_rows + shard * row_block(fold) : NULL;
}

/* Whether one of `count` shards has the row's token. */
static int uses(const tl_fold *fold, size_t shard, size_t count, size_t row) {
    return fold->users[row] >> shard & ((1u << count) - 1);
}

void tl_fold_clear_shard(tl_fold *fold, size_t shard) {
    const size_t width = fold->plan->row_width;
    float *rows = tl_fold_shard(fold, shard);
    if (rows && !fold->users)
        memset(rows, 0, fold->rows * width * sizeof *rows);
    for (size_t row = 0; fold->users && row < fold->rows; row++)
        if (uses(fold, shard, 1, row))
            memset(rows + row * width, 0, width * sizeof *rows);
}

/* The rows from `first` to `end`. What `to` has not yet lies there as chance left it. */
static void add_rows(const tl_fold *fold, size_t to, size_t from, size_t first, size_t end) {
    const size_t width = fold->plan->row_width, step = from - to;
    float *sums = tl_fold_shard(fold, to);
    const float *values = tl_fold_shard(fold, from);
    if (!fold->users) {
        fold->kernels->add((end - first) * width, values + first * width, sums + first * width);
        return;
    }
    for (size_t row = first; row < end; row++) {
        if (!uses(fold, from, step, row))
            continue;
        if (uses(fold, to, step, row))
            fold->kernels->add(width, values + row * width, sums + row * width);
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

/* dL/dW += vectors^T dL/dtable, dL/db += column sums, for some rows and gates. */
static void add_taker(const tl_fold *fold, size_t row, size_t rows, size_t gate, size_t count,
                      float *kernel, float *bias) {
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    const float *table = fold->shard_rows + row * gates + gate;
    fold->kernels->gemm(features, count, rows, vectors_of(fold) + row * features, 1, features,
                        table, gates, NULL, 1, kernel + gate, gates);
    if (bias)
        fold->kernels->column_sums(rows, count, table, gates, bias + gate);
}

void tl_fold_back(const tl_fold *fold, size_t task) {
    const size_t first = task * ROWS_PER_TASK, count = rows_of_task(fold, task);
    if (!fold->plan->folded)
        return;
    /* dL/dembeddings[token] = dL/dtable[row] W^T */
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    fold->kernels->gemm(count, features, gates, fold->shard_rows + first * gates, gates, 1,
                        fold->transposed, features, NULL, 0, fold->from_table + first * features,
                        features);
    if (!fold->partials)
        return;
    float *kernel = fold->partials + task * partial_size(fold);
    memset(kernel, 0, partial_size(fold) * sizeof *kernel);
    add_taker(fold, first, count, 0, gates, kernel, kernel + features * gates);
}

/* The gradients of kernel and bias in a block like a shard's; *bias is NULL where there is none. */
static float *taker_gradients(const tl_fold *fold, float *gradients, float **bias) {
    const tl_layer *taker = taker_of(fold);
    *bias = taker->weight_count > 2 ? gradients + taker->weights[2].gradient_offset : NULL;
    return gradients + taker->weights[0].gradient_offset;
}

static void add_partials(const tl_fold *fold, float *gradients) {
    const size_t weights = features_of(fold) * fold->plan->row_width;
    float *bias, *kernel = taker_gradients(fold, gradients, &bias);
    for (size_t task = 0; task < tasks_of(fold); task++) {
        const float *partial = fold->partials + task * partial_size(fold);
        fold->kernels->add(weights, partial, kernel);
        if (bias)
            fold->kernels->add(fold->plan->row_width, partial + weights, bias);
    }
}

typedef struct taker_back {
    const tl_fold *fold;
    float *gradients;
} taker_back;

static void back_taker(void *context, size_t part, size_t thread) {
    (void)thread;
    const taker_back *back = context;
    float *bias, *kernel = taker_gradients(back->fold, back->gradients, &bias);
    size_t count, first = gates_at(back->fold, part, &count);
    add_taker(back->fold, 0, back->fold->rows, first, count, kernel, bias);
}

void tl_fold_back_taker(const tl_fold *fold, tl_pool *pool, float *gradients) {
    taker_back back = {fold, gradients};
    if (fold->partials)
        add_partials(fold, gradients);
    else if (fold->plan->folded)
        tl_pool_run(pool, gate_parts(fold), back_taker, &back);
}

float *tl_fold_gradients(const tl_fold *fold) {
    return fold->plan->folded ? fold->from_table : fold->shard_rows;
}
