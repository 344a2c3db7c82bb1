#!/usr/bin/env python3
"""weir exporter: templates and sequence numbers as RFC 3954 and RFC 7011 want them, and collectors that
come late, lose messages, are several or dead.

    test_export.py WEIR

Captures made here are exported and recorded on loopback.  What is recorded is sent on to a collector with
losses and in another order, so that each run is the same.
"""

import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import exporting, pcapfile
from support.collector import Collector
from support.exporting import FLOWS, flows_of, read_message, records_of
from support.tap import Tap

START = 1_767_225_600  # 2026-01-01T00:00:00Z
PROTOCOLS = {"netflow9": "NetFlow v9", "ipfix": "IPFIX"}
AT_THE_START = [0, 1, 3, 7, 15]  # s, when templates are told
PLAIN = set(range(256, 264))  # templates of flows without tags
SAMPLER, EXPORTER, DOMAIN = 300, 302, 303
SOURCE, END_REASON = 8, 136  # sourceIPv4Address, flowEndReason
FORCED, LACK_OF_ROOM = 4, 5
STORED = "Flows | summarize n = sum(RecordCount) | project n = coalesce(n, 0)"


def capture(path, moments, ports=(1000,)):
    """A UDP packet from each of these ports of a host of its own at each of these seconds after START."""
    pcapfile.write_ethernet(path, (
        (START + at, pcapfile.udp_packet(f"10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}", port, "10.9.9.9", 53, b""))
        for n, at in enumerate(moments) for port in ports
    ))  # fmt: skip
    return path


def config(path, **keys):
    path.write_text("exporter:\n" + "".join(f"    {key}: {value}\n" for key, value in keys.items()))
    return path


def exported(weir, trace, *options):
    """Raw messages and what they say."""
    octets = exporting.exported(weir, "--read", trace, "--sampling", 1, *options)
    return octets, [read_message(m) for m in octets]


# ---- templates ----


def at_the_start(out, weir, work):
    """One packet a second for a minute; flows end after 15 s of silence."""
    trace = capture(work / "minute.pcap", range(60))
    for protocol, what in PROTOCOLS.items():
        _, messages = exported(weir, trace, "--protocol", protocol)
        begun = next(i for i, m in enumerate(messages) if m.has_flows)
        before = messages[:begun]
        out.result(len(before) == 4 and all(set(m.templates) == PLAIN | {SAMPLER, DOMAIN} for m in before),
                   f"{what}: messages of templates alone come before all data", [m.templates for m in messages[:6]])  # fmt: skip
        told = [m.seconds - START for m in messages if SAMPLER in m.templates]
        out.result(told == AT_THE_START, f"{what}: templates are told five times in the first 15 seconds", told)
        known = set()
        for m in messages:
            known |= set(m.templates)
            missing = {s.id for s in m.sets if s.id >= 256} - known
            if missing:
                break
        out.result(not missing, f"{what}: no data comes before its template", missing)


def refreshed_by_seconds(out, weir, work):
    """Messages of templates alone are wanted while flows go on and none ends."""
    trace = work / "one.pcap"
    packet = pcapfile.udp_packet("10.0.0.1", 1, "10.0.0.2", 2, b"")
    pcapfile.write_ethernet(trace, ((START + at, packet) for at in range(59)))
    settings = config(work / "seconds.yaml", refresh_seconds=10)
    _, messages = exported(weir, trace, "--config", settings)
    told = [m.seconds - START for m in messages if PLAIN <= set(m.templates)]
    out.result(told == [*AT_THE_START, 25, 35, 45, 55], "templates are told again after so many seconds", told)
    alone = [m for m in messages if m.templates and not m.has_flows]
    out.result(len(alone) >= len(told) - 1, "alone, where there is no data", [len(alone), len(messages)])


def refreshed_by_packets(out, weir, work):
    """A message a second."""
    trace = capture(work / "long.pcap", range(200))
    settings = config(work / "packets.yaml", refresh_packets=10)
    _, messages = exported(weir, trace, "--config", settings, "--idle", 1)
    messages = messages[20:-1]  # after the start
    at = [i for i, m in enumerate(messages) if PLAIN <= set(m.templates)]
    apart = {b - a for a, b in zip(at, at[1:])}
    out.result(len(at) > 15 and apart <= {10, 11}, "templates are told again after so many packets", [at, apart])
    out.result(all(messages[i].has_flows for i in at), "in one message with data, where there is some", at)
    out.result(any(m.has_flows and not m.templates for m in messages), "between them are messages of data alone")


def numbered(out, weir, work):
    """Contiguous, in each protocol's unit: messages, data records."""
    trace = capture(work / "numbered.pcap", (n / 50 for n in range(1500)))
    _, messages = exported(weir, trace, "--idle", 1)
    found = [m.sequence for m in messages]
    out.result(found == list(range(len(messages))), "NetFlow v9 numbers messages", found[:20])
    counts = [(m.count, len(m.templates) + len(records)) for m, records in zip(messages, records_of(messages))]
    out.result(all(a == b for a, b in counts), "and counts the records in each, of templates too", counts[:20])
    _, messages = exported(weir, trace, "--idle", 1, "--protocol", "ipfix")
    sums = [0]
    for records in records_of(messages):
        sums.append(sums[-1] + len(records))
    found = [m.sequence for m in messages]
    out.result(found == sums[:-1], "IPFIX numbers data records, those of options too", [found[:20], sums[:20]])
    most = max(len(octets) for octets in exported(weir, trace)[0])
    out.result(1300 < most <= 1472, "a message fills a packet of Ethernet and no more", [most])


# ---- what goes into them ----


def pressed_for_room(out, weir, work):
    """A thousand flows where there is room for a hundred."""
    trace = capture(work / "many.pcap", (n / 1000 for n in range(1000)))
    settings = config(work / "room.yaml", flows=100)
    with exporting.UdpSink() as sink:
        done = exporting.export(weir, "--read", trace, "--sampling", 1, "--config", settings, sinks=[sink])
        records = [r for of_message in records_of(map(read_message, sink.messages())) for id, r in of_message if id in FLOWS]
    sources, reasons = {r[SOURCE] for r in records}, [r[END_REASON][0] for r in records]
    out.result(len(records) == len(sources) == 1000, "no flow is lost for want of room", [len(records), len(sources)])
    out.result(reasons.count(LACK_OF_ROOM) == 900 and reasons.count(FORCED) == 100, "their reason is lack of resources", reasons)
    out.result("900 flows were exported early for want of room" in done.stdout, "and it is said", [done.stdout])


def seeded(out, weir, work):
    trace = capture(work / "seeded.pcap", (n / 100 for n in range(2000)))
    options = ("--read", trace, "--sampling", 10, "--seed")
    once, again, other = (exporting.exported(weir, *options, seed) for seed in (7, 7, 8))
    out.result(once == again, "a seed chooses the same packets each time")
    out.result(once != other, "and another seed others")


# ---- collectors in trouble ----


def send(port, messages):
    """One exporter's, whose port stays the same."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        for message in messages:
            sock.send(message)
            time.sleep(0.0005)


def a_collector_that_comes_late(out, weir, work):
    """It begins where another one ended, knows nothing, and gets data first."""
    trace = capture(work / "late.pcap", (n / 20 for n in range(4000)))
    settings = config(work / "late.yaml", refresh_packets=20)
    for protocol, what in PROTOCOLS.items():
        octets, messages = exported(weir, trace, "--config", settings, "--idle", 1, "--protocol", protocol)
        first = next(i for i, m in enumerate(messages) if i > 60 and PLAIN <= set(m.templates)) + 3
        assert not messages[first].templates
        wanted = sum(flows_of(messages)[first:])
        with Collector(weir, work / f"late-{protocol}") as collector:
            send(collector.port, octets[first:])
            got = collector.wait_until(STORED, [wanted])
            parked = collector.query("CollectorLedger | summarize sum(SetsParked), sum(SetsReplayed)")[0]
            books = collector.broken_books()
        out.result(got == [wanted], f"{what}: of what came before the templates nothing is lost", [got, wanted])
        out.result(parked[0] >= 15 and parked[0] == parked[1], f"{what}: it waited for the next refresh", parked)
        out.result(not books, f"{what}: and the books balance", books)


def a_path_that_loses(out, weir, work):
    """Every 17th message of data alone is lost, every 7th one is overtaken by the next."""
    trace = capture(work / "lossy.pcap", (n / 20 for n in range(4000)))
    for protocol, what in PROTOCOLS.items():
        octets, messages = exported(weir, trace, "--idle", 1, "--protocol", protocol)
        flows, data = flows_of(messages), [i for i, m in enumerate(messages) if not m.templates]
        lost, order = set(data[5:-5:17]), [*range(len(octets))]
        for i in range(20, len(order) - 20, 7):
            order[i], order[i + 1] = order[i + 1], order[i]
        with Collector(weir, work / f"lossy-{protocol}") as collector:
            send(collector.port, (octets[i] for i in order if i not in lost))
            kept = sum(flows) - sum(flows[i] for i in lost)
            got = collector.wait_until(STORED, [kept])
            name, missing = ("LostDatagrams", len(lost)) if protocol == "netflow9" else (
                "LostRecords", sum(flows[i] for i in lost))  # fmt: skip
            ledger = f"CollectorLedger | summarize sum({name}), sum(Duplicates), sum(Reordered) > 0, sum(RecordsRejected)"
            told = collector.wait_until(ledger, [missing, 0, True, 0], 15)
        out.result(got == [kept], f"{what}: whatever was not lost is stored", [got, kept])
        out.result(len(lost) > 5 and told == [missing, 0, True, 0], f"{what}: the ledger tells the exact loss",
                   [told, missing])  # fmt: skip


def uptime_that_goes_round(out, weir, work):
    """2^32 ms are 49.7 days.  Uptime is a minute at a capture's first packet; the second comes half a second
    before it goes round, the third as much behind."""
    goes_round = 2**32 / 1000 - 60
    trace = capture(work / "round.pcap", (0, goes_round - 0.5, goes_round + 0.5))
    octets, messages = exported(weir, trace)
    out.result(messages[-1].uptime < 60000, "uptime in headers goes round 2^32", [m.uptime for m in messages])
    with Collector(weir, work / "round") as collector:
        send(collector.port, octets)
        collector.wait_until(STORED, [3])
        first = "10.0.0.1"  # told 49.7 days after it ended, which NetFlow v9 cannot say
        rows = collector.query(
            f"Flows | where SourceIp != '{first}' | project FlowStartTime | order by FlowStartTime asc"
        )
        restarts = collector.query("CollectorLedger | summarize sum(Restarts), sum(LostDatagrams)")
    wanted = [["2026-02-19T17:01:46.796Z"], ["2026-02-19T17:01:47.796Z"]]
    out.result(rows == wanted, "flows on either side of it have their times", [rows, wanted])
    out.result(restarts == [[0, 0]], "and no restart is seen in it", restarts)


# ---- several collectors ----


def flows_at(sinks):
    """Records of flows, as (template, octets), that each got."""
    for sink in sinks:
        records = records_of(map(read_message, sink.messages()))
        yield [(id, tuple(r.items())) for of_message in records for id, r in of_message if id in FLOWS]


def several(out, weir, work):
    trace = capture(work / "several.pcap", (n / 100 for n in range(300)), ports=(1000, 1001))
    for distribution in ("replicate", "share"):
        settings = config(work / f"{distribution}.yaml", distribution=distribution, refresh_packets=5)
        with exporting.UdpSink() as a, exporting.UdpSink() as b, exporting.UdpSink() as c:
            sinks = [a, b, c]
            options = ("--config", settings, "--read", trace, "--sampling", 1)
            done = exporting.export(weir, *options, sinks=sinks)
            got = list(flows_at(sinks))
            told = [{id for m in s.messages() for id in read_message(m).templates} for s in sinks]
        everything = sorted(r for flows in got for r in flows)
        out.result(done.returncode == 0 and all(t >= PLAIN | {SAMPLER, EXPORTER, DOMAIN} for t in told),
                   f"{distribution}: templates and options go to all", [done.stderr, told])  # fmt: skip
        if distribution == "replicate":
            out.result(len(got[0]) == 600 and got[0] == got[1] == got[2], "replicate: each gets everything", map(len, got))
            continue
        hosts = [{dict(r)[SOURCE] for _, r in flows} for flows in got]
        apart = not (hosts[0] & hosts[1] or hosts[1] & hosts[2] or hosts[0] & hosts[2])
        out.result(len(everything) == len(set(everything)) == 600, "share: together they have everything, once", len(everything))
        out.result(apart and sum(map(len, hosts)) == 300 and all(len(h) > 60 for h in hosts), "share: the flows of a host are at one of them", map(len, hosts))


def one_is_dead(out, weir, work):
    """By UDP nobody hears of it; by TCP the session is refused, which is told.  The others get everything."""
    trace = capture(work / "dead.pcap", [n / 100 for n in range(300)])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unheard:
        unheard.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{unheard.getsockname()[1]}"
    for what, protocol, prefix, status in (("a port that nobody has", "netflow9", "", 0),
                                           ("a session that is refused", "ipfix", "tcp:", 1)):  # fmt: skip
        with exporting.UdpSink() as alive:
            options = ("--read", trace, "--sampling", 1, "--protocol", protocol, "--collector", prefix + dead)
            begun = time.monotonic()
            done = exporting.export(weir, *options, sinks=[alive])
            took = time.monotonic() - begun
            got = next(flows_at([alive]))
        out.result(done.returncode == status and len(got) == 300, f"{what} costs another collector nothing",
                   [done.returncode, done.stdout, done.stderr, len(got)])  # fmt: skip
        out.result(took < 30, f"{what} holds nothing up", [took])
    out.result("300 records could not be sent" in done.stdout, "and what it did not get is told", [done.stdout])


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (at_the_start, refreshed_by_seconds, refreshed_by_packets, numbered, pressed_for_room, seeded,
                     a_collector_that_comes_late, a_path_that_loses, uptime_that_goes_round, several, one_is_dead):  # fmt: skip
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
