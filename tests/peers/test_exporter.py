#!/usr/bin/env python3
"""Do others read what we export as we meant it?

    test_exporter.py WEIR

A capture of packets of every kind is exported as NetFlow v9 and IPFIX and recorded on loopback.  Of that
record tshark, nfdump, nfacctd, libfixbuf's ipfixDump and `weir import` must all tell, for every flow, the
packets, octets and TCP flags that were worked out by hand (known_packets.py), and none may complain of
anything: templates, options and sequence numbers included.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import exporting  # noqa: E402
import known_packets as known  # noqa: E402
import pcapfile as pcap  # noqa: E402
import referees  # noqa: E402
import tap  # noqa: E402
from known_packets import KNOWN  # noqa: E402
from referees import check  # noqa: E402

PROTOCOLS = {"netflow9": "NetFlow v9", "ipfix": "IPFIX"}
EXPORTER = "192.0.2.1"
SEGMENT = 1400
# tshark's names of IE 34, 35, 304, 305, 306, and of 48, 49, 50.
SAMPLER_FORMS = {"sampling_interval": "1", "sampling_algorithm": "2", "selector_algorithm": "4",
                 "sampling_packet_interval": "1", "sampling_packet_space": "0"}  # fmt: skip
SAMPLER_FORMS_V9 = {"sampler_id": "1", "sampler_mode": "2", "sampler_random_interval": "1"}
INTERVAL = 10

# Protocols whose types nfdump 1.7.1 and nfacctd 1.7.7 do not read: the former knows icmpTypeCodeIPv6 (139)
# in IPFIX only, the latter has no types of ICMP at all.  And nfacctd reads the first octet of
# tcpControlBits, which in IPFIX has two (RFC 7125 section 3): the reserved bits and NS.
TYPELESS = {("nfdump", "netflow9"): (58,), ("nfacctd", "netflow9"): (1, 58), ("nfacctd", "ipfix"): (1, 58)}
FLAGLESS = {("nfacctd", "ipfix")}


def as_seen_by(*who):
    typeless = TYPELESS.get(who, ())
    return {
        (*key[:3], 0, 0) if key[2] in typeless else key: (*counts[:2], 0) if who in FLAGLESS else counts
        for key, counts in KNOWN.items()
    }


def udp_capture(path, messages):
    pcap.write(
        path,
        ((known.START + n / 10, EXPORTER, 40000, "192.0.2.2", referees.COLLECTOR_PORT, m) for n, m in enumerate(messages)),
    )
    return path


def tcp_capture(path, messages):
    """A session in segments that know nothing of the messages' ends."""
    octets, ends = b"".join(messages), ((EXPORTER, 40000), ("192.0.2.2", referees.COLLECTOR_PORT))
    there, back = (*ends[0], *ends[1]), (*ends[1], *ends[0])
    packets = [
        pcap.tcp_packet(*there, known.SYN, sequence=0),
        pcap.tcp_packet(*back, known.SYN | known.ACK, sequence=0, ack=1),
        pcap.tcp_packet(*there, known.ACK, sequence=1, ack=1),
    ]
    for at in range(0, len(octets), SEGMENT):
        part = octets[at : at + SEGMENT]
        packets.append(pcap.tcp_packet(*there, known.PSH | known.ACK, part, sequence=1 + at, ack=1))
        packets.append(pcap.tcp_packet(*back, known.ACK, sequence=1, ack=1 + at + len(part)))
    pcap.write_packets(path, ((known.START + n / 1000, p) for n, p in enumerate(packets)))
    return path


# ---- flows ----


def by_tshark(out, what, capture, transport="udp"):
    decode_as = f"{transport}.port=={referees.COLLECTOR_PORT},cflow"
    check(out, f"tshark reads the known flows from {what}", referees.tshark_flows(capture, decode_as), KNOWN)
    complaints = referees.tshark_complaints(capture, decode_as)
    out.result(not complaints, f"tshark has nothing to complain of in {what}", complaints[:10])


def by_ipfixdump(out, what, messages, work):
    check(out, f"ipfixDump reads the known flows from {what}", referees.ipfixdump_flows(messages, work), KNOWN)


def one_protocol(out, program, protocol, traffic, work):
    work.mkdir()
    what = PROTOCOLS[protocol]
    messages = exporting.exported(program, "--read", traffic, "--sampling", 1, "--protocol", protocol)
    capture = udp_capture(work / "exported.pcap", messages)
    by_tshark(out, what, capture)
    records = referees.nfdump_records(messages, work)
    found = referees.nfdump_flows(records)
    check(out, f"nfdump stores the known flows from {what}", found, as_seen_by("nfdump", protocol))
    times(out, what, records)
    found = referees.nfacctd_flows(referees.nfacctd_records(capture, work))
    check(out, f"nfacctd counts the known flows from {what}", found, as_seen_by("nfacctd", protocol))
    if protocol == "ipfix":
        by_ipfixdump(out, what, messages, work)
    check(out, f"weir stores the known flows from {what}", referees.weir_flows(program, capture, work), KNOWN)
    details(out, program, what, work / "workspace")
    options(out, program, what, messages, capture)


def over_tcp(out, program, traffic, work):
    """One session: RFC 7011 section 10.4."""
    work.mkdir()
    options = ("--read", traffic, "--sampling", 1, "--protocol", "ipfix")
    messages = exporting.exported(program, *options, sink=exporting.TcpSink)
    by_tshark(out, "IPFIX over TCP", tcp_capture(work / "exported.pcap", messages), "tcp")
    by_ipfixdump(out, "IPFIX over TCP", messages, work)
    (work / "exported.ipfix").write_bytes(b"".join(messages))
    found = referees.weir_flows(program, work / "exported.ipfix", work)
    check(out, "weir stores the known flows from IPFIX over TCP", found, KNOWN)


def query(program, workspace, kql):
    answer = referees.run(program, "query", "--workspace", workspace, "--format", "json", kql)
    return json.loads(answer)["tables"][0]["rows"]


def details(out, program, what, workspace):
    """What only a few of the flows have."""
    rows = query(program, workspace, "Flows | where isnotnull(Dot1qVlanId) | project SourceIp, Dot1qVlanId, Dot1qCustomerVlanId")
    found = {source: (outer, inner) for source, outer, inner in rows}
    out.result(found == known.TAGGED, f"VLAN IDs arrive by {what}", [found])
    rows = query(program, workspace, f"Flows | where SourceIp == '{known.TTL_OF}' | project MinTtl, MaxTtl, SumOfSquares")
    out.result(rows == [[*known.TTL, 3 * 50 * 50]], f"TTLs and the sum of squares arrive by {what}", rows)
    rows = query(program, workspace, "Flows | summarize count() by SamplingInterval")
    out.result([row[0] for row in rows] == [1], f"every row has its sampling interval by {what}", rows)
    rows = query(program, workspace, "Flows | summarize min(FlowStartTime), max(FlowEndTime)")
    wanted = ["2026-01-01T00:00:00Z", f"2026-01-01T00:00:{known.END % 60:.2f}Z"]
    out.result(rows == [wanted], f"times arrive by {what}", [rows, wanted])


def times(out, what, records):
    """As nfdump tells them."""
    found = [min(r["first"] for r in records), max(r["last"] for r in records)]
    wanted = ["2026-01-01T00:00:00.000", f"2026-01-01T00:00:{known.END % 60:.3f}"]
    out.result(found == wanted, f"nfdump stores the times of {what}", [found, wanted])


# ---- options ----


def options(out, program, what, messages, capture):
    """What is told of the exporter itself, as tshark and as weir read it."""
    told = {}
    for r in referees.tshark_records(capture):
        told |= {} if "protocol" in r else r
    found = told.items() >= (SAMPLER_FORMS | (SAMPLER_FORMS_V9 if what == PROTOCOLS["netflow9"] else {})).items()
    out.result(found, f"tshark reads the sampler in all forms from {what}", [told])
    lines = [json.loads(line) for line in referees.run(program, "decode", capture).splitlines()]
    statistics = [r["fields"] for r in lines if r["kind"] == "options" and "exportedFlowRecordTotalCount" in r["fields"]]
    wanted = {"selectorIdTotalPktsObserved": known.FRAMES, "selectorIdTotalPktsSelected": known.FRAMES - known.NOT_IP,
              "notSentFlowTotalCount": 0}  # fmt: skip
    out.result(statistics and wanted.items() <= statistics[-1].items(), f"the exporter's counters are told by {what}",
               [statistics, wanted])  # fmt: skip
    # Sent before the message that tells it.
    sent = statistics[-1]
    found = [sent["exportedMessageTotalCount"], sent["exportedOctetTotalCount"]]
    before = messages[:-1]
    out.result(found == [len(before), sum(map(len, before))], f"what was sent before is counted by {what}",
               [found, len(before), sum(map(len, before))])  # fmt: skip


def sampled(out, program, protocol, traffic, work):
    """Every INTERVAL-th packet: who scales must arrive at INTERVAL times what was selected."""
    work.mkdir()
    what = PROTOCOLS[protocol]
    messages = exporting.exported(program, "--read", traffic, "--every", INTERVAL, "--seed", 1, "--protocol", protocol)
    capture = udp_capture(work / "exported.pcap", messages)
    seen = referees.tshark_flows(capture)
    counts = [sum(flow[i] for flow in seen.values()) for i in (0, 1)]
    out.result(known.FRAMES // INTERVAL - known.NOT_IP <= counts[0] <= known.FRAMES // INTERVAL + 1,
               f"every {INTERVAL}th packet is told by {what}", counts)  # fmt: skip
    scaled = [n * INTERVAL for n in counts]
    records = referees.nfdump_records(messages, work)
    found = [sum(r[name] for r in records) for name in ("in_packets", "in_bytes")]
    out.result(found == scaled, f"nfdump scales what it got by {what}", [found, scaled])
    records = referees.nfacctd_records(capture, work, nfacctd_renormalize="true")
    found = [sum(r[name] for r in records) for name in ("packets", "bytes")]
    out.result(found == scaled, f"nfacctd scales what it got by {what}", [found, scaled])
    referees.weir_flows(program, capture, work)
    kql = "Flows | summarize sum(NumberOfPackets), sum(NumberOfBytes), sum(EstimatedPackets), sum(EstimatedBytes)"
    found = query(program, work / "workspace", kql)[0]
    out.result(found == [*counts, *scaled], f"weir has counts and estimates by {what}", [found, counts, scaled])


def main(program):
    missing = [t for t in ("nfcapd", "nfdump", "tshark", "nfacctd", "ipfixDump") if not shutil.which(t)]
    if missing:
        return tap.skip_all(f"{', '.join(missing)} not installed")
    os.environ["TZ"] = "UTC"
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        traffic = Path(work) / "traffic.pcap"
        known.write(traffic)
        for protocol in PROTOCOLS:
            one_protocol(out, program, protocol, traffic, Path(work) / protocol)
            sampled(out, program, protocol, traffic, Path(work) / f"{protocol}-sampled")
        over_tcp(out, program, traffic, Path(work) / "tcp")
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
