package tinylstm

import (
	"slices"
	"sync"
	"testing"
)

func sampleTokens() []int32 {
	tokens := make([]int32, 100)
	for i := range tokens {
		tokens[i] = int32(i * 7 % 500)
	}
	return tokens
}

func TestStepsEndWhereTheSequenceEnds(t *testing.T) {
	s := result[*Session](t)(tutorial(t).NewSession(1, 0))
	defer s.Close()
	tokens, whole, stepped := sampleTokens(), make([]float32, 1), make([]float32, 1)
	noError(t, s.RunTokens(1, 100, tokens, whole))
	for range 2 {
		for i := range tokens {
			noError(t, s.StepTokens(tokens[i:i+1], stepped))
		}
		if whole[0] != stepped[0] {
			t.Errorf("100 steps give %v, the sequence %v", stepped[0], whole[0])
		}
		noError(t, s.Reset())
	}
}

func TestStateIsCarriedToAnotherSession(t *testing.T) {
	m := tutorial(t)
	first, second := result[*Session](t)(m.NewSession(1, 1)), result[*Session](t)(m.NewSession(1, 1))
	defer first.Close()
	defer second.Close()
	one, two := make([]float32, 1), make([]float32, 1)
	noError(t, first.StepTokens([]int32{3}, one))
	state := result[[]float32](t)(first.State())
	if first.StateSize() != 16 || len(state) != 16 {
		t.Fatalf("the state has %d values", len(state))
	}
	noError(t, second.SetState(state))
	noError(t, first.StepTokens([]int32{4}, one))
	noError(t, second.StepTokens([]int32{4}, two))
	if one[0] != two[0] {
		t.Errorf("%v and %v", one[0], two[0])
	}
	wantError(t, second.SetState(state[1:]), ErrShape, "state")
}

func TestFeaturesRunAndStep(t *testing.T) {
	m := result[*Model](t)(NewModel("", 1, Input(4, 2), GRU(3), Dense(2, Softmax)))
	defer m.Close()
	noError(t, m.Build())
	s := result[*Session](t)(m.NewSession(2, 0))
	defer s.Close()
	if s.InputSize(4) != 8 || s.OutputSize(4) != 2 || s.InputSize(5) != 0 {
		t.Errorf("sizes are %d, %d, %d", s.InputSize(4), s.OutputSize(4), s.InputSize(5))
	}
	x, whole, stepped := make([]float32, 16), make([]float32, 4), make([]float32, 4)
	for i := range x {
		x[i] = float32(i) / 8
	}
	noError(t, s.Run(2, 4, x, whole))
	for step := range 4 { // a step takes one timestep of each stream
		noError(t, s.Step(slices.Concat(x[2*step:2*step+2], x[8+2*step:8+2*step+2]), stepped))
	}
	if !slices.Equal(whole, stepped) {
		t.Errorf("steps give %v, sequences %v", stepped, whole)
	}
}

func TestSlicesOfTheWrongLengthAreRefused(t *testing.T) {
	s := result[*Session](t)(tutorial(t).NewSession(2, 0))
	defer s.Close()
	y := make([]float32, 2)
	wantError(t, s.RunTokens(2, 100, sampleTokens(), y), ErrShape, "x")
	wantError(t, s.RunTokens(1, 100, sampleTokens(), y), ErrShape, "y")
	wantError(t, s.RunTokens(1, 99, sampleTokens()[:99], y[:1]), ErrShape, "timesteps")
	wantError(t, s.RunTokens(3, 100, sampleTokens(), y), ErrArgument, "samples")
	wantError(t, s.StepTokens(nil, y), ErrShape, "x")
	wantError(t, s.Step(y, y), ErrArgument, "x")
	wantError(t, s.StepTokens([]int32{0, 500}, y), ErrValue, "x")
}

func TestSessionsShareAModel(t *testing.T) {
	m := tutorial(t)
	x, _ := reviews(t)
	want := result[[]float32](t)(Values[float32](result[*Array](t)(m.Predict(x))))
	tokens := result[[]int32](t)(View[int32](x))
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			s, err := m.NewSession(1, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			y := make([]float32, 1)
			for i := worker; i < len(want); i += 4 {
				if err := s.RunTokens(1, 100, tokens[100*i:100*i+100], y); err != nil || y[0]-want[i] > 1e-6 || want[i]-y[0] > 1e-6 {
					t.Errorf("sample %d: %v, %v instead of %v", i, err, y[0], want[i])
				}
			}
			if _, err := m.Predict(x, WithThreads(1)); err != nil {
				t.Error(err)
			}
		}()
	}
	workers.Wait()
}

func TestStepsDoNotAllocate(t *testing.T) {
	s := result[*Session](t)(tutorial(t).NewSession(1, 1))
	defer s.Close()
	x, y := []int32{7}, make([]float32, 1)
	if count := testing.AllocsPerRun(100, func() { s.StepTokens(x, y) }); count != 0 {
		t.Errorf("a step allocates %v times", count)
	}
}

func BenchmarkRunTokens(b *testing.B) {
	s := result[*Session](b)(tutorial(b).NewSession(1, 0))
	defer s.Close()
	x, y := sampleTokens(), make([]float32, 1)
	for b.Loop() {
		s.RunTokens(1, 100, x, y)
	}
}

func BenchmarkStepTokens(b *testing.B) {
	s := result[*Session](b)(tutorial(b).NewSession(1, 1))
	defer s.Close()
	x, y := []int32{7}, make([]float32, 1)
	for b.Loop() {
		s.StepTokens(x, y)
	}
}
