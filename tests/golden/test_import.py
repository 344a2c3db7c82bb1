#!/usr/bin/env python3
"""weir import and weir decode on captures made here, to the contract's letter.

    test_import.py WEIR

Every expected number follows from the datagrams below by counting.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow, pcapfile
from support.tap import Tap

SECONDS = 1_795_305_600  # 2026-11-22T00:00:00Z
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8)])
RATE = netflow.Template(257, [(1, 4), (34, 4)], scopes=1)
EVENT = netflow.Template(258, [(8, 4), (225, 4), (230, 1), (323, 8)])
COUNTS = ["datagrams", "malformed", "records", "options_records", "nat_events", "sets_without_template",
          "sets_parked", "sets_replayed", "sets_expired", "rows"]


class Program:
    def __init__(self, path, work):
        self.path, self.work = path, Path(work)

    def run(self, *args, status=0):
        done = subprocess.run([self.path, *map(str, args)], capture_output=True, text=True, timeout=60)
        if done.returncode != status:
            raise RuntimeError(f"{args}: exit status {done.returncode}: {done.stderr}")
        return done

    def imports(self, workspace, *files, options=()):
        done = self.run("import", "--workspace", self.work / workspace, "--format", "json", *options, *files)
        return json.loads(done.stdout), done.stderr

    def query(self, workspace, kql):
        done = self.run("query", "--workspace", self.work / workspace, "--format", "json", kql)
        return json.loads(done.stdout)["tables"][0]["rows"]


def flow(source, port, octets, packets=1):
    return (source, "198.51.100.1", port, 443, 6, octets, packets)


def capture(path, timed):
    """(seconds after SECONDS, payload) pairs from one exporter."""
    pcapfile.write(
        path,
        [pcapfile.Datagram(SECONDS + at, "192.0.2.9", 40000, "192.0.2.200", 2055, payload) for at, payload in timed],
    )
    return path


def v9(*sets, sequence=0):
    return netflow.v9(list(sets), SECONDS, uptime=1000, sequence=sequence, source_id=7)


def ordinary(path):
    """Two minutes: three records of two flows in the first, one of them again in the second."""
    return capture(path, [
        (0, v9(netflow.v9_templates([FLOW, EVENT]), netflow.v9_options_templates([RATE]))),
        (1, v9(netflow.data(RATE, [(1, 4096)]), sequence=1)),
        (2, v9(netflow.data(FLOW, [flow("10.0.0.1", 1000, 100), flow("10.0.0.2", 1000, 70)]), sequence=2)),
        (59, v9(netflow.data(FLOW, [flow("10.0.0.1", 1000, 50, 2)]),
                netflow.data(EVENT, [("10.0.0.1", "203.0.113.1", 4, SECONDS * 1000)]), sequence=3)),
        (60, v9(netflow.data(FLOW, [flow("10.0.0.1", 1000, 8)]), sequence=4)),
    ])


def counts(out, program, path):
    got, _ = program.imports("counts", path)
    want = dict(zip(COUNTS, [5, 0, 4, 1, 1, 0, 0, 0, 0, 3]))
    out.result(got == want and list(got) == COUNTS, "the report counts what came and what became of it", [got])
    rows = program.query("counts", "Flows | sort by Flowsequence asc | project SourceIp, TimeGenerated,"
                         " NumberOfBytes, NumberOfPackets, RecordCount, Flowsequence, SamplingInterval, Exporter")
    want = [
        ["10.0.0.1", "2026-11-22T00:00:00Z", 150, 3, 2, 2 << 16, 4096, "192.0.2.9"],
        ["10.0.0.2", "2026-11-22T00:00:00Z", 70, 1, 1, 2 << 16 | 1, 4096, "192.0.2.9"],
        ["10.0.0.1", "2026-11-22T00:01:00Z", 8, 1, 1, 4 << 16, 4096, "192.0.2.9"],
    ]
    out.result(rows == want, "one row per flow and minute, numbered by its first record", rows)


def twice(out, program, path):
    first, quiet = program.imports("twice", path)
    second, told = program.imports("twice", path)
    rows = program.query("twice", "Flows | count")
    out.result(first == second and rows == [[6]], "the same file twice is the same rows twice", [rows])
    out.result("twice" not in quiet and "--once" in told, "and says how to avoid it", [told])
    third, _ = program.imports("twice", path, options=["--once"])
    out.result(third["rows"] == 0 and program.query("twice", "Flows | count") == [[6]], "--once avoids it", [third])


def same(out, program, path):
    files = []
    for name in ("same1", "same2"):
        program.imports(name, path)
        files.append([p.read_bytes() for p in sorted((program.work / name / "segments").rglob("*.parquet"))])
    out.result(files[0] == files[1] and files[0] != [], "two runs write the same octets")


def templates_hold(out, program, work):
    first = capture(work / "first.pcap", [(0, v9(netflow.v9_templates([FLOW])))])
    second = capture(work / "second.pcap", [(1, v9(netflow.data(FLOW, [flow("10.0.0.1", 1, 1)])))])
    got, _ = program.imports("hold", first, second)
    out.result(got["records"] == 1, "templates of one file hold for the next", [got])
    got, told = program.imports("alone", second)
    out.result(got["sets_without_template"] == 1 and got["malformed"] == 0 and "no_template" in told,
               "a data set without its template is counted and told", [got, told])


def bad_input(out, program, path):
    whole = path.read_bytes()
    got, _ = program.imports("whole", path)
    worse = []
    for cut in range(0, len(whole), 7):
        piece = program.work / "cut.pcap"
        piece.write_bytes(whole[:cut])
        workspace = program.work / "cut"
        done = subprocess.run([program.path, "import", "--workspace", workspace, "--format", "json", piece],
                              capture_output=True, text=True, timeout=60)
        if cut < 24:
            if done.returncode != 1 or "capture" not in done.stderr:
                worse.append((cut, done.returncode, done.stderr))
            continue
        report = json.loads(done.stdout) if done.returncode == 0 else {}
        if done.returncode or report["records"] > got["records"]:
            worse.append((cut, done.returncode, done.stderr))
    out.result(not worse, "a capture cut anywhere is an error or counts less", worse[:3])

    lies = capture(program.work / "lies.pcap", [
        (0, v9(netflow.set_of(0, b"\x01\x00\xff\xff\x00\x08\x00\x04"))),  # 65,535 fields
        (1, v9(netflow.set_of(0, b"\x01\x01\x00\x01\x00\x08\x00\x00"))),  # a record of no octets
        (2, v9(netflow.set_of(256, b"\x00" * 8, length=4000))),
        (3, b"\x00\x08nothing that is known"),
        (4, b""),
        (5, v9(netflow.v9_templates([FLOW]), netflow.data(FLOW, [flow("10.0.0.1", 1, 1)]))),
    ])
    got, told = program.imports("lies", lies)
    causes = ["truncated_template", "empty_template", "truncated_set", "unknown_version", "short_header"]
    out.result(got["malformed"] == 5 and got["records"] == 1 and all(c in told for c in causes),
               "each lie is counted by its cause and harms nothing else", [got, told])


def refusals(out, program, path):
    work = program.work
    (work / "other").mkdir()
    (work / "other" / "letter.txt").write_text("not a workspace")
    (work / "text.pcap").write_text("no capture at all, but long enough to hold a header of one\n")
    (work / "bad.yaml").write_text("flows:\n    maximum: 7\n")
    cases = [
        (1, ["import", "--workspace", work / "other", path], "is not a workspace"),
        (1, ["import", "--workspace", work / "w", work / "text.pcap"], "is not a capture"),
        (1, ["import", "--workspace", work / "w", work / "absent.pcap"], "No such file"),
        (1, ["query", "--workspace", work / "absent", "print 1"], "absent"),
        (2, ["import", "--workspace", work / "w", "--config", work / "bad.yaml", path], "maximum"),
        (2, ["import"], "FILE"),
        (2, ["imprt", path], "import"),
    ]
    for status, args, words in cases:
        done = program.run(*args, status=status)
        lines = done.stderr.strip().splitlines()
        out.result(words in done.stderr and len(lines) <= 2, f"one clear line: {words}", [done.stderr])


def configured(out, program, path):
    config = program.work / "weir.yaml"
    config.write_text("constants:\n    atc_region: testland\nexporters:\n    - prefix: 192.0.2.0/24\n      sampling: 7\n")
    program.imports("configured", path, options=["--config", config])
    rows = program.query("configured", "Flows | distinct ATCRegion, SamplingInterval")
    out.result(rows == [["testland", 7]], "constants and sampling overrides come from the configuration", rows)


def full_table(out, program, work):
    """Three minutes of 1,500 flows, each flow told twice, 600 flows apart; tables for 2,000 and for 1,000 flows."""
    timed, sequence = [(0, v9(netflow.v9_templates([FLOW])))], 1
    for minute in range(3):
        order = [i for start in range(0, 1500, 300) for i in [*range(start, start + 300)] * 2]
        for at in range(0, len(order), 40):
            rows = [flow(f"10.0.{i >> 8}.{i & 255}", 1000, i) for i in order[at:at + 40]]
            timed.append((60 * minute + at / 100, v9(netflow.data(FLOW, rows), sequence=sequence)))
            sequence += 1
    path = capture(work / "many.pcap", timed)
    totals = "Flows | summarize Rows = count(), Records = sum(RecordCount), Bytes = sum(NumberOfBytes)"
    octets = 3 * 2 * sum(range(1500))
    for most, exact in ((2000, True), (1000, False)):
        config = work / f"flows{most}.yaml"
        config.write_text(f"flows:\n    max: {most}\n")
        program.imports(f"many{most}", path, options=["--config", config])
        rows, records, total = program.query(f"many{most}", totals)[0]
        out.result((records, total) == (9000, octets) and (rows == 4500 if exact else 4500 <= rows < 9000),
                   f"a table of {most} flows loses nothing" + (" and splits no minute" if exact else ""),
                   [rows, records, total])


def events(out, program, work):
    """Events of two exporters' dialects, out of the order of their minutes, are rows of their own."""
    block = netflow.Template(259, [(8, 4), (225, 4), (361, 2), (363, 2), (364, 2), (230, 1), (323, 8), (323, 8)])
    path = capture(work / "events.pcap", [
        (60, v9(netflow.v9_templates([EVENT, block]),
                netflow.data(EVENT, [("10.0.0.1", "203.0.113.1", code, SECONDS * 1000 + code) for code in (4, 5, 5)]))),
        (3, v9(netflow.data(block, [("10.0.0.2", "203.0.113.2", 1024, 2, 64, 14, SECONDS * 1000 + 7,
                                     SECONDS * 1000)]), sequence=1)),
    ])
    got, _ = program.imports("events", path)
    lines = [json.loads(line) for line in program.run("decode", path).stdout.splitlines()]
    out.result(got["nat_events"] == 4 == len([r for r in lines if r["kind"] == "nat"]) and got["records"] == 0,
               "import and decode count the same events", got)
    rows = program.query("events", "NatEvents | project TimeGenerated, EventTime, NatEvent, NatEventCode, Dialect, "
                         "SourceIp, PostNatSourceIp, PortBlockStart, PortBlockEnd, PortBlockTime, Exporter, "
                         "ObservationDomain, Flowsequence")
    want = [["2026-11-22T00:00:00Z", "2026-11-22T00:00:00.007Z", "Port block allocation", 14, "Junos", "10.0.0.2",
             "203.0.113.2", 1024, 1150, "2026-11-22T00:00:00Z", "192.0.2.9", 7, 65536]]
    for index, (code, name) in enumerate([(4, "NAT44 session create"), (5, "NAT44 session delete"),
                                          (5, "NAT44 session delete")]):
        want.append(["2026-11-22T00:01:00Z", f"2026-11-22T00:00:00.00{code}Z", name, code, "IANA", "10.0.0.1",
                     "203.0.113.1", None, None, None, "192.0.2.9", 7, index])
    out.result(rows == want, "each event is a row, in order of minutes and then as it came", rows)
    out.result(program.query("events", "Flows | count") == [[0]], "and none of them is traffic")
    config = work / "dialect.yaml"
    config.write_text("exporters:\n  - {prefix: 192.0.2.9, nat_dialect: junos}\n")
    program.imports("junos", path, options=["--config", config])
    rows = program.query("junos", "NatEvents | where NatEventCode == 4 | project NatEvent, Dialect")
    out.result(rows == [["NAT64 session create", "Junos"]], "the dialect may be stated", rows)


def decoded(out, program, path):
    lines = program.run("decode", path).stdout.splitlines()
    first = json.loads(lines[1])
    want = {
        "protocol": "netflow9", "exporter": "192.0.2.9", "port": 40000, "domain": 7, "template": 256, "kind": "flow",
        "exportTime": "2026-11-22T00:00:00Z", "sequence": 2,
        "fields": {"sourceIPv4Address": "10.0.0.1", "destinationIPv4Address": "198.51.100.1",
                   "sourceTransportPort": 1000, "destinationTransportPort": 443, "protocolIdentifier": 6,
                   "octetDeltaCount": 100, "packetDeltaCount": 1},
    }
    kinds = [json.loads(line)["kind"] for line in lines]
    out.result(first == want and list(first) == list(want), "decode prints the contract's form", [first])
    out.result(kinds == ["options", "flow", "flow", "flow", "nat", "flow"], "and every record in order", kinds)


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        program = Program(weir, work)
        path = ordinary(Path(work) / "ordinary.pcap")
        for part in (counts, twice, same, bad_input, refusals, configured, decoded):
            part(out, program, path)
        templates_hold(out, program, Path(work))
        full_table(out, program, Path(work))
        events(out, program, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
