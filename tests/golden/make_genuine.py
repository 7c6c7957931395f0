#!/usr/bin/env python3
"""What checkpoints of real people predict, by tf_keras: `keras-h5/expected.h5` for test_golden.

    make_genuine.py --files DIR_OF_H5 --out DIR

One group for each file: `x` and `predict`; or, where a layer is missing in this library on purpose, the
attribute `refused_for`; a file of weights alone names the whole model it belongs to in `weights_of`.
"""
import argparse
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import h5py
import numpy as np
import tf_keras as keras

OUTSIDE = ("Conv1D", "Conv2D", "MaxPooling1D")


def config_of(path):
    with h5py.File(path) as file:
        config = file.attrs.get("model_config")
    return json.loads(config) if config is not None else None


def outside_layer(config):
    kinds = [layer["class_name"] for layer in config["config"]["layers"]]
    return next((kind for kind in kinds if kind in OUTSIDE), None)


def make_x(model, generator):
    shape = [size if size else 20 for size in model.input_shape[1:]]
    first = next(layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer))
    if isinstance(first, keras.layers.Embedding):
        x = generator.integers(1, first.input_dim, [6] + shape).astype(np.int32)
        x[0, :-5] = 0  # padded as pad_sequences does
        x[1, :shape[0] // 2] = 0
        return x
    return np.eye(shape[-1], dtype=np.float32)[generator.integers(0, shape[-1], [6] + shape[:-1])]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    chosen = arguments.parse_args()
    folder = chosen.out / "keras-h5"
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(77)
    with h5py.File(folder / "expected.h5", "w", libver="latest") as file:
        for path in sorted(chosen.files.glob("*.h5")):
            group, config = file.create_group(path.name), config_of(path)
            if config is None:
                whole = path.name.replace("-weights", "-whole")
                model = keras.models.load_model(path.with_name(whole), compile=False)
                model.load_weights(path)
                group.attrs["weights_of"] = json.dumps(whole)
            elif outside_layer(config):
                group.attrs["refused_for"] = json.dumps(outside_layer(config))
                print(path.name, "is to be refused for", outside_layer(config))
                continue
            else:
                model = keras.models.load_model(path, compile=False)
            x = make_x(model, generator)
            group.create_dataset("x", data=x, compression="gzip", track_times=False)
            group.create_dataset("predict", data=model.predict(x, verbose=0), track_times=False)
            print(path.name, x.shape, model.count_params())


main()
