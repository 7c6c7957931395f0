/* Hinge loss and its square. */
#include "losses/loss.h"

/* Keras turns the labels of a batch into -1 and 1 when all of them are 0 or 1. */
static void prepare(tl_loss_config *config, size_t count, const float *targets) {
    config->raw_labels = 0;
    for (size_t i = 0; i < count && !config->raw_labels; i++)
        config->raw_labels = targets[i] != 0 && targets[i] != 1;
}

/* A row by itself is enough to see that labels are not binary. */
static tl_loss_config config_for_row(const tl_loss_config *config, size_t count,
                                     const float *target) {
    tl_loss_config own = *config;
    if (!own.raw_labels)
        prepare(&own, count, target);
    return own;
}

/* max(1 - y output, 0) with y = 2 target - 1 for binary labels; like TensorFlow's maximum, the
 * slope at the kink is that of the left side. */
static double margin(const tl_loss_config *config, double output, double target, double *slope) {
    double label = config->raw_labels ? target : 2 * target - 1;
    double distance = 1 - label * output;
    *slope = distance < 0 ? 0 : -label;
    return distance < 0 ? 0 : distance;
}

static double square_of_margin(const tl_loss_config *config, double output, double target,
                               double *slope) {
    double distance = margin(config, output, target, slope);
    *slope *= 2 * distance;
    return distance * distance;
}

static double hinge_row(const tl_loss_config *config, tl_output_form form, size_t count,
                        const float *output, const float *target, float *gradient) {
    (void)form;
    tl_loss_config own = config_for_row(config, count, target);
    return tl_loss_mean(margin, &own, count, output, target, gradient);
}

static double squared_hinge_row(const tl_loss_config *config, tl_output_form form, size_t count,
                                const float *output, const float *target, float *gradient) {
    (void)form;
    tl_loss_config own = config_for_row(config, count, target);
    return tl_loss_mean(square_of_margin, &own, count, output, target, gradient);
}

static const tl_field fields[] = {{0}};

const tl_loss_ops tl_hinge = {
    .name = "hinge",
    .class_name = "Hinge",
    .aliases = "",
    .fields = fields,
    .prepare = prepare,
    .row = hinge_row,
};
const tl_loss_ops tl_squared_hinge = {
    .name = "squared_hinge",
    .class_name = "SquaredHinge",
    .aliases = "",
    .fields = fields,
    .prepare = prepare,
    .row = squared_hinge_row,
};
