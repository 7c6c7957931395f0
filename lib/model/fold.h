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
    int32_t *numbers;  /* [vocabulary] the row of a token, -1: none yet; NULL with identity */
    int32_t *tokens;   /* [max_rows] the token of a row; NULL with identity */
    uint8_t *users;    /* [max_rows] bit s: shard s has the row's token; NULL: all may have */
    size_t rows;       /* in this batch */
    float *vectors;    /* [max_rows][features] the embeddings of the rows; NULL with identity */
    float *bias;       /* [gates], that of the table */
    float *table;      /* [max_rows][gates]; NULL when not folded */
    float *transposed; /* [gates][features] the kernel, for the backward pass */
    float *partials;   /* [tasks][kernel and bias], their gradients; NULL: they are large */
    float *
        shard_rows; /* [shards][max_rows][row_width] gradients; their sum takes the first's place */
    float *from_table; /* [max_rows][features] the embedding's gradient out of a folded table's */
} tl_fold;

tlstm_status tl_fold_new(const tlstm_model *model, const tl_plan *plan, const tl_kernels *kernels,
                         tl_fold *fold, tlstm_error **error);
void tl_fold_clear(tl_fold *fold);

/* The next batch: begin, then its tokens are numbered by add for each sample of each shard. */
void tl_fold_begin(tl_fold *fold);
void tl_fold_add(tl_fold *fold, size_t shard, const int32_t *tokens, size_t count);
/* The row of a token. */
int32_t tl_fold_row(const tl_fold *fold, int32_t token);

/* table = embeddings[tokens] W + b, in tasks that may run in any order; none when not folded. */
size_t tl_fold_forward_tasks(const tl_fold *fold);
void tl_fold_forward(const tl_fold *fold, size_t task);

/* Where a shard adds its gradients up by rows, and how it begins: zeros in the rows of its tokens.
 */
float *tl_fold_shard(const tl_fold *fold, size_t shard);
void tl_fold_clear_shard(tl_fold *fold, size_t shard);
/* shard `to` += shard `from`, each the sum of the from - to shards from it on. */
void tl_fold_add_shard(const tl_fold *fold, size_t to, size_t from);

/* The way back, in tasks over the rows that may run in any order: as tl_fold_add_shard(), until
 * shard 0 is the sum of all, then from it the gradient of the embedding. */
size_t tl_fold_back_tasks(const tl_fold *fold);
void tl_fold_add_rows(const tl_fold *fold, size_t task, size_t to, size_t from);
void tl_fold_back(const tl_fold *fold, size_t task);
/* After these, when folded: the gradients of kernel and input bias, added to a block like a
 * shard's. */
void tl_fold_back_taker(const tl_fold *fold, tl_pool *pool, float *gradients);

/* The embedding's gradient, [rows][features]. */
float *tl_fold_gradients(const tl_fold *fold);

#endif
