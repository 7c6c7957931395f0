#!/usr/bin/env python3
"""Files that nobody expects, made of sound ones of make_generations.py: unusual, damaged, hostile.

    make_odd_files.py --from DIR_OF_GENERATIONS --out DIR      DIR/edge-files/*, edge-files.json, expected.h5

`expect` is "accept" (the predictions must be those of the sound file) or "refuse". Needs h5py alone.
"""
import argparse
import io
import json
import pathlib
import shutil
import struct
import zipfile

import h5py
import numpy as np

SOUND, ARCHIVE = "tf_keras2.21.0-deep", "keras3.15.1-deep"
LSTM = "model_weights/lstm/lstm/lstm_cell/%s:0"
KERNEL = LSTM % "kernel"

files = []


def edge(expect, why, kind="h5"):
    """Registers a function that changes the sound file, given open, or makes bytes of the sound ones."""
    def register(change):
        files.append((change.__name__.strip("_").replace("_", "-") + "." + kind, expect, why, change))
        return change
    return register


def replace(file, path, values, **how):
    del file[path]
    return file.create_dataset(path, data=values, **how)


def config_of(file):
    return json.loads(file.attrs["model_config"])


def edit_layer(file, kind, **changes):
    config = config_of(file)
    layer = next(entry for entry in config["config"]["layers"] if entry["class_name"] == kind)
    layer["config"].update(changes)
    file.attrs["model_config"] = json.dumps(config)


# ---- Unusual HDF5 ----

@edge("accept", "a layer's name with a slash, a space and letters that are not ASCII: its group lies deeper")
def name_with_slash(file):
    edit_layer(file, "LSTM", name="block/größe 1")
    group = file["model_weights"]
    group.move("lstm", "block/größe 1")
    names = [name.decode() if isinstance(name, bytes) else name for name in group.attrs["layer_names"]]
    group.attrs["layer_names"] = ["block/größe 1" if name == "lstm" else name for name in names]


@edge("accept", "keras_version as an array of one fixed string")
def version_array(file):
    file.attrs["keras_version"] = np.array([file.attrs["keras_version"].encode()])


@edge("accept", "line breaks around the JSON")
def config_with_breaks(file):
    file.attrs["model_config"] = "\r\n\t" + file.attrs["model_config"] + "\r\n"


@edge("accept", "NaN and Infinity, which Python's json writes, where they matter to nothing")
def config_with_nan(file):
    edit_layer(file, "LSTM", some_new_option=float("nan"), another=[float("inf"), -float("inf")], text="NaN, Infinity")


@edge("accept", "the weights' group reached through a soft link")
def group_is_link(file):
    file.move("model_weights", "elsewhere")
    file["model_weights"] = h5py.SoftLink("/elsewhere")


@edge("accept", "weight_names of a layer without weights is an attribute without a data space")
def names_without_space(file):
    for group in file["model_weights"].values():
        if not len(group.attrs.get("weight_names", [1])):
            group.attrs["weight_names"] = h5py.Empty("S1")


@edge("accept", "a kernel that can grow, in chunks larger than itself")
def kernel_can_grow(file):
    replace(file, KERNEL, file[KERNEL][()], maxshape=(None, None), chunks=(64, 64))


@edge("accept", "a bias in long doubles")
def longer_floats(file):
    path = LSTM % "bias"
    replace(file, path, file[path][()].astype(np.longdouble))


@edge("accept", "numbers of a named type")
def named_type(file):
    file["a_type"] = np.dtype("<f4")
    values = file[KERNEL][()]
    del file[KERNEL]
    file.create_dataset(KERNEL, shape=values.shape, dtype=file["a_type"])[...] = values


@edge("accept", "training_config names the loss by output and the metrics in nested lists")
def training_by_output(file):
    training = json.loads(file.attrs["training_config"])
    training["loss"], training["metrics"] = {"dense_1": "binary_crossentropy"}, [[["accuracy"]]]
    file.attrs["training_config"] = json.dumps(training)


@edge("accept", "optimizer_weights is a data set")
def slots_are_a_set(file):
    del file["optimizer_weights"]
    file["optimizer_weights"] = np.zeros(3)


@edge("accept", "training_config is a number")
def training_is_a_number(file):
    file.attrs["training_config"] = 7


# ---- Damaged HDF5 ----

@edge("refuse", "model_weights is a data set")
def weights_are_a_set(file):
    del file["model_weights"]
    file["model_weights"] = np.zeros(3)


@edge("refuse", "model_config is an integer")
def config_is_integer(file):
    file.attrs["model_config"] = 3


@edge("refuse", "model_config has no data space")
def config_without_space(file):
    file.attrs["model_config"] = h5py.Empty("S1")


@edge("refuse", "model_config has two strings")
def config_two_strings(file):
    file.attrs["model_config"] = np.array([b"{}", b"{}"])


@edge("refuse", "a kernel that is a link to itself")
def link_to_itself(file):
    del file[KERNEL]
    file[KERNEL] = h5py.SoftLink("/" + KERNEL)


@edge("refuse", "a group that is a link into another file")
def group_in_another_file(file):
    del file["model_weights/lstm"]
    file["model_weights/lstm"] = h5py.ExternalLink("base.h5", "/model_weights/lstm")


@edge("refuse", "line breaks in a weight's name")
def name_with_line_breaks(file):
    group = file["model_weights/lstm"]
    names = list(group.attrs["weight_names"])
    group.attrs["weight_names"] = ["no\nsuch\r\nweight"] + names[1:]


@edge("refuse", "layer_names lists a layer twice")
def layer_listed_twice(file):
    names = list(file["model_weights"].attrs["layer_names"])
    file["model_weights"].attrs["layer_names"] = names + names[:1]


@edge("refuse", "a kernel of 20 dimensions")
def many_dimensions(file):
    replace(file, KERNEL, np.zeros([1] * 20, np.float32))


@edge("refuse", "numbers of 32 bits that are an enumeration")
def kernel_is_enum(file):
    shape = file[KERNEL].shape
    replace(file, KERNEL, np.zeros(shape, np.int32), dtype=h5py.enum_dtype({"no": 0, "yes": 1}, basetype="i4"))


@edge("refuse", "a chunk of gzip is damaged")
def gzip_damaged(file):
    values = file[KERNEL][()]
    replace(file, KERNEL, values, chunks=values.shape, compression="gzip")
    file[KERNEL].id.write_direct_chunk((0, 0), b"\x78\x9c" + b"\xff" * 40)


@edge("refuse", "weights that are opaque elements of three bytes")
def opaque_of_three(file):
    replace(file, KERNEL, np.zeros(file[KERNEL].shape, "V3"))


@edge("refuse", "an LSTM after one that gives its last output alone")
def sequence_is_gone(file):
    edit_layer(file, "LSTM", return_sequences=False)


@edge("refuse", "units is true")
def units_true(file):
    edit_layer(file, "LSTM", units=True)


@edge("refuse", "an input of unknown features")
def features_unknown(file):
    edit_layer(file, "InputLayer", batch_input_shape=[None, 6, None])
    edit_layer(file, "LSTM", batch_input_shape=[None, 6, None])


@edge("refuse", "a quantized layer")
def quantized(file):
    edit_layer(file, "Dense", dtype={"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_float32"}})


@edge("refuse", "a layer with LoRA")
def lora(file):
    edit_layer(file, "Dense", lora_rank=2)


# ---- Archives ----

def members_of(archive):
    with zipfile.ZipFile(io.BytesIO(archive)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def pack(members, packing=zipfile.ZIP_STORED, comment=b""):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packing) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
        zipped.comment = comment
    return target.getvalue()


@edge("accept", "packed again, with what macOS adds, and a comment", "keras")
def packed_again(archive):
    more = {"__MACOSX/._config.json": b"\0" * 50, ".DS_Store": b"\0\1", "assets/": b""}
    return pack({**more, **members_of(archive)}, zipfile.ZIP_DEFLATED, b"a comment")


@edge("accept", "an archive under a name of HDF5", "h5")
def archive_as_h5(archive):
    return archive


archive_as_h5.of_archive = True


@edge("refuse", "one bit of the weights is another: the checksum tells", "keras")
def wrong_checksum(archive):
    at = archive.index(b"\x89HDF") + 3000
    return archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1:]


@edge("refuse", "the weights are those of another model", "keras")
def other_weights(archive):
    members, target = members_of(archive), io.BytesIO()
    target.write(members["model.weights.h5"])
    with h5py.File(target, "r+") as file:
        replace(file, "layers/gru/cell/vars/1", np.zeros((6, 15), np.float32))
    return pack({**members, "model.weights.h5": target.getvalue()})


@edge("refuse", "the weights of a layer are missing", "keras")
def layer_is_missing(archive):
    members, target = members_of(archive), io.BytesIO()
    target.write(members["model.weights.h5"])
    with h5py.File(target, "r+") as file:
        del file["layers/gru"]
    return pack({**members, "model.weights.h5": target.getvalue()})


@edge("refuse", "the weights are text", "keras")
def weights_are_text(archive):
    return pack({**members_of(archive), "model.weights.h5": b"these are not the weights\n"})


@edge("refuse", "the weights are another archive", "keras")
def archive_in_archive(archive):
    return pack({**members_of(archive), "model.weights.h5": archive})


@edge("refuse", "the configuration is an empty file", "keras")
def empty_config(archive):
    return pack({**members_of(archive), "config.json": b""})


@edge("refuse", "a member claims four gigabytes", "keras")
def huge_member(archive):
    at = archive.index(b"PK\x01\x02")
    while b"model.weights" not in archive[at:at + 80]:
        at = archive.index(b"PK\x01\x02", at + 4)
    return archive[:at + 24] + struct.pack("<I", 0xfffffff0) + archive[at + 28:]


@edge("refuse", "the configuration is encrypted", "keras")
def encrypted(archive):
    changed = bytearray(archive)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := archive.find(mark, at + 1)) >= 0:
            if b"config.json" in archive[at:at + 80]:
                changed[at + flags] |= 1
    return bytes(changed)


# ---- What is no model file ----

@edge("refuse", "Keras's list of sharded weights", "json")
def sharded_weights(_):
    return json.dumps({"metadata": {"total_size": 1}, "weight_map": {}}).encode()


@edge("refuse", "a configuration alone", "json")
def configuration_alone(archive):
    return members_of(archive)["config.json"]


def make(folder, name, change, sound, archive):
    if name.endswith(".h5") and not hasattr(change, "of_archive"):
        shutil.copy(sound, folder / name)
        with h5py.File(folder / name, "r+") as file:
            change(file)
    else:
        (folder / name).write_bytes(change(archive))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--from", dest="source", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    chosen = arguments.parse_args()
    folder = chosen.out / "edge-files"
    folder.mkdir(parents=True, exist_ok=True)
    sound, archive = chosen.source / SOUND / "model.h5", chosen.source / ARCHIVE / "model.keras"
    shutil.copy(sound, folder / "base.h5")
    shutil.copy(archive, folder / "base.keras")
    for name, of in (("expected.h5", SOUND), ("expected-keras.h5", ARCHIVE)):
        with h5py.File(chosen.source / of / "expected.h5") as file, h5py.File(folder / name, "w", libver="latest") as made:
            made["x"], made["predict"] = file["x"][()], file["predict"][()]
    entries = [{"file": "base.h5", "expect": "accept", "why": "the sound file"},
               {"file": "base.keras", "expect": "accept", "why": "the sound archive", "expected": "expected-keras.h5"}]
    for name, expect, why, change in files:
        make(folder, name, change, sound, archive.read_bytes())
        entry = {"file": name, "expect": expect, "why": why}
        if name.endswith(".keras") or hasattr(change, "of_archive"):
            entry["expected"] = "expected-keras.h5"
        entries.append(entry)
    (folder / "edge-files.json").write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    print("%d files" % len(entries))


main()
