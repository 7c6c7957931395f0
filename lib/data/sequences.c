/* Making, building and taking token sequences. */
#include "data/sequences.h"

#include "base/alloc.h"

#include <string.h>

tlstm_status tl_sequences_allocate(size_t count, size_t tokens, tlstm_sequences **sequences,
                                   tlstm_error **error) {
    tlstm_sequences *made = tl_alloc_zero(1, sizeof(*made));
    size_t offsets;
    if (!made || !tl_size_add(count, 1, &offsets))
        goto failed;
    made->count = count;
    made->offsets = tl_alloc_zero(offsets, sizeof(*made->offsets));
    made->tokens = tl_alloc(tokens, sizeof(*made->tokens));
    if (!made->offsets || !made->tokens)
        goto failed;
    *sequences = made;
    return TLSTM_OK;
failed:
    tl_sequences_free(made);
    return tl_fail_memory(error);
}

tlstm_status tl_sequences_new(const int32_t *tokens, const size_t *lengths, size_t count,
                              tlstm_sequences **sequences, tlstm_error **error) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        if (!tl_size_add(total, lengths[i], &total))
            return tl_fail(error, TLSTM_ERROR_ARGUMENT, "lengths", "sum to more than memory");
    tlstm_sequences *made = NULL;
    tlstm_status status = tl_sequences_allocate(count, total, &made, error);
    if (status)
        return status;
    if (total)
        memcpy(made->tokens, tokens, total * sizeof(*tokens));
    for (size_t i = 0; i < count; i++)
        made->offsets[i + 1] = made->offsets[i] + lengths[i];
    *sequences = made;
    return TLSTM_OK;
}

void tl_sequences_free(tlstm_sequences *sequences) {
    if (!sequences)
        return;
    tl_free(sequences->tokens);
    tl_free(sequences->offsets);
    tl_free(sequences);
}

static size_t length_of(const tlstm_sequences *sequences, size_t index) {
    return sequences->offsets[index + 1] - sequences->offsets[index];
}

tlstm_status tl_sequences_take(const tlstm_sequences *sequences, const int64_t *indices,
                               size_t count, tlstm_sequences **taken, tlstm_error **error) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (indices[i] < 0 || (uint64_t)indices[i] >= sequences->count)
            return tl_fail(error, TLSTM_ERROR_VALUE, "indices",
                           "index %lld at position %zu is outside the %zu sequences",
                           (long long)indices[i], i, sequences->count);
        if (!tl_size_add(total, length_of(sequences, (size_t)indices[i]), &total))
            return tl_fail_memory(error);
    }
    tlstm_sequences *made = NULL;
    tlstm_status status = tl_sequences_allocate(count, total, &made, error);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++) {
        size_t index = (size_t)indices[i], length = length_of(sequences, index);
        if (length)
            memcpy(made->tokens + made->offsets[i], sequences->tokens + sequences->offsets[index],
                   length * sizeof(*made->tokens));
        made->offsets[i + 1] = made->offsets[i] + length;
    }
    *taken = made;
    return TLSTM_OK;
}

/* Room for one more in an array that doubles. */
static void *grow(void *memory, size_t used, size_t *capacity, size_t size, int *failed) {
    if (used < *capacity || *failed)
        return memory;
    size_t doubled = *capacity ? *capacity * 2 : 64;
    void *grown = doubled > *capacity ? tl_realloc(memory, doubled, size) : NULL;
    if (!grown) {
        *failed = 1;
        return memory;
    }
    *capacity = doubled;
    return grown;
}

void tl_builder_add(tl_sequence_builder *builder, int32_t token) {
    builder->tokens = grow(builder->tokens, builder->used, &builder->capacity,
                           sizeof(*builder->tokens), &builder->failed);
    if (!builder->failed)
        builder->tokens[builder->used++] = token;
}

void tl_builder_end(tl_sequence_builder *builder) {
    builder->offsets = grow(builder->offsets, builder->count, &builder->offsets_there,
                            sizeof(*builder->offsets), &builder->failed);
    if (!builder->failed)
        builder->offsets[builder->count++] = builder->used;
}

tlstm_status tl_builder_take(tl_sequence_builder *builder, tlstm_sequences **sequences,
                             tlstm_error **error) {
    tlstm_sequences *made = NULL;
    tlstm_status status = builder->failed
                              ? tl_fail_memory(error)
                              : tl_sequences_allocate(builder->count, builder->used, &made, error);
    if (!status && builder->used)
        memcpy(made->tokens, builder->tokens, builder->used * sizeof(*made->tokens));
    for (size_t i = 0; !status && i < builder->count; i++)
        made->offsets[i + 1] = builder->offsets[i];
    tl_builder_clear(builder);
    if (!status)
        *sequences = made;
    return status;
}

void tl_builder_clear(tl_sequence_builder *builder) {
    tl_free(builder->tokens);
    tl_free(builder->offsets);
    *builder = (tl_sequence_builder){0};
}
