package tinylstm

// #include "shim.h"
import "C"

import (
	"math"
	"strings"
	"unsafe"
)

// arena is C memory for the time of one call.
type arena struct {
	blocks []unsafe.Pointer
	err    error // the first string that C cannot represent
}

func (a *arena) free() {
	for _, block := range a.blocks {
		C.free(block)
	}
	a.blocks = nil
}

func (a *arena) allocate(size uintptr) unsafe.Pointer {
	block := C.malloc(C.size_t(max(size, 1))) // never nil: cgo ends the program instead
	a.blocks = append(a.blocks, block)
	return block
}

// text is a C string. One with a NUL in it would be cut off silently.
func (a *arena) text(where, s string) *C.char {
	if a.err == nil && strings.IndexByte(s, 0) >= 0 {
		a.err = &Error{Code: ErrArgument, Message: "a string must not contain NUL", Where: where}
	}
	text := C.CString(s)
	a.blocks = append(a.blocks, unsafe.Pointer(text))
	return text
}

// optional is a C string, NULL for "".
func (a *arena) optional(where, s string) *C.char {
	if s == "" {
		return nil
	}
	return a.text(where, s)
}

func (a *arena) texts(where string, list []string) **C.char {
	if len(list) == 0 {
		return nil
	}
	block := (**C.char)(a.allocate(uintptr(len(list)) * unsafe.Sizeof((*C.char)(nil))))
	for i, s := range list {
		unsafe.Slice(block, len(list))[i] = a.text(where, s)
	}
	return block
}

func (a *arena) doubles(values []float64) *C.double {
	if len(values) == 0 {
		return nil
	}
	block := (*C.double)(a.allocate(uintptr(len(values)) * unsafe.Sizeof(C.double(0))))
	for i, value := range values {
		unsafe.Slice(block, len(values))[i] = C.double(value)
	}
	return block
}

// takeString copies and frees a string that C handed over.
func takeString(s *C.char) string {
	defer C.tlstm_string_free(s)
	return C.GoString(s)
}

// sizes are dimensions as C has them; the first is passed as unsafe.SliceData(...).
func sizes(shape []int) []C.int64_t {
	converted := make([]C.int64_t, len(shape))
	for i, size := range shape {
		converted[i] = C.int64_t(size)
	}
	return converted
}

func truth(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}

// narrow keeps numbers that do not fit out of range, for C to complain about.
func narrow(n int) C.int32_t {
	return C.int32_t(min(max(n, math.MinInt32), math.MaxInt32))
}

// tokenNumbers are tokens as C has them, never NULL.
func tokenNumbers(tokens []int32) *C.int32_t {
	if len(tokens) == 0 {
		return new(C.int32_t)
	}
	return (*C.int32_t)(unsafe.SliceData(tokens))
}
