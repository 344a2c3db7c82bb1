"""namespaces: network namespaces of a test's own, with what runs in them.

    with Namespaces("cli", "nat") as spaces:
        spaces.link("cli", "e0", "10.0.0.2/24", "nat", "i0", "10.0.0.1/24")
        spaces.run("nat", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        server = spaces.start("nat", "python3", "-c", SERVER)

At the end what was started and still runs is killed, and the namespaces are gone.

    if enter_own_mounts():
        …what is mounted from now on nobody else sees, and it goes with this process
"""

import os
import shutil
import subprocess
import sys

TIMEOUT_S = 60
OWN_MOUNTS = "TEST_HAS_OWN_MOUNTS"


def lacking(*tools):
    """Why a test that needs namespaces and these tools cannot run here, or None."""
    missing = [tool for tool in ("ip", *tools) if not shutil.which(tool)]
    if missing:
        return f"{', '.join(missing)} not installed"
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"weir{os.getpid()}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return f"no network namespace can be made: {made.stderr.strip()}" if made.returncode else None


def enter_own_mounts():
    """Starts the script anew in a mount namespace of its own, as root of a user namespace where it is not root.
    Whether it may mount: False where that is refused."""
    if os.environ.pop(OWN_MOUNTS, None):
        return True
    for options in ([], ["--user", "--map-root-user"]):
        prefix = ["unshare", "--mount", "--propagation", "private", *options]
        probe = [*prefix, "mount", "-t", "tmpfs", "none", "/mnt"]
        if shutil.which("unshare") and subprocess.run(probe, capture_output=True).returncode == 0:
            os.execvpe(prefix[0], [*prefix, sys.executable, *sys.argv], {**os.environ, OWN_MOUNTS: "yes"})
    return False


class Namespaces:
    def __init__(self, *names):
        self.names = {name: f"weir{os.getpid()}-{name}" for name in names}
        self.started = []

    def __enter__(self):
        for name in self.names:
            self._ip("netns", "add", self.names[name])
            self._ip("-n", self.names[name], "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait(TIMEOUT_S)
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)

    @staticmethod
    def _ip(*args):
        done = subprocess.run(["ip", *args], capture_output=True, text=True, timeout=TIMEOUT_S)
        if done.returncode:
            raise RuntimeError(f"ip {' '.join(args)}: {done.stderr.strip()}")

    def ip(self, name, *args):
        self._ip("-n", self.names[name], *args)

    def link(self, left, left_device, left_address, right, right_device, right_address):
        """Two ends of a veth, each with its address."""
        self.ip(left, "link", "add", left_device, "type", "veth", "peer", "name", right_device,
                "netns", self.names[right])  # fmt: skip
        for name, device, address in ((left, left_device, left_address), (right, right_device, right_address)):
            self.ip(name, "addr", "add", address, "dev", device)
            self.ip(name, "link", "set", device, "up")

    def command(self, name, *command):
        return ["ip", "netns", "exec", self.names[name], *map(str, command)]

    def run(self, name, *command, stdin=None):
        """Its standard output."""
        done = subprocess.run(self.command(name, *command), input=stdin, capture_output=True, text=True,
                              timeout=TIMEOUT_S)  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command}: exit status {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name, *command, **options):
        self.started.append(subprocess.Popen(self.command(name, *command), text=True, **options))
        return self.started[-1]
