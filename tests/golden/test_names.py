#!/usr/bin/env python3
"""Names of interfaces, VRFs and applications, from options to the columns of rows.

    test_names.py WEIR

Imports of captures of NetFlow v9 and IPFIX, and a collector that is told names, killed and started
again.  Loopback only.
"""

import json
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

from test_import import SECONDS, Program, capture

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.collector import Collector
from support.tap import Tap

SYSTEM, INTERFACE = 1, 2  # scope types, RFC 3954 section 6.1
# addresses, source port, interfaces, VRFs, application, octets
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (10, 4), (14, 4), (234, 4), (235, 4), (95, 4), (1, 8)])
BARE = netflow.Template(257, [(8, 4), (12, 4), (7, 2), (1, 8)])
INTERFACES = netflow.Template(260, [(SYSTEM, 4), (10, 4), (82, 12), (83, 24)], 1)
SCOPED = netflow.Template(261, [(INTERFACE, 4), (83, 12)], 1)
VRFS = netflow.Template(262, [(SYSTEM, 4), (234, 4), (236, 8)], 1)
APPLICATIONS = netflow.Template(263, [(SYSTEM, 4), (95, 4), (96, 16), (94, 24)], 1)
OPTIONS = [INTERFACES, SCOPED, VRFS, APPLICATIONS]
IPFIX_FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (10, 4), (95, 9), (1, 8)])
IPFIX_NAMES = netflow.Template(260, [(10, 4), (82, netflow.VARIABLE)], 1)
IPFIX_APPLICATIONS = netflow.Template(261, [(95, netflow.VARIABLE), (96, netflow.VARIABLE)], 1)
NBAR = 13 << 24  # PANA-L7
FORTINET = bytes([20]) + (12356).to_bytes(4, "big")  # PANA-L7-PEN
COLUMNS = ["InputInterfaceName", "OutputInterfaceName", "IngressVrfName", "EgressVrfName", "ApplicationId",
           "Application"]


def padded(text, length):
    return text.encode().ljust(length, b"\0")


def flow(port, *numbers):
    return ("10.0.0.1", "198.51.100.1", port, *numbers, 100)


def options():
    return [
        netflow.data(INTERFACES, [(0, 1, padded("Te0/0/1", 12), padded("TenGigabitEthernet0/0/1", 24)),
                                  (0, 2, padded("Te0/0/2", 12), padded("TenGigabitEthernet0/0/2", 24))]),
        netflow.data(SCOPED, [(1, padded("to Madrid", 12)), (3, b"to Lyon     ")]),
        netflow.data(VRFS, [(0, 7, padded("red", 8))]),
        netflow.data(APPLICATIONS, [(0, NBAR | 453, padded("youtube", 16), padded("YouTube video", 24)),
                                    (0, 3 << 24 | 80, padded("http", 16), padded("World Wide Web", 24))]),
    ]  # fmt: skip


def v9(sequence, *sets, at=SECONDS):
    return netflow.v9(list(sets), at, uptime=1000, sequence=sequence, source_id=7)


def ipfix(sequence, *sets):
    return netflow.ipfix(list(sets), SECONDS, sequence=sequence, domain=8)


def write_capture(path):
    """v9 flows before and after their names, and IPFIX of the same exporter, another domain."""
    flows = [flow(1, 1, 2, 7, 8, NBAR | 453), flow(2, 2, 3, 9, 7, NBAR | 1), flow(3, 4, 1, 7, 7, 3 << 24 | 80)]
    ipfix_flows = [flow(5, 1, FORTINET + (41475).to_bytes(4, "big")), flow(6, 2, bytes([13, 0, 0, 0, 0, 0, 0, 1, 197]))]
    return capture(path, [
        (0, v9(0, netflow.v9_templates([FLOW, BARE]), netflow.v9_options_templates(OPTIONS))),
        (1, v9(1, netflow.data(FLOW, flows), netflow.data(BARE, [("10.0.0.1", "198.51.100.1", 4, 100)]))),
        (2, v9(2, *options())),
        (3, ipfix(0, netflow.ipfix_templates([IPFIX_FLOW]), netflow.ipfix_options_templates([IPFIX_NAMES, IPFIX_APPLICATIONS]),
                  netflow.data(IPFIX_FLOW, ipfix_flows, 1), netflow.data(IPFIX_NAMES, [(1, "xe-0/0/1"), (2, b"M\xfcnchen\x1b")], 1),
                  netflow.data(IPFIX_APPLICATIONS, [(FORTINET + (41475).to_bytes(4, "big"), "Facebook")], 1))),
    ])  # fmt: skip


WANT = [
    [1, "Te0/0/1", "Te0/0/2", "red", "", "13:453", "youtube"],
    [2, "Te0/0/2", "to Lyon", "", "red", "13:1", ""],
    [3, "", "Te0/0/1", "red", "red", "3:80", "http"],
    [4, "", "", "", "", "", ""],
    [5, "xe-0/0/1", "", "", "", "20:12356:41475", "Facebook"],
    [6, "M\ufffdnchen\ufffd", "", "", "", "13:453", ""],
]


def imported(out, weir, work):
    program = Program(weir, work)
    program.imports("imported", write_capture(work / "names.pcap"))
    rows = program.query("imported", f"Flows | sort by SourcePort asc | project SourcePort, {', '.join(COLUMNS)}")
    out.result(rows == WANT, "an import gives its rows the names that the capture tells", rows)
    rows = program.query("imported", "Flows | where Application == 'youtube' or InputInterfaceName startswith 'xe-'"
                         " | summarize sum(NumberOfBytes) by InputInterfaceName | sort by InputInterfaceName asc")
    out.result(rows == [["Te0/0/1", 100], ["xe-0/0/1", 100]], "and KQL finds them by name", rows)


def shown(collector):
    done = Program(collector.weir, ".").run("show", "names", "--workspace", collector.workspace, "--format", "json")
    return [list(row.values())[:5] for row in json.loads(done.stdout)]


NAMES = [
    ["127.0.0.1", 7, "interface", "1", "Te0/0/1"],
    ["127.0.0.1", 7, "interface", "2", "Te0/0/2"],
    ["127.0.0.1", 7, "interface", "3", "to Lyon"],
    ["127.0.0.1", 7, "vrf", "7", "red"],
    ["127.0.0.1", 7, "application", "3:80", "http"],
    ["127.0.0.1", 7, "application", "13:453", "youtube"],
]
ASKED = f"Flows | where SourcePort == %d | summarize sum(RecordCount), count() by {', '.join(COLUMNS)}"


class Sender:
    def __init__(self, collector):
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.out.bind(("127.0.0.1", 0))
        self.out.connect(("127.0.0.1", collector.port))
        self.sequence = 0

    def send(self, *sets):
        self.out.send(v9(self.sequence, *sets, at=int(time.time())))
        self.sequence += 1


def collected(out, weir, work):
    first = netflow.data(FLOW, [flow(1, 1, 2, 7, 8, NBAR | 453)])
    with Collector(weir, work / "collected") as collector:
        sender = Sender(collector)
        out.result(shown(collector) == [], "a collector knows no names at first", shown(collector))
        while time.time() % 60 > 40:  # all of what follows in one minute
            time.sleep(0.5)
        sender.send(netflow.v9_templates([FLOW]), netflow.v9_options_templates(OPTIONS), first)
        collector.wait_until("Flows | count", [1])
        got = collector.query(ASKED % 1)
        out.result(got == [[*[""] * 4, "13:453", "", 1, 1]], "rows that come before their names have none", got)
        sender.send(first, *options())
        collector.wait_until("Flows | summarize sum(RecordCount)", [2])
        got = shown(collector)
        out.result(got == NAMES, "show names asks the collector", got)
        collector.end()
        got = collector.query(ASKED % 1)
        want = [["Te0/0/1", "Te0/0/2", "red", "", "13:453", "youtube", 2, 1]]
        out.result(got == want, "names do not part a flow, and the closed minute has the last ones", got)
        got = shown(collector)
        out.result(got == NAMES, "show names reads the workspace where no collector runs", got)
        restarted(out, collector)


def restarted(out, collector):
    """Names are known after a stop and after a kill; those that come just before it are, too."""
    collector.start()
    sender = Sender(collector)
    sender.send(netflow.data(FLOW, [flow(2, 1, 2, 7, 8, NBAR | 453)]))
    want = ["Te0/0/1", "Te0/0/2", "red", "", "13:453", "youtube", 1, 1]
    collector.wait_until("Flows | where SourcePort == 2 | count", [1])
    got = collector.query(ASKED % 2)
    out.result(got == [want], "names outlive a restart", got)
    sender.send(netflow.data(INTERFACES, [(0, 1, padded("Hu0/0/1", 12), padded("", 24))]))
    time.sleep(1)  # it is in the journal by then, and maybe not committed
    collector.end(signal.SIGKILL)
    collector.start()
    got = shown(collector)
    out.result(got == [[*NAMES[0][:4], "Hu0/0/1"], *NAMES[1:]], "and what the journal holds after a kill is learnt", got)
    collector.end()


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as folder:
        imported(out, weir, Path(folder))
        collected(out, weir, Path(folder))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
