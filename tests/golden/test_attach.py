#!/usr/bin/env python3
"""weir workspace export and attach, on workspaces made here.

    test_attach.py WEIR

What an export holds follows from the minutes of the captures; what was attached must answer like what was exported.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from test_import import Program, ordinary

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap

ALL_ROWS = "union withsource = Table Flows, NatEvents, NatBindings, CollectorLedger"
DAY = ("--from", "2026-11-22", "--to", "2026-11-23")
MINUTES = [f"2026-11-22T00:{minute:02}:00Z" for minute in range(3)]


class Lab:
    def __init__(self, program):
        self.program, self.work = program, program.work
        program.imports("lab", ordinary(program.work / "ordinary.pcap"))

    def rows(self, name="lab"):
        return sorted(self.program.query(name, ALL_ROWS), key=str)

    def export(self, into, *options):
        done = self.program.run("workspace", "export", "-w", self.work / "lab", "--into", self.work / into, "-f", "json", *options)
        return json.loads(done.stdout)

    def attach(self, into, directory, status=0):
        return self.program.run("workspace", "attach", "-w", self.work / into, self.work / directory, status=status)

    def verify(self, name):
        return self.program.run("workspace", "verify", "-w", self.work / name).stdout


def there_and_back(out, lab):
    lab.export("day", *DAY)
    lab.attach("other", "day")
    out.result(lab.rows("other") == lab.rows(), "what was exported and attached answers as before")
    out.result("0 problems" in lab.verify("other"), "and is whole", [lab.verify("other")])
    refused = lab.attach("other", "day", status=1)
    out.result("attached before, in commit 1" in refused.stderr and lab.rows("other") == lab.rows(),
               "the same export is not attached twice", [refused.stderr])  # fmt: skip
    whole = json.loads((lab.work / "day" / "manifest.json").read_text())
    flows = [file for file in whole["files"] if file["table"] == "Flows"]
    out.result([(f["rows"], f["octets"]) for f in flows] == [(3, (lab.work / "day" / flows[0]["file"]).stat().st_size)],
               "the manifest tells rows and octets", [whole])  # fmt: skip


def pieces(out, lab):
    """Of the two minutes of ordinary(), the first has two flows and an event, the second one flow."""
    for first in (0, 1):
        lab.export(f"minute{first}", "--from", MINUTES[first], "--to", MINUTES[first + 1])
    lab.attach("first", "minute0")
    rows = lab.program.query("first", "Flows | order by SourceIp asc | project SourceIp, NumberOfBytes")
    out.result(rows == [["10.0.0.1", 150], ["10.0.0.2", 70]], "an export ends before --to", [rows])
    lab.attach("first", "minute1")
    out.result(lab.rows("first") == lab.rows(), "pieces of time make up the whole", [lab.rows("first"), lab.rows()])
    out.result("0 problems" in lab.verify("first"), "rows that were cut out of a segment are whole", [lab.verify("first")])
    got = lab.export("flows", *DAY, "--table", "Flows")
    out.result((got["files"], got["rows"]) == (1, 3), "one table can be exported alone", [got])
    got = lab.export("none", "--from", "2020-01-01", "--to", "2020-01-02")
    out.result(got["rows"] == 0, "where there is nothing an export is empty", [got])


def refused(out, lab):
    lab.export("bad", *DAY)
    manifest = lab.work / "bad" / "manifest.json"
    good, listed = manifest.read_text(), json.loads(manifest.read_text())
    file = lab.work / "bad" / listed["files"][-1]["file"]
    octets = bytearray(file.read_bytes())
    octets[len(octets) // 2] ^= 4
    file.write_bytes(octets)
    cases = {"a damaged file": (None, "it is damaged")}
    for what, key, value, why in (("a file elsewhere", "file", "../lab/catalog.db", "a file elsewhere"),
                                  ("a file that is not there", "file", "Flows.parquet", "it is missing"),
                                  ("a table that this weir does not know", "table", "Cats", "there is no table Cats"),
                                  ("a file of another table", "table", "NatEvents", "has no column"),
                                  ("other rows", "rows", 99, "not the file that manifest.json tells of"),
                                  ("no sum", "sum", None, "makes no sense")):  # fmt: skip
        changed = json.loads(good)
        changed["files"][0][key] = value
        cases[what] = (json.dumps(changed), why)
    cases["another format"] = (json.dumps({**json.loads(good), "format": 2}), "not of an export")
    cases["a manifest that is no JSON"] = (good[:-40], "manifest.json")
    for what, (text, why) in cases.items():
        manifest.write_text(text or good)
        said = lab.attach("refused", "bad", status=1).stderr
        out.result(why in said and said.count("\n") == 1 and lab.rows("refused") == [], f"of {what} nothing is attached", [said])
    manifest.unlink()
    out.result("manifest.json" in lab.attach("refused", "bad", status=1).stderr, "without a manifest nothing is attached")
    for options, why in ((("--to", "2026-11-23"), "--from"), (("--from", "yesterday", "--to", "2026-11-23"), "yesterday"),
                         (("--from", "2026-11-23", "--to", "2026-11-22"), "before --to"), ((*DAY, "-t", "Cats"), "Cats")):  # fmt: skip
        said = lab.program.run("workspace", "export", "-w", lab.work / "lab", "--into", lab.work / "x", *options, status=2).stderr
        out.result(why in said, f"{' '.join(options)} is no stretch of rows", [said])
    said = lab.program.run("workspace", "export", "-w", lab.work / "lab", "--into", lab.work / "day", *DAY, status=1).stderr
    out.result("holds other files" in said, "an export does not mix with another", [said])


def killed(out, lab):
    seed = random.randrange(1 << 32)
    moments, wrong = random.Random(seed), []
    start = time.monotonic()
    lab.attach("timed", "day")
    longest = 1.5 * (time.monotonic() - start)
    for i in range(10):
        command = [lab.program.path, "workspace", "attach", "-w", lab.work / f"killed.{i}", lab.work / "day"]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.random() * longest)
        child.kill()
        child.wait()
        subprocess.run(command, capture_output=True, timeout=60)
        if lab.rows(f"killed.{i}") != lab.rows() or "0 problems" not in lab.verify(f"killed.{i}"):
            wrong.append(i)
    out.result(not wrong, f"what was killed while it attached can be done again, and no row is there twice (seed {seed})", wrong)


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        lab = Lab(Program(weir, work))
        there_and_back(out, lab)
        pieces(out, lab)
        refused(out, lab)
        killed(out, lab)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
