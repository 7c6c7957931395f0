// A C++ program that includes the umbrella header, links, builds a model and predicts.
#include "tinylstm/tinylstm.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

namespace {

struct Free {
    void operator()(tlstm_model *model) const {
        tlstm_model_free(model);
    }
    void operator()(tlstm_array *array) const {
        tlstm_array_free(array);
    }
};

int fail(tlstm_error *error, const char *what) {
    std::printf("%s: %s: %s\n", what, tlstm_error_where(error), tlstm_error_message(error));
    tlstm_error_free(error);
    return 1;
}

} // namespace

int main() {
    tlstm_error *error = nullptr;
    tlstm_model *raw_model = nullptr;
    if (tlstm_model_new("from_cpp", 7, &raw_model, &error) != TLSTM_OK)
        return fail(error, "tlstm_model_new");
    std::unique_ptr<tlstm_model, Free> model(raw_model);

    const int64_t input_shape[] = {5, 3};
    tlstm_recurrent_options options = TLSTM_RECURRENT_OPTIONS_INIT;
    options.activation = TLSTM_SOFTSIGN;
    if (tlstm_model_add_input(model.get(), 2, input_shape, nullptr, &error) != TLSTM_OK ||
        tlstm_model_add_lstm(model.get(), 4, &options, &error) != TLSTM_OK ||
        tlstm_model_add_dense(model.get(), 1, TLSTM_SIGMOID, nullptr, &error) != TLSTM_OK ||
        tlstm_model_build(model.get(), 0, nullptr, &error) != TLSTM_OK)
        return fail(error, "building");
    // 4 * (3 + 4 + 1) * 4 of the LSTM, 4 + 1 of the Dense.
    if (tlstm_model_params(model.get()) != 133)
        return fail(nullptr, "the number of parameters");

    std::vector<float> features(2 * 5 * 3, 0.25F);
    const int64_t shape[] = {2, 5, 3};
    tlstm_array *raw_x = nullptr;
    tlstm_array *raw_y = nullptr;
    if (tlstm_array_wrap(features.data(), TLSTM_FLOAT32, 3, shape, &raw_x, &error) != TLSTM_OK)
        return fail(error, "tlstm_array_wrap");
    std::unique_ptr<tlstm_array, Free> x(raw_x);
    if (tlstm_model_predict(model.get(), x.get(), nullptr, &raw_y, &error) != TLSTM_OK)
        return fail(error, "tlstm_model_predict");
    std::unique_ptr<tlstm_array, Free> y(raw_y);
    const float *scores = static_cast<const float *>(tlstm_array_data(y.get()));
    if (tlstm_array_size(y.get()) != 2 || !(scores[0] > 0.0F && scores[0] < 1.0F) ||
        std::fabs(scores[0] - scores[1]) > 0.0F)
        return fail(nullptr, "two equal samples with a probability each");
    return 0;
}
