#!/usr/bin/env python3
"""Packs finished cases into the archive that travels with the project, always to the same bytes.

    pack.py DIR [ARCHIVE]        default archive: cases.tar.xz beside this script
"""
import io
import pathlib
import sys
import tarfile

LIMIT = 4 * 1024 * 1024


def entry_for(path, root):
    entry = tarfile.TarInfo(str(path.relative_to(root)))
    entry.size, entry.mode = path.stat().st_size, 0o644
    return entry  # no owner, no time: the bytes depend on the content alone


def main():
    root = pathlib.Path(sys.argv[1])
    archive = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(__file__).with_name("cases.tar.xz")
    paths = sorted((path for path in root.rglob("*") if path.is_file()), key=lambda path: (path.suffix, str(path)))
    with tarfile.open(archive, "w:xz", preset=9, format=tarfile.USTAR_FORMAT) as tar:
        for path in paths:
            tar.addfile(entry_for(path, root), io.BytesIO(path.read_bytes()))
    size = archive.stat().st_size
    print("%d files in %d bytes" % (len(paths), size))
    sys.exit(0 if size <= LIMIT else "the archive is larger than %d bytes" % LIMIT)


main()
