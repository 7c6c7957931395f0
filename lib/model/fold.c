#include "model/fold.h"

#include "base/alloc.h"

#include <string.h>

/* Rows of the table that one task makes. */
#define ROWS_PER_TASK 64

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

tlstm_status tl_fold_new(const tlstm_model *model, const tl_plan *plan, const tl_kernels *kernels,
                         tl_fold *fold, tlstm_error **error) {
    *fold = (tl_fold){.model = model, .plan = plan, .kernels = kernels};
    if (plan->embedding == model->layer_count)
        return TLSTM_OK;
    const size_t rows = plan->max_rows, features = features_of(fold);
    int made = 1;
    if (!plan->identity) {
        fold->numbers = tl_alloc(vocabulary_of(fold), sizeof *fold->numbers);
        fold->tokens = tl_alloc(rows, sizeof *fold->tokens);
        fold->vectors = plan->folded ? tl_alloc(rows * features, sizeof *fold->vectors) : NULL;
        made = fold->numbers && fold->tokens && (fold->vectors || !plan->folded);
        for (size_t v = 0; made && v < vocabulary_of(fold); v++)
            fold->numbers[v] = -1;
    }
    if (plan->folded) {
        fold->table = tl_alloc(rows * plan->row_width, sizeof *fold->table);
        fold->transposed = tl_alloc(features * plan->row_width, sizeof *fold->transposed);
        made = made && fold->table && fold->transposed;
    }
    if (plan->demand.backward) {
        fold->row_gradients = tl_alloc(rows * plan->row_width, sizeof *fold->row_gradients);
        made = made && fold->row_gradients;
    }
    if (made)
        return TLSTM_OK;
    tl_fold_clear(fold);
    return tl_fail_memory(error);
}

void tl_fold_clear(tl_fold *fold) {
    tl_free(fold->numbers);
    tl_free(fold->tokens);
    tl_free(fold->vectors);
    tl_free(fold->table);
    tl_free(fold->transposed);
    tl_free(fold->row_gradients);
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

void tl_fold_add(tl_fold *fold, const int32_t *tokens, size_t count) {
    if (fold->plan->identity)
        return;
    for (size_t i = 0; i < count; i++) {
        if (fold->numbers[tokens[i]] >= 0)
            continue;
        fold->numbers[tokens[i]] = (int32_t)fold->rows;
        fold->tokens[fold->rows++] = tokens[i];
    }
}

void tl_fold_sort(tl_fold *fold) {
    size_t row = 0;
    for (size_t token = 0; token < vocabulary_of(fold); token++) {
        if (fold->numbers[token] < 0)
            continue;
        fold->numbers[token] = (int32_t)row;
        fold->tokens[row++] = (int32_t)token;
    }
}

/* The token of a row. */
static int32_t token_of(const tl_fold *fold, size_t row) {
    return fold->plan->identity ? (int32_t)row : fold->tokens[row];
}

int32_t tl_fold_row(const tl_fold *fold, int32_t token) {
    return fold->plan->identity ? token : fold->numbers[token];
}

/* The embeddings of the rows, side by side. */
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

static void forward_rows(void *context, size_t task, size_t thread) {
    (void)thread;
    const tl_fold *fold = context;
    const tl_layer *taker = taker_of(fold);
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    const size_t first = task * ROWS_PER_TASK, count = rows_of_task(fold, task);
    const float *embeddings = values_of(fold, &embedding_of(fold)->weights[0]);
    if (!fold->plan->identity)
        for (size_t row = first; row < first + count; row++)
            memcpy(fold->vectors + row * features,
                   embeddings + (size_t)fold->tokens[row] * features, features * sizeof(float));
    /* table = b, then += vectors W */
    for (size_t row = first; row < first + count; row++) {
        if (taker->weight_count > 2)
            memcpy(fold->table + row * gates, values_of(fold, &taker->weights[2]),
                   gates * sizeof(float));
        else
            memset(fold->table + row * gates, 0, gates * sizeof(float));
    }
    fold->kernels->gemm(count, gates, features, vectors_of(fold) + first * features, features, 1,
                        values_of(fold, &taker->weights[0]), gates, NULL, 1,
                        fold->table + first * gates, gates);
}

void tl_fold_forward(tl_fold *fold, tl_pool *pool) {
    tl_pool_run(pool, tasks_of(fold), forward_rows, fold);
}

typedef struct back_context {
    const tl_fold *fold;
    float *embedding_gradient;
} back_context;

/* dL/dembeddings[token] = dL/dtable[row] W^T, or the row's gradient itself when not folded. The
 * vectors have done their work by now: their place takes the products. */
static void back_rows(void *context, size_t task, size_t thread) {
    (void)thread;
    const back_context *back = context;
    const tl_fold *fold = back->fold;
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    const size_t first = task * ROWS_PER_TASK, count = rows_of_task(fold, task);
    const float *from = fold->row_gradients + first * gates;
    if (fold->plan->folded) {
        float *to =
            (fold->plan->identity ? back->embedding_gradient : fold->vectors) + first * features;
        fold->kernels->gemm(count, features, gates, from, gates, 1, fold->transposed, features,
                            NULL, 0, to, features);
        from = to;
        if (fold->plan->identity)
            return;
    }
    for (size_t r = 0; r < count; r++) {
        const size_t token = (size_t)token_of(fold, first + r);
        memcpy(back->embedding_gradient + token * features, from + r * features,
               features * sizeof *from);
    }
}

/* dL/dW += vectors^T dL/dtable, dL/db += column sums. */
static void back_taker(const tl_fold *fold, float *gradients) {
    const tl_layer *taker = taker_of(fold);
    const size_t features = features_of(fold), gates = fold->plan->row_width;
    fold->kernels->gemm(features, gates, fold->rows, vectors_of(fold), 1, features,
                        fold->row_gradients, gates, NULL, 1, gradients + taker->weights[0].offset,
                        gates);
    if (taker->weight_count <= 2)
        return;
    float *bias = gradients + taker->weights[2].offset;
    for (size_t row = 0; row < fold->rows; row++)
        for (size_t g = 0; g < gates; g++)
            bias[g] += fold->row_gradients[row * gates + g];
}

void tl_fold_backward(tl_fold *fold, tl_pool *pool, float *gradients) {
    if (fold->plan->folded) {
        const tl_weight *kernel = &taker_of(fold)->weights[0];
        const size_t features = features_of(fold), gates = fold->plan->row_width;
        for (size_t f = 0; f < features; f++)
            for (size_t g = 0; g < gates; g++)
                fold->transposed[g * features + f] = values_of(fold, kernel)[f * gates + g];
        back_taker(fold, gradients);
    }
    back_context back = {fold, gradients + embedding_of(fold)->weights[0].offset};
    tl_pool_run(pool, tasks_of(fold), back_rows, &back);
}
