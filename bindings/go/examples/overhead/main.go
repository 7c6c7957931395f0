// Command overhead is tests/acceptance/overhead.c in Go: what a call costs on one sample, as a whole
// sequence of 100 tokens and as one step of a stream. It also tells what a bare call of C costs.
package main

// static void nothing(void) {}
import "C"

import (
	"fmt"
	"log"
	"slices"
	"time"

	"libtinylstm/bindings/go/tinylstm"
)

const (
	timesteps = 100
	words     = 500
	blocks    = 101
)

// measure times blocks of calls, because one call is shorter than the clock is good, and prints the
// median of the blocks.
func measure(what string, calls int, call func(i int) error) {
	nanoseconds := make([]float64, blocks)
	for block := range nanoseconds {
		start := time.Now()
		for i := range calls {
			if err := call(i); err != nil {
				log.Fatal(err)
			}
		}
		nanoseconds[block] = float64(time.Since(start).Nanoseconds()) / float64(calls)
	}
	slices.Sort(nanoseconds)
	fmt.Printf("{\"what\": %q, \"language\": \"go\", \"median_ns\": %.1f}\n", what, nanoseconds[blocks/2])
}

func main() {
	model, err := tinylstm.NewModel("", 42,
		tinylstm.Input(timesteps), tinylstm.Embedding(words, 16), tinylstm.LSTM(8), tinylstm.Dense(1, tinylstm.Sigmoid))
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	if err := model.Build(); err != nil {
		log.Fatal(err)
	}
	session, err := model.NewSession(1, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer session.Close()
	tokens := make([]int32, 2*timesteps)
	for i := range tokens {
		tokens[i] = int32(i * 7 % words)
	}
	y := make([]float32, 1)
	measure("run1", 200, func(i int) error {
		at := i % timesteps
		return session.RunTokens(1, timesteps, tokens[at:at+timesteps], y)
	})
	measure("step", 20000, func(i int) error {
		at := i % timesteps
		return session.StepTokens(tokens[at:at+1], y)
	})
	measure("cgo_call", 20000, func(int) error {
		C.nothing()
		return nil
	})
}
