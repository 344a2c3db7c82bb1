#!/usr/bin/env python3
"""weir workspace verify, repair, backup and restore, on workspaces made here.

    test_care.py WEIR

What must be found is what was broken by hand; sums are Python's own CRC-32; answers after a repair or a
restore are those of before, less the rows that were in the file that was broken.
"""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

from test_import import FLOW, SECONDS, Program, capture, flow, ordinary, v9

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.collector import Collector
from support.tap import Tap

ALL_ROWS = "union withsource = Table Flows, NatEvents, CollectorLedger"
DIGITS = re.compile(rb"weir\.crc32\x18\x08([0-9a-f]{8})")


def day(path, source):
    """One flow of one minute."""
    return capture(path, [(0, v9(netflow.v9_templates([FLOW]))),
                          (1, v9(netflow.data(FLOW, [flow(source, 1000, 100)]), sequence=1))])  # fmt: skip


class Lab:
    """A workspace of two imports, and what is asked of it."""

    def __init__(self, program, name):
        self.program, self.name, self.path = program, name, program.work / name
        program.imports(name, ordinary(program.work / "ordinary.pcap"))
        program.imports(name, day(program.work / "day.pcap", "10.9.9.9"))

    def files(self, table):
        return sorted((self.path / "segments" / table).rglob("*.parquet"))

    def verify(self, status=0):
        return self.program.run("workspace", "verify", "-w", self.path, status=status).stdout

    def rows(self, name=None):
        return sorted(self.program.query(name or self.name, ALL_ROWS), key=str)


def flip(path, at, bit=0):
    octets = bytearray(path.read_bytes())
    octets[at] ^= 1 << bit
    path.write_bytes(octets)


def sums(out, lab):
    out.result(lab.verify().startswith("0 problems; 6 segments are whole"), "a workspace as it was written is whole", [lab.verify()])
    wrong = []
    for path in lab.path.rglob("*.parquet"):
        octets = path.read_bytes()
        told = DIGITS.search(octets)
        zeroed = octets[: told.start(1)] + b"0" * 8 + octets[told.end(1) :]
        if int(told[1], 16) != zlib.crc32(zeroed):
            wrong.append((path.name, told[1], hex(zlib.crc32(zeroed))))
    out.result(not wrong, "a segment tells the CRC-32 of itself", wrong)


def flips(out, lab):
    path = lab.files("Flows")[0]
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    places = {"magic": 1, "first page's head": 5, "a page": footer // 2, "a page's end": footer - 1, "footer": footer + 40,
              "statistics": footer + (len(whole) - footer) * 3 // 4, "the sum": DIGITS.search(whole).start(1),
              "the sum's name": DIGITS.search(whole).start() + 3, "footer's length": len(whole) - 6,
              "end": len(whole) - 1}  # fmt: skip
    for what, at in places.items():
        flip(path, at)
        said = lab.verify(status=1)
        out.result(f"{path.relative_to(lab.path)}: it is damaged" in said and "1 problems" in said,
                   f"a flipped bit in {what} is named with its file", [said])  # fmt: skip
        flip(path, at)
    path.write_bytes(whole[:-100])
    out.result(path.name in lab.verify(status=1), "a segment that was cut is named")
    path.write_bytes(whole)
    other = lab.files("Flows")[1]
    path.write_bytes(other.read_bytes())
    said = lab.verify(status=1)
    out.result(f"{path.name}: it has" in said or "rows, the catalog says" in said, "a file in another's place is named", [said])
    path.write_bytes(whole)
    stray = path.with_name("0000000099.parquet")
    stray.write_bytes(whole)
    said = lab.verify(status=1)
    out.result(f"{stray.relative_to(lab.path)}: the catalog does not name it" in said, "a file that is left over is named", [said])
    stray.unlink()


def repairs(out, program):
    lab = Lab(program, "repairs")
    before = lab.rows()
    first, second = lab.files("Flows")
    events = lab.files("NatEvents")[0]
    flip(first, 700)
    events.unlink()
    done = program.run("workspace", "repair", "-w", lab.path)
    out.result("3 rows of Flows from 2026-11-22T00:00:00Z to 2026-11-22T00:01:00Z" in done.stdout
               and f"{events.relative_to(lab.path)}: it is missing; set aside, with 1 rows of NatEvents" in done.stdout,
               "repair says which rows of which time are lost", [done.stdout])  # fmt: skip
    out.result(lab.verify().startswith("0 problems"), "a repaired workspace is whole")
    lost = {"CollectorLedger": 0, "Flows": 3, "NatEvents": 1}
    after, tables = lab.rows(), lambda rows: {name: sum(name in row for row in rows) for name in lost}
    out.result({name: tables(before)[name] - tables(after)[name] for name in lost} == lost,
               "everything else still answers", [tables(before), tables(after)])  # fmt: skip
    out.result((lab.path / "damaged" / first.name).exists() and not first.exists(), "the damaged file is kept aside")
    program.imports("repairs", ordinary(program.work / "again.pcap"))
    out.result(len(lab.files("Flows")) == 2, "a repaired workspace goes on")


def bad_catalog(out, program):
    lab = Lab(program, "catalog")
    program.run("workspace", "backup", "-w", lab.path, "--to", program.work / "catalog.backup")
    catalog = lab.path / "catalog.db"
    for rest in ("catalog.db-wal", "catalog.db-shm"):
        (lab.path / rest).unlink()
    shutil.copy(program.work / "catalog.backup" / "catalog.db", catalog)
    octets = bytearray(catalog.read_bytes())
    page = int.from_bytes(octets[16:18], "big")
    at = next(i for i in range(0, len(octets), page) if b"segments/Flows" in octets[i : i + page] and i)
    octets[at : at + 8] = b"\xff" * 8
    catalog.write_bytes(octets)
    files = sorted(lab.path.rglob("*.parquet"))
    done = subprocess.run([program.path, "workspace", "verify", "-w", lab.path], capture_output=True, text=True)
    out.result(done.returncode == 1 and "catalog" in done.stdout + done.stderr, "a damaged catalog is named", [done])
    done = program.run("workspace", "repair", "-w", lab.path, status=1)
    out.result("catalog" in done.stderr and sorted(lab.path.rglob("*.parquet")) == files,
               "with a damaged catalog nothing is repaired and no file removed", [done.stderr])  # fmt: skip


def lost_parts(out, program, weir):
    """A part of an open minute is damaged: the collector that comes next must not stumble over it."""
    with Collector(weir, program.work / "parts") as collector:
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for sets in ([netflow.v9_templates([FLOW])], [netflow.data(FLOW, [flow("10.0.0.1", 1000, 100)])]):
            sender.sendto(netflow.v9(sets, int(time.time()), uptime=1000, sequence=0, source_id=7), ("127.0.0.1", collector.port))
        collector.wait_until("Flows | count", [1])
        done = program.run("workspace", "repair", "-w", program.work / "parts", status=1)
        out.result("is being written by process" in done.stderr, "where a collector runs nothing is repaired", [done.stderr])
        said = program.run("workspace", "verify", "-w", program.work / "parts").stdout
        out.result("0 problems" in said and "a collector writes here" in said, "a collector's workspace can be verified", [said])
        collector.end(signal.SIGKILL)
        flip(next((program.work / "parts" / "segments" / "Flows").rglob("*.parquet")), 700)
        program.run("workspace", "repair", "-w", program.work / "parts")
        collector.start()
        out.result(collector.query("Flows | count") == [[0]], "an open minute goes on without a part that was set aside", collector.log)
        collector.end()
    said = program.run("workspace", "verify", "-w", program.work / "parts").stdout
    out.result("0 problems" in said, "and its workspace stays whole", [said])


def backups(out, program):
    lab = Lab(program, "backups")
    to = program.work / "kept"
    made = lambda *options: json.loads(  # noqa: E731
        program.run("workspace", "backup", "-w", lab.path, "--to", to, "--format", "json", *options).stdout)  # fmt: skip
    first = made("--copy")
    out.result((first["segments"], first["copied"]) == (6, 6), "the first backup copies every segment", [first])
    program.imports("backups", day(program.work / "later.pcap", "10.8.8.8"))
    second = made("--copy")
    out.result((second["segments"], second["copied"], second["removed"]) == (8, 2, 0), "the second one copies what is new", [second])
    before = lab.rows()
    out.result(lab.rows("kept") == before, "a backup answers like its workspace")
    refused = program.run("import", "-w", to, program.work / "day.pcap", status=1)
    out.result("is a backup" in refused.stderr, "nothing can be stored in a backup", [refused.stderr])
    program.run("workspace", "restore", "--from", to, "-w", program.work / "restored")
    out.result(lab.rows("restored") == before, "what was restored answers like what was backed up")
    flip(lab.files("Flows")[0], 700)
    program.run("workspace", "repair", "-w", lab.path)
    third = made("--copy")
    out.result((third["segments"], third["copied"], third["removed"]) == (7, 0, 1), "the next one removes what is gone", [third])
    done = program.run("workspace", "backup", "-w", program.work / "restored", "--to", to, status=1)
    out.result("backup of another workspace" in done.stderr, "another workspace's backup is left alone", [done.stderr])
    done = program.run("workspace", "backup", "-w", lab.path, "--to", program.work / "restored", status=1)
    out.result("holds other files" in done.stderr, "a workspace is no place for a backup", [done.stderr])
    done = program.run("workspace", "restore", "--from", to, "-w", program.work / "restored", status=1)
    out.result("a workspace at" in done.stderr, "nothing is restored over a workspace", [done.stderr])
    flip(next((to / "segments" / "Flows").rglob("*.parquet")), 700)
    done = program.run("workspace", "restore", "--from", to, "-w", program.work / "nothing", status=1)
    out.result("is damaged" in done.stderr and not (program.work / "nothing").exists(),
               "a damaged backup is not restored", [done.stderr])  # fmt: skip


def looked_at(out, program, weir):
    lab = Lab(program, "lab")
    sums(out, lab)
    flips(out, lab)
    repairs(out, program)
    bad_catalog(out, program)
    lost_parts(out, program, weir)
    backups(out, program)


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        looked_at(out, Program(weir, work), weir)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
