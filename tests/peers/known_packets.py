"""known_packets: a capture of packets of every kind, and the flows that they are, worked out by hand.

A flow is (source, destination, protocol, source port or ICMP type, destination port or ICMP code) to
(packets, octets, TCP flags), with ports of 0 where there are none.  Octets are those of the IP packet:
20 of IPv4, 40 of IPv6, then 20 of TCP, 8 of UDP and ICMP, 12 of SCTP; nothing of the link.
"""

import struct

import pcapfile as pcap

START = 1_767_225_600  # 2026-01-01T00:00:00Z
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
SNAP = 60

TCP = {
    ("10.0.0.1", "10.0.0.2", 6, 40001, 443): (4, 40 + 40 + 140 + 40, SYN | ACK | PSH | FIN),
    ("10.0.0.2", "10.0.0.1", 6, 443, 40001): (3, 40 + 1040 + 40, SYN | ACK | PSH | FIN),
    ("10.0.0.1", "10.0.0.2", 6, 40002, 80): (1, 40, SYN | ECE | CWR),
    ("10.0.0.2", "10.0.0.1", 6, 80, 40002): (1, 40, RST | URG),
    ("2001:db8::3", "2001:db8::4", 6, 50000, 22): (1, 60, SYN),
}
PORTS = {
    ("10.0.0.3", "10.0.0.4", 17, 5353, 53): (3, 3 * 50, 0),
    ("10.0.0.8", "10.0.0.9", 132, 3868, 2905): (2, 2 * (20 + 12 + 20), 0),
    ("2001:db8::1", "2001:db8::2", 17, 1000, 2000): (2, 2 * 100, 0),
    # Hop-by-hop and destination options, 8 octets each, count and are passed.
    ("2001:db8::7", "2001:db8::8", 17, 1007, 2007): (1, 40 + 8 + 8 + 8 + 10, 0),
    # An IPv4 header of 24 octets; Ethernet's padding of short frames does not count.
    ("10.0.0.14", "10.0.0.15", 17, 1014, 2014): (1, 24 + 8 + 1, 0),
    # Tags and labels do not count.
    ("10.0.0.20", "10.0.0.21", 17, 1020, 2020): (2, 2 * 40, 0),
    ("2001:db8::20", "2001:db8::21", 17, 1022, 2022): (1, 60, 0),
    ("10.0.0.22", "10.0.0.23", 17, 1023, 2023): (1, 40, 0),
    ("10.0.0.24", "10.0.0.25", 17, 1024, 2024): (1, 40, 0),
    # The first fragments have ports …
    ("10.0.0.16", "10.0.0.17", 17, 1016, 2016): (1, 1500, 0),
    ("2001:db8::16", "2001:db8::17", 17, 1016, 2016): (1, 40 + 8 + 1448, 0),
    # Captured to SNAP octets of 1014.
    ("10.0.0.26", "10.0.0.27", 17, 1026, 2026): (1, 1000, 0),
}  # fmt: skip
ICMP = {
    ("10.0.0.5", "10.0.0.6", 1, 8, 0): (2, 2 * 84, 0),
    ("10.0.0.7", "10.0.0.5", 1, 3, 1): (1, 56, 0),
    ("2001:db8::5", "2001:db8::6", 58, 128, 0): (1, 104, 0),
    ("2001:db8::6", "2001:db8::5", 58, 1, 4): (1, 88, 0),
}
NEITHER = {
    ("10.0.0.10", "10.0.0.11", 47, 0, 0): (1, 20 + 4 + 40, 0),  # GRE: its own header alone is told
    ("10.0.0.12", "10.0.0.13", 50, 0, 0): (2, 2 * 60, 0),  # ESP
    ("2001:db8::12", "2001:db8::13", 50, 0, 0): (1, 80, 0),
    # … and later fragments have none.
    ("10.0.0.16", "10.0.0.17", 17, 0, 0): (1, 20 + 528, 0),
    ("2001:db8::16", "2001:db8::17", 17, 0, 0): (1, 40 + 8 + 560, 0),
    # Captured to the end of IPv4's header.
    ("10.0.0.28", "10.0.0.29", 17, 0, 0): (1, 800, 0),
}
MANY = {(f"10.1.0.{n}", "10.2.0.1", 17, 1000 + n, 53): (n, n * (28 + n), 0) for n in range(1, 51)}
KNOWN = TCP | PORTS | ICMP | NEITHER | MANY

# Flow, by its source, to outer and inner VLAN ID.
TAGGED = {"10.0.0.20": (100, None), "2001:db8::20": (101, None), "10.0.0.22": (300, 301)}
# TTL of the one flow in which it varies.
TTL_OF, TTL = "10.0.0.3", (62, 64)
NOT_IP = 2  # frames


def tagged(frame, *tags):
    """tags: (ethertype, TCI), outermost first."""
    return frame[:12] + b"".join(struct.pack("!HH", *tag) for tag in tags) + frame[12:]


def labelled(frame, *labels):
    """An MPLS stack (RFC 3032 section 2.1); the packet's own ethertype goes."""
    last = len(labels) - 1
    stack = b"".join(struct.pack("!I", label << 12 | (i == last) << 8 | 64) for i, label in enumerate(labels))
    return frame[:12] + b"\x88\x47" + stack + frame[14:]


def fragment4(packet, offset, more):
    """The packet's header, changed to that of a fragment at so many octets."""
    header = packet[:6] + struct.pack("!H", more << 13 | offset // 8) + packet[8:10] + bytes(2) + packet[12:20]
    return header[:10] + struct.pack("!H", pcap.checksum(header)) + header[12:] + packet[20:]


def with_options4(packet):
    """Four octets of no-operation options in the header (RFC 791 section 3.1)."""
    header = b"\x46" + packet[1:2] + struct.pack("!H", len(packet) + 4) + packet[4:10] + bytes(2) + packet[12:20]
    header += b"\x01\x01\x01\x00"
    return header[:10] + struct.pack("!H", pcap.checksum(header)) + header[12:] + packet[20:]


def connection():
    client, server = ("10.0.0.1", 40001), ("10.0.0.2", 443)
    yield pcap.tcp_packet(*client, *server, SYN)
    yield pcap.tcp_packet(*server, *client, SYN | ACK)
    yield pcap.tcp_packet(*client, *server, ACK)
    yield pcap.tcp_packet(*client, *server, PSH | ACK, bytes(100))
    yield pcap.tcp_packet(*server, *client, PSH | ACK, bytes(1000))
    yield pcap.tcp_packet(*client, *server, FIN | ACK)
    yield pcap.tcp_packet(*server, *client, FIN | ACK)
    yield pcap.tcp_packet("10.0.0.1", 40002, "10.0.0.2", 80, SYN | ECE | CWR)
    yield pcap.tcp_packet("10.0.0.2", 80, "10.0.0.1", 40002, RST | URG)
    yield pcap.tcp_packet("2001:db8::3", 50000, "2001:db8::4", 22, SYN)


def with_ports():
    for ttl in (64, 62, 63):
        yield pcap.udp_packet("10.0.0.3", 5353, "10.0.0.4", 53, bytes(22), ttl=ttl)
    for _ in range(2):
        yield pcap.ip_packet("10.0.0.8", "10.0.0.9", 132, struct.pack("!HHII", 3868, 2905, 1, 0) + bytes(20))
        yield pcap.udp_packet("2001:db8::1", 1000, "2001:db8::2", 2000, bytes(52))
    udp = pcap.udp_packet("2001:db8::7", 1007, "2001:db8::8", 2007, bytes(10))[40:]
    padding = bytes((0, 1, 4, 0, 0, 0, 0))  # 8 octets in all, PadN, 4 octets of it
    options = bytes((60,)) + padding + bytes((17,)) + padding
    yield pcap.ip_packet("2001:db8::7", "2001:db8::8", 0, options + udp)
    yield with_options4(pcap.udp_packet("10.0.0.14", 1014, "10.0.0.15", 2014, bytes(1)))
    for n in range(1, 51):
        for _ in range(n):
            yield pcap.udp_packet(f"10.1.0.{n}", 1000 + n, "10.2.0.1", 53, bytes(n))


def without_ports():
    for _ in range(2):
        yield pcap.icmp_packet("10.0.0.5", "10.0.0.6", 8, 0, bytes(4 + 56))
        yield pcap.ip_packet("10.0.0.12", "10.0.0.13", 50, bytes(40))
    yield pcap.icmp_packet("10.0.0.7", "10.0.0.5", 3, 1, bytes(4 + 28))
    yield pcap.icmp_packet("2001:db8::5", "2001:db8::6", 128, 0, bytes(4 + 56))
    yield pcap.icmp_packet("2001:db8::6", "2001:db8::5", 1, 4, bytes(4 + 40))
    yield pcap.ip_packet("2001:db8::12", "2001:db8::13", 50, bytes(40))
    inner = pcap.udp_packet("192.168.0.1", 1, "192.168.0.2", 2, bytes(12))
    yield pcap.ip_packet("10.0.0.10", "10.0.0.11", 47, b"\x00\x00\x08\x00" + inner)


def fragments():
    datagram = pcap.udp_packet("10.0.0.16", 1016, "10.0.0.17", 2016, bytes(2000))[20:]
    for offset, part, more in ((0, datagram[:1480], True), (1480, datagram[1480:], False)):
        yield fragment4(pcap.ip_packet("10.0.0.16", "10.0.0.17", 17, part), offset, more)
    datagram = pcap.udp_packet("2001:db8::16", 1016, "2001:db8::17", 2016, bytes(2000))[40:]
    for offset, part, more in ((0, datagram[:1448], 1), (1448, datagram[1448:], 0)):
        header = struct.pack("!BBHI", 17, 0, offset | more, 7)
        yield pcap.ip_packet("2001:db8::16", "2001:db8::17", 44, header + part)


def frames():
    """(frame, octets captured of it)."""
    for packet in (*connection(), *with_ports(), *without_ports(), *fragments()):
        frame = pcap.ethernet(packet)
        yield frame + bytes(max(0, SNAP - len(frame))), None
    plain = pcap.ethernet(pcap.udp_packet("10.0.0.20", 1020, "10.0.0.21", 2020, bytes(12)))
    yield tagged(plain, (0x8100, 100)), None
    yield tagged(plain, (0x8100, 5 << 13 | 100)), None  # a priority is no other VLAN
    plain = pcap.ethernet(pcap.udp_packet("2001:db8::20", 1022, "2001:db8::21", 2022, bytes(12)))
    yield tagged(plain, (0x9100, 101)), None
    plain = pcap.ethernet(pcap.udp_packet("10.0.0.22", 1023, "10.0.0.23", 2023, bytes(12)))
    yield tagged(plain, (0x88A8, 300), (0x8100, 301), (0x8100, 302)), None  # the outer two are told
    plain = pcap.ethernet(pcap.udp_packet("10.0.0.24", 1024, "10.0.0.25", 2024, bytes(12)))
    yield tagged(labelled(plain, 16, 17)), None
    yield pcap.ethernet(pcap.udp_packet("10.0.0.26", 1026, "10.0.0.27", 2026, bytes(972))), SNAP
    yield pcap.ethernet(pcap.udp_packet("10.0.0.28", 1028, "10.0.0.29", 2028, bytes(772))), 14 + 20
    arp = bytes.fromhex("ffffffffffff 020000000002 0806 0001080006040001") + bytes(20)
    for _ in range(NOT_IP):
        yield arp + bytes(SNAP - len(arp)), None


# A flow of one packet, which stands second and is some seconds older than the first.
EARLY, EARLIER_S = 7, 2


def timed():
    """(seconds, frame, octets captured): a hundredth of a second apart, but for one."""
    packets = [(START + EARLIER_S + n / 100, *frame) for n, frame in enumerate(frames())]
    _, *early = packets.pop(EARLY)
    return [packets[0], (START, *early), *packets[1:]]


FRAMES = len(timed())
END = START + EARLIER_S + (FRAMES - NOT_IP - 1) / 100  # when the last flow ends


def write(path):
    pcap.write_packets(path, timed(), link=1)
