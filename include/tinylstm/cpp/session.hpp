/**
 * @file cpp/session.hpp
 * Repeated inference and streams: tinylstm/session.h for C++.
 */
#ifndef TINYLSTM_SESSION_HPP
#define TINYLSTM_SESSION_HPP

#include "tinylstm/cpp/model.hpp"
#include "tinylstm/session.h"

namespace tinylstm {
inline namespace TINYLSTM_ERRORS {

/** Inference on a model with a workspace of its own; its calls allocate nothing and lock nothing.
 * The model must outlive it, and must not be trained or loaded into while it is used; it may be
 * moved. One session belongs to one thread at a time. */
class session : public detail::handle<tlstm_session, tlstm_session_free> {
  public:
    /** Takes over a session that was made for `batch` samples. */
    explicit session(tlstm_session *raw = nullptr, std::int64_t batch = 1) noexcept
        : handle(raw), batch_(batch) {
    }

    /** `batch` samples at most a call, of at most `timesteps` (0: the model's own length). */
    static outcome<session> create(const model &on, std::int64_t batch = 1,
                                   std::int64_t timesteps = 0) {
        tlstm_session *made = nullptr;
        return detail::call(
            [&](tlstm_error **why) {
                return tlstm_session_new(on.get(), batch, timesteps, &made, why);
            },
            [&] { return session(made, batch); });
    }
    static outcome<session> create(const model &&, std::int64_t = 1, std::int64_t = 0) = delete;

    /** Numbers of values one sample has; 0 where `timesteps` do not fit the model. */
    std::size_t input_size(std::int64_t timesteps = 1) const noexcept {
        return tlstm_session_input_size(get(), timesteps);
    }
    std::size_t output_size(std::int64_t timesteps = 1) const noexcept {
        return tlstm_session_output_size(get(), timesteps);
    }

    /** Whole sequences of features or tokens, from a zero state; `x` and `y` have the sizes above
     * for each sample. */
    outcome<void> run(std::int64_t samples, std::int64_t timesteps, span<const float> x,
                      span<float> y) {
        return run_sized(tlstm_session_run, samples, timesteps, x, y);
    }
    outcome<void> run(std::int64_t samples, std::int64_t timesteps, span<const std::int32_t> x,
                      span<float> y) {
        return run_sized(tlstm_session_run_tokens, samples, timesteps, x, y);
    }

    /** One timestep of each stream, from the state that the step before left. */
    outcome<void> step(span<const float> x, span<float> y) {
        return step_sized(tlstm_session_step, x, y);
    }
    outcome<void> step(span<const std::int32_t> x, span<float> y) {
        return step_sized(tlstm_session_step_token, x, y);
    }

    /** The recurrent state of all layers, layer after layer. */
    std::size_t state_size() const noexcept {
        return tlstm_session_state_size(get());
    }
    outcome<void> get_state(span<float> state) const {
        return detail::call([&](tlstm_error **why) {
            return tlstm_session_get_state(get(), state.data(), state.size(), why);
        });
    }
    outcome<void> set_state(span<const float> state) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_session_set_state(get(), state.data(), state.size(), why);
        });
    }
    void reset() noexcept {
        tlstm_session_reset(get());
    }

  private:
    /* What C cannot see: whether the views are as long as it will read and write. A size of 0 is
     * one that does not fit the model; C says why. */
    static bool fits(std::size_t given, std::int64_t samples, std::size_t size) noexcept {
        return size == 0 || given == static_cast<std::size_t>(samples) * size;
    }
    template <class Call, class T>
    outcome<void> sized(Call &&c_call, std::int64_t samples, std::int64_t timesteps, span<T> x,
                        span<float> y) {
        if (!fits(x.size(), samples, input_size(timesteps)))
            return wrong_size("x", x.size(), samples, input_size(timesteps));
        if (!fits(y.size(), samples, output_size(timesteps)))
            return wrong_size("y", y.size(), samples, output_size(timesteps));
        return detail::call(std::forward<Call>(c_call));
    }
    static outcome<void> wrong_size(const char *where, std::size_t given, std::int64_t samples,
                                    std::size_t size) {
        return detail::fail<void>(error(status::shape,
                                        "expected " + std::to_string(samples) + " times " +
                                            std::to_string(size) + " values, got " +
                                            std::to_string(given),
                                        where));
    }

    template <class Run, class T>
    outcome<void> run_sized(Run c_run, std::int64_t samples, std::int64_t timesteps, span<T> x,
                            span<float> y) {
        return sized(
            [&](tlstm_error **why) {
                return c_run(get(), samples, timesteps, x.data(), y.data(), why);
            },
            samples, timesteps, x, y);
    }
    template <class Step, class T> outcome<void> step_sized(Step c_step, span<T> x, span<float> y) {
        return sized([&](tlstm_error **why) { return c_step(get(), x.data(), y.data(), why); },
                     batch_, 1, x, y);
    }

    std::int64_t batch_;
};

} // namespace TINYLSTM_ERRORS
} // namespace tinylstm

#endif
