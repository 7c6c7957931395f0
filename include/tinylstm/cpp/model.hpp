/**
 * @file cpp/model.hpp
 * Models: built, loaded, trained, asked and saved. tinylstm/model.h, train.h and file.h for C++.
 */
#ifndef TINYLSTM_MODEL_HPP
#define TINYLSTM_MODEL_HPP

#include "tinylstm/cpp/callback.hpp"
#include "tinylstm/cpp/common.hpp"
#include "tinylstm/cpp/data.hpp"
#include "tinylstm/cpp/layers.hpp"
#include "tinylstm/cpp/train.hpp"
#include "tinylstm/file.h"
#include "tinylstm/weights.h"

#include <string>
#include <utility>
#include <vector>

namespace tinylstm {
inline namespace TINYLSTM_ERRORS {

/** Which Keras a legacy `.h5` is for; see ::tlstm_keras. */
enum class keras_layout : std::int32_t {
    common = TLSTM_KERAS_COMMON,
    keras2 = TLSTM_KERAS_2,
    tf_2_10 = TLSTM_KERAS_TF_2_10,
    tf_2_15 = TLSTM_KERAS_TF_2_15,
    keras3 = TLSTM_KERAS_3,
};

/** What to leave out of a file, and whom it is for; see ::tlstm_save_options. */
struct save_options {
    bool weights_only = false;
    bool without_optimizer = false;
    keras_layout keras = keras_layout::common;

    tlstm_save_options c_options() const {
        tlstm_save_options options = TLSTM_SAVE_OPTIONS_INIT;
        options.weights_only = weights_only;
        options.without_optimizer = without_optimizer;
        options.keras = static_cast<tlstm_keras>(keras);
        return options;
    }
};

/** What a note of a load tells; see ::tlstm_note_kind. */
enum class note_kind : std::int32_t {
    ignored = TLSTM_NOTE_IGNORED,
    converted = TLSTM_NOTE_CONVERTED,
    not_restored = TLSTM_NOTE_NOT_RESTORED,
};

/** A line about what a load did not take as it stands in the file. */
struct note {
    note_kind kind;
    std::string text;
};

/** How arrays are named and laid out; see ::TLSTM_KERAS_ORDER and ::TLSTM_PYTORCH_ORDER. */
enum class weight_order : std::int32_t { keras = TLSTM_KERAS_ORDER, pytorch = TLSTM_PYTORCH_ORDER };

/** How to read arrays as weights; see ::tlstm_weights_options. */
struct weights_options {
    weight_order order = weight_order::keras;
    /** Which module of the file becomes which layer, where names alone do not say it. */
    std::vector<std::pair<std::string, std::string>> map;

    /** The options in C; `names`, which they borrow, must outlive them. */
    tlstm_weights_options c_options(std::vector<const char *> &names) const {
        tlstm_weights_options options = TLSTM_WEIGHTS_OPTIONS_INIT;
        names.clear();
        for (const auto &pair : map)
            names.push_back(pair.first.c_str());
        for (const auto &pair : map)
            names.push_back(pair.second.c_str());
        options.order = static_cast<std::int32_t>(order);
        options.module_count = map.size();
        options.modules = map.empty() ? nullptr : names.data();
        options.layers = map.empty() ? nullptr : names.data() + map.size();
        return options;
    }
};

/** A chain of layers with weights and, once compiled, a loss and an optimizer. Any number of
 * threads may call its `const` functions and run sessions on it; the others want it alone. */
class model : public detail::handle<tlstm_model, tlstm_model_free> {
  public:
    using handle::handle;

    /* ---- Building ---- */

    /** A Sequential model without layers; `name` nullptr: "sequential". */
    static outcome<model> create(c_string name = nullptr, std::uint64_t seed = 0) {
        return detail::make<model>([&](tlstm_model **made, tlstm_error **why) {
            return tlstm_model_new(name, seed, made, why);
        });
    }
    /** From the JSON of `Model.to_json()`, `get_config()` or a file's `model_config`. */
    static outcome<model> from_json(std::string_view json, std::uint64_t seed = 0) {
        return detail::make<model>([&](tlstm_model **made, tlstm_error **why) {
            return tlstm_model_from_json(json.data(), json.size(), seed, made, why);
        });
    }
    outcome<std::string> to_json() const {
        return detail::make_string(
            [&](char **json, tlstm_error **why) { return tlstm_model_to_json(get(), json, why); });
    }
    /** Starts the generators of shuffling, dropout and, before building, weights anew. */
    void set_seed(std::uint64_t seed) noexcept {
        tlstm_model_set_seed(get(), seed);
    }

    /** The input of one sample; -1 is Keras's None. */
    outcome<void> add_input(shape_view shape, c_string name = nullptr) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_add_input(get(), shape.size(), shape.data(), name, why);
        });
    }
    outcome<void> add_embedding(std::int64_t input_dim, std::int64_t output_dim,
                                const embedding_options &options = {}) {
        const tlstm_embedding_options raw = options.c_options();
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_add_embedding(get(), input_dim, output_dim, &raw, why);
        });
    }
    outcome<void> add_lstm(std::int64_t units, const recurrent_options &options = {}) {
        return add_recurrent(tlstm_model_add_lstm, units, options);
    }
    outcome<void> add_gru(std::int64_t units, const recurrent_options &options = {}) {
        return add_recurrent(tlstm_model_add_gru, units, options);
    }
    outcome<void> add_simple_rnn(std::int64_t units, const recurrent_options &options = {}) {
        return add_recurrent(tlstm_model_add_simple_rnn, units, options);
    }
    outcome<void> add_dense(std::int64_t units, activation function = activation::linear,
                            const dense_options &options = {}) {
        const tlstm_dense_options raw = options.c_options();
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_add_dense(get(), units, static_cast<tlstm_activation>(function),
                                         &raw, why);
        });
    }
    outcome<void> add_dropout(double rate, c_string name = nullptr) {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_model_add_dropout(get(), rate, name, why); });
    }
    outcome<void> add_flatten(c_string name = nullptr) {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_model_add_flatten(get(), name, why); });
    }
    outcome<void> add_activation(activation function, c_string name = nullptr) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_add_activation(get(), static_cast<tlstm_activation>(function), name,
                                              why);
        });
    }
    /** Any layer of the library from Keras's class name and its configuration as JSON. */
    outcome<void> add_layer(c_string class_name, c_string config) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_add_layer(get(), class_name, config, why);
        });
    }
    /** Fixes the shapes and makes the weights; `shape` only where no input layer says it. */
    outcome<void> build(shape_view shape = {}) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_build(get(), shape.size(), shape.data(), why);
        });
    }

    /* ---- What it is made of ---- */

    /** What Keras's `model.summary()` prints, `width` columns wide (0: 65). */
    outcome<std::string> summary(std::size_t width = 0) const {
        return detail::make_string([&](char **text, tlstm_error **why) {
            return tlstm_model_summary(get(), width, text, why);
        });
    }
    const char *name() const noexcept {
        return tlstm_model_name(get());
    }
    /** Numbers of parameters; 0 before the model is built. */
    std::int64_t params() const noexcept {
        return tlstm_model_params(get());
    }
    std::int64_t trainable_params() const noexcept {
        return tlstm_model_trainable_params(get());
    }

    /** The number of layers; an input layer counts. Names: nullptr when out of range. */
    std::size_t layers() const noexcept {
        return tlstm_model_layers(get());
    }
    const char *layer_name(std::size_t layer) const noexcept {
        return tlstm_model_layer_name(get(), layer);
    }
    const char *layer_class(std::size_t layer) const noexcept {
        return tlstm_model_layer_class(get(), layer);
    }
    /** The shape of one sample that a layer puts out; empty when unknown. */
    std::vector<std::int64_t> layer_output(std::size_t layer) const {
        std::int64_t shape[TLSTM_MAX_DIMS];
        return {shape, shape + tlstm_model_layer_output(get(), layer, shape)};
    }
    /** Keras's `layer.trainable`, at the next compile(). */
    outcome<void> set_trainable(c_string layer, bool trainable) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_set_trainable(get(), layer, trainable, why);
        });
    }

    /** The number of weights, in the order of Keras's `get_weights()`. */
    std::size_t weights() const noexcept {
        return tlstm_model_weights(get());
    }
    /** "lstm/kernel"; nullptr when out of range. */
    const char *weight_name(std::size_t weight) const noexcept {
        return tlstm_model_weight_name(get(), weight);
    }
    /** A copy, float32. */
    outcome<array> weight(std::size_t weight) const {
        return detail::make<array>([&](tlstm_array **value, tlstm_error **why) {
            return tlstm_model_get_weight(get(), weight, value, why);
        });
    }
    outcome<void> set_weight(std::size_t weight, const array &value) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_set_weight(get(), weight, value.get(), why);
        });
    }

    /** By layer and name: weight("lstm", "recurrent_kernel"). */
    outcome<array> weight(c_string layer, c_string name) const {
        return detail::make<array>([&](tlstm_array **value, tlstm_error **why) {
            return tlstm_model_get_layer_weight(get(), layer, name, value, why);
        });
    }
    outcome<void> set_weight(c_string layer, c_string name, const array &value) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_set_layer_weight(get(), layer, name, value.get(), why);
        });
    }
    /** All weights from a `.npz` or `.safetensors` file, or from its bytes: all or nothing. */
    outcome<void> import_weights(c_string path, const weights_options &options = {}) {
        std::vector<const char *> names;
        const tlstm_weights_options raw = options.c_options(names);
        return detail::call(
            [&](tlstm_error **why) { return tlstm_model_import_weights(get(), path, &raw, why); });
    }
    outcome<void> import_weights_memory(span<const std::byte> bytes,
                                        const weights_options &options = {}) {
        std::vector<const char *> names;
        const tlstm_weights_options raw = options.c_options(names);
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_import_weights_memory(get(), bytes.data(), bytes.size(), &raw, why);
        });
    }
    /** The same from arrays in memory, with their names. */
    outcome<void>
    import_arrays(const std::vector<std::pair<std::string, const array *>> &named_values,
                  const weights_options &options = {}) {
        std::vector<const char *> names;
        std::vector<const tlstm_array *> values;
        for (const auto &[name, value] : named_values) {
            names.push_back(name.c_str());
            values.push_back(detail::c_array(value));
        }
        return import_arrays(names.data(), values, options);
    }
    /** The same in Keras's order of weights, or in PyTorch's of parameters. */
    outcome<void> import_arrays(const std::vector<const array *> &ordered_values,
                                const weights_options &options = {}) {
        std::vector<const tlstm_array *> values;
        for (const array *value : ordered_values)
            values.push_back(detail::c_array(value));
        return import_arrays(nullptr, values, options);
    }

    /* ---- Training and predicting ---- */

    outcome<void> compile(const tinylstm::optimizer &optimizer, const tinylstm::loss &loss,
                          const text_list &metrics = {}) {
        return compile(&optimizer, &loss, metrics);
    }
    /** nullptr: that of the model stays, where it is compiled already. */
    outcome<void> compile(const tinylstm::optimizer *optimizer, const tinylstm::loss *loss,
                          const text_list &metrics = {}) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_compile(get(), optimizer ? optimizer->get() : nullptr,
                                       loss ? loss->get() : nullptr, metrics.data(), metrics.size(),
                                       why);
        });
    }
    bool is_compiled() const noexcept {
        return tlstm_model_is_compiled(get()) != 0;
    }
    /** -1 when not compiled. */
    double learning_rate() const noexcept {
        return tlstm_model_learning_rate(get());
    }
    outcome<void> set_learning_rate(double learning_rate) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_set_learning_rate(get(), learning_rate, why);
        });
    }

    /** Trains. What callbacks and `write` throw comes out here, in this order. */
    outcome<history> fit(const array &x, const array &y, const fit_options &options = {}) {
        tlstm_fit_options raw = options.c_options();
        std::vector<tlstm_callback *> callbacks;
        for (callback *one : options.callbacks)
            callbacks.push_back(one->get());
        raw.callbacks = callbacks.data();
        raw.callback_count = callbacks.size();
        detail::writer writer(options.write);
        writer.enter(raw);
        history made;
        return detail::call(
            [&](tlstm_error **why) {
                tlstm_history *epochs = nullptr;
                const tlstm_status code =
                    tlstm_model_fit(get(), x.get(), y.get(), &raw, &epochs, why);
                made = history(epochs);
                for (callback *one : options.callbacks)
                    one->rethrow();
                writer.rethrow();
                return code;
            },
            [&] { return std::move(made); });
    }

    /** Loss and metrics over data, in the order of metric_names(). */
    outcome<std::vector<double>> evaluate(const array &x, const array &y,
                                          const run_options &options = {}) const {
        tlstm_run_options raw = options.c_options();
        detail::writer writer(options.write);
        writer.enter(raw);
        std::vector<double> values(metric_names().size());
        return detail::call(
            [&](tlstm_error **why) {
                const tlstm_status code = tlstm_model_evaluate(
                    get(), x.get(), y.get(), &raw, values.data(), values.size(), nullptr, why);
                writer.rethrow();
                return code;
            },
            [&] { return std::move(values); });
    }
    /** "loss", "accuracy", ... */
    std::vector<std::string> metric_names() const {
        std::vector<std::string> names;
        while (const char *name = tlstm_model_metric_name(get(), names.size()))
            names.emplace_back(name);
        return names;
    }
    /** The outputs, float32 (samples, ...). For many calls on few samples use a session. */
    outcome<array> predict(const array &x, const run_options &options = {}) const {
        const tlstm_run_options raw = options.c_options();
        return detail::make<array>([&](tlstm_array **y, tlstm_error **why) {
            return tlstm_model_predict(get(), x.get(), &raw, y, why);
        });
    }
    /** The gradient of the loss with respect to one weight. For checks and research. */
    outcome<array> gradient(const array &x, const array &y, std::size_t weight,
                            const array *sample_weight = nullptr) const {
        return detail::make<array>([&](tlstm_array **made, tlstm_error **why) {
            return tlstm_model_gradient(get(), x.get(), y.get(), detail::c_array(sample_weight),
                                        weight, made, why);
        });
    }
    /** Clears the states of stateful layers. */
    void reset_states() noexcept {
        tlstm_model_reset_states(get());
    }

    /* ---- Files ---- */

    static outcome<model> load(c_string path) {
        return detail::make<model>([&](tlstm_model **made, tlstm_error **why) {
            return tlstm_model_load(path, made, why);
        });
    }
    /** From a file's bytes. */
    static outcome<model> load_memory(span<const std::byte> bytes) {
        return detail::make<model>([&](tlstm_model **made, tlstm_error **why) {
            return tlstm_model_load_memory(bytes.data(), bytes.size(), made, why);
        });
    }
    outcome<void> load_weights(c_string path) {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_model_load_weights(get(), path, why); });
    }
    outcome<void> load_weights_memory(span<const std::byte> bytes) {
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_load_weights_memory(get(), bytes.data(), bytes.size(), why);
        });
    }
    /** The report of loading: what was ignored, converted or not restored, and which of these. */
    std::vector<note> report() const {
        std::vector<note> lines;
        for (std::size_t i = 0; i < tlstm_model_notes(get()); i++)
            lines.push_back({static_cast<note_kind>(tlstm_model_note_kind(get(), i)),
                             tlstm_model_note(get(), i)});
        return lines;
    }
    /** The lines of report() alone. */
    std::vector<std::string> notes() const {
        std::vector<std::string> lines;
        for (std::size_t i = 0; i < tlstm_model_notes(get()); i++)
            lines.emplace_back(tlstm_model_note(get(), i));
        return lines;
    }
    /** The kind of file that the end of `path` asks for, atomically. */
    outcome<void> save(c_string path, const save_options &options = {}) const {
        const tlstm_save_options raw = options.c_options();
        return detail::call(
            [&](tlstm_error **why) { return tlstm_model_save(get(), path, &raw, why); });
    }
    /** A legacy `.h5` into memory. */
    outcome<std::vector<std::byte>> save_memory(const save_options &options = {}) const {
        const tlstm_save_options raw = options.c_options();
        char *bytes = nullptr;
        std::size_t length = 0;
        return detail::call(
            [&](tlstm_error **why) {
                return tlstm_model_save_memory(get(), &raw, &bytes, &length, why);
            },
            [&] {
                const detail::string_handle owner(bytes);
                const auto *first = reinterpret_cast<const std::byte *>(bytes);
                return std::vector<std::byte>(first, first + length);
            });
    }

  private:
    outcome<void> import_arrays(const char *const *names,
                                const std::vector<const tlstm_array *> &values,
                                const weights_options &options) {
        /* No values at all are none of a wrong kind: a vector may have no address then. */
        const tlstm_array *none = nullptr;
        std::vector<const char *> texts;
        const tlstm_weights_options raw = options.c_options(texts);
        return detail::call([&](tlstm_error **why) {
            return tlstm_model_import_arrays(get(), names, values.empty() ? &none : values.data(),
                                             values.size(), &raw, why);
        });
    }
    template <class Add>
    outcome<void> add_recurrent(Add add, std::int64_t units, const recurrent_options &options) {
        const tlstm_recurrent_options raw = options.c_options();
        return detail::call([&](tlstm_error **why) { return add(get(), units, &raw, why); });
    }
};

/** What a file is and what is in it, also where it does not load: ::tlstm_file_inspect. */
inline outcome<std::string> inspect_file(c_string path) {
    return detail::make_string(
        [&](char **report, tlstm_error **why) { return tlstm_file_inspect(path, report, why); });
}

/** The same of a file's bytes. */
inline outcome<std::string> inspect_memory(span<const std::byte> bytes) {
    return detail::make_string([&](char **report, tlstm_error **why) {
        return tlstm_file_inspect_memory(bytes.data(), bytes.size(), report, why);
    });
}

template <callback_functions::function callback_functions::*Function>
std::int32_t callback::closures::run(tlstm_model *raw, const tlstm_logs *told,
                                     void *user) noexcept {
    auto *self = static_cast<closures *>(user);
    verdict answer = verdict::abort;
    self->thrown.run([&] {
        model lent(raw, false);
        answer = (self->functions.*Function)(lent, logs(*told));
    });
    return static_cast<std::int32_t>(answer);
}

} // namespace TINYLSTM_ERRORS
} // namespace tinylstm

#endif
