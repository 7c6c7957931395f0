/* Words and their ranks. */
#ifndef TL_DATA_VOCABULARY_H
#define TL_DATA_VOCABULARY_H

#include "base/error.h"
#include "tinylstm/data.h"

tlstm_status tl_vocabulary_load(const char *path, tlstm_vocabulary **vocabulary,
                                tlstm_error **error);
tlstm_status tl_vocabulary_save(const tlstm_vocabulary *vocabulary, const char *path,
                                tlstm_error **error);
tlstm_status tl_vocabulary_generate(tlstm_vocabulary **vocabulary, tlstm_error **error);
tlstm_status tl_vocabulary_fit(const char *const *texts, size_t count,
                               const tlstm_text_options *options, tlstm_vocabulary **vocabulary,
                               tlstm_error **error);
void tl_vocabulary_free(tlstm_vocabulary *vocabulary);

size_t tl_vocabulary_size(const tlstm_vocabulary *vocabulary);
int64_t tl_vocabulary_rank(const tlstm_vocabulary *vocabulary, const char *word, size_t length);
const char *tl_vocabulary_word(const tlstm_vocabulary *vocabulary, int64_t rank);
int64_t tl_vocabulary_occurrences(const tlstm_vocabulary *vocabulary, const char *word,
                                  size_t length);

/* tokens.c */
tlstm_status tl_texts_to_sequences(const tlstm_vocabulary *vocabulary, const char *const *texts,
                                   size_t count, const tlstm_text_options *options,
                                   int64_t num_words, tlstm_sequences **sequences,
                                   tlstm_error **error);
tlstm_status tl_texts_to_reviews(const tlstm_vocabulary *vocabulary, const char *const *texts,
                                 size_t count, const tlstm_imdb_options *imdb,
                                 tlstm_sequences **sequences, tlstm_error **error);
tlstm_status tl_sequence_to_text(const tlstm_vocabulary *vocabulary, const int32_t *tokens,
                                 size_t count, const tlstm_text_options *options, int64_t num_words,
                                 char **text, tlstm_error **error);

#endif
