package tinylstm

// #include "shim.h"
import "C"

import "unsafe"

// SetAllocator makes the library take its memory from two C functions,
//
//	void *allocate(size_t size, void *user);
//	void release(void *memory, void *user);
//
// given by their addresses; nil for both goes back to malloc and free. They must be safe for
// threads and must not call Go. It fails with [ErrState] as long as any value of this package is
// open: call it before everything else.
func SetAllocator(allocate, release, user unsafe.Pointer) error {
	var failure *C.tlstm_error
	if allocate == nil && release == nil {
		status := C.tlstm_set_allocator(nil, &failure)
		return check(status, failure)
	}
	allocator := C.tlstm_allocator{
		struct_size: C.sizeof_tlstm_allocator,
		allocate:    (*[0]byte)(allocate),
		release:     (*[0]byte)(release),
		user:        user,
	}
	status := C.tlstm_set_allocator(&allocator, &failure)
	return check(status, failure)
}
