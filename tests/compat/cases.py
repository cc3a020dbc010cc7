# SPDX-License-Identifier: MPL-2.0
"""The cases, as data. A group is a configuration; a case is steps, each a message:

    D(...)  R(...)  DECLINE(...)  RELEASE(...)  INFORM(...)  BOOTP(...)  RAW(payload)

Keys: giaddr (the relay then sends the message from `src` to the server), ciaddr, want (50), server (54),
prl (55), life (51), cid (61), rai (82), opts ((code, bytes), ...), flags, hlen, htype, hops, secs, op, sname, file,
src, dst, sport, mac, cut (number of bytes to send), times (how often it is sent). OFFERED and MINE stand for the
address that this server offered or assigned last.
"""
import struct

from lib.dhcp import COOKIE, ip4
from pair import Group, subnet
from pair4 import RELAY_MAC, frame

OFFERED, MINE = object(), object()
SERVER, SERVER1 = "192.0.2.1", "198.18.0.1"
NO, DISCOVER, OFFER, REQUEST, DECLINED, ACK, NAK, RELEASED, INFORMED = range(9)


def message(kind, **k):
    def build(mac, xid, state):
        def address(value):
            return state.get({OFFERED: "offered", MINE: "mine"}[value], "0.0.0.0") if value in (OFFERED, MINE) else value

        hw = k.get("mac", mac)
        giaddr, ciaddr = k.get("giaddr", "0.0.0.0"), address(k.get("ciaddr", "0.0.0.0"))
        p = struct.pack("!BBBBIHH", k.get("op", 1), k.get("htype", 1), k.get("hlen", 6), k.get("hops", 0), k.get("xid", xid),
                        k.get("secs", 0), k.get("flags", 0))
        p += ip4(ciaddr) + ip4(k.get("yiaddr", "0.0.0.0")) + ip4(k.get("siaddr", "0.0.0.0")) + ip4(giaddr)
        p += hw.ljust(16, b"\0") + k.get("sname", b"").ljust(64, b"\0") + k.get("file", b"").ljust(128, b"\0")
        p += k.get("cookie", COOKIE)
        options = [(53, bytes([kind]))] if kind else []
        for code, key in ((61, "cid"), (50, "want"), (54, "server"), (51, "life"), (55, "prl"), (57, "size")):
            if key not in k:
                continue
            value = address(k[key])
            if code in (50, 54):
                value = ip4(value)
            elif code == 51:
                value = struct.pack("!I", value)
            elif code == 57:
                value = struct.pack("!H", value)
            options.append((code, bytes(value)))
        options += list(k.get("opts", ()))
        if "rai" in k:
            options.append((82, k["rai"]))
        for code, value in options:
            p += bytes([code, len(value)]) + value
        p += k.get("tail", b"\xff")
        p = p.ljust(k.get("pad", 300), b"\0")
        if "cut" in k:
            p = p[:k["cut"]]
        if giaddr != "0.0.0.0":
            src = k.get("src", "198.18.0.2")
            return "c1", frame("c1", p, src, k.get("dst", SERVER1), RELAY_MAC, k.get("sport", 67))
        dev = k.get("dev", "c0")
        src = address(k.get("src", "0.0.0.0"))
        return dev, frame(dev, p, src, k.get("dst", "255.255.255.255"), hw[:6].ljust(6, b"\0"), k.get("sport", 68))
    return {"build": build, "times": k.get("times", 1)}


def D(**k):
    return message(DISCOVER, **k)


def R(**k):
    return message(REQUEST, **k)


def DECLINE(**k):
    return message(DECLINED, **k)


def RELEASE(**k):
    return message(RELEASED, **k)


def INFORM(**k):
    return message(INFORMED, **k)


def BOOTP(**k):
    return message(NO, **k)


def TYPE(n, **k):
    return message(n, **k)


def get(**k):
    """A lease: DISCOVER, REQUEST."""
    server = SERVER1 if "giaddr" in k else SERVER
    return [D(**k), R(want=OFFERED, server=server, **k)]


LINK = subnet(1, "192.0.2.0/24", "192.0.2.100", "192.0.2.250")
FAR = subnet(2, "198.51.100.0/24", "198.51.100.100", "198.51.100.250")
NAMED = subnet(3, "203.0.113.0/24", "203.0.113.100", "203.0.113.250", relay={"ip-addresses": ["198.18.0.77"]})
OPTS = [{"name": "routers", "data": "192.0.2.1"}, {"name": "domain-name-servers", "data": "192.0.2.53, 192.0.2.54"},
        {"name": "domain-name", "data": "example.org"}]


def with_opts(sub, *options):
    return dict(sub, **{"option-data": list(options)})


def opt(name, data, **more):
    return dict({"name": name, "data": data}, **more)


GI = {"giaddr": "198.51.100.1"}
PRL = bytes([1, 3, 6, 15, 28, 42, 51, 54, 58, 59])

GROUPS = []


def group(name, config, cases, exact=(), fields=None):
    GROUPS.append(Group(4, name, config, cases, exact, fields))


# --- the exchange, on the link and relayed, and who gets which address -------

basic = [
    ("dora", get()),
    ("dora-broadcast-flag", get(flags=0x8000)),
    ("dora-prl", get(prl=PRL)),
    ("dora-relayed", get(**GI)),
    ("dora-relayed-broadcast-flag", get(flags=0x8000, **GI)),
    ("dora-relayed-hops", get(hops=3, **GI)),
    ("dora-by-named-relay", get(giaddr="198.18.0.77")),
    ("discover-unknown-relay", [D(giaddr="10.9.9.9")]),
    ("request-unknown-relay", [R(giaddr="10.9.9.9", want="10.0.0.5", server=SERVER1)]),
    ("secs-and-flags-copied", [D(secs=77, flags=0x8000)]),
    ("discover-wants-free", [D(want="192.0.2.150")]),
    ("discover-wants-outside", [D(want="10.1.2.3")]),
    ("discover-wants-out-of-pool", [D(want="192.0.2.20")]),
    ("discover-with-ciaddr", [D(ciaddr="192.0.2.160")]),
    ("discover-twice", [D(), D()]),
    ("discover-after-lease", get() + [D()]),
    ("discover-with-server-id", [D(server="10.0.0.1")]),
    ("request-other-server", [D(), R(want=OFFERED, server="10.0.0.1")]),
    ("request-our-other-address", [D(), R(want=OFFERED, server=SERVER1)]),
    ("request-without-discover", [R(want="192.0.2.170", server=SERVER)]),
    ("request-outside-subnet", [R(want="10.1.2.3", server=SERVER)]),
    ("request-out-of-pool", [R(want="192.0.2.20", server=SERVER)]),
    ("request-not-the-offered", [D(), R(want="192.0.2.180", server=SERVER)]),
    ("request-without-want", [D(), R(server=SERVER)]),
    ("request-neither", [R()]),
    ("request-want-and-ciaddr", get() + [R(want=MINE, ciaddr=MINE, src=MINE)]),
    ("renew-unicast", get() + [R(ciaddr=MINE, src=MINE, dst=SERVER)]),
    ("renew-with-server-id", get() + [R(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER)]),
    ("rebind-broadcast", get() + [R(ciaddr=MINE, src=MINE)]),
    ("renew-relayed", get(**GI) + [R(ciaddr=MINE, **GI)]),
    ("renew-unknown", [R(ciaddr="192.0.2.190", src="192.0.2.190", dst=SERVER)]),
    ("renew-outside", [R(ciaddr="10.1.2.3", src="10.1.2.3")]),
    ("renew-out-of-pool", [R(ciaddr="192.0.2.20", src="192.0.2.20", dst=SERVER)]),
    ("renew-someone-elses", get(mac=b"\x02\x09\0\0\0\1") + [R(ciaddr=MINE, src=MINE, dst=SERVER)]),
    ("request-someone-elses", get(mac=b"\x02\x09\0\0\0\2") + [R(want=MINE, server=SERVER)]),
    ("discover-someone-elses", get(mac=b"\x02\x09\0\0\0\3") + [D(want=MINE)]),
    ("init-reboot", get() + [R(want=MINE)]),
    ("init-reboot-unknown", [R(want="192.0.2.200")]),
    ("init-reboot-unknown-outside", [R(want="10.1.2.3")]),
    ("init-reboot-wrong-address", get() + [R(want="192.0.2.201")]),
    ("init-reboot-wrong-net", get() + [R(want="10.1.2.3")]),
    ("init-reboot-relayed", get(**GI) + [R(want=MINE, **GI)]),
    ("init-reboot-relayed-wrong", get(**GI) + [R(want="10.1.2.3", **GI)]),
    ("init-reboot-relayed-unknown", [R(want="198.51.100.200", **GI)]),
    ("release", get() + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER), D()]),
    ("release-without-server-id", get() + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER), D()]),
    ("release-other-server", get() + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server="10.0.0.1"), R(ciaddr=MINE, src=MINE)]),
    ("release-unknown", [RELEASE(ciaddr="192.0.2.210", src="192.0.2.210", dst=SERVER, server=SERVER)]),
    ("release-someone-elses", get(mac=b"\x02\x09\0\0\0\4") + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER)]),
    ("release-and-renew", get() + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER), R(ciaddr=MINE, src=MINE)]),
    ("decline", get() + [DECLINE(want=MINE, server=SERVER), D(), R(want=OFFERED, server=SERVER)]),
    ("decline-without-server-id", get() + [DECLINE(want=MINE), D()]),
    ("decline-and-insist", get() + [DECLINE(want=MINE, server=SERVER), R(want=MINE, server=SERVER)]),
    ("decline-without-address", get() + [DECLINE(server=SERVER), R(ciaddr=MINE, src=MINE)]),
    ("decline-unknown", [DECLINE(want="192.0.2.220", server=SERVER)]),
    ("decline-someone-elses", get(mac=b"\x02\x09\0\0\0\5") + [DECLINE(want=MINE, server=SERVER)]),
    ("inform-unicast", [INFORM(ciaddr="192.0.2.30", src="192.0.2.30", dst=SERVER, prl=PRL)]),
    ("inform-broadcast", [INFORM(ciaddr="192.0.2.31", src="192.0.2.31", prl=PRL)]),
    ("inform-relayed", [INFORM(ciaddr="198.51.100.32", prl=PRL, **GI)]),
    ("inform-with-lease-time", [INFORM(ciaddr="192.0.2.33", src="192.0.2.33", dst=SERVER, life=100, prl=PRL)]),
    ("inform-without-ciaddr", [INFORM(src="192.0.2.34", dst=SERVER, prl=PRL)]),
    ("inform-outside", [INFORM(ciaddr="10.1.2.3", src="10.1.2.3", dst=SERVER)]),
    ("same-message-four-times", [D(times=4)]),
    ("no-cid-then-cid", get() + [D(cid=b"\1\2\3\4")]),
    ("cid-then-none", get(cid=b"\1\2\3\5") + [D()]),
    ("cid-other-mac", get(cid=b"\1\2\3\6") + [D(cid=b"\1\2\3\6", mac=b"\x02\x09\0\0\0\6")]),
    ("cid-changed", get(cid=b"\1\2\3\7") + [D(cid=b"\1\2\3\x08")]),
    ("cid-node-specific", get(cid=b"\xff\0\0\0\1\0\1\x11\x22\x33\x44\2\0\0\0\0\1")),
    ("cid-long", get(cid=bytes(range(1, 250)))),
    ("cid-one-byte", [D(cid=b"\1")]),
    ("htype-unknown", [D(htype=77)]),
    ("htype-token-ring", [D(htype=6)]),
    ("hlen-short", [D(hlen=4)]),
    ("hlen-zero-with-cid", [D(hlen=0, cid=b"\1\2\3\x0a", flags=0x8000)]),
    ("hlen-zero", [D(hlen=0, flags=0x8000)]),
    ("hlen-16", [D(hlen=16, flags=0x8000)]),
    ("client-id-in-nak", [R(want="10.1.2.3", server=SERVER, cid=b"\1\2\3\x0b")]),
]
for code in (0, 9, 10, 11, 14, 18, 19, 200, 255):
    basic.append((f"type-{code}", [TYPE(code, opts=[(53, bytes([code]))] if not code else ())]))
for kind, name in ((OFFER, "offer"), (ACK, "ack"), (NAK, "nak")):
    basic.append((f"a-servers-{name}", [TYPE(kind, want="192.0.2.100", server=SERVER)]))
group("basic", {"valid-lifetime": 3600, "option-data": OPTS, "subnet4": [LINK, FAR, NAMED]}, basic)

# --- broken messages ---------------------------------------------------------

broken = [
    ("bootp", [BOOTP()]),
    ("bootp-no-cookie", [BOOTP(cookie=b"\0\0\0\0")]),
    ("bad-cookie", [D(cookie=b"\x63\x82\x53\x64")]),
    ("op-2", [D(op=2)]),
    ("op-0", [D(op=0)]),
    ("hlen-17", [D(hlen=17)]),
    ("hlen-255", [D(hlen=255)]),
    ("no-end", [D(tail=b"", pad=0)]),
    ("no-padding", [D(pad=0)]),
    ("type-of-two-bytes", [BOOTP(opts=[(53, b"\1\1")])]),
    ("type-empty", [BOOTP(opts=[(53, b"")])]),
    ("type-twice", [D(opts=[(53, b"\3")])]),
    ("option-cut", [D(tail=b"\x0c\x20abc", pad=0)]),
    ("option-length-missing", [D(tail=b"\x0c", pad=0)]),
    ("want-of-three-bytes", [D(opts=[(50, b"\xc0\0\2")])]),
    ("want-of-five-bytes", [D(opts=[(50, b"\xc0\0\2\x78\1")])]),
    ("server-id-of-three-bytes", [R(want="192.0.2.110", opts=[(54, b"\xc0\0\2")])]),
    ("life-of-two-bytes", [D(opts=[(51, b"\0\1")])]),
    ("prl-empty", [D(opts=[(55, b"")])]),
    ("cid-empty", [D(opts=[(61, b"")])]),
    ("size-of-one-byte", [D(opts=[(57, b"\1")])]),
    ("rai-cut", [D(rai=b"\1\x20ab", **GI)]),
    ("rai-empty", [D(rai=b"", **GI)]),
    ("rai-not-relayed", [D(rai=b"\1\2ab")]),
    ("overload-file", [D(opts=[(52, b"\1")], file=b"\x0c\4host\xff")]),
    ("overload-both", [D(opts=[(52, b"\3")], file=b"\x37\2\x03\x06\xff", sname=b"\x0c\4host\xff")]),
    ("overload-broken", [D(opts=[(52, b"\1")], file=b"\x0c\xf0h")]),
    ("overload-4", [D(opts=[(52, b"\4")])]),
    ("user-class-broken", [D(opts=[(77, b"\x09ab")])]),
    ("fqdn-broken", [D(opts=[(81, b"\1")])]),
    ("vendor-broken", [D(opts=[(125, b"\0\0\x11\x8b\xff\1")])]),
    ("domain-search-loop", [D(opts=[(119, b"\xc0\0")])]),
    ("options-repeated", [D(opts=[(61, b"\1\2\3"), (61, b"\4\5\6")])]),
    ("many-pads", [D(tail=b"\0" * 300 + b"\xff")]),
    ("all-codes-empty", [D(opts=[(c, b"\1\2\3\4") for c in (2, 7, 13, 23, 26, 44, 60, 66, 67, 93, 97, 116, 150, 175, 224)])]),
    ("relayed-source-is-client-port", [D(sport=68, **GI)]),
    ("giaddr-broadcast", [D(giaddr="255.255.255.255")]),
    ("ciaddr-broadcast", [R(ciaddr="255.255.255.255", src="192.0.2.99")]),
    ("want-zero", [D(want="0.0.0.0")]),
    ("want-broadcast", [D(want="192.0.2.255")]),
]
for n in (0, 1, 28, 100, 235, 236, 239, 240, 242):
    broken.append((f"cut-to-{n}", [D(cut=n)]))
group("broken", {"valid-lifetime": 3600, "subnet4": [LINK, FAR]}, broken)

# --- authoritative -----------------------------------------------------------

group("authoritative", {"valid-lifetime": 3600, "authoritative": True, "subnet4": [LINK, FAR]}, [
    ("init-reboot-unknown", [R(want="192.0.2.200")]),
    ("init-reboot-unknown-outside", [R(want="10.1.2.3")]),
    ("init-reboot-wrong-address", get() + [R(want="192.0.2.201")]),
    ("init-reboot", get() + [R(want=MINE)]),
    ("init-reboot-relayed-unknown", [R(want="198.51.100.200", **GI)]),
    ("init-reboot-relayed-outside", [R(want="10.1.2.3", **GI)]),
    ("renew-unknown", [R(ciaddr="192.0.2.190", src="192.0.2.190", dst=SERVER)]),
    ("renew-outside", [R(ciaddr="10.1.2.3", src="10.1.2.3")]),
    ("rebind-unknown", [R(ciaddr="192.0.2.191", src="192.0.2.191")]),
    ("request-unknown-relay", [R(giaddr="10.9.9.9", want="10.0.0.5", server=SERVER1)]),
    ("reboot-unknown-relay", [R(giaddr="10.9.9.9", want="10.0.0.5")]),
    ("discover-unknown-relay", [D(giaddr="10.9.9.9")]),
])

# --- times -------------------------------------------------------------------

group("times", {"valid-lifetime": 4000, "min-valid-lifetime": 1000, "max-valid-lifetime": 8000, "renew-timer": 500, "rebind-timer": 900,
                "subnet4": [LINK, dict(FAR, **{"valid-lifetime": 2000}),
                            dict(NAMED, **{"calculate-tee-times": True, "t1-percent": 0.4, "t2-percent": 0.8})]}, [
    ("default", get(prl=PRL)),
    ("asked-between", get(life=2000)),
    ("asked-below", get(life=10)),
    ("asked-above", get(life=100000)),
    ("asked-zero", get(life=0)),
    ("asked-for-ever", get(life=0xffffffff)),
    ("asked-in-discover-only", [D(life=2000), R(want=OFFERED, server=SERVER)]),
    ("asked-in-request-only", [D(), R(want=OFFERED, server=SERVER, life=3000)]),
    ("changed-at-renewal", get(life=2000) + [R(ciaddr=MINE, src=MINE, life=5000)]),
    ("own-lifetime", get(life=2000, **GI)),
    ("tee-times", get(giaddr="198.18.0.77")),
    ("tee-times-asked", get(giaddr="198.18.0.77", life=2000)),
])
group("times-for-ever", {"valid-lifetime": 4294967295, "calculate-tee-times": True, "subnet4": [LINK]}, [
    ("dora", get(prl=PRL)),
    ("renew", get() + [R(ciaddr=MINE, src=MINE)]),
])

for name, timers in (("t1", {"renew-timer": 100}), ("t2", {"rebind-timer": 200}), ("t1-zero", {"renew-timer": 0, "rebind-timer": 200}),
                     ("t2-over", {"renew-timer": 100, "rebind-timer": 5000}), ("t1-over", {"renew-timer": 5000, "rebind-timer": 6000}),
                     ("percent", {"calculate-tee-times": True, "t1-percent": 0.333, "t2-percent": 0.777})):
    group(f"timers-{name}", {"valid-lifetime": 3600, "min-valid-lifetime": 7, **timers, "subnet4": [LINK]}, [
        ("default", [D()]), ("short", [D(life=7)]), ("odd", [D(life=151)])])

# --- client identity ---------------------------------------------------------

group("identity", {"valid-lifetime": 3600, "echo-client-id": False,
                   "subnet4": [dict(LINK, **{"match-client-id": False}), FAR]}, [
    ("no-echo", get(cid=b"\1\2\3\4")),
    ("cid-changed", get(cid=b"\1\2\3\7") + [D(cid=b"\1\2\3\x08")]),
    ("cid-other-mac", get(cid=b"\1\2\3\6") + [D(cid=b"\1\2\3\6", mac=b"\x02\x09\1\0\0\6")]),
    ("cid-changed-renew", get(cid=b"\1\2\3\x09") + [R(cid=b"\1\2\3\x0a", ciaddr=MINE, src=MINE)]),
    ("relayed-cid-changed", get(cid=b"\1\2\4\7", **GI) + [D(cid=b"\1\2\4\x08", **GI)]),
    ("no-echo-in-nak", [R(want="10.1.2.3", server=SERVER, cid=b"\1\2\3\x0b")]),
])

# --- client hostname ---------------------------------------------------------

NAME = b"\x04Host\x07Example\x03org\0"


def fqdn(flags, name, codes=b"\0\0"):
    return {"opts": [(81, bytes([flags]) + codes + name)]}


group("names", {"valid-lifetime": 3600, "option-data": OPTS + [{"name": "host-name", "data": "fixed"}], "subnet4": [LINK, FAR]}, [
    ("fqdn-s", get(**fqdn(5, NAME))),
    ("fqdn-n", get(**fqdn(12, NAME))),
    ("fqdn-no-flag", get(**fqdn(4, NAME))),
    ("fqdn-s-and-n", get(**fqdn(13, NAME))),
    ("fqdn-o", get(**fqdn(7, NAME))),
    ("fqdn-reserved-flags", get(**fqdn(0xf5, NAME))),
    ("fqdn-result-codes", get(**fqdn(5, NAME, b"\xff\xff"))),
    ("fqdn-ascii", get(**fqdn(1, b"Host.Example.org"))),
    ("fqdn-ascii-dot", get(**fqdn(0, b"host.example.org."))),
    ("fqdn-partial", get(**fqdn(5, b"\x04Host"))),
    ("fqdn-partial-ascii", get(**fqdn(1, b"Host"))),
    ("fqdn-odd", get(**fqdn(5, b"\x06h_s t!\x07example\x03org\0"))),
    ("fqdn-short", get(opts=[(81, b"\5\0")])),
    ("fqdn-cut", get(**fqdn(5, b"\x09host"))),
    ("fqdn-more", get(**fqdn(5, NAME + b"zz"))),
    ("fqdn-renewed", get(**fqdn(5, NAME)) + [R(ciaddr=MINE, src=MINE, dst=SERVER, **fqdn(5, NAME))]),
    ("fqdn-inform", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35", dst=SERVER, **fqdn(5, NAME))]),
    ("both", get(opts=[(81, b"\5\0\0" + NAME), (12, b"other")], prl=b"\x0c\x51")),
    ("host-name", get(opts=[(12, b"pc1")])),
    ("host-name-asked", get(opts=[(12, b"pc1")], prl=b"\x0c\3")),
    ("host-name-none", get(prl=b"\x0c\3")),
    ("host-name-odd", get(opts=[(12, b"PC_1 a")])),
    ("host-name-dot", get(opts=[(12, b"pc1.")])),
    ("host-name-nul", get(opts=[(12, b"pc1\0")])),
    ("host-name-full", get(opts=[(12, b"Pc.Example.ORG")])),
    ("host-name-long", get(opts=[(12, b"x" * 70)])),
    ("host-name-dots", get(opts=[(12, b"a..b")])),
    ("host-name-first-dot", get(opts=[(12, b".abc")])),
    ("host-name-bytes", get(opts=[(12, b"\xff\xfe")])),
    ("host-name-changed", get(opts=[(12, b"pc1")]) + [R(ciaddr=MINE, src=MINE, dst=SERVER, opts=[(12, b"pc2")])]),
    ("host-name-relayed", get(opts=[(12, b"pc1")], **GI)),
])

# --- what is sent ------------------------------------------------------------

ROUTES = "0a1164c0000202" + "00c0000201"
DEFS = [
    {"name": "my-bool", "code": 224, "type": "boolean", "array": False},
    {"name": "my-u8s", "code": 225, "type": "uint8", "array": True},
    {"name": "my-u16", "code": 226, "type": "uint16"},
    {"name": "my-i32", "code": 227, "type": "int32"},
    {"name": "my-text", "code": 228, "type": "string"},
    {"name": "my-name", "code": 229, "type": "fqdn"},
    {"name": "my-record", "code": 230, "type": "record", "record-types": "uint8, ipv4-address, string"},
    {"name": "my-six", "code": 231, "type": "ipv6-address"},
    {"name": "my-bytes", "code": 232, "type": "binary"},
    {"name": "my-nothing", "code": 233, "type": "empty"},
    {"name": "my-names", "code": 234, "type": "fqdn", "array": True},
    {"name": "my-box", "code": 235, "type": "uint16", "encapsulate": "box"},
    {"name": "in-box", "code": 1, "space": "box", "type": "ipv4-address"},
    {"name": "in-box-text", "code": 2, "space": "box", "type": "string"},
    {"name": "my-prefix", "code": 236, "type": "ipv6-prefix"},
]
VALUES = [
    opt("my-bool", "true"), opt("my-u8s", "1, 2, 255"), opt("my-u16", "0x1234"), opt("my-i32", "-5"), opt("my-text", "some text"),
    opt("my-name", "host.example.org"), opt("my-record", "7, 192.0.2.9, end"), opt("my-six", "2001:db8::1"),
    opt("my-bytes", "0102ff"), {"name": "my-nothing"}, opt("my-names", "a.example.org, b.example.org"), opt("my-box", "4711"),
    opt("in-box", "192.0.2.77", space="box"), opt("in-box-text", "x", space="box"), opt("my-prefix", "2001:db8:1::/48"),
    {"code": 240, "csv-format": False, "data": "0A0B0C"}, {"code": 241, "csv-format": False, "data": "0a:0b:0c"},
    opt("vendor-encapsulated-options", "0102ABCD", **{"csv-format": False}),
    opt("time-offset", "3600"), opt("ntp-servers", "192.0.2.123"), opt("static-routes", "10.0.0.1,192.0.2.1"),
    opt("interface-mtu", "1400"), opt("netbios-name-servers", "192.0.2.44"), opt("netbios-node-type", "8"),
    opt("domain-search", "eng.example.org, example.org"), opt("tftp-server-name", "tftp.example.org"), opt("boot-file-name", "pxe.0"),
    opt("log-servers", "192.0.2.7", **{"always-send": True}), opt("user-class", "0102"), opt("nis-domain", "nis"),
    opt("broadcast-address", "192.0.2.255"), opt("perform-mask-discovery", "false"), opt("default-ip-ttl", "64"),
    opt("policy-filter", "192.0.2.1, 255.255.255.0"), opt("x-display-manager", "192.0.2.48"), opt("root-path", "/srv/root"),
    opt("slp-service-scope", "true, scope"), opt("uuid-guid", "0, 00112233"), opt("v4-captive-portal", "https://example.org/"),
    opt("sip-ua-cs-domains", "sip.example.org"), opt("rdnss-selection", "1, 192.0.2.1, 192.0.2.2, example.org"),
]
sent = [("all-of-1-to-120", get(prl=bytes(range(1, 121)), size=1500)), ("all-of-121-to-254", get(prl=bytes(range(121, 255)), size=1500)),
        ("asked-twice", [D(prl=b"\3\3\6\6\3")]), ("asked-in-another-order", [D(prl=b"\x2a\x0f\6\3\1")]),
        ("none-asked", [D()]), ("asked-for-servers-own", [D(prl=b"\x32\x33\x34\x35\x36\x37\x39\x3d\x52\xff\0")]),
        ("small-answer", [D(prl=bytes(range(1, 255)), size=576)]), ("large-answer", [D(prl=bytes(range(1, 255)), size=1400)]),
        ("size-below-the-minimum", [D(prl=b"\3\6", size=100)]), ("inform-gets-options", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35", dst=SERVER, prl=bytes(range(1, 120)))]),
        ("subnet-before-global", [D(prl=b"\2\6", **GI)]), ("always-of-subnet", [D(**GI)]), ("nak-has-none", [R(want="10.1.2.3", server=SERVER, prl=PRL)])]
for v in VALUES:
    if v.get("space") or v.get("code"):
        continue
CODES = [2, 4, 7, 21, 23, 26, 28, 29, 33, 40, 42, 43, 44, 46, 49, 66, 67, 79, 97, 114, 119, 141, 146] + list(range(224, 237)) + [240, 241]
sent += [(f"option-{code}", [D(prl=bytes([code]))]) for code in CODES]
group("options", {"valid-lifetime": 3600, "option-def": DEFS, "option-data": OPTS + VALUES,
                  "subnet4": [LINK, with_opts(FAR, opt("time-offset", "-1"), opt("domain-name-servers", "198.51.100.53"),
                                              opt("cookie-servers", "198.51.100.8", **{"always-send": True}))]}, sent)

# Too many or missing values and options; the same option twice.
REPEATED = [opt("domain-name-servers", "192.0.2.1"), opt("domain-name-servers", "192.0.2.2,,192.0.2.3,"), opt("time-offset", "1, 2"), opt("time-offset", "3"),
            opt("boot-file-name", "a,b"), opt("slp-service-scope", "false, "), opt("log-servers", ""), {"name": "time-servers"},
            {"name": "vendor-encapsulated-options"}, opt("x", "1", space="vendor-encapsulated-options-space"), opt("x", "2", space="vendor-encapsulated-options-space")]
group("repeated", {"valid-lifetime": 3600, "option-def": [{"name": "x", "code": 1, "space": "vendor-encapsulated-options-space", "type": "uint8"}],
                   "option-data": REPEATED, "subnet4": [LINK]},
      [(f"option-{code}", [D(prl=bytes([code]))]) for code in (2, 4, 6, 7, 43, 67, 79)])

LINK2 = dict(LINK, pools=[{"pool": "192.0.2.100 - 192.0.2.250", "option-data": [opt("time-servers", "192.0.2.4"), opt("log-servers", "192.0.2.5")]}])
group("pool-options", {"valid-lifetime": 3600, "option-data": [opt("time-servers", "10.0.0.1"), opt("log-servers", "10.0.0.1")],
                       "subnet4": [with_opts(LINK2, opt("time-servers", "10.0.0.2"), opt("lpr-servers", "10.0.0.2"))]}, [
    ("pool-wins", get(prl=b"\4\7\x09")),
    ("inform-has-no-pool", [INFORM(ciaddr="192.0.2.36", src="192.0.2.36", dst=SERVER, prl=b"\4\7\x09")]),
])

group("boot", {"valid-lifetime": 3600, "next-server": "192.0.2.66", "server-hostname": "boot.example.org", "boot-file-name": "global.0",
               "option-data": [opt("boot-file-name", "option.0"), opt("tftp-server-name", "option-server")],
               "subnet4": [LINK, dict(FAR, **{"next-server": "198.51.100.66", "boot-file-name": "far.0", "server-hostname": ""})]}, [
    ("fields", get()),
    ("fields-and-options", get(prl=b"\x42\x43")),
    ("of-the-subnet", get(**GI)),
    ("inform", [INFORM(ciaddr="192.0.2.37", src="192.0.2.37", dst=SERVER)]),
    ("nak", [R(want="10.1.2.3", server=SERVER)]),
    ("many-options-and-fields", [D(prl=bytes(range(1, 255)), size=576)]),
])

LONG = "x" * 250
group("long", {"valid-lifetime": 3600,
               "option-def": [{"name": "long-text", "code": 224, "type": "string"}, {"name": "addresses", "code": 225, "type": "ipv4-address", "array": True}],
               "option-data": [opt("long-text", LONG), opt("addresses", ", ".join(f"10.0.{i // 250}.{i % 250 + 1}" for i in range(100)))],
               "subnet4": [LINK]}, [
    ("fits", [D(prl=b"\xe0", size=1500)]),
    ("in-parts", [D(prl=b"\xe1", size=1500)]),
    ("both", [D(prl=b"\xe0\xe1", size=1500)]),
])

# --- subnet selection --------------------------------------------------------

group("selection", {"valid-lifetime": 3600, "subnet4": [LINK, FAR, NAMED, subnet(4, "10.0.0.0/16", "10.0.0.100", "10.0.0.250"),
                                                       subnet(5, "198.18.0.0/24", "198.18.0.100", "198.18.0.250")]}, [
    ("relay-address", get(giaddr="198.51.100.7")),
    ("named-relay", get(giaddr="198.18.0.77")),
    ("other-relay-of-its-net", get(giaddr="203.0.113.1")),
    ("link-selection", get(giaddr="198.51.100.1", rai=b"\5\4" + ip4("203.0.113.1"))),
    ("link-selection-unknown", [D(giaddr="198.51.100.1", rai=b"\5\4" + ip4("172.16.0.1"))]),
    ("link-selection-short", [D(giaddr="198.51.100.1", rai=b"\5\3" + ip4("203.0.113.1")[:3])]),
    ("subnet-selection", get(giaddr="198.51.100.1", opts=[(118, ip4("203.0.113.0"))])),
    ("subnet-selection-unknown", [D(giaddr="198.51.100.1", opts=[(118, ip4("172.16.0.0"))])]),
    ("subnet-selection-short", [D(giaddr="198.51.100.1", opts=[(118, b"\1\2")])]),
    ("both-selections", get(giaddr="198.51.100.1", rai=b"\5\4" + ip4("203.0.113.1"), opts=[(118, ip4("10.0.0.0"))])),
    ("subnet-selection-not-relayed", [D(opts=[(118, ip4("203.0.113.0"))])]),
    ("link-selection-not-relayed", [D(rai=b"\5\4" + ip4("203.0.113.1"))]),
    ("snooped", get(rai=b"\1\4abcd\2\6\0\1\2\3\4\5") + [R(ciaddr=MINE, src=MINE, rai=b"\1\4abcd")]),
    ("inform-snooped", [INFORM(ciaddr="192.0.2.40", src="192.0.2.40", rai=b"\1\4abcd")]),
    ("renew-from-elsewhere", [R(ciaddr="203.0.113.140", src="203.0.113.140", dst=SERVER, dev="c0")]),
    ("inform-from-elsewhere", [INFORM(ciaddr="203.0.113.40", src="203.0.113.40", dst=SERVER)]),
    ("on-the-other-link", get(dev="c1")),
    ("relay-id-echo", get(rai=b"\1\4abcd\2\6\0\1\2\3\4\5", **GI)),
    ("server-id-override", [D(rai=b"\x0b\4" + ip4("198.51.100.1"), **GI), R(rai=b"\x0b\4" + ip4("198.51.100.1"), want=OFFERED, server="198.51.100.1", **GI)]),
    ("server-id-override-short", [D(rai=b"\x0b\3abc", **GI)]),
    ("override-without-sub-option", [D(**GI), R(want=OFFERED, server="198.51.100.1", **GI)]),
    ("relay-flags-unicast", [D(rai=b"\x0a\1\x80", **GI)]),
    ("relay-source-port", [D(rai=b"\x13\0", sport=5000, **GI)]),
    ("relay-source-port-not-said", [D(sport=5000, **GI)]),
    ("renew-by-another-relay", get(**GI) + [R(ciaddr=MINE, giaddr="198.18.0.77")]),
    ("rebind-on-another-link", get(**GI) + [R(ciaddr=MINE, src=MINE)]),
    ("reboot-by-another-relay", get(**GI) + [R(want=MINE, giaddr="198.18.0.77")]),
    ("moved", get(**GI) + get(giaddr="198.18.0.77")),
    ("nak-relayed-with-rai", [R(want="10.1.2.3", server=SERVER1, rai=b"\1\4abcd", **GI)]),
    ("long-rai", get(rai=b"\1\xc8" + b"x" * 200 + b"\2\x1e" + b"y" * 30, **GI)),
])

NET = {"name": "floor", "interface": "s0", "valid-lifetime": 700, "option-data": [opt("domain-name", "net"), opt("log-servers", "10.0.0.1")],
       "subnet4": [subnet(1, "192.0.2.0/25", "192.0.2.100", "192.0.2.101"),
                   dict(subnet(5, "192.0.2.128/25", "192.0.2.200", "192.0.2.203"), **{"valid-lifetime": 500, "option-data": [opt("domain-name", "second")]})]}
group("network", {"valid-lifetime": 1000, "option-data": [opt("domain-name-servers", "10.0.0.53")], "shared-networks": [
    NET, {"name": "far", "relay": {"ip-addresses": ["198.18.0.77"]}, "subnet4": [subnet(3, "203.0.113.0/25", "203.0.113.100", "203.0.113.110"),
                                                                                  subnet(4, "203.0.113.128/25", "203.0.113.200", "203.0.113.210")]}],
    "subnet4": [FAR]}, [
    ("first", get(prl=PRL)),
    ("wants-the-second", [D(want="192.0.2.200", prl=PRL), R(want=OFFERED, server=SERVER, prl=PRL)]),
    ("renew-in-the-second", [D(want="192.0.2.201"), R(want=OFFERED, server=SERVER), R(ciaddr=MINE, src=MINE, dst=SERVER, prl=PRL)]),
    ("another", get()),
    ("first-is-full", get(prl=PRL)),
    ("request-in-the-second", [R(want="192.0.2.203", server=SERVER)]),
    ("request-elsewhere", [R(want="203.0.113.100", server=SERVER)]),
    ("by-the-networks-relay", get(giaddr="198.18.0.77")),
    ("relay-inside-the-second", get(giaddr="203.0.113.129")),
    ("reboot-in-the-other", get(giaddr="198.18.0.77") + [R(want="203.0.113.201", giaddr="198.18.0.77")]),
    ("standalone", get(**GI)),
])

group("no-route", {"valid-lifetime": 3600, "subnet4": [LINK, FAR, subnet(9, "172.16.0.0/24", "172.16.0.100", "172.16.0.200")]}, [
    ("relayed", get(giaddr="172.16.0.1")),
    ("link-selection", get(giaddr="172.16.0.1", rai=b"\5\4" + ip4("198.51.100.0"))),
    ("renewal", get(giaddr="172.16.0.1") + [R(ciaddr=MINE, src=MINE, dst=SERVER1, dev="c1")]),
    ("inform", [INFORM(ciaddr="172.16.0.60", src="172.16.0.60", dst=SERVER)]),
])

scoped = subnet(1, "192.0.2.0/24", "192.0.2.100", "192.0.2.250", **{"boot-file-name": "", "next-server": "0.0.0.0",
                "option-data": [opt("time-servers", "10.0.0.3"), opt("cookie-servers", "10.0.0.3", **{"always-send": True})]})
scoped["pools"][0]["option-data"] = [opt("lpr-servers", "10.0.0.4", **{"always-send": True})]
group("scopes", {"valid-lifetime": 3600, "option-data": [opt("time-servers", "10.0.0.1", **{"always-send": True}), opt("log-servers", "10.0.0.1"),
                                                         opt("lpr-servers", "10.0.0.1")], "shared-networks": [{
    "name": "floor", "interface": "s0", "authoritative": True, "match-client-id": False, "min-valid-lifetime": 100, "max-valid-lifetime": 5000,
    "next-server": "192.0.2.77", "boot-file-name": "net.0", "server-hostname": "net",
    "option-data": [opt("time-servers", "10.0.0.2"), opt("log-servers", "10.0.0.2", **{"always-send": True})], "subnet4": [scoped]}]}, [
    ("none-asked", get()),
    ("asked", get(prl=b"\4\7\x08\x09")),
    ("life-below", get(life=50)),
    ("life-above", get(life=6000)),
    ("reboot-unknown", [R(want="192.0.2.200")]),
    ("renew-unknown", [R(ciaddr="192.0.2.201", src="192.0.2.201")]),
    ("cid-changed", get(cid=b"\1\2\5\7") + [D(cid=b"\1\2\5\x08")]),
    ("inform", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35", dst=SERVER, prl=b"\4\7\x08\x09")]),
])

# --- caching, vendor options, UDP --------------------------------------------

group("cache", {"valid-lifetime": 1000, "cache-threshold": 0.5, "subnet4": [LINK]}, [
    ("renew-at-once", get() + [R(ciaddr=MINE, src=MINE)]),
    ("discover-at-once", get() + [D()]),
    ("request-again", get() + [R(want=MINE, server=SERVER)]),
    ("renew-another-lifetime", get() + [R(ciaddr=MINE, src=MINE, life=900)]),
])

group("vendor", {"valid-lifetime": 3600, "option-def": [{"name": "acme", "code": 7, "space": "vendor-9999", "type": "string"}],
                 "option-data": [opt("tftp-servers", "10.0.0.1", space="vendor-4491"),
                                 {"code": 3, "space": "vendor-4491", "csv-format": False, "data": "77", "always-send": True},
                                 opt("acme", "u", space="vendor-9999", **{"always-send": True})],
                 "subnet4": [LINK, with_opts(FAR, opt("vivso-suboptions", "4491"))]}, [
    ("cable-modem-asks-2", [D(opts=[(125, b"\0\0\x11\x8b\3\1\1\2")])]),
    ("cable-modem-asks-5", [D(opts=[(125, b"\0\0\x11\x8b\3\1\1\5")])]),
    ("cable-modem-asks-nothing", [D(opts=[(125, b"\0\0\x11\x8b\0")])]),
    ("other-vendor", [D(opts=[(125, b"\0\0\x27\x0f\0")])]),
    ("unknown-vendor", [D(opts=[(125, b"\0\0\0\1\0")])]),
    ("by-class-option", [D(opts=[(124, b"\0\0\x27\x0f\0")])]),
    ("asks-for-125", [D(prl=b"\x7d")]),
    ("configured-125", [D(prl=b"\x7d", **GI)]),
    ("configured-125-and-asked", [D(prl=b"\x7d", opts=[(125, b"\0\0\x11\x8b\3\1\1\2")], **GI)]),
])

group("udp", {"valid-lifetime": 3600, "interfaces-config": {"interfaces": ["s0", "s1"], "dhcp-socket-type": "udp"}, "option-data": OPTS,
              "subnet4": [LINK, FAR]}, [
    ("relayed", get(prl=PRL, **GI)),
    ("relayed-renewal", get(**GI) + [R(ciaddr=MINE, **GI)]),
    ("relayed-nak", [R(want="10.1.2.3", server=SERVER1, **GI)]),
    ("relayed-inform", [INFORM(ciaddr="198.51.100.38", **GI)]),
    ("relayed-rai", get(rai=b"\1\4abcd", **GI)),
])

# --- options set by servers, and options for clients only ---------------------

MADE = [opt("dhcp-lease-time", "100"), opt("dhcp-option-overload", "3"), opt("dhcp-message-type", "6"),
        {"name": "dhcp-client-identifier", "csv-format": False, "data": "0102"}, {"code": 82, "csv-format": False, "data": "0102abcd"}]
CLIENTS = [opt("dhcp-requested-address", "10.0.0.1"), opt("dhcp-parameter-request-list", "1, 3"), opt("dhcp-max-message-size", "1400")]
TIMES = [opt("dhcp-renewal-time", "100"), opt("dhcp-rebinding-time", "200")]
CODES = bytes([50, 51, 52, 53, 55, 57, 58, 59, 61, 82])
for name, more in (("own", {}), ("own-timers", {"renew-timer": 300, "rebind-timer": 400})):
    group(name, {"valid-lifetime": 3600, **more, "option-data": MADE + CLIENTS + TIMES, "subnet4": [LINK, FAR]}, [
        ("asked", get(prl=CODES)), ("not-asked", get()), ("asked-with-cid", get(prl=CODES, cid=b"\1\2\3\4")),
        ("inform", [INFORM(ciaddr="192.0.2.36", src="192.0.2.36", dst=SERVER, prl=CODES)]),
        ("relayed", get(prl=CODES, rai=b"\1\4abcd", **GI)),
        ("nak", [R(want="10.1.2.3", server=SERVER, prl=CODES)]),
    ])
group("own-always", {"valid-lifetime": 3600, "option-data": [dict(x, **{"always-send": True}) for x in MADE + CLIENTS + TIMES],
                     "subnet4": [LINK, FAR]}, [("dora", get()), ("relayed", get(rai=b"\1\4abcd", **GI))])
