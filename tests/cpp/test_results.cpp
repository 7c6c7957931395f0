// Runs results.cpp; where there are exceptions, beside code that throws.
#include "check.hpp"
#include "results.hpp"

int main() {
    CHECK(test_results() == 0);
#ifndef TINYLSTM_RESULTS
    try {
        tinylstm::model::load("absent.h5");
        UNREACHED("a missing file throws");
    } catch (const tinylstm::error &error) {
        CHECK(error.code() == tinylstm::status::io);
    }
#endif
    return failures != 0;
}
