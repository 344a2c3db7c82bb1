#!/usr/bin/env python3
"""weir collector, live: answers are seconds old, nothing is lost or doubled by kill -9 or SIGTERM.

    test_collector.py WEIR

Every record that is sent has a source address of its own, so that what was stored can be told from
what was lost or stored twice.  The socket is made here and handed over (LISTEN_FDS), so that the
kernel keeps what comes while no collector runs.  Loopback only, bounded in count and time.
"""

import json
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
from support.tap import Tap

SEED = 20261122
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)])
PER_DATAGRAM = 10
IN_FLIGHT = 64  # datagrams that a collector may have read and not yet journalled when it is killed


def address(i):
    return "10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255)


def datagram(number):
    rows = [(address(number * PER_DATAGRAM + k), "198.51.100.1", 1000, 443, 6, 100, 1) for k in range(PER_DATAGRAM)]
    return netflow.v9([netflow.data(FLOW, rows)], int(time.time()), uptime=1000, sequence=number, source_id=7)


class Collector:
    """A collector with an inherited socket; at most one process at a time."""

    def __init__(self, weir, workspace):
        self.weir, self.workspace = weir, workspace
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.process = None

    def start(self, *options):
        fd = os.dup2(self.socket.fileno(), 3) if self.socket.fileno() != 3 else 3
        os.set_inheritable(fd, True)
        command = [self.weir, "collector", "--workspace", str(self.workspace), "--ring", "4",
                   "--listen", "127.0.0.1:%d" % self.port, *options]
        self.process = subprocess.Popen(
            ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *command],
            pass_fds=[fd], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("collecting"):
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        raise RuntimeError("the collector did not start: exit status %s" % self.process.wait(10))

    def end(self, how):
        self.process.send_signal(how)
        return self.process.wait(60)

    def query(self, kql):
        done = subprocess.run([self.weir, "query", "--workspace", str(self.workspace), "--format", "json", kql],
                              capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout)["tables"][0]["rows"]

    def totals(self):
        """Records stored, most records of one address, different addresses."""
        return self.query("Flows | summarize n = sum(RecordCount) by SourceIp"
                          " | summarize sum(n), max(n), count()")[0]

    def balance(self):
        return self.query("CollectorLedger | summarize sum(DatagramsOffered), sum(DatagramsDecoded),"
                          " sum(DatagramsMalformed) + sum(DatagramsNotAllowed) + sum(DatagramsRefused),"
                          " sum(RecordsStored)")[0]


class Sender:
    """Sends numbered datagrams at a rate, from one socket."""

    def __init__(self, port):
        self.out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.out.bind(("127.0.0.1", 0))
        self.out.connect(("127.0.0.1", port))
        self.next = 0
        self.send(netflow.v9([netflow.v9_templates([FLOW])], int(time.time()), uptime=1000, source_id=7))

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
    collector = Collector(weir, work / "fresh")
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
    out.result(status == 0 and collector.totals() == [50, 1, 50], "SIGTERM stores what is there and exits with 0",
               [status, collector.totals()])


def restarts(out, weir, work):
    """SIGTERM five times while datagrams flow: the kernel keeps what comes in between, so none is lost."""
    collector = Collector(weir, work / "term")
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
    out.result(status == 0 and collector.totals() == [records, 1, records],
               "five restarts by SIGTERM lose nothing and double nothing", [status, collector.totals()])
    offered, decoded, lost, stored = collector.balance()
    out.result((offered, decoded, lost, stored) == (12001, 12001, 0, records), "and the books balance",
               [offered, decoded, lost, stored])


def kills(out, weir, work):
    """kill -9 ten times while more than two rings of 4 MiB flow."""
    collector = Collector(weir, work / "kill")
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
    offered, decoded, refused, in_ledger = collector.balance()
    out.result(status == 0 and most == 1 and stored == different, "ten times kill -9 double nothing",
               [status, stored, most, different])
    lost = count * PER_DATAGRAM - stored - refused * PER_DATAGRAM
    out.result(0 <= lost <= times * IN_FLIGHT * PER_DATAGRAM,
               "and lose at most what was on its way from the socket to the ring", [lost, stored, refused])
    out.result(in_ledger == stored and offered == decoded + refused, "and the books balance",
               [offered, decoded, refused, in_ledger, stored])


def refusals(out, weir, work):
    collector = Collector(weir, work / "held")
    collector.start()
    cases = [
        (["--workspace", str(work / "held"), "--listen", "127.0.0.1:0"], 1, "is being written by"),
        (["--workspace", str(work / "other"), "--listen", "127.0.0.1:%d" % collector.port], 1, "in use"),
        (["--workspace", str(work / "other"), "--listen", "nowhere"], 2, "nowhere"),
        (["--workspace", str(work / "other"), "--ring", "5"], 2, "power of two"),
    ]
    for options, status, words in cases:
        done = subprocess.run([weir, "collector", *options], capture_output=True, text=True, timeout=20)
        last = done.stderr.strip().splitlines()[-1:]
        out.result(done.returncode == status and words in done.stderr, f"one clear line: {words}",
                   [done.returncode, last])
    collector.end(signal.SIGTERM)


def main(weir):
    random.seed(SEED)
    print("# seed %d" % SEED)
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (fresh_answers, restarts, kills, refusals):
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
