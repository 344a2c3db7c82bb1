#!/usr/bin/env python3
"""weir replay: a capture's datagrams reach a socket, apart, in order and at the pace that was asked for.

    test_replay.py WEIR

Everything stays on loopback.
"""

import gzip
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import pcapfile
from support.tap import Tap

SECONDS = 1_795_305_600
SO_TIMESTAMPNS = 35  # asm-generic/socket.h; its message is a struct timespec
TO = ("192.0.2.200", 2055)


class Sink:
    """A UDP socket on loopback that holds what comes until it is asked."""

    def __init__(self, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.bind((address, 0))
        self.port = self.sock.getsockname()[1]
        self.at = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"

    def messages(self):
        """All that is queued: (arrival in seconds, source address, source port, payload)."""
        self.sock.settimeout(0.2)
        try:
            while True:
                payload, control, _, source = self.sock.recvmsg(65536, 64)
                seconds, nanoseconds = struct.unpack("@ll", control[0][2])
                yield seconds + nanoseconds / 1e9, source[0], source[1], payload
        except TimeoutError:
            return

    def taken(self):
        return [message[1:] for message in self.messages()]


def run(weir, *args, status=0):
    done = subprocess.run([weir, "replay", *map(str, args)], capture_output=True, text=True, timeout=60)
    if done.returncode != status:
        raise RuntimeError(f"{args}: exit status {done.returncode}: {done.stderr}")
    return done


def capture(path, datagrams):
    """(seconds, source, source port, payload)"""
    pcapfile.write(path, [(SECONDS + at, src, port, *TO, payload) for at, src, port, payload in datagrams])
    return path


def exporters(out, weir, work):
    """Two addresses, one with two ports, an IPv6 one; each keeps an address of its own."""
    v6 = pcapfile.udp_packet("2001:db8::9", 40003, "2001:db8::1", 2055, b"six")
    path = work / "exporters.pcap"
    v4 = [("203.0.113.7", 40001, b"a1"), ("192.0.2.9", 40001, b"b1"), ("203.0.113.7", 40002, b"a2"),
          ("203.0.113.7", 40001, b"a3"), ("192.0.2.9", 40001, b"")]
    packets = [(SECONDS + i, pcapfile.udp_packet(src, port, *TO, payload)) for i, (src, port, payload) in enumerate(v4)]
    pcapfile.write_packets(path, [*packets, (SECONDS + 9, v6)])
    sink = Sink()
    done = run(weir, "--speed", 0, "--collector", sink.at, path)
    got = sink.taken()
    want = [("127.1.0.1", 40001, b"a1"), ("127.1.0.2", 40001, b"b1"), ("127.1.0.1", 40002, b"a2"),
            ("127.1.0.1", 40001, b"a3"), ("127.1.0.2", 40001, b""), ("127.1.0.3", 40003, b"six")]
    out.result(got == want, "exporters become addresses of their own and keep their ports", got)
    out.result(done.stdout.startswith("6 datagrams of 3 exporters sent, 11 octets in "), "and what was sent is told",
               [done.stdout])

    again = work / "again.pcap.gz"
    again.write_bytes(gzip.compress(path.read_bytes()))
    run(weir, "--speed", 0, "--collector", sink.at, path, again)
    got = sink.taken()
    out.result(got == want * 2, "over several files, gzip'ed or not, an exporter stays the same", got)

    six = Sink("::1")
    run(weir, "--speed", 0, "--collector", six.at, path)
    got = six.taken()
    pairs = {(w[:2], g[1]) for w, g in zip(want, got)}  # exporter and port of the capture; port that came
    out.result([p for _, _, p in got] == [p for _, _, p in want] and len(pairs) == len({p for _, p in pairs}) == 4,
               "to an IPv6 collector exporters differ by port", got)


def taken_port(out, weir, work):
    """An exporter's port may be the collector's own, on every address."""
    sink = Sink("0.0.0.0")
    path = capture(work / "taken.pcap", [(0, "192.0.2.9", sink.port, b"x"), (1, "192.0.2.8", 1, b"y")])
    run(weir, "--speed", 0, "--collector", f"127.0.0.1:{sink.port}", path)
    got = sink.taken()
    out.result([(a, p) for a, _, p in got] == [("127.1.0.1", b"x"), ("127.1.0.2", b"y")] and got[0][1] != sink.port,
               "a port that is taken is replaced", got)
    run(weir, "--speed", 0, "--collector", sink.port, path)
    out.result(len(sink.taken()) == 2, "a port alone means this machine")


def many(out, weir, work):
    """More addresses and ports than sockets that may be open, over and over."""
    timed = [(0, f"10.0.{n // 250}.{n % 250 + 1}", 40000 + n % 3, b"%d" % n) for n in range(600)] * 2
    sink = Sink()
    run(weir, "--rate", 20000, "--collector", sink.at, capture(work / "many.pcap", timed))
    got = sink.taken()
    want = [f"127.1.{(n + 1) >> 8}.{(n + 1) & 255}" for n in range(600)] * 2
    out.result([a for a, _, _ in got] == want and [p for _, _, p in got] == [p for *_, p in timed],
               "more exporters than open sockets keep their addresses", [len(got), got[:3]])


def pace(out, weir, work):
    """0, 0.3 and 0.6 s; then a file of another year."""
    path = capture(work / "pace.pcap", [(0, "192.0.2.9", 4, b"0"), (0.3, "192.0.2.9", 4, b"1"), (0.6, "192.0.2.9", 4, b"2")])
    later = capture(work / "later.pcap", [(9e7, "192.0.2.9", 4, b"3"), (9e7 + 0.1, "192.0.2.9", 4, b"4")])
    sink = Sink()
    time.sleep(0.1)  # the kernel starts to take times a moment after it was first asked to
    for what, want, args in [
        ("as captured", [0, 0.3, 0.6], [path]),
        ("twice as fast", [0, 0.15, 0.3], ["--speed", 2, path]),
        ("as fast as possible", [0, 0, 0], ["--speed", 0, path]),
        ("at a rate", [0, 0.2, 0.4], ["--rate", 5, path]),
        ("each file by its own clock", [0, 0.3, 0.6, 0.6, 0.7], [path, later]),
    ]:
        run(weir, "--collector", sink.at, *args)
        arrivals = [message[0] for message in sink.messages()]
        got = [at - arrivals[0] for at in arrivals]
        out.result(len(got) == len(want) and all(-0.01 < g - w < 0.1 for g, w in zip(got, want)), f"paced {what}", got)


def refusals(out, weir, work):
    path = capture(work / "one.pcap", [(0, "192.0.2.9", 40000, b"x")])
    text = work / "text.pcap"
    text.write_text("no capture at all, but long enough to hold a header of one\n")
    closed = Sink()
    closed.sock.close()
    for status, args, words in [
        (1, ["--collector", closed.at, path], "nobody listens"),
        (1, ["--collector", closed.at, work / "absent.pcap"], "No such file"),
        (1, ["--collector", closed.at, text], "is not a capture"),
        (2, ["--collector", "nowhere", path], "nowhere"),
        (2, ["--collector", "127.0.0.1:0", path], "port 0"),
        (2, ["--speed", "fast", path], "fast"),
        (2, ["--speed", "-1", path], "-1"),
        (2, ["--rate", "nan", path], "nan"),
        (2, [], "FILE"),
    ]:
        done = run(weir, *args, status=status)
        out.result(words in done.stderr and len(done.stderr.strip().splitlines()) == 1, f"one clear line: {words}",
                   [done.stderr])


def main(weir):
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (exporters, taken_port, many, pace, refusals):
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
