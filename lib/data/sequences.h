/* Token sequences of differing length, in one block; and their way to an array. */
#ifndef TL_DATA_SEQUENCES_H
#define TL_DATA_SEQUENCES_H

#include "data/array.h"

struct tlstm_sequences {
    size_t count;
    size_t *offsets; /* count + 1: sequence i is tokens[offsets[i] .. offsets[i + 1]) */
    int32_t *tokens;
};

/* Room for `count` sequences of `tokens` tokens in all; the caller fills both. */
tlstm_status tl_sequences_allocate(size_t count, size_t tokens, tlstm_sequences **sequences,
                                   tlstm_error **error);
tlstm_status tl_sequences_new(const int32_t *tokens, const size_t *lengths, size_t count,
                              tlstm_sequences **sequences, tlstm_error **error);
void tl_sequences_free(tlstm_sequences *sequences);
tlstm_status tl_sequences_take(const tlstm_sequences *sequences, const int64_t *indices,
                               size_t count, tlstm_sequences **taken, tlstm_error **error);

/* Sequences made one token at a time, when their number and length are not known before. Start from
 * {0}; after a failed allocation `failed` is set and nothing more happens. */
typedef struct tl_sequence_builder {
    int32_t *tokens;
    size_t *offsets;
    size_t used, capacity;       /* tokens */
    size_t count, offsets_there; /* sequences that have ended */
    int failed;
} tl_sequence_builder;

void tl_builder_add(tl_sequence_builder *builder, int32_t token);
void tl_builder_end(tl_sequence_builder *builder);
/* Hands the sequences over; resets the builder, also when it fails. */
tlstm_status tl_builder_take(tl_sequence_builder *builder, tlstm_sequences **sequences,
                             tlstm_error **error);
void tl_builder_clear(tl_sequence_builder *builder);

tlstm_status tl_pad_sequences(const tlstm_sequences *sequences, const tlstm_pad_options *options,
                              tlstm_array **padded, tlstm_error **error);
tlstm_status tl_pad_arrays(const tlstm_array *const *samples, size_t count,
                           const tlstm_pad_options *options, tlstm_array **padded,
                           tlstm_error **error);

#endif
