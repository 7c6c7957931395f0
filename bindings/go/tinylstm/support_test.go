package tinylstm

import (
	"testing"
)

// result and the following give up on a test where something that must work does not.
func result[T any](t testing.TB) func(value T, err error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t testing.TB, err error, code Code, where string) *Error {
	t.Helper()
	failure, ok := err.(*Error)
	if !ok || failure.Code != code || failure.Where != where || failure.Message == "" {
		t.Fatalf("got %#v, want code %d at %q", err, code, where)
	}
	return failure
}

// tutorial is the tutorial's model: 8,809 parameters, as Keras counts.
func tutorial(t testing.TB) *Model {
	t.Helper()
	m := result[*Model](t)(NewModel("", 42, Input(100), Embedding(500, 16), LSTM(8), Dense(1, Sigmoid)))
	noError(t, m.Build())
	t.Cleanup(func() { m.Close() })
	return m
}

// compiled is the tutorial's model, ready to learn.
func compiled(t testing.TB) *Model {
	t.Helper()
	m := tutorial(t)
	noError(t, m.Compile(WithOptimizer("rmsprop", LearningRate(1e-2)), WithLoss("binary_crossentropy"), WithMetrics("accuracy")))
	return m
}

// reviews are 640 generated ones, padded, and their labels.
func reviews(t testing.TB) (x, y *Array) {
	t.Helper()
	r := result[*Reviews](t)(GenerateReviews(640, 1, 42))
	x = result[*Array](t)(r.XTrain().Pad(WithMaxLen(100)))
	return x, r.YTrain()
}

func weightsOf(t testing.TB, m *Model) (all []float32) {
	t.Helper()
	for i := range m.WeightNames() {
		weight := result[*Array](t)(m.Weight(i))
		all = append(all, result[[]float32](t)(Values[float32](weight))...)
		weight.Close()
	}
	return all
}
