# SPDX-License-Identifier: MPL-2.0
"""perfdhcp over DHCPv6, against our server and Kea's: on the link and relayed, addresses and prefixes."""
import ipaddress
import os
import re
from importlib import import_module

from lib.case import test

v4 = import_module("82_perfdhcp")
SARR = ("SOLICIT-ADVERTISE", "REQUEST-REPLY")


def conf(t, **top):
    """Two links, s0 and s1, each with addresses and /60 prefixes."""
    out = t.fam.config(quiet=True, subnets=[
        {"id": n, "subnet": f"2001:db8:{net}::/64", "interface": f"s{n - 1}", "rapid-commit": True,
         "pools": [{"pool": f"2001:db8:{net}:0:1::/80"}],
         "pd-pools": [{"prefix": f"2001:db8:{n}000::", "prefix-len": 36, "delegated-len": 60}]} for n, net in ((1, "1"), (2, "ff"))], **top)
    for key in "min-valid-lifetime", "max-valid-lifetime", "min-preferred-lifetime", "max-preferred-lifetime":
        del out["Dhcp6"][key]
    return out


def servers(t):
    """Our server and Kea's, one after the other; each test is for both."""
    for binary in (t.env["kea_dhcp6"], t.env["kea_reference6"]):
        if os.access(binary, os.X_OK):
            top = t.no_cache if binary == t.env["kea_dhcp6"] else {}
            s = t.server(conf(t, **top), binary=binary, folder=t.path(f"state{len(t.processes)}"))
            yield s
            s.stop()


def perf(t, *args, ns="cli", **kw):
    return v4.perf(t, "-6", *args, ns=ns, **kw)


@test("perfdhcp6-direct", families=(6,))
def direct(t):
    """Clients on the link: addresses and prefixes, exact counts, everything in the ledger and the lease file."""
    for s in servers(t):
        path = s.folder + "/ledger6"
        r = perf(t, "-l", "c0", "-r", "100", "-n", "150", "-R", "50", "-e", "address-and-prefix", "-u", "-x", "ls", "--ledger", path)
        v4.check_clean(t, r, 150, SARR)
        t.true(80 <= r.rate <= 101, f"rate {r.rate} instead of 100")
        v4.check_delays(t, r, "REQUEST-REPLY")
        t.match(r"(?m)^Server id: 00030001020000000001$", r.text, "-x s")
        with open(path, encoding="ascii") as f:
            rows = [line.split() for line in f if not line.startswith("#")]
        t.eq(len(rows), 300, "lines of the ledger")
        t.eq({row[4] for row in rows}, {"00030001020000000001"}, "servers in the ledger")
        t.eq({row[3] for row in rows}, {"3600"}, "lifetimes in the ledger")
        held = s.held()
        said = {(str(ipaddress.ip_address(row[2].split("/")[0])), row[1], "60" if "/" in row[2] else "128") for row in rows}
        t.eq(said, {(a, h["duid"].replace(":", ""), h["prefix_len"]) for a, h in held.items()}, "ledger and lease file")
        t.eq({row[2].split("/")[1] for row in rows if "/" in row[2]}, {"60"}, "prefix lengths in the ledger")
        shown = re.findall(r"(?m)^00:03:00:01:00:0c:01:02:03:\w\w,(2001:db8:1:[0-9a-f:]+),(2001:db8:1[0-9a-f:]+)$", r.text)
        t.eq({a for pair in shown for a in pair}, set(held), "-x l and lease file")


@test("perfdhcp6-relayed", families=(6,))
def relayed(t):
    """Through a relay agent: only prefixes, renewals and releases, only the first half."""
    for s in servers(t):
        r = perf(t, "-l", "r0", "-A", "1", "-r", "100", "-f", "30", "-F", "20", "-n", "150", "-R", "150", "-e", "prefix-only", ns="rly")
        v4.check_clean(t, r, 150, SARR)
        renewed, released = r.counts("RENEW-REPLY"), r.counts("RELEASE-REPLY")
        v4.check_rate(t, r, renewed[0], 30, 30, 150, "renewals")
        v4.check_rate(t, r, released[0], 20, 20, 150, "releases")
        for counts in (renewed, released):
            t.eq(counts, (counts[0], counts[0], 0, 0, 0, 0), "renewals, releases")
        held = s.held()
        t.eq(len(held), 150 - released[0], "leases")
        t.eq({row["subnet_id"] for row in held.values()}, {"2"}, "subnets")
        t.eq({row["prefix_len"] for row in held.values()}, {"60"}, "prefixes")
        r = perf(t, "-l", "r0", "-A", "1", "-i", "-r", "100", "-n", "50", "-R", "50", ns="rly")
        v4.check_clean(t, r, 50, SARR[:1])


@test("perfdhcp6-rapid-and-renew", families=(6,))
def rapid(t):
    """Rapid commit in two messages; only renewals; a configured DUID; elapsed time."""
    for s in servers(t):
        r = perf(t, "-l", "c0", "-c", "-r", "100", "-n", "100", "-R", "40", "-b", "duid=00010001aabbccdd020000001000")
        v4.check_clean(t, r, 100, ["SOLICIT-REPLY"])
        t.eq(r.counts("REQUEST-REPLY")[0], 0, "requests")
        t.eq({row["duid"] for row in s.held().values()},
             {f"00:01:00:01:aa:bb:cc:dd:02:00:00:00:10:{i:02x}" for i in range(40)}, "clients")
        r = perf(t, "-l", "c0", "--scenario", "renew", "-R", "60", "-r", "200", "-p", "1")
        n = r.counts("RENEW-REPLY")[0]
        v4.check_rate(t, r, n, 190, 200, n, "renewals")
        v4.check_clean(t, r, n, ["RENEW-REPLY"])
        t.eq(len(s.held()), 100, "leases")


@test("perfdhcp6-templates", families=(6,))
def templates(t):
    """Messages from files, with the server identifier and the IA of the response inserted."""
    for s in servers(t):
        duid, elapsed = "0001000e 00010001 aabbccdd 02aa bb00 0010", "0008 0002 0000"
        first = t.write("solicit", f"01000000 {duid} 0003000c 00000001 00000000 00000000 {elapsed}")
        second = t.write("request", f"03000000 {duid} 0002 0004 dddddddd 00030028 00000001 00000000 00000000 0005 0018 {'ee' * 24} {elapsed}")
        r = perf(t, "-l", "c0", "-r", "100", "-n", "40", "-R", "20", "-T", first, "-T", second, "-S", "22", "-I", "30", "-E", "78")
        v4.check_clean(t, r, 40, SARR)
        t.eq({row["duid"] for row in s.held().values()},
             {f"00:01:00:01:aa:bb:cc:dd:02:aa:bb:00:00:{i:02x}" for i in range(16, 36)}, "clients")
