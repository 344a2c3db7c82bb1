#!/usr/bin/env python3
"""Does nothing get lost between a packet and a row?

    test_round_trip.py WEIR [NAME…]

Every packet trace of the collection of captures (WEIR_SHARED, or ../shared beside the source) is exported
1:1, as NetFlow v9 and as IPFIX, recorded on loopback and imported.  The rows must have, for every 5-tuple,
the packets and octets that tshark counts in the trace: by the outermost IP header alone, with the length
that it tells, which cut captures do not change; fragments as the packets that they are, later ones without
ports; ICMP by type and code.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import exporting  # noqa: E402
import pcapfile as pcap  # noqa: E402
import tap  # noqa: E402
from referees import add, check, run  # noqa: E402

NOW = 1_795_305_600  # 2026-11-22T00:00:00Z: when the messages arrive, whenever the packets did
PROTOCOLS = {"netflow9": "NetFlow v9", "ipfix": "IPFIX"}
OPTIONS = [
    "ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
    "ip.tso_support:TRUE", "tcp.analyze_sequence_numbers:FALSE",
]  # fmt: skip
LINKS = {"eth", "ethertype", "vlan", "ieee8021ad", "mpls", "sll", "raw", "null"}
IP = {
    "ip": ("ip.src", "ip.dst", "ip.proto", "ip.len", "ip.frag_offset"),
    "ipv6": ("ipv6.src", "ipv6.dst", "ipv6.nxt", "ipv6.plen", "ipv6.fraghdr.offset"),
}
IPV6_HEADER, FRAGMENT = 40, 44
# IPv6 extension headers: their numbers, and where tshark tells the next one.
EXTENSIONS = {0: "ipv6.hopopts.nxt", 43: "ipv6.routing.nxt", 44: "ipv6.fraghdr.nxt", 51: "ah.next_header",
              60: "ipv6.dstopts.nxt"}  # fmt: skip
ENDS = {
    6: ("tcp.srcport", "tcp.dstport"), 17: ("udp.srcport", "udp.dstport"), 136: ("udp.srcport", "udp.dstport"),
    132: ("sctp.srcport", "sctp.dstport"), 1: ("icmp.type", "icmp.code"), 58: ("icmpv6.type", "icmpv6.code"),
}  # fmt: skip
FIELDS = ["frame.interface_id", "frame.protocols"] + sorted(
    {name for names in (*IP.values(), *ENDS.values(), EXTENSIONS.values()) for name in names}
)
KQL = (
    "Flows | summarize sum(NumberOfPackets), sum(NumberOfBytes) by ObservationDomain, SourceIp, DestinationIp,"
    " Protocol, First = coalesce(SourcePort, IcmpType, 0), Second = coalesce(DestinationPort, IcmpCode, 0)"
)


# ---- what tshark counts ----


def behind_extensions(fields, protocol):
    """The protocol behind IPv6's extension headers, and the packet's offset as a fragment: a fragment header
    that is not among them belongs to a packet inside."""
    passed = set()
    while protocol in EXTENSIONS and protocol not in passed and fields[EXTENSIONS[protocol]]:
        passed.add(protocol)
        protocol = int(fields[EXTENSIONS[protocol]])
    return protocol, fields["ipv6.fraghdr.offset"] if FRAGMENT in passed else ""


def flow_of(fields):
    """(key, octets) of a frame's outermost IP packet, or None."""
    layers = fields["frame.protocols"].split(":")
    at = next((i for i, layer in enumerate(layers) if layer in IP), None)
    if at is None or not LINKS.issuperset(layers[:at]):
        return None
    src, dst, protocol, octets, offset = (fields[name] for name in IP[layers[at]])
    protocol, octets, ends = int(protocol), int(octets), (0, 0)
    if layers[at] == "ipv6":
        protocol, offset = behind_extensions(fields, protocol)
        octets += IPV6_HEADER
    if not int(offset or 0):
        ends = tuple(int(fields[name] or 0) for name in ENDS.get(protocol, ())) or ends
    return (src, dst, protocol, *ends), octets


def counted(traces, work):
    """Flows of each trace, in one run: in a file that mergecap has put together each has an interface."""
    merged = work / "merged.pcapng"
    run("mergecap", "-a", "-I", "none", "-w", merged, *traces)
    command = ["tshark", "-n", "-r", merged, "-T", "fields", "-E", "occurrence=f"]
    for option in OPTIONS:
        command += ["-o", option]
    for name in FIELDS:
        command += ["-e", name]
    flows = [{} for _ in traces]
    for line in run(*command).splitlines():
        fields = dict(zip(FIELDS, line.split("\t")))
        if found := flow_of(fields):
            add(flows[int(fields["frame.interface_id"])], found[0], 1, found[1], 0)
    return flows


# ---- what we export and store ----


def exported(program, protocol, traces):
    """Messages of all traces, each in an observation domain of its own, and what was said of those that were
    refused."""
    refused = {}
    with exporting.UdpSink() as sink:
        for domain, trace in enumerate(traces):
            options = ("--read", trace, "--sampling", 1, "--protocol", protocol, "--domain", domain)
            done = exporting.export(program, *options, sinks=[sink])
            if done.returncode:
                refused[trace] = done.stderr
        return sink.messages(), refused


def stored(program, protocol, traces, work):
    """Flows of each trace, and those that were refused."""
    capture, workspace = work / f"{protocol}.pcap", work / protocol
    messages, refused = exported(program, protocol, traces)
    pcap.write(capture, [
        (NOW + n / 1000, f"10.0.0.{exporting.read_message(m).domain + 1}", 40000, "192.0.2.2", 2055, m)
        for n, m in enumerate(messages)
    ])  # fmt: skip
    where = ["--workspace", workspace, "--format", "json"]
    counts = json.loads(run(program, "import", *where, capture))
    if counts["malformed"] or counts["sets_without_template"]:
        raise RuntimeError(f"weir import: {counts}")
    flows = [{} for _ in traces]
    for row in json.loads(run(program, "query", *where, KQL))["tables"][0]["rows"]:
        domain, *key, packets, octets = row
        add(flows[domain], tuple(key), packets, octets, 0)
    return flows, refused


def is_refusal(trace, said):
    """Of a trace whose link type is not known that is said, in one line."""
    wanted = rf"weir exporter: .*{re.escape(trace.name)}' has pcap's link type \d+, which cannot be read"
    return re.fullmatch(wanted, said.strip()) is not None


def main(program, names):
    shared = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared")
    traces = sorted(p for p in shared.glob("captures/*/traffic-*.pcap*") if not names or p.name in names)
    missing = [tool for tool in ("tshark", "mergecap") if not shutil.which(tool)]
    if missing or not traces:
        return tap.skip_all("the collection of captures (WEIR_SHARED) or tshark is not here")
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        wanted = counted(traces, Path(work))
        for protocol, what in PROTOCOLS.items():
            found, refused = stored(program, protocol, traces, Path(work))
            for trace, ours, theirs in zip(traces, found, wanted):
                name = f"{trace.parent.name}/{trace.name}"
                if trace in refused:
                    out.result(is_refusal(trace, refused[trace]), f"{name} is refused by its link type", [refused[trace]])
                else:
                    check(out, f"{name} has tshark's counts by {what}", ours, theirs)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
