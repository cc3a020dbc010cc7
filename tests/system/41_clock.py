# SPDX-License-Identifier: MPL-2.0
"""The wall clock is set while the server runs (libfaketime): leases end after their lifetime, whatever the clock
says."""
import glob
import time

from lib import dhcp
from lib.case import Skipped, test
from lib.server import config

DAY = 86400


@test("clock-steps", beyond_kea="it counts by the wall clock")
def clock_steps(t):
    """A step of 10 days forward ends no lease, one of 20 days back keeps none past its end; lifetimes continue over
    restarts."""
    faketime = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not faketime:
        raise Skipped("needs libfaketime")
    t.write("offset", "+0\n")
    conf = config(pool="192.0.2.100 - 192.0.2.101", **{**t.no_cache, "min-valid-lifetime": 3, "expired-leases-processing": {
        "reclaim-timer-wait-time": 1, "hold-reclaimed-time": 0, "flush-reclaimed-timer-wait-time": 1}})
    env = {"LD_PRELOAD": faketime[0], "FAKETIME_TIMESTAMP_FILE": t.path("offset"), "FAKETIME_NO_CACHE": "1",
           "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    server = t.server(conf, env=env)

    def step(days):
        t.write("offset", f"{days * DAY:+d}\n")

    def client(n):
        return dhcp.Client(t, mac=f"02:00:00:00:00:0{n}")

    def short(n, start=None):
        """Gets a lease of 3 seconds; returns its address."""
        return client(n).dora([(51, (3).to_bytes(4, "big"))]).yiaddr

    def row(address):
        return int(server.leases()[address]["expire"]) - time.time()

    long = client(1)
    address = long.dora().yiaddr
    t.true(3500 < row(address) < 3700, f"it ends in {row(address):.0f} s")
    other, start = short(2), time.monotonic()
    step(10)
    ack = long.renew(address)
    t.eq(int.from_bytes(ack.option(51), "big"), 3600, "lifetime after the step forward")
    t.true(10 * DAY + 3500 < row(address) < 10 * DAY + 3700, f"by the file it ends in {row(address):.0f} s")
    t.eq(client(3).ask(dhcp.DISCOVER, timeout=0.5), None, "response to a third client while both leases are valid")
    t.true(time.monotonic() - start < 2.5, "this host is too slow for the test")
    t.wait("the short lease to end", lambda: client(3).ask(dhcp.DISCOVER, timeout=0.3), 6)
    t.true(time.monotonic() - start > 3, "the short lease ended early")
    got, start = short(3), time.monotonic()
    t.eq(got, other, "the address that was free")
    step(-10)
    t.eq(client(4).ask(dhcp.DISCOVER, timeout=0.5), None, "response while both leases are valid")
    t.wait("the short lease to end after a step back", lambda: client(4).ask(dhcp.DISCOVER, timeout=0.3), 6)
    t.true(3 < time.monotonic() - start < 7, f"it ended after {time.monotonic() - start:.1f} s")
    t.eq(long.renew(address).yiaddr, address, "address of the first client")
    t.true(-10 * DAY + 3500 < row(address) < -10 * DAY + 3700, f"by the file it ends in {row(address):.0f} s")
    # after a restart, reclaimed addresses are still reclaimed, and the others still belong to their clients
    server.kill()
    server.start()
    t.eq(long.renew(address).yiaddr, address, "address of the first client after a restart")
