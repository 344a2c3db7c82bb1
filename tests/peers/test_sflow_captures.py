#!/usr/bin/env python3
"""Do we read sFlow as tshark and nfdump do?

    test_sflow_captures.py WEIR [NAME…]

For every capture of sFlow in the collection of captures (WEIR_SHARED, or ../shared beside the source)
what `weir decode` and `weir import` say is compared with the reference decodes kept there: how many
samples and records of each format, the rates, every field of the first fifty samples that tshark
prints, the addresses and ports that it reads in the sampled headers, and the sums of packets and
octets of the rows, which nfdump has multiplied by the rate.
"""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import references as ref  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

TIMEOUT_S = 120
FORMATS = {"Flow sample": 1, "Counters sample": 2, "Expanded flow sample": 3, "Expanded counters sample": 4}
FLOWS, COUNTERS = {1, 3}, {2, 4}
DISCARD = 5  # which tshark 4.0 does not know
CHECK_SEQUENCE = 4

# structure, member by tshark's name of it
STRUCTURES = {
    "header_protocol": ("sampled_header", "protocol"),
    "header.frame_length": ("sampled_header", "frame_length"),
    "header.payload_stripped": ("sampled_header", "stripped"),
    "vlan.in": ("extended_switch", "src_vlan"),
    "vlan.out": ("extended_switch", "dst_vlan"),
    "nexthop.src_mask": ("extended_router", "src_mask_len"),
    "nexthop.dst_mask": ("extended_router", "dst_mask_len"),
    "as": ("extended_gateway", "as"),
    "srcAS": ("extended_gateway", "src_as"),
    "ifindex": ("if_counters", "ifIndex"),
    "iftype": ("if_counters", "ifType"),
    "ifspeed": ("if_counters", "ifSpeed"),
    "ifdirection": ("if_counters", "ifDirection"),
    "ifinoct": ("if_counters", "ifInOctets"),
    "ifinpkt": ("if_counters", "ifInUcastPkts"),
    "ifinmcast": ("if_counters", "ifInMulticastPkts"),
    "ifinbcast": ("if_counters", "ifInBroadcastPkts"),
    "ifindisc": ("if_counters", "ifInDiscards"),
    "ifinerr": ("if_counters", "ifInErrors"),
    "ifinunk": ("if_counters", "ifInUnknownProtos"),
    "ifoutoct": ("if_counters", "ifOutOctets"),
    "ifoutpkt": ("if_counters", "ifOutUcastPkts"),
    "ifoutmcast": ("if_counters", "ifOutMulticastPkts"),
    "ifoutbcast": ("if_counters", "ifOutBroadcastPkts"),
    "ifoutdisc": ("if_counters", "ifOutDiscards"),
    "ifouterr": ("if_counters", "ifOutErrors"),
    "ifpromisc": ("if_counters", "ifPromiscuousMode"),
    "cpu_5s": ("processor", "5s_cpu"),
    "cpu_1m": ("processor", "1m_cpu"),
    "cpu_5m": ("processor", "5m_cpu"),
    "total_memory": ("processor", "total_memory"),
    "free_memory": ("processor", "free_memory"),
}
HEADS = {
    "flow_sample.sequence_number": ("sequence_number",),
    "counters_sample.sequence_number": ("sequence_number",),
    "flow_sample.source_id_class": ("source_id", "source_id_type"),
    "flow_sample.index": ("source_id", "source_id_index"),
    "flow_sample.source_id_type": ("source_id", "source_id_type"),
    "flow_sample.source_id_index": ("source_id", "source_id_index"),
    "counters_sample.source_id_type": ("source_id", "source_id_type"),
    "counters_sample.source_id_index": ("source_id", "source_id_index"),
    "sampling_rate": ("sampling_rate",),
    "flow_sample.sample_pool": ("sample_pool",),
    "flow_sample.dropped_packets": ("drops",),
    "flow_sample.input_interface_value": ("input", "value"),
    "flow_sample.input_interface": ("input", "value"),
    "flow_sample.output_interface_format": ("output", "format"),
    "flow_sample.output_interface.format": ("output", "format"),
    "flow_sample.output_interface_value": ("output", "value"),
}
# (capture, item): why tshark errs there; each must be needed
ERRS = {
    ("tcpdump/sflow-multiple-counter-30-pdus", "counter records"):
    "two samples say that they hold six records, of host counters (2000 to 2006): tshark 4.0 does not know these and "
    "goes on in the middle of one",
}
ROWS = (
    "Flows | summarize Packets = sum(NumberOfPackets), Bytes = sum(NumberOfBytes)"
    " by SourceIp, DestinationIp, Protocol, SourcePort, DestinationPort"
)
ATTRIBUTES = {"sequence_number", "source_id", "sampling_rate", "sample_pool", "drops", "input", "output"}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"{command[1]}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def decode(program, capture):
    lines = [json.loads(line) for line in run(program, "decode", capture).splitlines()]
    return [line for line in lines if line["protocol"] == "sflow5"]


def rows(program, capture):
    with tempfile.TemporaryDirectory() as workspace:
        where = ["--workspace", workspace, "--format", "json"]
        imported = json.loads(run(program, "import", *where, capture))
        answer = json.loads(run(program, "query", *where, ROWS))
        return imported, answer["tables"][0]["rows"]


def structures(samples):
    """Formats of records as tshark counts them: by number, where it has one of that number."""
    counted = collections.Counter()
    for sample in samples:
        for name, value in sample["fields"].items():
            if name not in ATTRIBUTES:
                counted[name] += len(value) if isinstance(value, list) else 1
    return counted


NUMBERS = {1: "sampled_header", 2: "sampled_ethernet", 1001: "extended_switch", 1002: "extended_router",
           1003: "extended_gateway"}
COUNTER_NUMBERS = {1: "if_counters", 2: "ethernet_counters", 4: "vg_counters", 1001: "processor"}


def by_name(counts, names):
    found = collections.Counter()
    for text, count in counts.items():
        number = int(re.search(r"\((\d+)\)$", text)[1])
        found[names.get(number, f"e0id{number}")] += count
    return found


def value_at(fields, path):
    for step in path:
        fields = fields.get(step) if isinstance(fields, dict) else None
    return fields


def number(text):
    try:
        return int(text)
    except ValueError:
        return text


def field_problems(index, theirs, ours):
    if theirs["sample"] in FORMATS and FORMATS[theirs["sample"]] != ours["template"]:
        yield f"sample {index}: {theirs['sample']}, weir has format {ours['template']}"
        return
    hops = [value_at(ours["fields"], (of, "nexthop")) for of in ("extended_router", "extended_gateway")]
    if theirs.get("nexthop") not in hops + [None]:  # tshark gives the one that comes first
        yield f"sample {index}: nexthop: tshark has {theirs['nexthop']}, weir {hops}"
    for name, value in theirs.items():
        path = HEADS.get(name) or STRUCTURES.get(name)
        if not path:
            continue
        got = value_at(ours["fields"], path)
        if name == "flow_sample.input_interface":  # the word as it came
            got |= ours["fields"]["input"]["format"] << 30
        if got != number(value):
            yield f"sample {index}: {name}: tshark has {value}, weir {got}"


def flow_of(header):
    """The row that a sampled header must be part of; tshark gives an inner packet too, as a list."""

    def first(*names):
        value = next((header[n] for n in names if n in header), None)
        return value[0] if isinstance(value, list) else value

    return (
        first("ip.src", "ipv6.src") or "",
        first("ip.dst", "ipv6.dst") or "",
        first("ip.proto", "ipv6.nxt"),
        first("tcp.srcport", "udp.srcport"),
        first("tcp.dstport", "udp.dstport"),
    )


def row_problems(flows, ours):
    """Where tshark's list is whole: packets and octets of every flow.  Behind IPv6 extension headers
    tshark tells the first one's number, and not the protocol."""
    want = collections.defaultdict(lambda: [0, 0])
    for record in flows:
        sums = want[flow_of(record["sampled_header"])]
        sums[0] += 1
        sums[1] += record["header.frame_length"] - record["header.payload_stripped"]
    got = {(*row[:2], 0 if (row[0], row[1], 0) in {k[:3] for k in want} else row[2], *row[3:5]): row[5:]
           for row in ours}
    for key in sorted(set(want) | set(got), key=str):
        if got.get(key) != want.get(key):
            yield f"rows of {key}: tshark's samples have {want.get(key)}, weir {got.get(key)}"


def sum_problems(reference, imported, ours):
    nfdump = reference["nfdump"]
    rates = [int(rate) for rate in reference["tshark"]["sampling_rates"]]
    if len(rates) != 1:
        return
    packets, octets = (sum(row[i] for row in ours) for i in (5, 6))
    if nfdump["records_stored"] != imported["records"]:
        yield f"flow samples: nfdump has {nfdump['records_stored']}, weir {imported['records']}"
    if nfdump["packets"] != packets * rates[0]:
        yield f"packets: nfdump has {nfdump['packets']} at 1:{rates[0]}, weir {packets}"
    stripped = {r["header.payload_stripped"] for r in reference["tshark"]["first_records"] if "sampled_header" in r}
    if len(stripped) == 1 and nfdump["bytes"] != (octets + packets * stripped.pop()) * rates[0]:
        yield f"octets: nfdump has {nfdump['bytes']} at 1:{rates[0]} with what was stripped, weir {octets}"


def problems(name, program, capture, reference, samples):
    tshark = reference["tshark"]
    imported, stored = rows(program, capture)
    flows = [s for s in samples if s["template"] in FLOWS]
    counters = [s for s in samples if s["template"] in COUNTERS]
    for item, theirs, ours in (
        ("samples", {FORMATS.get(n, DISCARD): c for n, c in tshark["sample_types"].items()},
         dict(collections.Counter(s["template"] for s in samples))),
        ("rates", {int(r): c for r, c in tshark["sampling_rates"].items()},
         dict(collections.Counter(s["fields"]["sampling_rate"] for s in flows))),
        ("flow records", by_name(tshark["flow_record_formats"], NUMBERS), structures(flows)),
        ("counter records", by_name(tshark["counter_record_formats"], COUNTER_NUMBERS), structures(counters)),
    ):
        if (theirs != ours) != ((name, item) in ERRS):
            yield f"{item}: tshark has {dict(theirs)}, weir {dict(ours)}"
    for index, (theirs, ours) in enumerate(zip(tshark["first_records"], samples)):
        yield from field_problems(index, theirs, ours)
    listed = [r for r in tshark["first_records"] if "sampled_header" in r]
    if listed and len(listed) == len(flows):
        yield from row_problems(listed, stored)
    if flows:
        yield from sum_problems(reference, imported, stored)


def captures(shared, names):
    for path in sorted(shared.glob("captures/*/expected/*.ref.json")):
        reference = json.loads(path.read_text())
        name = f"{path.parents[1].name}/{path.name.removesuffix('.ref.json')}"
        if ref.is_sflow(reference) and (not names or name in names):
            yield name, path.parents[1] / reference["capture"], reference


def main(program, names):
    shared = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared")
    found = list(captures(shared, names))
    if not found:
        return tap.skip_all("the collection of captures is not here (WEIR_SHARED)")
    out = tap.Tap()
    for name, capture, reference in found:
        samples = []
        try:
            samples = decode(program, capture)
            wrong = list(problems(name, program, capture, reference, samples))
        except (RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as problem:
            wrong = [f"{type(problem).__name__}: {problem}"]
        out.result(not wrong, f"{name} is read as others read it", wrong)
        why = [f"tshark: {reason}" for (capture_name, _), reason in ERRS.items() if capture_name == name]
        verdict = "FAIL" if wrong else "differs: " + "; ".join(why) if why else "equal"
        table.row(name, sum(reference["tshark"]["sample_types"].values()), len(samples), verdict)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
