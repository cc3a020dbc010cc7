# SPDX-License-Identifier: MPL-2.0
"""Keys that Kea does not have, DHCPv4: Kea gets the configuration that --print-config --kea prints of them."""
from cases import D, FAR, GI, INFORM, LINK, MINE, OFFERED, R, SERVER, get, group
from classes4 import CODES, KNOWN_MAC
from parts import c, fields, tagged


def mac(text):
    return {"mac": bytes.fromhex(text.replace(":", ""))}


# --- match: an option says that the message is in a class ---------------------------------------------

LISTS = [
    c("block", match={"hardware": ["00:1b:21:*", "00:50:c2:00:00:00/28", "70:b3:d5:0*"]}),
    c("whole", match={"hardware": ["00:1b:22:00:00:07", "00:1b:22:00:00:09"]}),
    c("random", match={"random-mac": True}),
    c("texts", match={"vendor-class": ["PXE*", "it's"], "user-class": ["iPXE"]}),
    c("mixed", match={"hardware": ["0a:*"], "vendor-class": ["b"]}),
    c("without", "not member('block') and not member('random')"),
    c("DROP", match={"hardware": ["00:1b:23:*"]}),
]
group("native-match", {"valid-lifetime": 3600, "client-classes": tagged(CODES, LISTS), "subnet4": [LINK, FAR]}, [
    (text.replace(":", ""), [D(**mac(text))]) for text in (
        "00:1b:21:00:00:01", "00:1b:20:ff:ff:ff", "00:50:c2:0f:ff:ff", "00:50:c2:10:00:00", "70:b3:d5:01:02:03", "70:b3:d5:11:02:03",
        "00:1b:22:00:00:07", "00:1b:22:00:00:08", "0a:01:02:03:04:05", "02:01:02:03:04:05", "fe:01:02:03:04:05", "04:01:02:03:04:05",
        "00:1b:23:00:00:01")
] + [
    ("pxe", [D(opts=[(60, b"PXEClient:Arch:00000")])]), ("quote", [D(opts=[(60, b"it's")])]), ("longer", [D(opts=[(60, b"it's not")])]),
    ("b", [D(opts=[(60, b"b")])]), ("empty", [D(opts=[(60, b"")])]), ("ipxe", [D(opts=[(77, b"iPXE")])]), ("other", [D(opts=[(77, b"iPXE2")])]),
], fields=fields(CODES, [x["name"] for x in LISTS]))

# --- deny-unknown ---------------------------------------------------------------------------------------

HOST = {"reservations": [{"hw-address": "02:0b:00:00:00:01", "hostname": "one"}]}
PHONE = {"opts": [(60, b"phone")]}
group("native-unknown", {
    "valid-lifetime": 3600, "authoritative": True, "client-classes": [c("phone", match={"vendor-class": ["phone"]})], "subnet4": [
        {**LINK, **HOST, "deny-unknown": True},
        {"id": 2, "subnet": "198.51.100.0/24", "pools": [
            {"pool": "198.51.100.10 - 198.51.100.99", "deny-unknown": True, "client-classes": ["phone"]},
            {"pool": "198.51.100.100 - 198.51.100.199", "client-classes": ["phone"]}]}]}, [
    ("unknown", get()), ("unknown-wants", [D(want="192.0.2.120")]), ("known", get(mac=KNOWN_MAC)),
    ("known-renews", get(mac=KNOWN_MAC) + [R(mac=KNOWN_MAC, ciaddr=MINE, src=MINE, dst=SERVER)]),
    ("unknown-requests", [R(want="192.0.2.121", server=SERVER)]),
    ("unknown-reboots", [R(want="192.0.2.122")]), ("unknown-inform", [INFORM(ciaddr="192.0.2.36", src="192.0.2.36", dst=SERVER)]),
    ("phone-unknown", get(**GI, **PHONE)), ("other-unknown", get(**GI)),
])

# --- boot ------------------------------------------------------------------------------------------------

BOOT = {"bios": {"file": "bios.0", "server": "192.0.2.5"}, "efi32": {"file": "x32.efi"}, "efi64": {"file": "x64.efi", "server": "192.0.2.6"},
        "arm64": {"file": "arm64.efi", "server": "192.0.2.7"}, "http": {"url": "http://boot.example/x.efi"},
        "ipxe": {"url": "http://boot.example/menu.ipxe"}}
LONG = {"ipxe": {"url": "http://boot.example/" + "0123456789" * 12}}
HTTP = (60, b"HTTPClient:Arch:00016")
KINDS = [
    ("none", []), ("bios", [(93, b"\0\0")]), ("efi32", [(93, b"\0\6")]), ("efi64", [(93, b"\0\7")]), ("efi64-9", [(93, b"\0\x09")]),
    ("arm64", [(93, b"\0\x0b")]), ("other", [(93, b"\0\2")]), ("several", [(93, b"\0\7\0\0")]), ("http", [(93, b"\0\x10"), HTTP]),
    ("ipxe", [(93, b"\0\0"), (77, b"iPXE")]), ("ipxe-http", [(93, b"\0\x10"), (77, b"iPXE"), HTTP]), ("mine", [(93, b"\0\0"), (60, b"mine")]),
]
group("native-boot", {
    "valid-lifetime": 3600, "next-server": "192.0.2.9", "boot-file-name": "default.0", "boot": BOOT,
    "client-classes": [c("mine", "option[60].hex == 'mine'", boot_file_name="mine.0")],
    "subnet4": [LINK, {**FAR, "boot": {"bios": {"file": "far.0", "server": "198.51.100.5"}, **LONG}}]},
    [(name, get(opts=opts)) for name, opts in KINDS] + [(f"far-{name}", get(opts=opts, **GI)) for name, opts in KINDS] +
    [(f"inform-{name}", [INFORM(ciaddr="192.0.2.36", src="192.0.2.36", dst=SERVER, opts=opts)]) for name, opts in KINDS[1:4]] +
    [("renew", [D(opts=KINDS[1][1]), R(want=OFFERED, server=SERVER, opts=KINDS[1][1]), R(ciaddr=MINE, src=MINE, dst=SERVER, opts=KINDS[3][1])])])
