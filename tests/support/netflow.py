"""netflow: makes NetFlow v5, v9 and IPFIX datagrams, field by field, for tests.

Written from RFC 3954, RFC 7011 and Cisco's description of version 5; it shares nothing with the
program that it tests.  Lengths and counts are worked out unless given, so that a test can also lie.

    template = Template(256, [(8, 4), (12, 4), (1, 8), (2, 8)])
    datagram = v9([v9_templates([template]), data(template, [("192.0.2.1", "192.0.2.2", 1500, 1)])],
                  secs=1_700_000_000, source_id=7)

A value is an int, bytes, a str holding an address, or, in a field of variable length, bytes or text.
"""

import ipaddress
import struct
from dataclasses import dataclass

VARIABLE = 65535


@dataclass(frozen=True)
class Template:
    """Fields are (element, length) or (element, length, enterprise number); the first `scopes` are
    scope fields, which makes it an options template.  v9's scope fields hold scope types."""

    id: int
    fields: tuple
    scopes: int = 0

    def __init__(self, id, fields, scopes=0):
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "fields", tuple(tuple(f) for f in fields))
        object.__setattr__(self, "scopes", scopes)


def _bytes_of(value, length):
    if isinstance(value, int):
        return value.to_bytes(length, "big")
    if isinstance(value, str):
        value = ipaddress.ip_address(value).packed
    if len(value) != length:
        raise ValueError(f"{value!r} is not {length} octets")
    return value


def _variable(value):
    """RFC 7011 section 7: one octet of length below 255, else 255 and two octets."""
    value = value.encode() if isinstance(value, str) else bytes(value)
    if len(value) < 255:
        return bytes([len(value)]) + value
    return b"\xff" + struct.pack("!H", len(value)) + value


def record(template, values):
    """The octets of one data record."""
    if len(values) != len(template.fields):
        raise ValueError(f"{len(values)} values for {len(template.fields)} fields")
    return b"".join(
        _variable(value) if field[1] == VARIABLE else _bytes_of(value, field[1])
        for field, value in zip(template.fields, values)
    )


def set_of(id, body, pad_to=4, length=None):
    """A set (v9: FlowSet) padded with zeros to a multiple of pad_to octets."""
    body += bytes(-len(body) % pad_to)
    return struct.pack("!HH", id, 4 + len(body) if length is None else length) + body


def data(template, rows, pad_to=4):
    """A data set of these rows of values."""
    return set_of(template.id, b"".join(record(template, row) for row in rows), pad_to)


def _v9_fields(fields):
    return b"".join(struct.pack("!HH", *f) for f in fields)


def v9_templates(templates):
    """A template FlowSet, RFC 3954 section 5.2."""
    return set_of(
        0, b"".join(struct.pack("!HH", t.id, len(t.fields)) + _v9_fields(t.fields) for t in templates)
    )


def v9_options_templates(templates):
    """An options template FlowSet, RFC 3954 section 6.1: lengths are in octets."""
    return set_of(
        1,
        b"".join(
            struct.pack("!HHH", t.id, 4 * t.scopes, 4 * (len(t.fields) - t.scopes))
            + _v9_fields(t.fields)
            for t in templates
        ),
    )


def v9(sets, secs, *, count=0, uptime=0, sequence=0, source_id=0):
    """An export packet, RFC 3954 section 5.1.  `count` should be that of its records; nothing here
    or in the wild relies on it."""
    return struct.pack("!HHIIII", 9, count, uptime, secs, sequence, source_id) + b"".join(sets)


def _ipfix_field(element, length, pen=0):
    if pen:
        return struct.pack("!HHI", element | 0x8000, length, pen)
    return struct.pack("!HH", element, length)


def ipfix_templates(templates):
    """A template set, RFC 7011 section 3.4.1."""
    return set_of(
        2,
        b"".join(
            struct.pack("!HH", t.id, len(t.fields)) + b"".join(_ipfix_field(*f) for f in t.fields)
            for t in templates
        ),
    )


def ipfix_options_templates(templates):
    """An options template set, RFC 7011 section 3.4.2.2."""
    return set_of(
        3,
        b"".join(
            struct.pack("!HHH", t.id, len(t.fields), t.scopes)
            + b"".join(_ipfix_field(*f) for f in t.fields)
            for t in templates
        ),
    )


def basic_list(semantic, field, values):
    """The octets of a basicList, RFC 6313 section 4.5.1; field as a template has it."""
    octets = b"".join(record(Template(0, [field]), [value]) for value in values)
    element, length, *pen = field
    head = struct.pack("!HHI", element | 0x8000, length, *pen) if pen else struct.pack("!HH", element, length)
    return bytes([semantic]) + head + octets


def template_list(semantic, template, rows):
    """The octets of a subTemplateList, section 4.5.2."""
    return struct.pack("!BH", semantic, template.id) + b"".join(record(template, row) for row in rows)


def template_multi_list(semantic, groups):
    """The octets of a subTemplateMultiList of (template, rows), section 4.5.3."""
    lists = [(t.id, b"".join(record(t, row) for row in rows)) for t, rows in groups]
    return bytes([semantic]) + b"".join(struct.pack("!HH", id, 4 + len(o)) + o for id, o in lists)


def ipfix(sets, secs, *, sequence=0, domain=0, length=None):
    """A message, RFC 7011 section 3.1."""
    body = b"".join(sets)
    return struct.pack("!HHIII", 10, 16 + len(body) if length is None else length, secs, sequence, domain) + body


@dataclass
class V5Record:
    """One record of version 5; octets 36 and 46 to 47 of its 48 are padding."""

    src: str
    dst: str
    nexthop: str = "0.0.0.0"
    input: int = 0
    output: int = 0
    packets: int = 1
    octets: int = 40
    first: int = 0
    last: int = 0
    src_port: int = 0
    dst_port: int = 0
    tcp_flags: int = 0
    protocol: int = 6
    tos: int = 0
    src_as: int = 0
    dst_as: int = 0
    src_mask: int = 0
    dst_mask: int = 0

    def octets_of(self):
        addresses = b"".join(ipaddress.IPv4Address(a).packed for a in (self.src, self.dst, self.nexthop))
        return addresses + struct.pack(
            "!HHIIIIHHxBBBHHBBxx",
            self.input, self.output, self.packets, self.octets, self.first, self.last,
            self.src_port, self.dst_port, self.tcp_flags, self.protocol, self.tos,
            self.src_as, self.dst_as, self.src_mask, self.dst_mask,
        )  # fmt: skip


def v5(records, secs, *, nsecs=0, uptime=0, sequence=0, engine_type=0, engine_id=0, sampling=0, count=None):
    """A version 5 datagram: `sampling` is 2 bits of mode and 14 of interval."""
    header = struct.pack(
        "!HHIIIIBBH", 5, len(records) if count is None else count, uptime, secs, nsecs, sequence,
        engine_type, engine_id, sampling,
    )  # fmt: skip
    return header + b"".join(r.octets_of() for r in records)
