#!/usr/bin/env python3
"""weir exporter: what it cannot do is said in one line, and the exit status tells whose fault it was.

    test_export_refused.py WEIR

2 is wrong usage, 1 what failed.  No traffic but to loopback's discard port.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import exporting, pcapfile
from support.nobody import WHY_NOT, as_nobody
from support.tap import Tap

START = 1_767_225_600
PACKETS = 50
TO = ("--collector", "127.0.0.1:9")

# What is asked for, exit status, what is said.
USAGE = [
    ("no collector", ("--read", "{trace}"), 2, "nobody to export to; give --collector ADDR:PORT.*"),
    ("a collector without a port", ("--read", "{trace}", "--collector", "192.0.2.1"), 2, '"192.0.2.1" is no collector.*'),
    ("a collector that nobody knows", ("--read", "{trace}", "--collector", "nosuch.invalid:2055"), 1,
     "nobody knows the address of 'nosuch.invalid': .*"),
    ("NetFlow v9 over TCP", ("--read", "{trace}", "--collector", "tcp:127.0.0.1:9"), 2,
     "tcp:127.0.0.1:9: NetFlow v9 goes over UDP alone.*"),
    ("nine collectors", ("--read", "{trace}", *TO * 9), 2, "at most 8 collectors.*"),
    ("sampling 0", ("--read", "{trace}", "--sampling", 0, *TO), 2, '--sampling takes a number from 1 to 4294967295, not "0"'),
    ("every 0th packet", ("--read", "{trace}", "--every", 0, *TO), 2, '--every takes a number from 1 .* not "0"'),
    ("sampling that is no number", ("--read", "{trace}", "--sampling", "1:10", *TO), 2, '--sampling takes .* not "1:10"'),
    ("sampling twice", ("--read", "{trace}", "--sampling", 2, "--every", 2, *TO), 2, "give --sampling or --every, not both"),
    ("every Nth packet of an interface", ("--interface", "lo", "--every", 2, *TO), 2, "--every is for captures.*"),
    ("a file and an interface", ("--read", "{trace}", "--interface", "lo", *TO), 2, "give --interface or --read, not both"),
    ("an interface that is not there", ("--interface", "nosuch0", *TO), 2, ".*there is no network interface 'nosuch0'"),
    ("a file that is not there", ("--read", "{work}/nothing", *TO), 1, "cannot read '.*nothing': No such file.*"),
    ("a file that is no capture", ("--read", "{text}", *TO), 1, "'.*text' is not a capture.*"),
    ("an empty file", ("--read", "{empty}", *TO), 1, "'.*empty' is not a capture.*"),
]  # fmt: skip

# Keys out of their range: Junos' of refresh rates.
KEYS = [
    ("refresh_packets", 0, "0 is out of range: 1 to 48000 packets"),
    ("refresh_packets", 48001, "48001 is out of range: 1 to 48000 packets"),
    ("refresh_seconds", 9, "9 is out of range: 10 to 1800 s"),
    ("refresh_seconds", 1801, "1801 is out of range: 10 to 1800 s"),
    ("sampling", 0, "0 is out of range: 1 to 4294967295 packets"),
    ("protocol", "sflow", '"sflow" is none of netflow9|ipfix'),
    ("distribution", "both", '"both" is none of replicate|share'),
    ("collectors", "[" + ", ".join(["'127.0.0.1:9'"] * 9) + "]", "has 9 items; at most 8"),
]


def lines_of(text):
    return text.splitlines()


def usage(out, weir, work, trace):
    names = {"trace": trace, "work": work, "text": work / "text", "empty": work / "empty"}
    names["text"].write_text("no packets\n" * 100)
    names["empty"].touch()
    for what, options, status, said in USAGE:
        done = exporting.export(weir, *(str(o).format(**names) for o in options))
        lines = lines_of(done.stderr)
        ok = done.returncode == status and len(lines) == 1 and re.fullmatch(f"weir exporter: {said}", lines[0])
        out.result(ok and not done.stdout, f"{what}: one line, status {status}", [done.returncode, done.stdout, *lines])


def keys(out, weir, work, trace):
    path = work / "config.yaml"
    for key, value, said in KEYS:
        path.write_text(f"exporter:\n    {key}: {value}\n")
        done = exporting.export(weir, "--config", path, "--read", trace, *TO)
        wanted = rf"{re.escape(str(path))}:2:\d+: exporter\.{key}: {re.escape(said)}"
        lines = lines_of(done.stderr)
        ok = done.returncode == 2 and len(lines) == 1 and re.fullmatch(wanted, lines[0])
        out.result(ok, f"exporter.{key}: {value} is refused with its place", [done.returncode, *lines])


def cut(out, weir, work, trace):
    """In the middle of a packet, at any of three places."""
    octets = trace.read_bytes()
    size = (len(octets) - 24) // PACKETS
    for at in (24 + 20 * size + 7, 24 + 20 * size + 16, 24 + 21 * size - 1):
        path = work / "cut.pcap"
        path.write_bytes(octets[:at])
        with exporting.UdpSink() as sink:
            done = exporting.export(weir, "--read", path, "--sampling", 1, sinks=[sink])
            records = sum(exporting.flows_of(map(exporting.read_message, sink.messages())))
        said = re.search(r"^weir exporter: '.*cut\.pcap' is damaged after packet 20: .*$", done.stderr, re.M)
        out.result(done.returncode == 1 and said and records == 20,
                   f"a capture that was cut at octet {at} is exported as far as it goes", [done.stderr, records])  # fmt: skip


def unprivileged(out, weir, work):
    name = "without the right to capture it says what it takes"
    program = as_nobody(weir, work)
    if not program:
        out.skip(name, WHY_NOT)
        return
    done = subprocess.run([*program, "exporter", "--interface", "lo", *TO], capture_output=True, text=True, timeout=60)
    lines = lines_of(done.stderr)
    ok = done.returncode == 1 and len(lines) == 1 and re.fullmatch("weir exporter: .*'lo': not permitted: .*CAP_NET_RAW", lines[0])
    out.result(ok, name, [done.returncode, *lines])


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        trace = work / "trace.pcap"
        pcapfile.write_ethernet(trace, (
            (START + n, pcapfile.udp_packet(f"10.0.0.{n + 1}", 1, "10.0.1.1", 2, b"")) for n in range(PACKETS)
        ))  # fmt: skip
        usage(out, weir, work, trace)
        keys(out, weir, work, trace)
        cut(out, weir, work, trace)
        unprivileged(out, weir, work)
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
