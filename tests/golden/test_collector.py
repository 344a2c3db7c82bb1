#!/usr/bin/env python3
"""weir collector, live: answers are seconds old, nothing is lost or doubled by kill -9 or SIGTERM.

    test_collector.py WEIR [PART…]

Every record that is sent has a source address of its own, so that what was stored can be told from
what was lost or stored twice.  The socket is made here and handed over (LISTEN_FDS), so that the
kernel keeps what comes while no collector runs.  Loopback only, bounded in count and time.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.collector import Collector
from support.tap import Tap

SEED = 20261122
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; beyond net.core.rmem_max, for as long as a start may take
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)])
EVENT = netflow.Template(257, [(8, 4), (225, 4), (230, 1), (323, 8)])
PER_DATAGRAM = 10  # flow records, and one event
IN_FLIGHT = 64  # datagrams that a collector may have read and not yet journalled when it is killed


def address(i):
    return "10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255)


def datagram(number):
    rows = [(address(number * PER_DATAGRAM + k), "198.51.100.1", 1000, 443, 6, 100, 1) for k in range(PER_DATAGRAM)]
    event = (address(number), "203.0.113.1", 4, int(time.time() * 1000))
    return netflow.v9([netflow.data(FLOW, rows), netflow.data(EVENT, [event])], int(time.time()), uptime=1000, sequence=number, source_id=7)


class Restarted(Collector):
    """A collector whose socket stays open between one process and the next."""

    def __init__(self, weir, workspace):
        super().__init__(weir, workspace)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE if os.geteuid() == 0 else socket.SO_RCVBUF, 64 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def spawn(self, *options):
        fd = os.dup2(self.socket.fileno(), 3) if self.socket.fileno() != 3 else 3
        os.set_inheritable(fd, True)
        command = self.command("--listen", "127.0.0.1:%d" % self.port, *options)
        return subprocess.Popen(["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *command],
                                pass_fds=[fd], stderr=subprocess.PIPE, text=True)

    def totals(self):
        """Records stored, most records of one address, different addresses."""
        return self.query("Flows | summarize n = sum(RecordCount) by SourceIp"
                          " | summarize sum(n), max(n), count()")[0]

    def events(self):
        """The same of events."""
        return self.query("NatEvents | summarize n = count() by SourceIp | summarize sum(n), max(n), count()")[0]


class Sender:
    """Sends numbered datagrams at a rate, from one socket."""

    def __init__(self, port):
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.out.bind(("127.0.0.1", 0))
        self.out.connect(("127.0.0.1", port))
        self.next = 0
        self.send(netflow.v9([netflow.v9_templates([FLOW, EVENT])], int(time.time()), uptime=1000, source_id=7))

    def send(self, octets):
        self.out.send(octets)

    def run(self, count, rate):
        start = time.monotonic()
        for i in range(count):
            self.send(datagram(self.next))
            self.next += 1
            ahead = i / rate - (time.monotonic() - start)
            if ahead > 0.005:
                time.sleep(ahead)


def fresh_answers(out, weir, work):
    collector = Restarted(weir, work / "fresh")
    collector.start()
    sender = Sender(collector.port)
    sender.run(5, 1000)
    sent, seen = time.monotonic(), 0
    while not seen and time.monotonic() - sent < 10:
        time.sleep(0.25)
        seen = collector.query("Flows | count")[0][0]
    age = time.monotonic() - sent
    out.result(seen == 50 and age <= 6, "an answer is at most six seconds old", [seen, age])
    status = collector.end(signal.SIGTERM)
    out.result(status == 0 and collector.totals() == [50, 1, 50] and not collector.broken_books(),
               "SIGTERM stores what is there and exits with 0", [status, collector.totals(), collector.books()])


def restarts(out, weir, work):
    """SIGTERM five times while datagrams flow: the kernel keeps what comes in between, so none is lost."""
    collector = Restarted(weir, work / "term")
    collector.start()
    sender = Sender(collector.port)
    flow = threading.Thread(target=sender.run, args=(12000, 4000))
    flow.start()
    for _ in range(5):
        time.sleep(random.uniform(0.2, 0.6))
        if collector.end(signal.SIGTERM) != 0:
            break
        collector.start()
    flow.join()
    time.sleep(0.5)
    status = collector.end(signal.SIGTERM)
    records = 12000 * PER_DATAGRAM
    out.result(status == 0 and collector.totals() == [records, 1, records] and collector.events() == [12000, 1, 12000],
               "five restarts by SIGTERM lose nothing and double nothing",
               [status, collector.totals(), collector.events()])
    books = collector.books()
    out.result(books == [12001, 12001, 0, 0, 0, records, records, 0, 12000, 12000, 0, 0, 0, 12000, records],
               "and the books balance", books)


def kills(out, weir, work):
    """kill -9 ten times while more than two rings of 4 MiB flow."""
    collector = Restarted(weir, work / "kill")
    collector.start()
    sender = Sender(collector.port)
    count, times = 36000, 10
    flow = threading.Thread(target=sender.run, args=(count, 4000))
    flow.start()
    for _ in range(times):
        time.sleep(random.uniform(0.1, 1.2))
        collector.end(signal.SIGKILL)
        collector.start("--workers", str(random.randint(1, 3)))
    flow.join()
    time.sleep(0.5)
    status = collector.end(signal.SIGTERM)
    stored, most, different = collector.totals()
    refused = collector.books()[4]
    out.result(status == 0 and most == 1 and stored == different, "ten times kill -9 double nothing",
               [status, stored, most, different])
    events = collector.events()
    out.result(events == [stored // PER_DATAGRAM, 1, stored // PER_DATAGRAM],
               "and what is stored of a datagram is all of it, events as well", [events, stored])
    lost = count * PER_DATAGRAM - stored - refused * PER_DATAGRAM
    out.result(0 <= lost <= times * IN_FLIGHT * PER_DATAGRAM,
               "and lose at most what was on its way from the socket to the ring", [lost, stored, refused])
    wrong = collector.broken_books()
    out.result(not wrong, "and the books balance", wrong)


PARTS = (fresh_answers, restarts, kills)


def main(weir, names):
    random.seed(SEED)
    print("# seed %d" % SEED)
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in PARTS:
            if not names or part.__name__ in names:
                part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
