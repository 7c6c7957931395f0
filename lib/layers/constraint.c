/* What weights must keep to after each update. */
#include "layers/initializer.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *class_name, *name;
    tl_constraint defaults;
} classes[] = {
    {"MaxNorm", "max_norm", {.kind = TL_MAX_NORM, .max_value = 2}},
    {"NonNeg", "non_neg", {.kind = TL_NON_NEG}},
    {"UnitNorm", "unit_norm", {.kind = TL_UNIT_NORM}},
    {"MinMaxNorm", "min_max_norm", {.kind = TL_MIN_MAX_NORM, .max_value = 1, .rate = 1}},
};
enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

int tl_constraint_find(const char *name, tl_constraint *constraint) {
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (strcmp(classes[i].class_name, name) == 0 || strcmp(classes[i].name, name) == 0) {
            *constraint = classes[i].defaults;
            return 1;
        }
    return 0;
}

const char *tl_constraint_class_name(tl_constraint_kind kind) {
    for (size_t i = 0; i < CLASS_COUNT; i++)
        if (classes[i].defaults.kind == kind)
            return classes[i].class_name;
    return NULL;
}

static double clip(double value, double low, double high) {
    return value < low ? low : value > high ? high : value;
}

/* The norm that a vector of norm `norm` is to have. */
static double wanted_norm(const tl_constraint *constraint, double norm) {
    if (constraint->kind == TL_MAX_NORM)
        return clip(norm, 0, constraint->max_value);
    if (constraint->kind == TL_UNIT_NORM)
        return 1;
    return constraint->rate * clip(norm, constraint->min_value, constraint->max_value) +
           (1 - constraint->rate) * norm;
}

/* w * wanted / (epsilon + norm) for `count` numbers that lie `step` apart */
static void scale_vector(const tl_constraint *constraint, size_t count, size_t step, float *w) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)w[i * step] * (double)w[i * step];
    double norm = sqrt(sum);
    double factor = wanted_norm(constraint, norm) / (1e-7 + norm);
    for (size_t i = 0; i < count; i++)
        w[i * step] = (float)((double)w[i * step] * factor);
}

void tl_constraint_apply(const tl_constraint *constraint, size_t ndim, const size_t *dims,
                         float *w) {
    size_t rows = dims[0], columns = ndim == 2 ? dims[1] : 1;
    size_t axis =
        (size_t)(constraint->axis < 0 ? constraint->axis + (int32_t)ndim : constraint->axis);
    if (constraint->kind == TL_NO_CONSTRAINT)
        return;
    if (constraint->kind == TL_NON_NEG) {
        for (size_t i = 0; i < rows * columns; i++)
            w[i] = w[i] < 0 ? 0 : w[i];
    } else if (axis == 0) {
        for (size_t column = 0; column < columns; column++)
            scale_vector(constraint, rows, columns, w + column);
    } else {
        for (size_t row = 0; row < rows; row++)
            scale_vector(constraint, columns, 1, w + row * columns);
    }
}
