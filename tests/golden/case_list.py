"""The project's own golden cases, as plain descriptions: what make_cases.py has Keras build and train.

A case is small: it exists to be wrong when one rule of Keras is got wrong, not to learn anything.
"""
from dataclasses import dataclass, field

VOCABULARY, WIDTH, STEPS = 23, 4, 7


@dataclass
class Case:
    name: str
    about: str
    layers: list                        # [[class, arguments], ...], or [class, arguments, inner layer]
    input: dict                         # {"kind": "tokens" | "float" | "onehot", "shape": [...], ...}
    target: dict = field(default_factory=lambda: {"kind": "binary"})
    loss: list = field(default_factory=lambda: ["BinaryCrossentropy", {}])
    optimizer: list = field(default_factory=lambda: ["RMSprop", {"learning_rate": 0.02}])
    metrics: list = field(default_factory=lambda: ["accuracy"])
    rows: int = 5
    train: dict = None                  # {"n", "val", "batch", "epochs"}; None: not recorded
    keras3: bool = False                # Keras 3 writes and trains it too
    spread: float = 0.2                 # deviation of what is added to every start weight; 0: Keras's own
    flags: dict = field(default_factory=dict)
    seed: int = 0


# ---- Pieces ----------------------------------------------------------------------------------------

def embedding(**more):
    return ["Embedding", dict(input_dim=VOCABULARY, output_dim=WIDTH, **more)]


def rnn(kind, units, **more):
    return [kind, dict(units=units, **more)]


def dense(units=1, activation="sigmoid", **more):
    return ["Dense", dict(units=units, activation=activation, **more)]


def tokens(steps=STEPS, vocabulary=VOCABULARY, padded=False, batch=None):
    return {"kind": "tokens", "shape": [steps], "vocab": vocabulary, "mask": "mixed" if padded else None, "batch": batch}


def floats(*shape, batch=None):
    return {"kind": "float", "shape": list(shape), "mask": None, "batch": batch}


def run(epochs=2, n=20, val=7, batch=6):
    """A recorded training; the last batch is a partial one."""
    return {"n": n, "val": val, "batch": batch, "epochs": epochs}


MSE = ["MeanSquaredError", {}]
SPARSE = ["SparseCategoricalCrossentropy", {}]
CATEGORICAL = ["CategoricalCrossentropy", {}]
RECURRENT = [("lstm", "LSTM", {}), ("gru", "GRU", {}), ("gru-before", "GRU", {"reset_after": False}),
             ("simplernn", "SimpleRNN", {})]


# ---- The list --------------------------------------------------------------------------------------

def tutorial():
    yield Case("tutorial-lstm", "Embedding, LSTM, Dense as in the tutorial, Keras's own start weights",
               [["Embedding", {"input_dim": 40, "output_dim": 8}], rnn("LSTM", 6), dense()], tokens(17, 40),
               optimizer=["RMSprop", {"learning_rate": 1e-3}], train=run(4, 37, 11, 8), keras3=True, spread=0)
    for name, kind, more in RECURRENT:
        yield Case("one-" + name, "one %s after an Embedding" % kind, [embedding(), rnn(kind, 6, **more), dense()],
                   tokens(), train=run(3), keras3=True)
        yield Case("two-" + name, "two stacked %s" % kind,
                   [embedding(), rnn(kind, 4, return_sequences=True, **more), rnn(kind, 3, **more), dense()],
                   tokens(), train=run(), keras3=name in ("lstm", "gru"))
        yield Case("regression-" + name, "%s on features, linear output" % kind,
                   [rnn(kind, 4, **more), dense(2, "linear")], floats(8, 3), {"kind": "float", "shape": [2]}, MSE,
                   metrics=["mae"], train=run(), keras3=True)
        yield Case("sequence-" + name, "an output for every timestep",
                   [embedding(), rnn(kind, 5, return_sequences=True, **more), dense()], tokens(),
                   {"kind": "binary_seq"}, train=run())
        yield Case("nobias-" + name, "use_bias=False everywhere",
                   [embedding(), rnn(kind, 4, use_bias=False, **more), dense(use_bias=False)], tokens(), train=run())
        yield Case("backwards-" + name, "go_backwards=True",
                   [embedding(), rnn(kind, 4, go_backwards=True, **more), dense()], tokens(), train=run(),
                   keras3=name == "gru")
        yield Case("masked-" + name, "mask_zero: padding before, behind, inside, and a row of nothing else",
                   [embedding(mask_zero=True), rnn(kind, 5, **more), dense()], tokens(padded=True), train=run(),
                   keras3=True)
        yield Case("stateful-" + name, "state kept from batch to batch",
                   [rnn(kind, 4, stateful=True, **more), dense(1, "linear")], floats(5, 3, batch=3),
                   {"kind": "float", "shape": [1]}, MSE, metrics=["mae"], rows=3, flags={"stateful": True})
    for units in (1, 2, 7, 9, 16, 19):
        yield Case("lstm-width-%d" % units, "an LSTM of %d units" % units, [rnn("LSTM", units), dense()], floats(6, 3),
                   train=run())
    for units in (1, 13):
        yield Case("gru-width-%d" % units, "a GRU of %d units" % units, [rnn("GRU", units), dense()], floats(6, 3), train=run())


def masks():
    yield Case("masked-two-layers", "the mask goes through a layer that returns sequences",
               [embedding(mask_zero=True), rnn("GRU", 3, return_sequences=True), rnn("LSTM", 4), dense()],
               tokens(padded=True), train=run())
    yield Case("masked-backwards", "a mask and go_backwards",
               [embedding(mask_zero=True), rnn("GRU", 4, go_backwards=True), dense()], tokens(padded=True))
    yield Case("masked-dropout", "a mask through Dropout",
               [embedding(mask_zero=True), ["Dropout", {"rate": 0.4}], rnn("LSTM", 4), dense()], tokens(padded=True))
    yield Case("masked-loss", "a mask that reaches the loss: masked timesteps do not count",
               [embedding(mask_zero=True), rnn("LSTM", 4, return_sequences=True), dense()], tokens(padded=True),
               {"kind": "binary_seq"}, train=run())
    yield Case("backwards-sequence", "go_backwards with return_sequences: outputs stay reversed",
               [embedding(), rnn("LSTM", 4, go_backwards=True, return_sequences=True), dense()], tokens(),
               {"kind": "binary_seq"}, train=run())
    yield Case("stateful-two-layers", "two stateful layers",
               [rnn("GRU", 3, stateful=True, return_sequences=True), rnn("LSTM", 4, stateful=True), dense(1, "linear")],
               floats(5, 2, batch=4), {"kind": "float", "shape": [1]}, MSE, metrics=["mae"], rows=4,
               flags={"stateful": True})


def activations():
    everywhere = ("linear", "sigmoid", "relu", "elu", "selu", "softplus", "softsign", "hard_sigmoid", "swish", "gelu")
    for name in everywhere:
        yield Case("lstm-" + name.replace("_", "-"), "LSTM(activation=%s)" % name,
                   [embedding(), rnn("LSTM", 4, activation=name), dense()], tokens(), spread=0.1,
                   keras3=name == "hard_sigmoid")
    for name in everywhere + ("tanh", "exponential"):
        yield Case("dense-" + name.replace("_", "-"), "Dense(activation=%s) in the middle" % name,
                   [["Flatten", {}], dense(6, name), dense()], floats(3, 4), spread=0.4,
                   keras3=name in ("hard_sigmoid", "gelu"))
    for kind in ("LSTM", "GRU"):
        yield Case("%s-recurrent-hard-sigmoid" % kind.lower(), "each Keras has a hard_sigmoid of its own",
                   [embedding(), rnn(kind, 4, recurrent_activation="hard_sigmoid"), dense()], tokens(),
                   train=run(), keras3=True, spread=0.6)
    yield Case("gru-relu", "GRU(activation=relu)", [embedding(), rnn("GRU", 4, activation="relu"), dense()], tokens())
    yield Case("simplernn-softsign", "SimpleRNN(activation=softsign)",
               [embedding(), rnn("SimpleRNN", 4, activation="softsign"), dense()], tokens())
    yield Case("activation-layers", "Activation as a layer, softmax too",
               [["Flatten", {}], dense(5, "linear"), ["Activation", {"activation": "tanh"}], dense(3, "linear"),
                ["Activation", {"activation": "softmax"}]], floats(3, 4), {"kind": "int", "n": 3}, SPARSE, train=run())


def stacks():
    yield Case("dense-onehot", "the tutorial's dense model on one-hot words",
               [["Flatten", {}], dense(7, "relu"), dense(5, "relu"), dense()],
               {"kind": "onehot", "shape": [6, 11], "mask": None, "batch": None}, train=run(), keras3=True)
    yield Case("embedding-flatten", "Embedding, Flatten, Dense", [embedding(), ["Flatten", {}], dense()], tokens(),
               train=run())
    yield Case("dropout-inference", "dropout of every kind does nothing in predict",
               [embedding(), rnn("LSTM", 5, dropout=0.3, recurrent_dropout=0.2), ["Dropout", {"rate": 0.5}], dense()],
               tokens(), keras3=True)
    yield Case("forget-bias-off", "LSTM(unit_forget_bias=False)",
               [embedding(), rnn("LSTM", 4, unit_forget_bias=False), dense()], tokens(), train=run(), spread=0)
    yield Case("functional", "the functional API", [embedding(), rnn("LSTM", 4), dense()], tokens(), train=run(),
               keras3=True, flags={"functional": True})
    yield Case("names-own", "layer names chosen by the user",
               [embedding(name="words"), rnn("LSTM", 4, name="memory.1"), dense(name="verdict")], tokens(), train=run(),
               keras3=True)
    yield Case("names-clash", "two layers of each class",
               [embedding(), rnn("GRU", 3, return_sequences=True), rnn("GRU", 3), dense(4, "tanh"), dense()], tokens(),
               train=run())
    yield Case("frozen-embedding", "trainable=False on the first layer",
               [embedding(trainable=False), rnn("LSTM", 4), dense()], tokens(), train=run(), keras3=True)
    yield Case("frozen-middle", "trainable=False between trainable layers",
               [embedding(), rnn("GRU", 4, trainable=False), dense()], tokens(), train=run())
    yield Case("regularizers", "l1, l2 and both; the loss includes them",
               [embedding(embeddings_regularizer={"L2": {"l2": 0.02}}),
                rnn("LSTM", 4, kernel_regularizer={"L1": {"l1": 0.003}}, recurrent_regularizer={"L2": {"l2": 0.01}},
                    bias_regularizer={"L1L2": {"l1": 0.002, "l2": 0.004}}),
                dense(kernel_regularizer={"L2": {"l2": 0.03}})], tokens(), train=run(), keras3=True)
    yield Case("constraints", "weights pushed back after each step",
               [embedding(embeddings_constraint={"MaxNorm": {"max_value": 0.5, "axis": 1}}),
                rnn("LSTM", 4, kernel_constraint={"MaxNorm": {"max_value": 0.7, "axis": 0}},
                    recurrent_constraint={"UnitNorm": {"axis": 0}}, bias_constraint={"NonNeg": {}}),
                dense(kernel_constraint={"MinMaxNorm": {"min_value": 0.4, "max_value": 0.9, "rate": 1.0, "axis": 0}})],
               tokens(), train=run(), spread=0.3)
    yield Case("initializers", "they stand in the configuration and change nothing later",
               [embedding(embeddings_initializer={"RandomNormal": {"mean": 0.0, "stddev": 0.2, "seed": 5}}),
                rnn("GRU", 4, kernel_initializer="he_uniform", recurrent_initializer="identity", bias_initializer="ones"),
                dense(kernel_initializer={"TruncatedNormal": {"mean": 0.0, "stddev": 0.3, "seed": 3}})],
               tokens(), train=run(), spread=0)
    yield Case("uncompiled", "saved without compile()", [embedding(), rnn("LSTM", 4), dense()], tokens(), keras3=True,
               flags={"not_compiled": True})
    yield Case("untrained", "compiled, never trained", [embedding(), rnn("LSTM", 4), dense()], tokens(), keras3=True,
               flags={"untrained": True})
    yield Case("compiled-by-name", "optimizer='adam', loss='mse': names instead of objects",
               [rnn("LSTM", 4), dense()], floats(6, 3), {"kind": "float", "shape": [1]}, ["mse", None], ["adam", None],
               metrics=[], train=run())
    for kind, layer in (("Bidirectional", ["Bidirectional", {}, rnn("LSTM", 3)]),
                        ("GlobalMaxPooling1D", ["GlobalMaxPooling1D", {}]),
                        ("TimeDistributed", ["TimeDistributed", {}, dense(2, "relu")])):
        yield Case("other-" + kind.lower(), "a layer that may be missing, and must then be named",
                   [embedding(), rnn("LSTM", 3, return_sequences=True), layer, ["Flatten", {}], dense()], tokens())


def losses():
    def body(last):
        return [embedding(), rnn("LSTM", 4), last]
    yield Case("bce-logits", "from_logits", body(dense(1, "linear")), tokens(), loss=["BinaryCrossentropy", {"from_logits": True}], train=run())
    yield Case("bce-smoothing", "label_smoothing", body(dense()), tokens(), loss=["BinaryCrossentropy", {"label_smoothing": 0.15}], train=run())
    yield Case("bce-many", "several labels at once", body(dense(3)), tokens(), {"kind": "binary", "shape": [3]}, train=run())
    yield Case("bce-sum", "reduction='sum'", body(dense()), tokens(), loss=["BinaryCrossentropy", {"reduction": "sum"}], train=run())
    yield Case("bce-hard-sigmoid", "probabilities that are no sigmoid's", body(dense(1, "hard_sigmoid")), tokens(), train=run())
    yield Case("bce-saturated", "a sigmoid at exactly 0 or 1: the loss comes from the logits", body(dense()), tokens(),
               train=run(), spread=0.3, keras3=True, flags={"scale_last": 300.0})
    yield Case("cce", "softmax and one-hot targets", body(dense(4, "softmax")), tokens(), {"kind": "onehot", "n": 4}, CATEGORICAL,
               train=run(), keras3=True)
    yield Case("cce-logits", "from_logits", body(dense(3, "linear")), tokens(), {"kind": "onehot", "n": 3},
               ["CategoricalCrossentropy", {"from_logits": True}], train=run())
    yield Case("cce-smoothing", "label_smoothing", body(dense(3, "softmax")), tokens(), {"kind": "onehot", "n": 3},
               ["CategoricalCrossentropy", {"label_smoothing": 0.2}], train=run())
    yield Case("cce-sigmoid", "categorical loss after a sigmoid", body(dense(3)), tokens(), {"kind": "onehot", "n": 3}, CATEGORICAL, train=run())
    yield Case("cce-relu", "categorical loss after neither: outputs are normalised", body(dense(3, "softplus")), tokens(),
               {"kind": "onehot", "n": 3}, CATEGORICAL, train=run())
    yield Case("cce-saturated", "a softmax at exactly 0 or 1", body(dense(3, "softmax")), tokens(), {"kind": "onehot", "n": 3},
               CATEGORICAL, train=run(), spread=0.3, flags={"scale_last": 300.0})
    yield Case("scce", "softmax and class numbers", body(dense(4, "softmax")), tokens(), {"kind": "int", "n": 4}, SPARSE, train=run(), keras3=True)
    yield Case("scce-logits", "from_logits", body(dense(5, "linear")), tokens(), {"kind": "int", "n": 5},
               ["SparseCategoricalCrossentropy", {"from_logits": True}], train=run())
    yield Case("mse-many", "mean over outputs, then samples", body(dense(3, "tanh")), tokens(), {"kind": "float", "shape": [3]}, MSE,
               metrics=["mae"], train=run())
    yield Case("sample-weight", "weights of samples, some zero", body(dense()), tokens(), train=run(), flags={"sample_weight": True})
    yield Case("sample-weight-steps", "weights of timesteps", [embedding(), rnn("LSTM", 3, return_sequences=True), dense()],
               tokens(), {"kind": "binary_seq"}, train=run(), flags={"sample_weight": "temporal"})
    yield Case("class-weight", "weights of two classes", body(dense()), tokens(), train=run(), flags={"class_weight": {"0": 0.4, "1": 1.7}})
    yield Case("class-weight-many", "weights of class numbers", body(dense(3, "softmax")), tokens(), {"kind": "int", "n": 3}, SPARSE,
               train=run(), flags={"class_weight": {"0": 0.4, "1": 1.7, "2": 1.0}})


def optimizers():
    for name, kind, arguments in (
            ("sgd", "SGD", {"learning_rate": 0.4}),
            ("sgd-momentum", "SGD", {"learning_rate": 0.15, "momentum": 0.8}),
            ("sgd-nesterov", "SGD", {"learning_rate": 0.15, "momentum": 0.8, "nesterov": True}),
            ("rmsprop", "RMSprop", {"learning_rate": 0.03}),
            ("rmsprop-rho", "RMSprop", {"learning_rate": 0.03, "rho": 0.75, "epsilon": 0.002}),
            ("rmsprop-momentum", "RMSprop", {"learning_rate": 0.01, "momentum": 0.85}),
            ("rmsprop-centered", "RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.5}),
            ("adam", "Adam", {"learning_rate": 0.04}),
            ("adam-betas", "Adam", {"learning_rate": 0.04, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-4}),
            ("adam-amsgrad", "Adam", {"learning_rate": 0.04, "amsgrad": True})):
        yield Case("opt-" + name, "%s %s" % (kind, arguments), [embedding(), rnn("LSTM", 3), dense()], tokens(),
                   optimizer=[kind, arguments], train=run(), flags={"resume": True})
        yield Case("features-" + name, "the same on features, where Keras 2 and 3 agree", [rnn("GRU", 3), dense()], floats(6, 3),
                   optimizer=[kind, arguments], train=run(), keras3=True, flags={"resume": True})
    for name, kind, arguments in (
            ("adamw", "AdamW", {"learning_rate": 0.04, "weight_decay": 0.03}),
            ("adamax", "Adamax", {"learning_rate": 0.04}),
            ("adagrad", "Adagrad", {"learning_rate": 0.15, "initial_accumulator_value": 0.05}),
            ("adadelta", "Adadelta", {"learning_rate": 1.0, "rho": 0.9}),
            ("nadam", "Nadam", {"learning_rate": 0.04}),
            ("sgd-clipnorm", "SGD", {"learning_rate": 1.0, "clipnorm": 0.04}),
            ("adam-global-clipnorm", "Adam", {"learning_rate": 0.04, "global_clipnorm": 0.05}),
            ("rmsprop-decay", "RMSprop", {"learning_rate": 0.02, "weight_decay": 0.03})):
        yield Case("features-" + name, "%s %s on features" % (kind, arguments), [rnn("LSTM", 3), dense()], floats(6, 3),
                   optimizer=[kind, arguments], train=run(), keras3=True, flags={"resume": True})


def all_cases():
    cases = [case for part in (tutorial, masks, activations, stacks, losses, optimizers) for case in part()]
    for number, case in enumerate(cases):
        case.seed = 52000 + 7 * number
        if case.train and case.name.startswith(("one-", "tutorial", "functional", "dense-onehot")):
            case.flags = dict(case.flags, resume=True)
    assert len({case.name for case in cases}) == len(cases)
    return cases
