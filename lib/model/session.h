/* Sessions: inference with a workspace and a state of one's own. */
#ifndef TL_MODEL_SESSION_H
#define TL_MODEL_SESSION_H

#include "model/engine.h"
#include "tinylstm/session.h"

tlstm_status tl_session_new(const tlstm_model *model, size_t batch, size_t timesteps,
                            tlstm_session **session, tlstm_error **error);
void tl_session_free(tlstm_session *session);
size_t tl_session_input_size(const tlstm_session *session, int64_t timesteps);
size_t tl_session_output_size(const tlstm_session *session, int64_t timesteps);

/* One of x and tokens is given. */
tlstm_status tl_session_run(tlstm_session *session, int64_t samples, int64_t timesteps,
                            const float *x, const int32_t *tokens, float *y, tlstm_error **error);
tlstm_status tl_session_step(tlstm_session *session, const float *x, const int32_t *tokens,
                             float *y, tlstm_error **error);

size_t tl_session_state_size(const tlstm_session *session);
tlstm_status tl_session_get_state(const tlstm_session *session, float *state, size_t count,
                                  tlstm_error **error);
tlstm_status tl_session_set_state(tlstm_session *session, const float *state, size_t count,
                                  tlstm_error **error);
void tl_session_reset(tlstm_session *session);

#endif
