#!/usr/bin/env python3
"""Compares the binary interface with that of the first release, stored in tests/abi/baseline.

    check_abi.py check SOURCE_ROOT SONAME COMPILER...    anything but an addition is a failure
    check_abi.py prove SOURCE_ROOT SONAME COMPILER...    breaks copies of the tree: each must be noticed
    check_abi.py store SOURCE_ROOT SONAME COMPILER...    makes the baseline anew (at a new ABI epoch)

The public functions alone are compiled, with debugging information, so that a stripped or optimised
build does not matter. Needs abidw and abidiff (Debian: abigail-tools).
"""
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

EXIT_SKIPPED = 77
HERE = pathlib.Path(__file__).resolve().parent
BASELINE = HERE / "baseline"
FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-DTLSTM_BUILDING", "-g", "-O0", "-w", "-fPIC", "-shared",
         "-fvisibility=hidden"]
ABIDW = ["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-parameter-names", "--no-elf-needed"]
# abidiff's exit status: bits 4 and 8 are a change, 1 and 2 are errors of its own.
CHANGED = 4


def skip(reason):
    print("skipped: " + reason)
    sys.exit(EXIT_SKIPPED)


def run(command, folder):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        sys.exit("%s\n%s%s" % (" ".join(map(str, command)), done.stdout, done.stderr))


def describe(root, soname, compiler, out):
    """Writes what abidw says of the public functions of the tree `root`."""
    with tempfile.TemporaryDirectory() as folder:
        library = pathlib.Path(folder) / "libtinylstm.so"
        sources = sorted(path.relative_to(root) for path in (root / "lib" / "api").glob("*.c"))
        run([*compiler, *FLAGS, "-Iinclude", "-Ilib", *sources, "-Wl,--version-script,lib/libtinylstm.map",
             "-Wl,-soname," + soname, "-o", library], root)
        run(["abidw", *ABIDW, "--suppressions", BASELINE / "private.ini", "--out-file", out, library], root)


def difference(baseline, now):
    """Whether anything but an addition was changed, and what abidiff says of it."""
    done = subprocess.run(["abidiff", "--no-added-syms", "--suppressions", str(BASELINE / "additions.ini"), str(baseline), str(now)],
                          capture_output=True, text=True, check=False)
    if done.returncode & 3:
        sys.exit("abidiff failed:\n%s%s" % (done.stdout, done.stderr))
    return done.returncode >= CHANGED, done.stdout


# ---- Changes to a copy of the tree -------------------------------------------------------------------

def edit(path, pattern, replacement):
    text = path.read_text(encoding="utf-8")
    changed, count = re.subn(pattern, replacement, text)
    if not count:
        sys.exit("%s has no %r to change" % (path.name, pattern))
    path.write_text(changed, encoding="utf-8")


def change_signature(root):
    for path in (root / "include/tinylstm/session.h", root / "lib/api/session.c"):
        edit(path, r"int64_t batch\b", "int32_t batch")


def remove_function(root):
    edit(root / "lib/libtinylstm.map", r"\n +tlstm_isa;", "")


def insert_field(root):
    edit(root / "include/tinylstm/file.h", r"( +)int32_t without_optimizer;", r"\1int32_t inserted;\n\1int32_t without_optimizer;")


def rename_version(root):
    edit(root / "lib/libtinylstm.map", r"TINYLSTM_0\.1", "TINYLSTM_9")


def append_field(root):
    edit(root / "include/tinylstm/file.h", r"(} tlstm_save_options;)", r"    int64_t appended;\n\1")


def add_function(root):
    edit(root / "include/tinylstm/session.h", r"(TLSTM_API void tlstm_session_reset)", r"TLSTM_API void tlstm_session_added(void);\n\1")
    edit(root / "lib/api/session.c", r"\Z", "\nvoid tlstm_session_added(void) {\n}\n")
    edit(root / "lib/libtinylstm.map", r"( +)tlstm_isa;", r"\1tlstm_isa;\n\1tlstm_session_added;")


CHANGES = [(change_signature, True), (remove_function, True), (insert_field, True), (rename_version, True),
           (append_field, False), (add_function, False)]


def prove(root, soname, compiler, scratch):
    """Each change is compared with the tree as it is, so that the baseline's age does not matter."""
    describe(root, soname, compiler, scratch / "before.abi")
    failed = False
    for number, (change, breaks) in enumerate(CHANGES):
        copy = scratch / str(number)
        for folder in ("include", "lib"):
            shutil.copytree(root / folder, copy / folder)
        change(copy)
        describe(copy, soname, compiler, scratch / "after.abi")
        noticed, text = difference(scratch / "before.abi", scratch / "after.abi")
        print("%s: %s" % (change.__name__, "noticed" if noticed else "allowed"))
        if noticed != breaks:
            print("but it should be the other way\n" + text)
            failed = True
    return failed


def check(root, soname, compiler, scratch, baseline):
    describe(root, soname, compiler, scratch / "now.abi")
    changed, text = difference(baseline, scratch / "now.abi")
    print(text or "nothing was changed since the baseline, but for additions")
    return changed


def main():
    what, root, soname, compiler = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3], sys.argv[4:]
    baseline = BASELINE / ("libtinylstm-%s.abi" % platform.machine())
    if not shutil.which("abidw") or not shutil.which("abidiff"):
        skip("there is no abidw (Debian: abigail-tools)")
    if what == "store":
        describe(root, soname, compiler, baseline)
        return
    if what == "check" and not baseline.exists():
        skip("there is no baseline for %s" % platform.machine())
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        failed = prove(root, soname, compiler, scratch) if what == "prove" else check(root, soname, compiler, scratch, baseline)
    sys.exit(1 if failed else 0)


main()
