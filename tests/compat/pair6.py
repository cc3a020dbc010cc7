# SPDX-License-Identifier: MPL-2.0
"""The same for DHCPv6: sockets on the client's side instead of frames, for the kernel to do what is below UDP.

    srv s0 ------ c0 cli     clients on the link; both have link-local addresses, and 2001:db8:1::/64
    srv s1 ------ c1 cli     2001:db8:ff::1 on s1: relays, who are 2001:db8:ff::2 and others
"""
import ctypes
import ipaddress
import json
import os
import select
import socket
import struct
import subprocess
import time

from pair import CLONE_NEWNET, SERVER_MACS, SILENCE, SLOW, Pair, Side, ip, libc

CLIENT_MACS = {"c0": "02:fe:00:00:00:11", "c1": "02:fe:00:00:00:12"}
PORTS = (546, 547, 5000)
SERVER_DUID = bytes.fromhex("0003000102fe00000001")
MESSAGE_NAMES = {2: "ADVERTISE", 7: "REPLY", 37: "ADDR-REG-REPLY"}


def ip6(text):
    return socket.inet_pton(socket.AF_INET6, text)


class Side6(Side):
    def up(self):
        for n in self.ns.values():
            ip("netns", "add", n)
            ip("-n", n, "link", "set", "lo", "up")
        addresses = {"s0": ["2001:db8:1::1/64"], "c0": ["2001:db8:1::2/64"], "s1": ["2001:db8:ff::1/64"],
                     "c1": ["2001:db8:ff::2/64", "2001:db8:ff::77/64"]}
        for s, c in (("s0", "c0"), ("s1", "c1")):
            ip("link", "add", s, "netns", self.ns["srv"], "type", "veth", "peer", "name", c, "netns", self.ns["cli"])
            for ns, dev, mac in ((self.ns["srv"], s, SERVER_MACS[c].hex(":")), (self.ns["cli"], c, CLIENT_MACS[c])):
                ip("-n", ns, "link", "set", dev, "address", mac)
                subprocess.run(["ip", "netns", "exec", ns, "sh", "-c", f"echo 0 >/proc/sys/net/ipv6/conf/{dev}/accept_dad; "
                                f"echo 0 >/proc/sys/net/ipv6/conf/{dev}/accept_ra"], check=False)
                ip("-n", ns, "link", "set", dev, "up")
                for a in addresses[dev]:
                    ip("-n", ns, "-6", "addr", "add", a, "dev", dev, "nodad")
        with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{self.ns['cli']}", "rb") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                for port in PORTS:
                    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
                    s.bind(("::", port))
                    s.setblocking(False)
                    self.socks[port] = s
            finally:
                libc.setns(home.fileno(), CLONE_NEWNET)
        self.indexes = {d: self.index(d) for d in ("c0", "c1")}

    def start(self, group):
        state = os.path.join(self.folder, f"{self.name}-6{group.name}")
        os.makedirs(state)
        os.chmod(state, 0o750)
        conf = json.loads(json.dumps(group.config))
        dhcp6 = conf["Dhcp6"]
        if self.name == "ours":
            dhcp6.setdefault("cache-threshold", 0.0)
        dhcp6.setdefault("interfaces-config", {"interfaces": ["s0", "s0/2001:db8:1::1", "s1/2001:db8:ff::1"]})
        dhcp6.setdefault("server-id", {"type": "LL", "htype": 1, "identifier": SERVER_DUID[4:].hex(), "persist": False})
        dhcp6["lease-database"] = {"type": "memfile", "name": os.path.join(state, "leases.csv"), "lfc-interval": 0}
        dhcp6["loggers"] = [{"name": "kea-dhcp6", "severity": "DEBUG", "debuglevel": 99,
                             "output_options": [{"output": "stdout", "flush": True}]}]
        path = os.path.join(state, "kea.conf")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(conf, f)
        env = dict(os.environ, KEA_PIDFILE_DIR=state, KEA_LOCKFILE_DIR=state, KEA_DHCP_DATA_DIR=state, KEA_LOG_FILE_DIR=state)
        self.log = os.path.join(state, "log")
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.ns["srv"], self.binary, "-c", path],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)

    started = "DHCP6_STARTED"

    def send(self, message):
        source = struct.pack("@16sI", ip6(message["src"]) if message["src"] else bytes(16), self.indexes[message["dev"]])
        where = (message["dst"], 547, 0, self.indexes[message["dev"]])
        self.socks[message["sport"]].sendmsg([message["payload"]], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, source)], 0, where)

    def answer(self):
        for port, s in self.socks.items():
            try:
                data, extra, _, peer = s.recvmsg(65536, 256)
            except BlockingIOError:
                continue
            got = parse(data)
            got["port"], got["ip-src"] = port, peer[0].split("%")[0]
            for _, kind, value in extra:
                if kind == socket.IPV6_PKTINFO:
                    got["ip-dst"] = socket.inet_ntop(socket.AF_INET6, value[:16])
            return got
        return None


def options(data):
    at, out = 0, []
    while at + 4 <= len(data):
        code, length = struct.unpack("!HH", data[at:at + 4])
        out.append((code, data[at + 4:at + 4 + length]))
        at += 4 + length
    if at != len(data):
        out.append((0, b"cut short"))
    return out


def item(code, value):
    if code == 5:
        preferred, valid = struct.unpack("!II", value[16:24])
        return {"at": socket.inet_ntop(socket.AF_INET6, value[:16]), "len": 128, "life": (preferred, valid), "more": inside(value[24:])}
    preferred, valid, length = struct.unpack("!IIB", value[:9])
    return {"at": socket.inet_ntop(socket.AF_INET6, value[9:25]), "len": length, "life": (preferred, valid), "more": inside(value[25:])}


def inside(data):
    return sorted((c, v[:2].hex() if c == 13 else v.hex()) for c, v in options(data))


def parse(p):
    """Fields of an answer."""
    a, relays = {"ias": []}, []
    while p[0] == 13:
        more = options(p[34:])
        relays.append((p[1], socket.inet_ntop(socket.AF_INET6, p[2:18]), socket.inet_ntop(socket.AF_INET6, p[18:34]),
                       sorted((c, v.hex()) for c, v in more if c != 9)))
        p = dict(more)[9]
    a["relays"] = relays
    a["type"], a["xid"] = p[0], int.from_bytes(p[1:4], "big")
    for code, value in options(p[4:]):
        if code in (3, 4, 25):
            iaid, t1, t2 = struct.unpack("!III", value[:12])
            items = [item(c, v) for c, v in options(value[12:]) if c in (5, 26)]
            status = [v[:2].hex() for c, v in options(value[12:]) if c == 13]
            a["ias"].append({"code": code, "iaid": iaid, "t": (t1, t2), "items": items, "status": status})
        elif code == 13:
            a["status"] = value[:2].hex()
        else:
            a[f"option {code}"] = a.get(f"option {code}", "") + value.hex()
    return a


class Pair6(Pair):
    side = Side6

    def start(self, group):
        for s in self.sides:
            s.start(group)
        for s in self.sides:
            s.wait_started()
        self.pools = list(pools(group.config["Dhcp6"]))

    def place(self, address):
        n = int(ipaddress.ip_address(address))
        return next((f"pool {i}" for i, (first, last) in enumerate(self.pools) if first <= n <= last), address)

    def play(self, case, verbose):
        self.n_cases += 1
        duid = bytes.fromhex("000300010200") + bytes([1, 0, self.n_cases >> 8, self.n_cases & 255])
        state = {s.name: {} for s in self.sides}
        for where, step in enumerate(case.steps, 1):
            xid = (self.n_cases << 8) + where
            for s in self.sides:
                s.drain()
            for s in self.sides:
                s.send(step(duid, xid, state[s.name]))
            got = self.collect(xid, SILENCE)
            for s in self.sides:
                for ia in (got[s.name] or {}).get("ias", []):
                    state[s.name][ia["code"], ia["iaid"]] = [i for i in ia["items"] if i["life"][1]]
            if verbose:
                for s in self.sides:
                    print(f"#   {where} {s.name:4} {got[s.name]}")
            yield from self.compare(where, got["kea"], got["ours"], case.exact)

    def compare(self, where, kea, ours, exact):
        if not kea or not ours:
            if kea or ours:
                say = [MESSAGE_NAMES.get(a["type"], "an answer") if a else "silence" for a in (kea, ours)]
                yield where, "answer", f"Kea {say[0]}, ours {say[1]}"
            return
        for field in sorted((set(kea) | set(ours)) - {"ias"}):
            if kea.get(field) != ours.get(field):
                yield where, field, f"Kea {kea.get(field)}, ours {ours.get(field)}"
        seen = {}
        names = []
        for side in (kea, ours):
            flat, n = {}, {}
            for ia in side["ias"]:
                key = (ia["code"], ia["iaid"])
                n[key] = n.get(key, 0) + 1
                name = f"ia {ia['code']}.{ia['iaid']}" + (f".{n[key]}" if n[key] > 1 else "")
                flat[name] = "there"
                flat[f"{name} timers"] = ia["t"] if ia["items"] else None
                flat[f"{name} status"] = ia["status"]
                flat[f"{name} items"] = [(i["at"] if exact or not i["life"][1] else self.place(i["at"]), i["len"], i["life"]) for i in ia["items"]]
                flat[f"{name} inside"] = [i["more"] for i in ia["items"]]
            names.append(flat)
        for field in sorted(set(names[0]) | set(names[1])):
            if names[0].get(field) != names[1].get(field):
                base = " ".join(field.split(" ")[:2])
                if base in seen:
                    continue
                if field == base:
                    seen[base] = True
                yield where, field, f"Kea {names[0].get(field)}, ours {names[1].get(field)}"


def pools(dhcp6):
    subnets = list(dhcp6.get("subnet6", []))
    for net in dhcp6.get("shared-networks", []):
        subnets += net.get("subnet6", [])
    for s in subnets:
        for p in s.get("pools", []):
            if "/" in p["pool"]:
                net = ipaddress.ip_network(p["pool"])
                yield int(net[0]), int(net[-1])
            else:
                yield tuple(int(ipaddress.ip_address(a.strip())) for a in p["pool"].split("-"))
        for p in s.get("pd-pools", []):
            net = ipaddress.ip_network(f"{p['prefix']}/{p['prefix-len']}")
            yield int(net[0]), int(net[-1])
