# SPDX-License-Identifier: MPL-2.0
"""The wall clock is set while the server runs (libfaketime): leases follow elapsed time."""
import glob
import time

from lib.case import Skipped, fault

FAST = {"expired-leases-processing": {"reclaim-timer-wait-time": 1, "hold-reclaimed-time": 0, "flush-reclaimed-timer-wait-time": 1}}


class Clock:
    """A server whose wall clock differs from the host's by the value of step()."""

    def __init__(self, t, conf):
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not library:
            raise Skipped("skipped: needs libfaketime")
        self.path = t.write("clock", "+0\n")
        self.server = t.server(conf, env={"LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": self.path, "FAKETIME_NO_CACHE": "1",
                                          "DONT_FAKE_MONOTONIC": "1"})

    def step(self, seconds):
        with open(self.path, "w", encoding="ascii") as f:
            f.write(f"{seconds:+d}\n")


def lifetime(t, seconds):
    keys = {"valid-lifetime": seconds, "min-valid-lifetime": seconds, "max-valid-lifetime": seconds}
    if t.fam.digit == 6:
        keys.update({"preferred-lifetime": seconds - 1, "min-preferred-lifetime": seconds - 1, "max-preferred-lifetime": seconds - 1})
    return keys


def clients(t, n):
    out = []
    for i in range(1, n + 1):
        c = t.fam.client(t, i)
        c.address = c.lease()
        out.append(c)
    return out


@fault("T1", "clock-back", short=(4,), beyond_kea="expired leases are not reclaimed until the clock is where it was")
def clock_back(t):
    """The clock is set back an hour: leases that end are still reclaimed, clients renew and get new ones."""
    seconds = 8
    clock = Clock(t, t.fam.config(**lifetime(t, seconds), **FAST))
    all_of_them = clients(t, 30 if t.long else 6)
    kept = all_of_them[0]
    start = time.monotonic()
    clock.step(-3600)
    while time.monotonic() - start < seconds + 3:
        t.eq(kept.keep(kept.address), kept.address, "renewed")
        time.sleep(0.5)
    late = t.fam.client(t, 99)
    gone = {c.address for c in all_of_them[1:]}
    t.wait("the end of the leases", lambda: not gone & set(clock.server.leases()), 3)
    t.true(late.lease() != kept.address, "a lease that is in use was assigned again")
    t.eq(kept.keep(kept.address), kept.address, "renewed")
    t.note(f"{len(gone)} leases of {seconds} s reclaimed within {time.monotonic() - start:.1f} s")


@fault("T2", "clock-forward", short=(6,), beyond_kea="all valid leases are reclaimed at once")
def clock_forward(t):
    """The clock is set forward two hours: no one-hour lease ends, no address is assigned twice."""
    clock = Clock(t, t.fam.config(**lifetime(t, 3600), **FAST))
    old = clients(t, 70 if t.long else 10)
    clock.step(7200)
    time.sleep(10 if t.long else 2.5)
    held = set(clock.server.leases())
    t.true({c.address for c in old} <= held, "leases were reclaimed")
    for i in range(200, 220):
        c = t.fam.client(t, i)
        t.true(c.lease() not in {o.address for o in old} | {None}, "a lease that is in use was assigned again")
        c.tap.sock.close()
    for c in old:
        t.eq(c.keep(c.address), c.address, "renewed")
    clock.step(0)
    for c in old:
        t.eq(c.keep(c.address), c.address, "renewed with the clock back")
