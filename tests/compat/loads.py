# SPDX-License-Identifier: MPL-2.0
"""Small right and wrong configurations: both programs accept them, or both reject them (-t)."""
import concurrent.futures
import json
import os
import subprocess

from parts import c

SUBNET = {4: {"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.10 - 192.0.2.99"}]},
          6: {"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::10 - 2001:db8:1::99"}]}}
MAC, DUID, MAC2 = "02:00:00:00:00:01", "00:03:00:01:02:00:00:00:00:01", "02:00:00:00:00:02"
IPS = {4: {"ip-address": "192.0.2.20"}, 6: {"ip-addresses": ["2001:db8:1::20"]}}
OPTION = {4: {"name": "domain-name-servers", "data": "192.0.2.53"}, 6: {"name": "dns-servers", "data": "2001:db8::53"}}


def classes(*names_and_tests, **more):
    """Names, or (name, test)."""
    return {"client-classes": [c(x) if isinstance(x, str) else c(*x) for x in names_and_tests], **more}


def test(text):
    return classes(("a", text))


def one_class(**more):
    return {"client-classes": [c("a", **more)]}


def hosts(*reservations, **more):
    """Reservations of the subnet."""
    return {"subnet": {"reservations": list(reservations)}, **more}


def guard(where, value, **more):
    """client-class in a scope: "subnet", or "pool" for the pool of the subnet."""
    return {where: {"client-class": value}, **more}


# Name: the part of the configuration, of both families.
BOTH = {
    # client-classes
    "class": classes("a"), "class-empty-list": classes(), "class-no-name": {"client-classes": [{"test": "option[1].exists"}]},
    "class-name-empty": classes(""), "class-twice": classes("a", "a"), "class-unknown-key": one_class(foo=1), "class-test-empty": one_class(test=""),
    "class-test-number": one_class(test=1), "class-name-number": {"client-classes": [{"name": 1}]}, "class-comment": one_class(comment="text"),
    "class-context": one_class(user_context={"a": 1}), "class-only-if": one_class(only_if_required=True),
    "class-only-if-text": one_class(only_if_required="true"), "class-lifetime": one_class(valid_lifetime=100),
    "class-lifetimes": one_class(min_valid_lifetime=1, valid_lifetime=2, max_valid_lifetime=3),
    "class-lifetimes-wrong": one_class(min_valid_lifetime=5, valid_lifetime=2), "class-lifetime-negative": one_class(valid_lifetime=-1),
    "class-built-in": classes("KNOWN", "UNKNOWN", "ALL", "DROP", "VENDOR_CLASS_x", "BOOTP", "HA_x", "AFTER_x", "EXTERNAL_x"),
    "class-options-bad": one_class(option_data=[{"name": "no-such-option", "data": "1"}]), "class-name-odd": classes("a b/c'd"),
    # dependencies
    "member": classes("a", ("b", "member('a')")), "member-later": classes(("b", "member('a')"), "a"), "member-none": test("member('nobody')"),
    "member-itself": test("member('a')"), "member-all": test("member('ALL')"), "member-known": test("member('KNOWN') or member('UNKNOWN')"),
    "member-drop": test("member('DROP')"), "member-vendor": test("member('VENDOR_CLASS_x')"),
    "member-external": test("member('EXTERNAL_x') or member('AFTER_x') or member('HA_server')"), "member-bootp": test("member('BOOTP')"),
    "member-skip-ddns": test("member('SKIP_DDNS')"), "member-prefix": test("member('VENDOR_CLASS_')"),
    "member-built-in-later": classes(("b", "member('KNOWN')"), "KNOWN"), "member-not-text": test("member(1)"),
    "member-case": classes("a", ("b", "member('A')")), "drop-known": classes(("DROP", "not member('KNOWN')")),
    "drop-later": classes(("b", "option[1].exists"), ("DROP", "member('b')")),
    # expressions
    **{f"express-{n}": test(text) for n, text in (
        ("open", "(option[1].exists"), ("close", "option[1].exists)"), ("empty", "()"), ("text-alone", "'a'"), ("number-alone", "1"), ("and", "and"),
        ("and-nothing", "option[1].exists and"), ("not", "not"),
        ("not-text", "not 'a'"), ("compare-bool", "option[1].exists == option[2].exists"), ("text-and", "'a' and 'b'"),
        ("no-such-option", "option[no-such].exists"), ("option-0", "option[0].exists"),
        ("option-big", "option[70000].exists"), ("option-255", "option[255].exists"), ("option-256", "option[256].exists"),
        ("option-text", "option['a'].exists"), ("option-nothing", "option[1]"),
        ("option-word", "option[1].foo"), ("hex-odd", "option[1].hex == 0xabc"), ("hex-bad", "option[1].hex == 0xzz"), ("quote", "option[1].hex == 'abc"),
        ("double-quote", 'option[1].hex == "abc"'),
        ("single-equals", "option[1].hex = 'a'"), ("not-equal", "option[1].hex != 'a'"), ("case", "Option[1].exists"),
        ("case-and", "option[1].exists AND option[2].exists"), ("address", "pkt.src == 192.0.2.300"),
        ("substring-two", "substring('a', 1) == 'a'"), ("substring-text", "substring('a', 'b', 1) == 'a'"),
        ("substring-bool", "substring(option[1].exists, 0, 1) == 'a'"), ("concat-one", "concat('a') == 'a'"),
        ("concat-three", "concat('a', 'b', 'c') == 'abc'"), ("plus", "'a' + 'b' == 'ab'"), ("ifelse-two", "ifelse(option[1].exists, 'a') == 'a'"),
        ("ifelse-text", "ifelse('a', 'b', 'c') == 'b'"),
        ("hexstring-one", "hexstring('a') == '61'"), ("spaces", "   option  [ 1 ] . exists  "), ("newline", "option[1].exists\n or option[2].exists"),
        ("pkt", "pkt.foo == 1"), ("pkt-iface", "pkt.iface == 'eth0'"),
        ("pkt-len", "pkt.len == 1"), ("vendor-text", "vendor['a'].exists"), ("vendor-big", "vendor[4294967296].exists"),
        ("vendor-negative", "vendor[-1].exists"), ("vendor-star", "vendor[*].option[*].exists"),
        ("twice", "option[1].exists option[2].exists"), ("comment", "option[1].exists # text"), ("int-negative", "option[1].hex == -1"),
        ("int-big", "option[1].hex == 4294967296"), ("totext", "int8totext(0xff) == '-1'"),
        ("totext-long", "uint8totext(0x0102) == '1'"), ("unknown-function", "foo('a') == 'a'"), ("deep", "(" * 50 + "option[1].exists" + ")" * 50),
        ("sub-option", "option[1].option[2].exists"),
        ("sub-option-name", "option[1].option[foo].exists"), ("sub-sub-option", "option[1].option[2].option[3].exists"), ("dot", "option[1]."),
        ("brackets", "option[].exists"), ("relay-of-other", "relay4[1].exists and relay6[0].option[1].exists"),
        ("pkt-of-other", "pkt4.giaddr == 192.0.2.1 and pkt6.msgtype == 1"), ("literal-name", "option[domain-search].exists"),
        ("all-length", "substring('a', all, 1) == 'a'"), ("split-bad", "split('a', 'b') == 'a'"))},
    # guards
    "guard": guard("subnet", "a", **classes("a")), "guard-pool": guard("pool", "a", **classes("a")), "guard-undefined": guard("subnet", "nobody"),
    "guard-known": guard("subnet", "KNOWN"), "guard-pool-unknown": guard("pool", "UNKNOWN"),
    "guard-empty": guard("subnet", ""), "guard-list": guard("subnet", ["a"], **classes("a")), "guard-vendor": guard("subnet", "VENDOR_CLASS_x"),
    "guard-number": guard("pool", 1),
    "require": {"subnet": {"require-client-classes": ["a"]}, **classes("a")}, "require-undefined": {"subnet": {"require-client-classes": ["nobody"]}},
    "require-empty": {"subnet": {"require-client-classes": []}},
    "require-text": {"subnet": {"require-client-classes": "a"}, **classes("a")}, "require-pool": {"pool": {"require-client-classes": ["a"]}, **classes("a")},
    "require-twice": {"subnet": {"require-client-classes": ["a", "a"]}, **classes("a")},
    # reservations
    "host-hw": hosts({"hw-address": MAC, "IPS": 0}), "host-duid": hosts({"duid": DUID, "IPS": 0}),
    "host-duid-plain": hosts({"duid": DUID.replace(":", ""), "IPS": 0}), "host-hw-plain": hosts({"hw-address": MAC.replace(":", ""), "IPS": 0}),
    "host-hw-dashes": hosts({"hw-address": MAC.replace(":", "-"), "IPS": 0}), "host-hw-text": hosts({"hw-address": "'abc'", "IPS": 0}),
    "host-hw-0x": hosts({"hw-address": "0x020000000001", "IPS": 0}), "host-duid-0x": hosts({"duid": "0x00030001020000000001", "IPS": 0}),
    "host-hw-short-bytes": hosts({"hw-address": "2:0:0:0:0:1", "IPS": 0}), "host-hw-odd": hosts({"hw-address": "02000", "IPS": 0}),
    "host-hw-bad": hosts({"hw-address": "02:zz:00:00:00:01", "IPS": 0}), "host-hw-empty": hosts({"hw-address": "", "IPS": 0}),
    "host-hw-20": hosts({"hw-address": ":".join(["02"] * 20), "IPS": 0}), "host-hw-21": hosts({"hw-address": ":".join(["02"] * 21), "IPS": 0}),
    "host-duid-130": hosts({"duid": "02" * 130, "IPS": 0}), "host-duid-131": hosts({"duid": "02" * 131, "IPS": 0}),
    "host-duid-empty": hosts({"duid": "", "IPS": 0}), "host-none": hosts({"IPS": 0}), "host-two": hosts({"hw-address": MAC, "duid": DUID, "IPS": 0}),
    "host-nothing": hosts({"hw-address": MAC}), "host-hostname": hosts({"hw-address": MAC, "hostname": "a"}),
    "host-hostname-empty": hosts({"hw-address": MAC, "hostname": ""}), "host-hostname-odd": hosts({"hw-address": MAC, "hostname": "a_b c"}),
    "host-options": hosts({"hw-address": MAC, "option-data": ["OPTION"]}), "host-options-empty": hosts({"hw-address": MAC, "option-data": []}),
    "host-options-bad": hosts({"hw-address": MAC, "option-data": [{"name": "no-such-option", "data": "1"}]}),
    "host-classes": hosts({"hw-address": MAC, "client-classes": ["a"]}, **classes("a")),
    "host-classes-empty": hosts({"hw-address": MAC, "client-classes": []}),
    "host-context": hosts({"hw-address": MAC, "hostname": "a", "user-context": {"a": 1}}),
    "host-comment": hosts({"hw-address": MAC, "hostname": "a", "comment": "text"}), "host-key": hosts({"hw-address": MAC, "IPS": 0, "foo": 1}),
    "host-same-address": hosts({"hw-address": MAC, "IPS": 0}, {"hw-address": MAC2, "IPS": 0}),
    "host-same-address-allowed": hosts({"hw-address": MAC, "IPS": 0}, {"hw-address": MAC2, "IPS": 0}, **{"ip-reservations-unique": False}),
    "host-twice": hosts({"hw-address": MAC, "hostname": "a"}, {"hw-address": MAC, "hostname": "b"}),
    "host-twice-other-address": hosts({"hw-address": MAC, "IPS": 0}, {"hw-address": MAC, "hostname": "b"}),
    "host-same-name": hosts({"hw-address": MAC, "hostname": "a"}, {"hw-address": MAC2, "hostname": "a"}),
    "host-global": {"reservations": [{"hw-address": MAC, "hostname": "a"}]}, "host-global-address": {"reservations": [{"hw-address": MAC, "IPS": 0}]},
    "host-global-twice": {"reservations": [{"hw-address": MAC, "hostname": "a"}, {"hw-address": MAC, "hostname": "b"}]},
    "host-flex-id": hosts({"flex-id": "'abc'", "IPS": 0}), "host-map": {"subnet": {"reservations": {}}}, "host-empty": hosts(),
    "host-client-id": hosts({"client-id": "01:02", "IPS": 0}), "host-circuit-id": hosts({"circuit-id": "'port'", "IPS": 0}),
    # modes
    "mode-unknown": {"reservation-mode": "sometimes"}, "mode-all": {"reservation-mode": "all"}, "mode-off": {"reservation-mode": "off"},
    "mode-disabled": {"subnet": {"reservation-mode": "disabled"}}, "mode-and-new": {"reservation-mode": "global", "reservations-global": True},
    "mode-and-new-subnet": {"reservation-mode": "global", "subnet": {"reservations-global": True}}, "mode-out-of-pool": {"reservation-mode": "out-of-pool"},
    "new-all": {"reservations-global": True, "reservations-in-subnet": True, "reservations-out-of-pool": True},
    "new-out-of-pool-alone": {"reservations-in-subnet": False, "reservations-out-of-pool": True}, "new-text": {"reservations-global": "yes"},
    "ids": {"host-reservation-identifiers": ["hw-address", "duid"]}, "ids-empty": {"host-reservation-identifiers": []},
    "ids-unknown": {"host-reservation-identifiers": ["foo"]}, "ids-twice": {"host-reservation-identifiers": ["duid", "duid"]},
    "ids-flex": {"host-reservation-identifiers": ["flex-id"]}, "ids-client-id": {"host-reservation-identifiers": ["client-id"]},
    "ids-auto": {"host-reservation-identifiers": "auto"}, "unique-text": {"ip-reservations-unique": "false"},
    "lookup-first": {"reservations-lookup-first": True}, "early": {"early-global-reservations-lookup": False},
}
ONLY = {
    4: {
        "class-boot": one_class(next_server="192.0.2.1", server_hostname="a", boot_file_name="b"), "class-next-server-bad": one_class(next_server="foo"),
        "class-next-server-6": one_class(next_server="2001:db8::1"), "class-next-server-empty": one_class(next_server=""),
        "class-server-hostname-long": one_class(server_hostname="x" * 64), "class-boot-file-long": one_class(boot_file_name="x" * 128),
        "class-preferred": one_class(preferred_lifetime=1),
        "class-def-43": one_class(option_def=[{"name": "x", "code": 43, "type": "uint8"}]), "class-def-224": one_class(option_def=[{"name": "x", "code": 224,
        "type": "uint8"}]),
        "class-def-space": one_class(option_def=[{"name": "x", "code": 224, "space": "foo", "type": "uint8"}]), "class-def-global-too": one_class(
            option_def=[{"name": "x", "code": 224, "type": "uint8"}], option_data=[{"name": "x", "data": "7"}], ) | {"option-def": [{"name": "y", "code": 224,
                "type": "string"}]},
        "class-def-100": one_class(option_def=[{"name": "x", "code": 100,
        "type": "uint8"}]),
        "express-mac": test("pkt4.mac == 0x020000000001"), "express-pkt6": test("pkt6.msgtype == 1"), "express-relay6": test("relay6[0].option[1].exists"),
        "express-relay4-name": test("relay4[circuit-id].exists"), "express-relay4-text": test("relay4['a'].exists"),
        "express-relay4-hex": test("relay4[1].hex == 'a'"),
        "express-relay4-word": test("relay4[1].text == 'a'"), "express-relay4-big": test("relay4[256].exists"), "express-pkt4-foo": test("pkt4.foo == 1"),
        "express-name": test("option[host-name].text == 'a'"), "express-vendor-class": test("vendor-class[4491].data[0] == 'a'"),
        "host-outside": hosts({"hw-address": MAC, "ip-address": "192.0.3.1"}), "host-bad-address": hosts({"hw-address": MAC, "ip-address": "192.0.2.300"}),
        "host-zero": hosts({"hw-address": MAC, "ip-address": "0.0.0.0"}), "host-broadcast": hosts({"hw-address": MAC, "ip-address": "255.255.255.255"}),
        "host-last": hosts({"hw-address": MAC, "ip-address": "192.0.2.255"}), "host-first": hosts({"hw-address": MAC, "ip-address": "192.0.2.0"}),
        "host-six": hosts({"hw-address": MAC, "ip-address": "2001:db8:1::1"}), "host-plural": hosts({"hw-address": MAC, "ip-addresses": ["192.0.2.20"]}),
        "host-prefixes": hosts({"hw-address": MAC, "prefixes": ["2001:db8::/64"]}), "host-boot": hosts({"hw-address": MAC, "next-server": "192.0.2.1",
        "server-hostname": "a", "boot-file-name": "b"}), "host-next-server-zero": hosts({"hw-address": MAC, "next-server": "0.0.0.0"}),
        "host-next-server-bad": hosts({"hw-address": MAC, "next-server": "foo"}), "host-next-server-broadcast": hosts({"hw-address": MAC,
        "next-server": "255.255.255.255"}), "host-server-hostname-long": hosts({"hw-address": MAC, "server-hostname": "x" * 64}),
        "host-boot-file-long": hosts({"hw-address": MAC, "boot-file-name": "x" * 128}),
        "host-boot-empty": hosts({"hw-address": MAC, "boot-file-name": ""}), "host-client-id-256": hosts({"client-id": "02" * 256, "IPS": 0}),
        "host-client-id-129": hosts({"client-id": "02" * 129, "IPS": 0}), "host-client-id-text": hosts({"client-id": "'abc'", "IPS": 0}),
        "host-client-id-empty": hosts({"client-id": "", "IPS": 0}),
        "host-circuit-id-hex": hosts({"circuit-id": "0x0102", "IPS": 0}), "host-address-empty": hosts({"hw-address": MAC, "ip-address": ""}),
    },
    6: {
        "class-preferred": one_class(preferred_lifetime=100), "class-preferred-over": one_class(preferred_lifetime=200, valid_lifetime=100),
        "class-boot": one_class(next_server="192.0.2.1"), "class-def": one_class(option_def=[{"name": "x", "code": 224, "type": "uint8"}]),
        "express-pkt4": test("pkt4.mac == 0x01"), "express-relay4": test("relay4[1].exists"), "express-relay6": test("relay6[0].option[1].exists"),
        "express-relay6-minus": test("relay6[-1].linkaddr == ::"), "express-relay6-32": test("relay6[32].linkaddr == ::"),
        "express-relay6-33": test("relay6[-33].linkaddr == ::"),
        "express-relay6-word": test("relay6[0].foo == ::"), "express-relay6-nothing": test("relay6[0].option[1]"),
        "express-msgtype": test("pkt6.msgtype == 1"), "express-address": test("relay6[0].linkaddr == 2001:db8::g"),
        "express-name": test("option[dns-servers].exists"),
        "host-outside": hosts({"duid": DUID, "ip-addresses": ["2001:db8:2::1"]}), "host-bad-address": hosts({"duid": DUID, "ip-addresses": ["2001:db8::g"]}),
        "host-four": hosts({"duid": DUID, "ip-addresses": ["192.0.2.1"]}), "host-singular": hosts({"duid": DUID, "ip-address": "2001:db8:1::1"}),
        "host-zero": hosts({"duid": DUID, "ip-addresses": ["::"]}), "host-multicast": hosts({"duid": DUID, "ip-addresses": ["ff02::1"]}),
        "host-several": hosts({"duid": DUID, "ip-addresses": ["2001:db8:1::1", "2001:db8:1::2"]}), "host-address-twice": hosts({"duid": DUID,
        "ip-addresses": ["2001:db8:1::1", "2001:db8:1::1"]}),
        "host-text": hosts({"duid": DUID, "ip-addresses": "2001:db8:1::1"}), "host-prefix": hosts({"duid": DUID, "prefixes": ["2001:db8:8000::/56"]}),
        "host-prefix-no-length": hosts({"duid": DUID, "prefixes": ["2001:db8:8000::"]}), "host-prefix-129": hosts({"duid": DUID,
        "prefixes": ["2001:db8:8000::/129"]}),
        "host-prefix-0": hosts({"duid": DUID, "prefixes": ["2001:db8:8000::/0"]}), "host-prefix-bits": hosts({"duid": DUID,
        "prefixes": ["2001:db8:8000::1/56"]}), "host-prefix-bad": hosts({"duid": DUID, "prefixes": ["foo/56"]}), "host-same-prefix": hosts({"duid": DUID,
        "prefixes": ["2001:db8:8000::/56"]}, {"hw-address": MAC, "prefixes": ["2001:db8:8000::/56"]}),
        "host-overlap": hosts({"duid": DUID, "prefixes": ["2001:db8:8000::/48"]}, {"hw-address": MAC, "prefixes": ["2001:db8:8000::/56"]}),
        "host-inside": hosts({"duid": DUID, "prefixes": ["2001:db8:8000::/48"]}, {"hw-address": MAC, "prefixes": ["2001:db8:8000:100::/56"]}),
        "host-boot": hosts({"duid": DUID, "next-server": "192.0.2.1"}), "host-empty-addresses": hosts({"duid": DUID, "ip-addresses": [], "hostname": "a"}),
        "host-address-empty": hosts({"duid": DUID, "ip-addresses": [""]}),
    },
}


def filled(digit, value):
    """IPS and OPTION are placeholders for what differs between the families."""
    if isinstance(value, list):
        return [filled(digit, v) for v in value]
    if not isinstance(value, dict):
        return OPTION[digit] if value == "OPTION" else value
    out = {k: filled(digit, v) for k, v in value.items() if k != "IPS"}
    return {**out, **IPS[digit]} if "IPS" in value else out


def configuration(digit, part, folder):
    part = filled(digit, part)
    sub = {**SUBNET[digit], **part.pop("subnet", {})}
    sub["pools"] = [{**sub["pools"][0], **part.pop("pool", {})}]
    return {f"Dhcp{digit}": {"interfaces-config": {"interfaces": []}, f"subnet{digit}": [sub],
                             "lease-database": {"type": "memfile", "name": os.path.join(folder, "leases.csv"), "lfc-interval": 0}, **part}}


def difference(digit, programs, folder, name, part):
    """What the first program says and the second does not; None if they agree."""
    env = dict(os.environ, KEA_PIDFILE_DIR=folder, KEA_LOCKFILE_DIR=folder, KEA_DHCP_DATA_DIR=folder)
    path = os.path.join(folder, f"{name}.conf")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(configuration(digit, part, folder), f)
    runs = [subprocess.run([program, "-t", path], env=env, capture_output=True, text=True, check=False) for program in programs]
    kea, ours = (r.returncode == 0 for r in runs)
    if kea == ours:
        return None
    lines = "".join(r.stdout + r.stderr for r in runs if r.returncode).splitlines()
    why = next((line.replace(path, "") for line in lines if "Error encountered" in line), "")
    return f"only {'Kea' if kea else 'ours'} accepts it: {why}"


def check(digit, kea, ours, folder):
    """Yields the name of each configuration and the difference, None if there is none."""
    digit, own = int(digit), os.path.join(folder, f"loads{digit}")
    os.makedirs(own)
    todo = {**BOTH, **ONLY[digit]}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(todo, pool.map(lambda item: difference(digit, (kea, ours), own, *item), todo.items()))
