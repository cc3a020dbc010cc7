# SPDX-License-Identifier: MPL-2.0
"""Host reservations of DHCPv4: who gets what is reserved for it, and nobody else; what else a reservation sets."""
from cases import D, DECLINE, FAR, GI, INFORM, LINK, MINE, OFFERED, R, RELEASE, SERVER, SERVER1, get, group, opt
from classes4 import pools
from pair import reload, subnet
from parts import MODES, c, hyphens, with_hosts


def mac(n):
    return bytes([2, 0x0c, 0, 0, n >> 8, n & 255])


def host(n, address=None, **more):
    """By hardware address; underscores in keys are hyphens."""
    return {"hw-address": mac(n).hex(":"), **({"ip-address": address} if address else {}), **hyphens(more)}


def live(n, **k):
    """All that a client does with its lease; one on the link renews by unicast, rebinds and reboots."""
    me = {"mac": mac(n), **k}
    sender = {} if "giaddr" in k else {"src": MINE}
    unicast = {} if "giaddr" in k else {"dst": SERVER}
    return get(**me) + [R(ciaddr=MINE, **sender, **unicast, **me), R(ciaddr=MINE, **sender, **me), R(want=MINE, **me), D(**me)]


# --- identifiers -------------------------------------------------------------------------------------

DUID = bytes.fromhex("000300010200000000aa")
IDS = with_hosts(
    LINK, host(1, "192.0.2.110"), {"client-id": "01:02:03:04:05:01", "ip-address": "192.0.2.111"}, {"client-id": "'printer-1'", "ip-address": "192.0.2.112"},
    {"duid": DUID.hex(":"), "ip-address": "192.0.2.113"}, {"circuit-id": "'port-1'", "ip-address": "192.0.2.114"},
        {"circuit-id": "00:01:02", "ip-address": "192.0.2.115"},
    host(20, "192.0.2.120"), {"client-id": "01:00:00:00:00:20", "ip-address": "192.0.2.121"}, {"circuit-id": "'twenty'", "ip-address": "192.0.2.122"},
    {"duid": "00:03:00:01:02:00:00:00:00:20", "ip-address": "192.0.2.123"}, {"client-id": "ff:00:00:00:01:00:03:00:01:02:00:00:00:00:21",
        "ip-address": "192.0.2.124"})
IDS_FAR = with_hosts(FAR, {"circuit-id": "'port-1'", "ip-address": "198.51.100.114"}, host(1, "198.51.100.110"),
    {"circuit-id": "66:6f:6f", "ip-address": "198.51.100.20"},
    {"circuit-id": "'bar'", "ip-address": "198.51.100.21"})
IAID = b"\xff\0\0\0\1"
CID20, DUID20, CIRCUIT20 = b"\1\0\0\0\0\x20", IAID + bytes.fromhex("00030001020000000020"), b"\1\6twenty"
identify = [
    ("hw-address", live(1)), ("hw-address-with-cid", live(1, cid=b"\1\2\3\4")), ("client-id", live(2, cid=b"\1\2\3\4\5\1")),
    ("client-id-text", live(3, cid=b"printer-1")),
    ("client-id-prefix", get(mac=mac(4), cid=b"\1\2\3\4\5")), ("duid", live(5, cid=IAID + DUID)), ("duid-other-iaid", live(6, cid=b"\xff\9\9\9\9" + DUID)),
    ("duid-without-iaid", get(mac=mac(7), cid=DUID)), ("circuit-id-snooped", live(8, rai=b"\1\6port-1\2\3abc")),
    ("circuit-id-binary", get(mac=mac(9), rai=b"\1\3\0\1\2")),
    ("circuit-id", live(10, rai=b"\1\6port-1", **GI)), ("circuit-id-two-clients", [D(mac=mac(11), rai=b"\1\3foo", **GI), D(mac=mac(12), rai=b"\1\3foo", **GI)]),
    ("circuit-id-other", get(mac=mac(13), rai=b"\1\6port-2", **GI)), ("remote-id-is-none", get(mac=mac(14), rai=b"\2\6port-1", **GI)),
    ("hw-address-far", live(1, **GI)),
    ("circuit-id-renewed-directly", get(mac=mac(17), rai=b"\1\3bar", **GI) + [R(mac=mac(17), ciaddr=MINE, src=MINE, dst=SERVER1, dev="c1")]),
    ("cid-node-specific", get(mac=mac(15), cid=IAID + bytes.fromhex("00030001020000000021"))),
    ("mac-and-cid", [D(mac=mac(20), cid=CID20)]), ("mac-and-circuit", [D(mac=mac(20), rai=CIRCUIT20)]), ("mac-and-duid", [D(mac=mac(20), cid=DUID20)]),
    ("cid-and-circuit", [D(mac=mac(16), cid=CID20, rai=CIRCUIT20)]), ("duid-and-circuit", [D(mac=mac(16), cid=DUID20, rai=CIRCUIT20)]),
]
EXACT = [n for n, _ in identify]
group("host-ids", {"valid-lifetime": 3600, "subnet4": [IDS, IDS_FAR]}, identify, exact=[n for n in EXACT if n not in (
    "client-id-prefix", "duid-without-iaid", "circuit-id-other", "remote-id-is-none")])
group("host-ids-order", {"valid-lifetime": 3600, "host-reservation-identifiers": ["circuit-id", "client-id", "duid", "hw-address"], "subnet4": [IDS, IDS_FAR]},
      identify[-6:], exact=EXACT)
group("host-ids-few", {"valid-lifetime": 3600, "host-reservation-identifiers": ["client-id"], "subnet4": [IDS, IDS_FAR]}, identify[-6:] + identify[:3])

# --- where reservations count ------------------------------------------------------------------------------

for name, keys in MODES.items():
    group(f"host-{name}", {
        "valid-lifetime": 3600, **keys,
        "reservations": [host(1, "192.0.2.210", hostname="global"), host(2, "192.0.2.20"), host(3, hostname="only-global"), host(6, "10.1.1.1")],
        "subnet4": [with_hosts(LINK, host(1, "192.0.2.110", hostname="local"), host(4, "192.0.2.30"), host(5, hostname="only-local")), FAR]}, [
        ("both-have-it", get(mac=mac(1), prl=b"\x0c")), ("global-address", get(mac=mac(2))), ("global-name", get(mac=mac(3), prl=b"\x0c")),
        ("local-outside", get(mac=mac(4))),
        ("local-name", get(mac=mac(5), prl=b"\x0c")), ("elsewhere", get(mac=mac(6))), ("far", get(mac=mac(1), prl=b"\x0c", **GI)),
        ("taken", [D(want="192.0.2.110")]),
        ("taken-outside", [D(want="192.0.2.30")]),
    ], exact=("both-have-it", "global-address", "local-outside") if "global" not in name and name not in ("none", "mode-disabled", "mode-out-of-pool",
        "out-of-pool") else ())
inherit = {"reservations-global": True, "reservations-in-subnet": False}
group("host-inherit", {"valid-lifetime": 3600, **inherit, "reservations": [host(1, hostname="global")], "shared-networks": [
    {"name": "n", "interface": "s0", "reservations-in-subnet": True, "subnet4": [with_hosts(LINK, host(1, "192.0.2.110"))]},
    {"name": "o", "relay": {"ip-addresses": ["198.18.0.77"]}, "reservations-global": False, "subnet4": [
        {**subnet(3, "203.0.113.0/24", "203.0.113.100", "203.0.113.250"), "reservations": [host(1, "203.0.113.110")], "reservations-in-subnet": True}]}],
    "subnet4": [with_hosts(FAR, host(1, "198.51.100.110"))]}, [
    ("network", get(mac=mac(1), prl=b"\x0c")), ("subnet", get(mac=mac(1), prl=b"\x0c", giaddr="198.18.0.77")), ("global", get(mac=mac(1), prl=b"\x0c", **GI)),
], exact=("network", "subnet"))

# --- the address ----------------------------------------------------------------------------------------------

RESERVED = with_hosts(LINK, host(1, "192.0.2.110"), host(2, "192.0.2.20"), host(3), host(4, "192.0.2.112"), host(5, "192.0.2.113"))
RESERVED["reservations"][2]["hostname"] = "three"
address = [
    ("inside", live(1)), ("outside", live(2)), ("none", live(3)),
    ("owner-wants-another", [D(mac=mac(4), want="192.0.2.150"), R(mac=mac(4), want="192.0.2.150", server=SERVER), R(mac=mac(4), want=OFFERED, server=SERVER)]),
    ("wants-reserved", [D(want="192.0.2.110"), R(want="192.0.2.110", server=SERVER)]), ("wants-reserved-outside", [D(want="192.0.2.20"), R(want="192.0.2.20",
    server=SERVER)]),
    ("reboots-with-reserved", [R(want="192.0.2.113")]), ("renews-reserved", [R(ciaddr="192.0.2.113", src="192.0.2.113", dst=SERVER)]),
    ("owner-reboots", [R(mac=mac(5), want="192.0.2.113")]), ("owner-renews", [R(mac=mac(5), ciaddr="192.0.2.113", src="192.0.2.113", dst=SERVER)]),
    ("owner-renews-another", [R(mac=mac(5), ciaddr="192.0.2.155", src="192.0.2.155", dst=SERVER)]),
    ("released", get(mac=mac(2)) + [RELEASE(mac=mac(2), ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER), D(want="192.0.2.20"), D(mac=mac(2))]),
    ("inform", [INFORM(mac=mac(2), ciaddr="192.0.2.20", src="192.0.2.20", dst=SERVER, prl=b"\x0c")]),
]
group("host-address", {"valid-lifetime": 3600, "subnet4": [RESERVED, FAR]}, address, exact=("inside", "outside", "owner-wants-another", "owner-reboots",
    "owner-renews"))
group("host-address-authoritative", {"valid-lifetime": 3600, "authoritative": True, "subnet4": [RESERVED, FAR]}, address)
group("host-decline", {"valid-lifetime": 3600, "subnet4": [RESERVED, FAR]}, [
    ("declines", get(mac=mac(1)) + [DECLINE(mac=mac(1), want=MINE, server=SERVER), D(mac=mac(1)), R(mac=mac(1), want=OFFERED, server=SERVER)]),
    ("declines-outside", get(mac=mac(2)) + [DECLINE(mac=mac(2), want=MINE, server=SERVER), D(mac=mac(2))]),
], exact=("declines", "declines-outside"))
FULL = with_hosts({**LINK, "pools": pools("192.0.2", (100, 101, {}))}, host(1, "192.0.2.100"), host(2, "192.0.2.101"))
group("host-full", {"valid-lifetime": 3600, "subnet4": [FULL]}, [
    ("nobody-else", [D(), D(want="192.0.2.100"), R(want="192.0.2.100", server=SERVER)]), ("owners", get(mac=mac(1)) + get(mac=mac(2))), ("nobody-after", [D()]),
], exact=("nobody-else", "owners"))
NET = {"name": "floor", "interface": "s0", "subnet4": [
    with_hosts(subnet(1, "192.0.2.0/25", "192.0.2.100", "192.0.2.110"), host(1, "192.0.2.50"), host(3,
        hostname="three", option_data=[opt("domain-name", "one.example")])),
    with_hosts(subnet(5, "192.0.2.128/25", "192.0.2.200", "192.0.2.210", **{"option-data": [opt("domain-name", "second")]}), host(2, "192.0.2.150"),
        host(4, "192.0.2.205"),
               host(3, "192.0.2.160"), host(6, hostname="six"))]}
group("host-network", {"valid-lifetime": 3600, "shared-networks": [NET], "subnet4": [FAR]}, [
    ("first", live(1)), ("second", live(2, prl=b"\1\x0f")), ("second-in-pool", live(4, prl=b"\1\x0f")), ("in-both", get(mac=mac(3), prl=b"\1\x0c\x0f")),
    ("name-in-second", get(mac=mac(6), prl=b"\1\x0c\x0f")),
    ("wants-second", [D(want="192.0.2.150"), R(want="192.0.2.205", server=SERVER)]),
], exact=("first", "second", "second-in-pool"))
for name, guard in (("subnet", "KNOWN"), ("class", "phone")):
    group(f"host-guard-{name}", {"valid-lifetime": 3600, "client-classes": [{"name": "phone", "test": "option[60].hex == 'phone'"}], "subnet4": [
        {**with_hosts(LINK, host(1, "192.0.2.50"), host(2, "192.0.2.110"), host(3, hostname="three")), "pools": pools("192.0.2", (100, 150,
            {"client-class": guard}))}, FAR]}, [
        ("outside", get(mac=mac(1))), ("inside", get(mac=mac(2))), ("name", get(mac=mac(3))), ("unknown", [D()]),
        ("inside-phone", get(mac=mac(2), opts=[(60, b"phone")])),
        ("phone", get(opts=[(60, b"phone")])),
    ])
group("host-unknown-pools", {"valid-lifetime": 3600, "subnet4": [{**with_hosts(LINK, host(1, hostname="one"), host(2, "192.0.2.50"),
    host(3, "192.0.2.210")), "pools": pools(
    "192.0.2", (100, 150, {"client-class": "KNOWN"}), (200, 250, {"client-class": "UNKNOWN"}))}]}, [
    ("known", get(mac=mac(1))), ("outside", get(mac=mac(2))), ("in-the-other", get(mac=mac(3))), ("unknown", get()),
    ("unknown-wants-known", [D(want="192.0.2.120"), R(want="192.0.2.120", server=SERVER)]),
    ("known-wants-unknown", [D(mac=mac(1), want="192.0.2.220"), R(mac=mac(1), want="192.0.2.220", server=SERVER)]),
], exact=("outside", "in-the-other"))
# Clients in class DROP, by what is known of them.
group("host-drop", {"valid-lifetime": 3600, "client-classes": [{"name": "DROP", "test": "not member('KNOWN') and option[60].exists"}],
                    "subnet4": [with_hosts(LINK, host(1, hostname="one"), host(2, "192.0.2.50"))]}, [
    ("unknown", [D(opts=[(60, b"x")])]), ("known", get(mac=mac(1), opts=[(60, b"x")])), ("known-address", get(mac=mac(2), opts=[(60, b"x")])),
    ("unknown-plain", get()),
])

# One host in several boot stages: the same hardware address, other client ids or none.
STAGES = [{"cid": b"\0stage1"}, {"cid": b"\xff\0\0\0\1\0\3\0\1\2\x0c\0\0\0\1"}, {}]
group("host-stages", {"valid-lifetime": 3600, "subnet4": [with_hosts(LINK, host(1, "192.0.2.110"), host(2, "192.0.2.20"), host(3, hostname="three"))]}, [
    *[(name, sum((get(mac=mac(n), **stage) for stage in STAGES), []) + [R(mac=mac(n), ciaddr=MINE, src=MINE, dst=SERVER)]) for n, name in ((1, "inside"),
        (2, "outside"), (3, "name"))],
])

# Guards and reservations in one network; identifiers that the subnet does not match leases by.
GUARDED = {"name": "floor", "interface": "s0", "subnet4": [
    {**with_hosts(subnet(1, "192.0.2.0/25", "192.0.2.100", "192.0.2.110"), host(1, "192.0.2.50"), host(2, hostname="two"),
        host(3, "192.0.2.105")), "client-class": "phone"},
    with_hosts(subnet(5, "192.0.2.128/25", "192.0.2.200", "192.0.2.210"), host(1, "192.0.2.150"), host(4, "192.0.2.205"))]}
PHONE = {"opts": [(60, b"phone")]}
group("host-guard-network", {"valid-lifetime": 3600, "client-classes": [{"name": "phone", "test": "option[60].hex == 'phone'"}], "shared-networks": [GUARDED],
    "subnet4": [FAR]}, [
    ("in-both", get(mac=mac(1))), ("name-in-the-first", get(mac=mac(2))), ("in-the-first", get(mac=mac(3))), ("in-the-second", get(mac=mac(4))),
    ("in-the-first-phone", get(mac=mac(3), **PHONE)),
    ("in-the-second-phone", get(mac=mac(4), **PHONE)), ("leaves", get(mac=mac(3), **PHONE) + [R(mac=mac(3), ciaddr=MINE, src=MINE, dst=SERVER), D(mac=mac(3))]),
], exact=("in-the-second",))
group("host-match", {"valid-lifetime": 3600, "match-client-id": False, "subnet4": [with_hosts(LINK, {"client-id": "01:02:03:04", "ip-address": "192.0.2.20"},
    host(2, "192.0.2.110"))]}, [
    ("client-id", live(1, cid=b"\1\2\3\4")), ("hw-address", live(2, cid=b"\1\2\3\5")), ("other-client-id", get(mac=mac(2), cid=b"\1\2\3\6")),
    ("same-client-id", get(mac=mac(3), cid=b"\1\2\3\4")),
], exact=("client-id", "hw-address", "other-client-id"))

# --- several hosts of an address ---------------------------------------------------------------------------------

group("host-not-unique", {"valid-lifetime": 3600, "ip-reservations-unique": False, "subnet4": [
    with_hosts(LINK, host(1, "192.0.2.110"), host(2, "192.0.2.110"), host(3, "192.0.2.20"), host(4, "192.0.2.20"))]}, [
    ("inside", get(mac=mac(1)) + [D(mac=mac(2)), R(mac=mac(2), want="192.0.2.110", server=SERVER)] + [R(mac=mac(1), ciaddr="192.0.2.110", src="192.0.2.110",
    dst=SERVER)]),
    ("outside", get(mac=mac(3)) + [D(mac=mac(4))]), ("released", [RELEASE(mac=mac(3), ciaddr="192.0.2.20", src="192.0.2.20", dst=SERVER, server=SERVER),
    *get(mac=mac(4))]),
    ("nobody-else", [D(want="192.0.2.110"), R(want="192.0.2.20", server=SERVER)]),
], exact=("released",))

# --- what else a reservation sets ----------------------------------------------------------------------------------

FQDN = {"opts": [(81, b"\5\0\0\4host\7example\3org\0")]}
MORE = with_hosts(
    LINK, host(1, "192.0.2.110", hostname="One.Example.org", next_server="192.0.2.9", server_hostname="tftp", boot_file_name="one.0"),
    host(2, hostname="two", option_data=[opt("domain-name", "two.example"), opt("time-servers", "10.0.0.2"), opt("log-servers", "10.0.0.2",
        **{"always-send": True}),
                                         opt("host-name", "by-option"), opt("tftp-servers", "10.0.0.2", space="vendor-4491")]),
    host(3, boot_file_name="three.0"), host(4, server_hostname="four"), host(5, option_data=[opt("host-name", "option-only"), opt("routers", "192.0.2.5"),
        opt("boot-file-name", "option.0")]),
    next_server="192.0.2.8", boot_file_name="subnet.0", option_data=[opt("domain-name", "subnet.example")])
ASK = b"\1\3\4\7\x0c\x0f\x42\x43"
group("host-sets", {"valid-lifetime": 3600, "option-data": [opt("time-servers", "10.0.0.1"), opt("routers", "192.0.2.1")], "subnet4": [MORE, FAR]}, [
    *[(f"{n}-asked", get(mac=mac(n), prl=ASK)) for n in range(1, 6)], *[(f"{n}-not-asked", get(mac=mac(n))) for n in range(1, 6)],
    ("hostname-sent", get(mac=mac(1), opts=[(12, b"mine")], prl=ASK)), ("fqdn", get(mac=mac(1), prl=ASK, **FQDN)), ("fqdn-not-asked", get(mac=mac(1), **FQDN)),
    ("name-of-two", get(mac=mac(2), opts=[(12, b"mine")])), ("inform", [INFORM(mac=mac(1), ciaddr="192.0.2.110", src="192.0.2.110", dst=SERVER, prl=ASK)]),
    ("inform-two", [INFORM(mac=mac(2), ciaddr="192.0.2.36", src="192.0.2.36", dst=SERVER, prl=ASK)]),
    ("renew", get(mac=mac(1)) + [R(mac=mac(1), ciaddr=MINE, src=MINE, dst=SERVER)]),
    ("vendor", get(mac=mac(2), opts=[(125, b"\0\0\x11\x8b\3\1\1\2")])),
    ("far", get(mac=mac(1), prl=ASK, **GI)),
])

# --- classes of a reservation --------------------------------------------------------------------------------------

OF = [c("phone", boot_file_name="phone.0", option_data=[opt("time-servers", "10.0.0.7"), opt("lpr-servers", "10.0.0.7", **{"always-send": True})]),
      c("other", "option[60].hex == 'other'", option_data=[opt("time-servers", "10.0.0.8"), opt("cookie-servers", "10.0.0.8")]),
      c("of-phone", "member('phone')", option_data=[opt("log-servers", "10.0.0.9")]), c("gold", valid_lifetime=777, next_server="192.0.2.77"),
      c("known-gold", "member('KNOWN') and member('gold')", option_data=[opt("nis-domain", "gold")]),
          c("asked", "member('gold')", only_if_required=True, option_data=[opt("root-path", "/gold")])]
OF_HOSTS = [host(1, client_classes=["phone"]), host(2, client_classes=["other", "phone"], hostname="two"), host(3, "192.0.2.20", client_classes=["gold"]),
    host(4, "192.0.2.130", client_classes=["gold"]),
            host(5, client_classes=["gold"]), host(6, client_classes=["DROP"]), host(7, client_classes=["nobody", "SKIP_DDNS"], hostname="seven")]
CLASSED = {**with_hosts(LINK, *OF_HOSTS), "require-client-classes": ["asked"],
           "pools": pools("192.0.2", (100, 119, {"client-class": "gold"}), (120, 139, {"client-class": "phone"}), (140, 159, {"client-class": "plain"}))}
PRL = b"\4\7\x08\x09\x0c\x11\x28"
group("host-classes", {"valid-lifetime": 3600, "client-classes": [*OF, c("plain", "not member('gold') and not member('phone')")], "subnet4": [CLASSED, FAR]}, [
    *[(f"{n}", get(mac=mac(n), prl=PRL)) for n in (1, 2, 3, 4, 5, 7)], ("dropped", [D(mac=mac(6))]), ("unknown", get(prl=PRL)),
        ("unknown-other", get(opts=[(60, b"other")], prl=PRL)),
    ("renew", get(mac=mac(3)) + [R(mac=mac(3), ciaddr=MINE, src=MINE, dst=SERVER)]), ("inform", [INFORM(mac=mac(5), ciaddr="192.0.2.30", src="192.0.2.30",
    dst=SERVER, prl=PRL)]),
    ("taken-gold", [D(want="192.0.2.105"), R(want="192.0.2.105", server=SERVER)]),
])
group("host-classes-global", {"valid-lifetime": 3600, "reservations-global": True, "reservations-in-subnet": False, "reservations": [host(1,
    client_classes=["gold"]), host(2, client_classes=["phone"])],
                              "client-classes": OF, "subnet4": [{**LINK, "pools": pools("192.0.2", (100, 119, {"client-class": "gold"}), (120, 139,
                              {"client-class": "phone"}))}, FAR]}, [
    ("gold", get(mac=mac(1), prl=PRL)), ("phone", get(mac=mac(2), prl=PRL)), ("unknown", [D()]), ("far", get(mac=mac(1), prl=PRL, **GI)),
])

# --- reservations that come and go ----------------------------------------------------------------------------------

BEFORE = {"valid-lifetime": 3600, "subnet4": [{**LINK, "pools": pools("192.0.2", (100, 100, {}))}, FAR]}
WIDE = {**LINK, "pools": pools("192.0.2", (100, 109, {}))}


def now(*hosts):
    return reload({"valid-lifetime": 3600, "subnet4": [with_hosts(WIDE, *hosts), FAR]})


A, B = {"mac": mac(31)}, {"mac": mac(32)}
RENEW_A, RENEW_B = R(ciaddr=MINE, src=MINE, dst=SERVER, **A), R(ciaddr="192.0.2.100", src="192.0.2.100", dst=SERVER, **B)
REBIND_A, REBOOT_A = R(ciaddr=MINE, src=MINE, **A), R(want=MINE, **A)


def of_a(*steps):
    """A got the one address of the pool, then the configuration changes."""
    return get(**A) + list(steps)


AFTER = [
    ("added-renew", [now(host(31, "192.0.2.105")), RENEW_A]), ("added-rebind", [now(host(31, "192.0.2.105")), REBIND_A]),
    ("added-reboot", [now(host(31, "192.0.2.105")), REBOOT_A]),
    ("added-outside-renew", [now(host(31, "192.0.2.20")), RENEW_A]), ("added-discover", [now(host(31, "192.0.2.105")), D(**A), R(want=OFFERED, server=SERVER,
    **A), RENEW_A]),
    ("added-same", [now(host(31, "192.0.2.100")), RENEW_A]), ("added-name", [now(host(31, hostname="a")), RENEW_A]),
    ("for-other-renew", [now(host(32, "192.0.2.100")), RENEW_A, D(**A)]), ("for-other-rebind", [now(host(32, "192.0.2.100")), REBIND_A]),
    ("for-other-reboot", [now(host(32, "192.0.2.100")), REBOOT_A]), ("for-other-discover", [now(host(32, "192.0.2.100")), D(**A)]),
    ("for-other-selecting", [now(host(32, "192.0.2.100")), R(want="192.0.2.100", server=SERVER, **A)]),
    ("owner-meanwhile", [now(host(32, "192.0.2.100")), D(**B), R(want="192.0.2.100", server=SERVER, **B)]),
    ("owner-after", [now(host(32, "192.0.2.100")), RENEW_A, D(**B), R(want="192.0.2.100", server=SERVER, **B), RENEW_B]),
    ("owner-after-release", [now(host(32, "192.0.2.100")), RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER, **A), D(**B)]),
]
for name, steps in AFTER:
    group(f"host-{name}", BEFORE, [("lease", of_a(*steps))], exact=("lease",))
group("host-removed", {"valid-lifetime": 3600, "subnet4": [with_hosts(LINK, host(31, "192.0.2.105"), host(33, "192.0.2.20")), FAR]}, [
    ("inside", get(**A) + [now(), RENEW_A, REBOOT_A, D(**A)]), ("outside", get(mac=mac(33)) + [now(), R(mac=mac(33), ciaddr=MINE, src=MINE, dst=SERVER),
    R(mac=mac(33), want=MINE), D(mac=mac(33))]),
    ("changed", get(**A) + [now(host(31, "192.0.2.107")), RENEW_A, D(**A)]),
], exact=("inside", "changed"))

# --- classes of reservations -----------------------------------------------------------------------

def marked(name, option, test=None):
    return c(name, test, option_data=[opt(option, name)])


def classed(n, *names, **more):
    return host(n, client_classes=list(names), **more)


def asks(n, **k):
    return D(mac=mac(n), prl=bytes([12, 15, 17, 40, 67]), **k)


X60, X61 = {"opts": [(60, b"x")]}, {"cid": b"1234"}
group("host-class-order", {"valid-lifetime": 3600, "client-classes": [
    marked("known1", "root-path", "member('KNOWN')"), marked("early1", "root-path", "option[60].exists"), marked("gold", "root-path"),
    marked("silver", "root-path"), marked("early2", "root-path", "option[61].exists"), marked("known2", "root-path", "member('KNOWN')")],
    "subnet4": [with_hosts(LINK, classed(1, "silver", "gold"), classed(2, "nowhere"), classed(3, "early2"), classed(4, "known2", "early2"))]}, [
    (f"{n}{what}", [asks(n, **k)]) for n in (1, 2, 3, 4, 5) for what, k in (("", {}), ("-60", X60), ("-61", X61), ("-both", {**X60, **X61}))])
group("host-class-tests", {"valid-lifetime": 3600, "client-classes": [
    {"name": "gold"}, marked("is-gold", "root-path", "member('gold')"), marked("not-gold", "domain-name", "not member('gold')"),
    marked("known-gold", "nis-domain", "member('KNOWN') and member('gold')"), {"name": "DROP", "test": "member('gold') and option[60].exists"}],
    "subnet4": [with_hosts(LINK, classed(1, "gold"), classed(2, "nowhere"), classed(3, "DROP"))]}, [
    (f"{n}{what}", [asks(n, **k)]) for n in (1, 2, 3, 4) for what, k in (("", {}), ("-60", X60))])
group("host-class-guards", {"valid-lifetime": 3600, "subnet4": [
    {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.100 - 192.0.2.119", "client-class": "gold"}, {"pool": "192.0.2.120 - 192.0.2.139"}],
     "reservations": [classed(1, "gold"), classed(2, "silver")]}]}, [(str(n), live(n)) for n in (1, 2, 3)])
for name, keys in (("", {}), ("-global", {"reservations-global": True}), ("-neither", {"reservations-in-subnet": False}),
                   ("-only-global", {"reservations-global": True, "reservations-in-subnet": False})):
    group(f"host-early{name}", {"valid-lifetime": 3600, "early-global-reservations-lookup": True, **keys, "client-classes": [
        marked("gold", "root-path"), marked("here", "domain-name"), marked("known", "nis-domain", "member('KNOWN')")],
        "reservations": [classed(1, "gold", hostname="global", boot_file_name="global.img"), host(2, "192.0.2.210", hostname="two"), classed(4, "DROP")],
        "shared-networks": [{"name": "net", "relay": {"ip-addresses": ["198.51.100.1"]}, "subnet4": [
            subnet(3, "192.0.3.0/24", "192.0.3.10", "192.0.3.19", **{"client-class": "gold"}),
            subnet(4, "192.0.4.0/24", "192.0.4.10", "192.0.4.19", **{"client-class": "KNOWN"}), subnet(5, "192.0.5.0/24", "192.0.5.10", "192.0.5.19")]}],
        "subnet4": [with_hosts(LINK, classed(1, "here", hostname="inner"), classed(3, "here", hostname="three"))]}, [
        (f"{n}{what}", [asks(n, **k)]) for n in (1, 2, 3, 4, 5) for what, k in (("", {}), ("-relayed", GI))])
