#!/usr/bin/env python3
"""Captures that the test makes: as counted by hand; the same rows backwards; twice; cut.

    test_orders.py WEIR
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import orders  # noqa: E402
import own_captures  # noqa: E402
import table  # noqa: E402
import tap  # noqa: E402

KINDS = {"flow": "flows", "sample": "flows", "options": "options", "nat": "events", "counter": "counters"}
SUMS = "Flows | summarize coalesce(sum(NumberOfBytes), 0), coalesce(sum(NumberOfPackets), 0)"


def counted(weir, capture):
    """Records by kind, as `weir decode` prints them."""
    lines = subprocess.run([weir, "decode", capture.path], capture_output=True, text=True, check=True, timeout=60).stdout
    got = dict.fromkeys(KINDS.values(), 0)
    for line in lines.splitlines():
        got[KINDS[json.loads(line)["kind"]]] += 1
    return got


def as_counted(out, weir, capture, stored):
    got, wanted = counted(weir, capture), {kind: getattr(capture, kind) for kind in KINDS.values()}
    sums = stored.answer(SUMS)["tables"][0]["rows"][0]
    wrong = [] if got == wanted else [f"{got}, not {wanted}"]
    wrong += [] if sums == [capture.octets, capture.packets] else [f"{sums} of {capture.octets}, {capture.packets}"]
    out.result(not wrong, f"{capture.name}: as many records of each kind, octets and packets as were made", wrong)
    table.row("made by the test: " + capture.name, capture.records, sum(got.values()), "FAIL" if wrong else "equal")


def changed(weir, capture, change, work):
    path = work / (change.__name__ + ".pcap")
    orders.rewrite(capture.path, path, change)
    return orders.Stored(weir, path, work / change.__name__)


def completeness(stored):
    return stored.answer("union Flows, NatEvents | count")["statistics"]["completeness"]


def twice(out, weir, capture, forward, work):
    """Every datagram comes twice: stored, told as duplicates, and no more than all."""
    stored = changed(weir, capture, orders.double, work)
    wrong = list(orders.differences(forward.tables(), stored.tables(2)))
    told = stored.answer("CollectorLedger | summarize sum(Duplicates), sum(DatagramsOffered)")["tables"][0]["rows"][0]
    if told[0] * 2 != told[1]:
        wrong.append(f"{told[0]} duplicates of {told[1]} datagrams")
    if completeness(stored)["percent"] != 100:
        wrong.append(completeness(stored))
    out.result(not wrong, f"{capture.name}: doubled datagrams are stored twice and told", wrong)


def gap_and_twice(packets):
    return orders.double(packets[:2] + packets[4:])


def gaps_show(out, weir, capture, work):
    """What comes twice makes up for nothing that is missing."""
    told = completeness(changed(weir, capture, gap_and_twice, work))
    out.result(told["percent"] < 100 and told["recordsLost"] > 0, f"{capture.name}: completeness stays below 100 per cent "
               "where datagrams are missing and others come twice", [told])


def cut(out, weir, capture, work):
    """A file that ends within its last packet is as one that ends before it."""
    whole, short = capture.path.read_bytes(), work / "cut.pcap"
    short.write_bytes(whole[:-10])
    before = changed(weir, capture, all_but_the_last, work)
    stored = orders.Stored(weir, short, work / "cut")
    wrong = list(orders.differences(before.tables(), stored.tables()))
    out.result(not wrong and before.counts == stored.counts, f"{capture.name}: what comes before a cut counts",
               [before.counts, stored.counts, *wrong])


def all_but_the_last(packets):
    return packets[:-1]


def main(weir):
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as folder:
        for capture in own_captures.made(folder):
            work = Path(folder) / capture.name
            work.mkdir()
            forward = orders.Stored(weir, capture.path, work / "forward")
            as_counted(out, weir, capture, forward)
            wrong = list(orders.differences(forward.tables(), changed(weir, capture, orders.reverse, work).tables()))
            out.result(not wrong, f"{capture.name}: backwards it gives the same rows", wrong)
            twice(out, weir, capture, forward, work)
            gaps_show(out, weir, capture, work)
            cut(out, weir, capture, work)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
