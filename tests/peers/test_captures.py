#!/usr/bin/env python3
"""Do we read what exporters send as others do?

    test_captures.py WEIR [NAME…]

For every capture of NetFlow v5, v9 and IPFIX in the collection of captures (WEIR_SHARED, or ../shared
beside the source) what `weir decode` and `weir import` say is compared, item by item, with the
reference decodes kept there: tshark's, nfdump's, and a plain walk over the sets; and with what the
capture's own repository expects of it (golden).  Counts are compared per template, sums, and of the
first fifty records every field that both name.

Decoders disagree.  disagreements.csv names, per capture and item, those that err, and why; they must
be exactly those that differ from weir, so that a row excuses its item and nothing else, and fails
the test when it is no longer needed.
"""

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/support"))

import goldens  # noqa: E402
import references as ref  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

TIMEOUT_S = 120
COUNTERS = {*ref.COUNTED_OCTETS, *ref.COUNTED_PACKETS}
STORED = (
    "Flows | summarize sum(NumberOfBytes), sum(NumberOfPackets), sum(RecordCount),"
    " min(FlowStartTime), max(FlowEndTime)"
)


class Weir:
    """What weir makes of one capture."""

    def __init__(self, program, capture):
        self.records = [json.loads(line) for line in self.run(program, "decode", capture).splitlines()]
        self.names = {name for record in self.records for name in record["fields"]}
        for record in self.records:
            ref.derive(record)
        with tempfile.TemporaryDirectory() as workspace:
            where = ["--workspace", workspace, "--format", "json"]
            self.imported = json.loads(self.run(program, "import", *where, capture))
            answer = json.loads(self.run(program, "query", *where, STORED))
            *sums, self.first, self.last = answer["tables"][0]["rows"][0]
            self.stored = [value or 0 for value in sums]

    @staticmethod
    def run(*command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode:
            raise RuntimeError(f"{command[1]}: exit status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def kind(self, *kinds):
        return [r for r in self.records if r["kind"] in kinds]

    def by_key(self, records):
        groups = {}
        for r in records:
            template = "v5" if r["protocol"] == "netflow5" else r["template"]
            groups.setdefault(ref.key_of(r["exporter"], r["domain"], template), []).append(r["fields"])
        return groups

    def sum(self, elements):
        total = 0
        for r in self.kind("flow"):
            value = next((r["fields"][e] for e in elements if e in r["fields"]), 0)
            total += value[0] if isinstance(value, list) else value
        return total


def pieces(records):
    """Packets that came as a piece of a frame, with the frame's length but no counters."""
    fields = [r["fields"] for r in records]
    return [f["dataLinkFrameSize"] for f in fields if "dataLinkFrameSection" in f and not set(f) & COUNTERS]


def as_list(value):
    return value if isinstance(value, list) else [value]


def element_ids():
    with open(ROOT / "registry/ipfix-elements.csv", newline="") as file:
        return {row["name"]: row["id"] for row in csv.DictReader(line for line in file if line[0] != "#")}


ELEMENT_IDS = element_ids()


def reverse_of(name):
    """The name of the other direction's element, RFC 5103 section 6.1."""
    return f"reverse{name[0].upper()}{name[1:]}"


def has_name(element):
    """A name of IANA's registry, or one that tells the number of an element that is not in it; version 9 has scopes
    of its own (RFC 3954 section 6.1)."""
    return element in ELEMENT_IDS or element in REVERSE_NAMES or re.fullmatch(r"e\d+id\d+|scope(System|Interface|LineCard|Cache|Template)", element)


def compare_names(c, weir):
    c.item("names", [], registry=sorted(name for name in weir.names if not has_name(name)))


REVERSE_NAMES = {reverse_of(name) for name in ELEMENT_IDS}


def reverse_values(fields, name):
    return as_list(fields.get(reverse_of(name), []))


def values_of(fields, elements):
    """All values that a record has for the first of these elements that it has, both directions."""
    name = next((e for e in elements if e in fields), None)
    if name is None:
        return None
    return sorted(as_list(fields[name]) + reverse_values(fields, name))


def tshark_mismatches(theirs, ours):
    """The names of the fields in which two records differ."""
    for name, (elements, read) in ref.TSHARK_FIELDS.items():
        if name in theirs:
            want = sorted(read(v) for v in as_list(theirs[name]))
            got = values_of(ours, elements)
            if read is ref.address and got is not None:
                got = sorted(read(v) for v in got)
            if got != want:
                yield name, want, got


def nfdump_mismatches(theirs, ours):
    """nfdump writes 0 for what was not exported, and keeps one value of a repeated element."""
    for name, (elements, read) in ref.NFDUMP_FIELDS.items():
        if name in theirs:
            want = read(theirs[name])
            got = values_of(ours, elements) or [0]
            if want not in got:
                yield name, want, got


class Comparison:
    """Items of one capture: which decoders differ from weir, and how."""

    def __init__(self):
        self.differ = {}  # item -> {decoder: text}

    def item(self, name, ours, **theirs):
        for decoder, value in theirs.items():
            if value is not None and value != ours:
                self.note(name, decoder, f"{decoder} has {value}, weir {ours}")

    def note(self, name, decoder, text):
        self.differ.setdefault(name, {}).setdefault(decoder, text)


def compare_counts(c, weir, reference):
    tshark, walk, nfdump = (reference.get(n, {}) for n in ("tshark", "own_structural_decode", "nfdump"))
    ours = {key: len(records) for key, records in weir.by_key(weir.records).items()}
    theirs = {"tshark": ref.counts_by_key(tshark["records"]), "walk": ref.counts_by_key(walk["records"])}
    for key in sorted(set(ours) | set(theirs["tshark"]) | set(theirs["walk"])):
        c.item(f"records {key}", ours.get(key, 0), **{who: n.get(key, 0) for who, n in theirs.items()})
    flows, options = len(weir.kind("flow", "nat")), len(weir.kind("options"))
    c.item("flow records", flows, tshark=tshark["flow_records"], nfdump=nfdump.get("records_stored"))
    c.item("options records", options, tshark=tshark["options_records"])
    c.item(
        "sets without template",
        weir.imported["sets_without_template"],
        tshark=sum(tshark["no_template"].values()),
        walk=sum(walk["data_sets_without_template"].values()),
    )


def compare_sums(c, weir, reference):
    complete = ref.tshark_is_complete(reference)
    for item, elements, names in (
        ("bytes", ref.COUNTED_OCTETS, ("octets", "permanent_octets", "post_octets")),
        ("packets", ref.COUNTED_PACKETS, ("packets", "permanent_packets", "post_packets")),
    ):
        theirs = ref.tshark_sum(reference, names) if complete else None
        c.item(item, weir.sum(elements), tshark=theirs, nfdump=ref.nfdump_sum(reference, item))


def compare_fields(c, who, pairs, mismatches):
    for theirs, ours in pairs:
        if ours is None:
            c.note(f"{who} records", who, f"{who} has one more: {theirs}")
            continue
        for name, want, got in mismatches(theirs, ours):
            c.note(f"field {name}", who, f"{who} has {want}, weir {got}")


def pair(theirs, ours, missed):
    """Pairs two lists of records in order.  A decoder that missed some may have missed the first or
    the last ones: the way with fewer differences counts."""

    def from_offset(offset):
        return list(zip(theirs, (ours[offset:] + [None] * len(theirs))))

    def differences(pairs):
        return sum(b is None or any(True for _ in tshark_mismatches(a, b)) for a, b in pairs)

    return min((from_offset(offset) for offset in (0, max(0, missed))), key=differences)


def tshark_pairs(weir, reference):
    theirs, ours = {}, weir.by_key(weir.records)
    for key, fields in ref.tshark_records(reference):
        theirs.setdefault(key, []).append(fields)
    counts = ref.counts_by_key(reference["tshark"]["records"])
    for key, records in theirs.items():
        yield from pair(records, ours.get(key, []), len(ours.get(key, [])) - counts[key])


def compare_records(c, weir, reference):
    compare_fields(c, "tshark", tshark_pairs(weir, reference), tshark_mismatches)
    flows = [r["fields"] for r in weir.kind("flow", "nat")]
    theirs = reference.get("nfdump", {}).get("first_records", [])
    if reference.get("nfdump", {}).get("records_stored") == len(flows):
        compare_fields(c, "nfdump", zip(theirs, flows), nfdump_mismatches)


def compare_times(c, weir, reference):
    """When the first packet of all flows was seen and when the last: worked out of the exporter's
    uptime where it told no absolute times.  In milliseconds, as nfdump has them."""
    theirs = ref.nfdump_times(reference)
    if weir.kind("nat"):
        return
    for item, ours, time in zip(("first packet", "last packet"), (weir.first, weir.last), theirs):
        c.item(item, ours and ref.iso_time(ours) // ref.TICKS_PER_MS, nfdump=time or None)


def compare_stored(c, weir):
    """What is stored is what was decoded, both directions of biflows; the commands say the same."""
    counted = [len(weir.kind(kind)) for kind in ("flow", "options", "nat")]
    imported = [weir.imported[name] for name in ("records", "options_records", "nat_events")]
    c.item("decode and import", counted, itself=imported)
    packets = pieces(weir.kind("flow"))
    both = [
        weir.sum(elements) + weir.sum([reverse_of(e) for e in elements])
        for elements in (ref.COUNTED_OCTETS, ref.COUNTED_PACKETS)
    ]
    sums = [both[0] + sum(packets), both[1] + len(packets), len(weir.kind("flow"))]
    c.item("decode and rows", sums, itself=weir.stored)


def compare_golden(c, weir, golden):
    """What the capture's own repository expects of it."""
    if golden is None:
        return
    total, records = golden
    c.item("golden records", len(weir.records), golden=total)
    for wanted in goldens.missing(records, [r["fields"] for r in weir.records]):
        c.note("golden", "golden", f"no record is {wanted}")


def compare(weir, reference, golden):
    c = Comparison()
    compare_counts(c, weir, reference)
    compare_sums(c, weir, reference)
    compare_records(c, weir, reference)
    compare_times(c, weir, reference)
    compare_golden(c, weir, golden)
    compare_names(c, weir)
    compare_stored(c, weir)
    return c.differ


def read_disagreements():
    with open(HERE / "disagreements.csv", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    errs = {(row["capture"], row["item"]): set(row["errs"].split()) for row in rows}
    reasons = {}
    for row in rows:
        reasons.setdefault(row["capture"], {}).setdefault(row["reason"], set()).update(row["errs"].split())
    return errs, reasons


def told(name, reasons):
    """The table's last column."""
    why = [f"{', '.join(sorted(who))}: {reason}" for reason, who in reasons.get(name, {}).items()]
    return "differs: " + "; ".join(why) if why else "equal"


def problems(name, differ, excused):
    """What the table does not excuse, and rows of it that excuse nothing."""
    for item, decoders in differ.items():
        errs = excused.pop((name, item), set())
        for who in sorted(set(decoders) - errs):
            yield f"{item}: {decoders[who]}"
        for who in sorted(errs - set(decoders)):
            yield f"{item}: {who} does not err, the row is not needed"
    for _, item in [key for key in excused if key[0] == name]:
        yield f"{item}: nobody differs, the row is not needed"


def captures(shared, names):
    for path in sorted(shared.glob("captures/*/expected/*.ref.json")):
        reference = json.loads(path.read_text())
        name = f"{path.parents[1].name}/{path.name.removesuffix('.ref.json')}"
        if ref.is_netflow(reference) and (not names or name in names):
            yield name, path.parents[1] / reference["capture"], reference, goldens.expected(path, ELEMENT_IDS)


def main(program, names):
    shared = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared")
    found = list(captures(shared, names))
    if not found:
        return tap.skip_all("the collection of captures is not here (WEIR_SHARED)")
    excused, reasons = read_disagreements()
    out = tap.Tap()
    known = set()
    for name, capture, reference, golden in found:
        known.add(name)
        try:
            weir = Weir(program, capture)
            decoded = len(weir.records)
            differ = compare(weir, reference, golden)
            wrong = list(problems(name, differ, excused))
        except (RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as problem:
            wrong, decoded = [f"{type(problem).__name__}: {problem}"], ""
        out.result(not wrong, f"{name} is read as others read it", wrong)
        tshark = reference["tshark"]
        verdict = "FAIL" if wrong else told(name, reasons)
        table.row(name, tshark["flow_records"] + tshark["options_records"], decoded, verdict)
    if not names:
        unknown = sorted({capture for capture, _ in excused} - known)
        out.result(not unknown, "every row of disagreements.csv names a capture", unknown)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
