/* The kernels' formulas in double precision, one element at a time, written from Keras's
 * definitions. */
#ifndef TL_TESTS_KERNELS_ORACLE_H
#define TL_TESTS_KERNELS_ORACLE_H

#include "kernels/kernels.h"

double oracle_activation(tl_activation_kind kind, double x);
/* The slope by a central difference. */
double oracle_slope(tl_activation_kind kind, double x);

/*
 * A cell: from its inputs (pre-activations and previous state) to its outputs. `activation` and
 * `recurrent` are those of the step.
 */
#define CELL_MOST 8
typedef struct cell_case {
    tl_activation_kind activation, recurrent;
    double in[CELL_MOST];
} cell_case;

typedef void cell_function(const cell_case *cell, double *out);

/* in: z_i z_f z_c z_o c_before; out: h c */
void oracle_lstm(const cell_case *cell, double *out);
/* in: z r, the state's part in h~, x_h, h_before; out: h */
void oracle_gru(const cell_case *cell, double *out);
/* in: z_r h_before; out: r * h_before */
void oracle_gru_reset(const cell_case *cell, double *out);
/* in: z_z z_h h_before; out: h */
void oracle_gru_update(const cell_case *cell, double *out);
/* in: z; out: h */
void oracle_rnn(const cell_case *cell, double *out);

/* d(sum_i weights[i] * out[i]) / d in[number], by a central difference. */
double oracle_gradient(cell_function *function, const cell_case *cell, size_t number,
                       const double *weights, size_t outs);

#endif
