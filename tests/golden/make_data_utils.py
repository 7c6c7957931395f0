#!/usr/bin/env python3
"""What NumPy, scikit-learn and Keras make of small data: splits, shuffles, padding, one-hot rows, tokens.

    make_data_utils.py --out DIR        DIR/data-utils/*.json and *.h5

Digests are CRC-32 and SHA-256 of the numbers as little-endian int32.
"""
import argparse
import hashlib
import json
import os
import pathlib
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import h5py
import keras
import numpy as np
import sklearn
import tf_keras
from sklearn.model_selection import train_test_split


def digest(numbers):
    data = np.ascontiguousarray(numbers, "<i4").tobytes()
    return {"n": int(np.size(numbers)), "crc32": zlib.crc32(data), "sha256": hashlib.sha256(data).hexdigest()}


def put(file, path, values):
    file.create_dataset(path, data=values, track_times=False)


def write_json(folder, name, content):
    (folder / name).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


# ---- train_test_split ----------------------------------------------------------------------------------

def split_arguments():
    """(samples, sizes, random_state, shuffle, stratify: None, a number of classes or "uneven")"""
    for samples in (2, 4, 6, 9, 33, 150, 2500):
        for test_size in (0.1, 0.3, 0.5):
            yield samples, {"test_size": test_size}, 7, True, None
    yield 40, {"test_size": 9}, 11, True, None
    yield 40, {"train_size": 0.6}, 11, True, None
    yield 40, {"test_size": 0.25, "train_size": 0.4}, 5, True, None
    yield 40, {"test_size": 6, "train_size": 13}, 5, True, None
    yield 17, {"test_size": 0.3}, None, False, None
    for samples, classes in ((24, 2), (91, 4), (600, 3)):
        yield samples, {"test_size": 0.3}, 3, True, classes
    yield 45, {"test_size": 0.2}, 19, True, "uneven"


def labels_for(samples, stratify):
    if stratify is None:
        return None
    if stratify == "uneven":
        return np.repeat([0, 1, 2], [30, 9, 6])
    return np.random.RandomState(samples + stratify).randint(0, stratify, samples)


def make_split(folder):
    rows = []
    with h5py.File(folder / "split.h5", "w", libver="latest") as file:
        file.attrs["writer"] = "scikit-learn " + sklearn.__version__
        for number, (samples, sizes, state, shuffle, stratify) in enumerate(split_arguments()):
            case, labels = "%03d" % number, labels_for(samples, stratify)
            row = {"case": case, "n": samples, "shuffle": shuffle, "random_state": state, "stratify": stratify is not None,
                   **sizes}
            file.create_group("split/" + case)
            if labels is not None:
                put(file, "split/%s/labels" % case, labels.astype(np.int32))
            try:
                train, test = train_test_split(np.arange(samples, dtype=np.int32), random_state=state, shuffle=shuffle,
                                               stratify=labels, **sizes)
            except ValueError as refusal:
                rows.append(dict(row, error=str(refusal)))
                continue
            put(file, "split/%s/train" % case, train)
            put(file, "split/%s/test" % case, test)
            rows.append(dict(row, train_digest=digest(train), test_digest=digest(test)))
    write_json(folder, "split.json", rows)


# ---- RandomState ---------------------------------------------------------------------------------------

def make_shuffle(folder):
    rows, number = [], 0
    with h5py.File(folder / "shuffle.h5", "w", libver="latest") as file:
        for seed in (7, 2024, 4294967295):
            for count in (1, 2, 5, 33, 640):
                generator = np.random.RandomState(seed)
                orders = np.arange(count, dtype=np.int32), np.arange(count, dtype=np.int32)
                for order in orders:
                    generator.shuffle(order)
                group = file.create_group("shuffle/%02d" % number)
                group.attrs["seed"], group.attrs["n"] = np.int64(seed), count
                put(group, "permutation", orders[0])
                put(group, "next", orders[1])
                rows.append({"case": "%02d" % number, "seed": seed, "n": count, "permutation": digest(orders[0]),
                             "next": digest(orders[1])})
                number += 1
        for number, seed in enumerate((7, 99, 2024)):
            generator = np.random.RandomState(seed)
            put(file, "raw/%d/seed" % number, np.int64(seed))
            put(file, "raw/%d/random_sample" % number, generator.random_sample(20))
            put(file, "raw/%d/randint_0_1000" % number, generator.randint(0, 1000, 20).astype(np.int32))
            put(file, "raw/%d/normal" % number, generator.normal(size=20))
            put(file, "raw/%d/permutation_50" % number, generator.permutation(50).astype(np.int32))
    write_json(folder, "shuffle.json", rows)


# ---- keras.utils ---------------------------------------------------------------------------------------

def make_pad(folder):
    sequences = [[3, 1, 4, 1, 5, 9, 2, 6], [], [8], [2, 7, 1, 8], list(range(40, 51))]
    rows = []
    with h5py.File(folder / "pad.h5", "w", libver="latest") as file:
        for padding in ("pre", "post"):
            for truncating in ("pre", "post"):
                for maxlen, dtype, value in ((None, "int32", 0), (3, "int32", -1), (6, "float32", 0.25), (15, "int64", 9)):
                    how = dict(maxlen=maxlen, dtype=dtype, padding=padding, truncating=truncating, value=value)
                    padded = keras.utils.pad_sequences(sequences, **how)
                    assert np.array_equal(padded, tf_keras.utils.pad_sequences(sequences, **how))
                    put(file, "pad/%03d/output" % len(rows), padded)
                    rows.append(dict(how, case="%03d" % len(rows), shape=list(padded.shape)))
        nested = [[[1.5, -2.0], [0.5, 3.0]], [[7.0, 8.0]]]
        put(file, "nested/output", keras.utils.pad_sequences(nested, maxlen=3, dtype="float32"))
    write_json(folder, "pad.json", {"sequences": sequences, "cases": rows,
                                    "nested": {"sequences": nested, "maxlen": 3, "dtype": "float32"}})


def make_to_categorical(folder):
    rows = []
    with h5py.File(folder / "to_categorical.h5", "w", libver="latest") as file:
        for number, (labels, classes) in enumerate((([3, 0, 1], None), ([1, 1, 0, 2], 5), ([[2], [0]], None),
                                                    ([[0, 1, 1], [1, 0, 0]], 2), ([0], None))):
            ours, theirs = keras.utils.to_categorical(labels, classes), tf_keras.utils.to_categorical(labels, classes)
            put(file, "%d/labels" % number, np.array(labels, np.int32))
            put(file, "%d/output" % number, theirs.astype(np.float32))
            rows.append({"case": number, "num_classes": classes, "shape": list(theirs.shape), "keras3_dtype": str(ours.dtype),
                         "keras2_dtype": str(theirs.dtype), "equal": bool(np.array_equal(ours, theirs))})
    write_json(folder, "to_categorical.json", rows)


def make_tokenizer(folder):
    texts = ["A film, a FILM about films!", "Nothing happens; nothing at all.", "",
             "Well-made (and well played) -- 10/10", "na\u00efve \u00c9TUDE \u00e0 la carte", "one\ttab\nand a line",
             "what's new? what's old?", "never seen before film"]
    pieces = tf_keras.preprocessing.text
    cases = []
    for arguments in ({}, {"num_words": 4}, {"oov_token": "<?>"}, {"num_words": 6, "oov_token": "<?>"}, {"lower": False},
                      {"char_level": True, "num_words": 9}, {"filters": "", "split": " "}, {"filters": ",.", "split": "i"}):
        tokenizer = pieces.Tokenizer(**arguments)
        tokenizer.fit_on_texts(texts[:6])
        sequences = tokenizer.texts_to_sequences(texts)
        words_only = {name: value for name, value in arguments.items() if name in ("filters", "lower", "split")}
        matrix = np.ascontiguousarray(tokenizer.texts_to_matrix(texts, "binary"), "<f8")
        cases.append({"arguments": arguments, "fit_on": 6, "word_index": tokenizer.word_index,
                      "word_counts": dict(tokenizer.word_counts), "document_count": tokenizer.document_count,
                      "texts_to_sequences": sequences, "sequences_to_texts": tokenizer.sequences_to_texts(sequences),
                      "texts_to_matrix_binary_crc32": zlib.crc32(matrix.tobytes()),
                      "texts_to_word_sequence_first": pieces.text_to_word_sequence(texts[5], **words_only)})
    write_json(folder, "tokenizer.json", {"texts": texts, "writer": "tf_keras " + tf_keras.__version__, "cases": cases})


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    folder = arguments.parse_args().out / "data-utils"
    folder.mkdir(parents=True, exist_ok=True)
    for make in (make_split, make_shuffle, make_pad, make_to_categorical, make_tokenizer):
        make(folder)


main()
