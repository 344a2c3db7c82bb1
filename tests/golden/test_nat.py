#!/usr/bin/env python3
"""Who held which address and port, asked of a collector that is killed and stopped in between.

    test_nat.py WEIR

Sessions and port blocks begin before kill -9 or SIGTERM and end after it; each must stay one row.
Loopback only, bounded in count and time.
"""

import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.collector import Collector
from support.tap import Tap

SESSION = netflow.Template(256, [(8, 4), (225, 4), (7, 2), (227, 2), (4, 1), (230, 1), (323, 8)])
BLOCK = netflow.Template(257, [(8, 4), (225, 4), (361, 2), (362, 2), (230, 1), (323, 8)])
BEGIN = int(time.time()) - 30  # seconds; nothing here is older than what NatLookup allows clocks
SESSIONS = 500


def at(second):
    return f"datetime({time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(BEGIN + second))})"


def sessions(code, second, numbers):
    """Session n: 10.0.0.1 port 1024 + n, translated to 203.0.113.1 port 30000 + n; 4 creates, 5 deletes."""
    return netflow.data(SESSION, [("10.0.0.1", "203.0.113.1", 1024 + n, 30000 + n, 6, code, (BEGIN + second) * 1000)
                                  for n in numbers])


def block(code, second):
    return netflow.data(BLOCK, [("10.0.0.2", "203.0.113.2", 4096, 8191, code, (BEGIN + second) * 1000)])


class Exporter:
    def __init__(self):
        self.sequence = 0

    def send(self, port, *sets):
        """Templates and sets, a datagram each, from a socket of its own."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.bind(("127.0.0.1", 0))
            for each in (netflow.v9_templates([SESSION, BLOCK]), *sets):
                out.sendto(netflow.v9([each], int(time.time()), uptime=1000 + self.sequence, sequence=self.sequence,
                                      source_id=7), ("127.0.0.1", port))
                self.sequence += 1


def chunks(code, second, numbers):
    return [sessions(code, second, numbers[i : i + 50]) for i in range(0, len(numbers), 50)]


def held(collector, address, port, second):
    return collector.query(f"NatLookup('{address}', {port}, {at(second)})"
                           " | project SourceIp, SourcePort, isnull(EndTime)")


def wait_for_events(collector, count):
    collector.wait_until("NatEvents | count", [count])


def main(weir):
    out = Tap()
    exporter = Exporter()
    with tempfile.TemporaryDirectory() as work:
        collector = Collector(weir, Path(work) / "workspace")
        with collector:
            exporter.send(collector.port, *chunks(4, 0, list(range(SESSIONS))), block(16, 1))
            wait_for_events(collector, SESSIONS + 1)
            out.result(held(collector, "203.0.113.1", 30007, 5) == [["10.0.0.1", 1031, True]]
                       and held(collector, "203.0.113.1", 30007, -1) == [],
                       "who holds a port now is known within seconds, and not before it began")
            out.result(held(collector, "203.0.113.2", 5000, 5) == [["10.0.0.2", None, True]]
                       and held(collector, "203.0.113.2", 4095, 5) == held(collector, "203.0.113.2", 8192, 5) == [],
                       "a port within a block is its subscriber's")
            # few events: bindings that are open are not written anew, and are made of events at the next start
            exporter.send(collector.port, sessions(4, 2, [SESSIONS]), sessions(5, 3, [3]))
            wait_for_events(collector, SESSIONS + 3)
            collector.end(signal.SIGKILL)
            collector.start()
            exporter.send(collector.port, *chunks(5, 10, [n for n in range(SESSIONS + 1) if n not in (3, 8)]))
            wait_for_events(collector, 2 * SESSIONS + 2)
            status = collector.end()
            collector.start()
            exporter.send(collector.port, block(17, 12), sessions(5, 12, [8]))
            wait_for_events(collector, 2 * SESSIONS + 4)
            status = status or collector.end()
        got = collector.query("NatBindings | summarize count(), count_distinct(PostNatSourcePort), countif(isnull(EndTime)),"
                              " countif(isnull(BeginTime)), countif(BindingEnd == 'deleted')")
        out.result(status == 0 and got == [[SESSIONS + 2, SESSIONS + 1, 0, 0, SESSIONS + 2]],
                   "every session and block is one row with begin and end, across kill -9 and SIGTERM", [status, got])
        asked = [(30003, 2), (30003, 4), (30007, 9), (30007, 11), (30008, 11), (30000 + SESSIONS, 1),
                 (30000 + SESSIONS, 5)]
        got = [len(held(collector, "203.0.113.1", port, second)) for port, second in asked]
        out.result(got == [1, 0, 1, 0, 1, 0, 1], "and was held from then until then", got)
        got = [held(collector, "203.0.113.2", 8191, second) for second in (0, 1, 12, 13)]
        out.result(got == [[], [["10.0.0.2", None, False]], [["10.0.0.2", None, False]], []], "and so was the block",
                   got)
        wrong = collector.broken_books()
        out.result(not wrong, "and the books balance", wrong)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
