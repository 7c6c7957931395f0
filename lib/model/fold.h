/* Tokens by rows: numbering the distinct tokens of a batch, and the folded product of embedding and
 * kernel. */
#ifndef TL_MODEL_FOLD_H
#define TL_MODEL_FOLD_H

#include "base/pool.h"
#include "model/plan.h"

typedef struct tl_fold {
    const tlstm_model *model;
    const tl_plan *plan;
    const tl_kernels *kernels;
    int32_t *numbers;     /* [vocabulary] the row of a token, -1: none yet; NULL with identity */
    int32_t *tokens;      /* [max_rows] the token of a row; NULL with identity */
    size_t rows;          /* in this batch */
    float *vectors;       /* [max_rows][features] the embeddings of the rows; NULL with identity */
    float *table;         /* [max_rows][gates]; NULL when not folded */
    float *transposed;    /* [gates][features] the kernel, for the backward pass */
    float *row_gradients; /* [max_rows][row_width] the sum of the shards */
} tl_fold;

tlstm_status tl_fold_new(const tlstm_model *model, const tl_plan *plan, const tl_kernels *kernels,
                         tl_fold *fold, tlstm_error **error);
void tl_fold_clear(tl_fold *fold);

/* Numbers the tokens of the next batch: call begin, then add for each sample. */
void tl_fold_begin(tl_fold *fold);
void tl_fold_add(tl_fold *fold, const int32_t *tokens, size_t count);
/* Numbers them again in the order of tokens. */
void tl_fold_sort(tl_fold *fold);
/* The row of a token. */
int32_t tl_fold_row(const tl_fold *fold, int32_t token);

/* table = embeddings[tokens] W + b, over the pool. */
void tl_fold_forward(tl_fold *fold, tl_pool *pool);
/* From row_gradients: gradients of embedding, and when folded of kernel and input bias, into a
 * block like the model's parameters, where the embedding's part is zero. */
void tl_fold_backward(tl_fold *fold, tl_pool *pool, float *gradients);

#endif
