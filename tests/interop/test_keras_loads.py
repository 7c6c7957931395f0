#!/usr/bin/env python3
"""Has real Keras load the files that the library wrote (make_files.c) and work with them, and the library go on with
what Keras then saves (go_on.c).

    test_keras_loads.py [-v] FOLDER_OF_PROGRAMS MODULE...

MODULE is a Keras to import: tf_keras, keras of any generation. Predictions and losses must agree, weights be found where
they belong, and Keras must train on from our optimizer's state to the weights that the library reaches itself: Keras 2 from
.h5, Keras 3 from .keras. Then it saves, in each of its formats, and both train a further epoch: to the same weights again.
Keras before TensorFlow 2.11 is asked about the files written for it alone. The last line sums up.
"""
import importlib
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
LIMIT_TRAINED = 2e-6
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


def is_three(keras):
    return int(keras.__version__.split(".")[0]) >= 3


def version(keras):
    return tuple(int(part) for part in keras.__version__.split("-")[0].split(".")[:2])


def is_legacy(keras):
    """Has the optimizers, and files, of before TensorFlow 2.11."""
    return version(keras) < (2, 11)


def layout_for(keras):
    """What `convert --for` calls the layout that is this Keras's own."""
    if is_three(keras):
        return "keras3"
    if not is_legacy(keras):
        return "tf2.15"
    stands_alone = keras.__name__ == "keras" and version(keras) < (2, 4)
    return "keras2" if stands_alone else "tf2.10"


def counts_in_order(keras, model):
    """Stand-alone Keras reads Adam's count of updates while TensorFlow counts it up: before or after, as it happens."""
    return layout_for(keras) != "keras2" or model.optimizer.__class__.__name__ not in ("Adam", "Adamax", "Nadam")


class Files:
    def __init__(self, programs, folder, line):
        self.name, loss, learning_rate = line.split()
        self.loss, self.learning_rate = float(loss), float(learning_rate)
        self.folder, self.programs = folder, programs
        self.x, self.y, self.p = (np.load(self.path("-%s.npy" % part)) for part in "xyp")

    def trains_alike(self, keras):
        """Dropout draws its masks elsewhere here than there. Keras 2's Nadam goes on with other numbers than it stopped
        with, after files of its own, too: it does not save the product of its momenta."""
        is_nadam = self.name.endswith("nadam")
        return self.path("-after.h5").exists() and (is_three(keras) or not is_nadam)

    def path(self, ending):
        return self.folder / (self.name + ending)


def predicts_alike(model, files):
    loss = model.evaluate(files.x, files.y, verbose=0)
    difference = abs((loss[0] if isinstance(loss, list) else loss) - files.loss)
    return [require("predictions", largest(model.predict(files.x, verbose=0), files.p), LIMIT),
            require("loss", difference, LIMIT * max(1, abs(files.loss)))]


def check_predictions(keras, files):
    """load_model, predict, evaluate."""
    model = keras.models.load_model(files.path(".h5"))
    if model.optimizer is None:
        raise AssertionError("the model is not compiled")
    said = predicts_alike(model, files)
    # Keras 2 marks its optimizers "Custom>RMSprop". Keras 3 knows such a one by its name alone and gives it
    # default settings, with the files of Keras 2 itself too; so only Keras 2 can be asked for them.
    if not is_three(keras):
        rate = float(np.asarray(model.optimizer.learning_rate))
        said.append(require("learning rate", abs(rate - files.learning_rate), 1e-9))
    return said


def weights_in(path, model):
    """Those of a file with a model like this one. The oldest Keras know no other file's configuration."""
    fresh = model.__class__.from_config(model.get_config())
    if not fresh.built:
        fresh.build(model.input_shape)
    fresh.load_weights(str(path))
    return fresh.get_weights()


def check_asked_for(keras, files):
    """The file written for this Keras alone: load_model, predict, evaluate, train on, and back."""
    path = files.path("-%s.h5" % layout_for(keras))
    if not path.exists():
        if files.name == "dense-adamw" and is_legacy(keras):
            return ["refused: this Keras has no AdamW"]
        raise AssertionError("there is no %s" % path.name)
    model = keras.models.load_model(str(path))
    said = predicts_alike(model, files)
    return said if is_three(keras) else said + train_on(keras, files, model)


def check_weights(keras, files):
    """The configuration alone, then the weights alone."""
    model = keras.models.load_model(files.path(".h5"), compile=False)
    wanted = model.get_weights()
    got = weights_in(files.path("-weights.h5"), model)
    return [require("weight %d" % i, largest(a, b), 0) for i, (a, b) in enumerate(zip(got, wanted))][:1]


def fit(model, files):
    model.fit(files.x, files.y, batch_size=BATCH, shuffle=False, verbose=0)


def check_back(keras, files, model):
    """What Keras saves in each format predicts here as there; then both train a further epoch, to the same weights."""
    # In this order: saving .h5, Keras 3 takes the optimizer out of the settings that a later .keras would have.
    backs = [files.path("-back%s" % ending) for ending in (".keras", ".h5") if ending == ".h5" or not is_legacy(keras)]
    out, p = files.path("-back-out.h5"), files.path("-back-p.npy")
    said = []
    for back in backs:
        model.save(str(back))
    wanted_p = model.predict(files.x, verbose=0)
    trains_alike = files.trains_alike(keras) and counts_in_order(keras, model)
    if trains_alike:
        fit(model, files)
    for back in backs:
        command = [files.programs / "go_on", back, files.path("-x.npy"), files.path("-y.npy"), p, out]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or done.stdout:
            raise AssertionError("%s: %s" % (back.suffix, (done.stderr + done.stdout).strip()))
        said.append(require("%s predicts" % back.suffix, largest(np.load(p), wanted_p), LIMIT))
        if trains_alike:
            ours = weights_in(out, model)
            said.append(require("weights", max(map(largest, ours, model.get_weights())), LIMIT_TRAINED))
    return said


def train_on(keras, files, model):
    """One more epoch, with our optimizer's slots; and back."""
    # The layout of stand-alone Keras has a count for some optimizers only, as in 2.2.
    if int(keras.backend.get_value(model.optimizer.iterations)) == 0 and layout_for(keras) != "keras2":
        raise AssertionError("the optimizer has lost its iterations")
    # The older RMSprop is another formula: it does not come to our weights, but we come to its.
    other_formula = is_legacy(keras) and model.optimizer.__class__.__name__ == "RMSprop"
    if other_formula or not files.trains_alike(keras) or not counts_in_order(keras, model):
        return check_back(keras, files, model)
    fit(model, files)
    after = weights_in(files.path("-after.h5"), model)
    said = [require("weights after training", max(map(largest, model.get_weights(), after)), LIMIT_TRAINED)]
    return said + check_back(keras, files, model)


def check_training_on(keras, files):
    return train_on(keras, files, keras.models.load_model(files.path(".h5")))


def check_archive(keras, files):
    """.keras: load_model, predict, evaluate, and the optimizer as the library left it."""
    model = keras.models.load_model(files.path(".keras"))
    said = predicts_alike(model, files)
    rate = float(np.asarray(model.optimizer.learning_rate))
    said.append(require("learning rate", abs(rate / files.learning_rate - 1), 1e-7))
    return said


def check_archive_weights(keras, files):
    """.weights.h5 into a model made from the configuration alone."""
    model = keras.models.load_model(files.path(".keras" if is_three(keras) else ".h5"), compile=False)
    wanted = model.get_weights()
    got = weights_in(files.path(".weights.h5"), model)
    differences = [largest(a, b) for a, b in zip(got, wanted, strict=True)]
    return [require("weights", max(differences, default=0), 0)]


def dense_embeddings(keras, model):
    """Keras 3 on TensorFlow gives optimizers each occurrence of a token by itself; the library sums them up. Its own
    apply() with summed gradients is the same optimizer."""
    import tensorflow as tf
    apply = model.optimizer.apply
    model.optimizer.apply = lambda gradients, variables=None: apply(
        [tf.convert_to_tensor(gradient) for gradient in gradients], variables)
    return model


def check_archive_training(keras, files):
    """One more epoch from .keras: weights, and every variable of the optimizer, as the library reaches them; and back."""
    model = dense_embeddings(keras, keras.models.load_model(files.path(".keras")))
    if int(np.asarray(model.optimizer.iterations)) == 0:
        raise AssertionError("the optimizer has lost its iterations")
    if not files.trains_alike(keras):
        return check_back(keras, files, model)
    fit(model, files)
    after = keras.models.load_model(files.path("-after.keras"))
    if int(np.asarray(after.optimizer.iterations)) != int(np.asarray(model.optimizer.iterations)):
        raise AssertionError("the iterations differ")
    slots = [(np.asarray(a), np.asarray(b)) for a, b in zip(model.optimizer.variables, after.optimizer.variables, strict=True)]
    said = [require("weights after training", max(map(largest, model.get_weights(), after.get_weights())), LIMIT_TRAINED),
            require("slots after training", max(largest(a, b) for a, b in slots), LIMIT_TRAINED)]
    return said + check_back(keras, files, model)


def checks_for(keras, label):
    yield "%s --for %s" % (label, layout_for(keras)), check_asked_for
    if is_legacy(keras):
        return
    yield "%s predicts" % label, check_predictions
    yield "%s loads weights" % label, check_weights
    yield "%s .weights.h5" % label, check_archive_weights
    if is_three(keras):
        # From .h5 it takes no slots: nothing that has them can go on.
        yield "%s .keras" % label, check_archive
        yield "%s .keras on, back" % label, check_archive_training
    else:
        # .keras files are as Keras 3 writes them, which Keras 2 does not read.
        yield "%s .h5 on, back" % label, check_training_on


def run_check(name, check, keras, files):
    try:
        said, verdict = "; ".join(check(keras, files)), "ok"
    except Exception as problem:  # whatever Keras raises is the finding
        said, verdict = "%s: %s" % (type(problem).__name__, str(problem).strip().split("\n")[0][:300]), "FAILED"
        if "-v" in sys.argv:
            traceback.print_exc()
    print("%-16s %-32s %-7s %s" % (files.name, name, verdict, said), flush=True)
    return verdict == "ok"


def main():
    chosen = [argument for argument in sys.argv[1:] if argument != "-v"]
    programs, modules = pathlib.Path(chosen[0]), [importlib.import_module(name) for name in chosen[1:]]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([programs / "make_files", folder], capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr)
            print("0 passed, 1 failed, 0 skipped")
            sys.exit(1)
        results = []
        for line in done.stdout.splitlines():
            files = Files(programs, pathlib.Path(folder), line)
            for module in modules:
                label = "%s %s" % ("tf_keras" if module.__name__ == "tf_keras" else "Keras", module.__version__)
                results += [run_check(name, check, module, files) for name, check in checks_for(module, label)]
    print("%d passed, %d failed, 0 skipped" % (sum(results), len(results) - sum(results)))
    sys.exit(0 if results and all(results) else 1)


main()
