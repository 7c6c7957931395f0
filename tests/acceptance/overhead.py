#!/usr/bin/env python3
"""Measures what one call costs in each language, beside C.

    overhead.py [--build-dir DIR] [--rounds N]

A whole sequence of the tutorial's LSTM (run1) and one step of a stream (step), on one sample. The
programs take turns, so that a busy machine slows all of them; a round's difference is taken within the
round. Go says besides what a bare call through cgo costs.
"""
import argparse
import json
import pathlib
import statistics
import tempfile

import compare

ROOT = pathlib.Path(__file__).resolve().parents[2]


def parse():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build-bench")
    arguments.add_argument("--rounds", type=int, default=7)
    return arguments.parse_args()


def built(build_dir):
    """The programs in C and C++, built where they are not yet."""
    if not (build_dir / "build.ninja").exists():
        compare.run(["meson", "setup", build_dir, ROOT])
    compare.run(["meson", "compile", "-C", build_dir])
    folder = build_dir.resolve() / "tests" / "acceptance"
    return {"C": [folder / "overhead"], "C++": [folder / "overhead_cpp"]}


def measure(command, **options):
    """What one run of a program says: measurement to nanoseconds."""
    lines = [json.loads(line) for line in compare.run(command, **options).splitlines() if line.startswith("{")]
    return {line["what"]: line["median_ns"] for line in lines}


def table(rounds):
    """`rounds` is a list of {language: {what: nanoseconds}}; C is what the others are compared with."""
    lines = ["| | language | median | more than C | |", "|---|---|---|---|---|"]
    for what in dict.fromkeys(what for one in rounds for said in one.values() for what in said):
        for language in rounds[0]:
            values = [one[language][what] for one in rounds if what in one[language]]
            if not values:
                continue
            median = statistics.median(values)
            more = [one[language][what] - one["C"][what] for one in rounds if what in one["C"]]
            extra = "%+.1f ns | %+.2f %%" % (statistics.median(more), 100 * statistics.median(more) / median) if more else "|"
            lines.append("| %s | %s | %.1f ns | %s |" % (what, language, median, extra))
    return "\n".join(lines)


def main():
    chosen = parse()
    commands = {language: (command, {}) for language, command in built(chosen.build_dir).items()}
    with tempfile.TemporaryDirectory() as folder:
        bindings = compare.examples_of(ROOT, "overhead")
        environment = compare.install(chosen.build_dir, pathlib.Path(folder)) if bindings else None
        commands.update({language: (command, {"cwd": place, "env": environment})
                         for language, (command, place) in bindings.items()})
        rounds = []
        for number in range(chosen.rounds + 1):
            measured = {language: measure(command, **options) for language, (command, options) in commands.items()}
            if number:  # the first warms up, and builds
                rounds.append(measured)
    print(table(rounds))


main()
