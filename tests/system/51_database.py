# SPDX-License-Identifier: MPL-2.0
"""Reloads that change "lease-database": another file, none, one again, with and without sync, and one that fails to
open."""
import fcntl
import os
import time

from lib import ledger
from lib.case import test

MARK = r"DHCP[46]_LEASE_DATABASE_CHANGED"


def database(path=None, **keys):
    db = {"type": "memfile", "lfc-interval": 0, **keys}
    if path:
        db["name"] = path
    return db


def reload(t, server, db, ok=True, **keys):
    """Returns once the change is complete."""
    what = f"DHCP{t.fam.digit}_DYNAMIC_RECONFIGURATION_" + ("SUCCESS" if ok else "FAIL")
    before = server.said(what)
    server.reload(t.fam.config(quiet=True, lease_db=db, **keys))
    server.wait_log(what, before + 1)


def addresses(path):
    """Returns the first column of all rows."""
    try:
        with open(path, encoding="utf-8") as f:
            return [line.split(",", 1)[0] for line in f.read().splitlines()[1:]]
    except FileNotFoundError:
        return []


@test("database-other-file", families=(4, 6), beyond_kea="its messages differ")
def other_file(t):
    """After a reload leases go to the new file, and after another one to the old file again; each keeps its rows."""
    server = t.server(t.fam.config(lease_db=database()))
    first, second = server.lease_path, t.path("state/other.csv")
    one, two = t.fam.client(t, 1), t.fam.client(t, 2)
    got_one = one.lease()
    t.eq(addresses(first)[-1], got_one, "in the first file")
    reload(t, server, database(second))
    t.eq(server.said(MARK), 1, "lines about it")
    got_two = two.lease()
    t.true(got_two in addresses(second), "the second client is not in the second file")
    reload(t, server, database())
    t.eq(server.said(MARK), 2, "lines about it")
    t.match(r"leases are now kept in the file \S*/kea-leases\d.csv \(leases found there: \d+\)", server.log(), "the line")
    t.eq(one.keep(got_one), got_one, "the first client's renewal")
    server.stop()
    server.start()
    t.eq(one.keep(got_one), got_one, "after a restart")


@test("database-under-load", families=(4, 6), beyond_kea="its sockets are closed during a reload")
def under_load(t):
    """To another file and back under load, twice: no request is lost, and everything acknowledged is in one of the
    files."""
    server = t.server(t.fam.config(quiet=True, lease_db=database()))
    files = [server.lease_path, t.path("state/other.csv")]
    load = t.fam.Load(t, "--rate", "300", "--clients", "20000", "--seconds", "6", "--timeout", "2000")
    for i in range(4):
        t.wait("acknowledged leases", lambda n=i: load.acks() > 200 * (n + 1), 20)
        reload(t, server, database(files[(i + 1) % 2]))
    got = load.finish()
    t.eq(server.said(MARK), 4, "changes")
    ledger.all_served(t, got, server, other_leases=True)
    stored = set(addresses(files[0])) | set(addresses(files[1]))
    with open(load.path, encoding="ascii") as f:
        acked = {word for line in f if line[0] != "#" for word in line.split()
                 if word.startswith("198.19." if t.fam.digit == 4 else "2001:db8:")}
    t.true(acked, "nothing was acknowledged")
    missing = {a for a in acked if a.split("/")[0] not in stored}
    t.eq(missing, set(), "acknowledged and in neither file")


@test("database-persist", families=(4, 6), beyond_kea="its messages differ")
def persist(t):
    """From a file to memory and back: the file is unchanged."""
    server = t.server(t.fam.config(lease_db=database(), **t.no_cache))
    client = t.fam.client(t, 1)
    address = client.lease()
    rows = addresses(server.lease_path)
    reload(t, server, database(persist=False))
    t.match(rf"{MARK} leases are now kept in memory only", server.log(), "the line")
    t.true(t.fam.client(t, 2).lease(), "no lease in memory")
    t.eq(addresses(server.lease_path), rows, "rows of the file that is not in use")
    reload(t, server, database(), **t.no_cache)
    t.eq(client.keep(address), address, "renewed after the file is back")
    t.true(len(addresses(server.lease_path)) > len(rows), "rows after the file is back")


@test("database-at-once", families=(4, 6), beyond_kea="its messages differ")
def at_once(t):
    """Away from the file and back before the first change is complete: each reload succeeds, and the leases are
    there."""
    server = t.server(t.fam.config(lease_db=database()))
    client = t.fam.client(t, 1)
    address = client.lease()
    for i in range(41):
        server.reload(t.fam.config(quiet=True, lease_db=database(persist=bool(i % 2))))
        time.sleep(0.002 * (i % 4))
    server.reload(t.fam.config(quiet=True, lease_db=database()))
    t.wait("the last change", lambda: server.log().rfind("now kept in the file") > server.log().rfind("now kept in memory"), 20)
    t.eq(server.said("CONFIG_LOAD_FAIL"), 0, f"failures in:\n{server.log()[-2000:]}")
    t.eq(client.keep(address), address, "renewed")


@test("database-same", families=(4, 6), beyond_kea="it has no sync")
def same(t):
    """The same file under another name, or with another sync setting, is not another database: leases stay."""
    server = t.server(t.fam.config(lease_db=database()))
    client = t.fam.client(t, 1)
    address = client.lease()
    os.symlink(server.lease_path, t.path("state/link.csv"))
    reload(t, server, database(t.path("state/link.csv")))
    reload(t, server, database(sync="none"))
    reload(t, server, database())
    t.eq(server.said(MARK), 0, f"changes in:\n{server.log()}")
    t.eq(client.keep(address), address, "renewed")


@test("database-unusable", families=(4, 6), beyond_kea="its messages differ")
def unusable(t):
    """A new database that cannot be opened: the reload is rejected, the old database and configuration stay."""
    server = t.server(t.fam.config(lease_db=database()))
    client = t.fam.client(t, 1)
    address = client.lease()
    taken = t.path("state/taken.csv")
    with open(taken + ".lock", "w", encoding="ascii") as f:
        fcntl.lockf(f, fcntl.LOCK_EX)
        reload(t, server, database(taken), ok=False, **{"valid-lifetime": 4000})
    t.match(r"CONFIG_LOAD_FAIL .*taken.csv is in use by another server", server.log(), "why")
    os.mkdir(t.path("state/folder.csv"))
    reload(t, server, database(t.path("state/folder.csv")), ok=False, **{"valid-lifetime": 4000})
    t.match(r"CONFIG_LOAD_FAIL .*folder.csv", server.log(), "why")
    t.eq(server.said(MARK), 0, "changes")
    t.eq(client.keep(address), address, "renewed")
    t.true(all(row["valid_lifetime"] == "3600" for row in server.rows()), "the rejected configuration has an effect")
    reload(t, server, database(t.path("state/good.csv")))
    t.true(t.fam.client(t, 2).lease() in addresses(t.path("state/good.csv")), "a good one afterwards")


@test("database-cleanup", families=(4, 6), beyond_kea="its messages differ")
def clean_up(t):
    """kea-lfc processes the current file."""
    server = t.server(t.fam.config(lease_db=database(**{"lfc-interval": 3600}), **t.no_cache))
    second = t.path("state/other.csv")
    client = t.fam.client(t, 1)
    client.lease()
    reload(t, server, database(second, **{"lfc-interval": 1}), **t.no_cache)
    address = client.lease()
    for _ in range(10):
        t.eq(client.keep(address), address, "renewed")
    t.wait("the cleanup", lambda: server.said("DHCPSRV_MEMFILE_LFC_DONE") and os.path.exists(second + ".2"), 20)
    t.true(not os.path.exists(server.lease_path + ".2"), "the first file was cleaned up, too")
