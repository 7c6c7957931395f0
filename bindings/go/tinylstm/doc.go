// Package tinylstm trains and runs Keras-style recurrent networks: it reads the model files that
// Keras writes, writes files that Keras reads, and computes what Keras computes. It stands on the C
// library libtinylstm, which pkg-config must find.
//
// # Lifetime
//
// Models, sessions, arrays and the other types with a Close method hold memory outside of Go. Close
// gives it back, may be called again, and makes every later call on the value an error that is
// [ErrClosed]. A value that is forgotten is closed by the garbage collector, sooner or later.
// Values that live on another one keep it: a model's memory goes when the model and the last
// session on it are closed, in any order.
//
// # Errors
//
// A failing call returns an [*Error] with the code, the message and the place. Its [Code] is a
// sentinel:
//
//	if errors.Is(err, tinylstm.ErrShape) { ... }
//
// # Goroutines
//
// Two goroutines may use two values at once. One value may be used by two goroutines at once as
// follows:
//
//   - [Model]: the methods that do not change it (Predict, Evaluate, Save, Weight, Summary, ...)
//     and sessions on it, from any number of goroutines. A method that changes it (Add, Build,
//     Compile, Fit, LoadWeights, SetWeight, ...) excludes all others. Breaking this rule is an error
//     where it is noticed, and always a report of the race detector.
//   - [Session]: one goroutine at a time. Give each its own; they are cheap.
//   - [Array], [Sequences], [Reviews], [Vocabulary], [History]: reading, from any number.
//   - Close: never while another goroutine uses the value.
//
// No goroutine is tied to a thread, and no call needs [runtime.LockOSThread].
package tinylstm
