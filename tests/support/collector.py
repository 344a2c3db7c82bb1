"""collector: a `weir collector` on a port of loopback that a test starts, asks and ends.

    with Collector(weir, work / "workspace") as collector:
        …send to ("127.0.0.1", collector.port)…
        collector.end()
        collector.query("Flows | count")
        collector.broken_books()  # [] where the ledger's equations hold
"""

import json
import re
import signal
import subprocess
import threading
import time

TIMEOUT_S = 60
LISTENING = re.compile(r"listening on 127\.0\.0\.1:(\d+)")
BOOKS = ("DatagramsOffered", "DatagramsDecoded", "DatagramsMalformed", "DatagramsNotAllowed", "DatagramsRefused",
         "RecordsDecoded", "RecordsStored", "RecordsRejected", "NatEvents", "NatEventsStored", "SetsParked", "SetsReplayed",
         "SetsExpired")  # fmt: skip
# One query, so that all of it is of one commit.
BOOKS_AND_ROWS = (
    f"union (CollectorLedger | summarize {', '.join(f'{name} = sum({name})' for name in BOOKS)}),"
    " (Flows | summarize Rows = sum(RecordCount)), (NatEvents | summarize EventRows = count())"
    f" | summarize {', '.join(f'sum({name})' for name in (*BOOKS, 'EventRows', 'Rows'))}"
)


class Collector:
    """A workspace, and at most one process at a time that collects into it."""

    def __init__(self, weir, workspace, *options):
        self.weir, self.workspace = str(weir), str(workspace)
        self.options = ("--ring", "4", *options)
        self.process = self.reader = self.port = None
        self.log = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(TIMEOUT_S)

    def command(self, *options):
        return [self.weir, "collector", "--workspace", self.workspace, *self.options, *options]

    def spawn(self, *options):
        return subprocess.Popen(
            self.command("--listen", "127.0.0.1:0", *options), stderr=subprocess.PIPE, text=True
        )  # fmt: skip

    def start(self, *options):
        """Returns once it collects; what it says afterwards goes to `log`, too."""
        self.process, self.log = self.spawn(*options), []
        for line in self.process.stderr:
            self.log.append(line.rstrip())
            if match := LISTENING.match(line):
                self.port = int(match[1])
            if line.startswith("collecting"):
                self.reader = threading.Thread(target=self._read_log, args=(self.process.stderr,), daemon=True)
                self.reader.start()
                return self
        raise RuntimeError(f"the collector ended with {self.process.wait(TIMEOUT_S)}: {self.log[-3:]}")

    def _read_log(self, stream):
        for line in stream:
            self.log.append(line.rstrip())

    def end(self, how=signal.SIGTERM):
        """The exit status of the process."""
        self.process.send_signal(how)
        status = self.process.wait(TIMEOUT_S)
        self.reader.join(TIMEOUT_S)
        return status

    def query(self, kql):
        command = [self.weir, "query", "--workspace", self.workspace, "--format", "json", kql]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode:
            raise RuntimeError(f"{kql}: exit status {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)["tables"][0]["rows"]

    def books(self):
        """The ledger's sums, as BOOKS has them, the rows of events, and the records in rows."""
        return [number or 0 for number in self.query(BOOKS_AND_ROWS)[0]]

    @staticmethod
    def broken(offered, decoded, malformed, not_allowed, refused, records, stored, rejected, events,
               events_stored, parked, replayed, expired, event_rows, rows):  # fmt: skip
        """The equations of the ledger that do not hold, in words."""
        broken = []
        if offered != decoded + malformed + not_allowed + refused:
            broken.append(f"{offered} offered, {decoded} decoded, {malformed} malformed, {not_allowed} not allowed,"
                          f" {refused} refused")  # fmt: skip
        if records != stored + rejected:
            broken.append(f"{records} records decoded, {stored} stored, {rejected} rejected")
        if parked < replayed + expired:
            broken.append(f"{parked} sets parked, {replayed} replayed, {expired} expired")
        if stored != rows:
            broken.append(f"{stored} records stored, {rows} in rows")
        if not events == events_stored == event_rows:
            broken.append(f"{events} events decoded, {events_stored} stored, {event_rows} rows")
        return broken

    def broken_books(self):
        return self.broken(*self.books())

    def wait_until(self, kql, wanted, seconds=10):
        """Asks until the first row of the answer is `wanted` or the time is over; returns the last one."""
        end = time.monotonic() + seconds
        while (got := self.query(kql)[0]) != wanted and time.monotonic() < end:
            time.sleep(0.1)
        return got
