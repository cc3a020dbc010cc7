# SPDX-License-Identifier: MPL-2.0
"""Everything at once."""
import time

from lib import ledger
from lib.case import test
from lib.server import config


@test("storm", limit=90)
def storm(t):
    """Direct and relayed load, reloads, interfaces that lose and get addresses, expiration and cleanup at the same
    time: no address is assigned twice, nothing acknowledged is lost, the server keeps running."""
    keys = {"valid-lifetime": 9, "min-valid-lifetime": 9, "max-valid-lifetime": 9, **t.no_cache,
            "expired-leases-processing": {"reclaim-timer-wait-time": 1, "hold-reclaimed-time": 1,
                                          "flush-reclaimed-timer-wait-time": 1}}
    subnets = [
        {"id": 1, "subnet": "192.0.0.0/16", "interface": "s0", "pools": [{"pool": "192.0.16.0/23"}]},
        {"id": 3, "subnet": "198.18.0.0/15", "pools": [{"pool": "198.19.0.0/22"}]}]

    def conf(i):
        allocator = ("iterative", "random", "flq")[i % 3]
        return config(quiet=True, subnets=[dict(s, allocator=allocator) for s in subnets], **keys)
    server = t.server(conf(0))
    relayed = ledger.Load(t, "--renew", "--clients", "400", "--window", "16", "--seconds", "25", "--timeout", "500", name="relayed")
    direct = ledger.Load(t, "--rate", "100", "--clients", "20000", "--seconds", "25", "--timeout", "500", direct=True, name="direct")
    end = time.monotonic() + 12
    i = 0
    while time.monotonic() < end:
        i += 1
        server.reload(conf(i))
        t.net.ip("srv", "addr", "add" if i % 2 else "del", "192.0.2.77/24", "dev", "s0")
        if i % 5 == 0:
            t.net.ip("srv", "link", "set", "s0", "down")
            t.net.ip("srv", "link", "set", "s0", "up")
        time.sleep(0.25)
        t.true(server.process.alive(), "the server ended")
    got = [relayed.finish(early=True), direct.finish(early=True)]
    t.true(got[0]["renewed"] > 1000 and got[1]["completed"] > 100, f"too little happened: {got}")
    t.eq([(g["dups"], g["bad"]) for g in got], [(0, 0), (0, 0)], "dups, bad")
    t.true(server.said("DYNAMIC_RECONFIGURATION_SUCCESS") >= i - 1, "a reload failed")
    t.eq(server.stop()[0], 0, "exit code")
