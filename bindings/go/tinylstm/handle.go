package tinylstm

import (
	"runtime"
	"sync/atomic"
)

// A resource is one C object, counted by its holders: the Go value for it, and the values that live
// on it. The last to let go frees it, so that neither the order of Close nor that in which the
// garbage collector finds things matters.
type resource struct {
	holders atomic.Int32
	free    func()
}

func newResource(free func()) *resource {
	r := &resource{free: free}
	r.holders.Store(1)
	return r
}

func (r *resource) hold() *resource {
	r.holders.Add(1)
	return r
}

func (r *resource) release() {
	if r.holders.Add(-1) == 0 {
		r.free()
	}
}

// handle is the part that all types with a Close method share. P is a pointer to a C type.
type handle[P comparable] struct {
	pointer P // nil when closed
	held    *resource
	cleanup runtime.Cleanup
}

// own makes h the first holder of a C object.
func (h *handle[P]) own(pointer P, free func()) {
	h.share(pointer, newResource(free))
}

// share gives h a C object that lives in one that is held already.
func (h *handle[P]) share(pointer P, held *resource) {
	h.pointer, h.held = pointer, held
	h.cleanup = runtime.AddCleanup(h, (*resource).release, held)
}

func (h *handle[P]) isClosed() bool {
	return h.held == nil
}

func (h *handle[P]) close() error {
	if h.held == nil {
		return nil
	}
	var none P
	h.cleanup.Stop()
	h.held.release()
	h.pointer, h.held = none, nil
	return nil
}
