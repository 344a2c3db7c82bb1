#!/usr/bin/env python3
"""weir collector as a daemon: isolated, reloading, told about, asked, restarted within a minute.

    test_daemon.py WEIR [PART…]

Loopback only, bounded in count and time.
"""

import json
import os
import pwd
import signal
import socket
import stat
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

FLOW = netflow.Template(256, [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)])
USER = "nobody"


def send(collector, addresses, source="127.0.0.1"):
    """One record for each source address, of 100 octets and 1 packet, with its template."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.bind((source, 0))
    rows = [(address, "198.51.100.1", 1000, 443, 6, 100, 1) for address in addresses]
    sets = [netflow.v9_templates([FLOW]), netflow.data(FLOW, rows)]
    out.sendto(netflow.v9(sets, int(time.time()), uptime=1000, source_id=7), ("127.0.0.1", collector.port))
    out.close()


def stored(collector, address):
    return f"Flows | where SourceIp == '{address}' | summarize n = sum(RecordCount) | project n = coalesce(n, 0)"


def said(collector, words, seconds=10):
    end = time.monotonic() + seconds
    while not any(words in line for line in collector.log) and time.monotonic() < end:
        time.sleep(0.05)
    return any(words in line for line in collector.log)


def show(weir, collector, what):
    command = [weir, "show", what, "--workspace", collector.workspace, "--format", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=60).stdout)


def statuses(pid):
    """/proc/PID/status of every thread, as dictionaries."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        yield {key: value.split() for key, _, value in (line.partition(":") for line in lines)}


def isolated(out, weir, work):
    home = work / "isolated"
    home.mkdir()
    home.chmod(0o777)
    work.chmod(0o755)
    outside = work / "outside.yaml"
    outside.write_text("sampling_default: 7\n")
    config = home / "etc" / "weir.yaml"
    config.parent.mkdir()
    as_root = os.geteuid() == 0
    config.write_text(f"collector:\n  user: {USER}\n" if as_root else "sampling_default: 1\n")
    with Collector(weir, home / "workspace", "--config", str(config)) as collector:
        threads = list(statuses(collector.process.pid))
        out.result(len(threads) >= 3 and all(t["NoNewPrivs"] == ["1"] and t["Seccomp"] == ["2"] for t in threads),
                   "every thread is filtered and can gain no privileges",
                   [(t["Name"], t["NoNewPrivs"], t["Seccomp"]) for t in threads])
        if as_root:
            uid = str(pwd.getpwnam(USER).pw_uid)
            out.result(all(t["Uid"] == [uid] * 4 and int(t["CapEff"][0], 16) == 0 for t in threads),
                       "started as root it becomes the user that it was told", [t["Uid"] for t in threads])
            send(collector, ["10.0.0.1"])
            got = collector.wait_until(stored(collector, "10.0.0.1"), [1])
            out.result(got == [1], "and stores what comes", got)
        else:
            out.skip("started as root it becomes the user that it was told", "needs root")
            out.skip("and stores what comes", "needs root")
        config.unlink()
        config.symlink_to(outside)
        collector.process.send_signal(signal.SIGHUP)
        confined = any("Landlock" in line and "no Landlock" not in line for line in collector.log)
        if confined:
            out.result(said(collector, "Permission denied"), "a file outside is not to be opened", collector.log)
        else:
            out.skip("a file outside is not to be opened", "this kernel has no Landlock")
        out.result(collector.end() == 0, "and it ends well", collector.log)


BEFORE = """
collector:
  allow: [127.0.0.0/8]
circuits:
  - {exporter: 127.0.0.1, id: old}
"""
AFTER = """
collector:
  allow: [127.0.0.1]
  workers: 2
circuits:
  - {exporter: 127.0.0.1, id: new}
exporters:
  - {prefix: 127.0.0.1, sampling: 64}
"""


def reloading(out, weir, work):
    config = work / "reload.yaml"
    config.write_text(BEFORE)
    with Collector(weir, work / "reload", "--config", str(config)) as collector:
        send(collector, ["10.0.0.1"])
        send(collector, ["10.0.0.2"], source="127.0.0.2")
        collector.wait_until(stored(collector, "10.0.0.2"), [1])
        config.write_text(AFTER)
        collector.process.send_signal(signal.SIGHUP)
        out.result(said(collector, "read again") and said(collector, "changed: collector.workers"),
                   "SIGHUP reads the configuration, and names what needs a restart", collector.log)
        time.sleep(0.5)  # both threads have looked around
        send(collector, ["10.0.0.3"])
        send(collector, ["10.0.0.4"], source="127.0.0.2")
        config.write_text("circuits: 7\n")
        collector.process.send_signal(signal.SIGHUP)
        out.result(said(collector, "not read again") and said(collector, "circuits: must be a list"),
                   "a configuration with a problem changes nothing", collector.log)
        send(collector, ["10.0.0.5"])
        collector.end()
        got = collector.query("Flows | project SourceIp, ExRCircuitId, SamplingInterval | order by SourceIp asc")
        # the first ones have the circuit that held when their minute was closed
        want = [["10.0.0.2", "", None], ["10.0.0.3", "new", 64], ["10.0.0.5", "new", 64]]
        out.result(got[1:] == want and got[0][1] in ("old", "new"), "circuits, rates and the allow-list hold from the reload on", got)
        out.result(collector.books()[3] == 1 and not collector.broken_books(), "and the books balance",
                   collector.broken_books())


def reloading_under_load(out, weir, work):
    config = work / "load.yaml"
    config.write_text(BEFORE)
    count = 3000
    with Collector(weir, work / "load", "--config", str(config)) as collector:
        def flow():
            for i in range(count):
                send(collector, [f"10.1.{i >> 8}.{i & 255}"])
                time.sleep(0.0005)

        sender = threading.Thread(target=flow)
        sender.start()
        for _ in range(20):
            collector.process.send_signal(signal.SIGHUP)
            time.sleep(0.1)
        sender.join()
        collector.end()
        got = collector.query("Flows | summarize sum(RecordCount), dcount(SourceIp, 4)")[0][0]
        out.result(got == count, "twenty reloads lose nothing", got)


def told(out, weir, work):
    name = work / "notify"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(name))
    manager.settimeout(10)
    config = work / "told.yaml"
    config.write_text("")
    os.environ["NOTIFY_SOCKET"] = str(name)
    try:
        collector = Collector(weir, work / "told", "--config", str(config)).start()
    finally:
        del os.environ["NOTIFY_SOCKET"]
    messages = [manager.recv(256)]
    collector.process.send_signal(signal.SIGHUP)
    messages += [manager.recv(256), manager.recv(256)]
    collector.end()
    messages.append(manager.recv(256))
    want = [b"READY=1", b"RELOADING=1", b"READY=1", b"STOPPING=1"]
    out.result([m.split(b"\n")[0] for m in messages] == want, "the service manager is told", messages)
    manager.close()


def asked(out, weir, work):
    with Collector(weir, work / "asked") as collector:
        send(collector, ["10.0.0.1", "10.0.0.2"])
        collector.wait_until("Flows | count", [2])
        exporters = show(weir, collector, "exporters")
        got = [(e["exporter"], e["protocol"], e["domain"], e["templates"], e["datagrams"], e["records"]) for e in exporters]
        out.result(got == [("127.0.0.1", "netflow9", 7, 1, 1, 2)], "show exporters asks the collector", got)
        templates = show(weir, collector, "templates")
        out.result([t["id"] for t in templates] == [256] and templates[0]["fields"].startswith("sourceIPv4Address(4) "),
                   "show templates too", templates)
        memory = {m["pool"]: m for m in show(weir, collector, "memory")}
        out.result(memory["worker 0: journal"]["octets"] == 4 << 20
                   and all(m["octets"] <= m["bound"] for m in memory.values() if m["bound"]),
                   "show memory tells octets within their bounds", memory)
        send(collector, ["10.0.0.3"])
        time.sleep(1.1)  # the last commit is more than a second old, the next one not yet due
        ledger = {(line["account"], line["entry"]): line["count"] for line in show(weir, collector, "ledger")}
        out.result(ledger["datagrams", "offered"] == 2 and ledger["datagrams", "decoded"] == 2
                   and ledger["records", "stored"] == 3, "show ledger has what came just now", ledger)
        out.result(ledger["datagrams", "difference"] == 0 and ledger["records", "difference"] == 0,
                   "and its differences are zero", ledger)
        mode = stat.S_IMODE(os.stat(f"{collector.workspace}/run/collector.sock").st_mode)
        out.result(mode == 0o600, "its socket is its owner's alone", oct(mode))
        collector.end()
        after = show(weir, collector, "exporters")
        out.result({e["exporter"] for e in after} == {"127.0.0.1"}, "what was known is shown of the workspace afterwards", after)


def one_row_per_flow(out, weir, work):
    """SIGTERM, then SIGKILL, then SIGTERM in one minute: still one row per flow when it is over."""
    while time.time() % 60 > 45:  # what follows takes some seconds
        time.sleep(0.5)
    collector = Collector(weir, work / "again")
    minute = int(time.time()) // 60
    for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGTERM):
        collector.start()
        send(collector, ["10.0.0.1", "10.0.0.2"])
        before = collector.query("CollectorLedger | count")[0][0] if how == signal.SIGKILL else 0
        if how == signal.SIGKILL:
            collector.wait_until(f"CollectorLedger | summarize n = count() > {before}", [True])
        collector.end(how)
    same = int(time.time()) // 60 == minute
    got = collector.query("Flows | summarize count(), sum(RecordCount), min(RecordCount)")[0]
    out.result(same and got == [2, 6, 3], "a minute has one row per flow across restarts", [same, got])


PARTS = (isolated, reloading, reloading_under_load, told, asked, one_row_per_flow)


def main(weir, names):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in PARTS:
            if not names or part.__name__ in names:
                part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
