# SPDX-License-Identifier: MPL-2.0
"""Three network namespaces and their cables, all with a prefix of one test:

    cli c0 --------- s0 srv        192.0.2.1/24 on s0; c0 has no address
    srv s1 --------- r0 rly        transit 198.18.0.1/15 and 198.18.0.2/15
    rly r1 --------- c1 cli        198.51.100.1/24 on r1; c1 has no address

and, after Net.farther(), a second relay behind the first:

    rly r2 --------- f0 far        transit 198.51.101.1/24 and 198.51.101.2/24
    far f1 --------- c2 cli        203.0.113.1/24 on f1; c2 has no address
"""
import contextlib
import ctypes
import os
import signal
import socket
import subprocess

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def ip(*args, check=True):
    return subprocess.run(["ip", *args], check=check, capture_output=not check, text=True)


class Net:
    def __init__(self, prefix):
        self.names = {n: f"{prefix}-{n}" for n in ("srv", "rly", "cli", "far")}

    def up(self):
        for name in ("srv", "rly", "cli"):
            self.host(name)
        self.cable("srv", "s0", "192.0.2.1/24", "cli", "c0")
        self.cable("srv", "s1", "198.18.0.1/15", "rly", "r0", "198.18.0.2/15")
        self.cable("rly", "r1", "198.51.100.1/24", "cli", "c1")
        self.ip("srv", "route", "add", "198.51.100.0/24", "via", "198.18.0.2")
        self.sysctl("rly", "net/ipv4/ip_forward", "1")

    def farther(self):
        self.host("far")
        self.cable("rly", "r2", "198.51.101.1/24", "far", "f0", "198.51.101.2/24")
        self.cable("far", "f1", "203.0.113.1/24", "cli", "c2")
        self.ip("srv", "route", "add", "203.0.113.0/24", "via", "198.18.0.2")
        self.ip("rly", "route", "add", "203.0.113.0/24", "via", "198.51.101.2")
        self.ip("far", "route", "add", "default", "via", "198.51.101.1")

    def host(self, name):
        ip("netns", "add", self.names[name])
        self.ip(name, "link", "set", "lo", "up")

    def cable(self, a_ns, a, a_address, b_ns, b, b_address=None):
        """A veth pair, both ends up."""
        ip("link", "add", a, "netns", self.names[a_ns], "type", "veth", "peer", "name", b, "netns", self.names[b_ns])
        for ns, dev, address in (a_ns, a, a_address), (b_ns, b, b_address):
            # no router solicitations and the like in the captures
            self.sysctl(ns, f"net/ipv6/conf/{dev}/disable_ipv6", "1")
            if address:
                self.ip(ns, "addr", "add", address, "dev", dev)
            self.ip(ns, "link", "set", dev, "up")

    def sysctl(self, ns, key, value):
        with self.inside(ns), contextlib.suppress(OSError), open(f"/proc/sys/{key}", "w", encoding="ascii") as f:
            f.write(value)

    def ip(self, ns, *args):
        return ip("-n", self.names[ns], *args)

    def exec(self, ns, args):
        """The command line that runs args in a namespace; the process is args[0] itself."""
        return ["ip", "netns", "exec", self.names[ns], *map(str, args)]

    @contextlib.contextmanager
    def inside(self, ns):
        """Sockets made here belong to the namespace for ever."""
        with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{self.names[ns]}", "rb") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(home.fileno(), CLONE_NEWNET)

    def mac(self, ns, dev):
        with self.inside(ns), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind((dev, 0))
            return s.getsockname()[4]

    def down(self):
        """Ends what still runs in these namespaces (nobody else is in there) and removes them."""
        there = set(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else ()
        for name in self.names.values():
            if name not in there:
                continue
            for pid in ip("netns", "pids", name, check=False).stdout.split():
                with contextlib.suppress(OSError):
                    os.kill(int(pid), signal.SIGKILL)
            ip("netns", "del", name, check=False)
