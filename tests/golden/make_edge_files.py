#!/usr/bin/env python3
"""Damages a sound Keras file in every way we could think of, and says what a reader should do with it.

    make_edge_files.py --out DIR        DIR/edge-files/*.h5, edge-files.json, expected.h5

`expect` is "accept" (the predictions must be those of the sound file), "refuse", or "either".
"""
import argparse
import json
import os
import pathlib
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import h5py
import numpy as np
import tf_keras as keras

KERNEL = "model_weights/gru/gru/gru_cell/kernel:0"
RECURRENT = "model_weights/gru/gru/gru_cell/recurrent_kernel:0"
TABLE = "model_weights/embedding/embedding/embeddings:0"
BIAS = "model_weights/dense/dense/bias:0"

files = []


def sound_model():
    keras.utils.set_random_seed(31)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Embedding(13, 3), keras.layers.GRU(4), keras.layers.Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    generator = np.random.default_rng(8)
    model.fit(generator.integers(0, 13, (12, 6)), generator.integers(0, 2, 12), verbose=0)
    return model


def edge(expect, why):
    """Registers a function that changes the sound file, which it is given open or as a path."""
    def register(change):
        files.append((change.__name__.replace("_", "-") + ".h5", expect, why, change))
        return change
    return register


def replace(file, path, values, **how):
    del file[path]
    file.create_dataset(path, data=values, **how)


def edit_config(file, edit):
    config = json.loads(file.attrs["model_config"])
    edit(config)
    file.attrs["model_config"] = json.dumps(config)


def layer(config, kind):
    return next(entry for entry in config["config"]["layers"] if entry["class_name"] == kind)


def in_bytes(change):
    change.on_bytes = True
    return change


# ---- Not a file at all -------------------------------------------------------------------------------

@edge("refuse", "no bytes")
@in_bytes
def nothing(data):
    return b""


@edge("refuse", "the first third")
@in_bytes
def cut_to_a_third(data):
    return data[:len(data) // 3]


@edge("refuse", "the last 64 bytes missing")
@in_bytes
def cut_at_the_end(data):
    return data[:-64]


@edge("refuse", "JSON instead of HDF5")
@in_bytes
def json_text(data):
    return b'{"class_name": "Sequential"}\n'


@edge("refuse", "an HDF5 signature and noise behind it")
@in_bytes
def noise(data):
    return data[:8] + np.random.default_rng(1).bytes(3000)


for seed in range(6):
    def flipped(data, seed=seed):
        changed, generator = bytearray(data), np.random.default_rng(seed)
        for place in generator.integers(96, len(data), 40):
            changed[place] ^= 1 << int(generator.integers(0, 8))
        return bytes(changed)
    flipped.__name__ = "flipped_bits_%d" % seed
    edge("either", "bits flipped at random")(in_bytes(flipped))


# ---- Weights that do not fit ---------------------------------------------------------------------------

@edge("refuse", "the GRU's kernel has a column too few")
def kernel_narrow(file):
    replace(file, KERNEL, file[KERNEL][:, :-1])


@edge("refuse", "the recurrent kernel has a third dimension")
def kernel_rank_3(file):
    replace(file, RECURRENT, file[RECURRENT][()][None])


@edge("refuse", "an empty Dense bias")
def bias_empty(file):
    replace(file, BIAS, np.zeros(0, np.float32))


@edge("refuse", "the Embedding's data set is gone")
def table_missing(file):
    del file[TABLE]


@edge("refuse", "layer_names leaves a layer out")
def layer_left_out(file):
    file["model_weights"].attrs["layer_names"] = [b"embedding", b"dense"]


@edge("refuse", "a group where the kernel should be")
def kernel_is_group(file):
    del file[KERNEL]
    file.create_group(KERNEL)


@edge("refuse", "text where the bias should be")
def bias_is_text(file):
    replace(file, BIAS, np.array([b"one", b"two"]))


@edge("refuse", "a soft link that leads nowhere")
def link_broken(file):
    del file[KERNEL]
    file[KERNEL] = h5py.SoftLink("/nowhere")


@edge("refuse", "a kernel of 2^40 rows, none of them stored")
def kernel_immense(file):
    del file[KERNEL]
    file.create_dataset(KERNEL, shape=(1 << 40, 12), dtype="f4", chunks=(1 << 16, 12))


@edge("refuse", "no group model_weights")
def weights_missing(file):
    del file["model_weights"]


@edge("either", "a NaN among the weights")
def weight_nan(file):
    values = file[KERNEL][()]
    values[1, 2] = np.nan
    file[KERNEL][...] = values


# ---- Configurations ------------------------------------------------------------------------------------

@edge("refuse", "no model_config")
def config_missing(file):
    del file.attrs["model_config"]


@edge("refuse", "model_config breaks off")
def config_cut(file):
    file.attrs["model_config"] = file.attrs["model_config"][:200]


@edge("refuse", "model_config is a list")
def config_list(file):
    file.attrs["model_config"] = "[1, 2]"


@edge("refuse", "ten thousand brackets")
def config_nested(file):
    file.attrs["model_config"] = "[" * 10000


@edge("refuse", "units = 2^40")
def units_immense(file):
    edit_config(file, lambda config: layer(config, "GRU")["config"].update(units=1 << 40))


@edge("refuse", "units = -1")
def units_negative(file):
    edit_config(file, lambda config: layer(config, "GRU")["config"].update(units=-1))


@edge("refuse", "more units than weights")
def units_too_many(file):
    edit_config(file, lambda config: layer(config, "GRU")["config"].update(units=5))


@edge("refuse", "a layer that is nobody's")
def layer_unknown(file):
    edit_config(file, lambda config: layer(config, "GRU").update(class_name="Transformer9"))


@edge("refuse", "a layer for images")
def layer_conv2d(file):
    edit_config(file, lambda config: layer(config, "Dense").update(class_name="Conv2D"))


@edge("refuse", "an activation that is nobody's")
def activation_unknown(file):
    edit_config(file, lambda config: layer(config, "Dense")["config"].update(activation="wiggle"))


@edge("accept", "spaces and line ends in the JSON")
def config_indented(file):
    file.attrs["model_config"] = json.dumps(json.loads(file.attrs["model_config"]), indent=3)


@edge("accept", "a fixed-length string of ASCII")
def config_fixed(file):
    text = file.attrs["model_config"].encode("ascii")
    del file.attrs["model_config"]
    file.attrs.create("model_config", np.array(text, dtype="S%d" % (len(text) + 5)))


# ---- Unusual but sound ---------------------------------------------------------------------------------

@edge("accept", "weights as float64")
def doubles(file):
    for path in (KERNEL, RECURRENT, TABLE):
        replace(file, path, file[path][()].astype("f8"))


@edge("accept", "weights in the other byte order")
def big_endian(file):
    for path in (KERNEL, TABLE, BIAS):
        replace(file, path, file[path][()].astype(">f4"))


@edge("accept", "weights in compressed chunks")
def gzipped(file):
    replace(file, KERNEL, file[KERNEL][()], chunks=(2, 5), compression="gzip", shuffle=True)


@edge("accept", "names as fixed-length strings")
def names_fixed(file):
    for group in [file["model_weights"]] + [file["model_weights"][name] for name in ("embedding", "gru", "dense")]:
        for name in ("layer_names", "weight_names"):
            if name in group.attrs:
                values = [value if isinstance(value, bytes) else value.encode() for value in group.attrs[name]]
                del group.attrs[name]
                group.attrs.create(name, np.array(values, dtype="S80"))


@edge("accept", "names cut into numbered attributes, as Keras does with very many")
def names_numbered(file):
    group = file["model_weights/gru"]
    values = list(group.attrs["weight_names"])
    del group.attrs["weight_names"]
    group.attrs["weight_names0"], group.attrs["weight_names1"] = values[:1], values[1:]


@edge("accept", "the kernel behind a soft link")
def link_sound(file):
    file.move(KERNEL, "kept")
    file[KERNEL] = h5py.SoftLink("/kept")


@edge("accept", "more in the file than anybody asked for")
def more_things(file):
    file.create_dataset("notes/of/mine", data=np.arange(5))
    file["model_weights"].attrs["colour"] = "blue"


@edge("accept", "no training state")
def training_missing(file):
    del file["optimizer_weights"], file.attrs["training_config"]


@edge("either", "an optimizer that is nobody's")
def optimizer_unknown(file):
    file.attrs["training_config"] = file.attrs["training_config"].replace("Adam", "Madam")


@edge("either", "the optimizer's state does not fit")
def slots_wrong(file):
    for path in list(file["optimizer_weights"].attrs["weight_names"])[1:2]:
        replace(file["optimizer_weights"], path, np.zeros((2, 2), np.float32))


def write(source, target, change):
    if getattr(change, "on_bytes", False):
        target.write_bytes(change(source.read_bytes()))
        return
    shutil.copy(source, target)
    with h5py.File(target, "r+") as file:
        change(file)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    folder = arguments.parse_args().out / "edge-files"
    folder.mkdir(parents=True, exist_ok=True)
    model, sound = sound_model(), folder / "base.h5"
    model.save(sound)
    model.save_weights(folder / "weights-only.h5")
    rows = [{"file": "base.h5", "expect": "accept", "why": "the sound file"},
            {"file": "weights-only.h5", "expect": "accept", "why": "weights alone, for a model that is there"}]
    for name, expect, why, change in files:
        write(sound, folder / name, change)
        rows.append({"file": name, "expect": expect, "why": why})
    with h5py.File(folder / "expected.h5", "w") as file:
        x = np.random.default_rng(3).integers(0, 13, (4, 6)).astype(np.int32)
        file["x"], file["predict"] = x, model.predict(x, verbose=0)
    (folder / "edge-files.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print("%d edge files" % len(rows))


main()
