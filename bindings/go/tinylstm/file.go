package tinylstm

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// LoadModel reads a whole model from a file of any kind that Keras writes, found by its content.
// What could not be used stands in the model's Notes.
func LoadModel(path string) (*Model, error) {
	var memory arena
	defer memory.free()
	name := memory.text("path", path)
	if memory.err != nil {
		return nil, memory.err
	}
	var model *C.tlstm_model
	var failure *C.tlstm_error
	status := C.tlstm_model_load(name, &model, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newModel(model), nil
}

// LoadModelBytes reads a whole model from the bytes of such a file.
func LoadModelBytes(file []byte) (*Model, error) {
	var model *C.tlstm_model
	var failure *C.tlstm_error
	status := C.tlstm_model_load_memory(addressOf(file), C.size_t(len(file)), &model, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newModel(model), nil
}

// InspectFile tells what a file is and what is in it, as lines of text; the last one says whether
// LoadModel takes it. It fails only where the file cannot be read.
func InspectFile(path string) (string, error) {
	var memory arena
	defer memory.free()
	name := memory.text("path", path)
	if memory.err != nil {
		return "", memory.err
	}
	var report *C.char
	var failure *C.tlstm_error
	status := C.tlstm_file_inspect(name, &report, &failure)
	if err := check(status, failure); err != nil {
		return "", err
	}
	defer C.tlstm_string_free(report)
	return C.GoString(report), nil
}

// InspectBytes does the same for the bytes of a file.
func InspectBytes(file []byte) (string, error) {
	var report *C.char
	var failure *C.tlstm_error
	status := C.tlstm_file_inspect_memory(addressOf(file), C.size_t(len(file)), &report, &failure)
	if err := check(status, failure); err != nil {
		return "", err
	}
	defer C.tlstm_string_free(report)
	return C.GoString(report), nil
}

// LoadWeights reads weights only, from a full model or a weights file, into a model that is built:
// all or nothing.
func (m *Model) LoadWeights(path string) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	var memory arena
	defer memory.free()
	name := memory.text("path", path)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := C.tlstm_model_load_weights(pointer, name, &failure)
	return check(status, failure)
}

// LoadWeightsBytes does the same from the bytes of such a file.
func (m *Model) LoadWeightsBytes(file []byte) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	var failure *C.tlstm_error
	status := C.tlstm_model_load_weights_memory(pointer, addressOf(file), C.size_t(len(file)), &failure)
	return check(status, failure)
}

// NoteKind tells what a note of a load is about.
type NoteKind int32

const (
	NoteIgnored     NoteKind = C.TLSTM_NOTE_IGNORED      // a setting that changes no prediction
	NoteConverted   NoteKind = C.TLSTM_NOTE_CONVERTED    // another precision or layout than the library's own
	NoteNotRestored NoteKind = C.TLSTM_NOTE_NOT_RESTORED // not compiled, or the optimizer begins anew
)

// Note is a line about what a load did not take as it stands in the file.
type Note struct {
	Kind NoteKind
	Text string
}

// Report is what a load ignored, converted or did not restore.
func (m *Model) Report() []Note {
	defer runtime.KeepAlive(m)
	notes := make([]Note, int(C.tlstm_model_notes(m.pointer)))
	for i := range notes {
		index := C.size_t(i)
		notes[i] = Note{
			Kind: NoteKind(C.tlstm_model_note_kind(m.pointer, index)),
			Text: C.GoString(C.tlstm_model_note(m.pointer, index)),
		}
	}
	return notes
}

// Notes are the lines of [Model.Report] alone.
func (m *Model) Notes() []string {
	defer runtime.KeepAlive(m)
	notes := make([]string, int(C.tlstm_model_notes(m.pointer)))
	for i := range notes {
		notes[i] = C.GoString(C.tlstm_model_note(m.pointer, C.size_t(i)))
	}
	return notes
}

// Keras says which Keras a legacy ".h5" is for.
type Keras int32

const (
	KerasCommon Keras = C.TLSTM_KERAS_COMMON  // what TensorFlow 2.11 to 2.15, tf_keras and Keras 3 load
	Keras2      Keras = C.TLSTM_KERAS_2       // stand-alone Keras 2.2.3 to 2.3
	KerasTF210  Keras = C.TLSTM_KERAS_TF_2_10 // TensorFlow 2.0 to 2.10
	KerasTF215  Keras = C.TLSTM_KERAS_TF_2_15 // TensorFlow 2.11 to 2.15 and tf_keras
	Keras3      Keras = C.TLSTM_KERAS_3       // Keras 3
)

// SaveOption says what to leave out of a file, and whom it is for.
type SaveOption func(*C.tlstm_save_options)

// WithWeightsOnly leaves all but the weights out: Keras's save_weights().
func WithWeightsOnly() SaveOption {
	return func(o *C.tlstm_save_options) { o.weights_only = 1 }
}

// WithoutOptimizer leaves the optimizer out: Keras's include_optimizer=False.
func WithoutOptimizer() SaveOption {
	return func(o *C.tlstm_save_options) { o.without_optimizer = 1 }
}

// WithKeras writes a legacy ".h5" for a Keras; ".keras" and ".weights.h5" are for Keras 3.
func WithKeras(keras Keras) SaveOption {
	return func(o *C.tlstm_save_options) { o.keras = C.tlstm_keras(keras) }
}

func saveOptions(opts []SaveOption) C.tlstm_save_options {
	var options C.tlstm_save_options
	C.tlstm_save_options_init(&options)
	options.struct_size = C.sizeof_tlstm_save_options
	for _, opt := range opts {
		opt(&options)
	}
	return options
}

// Save writes the kind of file that the end of path asks for: ".keras" a whole model for Keras 3,
// ".weights.h5" the weights for Keras 2.12 and later, anything else a legacy ".h5". At any moment
// path is the old file or the new one, whole. The same model gives the same bytes.
func (m *Model) Save(path string, opts ...SaveOption) error {
	pointer, err := m.read()
	if err != nil {
		return err
	}
	var memory arena
	defer memory.free()
	name := memory.text("path", path)
	if memory.err != nil {
		return memory.err
	}
	options := saveOptions(opts)
	var failure *C.tlstm_error
	status := C.tlstm_model_save(pointer, name, &options, &failure)
	runtime.KeepAlive(m)
	return check(status, failure)
}

// SaveBytes gives a legacy ".h5" file as bytes.
func (m *Model) SaveBytes(opts ...SaveOption) ([]byte, error) {
	pointer, err := m.read()
	if err != nil {
		return nil, err
	}
	options := saveOptions(opts)
	var file *C.char
	var length C.size_t
	var failure *C.tlstm_error
	status := C.tlstm_model_save_memory(pointer, &options, &file, &length, &failure)
	runtime.KeepAlive(m)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	defer C.tlstm_string_free(file)
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(file)), int(length))...), nil
}
