# SPDX-License-Identifier: MPL-2.0
"""Lease file cleanup under load, with both processes killed, between Kea and this server, and with damaged files."""
import csv
import fcntl
import glob
import os
import random
import re
import struct
import subprocess
import sys
import time

from lib import ledger
from lib.case import Skipped, fault, test
from lib.server import Server, cleanups

HEADS = {4: "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n",
         6: "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"
            "hostname,hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"}
QUIET = {"sanity-checks": {"lease-checks": "none"}}


def conf(t, interval, **top):
    return t.fam.config(quiet=True, lease_db={"type": "memfile", "lfc-interval": interval}, **top)


# Leases in a subnet that is not configured: numbered i, below 2^22.

def old_address(digit, i):
    return f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" if digit == 4 else f"2001:db8:77:{(i >> 15) + 1:x}::{i & 0x7fff | 0x8000:x}"


def old_row(digit, i, host=""):
    mac = f"02:00:{i >> 24 & 255:02x}:{i >> 16 & 255:02x}:{i >> 8 & 255:02x}:{i & 255:02x}"
    expire = int(time.time()) + 100000
    if digit == 4:
        return f"{old_address(4, i)},{mac},01:{mac},100000,{expire},9,0,0,{host},0,,0\n"
    return f"{old_address(6, i)},00:03:00:01:{mac},100000,{expire},9,50000,0,{i},128,0,0,{host},,0,,,,0\n"


def is_old(digit, address):
    return address.startswith("10." if digit == 4 else "2001:db8:77:")


def settled(t, server, timeout=20):
    """Waits until no cleanup is running or due."""
    t.wait("the cleanup to end", lambda: not server.cleanups() and
           not os.path.exists(server.lease_path + ".1") and not os.path.exists(server.lease_path + ".completed"), timeout)


@test("lfc-cycle", families=(4, 6))
def lfc_cycle(t):
    """With lfc-interval 1: many renewals become one row, an idle server starts no cleanup, a restart finds the
    lease."""
    server = t.server(conf(t, 1, **t.no_cache))
    client = t.fam.client(t, **({"pd": True} if t.fam.digit == 6 else {}))
    address = client.lease()
    want = [address] + ([client.prefix.split("/")[0]] if t.fam.digit == 6 else [])
    for _ in range(20):
        t.eq(client.keep(address), address, "renewed")

    def clean():
        try:
            with open(server.lease_path + ".2", encoding="utf-8") as f:
                return sorted(r["address"] for r in csv.DictReader(f)) == sorted(want)
        except FileNotFoundError:
            return False
    t.wait("a row for each lease in .2", lambda: clean() and len(server.rows()) == len(want), 10)
    settled(t, server)
    server.wait_log(f"DHCPSRV_MEMFILE_LFC_EXECUTE .*kea-lfc -{t.fam.digit} -x .*csv.2 -i .*csv.1 -o .*csv.output -f .*csv.completed "
                    "-p .*csv.pid -c ")
    server.kill()
    server.start()
    t.eq(client.keep(address), address, "renewed after a restart")


@test("lfc-load", families=(4, 6), limit=90)
def lfc_load(t):
    """Cleanups every second under load: every exchange answered, no long waits, nothing lost, .2 has the leases."""
    server = t.server(conf(t, 1, **t.no_cache))
    load = t.fam.Load(t, "--renew", "--clients", "4000", "--window", "8", "--seconds", "6", "--timeout", "2000")
    t.wait("cleanups", lambda: server.said("DHCPSRV_MEMFILE_LFC_EXECUTE") >= 4, 15)
    got = load.finish()
    ledger.all_served(t, got, server)
    # There were four cleanups or more. Two waits may be a busy host's.
    t.true(load.gaps_ms()[2] < 1000, f"clients waited {[round(gap) for gap in load.gaps_ms()[:5]]} ms")
    t.wait("the last cleanup", lambda: not server.cleanups(), 20)
    t.eq(ledger.check(t, load.path, server)["addresses"], 4000 if t.fam.digit == 4 else 8000, "addresses and prefixes")


@fault("S13", "lfc-killed", limit=150)
def lfc_kill_9(t):
    """kea-lfc and the server are killed repeatedly under load: nothing lost, nothing assigned twice."""
    if t.env["kea"]:
        raise Skipped("a server that does not start while a cleanup runs cannot be tested this way")
    rng = random.Random(os.urandom(8) if t.long else 5)
    server = Server(t, conf(t, 1, **QUIET, **t.no_cache))
    # Many leases in another subnet, so that a cleanup takes long enough to be killed anywhere.
    n_old = 150000 if t.long else 75000
    with open(server.lease_path, "w", encoding="utf-8") as f:
        f.write(HEADS[t.fam.digit] + "".join(old_row(t.fam.digit, i) for i in range(n_old)))
    server.start()
    load = t.fam.Load(t, "--clients", "30000", "--window", "8", "--seconds", "300", "--timeout", "300")
    kills, server_kills, states = 0, 0, set()
    want = (50, 10) if t.long else (3, 1)
    end = time.monotonic() + (120 if t.long else 20)
    while time.monotonic() < end and (t.long or kills < want[0] or server_kills < want[1]):
        pids = t.wait("a cleanup", lambda: server.cleanups() or time.monotonic() > end, 20, every=0.005)
        if pids is True:
            break
        time.sleep(rng.random() * n_old * 0.8e-6)
        for pid in pids:
            if rng.random() < 0.7:
                subprocess.run(["kill", "-9", str(pid)], check=False, capture_output=True)
                kills += 1
        states.add(tuple(s for s in (".1", ".2", ".output", ".completed") if os.path.exists(server.lease_path + s)))
        if rng.random() < 0.3:
            server.kill()
            server_kills += 1
            before = load.acks()
            server.start()
            t.wait("leases after a restart", lambda n=before: load.acks() > n + 100, 15)
    t.note(f"{kills} cleanups and {server_kills} servers killed, files left: {sorted(states)}")
    t.true(kills >= want[0] and server_kills >= want[1], "too few kills to mean anything")
    got = load.finish(early=True)
    t.eq((got["confirmed_dups"], got["bad"]), (0, 0), "dups, bad")  # offers are lost when the server is killed
    settled(t, server, 30)
    server.kill()
    t.wait("the last cleanup", lambda: not server.cleanups(), 20)
    t.true(ledger.check(t, load.path, server)["acks"] > 1000, "too few ACKs to mean anything")
    t.true(len([a for a in server.leases() if is_old(t.fam.digit, a)]) == n_old, "older leases are lost")


@test("lfc-size", families=(4, 6), limit=90, beyond_kea="it cleans up by time only")
def lfc_size(t):
    """A file of 20 MiB for 1000 leases is cleaned up at once with lfc-interval 3600, and never with 0."""
    rows = "".join(old_row(t.fam.digit, k, host="ROUND") for k in range(1000))

    def server(name, interval):
        c = conf(t, interval, **QUIET)
        c[f"Dhcp{t.fam.digit}"]["interfaces-config"]["interfaces"] = []
        s = Server(t, c, name=name, folder=t.path(name))
        with open(s.lease_path, "w", encoding="utf-8") as f:
            f.write(HEADS[t.fam.digit] + "".join(rows.replace("ROUND", f"round-{i}") for i in range(240)))
        t.true(os.path.getsize(s.lease_path) > 20 << 20, "the file is too small for the test")
        s.start()
        return s
    never = server("never", 0)
    by_size = server("by-size", 3600)
    t.wait("a cleanup by size", lambda: by_size.said("DHCPSRV_MEMFILE_LFC_DONE"), 20)
    with open(by_size.lease_path + ".2", encoding="utf-8") as f:
        t.eq(len(f.readlines()), 1001, "lines of .2")
    t.eq({r["hostname"] for r in by_size.leases().values()}, {"round-239"}, "host names")
    t.eq(len(by_size.leases()), 1000, "leases")
    t.eq((never.said("LFC"), os.path.exists(never.lease_path + ".2")), (0, False), "the server that must not clean up")


@test("lfc-damaged", families=(4, 6), beyond_kea="it discards what it cannot read")
def lfc_damaged(t):
    """Damaged rows in every file: each is kept once in .bad, all others count, start and cleanup continue."""
    server = Server(t, conf(t, 1, **QUIET))
    digit = t.fam.digit
    torn = [f"{old_address(digit, 200 + n)},torn" for n in range(3)]
    for n, suffix in enumerate((".2", ".1", "")):
        with open(server.lease_path + suffix, "w", encoding="utf-8") as f:
            f.write(HEADS[digit] + old_row(digit, n, "good") + f"rubbish {n},\n" + old_row(digit, 100 + n) + torn[n])
    server.start()
    client = t.fam.client(t)
    address = client.lease()
    t.wait("cleanups of all files", lambda: server.said("DHCPSRV_MEMFILE_LFC_DONE") >= 2, 10)
    settled(t, server)
    t.eq(server.said("DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR"), 3, "reports")
    with open(server.lease_path + ".bad", encoding="utf-8") as f:
        t.eq(sorted(f.read().splitlines()),
             sorted([f"rubbish {n}," for n in range(3)] + torn), "rows in .bad")
    t.eq(sorted(server.leases()), sorted([address] + [old_address(digit, n) for n in (0, 1, 2, 100, 101, 102)]), "leases")
    server.kill()
    server.start()
    t.eq(server.said("ROW_ERROR"), 0, "reports after the cleanup")
    t.eq(client.keep(address), address, "renewed")


@test("lfc-unreadable", families=(4, 6), beyond_kea="it deletes what it cannot read")
def lfc_unreadable(t):
    """A file that is not a lease file is unchanged byte for byte: no start and no cleanup with it."""
    server = Server(t, conf(t, 1, **t.no_cache))
    for suffix in (".2", ".1", ".completed", ""):
        path = server.lease_path + suffix
        with open(path, "w", encoding="utf-8") as f:
            f.write("this is somebody's diary\n")
        process = server.launch()
        t.true(process.wait(5) != 0, f"it started over {suffix}")
        t.match(re.escape(path) + ".*left unchanged", process.log(), "what it says")
        with open(path, encoding="utf-8") as f:
            t.eq(f.read(), "this is somebody's diary\n", f"content of {suffix}")
        os.unlink(path)
    server.start()
    client = t.fam.client(t)
    address = client.lease()
    t.wait("a cleanup", lambda: server.said("DHCPSRV_MEMFILE_LFC_DONE"), 10)
    settled(t, server)
    with open(server.lease_path + ".1", "w", encoding="utf-8") as f:
        f.write("this is somebody's diary\n")
    t.eq(client.keep(address), address, "renewed")
    t.wait("a cleanup that fails", lambda: server.said("DHCPSRV_MEMFILE_LFC_FAILED"), 10)
    t.match(r"kea-lfc: .*csv\.1.*not the header", server.log(), "the reason")
    with open(server.lease_path + ".1", encoding="utf-8") as f:
        t.eq(f.read(), "this is somebody's diary\n", "content")
    t.eq(client.keep(address), address, "renewed meanwhile")
    os.unlink(server.lease_path + ".1")
    t.wait("the next cleanup", lambda: server.said("DHCPSRV_MEMFILE_LFC_DONE") >= 2, 10)


@test("lfc-arguments")
def lfc_arguments(t):
    """Kea's arguments, all required; one cleanup at a time; a leftover PID file does not matter."""
    ours = os.path.join(os.path.dirname(t.env["kea_dhcp4"]), "kea-lfc")
    base = t.path("leases.csv")
    args = {"-x": base + ".2", "-i": base + ".1", "-o": base + ".output", "-f": base + ".completed", "-p": base + ".pid",
            "-c": "none"}

    def run(*more, without=""):
        given = [w for k, v in args.items() if k != without for w in (k, v)]
        return subprocess.run([ours, *given, *more], check=False, capture_output=True, text=True, timeout=10,
                              env=dict(os.environ, KEA_LOCKFILE_DIR="none"))
    for name in args:
        t.eq(run("-4", without=name).returncode, 1, f"exit code without {name}")
    for wrong in ((), ("-4", "more"), ("-4", "-z")):
        t.eq(run(*wrong).returncode, 1, f"exit code with {wrong}")
    version = run("-v").stdout.strip()
    t.match(r"^\d+\.\d+\.\d+", version, "version")
    t.true(run("-V").stdout.startswith(version), "-V begins with the version")
    t.true(version in run("-W").stdout, "-W names the version")
    t.eq(run("-h").returncode, 0, "exit code of -h")
    t.eq(run("-4").returncode, 0, "exit code with nothing to do")
    with open(base + ".1", "w", encoding="utf-8") as f:
        f.write(HEADS[4] + old_row(4, 1))
    with open(base + ".pid", "w", encoding="utf-8") as f:
        f.write("4194303\n")
    if not t.env["kea"]:
        with open(base + ".pid", "r+", encoding="utf-8") as f:
            # F_OFD_SETLK of another process: l_type, l_whence, padding, l_start, l_len, l_pid, padding
            fcntl.fcntl(f, 37, struct.pack("hhiqqii", fcntl.F_WRLCK, 0, 0, 0, 0, 0, 0))
            got = run("-4")
            t.eq(got.returncode, 2, "exit code while another one runs")
            t.true("4194303" in got.stderr, "it does not name the process")
            t.true(os.path.exists(base + ".1"), "it did not wait its turn")
        # One that does not lock, like Kea's.
        other = subprocess.Popen(["kea-lfc", "-c", "import time; time.sleep(20)", "-i", base + ".1"],
                                 executable=sys.executable)
        t.write("leases.csv.pid", f"{other.pid}\n")
        t.wait("the other process", lambda: other.pid in cleanups(base), 5)
        t.eq(run("-4").returncode, 2, "exit code while one runs that does not lock")
        other.kill()
        other.wait()
    t.eq(run("-4").returncode, 0, "exit code with a leftover pid file")
    t.eq(sorted(os.listdir(t.dir)), ["leases.csv.2"], "files")


@test("lfc-group", needs=["setpriv"], beyond_kea="the cleaned file has the group of the process")
def lfc_group(t):
    """The cleaned file keeps the group of the lease file if permitted, and is created anyway if not."""
    ours = os.path.join(os.path.dirname(t.env["kea_dhcp4"]), "kea-lfc")
    base = os.path.join(t.path("leases"), "leases.csv")
    os.mkdir(t.path("leases"))
    os.chown(t.path("leases"), 65534, 65534)

    def run(group, *groups):
        with open(base + ".1", "w", encoding="utf-8") as f:
            f.write(HEADS[4] + old_row(4, 1))
        os.chown(base + ".1", 65534, group)
        subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", *groups, "--bounding-set=-all", "--inh-caps=-all", ours, "-4",
                        *(w for k, v in {"-x": ".2", "-i": ".1", "-o": ".output", "-f": ".completed", "-p": ".pid"}.items()
                          for w in (k, base + v)), "-c", "none"], check=True, timeout=10)
        t.eq(sorted(os.listdir(t.path("leases"))), ["leases.csv.2"], "files")
        return os.stat(base + ".2").st_gid
    t.eq(run(12345, "--groups=12345"), 12345, "group")
    t.eq(run(23456, "--clear-groups"), 65534, "group of a process that is not in it")


# --- with Kea ---

def reference_lfc(t):
    path = os.path.join(os.path.dirname(t.env[f"kea_reference{t.fam.digit}"]), "kea-lfc")
    if not os.access(path, os.X_OK):
        raise Skipped(f"skipped: needs {path}")
    return path


def clean_up(t, binary, family, base):
    subprocess.run([binary, f"-{family}", "-x", base + ".2", "-i", base + ".1", "-o", base + ".output", "-f",
                    base + ".completed", "-p", base + ".pid", "-c", "none"], check=True, timeout=60,
                   env=dict(os.environ, KEA_LOCKFILE_DIR="none"), capture_output=True)
    t.eq(sorted(os.path.basename(p) for p in glob.glob(base + ".*")), [os.path.basename(base) + ".2"], "files left")


def read_rows(path, skip=("pool_id",)):
    """Maps each address to the columns both have."""
    with open(path, encoding="utf-8") as f:
        return {r["address"].replace("::0", "::"): {k: v for k, v in r.items() if k not in skip} for r in csv.DictReader(f)}


def random_rows(family, seed, now):
    rng = random.Random(seed)
    out = ""
    for _ in range(3000):
        i = rng.randrange(1, 500)
        valid, state = rng.choice((0, 3600, 7200)), rng.choice((0, 0, 1, 2))
        expire = now + rng.randrange(-9000, 9000)
        host = rng.choice(("", "a.example.org", "with&#x2ccomma"))
        context = rng.choice(("", '{ "ISC": { "relay-agent-info": "0x01" } }'))
        duid = f"00:03:00:01:02:00:00:00:{i >> 8:02x}:{i & 255:02x}"
        if family == 4:
            out += f"192.0.{i >> 8}.{i & 255},02:00:00:00:{i >> 8:02x}:{i & 255:02x},ff:{duid},{valid},{expire},1,0,1,{host},{state},{context},0\n"
        else:
            pd = i % 3 == 0
            address = f"2001:db8:{i:x}::" if pd else f"2001:db8::{i:x}"
            out += (f"{address},{duid},{valid},{expire},1,{valid // 2},{2 if pd else 0},{i},{48 if pd else 128},0,0,{host},,"
                    f"{state},{context},,,0\n")
    return out


@test("lfc-same-as-kea")
def lfc_same_as_kea(t):
    """Random files of both families, cleaned up by ours and by Kea's kea-lfc: the same leases remain."""
    reference = reference_lfc(t)
    ours = os.path.join(os.path.dirname(t.env["kea_dhcp4"]), "kea-lfc")
    for family, head in HEADS.items():
        results, now = [], int(time.time())
        for binary in (ours, reference):
            base = t.path(f"leases{family}.{len(results)}")
            for n, suffix in enumerate((".2", ".1")):
                with open(base + suffix, "w", encoding="utf-8") as f:
                    f.write(head + random_rows(family, n, now))
            clean_up(t, binary, family, base)
            results.append(read_rows(base + ".2"))
        t.true(len(results[0]) > 200, f"only {len(results[0])} leases")
        for address in sorted(set(results[0]) | set(results[1])):
            t.eq(results[0].get(address), results[1].get(address), f"{address} of ours and Kea's")


def serve_with(t, server_binary, lfc_binary):
    """A server with the other's kea-lfc: cleanups work, leases stay."""
    is_ours = server_binary == t.env[f"kea_dhcp{t.fam.digit}"]
    server = t.server(conf(t, 1, **(t.no_cache if is_ours else {})), binary=server_binary,
                      env=dict(KEA_LFC_EXECUTABLE=lfc_binary))
    clients = [t.fam.client(t, i, **({"pd": i % 2 == 0} if t.fam.digit == 6 else {})) for i in range(1, 11)]
    for c in clients:
        c.address = c.lease()
    clients[0].release(clients[0].address)
    t.wait("a cleanup", lambda: os.path.exists(server.lease_path + ".2"), 10)
    for c in clients[1:]:
        t.eq(c.keep(c.address), c.address, "renewed")
    t.true(lfc_binary in server.log(), f"{lfc_binary} was not started")
    settled(t, server)
    want = [c.address for c in clients[1:]] + [c.prefix.split("/")[0] for c in clients[1:] if getattr(c, "prefix", None)]
    t.eq(sorted(server.held()), sorted(want), "leases")
    server.stop()
    return clients, server.held()


@test("lfc-of-kea", families=(4, 6))
def lfc_of_kea(t):
    """Our server with Kea's kea-lfc, and Kea's server with ours; then our server has all of the latter's leases."""
    if t.env["kea"]:
        raise Skipped("this is about two different servers")
    reference = reference_lfc(t)
    ours = os.path.join(os.path.dirname(t.env["kea_dhcp4"]), "kea-lfc")
    _, held = serve_with(t, t.env[f"kea_dhcp{t.fam.digit}"], reference)
    clients, after = serve_with(t, t.env[f"kea_reference{t.fam.digit}"], ours)
    t.eq(sorted(after), sorted(held), "leases of Kea's server")
    server = t.server(conf(t, 1))
    for c in clients[1:]:
        t.eq(c.keep(c.address), c.address, "renewed by ours")
    t.eq(sorted(server.held()), sorted(held), "leases in the end")
