#!/usr/bin/env python3
"""Are the translations of a real NAT what `weir exporter` logs, and a collector then knows?

    test_nat_logging.py WEIR

In namespaces of its own, hosts behind Linux' NAT talk to a server; `weir exporter` listens to the
NAT's connection tracking and exports to a `weir collector`.  What NatEvents must hold is what the
two ends saw: the client its own address and port, the server those that it was spoken to from.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import tap  # noqa: E402
from collector import Collector  # noqa: E402
from namespaces import Namespaces, lacking  # noqa: E402

TIMEOUT_S = 60
INSIDE, OTHER_INSIDE, OUTSIDE, POOL, SERVER = "10.0.0.2", "10.0.0.3", "192.0.2.1", "203.0.113.10", "192.0.2.9"
UDP_PORT, TCP_PORT, POOL_PORT = 53, 80, 5353
PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}

FOUR_PORTS = {"addresses": POOL, "first_port": 1024, "last_port": 1027}
RULES = f"""
table ip nat {{
    chain post {{
        type nat hook postrouting priority srcnat; policy accept;
        oifname "o0" udp dport {POOL_PORT} snat to {POOL}:1024-1027
        oifname "o0" masquerade
    }}
}}
"""

# Prints "PROTOCOL ADDRESS PORT WORD" of whoever says WORD; of ICMP the identifier is the port.
SERVER_CODE = """
import selectors, socket, struct, sys
def line(*words): print(*words, flush=True)
udp = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in sys.argv[2:]]
for sock, port in zip(udp, sys.argv[2:]): sock.bind(("", int(port)))
tcp = socket.create_server(("", int(sys.argv[1])), backlog=64)
icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
chosen = selectors.DefaultSelector()
for sock in (*udp, tcp, icmp): chosen.register(sock, selectors.EVENT_READ)
line("ready", 0, 0, 0)
while True:
    for key, _ in chosen.select():
        if key.fileobj is tcp:
            peer, address = tcp.accept()
            line("tcp", *address, peer.recv(100).decode())
            peer.close()
        elif key.fileobj is icmp:
            packet, address = icmp.recvfrom(2000)
            kind, _, _, identifier, _ = struct.unpack("!BBHHH", packet[20:28])
            if kind == 8: line("icmp", address[0], identifier, packet[28:].decode())
        else:
            word, address = key.fileobj.recvfrom(100)
            line("udp", *address, word.decode())
"""

# CODE PROTOCOL FROM PORT COUNT TO TO_PORT: so many sessions, each from the next port, which it says.
CLIENT_CODE = """
import socket, struct, sys
protocol, source, first, count, to, to_port = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]), sys.argv[5], int(sys.argv[6])
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
for port in range(first, first + count):
    word = b"%s-%05d" % (protocol.encode(), port)
    if protocol == "icmp":
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        sock.bind((source, 0))
        word = b"icmp-%s-%05d" % (source.encode(), port)
        word += b"." * (len(word) % 2)
        packet = struct.pack("!BBHHH", 8, 0, 0, port, 1) + word
        sock.sendto(packet[:2] + struct.pack("!H", checksum(packet)) + packet[4:], (to, 0))
    else:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((source, port))
        sock.connect((to, to_port))
        sock.send(word)
        if protocol == "tcp": sock.recv(1)
    sock.close()
"""


class InNat(Collector):
    """A collector in the NAT's namespace."""

    def __init__(self, spaces, *args):
        super().__init__(*args)
        self.spaces = spaces

    def command(self, *options):
        return self.spaces.command("nat", *super().command(*options))


class Lab:
    def __init__(self, spaces, weir, work):
        self.spaces, self.weir, self.work = spaces, weir, work
        self.exporter = self.recorder = self.pcap = None
        spaces.link("nat", "i0", "10.0.0.1/24", "cli", "e0", f"{INSIDE}/24")
        spaces.link("nat", "o0", f"{OUTSIDE}/24", "srv", "e0", f"{SERVER}/24")
        spaces.ip("cli", "addr", "add", f"{OTHER_INSIDE}/24", "dev", "e0")
        spaces.ip("cli", "route", "add", "default", "via", "10.0.0.1")
        spaces.ip("srv", "route", "add", "203.0.113.0/24", "via", OUTSIDE)
        self.set("net.ipv4.ip_forward", 1)
        spaces.run("nat", "nft", "-f", "-", stdin=RULES)
        self.set("net.netfilter.nf_conntrack_timestamp", 1)
        server = ["python3", "-c", SERVER_CODE, TCP_PORT, UDP_PORT, POOL_PORT]
        self.server = spaces.start("srv", *server, stdout=subprocess.PIPE)
        self.heard("ready")

    def set(self, name, value):
        self.spaces.run("nat", "sysctl", "-qw", f"{name}={value}")

    def heard(self, word):
        """What the server has heard until it is this: {word: (protocol, address, port)}."""
        heard = {}
        for line in self.server.stdout:
            protocol, address, port, said = line.split()
            heard[said.rstrip(".")] = (PROTOCOLS.get(protocol), address, int(port))
            if said.rstrip(".") == word or protocol == word:
                return heard
        raise RuntimeError("the server has ended")

    def say(self, protocol, source, port, count=1, to=SERVER, to_port=UDP_PORT):
        self.spaces.run("cli", "python3", "-c", CLIENT_CODE, protocol, source, port, count, to, to_port)

    def export(self, collector, *options):
        """Starts an exporter, which has found what there was when this returns."""
        config = self.work / "exporter.yaml"
        config.write_text(json.dumps({"exporter": {"user": "nobody", "nat": options[0]}}))  # JSON is YAML
        self.exporter = self.spaces.start(
            "nat", self.weir, "exporter", "--config", config, "--nat", "--interface", "o0", "--sampling", "4000000000",
            "--collector", f"127.0.0.1:{collector.port}", *options[1:],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        said = []
        for line in self.exporter.stderr:
            said.append(line.rstrip())
            if line.startswith("exporting"):
                time.sleep(0.5)
                return said
        raise RuntimeError(f"the exporter ended: {said}")

    def end(self):
        """What the exporter says at its end."""
        self.exporter.send_signal(signal.SIGTERM)
        out, err = self.exporter.communicate(timeout=TIMEOUT_S)
        if self.exporter.returncode:
            raise RuntimeError(f"exit status {self.exporter.returncode}: {out}{err}")
        return out

    def capture(self, collector):
        """Starts recording what is exported."""
        command = ["tcpdump", "-i", "lo", "-U", "-B", "16384", "-w", "-", "udp", "dst", "port", collector.port]
        self.pcap = self.work / "exported.pcap"
        with self.pcap.open("wb") as file:
            self.recorder = self.spaces.start("nat", *command, stdout=file, stderr=subprocess.PIPE)
        self.recorder.stderr.readline()

    def captured(self, collector):
        """What tshark reads in that: numbers of each natEvent, and complaints."""
        time.sleep(0.5)
        self.recorder.send_signal(signal.SIGINT)
        self.recorder.wait(TIMEOUT_S)
        command = ["tshark", "-r", self.pcap, "-d", f"udp.port=={collector.port},cflow", "-T", "fields",
                   "-e", "cflow.nat_event", "-e", "_ws.expert.message"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        return Counter(n for line in lines for n in line[0].split(",") if n), [line[1] for line in lines if line[1]]

    def forget(self):
        """Ends all sessions at once; the kernel itself takes up to a minute."""
        self.spaces.run("nat", "sh", "-c", "conntrack -D 2>/dev/null; true")


EVENTS = ("NatEvents | where NatEvent startswith 'NAT44' | project NatEvent, Protocol, SourceIp, SourcePort, PostNatSourceIp,"
          " PostNatSourcePort, DestinationIp, DestinationPort, PostNatDestinationIp, PostNatDestinationPort, EventTime")  # fmt: skip


def seconds(timespan):
    """Of "20784.13:55:33.1234567" or "00:00:01"."""
    days_and_hours, minutes, rest = timespan.split(":")
    days, hours = ("0." + days_and_hours).split(".")[-2:]
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(rest)


def referee(lab, out, what, collector):
    events, complaints = lab.captured(collector)
    stored = {str(code): n for code, n in collector.query("NatEvents | summarize count() by NatEventCode")}
    out.result(events == stored and not complaints, f"tshark reads the same events in {what}",
               [events, stored, complaints])  # fmt: skip


def events_of(collector, wanted, seconds=15):
    """NAT44 events as rows, once there are so many, or after the time."""
    collector.wait_until("NatEvents | where NatEvent startswith 'NAT44' | count", [wanted], seconds)
    return collector.query(EVENTS)


def twice(sessions):
    """One create and one delete of each session."""
    return Counter((f"NAT44 session {act}", *s) for act in ("create", "delete") for s in sessions)


def differences(found, wanted):
    return [f"too many: {row}" for row in (found - wanted)][:8] + [f"missing: {row}" for row in (wanted - found)][:8]


def compare(out, name, rows, sessions):
    found, wanted = Counter(tuple(row[:10]) for row in rows), twice(sessions)
    out.result(found == wanted, name, differences(found, wanted))


def real_sessions(lab, out, collector, before):
    lab.say("tcp", INSIDE, 41000, 5, to_port=TCP_PORT)
    heard = lab.heard("tcp-41004")
    lab.say("udp", INSIDE, 42000, 5)
    heard |= lab.heard("udp-42004")
    lab.say("udp", INSIDE, 43000, 3, to="10.0.0.1", to_port=9)  # to the NAT itself: not translated
    lab.forget()
    sessions = [(protocol, INSIDE, int(word[-5:]), address, port, SERVER, to, SERVER, to)
                for word, (protocol, address, port) in heard.items()
                for to in [TCP_PORT if protocol == 6 else UDP_PORT]]  # fmt: skip
    rows = [row for row in events_of(collector, before + 20) if row[3] != 46000]
    compare(out, "TCP and UDP sessions have one create and one delete each, as client and server saw them", rows, sessions)
    out.result(len(sessions) == 10 and {s[3] for s in sessions} == {OUTSIDE}, "and they were translated", sessions)
    creates = [row for row in rows if row[0] == "NAT44 session create"]
    wrong = [(row, who) for row in creates
             if [row[2], row[3]] not in (who := collector.query(
                 f"NatLookup('{row[4]}', {row[5]}, datetime({row[10]})) | project SourceIp, SourcePort"))]  # fmt: skip
    out.result(creates and not wrong, "NatLookup knows who held each address and port", wrong)
    return before + 20


def icmp(lab, out, collector, before):
    """Two hosts with the same identifier: one of them must get another."""
    for source in (INSIDE, OTHER_INSIDE):
        lab.say("icmp", source, 77)
    heard = lab.heard(f"icmp-{OTHER_INSIDE}-00077")
    lab.forget()
    sessions = [(1, word.split("-")[1], 77, address, identifier, SERVER, 0, SERVER, 0)
                for word, (_, address, identifier) in heard.items()]  # fmt: skip
    rows = [row for row in events_of(collector, before + 4) if row[1] == 1]
    compare(out, "echo requests have their identifiers, before and after translation", rows, sessions)
    out.result(len({s[4] for s in sessions}) == 2, "which was translated for one of them", sessions)
    return before + 4


def exhaustion(lab, out, collector, before):
    lab.say("udp", INSIDE, 44000, 8, to_port=POOL_PORT)
    wanted = [["NAT ports exhausted", 17, POOL]]
    collector.wait_until("NatEvents | where NatEvent == 'NAT ports exhausted' | summarize count() > 0", [True])
    rows = collector.query("NatEvents | where NatEvent == 'NAT ports exhausted' | project NatEvent, Protocol, PostNatSourceIp"
                           " | distinct *")  # fmt: skip
    lab.forget()
    events = [row for row in events_of(collector, before + 8) if row[4] == POOL]
    ports = Counter(row[5] for row in events if row[0] == "NAT44 session create")
    out.result(rows == wanted, "a pool of four ports is exhausted by eight sessions", rows)
    out.result(ports == Counter(range(1024, 1028)) and len(events) == 8, "of which four have events", events)
    return before + 8


def late_end(lab, out, collector, before):
    """The kernel looks for what has timed out now and then; when that was it tells truly."""
    lab.set("net.netfilter.nf_conntrack_udp_timeout", 1)
    lab.say("udp", INSIDE, 45000)
    time.sleep(4)
    lab.spaces.run("nat", "sh", "-c", "conntrack -L 2>/dev/null")  # collects it at the latest
    lab.set("net.netfilter.nf_conntrack_udp_timeout", 60)
    events_of(collector, before + 2)
    lived = collector.query("NatEvents | where SourcePort == 45000 | summarize count(), max(EventTime) - min(EventTime)")[0]
    out.result(lived[0] == 2 and 0.8 < seconds(lived[1]) < 2.2, "a session ends when it timed out, not when that was noticed", lived)
    return before + 2


def lost_messages(lab, out, collector, before):
    """More sessions than the receive buffer takes, while the exporter stands still."""
    old, new = range(20000, 20100), range(30000, 40000)
    lab.say("udp", INSIDE, old[0], len(old), to_port=UDP_PORT + 1)
    events_of(collector, before + len(old))
    lab.exporter.send_signal(signal.SIGSTOP)
    lab.say("udp", INSIDE, new[0], len(new))
    lab.spaces.run("nat", "sh", "-c", f"conntrack -D -p udp --dport {UDP_PORT + 1} >/dev/null 2>&1")
    lab.exporter.send_signal(signal.SIGCONT)
    events_of(collector, before + 2 * len(old) + len(new), 60)
    lab.forget()
    rows = events_of(collector, before + 2 * len(old) + 2 * len(new), 90)
    found = Counter((row[0], row[3]) for row in rows if row[3] in old or row[3] in new)
    wanted = Counter((f"NAT44 session {act}", port) for act in ("create", "delete") for port in [*old, *new])
    out.result(found == wanted, "messages that were lost are made up for: no session without its end, none twice",
               differences(found, wanted))  # fmt: skip


def from_before(lab, out, collector):
    """Sessions that are older than the exporter have the kernel's time."""
    lab.say("udp", INSIDE, 46000)
    lab.heard("udp-46000")
    time.sleep(2)
    began = time.time()
    lab.export(collector, {"destinations": "yes", "receive_buffer": 1, "pools": [FOUR_PORTS]})
    rows = [row for row in events_of(collector, 1) if row[3] == 46000]
    told = collector.query("NatEvents | where SourcePort == 46000 | project EventTime - datetime(1970-01-01)")
    age = began - seconds(told[0][0]) if told else None
    out.result(len(rows) == 1 and age and 1.5 < age < 10, "a session from before the start has its own begin", [rows, age])
    lab.forget()
    ended = [row[0] for row in events_of(collector, 2, 30)]
    out.result(ended == ["NAT44 session create", "NAT44 session delete"],
               "and its end, though the kernel does not tell of it", ended)  # fmt: skip


def iana(lab, out, work):
    with InNat(lab.spaces, lab.weir, work / "iana") as collector:
        lab.capture(collector)
        from_before(lab, out, collector)
        events = real_sessions(lab, out, collector, 2)
        events = icmp(lab, out, collector, events)
        events = exhaustion(lab, out, collector, events)
        events = late_end(lab, out, collector, events)
        lost_messages(lab, out, collector, events)
        said = lab.end()
        out.result("questions were refused" not in said and "messages of the kernel were lost" in said,
                   "as another user the exporter may still ask the kernel, and tells what was lost", [said])
        collector.end()
        referee(lab, out, "NetFlow v9", collector)
        out.result(not collector.broken_books(), "the collector's books balance", collector.broken_books())


JUNOS = {
    "dialect": "junos",
    "pools": [FOUR_PORTS | {"name": "blue"}],
    "port_blocks": [{"inside": "100.64.0.0/30", "outside": "203.0.113.64/31", "first_port": 1024, "size": 20000}],
    "nat64_hosts": [{"ipv4": OTHER_INSIDE, "ipv6": "2001:db8::3"}],
}


def junos(lab, out, work):
    """The other dialect, over IPFIX, with what only the configuration tells."""
    config = work / "collector.yaml"
    config.write_text(json.dumps({"exporters": [{"prefix": "127.0.0.1", "nat_dialect": "junos"}]}))
    with InNat(lab.spaces, lab.weir, work / "junos", "--config", config) as collector:
        lab.capture(collector)
        lab.export(collector, JUNOS, "--protocol", "ipfix")
        lab.say("udp", INSIDE, 47000, 8, to_port=POOL_PORT)
        lab.say("udp", OTHER_INSIDE, 48000)
        collector.wait_until("NatEvents | where NatEvent == 'NAT ports exhausted' | summarize count() > 0", [True])
        lab.forget()
        collector.wait_until("NatEvents | where NatEvent endswith 'delete' | count", [5])
        block = "NatLookup('203.0.113.65', 1024, now()) | project SourceIp, PortBlockStart, PortBlockEnd"
        held = collector.query(block)
        lab.end()
        collector.wait_until("NatEvents | where NatEvent endswith 'de-allocation' | count", [4])
        rows = collector.query("NatEvents | summarize n = count() by Dialect, NatEvent, NatEventCode, NatPoolName,"
                               " named = isnotnull(DestinationIp) and DestinationIp != ''")  # fmt: skip
        found = {tuple(row[:5]): row[5] for row in rows if row[1] != "NAT ports exhausted"}
        wanted = {("Junos", "NAT44 session create", 1, "blue", False): 4, ("Junos", "NAT44 session delete", 2, "blue", False): 4,
                  ("Junos", "NAT64 session create", 4, "", False): 1, ("Junos", "NAT64 session delete", 5, "", False): 1,
                  ("Junos", "Port block allocation", 14, "", False): 4,
                  ("Junos", "Port block de-allocation", 15, "", False): 4}  # fmt: skip
        out.result(found == wanted, "Junos' dialect: numbers, names of pools, no destinations", rows)
        exhausted = [row[:4] for row in rows if row[1] == "NAT ports exhausted"]
        out.result(exhausted == [["Junos", "NAT ports exhausted", 10, "blue"]], "Junos' dialect: ports exhausted", exhausted)
        nat64 = collector.query("NatEvents | where NatEvent startswith 'NAT64' | distinct SourceIp, PostNatSourceIp")
        out.result(nat64 == [["2001:db8::3", OUTSIDE]], "a host behind a translator is known by its IPv6 address", nat64)
        # three blocks of 20000 ports from 1024 on, and the fourth on the next address
        out.result(held == [["100.64.0.3", 1024, 21023]], "NatLookup knows whose block of ports it is", held)
        collector.end()
        referee(lab, out, "IPFIX", collector)


def refusals(lab, out, work):
    lab.set("net.netfilter.nf_conntrack_timestamp", 0)
    with InNat(lab.spaces, lab.weir, work / "refusals") as collector:
        said = lab.export(collector, {})
        lab.end()
        collector.end()
    told = [line for line in said if "nf_conntrack_timestamp" in line]
    out.result(len(told) == 1, "where the kernel keeps no times, one line says so", said)
    lab.set("net.netfilter.nf_conntrack_events", 0)
    command = lab.spaces.command("nat", lab.weir, "exporter", "--nat", "--interface", "o0", "--collector", "127.0.0.1:9")
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    why = done.stderr.splitlines()[-1]
    out.result(done.returncode == 1 and why.startswith("weir exporter: NAT events: the kernel tells of no sessions"),
               "where the kernel tells nothing, that is refused", [why])  # fmt: skip


def main(program):
    why = lacking("nft", "conntrack", "sysctl", "tcpdump", "tshark")
    if why:
        return tap.skip_all(why)
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work, Namespaces("cli", "nat", "srv") as spaces:
        lab = Lab(spaces, program, Path(work))
        for part in (iana, junos, refusals):
            part(lab, out, Path(work))
    return out.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
