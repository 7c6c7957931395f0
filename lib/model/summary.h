#ifndef TL_MODEL_SUMMARY_H
#define TL_MODEL_SUMMARY_H

#include "model/model.h"

/* What Keras 2's model.summary() prints, `width` columns wide; free with tl_free. */
tlstm_status tl_model_summary(const tlstm_model *model, size_t width, char **text,
                              tlstm_error **error);

void tl_model_count(const tlstm_model *model, int64_t *all, int64_t *trainable);

#endif
