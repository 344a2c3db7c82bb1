"""benching: what the scripts of this directory share."""

import ctypes
import os
import socket
import subprocess
import time


class Failed(Exception):
    """Something could not be measured."""


def usage_of(child):
    """Waits for a process; returns its exit status, CPU seconds and largest resident octets."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def adopt_orphans():
    """Processes that a collector leaves behind become ours, so that what they used counts."""
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def usage_of_all(child, seconds):
    """Waits for a process and all that it left behind, or kills it after so many seconds; returns
    its exit status, the CPU seconds of all, and the largest resident octets of one."""
    end = time.monotonic() + seconds
    status, cpu, resident = None, 0, 0
    while True:
        try:
            pid, how, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return status, cpu, resident
        if pid == 0:
            if time.monotonic() > end:
                child.kill()
            time.sleep(0.02)
            continue
        if pid == child.pid:
            status = child.returncode = os.waitstatus_to_exitcode(how)
        cpu += usage.ru_utime + usage.ru_stime
        resident = max(resident, usage.ru_maxrss * 1024)


def cpu_so_far(pid):
    """CPU seconds of a running process, its threads included."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(command, **options):
    """Runs a command; returns its output, CPU seconds, wall seconds and largest resident octets."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    out, err = child.stdout.read(), child.stderr.read()
    status, cpu, resident = usage_of(child)
    if status:
        raise Failed(f"{' '.join(map(str, command))}: {err.decode(errors='replace').strip()}")
    return out, cpu, time.monotonic() - start, resident


def build(directory, *names):
    """Makes the programs of this directory that are asked for; returns where they are."""
    programs = directory / "tests/bench"
    subprocess.run(["ninja", "-C", directory, "--quiet", *(f"tests/bench/{n}" for n in names)], check=True)
    return programs


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Table:
    """Lines of: what, measured, aim, ratio."""

    def __init__(self):
        print(f"{'':52} {'measured':>12} {'aim':>8}  ratio")

    def line(self, what, value, unit, aim=None, at_least=False):
        """`at_least`: more is better."""
        text = f"{what:52} {value:9.3f} {unit:<9}"
        if aim is not None:
            missed = value < aim if at_least else value > aim
            text += f"{aim:>6} {value / aim:6.2f}{'  MISSED' if missed else ''}"
        print(text, flush=True)
