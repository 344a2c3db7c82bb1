#!/usr/bin/env python3
"""weir decode and import on IPFIX with lists (RFC 6313), biflows (RFC 5103) and types (RFC 5610).

    test_lists.py WEIR

Every expected value follows from the messages below and the RFCs.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import pcapfile
from support.netflow import (
    VARIABLE, Template, basic_list, data, ipfix, ipfix_options_templates, ipfix_templates, template_list,
    template_multi_list,
)
from support.tap import Tap

SECONDS = 1_795_305_600  # 2026-11-22T00:00:00Z
REVERSE, CERT, OWN = 29305, 6871, 32473  # RFC 5612 keeps 32473 for examples
EXACTLY_ONE, ALL, ORDERED = 1, 3, 4
TCP, ICMP = 6, 1

# RFC 6313 section 8.1: a multicast flow, and the interfaces that it left by
MULTICAST = Template(256, [(10, 4), (8, 4), (12, 4), (291, VARIABLE)])
PORTS = Template(257, [(7, 2), (11, 2)])
FLAGS = Template(258, [(184, 4), (14, 1, CERT), (15, 1, CERT), (16398, 1, CERT), (16399, 1, CERT)])
OUTER = Template(259, [(4, 1), (292, VARIABLE)])
LISTED = Template(260, [(8, 4), (12, 4), (4, 1), (1, 8), (2, 8), (293, VARIABLE)])
BIFLOW = Template(261, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (10, 4), (14, 4), (16, 4), (17, 4), (9, 1), (13, 1),
                        (1, 8), (2, 8), (6, 1), (1, 8, REVERSE), (2, 8, REVERSE), (6, 1, REVERSE)])
YAF = Template(262, [(152, 8), (153, 8), (85, 8), (85, 8, REVERSE), (86, 8), (86, 8, REVERSE), (8, 4), (12, 4), (7, 2),
                     (11, 2), (4, 1), (21, 4, CERT), (293, VARIABLE)])
TYPES = Template(263, [(346, 4), (303, 2), (339, 1), (344, 1), (345, 2), (341, VARIABLE)], scopes=2)
OWN_FIELDS = Template(264, [(8, 4), (1, 4, OWN), (2, VARIABLE, OWN), (3, 4, OWN), (291, VARIABLE)])
TEMPLATES = ipfix_templates([MULTICAST, PORTS, FLAGS, OUTER, LISTED, BIFLOW, YAF, OWN_FIELDS])


def run(program, *args):
    done = subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{args}: exit status {done.returncode}: {done.stderr}")
    return done.stdout


def query(program, workspace, kql):
    return json.loads(run(program, "query", "--workspace", workspace, "--format", "json", kql))["tables"][0]["rows"]


def capture(path, *messages):
    pcapfile.write(path, [pcapfile.Datagram(SECONDS, "192.0.2.1", 4739, "192.0.2.200", 4739, m) for m in messages])
    return path


def decoded(program, path, field):
    """That field of every record that has it."""
    records = [json.loads(line)["fields"] for line in run(program, "decode", path).splitlines()]
    return [fields[field] for fields in records if field in fields]


def message(*sets, sequence=0):
    return ipfix([TEMPLATES, *sets], SECONDS, sequence=sequence)


def lists(out, program, work):
    leaving = basic_list(ALL, (14, 4), [1, 4, 8])
    names = basic_list(ORDERED, (2, VARIABLE, OWN), ["a", "b" * 300])
    inner = template_list(EXACTLY_ONE, PORTS, [(1025, 80), (1026, 443)])
    outer = template_multi_list(ALL, [(PORTS, [(1, 2)]), (OUTER, [(TCP, inner)]), (Template(999, [(4, 1)]), [(7,)])])
    path = capture(work / "lists", message(
        data(MULTICAST, [(9, "192.0.2.201", "233.252.0.1", leaving), (9, "192.0.2.201", "233.252.0.1", names),
                         (9, "192.0.2.201", "233.252.0.1", b"\x03\x00\x0e\x00")], pad_to=1),
        data(LISTED, [("192.0.2.1", "192.0.2.2", TCP, 1000, 2, outer), ("192.0.2.1", "192.0.2.2", TCP, 1, 1, b"\x03")],
             pad_to=1)))
    got = decoded(program, path, "basicList")
    want = [
        {"semantic": "allOf", "field": "egressInterface", "values": [1, 4, 8]},
        {"semantic": "ordered", "field": f"e{OWN}id2", "values": ["61", "62" * 300]},
        "03000e00",
    ]
    out.result(got == want, "a basicList is its semantic, its element and its values", got)
    got = decoded(program, path, "subTemplateMultiList")
    inner = {"semantic": "exactlyOneOf", "records": [
        {"template": 257, "fields": {"sourceTransportPort": 1025, "destinationTransportPort": 80}},
        {"template": 257, "fields": {"sourceTransportPort": 1026, "destinationTransportPort": 443}}]}
    want = [
        {"semantic": "allOf", "records": [
            {"template": 257, "fields": {"sourceTransportPort": 1, "destinationTransportPort": 2}},
            {"template": 259, "fields": {"protocolIdentifier": TCP, "subTemplateList": inner}},
            {"template": 999, "octets": "07"}]},
        {"semantic": "allOf", "records": []},
    ]
    out.result(got == want, "records in lists are their template and their fields, lists in lists too", got)
    imported = json.loads(run(program, "import", "--workspace", work / "w", "--format", "json", path))
    books = query(program, work / "w", "CollectorLedger | summarize sum(DatagramsMalformed), sum(MalformedBadList),"
                  " sum(MalformedListTemplate), sum(RecordsStored), sum(RecordsRejected)")
    out.result([imported["records"], books] == [5, [[1, 1, 0, 5, 0]]],
               "a list that cannot be read is counted, and its record stored all the same", [imported, books])


def list_columns(out, program, work):
    one = template_multi_list(ALL, [(PORTS, [(1025, 80)])])
    two = template_multi_list(ALL, [(PORTS, [(1025, 80), (1026, 80)])])
    path = capture(work / "columns", message(
        data(LISTED, [("192.0.2.1", "192.0.2.2", TCP, 1000, 2, one), ("192.0.2.3", "192.0.2.2", TCP, 1000, 2, two),
                      ("192.0.2.4", "192.0.2.2", ICMP, 1000, 2, template_multi_list(ALL, [(PORTS, [(0, 0x0800)])]))],
             pad_to=1)))
    run(program, "import", "--workspace", work / "c", path)
    got = query(program, work / "c", "Flows | sort by SourceIp asc | project SourceIp, SourcePort, DestinationPort,"
                " NumberOfBytes, IcmpType")
    want = [["192.0.2.1", 1025, 80, 1000, None], ["192.0.2.3", None, 80, 1000, None],
            ["192.0.2.4", None, None, 1000, 8]]
    out.result(got == want, "a column that only lists tell, and tell alike, is the row's", got)


def biflows(out, program, work):
    there = ("192.0.2.2", "192.0.2.3", 32770, 80, TCP, 5, 6, 64500, 64501, 24, 25)
    path = capture(work / "biflow", message(
        data(BIFLOW, [(*there, 18000, 65, 0x1B, 128000, 110, 0x13), (*there, 40, 1, 2, 0, 0, 0)]),
        data(YAF, [(SECONDS * 1000, SECONDS * 1000 + 20, 52, 80, 1, 2, "198.51.100.1", "198.51.100.2", 51024, 443, TCP, 7,
                    template_multi_list(ALL, [(FLAGS, [(1, 0x02, 0x10, 0x12, 0x01)])]))], pad_to=1)))
    run(program, "import", "--workspace", work / "b", path)
    got = query(program, work / "b", "Flows | where SourceIp startswith '192' | project SourceIp, DestinationIp,"
                " SourcePort, DestinationPort, InputInterface, OutputInterface, SrcAsn, DstAsn, SrcMask, DstMask,"
                " NumberOfBytes, NumberOfPackets, TcpFlag, RecordCount, Flowsequence, Protocol")
    back = ["192.0.2.3", "192.0.2.2", 80, 32770, 6, 5, 64501, 64500, 25, 24, 128000, 110, 0x13, 0, 1, TCP]
    want = [[*there[:4], *there[5:], 18040, 66, 0x1B, 2, 0, TCP], back]
    out.result(got == want, "a biflow is two rows, unless nothing went back", got)
    got = query(program, work / "b", "Flows | where SourceIp startswith '198' | project SourceIp, NumberOfBytes,"
                " TotalCounters, TcpFlag, FlowStartTime, Flowsequence")
    want = [["198.51.100.1", 52, True, 0x12, "2026-11-22T00:00:00Z", 4],
            ["198.51.100.2", 80, True, 0x13, "2026-11-22T00:00:00.007Z", 5]]
    out.result(got == want, "each direction has its own flags, start and total", got)
    got = query(program, work / "b", "CollectorLedger | summarize Stored = sum(RecordsStored),"
                " Decoded = sum(RecordsDecoded), Lost = sum(LostRecords)")
    counted = query(program, work / "b", "Flows | summarize sum(RecordCount)")
    out.result(got == [[3, 3, 0]] and counted == [[3]], "a biflow is one record in the ledger and in RecordCount",
               [got, counted])
    got = decoded(program, path, "reverseOctetDeltaCount")
    out.result(got == [128000, 0], "reverse elements have the names of RFC 5103", got)


def types(out, program, work):
    unsigned32, string, float32 = 3, 13, 9
    told = [(OWN, 1, unsigned32, 0, 0, "queueDelay"), (OWN, 2, string, 0, 0, "flowLabel\0\0"),
            (OWN, 3, float32, 0, 0, "octetDeltaCount"), (0, 8, string, 0, 0, "notForIana")]
    labels = basic_list(ALL, (2, VARIABLE, OWN), ["x", "y"])
    path = capture(work / "types", ipfix(
        [TEMPLATES, ipfix_options_templates([TYPES]), data(TYPES, told, pad_to=1),
         data(OWN_FIELDS, [("192.0.2.1", 1500, "blue", bytes.fromhex("3fc00000"), labels)], pad_to=1)], SECONDS))
    got = [json.loads(line) for line in run(program, "decode", path).splitlines()][-1]["fields"]
    want = {"sourceIPv4Address": "192.0.2.1", "queueDelay": 1500, "flowLabel": "blue", f"e{OWN}id3": "3fc00000",
            "basicList": {"semantic": "allOf", "field": "flowLabel", "values": ["x", "y"]}}
    out.result(got == want, "an element is printed under the name and by the type that its exporter told", [got])


def main(program):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (lists, list_columns, biflows, types):
            try:
                part(out, program, Path(work))
            except (RuntimeError, ValueError, KeyError, IndexError, subprocess.TimeoutExpired) as problem:
                out.result(False, f"{part.__name__} runs", [f"{type(problem).__name__}: {problem}"])
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
