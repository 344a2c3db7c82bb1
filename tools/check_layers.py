#!/usr/bin/env python3
"""Reads every #include below src/ and says which ones cross a layer.

    tools/check_layers.py

Who may include whom is LAYERS: the first row whose folder holds a file counts.  "." is the folder
of the row itself, for a stage: its own.  Generated tables (.inc) are anybody's.
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src")
LAYERS = [  # folder, what its files may include
    ("core/base", ["core/base"]),
    ("core", ["core"]),
    ("workspace", ["core", "workspace"]),
    ("query", ["core", "workspace", "query"]),
    ("collector/minute", ["core", "workspace", "."]),
    ("collector/enrich", ["core", "workspace", "query", "."]),
    ("collector/*", ["core", "."]),
    ("exporter/*", ["core", "."]),
    ("server", ["core", "workspace", "query", "server"]),
    ("forwarder", ["core", "workspace", "query", "forwarder"]),
    ("weir", ["core", "workspace", "query", "collector", "exporter", "server", "forwarder", "weir"]),
]
ONLY_IN_WORKSPACE = ["duckdb.h", "sqlite3.h"]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def layer_of(path):
    """The folder that a file belongs to, and what it may include."""
    for folder, allowed in LAYERS:
        depth = folder.count("/") + 1
        own = "/".join(path.split("/")[:depth])
        if own == folder or (folder.endswith("/*") and own.startswith(folder[:-1])):
            return [own if a == "." else a for a in allowed]
    return None


def problems_of(path):
    allowed = layer_of(path)
    if allowed is None:
        yield "%s: no row of LAYERS holds it" % path
        return
    with open(os.path.join(ROOT, path)) as f:
        for mark, name in INCLUDE.findall(f.read()):
            if name in ONLY_IN_WORKSPACE and not path.startswith("workspace/"):
                yield "%s includes %s, which only workspace/ may know" % (path, name)
            if mark == "<" or name.endswith(".inc"):
                continue
            if not os.path.exists(os.path.join(ROOT, name)):
                yield '%s includes "%s", which is not named from src/' % (path, name)
            elif not any(name.startswith(a + "/") for a in allowed):
                yield '%s includes "%s": allowed are %s' % (path, name, ", ".join(allowed))


def main():
    paths = sorted(os.path.relpath(os.path.join(folder, name), ROOT)
                   for folder, _, names in os.walk(ROOT) for name in names if name[-2:] in (".c", ".h"))
    problems = [p for path in paths for p in problems_of(path)]
    print("\n".join(problems + ["%d files read" % len(paths)]))
    sys.exit(1 if problems or not paths else 0)


if __name__ == "__main__":
    main()
