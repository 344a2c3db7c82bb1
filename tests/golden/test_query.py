#!/usr/bin/env python3
"""`weir query` from outside: where a query comes from, which rows count, how answers look.

    test_query.py WEIR

The answers follow from the flows below by hand.
"""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from test_import import FLOW, SECONDS, Program, capture, flow

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.tap import Tap

# source, port, bytes, packets; the second minute has the last two
FLOWS = [("192.0.2.1", 1000, 5000, 5), ("192.0.2.2", 2000, 300, 3), ("192.0.2.1", 3000, 70, 1)]
LATER = [("192.0.2.3", 4000, 9000, 9), ("192.0.2.2", 2000, 100, 1)]
PORT_443 = [[6, 443, 14470, 19, 5]]  # all go to one port


def v9(*sets, sequence=0):
    return netflow.v9(list(sets), SECONDS, uptime=1000, sequence=sequence, source_id=7)


def write_capture(path):
    rows = [[flow(*values) for values in minute] for minute in (FLOWS, LATER)]
    return capture(path, [(0, v9(netflow.v9_templates([FLOW]), netflow.data(FLOW, rows[0]))),
                          (60, v9(netflow.data(FLOW, rows[1]), sequence=1))])


class Lab(Program):
    def ask(self, *args, status=0, **options):
        """What `weir query` prints, in the workspace "lab"."""
        done = subprocess.run([self.path, "query", "--workspace", self.work / "lab", *map(str, args)],
                              capture_output=True, timeout=60, **options)
        if done.returncode != status:
            raise RuntimeError(f"{args}: exit status {done.returncode}: {done.stderr}")
        return done

    def rows(self, *args, **options):
        return json.loads(self.ask("--format", "json", *args, **options).stdout)["tables"][0]["rows"]


def sources(out, lab):
    kql = lab.work / "q.kql"
    kql.write_text("// a comment\n\nFlows\n\n| where SourcePort == 4000\n| project NumberOfBytes\n")
    out.result(lab.rows("--file", kql) == [[9000]], "a query comes from a file, of several lines")
    out.result(lab.rows(input=kql.read_bytes()) == [[9000]], "or from standard input")
    told = lab.ask("--file", kql, "Flows", status=2).stderr.decode()
    out.result("either in --file or an argument" in told, "not from two places", [told])
    told = lab.ask("--file", lab.work / "none", status=1).stderr.decode()
    out.result("No such file" in told, "a file that is not there is named", [told])


def times(out, lab):
    count = "Flows | count"
    for options, rows, why in [
        (["--timespan", "2026-11-22T00:00:00Z/PT30S"], 3, "a start and a duration"),
        (["--timespan", "PT30S/2026-11-22T00:01:10Z"], 2, "a duration and an end"),
        (["--timespan", "2026-11-22/2026-11-23"], 5, "a start and an end"),
        (["--timespan", "P1D"], 0, "a duration, back from now"),
        (["--since", "1h"], 0, "since"),
        (["--since", "700000d"], 5, "since long ago"),
    ]:
        got = lab.rows(*options, count)
        out.result(got == [[rows]], f"time is stated by {why}", [options, got])
    for options in (["--timespan", "1D"], ["--since", "yesterday"], ["--since", "1h", "--timespan", "P1D"]):
        told = lab.ask(*options, count, status=2).stderr.decode()
        out.result("--since" in told or "--timespan" in told, f"{' '.join(options)} is refused", [told])


def formats(out, lab):
    kql = 'print a = 1, d = dynamic({"x": [1, "y"]}), t = datetime(2026-07-01 12:00:00.5), s = 90m, n = long(null)'
    got = json.loads(lab.ask("--format", "ndjson", kql).stdout)
    want = {"a": 1, "d": {"x": [1, "y"]}, "t": "2026-07-01T12:00:00.5Z", "s": "01:30:00", "n": None}
    out.result(got == want, "ndjson is an object a line, dynamics as they are", [got])
    octets = lab.ask("--format", "parquet", kql).stdout
    out.result(octets[:4] == octets[-4:] == b"PAR1", "parquet is one file", [octets[:8], octets[-8:]])
    for zone, want in [("Europe/Berlin", "2026-07-01 14:00:00.5+02:00"), ("America/St_Johns", "2026-07-01 09:30:00.5-02:30"),
                       ("UTC", "2026-07-01T12:00:00.5Z")]:  # fmt: skip
        got = lab.ask("--timezone", zone, kql).stdout.decode()
        out.result(want in got, f"tables show the clock of {zone}", [got])
    told = lab.ask("--timezone", "Europe/Nowhere", kql, status=2).stderr.decode()
    out.result("no time zone" in told, "a zone that is none is refused", [told])


def several(out, lab):
    kql = "range x from 1 to 2 step 1 | fork (where x > 1) all=(count)"
    got = lab.ask(kql).stdout.decode()
    out.result(got == "Table 1:\nx\n-\n2\n\nall:\nCount\n-----\n    2\n", "several tables stand one below the other", [got])
    for form in ("csv", "ndjson", "parquet"):
        done = lab.ask("--format", form, kql, status=1)
        out.result("gives 2 tables" in done.stderr.decode() and not done.stdout, f"{form} has no room for them", [done.stderr])
    got = json.loads(lab.ask("--format", "json", "--explain", "Flows | fork (count) (project SourceIp)").stdout)
    out.result(got["sql"].count("SELECT count(*)") == 1 and ";" in got["sql"] and got["tree"].count("result ") == 2,
               "explain tells of all of them", [got])  # fmt: skip


def charts(out, lab):
    by = "Flows | summarize b = sum(NumberOfBytes) by SourceIp | sort by b"
    chart, below = lab.ask("--format", "chart", by + " | render barchart").stdout.decode().split("\n\n")
    out.result(below == "complete to 100.00 %: 5 records stored, 0 rejected, 0 lost\n", "it says how complete it is", [below])
    lines = chart.splitlines()
    lengths = [line.count("█") for line in lines]
    out.result([line.split()[0] for line in lines] == ["192.0.2.3", "192.0.2.1", "192.0.2.2"]
               and [line.split()[-1] for line in lines] == ["9000", "5070", "400"]
               and abs(lengths[1] / lengths[0] - 5070 / 9000) < 0.05, "bars are as long as their values", lines)
    kql = "range x from 1 to 4 step 1 | project x, y = x * x | render linechart"
    lines = lab.ask("--format", "chart", kql).stdout.decode().splitlines()
    out.result(lines[0] == "y" and lines[1].split()[0] == "16" and lines[-1].split() == ["1", "4"], "a line is plotted", lines)
    got = lab.ask("--format", "chart", by).stdout
    out.result(got == lab.ask(by).stdout, "without render it is a table", [got])


def explained(out, lab):
    kql = "Flows | where TimeGenerated >= datetime(2026-11-22 00:01) | project SourceIp"
    got = json.loads(lab.ask("--format", "json", "--explain", kql).stdout)
    out.result((got["segments"], got["rows"]) == (1, 5) and "SELECT" in got["sql"] and "table Flows" in got["tree"]
               and got["bytes"] > 0, "explain says what would be read", [got])
    got = json.loads(lab.ask("--format", "json", "--explain", kql.replace("2026", "2036")).stdout)
    out.result((got["segments"], got["rows"], got["bytes"]) == (0, 0, 0), "and what need not be", [got])
    out.result((got["segmentsOfTables"], got["bytesOfColumns"]) == (1, 0), "of how many", [got])
    met, unmet = (json.loads(lab.ask("--format", "json", "--explain", f"Flows | where SourceIp == '192.0.2.{n}' | project SourceIp").stdout)
                  for n in (1, 4))  # fmt: skip
    out.result((met["segments"], unmet["segments"], unmet["segmentsOfTables"]) == (1, 0, 1) and "table Flows, by SourceIp" in met["tree"],
               "a segment that does not hold an address need not be read", [met, unmet])
    every = json.loads(lab.ask("--format", "json", "--explain", "Flows").stdout)
    out.result(0 < met["bytesOfColumns"] < every["bytesOfColumns"] <= every["bytes"] == met["bytes"],
               "octets of a column are fewer than of all", [met, every])
    last = lab.ask("--explain", "Flows | project SourceIp").stdout.decode().splitlines()[-1]
    out.result(last == f"reads at most 1 of 1 segments, 5 rows, {met['bytesOfColumns']} of {met['bytes']} bytes", "and so to people", [last])
    told = json.loads(lab.ask("--format", "json", "--explain", "Flow", status=1).stdout)
    out.result("error" in told, "a query that is refused is not explained", [told])


def saved(out, lab):
    for name, want in [
        ("top-talkers", [["192.0.2.3", 9000, 9, 1], ["192.0.2.1", 5070, 6, 2], ["192.0.2.2", 400, 4, 2]]),
        ("top-ports", PORT_443),
        ("top-pairs", [["192.0.2.3", "198.51.100.1", 9000, 9, 1], ["192.0.2.1", "198.51.100.1", 5070, 6, 2],
                       ["192.0.2.2", "198.51.100.1", 400, 4, 2]]),
        ("circuits", [["", "", "", 14470, 19, "2026-11-22T00:01:00Z"]]),
        ("throughput", [["2026-11-22T00:00:00Z", 5370 * 8 // 60], ["2026-11-22T00:01:00Z", 9100 * 8 // 60]]),
        ("exporters", [["192.0.2.9", 7, 5, 5, 14470, 19, "[]", "2026-11-22T00:00:00Z", "2026-11-22T00:01:00Z"]]),
        ("nat", []),
    ]:  # fmt: skip
        got = lab.rows("@" + name)
        out.result(got == want, f"@{name}", [got])
    told = lab.ask("@top-talker", status=2).stderr.decode()
    out.result('did you mean "@top-talkers"' in told, "a misspelt one has a neighbour", [told])


def watchlists(out, lab):
    folder = lab.work / "lists"
    folder.mkdir()
    (folder / "nets.csv").write_bytes(b'net,site name\r\n192.0.2.0/31,"lab, one"\r\n198.51.100.0/24,x\r\n203.0.113.0/24\r\n')
    config = lab.work / "weir.yaml"
    config.write_text(f"watchlists: {folder}\n")
    got = lab.rows("--config", config, "_GetWatchlist('nets') | sort by net asc")
    out.result(got == [["192.0.2.0/31", "lab, one"], ["198.51.100.0/24", "x"], ["203.0.113.0/24", ""]],
               "a watch-list is a table of texts", [got])
    got = lab.rows("--config", config, "Flows | distinct SourceIp | evaluate ipv4_lookup(_GetWatchlist('nets'), SourceIp, net)"
                   " | project SourceIp, ['site name']")
    out.result(got == [["192.0.2.1", "lab, one"]], "and may be looked up in", [got])
    for name, want in [("net", "did you mean 'nets'"), ("../weir", "name of a watchlist"), ("a/b", "name of a watchlist")]:
        told = lab.ask("--config", config, f"_GetWatchlist('{name}')", status=1).stderr.decode()
        out.result(want in told, f"{name} is none", [told])
    told = lab.ask("_GetWatchlist('nets')", status=1).stderr.decode()
    out.result("names no folder" in told, "without a folder there is none", [told])


# source, Flowsequence, minute of FlowRecordTime, MaxTtl; four columns besides, so that whole rows are kept
RECORDS = [
    ("a", 1, 1, 10),  # alone
    ("a", 2, 1, 20), ("a", 2, 3, 21), ("a", 2, 2, 22),  # the second is the newest
    ("a", 3, 1, 30), ("b", 3, 1, 31),  # one number, two flows
    ("c", None, 1, 40), ("c", None, 2, 41),  # no number: still one flow
    ("d", 4, None, 50),  # no time
]  # fmt: skip
NEWEST = ("ATCExpressRouteCircuitIpfix | summarize arg_max(FlowRecordTime, *) by SourceIp, Flowsequence"
          " | project SourceIp, Flowsequence, FlowRecordTime, MaxTtl, MinTtl, SrcMask, DstMask, SrcAsn, NextHop"
          " | sort by SourceIp asc, Flowsequence asc")


def deduplicated(out, lab):
    rows = lab.work / "rows.jsonl"
    minute = "2026-11-10T08:0{}:00Z".format
    with rows.open("w") as file:
        for source, number, at, ttl in RECORDS:
            row = {"TimeGenerated": minute(9), "SourceIp": source, "Flowsequence": number, "MaxTtl": ttl, "MinTtl": ttl,
                   "SrcMask": ttl, "DstMask": ttl, "SrcAsn": ttl, "NextHop": str(ttl)}  # fmt: skip
            file.write(json.dumps(row | ({"FlowRecordTime": minute(at)} if at else {})) + "\n")
    lab.run("import", "--workspace", lab.work / "doubled", rows)

    def whole(source, number, at, ttl):
        return [source, number, minute(at) if at else None, *[ttl] * 5, str(ttl)]

    want = [whole("a", 1, 1, 10), whole("a", 2, 3, 21), whole("a", 3, 1, 30), whole("b", 3, 1, 31), whole("c", None, 2, 41),
            whole("d", 4, None, 50)]  # fmt: skip
    got = lab.query("doubled", NEWEST)
    out.result(got == want, "of doubled records the newest stays, of others the only one", got)
    sql = json.loads(lab.run("query", "--workspace", lab.work / "doubled", "--format", "json", "--explain", NEWEST).stdout)["sql"]
    out.result("ANTI JOIN" in sql, "found by their numbers", [sql])
    out.result(got == lab.query("doubled", NEWEST.replace("Flowsequence |", "Flowsequence, x = 1 |")), "with any further key", got)
    got = lab.query("doubled", NEWEST.replace("SourceIp, Flowsequence |", "SourceIp, Flowsequence = Flowsequence + 0 |"))
    out.result(got == want, "as by grouping all rows", got)


def shell(out, lab):
    """A conversation at a terminal: what is typed, what must come back."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(HOME=str(lab.work), TERM="dumb")
        os.execv(lab.path, [lab.path, "query", "--workspace", str(lab.work / "lab")])
    heard = b""

    def hear(wanted, seconds=20):
        nonlocal heard
        end = time.monotonic() + seconds
        while wanted not in heard and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    heard += os.read(terminal, 4096)
                except OSError:
                    break
        found, heard = wanted in heard, heard.partition(wanted)[2]
        return found

    def say(text):
        os.write(terminal, text.encode())

    try:
        out.result(hear(b"kql> "), "at a terminal there is a prompt", [heard])
        say("Flows\n| where SourcePort == 4000 |\n\n project NumberOfBytes\n\n")
        out.result(hear(b"9000"), "a query of several lines ends with an empty one, unless it goes on", [heard])
        say("Flows | summari\t count()\n\n")
        out.result(hear(b"count_") and hear(b"5"), "Tab completes words", [heard])
        say("@top-talkers\n")
        out.result(hear(b"5070"), "saved queries run at once", [heard])
        say("Flow | count\n\n")
        out.result(hear(b"did you mean 'Flows'") and hear(b"kql> "), "a mistake ends nothing", [heard])
        say("\\h strlen\n")
        out.result(hear("→ long".encode()), "words are explained", [heard])
        say("\\q\n")
        _, status = os.waitpid(pid, 0)
        pid = 0
        out.result(os.waitstatus_to_exitcode(status) == 0, "and \\q leaves", [status])
    finally:
        if pid:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(terminal)
    kept = lab.work / ".weir_history"
    out.result(kept.exists() and re.search("NumberOfBytes", kept.read_text()) and kept.stat().st_mode & 0o77 == 0,
               "the history is kept, for its owner alone")


def main():
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        lab = Lab(sys.argv[1], work)
        lab.imports("lab", write_capture(Path(work) / "flows.pcap"))
        for part in (sources, times, formats, several, charts, explained, saved, watchlists, deduplicated, shell):
            part(out, lab)
    return out.done()


if __name__ == "__main__":
    sys.exit(main())
