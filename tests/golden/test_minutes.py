#!/usr/bin/env python3
"""weir collector, asked all the time while a minute ends: answers are whole, and seconds old.

    test_minutes.py WEIR

Records of 300 flows come at a steady pace from some seconds before the end of a minute until it has
been closed.  Of every answer in between: the ledger's books balance; the sum of records never
decreases, holds everything that was sent more than six seconds before the question, and nothing that
was not yet sent.  When all is over the closed minute has one row per flow.  Loopback only; waits for
the end of a minute, so up to 70 s.
"""

import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import netflow  # noqa: E402
import tap  # noqa: E402
from collector import Collector  # noqa: E402

AGE_S = 6
FLOWS, PER_DATAGRAM = 300, 10
RATE = 100  # datagrams a second
BEFORE_S, AFTER_S = 9, 13  # the end of the minute; a minute is closed some two to seven seconds after it
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)])


class Sender(threading.Thread):
    """Sends at RATE until it is told to end."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.send(netflow.v9([netflow.v9_templates([FLOW])], int(time.time()), uptime=1))
        self.times = []  # of every datagram, when it had been sent
        self.begun = 0  # datagrams of which sending has begun
        self.ending = threading.Event()

    def datagram(self):
        first = self.begun * PER_DATAGRAM
        rows = [(f"10.0.{n % FLOWS // 250}.{n % FLOWS % 250}", "198.51.100.1", 1000, 443, 6, 100, 1)
                for n in range(first, first + PER_DATAGRAM)]  # fmt: skip
        return netflow.v9([netflow.data(FLOW, rows)], int(time.time()), uptime=1, sequence=self.begun)

    def run(self):
        start = time.monotonic()
        while not self.ending.is_set():
            octets = self.datagram()
            self.begun += 1
            self.socket.send(octets)
            self.times.append(time.monotonic())
            time.sleep(max(0, start + self.begun / RATE - time.monotonic()))

    def sent_before(self, when):
        """Records that had been sent by then."""
        return PER_DATAGRAM * sum(t <= when for t in self.times)


class Answers:
    """What was wrong with any, and how old the oldest record was that one lacked."""

    def __init__(self):
        self.count = self.last = 0
        self.wrong = []
        self.age = 0.0

    def ask(self, collector, sender):
        asked = time.monotonic()
        *books, rows = collector.books()
        self.wrong += collector.broken(*books, rows)
        due = sender.sent_before(asked - AGE_S)
        if not max(self.last, due) <= rows <= sender.begun * PER_DATAGRAM:
            self.wrong.append(f"{rows} records after {self.last}; {due} are due, {sender.begun * PER_DATAGRAM} sent")
        missing = sender.times[rows // PER_DATAGRAM :]
        if missing:
            self.age = max(self.age, asked - missing[0])
        self.count, self.last = self.count + 1, rows


def rows_per_flow(collector):
    """Of each minute: records, flows, rows, and what the ledger says was stored."""
    flows = collector.query(
        "Flows | summarize n = sum(RecordCount), r = count() by TimeGenerated, SourceIp"
        " | summarize sum(n), count(), sum(r) by TimeGenerated | sort by TimeGenerated asc"
    )
    ledger = collector.query(
        "CollectorLedger | summarize sum(RecordsStored) by TimeGenerated | sort by TimeGenerated asc"
    )
    return flows, ledger


def across_a_minute(collector):
    now = time.time()
    end = now - now % 60 + 60
    if end - now < BEFORE_S:
        end += 60
    time.sleep(end - BEFORE_S - now)
    sender, answers = Sender(collector.port), Answers()
    sender.start()
    while time.time() < end + AFTER_S:
        answers.ask(collector, sender)
        time.sleep(0.2 if time.time() < end else 0)  # the minute is closed at some moment after its end
    flows, _ = rows_per_flow(collector)
    sender.ending.set()
    sender.join()
    return answers, sender, flows


def main(weir):
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work, Collector(weir, Path(work) / "workspace") as collector:
        answers, sender, flows = across_a_minute(collector)
        sent = PER_DATAGRAM * sender.begun
        print(f"# {answers.count} answers, {sent} records; the oldest record that one lacked was {answers.age:.1f} s old")
        out.result(answers.count > 20 and not answers.wrong, "every answer is of one moment, at most six seconds ago",
                   answers.wrong[:10])
        out.result(len(flows) == 2 and flows[0][2:] == [FLOWS, FLOWS], "a closed minute has one row per flow", flows)
        status = collector.end()
        wrong = collector.broken_books()
        out.result(status == 0 and collector.books()[-1] == sent and not wrong, "and all that was sent is there",
                   [status, sent, *wrong])
        flows, ledger = rows_per_flow(collector)
        same = [row[:2] for row in flows] == ledger and all(row[2:] == [FLOWS, FLOWS] for row in flows)
        out.result(same, "in its minute, with one row per flow", [flows, ledger])
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
