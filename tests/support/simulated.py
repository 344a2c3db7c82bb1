"""simulated: a workspace that build/tests/bench/year fills, and whether it answers what was put into it.

    with Simulation(program, weir, folder, ["--days", "4"]) as simulation:
        for moment in simulation.moments():  # at rest; the last one after the end
            Questions(simulation, moment, keep_flows, keep_hourly).ask_all()
        Damage(simulation).try_all()

The program counts for itself (tests/bench/year_oracle.h); every answer comes from `weir query`, a
process of its own, and is compared with these counts.
"""

import datetime
import ipaddress
import itertools
import json
import os
import subprocess
import time
from array import array
from pathlib import Path

MINUTES_PER_DAY = 24 * 60
KINDS = 5  # of rows of FlowsHourly and FlowsDaily
HOUR_IS_DUE = 60 + 15  # minutes after its begin, by the time that compaction waits
SLACK_DAYS = 3  # whole segments go, some hours after their time; a clock that was ahead makes young
EARLY_DAYS = 1  # a clock that was ahead for an hour takes a day's rows with it


class Wrong(Exception):
    """An answer is another than what was counted, or a bound is passed."""


class Oracle:
    """What ought to be there, by day since 1970."""

    def __init__(self, path):
        words = array("Q")
        with open(path, "rb") as file:
            words.frombytes(file.read())
        self.first, self.days, self.groups, self.addresses, self.exporters = words[:5]
        parts = (self.days * self.groups * 3, self.days * self.addresses, self.days * self.exporters * 2, self.days * 2)
        ends = list(itertools.accumulate(parts, initial=5))
        self._flows, self._sources, self._ledger, self._nat = (words[a:b] for a, b in itertools.pairwise(ends))

    def flows(self, day):
        """(circuit, direction): (records, octets, packets), of those that there are."""
        at = (day - self.first) * self.groups * 3
        found = {}
        for group in range(self.groups):
            counts = tuple(self._flows[at + group * 3 : at + group * 3 + 3])
            if counts[0]:
                found[f"circuit-{group // 2}", "Outbound" if group % 2 else "Inbound"] = counts
        return found

    def sources(self, days):
        """address: octets scaled by the sampling rate, of some days."""
        sums = [0] * self.addresses
        for day in days:
            at = (day - self.first) * self.addresses
            sums = [a + b for a, b in zip(sums, self._sources[at : at + self.addresses])]
        return {self.address(n): octets for n, octets in enumerate(sums) if octets}

    def address(self, number):
        hosts = self.addresses // 4
        kind, host = divmod(number, hosts)
        base = ("10.0.0.0", "198.18.0.0", "2001:db8:a::", "2001:db8:b::")[kind]
        return str(ipaddress.ip_address(base) + host)

    def ledger(self, day):
        """exporter: (datagrams, records)"""
        at = (day - self.first) * self.exporters * 2
        counts = {f"192.0.2.{n + 1}": tuple(self._ledger[at + n * 2 : at + n * 2 + 2]) for n in range(self.exporters)}
        return {exporter: both for exporter, both in counts.items() if any(both)}

    def nat(self, day):
        """(events, sessions that ended)"""
        at = (day - self.first) * 2
        return tuple(self._nat[at : at + 2])


def date_of(day):
    return (datetime.date(1970, 1, 1) + datetime.timedelta(days=day)).isoformat()


def day_of(text):
    return (datetime.date.fromisoformat(text[:10]) - datetime.date(1970, 1, 1)).days


class Simulation:
    def __init__(self, program, weir, folder, options):
        self.weir, self.folder = str(weir), Path(folder)
        self.workspace, self.oracle_path = self.folder / "workspace", self.folder / "oracle"
        self.command = [program, "--workspace", self.workspace, "--oracle", self.oracle_path, *options]
        self.longest, self.largest = {}, 0  # of queries: seconds by what was asked, octets resident

    def __enter__(self):
        self.process = subprocess.Popen([str(word) for word in self.command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def moments(self):
        """What the program tells whenever it is at rest, as dictionaries; it goes on behind each."""
        for line in self.process.stdout:
            moment = json.loads(line)
            moment["day"] = moment["minute"] // MINUTES_PER_DAY
            yield moment
            if moment["at"] != "end":
                self.process.stdin.write("\n")
                self.process.stdin.flush()
        told = self.process.stderr.read()
        if self.process.wait() or told:
            raise Wrong(f"the simulation ended with {self.process.returncode}: {told}")

    def run(self, *words, status=(0,)):
        """Runs weir; returns its output, and remembers how much memory it took."""
        command = [self.weir, *map(str, words)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = child.stdout.read(), child.stderr.read()
        _, how, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(how)
        self.largest = max(self.largest, usage.ru_maxrss * 1024)
        if child.returncode not in status:
            raise Wrong(f"{' '.join(command)}: {child.returncode}: {out[-500:]}{err[-500:]}")
        return out + err

    def ask(self, kql, what=None):
        start = time.monotonic()
        text = self.run("query", "--workspace", self.workspace, "--format", "json", kql)
        if what:
            self.longest[what] = max(time.monotonic() - start, self.longest.get(what, 0))
        return json.loads(text)["tables"][0]["rows"]

    def segments(self):
        return json.loads(self.run("show", "segments", "--workspace", self.workspace, "--format", "json"))


def compare(what, got, want):
    if got == want:
        return
    keys = sorted(key for key in got.keys() | want.keys() if got.get(key) != want.get(key))
    lines = [f"{key}: {got.get(key)}, should be {want.get(key)}" for key in keys[:5]]
    raise Wrong(f"{what}: {len(keys)} of {len(want)} differ: " + "; ".join(lines))


class Questions:
    """What is asked at one moment, at which all that is due has been compacted."""

    def __init__(self, simulation, moment, keep_flows, keep_hourly):
        self.simulation, self.moment = simulation, moment
        self.oracle = Oracle(simulation.oracle_path)
        self.keep_flows, self.keep_hourly = keep_flows, keep_hourly
        self.today = moment["day"]
        first = self.oracle.first
        self.past = range(first, self.today if moment["minute"] % MINUTES_PER_DAY > 30 else self.today - 1)

    def ask_all(self):
        self.daily()
        self.hourly()
        self.flows()
        self.top_talkers()
        self.ledger()
        self.nat()

    def flow_counts(self, days):
        return {(date_of(day), *key): counts for day in days for key, counts in self.oracle.flows(day).items()}

    def rollups(self, table, days):
        """Every kind of rows adds up to what was sent."""
        if not days:
            return
        rows = self.simulation.ask(
            f"{table} | where TimeGenerated >= datetime({date_of(days[0])}) and TimeGenerated < datetime({date_of(days[-1] + 1)})"
            " | summarize sum(Records), sum(NumberOfBytes), sum(NumberOfPackets)"
            " by Day = bin(TimeGenerated, 1d), ExRCircuitId, Direction, Kind",
            f"{table}: totals by day, circuit and direction")
        want = self.flow_counts(days)
        for kind in sorted({row[3] for row in rows}):
            got = {(r[0][:10], r[1], r[2]): tuple(r[4:]) for r in rows if r[3] == kind}
            compare(f"{table} of {kind}", got, want)
        if len({row[3] for row in rows}) != KINDS:
            raise Wrong(f"{table}: not of {KINDS} kinds")

    def daily(self):
        self.rollups("FlowsDaily", self.past)

    def hourly(self):
        kept = [day for day in self.past if day > self.today - self.keep_hourly + EARLY_DAYS]
        self.rollups("FlowsHourly", kept)

    def flow_rows(self, days):
        """(records, octets, packets) of what is in Flows of these days"""
        rows = self.simulation.ask(
            f"Flows | where TimeGenerated >= datetime({date_of(days[0])}) and TimeGenerated < datetime({date_of(days[-1] + 1)})"
            " | summarize sum(RecordCount), sum(NumberOfBytes), sum(NumberOfPackets)"
            " by Day = bin(TimeGenerated, 1d), ExRCircuitId, Direction", "Flows: totals by day, circuit and direction")
        return {(row[0][:10], row[1], row[2]): tuple(row[3:]) for row in rows}

    def flows(self):
        """Rows of the last days are all there, rows of earlier ones are not.  Where size counts, the last ones are."""
        oldest = self.simulation.ask("Flows | summarize min(TimeGenerated)")[0][0]
        if day_of(oldest) < self.today - self.keep_flows - SLACK_DAYS:
            raise Wrong(f"Flows has rows of {oldest}, which should have gone")
        days = range(self.oracle.first, self.today + 1)
        kept = [day for day in days if day > self.today - self.keep_flows + EARLY_DAYS]
        if self.moment["size"]:
            kept = [day for day in kept if day > day_of(oldest) + 1]
            octets = sum(segment["bytes"] for segment in self.simulation.segments())
            if octets > self.moment["size"] * 1.1:
                raise Wrong(f"segments take {octets} octets, more than {self.moment['size']}")
        elif not kept:
            raise Wrong("no day is left of Flows")
        if kept:
            compare("Flows", self.flow_rows(kept), self.flow_counts(kept))

    def top_talkers(self):
        """Of days that are over, and of the hours of today, where none of them is still open."""
        hours_are_due = self.moment["minute"] - self.moment["last"] // 60 * 60 >= HOUR_IS_DUE
        whole = range(self.past[0], self.today + 1) if hours_are_due else self.past
        for days in {whole[-1:], whole[-90:], whole}:
            sent = self.oracle.sources(days)
            told = self.simulation.ask(
                f"TopTalkers(datetime({date_of(days[0])}), datetime({date_of(days[-1] + 1)}))",
                f"TopTalkers of {len(days)} days")  # fmt: skip
            listed, missing_at_most = {row[0] for row in told}, told[0][3] if told else 0
            wrong = [(row, sent.get(row[0])) for row in told if not row[1] <= sent.get(row[0], -1) <= row[2]]
            missing = max((n for ip, n in sent.items() if ip not in listed), default=0)
            if wrong or missing > missing_at_most:
                raise Wrong(f"TopTalkers of {days}: {wrong[:3]}; one of {missing} is missing, of at most {missing_at_most}")
            self.check_first(sent, told)

    def check_first(self, sent, told):
        """The first ten are the first ten, as far as their bounds say so."""
        first = sorted(sent, key=sent.get, reverse=True)[:10]
        got = [row[0] for row in told[:10]]
        loose = max((row[2] - row[1] for row in told[:10]), default=0)
        for a, b in zip(first, got):
            if a != b and sent[a] - sent[b] > loose:
                raise Wrong(f"TopTalkers: {got} are told, {first} were first")

    def ledger(self):
        rows = self.simulation.ask(
            "CollectorLedger | where isnotempty(Exporter) | summarize sum(DatagramsDecoded), sum(RecordsStored)"
            " by Day = bin(TimeGenerated, 1d), Exporter", "CollectorLedger: totals by day and exporter")
        days = range(self.oracle.first, self.oracle.first + self.oracle.days)
        want = {(date_of(day), exporter): both for day in days for exporter, both in self.oracle.ledger(day).items()}
        compare("CollectorLedger", {(row[0][:10], row[1]): tuple(row[2:]) for row in rows}, want)
        dropped = self.simulation.ask("CollectorLedger | summarize sum(RowsDropped)")[0][0]
        if dropped != self.moment["dropped"]:
            raise Wrong(f"CollectorLedger tells of {dropped} dropped rows, {self.moment['dropped']} were dropped")

    def nat(self):
        days = range(self.oracle.first, self.oracle.first + self.oracle.days)
        want = {date_of(day): self.oracle.nat(day) for day in days if any(self.oracle.nat(day))}
        events = self.simulation.ask("NatEvents | summarize count() by bin(TimeGenerated, 1d)")
        compare("NatEvents", {row[0][:10]: row[1] for row in events}, {day: n for day, (n, _) in want.items() if n})
        ended = self.simulation.ask("NatBindings | where BindingEnd == 'deleted' | summarize count() by bin(TimeGenerated, 1d)")
        compare("NatBindings", {row[0][:10]: row[1] for row in ended}, {day: n for day, (_, n) in want.items() if n})


class Damage:
    """One byte of a file that is at rest is flipped: it is named, set aside, and everything else still answers."""

    def __init__(self, simulation):
        self.simulation = simulation

    def verify(self, status):
        return self.simulation.run("workspace", "verify", "--workspace", self.simulation.workspace, status=(status,))

    def try_all(self):
        self.verify(0)
        flows = [s for s in self.simulation.segments() if s["table"] == "Flows" and s["level"] == "day"]
        daily = [s for s in self.simulation.segments() if s["table"] == "FlowsDaily"]
        for segment in (flows[len(flows) // 2], daily[len(daily) // 3]):
            self.damage(segment)
        self.verify(0)

    def damage(self, segment):
        table, path = segment["table"], self.simulation.workspace / segment["path"]
        before = self.totals(table)
        octets = bytearray(path.read_bytes())
        octets[len(octets) // 2] ^= 0x10
        path.write_bytes(octets)
        if segment["path"] not in self.verify(1):
            raise Wrong(f"{segment['path']} has another byte, and verify does not say so")
        self.simulation.run("workspace", "repair", "--workspace", self.simulation.workspace)
        aside = [p for p in (self.simulation.workspace / "damaged").rglob("*") if p.is_file()]
        if path.exists() or path.name not in {p.name for p in aside}:
            raise Wrong(f"{segment['path']} is not set aside, but {aside}")
        after = self.totals(table)
        day = segment["from"][:10]
        if sum(rows for rows, *_ in before.values()) - sum(rows for rows, *_ in after.values()) != segment["rows"]:
            raise Wrong(f"{table}: other rows have gone than those of {segment['path']}")
        compare(table, {d: c for d, c in after.items() if d != day}, {d: c for d, c in before.items() if d != day})

    def totals(self, table):
        records = "RecordCount" if table == "Flows" else "Records"
        rows = self.simulation.ask(f"{table} | summarize count(), sum({records}), sum(NumberOfBytes) by bin(TimeGenerated, 1d)")
        return {row[0][:10]: tuple(row[1:]) for row in rows}
