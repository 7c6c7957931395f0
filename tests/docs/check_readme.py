#!/usr/bin/env python3
"""Compiles the programs in a document as they stand there.

    check_readme.py c|cpp DOCUMENT INCLUDE_DIRECTORY COMPILER...
"""
import re
import subprocess
import sys

STANDARDS = {"c": ["-std=c11", "-xc"], "cpp": ["-std=c++17", "-xc++"]}

language, document, include, *compiler = sys.argv[1:]
with open(document, encoding="utf-8") as file:
    programs = re.findall(r"^```%s\n(.*?)^```$" % language, file.read(), re.DOTALL | re.MULTILINE)
flags = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I" + include, *STANDARDS[language], "-"]
failed = sum(subprocess.run(compiler + flags, input=program, text=True, check=False).returncode != 0 for program in programs)
print("%d programs in %s in %s, %d do not compile" % (len(programs), language, document, failed))
sys.exit(failed > 0 or not programs)
