#!/usr/bin/env python3
"""Rows of configured circuits, from the capture to the columns, and what belongs to none.

    test_circuits.py WEIR

Which rule counts follows from the order that `weir help config` states, worked out by hand.
"""

import json
import sys
import tempfile
from pathlib import Path

from test_import import SECONDS, Program, capture

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.tap import Tap

# addresses, source port, interfaces, VLANs, ASNs, VRF, bytes
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (10, 4), (14, 4), (243, 2), (245, 2),
                              (16, 4), (17, 4), (234, 4), (1, 8)])
BARE = netflow.Template(257, [(8, 4), (12, 4), (7, 2), (1, 8)])
CONFIG = """\
circuits:
    - vlan: 100
      id: /circuits/frankfurt
      direct_port_id: /ports/1
      service_key: f0
      peering_type: AzurePrivatePeering
      bandwidth: 10G
    - vlan: 100
      customer_vlan: 20
      id: /circuits/frankfurt
      direct_port_id: /ports/1
      service_key: f0
      peering_type: MicrosoftPeering
    - exporter: 192.0.2.0/24
      interface: 7
      id: /circuits/madrid
      service_key: m0
      peering_type: AzurePrivatePeering
local:
    prefixes: [10.100.0.0/16]
"""
ON_PREMISES, AZURE, MICROSOFT = 64512, 65515, 12076


def flow(port, interfaces, vlans, asns, octets, src="172.16.0.1", dst="172.16.0.2"):
    return (src, dst, port, *interfaces, *vlans, *asns, 5, octets)


FLOWS = [
    flow(1, (1, 2), (100, 10), (ON_PREMISES, AZURE), 1000),
    flow(2, (2, 1), (100, 20), (MICROSOFT, ON_PREMISES), 2000),
    flow(3, (1, 7), (200, 10), (ON_PREMISES, 0), 3000, dst="10.100.9.9"),
    flow(4, (7, 1), (100, 10), (ON_PREMISES, 64513), 4000),  # both of madrid and frankfurt; two parts win
    flow(5, (1, 2), (200, 10), (AZURE, MICROSOFT), 500),
    flow(6, (1, 2), (200, 10), (AZURE, ON_PREMISES), 50),
    flow(7, (1, 2), (201, 10), (0, 0), 40),
]
COLUMNS = ["ExRCircuitId", "ExRCircuitDirectPortId", "ExRCircuitServiceKey", "PeeringType", "Direction"]
FRANKFURT = ["/circuits/frankfurt", "/ports/1", "f0"]
MADRID = ["/circuits/madrid", "", "m0", "AzurePrivatePeering"]
WANT = [
    [1, *FRANKFURT, "AzurePrivatePeering", "Inbound"],
    [2, *FRANKFURT, "MicrosoftPeering", "Outbound"],
    [3, *MADRID, "Inbound"],
    [4, *MADRID, ""],
    [5, "", "", "", "", ""],
    [6, "", "", "", "", "Outbound"],
    [7, "", "", "", "", ""],
    [8, "", "", "", "", "Outbound"],
]


def write_capture(path):
    sets = [netflow.v9_templates([FLOW, BARE]), netflow.data(FLOW, FLOWS),
            netflow.data(BARE, [("10.100.0.1", "10.101.0.1", 8, 4)])]
    return capture(path, [(0, netflow.v9(sets, SECONDS, uptime=1000, sequence=0, source_id=7))])


def unmatched(program, workspace):
    shown = program.run("show", "circuits", "--workspace", program.work / workspace, "--format", "json")
    return [list(row.values())[:8] for row in json.loads(shown.stdout)]


def columns(out, program, path, config):
    got, told = program.imports("circuits", path, options=["--config", config])
    out.result(got["rows"] == 8 and "4 of 8 rows belong to no circuit" in told, "an import says what has no circuit",
               [got, told])
    rows = program.query("circuits", f"Flows | sort by SourcePort asc | project SourcePort, {', '.join(COLUMNS)}")
    out.result(rows == WANT, "rows have the columns of the circuit whose rule is the most specific", rows)
    rows = program.query("circuits", "ATCExpressRouteCircuitIpfix | sort by SourcePort asc | project SourcePort, "
                         + ", ".join(COLUMNS[:4]))
    out.result(rows == [row[:5] for row in WANT], "and Azure's table has them too", rows)


def listed(out, program, path, config):
    program.imports("listed", path, options=["--config", config])
    want = [
        ["192.0.2.9", 1, 2, 200, 10, 5, 2, 550],
        ["192.0.2.9", 1, 2, 201, 10, 5, 1, 40],
        ["192.0.2.9", None, None, None, None, None, 1, 4],
    ]
    rows = unmatched(program, "listed")
    out.result(rows == want, "show circuits lists what no rule matches", rows)
    _, told = program.imports("bare", path)
    rows = unmatched(program, "bare")
    out.result("circuit" not in told and sum(row[6] for row in rows) == 8 and sum(row[7] for row in rows) == 10594,
               "and everything, where no circuit is configured", rows)


def shadowed(out, program, work):
    config = work / "shadowed.yaml"
    config.write_text("circuits:\n  - {vlan: 1, customer_vlan: 2, id: a}\n  - {customer_vlan: 2, vlan: 1, id: b}\n")
    told = program.run("check", config, status=2).stderr
    out.result("shadowed.yaml:3:" in told and "line 2" in told, "check names both lines of a rule that is shadowed", [told])


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        program = Program(weir, work)
        path, config = write_capture(work / "circuits.pcap"), work / "weir.yaml"
        config.write_text(CONFIG)
        listed(out, program, path, config)
        shadowed(out, program, work)
        columns(out, program, path, config)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
