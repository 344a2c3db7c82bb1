#!/usr/bin/env python3
"""Segments of every schema version that weir ever wrote are read, forever.

    test_segments.py WEIR
    test_segments.py WEIR make VERSION

segments/VERSION is an export (where there is a manifest.json) or a backup with one small segment of each table, made by the
program of its time with `make`, and never made again. Where a table's schema or the catalog's format gets a new version, one more
folder is made. What the rows must be follows from the captures below, by counting, or stands in them.

    v1  an export: segments as they were first written
    v2  a backup: the catalog's format 3, compacted segments with packed columns, rollups
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import test_sflow
from test_import import Program, ordinary

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap

KEPT = Path(__file__).resolve().parent / "segments"
AZURE = {"TimeGenerated": "2026-11-22T05:00:00Z", "SourceIp": "2001:db8::1", "DestinationIp": "198.51.100.7", "SourcePort": 53,
         "NumberOfBytes": 9_000_000_000, "ExRCircuitId": "Zürich"}  # fmt: skip
WANTED = {
    # of sFlow: frames of 118 and 1518, 122, 118 octets, less their check sequences of 4
    "Flows | order by TimeGenerated asc, SourceIp asc, RecordCount desc, NumberOfBytes asc"
    " | project TimeGenerated, SourceIp, DestinationIp, Protocol, NumberOfBytes, NumberOfPackets, RecordCount, SamplingInterval, TcpFlag": [
        ["2026-11-22T00:00:00Z", "10.0.0.1", "198.51.100.1", 6, 150, 3, 2, 4096, None],
        ["2026-11-22T00:00:00Z", "10.0.0.1", "198.51.100.1", 6, 1628, 2, 2, 512, 16],
        ["2026-11-22T00:00:00Z", "10.0.0.2", "198.51.100.1", 6, 70, 1, 1, 4096, None],
        ["2026-11-22T00:00:00Z", "10.0.0.2", "198.51.100.1", 6, 118, 1, 1, 512, 16],
        ["2026-11-22T00:01:00Z", "10.0.0.1", "198.51.100.1", 6, 8, 1, 1, 4096, None],
        ["2026-11-22T00:01:00Z", "10.0.0.1", "198.51.100.1", 6, 114, 1, 1, 2048, 16],
    ],
    "ATCExpressRouteCircuitIpfix | where isnotempty(ExRCircuitId)"
    " | project TimeGenerated, SourceIp, DestinationIp, SourcePort, NumberOfBytes, ExRCircuitId": [list(AZURE.values())],
    "NatEvents | project TimeGenerated, SourceIp, PostNatSourceIp, EventTime": [
        ["2026-11-22T00:00:00Z", "10.0.0.1", "203.0.113.1", "2026-11-22T00:00:00Z"],
    ],
    "NatBindings | project SourceIp, PostNatSourceIp, BeginTime": [["10.0.0.1", "203.0.113.1", "2026-11-22T00:00:00Z"]],
    "SflowCounters | project TimeGenerated, Exporter, DataSourceIndex": [["2026-11-22T00:00:00Z", test_sflow.AGENT, 3]],
    # five datagrams and four records of NetFlow, three and four of sFlow
    "CollectorLedger | summarize sum(DatagramsOffered), sum(RecordsStored), sum(NatEvents)": [[8, 8, 1]],
}

ROLLED_UP = {
    # of the six rows of Flows above
    "FlowsDaily | where Kind == 'total' | summarize sum(NumberOfBytes), sum(NumberOfPackets), sum(Records)": [[2088, 9, 8]],
    "FlowsHourly | where Kind == 'source' | summarize sum(NumberOfBytes) by SourceIp | order by SourceIp asc": [
        ["10.0.0.1", 1900],
        ["10.0.0.2", 188],
    ],
}


def make(program, version):
    (program.work / "rows.jsonl").write_text(json.dumps(AZURE) + "\n")
    program.imports("made", ordinary(program.work / "ordinary.pcap"), test_sflow.capture(program.work / "sflow.pcap"))
    program.imports("made", program.work / "rows.jsonl")
    shutil.rmtree(KEPT / version, ignore_errors=True)
    KEPT.mkdir(exist_ok=True)
    program.run("workspace", "compact", "-w", program.work / "made")
    program.run("workspace", "backup", "-w", program.work / "made", "--copy", "--to", KEPT / version)


def take(program, kept):
    if (kept / "manifest.json").exists():
        program.run("workspace", "attach", "-w", program.work / kept.name, kept)
        return WANTED
    program.run("workspace", "restore", "--from", kept, "-w", program.work / kept.name)
    return WANTED | ROLLED_UP


def main(weir, *making):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        program = Program(weir, work)
        if making:
            return make(program, making[1])
        for kept in sorted(KEPT.iterdir()):
            wanted = take(program, kept)
            verified = program.run("workspace", "verify", "-w", program.work / kept.name).stdout
            out.result("0 problems" in verified, f"{kept.name}: segments are whole", [verified])
            for kql, want in wanted.items():
                got = program.query(kept.name, kql)
                out.result(got == want, f"{kept.name}: rows of {kql.split()[0]} are what was stored", [got, want])
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
