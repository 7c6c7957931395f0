package tinylstm

// #cgo noescape tlstm_session_run
// #cgo nocallback tlstm_session_run
// #cgo noescape tlstm_session_run_tokens
// #cgo nocallback tlstm_session_run_tokens
// #cgo noescape tlstm_session_step
// #cgo nocallback tlstm_session_step
// #cgo noescape tlstm_session_step_token
// #cgo nocallback tlstm_session_step_token
// #include "shim.h"
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Session is inference on a model with a workspace and a recurrent state of its own. After it is
// made, its calls allocate nothing and lock nothing. The model must not change while a call runs;
// weights changed in between are seen. One goroutine may use a session at a time; any number of
// sessions share a model.
type Session struct {
	handle[*C.tlstm_session]
	guard *guard
	batch int
	step  sampleSize // of one timestep
	run   sampleSize // of the sequences that ran last
}

// sampleSize is how many values one sample of so many timesteps has. It is kept, so that a call of
// the session is one call of C.
type sampleSize struct {
	timesteps, input, output int
}

// NewSession makes a session for at most batch samples a call (1 for streams) and sequences of at
// most timesteps (0: the model's own input length; 1 is enough for Step). The state begins at zero.
func (m *Model) NewSession(batch, timesteps int) (*Session, error) {
	pointer, err := m.read()
	if err != nil {
		return nil, err
	}
	var session *C.tlstm_session
	var failure *C.tlstm_error
	status := C.tlstm_session_new(pointer, C.int64_t(batch), C.int64_t(timesteps), &session, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	s := &Session{guard: m.guard, batch: batch}
	model := m.held.hold()
	s.own(session, func() {
		C.tlstm_session_free(session)
		model.release()
	})
	s.step = s.sampleSize(1)
	s.run = s.step
	runtime.KeepAlive(m)
	return s, nil
}

// Close frees the session.
func (s *Session) Close() error {
	return s.close()
}

func (s *Session) sampleSize(timesteps int) sampleSize {
	defer runtime.KeepAlive(s)
	return sampleSize{
		timesteps: timesteps,
		input:     int(C.tlstm_session_input_size(s.pointer, C.int64_t(timesteps))),
		output:    int(C.tlstm_session_output_size(s.pointer, C.int64_t(timesteps))),
	}
}

// InputSize is the number of values that one sample of so many timesteps has; 0 where they do not
// fit the model, or the session is closed.
func (s *Session) InputSize(timesteps int) int {
	return s.sampleSize(timesteps).input
}

// OutputSize is the number of values that the model puts out for one such sample.
func (s *Session) OutputSize(timesteps int) int {
	return s.sampleSize(timesteps).output
}

// Run puts whole sequences through the model, from a zero state: x holds samples x timesteps x
// features, y receives the outputs. The session's own state is not touched.
func (s *Session) Run(samples, timesteps int, x, y []float32) error {
	if err := s.prepare(samples, timesteps, len(x), len(y)); err != nil {
		return err
	}
	var failure *C.tlstm_error
	status := C.tlstm_session_run(s.pointer, C.int64_t(samples), C.int64_t(timesteps),
		(*C.float)(unsafe.SliceData(x)), (*C.float)(unsafe.SliceData(y)), &failure)
	runtime.KeepAlive(s)
	return check(status, failure)
}

// RunTokens does the same for tokens: x holds samples x timesteps.
func (s *Session) RunTokens(samples, timesteps int, x []int32, y []float32) error {
	if err := s.prepare(samples, timesteps, len(x), len(y)); err != nil {
		return err
	}
	var failure *C.tlstm_error
	status := C.tlstm_session_run_tokens(s.pointer, C.int64_t(samples), C.int64_t(timesteps),
		(*C.int32_t)(unsafe.SliceData(x)), (*C.float)(unsafe.SliceData(y)), &failure)
	runtime.KeepAlive(s)
	return check(status, failure)
}

// Step puts one timestep of each of the session's streams through the model, from the state that
// the step before left. y receives what the model puts out if the sequences end here.
func (s *Session) Step(x, y []float32) error {
	if err := s.fits(s.step, s.batch, len(x), len(y)); err != nil {
		return err
	}
	var failure *C.tlstm_error
	status := C.tlstm_session_step(s.pointer, (*C.float)(unsafe.SliceData(x)), (*C.float)(unsafe.SliceData(y)), &failure)
	runtime.KeepAlive(s)
	return check(status, failure)
}

// StepTokens does the same for one token of each stream.
func (s *Session) StepTokens(x []int32, y []float32) error {
	if err := s.fits(s.step, s.batch, len(x), len(y)); err != nil {
		return err
	}
	var failure *C.tlstm_error
	status := C.tlstm_session_step_token(s.pointer, (*C.int32_t)(unsafe.SliceData(x)), (*C.float)(unsafe.SliceData(y)), &failure)
	runtime.KeepAlive(s)
	return check(status, failure)
}

func (s *Session) prepare(samples, timesteps, inputs, outputs int) error {
	if timesteps != s.run.timesteps {
		s.run = s.sampleSize(timesteps)
	}
	return s.fits(s.run, samples, inputs, outputs)
}

// fits sees to it that C finds as many values as it takes: it is told addresses only. A number of
// samples or timesteps that is out of range is left to C, which says so before it looks at values.
func (s *Session) fits(size sampleSize, samples, inputs, outputs int) error {
	if s.isClosed() {
		return closedError("session")
	}
	if err := s.guard.check(); err != nil {
		return err
	}
	if inputs == samples*size.input && outputs == samples*size.output || samples < 1 || samples > s.batch {
		return nil
	}
	return misfit(size, samples, inputs, outputs)
}

func misfit(size sampleSize, samples, inputs, outputs int) error {
	if size.input == 0 || size.output == 0 {
		return nil
	}
	where, got, want := "x", inputs, samples*size.input
	if got == want {
		where, got, want = "y", outputs, samples*size.output
	}
	message := fmt.Sprintf("expected %d values for %d samples of %d timesteps, got %d", want, samples, size.timesteps, got)
	return &Error{Code: ErrShape, Where: where, Message: message}
}

// StateSize is the number of values in the recurrent state.
func (s *Session) StateSize() int {
	defer runtime.KeepAlive(s)
	return int(C.tlstm_session_state_size(s.pointer))
}

// State copies the recurrent state of all layers, layer after layer (LSTM: h then c), each (batch,
// units).
func (s *Session) State() ([]float32, error) {
	if s.isClosed() {
		return nil, closedError("session")
	}
	state := make([]float32, s.StateSize())
	var failure *C.tlstm_error
	status := C.tlstm_session_get_state(s.pointer, floats(state), C.size_t(len(state)), &failure)
	runtime.KeepAlive(s)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return state, nil
}

// SetState goes on from a state that State gave, of this session or another on the same model.
func (s *Session) SetState(state []float32) error {
	if s.isClosed() {
		return closedError("session")
	}
	var failure *C.tlstm_error
	status := C.tlstm_session_set_state(s.pointer, floats(state), C.size_t(len(state)), &failure)
	runtime.KeepAlive(s)
	return check(status, failure)
}

// floats is the address of values, never NULL.
func floats(values []float32) *C.float {
	if len(values) == 0 {
		return new(C.float)
	}
	return (*C.float)(unsafe.SliceData(values))
}

// Reset makes the state zero.
func (s *Session) Reset() error {
	if s.isClosed() {
		return closedError("session")
	}
	C.tlstm_session_reset(s.pointer)
	runtime.KeepAlive(s)
	return nil
}
