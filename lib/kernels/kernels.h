/*
 * The numbers: every loop whose speed matters, behind one table of functions per instruction set.
 * The table is compiled from one source (simd/) once per set and chosen at run time (dispatch.c).
 *
 * Samples lie in the lanes. A *tile* holds some samples of a batch side by side: an activation of F
 * features over T timesteps is float[T][F][width], where `width` is a multiple of TL_LANES and lane
 * w is sample w. So each instruction works on many samples, for any number of units, and a matrix
 * product broadcasts weights in Keras's own row-major layout.
 *
 * No function allocates, locks or branches on the number of threads. Buffers are aligned to
 * TL_ALIGNMENT; sizes may be zero. The order of every sum depends on the sizes alone.
 */
#ifndef TL_KERNELS_KERNELS_H
#define TL_KERNELS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Lanes of the narrowest tile, the same for all instruction sets: one AVX-512 register, two of
 * AVX2. */
#define TL_LANES 16

/* Rows that are packed together, whatever the instruction set: a multiple of all heights of panels.
 */
#define TL_PACK_ROWS 48

/*
 * Activations by Keras's formulas. "Stored" is what the forward pass keeps for the backward pass:
 * the output where the slope follows from it, else the input (tl_activation_stores_input).
 */
typedef enum tl_activation_kind {
    TL_LINEAR,
    TL_SIGMOID,
    TL_TANH,
    TL_RELU,
    TL_RELU6,
    TL_LEAKY_RELU, /* x < 0 ? 0.2 x : x, Keras 3's default slope */
    TL_ELU,        /* alpha 1 */
    TL_SELU,
    TL_SOFTPLUS,
    TL_SOFTSIGN,
    TL_EXPONENTIAL,
    TL_HARD_SIGMOID_KERAS2, /* clip(0.2 x + 0.5, 0, 1) */
    TL_HARD_SIGMOID_KERAS3, /* relu6(x + 3) / 6 */
    TL_SWISH,               /* x sigmoid(x); stores its input */
    TL_GELU,                /* 0.5 x (1 + erf(x / sqrt 2)); stores its input */
    TL_MISH,                /* x tanh(softplus(x)); stores its input */
    TL_ACTIVATION_KINDS
} tl_activation_kind;

int tl_activation_stores_input(tl_activation_kind kind);

/* One timestep of a recurrent layer on one tile; arrays are [units][width] unless noted. `mask` has
 * a 1 or 0 for each lane, or is NULL: a lane with 0 keeps its previous state. Outputs may be the
 * same memory as the previous state. */
typedef struct tl_lstm_step {
    size_t units, width;
    tl_activation_kind activation, recurrent_activation;
    const float *mask;
    float *gates; /* [4 units][width], i f c o. in: z = x W + h U + b; out: stored activations */
    const float *c_before;
    const float *h_before;
    float *c;
    float *activated_c; /* activation(c), kept for the backward pass; NULL: not wanted */
    float *h;
} tl_lstm_step;

typedef struct tl_lstm_back {
    size_t units, width;
    tl_activation_kind activation, recurrent_activation;
    const float *mask;
    float *gates; /* in: as stored by the forward step; out: dL/dz [4 units][width] */
    const float *c_before;
    const float *c;
    const float *activated_c;
    float *dh; /* in: dL/dh_t; out: what goes to h_{t-1} past the gates (masked lanes), else 0 */
    float *dc; /* in: dL/dc_t from t+1; out: dL/dc_{t-1} */
} tl_lstm_back;

/*
 * GRU. Its gates are four planes of [units][width]: z, r, s (the state's part in h~) and h~. Each
 * is its input at first and then what is stored; s stays as it is. With b and b' for what is added
 * to the products with x and h:
 *
 *     z, r          x W + b + h U + b'
 *     reset after:  s = h U_h + b'_h     h~ = act(x W_h + b_h + r s), of which in: x W_h + b_h
 *     reset before: s = r h_before       h~ = act(x W_h + b_h + s U_h), in: all of it
 */
typedef struct tl_gru_step {
    size_t units, width;
    tl_activation_kind activation, recurrent_activation;
    const float *mask;
    float *gates; /* s is out of `gru_reset`, else in */
    const float *h_before;
    float *h;
} tl_gru_step;

typedef struct tl_gru_back {
    size_t units, width;
    tl_activation_kind activation, recurrent_activation;
    const float *mask;
    float *gates; /* in: as the forward step left them; out: dL/d(their inputs), and of s, which
                     stays with reset before */
    const float *h_before;
    float *dh;              /* in: dL/dh_t; out: the part that goes straight to h_{t-1} */
    const float *d_product; /* `gru_reset_back` alone: dL/d(r * h_before) */
} tl_gru_back;

typedef struct tl_rnn_step {
    size_t units, width;
    tl_activation_kind activation;
    const float *mask;
    float *gates; /* [units][width]. in: z = x W + h U + b; out: stored activation */
    const float *h_before;
    float *h;
} tl_rnn_step;

typedef struct tl_rnn_back {
    size_t units, width;
    tl_activation_kind activation;
    const float *mask;
    float *gates; /* in: stored; out: dL/dz */
    float *dh;    /* in: dL/dh_t; out: what goes to h_{t-1} past the gate (masked lanes), else 0 */
} tl_rnn_back;

/*
 * Rows: small recurrent layers with their units in the lanes and the samples one below the other.
 * What is [units][width] in a tile is a plane [width][units] there, the gates are [gates][width]
 * [units]; the steps above take them as one unit of width * units lanes. Units are a multiple of
 * tl_kernels.lanes, kernels lie as Keras has them.
 */
typedef struct tl_row_factor {
    size_t inputs;  /* 0: there is none, and nothing else of it is looked at */
    const float *x; /* input k of sample s at x[s * x_sample + k * x_input] */
    size_t x_sample, x_input;
    const float *kernel; /* [inputs][length], from the column of the first gate on */
} tl_row_factor;

typedef struct tl_row_product {
    size_t gates, width, units;
    size_t length;              /* of a kernel's row: all gates */
    tl_row_factor input, state; /* z = x W + h U, the products being added up */
    /* What that is added to: gate g of sample s starts from start[row * start_row + g *
     * start_gate], row being rows[s], or s where there are no rows. NULL: from nothing. */
    const float *start;
    const int32_t *rows; /* [width] */
    const int32_t *next; /* [width], rows to fetch meanwhile; NULL only where `rows` is */
    size_t start_row, start_gate;
    /* Three gates are a GRU's, of which the third's products stand apart: h U + apart [units]
     * (NULL: nothing) in the third plane, start + x W in a fourth. */
    const float *apart;
    float *z; /* [gates][width][units] */
} tl_row_product;

typedef struct tl_row_outer {
    size_t steps, gates, width, units, inputs;
    const float *x; /* as tl_row_factor's, in each step */
    size_t x_sample, x_input;
    ptrdiff_t x_step;
    const float *z; /* [gates][width][units] */
    size_t z_step;
    float *g; /* [inputs][length] */
    size_t length;
} tl_row_outer;

/*
 * One sample: its units lie in the lanes. Every array may be read, and those written to written, up
 * to TL_LANES - 1 floats behind its end; numbers there mean nothing.
 */
typedef struct tl_single_dense {
    size_t inputs, units;
    tl_activation_kind activation;
    const float *packed; /* the kernel, by pack_single(); as it is for one unit */
    const float *bias;   /* NULL: none */
    const float *x;      /* [inputs] */
    float *y;            /* [units] */
} tl_single_dense;

/* All timesteps of a recurrent layer. */
typedef struct tl_single {
    size_t steps, units, inputs;
    tl_activation_kind activation, recurrent_activation;
    int backwards;       /* the last timestep first */
    const float *packed; /* the recurrent kernel, by pack_single(); of a GRU that resets before the
                            product z's and r's, the rest being packed_candidate */
    const float *packed_candidate;
    const float *bias;           /* [gates][units], still to be added to x W; NULL: none */
    const float *recurrent_bias; /* GRU that resets after the product; NULL: none */
    /* The input [steps][inputs] and its kernel, by pack_single(); NULL: z is x W already, as it has
     * to be with a packed_candidate. */
    const float *x, *packed_input;
    float *z; /* rows [gates][units] that are z_row floats apart; scratch where x is given */
    size_t z_row;
    const int32_t *rows; /* [steps], the rows to take; NULL: a row for each timestep */
    const float *mask;   /* [steps] of 1 and 0, NULL: none; a step with 0 changes nothing */
    float *h, *c;        /* [units], in and out; c of an LSTM only */
    float *other_h;      /* [units]; scratch, so below */
    float *update, *reset;
    float *outputs; /* [steps][units], h after each step; NULL: not wanted */
} tl_single;

/* Floats that pack_single() writes, on any instruction set at most. */
static inline size_t tl_single_packed(size_t inputs, size_t gates, size_t units) {
    return inputs * gates * ((units + TL_LANES - 1) / TL_LANES * TL_LANES);
}

/* What optimizers/rmsprop.c and adam.c make of a configuration. */
typedef struct tl_rmsprop_terms {
    float rate, rho, rest, epsilon; /* rest: 1 - rho */
} tl_rmsprop_terms;

typedef struct tl_adam_terms {
    float rate, rest_1, rest_2, epsilon; /* rest: 1 - beta; rate: with the bias correction */
} tl_adam_terms;

typedef struct tl_kernels {
    const char *name; /* "baseline", "avx2", "avx512", "neon" */
    size_t lanes;     /* floats in a register */

    /* C = A B + (accumulate ? C : bias[i] or 0). C is m x n and B is k x n, row-major with row
     * lengths ldc and ldb; element (i, p) of A stands at a[i * a_row + p * a_column], one of the
     * two steps being 1. `bias` [m] may be NULL and is added only when not accumulating. Any m, n,
     * k. */
    void (*gemm)(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column,
                 const float *b, size_t ldb, const float *bias, int accumulate, float *c,
                 size_t ldc);

    /* The same with an A that was packed for products with `n` columns, which is worth it where A
     * is used often. `packed` takes m * k floats; pack() writes the rows from `first` to `end`,
     * multiples of TL_PACK_ROWS or m. k > 0. */
    void (*pack)(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column,
                 size_t first, size_t end, float *packed);
    void (*gemm_packed)(size_t m, size_t n, size_t k, const float *packed, const float *b,
                        size_t ldb, const float *bias, int accumulate, float *c, size_t ldc);

    /* g[i][j] += sum over steps s and lanes w of x[s][i][w] * z[s][j][w]: a weight gradient over
     * all timesteps. x_step and z_step are the distances between steps in floats (may be negative).
     * `scratch` takes tl_outer_scratch(m) floats. */
    void (*outer)(size_t steps, size_t m, size_t n, size_t width, const float *x, ptrdiff_t x_step,
                  const float *z, ptrdiff_t z_step, float *g, size_t ldg, float *scratch);

    /* g[i] += sum over steps and lanes of z[s][i][w]: a bias gradient. */
    void (*row_sums)(size_t steps, size_t m, size_t width, const float *z, ptrdiff_t z_step,
                     float *g);

    /* sums[i] += values[i] over n numbers. */
    void (*add)(size_t n, const float *values, float *sums);
    /* table[r][c] += values[c] */
    void (*add_to_rows)(size_t rows, size_t columns, const float *values, float *table);
    /* sums[c] += table[0][c], += table[1][c] and so on, of rows that are `length` floats apart. */
    void (*column_sums)(size_t rows, size_t columns, const float *table, size_t length,
                        float *sums);

    /* tile[f][w] = rows[w][f], of numbers with 32 bits of any kind. */
    void (*collect)(size_t features, size_t width, const float *const *rows, float *tile);
    /* tile[f][w] = table[rows[w]][f], and its gradient table[rows[w]][f] += tile[f][w], lane after
     * lane (two lanes may share a row). A row of the table is `length` floats; `lanes` <= width are
     * scattered. */
    void (*gather)(size_t features, size_t width, const float *table, size_t length,
                   const int32_t *rows, float *tile);
    void (*scatter_add)(size_t features, size_t width, size_t lanes, const float *tile,
                        const int32_t *rows, float *table, size_t length);

    /* y = f(x) over n numbers, in place too; `stored` (NULL, or the same memory as x or y) receives
     * what gradient() wants. dz = dy * f'(stored), in place too. */
    void (*activate)(tl_activation_kind kind, size_t n, const float *x, float *y);
    void (*gradient)(tl_activation_kind kind, size_t n, const float *stored, const float *dy,
                     float *dz);

    /* Softmax over the features of each lane, [features][width], in place too; and its gradient
     * dz = y (dy - sum_f dy y). */
    void (*softmax)(size_t features, size_t width, const float *x, float *y);
    void (*softmax_gradient)(size_t features, size_t width, const float *y, const float *dy,
                             float *dz);

    void (*lstm)(const tl_lstm_step *step);
    void (*lstm_back)(const tl_lstm_back *step);
    void (*gru)(const tl_gru_step *step); /* reset after: the whole step */
    void (*gru_back)(const tl_gru_back *step);
    void (*gru_reset)(const tl_gru_step *step);       /* reset before, 1: z, r, and r * h_before */
    void (*gru_update)(const tl_gru_step *step);      /* reset before, 2: h~ and h */
    void (*gru_update_back)(const tl_gru_back *step); /* 2 backward: d(z), d(h~); dh *= z */
    void (*gru_reset_back)(
        const tl_gru_back *step); /* 1 backward: d(r) from d_product; dh += d_product r */
    void (*rnn)(const tl_rnn_step *step);
    void (*rnn_back)(const tl_rnn_back *step);

    /* z = start + x W + h U, up to four gates at a time. */
    void (*rows_product)(const tl_row_product *product);
    /* dx[s][inputs] (+)= sum over gates and their units of dz W^T, of a kernel [inputs][columns]
     * that is `packed` by rows_pack(): gate g begins at g * units * inputs in there. Units and
     * inputs are multiples of `lanes`. */
    void (*rows_product_back)(size_t gates, size_t width, size_t units, size_t inputs,
                              const float *dz, const float *packed, int accumulate, float *dx);
    void (*rows_pack)(size_t inputs, size_t columns, const float *kernel, float *packed);
    /* g += sum over steps and samples of x^T z. */
    void (*rows_outer)(const tl_row_outer *outer);
    /* table[rows[s]] += dz of sample s, of the first `samples`, one after the other; of three gates
     * the last stands in the fourth plane. */
    void (*rows_add)(size_t gates, size_t width, size_t units, size_t samples, const float *dz,
                     const int32_t *rows, float *table);
    /* to[column][row] = from[row][column], both multiples of `lanes`. */
    void (*transpose)(size_t rows, size_t columns, const float *from, float *to);

    /* Updates of n weights w with gradients g, in place; m and v are the optimizer's slots. A
     * number comes to the same wherever it stands. */
    void (*rmsprop)(size_t n, const tl_rmsprop_terms *terms, const float *g, float *v, float *w);
    void (*adam)(size_t n, const tl_adam_terms *terms, const float *g, float *m, float *v,
                 float *w);

    /* `gates` x `units` columns of a kernel whose rows are `row` floats apart. */
    void (*pack_single)(size_t inputs, size_t gates, size_t units, const float *kernel, size_t row,
                        float *packed);
    void (*dense_single)(const tl_single_dense *single);
    void (*lstm_single)(const tl_single *single);
    /* The same for one timestep of x with tanh and sigmoid, unmasked, and units that fill half a
     * register at most, the kernels being packed by a set whose registers are half as wide. NULL:
     * there is none. */
    void (*lstm_pairs)(const tl_single *single);
    void (*gru_single)(const tl_single *single);
    void (*rnn_single)(const tl_single *single);
} tl_kernels;

/* Floats that outer() wants for m rows of x: none for few, and not ever more for many. */
#define TL_OUTER_FEW 24
#define TL_OUTER_ROWS 512
#define TL_OUTER_LANES 256
static inline size_t tl_outer_scratch(size_t m) {
    const size_t rows = m < TL_OUTER_ROWS ? m : TL_OUTER_ROWS;
    return m < TL_OUTER_FEW ? 0 : rows * TL_OUTER_LANES;
}

/* The tables compiled in that this CPU and its operating system can run, best first. */
size_t tl_kernels_available(const tl_kernels *const **tables);

/* The table to use: the best one, or the one TINYLSTM_ISA names (decided once, thread-safe). */
const tl_kernels *tl_kernels_get(void);
const char *tl_kernels_isa(void);

/* The same for units that lie in the lanes: AVX2's where they would leave half of an AVX-512
 * register empty. */
const tl_kernels *tl_kernels_for_units(size_t units);

#endif
