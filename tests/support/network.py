"""Hosts of a network on this machine that can be cut from each other: network namespaces on a bridge, as root."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from deploy.cluster.servers import Host
from laurel.servers import free_port

PREFIX = "lrl"
"""Of the names of bridges, links and namespaces."""


def can_separate() -> bool:
    """Whether hosts of our own can be made: as root, with `ip` and `iptables`, where the kernel allows it."""
    if os.geteuid() != 0 or not (shutil.which("ip") and shutil.which("iptables")):
        return False
    name = f"{PREFIX}{free_port()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        allowed = subprocess.run(
            ["ip", "netns", "exec", name, "iptables", "-L", "-n"], capture_output=True, check=False
        )
        subprocess.run(["ip", "netns", "del", name], check=False)
        return allowed.returncode == 0
    return False


def run(*command: str) -> None:
    """Run it, and say what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


class Separate(Host):
    """A host in a network namespace of its own."""

    def ignore(self, other: Host) -> None:
        """Take nothing any more that comes from the other; what goes there still does."""
        run(*self.command(("iptables", "-A", "INPUT", "-s", other.address, "-j", "DROP")))

    def heal(self) -> None:
        """Take everything again."""
        run(*self.command(("iptables", "-F", "INPUT")))


def cut(host: Host, others: Sequence[Separate], *, one_way: bool = False) -> None:
    """Cut a host from these, while everybody else still reaches it; one way, it does not hear them but they hear it."""
    for other in others:
        if other.address == host.address:
            for peer in others:
                if peer is not other:
                    other.ignore(peer)
        elif not one_way:
            other.ignore(host)


class Network:
    """A bridge with hosts on it, all of which this machine reaches."""

    def __init__(self) -> None:
        self.hosts: list[Separate] = []
        # Ports are handed out once, so the number keeps two networks of one machine apart.
        number = free_port()
        self._name, self._net = f"{PREFIX}{number}", f"10.{200 + (number >> 8) % 50}.{number & 255}"
        run("ip", "link", "add", self._name, "type", "bridge")
        run("ip", "addr", "add", f"{self._net}.254/24", "dev", self._name)
        run("ip", "link", "set", self._name, "up")
        # A machine with containers forwards nothing that it was not told to, between the hosts of a bridge neither.
        self._between = ("FORWARD", "-i", self._name, "-o", self._name, "-j", "ACCEPT")
        run("iptables", "-I", *self._between)

    def add(self) -> Separate:
        """One more host."""
        number = len(self.hosts) + 1
        namespace, link = f"{self._name}-{number}", f"{self._name}v{number}"
        host = Separate(f"{self._net}.{number}", ("ip", "netns", "exec", namespace))
        run("ip", "netns", "add", namespace)
        self.hosts.append(host)
        run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        run("ip", "link", "set", link, "master", self._name, "up")
        for command in (
            ("ip", "link", "set", "lo", "up"),
            ("ip", "addr", "add", f"{host.address}/24", "dev", "eth0"),
            ("ip", "link", "set", "eth0", "up"),
        ):
            run(*host.command(command))
        return host

    def remove(self) -> None:
        """Take it away, with its hosts; whatever ran there must have ended."""
        for host in self.hosts:
            subprocess.run(["ip", "netns", "del", host.prefix[-1]], check=False)
        subprocess.run(["ip", "link", "del", self._name], check=False)
        subprocess.run(["iptables", "-D", *self._between], check=False)
