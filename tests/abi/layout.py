#!/usr/bin/env python3
"""Says where every field of every public struct lies and what every constant is, as the C compiler
sees it, for other languages and other times to compare with.

    layout.py print INCLUDE_DIR COMPILER...            the table, a line a fact
    layout.py check TABLE INCLUDE_DIR COMPILER...      fails where a fact of TABLE does not hold any more

    struct tlstm_save_options 16 8                     size, alignment; a struct with `struct_size` may grow
    field tlstm_save_options weights_only 8 4          offset, size
    constant TLSTM_ERROR_SHAPE -6

tests/abi/baseline/layout.txt is the table of the first release, for machines of 64 bits.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

STRUCT = re.compile(r"typedef struct (tlstm_\w+) \{(.*?)\}", re.DOTALL)
ENUM = re.compile(r"\benum \{(.*?)\}", re.DOTALL)
FIELD_NAME = re.compile(r"(?:\(\*(\w+)\)\(|\b(\w+)$)")


def code_of(include_dir):
    """All headers without their comments."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted((include_dir / "tinylstm").glob("*.h")))
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def structs_of(code):
    """Struct to the names of its fields, in order."""
    found = {}
    for name, body in STRUCT.findall(code):
        fields = [" ".join(field.split()) for field in body.split(";") if field.strip()]
        matches = [FIELD_NAME.search(field) for field in fields]
        found[name] = [match[1] or match[2] for match in matches]
    return found


def constants_of(code):
    names = [item.split("=")[0].strip() for body in ENUM.findall(code) for item in body.split(",")]
    return [name for name in names if name] + ["TLSTM_MAX_DIMS"]


def program(code):
    """A program in C that prints the table."""
    lines = ['#include "tinylstm/tinylstm.h"', "#include <stdalign.h>", "#include <stdio.h>", "int main(void) {"]
    for struct, fields in structs_of(code).items():
        lines.append('printf("struct %s %%zu %%zu\\n", sizeof(%s), alignof(%s));' % (struct, struct, struct))
        for field in fields:
            lines.append('printf("field %s %s %%zu %%zu\\n", offsetof(%s, %s), sizeof(((%s *)0)->%s));'
                         % (struct, field, struct, field, struct, field))
    for constant in constants_of(code):
        lines.append('printf("constant %s %%d\\n", (int)%s);' % (constant, constant))
    return "\n".join(lines + ["return 0;", "}", ""])


def table_of(include_dir, compiler):
    with tempfile.TemporaryDirectory() as folder:
        source, binary = pathlib.Path(folder) / "layout.c", pathlib.Path(folder) / "layout"
        source.write_text(program(code_of(include_dir)), encoding="utf-8")
        subprocess.run([*compiler, "-std=c11", "-I%s" % include_dir, str(source), "-o", str(binary)], check=True)
        return subprocess.run([str(binary)], capture_output=True, text=True, check=True).stdout.splitlines()


def facts(lines):
    """What a line is about to what it says of it."""
    words = [line.split() for line in lines]
    return {tuple(line[:3] if line[0] == "field" else line[:2]): line[3:] if line[0] == "field" else line[2:] for line in words}


def complaints(then, now):
    for subject, said in then.items():
        says = now.get(subject)
        may_grow = subject[0] == "struct" and ("field", subject[1], "struct_size") in then
        if may_grow and says and int(says[0]) >= int(said[0]) and says[1] == said[1]:
            continue
        if says != said:
            yield "%s was %s and is %s" % (" ".join(subject), " ".join(said), " ".join(says) if says else "gone")


def early_fields(then, now):
    """A field put where an old program's struct had padding would be read from there."""
    for subject, says in now.items():
        old = then.get(("struct", subject[1]))
        if subject[0] == "field" and subject not in then and old and int(says[0]) < int(old[0]):
            yield "%s lies at %s, within the first release's %s bytes" % (" ".join(subject), says[0], old[0])


def main():
    what, arguments = sys.argv[1], sys.argv[2:]
    baseline = pathlib.Path(arguments.pop(0)) if what == "check" else None
    lines = table_of(pathlib.Path(arguments[0]).resolve(), arguments[1:])
    if what == "print":
        print("\n".join(lines))
        return
    then, now = facts(baseline.read_text(encoding="utf-8").splitlines()), facts(lines)
    if now[("field", "tlstm_allocator", "user")][1] != "8":
        print("skipped: the table is for machines of 64 bits")
        sys.exit(77)
    found = [*complaints(then, now), *early_fields(then, now)]
    print("\n".join(found))
    print("%d facts of the first release, %d do not hold" % (len(then), len(found)))
    sys.exit(1 if found or not then else 0)


main()
