// Command imdb is the IMDB tutorial: it trains a small LSTM on film reviews with checkpoints and early
// stopping, leaves best-lstm-model.h5 (which Keras opens too), history.csv and loss.svg, and lets the
// best model judge the test reviews and a sentence.
//
//	imdb [-data imdb.npz] [-word-index FILE] [-epochs N] [-out DIR]
//
// Without -data the reviews are looked for in $TINYLSTM_IMDB and where Keras keeps them; where there
// are none they are generated. Interrupt ends the training, not the program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"libtinylstm/bindings/go/tinylstm"
)

var (
	data      = flag.String("data", "", "`imdb.npz` of Keras")
	wordIndex = flag.String("word-index", "", "`imdb_word_index.json` of Keras")
	epochs    = flag.Int("epochs", 100, "the most `epochs`")
	out       = flag.String("out", ".", "`folder` for what is written")
)

const (
	words     = 500
	timesteps = 100
)

// load gives the reviews, and their words where they are known.
func load() (*tinylstm.Reviews, *tinylstm.Vocabulary, error) {
	reviews, err := tinylstm.LoadIMDB(*data, tinylstm.WithNumWords(words))
	if err == nil {
		vocabulary, err := tinylstm.LoadVocabulary(*wordIndex)
		if err != nil && *wordIndex == "" {
			fmt.Println("There is no word index here (-word-index), so no sentence will be judged.")
			return reviews, nil, nil
		}
		return reviews, vocabulary, err
	}
	if *data != "" || !errors.Is(err, tinylstm.ErrIO) {
		return nil, nil, err
	}
	fmt.Printf("No IMDB reviews (%v), so these are generated ones.\n", err)
	if reviews, err = tinylstm.GenerateReviews(25000, 25000, 42); err != nil {
		return nil, nil, err
	}
	vocabulary, err := tinylstm.GenerateVocabulary()
	return reviews, vocabulary, err
}

// take gives the last 100 words of some training reviews, padded in front, and their labels.
func take(reviews *tinylstm.Reviews, rows []int64) (x, y *tinylstm.Array, err error) {
	taken, err := reviews.XTrain().Take(rows)
	if err != nil {
		return nil, nil, err
	}
	defer taken.Close()
	if x, err = taken.Pad(tinylstm.WithMaxLen(timesteps)); err != nil {
		return nil, nil, err
	}
	y, err = reviews.YTrain().Take(rows)
	return x, y, err
}

func build() (*tinylstm.Model, error) {
	model, err := tinylstm.NewModel("", 42,
		tinylstm.Input(timesteps),
		tinylstm.Embedding(words, 16),
		tinylstm.LSTM(8),
		tinylstm.Dense(1, tinylstm.Sigmoid))
	if err != nil {
		return nil, err
	}
	return model, model.Compile(
		tinylstm.WithOptimizer("rmsprop", tinylstm.LearningRate(1e-4)),
		tinylstm.WithLoss("binary_crossentropy"),
		tinylstm.WithMetrics("accuracy"))
}

// train leaves the best model in the file best. A fifth of the training reviews validates.
func train(ctx context.Context, model *tinylstm.Model, reviews *tinylstm.Reviews, best string) error {
	rows, valRows, err := tinylstm.TrainTestSplit(reviews.XTrain().Len(), tinylstm.WithTestSize(0.2), tinylstm.WithRandomState(42))
	if err != nil {
		return err
	}
	x, y, err := take(reviews, rows)
	if err != nil {
		return err
	}
	xVal, yVal, err := take(reviews, valRows)
	if err != nil {
		return err
	}
	history, err := model.Fit(ctx, x, y,
		tinylstm.WithBatchSize(64),
		tinylstm.WithEpochs(*epochs),
		tinylstm.WithProgress(tinylstm.Bar, nil),
		tinylstm.WithValidation(xVal, yVal),
		tinylstm.WithCallbacks(
			&tinylstm.Checkpoint{Path: best, SaveBestOnly: true},
			&tinylstm.EarlyStopping{Patience: 3, RestoreBestWeights: true, Verbose: true}))
	if err != nil {
		return err
	}
	defer history.Close()
	if err := history.SaveCSV(filepath.Join(*out, "history.csv")); err != nil {
		return err
	}
	return history.SaveSVG("loss", filepath.Join(*out, "loss.svg"))
}

func test(model *tinylstm.Model, reviews *tinylstm.Reviews) error {
	x, err := reviews.XTest().Pad(tinylstm.WithMaxLen(timesteps))
	if err != nil {
		return err
	}
	metrics, err := model.Evaluate(x, reviews.YTest())
	if err != nil {
		return err
	}
	fmt.Printf("Test reviews: %v\n", metrics)
	return nil
}

func judge(model *tinylstm.Model, vocabulary *tinylstm.Vocabulary, sentence string) error {
	tokens, err := vocabulary.Reviews([]string{sentence}, tinylstm.WithNumWords(words))
	if err != nil {
		return err
	}
	x, err := tokens.Pad(tinylstm.WithMaxLen(timesteps))
	if err != nil {
		return err
	}
	y, err := model.Predict(x)
	if err != nil {
		return err
	}
	scores, err := tinylstm.Values[float32](y)
	if err != nil {
		return err
	}
	fmt.Printf("%5.1f %% good: %q\n", 100*scores[0], sentence)
	return nil
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	reviews, vocabulary, err := load()
	if err != nil {
		return err
	}
	defer reviews.Close()
	model, err := build()
	if err != nil {
		return err
	}
	defer model.Close()
	summary, err := model.Summary(0)
	if err != nil {
		return err
	}
	fmt.Println(summary)
	path := filepath.Join(*out, "best-lstm-model.h5")
	if err := train(ctx, model, reviews, path); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	best, err := tinylstm.LoadModel(path)
	if err != nil {
		return err
	}
	defer best.Close()
	if err := test(best, reviews); err != nil || vocabulary == nil {
		return err
	}
	return judge(best, vocabulary, "What a wonderful film, I loved every minute of it, simply great")
}

func main() {
	log.SetFlags(0)
	flag.Parse()
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
