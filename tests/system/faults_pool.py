# SPDX-License-Identifier: MPL-2.0
"""Exhausted pools: by many clients, or by one that declines every address."""
import json
import os
import re
import time

from lib.case import fault
from lib.server import Server


def perfdhcp(t, name, *args, direct=False):
    where, server = {(4, False): (["-4", "-l", "198.18.0.2"], ["198.18.0.1"]), (4, True): (["-4", "--direct", "-l", "c0"], []),
                     (6, False): (["-6", "-l", "r0", "-A", "1"], []), (6, True): (["-6", "-l", "c0"], [])}[t.fam.digit, direct]
    return t.start("cli" if direct else "rly", [os.path.join(t.env["builddir"], "perfdhcp"), *where, *map(str, args), *server], name=name)


def report(text):
    """Section -> field -> number."""
    sections, now = {}, {}
    for line in text.splitlines():
        if head := re.match(r"\*\*\*(?:Statistics for: )?(.*)\*\*\*$", line):
            now = sections.setdefault(head[1], {})
        elif field := re.match(r"([a-z][a-z0-9. ]*): ([0-9.]+)", line):
            now[field[1]] = float(field[2])
    return sections


HEAD = {4: "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n",
        6: "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"
           "hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"}


def row(digit, i):
    if digit == 4:
        return f"10.{16 + (i >> 16)}.{i >> 8 & 255}.{i & 255},02:0d:00:{i >> 16:02x}:{i >> 8 & 255:02x}:{i & 255:02x},,86400,{{}},3,0,0,,0,,0\n"
    return (f"2001:db8:ff:0:1::{i >> 16:x}:{i & 0xffff:x},00:03:00:01:02:0d:00:{i >> 16:02x}:{i >> 8 & 255:02x}:{i & 255:02x},86400,{{}},3,"
            "80000,0,1,128,0,0,,,0,,,,0\n")


@fault("P1", "exhausted-pool", short=(6,), beyond_kea="each new client costs it a walk over the whole pool", limit=90)
def exhausted_pool(t):
    """No address is free and 1,000 new clients a second ask for one: no renewal is lost or late, no new client gets
    a response."""
    bits, held, digit = 20 if t.long else 16, 1000, t.fam.digit
    n = 1 << bits
    if digit == 4:
        last = f"10.{16 + ((n - 1) >> 16)}.255.255"
        subnet = {"id": 3, "subnet": "10.0.0.0/8", "interface": "s0", "relay": {"ip-addresses": ["198.18.0.2"]}, "pools": [{"pool": f"10.16.0.0 - {last}"}]}
    else:
        subnet = {"id": 3, "subnet": "2001:db8:ff::/64", "interface": "s0", "pools": [{"pool": f"2001:db8:ff:0:1::/{128 - bits}"}]}
    server = Server(t, t.fam.config(quiet=True, subnets=[subnet]))
    expire = str(int(time.time()) + 86400)
    with open(server.lease_path, "w", encoding="ascii") as f:
        f.write(HEAD[digit])
        for i in range(n - held):
            f.write(row(digit, i).format(expire))
    server.start(60)
    seconds = 20 if t.long else 3
    only = ["-e", "address-only"] if digit == 6 else []
    renewals = perfdhcp(t, "renewals", "--scenario", "renew", "-R", held - 10, "-r", 500, "-p", seconds + 2, "-W", 2000000, *only)
    t.wait("clients with leases", lambda: len(server.rows()) >= n - 10 if not t.long else
           os.path.getsize(server.lease_path) and renewals.alive() and time.sleep(1.5) is None, 20, 0.3)
    base = "mac=00:0d:00:00:00:00" if digit == 4 else "duid=0003000100000d00000000"
    new = perfdhcp(t, "new", "-r", 1000, "-R", 1000000, "-p", seconds - 1, "-b", base, "-d", 0.2, "-d", 0.2, "-W", 300000, *only, direct=True)
    new.wait(seconds + 30)
    renewals.wait(seconds + 30)
    got, asked = report(renewals.log()), report(new.log())
    kind = next(k for k in got if "RENEW" in k.upper() or k == "REQUEST-ACK")
    t.note(json.dumps({"renewals": got[kind], "new": asked[next(iter(k for k in asked if "-" in k))]}))
    t.true(got[kind]["received packets"] > 400 * seconds, f"only {got[kind]['received packets']} renewals")
    t.eq((got[kind]["drops"], got[kind].get("rejected leases", 0)), (0, 0), "renewals lost, rejected")
    t.true(asked["Whole exchanges"]["completed"] <= 10, "there was something free")
    if t.long:
        t.true(got[kind]["p99 delay"] <= 5, f"99 % of the renewals took up to {got[kind]['p99 delay']} ms")


@fault("P2", "decline-storm", beyond_kea="every address that one client declines is out of use for a day")
def decline_storm(t):
    """One client keeps declining addresses: three of them become unavailable, all other clients are served."""
    server = t.server(t.fam.config())
    storm = t.fam.client(t, 1)
    n = 1051 if t.long else 60
    start = time.monotonic()
    for _ in range(n):
        storm.decline(storm.lease())
    seconds = time.monotonic() - start
    declined = [a for a, r in server.leases().items() if r["state"] == "1"]
    t.true(1 <= len(declined) <= 3, f"{len(declined)} addresses are out of use")
    for i in range(2, 62):
        c = t.fam.client(t, i)
        t.true(c.lease() not in declined, "an address out of use was assigned")
        c.tap.sock.close()
    t.note(f"{n} declines in {seconds:.1f} s: {len(declined)} addresses out of use")
