/* Texts to token sequences, as Keras's Tokenizer and as the IMDB data set, and back. */
#include "data/sequences.h"
#include "data/vocabulary.h"
#include "data/words.h"

#include <string.h>

/* --- Tokenizer --- */

/* What is known while the words of a text come in. */
typedef struct encoder {
    const tlstm_vocabulary *vocabulary;
    int64_t low, high;   /* ranks in [low, high) stand for themselves */
    int64_t shift;       /* added to them */
    int64_t replacement; /* token of all other words; < 0: none */
    tl_sequence_builder builder;
} encoder;

static tlstm_status encode_word(void *context, const char *word, size_t length,
                                tlstm_error **error) {
    encoder *state = context;
    int64_t rank = tl_vocabulary_rank(state->vocabulary, word, length);
    int64_t shifted = rank + state->shift;
    int64_t token =
        rank > 0 && shifted >= state->low && shifted < state->high ? shifted : state->replacement;
    if (token > INT32_MAX)
        return tl_fail(error, TLSTM_ERROR_VALUE, "token", "%lld is no 32-bit token",
                       (long long)token);
    if (token >= 0)
        tl_builder_add(&state->builder, (int32_t)token);
    return TLSTM_OK;
}

static tlstm_status find_oov(const tlstm_vocabulary *vocabulary, const tlstm_text_options *options,
                             int64_t *rank, tlstm_error **error) {
    *rank = -1;
    if (!options->oov_token)
        return TLSTM_OK;
    *rank = tl_vocabulary_rank(vocabulary, options->oov_token, strlen(options->oov_token));
    return *rank ? TLSTM_OK
                 : tl_fail(error, TLSTM_ERROR_ARGUMENT, "oov_token", "is not in the vocabulary");
}

tlstm_status tl_texts_to_sequences(const tlstm_vocabulary *vocabulary, const char *const *texts,
                                   size_t count, const tlstm_text_options *options,
                                   int64_t num_words, tlstm_sequences **sequences,
                                   tlstm_error **error) {
    encoder state = {.vocabulary = vocabulary, .low = 1, .high = num_words ? num_words : INT64_MAX};
    tlstm_status status = find_oov(vocabulary, options, &state.replacement, error);
    for (size_t i = 0; !status && i < count; i++) {
        status = tl_split_text(texts[i], options, encode_word, &state, error);
        tl_builder_end(&state.builder);
    }
    if (!status)
        return tl_builder_take(&state.builder, sequences, error);
    tl_builder_clear(&state.builder);
    return status;
}

/* The rank that a token stands for in the text; 0 for none. */
static int64_t decode(const tlstm_vocabulary *vocabulary, int64_t token, int64_t num_words,
                      int64_t oov) {
    int known = tl_vocabulary_word(vocabulary, token) != NULL;
    if (known && (num_words == 0 || token < num_words))
        return token;
    return oov > 0 ? oov : 0;
}

tlstm_status tl_sequence_to_text(const tlstm_vocabulary *vocabulary, const int32_t *tokens,
                                 size_t count, const tlstm_text_options *options, int64_t num_words,
                                 char **text, tlstm_error **error) {
    int64_t oov = 0;
    tl_text joined = {0};
    tlstm_status status = find_oov(vocabulary, options, &oov, error);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++) {
        int64_t rank = decode(vocabulary, tokens[i], num_words, oov);
        if (rank && joined.length)
            tl_text_append(&joined, " ");
        if (rank)
            tl_text_append(&joined, tl_vocabulary_word(vocabulary, rank));
    }
    char *made = tl_text_take(&joined);
    if (!made)
        return tl_fail_memory(error);
    *text = made;
    return TLSTM_OK;
}

/* --- load_data --- */

/* load_data's own filter, which the start token passes too. */
static void add_start(encoder *state, int64_t start) {
    int64_t token = start >= state->low && start < state->high ? start : state->replacement;
    if (start >= 0 && token >= 0)
        tl_builder_add(&state->builder, (int32_t)token);
}

tlstm_status tl_texts_to_reviews(const tlstm_vocabulary *vocabulary, const char *const *texts,
                                 size_t count, const tlstm_imdb_options *imdb,
                                 tlstm_sequences **sequences, tlstm_error **error) {
    const tlstm_text_options options = TLSTM_TEXT_OPTIONS_INIT;
    encoder state = {.vocabulary = vocabulary,
                     .low = imdb->skip_top,
                     .high = imdb->num_words ? imdb->num_words : INT64_MAX,
                     .shift = imdb->index_from < 0 ? 0 : imdb->index_from,
                     .replacement = imdb->oov_char < 0 ? -1 : imdb->oov_char};
    tlstm_status status = TLSTM_OK;
    if (imdb->start_char > INT32_MAX || imdb->oov_char > INT32_MAX || imdb->index_from > INT32_MAX)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "imdb", "a token is no 32-bit number");
    for (size_t i = 0; !status && i < count; i++) {
        add_start(&state, imdb->start_char);
        status = tl_split_text(texts[i], &options, encode_word, &state, error);
        tl_builder_end(&state.builder);
    }
    if (!status)
        return tl_builder_take(&state.builder, sequences, error);
    tl_builder_clear(&state.builder);
    return status;
}
