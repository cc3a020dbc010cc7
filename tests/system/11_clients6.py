# SPDX-License-Identifier: MPL-2.0
"""Common DHCPv6 clients: ISC dhclient, dhcpcd, wide-dhcpv6's dhcp6c, dibbler, systemd-networkd."""
import importlib
import ipaddress
import json

from lib import dhcp6
from lib.case import test
from lib.server import config6

clients = importlib.import_module("10_clients")
managers = importlib.import_module("14_managers")

EVENT = r"""#!/bin/sh
case $reason in
BOUND6 | RENEW6 | REBIND6) [ -z "$new_ip6_address" ] || ip addr replace "$new_ip6_address/128" dev "$interface" ;;
RELEASE6 | EXPIRE6 | STOP6) [ -z "$old_ip6_address" ] || ip addr del "$old_ip6_address/128" dev "$interface" ;;
esac
echo "$reason $new_ip6_address$new_ip6_prefix dns=$new_dhcp6_name_servers preferred=$new_preferred_life valid=$new_max_life" >>{events}
"""
SHORT = {f"{bound}{kind}-lifetime": n for kind, n in (("valid", 12), ("preferred", 6)) for bound in ("", "min-", "max-")}
DNS = "2001:db8::53 2001:db8::54"


class Dhclient(clients.Dhclient):
    """flags select what it requests: -N an address, -P a prefix, -S only options."""
    event = EVENT

    def __init__(self, case, *flags, dev="c0"):
        self.flags = ["-6", *flags]
        super().__init__(case, dev)


def rows(server, kind):
    """Returns the leases of one type: 0 addresses, 2 prefixes; PREFIX/LENGTH or address -> row."""
    return {a if kind == 0 else f"{a}/{r['prefix_len']}": r for a, r in server.held().items() if r["lease_type"] == str(kind)}


def one(t, server, kind):
    got = rows(server, kind)
    t.eq(len(got), 1, f"leases of type {kind}")
    return next(iter(got.items()))


@test("dhclient6-get", needs=["dhclient"], families=(6,))
def dhclient_get(t):
    """dhclient requests too long a lifetime, and gets an address, options and the maximum; the row is on disk."""
    server = t.server(t.fam.config(**t.no_cache))
    client = Dhclient(t, "-N")
    client.start()
    got = client.wait("BOUND6")
    t.eq(got[1:], [f"dns={DNS.split()[0]}", DNS.split()[1], "preferred=7000", "valid=7200"], "options and lifetimes")
    address, row = one(t, server, 0)
    t.eq(address, got[0], "address in the lease file")
    t.eq((row["prefix_len"], row["subnet_id"], row["valid_lifetime"], row["pref_lifetime"], row["hwaddr"]),
         ("128", "1", "7200", "7000", t.net.mac("cli", "c0").hex(":")), "row")
    t.run("cli", client.args("-r"))
    t.wait("the release in the lease file", lambda: not server.held(), 5)


@test("dhclient6-prefix", needs=["dhclient"], families=(6,))
def dhclient_prefix(t):
    """dhclient gets an address and a prefix in one exchange and renews both."""
    server = t.server(config6(**SHORT, **t.no_cache))
    tap = dhcp6.Tap(t.net, "cli", "c0")
    client = Dhclient(t, "-N", "-P")
    client.start()
    client.wait("BOUND6", count=2)
    got = {line[1] for line in client.events("BOUND6")}
    address, row = one(t, server, 0)
    prefix, prow = one(t, server, 2)
    t.eq(got, {address, prefix}, "what the client has")
    t.true(ipaddress.ip_network(prefix).subnet_of(ipaddress.ip_network("2001:db8:8000::/40")), f"{prefix} is from another pool")
    t.eq((row["duid"], prow["prefix_len"]), (prow["duid"], "56"), "rows")
    client.wait("RENEW6", count=2)
    t.wait("the renewals in the lease file", lambda: int(server.held()[address]["expire"]) > int(row["expire"]) and
           int(rows(server, 2)[prefix]["expire"]) > int(prow["expire"]), 5)
    replies = [m for m in tap.messages() if m.type == dhcp6.REPLY]
    t.eq({len(m.granted()) for m in replies}, {2}, "addresses and prefixes in each reply")
    client.kill()


@test("divided-pool6", needs=["dhclient"], families=(6,), beyond_kea="it delegates parts of a prefix that is leased")
def divided_pool(t):
    """A pool that delegated /56 is divided into /64: the client keeps its /56 through a reload and a restart, and
    nobody else gets a part of it."""
    conf = config6(**SHORT, **t.no_cache)
    subnets, warned = conf["Dhcp6"]["subnet6"], r"(?m)^WARN .*ALLOC_ENGINE_V6_LEASES_OF_OTHER_LENGTH .*: 1$"
    subnets[2]["pd-pools"] = subnets[0]["pd-pools"]  # the load is relayed
    server = t.server(conf)
    client = Dhclient(t, "-P")
    client.start()
    client.wait("BOUND6")
    prefix, _ = one(t, server, 2)
    for pool in subnets[0]["pd-pools"]:
        pool["delegated-len"] = 64
    server.reload(conf)
    server.wait_log(warned)
    server.stop()
    server.start()
    t.eq(server.said(warned), 1, "lines at startup")
    before = rows(server, 2)[prefix]["expire"]
    client.wait("RENEW6")
    t.wait("the renewal in the lease file", lambda: int(rows(server, 2)[prefix]["expire"]) > int(before), 15)
    load = t.fam.Load(t, "--clients", "50", "--seconds", "1", "--window", "4")
    load.finish()
    nets = {p: ipaddress.ip_network(p) for p in rows(server, 2)}
    t.true(len(nets) > 20, f"{len(nets)} prefixes")
    t.eq({net.prefixlen for p, net in nets.items() if p != prefix}, {64}, "lengths")
    t.eq([p for p, net in nets.items() if p != prefix and net.overlaps(nets[prefix])], [], f"in {prefix}")
    client.kill()


@test("dhclient6-confirm", needs=["dhclient"], families=(6,))
def dhclient_confirm(t):
    """A returning client asks whether its address is valid on the link, and keeps it."""
    server = t.server()
    client = Dhclient(t, "-N")
    client.start()
    address = client.wait("BOUND6")[0]
    client.kill()
    tap = dhcp6.Tap(t.net, "cli", "c0")
    client.start()
    t.eq(client.wait("BOUND6", count=2)[0], address, "address after the Confirm")
    t.eq([m.type for m in tap.messages()][:2], [dhcp6.CONFIRM, dhcp6.REPLY], "messages")
    t.eq(list(rows(server, 0)), [address], "leases")
    client.kill()


@test("dhclient6-stateless", needs=["dhclient"], families=(6,))
def dhclient_stateless(t):
    """dhclient requests only options (INFORMATION-REQUEST); nothing is leased."""
    server = t.server()
    client = Dhclient(t, "-S")
    tap = dhcp6.Tap(t.net, "cli", "c0")
    client.start()
    got = t.wait("an event with options", lambda: [line for line in open(client.events_path, encoding="utf-8") if "dns=2001" in line], 15)
    t.match(rf"dns={DNS} ", got[0], "options")
    t.eq({m.type for m in tap.messages()}, {dhcp6.INFORM, dhcp6.REPLY}, "messages")
    t.eq(server.held(), {}, "leases")
    client.kill()


@test("dhcpcd6", needs=["dhcpcd"], families=(6,))
def dhcpcd(t):
    """dhcpcd: an address and a prefix in one message, both used, both released."""
    server = t.server()
    conf = t.write("dhcpcd.conf", "duid ll\nipv6only\nnoipv6rs\nwaitip 6\ninterface c0\nia_na 1\nia_pd 2 c1/1\noption dhcp6_name_servers\n")
    script = t.write("dhcpcd.sh", '#!/bin/sh\necho "$reason $new_dhcp6_ia_na1_ia_addr1 $new_dhcp6_ia_pd1_prefix1 '
                     '$new_dhcp6_name_servers" >>' + t.path("events") + "\n", 0o755)
    t.write("events", "")
    client = t.start("cli", ["sh", "-c", clients.DHCPCD, "dhcpcd", "-6", "-B", "-d", "-t", "20", "-f", conf, "-c", script, "c0"],
                     name="dhcpcd")

    def bound():
        with open(t.path("events"), encoding="utf-8") as f:
            return [line.split() for line in f if line.startswith("BOUND6")]
    t.wait("event BOUND6", bound, 20)
    address, row = one(t, server, 0)
    prefix, _ = one(t, server, 2)
    t.true(address in bound()[0] and prefix.split("/")[0] in bound()[0], f"{bound()[0]} without {address} or {prefix}")
    t.true(row["duid"].startswith("00:03:00:01:"), f"DUID {row['duid']}")
    has = t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c1")
    t.true(any(ipaddress.ip_interface(line.split()[3]) in ipaddress.ip_network(prefix) for line in has.splitlines()),
           f"no address of {prefix} on c1:\n{has}")
    t.run("cli", ["kill", "-ALRM", str(client.pid)])  # as dhcpcd --release does
    t.wait("the releases in the lease file", lambda: not server.held(), 8)


DHCP6C = """interface c0 { send ia-na 1; send ia-pd 2; request domain-name-servers; };
id-assoc na 1 { };
id-assoc pd 2 { prefix-interface c1 { sla-id 1; sla-len 8; }; };
"""
# These two read and write files outside the test's directory.
PRIVATE_LIB = "set -e; mount --make-rprivate /; mount -t tmpfs none /var/lib; "


@test("dhcp6c", needs=["dhcp6c"], families=(6,))
def dhcp6c(t):
    """dhcp6c of wide-dhcpv6: numbers its second interface from the prefix, releases both on exit."""
    server = t.server()
    conf = t.write("dhcp6c.conf", DHCP6C)
    client = t.start("cli", ["sh", "-c", PRIVATE_LIB + 'mkdir /var/lib/dhcpv6; exec dhcp6c -f -D -c "$1" -p "$2" c0', "dhcp6c", conf,
                             t.path("dhcp6c.pid")], name="dhcp6c")
    t.wait("an address and a prefix", lambda: len(server.held()) == 2, 15)
    address, _ = one(t, server, 0)
    prefix, _ = one(t, server, 2)
    net = ipaddress.ip_network(prefix)

    def used():
        shown = json.loads(t.net.ip("cli", "-j", "-6", "addr", "show"))
        return {d["ifname"]: [i["local"] for i in d["addr_info"] if i.get("scope") == "global"] for d in shown if d}
    t.wait("the address on c0", lambda: address in used().get("c0", []), 5)
    t.wait("an address of the prefix on c1", lambda: any(ipaddress.ip_address(a) in net for a in used().get("c1", [])), 5)
    client.stop()
    t.wait("the releases in the lease file", lambda: not server.held(), 5)


DIBBLER = """log-mode short
log-level 7
iface "c0" { ia { } pd { } option dns-server }
"""


@test("dibbler-client", needs=["dibbler-client"], families=(6,))
def dibbler_client(t):
    """dibbler-client: address and prefix, releases both on exit."""
    server = t.server()
    t.write("client.conf", DIBBLER)
    script = PRIVATE_LIB + """mount -t tmpfs none /var/log; mount -t tmpfs none /etc; mkdir -p /etc/dibbler /var/lib/dibbler /var/log/dibbler
cp "$1" /etc/dibbler/client.conf
exec dibbler-client run"""
    client = t.start("cli", ["sh", "-c", script, "dibbler-client", t.path("client.conf")], name="dibbler")
    t.wait("an address and a prefix", lambda: len(server.held()) == 2, 20)
    address, row = one(t, server, 0)
    _, prow = one(t, server, 2)
    t.eq(row["duid"], prow["duid"], "DUID of both rows")
    t.wait("the address on c0", lambda: address in t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c0"), 10)
    client.send(15)
    t.wait("the releases in the lease file", lambda: not server.held(), 8)


C0_NETWORK = """[Match]
Name=c0
[Network]
DHCP=ipv6
LinkLocalAddressing=ipv6
IPv6AcceptRA=no
[DHCPv6]
WithoutRA=solicit
PrefixDelegationHint=::/56
Hostname=pc8
"""
C1_NETWORK = """[Match]
Name=c1
[Network]
LinkLocalAddressing=ipv6
IPv6AcceptRA=no
DHCPPrefixDelegation=yes
[DHCPPrefixDelegation]
UplinkInterface=c0
SubnetId=1
"""


@test("networkd6", needs=["unshare", "/lib/systemd/systemd-networkd"], families=(6,))
def networkd(t):
    """systemd-networkd: rapid commit, its prefix hint, the prefix used on c1, options used, renewed."""
    conf = config6(**SHORT, **t.no_cache)
    conf["Dhcp6"]["subnet6"][0]["rapid-commit"] = True
    server = t.server(conf)
    tap = dhcp6.Tap(t.net, "cli", "c0")
    t.write("c0.network", C0_NETWORK)
    t.write("c1.network", C1_NETWORK)
    client = managers.start(t, managers.NETWORKD, "networkd")
    t.wait("an address and a prefix", lambda: len(server.held()) == 2, 20)
    address, row = one(t, server, 0)
    prefix, prow = one(t, server, 2)
    t.eq((row["duid"], prow["prefix_len"]), (prow["duid"], "56"), "rows")
    t.true(row["duid"].startswith("00:02:"), f"DUID {row['duid']}")
    t.wait("the address on c0", lambda: address in t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c0"), 10)
    t.wait("an address of the prefix on c1", lambda: any(
        ipaddress.ip_interface(line.split()[3]) in ipaddress.ip_network(prefix)
        for line in t.net.ip("cli", "-6", "-o", "addr", "show", "dev", "c1", "scope", "global").splitlines()), 10)
    t.eq([m.type for m in tap.messages()][:2], [dhcp6.SOLICIT, dhcp6.REPLY], "messages of rapid commit")
    t.wait("the renewals in the lease file", lambda: int(server.held()[address]["expire"]) > int(row["expire"]) and
           int(rows(server, 2)[prefix]["expire"]) > int(prow["expire"]), 15)
    # with such short times it rebinds, also for Kea's leases
    t.true(any(m.type in (dhcp6.RENEW, dhcp6.REBIND) for m in tap.messages()), f"no request in {[m.type for m in tap.messages()]}")
    t.eq(client.stop(), 0, "exit code")
