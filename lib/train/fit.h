/* Training, evaluation, prediction, gradients: what the public calls of train.h come down to. */
#ifndef TL_TRAIN_FIT_H
#define TL_TRAIN_FIT_H

#include "model/model.h"
#include "tinylstm/train.h"

/* Options are complete and checked for NULLs (api/train.c). */
tlstm_status tl_fit(tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                    const tlstm_fit_options *options, tlstm_history **history, tlstm_error **error);

/* `values` has room for 1 + metric_count. */
tlstm_status tl_evaluate(tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                         const tlstm_run_options *options, double *values, tlstm_error **error);

tlstm_status tl_predict(tlstm_model *model, const tlstm_array *x, const tlstm_run_options *options,
                        tlstm_array **y, tlstm_error **error);

tlstm_status tl_gradient(tlstm_model *model, const tlstm_array *x, const tlstm_array *y,
                         const tlstm_array *sample_weight, size_t weight, tlstm_array **gradient,
                         tlstm_error **error);

#endif
