/* A word index: a hash table from words to ranks, and the words in the order of their ranks. */
#include "data/vocabulary.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "data/reviews.h"
#include "data/words.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The word index of IMDB has 1.6 MB. */
#define MOST_BYTES ((size_t)1 << 26)

typedef struct entry {
    size_t word; /* where it begins in `words` */
    size_t length;
    int64_t rank;
    int64_t occurrences;
} entry;

struct tlstm_vocabulary {
    tl_text words; /* each with its NUL */
    entry *entries;
    size_t count, capacity;
    size_t *slots; /* entry + 1, 0 when free; a power of two of them, at most half of them taken */
    size_t slot_count;
    size_t *by_rank; /* entries, lowest rank first */
};

/* FNV-1a (Fowler, Noll, Vo), its high bits mixed down for the short tables. */
static size_t hash(const char *word, size_t length) {
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        value = (value ^ (unsigned char)word[i]) * 1099511628211u;
    return (size_t)(value ^ value >> 32);
}

static const char *word_of(const tlstm_vocabulary *vocabulary, const entry *of) {
    return vocabulary->words.bytes + of->word;
}

/* The slot that holds the word, or where it would be. */
static size_t find_slot(const tlstm_vocabulary *vocabulary, const char *word, size_t length) {
    size_t slot = hash(word, length) & (vocabulary->slot_count - 1);
    for (; vocabulary->slots[slot]; slot = (slot + 1) & (vocabulary->slot_count - 1)) {
        const entry *there = &vocabulary->entries[vocabulary->slots[slot] - 1];
        if (there->length == length && memcmp(word_of(vocabulary, there), word, length) == 0)
            break;
    }
    return slot;
}

static entry *find(const tlstm_vocabulary *vocabulary, const char *word, size_t length) {
    size_t slot = vocabulary->slot_count ? find_slot(vocabulary, word, length) : 0;
    return vocabulary->slot_count && vocabulary->slots[slot]
               ? &vocabulary->entries[vocabulary->slots[slot] - 1]
               : NULL;
}

/* Room for one more entry, and for twice as many slots when it needs them. */
static int grow(tlstm_vocabulary *vocabulary) {
    if (vocabulary->count < vocabulary->capacity)
        return 1;
    size_t capacity = vocabulary->capacity ? vocabulary->capacity * 2 : 64;
    entry *entries = tl_realloc(vocabulary->entries, capacity, sizeof(*entries));
    if (!entries)
        return 0;
    vocabulary->entries = entries;
    size_t *slots = tl_alloc_zero(capacity, 2 * sizeof(*slots));
    if (!slots)
        return 0;
    tl_free(vocabulary->slots);
    vocabulary->slots = slots;
    vocabulary->slot_count = 2 * capacity;
    vocabulary->capacity = capacity;
    for (size_t i = 0; i < vocabulary->count; i++)
        slots[find_slot(vocabulary, word_of(vocabulary, &entries[i]), entries[i].length)] = i + 1;
    return 1;
}

/* The entry of a word, made when there is none; NULL without memory. */
static entry *add(tlstm_vocabulary *vocabulary, const char *word, size_t length) {
    entry *there = find(vocabulary, word, length);
    if (there)
        return there;
    if (!grow(vocabulary))
        return NULL;
    size_t start = vocabulary->words.length;
    tl_text_append_bytes(&vocabulary->words, word, length);
    tl_text_append_bytes(&vocabulary->words, "", 1);
    if (vocabulary->words.failed)
        return NULL;
    vocabulary->entries[vocabulary->count] = (entry){start, length, 0, 0};
    vocabulary->slots[find_slot(vocabulary, word, length)] = vocabulary->count + 1;
    return &vocabulary->entries[vocabulary->count++];
}

/* What the indices of entries are sorted by. */
typedef struct key {
    int64_t primary;
    size_t entry;
} key;

static int compare(const void *a, const void *b) {
    const key *x = a, *y = b;
    if (x->primary != y->primary)
        return x->primary < y->primary ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

static key *new_keys(const tlstm_vocabulary *vocabulary) {
    return tl_alloc(vocabulary->count, sizeof(key));
}

/* Makes `by_rank`; the last step of every way to a vocabulary. */
static tlstm_status sort_ranks(tlstm_vocabulary *vocabulary, tlstm_error **error) {
    key *keys = new_keys(vocabulary);
    size_t *by_rank = tl_alloc(vocabulary->count, sizeof(*by_rank));
    if (!keys || !by_rank) {
        tl_free(by_rank);
        tl_free(keys);
        return tl_fail_memory(error);
    }
    for (size_t i = 0; i < vocabulary->count; i++)
        keys[i] = (key){vocabulary->entries[i].rank, i};
    qsort(keys, vocabulary->count, sizeof(*keys), compare);
    for (size_t i = 0; i < vocabulary->count; i++)
        by_rank[i] = keys[i].entry;
    vocabulary->by_rank = by_rank;
    tl_free(keys);
    return TLSTM_OK;
}

static tlstm_status finish(tlstm_vocabulary *made, tlstm_status status,
                           tlstm_vocabulary **vocabulary, tlstm_error **error) {
    if (!status)
        status = sort_ranks(made, error);
    if (status)
        tl_vocabulary_free(made);
    else
        *vocabulary = made;
    return status;
}

/* --- from and to JSON --- */

static tlstm_status read_member(tlstm_vocabulary *vocabulary, const char *word, const json_t *rank,
                                tlstm_error **error) {
    json_int_t number = json_integer_value(rank);
    if (!json_is_integer(rank) || number < 1 || number > INT32_MAX)
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL,
                       "a word index has a rank from 1 on for each word, not so for \"%.60s\"",
                       word);
    entry *made = add(vocabulary, word, strlen(word));
    if (!made)
        return tl_fail_memory(error);
    made->rank = number;
    return TLSTM_OK;
}

static tlstm_status read_object(tlstm_vocabulary *vocabulary, json_t *object, tlstm_error **error) {
    if (!json_is_object(object))
        return tl_fail(error, TLSTM_ERROR_FORMAT, NULL, "a word index must be a JSON object");
    tlstm_status status = TLSTM_OK;
    const char *word;
    json_t *rank;
    json_object_foreach(object, word, rank) {
        status = read_member(vocabulary, word, rank, error);
        if (status)
            break;
    }
    return status;
}

static tlstm_status parse(const char *path, json_t **json, tlstm_error **error) {
    char *bytes = NULL;
    size_t length = 0;
    json_error_t reason;
    tlstm_status status = tl_file_read(path, MOST_BYTES, &bytes, &length, error);
    if (status)
        return status;
    *json = json_loadb(bytes, length, 0, &reason);
    tl_free(bytes);
    return *json ? TLSTM_OK
                 : tl_fail(error, TLSTM_ERROR_FORMAT, path, "not JSON: line %d: %s", reason.line,
                           reason.text);
}

static tlstm_status load(const char *path, tlstm_vocabulary **vocabulary, tlstm_error **error) {
    json_t *json = NULL;
    tlstm_status status = parse(path, &json, error);
    if (status)
        return status;
    tlstm_vocabulary *made = tl_alloc_zero(1, sizeof(*made));
    status = made ? read_object(made, json, error) : tl_fail_memory(error);
    json_decref(json);
    status = finish(made, status, vocabulary, error);
    return status ? tl_fail_within(error, status, path) : TLSTM_OK;
}

tlstm_status tl_vocabulary_load(const char *path, tlstm_vocabulary **vocabulary,
                                tlstm_error **error) {
    if (path)
        return load(path, vocabulary, error);
    char *kept = tl_keras_dataset("imdb_word_index.json");
    tlstm_status status = kept ? load(kept, vocabulary, error)
                               : tl_fail(error, TLSTM_ERROR_IO, "imdb_word_index.json",
                                         "no path is given, and there is no home folder");
    tl_free(kept);
    return status;
}

static tlstm_status make_json(const tlstm_vocabulary *vocabulary, json_t *object,
                              tlstm_error **error) {
    for (size_t i = 0; i < vocabulary->count; i++) {
        const entry *next = &vocabulary->entries[vocabulary->by_rank[i]];
        const char *word = word_of(vocabulary, next);
        if (!tl_utf8_valid(word))
            return tl_fail(error, TLSTM_ERROR_VALUE, NULL, "the word of rank %lld is not UTF-8",
                           (long long)next->rank);
        if (json_object_set_new(object, word, json_integer(next->rank)) != 0)
            return tl_fail_memory(error);
    }
    return TLSTM_OK;
}

tlstm_status tl_vocabulary_save(const tlstm_vocabulary *vocabulary, const char *path,
                                tlstm_error **error) {
    json_t *object = json_object();
    char *text = NULL;
    tlstm_status status = object ? make_json(vocabulary, object, error) : tl_fail_memory(error);
    if (!status) {
        text = json_dumps(object, JSON_ENSURE_ASCII);
        status = text ? tl_file_write(path, text, strlen(text), error) : tl_fail_memory(error);
    } else
        tl_fail_within(error, status, path);
    free(text); /* jansson's, not ours */
    json_decref(object);
    return status;
}

/* --- from texts --- */

static tlstm_status count_word(void *context, const char *word, size_t length,
                               tlstm_error **error) {
    entry *counted = add(context, word, length);
    if (!counted)
        return tl_fail_memory(error);
    counted->occurrences++;
    return TLSTM_OK;
}

/* By falling count, words of one count in the order they were first seen in. The token for unknown
 * words takes rank 1; when it is a word of the texts too, Keras's dictionary keeps that word's
 * rank. */
static tlstm_status rank_words(tlstm_vocabulary *vocabulary, const char *oov_token,
                               tlstm_error **error) {
    key *keys = new_keys(vocabulary);
    if (!keys)
        return tl_fail_memory(error);
    for (size_t i = 0; i < vocabulary->count; i++)
        keys[i] = (key){-vocabulary->entries[i].occurrences, i};
    qsort(keys, vocabulary->count, sizeof(*keys), compare);
    for (size_t i = 0; i < vocabulary->count; i++)
        vocabulary->entries[keys[i].entry].rank = (int64_t)i + 1 + (oov_token != NULL);
    tl_free(keys);
    entry *oov = oov_token ? add(vocabulary, oov_token, strlen(oov_token)) : NULL;
    if (oov_token && !oov)
        return tl_fail_memory(error);
    if (oov && oov->occurrences == 0)
        oov->rank = 1;
    return TLSTM_OK;
}

tlstm_status tl_vocabulary_fit(const char *const *texts, size_t count,
                               const tlstm_text_options *options, tlstm_vocabulary **vocabulary,
                               tlstm_error **error) {
    tlstm_vocabulary *made = tl_alloc_zero(1, sizeof(*made));
    tlstm_status status = made ? TLSTM_OK : tl_fail_memory(error);
    for (size_t i = 0; !status && i < count; i++)
        status = tl_split_text(texts[i], options, count_word, made, error);
    if (!status)
        status = rank_words(made, options->oov_token, error);
    return finish(made, status, vocabulary, error);
}

tlstm_status tl_vocabulary_generate(tlstm_vocabulary **vocabulary, tlstm_error **error) {
    size_t count;
    const char *const *words = tl_reviews_words(&count);
    tlstm_vocabulary *made = tl_alloc_zero(1, sizeof(*made));
    tlstm_status status = made ? TLSTM_OK : tl_fail_memory(error);
    for (size_t i = 0; !status && i < count; i++) {
        entry *word = add(made, words[i], strlen(words[i]));
        if (word)
            word->rank = (int64_t)i + 1;
        else
            status = tl_fail_memory(error);
    }
    return finish(made, status, vocabulary, error);
}

/* --- looking up --- */

void tl_vocabulary_free(tlstm_vocabulary *vocabulary) {
    if (!vocabulary)
        return;
    tl_free(vocabulary->by_rank);
    tl_free(vocabulary->slots);
    tl_free(vocabulary->entries);
    tl_text_clear(&vocabulary->words);
    tl_free(vocabulary);
}

size_t tl_vocabulary_size(const tlstm_vocabulary *vocabulary) {
    return vocabulary->count;
}

int64_t tl_vocabulary_rank(const tlstm_vocabulary *vocabulary, const char *word, size_t length) {
    const entry *found = find(vocabulary, word, length);
    return found ? found->rank : 0;
}

int64_t tl_vocabulary_occurrences(const tlstm_vocabulary *vocabulary, const char *word,
                                  size_t length) {
    const entry *found = find(vocabulary, word, length);
    return found ? found->occurrences : 0;
}

/* Of words of one rank the last, as in a dictionary that is turned round. */
const char *tl_vocabulary_word(const tlstm_vocabulary *vocabulary, int64_t rank) {
    size_t low = 0, high = vocabulary->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (vocabulary->entries[vocabulary->by_rank[middle]].rank <= rank)
            low = middle + 1;
        else
            high = middle;
    }
    const entry *found = low ? &vocabulary->entries[vocabulary->by_rank[low - 1]] : NULL;
    return found && found->rank == rank ? word_of(vocabulary, found) : NULL;
}
