# SPDX-License-Identifier: MPL-2.0
"""Names in the DNS, DHCPv4: responses with options 81 and 12, and the requests to the DDNS server, which both servers send to a
socket of the test."""
from cases import DECLINE, FAR, GI, INFORM, LINK, MINE, RELEASE, SERVER, SERVER1, D, R, fqdn, get, group
from hosts4 import host, mac
from parts import c, with_hosts

S, O, E, N = 1, 2, 4, 8
WIRE, PART = b"\x04Host\x07Example\x03org\0", b"\x04Host"
DDNS = {"valid-lifetime": 3600, "dhcp-ddns": {"enable-updates": True}}
PRL = b"\x0c\x51"


def at(address, **k):
    """A lease of this address, so that generated names are equal."""
    return [D(want=address, **k), R(want=address, server=SERVER1 if "giaddr" in k else SERVER, **k)]


def renew(**k):
    return R(ciaddr=MINE, src=MINE, dst=SERVER, **k)


def name(text):
    return {"opts": [(12, text)]}


def flags(n):
    """All legal flags, each with a name in wire form, a partial one, and none."""
    return [(f"{n}-{text}-{f}", at(f"192.0.2.{100 + 20 * i + f}", **fqdn(f, data)))
            for i, (text, data) in enumerate((("full", WIRE), ("partial", PART), ("none", b""))) for f in range(16) if f & (N | S) != N | S]


HOSTNAMES = [("short", b"Pc1"), ("full", b"Pc1.Example.org"), ("dot-only", b"."), ("final-dot", b"pc1."), ("full-final-dot", b"pc1.example.org."),
             ("odd", b"P_c 1"), ("odd-full", b"p_c.ex ample.org"), ("nothing-left", b"__ _"), ("label-left-out", b"a.__.b"), ("dots", b"a..b"),
             ("first-dot", b".abc"), ("bytes", b"\xff\xfeab"), ("utf8", "b\u00fcro".encode()), ("nul", b"pc1\0"), ("nul-inside", b"p\0c1"), ("blank", b" pc1 "),
             ("label-63", b"x" * 63), ("label-64", b"x" * 64), ("labels", b".".join([b"y" * 60] * 4)), ("backslash", b"a\\.b"), ("dash", b"-pc-"),
             ("with-suffix", b"pc1.lan.example."), ("ends-like-suffix", b"pc1lan.example"), ("digits", b"12345")]


def hostnames(n, first=100):
    return [(f"{n}-{text}", at(f"192.0.2.{first + i}", prl=PRL, **name(data))) for i, (text, data) in enumerate(HOSTNAMES)]


FQDNS = [("odd", E | S, b"\x06h_s t!\x07example\x03org\0"), ("odd-partial", E | S, b"\4P_c1"), ("nothing-left", E | S, b"\3___"), ("ascii", S, b"Host.Example.org"),
         ("ascii-dot", S, b"Host.Example.org."), ("ascii-partial", S, b"Host"), ("ascii-odd", S, b"H_o s.t"), ("dot-in-label", E | S, b"\3a.b\3lan\7example\0"),
         ("bytes", E | S, b"\4\xff\xfeab\3lan\0"), ("suffix-there", E | S, b"\2pc\3lan\7example\0"), ("suffix-partial", E | S, b"\2pc\3lan\7example"),
         ("ends-like-suffix", E | S, b"\2pc\4xlan\7example"), ("root", E | S, b"\0"), ("ascii-root", S, b"."), ("long-label", E | S, b"\x3f" + b"z" * 63)]


def fqdns(n, first=130):
    return [(f"{n}-fqdn-{text}", at(f"192.0.2.{first + i}", **fqdn(f, data))) for i, (text, f, data) in enumerate(FQDNS)]


def both(n):
    return hostnames(n) + fqdns(n) + [
        (f"{n}-neither", at("192.0.2.200")), (f"{n}-both", at("192.0.2.201", opts=[(81, b"\5\0\0" + WIRE), (12, b"other")], prl=PRL)),
        (f"{n}-client-does", at("192.0.2.202", **fqdn(E, WIRE))), (f"{n}-nobody-does", at("192.0.2.203", **fqdn(E | N, WIRE)))]


SUFFIX = {"ddns-qualifying-suffix": "lan.example"}
group("names-flags", {**DDNS, "subnet4": [LINK]}, flags("plain"))
group("names-no-update", {**DDNS, **SUFFIX, "ddns-override-no-update": True, "subnet4": [LINK]}, flags("no-update"))
group("names-client-update", {**DDNS, **SUFFIX, "ddns-override-client-update": True, "subnet4": [LINK]}, flags("client-update"))
group("names-not-sent", {**DDNS, **SUFFIX, "ddns-send-updates": False, "subnet4": [LINK]}, flags("not-sent"))
group("names-disabled", {"valid-lifetime": 3600, **SUFFIX, "ddns-override-no-update": True, "ddns-generated-prefix": "pre", "subnet4": [LINK]},
      flags("disabled") + both("disabled")[-4:])
group("names-plain", {**DDNS, "subnet4": [LINK]}, both("plain"))
group("names-suffix", {**DDNS, **SUFFIX, "subnet4": [LINK]}, both("suffix"))
group("names-suffix-dot", {**DDNS, "ddns-qualifying-suffix": "lan.example.", "ddns-generated-prefix": "pre", "subnet4": [LINK]}, both("suffix-dot"))
for mode in ("always", "when-present", "when-not-present"):
    group(f"names-{mode}", {**DDNS, **SUFFIX, "ddns-replace-client-name": mode, "ddns-generated-prefix": "gen", "subnet4": [LINK]}, both(mode))
group("names-replaced", {**DDNS, "hostname-char-set": "[^A-Za-z0-9-]", "hostname-char-replacement": "x", "subnet4": [LINK]}, both("replaced"))
group("names-unchanged", {**DDNS, "hostname-char-set": "", "subnet4": [LINK]}, both("unchanged"))
group("names-words", {**DDNS, "hostname-char-set": "([^A-Za-z0-9]+|[0-9]{2})", "hostname-char-replacement": "-$1-", "subnet4": [LINK]}, both("words"))

# --- reservations, scopes and classes -----------------------------------------------------------------

NAMED = with_hosts(LINK, host(1, hostname="One"), host(2, hostname="two.example.org"), host(3, hostname="Three.lan.example."), host(4, hostname="fo_ur"),
                   host(5, "192.0.2.60"))
of_hosts = [(f"{n}-{how}", get(mac=mac(n), **k)) for n in range(1, 6) for how, k in (
    ("none", {}), ("asked", {"prl": PRL}), ("name", name(b"mine")), ("fqdn", fqdn(E | S, WIRE)), ("fqdn-own", fqdn(E, PART)), ("fqdn-never", fqdn(E | N, PART)))]
group("names-hosts", {**DDNS, "subnet4": [NAMED]}, [x for x in of_hosts if not x[0].startswith("5-fqdn-none")])
group("names-hosts-suffix", {**DDNS, **SUFFIX, "ddns-replace-client-name": "always", "subnet4": [NAMED]}, of_hosts)
group("names-scopes", {**DDNS, **SUFFIX, "shared-networks": [{
    "name": "net", "ddns-qualifying-suffix": "net.example", "ddns-replace-client-name": "when-not-present", "subnet4": [
        {**LINK, "ddns-generated-prefix": "of-link", "ddns-override-client-update": True}]}],
    "subnet4": [{**FAR, "ddns-send-updates": False, "ddns-generated-prefix": "far"}]}, [
    ("network", at("192.0.2.110", **name(b"pc1"))), ("network-none", at("192.0.2.111")), ("network-fqdn", at("192.0.2.112", **fqdn(E, PART))),
    ("far", at("198.51.100.110", **GI, **name(b"pc1"))), ("far-fqdn", at("198.51.100.111", **GI, **fqdn(E | S, PART))), ("far-none", at("198.51.100.112", **GI)),
    ("far-generated", at("198.51.100.113", **GI, **fqdn(E | S, b"")))])

# --- changes: what the DDNS server is asked for ---------------------------------------------------------

CID, DUID = b"\1\2\3\4\5\6\7", b"\xff\0\0\0\1\0\3\0\1\2\3\4\5\6\7"
for label, more in (("", {}), ("-on-renew", {"ddns-update-on-renew": True})):
    group(f"names-changes{label}", {**DDNS, **SUFFIX, **more, "subnet4": [LINK]}, [
        ("renewed", at("192.0.2.110", **name(b"pc1")) + [renew(**name(b"pc1"))]), ("renamed", at("192.0.2.111", **name(b"pc1")) + [renew(**name(b"pc2"))]),
        ("name-left-out", at("192.0.2.112", **name(b"pc3")) + [renew()]), ("named-later", at("192.0.2.113") + [renew(**name(b"pc4"))]),
        ("client-takes-over", at("192.0.2.114", **fqdn(E | S, WIRE)) + [renew(**fqdn(E, WIRE))]),
        ("client-wants-none", at("192.0.2.115", **fqdn(E | S, WIRE)) + [renew(**fqdn(E | N, WIRE))]),
        ("released", at("192.0.2.116", **name(b"pc5")) + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER)]),
        ("declined", at("192.0.2.117", **name(b"pc6")) + [DECLINE(want=MINE)]),
        ("client-id", at("192.0.2.118", cid=CID, **name(b"pc7"))), ("duid", at("192.0.2.119", cid=DUID, **name(b"pc8"))),
        ("rebooted", at("192.0.2.120", **name(b"pc9")) + [R(want=MINE, **name(b"pc9"))]), ("offered", [D(want="192.0.2.121", **name(b"pc10"))]),
        ("inform", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35", dst=SERVER, **name(b"pc11"))]),
    ])
group("names-modes", {**DDNS, **SUFFIX, "ddns-use-conflict-resolution": False, "subnet4": [{**LINK, "ddns-use-conflict-resolution": True}, FAR]}, [
    ("checked", at("192.0.2.110", **name(b"pc1"))), ("unchecked", at("198.51.100.110", **GI, **name(b"pc1")))])
