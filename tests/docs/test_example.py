#!/usr/bin/env python3
"""Runs docs/examples/imdb_lstm as a reader would, for a few epochs.

    test_example.py IMDB_LSTM generated|imdb
"""
import csv
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("TINYLSTM_SHARED", ROOT.parent / "shared"))
PARAMETERS = {"lstm": "8809", "dropout": "8809", "2rnn": "9353", "gru": "8633", "simplernn": "8209"}
PERCENT = re.compile(r"^ *(\d+\.\d) % good: ", re.MULTILINE)
TEST_LINE = re.compile(r"^Test reviews: loss: (\d\.\d{4}) - accuracy: (\d\.\d{4})$", re.MULTILINE)


def run(program, home, *arguments):
    """In a directory with a home of its own, so that no data are found but those that are given."""
    environment = {key: value for key, value in os.environ.items() if key != "TINYLSTM_IMDB"}
    environment["HOME"] = home
    return subprocess.run([program, *map(str, arguments)], cwd=home, env=environment, capture_output=True, text=True,
                          check=False, timeout=280)


def check(model, epochs, result, out):
    assert result.returncode == 0, result.stderr
    text = result.stdout
    assert PARAMETERS[model] in text.replace(",", ""), text
    assert "Epoch %d/%d" % (epochs, epochs) in text, text
    assert len(PERCENT.findall(text)) == 3, text
    loss = float(TEST_LINE.search(text).group(1))
    with open(out / "history.csv", newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == epochs, rows
    # The best model on other reviews of the same kind: near its loss in validation.
    best = min(float(row["val_loss"]) for row in rows)
    assert abs(loss - best) < 0.03, (loss, best)
    assert sorted(path.name for path in out.iterdir()) == ["best-%s-model.h5" % model, "history.csv", "loss.svg"]
    print("%s: test loss %.4f, best val_loss %.4f" % (model, loss, best))


def test_generated(program):
    for model in PARAMETERS:
        with tempfile.TemporaryDirectory() as home:
            result = run(program, home, "--model", model, "--epochs", 1, "--out", "out")
            check(model, 1, result, pathlib.Path(home, "out"))
            assert "generated" in result.stdout


def test_imdb(program):
    data = SHARED / "imdb" / "imdb.npz"
    if not data.exists():
        print("skipped: no IMDB data here (TINYLSTM_SHARED)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as home:
        result = run(program, home, "--data", data, "--epochs", 2, "--out", "out")
        check("lstm", 2, result, pathlib.Path(home, "out"))


def test_usage(program):
    with tempfile.TemporaryDirectory() as home:
        for arguments in (["--model", "cnn"], ["--epochs", "many"], ["--depth", "2"], ["more"]):
            assert run(program, home, *arguments).returncode == 2, arguments
        missing = run(program, home, "--data", "absent.npz")
        assert missing.returncode == 1 and "absent.npz" in missing.stderr, missing


program, kind = os.path.abspath(sys.argv[1]), sys.argv[2]
test_usage(program)
test_generated(program) if kind == "generated" else test_imdb(program)
