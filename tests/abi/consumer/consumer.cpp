// Somebody else's program in C++, built against the installed library.
#include <tinylstm/tinylstm.hpp>

#include <iostream>

int main() {
    try {
        auto model = tinylstm::model::create(nullptr, 1);
        model.add_input({100});
        model.add_embedding(500, 16);
        model.add_lstm(8);
        model.add_dense(1, tinylstm::activation::sigmoid);
        model.build();
        std::cout << tinylstm::version_string() << ' ' << model.params() << '\n';
    } catch (const tinylstm::error &error) {
        std::cout << error.what() << '\n';
    }
}
