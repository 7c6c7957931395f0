#!/usr/bin/env python3
"""Sums up a run of `meson test`: what was skipped and why, what failed, and as the last line

    N passed, N failed, N skipped

    summary.py TESTLOG_JSON

A test that skips says so in a line that begins with "skipped:".
"""
import json
import sys

PASSED = {"OK", "EXPECTEDFAIL"}


def reason_of(test):
    lines = [line.strip() for line in (test.get("stdout") or "").splitlines() if line.strip()]
    for line in lines:
        if line.lower().startswith(("skipped:", "skip:")):
            return line.split(":", 1)[1].strip()
    return lines[-1] if lines else "no reason given"


def read(path):
    with open(path, encoding="utf-8") as log:
        return [json.loads(line) for line in log if line.strip()]


def main():
    try:
        tests = read(sys.argv[1])
    except OSError as problem:
        print("summary.py: %s" % problem, file=sys.stderr)
        tests = []
    skipped = [test for test in tests if test["result"] == "SKIP"]
    failed = [test for test in tests if test["result"] != "SKIP" and test["result"] not in PASSED]
    for test in skipped:
        print("skipped  %s: %s" % (test["name"], reason_of(test)))
    for test in failed:
        print("failed   %s (%s)" % (test["name"], test["result"].lower()))
    if not tests:
        failed = ["no test ran"]
    print("%d passed, %d failed, %d skipped" % (len(tests) - len(skipped) - len(failed) if tests else 0,
                                                len(failed), len(skipped)))
    sys.exit(1 if failed else 0)


main()
