#!/usr/bin/env python3
"""Has tf_keras and Keras 3 load the files that the library wrote (make_files.c) and work with them.

    test_keras_loads.py MAKE_FILES

Predictions and losses must agree, weights be found where they belong, and Keras must train on from our
optimizer's state to the weights that the library reaches itself: tf_keras from .h5, Keras 3 from .keras.
The last line sums up.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
warnings.filterwarnings("ignore")

import numpy as np

LIMIT = 2e-6
LIMIT_TRAINED = 1e-5
BATCH = 8


def require(name, difference, limit):
    if not difference <= limit:
        raise AssertionError("%s differs by %g (limit %g)" % (name, difference, limit))
    return "%s %.1e" % (name, difference)


def largest(ours, theirs):
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        raise AssertionError("shape %s instead of %s" % (ours.shape, theirs.shape))
    return float(np.abs(ours.astype(np.float64) - theirs).max()) if ours.size else 0.0


class Files:
    def __init__(self, folder, line):
        self.name, loss, learning_rate = line.split()
        self.loss, self.learning_rate = float(loss), float(learning_rate)
        self.folder = folder
        self.x, self.y, self.p = (np.load(self.path("-%s.npy" % part)) for part in "xyp")

    def path(self, ending):
        return self.folder / (self.name + ending)


def check_predictions(keras, files):
    """load_model, predict, evaluate."""
    model = keras.models.load_model(files.path(".h5"))
    said = [require("predictions", largest(model.predict(files.x, verbose=0), files.p), LIMIT)]
    if model.optimizer is None:
        raise AssertionError("the model is not compiled")
    # tf_keras marks its optimizers "Custom>RMSprop". Keras 3 knows such a one by its name alone and gives it
    # default settings, with the files of tf_keras itself too; so only tf_keras can be asked for them.
    if keras.__name__ == "tf_keras":
        rate = float(np.asarray(model.optimizer.learning_rate))
        said.append(require("learning rate", abs(rate - files.learning_rate), 1e-9))
    loss = model.evaluate(files.x, files.y, verbose=0)
    said.append(require("loss", abs((loss[0] if isinstance(loss, list) else loss) - files.loss), LIMIT * max(1, abs(files.loss))))
    return said


def check_weights(keras, files):
    """The configuration alone, then the weights alone."""
    model = keras.models.load_model(files.path(".h5"), compile=False)
    wanted = model.get_weights()
    fresh = model.__class__.from_config(model.get_config())
    if not fresh.built:
        fresh.build((None,) + files.x.shape[1:])
    fresh.load_weights(str(files.path("-weights.h5")))
    return [require("weight %d" % i, largest(a, b), 0) for i, (a, b) in enumerate(zip(fresh.get_weights(), wanted))][:1]


def check_training_on(keras, files):
    """One more epoch, with our optimizer's slots."""
    model = keras.models.load_model(files.path(".h5"))
    if int(np.asarray(model.optimizer.iterations)) == 0:
        raise AssertionError("the optimizer has lost its iterations")
    model.fit(files.x, files.y, batch_size=BATCH, shuffle=False, verbose=0)
    after = keras.models.load_model(files.path("-after.h5"), compile=False)
    return [require("weights after training", max(map(largest, model.get_weights(), after.get_weights())), LIMIT_TRAINED)]


def check_archive(keras, files):
    """.keras: load_model, predict, evaluate, and the optimizer as the library left it."""
    model = keras.models.load_model(files.path(".keras"))
    said = [require("predictions", largest(model.predict(files.x, verbose=0), files.p), LIMIT)]
    loss = model.evaluate(files.x, files.y, verbose=0)
    said.append(require("loss", abs((loss[0] if isinstance(loss, list) else loss) - files.loss), LIMIT * max(1, abs(files.loss))))
    rate = float(np.asarray(model.optimizer.learning_rate))
    said.append(require("learning rate", abs(rate / files.learning_rate - 1), 1e-7))
    return said


def check_archive_weights(keras, files):
    """.weights.h5 into a model made from the configuration alone."""
    model = keras.models.load_model(files.path(".keras"), compile=False)
    wanted = model.get_weights()
    fresh = model.__class__.from_config(model.get_config())
    if not fresh.built:
        fresh.build((None,) + files.x.shape[1:])
    fresh.load_weights(str(files.path(".weights.h5")))
    difference = max((largest(a, b) for a, b in zip(fresh.get_weights(), wanted, strict=True)), default=0)
    return [require("weights", difference, 0)]


def dense_embeddings(keras, model):
    """Keras 3 on TensorFlow gives optimizers each occurrence of a token by itself; the library sums them up. Its own
    apply() with summed gradients is the same optimizer."""
    import tensorflow as tf
    apply = model.optimizer.apply
    model.optimizer.apply = lambda gradients, variables=None: apply(
        [tf.convert_to_tensor(gradient) for gradient in gradients], variables)
    return model


def check_archive_training(keras, files):
    """One more epoch from .keras: weights, and every variable of the optimizer, as the library reaches them."""
    model = dense_embeddings(keras, keras.models.load_model(files.path(".keras")))
    iterations = int(np.asarray(model.optimizer.iterations))
    if iterations == 0:
        raise AssertionError("the optimizer has lost its iterations")
    model.fit(files.x, files.y, batch_size=BATCH, shuffle=False, verbose=0)
    after = keras.models.load_model(files.path("-after.keras"))
    if int(np.asarray(after.optimizer.iterations)) != int(np.asarray(model.optimizer.iterations)):
        raise AssertionError("the iterations differ")
    slots = [(np.asarray(a), np.asarray(b)) for a, b in zip(model.optimizer.variables, after.optimizer.variables, strict=True)]
    return [require("weights after training", max(map(largest, model.get_weights(), after.get_weights())), LIMIT_TRAINED),
            require("slots after training", max(largest(a, b) for a, b in slots), LIMIT_TRAINED)]


def checks_for(keras, label, files):
    yield "%s predicts" % label, check_predictions
    yield "%s loads weights" % label, check_weights
    if keras.__name__ == "tf_keras" and files.path("-after.h5").exists():
        yield "%s trains on" % label, check_training_on
    if keras.__name__ == "keras":
        yield "%s .keras" % label, check_archive
        yield "%s .weights.h5" % label, check_archive_weights
        if files.path("-after.keras").exists():
            yield "%s trains .keras on" % label, check_archive_training


def run_check(name, check, keras, files):
    try:
        said, verdict = "; ".join(check(keras, files)), "ok"
    except Exception as problem:  # whatever Keras raises is the finding
        said, verdict = "%s: %s" % (type(problem).__name__, str(problem).strip().split("\n")[0][:300]), "FAILED"
        if "-v" in sys.argv:
            traceback.print_exc()
    print("%-16s %-24s %-7s %s" % (files.name, name, verdict, said), flush=True)
    return verdict == "ok"


def main():
    import keras
    import tf_keras
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.argv[1], folder], capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr)
            print("0 passed, 1 failed, 0 skipped")
            sys.exit(1)
        results = []
        for line in done.stdout.splitlines():
            files = Files(pathlib.Path(folder), line)
            for module, label in ((tf_keras, "tf_keras " + tf_keras.__version__), (keras, "Keras " + keras.__version__)):
                results += [run_check(name, check, module, files) for name, check in checks_for(module, label, files)]
    print("%d passed, %d failed, 0 skipped" % (sum(results), len(results) - sum(results)))
    sys.exit(0 if results and all(results) else 1)


main()
