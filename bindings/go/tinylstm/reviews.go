package tinylstm

// #include "shim.h"
import "C"

import "runtime"

// Reviews are texts as tokens, and their labels: the IMDB set, or a generated one. Any number of
// goroutines may read one.
type Reviews struct {
	handle[*C.tlstm_reviews]
}

func newReviews(reviews *C.tlstm_reviews) *Reviews {
	r := &Reviews{}
	r.own(reviews, func() { C.tlstm_reviews_free(reviews) })
	return r
}

// IMDBOption is an argument of [LoadIMDB] and [Vocabulary.Reviews]; defaults are those of
// keras.datasets.imdb.load_data.
type IMDBOption func(*C.tlstm_imdb_options)

// WithNumWords keeps the most frequent words only.
func WithNumWords(count int) IMDBOption {
	return func(o *C.tlstm_imdb_options) { o.num_words = C.int64_t(count) }
}

// WithSkipTop leaves the most frequent words out.
func WithSkipTop(count int) IMDBOption {
	return func(o *C.tlstm_imdb_options) { o.skip_top = C.int64_t(count) }
}

// WithLongestReview drops longer reviews (Keras's maxlen).
func WithLongestReview(tokens int) IMDBOption {
	return func(o *C.tlstm_imdb_options) { o.maxlen = C.int64_t(tokens) }
}

// WithSeed sets the seed of the order; without it, 113.
func WithSeed(seed int64) IMDBOption {
	return func(o *C.tlstm_imdb_options) { o.seed = C.int64_t(seed) }
}

// WithStartChar sets the token before each review, 1 without it; below 0 there is none.
func WithStartChar(token int64) IMDBOption {
	return func(o *C.tlstm_imdb_options) { o.start_char = C.int64_t(token) }
}

// WithOOVChar sets the token for words left out, 2 without it; below 0 they vanish.
func WithOOVChar(token int64) IMDBOption {
	return func(o *C.tlstm_imdb_options) { o.oov_char = C.int64_t(token) }
}

// WithIndexFrom sets what is added to each rank, 3 without it; below 0 nothing.
func WithIndexFrom(index int64) IMDBOption {
	return func(o *C.tlstm_imdb_options) { o.index_from = C.int64_t(index) }
}

func imdbOptions(opts []IMDBOption) C.tlstm_imdb_options {
	var options C.tlstm_imdb_options
	C.tlstm_imdb_options_init(&options)
	for _, opt := range opts {
		opt(&options)
	}
	return options
}

// LoadIMDB reads Keras's imdb.npz. path "" looks at $TINYLSTM_IMDB, then where Keras keeps it.
func LoadIMDB(path string, opts ...IMDBOption) (*Reviews, error) {
	var memory arena
	defer memory.free()
	name := memory.optional("path", path)
	if memory.err != nil {
		return nil, memory.err
	}
	options := imdbOptions(opts)
	var reviews *C.tlstm_reviews
	var failure *C.tlstm_error
	status := C.tlstm_imdb_load(name, &options, &reviews, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newReviews(reviews), nil
}

// GenerateReviews makes reviews for machines without the IMDB data, the same for the same seed.
func GenerateReviews(train, test int, seed uint64) (*Reviews, error) {
	var reviews *C.tlstm_reviews
	var failure *C.tlstm_error
	status := C.tlstm_reviews_generate(C.size_t(train), C.size_t(test), C.uint64_t(seed), &reviews, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newReviews(reviews), nil
}

// Close frees the reviews, as soon as the parts that were asked of them are closed too.
func (r *Reviews) Close() error {
	return r.close()
}

// XTrain is the reviews to train on; nil when they are closed, as for the other parts.
func (r *Reviews) XTrain() *Sequences {
	return r.sequences(C.tlstm_reviews_x_train(r.pointer))
}

// YTrain is their labels, Int64 of 0 and 1.
func (r *Reviews) YTrain() *Array {
	return r.array(C.tlstm_reviews_y_train(r.pointer))
}

// XTest is the reviews to test with.
func (r *Reviews) XTest() *Sequences {
	return r.sequences(C.tlstm_reviews_x_test(r.pointer))
}

// YTest is their labels.
func (r *Reviews) YTest() *Array {
	return r.array(C.tlstm_reviews_y_test(r.pointer))
}

func (r *Reviews) sequences(part *C.tlstm_sequences) *Sequences {
	if part == nil {
		return nil
	}
	s := &Sequences{}
	s.share(part, r.held.hold())
	runtime.KeepAlive(r)
	return s
}

func (r *Reviews) array(part *C.tlstm_array) *Array {
	if part == nil {
		return nil
	}
	a := &Array{}
	a.share(part, r.held.hold())
	runtime.KeepAlive(r)
	return a
}
