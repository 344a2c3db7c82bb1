"""orders: captures in another order, doubled or cut, and whether their rows are the same.

What may depend on the order of datagrams, and so is not compared:

  - Flowsequence is the number of the first record that was merged into the row, and behind a set that
    waits for its template numbers go on by its octets;
  - where an exporter tells in options what its records lack (its sampling rate, its start, names),
    records that come before them do without, as they arrived, and of several names the one counts that
    was told last: SamplingInterval, times that count from the start, names.  Rows that differ in these
    alone are added up;
  - estimates are worked out of a row's sums and rate;
  - NatBindings are made of events in their order, and are not compared.
"""

import csv
import json
import subprocess
from pathlib import Path

import pcapfile

TIMEOUT_S = 120
ROWS = "2000000"
ROOT = Path(__file__).resolve().parents[2]
NEVER = {"Flowsequence", "EstimatedBytes", "EstimatedPackets"}
NAMES = {"InputInterfaceName", "OutputInterfaceName", "IngressVrfName", "EgressVrfName", "Application"}
BY_OPTIONS = {"SamplingInterval", "FlowStartTime", "FlowEndTime"} | NAMES
MERGES = {"sum": lambda a, b: a + b, "min": min, "max": max, "or": lambda a, b: a | b}


def roles():
    with open(ROOT / "registry/columns.csv", newline="") as file:
        return {row["name"]: row["role"] for row in csv.DictReader(line for line in file if line[0] != "#")}


ROLES = roles()


def rewrite(capture, to, change):
    """Writes the capture's packets as `change` gives them; a packet that is cut at its end is not among them."""
    link, packets = pcapfile.read_packets(capture)
    pcapfile.write_packets(to, change(packets), link)


def reverse(packets):
    return packets[::-1]


def double(packets):
    return [packet for packet in packets for _ in range(2)]


def merge(columns, rows, factor):
    """Rows added up that differ in what is merged, or not compared, alone; sums divided by `factor`."""
    merged = {}
    for row in rows:
        cells = dict(zip(columns, row))
        values = {name: cells.pop(name) for name in columns if ROLES.get(name) in MERGES and cells[name] is not None}
        into = merged.setdefault(tuple(cells.items()), {})
        for name, value in values.items():
            into[name] = MERGES[ROLES[name]](into[name], value) if name in into else value
    for values in merged.values():
        for name in values:
            if ROLES[name] == "sum":
                values[name] /= factor
    return merged


class Stored:
    """What a capture is as rows."""

    def __init__(self, weir, capture, workspace):
        self.weir, self.where = weir, ["--workspace", str(workspace), "--format", "json"]
        self.counts = json.loads(self.run("import", *self.where, str(capture)))

    def run(self, *args):
        done = subprocess.run([self.weir, *args], capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode:
            raise RuntimeError(f"{args[0]}: exit status {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def answer(self, kql):
        return json.loads(self.run("query", *self.where, "--rows", ROWS, kql))

    def table(self, name, without, factor):
        table = self.answer(name)["tables"][0]
        columns = [column["name"] for column in table["columns"]]
        keep = [i for i, column in enumerate(columns) if column not in without]
        rows = [[row[i] for i in keep] for row in table["rows"]]
        columns = [columns[i] for i in keep]
        if name == "Flows":
            return merge(columns, rows, factor)
        counted = {}
        for row in rows:
            counted[tuple(row)] = counted.get(tuple(row), 0) + 1 / factor
        return counted

    def tables(self, factor=1):
        """Rows of all tables, each in a form that compares; of `factor` equal captures in one."""
        without = NEVER | (BY_OPTIONS if self.counts["options_records"] else set())
        names = ["Flows"] * (self.counts["records"] > 0) + ["NatEvents"] * (self.counts["nat_events"] > 0)
        return {name: self.table(name, without, factor) for name in [*names, "SflowCounters"]}


def differences(forward, other):
    """What of two results of Stored.tables is not the same, as a few lines."""
    for name in sorted({*forward, *other}):
        ours, theirs = forward.get(name, {}), other.get(name, {})
        for key in [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)][:2]:
            yield f"{name}: {key}: {ours.get(key)} and then {theirs.get(key)}"
