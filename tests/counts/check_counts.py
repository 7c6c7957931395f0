#!/usr/bin/env python3
"""Counts the instructions the library spends on small workloads and compares them with counts.txt.

    check_counts.py --counts FILE --compiler NAME [--buildtype NAME] [--sanitize NAME] [--update] WORKLOADS

valgrind's callgrind counts, with the baseline and the AVX2 kernels, inside of the function measure() of
the program WORKLOADS; only instructions of libtinylstm itself, so that other versions of libhdf5 or of
the C library change nothing. A count that grew by more than 3 % fails; one that shrank as much is told:
then --update writes the file anew. Counts belong to a compiler: with one that is not in the file, without
optimization or without valgrind the test is skipped.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

NAMES = ["train_lstm", "train_gru", "train_stacked", "train_large", "predict", "session", "save_and_load"]
ISAS = ["baseline", "avx2"]
LIMIT = 0.03
SKIP = 77
HEADER = """# Instructions libtinylstm spends on the workloads of workloads.c, counted by check_counts.py --update.
# workload, kernels, compiler, count
"""


def skip(reason):
    print("skipped: " + reason)
    sys.exit(SKIP)


# ---- Counting ----------------------------------------------------------------------------------------

def library_cost(text):
    """Sum of a callgrind file's own costs in libtinylstm; after "calls=" comes a cost of the callee."""
    inside, callee, total = False, False, 0
    for line in text.splitlines():
        if line.startswith("ob="):
            inside = "libtinylstm" in line
        elif line.startswith("calls="):
            callee = True
        elif re.match(r"\d+ \d+$", line):
            if inside and not callee:
                total += int(line.split()[1])
            callee = False
    return total


def count(program, name, isa):
    """None where the machine has not these kernels."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "callgrind.out")
        command = ["valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=%s" % out, "--toggle-collect=measure",
                   "--compress-strings=no", "--compress-pos=no", program, name]
        done = subprocess.run(command, env=dict(os.environ, TINYLSTM_ISA=isa), capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit("%s failed with %s kernels:\n%s" % (name, isa, done.stderr[-2000:]))
        if done.stdout.strip() != isa:
            return None
        return library_cost(out.read_text(encoding="utf-8"))


def count_all(program):
    cases = [(name, isa) for name in NAMES for isa in ISAS]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = pool.map(lambda case: count(program, *case), cases)
    return {case: number for case, number in zip(cases, counts) if number is not None}


# ---- The file ----------------------------------------------------------------------------------------

def read(path):
    """{(workload, kernels, compiler): count}"""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {tuple(row[:3]): int(row[3]) for row in rows}


def update(path, compiler, counts):
    """Rows of other compilers stay; so do those of kernels this machine has not."""
    rows = read(path)
    for (name, isa), number in counts.items():
        before = rows.get((name, isa, compiler))
        print("%-14s %-9s %12s -> %12d" % (name, isa, before or "new", number))
        rows[name, isa, compiler] = number
    order = sorted(rows, key=lambda row: (row[2], ISAS.index(row[1]), NAMES.index(row[0])))
    path.write_text(HEADER + "".join("%s %s %s %d\n" % (*row, rows[row]) for row in order), encoding="utf-8")


def compare(recorded, compiler, counts):
    """Whether none grew too much."""
    grown, shrunk = [], []
    for (name, isa), number in counts.items():
        before = recorded.get((name, isa, compiler))
        if before is None:
            grown.append("%s with %s kernels is not in the file" % (name, isa))
            continue
        change = number / before - 1
        print("%-14s %-9s %12d, recorded %12d  %+6.2f %%" % (name, isa, number, before, 100 * change))
        if abs(change) > LIMIT:
            (grown if change > 0 else shrunk).append("%s with %s kernels: %+.1f %%" % (name, isa, 100 * change))
    for line in grown:
        print("GREW: " + line)
    for line in shrunk:
        print("shrank, renew the file with --update: " + line)
    return not grown


# ---- The program -------------------------------------------------------------------------------------

def parse():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--counts", type=pathlib.Path, required=True)
    arguments.add_argument("--compiler", required=True)
    arguments.add_argument("--buildtype", default="release")
    arguments.add_argument("--sanitize", default="none")
    arguments.add_argument("--update", action="store_true")
    arguments.add_argument("program")
    return arguments.parse_args()


def main():
    chosen = parse()
    recorded = read(chosen.counts)
    if not shutil.which("valgrind"):
        skip("there is no valgrind")
    if chosen.buildtype != "release" or chosen.sanitize != "none":
        skip("counts are of release builds without sanitizers, this is %s with %s" % (chosen.buildtype, chosen.sanitize))
    if not chosen.update and chosen.compiler not in {row[2] for row in recorded}:
        skip("there are no counts of %s in %s" % (chosen.compiler, chosen.counts.name))
    counts = count_all(chosen.program)
    if chosen.update:
        update(chosen.counts, chosen.compiler, counts)
    elif not compare(recorded, chosen.compiler, counts):
        sys.exit(1)


main()
