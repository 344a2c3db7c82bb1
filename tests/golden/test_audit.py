#!/usr/bin/env python3
"""Who asked what: queries that a running collector is told of are rows of QueryAudit.

    test_audit.py WEIR [PART…]

Loopback only, bounded in count and time.
"""

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.audit import message
from support.collector import Collector
from support.nobody import NOBODY, WHY_NOT, as_nobody
from support.tap import Tap

TIMEOUT_S = 60
MOST_A_MINUTE = 600
QUEUE_MOST = 20000
COUNTS = "CollectorLedger | summarize sum(QueriesAudited), sum(QueriesNotAudited)"


class Teller:
    """Sends datagrams to a collector's audit socket, waiting where its queue is full."""

    def __init__(self, workspace):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(str(Path(workspace) / "run/audit.sock"))

    def __enter__(self):
        return self.socket.send

    def __exit__(self, *_):
        self.socket.close()


def run(collector, kql, *options, **how):
    command = [collector.weir, "query", "--workspace", collector.workspace, *options, *([kql] if kql else [])]
    return subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, **how)


def told(collector, *command):
    """What another command says of the workspace."""
    command = [collector.weir, *command, "--workspace", collector.workspace]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S).stdout


def rows(collector, kql, project):
    """Rows of one text, as the columns say, in the order in which they were told."""
    quoted = json.dumps(kql)
    return collector.query(f"QueryAudit | where QueryText == {quoted} | sort by _TimeReceived asc | project {project}")


def until(ask, wanted, seconds=20):
    end = time.monotonic() + seconds
    while (got := ask()) != wanted and time.monotonic() < end:
        time.sleep(0.2)
    return got


def asked(out, weir, work):
    me = pwd.getpwuid(os.getuid())
    who = [me.pw_name, me.pw_uid]
    whole, wrong, cut = "range x from 1 to 7 step 1", "Flows | nope", "range x from 1 to 90 step 1"
    narrow = "Flows | where TimeGenerated between (datetime(2026-01-02) .. datetime(2026-01-03)) | count"
    with Collector(weir, work / "asked") as collector:
        done = run(collector, whole)
        run(collector, wrong)
        run(collector, cut, "--rows", "10", "--format", "json")
        run(collector, narrow)
        run(collector, whole, "--format", "csv", "--explain")
        project = "User, Uid, RequestClientApp, State, ResponseCode, ErrorCode, Error, ResponseRowCount"
        want = [["Completed", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", 0]]
        got = until(lambda: rows(collector, narrow, "State, QueryTimeRangeStart, QueryTimeRangeEnd, StatsSegmentCount"), want)
        out.result(got == want, "a query is audited with the time that it was narrowed to", got)
        got = rows(collector, whole, project)
        want = [[*who, "weir query", "Completed", 200, "", "", 7], [*who, "weir query --explain", "Completed", 200, "", "", 0]]
        out.result(got == want, "with who asked, how, what became of it, and how many rows", got)
        got = rows(collector, whole, "ResponseBytes")[0]
        out.result(got == [len(done.stdout)], "with the octets of its answer", [got, len(done.stdout)])
        got = rows(collector, wrong, project)
        out.result(len(got) == 1 and got[0][3:6] == ["Failed", 400, "SYN0002"] and "nope" in got[0][6] and got[0][7] == 0,
                   "so is one that is refused, with why", got)
        got = rows(collector, cut, project)
        out.result(len(got) == 1 and got[0][3:5] == ["Partial", 200] and "10 records" in got[0][6] and got[0][7] == 10,
                   "and one whose answer was cut", got)
        got = collector.query("QueryAudit | where TimeGenerated > ago(1h) | where State == 'Failed' | count")
        out.result(got == [[1]], "the table is asked like others", got)
        got = run(collector, "@audit", "--format", "csv").stdout.decode()
        out.result("Flows | nope" in got and got.startswith("_TimeReceived,User,Uid,"), "@audit shows the last ones", got)
        got = [name for name, *_ in collector.query("QueryAudit | getschema | project ColumnName")]
        out.result({"User", "QueryText", "State", "ResponseRowCount"} <= set(got), "getschema knows it", got)
        collector.end()
        asked_after = collector.query("QueryAudit | summarize count()")[0][0]
        counts = collector.query(COUNTS)[0]
        out.result(counts == [asked_after, 0], "the ledger counts its rows", [counts, asked_after])
    kept(out, collector, work)


def kept(out, collector, work):
    """What is done to a workspace is done to this table, too."""
    verified = told(collector, "workspace", "verify")
    out.result("0 problems" in verified, "verify reads it", verified)
    got = {s["table"] for s in json.loads(told(collector, "show", "segments", "--format", "json"))}
    out.result("QueryAudit" in got, "show segments lists it", sorted(got))
    before = collector.query("QueryAudit | sort by _TimeReceived asc")
    told(collector, "workspace", "backup", "--to", work / "backup")
    collector.workspace = str(work / "backup")
    got = collector.query("QueryAudit | sort by _TimeReceived asc")
    out.result(len(before) > 5 and got == before, "a backup has it", [len(before), len(got)])


def broken_off(out, weir, work):
    """A reader that goes away, and an interrupt."""
    much = "range x from 1 to 400000 step 1 | extend y = strrep('y', 90)"
    side = "(range {0} from 1 to 200000 step 1 | extend k = 1)"
    long = f"{side.format('x')} | join kind=inner {side.format('y')} on k | summarize sum(x * y)"
    with Collector(weir, work / "broken_off") as collector:
        command = [weir, "query", "--workspace", collector.workspace, "--format", "csv"]
        asking = subprocess.Popen([*command, much], stdout=subprocess.PIPE)
        asking.stdout.readline()
        asking.stdout.close()
        status = asking.wait(TIMEOUT_S)
        out.result(status == -signal.SIGPIPE, "a query whose reader goes away ends by that signal", status)
        asking = subprocess.Popen([*command, long], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.5)  # it runs
        asking.send_signal(signal.SIGINT)
        asking.wait(TIMEOUT_S)
        got = until(lambda: rows(collector, long, "State, ResponseCode, ErrorCode"), [["Failed", 500, "LIM0004"]])
        out.result(got == [["Failed", 500, "LIM0004"]], "one that is interrupted is audited as failed", got)
        got = rows(collector, much, "State, ResponseRowCount > 0 and ResponseRowCount < 400000")
        out.result(got == [["Partial", True]], "and one that was not read to its end as partial", got)


HOSTILE = [  # what is asked, and what is kept
    (b"print '\x1b[31mred\x07'", "print '\x1b[31mred\x07'"),
    (b"a\0b\xffc\xc3", "a\ufffdb\ufffdc\ufffd"),
    (b"\"'; DROP TABLE x --\r\n", "\"'; DROP TABLE x --\r\n"),
    ("Zürich \u202e".encode(), "Zürich \u202e"),
    (b"\xff" * 8192, "\ufffd" * 8192),
]


def hostile(out, weir, work):
    """Whatever is told, by whomever, is stored harmlessly or refused."""
    with Collector(weir, work / "hostile") as collector:
        with Teller(collector.workspace) as tell:
            for octets, _ in HOSTILE:
                tell(message(octets, State=1))
            for bad in (b"", b"\0", message(b"x", Uid=0), message(b"x", User=b"root"), message(b"x", State=99), message(b"x") + b"y",
                        message(b"x" * 8193), message(b"x")[:-1], b"\xff" * 16000, b"\x01" + b"\xff" * 16384):  # fmt: skip
                tell(bad)
        got = until(lambda: collector.query("CollectorLedger | summarize sum(QueriesNotAudited)")[0], [10])
        out.result(got == [10], "what is no message, or says who asked, is refused and counted", got)
        got = collector.query("QueryAudit | where RequestClientApp == '' | sort by _TimeReceived asc | project QueryText")
        got = [text for text, in got]
        out.result(got == [text for _, text in HOSTILE], "texts of any octets are kept as text", [ascii(text)[:80] for text in got])
        got = collector.query("QueryAudit | where RequestClientApp == '' | distinct User, Uid, State")
        out.result(got == [[pwd.getpwuid(os.getuid()).pw_name, os.getuid(), "Completed"]], "with the user that the kernel tells", got)
        long = "print " + "'" + "ü" * 5000 + "'"
        run(collector, long)
        got = until(lambda: collector.query("QueryAudit | where QueryTextCut | project QueryText"), [[long.encode()[:8191].decode()]])
        out.result(got == [[long.encode()[:8191].decode()]], "a long query is kept as far as there is room, whole characters",
                   [len(row[0]) for row in got])
        out.result(collector.end() == 0 and not collector.broken_books(), "and the collector ends well", collector.log)


def flood(out, weir, work):
    with Collector(weir, work / "flood") as collector:
        with Teller(collector.workspace) as tell:
            for _ in range(MOST_A_MINUTE + 400):
                tell(message(b"again"))
        # what this test asks itself comes behind the flood, and is lost, too
        until(lambda: collector.query("CollectorLedger | summarize sum(QueriesNotAudited) >= 400")[0], [True])
        stored = collector.query("QueryAudit | where QueryText == 'again' | count")[0]
        out.result(stored == [MOST_A_MINUTE], "of one user no more is stored than a minute may have", stored)
        lines = {line["entry"]: line["count"] for line in json.loads(told(collector, "show", "ledger", "--format", "json"))}
        out.result(lines["queries that became rows"] == MOST_A_MINUTE and lines["queries told of that did not"] >= 400,
                   "and show ledger tells of the rest", lines)


def switched(out, weir, work):
    config = work / "audit.yaml"
    config.write_text("audit:\n  queries: off\n")
    with Collector(weir, work / "switched", "--config", str(config)) as collector:
        run(collector, "print 'while off'")
        config.write_text("audit:\n  queries: on\n")
        collector.process.send_signal(signal.SIGHUP)
        until(lambda: any("read again" in line for line in collector.log), True)
        run(collector, "print 'while on'")
        got = until(lambda: len(rows(collector, "print 'while on'", "State")), 1)
        out.result(got == 1, "audit.queries on: a row", got)
        got = rows(collector, "print 'while off'", "State")
        out.result(got == [] and collector.query("CollectorLedger | summarize sum(QueriesNotAudited)") in ([[0]], [[None]]),
                   "off: none, and nothing is counted as lost", got)


def fill(tell):
    """Sends until the queue is full; how many there were."""
    tell.__self__.setblocking(False)
    for queued in range(QUEUE_MOST):
        try:
            tell(message(b"in the way"))
        except BlockingIOError:
            return queued
    return QUEUE_MOST


def absent(out, weir, work):
    """Nobody who could be told, or nobody who listens."""
    collector = Collector(weir, work / "absent")
    collector.start()
    os.kill(collector.process.pid, signal.SIGSTOP)
    try:
        with Teller(collector.workspace) as tell:
            queued = fill(tell)
            done = run(collector, "print 'nobody listens'")
        out.result(done.returncode == 0 and b"nobody listens" in done.stdout and queued < QUEUE_MOST,
                   "a query is answered where the collector takes nothing", [queued, done])
    finally:
        os.kill(collector.process.pid, signal.SIGCONT)
    collector.end(signal.SIGKILL)
    done = run(collector, "print 'nobody there'")
    out.result(done.returncode == 0 and not done.stderr and (work / "absent/run/audit.sock").exists(),
               "and where a killed one has left its socket", done)
    collector.start()
    run(collector, "print 'there again'")
    got = until(lambda: len(rows(collector, "print 'there again'", "State")), 1)
    out.result(got == 1, "the next one takes its place", got)
    collector.end()
    done = run(collector, "QueryAudit | where QueryText has 'nobody' | count")
    out.result(done.returncode == 0 and not done.stderr and done.stdout.split()[-1] == b"0", "what nobody was told of is no row", done)


def others(out, weir, work):
    """Another user, who may read the workspace and not write."""
    name = "another user is audited under its own name"
    asks = as_nobody(weir, work)
    if not asks:
        out.skip(name, WHY_NOT)
        return
    with Collector(weir, work / "others") as collector:
        command = [*asks, "query", "--workspace", collector.workspace, "print 'as another'"]
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, cwd="/")
        want = [[pwd.getpwuid(NOBODY).pw_name, NOBODY, "Completed"]]
        got = until(lambda: rows(collector, "print 'as another'", "User, Uid, State"), want)
        out.result(got == want, name, [got, done])


PARTS = (asked, broken_off, hostile, flood, switched, absent, others)


def main(weir, *wanted):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in PARTS:
            if not wanted or part.__name__ in wanted:
                part(out, str(Path(weir).resolve()), Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
