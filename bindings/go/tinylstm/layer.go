package tinylstm

// #include "shim.h"
import "C"

import "unsafe"

// Activation is an activation function.
type Activation int32

const (
	Linear            Activation = C.TLSTM_LINEAR
	Sigmoid           Activation = C.TLSTM_SIGMOID
	Tanh              Activation = C.TLSTM_TANH
	ReLU              Activation = C.TLSTM_RELU
	ReLU6             Activation = C.TLSTM_RELU6
	LeakyReLU         Activation = C.TLSTM_LEAKY_RELU
	ELU               Activation = C.TLSTM_ELU
	SELU              Activation = C.TLSTM_SELU
	Softplus          Activation = C.TLSTM_SOFTPLUS
	Softsign          Activation = C.TLSTM_SOFTSIGN
	Exponential       Activation = C.TLSTM_EXPONENTIAL
	HardSigmoidKeras2 Activation = C.TLSTM_HARD_SIGMOID_KERAS2 // clip(0.2 x + 0.5, 0, 1)
	HardSigmoid       Activation = C.TLSTM_HARD_SIGMOID        // relu6(x + 3) / 6, Keras 3
	Swish             Activation = C.TLSTM_SWISH
	GELU              Activation = C.TLSTM_GELU
	Mish              Activation = C.TLSTM_MISH
	Softmax           Activation = C.TLSTM_SOFTMAX
)

// Layer is what [NewModel] and [Model.Add] take.
type Layer interface {
	add(model *C.tlstm_model) error
}

// layerFunc makes C strings and options in memory, then hands over what adds the layer with them.
type layerFunc func(memory *arena) addition

type addition func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status

func (f layerFunc) add(model *C.tlstm_model) error {
	var memory arena
	defer memory.free()
	call := f(&memory)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := call(model, &failure)
	return check(status, failure)
}

// Input is the shape of one sample: (timesteps) of tokens before an Embedding, else (timesteps,
// features) or (features). A dimension of -1 is Keras's None.
func Input(shape ...int) Layer {
	return NamedInput("", shape...)
}

// NamedInput is an Input with a name of its own.
func NamedInput(name string, shape ...int) Layer {
	return layerFunc(func(memory *arena) addition {
		label, dims := memory.optional("name", name), sizes(shape)
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_input(model, C.size_t(len(dims)), unsafe.SliceData(dims), label, failure)
		}
	})
}

// Embedding turns tokens (timesteps) below inputDim to vectors (timesteps, outputDim).
func Embedding(inputDim, outputDim int, opts ...EmbeddingOption) Layer {
	chosen := newSettings()
	for _, opt := range opts {
		opt.embedding(&chosen)
	}
	return layerFunc(func(memory *arena) addition {
		options := chosen.embedding(memory)
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_embedding(model, C.int64_t(inputDim), C.int64_t(outputDim), &options, failure)
		}
	})
}

// recurrent are the settings that options of LSTM, GRU and SimpleRNN make.
func recurrent(opts []RecurrentOption) settings {
	chosen := newSettings()
	for _, opt := range opts {
		opt.recurrent(&chosen)
	}
	return chosen
}

// LSTM is a long short-term memory.
func LSTM(units int, opts ...RecurrentOption) Layer {
	chosen := recurrent(opts)
	return layerFunc(func(memory *arena) addition {
		options := chosen.recurrent(memory)
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_lstm(model, C.int64_t(units), &options, failure)
		}
	})
}

// GRU is a gated recurrent unit.
func GRU(units int, opts ...RecurrentOption) Layer {
	chosen := recurrent(opts)
	return layerFunc(func(memory *arena) addition {
		options := chosen.recurrent(memory)
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_gru(model, C.int64_t(units), &options, failure)
		}
	})
}

// SimpleRNN is a fully connected recurrent layer.
func SimpleRNN(units int, opts ...RecurrentOption) Layer {
	chosen := recurrent(opts)
	return layerFunc(func(memory *arena) addition {
		options := chosen.recurrent(memory)
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_simple_rnn(model, C.int64_t(units), &options, failure)
		}
	})
}

// Dense is activation(x kernel + bias) on the last dimension.
func Dense(units int, activation Activation, opts ...DenseOption) Layer {
	chosen := newSettings()
	for _, opt := range opts {
		opt.dense(&chosen)
	}
	return layerFunc(func(memory *arena) addition {
		options := chosen.dense(memory)
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_dense(model, C.int64_t(units), C.tlstm_activation(activation), &options, failure)
		}
	})
}

// nameOf is the name among options of layers that have no others.
func nameOf(opts []NameOption) string {
	var chosen settings
	for _, opt := range opts {
		opt.named(&chosen)
	}
	return chosen.name
}

// Dropout sets each input to 0 with probability rate while training, and scales the others.
func Dropout(rate float64, opts ...NameOption) Layer {
	return layerFunc(func(memory *arena) addition {
		name := memory.optional("name", nameOf(opts))
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_dropout(model, C.double(rate), name, failure)
		}
	})
}

// Flatten makes one dimension of all.
func Flatten(opts ...NameOption) Layer {
	return layerFunc(func(memory *arena) addition {
		name := memory.optional("name", nameOf(opts))
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_flatten(model, name, failure)
		}
	})
}

// ActivationLayer applies an activation to its input.
func ActivationLayer(activation Activation, opts ...NameOption) Layer {
	return layerFunc(func(memory *arena) addition {
		name := memory.optional("name", nameOf(opts))
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_activation(model, C.tlstm_activation(activation), name, failure)
		}
	})
}

// LayerOf is any layer of the library from Keras's class name and its configuration as JSON:
// LayerOf("LSTM", `{"units": 8}`).
func LayerOf(class, config string) Layer {
	return layerFunc(func(memory *arena) addition {
		className, json := memory.text("class", class), memory.text("config", config)
		return func(model *C.tlstm_model, failure **C.tlstm_error) C.tlstm_status {
			return C.tlstm_model_add_layer(model, className, json, failure)
		}
	})
}
