#!/usr/bin/env python3
"""weir collector under a clock that jumps: no row goes before its time, none is lost or doubled.

    test_clock.py WEIR

The collector's clock is moved by libfaketime, forward and back by more than a year, while datagrams
come. Loopback only, bounded in count and time.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap, skip_all
from test_disk import PER_DATAGRAM, RECORDS, TIMEOUT_S, Watched, imported_long_ago, run, store_old

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
DAYS = 400  # more than any row is kept by the configuration
OLD = "Flows | where SourceIp startswith '10.' | count"
SENT = 10


class Jumping(Watched):
    """Its clock is what a file says."""

    def __init__(self, weir, work, *options):
        super().__init__(weir, work / "workspace", *options)
        self.clock = work / "clock"
        self.jump(0)

    def jump(self, days):
        """Takes place with the next look at the clock."""
        fresh = self.clock.with_name("clock.new")
        fresh.write_text(f"{days * 86400:+d}\n")
        fresh.rename(self.clock)

    def spawn(self, *options):
        environment = {**os.environ, "LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self.clock),
                       "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}  # fmt: skip
        return subprocess.Popen(self.command("--listen", "127.0.0.1:0", *options), stderr=subprocess.PIPE, text=True,
                                env=environment)  # fmt: skip

    def stores(self):
        """Whether SENT datagrams more are stored, and all that was old is there."""
        self.send(SENT, 0.1)
        want = [self.sent * PER_DATAGRAM]
        return [self.wait_until(RECORDS, want), self.query(OLD)[0]] == [want, [720]]


def jumps(out, weir, work):
    config = work / "clock.yaml"
    config.write_text("retention:\n  flows: 30\n  ledger: 0\n")
    store_old(weir, work, work / "workspace", rows=90)
    imported_long_ago(work / "workspace", 20)
    run(weir, "workspace", "expire", "--workspace", work / "workspace", "--config", config)  # says that the clock is right
    with Jumping(weir, work, "--config", str(config)) as collector:
        out.result(collector.stores(), "rows of 20 days ago stay 30", collector.log)
        collector.jump(DAYS)
        config.write_text("retention:\n  flows: 29\n  ledger: 0\n")
        collector.process.send_signal(signal.SIGHUP)  # has it look for what is too old
        told = collector.said("days ahead of what rows are kept by")
        out.result(told and collector.stores(), "a jump forward is told, and drops nothing", collector.log)
        collector.jump(-DAYS)
        out.result(collector.stores(), "nor does a jump back, and what comes is stored", collector.log)
        collector.jump(0)
        wrong = [] if collector.stores() else ["not all is stored"]
        status = collector.end()
        wrong += collector.wrong()
        out.result(status == 0 and not wrong, "and the books balance", [status, *wrong, *collector.log])
        collector.jump(DAYS)
        collector.start()
        told = collector.said("days ahead of what rows are kept by")
        out.result(told and collector.stores() and collector.end() == 0, "a start with a clock that is ahead drops nothing",
                   collector.log)  # fmt: skip
        wrong = collector.wrong()
        said = run(weir, "workspace", "verify", "--workspace", collector.workspace).stdout
        out.result(not wrong and said.startswith("0 problems"), "and the workspace is whole", [*wrong, said])


def main(weir):
    if not os.path.exists(FAKETIME):
        return skip_all("needs libfaketime")
    out = Tap()
    with tempfile.TemporaryDirectory(prefix="weir-clock-") as work:
        jumps(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
