# SPDX-License-Identifier: MPL-2.0
"""Hook libraries, DHCPv4: run_script gets the same environment, flex_option and bootp change responses in the same way."""
from cases import BOOTP, DECLINE, FAR, GI, LINK, MINE, RELEASE, SERVER, D, R, get, group
from pair import STATE
from scripts import LIBRARY

RUN = {"library": f"/usr/lib/x86_64-linux-gnu/kea/hooks/{LIBRARY}", "parameters": {"name": f"{STATE}/script", "sync": False}}

group("run-script", {"valid-lifetime": 3600, "hooks-libraries": [RUN], "subnet4": [LINK, FAR]}, [
    ("dora", get()),
    ("names", get(cid=b"\1\2\3", opts=[(12, b"pc1")], secs=7, flags=0x8000)),
    ("renew", get() + [R(ciaddr=MINE, src=MINE)]),
    ("release", get(cid=b"\xff\1") + [RELEASE(ciaddr=MINE, src=MINE, dst=SERVER, server=SERVER)]),
    ("decline", get() + [DECLINE(want=MINE, server=SERVER)]),
    ("relayed", get(rai=b"\1\4abcd\2\3\1\2\3", **GI)),
    ("relayed-renew", get(rai=b"\2\2xy", **GI) + [R(ciaddr=MINE, rai=b"\2\2xy", **GI)]),
    ("discover-only", [D()]),
])

FLEX = [{"code": 67, "add": "ifelse(option[12].exists, option[12].hex + '.boot', '')"},
        {"code": 15, "supersede": "option[12].hex", "client-class": "named"},
        {"code": 6, "remove": "option[12].hex == 'bare'"},
        {"code": 3, "add": "0xc0000263"},
        {"code": 43, "sub-options": [{"code": 1, "space": "vendor-encapsulated-options-space", "add": "'foobar'"},
                                     {"code": 2, "space": "vendor-encapsulated-options-space", "supersede": "option[61].hex", "container-add": False}]},
        {"code": 125, "client-class": "named", "sub-options": [{"code": 2, "space": "vendor-4491", "add": "option[12].hex"}]}]
NAMED = [{"name": "boot-file-name", "add": "option[12].hex + '.boot'"}, {"name": "my-text", "code": 230, "supersede": "option[12].hex"},
         {"code": 42, "csv-format": True, "add": "'192.0.2.53, 192.0.2.54'"}, {"name": "domain-search", "csv-format": True, "add": "option[12].hex"},
         {"name": "domain-name", "csv-format": True, "supersede": "'a, b'"}, {"name": "my-record", "csv-format": True, "add": "'7, ' + option[12].hex"},
         {"name": "routers", "csv-format": True, "remove": "option[12].hex == 'bare'"},
         {"name": "my-box", "sub-options": [{"name": "my-servers", "csv-format": True, "add": "'192.0.2.1,192.0.2.2'"},
                                            {"code": 2, "csv-format": True, "supersede": "ifelse(option[12].exists, '513', '')"}]},
         {"name": "vivso-suboptions", "sub-options": [{"name": "my-number", "space": "vendor-4491", "csv-format": True, "add": "'19'"}]}]
DEFS = [{"name": "my-text", "code": 230, "type": "string"}, {"name": "my-box", "code": 231, "type": "empty", "encapsulate": "my-space"},
        {"name": "my-record", "code": 232, "type": "record", "record-types": "uint16, string"},
        {"name": "my-servers", "code": 1, "type": "ipv4-address", "array": True, "space": "my-space"},
        {"name": "my-short", "code": 2, "type": "uint16", "space": "my-space"}, {"name": "my-number", "code": 7, "type": "uint16", "space": "vendor-4491"}]
OPTS = [{"name": "domain-name", "data": "example.org", "always-send": True}, {"name": "domain-name-servers", "data": "192.0.2.53", "always-send": True},
        {"name": "routers", "data": "192.0.2.1", "always-send": True}]

group("flex-option", {"valid-lifetime": 3600, "option-data": OPTS, "client-classes": [{"name": "named", "test": "option[12].exists"}],
                      "hooks-libraries": [{"library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_flex_option.so", "parameters": {"options": FLEX}}],
                      "subnet4": [LINK, FAR]}, [
    ("plain", get()),
    ("named", get(opts=[(12, b"pc1")])),
    ("bare", get(opts=[(12, b"bare")])),
    ("client-id", get(cid=b"\1\2\3")),
    ("relayed", get(rai=b"\1\4abcd", **GI)),
])

group("flex-option-named", {"valid-lifetime": 3600, "option-data": OPTS, "option-def": DEFS,
                            "hooks-libraries": [{"library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_flex_option.so", "parameters": {"options": NAMED}}],
                            "subnet4": [LINK, FAR]}, [
    ("named", get(opts=[(12, b"pc1")])),
    ("two-labels", get(opts=[(12, b"a.example")])),
    ("bare", get(opts=[(12, b"bare")])),
    ("plain", get()),
])

BOOTP_POOL = {**LINK, "pools": [{**pool, "client-class": "BOOTP"} for pool in LINK["pools"]]}
group("bootp", {"valid-lifetime": 3600, "option-data": OPTS, "echo-client-id": True,
                "hooks-libraries": [{"library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_bootp.so"}],
                "subnet4": [BOOTP_POOL, FAR]}, [
    ("request", [BOOTP(), BOOTP()]),
    ("client-id", [BOOTP(cid=b"\1\2\3")]),
    ("names", [BOOTP(opts=[(12, b"pc1"), (60, b"x")], prl=[1, 3, 6, 15, 51, 54])]),
    ("broadcast", [BOOTP(flags=0x8000)]),
    ("relayed", [BOOTP(rai=b"\1\4abcd", **GI)]),
    ("dhcp", [D()]),
])
