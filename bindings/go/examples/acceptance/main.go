// Command acceptance is tests/acceptance/acceptance.c in Go: it prints the same lines.
//
//	acceptance IMDB_NPZ OUT_DIR [OTHER.h5]
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"libtinylstm/bindings/go/tinylstm"
)

const (
	timesteps = 100
	words     = 500
	samples   = 256
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func try(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func printHash(what string, bytes []byte) {
	hash := fnv.New64a()
	hash.Write(bytes)
	fmt.Printf("%s %016x\n", what, hash.Sum64())
}

// bytesOf appends the bytes of an array of float32 as they lie in memory.
func bytesOf(bytes []byte, array *tinylstm.Array) []byte {
	for _, value := range must(tinylstm.View[float32](array)) {
		bytes = binary.NativeEndian.AppendUint32(bytes, math.Float32bits(value))
	}
	return bytes
}

// ---- The data ----

func take(reviews *tinylstm.Reviews, rows []int64) (x, y *tinylstm.Array) {
	taken := must(reviews.XTrain().Take(rows))
	defer taken.Close()
	return must(taken.Pad(tinylstm.WithMaxLen(timesteps))), must(reviews.YTrain().Take(rows))
}

// load gives the training reviews, a fifth of them for validation, as the tutorial cuts them.
func load(path string) (x, y, xVal, yVal *tinylstm.Array) {
	reviews := must(tinylstm.LoadIMDB(path, tinylstm.WithNumWords(words)))
	defer reviews.Close()
	train, validation, err := tinylstm.TrainTestSplit(reviews.XTrain().Len(), tinylstm.WithTestSize(0.2), tinylstm.WithRandomState(42))
	try(err)
	x, y = take(reviews, train)
	xVal, yVal = take(reviews, validation)
	return x, y, xVal, yVal
}

// ---- The model ----

func build() *tinylstm.Model {
	return must(tinylstm.NewModel("sequential", 42,
		tinylstm.Input(timesteps),
		tinylstm.Embedding(words, 16),
		tinylstm.LSTM(8),
		tinylstm.Dense(1, tinylstm.Sigmoid)))
}

func train(model *tinylstm.Model, x, y, xVal, yVal *tinylstm.Array) {
	try(model.Compile(
		tinylstm.WithOptimizer("rmsprop", tinylstm.LearningRate(1e-4)),
		tinylstm.WithLoss("binary_crossentropy"),
		tinylstm.WithMetrics("accuracy")))
	history := must(model.Fit(context.Background(), x, y,
		tinylstm.WithEpochs(2), tinylstm.WithBatchSize(64), tinylstm.WithThreads(2), tinylstm.WithValidation(xVal, yVal)))
	defer history.Close()
	var weights []byte
	for i := range model.WeightNames() {
		weight := must(model.Weight(i))
		weights = bytesOf(weights, weight)
		weight.Close()
	}
	printHash("weights", weights)
	for epoch := range history.Epochs() {
		fmt.Printf("history %.17g %.17g %.17g %.17g\n", history.Values("loss")[epoch], history.Values("accuracy")[epoch],
			history.Values("val_loss")[epoch], history.Values("val_accuracy")[epoch])
	}
}

func printPredictions(what string, model *tinylstm.Model, x *tinylstm.Array) {
	rows := make([]int64, samples)
	for i := range rows {
		rows[i] = int64(i)
	}
	first := must(x.Take(rows))
	defer first.Close()
	scores := must(model.Predict(first))
	defer scores.Close()
	printHash(what, bytesOf(nil, scores))
}

func printStream(model *tinylstm.Model, x *tinylstm.Array) {
	tokens := must(tinylstm.View[int32](x))[:timesteps]
	session := must(model.NewSession(1, 0))
	defer session.Close()
	whole, stepped := make([]float32, 1), make([]float32, 1)
	try(session.RunTokens(1, timesteps, tokens, whole))
	for t := range tokens {
		try(session.StepTokens(tokens[t:t+1], stepped))
	}
	if math.Float32bits(whole[0]) == math.Float32bits(stepped[0]) {
		fmt.Println("stream equal")
	} else {
		fmt.Println("stream differs")
	}
}

// ---- Bad input ----

// sample is zeros, but for its last token.
func sample(length int, last int32) *tinylstm.Array {
	tokens := make([]int32, length)
	tokens[length-1] = last
	return must(tinylstm.ArrayOf(tokens, 1, length))
}

func second[T any](_ T, err error) error {
	return err
}

func printErrors(trained *tinylstm.Model, x, y *tinylstm.Array) {
	model, shorter, unknown := build(), sample(50, 0), sample(timesteps, words)
	defer model.Close()
	bad := []error{
		second(tinylstm.LoadModel("missing.h5")),
		second(tinylstm.LoadModelBytes([]byte("this is not a model"))),
		model.Add(tinylstm.Dense(0, tinylstm.Sigmoid)),
		model.Compile(tinylstm.WithOptimizer("rmsprob")),
		model.Compile(tinylstm.WithLoss("mse2")),
		second(model.Fit(context.Background(), x, y)),
		second(trained.Predict(shorter)),
		second(trained.Predict(unknown)),
		model.Compile(tinylstm.WithOptimizer("rmsprop", tinylstm.LearningRate(math.NaN()))),
		trained.Save("no-such-folder/model.h5"),
	}
	for i, err := range bad {
		var failure *tinylstm.Error
		if !errors.As(err, &failure) {
			log.Fatalf("bad input %d gave %v", i+1, err)
		}
		fmt.Printf("error %d %d %s | %s\n", i+1, int32(failure.Code), failure.Where, failure.Message)
	}
}

// ---- Memory ----

func residentKilobytes() (kilobytes int) {
	lines := strings.Split(string(must(os.ReadFile("/proc/self/status"))), "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "VmRSS:") })
	must(fmt.Sscanf(lines[at], "VmRSS: %d", &kilobytes))
	return kilobytes
}

func comeAndGo(times int) {
	for range times {
		model := build()
		try(model.Build())
		session := must(model.NewSession(1, 0))
		session.Close()
		model.Close()
	}
}

func printLeak() {
	comeAndGo(500)
	before := residentKilobytes()
	comeAndGo(10000)
	if grown := residentKilobytes() - before; grown < 1024 {
		fmt.Println("leak ok")
	} else {
		fmt.Printf("leak of %d KB\n", grown)
	}
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("acceptance: ")
	if len(os.Args) < 3 || len(os.Args) > 4 {
		fmt.Fprintln(os.Stderr, "usage: acceptance IMDB_NPZ OUT_DIR [OTHER.h5]")
		os.Exit(2)
	}
	x, y, xVal, yVal := load(os.Args[1])
	model := build()
	defer model.Close()
	train(model, x, y, xVal, yVal)
	path := filepath.Join(os.Args[2], "model.h5")
	try(model.Save(path))
	printHash("file", must(os.ReadFile(path)))
	printPredictions("predict", model, xVal)
	if len(os.Args) == 4 {
		other := must(tinylstm.LoadModel(os.Args[3]))
		printPredictions("other", other, xVal)
		other.Close()
	}
	printStream(model, xVal)
	printErrors(model, x, y)
	printLeak()
}
