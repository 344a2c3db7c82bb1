#!/usr/bin/env python3
"""Do NAT and firewall events of the collected captures become the rows that others read in them?

    test_nat.py WEIR

The captures are those of WEIR_SHARED, or of ../shared beside the source.  What each event is
called follows from the numbers that tshark's and nfdump's reference decodes kept there have, and
from the tables of RFC 8158 and of Cisco's firewallEvent, written down below.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import tap  # noqa: E402

TIMEOUT_S = 120
SHARED = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared") / "captures"
CGN = SHARED / "akvorado/v9-nat-cgnat.pcap"
ASA = SHARED / "graylog/cisco-asa-netflowv9.pcap"
OLD_ASA = SHARED / "logstash/netflow-9-cisco-asa.pcap"
NAT_EVENTS = {1: "NAT translation create", 2: "NAT translation delete"}  # RFC 8158, Table 2: historic
FIREWALL_EVENTS = {1: "Flow created", 2: "Flow deleted", 3: "Flow denied", 4: "Flow alert", 5: "Flow update"}


class Weir:
    def __init__(self, program, work):
        self.program, self.work = program, work

    def run(self, *args):
        command = [self.program, *map(str, args)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode:
            raise RuntimeError(f"{args}: exit status {done.returncode}: {done.stderr}")
        return done.stdout

    def imports(self, capture):
        workspace = self.work / capture.stem
        return json.loads(self.run("import", "--workspace", workspace, "--format", "json", capture))

    def query(self, capture, kql):
        answer = self.run("query", "--workspace", self.work / capture.stem, "--format", "json", kql)
        return json.loads(answer)["tables"][0]["rows"]


def reference(capture):
    return json.loads((capture.parent / "expected" / (capture.stem + ".ref.json")).read_text())


def decoded(weir, capture):
    return [json.loads(line) for line in weir.run("decode", capture).splitlines()]


def counts(weir, out, capture, dialect, names, element):
    """Counts of each name: from the numbers in the records, which test_captures.py compares."""
    imported = weir.imports(capture)
    records = decoded(weir, capture)
    want = Counter(names[r["fields"][element]] for r in records if r["kind"] == "nat")
    rows = weir.query(capture, "NatEvents | summarize count() by NatEvent, Dialect")
    out.result({(name, told): n for name, told, n in rows} == {(name, dialect): n for name, n in want.items()},
               f"{capture.stem}: events by name and dialect", rows)
    others = reference(capture)
    flows = others["nfdump"]["flows"], others["tshark"]["flow_records"]
    out.result(flows == (imported["nat_events"],) * 2 and weir.query(capture, "Flows | count") == [[0]],
               f"{capture.stem}: as many events as nfdump and tshark have records, and no traffic",
               [flows, imported])


def translations(weir, out):
    """The first events' addresses and ports as nfdump reads them."""
    rows = weir.query(CGN, "NatEvents | project SourceIp, SourcePort, DestinationIp, DestinationPort, Protocol, "
                      "PostNatSourceIp, PostNatSourcePort, PostNatDestinationIp, PostNatDestinationPort, NatEventCode")
    want = [[r["src4_addr"], r["src_port"], r["dst4_addr"], r["dst_port"], r["proto"], r["src4_xlt_ip"],
             int(r["src_xlt_port"]), r["dst4_xlt_ip"], int(r["dst_xlt_port"]), int(r["nat_event_id"])]
            for r in reference(CGN)["nfdump"]["first_records"]]
    out.result(rows == want, "v9-nat-cgnat: every translation as nfdump has it, in order", [rows, want])


def firewall(weir, out):
    rows = weir.query(ASA, "NatEvents | take 50 | project SourceIp, SourcePort, DestinationIp, DestinationPort, "
                      "Protocol, FirewallEvent, FirewallEventCode, EventTime, FlowId")
    rows = [[*r[:7], r[7].rstrip("Z")[:23], r[8] or 0] for r in rows]
    want = [[r["src4_addr"], r["src_port"], r["dst4_addr"], r["dst_port"], r["proto"], int(r["event_id"]),
             int(r["xevent_id"]), r["t_event"], int(r["connect_id"])]
            if "src_port" in r else None  # nfdump shows the type of ICMP instead
            for r in reference(ASA)["nfdump"]["first_records"]]
    differing = [pair for pair in zip(rows, want) if pair[1] and pair[0] != pair[1]]
    out.result(len(rows) == len(want) and not differing, "cisco-asa-netflowv9: every event as nfdump has it, in order",
               differing[:3])


def lookups(weir, out, capture, element):
    """Who held each translated address and port when its session had begun: from the records themselves."""
    begun = [r["fields"] for r in decoded(weir, capture) if r["fields"].get(element) == 1
             and "postNATSourceIPv4Address" in r["fields"]]
    wrong = []
    for f in begun:
        asked = (f["postNATSourceIPv4Address"], f["postNAPTSourceTransportPort"], f["observationTimeMilliseconds"])
        rows = weir.query(capture, "NatLookup('%s', %d, datetime(%s)) | project SourceIp, SourcePort" % asked)
        if [f["sourceIPv4Address"], f["sourceTransportPort"]] not in rows:
            wrong.append((asked, rows))
    out.result(begun and not wrong, f"{capture.stem}: who held an address and port is known", wrong)


def main(program):
    if not SHARED.is_dir():
        return tap.skip_all("the collection of captures is not here (WEIR_SHARED)")
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        weir = Weir(program, Path(work))
        counts(weir, out, CGN, "IANA", NAT_EVENTS, "natEvent")
        counts(weir, out, ASA, "NSEL", FIREWALL_EVENTS, "firewallEvent")
        old = {f"{code:02x}": name for code, name in FIREWALL_EVENTS.items()}  # an element that IANA does not know
        counts(weir, out, OLD_ASA, "NSEL", old, "e0id40005")
        translations(weir, out)
        firewall(weir, out)
        lookups(weir, out, CGN, "natEvent")
        lookups(weir, out, ASA, "firewallEvent")
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
