# SPDX-License-Identifier: MPL-2.0
"""DHCPv4: frames sent through c0 and c1 are built byte by byte, received ones are parsed the same way. 192.0.2.1/24
is on s0; 198.18.0.1/24 is on s1, and relays are 198.18.0.2 and others."""
import contextlib
import socket
import struct

from lib.dhcp import BROADCAST, frame_of
from lib.net import ip
from pair import SERVER_MACS, Pair, Side

PACKET_IGNORE_OUTGOING, SOL_PACKET = 23, 263
RELAY_MAC = bytes.fromhex("02fe000000aa")
RELAY_NETS = ["198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8"]
MESSAGE_NAMES = {"01": "discover", "02": "OFFER", "05": "ACK", "06": "NAK"}


class Side4(Side):
    digit = 4
    sysctls = [("ipv6/conf/{dev}/disable_ipv6", 1), ("ipv4/conf/{dev}/rp_filter", 0)]
    defaults = {"interfaces-config": {"interfaces": ["s0", "s1"]}}

    def wire(self):
        for s, c, address in (("s0", "c0", "192.0.2.1/24"), ("s1", "c1", "198.18.0.1/24")):
            self.device("cli", c)
            self.device("srv", s, (address, "broadcast", "+"))
        for relay in ("198.18.0.2", "198.18.0.77"):
            ip("-n", self.ns["srv"], "neigh", "replace", relay, "lladdr", RELAY_MAC.hex(":"), "dev", "s1", "nud", "permanent")
        for net in RELAY_NETS:
            ip("-n", self.ns["srv"], "route", "add", net, "via", "198.18.0.2")

    def sockets(self):
        return {dev: self.open(dev) for dev in ("c0", "c1")}

    @staticmethod
    def open(dev):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.bind((dev, 3))
        s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        s.setsockopt(SOL_PACKET, 1, struct.pack("iHH8s", socket.if_nametoindex(dev), 1, 0, b""))  # promiscuous
        s.setblocking(False)
        return s

    def send(self, message):
        dev, data = message
        self.socks[dev].send(data)

    def answer(self):
        """The next DHCP response, if there is one."""
        for dev, s in self.socks.items():
            with contextlib.suppress(BlockingIOError):
                while True:
                    got = parse(s.recv(65536), dev)
                    if got:
                        return got
        return None


def parse(frame, dev):
    """Fields of a response, None for any other frame."""
    if len(frame) < 282 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    ihl = (frame[14] & 15) * 4
    sport, dport, length = struct.unpack("!HHH", frame[14 + ihl:20 + ihl])
    p = frame[22 + ihl:14 + ihl + length]
    if sport != 67 or len(p) < 240 or p[0] != 2:
        return None
    a = {"dev": dev, "dst-mac": frame[:6].hex(":"), "ip-src": socket.inet_ntoa(frame[26:30]),
         "ip-dst": socket.inet_ntoa(frame[30:34]), "port": dport}
    a["htype"], a["hlen"], a["hops"] = p[1], p[2], p[3]
    a["xid"], a["secs"], a["flags"] = struct.unpack("!IHH", p[4:12])
    for i, name in enumerate(("ciaddr", "yiaddr", "siaddr", "giaddr")):
        a[name] = socket.inet_ntoa(p[12 + 4 * i:16 + 4 * i])
    a["chaddr"] = p[28:44].hex()
    a["cookie"] = p[236:240].hex()
    order, options, over = [], {}, 0

    def walk(data):
        nonlocal over
        i = 0
        while i < len(data) and data[i] != 255:
            if data[i] == 0:
                i += 1
                continue
            code, value = data[i], data[i + 2:i + 2 + data[i + 1]]
            if code == 52:
                over = value[0] if value else 0
            elif code not in options:
                order.append(code)
                options[code] = value
            else:
                options[code] += value
            i += 2 + data[i + 1]

    walk(p[240:])
    if over & 1:
        walk(p[108:236])
    if over & 2:
        walk(p[44:108])
    a["file"] = "" if over & 1 else p[108:236].split(b"\0")[0].decode("latin1")
    a["sname"] = "" if over & 2 else p[44:108].split(b"\0")[0].decode("latin1")
    a["order"] = order
    for code, value in options.items():
        a[f"option {code}"] = value.hex()
    return a


class Pair4(Pair):
    side = Side4
    counting_down = ("option 51", "option 58", "option 59")

    @staticmethod
    def who(n):
        """Returns a hardware address."""
        return bytes([2, 0, 1, 0, n >> 8, n & 255])

    @staticmethod
    def learn(state, answer):
        """offered is the address of the last response other than an ACK, mine that of the last OFFER or ACK."""
        kind = answer.get("option 53")
        if kind != "05":
            state["offered"] = answer["yiaddr"]
        if kind in ("02", "05"):
            state["mine"] = answer["yiaddr"]

    @staticmethod
    def kind(answer):
        return MESSAGE_NAMES.get(answer.get("option 53"), "an answer")

    def flat(self, answer, exact):
        """The fields to compare; an address in a pool becomes the pool."""
        places = () if exact else ("yiaddr", "ip-dst", "ciaddr")
        return {f: self.place(v) if f in places else v for f, v in answer.items() if f != "order"}


def frame(dev, payload, src, dst, src_mac, sport):
    """Packets broadcast or sent to the server through dev."""
    dst_mac = BROADCAST if dst == "255.255.255.255" else SERVER_MACS[dev]
    return frame_of(payload, dst_mac, src_mac, src, dst, sport)
