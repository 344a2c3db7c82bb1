#!/usr/bin/env python3
"""Do we count what softflowd exports of traffic that is known to the octet?

    test_softflowd.py WEIR

A capture of known packets is made here; softflowd reads it and exports NetFlow v5, v9 and IPFIX to a
loopback port, where what it sends is recorded.  Of that record `weir import` and `weir query`,
nfcapd and nfdump, and tshark must all tell, for every flow, the packets, octets and TCP flags that
were worked out by hand.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import pcapfile as pcap  # noqa: E402
import tap  # noqa: E402

TIMEOUT_S = 60
START = 1_767_225_600  # 2026-01-01T00:00:00Z
SYN, FIN, PSH, ACK = 2, 1, 8, 16
EXPORTER, COLLECTOR_PORT = "192.0.2.1", 2055

# Flow (source, destination, protocol, source port or ICMP type, destination port or ICMP code) to
# (packets, octets, TCP flags).  Octets are IP's: 20 or 40, and 20 of TCP, 8 of UDP and ICMP.
KNOWN4 = {
    ("10.0.0.1", "10.0.0.2", 6, 40001, 443): (4, 40 + 40 + 140 + 40, SYN | ACK | PSH | FIN),
    ("10.0.0.2", "10.0.0.1", 6, 443, 40001): (3, 40 + 1040 + 40, SYN | ACK | PSH | FIN),
    ("10.0.0.3", "10.0.0.4", 17, 5353, 53): (3, 3 * 50, 0),
    ("10.0.0.5", "10.0.0.6", 1, 8, 0): (2, 2 * 84, 0),
    ("10.0.0.7", "10.0.0.5", 1, 3, 1): (1, 56, 0),
} | {(f"10.1.0.{n}", "10.2.0.1", 17, 1000 + n, 53): (n, n * (28 + n), 0) for n in range(1, 51)}
KNOWN6 = {
    ("2001:db8::1", "2001:db8::2", 17, 1000, 2000): (2, 2 * 100, 0),
    ("2001:db8::3", "2001:db8::4", 6, 50000, 22): (1, 60, SYN),
    ("2001:db8::5", "2001:db8::6", 58, 128, 0): (1, 104, 0),
}
# nfdump 1.7 does not read icmpTypeCodeIPv6 (139) of version 9.
UNREAD_BY_NFDUMP = {"9": {("2001:db8::5", "2001:db8::6", 58, 128, 0): ("2001:db8::5", "2001:db8::6", 58, 0, 0)}}
PROTOCOLS = {"5": "NetFlow v5", "9": "NetFlow v9", "10": "IPFIX"}


def packets():
    """The packets of the flows above."""
    client, server = ("10.0.0.1", 40001), ("10.0.0.2", 443)
    yield pcap.tcp_packet(*client, *server, SYN)
    yield pcap.tcp_packet(*server, *client, SYN | ACK)
    yield pcap.tcp_packet(*client, *server, ACK)
    yield pcap.tcp_packet(*client, *server, PSH | ACK, bytes(100))
    yield pcap.tcp_packet(*server, *client, PSH | ACK, bytes(1000))
    yield pcap.tcp_packet(*client, *server, FIN | ACK)
    yield pcap.tcp_packet(*server, *client, FIN | ACK)
    for _ in range(3):
        yield pcap.udp_packet("10.0.0.3", 5353, "10.0.0.4", 53, bytes(22))
    for _ in range(2):
        yield pcap.icmp_packet("10.0.0.5", "10.0.0.6", 8, 0, bytes(4 + 56))
        yield pcap.udp_packet("2001:db8::1", 1000, "2001:db8::2", 2000, bytes(52))
    yield pcap.icmp_packet("10.0.0.7", "10.0.0.5", 3, 1, bytes(4 + 28))
    yield pcap.tcp_packet("2001:db8::3", 50000, "2001:db8::4", 22, SYN)
    yield pcap.icmp_packet("2001:db8::5", "2001:db8::6", 128, 0, bytes(4 + 56))
    for n in range(1, 51):
        for _ in range(n):
            yield pcap.udp_packet(f"10.1.0.{n}", 1000 + n, "10.2.0.1", 53, bytes(n))


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def exported(traffic, version, work):
    """The datagrams that softflowd sends for this capture."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        sink.settimeout(1)
        to = f"127.0.0.1:{sink.getsockname()[1]}"
        run("softflowd", "-d", "-r", traffic, "-n", to, "-v", version, "-c", "none", "-p", work / "pid")
        datagrams = []
        try:
            while True:
                datagrams.append(sink.recv(65535))
        except TimeoutError:
            return datagrams


def add(flows, key, packets, octets, flags):
    """Exporters may send a flow in several records."""
    before = flows.get(key, (0, 0, 0))
    flows[key] = (before[0] + packets, before[1] + octets, before[2] | flags)


def weir_flows(program, capture, work):
    workspace = work / "workspace"
    where = ["--workspace", workspace, "--format", "json"]
    counts = json.loads(run(program, "import", *where, capture))
    if counts["malformed"] or counts["sets_without_template"]:
        raise RuntimeError(f"weir import: {counts}")
    kql = (
        "Flows | project SourceIp, DestinationIp, Protocol, coalesce(SourcePort, IcmpType),"
        " coalesce(DestinationPort, IcmpCode), NumberOfPackets, NumberOfBytes, TcpFlag"
    )
    flows = {}
    for row in json.loads(run(program, "query", *where, kql))["tables"][0]["rows"]:
        add(flows, tuple(row[:5]), row[5], row[6], row[7] or 0)
    return flows


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def nfdump_flows(datagrams, work):
    into, port = work / "nfcapd", free_port()
    into.mkdir()
    daemon = subprocess.Popen(
        ["nfcapd", "-b", "127.0.0.1", "-p", str(port), "-w", into],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        time.sleep(0.5)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for datagram in datagrams:
                sock.sendto(datagram, ("127.0.0.1", port))
        time.sleep(0.5)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(TIMEOUT_S)
    flows = {}
    for r in json.loads(run("nfdump", "-R", into, "-o", "json")):
        src, dst = (r.get(f"{end}4_addr") or r[f"{end}6_addr"] for end in ("src", "dst"))
        is_icmp = r["proto"] in (1, 58)
        ends = (r["icmp_type"], r["icmp_code"]) if is_icmp else (r["src_port"], r["dst_port"])
        flags = "".join("0" if c == "." else "1" for c in r["tcp_flags"]) if "tcp_flags" in r else "0"
        add(flows, (src, dst, r["proto"], *ends), r["in_packets"], r["in_bytes"], int(flags, 2))
    return flows


def tshark_record(fields):
    """Key and counts of one record, by tshark's field names."""
    src, dst = (fields.get(f"{end}addr") or fields[f"{end}addrv6"] for end in ("src", "dst"))
    protocol = int(fields["protocol"])
    ends = int(fields.get("srcport", 0)), int(fields.get("dstport", 0))
    if protocol in (1, 58):
        version = 4 if protocol == 1 else 6
        both = int(fields.get(f"icmp_type_code_ipv{version}", str(ends[1])), 0)
        ends = both >> 8, both & 0xFF
        if f"icmp_ipv{version}_type" in fields:
            ends = int(fields[f"icmp_ipv{version}_type"]), int(fields[f"icmp_ipv{version}_code"])
    flags = int(fields.get("tcpflags", "0"), 0)
    return (src, dst, protocol, *ends), int(fields["packets"]), int(fields["octets"]), flags


def tshark_flows(capture):
    out = run("tshark", "-r", capture, "-d", f"udp.port=={COLLECTOR_PORT},cflow", "-T", "pdml")
    flows = {}
    for element in xml.fromstring(out).iter("field"):
        fields = {f.get("name").removeprefix("cflow."): f.get("show") for f in element.findall("field")}
        if "srcaddr" in fields or "srcaddrv6" in fields:
            add(flows, *tshark_record(fields))
    return flows


def differences(found, known):
    for key in sorted(set(found) | set(known), key=str):
        if found.get(key) != known.get(key):
            yield f"{key}: {found.get(key)} instead of {known.get(key)}"


def check(out, name, found, known):
    out.result(found == known, name, list(differences(found, known))[:20])


def one_version(out, program, version, traffic, work):
    work.mkdir()
    known = KNOWN4 if version == "5" else KNOWN4 | KNOWN6
    datagrams = exported(traffic, version, work)
    capture = work / "exported.pcap"
    pcap.write(
        capture,
        [(START + n / 10, EXPORTER, 40000, "192.0.2.2", COLLECTOR_PORT, d) for n, d in enumerate(datagrams)],
    )
    what = PROTOCOLS[version]
    check(out, f"tshark reads the known flows from softflowd's {what}", tshark_flows(capture), known)
    to_nfdump = {UNREAD_BY_NFDUMP.get(version, {}).get(key, key): flow for key, flow in known.items()}
    check(out, f"nfdump stores the known flows from softflowd's {what}", nfdump_flows(datagrams, work), to_nfdump)
    check(out, f"weir stores the known flows from softflowd's {what}", weir_flows(program, capture, work), known)


def main(program):
    missing = [tool for tool in ("softflowd", "nfcapd", "nfdump", "tshark") if not shutil.which(tool)]
    if missing:
        return tap.skip_all(f"{', '.join(missing)} not installed")
    os.environ["TZ"] = "UTC"
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        traffic = Path(work) / "traffic.pcap"
        pcap.write_ethernet(traffic, ((START + n / 1000, p) for n, p in enumerate(packets())))
        for version in PROTOCOLS:
            one_version(out, program, version, traffic, Path(work) / version)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
