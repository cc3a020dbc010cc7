# SPDX-License-Identifier: MPL-2.0
"""Client classes of DHCPv4: expressions, built-in classes, guards, what classes set."""
from cases import BOOTP, D, DECLINE, FAR, GI, INFORM, LINK, MINE, OFFERED, R, RELEASE, SERVER, get, group, opt, with_opts
from lib.dhcp import ip4
from pair import reload, subnet
from parts import c, fields, tagged

# --- expressions: a class for each; its option says that the message is in it --------------------

# No option of these codes is defined.
CODES = [*range(162, 175), *range(178, 208), *range(214, 220), *range(222, 255)]


def expressions(name, tests, cases):
    classes = [c(f"c{i}", t) for i, t in enumerate(tests)]
    group(name, {"valid-lifetime": 3600, "client-classes": tagged(CODES, classes), "subnet4": [LINK, FAR]}, cases, fields=fields(CODES, tests))


VIVCO = b"\0\0\x11\x8b\x08\3abc\3def" + b"\0\0\x27\x0f\2\1x"
VIVSO = b"\0\0\x11\x8b\x06\1\1A\5\1B"
PACKETS = [
    ("plain", {}),
    ("text", {"opts": [(60, b"PXEClient:Arch:00007"), (77, b"\4iPXE"), (12, b"Host-One"), (93, b"\0\7")]}),
    ("number", {"opts": [(60, b"a.b.c"), (12, b"12"), (93, b"\0\0"), (57, b"\5\xdc")]}),
    ("empty", {"opts": [(60, b""), (43, b"")]}),
    ("vendor", {"opts": [(124, VIVCO), (125, VIVSO)]}),
    ("other-vendor", {"opts": [(124, b"\0\0\x27\x0f\2\1x"), (125, b"\0\0\x27\x0f\3\1\1A")]}),
    ("nested", {"opts": [(43, b"\1\3abc\2\4\xc0\0\2\1\6\1\x0a")]}),
    ("relayed", {"rai": b"\1\6port-1\2\4\1\2\3\4\6\3sub", **GI}),
    ("relayed-binary", {"rai": b"\1\2\0\1\2\6\2\0\0\0\0\1", "flags": 0x8000, **GI}),
    ("wants", {"want": "192.0.2.120", "cid": b"\1\2\3\4\5\6\7"}),
]

expressions("express", [
    "option[60].text == 'a.b.c'", "option[60].hex == 'a.b.c'", "option[60].hex == 0x612e622e63", "option[vendor-class-identifier].exists",
    "option[60].exists", "not option[60].exists", "option[12].text == '12'", "option[12].hex == 12", "option[93].hex == 0x0007",
    "option[93].text == '7'", "option[93].hex == 7", "option[57].hex == 0x05dc", "option[61].hex == 0x01020304050607", "option[250].exists",
    "option[43].exists", "option[43].option[1].exists", "option[43].option[1].hex == 'abc'", "option[43].option[2].hex == 192.0.2.1",
    "option[43].option[9].hex == ''", "option[82].exists", "option[82].option[1].hex == 'port-1'", "relay4[1].hex == 'port-1'",
    "relay4[1].exists", "relay4[2].hex == 0x01020304", "relay4[9].exists", "relay4[1].hex == 0x0001",
    "relay4[6].hex == 'sub'", "pkt4.giaddr == 198.51.100.1", "pkt4.giaddr == 0.0.0.0", "pkt4.hlen == 6", "pkt4.htype == 1",
    "pkt4.ciaddr == 0.0.0.0", "pkt4.yiaddr == 0.0.0.0", "pkt4.siaddr == 0.0.0.0", "pkt4.msgtype == 1", "pkt4.msgtype == 3",
    "pkt4.transid == 1", "substring(pkt4.mac, 0, 2) == 0x0200", "substring(pkt4.mac, -1, 1) == 0x01", "pkt.iface == 's0'", "pkt.src == 0.0.0.0",
    "pkt.dst == 255.255.255.255", "pkt.dst == 198.18.0.1", "pkt.len == 300", "option[50].hex == 192.0.2.120",
    "pkt4.hlen == 0x06", "pkt4.htype == 0x0001",
], [(n, [D(**k)]) for n, k in PACKETS] + [("request", get(opts=[(60, b"a.b.c")]))])

expressions("express-text", [
    "substring(option[60].hex, 0, 9) == 'PXEClient'", "substring(option[60].hex, 15, all) == '00007'", "substring(option[60].hex, -5, 5) == '00007'",
    "substring(option[60].hex, -5, -2) == 'Ar'", "substring(option[60].hex, 100, 1) == ''", "substring(option[60].hex, -100, 3) == 'PXE'",
    "substring(option[60].hex, 0, 100) == 'a.b.c'", "substring('foobar', 0, 6) == 'foobar'", "substring('foobar', 3, -3) == 'foo'",
    "substring('foobar', -3, 3) == 'bar'", "substring('foobar', 6, 1) == ''", "substring('foobar', 2, 0) == ''", "substring('foobar', 1, all) == 'oobar'",
    "concat('foo', 'bar') == 'foobar'", "concat(option[60].hex, option[12].hex) == 'a.b.c12'", "concat(option[60].hex, option[99].hex) == 'a.b.c'",
    "ifelse(option[60].exists, option[60].hex, 'none') == 'none'", "ifelse(option[60].exists, 'yes', 'no') == 'yes'",
    "hexstring(option[93].hex, ':') == '00:07'", "hexstring(option[93].hex, '') == '0007'", "hexstring(0xabcd, '-') == 'ab-cd'", "hexstring('', ':') == ''",
    "hexstring(pkt4.mac, ':') == ''", "split(option[60].hex, '.', 2) == 'b'", "split(option[60].hex, '.', 0) == ''", "split(option[60].hex, '.', 4) == ''",
    "split(option[60].hex, ':', 3) == '00007'", "split('a.b-c', '.-', 3) == 'c'", "split('a..b', '.', 2) == ''", "split('abc', '', 1) == 'abc'",
    "addrtotext(192.0.2.1) == '192.0.2.1'", "addrtotext(option[43].option[2].hex) == '192.0.2.1'", "addrtotext(pkt4.giaddr) == '198.51.100.1'",
    "int8totext(0xff) == '-1'", "int16totext(0xfffe) == '-2'", "int32totext(0xfffffffb) == '-5'", "uint8totext(0xff) == '255'",
    "uint16totext(option[93].hex) == '7'",
    "uint32totext(4294967295) == '4294967295'", "uint16totext(0x01) == ''", "'x' == 'x'", "0x78 == 'x'", "0x7 == 0x07",
    "1 == 0x00000001", "192.0.2.1 == 0xc0000201", "2001:db8::1 == 0x20010db8000000000000000000000001", "'a' == 'A'",
    "option[60].exists and option[12].exists", "option[60].exists or option[43].exists", "not (option[60].exists and option[12].exists)",
    "not option[60].exists and option[12].exists", "option[60].exists or option[12].exists and option[43].exists", "not not option[60].exists",
    "(option[60].exists or option[12].exists) and not option[93].exists", "option[ 60 ].hex=='a.b.c'", "(((option[60].exists)))",
    "hexstring(relay4[2].hex, ':') == '02:00:00:00:00:01'", "substring(option[77].hex, 1, 4) == 'iPXE'", "option[77].hex == 0x0469505845", "option[77].exists",
    "option[host-name].text == 'Host-One'", "option[12].hex == 'Host-One'",
], [(n, [D(**k)]) for n, k in PACKETS])

expressions("express-vendor", [
    "vendor[4491].exists", "vendor[*].exists", "vendor[9999].exists", "vendor.enterprise == 4491", "vendor.enterprise == 9999", "vendor[4491].option[1].exists",
    "vendor[4491].option[1].hex == 'A'", "vendor[*].option[1].hex == 'A'", "vendor[4491].option[9].exists", "vendor-class[4491].exists",
    "vendor-class[*].exists",
    "vendor-class.enterprise == 4491", "vendor-class.enterprise == 9999", "vendor-class[4491].data == 'abc'", "vendor-class[4491].data[0] == 'abc'",
    "vendor-class[4491].data[1] == 'def'", "vendor-class[4491].data[2] == ''", "vendor-class[*].data[0] == 'x'", "vendor-class[9999].data == 'x'",
    "option[124].exists", "option[125].exists", "option[125].hex == ''",
], [(n, [D(**k)]) for n, k in PACKETS if n in ("plain", "vendor", "other-vendor")])

# --- which classes a message is in ----------------------------------------------------------------

PHONE, PRINTER, BAD = {"opts": [(60, b"phone")]}, {"opts": [(60, b"printer")]}, {"opts": [(60, b"bad")]}
MEMBERS = [
    c("ALL"), c("KNOWN"), c("UNKNOWN"), c("VENDOR_CLASS_phone"), c("VENDOR_CLASS_docsis3.0"), c("phone", "option[60].hex == 'phone'"),
    c("of-vendor", "member('VENDOR_CLASS_phone')"), c("not-phone", "not member('phone')"), c("all", "member('ALL')"),
        c("both", "member('phone') and member('of-vendor')"),
    c("third", "member('both') or member('not-phone')"), c("is-known", "member('KNOWN')"), c("is-unknown", "member('UNKNOWN')"),
        c("after", "member('is-unknown')"),
    c("not-known", "not member('KNOWN')"), c("mixed", "member('phone') and member('UNKNOWN')"), c("no-test"), c("boot", "member('BOOTP')"),
    c("late-early", "member('UNKNOWN') and option[60].hex == 'phone'"),
    c("DROP", "option[60].hex == 'bad' or (option[60].hex == 'worse' and not member('KNOWN'))"),
]
group("members", {"valid-lifetime": 3600, "client-classes": tagged(CODES, MEMBERS), "subnet4": [
    {**LINK, "reservations": [{"hw-address": "02:0b:00:00:00:01", "hostname": "one"}]}, FAR]}, [
    ("plain", get()), ("phone", get(**PHONE)), ("other", get(**PRINTER)), ("known", get(mac=b"\x02\x0b\0\0\0\1")),
    ("known-phone", get(mac=b"\x02\x0b\0\0\0\1", **PHONE)), ("bad", [D(**BAD)]), ("bad-known", [D(mac=b"\x02\x0b\0\0\0\1", **BAD)]),
    ("worse", [D(opts=[(60, b"worse")])]), ("worse-known", [D(mac=b"\x02\x0b\0\0\0\1", opts=[(60, b"worse")])]),
    ("bad-renewal", get(**PHONE) + [R(ciaddr=MINE, src=MINE, dst=SERVER, **BAD)]), ("inform", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35", dst=SERVER,
    **PHONE)]),
    ("bad-inform", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35", dst=SERVER, **BAD)]), ("relayed", get(opts=[(60, b"phone")], **GI)),
    ("cable", get(opts=[(60, b"docsis3.0:0123")])), ("zero-at-the-end", get(opts=[(60, b"phone\0")])), 
    ("bad-release", get() + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER, **BAD), D()]),
    ("bad-decline", get() + [DECLINE(want=MINE, server=SERVER, **BAD), R(ciaddr=MINE, src=MINE, dst=SERVER)]),
    ("bootp", [BOOTP(**PHONE)]),
], fields=fields(CODES, [x["name"] for x in MEMBERS]))

# --- guards -----------------------------------------------------------------------------------------

PHONES, PRINTERS = c("phone", "option[60].hex == 'phone'"), c("printer", "option[60].hex == 'printer'")
SLOW = c("slow", "option[60].hex == 'slow' and member('UNKNOWN')")
# Each client has one pool: which of several Kea takes depends on what it assigned last.
OTHER = c("other", "not member('phone') and not member('printer') and not member('slow') and not member('KNOWN')")
KNOWN_MAC = b"\x02\x0b\0\0\0\1"


def pools(prefix, *ranges):
    return [{"pool": f"{prefix}.{first} - {prefix}.{last}", **more} for first, last, more in ranges]


floor = {"name": "floor", "interface": "s0", "subnet4": [
    {"id": 1, "subnet": "192.0.2.0/25", "client-class": "phone", "pools": pools("192.0.2", (10, 19, {}))},
    {"id": 2, "subnet": "192.0.2.128/25", "pools": pools("192.0.2", (130, 139, {"client-class": "printer"}), (140, 149, {"client-class": "slow"}),
                                                        (150, 159, {"client-class": "KNOWN"}), (160, 169, {"client-class": "other"})),
     "reservations": [{"hw-address": "02:0b:00:00:00:01", "hostname": "one"}]}]}
PLAN = {"valid-lifetime": 3600, "client-classes": [PHONES, PRINTERS, SLOW, OTHER], "shared-networks": [
    floor,
    {"name": "lab", "client-class": "printer", "relay": {"ip-addresses": ["198.18.0.77"]}, "subnet4": [
        {"id": 3, "subnet": "203.0.113.0/24", "pools": pools("203.0.113", (10, 19, {}))}]}],
    "subnet4": [{"id": 4, "subnet": "198.51.100.0/24", "client-class": "phone", "pools": pools("198.51.100", (10, 19, {}))},
                {"id": 5, "subnet": "10.0.0.0/24", "pools": pools("10.0.0", (10, 19, {"client-class": "printer"}))},
                {"id": 6, "subnet": "10.0.1.0/24", "client-class": "UNKNOWN", "pools": pools("10.0.1", (10, 19, {}))},
                {"id": 7, "subnet": "10.0.2.0/24", "pools": pools("10.0.2", (10, 19, {}))}]}
LAB = {"giaddr": "198.18.0.77"}
TEN = {"giaddr": "10.0.0.1"}


def renewed(first, then, **k):
    """A client whose classes change before it renews, reboots and asks again."""
    sender = {} if "giaddr" in k else {"src": MINE}
    return get(**first, **k) + [R(ciaddr=MINE, **sender, **then, **k), R(want=MINE, **then, **k), D(**then, **k)]


group("guards", PLAN, [
    ("nobody", get()), ("phone", get(**PHONE)), ("printer", get(**PRINTER)), ("slow", get(opts=[(60, b"slow")])), ("known", get(mac=KNOWN_MAC)),
    ("wants-phones", [D(want="192.0.2.15"), R(want="192.0.2.15", server=SERVER)]), ("wants-printers", [D(want="192.0.2.135"), R(want="192.0.2.135",
    server=SERVER)]),
    ("phone-wants-others", [D(want="192.0.2.165", **PHONE)]), ("phone-wants-phones", [D(want="192.0.2.15", **PHONE)]),
    ("network", [D(**LAB)]), ("network-printer", get(**LAB, **PRINTER)), ("subnet", [D(**GI)]), ("subnet-phone", get(**GI, **PHONE)),
    ("pool", [D(**TEN)]), ("pool-printer", get(**TEN, **PRINTER)), ("late-subnet", [D(giaddr="10.0.1.1")]),
    ("request-network", [R(want="203.0.113.12", server="198.18.0.1", **LAB)]), ("request-subnet", [R(want="198.51.100.12", server="198.18.0.1", **GI)]),
    ("request-pool", [R(want="10.0.0.12", server="198.18.0.1", **TEN)]), ("reboot-pool", [R(want="10.0.0.12", **TEN)]),
    ("stays-in-open", renewed({}, PHONE, giaddr="10.0.2.1")), ("leaves-printers", renewed(PRINTER, {})), ("leaves-phones", renewed(PHONE, {})),
    ("phone-to-printer", renewed(PHONE, PRINTER)[:3]),
    ("leaves-pool", renewed(PRINTER, {}, **TEN)), ("leaves-subnet", renewed(PHONE, {}, **GI)[:3]), ("leaves-network", renewed(PRINTER, {}, **LAB)[:3]),
    ("offer-lost", [D(**PRINTER), R(want=OFFERED, server=SERVER)]),
    ("inform-subnet", [INFORM(ciaddr="198.51.100.60", **GI)]), ("inform-subnet-phone", [INFORM(ciaddr="198.51.100.60", **GI, **PHONE)]),
    ("release-guarded", get(**PRINTER) + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER), D(**PRINTER)]),
    ("decline-guarded", get(**PRINTER) + [DECLINE(want=MINE, server=SERVER), R(ciaddr=MINE, src=MINE, **PRINTER)]),
])
group("guards-authoritative", {**PLAN, "authoritative": True}, [
    ("leaves-printers", renewed(PRINTER, {})), ("leaves-phones", renewed(PHONE, {})), ("leaves-pool", renewed(PRINTER, {}, **TEN)),
    ("leaves-subnet", renewed(PHONE, {}, **GI)), ("leaves-network", renewed(PRINTER, {}, **LAB)), ("reboot-unknown", [R(want="10.0.0.12", **TEN)]),
])
guarded = {**LINK, "pools": pools("192.0.2", (100, 101, {"client-class": "phone"}), (110, 119, {}))}
group("guards-added", {"valid-lifetime": 3600, "client-classes": [PHONES], "subnet4": [LINK]}, [
    ("pool-becomes-guarded", [reload({"valid-lifetime": 3600, "client-classes": [PHONES], "subnet4": [{**LINK, "pools": pools("192.0.2", (100, 101, {}))}]}),
                              *get(), reload({"valid-lifetime": 3600, "client-classes": [PHONES], "subnet4": [guarded]}),
                              R(ciaddr=MINE, src=MINE, dst=SERVER), D(), R(want=OFFERED, server=SERVER)]),
])

# --- what classes set -----------------------------------------------------------------------------------


def d(code_name, data, **more):
    return [opt(code_name, data, **more)]


LIVES = [c("short", "option[60].hex == 'short'", valid_lifetime=600, min_valid_lifetime=300, max_valid_lifetime=900),
    c("one", "substring(option[60].hex, 0, 3) == 'one'", valid_lifetime=100),
         c("two", "option[60].hex == 'one two'", valid_lifetime=200, min_valid_lifetime=50, max_valid_lifetime=250),
             c("only-max", "option[60].hex == 'max'", max_valid_lifetime=700),
         c("only-min", "option[60].hex == 'min'", min_valid_lifetime=5000), c("late", "member('UNKNOWN') and option[60].hex == 'late'", valid_lifetime=77)]
group("class-lifetimes", {"valid-lifetime": 4000, "min-valid-lifetime": 1000, "max-valid-lifetime": 8000, "client-classes": LIVES,
                          "subnet4": [LINK, {**FAR, "valid-lifetime": 3000, "min-valid-lifetime": 2000, "max-valid-lifetime": 3500}]}, [
    *[(f"{n.decode().replace(' ', '-')}{f'-{life}' if life else ''}", get(opts=[(60, n)], **({"life": life} if life else {})))
      for n in (b"short", b"one", b"one two", b"max", b"min", b"late") for life in (0, 10, 650, 100000)],
    ("short-subnet", get(opts=[(60, b"short")], **GI)), ("short-subnet-asks", get(opts=[(60, b"short")], life=100, **GI)),
    ("none-subnet", get(life=10, **GI)), ("changes", get(opts=[(60, b"short")]) + [R(ciaddr=MINE, src=MINE), R(ciaddr=MINE, src=MINE, opts=[(60, b"one")])]),
])

BOOT = [c("boot", "substring(option[60].hex, 0, 4) == 'boot'", next_server="192.0.2.9", server_hostname="class", boot_file_name="class.0"),
        c("more", "option[60].hex == 'boot more'", next_server="192.0.2.10", boot_file_name="more.0"),
            c("file", "option[60].hex == 'file'", boot_file_name="file.0"),
        c("none", "option[60].hex == 'none'", next_server="0.0.0.0", boot_file_name="", server_hostname=""),
            c("late", "member('UNKNOWN') and option[60].hex == 'late'", boot_file_name="late.0"),
        c("asked", "option[60].hex == 'asked'", next_server="192.0.2.11", only_if_required=True)]
group("class-boot", {"valid-lifetime": 3600, "next-server": "192.0.2.66", "client-classes": BOOT, "subnet4": [
    {**LINK, "next-server": "192.0.2.8", "server-hostname": "subnet", "boot-file-name": "subnet.0", "require-client-classes": ["asked"]}, FAR]}, [
    *[(n.decode().replace(" ", "-"), get(opts=[(60, n)])) for n in (b"x", b"boot", b"boot more", b"file", b"none", b"late", b"asked")],
    ("far", get(opts=[(60, b"file")], **GI)), ("far-boot", get(opts=[(60, b"boot")], **GI)), ("inform", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35",
    dst=SERVER, opts=[(60, b"boot")])]),
])

# The scopes that have an option: host, pool, subnet, network, class, global.
SCOPES = {"time-servers": "hpsncg", "log-servers": "psncg", "lpr-servers": "sncg", "cookie-servers": "ncg", "ntp-servers": "cg",
          "font-servers": "g", "nis-servers": "hc"}
SCOPE_CODES = bytes([4, 7, 9, 8, 42, 48, 41])


def of(scope, number, **more):
    return [opt(name, f"10.0.0.{number}", **more) for name, scopes in SCOPES.items() if scope in scopes]


PRECEDENCE = {"valid-lifetime": 3600, "option-data": of("g", 1), "client-classes": [
    c("c1", "option[60].hex == 'phone'", option_data=of("c", 2)), c("c2", "option[60].exists", option_data=of("c", 3) + d("nis-domain", "second")),
    c("late", "member('KNOWN')", option_data=of("c", 4) + d("nis-domain", "late")), c(
        "req", "option[60].hex == 'phone'", only_if_required=True, option_data=of("c", 5) + d("root-path", "/req"))],
    "shared-networks": [{"name": "n", "interface": "s0", "option-data": of("n", 6), "require-client-classes": ["req"], "subnet4": [
        {**LINK, "option-data": of("s", 7), "pools": [{**LINK["pools"][0], "option-data": of("p", 8)}],
         "reservations": [{"hw-address": "02:0b:00:00:00:01", "option-data": of("h", 9)}]}]}], "subnet4": [FAR]}
PRL = SCOPE_CODES + b"\x28\x11"
group("class-options", PRECEDENCE, [
    ("none", get(prl=PRL)), ("phone", get(prl=PRL, **PHONE)), ("printer", get(prl=PRL, **PRINTER)), ("known", get(mac=KNOWN_MAC, prl=PRL)),
    ("known-phone", get(mac=KNOWN_MAC, prl=PRL, **PHONE)), ("far-phone", get(prl=PRL, **PHONE, **GI)), ("not-asked", get(**PHONE)),
    ("inform-phone", [INFORM(ciaddr="192.0.2.36", src="192.0.2.36", dst=SERVER, prl=PRL, **PHONE)]),
    ("inform-known", [INFORM(ciaddr="192.0.2.36", src="192.0.2.36", dst=SERVER, prl=PRL, mac=KNOWN_MAC)]),
])
ALWAYS = {"always-send": True}
group("class-always", {"valid-lifetime": 3600, "option-data": d("time-servers", "10.0.0.1", **ALWAYS) + d("log-servers", "10.0.0.1"), "client-classes": [
    c("a", "option[60].exists", option_data=d("time-servers", "10.0.0.2") + d("log-servers", "10.0.0.2", **ALWAYS) + d("lpr-servers", "10.0.0.2", **ALWAYS)),
    c("b", "option[60].hex == 'phone'", option_data=d("lpr-servers", "10.0.0.3") + d("font-servers", "10.0.0.3", **ALWAYS))],
    "subnet4": [{**LINK, "option-data": d("font-servers", "10.0.0.7"), "reservations": [
        {"hw-address": "02:0b:00:00:00:01", "option-data": d("cookie-servers", "10.0.0.9", **ALWAYS) + d("time-servers", "10.0.0.9")}]}, FAR]}, [
    ("none", get()), ("printer", get(**PRINTER)), ("phone", get(**PHONE)), ("known", get(mac=KNOWN_MAC)), ("phone-asked", get(prl=SCOPE_CODES, **PHONE)),
])
group("class-values", {"valid-lifetime": 3600, "option-def": [{"name": "my-text", "code": 224, "type": "string"}], "client-classes": [
    c("v", "option[60].exists", option_data=d("my-text", "abc") + d("tftp-servers", "10.0.0.1", space="vendor-4491") + [
        {"code": 1, "space": "vendor-encapsulated-options-space", "csv-format": False, "data": "0a0b"}, {"name": "vendor-encapsulated-options"}]
      + d("boot-file-name", "o.0") + d("domain-name", "class.example") + d("dhcp-lease-time", "5") + d("host-name", "by-class"))], "subnet4": [LINK]}, [
    ("asked", get(prl=b"\x0c\x0f\x2b\x33\x43\xe0", **PHONE)), ("none", get(prl=b"\x0c\x0f\x2b\x33\x43\xe0")),
    ("vendor", get(opts=[(60, b"x"), (125, b"\0\0\x11\x8b\3\1\1\2")])),
])

# Options 43 and 224 are of another type in each class.
BOX = [{"name": "vendor-encapsulated-options", "code": 43, "type": "empty", "encapsulate": "box"}, {"name": "one", "code": 1, "space": "box",
    "type": "ipv4-address"}]
group("class-definitions", {"valid-lifetime": 3600, "option-def": [{"name": "own", "code": 224, "type": "string"}, BOX[1]], "option-data": d("own", "global"),
    "client-classes": [
    c("phone", "option[60].hex == 'phone'", option_def=[{"name": "vendor-encapsulated-options", "code": 43, "type": "string"},
        {"name": "own", "code": 224, "type": "uint16"}],
      option_data=d("vendor-encapsulated-options", "abc") + d("own", "4711")),
    c("printer", "option[60].hex == 'printer'", option_def=BOX[:1], option_data=d("vendor-encapsulated-options", "") + d("one", "192.0.2.9", space="box")),
    c("number", "option[60].hex == 'number'", option_def=[{"name": "number", "code": 43, "type": "uint32"}, {"name": "text", "code": 225, "type": "string"}],
      option_data=d("number", "305419896") + d("text", "number"))], "subnet4": [LINK]}, [
    *[(n.decode(), get(opts=[(60, n)], prl=b"\x2b\xe0\xe1")) for n in (b"x", b"phone", b"printer", b"number")],
    *[(f"{n.decode()}-sends-43", get(opts=[(60, n), (43, b"\1\4abcd")], prl=b"\x2b")) for n in (b"x", b"phone", b"printer", b"number")],
])

# --- classes that scopes ask for ------------------------------------------------------------------------

REQ = [c("no-test", only_if_required=True), c("always", "pkt4.hlen == 6", only_if_required=True),
       c("if-relayed", "pkt4.giaddr == 198.51.100.1", only_if_required=True), c("chain", "member('always')", only_if_required=True),
       c("nobody-asks", "pkt4.hlen == 6", only_if_required=True), c("early", "member('always')"), c("twice", "option[60].exists"),
       c("sub-option", "option[43].option[1].hex == 'abc'", only_if_required=True),
       c("of-known", "member('KNOWN')", only_if_required=True), c("of-pool", "member('chain')", only_if_required=True)]
ASKED = [x["name"] for x in REQ if x["name"] not in ("nobody-asks", "early", "of-pool")]
group("required", {"valid-lifetime": 3600, "client-classes": tagged(CODES, REQ), "shared-networks": [
    {"name": "n", "interface": "s0", "require-client-classes": ["always"], "subnet4": [
        {**LINK, "require-client-classes": [n for n in ASKED if n != "always"], "pools": [{"pool": "192.0.2.100 - 192.0.2.250",
            "require-client-classes": ["of-pool"]}],
         "reservations": [{"hw-address": "02:0b:00:00:00:01", "hostname": "one"}]}]}],
    "subnet4": [{**FAR, "require-client-classes": ["if-relayed", "of-known", "chain", "always"]}]}, [
    ("plain", get()), ("phone", get(**PHONE)), ("known", get(mac=KNOWN_MAC)), ("relayed", get(**GI)), ("nested", get(opts=[(43, b"\1\3abc")])),
    ("inform", [INFORM(ciaddr="192.0.2.35", src="192.0.2.35", dst=SERVER)]), ("renew", get() + [R(ciaddr=MINE, src=MINE, dst=SERVER)]),
], fields=fields(CODES, [x["name"] for x in REQ]))
