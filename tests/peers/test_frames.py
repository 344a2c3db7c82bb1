#!/usr/bin/env python3
"""Do we read the headers of packets as tshark does?

    test_frames.py FRAME_LINES [NAME…]

Every frame of every capture in the collection of captures (WEIR_SHARED, or ../shared beside the
source) is read by core/packet/frame.h (frame_lines.c) and by tshark, both down to the transport
header behind the outermost IP header, without putting fragments together.
"""

import ipaddress
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import tap  # noqa: E402
from references import is_netflow  # noqa: E402

TIMEOUT_S = 120
OPTIONS = [
    "ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
    "ip.tso_support:TRUE", "tcp.analyze_sequence_numbers:FALSE",
]  # fmt: skip
number = lambda text: int(text, 0)  # noqa: E731
address = lambda text: str(ipaddress.ip_address(text))  # noqa: E731

# Our name, tshark's of its first occurrence in the frame, and how its text becomes a value.
IN_FRONT = {
    "vlan": ("vlan0", "vlan.id", number),
    "mpls": ("label", "mpls.label", number),
}
IP = {
    "4": (
        ("src", "ip.src", address),
        ("dst", "ip.dst", address),
        ("ttl", "ip.ttl", number),
        ("tos", "ip.dsfield", number),
        ("len", "ip.len", number),
    ),
    "6": (
        ("src", "ipv6.src", address),
        ("dst", "ipv6.dst", address),
        ("ttl", "ipv6.hlim", number),
        ("tos", "ipv6.tclass", number),
        ("len", "ipv6.plen", lambda text: int(text) + 40),
    ),
}
blocks = lambda text: int(text) * 8  # noqa: E731
FRAGMENT = {
    "4": (("more", "ip.flags.mf", number), ("offset", "ip.frag_offset", blocks), ("id", "ip.id", number)),
    "6": (
        ("more", "ipv6.fraghdr.more", number),
        ("offset", "ipv6.fraghdr.offset", blocks),
        ("id", "ipv6.fraghdr.ident", number),
    ),
}
TRANSPORT = {
    "6": (("sport", "tcp.srcport"), ("dport", "tcp.dstport"), ("flags", "tcp.flags")),
    "17": (("sport", "udp.srcport"), ("dport", "udp.dstport"), ("payload", "udp.length")),
    "132": (("sport", "sctp.srcport"), ("dport", "sctp.dstport")),
    "1": (("type", "icmp.type"), ("code", "icmp.code")),
    "58": (("type", "icmpv6.type"), ("code", "icmpv6.code")),
}
READ = {"udp.length": lambda text: int(text) - 8}
NAMES = sorted(
    {name for rows in (IN_FRONT.values(), *IP.values(), *FRAGMENT.values(), *TRANSPORT.values()) for _, name, *_ in rows}
)
HEAD = ["frame.number", "frame.protocols"]


def tshark(capture):
    """Frame number to tshark's fields, the first occurrence of each."""
    command = ["tshark", "-n", "-r", capture, "-T", "fields", "-E", "occurrence=f"]
    for option in OPTIONS:
        command += ["-o", option]
    for name in HEAD + NAMES:
        command += ["-e", name]
    out = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S).stdout
    for line in out.splitlines():
        fields = dict(zip(HEAD + NAMES, line.split("\t")))
        yield int(fields["frame.number"]), {k: v for k, v in fields.items() if v}


def ours(program, capture):
    out = subprocess.run([program, capture], capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    for line in out.splitlines():
        fields = dict(field.split("=", 1) for field in line.split("\t"))
        yield int(fields["frame"]), fields


VERSIONS = {"ip": "4", "ipv6": "6"}
LINKS = {"eth", "ethertype", "vlan", "ieee8021ad", "mpls", "sll", "raw", "null"}


def outermost(theirs):
    """The layers in front of the first IP header, and its version; None where there is no IP header
    or where layers that are not read, pseudo-wires for one, are in front of it."""
    layers = theirs["frame.protocols"].split(":")
    at = next((i for i, layer in enumerate(layers) if layer in VERSIONS), None)
    if at is None or not LINKS.issuperset(layers[:at]):
        return [], None
    return layers[:at], VERSIONS[layers[at]]


def expected(theirs, layers, version, we):
    """What tshark has for the fields that this packet should have."""
    rows = [*IP[version], *(row for layer, row in IN_FRONT.items() if layer in layers)]
    if "offset" in we:
        rows += FRAGMENT[version]
    if we.get("offset", "0") == "0":
        rows += [(ours, name, READ.get(name, number)) for ours, name in TRANSPORT.get(we["protocol"], ())]
    return {ours: read(theirs[name]) for ours, name, read in rows if name in theirs}


def value(text):
    return int(text) if text.isdigit() else text


def differences(capture, program):
    """One line for every frame in which we and tshark differ."""
    we_all = dict(ours(program, capture))
    for n, theirs in tshark(capture):
        we = we_all.get(n, {})
        layers, version = outermost(theirs)
        if we.get("version") != version:
            yield f"frame {n}: version {we.get('version')}, tshark {version} ({theirs['frame.protocols']})"
            continue
        if version is None:
            continue
        for name, want in expected(theirs, layers, version, we).items():
            got = we.get(name)
            if got is None or value(got) != want:
                yield f"frame {n}: {name} {got}, tshark {want}"


def packets(shared):
    """All captures but those of flow exporters, whose frames are all alike."""
    for path in sorted(shared.glob("captures/*/expected/*.ref.json")):
        reference = json.loads(path.read_text())
        capture = path.parents[1] / reference["capture"]
        if capture.suffix in (".pcap", ".pcapng") and not is_netflow(reference):
            yield capture


def main(program, names):
    shared = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared")
    captures = [c for c in packets(shared) if not names or c.name in names]
    if not captures or not shutil.which("tshark"):
        return tap.skip_all("the collection of captures (WEIR_SHARED) or tshark is not here")
    out = tap.Tap()
    for capture in captures:
        wrong = list(differences(capture, program))
        out.result(not wrong, f"frames of {capture.parent.name}/{capture.name} are read as by tshark", wrong[:10])
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
