#!/usr/bin/env python3
"""weir collector: what it cannot do is said in one clear line, and costs no more than it must.

    test_trouble.py WEIR

Loopback only, bounded in count and time.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import netflow  # noqa: E402
import tap  # noqa: E402
from collector import Collector  # noqa: E402

TIMEOUT_S = 20
PER_DATAGRAM = 3
STORED = "Flows | summarize sum(RecordCount)"


def datagram(sequence):
    records = [netflow.V5Record("192.0.2.1", "192.0.2.2", src_port=n) for n in range(PER_DATAGRAM)]
    return netflow.v5(records, int(time.time()), sequence=sequence)


def send(collector, count):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for n in range(count):
            sock.sendto(datagram(n), ("127.0.0.1", collector.port))


def bound_by_permissions():
    """Root may write anywhere: so that it may not, it is started without that capability."""
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


class Bounded(Collector):
    """A collector that permissions hold back."""

    def command(self, *options):
        return [*bound_by_permissions(), *super().command(*options)]

    def forbid(self, forbidden):
        """Whether new segments may be written."""
        for folder, _, _ in os.walk(Path(self.workspace) / "segments"):
            os.chmod(folder, 0o555 if forbidden else 0o755)

    def said(self, words, seconds=TIMEOUT_S):
        """Waits until a line of the log holds the words."""
        end = time.monotonic() + seconds
        while not any(words in line for line in self.log) and time.monotonic() < end:
            time.sleep(0.1)
        return any(words in line for line in self.log)


def cannot_commit(out, weir, work):
    """Segments may not be written for a while; then not at the end, either."""
    collector = Bounded(weir, work / "full")
    with collector:
        collector.forbid(True)
        send(collector, 30)
        told = collector.said("commit failed, trying again")
        held = collector.query(STORED)[0]
        collector.forbid(False)
        got = collector.wait_until(STORED, [90])
        out.result(told and held == [0] and got == [90], "a commit that fails is told, and tried until it succeeds",
                   [held, got, *collector.log])
        collector.log.clear()
        collector.forbid(True)
        send(collector, 40)
        collector.said("commit failed, trying again")
        status = collector.end()
        out.result(status == 1, "SIGTERM ends a collector that cannot commit", [status, *collector.log])
        collector.forbid(False)
        collector.start()
        status = collector.end()
    got, wrong = collector.query(STORED)[0], collector.broken_books()
    out.result(status == 0 and got == [210] and not wrong, "what it had received is stored by the next one",
               [status, got, *wrong])


def refused(weir, *options):
    """The exit status and what was said."""
    command = [*bound_by_permissions(), weir, "collector", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    return done.returncode, done.stderr.strip().splitlines()


def cannot_start(out, weir, work):
    read_only = work / "read-only"
    read_only.mkdir(mode=0o555)
    a_file = work / "file"
    a_file.touch()
    with Collector(weir, work / "held") as collector:
        port = f"127.0.0.1:{collector.port}"
        cases = [
            ("a workspace that another holds", work / "held", "127.0.0.1:0", "is being written by"),
            ("a port in use", work / "other", port, "in use"),
            ("an address of another machine", work / "other", "192.0.2.1:2055", "192.0.2.1:2055"),
            ("a read-only directory", read_only / "workspace", "127.0.0.1:0", "Permission denied"),
            ("a file instead of a directory", a_file, "127.0.0.1:0", str(a_file)),
        ]
        for name, workspace, listen, words in cases:
            status, said = refused(weir, "--ring", "4", "--workspace", str(workspace), "--listen", listen)
            complaints = [line for line in said if line.startswith("weir collector: ")]
            out.result(status == 1 and said[-1:] == complaints and words in said[-1], f"{name}: one clear line",
                       [status, *said])
        for words, *options in (("nowhere", "--listen", "nowhere"), ("from 4 to 65536", "--ring", "3"),
                                ("from 1 to 16", "--workers", "17")):
            status, said = refused(weir, "--workspace", str(work / "other"), *options)
            out.result(status == 2 and len(said) == 1 and words in said[0], f"{' '.join(options)}: one clear line",
                       [status, *said])
        wrong = [f"exit status {s}" for s in [collector.end()] if s] + collector.broken_books()
    out.result(not wrong, "and the collector that was there goes on", wrong)


def killed_with(collector, count):
    """Leaves so many datagrams in the ring, none of which is committed; the ring's file."""
    collector.start()
    send(collector, count)
    time.sleep(0.5)
    collector.end(signal.SIGKILL)
    return Path(collector.workspace) / "journal" / "ring.0"


def damage(path, offset, octets):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(octets)


def damaged_ring(out, weir, work):
    collector = Collector(weir, work / "damaged")
    with collector:
        send(collector, 10)
        collector.end()

        ring = killed_with(collector, 20)
        place = ring.read_bytes().find(datagram(7)[16:])  # behind the time of export
        damage(ring, place, b"\xff")
        collector.start()
        status = collector.end()
        got = collector.query(STORED)[0]
        said = [line for line in collector.log if "hole" in line]
        out.result(place > 0 and status == 0 and got == [(10 + 19) * PER_DATAGRAM] and len(said) == 1,
                   "one damaged record is told and costs itself alone", [place, status, got, *collector.log])

        ring = killed_with(collector, 20)
        damage(ring, 0, bytes(64))
        collector.start()
        status = collector.end()
        got = collector.query(STORED)[0]
        said = [line for line in collector.log if "set aside" in line]
        out.result(status == 0 and got == [(10 + 19) * PER_DATAGRAM] and len(said) == 1 and
                   ring.with_name("ring.0.damaged.1").exists(),
                   "a ring that cannot be read is told and set aside", [status, got, *collector.log])

        collector.start()
        send(collector, 5)
        status = collector.end()
    got, wrong = collector.query(STORED)[0], collector.broken_books()
    out.result(status == 0 and got == [(10 + 19 + 5) * PER_DATAGRAM] and not wrong, "and the books balance",
               [status, got, *wrong])


def missing_ring(out, weir, work):
    """Positions go on where they were: else what is in the next ring would lie before the committed one."""
    collector = Collector(weir, work / "missing")
    with collector:
        collector.end()
        ring = killed_with(collector, 30)
        collector.start()
        collector.end()
        ring.unlink()
        ring.with_name("ring.0.new").write_bytes(b"half made")
        killed_with(collector, 5)
        collector.start()
        status = collector.end()
    got, wrong = collector.query(STORED)[0], collector.broken_books()
    out.result(status == 0 and got == [35 * PER_DATAGRAM] and not wrong,
               "a ring that is gone costs nothing that comes after it", [status, got, *wrong])


def main(weir):
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (cannot_start, cannot_commit, damaged_ring, missing_ring):
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
