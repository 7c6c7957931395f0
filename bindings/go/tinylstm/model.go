package tinylstm

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// Model is a chain of layers with weights and, once compiled, a loss and an optimizer. See the
// package's documentation for its use by several goroutines.
type Model struct {
	handle[*C.tlstm_model]
	guard *guard
}

// guard notices when a model is changed while it is in use. It is not a lock: it makes the mistake
// an error where it is noticed, and shows it to the race detector, which does not see into C.
type guard struct {
	changing bool
}

func newModel(model *C.tlstm_model) *Model {
	m := &Model{guard: &guard{}}
	m.own(model, func() { C.tlstm_model_free(model) })
	return m
}

func (g *guard) check() error {
	if g.changing {
		return &Error{Code: ErrState, Where: "model", Message: "is being changed by another call"}
	}
	return nil
}

// read begins a call that does not change the model.
func (m *Model) read() (*C.tlstm_model, error) {
	if m.isClosed() {
		return nil, closedError("model")
	}
	return m.pointer, m.guard.check()
}

// change begins a call that changes the model; changed ends it.
func (m *Model) change() (*C.tlstm_model, error) {
	pointer, err := m.read()
	if err == nil {
		m.guard.changing = true
	}
	return pointer, err
}

func (m *Model) changed() {
	m.guard.changing = false
	runtime.KeepAlive(m)
}

// NewModel makes a Sequential model of layers. name "" is "sequential". seed starts the generators
// of initial weights, shuffling and dropout: the same seed gives the same training to the last bit.
func NewModel(name string, seed uint64, layers ...Layer) (*Model, error) {
	var memory arena
	defer memory.free()
	label := memory.optional("name", name)
	if memory.err != nil {
		return nil, memory.err
	}
	var model *C.tlstm_model
	var failure *C.tlstm_error
	status := C.tlstm_model_new(label, C.uint64_t(seed), &model, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	m := newModel(model)
	if err := m.Add(layers...); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// ModelFromJSON makes a model from what Keras's Model.to_json() or get_config() gives.
func ModelFromJSON(json []byte, seed uint64) (*Model, error) {
	var model *C.tlstm_model
	var failure *C.tlstm_error
	status := C.tlstm_model_from_json((*C.char)(addressOf(json)), C.size_t(len(json)), C.uint64_t(seed), &model, &failure)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newModel(model), nil
}

// addressOf is the address of bytes, never NULL.
func addressOf(b []byte) unsafe.Pointer {
	if len(b) == 0 {
		return unsafe.Pointer(new(byte))
	}
	return unsafe.Pointer(unsafe.SliceData(b))
}

// Close frees the model, as soon as the sessions on it are closed too.
func (m *Model) Close() error {
	return m.close()
}

// JSON is the configuration as Keras's to_json() gives it.
func (m *Model) JSON() (string, error) {
	pointer, err := m.read()
	if err != nil {
		return "", err
	}
	var json *C.char
	var failure *C.tlstm_error
	status := C.tlstm_model_to_json(pointer, &json, &failure)
	runtime.KeepAlive(m)
	if err := check(status, failure); err != nil {
		return "", err
	}
	return takeString(json), nil
}

// SetSeed starts the generators of shuffling and dropout anew; also those of the initial weights,
// where the model is not built yet. It is for models from files, which carry no seed.
func (m *Model) SetSeed(seed uint64) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	C.tlstm_model_set_seed(pointer, C.uint64_t(seed))
	return nil
}

// Add puts layers at the end. When one is refused, those before it stay.
func (m *Model) Add(layers ...Layer) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	for _, layer := range layers {
		if err := layer.add(pointer); err != nil {
			return err
		}
	}
	return nil
}

// Build fixes the shapes and makes the weights. Fit, Predict, ... do it by themselves where the
// input shape is known; without an input layer, say it here.
func (m *Model) Build(shape ...int) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	dims := sizes(shape)
	var failure *C.tlstm_error
	status := C.tlstm_model_build(pointer, C.size_t(len(dims)), unsafe.SliceData(dims), &failure)
	return check(status, failure)
}

// Summary is what Keras's model.summary() prints, width columns wide (0: 65).
func (m *Model) Summary(width int) (string, error) {
	pointer, err := m.read()
	if err != nil {
		return "", err
	}
	var text *C.char
	var failure *C.tlstm_error
	status := C.tlstm_model_summary(pointer, C.size_t(max(width, 0)), &text, &failure)
	runtime.KeepAlive(m)
	if err := check(status, failure); err != nil {
		return "", err
	}
	return takeString(text), nil
}

// Name is the model's name, "" when it is closed.
func (m *Model) Name() string {
	defer runtime.KeepAlive(m)
	return C.GoString(C.tlstm_model_name(m.pointer))
}

// Params is the number of parameters, 0 before the model is built.
func (m *Model) Params() int {
	defer runtime.KeepAlive(m)
	return int(C.tlstm_model_params(m.pointer))
}

// TrainableParams is the number of parameters that training changes.
func (m *Model) TrainableParams() int {
	defer runtime.KeepAlive(m)
	return int(C.tlstm_model_trainable_params(m.pointer))
}

// LayerInfo describes a layer of a model.
type LayerInfo struct {
	Name   string
	Class  string // Keras's class name
	Output []int  // the shape of one sample it puts out; nil when unknown
}

// Layers are the layers in order. An input layer counts.
func (m *Model) Layers() []LayerInfo {
	defer runtime.KeepAlive(m)
	layers := make([]LayerInfo, int(C.tlstm_model_layers(m.pointer)))
	for i := range layers {
		var shape [MaxDims]C.int64_t
		layers[i].Name = C.GoString(C.tlstm_model_layer_name(m.pointer, C.size_t(i)))
		layers[i].Class = C.GoString(C.tlstm_model_layer_class(m.pointer, C.size_t(i)))
		ndim := C.tlstm_model_layer_output(m.pointer, C.size_t(i), &shape[0])
		for _, size := range shape[:ndim] {
			layers[i].Output = append(layers[i].Output, int(size))
		}
	}
	return layers
}

// SetTrainable freezes or thaws a layer by name. It takes effect at the next Compile.
func (m *Model) SetTrainable(layer string, trainable bool) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	var memory arena
	defer memory.free()
	name := memory.text("layer", layer)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := C.tlstm_model_set_trainable(pointer, name, truth(trainable), &failure)
	return check(status, failure)
}

// WeightNames are "lstm/kernel", "lstm/recurrent_kernel", "lstm/bias", ... in the order of Keras's
// get_weights().
func (m *Model) WeightNames() []string {
	defer runtime.KeepAlive(m)
	names := make([]string, int(C.tlstm_model_weights(m.pointer)))
	for i := range names {
		names[i] = C.GoString(C.tlstm_model_weight_name(m.pointer, C.size_t(i)))
	}
	return names
}

// Weight copies a weight, by its place in WeightNames, as a Float32 array.
func (m *Model) Weight(index int) (*Array, error) {
	pointer, err := m.read()
	if err != nil {
		return nil, err
	}
	var value *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_model_get_weight(pointer, C.size_t(index), &value, &failure)
	runtime.KeepAlive(m)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(value), nil
}

// SetWeight replaces a weight. The shape must be the same, the type may be any.
func (m *Model) SetWeight(index int, value *Array) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	array, err := value.input("value")
	if err != nil {
		return err
	}
	var failure *C.tlstm_error
	status := C.tlstm_model_set_weight(pointer, C.size_t(index), array, &failure)
	runtime.KeepAlive(value)
	return check(status, failure)
}
