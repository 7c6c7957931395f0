package tinylstm

// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// upcall is what C comes back to during a call: it keeps what must not travel through C.
type upcall struct {
	writer   io.Writer
	handles  []cgo.Handle
	cause    error // what ended the call
	panicked any   // the value of a panic
}

// listener is one callback of C that leads to Go.
type listener struct {
	*fit
	call func(event C.int32_t, logs *C.tlstm_logs) error
}

func (u *upcall) handle(value any) C.uintptr_t {
	handle := cgo.NewHandle(value)
	u.handles = append(u.handles, handle)
	return C.uintptr_t(handle)
}

func (u *upcall) free() {
	for _, handle := range u.handles {
		handle.Delete()
	}
}

// protect runs what C called. A panic must not unwind C, which has threads and memory to give back.
func (u *upcall) protect(call func() error) error {
	defer func() {
		if value := recover(); value != nil {
			u.panicked = value
			u.cause = errors.New("a callback panicked")
		}
	}()
	return call()
}

// result is what the call returns to its caller, after C has returned: panics go on here.
func (u *upcall) result(err error) error {
	if u.panicked != nil {
		panic(u.panicked)
	}
	if u.cause == nil {
		return err
	}
	return &Error{Code: ErrStopped, Message: u.cause.Error(), Where: "callback", cause: u.cause}
}

//export tinylstmGoEvent
func tinylstmGoEvent(handle C.uintptr_t, event C.int32_t, logs *C.tlstm_logs) C.int32_t {
	l := cgo.Handle(handle).Value().(*listener)
	l.model.guard.changing = false // Functions may use the model
	err := l.protect(func() error { return l.call(event, logs) })
	l.model.guard.changing = true
	if err != nil && err != StopTraining && l.cause == nil {
		l.cause = err
	}
	switch {
	case l.cause != nil:
		return C.TLSTM_ABORT
	case err == StopTraining:
		return C.TLSTM_STOP_TRAINING
	default:
		return C.TLSTM_CONTINUE
	}
}

// What cannot be written ends a fit at its next event.
//
//export tinylstmGoWrite
func tinylstmGoWrite(handle C.uintptr_t, text *C.char, length C.size_t) {
	u := cgo.Handle(handle).Value().(*upcall)
	if u.cause != nil {
		return
	}
	err := u.protect(func() error {
		_, err := u.writer.Write(append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(text)), int(length))...))
		return err
	})
	if err != nil {
		u.cause = err
	}
}

// fit is one call of Fit.
type fit struct {
	upcall
	memory    arena
	model     *Model
	callbacks []*C.tlstm_callback
}

func (f *fit) free() {
	for _, callback := range f.callbacks {
		C.tlstm_callback_free(callback)
	}
	f.memory.free()
	f.upcall.free()
}

// listen makes a callback of C that leads to a Go function.
func (f *fit) listen(events C.int32_t, call func(event C.int32_t, logs *C.tlstm_logs) error) (*C.tlstm_callback, error) {
	var callback *C.tlstm_callback
	var failure *C.tlstm_error
	status := C.tl_go_callback_new(f.handle(&listener{f, call}), events, &callback, &failure)
	return callback, check(status, failure)
}

// open makes the callbacks: first the one that looks at the context.
func (f *fit) open(ctx context.Context, callbacks []Callback) error {
	watch, err := f.listen(C.TL_GO_EPOCH_BEGIN|C.TL_GO_BATCH_END, func(C.int32_t, *C.tlstm_logs) error {
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	f.callbacks = append(f.callbacks, watch)
	for _, callback := range callbacks {
		opened, err := callback.open(f)
		if err != nil {
			return err
		}
		f.callbacks = append(f.callbacks, opened)
	}
	return nil
}

// list is the callbacks as an array of C.
func (f *fit) list() **C.tlstm_callback {
	list := (**C.tlstm_callback)(f.memory.allocate(uintptr(len(f.callbacks)) * unsafe.Sizeof(f.callbacks[0])))
	copy(unsafe.Slice(list, len(f.callbacks)), f.callbacks)
	return list
}

// Fit trains. x is (samples, ...) of tokens or features; y (samples), (samples, outputs) or
// (samples, timesteps, outputs), class numbers for the sparse loss. Nothing is trained on bad data.
//
// When ctx is done, Fit returns at the end of the batch, with an error that wraps ctx.Err(); so it
// does when a callback fails. The model then keeps the weights it has got to and stays usable.
func (m *Model) Fit(ctx context.Context, x, y *Array, opts ...FitOption) (*History, error) {
	var chosen fitting
	for _, opt := range opts {
		opt.fit(&chosen)
	}
	pointer, err := m.change()
	if err != nil {
		return nil, err
	}
	defer m.changed()
	f := &fit{model: m, upcall: upcall{writer: chosen.writer}}
	defer f.free()
	var options C.tlstm_fit_options
	if err := chosen.fill(&options, &f.memory); err != nil {
		return nil, err
	}
	if err := f.open(ctx, chosen.callbacks); err != nil {
		return nil, err
	}
	options.callbacks, options.callback_count = f.list(), C.size_t(len(f.callbacks))
	if f.writer != nil {
		C.tl_go_fit_write(&options, f.handle(&f.upcall))
	}
	history, err := f.run(pointer, x, y, &options)
	runtime.KeepAlive(&chosen) // the arrays in it
	for i, callback := range chosen.callbacks {
		callback.finish(f.callbacks[i+1])
	}
	return history, f.result(err)
}

func (f *fit) run(model *C.tlstm_model, x, y *Array, options *C.tlstm_fit_options) (*History, error) {
	xPointer, yPointer, err := inputs(x, "x", y, "y")
	if err != nil {
		return nil, err
	}
	var history *C.tlstm_history
	var failure *C.tlstm_error
	status := C.tlstm_model_fit(model, xPointer, yPointer, options, &history, &failure)
	runtime.KeepAlive(x)
	runtime.KeepAlive(y)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newHistory(history), nil
}
