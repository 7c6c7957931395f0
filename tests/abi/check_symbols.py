#!/usr/bin/env python3
"""Checks that the shared library exports what the headers declare, no more and no less, under the
version that the map names, and that its soname carries the ABI epoch.

    check_symbols.py LIBRARY INCLUDE_DIR MAP SONAME
"""
import fnmatch
import pathlib
import re
import subprocess
import sys

DECLARATION = re.compile(r"\bTLSTM_API\b[^;(]*?\b(\w+)\s*\(")
NODE = re.compile(r"(\w[\w.]*)\s*\{(.*?)\}\s*[\w.]*\s*;", re.DOTALL)


def declared(include_dir):
    """Names that the headers promise."""
    names = set()
    for header in include_dir.rglob("*.h"):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"^\s*#(?:.*\\\n)*.*$", "", text, flags=re.MULTILINE)
        names.update(DECLARATION.findall(text))
    return names


def exported(library):
    """Names with their versions, from the dynamic symbol table."""
    done = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True)
    symbols = {}
    for line in done.stdout.splitlines():
        kind, name = line.split()[-2:]
        name, _, version = name.partition("@")
        if kind != "A":  # the version node itself
            symbols[name] = version.lstrip("@")
    return symbols


def patterns_of(map_file):
    """Version to the patterns after its `global:`."""
    text = re.sub(r"#[^\n]*|/\*.*?\*/", "", pathlib.Path(map_file).read_text(encoding="utf-8"), flags=re.DOTALL)
    nodes = {}
    for version, body in NODE.findall(text):
        public = body.split("global:", 1)[-1].split("local:")[0]
        nodes[version] = [part.strip() for part in public.split(";") if part.strip()]
    return nodes


def soname_of(library):
    done = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True)
    match = re.search(r"\(SONAME\).*\[(.*)\]", done.stdout)
    return match[1] if match else ""


def complaints_about(names, symbols, nodes):
    for name in sorted(names - symbols.keys()):
        yield "%s is declared but not exported" % name
    for name in sorted(symbols.keys() - names):
        yield "%s is exported but not declared" % name
    for name, version in sorted(symbols.items()):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in nodes.get(version, [])):
            yield "%s has the version '%s', which the map does not give it" % (name, version)
    for version, patterns in nodes.items():
        for pattern in patterns:
            if not fnmatch.filter(names, pattern):
                yield "the map's %s: %s matches nothing in the headers" % (version, pattern)


def main():
    library, include_dir, map_file, soname = sys.argv[1:5]
    names, symbols = declared(pathlib.Path(include_dir)), exported(library)
    complaints = list(complaints_about(names, symbols, patterns_of(map_file)))
    if soname_of(library) != soname:
        complaints.append("the soname is '%s', not '%s'" % (soname_of(library), soname))
    print("\n".join(complaints))
    print("%d functions declared, %d exported" % (len(names), len(symbols)))
    sys.exit(1 if complaints or not names else 0)


main()
