#!/usr/bin/env python3
"""Some days of a simulated collector: what it stored, compacted, rolled up and dropped is what came in.

    test_year.py WEIR YEAR

The short form of tests/bench/year, which says what happens in these days.
"""

import sys
import tempfile
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import tap  # noqa: E402
from simulated import Damage, Questions, Simulation, Wrong  # noqa: E402

KEEP_FLOWS, KEEP_HOURLY = 3, 3
OPTIONS = ("--days", "6", "--hours", "3", "--every", "20", "--rows", "400", "--checks", "1",
           "--keep-flows", str(KEEP_FLOWS), "--keep-hourly", str(KEEP_HOURLY))  # fmt: skip
QUESTIONS = [
    ("FlowsDaily adds up to all that came", Questions.daily),
    ("FlowsHourly adds up to all that came, as long as it is kept", Questions.hourly),
    ("Flows are all there as long as they are kept, and then go", Questions.flows),
    ("TopTalkers tells who sent most, within its bounds, the hours of today included", Questions.top_talkers),
    ("the ledger tells of all records, and of all rows that were dropped", Questions.ledger),
    ("NAT events and bindings are all there", Questions.nat),
]


def attempt(out, name, action):
    try:
        action()
        out.result(True, name)
    except (Wrong, OSError, KeyError, IndexError) as problem:
        out.result(False, name, traceback.format_exception(problem)[-3:])


def main(weir, year):
    out = tap.Tap()
    with tempfile.TemporaryDirectory(prefix="weir-days-") as work, Simulation(year, weir, work, OPTIONS) as simulation:
        for moment in simulation.moments():
            asked = Questions(simulation, moment, KEEP_FLOWS, KEEP_HOURLY)
            for name, question in QUESTIONS:
                attempt(out, f"{moment['at']}: {name}", lambda: question(asked))
        damage = Damage(simulation)
        attempt(out, "a byte flipped is named and set aside, and everything else answers", damage.try_all)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
