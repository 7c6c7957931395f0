// Is a film review good or bad? The program of imdb_lstm.c in C++, with the same options and
// results:
//
//     imdb_lstm_cpp [--model lstm|dropout|2rnn|gru|simplernn] [--data imdb.npz] [--word-index FILE]
//                   [--epochs N] [--seed N] [--threads N] [--out DIR]
#include "tinylstm/tinylstm.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

namespace fs = std::filesystem;
using std::string;

namespace {

struct usage_error {};

std::map<string, string> given = {{"model", "lstm"}, {"data", ""},      {"word-index", ""},
                                  {"out", "."},      {"epochs", "100"}, {"seed", "42"},
                                  {"threads", "0"}};

void read_arguments(int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        const auto option = given.find(string(argv[i]).substr(0, 2) == "--" ? argv[i] + 2 : "");
        if (option == given.end() || i + 1 == argc)
            throw usage_error();
        option->second = argv[i + 1];
    }
}

int whole_number(const string &text) {
    if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != string::npos)
        throw usage_error();
    return std::stoi(text);
}

/* ---- The data ---- */

struct data {
    tinylstm::reviews reviews;
    tinylstm::vocabulary words;
};

tinylstm::imdb_options most_frequent() {
    tinylstm::imdb_options options;
    options.num_words = 500;
    return options;
}

/* The word index: the one that is given, else that beside the reviews, else the one Keras keeps. */
tinylstm::vocabulary load_words(const fs::path &reviews_file) {
    const fs::path beside = fs::path(reviews_file).replace_filename("imdb_word_index.json");
    if (!given["word-index"].empty())
        return tinylstm::vocabulary::load(given["word-index"]);
    return fs::exists(beside) ? tinylstm::vocabulary::load(beside) : tinylstm::vocabulary::load();
}

/* The reviews that are given, else those in ../shared, else what Keras keeps, else generated ones.
 */
data load() {
    const char *set = std::getenv("TINYLSTM_IMDB");
    string file = !given["data"].empty() ? given["data"] : set ? set : "";
    if (file.empty() && fs::exists("../shared/imdb/imdb.npz"))
        file = "../shared/imdb/imdb.npz";
    if (!file.empty())
        return {tinylstm::reviews::load(file, most_frequent()), load_words(file)};
    try {
        return {tinylstm::reviews::load(nullptr, most_frequent()), tinylstm::vocabulary::load()};
    } catch (const tinylstm::error &none) {
        std::cout << "No IMDB reviews (" << none.what() << "), so these are generated ones.\n";
        return {tinylstm::reviews::generate(25000, 25000, 42), tinylstm::vocabulary::generate()};
    }
}

/* The last 100 words of each review, padded in front. */
tinylstm::array pad(const tinylstm::sequences &sequences) {
    tinylstm::pad_options last_100;
    last_100.maxlen = 100;
    return tinylstm::pad_sequences(sequences, last_100);
}

/* ---- The model ---- */

tinylstm::model build(const string &kind) {
    tinylstm::recurrent_options dropout;
    dropout.dropout = 0.3;
    tinylstm::recurrent_options first = dropout;
    first.return_sequences = true;
    auto model = tinylstm::model::create("sequential", std::stoul(given["seed"]));
    model.add_input({100});
    model.add_embedding(500, 16);
    if (kind == "lstm")
        model.add_lstm(8);
    else if (kind == "dropout")
        model.add_lstm(8, dropout);
    else if (kind == "2rnn")
        model.add_lstm(8, first), model.add_lstm(8, dropout);
    else if (kind == "gru")
        model.add_gru(8);
    else if (kind == "simplernn")
        model.add_simple_rnn(8);
    else
        throw usage_error();
    model.add_dense(1, tinylstm::activation::sigmoid);
    model.compile(tinylstm::optimizer::create("rmsprop", {{"learning_rate", 1e-4}}),
                  tinylstm::loss::create("binary_crossentropy"), {"accuracy"});
    return model;
}

/* A fifth of the training reviews validates; the best model so far goes to the file `best`. */
void train(tinylstm::model &model, const tinylstm::reviews &reviews, const fs::path &best) {
    const auto &x = reviews.x_train();
    const auto &y = reviews.y_train();
    tinylstm::split_options split;
    split.test_size = 0.2;
    split.random_state = 42;
    const auto rows = tinylstm::train_test_split(x.size(), split);
    const auto x_val = pad(x.take(rows.test)), y_val = y.take(rows.test);

    tinylstm::checkpoint_options best_only;
    best_only.save_best_only = true;
    tinylstm::early_stopping_options patient;
    patient.patience = 3;
    patient.restore_best_weights = true;
    patient.verbose = true;
    auto checkpoint = tinylstm::callback::checkpoint(best, best_only);
    auto stopping = tinylstm::callback::early_stopping(patient);

    tinylstm::fit_options fit;
    fit.batch_size = 64;
    fit.epochs = whole_number(given["epochs"]);
    fit.threads = whole_number(given["threads"]);
    fit.verbose = tinylstm::progress::bar;
    fit.x_val = &x_val;
    fit.y_val = &y_val;
    fit.callbacks = {&checkpoint, &stopping};
    const auto history = model.fit(pad(x.take(rows.train)), y.take(rows.train), fit);
    const fs::path csv = best.parent_path() / "history.csv", svg = best.parent_path() / "loss.svg";
    history.save_csv(csv);
    history.save_svg("loss", svg);
    std::printf("Wrote %s, %s and %s\n", best.c_str(), csv.c_str(), svg.c_str());
}

/* ---- The best model at work ---- */

void test(const tinylstm::model &model, const tinylstm::reviews &reviews) {
    const auto values = model.evaluate(pad(reviews.x_test()), reviews.y_test());
    std::printf("Test reviews: loss: %.4f - accuracy: %.4f\n", values[0], values[1]);
}

void judge(const tinylstm::model &model, const tinylstm::vocabulary &words) {
    const std::vector<string> sentences = {
        "What a wonderful film, I loved every minute of it, simply great",
        "It was not good at all, a boring waste of time",
        "The worst movie I have ever seen, terrible acting and a stupid plot",
    };
    const auto scores = model.predict(pad(words.texts_to_reviews(sentences, most_frequent())));
    for (std::size_t i = 0; i < sentences.size(); i++)
        std::printf("%5.1f %% good: \"%s\"\n", 100 * double(scores.values<float>()[i]),
                    sentences[i].c_str());
}

void run() {
    if (whole_number(given["epochs"]) < 1)
        throw usage_error();
    whole_number(given["seed"]);
    auto model = build(given["model"]);
    std::cout << model.summary() << std::flush;
    const data loaded = load();
    const fs::path out = given["out"];
    fs::create_directories(out);
    const fs::path best = out / ("best-" + given["model"] + "-model.h5");
    train(model, loaded.reviews, best);
    const auto best_model = tinylstm::model::load(best);
    test(best_model, loaded.reviews);
    judge(best_model, loaded.words);
}

} // namespace

int main(int argc, char **argv) {
    try {
        read_arguments(argc, argv);
        run();
    } catch (const usage_error &) {
        std::cerr << "usage: imdb_lstm_cpp [--model lstm|dropout|2rnn|gru|simplernn]\n"
                     "                     [--data imdb.npz] [--word-index FILE] [--epochs N]\n"
                     "                     [--seed N] [--threads N] [--out DIR]\n";
        return 2;
    } catch (const std::exception &error) {
        std::cerr << "imdb_lstm_cpp: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
