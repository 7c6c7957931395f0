#!/usr/bin/env python3
"""Checks the whole tree for what no compiler sees: encoding, line ends, trailing blanks, tabs,
header guards, dead links in the documents, and paths of somebody's machine.

    check_project.py SOURCE_ROOT
"""
import pathlib
import re
import shutil
import subprocess
import sys

TEXT = {".c", ".h", ".hpp", ".cpp", ".py", ".sh", ".md", ".build", ".options", ".map", ".in", ".txt", ".json",
        ".toml", ".rs", ".go", ".yml", ".cmake"}
NAMES = {".clang-format", ".editorconfig", ".gitignore", "LICENSE", "run", "meson_options.txt", "CMakeLists.txt"}
SKIPPED = re.compile(r"(^|/)(\.git|build[^/]*|__pycache__|target|archive)(/|$)")
TABS_ALLOWED = {".go"}
# Written in pieces, so that this file does not complain about itself.
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:" + "wo" + r"rk|ho" + r"me|ro" + r"ot|Us" + r"ers)/[\w.]")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)[^)]*\)")


def files_of(root):
    """What git knows or would add; the whole tree where there is no git."""
    names = [str(path.relative_to(root)) for path in root.rglob("*")]
    if shutil.which("git"):
        done = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
                              capture_output=True, text=True, check=False)
        names = done.stdout.splitlines() if done.returncode == 0 else names
    for name in sorted(names):
        path = root / name
        is_text = path.suffix in TEXT or path.name in NAMES
        if is_text and path.is_file() and not SKIPPED.search(name):
            yield name, path


def guards_of(name):
    """Guards a header may have: of installed ones TINYLSTM_NAME_H, of the library's TL_FOLDER_NAME_H,
    elsewhere anything between TL_ and NAME_H that tells it apart."""
    path = pathlib.PurePath(name)
    words = [part.upper().replace("-", "_") for part in path.with_suffix("").parts]
    if "INCLUDE" in words[:-1]:
        return re.escape("TINYLSTM_" + words[-1] + "_" + path.suffix[1:].upper())
    if words[0] == "LIB":
        return re.escape("TL_" + "_".join(words[1:]) + "_H")
    return r"TL_(?:\w+_)?" + re.escape(words[-1]) + "_H"


def guard_complaint(name, text):
    code = re.sub(r"\A(?:\s*/\*.*?\*/)*\s*", "", text, flags=re.DOTALL)
    if not re.match(r"#ifndef (%s)\n#define \1\n" % guards_of(name), code):
        return "the header guard does not match %s" % guards_of(name)
    return None


def line_complaints(name, text):
    suffix = pathlib.PurePath(name).suffix
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line and suffix not in TABS_ALLOWED:
            yield number, "tab"
        if line != line.rstrip() and suffix != ".md":
            yield number, "blank at the end of the line"
        if MACHINE_PATH.search(line):
            yield number, "path of one machine"


def link_complaints(root, name, text):
    """Links from a document to files of the project must lead somewhere."""
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        if not (root / name).parent.joinpath(target).exists():
            yield "dead link to %s" % target


def complaints_about(root, name, path):
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield "%s: not UTF-8" % name
        return
    if "\r" in text:
        yield "%s: carriage return" % name
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield "%s: must end in one newline" % name
    for number, complaint in line_complaints(name, text):
        yield "%s:%d: %s" % (name, number, complaint)
    if path.suffix in (".h", ".hpp") and guard_complaint(name, text):
        yield "%s: %s" % (name, guard_complaint(name, text))
    if path.suffix == ".md":
        for complaint in link_complaints(root, name, text):
            yield "%s: %s" % (name, complaint)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    names = list(files_of(root))
    complaints = [line for name, path in names for line in complaints_about(root, name, path)]
    print("\n".join(complaints))
    print("%d files checked, %d complaints" % (len(names), len(complaints)))
    sys.exit(1 if complaints or not names else 0)


main()
