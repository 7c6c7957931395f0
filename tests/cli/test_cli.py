#!/usr/bin/env python3
"""Drives the tinylstm program as scripts do: exit statuses, messages, files, numbers.

    test_cli.py TINYLSTM MAKE_MODEL [UNITTEST_ARGUMENT...]
"""
import csv
import json
import math
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
import zipfile

TINYLSTM, MAKE_MODEL = map(os.path.abspath, sys.argv[1:3])
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("TINYLSTM_SHARED", ROOT.parent / "shared"))
COMMANDS = ["summary", "predict", "evaluate", "fit", "convert", "inspect", "imdb"]
ERROR_LINE = re.compile(r"tinylstm: [^\n]+?: [^\n]+?: [^\n]+\n\Z")


# ---- .npy by hand, so that the test needs no NumPy ----

FORMATS = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q"}


def npy(dtype, shape, values):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (dtype, repr(tuple(shape)))
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = struct.pack("<%d%s" % (len(values), FORMATS[dtype]), *values)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def read_npy(path):
    raw = pathlib.Path(path).read_bytes()
    assert raw[:8] == b"\x93NUMPY\x01\x00"
    length = struct.unpack("<H", raw[8:10])[0]
    header = raw[10:10 + length].decode()
    dtype = re.search(r"'descr': '([^']+)'", header).group(1)
    shape = tuple(int(word) for word in re.search(r"'shape': \(([^)]*)\)", header).group(1).split(",") if word.strip())
    values = struct.unpack("<%d%s" % (math.prod(shape), FORMATS[dtype]), raw[10 + length:])
    return dtype, shape, values


def tokens(samples, seed):
    """Token rows and labels that a network can learn: is the last token above the first one?"""
    state, rows, labels = seed, [], []
    for _ in range(samples):
        row = []
        for _ in range(6):
            state = (state * 1103515245 + 12345) % 2 ** 31
            row.append(1 + (state >> 16) % 19)
        rows += row
        labels.append(int(row[-1] > row[0]))
    return rows, labels


class Cli(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.made = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.made)
        subprocess.run([MAKE_MODEL, cls.made], check=True)
        for part, samples, seed in (("", 90, 1), ("_val", 30, 2)):
            rows, labels = tokens(samples, seed)
            (cls.made / ("x%s.npy" % part)).write_bytes(npy("<i4", (samples, 6), rows))
            (cls.made / ("y%s.npy" % part)).write_bytes(npy("<i8", (samples,), labels))
        floats = [math.sin(i) for i in range(5 * 4 * 3)]
        (cls.made / "features.npy").write_bytes(npy("<f4", (5, 4, 3), floats))

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.directory)
        for path in self.made.iterdir():
            shutil.copy(path, self.directory)

    def run_cli(self, *arguments, **options):
        return subprocess.run([TINYLSTM, *map(str, arguments)], cwd=self.directory, capture_output=True, text=True,
                              timeout=100, check=False, **options)

    def done(self, *arguments, **options):
        result = self.run_cli(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        return result.stdout

    def write(self, name, content):
        (self.directory / name).write_bytes(content)
        return name

    def assert_fails(self, *arguments, saying=""):
        """Status 1, one line on standard error, nothing else anywhere."""
        before = self.files()
        result = self.run_cli(*arguments)
        self.assertEqual((result.returncode, result.stdout), (1, ""), (arguments, result.stderr))
        self.assertRegex(result.stderr, ERROR_LINE)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn(saying, result.stderr)
        self.assertEqual(self.files(), before, arguments)

    def assert_usage(self, *arguments, saying=""):
        before = self.files()
        result = self.run_cli(*arguments)
        self.assertEqual((result.returncode, result.stdout), (2, ""), (arguments, result.stderr))
        self.assertTrue(result.stderr.startswith("tinylstm: "), result.stderr)
        self.assertIn(saying, result.stderr)
        self.assertEqual(self.files(), before)

    def files(self):
        return {path.name: path.read_bytes() for path in self.directory.iterdir() if path.is_file()}

    def fit(self, *arguments, model="tokens.h5"):
        return self.done("fit", model, "--x", "x.npy", "--y", "y.npy", "--verbose", 0, *arguments)

    def predict(self, model, x="x_val.npy", *arguments):
        return self.done("predict", model, "--x", x, *arguments)


class Usage(Cli):
    def test_help(self):
        self.assertTrue(all(name in self.done("--help") for name in COMMANDS))
        for name in COMMANDS:
            self.assertIn("usage: tinylstm " + name, self.done(name, "--help"))
        for option in ("--val-x", "--no-shuffle", "--checkpoint", "--patience", "--history", "--plot"):
            self.assertIn(option, self.done("fit", "--help"))

    def test_version(self):
        self.assertRegex(self.done("--version"), r"\Atinylstm \d+\.\d+\.\d+\n\Z")

    def test_commands(self):
        self.assert_usage(saying="command")
        self.assert_usage("train", saying="train")
        self.assert_usage("--verbose", saying="--verbose")

    def test_operands(self):
        for name in ("summary", "predict", "evaluate", "fit", "convert", "inspect"):
            self.assert_usage(name, saying="missing")
        self.assert_usage("convert", "tokens.h5", saying="OUT")
        self.assert_usage("summary", "tokens.h5", "bare.h5", saying="bare.h5")
        self.assert_usage("imdb", "imdb.npz", "--out", ".", saying="imdb.npz")

    def test_unknown_options(self):
        for name in COMMANDS:
            self.assert_usage(name, "--depth", "3", saying="--depth")
            self.assert_usage(name, "-dx", "3", saying="-d")
        self.assert_usage("fit", "tokens.h5", "--no-shuffle=1", saying="no value")
        self.assert_usage("fit", "tokens.h5", "--epochs", saying="--epochs")

    def test_numbers_are_strict(self):
        data = ["tokens.h5", "--x", "x.npy", "--y", "y.npy"]
        whole = ["", " 1", "1 ", "+1", "-1", "1x", "x", "1.0", "1e1", "0x1", "99999999999999999999"]
        for option in ("--epochs", "--batch-size", "--seed", "--patience", "--threads", "--verbose"):
            for text in whole:
                self.assert_usage("fit", *data, option, text, saying=option)
        for text in ("", " 1", "1x", "0", "-1", "nan", "inf", "1e999", "0x1", "1,5", "e", "1e"):
            self.assert_usage("fit", *data, "--learning-rate", text, saying="--learning-rate")
        for option, text in (("--epochs", "0"), ("--batch-size", "0"), ("--verbose", "3"), ("--threads", "1025")):
            self.assert_usage("fit", *data, option, text, saying=option)
        for command in ("evaluate", "predict"):
            for option in ("--batch-size", "--threads"):
                self.assert_usage(command, "tokens.h5", "--x", "x.npy", option, "many", saying=option)
        for option in ("--num-words", "--maxlen"):
            self.assert_usage("predict", "tokens.h5", "--text", "good", option, "0", saying=option)

    def test_options_that_need_each_other(self):
        self.assert_usage("predict", "tokens.h5", saying="--x")
        self.assert_usage("predict", "tokens.h5", "--x", "x.npy", "--text", "good", saying="--text")
        self.assert_usage("predict", "tokens.h5", "--x", "x.npy", "--maxlen", "3", saying="--text")
        self.assert_usage("predict", "tokens.h5", "--x", "", saying="--x")
        self.assert_usage("evaluate", "tokens.h5", "--x", "x.npy", saying="--y")
        self.assert_usage("fit", "tokens.h5", "--y", "y.npy", saying="--x")
        data = ["tokens.h5", "--x", "x.npy", "--y", "y.npy"]
        self.assert_usage("fit", *data, "--val-x", "x_val.npy", saying="--val-y")
        self.assert_usage("fit", *data, "--val-y", "y_val.npy", saying="--val-x")
        self.assert_usage("imdb", saying="--out")

    def test_operands_and_options_in_any_order(self):
        expected = self.predict("tokens.h5")
        self.assertEqual(self.done("predict", "--x", "x_val.npy", "tokens.h5"), expected)
        self.assertEqual(self.done("predict", "--x=x_val.npy", "--", "tokens.h5"), expected)
        posix = dict(os.environ, POSIXLY_CORRECT="1")
        self.assertEqual(self.done("predict", "tokens.h5", "--x", "x_val.npy", env=posix), expected)


class Failures(Cli):
    DATA = ["--x", "x.npy", "--y", "y.npy"]

    def test_models(self):
        whole = (self.directory / "tokens.h5").read_bytes()
        self.write("short.h5", whole[:len(whole) // 2])
        self.write("empty.h5", b"")
        self.write("text.h5", b"no model at all\n")
        for model in ("absent.h5", "short.h5", "empty.h5", "text.h5", "."):
            self.assert_fails("summary", model)
            self.assert_fails("predict", model, "--x", "x.npy")
            self.assert_fails("evaluate", model, *self.DATA)
            self.assert_fails("fit", model, *self.DATA, "--out", "out.h5")
            self.assert_fails("convert", model, "out.h5")

    def test_a_line_break_in_a_name_makes_no_second_line(self):
        self.assert_fails("summary", "a\nb.h5", saying="a b.h5")

    def test_arrays(self):
        good = (self.directory / "x.npy").read_bytes()
        self.write("short.npy", good[:-5])
        self.write("text.npy", b"1,2,3\n")
        self.write("wide.npy", npy("<i4", (90, 7), [1] * 630))
        self.write("flat.npy", npy("<i4", (6,), [1] * 6))
        self.write("none.npy", npy("<i4", (0, 6), []))
        self.write("beyond.npy", npy("<i4", (90, 6), [1] * 539 + [20]))
        self.write("below.npy", npy("<i4", (90, 6), [1] * 539 + [-1]))
        for x in ("absent.npy", "short.npy", "text.npy", "wide.npy", "flat.npy", "none.npy", "beyond.npy", "below.npy"):
            self.assert_fails("predict", "tokens.h5", "--x", x, "--out", "out.npy")
            self.assert_fails("evaluate", "tokens.h5", "--x", x, "--y", "y.npy")
            self.assert_fails("fit", "tokens.h5", "--x", x, "--y", "y.npy", "--out", "out.h5", "--checkpoint", "best.h5")
        for y in ("absent.npy", "y_val.npy"):
            self.assert_fails("evaluate", "tokens.h5", "--x", "x.npy", "--y", y)
            self.assert_fails("fit", "tokens.h5", "--x", "x.npy", "--y", y, "--out", "out.h5")
        self.assert_fails("fit", "tokens.h5", *self.DATA, "--val-x", "wide.npy", "--val-y", "y.npy", "--out", "out.h5")

    def test_not_a_number(self):
        self.write("nan.npy", npy("<f4", (5, 4, 3), [math.nan] + [0.5] * 59))
        self.write("y.npy", npy("<f4", (5, 4, 2), [0.5] * 40))
        self.assert_fails("fit", "features.h5", "--x", "nan.npy", "--y", "y.npy", "--out", "features.h5", saying="NaN")
        self.assert_fails("predict", "features.h5", "--x", "nan.npy", saying="nan.npy: sample 0 holds NaN")
        self.assert_fails("evaluate", "features.h5", "--x", "features.npy", "--y", "nan.npy", saying="nan.npy")
        self.write("nan_y.npy", npy("<f4", (5, 4, 2), [math.nan] + [0.5] * 39))
        self.assert_fails("fit", "features.h5", "--x", "features.npy", "--y", "nan_y.npy", "--out", "features.h5")

    def test_outputs_are_looked_at_first(self):
        """Before the model: that it is absent would be found later."""
        (self.directory / "folder.h5").mkdir()
        fit = ["fit", "absent.h5", *self.DATA]
        for option in ("--out", "--checkpoint"):
            for path in ("nowhere/a.h5", "folder.h5", "x.npy/a.h5"):
                self.assert_fails(*fit, option, path, saying=path.split("/")[0])
            self.assert_fails(*fit, option, "a.txt", saying="a.txt")
        for option in ("--history", "--plot"):
            self.assert_fails(*fit, option, "nowhere/a", saying="nowhere")
            self.assert_fails(*fit, option, ".", saying=": .: ")
        self.assert_fails(*fit, "--out", "a.h5", "--checkpoint", "a.h5", saying="a.h5")
        self.assert_fails("predict", "absent.h5", "--x", "x.npy", "--out", "nowhere/p.npy", saying="nowhere")
        self.assert_fails("convert", "absent.h5", "a.onnx", saying=".h5, .keras")
        self.assert_fails("convert", "absent.h5", "nowhere/a.h5", saying="nowhere")
        self.assert_fails("imdb", "--data", "absent.npz", "--out", "nowhere/data", saying="nowhere")
        self.assert_fails("imdb", "--data", "absent.npz", "--out", "x.npy", saying="x.npy")
        self.assert_fails("imdb", "--data", "x.npy", "--out", "data")
        self.assertFalse((self.directory / "data").exists())

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_read_only_directory(self):
        (self.directory / "fixed").mkdir(mode=0o555)
        self.assert_fails("fit", "absent.h5", *self.DATA, "--out", "fixed/a.h5", saying="fixed")

    def test_compiling(self):
        self.assert_fails("fit", "bare.h5", *self.DATA, saying="compiled")
        self.assert_fails("fit", "bare.h5", *self.DATA, "--optimizer", "sgd", saying="--loss")
        self.assert_fails("evaluate", "bare.h5", *self.DATA, saying="compile")
        self.assert_fails("fit", "bare.h5", *self.DATA, "--loss", "nonsense", saying="--loss: ")
        self.assert_fails("fit", "bare.h5", *self.DATA, "--loss", "mse", "--optimizer", "nonsense", saying="--optimizer: ")

    def test_words(self):
        self.write("words.json", b'{"good": 1, "bad": ')
        for path in ("words.json", "absent.json", "x.npy"):
            self.assert_fails("predict", "tokens.h5", "--text", "good", "--word-index", path, saying=path)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full here")
    def test_full_standard_output(self):
        for arguments in (["summary", "tokens.h5"], ["predict", "tokens.h5", "--x", "x.npy"], ["--help"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                result = subprocess.run([TINYLSTM, *arguments], cwd=self.directory, stdout=full, check=False,
                                        stderr=subprocess.PIPE, text=True)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, ERROR_LINE)


class Work(Cli):
    VALIDATION = ["--val-x", "x_val.npy", "--val-y", "y_val.npy"]

    def history(self, name="h.csv"):
        with open(self.directory / name, newline="", encoding="ascii") as file:
            return list(csv.DictReader(file))

    def evaluate(self, model):
        line = self.done("evaluate", model, "--x", "x_val.npy", "--y", "y_val.npy")
        match = re.fullmatch(r"loss: (\d\.\d{4}) - accuracy: (\d\.\d{4})\n", line)
        self.assertTrue(match, line)
        return tuple(map(float, match.groups()))

    def test_summary(self):
        """Printed by model.summary() of tf_keras 2.15 for this file."""
        rows = ["", " Layer (type)                Output Shape              Param #", "embedding (Embedding)       (None, 6, 4)              80",
                "lstm (LSTM)                 (None, 5)                 200", "dense (Dense)               (None, 1)                 6"]
        cells = [(" " + row.strip()).ljust(65) for row in rows]
        expected = ["Model: \"sequential\"", "_" * 65, cells[1], "=" * 65, cells[2], cells[0], cells[3], cells[0], cells[4],
                    cells[0], "=" * 65, "Total params: 286 (1.12 KB)", "Trainable params: 286 (1.12 KB)",
                    "Non-trainable params: 0 (0.00 Byte)", "_" * 65]
        self.assertEqual(self.done("summary", "tokens.h5").splitlines(), expected)

    def test_predictions_on_both_ways_out(self):
        for model, x, shape in (("tokens.h5", "x.npy", (90, 1)), ("features.h5", "features.npy", (5, 4, 2))):
            lines = self.predict(model, x).splitlines()
            self.assertEqual(self.predict(model, x, "--out", "p.npy"), "")
            dtype, found, values = read_npy(self.directory / "p.npy")
            self.assertEqual((dtype, found, len(lines)), ("<f4", shape, shape[0]))
            words = [word for line in lines for word in line.split(" ")]
            printed = struct.unpack("<%df" % len(words), struct.pack("<%df" % len(words), *map(float, words)))
            self.assertEqual(printed, values)
            for batch, threads in ((1, 1), (7, 2), (1000, 4)):
                again = self.predict(model, x, "--batch-size", batch, "--threads", threads).splitlines()
                self.assertEqual(again, lines)

    def test_fit_evaluate_predict(self):
        self.fit(*self.VALIDATION, "--epochs", 4, "--batch-size", 16, "--seed", 3, "--out", "final.h5", "--checkpoint",
                 "best.h5", "--history", "h.csv", "--plot", "loss.svg")
        first = (self.directory / "h.csv").read_text(encoding="ascii").splitlines()[0]
        self.assertEqual(first, "epoch,loss,accuracy,val_loss,val_accuracy")
        rows = self.history()
        self.assertEqual([row["epoch"] for row in rows], ["0", "1", "2", "3"])
        last, best = rows[-1], min(rows, key=lambda row: float(row["val_loss"]))
        for model, row in (("final.h5", last), ("best.h5", best)):
            loss, accuracy = self.evaluate(model)
            self.assertAlmostEqual(loss, float(row["val_loss"]), delta=6e-5)
            self.assertAlmostEqual(accuracy, float(row["val_accuracy"]), delta=6e-5)
        # The accuracy counted from the printed predictions.
        scores = [float(line) for line in self.predict("final.h5").splitlines()]
        labels = read_npy(self.directory / "y_val.npy")[2]
        right = sum((score > 0.5) == bool(label) for score, label in zip(scores, labels))
        self.assertAlmostEqual(right / len(labels), float(last["val_accuracy"]), delta=1e-6)
        self.assertNotEqual(self.predict("final.h5"), self.predict("tokens.h5"))

    def test_learning(self):
        self.fit("--epochs", 60, "--batch-size", 16, "--seed", 1, "--history", "h.csv")
        losses = [float(row["loss"]) for row in self.history()]
        self.assertLess(losses[-1], 0.5 * losses[0])

    def test_header_without_validation_or_metrics(self):
        self.fit("--history", "h.csv")
        self.assertEqual(list(self.history()[0]), ["epoch", "loss", "accuracy"])
        self.write("targets.npy", npy("<f4", (5, 4, 2), [0.5] * 40))
        self.done("fit", "features.h5", "--x", "features.npy", "--y", "targets.npy", "--verbose", 0, "--history", "f.csv")
        self.assertEqual(list(self.history("f.csv")[0]), ["epoch", "loss"])

    def test_going_on_is_the_same_as_not_stopping(self):
        """Weights, optimizer slots and learning rate come back from the file, to the last bit."""
        same = ["--no-shuffle", "--batch-size", 16]
        self.fit(*same, "--epochs", 3, "--out", "three.h5")
        self.fit(*same, "--epochs", 2, "--out", "two.h5")
        self.fit(*same, "--epochs", 1, "--out", "two_and_one.h5", model="two.h5")
        self.assertEqual(self.predict("two_and_one.h5"), self.predict("three.h5"))
        # The order of the samples goes on, too: twice three epochs are six.
        self.fit("--epochs", 6, "--seed", 9, "--out", "six.h5")
        self.fit("--epochs", 3, "--seed", 9, "--out", "half.keras")
        self.fit("--epochs", 3, "--out", "twice.h5", model="half.keras")
        self.assertEqual(self.files()["twice.h5"], self.files()["six.h5"])
        self.fit("--epochs", 3, "--seed", 9, "--out", "again.h5", model="half.keras")
        self.assertNotEqual(self.files()["again.h5"], self.files()["six.h5"])
        # Compiled anew, the slots are lost: the result is another.
        self.fit(*same, "--epochs", 1, "--out", "anew.h5", "--optimizer", "rmsprop", "--loss", "binary_crossentropy",
                 "--learning-rate", "0.01", model="two.h5")
        self.assertNotEqual(self.predict("anew.h5"), self.predict("three.h5"))

    def test_threads_change_nothing(self):
        for threads in (1, 2, 4):
            self.fit("--seed", 5, "--epochs", 2, "--threads", threads, "--out", "t%d.h5" % threads)
        self.assertEqual(self.predict("t1.h5"), self.predict("t2.h5"))
        self.assertEqual(self.predict("t1.h5"), self.predict("t4.h5"))

    def test_seed(self):
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            self.fit("--seed", seed, "--batch-size", 16, "--out", name + ".h5")
        self.assertEqual(self.predict("a.h5"), self.predict("b.h5"))
        self.assertNotEqual(self.predict("a.h5"), self.predict("c.h5"))

    def test_learning_rate(self):
        same = ["--no-shuffle"]
        self.fit(*same, "--out", "as_it_is.h5")
        self.fit(*same, "--out", "equal.h5", "--learning-rate", "0.01")
        self.fit(*same, "--out", "larger.h5", "--learning-rate", "2e-2")
        self.assertEqual(self.predict("equal.h5"), self.predict("as_it_is.h5"))
        self.assertNotEqual(self.predict("larger.h5"), self.predict("as_it_is.h5"))

    def test_compiling_anew(self):
        self.fit("--loss", "binary_crossentropy", "--history", "h.csv", "--out", "new.h5", model="bare.h5")
        self.assertEqual(list(self.history()[0]), ["epoch", "loss", "accuracy"])
        self.evaluate("new.h5")
        self.fit("--loss", "mse", "--optimizer", "adam", "--history", "h.csv", model="bare.h5")
        self.assertEqual(list(self.history()[0]), ["epoch", "loss"])

    def test_what_is_not_named_stays(self):
        """tokens.h5 has RMSprop with 0.01 and binary cross-entropy."""
        same, rate = ["--no-shuffle", "--epochs", 2], ["--learning-rate", "0.01"]
        self.fit(*same, "--out", "file.h5")
        self.fit(*same, "--out", "loss.h5", "--loss", "binary_crossentropy")
        self.fit(*same, "--out", "optimizer.h5", "--optimizer", "rmsprop", *rate)
        self.fit(*same, "--out", "other.h5", "--optimizer", "adam", *rate)
        self.assertEqual(self.predict("loss.h5"), self.predict("file.h5"))
        self.assertEqual(self.predict("optimizer.h5"), self.predict("file.h5"))
        self.assertNotEqual(self.predict("other.h5"), self.predict("file.h5"))
        self.evaluate("other.h5")  # its metric is still there

    def test_patience(self):
        """A learning rate that is far too large: nothing gets better, so it stops, best weights back."""
        self.fit(*self.VALIDATION, "--epochs", 50, "--patience", 2, "--seed", 1, "--learning-rate", "1", "--history",
                 "h.csv", "--out", "final.h5")
        rows = self.history()
        self.assertLess(len(rows), 50)
        losses = [float(row["val_loss"]) for row in rows]
        self.assertEqual(losses.index(min(losses)), len(rows) - 3)
        self.assertAlmostEqual(self.evaluate("final.h5")[0], min(losses), delta=6e-5)

    def test_progress(self):
        data = ["fit", "tokens.h5", "--x", "x.npy", "--y", "y.npy", *self.VALIDATION, "--epochs", 2]
        self.assertEqual(self.done(*data, "--verbose", 0), "")
        for verbose in (1, 2):
            text = self.done(*data, "--verbose", verbose)
            values = " - ".join(r"%s: \d\.\d{4}" % name for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
            for epoch, line in enumerate(text.splitlines(keepends=True), 1):
                self.assertRegex(line, r"\AEpoch %d/2 .* - %s\n\Z" % (epoch, values))
            self.assertEqual(text.count("\n"), 2)

    def test_progress_on_a_terminal(self):
        """The bar is drawn again in place: carriage returns between the epochs' line ends."""
        try:
            leader, follower = os.openpty()
        except OSError as error:
            self.skipTest("no terminal to be had: %s" % error)
        process = subprocess.Popen([TINYLSTM, "fit", "tokens.h5", "--x", "x.npy", "--y", "y.npy", "--epochs", "2"],
                                   cwd=self.directory, stdout=follower)
        os.close(follower)
        shown = b""
        try:
            while chunk := os.read(leader, 4096):
                shown += chunk
        except OSError:
            pass  # how Linux tells that the other side is closed
        os.close(leader)
        self.assertEqual(process.wait(), 0)
        lines = [line.split("\r")[-1] for line in shown.decode().replace("\r\n", "\n").split("\n")]
        self.assertEqual(lines[0], "Epoch 1/2")
        self.assertRegex(lines[1], r"\A3/3 \[={30}\] - .* - loss: \d\.\d{4} - accuracy: \d\.\d{4} *\Z")

    def test_plot(self):
        self.fit(*self.VALIDATION, "--epochs", 3, "--plot", "loss.svg")
        root = xml.etree.ElementTree.parse(self.directory / "loss.svg").getroot()
        self.assertTrue(root.tag.endswith("svg"))
        words = [text.strip() for text in root.itertext() if text.strip()]
        for label in ("loss", "epoch", "training", "validation", "1", "3"):
            self.assertIn(label, words)

    def test_convert(self):
        self.assertEqual(self.done("convert", "features.h5", "again.h5"), "")
        self.assertEqual(self.predict("again.h5", "features.npy"), self.predict("features.h5", "features.npy"))
        self.done("convert", "tokens.h5", "tokens.h5")
        self.evaluate("tokens.h5")

    def test_convert_with_weights_of_pytorch(self):
        """A state_dict of an Embedding, an LSTM and a Linear, all zero but for the last bias: its sigmoid is left."""
        shapes = {"embedding.weight": (20, 4), "lstm.weight_ih_l0": (20, 4), "lstm.weight_hh_l0": (20, 5),
                  "lstm.bias_ih_l0": (20,), "lstm.bias_hh_l0": (20,), "fc.weight": (1, 5), "fc.bias": (1,)}
        header, data = {}, b""
        for name, shape in shapes.items():
            values = struct.pack("<%df" % math.prod(shape), *[1.5 if name == "fc.bias" else 0] * math.prod(shape))
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
            data += values
        text = json.dumps(header).encode()
        self.write("w.safetensors", struct.pack("<Q", len(text)) + text + data)
        self.done("convert", "tokens.h5", "out.h5", "--weights", "w.safetensors", "--order", "pytorch")
        for line in self.predict("out.h5", "x.npy").splitlines():
            self.assertAlmostEqual(float(line), 1 / (1 + math.exp(-1.5)), 6)
        self.done("convert", "tokens.h5", "out.h5", "--weights", "w.safetensors", "--order", "pytorch", "--map", "lstm=lstm", "--map", "fc=dense")
        self.assert_fails("convert", "tokens.h5", "no.h5", "--weights", "w.safetensors", saying="PyTorch")
        self.assert_fails("convert", "features.h5", "no.h5", "--weights", "w.safetensors", "--order", "pytorch", saying="w.safetensors:")
        self.assert_fails("convert", "tokens.h5", "no.h5", "--weights", "x.npy", saying="neither")
        self.assert_fails("convert", "tokens.h5", "no.h5", "--weights", "w.safetensors", "--order", "pytorch", "--map", "rnn=lstm", saying="rnn")
        self.assert_usage("convert", "tokens.h5", "no.h5", "--weights", "w.safetensors", "--order", "tensorflow", saying="--order")
        self.assert_usage("convert", "tokens.h5", "no.h5", "--weights", "w.safetensors", "--map", "lstm", saying="--map")
        self.assert_usage("convert", "tokens.h5", "no.h5", "--order", "pytorch", saying="--order")
        self.assertFalse((self.directory / "no.h5").exists())

    def test_convert_to_keras_3(self):
        """To .keras and back nothing is lost; training goes on from it as from the .h5."""
        wanted = self.predict("tokens.h5", "x.npy")
        self.done("fit", "tokens.h5", "--x", "x.npy", "--y", "y.npy", "--verbose", 0, "--out", "more.h5")
        self.assertEqual(self.done("convert", "tokens.h5", "tokens.keras"), "")
        self.assertTrue((self.directory / "tokens.keras").read_bytes().startswith(b"PK"))
        self.assertEqual(self.predict("tokens.keras", "x.npy"), wanted)
        self.assertEqual(self.done("summary", "tokens.keras"), self.done("summary", "tokens.h5"))
        self.done("fit", "tokens.keras", "--x", "x.npy", "--y", "y.npy", "--verbose", 0, "--out", "more.keras")
        self.assertEqual(self.predict("more.keras", "x.npy"), self.predict("more.h5", "x.npy"))
        self.done("convert", "tokens.keras", "back.h5")
        self.assertEqual(self.predict("back.h5", "x.npy"), wanted)

    def test_convert_for_each_keras(self):
        """There and back nothing is lost, and training goes on as if nothing had been."""
        self.fit("--epochs", 2, "--seed", 4, "--out", "begun.h5")
        self.fit("--epochs", 2, "--out", "wanted.h5", model="begun.h5")
        versions = set()
        for keras in ("keras2", "tf2.10", "tf2.15", "tf_keras", "keras3"):
            self.assertEqual(self.done("convert", "begun.h5", "other.h5", "--for", keras), "")
            versions.add((self.directory / "other.h5").read_bytes())
            self.fit("--epochs", 2, "--out", "more.h5", model="other.h5")
            self.assertEqual(self.predict("more.h5"), self.predict("wanted.h5"), keras)
            self.done("convert", "other.h5", "back.h5")
            if keras != "keras2":  # which calls GlorotUniform VarianceScaling
                self.assertEqual(self.files()["back.h5"], self.files()["begun.h5"], keras)
        self.assertEqual(len(versions), 4)
        for kind in (".keras", ".h5"):
            self.done("convert", "begun.h5", "through" + kind, "--for", "keras3")
            self.done("convert", "through" + kind, "back.h5")
            self.assertEqual(self.files()["back.h5"], self.files()["begun.h5"], kind)
        self.assert_usage("convert", "tokens.h5", "a.h5", "--for", "keras1", saying="--for")
        self.assert_fails("convert", "tokens.h5", "a.keras", "--for", "keras2", saying="Keras 3")

    def test_convert_weights_into_a_model(self):
        self.fit("--epochs", 2, "--seed", 4, "--out", "begun.h5")
        self.done("convert", "begun.h5", "begun.weights.h5")
        self.done("convert", "tokens.h5", "whole.h5", "--weights", "begun.weights.h5")
        self.assertEqual(self.files()["whole.h5"], self.files()["begun.h5"])
        self.done("convert", "begun.h5", "begun.keras")
        self.write("begun.npz", self.files()["begun.keras"])
        self.done("convert", "tokens.h5", "whole.h5", "--weights", "begun.npz")
        self.assertEqual(self.predict("whole.h5"), self.predict("begun.h5"))
        self.done("convert", "begun.h5", "alone.h5", "--weights-only")
        self.assert_fails("convert", "alone.h5", "again.h5", saying="weights only")
        self.done("convert", "bare.h5", "again.h5", "--weights", "alone.h5")
        self.assertEqual(self.predict("again.h5"), self.predict("begun.h5"))
        self.assert_fails("convert", "features.h5", "again.h5", "--weights", "alone.h5")
        self.assert_usage("convert", "bare.h5", "again.h5", "--weights", "alone.h5", "--order", "keras", saying="--order")
        self.done("convert", "begun.h5", "lean.keras", "--without-optimizer")
        self.assert_fails("evaluate", "lean.keras", "--x", "x.npy", "--y", "y.npy", saying="compiled")
        self.assert_fails("convert", "begun.h5", "a.keras", "--weights-only", saying="weights")

    def test_convert_to_weights(self):
        self.assertEqual(self.done("convert", "tokens.h5", "tokens.weights.h5"), "")
        self.assert_fails("summary", "tokens.weights.h5", saying="no configuration")
        self.assert_fails("convert", "tokens.weights.h5", "again.h5", saying="no configuration")

    def test_inspect(self):
        """The last line is the verdict; whatever can be read is no failure."""
        lines = self.done("inspect", "tokens.h5").splitlines()
        for line in ("file: tokens.h5", "kind: whole model, legacy Keras HDF5 (.h5)", "parameters: 286 in 6 weights",
                     "layer: lstm (LSTM) in /model_weights/lstm", "loss: binary_crossentropy", "metrics: accuracy",
                     "    iterations: 0"):
            self.assertIn(line, lines)
        self.assertEqual(lines[-1], "loads: yes")
        self.assertTrue(any(re.fullmatch(r" {4}float32 +\(4, 20\) +lstm/kernel:0", line) for line in lines), lines)
        self.assertLessEqual(max(map(len, lines)), 80)
        for suffix, verdict in ((".keras", "loads: yes"), (".weights.h5", "loads: no: ")):
            self.done("convert", "tokens.h5", "tokens" + suffix)
            text = self.done("inspect", "tokens" + suffix)
            self.assertIn("\nparameters: 286 in 6 weights\n", text)
            self.assertTrue(text.splitlines()[-1].startswith(verdict), text)

    def test_inspect_what_does_not_load(self):
        whole = (self.directory / "tokens.h5").read_bytes()
        for name, content, kind in (("short.h5", whole[:len(whole) // 2], "HDF5, so damaged that it cannot be opened"),
                                    ("empty.h5", b"", "empty file"), ("text.h5", b"no model\n", "text")):
            text = self.done("inspect", self.write(name, content))
            self.assertIn("\nkind: %s\n" % kind, text)
            self.assertTrue(text.splitlines()[-1].startswith("loads: no: %s: " % name), text)
            # What loading would say.
            reason = self.run_cli("summary", name).stderr.split(": ", 2)[2]
            self.assertTrue(text.endswith(reason), (text, reason))
        self.assert_fails("inspect", "absent.h5", saying="absent.h5")
        self.assert_fails("inspect", ".")

    def archive(self, name, change):
        """tokens.h5 as .keras, with its configuration's bytes changed."""
        self.done("convert", "tokens.h5", "sound.keras")
        with zipfile.ZipFile(self.directory / "sound.keras") as sound, \
                zipfile.ZipFile(self.directory / name, "w") as changed:
            for member in sound.namelist():
                content = sound.read(member)
                changed.writestr(member, change(content) if member == "config.json" else content)
        return name

    def test_notes_are_lines(self):
        """Whatever a setting is called that nobody knows."""
        name = self.archive("odd.keras", lambda text: text.replace(b'"units": 5', b'"units": 5, "a\\n\\u001b[2Jb": 1'))
        done = self.run_cli("convert", name, "again.h5")
        self.assertEqual((done.returncode, done.stderr),
                         (0, "tinylstm: note: odd.keras: layer lstm: the setting a  [2Jb is ignored\n"))

    def test_odd_files(self):
        """Each ends in one line that says why, and leaves nothing behind."""
        (self.directory / "folder").mkdir()
        (self.directory / "loop").symlink_to("loop")
        (self.directory / "nowhere").symlink_to("absent/file")
        sound = (self.directory / "tokens.h5").read_bytes()
        nested = b'{"class_name": "Sequential", "config": ' + b"[" * 100000 + b"]" * 100000 + b"}"
        unreadable = ["folder", "loop", "nowhere", "tokens.h5/x", ""]
        readable = [
            "/dev/null", self.write("empty", b""), self.write("cut.h5", sound[:5000]),
            self.write("nested.json", nested), self.write("words.txt", "words".encode("utf-16")),
            self.archive("nested.keras", lambda text: nested),
            self.archive("utf16.keras", lambda text: text.decode().encode("utf-16")),
            self.archive("nul.keras", lambda text: text[:40] + b"\0" + text[40:]),
            self.archive("long.keras", lambda text: text.replace(b'"lstm"', b'"%s"' % (b"x" * 3000000)))]
        for name in unreadable:
            self.assert_fails("inspect", name)
        for name in readable:
            self.assertIn("\nloads: ", self.done("inspect", name))
        for name in unreadable + readable:
            self.assert_fails("convert", name, "out.h5")
            self.assertFalse((self.directory / "out.h5").exists(), name)

    def test_convert_onto_itself(self):
        before = self.run_cli("summary", "tokens.h5").stdout
        (self.directory / "link.h5").symlink_to("tokens.h5")
        for source, target in (("tokens.h5", "tokens.h5"), ("link.h5", "link.h5"), ("link.h5", "tokens.h5")):
            self.done("convert", source, target)
            self.assertEqual(self.run_cli("summary", "tokens.h5").stdout, before)
        self.assertTrue((self.directory / "link.h5").is_symlink())
        damaged = self.write("damaged.h5", b"no model")
        self.assert_fails("convert", damaged, damaged)
        self.assertEqual((self.directory / damaged).read_bytes(), b"no model")

    def test_texts(self):
        """Ranks shift by 3; 1 begins a text, 2 is a word out of the vocabulary, 0 fills in front."""
        self.write("words.json", b'{"the": 1, "film": 2, "good": 3, "rare": 17}')
        rows = [0, 0, 1, 4, 5, 6] + [1, 2, 2, 6, 5, 4]
        self.write("same.npy", npy("<i4", (2, 6), rows))
        texts = ["predict", "tokens.h5", "--word-index", "words.json", "--text", "The film: GOOD!", "--text",
                 "rare unknown good film the"]
        self.assertEqual(self.done(*texts), self.predict("tokens.h5", "same.npy"))
        # Of six tokens the last is 5: "good" becomes unknown.
        self.write("fewer.npy", npy("<i4", (2, 6), [0, 0, 1, 4, 5, 2] + [1, 2, 2, 2, 5, 4]))
        self.assertEqual(self.done(*texts, "--num-words", 6), self.predict("tokens.h5", "fewer.npy"))
        self.assert_fails(*texts, "--maxlen", 5, saying="5")

    def test_imdb(self):
        data = SHARED / "imdb" / "imdb.npz"
        if not data.exists():
            self.skipTest("no IMDB data here (TINYLSTM_SHARED)")
        self.assertEqual(self.done("imdb", "--data", data, "--out", "data"), "")
        for part, samples in (("train", 20000), ("val", 5000), ("test", 25000)):
            dtype, shape, values = read_npy(self.directory / "data" / ("x_%s.npy" % part))
            self.assertEqual((dtype, shape, min(values), max(values)), ("<i4", (samples, 100), 0, 499))
            _, shape, labels = read_npy(self.directory / "data" / ("y_%s.npy" % part))
            self.assertEqual((shape, set(labels)), ((samples,), {0, 1}))
        self.assertEqual(len(list((self.directory / "data").iterdir())), 6)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
