# SPDX-License-Identifier: MPL-2.0
"""The database of the leases fails while clients get leases: no ACK without a stored lease, no address for two, no NAK,
and service resumes by itself."""
import glob
import os
import subprocess
import time

from lib import ledger, sql
from lib.case import Skipped
from lib.server import Server

NOT_KEA = "its schema is older, and clients get NAKs while the database fails"


def small(t, **keys):
    return t.fam.Load(t, "--clients", "30000", "--window", "16", "--seconds", "300", "--timeout", "500", **keys)


def size(load):
    return os.path.getsize(load.path) if os.path.exists(load.path) else 0


def grows(t, load, what, seconds=20, by=5000):
    before = size(load)
    t.wait(what, lambda: size(load) > before + by, seconds, 0.01)


def is_silent(t, load, known, address, seconds=0.7):
    """No client gets an ACK, and one with a valid lease no rejection."""
    t.true(known.keep(address, timeout=1) != "refused", "a client with a valid lease was rejected")
    before = size(load)
    time.sleep(seconds)
    return size(load) == before


def ended(t, load, db, server, slack=2):
    """Nobody got a wrong response, nothing is lost, and the server was there all the time."""
    t.true(server.process.alive(), "the server ended")
    got = load.finish(early=True)
    t.eq((got["naks"], got["confirmed_dups"], got["bad"]), (0, 0, 0), "naks, dups, bad")
    ledger.check(t, load.path, db, slack)
    return got


def serving(t, kind, options=(), **keys):
    """A database, a server, load, and a client with a lease."""
    db = sql.Database(t, kind, options=options)
    server = t.server(t.fam.config(quiet=True, lease_db=db.conf(**keys), **t.no_cache))
    known = t.fam.client(t)
    address = t.wait("a lease", known.lease)
    load = small(t)
    grows(t, load, "acknowledged leases")
    return db, server, known, address, load


@sql.each("D1", "restarted", short=[("pgsql", 4), ("pgsql", 6), ("mysql", 4), ("mysql", 6)], beyond_kea=NOT_KEA)
def restarted(t, kind):
    """The database is killed under load and comes back: nothing lost, no NAK, served again within 2 s."""
    db, server, known, address, load = serving(t, kind)
    worst = 0.0
    for i in range(20 if t.long else 1):
        db.kill()
        server.wait_log("DB_RECONNECT_LOST_CONNECTION", i + 1)
        t.true(known.keep(address, timeout=1) != "refused", "a client with a valid lease was rejected")
        time.sleep(1)
        db.start()
        start = time.monotonic()
        grows(t, load, "leases after the restart", by=500)
        worst = max(worst, time.monotonic() - start)
        grows(t, load, "leases after the restart")
    t.true(worst <= 2.5, f"served {worst:.1f} s after the database was back")
    t.note(f"served {worst:.2f} s after the database was back")
    t.eq(known.keep(address), address, "renewed")
    ended(t, load, db, server)


@sql.each("D2", "down", short=[("pgsql", 4), ("mysql", 6)], beyond_kea=NOT_KEA)
def down(t, kind):
    """The database is down for a while: with every on-fail clients with valid leases are not rejected."""
    for on_fail in ("stop-retry-exit", "serve-retry-continue") if t.long else ("serve-retry-continue",):
        db = sql.Database(t, kind, name=f"{kind}-{on_fail}")
        server = t.server(t.fam.config(quiet=True, lease_db=db.conf(**{"on-fail": on_fail}), **t.no_cache))
        clients = [t.fam.client(t, i) for i in range(1, 6)]
        addresses = [t.wait("a lease", c.lease) for c in clients]
        db.kill()
        server.wait_log("DB_RECONNECT_LOST_CONNECTION")
        t.eq([c.keep(a, timeout=0.3) for c, a in zip(clients, addresses)], [None] * 5, f"{on_fail}: responses")
        t.eq([c.confirm(a) for c, a in zip(clients, addresses)][:2], [None] * 2, f"{on_fail}: responses")
        db.start()
        server.wait_log("DB_RECONNECT_SUCCEEDED")
        for c, a in zip(clients, addresses):
            t.eq(t.wait("a response", lambda c=c, a=a: c.keep(a, timeout=1)), a, f"{on_fail}: renewed")
        t.true(server.process.alive(), "the server ended")
        server.stop()
        db.kill()


@sql.each("D3", "hangs", short=[("pgsql", 6), ("mysql", 4)], beyond_kea=NOT_KEA)
def hangs(t, kind):
    """The database hangs, also in a transaction: no response to clients, and all is well when it goes on."""
    db, server, known, address, load = serving(t, kind, **{"statement-timeout": 1})
    for seconds in (1, 5, 15, 30) if t.long else (3,):
        db.freeze()
        t.wait("silence", lambda: is_silent(t, load, known, address), 10)
        time.sleep(seconds)
        t.true(is_silent(t, load, known, address), "leases from a database that hangs")
        db.thaw()
        grows(t, load, "leases after it goes on", 30)
    t.eq(t.wait("a response", lambda: known.keep(address)), address, "renewed")
    ended(t, load, db, server)


def rss(server):
    """MiB"""
    with open(f"/proc/{server.pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS:")).split()[1]) / 1024


@sql.each("D4", "slow", short=[("pgsql", 4), ("mysql", 6)], beyond_kea="it has one statement in progress for each thread")
def slow(t, kind):
    """Each round trip takes 50 ms more: many requests share one. Then it takes a second, and there are more requests than
    fit: they are dropped, and all is well when the database is fast again."""
    db = sql.Database(t, kind)
    proxy = sql.Proxy(t, "srv", 7777, db.port, delay=0.05)
    server = t.server(t.fam.config(quiet=True, lease_db=db.conf(port=7777), **t.no_cache))
    known = t.fam.client(t)
    address = t.wait("a lease", known.lease)
    load = t.fam.Load(t, "--clients", "30000", "--window", "512", "--seconds", "20" if t.long else "4", "--timeout", "3000", name="slow")
    time.sleep(1)
    t.eq(known.keep(address), address, "renewed")
    got = load.finish()
    rate = got["completed"] / (20 if t.long else 4)
    t.note(f"{rate:.0f} leases/s with 50 ms more for each round trip")
    # One after the other, three connections would do with three round trips each not even this:
    t.true(rate > 5 * 3 / 0.15, f"only {rate:.0f} leases/s")
    before = rss(server)
    proxy.delay = 1.0
    flood = t.fam.Load(t, "--clients", "30000", "--rate", "3000", "--window", "30000", "--seconds", "5", "--timeout", "2000", name="flood")
    flooded = flood.finish()
    t.eq(flooded["naks"], 0, "NAKs")
    proxy.delay = 0.0
    t.eq(t.wait("a response", lambda: known.keep(address)), address, "renewed")  # what is late has been sent
    after = small(t)
    grows(t, after, "leases after it is fast again")
    t.note(f"RSS {before:.1f} MiB before, {rss(server):.1f} MiB after {flooded['drops']} exchanges without response")
    t.true(rss(server) < before + 64, f"RSS {rss(server):.1f} MiB, before {before:.1f}")
    ended(t, after, db, server, slack=2 + 5)  # the first ones waited for what was on its way: at most statement-timeout


@sql.each("D5", "unreachable", short=[("pgsql", 4), ("mysql", 6)], beyond_kea=NOT_KEA)
def unreachable(t, kind):
    """Packets to and from the database are dropped without a word: noticed within 10 s, and served again after."""
    db, server, known, address, load = serving(t, kind, **{"statement-timeout": 2, "connect-timeout": 2})
    rules = t.write("rules", f"table inet cut {{\n chain c {{\n  type filter hook input priority 0\n  tcp dport {db.port} drop\n"
                    f"  tcp sport {db.port} drop\n }}\n}}\n")
    for _ in range(3 if t.long else 1):
        t.run("srv", ["nft", "-f", rules])
        start = time.monotonic()
        before = server.said("DB_RECONNECT_LOST_CONNECTION")
        server.wait_log("DB_RECONNECT_LOST_CONNECTION", before + 1, 15)
        t.note(f"noticed after {time.monotonic() - start:.1f} s")
        t.true(time.monotonic() - start <= 10, "it took too long to notice")
        t.true(is_silent(t, load, known, address), "leases without a database")
        t.run("srv", ["nft", "delete", "table", "inet", "cut"])
        grows(t, load, "leases after it can be reached", 20)
    ended(t, load, db, server)


@sql.each("D5", "on-fail", short=[("pgsql", 6), ("mysql", 4)], beyond_kea=NOT_KEA)
def on_fail(t, kind):
    """At the start and later: the server exits when on-fail and max-reconnect-tries say so, and otherwise waits."""
    db = sql.Database(t, kind)
    few = {"max-reconnect-tries": 3, "reconnect-wait-time": 100}

    def start(**keys):
        server = Server(t, t.fam.config(quiet=True, lease_db=db.conf(**keys)), folder=t.path("state"))
        server.launch()
        return server

    def exits(server, what):
        t.eq(server.process.wait(20), 1, f"exit code: {what}")

    running = start(**{"on-fail": "stop-retry-exit", **few})
    running.wait_log("DHCP._STARTED")
    db.kill()
    exits(running, "stop-retry-exit, a database that is gone")
    t.match("FATAL_DB_RECONNECT_FAILED", running.log(), "why")
    exits(start(), "at the start")
    exits(start(**{"retry-on-startup": True, **few}), "after three attempts at the start")
    waiting = start(**{"retry-on-startup": True})
    waiting.wait_log("DB_OPEN_CONNECTION_WITH_RETRY_FAILED", 2)
    db.start()
    waiting.wait_log("DHCP._STARTED", 1, 20)
    t.true(t.wait("a lease", t.fam.client(t).lease), "a lease")
    db.kill()
    waiting.wait_log("DB_RECONNECT_LOST_CONNECTION")
    code, seconds = waiting.stop()
    t.eq(code, 0, "exit code after a signal, without a database")
    t.true(seconds < 5, f"it took {seconds:.1f} s to end")


@sql.each("D2", "cached", short=[("pgsql", 6), ("mysql", 4)], beyond_kea=NOT_KEA)
def cached(t, kind):
    """With serve-cached, clients whose leases the server knows renew what is left of them while the database is down;
    others get nothing, and nobody is rejected."""
    db = sql.Database(t, kind)
    server = t.server(t.fam.config(quiet=True, lease_db=db.conf(**{"on-fail": "serve-cached"}), **t.no_cache))
    known, released, stranger = t.fam.client(t, 1), t.fam.client(t, 2), t.fam.client(t, 3)
    address, gone = t.wait("a lease", known.lease), t.wait("a lease", released.lease)
    released.release(gone)
    t.wait("the release", lambda: db.sql(f"SELECT count(*) FROM lease{t.fam.digit} WHERE state = 0") == [["1"]])
    db.kill()
    server.wait_log("DB_RECONNECT_LOST_CONNECTION")
    time.sleep(2)  # of the lease
    m = t.true(known.renew(address, want=None), "no response to a known client")
    t.eq(known.keep(address), address, "renewed without the database")
    left = int.from_bytes(m.option(51), "big") if t.fam.digit == 4 else m.granted()[0][2]
    t.true(3000 < left < 3600, f"a lifetime of {left} s, which is not what is left")
    t.eq(stranger.offered(1), False, "an offer for a client that the server does not know")
    t.eq(released.keep(gone, timeout=1), None, "response to a client that has released its lease")
    t.true(known.keep("192.0.2.150" if t.fam.digit == 4 else "2001:db8:1::150", timeout=1) != "refused", "a rejection")
    db.start()
    server.wait_log("DB_RECONNECT_SUCCEEDED", 1, 20)
    t.eq(t.wait("a response", lambda: known.keep(address, timeout=1)), address, "renewed")
    t.true(t.wait("a lease", stranger.lease), "a lease")


@sql.each("D7", "ambiguous", short=[("pgsql", 4), ("mysql", 6)], beyond_kea=NOT_KEA)
def ambiguous(t, kind):
    """The connection is lost between a COMMIT and its response, again and again: nothing lost or assigned twice."""
    db = sql.Database(t, kind)
    proxy = sql.Proxy(t, "srv", 7777, db.port)
    server = t.server(t.fam.config(quiet=True, lease_db=db.conf(port=7777, connections=1), **t.no_cache))
    load = small(t)
    for i in range(30 if t.long else 4):
        grows(t, load, "acknowledged leases", by=1500)
        proxy.cut()
        t.wait("a lost response", lambda n=i: proxy.n_cut > n, 10, 0.01)
    grows(t, load, "leases afterwards")
    ended(t, load, db, server)


READ_ONLY = ("ALTER DATABASE keatest SET default_transaction_read_only = on",
             "ALTER DATABASE keatest RESET default_transaction_read_only",
             "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kea'")


@sql.each("D9", "refuses", short=[("pgsql", 6), ("mysql", 4)], beyond_kea=NOT_KEA)
def refuses(t, kind):
    """The database becomes read-only: silence until it is writable. A schema of another version: no start, and the
    reason."""
    db, server, known, address, load = serving(t, kind)
    t.true(load.finish(early=True), "load")
    if kind == "pgsql":  # in MySQL the test's user, who creates the tables, is exempt
        on, off, drop = READ_ONLY
        db.sql(on)
        db.sql(drop)
        t.wait("silence", lambda: known.keep(address, timeout=1) is None, 20)
        t.eq(known.keep(address, timeout=1), None, "response without a writable database")
        db.sql(off)
        t.eq(t.wait("a response", lambda: known.keep(address, timeout=1), 20), address, "renewed")
    server.stop()
    db.sql("UPDATE schema_version SET version = 12")
    server.launch()
    t.eq(server.process.wait(20), 1, "exit code with an old schema")
    t.match(r"version 12\.\d+.*kea-admin db-upgrade", server.log(), "why")
    t.true("password" not in server.log().lower() or "keatest" not in server.log().split("password")[1], "a secret in the log")


# What a database may say of a valid statement: SQLSTATE, and MySQL's number.
ERRORS = {
    "pgsql": [("40P01", 0), ("40001", 0), ("23505", 0), ("53100", 0), ("53200", 0), ("57014", 0), ("55P03", 0)],
    "mysql": [("40001", 1213), ("HY000", 1205), ("23000", 1062), ("HY000", 1021), ("HY000", 1041), ("70100", 1317), ("HY000", 1114)]}


def set_errors(t, db, state, number, share):
    """From now on this share of the rows that are written causes the error; 0: none."""
    for when in "INSERT", "UPDATE":
        table, name = f"lease{t.fam.digit}", f"injected_{when}".lower()
        if db.kind == "pgsql":
            db.sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            if share:
                db.sql(f"CREATE OR REPLACE FUNCTION injected() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF random() < {share} THEN "
                       f"RAISE EXCEPTION 'injected' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$")
                db.sql(f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION injected()")
        else:
            db.sql(f"DROP TRIGGER IF EXISTS {name}")
            if share:
                db.sql(f"DELIMITER //\nCREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW IF RAND() < {share} THEN "
                       f"SIGNAL SQLSTATE '{state}' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'injected'; END IF//")


@sql.each("D9", "errors", short=[("pgsql", 4), ("mysql", 6)], limit=120, beyond_kea=NOT_KEA)
def errors(t, kind):
    """Deadlocks, serialization failures, unique violations, a full disk, no memory, cancelled statements, a column that is
    gone: at times or always. Each is a retry or silence, never a NAK or the end of the server."""
    db, server, known, address, load = serving(t, kind)
    for state, number in ERRORS[kind] if t.long else ERRORS[kind][::2]:
        set_errors(t, db, state, number, 0.2)
        grows(t, load, f"leases in spite of {state}, {number}", by=1000)
        t.true(known.keep(address, timeout=1) != "refused", f"{state}, {number}: a rejection")
        set_errors(t, db, state, number, 1)
        t.wait(f"silence with {state}, {number}", lambda: is_silent(t, load, known, address, 0.3), 20)
        set_errors(t, db, state, number, 0)
        grows(t, load, f"leases after {state}, {number}", by=1000)
    t.eq(t.wait("a response", lambda: known.keep(address)), address, "renewed")
    db.sql(f"ALTER TABLE lease{t.fam.digit} RENAME COLUMN hostname TO gone")
    t.wait("silence without a column", lambda: is_silent(t, load, known, address, 0.3), 20)
    db.sql(f"ALTER TABLE lease{t.fam.digit} RENAME COLUMN gone TO hostname")
    grows(t, load, "leases when the column is back", by=1000)
    t.eq(t.wait("a response", lambda: known.keep(address)), address, "renewed")
    ended(t, load, db, server)


@sql.each("D9", "crowded", short=[("pgsql", 4), ("mysql", 4)], limit=240, beyond_kea=NOT_KEA)
def crowded(t, kind):
    """The database has no connection left: the server waits for one."""
    options = ["-c", "max_connections=12", "-c", "max_wal_senders=0", "-c", "superuser_reserved_connections=0"] if kind == "pgsql" \
        else ["--max-connections=12"]
    db = sql.Database(t, kind, options=options)
    text = "SELECT pg_sleep(40)" if kind == "pgsql" else "SELECT SLEEP(40)"
    crowd = [t.start("srv", db.client(text), name="crowd", env=dict(os.environ, PGPASSWORD="keatest"))
             for _ in range(24)]  # some are refused while the database is being asked
    t.wait("a database that is full", lambda: db.try_sql("SELECT 1") is None, 30)
    server = Server(t, t.fam.config(quiet=True, lease_db=db.conf(**{"retry-on-startup": True})), folder=t.path("state"))
    server.launch()
    server.wait_log("DB_OPEN_CONNECTION_WITH_RETRY_FAILED", 2)
    t.true(server.process.alive(), "the server ended")
    for one in crowd:
        one.wait(90)
    server.wait_log("DHCP._STARTED", 1, 30)
    t.true(t.wait("a lease", t.fam.client(t).lease), "a lease")


# Rows that are no leases, all inside the pool but the last one: their columns and values. {a1}... are addresses.
HOSTILE = {
    4: ["address, valid_lifetime, expire, subnet_id, state) VALUES ({a0}, NULL, NULL, NULL, NULL)",
        "address, valid_lifetime, expire, subnet_id, state, fqdn_fwd, fqdn_rev, hostname, user_context) VALUES ({a1}, 100,"
        " '2030-01-01 00:00:00', 1, 0, NULL, NULL, 'a\nb', '[ not json')",
        "address, valid_lifetime, expire, subnet_id, state, fqdn_fwd, fqdn_rev, hwaddr) VALUES ({a2}, 100, '2030-01-01 00:00:00',"
        " NULL, 0, true, true, '123456')",
        "address, valid_lifetime, expire, subnet_id, state, hwaddr) VALUES (1, 4000000000, '2037-01-01 00:00:00', 77, 0, '12345')"],
    6: ["address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, state)"
        " VALUES ({a0}, 'abc', NULL, NULL, NULL, NULL, 0, 1, 128, 0)",
        "address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, state, hostname)"
        " VALUES ({a1}, 'abc', 100, '2030-01-01 00:00:00', 1, 100, 0, 1, 128, 0, 'a\nb')",
        "address, duid, valid_lifetime, expire, subnet_id, pref_lifetime, lease_type, iaid, prefix_len, state)"
        " VALUES ({a2}, 'abc', 100, '2030-01-01 00:00:00', NULL, 100, 2, 1, 200, 0)"]}


@sql.each("D10", "hostile-rows", short=[("pgsql", 4), ("mysql", 4), ("pgsql", 6), ("mysql", 6)], beyond_kea=NOT_KEA)
def hostile_rows(t, kind):
    """Rows that another program wrote and that are no leases: logged, nobody gets their addresses, and everybody else is
    served, whether they were there at the start or came later."""
    db = sql.Database(t, kind)
    four = t.fam.digit == 4

    def name(n):
        return f"192.0.2.{100 + n}" if four else f"2001:db8:1::{100 + n}"

    def place(n):
        return str(3221226084 + n) if four else f"'{name(n)}'" if kind == "pgsql" else f"INET6_ATON('{name(n)}')"

    def write(*numbers):
        places = {f"a{i}": place(n) for i, n in enumerate(numbers)}
        for text in HOSTILE[t.fam.digit]:
            db.try_sql(f"INSERT INTO lease{t.fam.digit} (" + text.format(**places))
        return {name(n) for n in numbers}

    hostile = write(0, 1, 2)
    server = t.server(t.fam.config(lease_db=db.conf(), pool=f"{name(0)} - {name(9)}", **t.no_cache))
    clients = [t.fam.client(t, i) for i in range(1, 5)]
    got = [t.true(c.lease(), "no lease") for c in clients[:2]]
    hostile |= write(*[n for n in range(3, 10) if name(n) not in got][:3])  # while the server believes they are free
    got += [t.true(c.lease(), "no lease") for c in clients[2:]]
    t.eq(len(set(got)), 4, "addresses")
    t.true(not set(got) & hostile, f"{got}: an address with an invalid row")
    for client, address in zip(clients, got):
        t.eq(client.keep(address), address, "renewed")
    def said():
        return [line for line in server.log().splitlines() if "DHCPSRV_SQL_BAD_ROW" in line]
    def told():
        return {line.split("the lease of ")[1].split()[0] for line in said()}
    def is_all_told():
        t.eq(t.fam.client(t, 9).offered(1), False, "an offer from a full pool")
        return told() & hostile == hostile
    # On a busy host one search may be given up before it has looked at every address.
    t.wait("a line for each row", is_all_told, 20)
    t.eq(len(said()), len(told()), "lines, and addresses they are about")
    t.true(server.process.alive(), "the server ended")


@sql.each("D11", "clocks", short=[("pgsql", 4), ("mysql", 6)], beyond_kea=NOT_KEA)
def clocks(t, kind):
    """The database's clock is an hour ahead: leases last as long as they were granted, and end then."""
    faketime = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not faketime:
        raise Skipped("needs libfaketime")
    template = sql.template(t, kind)
    for offset in ("+3600", "-3600") if t.long else ("+3600",):
        db = sql.Database(t, kind, name=f"{kind}{offset}", data=template, env={
            "LD_PRELOAD": faketime[0], "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"})
        server = t.server(t.fam.config(lease_db=db.conf(), **{"valid-lifetime": 8, "max-valid-lifetime": 8, **t.no_cache},
                                       **({"preferred-lifetime": 7, "max-preferred-lifetime": 7} if t.fam.digit == 6 else {})))
        client = t.fam.client(t)
        got = t.wait("a lease", client.lease)
        t.eq(client.keep(got), got, "renewed")
        t.eq(db.sql(f"SELECT count(*) FROM lease{t.fam.digit} WHERE state = 0"), [["1"]], "leases in use")
        t.wait("its end", lambda: db.sql(f"SELECT count(*) FROM lease{t.fam.digit} WHERE state = 0") == [["0"]], 40, 0.5)
        server.stop()
        db.kill()


def merge(t, loads):
    """One ledger of several, in the order of time."""
    lines = []
    for load in loads:
        with open(load.path, encoding="ascii") as f:
            lines += [line for line in f if line[0] != "#" or load is loads[0]]
    head = [line for line in lines if line[0] == "#"]
    rest = sorted((line for line in lines if line[0] != "#"), key=lambda line: float(line.split(" ", 1)[0]))
    return t.write("merged", "".join(head + rest))


def place_server(t, i):
    """Namespaces srvI and rlyI, with a cable from s1 to the relay's r0."""
    for name in f"srv{i}", f"rly{i}":
        t.net.names[name] = f"{t.prefix}-{name}"
        t.net.host(name)
    t.net.cable(f"srv{i}", "s1", f"rly{i}", "r0")


def start_servers(t, dbs, size_of_pool, **keys):
    """A server for each of these databases, which may be one, with one pool; each has a relay rlyN on its own cable."""
    if t.fam.digit == 4:
        pool = f"198.19.0.0 - 198.19.{(size_of_pool - 1) >> 8}.{(size_of_pool - 1) & 255}"
        subnet = [{"id": 3, "subnet": "198.18.0.0/15", "pools": [{"pool": pool}]}]
    else:
        pool = f"2001:db8:ff::1:0 - 2001:db8:ff::1:{size_of_pool - 1:x}"
        subnet = [{"id": 3, "subnet": "2001:db8:ff::/64", "pools": [{"pool": pool}]}]
    started = []
    for i, db in enumerate(dbs):
        place_server(t, i)
        conf = t.fam.config(quiet=True, subnets=subnet, lease_db=db.conf(host=db.socket), **{
            "interfaces-config": {"interfaces": ["s1"]}, **t.no_cache, **keys})
        server = Server(t, conf, name=f"server{i}", folder=t.path(f"state{i}"), ns=f"srv{i}")
        server.start()
        started.append(server)
    for i, server in enumerate(started):
        if dbs[0] is dbs[-1]:
            server.wait_log(f"DHCPSRV_SQL_SERVERS server {i + 1} of {len(dbs)} ")
    return started


def load_servers(t, n, clients, exchanges, seconds):
    """Each server gets load of its own clients. Returns the loads, and the number of exchanges and of requests that were
    refused."""
    loads = []
    for i in range(n):
        if t.fam.digit == 6:
            loads.append(Ledger6(t, f"rly{i}", [
                os.path.join(t.env["builddir"], "perfdhcp"), "-6", "-l", "r0", "-A", "1", "-R", str(clients // n), "--window", "16",
                "-b", f"mac=02:00:00:{i:02x}:00:00", "-n", str(exchanges // n), "-p", str(seconds), "-d", "5", "-u"], f"ledger{i}"))
            continue
        command = [t.env["ledger"], "load", "--server", "198.18.0.1", "--src", "198.18.0.2", "--clients", str(clients // n),
                   "--first", str(1 + i * 100000), "--window", "16", "--count", str(exchanges // n), "--seconds", str(seconds),
                   "--timeout", "5000"]
        loads.append(Ledger(t, f"rly{i}", command, f"ledger{i}"))
    results = [load.finish(timeout=seconds + 60) for load in loads]
    refused = "naks" if t.fam.digit == 4 else "confirmed_naks"
    return loads, sum(r["completed"] for r in results), sum(r[refused] for r in results)


@sql.each("D8", "servers", short=[("pgsql", 4), ("mysql", 6)], limit=600, long_limit=3600, beyond_kea=NOT_KEA)
def servers(t, kind):
    """Four servers fill one pool to 90 % and renew there: no address for two clients, no NAKs."""
    n, size_of_pool = 4, 60000
    wanted = 1000000 if t.long else 100000
    db = sql.Database(t, kind)
    start_servers(t, [db] * n, size_of_pool)
    loads, acks, naks = load_servers(t, n, size_of_pool * 9 // 10, wanted, 3000 if t.long else 500)
    t.note(f"{n} servers: {acks} exchanges, {naks} NAKs")
    t.true(acks >= wanted * 99 // 100, f"only {acks} exchanges")
    t.eq(naks, 0, "NAKs")
    ledger.check(t, merge(t, loads), db)


@sql.each("D8", "last-addresses", short=[("pgsql", 6), ("mysql", 4)], limit=120, beyond_kea=NOT_KEA)
def last_addresses(t, kind):
    """Two servers assign a pool to its last address, and then leases that have ended, as there are more clients than
    addresses: no address for two clients, few NAKs. Offers are not stored: a client gets a NAK if another server, which
    has nothing left either, was faster."""
    db = sql.Database(t, kind, options=["-c", "deadlock_timeout=50ms"] if kind == "pgsql" else [])
    lifetime = {"valid-lifetime": 3, "min-valid-lifetime": 3, "max-valid-lifetime": 3,
                "expired-leases-processing": {"reclaim-timer-wait-time": 1, "hold-reclaimed-time": 3600}}
    if t.fam.digit == 6:
        lifetime.update({"preferred-lifetime": 2, "min-preferred-lifetime": 2, "max-preferred-lifetime": 2})
    start_servers(t, [db] * 2, 1000, **lifetime)
    loads, acks, naks = load_servers(t, 2, 1600, 10000 if t.long else 4000, 60)
    t.note(f"{acks} exchanges, {naks} NAKs")
    used = db.sql(f"SELECT count(*) FROM lease{t.fam.digit}")
    t.eq(used, [["1000"]], "addresses with leases")
    t.true(acks >= 2000, f"only {acks} exchanges")
    t.true(naks * 10 <= acks, f"{naks} NAKs for {acks} exchanges")
    ledger.check(t, merge(t, loads), db)


class Ledger(ledger.Background):
    read = ledger.Load.read


class Ledger6(ledger.Background):
    read = ledger.Load6.read
