#!/usr/bin/env python3
"""Says what is wrong with the tables in registry/: names that stand twice, texts that are missing.

    tools/check_registry.py
"""
import csv
import os
import sys

REGISTRY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "registry")
TABLES = [  # file, columns whose values stand once, columns that are never empty
    ("columns.csv", ["name"], ["name", "type", "role", "tables", "text"]),
    ("tables.csv", ["key", "name"], ["key", "name", "text"]),
    ("ipfix-elements.csv", ["id", "name"], ["id", "name", "type"]),
    ("nat-events.csv", ["name"], ["name", "object", "act", "text"]),
]


def problems_of(name, once, never_empty):
    with open(os.path.join(REGISTRY, name), newline="") as f:
        rows = list(csv.DictReader(line for line in f if not line.startswith("#")))
    if not rows:
        yield "%s: holds no row" % name
    for column in once:
        seen = set()
        for row in rows:
            if row[column] in seen:
                yield "%s: %s %s stands twice" % (name, column, row[column])
            seen.add(row[column])
    for row in rows:
        for column in never_empty:
            if not row[column]:
                yield "%s: a row lacks its %s: %s" % (name, column, list(row.values()))
        if None in row or None in row.values():
            yield "%s: a row with too many or too few values: %s" % (name, list(row.values()))
    fields = [row["field"] for row in rows if row.get("field")]
    for field in sorted({f for f in fields if fields.count(f) > 1}):
        yield "%s: field %s stands twice" % (name, field)


def main():
    problems = [p for table in TABLES for p in problems_of(*table)]
    print("\n".join(problems) or "%d tables are good" % len(TABLES))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
