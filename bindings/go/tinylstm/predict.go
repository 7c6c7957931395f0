package tinylstm

// #include "shim.h"
import "C"

import (
	"runtime"
	"unsafe"
)

// MetricNames are "loss", "accuracy", ...: what Evaluate tells; nil when the model is not compiled.
func (m *Model) MetricNames() []string {
	defer runtime.KeepAlive(m)
	var names []string
	for {
		name := C.tlstm_model_metric_name(m.pointer, C.size_t(len(names)))
		if name == nil {
			return names
		}
		names = append(names, C.GoString(name))
	}
}

// Evaluate tells loss and metrics over data.
func (m *Model) Evaluate(x, y *Array, opts ...RunOption) (Metrics, error) {
	pointer, err := m.read()
	if err != nil {
		return nil, err
	}
	var chosen running
	for _, opt := range opts {
		opt.run(&chosen)
	}
	var options C.tlstm_run_options
	if err := chosen.fill(&options); err != nil {
		return nil, err
	}
	u := &upcall{writer: chosen.writer}
	defer u.free()
	if u.writer != nil {
		C.tl_go_run_write(&options, u.handle(u))
	}
	metrics, err := m.evaluate(pointer, x, y, &options)
	runtime.KeepAlive(chosen.sampleWeight)
	return metrics, u.result(err)
}

func (m *Model) evaluate(model *C.tlstm_model, x, y *Array, options *C.tlstm_run_options) (Metrics, error) {
	xPointer, yPointer, err := inputs(x, "x", y, "y")
	if err != nil {
		return nil, err
	}
	names := m.MetricNames()
	values := make([]C.double, len(names)+1) // never NULL
	var failure *C.tlstm_error
	status := C.tlstm_model_evaluate(model, xPointer, yPointer, options, unsafe.SliceData(values), C.size_t(len(names)), nil, &failure)
	runtime.KeepAlive(m)
	runtime.KeepAlive(x)
	runtime.KeepAlive(y)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	metrics := make(Metrics, len(names))
	for i, name := range names {
		metrics[i] = Metric{name, float64(values[i])}
	}
	return metrics, nil
}

// Predict gives the outputs for x, Float32 (samples, ...), with one call of C. For many calls on few
// samples use a [Session].
func (m *Model) Predict(x *Array, opts ...RunOption) (*Array, error) {
	pointer, err := m.read()
	if err != nil {
		return nil, err
	}
	xPointer, err := x.input("x")
	if err != nil {
		return nil, err
	}
	var chosen running
	for _, opt := range opts {
		opt.run(&chosen)
	}
	var options C.tlstm_run_options
	if err := chosen.fill(&options); err != nil {
		return nil, err
	}
	var y *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_model_predict(pointer, xPointer, &options, &y, &failure)
	runtime.KeepAlive(m)
	runtime.KeepAlive(x)
	runtime.KeepAlive(chosen.sampleWeight)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(y), nil
}

// Gradient is the gradient of the loss over all of x and y with respect to one weight, by its place
// in WeightNames, in the weight's shape. sampleWeight may be nil. It is for checks and research.
func (m *Model) Gradient(x, y, sampleWeight *Array, weight int) (*Array, error) {
	pointer, err := m.read()
	if err != nil {
		return nil, err
	}
	xPointer, yPointer, err := inputs(x, "x", y, "y")
	if err != nil {
		return nil, err
	}
	weights, err := sampleWeight.input("sample_weight")
	if err != nil {
		return nil, err
	}
	var gradient *C.tlstm_array
	var failure *C.tlstm_error
	status := C.tlstm_model_gradient(pointer, xPointer, yPointer, weights, C.size_t(weight), &gradient, &failure)
	runtime.KeepAlive(m)
	runtime.KeepAlive(x)
	runtime.KeepAlive(y)
	runtime.KeepAlive(sampleWeight)
	if err := check(status, failure); err != nil {
		return nil, err
	}
	return newArray(gradient), nil
}
