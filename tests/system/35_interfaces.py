# SPDX-License-Identifier: MPL-2.0
"""Interfaces that appear late, disappear, or are renamed: served within a second, with one log line per change."""
import time

from lib import dhcp
from lib.case import test
from lib.server import Server, config, config6

CHANGES = r"(CFGMGR_ADD_IFACE|DHCP[46]_CLOSE_SOCKET|DHCP[46]_RENAMED_SOCKET)\b"
SERVED_WITHIN = 1.0


def conf(names, **interfaces):
    """One subnet, not bound to an interface."""
    return config(subnets=[{"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.199"}]}],
                  **{"interfaces-config": dict(interfaces=names, **interfaces)})


def conf6(names, devs, **interfaces):
    """A subnet for each of devs, identified only by the interface name."""
    return config6(subnets=[{"id": i, "subnet": f"2001:db8:{i}::/64", "interface": dev, "pools": [{"pool": f"2001:db8:{i}::/80"}]}
                            for i, dev in enumerate(devs, 1)],
                   **{"interfaces-config": dict(interfaces=names, **interfaces)})


def conf_of(t, names, devs):
    return conf(names) if t.fam.digit == 4 else conf6(names, devs)


class Watch:
    """Counts the log lines about changes, and sends requests as a client until it gets a response."""

    def __init__(self, t, server):
        self.t, self.server, self.n, self.count = t, server, server.said(CHANGES), 0

    def change(self, *args, lines=1, ns="srv"):
        self.t.net.ip(ns, *args)
        if self.t.fam.digit == 6 and args[-1] == "up":
            self.t.net.link_local(ns, args[-2])  # the kernel takes up to a second
        start = time.monotonic()
        if lines:
            self.server.wait_log(CHANGES, self.n + lines, SERVED_WITHIN + 1)
        took = time.monotonic() - start
        self.t.true(took < SERVED_WITHIN, f"{args}: seen after {took:.2f} s")
        time.sleep(0.3)
        self.t.eq(self.server.said(CHANGES), self.n + lines, f"lines about {' '.join(args)}")
        self.n += lines

    def served(self, dev="c0", want=True):
        self.count += 1
        client = self.t.fam.client(self.t, 256 + self.count, dev=dev)
        self.t.eq(client.offered(SERVED_WITHIN if want else 0.3), want, f"client {self.count} on {dev} is served")


@test("late-address")
def late_address(t):
    """The interface has no address at startup; it gets one, loses it, gets another."""
    t.net.ip("srv", "addr", "flush", "dev", "s0")
    server = t.server(conf(["s0"]))
    watch = Watch(t, server)
    t.eq(server.said("DHCPSRV_OPEN_SOCKET_FAIL .*no IPv4 address"), 1, "lines at startup")
    watch.change("addr", "add", "192.0.2.1/24", "dev", "s0")
    watch.served()
    watch.change("addr", "add", "192.0.2.2/24", "dev", "s0")
    watch.served()
    watch.change("addr", "del", "192.0.2.2/24", "dev", "s0")
    watch.served()
    watch.change("addr", "del", "192.0.2.1/24", "dev", "s0")
    watch.served(want=False)
    watch.change("addr", "add", "192.0.2.9/24", "dev", "s0")
    watch.served()


@test("late-link", families=(4, 6))
def late_link(t):
    """The link is down at startup; it comes up, goes down, comes up."""
    t.net.ip("srv", "link", "set", "s0", "down")
    watch = Watch(t, t.server(conf_of(t, ["s0"], ["s0"])))
    watch.change("link", "set", "s0", "up")
    watch.served()
    watch.change("link", "set", "s0", "down")
    watch.change("link", "set", "s0", "up")
    watch.served()


@test("late-interface", families=(4, 6))
def late_interface(t):
    """The interface does not exist at startup; it is created, deleted, created again, with a pattern and by name."""
    server = t.server(conf_of(t, ["wan*", "lan1"], ["wan7", "lan1"]))
    watch = Watch(t, server)
    t.eq(server.said("DHCPSRV_OPEN_SOCKET_FAIL"), 2, "warnings at startup")
    for dev, peer in (("wan7", "cw"), ("lan1", "cl")):
        for _ in range(2):
            watch.change("link", "add", dev, "type", "veth", "peer", "name", peer, "netns", t.net.names["cli"], lines=0)
            t.net.dev_up("cli", peer)
            if t.fam.digit == 4:
                watch.change("link", "set", dev, "up", lines=0)
                watch.change("addr", "add", "192.0.2.1/24", "dev", dev)
            else:  # the link-local address is added automatically
                t.net.dev_up("srv", dev)
                watch.change("link", "set", dev, "up")
                t.net.link_local("cli", peer)
            watch.served(dev=peer)
            watch.change("link", "del", dev)


@test("renamed-interface")
def renamed(t):
    """An interface is renamed: within a pattern, out of it and into it."""
    t.net.ip("srv", "link", "set", "s0", "down")
    t.net.ip("srv", "link", "set", "s0", "name", "lan-a")
    t.net.ip("srv", "link", "set", "lan-a", "up")
    server = t.server(conf(["lan-*"]))
    watch = Watch(t, server)
    watch.served()

    def rename(old, new, lines):
        for args in (("link", "set", old, "down"), ("link", "set", old, "name", new)):
            t.net.ip("srv", *args)
        watch.change("link", "set", new, "up", lines=lines)

    rename("lan-a", "lan-b", 1)
    t.eq(server.said("DHCP4_RENAMED_SOCKET .*lan-a.*lan-b"), 1, "the line about the name")
    watch.served()
    rename("lan-b", "other", 1)
    watch.served(want=False)
    rename("other", "lan-c", 1)
    watch.served()


@test("unrelated-changes", families=(4, 6))
def unrelated(t):
    """Irrelevant changes are not logged, and lose nothing: 20 changes elsewhere under load."""
    server = t.server(conf_of(t, ["s0"], ["s0"]))
    watch = Watch(t, server)
    for i in range(20):
        t.net.ip("srv", "link", "add", f"x{i}", "type", "veth", "peer", "name", f"y{i}")
        watch.served()
        t.net.ip("srv", "link", "del", f"x{i}")
    time.sleep(0.4)
    t.eq(server.said(CHANGES), watch.n, "lines")


@test("re-detect-off")
def re_detect_off(t):
    """re-detect false: a new address is only used after a reload."""
    t.net.ip("srv", "addr", "flush", "dev", "s0")
    server = t.server(conf(["s0"], **{"re-detect": False}))
    watch = Watch(t, server)
    watch.change("addr", "add", "192.0.2.1/24", "dev", "s0", lines=0)
    watch.served(want=False)
    server.reload()
    server.wait_log("DHCP4_DYNAMIC_RECONFIGURATION_SUCCESS")
    watch.served()


@test("require-all")
def require_all(t):
    """service-sockets-require-all: no start unless all are open; with retries it starts when the rest appears, or
    ends."""
    server = Server(t, conf(["s0", "nope"], **{"service-sockets-require-all": True}))
    process = server.launch()
    t.true(process.wait(8) != 0, "exit code 0")
    t.match("there is no such interface", process.log(), "what it says")
    t.match("failed to initialize Kea", process.log(), "what it says")
    retry = {"service-sockets-require-all": True, "service-sockets-max-retries": 3, "service-sockets-retry-wait-time": 300}
    server.configure(conf(["s0", "nope"], **retry))
    process = server.launch()
    t.true(process.wait(8) != 0, "exit code 0 after the retries")
    t.match("after all retries", process.log(), "what it says")
    # a reload that cannot open all is rejected
    server.configure(conf(["s0"]))
    server.start()
    server.reload(conf(["s0", "nope"], **{"service-sockets-require-all": True}))
    server.wait_log("DHCP4_DYNAMIC_RECONFIGURATION_FAIL")
    Watch(t, server).served()


@test("retry-busy-port")
def retry_busy_port(t):
    """Another program has the port: retried as often as configured, and served once the port is free."""
    holder = t.start("srv", ["python3", "-c",
                             "import socket,time; s=socket.socket(2,2); s.bind(('192.0.2.1',67)); time.sleep(50)"])
    time.sleep(0.3)
    server = t.server(conf(["s0"], **{"service-sockets-max-retries": 50, "service-sockets-retry-wait-time": 200}))
    watch = Watch(t, server)
    t.eq(server.said("DHCPSRV_OPEN_SOCKET_FAIL .*another DHCP server"), 1, "warnings")
    watch.served(want=False)
    time.sleep(0.5)
    holder.stop(9)
    server.wait_log("DHCPSRV_CFGMGR_ADD_IFACE .*s0", 1, 2)
    t.eq(server.said("DHCPSRV_OPEN_SOCKET_FAIL"), 1, "warnings in all")
    watch.served()


@test("use-routing", needs=["dhcrelay", "dhclient"])
def use_routing(t):
    """outbound-interface use-routing: a response follows the routing table instead of the path of the query."""
    t.net.ip("srv", "link", "add", "back0", "type", "veth", "peer", "name", "back1", "netns", t.net.names["rly"])
    t.net.ip("srv", "addr", "add", "203.0.113.1/24", "dev", "back0")
    t.net.ip("srv", "link", "set", "back0", "up")
    t.net.ip("rly", "addr", "add", "203.0.113.2/24", "dev", "back1")
    t.net.ip("rly", "link", "set", "back1", "up")
    for key in ("all", "back1", "r0"):
        t.net.sysctl("rly", f"net/ipv4/conf/{key}/rp_filter", "0")
    t.net.ip("srv", "route", "replace", "198.51.100.0/24", "via", "203.0.113.2")
    ways = {}
    for kind, outbound in (("udp", "use-routing"), ("udp", "same-as-inbound"), ("raw", "use-routing"), ("raw", "same-as-inbound")):
        c = config()
        c["Dhcp4"]["interfaces-config"] = {"interfaces": ["s0", "s1"], "dhcp-socket-type": kind, "outbound-interface": outbound}
        server = t.server(c, folder=t.path(kind + outbound))
        taps = {dev: dhcp.Tap(t.net, "srv", dev) for dev in ("s1", "back0")}
        with t.net.inside("rly"):
            import socket
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("198.18.0.2", 67))
        message = bytes([1, 1, 6, 1]) + b"abcd" + bytes(16) + dhcp.ip4("198.51.100.1") + bytes([2, 0, 0, 0, 3, 1]) + bytes(202)
        message = message[:236] + dhcp.COOKIE + bytes([53, 1, 1, 255])
        sock.sendto(message.ljust(300, b"\0"), ("198.18.0.1", 67))
        way = t.wait("a response", lambda: [d for d, tap in taps.items() if any(m.op == 2 for m in tap.messages())] or
                     ((kind, outbound) == ("udp", "same-as-inbound") and ["none yet"]), 3)
        ways[kind, outbound] = way
        sock.close()
        server.stop()
    t.eq(ways["udp", "use-routing"], ["back0"], "outgoing interface")
    t.eq(ways["raw", "use-routing"], ["back0"], "outgoing interface with packet sockets")
    t.eq(ways["raw", "same-as-inbound"], ["s1"], "outgoing interface with packet sockets, same-as-inbound")
    t.true(ways["udp", "same-as-inbound"] != ["back0"], "same-as-inbound: the response left on another interface")
