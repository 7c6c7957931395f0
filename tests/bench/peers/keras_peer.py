"""Keras 3 on TensorFlow: see peer.py."""
import os
import time

import peer

options = peer.parse()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["KERAS_BACKEND"] = "tensorflow"

import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(options.threads)
tf.config.threading.set_inter_op_parallelism_threads(options.threads)
import keras
from keras import layers

keras.utils.set_random_seed(42)


class Timer(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = time.perf_counter() - self.start


def net(cells, vocabulary, features):
    shape = (peer.TIMESTEPS,) if vocabulary else (peer.TIMESTEPS, features)
    first = [layers.Embedding(vocabulary, features)] if vocabulary else []
    model = keras.Sequential([keras.Input(shape), *first, *cells, layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def training(model, x, usual, per_batch):
    """Seconds of an epoch, or of a batch; two batches first, in which Keras traces its functions."""
    y, timer, seconds = peer.reviews(options, "y.npy", len(x)), Timer(), []
    model.fit(x[:128], y[:128], batch_size=64, epochs=2, verbose=0)
    for _ in range(options.repeat or usual):
        model.fit(x, y, batch_size=64, epochs=1, verbose=0, callbacks=[timer])
        seconds.append(timer.seconds / ((len(x) + 63) // 64 if per_batch else 1))
    return seconds


def inference(model, x, batch, usual):
    """Seconds of all of x."""
    return peer.timed(options, usual, lambda: model.predict(x, batch_size=batch, verbose=0))


def one(model, x):
    """A call without predict()'s loop is the quickest way for one sequence."""
    function = tf.function(model, input_signature=[tf.TensorSpec(x.shape, x.dtype)])
    value = tf.constant(x)
    return peer.timed(options, 300, lambda: function(value).numpy())


def tokens(name, count=None):
    return peer.reviews(options, name, count)


def start():
    model = keras.models.load_model(options.data / "reference.h5", compile=False)
    begin = time.perf_counter()
    model.predict(tokens("x.npy", 1), verbose=0)
    return [time.perf_counter() - begin]


peer.measure(options, "Keras", "Keras %s, TensorFlow %s" % (keras.__version__, tf.__version__), {
    "start": start,
    "reference": lambda: training(net([layers.LSTM(8)], 500, 16), tokens("x.npy"), 1, False),
    "stacked": lambda: training(net([layers.LSTM(8, return_sequences=True), layers.LSTM(8)], 500, 16), tokens("x.npy"), 1, False),
    "gru": lambda: training(net([layers.GRU(8)], 500, 16), tokens("x.npy"), 1, False),
    "train-128": lambda: training(net([layers.LSTM(128)], 20000, 128), tokens("x_words.npy", 640), 1, True),
    "train-512": lambda: training(net([layers.LSTM(512)], 0, 512), peer.features(128, 512), 2, True),
    "predict-512": lambda: inference(net([layers.LSTM(512)], 0, 512), peer.features(64, 512), 64, 3),
    "predict": lambda: inference(net([layers.LSTM(8)], 500, 16), tokens("x_predict.npy"), 512, 2),
    "sequence": lambda: one(net([layers.LSTM(8)], 500, 16), tokens("x.npy", 1)),
    "memory": lambda: training(net([layers.LSTM(8)], 500, 16), tokens("x.npy"), 1, False),
})
