package tinylstm_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"libtinylstm/bindings/go/tinylstm"
)

// Film reviews are good or bad: the tutorial's model on generated ones.
func Example() {
	reviews, err := tinylstm.GenerateReviews(640, 1, 42)
	if err != nil {
		log.Fatal(err)
	}
	defer reviews.Close()
	x, err := reviews.XTrain().Pad(tinylstm.WithMaxLen(100))
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()

	model, err := tinylstm.NewModel("", 42,
		tinylstm.Input(100),
		tinylstm.Embedding(500, 16),
		tinylstm.LSTM(8),
		tinylstm.Dense(1, tinylstm.Sigmoid))
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	err = model.Compile(
		tinylstm.WithOptimizer("rmsprop", tinylstm.LearningRate(1e-4)),
		tinylstm.WithLoss("binary_crossentropy"),
		tinylstm.WithMetrics("accuracy"))
	if err != nil {
		log.Fatal(err)
	}
	history, err := model.Fit(context.Background(), x, reviews.YTrain(), tinylstm.WithEpochs(2))
	if err != nil {
		log.Fatal(err)
	}
	defer history.Close()
	fmt.Println(model.Params(), "parameters,", history.Epochs(), "epochs of", history.Columns())
	// Output: 8809 parameters, 2 epochs of [loss accuracy]
}

// One token of a stream at a time.
func ExampleSession_StepTokens() {
	model, err := tinylstm.NewModel("", 42,
		tinylstm.Input(-1), tinylstm.Embedding(10, 4), tinylstm.LSTM(3), tinylstm.Dense(2, tinylstm.Softmax))
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	if err := model.Build(); err != nil {
		log.Fatal(err)
	}
	session, err := model.NewSession(1, 1)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	y := make([]float32, 2)
	for _, token := range []int32{1, 2, 3} {
		if err := session.StepTokens([]int32{token}, y); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%.3f\n", y[0]+y[1])
	}
	// Output:
	// 1.000
	// 1.000
	// 1.000
}

// An error tells what it is, where, and why.
func ExampleError() {
	_, err := tinylstm.LoadModelBytes([]byte("this is not a model"))
	var failure *tinylstm.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Where, "-", failure.Message)
	}
	fmt.Println(errors.Is(err, tinylstm.ErrFormat))
	// Output:
	// memory - not a model file, or a damaged one
	// true
}

// A fit that takes too long is ended by its context.
func ExampleModel_Fit() {
	model, err := tinylstm.NewModel("", 42, tinylstm.Input(1), tinylstm.Dense(1, tinylstm.Linear))
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	if err := model.Compile(tinylstm.WithOptimizer("sgd"), tinylstm.WithLoss("mse")); err != nil {
		log.Fatal(err)
	}
	x, err := tinylstm.ArrayOf([]float32{1, 2, 3, 4}, 4, 1)
	if err != nil {
		log.Fatal(err)
	}
	defer x.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = model.Fit(ctx, x, x, tinylstm.WithEpochs(1_000_000_000))
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}
