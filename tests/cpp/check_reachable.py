#!/usr/bin/env python3
"""Checks that a program in C++ reaches every function of the C headers through tinylstm.hpp.

    check_reachable.py INCLUDE_DIR

An `_options_init` function is for languages without macros: using its macro counts.
"""
import pathlib
import re
import sys

DECLARATION = re.compile(r"\bTLSTM_API\b[^;(]*?\b(tlstm_\w+)\s*\(")


def code_of(paths):
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)


def is_used(name, code):
    wanted = [name] + ([name.upper()] if name.endswith("_options_init") else [])
    return any(re.search(r"\b%s\b" % word, code) for word in wanted)


def main():
    folder = pathlib.Path(sys.argv[1]) / "tinylstm"
    declared = sorted(set(DECLARATION.findall(code_of(folder.glob("*.h")))))
    code = code_of(folder.rglob("*.hpp"))
    missing = [name for name in declared if not is_used(name, code)]
    for name in missing:
        print("%s is not reachable" % name)
    print("%d functions of C, %d not reachable from C++" % (len(declared), len(missing)))
    sys.exit(1 if missing or not declared else 0)


main()
