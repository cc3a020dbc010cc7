# SPDX-License-Identifier: MPL-2.0
"""Lease files are used by Kea, then by the server under test, and back."""
import os
import subprocess

from lib import dhcp
from lib.case import Skipped, test
from lib.dhcp import ip4
from lib.server import config, config6


def reference(t):
    path = t.env[f"kea_reference{t.fam.digit}"]
    if not os.access(path, os.X_OK):
        raise Skipped(f"skipped: needs {path}")
    version = subprocess.run([path, "-v"], check=False, capture_output=True, text=True).stdout.strip()
    t.note(f"reference: {path}, version {version}")
    return path


def handover(t, writer, reader):
    """The writer creates leases of every kind; the reader has them all and renews each."""
    conf = config()
    first = t.server(conf, binary=writer)
    names = ["plain", "a,b;c", "", "x" * 60]
    clients = []
    for i in range(20):
        cid = bytes([255, 0, 0, 0, i, 0, 3, 0, 1, 2, 0, 0, 0, 0, i]) if i % 3 == 0 else None
        c = dhcp.Client(t, mac=f"02:00:00:00:02:{i:02x}", client_id=cid)
        name = names[i % 4].encode()
        c.options = [(12, name)] if name else []
        c.address = c.dora(c.options).yiaddr
        clients.append(c)
    released, declined, *kept = clients
    mac = t.net.mac("srv", "s0")
    released.send(dhcp.RELEASE, [(54, released.server_id)], ciaddr=released.address, src=released.address,
                  dst="192.0.2.1", dst_mac=mac)
    declined.send(dhcp.DECLINE, [(50, ip4(declined.address)), (54, declined.server_id)])
    kept[0].renew(kept[0].address, kept[0].options)
    t.wait("the declined lease", lambda: first.leases().get(declined.address, {}).get("state") == "1", 5)
    before = first.held()
    t.eq(sorted(before), sorted(c.address for c in kept), "leases that were written")
    t.eq(first.stop()[0], 0, "exit code")

    second = t.server(conf, binary=reader)
    t.eq(second.said(r"(?i)invalid row|row error|DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR"), 0, "rows that could not be read")
    for c in kept:
        t.eq(c.renew(c.address, c.options).yiaddr, c.address, "renewed address")
    after = second.held()
    t.eq(sorted(after), sorted(before), "leases after the renewals")
    for a, row in after.items():
        for column in ("hwaddr", "client_id", "subnet_id") + (("hostname",) if before[a]["hostname"] else ()):
            t.eq(row[column], before[a][column], f"{column} of {a}")
    t.eq(second.leases()[declined.address]["state"], "1", "state of the declined address")
    new = dhcp.Client(t, mac="02:00:00:00:03:01").dora().yiaddr
    t.true(new != declined.address and new not in before, f"{new} is already taken")


CONTEXT = '{ "note": "kept&#x2c really" }'


def handover6(t, writer, reader):
    """The writer creates addresses and prefixes with names, hardware addresses and user contexts; the reader has
    them all."""
    conf = config6()
    first = t.server(conf, binary=writer)
    clients = []
    for i in range(20):
        c = t.fam.client(t, i + 1, pd=i % 2 == 0)
        c.address = c.lease()
        clients.append(c)
    released, declined, *kept = clients
    released.release(released.address)
    declined.decline(declined.address)
    t.eq(kept[0].keep(kept[0].address), kept[0].address, "renewed")
    t.wait("the declined lease", lambda: first.leases().get(declined.address, {}).get("state") == "1", 5)
    t.wait("the released leases", lambda: released.address not in first.held(), 5)
    before = first.held()
    t.eq(sorted(before), sorted(place.split("/")[0] for c in kept for place in c.places(c.address)), "leases that were written")
    t.eq(first.stop()[0], 0, "exit code")
    # data only other programs write: a hostname and a user context, in the writer's format
    with open(first.lease_path, "a", encoding="utf-8") as f:
        names = first.header()
        for c in kept[:4]:
            for place in c.places(c.address):
                row = dict(before[place.split("/")[0]], hostname="a&#x2cb.example.org", user_context=CONTEXT)
                before[row["address"]] = row
                f.write(",".join(row[n] for n in names) + "\n")

    second = t.server(conf, binary=reader)
    t.eq(second.said(r"(?i)invalid row|row error|DHCPSRV_MEMFILE_LEASE_LOAD_ROW_ERROR"), 0, "rows that could not be read")
    for c in kept:
        t.eq(c.keep(c.address), c.address, "renewed address and prefix")
    after = second.held()
    t.eq(sorted(after), sorted(before), "leases after the renewals")
    for a, row in after.items():
        for column in ("duid", "iaid", "lease_type", "prefix_len", "subnet_id", "hwaddr", "hwtype", "hwaddr_source", "user_context"):
            t.eq(row[column], before[a][column], f"{column} of {a}")
        if reader == t.env["kea_dhcp6"] and not t.env["kea"]:  # Kea drops it if a renewal has no name
            t.eq(row["hostname"], before[a]["hostname"], f"host name of {a}")
    t.eq({r["hwaddr"] for r in after.values()} - {t.net.mac("cli", "c0").hex(":")} - {c.duid[4:].hex(":") for c in kept}, set(),
         "hardware addresses")
    t.eq(second.leases()[declined.address]["state"], "1", "state of the declined address")
    new = t.fam.client(t, 99, pd=True)
    t.true(new.lease() not in {declined.address, *before}, "an address is assigned twice")
    t.true(new.prefix.split("/")[0] not in before, "a prefix is assigned twice")
    t.eq(second.stop()[0], 0, "exit code")


@test("leases-from-kea6", families=(6,))
def leases_from_kea6(t):
    """A lease file of Kea's kea-dhcp6 is read: addresses, prefixes, names, hardware addresses, user contexts."""
    handover6(t, reference(t), t.env["kea_dhcp6"])


@test("leases-to-kea6", families=(6,))
def leases_to_kea6(t):
    """Kea's kea-dhcp6 reads our lease file; every client keeps its address and its prefix."""
    handover6(t, t.env["kea_dhcp6"], reference(t))


@test("leases-from-kea")
def leases_from_kea(t):
    """A lease file written by Kea is read; every client keeps its address."""
    handover(t, reference(t), t.env["kea_dhcp4"])


@test("leases-to-kea")
def leases_to_kea(t):
    """Kea reads our lease file; every client keeps its address."""
    handover(t, t.env["kea_dhcp4"], reference(t))
