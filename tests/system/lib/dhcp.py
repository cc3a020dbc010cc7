# SPDX-License-Identifier: MPL-2.0
"""Handmade DHCPv4 messages: a client over AF_PACKET and a listener that keeps frames."""
import socket
import struct

from . import client, tap

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
COOKIE = b"\x63\x82\x53\x63"
BROADCAST = b"\xff" * 6


def ip4(text):
    return socket.inet_aton(text)


def frame_of(body, dst_mac, src_mac, src, dst, sport, dport=67):
    pseudo = ip4(src) + ip4(dst) + struct.pack("!BBH", 0, 17, 8 + len(body))
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(body), 1, 0, 64, 17, 0, ip4(src), ip4(dst))
    head = head[:10] + struct.pack("!H", client.checksum(head)) + head[12:]
    return dst_mac + src_mac + b"\x08\x00" + head + client.udp(pseudo, sport, dport, body)


class Message(client.Message):
    def __init__(self, frame):
        super().__init__(frame)
        ihl = (frame[14] & 15) * 4
        self.src, self.dst = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
        self.sport, self.dport, length = struct.unpack("!HHH", frame[14 + ihl:20 + ihl])
        p = frame[22 + ihl:14 + ihl + length]
        self.payload = p
        self.op, self.htype, self.hlen, self.hops, self.xid, self.secs, self.flags = struct.unpack("!BBBBIHH", p[:12])
        self.ciaddr, self.yiaddr, self.siaddr, self.giaddr = (socket.inet_ntoa(p[12 + 4 * i:16 + 4 * i]) for i in range(4))
        self.chaddr = p[28:28 + self.hlen]
        i = 240
        while i < len(p) and p[i] != 255:
            if p[i] == 0:
                i += 1
                continue
            self.options.append((p[i], p[i + 2:i + 2 + p[i + 1]]))
            i += 2 + p[i + 1]

    @property
    def type(self):
        return (self.option(53) or b"\0")[0]


def is_dhcp(frame):
    return (len(frame) > 282 and frame[12:14] == b"\x08\x00" and frame[23] == 17 and
            struct.unpack("!H", frame[36:38])[0] in (67, 68) and frame[278:282] == COOKIE)


class Tap(tap.Tap):
    @staticmethod
    def read(frame):
        return Message(frame) if is_dhcp(frame) else None


class Client(client.Client):
    """A directly attached client with any hardware address."""

    Tap, XID_LEN = Tap, 4

    def __init__(self, case, mac="02:00:00:00:00:01", ns="cli", dev="c0", client_id=None):
        super().__init__(case, ns, dev)
        self.client_id, self.name = client_id, mac
        self.mac = bytes.fromhex(mac.replace(":", ""))

    def send(self, kind, options=(), ciaddr="0.0.0.0", flags=0, src="0.0.0.0", dst="255.255.255.255", dst_mac=BROADCAST):
        all_options = [(53, bytes([kind]))]
        if self.client_id:
            all_options.append((61, self.client_id))
        all_options += list(options)
        body = struct.pack("!BBBB4sHH4s12x", 1, 1, 6, 0, self.next_xid(), 0, flags, ip4(ciaddr)) + self.mac.ljust(208, b"\0") + COOKIE
        body += b"".join(bytes([c, len(d)]) + d for c, d in all_options) + b"\xff"
        body = body.ljust(300, b"\0")
        self.tap.sock.send(frame_of(body, dst_mac, self.mac, src, dst, 68))

    @staticmethod
    def is_answer(m):
        return m.op == 2 and m.dport == 68

    def dora(self, options=(), **kw):
        """Returns the ACK."""
        offer = self.ask(DISCOVER, options, OFFER, **kw)
        self.server_id = offer.option(54)
        return self.ask(REQUEST, [(50, ip4(offer.yiaddr)), (54, self.server_id), *options], ACK, **kw)

    def renew(self, address, options=(), want=ACK, timeout=3, server="192.0.2.1"):
        """By unicast, as in state RENEWING."""
        mac = self.case.net.mac("srv", "s0")
        return self.ask(REQUEST, options, ciaddr=address, src=address, dst=server, dst_mac=mac, want=want, timeout=timeout)

    # common to clients of both families

    def offered(self, timeout):
        """True if it is offered an address."""
        m = self.ask(DISCOVER, timeout=timeout)
        return bool(m and m.type == OFFER)

    def lease(self):
        """A complete exchange; returns the address."""
        return self.dora().yiaddr

    def keep(self, address, timeout=3):
        """Renews its lease: returns what it got, or None without a response."""
        m = self.renew(address, want=None, timeout=timeout)
        return m and (m.yiaddr if m.type == ACK else "refused")

    def confirm(self, address, timeout=1):
        """After a restart of the client, as in INIT-REBOOT."""
        m = self.ask(REQUEST, [(50, ip4(address))], timeout=timeout)
        return m and (m.yiaddr if m.type == ACK else "refused")

    def release(self, address):
        self.send(RELEASE, [(54, self.server_id)], ciaddr=address, src=address, dst="192.0.2.1",
                  dst_mac=self.case.net.mac("srv", "s0"))

    def decline(self, address):
        self.send(DECLINE, [(50, ip4(address)), (54, self.server_id)])
