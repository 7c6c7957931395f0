package tinylstm

// #include "shim.h"
import "C"

import "io"

// Progress is how progress is shown.
type Progress int32

const (
	Silent Progress = C.TLSTM_SILENT   // nothing
	Bar    Progress = C.TLSTM_PROGRESS // Keras's bar on a terminal, elsewhere a line an epoch
	Lines  Progress = C.TLSTM_LINES    // a line an epoch
)

// running is what the options of Fit, Evaluate and Predict have in common; nil is C's default.
type running struct {
	batchSize, threads *int
	progress           Progress
	writer             io.Writer
	sampleWeight       *Array
}

// fitting is what options of Fit set.
type fitting struct {
	running
	epochs, initialEpoch *int
	inOrder              bool
	validationSplit      float64
	xVal, yVal           *Array
	valSampleWeight      *Array
	classWeight          []float64
	callbacks            []Callback
}

// FitOption is an argument of [Model.Fit].
type FitOption interface{ fit(*fitting) }

// RunOption is an argument of [Model.Evaluate] and [Model.Predict].
type RunOption interface{ run(*running) }

// CommonOption is an argument of all of them.
type CommonOption interface {
	FitOption
	RunOption
}

type (
	fitOption    func(*fitting)
	commonOption func(*running)
)

func (set fitOption) fit(f *fitting)    { set(f) }
func (set commonOption) fit(f *fitting) { set(&f.running) }
func (set commonOption) run(r *running) { set(r) }

// WithBatchSize sets how many samples share a pass; without it, 32.
func WithBatchSize(samples int) CommonOption {
	return commonOption(func(r *running) { r.batchSize = &samples })
}

// WithThreads sets the number of threads; without it, as many as processors. The results do not
// depend on it.
func WithThreads(count int) CommonOption {
	return commonOption(func(r *running) { r.threads = &count })
}

// WithProgress shows progress on w, nil being standard output. Predict shows none.
func WithProgress(progress Progress, w io.Writer) CommonOption {
	return commonOption(func(r *running) { r.progress, r.writer = progress, w })
}

// WithSampleWeight weighs samples, (samples), or (samples, timesteps) for sequence outputs. Predict
// has no use for it.
func WithSampleWeight(weight *Array) CommonOption {
	return commonOption(func(r *running) { r.sampleWeight = weight })
}

// WithEpochs sets the number of the last epoch; without it, 1.
func WithEpochs(count int) FitOption {
	return fitOption(func(f *fitting) { f.epochs = &count })
}

// WithInitialEpoch sets the epoch from which is counted; without it, 0.
func WithInitialEpoch(epoch int) FitOption {
	return fitOption(func(f *fitting) { f.initialEpoch = &epoch })
}

// WithoutShuffle takes the samples in their order; without it, a new one each epoch.
func WithoutShuffle() FitOption {
	return fitOption(func(f *fitting) { f.inOrder = true })
}

// WithValidationSplit keeps this fraction at the end of x and y for validation.
func WithValidationSplit(fraction float64) FitOption {
	return fitOption(func(f *fitting) { f.validationSplit = fraction })
}

// WithValidation gives validation data.
func WithValidation(x, y *Array) FitOption {
	return fitOption(func(f *fitting) { f.xVal, f.yVal = x, y })
}

// WithValidationWeight weighs the samples of the validation data.
func WithValidationWeight(weight *Array) FitOption {
	return fitOption(func(f *fitting) { f.valSampleWeight = weight })
}

// WithClassWeight weighs class 0, 1, ...
func WithClassWeight(weights ...float64) FitOption {
	return fitOption(func(f *fitting) { f.classWeight = weights })
}

// WithCallbacks adds callbacks, called in this order.
func WithCallbacks(callbacks ...Callback) FitOption {
	return fitOption(func(f *fitting) { f.callbacks = append(f.callbacks, callbacks...) })
}

// fill sets what the options of Evaluate and Predict say.
func (r *running) fill(c *C.tlstm_run_options) (err error) {
	C.tlstm_run_options_init(c)
	if r.batchSize != nil {
		c.batch_size = C.int64_t(*r.batchSize)
	}
	if r.threads != nil {
		c.threads = narrow(*r.threads)
	}
	c.verbose = C.int32_t(r.progress)
	c.sample_weight, err = r.sampleWeight.input("sample_weight")
	return err
}

// fill sets what the options of Fit say.
func (f *fitting) fill(c *C.tlstm_fit_options, memory *arena) (err error) {
	C.tlstm_fit_options_init(c)
	for _, number := range []struct {
		field *C.int64_t
		given *int
	}{{&c.batch_size, f.batchSize}, {&c.epochs, f.epochs}, {&c.initial_epoch, f.initialEpoch}} {
		if number.given != nil {
			*number.field = C.int64_t(*number.given)
		}
	}
	if f.threads != nil {
		c.threads = narrow(*f.threads)
	}
	c.shuffle = truth(!f.inOrder)
	c.verbose = C.int32_t(f.progress)
	c.validation_split = C.double(f.validationSplit)
	c.class_weight = memory.doubles(f.classWeight)
	c.class_count = C.size_t(len(f.classWeight))
	if c.x_val, c.y_val, err = inputs(f.xVal, "x_val", f.yVal, "y_val"); err != nil {
		return err
	}
	c.sample_weight, c.val_sample_weight, err = inputs(f.sampleWeight, "sample_weight", f.valSampleWeight, "val_sample_weight")
	return err
}
