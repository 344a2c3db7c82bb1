#!/usr/bin/env python3
"""Do captures give the same rows backwards?

    test_reversed.py WEIR [NAME…]

Every capture of NetFlow, IPFIX and sFlow of the collection (WEIR_SHARED, or ../shared beside the source)
is imported as it is and with its datagrams in reverse order: templates and options then come after
their data.  tests/support/orders.py says what is compared.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import orders  # noqa: E402
import references as ref  # noqa: E402
import tap  # noqa: E402

# Rows that are not the same backwards, and must not be while that is so.
DIFFER = {
    "telegraf/ipfix-example": "templates of lists come in another datagram than those of their records, and lists do"
    " not wait for them, which RFC 6313 section 7 leaves to the collector (collector/decode/nested.h)",
}
AT_ONCE = 4  # they wait for the disk more than they work


def captures(shared, names):
    for path in sorted(shared.glob("captures/*/expected/*.ref.json")):
        reference = json.loads(path.read_text())
        name = f"{path.parents[1].name}/{path.name.removesuffix('.ref.json')}"
        if (ref.is_netflow(reference) or ref.is_sflow(reference)) and (not names or name in names):
            yield name, path.parents[1] / reference["capture"]


def problems(weir, capture):
    try:
        with tempfile.TemporaryDirectory() as work:
            stored = []
            for change in (list, orders.reverse):
                path = Path(work) / (change.__name__ + ".pcap")
                orders.rewrite(capture, path, change)
                stored.append(orders.Stored(weir, path, Path(work) / change.__name__))
            kinds = ("datagrams", "malformed", "records", "options_records", "nat_events")
            counts = [[s.counts[kind] for kind in kinds] for s in stored]
            wrong = [] if counts[0] == counts[1] else [f"{kinds}: {counts[0]} and then {counts[1]}"]
            return wrong + list(orders.differences(stored[0].tables(), stored[1].tables()))
    except (RuntimeError, ValueError, KeyError, subprocess.TimeoutExpired) as problem:
        return [f"{type(problem).__name__}: {problem}"]


def main(weir, names):
    shared = Path(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared")
    found = list(captures(shared, names))
    if not found:
        return tap.skip_all("the collection of captures is not here (WEIR_SHARED); golden/test_orders.py has its own")
    out = tap.Tap()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (name, _), wrong in zip(found, pool.map(lambda pair: problems(weir, pair[1]), found)):
            what = "not the same rows" if name in DIFFER else "the same rows"
            out.result(bool(wrong) == (name in DIFFER), f"{name} gives {what} backwards", wrong)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
