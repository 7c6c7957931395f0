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


def row(rounds, language, what):
    """The median; and where C has such a measurement, by how much it is more."""
    text = "%.1f ns" % statistics.median(one[language][what] for one in rounds)
    if what not in rounds[0]["C"]:
        return text + " | |"
    more = statistics.median(one[language][what] - one["C"][what] for one in rounds)
    return text + " | %+.1f ns | %+.2f %%" % (more, 100 * more / statistics.median(one["C"][what] for one in rounds))


def table(rounds):
    """`rounds` is a list of {language: {what: nanoseconds}}; C is what the others are compared with."""
    lines = ["| | language | median | more than C | |", "|---|---|---|---|---|"]
    for what in dict.fromkeys(what for said in rounds[0].values() for what in said):
        for language in sorted(rounds[0]):
            if what in rounds[0][language]:
                lines.append("| %s | %s | %s |" % (what, language, row(rounds, language, what)))
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
            # To and fro, so that nobody is always first.
            order = list(commands.items())[:: 1 if number % 2 else -1]
            measured = {language: measure(command, **options) for language, (command, options) in order}
            if number:  # the first warms up, and builds
                rounds.append(measured)
    print(table(rounds))


main()
