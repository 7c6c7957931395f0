package tinylstm

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Sequences is a list of token sequences of differing length. Any number of goroutines may read one.
type Sequences struct {
	handle[*C.tlstm_sequences]
}

func newSequences(sequences *C.tlstm_sequences) *Sequences {
	s := &Sequences{}
	s.own(sequences, func() { C.tlstm_sequences_free(sequences) })
	return s
}

// NewSequences copies lists of tokens.
func NewSequences(lists [][]int32) (*Sequences, error) {
	tokens := make([]C.int32_t, 0, 1)
	lengths := make([]C.size_t, 0, len(lists)+1)
	for _, list := range lists {
		for _, token := range list {
			tokens = append(tokens, C.int32_t(token))
		}
		lengths = append(lengths, C.size_t(len(list)))
	}
	var sequences *C.tlstm_sequences
	var failure *C.tlstm_error
	status := C.tlstm_sequences_new(unsafe.SliceData(tokens), unsafe.SliceData(lengths), C.size_t(len(lists)), &sequences, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newSequences(sequences), nil
}

// Close frees the sequences.
func (s *Sequences) Close() error {
	return s.close()
}

func (s *Sequences) input() (*C.tlstm_sequences, error) {
	if s.isClosed() {
		return nil, closedError("sequences")
	}
	return s.pointer, nil
}

// Len is the number of sequences.
func (s *Sequences) Len() int {
	defer runtime.KeepAlive(s)
	return int(C.tlstm_sequences_count(s.pointer))
}

// At copies a sequence; nil when there is none of this index.
func (s *Sequences) At(index int) []int32 {
	defer runtime.KeepAlive(s)
	if index < 0 || s.isClosed() {
		return nil
	}
	var length C.size_t
	tokens := C.tlstm_sequences_get(s.pointer, C.size_t(index), &length)
	if tokens == nil {
		return nil
	}
	return append(make([]int32, 0, int(length)), unsafe.Slice((*int32)(tokens), int(length))...)
}

// Take copies the sequences with these indices, in their order.
func (s *Sequences) Take(indices []int64) (*Sequences, error) {
	pointer, err := s.input()
	if err != nil {
		return nil, err
	}
	rows := rowNumbers(indices)
	var taken *C.tlstm_sequences
	var failure *C.tlstm_error
	status := C.tlstm_sequences_take(pointer, unsafe.SliceData(rows), C.size_t(len(indices)), &taken, &failure)
	runtime.KeepAlive(s)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newSequences(taken), nil
}

// Side is where padding and truncation happen.
type Side int32

const (
	Pre  Side = C.TLSTM_PRE  // in front, Keras's default
	Post Side = C.TLSTM_POST // behind
)

// PadOption is an argument of [Sequences.Pad] and [PadArrays].
type PadOption func(*C.tlstm_pad_options)

// WithMaxLen sets the timesteps of the result; without it, those of the longest sequence.
func WithMaxLen(timesteps int) PadOption {
	return func(o *C.tlstm_pad_options) { o.maxlen = C.int64_t(timesteps) }
}

// WithDType sets the type of the result; without it, Int32.
func WithDType(dtype DType) PadOption {
	return func(o *C.tlstm_pad_options) { o.dtype = C.tlstm_dtype(dtype) }
}

// WithPadding says on which side short sequences are filled.
func WithPadding(side Side) PadOption {
	return func(o *C.tlstm_pad_options) { o.padding = C.int32_t(side) }
}

// WithTruncating says on which side long sequences are cut.
func WithTruncating(side Side) PadOption {
	return func(o *C.tlstm_pad_options) { o.truncating = C.int32_t(side) }
}

// WithPadValue sets what fills; without it, 0.
func WithPadValue(value float64) PadOption {
	return func(o *C.tlstm_pad_options) { o.value = C.double(value) }
}

func padOptions(opts []PadOption) C.tlstm_pad_options {
	var options C.tlstm_pad_options
	C.tlstm_pad_options_init(&options)
	for _, opt := range opts {
		opt(&options)
	}
	return options
}

// Pad makes one array (sequences, timesteps), as keras.utils.pad_sequences.
func (s *Sequences) Pad(opts ...PadOption) (*Array, error) {
	pointer, err := s.input()
	if err != nil {
		return nil, err
	}
	options := padOptions(opts)
	var padded *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_pad_sequences(pointer, &options, &padded, &failure)
	runtime.KeepAlive(s)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(padded), nil
}

// PadArrays does the same for samples that are arrays (timesteps, ...) whose timesteps have one
// shape: it makes an array (samples, timesteps, ...).
func PadArrays(samples []*Array, opts ...PadOption) (*Array, error) {
	var memory arena
	defer memory.free()
	list := (**C.tlstm_array)(memory.allocate(uintptr(len(samples)) * unsafe.Sizeof((*C.tlstm_array)(nil))))
	for i, sample := range samples {
		pointer, err := sample.input("samples")
		if err != nil {
			return nil, err
		}
		unsafe.Slice(list, len(samples))[i] = pointer
	}
	options := padOptions(opts)
	var padded *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_pad_arrays(list, C.size_t(len(samples)), &options, &padded, &failure)
	runtime.KeepAlive(samples)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(padded), nil
}
