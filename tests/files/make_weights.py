#!/usr/bin/env python3
"""Writes tests/files/weights: arrays of models as people save them, by the real NumPy, safetensors, PyTorch and Keras,
and what these compute with them, for test_import.c.

    make_weights.py OUT

Needs numpy, ml_dtypes, safetensors, torch, keras and tf_keras. A case is the name of a file, the layers it is for
(Keras's classes and configurations), the shape of the input, the order, inputs and outputs.
"""
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import ml_dtypes
import numpy as np
import safetensors.numpy
import safetensors.torch
import tf_keras
import torch
from torch import nn

OUT = pathlib.Path(sys.argv[1])
CASES = []
generator = np.random.default_rng(31)


def dense(units, activation="linear", **more):
    return ["Dense", {"units": units, "activation": activation, **more}]


def recurrent(name, units, **more):
    return [name, {"units": units, **more}]


EMBEDDING = ["Embedding", {"input_dim": 12, "output_dim": 4}]


def add_case(file, layers, order, x, y, note="", mapping=()):
    CASES.append({"file": file, "order": order, "layers": layers, "input": list(x.shape[1:]), "note": note, "map": list(mapping),
                  "x": x.astype(np.float64).ravel().tolist(), "y": np.asarray(y, np.float64).ravel().tolist(), "samples": len(x)})


def tokens():
    return generator.integers(0, 12, (3, 6)).astype(np.int32)


def features(*shape):
    return generator.uniform(-2, 2, shape).astype(np.float32)


# ---- PyTorch ----


class Network(nn.Module):
    """Modules in a row; of a recurrent one the last timestep goes on."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x):
        for name, module in self.named_children():
            x = module(x)
            if isinstance(x, tuple):
                x = x[0] if name.startswith("all_") else x[0][:, -1]
        return torch.sigmoid(x)


def run(model, x, dtype=torch.float32):
    """What the model computes in float64 with its weights as they are after rounding to `dtype`."""
    model = model.to(dtype).to(torch.float64)
    x = torch.from_numpy(x.astype(np.int64 if x.dtype == np.int32 else np.float64))
    with torch.no_grad():
        y = model(x)
    model.to(dtype)
    return y.numpy()


def state_of(model):
    return {name: value.numpy() for name, value in model.state_dict().items()}


def write_torch():
    torch.manual_seed(5)
    x = tokens()
    model = Network(embedding=nn.Embedding(12, 4), lstm=nn.LSTM(4, 5, batch_first=True), fc=nn.Linear(5, 1))
    layers = [EMBEDDING, recurrent("LSTM", 5), dense(1, "sigmoid")]
    y = run(model, x)
    safetensors.torch.save_file(model.state_dict(), OUT / "torch-lstm.safetensors", metadata={"format": "pt"})
    add_case("torch-lstm.safetensors", layers, "pytorch", x, y)
    np.savez(OUT / "torch-lstm.npz", **state_of(model))
    add_case("torch-lstm.npz", layers, "pytorch", x, y)
    np.savez(OUT / "torch-lstm-parameters.npz", *[value.detach().numpy() for value in model.parameters()])
    add_case("torch-lstm-parameters.npz", layers, "pytorch", x, y)

    x = features(3, 7, 3)
    model = Network(all_rnn=nn.LSTM(3, 3, num_layers=2, batch_first=True), head=nn.Linear(3, 2))
    layers = [recurrent("LSTM", 3, return_sequences=True), recurrent("LSTM", 3, return_sequences=True), dense(2, "sigmoid")]
    safetensors.torch.save_file(model.state_dict(), OUT / "torch-stacked.safetensors")
    add_case("torch-stacked.safetensors", layers, "pytorch", x, run(model, x))

    model = Network(gru=nn.GRU(3, 4, batch_first=True), fc=nn.Linear(4, 2))
    layers = [recurrent("GRU", 4), dense(2, "sigmoid")]
    y = run(model, x, torch.float16)
    safetensors.torch.save_file(model.to(torch.float16).state_dict(), OUT / "torch-gru-half.safetensors")
    add_case("torch-gru-half.safetensors", layers, "pytorch", x, y, "float16")
    np.savez_compressed(OUT / "torch-gru-half.npz", **state_of(model.to(torch.float16)))
    add_case("torch-gru-half.npz", layers, "pytorch", x, y, "float16")

    model = Network(rnn=nn.RNN(3, 4, nonlinearity="tanh", batch_first=True), fc=nn.Linear(4, 2, bias=False))
    layers = [recurrent("SimpleRNN", 4), dense(2, "sigmoid", use_bias=False)]
    y = run(model, x, torch.bfloat16)
    safetensors.torch.save_file(model.to(torch.bfloat16).state_dict(), OUT / "torch-rnn-bfloat.safetensors")
    add_case("torch-rnn-bfloat.safetensors", layers, "pytorch", x, y, "bfloat16")
    rounded = {name: value.float().numpy().astype(ml_dtypes.bfloat16) for name, value in model.state_dict().items()}
    np.savez(OUT / "torch-rnn-bfloat.npz", **rounded)
    add_case("torch-rnn-bfloat.npz", layers, "pytorch", x, y, "bfloat16")

    model = Network(encoder=nn.LSTM(3, 4, bias=False, batch_first=True), fc=nn.Linear(4, 2)).to(torch.float64)
    layers = [recurrent("LSTM", 4, use_bias=False), dense(2, "sigmoid")]
    safetensors.torch.save_file(model.state_dict(), OUT / "torch-double.safetensors")
    add_case("torch-double.safetensors", layers, "pytorch", x, run(model, x, torch.float64), "float64")

    model = nn.LSTM(3, 4, batch_first=True)
    safetensors.torch.save_file(model.state_dict(), OUT / "torch-bare.safetensors")
    with torch.no_grad():
        y = model(torch.from_numpy(x))[0].numpy()
    add_case("torch-bare.safetensors", [recurrent("LSTM", 4, return_sequences=True)], "pytorch", x, y)

    # Six layers of one shape, 0 to 10: their numbers are in order, their names as text are not.
    x = features(4, 3)
    steps = []
    for _ in range(6):
        steps += [nn.Linear(3, 3), nn.Tanh()]
    model = nn.Sequential(*steps)
    safetensors.torch.save_file(model.state_dict(), OUT / "torch-sequential.safetensors")
    with torch.no_grad():
        y = model.double()(torch.from_numpy(x).double()).numpy()
    layers = [dense(3, "tanh") for _ in range(6)]
    add_case("torch-sequential.safetensors", layers, "pytorch", x, y)

    # Names that say no order, and the options that do.
    model = Network(zebra=nn.Linear(3, 3), ant=nn.Linear(3, 3))
    safetensors.torch.save_file(model.state_dict(), OUT / "torch-animals.safetensors")
    layers = [dense(3), dense(3, "sigmoid")]
    add_case("torch-animals.safetensors", layers, "pytorch", x, run(model, x), mapping=[["zebra", "dense"], ["ant", "dense_1"]])


# ---- Keras ----


def build(module, layers, x):
    kinds = {"Dense": module.layers.Dense, "LSTM": module.layers.LSTM, "GRU": module.layers.GRU, "SimpleRNN": module.layers.SimpleRNN,
             "Embedding": module.layers.Embedding}
    model = module.Sequential([module.layers.Input(x.shape[1:])] + [kinds[name](**config) for name, config in layers])
    for variable in model.weights:
        variable.assign(generator.uniform(-0.7, 0.7, variable.shape).astype(np.float32))
    return model


def write_keras():
    keras.utils.set_random_seed(6)
    x = tokens()
    layers = [EMBEDDING, recurrent("LSTM", 5, return_sequences=True), recurrent("LSTM", 5), dense(5, "tanh"), dense(1, "sigmoid")]
    model = build(keras, layers, x)
    y = model.predict(x, verbose=0)
    np.savez(OUT / "keras-positions.npz", *model.get_weights())
    add_case("keras-positions.npz", layers, "keras", x, y)
    paths = {variable.path: variable.numpy() for variable in model.weights}
    np.savez(OUT / "keras-paths.npz", **paths)
    add_case("keras-paths.npz", layers, "keras", x, y)
    points = {"%s.%s" % (layer.name, variable.name): variable.numpy() for layer in model.layers for variable in layer.weights}
    safetensors.numpy.save_file(points, OUT / "keras-points.safetensors")
    add_case("keras-points.safetensors", layers, "keras", x, y)
    unusual = {name: np.asfortranarray(value).astype(">f4" if value.ndim > 1 else ">f8") for name, value in paths.items()}
    np.savez_compressed(OUT / "keras-unusual.npz", **unusual)
    add_case("keras-unusual.npz", layers, "keras", x, y, "float64")
    renamed = {variable.path.replace("lstm", "memory").replace("memory_1", "last"): variable.numpy() for variable in model.weights}
    np.savez(OUT / "keras-renamed.npz", **renamed)
    add_case("keras-renamed.npz", layers, "keras", x, y, mapping=[["memory", "lstm"], ["last", "lstm_1"]])

    layers = [EMBEDDING, recurrent("GRU", 5), dense(1, "sigmoid")]
    model = build(tf_keras, layers, x)
    np.savez(OUT / "tf-keras.npz", **{variable.name: variable.numpy() for variable in model.weights})
    add_case("tf-keras.npz", layers, "keras", x, model.predict(x, verbose=0))


OUT.mkdir(parents=True, exist_ok=True)
write_torch()
write_keras()
lines = ",\n".join(json.dumps(case) for case in CASES)
(OUT / "cases.json").write_text("[\n%s\n]\n" % lines, encoding="utf-8")
