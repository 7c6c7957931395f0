// oneDNN's LSTM primitive alone: no embedding, no loss, no optimizer. Version 2, that of Debian 12.
#include <dnnl.hpp>

#include "peer.h"

#include <string>
#include <unordered_map>
#include <vector>

using namespace dnnl;

namespace {

// A sequence-major LSTM of one layer; "predict" rows run forward, the others backward too.
struct Row {
    const char *name;
    int batch, features, units, batches, repeat; // `batches` make one repetition
    bool training;
};

const Row rows[] = {
    {"reference", 64, 16, 8, 313, 3, true},  {"train-128", 64, 128, 128, 1, 10, true},
    {"train-512", 64, 512, 512, 1, 4, true}, {"predict-512", 64, 512, 512, 1, 6, false},
    {"predict", 256, 16, 8, 98, 3, false},   {"sequence", 1, 16, 8, 1, 5000, false},
};

constexpr int timesteps = 100;

using Dims = memory::dims;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

memory::desc tensor(Dims dims, Tag tag) {
    return {std::move(dims), memory::data_type::f32, tag};
}

memory filled(const memory::desc &desc, const engine &cpu) {
    memory result(desc, cpu);
    const size_t count = desc.get_size() / sizeof(float);
    peer_fill(static_cast<float *>(result.get_data_handle()), count, 0.1f);
    return result;
}

// Packed weights hold more than numbers: oneDNN alone can make them.
memory packed(const Dims &dims, const memory::desc &desc, const engine &cpu) {
    memory plain = filled(tensor(dims, Tag::ldigo), cpu);
    memory result(desc, cpu);
    stream queue(cpu);
    reorder(plain, result).execute(queue, plain, result);
    queue.wait();
    return result;
}

// Forward and, for training, backward primitives on memory of their own, in the layouts that oneDNN
// chooses for the weights.
class Lstm {
  public:
    Lstm(const Row &row, const engine &cpu) : cpu(cpu), training(row.training) {
        const auto x = tensor({timesteps, row.batch, row.features}, Tag::tnc);
        const auto y = tensor({timesteps, row.batch, row.units}, Tag::tnc);
        const Dims kernel_dims = {1, 1, row.features, 4, row.units};
        const Dims recurrent_dims = {1, 1, row.units, 4, row.units};
        const auto kernel = tensor(kernel_dims, Tag::any);
        const auto recurrent = tensor(recurrent_dims, Tag::any);
        const auto bias = tensor({1, 1, 4, row.units}, Tag::ldgo);
        const memory::desc none;
        const auto direction = rnn_direction::unidirectional_left2right;
        const lstm_forward::primitive_desc forward_desc(
            {training ? prop_kind::forward_training : prop_kind::forward_inference, direction, x,
             none, none, kernel, recurrent, bias, y, none, none},
            cpu);
        forward = lstm_forward(forward_desc);
        add(forward_arguments, DNNL_ARG_SRC_LAYER, forward_desc.src_layer_desc());
        set(forward_arguments, DNNL_ARG_WEIGHTS_LAYER,
            packed(kernel_dims, forward_desc.weights_layer_desc(), cpu));
        set(forward_arguments, DNNL_ARG_WEIGHTS_ITER,
            packed(recurrent_dims, forward_desc.weights_iter_desc(), cpu));
        add(forward_arguments, DNNL_ARG_BIAS, forward_desc.bias_desc());
        add(forward_arguments, DNNL_ARG_DST_LAYER, forward_desc.dst_layer_desc());
        if (!training)
            return;
        add(forward_arguments, DNNL_ARG_WORKSPACE, forward_desc.workspace_desc());
        const lstm_backward::primitive_desc desc({prop_kind::backward,
                                                  direction,
                                                  x,
                                                  none,
                                                  none,
                                                  kernel,
                                                  recurrent,
                                                  bias,
                                                  y,
                                                  none,
                                                  none,
                                                  x,
                                                  none,
                                                  none,
                                                  kernel,
                                                  recurrent,
                                                  bias,
                                                  y,
                                                  none,
                                                  none},
                                                 cpu, forward_desc);
        backward = lstm_backward(desc);
        backward_arguments = forward_arguments;
        set(backward_arguments, DNNL_ARG_WEIGHTS_LAYER,
            packed(kernel_dims, desc.weights_layer_desc(), cpu));
        set(backward_arguments, DNNL_ARG_WEIGHTS_ITER,
            packed(recurrent_dims, desc.weights_iter_desc(), cpu));
        add(backward_arguments, DNNL_ARG_DIFF_DST_LAYER, desc.diff_dst_layer_desc());
        add(backward_arguments, DNNL_ARG_DIFF_SRC_LAYER, desc.diff_src_layer_desc());
        add(backward_arguments, DNNL_ARG_DIFF_WEIGHTS_LAYER, desc.diff_weights_layer_desc());
        add(backward_arguments, DNNL_ARG_DIFF_WEIGHTS_ITER, desc.diff_weights_iter_desc());
        add(backward_arguments, DNNL_ARG_DIFF_BIAS, desc.diff_bias_desc());
    }

    void run(stream &queue) {
        forward.execute(queue, forward_arguments);
        if (training)
            backward.execute(queue, backward_arguments);
        queue.wait();
    }

  private:
    static void set(Arguments &arguments, int argument, const memory &value) {
        arguments.erase(argument);
        arguments.emplace(argument, value);
    }

    void add(Arguments &arguments, int argument, const memory::desc &desc) {
        set(arguments, argument, filled(desc, cpu));
    }

    engine cpu;
    bool training;
    primitive forward, backward;
    Arguments forward_arguments, backward_arguments;
};

void measure(const Row &row, const engine &cpu, stream &queue, const peer_options &options) {
    peer_times times = {};
    Lstm lstm(row, cpu);
    lstm.run(queue);
    for (long i = 0; i < peer_repeat(&options, row.repeat); i++) {
        const double start = peer_now();
        for (int batch = 0; batch < row.batches; batch++)
            lstm.run(queue);
        peer_add(&times, peer_now() - start);
    }
    const auto *version = dnnl_version();
    const auto text = "oneDNN " + std::to_string(version->major) + "." +
                      std::to_string(version->minor) + "." + std::to_string(version->patch);
    peer_report("oneDNN", text.c_str(), row.name, &options, &times, 0);
    free(times.seconds);
}

} // namespace

int main(int count, char **arguments) {
    const peer_options options = peer_parse(count, arguments);
    setenv("OMP_NUM_THREADS", std::to_string(options.threads).c_str(), 1);
    engine cpu(engine::kind::cpu, 0);
    stream queue(cpu);
    for (const Row &row : rows)
        if (peer_wants(&options, row.name))
            measure(row, cpu, queue, options);
    return 0;
}
