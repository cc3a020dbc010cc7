# SPDX-License-Identifier: MPL-2.0
"""Three network namespaces and the links between them, all with the prefix of one test:

    cli c0 --------- s0 srv        192.0.2.1/24 on s0; c0 has no address
    srv s1 --------- r0 rly        transit 198.18.0.1/15 and 198.18.0.2/15
    rly r1 --------- c1 cli        198.51.100.1/24 on r1; c1 has no address

and, after Net.farther(), a second relay behind the first:

    rly r2 --------- f0 far        transit 198.51.101.1/24 and 198.51.101.2/24
    far f1 --------- c2 cli        203.0.113.1/24 on f1; c2 has no address

Net(prefix, 6) has IPv6 instead, with a link-local address everywhere and without duplicate address detection:
2001:db8:1::1/64 on s0, 2001:db8:ff::1 and ::2 on the transit, 2001:db8:2::1 on r1, and farther
2001:db8:3::1 and ::2 on the second transit, 2001:db8:4::1 on f1.
"""
import contextlib
import ctypes
import ipaddress
import os
import signal
import socket
import subprocess
import time

CLONE_NEWNET = 0x40000000
# The far end of each link is the client's, or has the second address.
LINKS = {4: {"s0": "192.0.2.1/24", "s1": "198.18.0.1/15", "r0": "198.18.0.2/15", "r1": "198.51.100.1/24",
             "r2": "198.51.101.1/24", "f0": "198.51.101.2/24", "f1": "203.0.113.1/24"},
         6: {"s0": "2001:db8:1::1/64", "s1": "2001:db8:ff::1/64", "r0": "2001:db8:ff::2/64", "r1": "2001:db8:2::1/64",
             "r2": "2001:db8:3::1/64", "f0": "2001:db8:3::2/64", "f1": "2001:db8:4::1/64"}}
FORWARDING = {4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding"}
libc = ctypes.CDLL(None, use_errno=True)


def ip(*args, check=True):
    return subprocess.run(["ip", *args], check=check, stdout=subprocess.PIPE, stderr=None if check else subprocess.PIPE, text=True)


@contextlib.contextmanager
def inside(name):
    """Sockets created here belong to the namespace of that name permanently."""
    with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{name}", "rb") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


def remove(name):
    """Kills what still runs in this namespace (only this test uses it) and removes it."""
    for pid in ip("netns", "pids", name, check=False).stdout.split():
        with contextlib.suppress(OSError):
            os.kill(int(pid), signal.SIGKILL)
    ip("netns", "del", name, check=False)


def is_listening(path):
    """True if there is a server at this unix socket: its file is there a moment before connections are accepted."""
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(path) == 0


class Net:
    def __init__(self, prefix, digit=4):
        self.names = {n: f"{prefix}-{n}" for n in ("srv", "rly", "cli", "far")}
        self.digit = digit

    def up(self):
        for name in ("srv", "rly", "cli"):
            self.host(name)
        self.cable("srv", "s0", "cli", "c0")
        self.cable("srv", "s1", "rly", "r0")
        self.cable("rly", "r1", "cli", "c1")
        self.route("srv", "r1", "r0")
        self.sysctl("rly", FORWARDING[self.digit], "1")

    def farther(self):
        self.host("far")
        self.cable("rly", "r2", "far", "f0")
        self.cable("far", "f1", "cli", "c2")
        self.route("srv", "f1", "r0")
        self.route("rly", "f1", "f0")
        self.ip("far", "route", "add", "default", "via", self.address("r2"))
        if self.digit == 6:
            self.route("srv", "r2", "r0")

    def address(self, dev):
        return LINKS[self.digit][dev].split("/")[0]

    def route(self, ns, there, via):
        net = str(ipaddress.ip_network(LINKS[self.digit][there], strict=False))
        self.ip(ns, "route", "add", net, "via", self.address(via))

    def host(self, name):
        ip("netns", "add", self.names[name])
        self.ip(name, "link", "set", "lo", "up")

    def cable(self, a_ns, a, b_ns, b):
        """A veth pair, both ends up, with the addresses of LINKS."""
        ip("link", "add", a, "netns", self.names[a_ns], "type", "veth", "peer", "name", b, "netns", self.names[b_ns])
        for ns, dev in (a_ns, a), (b_ns, b):
            self.dev_up(ns, dev)
            if dev in LINKS[self.digit]:
                self.ip(ns, "addr", "add", LINKS[self.digit][dev], "dev", dev)
        if self.digit == 6:
            for ns, dev in (a_ns, a), (b_ns, b):
                self.link_local(ns, dev)

    def dev_up(self, ns, dev):
        if self.digit == 4:  # no router solicitations etc. in the captures
            self.sysctl(ns, f"net/ipv6/conf/{dev}/disable_ipv6", "1")
        else:
            for key in ("accept_dad", "dad_transmits", "accept_ra", "router_solicitations"):
                self.sysctl(ns, f"net/ipv6/conf/{dev}/{key}", "0")
        self.ip(ns, "link", "set", dev, "up")

    def link_local(self, ns, dev):
        """Returns the link-local address, once it is usable."""
        for _ in range(200):
            for line in self.ip(ns, "-6", "-o", "addr", "show", "dev", dev, "scope", "link").splitlines():
                if "tentative" not in line:
                    return line.split()[3].split("/")[0]
            time.sleep(0.02)
        raise OSError(f"no link-local address on {dev} of {ns}")

    def sysctl(self, ns, key, value):
        with self.inside(ns), contextlib.suppress(OSError), open(f"/proc/sys/{key}", "w", encoding="ascii") as f:
            f.write(value)

    def ip(self, ns, *args):
        return ip("-n", self.names[ns], *args).stdout

    def exec(self, ns, args):
        """The command line that runs args in a namespace; args[0] is the process itself."""
        return ["ip", "netns", "exec", self.names[ns], *map(str, args)]

    def inside(self, ns):
        return inside(self.names[ns])

    def mac(self, ns, dev):
        with self.inside(ns), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
            s.bind((dev, 0))
            return s.getsockname()[4]

    def down(self):
        there = set(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else ()
        for name in self.names.values():
            if name in there:
                remove(name)
