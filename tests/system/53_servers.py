# SPDX-License-Identifier: MPL-2.0
"""Several servers on one database: two on one address, so that the messages of an exchange reach different ones, and one
beside Debian's Kea."""
import glob
import os
import re
import socket
import struct
import subprocess

from faults_sql import place_server, start_servers
from lib import dhcp6, sql
from lib.case import Skipped
from lib.dhcp import ACK, COOKIE, DISCOVER, OFFER, REQUEST, ip4
from lib.dhcp6 import option
from lib.server import Server

RELAY, SERVER = "198.18.0.2", "198.18.0.1"
RELAY6, SERVER6 = "2001:db8:ff::2", "2001:db8:ff::1"


def response(client, i, family, relay, server, body, message_of):
    """What server i responds to the relay's message; message_of() returns the message in a datagram if it is the response."""
    with client.t.net.inside(f"rly{i}"):
        sock = socket.socket(family, socket.SOCK_DGRAM)
    with sock:
        sock.settimeout(3)
        sock.bind(relay)
        for _ in range(3):
            sock.sendto(body, server)
            try:
                if got := message_of(sock.recv(4096)):
                    return got
            except TimeoutError:
                pass
    return client.t.true(False, f"client {client.number}: no response of server {i}")


class Relayed:
    """A client whose messages go through the relay of any server."""

    def __init__(self, t, number):
        self.t, self.mac, self.number, self.address = t, bytes([2, 0, 0, 1, number >> 8, number & 255]), number, None

    def ask(self, i, kind, options=(), ciaddr="0.0.0.0", want=None):
        """The response of server i: its type and address."""
        xid = os.urandom(4)
        body = struct.pack("!BBBB4sHH4s4s4s4s", 1, 1, 6, 1, xid, 0, 0, ip4(ciaddr), ip4("0.0.0.0"), ip4("0.0.0.0"), ip4(RELAY))
        body += self.mac.ljust(208, b"\0") + COOKIE + bytes([53, 1, kind])
        body += b"".join(bytes([c, len(d)]) + d for c, d in options) + b"\xff"
        data = response(self, i, socket.AF_INET, (RELAY, 67), (SERVER, 67), body, lambda d: d if d[4:8] == xid and COOKIE in d else b"")
        at = data.index(bytes([53, 1]), 240)
        got = data[at + 2], socket.inet_ntoa(data[16:20])
        self.t.true(want in (None, got[0]), f"client {self.number}: response {got} of server {i}, expected {want}")
        return got

    def lease(self, first, second):
        """DISCOVER to one server, REQUEST to another one."""
        _, offered = self.ask(first, DISCOVER, want=OFFER)
        _, self.address = self.ask(second, REQUEST, [(50, ip4(offered)), (54, ip4(SERVER))], want=ACK)
        self.t.eq(self.address, offered, "address, and what was offered")
        return self.address

    def renew(self, i):
        self.t.eq(self.ask(i, REQUEST, ciaddr=self.address, want=ACK)[1], self.address, f"renewed by server {i}")


class Relayed6:
    """A DHCPv6 client whose messages go through the relay of any server."""

    def __init__(self, t, number):
        self.t, self.number, self.address, self.server_id = t, number, None, None
        self.duid = bytes([0, 3, 0, 1, 2, 0, 0, 1, number >> 8, number & 255])

    def ask(self, i, kind, options, want):
        """The options of the response of server i."""
        xid = os.urandom(3)
        body = bytes([kind]) + xid + option(dhcp6.CLIENT_ID, self.duid) + option(dhcp6.ELAPSED, b"\0\0")
        body += b"".join(option(c, d) for c, d in options)
        relay = bytes([dhcp6.RELAY_FORW, 0]) + dhcp6.ip6(RELAY6) + dhcp6.ip6("fe80::1") + option(dhcp6.RELAY_MSG, body)
        def inner(data):
            found = dhcp6.find(dhcp6.options_of(data[34:]), dhcp6.RELAY_MSG) or b""
            return found if found[1:4] == xid else b""
        reply = response(self, i, socket.AF_INET6, (RELAY6, 547), (SERVER6, 547), relay, inner)
        self.t.eq(reply[0], want, f"client {self.number}: the type of the response of server {i}")
        return dhcp6.options_of(reply[4:])

    def ia(self, address=None):
        inner = option(dhcp6.IA_ADDR, dhcp6.ip6(address) + bytes(8)) if address else b""
        return dhcp6.IA_NA, struct.pack("!III", 1, 0, 0) + inner

    def granted(self, options):
        """The address, which has a lifetime."""
        inner = dhcp6.find(dhcp6.options_of((dhcp6.find(options, dhcp6.IA_NA) or bytes(12))[12:]), dhcp6.IA_ADDR)
        self.t.true(inner and any(inner[20:24]), f"client {self.number}: no address in {options}")
        return dhcp6.text6(inner[:16])

    def lease(self, first, second):
        """Solicit to one server, Request to another one."""
        options = self.ask(first, dhcp6.SOLICIT, [self.ia()], dhcp6.ADVERTISE)
        offered, self.server_id = self.granted(options), dhcp6.find(options, dhcp6.SERVER_ID)
        options = self.ask(second, dhcp6.REQUEST, [(dhcp6.SERVER_ID, self.server_id), self.ia(offered)], dhcp6.REPLY)
        self.address = self.granted(options)
        self.t.eq(self.address, offered, "address, and what was offered")
        return self.address

    def renew(self, i):
        options = self.ask(i, dhcp6.RENEW, [(dhcp6.SERVER_ID, self.server_id), self.ia(self.address)], dhcp6.REPLY)
        self.t.eq(self.granted(options), self.address, f"renewed by server {i}")


@sql.each_test("anycast", families=(4, 6), beyond_kea="its schema is older")
def anycast(t, kind):
    """Two servers have the same address and server-id; a client's messages reach either: each client gets one lease, and
    no address has two clients."""
    db = sql.Database(t, kind)
    listen = {} if t.fam.digit == 4 else {"interfaces-config": {"interfaces": [f"s1/{SERVER6}"]}}
    start_servers(t, [db, db], 100, **listen)
    clients = [(Relayed if t.fam.digit == 4 else Relayed6)(t, n) for n in range(1, 41)]
    got = [c.lease(n % 2, 1 - n % 2) for n, c in enumerate(clients)]
    t.eq(len(set(got)), 40, "addresses")
    for n, client in enumerate(clients):
        client.renew(n % 3 % 2)
    t.eq(db.sql(f"SELECT count(*) FROM lease{t.fam.digit} WHERE state = 0"), [["40"]], "leases")


def kea_version(kind):
    """The schema version of the Kea that is installed."""
    for path in glob.glob(f"/usr/share/kea/scripts/{kind}/dhcpdb_create.{kind}"):
        with open(path, encoding="utf-8") as f:
            found = re.findall(r"(?is)UPDATE schema_version\s+SET version = '?(\d+)'?, minor = '?(\d+)'?", f.read())
        if found:
            return found[-1]
    raise Skipped("needs Kea's scripts")


@sql.each_test("beside-kea", beyond_kea="it is Kea")
def beside_kea(t, kind):
    """Kea and this server on one database at the same time: leases of either are renewed by the other, and no address has
    two clients. Kea only accepts its own schema version, so the table has that until it has started."""
    kea = t.env["kea_reference4"]
    if not os.access(kea, os.X_OK):
        raise Skipped(f"needs {kea}")
    version = kea_version(kind)
    db = sql.Database(t, kind, ns="srv")
    ours = db.sql("SELECT version, minor FROM schema_version")[0]
    pool = [{"id": 3, "subnet": "198.18.0.0/15", "pools": [{"pool": "198.19.0.0 - 198.19.0.99"}]}]
    keys = {"subnets": pool, "interfaces-config": {"interfaces": ["s1"]}}
    t.net.names.update(rly0=t.net.names["rly"])
    db.sql(f"UPDATE schema_version SET version = {version[0]}, minor = {version[1]}")
    if kind == "pgsql":  # it prepares statements for DHCPv6, too, whose addresses have another type now
        for text in ("ALTER TABLE lease6 RENAME TO lease6_now", "CREATE TABLE lease6 (LIKE lease6_now)",
                     "ALTER TABLE lease6 ALTER COLUMN address TYPE varchar"):
            db.sql(text)
    conf = {k: v for k, v in db.conf().items() if "reconnect" not in k}
    Server(t, t.fam.config(lease_db=conf, **keys), name="kea", binary=kea, folder=t.path("kea")).start()
    db.sql(f"UPDATE schema_version SET version = {ours[0]}, minor = {ours[1]}")
    place_server(t, 1)
    server = Server(t, t.fam.config(lease_db=db.conf(host=db.socket), **t.no_cache, **keys), name="server1", folder=t.path("state1"),
                    ns="srv1")
    server.start()
    clients = [Relayed(t, n) for n in range(1, 41)]
    got = [c.lease(n % 2, n % 2) for n, c in enumerate(clients)]
    t.eq(len(set(got)), 40, "addresses")
    for n, client in enumerate(clients):
        client.renew(1 - n % 2)
        client.renew(n % 2)
    t.eq(db.sql("SELECT count(*) FROM lease4 WHERE state = 0"), [["40"]], "leases")
    t.eq(server.said("BAD_ROW"), 0, "rows of Kea that are invalid")
