#!/usr/bin/env python3
"""What src/exporter/capture sees of interfaces, in network namespaces of the test's own.

    test_capture.py OBSERVE

A bulk transfer over TCP, datagrams that the kernel is to cut (UDP_SEGMENT), and TCP in a VXLAN go
through three hosts:

    sender (here) s0 ─── r0 router r1 ─── d0 receiver

The first link carries it as the hosts' offloads glue it together, frames of up to 64 KiB.  r1 takes
no such frame, so that what reaches d0 are the single packets, which tcpdump records there: that
is the referee.  Windows are kept below the 1000 packets that the kernel queues between a pair.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import netns  # noqa: E402
import pcapfile as pcap  # noqa: E402
import tap  # noqa: E402

PORT = 5001
UDP_SEGMENT = 103
WINDOW = 200_000  # octets
RECEIVER = f"""
import socket
with socket.create_server(("::", {PORT}), family=socket.AF_INET6, dualstack_ipv6=True) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, {WINDOW})
    print(flush=True)
    while True:
        with server.accept()[0] as peer:
            while peer.recv(1 << 20):
                pass
"""
MACS = bytes.fromhex("020000000001 020000000002")


class Observer:
    """The program under test, running."""

    def __init__(self, program, *options, enter=()):
        self.process = subprocess.Popen(
            [*enter, program, *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.description = self.process.stdout.readline()
        self.lines = []

    def next_line(self):
        self.lines.append(self.process.stdout.readline().strip())
        return self.lines[-1]

    def end(self):
        """Everything that it counted."""
        out, err = self.process.communicate("", timeout=60)
        if self.process.returncode:
            raise RuntimeError(f"observe: {err.strip()}")
        *lines, counts = out.splitlines()
        self.lines += lines
        return json.loads(counts)


def send_raw(interface, frames):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
        sock.bind((interface, 0))
        for frame in frames:
            sock.send(frame)


# ---- the bulk transfer


def route(router, receiver):
    """Addresses and routes of the three hosts."""
    netns.veth("s0", "r0", router)
    router.run("ip", "link", "add", "r1", "type", "veth", "peer", "name", "d0")
    router.run("ip", "link", "set", "d0", "netns", str(receiver.process.pid))
    for run, name, host in ((netns.run, "s0", "0.1"), (router.run, "r0", "0.2"),
                            (router.run, "r1", "1.1"), (receiver.run, "d0", "1.2")):  # fmt: skip
        net, number = host.split(".")
        run("ip", "addr", "add", f"10.0.{host}/24", "dev", name)
        run("ip", "addr", "add", f"2001:db8:{net}::{number}/64", "dev", name, "nodad")
        run("ip", "link", "set", name, "up")
    netns.run("ip", "route", "add", "default", "via", "10.0.0.2")
    netns.run("ip", "-6", "route", "add", "default", "via", "2001:db8:0::2")
    receiver.run("ip", "route", "add", "default", "via", "10.0.1.1")
    receiver.run("ip", "-6", "route", "add", "default", "via", "2001:db8:1::1")
    router.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
    router.run("ip", "link", "set", "r1", "gso_max_segs", "1")


def tunnel_through(receiver):
    """A VXLAN between sender and receiver (10.0.9.1 and .2), where the kernel has it."""
    try:
        for run, here, there in ((netns.run, ("0.1", 1), "1.2"), (receiver.run, ("1.2", 2), "0.1")):
            run("ip", "link", "add", "w0", "type", "vxlan", "id", "5", "dstport", "4789",
                "local", f"10.0.{here[0]}", "remote", f"10.0.{there}")  # fmt: skip
            run("ip", "addr", "add", f"10.0.9.{here[1]}/24", "dev", "w0")
            run("ip", "link", "set", "w0", "up", "mtu", "1450")
    except RuntimeError:
        return False
    return True


def transfer(to, octets):
    """Sends so many octets; returns once the receiver has closed, too."""
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, WINDOW)
        sock.settimeout(60)
        sock.connect((to, PORT))
        block = bytes(1 << 20)
        for at in range(0, octets, len(block)):
            sock.sendall(block[: octets - at])
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1 << 16):
            pass


def send_datagrams(to, octets, each):
    """`octets` of payload in datagrams of `each`, of which the kernel gets many as one."""
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, each)
        for at in range(0, octets, 40_000):
            sock.sendto(bytes(min(40_000, octets - at)), (to, PORT))
            time.sleep(0.005)  # the kernel queues 1000 packets between a pair


class Referee:
    """tcpdump on the receiver's interface, recording headers."""

    def __init__(self, receiver, work):
        self.path = work / "referee.pcap"
        self.process = receiver.popen(
            "tcpdump", "-Z", "root", "-i", "d0", "-n", "-s", "100", "-B", "65536", "-U", "-w", self.path, "tcp or udp",
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = next((line for line in self.process.stderr if "listening" in line), None)
        if not said:
            raise RuntimeError("tcpdump ended at once")

    def flows(self):
        """(source, destination, protocol, source port, destination port) to packets, octets, squares."""
        time.sleep(1.5)  # until its buffer has been handed over
        self.process.terminate()
        said = self.process.communicate(timeout=30)[1]
        if "\n0 packets dropped by kernel" not in said:
            raise RuntimeError(f"tcpdump: {said}")
        flows = {}
        for packet in read_packets(self.path):
            key, octets = read_headers(packet)
            n = flows.setdefault(key, [0, 0, 0])
            n[:] = n[0] + 1, n[1] + octets, n[2] + octets**2
        return flows


def read_packets(path):
    """What was captured of each packet of a pcap file of this machine's byte order."""
    octets = path.read_bytes()
    at = 24
    while at < len(octets):
        captured = struct.unpack_from("=I", octets, at + 8)[0]
        yield octets[at + 16 : at + 16 + captured]
        at += 16 + captured


def read_headers(frame):
    ip = frame[14:]
    if ip[0] >> 4 == 6:
        family, octets, header = socket.AF_INET6, 40 + int.from_bytes(ip[4:6], "big"), 40
        src, dst, protocol = ip[8:24], ip[24:40], ip[6]
    else:
        family, octets, header = socket.AF_INET, int.from_bytes(ip[2:4], "big"), (ip[0] & 15) * 4
        src, dst, protocol = ip[12:16], ip[16:20], ip[9]
    ports = struct.unpack_from("!HH", ip, header)
    return (socket.inet_ntop(family, src), socket.inet_ntop(family, dst), protocol, *ports), octets


def flows_of(counts):
    """The same of an observer's counts."""
    flows = {}
    for key, n in counts["flows"].items():
        _, src, dst, protocol, src_port, dst_port, _ = key.split()
        if protocol in ("6", "17"):
            sums = flows.setdefault((src, dst, int(protocol), int(src_port), int(dst_port)), [0, 0, 0])
            sums[:] = (a + b for a, b in zip(sums, n))
    return flows


def of_the_test(flows):
    """Without what the ends of the tunnel say of their own accord, whenever they like."""
    return {key: n for key, n in flows.items() if n[0] > 10}


def exactly(out, name, counts, known):
    flows, known = of_the_test(flows_of(counts)), of_the_test(known)
    glued = counts["packets"] > 2 * counts["frames"]
    details = [f"{key}: {flows.get(key)} instead of {n}" for key, n in known.items()]
    details += [f"{counts['frames']} frames, {counts['packets']} packets, {counts['dropped']} dropped"]
    out.result(flows == known and glued and not counts["dropped"], name, details)


def within_error(out, name, counts, known, interval):
    """Five standard deviations of a scaled sum: the root of (N - 1) times the number of packets, or the
    sum of their squares for octets; of flows of which ten packets are to be expected."""
    flows, details, ok = flows_of(counts), [], True
    for key, n in known.items():
        if n[0] < 10 * interval:
            continue
        packets, octets, squares = flows.get(key, (0, 0, 0))
        for what, is_, wanted, spread in (("packets", packets, n[0], n[0]), ("octets", octets, n[1], n[2])):
            error, sd = is_ * interval - wanted, ((interval - 1) * spread) ** 0.5
            ok &= abs(error) <= 5 * sd
            details.append(f"{key} {what}: {is_} x {interval} is {error} off {wanted}, sd {sd:.0f}")
    out.result(ok and not counts["dropped"], name, details)


def bulk(out, program, work):
    with netns.Namespace() as router, netns.Namespace() as receiver:
        route(router, receiver)
        sink = receiver.popen(sys.executable, "-c", RECEIVER, stdout=subprocess.PIPE)
        sink.stdout.readline()
        transfer("10.0.1.2", 1000)  # neighbours are known
        transfer("2001:db8:1::2", 1000)
        tunnelled = tunnel_through(receiver)
        if tunnelled:
            transfer("10.0.9.2", 1000)
        time.sleep(0.3)
        sampled = "1:64"
        observers = {
            "what is sent": Observer(program, "s0"),
            "what is received": Observer(program, "r0", enter=router.enter),
            sampled: Observer(program, "--sampling", 64, "s0"),
        }
        referee = Referee(receiver, work)
        transfer("10.0.1.2", 40_000_000)
        transfer("2001:db8:1::2", 40_000_000)
        send_datagrams("10.0.1.2", 1_000_001, 1200)
        send_datagrams("2001:db8:1::2", 1_000_001, 1000)
        if tunnelled:
            transfer("10.0.9.2", 10_000_000)
        known = referee.flows()
        counts = {what: observer.end() for what, observer in observers.items()}
        sink.kill()
        sink.communicate()
    for what in list(observers)[:2]:
        exactly(out, f"of glued frames {what} is counted as the packets that reach the receiver", counts[what], known)
    within_error(out, "1:64 is within the sampling error", counts[sampled], known, 64)
    few, all_ = counts[sampled], counts["what is sent"]
    out.result(
        few["achieved"] == 64 and abs(few["population"] - all_["frames"]) < 20 and few["frames"] < all_["frames"],
        "the population is what the interface has counted meanwhile, glued frames as one",
        [few, all_],
    )


# ---- single frames


def tagged(*tags):
    """A UDP packet of 32 octets behind these (TPID, TCI)."""
    packet = pcap.udp_packet("192.0.2.1", 40000, "198.51.100.7", 2055, b"abcd")
    return MACS + b"".join(struct.pack("!HH", *tag) for tag in tags) + b"\x08\x00" + packet


def tags(out, program):
    """The key of a flow ends in how many tags, outermost and inner id."""
    netns.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for name in ("v0", "v1"):
        netns.run("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
        netns.run("ip", "link", "set", name, "up")
    flow = "in 192.0.2.1 198.51.100.7 17 40000 2055"
    cases = {
        f"{flow} 0/0/0": tagged(),
        f"{flow} 1/100/0": tagged((0x8100, 0x6064)),
        f"{flow} 2/100/200": tagged((0x88A8, 100), (0x8100, 200)),
        f"{flow} 2/101/201": tagged((0x9100, 101), (0x8100, 201)),
        f"{flow} 1/0/0": tagged((0x8100, 0x2000)),
    }
    # and 600 octets of a packet whose header does not say so (as those of more than 64 KiB)
    long = tagged((0x8100, 100))[:-4] + bytes(572)
    cases["in 192.0.2.1 198.51.100.8 17 40000 2055 1/100/0"] = long[:20] + b"\0\0" + long[22:37] + b"\x08" + long[38:]
    ingress, egress = Observer(program, "--ingress", "v1"), Observer(program, "--egress", "v0")
    both, cut = Observer(program, "v1"), Observer(program, "v1")
    send_raw("v0", cases.values())
    known = {key: [1, 600, 360000] if "100.8" in key else [1, 32, 1024] for key in cases}
    counts = ingress.end()
    out.result(counts["flows"] == known, "VLAN tags are where they were, however many", [counts, known])
    known_out = {key.replace("in ", "out "): n for key, n in known.items()}
    counts = egress.end()
    out.result(counts["flows"] == known_out, "what is sent has its tags, too", [counts, known_out])
    send_raw("v1", [tagged()])
    counts = both.end()
    known[f"out {flow[3:]} 0/0/0"] = [1, 32, 1024]
    out.result(counts["flows"] == known, "both directions are told apart", [counts, known])
    # 60 octets of ARP, an IP header that ends early
    arp = MACS + b"\x08\x06" + bytes(46)
    send_raw("v0", [arp, MACS + b"\x08\x00\x45", MACS + b"\x08\x00\x43" + bytes(30)])
    counts = cut.end()
    causes = [counts[k] for k in ("not_ip", "too_short", "bad")]
    out.result(causes == [1, 1, 1], "what is no packet is counted by its cause", [counts])


def loopback(out, program):
    everything = Observer(program, "lo")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to:
        to.bind(("127.0.0.1", 0))
        for _ in range(10):
            sock.sendto(bytes(100), to.getsockname())
    counts = everything.end()
    out.result(
        list(counts["flows"].values()) == [[10, 1280, 163840]] and counts["population"] == 10,
        "on the loopback interface each packet counts once",
        [counts],
    )


def tunnel(out, program):
    """A TUN device has no link header."""
    name = "a tunnel without link headers is read"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return out.skip(name, "no access to /dev/net/tun")
    netns.run("ip", "tuntap", "add", "mode", "tun", "name", "t0")
    netns.run("ip", "addr", "add", "192.0.2.1/24", "dev", "t0")
    tun = open("/dev/net/tun", "r+b", buffering=0)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("=16sH22x", b"t0", 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    netns.run("ip", "link", "set", "t0", "up")
    seen = Observer(program, "t0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(bytes(100), ("192.0.2.9", 9))
    tun.write(pcap.udp_packet("192.0.2.9", 9, "192.0.2.1", 40000, bytes(200)))
    counts = seen.end()
    tun.close()
    sizes = sorted((key.split()[0], *n) for key, n in counts["flows"].items() if " 17 " in key and "192.0.2.9" in key)
    return out.result(sizes == [("in", 1, 228, 228**2), ("out", 1, 128, 128**2)], name, [counts])


def overrun(out, program):
    """20000 frames while the reader of a ring of 256 KiB is stopped."""
    sent = 20_000
    seen = Observer(program, "--ingress", "--ring", 1, "v1")
    seen.process.send_signal(signal.SIGSTOP)
    send_raw("v0", [tagged()] * sent)
    seen.process.send_signal(signal.SIGCONT)
    counts = seen.end()
    passed, dropped = counts["passed"], counts["dropped"]
    out.result(
        passed + dropped == sent and 500 < passed < 5000 and counts["packets"] == passed
        and counts["achieved"] == round(sent / passed) and counts["population"] == sent,
        "what a full ring drops is counted, and in the achieved rate",
        [counts],
    )  # fmt: skip


# ---- what becomes of an interface


def comings_and_goings(out, program):
    seen = Observer(program, "--ingress", "v1")
    index = socket.if_nametoindex("v1")
    netns.run("ip", "link", "set", "v1", "down")
    lines = [seen.next_line()]
    netns.run("ip", "link", "set", "v1", "up")
    lines.append(seen.next_line())
    send_raw("v0", [tagged()])
    netns.run("ip", "link", "del", "v0")
    lines.append(seen.next_line())
    known = [f"v1 ({index}) is down", f"v1 ({index}) is up", f"v1 ({index}) is gone: there is no network interface 'v1'"]
    out.result(lines == known, "going down, coming back and going away are told once each", [lines, known])

    netns.run("ip", "link", "add", "other", "type", "veth", "peer", "name", "another")
    netns.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
    for name in ("v0", "v1"):
        netns.run("sh", "-c", f"echo 1 >/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
        netns.run("ip", "link", "set", name, "up")
    lines = [seen.next_line()]
    if "down" in lines[0]:  # seen between its being made and its being set up
        lines = [seen.next_line()]
    index = socket.if_nametoindex("v1")
    send_raw("v0", [tagged(), tagged()])
    counts = seen.end()
    packets = sum(n[0] for n in counts["flows"].values())
    out.result(
        lines == [f"v1 ({index}) is up"] and packets == 3 and counts["lost"] in (2, 3),
        "an interface that is made anew is captured from again",
        [lines, counts],
    )


def refused(out, program):
    """What cannot be captured from is one clear line."""
    netns.run("ip", "link", "add", "x0", "type", "veth", "peer", "name", "x1")
    cases = {
        "no such interface": ((), "nosuch", "capturing from 'nosuch': there is no network interface 'nosuch'"),
        "no permission": (
            ("setpriv", "--bounding-set", "-all"), "lo",
            "capturing from 'lo': not permitted: it takes root, or CAP_NET_RAW",
        ),
    }  # fmt: skip
    for name, (enter, interface, line) in cases.items():
        done = subprocess.run([*enter, program, interface], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        out.result(
            done.returncode == 1 and done.stderr == f"observe: {line}\n", f"{name} is one line", [done.stderr, line]
        )
    down = Observer(program, "x1")
    told = down.description.strip().endswith("; it is down")
    counts = down.end()
    out.result(told and not counts["frames"], "an interface may be down", [down.description, counts])


def main(program):
    why_not = netns.enter_own()
    if why_not:
        return tap.skip_all(why_not)
    out = tap.Tap()
    program = str(Path(program).resolve())
    refused(out, program)
    loopback(out, program)
    tags(out, program)
    overrun(out, program)
    tunnel(out, program)
    comings_and_goings(out, program)
    why_not = None if shutil.which("tcpdump") else "tcpdump not installed"
    if netns.is_borrowed():  # tcpdump wants to become another user, of whom there is none there
        why_not = "not root"
    if why_not:
        out.skip("glued frames are counted as the packets that reach the receiver", why_not)
        return out.done()
    with tempfile.TemporaryDirectory() as work:
        bulk(out, program, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
