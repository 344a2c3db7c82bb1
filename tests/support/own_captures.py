"""own_captures: captures of every protocol that tests make, and what is in them, counted by hand.

    for capture in made(folder):
        …import capture.path, expect capture.flows flow records, …

Each capture is told in an order in which exporters tell it: templates and options before data.
"""

from pathlib import Path
from typing import NamedTuple

import netflow
import pcapfile
import sflow

NOON = 1_795_348_800  # 2026-11-22T12:00:00Z
COLLECTOR = ("192.0.2.200", 2055)

V4 = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (52, 1), (1, 4), (2, 4)])
V6 = netflow.Template(257, [(27, 16), (28, 16), (4, 1), (1, 8), (2, 8)])
SAMPLER = netflow.Template(258, [(1, 4), (48, 1), (49, 1), (50, 4)], scopes=1)  # scope: System
SAMPLED = netflow.Template(259, [(8, 4), (48, 1), (1, 4), (2, 4)])
NAT = netflow.Template(260, [(8, 4), (225, 4), (7, 2), (227, 2), (4, 1), (230, 1), (323, 8)])
NAMED = netflow.Template(261, [(8, 4), (82, netflow.VARIABLE), (1, 8)])


class Capture(NamedTuple):
    name: str
    path: Path
    flows: int  # records of each kind
    options: int
    events: int
    counters: int
    octets: int  # of all flow records
    packets: int

    @property
    def records(self):
        return self.flows + self.options + self.events + self.counters


def v5():
    """Ten datagrams of three flows."""
    for i in range(10):
        records = [netflow.V5Record("10.0.0.%d" % n, "198.51.100.1", octets=100 + n, packets=2, src_port=1000)
                   for n in range(3)]
        yield i * 10, netflow.v5(records, NOON + i * 10, uptime=1000 + i * 10_000, sequence=3 * i)


def v9():
    """Templates, a sampler, and in twelve datagrams two flows of IPv4, one of IPv6 and one that was sampled."""
    sets = [[netflow.v9_templates([V4, V6, SAMPLED]), netflow.v9_options_templates([SAMPLER]),
             netflow.data(SAMPLER, [(0, 1, 2, 1000)])]]
    for i in range(12):
        sets.append([
            netflow.data(V4, [("10.0.0.%d" % n, "198.51.100.1", 1000, 443, 6, 1 << i % 6, 64 - i, 100, 1)
                              for n in (1, 2)]),
            netflow.data(V6, [("2001:db8::1", "2001:db8::2", 17, 1000, 10)]),
            netflow.data(SAMPLED, [("10.1.0.1", 1, 1500, 1)]),
        ])  # fmt: skip
    for i, each in enumerate(sets):
        yield i * 7, netflow.v9(each, NOON + i * 7, uptime=60_000 + i * 7000, sequence=500 + i, source_id=7)


def ipfix():
    """Twenty messages of three flows with a name, of which one is long; templates in every fifth."""
    for i in range(20):
        names = ["eth0", "x" * 300, ""]
        sets = [netflow.ipfix_templates([NAMED])] if i % 5 == 0 else []
        sets.append(netflow.data(NAMED, [("10.2.0.%d" % n, name, 50) for n, name in enumerate(names)]))
        yield i * 5, netflow.ipfix(sets, NOON + i * 5, sequence=3 * i, domain=9)


def nat():
    """Five sessions, created (4) and deleted (5)."""
    yield 0, netflow.v9([netflow.v9_templates([NAT])], NOON, uptime=1000, sequence=0, source_id=8)
    for i in range(10):
        n, code = i % 5, 4 + i // 5
        event = ("10.3.0.1", "203.0.113.1", 1024 + n, 30000 + n, 6, code, (NOON + 1 + i) * 1000)
        yield 1 + i, netflow.v9([netflow.data(NAT, [event])], NOON + 1 + i, uptime=2000 + i * 1000,
                                sequence=1 + i, source_id=8)


def sflow_samples():
    """Eight datagrams of a sampled packet of 100 octets and an interface's counters."""
    for i in range(8):
        packet = sflow.header(sflow.ethernet(sflow.ipv4("10.4.0.1", "198.51.100.1", 1000, 443)), 118)
        yield i * 10, sflow.datagram("192.0.2.9", [
            sflow.flow([packet], rate=512, sequence=1 + i, pool=512 * (1 + i)),
            sflow.counters([sflow.if_counters(3, 1000 * i, 7)], sequence=1 + i),
        ], sequence=1 + i, uptime=1000 + i * 10_000)  # fmt: skip


# name, its datagrams, flows, options, events, counters, octets, packets
STORIES = (
    ("netflow5", v5, 30, 0, 0, 0, 10 * (100 + 101 + 102), 60),
    ("netflow9", v9, 48, 1, 0, 0, 12 * (2 * 100 + 1000 + 1500), 12 * (2 + 10 + 1)),
    ("ipfix", ipfix, 60, 0, 0, 0, 60 * 50, 0),
    ("nat", nat, 0, 0, 10, 0, 0, 0),
    ("sflow", sflow_samples, 8, 0, 0, 8, 8 * (118 - 4), 8),
)


def made(folder):
    """Writes the captures there, and yields them."""
    for name, story, *counts in STORIES:
        path = Path(folder) / (name + ".pcap")
        pcapfile.write(path, [(NOON + at, "192.0.2.9", 40000, *COLLECTOR, payload) for at, payload in story()])
        yield Capture(name, path, *counts)
