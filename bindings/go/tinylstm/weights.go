package tinylstm

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// WeightsOption says how arrays are named and laid out, and what becomes of them.
type WeightsOption func(*weightsOptions)

type weightsOptions struct {
	order           C.int32_t
	modules, layers []string
}

// WithPyTorchOrder takes the arrays as those of a PyTorch state_dict: weights (outputs, inputs), gates
// i, f, g, o and r, z, n, names like "rnn.weight_ih_l0". Without it they are as Keras has them.
func WithPyTorchOrder() WeightsOption {
	return func(o *weightsOptions) { o.order = C.TLSTM_PYTORCH_ORDER }
}

// WithModule makes the arrays of a module those of a layer, where names alone do not say it. The
// second level of a stacked PyTorch module is "rnn.l1".
func WithModule(module, layer string) WeightsOption {
	return func(o *weightsOptions) {
		o.modules = append(o.modules, module)
		o.layers = append(o.layers, layer)
	}
}

// toC gives the options as C has them; the arena must outlive them.
func (o *weightsOptions) toC(memory *arena) *C.tlstm_weights_options {
	options := (*C.tlstm_weights_options)(memory.allocate(unsafe.Sizeof(C.tlstm_weights_options{})))
	C.tlstm_weights_options_init(options)
	options.order = o.order
	options.modules = memory.texts("module", o.modules)
	options.layers = memory.texts("layer", o.layers)
	options.module_count = C.size_t(len(o.modules))
	return options
}

// importing runs one of the calls that replace all weights.
func (m *Model) importing(opts []WeightsOption, run func(*C.tlstm_model, *C.tlstm_weights_options, *arena, **C.tlstm_error) C.tlstm_status) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	var chosen weightsOptions
	for _, opt := range opts {
		opt(&chosen)
	}
	var memory arena
	defer memory.free()
	options := chosen.toC(&memory)
	var failure *C.tlstm_error
	status := run(pointer, options, &memory, &failure)
	if memory.err != nil {
		C.tlstm_error_free(failure)
		return memory.err
	}
	return check(status, failure)
}

// ImportWeights reads all weights of a built model from a NumPy .npz or a .safetensors file: all or
// nothing. What was converted stands in the model's Notes.
func (m *Model) ImportWeights(path string, opts ...WeightsOption) error {
	return m.importing(opts, func(model *C.tlstm_model, options *C.tlstm_weights_options, memory *arena, failure **C.tlstm_error) C.tlstm_status {
		name := memory.text("path", path)
		if memory.err != nil {
			return C.TLSTM_ERROR_ARGUMENT
		}
		return C.tlstm_model_import_weights(model, name, options, failure)
	})
}

// ImportWeightsBytes does the same from the bytes of such a file.
func (m *Model) ImportWeightsBytes(file []byte, opts ...WeightsOption) error {
	return m.importing(opts, func(model *C.tlstm_model, options *C.tlstm_weights_options, memory *arena, failure **C.tlstm_error) C.tlstm_status {
		if memory.err != nil {
			return C.TLSTM_ERROR_ARGUMENT
		}
		return C.tlstm_model_import_weights_memory(model, addressOf(file), C.size_t(len(file)), options, failure)
	})
}

// ImportArrays does the same from arrays by their names.
func (m *Model) ImportArrays(arrays map[string]*Array, opts ...WeightsOption) error {
	names := make([]string, 0, len(arrays))
	values := make([]*Array, 0, len(arrays))
	for name, value := range arrays {
		names = append(names, name)
		values = append(values, value)
	}
	return m.importArrays(names, values, opts)
}

// ImportArrayList does the same from arrays in Keras's order of weights, or in PyTorch's of
// parameters.
func (m *Model) ImportArrayList(values []*Array, opts ...WeightsOption) error {
	return m.importArrays(nil, values, opts)
}

func (m *Model) importArrays(names []string, values []*Array, opts []WeightsOption) error {
	defer runtime.KeepAlive(values)
	inputs := make([]*C.tlstm_array, len(values))
	for i, value := range values {
		input, err := value.input("values")
		if err != nil {
			return err
		}
		inputs[i] = input
	}
	return m.importing(opts, func(model *C.tlstm_model, options *C.tlstm_weights_options, memory *arena, failure **C.tlstm_error) C.tlstm_status {
		arrays := (**C.tlstm_array)(memory.allocate(uintptr(len(inputs)) * unsafe.Sizeof((*C.tlstm_array)(nil))))
		copy(unsafe.Slice(arrays, len(inputs)), inputs)
		texts := memory.texts("names", names)
		if memory.err != nil {
			return C.TLSTM_ERROR_ARGUMENT
		}
		return C.tlstm_model_import_arrays(model, texts, arrays, C.size_t(len(inputs)), options, failure)
	})
}

// LayerWeight copies a weight ("kernel", "recurrent_kernel", "bias", "embeddings") of a layer as a
// Float32 array.
func (m *Model) LayerWeight(layer, weight string) (*Array, error) {
	pointer, err := m.read()
	if err != nil {
		return nil, err
	}
	var memory arena
	defer memory.free()
	first, second := memory.text("layer", layer), memory.text("weight", weight)
	if memory.err != nil {
		return nil, memory.err
	}
	var value *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_model_get_layer_weight(pointer, first, second, &value, &failure)
	runtime.KeepAlive(m)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(value), nil
}

// SetLayerWeight replaces a weight of a layer. The shape must be the same, the type may be any.
func (m *Model) SetLayerWeight(layer, weight string, value *Array) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	array, err := value.input("value")
	if err != nil {
		return err
	}
	var memory arena
	defer memory.free()
	first, second := memory.text("layer", layer), memory.text("weight", weight)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := C.tlstm_model_set_layer_weight(pointer, first, second, array, &failure)
	runtime.KeepAlive(value)
	return check(status, failure)
}
