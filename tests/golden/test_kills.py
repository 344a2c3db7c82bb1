#!/usr/bin/env python3
"""What is killed, or meets an error of the disk, at any call by which it changes a workspace.

    test_kills.py WEIR INTERRUPT [--all] [STEP…]

Each step (a commit, a compaction, a backup, …) is run on a copy of a small workspace, once to count the
calls by which it changes files, and then again and again under tests/support/interrupt.c: killed before or
after a call, with a call that fails, or killed some calls behind one that failed.  Right after it whoever asks gets the answer of before the step or
of after it, and `verify` finds nothing but files that no catalog names.  The step is run again: the answer is
that of an undisturbed run, the workspace is whole, and there is no file that nobody names.

Without --all that is done at SAMPLES calls of each step, chosen by a seed that is printed (SEED takes one), and
at those where a commit may be cut.
"""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow, pcapfile
from support.tap import Tap

TIMEOUT_S = 60
SAMPLES = 5
BEHIND = 8  # calls at most, from one that fails to the end
KILLED = 128 + 9
START = 1_767_225_600  # 2026-01-01T00:00:00Z
HOURS, FLOWS = 2, 40
TICKS_PER_DAY = 864_000_000_000
FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)])
EVENT = netflow.Template(258, [(8, 4), (225, 4), (230, 1), (323, 8)])
ANSWER = """union
 (Flows | summarize A = sum(NumberOfBytes), B = sum(RecordCount) by H = bin(TimeGenerated, 1h), K = SourceIp | extend T = "Flows"),
 (ATCExpressRouteCircuitIpfix | where SourceIp startswith '10.2.' | summarize A = sum(NumberOfBytes), B = count() by H = bin(TimeGenerated, 1h), K = SourceIp | extend T = "rows"),
 (NatEvents | summarize A = count(), B = count() by H = bin(TimeGenerated, 1h), K = SourceIp | extend T = "NatEvents"),
 (FlowsHourly | summarize A = sum(NumberOfBytes), B = sum(Records) by H = bin(TimeGenerated, 1h), K = tostring(Kind) | extend T = "FlowsHourly"),
 (FlowsDaily | summarize A = sum(NumberOfBytes), B = sum(Records) by H = bin(TimeGenerated, 1d), K = tostring(Kind) | extend T = "FlowsDaily"),
 (CollectorLedger | summarize A = sum(RecordsStored), B = sum(RowsDropped) | extend H = datetime(2026-01-01), K = "", T = "CollectorLedger")
 | project T, H, K, A, B"""
KEPT = {"catalog.db", "catalog.db-wal", "catalog.db-shm", "run/writer.lock"}


def capture(path, part):
    """Flows of even numbers are in all parts; of each hour two minutes, and an event."""
    packets = []
    for minute in (60 * hour + m for hour in range(HOURS) for m in (0, 30)):
        at = START + 60 * minute + part
        rows = [(f"10.0.0.{n}", "198.51.100.1", 1000 + n, 443, 6, 100 + n + part, 1)
                for n in range(FLOWS) if n % 2 == 0 or n % 3 == part]  # fmt: skip
        sets = [netflow.v9_templates([FLOW, EVENT]), netflow.data(FLOW, rows),
                netflow.data(EVENT, [(f"10.1.{part}.{minute}", "203.0.113.1", 4, at * 1000)])]  # fmt: skip
        packets.append((at, "192.0.2.1", 40000, "192.0.2.2", 2055, netflow.v9(sets, at, uptime=1, sequence=len(packets))))
    pcapfile.write(path, packets)


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT_S)


def must(*command):
    done = run(*command)
    if done.returncode:
        raise RuntimeError(f"{command}: exit status {done.returncode}: {done.stdout}{done.stderr}")
    return done


def flip(path):
    octets = bytearray(path.read_bytes())
    octets[700] ^= 1
    path.write_bytes(octets)


def edit_catalog(workspace, *statements):
    catalog = sqlite3.connect(workspace / "catalog.db")
    with catalog:
        for statement in statements:
            catalog.execute(statement)
    catalog.close()


@dataclass
class Step:
    """One command, and what must be there before it.  `{}` in a word is the directory of the run."""

    name: str
    words: tuple
    prepare: object  # of Lab and the directory
    place: str = "ws"  # that changes, and is asked
    at_once: bool = True  # all of it becomes visible in one commit
    fails_whole: bool = False  # where it says that it failed nothing has been done
    clear: tuple = ()  # what is to be removed before it is done again
    kept: frozenset = frozenset()  # files beside those that every workspace has


class Lab:
    def __init__(self, weir, work):
        self.weir, self.work = str(Path(weir).resolve()), Path(work)
        for part in range(3):
            capture(self.work / f"part{part}.pcap", part)
        (self.work / "rows.jsonl").write_text(
            "".join(json.dumps({"TimeGenerated": "2026-01-01T00:00:00Z", "SourceIp": f"10.2.0.{n}", "NumberOfBytes": n}) + "\n"
                    for n in range(9)))  # fmt: skip
        (self.work / "old.yaml").write_text("retention:\n  flows: 30\n  nat_events: 0\n  nat_bindings: 0\n  ledger: 0\n")

    def imports(self, workspace, *parts):
        for part in parts:
            must(self.weir, "import", "-w", workspace, self.work / f"part{part}.pcap")

    def answer(self, place):
        """What is told of each key, or the error, as text."""
        done = run(self.weir, "query", "-w", place, "--format", "json", ANSWER)
        if done.returncode == 0:
            return {tuple(row[:3]): row[3:] for row in json.loads(done.stdout)["tables"][0]["rows"]}
        if done.returncode == 1 and done.stdout.startswith('{"error":'):
            return json.loads(done.stdout)["error"]["message"].replace(str(place), "PLACE")
        return f"crashed: {done.returncode}: {done.stderr}"

    def problems(self, place):
        """What verify finds, without files that no catalog names; and these files."""
        done = run(self.weir, "workspace", "verify", "-w", place)
        if done.returncode not in (0, 1):
            return [f"verify: exit status {done.returncode}: {done.stderr}"], []
        lines = [line for line in (done.stdout + done.stderr).splitlines() if " problems; " not in line]
        orphans = [line for line in lines if "the catalog does not name it" in line]
        return [line for line in lines if line not in orphans], orphans

    def strays(self, place, kept):
        """Files that are neither the catalog's nor named by it, and files that it names and that are missing."""
        catalog = sqlite3.connect(f"file:{place}/catalog.db?mode=ro", uri=True)
        named = {path for (path,) in catalog.execute("SELECT path FROM segments")}
        retired = {path for (path,) in catalog.execute("SELECT path FROM retired")}
        catalog.close()
        there = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
        return sorted(there - named - retired - KEPT - kept) + [f"missing: {path}" for path in sorted((named | kept) - there)]


# ---- what must be there before a step ----


def nothing(lab, at):
    pass


def one_part(lab, at):
    lab.imports(at / "ws", 0)


def of_format_one(lab, at):
    one_part(lab, at)
    edit_catalog(at / "ws", "DROP INDEX segments_by_commit", "DROP TABLE address_filters",
                 "ALTER TABLE segments DROP COLUMN level", "UPDATE meta SET value = 1 WHERE key = 'format'")  # fmt: skip


def all_parts(lab, at):
    lab.imports(at / "ws", 0, 1, 2)


def compacted(lab, at):
    all_parts(lab, at)
    must(lab.weir, "workspace", "compact", "-w", at / "ws")


def old(lab, at):
    compacted(lab, at)
    edit_catalog(at / "ws", f"UPDATE commits SET at = at - {100 * TICKS_PER_DAY}", f"UPDATE retired SET at = at - {TICKS_PER_DAY}")


def damaged(lab, at):
    lab.imports(at / "ws", 0, 1)
    flip(sorted((at / "ws/segments/Flows").rglob("*.parquet"))[0])


def backed_up(lab, at):
    lab.imports(at / "ws", 0)
    must(lab.weir, "workspace", "backup", "-w", at / "ws", "--to", at / "to", "--copy")


def backed_up_and_changed(lab, at):
    backed_up(lab, at)
    lab.imports(at / "ws", 1, 2)
    must(lab.weir, "workspace", "compact", "-w", at / "ws")


def exported(lab, at):
    lab.imports(at / "ws", 0)
    lab.imports(at / "from", 1, 2)
    must(lab.weir, "workspace", "export", "-w", at / "from", "--into", at / "export", *RANGE)


RANGE = ("--from", "2026-01-01T00:10:00Z", "--to", "2026-01-02")
STEPS = [
    Step("creation", ("import", "--once", "-w", "{}/ws", "{}/../part0.pcap"), nothing, fails_whole=True),
    Step("commit", ("import", "--once", "-w", "{}/ws", "{}/../part1.pcap"), one_part, fails_whole=True),
    Step("rows", ("import", "--once", "-w", "{}/ws", "{}/../rows.jsonl"), one_part, fails_whole=True),
    Step("upgrade", ("import", "--once", "-w", "{}/ws", "{}/../part1.pcap"), of_format_one, fails_whole=True),
    Step("compaction", ("workspace", "compact", "-w", "{}/ws"), all_parts, at_once=False),
    Step("retention", ("workspace", "expire", "-w", "{}/ws", "--config", "{}/../old.yaml"), old),
    Step("repair", ("workspace", "repair", "-w", "{}/ws"), damaged, kept=frozenset({"damaged/0000000002.parquet"})),
    Step("backup", ("workspace", "backup", "-w", "{}/ws", "--to", "{}/to", "--copy"), all_parts, "to", kept=frozenset({"backup"})),
    Step("next backup", ("workspace", "backup", "-w", "{}/ws", "--to", "{}/to", "--copy"), backed_up_and_changed, "to",
         kept=frozenset({"backup"})),
    Step("backup by links", ("workspace", "backup", "-w", "{}/ws", "--to", "{}/to"), backed_up_and_changed, "to",
         kept=frozenset({"backup"})),
    Step("restore", ("workspace", "restore", "--from", "{}/to", "-w", "{}/ws2"), backed_up, "ws2"),
    Step("export", ("workspace", "export", "-w", "{}/ws", "--into", "{}/to", *RANGE), compacted, "to", clear=("to",)),
    Step("attach", ("workspace", "attach", "-w", "{}/ws", "{}/export"), exported, fails_whole=True),
]  # fmt: skip


# ---- one step ----


class Trial:
    """A step, its answers, and how it is disturbed."""

    def __init__(self, lab, interrupt, step):
        self.lab, self.interrupt, self.step = lab, str(Path(interrupt).resolve()), step
        self.base = lab.work / (step.name.replace(" ", "-") + ".base")
        self.base.mkdir()
        step.prepare(lab, self.base)
        self.before = self.answer(self.base)
        at = self.copy("whole")
        self.calls = self.count(at)
        self.after = self.answer(at)
        assert self.after != self.before and not isinstance(self.after, str), self.after
        assert not self.left(at), self.left(at)
        shutil.rmtree(at)

    def copy(self, name):
        at = self.lab.work / f"{self.base.stem}.{name}"
        shutil.copytree(self.base, at, symlinks=True)
        return at

    def command(self, at, *options):
        words = [word.format(at) for word in self.step.words]
        return run(self.interrupt, *options, at, self.lab.weir, *words) if options else run(self.lab.weir, *words)

    def count(self, at):
        log = self.lab.work / f"{self.base.stem}.log"
        done = self.command(at, "--log", log)
        if done.returncode:
            raise RuntimeError(f"{self.step.name}: {done.stderr}")
        return log.read_text().splitlines()

    def answer(self, at):
        """An export is asked by way of a workspace that it is attached to."""
        place = at / self.step.place
        if self.step.name != "export":
            return self.lab.answer(place)
        asked = at / "asked"
        done = run(self.lab.weir, "workspace", "attach", "-w", asked, place)
        answer = self.lab.answer(asked) if done.returncode == 0 else done.stderr.replace(str(at), "")
        shutil.rmtree(asked, ignore_errors=True)
        return answer

    def left(self, at):
        """What is wrong once the step has ended."""
        if self.step.name == "export":
            return [str(path) for path in (at / "to").glob("*.tmp")]
        place = at / self.step.place
        problems, orphans = self.lab.problems(place)
        return problems + orphans + self.lab.strays(place, self.step.kept)

    def is_between(self, got):
        """Of before or of after; of a step of several commits each part of the answer."""
        if got in (self.before, self.after):
            return True
        if isinstance(self.before, str):  # there was nothing: what is asked may be half made
            return got == EMPTY or any(words in got for words in NO_WORKSPACE)
        if self.step.at_once or isinstance(got, str):
            return False
        nothing = object()
        return all(got.get(key, nothing) in (self.before.get(key, nothing), self.after.get(key, nothing))
                   for key in {*got, *self.before, *self.after})  # fmt: skip

    def disturb(self, case):
        """What is wrong, in words."""
        at = self.copy(".".join(options_of(case)).replace("--", ""))
        try:
            return [f"{described(case, self.calls, self.lab)}: {line}" for line in self.disturbed(at, case)]
        finally:
            shutil.rmtree(at)

    def disturbed(self, at, case):
        done = self.command(at, *options_of(case))
        got, wrong = self.answer(at), []
        if done.returncode not in statuses(case):
            wrong.append(f"exit status {done.returncode}: {done.stderr}")
        if done.returncode == 1 and not done.stderr.splitlines()[-1].startswith("weir "):
            wrong.append(f"no clear error: {done.stderr}")
        if not self.is_between(got):
            wrong.append(f"asked right after it: {self.difference(got)}")
        if done.returncode == 1 and self.step.fails_whole and got == self.after:
            wrong.append(f"it failed ({done.stderr.strip()}), and has done it")
        if done.returncode == 0 and got != self.after:
            wrong.append("it has not failed, nor done it")
        if self.step.name not in ("export", "repair") and not isinstance(got, str):
            wrong += [f"verify, right after it: {line}" for line in self.lab.problems(at / self.step.place)[0]]
        return wrong + self.again(at)

    def again(self, at):
        for name in self.step.clear:
            shutil.rmtree(at / name, ignore_errors=True)
        done = self.command(at)
        if done.returncode and not (self.step.name in ONCE and ONCE[self.step.name] in done.stderr):
            return [f"again: exit status {done.returncode}: {done.stderr}"]
        got = self.answer(at)
        wrong = [f"again: {self.difference(got)}"] if got != self.after else []
        return wrong + [f"again: {line}" for line in self.left(at)]

    def difference(self, got):
        if isinstance(got, str) or isinstance(self.after, str):
            return got
        return [(key, self.before.get(key) if isinstance(self.before, dict) else None, self.after.get(key), got.get(key))
                for key in sorted({*got, *self.after}) if got.get(key) != self.after.get(key)][:5]  # fmt: skip


EMPTY = {("CollectorLedger", "2026-01-01T00:00:00Z", ""): [0, 0]}
NO_WORKSPACE = ("there is no workspace at", "is not a workspace: ", "cannot read '/to/manifest.json'")
ONCE = {"attach": "was attached before", "restore": "a workspace at"}  # what a step says that was done already


# ---- how it is disturbed: {moment: number of the call} ----


def options_of(case):
    return [word for moment, number in case for word in (f"--{moment}", str(number))]


def statuses(case):
    """With which a command may end."""
    moments = dict(case)
    return {0} | ({1} if "fail" in moments else set()) | (set() if moments.keys() == {"fail"} else {KILLED})


def described(case, calls, lab):
    names = [f"{moment} {number} ({calls[number - 1].replace(str(lab.work), '') if number <= len(calls) else 'not counted'})"
             for moment, number in case]  # fmt: skip
    return ", ".join(names)


def one_of(chosen, calls):
    number, kind = chosen.randint(1, len(calls)), chosen.choice(("before", "after", "fail", "fail and kill"))
    if kind != "fail and kill":
        return ((kind, number),)
    return (("fail", number), ("before", number + chosen.randint(1, BEHIND)))


def at_commits(calls):
    """Where a WAL holds what is not synced: a header alone, or a whole commit whose sync fails."""
    for number, call in enumerate(calls, 1):
        if call.startswith("fdatasync") and call.endswith("catalog.db-wal"):
            yield (("before", number),)
            yield (("fail", number), ("before", number + 4))


def every(calls):
    """What a call leaves is what the next one finds: only the last needs an `after`. A sync changes nothing; where it
    fails, what was written stays."""
    yield (("after", len(calls)),)
    for number, call in enumerate(calls, 1):
        yield (("fail", number),)
        if "sync" in call.split()[0]:
            yield from ((("fail", number), ("before", number + behind)) for behind in range(1, BEHIND + 1))
        else:
            yield (("before", number),)


def main(weir, interrupt, *words):
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    names = [word for word in words if word != "--all"]
    chosen, out = random.Random(seed), Tap()
    print(f"# seed {seed}")
    with tempfile.TemporaryDirectory(prefix="weir-kills-") as work, ThreadPoolExecutor(2) as pool:
        lab = Lab(weir, os.path.realpath(work))
        for step in STEPS:
            if names and step.name not in names:
                continue
            begin = time.monotonic()
            trial = Trial(lab, interrupt, step)
            if "--all" in words:
                cases = list(every(trial.calls))
            else:
                cases = [one_of(chosen, trial.calls) for _ in range(SAMPLES)]
                cases += at_commits(trial.calls) if step.fails_whole else []
            cases = list(dict.fromkeys(cases))
            wrong = [line for lines in pool.map(trial.disturb, cases) for line in lines]
            print(f"# {step.name}: {len(trial.calls)} calls, {len(cases)} runs, {time.monotonic() - begin:.1f} s")
            out.result(not wrong, f"{step.name}, disturbed at any call, is done or not, and can be done again", wrong[:60])
    return out.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
