# SPDX-License-Identifier: MPL-2.0
"""libdhcp_lease_query with real sockets: a router asks by UDP, and in bulk by TCP. It is the relay of lib/net.py."""
import os
import socket
import struct
import time

from lib import dhcp6, sql
from lib.case import test
from lib.dhcp6 import find, ip6, option
from lib.leasequery import (ACTIVE, BULK, BY_ADDRESS, BY_CLIENT_ID, BY_LINK, BY_RELAY_ID, BY_REMOTE_ID, DATA6, DONE6, LEASEQUERY,
                            REPLY6, UNASSIGNED, Closed, Requester, query4, query6, udp)
from lib.server import Server, config, config6

HEADS = {4: "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n",
         6: "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,"
            "hwaddr,state,user_context,hwtype,hwaddr_source,pool_id\n"}
INFO4 = '{ "ISC": { "relay-agent-info": { "sub-options": "0x%s" } } }'
INFO6 = ('{ "ISC": { "relay-info": [ { "hop": 0, "link": "2001:db8:2::1", "options": "0x%s", "peer": "fe80::1", '
         '"relay-id": "%s", "remote-id": "%s" } ] } }')


def quoted(text):
    return text.replace(",", "&#x2c")


def row4(address, n, left=3600, state=0, info="", subnet=3):
    """Lease number n: of hardware address 02:00:00:xx:xx:xx and client identifier 01 and that."""
    mac = (0x020000000000 + n).to_bytes(6, "big").hex(":")
    return f"{address},{mac},01:{mac},3600,{int(time.time()) + left},{subnet},0,0,,{state},{quoted(info)},0\n"


def row6(address, n, left=3600, state=0, info="", subnet=3, kind=0, length=128):
    duid = "00:03:00:01:" + (0x020000000000 + n).to_bytes(6, "big").hex(":")
    return (f"{address},{duid},3600,{int(time.time()) + left},{subnet},3000,{kind},{n},{length},0,0,,,{state},{quoted(info)},"
            ",,0\n")


def start(t, rows, advanced=None, requesters=None, wait=True, **more):
    conf = (config if t.fam.digit == 4 else config6)(**more)
    library = {"library": "libdhcp_lease_query.so", "parameters": {
        "requesters": requesters or [t.net.address("r0")],
        "advanced": {"bulk-query-enabled": True, "lease-query-ip": t.net.address("s1"), **(advanced or {})}}}
    top = conf[f"Dhcp{t.fam.digit}"]
    top["hooks-libraries"] = [library]
    if t.fam.digit == 6:
        # Single queries come by unicast.
        top["interfaces-config"]["interfaces"].append(f"s1/{t.net.address('s1')}")
    top["loggers"].append({"name": f"kea-dhcp{t.fam.digit}.lease-query-hooks", "severity": "DEBUG", "debuglevel": 99,
                           "output-options": [{"output": "stdout"}]})
    server = Server(t, conf, env={"KEA_HOOKS_PATH": os.path.join(t.env["builddir"], "src/hooks")})
    if rows is not None:
        with open(server.lease_path, "w", encoding="ascii") as f:
            f.write(HEADS[t.fam.digit] + "".join(rows))
        os.chmod(server.lease_path, 0o640)
    server.start()
    if wait:
        server.wait_log("BULK_LEASE_QUERY_LISTENING")
    return server


def many(t, n):
    """Addresses of n active leases, and their rows."""
    if t.fam.digit == 4:
        out = [f"198.19.{i >> 8}.{i & 255}" for i in range(n)]
        return out, [row4(a, i) for i, a in enumerate(out)]
    out = [f"2001:db8:ff:0:1::{i + 1:x}" for i in range(n)]
    return out, [row6(a, i) for i, a in enumerate(out)]


def everything(t, xid=1):
    """A query for all leases of the family, or of the link that has them."""
    return query4(xid) if t.fam.digit == 4 else query6(xid, BY_LINK, "2001:db8:ff::")


def addresses(leases):
    return [lease.address for lease in leases]


@test("lease-query-bulk", families=(4, 6))
def bulk(t):
    """10,000 leases arrive once each in order of address, then the end; two queries at once on one connection, too."""
    wanted, rows = many(t, 10000)
    start(t, rows)
    requester = Requester(t)
    begin = time.monotonic()
    leases, last = requester.ask(everything(t))
    t.note(f"{len(leases)} leases in {time.monotonic() - begin:.2f} s")
    t.eq(addresses(leases), wanted, "leases")
    t.eq((last.xid, last.status), (1, None), "the end")
    if t.fam.digit == 4:
        t.eq({(lease.type, lease.state, lease.options[54]) for lease in leases}, {(ACTIVE, 2, socket.inet_aton("198.18.0.1"))},
             "what they are")
    else:
        t.eq([lease.type for lease in leases], [REPLY6] + 9999 * [DATA6], "types")
        t.eq(last.type, DONE6, "type of the end")
    requester.send(everything(t, 2), everything(t, 3))
    got = requester.answers(2)
    for xid in 2, 3:
        t.eq(addresses([a for a in got if a.xid == xid and not a.is_end]), wanted, f"leases of query {xid}")
    t.true(any(a.xid == 3 for a in got[:5000]) and any(a.xid == 2 for a in got[5000:]), "the queries did not take turns")


@test("lease-query-slow", families=(4, 6))
def slow(t):
    """A requester that does not read is no burden: clients and other requesters are served, and it gets everything later;
    one that never does is disconnected."""
    wanted, rows = many(t, 10000)
    server = start(t, rows, {"max-requester-idle-time": 4})
    stuck = Requester(t, receive_buffer=4096)
    stuck.send(*(everything(t, xid) for xid in range(1, 11)))
    lazy = Requester(t, receive_buffer=4096)
    lazy.send(everything(t))
    with open(f"/proc/{server.pid}/statm", encoding="ascii") as f:
        before = int(f.read().split()[1])
    other = Requester(t)
    for xid in range(20, 24):
        t.eq(len(other.ask(everything(t, xid))[0]), 10000, "leases for another requester")
    t.true(t.fam.client(t).lease(), "a client got no lease")
    t.eq(addresses(lazy.answers()[:-1]), wanted, "leases of the lazy requester")
    with open(f"/proc/{server.pid}/statm", encoding="ascii") as f:
        grown = (int(f.read().split()[1]) - before) * 4
    t.true(grown < 8192 or server.is_sanitized, f"the server has grown by {grown} KiB")
    server.wait_log("connection closed: the requester does not read", timeout=15)


@test("lease-query-limits", families=(4, 6))
def limits(t):
    """Others than the requesters are disconnected, so is one connection too many, and one that is idle."""
    wanted, rows = many(t, 30)
    stranger = {4: "198.18.0.9", 6: "2001:db8:ff::9"}[t.fam.digit]
    t.net.ip("rly", "addr", "add", stranger + {4: "/15", 6: "/64"}[t.fam.digit], "dev", "r0")
    server = start(t, rows, {"max-requester-connections": 2, "max-requester-idle-time": 2, "max-concurrent-queries": 1,
                             "max-leases-per-fetch": 7})
    t.true(Requester(t, source=stranger).is_closed(), "a stranger is connected")
    server.wait_log("connection for leasequery by TCP rejected: its address is not in")
    first, second = Requester(t), Requester(t)
    t.eq(addresses(first.ask(everything(t))[0]), wanted, "leases")
    t.true(Requester(t).is_closed(), "a third connection")
    # More than one query at once: the others wait.
    second.send(*(everything(t, xid) for xid in range(1, 6)))
    got = second.answers(5)
    t.eq([a.xid for a in got if a.is_end], [1, 2, 3, 4, 5], "one after the other")
    t.eq(len(got), 155, "responses")
    begin = time.monotonic()
    t.true(first.is_closed() and second.is_closed(), "idle connections")
    t.true(time.monotonic() - begin < 6, "they were closed late")
    third = Requester(t)
    t.eq(addresses(third.ask(everything(t))[0]), wanted, "leases afterwards")


@test("lease-query-garbage", families=(4, 6))
def garbage(t):
    """What is no message ends the connection, and that one only; a query in single bytes, several in one segment, and one
    whose sender has closed its side are answered."""
    wanted, rows = many(t, 5)
    server = start(t, rows, {"max-requester-connections": 40})
    good = everything(t)
    bad = {
        "zeros": bytes(400),
        "ones": b"\xff" * 400,
        "no length": b"\0\0",
        "a length that is too long": b"\xff\xff",
        "a short message": struct.pack("!H", 3) + good[:3],
        "another type": struct.pack("!H", len(good)) + good.replace(b"\x35\x01\x0e", b"\x35\x01\x01")
                        if t.fam.digit == 4 else struct.pack("!H", len(good)) + b"\1" + good[1:],
        "a request of HTTP": b"GET / HTTP/1.0\r\n\r\n",
        "two queries with one transaction id": 2 * (struct.pack("!H", len(good)) + good),
    }
    for name, data in bad.items():
        requester = Requester(t)
        requester.socket.sendall(data)
        try:
            requester.answers(2)
            t.true(False, f"{name}: was answered")
        except Closed:
            pass
    slowly = Requester(t)
    for byte in struct.pack("!H", len(good)) + good:
        slowly.socket.sendall(bytes([byte]))
    t.eq(addresses(slowly.answers()[:-1]), wanted, "a query in single bytes")
    together = Requester(t)
    together.send(*(everything(t, xid) for xid in range(1, 30)))
    together.socket.shutdown(socket.SHUT_WR)
    t.eq(len(together.answers(29)), 29 * 6, "responses after the requester has closed its side")
    t.true(together.is_closed(), "it was not closed")
    half = Requester(t)
    half.socket.sendall(struct.pack("!H", len(good)) + good[:20])
    half.socket.shutdown(socket.SHUT_WR)
    t.true(half.is_closed(), "half a query")
    t.true(server.process.alive() and t.fam.client(t).lease(), "the server is gone")


@test("lease-query-reload", families=(4, 6))
def reload(t):
    """Reloads go on listening, with other parameters too; queries in progress end, or their connection does."""
    wanted, rows = many(t, 2000)
    server = start(t, rows)
    requester = Requester(t, receive_buffer=4096)
    requester.send(everything(t))
    server.reload()
    server.wait_log("DYNAMIC_SERVER_CONFIGURED|DHCP._CONFIG_COMPLETE", 2)
    t.eq(addresses(requester.answers()[:-1]), wanted, "leases after a reload")
    with open(server.conf_path, encoding="utf-8") as f:
        text = f.read()
    server.reload(text.replace('"bulk-query-enabled": true', '"bulk-query-enabled": true, "max-requester-connections": 3'))
    server.wait_log("BULK_LEASE_QUERY_LISTENING", 2)
    t.true(requester.is_closed(), "the connection of the old instance")
    t.eq(addresses(Requester(t).ask(everything(t))[0]), wanted, "leases of the new instance")
    code, _ = server.stop()
    t.eq(code, 0, "exit")


@sql.each_test("lease-query", families=(4, 6), limit=90)
def database(t, kind):
    """The same over a database, with pages of 1000; a lease of another server on it is found, also by its relay. While the
    database does not respond, queries end with a status."""
    wanted, rows = many(t, 3000)
    db = sql.Database(t, kind)
    if t.fam.digit == 4:
        rows.append(row4("198.19.99.1", 9999, info=INFO4 % b"\x02\x04port".hex()))
        wanted, query = [*wanted, "198.19.99.1"], query4(5, options=[(82, b"\x02\x04port")])
    else:
        remote = bytes(4) + b"port"
        rows.append(row6("2001:db8:ff:0:1::ffff", 9999, info=INFO6 % (option(37, remote).hex(), "00", remote.hex())))
        wanted, query = [*wanted, "2001:db8:ff:0:1::ffff"], query6(5, BY_REMOTE_ID, options=option(37, remote))
    server = start(t, None, {"max-leases-per-fetch": 1000}, lease_db=db.conf())
    requester = Requester(t)
    t.eq(requester.ask(everything(t))[0], [], "leases of an empty database")
    db.upload(HEADS[t.fam.digit] + "".join(rows))
    leases, last = requester.ask(everything(t, 2))
    t.eq((addresses(leases), last.status), (wanted, None), "leases")
    t.eq(addresses(requester.ask(query)[0]), wanted[-1:], "by remote identifier")
    address = t.fam.client(t).lease()
    t.true(address, "a client got no lease")
    one = query4(6, ciaddr=address) if t.fam.digit == 4 else query6(6, BY_ADDRESS, options=option(5, ip6(address) + bytes(8)))
    t.eq(addresses(requester.ask(one)[0]), [address], "the client's lease")
    db.kill()
    last = requester.ask(everything(t, 7))[1]
    t.eq(last.status, {4: 2, 6: 11}[t.fam.digit], "status without a database")
    db.start()
    t.wait("leases again", lambda: addresses(requester.ask(query)[0]) == wanted[-1:], 30)
    t.true(server.process.alive(), "the server is gone")


@test("lease-query-bulk-kinds")
def kinds(t):
    """RFC 6926: queries by address, hardware address, client identifier, relay and remote identifier, and time; the states
    that leases can have; what is malformed gets a status."""
    relay, remote = b"\x0c\x03abc", b"\x02\x02xy"
    both = INFO4 % (b"\x01\x01p" + remote + relay).hex().upper()
    server = start(t, [row4("198.19.0.1", 1), row4("198.19.0.2", 2, info=both), row4("198.19.0.3", 1, state=3, left=-100),
                       row4("198.19.0.4", 4, state=1), row4("198.19.0.5", 5, state=2, left=-200), row4("198.19.0.6", 6, left=-300),
                       row4("198.19.0.7", 7, info=INFO4 % remote.hex()), row4("192.0.2.100", 8, subnet=1)],
                   **{"renew-timer": 1000, "expired-leases-processing": {"reclaim-timer-wait-time": 0, "flush-reclaimed-timer-wait-time": 0}})
    requester = Requester(t)

    def found(**kw):
        leases, last = requester.ask(query4(**kw))
        t.eq(last.status, None, f"status of {kw}")
        return addresses(leases)
    mac = bytes.fromhex("020000000001")
    leases, _ = requester.ask(query4())
    t.eq({a.address: (a.type, a.state) for a in leases},
         {"192.0.2.100": (ACTIVE, 2), "198.19.0.1": (ACTIVE, 2), "198.19.0.2": (ACTIVE, 2), "198.19.0.3": (UNASSIGNED, 4),
          "198.19.0.4": (UNASSIGNED, 5), "198.19.0.5": (UNASSIGNED, 1), "198.19.0.6": (UNASSIGNED, 3), "198.19.0.7": (ACTIVE, 2)},
         "states")
    one = next(a for a in leases if a.address == "198.19.0.2")
    t.eq((one.chaddr.hex(), one.options[61].hex(), one.options[82]), ("020000000002", "01020000000002", b"\x01\x01p" + remote + relay),
         "what is known of the client")
    t.true(abs(struct.unpack("!I", one.options[152])[0] - time.time()) < 60, "base time")
    t.true(3500 < struct.unpack("!I", one.options[51])[0] <= 3600, "time left")
    t.true(900 < struct.unpack("!I", one.options[58])[0] <= 1000, "time to renewal")
    ended = next(a for a in leases if a.address == "198.19.0.3")
    t.true(100 <= struct.unpack("!I", ended.options[153])[0] < 160, "start time of state")
    t.eq(found(ciaddr="198.19.0.2"), ["198.19.0.2"], "by address")
    t.eq(found(ciaddr="203.0.113.1"), [], "by another address")
    t.eq(sorted(found(mac=mac)), ["198.19.0.1", "198.19.0.3"], "by hardware address")
    t.eq(sorted(found(options=[(61, b"\1" + mac)])), ["198.19.0.1", "198.19.0.3"], "by client identifier")
    t.eq(found(options=[(61, b"\2" + mac)]), [], "by another client identifier")
    t.eq(found(options=[(82, relay)]), ["198.19.0.2"], "by relay identifier")
    t.eq(found(options=[(82, remote)]), ["198.19.0.2", "198.19.0.7"], "by remote identifier")
    t.eq(found(options=[(82, b"\x02\x01x")]), [], "by a part of it")
    now = int(time.time())
    t.eq(found(options=[(154, struct.pack("!I", now - 250)), (155, struct.pack("!I", now - 50))], mac=mac), ["198.19.0.3"],
         "by time")
    for what, kw in {"address and hardware address": dict(ciaddr="198.19.0.1", mac=mac),
                     "an empty client identifier": dict(options=[(61, b"")]),
                     "relay and remote identifier": dict(options=[(82, relay + remote)]),
                     "another sub-option": dict(options=[(82, b"\x01\x01p")]),
                     "a time of 3 bytes": dict(options=[(154, b"abc")])}.items():
        t.eq(requester.ask(query4(**kw))[1].status, 3, f"status of a query with {what}")
    message = bytearray(query4())
    message[1] = 1
    t.eq(requester.ask(bytes(message))[1].status, 3, "status of a query with an empty hardware address")
    t.eq(requester.ask(query4(options=[(221, b"\0vpn")]))[1].status, 4, "status of a query for a VPN")
    t.eq(found(ciaddr="198.19.0.1"), ["198.19.0.1"], "after all of them")
    server.wait_log("leasequery by TCP rejected")


@test("lease-query-bulk-kinds6", families=(6,))
def kinds6(t):
    """RFC 5460: queries by address, client identifier, relay identifier, link and remote identifier; statuses."""
    relay, remote = bytes.fromhex("000300010200000000cc"), bytes.fromhex("00000009") + b"port7"
    info = INFO6 % ((option(53, relay) + option(37, remote)).hex().upper(), relay.hex().upper(), remote.hex().upper())
    old = '{ "ISC": { "relays": [ { "hop": 0, "link": "2001:db8:2::1", "options": "0x%s", "peer": "fe80::1" } ] } }'
    old %= option(53, relay).hex().upper()
    start(t, [row6("2001:db8:ff:0:1::1", 1), row6("2001:db8:ff:0:1::2", 2, info=info), row6("2001:db8:1::100", 1, subnet=1),
              row6("2001:db8:ff:0:1::3", 3, left=-100), row6("2001:db8:ff:0:1::4", 4, info=old),
              row6("2001:db8:f000:100::", 2, kind=2, length=56, info=info), row6("2001:db8:8000::", 1, kind=2, length=56, subnet=1)])
    requester = Requester(t)

    def found(*args, **kw):
        leases, last = requester.ask(query6(1, *args, **kw))
        t.eq((last.status, last.type), (None, DONE6 if leases else REPLY6), f"the end of {args}")
        return addresses(leases)

    def duid(n):
        return option(1, bytes.fromhex("00030001") + (0x020000000000 + n).to_bytes(6, "big"))

    def address(text):
        return option(5, ip6(text) + bytes(8))
    t.eq(found(BY_ADDRESS, options=address("2001:db8:ff:0:1::2")), ["2001:db8:ff:0:1::2"], "by address")
    t.eq(found(BY_ADDRESS, options=address("2001:db8:f000:1aa::7")), ["2001:db8:f000:100::/56"], "by an address in a prefix")
    t.eq(found(BY_ADDRESS, options=address("2001:db8:ff:0:1::3")), [], "by that of an expired lease")
    t.eq(found(BY_CLIENT_ID, options=duid(1)), ["2001:db8:1::100", "2001:db8:ff:0:1::1", "2001:db8:8000::/56"], "by client")
    t.eq(found(BY_CLIENT_ID, "2001:db8:ff::", duid(1)), ["2001:db8:ff:0:1::1"], "by client and link")
    t.eq(found(BY_RELAY_ID, options=option(53, relay)), ["2001:db8:ff:0:1::2", "2001:db8:ff:0:1::4", "2001:db8:f000:100::/56"],
         "by relay")
    t.eq(found(BY_RELAY_ID, "2001:db8:1::", option(53, relay)), [], "by relay and link")
    t.eq(found(BY_REMOTE_ID, options=option(37, remote)), ["2001:db8:ff:0:1::2", "2001:db8:f000:100::/56"], "by remote identifier")
    t.eq(found(BY_LINK, "2001:db8:1::7"), ["2001:db8:1::100", "2001:db8:8000::/56"], "by link")
    leases, _ = requester.ask(query6(1, BY_CLIENT_ID, options=duid(2)))
    t.eq((find(leases[0].options, 1) is not None, find(leases[0].options, 2) is not None, find(leases[1].options, 2)),
         (True, True, None), "identifiers are in the first response only")
    t.eq(find(leases[0].binding, 1), duid(2)[4:], "the client")
    for what, message, status in [
            ("another type", query6(1, 9), 7), ("no address", query6(1, BY_ADDRESS), 8), ("no link", query6(1, BY_LINK), 8),
            ("another link", query6(1, BY_LINK, "2001:db8:77::"), 9),
            ("an address elsewhere", query6(1, BY_ADDRESS, options=address("2001:db8:77::1")), 9),
            ("another server", query6(1, BY_LINK, "2001:db8:1::", more=option(2, b"\0\3\0\1abcdef")), 10),
            ("an option that is cut off", query6(1, BY_LINK, "2001:db8:1::", more=b"\0\1\0\x09ab"), 8),
            ("a requester of 300 bytes, cut off", bytes([LEASEQUERY, 0, 0, 1]) + option(1, bytes(300)) + b"\0\1\0\x09a", 8)]:
        last = requester.ask(message)[1]
        t.eq((last.type, last.status), (REPLY6, status), f"status of a query with {what}")
    t.eq(found(BY_LINK, "2001:db8:1::7"), ["2001:db8:1::100", "2001:db8:8000::/56"], "after all of them")


@test("lease-query-udp")
def by_udp(t):
    """RFC 4388: a single query by UDP, for a lease that a client got; strangers get no response."""
    start(t, [])
    address = t.fam.client(t).lease()
    got = udp(t, query4(7, ciaddr=address, kind=10, giaddr="198.18.0.2"), 67)
    t.true(got, "no response")
    t.eq((got[4:8], socket.inet_ntoa(got[12:16]), got[28:34].hex()), (b"\0\0\0\7", address, "020000000001"), "response")
    t.true(b"\x35\x01\x0d" in got[240:], "it is no DHCPLEASEACTIVE")
    got = udp(t, query4(8, ciaddr="192.0.2.180", kind=10, giaddr="198.18.0.2"), 67)
    t.true(got and b"\x35\x01\x0b" in got[240:], "no DHCPLEASEUNASSIGNED")
    t.eq(udp(t, query4(9, ciaddr=address, kind=10, giaddr="198.18.0.9"), 67, timeout=1), None, "response for a stranger")
    t.eq(udp(t, query4(9, kind=BULK, giaddr="198.18.0.2"), 67, timeout=1), None, "response to a bulk query by UDP")


@test("lease-query-udp6", families=(6,))
def by_udp6(t):
    """RFC 5007: the same; the source address is that of the requester."""
    server = start(t, [])
    address = t.fam.client(t).lease()
    message = query6(7, BY_ADDRESS, options=option(5, ip6(address) + bytes(8)))
    got = udp(t, message, 547)
    t.true(got and got[0] == REPLY6, "no response")
    data = dhcp6.options_of(find(dhcp6.options_of(got[4:]), 45))
    t.eq(dhcp6.text6(find(data, 5)[:16]), address, "address")
    server.reload(server.conf.replace('"2001:db8:ff::2"', '"2001:db8:ff::8"'))
    server.wait_log("DHCP6_CONFIG_COMPLETE", 2)
    t.eq(udp(t, message, 547, timeout=1), None, "response for a stranger")
