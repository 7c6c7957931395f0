/* What is true of activations for every instruction set. */
#include "kernels/kernels.h"

int tl_activation_stores_input(tl_activation_kind kind) {
    /* These are not monotonic: two inputs share an output, so the slope cannot follow from it. */
    return kind == TL_SWISH || kind == TL_GELU || kind == TL_MISH;
}
