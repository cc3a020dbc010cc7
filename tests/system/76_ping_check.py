# SPDX-License-Identifier: MPL-2.0
"""libdhcp_ping_check: addresses that hosts use already, on the link of the server and beyond a router."""
import os
import time

from lib import dhcp
from lib.case import test
from lib.dhcp import DISCOVER, OFFER
from lib.server import config


def start(t, **parameters):
    library = {"library": "libdhcp_ping_check.so", "parameters": parameters}
    conf = config(**t.no_cache, **{"hooks-libraries": [library]})
    conf["Dhcp4"]["loggers"].append({"name": "kea-dhcp4.ping-check-hooks", "severity": "DEBUG", "debuglevel": 99,
                                     "output-options": [{"output": "stdout"}]})
    return t.server(conf, env={"KEA_HOOKS_PATH": os.path.join(t.env["builddir"], "src/hooks")})


def says(t, server, text):
    t.wait(f"the log line: {text}", lambda: text in server.log(), timeout=30)


@test("ping-check")
def ping_check(t):
    """Another host has the first two addresses: the client is offered the third one in response to its first message."""
    for n in 100, 101:
        t.net.ip("cli", "addr", "add", f"192.0.2.{n}/32", "dev", "c0")
    server = start(t)
    client = dhcp.Client(t)
    begin = time.monotonic()
    offer = client.ask(DISCOVER, want=OFFER, timeout=30)
    t.note(f"offered after {1000 * (time.monotonic() - begin):.0f} ms")
    t.eq(offer.yiaddr, "192.0.2.102", "offered")
    t.eq([(row["address"], row["state"]) for row in server.rows()], [("192.0.2.100", "1"), ("192.0.2.101", "1")], "declined")
    says(t, server, "PING_CHECK_MGR_RECEIVED_ECHO_REPLY 192.0.2.100 is in use: response by ARP")
    says(t, server, "address 192.0.2.101 is in use by another host")
    t.eq(client.dora().yiaddr, "192.0.2.102", "assigned")


@test("ping-check-icmp")
def ping_check_icmp(t):
    """The same by ICMP echo."""
    t.net.ip("cli", "addr", "add", "192.0.2.100/24", "dev", "c0")
    server = start(t, arp=False)
    t.eq(dhcp.Client(t).ask(DISCOVER, want=OFFER, timeout=30).yiaddr, "192.0.2.101", "offered")
    says(t, server, "192.0.2.100 is in use: response by ICMP")


@test("ping-check-own")
def ping_check_own(t):
    """The client itself still uses the address, as after a restart of the server without its leases: it gets it again."""
    t.net.ip("cli", "addr", "add", "192.0.2.100/32", "dev", "c0")
    server = start(t)
    t.eq(dhcp.Client(t, mac=t.net.mac("cli", "c0").hex(":")).ask(DISCOVER, want=OFFER, timeout=30).yiaddr, "192.0.2.100", "offered")
    says(t, server, "192.0.2.100 is in use: response by client itself")
