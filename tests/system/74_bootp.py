# SPDX-License-Identifier: MPL-2.0
"""libdhcp_bootp: clients that speak BOOTP with vendor extensions (RFC 951, RFC 1497), directly and through a relay."""
import os
import struct

from lib import dhcp
from lib.case import test
from lib.dhcp import BROADCAST, COOKIE, ip4
from lib.server import config

BOOTREQUEST, BOOTREPLY = 1, 2
INFINITE = "4294967295"


class Bootp(dhcp.Client):
    """A client that knows nothing of DHCP: no message type, no client identifier, 300 bytes."""

    def request(self, options=(), flags=0x8000, ciaddr="0.0.0.0"):
        body = struct.pack("!BBBB4sHH4s12x", BOOTREQUEST, 1, 6, 0, self.next_xid(), 3, flags, ip4(ciaddr))
        body += self.mac.ljust(208, b"\0") + COOKIE
        body += b"".join(bytes([c, len(d)]) + d for c, d in options) + b"\xff"
        self.tap.sock.send(dhcp.frame_of(body.ljust(300, b"\0"), BROADCAST, self.mac, "0.0.0.0", "255.255.255.255", 68))
        return self.receive()


def start(t):
    pools = [{"pool": "192.0.2.100 - 192.0.2.149", "client-class": "DHCP"},
             {"pool": "192.0.2.200 - 192.0.2.201", "client-class": "BOOTP"}]
    conf = config(**t.no_cache, **{
        "subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "interface": "s0", "pools": pools,
                     "option-data": [{"name": "routers", "data": "192.0.2.1"}],
                     "reservations": [{"hw-address": "02:00:00:00:00:09", "ip-address": "192.0.2.9", "next-server": "192.0.2.7",
                                       "boot-file-name": "terminal.img"}]}],
        "client-classes": [{"name": "DHCP", "test": "not member('BOOTP')"}],
        "hooks-libraries": [{"library": "libdhcp_bootp.so"}]})
    return t.server(conf, env={"KEA_HOOKS_PATH": os.path.join(t.env["builddir"], "src/hooks")})


def check(t, m, address):
    t.true(m, "no response")
    t.eq((m.op, m.yiaddr), (BOOTREPLY, address), "the response")
    t.true(len(m.payload) >= 300, f"the response has {len(m.payload)} bytes")
    t.eq([c for c, _ in m.options if 50 <= c <= 61], [], "options of DHCP")
    t.eq((m.option(1), m.option(3)), (ip4("255.255.255.0"), ip4("192.0.2.1")), "subnet mask and router")


@test("bootp", beyond_kea="the library is ours")
def bootp(t):
    """BOOTP clients get addresses of their pool for ever, also after a restart of the server; reserved addresses and
    boot files; a client without an address gets no response; a DHCP client beside them gets its lease."""
    server = start(t)
    first, second = (Bootp(t, mac=f"02:00:00:00:00:0{i}") for i in (1, 2))
    m = first.request([(12, b"terminal")])
    check(t, m, "192.0.2.200")
    t.eq(m.dst_mac, BROADCAST, "destination of a response to a client that asks for broadcast")
    m = second.request(flags=0)
    check(t, m, "192.0.2.201")
    t.eq((m.dst_mac, m.dst), (second.mac, "192.0.2.201"), "destination of a response")
    t.eq({(r["address"], r["valid_lifetime"], r["hwaddr"]) for r in server.rows()},
         {(f"192.0.2.20{i}", INFINITE, f"02:00:00:00:00:0{i + 1}") for i in (0, 1)}, "rows")
    t.eq(Bootp(t, mac="02:00:00:00:00:03").request(), None, "the response when the pool is used up")
    reserved = Bootp(t, mac="02:00:00:00:00:09")
    m = reserved.request()
    check(t, m, "192.0.2.9")
    t.eq((m.siaddr, m.payload[108:236].rstrip(b"\0")), ("192.0.2.7", b"terminal.img"), "server and file to boot")
    t.eq(dhcp.Client(t, mac="02:00:00:00:00:04").dora().yiaddr, "192.0.2.100", "address of a DHCP client")
    server.kill()
    server.start()
    check(t, first.request(), "192.0.2.200")
    check(t, second.request(ciaddr="192.0.2.201"), "192.0.2.201")
    t.eq(server.stop()[0], 0, "exit code")


@test("bootp-garbage", beyond_kea="the library is ours")
def garbage(t):
    """Requests that are cut off, with the options of a reply, or without the magic cookie: no response, and the next
    client is served."""
    server = start(t)
    client = Bootp(t, mac="02:00:00:00:00:01")
    for cut in 28, 236, 240, 243:
        body = struct.pack("!BBBB4sHH16x", BOOTREQUEST, 1, 6, 0, client.next_xid(), 0, 0x8000)
        body += client.mac.ljust(208, b"\0") + (b"\0\0\0\0" if cut == 240 else COOKIE) + b"\x0c\x08term"
        client.tap.sock.send(dhcp.frame_of(body[:cut], BROADCAST, client.mac, "0.0.0.0", "255.255.255.255", 68))
        t.eq(client.receive(0.3), None, f"the response to {cut} bytes")
    check(t, client.request(), "192.0.2.200")
    t.eq(server.stop()[0], 0, "exit code")
