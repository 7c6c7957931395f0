/* Penalties on the sizes of weights. */
#include "layers/initializer.h"

#include <math.h>
#include <string.h>

int tl_regularizer_find(const char *name, tl_regularizer *regularizer) {
    static const struct {
        const char *name;
        tl_regularizer value;
    } known[] = {
        {"l1", {0.01, 0}}, {"L1", {0.01, 0}},       {"l2", {0, 0.01}},
        {"L2", {0, 0.01}}, {"l1_l2", {0.01, 0.01}}, /* by name; the class's own defaults are zeros
                                                     */
        {"L1L2", {0, 0}},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].name, name) == 0) {
            *regularizer = known[i].value;
            return 1;
        }
    return 0;
}

double tl_regularizer_loss(const tl_regularizer *regularizer, size_t count, const float *w) {
    double absolute = 0, squared = 0;
    for (size_t i = 0; i < count; i++) {
        absolute += fabs((double)w[i]);
        squared += (double)w[i] * (double)w[i];
    }
    return regularizer->l1 * absolute + regularizer->l2 * squared;
}

void tl_regularizer_gradient(const tl_regularizer *regularizer, size_t count, const float *w,
                             float *g) {
    float l1 = (float)regularizer->l1, twice_l2 = (float)(2 * regularizer->l2);
    for (size_t i = 0; i < count; i++) {
        float sign = (float)((w[i] > 0) - (w[i] < 0));
        g[i] += l1 * sign + twice_l2 * w[i];
    }
}
