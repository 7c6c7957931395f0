/*
 * All kernels for one instruction set: compiled once for each, with its flags, under the name
 * TL_KERNELS_NAME. What set it is follows from what the compiler defines (vector.h).
 */
#include "kernels/simd/activations.h"
#include "kernels/simd/add.h"
#include "kernels/simd/gemm.h"
#include "kernels/simd/pairs.h"
#include "kernels/simd/recurrent.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/rows.h"
#include "kernels/simd/single.h"
#include "kernels/simd/table.h"
#include "kernels/simd/update.h"

extern const tl_kernels TL_KERNELS_NAME;

const tl_kernels TL_KERNELS_NAME = {
    .name = TL_KERNELS_ISA,
    .lanes = VL,
    .gemm = gemm,
    .pack = pack,
    .gemm_packed = gemm_packed,
    .outer = outer,
    .row_sums = row_sums,
    .add = add,
    .add_to_rows = add_to_rows,
    .column_sums = column_sums,
    .collect = collect,
    .gather = gather,
    .scatter_add = scatter_add,
    .activate = activate,
    .gradient = gradient,
    .softmax = softmax,
    .softmax_gradient = softmax_gradient,
    .lstm = lstm,
    .lstm_back = lstm_back,
    .gru = gru,
    .gru_back = gru_back,
    .gru_reset = gru_reset,
    .gru_update = gru_update,
    .gru_update_back = gru_update_back,
    .gru_reset_back = gru_reset_back,
    .rnn = rnn,
    .rnn_back = rnn_back,
    .rows_product = rows_product,
    .rows_product_back = rows_product_back,
    .rows_pack = rows_pack,
    .rows_outer = rows_outer,
    .rows_add = rows_add,
    .transpose = transpose_tile,
    .rmsprop = rmsprop,
    .adam = adam,
    .pack_single = pack_single,
    .dense_single = dense_single,
    .lstm_single = lstm_single,
#if VL == 16
    .lstm_pairs = lstm_pairs,
#endif
    .gru_single = gru_single,
    .rnn_single = rnn_single,
};
