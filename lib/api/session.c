/* The public functions of tinylstm/session.h. */
#include "tinylstm/session.h"

#include "api/options.h"
#include "model/session.h"

tlstm_status tlstm_session_new(const tlstm_model *model, int64_t batch, int64_t timesteps,
                               tlstm_session **session, tlstm_error **error) {
    tlstm_status status = tl_require(model, "model", error);
    if (!status)
        status = tl_require(session, "session", error);
    if (status)
        return status;
    if (batch < 1 || batch > 1 << 24)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "batch", "must be 1 to 16777216, not %lld",
                       (long long)batch);
    if (timesteps < 0)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "timesteps", "must not be negative");
    if (!model->built)
        return tl_fail(error, TLSTM_ERROR_STATE, model->name, "the model is not built");
    return tl_session_new(model, (size_t)batch, (size_t)timesteps, session, error);
}

void tlstm_session_free(tlstm_session *session) {
    tl_session_free(session);
}

size_t tlstm_session_input_size(const tlstm_session *session, int64_t timesteps) {
    return session ? tl_session_input_size(session, timesteps) : 0;
}

size_t tlstm_session_output_size(const tlstm_session *session, int64_t timesteps) {
    return session ? tl_session_output_size(session, timesteps) : 0;
}

/* Sessions are called for each timestep: nothing else is in the way of a call that is in order. */
static TL_COLD tlstm_status missing(const void *session, const void *x, const void *y,
                                    tlstm_error **error) {
    tlstm_status status = tl_require(session, "session", error);
    if (!status)
        status = tl_require(x, "x", error);
    return status ? status : tl_require(y, "y", error);
}

tlstm_status tlstm_session_run(tlstm_session *session, int64_t samples, int64_t timesteps,
                               const float *x, float *y, tlstm_error **error) {
    if (!session || !x || !y)
        return missing(session, x, y, error);
    return tl_session_run(session, samples, timesteps, x, NULL, y, error);
}

tlstm_status tlstm_session_run_tokens(tlstm_session *session, int64_t samples, int64_t timesteps,
                                      const int32_t *x, float *y, tlstm_error **error) {
    if (!session || !x || !y)
        return missing(session, x, y, error);
    return tl_session_run(session, samples, timesteps, NULL, x, y, error);
}

tlstm_status tlstm_session_step(tlstm_session *session, const float *x, float *y,
                                tlstm_error **error) {
    if (!session || !x || !y)
        return missing(session, x, y, error);
    return tl_session_step(session, x, NULL, y, error);
}

tlstm_status tlstm_session_step_token(tlstm_session *session, const int32_t *x, float *y,
                                      tlstm_error **error) {
    if (!session || !x || !y)
        return missing(session, x, y, error);
    return tl_session_step(session, NULL, x, y, error);
}

size_t tlstm_session_state_size(const tlstm_session *session) {
    return session ? tl_session_state_size(session) : 0;
}

tlstm_status tlstm_session_get_state(const tlstm_session *session, float *state, size_t count,
                                     tlstm_error **error) {
    if (!session || !state)
        return missing(session, state, state, error);
    return tl_session_get_state(session, state, count, error);
}

tlstm_status tlstm_session_set_state(tlstm_session *session, const float *state, size_t count,
                                     tlstm_error **error) {
    if (!session || !state)
        return missing(session, state, state, error);
    return tl_session_set_state(session, state, count, error);
}

void tlstm_session_reset(tlstm_session *session) {
    if (session)
        tl_session_reset(session);
}
