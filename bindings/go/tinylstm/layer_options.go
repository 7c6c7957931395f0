package tinylstm

// #include "shim.h"
import "C"

// settings is what options of layers set; strings that are "" have Keras's default.
type settings struct {
	name                                                    string
	frozen                                                  bool
	activation, recurrentActivation                         Activation
	useBias, unitForgetBias, resetAfter                     bool
	returnSequences, goBackwards, stateful, maskZero        bool
	inputLength                                             int
	dropout, recurrentDropout                               float64
	embeddings, kernel, recurrentKernel, bias               string // initializers
	embeddingsCost, kernelCost, recurrentCost, biasCost     string // regularizers
	embeddingsBound, kernelBound, recurrentBound, biasBound string // constraints
}

// newSettings are Keras's defaults, as C has them.
func newSettings() settings {
	var c C.tlstm_recurrent_options
	C.tlstm_recurrent_options_init(&c)
	return settings{
		activation:          Activation(c.activation),
		recurrentActivation: Activation(c.recurrent_activation),
		useBias:             c.use_bias != 0,
		unitForgetBias:      c.unit_forget_bias != 0,
		resetAfter:          c.reset_after != 0,
	}
}

func (s *settings) embedding(memory *arena) C.tlstm_embedding_options {
	var c C.tlstm_embedding_options
	C.tlstm_embedding_options_init(&c)
	c.name = memory.optional("name", s.name)
	c.embeddings_initializer = memory.optional("embeddings_initializer", s.embeddings)
	c.embeddings_regularizer = memory.optional("embeddings_regularizer", s.embeddingsCost)
	c.embeddings_constraint = memory.optional("embeddings_constraint", s.embeddingsBound)
	c.mask_zero = truth(s.maskZero)
	c.input_length = C.int64_t(s.inputLength)
	c.frozen = truth(s.frozen)
	return c
}

func (s *settings) recurrent(memory *arena) C.tlstm_recurrent_options {
	var c C.tlstm_recurrent_options
	C.tlstm_recurrent_options_init(&c)
	c.name = memory.optional("name", s.name)
	c.activation = C.int32_t(s.activation)
	c.recurrent_activation = C.int32_t(s.recurrentActivation)
	c.use_bias = truth(s.useBias)
	c.return_sequences = truth(s.returnSequences)
	c.go_backwards = truth(s.goBackwards)
	c.stateful = truth(s.stateful)
	c.unit_forget_bias = truth(s.unitForgetBias)
	c.reset_after = truth(s.resetAfter)
	c.dropout = C.double(s.dropout)
	c.recurrent_dropout = C.double(s.recurrentDropout)
	c.kernel_initializer = memory.optional("kernel_initializer", s.kernel)
	c.recurrent_initializer = memory.optional("recurrent_initializer", s.recurrentKernel)
	c.bias_initializer = memory.optional("bias_initializer", s.bias)
	c.kernel_regularizer = memory.optional("kernel_regularizer", s.kernelCost)
	c.recurrent_regularizer = memory.optional("recurrent_regularizer", s.recurrentCost)
	c.bias_regularizer = memory.optional("bias_regularizer", s.biasCost)
	c.kernel_constraint = memory.optional("kernel_constraint", s.kernelBound)
	c.recurrent_constraint = memory.optional("recurrent_constraint", s.recurrentBound)
	c.bias_constraint = memory.optional("bias_constraint", s.biasBound)
	c.frozen = truth(s.frozen)
	return c
}

func (s *settings) dense(memory *arena) C.tlstm_dense_options {
	var c C.tlstm_dense_options
	C.tlstm_dense_options_init(&c)
	c.name = memory.optional("name", s.name)
	c.use_bias = truth(s.useBias)
	c.kernel_initializer = memory.optional("kernel_initializer", s.kernel)
	c.bias_initializer = memory.optional("bias_initializer", s.bias)
	c.kernel_regularizer = memory.optional("kernel_regularizer", s.kernelCost)
	c.bias_regularizer = memory.optional("bias_regularizer", s.biasCost)
	c.kernel_constraint = memory.optional("kernel_constraint", s.kernelBound)
	c.bias_constraint = memory.optional("bias_constraint", s.biasBound)
	c.frozen = truth(s.frozen)
	return c
}

// EmbeddingOption is an argument of [Embedding].
type EmbeddingOption interface{ embedding(*settings) }

// RecurrentOption is an argument of [LSTM], [GRU] and [SimpleRNN]; a layer ignores what it has not.
type RecurrentOption interface{ recurrent(*settings) }

// DenseOption is an argument of [Dense].
type DenseOption interface{ dense(*settings) }

// KernelOption is an argument of layers with a kernel.
type KernelOption interface {
	RecurrentOption
	DenseOption
}

// WeightOption is an argument of all layers with weights.
type WeightOption interface {
	EmbeddingOption
	KernelOption
}

// NameOption is an argument of all layers.
type NameOption interface {
	WeightOption
	named(*settings)
}

// What an option is for is told by its methods.
type (
	embeddingOption func(*settings)
	recurrentOption func(*settings)
	kernelOption    func(*settings)
	nameOption      func(*settings)
)

func (set embeddingOption) embedding(s *settings) { set(s) }
func (set recurrentOption) recurrent(s *settings) { set(s) }
func (set kernelOption) recurrent(s *settings)    { set(s) }
func (set kernelOption) dense(s *settings)        { set(s) }
func (set nameOption) embedding(s *settings)      { set(s) }
func (set nameOption) recurrent(s *settings)      { set(s) }
func (set nameOption) dense(s *settings)          { set(s) }
func (set nameOption) named(s *settings)          { set(s) }

// WithName sets a layer's name; without it, "lstm", "lstm_1", ...
func WithName(name string) NameOption {
	return nameOption(func(s *settings) { s.name = name })
}

// WithFrozen keeps a layer's weights as they are: Keras's trainable=False.
func WithFrozen() WeightOption {
	return nameOption(func(s *settings) { s.frozen = true })
}

// WithMaskZero makes token 0 padding, which later layers skip.
func WithMaskZero() EmbeddingOption {
	return embeddingOption(func(s *settings) { s.maskZero = true })
}

// WithInputLength says the timesteps where no input layer does.
func WithInputLength(timesteps int) EmbeddingOption {
	return embeddingOption(func(s *settings) { s.inputLength = timesteps })
}

// Initializers, regularizers and constraints are named as in Keras ("glorot_uniform", "l2"), or
// given as Keras's JSON object.

// WithEmbeddingsInitializer sets the initializer of the embeddings; without it, "uniform".
func WithEmbeddingsInitializer(initializer string) EmbeddingOption {
	return embeddingOption(func(s *settings) { s.embeddings = initializer })
}

// WithEmbeddingsRegularizer sets the regularizer of the embeddings.
func WithEmbeddingsRegularizer(regularizer string) EmbeddingOption {
	return embeddingOption(func(s *settings) { s.embeddingsCost = regularizer })
}

// WithEmbeddingsConstraint sets the constraint of the embeddings.
func WithEmbeddingsConstraint(constraint string) EmbeddingOption {
	return embeddingOption(func(s *settings) { s.embeddingsBound = constraint })
}

// WithActivation sets the activation of the output; without it, Tanh.
func WithActivation(activation Activation) RecurrentOption {
	return recurrentOption(func(s *settings) { s.activation = activation })
}

// WithRecurrentActivation sets the activation of the gates of LSTM and GRU; without it, Sigmoid.
func WithRecurrentActivation(activation Activation) RecurrentOption {
	return recurrentOption(func(s *settings) { s.recurrentActivation = activation })
}

// WithReturnSequences puts all outputs out, (timesteps, units), not the last one alone.
func WithReturnSequences() RecurrentOption {
	return recurrentOption(func(s *settings) { s.returnSequences = true })
}

// WithGoBackwards goes through the timesteps from the last to the first.
func WithGoBackwards() RecurrentOption {
	return recurrentOption(func(s *settings) { s.goBackwards = true })
}

// WithStateful carries the state from batch to batch.
func WithStateful() RecurrentOption {
	return recurrentOption(func(s *settings) { s.stateful = true })
}

// WithUnitForgetBias says whether the bias of LSTM's forget gate starts at 1; it does, without it.
func WithUnitForgetBias(one bool) RecurrentOption {
	return recurrentOption(func(s *settings) { s.unitForgetBias = one })
}

// WithResetAfter chooses GRU's form: true is that of Keras 2 and 3, false that of the paper.
func WithResetAfter(after bool) RecurrentOption {
	return recurrentOption(func(s *settings) { s.resetAfter = after })
}

// WithDropout drops inputs, with one mask a sample for all timesteps.
func WithDropout(rate float64) RecurrentOption {
	return recurrentOption(func(s *settings) { s.dropout = rate })
}

// WithRecurrentDropout drops from the recurrent state.
func WithRecurrentDropout(rate float64) RecurrentOption {
	return recurrentOption(func(s *settings) { s.recurrentDropout = rate })
}

// WithRecurrentInitializer sets the initializer of the recurrent kernel; without it, "orthogonal".
func WithRecurrentInitializer(initializer string) RecurrentOption {
	return recurrentOption(func(s *settings) { s.recurrentKernel = initializer })
}

// WithRecurrentRegularizer sets the regularizer of the recurrent kernel.
func WithRecurrentRegularizer(regularizer string) RecurrentOption {
	return recurrentOption(func(s *settings) { s.recurrentCost = regularizer })
}

// WithRecurrentConstraint sets the constraint of the recurrent kernel.
func WithRecurrentConstraint(constraint string) RecurrentOption {
	return recurrentOption(func(s *settings) { s.recurrentBound = constraint })
}

// WithoutBias leaves the bias out.
func WithoutBias() KernelOption {
	return kernelOption(func(s *settings) { s.useBias = false })
}

// WithKernelInitializer sets the initializer of the kernel; without it, "glorot_uniform".
func WithKernelInitializer(initializer string) KernelOption {
	return kernelOption(func(s *settings) { s.kernel = initializer })
}

// WithKernelRegularizer sets the regularizer of the kernel.
func WithKernelRegularizer(regularizer string) KernelOption {
	return kernelOption(func(s *settings) { s.kernelCost = regularizer })
}

// WithKernelConstraint sets the constraint of the kernel.
func WithKernelConstraint(constraint string) KernelOption {
	return kernelOption(func(s *settings) { s.kernelBound = constraint })
}

// WithBiasInitializer sets the initializer of the bias; without it, "zeros".
func WithBiasInitializer(initializer string) KernelOption {
	return kernelOption(func(s *settings) { s.bias = initializer })
}

// WithBiasRegularizer sets the regularizer of the bias.
func WithBiasRegularizer(regularizer string) KernelOption {
	return kernelOption(func(s *settings) { s.biasCost = regularizer })
}

// WithBiasConstraint sets the constraint of the bias.
func WithBiasConstraint(constraint string) KernelOption {
	return kernelOption(func(s *settings) { s.biasBound = constraint })
}
