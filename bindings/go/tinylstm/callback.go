package tinylstm

// #include "shim.h"
import "C"

import (
	"errors"
	"unsafe"
)

// Mode is which way a monitored value improves.
type Mode int32

const (
	Auto Mode = C.TLSTM_MODE_AUTO // Max for accuracy, AUC and F-measures, else Min
	Min  Mode = C.TLSTM_MODE_MIN
	Max  Mode = C.TLSTM_MODE_MAX
)

// Callback is what [WithCallbacks] takes: [*Checkpoint], [*EarlyStopping], [*CSVLogger] and
// [*Functions]. It begins anew with each fit, and belongs to one fit at a time.
type Callback interface {
	// open makes the callback for a fit.
	open(f *fit) (*C.tlstm_callback, error)
	// finish reads what is to be kept before the callback is freed.
	finish(callback *C.tlstm_callback)
}

// Checkpoint saves the model at the ends of epochs. Path may hold Keras's fields: {epoch:02d},
// {val_loss:.2f}. What is left zero has Keras's default.
type Checkpoint struct {
	Path            string
	Monitor         string // "val_loss"
	Mode            Mode
	SaveBestOnly    bool
	SaveWeightsOnly bool
	Verbose         bool     // tells when and why it saves
	Threshold       *float64 // saves only what is better than it; nil: none
}

func (k *Checkpoint) open(f *fit) (*C.tlstm_callback, error) {
	var c C.tlstm_checkpoint_options
	C.tlstm_checkpoint_options_init(&c)
	path := f.memory.text("path", k.Path)
	c.monitor = f.memory.optional("monitor", k.Monitor)
	if f.memory.err != nil {
		return nil, f.memory.err
	}
	c.mode = C.int32_t(k.Mode)
	c.save_best_only = truth(k.SaveBestOnly)
	c.save_weights_only = truth(k.SaveWeightsOnly)
	c.verbose = truth(k.Verbose)
	if k.Threshold != nil {
		c.has_threshold, c.initial_value_threshold = 1, C.double(*k.Threshold)
	}
	var callback *C.tlstm_callback
	var failure *C.tlstm_error
	status := C.tlstm_checkpoint_new(path, &c, &callback, &failure)
	return callback, check(status, failure)
}

func (k *Checkpoint) finish(*C.tlstm_callback) {}

// EarlyStopping ends a training that improves no more. What is left zero has Keras's default.
type EarlyStopping struct {
	Monitor            string // "val_loss"
	MinDelta           float64
	Patience           int // epochs without improvement before it stops
	Mode               Mode
	RestoreBestWeights bool
	StartFromEpoch     int
	Verbose            bool     // tells when it stops
	Baseline           *float64 // a value to beat; nil: none

	// StoppedEpoch is the epoch, from 0, after which it ended the last fit; 0 when it did not.
	StoppedEpoch int
}

func (e *EarlyStopping) open(f *fit) (*C.tlstm_callback, error) {
	var c C.tlstm_early_stopping_options
	C.tlstm_early_stopping_options_init(&c)
	c.monitor = f.memory.optional("monitor", e.Monitor)
	if f.memory.err != nil {
		return nil, f.memory.err
	}
	c.min_delta = C.double(e.MinDelta)
	c.patience = C.int64_t(e.Patience)
	c.mode = C.int32_t(e.Mode)
	c.restore_best_weights = truth(e.RestoreBestWeights)
	c.start_from_epoch = C.int64_t(e.StartFromEpoch)
	c.verbose = truth(e.Verbose)
	if e.Baseline != nil {
		c.has_baseline, c.baseline = 1, C.double(*e.Baseline)
	}
	var callback *C.tlstm_callback
	var failure *C.tlstm_error
	status := C.tlstm_early_stopping_new(&c, &callback, &failure)
	return callback, check(status, failure)
}

func (e *EarlyStopping) finish(callback *C.tlstm_callback) {
	e.StoppedEpoch = int(C.tlstm_early_stopping_epoch(callback))
}

// CSVLogger writes each epoch's row to a file as it ends.
type CSVLogger struct {
	Path   string
	Append bool // goes on in an existing file
}

func (l *CSVLogger) open(f *fit) (*C.tlstm_callback, error) {
	path := f.memory.text("path", l.Path)
	if f.memory.err != nil {
		return nil, f.memory.err
	}
	var callback *C.tlstm_callback
	var failure *C.tlstm_error
	status := C.tlstm_csv_logger_new(path, truth(l.Append), &callback, &failure)
	return callback, check(status, failure)
}

func (l *CSVLogger) finish(*C.tlstm_callback) {}

// StopTraining is returned by a function of [Functions] to end the training as Keras's
// model.stop_training does: the epoch ends as usual, then Fit returns without an error.
var StopTraining = errors.New("tinylstm: stop training")

// Logs is what a function of [Functions] is told.
type Logs struct {
	Epoch   int     // from 0
	Batch   int     // from 0; -1 at the ends of epochs
	Batches int     // in an epoch
	Metrics Metrics // running means over the epoch so far at a batch's end
}

// Functions are functions of one's own, any of which may be nil. They are called in the goroutine
// that called Fit. The model may be read and, at an epoch's end, saved or changed (weights, learning
// rate). An error other than [StopTraining] ends Fit at once, which returns it wrapped in an
// [*Error] that is [ErrStopped]. A panic ends Fit and goes on in the goroutine that called it. A
// function must not call [runtime.Goexit], and so not testing's FailNow.
type Functions struct {
	OnTrainBegin func(m *Model, logs Logs) error
	OnEpochBegin func(m *Model, logs Logs) error
	OnBatchEnd   func(m *Model, logs Logs) error
	OnEpochEnd   func(m *Model, logs Logs) error
	OnTrainEnd   func(m *Model, logs Logs) error
}

// function is what is called at an event of C.
func (f *Functions) function(event C.int32_t) func(m *Model, logs Logs) error {
	switch event {
	case C.TL_GO_TRAIN_BEGIN:
		return f.OnTrainBegin
	case C.TL_GO_EPOCH_BEGIN:
		return f.OnEpochBegin
	case C.TL_GO_BATCH_END:
		return f.OnBatchEnd
	case C.TL_GO_EPOCH_END:
		return f.OnEpochEnd
	default:
		return f.OnTrainEnd
	}
}

func (f *Functions) open(in *fit) (*C.tlstm_callback, error) {
	var events C.int32_t
	for event := C.int32_t(C.TL_GO_TRAIN_BEGIN); event <= C.TL_GO_TRAIN_END; event *= 2 {
		if f.function(event) != nil {
			events |= event
		}
	}
	return in.listen(events, func(event C.int32_t, logs *C.tlstm_logs) error {
		return f.function(event)(in.model, newLogs(logs))
	})
}

func (f *Functions) finish(*C.tlstm_callback) {}

func newLogs(c *C.tlstm_logs) Logs {
	logs := Logs{Epoch: int(c.epoch), Batch: int(c.batch), Batches: int(c.batches)}
	names, values := unsafe.Slice(c.names, int(c.count)), unsafe.Slice(c.values, int(c.count))
	for i := range names {
		logs.Metrics = append(logs.Metrics, Metric{C.GoString(names[i]), float64(values[i])})
	}
	return logs
}
