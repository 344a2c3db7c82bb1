#!/usr/bin/env python3
"""Queries as Microsoft publishes them for ATCExpressRouteCircuitIpfix, against sums made here in plain Python.

    test_samples.py WEIR

Rows are drawn here from a seed: both directions, IPv4 and IPv6, records that come again a minute later under the
number that they had. Where the shared rows are at hand (WEIR_SHARED, or ../shared), the same is asked of them.
"""

import json
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

from test_import import Program

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap

ROOT = Path(__file__).resolve().parents[2]
TABLE = "ATCExpressRouteCircuitIpfix"
SAMPLED = 4096
AZURE = 65515  # the ASN of Azure's side of private peering
START = datetime(2026, 11, 10, 8, tzinfo=timezone.utc)
NOW = START + timedelta(hours=1)

DEDUPLICATED = f"""let traffic = {TABLE}
| where FlowRecordTime >= ago(timeInterval) // of the last hour
| extend 3tuple = strcat(SourceIp, "->", DestinationIp, " ", Protocol)
| extend 5tuple = strcat(SourceIp, ":", SourcePort, "->", DestinationIp, ":", DestinationPort, " ", Protocol)

| extend TotalBytes = (NumberOfBytes + 14 * NumberOfPackets) * sampling
| summarize hint.strategy=shuffle arg_max(FlowRecordTime, *) by 5tuple, TotalBytes, Flowsequence;
"""
LETS = "let timeInterval = 1h;\nlet sampling = 4096;\nlet topN = 5;\n"


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def text_of(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- rows ----


def record(rng, number):
    inside, outside = f"10.{rng.randrange(3)}.0.{rng.randrange(1, 9)}", f"192.0.2.{rng.randrange(1, 9)}"
    if rng.randrange(6) == 0:
        inside, outside = f"2001:db8::{rng.randrange(1, 5):x}", f"2001:db8:1::{rng.randrange(1, 5):x}"
    ends = [(inside, rng.choice([443, 53, 1433]), AZURE), (outside, rng.randrange(1024, 1040), 64600 + rng.randrange(3))]
    rng.shuffle(ends)
    (source, source_port, source_asn), (destination, destination_port, destination_asn) = ends
    return {
        "TimeGenerated": text_of(START + timedelta(seconds=number + 60)),
        "FlowRecordTime": text_of(START + timedelta(seconds=number)),
        "SourceIp": source, "SourcePort": source_port, "SrcAsn": source_asn,
        "DestinationIp": destination, "DestinationPort": destination_port, "DstAsn": destination_asn,
        "Protocol": rng.choice([6, 6, 17]), "NumberOfBytes": rng.randrange(40, 2_000_000), "NumberOfPackets": rng.randrange(1, 1500),
        "Flowsequence": 1000 + number, "IpVerCode": 6 if ":" in source else 4,
    }  # fmt: skip


def drawn():
    rng = random.Random(20261110)
    rows = [record(rng, number) for number in range(900)]
    again = [dict(row) for row in rows if rng.randrange(5) == 0]
    for row in again:
        for column in "TimeGenerated", "FlowRecordTime":
            row[column] = text_of(instant(row[column]) + timedelta(minutes=1))
    rng.shuffle(again)
    return rows + again


# ---- what is to come out ----


def octets(row):
    return (row["NumberOfBytes"] + 14 * row["NumberOfPackets"]) * SAMPLED


def pair(row):
    return f"{row['SourceIp']}->{row['DestinationIp']} {row['Protocol']}"


def five(row):
    return f"{row['SourceIp']}:{row['SourcePort']}->{row['DestinationIp']}:{row['DestinationPort']} {row['Protocol']}"


def newest(rows):
    """Of records with the same number the one that was recorded last."""
    kept = {}
    for row in rows:
        key = five(row), octets(row), row["Flowsequence"]
        if key not in kept or instant(row["FlowRecordTime"]) > instant(kept[key]["FlowRecordTime"]):
            kept[key] = row
    return list(kept.values())


def bin_of(row, minutes):
    time = instant(row["FlowRecordTime"])
    return text_of(time.replace(second=0, microsecond=0) - timedelta(minutes=time.minute % minutes))


def sums(rows, key, value):
    total = defaultdict(int)
    for row in rows:
        total[key(row)] += value(row)
    return dict(total)


def largest(total, count):
    return sorted(total.items(), key=lambda item: -item[1])[:count]


def top_talkers(rows, by):
    rows = newest(rows)
    top = dict(largest(sums(rows, by, octets), 5))
    parts = sums([row for row in rows if by(row) in top], lambda row: (by(row), bin_of(row, 5)), octets)
    return sorted([name, time, total] for (name, time), total in parts.items())


def giga(total):
    return int(total / 1024 / 1024 / 1024)


def bandwidth(rows):
    return sorted([time, giga(total)] for time, total in sums(newest(rows), lambda row: bin_of(row, 1), octets).items())


def directions(rows):
    def key(row):
        return "ToAzure" if row["DstAsn"] == AZURE else "FromAzure", bin_of(row, 5)

    total = sums(rows, key, lambda row: row["NumberOfBytes"])
    return sorted([direction, time, SAMPLED * octets] for (direction, time), octets in total.items())


def ports(rows):
    return sorted([str(port), count] for port, count in Counter(row["DestinationPort"] for row in rows).items() if port is not None)


def from_azure(rows):
    def key(row):
        return tuple(row[name] for name in ("SourceIp", "DestinationIp", "SourcePort", "DestinationPort", "Protocol"))

    rows = [row for row in rows if row["SrcAsn"] == AZURE and row["DstAsn"] != AZURE]
    return sorted([*flow, total] for flow, total in largest(sums(rows, key, lambda row: row["NumberOfBytes"]), 7))


def filtered(rows):
    rows = [row for row in rows if row["SourceIp"].startswith("10.1.") and START <= instant(row["TimeGenerated"]) <= NOW]
    return [[len(rows), sum(row["NumberOfBytes"] for row in rows)]]


TOP = """traffic
| extend tuple = {0}
| summarize sum(TotalBytes) by tuple
| order by sum_TotalBytes desc
| take topN
| join kind=inner (traffic
    | extend tuple = {0}
    | summarize sum(TotalBytes) by bin(FlowRecordTime, 5m), tuple) on $left.tuple == $right.tuple
| project-away sum_TotalBytes, tuple1
| project tuple, FlowRecordTime, sum_TotalBytes1
| render columnchart with (kind=unstacked)"""

CHOSEN = 'iff(tuple == "5tuple", 5tuple, 3tuple)'  # the let's, until there is a column of that name
SAMPLES = [  # what, KQL, what must come out in any order
    ("top talkers", LETS + 'let tuple = "5tuple";\n' + DEDUPLICATED + TOP.format(CHOSEN),
     lambda rows: top_talkers(rows, five)),
    ("top talkers of pairs", LETS + 'let tuple = "3tuple";\n' + DEDUPLICATED + TOP.format(CHOSEN), lambda rows: top_talkers(rows, pair)),
    ("top talkers by port", LETS + DEDUPLICATED + TOP.format('strcat(DestinationPort, "/", Protocol)'),
     lambda rows: top_talkers(rows, lambda row: f"{row['DestinationPort']}/{row['Protocol']}")),
    ("total bandwidth", LETS + DEDUPLICATED + """traffic
| summarize sum(TotalBytes) by bin(FlowRecordTime, 1m)
| extend GiB = toint(sum_TotalBytes/1024/1024/1024)
| project-away sum_TotalBytes
| render columnchart""", bandwidth),
    ("directions", f"""{TABLE}
| extend Direction = iff(DstAsn == {AZURE}, "ToAzure", "FromAzure")
| summarize Bytes = 4096*sum(NumberOfBytes) by Direction, bin(FlowRecordTime, 5m)
| render timechart""", directions),
    ("top ports", f"{TABLE} | where isnotnull(DestinationPort) | summarize count() by tostring(DestinationPort) | sort by count_ | limit 10000", ports),
    ("Azure to on-premises", f"""{TABLE}
| where SrcAsn == toint({AZURE}) and DstAsn != toint({AZURE})
| summarize Bytes = sum(NumberOfBytes) by SourceIp, DestinationIp, SourcePort, DestinationPort, Protocol
| sort by Bytes
| limit 7""", from_azure),
    ("filters that may be empty", f"""let _start = datetime(2026-11-10 08:00); let _end = datetime(2026-11-10 09:00);
let _src = "10.1.0.0/16"; let _dst = ""; let _port = "";
{TABLE}
| where TimeGenerated between (_start .. _end)
| where ipv4_is_match(_src, SourceIp) or isempty(_src)
| where ipv4_is_match(_dst, DestinationIp) or isempty(_dst)
| where tostring(DestinationPort) == _port or isempty(_port)
| summarize count(), sum(NumberOfBytes)""", filtered),
]  # fmt: skip


def check(out, program, workspace, rows):
    path = program.work / f"{workspace}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    program.imports(workspace, path, options=["--table", TABLE])
    for what, kql, wanted in SAMPLES:
        got = sorted(program.query(workspace, f"set query_now = datetime({text_of(NOW)});\n{kql}"))
        want = wanted(rows)
        out.result(got == want and want, f"{workspace} rows: {what}", [f"wanted {want[:5]}", f"got    {got[:5]}"])


def main(weir):
    out = Tap()
    shared = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared") / "kql/flows.jsonl"
    with tempfile.TemporaryDirectory() as work:
        program = Program(weir, work)
        check(out, program, "drawn", drawn())
        if shared.exists():
            check(out, program, "shared", [json.loads(line) for line in shared.open()])
        else:
            out.skip("shared rows", "they are not here")
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
