#!/usr/bin/env python3
"""What exporters numbered and nobody received: the ledger tells exactly the gaps that were made.

    test_losses.py WEIR

Datagrams are numbered as RFC 3954, RFC 7011 and Cisco's version 5 say, and some are not sent.  Live
over loopback, across an end and a kill of the collector, and the same from a capture.
"""

import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import netflow  # noqa: E402
import pcapfile  # noqa: E402
import tap  # noqa: E402
from collector import Collector  # noqa: E402

SEED = 20261127
FLOW = netflow.Template(256, [(8, 4), (1, 4)])
UNITS = {"v5": "records", "v9": "datagrams", "ipfix": "records", "junos": "records"}
ADDRESSES = {"v5": "127.5.0.5", "v9": "127.5.0.9", "ipfix": "127.5.0.10", "junos": "127.5.0.99"}
COLUMNS = "LostDatagrams LostRecords Duplicates Reordered Restarts RecordsStored".split()
LEDGER = "CollectorLedger | where Exporter == '{}' | summarize " + ", ".join(f"sum({c})" for c in COLUMNS)
RECORDS = 4  # in each datagram of v9


class Exporter:
    """Numbers its datagrams, and knows what came of them."""

    def __init__(self, protocol, domain=7):
        self.protocol, self.domain = protocol, domain
        self.sequence = 4294967000  # so that it wraps
        self.boot = time.time() - 1000
        self.lost_datagrams = self.lost_records = self.duplicates = self.stored = 0

    def datagram(self):
        """The next one, and how many records it has."""
        now = time.time()
        records = RECORDS if self.protocol == "v9" else random.randint(2, 10)
        header = {"uptime": int((now - self.boot) * 1000), "sequence": self.sequence}
        self.sequence += 1 if UNITS[self.protocol] == "datagrams" else records
        self.sequence %= 2**32
        rows = [("192.0.2.%d" % n, 100) for n in range(records)]
        if self.protocol == "v5":
            made = netflow.v5([netflow.V5Record(a, a) for a, _ in rows], int(now), engine_id=self.domain, **header)
        elif self.protocol == "ipfix":
            sets = [netflow.ipfix_templates([FLOW]), netflow.data(FLOW, rows)]
            made = netflow.ipfix(sets, int(now), sequence=header["sequence"], domain=self.domain)
        else:
            sets = [netflow.v9_templates([FLOW]), netflow.data(FLOW, rows)]
            made = netflow.v9(sets, int(now), source_id=self.domain, **header)
        return made, records

    def skip(self, count):
        for _ in range(count):
            _, records = self.datagram()
            self.lost_records += records
            self.lost_datagrams += UNITS[self.protocol] == "datagrams"

    def make(self, count):
        for _ in range(count):
            made, records = self.datagram()
            self.stored += records
            yield made

    def story(self):
        """Datagrams with two gaps, a pair that is twisted and one that comes twice."""
        yield from self.make(40)
        self.skip(3)
        yield from self.make(10)
        early, late = self.make(2)
        yield from (late, early)
        twice = next(self.make(1))
        yield from (twice, twice)
        self.duplicates += 1
        self.stored += self.datagram_records(twice)
        self.skip(17)
        yield from self.make(40)

    def datagram_records(self, octets):
        if self.protocol == "v5":
            return int.from_bytes(octets[2:4], "big")
        head = {"ipfix": 16}.get(self.protocol, 20)
        templates = int.from_bytes(octets[head + 2 : head + 4], "big")
        return (int.from_bytes(octets[head + templates + 2 : head + templates + 4], "big") - 4) // 8

    def wanted(self, restarts=0, reordered=1):
        return [self.lost_datagrams, self.lost_records, self.duplicates, reordered, restarts, self.stored]


def socket_of(protocol, port, source_port=0):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ADDRESSES[protocol], source_port))
    sock.connect(("127.0.0.1", port))
    return sock


def told(collector, protocol):
    return collector.query(LEDGER.format(ADDRESSES[protocol]))[0]


def gaps_are_told(out, weir, work):
    """Each protocol, two domains at a time."""
    collector = Collector(weir, work / "live")
    exporters = {p: [Exporter(p, 7), Exporter(p, 8)] for p in ADDRESSES}
    with collector:
        for protocol, pair in exporters.items():
            with socket_of(protocol, collector.port) as sock:
                for datagrams in zip(*(e.story() for e in pair)):
                    for datagram in datagrams:
                        sock.send(datagram)
        for protocol, pair in exporters.items():
            wanted = [sum(numbers) for numbers in zip(*(e.wanted() for e in pair))]
            got = collector.wait_until(LEDGER.format(ADDRESSES[protocol]), wanted)
            out.result(got == wanted, f"{protocol}: exactly what was not sent is lost", [got, wanted])
        domains = collector.query(
            f"CollectorLedger | where Exporter == '{ADDRESSES['ipfix']}'"
            " | summarize sum(LostRecords) by ObservationDomain | order by ObservationDomain asc"
        )
        wanted = [[e.domain, e.lost_records] for e in exporters["ipfix"]]
        out.result(domains == wanted, "the ledger tells it by observation domain", [domains, wanted])
        shown = json.loads(subprocess.run(
            [weir, "show", "ledger", "--workspace", collector.workspace, "--by", "exporter", "--format", "json"],
            capture_output=True, check=True, timeout=60,
        ).stdout)  # fmt: skip
        collector.end()
    v9 = exporters["v9"]
    stored, lost = sum(e.stored for e in v9), sum(e.lost_records for e in v9)
    got = {line["exporter"]: line for line in shown}[ADDRESSES["v9"]]
    per_cent = stored * 10000 // (stored + lost) / 100
    out.result((got["lost"], got["completeness"]) == (lost, per_cent), "show ledger tells it by exporter",
               [got, lost, per_cent])
    wrong = collector.broken_books()
    out.result(not wrong, "the books balance", wrong)


def the_end_of_a_collector_is_a_gap_too(out, weir, work):
    """What is sent while none runs is lost, however it ended; what it had counted is not lost twice."""
    collector = Collector(weir, work / "ends")
    exporter, port = Exporter("v9"), 0
    with collector:
        for how in (None, signal.SIGTERM, signal.SIGKILL):
            if how:
                collector.end(how)
                exporter.skip(5)
                collector.start()
            with socket_of("v9", collector.port, port) as sock:
                port = sock.getsockname()[1]
                for datagram in exporter.make(50):
                    sock.send(datagram)
            collector.wait_until("Flows | summarize sum(RecordCount)", [exporter.stored])
        wanted = exporter.wanted(reordered=0)
        got = collector.wait_until(LEDGER.format(ADDRESSES["v9"]), wanted)
        collector.end()
    out.result(got == wanted, "across an end and a kill, exactly what was not received is lost", [got, wanted])


def a_restart_of_an_exporter_is_none(out, weir, work):
    collector = Collector(weir, work / "anew")
    exporter = Exporter("v9")
    with collector:
        with socket_of("v9", collector.port) as sock:
            for datagram in exporter.make(50):
                sock.send(datagram)
            exporter.sequence, exporter.boot = 0, time.time()
            for datagram in exporter.make(50):
                sock.send(datagram)
        wanted = exporter.wanted(restarts=1, reordered=0)
        got = collector.wait_until(LEDGER.format(ADDRESSES["v9"]), wanted)
        collector.end()
    out.result(got == wanted, "an exporter that starts anew has lost nothing", [got, wanted])


def imports_are_accounted_for(out, weir, work):
    """The same story as a capture: the file's name is the listener."""
    exporter = Exporter("v5")
    capture = work / "story.pcap"
    datagrams = [
        pcapfile.Datagram(1_700_000_000 + n / 100, ADDRESSES["v5"], 3000, "192.0.2.200", 2055, octets)
        for n, octets in enumerate(exporter.story())
    ]
    pcapfile.write(capture, datagrams)
    workspace = work / "imported"
    subprocess.run([weir, "import", "--workspace", workspace, capture], check=True, capture_output=True, timeout=60)
    collector = Collector(weir, workspace)
    got, wanted = told(collector, "v5"), exporter.wanted()
    out.result(got == wanted, "an import tells the same", [got, wanted])
    got = collector.query("CollectorLedger | summarize sum(DatagramsDecoded) by Listener")
    out.result(got == [["story.pcap", len(datagrams)]], "its listener is the file's name", got)
    wrong = collector.broken_books()
    out.result(not wrong, "its books balance", wrong)
    answers_tell_completeness(out, weir, workspace, exporter)


def answers_tell_completeness(out, weir, workspace, exporter):
    """Of the time that a query reads; where people or programs that know JSON look, and nowhere else."""

    def ask(kql, form):
        command = [weir, "query", "--workspace", workspace, "--format", form, kql]
        return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout

    stored, lost = exporter.stored, exporter.lost_records
    per_cent = stored * 10000 // (stored + lost) / 100
    wanted = {"percent": per_cent, "recordsStored": stored, "recordsRejected": 0, "recordsLost": lost}
    for kql in ("Flows | count", "Flows | where TimeGenerated >= datetime(2023-11-14 22:13:40) | count"):
        got = json.loads(ask(kql, "json")).get("statistics")
        out.result(got == {"completeness": wanted}, f"{kql}: JSON has it in statistics", [got, wanted])
    got = ask("Flows | count", "table").splitlines()[-2:]
    line = f"complete to {per_cent:.2f} %: {stored} records stored, 0 rejected, {lost} lost"
    out.result(got == ["", line], "a table has it in a line below", [got, line])
    got = ask("Flows | count", "csv")
    out.result(len(got.splitlines()) == 2 and "complete" not in got, "CSV holds rows alone", [got])
    for kql in ("Flows | where TimeGenerated > datetime(2030-01-01) | count", "print 1", "CollectorLedger | count"):
        answer = json.loads(ask(kql, "json"))
        out.result("statistics" not in answer, f"{kql}: nothing to say", [answer])


def main(weir):
    random.seed(SEED)
    print("# seed %d" % SEED)
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (gaps_are_told, the_end_of_a_collector_is_a_gap_too, a_restart_of_an_exporter_is_none,
                     imports_are_accounted_for):  # fmt: skip
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
