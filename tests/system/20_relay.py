# SPDX-License-Identifier: MPL-2.0
"""Common relays and load generators."""
import importlib

from lib import dhcp
from lib.case import test
from lib.dhcp import ip4
from lib.server import config

clients = importlib.import_module("10_clients")


def relay(t, ns, *args):
    """A running relay: its socket on port 67 exists."""
    p = t.start(ns, args)

    def listens():
        with open(f"/proc/{p.pid}/net/udp", encoding="ascii") as f:
            return ":0043 " in f.read()
    t.wait(f"{args[0]} to listen", lambda: listens() or not p.alive())
    return p


@test("dhcrelay-option-82", needs=["dhcrelay", "dhclient"])
def dhcrelay_option_82(t):
    """A relay adds option 82: the server selects the relay's subnet and echoes the option, complete and last."""
    server = t.server()
    tap = dhcp.Tap(t.net, "srv", "s1")
    relay(t, "rly", "dhcrelay", "-4", "-d", "-a", "-iu", "r0", "-id", "r1", "198.18.0.1")
    client = clients.Dhclient(t, dev="c1")
    client.start()
    address, *rest = client.wait("BOUND")
    t.eq(rest[0], "routers=198.51.100.1", "router")
    t.eq(server.held()[address]["subnet_id"], "2", "subnet")
    seen = tap.messages()
    asked = {m.xid: m.option(82) for m in seen if m.op == 1}
    answers = [m for m in seen if m.op == 2]
    t.true(asked and all(asked.values()), "the relay added no option 82")
    t.eq(sorted({m.type for m in answers}), [dhcp.OFFER, dhcp.ACK], "responses")
    for m in answers:
        t.eq(m.option(82), asked[m.xid], "option 82 of the response")
        t.eq(m.options[-1][0], 82, "last option")
        t.eq((m.dst, m.dport, m.giaddr), ("198.51.100.1", 67, "198.51.100.1"), "destination of the response")


def hops(tap):
    """Messages between relays and server; a retransmission counts once."""
    return {(m.xid, m.type): m for m in tap.messages() if m.giaddr != "0.0.0.0"}.values()


def by_giaddr_alone(t, *args):
    """A relay without option 82: lease, options, the path of the responses, and a renewal past the relay."""
    server = t.server(config(**{**t.no_cache, "min-valid-lifetime": 12}))
    tap = dhcp.Tap(t.net, "srv", "s1")
    relay(t, "rly", *args)
    client = clients.Dhclient(t, dev="c1", conf="send dhcp-lease-time 12;\n") # renewed before T2 on a busy host, too
    client.start()
    address, *rest = client.wait("BOUND")
    t.net.ip("cli", "route", "add", "198.18.0.0/15", "via", "198.51.100.1")
    t.eq((rest[0], rest[-1]), ("routers=198.51.100.1", "time=12"), "router and lifetime")
    seen = hops(tap)
    t.eq([m.type for m in seen], [dhcp.DISCOVER, dhcp.OFFER, dhcp.REQUEST, dhcp.ACK], "what was relayed")
    t.eq({(m.giaddr, m.option(82)) for m in seen}, {("198.51.100.1", None)}, "giaddr and option 82")
    for m in seen:
        if m.op == 2:
            t.eq((m.dst, m.dport, m.yiaddr), ("198.51.100.1", 67, address), "destination of the response")
            t.eq(m.option(54), ip4("198.18.0.1"), "server id")
    t.eq(client.wait("RENEW")[0], address, "address after the renewal")
    renewal = [(m.type, m.src, m.dst, m.dport) for m in tap.messages() if m.giaddr == "0.0.0.0"]
    t.eq(renewal, [(dhcp.REQUEST, address, "198.18.0.1", 67), (dhcp.ACK, "198.18.0.1", address, 68)], "renewal")
    row = server.held()[address]
    t.eq((row["subnet_id"], row["hwaddr"], row["valid_lifetime"]),
         ("2", t.net.mac("cli", "c1").hex(":"), "12"), "subnet, hardware address and lifetime in the lease file")


@test("dnsmasq-relay", needs=["dnsmasq", "dhclient"])
def dnsmasq_relay(t):
    """dnsmasq as a relay: a lease by giaddr only, the client renews with the server directly."""
    by_giaddr_alone(t, "dnsmasq", "-d", "-C", "/dev/null", "--port=0", "--user=root",
                    "--dhcp-relay=198.51.100.1,198.18.0.1")


@test("dhcp-helper-relay", needs=["dhcp-helper", "dhclient"])
def dhcp_helper_relay(t):
    """dhcp-helper as a relay: a lease by giaddr only, the client renews with the server directly."""
    by_giaddr_alone(t, "dhcp-helper", "-n", "-r", t.path("dhcp-helper.pid"), "-s", "198.18.0.1", "-i", "r1")


@test("dhcrelay-link-selection", needs=["dhcrelay", "dhclient"])
def dhcrelay_link_selection(t):
    """RFC 3527: giaddr is the relay's uplink, option 82.5 names the client's link and selects the subnet."""
    server = t.server()
    tap = dhcp.Tap(t.net, "srv", "s1")
    relay(t, "rly", "dhcrelay", "-4", "-d", "-a", "-U", "r0", "-id", "r1", "198.18.0.1")
    client = clients.Dhclient(t, dev="c1")
    client.start()
    address, *rest = client.wait("BOUND")
    t.eq(rest[0], "routers=198.51.100.1", "router")
    t.eq(server.held()[address]["subnet_id"], "2", "subnet")
    for m in hops(tap):
        t.eq(m.giaddr, "198.18.0.2", "giaddr")
        t.eq(m.option(82), b"\x01\x02r1\x05\x04" + ip4("198.51.100.1"), "option 82: circuit and link")
        if m.op == 2:
            t.eq((m.dst, m.dport, m.yiaddr), ("198.18.0.2", 67, address), "destination of the response")


@test("two-relays", needs=["dhcrelay", "dhclient"], beyond_kea="it mixes up the sub-options of two")
def two_relays(t):
    """Two relays in a row: the first one's giaddr selects the subnet, the option 82 of both comes back, in order."""
    t.net.farther()
    server = t.server(config(subnets=[
        {"id": 1, "subnet": "198.51.101.0/24", "pools": [{"pool": "198.51.101.100 - 198.51.101.199"}]},
        {"id": 4, "subnet": "203.0.113.0/24", "pools": [{"pool": "203.0.113.100 - 203.0.113.199"}],
         "option-data": [{"name": "routers", "data": "203.0.113.1"}]}]))
    tap = dhcp.Tap(t.net, "srv", "s1")
    relay(t, "rly", "dhcrelay", "-4", "-d", "-a", "-m", "append", "-iu", "r0", "-id", "r2", "198.18.0.1")
    relay(t, "far", "dhcrelay", "-4", "-d", "-a", "-iu", "f0", "-id", "f1", "198.51.101.1")
    client = clients.Dhclient(t, dev="c2")
    client.start()
    address, *rest = client.wait("BOUND")
    t.eq(rest[0], "routers=203.0.113.1", "router")
    t.eq(server.held()[address]["subnet_id"], "4", "subnet")
    seen = hops(tap)
    t.eq([m.type for m in seen], [dhcp.DISCOVER, dhcp.OFFER, dhcp.REQUEST, dhcp.ACK], "what was relayed")
    for m in seen:
        t.eq(m.giaddr, "203.0.113.1", "giaddr")
        both = [d for c, d in m.options if c == 82]
        if m.op == 1:
            t.eq((m.hops, m.src, both), (2, "198.18.0.2", [b"\x01\x02f1", b"\x01\x02r2"]), "hops, source, option 82 twice")
        else:
            t.eq((b"".join(both), m.options[-1][0]), (b"\x01\x02f1\x01\x02r2", 82), "option 82 of the response, and last")
            t.eq((m.dst, m.dport, m.yiaddr), ("203.0.113.1", 67, address), "destination of the response")


@test("perfdhcp", needs=["perfdhcp"])
def perfdhcp(t):
    """Kea's load generator: 40 exchanges, no drop."""
    t.server()
    t.net.ip("cli", "addr", "add", "192.0.2.2/24", "dev", "c0")
    out = t.run("cli", ["perfdhcp", "-4", "-r", "20", "-n", "40", "-R", "20", "-W", "1000000", "-l", "c0", "192.0.2.1"])
    t.eq([line.split(": ")[1] for line in out.splitlines() if line.startswith("drops:")], ["0", "0"], "drops")
    t.match(r"received packets: 40\b", out, "report")
