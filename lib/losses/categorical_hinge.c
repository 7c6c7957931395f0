/* Hinge loss between the true class and the best of the others. */
#include "losses/loss.h"

#include <math.h>

/* The gradient of the largest (1 - t_i) y_i is shared by all that reach it. */
static void fill_gradient(size_t count, const float *output, const float *target, double largest,
                          float *gradient) {
    size_t ties = 0;
    for (size_t i = 0; i < count; i++)
        ties += (1 - (double)target[i]) * (double)output[i] == largest;
    for (size_t i = 0; i < count; i++) {
        double weight = 1 - (double)target[i];
        double share = weight * (double)output[i] == largest ? weight / (double)ties : 0;
        gradient[i] = (float)(share - (double)target[i]);
    }
}

/* max(max_i((1 - t_i) y_i) - sum_i(t_i y_i) + 1, 0) */
static double row(const tl_loss_config *config, tl_output_form form, size_t count,
                  const float *output, const float *target, float *gradient) {
    (void)config;
    (void)form;
    double largest = -INFINITY, positive = 0;
    for (size_t i = 0; i < count; i++) {
        double negative = (1 - (double)target[i]) * (double)output[i];
        if (!(negative <= largest))
            largest = negative;
        positive += (double)target[i] * (double)output[i];
    }
    double loss = largest - positive + 1;
    if (gradient && !(loss < 0))
        fill_gradient(count, output, target, largest, gradient);
    else if (gradient)
        for (size_t i = 0; i < count; i++)
            gradient[i] = 0;
    return loss < 0 ? 0 : loss;
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_categorical_hinge = {
    .name = "categorical_hinge",
    .class_name = "CategoricalHinge",
    .aliases = "",
    .fields = fields,
    .row = row,
};
