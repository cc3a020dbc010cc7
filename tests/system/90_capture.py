# SPDX-License-Identifier: MPL-2.0
"""tshark parses the packets of the server."""
import importlib
import struct

from lib import dhcp
from lib.case import test
from lib.dhcp import ip4

clients = importlib.import_module("10_clients")


@test("tshark", needs=["tshark", "dhclient", "dhcrelay"])
def tshark(t):
    """Nothing that the server sends is malformed; checksums of direct responses are correct. What the
    client on the link sent and received, replayed, shows no difference."""
    server = t.server()
    direct, relayed = dhcp.Tap(t.net, "cli", "c0"), dhcp.Tap(t.net, "srv", "s1")
    t.start("rly", ["dhcrelay", "-4", "-d", "-a", "-iu", "r0", "-id", "r1", "198.18.0.1"])
    for dev in ("c0", "c1"):
        client = clients.Dhclient(t, dev=dev)
        client.start()
        client.wait("BOUND")
        client.kill()
    c = dhcp.Client(t, client_id=b"\x01abcdef")
    c.renew(c.dora([(55, bytes(range(1, 77)))]).yiaddr)
    c.ask(dhcp.INFORM, want=dhcp.ACK, ciaddr="192.0.2.50", src="192.0.2.50")
    c.ask(dhcp.REQUEST, [(50, ip4("10.9.9.9"))], want=dhcp.NAK)
    c.ask(dhcp.DISCOVER, flags=0x8000, want=dhcp.OFFER)
    macs = t.net.mac("srv", "s0"), t.net.mac("srv", "s1")
    for name, tap, least in (("direct", direct, 7), ("relayed", relayed, 2)):
        path = tap.pcap(t.path(name + ".pcap"), lambda f: dhcp.is_dhcp(f) and f[6:12] in macs)
        ours = [dhcp.Message(f) for _, f in tap.frames() if dhcp.is_dhcp(f) and f[6:12] in macs]
        t.true(len(ours) >= least, f"only {len(ours)} responses in the {name} capture")

        def count(display, *options, path=path):
            out = t.run("cli", ["tshark", "-n", "-r", path, *options, "-Y", display, "-T", "fields", "-e", "frame.number"])
            return [line for line in out.splitlines() if line.isdigit()]
        t.eq(len(count("dhcp")), len(ours), f"DHCP messages in the {name} capture")
        t.eq(count("_ws.malformed || _ws.expert.severity >= 6291456"), [], f"malformed in the {name} capture")
        check = ["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
        t.eq(count("ip.checksum.status == 0", *check), [], f"bad IP checksums in the {name} capture")
        if name == "direct":  # a veth leaves checksums of ordinary sockets to hardware that does not exist
            t.eq(count("udp.checksum.status == 0", *check), [], "bad UDP checksums")
            t.true(all(struct.unpack("!H", m.frame[40:42])[0] for m in ours), "a response without UDP checksum")
        for m in ours:
            t.eq(m.option(54), ip4("192.0.2.1" if name == "direct" else "198.18.0.1"), "server id")
    path = direct.pcap(t.path("both.pcap"), dhcp.is_dhcp)
    t.run("srv", [server.binary, "-c", server.conf_path, "--replay", path, "--interface", "s0"], env=server.env)
