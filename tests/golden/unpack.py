#!/usr/bin/env python3
"""Unpacks the archive of cases into an empty directory: unpack.py ARCHIVE DIR [STAMP]

STAMP is a file that then says what was unpacked."""
import pathlib
import shutil
import sys
import tarfile


def main():
    archive, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    count = 0
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as tar:
        for entry in tar:
            parts = pathlib.PurePosixPath(entry.name).parts
            if not entry.isfile() or ".." in parts or parts[0] == "/":
                sys.exit("%s: %s has no place in it" % (archive, entry.name))
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(tar.extractfile(entry).read())
            count += 1
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text("%d files\n" % count, encoding="utf-8")


main()
