# SPDX-License-Identifier: MPL-2.0
"""A requester of leasequery: single queries by UDP, bulk and active queries by TCP. It shares no code with the server."""
import contextlib
import socket
import struct

from .dhcp import COOKIE, ip4
from .dhcp6 import find, ip6, option, options_of, text6

BULK, DONE, ACTIVE, UNASSIGNED = 14, 15, 13, 11
ACTIVE_QUERY, STATUS, TLS = 16, 17, 18
LEASEQUERY, REPLY6, DONE6, DATA6 = 14, 15, 16, 17
ACTIVE_QUERY6, STARTTLS = 22, 23
EPOCH6 = 946684800  # of times in DHCPv6, seconds since 1970
BY_ADDRESS, BY_CLIENT_ID, BY_RELAY_ID, BY_LINK, BY_REMOTE_ID = range(1, 6)
REQUESTER = bytes.fromhex("000300010200000000aa")


class Closed(Exception):
    """The server has closed the connection."""


class Answer4:
    """A response of DHCPv4."""

    def __init__(self, data):
        self.xid, self.address = struct.unpack("!I", data[4:8])[0], socket.inet_ntoa(data[12:16])
        self.chaddr, self.options, i = data[28:28 + data[2]], {}, 240
        while data[i] != 255:
            self.options[data[i]] = data[i + 2:i + 2 + data[i + 1]]
            i += 2 + data[i + 1]
        self.type = self.options[53][0]
        self.status = self.options[151][0] if 151 in self.options else None
        self.is_end = self.type == DONE
        self.is_lease = self.type in (ACTIVE, UNASSIGNED)
        self.is_active = self.type == ACTIVE

    @property
    def state(self):
        return self.options[156][0]


class Answer6:
    """A response of DHCPv6; without a binding it is the last one."""

    def __init__(self, data):
        self.type, self.xid, self.options = data[0], int.from_bytes(data[1:4], "big"), options_of(data[4:])
        self.binding = find(self.options, 45)
        status = find(self.options, 13)
        self.status = struct.unpack("!H", status[:2])[0] if status else None
        self.is_end = self.binding is None
        self.is_lease = not self.is_end
        if self.binding is not None:
            self.binding = options_of(self.binding)
            address, prefix = find(self.binding, 5), find(self.binding, 26)
            self.address = text6(address[:16]) if address else f"{text6(prefix[9:25])}/{prefix[8]}"
            self.is_active = struct.unpack("!I", address[20:24] if address else prefix[4:8])[0] > 0


def query4(xid=1, ciaddr="0.0.0.0", mac=b"", options=(), kind=BULK, giaddr="0.0.0.0"):
    head = struct.pack("!BBBBIHH", 1, 1 if mac else 0, len(mac), 0, xid, 0, 0)
    body = head + ip4(ciaddr) + bytes(8) + ip4(giaddr) + mac.ljust(16, b"\0") + bytes(192) + COOKIE
    return body + b"".join(bytes([c, len(d)]) + d for c, d in [(53, bytes([kind])), *options]) + b"\xff"


def query6(xid=1, kind=BY_LINK, link="::", options=b"", more=b""):
    return (bytes([LEASEQUERY]) + xid.to_bytes(3, "big") + option(1, REQUESTER) +
            option(44, bytes([kind]) + ip6(link) + options) + more)


def active4(xid=1, start=None, **more):
    return query4(xid, kind=ACTIVE_QUERY, options=[(154, struct.pack("!I", start))] if start else [], **more)


def active6(xid=1, start=None, kind=None, link="::", options=b"", requester=option(1, REQUESTER)):
    return (bytes([ACTIVE_QUERY6]) + xid.to_bytes(3, "big") + requester +
            (option(101, struct.pack("!I", start - EPOCH6)) if start else b"") +
            (option(44, bytes([kind]) + ip6(link) + options) if kind else b""))


def tls(digit, xid=1):
    return query4(xid, kind=TLS) if digit == 4 else bytes([STARTTLS]) + xid.to_bytes(3, "big")


class Requester:
    """A TCP connection from the relay's namespace."""

    def __init__(self, t, source=None, receive_buffer=None):
        self.t, self.digit = t, t.fam.digit
        server, own = t.net.address("s1"), source or t.net.address("r0")
        with t.net.inside("rly"):
            self.socket = socket.socket(socket.AF_INET if self.digit == 4 else socket.AF_INET6)
        t.on_close(self.socket.close)
        self.socket.settimeout(20)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind((own, 0))
        self.socket.connect((server, 67 if self.digit == 4 else 547))

    def send(self, *messages):
        self.socket.sendall(b"".join(struct.pack("!H", len(m)) + m for m in messages))

    def _bytes(self, n):
        data = b""
        while len(data) < n:
            try:
                part = self.socket.recv(n - len(data))
            except ConnectionError:
                part = b""
            if not part:
                raise Closed
            data += part
        return data

    def answer(self):
        data = self._bytes(struct.unpack("!H", self._bytes(2))[0])
        return Answer4(data) if self.digit == 4 else Answer6(data)

    def answers(self, ends=1):
        """All responses until so many queries are complete."""
        out = []
        while ends:
            out.append(self.answer())
            ends -= out[-1].is_end
        return out

    def stream(self, start=None, **more):
        """Begins an active query; returns the first message."""
        self.send((active4 if self.digit == 4 else active6)(start=start, **more))
        return self.answer()

    def until(self, is_it, limit=20000):
        """The messages up to one."""
        out = []
        while len(out) < limit:
            out.append(self.answer())
            if is_it(out[-1]):
                return out
        self.t.true(False, f"not among {limit} messages")
        return out

    def ask(self, message):
        """Returns the leases, and the last message."""
        self.send(message)
        got = self.answers()
        return got[:-1], got[-1]

    def is_closed(self):
        with contextlib.suppress(ConnectionError):
            return self.socket.recv(1) == b""
        return True


def udp(t, message, source_port, timeout=5):
    """Sends a single query from the relay's address; returns the payload of the response, None: there is none."""
    own, server = t.net.address("r0"), t.net.address("s1")
    port = 67 if t.fam.digit == 4 else 547
    with t.net.inside("rly"), socket.socket(socket.AF_INET if t.fam.digit == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        s.bind((own, source_port))
        s.sendto(message, (server, port))
        with contextlib.suppress(socket.timeout):
            return s.recv(65535)
    return None
