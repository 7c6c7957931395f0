/*
 * The plan: how a model runs over a batch of given size. Decides the width of tiles, whether the
 * embedding is folded, where the backward pass ends, what the loss is given, and where everything
 * lies in a workspace. It depends on the model and the sizes alone, never on the number of threads:
 * so do the results.
 */
#ifndef TL_MODEL_PLAN_H
#define TL_MODEL_PLAN_H

#include "model/model.h"

/* Shards of a training batch: each adds the gradients of its tiles up in order, then the shards are
 * added in pairs, in pairs of pairs and so on. More of them would use more threads and more memory.
 */
#define TL_MAX_SHARDS 8

/* No tile is wider. */
#define TL_MOST_WIDTH (2 * TL_LANES)

typedef struct tl_demand {
    size_t samples;   /* at most, in a batch */
    size_t timesteps; /* of the input, in place of None */
    int backward;     /* gradients are wanted */
    int training;     /* dropout is on */
    int loss;         /* a loss and metrics are wanted */
} tl_demand;

typedef struct tl_place {
    size_t y, cache;    /* offsets in the workspace, in floats */
    int x_in_rows;      /* tl_pass.x_in_rows */
    tl_packing packing; /* of its weights, in a block that all threads share */
} tl_place;

typedef struct tl_plan {
    tl_demand demand;
    size_t width;
    size_t tiles, shards; /* of a full batch */
    size_t first;         /* the first layer that runs */
    size_t embedding;     /* the layer that takes tokens; layer_count: none */
    int folded;           /* its product with the next layer's kernel comes from a table */
    int clips_rows;       /* its gradients are clipped occurrence by occurrence */
    int identity;     /* rows are token numbers; else distinct tokens of the batch are numbered */
    size_t max_rows;  /* of the table or of the embedding's gradient */
    size_t row_width; /* floats in a row of that */
    size_t lowest;    /* the last layer of the backward pass */
    int logits;       /* the loss works on what goes into the last activation */
    tl_output_form form;
    int masked_output;              /* tl_plan_masks_output() */
    size_t state_size;              /* floats of recurrent state per sample, of all layers */
    size_t in_steps, in_features;   /* of one sample's input */
    size_t out_steps, out_features; /* of its output */

    /* Places in a thread's workspace, in floats. */
    tl_place *layers; /* one for each layer */
    size_t packed;    /* floats of all packed weights */
    size_t x, tokens, rows, mask, state, d[2], row, total;
} tl_plan;

tlstm_status tl_plan_new(const tlstm_model *model, const tl_demand *demand, tl_plan *plan,
                         tlstm_error **error);
void tl_plan_clear(tl_plan *plan);

/* Lays the workspace out for other, not longer sequences; needs no memory. */
void tl_plan_set_timesteps(const tlstm_model *model, tl_plan *plan, size_t timesteps);

/* 1 when the mask of the tokens reaches the loss. */
int tl_plan_masks_output(const tlstm_model *model);

/* How many tiles and shards a batch of `samples` has under a plan. */
size_t tl_plan_tiles(const tl_plan *plan, size_t samples);
size_t tl_plan_shards(const tl_plan *plan, size_t samples);

#endif
