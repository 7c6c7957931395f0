#!/usr/bin/env python3
"""Has real Keras build, train and evaluate the cases of case_list.py.

    make_cases.py --keras 2 --out DIR [--only TEXT]      model.h5, expected.h5       (tf_keras)
    make_cases.py --keras 3 --out DIR [--only TEXT]      model-k3.h5, expected-k3.h5 (Keras 3, TensorFlow)

Run Keras 2 first: Keras 3 starts from its start weights. README.md here describes the files. What is
written is checked on the way: the saved file loads again and predicts the same, and float32 agrees
with the same model evaluated in float64.
"""
import argparse
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import h5py
import numpy as np

from case_list import all_cases


# ---- Data ------------------------------------------------------------------------------------------

def make_inputs(case, count, generator):
    shape, kind = case.input["shape"], case.input["kind"]
    if kind == "float":
        return generator.standard_normal([count] + shape).astype(np.float32)
    if kind == "onehot":
        words = generator.integers(0, shape[1], [count, shape[0]])
        return np.eye(shape[1], dtype=np.float32)[words]
    padded = case.input["mask"] is not None
    x = generator.integers(1 if padded else 0, case.input["vocab"], [count] + shape).astype(np.int32)
    if padded:
        for row, line in enumerate(x):
            cut = int(generator.integers(1, len(line)))
            line[{0: slice(0, cut), 1: slice(cut, None), 2: slice(cut // 2, cut)}.get(row % 4, slice(0, 0))] = 0
        x[count // 2] = 0
    return x


def make_targets(case, x, generator):
    count, target = len(x), case.target
    score = x.reshape(count, -1).mean(1) + 0.3 * x.std() * generator.standard_normal(count)
    ranks = np.argsort(np.argsort(score)) / count
    if target["kind"] == "binary":
        if "shape" not in target:
            return (ranks > 0.45).astype(np.float32)
        return (generator.random([count] + target["shape"]) < ranks[:, None]).astype(np.float32)
    if target["kind"] == "int":
        return (ranks * target["n"]).astype(np.int32)
    if target["kind"] == "onehot":
        return np.eye(target["n"], dtype=np.float32)[(ranks * target["n"]).astype(int)]
    if target["kind"] == "float":
        noise = generator.standard_normal([count] + target["shape"])
        return (ranks.reshape([count] + [1] * len(target["shape"])) + 0.2 * noise).astype(np.float32)
    assert target["kind"] == "binary_seq"
    return (x > np.median(x)).astype(np.float32)[..., None]


def make_sample_weights(case, x, generator):
    kind = case.flags.get("sample_weight")
    if not kind:
        return None
    weights = generator.uniform(0.1, 2.5, x.shape[:2] if kind == "temporal" else x.shape[:1]).astype(np.float32)
    weights.flat[1::4] = 0
    return weights


def make_data(case):
    generator = np.random.default_rng(case.seed)
    sizes = case.train or {"n": 2 * case.rows, "val": case.rows, "batch": case.rows, "epochs": 1}
    data = {"sizes": sizes}
    for part, count in (("", case.rows), ("_train", sizes["n"]), ("_val", sizes["val"])):
        data["x" + part] = make_inputs(case, count, generator)
        data["y" + part] = make_targets(case, data["x" + part], generator)
        data["weight" + part] = make_sample_weights(case, data["x" + part], generator)
    data["later"] = make_inputs(case, case.rows, generator)
    return data


# ---- Models ----------------------------------------------------------------------------------------

class Maker:
    """Builds and trains with one Keras."""

    def __init__(self, generation):
        import tensorflow
        self.tf = tensorflow
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        self.is_3 = generation == 3
        if self.is_3:
            import keras
        else:
            import tf_keras as keras
        self.keras = keras
        self.writer = "%s %s" % ("keras" if self.is_3 else "tf_keras", keras.__version__)

    def argument(self, name, value):
        """{"L2": {"l2": 0.1}} stands for an object of a class that the argument's name tells."""
        places = {"regularizer": "regularizers", "constraint": "constraints", "initializer": "initializers"}
        place = places.get(name.rsplit("_", 1)[-1])
        if place and isinstance(value, dict):
            (kind, settings), = value.items()
            return getattr(getattr(self.keras, place), kind)(**settings)
        return "silu" if self.is_3 and value == "swish" else value

    def layer(self, description, **more):
        kind, settings = description[0], {name: self.argument(name, value) for name, value in description[1].items()}
        inner = [self.layer(description[2])] if len(description) == 3 else []
        return getattr(self.keras.layers, kind)(*inner, **settings, **more)

    def build(self, case):
        self.keras.backend.clear_session()
        self.keras.utils.set_random_seed(case.seed)
        shape, batch = tuple(case.input["shape"]), case.input["batch"]
        start = self.keras.Input(shape=shape, batch_size=batch)
        if case.flags.get("functional"):
            end = start
            for description in case.layers:
                end = self.layer(description)(end)
            return self.keras.Model(start, end)
        if self.is_3 or case.seed % 2:  # with an InputLayer, and in the older manner without one
            return self.keras.Sequential([start] + [self.layer(description) for description in case.layers])
        first = {"input_length": shape[0]} if case.layers[0][0] == "Embedding" else {"batch_input_shape": (batch,) + shape}
        return self.keras.Sequential([self.layer(description, **(first if number == 0 else {}))
                                      for number, description in enumerate(case.layers)])

    def compile(self, model, case, metrics):
        if case.flags.get("not_compiled"):
            return
        loss, optimizer = case.loss, case.optimizer
        more = {"jit_compile": False} if self.is_3 else {}
        model.compile(loss=loss[0] if loss[1] is None else getattr(self.keras.losses, loss[0])(**loss[1]),
                      optimizer=optimizer[0] if optimizer[1] is None else
                      getattr(self.keras.optimizers, optimizer[0])(**optimizer[1]),
                      metrics=metrics, run_eagerly=True, **more)

    def make(self, case):
        model = self.build(case)
        self.compile(model, case, list(case.metrics))
        self.calm(model)
        return model

    def calm(self, model):
        """Keeps Keras 2 from tracing a GPU variant of each recurrent layer: the same numbers, but minutes."""
        for layer in model.layers:
            for part in (layer, getattr(layer, "forward_layer", None), getattr(layer, "backward_layer", None)):
                if hasattr(part, "_could_use_gpu_kernel"):
                    part._could_use_gpu_kernel = False

    def reset(self, model, case):
        if case.flags.get("stateful"):
            for layer in model.layers:
                for name in ("reset_states", "reset_state"):
                    if getattr(layer, "stateful", False) and hasattr(layer, name):
                        getattr(layer, name)()
                        break

    def fit(self, model, case, data, epochs):
        more = {}
        if case.flags.get("class_weight"):
            more["class_weight"] = {int(number): weight for number, weight in case.flags["class_weight"].items()}
        if case.train:
            more["validation_data"] = (data["x_val"], data["y_val"])
        self.reset(model, case)
        history = model.fit(data["x_train"], data["y_train"], sample_weight=data["weight_train"], epochs=epochs,
                            batch_size=data["sizes"]["batch"], shuffle=False, verbose=0, **more).history
        self.reset(model, case)
        return history

    def loss_and_gradients(self, model, case, data, dtype):
        """The loss of the test batch with regularizers, dropout off, and its gradients by weight index."""
        tf = self.tf
        self.reset(model, case)

        def cast(values):
            return values if values is None or values.dtype.kind == "i" else values.astype(dtype)
        y = cast(data["y"])
        if y.ndim == 1 and model.output_shape[-1] == 1:
            y = y[:, None]  # as fit() does
        with tf.GradientTape() as tape:
            outputs = model(cast(data["x"]), training=False)
            weight = cast(data["weight"])
            loss = model.compute_loss(x=None, y=tf.constant(y), y_pred=outputs,
                                      sample_weight=None if weight is None else tf.constant(weight))
        variables = [weight.value if self.is_3 else weight for weight in model.trainable_weights]
        gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
        indices = [number for number, weight in enumerate(model.weights)
                   if any(weight is trainable for trainable in model.trainable_weights)]
        return (np.asarray(outputs), float(loss),
                {number: np.asarray(tf.convert_to_tensor(gradient)) for number, gradient in zip(indices, gradients)})

    def twin(self, case, weights):
        """The same model in float64."""
        self.keras.backend.set_floatx("float64")
        try:
            model = self.build(case)
            self.compile(model, case, [])
            self.calm(model)
            model.set_weights([np.asarray(value, np.float64) for value in weights])
        finally:
            self.keras.backend.set_floatx("float32")
        return model


def start_weights(case, model):
    generator = np.random.default_rng(case.seed + 1)
    weights = [np.asarray(value) for value in model.get_weights()]
    if case.spread:
        weights = [(value + case.spread * generator.standard_normal(value.shape)).astype(np.float32) for value in weights]
    if "scale_last" in case.flags:
        weights[-2] = (weights[-2] * case.flags["scale_last"]).astype(np.float32)
    return weights


# ---- Writing ---------------------------------------------------------------------------------------

def put(file, path, values):
    if values is not None:
        file.create_dataset(path, data=values, track_times=False)


def put_all(file, group, arrays):
    for name, values in (arrays.items() if isinstance(arrays, dict) else enumerate(arrays)):
        put(file, "%s/%s" % (group, name), values)


def describe(file, case, writer):
    file.attrs["doc"], file.attrs["writer"], file.attrs["name"] = case.about, writer, case.name
    for name in ("layers", "input", "loss", "optimizer", "metrics", "flags"):
        file.attrs[name] = json.dumps(getattr(case, name))
    if case.train:
        file.attrs["train"] = json.dumps(dict(case.train, shuffle=False))


def put_data(file, case, data):
    put(file, "x", data["x"])
    put(file, "y", data["y"])
    put(file, "sample_weight", data["weight"])
    if case.train:
        for name in ("x_train", "y_train", "x_val", "y_val"):
            put(file, "train/" + name, data[name])
        put(file, "train/sample_weight", data["weight_train"])


def put_results(file, maker, model, case, data):
    """Predictions, loss, metrics and gradients; what disagrees is returned as text."""
    complaints = []
    count = len(data["x"])
    maker.reset(model, case)
    predictions = model.predict(data["x"], batch_size=count, verbose=0)
    put(file, "predict", predictions)
    weights = model.get_weights()
    if "train/w1" in file:
        for number in range(len(weights)):
            file["weights/%d" % number] = file["train/w1/%d" % number]
    else:
        put_all(file, "weights", weights)
    if case.flags.get("not_compiled"):
        exact = np.asarray(maker.twin(case, weights)(data["x"], training=False))
    else:
        maker.reset(model, case)
        values = model.evaluate(data["x"], data["y"], sample_weight=data["weight"], batch_size=count, verbose=0, return_dict=True)
        put(file, "loss", np.float32(values.pop("loss")))
        put_all(file, "metrics", {name: np.float32(value) for name, value in values.items()})
        exact, loss, gradients = maker.loss_and_gradients(maker.twin(case, weights), case, data, np.float64)
        put(file, "loss_f64", np.float64(loss))
        put_all(file, "grad_f64", gradients)
        if not np.isclose(loss, file["loss"][()], rtol=1e-4, atol=1e-5):
            complaints.append("loss %r, in float64 %r" % (float(file["loss"][()]), loss))
    put(file, "predict_f64", exact.astype(np.float64))
    if exact.dtype != np.float64 or np.abs(exact - predictions).max() > 1e-5 * max(1, np.abs(exact).max()):
        complaints.append("predictions differ in float64 by %g" % np.abs(exact - predictions).max())
    return complaints


def put_stateful(file, maker, model, case, data):
    first, later = data["x"], data["later"]
    maker.reset(model, case)
    put(file, "stateful/x1", first)
    put(file, "stateful/x2", later)
    for name, x in (("predict1", first), ("predict2", later)):
        put(file, "stateful/" + name, model.predict(x, batch_size=case.rows, verbose=0))
    maker.reset(model, case)
    put(file, "stateful/predict1_after_reset", model.predict(first, batch_size=case.rows, verbose=0))


def put_resume(file, maker, model_path, model, case, data):
    """One more epoch: from the file in Keras 2, in memory in Keras 3, whose .h5 has lost its optimizer's order."""
    if not maker.is_3:
        model = maker.keras.models.load_model(model_path)
        model.run_eagerly = True
        maker.calm(model)
    history = maker.fit(model, case, data, 1)
    put_all(file, "resume/history", {name: np.asarray(values, np.float64) for name, values in history.items()})
    put_all(file, "resume/w", model.get_weights())


def make_case(maker, case, folder):
    tag = "-k3" if maker.is_3 else ""
    model_path, expected_path = folder / ("model%s.h5" % tag), folder / ("expected%s.h5" % tag)
    data, model = make_data(case), maker.make(case)
    if maker.is_3:
        with h5py.File(folder / "expected.h5") as first:
            group = first["train/w0"] if "train/w0" in first else first["weights"]
            weights = [group[str(number)][()] for number in range(len(group))]
    else:
        weights = start_weights(case, model)
    model.set_weights(weights)
    history = {}
    if not (case.flags.get("not_compiled") or case.flags.get("untrained")):
        history = maker.fit(model, case, data, data["sizes"]["epochs"])
    model.save(model_path)
    with h5py.File(expected_path, "w", libver="latest") as file:
        describe(file, case, maker.writer)
        if not maker.is_3:
            put_data(file, case, data)
        if case.train:
            if not maker.is_3:
                put_all(file, "train/w0", weights)
            put_all(file, "train/history", {name: np.asarray(values, np.float64) for name, values in history.items()})
            put_all(file, "train/w1", model.get_weights())
        if case.flags.get("stateful"):
            put_stateful(file, maker, model, case, data)
        complaints = put_results(file, maker, model, case, data)
        again = maker.keras.models.load_model(model_path)
        maker.calm(again)
        maker.reset(again, case)
        difference = np.abs(again.predict(data["x"], batch_size=case.rows, verbose=0) - file["predict"][()]).max()
        if difference > 1e-6:
            complaints.append("the saved file predicts differently by %g" % difference)
        if case.flags.get("resume"):
            put_resume(file, maker, model_path, model, case, data)
    return complaints


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--keras", type=int, choices=(2, 3), required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    arguments.add_argument("--only", default="")
    chosen = arguments.parse_args()
    maker, bad = Maker(chosen.keras), 0
    for case in all_cases():
        if chosen.only not in case.name or (maker.is_3 and not case.keras3):
            continue
        folder = chosen.out / case.name
        folder.mkdir(parents=True, exist_ok=True)
        complaints = make_case(maker, case, folder)
        bad += len(complaints)
        print("%-32s %s" % (case.name, "; ".join(complaints) or "ok"), flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
