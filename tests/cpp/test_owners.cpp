// Owners and views: what moves, what is borrowed, what the compiler must refuse.
#include "check.hpp"

#include <array>
#include <filesystem>
#if __has_include(<span>)
#include <span>
#endif

namespace {

template <class T>
constexpr bool only_moves =
    std::is_nothrow_move_constructible_v<T> &&std::is_nothrow_move_assignable_v<T> &&
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

static_assert(only_moves<tinylstm::array> && only_moves<tinylstm::sequences> &&
              only_moves<tinylstm::reviews> && only_moves<tinylstm::vocabulary> &&
              only_moves<tinylstm::model> && only_moves<tinylstm::session> &&
              only_moves<tinylstm::optimizer> && only_moves<tinylstm::loss> &&
              only_moves<tinylstm::history> && only_moves<tinylstm::callback>);
static_assert(std::is_nothrow_copy_constructible_v<tinylstm::error>);

// A const object gives away nothing that could change it.
static_assert(
    std::is_same_v<decltype(std::declval<const tinylstm::model &>().get()), const tlstm_model *>);
static_assert(std::is_same_v<decltype(std::declval<const tinylstm::reviews &>().y_train()),
                             const tinylstm::array &>);

// Views are made of what has the right elements, and of nothing else.
template <class From, class To> constexpr bool becomes = std::is_convertible_v<From, To>;
using floats = tinylstm::span<float>;
using const_floats = tinylstm::span<const float>;
static_assert(becomes<std::vector<float> &, floats> && becomes<float (&)[3], floats> &&
              becomes<std::array<float, 2> &, const_floats> && becomes<floats, const_floats>);
static_assert(!becomes<const std::vector<float> &, floats> &&
              !becomes<std::vector<double> &, const_floats> && !becomes<const_floats, floats>);
#if defined(__cpp_lib_span)
static_assert(becomes<std::span<float>, floats> && becomes<floats, std::span<float>>);
#endif

template <class T> auto elements_of(const tinylstm::array &array) {
    return tinylstm::outcome<tinylstm::span<const T>>(array.values<T>());
}

void test_moves() {
    auto first = tinylstm::array::zeros(tinylstm::dtype::int32, {2, 3});
    tlstm_array *raw = first.get();
    auto second = std::move(first);
    CHECK(second.get() == raw && first.get() == nullptr);
    first = std::move(second);
    CHECK(first.get() == raw && second.get() == nullptr);
    auto &same = first;
    first = std::move(same);
    CHECK(first.get() == raw);
    try {
        second.save_npy("nowhere.npy");
        UNREACHED("an array that was moved from fails");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::argument);
    }
}

void test_array() {
    std::vector<double> values = {1, 2, 3, 4, 5, 6};
    const auto wrapped = tinylstm::array::wrap(values, {3, 2});
    CHECK(wrapped.type() == tinylstm::dtype::float64 && wrapped.size() == 6);
    CHECK(wrapped.shape().size() == 2 && wrapped.shape()[1] == 2);
    CHECK(wrapped.values<double>().data() == values.data());
    const auto taken = wrapped.take({2, 0});
    CHECK(taken.values<double>()[0] == 5 && taken.values<double>()[3] == 2);

    const std::array<std::int64_t, 3> classes = {2, 0, 1};
    const auto view = tinylstm::array_view::wrap(classes, {3});
    const auto one_hot = tinylstm::to_categorical(view);
    CHECK(view->size() == 3 && one_hot.values<float>()[2] == 1.0F);
    try {
        tinylstm::array::wrap(values, {2, 2});
        UNREACHED("a shape of 4 elements over 6 fails");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::shape);
    }
    try {
        elements_of<float>(wrapped);
        UNREACHED("doubles are no floats");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::shape);
    }
}

void test_borrowed_parts() {
    auto reviews = tinylstm::reviews::generate(30, 10, 5);
    const std::int32_t *tokens = reviews.x_train()[7].data();
    const auto moved = std::move(reviews);
    CHECK(moved.x_train().size() == 30 && moved.y_test().size() == 10);
    CHECK(moved.x_train()[7].data() == tokens && moved.x_train()[30].empty());
}

void test_sequences() {
    const auto lists = tinylstm::sequences::create({1, 2, 3, 4}, {3, 1});
    CHECK(lists.size() == 2 && lists[0].size() == 3 && lists[1][0] == 4);
    tinylstm::pad_options post;
    post.padding = tinylstm::side::post;
    const auto padded = tinylstm::pad_sequences(lists.take({1, 0}), post);
    CHECK(padded.values<std::int32_t>()[0] == 4 && padded.values<std::int32_t>()[5] == 3);
    std::vector<tinylstm::array> samples;
    samples.push_back(tinylstm::array::zeros(tinylstm::dtype::float32, {2, 3}));
    samples.push_back(tinylstm::array::zeros(tinylstm::dtype::float32, {4, 3}));
    CHECK(tinylstm::pad_arrays(samples).shape()[1] == 4);
    try {
        tinylstm::sequences::create({1, 2, 3}, {3, 1});
        UNREACHED("lengths of 4 over 3 tokens fail");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::shape);
    }
}

void test_splits() {
    tinylstm::split_options options;
    options.test_size = 3;
    const auto rows = tinylstm::train_test_split(10, options);
    CHECK(rows.train.size() == 7 && rows.test.size() == 3);
    // numpy.random.RandomState(0).permutation(10)
    CHECK((tinylstm::shuffled_indices(10, 0) ==
           std::vector<std::int64_t>{2, 8, 4, 9, 1, 6, 7, 3, 0, 5}));
}

void test_words() {
    const std::vector<std::string> texts = {"The film, the film!", "the plot"};
    const auto words = tinylstm::vocabulary::fit(texts);
    CHECK(words.size() == 3 && words.rank("the") == 1 && words.occurrences("film") == 2);
    CHECK(words.word(2) == "film" && !words.word(9));
    const auto tokens = words.texts_to_sequences({"plot of the film"});
    CHECK(tokens[0].size() == 3);
    CHECK(words.sequence_to_text(tokens[0]) == "plot the film");
    CHECK(words.texts_to_reviews(texts)[0][0] == 1);
    const auto file = std::filesystem::temp_directory_path() / "tinylstm_cpp_words.json";
    words.save(file);
    CHECK(tinylstm::vocabulary::load(file).rank("plot") == 3);
    std::filesystem::remove(file);
    CHECK(tinylstm::vocabulary::generate().size() > 0);
}

void test_wrong_path() {
    try {
        tinylstm::array::load_npy("absent.npy");
        UNREACHED("a missing file fails");
    } catch (const std::exception &error) {
        CHECK(std::string(error.what()).find("absent.npy: ") == 0);
    }
}

} // namespace

int main() {
    test_moves();
    test_array();
    test_borrowed_parts();
    test_sequences();
    test_splits();
    test_words();
    test_wrong_path();
    return failures != 0;
}
