# SPDX-License-Identifier: MPL-2.0
"""Common DHCPv6 relays: dhcrelay, dnsmasq, dhcp6relay of wide-dhcpv6, dibbler-relay; two in a row."""
import importlib

from lib import dhcp6
from lib.case import test
from lib.dhcp6 import INTERFACE_ID, RELAY_FORW, RELAY_REPL, find
from lib.server import config6

clients = importlib.import_module("11_clients6")
IDENT = b"7-ab"  # for dibbler-relay: four bytes, given as a number of at most nine digits
SERVER, RELAY, LINK = "2001:db8:ff::1", "2001:db8:ff::2", "2001:db8:2::1"


def conf(*interfaces, **top):
    return config6(**{"interfaces-config": {"interfaces": list(interfaces)}}, **top)


def relay(t, ns, *args):
    """A running relay: its socket on port 547 exists."""
    p = t.start(ns, args)

    def listens():
        with open(f"/proc/{p.pid}/net/udp6", encoding="ascii") as f:
            return ":0223 " in f.read()
    t.wait(f"{args[0]} to listen", lambda: listens() or not p.alive())
    return p


def get(t, server, dev="c1", subnet="2"):
    """dhclient gets an address and a prefix from this subnet."""
    client = clients.Dhclient(t, "-N", "-P", dev=dev)
    client.start()
    client.wait("BOUND6", count=2)
    address, row = clients.one(t, server, 0)
    prefix, prow = clients.one(t, server, 2)
    t.eq({line[1] for line in client.events("BOUND6")}, {address, prefix}, "what the client has")
    t.eq((row["subnet_id"], prow["subnet_id"]), (subnet, subnet), "subnets")
    client.kill()
    return row


def relayed(t, tap):
    """Queries and responses between relay and server, by transaction; at least the four of an exchange."""
    seen = [m for m in tap.messages() if m.relays]
    asked = {m.xid: m for m in seen if m.relays[0]["type"] == RELAY_FORW}
    answers = [m for m in seen if m.relays[0]["type"] == RELAY_REPL]
    t.eq(sorted({m.type for m in asked.values()} | {m.type for m in answers}), [1, 2, 3, 7], "what was relayed")
    return [(asked[m.xid], m) for m in answers]


def check_echo(t, pairs, n=1, interface_id=True):
    """Each response goes back through the same relays, to the source of the query, with the same interface-id."""
    for asked, answer in pairs:
        t.eq((len(asked.relays), len(answer.relays)), (n, n), "relays")
        t.eq((answer.src, answer.dst, answer.dport), (asked.dst if asked.dst[:2] != "ff" else answer.src, asked.src, 547), "path of the response")
        for q, a in zip(asked.relays, answer.relays):
            t.eq((a["hops"], a["link"], a["peer"]), (q["hops"], q["link"], q["peer"]), "relay header of the response")
            t.eq(find(a["options"], INTERFACE_ID), find(q["options"], INTERFACE_ID), "interface-id of the response")
        if interface_id:
            t.true(all(find(r["options"], INTERFACE_ID) for r in asked.relays[-1:]), "the relay sent no interface-id")


@test("dhcrelay6", needs=["dhcrelay", "dhclient"], families=(6,))
def dhcrelay(t):
    """dhcrelay unicasts to the address named in "interfaces"; its link selects the subnet, interface-id comes back."""
    server = t.server(conf(f"s1/{SERVER}"))
    tap = dhcp6.Tap(t.net, "srv", "s1")
    relay(t, "rly", "dhcrelay", "-6", "-d", "-I", "-l", "r1", "-u", f"{SERVER}%r0")
    row = get(t, server)
    pairs = relayed(t, tap)
    check_echo(t, pairs)
    t.eq({a.relays[0]["link"] for a, _ in pairs}, {LINK}, "links")
    t.eq({a.dst for a, _ in pairs}, {SERVER}, "where the relay sends")
    t.eq(row["hwaddr"], t.net.mac("cli", "c1").hex(":"), "hardware address, from the DUID or the address the relay saw")


@test("dhcrelay6-ff05", needs=["dhcrelay", "dhclient"], beyond_kea="it does not join the group", families=(6,))
def all_servers(t):
    """A relay that multicasts to all servers of the site: served if "interfaces" names s1/ff05::1:3, otherwise not."""
    server = t.server(conf("s1"))
    relay(t, "rly", "dhcrelay", "-6", "-d", "-I", "-l", "r1", "-u", "r0")
    t.true("ff05::1:3" not in t.net.ip("srv", "maddr", "show", "dev", "s1"), "it joined ff05::1:3 although not configured")
    server.reload(conf("s1", "s1/ff05::1:3"))
    server.wait_log("DHCP6_DYNAMIC_RECONFIGURATION_SUCCESS")
    groups = t.net.ip("srv", "maddr", "show", "dev", "s1")
    t.true("ff05::1:3" in groups and "ff02::1:2" in groups, f"groups of s1:\n{groups}")
    tap = dhcp6.Tap(t.net, "srv", "s1")
    get(t, server)
    pairs = relayed(t, tap)
    check_echo(t, pairs)
    t.eq({a.dst for a, _ in pairs}, {"ff05::1:3"}, "where the relay sends")


@test("dnsmasq6-relay", needs=["dnsmasq", "dhclient"], families=(6,))
def dnsmasq(t):
    """dnsmasq as a relay."""
    server = t.server(conf("s1", f"s1/{SERVER}"))
    tap = dhcp6.Tap(t.net, "srv", "s1")
    relay(t, "rly", "dnsmasq", "-d", "-C", "/dev/null", "--port=0", "--user=root", f"--dhcp-relay={LINK},{SERVER}")
    get(t, server)
    check_echo(t, relayed(t, tap), interface_id=False)


@test("dhcp6relay", needs=["dhcp6relay", "dhclient"], families=(6,))
def dhcp6relay(t):
    """dhcp6relay of wide-dhcpv6."""
    server = t.server(conf("s1", f"s1/{SERVER}"))
    tap = dhcp6.Tap(t.net, "srv", "s1")
    relay(t, "rly", "dhcp6relay", "-f", "-D", "-p", t.path("dhcp6relay.pid"), "-r", "r0", "-b", RELAY, "-s", SERVER, "r1")
    get(t, server)
    check_echo(t, relayed(t, tap), interface_id=False)


@test("dibbler-relay", needs=["dibbler-relay", "dhclient"], families=(6,))
def dibbler_relay(t):
    """dibbler-relay: its interface-id selects the subnet, with precedence over the link address."""
    c = conf("s1", f"s1/{SERVER}")
    c["Dhcp6"]["subnet6"].append({
        "id": 9, "subnet": "2001:db8:9::/64", "interface-id": IDENT.decode("ascii"), "pools": [{"pool": "2001:db8:9::/80"}],
        "pd-pools": [{"prefix": "2001:db8:a000::", "prefix-len": 40, "delegated-len": 56}]})
    server = t.server(c)
    tap = dhcp6.Tap(t.net, "srv", "s1")
    t.write("relay.conf", f"log-mode short\nlog-level 7\niface r0 {{\n server unicast {SERVER}\n}}\n"
            f"iface r1 {{\n client multicast yes\n interface-id {int.from_bytes(IDENT, 'big')}\n}}\n")
    relay(t, "rly", "sh", "-c", clients.PRIVATE_LIB + """mount -t tmpfs none /var/log; mount -t tmpfs none /etc
mkdir -p /etc/dibbler /var/lib/dibbler /var/log/dibbler
cp "$1" /etc/dibbler/relay.conf
exec dibbler-relay run""", "dibbler-relay", t.path("relay.conf"))
    get(t, server, subnet="9")
    pairs = relayed(t, tap)
    check_echo(t, pairs)
    t.eq({find(a.relays[0]["options"], INTERFACE_ID) for a, _ in pairs}, {IDENT}, "interface-ids")


@test("two-relays6", needs=["dhcrelay", "dhclient"], families=(6,))
def two_relays(t):
    """Two relays in a row: the link of the one closest to the client selects the subnet, both get back what they
    sent."""
    t.net.farther()
    c = conf("s1", f"s1/{SERVER}")
    c["Dhcp6"]["subnet6"] += [
        {"id": 4, "subnet": "2001:db8:4::/64", "pools": [{"pool": "2001:db8:4::/80"}],
         "pd-pools": [{"prefix": "2001:db8:a000::", "prefix-len": 40, "delegated-len": 56}]},
        {"id": 5, "subnet": "2001:db8:3::/64", "pools": [{"pool": "2001:db8:3::1:0/112"}]}]
    server = t.server(c)
    tap = dhcp6.Tap(t.net, "srv", "s1")
    relay(t, "rly", "dhcrelay", "-6", "-d", "-I", "-l", "r2", "-u", f"{SERVER}%r0")
    relay(t, "far", "dhcrelay", "-6", "-d", "-I", "-l", "f1", "-u", "2001:db8:3::1%f0")
    get(t, server, dev="c2", subnet="4")
    pairs = relayed(t, tap)
    check_echo(t, pairs, n=2)
    t.eq({tuple(r["hops"] for r in a.relays) for a, _ in pairs}, {(1, 0)}, "hops")
    t.eq({a.relays[1]["link"] for a, _ in pairs}, {"2001:db8:4::1"}, "link of the relay closest to the client")
