package tinylstm

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFitLearns(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	var text bytes.Buffer
	history := result[*History](t)(m.Fit(t.Context(), x, y, WithEpochs(3), WithBatchSize(32), WithThreads(2), WithValidationSplit(0.25), WithProgress(Lines, &text)))
	defer history.Close()
	if columns := history.Columns(); history.Epochs() != 3 || !slices.Equal(columns, []string{"loss", "accuracy", "val_loss", "val_accuracy"}) {
		t.Fatalf("%d epochs of %v", history.Epochs(), columns)
	}
	if loss := history.Values("loss"); !(loss[2] < loss[0]) || !math.IsNaN(history.Values("none")[0]) {
		t.Errorf("losses are %v", loss)
	}
	if !strings.Contains(text.String(), "3/3") {
		t.Errorf("progress is %q", text.String())
	}
	csv, svg := filepath.Join(t.TempDir(), "h.csv"), filepath.Join(t.TempDir(), "h.svg")
	noError(t, history.SaveCSV(csv))
	noError(t, history.SaveSVG("loss", svg))
	if rows := strings.Count(string(result[[]byte](t)(os.ReadFile(csv))), "\n"); rows != 4 {
		t.Errorf("the CSV file has %d rows", rows)
	}
	metrics := result[Metrics](t)(m.Evaluate(x, y))
	if !(metrics.Value("accuracy") > 0.5) || !math.IsNaN(metrics.Value("none")) || metrics[0].Name != "loss" {
		t.Errorf("evaluate tells %v", metrics)
	}
}

func TestThreadsDoNotChangeTheWeights(t *testing.T) {
	x, y := reviews(t)
	var trained [2][]float32
	for i := range trained {
		m := compiled(t)
		result[*History](t)(m.Fit(t.Context(), x, y, WithThreads(i+1))).Close()
		trained[i] = weightsOf(t, m)
	}
	if !slices.Equal(trained[0], trained[1]) {
		t.Error("one and two threads give different weights")
	}
}

func TestWeightingOptionsReachTheLoss(t *testing.T) {
	x, y := reviews(t)
	losses := map[string]float64{}
	weight := result[*Array](t)(ArrayOf(slices.Repeat([]float32{2}, 640)))
	for name, opt := range map[string]FitOption{"plain": WithBatchSize(640), "sample": WithSampleWeight(weight), "class": WithClassWeight(2, 2)} {
		m := compiled(t)
		history := result[*History](t)(m.Fit(t.Context(), x, y, opt, WithBatchSize(640), WithoutShuffle()))
		losses[name] = history.Values("loss")[0]
		history.Close()
	}
	if math.Abs(losses["sample"]-2*losses["plain"]) > 1e-6 || math.Abs(losses["class"]-2*losses["plain"]) > 1e-6 {
		t.Errorf("weights of 2 make of a loss %v", losses)
	}
}

func TestCallbacksAreCalledInOrder(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	var events []string
	note := func(name string) func(*Model, Logs) error {
		return func(_ *Model, logs Logs) error {
			if name != "batch" || logs.Batch == 0 {
				events = append(events, name)
			}
			return nil
		}
	}
	rate := func(m *Model, logs Logs) error {
		if logs.Batch != -1 || logs.Batches != 10 || !(logs.Metrics.Value("loss") > 0) {
			t.Errorf("the end of an epoch is told %v", logs)
		}
		return m.SetLearningRate(m.LearningRate() / 2)
	}
	result[*History](t)(m.Fit(t.Context(), x, y, WithBatchSize(64), WithEpochs(2), WithCallbacks(
		&Functions{note("begin"), note("epoch"), note("batch"), note("ended"), note("end")},
		&Functions{OnEpochEnd: rate}))).Close()
	want := []string{"begin", "epoch", "batch", "ended", "epoch", "batch", "ended", "end"}
	if !slices.Equal(events, want) {
		t.Errorf("called %v", events)
	}
	if math.Abs(m.LearningRate()-0.0025) > 1e-8 {
		t.Errorf("the learning rate is %v", m.LearningRate())
	}
}

func TestKerasCallbacks(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	folder := t.TempDir()
	stopping := &EarlyStopping{Monitor: "loss", MinDelta: 100, Patience: 2}
	history := result[*History](t)(m.Fit(t.Context(), x, y, WithEpochs(9), WithCallbacks(
		&Checkpoint{Path: filepath.Join(folder, "{epoch:02d}.h5")}, stopping, &CSVLogger{Path: filepath.Join(folder, "log.csv")})))
	defer history.Close()
	// The first epoch is the best; two without improvement end the training after epoch 2, from 0.
	if stopping.StoppedEpoch != 2 || history.Epochs() != 3 {
		t.Errorf("stopped after epoch %d of %d", stopping.StoppedEpoch, history.Epochs())
	}
	for _, name := range []string{"01.h5", "03.h5", "log.csv"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestStopTrainingEndsWithTheEpoch(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	stop := func(*Model, Logs) error { return StopTraining }
	history := result[*History](t)(m.Fit(t.Context(), x, y, WithEpochs(9), WithCallbacks(&Functions{OnBatchEnd: stop})))
	defer history.Close()
	if history.Epochs() != 1 {
		t.Errorf("%d epochs", history.Epochs())
	}
}

func TestErrorOfCallbackIsReturned(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	own := errors.New("enough")
	_, err := m.Fit(t.Context(), x, y, WithCallbacks(&Functions{OnBatchEnd: func(*Model, Logs) error { return own }}))
	if !errors.Is(err, own) || !errors.Is(err, ErrStopped) {
		t.Errorf("Fit returned %v", err)
	}
}

func TestContextEndsFit(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	count := func(*Model, Logs) error {
		if batches++; batches == 3 {
			cancel()
		}
		return nil
	}
	_, err := m.Fit(ctx, x, y, WithEpochs(100), WithCallbacks(&Functions{OnBatchEnd: count}))
	if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrStopped) || batches != 4 && batches != 3 {
		t.Errorf("Fit returned %v after %d batches", err, batches)
	}
	result[*History](t)(m.Fit(t.Context(), x, y)).Close() // the model stays usable
	ctx, cancel = context.WithTimeout(t.Context(), 0)
	defer cancel()
	before := weightsOf(t, m)
	if _, err := m.Fit(ctx, x, y); !errors.Is(err, context.DeadlineExceeded) || !slices.Equal(before, weightsOf(t, m)) {
		t.Errorf("an expired context gave %v", err)
	}
}

func TestPanicOfCallbackGoesOn(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	fit := func(opts ...FitOption) (value any) {
		defer func() { value = recover() }()
		m.Fit(t.Context(), x, y, opts...)
		return nil
	}
	if value := fit(WithCallbacks(&Functions{OnEpochBegin: func(*Model, Logs) error { panic("mine") }})); value != "mine" {
		t.Errorf("the panic arrived as %v", value)
	}
	if value := fit(WithProgress(Lines, panickingWriter{})); value != "cannot write" {
		t.Errorf("the writer's panic arrived as %v", value)
	}
	result[*History](t)(m.Fit(t.Context(), x, y)).Close()
}

type panickingWriter struct{}

func (panickingWriter) Write([]byte) (int, error) { panic("cannot write") }

func TestChangeInsideAChangeIsAnError(t *testing.T) {
	m := compiled(t)
	_, err := m.change()
	noError(t, err)
	wantError(t, m.SetSeed(1), ErrState, "model")
	m.changed()
	noError(t, m.SetSeed(1))
}

func TestGradientIsThatOfTheLoss(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	const bias, step = 5, 1e-2 // of the dense layer
	lossAt := func(value float32) float64 {
		noError(t, m.SetWeight(bias, result[*Array](t)(ArrayOf([]float32{value}))))
		return result[Metrics](t)(m.Evaluate(x, y)).Value("loss")
	}
	difference := (lossAt(step) - lossAt(-step)) / (2 * step)
	lossAt(0)
	gradient := result[[]float32](t)(Values[float32](result[*Array](t)(m.Gradient(x, y, nil, bias))))
	if math.Abs(float64(gradient[0])-difference) > 1e-4 {
		t.Errorf("the gradient is %v, the difference of losses %v", gradient[0], difference)
	}
}

func TestFrozenLayerStays(t *testing.T) {
	m := tutorial(t)
	x, y := reviews(t)
	noError(t, m.SetTrainable("embedding", false))
	noError(t, m.Compile(WithOptimizer("sgd"), WithLoss("binary_crossentropy", Set("label_smoothing", 0.1))))
	before := weightsOf(t, m)
	result[*History](t)(m.Fit(t.Context(), x, y)).Close()
	after := weightsOf(t, m)
	if !slices.Equal(before[:8000], after[:8000]) || slices.Equal(before, after) {
		t.Error("the frozen layer changed, or nothing did")
	}
	noError(t, m.ResetStates())
}
