// frugally-deep: one sequence of the reference model, and the start of a process that predicts
// once.
//
//     frugally_deep MODEL_JSON --only sequence,start [--repeat N]
//
// Built against frugally-deep as its own documentation says; MODEL_JSON is reference.keras or .h5
// converted by its own converter.
#include <fdeep/fdeep.hpp>

#include "peer.h"

namespace {

constexpr int timesteps = 100;

fdeep::tensors tokens() {
    std::vector<float> values(timesteps);
    for (int t = 0; t < timesteps; t++)
        values[t] = static_cast<float>((t * 7919) % 500);
    return {fdeep::tensor(fdeep::tensor_shape(timesteps), values)};
}

} // namespace

int main(int count, char **arguments) {
    const peer_options options = peer_parse(count, arguments);
    if (count < 2)
        peer_stop("usage: frugally_deep MODEL_JSON [--only sequence,start] [--repeat N]");
    const auto model = fdeep::load_model(arguments[1], false, fdeep::dev_null_logger);
    const auto x = tokens();
    const bool only_start = options.only && strcmp(options.only, "start") == 0;
    const char *name = only_start ? "start" : "sequence";
    peer_times times = {};
    for (long i = 0; i < (only_start ? 1 : peer_repeat(&options, 3000)); i++) {
        const double start = peer_now();
        model.predict(x);
        peer_add(&times, peer_now() - start);
    }
    peer_report("frugally-deep", "frugally-deep", name, &options, &times, 0);
    free(times.seconds);
    return 0;
}
