# SPDX-License-Identifier: MPL-2.0
"""IPv6 addresses that appear late: link-local ones, ones still in duplicate address detection, and global ones named
in "interfaces". Served within a second after they become usable."""
import importlib
import time

from lib.case import test
from lib.server import config6

interfaces = importlib.import_module("35_interfaces")
Watch, conf6 = interfaces.Watch, interfaces.conf6


@test("late-link-local", families=(6,))
def late_link_local(t):
    """The interface has no link-local address at startup; it gets one, loses it, gets another."""
    t.net.ip("srv", "addr", "flush", "dev", "s0", "scope", "link")
    server = t.server(conf6(["s0"], ["s0"]))
    watch = Watch(t, server)
    t.eq(server.said("DHCPSRV_OPEN_SOCKET_FAIL .*no link-local address"), 1, "lines at startup")
    watch.change("addr", "add", "fe80::1/64", "dev", "s0", "nodad")
    watch.served()
    watch.change("addr", "del", "fe80::1/64", "dev", "s0")
    watch.change("addr", "add", "fe80::9/64", "dev", "s0", "nodad")
    watch.served()


@test("tentative-link-local", families=(6,))
def tentative(t):
    """Duplicate address detection for the link-local address is running when the server starts: served once it ends."""
    t.net.ip("srv", "link", "set", "s0", "down")
    for key, value in (("accept_dad", "1"), ("dad_transmits", "3")):
        t.net.sysctl("srv", f"net/ipv6/conf/s0/{key}", value)
    t.net.ip("srv", "link", "set", "s0", "up")

    def link_local():
        return t.net.ip("srv", "-6", "-o", "addr", "show", "dev", "s0", "scope", "link")
    t.wait("a link-local address", link_local, 5, 0.01)
    server = t.server(conf6(["s0"], ["s0"]))
    shown = link_local()
    t.true("tentative" in shown, f"the check ended too early to prove anything: {shown}")
    t.eq(server.said("DHCPSRV_OPEN_SOCKET_FAIL .*still being checked"), 1, "lines at startup")
    t.net.link_local("srv", "s0")
    over = time.monotonic()
    server.wait_log("DHCPSRV_CFGMGR_ADD_IFACE listening on interface s0", 1, 2)
    took = time.monotonic() - over
    t.true(took < interfaces.SERVED_WITHIN, f"seen after {took:.2f} s")
    Watch(t, server).served()


@test("late-global", families=(6,))
def late_global(t):
    """"s1/2001:db8:ff::7" does not exist at startup: the rest is served, and relays that unicast to it once it
    exists."""
    server = t.server(config6(**{"interfaces-config": {"interfaces": ["s0", "s1/2001:db8:ff::7"]}}))
    watch = Watch(t, server)
    t.eq(server.said("DHCPSRV_OPEN_SOCKET_FAIL .*s1.*2001:db8:ff::7.*does not have this address"), 1, "lines at startup")
    watch.served()

    def relayed():
        """Three exchanges through a relay that unicasts; the exit code says whether all got a response."""
        p = t.start("rly", [t.env["builddir"] + "/perfdhcp", "-6", "-l", "r0", "-A", "1", "-r", "50", "-n", "3", "-d", "0.3",
                            "2001:db8:ff::7"])
        return p.wait(10) == 0
    t.eq(relayed(), False, "served at an address that does not exist")
    watch.change("addr", "add", "2001:db8:ff::7/64", "dev", "s1", "nodad", lines=2)
    t.eq(relayed(), True, "served at the new address")
    watch.change("addr", "del", "2001:db8:ff::7/64", "dev", "s1", lines=2)
    t.eq(relayed(), False, "served at the removed address")
    watch.served()


@test("global-without-link-local", families=(6,))
def global_without_link_local(t):
    """An address named in "interfaces" is served while the interface has no link-local address; clients on the link
    are served from when it gets one until it loses it."""
    def flush():
        t.net.ip("srv", "addr", "flush", "dev", "s1", "scope", "link")
    t.net.ip("rly", "addr", "add", "fe80::77/64", "dev", "r0", "nodad")
    flush()
    server = t.server(config6(**{"interfaces-config": {"interfaces": ["s1", "s1/2001:db8:ff::1"]}}))
    t.eq(server.said("interface s1.*no link-local address"), 1, "lines about the link-local address")

    def relayed(to="2001:db8:ff::1"):
        p = t.start("rly", [t.env["builddir"] + "/perfdhcp", "-6", "-l", "r0", "-A", "1", "-r", "50", "-n", "3", "-d", "0.3", to])
        return p.wait(10) == 0

    def multicast():
        p = t.start("rly", [t.env["builddir"] + "/perfdhcp", "-6", "-l", "r0", "-r", "50", "-n", "3", "-d", "0.3", "all"])
        return p.wait(10) == 0
    t.eq(relayed(), True, "served at the global address without a link-local one")
    t.eq(multicast(), False, "multicasts are served without a link-local address")
    t.net.ip("srv", "addr", "add", "fe80::1/64", "dev", "s1", "nodad")
    t.wait("multicasts to be served", multicast, 5, 0.1)
    t.eq(relayed(), True, "served at the global address")
    flush()
    t.wait("multicasts not to be served", lambda: not multicast(), 5, 0.1)
    t.eq(relayed(), True, "served at the global address after the link-local one is gone")


@test("interface-not-named", families=(6,))
def interface_not_named(t):
    """The subnet of the server's own link does not name its interface: a warning at startup, none once it does."""
    subnet = {"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/80"}]}
    keys = {"interfaces-config": {"interfaces": ["s0", "s1"]}}
    server = t.server(config6(subnets=[subnet], **keys))
    warning = r"WARN .*DHCP6_INTERFACE_NOT_SERVED .*interface s0.*2001:db8:1::/64 \(id 1\).*2001:db8:1::1.*\"interface\": \"s0\""
    t.eq(server.said(warning), 1, "warnings about s0")
    t.eq(server.said("DHCP6_INTERFACE_NOT_SERVED"), 1, "warnings")
    server.reload(config6(subnets=[dict(subnet, interface="s0")], **keys))
    server.wait_log("DHCP6_DYNAMIC_RECONFIGURATION_SUCCESS")
    t.eq(server.said("DHCP6_INTERFACE_NOT_SERVED"), 1, "warnings after the reload")
