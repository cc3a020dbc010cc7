# SPDX-License-Identifier: MPL-2.0
"""Handmade messages that none of the installed clients sends at the right moment."""
import struct

from lib import dhcp
from lib.case import test
from lib.dhcp import ACK, DISCOVER, INFORM, NAK, OFFER, RELEASE, REQUEST, ip4
from lib.server import config


@test("nak-wrong-network", beyond_kea="it sends an IP broadcast to a unicast hardware address")
def nak_wrong_network(t):
    """INIT-REBOOT with an address of another network: a broadcast NAK if authoritative."""
    server = t.server()
    client = dhcp.Client(t)
    m = client.ask(REQUEST, [(50, ip4("10.9.9.9"))], want=NAK)
    t.eq((m.dst_mac, m.dst, m.yiaddr), (dhcp.BROADCAST, "255.255.255.255", "0.0.0.0"), "the NAK")
    t.eq(m.option(54), ip4("192.0.2.1"), "server id")
    t.eq(m.option(51), None, "lifetime in a NAK")
    t.eq(server.rows(), [], "rows")


@test("silent-not-authoritative")
def silent_not_authoritative(t):
    """INIT-REBOOT of an unknown client: no response if not authoritative."""
    t.server(config(authoritative=False))
    client = dhcp.Client(t)
    t.eq(client.ask(REQUEST, [(50, ip4("192.0.2.150"))], timeout=1), None, "response")
    t.eq(client.dora().type, ACK, "a new client")


@test("inform")
def inform(t):
    """DHCPINFORM: options, no address, no lifetime, sent to the client's own address; nothing is stored."""
    server = t.server()
    client = dhcp.Client(t)
    m = client.ask(INFORM, [(55, bytes([3, 6]))], want=ACK, ciaddr="192.0.2.50", src="192.0.2.50")
    t.eq((m.yiaddr, m.ciaddr, m.dst), ("0.0.0.0", "192.0.2.50", "192.0.2.50"), "yiaddr, ciaddr, destination")
    t.eq(m.option(51), None, "lifetime")
    t.eq((m.option(3), m.option(6)), (ip4("192.0.2.1"), ip4("192.0.2.53") + ip4("192.0.2.54")), "options")
    t.eq(server.rows(), [], "rows")


@test("hostname-stored")
def hostname_stored(t):
    """The client's hostname is in the lease file, also after a renewal."""
    server = t.server(config(**t.no_cache))
    client = dhcp.Client(t)
    address = client.dora([(12, b"pc7")]).yiaddr
    t.eq(server.held()[address]["hostname"], "pc7", "hostname")
    client.renew(address, [(12, b"pc7")])
    t.eq(server.held()[address]["hostname"], "pc7", "hostname after a renewal")


@test("broadcast-flag", beyond_kea="it sends an IP broadcast to a unicast hardware address")
def broadcast_flag(t):
    """With the broadcast flag a response is broadcast; without it, unicast to an address not configured yet."""
    t.server()
    client = dhcp.Client(t)
    m = client.ask(DISCOVER, flags=0x8000, want=OFFER)
    t.eq((m.dst_mac, m.dst), (dhcp.BROADCAST, "255.255.255.255"), "OFFER with the flag")
    t.true(m.flags & 0x8000, "the flag is not echoed")
    m = client.dora(flags=0x8000)
    t.eq((m.dst_mac, m.dst), (dhcp.BROADCAST, "255.255.255.255"), "ACK with the flag")
    client = dhcp.Client(t, mac="02:00:00:00:00:02")
    m = client.dora()
    t.eq((m.dst_mac, m.dst), (client.mac, m.yiaddr), "ACK without the flag")


@test("minimum-size", beyond_kea="it does not pad")
def minimum_size(t):
    """No response is shorter than the 300 bytes of BOOTP, which old clients and relays require."""
    t.server()
    client = dhcp.Client(t)
    for m in client.ask(DISCOVER, want=OFFER), client.dora(), client.ask(REQUEST, [(50, ip4("10.9.9.9"))], want=NAK):
        t.true(len(m.payload) >= 300, f"{len(m.payload)} bytes")


@test("renew-unicast")
def renew_unicast(t):
    """REQUEST by unicast with ciaddr: the same address, a new lifetime; from another client: NAK."""
    t.server(t.fam.config(**t.no_cache))
    client = dhcp.Client(t)
    address = client.dora().yiaddr
    m = client.renew(address)
    t.eq((m.yiaddr, m.ciaddr, m.dst), (address, address, address), "yiaddr, ciaddr, destination")
    t.eq(struct.unpack("!I", m.option(51))[0], 3600, "lifetime")
    dhcp.Client(t, mac="02:00:00:00:00:02").renew(address, want=NAK)


@test("release-checked")
def release_checked(t):
    """RELEASE is only accepted from the owner."""
    server = t.server()
    client = dhcp.Client(t)
    address = client.dora().yiaddr
    mac = t.net.mac("srv", "s0")
    how = dict(ciaddr=address, src=address, dst="192.0.2.1", dst_mac=mac)
    dhcp.Client(t, mac="02:00:00:00:00:02").send(RELEASE, [(54, ip4("192.0.2.1"))], **how)
    client.renew(address)  # answered after the release was read
    t.true(address in server.held(), "a stranger released the lease")
    client.send(RELEASE, [(54, client.server_id)], **how)
    t.wait("the release in the lease file", lambda: address not in server.held(), 5)


@test("full-pool")
def full_pool(t):
    """A pool of two and three clients: the third gets no offer, the first two keep their addresses."""
    t.server(config(pool="192.0.2.100 - 192.0.2.101"))
    first, second, third = (dhcp.Client(t, mac=f"02:00:00:00:00:0{i}") for i in (1, 2, 3))
    a, b = first.dora().yiaddr, second.dora().yiaddr
    t.eq(sorted((a, b)), ["192.0.2.100", "192.0.2.101"], "addresses")
    t.eq(third.ask(DISCOVER, timeout=1), None, "OFFER from a full pool")
    t.eq((first.renew(a).yiaddr, second.renew(b).yiaddr), (a, b), "renewed")


@test("small-mtu", beyond_kea="it does not look at the MTU")
def small_mtu(t):
    """A client that accepts more than the link's MTU is served: options are omitted and logged, also when the MTU
    changes."""
    large = [{"code": code, "csv-format": False, "data": "aa" * 250} for code in (224, 225, 226, 227)]
    server = t.server(config(**{"option-data": large}))
    asks = [(55, bytes([224, 225, 226, 227])), (57, struct.pack("!H", 1500))]

    def sizes(i):
        m = dhcp.Client(t, mac=f"02:00:00:00:00:{i:02x}").dora(asks)
        return len(m.payload) + 28, [c for c in (224, 225, 226, 227) if m.option(c)]
    t.eq(sizes(1)[1], [224, 225, 226, 227], "options with an MTU of 1500")
    t.eq(server.said("DHCP4_OPTIONS_OMITTED"), 0, "lines about omitted options")
    t.net.ip("srv", "link", "set", "s0", "mtu", "900")
    # The server reads the MTU 0.2 s later; until then its packets are too long for the link.
    t.wait("the new MTU", lambda: dhcp.Client(t, mac="02:00:00:00:00:02").ask(DISCOVER, asks, timeout=0.5), 5)
    length, codes = sizes(3)
    t.true(length <= 900 and codes == [224, 225, 226], f"{length} bytes, options {codes} with an MTU of 900")
    server.wait_log(r"DHCP4_OPTIONS_OMITTED .*02:00:00:00:00:03.* 900 bytes: 227")
    t.eq(server.said("DHCP4_OPTIONS_OMITTED .*02:00:00:00:00:03"), 1, "lines for one client: OFFER and ACK")
