# SPDX-License-Identifier: MPL-2.0
"""Names in the DNS, DHCPv6: responses with option 39, and the requests to the DDNS server, which both servers send to a socket of
the test."""
from cases6 import DECLINE, FAR, LIFE, LINK, MINE, REBIND, RELEASE, RENEW, REQUEST, SOLICIT, get, group, na, opt, pd, relay
from hosts6 import duid, host
from parts import with_hosts

S, O, N = 1, 2, 4
FULL, PART = b"\x04Host\x07Example\x03org\0", b"\x04Host"
DDNS = {**LIFE, "dhcp-ddns": {"enable-updates": True}}
SUFFIX = {"ddns-qualifying-suffix": "lan.example"}
ORO = [39]


def fqdn(flags, name=b""):
    return opt(39, bytes([flags]) + name)


def at(address, *parts, **k):
    """A lease of this address, so that generated names are equal."""
    return [SOLICIT(na(1, address), *parts, oro=ORO, **k), REQUEST(na(1, address), *parts, oro=ORO, **k)]


def flags(n):
    return [(f"{n}-{text}-{f}", at(f"2001:db8:1::{100 + 20 * i + f}", fqdn(f, data)))
            for i, (text, data) in enumerate((("full", FULL), ("partial", PART), ("none", b""))) for f in range(8) if f & (N | S) != N | S]


FQDNS = [("odd", b"\x06h_s t!\x07example\x03org\0"), ("odd-partial", b"\4P_c1"), ("nothing-left", b"\3___"), ("label-left-out", b"\1a\2__\1b\0"),
         ("dot-in-label", b"\3a.b\3lan\7example\0"), ("bytes", b"\4\xff\xfeab\3lan\0"), ("suffix-there", b"\2pc\3lan\7example\0"),
         ("suffix-partial", b"\2pc\3lan\7example"), ("ends-like-suffix", b"\2pc\4xlan\7example"), ("root", b"\0"), ("long-label", b"\x3f" + b"z" * 63)]


def both(n):
    return [(f"{n}-{text}", at(f"2001:db8:1::{200 + i}", fqdn(S, data))) for i, (text, data) in enumerate(FQDNS)] + [
        (f"{n}-neither", at("2001:db8:1::220")), (f"{n}-client-does", at("2001:db8:1::221", fqdn(0, FULL))),
        (f"{n}-nobody-does", at("2001:db8:1::222", fqdn(N, FULL))), (f"{n}-compressed", at("2001:db8:1::300", fqdn(S)))]


group("names-flags", {**DDNS, "subnet6": [LINK]}, flags("plain"))
group("names-no-update", {**DDNS, **SUFFIX, "ddns-override-no-update": True, "subnet6": [LINK]}, flags("no-update"))
group("names-client-update", {**DDNS, **SUFFIX, "ddns-override-client-update": True, "subnet6": [LINK]}, flags("client-update"))
group("names-not-sent", {**DDNS, **SUFFIX, "ddns-send-updates": False, "subnet6": [LINK]}, flags("not-sent"))
group("names-disabled", {**LIFE, **SUFFIX, "ddns-override-no-update": True, "ddns-generated-prefix": "pre", "subnet6": [LINK]},
      flags("disabled") + both("disabled")[-4:])
group("names-plain", {**DDNS, "subnet6": [LINK]}, both("plain"))
group("names-suffix", {**DDNS, **SUFFIX, "subnet6": [LINK]}, both("suffix"))
for mode in ("always", "when-present", "when-not-present"):
    group(f"names-{mode}", {**DDNS, **SUFFIX, "ddns-replace-client-name": mode, "ddns-generated-prefix": "gen", "subnet6": [LINK]}, both(mode))
group("names-replaced", {**DDNS, "hostname-char-set": "[^A-Za-z0-9-]", "hostname-char-replacement": "x", "subnet6": [LINK]}, both("replaced"))
group("names-unchanged", {**DDNS, "hostname-char-set": "", "subnet6": [LINK]}, both("unchanged"))

NAMED = with_hosts(LINK, host(1, hostname="One"), host(2, hostname="two.example.org"), host(3, hostname="Three.lan.example."), host(4, hostname="fo_ur"),
                   host(5, "2001:db8:1::50"))
of_hosts = [(f"{n}-{how}", get(na(1, MINE), *parts, duid=duid(n), oro=ORO)) for n in range(1, 6) for how, parts in (
    ("none", ()), ("name", (fqdn(S, FULL),)), ("own", (fqdn(0, PART),)), ("never", (fqdn(N, PART),)))]
group("names-hosts", {**DDNS, "subnet6": [NAMED]}, of_hosts)
group("names-hosts-suffix", {**DDNS, **SUFFIX, "ddns-replace-client-name": "when-present", "subnet6": [NAMED]}, of_hosts)

for label, more in (("", {}), ("-on-renew", {"ddns-update-on-renew": True})):
    group(f"names-changes{label}", {**DDNS, **SUFFIX, **more, "subnet6": [LINK]}, [
        ("renewed", at("2001:db8:1::110", fqdn(S, PART)) + [RENEW(na(1, MINE), fqdn(S, PART), oro=ORO)]),
        ("rebound", at("2001:db8:1::111", fqdn(S, PART)) + [REBIND(na(1, MINE), fqdn(S, PART), oro=ORO)]),
        ("renamed", at("2001:db8:1::112", fqdn(S, PART)) + [RENEW(na(1, MINE), fqdn(S, b"\3new"), oro=ORO)]),
        ("name-left-out", at("2001:db8:1::113", fqdn(S, PART)) + [RENEW(na(1, MINE))]),
        ("named-later", at("2001:db8:1::114") + [RENEW(na(1, MINE), fqdn(S, PART), oro=ORO)]),
        ("client-takes-over", at("2001:db8:1::115", fqdn(S, FULL)) + [RENEW(na(1, MINE), fqdn(0, FULL), oro=ORO)]),
        ("client-wants-none", at("2001:db8:1::116", fqdn(S, FULL)) + [RENEW(na(1, MINE), fqdn(N, FULL), oro=ORO)]),
        ("released", at("2001:db8:1::117", fqdn(S, PART)) + [RELEASE(na(1, MINE))]),
        ("declined", at("2001:db8:1::118", fqdn(S, PART)) + [DECLINE(na(1, MINE))]),
        ("offered", [SOLICIT(na(1, "2001:db8:1::119"), fqdn(S, PART), oro=ORO)]),
        ("prefix", get(pd(1, MINE), fqdn(S, PART), oro=ORO)),
        ("both", [SOLICIT(na(1, "2001:db8:1::120"), pd(1), fqdn(S, PART), oro=ORO), REQUEST(na(1, MINE), pd(1, MINE), fqdn(S, PART), oro=ORO)]),
        ("two", [SOLICIT(na(1, "2001:db8:1::121"), na(2, "2001:db8:1::122"), fqdn(S), oro=ORO), REQUEST(na(1, MINE), na(2, MINE), fqdn(S), oro=ORO)]),
        ("two-named", [SOLICIT(na(1, "2001:db8:1::123"), na(2, "2001:db8:1::124"), fqdn(S, PART), oro=ORO), REQUEST(na(1, MINE), na(2, MINE), fqdn(S, PART), oro=ORO)]),
    ])
