# SPDX-License-Identifier: MPL-2.0
"""perfdhcp over DHCPv6, against Kea's server: on the link and relayed, addresses and prefixes."""
import csv
import ipaddress
import json
import os
import re

from lib.case import Skipped, test
from lib.net import ip

from importlib import import_module

v4 = import_module("82_perfdhcp")
KEA_DHCP6 = "/usr/sbin/kea-dhcp6"
SARR = ("SOLICIT-ADVERTISE", "REQUEST-REPLY")


def network(t):
    """IPv6 where lib/net.py switched it off: the client's link and the relay agent's."""
    for ns, dev, addr in (("srv", "s0", "2001:db8:1::1/64"), ("cli", "c0", "2001:db8:1::2/64"),
                          ("srv", "s1", "2001:db8:2::1/64"), ("rly", "r0", "2001:db8:2::2/64")):
        for key, value in (("accept_dad", "0"), ("dad_transmits", "0"), ("disable_ipv6", "0")):
            t.net.sysctl(ns, f"net/ipv6/conf/{dev}/{key}", value)
        ip("-n", t.net.names[ns], "addr", "add", addr, "dev", dev, "nodad")

    def ready(ns, dev):
        shown = ip("-n", t.net.names[ns], "-6", "addr", "show", "dev", dev, check=False).stdout
        return "fe80" in shown and "tentative" not in shown
    for ns, dev in (("srv", "s0"), ("srv", "s1"), ("cli", "c0"), ("rly", "r0")):
        t.wait(f"link-local address of {dev}", lambda ns=ns, dev=dev: ready(ns, dev), 5)


class Server6:
    """Kea's kea-dhcp6 on s0 and s1 with its files in the folder of the test."""

    def __init__(self, t, binary):
        self.t, self.leases_path = t, t.path("kea-leases6.csv")

        def pools(n):
            return {"pools": [{"pool": f"2001:db8:{n}:0:1::/80"}],
                    "pd-pools": [{"prefix": f"2001:db8:{n}000::", "prefix-len": 36, "delegated-len": 60}]}
        conf = {"Dhcp6": {
            "interfaces-config": {"interfaces": ["s0", "s1"]},
            "server-id": {"type": "LL", "htype": 1, "identifier": "020000000001", "persist": False},
            "lease-database": {"type": "memfile", "lfc-interval": 0, "name": self.leases_path},
            "preferred-lifetime": 3000, "valid-lifetime": 3600,
            "subnet6": [{"id": n, "subnet": f"2001:db8:{n}::/64", "interface": f"s{n - 1}", "rapid-commit": True, **pools(n)}
                        for n in (1, 2)],
            "loggers": [{"name": "kea-dhcp6", "severity": "INFO", "output_options": [{"output": "stdout"}]}] +
                       [{"name": f"kea-dhcp6.{n}", "severity": "ERROR"} for n in ("leases", "packets", "alloc-engine")]}}
        env = dict(os.environ, **{f"KEA_{n}": t.dir for n in ("PIDFILE_DIR", "LOCKFILE_DIR", "DHCP_DATA_DIR")})
        path = t.write("kea-dhcp6.conf", json.dumps(conf))
        self.process = t.start("srv", [binary, "-c", path], name="kea-dhcp6", env=env)
        t.wait("DHCP6_STARTED", lambda: "DHCP6_STARTED" in self.process.log() or not self.process.alive(), 15)
        t.true(self.process.alive(), f"kea-dhcp6 ended at once:\n{self.process.log()}")

    def held(self):
        """Address or prefix -> its last row, without those that were deleted or released."""
        with open(self.leases_path, encoding="utf-8", newline="") as f:
            text = f.read()
        last = {r["address"]: r for r in csv.DictReader(text[:text.rfind("\n") + 1].splitlines())}
        return {a: r for a, r in last.items() if int(r["valid_lifetime"]) > 0 and r["state"] == "0"}


def server(t):
    if not os.access(KEA_DHCP6, os.X_OK):
        raise Skipped(f"skipped: needs {KEA_DHCP6}")
    network(t)
    return Server6(t, KEA_DHCP6)


def perf(t, *args, ns="cli", **kw):
    return v4.perf(t, "-6", *args, ns=ns, **kw)


@test("perfdhcp6-direct")
def direct(t):
    """Clients on the link: addresses and prefixes, exact counts, all of it in the ledger and the lease file."""
    s = server(t)
    path = t.path("ledger6")
    r = perf(t, "-l", "c0", "-r", "100", "-n", "150", "-R", "50", "-e", "address-and-prefix", "-u", "-x", "ls", "--ledger", path)
    v4.check_clean(t, r, 150, SARR)
    t.true(95 <= r.rate <= 101, f"rate {r.rate} instead of 100")
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


@test("perfdhcp6-relayed")
def relayed(t):
    """Through a relay agent: prefixes alone, renewals and releases, the first half alone."""
    s = server(t)
    r = perf(t, "-l", "r0", "-A", "1", "-r", "100", "-f", "30", "-F", "20", "-n", "150", "-R", "150", "-e", "prefix-only", ns="rly")
    v4.check_clean(t, r, 150, SARR)
    renewed, released = r.counts("RENEW-REPLY"), r.counts("RELEASE-REPLY")
    t.true(30 <= renewed[0] <= 46, f"renewals {renewed}")
    t.true(20 <= released[0] <= 31, f"releases {released}")
    for counts in (renewed, released):
        t.eq(counts, (counts[0], counts[0], 0, 0, 0, 0), "renewals, releases")
    held = s.held()
    t.eq(len(held), 150 - released[0], "leases")
    t.eq({row["subnet_id"] for row in held.values()}, {"2"}, "subnets")
    t.eq({row["prefix_len"] for row in held.values()}, {"60"}, "prefixes")
    r = perf(t, "-l", "r0", "-A", "1", "-i", "-r", "100", "-n", "50", "-R", "50", ns="rly")
    v4.check_clean(t, r, 50, SARR[:1])


@test("perfdhcp6-rapid-and-renew")
def rapid(t):
    """Rapid commit in two messages; renewals alone; a DUID given by hand; elapsed time."""
    s = server(t)
    r = perf(t, "-l", "c0", "-c", "-r", "100", "-n", "100", "-R", "40", "-b", "duid=00010001aabbccdd020000001000")
    v4.check_clean(t, r, 100, ["SOLICIT-REPLY"])
    t.eq(r.counts("REQUEST-REPLY")[0], 0, "requests")
    t.eq({row["duid"] for row in s.held().values()},
         {f"00:01:00:01:aa:bb:cc:dd:02:00:00:00:10:{i:02x}" for i in range(40)}, "clients")
    r = perf(t, "-l", "c0", "--scenario", "renew", "-R", "60", "-r", "200", "-p", "1")
    n = r.counts("RENEW-REPLY")[0]
    t.true(190 <= n <= 211, f"{n} renewals")
    v4.check_clean(t, r, n, ["RENEW-REPLY"])
    t.eq(len(s.held()), 100, "leases")


@test("perfdhcp6-templates")
def templates(t):
    """Messages from files, with the server identifier and the IA of the answer put in."""
    s = server(t)
    duid, elapsed = "0001000e 00010001 aabbccdd 02aa bb00 0010", "0008 0002 0000"
    first = t.write("solicit", f"01000000 {duid} 0003000c 00000001 00000000 00000000 {elapsed}")
    second = t.write("request", f"03000000 {duid} 0002 0004 dddddddd 00030028 00000001 00000000 00000000 0005 0018 {'ee' * 24} {elapsed}")
    r = perf(t, "-l", "c0", "-r", "100", "-n", "40", "-R", "20", "-T", first, "-T", second, "-S", "22", "-I", "30", "-E", "78")
    v4.check_clean(t, r, 40, SARR)
    t.eq({row["duid"] for row in s.held().values()},
         {f"00:01:00:01:aa:bb:cc:dd:02:aa:bb:00:00:{i:02x}" for i in range(16, 36)}, "clients")
