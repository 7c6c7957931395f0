#include "layers/single.h"

#include <string.h>

/* y_f = e^{x_f - max x} / sum_f e^{x_f - max x} */
static void softmax(const tl_single_pass *pass, size_t features, const float *x, float *y) {
    float largest = x[0], sum = 0;
    for (size_t f = 1; f < features; f++)
        largest = x[f] > largest || x[f] != x[f] ? x[f] : largest;
    for (size_t f = 0; f < features; f++)
        y[f] = x[f] - largest;
    pass->kernels->activate(TL_EXPONENTIAL, features, y, y);
    for (size_t f = 0; f < features; f++)
        sum += y[f];
    for (size_t f = 0; f < features; f++)
        y[f] /= sum;
}

void tl_single_activate(const tl_single_pass *pass, const tl_activation *activation,
                        size_t features, const float *x, float *y) {
    const size_t rows = tl_shape_timesteps(&pass->layer->output, pass->steps);
    if (!activation->softmax) {
        pass->kernels->activate(activation->kind, rows * features, x, y);
        return;
    }
    for (size_t t = 0; t < rows; t++)
        softmax(pass, features, x + t * features, y + t * features);
}

static void hand_on(tl_single_pass *pass) {
    pass->y = (float *)pass->x;
}

static void nothing(tl_single_pass *pass) {
    (void)pass;
}

const tl_single_ops tl_single_pass_on = {.bind = hand_on, .run = nothing};
