#!/usr/bin/env python3
"""Measures an epoch of the reference scenario side by side with Keras, and PyTorch where it is there.

    bench_epoch.py [--build-dir DIR] [--python PYTHON] [--imdb IMDB_NPZ] [--rounds N] [--epochs N]
                   [--threads 1,2] [--isa native,baseline] [--out docs/performance.md]

20,000 reviews of 100 timesteps, batches of 64, Embedding(500, 16), LSTM(8), Dense(1), RMSprop(1e-4). The
contestants take turns in one session, each pinned to as many processors as it has threads; the first
epoch of each process warms up and does not count. Without --python, an environment with Keras is made
below the build directory. Real reviews are taken from --imdb, $TINYLSTM_IMDB, Keras's own place or the
shared data; else tokens are random, which changes the loss but not the time.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def log(text):
    print(text, file=sys.stderr, flush=True)


# ---- What there is -----------------------------------------------------------------------------------

def built(build_dir):
    """The program that measures ours, built where it is not yet."""
    if not (build_dir / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(build_dir), str(ROOT)], check=True, stdout=sys.stderr)
    program = build_dir / "tests" / "bench" / "bench_fit"
    subprocess.run(["meson", "compile", "-C", str(build_dir)], check=True, stdout=sys.stderr)
    return program


def python_with_keras(given, build_dir):
    if given:
        return given
    folder = build_dir / "bench-python"
    python = folder / "bin" / "python"
    if not python.exists():
        log("making an environment with Keras in %s" % folder)
        venv.create(folder, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "tensorflow-cpu", "keras"], check=True, stdout=sys.stderr)
    return str(python)


def imdb_file(given):
    places = [given, os.environ.get("TINYLSTM_IMDB"), "~/.keras/datasets/imdb.npz",
              pathlib.Path(os.environ.get("TINYLSTM_SHARED") or ROOT.parent / "shared") / "imdb" / "imdb.npz"]
    for place in places:
        if place and pathlib.Path(place).expanduser().exists():
            return str(pathlib.Path(place).expanduser())
    return None


def has_module(python, module):
    return subprocess.run([python, "-c", "import " + module], capture_output=True, check=False).returncode == 0


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


# ---- Measuring ---------------------------------------------------------------------------------------

class Contestant:
    """One program with one number of threads; collects its epochs."""

    def __init__(self, name, command, threads, epochs, isa=None):
        self.name, self.command, self.threads, self.epochs, self.isa = name, command, threads, epochs, isa
        self.seconds, self.last = [], {}

    def run(self, folder):
        processors = sorted(os.sched_getaffinity(0))[:self.threads]
        if len(processors) < self.threads:
            sys.exit("%s wants %d processors, there are %d" % (self.name, self.threads, len(processors)))
        command = ["taskset", "-c", ",".join(map(str, processors)), *self.command, folder, str(self.epochs + 1), str(self.threads)]
        environment = dict(os.environ, **({"TINYLSTM_ISA": self.isa} if self.isa else {}))
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            sys.exit("%s failed:\n%s" % (self.name, done.stderr[-2000:]))
        epochs = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        self.seconds += [epoch["seconds"] for epoch in epochs[1:]]
        self.last = epochs[-1]
        log("%-24s %d threads  %s" % (self.name, self.threads, " ".join("%.3f" % epoch["seconds"] for epoch in epochs)))

    def median(self):
        return statistics.median(self.seconds)


def contestants(chosen, program, python):
    result = []
    for threads in chosen.threads:
        for isa in chosen.isa:
            name = "tinylstm" if isa == "native" else "tinylstm (%s)" % isa
            result.append(Contestant(name, [str(program), "run"], threads, chosen.epochs, None if isa == "native" else isa))
        # A slow contestant needs fewer epochs for the same certainty.
        result.append(Contestant("Keras", [python, str(HERE / "bench_keras.py")], threads, 1))
        if has_module(python, "torch"):
            result.append(Contestant("PyTorch", [python, str(HERE / "bench_torch.py")], threads, max(1, chosen.epochs // 2)))
    return result


# ---- Reporting ---------------------------------------------------------------------------------------

def library_size(build_dir):
    """Of the shared library as it is, and stripped as a package would carry it."""
    library = next(path for path in (build_dir / "lib").glob("libtinylstm.so.*.*.*") if path.is_file())
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, str(library)], check=True)
        return library.stat().st_size, os.path.getsize(stripped.name)


def report(all_of_them, facts):
    keras = {one.threads: one.median() for one in all_of_them if one.name == "Keras"}
    lines = ["# Performance", "",
             "Seconds for an epoch of the reference scenario: %s of 100 timesteps in batches of 64, Embedding(500, 16), LSTM(8), "
             "Dense(1), RMSprop. Measured by `tests/bench/bench_epoch.py`: the contestants took turns, pinned to as many "
             "processors as they had threads; the first epoch of each process did not count." % facts["data"], "",
             "| | threads | median | least | most | epochs | Keras's time / this |", "|---|---|---|---|---|---|---|"]
    for one in all_of_them:
        lines.append("| %s | %d | %.3f s | %.3f s | %.3f s | %d | %.1f |"
                     % (one.name, one.threads, one.median(), min(one.seconds), max(one.seconds), len(one.seconds),
                        keras[one.threads] / one.median()))
    versions = sorted({one.last["version"] for one in all_of_them if "version" in one.last})
    ours = [one for one in all_of_them if one.name == "tinylstm"]
    if ours:
        versions.append("tinylstm with its %s kernels" % ours[0].last["isa"])
    lines += ["", "- Machine: %s, %s; load average %.2f before, %.2f after." % (facts["processor"], facts["system"], *facts["load"]),
              "- Versions: %s." % "; ".join(versions),
              "- Peak memory of the process: %s." % ", ".join(
                  "%s with %d threads %.0f MB" % (one.name, one.threads, one.last["peak_kb"] / 1024) for one in all_of_them),
              "- Size of `libtinylstm.so`: %d KB (%d KB stripped)." % tuple(size // 1024 for size in facts["size"]), ""]
    return "\n".join(lines)


def parse():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build-bench")
    arguments.add_argument("--python")
    arguments.add_argument("--imdb")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--epochs", type=int, default=5)
    arguments.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2])
    arguments.add_argument("--isa", type=lambda text: text.split(","), default=["native"])
    arguments.add_argument("--out", type=pathlib.Path)
    return arguments.parse_args()


def main():
    chosen = parse()
    program = built(chosen.build_dir)
    python, imdb = python_with_keras(chosen.python, chosen.build_dir), imdb_file(chosen.imdb)
    all_of_them, before = contestants(chosen, program, python), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([str(program), "prepare", folder] + ([imdb] if imdb else []), check=True)
        for _ in range(chosen.rounds):
            for one in all_of_them:
                one.run(folder)
    text = report(all_of_them, {"data": "20,000 IMDB reviews" if imdb else "20,000 sequences of random tokens",
                                "processor": processor(), "system": "%s, %d processors" % (platform.platform(), os.cpu_count()),
                                "load": (before, os.getloadavg()[0]), "size": library_size(chosen.build_dir)})
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    print(text, end="")


main()
