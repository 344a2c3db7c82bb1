#!/usr/bin/env python3
"""A disk that fills, or becomes read-only, under a collector; rows whose time is over.

    test_disk.py WEIR

Mounts a small tmpfs in a mount namespace of its own, where that is not refused.  Loopback only, bounded in
count and time.
"""

import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow, pcapfile
from support.collector import Collector
from support.namespaces import enter_own_mounts
from support.tap import Tap

TIMEOUT_S = 30
MIB = 1 << 20
FREE_MIB = 4
TICKS_PER_DAY = 864_000_000_000
OLD_SEGMENTS, OLD_ROWS = 8, 6000
PER_DATAGRAM = 30
DROPPED = (
    "CollectorLedger"
    " | summarize sum(RowsDropped), sum(RowsDroppedByAge), sum(RowsDroppedForDisk), sum(FlowsDropped), sum(LedgerRowsDropped)"
)
FLOWS_DROPPED = "CollectorLedger | summarize sum(FlowsDropped)"
RECORDS = "CollectorLedger | where Listener startswith '127.0.0.1' | summarize sum(RecordsStored)"


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=TIMEOUT_S)


@contextmanager
def mounted(place, *options):
    place.mkdir(exist_ok=True)
    done = run("mount", *options, place)
    if done.returncode:
        raise RuntimeError(done.stderr)
    try:
        yield place
    finally:
        run("umount", "--recursive", place)


def small_disk(place):
    return mounted(place, "-t", "tmpfs", "-o", "size=40m", "none")


def free(place):
    disk = os.statvfs(place)
    return disk.f_bavail * disk.f_frsize


def fill(place, leave):
    """Another's file, of which `leave` octets are left."""
    with open(place / "another", "wb") as file:
        while (more := free(place) - leave) > 0:
            file.write(bytes(min(more, MIB)))
            file.flush()


def store_old(weir, work, workspace, rows=OLD_ROWS):
    """Captures of a day each, the oldest first, each imported by itself: `rows` flows of one record from 10.DAY.0.0/16."""
    path = work / "old.pcap"
    for day in range(OLD_SEGMENTS):
        at = int(time.time()) - (400 - day) * 86400
        records = [netflow.V5Record(f"10.{day}.{i // 250}.{i % 250}", "192.0.2.2", octets=(i + 1) * 2654435761 % 2**32)
                   for i in range(rows)]  # fmt: skip
        pcapfile.write(path, [
            pcapfile.Datagram(at, "192.0.2.9", 40000, "192.0.2.200", 2055, netflow.v5(records[n : n + 30], at, sequence=n))
            for n in range(0, rows, 30)])  # fmt: skip
        done = run(weir, "import", "--workspace", workspace, path)
        if done.returncode:
            raise RuntimeError(done.stderr)


def imported_long_ago(workspace, days):
    catalog = sqlite3.connect(Path(workspace) / "catalog.db")
    with catalog:
        catalog.execute("UPDATE commits SET at = at - ?", (days * TICKS_PER_DAY,))
    catalog.close()


def listed(weir, what, workspace, *options):
    return json.loads(run(weir, *what, "--workspace", workspace, "--format", "json", *options).stdout)


FLOWS = itertools.count()  # each record that is sent is a flow of its own, and so a row


class Watched(Collector):
    sent = 0

    def send(self, count, seconds):
        """Datagrams of PER_DATAGRAM records, spread over the time."""
        begin = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for n in range(count):
                flows = [next(FLOWS) for _ in range(PER_DATAGRAM)]
                records = [netflow.V5Record("192.0.2.1", "192.0.2.2", src_port=i % 65536, dst_port=i // 65536) for i in flows]
                sequence = (self.sent * PER_DATAGRAM) % 2**32
                out.sendto(netflow.v5(records, int(time.time()), sequence=sequence), ("127.0.0.1", self.port))
                self.sent += 1
                if n % 20 == 0:
                    time.sleep(max(0, begin + seconds * n / count - time.monotonic()))

    def said(self, words, seconds=TIMEOUT_S):
        end = time.monotonic() + seconds
        while not any(words in line for line in self.log) and time.monotonic() < end:
            time.sleep(0.1)
        return any(words in line for line in self.log)

    def wrong(self):
        """What is wrong with the books, and with the files, in words."""
        *books, rows = self.books()
        return self.broken(*books, rows + (self.query(FLOWS_DROPPED)[0][0] or 0)) + self.wrong_files()

    def wrong_files(self):
        root = Path(self.workspace)
        named = {entry["path"]: entry["bytes"] for entry in listed(self.weir, ("show", "segments"), root)}
        missing = [path for path, size in named.items() if not (root / path).exists()
                   or (root / path).stat().st_size != size]  # fmt: skip
        return missing + [str(path) for path in (root / "segments").rglob("*.tmp")]


def collector_on(weir, work, disk):
    config = work / "disk.yaml"
    config.write_text(f"retention:\n  free: {FREE_MIB}\n  flows: 0\n  ledger: 0\n")
    return Watched(weir, disk / "workspace", "--config", str(config))


def short_of_room(out, weir, work, disk):
    """A disk on which another's file grows a little: the oldest flows make room, and no more of them."""
    collector = collector_on(weir, work, disk)
    store_old(weir, work, collector.workspace)
    sizes = [s["bytes"] for s in listed(weir, ("show", "segments"), collector.workspace) if s["table"] == "Flows"]
    with collector:
        collector.send(10, 0.1)
        collector.wait_until(RECORDS, [300])
        fill(disk, FREE_MIB * MIB - sizes[0] // 2)
        collector.send(10, 0.1)
        got = collector.wait_until(RECORDS, [600])
        out.result(got == [600], "a disk that is short of room takes rows all the same", [got, *collector.log])
        left = [row[0] for row in collector.query(
            "Flows | where SourceIp startswith '10.' | distinct Day = toint(split(SourceIp, '.')[1]) | order by Day asc")]  # fmt: skip
        gone = OLD_SEGMENTS - len(left)
        out.result(0 < gone < OLD_SEGMENTS and left == list(range(gone, OLD_SEGMENTS)) and free(disk) >= FREE_MIB * MIB,
                   "since the oldest flows went", [left, free(disk), *sizes])  # fmt: skip
        lack = sizes[0] // 2 + FREE_MIB * MIB // 16 + MIB  # what was stored meanwhile is less than 1 MiB
        out.result(sum(sizes[: max(gone - 1, 0)]) < lack, "no more than it takes", [gone, sizes, lack])
        dropped = collector.query(DROPPED)[0]
        want = gone * OLD_ROWS
        out.result(dropped == [want, 0, want, want, 0], "and the ledger accounts for them", [want, dropped])
        out.result(collector.said("by disk") and sum("dropped" in line for line in collector.log) == 1,
                   "the log says so in one line", collector.log)
    os.unlink(disk / "another")


def full(out, weir, work, disk):
    """A disk on which another's file takes all there is, for a while."""
    with collector_on(weir, work, disk) as collector:
        before = collector.query(RECORDS)[0][0]
        fill(disk, 0)
        collector.send(10, 0.1)
        told = collector.said("commit failed")
        collector.send(4000, 4)  # 5.9 MiB, of which the journal holds 4
        pools = {pool["pool"]: pool for pool in listed(weir, ("show", "memory"), collector.workspace)}
        disk_pool = pools.get("the disk, used; nothing is stored", {})
        out.result(told and disk_pool.get("octets", 0) > disk_pool.get("bound", MIB) == (40 - FREE_MIB) * MIB,
                   "a full disk is told, in the log and by weir show memory", [*pools, *collector.log])
        asked = run(weir, "show", "ledger", "--workspace", collector.workspace)
        out.result(asked.returncode == 0 and "nothing is stored at present: " in asked.stderr,
                   "and by weir show ledger, which answers", [asked.stderr, *asked.stdout.splitlines()[:5]])  # fmt: skip
        got = collector.query(RECORDS)[0]
        out.result(got == [before], "what was stored can be asked for", [before, got])
        os.unlink(disk / "another")
        out.result(collector.said("commits succeed again"), "when there is room again it goes on by itself", collector.log)
        collector.send(10, 0.1)
        out.result(collector.end() == 0, "and ends well", collector.log)
        wrong = collector.wrong()
        offered, decoded, refused, drops = collector.query(
            "CollectorLedger | where Listener startswith '127.0.0.1'"
            " | summarize sum(DatagramsOffered), sum(DatagramsDecoded), sum(DatagramsRefused), sum(KernelDrops)"
        )[0]  # fmt: skip
        earlier = before // PER_DATAGRAM
        out.result(not wrong and offered + drops == earlier + collector.sent and 0 < refused < 4000,
                   "no file is broken, and every datagram was stored or refused",
                   [offered, decoded, refused, drops, earlier + collector.sent, *wrong])  # fmt: skip


def ended_while_full(out, weir, work, disk, how=signal.SIGTERM):
    with collector_on(weir, work, disk) as collector:
        before = collector.query(RECORDS)[0][0]
        fill(disk, 0)
        collector.send(10, 0.1)
        collector.said("commit failed")
        begin = time.monotonic()
        status = collector.end(how)
        took = time.monotonic() - begin
        refused = run(weir, "collector", "--workspace", disk / "other", "--ring", "4", "--listen", "127.0.0.1:0")
        os.unlink(disk / "another")
        collector.start()
        again = collector.end()
        got, wrong = collector.query(RECORDS)[0], collector.wrong()
        want = 1 if how == signal.SIGTERM else -how
        out.result(status == want and took < 15 and again == 0 and got == [before + 300] and not wrong,
                   f"{how.name} ends it on a full disk, and the next one stores what the journal holds",
                   [status, took, again, before, got, *wrong, *collector.log])  # fmt: skip
        said = refused.stderr.splitlines()
        clear = said[-1].startswith("weir collector: ") and ("No space left" in said[-1] or "disk is full" in said[-1])
        out.result(refused.returncode == 1 and clear,
                   "one that finds no room for a workspace does not start, and says why", [refused.returncode, *said])


def killed_while_full(out, weir, work, disk):
    ended_while_full(out, weir, work, disk, signal.SIGKILL)


def reloaded_while_full(out, weir, work, disk):
    """A floor that was set too high is put right."""
    collector = collector_on(weir, work, disk)
    config = work / "disk.yaml"
    with collector:
        before = collector.query(RECORDS)[0][0]
        fill(disk, 8 * MIB)
        config.write_text("retention:\n  free: 10\n")
        collector.process.send_signal(signal.SIGHUP)
        collector.said("read again")
        collector.send(10, 0.1)
        held = collector.said("of which 10 MiB stay free")
        config.write_text(f"retention:\n  free: {FREE_MIB}\n")
        collector.process.send_signal(signal.SIGHUP)
        got = collector.wait_until(RECORDS, [before + 300])
        out.result(held and got == [before + 300], "SIGHUP changes how much stays free, also while nothing is stored",
                   [before, got, *collector.log])  # fmt: skip
        collector.end()
    os.unlink(disk / "another")


def read_only(out, weir, work, disk):
    with collector_on(weir, work, disk) as collector:
        before = collector.query(RECORDS)[0][0]
        segments = Path(collector.workspace) / "segments"
        with mounted(segments, "--bind", segments):
            run("mount", "-o", "remount,bind,ro", segments)
            collector.send(10, 0.1)
            told = collector.said("Read-only file system")
        got = collector.wait_until(RECORDS, [before + 300])
        wrong = collector.wrong()
        out.result(told and got == [before + 300] and collector.end() == 0 and not wrong,
                   "a disk that becomes read-only is told, and it goes on when it no longer is",
                   [before, got, *wrong, *collector.log])  # fmt: skip
    run("mount", "-o", "remount,bind,ro", disk)
    done = run(weir, "collector", "--workspace", collector.workspace, "--ring", "4", "--listen", "127.0.0.1:0")
    said = done.stderr.splitlines()
    asked = run(weir, "query", "--workspace", collector.workspace, "print 1")
    out.result(done.returncode == 1 and "Read-only file system" in said[-1] and asked.returncode == 0,
               "on a read-only disk it does not start, and says why; queries are answered",
               [done.returncode, *said, asked.stderr])  # fmt: skip
    run("mount", "-o", "remount,bind,rw", disk)


class Commands:
    """What may be asked of a workspace, each with what it has to write to."""

    def __init__(self, weir, work, disk):
        self.weir, self.workspace, self.disk = weir, disk / "commands", disk
        store_old(weir, work, self.workspace, rows=90)
        imported_long_ago(self.workspace, 20)
        config = work / "commands.yaml"
        config.write_text("retention:\n  free: 1\n  flows: 10\n")
        here, always = ("--workspace", self.workspace), ("--from", "2020-01-01", "--to", "2040-01-01")
        for made in (("backup", *here, "--to", work / "backup", "--copy"), ("export", *here, "--into", work / "export", *always)):
            if (done := run(weir, "workspace", *made)).returncode:
                raise RuntimeError(done.stderr)
        self.writing = {
            "import": ("import", *here, work / "old.pcap"),
            "compact": ("workspace", "compact", *here),
            "expire": ("workspace", "expire", *here, "--config", config),
            "backup": ("workspace", "backup", *here, "--to", disk / "backup", "--copy"),
            "restore": ("workspace", "restore", "--from", work / "backup", "--workspace", disk / "restored", "--copy"),
            "export": ("workspace", "export", *here, "--into", disk / "export", *always),
            "attach": ("workspace", "attach", *here, work / "export"),
            "a new workspace": ("import", "--workspace", disk / "new", work / "old.pcap"),
        }  # fmt: skip

    def rows(self):
        return Collector(self.weir, self.workspace).query("Flows | summarize count(), sum(NumberOfBytes)")

    def refused(self, *words):
        """What does not fail with one clear line that holds one of the words."""
        wrong = []
        for name, command in self.writing.items():
            done = run(self.weir, *command)
            lines = done.stderr.splitlines()
            if done.returncode != 1 or not lines[-1].startswith("weir ") or not any(word in lines[-1] for word in words):
                wrong.append([name, done.returncode, *lines])
        return wrong

    def tidy(self):
        """A copy that was begun is begun anew."""
        for name in ("backup", "restored", "export", "new"):
            shutil.rmtree(self.disk / name, ignore_errors=True)

    def done(self):
        """What fails now that there is room, or leaves something behind."""
        self.tidy()
        wrong = [[name, done.stderr] for name, command in self.writing.items() if (done := run(self.weir, *command)).returncode]
        said = run(self.weir, "workspace", "verify", "--workspace", self.workspace).stdout
        return wrong + ([] if said.startswith("0 problems") else [said])


def commands_on_a_bad_disk(out, weir, work, disk):
    """A disk without a free octet, then a read-only one."""
    commands = Commands(weir, work, disk)
    before = commands.rows()
    fill(disk, 0)
    wrong = commands.refused("No space left", "is full", "full")
    out.result(free(disk) == 0 and not wrong, "each command says that the disk is full", wrong)
    said = run(weir, "workspace", "verify", "--workspace", commands.workspace).stdout
    out.result(commands.rows() == before and said.startswith("0 problems"), "and nothing has changed", [said])
    os.unlink(disk / "another")
    commands.tidy()
    run("mount", "-o", "remount,bind,ro", disk)
    wrong = commands.refused("Read-only file system")
    out.result(not wrong, "each command says that the disk is read-only", wrong)
    said = run(weir, "workspace", "verify", "--workspace", commands.workspace).stdout
    kept = run(weir, "workspace", "backup", "--workspace", commands.workspace, "--to", work / "elsewhere")
    out.result(commands.rows() == before and said.startswith("0 problems") and kept.returncode == 0,
               "what only reads is done all the same", [said, kept.stderr])  # fmt: skip
    run("mount", "-o", "remount,bind,rw", disk)
    wrong = commands.done()
    out.result(not wrong, "and with room to write all of it is done", wrong)


def expired_by_hand(out, weir, work):
    workspace, config, path = work / "hand", work / "hand.yaml", work / "rows.jsonl"
    store_old(weir, work, workspace, rows=90)
    path.write_text('{"TimeGenerated": "2020-01-01T00:00:00Z"}\n' * 7)
    run(weir, "import", "--workspace", workspace, path)
    command = (weir, "workspace", "expire", "--workspace", workspace, "--config", config, "--format", "json")
    config.write_text("{}\n")
    done = run(*command)
    out.result(done.returncode == 0 and json.loads(done.stdout) == [],
               "rows imported today are not old, whenever they were seen", [done.stdout, done.stderr])  # fmt: skip
    imported_long_ago(workspace, 100)
    config.write_text("retention:\n  flows: 0\n")
    none = run(*command)
    config.write_text("retention:\n  flows: 99\n  ledger: 101\n")
    dry = run(*command, "--dry-run")
    ask = Collector(weir, workspace).query
    still = ask("Flows | count")[0]
    done = run(*command)
    want = [["ATCExpressRouteCircuitIpfix", "age", 1, 7], ["Flows", "age", OLD_SEGMENTS, OLD_SEGMENTS * 90]]
    got = [[row["table"], row["cause"], row["segments"], row["rows"]] for row in json.loads(done.stdout)]
    out.result(json.loads(none.stdout) == [] and got == want,
               "what was imported longer ago than it stays goes by hand, as the configuration says",
               [none.stdout, got, done.stderr])  # fmt: skip
    out.result(dry.stdout == done.stdout and still == [OLD_SEGMENTS * 90], "a dry run tells what would go, and drops nothing",
               [dry.stdout, dry.stderr, still])  # fmt: skip
    files = [path for table in ("Flows", "ATCExpressRouteCircuitIpfix")
             for path in (workspace / "segments" / table).rglob("*.parquet")]  # fmt: skip
    rows, dropped = OLD_SEGMENTS * 90 + 7, ask(DROPPED)[0]
    out.result(ask("Flows | count")[0] == [0] and dropped == [rows, rows, 0, rows, 0] and not files,
               "the files are gone, and the ledger accounts for them", [dropped, files])
    config.write_text("retention:\n  ledger: 99\n")
    before = ask("CollectorLedger | where Listener != '' | count")[0][0]
    got = json.loads(run(*command).stdout)
    out.result([[row["table"], row["rows"]] for row in got] == [["CollectorLedger", before]] and before > 0,
               "each table has its own time", [before, got])  # fmt: skip


def expired_by_the_collector(out, weir, work):
    """SIGHUP shortens the time that rows stay."""
    config = work / "age.yaml"
    config.write_text("retention:\n  flows: 0\n")
    store_old(weir, work, work / "age", rows=90)
    imported_long_ago(work / "age", 100)
    run(weir, "workspace", "expire", "--workspace", work / "age", "--config", config)  # says that the clock is right
    with Watched(weir, work / "age", "--config", str(config)) as collector:
        collector.send(10, 0.1)
        collector.wait_until(RECORDS, [300])
        kept = collector.query("Flows | where SourceIp startswith '10.' | count")[0]
        config.write_text("retention:\n  flows: 30\n")
        collector.process.send_signal(signal.SIGHUP)
        told = collector.said("dropped 720 rows of Flows by age", 20)
        got = collector.query("Flows | summarize countif(SourceIp startswith '10.'), sum(RecordCount)")[0]
        shown = {(line["account"], line["entry"]): line["count"] for line in listed(weir, ("show", "ledger"), work / "age")}
        out.result(kept == [720] and told and got[0] == 0, "SIGHUP changes how long rows stay", [kept, got, *collector.log])
        out.result(shown["dropped", "since they were too old"] == 720 and shown["dropped", "difference"] == 0
                   and shown["by table", "of Flows"] == 720 and shown["by table", "difference"] == 0,
                   "weir show ledger says how many went, and why", [shown])  # fmt: skip
        out.result(collector.end() == 0 and collector.query("Flows | count")[0] == [300],
                   "the minute that is open stays", collector.log)


ON_A_DISK = (short_of_room, full, ended_while_full, killed_while_full, reloaded_while_full, read_only,
             commands_on_a_bad_disk)  # fmt: skip


def main(weir):
    may_mount, out = enter_own_mounts(), Tap()
    with tempfile.TemporaryDirectory(prefix="weir-test-disk-") as name:
        work = Path(name)
        if may_mount:
            with small_disk(work / "disk") as disk:
                for part in ON_A_DISK:
                    part(out, weir, work, disk)
        else:
            for part in ON_A_DISK:
                out.skip(part.__name__.replace("_", " "), "needs a mount namespace")
        expired_by_hand(out, weir, work)
        expired_by_the_collector(out, weir, work)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
