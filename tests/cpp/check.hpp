/* What the tests in C++ are written with. */
#ifndef TL_CPP_CHECK_H
#define TL_CPP_CHECK_H

#include "tinylstm/tinylstm.hpp"

#include <cstdio>

inline int failures = 0;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                            \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/* Stands where an error should have led away from. */
#define UNREACHED(text)                                                                            \
    do {                                                                                           \
        std::printf("%s:%d: not so: %s\n", __FILE__, __LINE__, text);                              \
        failures++;                                                                                \
    } while (0)

#endif
