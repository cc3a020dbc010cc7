# SPDX-License-Identifier: MPL-2.0
"""The cases of DHCPv6. A step is a message: SOLICIT(...), REQUEST(...), ... or message(TYPE, ...).

Arguments are options, made by na(), pd(), ta(), opt(); an IA contains what the client names: an address, (address,
preferred, valid), "PREFIX/LEN", or MINE, which is what this server gave for that IA last. Keys: duid (None: no option 1),
server (ours by default, None: no option 2), oro, relays (relay(...), the one next to the client last), dst, src, sport,
dev, cut (bytes that are sent), raw (bytes after the options).
"""
import struct

from lib.dhcp6 import ip6
from pair import Group, subnet
from pair6 import SERVER_DUID

MINE = object()
ALL, SERVER, SERVER1 = "ff02::1:2", "2001:db8:1::1", "2001:db8:ff::1"
OURS = object()
GROUPS = []


def tlv(code, data):
    return struct.pack("!HH", code, len(data)) + data


def opt(code, data=b""):
    return lambda state: tlv(code, data)


def items(code, named, given):
    out = b""
    for n in named:
        if n is MINE:
            out += items(code, [(i["at"] if code == 5 else f"{i['at']}/{i['len']}", 0, 0) for i in given], [])
            continue
        what, preferred, valid = n if isinstance(n, tuple) else (n, 0, 0)
        if code == 5:
            out += tlv(5, ip6(what) + struct.pack("!II", preferred, valid))
        else:
            at, length = what.split("/")
            out += tlv(26, struct.pack("!IIB", preferred, valid, int(length)) + ip6(at))
    return out


def na(iaid=1, *named, more=b"", t=(0, 0)):
    return lambda state: tlv(3, struct.pack("!III", iaid, *t) + items(5, named, state.get((3, iaid), [])) + more)


def pd(iaid=1, *named, more=b"", t=(0, 0)):
    return lambda state: tlv(25, struct.pack("!III", iaid, *t) + items(26, named, state.get((25, iaid), [])) + more)


def ta(iaid=1, *named):
    return lambda state: tlv(4, struct.pack("!I", iaid) + items(5, named, []))


def relay(link="2001:db8:2::1", peer="fe80::9", *opts, hop=0, kind=12):
    return lambda inner: struct.pack("!BB", kind, hop) + ip6(link) + ip6(peer) + b"".join(tlv(*o) for o in opts) + tlv(9, inner)


def message(kind, *parts, server=None, **k):
    def build(duid, xid, state):
        p = struct.pack("!I", kind << 24 | xid)
        who = k.get("duid", duid)
        if who is not None:
            p += tlv(1, who)
        if server is not None:
            p += tlv(2, SERVER_DUID if server is OURS else server)
        if "oro" in k:
            p += tlv(6, struct.pack(f"!{len(k['oro'])}H", *k["oro"]))
        p += b"".join(part(state) for part in parts) + k.get("raw", b"")
        if "cut" in k:
            p = p[:k["cut"]]
        relays = k.get("relays", [])
        for r in reversed(relays):
            p = r(p)
        if relays:
            return dict(dev="c1", src=k.get("src", "2001:db8:ff::2"), dst=k.get("dst", SERVER1), sport=k.get("sport", 547), payload=p)
        return dict(dev="c0", src=k.get("src"), dst=k.get("dst", ALL), sport=k.get("sport", 546), payload=p)
    return {"build": build, "times": 1}


def maker(kind, server=None):
    def make(*parts, **k):
        return message(kind, *parts, **{"server": server, **k})
    return make


SOLICIT, CONFIRM, REBIND, INFORM = maker(1), maker(4), maker(6), maker(11)
REQUEST, RENEW, RELEASE, DECLINE = maker(3, OURS), maker(5, OURS), maker(8, OURS), maker(9, OURS)


def get(*parts, **k):
    """SOLICIT, then REQUEST for the offer."""
    return [SOLICIT(*(parts or (na(),)), **k), REQUEST(*(parts or (na(1, MINE),)), **k)]


def pd_pool(prefix, length, delegated, **more):
    return {"prefix": prefix, "prefix-len": length, "delegated-len": delegated, **more}


def group(name, config, cases, exact=(), fields=None):
    GROUPS.append(Group(6, name, config, cases, exact, fields))


def o(name, data, **more):
    return {"name": name, "data": data, **more}


LIFE = {"preferred-lifetime": 3000, "valid-lifetime": 4000}
LINK = subnet(1, "2001:db8:1::/64", "2001:db8:1::100", "2001:db8:1::fff", interface="s0",
              **{"pd-pools": [pd_pool("2001:db8:8000::", 40, 64), pd_pool("2001:db8:9000::", 40, 56)]})
FAR = subnet(2, "2001:db8:2::/64", "2001:db8:2::100", "2001:db8:2::1ff", **{"pd-pools": [pd_pool("2001:db8:a000::", 40, 64)]})
PORT = subnet(3, "2001:db8:3::/64", "2001:db8:3::100", "2001:db8:3::1ff", **{"interface-id": "port-7"})
NAMED = subnet(4, "2001:db8:4::/64", "2001:db8:4::100", "2001:db8:4::1ff", relay={"ip-addresses": ["2001:db8:77::1"]})
OPTS = [o("dns-servers", "2001:db8::53, 2001:db8::54"), o("domain-search", "a.example.org, b.example.org"), o("sntp-servers", "2001:db8::123"),
        o("solmax-rt", "3600"), o("inf-max-rt", "7200"), o("information-refresh-time", "900"), o("preference", "200")]
R1 = [relay()]

group("basic", {**LIFE, "option-data": OPTS, "subnet6": [LINK, FAR, PORT, NAMED]}, [
    ("exchange", get()),
    ("exchange-pd", get(pd(1))),
    ("exchange-both", [SOLICIT(na(1), pd(2)), REQUEST(na(1, MINE), pd(2, MINE)), RENEW(na(1, MINE), pd(2, MINE)), REBIND(na(1, MINE), pd(2, MINE)),
                       RELEASE(na(1, MINE), pd(2, MINE))]),
    ("solicit-no-ia", [SOLICIT(oro=[23])]),
    ("request-no-ia", [REQUEST(oro=[23])]),
    ("renew-no-ia", [RENEW()]),
    ("two-addresses", get(na(1), na(2))),
    ("two-prefixes", get(pd(1), pd(2))),
    ("temporary", [SOLICIT(ta(1))]),
    ("temporary-and-address", [SOLICIT(ta(1), na(1))]),
    ("same-ia-twice", [SOLICIT(na(1), na(1))]),
    ("same-ia-twice-request", [REQUEST(na(1), na(1))]),
    ("same-iaid-both", get(na(5), pd(5))),
    ("several-in-one-ia", [SOLICIT(na(1, "2001:db8:1::200", "2001:db8:1::201"))]),
    ("iaid-0", get(na(0))),
    ("iaid-large", get(na(0xffffffff))),
    ("hint", [SOLICIT(na(1, "2001:db8:1::300")), REQUEST(na(1, "2001:db8:1::300"))]),
    ("hint-outside-pool", [SOLICIT(na(1, "2001:db8:1::2000"))]),
    ("hint-elsewhere", [SOLICIT(na(1, "2001:db8:66::1"))]),
    ("hint-zero", [SOLICIT(na(1, "::"))]),
    ("hint-lifetimes", [SOLICIT(na(1, ("2001:db8:1::301", 100, 200)))]),
    ("hint-lifetimes-zero-address", [SOLICIT(na(1, ("::", 100, 200)))]),
    ("hint-preferred-more-than-valid", [SOLICIT(na(1, ("::", 300, 200)))]),
    ("hint-timers", [SOLICIT(na(1, t=(10, 20)))]),
    ("hint-prefix", [SOLICIT(pd(1, "2001:db8:8000:77::/64"))]),
    ("hint-prefix-length", [SOLICIT(pd(1, "::/56"))]),
    ("hint-prefix-length-none", [SOLICIT(pd(1, "::/48"))]),
    ("hint-prefix-length-zero", [SOLICIT(pd(1, "::/0"))]),
    ("request-elsewhere", [REQUEST(na(1, "2001:db8:66::1"))]),
    ("request-without-solicit", [REQUEST(na(1, "2001:db8:1::400"))]),
    ("request-again", get() + [REQUEST(na(1, MINE))]),
    ("request-other-address", get() + [REQUEST(na(1, "2001:db8:1::401"))]),
    ("solicit-again", get() + [SOLICIT(na(1))]),
    ("solicit-other-hint", get() + [SOLICIT(na(1, "2001:db8:1::402"))]),
    ("renew", get() + [RENEW(na(1, MINE))]),
    ("renew-lifetimes", get() + [RENEW(na(1, ("2001:db8:1::403", 50, 60)))]),
    ("renew-empty-ia", get() + [RENEW(na(1))]),
    ("renew-unknown", [RENEW(na(1, "2001:db8:1::500"))]),
    ("renew-unknown-elsewhere", [RENEW(na(1, "2001:db8:66::1"))]),
    ("renew-unknown-prefix", [RENEW(pd(1, "2001:db8:8000:99::/64"))]),
    ("renew-another-ia", get() + [RENEW(na(1, MINE), na(2))]),
    ("renew-wrong-iaid", get() + [RENEW(na(9, "2001:db8:1::501"))]),
    ("renew-extra-address", get() + [RENEW(na(1, MINE, "2001:db8:1::502"))]),
    ("renew-add-prefix", get() + [RENEW(na(1, MINE), pd(1))]),
    ("rebind", get() + [REBIND(na(1, MINE))]),
    ("rebind-unknown", [REBIND(na(1, "2001:db8:1::503"))]),
    ("rebind-unknown-elsewhere", [REBIND(na(1, "2001:db8:66::1"))]),
    ("rebind-unknown-prefix", [REBIND(pd(1, "2001:db8:8000:9a::/64"))]),
    ("release", get() + [RELEASE(na(1, MINE))]),
    ("release-prefix", get(pd(1)) + [RELEASE(pd(1, MINE))]),
    ("release-unknown", [RELEASE(na(1, "2001:db8:1::504"))]),
    ("release-twice", get() + [RELEASE(na(1, MINE)), RELEASE(na(1, "2001:db8:1::505"))]),
    ("release-wrong-iaid", get() + [RELEASE(na(2, "2001:db8:1::506"))]),
    ("release-empty-ia", get() + [RELEASE(na(1))]),
    ("release-one-of-two", get(na(1), na(2)) + [RELEASE(na(1, MINE), na(7, "2001:db8:1::1"))]),
    ("release-then-solicit", get() + [RELEASE(na(1, MINE)), SOLICIT(na(1))]),
    ("decline", get() + [DECLINE(na(1, MINE))]),
    ("decline-then-solicit", get() + [DECLINE(na(1, MINE)), SOLICIT(na(1))]),
    ("decline-unknown", [DECLINE(na(1, "2001:db8:1::507"))]),
    ("decline-prefix", get(pd(1)) + [DECLINE(pd(1, MINE))]),
    ("decline-empty-ia", get() + [DECLINE(na(1))]),
    ("confirm", get() + [CONFIRM(na(1, MINE))]),
    ("confirm-unknown-on-link", [CONFIRM(na(1, "2001:db8:1::508"))]),
    ("confirm-elsewhere", [CONFIRM(na(1, "2001:db8:66::1"))]),
    ("confirm-mixed", [CONFIRM(na(1, "2001:db8:1::509", "2001:db8:66::1"))]),
    ("confirm-empty", [CONFIRM()]),
    ("confirm-empty-ia", [CONFIRM(na(1))]),
    ("confirm-prefix", [CONFIRM(pd(1, "2001:db8:8000::/64"))]),
    ("inform", [INFORM(oro=[23, 24, 32, 83])]),
    ("inform-nobody", [INFORM(duid=None, oro=[23])]),
    ("inform-nothing-asked", [INFORM()]),
    ("inform-for-us", [INFORM(server=OURS, oro=[23])]),
    ("inform-for-another", [INFORM(server=b"\0\3\0\1other1", oro=[23])]),
    ("inform-with-ia", [INFORM(na(1), oro=[23])]),
    ("asked", [SOLICIT(na(1), oro=[23, 24, 31, 82, 83, 32, 7])]),
    ("asked-twice", [SOLICIT(na(1), oro=[23, 23, 24])]),
    ("asked-without-success", [SOLICIT(na(1), oro=[82, 83, 23], relays=[relay("2001:db8:fe::1")])]),
    ("asked-for-servers-own", [SOLICIT(na(1), oro=[1, 2, 3, 5, 6, 9, 13, 18, 20])]),
    ("reconfigure-accept", get(opt(20), na(1))),
    ("elapsed", [SOLICIT(opt(8, b"\0\x64"), na(1))]),
    ("unknown-option", [SOLICIT(opt(4000, b"abc"), na(1))]),
    ("rapid-not-allowed", [SOLICIT(opt(14), na(1))]),
    ("user-and-vendor-class", [SOLICIT(opt(15, b"\0\3abc"), opt(16, b"\0\0\x11\x8b\0\3abc"), na(1))]),
    ("server-unicast-asked", [SOLICIT(na(1), oro=[12])]),
    ("fqdn", [SOLICIT(opt(39, b"\0\4host\7example\3org\0"), na(1))]),
    ("fqdn-asked", get(opt(39, b"\1\4Ho_s\7example\3org\0"), na(1), oro=[39])),
    ("fqdn-renewed", get(opt(39, b"\0\4host"), na(1), oro=[39]) + [RENEW(opt(39, b"\4\3new\0"), na(1, MINE), oro=[39])]),
    ("fqdn-prefix", [SOLICIT(opt(39, b"\2\4host"), pd(1), oro=[39])]),
    ("fqdn-left-to-server", [SOLICIT(opt(39, b"\1"), na(1), oro=[39])]),
], exact=("hint", "hint-prefix", "request-without-solicit"))

group("rules", {**LIFE, "option-data": OPTS, "subnet6": [LINK, FAR]}, [
    ("solicit-nobody", [SOLICIT(na(1), duid=None)]),
    ("solicit-for-us", [SOLICIT(na(1), server=OURS)]),
    ("request-nobody", [REQUEST(na(1), duid=None)]),
    ("request-for-nobody", [REQUEST(na(1), server=None)]),
    ("request-for-another", [REQUEST(na(1), server=b"\0\3\0\1other1")]),
    ("renew-for-nobody", [RENEW(na(1), server=None)]),
    ("renew-for-another", [RENEW(na(1), server=b"\0\3\0\1other1")]),
    ("renew-nobody", [RENEW(na(1), duid=None)]),
    ("rebind-for-us", [REBIND(na(1), server=OURS)]),
    ("rebind-nobody", [REBIND(na(1), duid=None)]),
    ("confirm-for-us", [CONFIRM(na(1, "2001:db8:1::1"), server=OURS)]),
    ("confirm-nobody", [CONFIRM(na(1, "2001:db8:1::1"), duid=None)]),
    ("release-for-nobody", [RELEASE(na(1, "2001:db8:1::1"), server=None)]),
    ("release-nobody", [RELEASE(na(1, "2001:db8:1::1"), duid=None)]),
    ("decline-for-nobody", [DECLINE(na(1, "2001:db8:1::1"), server=None)]),
    ("duid-empty", [SOLICIT(na(1), duid=b"")]),
    ("duid-one-byte", [SOLICIT(na(1), duid=b"\0")]),
    ("duid-two-bytes", [SOLICIT(na(1), duid=b"\0\1")]),
    ("duid-three-bytes", [SOLICIT(na(1), duid=b"\0\1a")]),
    ("duid-128", [SOLICIT(na(1), duid=b"\0\2" + b"x" * 126)]),
    ("duid-130", [SOLICIT(na(1), duid=b"\0\2" + b"x" * 128)]),
    ("duid-131", [SOLICIT(na(1), duid=b"\0\2" + b"x" * 129)]),
    ("duid-of-no-type", [SOLICIT(na(1), duid=b"\0\0\0\0\0\0")]),
    ("unicast-solicit", [SOLICIT(na(1), dst=SERVER, src="2001:db8:1::2")]),
    ("unicast-request", [SOLICIT(na(1)), REQUEST(na(1, MINE), dst=SERVER, src="2001:db8:1::2")]),
    ("unicast-renew", get() + [RENEW(na(1, MINE), dst=SERVER, src="2001:db8:1::2")]),
    ("unicast-rebind", get() + [REBIND(na(1, MINE), dst=SERVER, src="2001:db8:1::2")]),
    ("unicast-release", get() + [RELEASE(na(1, MINE), dst=SERVER, src="2001:db8:1::2")]),
    ("unicast-decline", get() + [DECLINE(na(1, MINE), dst=SERVER, src="2001:db8:1::2")]),
    ("unicast-confirm", get() + [CONFIRM(na(1, MINE), dst=SERVER, src="2001:db8:1::2")]),
    ("unicast-inform", [INFORM(oro=[23], dst=SERVER, src="2001:db8:1::2")]),
    ("global-source", get(na(1), src="2001:db8:1::2")),
    ("other-port", [SOLICIT(na(1), sport=5000)]),
    ("advertise", [message(2, na(1))]),
    ("reply", [message(7, na(1))]),
    ("reconfigure", [message(10, na(1))]),
    ("relay-reply", [SOLICIT(na(1), relays=[relay(kind=13)])]),
    ("type-0", [message(0, na(1))]),
    ("type-99", [message(99, na(1))]),
    ("one-byte", [SOLICIT(cut=1)]),
    ("three-bytes", [SOLICIT(cut=3)]),
    ("header-only", [SOLICIT(cut=4)]),
    ("option-cut", [SOLICIT(na(1), raw=b"\0\x17\0\x10abc")]),
    ("option-header-cut", [SOLICIT(na(1), raw=b"\0\x17")]),
    ("ia-short", [SOLICIT(opt(3, b"\0\0\0\1"))]),
    ("ia-address-short", [SOLICIT(na(1, more=tlv(5, b"\0" * 20)))]),
    ("ia-prefix-short", [SOLICIT(pd(1, more=tlv(26, b"\0" * 20)))]),
    ("ia-prefix-long", [SOLICIT(pd(1, "::/129"))]),
    ("ia-option-cut", [SOLICIT(na(1, more=b"\0\5\0\x18abc"))]),
    ("ia-with-status", [SOLICIT(na(1, more=tlv(13, b"\0\2text")))]),
    ("ia-with-unknown", [SOLICIT(na(1, more=tlv(4000, b"abc")))]),
    ("oro-odd", [SOLICIT(na(1), opt(6, b"\0\x17\0"))]),
    ("oro-empty", [SOLICIT(na(1), opt(6))]),
    ("elapsed-short", [SOLICIT(na(1), opt(8, b"\1"))]),
    ("rapid-with-bytes", [SOLICIT(na(1), opt(14, b"x"))]),
    ("fqdn-broken", [SOLICIT(na(1), opt(39, b"\0\x3fabc"))]),
    ("client-id-twice", [SOLICIT(opt(1, b"\0\3\0\1twice1"), na(1))]),
])

CLIENT_LL = (79, b"\0\1\x02\0\0\0\0\x42")
group("relayed", {**LIFE, "option-data": OPTS, "relay-supplied-options": ["65", "59"], "subnet6": [LINK, FAR, PORT, NAMED]}, [
    ("exchange", get(relays=R1)),
    ("prefix", get(pd(1), relays=R1)),
    ("renew-release", get(relays=R1) + [RENEW(na(1, MINE), relays=R1), REBIND(na(1, MINE), relays=R1), RELEASE(na(1, MINE), relays=R1)]),
    ("confirm", get(relays=R1) + [CONFIRM(na(1, MINE), relays=R1), CONFIRM(na(1, "2001:db8:1::100"), relays=R1)]),
    ("inform", [INFORM(oro=[23, 24], relays=R1)]),
    ("interface-id", get(relays=[relay("2001:db8:2::1", "fe80::9", (18, b"port-1"))])),
    ("interface-id-selects", get(relays=[relay("2001:db8:2::1", "fe80::9", (18, b"port-7"))])),
    ("interface-id-no-link", get(relays=[relay("::", "fe80::9", (18, b"port-7"))])),
    ("interface-id-unknown-no-link", [SOLICIT(na(1), relays=[relay("::", "fe80::9", (18, b"port-9"))])]),
    ("no-link", [SOLICIT(na(1), relays=[relay("::", "fe80::9")])]),
    ("unknown-link", [SOLICIT(na(1), relays=[relay("2001:db8:fe::1", "fe80::9")])]),
    ("unknown-link-request", [REQUEST(na(1), relays=[relay("2001:db8:fe::1", "fe80::9")])]),
    ("unknown-link-renew", [RENEW(na(1, "2001:db8:2::100"), relays=[relay("2001:db8:fe::1", "fe80::9")])]),
    ("unknown-link-rebind", [REBIND(na(1, "2001:db8:2::100"), relays=[relay("2001:db8:fe::1", "fe80::9")])]),
    ("unknown-link-confirm", [CONFIRM(na(1, "2001:db8:2::100"), relays=[relay("2001:db8:fe::1", "fe80::9")])]),
    ("unknown-link-release", [RELEASE(na(1, "2001:db8:2::100"), relays=[relay("2001:db8:fe::1", "fe80::9")])]),
    ("unknown-link-inform", [INFORM(oro=[23], relays=[relay("2001:db8:fe::1", "fe80::9")])]),
    ("named-relay", get(relays=[relay("2001:db8:77::1", "fe80::9")])),
    ("two", get(relays=[relay("2001:db8:1::1", "2001:db8:2::1", hop=1), relay("2001:db8:2::1", "fe80::9")])),
    ("two-inner-no-link", get(relays=[relay("2001:db8:2::1", "fe80::8", hop=1), relay("::", "fe80::9", (18, b"x"))])),
    ("two-interface-ids", get(relays=[relay("2001:db8:1::1", "fe80::8", (18, b"outer"), hop=1), relay("2001:db8:2::1", "fe80::9", (18, b"inner"))])),
    ("eight", [SOLICIT(na(1), relays=[relay("2001:db8:2::1", "fe80::9", hop=h) for h in range(7, -1, -1)])]),
    ("thirty-two", [SOLICIT(na(1), relays=[relay("2001:db8:2::1", "fe80::9", hop=h) for h in range(31, -1, -1)])]),
    ("thirty-three", [SOLICIT(na(1), relays=[relay("2001:db8:2::1", "fe80::9", hop=h) for h in range(32, -1, -1)])]),
    ("remote-and-subscriber", get(relays=[relay("2001:db8:2::1", "fe80::9", (37, b"\0\0\0\1remote"), (38, b"subscriber"), (53, b"\0\3\0\1relay1"))])),
    ("asks-for-echo", [SOLICIT(na(1), relays=[relay("2001:db8:2::1", "fe80::9", (43, b"\0\x25\0\x26"), (37, b"\0\0\0\1remote"), (38, b"sub"))])]),
    ("source-port", get(relays=[relay("2001:db8:2::1", "fe80::9", (135, b"\0\0"))], sport=5000)),
    ("source-port-not-said", [SOLICIT(na(1), relays=R1, sport=5000)]),
    ("source-port-of-the-inner", [SOLICIT(na(1), relays=[relay("2001:db8:1::1", "fe80::8", hop=1), relay("2001:db8:2::1", "fe80::9", (135, b"\x13\x88"))])]),
    ("source-port-of-both", [SOLICIT(na(1), sport=5000, relays=[relay("2001:db8:1::1", "fe80::8", (135, b"\x13\x88"), hop=1),
                                                                 relay("2001:db8:2::1", "fe80::9", (135, b"\0\0"))])]),
    ("link-layer-address", get(relays=[relay("2001:db8:2::1", "fe80::9", CLIENT_LL)])),
    ("supplied", [SOLICIT(na(1), oro=[65, 59], relays=[relay("2001:db8:2::1", "fe80::9", (66, tlv(65, b"\3erp\7example\0") + tlv(59, b"url")))])]),
    ("supplied-not-asked", [SOLICIT(na(1), relays=[relay("2001:db8:2::1", "fe80::9", (66, tlv(65, b"\3erp\7example\0")))])]),
    ("supplied-not-allowed", [SOLICIT(na(1), oro=[27], relays=[relay("2001:db8:2::1", "fe80::9", (66, tlv(27, b"\0" * 16)))])]),
    ("supplied-configured-too", [SOLICIT(na(1), oro=[23], relays=[relay("2001:db8:2::1", "fe80::9", (66, tlv(23, b"\0" * 16)))])]),
    ("supplied-by-two", [SOLICIT(na(1), oro=[65], relays=[relay("2001:db8:1::1", "fe80::8", (66, tlv(65, b"\5outer\0")), hop=1),
                                                           relay("2001:db8:2::1", "fe80::9", (66, tlv(65, b"\5inner\0")))])]),
    ("no-message", [SOLICIT(relays=[lambda inner: b"\x0c\0" + ip6("2001:db8:2::1") + ip6("fe80::9")])]),
    ("empty-message", [SOLICIT(relays=[lambda inner: b"\x0c\0" + ip6("2001:db8:2::1") + ip6("fe80::9") + tlv(9, b"")])]),
    ("header-cut", [SOLICIT(relays=[lambda inner: b"\x0c\0" + ip6("2001:db8:2::1")])]),
    ("multicast", [SOLICIT(na(1), relays=R1, dst=ALL, src=None)]),
])

ALLOWED = dict(LINK, **{"rapid-commit": True})
group("rapid", {**LIFE, "subnet6": [ALLOWED, FAR]}, [
    ("rapid", [SOLICIT(opt(14), na(1), pd(1)), RENEW(na(1, MINE), pd(1, MINE))]),
    ("not-asked", [SOLICIT(na(1))]),
    ("nothing-free", [SOLICIT(opt(14), na(1), relays=R1)]),
    ("no-ia", [SOLICIT(opt(14))]),
])

group("bounds", {"preferred-lifetime": 300, "min-preferred-lifetime": 100, "max-preferred-lifetime": 500, "valid-lifetime": 400,
                 "min-valid-lifetime": 200, "max-valid-lifetime": 800, "renew-timer": 111, "rebind-timer": 222, "subnet6": [LINK]}, [
    ("default", get()),
    ("less", [SOLICIT(na(1, ("::", 1, 2)))]),
    ("more", [SOLICIT(na(1, ("::", 4000, 5000)))]),
    ("between", [SOLICIT(na(1, ("::", 150, 250))), REQUEST(na(1, ("::", 150, 250)))]),
    ("preferred-alone", [SOLICIT(na(1, ("::", 150, 0)))]),
    ("for-ever", [SOLICIT(na(1, ("::", 0xffffffff, 0xffffffff)))]),
    ("preferred-above-valid", [SOLICIT(na(1, ("::", 500, 200)))]),
    ("prefix", [SOLICIT(pd(1, ("::/64", 150, 250)))]),
    ("renew", get() + [RENEW(na(1, ("2001:db8:1::1", 150, 250)))]),
])

group("timers", {**LIFE, "calculate-tee-times": False, "subnet6": [LINK]}, [("none", get()), ("none-prefix", get(pd(1)))])
group("for-ever", {"preferred-lifetime": 4294967295, "valid-lifetime": 4294967295, "subnet6": [LINK]}, [("both", get(na(1), pd(1)))])
group("percent", {**LIFE, "calculate-tee-times": True, "t1-percent": 0.4, "t2-percent": 0.7, "subnet6": [LINK]}, [("tee", get(na(1), pd(1)))])

NET = {"name": "floor", "interface": "s0", "subnet6": [
    subnet(1, "2001:db8:1::/64", "2001:db8:1::100", "2001:db8:1::101", **{"preferred-lifetime": 100, "valid-lifetime": 200}),
    subnet(5, "2001:db8:5::/64", "2001:db8:5::100", "2001:db8:5::1ff", **{"pd-pools": [pd_pool("2001:db8:b000::", 40, 56)]})]}
group("network", {**LIFE, "shared-networks": [NET], "subnet6": [FAR]}, [
    ("first", get()),
    ("both", get(na(1), pd(1))),
    ("first-is-full", get()),
    ("hint-in-the-second", [SOLICIT(na(1, "2001:db8:5::150"))]),
    ("confirm-in-the-second", [CONFIRM(na(1, "2001:db8:5::150"))]),
    ("relay-in-the-second", get(relays=[relay("2001:db8:5::1")])),
])

TINY = subnet(1, "2001:db8:1::/64", "2001:db8:1::100", "2001:db8:1::100", interface="s0", **{"pd-pools": [pd_pool("2001:db8:8000::", 64, 64)]})
group("full", {**LIFE, "option-data": OPTS, "subnet6": [TINY]}, [
    ("last-one", get(na(1), pd(1))),
    ("none", [SOLICIT(na(1), pd(1), oro=[82])]),
    ("none-request", [REQUEST(na(1), pd(1))]),
    ("none-renew", [RENEW(na(1), pd(1))]),
    ("none-rebind", [REBIND(na(1, "2001:db8:1::100"))]),
])
group("empty", {**LIFE, "option-data": OPTS, "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "interface": "s0"}]}, [
    ("no-pools", [SOLICIT(na(1), pd(1))]),
    ("no-pools-request", [REQUEST(na(1), pd(1))]),
    ("inform", [INFORM(oro=[23])]),
])

EXCLUDE = dict(LINK, **{"pd-pools": [pd_pool("2001:db8:8000::", 48, 56, **{"excluded-prefix": "2001:db8:8000:10::", "excluded-prefix-len": 64,
                                                                             "option-data": [o("dns-servers", "2001:db8::5")]})]})
# Too many or missing values and options; the same option twice.
group("repeated", {**LIFE, "option-data": [o("dns-servers", "2001:db8::1"), o("dns-servers", "2001:db8::2,"), o("preference", "1, 2"), o("domain-search", ""),
                                           o("bootfile-param", "a, ,b,"), {"name": "sip-server-addr"}, o("nii", "1,2,3,4")], "subnet6": [LINK]},
      [(f"option-{code}", [SOLICIT(na(1), oro=[code])]) for code in (7, 22, 23, 24, 60, 62)])

group("exclude", {**LIFE, "option-data": [o("dns-servers", "2001:db8::1")], "subnet6": [EXCLUDE]}, [
    ("asked", get(pd(1), oro=[67])),
    ("not-asked", get(pd(1))),
    ("option-of-the-pool", [SOLICIT(pd(1), oro=[23])]),
    ("option-of-address-and-prefix", [SOLICIT(na(1), pd(1), oro=[23])]),
])

DEFS = [{"name": "my-record", "code": 1001, "type": "record", "record-types": "uint16, ipv6-address, string"},
        {"name": "my-prefix", "code": 1002, "type": "ipv6-prefix"}, {"name": "my-psid", "code": 1003, "type": "psid"},
        {"name": "my-tuple", "code": 1004, "type": "tuple"}, {"name": "my-box", "code": 1005, "type": "uint16", "encapsulate": "box"},
        {"name": "in-box", "code": 1, "space": "box", "type": "ipv6-address"}, {"name": "my-empty", "code": 1006, "type": "empty"}]
VALUES = [o("my-record", "7, 2001:db8::9, end"), o("my-prefix", "2001:db8:1::/48"), o("my-psid", "3/4"), o("my-tuple", "abc"), o("my-box", "4711"),
          o("in-box", "2001:db8::77", space="box"), {"name": "my-empty"},
          o("sip-server-dns", "sip.example.org"), o("sip-server-addr", "2001:db8::5060"), o("nis-servers", "2001:db8::a"), o("nisp-servers", "2001:db8::b"),
          o("nis-domain-name", "nis.example.org"), o("nisp-domain-name", "nisp.example.org"), o("bcmcs-server-dns", "bc.example.org"),
          o("bcmcs-server-addr", "2001:db8::c"), o("new-posix-timezone", "EST5EDT4"), o("new-tzdb-timezone", "Europe/Zurich"),
          {"code": 56, "csv-format": False, "data": "0001001020010db8000000000000000000000123"}, o("bootfile-url", "http://example.org/boot"),
          o("bootfile-param", "root=/dev/sda1, quiet"), o("aftr-name", "aftr.example.org"), o("pana-agent", "2001:db8::d"), o("erp-local-domain-name", "erp.example.org"),
          o("rdnss-selection", "2001:db8::e, 1, example.org"), o("v6-captive-portal", "https://portal.example.org"), o("unicast", "2001:db8:1::1"),
          {"code": 1234, "csv-format": False, "data": "0a0b0c"}]
CODES = [12, 21, 22, 27, 28, 29, 30, 33, 34, 40, 41, 42, 56, 59, 60, 64, 65, 74, 103, 1001, 1002, 1003, 1004, 1005, 1006, 1234]
ALWAYS = o("sntp-servers", "2001:db8::123", **{"always-send": True})
group("options", {**LIFE, "option-def": DEFS, "option-data": OPTS[:2] + VALUES + [ALWAYS],
                  "subnet6": [LINK, dict(FAR, **{"option-data": [o("dns-servers", "2001:db8:2::53")]})]}, [
    ("all", [SOLICIT(na(1), oro=CODES)]),
    ("none", [SOLICIT(na(1))]),
    ("of-the-subnet", [SOLICIT(na(1), oro=[23, 24], relays=R1)]),
    ("inform-all", [INFORM(oro=CODES)]),
    ("confirm-asks", [CONFIRM(na(1, "2001:db8:1::100"), oro=[23])]),
    ("release-asks", [RELEASE(na(1, "2001:db8:1::100"), oro=[23])]),
    *[(f"option-{c}", [SOLICIT(na(1), oro=[c])]) for c in CODES],
])

group("vendor", {**LIFE, "option-def": [{"name": "acme", "code": 7, "space": "vendor-9999", "type": "string"}],
                 "option-data": [o("tftp-servers", "2001:db8::69", space="vendor-4491"),
                                 o("acme", "u", space="vendor-9999", **{"always-send": True}), o("vendor-opts", "4491")],
                 "subnet6": [LINK]}, [
    ("cable-modem", [SOLICIT(na(1), opt(17, b"\0\0\x11\x8b\0\1\0\2\0\x20"))]),
    ("cable-modem-asks-nothing", [SOLICIT(na(1), opt(17, b"\0\0\x11\x8b"))]),
    ("other-vendor", [SOLICIT(na(1), opt(17, b"\0\0\x27\x0f"))]),
    ("unknown-vendor", [SOLICIT(na(1), opt(17, b"\0\0\0\1"))]),
    ("by-class", [SOLICIT(na(1), opt(16, b"\0\0\x27\x0f\0\1x"))]),
    ("asked", [SOLICIT(na(1), oro=[17])]),
    ("asked-by-the-modem", [SOLICIT(na(1), opt(17, b"\0\0\x11\x8b\0\1\0\2\0\x20"), oro=[17])]),
    ("class-cut", [SOLICIT(na(1), opt(16, b"\0\0"))]),
    ("options-cut", [SOLICIT(na(1), opt(17, b"\0\0\x11\x8b\0\1\0\x09x"))]),
])
LONG = [{"name": f"long-{i}", "code": 2000 + i, "type": "binary"} for i in range(30)]
group("large", {**LIFE, "option-def": LONG, "option-data": [{"code": 2000 + i, "csv-format": False, "data": "ab" * 2000} for i in range(30)],
                "subnet6": [LINK, FAR]}, [
    ("answer-of-two-frames", [SOLICIT(na(1), oro=[2000])]),
    ("answer-of-many-frames", [SOLICIT(na(1), oro=range(2000, 2030)), REQUEST(na(1, MINE), oro=range(2000, 2030))]),
    ("answer-of-many-frames-relayed", [SOLICIT(na(1), oro=range(2000, 2030), relays=R1)]),
    ("message-of-two-frames", [SOLICIT(na(1), opt(15, b"\0\1x" * 500))]),
    ("message-of-many-frames", [SOLICIT(na(1), opt(3000, b"x" * 60000)), REQUEST(na(1, MINE), opt(3000, b"x" * 65000))]),
    ("message-of-many-frames-relayed", [SOLICIT(na(1), opt(3000, b"x" * 60000), relays=R1)]),
    ("thousands-of-ias", [SOLICIT(*[na(i) for i in range(1, 2001)], *[pd(i) for i in range(1, 2001)])]),
])

# Options set by servers, and options only others send. Kea 2.2.0 never responds with IA or leasequery data options.
SERVERS = [{"code": c, "csv-format": False, "data": d} for c, d in
           ((1, "00030001020000000009"), (2, "00030001020000000008"), (9, "0b000001"), (13, "00056e6f"), (14, ""))]
OTHERS = [o("oro", "23, 24"), o("elapsed-time", "7"), {"code": 18, "csv-format": False, "data": "0102"},
          o("lq-relay-data", "2001:db8::9, 0b000001"), o("pd-exclude", "2001:db8:8000:0:80::/72")]
CODES = [1, 2, 3, 6, 8, 9, 13, 14, 18, 25, 47, 67]
group("own", {**LIFE, "option-data": SERVERS + OTHERS, "subnet6": [LINK, FAR]}, [
    ("asked", get(oro=CODES)),
    ("not-asked", get()),
    *[(f"option-{c}", [SOLICIT(na(1), oro=[c])]) for c in CODES],
    ("prefix", [SOLICIT(pd(1), oro=CODES)]),
    ("inform", [INFORM(oro=CODES)]), ("inform-anonymous", [INFORM(oro=CODES, duid=None)]),
    ("relayed", [SOLICIT(na(1), oro=CODES, relays=[relay("2001:db8:2::1", "fe80::9", (18, b"port"))])]),
])
