// The program of acceptance.c, where its lines are explained, in C++.
#include "tinylstm/tinylstm.hpp"

#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>

namespace {

constexpr std::int64_t timesteps = 100;
constexpr std::int64_t words = 500;
constexpr std::size_t samples = 256;

class fnv1a {
  public:
    template <class Elements> void add(const Elements &elements) {
        const auto *at = reinterpret_cast<const unsigned char *>(std::data(elements));
        for (std::size_t i = 0; i < std::size(elements) * sizeof(*std::data(elements)); i++)
            hash_ = (hash_ ^ at[i]) * 0x100000001b3U;
    }
    void print(const char *what) const {
        std::printf("%s %016" PRIx64 "\n", what, hash_);
    }

  private:
    std::uint64_t hash_ = 0xcbf29ce484222325U;
};

/* ---- The data ---- */

struct data {
    tinylstm::array x, y, x_val, y_val;
};

tinylstm::array pad(const tinylstm::sequences &sequences) {
    tinylstm::pad_options options;
    options.maxlen = timesteps;
    return tinylstm::pad_sequences(sequences, options);
}

data load(const char *path) {
    tinylstm::imdb_options imdb;
    imdb.num_words = words;
    const auto reviews = tinylstm::reviews::load(path, imdb);
    const auto &x = reviews.x_train();
    const auto &y = reviews.y_train();
    tinylstm::split_options split;
    split.test_size = 0.2;
    split.random_state = 42;
    const auto rows = tinylstm::train_test_split(x.size(), split);
    return {pad(x.take(rows.train)), y.take(rows.train), pad(x.take(rows.test)), y.take(rows.test)};
}

/* ---- The model ---- */

tinylstm::model build() {
    auto model = tinylstm::model::create("sequential", 42);
    model.add_input({timesteps});
    model.add_embedding(words, 16);
    model.add_lstm(8);
    model.add_dense(1, tinylstm::activation::sigmoid);
    return model;
}

tinylstm::history train(tinylstm::model &model, const data &loaded) {
    model.compile(tinylstm::optimizer::create("rmsprop", {{"learning_rate", 1e-4}}),
                  tinylstm::loss::create("binary_crossentropy"), {"accuracy"});
    tinylstm::fit_options options;
    options.epochs = 2;
    options.batch_size = 64;
    options.threads = 2;
    options.x_val = &loaded.x_val;
    options.y_val = &loaded.y_val;
    return model.fit(loaded.x, loaded.y, options);
}

void print_weights(const tinylstm::model &model) {
    fnv1a hash;
    for (std::size_t i = 0; i < model.weights(); i++)
        hash.add(model.weight(i).values<float>());
    hash.print("weights");
}

void print_history(const tinylstm::history &history) {
    for (std::size_t epoch = 0; epoch < history.epochs(); epoch++)
        std::printf("history %.17g %.17g %.17g %.17g\n", history.value("loss", epoch),
                    history.value("accuracy", epoch), history.value("val_loss", epoch),
                    history.value("val_accuracy", epoch));
}

/* ---- Files and predictions ---- */

void print_file(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    fnv1a hash;
    hash.add(bytes);
    hash.print("file");
}

void print_predictions(const char *what, const tinylstm::model &model, const tinylstm::array &x) {
    std::vector<std::int64_t> first(samples);
    std::iota(first.begin(), first.end(), 0);
    fnv1a hash;
    hash.add(model.predict(x.take(first)).values<float>());
    hash.print(what);
}

void print_stream(const tinylstm::model &model, const tinylstm::array &x) {
    const auto tokens = x.values<std::int32_t>().subspan(0, timesteps);
    auto session = tinylstm::session::create(model);
    float whole[1], stepped[1];
    session.run(1, timesteps, tokens, whole);
    for (std::size_t t = 0; t < tokens.size(); t++)
        session.step(tokens.subspan(t, 1), stepped);
    const bool equal = std::memcmp(whole, stepped, sizeof whole) == 0;
    std::printf("stream %s\n", equal ? "equal" : "differs");
}

/* ---- Bad input ---- */

void bad(const std::function<void()> &call) {
    static int number = 0;
    number++;
    try {
        call();
        std::printf("error %d 0  | \n", number);
    } catch (const tinylstm::error &error) {
        std::printf("error %d %d %s | %s\n", number, static_cast<int>(error.code()), error.where(),
                    error.message());
    }
}

/* A sample of zeros, but for its last token. */
tinylstm::array sample(std::int64_t length, std::int32_t last) {
    auto x = tinylstm::array::zeros(tinylstm::dtype::int32, {1, length});
    x.mutable_values<std::int32_t>()[x.size() - 1] = last;
    return x;
}

void print_errors(const tinylstm::model &trained, const data &loaded) {
    const std::string_view garbage = "this is not a model";
    auto model = build();
    auto optimizer = tinylstm::optimizer::create("rmsprop");
    bad([] { tinylstm::model::load("missing.h5"); });
    bad([&] {
        tinylstm::model::load_memory(
            {reinterpret_cast<const std::byte *>(garbage.data()), garbage.size()});
    });
    bad([&] { model.add_dense(0, tinylstm::activation::sigmoid); });
    bad([] { tinylstm::optimizer::create("rmsprob"); });
    bad([] { tinylstm::loss::create("mse2"); });
    bad([&] { model.fit(loaded.x, loaded.y); });
    bad([&] { trained.predict(sample(50, 0)); });
    bad([&] { trained.predict(sample(timesteps, words)); });
    bad([&] { optimizer.set("learning_rate", std::nan("")); });
    bad([&] { trained.save("no-such-folder/model.h5"); });
}

/* ---- Memory ---- */

long resident_kilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (long kilobytes = 0; word == "VmRSS:" && status >> kilobytes)
            return kilobytes;
    return 0;
}

void come_and_go(int times) {
    for (int i = 0; i < times; i++) {
        auto model = build();
        model.build();
        const auto session = tinylstm::session::create(model);
    }
}

void print_leak() {
    come_and_go(500);
    const long before = resident_kilobytes();
    come_and_go(10000);
    const long grown = resident_kilobytes() - before;
    if (grown < 1024)
        std::printf("leak ok\n");
    else
        std::printf("leak of %ld KB\n", grown);
}

void run(int argc, char **argv) {
    const std::string path = std::string(argv[2]) + "/model.h5";
    const data loaded = load(argv[1]);
    auto model = build();
    const auto history = train(model, loaded);
    model.save(path);
    print_weights(model);
    print_history(history);
    print_file(path);
    print_predictions("predict", model, loaded.x_val);
    if (argc == 4)
        print_predictions("other", tinylstm::model::load(argv[3]), loaded.x_val);
    print_stream(model, loaded.x_val);
    print_errors(model, loaded);
    print_leak();
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        std::fprintf(stderr, "usage: acceptance IMDB_NPZ OUT_DIR [OTHER.h5]\n");
        return 2;
    }
    try {
        run(argc, argv);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "acceptance: %s\n", error.what());
        return 1;
    }
    return 0;
}
