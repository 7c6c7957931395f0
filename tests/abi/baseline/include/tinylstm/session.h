/**
 * @file session.h
 * Repeated inference: a workspace and a recurrent state of one's own on a shared model.
 */
#ifndef TINYLSTM_SESSION_H
#define TINYLSTM_SESSION_H

#include "tinylstm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Inference on a model with a workspace of its own. After it is made, calls on it allocate nothing
 * and lock nothing. The model must outlive it, and must not be trained, loaded into or freed while
 * it is used; weights changed in between are seen. Thread-safety: one session belongs to one thread
 * at a time; any number of sessions share a model.
 */
typedef struct tlstm_session tlstm_session;

/** `batch` samples at most a call (1 for streams), sequences of at most `timesteps` (0: the model's
 * own input length; 1 is enough for tlstm_session_step()). The state begins at zero. */
TLSTM_API tlstm_status tlstm_session_new(const tlstm_model *model, int64_t batch, int64_t timesteps,
                                         tlstm_session **session, tlstm_error **error);
TLSTM_API void tlstm_session_free(tlstm_session *session);

/** Numbers of values one sample has: of the input for `timesteps` timesteps (1 for step), and of
 * the output. 0 where they do not fit the model. */
TLSTM_API size_t tlstm_session_input_size(const tlstm_session *session, int64_t timesteps);
TLSTM_API size_t tlstm_session_output_size(const tlstm_session *session, int64_t timesteps);

/** Whole sequences, from a zero state: `x` holds `samples` x `timesteps` tokens (run_tokens) or x
 * features (run), `y` receives the model's outputs. The session's own state is not touched. */
TLSTM_API tlstm_status tlstm_session_run(tlstm_session *session, int64_t samples, int64_t timesteps,
                                         const float *x, float *y, tlstm_error **error);
TLSTM_API tlstm_status tlstm_session_run_tokens(tlstm_session *session, int64_t samples,
                                                int64_t timesteps, const int32_t *x, float *y,
                                                tlstm_error **error);

/** One timestep of each of the session's `batch` streams, from the state that the step before left.
 * The output is that of the model if the sequence ended here. Models that look at the whole
 * sequence at once (Flatten, go_backwards) are refused with TLSTM_ERROR_UNSUPPORTED. */
TLSTM_API tlstm_status tlstm_session_step(tlstm_session *session, const float *x, float *y,
                                          tlstm_error **error);
TLSTM_API tlstm_status tlstm_session_step_token(tlstm_session *session, const int32_t *x, float *y,
                                                tlstm_error **error);

/** The recurrent state of all layers, layer after layer (LSTM: h then c), each (batch, units): to
 * keep it, to copy it into another session on the same model, to start from it. */
TLSTM_API size_t tlstm_session_state_size(const tlstm_session *session);
TLSTM_API tlstm_status tlstm_session_get_state(const tlstm_session *session, float *state,
                                               size_t count, tlstm_error **error);
TLSTM_API tlstm_status tlstm_session_set_state(tlstm_session *session, const float *state,
                                               size_t count, tlstm_error **error);
TLSTM_API void tlstm_session_reset(tlstm_session *session);

#ifdef __cplusplus
}
#endif

#endif
