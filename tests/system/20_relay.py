# SPDX-License-Identifier: MPL-2.0
"""Relays and load generators that people have."""
import importlib

from lib import dhcp
from lib.case import test

clients = importlib.import_module("10_clients")


@test("dhcrelay-option-82", needs=["dhcrelay", "dhclient"])
def dhcrelay_option_82(t):
    """A relay adds option 82: the server picks the relay's subnet and echoes the option, whole and last."""
    server = t.server()
    tap = dhcp.Tap(t.net, "srv", "s1")
    t.start("rly", ["dhcrelay", "-4", "-d", "-a", "-iu", "r0", "-id", "r1", "198.18.0.1"])
    client = clients.Dhclient(t, dev="c1")
    client.start()
    address, *rest = client.wait("BOUND")
    t.eq(rest[0], "routers=198.51.100.1", "router")
    t.eq(server.held()[address]["subnet_id"], "2", "subnet")
    seen = tap.messages()
    asked = {m.xid: m.option(82) for m in seen if m.op == 1}
    answers = [m for m in seen if m.op == 2]
    t.true(asked and all(asked.values()), "the relay added no option 82")
    t.eq(sorted({m.type for m in answers}), [dhcp.OFFER, dhcp.ACK], "answers")
    for m in answers:
        t.eq(m.option(82), asked[m.xid], "option 82 of the answer")
        t.eq(m.options[-1][0], 82, "last option")
        t.eq((m.dst, m.dport, m.giaddr), ("198.51.100.1", 67, "198.51.100.1"), "where the answer goes")


@test("perfdhcp", needs=["perfdhcp"])
def perfdhcp(t):
    """Kea's load generator: 40 exchanges, no drop."""
    t.server()
    t.net.ip("cli", "addr", "add", "192.0.2.2/24", "dev", "c0")
    out = t.run("cli", ["perfdhcp", "-4", "-r", "20", "-n", "40", "-R", "20", "-W", "1000000", "-l", "c0", "192.0.2.1"])
    t.eq([line.split(": ")[1] for line in out.splitlines() if line.startswith("drops:")], ["0", "0"], "drops")
    t.match(r"received packets: 40\b", out, "report")
