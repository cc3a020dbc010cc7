# SPDX-License-Identifier: MPL-2.0
"""Shared by messages and clients of both families; dhcp and dhcp6 have the rest."""
import os
import struct
import time


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp(pseudo, sport, dport, body):
    """A datagram; pseudo are the bytes before it that its checksum also covers."""
    head = struct.pack("!HHH", sport, dport, 8 + len(body))
    return head + struct.pack("!H", checksum(pseudo + head + b"\0\0" + body) or 0xffff) + body


class Message:
    """A message with its headers. options keeps wire order, as (code, value)."""

    def __init__(self, frame):
        self.frame = frame
        self.dst_mac, self.src_mac = frame[:6], frame[6:12]
        self.options = []

    def option(self, code):
        return next((d for c, d in self.options if c == code), None)


class Client:
    """A client over AF_PACKET. Defined by the family: Tap, XID_LEN (bytes), send(), is_answer() and name, for
    messages."""

    def __init__(self, case, ns, dev):
        self.case = case
        self.tap = self.Tap(case.net, ns, dev, outgoing=False)
        self.xid = int.from_bytes(os.urandom(self.XID_LEN), "big")
        self.server_id = None

    def next_xid(self):
        self.xid = (self.xid + 1) % (1 << 8 * self.XID_LEN)
        return self.xid.to_bytes(self.XID_LEN, "big")

    def receive(self, timeout=3):
        """The next response to the last message, or None."""
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self.tap.sock.settimeout(left)
            try:
                m = self.tap.read(self.tap.sock.recv(65536))
            except (TimeoutError, BlockingIOError):
                return None
            if m and m.xid == self.xid and self.is_answer(m):
                return m
        return None

    def ask(self, kind, options=(), want=None, timeout=3, **kw):
        self.send(kind, options, **kw)
        m = self.receive(timeout)
        if want is not None:
            self.case.true(m, f"no response to a message of type {kind} from {self.name}")
            self.case.eq(m.type, want, f"type of the response to {kind}")
        return m
