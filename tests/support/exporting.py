"""exporting: runs `weir exporter` and records what collectors would get of it.

    with UdpSink() as sink:
        done = export(weir, "--read", capture, "--sampling", 1, sinks=[sink])
        sink.messages()  # the datagrams, in the order of their arrival

    for message in map(read_message, sink.messages()): …

Loopback only.  Messages are taken apart as RFC 3954 and RFC 7011 say; nothing here is the program's.
"""

import socket
import struct
import subprocess
import threading
from typing import NamedTuple

TIMEOUT_S = 60
QUIET_S = 0.2
BUFFER = 8 << 20


class UdpSink:
    """A port of loopback, and the datagrams that came there."""

    prefix = ""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(QUIET_S)
        self.got, self.ending = [], threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.messages()
        self.socket.close()

    @property
    def address(self):
        return f"{self.prefix}127.0.0.1:{self.socket.getsockname()[1]}"

    def _read(self):
        while True:
            try:
                self.got.append(self.socket.recv(65535))
            except TimeoutError:
                if self.ending.is_set():
                    return

    def messages(self):
        """Ends; all that came."""
        self.ending.set()
        self.thread.join(TIMEOUT_S)
        return self.got


class TcpSink(UdpSink):
    """A listening port, of whose sessions the octets are kept, one bytes for each."""

    prefix = "tcp:"

    def __init__(self):
        super().__init__()
        self.socket.close()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(QUIET_S)

    def _read(self):
        while True:
            try:
                session, _ = self.socket.accept()
            except TimeoutError:
                if self.ending.is_set():
                    return
                continue
            with session, session.makefile("rb") as octets:
                self.got.append(octets.read())

    def messages(self):
        """Ends; the messages of all sessions, cut by their lengths."""
        super().messages()
        messages = []
        for octets in self.got:
            while octets:
                (length,) = struct.unpack_from("!H", octets, 2)
                messages.append(octets[:length])
                octets = octets[length:]
        return messages


def export(weir, *options, sinks=()):
    """The finished process; options may be anything that has a text."""
    command = [weir, "exporter", *options]
    for sink in sinks:
        command += ["--collector", sink.address]
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=TIMEOUT_S)


def exported(weir, *options, sink=UdpSink):
    """The messages that it sends to one collector."""
    with sink() as collector:
        done = export(weir, *options, sinks=[collector])
        if done.returncode:
            raise RuntimeError(f"weir exporter: exit status {done.returncode}: {done.stderr.strip()}")
        return collector.messages()


class Set(NamedTuple):
    id: int
    body: bytes
    templates: tuple  # IDs of the templates in it, with their field specifiers: (id, ((element, length), …))


class Message(NamedTuple):
    version: int
    count: int  # of NetFlow v9
    sequence: int
    domain: int
    uptime: int  # of NetFlow v9
    seconds: int
    sets: tuple

    @property
    def templates(self):
        """IDs."""
        return [id for s in self.sets for id, _ in s.templates]

    @property
    def has_flows(self):
        return any(s.id in FLOWS for s in self.sets)


def read_templates(version, id, body):
    options = id in (1, 3)
    head = 6 if options else 4
    while len(body) >= head:
        template, count = struct.unpack_from("!HH", body)
        if options and version == 9:  # octets of scopes, octets of options (RFC 3954 section 6.1)
            count = sum(struct.unpack_from("!HH", body, 2)) // 4
        fields = tuple(struct.unpack_from("!HH", body, head + 4 * i) for i in range(count))
        yield template, fields
        body = body[head + 4 * count :]


def read_sets(version, octets):
    while octets:
        id, length = struct.unpack_from("!HH", octets)
        body = octets[4:length]
        yield Set(id, body, tuple(read_templates(version, id, body)) if id < 256 else ())
        octets = octets[length:]


def read_message(octets):
    (version,) = struct.unpack_from("!H", octets)
    if version == 9:
        _, count, uptime, seconds, sequence, domain = struct.unpack_from("!HHIIII", octets)
        return Message(9, count, sequence, domain, uptime, seconds, tuple(read_sets(9, octets[20:])))
    _, length, seconds, sequence, domain = struct.unpack_from("!HHIII", octets)
    if length != len(octets):
        raise ValueError(f"a message of {len(octets)} octets says {length}")
    return Message(10, 0, sequence, domain, 0, seconds, tuple(read_sets(10, octets[16:])))


def records_of(messages):
    """For each message the data records in it: (template ID, element to octets).  A template holds from
    where it stands; padding is below 4 octets, as no record is."""
    templates = {}
    for message in messages:
        records = []
        for s in message.sets:
            templates.update(s.templates)
            if s.id >= 256:
                records += ((s.id, dict(fields)) for fields in _cut(templates[s.id], s.body))
        yield records


def _cut(fields, body):
    size = sum(length for _, length in fields)
    while len(body) >= size:
        at, record = 0, []
        for element, length in fields:
            record.append((element, body[at : at + length]))
            at += length
        yield record
        body = body[size:]


FLOWS = range(256, 300)  # template IDs of flows; above them those of options


def flows_of(messages):
    """How many records of flows each message has."""
    return [sum(id in FLOWS for id, _ in records) for records in records_of(messages)]
