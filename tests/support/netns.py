"""netns: network namespaces of a test's own, joined by veth pairs.

A namespace lives as long as a process of ours that was started in it, so nothing is left when the
test ends, however it ends.  Who is not root gets a user namespace first, where the kernel allows it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SECONDS = 300  # that a namespace lives at most
IN_OWN_NAMESPACE = "WEIR_TEST_NETNS"


def enter_own():
    """Starts the script anew in a network namespace of its own; returns None there, and where that
    cannot be, why."""
    if IN_OWN_NAMESPACE in os.environ:
        run("ip", "link", "set", "lo", "up")
        return None
    missing = [tool for tool in ("ip", "unshare", "nsenter") if not shutil.which(tool)]
    if missing:
        return f"{', '.join(missing)} not installed"
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        return "network namespaces cannot be made here"
    os.environ[IN_OWN_NAMESPACE] = "1"
    os.execvp("unshare", [*unshare, sys.executable, *sys.argv])


def is_borrowed():
    """Whether we are root in a user namespace of our own only, where nobody else is."""
    return Path("/proc/self/uid_map").read_text().split()[2] == "1"


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


class Namespace:
    """Another network namespace, for use with `with`."""

    def __enter__(self):
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", f"echo; exec sleep {SECONDS}"], stdout=subprocess.PIPE
        )
        self.process.stdout.readline()
        self.run("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @property
    def enter(self):
        """What to put in front of a command."""
        return ["nsenter", "--target", str(self.process.pid), "--net"]

    def run(self, *command):
        return run(*self.enter, *command)

    def popen(self, *command, **options):
        return subprocess.Popen([*self.enter, *command], **options)


def veth(here, there, namespace):
    """A pair of interfaces, of which `there` is put into the namespace; both still down."""
    run("ip", "link", "add", here, "type", "veth", "peer", "name", there)
    run("ip", "link", "set", there, "netns", str(namespace.process.pid))
