package tinylstm

// #include "shim.h"
import "C"

import "runtime"

// split is what options of [TrainTestSplit] set.
type split struct {
	c        C.tlstm_split_options
	stratify *Array
}

// SplitOption is an argument of [TrainTestSplit].
type SplitOption func(*split)

// WithTestSize sets the test part: below 1 a fraction, else a number of samples.
func WithTestSize(size float64) SplitOption {
	return func(s *split) { s.c.test_size = C.double(size) }
}

// WithTrainSize sets the training part: below 1 a fraction, else a number of samples.
func WithTrainSize(size float64) SplitOption {
	return func(s *split) { s.c.train_size = C.double(size) }
}

// WithRandomState sets the seed, 0 to 2^32 - 1.
func WithRandomState(seed int64) SplitOption {
	return func(s *split) { s.c.random_state = C.int64_t(seed) }
}

// WithoutMixing leaves the samples in their order: the first part trains, the rest tests.
func WithoutMixing() SplitOption {
	return func(s *split) { s.c.shuffle = 0 }
}

// WithStratify keeps the proportions of these class labels in both parts.
func WithStratify(labels *Array) SplitOption {
	return func(s *split) { s.stratify = labels }
}

// TrainTestSplit says which of a number of samples train and which test, in the exact order of
// sklearn.model_selection.train_test_split. The indices are for [Array.Take] and [Sequences.Take].
func TrainTestSplit(samples int, opts ...SplitOption) (train, test []int64, err error) {
	var chosen split
	C.tlstm_split_options_init(&chosen.c)
	for _, opt := range opts {
		opt(&chosen)
	}
	if chosen.c.stratify, err = chosen.stratify.input("stratify"); err != nil {
		return nil, nil, err
	}
	var trainRows, testRows *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_train_test_split(C.size_t(samples), &chosen.c, &trainRows, &testRows, &failure)
	runtime.KeepAlive(chosen.stratify)
	if err := check(status, failure); err != nil {
		return nil, nil, err
	}
	return takeIndices(trainRows), takeIndices(testRows), nil
}

// ShuffledIndices is the order into which numpy.random.RandomState(seed).shuffle brings
// 0 .. count-1.
func ShuffledIndices(count int, seed int64) ([]int64, error) {
	var rows *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_shuffled_indices(C.size_t(count), C.int64_t(seed), &rows, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return takeIndices(rows), nil
}

// takeIndices copies an array of indices and frees it.
func takeIndices(rows *C.tlstm_array) []int64 {
	array := newArray(rows)
	defer array.Close()
	indices, err := Values[int64](array)
	if err != nil {
		panic(err) // the library says that indices are int64
	}
	return indices
}
