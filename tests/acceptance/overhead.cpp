// The program of overhead.c in C++.
#include "tinylstm/tinylstm.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace {

constexpr std::size_t timesteps = 100;
constexpr std::int32_t words = 500;

tinylstm::model build() {
    auto model = tinylstm::model::create(nullptr, 42);
    model.add_input({timesteps});
    model.add_embedding(words, 16);
    model.add_lstm(8);
    model.add_dense(1, tinylstm::activation::sigmoid);
    model.build();
    return model;
}

/* Blocks of calls, because one call is shorter than the clock is good; the median of the blocks. */
template <class Call> void measure(const char *what, std::size_t calls, Call call) {
    using clock = std::chrono::steady_clock;
    std::array<double, 101> nanoseconds;
    for (double &block : nanoseconds) {
        const auto start = clock::now();
        for (std::size_t i = 0; i < calls; i++)
            call(i % timesteps);
        const std::chrono::duration<double, std::nano> taken = clock::now() - start;
        block = taken.count() / static_cast<double>(calls);
    }
    const auto middle = nanoseconds.begin() + nanoseconds.size() / 2;
    std::nth_element(nanoseconds.begin(), middle, nanoseconds.end());
    std::printf("{\"what\": \"%s\", \"language\": \"c++\", \"median_ns\": %.1f}\n", what, *middle);
}

} // namespace

int main() {
    std::vector<std::int32_t> tokens(2 * timesteps);
    for (std::size_t i = 0; i < tokens.size(); i++)
        tokens[i] = static_cast<std::int32_t>(i) * 7 % words;
    const tinylstm::span<const std::int32_t> all = tokens;
    float y[1];
    try {
        const auto model = build();
        auto session = tinylstm::session::create(model);
        measure("run1", 200, [&](std::size_t from) {
            session.run(1, timesteps, all.subspan(from, timesteps), y);
        });
        measure("step", 20000, [&](std::size_t from) { session.step(all.subspan(from, 1), y); });
    } catch (const tinylstm::error &error) {
        std::fprintf(stderr, "overhead: %s\n", error.what());
        return 1;
    }
    return 0;
}
