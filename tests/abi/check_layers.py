#!/usr/bin/env python3
"""Checks the law of includes (docs/conventions.md): a folder of lib/ includes only from itself and
from folders before it, the public headers from each other, and programs from the public headers.

    check_layers.py SOURCE_ROOT
"""
import pathlib
import re
import sys

ORDER = ["base", "kernels", "data", "layers", "losses", "metrics", "optimizers", "model", "files", "train", "api"]
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def includes_of(path):
    return [(match[1] == '"', match[2]) for match in INCLUDE.finditer(path.read_text(encoding="utf-8"))]


def complaint_about(folder, name):
    """Why a file in lib/`folder` must not include "name"; None where it may."""
    head = name.split("/")[0]
    if head == "tinylstm":
        return None
    if "/" not in name:
        return None if name == "registry.h" else 'names no folder: write "folder/%s"' % name
    if head not in ORDER:
        return "is of a folder that the law does not know"
    if ORDER.index(head) > ORDER.index(folder):
        return "is of a later folder"
    return None


def library_complaints(lib):
    for path in sorted(lib.rglob("*.[ch]")):
        relative = path.relative_to(lib)
        if len(relative.parts) == 1:
            continue  # registry.c and registry.h bring the tables of all folders together
        folder = relative.parts[0]
        if folder not in ORDER:
            yield relative, "lies in a folder that the law does not know"
            continue
        for quoted, name in includes_of(path):
            if quoted and complaint_about(folder, name):
                yield relative, "%s %s" % (name, complaint_about(folder, name))


def hdf5_complaints(lib):
    """One header alone may include <hdf5.h>, and the files of one name that header, so that another
    reader can take their place."""
    for path in sorted(lib.rglob("*.[ch]")):
        names = [name for _, name in includes_of(path)]
        if "hdf5.h" in names and path.name != "hdf5_file.h":
            yield path.relative_to(lib), "includes hdf5.h, which is for files/hdf5_file.h alone"
        if "files/hdf5_file.h" in names and not re.fullmatch(r"hdf5(_\w+)?\.c", path.name):
            yield path.relative_to(lib), "includes hdf5_file.h, which is for files/hdf5*.c alone"


def visibility_complaints(lib):
    """TLSTM_API functions are defined in lib/api/ only; nothing else calls itself tlstm_*."""
    definition = re.compile(r"^(?!typedef|struct|enum|static)[A-Za-z][\w\s\*]*?\b(tlstm_\w+)\s*\([^;]*?\)\s*\{",
                            re.MULTILINE)
    for path in sorted(lib.rglob("*.c")):
        if path.relative_to(lib).parts[0] == "api":
            continue
        for match in definition.finditer(path.read_text(encoding="utf-8")):
            yield path.relative_to(lib), "defines the public function %s outside api/" % match[1]


def outside_complaints(root):
    """Installed headers, the command and the examples stand on the public headers alone."""
    folders = [root / "include", root / "bindings" / "cli", root / "docs" / "examples"]
    for folder in folders:
        for path in sorted([*folder.rglob("*.[ch]"), *folder.rglob("*.[ch]pp")]):
            for quoted, name in includes_of(path):
                own = (path.parent / name).exists()
                if quoted and not own and not name.startswith("tinylstm/"):
                    yield path.relative_to(root), "%s is no public header" % name
                if folder.name == "include" and quoted and not name.startswith("tinylstm/"):
                    yield path.relative_to(root), '%s: write "tinylstm/..."' % name


def main():
    root = pathlib.Path(sys.argv[1])
    lib = root / "lib"
    complaints = [*library_complaints(lib), *hdf5_complaints(lib), *visibility_complaints(lib),
                  *outside_complaints(root)]
    for path, text in complaints:
        print("%s: %s" % (path, text))
    print("%d files of lib/ checked, %d complaints" % (len(list(lib.rglob("*.[ch]"))), len(complaints)))
    sys.exit(1 if complaints else 0)


main()
