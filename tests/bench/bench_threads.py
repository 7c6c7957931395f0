#!/usr/bin/env python3
"""Measures what a second thread brings on free processors, and what it costs on taken ones.

    bench_threads.py [--build-dir DIR] [--rounds N] [--epochs N] [--threads 1,2] [--json]

Epochs of the reference scenario on random tokens, first with the processors free, then with a busy
process on each of them. The numbers of threads take turns; of each process the first epoch warms up and
does not count. The last column is the time over that of the first number of threads under the same load:
with taken processors it should stay below 1.3. --json prints a line a row instead of a table.
"""
import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUSY = [sys.executable, "-c", "while True: pass"]


@contextlib.contextmanager
def busy_processes(count):
    """As many processes that never wait, one bound to each processor this one may use."""
    processors = sorted(os.sched_getaffinity(0))
    started = []
    try:
        for number in range(count):
            place = str(processors[number % len(processors)])
            started.append(subprocess.Popen(["taskset", "-c", place, *BUSY]))
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def epochs(program, count, threads):
    """What the program says of so many epochs: their median, least and most."""
    done = subprocess.run([str(program), "--only", "reference", "--threads", str(threads), "--repeat", str(count)],
                          capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def measure(chosen, program, load):
    """Rows of seconds, one a number of threads."""
    found = {threads: [] for threads in chosen.threads}
    with busy_processes(load):
        for _ in range(chosen.rounds):
            for threads in chosen.threads:
                found[threads].append(epochs(program, chosen.epochs, threads))
    medians = {threads: statistics.median(line["median"] for line in lines) for threads, lines in found.items()}
    return [{"busy": load, "threads": threads, "median": medians[threads], "least": min(line["min"] for line in lines),
             "most": max(line["max"] for line in lines), "ratio": medians[threads] / medians[chosen.threads[0]]}
            for threads, lines in found.items()]


def table(rows):
    lines = ["| busy processes | threads | median | least | most | ratio |", "|---|---|---|---|---|---|"]
    for row in rows:
        lines.append("| %(busy)d | %(threads)d | %(median).3f s | %(least).3f s | %(most).3f s | %(ratio).2f |" % row)
    return "\n".join(lines)


def parse():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build-bench")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--epochs", type=int, default=3)
    arguments.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")], default=[1, 2])
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def main():
    chosen = parse()
    program = chosen.build_dir / "tests" / "bench" / "bench"
    if not program.exists():
        sys.exit("there is no %s: build first" % program)
    rows = [row for load in (0, len(os.sched_getaffinity(0))) for row in measure(chosen, program, load)]
    print("\n".join(json.dumps(row) for row in rows) if chosen.json else table(rows))


main()
