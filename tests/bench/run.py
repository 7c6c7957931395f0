#!/usr/bin/env python3
"""Measures the library beside its peers and writes docs/performance.md with its charts.

    run.py [--imdb IMDB_NPZ] [--rounds N] [--threads 1,2] [--only ROW,...] [--peer NAME=PROGRAM]...
           [--python PYTHON] [--build-dir DIR] [--no-growth] [--no-peers] [--keep FILE] [--from FILE]

Ours and theirs take turns on the same data and processors. PyTorch, Keras, ONNX Runtime and LiteRT come from pip, into
an environment below the build directory unless --python names one that has them; oneDNN's driver is compiled where its
headers are installed. RTNeural, KANN and frugally-deep are compared where --peer names a program built from
tests/bench/peers/ (rtneural.cpp, kann.c, frugally_deep.cpp) as the peer's own documentation says; the option's value is
a command and may have arguments. A peer that cannot run is reported and stops nothing.

Real reviews come from --imdb, $TINYLSTM_IMDB or Keras's own place; else they are generated. --keep writes what was
measured, --from makes the document of it again. A run takes about a quarter of an hour; --rounds 1 --no-growth a third.
"""
import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import venv

import growth
import report

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PIP = ["torch", "tensorflow-cpu", "keras", "onnxruntime", "onnx", "ai-edge-litert"]
TIMEOUT = 240


def log(text):
    print(text, file=sys.stderr, flush=True)


# ---- What there is -----------------------------------------------------------------------------------

def built(build_dir):
    if not (build_dir / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(build_dir), str(ROOT)], check=True, stdout=sys.stderr)
    subprocess.run(["meson", "compile", "-C", str(build_dir)], check=True, stdout=sys.stderr)
    return build_dir / "tests" / "bench"


def python_with_peers(given, build_dir):
    if given:
        return given
    folder = build_dir / "bench-python"
    python = folder / "bin" / "python"
    if not python.exists():
        log("making an environment with the peers in %s" % folder)
        venv.create(folder, with_pip=True)
        for package in PIP:
            subprocess.run([str(python), "-m", "pip", "install", "-q", package], check=False, stdout=sys.stderr)
    return str(python)


def imdb_file(given):
    for place in [given, os.environ.get("TINYLSTM_IMDB"), "~/.keras/datasets/imdb.npz"]:
        if place and pathlib.Path(place).expanduser().exists():
            return str(pathlib.Path(place).expanduser())
    if given:
        sys.exit("run.py: there is no %s" % given)
    return None


def onednn_driver(build_dir):
    """Compiled where the headers are; else a command that says that they are not."""
    program = build_dir / "bench_onednn"
    done = subprocess.run([os.environ.get("CXX", "c++"), "-std=c++17", "-O3", str(HERE / "peers" / "onednn.cpp"), "-ldnnl", "-o",
                           str(program)], capture_output=True, text=True, check=False)
    return [str(program)] if done.returncode == 0 else None


# ---- Contestants -------------------------------------------------------------------------------------

class Contestant:
    """A program, the rows it can do, and the numbers of threads with which it is tried."""

    def __init__(self, name, command, rows, threads):
        self.name, self.command, self.rows, self.threads = name, command, rows, threads
        self.failures = []

    def wanted(self, chosen, wanted_rows):
        return [row for row in self.rows if row in wanted_rows and (not chosen.only or row in chosen.only)]


def contestants(chosen, build_dir):
    """Ours is none of them: it runs before each."""
    if chosen.no_peers:
        return []
    python, several = python_with_peers(chosen.python, build_dir), chosen.threads
    training = ["reference", "stacked", "gru", "train-128", "train-512"]
    inference = ["predict-512", "predict", "sequence"]
    peers = HERE / "peers"
    result = [Contestant("oneDNN", onednn_driver(build_dir), ["reference", "train-128", "train-512", *inference], several)]
    known = {"rtneural": ("RTNeural", ["sequence", "sequence-features", "step", "step-features"], [1]),
             "kann": ("KANN", ["reference", "stacked", "gru", "predict", "memory"], several),
             "frugally_deep": ("frugally-deep", ["sequence", "start"], [1])}
    for name, (title, rows, threads) in known.items():
        result.append(Contestant(title, shlex.split(chosen.peer[name]) if name in chosen.peer else None, rows, threads))
    for name, script, rows, threads in (
            ("ONNX Runtime", "onnx_peer.py", [*inference, "start"], several), ("LiteRT", "litert_peer.py", ["sequence"], [1]),
            ("PyTorch", "torch_peer.py", [*training, *inference, "memory", "start"], several),
            ("Keras", "keras_peer.py", [*training, *inference, "memory", "start"], several[-1:])):
        result.append(Contestant(name, [python, str(peers / script)], rows, threads))
    return result


# ---- Running -----------------------------------------------------------------------------------------

class Bystanders:
    """Other processes that took processor time between looks."""

    def __init__(self):
        self.seen, self.seconds, self.start = self.look(), {}, time.monotonic()

    def look(self):
        found = {}
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                name, rest = stat.read_text(encoding="utf-8").split("(", 1)[1].rsplit(")", 1)
            except (OSError, UnicodeDecodeError):
                continue
            fields = rest.split()
            ticks = int(fields[11]) + int(fields[12])
            found[int(stat.parent.name)] = (name, ticks / os.sysconf("SC_CLK_TCK"))
        found.pop(os.getpid(), None)
        return found

    def update(self):
        now = self.look()
        for process, (name, seconds) in now.items():
            before = self.seen.get(process, (name, 0.0))[1]
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds - before
        self.seen = now

    def shares(self):
        """Of one processor, by name; those of at least a hundredth."""
        spent = time.monotonic() - self.start
        return {name: seconds / spent for name, seconds in sorted(self.seconds.items(), key=lambda one: -one[1])
                if seconds / spent >= 0.01}


class Failure(Exception):
    """Why a program did not finish, and what it had printed by then."""

    def __init__(self, reason, output=""):
        super().__init__(reason)
        self.output = output


def run(command, threads):
    """Standard output of a command on as many processors as it has threads, and its seconds."""
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < threads:
        raise Failure("%d processors are wanted, there are %d" % (threads, len(processors)))
    variables = dict(os.environ, OMP_NUM_THREADS=str(threads))
    os.sched_setaffinity(0, processors[:threads])
    try:
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=TIMEOUT, check=False)
        seconds = time.perf_counter() - start
    except subprocess.TimeoutExpired as error:
        raise Failure("stopped after %d s" % TIMEOUT, (error.stdout or b"").decode()) from error
    except OSError as error:
        raise Failure(str(error)) from error
    finally:
        os.sched_setaffinity(0, processors)
    if done.returncode:
        raise Failure((done.stderr.strip().splitlines() or ["exit status %d" % done.returncode])[-1][-200:], done.stdout)
    return done.stdout, seconds


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def run_rows(command, rows, threads, data):
    """What other rows leave behind would count as memory: that row has a process of its own."""
    results = []
    for some in [row for row in rows if row != "memory"], [row for row in rows if row == "memory"]:
        if some:
            arguments = ["--data", data, "--threads", str(threads), "--only", ",".join(some)]
            results += json_lines(run([*command, *arguments], threads)[0])
    return results


def start_lines(name, command, repeats):
    """Whole runs of a program that predicts once, timed from outside."""
    lines, seconds = [], []
    for _ in range(repeats):
        text, spent = run(command, 1)
        seconds.append(spent)
        lines = json_lines(text)
    if not lines:
        raise Failure("it printed no line")
    seconds.sort()
    return [{"program": name, "workload": "start", "threads": 1, "median": seconds[len(seconds) // 2], "min": seconds[0],
             "max": seconds[-1], "p99": seconds[-1], "count": len(seconds), "memory": 1024 * lines[-1].get("peak_kb", 0),
             "version": lines[-1].get("version", "")}]


# Rows that are not of the program `bench`.
ELSEWHERE = ("start", *report.PEERS_OF)


def run_ours(chosen, programs, data, rows):
    results = []
    for threads in chosen.threads:
        single = {"sequence", "sequence-features", "step", "step-features"}
        mine = [row for row in rows if row not in ELSEWHERE and (threads == chosen.threads[0] or row not in single)]
        results += run_rows([str(programs / "bench")], mine, threads, data)
    if "start" in rows:
        results += start_lines("tinylstm", [str(programs / "bench_start"), data + "/reference.h5"], 40)
    return results + run_static(programs, data, rows)


def run_static(programs, data, rows):
    """The programs that have HDF5 and all but libc linked into them, where the archives could be found."""
    results = []
    if "start" in rows and (programs / "bench_start_static").exists():
        results += start_lines("tinylstm", [str(programs / "bench_start_static"), data + "/reference.h5"], 40)
    if "memory" in rows and (programs / "bench_static").exists():
        results += run_rows([str(programs / "bench_static")], ["memory"], 1, data)
    return [dict(line, workload=line["workload"] + "-static") for line in results]


def run_peer(contestant, rows, data):
    results = []
    for threads in contestant.threads:
        some = rows if threads == contestant.threads[0] else [row for row in rows if row != "memory"]
        try:
            results += run_rows(contestant.command, [row for row in some if row != "start"], threads, data)
        except Failure as error:
            results += json_lines(error.output)
            contestant.failures.append("%d threads: %s" % (threads, error))
            log("  %s: %s" % (contestant.name, contestant.failures[-1]))
    if "start" in rows:
        try:
            command = [*contestant.command, "--data", data, "--only", "start", "--repeat", "1"]
            results += start_lines(contestant.name, command, 2 if contestant.command[-1].endswith(".py") else 20)
        except Failure as error:
            contestant.failures.append("start: %s" % error)
    return results


def measure_rounds(chosen, programs, build_dir, data, bystanders):
    everyone, results = contestants(chosen, build_dir), []
    all_rows = [row for row in report.ROWS if not chosen.only or row in chosen.only]
    for number in range(chosen.rounds):
        log("round %d of %d" % (number + 1, chosen.rounds))
        results += run_ours(chosen, programs, data, all_rows)
        for contestant in everyone:
            rows = contestant.wanted(chosen, all_rows)
            if not contestant.command:
                contestant.failures = ["no program"]
            elif rows:
                log("  %s: %s" % (contestant.name, " ".join(rows)))
                results += run_peer(contestant, rows, data)
                # Rows that take long are repeated once a round only.
                results += run_ours(chosen, programs, data, [row for row in rows if row not in report.SLOW_ROWS])
            bystanders.update()
    return results, {one.name: one.failures for one in everyone if one.failures}


# ---- Facts for the document --------------------------------------------------------------------------

def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return os.uname().machine


def library_size(build_dir):
    """In bytes, stripped as a package would carry it."""
    library = next(path for path in (build_dir / "lib").glob("libtinylstm.so.*.*.*") if path.is_file())
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, str(library)], check=True)
        return os.path.getsize(stripped.name)


def machine_limits(chosen, programs, before=()):
    """What disturbs a look at them can only make them smaller: of those before and now the larger ones."""
    now = [line for threads in chosen.threads for line in json_lines(run([str(programs / "bench_machine"), str(threads)], threads)[0])]
    return [max(pair, key=lambda line: line["rate"]) for pair in zip(now, before or now)]


def measure(chosen):
    programs, imdb, before = built(chosen.build_dir), imdb_file(chosen.imdb), os.getloadavg()[0]
    bystanders = Bystanders()
    with tempfile.TemporaryDirectory() as data:
        subprocess.run([str(programs / "bench"), "--prepare", data] + ([imdb] if imdb else []), check=True)
        limits = machine_limits(chosen, programs)
        results, failures = measure_rounds(chosen, programs, chosen.build_dir, data, bystanders)
        limits = machine_limits(chosen, programs, limits)
    points = [] if chosen.no_growth else growth.measure(lambda arguments: json_lines(run([str(programs / "bench"), *arguments], 1)[0]), log)
    bystanders.update()
    return {"results": results, "failures": failures, "limits": limits, "growth": points, "imdb": bool(imdb),
            "processor": processor(), "processors": os.cpu_count(), "system": "%s %s" % (os.uname().sysname, os.uname().machine),
            "load": [before, os.getloadavg()[0]], "bystanders": bystanders.shares(), "rounds": chosen.rounds,
            "size": library_size(chosen.build_dir)}


def pair(text):
    name, _, command = text.partition("=")
    if not command or name not in ("rtneural", "kann", "frugally_deep"):
        raise argparse.ArgumentTypeError("want rtneural=, kann= or frugally_deep= and a program")
    if not shutil.which(shlex.split(command)[0]):
        raise argparse.ArgumentTypeError("there is no program %s" % command)
    return name, command


def parse():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--imdb")
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2])
    arguments.add_argument("--only", type=lambda text: text.split(","), default=[])
    arguments.add_argument("--peer", type=pair, action="append", default=[])
    arguments.add_argument("--python")
    arguments.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build-bench")
    arguments.add_argument("--no-growth", action="store_true")
    arguments.add_argument("--no-peers", action="store_true")
    arguments.add_argument("--docs", type=pathlib.Path, default=ROOT / "docs", help="where the document is")
    arguments.add_argument("--keep", type=pathlib.Path)
    arguments.add_argument("--from", type=pathlib.Path, dest="source")
    chosen = arguments.parse_args()
    unknown = [row for row in chosen.only if row not in report.ROWS]
    if unknown:
        arguments.error("no row is called %s; there are: %s" % (unknown[0], " ".join(report.ROWS)))
    chosen.peer = dict(chosen.peer)
    return chosen


def main():
    chosen = parse()
    facts = json.loads(chosen.source.read_text(encoding="utf-8")) if chosen.source else measure(chosen)
    if chosen.keep:
        chosen.keep.write_text(json.dumps(facts), encoding="utf-8")
    report.write(facts, chosen.docs)
    log("wrote %s" % (chosen.docs / "performance.md"))


if __name__ == "__main__":
    main()
