#!/usr/bin/env python3
"""Compiles every public header alone, warnings being errors.

    check_headers.py STANDARD INCLUDE_DIR COMPILER...
"""
import pathlib
import subprocess
import sys
import tempfile

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-fsyntax-only"]


def headers_of(include_dir, is_cpp):
    """The headers that the language has to understand: `.hpp` is for C++ alone."""
    patterns = ("*.h", "*.hpp") if is_cpp else ("*.h",)
    found = [header for pattern in patterns for header in (include_dir / "tinylstm").rglob(pattern)]
    return sorted(header.relative_to(include_dir) for header in found)


def compiles(compiler, standard, include_dir, header):
    suffix = ".cpp" if standard.startswith("c++") else ".c"
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / ("only" + suffix)
        # Twice: the guard must hold.
        line = '#include "%s"\n' % header
        source.write_text(line * 2 + "int only_this_header;\n", encoding="utf-8")
        command = compiler + ["-std=" + standard, "-I%s" % include_dir] + WARNINGS + [str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print("%s does not compile alone as %s:\n%s" % (header, standard, done.stderr))
    return done.returncode == 0


def main():
    standard, include_dir, compiler = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    headers = headers_of(include_dir, standard.startswith("c++"))
    if not headers:
        sys.exit("no headers in %s" % include_dir)
    bad = [header for header in headers if not compiles(compiler, standard, include_dir, header)]
    print("%d of %d headers compile alone as %s" % (len(headers) - len(bad), len(headers), standard))
    sys.exit(1 if bad else 0)


main()
