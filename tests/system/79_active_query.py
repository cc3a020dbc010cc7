# SPDX-License-Identifier: MPL-2.0
"""Active leasequery (RFC 7724, RFC 7653) with real sockets: requesters that follow the leases of real clients."""
import importlib
import socket
import ssl
import struct
import threading
import time

from lib import sql
from lib.case import test
from lib.dhcp6 import find, option
from lib.leasequery import (ACTIVE, BY_CLIENT_ID, BY_LINK, DATA6, REPLY6, STATUS, TLS, Closed, Requester, active6, query4, query6,
                            tls)

bulk = importlib.import_module("77_lease_query")
control = importlib.import_module("72_control")

# Statuses of the families.
TERMINATED, MALFORMED, NOT_ALLOWED, NOT_SUPPORTED, MISSING, ALIVE, CAUGHT_UP, REFUSED = (
    {4: n, 6: m} for n, m in ((2, 11), (3, 8), (4, 10), (4, 14), (5, 12), (6, None), (7, 13), (8, 15)))


def start(t, rows=(), advanced=None, **more):
    return bulk.start(t, list(rows), {"active-query-enabled": True, **(advanced or {})}, commands="all",
                      **{"control-sockets": [control.UNIX], **more})


def many(t, first, n, **more):
    """Rows of n leases, and their addresses."""
    if t.fam.digit == 4:
        out = [f"198.19.{i >> 8}.{i & 255}" for i in range(first, first + n)]
        return out, [bulk.row4(a, i, **more) for i, a in enumerate(out, first)]
    out = [f"2001:db8:ff:0:1::{i:x}" for i in range(first, first + n)]
    return out, [bulk.row6(a, i, **more) for i, a in enumerate(out, first)]


def statistic(t, server, name):
    name = f"pkt{t.fam.digit}-{name}"
    return control.ask(t, server, "statistic-get", arguments={"name": name})["arguments"][name][0][0]


def is_alive(t, answer):
    return not answer.is_lease and answer.status == ALIVE[t.fam.digit]


def follow(t, requester, address, what, is_active=True):
    """The next messages have this change; returns its message."""
    got = requester.until(lambda a: a.is_lease and a.address == address)[-1]
    t.eq(got.is_active, is_active, what)
    return got


def changes(t, server, one, two):
    """What two clients do reaches two requesters."""
    address = one.lease()
    for requester in two:
        got = follow(t, requester, address, "granted")
        if t.fam.digit == 4:
            t.eq((got.chaddr.hex(), got.state, got.xid), ("020000000001", 2, 1), "the client")
            t.true(abs(struct.unpack("!I", got.options[152])[0] - time.time()) < 60, "base time")
            t.true(0 < struct.unpack("!I", got.options[51])[0] <= 3600, "time left")
        else:
            t.eq((got.type, find(got.binding, 1).hex(), got.xid), (DATA6, "00030001020000000001", 1), "the client")
            t.true(abs(struct.unpack("!I", find(got.options, 100))[0] + 946684800 - time.time()) < 60, "base time")
    t.eq(one.keep(address), address, "renewed")
    for requester in two:
        follow(t, requester, address, "renewed")
    one.release(address)
    for requester in two:
        got = follow(t, requester, address, "released", False)
        if t.fam.digit == 4:
            t.eq((got.state, 51 in got.options), (4, False), "state")
    add = {"ip-address": address, "subnet-id": 1, "valid-lft": 3}
    add.update({"hw-address": "02:00:00:00:00:77"} if t.fam.digit == 4 else {"duid": "00:03:00:01:02:00:00:00:00:77", "iaid": 7})
    lease = f"lease{t.fam.digit}"
    t.eq(control.ask(t, server, f"{lease}-update", arguments={**add, "force-create": True})["result"], 0, "update")
    for requester in two:
        follow(t, requester, address, "updated by a command")
    for requester in two:
        follow(t, requester, address, "expired", False)
    t.eq(control.ask(t, server, f"{lease}-update", arguments={**add, "valid-lft": 3600})["result"], 0, "update")
    t.eq(control.ask(t, server, f"{lease}-del", arguments={"ip-address": address})["result"], 0, "delete")
    for requester in two:
        follow(t, requester, address, "updated again")
        got = follow(t, requester, address, "deleted", False)
        if t.fam.digit == 4:
            t.eq(got.state, 1, "available")


@test("active-query", families=(4, 6), limit=90)
def follows(t):
    """Each change of a lease arrives within 100 ms, at two requesters: granted, renewed, released, changed by a command,
    expired, deleted; statistics count them."""
    server = start(t, **{"expired-leases-processing": {"reclaim-timer-wait-time": 1}})
    two = [Requester(t), Requester(t)]
    for requester in two:
        first = requester.stream()
        t.true(is_alive(t, first) and first.type == {4: STATUS, 6: REPLY6}[t.fam.digit], "the first message")
    client = t.fam.client(t)
    changes(t, server, client, two)
    late = []
    for _ in range(9):
        address = client.lease()
        begin = time.monotonic()
        follow(t, two[0], address, "granted")
        late.append(time.monotonic() - begin)
    # Half of them: the host may be busy.
    t.true(sorted(late)[4] < 0.1, f"changes were late: {late}")
    t.eq(statistic(t, server, "active-lease-query-received"), 2, "queries")
    t.true(statistic(t, server, "lease-query-changes-sent") >= 2 * 7, "changes")
    t.eq(statistic(t, server, "lease-query-connections-accepted"), 2, "connections")


@sql.each_test("active-query", families=(4, 6), limit=90)
def database(t, kind):
    """The same over a database; catching up walks over it, and an active query ends with a status while it does not respond."""
    db = sql.Database(t, kind)
    server = bulk.start(t, None, {"active-query-enabled": True}, lease_db=db.conf(), commands="all", **{
        "control-sockets": [control.UNIX], "expired-leases-processing": {"reclaim-timer-wait-time": 1}})
    two = [Requester(t), Requester(t)]
    for requester in two:
        t.true(is_alive(t, requester.stream()), "the first message")
    changes(t, server, t.fam.client(t), two)
    time.sleep(1.1)  # after the deletion
    begin = int(time.time())
    address = t.fam.client(t, 2).lease()
    late = Requester(t)
    t.true(is_alive(t, late.stream(begin)), "the first message")
    got = late.until(lambda a: a.status == CAUGHT_UP[t.fam.digit])
    t.eq([a.address for a in got if a.is_lease], [address], "what was caught up")
    db.kill()
    last = Requester(t)
    last.send(active6(start=begin) if t.fam.digit == 6 else query4(kind=16, options=[(154, struct.pack("!I", begin))]))
    t.true(is_alive(t, last.answer()), "the first message without a database")
    t.eq(last.answer().status, TERMINATED[t.fam.digit], "status without a database")
    t.true(server.process.alive(), "the server is gone")


@test("active-query-catch-up", families=(4, 6))
def catches_up(t):
    """A requester that comes back gets what changed since then, then the status, then what changes: nothing is missing when
    leases change meanwhile. What the database no longer has is reported."""
    now = int(time.time())
    wanted, rows = many(t, 100, 3000, left=3600)
    _, old = many(t, 4000, 2000, left=100)  # last renewed 3500 s ago
    gone, ended = many(t, 7000, 2, left=-60)
    server = start(t, rows + old + ended, {"max-leases-per-fetch": 10})
    requester = Requester(t, receive_buffer=4096)
    t.true(is_alive(t, requester.stream(now - 300)), "the first message")
    # It does not read yet, so most of them change while it catches up.
    load = t.fam.Load(t, "--rate", "400", "--clients", "2000", "--seconds", "2", "--timeout", "2000")
    load.finish()
    got = requester.until(lambda a: a.status == CAUGHT_UP[t.fam.digit])
    states = {a.address: a.is_active for a in got if a.is_lease}
    t.true(set(wanted) <= set(states), "leases are missing")
    t.eq([states.get(a) for a in gone], [False, False], "what has ended")
    t.true(not set(states) & {r.split(",", 1)[0] for r in old}, "leases that did not change")
    address = t.fam.client(t).lease()
    rest = requester.until(lambda a: a.is_lease and a.address == address)
    states.update({a.address: a.is_active for a in rest if a.is_lease})
    stored = Requester(t)
    if t.fam.digit == 4:
        leases = {a.address for a in stored.ask(query4())[0] if a.type == ACTIVE}
    else:
        leases = {a.address for link in ("2001:db8:ff::", "2001:db8:1::") for a in stored.ask(query6(1, BY_LINK, link))[0]}
    leases -= {r.split(",", 1)[0] for r in old}
    t.eq(leases - {a for a, is_active in states.items() if is_active}, set(), "leases that the requester does not know")
    # Longer ago than ended leases are kept.
    t.eq(Requester(t).stream(now - 4000).status, MISSING[t.fam.digit], "status")
    t.eq(control.ask(t, server, f"lease{t.fam.digit}-del", arguments={"ip-address": wanted[0]})["result"], 0, "delete")
    late = Requester(t)
    t.eq(late.stream(now - 300).status, MISSING[t.fam.digit], "status after a lease was deleted")
    follow(t, late, t.fam.client(t, 2).lease(), "granted")


@test("active-query-alive", families=(4, 6))
def alive(t):
    """Without a change there is a sign of life; a requester that closes its side is disconnected, one that is only silent is
    not. A reload without other parameters keeps the connection."""
    server = start(t, (), {"active-query-keepalive": 1, "max-requester-idle-time": 1})
    requester = Requester(t)
    begin = time.monotonic()
    t.true(all(is_alive(t, a) for a in [requester.stream(), *(requester.answer() for _ in range(3))]), "signs of life")
    t.true(2.5 < time.monotonic() - begin < 6, "their time")
    server.reload()
    server.wait_log("DYNAMIC_SERVER_CONFIGURED|DHCP._CONFIG_COMPLETE", 2)
    follow(t, requester, t.fam.client(t).lease(), "granted")
    requester.socket.shutdown(socket.SHUT_WR)
    try:
        requester.until(lambda a: False, limit=10)
    except Closed:
        pass


class Reader(threading.Thread):
    """Reads a stream until the server closes it, or a lease is granted for the address; seen: addresses by their last state."""

    def __init__(self, requester):
        super().__init__(daemon=True)
        self.requester, self.seen, self.last, self.is_closed = requester, {}, None, False

    def run(self):
        try:
            while not (self.last and self.seen.get(self.last)):
                got = self.requester.answer()
                if got.is_lease:
                    self.seen[got.address] = got.is_active
        except (Closed, OSError):
            self.is_closed = True


def resident(server):
    with open(f"/proc/{server.pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * 4


@test("active-query-slow", families=(4, 6), limit=120)
def slow(t):
    """Requesters that do not read are dropped, logged and counted, and the server does not grow; others get everything."""
    server = start(t, (), {"active-query-send-timeout": 3, "max-requester-connections": 30}, quiet=True)
    stuck = [Requester(t, receive_buffer=4096) for _ in range(20)]
    readers = [Reader(Requester(t)) for _ in range(4)]
    for requester in stuck + [r.requester for r in readers]:
        t.true(is_alive(t, requester.stream()), "the first message")
    for reader in readers:
        reader.start()
    before = resident(server)
    t.fam.Load(t, "--rate", "1000", "--clients", "30000", "--seconds", "6", "--timeout", "2000").finish()
    grown = resident(server) - before
    client = t.fam.client(t)
    address = client.lease()
    for reader in readers:
        reader.last = address
    client.keep(address)
    for reader in readers:
        reader.join(20)
    t.note(f"the server has grown by {grown} KiB; {len(readers[0].seen)} addresses")
    t.true(len(readers[0].seen) > 5000 and all(r.seen == readers[0].seen for r in readers), f"addresses: {[len(r.seen) for r in readers]}")
    t.true(grown < 16384 or server.is_sanitized, f"the server has grown by {grown} KiB")
    server.wait_log("BULK_LEASE_QUERY_CONNECTION_DROPPED", timeout=20)
    t.wait("dropped connections", lambda: statistic(t, server, "lease-query-connections-dropped") == 20, 20)


@test("active-query-flood", families=(4, 6), limit=120)
def flood(t):
    """40,000 leases expire within a second: a requester that reads gets all of them, or is dropped with a reason; one that
    did not is dropped. Whoever was dropped can catch up."""
    _, rows = many(t, 100, 40000, left=8)
    server = start(t, rows, {"max-requester-connections": 30, "max-leases-per-fetch": 1000}, quiet=True,
                   **{"expired-leases-processing": {"reclaim-timer-wait-time": 1, "max-reclaim-leases": 0, "max-reclaim-time": 0}})
    begin = int(time.time()) - 30
    stuck, reader = Requester(t, receive_buffer=4096), Reader(Requester(t))
    for requester in stuck, reader.requester:
        t.true(is_alive(t, requester.stream()), "the first message")
    reader.start()
    t.wait("all of them", lambda: reader.is_closed or len(reader.seen) == 40000, 40)
    try:
        stuck.until(lambda a: False, limit=40000)
    except Closed:
        pass
    server.wait_log("it reads changes too slowly")
    t.note(f"a requester that reads was {'dropped' if reader.is_closed else 'served'} after {len(reader.seen)} changes")
    t.true(not any(reader.seen.values()), "active leases")
    late = Requester(t)
    t.true(is_alive(t, late.stream(begin)), "the first message")
    got = late.until(lambda a: a.status == CAUGHT_UP[t.fam.digit], limit=100000)
    t.eq(len({a.address for a in got if a.is_lease and not a.is_active}), 40000, "what was caught up")


@test("active-query-refused", families=(4, 6))
def refused(t):
    """Statuses: TLS, malformed queries, a second query on the connection; garbage ends the connection; disabled queries are
    not supported."""
    digit = t.fam.digit
    server = start(t)
    requester = Requester(t)
    requester.send(tls(digit, 9))
    got = requester.answer()
    t.eq((got.type, got.status, got.xid), ({4: TLS, 6: 7}[digit], REFUSED[digit], 9), "TLS")
    bad = [query4(kind=16, ciaddr="192.0.2.1"), query4(kind=16, options=[(61, b"abc")]), query4(kind=16, options=[(154, b"abc")])]
    if digit == 6:
        bad = [active6(requester=b""), active6() + option(101, b"abc"), active6() + b"\0\1\0\x09ab"]
    for message in bad:
        requester.send(message)
        t.eq(requester.answer().status, MALFORMED[digit], "a malformed query")
    if digit == 6:
        requester.send(active6(kind=BY_CLIENT_ID, options=option(1, bytes(10))))
        t.eq(requester.answer().status, NOT_ALLOWED[6], "a query for one client")
        requester.send(active6(kind=BY_LINK, link="2001:db8:77::"))
        t.eq(requester.answer().status, 9, "a query for another link")
    t.true(is_alive(t, requester.stream()), "a good one")
    requester.send(bulk.everything(t, 2))
    t.eq(requester.answer().status, NOT_ALLOWED[digit], "a bulk query on the same connection")
    t.eq(requester.stream(xid=3).status, NOT_ALLOWED[digit], "a second active query")
    follow(t, requester, t.fam.client(t).lease(), "granted")
    requester.send(b"\1" * 300)
    try:
        requester.until(lambda a: False, limit=10)
    except Closed:
        pass
    server.reload(server.conf.replace('"active-query-enabled": true', '"active-query-enabled": false'))
    server.wait_log("BULK_LEASE_QUERY_LISTENING", 2)
    t.eq(Requester(t).stream().status, NOT_SUPPORTED[digit], "not enabled")


def secure(requester, context):
    """Asks for TLS, and begins it."""
    requester.send(tls(requester.digit, 5))
    got = requester.answer()
    requester.t.eq((got.type, got.status, got.xid), ({4: TLS, 6: 7}[requester.digit], None, 5), "response to the request for TLS")
    requester.socket = context.wrap_socket(requester.socket, server_hostname=requester.t.net.address("s1"))
    requester.t.on_close(requester.socket.close)
    return requester


@test("active-query-tls", families=(4, 6))
def over_tls(t):
    """Over TLS the same; without it queries are rejected, and so is a requester without a certificate, and what follows the
    request in plain text."""
    digit = t.fam.digit
    sql.certificate(t, t.dir, "root", t.net.address("s1"))
    wanted, rows = many(t, 100, 1000)
    files = {"trust-anchor": t.path("ca.pem"), "cert-file": t.path("db.pem"), "key-file": t.path("db.key")}
    server = start(t, rows, {**files, "tls-required": True, "max-requester-connections": 100})
    plain = Requester(t)
    t.eq(plain.stream().status, NOT_ALLOWED[digit], "an active query without TLS")
    plain.send(bulk.everything(t, 2))
    t.eq(plain.answer().status, NOT_ALLOWED[digit], "a bulk query without TLS")
    good = ssl.create_default_context(cafile=files["trust-anchor"])
    good.load_cert_chain(files["cert-file"], files["key-file"])
    # More than one record, and several queries in one.
    requester = secure(Requester(t), good)
    t.eq(bulk.addresses(requester.ask(bulk.everything(t, 7))[0]), wanted, "leases over TLS")
    many_queries = secure(Requester(t), good)
    many_queries.send(*(bulk.everything(t, xid) for xid in range(1, 21)))
    t.eq(sum(a.is_lease for a in many_queries.answers(20)), 20 * 1000, "leases of many queries")
    stream = secure(Requester(t), good)
    t.true(is_alive(t, stream.stream()), "the first message")
    follow(t, stream, t.fam.client(t).lease(), "granted")
    stream.send(tls(digit, 6))
    t.eq(stream.answer().status, REFUSED[digit], "TLS in TLS")
    anybody = ssl.create_default_context(cafile=files["trust-anchor"])
    for context in anybody, None:
        bad = Requester(t)
        try:
            if context:
                secure(bad, context).stream()
            else:
                message = tls(digit, 5)
                bad.socket.sendall(2 * (struct.pack("!H", len(message)) + message))
                bad.until(lambda a: False, limit=3)
            t.true(False, "it was accepted")
        except (Closed, OSError):
            pass
    garbage = Requester(t)
    garbage.send(tls(digit, 5))
    garbage.answer()
    garbage.socket.sendall(bytes(range(256)) * 20)
    try:
        t.true(not garbage.socket.recv(65536) or garbage.is_closed(), "garbage instead of TLS")
    except ConnectionError:
        pass
    follow(t, stream, t.fam.client(t, 2).lease(), "granted")
    server.wait_log("connection closed: TLS failed")


@test("active-query-link", families=(6,))
def link(t):
    """A DHCPv6 requester of one link gets its leases only, prefixes too, and those that are added by a reload."""
    server = start(t)
    here, elsewhere = Requester(t), Requester(t)
    for requester, address in (here, "2001:db8:1::"), (elsewhere, "2001:db8:2::"):
        t.true(is_alive(t, requester.stream(kind=BY_LINK, link=address)), "the first message")
    client = t.fam.client(t, pd=True)
    address = client.lease()
    got = {here.answer().address, here.answer().address}
    t.eq(got, {address, f"{client.prefix}/56" if "/" not in client.prefix else client.prefix}, "on the link")
    server.reload()
    server.wait_log("DYNAMIC_SERVER_CONFIGURED|DHCP._CONFIG_COMPLETE", 2)
    t.eq(client.keep(address), address, "renewed")
    t.true(here.answer().address in got, "after a reload")
    elsewhere.socket.settimeout(0.5)
    try:
        t.true(False, f"on another link: {elsewhere.answer().address}")
    except TimeoutError:
        pass
