# SPDX-License-Identifier: MPL-2.0
"""Common clients with reservations, found by each identifier, and in classes by what they send."""
import importlib

from lib.case import test
from lib.server import config6

clients = importlib.import_module("10_clients")
clients6 = importlib.import_module("11_clients6")
relays = importlib.import_module("20_relay")


def mac_of(t, dev="c0"):
    return t.net.mac("cli", dev).hex(":")


def with_hosts(t, *hosts, subnet=0, **top):
    """Reservations of one of the subnets."""
    conf = t.fam.config(**t.no_cache, **top)
    conf[f"Dhcp{t.fam.digit}"][f"subnet{t.fam.digit}"][subnet]["reservations"] = list(hosts)
    return conf


def events(t):
    with open(t.path("events"), encoding="utf-8") as f:
        return f.read()


# --- DHCPv4 --------------------------------------------------------------------


@test("dhclient-reserved", needs=["dhclient"])
def dhclient_reserved(t):
    """dhclient gets what is reserved for its hardware address, its client id and its DUID, one after the other."""
    mac = mac_of(t)
    server = t.server(with_hosts(
        t, {"hw-address": mac, "ip-address": "192.0.2.20", "hostname": "by-mac", "option-data": [{"name": "routers", "data": "192.0.2.9"}]},
        {"client-id": "'printer-1'", "ip-address": "192.0.2.21"}, {"duid": f"00:03:00:01:{mac}", "ip-address": "192.0.2.22"},
        **{"host-reservation-identifiers": ["duid", "client-id", "hw-address"]}))
    for n, (conf, flags) in enumerate((("", []), ('send dhcp-client-identifier "printer-1";\n', []), ("", ["-i", "-D", "LL"]))):
        client = clients.Dhclient(t, conf=conf)
        client.flags = ["-4", *flags]
        client.start()
        got = client.wait("BOUND")
        t.eq((got[0], got[1]), (f"192.0.2.2{n}", f"routers=192.0.2.{1 if n else 9}"), "address and router")
        t.run("cli", client.args("-r"))
        t.wait("the release in the lease file", lambda: not server.held(), 5)
        t.write("dhclient.leases", "")


@test("dhclient-moves", needs=["dhclient"])
def dhclient_moves(t):
    """A reservation is added while the client has another address: it moves at its next renewal, and back when it goes."""
    server = t.server(with_hosts(t))
    client = clients.Dhclient(t, conf="send dhcp-lease-time 8;\n")
    client.start()
    first = client.wait("BOUND")[0]
    server.reload(with_hosts(t, {"hw-address": mac_of(t), "ip-address": "192.0.2.20"}))
    t.eq(client.wait("BOUND", count=2)[0], "192.0.2.20", "address after the renewal")
    t.wait("one lease", lambda: list(server.held()) == ["192.0.2.20"], 5)
    server.reload(with_hosts(t, {"hw-address": "02:00:00:00:00:77", "ip-address": "192.0.2.20"}))
    t.true(client.wait("BOUND", count=3)[0] != "192.0.2.20", f"kept what is reserved for another client, after {first}")


@test("dhcpcd-reserved", needs=["dhcpcd"])
def dhcpcd_reserved(t):
    """dhcpcd gets what is reserved for the DUID in its client id, and what is reserved for a client id of its own."""
    server = t.server(with_hosts(t, {"duid": f"00:03:00:01:{mac_of(t)}", "ip-address": "192.0.2.20"}, {"client-id": "00:70:63:37", "ip-address": "192.0.2.21"}))
    t.eq(clients.dhcpcd(t, "noarp\n").wait(30), 0, "exit code of dhcpcd")
    t.match(r"BOUND 192\.0\.2\.20 ", events(t), "events")
    t.eq(clients.dhcpcd(t, "noarp\nclientid pc7\n").wait(30), 0, "exit code of dhcpcd with a client id")
    t.match(r"BOUND 192\.0\.2\.21 ", events(t), "events")
    t.eq(sorted(server.held()), ["192.0.2.20", "192.0.2.21"], "leases")


@test("udhcpc-reserved", needs=["udhcpc"])
def udhcpc_reserved(t):
    """udhcpc gets what is reserved for its client id, for one of its own, and without one for its hardware address."""
    mac = mac_of(t)
    t.server(with_hosts(t, {"client-id": f"01:{mac}", "ip-address": "192.0.2.20", "hostname": "pc7"}, {"client-id": "00:61:62", "ip-address": "192.0.2.21"},
                        {"hw-address": mac, "ip-address": "192.0.2.22"}, **{"host-reservation-identifiers": ["client-id", "hw-address"]}))
    script = t.write("event.sh", clients.EVENT.format(events=t.path("events")), 0o755)
    for n, flags in enumerate(([], ["-x", "0x3d:006162"], ["-C"])):
        t.write("events", "")
        t.run("cli", ["udhcpc", "-i", "c0", "-f", "-q", "-n", "-t", "4", "-T", "2", "-s", script, *flags])
        t.match(rf"bound 192\.0\.2\.2{n} ", events(t), "events")


@test("dhcrelay-circuit-id", needs=["dhcrelay", "dhclient"], beyond_kea="it does not keep option 82 for renewals that bypass the relay")
def dhcrelay_circuit_id(t):
    """The client on that port of the relay gets the port's address; a renewal that bypasses the relay keeps it."""
    conf = with_hosts(t, {"circuit-id": "'r1'", "ip-address": "198.51.100.20", "boot-file-name": "port.cfg"}, subnet=1,
                      **{"min-valid-lifetime": 4, "stash-agent-options": True, "store-extended-info": True})
    server = t.server(conf)
    relays.relay(t, "rly", "dhcrelay", "-4", "-d", "-a", "-iu", "r0", "-id", "r1", "198.18.0.1")
    client = clients.Dhclient(t, dev="c1", conf="send dhcp-lease-time 4;\n")
    client.start()
    t.eq(client.wait("BOUND")[0], "198.51.100.20", "address")
    t.net.ip("cli", "route", "add", "198.18.0.0/15", "via", "198.51.100.1")
    with open(t.path("dhclient.leases"), encoding="utf-8") as f:
        t.match(r'filename "port\.cfg";', f.read(), "lease of the client")
    t.eq(client.wait("RENEW")[0], "198.51.100.20", "address after the renewal")
    t.eq(list(server.held()), ["198.51.100.20"], "leases")


@test("classes-of-clients", needs=["dhclient", "udhcpc"])
def classes_of_clients(t):
    """udhcpc, known by its vendor class, gets an address and options of its own; dhclient does not."""
    conf = t.fam.config(**t.no_cache, **{"client-classes": [
        {"name": "busybox", "test": "substring(option[60].hex, 0, 5) == 'udhcp'", "option-data": [{"name": "domain-name-servers", "data": "192.0.2.77"}]}]})
    conf["Dhcp4"]["subnet4"][0]["pools"] = [{"pool": "192.0.2.20 - 192.0.2.29", "client-class": "busybox"}, {"pool": "192.0.2.100 - 192.0.2.109"}]
    t.server(conf)
    script = t.write("event.sh", clients.EVENT.format(events=t.path("events")), 0o755)
    t.run("cli", ["udhcpc", "-i", "c0", "-f", "-q", "-n", "-t", "4", "-T", "2", "-s", script])
    t.match(r"bound 192\.0\.2\.20 routers=192\.0\.2\.1 dns=192\.0\.2\.77 ", events(t), "events")
    client = clients.Dhclient(t)
    client.start()
    got = client.wait("BOUND")
    t.eq((got[0], got[2]), ("192.0.2.100", "dns=192.0.2.53"), "address and options of dhclient")


# --- DHCPv6 --------------------------------------------------------------------


@test("dhclient6-reserved", needs=["dhclient"], families=(6,))
def dhclient6_reserved(t):
    """dhclient gets the address and the prefix reserved for its DUID; they are added while it has others, and it moves."""
    def conf(*hosts):
        made = with_hosts(t, *hosts, **clients6.SHORT)
        made["Dhcp6"]["option-data"].append({"name": "domain-search", "data": "example.org"})
        return made
    server = t.server(conf())
    client = clients6.Dhclient(t, "-N", "-P")
    client.flags += ["-D", "LL"]
    client.start()
    client.wait("BOUND6", count=2)
    server.reload(conf({"duid": f"00:03:00:01:{mac_of(t)}", "ip-addresses": ["2001:db8:1::20"], "prefixes": ["2001:db8:7000::/56"]}))
    t.wait("the reserved ones alone in the lease file", lambda: set(server.held()) == {"2001:db8:1::20", "2001:db8:7000::"}, 20)
    t.wait("the address on c0", lambda: "2001:db8:1::20/128" in t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c0"), 5)
    client.kill()


@test("dhcp6c-reserved", needs=["dhcp6c"], families=(6,))
def dhcp6c_reserved(t):
    """dhcp6c of wide-dhcpv6 gets address and prefix by the hardware address in its DUID."""
    server = t.server(with_hosts(t, {"hw-address": mac_of(t), "ip-addresses": ["2001:db8:1::20"], "prefixes": ["2001:db8:7000::/56"]}))
    conf = t.write("dhcp6c.conf", clients6.DHCP6C)
    client = t.start("cli", ["sh", "-c", clients6.PRIVATE_LIB + 'mkdir /var/lib/dhcpv6; exec dhcp6c -f -D -c "$1" -p "$2" c0', "dhcp6c", conf,
                             t.path("dhcp6c.pid")], name="dhcp6c")
    t.wait("the reserved ones in the lease file", lambda: set(server.held()) == {"2001:db8:1::20", "2001:db8:7000::"}, 15)
    t.wait("the address on c0", lambda: "2001:db8:1::20/" in t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c0"), 5)
    t.wait("an address of the prefix on c1", lambda: "2001:db8:7000:1:" in t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c1"), 5)
    client.stop()


@test("dhcpcd6-reserved", needs=["dhcpcd"], families=(6,))
def dhcpcd6_reserved(t):
    """dhcpcd gets two reserved addresses in two IAs, by its DUID."""
    server = t.server(with_hosts(t, {"duid": f"00:03:00:01:{mac_of(t)}", "ip-addresses": ["2001:db8:1::20", "2001:db8:1::21"]}))
    conf = t.write("dhcpcd.conf", "duid ll\nipv6only\nnoipv6rs\nwaitip 6\ninterface c0\nia_na 1\nia_na 2\n")
    t.start("cli", ["sh", "-c", clients.DHCPCD, "dhcpcd", "-6", "-B", "-d", "-t", "20", "-f", conf, "-c", "/bin/true", "c0"], name="dhcpcd")
    t.wait("the reserved addresses in the lease file", lambda: set(server.held()) == {"2001:db8:1::20", "2001:db8:1::21"}, 15)
    shown = lambda: t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c0")  # noqa: E731
    t.wait("both on c0", lambda: "2001:db8:1::20/" in shown() and "2001:db8:1::21/" in shown(), 10)


@test("dhcrelay6-hw-address", needs=["dhcrelay", "dhclient"], families=(6,),
      beyond_kea="it derives locally administered addresses wrongly")
def dhcrelay6_hw_address(t):
    """A client behind a relay gets what is reserved for the hardware address in its link-local address."""
    conf = config6(**t.no_cache, **{"mac-sources": ["ipv6-link-local"], "interfaces-config": {"interfaces": ["s0", "s1/2001:db8:ff::1"]}})
    conf["Dhcp6"]["subnet6"][1]["reservations"] = [{"hw-address": mac_of(t, "c1"), "ip-addresses": ["2001:db8:2::20"]}]
    server = t.server(conf)
    importlib.import_module("21_relay6").relay(t, "rly", "dhcrelay", "-6", "-d", "-l", "r1", "-u", "2001:db8:ff::1%r0")
    client = clients6.Dhclient(t, "-N", dev="c1")
    client.start()
    t.eq(client.wait("BOUND6")[0], "2001:db8:2::20", "address")
    t.eq(list(server.held()), ["2001:db8:2::20"], "leases")
    client.kill()
