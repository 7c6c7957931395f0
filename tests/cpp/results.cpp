// The header with results in place of exceptions. Built three times: with exceptions, without them,
// and beside throwing code in one program.
#define TINYLSTM_RESULTS
#include "results.hpp"
#include "check.hpp"

namespace {

static_assert(std::is_same_v<tinylstm::outcome<void>, tinylstm::result<void>>);
static_assert(!std::is_copy_constructible_v<tinylstm::result<tinylstm::model>> &&
              std::is_move_constructible_v<tinylstm::result<tinylstm::model>>);

/* The first error of several calls, as a program would hand it on. */
tinylstm::result<tinylstm::model> build(std::int64_t units) {
    auto model = tinylstm::model::create("small", 3);
    if (!model)
        return model;
    for (const auto &done : {model->add_input({4, 2}), model->add_simple_rnn(3),
                             model->add_dense(units), model->build()})
        if (!done)
            return done.error();
    return model;
}

void test_values() {
    const auto model = build(2);
    CHECK(model.has_value() && model->layers() == 3 && (*model).weights() == 5);
    CHECK(tinylstm::session::create(*model).value().input_size() == 2);
    auto taken = build(2).value();
    CHECK(std::move(taken).params() == model->params());
}

void test_errors() {
    const auto model = build(0);
    CHECK(!model && model.error().code() == tinylstm::status::argument);
    CHECK(model.error().where() == std::string("units"));
    const auto saved = build(1)->save("no-such-folder/model.h5");
    CHECK(!saved && saved.error().code() == tinylstm::status::io);
    const auto array = tinylstm::array::zeros(tinylstm::dtype::int64, {2});
    CHECK(array->values<std::int64_t>()->size() == 2 && !array->values<float>());
#ifdef __cpp_exceptions
    try {
        saved.value();
        UNREACHED("the value of an error throws it");
    } catch (const tinylstm::error &error) {
        CHECK(error.message() == std::string(saved.error().message()));
    }
#endif
}

void test_callback() {
    auto model = build(1).value();
    auto x = tinylstm::array::zeros(tinylstm::dtype::float32, {3, 4, 2}).value();
    auto y = tinylstm::array::zeros(tinylstm::dtype::float32, {3}).value();
    const auto compiled = model.compile(tinylstm::optimizer::create("adam").value(),
                                        tinylstm::loss::create("mse").value());
    CHECK(compiled.has_value());
    tinylstm::callback_functions functions;
    functions.on_epoch_end = [](tinylstm::model &, const tinylstm::logs &) {
        return tinylstm::verdict::abort;
    };
    auto aborting = tinylstm::callback::create(std::move(functions)).value();
    tinylstm::fit_options options;
    options.callbacks = {&aborting};
    const auto history = model.fit(x, y, options);
    CHECK(!history && history.error().code() == tinylstm::status::stopped);
}

} // namespace

int test_results() {
    failures = 0;
    test_values();
    test_errors();
    test_callback();
    return failures;
}
