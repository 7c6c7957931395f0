/**
 * @file cpp/common.hpp
 * Errors and results, views, owners of handles: what the other C++ headers build on.
 */
#ifndef TINYLSTM_COMMON_HPP
#define TINYLSTM_COMMON_HPP

#include "tinylstm/common.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

#if !defined(__cpp_exceptions) && !defined(TINYLSTM_RESULTS)
#define TINYLSTM_RESULTS
#endif

/* Each way of telling errors has a namespace of its own, so that they may meet in one program. */
#if !defined(TINYLSTM_RESULTS)
#define TINYLSTM_ERRORS throwing
#elif defined(__cpp_exceptions)
#define TINYLSTM_ERRORS returning
#else
#define TINYLSTM_ERRORS without_exceptions
#endif

namespace tinylstm {
inline namespace TINYLSTM_ERRORS {

/** What became of a call; as in C, a newer library may know more. */
enum class status : tlstm_status {
    ok = TLSTM_OK,
    argument = TLSTM_ERROR_ARGUMENT,
    memory = TLSTM_ERROR_MEMORY,
    io = TLSTM_ERROR_IO,
    format = TLSTM_ERROR_FORMAT,
    unsupported = TLSTM_ERROR_UNSUPPORTED,
    shape = TLSTM_ERROR_SHAPE,
    state = TLSTM_ERROR_STATE,
    value = TLSTM_ERROR_VALUE,
    stopped = TLSTM_STOPPED,
    internal = TLSTM_ERROR_INTERNAL
};

/** @return a short fixed description, "shape mismatch". */
inline const char *status_text(status code) noexcept {
    return tlstm_status_text(static_cast<tlstm_status>(code));
}

/** @return the library's version as major * 1000000 + minor * 1000 + patch. */
inline std::int32_t version() noexcept {
    return tlstm_version();
}

/** @return the library's version as text. */
inline const char *version_string() noexcept {
    return tlstm_version_string();
}

/** @return the instruction set whose kernels run here. */
inline const char *isa() noexcept {
    return tlstm_isa();
}

/* ---- Errors ---- */

/** Why a call failed: a code, a sentence and the place. Copying one cannot fail. */
class error : public std::exception {
  public:
    error(status code, std::string message, std::string where = {})
        : told_(std::make_shared<const told>(code, std::move(message), std::move(where))) {
    }

    status code() const noexcept {
        return told_->code;
    }
    /** One line that says why, without the place. */
    const char *message() const noexcept {
        return told_->message.c_str();
    }
    /** A file and the path in it, a layer, an argument; "" where nothing more is known. */
    const char *where() const noexcept {
        return told_->where.c_str();
    }
    /** "where: message" */
    const char *what() const noexcept override {
        return told_->both.c_str();
    }

  private:
    struct told {
        told(status why, std::string text, std::string place)
            : code(why), message(std::move(text)), where(std::move(place)),
              both(where.empty() ? message : where + ": " + message) {
        }
        status code;
        std::string message, where, both;
    };
    std::shared_ptr<const told> told_;
};

/** A value, or the error that there is instead; `T` may be void. Asking for what is not there
 * throws the error; without exceptions it ends the program. */
template <class T> class [[nodiscard]] result {
  public:
    result(T value) : held_(std::in_place_index<0>, std::move(value)) {
    }
    result(tinylstm::error why) : held_(std::in_place_index<1>, std::move(why)) {
    }

    bool has_value() const noexcept {
        return held_.index() == 0;
    }
    explicit operator bool() const noexcept {
        return has_value();
    }
    T &value() & {
        return in(*this);
    }
    const T &value() const & {
        return in(*this);
    }
    T &&value() && {
        return std::move(in(*this));
    }
    T &operator*() & {
        return in(*this);
    }
    const T &operator*() const & {
        return in(*this);
    }
    T &&operator*() && {
        return std::move(in(*this));
    }
    T *operator->() {
        return &in(*this);
    }
    const T *operator->() const {
        return &in(*this);
    }
    /** Only where there is no value. */
    const tinylstm::error &error() const {
        return *std::get_if<1>(&held_);
    }

  private:
    template <class Self> static auto &in(Self &self) {
        if (auto *value = std::get_if<0>(&self.held_))
            return *value;
#ifdef __cpp_exceptions
        throw self.error();
#else
        std::abort();
#endif
    }
    std::variant<T, tinylstm::error> held_;
};

template <> class [[nodiscard]] result<void> {
  public:
    result() = default;
    result(tinylstm::error why) : why_(std::move(why)) {
    }

    bool has_value() const noexcept {
        return !why_;
    }
    explicit operator bool() const noexcept {
        return has_value();
    }
    void value() const {
        if (!why_)
            return;
#ifdef __cpp_exceptions
        throw *why_;
#else
        std::abort();
#endif
    }
    const tinylstm::error &error() const {
        return *why_;
    }

  private:
    std::optional<tinylstm::error> why_;
};

/** What a function that can fail returns. */
#ifdef TINYLSTM_RESULTS
template <class T> using outcome = result<T>;
#else
template <class T> using outcome = T;
#endif

/* ---- Views ---- */

/** `size` elements that belong to somebody else. The same type under every standard, so that object
 * files of different standards fit together; std::span and this turn into each other. */
template <class T> class span {
    template <class Elements>
    using if_elements = std::enable_if_t<std::is_convertible_v<
        std::remove_pointer_t<decltype(std::data(std::declval<Elements &>()))> (*)[], T (*)[]>>;

  public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;

    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {
    }
    /** A view of a vector, an array, another span, ... */
    template <class Elements, class = if_elements<Elements>>
    constexpr span(Elements &&elements) noexcept
        : data_(std::data(elements)), size_(std::size(elements)) {
    }
    /** A view of a list in braces: for parameters, whose lists live until the call is over. */
    template <class U = T, class = std::enable_if_t<std::is_const_v<U>>>
    constexpr span(std::initializer_list<value_type> elements) noexcept
        : data_(std::data(elements)), size_(elements.size()) {
    }

    constexpr T *data() const noexcept {
        return data_;
    }
    constexpr std::size_t size() const noexcept {
        return size_;
    }
    constexpr bool empty() const noexcept {
        return size_ == 0;
    }
    constexpr T *begin() const noexcept {
        return data_;
    }
    constexpr T *end() const noexcept {
        return data_ + size_;
    }
    constexpr T &operator[](std::size_t index) const {
        return data_[index];
    }
    constexpr span subspan(std::size_t from, std::size_t count) const {
        return span(data_ + from, count);
    }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/** A parameter that is text ending in NUL: a literal, a std::string, a std::filesystem::path. Where
 * a function has a default for it, nullptr asks for that. */
class c_string {
  public:
    c_string(const char *text) noexcept : text_(text) {
    }
    template <class Text, class = std::enable_if_t<std::is_convertible_v<
                              decltype(std::declval<const Text &>().c_str()), const char *>>>
    c_string(const Text &text) noexcept : text_(text.c_str()) {
    }
    operator const char *() const noexcept {
        return text_;
    }

  private:
    const char *text_;
};

/** A parameter that is several texts: `{"accuracy", "mae"}`, or a container of strings. */
class text_list {
  public:
    text_list() = default;
    text_list(std::initializer_list<c_string> texts) : texts_(texts.begin(), texts.end()) {
    }
    template <class Texts, class = std::enable_if_t<std::is_constructible_v<
                               c_string, decltype(*std::begin(std::declval<const Texts &>()))>>>
    text_list(const Texts &texts) {
        for (const auto &text : texts)
            texts_.push_back(c_string(text));
    }
    const char *const *data() const noexcept {
        return texts_.data();
    }
    std::size_t size() const noexcept {
        return texts_.size();
    }

  private:
    std::vector<const char *> texts_;
};

/* ---- What the other headers are made with ---- */

namespace detail {

/** Owns a handle of C, or borrows it: then it dies without a trace. */
template <class T, void (*Free)(T *)> class handle {
  public:
    using c_type = T;

    /** Takes `raw` over; `owned` false: only borrows it. */
    explicit handle(T *raw = nullptr, bool owned = true) noexcept : raw_(raw), owned_(owned) {
    }
    handle(handle &&from) noexcept : raw_(std::exchange(from.raw_, nullptr)), owned_(from.owned_) {
    }
    handle &operator=(handle &&from) noexcept {
        handle taken(std::move(from));
        std::swap(raw_, taken.raw_);
        std::swap(owned_, taken.owned_);
        return *this;
    }
    ~handle() {
        if (raw_ && owned_)
            Free(raw_);
    }

    /** The handle, lent to C. */
    T *get() noexcept {
        return raw_;
    }
    const T *get() const noexcept {
        return raw_;
    }

  private:
    T *raw_;
    bool owned_;
};

/** Ends a function that returns outcome<T> with an error. */
template <class T> outcome<T> fail(error why) {
#ifdef TINYLSTM_RESULTS
    return why;
#else
    throw why;
#endif
}

inline error error_of(tlstm_status code, const tlstm_error *raw) {
    return raw ? error(status{tlstm_error_code(raw)}, tlstm_error_message(raw),
                       tlstm_error_where(raw))
               : error(status{code}, tlstm_status_text(code));
}

/** Calls C, `attempt(&error)`, and returns what `make()` makes of its outputs. */
template <class Attempt, class Make>
auto call(Attempt &&attempt, Make &&make) -> outcome<decltype(make())> {
    struct freed_error {
        ~freed_error() {
            if (raw)
                tlstm_error_free(raw);
        }
        tlstm_error *raw = nullptr;
    } why;
    using made = decltype(make());
    const tlstm_status code = attempt(&why.raw);
    if (code != TLSTM_OK)
        return fail<made>(error_of(code, why.raw));
    if constexpr (std::is_void_v<made>)
        return outcome<void>();
    else
        return make();
}

/** Calls C where there is nothing to return. */
template <class Attempt> outcome<void> call(Attempt &&attempt) {
    return call(std::forward<Attempt>(attempt), [] {});
}

/** Calls C, `attempt(&raw, &error)`, and returns the owner of the new handle. */
template <class Owner, class Attempt> outcome<Owner> make(Attempt &&attempt) {
    typename Owner::c_type *raw = nullptr;
    return call([&](tlstm_error **why) { return attempt(&raw, why); }, [&] { return Owner(raw); });
}

using string_handle = handle<char, tlstm_string_free>;

/** Calls C, `attempt(&text, &error)`, and copies the text that it hands over. */
template <class Attempt> outcome<std::string> make_string(Attempt &&attempt) {
    char *raw = nullptr;
    return call([&](tlstm_error **why) { return attempt(&raw, why); },
                [&] { return std::string(string_handle(raw).get()); });
}

/** The exception, if one came, of a function that the library called. */
class carrier {
  public:
    /** Runs `function`; false when an exception left it now or before, which is kept. */
    template <class Function> bool run(Function &&function) noexcept {
#ifdef __cpp_exceptions
        try {
            if (!thrown_)
                function();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        return !thrown_;
#else
        function();
        return true;
#endif
    }
    /** Throws what was kept, once. */
    void rethrow() {
#ifdef __cpp_exceptions
        if (std::exception_ptr thrown = std::exchange(thrown_, nullptr))
            std::rethrow_exception(thrown);
#endif
    }

  private:
#ifdef __cpp_exceptions
    std::exception_ptr thrown_;
#endif
};

} // namespace detail

/** Sets the functions that the library allocates with; see tlstm_set_allocator(). */
inline outcome<void> set_allocator(const tlstm_allocator &allocator) {
    return detail::call([&](tlstm_error **why) { return tlstm_set_allocator(&allocator, why); });
}

/** Goes back to malloc and free. */
inline outcome<void> reset_allocator() {
    return detail::call([](tlstm_error **why) { return tlstm_set_allocator(nullptr, why); });
}

} // namespace TINYLSTM_ERRORS
} // namespace tinylstm

#if defined(__cpp_lib_ranges)
/* A std::span may be made of one that is about to die. */
template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<tinylstm::span<T>> = true;
#endif

#endif
