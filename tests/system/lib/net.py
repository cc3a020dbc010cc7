# SPDX-License-Identifier: MPL-2.0
"""Three network namespaces and their cables, all with a prefix of one test:

    cli c0 --------- s0 srv        192.0.2.1/24 on s0; c0 has no address
    srv s1 --------- r0 rly        transit 198.18.0.1/15 and 198.18.0.2/15
    rly r1 --------- c1 cli        198.51.100.1/24 on r1; c1 has no address
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
        self.names = {n: f"{prefix}-{n}" for n in ("srv", "rly", "cli")}

    def up(self):
        for name in self.names.values():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        for a, na, b, nb in (("s0", "srv", "c0", "cli"), ("s1", "srv", "r0", "rly"), ("r1", "rly", "c1", "cli")):
            ip("link", "add", a, "netns", self.names[na], "type", "veth", "peer", "name", b, "netns", self.names[nb])
            for dev, ns in ((a, na), (b, nb)):
                # no router solicitations and the like in the captures
                self.sysctl(ns, f"net/ipv6/conf/{dev}/disable_ipv6", "1")
        for ns, dev, addr in (("srv", "s0", "192.0.2.1/24"), ("srv", "s1", "198.18.0.1/15"),
                              ("rly", "r0", "198.18.0.2/15"), ("rly", "r1", "198.51.100.1/24")):
            ip("-n", self.names[ns], "addr", "add", addr, "dev", dev)
        for ns, dev in (("srv", "s0"), ("srv", "s1"), ("rly", "r0"), ("rly", "r1"), ("cli", "c0"), ("cli", "c1")):
            ip("-n", self.names[ns], "link", "set", dev, "up")
        ip("-n", self.names["srv"], "route", "add", "198.51.100.0/24", "via", "198.18.0.2")
        self.sysctl("rly", "net/ipv4/ip_forward", "1")

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
        for name in self.names.values():
            for pid in ip("netns", "pids", name, check=False).stdout.split():
                with contextlib.suppress(OSError):
                    os.kill(int(pid), signal.SIGKILL)
            ip("netns", "del", name, check=False)
