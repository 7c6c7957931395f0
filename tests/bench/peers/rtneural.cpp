// RTNeural's model of sizes fixed at compile time: LSTM(8) on 16 features, Dense(1).
//
// Built against RTNeural as its own documentation says; RTNEURAL_BACKEND names the back end chosen.
#include <RTNeural/RTNeural.h>

#include "peer.h"

#include <vector>

#ifndef RTNEURAL_BACKEND
#define RTNEURAL_BACKEND "?"
#endif

namespace {

constexpr int words = 500, features = 16, units = 8, timesteps = 100;

using Model =
    RTNeural::ModelT<float, features, 1, RTNeural::LSTMLayerT<float, features, units>,
                     RTNeural::DenseT<float, units, 1>, RTNeural::SigmoidActivationT<float, 1>>;

std::vector<std::vector<float>> matrix(int rows, int columns) {
    std::vector<std::vector<float>> result(rows, std::vector<float>(columns));
    for (auto &row : result)
        peer_fill(row.data(), row.size(), 0.3f);
    return result;
}

void set_weights(Model &model) {
    auto &lstm = model.get<0>();
    lstm.setWVals(matrix(features, 4 * units));
    lstm.setUVals(matrix(units, 4 * units));
    lstm.setBVals(matrix(1, 4 * units)[0]);
    auto &dense = model.get<1>();
    const float bias[] = {0.1f};
    dense.setWeights(matrix(1, units));
    dense.setBias(bias);
    model.reset();
}

// Keeps the compiler from leaving out what nobody looks at.
volatile float sink;

struct Data {
    alignas(64) float embedding[words][features];
    alignas(64) float x[timesteps][features];
    int tokens[timesteps];
};

// A sequence of features, or of tokens whose features are looked up: RTNeural has no Embedding.
void sequence(Model &model, const Data &data, bool from_tokens) {
    model.reset();
    float y = 0;
    for (int t = 0; t < timesteps; t++)
        y = model.forward(from_tokens ? data.embedding[data.tokens[t]] : data.x[t]);
    sink = y;
}

void measure_sequences(const char *name, Model &model, const Data &data, bool from_tokens,
                       const peer_options &options) {
    peer_times times = {};
    const long repeat = peer_repeat(&options, 20000);
    for (long i = -repeat / 10; i < repeat; i++) {
        const double start = peer_now();
        sequence(model, data, from_tokens);
        if (i >= 0)
            peer_add(&times, peer_now() - start);
    }
    peer_report("RTNeural", "RTNeural, " RTNEURAL_BACKEND, name, &options, &times, 0);
    free(times.seconds);
}

void measure_steps(const char *name, Model &model, const Data &data, bool from_tokens,
                   const peer_options &options) {
    peer_times times = {};
    for (long i = 0; i < peer_repeat(&options, 5000); i++) {
        const double start = peer_now();
        for (int t = 0; t < timesteps; t++)
            sink = model.forward(from_tokens ? data.embedding[data.tokens[t]] : data.x[t]);
        peer_add(&times, (peer_now() - start) / timesteps);
    }
    peer_report("RTNeural", "RTNeural, " RTNEURAL_BACKEND, name, &options, &times, 0);
    free(times.seconds);
}

} // namespace

int main(int count, char **arguments) {
    static Model model;
    static Data data;
    const peer_options options = peer_parse(count, arguments);
    set_weights(model);
    peer_fill(&data.embedding[0][0], words * features, 1);
    peer_fill(&data.x[0][0], timesteps * features, 1);
    for (int t = 0; t < timesteps; t++)
        data.tokens[t] = (t * 7919) % words;
    if (peer_wants(&options, "sequence"))
        measure_sequences("sequence", model, data, true, options);
    if (peer_wants(&options, "sequence-features"))
        measure_sequences("sequence-features", model, data, false, options);
    if (peer_wants(&options, "step"))
        measure_steps("step", model, data, true, options);
    if (peer_wants(&options, "step-features"))
        measure_steps("step-features", model, data, false, options);
    return 0;
}
