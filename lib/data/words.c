/* Keras's text_to_word_sequence, and texts by characters. */
#include "data/words.h"

#include <string.h>

/* The default of Keras's Tokenizer: punctuation without the apostrophe, tabs and line ends. */
static const char default_filters[] = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n";

/* A set of characters; nearly all that are asked for are ASCII. */
typedef struct character_set {
    char ascii[128];
    const char *all;
} character_set;

static character_set make_set(const char *characters) {
    character_set set = {{0}, characters};
    for (; *characters; characters++)
        if ((unsigned char)*characters < 128)
            set.ascii[(unsigned char)*characters] = 1;
    return set;
}

static int contains(const character_set *set, int32_t code) {
    if (code >= 0 && code < 128)
        return set->ascii[code];
    const char *other = set->all;
    for (size_t length; *other; other += length)
        if (tl_utf8_next(other, &length) == code)
            return 1;
    return 0;
}

static void filter(tl_text *filtered, const char *text, const char *filters, const char *split) {
    character_set set = make_set(filters);
    for (size_t length; *text && !filtered->failed; text += length) {
        int32_t code = tl_utf8_next(text, &length);
        if (contains(&set, code))
            tl_text_append(filtered, split);
        else
            tl_text_append_bytes(filtered, text, length);
    }
}

static tlstm_status visit_pieces(const char *text, const char *split, tl_word_visitor *visit,
                                 void *context, tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    while (!status && text) {
        const char *end = strstr(text, split);
        size_t length = end ? (size_t)(end - text) : strlen(text);
        if (length)
            status = visit(context, text, length, error);
        text = end ? end + strlen(split) : NULL;
    }
    return status;
}

static tlstm_status visit_characters(const char *text, tl_word_visitor *visit, void *context,
                                     tlstm_error **error) {
    tlstm_status status = TLSTM_OK;
    for (size_t length; *text && !status; text += length) {
        tl_utf8_next(text, &length);
        status = visit(context, text, length, error);
    }
    return status;
}

tlstm_status tl_split_text(const char *text, const tlstm_text_options *options,
                           tl_word_visitor *visit, void *context, tlstm_error **error) {
    const char *filters = options->filters ? options->filters : default_filters;
    const char *split = options->split ? options->split : " ";
    tl_text lowered = {0}, filtered = {0};
    tlstm_status status = TLSTM_OK;
    if (!*split)
        return tl_fail(error, TLSTM_ERROR_ARGUMENT, "split", "is empty");
    if (options->lower)
        tl_lower(&lowered, text);
    else
        tl_text_append(&lowered, text);
    tl_text_append(&lowered, "");
    if (!lowered.failed && !options->char_level)
        filter(&filtered, lowered.bytes, filters, split);
    tl_text_append(&filtered, "");
    if (lowered.failed || filtered.failed)
        status = tl_fail_memory(error);
    else if (options->char_level)
        status = visit_characters(lowered.bytes, visit, context, error);
    else
        status = visit_pieces(filtered.bytes, split, visit, context, error);
    tl_text_clear(&filtered);
    tl_text_clear(&lowered);
    return status;
}
