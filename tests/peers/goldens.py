"""goldens: what the repositories that captures come from expect of them.

Reads expected/NAME.golden.* beside a capture's reference: logstash's events, pmacct's and telegraf's
flows.  Each expected record becomes a dictionary of IANA's names and values; `missing` tells which of
them no record of weir's is.
"""

import json
import re

from references import address

V9_NAMES = {
    "ipv4_src_addr": "sourceIPv4Address",
    "ipv4_dst_addr": "destinationIPv4Address",
    "ipv6_src_addr": "sourceIPv6Address",
    "ipv6_dst_addr": "destinationIPv6Address",
    "ipv4_next_hop": "ipNextHopIPv4Address",
    "l4_src_port": "sourceTransportPort",
    "l4_dst_port": "destinationTransportPort",
    "protocol": "protocolIdentifier",
    "in_bytes": "octetDeltaCount",
    "in_pkts": "packetDeltaCount",
    "input_snmp": "ingressInterface",
    "output_snmp": "egressInterface",
    "tcp_flags": "tcpControlBits",
    "src_tos": "ipClassOfService",
    "src_as": "bgpSourceAsNumber",
    "dst_as": "bgpDestinationAsNumber",
    "src_mask": "sourceIPv4PrefixLength",
    "dst_mask": "destinationIPv4PrefixLength",
}
PMACCT_NAMES = {
    "port_src": "sourceTransportPort",
    "port_dst": "destinationTransportPort",
    "bytes": "octetDeltaCount",
    "packets": "packetDeltaCount",
    "iface_in": "ingressInterface",
    "iface_out": "egressInterface",
    "tos": "ipClassOfService",
}
TELEGRAF_NAMES = {
    "src_port": "sourceTransportPort",
    "dst_port": "destinationTransportPort",
    "in_bytes": "octetDeltaCount",
    "in_packets": "packetDeltaCount",
    "in_total_bytes": "octetTotalCount",
    "in_total_packets": "packetTotalCount",
    "in_snmp": "ingressInterface",
    "out_snmp": "egressInterface",
}


def pair(fields, source, destination):
    """Addresses under the names of their family."""
    named = {}
    for key, name in ((source, "source"), (destination, "destination")):
        if fields.get(key):
            named[f"{name}IPv{6 if ':' in fields[key] else 4}Address"] = address(fields[key])
    return named


def of_logstash(text, elements):
    """The number of all events, and those that are spelled out: names are the codec's in versions 5 and 9 and
    IANA's in IPFIX; times and texts are not compared."""
    golden = json.loads(text)
    records = []
    for event in golden["events"]:
        named = {V9_NAMES.get(name, name): value for name, value in event["netflow"].items()}
        values = {name: address(value) if "Address" in name else value for name, value in named.items()
                  if name in elements and (type(value) is int or re.search("IPv[46]Address$", name))
                  and not re.search("Time[A-Z][a-z]+seconds$", name)}
        records.append(values)
    return golden["expected_events_total"], records


def of_pmacct(text, _):
    lines = [json.loads(line) for line in text.splitlines()]
    flows = [line for line in lines if "ip_src" in line]
    return None, [pair(line, "ip_src", "ip_dst") | {PMACCT_NAMES[name]: line[name] for name in PMACCT_NAMES if name in line}
                  for line in flows]


def of_telegraf(text, _):
    records = []
    for line in text.splitlines():
        fields = dict(re.findall(r'(\w+)=("[^"]*"|[^, ]+)', line))
        fields = {name: value.strip('"') for name, value in fields.items()}
        if line.startswith("netflow,"):
            records.append(pair(fields, "src", "dst") | {TELEGRAF_NAMES[name]: int(fields[name].rstrip("u"))
                                                         for name in TELEGRAF_NAMES if name in fields})
    return None, records


READERS = {"logstash": of_logstash, "pmacct": of_pmacct, "telegraf": of_telegraf}


def expected(path, elements):
    """The number of all records, or None, and the records that are spelled out, of the reference at `path`; or None
    where the repository has no expectations, or they are not of flows."""
    source, name = path.parents[1].name, path.name.removesuffix(".ref.json")
    found = sorted(path.parent.glob(name + ".golden.*"))
    if not found or source not in READERS:
        return None
    return READERS[source](found[0].read_text(), elements)


def is_in(wanted, fields):
    """Whether a record has these values.  Decoders write zero for what was not exported."""
    for name, value in wanted.items():
        got = fields.get(name, [])
        got = got if isinstance(got, list) else [got]
        if value not in got and (got or value not in (0, "0.0.0.0", "::")):
            return False
    return True


def missing(records, ours):
    """Expected records that none of ours is; each of ours is one of them at most."""
    left = list(ours)
    for wanted in records:
        found = next((i for i, fields in enumerate(left) if is_in(wanted, fields)), None)
        if found is None:
            yield wanted
        else:
            left.pop(found)
