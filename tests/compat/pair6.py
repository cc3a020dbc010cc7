# SPDX-License-Identifier: MPL-2.0
"""DHCPv6: sockets on the client side instead of frames, so that the kernel handles everything below UDP. Clients on
the link have link-local addresses and 2001:db8:1::/64; 2001:db8:ff::1 is on s1, and relays are 2001:db8:ff::2 and
others."""
import socket
import struct

from lib.dhcp6 import ip6
from lib.net import ip
from pair import Pair, Side

CLIENT_MACS = {"c0": "02:fe:00:00:00:11", "c1": "02:fe:00:00:00:12"}
PORTS = (546, 547, 5000)
SERVER_DUID = bytes.fromhex("0003000102fe00000001")
MESSAGE_NAMES = {2: "ADVERTISE", 7: "REPLY", 37: "ADDR-REG-REPLY"}


class Side6(Side):
    digit = 6
    sysctls = [("ipv6/conf/{dev}/accept_dad", 0), ("ipv6/conf/{dev}/accept_ra", 0)]
    defaults = {"interfaces-config": {"interfaces": ["s0", "s0/2001:db8:1::1", "s1/2001:db8:ff::1"]},
                "server-id": {"type": "LL", "htype": 1, "identifier": SERVER_DUID[4:].hex(), "persist": False}}

    def wire(self):
        for dev, mac in CLIENT_MACS.items():
            ip("-n", self.ns["cli"], "link", "set", dev, "address", mac)
        for ns, dev, *addresses in (("srv", "s0", "2001:db8:1::1/64"), ("cli", "c0", "2001:db8:1::2/64"), ("srv", "s1", "2001:db8:ff::1/64"),
                                    ("cli", "c1", "2001:db8:ff::2/64", "2001:db8:ff::77/64")):
            self.device(ns, dev, *((a, "nodad") for a in addresses))

    def sockets(self):
        self.indexes = {dev: socket.if_nametoindex(dev) for dev in CLIENT_MACS}
        return {port: self.open(port) for port in PORTS}

    @staticmethod
    def open(port):
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        s.bind(("::", port))
        s.setblocking(False)
        return s

    def send(self, message):
        source = struct.pack("@16sI", ip6(message["src"]) if message["src"] else bytes(16), self.indexes[message["dev"]])
        where = (message["dst"], 547, 0, self.indexes[message["dev"]])
        self.socks[message["sport"]].sendmsg([message["payload"]], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, source)], 0, where)

    def answer(self):
        for port, s in self.socks.items():
            try:
                data, extra, _, peer = s.recvmsg(65536, 256)
            except BlockingIOError:
                continue
            got = parse(data)
            got["port"], got["ip-src"] = port, peer[0].split("%")[0]
            for _, kind, value in extra:
                if kind == socket.IPV6_PKTINFO:
                    got["ip-dst"] = socket.inet_ntop(socket.AF_INET6, value[:16])
            return got
        return None


def options(data):
    at, out = 0, []
    while at + 4 <= len(data):
        code, length = struct.unpack("!HH", data[at:at + 4])
        out.append((code, data[at + 4:at + 4 + length]))
        at += 4 + length
    if at != len(data):
        out.append((0, b"cut short"))
    return out


def item(code, value):
    if code == 5:
        preferred, valid = struct.unpack("!II", value[16:24])
        return {"at": socket.inet_ntop(socket.AF_INET6, value[:16]), "len": 128, "life": (preferred, valid), "more": inside(value[24:])}
    preferred, valid, length = struct.unpack("!IIB", value[:9])
    return {"at": socket.inet_ntop(socket.AF_INET6, value[9:25]), "len": length, "life": (preferred, valid), "more": inside(value[25:])}


def inside(data):
    return sorted((c, v[:2].hex() if c == 13 else v.hex()) for c, v in options(data))


def parse(p):
    """Fields of a response."""
    a, relays = {"ias": []}, []
    while p[0] == 13:
        more = options(p[34:])
        relays.append((p[1], socket.inet_ntop(socket.AF_INET6, p[2:18]), socket.inet_ntop(socket.AF_INET6, p[18:34]),
                       sorted((c, v.hex()) for c, v in more if c != 9)))
        p = dict(more)[9]
    a["relays"] = relays
    a["type"], a["xid"] = p[0], int.from_bytes(p[1:4], "big")
    for code, value in options(p[4:]):
        if code in (3, 4, 25):
            iaid, t1, t2 = struct.unpack("!III", value[:12])
            items = [item(c, v) for c, v in options(value[12:]) if c in (5, 26)]
            status = [v[:2].hex() for c, v in options(value[12:]) if c == 13]
            a["ias"].append({"code": code, "iaid": iaid, "t": (t1, t2), "items": items, "status": status})
        elif code == 13:
            a["status"] = value[:2].hex()
        else:
            a[f"option {code}"] = a.get(f"option {code}", "") + value.hex()
    return a


class Pair6(Pair):
    side = Side6

    @staticmethod
    def who(n):
        """Returns a DUID."""
        return bytes.fromhex("000300010200") + bytes([1, 0, n >> 8, n & 255])

    @staticmethod
    def learn(state, answer):
        """The last assignment for each IA. What is taken back is a former one, on both sides."""
        former = state.setdefault("former", set())
        for ia in answer["ias"]:
            for i in ia["items"]:
                if i["life"][1]:
                    former.add(i["at"])
                elif i["at"] in former:
                    i["at"] = "former"
            state[ia["code"], ia["iaid"]] = [i for i in ia["items"] if i["life"][1]]

    @staticmethod
    def kind(answer):
        return MESSAGE_NAMES.get(answer["type"], "an answer")

    def flat(self, answer, exact):
        """The fields to compare; each IA has several, and an address in a pool becomes the pool."""
        flat, n = {f: v for f, v in answer.items() if f != "ias"}, {}
        for ia in answer["ias"]:
            key = (ia["code"], ia["iaid"])
            n[key] = n.get(key, 0) + 1
            name = f"ia {ia['code']}.{ia['iaid']}" + (f".{n[key]}" if n[key] > 1 else "")
            flat[name] = "there"
            flat[f"{name} timers"] = ia["t"] if ia["items"] else None
            flat[f"{name} status"] = ia["status"]
            flat[f"{name} items"] = [(i["at"] if exact or not i["life"][1] else self.place(i["at"]), i["len"], i["life"]) for i in ia["items"]]
            flat[f"{name} inside"] = [i["more"] for i in ia["items"]]
        return flat
