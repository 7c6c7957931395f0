/**
 * @file tinylstm.hpp
 * libtinylstm for C++17 and later: the C interface with owners, exceptions and closures. Headers
 * alone; a program links against libtinylstm as one in C does.
 *
 * From a Keras file to a prediction:
 * @code
 *     const auto model = tinylstm::model::load("best-lstm-model.h5");
 *     const auto x = tinylstm::array::load_npy("x_test.npy");
 *     const auto scores = model.predict(x);
 *     std::printf("%f\n", scores.values<float>()[0]);
 * @endcode
 * docs/examples/imdb_lstm.cpp builds and trains a model from nothing.
 *
 * Rules that hold everywhere:
 *  - What the C headers say of meanings, shapes and threads holds here: a `const` member function
 *    may run in any number of threads at once where C takes a `const` handle and allows it.
 *  - Objects own their handle. They move and do not copy; one that was moved from fails with
 *    status::argument when it is used. get() lends the handle to C, the constructor takes one over.
 *  - A function that can fail throws tinylstm::error. With TINYLSTM_RESULTS defined before the
 *    first include, or with exceptions switched off, it returns a tinylstm::result instead: the
 *    same functions, `outcome<T>` being `T` or `result<T>`. Object files of both kinds may meet in
 *    one program.
 *  - An exception that leaves a function which the library calls (a callback, `write`) passes
 *    through the library and comes out of the call that was made.
 *  - Options are aggregates that begin as Keras's defaults: `{.dropout = 0.3}` where the language
 *    has designated initializers. Strings and arrays in them are borrowed for the call.
 *  - Parameters that are views (span, c_string, text_list) are made from containers, arrays and
 *    lists in braces, and are used during the call alone.
 */
#ifndef TINYLSTM_TINYLSTM_HPP
#define TINYLSTM_TINYLSTM_HPP

#include "tinylstm/cpp/callback.hpp"
#include "tinylstm/cpp/common.hpp"
#include "tinylstm/cpp/data.hpp"
#include "tinylstm/cpp/layers.hpp"
#include "tinylstm/cpp/model.hpp"
#include "tinylstm/cpp/session.hpp"
#include "tinylstm/cpp/train.hpp"

#endif
