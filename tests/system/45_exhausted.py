# SPDX-License-Identifier: MPL-2.0
"""An exhausted pool: expired leases are reclaimed while clients keep requesting."""
import time

from lib import dhcp
from lib.case import test
from lib.server import config

KEYS = {"valid-lifetime": 3, "min-valid-lifetime": 3, "max-valid-lifetime": 3}


def flood(t, seconds, every=0.02):
    """New clients keep requesting; returns the seconds until one got an offer, or None."""
    asker = dhcp.Client(t)
    start, n = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        n += 1
        asker.mac = bytes([2, 0x99, 0, 0, n >> 8, n & 255])
        if asker.ask(dhcp.DISCOVER, timeout=every):
            return time.monotonic() - start
    return None


def fill(t, n):
    for i in range(n):
        dhcp.Client(t, mac=f"02:00:00:00:01:{i:02x}").dora()


@test("reclaim-under-demand")
def reclaim_under_demand(t):
    """Clients that keep requesting from a full pool do not delay the reclamation they wait for."""
    t.server(config(quiet=True, pool="192.0.2.100 - 192.0.2.101", **KEYS,
                    **{"expired-leases-processing": {"reclaim-timer-wait-time": 60}}))
    fill(t, 2)
    took = flood(t, 8)
    t.true(took is not None, "no address became free in 8 s")
    t.true(took < 5, f"it took {took:.1f} s")


@test("reclaim-on-demand-only")
def reclaim_on_demand_only(t):
    """With reclaim-timer-wait-time 0 an expired lease is reclaimed when another client needs the address."""
    t.server(config(quiet=True, pool="192.0.2.100 - 192.0.2.101", **KEYS,
                    **{"expired-leases-processing": {"reclaim-timer-wait-time": 0}}))
    fill(t, 2)
    took = flood(t, 8)
    t.true(took is not None, "no address became free in 8 s")


@test("discover-flood")
def discover_flood(t):
    """A flood of clients that never request their offers does not lock out one that does."""
    t.server(config(quiet=True, pool="192.0.2.100 - 192.0.2.119"))
    flooder, end = dhcp.Client(t), time.monotonic() + 8
    client = dhcp.Client(t, mac="02:00:00:00:00:01")
    n = 0
    while time.monotonic() < end:
        for _ in range(30):
            n += 1
            flooder.mac = bytes([2, 0x99, 0, n >> 16, n >> 8 & 255, n & 255])
            flooder.send(dhcp.DISCOVER)
        offer = client.ask(dhcp.DISCOVER, timeout=0.05) if n > 300 else None
        if offer:
            client.ask(dhcp.REQUEST, [(50, dhcp.ip4(offer.yiaddr)), (54, offer.option(54))], dhcp.ACK)
            return
        time.sleep(0.1)
    t.true(False, f"no address within 8 s of {n} other clients")
