#!/usr/bin/env python3
"""weir up: one command meters this machine and collects, and one Ctrl-C ends both.

    test_up.py WEIR

Meters loopback, over which this test sends some packets of its own, and listens at a port that was free.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support import netflow
from support.collector import Collector
from support.nobody import NOBODY, WHY_NOT, as_nobody
from support.tap import Tap, skip_all

SOON_S = 15  # within which there is something to see
TIMEOUT_S = 60
PACKETS, OCTETS = 20, 100
SOURCE, DESTINATION = "127.9.9.1", "127.9.9.2"
SEEN = (
    f"Flows | where SourceIp == '{SOURCE}' and DestinationIp == '{DESTINATION}'"
    " | summarize p = sum(NumberOfPackets), b = sum(NumberOfBytes) | project coalesce(p, 0), coalesce(b, 0)"
)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def children_of(pid):
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Up(Collector):
    """A `weir up` and its workspace; Collector's questions work on it."""

    def __init__(self, weir, workspace, program=()):
        super().__init__(weir, workspace)
        self.program = program or [self.weir]
        self.port, self.out = free_port(), Path(f"{workspace}.log")

    def start(self):
        command = [*self.program, "up", "--workspace", self.workspace, "--port", str(self.port)]
        with self.out.open("w") as out:
            self.process = subprocess.Popen([*command, "--interface", "lo"], stdout=out, stderr=out)
        self.wait_for("Ctrl-C ends it")
        self.wait_for("collecting into")
        self.children = children_of(self.process.pid)
        return self

    def said(self):
        return self.out.read_text()

    def wait_for(self, text, seconds=TIMEOUT_S):
        end = time.monotonic() + seconds
        while text not in self.said() and time.monotonic() < end:
            time.sleep(0.05)
        return text in self.said()

    def end(self, how=signal.SIGINT):
        """The exit status, and which of its processes are still there."""
        self.process.send_signal(how)
        status = self.process.wait(TIMEOUT_S)
        return status, [pid for pid in self.children if os.path.exists(f"/proc/{pid}")]


def send_traffic():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        there.bind((DESTINATION, 0))
        here.bind((SOURCE, 0))
        for _ in range(PACKETS):
            here.sendto(bytes(OCTETS), there.getsockname())


def meters_and_collects(out, weir, work):
    with Up(weir, work / "up") as up:
        out.result(up.wait_for("exporting", 5) and len(up.children) == 2, "an exporter and a collector begin", [up.said()])
        for runs in (1, 2):
            send_traffic()
            wanted = [runs * PACKETS, runs * PACKETS * (28 + OCTETS)]
            got = up.wait_until(SEEN, wanted, SOON_S)
            what = "this machine's own packets are seen soon, each once" if runs == 1 else "the next start goes on from there"
            out.result(got == wanted, what, [got, wanted, up.said()])
            status, left = up.end()
            out.result((status, left) == (0, []), f"Ctrl-C ends both ({runs})", [status, left, up.said()])
            if runs == 1:
                up.start()
        got = up.wait_until(SEEN, wanted, 1)
        out.result(got == wanted, "what came is stored", [got, wanted])


def ends_by_sigterm_too(out, weir, work):
    with Up(weir, work / "term") as up:
        send_traffic()
        time.sleep(0.5)  # flows of which go on
        status, left = up.end(signal.SIGTERM)
        got, wanted = up.query(SEEN)[0], [PACKETS, PACKETS * (28 + OCTETS)]
    out.result((status, left) == (0, []), "SIGTERM ends both", [status, left, up.said()])
    out.result(got == wanted, "and what was being metered is stored", [got, wanted])


def collects_without_the_right_to_capture(out, weir, work):
    command = as_nobody(weir, work)
    name = "without the right to capture it collects only, and says so"
    if not command:
        out.skip(name, WHY_NOT)
        return
    place = work / "nobody"
    place.mkdir()
    os.chown(place, NOBODY, NOBODY)
    template = netflow.Template(256, [(8, 4), (1, 4), (2, 4)])
    message = netflow.v9([netflow.v9_templates([template]), netflow.data(template, [("192.0.2.7", 1000, 10)])], int(time.time()))
    with Up(weir, place / "workspace", command) as up:
        told = ("CAP_NET_RAW", "the exporter has ended; collecting goes on", "traffic is not metered")
        out.result(all(words in up.said() for words in told), name, [up.said()])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(message, ("127.0.0.1", up.port))
        got = up.wait_until("Flows | summarize n = sum(NumberOfBytes) | project coalesce(n, 0)", [1000], SOON_S)
        out.result(got == [1000], "and what routers send is stored", [got, up.said()])
        status, left = up.end()
        out.result((status, left) == (0, []), "and Ctrl-C ends it", [status, left, up.said()])


def may_capture():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except PermissionError:
        return False
    return True


def main(weir):
    if not may_capture():
        return skip_all("takes CAP_NET_RAW")
    out = Tap()
    with tempfile.TemporaryDirectory() as work:
        for part in (meters_and_collects, ends_by_sigterm_too, collects_without_the_right_to_capture):
            part(out, weir, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
