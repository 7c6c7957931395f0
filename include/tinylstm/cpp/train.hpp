/**
 * @file cpp/train.hpp
 * Optimizers, losses, histories and the options of fit: tinylstm/train.h for C++.
 */
#ifndef TINYLSTM_TRAIN_HPP
#define TINYLSTM_TRAIN_HPP

#include "tinylstm/cpp/data.hpp"
#include "tinylstm/train.h"

#include <functional>

namespace tinylstm {
inline namespace TINYLSTM_ERRORS {

class callback;

/** A number under Keras's name for it: `{"learning_rate", 1e-4}`; booleans are 0 and 1. */
struct setting {
    c_string name;
    double value;
};

namespace detail {

/** Makes an optimizer or a loss with its settings, all or nothing. */
template <class Owner, class New, class Set>
outcome<Owner> make_with_settings(New create, Set set, void (*free)(typename Owner::c_type *),
                                  c_string name, span<const setting> settings) {
    return make<Owner>([&](typename Owner::c_type **made, tlstm_error **why) {
        tlstm_status code = create(name, made, why);
        for (const setting &given : settings)
            if (code == TLSTM_OK)
                code = set(*made, given.name, given.value, why);
        if (code != TLSTM_OK)
            free(std::exchange(*made, nullptr));
        return code;
    });
}

} // namespace detail

/** An optimizer by Keras's name: "rmsprop", "adam", "sgd", ... */
class optimizer : public detail::handle<tlstm_optimizer, tlstm_optimizer_free> {
  public:
    using handle::handle;

    static outcome<optimizer> create(c_string name, span<const setting> settings = {}) {
        return detail::make_with_settings<optimizer>(tlstm_optimizer_new, tlstm_optimizer_set,
                                                     tlstm_optimizer_free, name, settings);
    }
    outcome<void> set(c_string name, double value) {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_optimizer_set(get(), name, value, why); });
    }
};

/** A loss by Keras's name: "binary_crossentropy", "mse", ... */
class loss : public detail::handle<tlstm_loss, tlstm_loss_free> {
  public:
    using handle::handle;

    static outcome<loss> create(c_string name, span<const setting> settings = {}) {
        return detail::make_with_settings<loss>(tlstm_loss_new, tlstm_loss_set, tlstm_loss_free,
                                                name, settings);
    }
    outcome<void> set(c_string name, double value) {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_loss_set(get(), name, value, why); });
    }
};

/** Losses and metrics by epoch: what Keras's fit() returns. */
class history : public detail::handle<tlstm_history, tlstm_history_free> {
  public:
    using handle::handle;

    /** The number of finished epochs. */
    std::size_t epochs() const noexcept {
        return tlstm_history_epochs(get());
    }
    /** "loss", metrics, then the same with "val_". */
    std::vector<std::string> columns() const {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < tlstm_history_columns(get()); i++)
            names.emplace_back(tlstm_history_column(get(), i));
        return names;
    }
    /** The value of a column in an epoch; NaN when there is none. */
    double value(c_string column, std::size_t epoch) const noexcept {
        return tlstm_history_value(get(), column, epoch);
    }
    outcome<void> save_csv(c_string path) const {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_history_save_csv(get(), path, why); });
    }
    /** A plot of a column and its "val_" column. */
    outcome<void> save_svg(c_string column, c_string path) const {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_history_save_svg(get(), column, path, why); });
    }
};

/** How progress is shown. */
enum class progress : std::int32_t {
    silent = TLSTM_SILENT,
    bar = TLSTM_PROGRESS,
    lines = TLSTM_LINES
};

/** Where progress text goes; empty: standard output. */
using write_function = std::function<void(std::string_view)>;

namespace detail {

/** Gives a write_function to C. */
class writer {
  public:
    explicit writer(const write_function &function) noexcept : function_(function) {
    }
    /** Fills the two fields that fit and run options have for it. */
    template <class Options> void enter(Options &options) noexcept {
        if (!function_)
            return;
        options.write = [](const char *text, std::size_t length, void *user) {
            auto *self = static_cast<writer *>(user);
            self->thrown_.run([&] { self->function_(std::string_view(text, length)); });
        };
        options.write_user = this;
    }
    void rethrow() {
        thrown_.rethrow();
    }

  private:
    const write_function &function_;
    carrier thrown_;
};

inline const tlstm_array *c_array(const array *given) noexcept {
    return given ? given->get() : nullptr;
}

} // namespace detail

/** Arguments of model::fit(); see ::tlstm_fit_options. */
struct fit_options {
    std::int64_t batch_size = 32;
    std::int64_t epochs = 1;
    std::int64_t initial_epoch = 0;
    bool shuffle = true;
    progress verbose = progress::silent;
    std::int32_t threads = 0;
    double validation_split = 0.0;
    const array *x_val = nullptr;
    const array *y_val = nullptr;
    const array *sample_weight = nullptr;
    const array *val_sample_weight = nullptr;
    span<const double> class_weight = {};
    /** Called in this order. */
    std::vector<callback *> callbacks = {};
    write_function write = nullptr;

    /** Without callbacks and `write`, which need somebody who carries what they throw. */
    tlstm_fit_options c_options() const {
        tlstm_fit_options options = TLSTM_FIT_OPTIONS_INIT;
        options.batch_size = batch_size;
        options.epochs = epochs;
        options.initial_epoch = initial_epoch;
        options.shuffle = shuffle;
        options.verbose = static_cast<std::int32_t>(verbose);
        options.threads = threads;
        options.validation_split = validation_split;
        options.x_val = detail::c_array(x_val);
        options.y_val = detail::c_array(y_val);
        options.sample_weight = detail::c_array(sample_weight);
        options.val_sample_weight = detail::c_array(val_sample_weight);
        options.class_weight = class_weight.data();
        options.class_count = class_weight.size();
        return options;
    }
};

/** Arguments of model::evaluate() and model::predict(); see ::tlstm_run_options. */
struct run_options {
    std::int64_t batch_size = 32;
    std::int32_t threads = 0;
    progress verbose = progress::silent;
    const array *sample_weight = nullptr;
    write_function write = nullptr;

    /** Without `write`, as above. */
    tlstm_run_options c_options() const {
        tlstm_run_options options = TLSTM_RUN_OPTIONS_INIT;
        options.batch_size = batch_size;
        options.threads = threads;
        options.verbose = static_cast<std::int32_t>(verbose);
        options.sample_weight = detail::c_array(sample_weight);
        return options;
    }
};

} // namespace TINYLSTM_ERRORS
} // namespace tinylstm

#endif
