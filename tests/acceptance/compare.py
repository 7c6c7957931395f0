#!/usr/bin/env python3
"""Runs the acceptance program in every language there is and requires the same lines of all.

    compare.py SOURCE_ROOT BUILD_DIR LANGUAGE=PROGRAM...

The programs that are given are built already (C, C++). Those of Rust and Go are built here by their own
tools, against the library as `meson install` leaves it below a scratch directory. First each program
trains and saves by itself; then each is given the file of the one before it.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXIT_SKIPPED = 77


def skip(reason):
    print("skipped: " + reason)
    sys.exit(EXIT_SKIPPED)


def run(command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit("%s\n%s%s" % (" ".join(map(str, command)), done.stdout, done.stderr))
    return done.stdout


# ---- What there is -----------------------------------------------------------------------------------

def imdb_file(root):
    places = [os.environ.get("TINYLSTM_IMDB"), "~/.keras/datasets/imdb.npz",
              pathlib.Path(os.environ.get("TINYLSTM_SHARED") or root.parent / "shared") / "imdb" / "imdb.npz"]
    for place in places:
        if place and pathlib.Path(place).expanduser().exists():
            return pathlib.Path(place).expanduser().resolve()
    return None


def is_sanitized(build_dir):
    options = run(["meson", "introspect", "--buildoptions", build_dir])
    return re.search(r'"name": "b_sanitize", "value": "(?!none)', options) is not None


def install(build_dir, scratch):
    """Installs below `scratch`; the environment in which compilers and programs find it there."""
    run(["meson", "install", "-C", build_dir, "--no-rebuild", "--destdir", scratch / "root"])
    package = next((scratch / "root").rglob("tinylstm.pc"))
    text = package.read_text(encoding="utf-8")
    prefix = re.search(r"^prefix=(.*)$", text, re.MULTILINE)[1]
    package.write_text(text.replace("prefix=" + prefix, "prefix=%s%s" % (scratch / "root", prefix), 1), encoding="utf-8")
    # Go's cache does not see that pkg-config says something else than last time; CGO_LDFLAGS it sees.
    return dict(os.environ, PKG_CONFIG_PATH=str(package.parent), LD_LIBRARY_PATH=str(package.parent.parent),
                CGO_LDFLAGS="-O2 -g -L%s" % package.parent.parent)


def missing_cargo(root):
    """Why the crates' programs cannot be built by themselves, or None. An older cargo needs what bindings/rust/test.sh
    does for it."""
    if not shutil.which("cargo"):
        return "there is no cargo"
    minor = int(re.match(r"cargo 1\.(\d+)", run(["cargo", "--version"]))[1])
    return "cargo 1.%d is older than 1.68" % minor if minor < 68 else None


def missing_go(root):
    """The same for Go; puts one that is new enough first in PATH."""
    done = subprocess.run(["sh", str(root / "bindings" / "go" / "install-go.sh")], capture_output=True, text=True)
    if done.returncode:
        return done.stdout.strip()
    os.environ["PATH"] = done.stdout.strip() + os.pathsep + os.environ["PATH"]
    return None


def commands_of_bindings(root):
    """Where the bindings are: language, what asks for their tools, folder, and how their example runs."""
    return [("Rust", missing_cargo, root / "bindings" / "rust" / "tinylstm",
             lambda name: ["cargo", "run", "--quiet", "--release", "--example", name, "--"]),
            ("Go", missing_go, root / "bindings" / "go", lambda name: ["go", "run", "./examples/" + name])]


def examples_of(root, name):
    """The bindings' programs of that name that can be run: language to (command, folder)."""
    found = {}
    for language, missing, folder, command in commands_of_bindings(root):
        sources = [folder / "examples" / (name + ".rs"), folder / "examples" / name]
        if not any(source.exists() for source in sources):
            print("%s: there is no example '%s'" % (language, name))
            continue
        reason = missing(root)
        if reason:
            print("%s: %s" % (language, reason))
        else:
            found[language] = (command(name), folder)
    return found


# ---- Comparing ---------------------------------------------------------------------------------------

class Program:
    def __init__(self, language, command, folder, environment, scratch):
        self.language, self.command, self.folder, self.environment = language, command, folder, environment
        self.out = scratch / re.sub(r"\W", "x", language.lower())
        self.out.mkdir()
        self.model = self.out / "model.h5"

    def lines(self, imdb, *other):
        return run([*self.command, imdb, self.out, *other], cwd=self.folder, env=self.environment).splitlines()


def complain_about(language, wanted, lines):
    """Says where the lines differ; returns whether they do."""
    different = [(want, got) for want, got in zip(wanted, lines) if want != got]
    for want, got in different:
        print("%s: %r instead of %r" % (language, got, want))
    if len(wanted) != len(lines):
        print("%s: %d lines instead of %d" % (language, len(lines), len(wanted)))
    return bool(different) or len(wanted) != len(lines)


def sound(lines):
    """The lines are those of a program that did its work: all are there, and none says no."""
    kinds = [line.split()[0] for line in lines]
    expected = ["weights", "history", "history", "file", "predict", "stream"] + ["error"] * 10 + ["leak"]
    codes = [line.split()[2] for line in lines if line.startswith("error")]
    return (kinds == expected and "stream equal" in lines and "leak ok" in lines
            and all(re.fullmatch(r"-\d+", code) for code in codes))


def with_other(lines):
    """What a program that trains the same and loads the same file must print."""
    scores = next(line.split()[1] for line in lines if line.startswith("predict"))
    at = [line.split()[0] for line in lines].index("predict") + 1
    return lines[:at] + ["other " + scores] + lines[at:]


def compare(programs, imdb):
    first = programs[0].lines(imdb)
    print("\n".join(first))
    failed = not sound(first)
    for program in programs[1:]:
        failed |= complain_about(program.language, first, program.lines(imdb))
    for one, other in zip(programs, [programs[-1], *programs[:-1]]):
        lines = one.lines(imdb, other.model)
        failed |= complain_about("%s with the file of %s" % (one.language, other.language), with_other(first), lines)
    return failed


def main():
    root, build_dir = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    given = dict(argument.split("=", 1) for argument in sys.argv[3:])
    imdb = imdb_file(root)
    if not imdb:
        skip("no IMDB data here (TINYLSTM_IMDB, TINYLSTM_SHARED)")
    if is_sanitized(build_dir):
        skip("the library is built with a sanitizer, which holds freed memory back and lets no stranger's program load it")
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        programs = [Program(language, [program], scratch, None, scratch) for language, program in given.items()]
        bindings = examples_of(root, "acceptance")
        if bindings:
            environment = install(build_dir, scratch)
            programs += [Program(language, command, place, environment, scratch)
                         for language, (command, place) in bindings.items()]
        failed = compare(programs, imdb)
    print("%s %s" % (", ".join(program.language for program in programs), "differ" if failed else "agree"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
