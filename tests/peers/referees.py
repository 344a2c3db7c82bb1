"""referees: what other programs read from NetFlow and IPFIX messages.

Each function gives flows: (source, destination, protocol, source port or ICMP type, destination port
or ICMP code) to (packets, octets, TCP flags), ports being 0 where there are none; and each fails where
the program complains of what it reads.  nfcapd listens on loopback, and is ended by its process ID.
"""

import functools
import ipaddress
import json
import re
import signal
import socket
import subprocess
import time
import xml.etree.ElementTree as xml

TIMEOUT_S = 60
COLLECTOR_PORT = 2055
READY_S = 10


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def add(flows, key, packets, octets, flags):
    """Exporters may send a flow in several records."""
    before = flows.get(key, (0, 0, 0))
    flows[key] = (before[0] + packets, before[1] + octets, before[2] | flags)


def differences(found, known):
    for key in sorted(set(found) | set(known), key=str):
        if found.get(key) != known.get(key):
            yield f"{key}: {found.get(key)} instead of {known.get(key)}"


def check(out, name, found, known):
    return out.result(found == known, name, list(differences(found, known))[:20])


# ---- weir ----


def weir_flows(program, capture, work):
    workspace = work / "workspace"
    where = ["--workspace", workspace, "--format", "json"]
    counts = json.loads(run(program, "import", *where, capture))
    if counts["malformed"] or counts["sets_without_template"]:
        raise RuntimeError(f"weir import: {counts}")
    kql = (
        "Flows | project SourceIp, DestinationIp, Protocol, coalesce(SourcePort, IcmpType, 0),"
        " coalesce(DestinationPort, IcmpCode, 0), NumberOfPackets, NumberOfBytes, TcpFlag"
    )
    flows = {}
    for row in json.loads(run(program, "query", *where, kql))["tables"][0]["rows"]:
        add(flows, tuple(row[:5]), row[5], row[6], row[7] or 0)
    return flows


# ---- nfdump ----


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def is_bound(port):
    """By the kernel's own list."""
    with open("/proc/net/udp") as sockets:
        return any(f":{port:04X}" in line.split()[1] for line in list(sockets)[1:])


def is_drained(port):
    with open("/proc/net/udp") as sockets:
        rows = [line.split() for line in list(sockets)[1:]]
    return all(int(row[4].split(":")[1], 16) == 0 for row in rows if row[1].endswith(f":{port:04X}"))


def wait_for(condition):
    end = time.monotonic() + READY_S
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


def sent_to(command, port, datagrams):
    """Runs the daemon, sends it these, ends it; what it said."""
    daemon = subprocess.Popen(
        [str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )  # fmt: skip
    try:
        wait_for(lambda: is_bound(port))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for datagram in datagrams:
                sock.sendto(datagram, ("127.0.0.1", port))
                time.sleep(0.001)
        wait_for(lambda: is_drained(port))
        time.sleep(0.3)  # what was taken last is worked on
    finally:
        daemon.send_signal(signal.SIGTERM)
        said = daemon.communicate(timeout=TIMEOUT_S)[0]
    return said


def nfdump_records(datagrams, work, excused="Sequence Errors: 0"):
    """nfdump's own records, one for each that nfcapd stored.  Complaints of nfcapd that match `excused`
    are none."""
    into, port = work / "nfcapd", free_port()
    into.mkdir()
    said = sent_to(["nfcapd", "-b", "127.0.0.1", "-p", port, "-w", into], port, datagrams)
    said = re.sub(f"{excused}|Bad Packets: 0", "", said)
    if complaints := [line for line in said.splitlines() if re.search("error|bad|malformed|unknown|skip", line, re.I)]:
        raise RuntimeError(f"nfcapd: {complaints}")
    return json.loads(run("nfdump", "-R", into, "-o", "json") or "[]")


def nfdump_flows(records):
    flows = {}
    for r in records:
        src, dst = (r.get(f"{end}4_addr") or r[f"{end}6_addr"] for end in ("src", "dst"))
        is_icmp = r["proto"] in (1, 58)
        ends = (r["icmp_type"], r["icmp_code"]) if is_icmp else (r["src_port"], r["dst_port"])
        flags = "".join("0" if c == "." else "1" for c in r["tcp_flags"]) if "tcp_flags" in r else "0"
        add(flows, (src, dst, r["proto"], *ends), r["in_packets"], r["in_bytes"], int(flags, 2))
    return flows


# ---- nfacctd ----


PROTOCOL_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ipv6-icmp": 58, "sctp": 132}


def nfacctd_records(capture, work, **settings):
    """The rows of its print plugin.  It reads the capture itself, and ends with it."""
    config, rows = work / "nfacctd.conf", work / "nfacctd.json"
    lines = {
        "daemonize": "false", "pcap_savefile": capture, "plugins": "print",
        "aggregate": "src_host, dst_host, src_port, dst_port, proto, tcpflags, vlan, sampling_rate",
        "print_output": "json", "print_output_file": rows, "print_refresh_time": 3600, **settings,
    }  # fmt: skip
    config.write_text("".join(f"{name}: {value}\n" for name, value in lines.items()))
    said = run("nfacctd", "-f", config)
    if complaints := [line for line in said.splitlines() if line.startswith(("WARN", "ERROR", "DEBUG"))]:
        raise RuntimeError(f"nfacctd: {complaints}")
    return [json.loads(line) for line in rows.read_text().splitlines()]


def nfacctd_flows(records):
    flows = {}
    for r in records:
        key = (r["ip_src"], r["ip_dst"], PROTOCOL_NUMBERS[r["ip_proto"]], r["port_src"], r["port_dst"])
        add(flows, key, r["packets"], r["bytes"], int(r["tcp_flags"]))
    return flows


# ---- tshark ----


def tshark_record(fields):
    """Key and counts of one record, by tshark's field names."""
    src, dst = (fields.get(f"{end}addr") or fields[f"{end}addrv6"] for end in ("src", "dst"))
    protocol = int(fields["protocol"])
    ends = int(fields.get("srcport", 0)), int(fields.get("dstport", 0))
    if protocol in (1, 58):
        version = 4 if protocol == 1 else 6
        both = int(fields.get(f"icmp_type_code_ipv{version}", str(ends[1])), 0)
        ends = both >> 8, both & 0xFF
        if f"icmp_ipv{version}_type" in fields:
            ends = int(fields[f"icmp_ipv{version}_type"]), int(fields[f"icmp_ipv{version}_code"])
    flags = int(fields.get("tcpflags", "0"), 0)
    return (src, dst, protocol, *ends), int(fields["packets"]), int(fields["octets"]), flags


DECODE_AS = f"udp.port=={COLLECTOR_PORT},cflow"


@functools.cache
def tshark_records(capture, decode_as=DECODE_AS):
    """Fields by tshark's names, of each data record, options included."""
    out = run("tshark", "-n", "-r", capture, "-d", decode_as, "-T", "pdml")
    return [
        {f.get("name").removeprefix("cflow."): f.get("show") for f in element.findall("field")}
        for element in xml.fromstring(out).iter("field")
        if element.get("show", "").startswith(("Flow ", "pdu "))
    ]


def tshark_flows(capture, decode_as=DECODE_AS):
    flows = {}
    for fields in tshark_records(capture, decode_as):
        if "srcaddr" in fields or "srcaddrv6" in fields:
            add(flows, *tshark_record(fields))
    return flows


# What is malformed, out of sequence or otherwise worth a note, without a template, of a type that is not
# known, or no flow message at all.
COMPLAINTS = (
    "_ws.malformed", "_ws.expert.severity >= 0x400000", "cflow.unknown_field_type", "udp && !cflow",
    "cflow.flowset_id >= 256 && !cflow.template_frame",
)  # fmt: skip


def tshark_complaints(capture, decode_as=DECODE_AS):
    """A line for each frame that tshark has something against."""
    wanted = " || ".join(f"({c})" for c in COMPLAINTS)
    command = ["tshark", "-n", "-r", capture, "-d", decode_as, "-Y", wanted]
    return run(*command, "-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message").splitlines()


# ---- libfixbuf ----


def ipfixdump_records(messages, work):
    """Element names to texts, of each data record: RFC 5655 files are messages one after the other."""
    path = work / "messages.ipfix"
    path.write_bytes(b"".join(messages))
    done = subprocess.run(["ipfixDump", "--data", "--in", path], capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode or done.stderr:
        raise RuntimeError(f"ipfixDump: exit status {done.returncode}: {done.stderr.strip()}")
    for record in re.split(r"^--- data record .*$", done.stdout, flags=re.M)[1:]:
        yield dict(re.findall(r"^\s*\(\d+\)(?: \(S\))?\s+(\w+) : (.*)$", record, re.M))


def ipfixdump_flows(messages, work):
    flows = {}
    for r in ipfixdump_records(messages, work):
        if "protocolIdentifier" not in r:
            continue
        version = f"IPv{r['ipVersion']}"
        ends = int(r.get("sourceTransportPort", 0)), int(r.get("destinationTransportPort", 0))
        if f"icmpTypeCode{version}" in r:
            ends = divmod(int(r[f"icmpTypeCode{version}"], 0), 256)
        ips = (str(ipaddress.ip_address(r[f"{end}{version}Address"])) for end in ("source", "destination"))
        key = (*ips, int(r["protocolIdentifier"]), *ends)
        counts = int(r["packetDeltaCount"]), int(r["octetDeltaCount"])
        add(flows, key, *counts, int(r.get("tcpControlBits", "0"), 0))
    return flows
