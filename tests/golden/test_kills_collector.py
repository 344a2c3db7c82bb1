#!/usr/bin/env python3
"""weir collector, killed at any call by which it changes files, or with a call that fails.

    test_kills_collector.py WEIR INTERRUPT [--runs N]

Its clock runs SPEED times as fast (libfaketime), so that within seconds it commits, folds the parts of a
minute into one segment, compacts the hours of an import and sweeps. tests/support/interrupt.c ends it, or
lets a call fail, at one that a seed chooses. The socket is made here, so that the kernel keeps what comes
while no collector runs. Asked right after it the books balance and no record is there twice; so they do
after the next run, when all is stored but what was on its way from the socket to the ring, the workspace
is whole and holds no file that nobody names. Loopback only, bounded in count and time.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tap import Tap, skip_all
from test_collector import IN_FLIGHT, PER_DATAGRAM, Restarted, Sender
from test_kills import KILLED, Lab, described, one_of, options_of, statuses

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
SPEED = 40
DATAGRAMS, RATE = 400, 160
RUNS = 4
OLD = "Flows | where TimeGenerated < datetime(2026-02-01) | summarize sum(RecordCount), sum(NumberOfBytes)"
NEW = "Flows | where TimeGenerated > datetime(2026-02-01) | summarize n = sum(RecordCount) by SourceIp | summarize sum(n), max(n), count()"
IMPORTED = "CollectorLedger | where Listener !startswith '127.' | summarize sum(RecordsStored)"


class Disturbed(Restarted):
    """Under `interrupt` while `options` are given."""

    def __init__(self, weir, interrupt, workspace):
        super().__init__(weir, workspace)
        self.interrupt, self.disturbing = interrupt, None

    def command(self, *options):
        command = super().command(*options)
        return command if self.disturbing is None else [
            self.interrupt, *self.disturbing, self.workspace, "env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME=+0 x{SPEED}", *command]  # fmt: skip

    def spawn(self, *options):
        """The collector's process is the one that the socket is for, also below `interrupt`."""
        fd = os.dup2(self.socket.fileno(), 3) if self.socket.fileno() != 3 else 3
        os.set_inheritable(fd, True)
        words = self.command("--listen", "127.0.0.1:%d" % self.port, *options)
        at = words.index("env") if "env" in words else 0
        words[at:at] = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh"]
        return subprocess.Popen(words, pass_fds=[fd], stderr=subprocess.PIPE, text=True)

    def started(self):
        try:
            self.start()
        except RuntimeError:
            return False
        return True


class Run:
    def __init__(self, lab, interrupt, base, name):
        self.lab, self.place = lab, lab.work / name
        shutil.copytree(base, self.place)
        self.collector = Disturbed(lab.weir, interrupt, self.place)
        self.sender = Sender(self.collector.port)

    def done(self):
        self.collector.__exit__()
        self.collector.socket.close()
        self.sender.out.close()
        shutil.rmtree(self.place)

    def disturbed(self, *options):
        """The exit status of a run while DATAGRAMS come, which is ended if nothing else ends it."""
        self.collector.disturbing = options
        flow = threading.Thread(target=self.sender.run, args=(DATAGRAMS, RATE))
        flow.start()
        started = self.collector.started()
        flow.join()
        if started:
            time.sleep(0.5)
            status = self.collector.end(signal.SIGTERM)
        else:
            status = self.collector.process.wait()
        self.collector.disturbing = None
        return status

    def wrong_answers(self, old):
        """What an answer of now has that no right one can have."""
        if self.collector.query(OLD) != old:
            return [f"what was there: {self.collector.query(OLD)}, not {old}"]
        *books, rows = self.collector.books()
        stored, most, different = (number or 0 for number in self.collector.query(NEW)[0])
        wrong = self.collector.broken(*books, rows)
        if most > 1 or stored != different:
            wrong.append(f"{stored} records of {different}, {most} of one")
        return wrong + self.lab.problems(self.place)[0]

    def ended(self, old, lost_most):
        """What is wrong once a further run has ended well."""
        self.collector.start()
        status = self.collector.end(signal.SIGTERM)
        wrong = self.wrong_answers(old)
        if status:
            wrong.append(f"exit status {status}: {self.collector.log}")
        stored = self.collector.query(NEW)[0][0] or 0
        lost = (DATAGRAMS - lost_most) * PER_DATAGRAM
        if not lost <= stored <= DATAGRAMS * PER_DATAGRAM:
            wrong.append(f"{stored} records stored of {DATAGRAMS * PER_DATAGRAM}")
        kept = {str(path.relative_to(self.place)) for path in (self.place / "journal").glob("ring.[0-9]")}
        return wrong + self.lab.problems(self.place)[1] + self.lab.strays(self.place, kept)


def prepare(lab):
    base = lab.work / "base"
    lab.imports(base, 0, 1, 2)
    return base


def undisturbed(lab, interrupt, base, old):
    """How many calls there are, and what is wrong."""
    log = lab.work / "calls"
    run = Run(lab, interrupt, base, "whole")
    status = run.disturbed("--log", str(log))
    wrong = run.wrong_answers(old)
    segments = [row.split() for row in subprocess.run([lab.weir, "show", "segments", "-w", run.place],
                                                      capture_output=True, text=True).stdout.splitlines()]  # fmt: skip
    print("# " + "; ".join(run.collector.log))
    wrong += run.ended(old, 0) + ([f"exit status {status}"] if status else [])
    calls = log.read_text().splitlines()
    run.done()
    return calls, segments, wrong


def disturb(lab, interrupt, base, old, case):
    """What is wrong, in words."""
    run = Run(lab, interrupt, base, ".".join(options_of(case)).replace("--", ""))
    try:
        status = run.disturbed(*options_of(case), "--log", str(lab.work / "calls"))
        log = run.collector.log[-3:]
        wrong = run.wrong_answers(old)
        if status not in statuses(case):
            wrong.append(f"exit status {status}")
        wrong += [f"then: {line}" for line in run.ended(old, IN_FLIGHT if status == KILLED else 0)]
    finally:
        run.done()
    what = described(case, (lab.work / "calls").read_text().splitlines(), lab)
    print(f"# {what}: {status}")
    return [f"{what}: {line}" for line in wrong + (log if wrong else [])]


def main(weir, interrupt, *options):
    if not os.path.exists(FAKETIME):
        return skip_all("needs libfaketime")
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    runs = int(options[1]) if options else RUNS
    chosen, out = random.Random(seed), Tap()
    print(f"# seed {seed}")
    with tempfile.TemporaryDirectory(prefix="weir-kills-") as work:
        lab, interrupt = Lab(weir, os.path.realpath(work)), str(Path(interrupt).resolve())
        base = prepare(lab)
        old = Restarted(weir, base).query(OLD)
        calls, segments, wrong = undisturbed(lab, interrupt, base, old)
        folded = [row for row in segments if row[0] == "Flows" and int(row[2]) > 10 * PER_DATAGRAM]
        hours = [row for row in segments if "hour" in row or "day" in row]
        out.result(not wrong and folded and hours, "a collector whose clock is fast commits, folds, compacts",
                   [*wrong, *segments])  # fmt: skip
        print(f"# {len(calls)} calls")
        wrong = []
        for _ in range(runs):
            wrong += disturb(lab, interrupt, base, old, one_of(chosen, calls))
        out.result(not wrong, f"disturbed at {runs} calls it loses and doubles nothing, and leaves nothing behind", wrong[:60])
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
