#!/usr/bin/env python3
"""Compaction by a collector and by hand: no answer changes, whoever is killed while it is done.

    test_compact.py WEIR

A capture of an hour that is long over, made here, is imported in parts that share minutes; all its
flows are asked for again and again.  Loopback only; starts collectors, and kills them and their
children by their ids.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import netflow  # noqa: E402
import pcapfile  # noqa: E402
import tap  # noqa: E402
from collector import Collector  # noqa: E402

START = 1_767_225_600  # 2026-01-01T00:00:00Z
MINUTES, PARTS, FLOWS = 60, 3, 120
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)])
BY_FLOW = (
    "Flows | summarize Bytes = sum(NumberOfBytes), Records = sum(RecordCount) by TimeGenerated, SourceIp, SourcePort"
    " | order by TimeGenerated asc, SourceIp asc, SourcePort asc"
)
ROWS_PER_FLOW = "Flows | summarize n = count() by TimeGenerated, SourceIp, SourcePort | summarize max(n)"
ONE_ADDRESS = 'Flows | where SourceIp == "10.0.0.6" | summarize sum(NumberOfBytes), count()'


def make_capture(path, part):
    """Every flow of this part in each minute: those of even numbers are in all parts."""
    packets = []
    for minute in range(MINUTES):
        at = START + 60 * minute + part
        rows = [(f"10.0.{n // 250}.{n % 250}", "198.51.100.1", 1000 + n % 3, 443, 6, 100 + n + part, 1)
                for n in range(FLOWS) if n % 2 == 0 or n % PARTS == part]  # fmt: skip
        for first in range(0, len(rows), 25):
            sets = [netflow.v9_templates([FLOW]), netflow.data(FLOW, rows[first : first + 25])]
            octets = netflow.v9(sets, at, uptime=1, sequence=len(packets))
            packets.append((at, "192.0.2.1", 40000, "192.0.2.2", 2055, octets))
    pcapfile.write(path, packets)
# what TopTalkers tells of days, by the rows of these days
BY_SOURCE = "Flows | where SourceIp != '' | summarize sum(EstimatedBytes) by SourceIp"
TALKERS = "TopTalkers(datetime(2026-01-01), datetime(2026-01-03))"
SAMPLED = netflow.Template(257, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4), (34, 4)])


def make_talkers(path):
    """Two days of three hours of 1200 sources of 1500: few are large, the last change from hour to hour."""
    packets = []
    for at in (START + 86400 * day + 3600 * hour for day in range(2) for hour in range(3)):
        shift = at // 3600 % 7
        rows = [(f"10.1.{n // 250}.{n % 250}", "198.51.100.1", 1000, 443, 6, 9_000_000 // (1 + n) + 40, 1, 64)
                for n in range(1500) if n < 900 or n % 7 in (shift, (shift + 1) % 7, (shift + 3) % 7, (shift + 5) % 7)]  # fmt: skip
        for first in range(0, len(rows), 25):
            sets = [netflow.v9_templates([SAMPLED]), netflow.data(SAMPLED, rows[first : first + 25])]
            packets.append((at, "192.0.2.1", 40000, "192.0.2.2", 2055, netflow.v9(sets, at, uptime=1, sequence=len(packets))))
    pcapfile.write(path, packets)


class Compact:
    def __init__(self, weir, work):
        self.weir, self.work = weir, Path(work)
        self.files = [self.work / f"part{part}.pcap" for part in range(PARTS)]
        for part, path in enumerate(self.files):
            make_capture(path, part)

    def run(self, *words):
        done = subprocess.run([self.weir, *map(str, words)], capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def workspace(self, name):
        path = self.work / name
        for file in self.files:
            self.run("import", "--workspace", path, file)
        return path

    def ask(self, workspace, kql):
        return json.loads(self.run("query", "--workspace", workspace, "--format", "json", kql))["tables"][0]["rows"]

    def segments(self, workspace, table="Flows"):
        rows = json.loads(self.run("show", "segments", "--workspace", workspace, "--format", "json"))
        return [row for row in rows if row["table"] == table]

    def files_of(self, workspace):
        return sorted(p.name for p in workspace.rglob("*") if p.is_file() and "segments" in p.parts)

    # ---- cases ----

    def by_hand(self):
        workspace = self.workspace("hand")
        assert len(self.segments(workspace)) == PARTS
        before = [self.ask(workspace, kql) for kql in (BY_FLOW, ONE_ADDRESS)]
        assert self.ask(workspace, ROWS_PER_FLOW) == [[PARTS]]
        done = json.loads(self.run("workspace", "compact", "--workspace", workspace, "--format", "json"))
        flows = next(d for d in done if d["table"] == "Flows" and d["level"] == "hour")
        assert (flows["segments"], flows["segments_after"]) == (PARTS, 1), flows
        assert flows["bytes_after"] < flows["bytes"]
        assert self.ask(workspace, BY_FLOW) == before[0]
        assert self.ask(workspace, ONE_ADDRESS)[0][0] == before[1][0][0]
        assert self.ask(workspace, ROWS_PER_FLOW) == [[1]]
        again = json.loads(self.run("workspace", "compact", "--workspace", workspace, "--format", "json"))
        assert again == [], again

    def top_talkers(self):
        workspace = self.work / "talkers"
        make_talkers(self.work / "talkers.pcap")
        self.run("import", "--workspace", workspace, self.work / "talkers.pcap")
        sent = dict(self.ask(workspace, BY_SOURCE))
        assert len(sent) > 1000 and self.ask(workspace, TALKERS) == []
        self.run("workspace", "compact", "--workspace", workspace)
        told = self.ask(workspace, TALKERS)
        first = sorted(sent.items(), key=lambda item: -item[1])[:500]
        assert [(ip, low, most) for ip, low, most, _ in told[:500]] == [(ip, n, n) for ip, n in first]
        wrong = [row for row in told if not row[1] <= sent[row[0]] <= row[2]]
        assert not wrong, wrong[:3]
        assert any(row[1] < sent[row[0]] for row in told), "no hour has pushed anyone out"
        missing = [n for ip, n in sent.items() if ip not in {row[0] for row in told}]
        assert missing and max(missing) <= told[0][3], (missing, told[0])

    def moved(self):
        """What was rolled up and comes with its rollups is not rolled up again; what comes alone is."""
        workspace = self.workspace("moving")
        self.run("workspace", "compact", "--workspace", workspace)
        total = self.ask(workspace, "Flows | summarize sum(NumberOfBytes), sum(RecordCount)")
        for name, only in (("all", ()), ("flows", ("--table", "Flows"))):
            self.run("workspace", "export", "--workspace", workspace, "--from", "2026-01-01", "--to", "2026-01-02", *only,
                     "--into", self.work / name)  # fmt: skip
            other = self.work / f"moved-{name}"
            self.run("workspace", "attach", "--workspace", other, self.work / name)
            self.run("workspace", "compact", "--workspace", other)
            for table in ("FlowsHourly", "FlowsDaily"):
                rows = self.ask(other, table + " | summarize sum(NumberOfBytes), sum(Records) by Kind")
                assert len(rows) == 5 and all([row[1:]] == total for row in rows), (name, table, rows, total)

    def beside_a_collector(self):
        """Asked all the time: sums are never another's."""
        workspace = self.workspace("collector")
        before = self.ask(workspace, BY_FLOW)
        with Collector(self.weir, workspace) as collector:
            end = time.monotonic() + 60
            asked = 0
            while len(self.segments(workspace)) != 1 and time.monotonic() < end:
                assert self.ask(workspace, BY_FLOW) == before
                asked += 1
            assert [s["level"] for s in self.segments(workspace)] == ["hour"], self.segments(workspace)
            assert self.ask(workspace, BY_FLOW) == before and asked
            assert not [line for line in collector.log if "compacted" in line], collector.log
            assert collector.end() == 0
        assert self.ask(workspace, ROWS_PER_FLOW) == [[1]]

    def keeper_of(self, collector):
        children = Path(f"/proc/{collector.process.pid}/task/{collector.process.pid}/children").read_text().split()
        assert len(children) == 1, children
        return int(children[0])

    def collector_killed(self):
        """kill -9 at any time: all rows once, no file that nobody names, no process that stays."""
        workspace = self.workspace("killed")
        before = self.ask(workspace, BY_FLOW)
        for n in range(5):
            with Collector(self.weir, workspace) as collector:
                keeper = self.keeper_of(collector)
                time.sleep(0.15 * n)
                collector.end(signal.SIGKILL)
            end = time.monotonic() + 10
            while os.path.exists(f"/proc/{keeper}/exe") and time.monotonic() < end:
                time.sleep(0.05)
            assert not os.path.exists(f"/proc/{keeper}/exe")
            assert self.ask(workspace, BY_FLOW) == before, n
        self.run("workspace", "compact", "--workspace", workspace)
        assert self.ask(workspace, BY_FLOW) == before
        assert not [name for name in self.files_of(workspace) if ".new" in name]
        total = self.ask(workspace, "Flows | summarize sum(NumberOfBytes), sum(RecordCount)")
        for table in ("FlowsHourly", "FlowsDaily"):
            rows = self.ask(workspace, table + " | summarize sum(NumberOfBytes), sum(Records) by Kind")
            assert len(rows) == 5 and all([row[1:]] == total for row in rows), rows

    def keeper_killed(self):
        """Told once; collecting goes on, and the next start compacts."""
        workspace = self.workspace("keeper")
        before = self.ask(workspace, BY_FLOW)
        with Collector(self.weir, workspace) as collector:
            os.kill(self.keeper_of(collector), signal.SIGKILL)
            end = time.monotonic() + 20
            while not (told := [x for x in collector.log if "nothing is compacted" in x]) and time.monotonic() < end:
                time.sleep(0.1)
            compacted = len(self.segments(workspace)) == 1  # it was quicker
            assert len(told) == 1 or compacted, collector.log
            assert self.ask(workspace, BY_FLOW) == before
            assert collector.end() == 0
        with Collector(self.weir, workspace) as collector:
            end = time.monotonic() + 60
            while len(self.segments(workspace)) != 1 and time.monotonic() < end:
                time.sleep(0.2)
            assert len(self.segments(workspace)) == 1
            assert collector.end() == 0
        assert self.ask(workspace, BY_FLOW) == before

    def a_damaged_segment(self):
        """Left alone and told; the rest goes on."""
        workspace = self.workspace("damaged")
        path = workspace / self.segments(workspace)[0]["path"]
        octets = bytearray(path.read_bytes())
        octets[-30:-12] = b"\xff" * 18
        path.write_bytes(octets)
        with Collector(self.weir, workspace) as collector:
            end = time.monotonic() + 60
            while not (told := [x for x in collector.log if "are not compacted for" in x]) and time.monotonic() < end:
                time.sleep(0.1)
            assert len(told) == 1, collector.log
            assert collector.end() == 0
        assert len(self.segments(workspace)) == PARTS
        assert not [name for name in self.files_of(workspace) if ".new" in name]


CASES = [
    ("by hand: fewer, smaller segments, one row per flow, and the same answers", Compact.by_hand),
    ("TopTalkers tells from days what sources sent, within its bounds", Compact.top_talkers),
    ("rows that are exported and attached are in their rollups once", Compact.moved),
    ("a collector compacts, and whoever asks meanwhile is answered right", Compact.beside_a_collector),
    ("a collector that is killed while it compacts leaves all rows once", Compact.collector_killed),
    ("a keeper that is killed is told, and the next start compacts", Compact.keeper_killed),
    ("a segment that cannot be read is left alone and told", Compact.a_damaged_segment),
]


def main(weir):
    out = tap.Tap()
    with tempfile.TemporaryDirectory(prefix="weir-compact-") as work:
        test = Compact(str(Path(weir).resolve()), work)
        for name, case in CASES:
            try:
                case(test)
                out.result(True, name)
            except (AssertionError, RuntimeError, OSError) as problem:
                out.result(False, name, traceback.format_exception(problem)[-3:])
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
