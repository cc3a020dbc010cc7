# SPDX-License-Identifier: MPL-2.0
"""Host reservations of DHCPv6: who gets what is reserved for it, and nobody else; what else a reservation sets."""
from cases6 import (CONFIRM, DECLINE, FAR, INFORM, LIFE, LINK, MINE, R1, REBIND, RELEASE, RENEW, REQUEST, SOLICIT, get, group, na, o, opt, pd, pd_pool,
                    relay)
from classes6 import pools
from pair import reload, subnet
from parts import MODES, c, hyphens, with_hosts


def duid(n):
    return bytes.fromhex("0003000102cc0000") + bytes([n >> 8, n & 255])


def host(n, *addresses, **more):
    """By DUID; underscores in keys are hyphens. Prefixes have a slash."""
    where = {"ip-addresses": [a for a in addresses if "/" not in a], "prefixes": [a for a in addresses if "/" in a]}
    return {"duid": duid(n).hex(":"), **{k: v for k, v in where.items() if v}, **hyphens(more)}


def by_mac(mac, *addresses):
    return {"hw-address": mac, "ip-addresses": list(addresses)}


def live(n, what=na, **k):
    """All that a client does with its lease."""
    me = {"duid": duid(n), **k}
    return get(what(1), **me) + [REQUEST(what(1, MINE), **me), RENEW(what(1, MINE), **me), REBIND(what(1, MINE), **me), SOLICIT(what(1), **me)] + (
        [CONFIRM(na(1, MINE), **me)] if what is na else [])


A1, PD = "2001:db8:1::", "2001:db8:8000:"

# --- identifiers ---------------------------------------------------------------------------------------

LLT = bytes.fromhex("0001000120304050") + bytes.fromhex("02cc0000ff01")
IDS = with_hosts(LINK, host(1, A1 + "111"), {"duid": "00:04:00:11:22:33", "ip-addresses": [A1 + "112"]}, by_mac("02:cc:00:00:ff:01", A1 + "113"),
    by_mac("02:00:00:00:00:42", A1 + "114"),
                 host(20, A1 + "120"), by_mac("02:cc:00:00:00:14", A1 + "121"))
IDS_FAR = with_hosts(FAR, host(1, "2001:db8:2::111"), by_mac("02:00:00:00:00:42", "2001:db8:2::114"))
identify = [
    ("duid", live(1)), ("duid-odd", get(duid=b"\0\4\0\x11\x22\x33")), ("duid-prefix", get(duid=b"\0\4\0\x11\x22")), ("hw-address-of-duid", get(duid=LLT)),
    ("far", live(1, relays=R1)), ("hw-address-of-relay", get(relays=[relay("2001:db8:2::1", "fe80::9", (79, b"\0\1\x02\0\0\0\0\x42"))])),
    ("hw-address-of-peer", get(relays=[relay("2001:db8:2::1", "fe80::ff:fe00:42")])), ("duid-and-mac", get(duid=duid(20))),
]
EXACT = [n for n, _ in identify if n not in ("duid-prefix", "hw-address-of-peer")]
for name, keys in (("ids", {}), ("ids-order", {"host-reservation-identifiers": ["hw-address", "duid"]}), ("ids-few",
    {"host-reservation-identifiers": ["duid"]})):
    group(f"host-{name}", {**LIFE, **keys, "subnet6": [IDS, IDS_FAR]}, identify if name == "ids" else identify[-1:] + identify[3:4],
        exact=EXACT if name != "ids-few" else ())

# The order in which sources of the hardware address are tried: each message lacks the best source of the one before.
SOURCES = [(79, b"\0\1\2\0\0\0\0\1"), (37, b"\0\0\0\1\2\0\0\0\0\4"), (38, b"\2\0\0\0\0\5")]
PEER, NO_PEER = "fe80::200:ff:fe00:3", "fe80::9"
OF_DUID, OF_NONE = b"\0\3\0\1\2\0\0\0\0\2", b"\0\2\0\0\0\x09none"
group("host-mac-sources", {**LIFE, "host-reservation-identifiers": ["hw-address"], "subnet6": [LINK, with_hosts(FAR, *[
    by_mac(f"{0 if n == 3 else 2:02}:00:00:00:00:{n:02}", f"2001:db8:2::{n}") for n in range(1, 6)])]}, [
    (name, [SOLICIT(na(1), duid=who, relays=[relay("2001:db8:2::1", peer, *opts)])]) for name, who, peer, opts in (
        ("all", OF_DUID, PEER, SOURCES), ("no-option-79", OF_DUID, PEER, SOURCES[1:]), ("no-duid", OF_NONE, PEER, SOURCES[1:]),
        ("no-peer", OF_NONE, NO_PEER, SOURCES[1:]),
        ("subscriber", OF_NONE, NO_PEER, SOURCES[2:]), ("peer", OF_NONE, PEER, []), ("peer-and-subscriber", OF_NONE, PEER, SOURCES[2:]))], exact=("all",
        "no-option-79", "no-duid", "no-peer", "peer", "peer-and-subscriber"))

# --- where reservations count ------------------------------------------------------------------------------

for name, keys in MODES.items():
    group(f"host-{name}", {
        **LIFE, **keys, "reservations": [host(1, A1 + "210"), host(2, A1 + "20"), host(3, option_data=[o("dns-servers", "2001:db8::3")]),
                                         host(6, "2001:db8:66::1"), host(7, PD + "77::/64")],
        "subnet6": [with_hosts(LINK, host(1, A1 + "110"), host(4, A1 + "30", PD + "44::/64"), host(5, option_data=[o("dns-servers", "2001:db8::5")])), FAR]}, [
        ("both-have-it", get(duid=duid(1))), ("global-address", get(duid=duid(2))), ("global-option", get(duid=duid(3), oro=[23])),
        ("local-outside", get(duid=duid(4))),
        ("local-prefix", get(pd(1), duid=duid(4))), ("local-option", get(duid=duid(5), oro=[23])), ("elsewhere", get(duid=duid(6))),
        ("global-prefix", get(pd(1), duid=duid(7))),
        ("far", get(duid=duid(1), relays=R1)), ("taken", [SOLICIT(na(1, A1 + "110"))]), ("taken-outside", [REQUEST(na(1, A1 + "30"))]),
        ("taken-prefix", [REQUEST(pd(1, PD + "44::/64"))]),
    ])
group("host-inherit", {**LIFE, "reservations-global": True, "reservations-in-subnet": False, "reservations": [host(1, option_data=[o("dns-servers",
    "2001:db8::9")])], "shared-networks": [
    {"name": "n", "interface": "s0", "reservations-in-subnet": True, "subnet6": [with_hosts(subnet(1, "2001:db8:1::/64", "2001:db8:1::100",
        "2001:db8:1::fff"), host(1, A1 + "110"))]},
    {"name": "o", "relay": {"ip-addresses": ["2001:db8:77::1"]}, "reservations-global": False, "subnet6": [
        with_hosts(subnet(3, "2001:db8:3::/64", "2001:db8:3::100", "2001:db8:3::1ff"), host(1, "2001:db8:3::110"), reservations_in_subnet=True)]}],
    "subnet6": [with_hosts(FAR, host(1, "2001:db8:2::110"))]}, [
    ("network", get(duid=duid(1), oro=[23])), ("subnet", get(duid=duid(1), oro=[23], relays=[relay("2001:db8:77::1")])),
    ("global", get(duid=duid(1), oro=[23], relays=R1)),
], exact=("network", "subnet"))

# --- addresses and prefixes ---------------------------------------------------------------------------------

RESERVED = with_hosts(LINK, host(1, A1 + "110"), host(2, A1 + "20"), host(3, hostname="three"), host(4, A1 + "112"), host(5, A1 + "113"),
    host(6, PD + "6::/64"), host(7, "2001:db8:f000::/48"),
                      host(8, A1 + "118", A1 + "28", PD + "8::/64", "2001:db8:9000:800::/56"), host(9, A1 + "119", PD + "9::/64"), host(10, PD + "a::/64"))
ME4, ME5, ME8, ME9 = ({"duid": duid(n)} for n in (4, 5, 8, 9))
group("host-address", {**LIFE, "subnet6": [RESERVED, FAR]}, [
    ("inside", live(1)), ("outside", live(2)), ("none", live(3)), ("prefix", live(6, pd)), ("prefix-outside", live(7, pd)),
    ("address-has-no-prefix", get(pd(1), duid=duid(1))),
    ("prefix-has-no-address", get(na(1), duid=duid(6))), ("both", get(na(1), pd(1), **ME9) + [RENEW(na(1, MINE), pd(1, MINE), **ME9), RELEASE(na(1, MINE),
    pd(1, MINE), **ME9), SOLICIT(na(1), pd(1), **ME9)]),
    ("several-one-ia", get(na(1), pd(1), **ME8)), ("several-two-ias", get(na(1), na(2), pd(1), pd(2), **ME8) + [RENEW(na(1, MINE), na(2, MINE), pd(1, MINE),
    pd(2, MINE), **ME8)]),
    ("several-three-ias", get(na(11), na(12), na(13), **ME8)), ("owner-wants-another", [SOLICIT(na(1, A1 + "150"), **ME4), REQUEST(na(1, A1 + "150"), **ME4)]),
    ("wants-reserved", [SOLICIT(na(1, A1 + "110")), REQUEST(na(1, A1 + "110"))]), ("wants-reserved-outside", [SOLICIT(na(1, A1 + "20")), REQUEST(na(1,
    A1 + "20"))]),
    ("wants-reserved-prefix", [SOLICIT(pd(1, PD + "6::/64")), REQUEST(pd(1, PD + "6::/64"))]), ("renews-reserved", [RENEW(na(1, A1 + "113")), REBIND(na(1,
    A1 + "113"))]),
    ("rebinds-reserved-prefix", [REBIND(pd(1, PD + "a::/64"))]), ("owner-renews", [RENEW(na(1, A1 + "113"), **ME5)]),
    ("owner-renews-another", [RENEW(na(1, A1 + "155"), duid=duid(4))]),
    ("owner-rebinds", [REBIND(na(1, A1 + "113"), **ME5)]), ("owner-confirms", [CONFIRM(na(1, A1 + "113"), **ME5)]),
    ("released", get(duid=duid(2)) + [RELEASE(na(1, MINE), duid=duid(2)), SOLICIT(na(1, A1 + "20")), SOLICIT(na(1), duid=duid(2))]),
    ("inform", [INFORM(oro=[23], duid=duid(2))]),
    ("rapid", [SOLICIT(opt(14), na(1), duid=duid(1))]),
], exact=("inside", "outside", "prefix", "prefix-outside", "both", "several-one-ia", "several-two-ias", "owner-renews", "owner-rebinds"))
ME1, ME6 = {"duid": duid(1)}, {"duid": duid(6)}
group("host-hints", {**LIFE, "subnet6": [RESERVED, FAR]}, [
    ("length", get(pd(1, "::/56"), **ME6)), ("another-prefix", get(pd(1, PD + "77::/64"), **ME6)), ("lifetimes", [SOLICIT(na(1, ("::", 100, 200)), **ME1)]),
    ("reserved-of-the-other-ia", get(na(1), na(2), **ME8) + [RENEW(na(2, MINE), **ME8), RENEW(na(1, MINE), na(2, MINE), na(3), **ME8)]),
    ("one-released", get(na(1), na(2), **ME8) + [RELEASE(na(1, MINE), **ME8), SOLICIT(na(5), **ME8), REQUEST(na(5, MINE), **ME8)]),
    ("renew-adds-prefix", get(na(1), **ME9) + [RENEW(na(1, MINE), pd(1), **ME9)]), ("rebind-adds-prefix", get(na(1), duid=duid(10)) + [REBIND(na(1, MINE),
    pd(1), duid=duid(10))]),
    ("renew-without-lease", [RENEW(na(1), **ME4)]), ("renew-wrong-iaid", get(na(1), **ME5) + [RENEW(na(2, A1 + "113"), **ME5)]),
    ("confirm-other", get(**ME1) + [CONFIRM(na(1, A1 + "112"), **ME1)]),
    ("request-of-another", get(**ME4) + [REQUEST(na(1, A1 + "113"), **ME4)]), ("decline-of-another", get(**ME4) + [DECLINE(na(1, A1 + "113"), **ME4)]),
    ("temporary", [SOLICIT(na(1), opt(4, b"\0\0\0\1"), **ME1)]),
], exact=("length", "another-prefix", "lifetimes", "renew-adds-prefix"))
group("host-rapid", {**LIFE, "subnet6": [{**RESERVED, "rapid-commit": True}, FAR]}, [
    ("owner", [SOLICIT(opt(14), na(1), pd(1), **ME9)]), ("another", [SOLICIT(opt(14), na(1, A1 + "119"), pd(1, PD + "9::/64"))])], exact=("owner",))
group("host-decline", {**LIFE, "subnet6": [RESERVED, FAR]}, [
    ("declines", get(duid=duid(1)) + [DECLINE(na(1, MINE), duid=duid(1)), SOLICIT(na(1), duid=duid(1)), REQUEST(na(1, MINE), duid=duid(1))]),
    ("declines-outside", get(duid=duid(2)) + [DECLINE(na(1, MINE), duid=duid(2)), SOLICIT(na(1), duid=duid(2))])])
FULL = {**with_hosts(LINK, host(1, A1 + "100", PD + ":/64"), host(2, A1 + "101", PD + "1::/64")), "pools": pools("2001:db8:1",
    (100, 101, {})), "pd-pools": [pd_pool("2001:db8:8000::", 63, 64)]}
group("host-full", {**LIFE, "subnet6": [FULL]}, [
    ("nobody-else", [SOLICIT(na(1), pd(1)), SOLICIT(na(1, A1 + "100")), REQUEST(na(1, A1 + "100"), pd(1, PD + "1::/64"))]),
    ("owner", get(na(1), pd(1), duid=duid(1))),
    ("other-owner", get(na(1), pd(1), duid=duid(2))), ("nobody-after", [SOLICIT(na(1), pd(1))]),
], exact=("owner", "other-owner"))
NET = {"name": "floor", "interface": "s0", "subnet6": [
    with_hosts(subnet(1, "2001:db8:1::/64", "2001:db8:1::100", "2001:db8:1::1ff"), host(1, A1 + "50"),
        host(3, option_data=[o("domain-search", "one.example")])),
    with_hosts(subnet(5, "2001:db8:5::/64", "2001:db8:5::100", "2001:db8:5::1ff", **{"option-data": [o("domain-search", "second.example")]}),
        host(2, "2001:db8:5::50"), host(4, "2001:db8:5::150"))]}
group("host-network", {**LIFE, "shared-networks": [NET], "subnet6": [FAR]}, [
    ("first", live(1)), ("second", live(2, oro=[24])), ("second-in-pool", live(4, oro=[24])), ("option-in-first", get(duid=duid(3), oro=[24])),
    ("wants-second", [REQUEST(na(1, "2001:db8:5::50"))]),
], exact=("first", "second", "second-in-pool"))
group("host-guards", {**LIFE, "subnet6": [{**with_hosts(LINK, host(1, hostname="one"), host(2, A1 + "50"), host(3, A1 + "210", PD + "3::/64")), "pools": pools(
    "2001:db8:1", (100, 150, {"client-class": "KNOWN"}), (200, 250, {"client-class": "UNKNOWN"})), "pd-pools": [pd_pool("2001:db8:8000::", 48, 64,
    **{"client-class": "KNOWN"})]}]}, [
    ("known", get(na(1), pd(1), duid=duid(1))), ("outside", get(duid=duid(2))), ("in-the-other", get(na(1), pd(1), duid=duid(3))),
    ("unknown", get(na(1), pd(1))), ("unknown-wants-known", [REQUEST(na(1, A1 + "120"))]),
    ("known-wants-unknown", [REQUEST(na(1, A1 + "220"), duid=duid(1))]),
], exact=("outside", "in-the-other"))
group("host-drop", {**LIFE, "client-classes": [{"name": "DROP", "test": "not member('KNOWN') and option[61].exists"}],
                    "subnet6": [with_hosts(LINK, host(1, hostname="one"), host(2, A1 + "50"))]}, [
    ("unknown", [SOLICIT(opt(61, b"\0\1"), na(1))]), ("known", get(opt(61, b"\0\1"), na(1), duid=duid(1))),
    ("known-address", get(opt(61, b"\0\1"), na(1), duid=duid(2))), ("unknown-plain", get()),
])
group("host-not-unique", {**LIFE, "ip-reservations-unique": False, "subnet6": [with_hosts(LINK, host(1, A1 + "110"), host(2, A1 + "110"),
    host(3, A1 + "20", PD + "3::/64"), host(4, A1 + "20", PD + "3::/64"))]}, [
    ("inside", get(duid=duid(1)) + [SOLICIT(na(1), duid=duid(2)), REQUEST(na(1, A1 + "110"), duid=duid(2)), RENEW(na(1, A1 + "110"), duid=duid(1))]),
    ("outside", get(na(1), pd(1), duid=duid(3)) + [SOLICIT(na(1), pd(1), duid=duid(4))]),
    ("released", [RELEASE(na(1, A1 + "20"), pd(1, PD + "3::/64"), duid=duid(3)), *get(na(1), pd(1), duid=duid(4))]),
    ("nobody-else", [REQUEST(na(1, A1 + "20"))]),
], exact=("released",))

# --- what else a reservation sets ---------------------------------------------------------------------------

FQDN = opt(39, b"\1\4host\7example\3org\0")
SETS = with_hosts(LINK, host(1, A1 + "110", hostname="One.Example.org"), host(2, hostname="two", option_data=[
    o("dns-servers", "2001:db8::2"), o("sntp-servers", "2001:db8::2", **{"always-send": True}), o("tftp-servers", "2001:db8::2", space="vendor-4491")]),
    host(3, A1 + "20", option_data=[o("preference", "9"), o("domain-search", "three.example")]), option_data=[o("domain-search", "subnet.example")])
ORO = [7, 17, 23, 24, 31, 39]
group("host-sets", {**LIFE, "option-data": [o("dns-servers", "2001:db8::1"), o("sntp-servers", "2001:db8::1")], "subnet6": [SETS, FAR]}, [
    *[(f"{n}-asked", get(duid=duid(n), oro=ORO)) for n in (1, 2, 3)], *[(f"{n}-not-asked", get(duid=duid(n))) for n in (1, 2, 3)],
        ("fqdn", get(FQDN, na(1), duid=duid(1), oro=ORO)),
    ("fqdn-two", get(FQDN, na(1), duid=duid(2), oro=ORO)), ("fqdn-empty", [SOLICIT(opt(39, b"\1"), na(1), duid=duid(1), oro=ORO)]),
    ("inform", [INFORM(oro=ORO, duid=duid(2))]),
    ("inform-three", [INFORM(oro=ORO, duid=duid(3))]), ("renew", get(duid=duid(1)) + [RENEW(na(1, MINE), duid=duid(1), oro=ORO)]),
    ("prefix", get(pd(1), duid=duid(2), oro=ORO)),
    ("vendor", [SOLICIT(na(1), opt(17, b"\0\0\x11\x8b\0\1\0\2\0\x20"), duid=duid(2))]), ("far", get(duid=duid(1), oro=ORO, relays=R1)),
])

# --- classes of a reservation --------------------------------------------------------------------------------

OF = [c("phone", option_data=[o("dns-servers", "2001:db8::7"), o("sntp-servers", "2001:db8::7", **{"always-send": True})]),
    c("of-phone", "member('phone')", option_data=[o("nis-servers", "2001:db8::8")]),
      c("gold", valid_lifetime=777, preferred_lifetime=666), c("known-gold", "member('KNOWN') and member('gold')", option_data=[o("nis-domain-name", "gold")]),
      c("asked", "member('gold')", only_if_required=True, option_data=[o("nisp-domain-name", "asked")])]
OF_HOSTS = [host(1, client_classes=["phone"]), host(2, client_classes=["phone"], hostname="two"), host(3, A1 + "20", client_classes=["gold"]),
    host(4, A1 + "130", PD + "4::/64", client_classes=["gold"]),
            host(5, client_classes=["gold"]), host(6, client_classes=["DROP"]), host(7, client_classes=["nobody"], hostname="seven")]
CLASSED = {**with_hosts(LINK, *OF_HOSTS), "require-client-classes": ["asked"], "pd-pools": [
    pd_pool("2001:db8:8000::", 48, 64, **{"client-class": "gold"}), pd_pool("2001:db8:9000::", 48, 60, **{"client-class": "plain"})],
    "pools": pools("2001:db8:1", (100, 119, {"client-class": "gold"}), (120, 139, {"client-class": "phone"}), (140, 159, {"client-class": "plain"}))}
OF_ORO = [23, 27, 29, 30, 31]
group("host-classes", {**LIFE, "client-classes": [*OF, c("plain", "not member('gold') and not member('phone')")], "subnet6": [CLASSED, FAR]}, [
    *[(f"{n}", get(na(1), duid=duid(n), oro=OF_ORO)) for n in (1, 2, 3, 4, 5, 7)], *[(f"{n}-prefix", get(pd(1), duid=duid(n), oro=OF_ORO)) for n in (1, 4,
        5)], ("dropped", [SOLICIT(na(1), duid=duid(6))]),
    ("unknown", get(na(1), pd(1), oro=OF_ORO)), ("renew", get(duid=duid(3)) + [RENEW(na(1, MINE), duid=duid(3))]),
    ("inform", [INFORM(oro=OF_ORO, duid=duid(5))]),
    ("taken-gold", [REQUEST(na(1, A1 + "105"))]),
])
group("host-classes-global", {**LIFE, "reservations-global": True, "reservations-in-subnet": False, "reservations": [host(1, client_classes=["gold"]),
    host(2, client_classes=["phone"])],
                              "client-classes": OF, "subnet6": [{**LINK, "pools": pools("2001:db8:1", (100, 119, {"client-class": "gold"}), (120, 139,
                              {"client-class": "phone"}))}, FAR]}, [
    ("gold", get(na(1), duid=duid(1), oro=OF_ORO)), ("phone", get(na(1), duid=duid(2), oro=OF_ORO)), ("unknown", [SOLICIT(na(1))]),
    ("far", get(na(1), duid=duid(1), oro=OF_ORO, relays=R1)),
])

# --- reservations that come and go ---------------------------------------------------------------------------

SMALL = {**LINK, "pools": pools("2001:db8:1", (100, 100, {})), "pd-pools": [pd_pool("2001:db8:8000::", 64, 64)]}
WIDE = {**LINK, "pools": pools("2001:db8:1", (100, 109, {})), "pd-pools": [pd_pool("2001:db8:8000::", 61, 64)]}
A, B = {"duid": duid(31)}, {"duid": duid(32)}
HAS = [na(1, A1 + "100"), pd(1, PD + ":/64")]  # what A got


def now(*hosts):
    return reload({**LIFE, "subnet6": [with_hosts(WIDE, *hosts), FAR]})


AFTER = [
    ("added-renew", [now(host(31, A1 + "105", PD + "5::/64")), RENEW(*HAS, **A), RENEW(na(1, MINE), pd(1, MINE), **A)]),
    ("added-rebind", [now(host(31, A1 + "105", PD + "5::/64")), REBIND(*HAS, **A)]),
    ("added-outside", [now(host(31, A1 + "20", "2001:db8:f000::/48")), RENEW(*HAS, **A)]), ("added-solicit", [now(host(31, A1 + "105")), SOLICIT(na(1), **A),
    REQUEST(na(1, MINE), **A)]),
    ("added-confirm", [now(host(31, A1 + "105")), CONFIRM(HAS[0], **A)]), ("added-same", [now(host(31, A1 + "100", PD + ":/64")), RENEW(*HAS, **A)]),
    ("for-other-renew", [now(host(32, A1 + "100", PD + ":/64")), RENEW(*HAS, **A)]), ("for-other-rebind", [now(host(32, A1 + "100", PD + ":/64")),
    REBIND(*HAS, **A)]),
    ("for-other-solicit", [now(host(32, A1 + "100")), SOLICIT(na(1), **A), REQUEST(na(1, MINE), **A)]),
    ("for-other-request", [now(host(32, A1 + "100")), REQUEST(HAS[0], **A)]),
    ("owner-meanwhile", [now(host(32, A1 + "100", PD + ":/64")), SOLICIT(na(1), pd(1), **B), REQUEST(na(1, MINE), pd(1, MINE), **B)]),
    ("owner-after", [now(host(32, A1 + "100", PD + ":/64")), RENEW(*HAS, **A), SOLICIT(na(1), pd(1), **B), REQUEST(na(1, MINE), pd(1, MINE), **B)]),
    ("owner-after-release", [now(host(32, A1 + "100")), RELEASE(HAS[0], **A), SOLICIT(na(1), **B)]),
]
for name, steps in AFTER:
    group(f"host-{name}", {**LIFE, "subnet6": [SMALL, FAR]}, [("lease", get(na(1), pd(1), **A) + steps)],
        exact=() if "for-other" in name or name == "owner-meanwhile" else ("lease",))
group("host-removed", {**LIFE, "subnet6": [with_hosts(LINK, host(31, A1 + "105"), host(33, A1 + "20"), host(34, PD + "34::/64")), FAR]}, [
    ("inside", get(**A) + [now(), RENEW(na(1, MINE), **A), REBIND(na(1, MINE), **A)]), ("outside", get(duid=duid(33)) + [now(), RENEW(na(1, MINE),
    duid=duid(33)), SOLICIT(na(1), duid=duid(33))]),
    ("prefix", get(pd(1), duid=duid(34)) + [now(), RENEW(pd(1, MINE), duid=duid(34))]), ("changed", get(**A) + [now(host(31, A1 + "107")), RENEW(na(1, MINE),
    **A)]),
], exact=("changed",))

# --- classes of reservations -----------------------------------------------------------------------------

URL, TZ, TZDB = 59, 41, 42  # three options of one text each


def marked(name, option, test=None):
    return c(name, test, option_data=[{"code": option, "data": name}])


def classed(n, *names, **more):
    return host(n, client_classes=list(names), **more)


def asks(n, *parts, **k):
    return SOLICIT(na(1), *parts, duid=duid(n), oro=[URL, TZ, TZDB], **k)


group("host-class-order", {**LIFE, "client-classes": [
    marked("known1", URL, "member('KNOWN')"), marked("early1", URL, "option[8].exists"), marked("gold", URL), marked("silver", URL),
    marked("known2", URL, "member('KNOWN')"), marked("is-gold", TZ, "member('gold')"), marked("not-gold", TZDB, "not member('gold')"),
    {"name": "DROP", "test": "member('KNOWN') and member('gold') and option[16].exists"}],
    "subnet6": [with_hosts(LINK, classed(1, "silver", "gold"), classed(2, "nowhere"), classed(3, "known2", "early1"), classed(4, "DROP"))]}, [
    (f"{n}{what}", [asks(n, *parts)]) for n in (1, 2, 3, 4, 5)
    for what, parts in (("", ()), ("-8", (opt(8, b"\0\1"),)), ("-16", (opt(16, b"\0\0\x11\x8b\0\1a"),)))])
group("host-class-guards", {**LIFE, "subnet6": [{**LINK, "pools": [
    {"pool": A1 + "100 - " + A1 + "1ff", "client-class": "gold"}, {"pool": A1 + "200 - " + A1 + "2ff"}],
    "reservations": [classed(1, "gold"), classed(2, "silver")]}]}, [(str(n), live(n)) for n in (1, 2, 3)])
for name, keys in (("", {}), ("-global", {"reservations-global": True}), ("-neither", {"reservations-in-subnet": False}),
                   ("-only-global", {"reservations-global": True, "reservations-in-subnet": False})):
    group(f"host-early{name}", {**LIFE, "early-global-reservations-lookup": True, **keys, "client-classes": [
        marked("gold", URL), marked("here", TZ), marked("known", TZDB, "member('KNOWN')")],
        "reservations": [classed(1, "gold"), host(2, A1 + "210"), classed(4, "DROP")],
        "shared-networks": [{"name": "net", "relay": {"ip-addresses": ["2001:db8:9::1"]}, "subnet6": [
            subnet(3, "2001:db8:3::/64", "2001:db8:3::10", "2001:db8:3::1f", **{"client-class": "gold"}),
            subnet(4, "2001:db8:4::/64", "2001:db8:4::10", "2001:db8:4::1f", **{"client-class": "KNOWN"}),
            subnet(5, "2001:db8:5::/64", "2001:db8:5::10", "2001:db8:5::1f")]}],
        "subnet6": [with_hosts(LINK, classed(1, "here"), classed(3, "here"))]}, [
        (f"{n}{what}", [asks(n, **k)]) for n in (1, 2, 3, 4, 5) for what, k in (("", {}), ("-relayed", {"relays": [relay("2001:db8:9::1")]}))])
