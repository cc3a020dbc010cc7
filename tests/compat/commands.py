# SPDX-License-Identifier: MPL-2.0
"""Control commands over the unix socket: the same requests to both, one after another; result, text and arguments are
compared. "result": only the result is, because our text lists all errors with their positions. A reason instead: the
responses differ on purpose, and ours has this result."""
import json
import os
import re
import socket
import subprocess
import time

from lib.net import is_listening

MAC, DUID = "1a:1b:1c:1d:1e:1f", "01:02:03:04:05"
SAME, RESULT = "same", "result"


def a4(address, mac=MAC, **more):
    return {"ip-address": address, "hw-address": mac, **{k.replace("_", "-"): v for k, v in more.items()}}


def a6(address, iaid=1234, **more):
    return {"ip-address": address, "duid": DUID, "iaid": iaid, **{k.replace("_", "-"): v for k, v in more.items()}}


def by(kind, value, **more):
    return {"identifier-type": kind, "identifier": value, **{k.replace("_", "-"): v for k, v in more.items()}}


UNKNOWN = ("arguments that a command does not have are errors", 1)
TOTALS = ("statistic-reset-all leaves totals: they are what is configured", 0)
CONFLICT = ("result 4 since Kea 2.3", 4)

# Command, arguments (None: without), how to compare or (reason, result).
BOTH = [
    ("stat-lease#-get", None, SAME), ("stat-lease#-get", {"subnet-id": 1}, SAME),
    ("foo", None, SAME), ("foo", {}, SAME), ("list-commands", {"x": 1}, UNKNOWN),
    ("server-tag-get", None, SAME), ("config-backend-pull", None, SAME), ("config-reload", None, SAME),
    ("dhcp-disable", {"max-period": 20}, SAME), ("dhcp-disable", None, SAME), ("dhcp-disable", {"max-period": 0}, RESULT),
    ("dhcp-disable", {"max-period": "x"}, RESULT), ("dhcp-disable", {"origin": "user"}, SAME),
    ("dhcp-disable", {"origin": "ha-partner"}, SAME), ("dhcp-disable", {"origin": "x"}, SAME), ("dhcp-disable", {"origin": 2000}, RESULT),
    ("dhcp-enable", {"origin": "user"}, SAME), ("dhcp-enable", {"origin": "ha-partner"}, SAME), ("dhcp-enable", None, SAME),
    ("dhcp-enable", {"origin": "x"}, SAME),
    ("leases-reclaim", None, RESULT), ("leases-reclaim", {}, RESULT), ("leases-reclaim", {"remove": 1}, RESULT),
    ("leases-reclaim", {"remove": True}, SAME), ("leases-reclaim", {"remove": False}, SAME),
    ("config-test", None, RESULT), ("config-test", {}, RESULT), ("config-set", None, RESULT), ("config-set", {}, RESULT),
    ("config-write", {"filename": 3}, RESULT), ("shutdown", {"exit-value": "x"}, RESULT),
    ("statistic-get", None, RESULT), ("statistic-get", {"name": 1}, RESULT), ("statistic-get", {"name": "nope"}, SAME),
    ("statistic-reset", None, RESULT), ("statistic-reset", {"name": "nope"}, SAME), ("statistic-remove", {"name": "nope"}, SAME),
    ("statistic-remove", {}, RESULT),
    ("statistic-sample-count-set", {"name": "nope", "max-samples": 5}, SAME), ("statistic-sample-count-set", {"name": "nope"}, RESULT),
    ("statistic-sample-age-set", {"name": "nope", "duration": 5}, SAME), ("statistic-sample-age-set", {"name": "nope"}, RESULT),
    ("statistic-sample-count-set-all", None, RESULT), ("statistic-sample-count-set-all", {"max-samples": 50}, SAME),
    ("statistic-sample-age-set-all", None, RESULT), ("statistic-sample-age-set-all", {"duration": 50}, SAME),
    *((c, {"name": f"pkt#-{n}", **more}, SAME) for n in ("received", "sent", "parse-failed", "receive-drop", "request-received", "release-received")
      for c, more in (("statistic-get", {}), ("statistic-reset", {}), ("statistic-get", {}), ("statistic-sample-count-set", {"max-samples": 5}),
                      ("statistic-sample-age-set", {"duration": 50}))),
    ("statistic-get", {"name": "subnet[1].declined-addresses"}, SAME), ("statistic-get", {"name": "subnet[9].declined-addresses"}, SAME),
    ("statistic-get", {"name": "reclaimed-leases"}, SAME), ("statistic-get", {"name": "declined-addresses"}, SAME),
    ("statistic-reset-all", None, SAME),
    ("stat-lease#-get", None, TOTALS), ("stat-lease#-get", {"subnet-id": 1}, TOTALS), ("stat-lease#-get", {"subnet-id": 7}, SAME),
    ("stat-lease#-get", {"subnet-range": {"first-subnet-id": 1, "last-subnet-id": 5}}, TOTALS),
    ("stat-lease#-get", {"subnet-range": {"first-subnet-id": 7, "last-subnet-id": 8}}, SAME),
    ("stat-lease#-get", {"subnet-range": {"first-subnet-id": 3, "last-subnet-id": 3}}, RESULT),
    ("stat-lease#-get", {"subnet-id": "x"}, RESULT),
    ("lease#-get-all", {"subnets": "x"}, RESULT), ("lease#-get-all", {"subnets": ["x"]}, RESULT), ("lease#-get-all", {"subnets": []}, SAME),
    ("lease#-get-page", None, RESULT), ("lease#-get-page", {"from": "start"}, RESULT), ("lease#-get-page", {"limit": 3}, RESULT),
    ("lease#-get-page", {"from": "start", "limit": 0}, RESULT), ("lease#-get-page", {"from": "foo", "limit": 3}, RESULT),
    ("lease#-get", None, RESULT), ("lease#-get", {"ip-address": "foo"}, SAME), ("lease#-del", None, RESULT),
    ("lease#-del", {"ip-address": "foo"}, RESULT), ("lease#-get-by-hostname", {"hostname": ""}, SAME),
    ("lease#-get-by-hostname", {"hostname": "nobody"}, SAME), ("lease#-get-by-hostname", None, RESULT),
    ("lease#-add", None, RESULT), ("lease#-update", None, RESULT),
]
CASES = {4: BOTH + [
    ("config-test", {"Dhcp4": {"valid-lifetime": 100}}, SAME), ("config-test", {"Dhcp4": {"foo": 1}}, RESULT),
    ("config-set", {"Dhcp4": {"foo": 1}}, RESULT), ("config-test", {"Dhcp6": {}}, RESULT),
    ("lease4-resend-ddns", {"ip-address": "192.0.2.1"}, SAME),
    ("lease4-get", {"ip-address": "192.0.2.20"}, SAME), ("lease4-get", {"ip-address": "2001:db8::1"}, SAME),
    ("lease4-add", a4("192.0.2.20"), SAME), ("lease4-add", a4("192.0.2.20"), CONFLICT), ("lease4-add", {"ip-address": "192.0.2.21"}, RESULT),
    ("lease4-add", {"hw-address": MAC}, RESULT), ("lease4-add", a4("192.0.2.21", "zz"), RESULT), ("lease4-add", a4("192.0.5.21"), SAME),
    ("lease4-add", a4("192.0.5.21", subnet_id=1), SAME), ("lease4-add", a4("192.0.2.21", subnet_id=9), SAME),
    ("lease4-add", a4("192.0.2.22", "1a:1b:1c:1d:1e:20", client_id="01:02:03", valid_lft=500, expire=4000000000, fqdn_fwd=True, fqdn_rev=True,
                      hostname="Urania.Example.ORG", state=0, user_context={"x": 1}, comment="c", subnet_id=1), SAME),
    ("lease4-add", a4("192.0.2.23", "1a:1b:1c:1d:1e:21", state=1, hostname="foo"), SAME), ("lease4-add", a4("192.0.2.24", state=9), RESULT),
    ("lease4-add", a4("192.0.2.24", fqdn_fwd=True), SAME), ("lease4-add", a4("192.0.2.25", valid_lft=-1), RESULT),
    ("lease4-add", a4("192.0.2.26", foo=1), UNKNOWN), ("lease4-del", {"ip-address": "192.0.2.26"}, ("it was not added", 3)),
    *(("lease4-get", {"ip-address": f"192.0.2.{n}"}, SAME) for n in (20, 22, 23)),
    ("lease4-get", by("hw-address", MAC, subnet_id=1), SAME), ("lease4-get", by("client-id", "01:02:03", subnet_id=1), SAME),
    ("lease4-get", by("hw-address", MAC, subnet_id=2), SAME), ("lease4-get", by("hw-address", MAC), SAME),
    ("lease4-get", {"identifier-type": "hw-address", "subnet-id": 1}, SAME), ("lease4-get", by("duid", DUID, subnet_id=1), RESULT),
    ("lease4-get", by("foo", "01", subnet_id=1), RESULT), ("lease4-get-all", None, SAME), ("lease4-get-all", {"subnets": [1]}, SAME),
    ("lease4-get-all", {"subnets": [2]}, SAME), ("lease4-get-all", {"subnets": [2, 1]}, SAME),
    ("lease4-get-page", {"from": "start", "limit": 2}, SAME), ("lease4-get-page", {"from": "192.0.2.20", "limit": 2}, SAME),
    ("lease4-get-page", {"from": "192.0.2.200", "limit": 2}, SAME),
    ("lease4-get-by-hw-address", {"hw-address": MAC}, SAME), ("lease4-get-by-hw-address", {"hw-address": "1a:1b:1c:1d:1e:ff"}, SAME),
    ("lease4-get-by-hw-address", None, RESULT), ("lease4-get-by-client-id", {"client-id": "01:02:03"}, SAME),
    ("lease4-get-by-client-id", {"client-id": "01:02"}, SAME), ("lease4-get-by-hostname", {"hostname": "Urania.Example.ORG"}, SAME),
    ("lease4-update", a4("192.0.2.20", "1a:1b:1c:1d:1e:2f", hostname="u2"), SAME), ("lease4-get", {"ip-address": "192.0.2.20"}, SAME),
    ("lease4-update", a4("192.0.2.50", hostname="u2"), CONFLICT), ("lease4-update", a4("192.0.2.50", hostname="u2", force_create=True), SAME),
    ("lease4-get", {"ip-address": "192.0.2.50"}, SAME), ("lease4-update", {"ip-address": "192.0.2.50"}, RESULT),
    ("lease4-get-by-hw-address", {"hw-address": MAC}, SAME),
    ("statistic-get", {"name": "subnet[1].assigned-addresses"}, SAME), ("statistic-get", {"name": "subnet[1].declined-addresses"}, SAME),
    ("statistic-get", {"name": "subnet[1].total-addresses"}, TOTALS), ("stat-lease4-get", {"subnet-id": 1}, TOTALS),
    ("lease4-del", {"ip-address": "192.0.2.20"}, SAME), ("lease4-del", {"ip-address": "192.0.2.20"}, SAME),
    ("lease4-del", by("client-id", "01:02:03", subnet_id=1), SAME), ("lease4-wipe", {"subnet-id": 1}, SAME),
    ("lease4-wipe", {"subnet-id": 1}, SAME), ("lease4-wipe", {"subnet-id": 55}, SAME), ("lease4-wipe", None, SAME), ("lease4-wipe", {}, SAME),
    ("statistic-get", {"name": "subnet[1].assigned-addresses"}, SAME),
], 6: BOTH + [
    ("config-test", {"Dhcp6": {"foo": 1}}, RESULT), ("config-set", {"Dhcp6": {"foo": 1}}, RESULT), ("config-test", {"Dhcp4": {}}, RESULT),
    ("lease6-resend-ddns", {"ip-address": "2001:db8:1::77"}, SAME),
    ("lease6-get", {"ip-address": "2001:db8:1::77"}, SAME), ("lease6-get", {"ip-address": "1.2.3.4"}, SAME),
    ("lease6-add", a6("2001:db8:1::77", subnet_id=1), SAME), ("lease6-add", a6("2001:db8:1::77", subnet_id=1), CONFLICT),
    ("lease6-add", a6("2001:db8:1::78"), SAME), ("lease6-add", a6("2001:db8:2::78", subnet_id=1), SAME), ("lease6-add", a6("2001:db8:2::78"), SAME),
    ("lease6-add", {"ip-address": "2001:db8:1::79", "iaid": 1, "subnet-id": 1}, RESULT),
    ("lease6-add", {"ip-address": "2001:db8:1::79", "duid": DUID, "subnet-id": 1}, RESULT),
    ("lease6-add", {**a6("2001:db8:8:1::", 5, subnet_id=1, hostname="A.B.", preferred_lft=100, valid_lft=200, user_context={"a": 1}, comment="x",
                         fqdn_fwd=True, fqdn_rev=True, state=0, prefix_len=64, hw_address=MAC), "type": "IA_PD", "duid": "01:02:03:04:06"}, SAME),
    ("lease6-add", a6("2001:db8:1::80", subnet_id=7), SAME), ("lease6-get", {"ip-address": "2001:db8:1::77"}, SAME),
    ("lease6-get", {"ip-address": "2001:db8:8:1::", "type": "IA_PD"}, SAME), ("lease6-get", {"ip-address": "2001:db8:8:1::"}, SAME),
    ("lease6-get", by("duid", DUID, iaid=1234, subnet_id=1), RESULT), ("lease6-get", by("duid", DUID, iaid=1234, subnet_id=2), SAME),
    ("lease6-get", by("duid", DUID, iaid=7, subnet_id=1), SAME), ("lease6-get", by("foo", "01", iaid=1, subnet_id=1), RESULT),
    ("lease6-get-all", None, SAME), ("lease6-get-all", {"subnets": [1]}, SAME), ("lease6-get-all", {"subnets": [2, 3]}, SAME),
    ("lease6-get-page", {"from": "start", "limit": 1}, SAME), ("lease6-get-page", {"from": "::", "limit": 10}, SAME),
    ("lease6-get-page", {"from": "2001:db8:1::77", "limit": 10}, SAME), ("lease6-get-page", {"from": "2001:db8:ffff::1", "limit": 10}, SAME),
    ("lease6-get-by-duid", {"duid": DUID}, SAME), ("lease6-get-by-duid", {"duid": "01:02:03:04:07"}, SAME), ("lease6-get-by-duid", None, RESULT),
    ("lease6-get-by-hostname", {"hostname": "a.b."}, SAME), ("lease6-update", a6("2001:db8:1::77", 99, subnet_id=1, hostname="new"), SAME),
    ("lease6-update", a6("2001:db8:1::90", 99, subnet_id=1), CONFLICT),
    ("lease6-update", a6("2001:db8:1::90", 99, subnet_id=1, force_create=True), SAME), ("lease6-get", {"ip-address": "2001:db8:1::77"}, SAME),
    ("lease6-bulk-apply", {"deleted-leases": [{"ip-address": "2001:db8:1::90", "type": "IA_NA"}, {"ip-address": "2001:db8:1::91", "type": "IA_NA"}],
                           "leases": [{**a6("2001:db8:1::95", 99, subnet_id=1), "type": "IA_NA"}]}, SAME),
    ("lease6-bulk-apply", {}, SAME), ("lease6-bulk-apply", {"leases": [{"ip-address": "2001:db8:1::96", "subnet-id": 1}]}, RESULT),
    ("statistic-get", {"name": "subnet[1].assigned-nas"}, SAME), ("statistic-get", {"name": "subnet[1].assigned-pds"}, SAME),
    ("stat-lease6-get", {"subnet-id": 1}, TOTALS), ("lease6-del", {"ip-address": "2001:db8:1::95"}, SAME),
    ("lease6-del", {"ip-address": "2001:db8:1::95"}, SAME), ("lease6-wipe", {"subnet-id": 1}, SAME), ("lease6-wipe", {"subnet-id": 1}, SAME),
    ("lease6-wipe", {"subnet-id": 5}, SAME), ("lease6-wipe", None, SAME), ("lease6-wipe", {"subnet-id": 0}, SAME),
]}
HOOKS = "/usr/lib/x86_64-linux-gnu/kea/hooks"


def config(digit, folder):
    common = {"interfaces-config": {"interfaces": []}, "control-socket": {"socket-type": "unix", "socket-name": f"{folder}/socket"},
              "lease-database": {"type": "memfile", "name": f"{folder}/leases.csv", "lfc-interval": 0},
              "hooks-libraries": [{"library": f"{HOOKS}/libdhcp_lease_cmds.so"}, {"library": f"{HOOKS}/libdhcp_stat_cmds.so"}]}
    if digit == 4:
        return {"Dhcp4": {**common, "subnet4": [{"id": 1, "subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.10-192.0.2.200"}]},
                                                {"id": 2, "subnet": "10.0.0.0/24", "pools": [{"pool": "10.0.0.10-10.0.0.20"}]}]}}
    return {"Dhcp6": {**common, "server-id": {"type": "EN", "enterprise-id": 2495, "identifier": "0102030405", "persist": False},
                      "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::10-2001:db8:1::ff"}],
                                   "pd-pools": [{"prefix": "2001:db8:8::", "prefix-len": 48, "delegated-len": 64}]}]}}


class Server:
    def __init__(self, program, digit, folder):
        os.makedirs(folder, mode=0o750)
        self.socket = f"{folder}/socket"
        with open(f"{folder}/kea.conf", "w", encoding="utf-8") as f:
            json.dump(config(digit, folder), f)
        env = {**os.environ, **{f"KEA_{n}": folder for n in ("PIDFILE_DIR", "LOCKFILE_DIR", "DHCP_DATA_DIR", "CONTROL_SOCKET_DIR")}}
        with open(f"{folder}/log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(["unshare", "-n", program, "-c", f"{folder}/kea.conf"], env=env, stdout=log, stderr=log)
        for _ in range(600):
            if is_listening(self.socket) or self.process.poll() is not None:
                break
            time.sleep(0.1)

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(self.socket)
            s.sendall(json.dumps(request).encode())
            text = b"".join(iter(lambda: s.recv(65536), b""))
        return json.loads(text)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def comparable(value, key=""):
    """Without what differs from run to run, leases in order of address, of statistics the newest value."""
    if isinstance(value, dict):
        return {k: comparable(v, k) for k, v in sorted(value.items()) if k not in ("cltt", "hash", "pool-id")}
    if isinstance(value, list):
        if value and all(isinstance(s, list) and len(s) == 2 and re.match(r"\d{4}-\d\d-\d\d ", str(s[1])) for s in value):
            return value[0][0]
        value = [comparable(v) for v in value]
        return sorted(value, key=lambda v: v["ip-address"]) if key == "leases" else value
    return "TIME" if key == "timestamp" else value


def differ(kea, ours, how):
    if isinstance(how, tuple):
        return "" if ours["result"] == how[1] else f"result {ours['result']}, not {how[1]}: {ours}"
    if how == RESULT:
        kea, ours = {"result": kea["result"]}, {"result": ours["result"], "text": ours.get("text")}
        return "" if kea["result"] == ours["result"] else f"Kea {kea}, ours {ours}"
    kea, ours = comparable(kea), comparable(ours)
    if not ours.get("arguments", True) and "arguments" not in kea:
        del ours["arguments"]  # only our hash was in it
    return "" if kea == ours else f"Kea {kea}, ours {ours}"


def check(digit, kea, ours, folder):
    """Yields the name of each case and how the responses differ, "" if they do not."""
    digit = int(digit)
    servers = [Server(p, digit, f"{folder}/commands-{n}") for n, p in (("kea", kea), ("ours", ours))]
    try:
        for n, (command, arguments, how) in enumerate(CASES[digit], 1):
            request = json.loads(json.dumps({"command": command, **({} if arguments is None else {"arguments": arguments})}).replace("#", str(digit)))
            yield f"{n:03}-{request['command']}", differ(*(s.ask(request) for s in servers), how)
    finally:
        for s in servers:
            s.stop()
