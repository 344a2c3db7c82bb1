#!/usr/bin/env python3
"""Data that comes before its template: stored once, whatever is killed when, and in any order of files.

    test_parking.py WEIR
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow, pcapfile
from support.collector import Collector
from support.tap import Tap

FLOW = netflow.Template(256, [(8, 4), (7, 2), (1, 8)])
SECONDS = 1_795_305_600  # 2026-11-22T00:00:00Z
SETS = "CollectorLedger | summarize sum(SetsParked), sum(SetsReplayed), sum(SetsExpired)"
ROWS = "Flows | summarize count(), sum(RecordCount), dcount(SourceIp), sum(NumberOfBytes)"


def message(*sets, sequence, seconds):
    return netflow.v9(list(sets), seconds, uptime=1000, sequence=sequence, source_id=7)


def data(i):
    return netflow.data(FLOW, [(f"10.0.0.{i}", i, 100)])


class Killed(Collector):
    def again(self):
        self.process.kill()
        self.process.wait()
        self.start()


def kills(out, weir, work):
    """kill -9 while data waits: before and after its commit, and after its template."""
    collector = Killed(weir, work / "killed")
    collector.start()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.9", 0))

    def send(*sets, sequence):
        payload = message(*sets, sequence=sequence, seconds=int(time.time()))
        sock.sendto(payload, ("127.0.0.1", collector.port))

    for i in range(20):
        send(data(i), sequence=i)
    got = collector.wait_until(SETS, [20, 0, 0], 15)
    out.result(got == [20, 0, 0], "data without its template waits", got)
    for i in range(20, 40):
        send(data(i), sequence=i)
    time.sleep(0.3)  # into the journal, not yet committed
    collector.again()
    got = collector.wait_until(SETS, [40, 0, 0], 15)
    out.result(got == [40, 0, 0], "what waits survives kill -9, committed or not", got)
    collector.again()
    send(netflow.v9_templates([FLOW]), sequence=40)
    got = collector.wait_until(SETS, [40, 40, 0], 15)
    out.result(got == [40, 40, 0], "and is decoded when the template comes", got)
    collector.again()
    got = [collector.query(SETS)[0], collector.query(ROWS)[0], collector.broken_books()]
    out.result(got == [[40, 40, 0], [40, 40, 40, 4000], []], "once", got)
    collector.process.kill()
    collector.process.wait()


def imports(out, weir, work):
    """The template at the end of the capture, or in the last file."""
    timed = [(i, message(data(i), sequence=i, seconds=SECONDS + i)) for i in range(120)]
    template = (120, message(netflow.v9_templates([FLOW]), sequence=120, seconds=SECONDS + 120))

    def capture(name, datagrams):
        path = work / name
        pcapfile.write(path, [pcapfile.Datagram(SECONDS + at, "192.0.2.9", 40000, "192.0.2.200", 2055, payload)
                              for at, payload in datagrams])  # fmt: skip
        return path

    def rows(name, *files):
        where = ["--workspace", work / name, "--format", "json"]
        report = subprocess.run([weir, "import", *where, *files], capture_output=True, check=True, timeout=60).stdout
        kql = "Flows | project TimeGenerated, SourceIp, SourcePort, NumberOfBytes, Flowsequence | sort by Flowsequence asc"
        answer = subprocess.run([weir, "query", *where, kql], capture_output=True, check=True, timeout=60).stdout
        return json.loads(answer)["tables"][0]["rows"], json.loads(report)

    want, _ = rows("first", capture("first.pcap", [template, *timed]))
    out.result(len(want) == 120, "one row for each", len(want))
    last, report = rows("last", capture("last.pcap", [*timed, template]))
    out.result(last == want and report["sets_replayed"] == 120, "the same with the template at the end", report)
    turned, _ = rows("turned", capture("turned.pcap", [template, *timed][::-1]))
    out.result(turned == want, "and backwards")
    apart, _ = rows("apart", capture("data.pcap", timed), capture("template.pcap", [template]))
    out.result(apart == want, "and with the template in another file")
    none, report = rows("none", work / "data.pcap")
    out.result(none == [] and report["sets_parked"] == report["sets_expired"] == 120,
               "without it the report says what was given up", report)  # fmt: skip


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        imports(out, weir, Path(work))
        kills(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
