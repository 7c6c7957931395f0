/* Loss and metrics of one tile. */
#ifndef TL_MODEL_OBJECTIVE_H
#define TL_MODEL_OBJECTIVE_H

#include "model/engine.h"

/* One tile's outputs and what they should have been. */
typedef struct tl_objective {
    const tlstm_model *model;
    const tl_plan *plan;
    const tl_kernels *kernels;
    const tl_batch *batch;
    size_t first, lanes;  /* positions in the batch */
    const float *mask;    /* [out_steps][width] when it reaches the output; NULL: nothing masked */
    double scale;         /* the loss is this times the sum over rows */
    const float *outputs; /* [out_steps][out_features][width]; logits where the plan says so */
    float *probabilities; /* room of the same size, used with logits */
    float *gradient;      /* dL/doutputs; NULL: not wanted */
    float *row;           /* room for 2 x out_features */
    double *loss;         /* += the sum over rows, times scale */
    double *metrics;      /* [metric_count][2] += sum, weight */
} tl_objective;

void tl_objective_run(const tl_objective *objective);

#endif
