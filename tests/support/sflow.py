"""sflow: makes sFlow v5 datagrams, structure by structure, for tests.

Written from "sFlow Version 5" (sflow.org); it shares nothing with the program that it tests.

    datagram("192.0.2.9", [flow([header(ethernet(ipv4("10.0.0.1", "10.0.0.2", 1000, 443)))])], sequence=7)
"""

import ipaddress
import struct

CHECK_SEQUENCE = 4


def words(*values):
    return struct.pack(f">{len(values)}I", *values)


def opaque(octets):
    return words(len(octets)) + octets + bytes(-len(octets) % 4)


def address(text):
    ip = ipaddress.ip_address(text)
    return words({4: 1, 6: 2}[ip.version]) + ip.packed


def structure(format, body):
    return words(format) + opaque(body)


def ipv4(source, destination, source_port, destination_port, octets=100, protocol=6):
    """The headers of a packet of so many octets."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, octets, 1, 0, 64, protocol, 0)
    transport = struct.pack(">HHIIBBHHH", source_port, destination_port, 1, 2, 0x50, 0x10, 1024, 0, 0)
    return head + ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed + transport


def ethernet(packet, tags=()):
    return bytes(12) + b"".join(struct.pack(">HH", 0x8100, tag) for tag in tags) + b"\x08\x00" + packet


def header(octets, frame_length, protocol=1, stripped=CHECK_SEQUENCE):
    return structure(1, words(protocol, frame_length, stripped) + opaque(octets))


def switch(source_vlan, destination_vlan):
    return structure(1001, words(source_vlan, 0, destination_vlan, 0))


def flow(records, source=3, rate=512, sequence=1, pool=512, drops=0, input=3, output=4):
    head = words(sequence, source, rate, pool, drops, input, output, len(records))
    return structure(1, head + b"".join(records))


def counters(records, source=3, sequence=1):
    return structure(2, words(sequence, source, len(records)) + b"".join(records))


def if_counters(index, in_octets, out_octets):
    words_in, words_out = words(1, 2, 3, 4, 5, 0xFFFFFFFF), words(6, 7, 8, 9, 10, 0)
    return structure(1, words(index, 6) + struct.pack(">Q", 10**9) + words(1, 3) + struct.pack(">Q", in_octets)
                     + words_in + struct.pack(">Q", out_octets) + words_out)


def discarded(records, source=3, sequence=1, reason=258):
    return structure(5, words(sequence, 0, source, 0, 3, 0, reason, len(records)) + b"".join(records))


def datagram(agent, samples, sequence=1, sub_agent=0, uptime=1000):
    head = words(5) + address(agent) + words(sub_agent, sequence, uptime, len(samples))
    return head + b"".join(samples)
