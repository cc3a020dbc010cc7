# SPDX-License-Identifier: MPL-2.0
"""Load while something happens to the server; the ledger shows the result of every ACK."""
import json
import signal
import subprocess
import time

from lib import ledger
from lib.case import test
from lib.server import config

HEADER6 = ("address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"
           "hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n")
HEADER = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"


@test("ledger-notices")
def ledger_notices(t):
    """Tests the comparison: a row that is missing, for another client, too old, declined, deleted or torn."""
    now, mono = int(time.time()), time.monotonic()
    acks = [f"{mono:.9f} 020c0000000{i} 192.0.2.{i} 3600 192.0.2.1\n" for i in range(1, 8)]
    acks.append(f"{mono + 1:.9f} 020c00000009 192.0.2.7 3600 192.0.2.1\n")
    path = t.write("ledger", f"# wall - monotonic = {time.time() - mono:.3f} s\n" + "".join(acks))

    def row(i, mac=None, valid=3600, expire=now + 3600, state=0):
        return f"192.0.2.{i},02:0c:00:00:00:{mac or i:02x},,{valid},{expire},1,0,0,,{state},\n"
    rows = [row(1), row(2, mac=99), row(3, expire=now + 1000), row(4), row(4, state=1), row(5), row(5, valid=0), row(6)[:20]]
    csv = t.write("leases.csv", HEADER + "".join(rows))
    p = subprocess.run([t.env["ledger"], "check", path, csv], check=False, capture_output=True, text=True)
    got = json.loads(p.stdout)
    t.eq(p.returncode, 1, "exit code")
    t.eq({k: got[k] for k in ("acks", "addresses", "rows", "bad_rows", "lost", "missing", "stolen", "early", "dup")},
         dict(acks=8, addresses=7, rows=7, bad_rows=1, lost=6, missing=4, stolen=1, early=1, dup=1), "counts")


@test("ledger-notices6", families=(6,))
def ledger_notices6(t):
    """Same for addresses and prefixes; an address and a prefix that begin the same are different."""
    now, mono = int(time.time()), time.monotonic()

    def ack(i, place, at=mono):
        return f"{at:.9f} 00030001020c0000000{i} {place} 3600 00030001020000000001\n"
    acks = [ack(i, f"2001:db8::{i}") for i in range(1, 5)] + [ack(i, f"2001:db8:{i}::/56") for i in range(1, 5)]
    acks += [ack(5, "2001:db8:5::"), ack(9, "2001:db8:1::/56", mono + 1)]
    path = t.write("ledger", f"# wall - monotonic = {time.time() - mono:.3f} s\n" + "".join(acks))

    def row(i, place, length=128, client=None, valid=3600, expire=now + 3600, state=0):
        kind = 0 if length == 128 else 2
        return (f"{place},00:03:00:01:02:0c:00:00:00:{client or i:02x},{valid},{expire},1,3000,{kind},{i},{length},0,0,,,"
                f"{state},,,,0\n")
    rows = [row(1, "2001:db8::1"), row(2, "2001:db8::2", client=99), row(3, "2001:db8::3", expire=now + 1000), row(4, "2001:db8::4", state=1),
            row(9, "2001:db8:1::", 56), row(2, "2001:db8:2::", 60), row(3, "2001:db8:3::", 56, valid=0), row(4, "2001:db8:4::", 56)[:30],
            "\n", row(5, "2001:db8:5::", 56)]
    csv = t.write("leases.csv", HEADER6 + "".join(rows))
    p = subprocess.run([t.env["ledger"], "check", path, csv], check=False, capture_output=True, text=True)
    got = json.loads(p.stdout)
    t.eq(p.returncode, 1, "exit code")
    t.eq({k: got[k] for k in ("acks", "addresses", "rows", "bad_rows", "lost", "missing", "stolen", "early", "dup")},
         dict(acks=10, addresses=9, rows=8, bad_rows=1, lost=7, missing=5, stolen=1, early=1, dup=1), "counts")


@test("load-relayed", families=(4, 6))
def load_relayed(t):
    """Relayed exchanges and renewals, closed loop: all answered, all in the lease file."""
    server = t.server(t.fam.config(quiet=True))
    more = ("--opt82", "--cid") if t.fam.digit == 4 else ()
    load = t.fam.Load(t, "--renew", "--clients", "300", "--seconds", "2", "--window", "8", *more)
    got = load.finish()
    t.true(got["renewed"] > 100, "no renewals")
    ledger.all_served(t, got, server)
    t.eq(ledger.check(t, load.path, server)["addresses"], 300 if t.fam.digit == 4 else 600, "addresses and prefixes")


@test("load-direct")
def load_direct(t):
    """Directly attached clients, open loop at 200 a second: all answered, all in the lease file."""
    server = t.server(config(quiet=True, subnets=[
        {"id": 1, "subnet": "192.0.0.0/16", "pools": [{"pool": "192.0.16.0/20"}]}]))
    load = ledger.Load(t, "--rate", "200", "--seconds", "3", direct=True)
    got = load.finish()
    t.true(got["completed"] >= 550, f"only {got['completed']} exchanges")
    ledger.all_served(t, got, server)
    ledger.check(t, load.path, server)


@test("kill-9-renew", families=(4, 6))
def kill_9_renew(t):
    """kill -9 while clients renew: no acknowledged renewal is lost, no client is rejected."""
    server = t.server(t.fam.config(quiet=True, **t.no_cache))
    load = t.fam.Load(t, "--renew", "--clients", "500", "--window", "8", "--seconds", "40", "--timeout", "300")
    t.wait("acknowledged leases", lambda: load.acks() > 1000, 15)
    time.sleep(1.2)  # expiration in the lease file has whole seconds
    server.kill()
    server.start()
    before = load.acks()
    t.wait("acknowledged leases", lambda: load.acks() > before + 1000, 15)
    got = load.finish(early=True)
    t.eq((got["naks"], got["dups"], got["bad"]), (0, 0, 0), "naks, dups, bad")
    ledger.check(t, load.path, server)


@test("sigint")
def sigint(t):
    """SIGINT ends the server like SIGTERM."""
    server = t.server()
    t.eq(server.process.stop(signal.SIGINT), 0, "exit code")


@test("reload-good", beyond_kea="its sockets are closed during a reload", families=(4, 6))
def reload_good(t):
    """SIGHUP under load with a good file, three times: no response is lost."""
    server = t.server(t.fam.config(quiet=True))
    load = t.fam.Load(t, "--rate", "300", "--clients", "20000", "--seconds", "5", "--timeout", "2000")
    for i in range(3):
        t.wait("acknowledged leases", lambda n=i: load.acks() > 200 * (n + 1), 10)
        server.reload(t.fam.config(quiet=True, **{"valid-lifetime": 3000 + i}))
        server.wait_log(f"DHCP{t.fam.digit}_DYNAMIC_RECONFIGURATION_SUCCESS", i + 1)
    got = load.finish()
    ledger.all_served(t, got, server)
    ledger.check(t, load.path, server)
    t.true(any(r["valid_lifetime"] == "3002" for r in server.rows()), "the last file has no effect")
