package tinylstm

import (
	"os"
	"testing"
)

func TestWeightsByLayerAndName(t *testing.T) {
	m := tutorial(t)
	value := result[*Array](t)(m.LayerWeight("lstm", "bias"))
	elements := result[[]float32](t)(Values[float32](value))
	elements[3] = 4
	changed := result[*Array](t)(ArrayOf(elements, len(elements)))
	noError(t, m.SetLayerWeight("lstm", "bias", changed))
	if again := result[[]float32](t)(Values[float32](result[*Array](t)(m.Weight(3)))); again[3] != 4 {
		t.Errorf("the bias is %v", again)
	}
	wantError(t, m.SetLayerWeight("lstm", "kernel", changed), ErrShape, "lstm/kernel")
	wantError(t, m.SetLayerWeight("gru", "bias", changed), ErrArgument, "gru")
}

func TestImportArrays(t *testing.T) {
	m, source := tutorial(t), tutorial(t)
	noError(t, m.SetLayerWeight("lstm", "bias", result[*Array](t)(ArrayOf(make([]float32, 32), 32))))
	named, ordered := map[string]*Array{}, []*Array{}
	for i, name := range source.WeightNames() {
		value := result[*Array](t)(source.Weight(i))
		named["net/"+name], ordered = value, append(ordered, value)
	}
	for _, run := range []func() error{
		func() error { return m.ImportArrays(named) },
		func() error { return m.ImportArrays(named, WithModule("lstm", "lstm")) },
		func() error { return m.ImportArrayList(ordered) },
	} {
		noError(t, m.SetLayerWeight("lstm", "bias", result[*Array](t)(ArrayOf(make([]float32, 32), 32))))
		noError(t, run())
		if bias := result[[]float32](t)(Values[float32](result[*Array](t)(m.LayerWeight("lstm", "bias")))); bias[8] != 1 {
			t.Errorf("the forget gate's bias is %v", bias)
		}
	}
	delete(named, "net/lstm/bias")
	wantError(t, m.ImportArrays(named), ErrShape, "values:lstm/bias")
	wantError(t, m.ImportArrayList([]*Array{nil}), ErrArgument, "values")
}

func TestImportFiles(t *testing.T) {
	const path = "../../../tests/files/weights/torch-lstm.npz"
	file, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("skipped: %v; this package stands outside of the project", err)
	}
	m := result[*Model](t)(NewModel("", 1, Input(6), Embedding(12, 4), LSTM(5), Dense(1, Sigmoid)))
	defer m.Close()
	noError(t, m.Build())
	noError(t, m.ImportWeights(path, WithPyTorchOrder()))
	first := result[[]float32](t)(Values[float32](result[*Array](t)(m.LayerWeight("dense", "kernel"))))
	noError(t, m.ImportWeightsBytes(file, WithPyTorchOrder(), WithModule("fc", "dense")))
	second := result[[]float32](t)(Values[float32](result[*Array](t)(m.LayerWeight("dense", "kernel"))))
	for i := range first {
		if first[i] != second[i] {
			t.Errorf("%v and %v", first, second)
		}
	}
	if err := m.ImportWeights(path); err == nil {
		t.Error("PyTorch's names are none of Keras's")
	}
}
