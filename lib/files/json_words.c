/* JSON as Python writes it: with words for what is no number. */
#include "base/alloc.h"
#include "files/keras_json.h"

#include <string.h>

/* Length of one of Python's words for what is no number, at the beginning of the text; 0: none. */
static size_t no_number(const char *text, size_t length) {
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t size = strlen(words[i]);
        if (length >= size && memcmp(text, words[i], size) == 0)
            return size;
    }
    return 0;
}

/* A copy with null for such words, which JSON has not and Python writes; NULL: without memory. */
static char *without_words(const char *text, size_t length, size_t *copied) {
    char *copy = tl_alloc(length + length / 3 + 1, 1); /* a word is as long as NaN at least */
    int quoted = 0;
    size_t to = 0;
    for (size_t i = 0; copy && i < length;) {
        size_t word = quoted ? 0 : no_number(text + i, length - i);
        if (word) {
            memcpy(copy + to, "null", 4);
            to += 4;
            i += word;
            continue;
        }
        quoted ^= text[i] == '"';
        if (quoted && text[i] == '\\' && i + 1 < length)
            copy[to++] = text[i++];
        copy[to++] = text[i++];
    }
    *copied = to;
    return copy;
}

json_t *tl_json_load(const char *text, size_t length, size_t flags, json_error_t *fault) {
    json_t *parsed = json_loadb(text, length, flags, fault);
    if (parsed || json_error_code(fault) != json_error_invalid_syntax)
        return parsed;
    /* What else is wrong with it is told of the text as it is. */
    json_error_t other;
    size_t copied = 0;
    char *copy = without_words(text, length, &copied);
    if (copy)
        parsed = json_loadb(copy, copied, flags, &other);
    tl_free(copy);
    return parsed;
}
