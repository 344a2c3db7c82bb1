#!/usr/bin/env python3
"""weir collector: bad input is counted, whatever it is, and never worth a line of log.

    test_bad_input.py WEIR

What a datagram that was cut still holds follows from RFC 3954 and RFC 7011, and is worked out here
by hand.  Loopback only, bounded in count and time.
"""

import random
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import netflow  # noqa: E402
import tap  # noqa: E402
from collector import Collector  # noqa: E402

SEED = 20261127
FLOW = netflow.Template(256, [(8, 4), (1, 4)])
TEMPLATES = {"v9": netflow.v9_templates([FLOW]), "IPFIX": netflow.ipfix_templates([FLOW])}
SETS = [netflow.data(FLOW, [("192.0.2.%d" % n, 100 + n) for n in range(count)]) for count in (2, 3)]
EXPORTERS = {"v5": "127.4.0.5", "v9": "127.4.0.9", "IPFIX": "127.4.0.10", "noise": "127.4.0.11"}
LEDGER = (
    "CollectorLedger | where Exporter == '{}' | summarize sum(DatagramsOffered), sum(DatagramsMalformed),"
    " sum(RecordsDecoded), sum(RecordsStored), sum(SetsWithoutTemplate)"
)


def whole(protocol, domain):
    """A datagram of two data sets, or of three records; a domain of its own keeps its template apart."""
    now = int(time.time())
    if protocol == "v5":
        return netflow.v5([netflow.V5Record("192.0.2.1", "192.0.2.2", src_port=n) for n in range(3)], now)
    if protocol == "v9":
        return netflow.v9([TEMPLATES["v9"], *SETS], now, uptime=1, source_id=domain)
    return netflow.ipfix([TEMPLATES["IPFIX"], *SETS], now, domain=domain)


def expected_of_cut(protocol, length):
    """(malformed, records) of the first `length` octets, which are not all."""
    if protocol == "v5":  # whole records before the cut count
        return 1, max(0, (length - 24) // 48)
    if protocol == "IPFIX":  # RFC 7011 section 9.1: a message that is malformed is discarded whole
        return 1, 0
    if length < 20:
        return 1, 0
    end, records = 20, 0  # of the header and of whole sets
    for octets, in_set in ((len(TEMPLATES["v9"]), 0), (len(SETS[0]), 2), (len(SETS[1]), 3)):
        if length < end + octets:
            break
        end, records = end + octets, records + in_set
    left = whole("v9", 0)[end:length]
    return int(any(left)), records  # zeros are padding


def sender(protocol, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((EXPORTERS[protocol], 0))
    sock.connect(("127.0.0.1", port))
    return sock


def send_cuts(protocol, port):
    """Sends every beginning of a datagram, then all of it; what is to be counted."""
    octets = len(whole(protocol, 0))
    offered = malformed = records = 0
    with sender(protocol, port) as sock:
        for length in range(octets):
            sock.send(whole(protocol, 1 + length)[:length])
            counted = expected_of_cut(protocol, length)
            offered, malformed, records = offered + 1, malformed + counted[0], records + counted[1]
        sock.send(whole(protocol, 1 + octets))
    if protocol == "v5":  # each header of 24 octets announces three records, which are stored or rejected
        return [offered + 1, malformed, 3 * (octets - 24 + 1), records + 3, 0]
    return [offered + 1, malformed, records + 5, records + 5, 0]


def send_noise(port):
    """Random octets, half of them behind the beginning of a header; how many datagrams."""
    count = 2000
    with sender("noise", port) as sock:
        for n in range(count):
            head = random.choice([b"\0\5\0\1", b"\0\x09\0\1", b"\0\x0a\0\x40"]) if n % 2 else b""
            sock.send(head + random.randbytes(random.randrange(200)))
    return count


def bad_datagrams(out, weir, work):
    """SetsWithoutTemplate is zero: no data set is read whose template was cut off."""
    collector = Collector(weir, work / "bad")
    with collector:
        sent = {protocol: send_cuts(protocol, collector.port) for protocol in ("v5", "v9", "IPFIX")}
        noise = send_noise(collector.port)
        for protocol, wanted in sent.items():
            got = collector.wait_until(LEDGER.format(EXPORTERS[protocol]), wanted)
            out.result(got == wanted, f"{protocol} cut anywhere is counted, and what is whole is stored", [got, wanted])
        got = collector.wait_until(LEDGER.format(EXPORTERS["noise"]) + " | project sum_DatagramsOffered", [noise])
        out.result(got == [noise], "random octets are counted", [got])
        lines = len(collector.log)
        status = collector.end()
    out.result(status == 0 and lines == len(collector.log), "none of it is worth a line of log",
               [status, *collector.log])
    wrong = collector.broken_books()
    out.result(not wrong, "the books balance", wrong)


def not_allowed(out, weir, work):
    """Exporters outside the allow-list are counted, without their addresses."""
    config = work / "allow.yaml"
    config.write_text("collector:\n  allow: [127.4.0.5, 127.4.0.8/31]\n")
    collector = Collector(weir, work / "allow", "--config", str(config))
    with collector:
        for protocol, count in (("v5", 10), ("v9", 20), ("IPFIX", 40)):
            with sender(protocol, collector.port) as sock:
                for _ in range(count):
                    sock.send(whole(protocol, 1))
        status = collector.end()
    got = sorted(collector.query("Flows | summarize sum(RecordCount) by Exporter"))
    out.result(status == 0 and got == [["127.4.0.5", 30], ["127.4.0.9", 100]],
               "only exporters of the allow-list are stored", [status, *got])
    got = collector.query("CollectorLedger | where DatagramsNotAllowed > 0"
                          " | summarize sum(DatagramsNotAllowed), sum(DatagramsDecoded) by Exporter")
    out.result(got == [["", 40, 0]] and collector.books()[0] == 70, "all others are counted", got)
    wrong = collector.broken_books()
    out.result(not wrong, "and the books balance", wrong)


def main(weir):
    random.seed(SEED)
    print("# seed %d" % SEED)
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (bad_datagrams, not_allowed):
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
