#!/usr/bin/env python3
"""weir import, decode and query on sFlow that is made here.

    test_sflow.py WEIR

Every expected number follows from the datagrams below by counting.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import pcapfile, sflow
from support.tap import Tap

SECONDS = 1_795_305_600  # 2026-11-22T00:00:00Z
AGENT = "192.0.2.9"
RELAY = "192.0.2.77"


def run(program, *args):
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{args}: exit status {done.returncode}: {done.stderr}")
    return done.stdout


def query(program, workspace, kql):
    return json.loads(run(program, "query", "--workspace", workspace, "--format", "json", kql))["tables"][0]["rows"]


def sampled(source, frame_length, tags=()):
    packet = sflow.ipv4(source, "198.51.100.1", 1000, 443)
    return sflow.header(sflow.ethernet(packet, tags), frame_length)


def capture(path):
    """In the first minute two samples of one flow and one of another, one of the first at another rate
    in the second; by the way of a relay."""
    datagrams = [
        (0, sflow.datagram(AGENT, [
            sflow.flow([sampled("10.0.0.1", 118)], rate=512, sequence=1, pool=512),
            sflow.counters([sflow.if_counters(3, 5_000_000_000, 7)]),
            sflow.flow([sampled("10.0.0.2", 122, tags=[300])], rate=512, sequence=2, pool=1024),
        ], sequence=1)),
        (59, sflow.datagram(AGENT, [
            sflow.discarded([]),
            sflow.flow([sampled("10.0.0.1", 1518)], rate=512, sequence=3, pool=1536),
        ], sequence=2)),
        (60, sflow.datagram(AGENT, [sflow.flow([sampled("10.0.0.1", 118)], rate=2048, sequence=4, pool=3584)],
                            sequence=3)),
    ]
    pcapfile.write(path, [pcapfile.Datagram(SECONDS + at, RELAY, 40000, "192.0.2.200", 6343, payload)
                          for at, payload in datagrams])
    return path


def rows(out, program, work, path):
    imported = json.loads(run(program, "import", "--workspace", work, "--format", "json", path))
    counted = [imported[name] for name in ("datagrams", "malformed", "records", "rows")]
    out.result(counted == [3, 0, 4, 3], "flow samples are records, counters and discards are not", [imported])
    got = query(program, work, "Flows | sort by Flowsequence asc | project TimeGenerated, SourceIp, Dot1qVlanId,"
                " NumberOfPackets, NumberOfBytes, SamplingInterval, EstimatedBytes, Flowsequence, Exporter,"
                " RecordCount, FlowRecordTime")
    first, second = "2026-11-22T00:00:00Z", "2026-11-22T00:01:00Z"
    want = [
        [first, "10.0.0.1", None, 2, 114 + 1514, 512, (114 + 1514) * 512, 1 << 16, AGENT, 2, "2026-11-22T00:00:59Z"],
        [first, "10.0.0.2", 300, 1, 118, 512, 118 * 512, (1 << 16) + 2, AGENT, 1, first],
        [second, "10.0.0.1", None, 1, 114, 2048, 114 * 2048, 3 << 16, AGENT, 1, second],
    ]
    out.result(got == want, "samples of one flow, minute and rate are one row, unscaled", got)


def counters(out, program, work):
    """The sample of counters in the first datagram is its second sample."""
    got = query(program, work, "SflowCounters | project TimeGenerated, Exporter, DataSourceIndex, CounterSequence,"
                " Flowsequence, IfIndex, IfSpeed, IfInOctets, IfInErrors, IfInUnknownProtos, IfOutOctets, Cpu5s, Type")
    want = [["2026-11-22T00:00:00Z", AGENT, 3, 1, (1 << 16) + 1, 3, 10**9, 5_000_000_000, 5, None, 7, None,
             "SflowCounters"]]
    out.result(got == want, "counters are rows of SflowCounters", got)


def lines(out, program, path):
    got = [json.loads(line) for line in run(program, "decode", path).splitlines()]
    heads = [(line["protocol"], line["exporter"], line["kind"], line["sequence"]) for line in got]
    want = [("sflow5", AGENT, kind, n) for kind, n in
            (("sample", 1), ("counter", 1), ("sample", 1), ("sample", 2), ("sample", 2), ("sample", 3))]
    out.result(heads == want, "each sample is a line", heads)
    fields = got[2]["fields"]
    out.result(
        {name: fields[name] for name in ("sequence_number", "sampling_rate", "sample_pool")}
        == {"sequence_number": 2, "sampling_rate": 512, "sample_pool": 1024}
        and fields["sampled_header"]["frame_length"] == 122,
        "its fields have the names of the specification", [fields])


def main(program):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        path = capture(Path(work) / "sflow.pcap")
        rows(out, program, Path(work) / "workspace", path)
        counters(out, program, Path(work) / "workspace")
        lines(out, program, path)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
