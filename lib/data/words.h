/* Texts to words: what Keras's Tokenizer does before it looks words up. */
#ifndef TL_DATA_WORDS_H
#define TL_DATA_WORDS_H

#include "base/text.h"
#include "tinylstm/data.h"

/* Python's str.lower() of UTF-8 text; bytes that are no UTF-8 stay. */
void tl_lower(tl_text *lowered, const char *text);
/* Of one code point; U+0130 alone has two, of which this is the first. */
uint32_t tl_lower_code(uint32_t code);

/* The code point at the start of `text` and how many bytes it takes; a byte that is no UTF-8 is one
 * of its own, -1 - the byte. `text` must not be empty. */
int32_t tl_utf8_next(const char *text, size_t *length);
/* Whether a whole string is UTF-8. */
int tl_utf8_valid(const char *text);

/* Calls visit(context, word, length) for each word of a text; ends at the first status that is not
 * OK. The word is not followed by a NUL. */
typedef tlstm_status tl_word_visitor(void *context, const char *word, size_t length,
                                     tlstm_error **error);
tlstm_status tl_split_text(const char *text, const tlstm_text_options *options,
                           tl_word_visitor *visit, void *context, tlstm_error **error);

#endif
