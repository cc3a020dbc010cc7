# SPDX-License-Identifier: MPL-2.0
"""Leases in PostgreSQL and MariaDB: served, stored, kept over restarts and reloads, over TCP, a socket and TLS."""
import importlib

from lib import sql
from lib.server import Server

NOT_KEA = "its schema is older"
control = importlib.import_module("72_control")


@sql.each_test("leases", families=(4, 6), beyond_kea=NOT_KEA)
def leases(t, kind):
    """Leases are in the database and stay there over a restart; statistics and free addresses come from it."""
    db = sql.Database(t, kind)
    server = t.server(t.fam.config(lease_db=db.conf(), **t.no_cache))
    one, two = t.fam.client(t, 1), t.fam.client(t, 2)
    address = one.lease()
    t.true(two.lease() != address, "two clients have one address")
    rows = t.wait("two leases", lambda: db.sql(f"SELECT count(*) FROM lease{t.fam.digit} WHERE state = 0") == [["2"]])
    t.true(rows, "not in the database")
    t.eq(one.keep(address), address, "renewed")
    server.stop()
    server.start()
    t.eq(one.keep(address), address, "renewed after a restart")
    t.true("keatest" not in "".join(line for line in server.log().splitlines() if "password" in line.lower()), "in the log")


@sql.each_test("tls", families=(4,), beyond_kea=NOT_KEA)
def tls(t, kind):
    """Connections are encrypted and the certificate is checked; a server of another CA is not used."""
    db = sql.Database(t, kind, tls=True)
    server = t.server(t.fam.config(lease_db=db.conf()))
    t.true(t.wait("a lease", t.fam.client(t).lease), "a lease over TLS")
    if kind == "pgsql":
        rows = db.sql("SELECT DISTINCT ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'kea'")
        t.eq(rows, [["t"]], "connections with TLS")
    else:
        t.true(int(db.sql("SHOW GLOBAL STATUS LIKE 'Ssl_finished_accepts'")[0][1]) >= 1, "no connection with TLS")
    server.stop()
    wrong = Server(t, t.fam.config(lease_db=db.conf(**{"trust-anchor": sql.authority(t, "other")})), folder=t.path("state"))
    wrong.launch()
    t.eq(wrong.process.wait(20), 1, "exit code with another CA")


@sql.each_test("hosts", families=(4, 6), beyond_kea=NOT_KEA)
def hosts(t, kind):
    """A reservation in a database: its client gets the address and nobody else does; without the database no client is
    served as if there were no reservation."""
    db = sql.Database(t, kind)
    reserved = "192.0.2.100" if t.fam.digit == 4 else "2001:db8:1::100"
    four = t.fam.digit == 4
    identifier, number = ("020000000007", 0) if four else ("00030001020000000007", 1)
    value = f"decode('{identifier}', 'hex')" if kind == "pgsql" else f"x'{identifier}'"
    if four:
        db.sql(f"INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id, ipv4_address) VALUES ({value}, {number}, 1, 3221226084)")
    else:
        place = f"'{reserved}'" if kind == "pgsql" else f"INET6_ATON('{reserved}')"
        db.sql(f"INSERT INTO hosts (dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id) VALUES ({value}, {number}, 1)")
        db.sql(f"INSERT INTO ipv6_reservations (address, prefix_len, type, host_id) SELECT {place}, 128, 0, host_id FROM hosts")
    server = t.server(t.fam.config(**{"hosts-databases": [db.conf(**{"on-fail": "serve-retry-continue"})]}))
    other, owner = t.fam.client(t, 1), t.fam.client(t, 7)
    t.true(t.wait("a lease", other.lease) != reserved, "another client has the reserved address")
    t.eq(t.wait("a lease", owner.lease), reserved, "the client's reservation")
    db.kill()
    server.wait_log("DB_RECONNECT_LOST_CONNECTION")  # although nothing was asked
    t.eq(t.fam.client(t, 9).offered(1), False, "an offer without reservations")
    db.start()
    server.wait_log("DB_RECONNECT_SUCCEEDED", 1, 20)
    t.true(t.wait("a lease", t.fam.client(t, 9).lease), "a lease")


@sql.each_test("host-commands", families=(4, 6), beyond_kea=NOT_KEA)
def host_commands(t, kind):
    """A reservation that a command adds, to the database or to the configuration, holds for the client's next message,
    although it was known to have none, and no longer than until one deletes it."""
    db = sql.Database(t, kind)
    server = t.server(t.fam.config(**{"hosts-databases": [db.conf()], "commands": "all", "control-sockets": [control.UNIX]}))
    four = t.fam.digit == 4
    for number, target in (7, "database"), (8, "memory"):
        client = t.fam.client(t, number)
        t.true(t.wait("an offer", lambda: client.offered(1)), "an offer")
        address = f"192.0.2.{90 + number}" if four else f"2001:db8:1::{number:x}:99"
        identifier = f"02:00:00:00:00:{number:02x}" if four else f"00:03:00:01:02:00:00:00:00:{number:02x}"
        place = {"hw-address": identifier, "ip-address": address} if four else {"duid": identifier, "ip-addresses": [address]}
        got = control.ask(t, server, "reservation-add", arguments={"reservation": {"subnet-id": 1, **place}, "operation-target": target})
        t.eq(got, {"result": 0, "text": "Host added."}, "response")
        t.eq(client.lease(), address, f"address reserved in {target}")
        got = control.ask(t, server, "reservation-del", arguments={"subnet-id": 1, "ip-address": address, "operation-target": target})
        t.eq(got["result"], 0, "result of reservation-del")
        got = control.ask(t, server, "reservation-get", arguments={"subnet-id": 1, "ip-address": address})
        t.eq(got["result"], 3, "result of reservation-get")
        t.eq(client.keep(address), "refused", "an address outside of all pools, without a reservation")
    # An edit that has nothing to do with the database is accepted at once, also while the database is down.
    db.kill()
    server.wait_log("DB_RECONNECT_LOST_CONNECTION")
    got = control.ask(t, server, "class-add", arguments={"client-classes": [{"name": "new"}]})
    t.eq(got["result"], 0, f"result of class-add: {got}")
    db.start()
    server.wait_log("DB_RECONNECT_SUCCEEDED", 1, 30)
    t.true(t.wait("an offer", lambda: t.fam.client(t, 9).offered(1)), "an offer")
