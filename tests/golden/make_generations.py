#!/usr/bin/env python3
"""The same few models as each generation of Keras writes them, and what it predicts with them.

    PYTHONPATH=DIR_OF_KERAS python make_generations.py --out DIR

Runs under whatever Keras is installed (stand-alone Keras 1 with Theano or 2 with TensorFlow 1, tf.keras
of TensorFlow 1 and 2 where only that is there or --tf is given, tf_keras with --tf-keras, Keras 3), and so
sticks to what all Pythons from 3.6 on have. It makes <DIR>/<version>-<model>/ with every kind of file that
this Keras writes, and expected.h5: `x` and `predict`, and, where chance has no part in training, `y`,
`resume/loss` and `resume/predict`: one more epoch from the saved state. Then pack.py.

Models of CuDNN layers are made, but run nowhere without a GPU: what they predict is what the same Keras
predicts with plain layers, into which it has converted the weights. What models in half precision predict
is what Keras predicts with their weights in float32.
"""
import argparse
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np

SAMPLES, STEPS, WORDS, EMBEDDED, FEATURES, UNITS = 24, 6, 12, 4, 3, 5

# Dropout, or training in another precision than ours, or none.
RANDOM = ("rnn", "settings", "cudnn", "float64", "bfloat16", "mixed")
# What a reader has to convert, besides the arrays of Keras 1.
CONVERTED = ("cudnn", "float64", "bfloat16", "mixed")


def pick_keras(chosen):
    """The module, its version as numbers, and what to call it."""
    if chosen.tf_keras:
        import tf_keras as keras
        return keras, "tf_keras" + keras.__version__
    if chosen.tf:
        import tensorflow as tf
        return tf.keras, "tf" + tf.__version__
    import keras
    return keras, "keras" + keras.__version__


def words_and_floats(seed=3):
    random = np.random.RandomState(seed)
    words = random.randint(1, WORDS, (SAMPLES, STEPS)).astype("int32")
    floats = random.normal(size=(SAMPLES, STEPS, FEATURES)).astype("float32")
    y = random.randint(0, 2, (SAMPLES, 1)).astype("float32")
    return words, floats, y


class Maker:
    def __init__(self, keras, tag, out):
        self.keras, self.layers, self.tag, self.out = keras, keras.layers, tag, out
        digits = tag.lstrip("abcdefghijklmnopqrstuvwxyz_").split(".")
        self.version = (int(digits[0]), int(digits[1]))
        self.old = self.version[0] == 1 and tag.startswith("keras")
        self.three = self.version[0] >= 3
        self.words, self.floats, self.y = words_and_floats()

    # The models. What is not said here is the generation's default: that is what is tested.

    def dense(self, units, **more):
        return self.layers.Dense(units, activation="sigmoid", **more)

    def sequential(self, *layers):
        model = self.keras.models.Sequential()
        for layer in layers:
            model.add(layer)
        return model

    def embedding(self, **more):
        return self.layers.Embedding(WORDS, EMBEDDED, input_length=STEPS, **more) if not self.three else \
            self.layers.Embedding(WORDS, EMBEDDED, **more)

    def build_lstm(self):
        return self.sequential(self.embedding(mask_zero=True), self.layers.LSTM(UNITS), self.dense(1)), self.words

    def build_gru(self):
        return self.sequential(self.layers.GRU(UNITS, input_shape=(STEPS, FEATURES)), self.dense(1)), self.floats

    def build_rnn(self):
        return self.sequential(self.layers.SimpleRNN(UNITS, input_shape=(STEPS, FEATURES)), self.layers.Dropout(0.3),
                               self.dense(1)), self.floats

    def build_deep(self):
        middle = [self.layers.TimeDistributedDense(4, activation="tanh")] if self.old else \
            [self.layers.Dense(4, activation="tanh")]
        return self.sequential(self.layers.LSTM(UNITS, return_sequences=True, input_shape=(STEPS, FEATURES)), *middle,
                               self.layers.GRU(UNITS), self.layers.Activation("relu"), self.dense(1)), self.floats

    def build_functional(self):
        words = self.layers.Input(shape=(STEPS,), dtype="int32")
        inner = self.layers.LSTM(UNITS)(self.embedding()(words))
        outputs = self.dense(1)(inner)
        if self.old:
            return self.keras.models.Model(input=words, output=outputs), self.words
        return self.keras.models.Model(words, outputs), self.words

    def build_fused(self):
        """Keras 1 with one matrix for all gates."""
        return self.sequential(self.layers.LSTM(UNITS, return_sequences=True, consume_less="gpu",
                                                input_shape=(STEPS, FEATURES)),
                               self.layers.GRU(UNITS, consume_less="gpu"), self.dense(1)), self.floats

    def build_settings(self):
        """Settings under the names that they had in Keras 1."""
        from keras.regularizers import l2
        return self.sequential(
            self.layers.LSTM(UNITS, inner_activation="sigmoid", forget_bias_init="zero", W_regularizer=l2(0.01),
                             U_regularizer=l2(0.02), b_regularizer=l2(0.03), dropout_W=0.2, dropout_U=0.1, init="he_uniform",
                             inner_init="glorot_normal", input_length=STEPS, input_dim=FEATURES),
            self.layers.Dense(1, activation="sigmoid", bias=False, W_constraint="maxnorm", init="normal")), self.floats

    def optimizer(self):
        kind = self.keras.optimizers.RMSprop
        return kind(lr=0.01) if self.version < (2, 11) and not self.three else kind(learning_rate=0.01)

    def build_cudnn(self):
        import tensorflow as tf
        # Nothing of cuDNN is run: it needs no place on any device.
        options = tf.GraphOptions(place_pruned_graph=True)
        self.keras.backend.set_session(tf.Session(config=tf.ConfigProto(graph_options=options)))
        return self.sequential(self.layers.CuDNNLSTM(UNITS, return_sequences=True, input_shape=(STEPS, FEATURES)),
                               self.layers.CuDNNGRU(UNITS), self.dense(1)), self.floats

    def plain_cudnn(self):
        """What computes the same without a GPU."""
        return self.sequential(self.layers.LSTM(UNITS, return_sequences=True, recurrent_activation="sigmoid",
                                                input_shape=(STEPS, FEATURES)),
                               self.layers.GRU(UNITS, recurrent_activation="sigmoid", reset_after=True), self.dense(1))

    def with_policy(self, policy):
        if self.three:
            self.keras.config.set_dtype_policy(policy)
        else:
            self.keras.mixed_precision.set_global_policy(policy)
        return self.sequential(self.layers.Input(shape=(STEPS,), dtype="int32"), self.layers.Embedding(WORDS, EMBEDDED),
                               self.layers.LSTM(UNITS, recurrent_initializer="zeros"), self.dense(1)), self.words

    def build_float64(self):
        return self.with_policy("float64")

    def build_bfloat16(self):
        return self.with_policy("bfloat16")

    def build_mixed(self):
        return self.with_policy("mixed_bfloat16")

    # The files

    def fit(self, model, x):
        epochs = {"nb_epoch": 1} if self.old else {"epochs": 1}
        return model.fit(x, self.y, batch_size=8, shuffle=False, verbose=0, **epochs).history["loss"]

    def save(self, model, folder):
        model.save(os.path.join(folder, "model.h5"))
        modern = self.three or (self.version >= (2, 12) and not self.tag.startswith("keras2.3"))
        if modern:
            model.save(os.path.join(folder, "model.keras"), **({} if self.three else {"save_format": "keras"}))
            model.save_weights(os.path.join(folder, "model.weights.h5"))
        if not self.three:
            model.save_weights(os.path.join(folder, "weights.h5"))

    def is_uncounted(self):
        """Stand-alone Keras before 2.3 does not save the number of RMSprop's updates."""
        return self.version < (2, 3) and not self.tag.startswith("tf")

    def races(self):
        """Stand-alone Keras before 2.3 on TensorFlow departs from its own formulas in training."""
        return self.version < (2, 3) and not self.tag.startswith("tf") and self.keras.backend.backend() == "tensorflow"

    @staticmethod
    def json(flag):
        return "true" if flag else "false"

    def make(self, name):
        import h5py
        folder = os.path.join(self.out, "%s-%s" % (self.tag, name))
        os.makedirs(folder, exist_ok=True)
        model, x = getattr(self, "build_" + name)()
        model.compile(loss="binary_crossentropy", optimizer=self.optimizer())
        # So that no weight is zero, biases included
        random = np.random.RandomState(5)
        model.set_weights([random.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
        if name == "cudnn":
            model._make_train_function()  # so that there are slots
        else:
            self.fit(model, x)
        self.save(model, folder)
        if name == "cudnn":
            model = self.plain_cudnn()
            model.load_weights(os.path.join(folder, "weights.h5"))
        elif name in ("bfloat16", "mixed"):
            weights = [np.asarray(value).astype("float32") for value in model.get_weights()]
            model = self.with_policy("float32")[0]
            model.set_weights(weights)
        with h5py.File(os.path.join(folder, "expected.h5"), "w", libver="latest") as file:
            file["x"] = x
            file.attrs["converted"] = self.json(name in CONVERTED or (self.old and name not in ("rnn", "fused")))
            file.attrs["lost"] = self.json(name == "cudnn" or self.is_uncounted())
            file["predict"] = np.asarray(model.predict(x, batch_size=SAMPLES), "float32")
            if name not in RANDOM and not self.races():
                file["y"], file["resume/loss"] = self.y, np.asarray(self.fit(model, x))
                file["resume/predict"] = np.asarray(model.predict(x, batch_size=SAMPLES), "float32")
        print(folder)

    def make_all(self, only):
        names = ["lstm", "gru", "rnn", "deep", "functional"] + (["fused", "settings"] if self.old else [])
        for name in only or names:
            self.make(name)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--tf", action="store_true", help="tf.keras, where a stand-alone Keras is there, too")
    arguments.add_argument("--tf-keras", action="store_true")
    arguments.add_argument("--only", nargs="*")
    chosen = arguments.parse_args()
    keras, tag = pick_keras(chosen)
    np.random.seed(1)
    Maker(keras, tag, chosen.out).make_all(chosen.only)


if __name__ == "__main__":
    sys.exit(main())
