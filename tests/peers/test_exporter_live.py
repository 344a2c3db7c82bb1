#!/usr/bin/env python3
"""Do others read what we export of an interface?

    test_exporter_live.py WEIR

In a network namespace of its own `weir exporter` meters the loopback interface while some known packets
pass; what it sends is recorded there.  The interface's name and number, the exporter's counters and the
flows must be read from that record by tshark and by weir.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

import exporting  # noqa: E402
import pcapfile as pcap  # noqa: E402
import referees  # noqa: E402
import tap  # noqa: E402

TIMEOUT_S = 60
PROTOCOLS = {"netflow9": "NetFlow v9", "ipfix": "IPFIX"}
SOURCE, DESTINATION, PORT, PACKETS, OCTETS = "127.9.9.1", "127.9.9.2", 9999, 20, 100
LOOPBACK = 1  # ifIndex in every namespace


def inside(program, protocol, work):
    """In the namespace: writes the messages, as lines of hexadecimal."""
    log = open(work / "log", "w+")
    with exporting.UdpSink() as sink:
        exporter = subprocess.Popen(
            [program, "exporter", "--interface", "lo", "--sampling", "1", "--idle", "1", "--protocol", protocol,
             "--collector", sink.address], stdout=log, stderr=log,
        )  # fmt: skip
        end = time.monotonic() + TIMEOUT_S
        while "exporting\n" not in (work / "log").read_text() and time.monotonic() < end:
            time.sleep(0.05)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            there.bind((DESTINATION, PORT))
            here.bind((SOURCE, PORT))
            for _ in range(PACKETS):
                here.sendto(bytes(OCTETS), (DESTINATION, PORT))
        time.sleep(2.5)  # the flow ends, and is told with others
        before = len(sink.got)
        exporter.send_signal(signal.SIGHUP)
        time.sleep(1.5)
        exporter.send_signal(signal.SIGTERM)
        status = exporter.wait(TIMEOUT_S)
        messages = sink.messages()
    (work / "messages").write_text("\n".join([str(before), *(m.hex() for m in messages)]))
    return status


def recorded(program, protocol, work):
    """Runs this script in a namespace; messages, and how many there were before SIGHUP."""
    work.mkdir()
    script = 'ip link set lo up && exec "$0" "$@"'
    command = ["unshare", "--net", "sh", "-c", script, sys.executable, __file__, "--inside", program, protocol, work]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=2 * TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"in the namespace: {done.returncode}: {done.stderr} {(work / 'log').read_text()}")
    before, *lines = (work / "messages").read_text().split("\n")
    return [bytes.fromhex(line) for line in lines], int(before)


def one_protocol(out, program, protocol, work):
    what = PROTOCOLS[protocol]
    octets, before = recorded(program, protocol, work)
    capture, now = work / "exported.pcap", time.time()
    pcap.write(capture, ((now + n / 100, SOURCE, 40000, "192.0.2.2", referees.COLLECTOR_PORT, m) for n, m in enumerate(octets)))
    complaints = referees.tshark_complaints(capture)
    out.result(not complaints, f"{what}: tshark has nothing to complain of", complaints)
    wanted = (PACKETS, PACKETS * (28 + OCTETS), 0)
    key = (SOURCE, DESTINATION, 17, PORT, PORT)
    found = referees.tshark_flows(capture).get(key), referees.weir_flows(program, capture, work).get(key)
    out.result(found == (wanted, wanted), f"{what}: each packet counts once", found)
    names = {r.get("if_name", "").rstrip("\0") for r in referees.tshark_records(capture)} - {""}
    out.result(names == {"lo"}, f"{what}: tshark reads the interface's name", names)
    lines = [json.loads(line) for line in referees.run(program, "decode", capture).splitlines()]
    told = {name: value for r in lines if r["kind"] == "options" for name, value in r["fields"].items()}
    out.result(told.get("interfaceName") == "lo", f"{what}: weir reads the interface's name", told)
    flows = [r["fields"] for r in lines if r["kind"] == "flow"]
    numbers = {f["ingressInterface"] for f in flows}
    out.result(numbers == {LOOPBACK}, f"{what}: flows have the interface's number", numbers)
    sampled = sum(f["packetDeltaCount"] for f in flows)
    counts = [told.get(name) for name in ("selectorIdTotalPktsSelected", "notSentFlowTotalCount")]
    out.result(counts == [sampled, 0], f"{what}: its counters agree with the flows", [counts, sampled])
    messages = [exporting.read_message(m) for m in octets]
    told_anew = [m for m in messages[before:] if 256 in m.templates and 300 in m.templates]
    out.result(told_anew, f"{what}: SIGHUP has templates told anew", [len(messages), before])


def namespaces_work():
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return False
    return subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0


def main(program):
    if not shutil.which("tshark") or not namespaces_work():
        return tap.skip_all("takes tshark, and root to make a network namespace")
    os.environ["TZ"] = "UTC"
    out = tap.Tap()
    with tempfile.TemporaryDirectory() as work:
        for protocol in PROTOCOLS:
            one_protocol(out, program, protocol, Path(work) / protocol)
    return out.done()


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        sys.exit(inside(sys.argv[2], sys.argv[3], Path(sys.argv[4])))
    sys.exit(main(sys.argv[1]))
