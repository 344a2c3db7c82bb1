#!/usr/bin/env python3
"""weir collector with IPFIX over TCP: many sessions, messages in pieces, ends, and what is no IPFIX.

    test_sessions.py WEIR

Loopback only, bounded in count and time.
"""

import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.collector import Collector
from support.tap import Tap

FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 8)])
STORED = "Flows | summarize n = sum(RecordCount) | project n = coalesce(n, 0)"
WAITING = "CollectorLedger | summarize n = sum(SetsParked - SetsReplayed - SetsExpired)"
LISTENING = re.compile(r"listening on tcp:127\.0\.0\.1:(\d+)")


def message(addresses, sequence, template=True):
    rows = [(address, "198.51.100.1", 1000, 443, 6, 100, 1) for address in addresses]
    sets = [netflow.ipfix_templates([FLOW])] if template else []
    return netflow.ipfix(sets + [netflow.data(FLOW, rows)], int(time.time()), sequence=sequence, domain=7)


class Sessions(Collector):
    """A collector that accepts sessions, too, at `tcp_port`."""

    def start(self, *options):
        super().start("--listen", "tcp:127.0.0.1:0", *options)
        self.tcp_port = int(next(m[1] for line in self.log if (m := LISTENING.match(line))))
        return self

    def show(self, what):
        command = [self.weir, "show", what, "--workspace", self.workspace]
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout

    def connect(self, port=0):
        return socket.create_connection(("127.0.0.1", self.tcp_port), timeout=10, source_address=("127.0.0.1", port))


def many(out, weir, work):
    with Sessions(weir, work / "many") as collector:
        sessions = [collector.connect() for _ in range(20)]
        for i, session in enumerate(sessions):
            octets = message([f"10.{i}.0.1"], 0) + message([f"10.{i}.0.2", f"10.{i}.0.3"], 1, template=False)
            for at in range(0, len(octets), 7):  # in pieces that no message ends at
                session.sendall(octets[at : at + 7])
        got = collector.wait_until(STORED, [60])
        for session in sessions:
            session.close()
        out.result(got == [60], "the messages of twenty sessions are stored", got)
        out.result(not collector.broken_books(), "and the books balance", collector.broken_books())
        offered = collector.books()[0]
        out.result(offered == 40, "each message counts as one datagram", offered)


def broken(out, weir, work):
    with Sessions(weir, work / "broken") as collector:
        good, bad = collector.connect(), collector.connect()
        good.sendall(message(["10.0.0.1"], 0))
        bad.sendall(b"GET / HTTP/1.1\r\n\r\n")
        ended = bad.recv(1) == b""
        good.sendall(message(["10.0.0.2"], 1, template=False))
        got = collector.wait_until(STORED, [2])
        out.result(ended and got == [2], "what is no IPFIX ends its session and no other", [ended, got])
        good.close()
        collector.end()
        malformed = collector.books()[2]
        out.result(malformed == 1 and not collector.broken_books(), "and is counted as malformed",
                   [malformed, *collector.broken_books()])


def closed_at_once(session):
    """By a reset, so that its port can be used again; returns the port."""
    port = session.getsockname()[1]
    session.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    session.close()
    return port


def ended(out, weir, work):
    """RFC 7011 section 8: a template's life is that of its session; 8.1: it may be withdrawn."""
    with Sessions(weir, work / "ended") as collector:
        first = collector.connect()
        first.sendall(message(["10.0.0.1"], 0))
        stored = collector.wait_until(STORED, [1])
        port = closed_at_once(first)
        time.sleep(0.5)
        second = collector.connect(port)
        second.sendall(message(["10.0.0.2"], 0, template=False))
        parked = collector.wait_until(WAITING, [1])
        out.result(stored == [1] and parked == [1], "a template ends with its session", [stored, parked])
        second.sendall(message(["10.0.0.3"], 1))
        got = collector.wait_until(STORED, [3])
        out.result(got == [3], "and what waited is decoded with the next one's", got)
        withdrawal = netflow.ipfix([netflow.set_of(2, bytes([1, 0, 0, 0]))], int(time.time()), sequence=3, domain=7)
        second.sendall(withdrawal + message(["10.0.0.4"], 3, template=False))
        parked = collector.wait_until(WAITING, [1])
        out.result(parked == [1] and collector.query(STORED)[0] == [3], "a template that is withdrawn is gone", parked)
        second.close()
        collector.end()
        out.result(not collector.broken_books(), "and the books balance", collector.broken_books())


def restarted(out, weir, work):
    """kill -9: what the journal has of a session is decoded with its templates, and then it is over."""
    with Sessions(weir, work / "restarted") as collector:
        session = collector.connect()
        session.sendall(message(["10.0.0.1"], 0))
        stored = collector.wait_until(STORED, [1])
        session.sendall(message(["10.0.0.2"], 1, template=False))
        time.sleep(0.5)
        collector.process.kill()
        collector.process.wait()
        port = closed_at_once(session)
        collector.start()
        got = collector.query(STORED)[0]
        out.result(stored == [1] and got == [2], "the journal's messages of a session are decoded", [stored, got])
        known = collector.show("exporters")
        out.result("127.0.0.1" not in known, "the sessions of a collector that was killed are over", known)
        again = collector.connect(port)
        again.sendall(message(["10.0.0.3"], 0, template=False))
        parked = collector.wait_until(WAITING, [1])
        out.result(parked == [1], "and another one from the same port does not go on with their templates", parked)
        again.close()
        collector.end()
        out.result(not collector.broken_books(), "and the books balance", collector.broken_books())


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (many, broken, ended, restarted):
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
