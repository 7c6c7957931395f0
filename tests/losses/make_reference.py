#!/usr/bin/env python3
"""Writes reference.h: rows of outputs and targets, and what Keras makes of them.

    make_reference.py | clang-format > reference.h

Needs tensorflow and keras 3. Losses and gradients are Keras 3's in float32 on TensorFlow; a loss
function that sees the result of an activation works on what went into it, as in a model. Every case
is a batch of its own.
"""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf

PROBABILITIES = [[0.2, 0.7, 0.1], [0.05, 0.15, 0.8], [0.5, 0.25, 0.75]]
EDGES = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]]
LOGITS = [[0.3, -1.2, 2.0], [40.0, -35.0, 0.0], [-100.0, 100.0, 1.5]]
REALS = [[0.4, -1.3, 2.5], [0.0, 3.0, -0.75]]
ONE_HOT = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
BINARY = [[1, 0, 1], [0, 0, 1], [1, 1, 0]]
NUMBERS = [[1], [2], [0]]
TARGETS = [[0.5, -1.0, 2.5], [2.0, 1.5, 0.0]]
COUNTS = [[1, 0, 3], [2, 0, 1]]
SIGNS = [[1, -1, 1], [-1, -1, 1]]

# name, class, settings, activation, outputs, targets
CASES = []


def add(name, class_name, outputs, targets, activation=None, **settings):
    for output, target in zip(outputs, targets):
        CASES.append((name, class_name, settings, activation, output, target))


add("binary_crossentropy", "BinaryCrossentropy", PROBABILITIES, BINARY)
add("binary_crossentropy", "BinaryCrossentropy", EDGES, BINARY)
add("binary_crossentropy", "BinaryCrossentropy", PROBABILITIES, BINARY, label_smoothing=0.2)
add("binary_crossentropy", "BinaryCrossentropy", LOGITS, BINARY, from_logits=True)
add("binary_crossentropy", "BinaryCrossentropy", LOGITS, BINARY, "sigmoid")
add("binary_crossentropy", "BinaryCrossentropy", LOGITS, BINARY, "softmax")
add("binary_crossentropy", "BinaryCrossentropy", LOGITS, BINARY, "sigmoid", label_smoothing=0.1)
add("categorical_crossentropy", "CategoricalCrossentropy", PROBABILITIES, ONE_HOT)
add("categorical_crossentropy", "CategoricalCrossentropy", EDGES, ONE_HOT)
add("categorical_crossentropy", "CategoricalCrossentropy", PROBABILITIES, ONE_HOT, label_smoothing=0.1)
add("categorical_crossentropy", "CategoricalCrossentropy", LOGITS, ONE_HOT, "softmax")
add("categorical_crossentropy", "CategoricalCrossentropy", LOGITS, ONE_HOT, "sigmoid")
add("categorical_crossentropy", "CategoricalCrossentropy", LOGITS, ONE_HOT, from_logits=True, label_smoothing=0.3)
add("categorical_crossentropy", "CategoricalCrossentropy", LOGITS[:1], [[0.5, 0.5, 0.5]], "softmax")
add("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", PROBABILITIES, NUMBERS)
add("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", EDGES, NUMBERS)
add("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", LOGITS, NUMBERS, "softmax")
add("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", LOGITS, NUMBERS, from_logits=True)
for name, class_name in [("mean_squared_error", "MeanSquaredError"),
                         ("mean_absolute_error", "MeanAbsoluteError"),
                         ("mean_absolute_percentage_error", "MeanAbsolutePercentageError"),
                         ("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"),
                         ("huber", "Huber"), ("log_cosh", "LogCosh"),
                         ("cosine_similarity", "CosineSimilarity")]:
    add(name, class_name, REALS, TARGETS)
add("huber", "Huber", REALS, TARGETS, delta=0.3)
add("log_cosh", "LogCosh", [[300.0, -400.0, 0.001]], [[0.0, 1.0, 0.0]])
add("cosine_similarity", "CosineSimilarity", [[0.0, 0.0, 0.0]], [[1.0, 2.0, 2.0]])
add("poisson", "Poisson", PROBABILITIES, COUNTS)
add("kl_divergence", "KLDivergence", PROBABILITIES, PROBABILITIES[1:])
add("kl_divergence", "KLDivergence", [[1.5, -0.5, 0.3]], [[0.2, 0.3, 0.5]])
for name, class_name in [("hinge", "Hinge"), ("squared_hinge", "SquaredHinge")]:
    add(name, class_name, REALS, BINARY)
    add(name, class_name, REALS, SIGNS)
    add(name, class_name, REALS[:1], [[1, 0, -1]])
    add(name, class_name, REALS[:1], [[0.5, 0, 1]])
add("categorical_hinge", "CategoricalHinge", REALS, ONE_HOT)
add("categorical_hinge", "CategoricalHinge", [[1.0, 1.0, 5.0], [0.5, 0.5, 0.5]], [[0, 0, 1], [0, 1, 0]])


def evaluate(class_name, settings, activation, output, target):
    """The loss of a batch of one row and its gradient by the output, or by what the activation got."""
    loss = getattr(keras.losses, class_name)(**settings)
    x = tf.Variable([output], dtype=tf.float32)
    with tf.GradientTape() as tape:
        y = getattr(keras.activations, activation)(x) if activation else tf.convert_to_tensor(x)
        value = loss(tf.constant([target], tf.float32), y)
    gradient = tape.gradient(value, x)
    return float(value), gradient.numpy()[0]


def number(value):
    text = "%.9g" % value
    return {"inf": "INFINITY", "-inf": "-INFINITY", "nan": "NAN"}.get(text, text)


def main():
    forms = {None: "TL_OUTPUT_PLAIN", "sigmoid": "TL_OUTPUT_SIGMOID_LOGITS", "softmax": "TL_OUTPUT_SOFTMAX_LOGITS"}
    print("/* Made by make_reference.py with Keras %s on TensorFlow %s. */" % (keras.__version__, tf.__version__))
    print("#ifndef TL_LOSSES_REFERENCE_H\n#define TL_LOSSES_REFERENCE_H\n")
    print('#include "losses/loss.h"\n\n#include <math.h>\n')
    print("static const struct {\n    const char *name;\n    int32_t from_logits;\n    double label_smoothing, delta;\n"
          "    tl_output_form form;\n    float output[3], target[3];\n    double loss, gradient[3];\n} reference[] = {")
    for name, class_name, settings, activation, output, target in CASES:
        loss, gradient = evaluate(class_name, settings, activation, output, target)
        print('    {"%s", %d, %s, %s, %s, {%s}, {%s}, %s, {%s}},' % (
            name, settings.get("from_logits", False), number(settings.get("label_smoothing", 0)),
            number(settings.get("delta", 1)), forms[activation], ", ".join(map(number, output)),
            ", ".join(map(number, target)), number(loss), ", ".join(map(number, np.asarray(gradient, float)))))
    print("};\n\n#endif")


main()
