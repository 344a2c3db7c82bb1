#!/usr/bin/env python3
"""Queries with the answers that KQL's documentation gives them.

    test_kql.py WEIR

Cases stand in kql/*.case: one or more lines each, a word and its text; a line that starts with a blank
goes on with the one before it; an empty line ends a case; # starts a comment, the first of a case is
its name.

    # the newest row of each key
    kql      T | summarize arg_max(t, *) by k
    columns  k:string t:datetime v:long
    row      ["a", "2026-11-01T00:00:00Z", 5]
    any      order                      (optional: rows may come in any order)
    next     ["b", "n:long", [[1]]]     (a further table: its name, columns and rows)

or, instead of columns and rows, `error  CODE line:pos`.
"""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap

FOLDER = Path(__file__).resolve().parent / "kql"


def cases_of(path):
    case, last = {}, None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n") + [""], 1):
        if not line.strip():
            if case.get("kql"):
                yield case
            case, last = {}, None
        elif line.startswith("#"):
            case.setdefault("name", line[1:].strip())
        elif line[0] == " ":
            case[last][-1] += "\n" + line.strip()
        else:
            last, _, text = line.partition(" ")
            if last not in ("kql", "columns", "row", "error", "any", "next"):
                sys.exit(f"{path}:{number}: no such word: {last}")
            case.setdefault(last, []).append(text.strip())


def ask(weir, kql):
    done = subprocess.run([weir, "query", "--format", "json"], input=kql, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout)


def table_of(table):
    """Its name, its columns as a case has them, and its rows."""
    columns = " ".join(f"{c['name']}:{c['type']}" for c in table["columns"])
    rows = [[json.loads(v) if c["type"] == "dynamic" and isinstance(v, str) else v
             for c, v in zip(table["columns"], row)] for row in table["rows"]]
    return [table["name"], columns, rows]


def answer_of(reply):
    """What came back, in the words of a case."""
    if "error" in reply:
        inner = reply["error"]
        while "innererror" in inner:
            inner = inner["innererror"]
        return {"error": [f"{inner['code']} {inner.get('line', 0)}:{inner.get('pos', 0)}"]}
    (_, columns, rows), *more = (table_of(table) for table in reply["tables"])
    return {"columns": [columns], "row": rows, "next": more}


def wanted_of(case):
    if "error" in case:
        return {"error": case["error"]}
    return {key: [json.loads(r) for r in case.get(key, [])] for key in ("row", "next")} | {"columns": case["columns"]}


def main():
    tap, weir = Tap(), sys.argv[1]
    for path in sorted(FOLDER.glob("*.case")):
        for case in cases_of(path):
            got, want = answer_of(ask(weir, case["kql"][0])), wanted_of(case)
            if "any" in case:
                got.get("row", []).sort(key=json.dumps)
                want.get("row", []).sort(key=json.dumps)
            tap.result(got == want, f"{path.stem}: {case['name']}",
                       [case["kql"][0], f"expected {json.dumps(want)}", f"got      {json.dumps(got)}"])
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
