package tinylstm

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestModelDescribesItself(t *testing.T) {
	m := tutorial(t)
	want := []LayerInfo{
		{"input_layer", "InputLayer", []int{100}},
		{"embedding", "Embedding", []int{100, 16}},
		{"lstm", "LSTM", []int{8}},
		{"dense", "Dense", []int{1}},
	}
	if !reflect.DeepEqual(m.Layers(), want) {
		t.Errorf("layers are %v, not %v", m.Layers(), want)
	}
	if m.Name() != "sequential" || m.Params() != 8809 || m.TrainableParams() != 8809 {
		t.Errorf("%s has %d parameters, %d trainable", m.Name(), m.Params(), m.TrainableParams())
	}
	if names := m.WeightNames(); len(names) != 6 || names[2] != "lstm/recurrent_kernel" {
		t.Errorf("weights are %v", names)
	}
	if text := result[string](t)(m.Summary(0)); !strings.Contains(text, "8,809") && !strings.Contains(text, "8809") {
		t.Errorf("the summary does not tell 8809 parameters:\n%s", text)
	}
}

func TestOptionsReachTheConfiguration(t *testing.T) {
	m := result[*Model](t)(NewModel("all", 1,
		NamedInput("tokens", 10),
		Embedding(20, 4, WithName("words"), WithMaskZero(), WithEmbeddingsInitializer("zeros"), WithEmbeddingsRegularizer("l2"), WithEmbeddingsConstraint("non_neg")),
		LSTM(3, WithReturnSequences(), WithDropout(0.25), WithRecurrentDropout(0.125), WithUnitForgetBias(false), WithActivation(ReLU), WithFrozen()),
		GRU(3, WithReturnSequences(), WithResetAfter(false), WithRecurrentActivation(HardSigmoid), WithKernelConstraint("max_norm"), WithRecurrentRegularizer("l1")),
		SimpleRNN(3, WithGoBackwards(), WithStateful(), WithoutBias(), WithRecurrentInitializer("zeros"), WithRecurrentConstraint("unit_norm")),
		Dropout(0.5, WithName("forget")),
		LayerOf("Dense", `{"units": 4, "activation": "tanh"}`),
		ActivationLayer(Softmax),
		Flatten(),
		Dense(2, Linear, WithKernelInitializer("ones"), WithBiasInitializer("ones"), WithKernelRegularizer("l1"), WithBiasRegularizer("l2"), WithBiasConstraint("non_neg"))))
	defer m.Close()
	json := result[string](t)(m.JSON())
	for _, part := range []string{`"words"`, `"tokens"`, `"forget"`, `"mask_zero": true`, `"dropout": 0.25`, `"recurrent_dropout": 0.125`,
		`"unit_forget_bias": false`, `"reset_after": false`, `"go_backwards": true`, `"stateful": true`, `"trainable": false`, `"relu"`, `"softmax"`} {
		if !strings.Contains(strings.ReplaceAll(json, `":`, `": `), part) && !strings.Contains(json, part) {
			t.Errorf("%s is not in %s", part, json)
		}
	}
	again := result[*Model](t)(ModelFromJSON([]byte(json), 1))
	defer again.Close()
	if !reflect.DeepEqual(again.Layers(), m.Layers()) {
		t.Errorf("the JSON makes layers %v, not %v", again.Layers(), m.Layers())
	}
}

func TestWeightsAreCopiedOutAndIn(t *testing.T) {
	m := tutorial(t)
	ones := make([]float64, 8)
	for i := range ones {
		ones[i] = float64(i)
	}
	noError(t, m.SetWeight(4, result[*Array](t)(ArrayOf(ones, 8, 1))))
	back := result[[]float32](t)(Values[float32](result[*Array](t)(m.Weight(4))))
	if back[7] != 7 {
		t.Errorf("the weight is %v", back)
	}
	wantError(t, m.SetWeight(4, result[*Array](t)(ArrayOf(ones))), ErrShape, "dense/kernel")
}

func TestSavedModelPredictsTheSame(t *testing.T) {
	m := compiled(t)
	x, _ := reviews(t)
	want := result[[]float32](t)(Values[float32](result[*Array](t)(m.Predict(x))))
	bytes := result[[]byte](t)(m.SaveBytes())
	path := filepath.Join(t.TempDir(), "model.h5")
	noError(t, m.Save(path))
	if onDisk := result[[]byte](t)(os.ReadFile(path)); !slices.Equal(onDisk, bytes) {
		t.Error("the file and the bytes differ")
	}
	report := result[string](t)(InspectFile(path))
	if !strings.Contains(report, "\nparameters: 8809 in 6 weights\n") || !strings.HasSuffix(report, "\nloads: yes\n") {
		t.Errorf("the file is inspected as\n%s", report)
	}
	if fromMemory := result[string](t)(InspectBytes(bytes)); !strings.HasPrefix(fromMemory, "file: memory\n") {
		t.Errorf("the bytes are inspected as\n%s", fromMemory)
	}
	if _, err := InspectFile(path + ".absent"); err == nil {
		t.Error("an absent file is inspected")
	}
	again := result[*Model](t)(LoadModelBytes(bytes))
	defer again.Close()
	if got := result[[]float32](t)(Values[float32](result[*Array](t)(again.Predict(x)))); !slices.Equal(got, want) {
		t.Error("the model from memory predicts something else")
	}
	if !again.IsCompiled() || len(again.Notes()) != 0 {
		t.Errorf("loaded: compiled %v, notes %v", again.IsCompiled(), again.Notes())
	}
	noted := result[*Model](t)(ModelFromJSON([]byte(`{"class_name":"Sequential","config":[{"class_name":"Dense",
		"config":{"name":"out","units":1,"input_dim":2,"mystery":3}}]}`), 1))
	defer noted.Close()
	if report := noted.Report(); len(report) != 1 || report[0].Kind != NoteIgnored || report[0].Text != noted.Notes()[0] {
		t.Errorf("an unknown setting is reported as %v", report)
	}
	lean := result[[]byte](t)(m.SaveBytes(WithoutOptimizer()))
	if len(lean) >= len(bytes) {
		t.Error("without the optimizer the file is not smaller")
	}
	weights := filepath.Join(t.TempDir(), "model.weights.h5")
	noError(t, m.Save(weights, WithWeightsOnly()))
	for _, keras := range []Keras{KerasCommon, Keras2, KerasTF210, KerasTF215, Keras3} {
		file := result[[]byte](t)(m.SaveBytes(WithKeras(keras)))
		result[*Model](t)(LoadModelBytes(file)).Close()
	}
	if _, err := m.SaveBytes(WithKeras(77)); err == nil {
		t.Error("there is no Keras 77")
	}
	fresh := result[*Model](t)(NewModel("", 7, Input(100), Embedding(500, 16), LSTM(8), Dense(1, Sigmoid)))
	defer fresh.Close()
	noError(t, fresh.Build())
	noError(t, fresh.LoadWeights(weights))
	if !slices.Equal(weightsOf(t, fresh), weightsOf(t, m)) {
		t.Error("the loaded weights differ")
	}
	other := result[*Model](t)(NewModel("", 8, Input(100), Embedding(500, 16), LSTM(8), Dense(1, Sigmoid)))
	defer other.Close()
	noError(t, other.Build())
	noError(t, other.LoadWeightsBytes(result[[]byte](t)(os.ReadFile(weights))))
	if !slices.Equal(weightsOf(t, other), weightsOf(t, m)) {
		t.Error("the weights from memory differ")
	}
	if err := other.LoadWeightsBytes(nil); err == nil {
		t.Error("no bytes are no weights")
	}
}

func TestErrorsTellCodeAndPlace(t *testing.T) {
	m := tutorial(t)
	x, y := reviews(t)
	shorter := result[*Array](t)(NewArray(Int32, 1, 50))
	unknown := result[*Array](t)(ArrayOf(slices.Repeat([]int32{500}, 100), 1, 100))
	_, missing := LoadModel("missing.h5")
	_, garbage := LoadModelBytes([]byte("this is not a model"))
	_, uncompiled := m.Fit(t.Context(), x, y)
	_, wrongShape := m.Predict(shorter)
	_, wrongToken := m.Predict(unknown)
	for _, bad := range []struct {
		err   error
		code  Code
		where string
	}{
		{missing, ErrIO, "missing.h5"},
		{garbage, ErrFormat, "memory"},
		{m.Add(Dense(0, Linear)), ErrArgument, "units"},
		{m.Compile(WithOptimizer("rmsprob")), ErrUnsupported, "name"},
		{m.Compile(WithLoss("mse2")), ErrUnsupported, "name"},
		{uncompiled, ErrState, "sequential"},
		{wrongShape, ErrShape, "x"},
		{wrongToken, ErrValue, "x"},
		{m.Compile(WithOptimizer("rmsprop", LearningRate(math.NaN()))), ErrArgument, "learning_rate"},
		{m.Save("no-such-folder/model.h5"), ErrIO, "no-such-folder/model.h5"},
		{m.Save("no\x00where"), ErrArgument, "path"},
	} {
		failure := wantError(t, bad.err, bad.code, bad.where)
		if !errors.Is(bad.err, bad.code) || errors.Is(bad.err, ErrInternal) || !strings.HasSuffix(bad.err.Error(), failure.Message) {
			t.Errorf("%v is not %v", bad.err, bad.code)
		}
	}
	if ErrShape.Error() != "tinylstm: shape mismatch" {
		t.Errorf("%q", ErrShape.Error())
	}
}

func TestClosedValuesGiveErrors(t *testing.T) {
	m := compiled(t)
	x, y := reviews(t)
	s := result[*Session](t)(m.NewSession(1, 0))
	noError(t, x.Close())
	noError(t, x.Close())
	_, predicted := m.Predict(x)
	_, valued := Values[int32](x)
	noError(t, m.Close())
	noError(t, m.Close())
	_, fitted := m.Fit(t.Context(), y, y)
	_, saved := m.SaveBytes()
	noError(t, s.StepTokens([]int32{1}, make([]float32, 1))) // a session keeps its model
	noError(t, s.Close())
	for _, err := range []error{predicted, valued, fitted, saved, m.Add(Flatten()), m.Save("model.h5"), m.SetSeed(1),
		s.StepTokens([]int32{1}, make([]float32, 1)), s.Reset(), s.SetState(nil)} {
		if !errors.Is(err, ErrClosed) || !errors.Is(err, ErrState) {
			t.Errorf("a closed value gave %v", err)
		}
	}
	if m.Name() != "" || m.Params() != 0 || m.Layers() == nil || x.Shape() != nil || x.Size() != 0 || s.StateSize() != 0 {
		t.Error("a closed value still describes itself")
	}
}

func TestForgottenValuesAreFreed(t *testing.T) {
	freed := make(chan bool)
	func() {
		a := &Array{}
		a.own(nil, func() { close(freed) })
	}()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		runtime.GC()
		select {
		case <-freed:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the garbage collector frees nothing")
}

func TestAllocatorIsRefusedWhileSomethingIsOpen(t *testing.T) {
	m := tutorial(t)
	wantError(t, SetAllocator(nil, nil, nil), ErrState, "allocator")
	runtime.KeepAlive(m)
}

func residentKilobytes(t *testing.T) (kilobytes int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("skipped: there is no /proc/self/status")
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); fields[0] == "VmRSS:" {
			for _, digit := range fields[1] {
				kilobytes = 10*kilobytes + int(digit-'0')
			}
		}
	}
	return kilobytes
}

func TestModelsAndSessionsComeAndGo(t *testing.T) {
	comeAndGo := func(times int) {
		for range times {
			m := result[*Model](t)(NewModel("", 42, Input(100), Embedding(500, 16), LSTM(8), Dense(1, Sigmoid)))
			noError(t, m.Build())
			s := result[*Session](t)(m.NewSession(1, 0))
			m.Close()
			s.Close()
		}
	}
	comeAndGo(500)
	runtime.GC()
	before := residentKilobytes(t)
	comeAndGo(10000)
	runtime.GC()
	// Under the race detector Go's own memory grows by more; a model is 36 KB.
	if grown := residentKilobytes(t) - before; grown > 16*1024 {
		t.Errorf("10000 models and sessions left %d KB", grown)
	}
}
