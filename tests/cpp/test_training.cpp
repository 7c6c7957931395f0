// Models and sessions as a program in C++ uses them, and exceptions on their way through C.
#include "check.hpp"

#include <filesystem>
#include <stdexcept>

namespace {

struct samples {
    tinylstm::array x = tinylstm::array::zeros(tinylstm::dtype::int32, {12, 5});
    tinylstm::array y = tinylstm::array::zeros(tinylstm::dtype::float32, {12});

    samples() {
        auto tokens = x.mutable_values<std::int32_t>();
        for (std::size_t i = 0; i < tokens.size(); i++)
            tokens[i] = static_cast<std::int32_t>(i * i % 7);
        y.mutable_values<float>()[3] = 1.0F;
    }
};

tinylstm::model make_model() {
    auto model = tinylstm::model::create("small", 3);
    tinylstm::embedding_options named;
    named.name = "words";
    model.add_input({5});
    model.add_embedding(7, 4, named);
    model.add_gru(3);
    model.add_dropout(0.1);
    model.add_dense(2, tinylstm::activation::relu);
    model.add_layer("Dense", "{\"units\": 1}");
    model.add_activation(tinylstm::activation::sigmoid);
    model.build();
    return model;
}

tinylstm::model make_compiled() {
    auto model = make_model();
    auto optimizer = tinylstm::optimizer::create("sgd", {{"learning_rate", 0.5}});
    auto loss = tinylstm::loss::create("binary_crossentropy");
    loss.set("label_smoothing", 0.1);
    model.compile(optimizer, loss, {"accuracy", "mae"});
    return model;
}

void test_model() {
    auto model = make_model();
    CHECK(model.name() == std::string("small") && model.layers() == 7);
    CHECK(model.layer_name(1) == std::string("words") && model.layer_name(7) == nullptr);
    CHECK(model.layer_class(2) == std::string("GRU"));
    CHECK(model.layer_output(2) == std::vector<std::int64_t>{3});
    CHECK(model.summary().find("words") != std::string::npos);
    model.set_trainable("words", false);
    CHECK(model.params() - model.trainable_params() == 28);
    CHECK(model.weight_name(0) == std::string("words/embeddings"));
    auto copy = tinylstm::model::from_json(model.to_json(), 3);
    copy.build();
    CHECK(copy.layers() == 7 && copy.weights() == model.weights());
    auto weight = model.weight(0);
    weight.mutable_values<float>()[0] = 2.5F;
    model.set_weight(0, weight);
    CHECK(model.weight(0).values<float>()[0] == 2.5F);
}

#if defined(__cpp_designated_initializers)
void test_named_options() {
    const samples data;
    auto model = tinylstm::model::create();
    model.add_input({5});
    model.add_embedding(7, 4, {.mask_zero = true});
    model.add_lstm(3, {.return_sequences = true, .dropout = 0.3});
    model.add_flatten();
    model.add_dense(1, tinylstm::activation::sigmoid, {.use_bias = false});
    model.compile(tinylstm::optimizer::create("adam"), tinylstm::loss::create("mse"));
    auto stopping = tinylstm::callback::early_stopping({.monitor = "loss", .baseline = -1.0});
    const auto history = model.fit(data.x, data.y, {.epochs = 4, .callbacks = {&stopping}});
    CHECK(history.epochs() == 2 && model.params() == 28 + 96 + 15);
}
#else
void test_named_options() {
}
#endif

void test_fit() {
    const samples data;
    auto model = make_compiled();
    CHECK(model.is_compiled() && model.learning_rate() == 0.5);
    CHECK((model.metric_names() == std::vector<std::string>{"loss", "accuracy", "mae"}));
    tinylstm::fit_options options;
    options.epochs = 3;
    options.x_val = &data.x;
    options.y_val = &data.y;
    const auto history = model.fit(data.x, data.y, options);
    CHECK(history.epochs() == 3 && history.columns().size() == 6);
    const auto values = model.evaluate(data.x, data.y);
    CHECK(values.size() == 3 && values[0] == history.value("val_loss", 2));
    CHECK(model.gradient(data.x, data.y, 0).size() == 28);
    model.set_learning_rate(0.25);
    model.reset_states();
    model.compile(nullptr, nullptr);
    CHECK(model.learning_rate() == 0.25 && model.metric_names().size() == 1);
}

void test_files() {
    const samples data;
    const auto model = make_compiled();
    const auto folder = std::filesystem::temp_directory_path() / "tinylstm_cpp_test";
    std::filesystem::create_directories(folder);
    model.save(folder / "model.h5");
    auto loaded = tinylstm::model::load(folder / "model.h5");
    CHECK(loaded.notes().empty());
    loaded.load_weights(folder / "model.h5");
    const std::string told = tinylstm::inspect_file(folder / "model.h5");
    CHECK(told.find("kind: whole model") != std::string::npos);
    CHECK(told.substr(told.rfind("loads:")) == "loads: yes\n");
    const auto bytes = model.save_memory();
    loaded.load_weights_memory(bytes);
    CHECK(tinylstm::inspect_memory(bytes).find("file: memory\n") == 0);
    CHECK(bytes.size() == std::filesystem::file_size(folder / "model.h5"));
    const auto again = tinylstm::model::load_memory(bytes);
    const auto one = loaded.predict(data.x), other = again.predict(data.x);
    CHECK(one.values<float>()[5] == other.values<float>()[5]);
    std::filesystem::remove_all(folder);
}

void test_weights() {
    auto model = make_model();
    auto value = model.weight("gru", "bias");
    value.mutable_values<float>()[3] = 4;
    model.set_weight("gru", "bias", value);
    CHECK(model.weight("gru", "bias").values<float>()[3] == 4);
    const auto other = make_model();
    std::vector<std::pair<std::string, const tinylstm::array *>> named;
    std::vector<const tinylstm::array *> ordered;
    std::vector<tinylstm::array> owners;
    for (std::size_t i = 0; i < other.weights(); i++)
        owners.push_back(other.weight(i));
    for (std::size_t i = 0; i < other.weights(); i++) {
        named.emplace_back(other.weight_name(i), &owners[i]);
        ordered.push_back(&owners[i]);
    }
    model.import_arrays(named);
    CHECK(model.weight("gru", "bias").values<float>()[3] != 4);
    model.set_weight("gru", "bias", value);
    model.import_arrays(ordered);
    CHECK(model.weight("gru", "bias").values<float>()[3] != 4);
    tinylstm::weights_options options;
    options.map = {{"gru", "memory"}};
    try {
        model.import_arrays(named, options);
        UNREACHED("there is no layer memory");
    } catch (const tinylstm::error &error) {
        CHECK(error.where() == std::string("memory"));
    }
    const std::byte nothing[1] = {};
    try {
        model.import_weights_memory(nothing);
        UNREACHED("that is no file");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::format);
    }
    try {
        model.import_weights("/nowhere/at/all.npz");
        UNREACHED("there is no such file");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::io);
    }
}

void test_report() {
    const auto model = tinylstm::model::from_json(
        R"({"class_name":"Sequential","config":[{"class_name":"Dense",
            "config":{"name":"out","units":1,"input_dim":2,"mystery":3}}]})");
    const auto report = model.report();
    CHECK(report.size() == 1 && report[0].kind == tinylstm::note_kind::ignored);
    CHECK(report[0].text == model.notes()[0]);
}

void test_session() {
    const samples data;
    auto model = make_model();
    auto session = tinylstm::session::create(model);
    const auto moved = std::move(model);
    const auto tokens = data.x.values<std::int32_t>();
    float whole[1], stepped[1];
    session.run(1, 5, tokens.subspan(0, 5), whole);
    std::vector<float> state(session.state_size());
    for (std::size_t t = 0; t < 5; t++) {
        session.get_state(state);
        session.step(tokens.subspan(t, 1), stepped);
    }
    CHECK(whole[0] == stepped[0] && whole[0] == moved.predict(data.x).values<float>()[0]);
    session.set_state(state);
    session.step(tokens.subspan(4, 1), stepped);
    CHECK(whole[0] == stepped[0]);
    session.reset();
    try {
        session.run(1, 5, tokens, whole);
        UNREACHED("60 tokens are no sample of 5");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::shape && error.where() == std::string("x"));
    }
    try {
        session.run(1, 4, tokens.subspan(0, 4), whole);
        UNREACHED("4 timesteps do not fit");
    } catch (const tinylstm::error &error) {
        CHECK(error.where() == std::string("timesteps"));
    }
}

/* ---- Callbacks ---- */

void test_callback() {
    const samples data;
    auto model = make_compiled();
    int batches = 0, epochs = 0;
    tinylstm::callback_functions functions;
    functions.on_batch_end = [&](tinylstm::model &, const tinylstm::logs &logs) {
        batches += logs.batch() == batches % 3 && logs.batches() == 3;
        return tinylstm::verdict::proceed;
    };
    functions.on_epoch_end = [&](tinylstm::model &running, const tinylstm::logs &logs) {
        running.set_learning_rate(0.125);
        CHECK(logs.value("loss") == logs.values()[0] && !logs.value("val_loss"));
        return ++epochs == 2 ? tinylstm::verdict::stop_training : tinylstm::verdict::proceed;
    };
    auto made = tinylstm::callback::create(std::move(functions));
    auto own = std::move(made);
    tinylstm::fit_options options;
    options.epochs = 5;
    options.batch_size = 4;
    options.callbacks = {&own};
    CHECK(model.fit(data.x, data.y, options).epochs() == 2);
    CHECK(batches == 6 && epochs == 2 && model.learning_rate() == 0.125);
}

void test_keras_callbacks() {
    const samples data;
    auto model = make_compiled();
    const auto file = std::filesystem::temp_directory_path() / "tinylstm_cpp_epochs.csv";
    auto logger = tinylstm::callback::csv_logger(file);
    tinylstm::early_stopping_options patient;
    patient.monitor = "loss";
    patient.min_delta = 1e9;
    patient.patience = 2;
    auto stopping = tinylstm::callback::early_stopping(patient);
    tinylstm::fit_options options;
    options.epochs = 9;
    options.callbacks = {&logger, &stopping};
    CHECK(model.fit(data.x, data.y, options).epochs() == 3 && stopping.stopped_epoch() == 2);
    CHECK(std::filesystem::file_size(file) > 0);
    std::filesystem::remove(file);
}

struct own_exception {
    int number;
};

void test_exceptions_travel() {
    const samples data;
    auto model = make_compiled();
    int later = 0;
    tinylstm::callback_functions functions;
    functions.on_epoch_end = [&](tinylstm::model &, const tinylstm::logs &logs) {
        if (logs.epoch() == 1)
            throw own_exception{17};
        return later++ ? tinylstm::verdict::abort : tinylstm::verdict::proceed;
    };
    auto thrower = tinylstm::callback::create(std::move(functions));
    tinylstm::fit_options options;
    options.epochs = 4;
    options.callbacks = {&thrower};
    for (int round = 0; round < 2; round++)
        try {
            later = 0;
            model.fit(data.x, data.y, options);
            UNREACHED("the exception comes out of fit");
        } catch (const own_exception &exception) {
            CHECK(exception.number == 17 && later == 1);
        }
    CHECK(model.evaluate(data.x, data.y)[0] > 0); // still whole
}

void test_abort() {
    const samples data;
    auto model = make_compiled();
    tinylstm::callback_functions functions;
    functions.on_train_begin = [](tinylstm::model &, const tinylstm::logs &) {
        return tinylstm::verdict::abort;
    };
    auto aborting = tinylstm::callback::create(std::move(functions));
    tinylstm::fit_options options;
    options.callbacks = {&aborting};
    try {
        model.fit(data.x, data.y, options);
        UNREACHED("fit is aborted");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::stopped);
    }
}

void test_write() {
    const samples data;
    auto model = make_compiled();
    std::string text;
    tinylstm::fit_options options;
    options.verbose = tinylstm::progress::lines;
    options.write = [&](std::string_view part) { text += part; };
    model.fit(data.x, data.y, options);
    CHECK(text.find("loss: ") != std::string::npos);
    options.write = [](std::string_view) { throw std::runtime_error("no more paper"); };
    try {
        model.fit(data.x, data.y, options);
        UNREACHED("what write throws comes out of fit");
    } catch (const std::runtime_error &error) {
        CHECK(error.what() == std::string("no more paper"));
    }
}

} // namespace

int main() {
    test_model();
    test_fit();
    test_named_options();
    test_files();
    test_report();
    test_weights();
    test_session();
    test_callback();
    test_keras_callbacks();
    test_exceptions_travel();
    test_abort();
    test_write();
    return failures != 0;
}
