/*
 * A model at work on one sample at a time, whole sequences or timestep after timestep: what a
 * session of one stream is. It owns all memory that takes; running allocates nothing.
 */
#ifndef TL_MODEL_STREAM_H
#define TL_MODEL_STREAM_H

#include "model/model.h"

typedef struct tl_stream tl_stream;

/* For sequences of at most `timesteps`. The recurrent state begins at zero. */
tlstm_status tl_stream_new(const tlstm_model *model, size_t timesteps, tl_stream **stream,
                           tlstm_error **error);
void tl_stream_free(tl_stream *stream);

/* A sequence from a zero state, which leaves the stream's own alone; one of x and tokens is given,
 * and tokens are within the vocabulary. `y` receives the model's output. */
void tl_stream_run(tl_stream *stream, size_t timesteps, const float *x, const int32_t *tokens,
                   float *y);
/* One timestep from the stream's state on. */
void tl_stream_step(tl_stream *stream, const float *x, const int32_t *tokens, float *y);

/* The state of all layers, part after part (an LSTM's h, then c), [units] each. */
size_t tl_stream_state_size(const tl_stream *stream);
void tl_stream_get_state(const tl_stream *stream, float *state);
void tl_stream_set_state(tl_stream *stream, const float *state);
void tl_stream_reset(tl_stream *stream);

#endif
