# SPDX-License-Identifier: MPL-2.0
"""Keys that Kea does not have, DHCPv6: Kea gets the configuration that --print-config --kea prints of them."""
from cases6 import FAR, INFORM, LIFE, LINK, MINE, REQUEST, SOLICIT, get, group, na, pd, relay, tlv
from classes6 import CODES
from parts import c, fields, tagged


def ll(mac):
    return {"duid": bytes.fromhex("00030001" + mac.replace(":", ""))}


def vendor(text):
    return {"raw": tlv(16, b"\0\0\1\x57" + len(text).to_bytes(2, "big") + text)}


LISTS = [
    c("block", match={"hardware": ["00:1b:21:*", "00:50:c2:00:00:00/28"]}),
    c("whole", match={"hardware": ["00:1b:22:00:00:07"]}),
    c("random", match={"random-mac": True}),
    c("texts", match={"vendor-class": ["HTTP*", "it's"], "user-class": ["iPXE"]}),
    c("without", test="not member('block') and not member('random')"),
]
group("native-match", {**LIFE, "client-classes": tagged(CODES, LISTS), "subnet6": [LINK, FAR]}, [
    ("block", [SOLICIT(na(), **ll("00:1b:21:00:00:01"))]), ("beside", [SOLICIT(na(), **ll("00:1b:20:00:00:01"))]),
    ("half", [SOLICIT(na(), **ll("00:50:c2:0f:00:01"))]), ("half-beside", [SOLICIT(na(), **ll("00:50:c2:10:00:01"))]),
    ("whole", [SOLICIT(na(), **ll("00:1b:22:00:00:07"))]), ("random", [SOLICIT(na(), **ll("0e:1b:22:00:00:07"))]),
    ("llt", [SOLICIT(na(), duid=bytes.fromhex("0001000112345678001b21000002"))]),
    ("en", [SOLICIT(na(), duid=bytes.fromhex("00020000015702aabb001b21"))]),
    ("relayed", [SOLICIT(na(), relays=[relay()], **ll("00:1b:21:00:00:03"))]),
    ("relay-knows", [SOLICIT(na(), relays=[relay("2001:db8:2::1", "fe80::9", (79, bytes.fromhex("0001001b21000009")))], **ll("04:00:00:00:00:03"))]),
    ("inner-relay-knows", [SOLICIT(na(), relays=[
        relay("2001:db8:2::1", "fe80::9", (79, bytes.fromhex("0001040000000009"))),
        relay("::", "fe80::8", (79, bytes.fromhex("0001001b21000009")))], **ll("04:00:00:00:00:04"))]),
    ("http", [SOLICIT(na(), **vendor(b"HTTPClient:Arch:00016"))]), ("quote", [SOLICIT(na(), **vendor(b"it's"))]),
    ("longer", [SOLICIT(na(), **vendor(b"it's not"))]), ("ipxe", [SOLICIT(na(), raw=tlv(15, b"\0\4iPXE"))]),
    ("other", [SOLICIT(na(), raw=tlv(15, b"\0\5iPXE2"))]),
], fields=fields(CODES, [x["name"] for x in LISTS]))

KNOWN = {"duid": bytes.fromhex("000300010b0000000001")}
HOST = {"reservations": [{"duid": "00:03:00:01:0b:00:00:00:00:01", "hostname": "one"}]}
group("native-unknown", {**LIFE, "deny-unknown": True, "subnet6": [{**LINK, **HOST}]}, [
    ("unknown", get()), ("unknown-pd", get(pd(1))), ("known", get(**KNOWN)), ("known-pd", get(pd(1), **KNOWN)),
    ("unknown-wants", [SOLICIT(na(1, "2001:db8:1::112"))]),
])

BOOT = {"bios": {"file": "bios.0", "server": "2001:db8::5"}, "efi64": {"file": "/x64.efi", "server": "boot.example"},
        "arm64": {"url": "tftp://boot.example/arm64.efi"}, "http": {"url": "http://boot.example/x.efi"},
        "ipxe": {"url": "http://boot.example/menu.ipxe"}}
HTTP = vendor(b"HTTPClient:Arch:00016")["raw"]
KINDS = [("none", b""), ("bios", tlv(61, b"\0\0")), ("efi64", tlv(61, b"\0\7")), ("several", tlv(61, b"\0\7\0\0")), ("arm64", tlv(61, b"\0\x0b")),
         ("other", tlv(61, b"\0\2")), ("http", tlv(61, b"\0\x10") + HTTP), ("ipxe", tlv(61, b"\0\7") + tlv(15, b"\0\4iPXE"))]
group("native-boot", {**LIFE, "boot": BOOT, "subnet6": [LINK, {**FAR, "boot": {"efi64": {"url": "tftp://[2001:db8::9]/far.efi"}}}]},
      [(name, get(oro=[59], raw=raw)) for name, raw in KINDS] +
      [(f"far-{name}", [SOLICIT(na(), oro=[59], raw=raw, relays=[relay()])]) for name, raw in KINDS] +
      [("not-asked", [SOLICIT(na(), raw=KINDS[1][1])]), ("inform", [INFORM(oro=[59], raw=KINDS[2][1])]),
       ("request", [REQUEST(na(1, MINE), oro=[59], raw=KINDS[1][1])])])
