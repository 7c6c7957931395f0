package tinylstm

import (
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
)

func TestArraysHoldWhatTheyAreMadeOf(t *testing.T) {
	a := result[*Array](t)(ArrayOf([]int64{1, 2, 3, 4, 5, 6}, 3, 2))
	if a.DType() != Int64 || a.DType().String() != "int64" || !slices.Equal(a.Shape(), []int{3, 2}) || a.Size() != 6 {
		t.Errorf("%v %v", a.DType(), a.Shape())
	}
	rows := result[*Array](t)(a.Take([]int64{2, 0}))
	if values := result[[]int64](t)(Values[int64](rows)); !slices.Equal(values, []int64{5, 6, 1, 2}) {
		t.Errorf("took %v", values)
	}
	_, wrongType := Values[float32](a)
	wantError(t, wrongType, ErrShape, "array")
	_, outside := a.Take([]int64{3})
	if outside == nil {
		t.Error("took a row that there is not")
	}
	_, wrongShape := ArrayOf([]float32{1, 2}, 3)
	wantError(t, wrongShape, ErrShape, "shape")
	_, wrongWrap := WrapArray([]float32{1, 2}, 3)
	wantError(t, wrongWrap, ErrShape, "shape")
	if _, err := NewArray(Float32, 1, 2, 3, 4, 5); err == nil {
		t.Error("made an array of five dimensions")
	}
}

func TestWrappedArrayIsTheSlice(t *testing.T) {
	values := []float32{1, 2, 3}
	a := result[*Array](t)(WrapArray(values))
	defer a.Close()
	runtime.GC()
	values[1] = 7
	if view := result[[]float32](t)(View[float32](a)); &view[0] != &values[0] || view[1] != 7 {
		t.Error("the array is a copy")
	}
	empty := result[*Array](t)(WrapArray([]float32{}))
	if empty.Size() != 0 || len(result[[]float32](t)(View[float32](empty))) != 0 {
		t.Error("an empty slice has elements")
	}
}

func TestNPYFilesComeBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	noError(t, result[*Array](t)(ArrayOf([]float64{1.5, -2}, 1, 2)).SaveNPY(path))
	a := result[*Array](t)(LoadNPY(path))
	if values := result[[]float64](t)(Values[float64](a)); !slices.Equal(values, []float64{1.5, -2}) || len(a.Shape()) != 2 {
		t.Errorf("%v %v", values, a.Shape())
	}
}

func TestOneHot(t *testing.T) {
	a := result[*Array](t)(result[*Array](t)(ArrayOf([]int32{2, 0})).OneHot(0))
	if values := result[[]float32](t)(Values[float32](a)); !slices.Equal(values, []float32{0, 0, 1, 1, 0, 0}) {
		t.Errorf("%v", values)
	}
}

func TestPadding(t *testing.T) {
	s := result[*Sequences](t)(NewSequences([][]int32{{1, 2, 3}, {}, {4}}))
	if s.Len() != 3 || !slices.Equal(s.At(0), []int32{1, 2, 3}) || len(s.At(1)) != 0 || s.At(3) != nil || s.At(-1) != nil {
		t.Errorf("%d sequences, the first %v", s.Len(), s.At(0))
	}
	pre := result[[]int32](t)(Values[int32](result[*Array](t)(s.Pad(WithMaxLen(2)))))
	if !slices.Equal(pre, []int32{2, 3, 0, 0, 0, 4}) {
		t.Errorf("pre: %v", pre)
	}
	post := result[[]float32](t)(Values[float32](result[*Array](t)(
		s.Pad(WithMaxLen(2), WithPadding(Post), WithTruncating(Post), WithPadValue(-1), WithDType(Float32)))))
	if !slices.Equal(post, []float32{1, 2, -1, -1, 4, -1}) {
		t.Errorf("post: %v", post)
	}
	if taken := result[*Sequences](t)(s.Take([]int64{2})); taken.Len() != 1 || taken.At(0)[0] != 4 {
		t.Error("took something else")
	}
	samples := []*Array{result[*Array](t)(ArrayOf([]float32{1, 2}, 1, 2)), result[*Array](t)(ArrayOf([]float32{3, 4, 5, 6}, 2, 2))}
	padded := result[*Array](t)(PadArrays(samples, WithDType(Float32)))
	if !slices.Equal(padded.Shape(), []int{2, 2, 2}) || result[[]float32](t)(Values[float32](padded))[2] != 1 {
		t.Errorf("arrays: %v", padded.Shape())
	}
}

// What scikit-learn and NumPy give, as the tests of the library have it.
func TestSplitsAreScikitLearns(t *testing.T) {
	train, test, err := TrainTestSplit(10, WithTestSize(0.2), WithRandomState(42))
	noError(t, err)
	if !slices.Equal(test, []int64{8, 1}) || !slices.Equal(train, []int64{5, 0, 7, 2, 9, 4, 3, 6}) {
		t.Errorf("train %v, test %v", train, test)
	}
	train, test, err = TrainTestSplit(4, WithTrainSize(3), WithoutMixing())
	noError(t, err)
	if !slices.Equal(train, []int64{0, 1, 2}) || !slices.Equal(test, []int64{3}) {
		t.Errorf("in order: train %v, test %v", train, test)
	}
	labels := result[*Array](t)(ArrayOf([]int64{0, 0, 1, 1}))
	_, test, err = TrainTestSplit(4, WithTestSize(2), WithStratify(labels))
	noError(t, err)
	if len(test) != 2 || (test[0] < 2) == (test[1] < 2) {
		t.Errorf("stratified: test %v", test)
	}
	order := result[[]int64](t)(ShuffledIndices(10, 0))
	if !slices.Equal(order, []int64{2, 8, 4, 9, 1, 6, 7, 3, 0, 5}) {
		t.Errorf("order %v", order)
	}
}

func TestReviewsOutliveTheirHandle(t *testing.T) {
	r := result[*Reviews](t)(GenerateReviews(20, 10, 1))
	x, y := r.XTrain(), r.YTrain()
	if x.Len() != 20 || r.XTest().Len() != 10 || r.YTest().Size() != 10 {
		t.Errorf("%d and %d reviews", x.Len(), r.XTest().Len())
	}
	noError(t, r.Close())
	if x.Len() != 20 || y.Size() != 20 || r.XTrain() != nil {
		t.Error("the parts went with their whole")
	}
	if _, err := LoadIMDB("missing.npz", WithNumWords(10)); err == nil {
		t.Error("loaded a missing file")
	}
}

func TestVocabularyOfTexts(t *testing.T) {
	v := result[*Vocabulary](t)(FitVocabulary([]string{"The cat, the dog", "a cat the"}, WithOOVToken("?")))
	defer v.Close()
	if v.Len() != 5 || v.Rank("the") != 2 || v.Word(3) != "cat" || v.Rank("none") != 0 || v.Word(9) != "" || v.Occurrences("the") != 3 {
		t.Errorf("%d words, the: %d, third: %q", v.Len(), v.Rank("the"), v.Word(3))
	}
	s := result[*Sequences](t)(v.Sequences([]string{"the bird", "cat"}, 0, WithOOVToken("?")))
	if !reflect.DeepEqual([][]int32{s.At(0), s.At(1)}, [][]int32{{2, 1}, {3}}) {
		t.Errorf("tokens %v %v", s.At(0), s.At(1))
	}
	if text := result[string](t)(v.Text([]int32{2, 3}, 0)); text != "the cat" {
		t.Errorf("%q", text)
	}
	path := filepath.Join(t.TempDir(), "words.json")
	noError(t, v.Save(path))
	again := result[*Vocabulary](t)(LoadVocabulary(path))
	defer again.Close()
	coded := result[*Sequences](t)(again.Reviews([]string{"the bird"}, WithStartChar(7), WithOOVChar(8), WithIndexFrom(10), WithSkipTop(0)))
	if again.Len() != 5 || !slices.Equal(coded.At(0), []int32{7, 12, 8}) {
		t.Errorf("reviews are coded %v", coded.At(0))
	}
	if result[*Vocabulary](t)(GenerateVocabulary()).Len() == 0 {
		t.Error("the generated vocabulary is empty")
	}
}
