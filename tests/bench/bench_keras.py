"""The reference scenario in Keras 3 on TensorFlow: bench_keras.py DIR EPOCHS THREADS"""
import json
import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np
import tensorflow as tf

threads = int(sys.argv[3])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
import keras


class Timer(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"seconds": time.perf_counter() - self.start, "loss": logs["loss"], "peak_kb": peak,
                          "version": "Keras %s, TensorFlow %s" % (keras.__version__, tf.__version__)}), flush=True)


x, y = np.load(sys.argv[1] + "/x.npy"), np.load(sys.argv[1] + "/y.npy")
keras.utils.set_random_seed(42)
model = keras.Sequential([keras.Input((100,)), keras.layers.Embedding(500, 16), keras.layers.LSTM(8),
                          keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=64, epochs=int(sys.argv[2]), verbose=0, callbacks=[Timer()])
