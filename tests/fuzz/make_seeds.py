#!/usr/bin/env python3
"""Writes seeds for the fuzz targets: OUT/TARGET/NAME, a few small and well-formed inputs for each.

    make_seeds.py OUT [SHARED]

All are made here, field by field; where SHARED, the collection of captures, is given, there are
further ones from these, for `make fuzz` alone: they are nobody's to keep in the tree.
"""

import gzip
import json
import re
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import audit  # noqa: E402
import netflow  # noqa: E402
import pcapfile  # noqa: E402
import sflow  # noqa: E402

SECS = 1_700_000_000
PART_MAX, FRAMES_MAX = 0xFFF, 24  # octets of a datagram, frames of a seed
CAPTURE_MAX = 64 * 1024

FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4), (22, 4), (21, 4)])
ROW = ("192.0.2.1", "198.51.100.2", 1000, 443, 6, 1500, 2, 10, 20)
OPTIONS = netflow.Template(257, [(1, 4), (34, 4), (35, 1)], scopes=1)
TEXTS = netflow.Template(258, [(8, 4), (82, netflow.VARIABLE), (137, 4, 2636), (1, 3)])
NAT = netflow.Template(259, [(323, 8), (230, 1), (8, 4), (225, 4), (7, 2), (227, 2), (4, 1)])
FLOW6 = netflow.Template(256, [(27, 16), (28, 16), (152, 8), (153, 8), (85, 8), (86, 8), (61, 1)])


def part(octets, rest=0, bits=12):
    """As fuzz.h reads it."""
    return struct.pack("!H", rest << bits | len(octets)) + octets


def v9_datagrams():
    flows = netflow.data(FLOW, [ROW] * 3)
    tell = netflow.v9_templates([FLOW, NAT])
    options = netflow.v9_options_templates([OPTIONS])
    events = netflow.data(NAT, [(SECS * 1000, 1, "10.0.0.1", "192.0.2.9", 1000, 2000, 6)])
    return [
        netflow.v9([flows], SECS, uptime=1000, sequence=1),
        netflow.v9([tell, options], SECS, uptime=2000, sequence=2),
        netflow.v9([netflow.data(OPTIONS, [(0, 100, 1)]), flows], SECS, uptime=3000, sequence=3),
        netflow.v9([events], SECS, uptime=4000, sequence=4),
        netflow.v9([flows], SECS, uptime=10, sequence=0),
    ]


def ipfix_messages():
    texts = netflow.data(TEXTS, [("192.0.2.1", b"eth0", 7, 100), ("192.0.2.2", bytes(300), 8, 200)])
    flows = netflow.data(FLOW, [ROW])
    withdrawal = netflow.set_of(2, struct.pack("!HH", FLOW.id, 0))
    return [
        netflow.ipfix([flows], SECS, domain=5),
        netflow.ipfix([netflow.ipfix_templates([FLOW, TEXTS])], SECS, domain=5),
        netflow.ipfix([netflow.ipfix_options_templates([OPTIONS])], SECS, domain=5),
        netflow.ipfix([texts, flows, netflow.data(OPTIONS, [(0, 100, 1)])], SECS, sequence=1, domain=5),
        netflow.ipfix([withdrawal, netflow.ipfix_templates([FLOW6])], SECS, sequence=5, domain=5),
    ]


def old_datagrams():
    records = [netflow.V5Record("192.0.2.1", "198.51.100.2", octets=100, src_port=n) for n in range(2)]
    v5 = netflow.v5(records, SECS, uptime=1000, sampling=1 << 14 | 100)
    v1 = struct.pack("!HHIII", 1, 1, 1000, SECS, 0) + bytes(range(48)) + bytes(4)
    v7 = struct.pack("!HHIIIIBBH", 7, 1, 1000, SECS, 0, 1, 0, 0, 0) + bytes(range(52))
    return [v5, v1, v7]


def sflow_samples():
    packet = sflow.header(sflow.ethernet(sflow.ipv4("10.0.0.1", "10.0.0.2", 1000, 443), (5,)), 1000)
    return [
        sflow.flow([packet, sflow.switch(1, 2)]),
        sflow.counters([sflow.if_counters(3, 1000, 2000)]),
        sflow.discarded([packet]),
    ]


def fragments(payload, step):
    """The fragments of an IPv4 datagram (RFC 791 section 3.2)."""
    whole = pcapfile.udp_packet("192.0.2.1", 2055, "192.0.2.2", 2055, payload)
    head, body = whole[:20], whole[20:]
    for at in range(0, len(body), step):
        more = at + step < len(body)
        piece = body[at : at + step]
        words = struct.pack("!HHH", 20 + len(piece), 77, (0x2000 if more else 0) | at // 8)
        yield head[:2] + words + head[8:] + piece


def frames():
    udp = pcapfile.udp_packet("192.0.2.1", 2055, "192.0.2.2", 2055, netflow.v9([], SECS))
    udp6 = pcapfile.udp_packet("2001:db8::1", 2055, "2001:db8::2", 2055, b"v6")
    icmp = pcapfile.icmp_packet("192.0.2.1", "192.0.2.2", 8, 0)
    pieces = list(fragments(bytes(range(100)), 40))
    hops = struct.pack("!IHBB", 6 << 28, 16 + 8, 0, 64) + udp6[8:40] + bytes([44, 0, 1, 4, 0, 0, 0, 0])
    hops += bytes([17, 0, 0, 1, 0, 0, 0, 9]) + udp6[40:48]
    tagged = bytes(12) + bytes.fromhex("88a80064 81000065 88470000c9ff") + bytes.fromhex("0800") + udp
    return {"raw": (3, [udp, udp6, icmp]), "fragments": (2, pieces[::-1] + pieces), "extensions": (3, [hops]),
            "ethernet": (1, [pcapfile.ethernet(udp), pcapfile.ethernet(udp6), tagged])}  # fmt: skip


def pcap(packets, link):
    """Of microseconds, and of the other octet order than pcapfile's."""
    records = (struct.pack(">IIII", SECS, n, len(p), len(p)) + p for n, p in enumerate(packets))
    return struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link) + b"".join(records)


def pcapng(packets, link):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + size + body + size

    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", link, 0, 65535))
    boxes = (block(6, struct.pack("<IIIII", 0, 0x60000, n, len(p), len(p)) + p) for n, p in enumerate(packets))
    return section + interface + b"".join(boxes)


def captures():
    made = {}
    for name, (_, packets) in frames().items():
        link = 1 if name == "ethernet" else 101
        made[name + ".pcap"] = pcap(packets, link)
        made[name + ".pcapng"] = pcapng(packets, link)
    made["packed"] = gzip.compress(made["raw.pcap"], mtime=0)
    made["messages"] = b"".join(ipfix_messages())
    return made


def templates():
    records = netflow.record(FLOW, ROW) * 2
    texts = netflow.record(TEXTS, ("192.0.2.1", b"eth0", 7, 100))

    def seed(how, told, rest):
        return bytes([how]) + part(told[4:], bits=16) + rest

    return {
        "v9": seed(0, netflow.v9_templates([FLOW, NAT]), records),
        "v9-options": seed(2, netflow.v9_options_templates([OPTIONS]), bytes(18)),
        "ipfix": seed(1, netflow.ipfix_templates([FLOW, TEXTS]), texts),
        "ipfix-options": seed(3, netflow.ipfix_options_templates([OPTIONS]), bytes(18)),
    }


CONFIG = {
    "empty": "# nothing\n",
    "collector": 'collector:\n  listen: ["127.0.0.1:2055", "tcp:4739"]\n  allow:\n    - 192.0.2.0/24\n  workers: 2\n',
    "exporters": "exporters:\n  - {prefix: 192.0.2.0/24, sampling: 100}\nsampling_default: 10\nflows: {max: 5000}\n",
    "wrong": "flow:\n  max: many\nflows: {max: -1, max: 2}\ncollector: &a [*a, !!str x]\n",
    "escape": '"flows\\e[2J": 1\nflows: {max: "\\e"}\n',
    "deep": "a: " + "[" * 20 + "]" * 20 + "\n",
    "block": "constants:\n  Region: |\n    one\n    two\n  Other: >-\n    folded\n    text\n",
}
ROWS = {
    "two": '{"TimeGenerated":"2026-11-01T00:00:00Z","SourceIp":"192.0.2.1","NumberOfBytes":5}\n\n{"SourceIp":null}\n',
    "nul": '{"SourceIp":"a\\u0000b"}\r\n',
    "double": '{"SourceIp":"a","SourceIp":"b"}',
    "unknown": '{"SourceIP":"a"}',
    "range": '{"SourcePort":99999999999,"NumberOfBytes":1e999}',
    "deep": "[" * 3000,
    "no-json": '{"SourceIp":\x1b}\n',
}
LISTS = {
    "plain": "Name,Address\nedge,192.0.2.1\ncore,192.0.2.2\n",
    "quoted": '"a ""b""","c,d",\n"x\ny","\'); --",z\n',
    "mark": "\ufeffName;Other\r\n1;2\r\n",
    "same": "a,A,a,,\n1,2,3,4,5\n",
    "ragged": "a,b\n1\n1,2,3\n",
    "empty": "",
    "line": "\n",
}
CONTROL = {"state": "state\n", "two": "memory\ncommit\n", "long": "x" * 300 + "\n", "nul": "a\0b\n", "half": "stat"}


def answers():
    return {"ok": b"ok\nx", "state": b"ok\n8\nWEIRDEC7", "two": b"ok\n8\nWEIRDEC50\n", "less": b"ok\n9\nWEIRDEC5",
            "minus": b"ok\n-1\n", "error": b"error\nno", "no-error": b"error\n",
            "none": b"", "mark": b"ok\n"}  # fmt: skip


def audits():
    whole = audit.message(b"Flows | count", RequestClientApp=b"weir query", State=1, ResponseCode=200, QueryTimeRangeEnd=10**18)
    return {"whole": whole, "bare": audit.message(), "long": audit.message(b"\xc3\xbc" * 2000, Error=b"\0\xff"), "cut": whole[:-1],
            "state": audit.message(State=9), "who": audit.message(Uid=0), "none": b""}  # fmt: skip


def queries():
    """The examples of the page about KQL, with the table that they are about."""
    page = (ROOT / "docs/kql.md").read_text()
    table = page.split("```")[1]
    rows = (re.split(r"(?<!\\) \| ", line) for line in page.splitlines() if line.startswith("| `"))
    examples = (next((cell for cell in row[2:] if cell.startswith("`")), "") for row in rows)
    for number, example in enumerate(filter(None, examples)):
        yield f"example-{number}", table + example.strip("`| ").replace("\\|", "|")


def configurations():
    """The one that the page about it shows, and others."""
    page = (ROOT / "docs/configuration.md").read_text()
    return {**CONFIG, "page": "".join(line[4:] + "\n" for line in page.splitlines() if line.startswith("    "))}


def made_seeds():
    """(target, name, octets)"""
    v9, ipfix, old = v9_datagrams(), ipfix_messages(), old_datagrams()
    mixed = [*v9[1:], *ipfix, *old, sflow.datagram("192.0.2.9", sflow_samples())]
    for target, datagrams in (("v9", v9), ("ipfix", ipfix), ("v5", old), ("decode", mixed)):
        yield target, "all", b"".join(map(part, datagrams))
        yield target, "exchanged", b"".join(part(d, 8) for d in datagrams)
        yield target, "ports", b"".join(part(d, n % 16) for n, d in enumerate(datagrams))
        yield "state", target, bytes([len(datagrams) % 16]) + b"".join(map(part, datagrams)) + b"\0\x40\1"
    yield "state", "raw", b"\0WEIRDEC7"
    yield "sflow", "all", b"".join(sflow_samples())
    yield "sessions", "all", b"\x13" + b"".join(ipfix)
    yield "sessions", "broken", b"\x05" + ipfix[0] + old[0]
    yield "sessions", "short", b"\x02" + ipfix[0] + ipfix[1][:-1]
    yield "messages", "all", b"".join(ipfix)
    yield "messages", "header", ipfix[0] + ipfix[1][:9]
    yield "messages", "short", ipfix[0] + ipfix[1][:-1]
    for name, (link, packets) in frames().items():
        yield "frame", name, bytes([link]) + b"".join(part(p) for p in packets)
    for how in range(4):
        yield "ring", f"how-{how}", bytes([how, 0]) + bytes.fromhex("001001 010055 020300")
    yield "ring", "start", bytes([3, 0]) + bytes.fromhex("001801")  # the position with which it begins
    groups = {"capture": captures(), "template": templates(), "config": configurations(), "rows": ROWS, "watchlist": LISTS,
              "kql": dict(queries()), "control": CONTROL, "answer": answers(), "audit": audits()}  # fmt: skip
    for target, group in groups.items():
        for name, text in group.items():
            yield target, name, text if isinstance(text, bytes) else text.encode()


def packets_of(path):
    """(link type, frames) of a pcap file, or None."""
    octets = path.read_bytes()
    order = {b"\xa1\xb2\xc3\xd4": ">", b"\xd4\xc3\xb2\xa1": "<"}.get(octets[:4])
    if not order:
        return None
    link, at, packets = struct.unpack_from(order + "I", octets, 20)[0], 24, []
    while at + 16 <= len(octets) and len(packets) < FRAMES_MAX:
        length = struct.unpack_from(order + "I", octets, at + 8)[0]
        packets.append(octets[at + 16 : at + 16 + length])
        at += 16 + length
    return link, packets


def payload_of(packet, link):
    """The UDP payload of an IPv4 packet without options, or None."""
    at = {1: 14, 101: 0, 113: 16}.get(link, 14)
    ip = packet[at:]
    return ip[28:] if len(ip) > 28 and ip[0] == 0x45 and ip[9] == 17 else None


def seeds_of_captures(shared):
    for path in sorted(shared.glob("captures/*/*.pcap")):
        name, found = f"{path.parent.name}-{path.stem}", packets_of(path)
        if path.stat().st_size <= CAPTURE_MAX:
            yield "capture", name, path.read_bytes()
        if not found:
            continue
        link, packets = found
        yield "frame", name, b"\1" + b"".join(part(p[:PART_MAX]) for p in packets)
        payloads = [p for p in (payload_of(packet, link) for packet in packets) if p and len(p) <= PART_MAX]
        target = {5: "v5", 9: "v9", 10: "ipfix"}.get(int.from_bytes(payloads[0][:2], "big") if payloads else 0)
        if target:
            yield target, name, b"".join(part(p, n % 2 * 8) for n, p in enumerate(payloads))
            yield "state", name, bytes([min(len(payloads), 15)]) + b"".join(map(part, payloads[:15]))
        if payloads and payloads[0][:4] == bytes([0, 0, 0, 5]):
            yield "sflow", name, payloads[0][28:]
    for path in sorted(shared.glob("kql/cases/*.jsonl")):
        for number, line in enumerate(path.read_text().splitlines()):
            yield "kql", f"{path.stem}-{number}", json.loads(line)["kql"].encode()
    for path in sorted(shared.glob("captures/*/*.ipfix")):
        if path.stat().st_size <= CAPTURE_MAX:
            yield "messages", path.stem, path.read_bytes()
            yield "sessions", path.stem, b"\7" + path.read_bytes()


def main():
    out = Path(sys.argv[1])
    seeds = list(made_seeds())
    if len(sys.argv) > 2:
        seeds += seeds_of_captures(Path(sys.argv[2]))
    for target, name, octets in seeds:
        folder = out / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(octets)
    (out / "made").write_text(f"{len(seeds)} seeds\n")


if __name__ == "__main__":
    main()
