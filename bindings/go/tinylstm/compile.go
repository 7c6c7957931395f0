package tinylstm

// #include "shim.h"
import "C"

import "runtime"

// Setting is a number that an optimizer or a loss is given, under Keras's name. Booleans are 0 and 1.
type Setting struct {
	Name  string
	Value float64
}

// Set makes a setting: Set("rho", 0.9), Set("from_logits", 1).
func Set(name string, value float64) Setting {
	return Setting{Name: name, Value: value}
}

// LearningRate is the setting that optimizers are given most often.
func LearningRate(rate float64) Setting {
	return Set("learning_rate", rate)
}

// named is an optimizer or a loss before it is made.
type named struct {
	name     string
	settings []Setting
}

type compilation struct {
	optimizer, loss *named
	metrics         []string
}

// CompileOption is an argument of [Model.Compile].
type CompileOption func(*compilation)

// WithOptimizer chooses an optimizer by Keras's name: "rmsprop", "adam", "sgd", ...
func WithOptimizer(name string, settings ...Setting) CompileOption {
	return func(c *compilation) { c.optimizer = &named{name, settings} }
}

// WithLoss chooses a loss by Keras's name: "binary_crossentropy", "mse", ...
func WithLoss(name string, settings ...Setting) CompileOption {
	return func(c *compilation) { c.loss = &named{name, settings} }
}

// WithMetrics chooses metrics by Keras's names: "accuracy", "mae", ...
func WithMetrics(names ...string) CompileOption {
	return func(c *compilation) { c.metrics = append(c.metrics, names...) }
}

// Compile gives the model an optimizer, a loss and metrics. A fresh optimizer state begins. An
// optimizer or loss that is not given stays the model's, where it is compiled already.
func (m *Model) Compile(opts ...CompileOption) error {
	var chosen compilation
	for _, opt := range opts {
		opt(&chosen)
	}
	optimizer, err := chosen.optimizer.makeOptimizer()
	if err != nil {
		return err
	}
	defer C.tlstm_optimizer_free(optimizer)
	loss, err := chosen.loss.makeLoss()
	if err != nil {
		return err
	}
	defer C.tlstm_loss_free(loss)
	return m.compile(optimizer, loss, chosen.metrics)
}

func (m *Model) compile(optimizer *C.tlstm_optimizer, loss *C.tlstm_loss, metrics []string) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	var memory arena
	defer memory.free()
	names := memory.texts("metrics", metrics)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := C.tlstm_model_compile(pointer, optimizer, loss, names, C.size_t(len(metrics)), &failure)
	return check(status, failure)
}

func (n *named) makeOptimizer() (*C.tlstm_optimizer, error) {
	if n == nil {
		return nil, nil
	}
	var optimizer *C.tlstm_optimizer
	err := n.make("optimizer", func(name *C.char, failure **C.tlstm_error) C.tlstm_status {
		return C.tlstm_optimizer_new(name, &optimizer, failure)
	}, func(setting *C.char, value C.double, failure **C.tlstm_error) C.tlstm_status {
		return C.tlstm_optimizer_set(optimizer, setting, value, failure)
	})
	if err != nil {
		C.tlstm_optimizer_free(optimizer)
		return nil, err
	}
	return optimizer, nil
}

func (n *named) makeLoss() (*C.tlstm_loss, error) {
	if n == nil {
		return nil, nil
	}
	var loss *C.tlstm_loss
	err := n.make("loss", func(name *C.char, failure **C.tlstm_error) C.tlstm_status {
		return C.tlstm_loss_new(name, &loss, failure)
	}, func(setting *C.char, value C.double, failure **C.tlstm_error) C.tlstm_status {
		return C.tlstm_loss_set(loss, setting, value, failure)
	})
	if err != nil {
		C.tlstm_loss_free(loss)
		return nil, err
	}
	return loss, nil
}

// make calls create with the name, then set with each setting.
func (n *named) make(where string,
	create func(name *C.char, failure **C.tlstm_error) C.tlstm_status,
	set func(setting *C.char, value C.double, failure **C.tlstm_error) C.tlstm_status) error {
	var memory arena
	defer memory.free()
	var failure *C.tlstm_error
	name := memory.text(where, n.name)
	if memory.err != nil {
		return memory.err
	}
	status := create(name, &failure)
	for _, setting := range n.settings {
		if status != C.TLSTM_OK {
			break
		}
		label := memory.text(where, setting.Name)
		if memory.err != nil {
			return memory.err
		}
		status = set(label, C.double(setting.Value), &failure)
	}
	return check(status, failure)
}

// IsCompiled tells whether the model has a loss and an optimizer, from Compile or from its file.
func (m *Model) IsCompiled() bool {
	defer runtime.KeepAlive(m)
	return C.tlstm_model_is_compiled(m.pointer) != 0
}

// LearningRate is the learning rate of a compiled model; -1 when it is not compiled.
func (m *Model) LearningRate() float64 {
	defer runtime.KeepAlive(m)
	return float64(C.tlstm_model_learning_rate(m.pointer))
}

// SetLearningRate changes it, also between epochs from a callback.
func (m *Model) SetLearningRate(rate float64) error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	var failure *C.tlstm_error
	status := C.tlstm_model_set_learning_rate(pointer, C.double(rate), &failure)
	return check(status, failure)
}

// ResetStates clears the states of stateful layers.
func (m *Model) ResetStates() error {
	pointer, err := m.change()
	if err != nil {
		return err
	}
	defer m.changed()
	C.tlstm_model_reset_states(pointer)
	return nil
}
