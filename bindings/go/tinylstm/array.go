package tinylstm

// #include "shim.h"
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// DType is the type of an array's elements.
type DType int32

const (
	Float32 DType = C.TLSTM_FLOAT32
	Float64 DType = C.TLSTM_FLOAT64
	Int32   DType = C.TLSTM_INT32
	Int64   DType = C.TLSTM_INT64
)

func (d DType) String() string {
	names := map[DType]string{Float32: "float32", Float64: "float64", Int32: "int32", Int64: "int64"}
	if name, known := names[d]; known {
		return name
	}
	return fmt.Sprintf("DType(%d)", int32(d))
}

// Number is what elements of arrays are in Go.
type Number interface {
	float32 | float64 | int32 | int64
}

func dtypeOf[T Number]() DType {
	switch any(*new(T)).(type) {
	case float32:
		return Float32
	case float64:
		return Float64
	case int32:
		return Int32
	default:
		return Int64
	}
}

// MaxDims is the most dimensions an array can have.
const MaxDims = C.TLSTM_MAX_DIMS

// Array is a dense array in C order (the last dimension runs fastest), the first dimension counting
// samples. Any number of goroutines may read one.
type Array struct {
	handle[*C.tlstm_array]
}

func newArray(array *C.tlstm_array) *Array {
	a := &Array{}
	a.own(array, func() { C.tlstm_array_free(array) })
	return a
}

// NewArray makes an array of zeros.
func NewArray(dtype DType, shape ...int) (*Array, error) {
	dims := sizes(shape)
	var array *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_array_new(C.tlstm_dtype(dtype), C.size_t(len(dims)), unsafe.SliceData(dims), &array, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(array), nil
}

// ArrayOf makes an array with a copy of values. Without a shape it has one dimension.
func ArrayOf[T Number](values []T, shape ...int) (*Array, error) {
	if len(shape) == 0 {
		shape = []int{len(values)}
	}
	a, err := NewArray(dtypeOf[T](), shape...)
	if err != nil {
		return nil, err
	}
	if err := a.mustHave(len(values)); err != nil {
		return nil, err
	}
	view, err := View[T](a)
	copy(view, values)
	return a, err
}

// WrapArray makes an array over values without copying them. They stay where they are until the
// array is closed, and must not be changed while a call reads the array.
func WrapArray[T Number](values []T, shape ...int) (*Array, error) {
	if len(values) == 0 {
		return ArrayOf(values, shape...)
	}
	if len(shape) == 0 {
		shape = []int{len(values)}
	}
	a, err := wrap(unsafe.Pointer(unsafe.SliceData(values)), dtypeOf[T](), shape)
	if err != nil {
		return nil, err
	}
	if err := a.mustHave(len(values)); err != nil {
		return nil, err
	}
	return a, nil
}

func wrap(values unsafe.Pointer, dtype DType, shape []int) (*Array, error) {
	pinner := &runtime.Pinner{}
	pinner.Pin(values)
	dims := sizes(shape)
	var array *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_array_wrap(values, C.tlstm_dtype(dtype), C.size_t(len(dims)), unsafe.SliceData(dims), &array, &failure)
	if err := check(status, failure); err != nil {
		pinner.Unpin()
		return nil, err
	}
	a := &Array{}
	a.own(array, func() {
		C.tlstm_array_free(array)
		pinner.Unpin()
	})
	return a, nil
}

// mustHave closes an array whose shape does not go with the number of values it was made from.
func (a *Array) mustHave(count int) error {
	if a.Size() == count {
		return nil
	}
	err := &Error{Code: ErrShape, Where: "shape", Message: fmt.Sprintf("%v has %d elements, but there are %d values", a.Shape(), a.Size(), count)}
	a.Close()
	return err
}

// Close frees the array. Slices from [View] must not be used any more.
func (a *Array) Close() error {
	return a.close()
}

// input is the array as an argument of C; nil stays NULL.
func (a *Array) input(where string) (*C.tlstm_array, error) {
	if a == nil {
		return nil, nil
	}
	if a.isClosed() {
		return nil, closedError(where)
	}
	return a.pointer, nil
}

// inputs are two arrays as arguments.
func inputs(first *Array, firstWhere string, second *Array, secondWhere string) (one, two *C.tlstm_array, err error) {
	if one, err = first.input(firstWhere); err == nil {
		two, err = second.input(secondWhere)
	}
	return one, two, err
}

// DType is the type of the elements, 0 when the array is closed.
func (a *Array) DType() DType {
	defer runtime.KeepAlive(a)
	return DType(C.tlstm_array_dtype(a.pointer))
}

// Shape is the size of each dimension, nil when the array is closed.
func (a *Array) Shape() []int {
	defer runtime.KeepAlive(a)
	ndim := int(C.tlstm_array_ndim(a.pointer))
	if ndim == 0 {
		return nil
	}
	shape := make([]int, ndim)
	for i, size := range unsafe.Slice(C.tlstm_array_shape(a.pointer), ndim) {
		shape[i] = int(size)
	}
	return shape
}

// Size is the number of elements.
func (a *Array) Size() int {
	defer runtime.KeepAlive(a)
	return int(C.tlstm_array_size(a.pointer))
}

func mustBe[T Number](a *Array) error {
	if a.isClosed() {
		return closedError("array")
	}
	if want := dtypeOf[T](); a.DType() != want {
		return &Error{Code: ErrShape, Where: "array", Message: fmt.Sprintf("holds %v, not %v", a.DType(), want)}
	}
	return nil
}

// Values copies the elements of an array out. T must be its type.
func Values[T Number](a *Array) ([]T, error) {
	if err := mustBe[T](a); err != nil {
		return nil, err
	}
	values := make([]T, a.Size())
	copy(values, unsafe.Slice((*T)(a.data()), len(values)))
	runtime.KeepAlive(a)
	return values, nil
}

// View gives the elements of an array themselves, to read or, where nobody else does, to write. The
// slice is good as long as the array is: until Close, and until the array is no longer referred to.
// A deferred Close takes care of both. T must be the array's type.
func View[T Number](a *Array) ([]T, error) {
	if err := mustBe[T](a); err != nil {
		return nil, err
	}
	return unsafe.Slice((*T)(a.mutableData()), a.Size()), nil
}

func (a *Array) data() unsafe.Pointer {
	return C.tlstm_array_data(a.pointer)
}

func (a *Array) mutableData() unsafe.Pointer {
	return C.tlstm_array_mutable_data(a.pointer)
}

// Take copies the rows with these indices, in their order (NumPy: array[indices]).
func (a *Array) Take(indices []int64) (*Array, error) {
	pointer, err := a.input("array")
	if err != nil {
		return nil, err
	}
	rows := rowNumbers(indices)
	var taken *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_array_take(pointer, unsafe.SliceData(rows), C.size_t(len(indices)), &taken, &failure)
	runtime.KeepAlive(a)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(taken), nil
}

// rowNumbers are indices as C has them, never NULL.
func rowNumbers(indices []int64) []C.int64_t {
	if len(indices) == 0 {
		return make([]C.int64_t, 1)
	}
	return unsafe.Slice((*C.int64_t)(unsafe.SliceData(indices)), len(indices))
}

// OneHot makes rows of 0 and 1 from class numbers, as keras.utils.to_categorical. classes 0 means
// the largest number + 1.
func (a *Array) OneHot(classes int) (*Array, error) {
	pointer, err := a.input("classes")
	if err != nil {
		return nil, err
	}
	var array *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_to_categorical(pointer, C.int64_t(classes), &array, &failure)
	runtime.KeepAlive(a)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(array), nil
}

// LoadNPY reads a file of NumPy. Narrower integers and booleans become Int32, uint32 and uint64
// become Int64.
func LoadNPY(path string) (*Array, error) {
	var memory arena
	defer memory.free()
	name := memory.text("path", path)
	if memory.err != nil {
		return nil, memory.err
	}
	var array *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_array_load_npy(name, &array, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(array), nil
}

// SaveNPY writes a file that NumPy reads, atomically.
func (a *Array) SaveNPY(path string) error {
	pointer, err := a.input("array")
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
	status := C.tlstm_array_save_npy(pointer, name, &failure)
	runtime.KeepAlive(a)
	return check(status, failure)
}
