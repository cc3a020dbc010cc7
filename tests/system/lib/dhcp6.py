# SPDX-License-Identifier: MPL-2.0
"""Handmade DHCPv6 messages: a client over AF_PACKET and a listener that keeps frames."""
import ipaddress
import socket
import struct

from . import client, tap

(SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE, RECONFIGURE, INFORM,
 RELAY_FORW, RELAY_REPL) = range(1, 14)
CLIENT_ID, SERVER_ID, IA_NA, IA_ADDR, ORO, ELAPSED, RELAY_MSG, STATUS, RAPID, INTERFACE_ID = 1, 2, 3, 5, 6, 8, 9, 13, 14, 18
IA_PD, IA_PREFIX = 25, 26
SUCCESS, NO_BINDING = 0, 3
ALL_SERVERS, ALL_SERVERS_MAC = "ff02::1:2", bytes.fromhex("333300010002")


def ip6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def text6(data):
    return str(ipaddress.IPv6Address(data))


def options_of(data):
    """In wire order, as (code, value)."""
    out = []
    while len(data) >= 4:
        code, n = struct.unpack("!HH", data[:4])
        out.append((code, data[4:4 + n]))
        data = data[4 + n:]
    return out


def option(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def find(options, code):
    return next((d for c, d in options if c == code), None)


class Message(client.Message):
    """The inner message if relayed; relays has the outer ones."""

    def __init__(self, frame):
        super().__init__(frame)
        self.src, self.dst = text6(frame[22:38]), text6(frame[38:54])
        self.sport, self.dport, length = struct.unpack("!HHH", frame[54:60])
        p = frame[62:54 + length]
        self.payload, self.relays = p, []
        while p and p[0] in (RELAY_FORW, RELAY_REPL):
            options = options_of(p[34:])
            self.relays.append(dict(type=p[0], hops=p[1], link=text6(p[2:18]), peer=text6(p[18:34]), options=options))
            p = find(options, RELAY_MSG) or b""
        self.type, self.xid = (p[0], int.from_bytes(p[1:4], "big")) if p else (0, 0)
        self.options = options_of(p[4:])

    @property
    def status(self):
        """The message's own status code, success if it has none."""
        return int.from_bytes((self.option(STATUS) or b"\0\0")[:2], "big")

    def granted(self, kind=None):
        """The content of IAs: (address or prefix, preferred, valid); kind is IA_NA or IA_PD."""
        out = []
        for code, data in self.options:
            if code not in (IA_NA, IA_PD) or kind not in (None, code):
                continue
            for inner, d in options_of(data[12:]):
                if inner == IA_ADDR:
                    out.append((text6(d[:16]), *struct.unpack("!II", d[16:24])))
                elif inner == IA_PREFIX:
                    out.append((f"{text6(d[9:25])}/{d[8]}", *struct.unpack("!II", d[:8])))
        return out


def is_dhcp(frame):
    return (len(frame) > 66 and frame[12:14] == b"\x86\xdd" and frame[20] == 17 and
            struct.unpack("!H", frame[56:58])[0] in (546, 547))


class Tap(tap.Tap):
    @staticmethod
    def read(frame):
        return Message(frame) if is_dhcp(frame) else None


class Client(client.Client):
    """A client on the link with any DUID. All of them share the interface's link-local address."""

    Tap, XID_LEN = Tap, 3

    def __init__(self, case, duid="00:03:00:01:02:00:00:00:00:01", ns="cli", dev="c0", pd=False):
        super().__init__(case, ns, dev)
        self.pd, self.prefix, self.name = pd, None, duid
        self.duid = bytes.fromhex(duid.replace(":", ""))
        self.mac, self.src = case.net.mac(ns, dev), case.net.link_local(ns, dev)

    def send(self, kind, options=(), dst=ALL_SERVERS, dst_mac=ALL_SERVERS_MAC):
        """options as (code, value)."""
        body = bytes([kind]) + self.next_xid() + option(CLIENT_ID, self.duid) + option(ELAPSED, b"\0\0")
        body += b"".join(option(c, d) for c, d in options)
        addresses = ip6(self.src) + ip6(dst)
        packet = client.udp(addresses + struct.pack("!II", 8 + len(body), 17), 546, 547, body)
        self.tap.sock.send(dst_mac + self.mac + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(packet), 17, 1) + addresses + packet)

    @staticmethod
    def is_answer(m):
        return m.dport == 546 and m.type in (ADVERTISE, REPLY)

    def ias(self, *places):
        """An IA_NA, and an IA_PD if this client uses prefixes, with requested values."""
        inner = {IA_NA: b"", IA_PD: b""}
        for place in places:
            address, _, length = place.partition("/")
            if length:
                inner[IA_PD] += option(IA_PREFIX, struct.pack("!IIB", 0, 0, int(length)) + ip6(address))
            else:
                inner[IA_NA] += option(IA_ADDR, ip6(address) + bytes(8))
        kinds = (IA_NA, IA_PD) if self.pd else (IA_NA,)
        return [(k, struct.pack("!III", k, 0, 0) + inner[k]) for k in kinds]

    def exchange(self, options=()):
        """Solicit, Advertise, Request; returns the Reply."""
        advertise = self.ask(SOLICIT, [*self.ias(), *options], ADVERTISE)
        self.server_id = advertise.option(SERVER_ID)
        offered = [g[0] for g in advertise.granted()]
        return self.ask(REQUEST, [(SERVER_ID, self.server_id), *self.ias(*offered), *options], REPLY)

    def renew(self, *places, options=(), want=REPLY, timeout=3):
        return self.ask(RENEW, [(SERVER_ID, self.server_id), *self.ias(*places), *options], want, timeout)

    def places(self, address):
        return [address] + ([self.prefix] if self.prefix else [])

    # common to clients of both families

    def offered(self, timeout):
        """True if it is offered an address."""
        m = self.ask(SOLICIT, self.ias(), timeout=timeout)
        return bool(m and m.type == ADVERTISE and m.granted())

    def lease(self):
        """A complete exchange; returns the address. The prefix, if used, is kept."""
        reply = self.exchange()
        if self.pd:
            self.prefix = reply.granted(IA_PD)[0][0]
        return reply.granted(IA_NA)[0][0]

    def keep(self, address, timeout=3):
        """Renews its lease, and the prefix: returns what it got, or None without a response."""
        m = self.renew(*self.places(address), want=None, timeout=timeout)
        if m is None:
            return None
        valid = {place for place, _, valid in m.granted() if valid}
        return address if m.type == REPLY and set(self.places(address)) <= valid else "refused"

    def confirm(self, address, timeout=1):
        """After a restart of the client: is the address still valid on the link?"""
        m = self.ask(CONFIRM, [(IA_NA, struct.pack("!III", IA_NA, 0, 0) + option(IA_ADDR, ip6(address) + bytes(8)))], timeout=timeout)
        return m and (address if m.type == REPLY and m.status == SUCCESS else "refused")

    def release(self, address):
        self.ask(RELEASE, [(SERVER_ID, self.server_id), *self.ias(*self.places(address))], REPLY)

    def decline(self, address):
        self.ask(DECLINE, [(SERVER_ID, self.server_id), *self.ias(address)[:1]], REPLY)
