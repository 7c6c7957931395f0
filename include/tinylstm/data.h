/**
 * @file data.h
 * Arrays and `.npy` files, the IMDB data set, splitting, padding, words and tokens: what
 * `keras.datasets.imdb`, `keras.utils` and `sklearn.model_selection.train_test_split` do, with the
 * same results to the last element.
 */
#ifndef TINYLSTM_DATA_H
#define TINYLSTM_DATA_H

#include "tinylstm/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Element types of arrays. */
typedef int32_t tlstm_dtype;
enum { TLSTM_FLOAT32 = 1, TLSTM_FLOAT64 = 2, TLSTM_INT32 = 3, TLSTM_INT64 = 4 };

/** The most dimensions an array can have. */
#define TLSTM_MAX_DIMS 4

/**
 * A dense array in C order, the first dimension counting samples. It owns its elements, or borrows
 * them (tlstm_array_wrap).
 * Thread-safety: any number of threads may read one; writing needs exclusion by the caller.
 */
typedef struct tlstm_array tlstm_array;

/** Makes an array of zeros. `shape` has `ndim` entries, 1 <= ndim <= TLSTM_MAX_DIMS, each >= 0. */
TLSTM_API tlstm_status tlstm_array_new(tlstm_dtype dtype, size_t ndim, const int64_t *shape,
                                       tlstm_array **array, tlstm_error **error);

/** Makes an array over the caller's elements, which must outlive it and are never written by the
 *  library's readers (fit, evaluate, predict). */
TLSTM_API tlstm_status tlstm_array_wrap(void *data, tlstm_dtype dtype, size_t ndim,
                                        const int64_t *shape, tlstm_array **array,
                                        tlstm_error **error);
TLSTM_API void tlstm_array_free(tlstm_array *array);

TLSTM_API tlstm_dtype tlstm_array_dtype(const tlstm_array *array);
TLSTM_API size_t tlstm_array_ndim(const tlstm_array *array);
/** @return `ndim` sizes, borrowed. */
TLSTM_API const int64_t *tlstm_array_shape(const tlstm_array *array);
/** @return the number of elements. */
TLSTM_API size_t tlstm_array_size(const tlstm_array *array);
/** @return the elements, borrowed. */
TLSTM_API const void *tlstm_array_data(const tlstm_array *array);
TLSTM_API void *tlstm_array_mutable_data(tlstm_array *array);

/** The rows `indices[0..count)` of `array`, copied in that order (NumPy: `array[indices]`).
 *  TLSTM_ERROR_VALUE for an index outside the first dimension. */
TLSTM_API tlstm_status tlstm_array_take(const tlstm_array *array, const int64_t *indices,
                                        size_t count, tlstm_array **taken, tlstm_error **error);

/** Reads a `.npy` file (NumPy format 1.0 to 3.0; float32/64, int32/64; float16 becomes float32,
 * narrower integers and booleans become int32, uint32/64 become int64; both byte orders; C and
 * Fortran order). A scalar becomes an array of one element. */
TLSTM_API tlstm_status tlstm_array_load_npy(const char *path, tlstm_array **array,
                                            tlstm_error **error);
/** Writes a `.npy` file, format 1.0, atomically. */
TLSTM_API tlstm_status tlstm_array_save_npy(const tlstm_array *array, const char *path,
                                            tlstm_error **error);

/** One-hot rows of class numbers, float32, as `keras.utils.to_categorical`; a shape that ends in 1
 *  loses that dimension. `num_classes` 0 means the largest number + 1. Negative numbers count from
 * the last class, as in Keras. */
TLSTM_API tlstm_status tlstm_to_categorical(const tlstm_array *classes, int64_t num_classes,
                                            tlstm_array **one_hot, tlstm_error **error);

/**
 * A list of token sequences of differing length (Keras: a list of lists of integers). Owns its
 * tokens. Thread-safety: any number of threads may read one.
 */
typedef struct tlstm_sequences tlstm_sequences;

/** Copies `count` sequences that stand one behind the other in `tokens`; `lengths[i]` tokens each.
 */
TLSTM_API tlstm_status tlstm_sequences_new(const int32_t *tokens, const size_t *lengths,
                                           size_t count, tlstm_sequences **sequences,
                                           tlstm_error **error);
TLSTM_API void tlstm_sequences_free(tlstm_sequences *sequences);
TLSTM_API size_t tlstm_sequences_count(const tlstm_sequences *sequences);
/** @return the tokens of a sequence, borrowed, their number in `*length`; NULL when `index` is not
 *  below the count. */
TLSTM_API const int32_t *tlstm_sequences_get(const tlstm_sequences *sequences, size_t index,
                                             size_t *length);
/** The sequences `indices[0..count)`, copied in that order. */
TLSTM_API tlstm_status tlstm_sequences_take(const tlstm_sequences *sequences,
                                            const int64_t *indices, size_t count,
                                            tlstm_sequences **taken, tlstm_error **error);

/** Where padding and truncation happen: Keras's 'pre' and 'post'. */
enum { TLSTM_PRE = 0, TLSTM_POST = 1 };

/** Arguments of tlstm_pad_sequences(); the INIT values are those of Keras. */
typedef struct tlstm_pad_options {
    size_t struct_size;
    int64_t maxlen;     /**< timesteps of the result; 0: those of the longest sequence */
    tlstm_dtype dtype;  /**< TLSTM_INT32, or any other dtype */
    int32_t padding;    /**< TLSTM_PRE or TLSTM_POST */
    int32_t truncating; /**< TLSTM_PRE or TLSTM_POST */
    double value;       /**< what fills */
} tlstm_pad_options;
#define TLSTM_PAD_OPTIONS_INIT                                                                     \
    { sizeof(tlstm_pad_options), 0, TLSTM_INT32, TLSTM_PRE, TLSTM_PRE, 0.0 }
TLSTM_API void tlstm_pad_options_init(tlstm_pad_options *options);

/** Sequences to one array (count, maxlen), as `keras.utils.pad_sequences`. `options` may be NULL.
 */
TLSTM_API tlstm_status tlstm_pad_sequences(const tlstm_sequences *sequences,
                                           const tlstm_pad_options *options, tlstm_array **padded,
                                           tlstm_error **error);

/** The same for samples that are arrays: of `count` arrays (timesteps, ...) whose timesteps have
 * one shape, an array (count, maxlen, ...). `options` may be NULL. */
TLSTM_API tlstm_status tlstm_pad_arrays(const tlstm_array *const *samples, size_t count,
                                        const tlstm_pad_options *options, tlstm_array **padded,
                                        tlstm_error **error);

/** Arguments of tlstm_train_test_split(); the INIT values are those of scikit-learn. */
typedef struct tlstm_split_options {
    size_t struct_size;
    double test_size;     /**< in (0, 1) a fraction, >= 1 a number, < 0: complement of train_size,
                               or 0.25 when that is not given either */
    double train_size;    /**< the same for the training part; < 0: complement of test_size */
    int32_t shuffle;      /**< 1, or 0: the first part trains, the rest tests */
    int64_t random_state; /**< seed in 0 .. 2^32 - 1 */
    const tlstm_array *stratify; /**< class labels to keep the proportions of, or NULL */
} tlstm_split_options;
#define TLSTM_SPLIT_OPTIONS_INIT                                                                   \
    { sizeof(tlstm_split_options), -1.0, -1.0, 1, 0, NULL }
TLSTM_API void tlstm_split_options_init(tlstm_split_options *options);

/**
 * Which of `samples` samples train and which test: two int64 arrays of indices in the exact order
 * of `sklearn.model_selection.train_test_split(random_state=...)`. Give them to tlstm_array_take()
 * and tlstm_sequences_take().
 */
TLSTM_API tlstm_status tlstm_train_test_split(size_t samples, const tlstm_split_options *options,
                                              tlstm_array **train, tlstm_array **test,
                                              tlstm_error **error);

/** The order into which `numpy.random.RandomState(seed).shuffle` brings 0 .. count-1 (int64). */
TLSTM_API tlstm_status tlstm_shuffled_indices(size_t count, int64_t seed, tlstm_array **indices,
                                              tlstm_error **error);

/** Arguments of tlstm_imdb_load(); the INIT values are those of `keras.datasets.imdb.load_data`. */
typedef struct tlstm_imdb_options {
    size_t struct_size;
    int64_t num_words;  /**< keep the most frequent ones, the others become `oov_char`; 0: all */
    int64_t skip_top;   /**< the most frequent ones to leave out */
    int64_t maxlen;     /**< drop longer reviews (Keras keeps those shorter than it); 0: none */
    int64_t seed;       /**< of the shuffle */
    int64_t start_char; /**< put before each review; < 0: none */
    int64_t oov_char;   /**< stands for words left out; < 0: they vanish */
    int64_t index_from; /**< added to each rank; < 0: none */
} tlstm_imdb_options;
#define TLSTM_IMDB_OPTIONS_INIT                                                                    \
    { sizeof(tlstm_imdb_options), 0, 0, 0, 113, 1, 2, 3 }
TLSTM_API void tlstm_imdb_options_init(tlstm_imdb_options *options);

/** Reviews and their labels: the IMDB set, or the generated one. Thread-safety: read-only. */
typedef struct tlstm_reviews tlstm_reviews;

/**
 * Reads Keras's `imdb.npz` as it is. The pickles in it are read by a reader that knows lists of
 * integers only and runs no code. `path` NULL looks at $TINYLSTM_IMDB, then where Keras keeps it:
 * datasets/imdb.npz in $KERAS_HOME or ~/.keras. As in Keras, `num_words` 0 loses the rarest word.
 */
TLSTM_API tlstm_status tlstm_imdb_load(const char *path, const tlstm_imdb_options *options,
                                       tlstm_reviews **reviews, tlstm_error **error);

/**
 * Makes reviews for machines without the IMDB data: `train` + `test` of them from `seed`, always
 * the same. Words carry a feeling, negations turn the word that follows and "but" takes back what
 * stood before, so that the order of words matters: a bag of words cannot learn it fully, an LSTM
 * can.
 */
TLSTM_API tlstm_status tlstm_reviews_generate(size_t train, size_t test, uint64_t seed,
                                              tlstm_reviews **reviews, tlstm_error **error);
TLSTM_API void tlstm_reviews_free(tlstm_reviews *reviews);
/** @return borrowed parts; labels are int64 arrays of 0 and 1. */
TLSTM_API const tlstm_sequences *tlstm_reviews_x_train(const tlstm_reviews *reviews);
TLSTM_API const tlstm_array *tlstm_reviews_y_train(const tlstm_reviews *reviews);
TLSTM_API const tlstm_sequences *tlstm_reviews_x_test(const tlstm_reviews *reviews);
TLSTM_API const tlstm_array *tlstm_reviews_y_test(const tlstm_reviews *reviews);

/**
 * Words and their ranks (1 = most frequent): Keras's word index.
 * Thread-safety: any number of threads may read one.
 */
typedef struct tlstm_vocabulary tlstm_vocabulary;

/** Reads a word index, a JSON object of word to rank, such as `imdb_word_index.json`. `path` NULL
 * looks at datasets/imdb_word_index.json in $KERAS_HOME or ~/.keras. */
TLSTM_API tlstm_status tlstm_vocabulary_load(const char *path, tlstm_vocabulary **vocabulary,
                                             tlstm_error **error);
/** The words of tlstm_reviews_generate(). */
TLSTM_API tlstm_status tlstm_vocabulary_generate(tlstm_vocabulary **vocabulary,
                                                 tlstm_error **error);

/** What Keras's Tokenizer does to a text before it looks words up; INIT has its defaults. */
typedef struct tlstm_text_options {
    size_t struct_size;
    const char *filters;   /**< characters that become `split`; NULL: Keras's default set */
    int32_t lower;         /**< 1: lower case first (Unicode) */
    const char *split;     /**< what separates words; NULL: a blank */
    int32_t char_level;    /**< 1: every character is a word */
    const char *oov_token; /**< stands for words that are not kept; NULL: they vanish */
} tlstm_text_options;
#define TLSTM_TEXT_OPTIONS_INIT                                                                    \
    { sizeof(tlstm_text_options), NULL, 1, NULL, 0, NULL }
TLSTM_API void tlstm_text_options_init(tlstm_text_options *options);

/** Learns a word index from texts as `Tokenizer.fit_on_texts`: by falling count, first seen first;
 *  the `oov_token`, when there is one, takes rank 1. `options` may be NULL. */
TLSTM_API tlstm_status tlstm_vocabulary_fit(const char *const *texts, size_t count,
                                            const tlstm_text_options *options,
                                            tlstm_vocabulary **vocabulary, tlstm_error **error);
/** Writes the word index as JSON, by rank, atomically. Counts are not in it. */
TLSTM_API tlstm_status tlstm_vocabulary_save(const tlstm_vocabulary *vocabulary, const char *path,
                                             tlstm_error **error);
TLSTM_API void tlstm_vocabulary_free(tlstm_vocabulary *vocabulary);
TLSTM_API size_t tlstm_vocabulary_size(const tlstm_vocabulary *vocabulary);
/** @return the rank of a word, 0 when it is unknown. */
TLSTM_API int64_t tlstm_vocabulary_rank(const tlstm_vocabulary *vocabulary, const char *word);
/** @return the word of a rank, borrowed; NULL when there is none. */
TLSTM_API const char *tlstm_vocabulary_word(const tlstm_vocabulary *vocabulary, int64_t rank);
/** @return how often tlstm_vocabulary_fit() saw a word; 0 where that is not known. */
TLSTM_API int64_t tlstm_vocabulary_occurrences(const tlstm_vocabulary *vocabulary,
                                               const char *word);

/** Texts to token sequences as `Tokenizer(num_words, oov_token).texts_to_sequences`: unknown words,
 * and ranks of `num_words` and above (0: no limit), become the options' `oov_token` or vanish.
 *  TLSTM_ERROR_ARGUMENT when that token is not in the vocabulary. `options` may be NULL. */
TLSTM_API tlstm_status tlstm_texts_to_sequences(const tlstm_vocabulary *vocabulary,
                                                const char *const *texts, size_t count,
                                                const tlstm_text_options *options,
                                                int64_t num_words, tlstm_sequences **sequences,
                                                tlstm_error **error);

/** One token sequence back to words with blanks between, as `Tokenizer.sequences_to_texts`. `*text`
 * is the caller's (tlstm_string_free). `options` may be NULL; only its `oov_token` counts. */
TLSTM_API tlstm_status tlstm_sequence_to_text(const tlstm_vocabulary *vocabulary,
                                              const int32_t *tokens, size_t count,
                                              const tlstm_text_options *options, int64_t num_words,
                                              char **text, tlstm_error **error);

/** Texts to token sequences as load_data() encodes reviews: start_char, ranks shifted by
 * index_from, words unknown or out of num_words as oov_char. `imdb` NULL takes the defaults. */
TLSTM_API tlstm_status tlstm_texts_to_reviews(const tlstm_vocabulary *vocabulary,
                                              const char *const *texts, size_t count,
                                              const tlstm_imdb_options *imdb,
                                              tlstm_sequences **sequences, tlstm_error **error);

#ifdef __cplusplus
}
#endif

#endif
