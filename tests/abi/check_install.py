#!/usr/bin/env python3
"""Installs the library into a scratch directory and builds a stranger's program against it.

    check_install.py pkg-config|cmake BUILD_DIR CONSUMER_SOURCE COMPILER...

What the program must print is known beforehand: the version, and the parameters of the tutorial's
model (8,809 as Keras counts).
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXIT_SKIPPED = 77
PARAMETERS = 8809


def skip(reason):
    print("skipped: " + reason)
    sys.exit(EXIT_SKIPPED)


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit("%s\n%s%s" % (" ".join(map(str, command)), done.stdout, done.stderr))
    return done.stdout


def install(build_dir, root):
    """Installs below `root` and makes the pkg-config file say so, as packagers do who relocate."""
    run(["meson", "install", "-C", build_dir, "--no-rebuild", "--destdir", root])
    found = list(root.rglob("tinylstm.pc"))
    if len(found) != 1:
        sys.exit("expected one tinylstm.pc below the installation, found %d" % len(found))
    text = found[0].read_text(encoding="utf-8")
    prefix = re.search(r"^prefix=(.*)$", text, re.MULTILINE)[1]
    new_prefix = str(root) + prefix
    found[0].write_text(text.replace("prefix=" + prefix, "prefix=" + new_prefix, 1), encoding="utf-8")
    return pathlib.Path(new_prefix), found[0].parent


def build_with_pkg_config(consumer, compiler, pkgconfig_dir, out, static):
    mode = ["--static"] if static else []
    flags = run(["pkg-config", *mode, "--cflags", "--libs", "tinylstm"],
                env=dict(os.environ, PKG_CONFIG_PATH=str(pkgconfig_dir))).split()
    if static:
        # The library alone from its archive; what it needs comes as the flags say.
        flags = ["-l:libtinylstm.a" if flag == "-ltinylstm" else flag for flag in flags]
    run([*compiler, str(consumer), "-o", str(out), *flags])
    return out


def build_with_cmake(consumer, compiler, prefix, scratch):
    run(["cmake", "-S", str(consumer.parent), "-B", str(scratch / "build"), "-DCMAKE_PREFIX_PATH=%s" % prefix,
         "-DCMAKE_C_COMPILER=%s" % compiler[-1]])
    run(["cmake", "--build", str(scratch / "build")])
    return scratch / "build" / "consumer"


def check_output(program, library_dir):
    said = run([str(program)], env=dict(os.environ, LD_LIBRARY_PATH=str(library_dir)))
    if not re.fullmatch(r"\d+\.\d+\.\d+ %d\n" % PARAMETERS, said):
        sys.exit("%s printed %r" % (program.name, said))


def is_sanitized(build_dir):
    """A program of others cannot load a library built with a sanitizer, whose runtime comes first."""
    options = run(["meson", "introspect", "--buildoptions", build_dir])
    return re.search(r'"name": "b_sanitize", "value": "(?!none)', options) is not None


def main():
    way, build_dir, consumer, compiler = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), sys.argv[4:]
    for tool in ("meson", way):
        if not shutil.which(tool):
            skip("there is no %s" % tool)
    if is_sanitized(build_dir):
        skip("the library is built with a sanitizer")
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        prefix, pkgconfig_dir = install(build_dir, scratch / "root")
        library_dir = pkgconfig_dir.parent
        if way == "cmake":
            check_output(build_with_cmake(consumer, compiler, prefix, scratch), library_dir)
        else:
            for static in (False, True):
                program = scratch / ("static" if static else "shared")
                check_output(build_with_pkg_config(consumer, compiler, pkgconfig_dir, program, static), library_dir)
    print("built and run against the installation with %s" % way)


main()
