#include "model/session.h"

#include "base/alloc.h"
#include "model/stream.h"

#include <string.h>

struct tlstm_session {
    const tlstm_model *model;
    tl_pool *pool;        /* of one thread: the caller's */
    tl_engine *sequences; /* for run */
    tl_engine *steps;     /* for step; NULL: the model cannot */
    tl_stream *stream;    /* instead of all these when `batch` is 1 */
    size_t batch, timesteps;
    size_t vocabulary;
    int can_step;
    float *states; /* (batch, state_size) as the engine takes them */
};

/* The layer that keeps the model from running step by step; NULL: none. */
static const tl_layer *unsteady_layer(const tlstm_model *model) {
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layers[i]->ops->steps && !model->layers[i]->ops->steps(model->layers[i]))
            return model->layers[i];
    return NULL;
}

static int has_timesteps(const tlstm_model *model) {
    return model->takes_tokens || model->input.ndim > 1;
}

static int can_step(const tlstm_model *model) {
    return has_timesteps(model) && !unsteady_layer(model);
}

static tlstm_status find_timesteps(const tlstm_model *model, size_t *timesteps,
                                   tlstm_error **error) {
    const int64_t own = has_timesteps(model) ? model->input.dims[0] : 1;
    if (*timesteps == 0 && own < 0)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "timesteps",
                       "the model takes sequences of any length: say the longest");
    if (*timesteps == 0)
        *timesteps = (size_t)own;
    return TLSTM_OK;
}

/* Engines for sequences and for steps, of several samples each. */
static tlstm_status make_engines(tlstm_session *session, tlstm_error **error) {
    const tlstm_model *model = session->model;
    tl_demand demand = {.samples = session->batch, .timesteps = session->timesteps};
    tlstm_status status = tl_pool_new(1, &session->pool, error);
    if (!status)
        status = tl_engine_new(model, &demand, session->pool, &session->sequences, error);
    demand.timesteps = 1;
    if (!status && session->can_step)
        status = tl_engine_new(model, &demand, session->pool, &session->steps, error);
    if (status)
        return status;
    session->states = tl_alloc_zero(tl_session_state_size(session), sizeof *session->states);
    return session->states ? TLSTM_OK : tl_fail_memory(error);
}

tlstm_status tl_session_new(const tlstm_model *model, size_t batch, size_t timesteps,
                            tlstm_session **session, tlstm_error **error) {
    tlstm_status status = find_timesteps(model, &timesteps, error);
    if (status)
        return status;
    tlstm_session *made = tl_alloc_zero(1, sizeof *made);
    if (!made)
        return tl_fail_memory(error);
    made->model = model;
    made->batch = batch;
    made->timesteps = timesteps;
    made->can_step = can_step(model);
    made->vocabulary = tl_model_vocabulary(model);
    status = batch == 1 ? tl_stream_new(model, timesteps, &made->stream, error)
                        : make_engines(made, error);
    if (status)
        tl_session_free(made);
    else
        *session = made;
    return status;
}

void tl_session_free(tlstm_session *session) {
    if (!session)
        return;
    tl_stream_free(session->stream);
    tl_engine_free(session->sequences);
    tl_engine_free(session->steps);
    tl_pool_free(session->pool);
    tl_free(session->states);
    tl_free(session);
}

/* Whether the model takes sequences of this length at all. */
static int fits(const tlstm_session *session, int64_t timesteps) {
    const tlstm_model *model = session->model;
    const int64_t own = has_timesteps(model) ? model->input.dims[0] : 1;
    return timesteps > 0 && (own < 0 || timesteps == own);
}

size_t tl_session_input_size(const tlstm_session *session, int64_t timesteps) {
    const tlstm_model *model = session->model;
    if (!fits(session, timesteps) && timesteps != 1)
        return 0;
    const size_t features = model->takes_tokens ? 1 : tl_shape_features(&model->input);
    return has_timesteps(model) ? (size_t)timesteps * features : features;
}

size_t tl_session_output_size(const tlstm_session *session, int64_t timesteps) {
    const tl_shape *output = tl_model_output(session->model);
    if (fits(session, timesteps))
        return tl_shape_timesteps(output, (size_t)timesteps) * tl_shape_features(output);
    return timesteps == 1 && session->can_step ? tl_shape_features(output) : 0;
}

/* The first of the tokens that the vocabulary has not; `count` when there is none. */
static size_t unknown_token(const tlstm_session *session, const int32_t *tokens, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (tokens[i] < 0 || (size_t)tokens[i] >= session->vocabulary)
            return i;
    return count;
}

static tlstm_status check_tokens(const tlstm_session *session, const int32_t *tokens, size_t count,
                                 tlstm_error **error) {
    const size_t i = unknown_token(session, tokens, count);
    if (i == count)
        return TLSTM_OK;
    return tl_fail(error, TLSTM_ERROR_VALUE, "x", "token %d is not one of 0 to %zu", tokens[i],
                   session->vocabulary - 1);
}

static int is_kind(const tlstm_session *session, const int32_t *tokens) {
    return session->model->takes_tokens == (tokens != NULL);
}

static tlstm_status check_kind(const tlstm_session *session, const int32_t *tokens,
                               tlstm_error **error) {
    if (is_kind(session, tokens))
        return TLSTM_OK;
    return tl_fail(error, TLSTM_ERROR_ARGUMENT, "x",
                   session->model->takes_tokens ? "the model takes tokens: use the call for tokens"
                                                : "the model takes features, not tokens");
}

tlstm_status tl_session_run(tlstm_session *session, int64_t samples, int64_t timesteps,
                            const float *x, const int32_t *tokens, float *y, tlstm_error **error) {
    tlstm_status status = check_kind(session, tokens, error);
    if (status)
        return status;
    if (samples < 1 || (size_t)samples > session->batch)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "samples", "must be 1 to %zu, not %lld",
                       session->batch, (long long)samples);
    if (!fits(session, timesteps) || (size_t)timesteps > session->timesteps)
        return tl_fail(error, TLSTM_ERROR_SHAPE, "timesteps",
                       "%lld do not fit a session for sequences of at most %zu",
                       (long long)timesteps, session->timesteps);
    if (tokens)
        status = check_tokens(session, tokens, (size_t)(samples * timesteps), error);
    if (status)
        return status;
    if (session->stream) {
        tl_stream_run(session->stream, (size_t)timesteps, x, tokens, y);
        return TLSTM_OK;
    }
    tl_result result;
    tl_engine_set_timesteps(session->sequences, (size_t)timesteps);
    tl_engine_run(session->sequences,
                  &(tl_batch){.samples = (size_t)samples, .x = x, .tokens = tokens, .outputs = y},
                  0, &result);
    return TLSTM_OK;
}

/* A step takes less time than some checks: these are all, and none calls a function. */
static int takes_step(const tlstm_session *session, const int32_t *tokens) {
    return is_kind(session, tokens) && session->can_step &&
           (!tokens || unknown_token(session, tokens, session->batch) == session->batch);
}

static TL_COLD tlstm_status refuse_step(const tlstm_session *session, const int32_t *tokens,
                                        tlstm_error **error) {
    tlstm_status status = check_kind(session, tokens, error);
    if (status)
        return status;
    if (session->can_step)
        return check_tokens(session, tokens, session->batch, error);
    const tl_layer *layer = unsteady_layer(session->model);
    return tl_fail(error, TLSTM_ERROR_UNSUPPORTED, layer ? layer->name : session->model->name,
                   "the model cannot run one timestep at a time");
}

static TL_OUTLINE void step_batch(tlstm_session *session, const float *x, const int32_t *tokens,
                                  float *y) {
    tl_result result;
    tl_engine_run(session->steps,
                  &(tl_batch){.samples = session->batch,
                              .x = x,
                              .tokens = tokens,
                              .states = session->states,
                              .outputs = y},
                  0, &result);
}

tlstm_status tl_session_step(tlstm_session *session, const float *x, const int32_t *tokens,
                             float *y, tlstm_error **error) {
    if (!takes_step(session, tokens))
        return refuse_step(session, tokens, error);
    if (session->stream)
        tl_stream_step(session->stream, x, tokens, y);
    else
        step_batch(session, x, tokens, y);
    return TLSTM_OK;
}

size_t tl_session_state_size(const tlstm_session *session) {
    return session->stream ? tl_stream_state_size(session->stream)
                           : session->batch * tl_engine_plan(session->sequences)->state_size;
}

/* Outside, states go layer after layer and part after part (h, c), each (batch, units); inside,
 * sample after sample. */
static void copy_states(const tlstm_session *session, float *outside, float *inside, int out) {
    const size_t size = tl_engine_plan(session->sequences)->state_size;
    size_t at = 0;
    for (size_t i = 0; i < session->model->layer_count; i++) {
        const tl_layer *layer = session->model->layers[i];
        const size_t units = layer->state_size ? layer->weights[1].dims[0] : 1;
        for (size_t part = 0; part < layer->state_size / units; part++, at += units)
            for (size_t sample = 0; sample < session->batch; sample++) {
                float *there = outside + at * session->batch + sample * units;
                float *here = inside + sample * size + at;
                memcpy(out ? there : here, out ? here : there, units * sizeof(float));
            }
    }
}

static tlstm_status check_count(const tlstm_session *session, size_t count, tlstm_error **error) {
    if (count == tl_session_state_size(session))
        return TLSTM_OK;
    return tl_fail(error, TLSTM_ERROR_SHAPE, "state", "the state has %zu values, not %zu",
                   tl_session_state_size(session), count);
}

tlstm_status tl_session_get_state(const tlstm_session *session, float *state, size_t count,
                                  tlstm_error **error) {
    tlstm_status status = check_count(session, count, error);
    if (!status && session->stream)
        tl_stream_get_state(session->stream, state);
    else if (!status)
        copy_states(session, state, session->states, 1);
    return status;
}

tlstm_status tl_session_set_state(tlstm_session *session, const float *state, size_t count,
                                  tlstm_error **error) {
    tlstm_status status = check_count(session, count, error);
    if (!status && session->stream)
        tl_stream_set_state(session->stream, state);
    else if (!status)
        /* Read only: copy_states writes to one side. */
        copy_states(session, (float *)state, session->states, 0);
    return status;
}

void tl_session_reset(tlstm_session *session) {
    if (session->stream)
        tl_stream_reset(session->stream);
    else
        memset(session->states, 0, tl_session_state_size(session) * sizeof *session->states);
}
