#!/usr/bin/env python3
"""Does a collector store of what arrives what `weir import` stores of its capture?

    test_live_captures.py WEIR [NAME…]

Every capture of NetFlow v5, v9, IPFIX and sFlow in the collection of captures (WEIR_SHARED, or ../shared
beside the source) is replayed to a collector and imported.  Both count the same datagrams and
records, and hold the same rows, but for two things: rows belong to the minute of their arrival there
and to that of their capture here, so rows are compared once their minutes are merged, by the roles
of the registry, and FlowRecordTime of sFlow, which tells no time of its own, is left out; and an
exporter has another address there, so that its rows as a whole must be those of one exporter here.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import references as ref  # noqa: E402
import tap  # noqa: E402
from collector import BOOKS, Collector  # noqa: E402

TIMEOUT_S = 60
AT_A_TIME = 4  # captures; most of the time is spent waiting
COUNTS = {  # of the ledger, and what `weir import` calls them
    "DatagramsOffered": "datagrams",
    "DatagramsMalformed": "malformed",
    "RecordsDecoded": "records",
    "OptionsRecords": "options_records",
    "NatEvents": "nat_events",
    "SetsWithoutTemplate": "sets_without_template",
    "SetsParked": "sets_parked",
    "SetsReplayed": "sets_replayed",
}
LEDGER = f"CollectorLedger | summarize {', '.join(f'sum({name})' for name in (*BOOKS, *COUNTS))}"
MERGE = {
    "sum": lambda a, b: b if a is None else a if b is None else a + b,
    "min": lambda a, b: b if a is None else a if b is None else min(a, b),
    "max": lambda a, b: b if a is None else a if b is None else max(a, b),
    "or": lambda a, b: b if a is None else a if b is None else a | b,
    "first": lambda a, b: a,
}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"{command[1]}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def roles():
    """Column of Flows to its role."""
    with open(ROOT / "registry/columns.csv", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["name"]: row["role"] for row in rows if "flows" in row["tables"].split()}


ROLES = roles()
KEYS = [name for name, role in ROLES.items() if role == "key" and name not in ("TimeGenerated", "Exporter")]
VALUES = [name for name, role in ROLES.items() if role in MERGE]
RECORD_COUNT = 1 + (KEYS + VALUES).index("RecordCount")
ROWS = f"Flows | sort by TimeGenerated asc | project Exporter, {', '.join(KEYS + VALUES)}"


def merged(rows, timeless):
    """Rows of one flow in several minutes become one; a Counter of the exporters' sets of rows."""
    exporters = {}
    for exporter, *cells in rows:
        if timeless:
            cells[len(KEYS) + VALUES.index("FlowRecordTime")] = None
        key, values = tuple(cells[: len(KEYS)]), cells[len(KEYS) :]
        flows = exporters.setdefault(exporter, {})
        before = flows.get(key)
        flows[key] = values if before is None else [MERGE[ROLES[n]](*v) for n, *v in zip(VALUES, before, values)]
    return Counter(frozenset((k, tuple(v)) for k, v in flows.items()) for flows in exporters.values())


def live(collector, program, capture):
    with collector:
        said = run(program, "replay", "--speed", "0", "--collector", f"127.0.0.1:{collector.port}", capture)
        status = collector.end()
    if status or said.split()[0] == "0":
        raise RuntimeError(f"exit status {status}; {said}")


def imported(program, workspace, capture):
    return json.loads(run(program, "import", "--workspace", workspace, "--format", "json", capture))


def texts(exporters):
    """The rows of a Counter as texts, one each, without what is empty."""
    for exporter in exporters:
        for key, values in exporter:
            cells = zip(KEYS + VALUES, key + values)
            yield " ".join(f"{name}={cell}" for name, cell in cells if cell not in (None, ""))


def compare(program, capture, timeless, work):
    """What differs, in words."""
    collector = Collector(program, work / "live")
    live(collector, program, capture)
    counts = imported(program, work / "imported", capture)
    wanted = [counts[name] for name in COUNTS.values()]
    ledger = collector.query(LEDGER)[0]
    if ledger[len(BOOKS) :] != wanted:
        yield f"{', '.join(COUNTS)}: {ledger[len(BOOKS) :]} instead of {wanted}"
    rows = collector.query(ROWS)
    events = collector.query("NatEvents | count")[0][0]
    yield from collector.broken(*ledger[: len(BOOKS)], events, sum(row[RECORD_COUNT] for row in rows))
    here = merged(rows, timeless)
    there = merged(Collector(program, work / "imported").query(ROWS), timeless)
    lacking, more = set(texts(there - here)), set(texts(here - there))
    yield from (f"lacks {text}" for text in sorted(lacking - more)[:5])
    yield from (f"has {text}" for text in sorted(more - lacking)[:5])
    if here != there and lacking == more:
        yield "rows stand by other exporters"


def problems(program, capture, timeless):
    with tempfile.TemporaryDirectory() as work:
        try:
            return list(compare(program, capture, timeless, Path(work)))
        except (RuntimeError, ValueError, subprocess.TimeoutExpired) as problem:
            return [f"{type(problem).__name__}: {problem}"]


def captures(shared, names):
    for path in sorted(shared.glob("captures/*/expected/*.ref.json")):
        reference = json.loads(path.read_text())
        name = f"{path.parents[1].name}/{path.name.removesuffix('.ref.json')}"
        sflow = ref.is_sflow(reference)
        if (sflow or ref.is_netflow(reference)) and (not names or name in names):
            yield name, path.parents[1] / reference["capture"], sflow


def main(program, names):
    found = list(captures(Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared"), names))
    if not found:
        return tap.skip_all("the collection of captures is not here (WEIR_SHARED)")
    out = tap.Tap()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        results = pool.map(lambda item: problems(program, *item[1:]), found)
        for (name, *_), wrong in zip(found, results):
            out.result(not wrong, f"{name} is stored live as it is imported", wrong)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
