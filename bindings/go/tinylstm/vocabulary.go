package tinylstm

// #include "shim.h"
import "C"

import "runtime"

// Vocabulary is words and their ranks, 1 the most frequent: Keras's word index. Any number of
// goroutines may read one.
type Vocabulary struct {
	handle[*C.tlstm_vocabulary]
}

func newVocabulary(vocabulary *C.tlstm_vocabulary) *Vocabulary {
	v := &Vocabulary{}
	v.own(vocabulary, func() { C.tlstm_vocabulary_free(vocabulary) })
	return v
}

// text is what a [TextOption] sets, and the memory of its strings.
type text struct {
	c      C.tlstm_text_options
	memory arena
}

// TextOption is an argument of what Keras's Tokenizer does; defaults are the Tokenizer's.
type TextOption func(*text)

// WithFilters sets the characters that separate words beside blanks.
func WithFilters(characters string) TextOption {
	return func(t *text) { t.c.filters = t.memory.text("filters", characters) }
}

// WithLower says whether texts are made lower case first; they are, without it.
func WithLower(lower bool) TextOption {
	return func(t *text) { t.c.lower = truth(lower) }
}

// WithSplit sets what separates words; without it, a blank.
func WithSplit(separator string) TextOption {
	return func(t *text) { t.c.split = t.memory.text("split", separator) }
}

// WithCharLevel makes every character a word.
func WithCharLevel() TextOption {
	return func(t *text) { t.c.char_level = 1 }
}

// WithOOVToken sets the word that stands for those that are not kept; without it, they vanish.
func WithOOVToken(word string) TextOption {
	return func(t *text) { t.c.oov_token = t.memory.text("oov_token", word) }
}

func (t *text) choose(opts []TextOption) {
	C.tlstm_text_options_init(&t.c)
	for _, opt := range opts {
		opt(t)
	}
}

// LoadVocabulary reads a word index, a JSON object of word to rank. path "" looks where Keras keeps
// imdb_word_index.json.
func LoadVocabulary(path string) (*Vocabulary, error) {
	var memory arena
	defer memory.free()
	name := memory.optional("path", path)
	if memory.err != nil {
		return nil, memory.err
	}
	var vocabulary *C.tlstm_vocabulary
	var failure *C.tlstm_error
	status := C.tlstm_vocabulary_load(name, &vocabulary, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newVocabulary(vocabulary), nil
}

// GenerateVocabulary is the words of [GenerateReviews].
func GenerateVocabulary() (*Vocabulary, error) {
	var vocabulary *C.tlstm_vocabulary
	var failure *C.tlstm_error
	status := C.tlstm_vocabulary_generate(&vocabulary, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newVocabulary(vocabulary), nil
}

// FitVocabulary learns a word index from texts, as Tokenizer.fit_on_texts.
func FitVocabulary(texts []string, opts ...TextOption) (*Vocabulary, error) {
	var chosen text
	defer chosen.memory.free()
	chosen.choose(opts)
	list := chosen.memory.texts("texts", texts)
	if chosen.memory.err != nil {
		return nil, chosen.memory.err
	}
	var vocabulary *C.tlstm_vocabulary
	var failure *C.tlstm_error
	status := C.tlstm_vocabulary_fit(list, C.size_t(len(texts)), &chosen.c, &vocabulary, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newVocabulary(vocabulary), nil
}

// Close frees the vocabulary.
func (v *Vocabulary) Close() error {
	return v.close()
}

func (v *Vocabulary) input() (*C.tlstm_vocabulary, error) {
	if v.isClosed() {
		return nil, closedError("vocabulary")
	}
	return v.pointer, nil
}

// Save writes the word index as JSON, by rank, atomically.
func (v *Vocabulary) Save(path string) error {
	pointer, err := v.input()
	if err != nil {
		return err
	}
	var memory arena
	defer memory.free()
	name := memory.text("path", path)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := C.tlstm_vocabulary_save(pointer, name, &failure)
	runtime.KeepAlive(v)
	return check(status, failure)
}

// Len is the number of words.
func (v *Vocabulary) Len() int {
	defer runtime.KeepAlive(v)
	return int(C.tlstm_vocabulary_size(v.pointer))
}

// Rank is the rank of a word, 0 when it is unknown.
func (v *Vocabulary) Rank(word string) int64 {
	var memory arena
	defer memory.free()
	defer runtime.KeepAlive(v)
	known := memory.text("word", word)
	if memory.err != nil || v.isClosed() {
		return 0
	}
	return int64(C.tlstm_vocabulary_rank(v.pointer, known))
}

// Word is the word of a rank, "" when there is none.
func (v *Vocabulary) Word(rank int64) string {
	defer runtime.KeepAlive(v)
	return C.GoString(C.tlstm_vocabulary_word(v.pointer, C.int64_t(rank)))
}

// Occurrences is how often [FitVocabulary] saw a word; 0 where that is not known.
func (v *Vocabulary) Occurrences(word string) int64 {
	var memory arena
	defer memory.free()
	defer runtime.KeepAlive(v)
	known := memory.text("word", word)
	if memory.err != nil || v.isClosed() {
		return 0
	}
	return int64(C.tlstm_vocabulary_occurrences(v.pointer, known))
}

// Sequences turns texts to tokens, as Tokenizer(num_words, oov_token).texts_to_sequences; numWords 0
// keeps all words.
func (v *Vocabulary) Sequences(texts []string, numWords int, opts ...TextOption) (*Sequences, error) {
	pointer, err := v.input()
	if err != nil {
		return nil, err
	}
	var chosen text
	defer chosen.memory.free()
	chosen.choose(opts)
	list := chosen.memory.texts("texts", texts)
	if chosen.memory.err != nil {
		return nil, chosen.memory.err
	}
	var sequences *C.tlstm_sequences
	var failure *C.tlstm_error
	status := C.tlstm_texts_to_sequences(pointer, list, C.size_t(len(texts)), &chosen.c, C.int64_t(numWords), &sequences, &failure)
	runtime.KeepAlive(v)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newSequences(sequences), nil
}

// Text turns tokens back to words with blanks between, as Tokenizer.sequences_to_texts.
func (v *Vocabulary) Text(tokens []int32, numWords int, opts ...TextOption) (string, error) {
	pointer, err := v.input()
	if err != nil {
		return "", err
	}
	var chosen text
	defer chosen.memory.free()
	chosen.choose(opts)
	if chosen.memory.err != nil {
		return "", chosen.memory.err
	}
	var words *C.char
	var failure *C.tlstm_error
	status := C.tlstm_sequence_to_text(pointer, tokenNumbers(tokens), C.size_t(len(tokens)), &chosen.c, C.int64_t(numWords), &words, &failure)
	runtime.KeepAlive(v)
	if err := check(status, failure); err != nil {
		return "", err
	}
	return takeString(words), nil
}

// Reviews turns texts to tokens as load_data() encodes reviews.
func (v *Vocabulary) Reviews(texts []string, opts ...IMDBOption) (*Sequences, error) {
	pointer, err := v.input()
	if err != nil {
		return nil, err
	}
	var memory arena
	defer memory.free()
	list := memory.texts("texts", texts)
	if memory.err != nil {
		return nil, memory.err
	}
	options := imdbOptions(opts)
	var sequences *C.tlstm_sequences
	var failure *C.tlstm_error
	status := C.tlstm_texts_to_reviews(pointer, list, C.size_t(len(texts)), &options, &sequences, &failure)
	runtime.KeepAlive(v)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newSequences(sequences), nil
}
