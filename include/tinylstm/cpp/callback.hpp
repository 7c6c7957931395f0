/**
 * @file cpp/callback.hpp
 * Callbacks for fit, Keras's and closures of one's own: tinylstm/callback.h for C++.
 */
#ifndef TINYLSTM_CALLBACK_HPP
#define TINYLSTM_CALLBACK_HPP

#include "tinylstm/callback.h"
#include "tinylstm/cpp/common.hpp"

#include <functional>

namespace tinylstm {
inline namespace TINYLSTM_ERRORS {

class model;

/** Which way a monitored value improves. */
enum class mode : std::int32_t {
    automatic = TLSTM_MODE_AUTO,
    min = TLSTM_MODE_MIN,
    max = TLSTM_MODE_MAX
};

/** What a callback answers. */
enum class verdict : std::int32_t {
    proceed = TLSTM_CONTINUE,
    stop_training = TLSTM_STOP_TRAINING, /**< the epoch ends as usual, then fit returns */
    abort = TLSTM_ABORT                  /**< fit fails with status::stopped at once */
};

/** Arguments of callback::checkpoint(); see ::tlstm_checkpoint_options. */
struct checkpoint_options {
    const char *monitor = nullptr;
    tinylstm::mode mode = tinylstm::mode::automatic;
    bool save_best_only = false;
    bool save_weights_only = false;
    bool verbose = false;
    std::optional<double> initial_value_threshold = std::nullopt;

    tlstm_checkpoint_options c_options() const {
        tlstm_checkpoint_options options = TLSTM_CHECKPOINT_OPTIONS_INIT;
        options.monitor = monitor;
        options.mode = static_cast<std::int32_t>(mode);
        options.save_best_only = save_best_only;
        options.save_weights_only = save_weights_only;
        options.verbose = verbose;
        options.has_threshold = initial_value_threshold.has_value();
        options.initial_value_threshold = initial_value_threshold.value_or(0.0);
        return options;
    }
};

/** Arguments of callback::early_stopping(); see ::tlstm_early_stopping_options. */
struct early_stopping_options {
    const char *monitor = nullptr;
    double min_delta = 0.0;
    std::int64_t patience = 0;
    tinylstm::mode mode = tinylstm::mode::automatic;
    bool restore_best_weights = false;
    std::int64_t start_from_epoch = 0;
    bool verbose = false;
    std::optional<double> baseline = std::nullopt;

    tlstm_early_stopping_options c_options() const {
        tlstm_early_stopping_options options = TLSTM_EARLY_STOPPING_OPTIONS_INIT;
        options.monitor = monitor;
        options.min_delta = min_delta;
        options.patience = patience;
        options.mode = static_cast<std::int32_t>(mode);
        options.restore_best_weights = restore_best_weights;
        options.start_from_epoch = start_from_epoch;
        options.verbose = verbose;
        options.has_baseline = baseline.has_value();
        options.baseline = baseline.value_or(0.0);
        return options;
    }
};

/** What a callback is told; for the time of the call. */
class logs {
  public:
    explicit logs(const tlstm_logs &raw) noexcept : raw_(raw) {
    }
    /** From 0. */
    std::int64_t epoch() const noexcept {
        return raw_.epoch;
    }
    /** From 0; -1 at the ends of epochs. */
    std::int64_t batch() const noexcept {
        return raw_.batch;
    }
    /** In an epoch. */
    std::int64_t batches() const noexcept {
        return raw_.batches;
    }
    /** "loss", "accuracy", "val_loss", ... and their values, in the same order. */
    span<const char *const> names() const noexcept {
        return {raw_.names, raw_.count};
    }
    span<const double> values() const noexcept {
        return {raw_.values, raw_.count};
    }
    std::optional<double> value(std::string_view name) const noexcept {
        for (std::size_t i = 0; i < raw_.count; i++)
            if (name == raw_.names[i])
                return raw_.values[i];
        return std::nullopt;
    }

  private:
    const tlstm_logs &raw_;
};

/** Functions of one's own, any of which may be empty. The model is that of fit, for the time of the
 * call: it may be read and, at an epoch's end, saved or changed. */
struct callback_functions {
    using function = std::function<verdict(model &, const logs &)>;

    function on_train_begin = nullptr;
    function on_epoch_begin = nullptr;
    function on_batch_end = nullptr;
    function on_epoch_end = nullptr;
    function on_train_end = nullptr;
};

/** A callback for fit, which must not outlive it. It begins anew with each fit. */
class callback : public detail::handle<tlstm_callback, tlstm_callback_free> {
  public:
    using handle::handle;

    /** Saves the model at the ends of epochs; `path` may hold Keras's fields ("{epoch:02d}"). */
    static outcome<callback> checkpoint(c_string path, const checkpoint_options &options = {}) {
        const tlstm_checkpoint_options raw = options.c_options();
        return detail::make<callback>([&](tlstm_callback **made, tlstm_error **why) {
            return tlstm_checkpoint_new(path, &raw, made, why);
        });
    }
    /** Stops fit when a value gets no better. */
    static outcome<callback> early_stopping(const early_stopping_options &options = {}) {
        const tlstm_early_stopping_options raw = options.c_options();
        return detail::make<callback>([&](tlstm_callback **made, tlstm_error **why) {
            return tlstm_early_stopping_new(&raw, made, why);
        });
    }
    /** Writes each epoch's row to a CSV file as it ends. */
    static outcome<callback> csv_logger(c_string path, bool append = false) {
        return detail::make<callback>([&](tlstm_callback **made, tlstm_error **why) {
            return tlstm_csv_logger_new(path, append, made, why);
        });
    }
    /** Calls functions of one's own. What they throw comes out of fit. */
    static outcome<callback> create(callback_functions functions) {
        auto own = std::make_unique<closures>(closures{std::move(functions), {}});
        const tlstm_callback_functions raw = own->c_functions();
        tlstm_callback *made = nullptr;
        return detail::call([&](tlstm_error **why) { return tlstm_callback_new(&raw, &made, why); },
                            [&] { return callback(made, std::move(own)); });
    }

    /** Of early_stopping(): the epoch (from 0) after which it stopped the last fit; 0: it did not.
     */
    std::int64_t stopped_epoch() const noexcept {
        return tlstm_early_stopping_epoch(get());
    }

    /** Throws what one of the functions threw; fit does this. */
    void rethrow() {
        if (closures_)
            closures_->thrown.rethrow();
    }

  private:
    using function = callback_functions::function;

    struct closures {
        callback_functions functions;
        detail::carrier thrown;

        template <function callback_functions::*Function>
        static std::int32_t run(tlstm_model *raw, const tlstm_logs *told, void *user) noexcept;

        template <function callback_functions::*Function> auto entry() const noexcept {
            return functions.*Function ? &closures::run<Function> : nullptr;
        }
        tlstm_callback_functions c_functions() noexcept {
            tlstm_callback_functions raw = TLSTM_CALLBACK_FUNCTIONS_INIT;
            raw.on_train_begin = entry<&callback_functions::on_train_begin>();
            raw.on_epoch_begin = entry<&callback_functions::on_epoch_begin>();
            raw.on_batch_end = entry<&callback_functions::on_batch_end>();
            raw.on_epoch_end = entry<&callback_functions::on_epoch_end>();
            raw.on_train_end = entry<&callback_functions::on_train_end>();
            raw.user = this;
            return raw;
        }
    };

    callback(tlstm_callback *raw, std::unique_ptr<closures> own) noexcept
        : handle(raw), closures_(std::move(own)) {
    }

    /* At an address of their own: C keeps it while the callback moves. */
    std::unique_ptr<closures> closures_;
};

} // namespace TINYLSTM_ERRORS
} // namespace tinylstm

/* The closures are given a model. */
#include "tinylstm/cpp/model.hpp"

#endif
