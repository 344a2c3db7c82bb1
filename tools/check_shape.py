#!/usr/bin/env python3
"""Says which C files (but those that git ignores) and functions are too long, and where work was left undone.

    tools/check_shape.py

Reads files as clang-format leaves them: a function's braces stand in the first column.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
FILE_LINES, FUNCTION_LINES = 620, 60
LEFT_UNDONE = re.compile(r"\b(TODO|FIXME|XXX)\b")


def problems_of(path, lines):
    if len(lines) > FILE_LINES:
        yield "%s: %d lines; at most %d" % (path, len(lines), FILE_LINES)
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start - 1 > FUNCTION_LINES:
                yield "%s:%d: a function of %d lines; at most %d" % (path, start, number - start - 1,
                                                                     FUNCTION_LINES)
            start = None
        if LEFT_UNDONE.search(line):
            yield "%s:%d: left undone: %s" % (path, number, line.strip())
        if len(line.expandtabs(8)) > 160:
            yield "%s:%d: longer than 160 characters" % (path, number)


def main():
    paths = subprocess.check_output(["git", "ls-files", "-c", "-o", "--exclude-standard", "*.c", "*.h"], cwd=ROOT,
                                    text=True).split()
    problems = []
    for path in paths:
        with open(os.path.join(ROOT, path)) as f:
            problems += problems_of(path, f.read().splitlines())
    print("\n".join(problems + ["%d files read" % len(paths)]))
    sys.exit(1 if problems or not paths else 0)


if __name__ == "__main__":
    main()
