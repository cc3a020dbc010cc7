# SPDX-License-Identifier: MPL-2.0
"""Hook libraries, DHCPv6: see hooks4."""
from cases6 import DECLINE, LIFE, LINK, FAR, MINE, R1, REBIND, RELEASE, RENEW, get, group, na, opt, pd, relay
from hooks4 import RUN

group("run-script", {**LIFE, "renew-timer": 1000, "rebind-timer": 2000, "hooks-libraries": [RUN], "subnet6": [LINK, FAR]}, [
    ("exchange", get()),
    ("exchange-both", get(na(1), pd(2)) + [RENEW(na(1, MINE), pd(2, MINE)), REBIND(na(1, MINE), pd(2, MINE)), RELEASE(na(1, MINE), pd(2, MINE))]),
    ("decline", get() + [DECLINE(na(1, MINE))]),
    ("relayed", get(relays=R1)),
])

FLEX = [{"code": 23, "supersede": "0x20010db8000000000000000000000099"}, {"code": 7, "remove": "option[6].exists"},
        {"code": 59, "add": "ifelse(option[16].exists, 'http://boot.example.org/', '')"}, {"code": 24, "add": "0x0461626364"},
        {"code": 17, "sub-options": [{"code": 32, "space": "vendor-4491", "add": "relay6[0].option[18].hex"}]}]
OPTS = [{"name": "dns-servers", "data": "2001:db8::53", "always-send": True}, {"name": "preference", "data": "10", "always-send": True}]

group("flex-option", {**LIFE, "option-data": OPTS, "subnet6": [LINK, FAR],
                      "hooks-libraries": [{"library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_flex_option.so", "parameters": {"options": FLEX}}]}, [
    ("plain", get()),
    ("asked", get(na(1), oro=[23, 7])),
    ("vendor-class", get(na(1), opt(16, b"\0\0\1\2\0\1x"))),
    ("relayed", get(relays=[relay("2001:db8:2::1", "fe80::9", (18, b"port"))])),
])

NAMED = [{"name": "sntp-servers", "csv-format": True, "add": "'2001:db8::53, 2001:db8::54'"}, {"name": "bootfile-url", "add": "'http://boot'"},
         {"name": "domain-search", "csv-format": True, "supersede": "'ab.cd, ef'"}, {"name": "preference", "csv-format": True, "supersede": "'7'"},
         {"name": "my-box", "sub-options": [{"name": "my-number", "csv-format": True, "add": "'513'"}]},
         {"name": "vendor-opts", "sub-options": [{"name": "my-vendor", "space": "vendor-4491", "csv-format": True, "add": "'19'"}]}]
DEFS = [{"name": "my-box", "code": 1000, "type": "empty", "encapsulate": "my-space"}, {"name": "my-number", "code": 7, "type": "uint16", "space": "my-space"},
        {"name": "my-vendor", "code": 9, "type": "uint16", "space": "vendor-4491"}]

group("flex-option-named", {**LIFE, "option-data": OPTS, "option-def": DEFS, "subnet6": [LINK, FAR],
                            "hooks-libraries": [{"library": "/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_flex_option.so", "parameters": {"options": NAMED}}]}, [
    ("plain", get()),
    ("asked", get(na(1), oro=[23, 24, 31])),
])
