# SPDX-License-Identifier: MPL-2.0
"""Client classes of DHCPv6: expressions, built-in classes, guards, what classes set."""
from cases6 import (CONFIRM, DECLINE, FAR, INFORM, LIFE, LINK, MINE, R1, REBIND, RELEASE, RENEW, REQUEST, SOLICIT, get, group, na, o, opt, pd, pd_pool,
                    relay)
from pair import reload, subnet
from parts import c, fields, tagged

# --- expressions: a class for each; its option says that the message is in it --------------------

CODES = range(3000, 3200)


def expressions(name, tests, cases):
    classes = [c(f"c{i}", t) for i, t in enumerate(tests)]
    group(name, {**LIFE, "client-classes": tagged(CODES, classes), "subnet6": [LINK, FAR]}, cases, fields=fields(CODES, tests))


TWO = [relay("2001:db8:1::1", "2001:db8:2::1", (18, b"outer"), (37, b"\0\0\0\1far"), hop=1), relay("2001:db8:2::1", "fe80::9", (18, b"inner"), (38, b"sub"))]
PARTS = [opt(15, b"\0\4iPXE\0\3abc"), opt(16, b"\0\0\x11\x8b\0\3abc\0\3def"), opt(17, b"\0\0\x11\x8b\0\1\0\2\0\x20\0\x24\0\1A"), opt(61, b"\0\7"), opt(8,
    b"\0\5")]
EXPRESSIONS = [
    "option[1].exists", "option[3].exists", "option[25].exists", "option[3].option[5].exists", "option[3].option[5].hex == ''", "option[dns-servers].exists",
    "option[6].hex == 0x0017",
    "substring(option[1].hex, 0, 4) == 0x00030001", "substring(option[1].hex, -2, 1) == 0x00", "option[15].exists", "option[15].hex == 0x000469505845",
    "substring(option[15].hex, 2, 4) == 'iPXE'",
    "option[61].hex == 0x0007", "option[61].text == '7'", "option[8].hex == 0x0005", "option[8].text == '5'", "option[14].exists", "option[39].exists",
    "option[20].exists",
    "pkt6.msgtype == 1", "pkt6.msgtype == 3", "pkt6.msgtype == 11", "pkt6.transid == 1", "pkt.iface == 's0'", "pkt.iface == 's1'",
    "pkt.src == 2001:db8:ff::2", "pkt.dst == ff02::1:2", "pkt.dst == 2001:db8:ff::1",
    "pkt.len == 0", "relay6[0].peeraddr == fe80::9", "relay6[0].linkaddr == 2001:db8:2::1", "relay6[0].linkaddr == 2001:db8:1::1",
    "relay6[1].linkaddr == 2001:db8:1::1", "relay6[1].peeraddr == 2001:db8:2::1",
    "relay6[1].linkaddr == 2001:db8:2::1", "relay6[2].linkaddr == ::", "relay6[-1].linkaddr == 2001:db8:2::1", "relay6[-1].peeraddr == fe80::9",
    "relay6[-2].linkaddr == 2001:db8:1::1", "relay6[-3].linkaddr == ::",
    "relay6[0].option[18].exists", "relay6[0].option[18].hex == 'inner'", "relay6[0].option[18].hex == 'outer'", "relay6[1].option[18].hex == 'outer'",
    "relay6[1].option[18].hex == 'inner'", "relay6[0].option[37].exists",
    "relay6[-1].option[38].hex == 'sub'", "relay6[1].option[37].hex == 0x00000001666172", "relay6[7].option[18].exists", "option[18].exists",
    "vendor[4491].exists", "vendor[*].exists", "vendor[9999].exists", "vendor.enterprise == 4491", "vendor[4491].option[36].hex == 'A'",
    "vendor[*].option[36].exists", "vendor[4491].option[99].exists",
    "vendor-class[4491].exists", "vendor-class[*].exists", "vendor-class.enterprise == 4491", "vendor-class[4491].data == 'abc'",
    "vendor-class[4491].data[1] == 'def'", "vendor-class[*].data[0] == 'abc'",
    "vendor-class[4491].data[7] == ''", "addrtotext(relay6[0].linkaddr) == '2001:db8:2::1'", "addrtotext(2001:db8::1) == '2001:db8::1'",
    "hexstring(option[61].hex, ':') == '00:07'",
    "concat(option[61].hex, option[8].hex) == 0x00070005", "ifelse(option[61].exists, 'a', 'b') == 'b'", "split(option[15].hex, 'P', 2) == 'XE'",
    "not option[61].exists",
    "option[61].exists and option[15].exists", "option[61].exists or relay6[0].option[18].exists", "2001:db8::1 == 0x20010db8000000000000000000000001",
    "uint16totext(option[61].hex) == '7'",
    "int32totext(0xfffffffe) == '-2'", "1 == 0x00000001", "'x' == 0x78",
]
expressions("express", EXPRESSIONS, [
    ("plain", get()), ("options", [SOLICIT(na(1), *PARTS, oro=[23])]), ("prefix", [SOLICIT(pd(1))]), ("hint", [SOLICIT(na(1, "2001:db8:1::300"))]),
    ("rapid", [SOLICIT(opt(14), opt(20), na(1))]),
    ("relayed", get(relays=R1)), ("relayed-id", [SOLICIT(na(1), relays=[relay("2001:db8:2::1", "fe80::9", (18, b"inner"))])]),
    ("two-relays", [SOLICIT(na(1), *PARTS, relays=TWO)]),
    ("inform", [INFORM(oro=[23])]), ("other-vendor", [SOLICIT(na(1), opt(16, b"\0\0\x27\x0f\0\1x"), opt(17, b"\0\0\x27\x0f\0\1\0\1A"))]),
])

# --- which classes a message is in ----------------------------------------------------------------


def says(text):
    """Option 61 distinguishes the classes."""
    return opt(61, text)


PHONE, PRINTER, BAD = says(b"\0\1"), says(b"\0\2"), says(b"\0\3")
IS_PHONE, IS_PRINTER = "option[61].hex == 0x0001", "option[61].hex == 0x0002"
KNOWN = {"duid": bytes.fromhex("0003000102000000aa01")}
ONE = {"duid": KNOWN["duid"].hex(":"), "hostname": "one"}
MEMBERS = [
    c("ALL"), c("KNOWN"), c("UNKNOWN"), c("VENDOR_CLASS_4491"), c("phone", IS_PHONE), c("of-vendor", "member('VENDOR_CLASS_abc')"),
        c("VENDOR_CLASS_docsis3.0"), c("VENDOR_CLASS_eRouter1.0"),
    c("not-phone", "not member('phone')"), c("all", "member('ALL')"), c("both", "member('phone') and member('all')"),
        c("third", "member('both') or member('not-phone')"),
    c("is-known", "member('KNOWN')"), c("is-unknown", "member('UNKNOWN')"), c("after", "member('is-unknown')"), c("not-known", "not member('KNOWN')"),
        c("no-test"), c("VENDOR_CLASS_abc"),
    c("DROP", f"option[61].hex == 0x0003 or (option[61].hex == 0x0004 and not member('KNOWN'))"),
]
group("members", {**LIFE, "client-classes": tagged(CODES, MEMBERS), "subnet6": [{**LINK, "reservations": [ONE]}, FAR]}, [
    ("plain", get()), ("phone", get(PHONE, na(1))), ("known", get(na(1), **KNOWN)), ("known-phone", get(PHONE, na(1), **KNOWN)),
    ("bad", [SOLICIT(BAD, na(1))]), ("bad-known", [SOLICIT(BAD, na(1), **KNOWN)]),
    ("worse", [SOLICIT(says(b"\0\4"), na(1))]), ("worse-known", [SOLICIT(says(b"\0\4"), na(1), **KNOWN)]),
    ("bad-renewal", get() + [RENEW(BAD, na(1, MINE)), REBIND(BAD, na(1, MINE)), RENEW(na(1, MINE))]),
    ("inform", [INFORM(PHONE, oro=[23])]), ("bad-inform", [INFORM(BAD, oro=[23])]), ("bad-confirm", get() + [CONFIRM(BAD, na(1, MINE))]),
    ("confirm", get() + [CONFIRM(PHONE, na(1, MINE))]),
    ("bad-release", get() + [RELEASE(BAD, na(1, MINE)), RENEW(na(1, MINE))]), ("release", get() + [RELEASE(PHONE, na(1, MINE))]),
    ("bad-decline", get() + [DECLINE(BAD, na(1, MINE)), RENEW(na(1, MINE))]),
    ("vendor", [SOLICIT(opt(16, b"\0\0\x11\x8b\0\3abc"), na(1))]), ("cable", [SOLICIT(opt(16, b"\0\0\x11\x8b\0\x0edocsis3.0:0123"), na(1))]),
    ("router", [SOLICIT(opt(16, b"\0\0\x11\x8b\0\x0aeRouter1.0"), na(1))]),
    ("relayed", get(PHONE, na(1), relays=R1)), ("prefix", get(PHONE, pd(1))), ("rapid", [SOLICIT(opt(14), PHONE, na(1))]),
    ("known-inform", [INFORM(oro=[23], **KNOWN)]),
], fields=fields(CODES, [x["name"] for x in MEMBERS]))

# --- guards -----------------------------------------------------------------------------------------

PHONES, PRINTERS, SLOW = c("phone", IS_PHONE), c("printer", IS_PRINTER), c("slow", "option[61].hex == 0x0005 and member('UNKNOWN')")
# Each client has one pool: which of several Kea takes depends on what it assigned last.
OTHER = c("other", "not member('phone') and not member('printer') and not member('slow') and not member('KNOWN')")


def pools(prefix, *ranges):
    return [{"pool": f"{prefix}::{first} - {prefix}::{last}", **more} for first, last, more in ranges]


FLOOR = {"name": "floor", "interface": "s0", "subnet6": [
    {"id": 1, "subnet": "2001:db8:1::/64", "client-class": "phone", "pools": pools("2001:db8:1", (10, 19, {})), "pd-pools": [pd_pool("2001:db8:8000::", 40,
        56)]},
    {"id": 5, "subnet": "2001:db8:5::/64", "pools": pools("2001:db8:5", (30, 39, {"client-class": "printer"}), (40, 49, {"client-class": "slow"}), (50, 59,
        {"client-class": "KNOWN"}),
                                                         (60, 69, {"client-class": "other"})),
     "pd-pools": [pd_pool("2001:db8:9000::", 40, 56, **{"client-class": "printer"}), pd_pool("2001:db8:a000::", 40, 60, **{"client-class": "other"})],
     "reservations": [ONE]}]}
PLAN = {**LIFE, "client-classes": [PHONES, PRINTERS, SLOW, OTHER], "shared-networks": [
    FLOOR, {"name": "lab", "client-class": "printer", "relay": {"ip-addresses": ["2001:db8:77::1"]}, "subnet6": [
        {"id": 3, "subnet": "2001:db8:3::/64", "pools": pools("2001:db8:3", (10, 19, {}))}]}],
    "subnet6": [{"id": 2, "subnet": "2001:db8:2::/64", "client-class": "phone", "pools": pools("2001:db8:2", (10, 19, {}))},
                {"id": 4, "subnet": "2001:db8:4::/64", "pools": pools("2001:db8:4", (10, 19, {"client-class": "printer"}))},
                {"id": 6, "subnet": "2001:db8:6::/64", "client-class": "UNKNOWN", "pools": pools("2001:db8:6", (10, 19, {}))},
                {"id": 7, "subnet": "2001:db8:7::/64", "pools": pools("2001:db8:7", (10, 19, {}))}]}
LAB, FOUR = {"relays": [relay("2001:db8:77::1")]}, {"relays": [relay("2001:db8:4::1")]}


def renewed(first, then, what=na, **k):
    """A client whose classes change before it renews, rebinds, confirms and asks again."""
    return get(*first, what(1), **k) + [RENEW(*then, what(1, MINE), **k), REBIND(*then, what(1, MINE), **k), SOLICIT(*then, what(1), **k), CONFIRM(*then,
        na(1, MINE), **k)]


GUARDS = [
    ("nobody", get()), ("phone", get(PHONE, na(1))), ("printer", get(PRINTER, na(1))), ("slow", get(says(b"\0\5"), na(1))), ("known", get(na(1), **KNOWN)),
    ("prefix", get(pd(1))),
    ("phone-prefix", get(PHONE, pd(1))), ("printer-prefix", get(PRINTER, pd(1))), ("both", get(na(1), pd(1))), ("phone-both", get(PHONE, na(1), pd(1))),
    ("wants-phones", [SOLICIT(na(1, "2001:db8:1::15")), REQUEST(na(1, "2001:db8:1::15"))]), ("wants-printers", [SOLICIT(na(1, "2001:db8:5::35")),
    REQUEST(na(1, "2001:db8:5::35"))]),
    ("wants-printers-prefix", [REQUEST(pd(1, "2001:db8:9000:100::/56"))]), ("phone-wants-phones", [SOLICIT(PHONE, na(1, "2001:db8:1::15"))]),
    ("network", [SOLICIT(na(1), **LAB), REQUEST(na(1), **LAB)]), ("network-printer", get(PRINTER, na(1), **LAB)),
    ("subnet", [SOLICIT(na(1), relays=R1), REQUEST(na(1), relays=R1)]),
    ("subnet-phone", get(PHONE, na(1), relays=R1)), ("pool", [SOLICIT(na(1), **FOUR), REQUEST(na(1), **FOUR)]), ("pool-printer", get(PRINTER, na(1), **FOUR)),
    ("late-subnet", [SOLICIT(na(1), relays=[relay("2001:db8:6::1")])]), ("stays-in-open", renewed([], [PHONE], relays=[relay("2001:db8:7::1")])),
    ("leaves-printers", renewed([PRINTER], [])),
    ("leaves-phones", renewed([PHONE], [])), ("phone-to-printer", renewed([PHONE], [PRINTER])), ("leaves-pool", renewed([PRINTER], [], **FOUR)),
    ("leaves-subnet", renewed([PHONE], [], relays=R1)[:3]),
    ("leaves-network", renewed([PRINTER], [], **LAB)[:3]), ("leaves-prefix", renewed([PRINTER], [], pd)),
    ("phone-to-printer-prefix", renewed([PHONE], [PRINTER], pd)),
    ("offer-lost", [SOLICIT(PRINTER, na(1)), REQUEST(na(1, MINE))]), ("inform-network", [INFORM(oro=[23], **LAB)]),
    ("inform-subnet", [INFORM(oro=[23], relays=R1)]),
    ("confirm-phones", [CONFIRM(na(1, "2001:db8:1::12"))]), ("confirm-subnet", [CONFIRM(na(1, "2001:db8:2::12"), relays=R1)]),
    ("release-guarded", get(PRINTER, na(1)) + [RELEASE(na(1, MINE)), SOLICIT(PRINTER, na(1))]),
    ("decline-guarded", get(PRINTER, na(1)) + [DECLINE(na(1, MINE))]), ("rebind-unknown-guarded", [REBIND(na(1, "2001:db8:1::15"))]),
    ("renew-unknown-guarded", [RENEW(na(1, "2001:db8:5::35"))]),
]
group("guards", PLAN, GUARDS)
NARROW = {**LIFE, "client-classes": [PHONES], "subnet6": [{**LINK, "pools": pools("2001:db8:1", (100, 101, {}))}]}
GUARDED = {**NARROW, "subnet6": [{**LINK, "pools": pools("2001:db8:1", (100, 101, {"client-class": "phone"}), (110, 119, {}))}]}
group("guards-added", NARROW, [("pool-becomes-guarded", [*get(), reload(GUARDED), RENEW(na(1, MINE)), SOLICIT(na(1)), REQUEST(na(1, MINE))])])

# --- what classes set -----------------------------------------------------------------------------------

LIVES = [c("short", "option[61].hex == 0x0011", valid_lifetime=600, min_valid_lifetime=300, max_valid_lifetime=900, preferred_lifetime=400,
    min_preferred_lifetime=200, max_preferred_lifetime=500),
         c("one", "substring(option[61].hex, 0, 1) == 0x02", valid_lifetime=100, preferred_lifetime=90),
             c("two", "option[61].hex == 0x0202", valid_lifetime=200, preferred_lifetime=150),
         c("only-max", "option[61].hex == 0x0012", max_valid_lifetime=700, max_preferred_lifetime=600),
             c("late", "member('UNKNOWN') and option[61].hex == 0x0013", valid_lifetime=77, preferred_lifetime=66)]
KINDS = {"short": b"\0\x11", "one": b"\2\1", "two": b"\2\2", "max": b"\0\x12", "late": b"\0\x13"}
BOUNDS = {"preferred-lifetime": 3000, "min-preferred-lifetime": 1000, "max-preferred-lifetime": 3500, "valid-lifetime": 4000, "min-valid-lifetime": 2000,
    "max-valid-lifetime": 8000}
group("class-lifetimes", {**BOUNDS, "client-classes": LIVES, "subnet6": [LINK, {**FAR, "valid-lifetime": 3900, "preferred-lifetime": 2900}]}, [
    *[(f"{n}{f'-{life}' if life else ''}", [SOLICIT(says(kind), na(1, ("::", life, life + 5)) if life else na(1), pd(1))]) for n,
        kind in KINDS.items() for life in (0, 10, 450, 100000)],
    ("short-far", get(says(b"\0\x11"), na(1), relays=R1)), ("changes", get(says(b"\0\x11"), na(1)) + [RENEW(na(1, MINE)), RENEW(says(b"\2\1"), na(1, MINE))]),
    ("renew-same", get(says(b"\2\1"), na(1)) + [RENEW(says(b"\2\1"), na(1, MINE))]), ("longer", get(says(b"\2\1"), na(1)) + [RENEW(na(1, MINE))]),
    ("shorter", get() + [RENEW(says(b"\2\1"), na(1, MINE))]),
])

# The scopes that have an option: host, pool, subnet, network, class, global.
SCOPES = {"dns-servers": "hpsncg", "sntp-servers": "psncg", "sip-server-addr": "sncg", "nis-servers": "ncg", "nisp-servers": "cg", "bcmcs-server-addr": "g",
    "pana-agent": "hc"}
ORO = [23, 31, 22, 27, 28, 34, 40, 29, 30]


def of(scope, number):
    return [o(name, f"2001:db8::{number}") for name, scopes in SCOPES.items() if scope in scopes]


PRECEDENCE = {**LIFE, "option-data": of("g", 1), "client-classes": [
    c("c1", IS_PHONE, option_data=of("c", 2)), c("c2", "option[61].exists", option_data=of("c", 3) + [o("nis-domain-name", "second")]),
    c("late", "member('KNOWN')", option_data=of("c", 4) + [o("nis-domain-name", "late")]), c("req", IS_PHONE, only_if_required=True, option_data=of("c",
        5) + [o("nisp-domain-name", "req")])],
    "shared-networks": [{"name": "n", "interface": "s0", "option-data": of("n", 6), "require-client-classes": ["req"], "subnet6": [
        {**{k: v for k, v in LINK.items() if k != "interface"}, "option-data": of("s", 7), "pools": [{**LINK["pools"][0], "option-data": of("p", 8)}],
         "pd-pools": [pd_pool("2001:db8:8000::", 40, 64, **{"option-data": of("p", 10)})], "reservations": [{"duid": ONE["duid"], "option-data": of("h",
         9)}]}]}], "subnet6": [FAR]}
group("class-options", PRECEDENCE, [
    ("none", get(na(1), oro=ORO)), ("phone", get(PHONE, na(1), oro=ORO)), ("printer", get(PRINTER, na(1), oro=ORO)), ("known", get(na(1), oro=ORO, **KNOWN)),
    ("known-phone", get(PHONE, na(1), oro=ORO, **KNOWN)),
    ("far-phone", get(PHONE, na(1), oro=ORO, relays=R1)), ("not-asked", get(PHONE, na(1))), ("inform-phone", [INFORM(PHONE, oro=ORO)]),
    ("inform-known", [INFORM(oro=ORO, **KNOWN)]),
    ("prefix", get(pd(1), oro=ORO)), ("no-ia", [SOLICIT(PHONE, oro=ORO)]),
])
ALWAYS = {"always-send": True}
group("class-always", {**LIFE, "option-data": [o("dns-servers", "2001:db8::1", **ALWAYS), o("sntp-servers", "2001:db8::1")], "client-classes": [
    c("a", "option[61].exists", option_data=[o("dns-servers", "2001:db8::2"), o("sntp-servers", "2001:db8::2", **ALWAYS), o("nis-servers", "2001:db8::2",
        **ALWAYS)]),
    c("b", IS_PHONE, option_data=[o("nis-servers", "2001:db8::3"), o("nisp-servers", "2001:db8::3", **ALWAYS)])],
    "subnet6": [{**LINK, "option-data": [o("nisp-servers", "2001:db8::7")], "reservations": [
        {"duid": ONE["duid"], "option-data": [o("sip-server-addr", "2001:db8::9", **ALWAYS), o("dns-servers", "2001:db8::9")]}]}, FAR]}, [
    ("none", get()), ("printer", get(PRINTER, na(1))), ("phone", get(PHONE, na(1))), ("known", get(na(1), **KNOWN)),
    ("phone-asked", get(PHONE, na(1), oro=ORO)),
])
group("class-values", {**LIFE, "option-def": [{"name": "my-text", "code": 1001, "type": "string"}], "client-classes": [
    c("v", "option[61].exists", option_data=[o("my-text", "abc"), o("tftp-servers", "2001:db8::69", space="vendor-4491"), o("preference", "7"),
        o("bootfile-url", "http://[2001:db8::1]/a"), o("domain-search", "class.example")])],
    "subnet6": [LINK]}, [("asked", get(PHONE, na(1), oro=[7, 24, 59, 1001])), ("none", get(na(1), oro=[7, 24, 59, 1001])),
    ("vendor", [SOLICIT(PHONE, na(1), opt(17, b"\0\0\x11\x8b\0\1\0\2\0\x20"))])])

# --- classes that scopes ask for ------------------------------------------------------------------------

REQ = [c("no-test", only_if_required=True), c("always", "option[1].exists", only_if_required=True), c("if-relayed", "relay6[0].linkaddr == 2001:db8:2::1",
    only_if_required=True),
       c("chain", "member('always')", only_if_required=True), c("nobody-asks", "option[1].exists", only_if_required=True), c("early", "member('always')"),
           c("twice", "option[61].exists"),
       c("of-known", "member('KNOWN')", only_if_required=True), c("of-pool", "member('chain')", only_if_required=True),
           c("of-pd", "member('chain')", only_if_required=True)]
ASKED = [x["name"] for x in REQ if x["name"] not in ("nobody-asks", "early", "of-pool", "of-pd")]
group("required", {**LIFE, "client-classes": tagged(CODES, REQ), "shared-networks": [{"name": "n", "interface": "s0", "require-client-classes": ["always"],
    "subnet6": [
    {**{k: v for k, v in LINK.items() if k != "interface"}, "require-client-classes": [n for n in ASKED if n != "always"], "pools": [{**LINK["pools"][0],
        "require-client-classes": ["of-pool"]}],
     "pd-pools": [pd_pool("2001:db8:8000::", 40, 64, **{"require-client-classes": ["of-pd"]})], "reservations": [ONE]}]}],
    "subnet6": [{**FAR, "require-client-classes": ["if-relayed", "of-known", "chain", "always"]}]}, [
    ("plain", get()), ("phone", get(PHONE, na(1))), ("known", get(na(1), **KNOWN)), ("relayed", get(relays=R1)), ("prefix", get(pd(1))),
    ("both", get(na(1), pd(1))), ("inform", [INFORM(oro=[23])]),
    ("renew", get() + [RENEW(na(1, MINE))]),
], fields=fields(CODES, [x["name"] for x in REQ]))
