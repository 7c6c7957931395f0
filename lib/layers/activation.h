/* Activations by their Keras names. */
#ifndef TL_LAYERS_ACTIVATION_H
#define TL_LAYERS_ACTIVATION_H

#include "base/error.h"
#include "kernels/kernels.h"

typedef struct tl_activation {
    const char *name;    /* what is written: "sigmoid" */
    const char *aliases; /* other names that are read, separated by blanks: "silu" */
    int32_t value;       /* tlstm_activation of the ABI */
    int softmax;         /* looks at all features at once; `kind` is not used */
    tl_activation_kind kind;
    int generation; /* Keras generation whose meaning of the name this is: 2 or 3; 0: both */
} tl_activation;

/* The table, ending in an entry without a name; activations.c. */
extern const tl_activation tl_activations[];

/* By name, as Keras of that generation means it (1 and 2 agree); by value; NULL when there is none.
 */
const tl_activation *tl_activation_by_name(const char *name, int generation);
const tl_activation *tl_activation_by_value(int32_t value);

#endif
