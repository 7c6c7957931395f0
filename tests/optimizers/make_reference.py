#!/usr/bin/env python3
"""Writes reference.h: the first steps of Keras's optimizers on a small weight.

    make_reference.py | clang-format > reference.h

Needs tensorflow, keras 3 and tf_keras. Every case starts from the same weight and sees the same
gradients, in float32: Keras 3's optimizers, and with "legacy" those of tf_keras.optimizers.legacy
(Keras up to 2.10). "rows" cases are embeddings: the weight has rows of two, each step's gradient is
given for some of them.
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
import tf_keras

STEPS = 4
START = [0.5, -1.25, 2.0, 0.0, 1e-3, -0.75]
GRADIENTS = [[0.1, -0.2, 3.0, 0.0, 1e-4, -0.6], [-0.3, 0.25, 2.0, 0.5, -1e-3, 0.0],
             [0.2, 0.0, -1.0, 0.05, 2e-4, -0.4], [0.15, -0.35, 0.5, -0.7, 3e-5, 0.9]]
ROWS = [[0, 2], [0, 1], [2], [1, 2]]

CASES = [("SGD", {}, False), ("SGD", {"learning_rate": 0.1, "momentum": 0.9}, False),
         ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}, False),
         ("SGD", {"learning_rate": 0.1, "weight_decay": 0.3}, False),
         ("SGD", {"learning_rate": 0.1, "clipnorm": 0.5}, False),
         ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.5}, False),
         ("SGD", {"learning_rate": 0.1, "clipvalue": 0.25}, False),
         ("RMSprop", {"learning_rate": 0.01}, False),
         ("RMSprop", {"learning_rate": 0.01, "rho": 0.7, "epsilon": 1e-3}, False),
         ("RMSprop", {"learning_rate": 0.01, "momentum": 0.6}, False),
         ("RMSprop", {"learning_rate": 0.01, "centered": True, "epsilon": 1e-3}, False),
         ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.6, "epsilon": 1e-3}, False),
         ("Adam", {"learning_rate": 0.05}, False), ("Adam", {"learning_rate": 0.05, "amsgrad": True}, False),
         ("Adam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}, False),
         ("AdamW", {"learning_rate": 0.05}, False), ("Adagrad", {"learning_rate": 0.2}, False),
         ("Adagrad", {"learning_rate": 0.2, "initial_accumulator_value": 0.01, "epsilon": 1e-2}, False),
         ("Adadelta", {"learning_rate": 1.0}, False), ("Adamax", {"learning_rate": 0.05}, False),
         ("Nadam", {"learning_rate": 0.05}, False),
         ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "decay": 0.1}, True),
         ("RMSprop", {"learning_rate": 0.01, "epsilon": 1e-2}, True),
         ("RMSprop", {"learning_rate": 0.01, "momentum": 0.6, "epsilon": 1e-2}, True),
         ("RMSprop", {"learning_rate": 0.01, "centered": True, "epsilon": 1e-2}, True),
         ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.6, "epsilon": 1e-2}, True),
         ("RMSprop", {"learning_rate": 0.01, "decay": 0.3}, True), ("Adam", {"learning_rate": 0.05}, True),
         ("Adam", {"learning_rate": 0.05, "amsgrad": True}, True),
         ("Adagrad", {"learning_rate": 0.2, "epsilon": 1e-2}, True), ("Adadelta", {"learning_rate": 1.0}, True),
         ("Adamax", {"learning_rate": 0.05}, True), ("Nadam", {"learning_rate": 0.05}, True)]
ROW_CASES = [("SGD", {"learning_rate": 0.1, "momentum": 0.9}, True), ("SGD", {"learning_rate": 0.1}, True),
             ("RMSprop", {"learning_rate": 0.01, "momentum": 0.6}, True), ("RMSprop", {"learning_rate": 0.01}, True),
             ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.6, "epsilon": 1e-3}, True),
             ("Adam", {"learning_rate": 0.05}, True), ("Adagrad", {"learning_rate": 0.2}, True),
             ("Adadelta", {"learning_rate": 1.0}, True), ("Adamax", {"learning_rate": 0.05}, True),
             ("Nadam", {"learning_rate": 0.05}, True),
             ("SGD", {"learning_rate": 0.1, "momentum": 0.9}, False), ("Adam", {"learning_rate": 0.05}, False)]


def gradient_of(step, by_rows, legacy):
    dense = np.array(GRADIENTS[step], np.float32)
    if not by_rows:
        return tf.constant(dense)
    rows = ROWS[step]
    values = dense.reshape(3, 2)[rows]
    return tf.IndexedSlices(tf.constant(values), tf.constant(rows), tf.constant([3, 2]))


def train(name, settings, legacy, by_rows):
    """The weight after each step."""
    shape = (3, 2) if by_rows else (6,)
    start = np.array(START, np.float32).reshape(shape)
    module = tf_keras.optimizers.legacy if legacy else keras.optimizers
    optimizer = getattr(module, name)(**settings)
    weight = tf.Variable(start) if legacy else keras.Variable(start)
    after = []
    for step in range(STEPS):
        gradient = gradient_of(step, by_rows, legacy)
        optimizer.apply_gradients([(gradient, weight)])
        after.append(np.array(weight).reshape(-1))
    return after


def number(value):
    return "%.9g" % value


def main():
    print("/* Made by make_reference.py with Keras %s, tf_keras %s, TensorFlow %s. */" % (
        keras.__version__, tf_keras.__version__, tf.__version__))
    print("#ifndef TL_OPTIMIZERS_REFERENCE_H\n#define TL_OPTIMIZERS_REFERENCE_H\n")
    print("#include <stdint.h>\n\n#define STEPS %d\n#define COUNT 6\n" % STEPS)
    print("static const float start[COUNT] = {%s};" % ", ".join(map(number, START)))
    print("static const float gradients[STEPS][COUNT] = {%s};" % ", ".join(
        "{%s}" % ", ".join(map(number, row)) for row in GRADIENTS))
    print("/* Rows of an embedding of width 2 that have a gradient; -1 ends a list. */")
    print("static const int32_t touched[STEPS][3] = {%s};\n" % ", ".join(
        "{%s}" % ", ".join(map(str, (rows + [-1, -1, -1])[:3])) for rows in ROWS))
    print("static const struct {\n    const char *name;\n    int legacy, by_rows;\n    struct {\n"
          "        const char *key;\n        double value;\n    } settings[5];\n    double weights[STEPS][COUNT];\n"
          "} reference[] = {")
    for by_rows, cases in [(0, CASES), (1, ROW_CASES)]:
        for name, settings, legacy in cases:
            pairs = ", ".join('{"%s", %s}' % (key, number(value)) for key, value in settings.items()) or "{0}"
            after = ", ".join("{%s}" % ", ".join(map(number, row)) for row in train(name, settings, legacy, by_rows))
            print('    {"%s", %d, %d, {%s}, {%s}},' % (name, legacy, by_rows, pairs, after))
    print("};\n\n#endif")


main()
