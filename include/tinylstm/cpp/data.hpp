/**
 * @file cpp/data.hpp
 * Arrays, sequences, reviews and words: tinylstm/data.h for C++.
 */
#ifndef TINYLSTM_DATA_HPP
#define TINYLSTM_DATA_HPP

#include "tinylstm/cpp/common.hpp"
#include "tinylstm/data.h"

#include <cstring>

namespace tinylstm {
inline namespace TINYLSTM_ERRORS {

/** Element types of arrays. */
enum class dtype : tlstm_dtype {
    float32 = TLSTM_FLOAT32,
    float64 = TLSTM_FLOAT64,
    int32 = TLSTM_INT32,
    int64 = TLSTM_INT64
};

/** The dtype of a C++ type, for the four types that arrays hold. */
template <class T> inline constexpr dtype dtype_of = dtype{};
template <> inline constexpr dtype dtype_of<float> = dtype::float32;
template <> inline constexpr dtype dtype_of<double> = dtype::float64;
template <> inline constexpr dtype dtype_of<std::int32_t> = dtype::int32;
template <> inline constexpr dtype dtype_of<std::int64_t> = dtype::int64;

using shape_view = span<const std::int64_t>;

/** A dense array in C order, the first dimension counting samples. */
class array : public detail::handle<tlstm_array, tlstm_array_free> {
  public:
    using handle::handle;

    static outcome<array> zeros(dtype type, shape_view shape) {
        return detail::make<array>([&](tlstm_array **made, tlstm_error **why) {
            return tlstm_array_new(static_cast<tlstm_dtype>(type), shape.size(), shape.data(), made,
                                   why);
        });
    }

    /** Over the elements of a container, which must outlive the array. */
    template <class Elements> static outcome<array> wrap(Elements &elements, shape_view shape) {
        static_assert(!std::is_const_v<std::remove_pointer_t<decltype(std::data(elements))>>,
                      "use array_view for elements that must not be written");
        return wrap_elements<array>(std::data(elements), std::size(elements), shape);
    }

    static outcome<array> load_npy(c_string path) {
        return detail::make<array>([&](tlstm_array **made, tlstm_error **why) {
            return tlstm_array_load_npy(path, made, why);
        });
    }
    outcome<void> save_npy(c_string path) const {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_array_save_npy(get(), path, why); });
    }

    dtype type() const noexcept {
        return dtype{tlstm_array_dtype(get())};
    }
    shape_view shape() const noexcept {
        return {tlstm_array_shape(get()), tlstm_array_ndim(get())};
    }
    /** The number of elements. */
    std::size_t size() const noexcept {
        return tlstm_array_size(get());
    }

    /** The elements; status::shape when they are not of type T. */
    template <class T> outcome<span<const T>> values() const {
        if (type() != dtype_of<T>)
            return wrong_type<span<const T>>();
        return span<const T>(static_cast<const T *>(tlstm_array_data(get())), size());
    }
    template <class T> outcome<span<T>> mutable_values() {
        if (type() != dtype_of<T>)
            return wrong_type<span<T>>();
        return span<T>(static_cast<T *>(tlstm_array_mutable_data(get())), size());
    }

    /** The rows `indices`, copied in that order. */
    outcome<array> take(span<const std::int64_t> indices) const {
        return detail::make<array>([&](tlstm_array **made, tlstm_error **why) {
            return tlstm_array_take(get(), indices.data(), indices.size(), made, why);
        });
    }

  private:
    friend class array_view;

    template <class Owner, class T>
    static outcome<Owner> wrap_elements(T *elements, std::size_t size, shape_view shape) {
        static_assert(dtype_of<std::remove_const_t<T>> != dtype{}, "not a type that arrays hold");
        std::size_t wanted = 1;
        for (const std::int64_t dim : shape)
            wanted *= static_cast<std::size_t>(dim);
        if (wanted != size)
            return detail::fail<Owner>(error(status::shape,
                                             "the shape has " + std::to_string(wanted) +
                                                 " elements, not " + std::to_string(size),
                                             "shape"));
        return detail::make<Owner>([&](tlstm_array **made, tlstm_error **why) {
            return tlstm_array_wrap(const_cast<std::remove_const_t<T> *>(elements),
                                    static_cast<tlstm_dtype>(dtype_of<std::remove_const_t<T>>),
                                    shape.size(), shape.data(), made, why);
        });
    }
    template <class Values> static outcome<Values> wrong_type() {
        return detail::fail<Values>(error(status::shape, "the elements are of another dtype"));
    }
};

/** An array over elements that must not be written; goes where a `const array &` goes. */
class array_view {
  public:
    using c_type = tlstm_array;

    explicit array_view(tlstm_array *raw) noexcept : array_(raw) {
    }
    /** Over the elements of a container, which must outlive the view. */
    template <class Elements>
    static outcome<array_view> wrap(const Elements &elements, shape_view shape) {
        return array::wrap_elements<array_view>(std::data(elements), std::size(elements), shape);
    }
    operator const array &() const noexcept {
        return array_;
    }
    const array *operator->() const noexcept {
        return &array_;
    }

  private:
    array array_;
};

/** One-hot rows of class numbers; `num_classes` 0: the largest number + 1. */
inline outcome<array> to_categorical(const array &classes, std::int64_t num_classes = 0) {
    return detail::make<array>([&](tlstm_array **made, tlstm_error **why) {
        return tlstm_to_categorical(classes.get(), num_classes, made, why);
    });
}

/** A list of token sequences of differing length. */
class sequences : public detail::handle<tlstm_sequences, tlstm_sequences_free> {
  public:
    using handle::handle;

    /** Copies sequences that stand one behind the other in `tokens`. */
    static outcome<sequences> create(span<const std::int32_t> tokens,
                                     span<const std::size_t> lengths) {
        std::size_t wanted = 0;
        for (const std::size_t length : lengths)
            wanted += length;
        if (wanted != tokens.size())
            return detail::fail<sequences>(
                error(status::shape, "the lengths do not add up to the tokens", "lengths"));
        return detail::make<sequences>([&](tlstm_sequences **made, tlstm_error **why) {
            return tlstm_sequences_new(tokens.data(), lengths.data(), lengths.size(), made, why);
        });
    }

    std::size_t size() const noexcept {
        return tlstm_sequences_count(get());
    }
    /** The tokens of a sequence; none when `index` is out of range. */
    span<const std::int32_t> operator[](std::size_t index) const noexcept {
        std::size_t length = 0;
        const std::int32_t *tokens = tlstm_sequences_get(get(), index, &length);
        return {tokens, length};
    }
    /** The sequences `indices`, copied in that order. */
    outcome<sequences> take(span<const std::int64_t> indices) const {
        return detail::make<sequences>([&](tlstm_sequences **made, tlstm_error **why) {
            return tlstm_sequences_take(get(), indices.data(), indices.size(), made, why);
        });
    }
};

/* ---- Padding and splitting ---- */

/** Where padding and truncation happen. */
enum class side : std::int32_t { pre = TLSTM_PRE, post = TLSTM_POST };

/** Arguments of pad_sequences() and pad_arrays(); see ::tlstm_pad_options. */
struct pad_options {
    std::int64_t maxlen = 0;
    dtype type = dtype::int32;
    side padding = side::pre;
    side truncating = side::pre;
    double value = 0.0;

    tlstm_pad_options c_options() const {
        tlstm_pad_options options = TLSTM_PAD_OPTIONS_INIT;
        options.maxlen = maxlen;
        options.dtype = static_cast<tlstm_dtype>(type);
        options.padding = static_cast<std::int32_t>(padding);
        options.truncating = static_cast<std::int32_t>(truncating);
        options.value = value;
        return options;
    }
};

/** Sequences to one array (count, maxlen). */
inline outcome<array> pad_sequences(const sequences &lists, const pad_options &options = {}) {
    const tlstm_pad_options raw = options.c_options();
    return detail::make<array>([&](tlstm_array **made, tlstm_error **why) {
        return tlstm_pad_sequences(lists.get(), &raw, made, why);
    });
}

/** Arrays (timesteps, ...) of one shape but for the timesteps to one array (count, maxlen, ...). */
inline outcome<array> pad_arrays(span<const array> samples, const pad_options &options = {}) {
    const tlstm_pad_options raw = options.c_options();
    std::vector<const tlstm_array *> handles;
    for (const array &sample : samples)
        handles.push_back(sample.get());
    return detail::make<array>([&](tlstm_array **made, tlstm_error **why) {
        return tlstm_pad_arrays(handles.data(), handles.size(), &raw, made, why);
    });
}

/** Arguments of train_test_split(); see ::tlstm_split_options. */
struct split_options {
    double test_size = -1.0;
    double train_size = -1.0;
    bool shuffle = true;
    std::int64_t random_state = 0;
    const array *stratify = nullptr;

    tlstm_split_options c_options() const {
        tlstm_split_options options = TLSTM_SPLIT_OPTIONS_INIT;
        options.test_size = test_size;
        options.train_size = train_size;
        options.shuffle = shuffle;
        options.random_state = random_state;
        options.stratify = stratify ? stratify->get() : nullptr;
        return options;
    }
};

/** Which samples train and which test. */
struct split_indices {
    std::vector<std::int64_t> train, test;
};

namespace detail {

/** The elements of an int64 array that C hands over. */
inline std::vector<std::int64_t> indices_of(const array &owner) {
    const auto *data = static_cast<const std::int64_t *>(tlstm_array_data(owner.get()));
    return std::vector<std::int64_t>(data, data + owner.size());
}

} // namespace detail

inline outcome<split_indices> train_test_split(std::size_t samples,
                                               const split_options &options = {}) {
    const tlstm_split_options raw = options.c_options();
    tlstm_array *train = nullptr, *test = nullptr;
    return detail::call(
        [&](tlstm_error **why) {
            return tlstm_train_test_split(samples, &raw, &train, &test, why);
        },
        [&] {
            const array train_owner(train), test_owner(test);
            return split_indices{detail::indices_of(train_owner), detail::indices_of(test_owner)};
        });
}

/** The order into which `numpy.random.RandomState(seed).shuffle` brings 0 .. count-1. */
inline outcome<std::vector<std::int64_t>> shuffled_indices(std::size_t count, std::int64_t seed) {
    tlstm_array *made = nullptr;
    return detail::call(
        [&](tlstm_error **why) { return tlstm_shuffled_indices(count, seed, &made, why); },
        [&] { return detail::indices_of(array(made)); });
}

/* ---- Reviews ---- */

/** Arguments of reviews::load() and texts_to_reviews(); see ::tlstm_imdb_options. */
struct imdb_options {
    std::int64_t num_words = 0;
    std::int64_t skip_top = 0;
    std::int64_t maxlen = 0;
    std::int64_t seed = 113;
    std::int64_t start_char = 1;
    std::int64_t oov_char = 2;
    std::int64_t index_from = 3;

    tlstm_imdb_options c_options() const {
        tlstm_imdb_options options = TLSTM_IMDB_OPTIONS_INIT;
        options.num_words = num_words;
        options.skip_top = skip_top;
        options.maxlen = maxlen;
        options.seed = seed;
        options.start_char = start_char;
        options.oov_char = oov_char;
        options.index_from = index_from;
        return options;
    }
};

/** Reviews and their labels: the IMDB set, or the generated one. Its parts live as long as it. */
class reviews : public detail::handle<tlstm_reviews, tlstm_reviews_free> {
  public:
    explicit reviews(tlstm_reviews *raw = nullptr, bool owned = true)
        : handle(raw, owned), x_train_(borrow(tlstm_reviews_x_train(raw))),
          y_train_(borrow(tlstm_reviews_y_train(raw))), x_test_(borrow(tlstm_reviews_x_test(raw))),
          y_test_(borrow(tlstm_reviews_y_test(raw))) {
    }

    /** Reads Keras's imdb.npz; `path` nullptr: $TINYLSTM_IMDB, or where Keras keeps it. */
    static outcome<reviews> load(c_string path = nullptr, const imdb_options &options = {}) {
        const tlstm_imdb_options raw = options.c_options();
        return detail::make<reviews>([&](tlstm_reviews **made, tlstm_error **why) {
            return tlstm_imdb_load(path, &raw, made, why);
        });
    }
    static outcome<reviews> generate(std::size_t train, std::size_t test, std::uint64_t seed) {
        return detail::make<reviews>([&](tlstm_reviews **made, tlstm_error **why) {
            return tlstm_reviews_generate(train, test, seed, made, why);
        });
    }

    const sequences &x_train() const noexcept {
        return x_train_;
    }
    const array &y_train() const noexcept {
        return y_train_;
    }
    const sequences &x_test() const noexcept {
        return x_test_;
    }
    const array &y_test() const noexcept {
        return y_test_;
    }

  private:
    /* Only constant references to the parts are given away. */
    static sequences borrow(const tlstm_sequences *part) {
        return sequences(const_cast<tlstm_sequences *>(part), false);
    }
    static array borrow(const tlstm_array *part) {
        return array(const_cast<tlstm_array *>(part), false);
    }

    sequences x_train_;
    array y_train_;
    sequences x_test_;
    array y_test_;
};

/* ---- Words ---- */

/** What happens to a text before its words are looked up; see ::tlstm_text_options. */
struct text_options {
    const char *filters = nullptr;
    bool lower = true;
    const char *split = nullptr;
    bool char_level = false;
    const char *oov_token = nullptr;

    tlstm_text_options c_options() const {
        tlstm_text_options options = TLSTM_TEXT_OPTIONS_INIT;
        options.filters = filters;
        options.lower = lower;
        options.split = split;
        options.char_level = char_level;
        options.oov_token = oov_token;
        return options;
    }
};

/** Words and their ranks (1 = most frequent): Keras's word index. */
class vocabulary : public detail::handle<tlstm_vocabulary, tlstm_vocabulary_free> {
  public:
    using handle::handle;

    /** Reads a JSON object of word to rank; `path` nullptr: where Keras keeps that of IMDB. */
    static outcome<vocabulary> load(c_string path = nullptr) {
        return detail::make<vocabulary>([&](tlstm_vocabulary **made, tlstm_error **why) {
            return tlstm_vocabulary_load(path, made, why);
        });
    }
    /** The words of reviews::generate(). */
    static outcome<vocabulary> generate() {
        return detail::make<vocabulary>(tlstm_vocabulary_generate);
    }
    /** Learns a word index from texts as `Tokenizer.fit_on_texts`. */
    static outcome<vocabulary> fit(const text_list &texts, const text_options &options = {}) {
        const tlstm_text_options raw = options.c_options();
        return detail::make<vocabulary>([&](tlstm_vocabulary **made, tlstm_error **why) {
            return tlstm_vocabulary_fit(texts.data(), texts.size(), &raw, made, why);
        });
    }
    outcome<void> save(c_string path) const {
        return detail::call(
            [&](tlstm_error **why) { return tlstm_vocabulary_save(get(), path, why); });
    }

    std::size_t size() const noexcept {
        return tlstm_vocabulary_size(get());
    }
    /** The rank of a word, 0 when it is unknown. */
    std::int64_t rank(c_string word) const noexcept {
        return tlstm_vocabulary_rank(get(), word);
    }
    /** The word of a rank, borrowed. */
    std::optional<std::string_view> word(std::int64_t rank) const noexcept {
        const char *word = tlstm_vocabulary_word(get(), rank);
        return word ? std::optional<std::string_view>(word) : std::nullopt;
    }
    /** How often fit() saw a word; 0 where that is not known. */
    std::int64_t occurrences(c_string word) const noexcept {
        return tlstm_vocabulary_occurrences(get(), word);
    }

    /** As `Tokenizer.texts_to_sequences`. */
    outcome<sequences> texts_to_sequences(const text_list &texts, const text_options &options = {},
                                          std::int64_t num_words = 0) const {
        const tlstm_text_options raw = options.c_options();
        return detail::make<sequences>([&](tlstm_sequences **made, tlstm_error **why) {
            return tlstm_texts_to_sequences(get(), texts.data(), texts.size(), &raw, num_words,
                                            made, why);
        });
    }
    /** One sequence back to words with blanks between. */
    outcome<std::string> sequence_to_text(span<const std::int32_t> tokens,
                                          const text_options &options = {},
                                          std::int64_t num_words = 0) const {
        const tlstm_text_options raw = options.c_options();
        return detail::make_string([&](char **text, tlstm_error **why) {
            return tlstm_sequence_to_text(get(), tokens.data(), tokens.size(), &raw, num_words,
                                          text, why);
        });
    }
    /** As load_data() encodes reviews. */
    outcome<sequences> texts_to_reviews(const text_list &texts,
                                        const imdb_options &options = {}) const {
        const tlstm_imdb_options raw = options.c_options();
        return detail::make<sequences>([&](tlstm_sequences **made, tlstm_error **why) {
            return tlstm_texts_to_reviews(get(), texts.data(), texts.size(), &raw, made, why);
        });
    }
};

} // namespace TINYLSTM_ERRORS
} // namespace tinylstm

#endif
