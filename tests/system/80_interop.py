# SPDX-License-Identifier: MPL-2.0
"""Lease files go from Kea to the server under test and back."""
import os
import subprocess

from lib import dhcp
from lib.case import Skipped, test
from lib.dhcp import ip4
from lib.server import Server, config


def reference(t):
    path = t.env[f"kea_reference{t.fam.digit}"]
    if not os.access(path, os.X_OK):
        raise Skipped(f"skipped: needs {path}")
    version = subprocess.run([path, "-v"], check=False, capture_output=True, text=True).stdout.strip()
    t.note(f"reference: {path}, version {version}")
    return path


def handover(t, writer, reader):
    """Leases of every kind from writer; reader has them all and renews each."""
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
    t.true(new != declined.address and new not in before, f"{new} is taken already")


@test("leases-from-kea")
def leases_from_kea(t):
    """A lease file that Kea wrote is read; every client keeps its address."""
    handover(t, reference(t), t.env["kea_dhcp4"])


@test("leases-to-kea")
def leases_to_kea(t):
    """Kea reads our lease file; every client keeps its address."""
    handover(t, t.env["kea_dhcp4"], reference(t))
