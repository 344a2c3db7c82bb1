"""references: what tshark, nfdump and a plain walk over the sets saw in a capture.

Reads expected/NAME.ref.json beside a capture and brings the decoders' own names and forms to those
of `weir decode`: IANA's element names, numbers, addresses as text, times in ticks of 100 ns.
"""

import calendar
import ipaddress
import re
import time

TICKS_PER_SECOND = 10**7
TICKS_PER_MS = 10**4

# The fields by which traffic is known: tshark's name, the IANA elements that it may stand for, and
# how its text becomes a value.
number = int
address = lambda text: str(ipaddress.ip_address(text))  # noqa: E731
hexadecimal = lambda text: int(str(text), 0)  # noqa: E731
milliseconds = lambda text: round(float(text) * 1000)  # noqa: E731


def tshark_time(text):
    """"Jun  4, 2023 08:39:53.216000000 UTC" in ticks since 1970."""
    day, fraction = re.fullmatch(r"(.*)\.(\d{9}) UTC", text).groups()
    return calendar.timegm(time.strptime(day, "%b %d, %Y %H:%M:%S")) * TICKS_PER_SECOND + int(fraction) // 100


def iso_time(text):
    """"2023-06-04T08:39:53.216Z" in ticks since 1970."""
    day, _, fraction = text.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(day, "%Y-%m-%dT%H:%M:%S"))
    return seconds * TICKS_PER_SECOND + int((fraction + "0000000")[:7])


def derive(record):
    """Adds to a record of weir what a decoder may show of it under another name."""
    fields = record["fields"]
    for version in ("IPv4", "IPv6"):
        both = fields.get(f"icmpTypeCode{version}")
        if isinstance(both, int):
            fields.setdefault(f"icmpType{version}", both >> 8)
            fields.setdefault(f"icmpCode{version}", both & 0xFF)
    for which in ("Start", "End"):
        fields[f"flow{which}"] = flow_time(record, which)
    for number, (name, read) in ASA_ELEMENTS.items():
        if f"e0id{number}" in fields:
            fields.setdefault(name, read(bytes.fromhex(fields[f"e0id{number}"])))


def flow_time(record, which):
    """All absolute times that a record tells, else the one that counts back from the export time;
    an uptime of zero is 1970 to tshark."""
    fields = record["fields"]
    units = ("Seconds", "Milliseconds", "Microseconds", "Nanoseconds")
    times = [iso_time(fields[f"flow{which}{u}"]) for u in units if fields.get(f"flow{which}{u}")]
    delta = fields.get(f"flow{which}DeltaMicroseconds")
    if delta is not None:
        times.append(iso_time(record["exportTime"]) - delta * 10)
    return times or [0] * (fields.get(f"flow{which}SysUpTime") == 0)


# Field types of Cisco's ASA before IANA had elements for them ("NetFlow Secure Event Logging").
ASA_ELEMENTS = {
    40001: ("postNATSourceIPv4Address", address),
    40002: ("postNATDestinationIPv4Address", address),
    40003: ("postNAPTSourceTransportPort", lambda octets: int.from_bytes(octets, "big")),
    40004: ("postNAPTDestinationTransportPort", lambda octets: int.from_bytes(octets, "big")),
    40005: ("firewallEvent", lambda octets: int.from_bytes(octets, "big")),
}


TSHARK_FIELDS = {
    "srcaddr": (("sourceIPv4Address",), address),
    "dstaddr": (("destinationIPv4Address",), address),
    "srcaddrv6": (("sourceIPv6Address",), address),
    "dstaddrv6": (("destinationIPv6Address",), address),
    "nexthop": (("ipNextHopIPv4Address",), address),
    "nexthopv6": (("ipNextHopIPv6Address",), address),
    "bgpnexthop": (("bgpNextHopIPv4Address",), address),
    "bgpnexthopv6": (("bgpNextHopIPv6Address",), address),
    "srcport": (("sourceTransportPort",), number),
    "dstport": (("destinationTransportPort",), number),
    "protocol": (("protocolIdentifier",), number),
    "tos": (("ipClassOfService",), hexadecimal),
    "tcpflags": (("tcpControlBits",), hexadecimal),
    "octets": (("octetDeltaCount",), number),
    "packets": (("packetDeltaCount",), number),
    "permanent_octets": (("octetTotalCount",), number),
    "permanent_packets": (("packetTotalCount",), number),
    "post_octets": (("postOctetDeltaCount",), number),
    "post_packets": (("postPacketDeltaCount",), number),
    "initiator_octets": (("initiatorOctets",), number),
    "responder_octets": (("responderOctets",), number),
    "delta_octets_squared": (("octetDeltaSumOfSquares",), number),
    "inputint": (("ingressInterface",), number),
    "outputint": (("egressInterface",), number),
    "srcas": (("bgpSourceAsNumber",), number),
    "dstas": (("bgpDestinationAsNumber",), number),
    "srcmask": (("sourceIPv4PrefixLength",), number),
    "dstmask": (("destinationIPv4PrefixLength",), number),
    "srcmaskv6": (("sourceIPv6PrefixLength",), number),
    "dstmaskv6": (("destinationIPv6PrefixLength",), number),
    "vlanid": (("vlanId",), number),
    "dot1q_vlan_id": (("dot1qVlanId",), number),
    "dot1q_customer_vlan_id": (("dot1qCustomerVlanId",), number),
    "ingress_vrfid": (("ingressVRFID",), number),
    "egress_vrfid": (("egressVRFID",), number),
    "direction": (("flowDirection",), number),
    "sampling_interval": (("samplingInterval",), number),
    "sampler_id": (("samplerId",), number),
    "nat_event": (("natEvent",), number),
    "firewall_event": (("firewallEvent",), number),
    "post_natsource_ipv4_address": (("postNATSourceIPv4Address",), address),
    "post_natdestination_ipv4_address": (("postNATDestinationIPv4Address",), address),
    "post_naptsource_transport_port": (("postNAPTSourceTransportPort",), number),
    "post_naptdestination_transport_port": (("postNAPTDestinationTransportPort",), number),
    "icmp_type_code_ipv4": (("icmpTypeCodeIPv4",), hexadecimal),
    "icmp_ipv4_type": (("icmpTypeIPv4",), number),
    "icmp_ipv4_code": (("icmpCodeIPv4",), number),
    "icmp_ipv6_type": (("icmpTypeIPv6",), number),
    "icmp_ipv6_code": (("icmpCodeIPv6",), number),
    "timestart": (("flowStartSysUpTime",), milliseconds),
    "timeend": (("flowEndSysUpTime",), milliseconds),
    "abstimestart": (("flowStart",), tshark_time),
    "abstimeend": (("flowEnd",), tshark_time),
}


def nfdump_flags(text):
    """"...AP..." is CWR ECE URG ACK PSH RST SYN FIN from left to right."""
    return int("".join("0" if c == "." else "1" for c in text), 2)


COUNTED_OCTETS = ("octetDeltaCount", "octetTotalCount", "postOctetDeltaCount", "layer2OctetDeltaCount")
COUNTED_PACKETS = ("packetDeltaCount", "packetTotalCount", "postPacketDeltaCount")

NFDUMP_FIELDS = {
    "src4_addr": (("sourceIPv4Address",), address),
    "dst4_addr": (("destinationIPv4Address",), address),
    "src6_addr": (("sourceIPv6Address",), address),
    "dst6_addr": (("destinationIPv6Address",), address),
    "src_port": (("sourceTransportPort",), number),
    "dst_port": (("destinationTransportPort",), number),
    "proto": (("protocolIdentifier",), number),
    "src_tos": (("ipClassOfService",), number),
    "tcp_flags": (("tcpControlBits",), nfdump_flags),
    "in_bytes": (COUNTED_OCTETS + ("initiatorOctets",), number),
    "in_packets": (COUNTED_PACKETS, number),
    "input_snmp": (("ingressInterface",), number),
    "output_snmp": (("egressInterface",), number),
    "src_as": (("bgpSourceAsNumber",), number),
    "dst_as": (("bgpDestinationAsNumber",), number),
    "src4_xlt_ip": (("postNATSourceIPv4Address",), address),
    "dst4_xlt_ip": (("postNATDestinationIPv4Address",), address),
}


def key_of(exporter, domain, template):
    """One name for a stream of records; version 5 has neither domain (to tshark) nor template."""
    return f"{exporter}/v5" if str(template) == "v5" else f"{exporter}/{domain}/{template}"


def counts_by_key(counts):
    by_key = {}
    for name, n in counts.items():
        key = key_of(*name.split("/"))
        by_key[key] = by_key.get(key, 0) + n
    return by_key


def is_netflow(reference):
    versions = reference.get("tshark", {}).get("versions", {})
    return "flow_records" in reference.get("tshark", {}) and bool(set(versions) & {"5", "9", "10"})


def is_sflow(reference):
    return "sample_types" in reference.get("tshark", {})


def tshark_records(reference):
    """(key, fields) of the first flow records; options records left out."""
    tshark = reference["tshark"]
    options = {key_of(*name.split("/")) for name in tshark["options_template_ids"]}
    for record in tshark["first_records"]:
        key = key_of(record["exporter"], record["domain"], record["template"])
        if key not in options:
            yield key, record["fields"]


def tshark_is_complete(reference):
    tshark = reference["tshark"]
    return len(tshark["first_records"]) == tshark["flow_records"] + tshark["options_records"]


def nfdump_sum(reference, item):
    """nfdump's own total adds the other direction (out_bytes) to the first; where all its records are
    here, the first alone is added up."""
    nfdump = reference.get("nfdump")
    if not nfdump:
        return None
    if len(nfdump["first_records"]) < nfdump["records_stored"]:
        return nfdump[item]
    return sum(record.get(f"in_{item}", 0) for record in nfdump["first_records"])


NO_TIME = "1970-01-01T00:00:00.000"


def nfdump_times(reference):
    """Milliseconds of the earliest and the latest packet, or (None, None) where nfdump's records are
    not all here.  1970 is its way of writing that there was no time, and of uptimes in IPFIX it calls
    the first the last, so both fields are looked at for both."""
    nfdump = reference.get("nfdump", {})
    records = nfdump.get("first_records", [])
    if len(records) < nfdump.get("records_stored", 0):
        return None, None
    told = {
        name: [iso_time(r[name]) // TICKS_PER_MS for r in records if r.get(name, NO_TIME) != NO_TIME]
        for name in ("first", "last")
    }
    times = told["first"] + told["last"]
    return told["first"] and min(times), told["last"] and max(times)


def tshark_sum(reference, names):
    """The sum over all flow records of the first of these fields that each has; of a repeated field
    its first value, as the others are of the other direction or layer."""
    total = 0
    for _, fields in tshark_records(reference):
        value = next((fields[name] for name in names if name in fields), 0)
        total += value[0] if isinstance(value, list) else value
    return total
