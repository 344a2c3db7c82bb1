"""pcapfile: writes captures of UDP datagrams and reads the packets of captures, for tests.

A datagram is (seconds, source address, source port, destination address, destination port, payload);
packets are raw IP (link type 101) with nanoseconds, checksums right.
"""

import ipaddress
import struct
from fractions import Fraction
from typing import NamedTuple


class Datagram(NamedTuple):
    seconds: float
    src: str
    src_port: int
    dst: str
    dst_port: int
    payload: bytes


def checksum(octets):
    """RFC 1071."""
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_packet(src, dst, protocol, body, ttl=64, tos=0):
    """An IPv4 or IPv6 packet, by the family of its addresses."""
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if src.version == 6:
        first = 6 << 28 | tos << 20
        return struct.pack("!IHBB", first, len(body), protocol, ttl) + src.packed + dst.packed + body
    header = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(body), 0, 0x4000, ttl, protocol, 0)
    header += src.packed + dst.packed
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


def transport_sum(src, dst, protocol, body):
    """The checksum over body and pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1)."""
    src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    return checksum(src.packed + dst.packed + struct.pack("!II", len(body), protocol) + body)


def udp_packet(src, src_port, dst, dst_port, payload, **ip):
    body = struct.pack("!HHHH", src_port, dst_port, 8 + len(payload), 0) + payload
    check = transport_sum(src, dst, 17, body) or 0xFFFF
    return ip_packet(src, dst, 17, body[:6] + struct.pack("!H", check) + body[8:], **ip)


def tcp_packet(src, src_port, dst, dst_port, flags, payload=b"", sequence=0, ack=0, **ip):
    body = struct.pack("!HHIIHHHH", src_port, dst_port, sequence, ack, 5 << 12 | flags, 65535, 0, 0) + payload
    check = transport_sum(src, dst, 6, body)
    return ip_packet(src, dst, 6, body[:16] + struct.pack("!H", check) + body[18:], **ip)


def icmp_packet(src, dst, type, code, payload=b"", **ip):
    """ICMP or ICMPv6."""
    protocol = 58 if ipaddress.ip_address(src).version == 6 else 1
    body = struct.pack("!BBH", type, code, 0) + payload
    check = transport_sum(src, dst, 58, body) if protocol == 58 else checksum(body)
    return ip_packet(src, dst, protocol, body[:2] + struct.pack("!H", check) + body[4:], **ip)


def write_packets(path, packets, link=101):
    """Writes (seconds, packet) of a link type, or (seconds, packet, how many octets were captured)."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link))
        for seconds, packet, *cut in packets:
            ns = round(seconds * 10**9)  # exact where it is a Fraction
            captured = packet[: cut[0]] if cut else packet
            out.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(captured), len(packet)) + captured)


def _read_pcapng(octets):
    """One section; all interfaces are taken for the first one."""
    order = "<" if octets[8:12] == bytes.fromhex("4d3c2b1a") else ">"
    link, unit, packets, at = 0, 10**6, [], 0
    while at + 12 <= len(octets):
        kind, length = struct.unpack(order + "II", octets[at : at + 8])
        body = octets[at + 8 : at + length - 4]
        if at + length > len(octets):
            break
        if kind == 1:  # interface description; its option 9 is the resolution of times
            link, at_option = struct.unpack(order + "H", body[:2])[0], 8
            while at_option + 4 <= len(body):
                code, size = struct.unpack(order + "HH", body[at_option : at_option + 4])
                if code == 9:
                    unit = 10 ** body[at_option + 4]
                at_option += 4 + size + -size % 4
        elif kind == 6:  # enhanced packet
            high, low, kept = struct.unpack(order + "III", body[4:16])
            packets.append((Fraction(high << 32 | low, unit), body[20 : 20 + kept]))
        at += length
    return link, packets


def read_packets(path):
    """The link type and (seconds, packet) pairs of a capture; what is cut at its end is left out."""
    octets = path.read_bytes()
    if octets[:4] == bytes.fromhex("0a0d0d0a"):
        return _read_pcapng(octets)
    magics = {struct.pack(order + "I", magic): (order, unit) for order in "<>"
              for magic, unit in ((0xA1B2C3D4, 10**6), (0xA1B23C4D, 10**9))}
    order, unit = magics[octets[:4]]
    link = struct.unpack(order + "I", octets[20:24])[0] & 0xFFFF
    packets, at = [], 24
    while at + 16 <= len(octets):
        seconds, fraction, kept = struct.unpack(order + "III", octets[at : at + 12])
        if at + 16 + kept > len(octets):
            break
        packets.append((seconds + Fraction(fraction, unit), octets[at + 16 : at + 16 + kept]))
        at += 16 + kept
    return link, packets


def ethernet(packet):
    """An IP packet in an Ethernet frame."""
    ethertype = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return bytes.fromhex("020000000001 020000000002") + struct.pack("!H", ethertype) + packet


def write_ethernet(path, packets):
    """Writes (seconds, IP packet) pairs as Ethernet frames."""
    write_packets(path, ((seconds, ethernet(packet)) for seconds, packet in packets), link=1)


def write(path, datagrams):
    """Writes datagrams; plain tuples will do."""
    write_packets(path, ((d[0], udp_packet(*d[1:])) for d in datagrams))
