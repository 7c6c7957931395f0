#!/usr/bin/env python3
"""Compiles the C programs in a document as they stand there.

    check_readme.py DOCUMENT INCLUDE_DIRECTORY COMPILER...
"""
import re
import subprocess
import sys

document, include, *compiler = sys.argv[1:]
with open(document, encoding="utf-8") as file:
    programs = re.findall(r"^```c\n(.*?)^```$", file.read(), re.DOTALL | re.MULTILINE)
flags = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I" + include, "-xc", "-"]
failed = sum(subprocess.run(compiler + flags, input=program, text=True, check=False).returncode != 0 for program in programs)
print("%d programs in %s, %d do not compile" % (len(programs), document, failed))
sys.exit(failed > 0 or not programs)
