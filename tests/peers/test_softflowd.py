#!/usr/bin/env python3
"""Do we count what softflowd exports of traffic that is known to the octet?

    test_softflowd.py WEIR

A capture of known packets is made here; softflowd reads it and exports NetFlow v5, v9 and IPFIX to a
loopback port, where what it sends is recorded.  Of that record `weir import` and `weir query`,
nfcapd and nfdump, and tshark must all tell, for every flow, the packets, octets and TCP flags that
were worked out by hand.
"""

import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import pcapfile as pcap  # noqa: E402
import tap  # noqa: E402
from referees import COLLECTOR_PORT, check, nfdump_flows, nfdump_records, run, tshark_flows, weir_flows  # noqa: E402

START = 1_767_225_600  # 2026-01-01T00:00:00Z
SYN, FIN, PSH, ACK = 2, 1, 8, 16
EXPORTER = "192.0.2.1"

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
# softflowd 1.1 counts IPFIX records wrongly in its sequence.
MISNUMBERED = r"Sequence Errors: \d+"
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
    found = nfdump_flows(nfdump_records(datagrams, work, excused=MISNUMBERED))
    check(out, f"nfdump stores the known flows from softflowd's {what}", found, to_nfdump)
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
