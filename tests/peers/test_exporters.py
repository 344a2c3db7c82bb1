#!/usr/bin/env python3
"""Do we count, live, what real exporters send, as nfdump does and as it truly was?

    test_exporters.py WEIR

In a network namespace of its own this test makes traffic over loopback while softflowd and pmacctd
(nfprobe) meter it and export NetFlow v5, v9 and IPFIX, six exporters at once.  What they export is
passed on, datagram by datagram and from an address per exporter, to `weir collector` and to nfcapd.
For every exporter both must hold the same packets and octets of every flow; those of UDP and ICMP
are known beforehand, and both must hold exactly those.
"""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import pcapfile  # noqa: E402
import tap  # noqa: E402
from collector import Collector  # noqa: E402

TIMEOUT_S = 30
INSIDE = "WEIR_TEST_INSIDE"  # set where the namespace is
TOOLS = ("softflowd", "pmacctd", "tcpdump", "nfcapd", "nfdump", "unshare", "ip")
V4, V6 = ("10.9.0.1", "10.9.0.2"), ("fd09::1", "fd09::2")
METERED = "net 10.9.0.0/16 or net fd09::/16"
SINK, NFCAPD_PORT = 5300, 9995
VERSIONS = {"5": "NetFlow v5", "9": "NetFlow v9", "10": "IPFIX"}
UDP, TCP, ICMP = 17, 6, 1
# pmacctd puts type and code of ICMP into version 9's port, where nfdump 1.7 does not look for them.
UNREAD_BY_NFDUMP = {("pmacctd", "9"): {(*V4, ICMP, 8, 0): (*V4, ICMP, 0, 0)}}


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


# ---- traffic ----


def known_flows(family):
    """(source, destination, protocol, ports) to (packets, octets): what `make_traffic` sends."""
    (src, dst), ip = (V4, 20) if family == 4 else (V6, 40)
    flows = {(src, dst, UDP, 20000 + n, SINK): (n, n * (ip + 8 + 10 * n)) for n in range(1, 31)}
    if family == 4:
        flows |= {(src, dst, ICMP, 8, 0): (3, 3 * 84), (dst, src, ICMP, 0, 0): (3, 3 * 84)}
    return flows


def send_udp(family):
    (src, dst), inet = (V4, socket.AF_INET) if family == 4 else (V6, socket.AF_INET6)
    with socket.socket(inet, socket.SOCK_DGRAM) as sink:
        sink.bind((dst, SINK))  # else the kernel answers that nobody is there
        for n in range(1, 31):
            with socket.socket(inet, socket.SOCK_DGRAM) as sock:
                sock.bind((src, 20000 + n))
                for _ in range(n):
                    sock.sendto(bytes(10 * n), (dst, SINK))


def send_pings(count):
    """The kernel answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, ICMP) as sock:
        sock.bind((V4[0], 0))
        for _ in range(count):
            body = bytes.fromhex("0800 0000 0001 0001") + bytes(56)
            check = pcapfile.checksum(body)
            sock.sendto(body[:2] + check.to_bytes(2, "big") + body[4:], (V4[1], 0))


def send_tcp():
    """How many packets that makes is the kernel's business."""
    with socket.create_server((V4[1], 8080)) as server:
        with socket.create_connection((V4[1], 8080), source_address=(V4[0], 41000)) as client:
            peer, _ = server.accept()
            with peer:
                for n in range(20):
                    client.sendall(bytes(1000 + n))
                    peer.sendall(bytes(10))
                    client.recv(10, socket.MSG_WAITALL)


def make_traffic():
    send_udp(4)
    send_udp(6)
    send_pings(3)
    send_tcp()


# ---- what meters it ----


def end(process, how, seconds=TIMEOUT_S):
    """Ends a process, with all that it started where it does not listen."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(seconds)


def start(stack, command, log, **streams):
    """Starts a process in a group of its own, which does not outlive the stack."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **streams}
    process = subprocess.Popen(command, start_new_session=True, **streams)
    stack.callback(end, process, signal.SIGKILL)
    return process


def softflowd(stack, version, port, work, log):
    """Reads what tcpdump captures: by itself it sees packets only when 256 KiB have come.  Ends with tcpdump."""
    capture = ["tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode", "-s", "256", "-B", "8192", "-Z", "root", "-w", "-",
               METERED]  # fmt: skip
    tcpdump = start(stack, capture, log, stdout=subprocess.PIPE)
    meter = ["softflowd", "-d", "-r", "-", "-v", version, "-n", f"127.0.0.1:{port}", "-c", "none",
             "-p", work / f"softflowd{version}.pid"]  # fmt: skip
    process = start(stack, meter, log, stdin=tcpdump.stdout)
    tcpdump.stdout.close()
    return [tcpdump, process]


def pmacctd(stack, version, port, work, log):
    config = work / f"pmacctd{version}.conf"
    config.write_text(
        "daemonize: false\npcap_interface: lo\nplugins: nfprobe\n"
        f"pcap_filter: {METERED}\n"
        "aggregate: src_host, dst_host, src_port, dst_port, proto, tos, tcpflags\n"
        f"nfprobe_version: {version}\nnfprobe_receiver: 127.0.0.1:{port}\n"
    )
    return [start(stack, ["pmacctd", "-f", config], log)]


EXPORTERS = {"softflowd": softflowd, "pmacctd": pmacctd}


def packet_sockets():
    return len(Path("/proc/net/packet").read_text().splitlines()) - 1


class Tee:
    """Passes on what comes to a port per exporter, from an address per exporter, to all receivers."""

    def __init__(self, count):
        self.inputs = [self._bound("127.0.0.1", 8 << 20) for _ in range(count)]
        self.ports = [sock.getsockname()[1] for sock in self.inputs]
        self.addresses = [f"127.3.0.{n + 1}" for n in range(count)]
        self.outputs = [self._bound(address) for address in self.addresses]
        self.passed = [0] * count
        self.receivers = []
        threading.Thread(target=self._run, daemon=True).start()

    @staticmethod
    def _bound(address, buffer=0):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.bind((address, 0))
        return sock

    def _run(self):
        while True:
            for sock in select.select(self.inputs, [], [])[0]:
                n = self.inputs.index(sock)
                datagram = sock.recv(65535)
                for port in self.receivers:
                    self.outputs[n].sendto(datagram, ("127.0.0.1", port))
                self.passed[n] += 1


# ---- what they make of it ----


def weir_flows(collector):
    """Exporter to flows, as `known_flows` has them."""
    flows = {}
    for exporter, *key, packets, octets in collector.query(
        "Flows | summarize sum(NumberOfPackets), sum(NumberOfBytes) by Exporter, SourceIp, DestinationIp, Protocol,"
        " Src = coalesce(SourcePort, IcmpType), Dst = coalesce(DestinationPort, IcmpCode)"
        " | project Exporter, SourceIp, DestinationIp, Protocol, Src, Dst, sum_NumberOfPackets, sum_NumberOfBytes"
    ):
        flows.setdefault(exporter, {})[tuple(key)] = (packets, octets)
    return flows


def nfdump_flows(into):
    flows = {}
    for r in json.loads(run("nfdump", "-R", into, "-o", "json")):
        src, dst = (r.get(f"{end}4_addr") or r[f"{end}6_addr"] for end in ("src", "dst"))
        ends = (r["icmp_type"], r["icmp_code"]) if r["proto"] == ICMP else (r["src_port"], r["dst_port"])
        of_exporter = flows.setdefault(r["ip4_router"], {})
        key = (src, dst, r["proto"], *ends)
        packets, octets = of_exporter.get(key, (0, 0))
        of_exporter[key] = (packets + r["in_packets"], octets + r["in_bytes"])
    return flows


def differences(found, wanted):
    for key in sorted(set(found) | set(wanted), key=str):
        if found.get(key) != wanted.get(key):
            yield f"{key}: {found.get(key)} instead of {wanted.get(key)}"


def check(out, name, found, wanted):
    out.result(found == wanted and len(found) > 0, name, list(differences(found, wanted))[:20] or ["nothing at all"])


def wait_for(condition, log):
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            log.seek(0)
            raise RuntimeError(log.read().decode(errors="replace")[-2000:])
        time.sleep(0.1)


def meter(stack, kinds, tee, work, log):
    """Makes the traffic while it is metered; everything is exported when this returns."""
    exporters = [EXPORTERS[tool](stack, version, port, work, log) for (tool, version), port in zip(kinds, tee.ports)]
    wait_for(lambda: packet_sockets() == len(kinds), log)
    time.sleep(0.5)
    make_traffic()
    time.sleep(1.5)
    for first, *_ in exporters:
        first.send_signal(signal.SIGINT)
    for process in (process for processes in exporters for process in processes):
        process.wait(TIMEOUT_S)
    time.sleep(0.5)


def measure(program, work):
    """What weir and what nfdump have of each exporter, and what is wrong with the collector's books."""
    kinds = [(tool, version) for tool in EXPORTERS for version in VERSIONS]
    tee, into = Tee(len(kinds)), work / "nfcapd"
    into.mkdir()
    with ExitStack() as stack:
        log = stack.enter_context(open(work / "log", "a+b"))
        collector = stack.enter_context(Collector(program, work / "workspace"))
        tee.receivers = [collector.port, NFCAPD_PORT]
        nfcapd = start(stack, ["nfcapd", "-b", "127.0.0.1", "-p", str(NFCAPD_PORT), "-w", into], log)
        meter(stack, kinds, tee, work, log)
        end(nfcapd, signal.SIGTERM)
        status = collector.end()
        wrong = collector.broken_books() + ([f"exit status {status}"] if status else [])
        ours, theirs = weir_flows(collector), nfdump_flows(into)
    print("# datagrams by exporter:", *tee.passed)
    return {kind: (ours.get(a, {}), theirs.get(a, {})) for kind, a in zip(kinds, tee.addresses)}, wrong


def inside(program):
    run("ip", "link", "set", "lo", "up")
    for address in (*(f"{a}/24" for a in V4), *(f"{a}/64" for a in V6)):
        run("ip", "addr", "add", address, "dev", "lo", *(["nodad"] if ":" in address else []))
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        flows, wrong = measure(program, Path(work))
    for (tool, version), (ours, theirs) in flows.items():
        what = f"{tool}'s {VERSIONS[version]}"
        known = known_flows(4) if version == "5" else known_flows(4) | known_flows(6)
        unread = UNREAD_BY_NFDUMP.get((tool, version), {})
        as_nfdump = {unread.get(key, key): counts for key, counts in ours.items()}
        check(out, f"weir and nfdump hold the same flows of {what}", as_nfdump, theirs)
        ours = {key: counts for key, counts in ours.items() if key[2] != TCP}
        check(out, f"weir holds the known flows of {what}", ours, known)
    out.result(not wrong, "the books balance", wrong)
    return out.done()


def main(program):
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return tap.skip_all(f"{', '.join(missing)} not installed")
    if os.environ.get(INSIDE):
        return inside(program)
    if subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL).returncode:
        return tap.skip_all("a network namespace can only be made by root")
    os.environ[INSIDE] = "1"
    os.environ["TZ"] = "UTC"
    os.execvp("unshare", ["unshare", "-n", sys.executable, __file__, program])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
