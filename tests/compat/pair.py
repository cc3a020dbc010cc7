# SPDX-License-Identifier: MPL-2.0
"""Two servers with the same configuration, each in a network of its own:

    srv s0 ------ c0 cli     192.0.2.1/24 on s0: clients on the link
    srv s1 ------ c1 cli     198.18.0.1/24 on s1: relays, all of them one machine with fixed hardware address

What leaves through c0 and c1 is made byte by byte, what comes in is read the same way.
"""
import contextlib
import ctypes
import ipaddress
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time

CLONE_NEWNET = 0x40000000
PACKET_IGNORE_OUTGOING, SOL_PACKET = 23, 263
libc = ctypes.CDLL(None, use_errno=True)
COOKIE = b"\x63\x82\x53\x63"
SERVER_MACS = {"c0": bytes.fromhex("02fe00000001"), "c1": bytes.fromhex("02fe00000002")}
RELAY_MAC = bytes.fromhex("02fe000000aa")
RELAY_NETS = ["198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8"]
SILENCE = 0.25  # after this nobody answers
SLOW = 2.0      # one answered: so long for the other


def ip(*args, check=True):
    return subprocess.run(["ip", *args], check=check, capture_output=True, text=True)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip4(text):
    return socket.inet_aton(text)


class Side:
    """One server and its network."""

    def __init__(self, name, prefix, folder, binary):
        self.name, self.binary, self.folder = name, binary, folder
        self.ns = {n: f"{prefix}{name[0]}-{n}" for n in ("srv", "cli")}
        self.socks, self.process, self.log = {}, None, None

    def up(self):
        for n in self.ns.values():
            ip("netns", "add", n)
            ip("-n", n, "link", "set", "lo", "up")
        for s, c, addr in (("s0", "c0", "192.0.2.1/24"), ("s1", "c1", "198.18.0.1/24")):
            ip("link", "add", s, "netns", self.ns["srv"], "type", "veth", "peer", "name", c, "netns", self.ns["cli"])
            ip("-n", self.ns["srv"], "link", "set", s, "address", SERVER_MACS[c].hex(":"))
            for ns, dev in ((self.ns["srv"], s), (self.ns["cli"], c)):
                subprocess.run(["ip", "netns", "exec", ns, "sh", "-c",
                                f"echo 1 >/proc/sys/net/ipv6/conf/{dev}/disable_ipv6; echo 0 >/proc/sys/net/ipv4/conf/{dev}/rp_filter"], check=False)
                ip("-n", ns, "link", "set", dev, "up")
            ip("-n", self.ns["srv"], "addr", "add", addr, "broadcast", "+", "dev", s)
        ip("-n", self.ns["srv"], "neigh", "replace", "198.18.0.2", "lladdr", RELAY_MAC.hex(":"), "dev", "s1", "nud", "permanent")
        ip("-n", self.ns["srv"], "neigh", "replace", "198.18.0.77", "lladdr", RELAY_MAC.hex(":"), "dev", "s1", "nud", "permanent")
        for net in RELAY_NETS:
            ip("-n", self.ns["srv"], "route", "add", net, "via", "198.18.0.2")
        for dev in ("c0", "c1"):
            self.socks[dev] = self.open(dev)

    def open(self, dev):
        with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{self.ns['cli']}", "rb") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                s.bind((dev, 3))
            finally:
                libc.setns(home.fileno(), CLONE_NEWNET)
        s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        s.setsockopt(SOL_PACKET, 1, struct.pack("iHH8s", self.index(dev), 1, 0, b""))  # promiscuous
        s.setblocking(False)
        return s

    def index(self, dev):
        return int(json.loads(ip("-j", "-n", self.ns["cli"], "link", "show", dev).stdout)[0]["ifindex"])

    started = "DHCP4_STARTED"

    def start(self, group):
        state = os.path.join(self.folder, f"{self.name}-{group.name}")
        os.makedirs(state)
        os.chmod(state, 0o750)
        conf = json.loads(json.dumps(group.config))
        dhcp4 = conf["Dhcp4"]
        if self.name == "ours":
            # Kea 2.2.0 has no cache unless told to, and refuses the 0 that means so since Kea 3.
            dhcp4.setdefault("cache-threshold", 0.0)
        dhcp4.setdefault("interfaces-config", {"interfaces": ["s0", "s1"]})
        dhcp4["lease-database"] = {"type": "memfile", "name": os.path.join(state, "leases.csv"), "lfc-interval": 0}
        dhcp4["loggers"] = [{"name": "kea-dhcp4", "severity": "DEBUG", "debuglevel": 99,
                             "output_options": [{"output": "stdout", "flush": True}]}]
        path = os.path.join(state, "kea.conf")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(conf, f)
        env = dict(os.environ, KEA_PIDFILE_DIR=state, KEA_LOCKFILE_DIR=state, KEA_DHCP_DATA_DIR=state, KEA_LOG_FILE_DIR=state)
        self.log = os.path.join(state, "log")
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(["ip", "netns", "exec", self.ns["srv"], self.binary, "-c", path],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)

    def wait_started(self):
        end = time.monotonic() + 15
        while self.started not in self.text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{self.name} does not start:\n{self.text()[-3000:]}")
            time.sleep(0.02)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(8)
            if self.process.poll() is None:
                self.process.kill()
            self.process = None

    def down(self):
        self.stop()
        for n in self.ns.values():
            for pid in ip("netns", "pids", n, check=False).stdout.split():
                with contextlib.suppress(OSError):
                    os.kill(int(pid), signal.SIGKILL)
            ip("netns", "del", n, check=False)

    def drain(self):
        for s in self.socks.values():
            with contextlib.suppress(BlockingIOError):
                while True:
                    s.recv(65536)

    def answer(self):
        """The next DHCP answer, if one is there."""
        for dev, s in self.socks.items():
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame = s.recv(65536)
                    got = parse(frame, dev)
                    if got:
                        return got
        return None


def parse(frame, dev):
    """Fields of an answer, None for any other frame."""
    if len(frame) < 282 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    ihl = (frame[14] & 15) * 4
    sport, dport, length = struct.unpack("!HHH", frame[14 + ihl:20 + ihl])
    p = frame[22 + ihl:14 + ihl + length]
    if sport != 67 or len(p) < 240 or p[0] != 2:
        return None
    a = {"dev": dev, "dst-mac": frame[:6].hex(":"), "ip-src": socket.inet_ntoa(frame[26:30]),
         "ip-dst": socket.inet_ntoa(frame[30:34]), "port": dport}
    a["htype"], a["hlen"], a["hops"] = p[1], p[2], p[3]
    a["xid"], a["secs"], a["flags"] = struct.unpack("!IHH", p[4:12])
    for i, name in enumerate(("ciaddr", "yiaddr", "siaddr", "giaddr")):
        a[name] = socket.inet_ntoa(p[12 + 4 * i:16 + 4 * i])
    a["chaddr"] = p[28:44].hex()
    a["cookie"] = p[236:240].hex()
    order, options, over = [], {}, 0

    def walk(data):
        nonlocal over
        i = 0
        while i < len(data) and data[i] != 255:
            if data[i] == 0:
                i += 1
                continue
            code, value = data[i], data[i + 2:i + 2 + data[i + 1]]
            if code == 52:
                over = value[0] if value else 0
            elif code not in options:
                order.append(code)
                options[code] = value
            else:
                options[code] += value
            i += 2 + data[i + 1]

    walk(p[240:])
    if over & 1:
        walk(p[108:236])
    if over & 2:
        walk(p[44:108])
    a["file"] = "" if over & 1 else p[108:236].split(b"\0")[0].decode("latin1")
    a["sname"] = "" if over & 2 else p[44:108].split(b"\0")[0].decode("latin1")
    a["order"] = order
    for code, value in options.items():
        a[f"option {code}"] = value.hex()
    return a


class Pair:
    side = Side

    def __init__(self, prefix, folder, binaries):
        self.sides = [self.side(n, prefix, folder, b) for n, b in binaries.items()]
        self.pools, self.n_cases = [], 0

    def up(self):
        for s in self.sides:
            s.up()

    def start(self, group):
        for s in self.sides:
            s.start(group)
        for s in self.sides:
            s.wait_started()
        self.pools = [tuple(int(ipaddress.ip_address(a.strip())) for a in p["pool"].split("-")) for p in pools(group.config["Dhcp4"])]

    def stop(self):
        for s in self.sides:
            s.stop()

    def down(self):
        for s in self.sides:
            s.down()

    def tails(self):
        return [f"# --- {s.name}\n" + "".join(f"# {line}\n" for line in s.text().splitlines()[-12:]) for s in self.sides if s.log]

    def place(self, address):
        """Which pool an address is of, or the address itself."""
        n = int(ipaddress.ip_address(address))
        for i, (first, last) in enumerate(self.pools):
            if first <= n <= last:
                return f"pool {i}"
        return address

    def play(self, case, verbose):
        """Differences as (place, field, text)."""
        self.n_cases += 1
        mac = bytes([2, 0, 1, 0, self.n_cases >> 8, self.n_cases & 255])
        state = {s.name: {"offered": "0.0.0.0", "mine": "0.0.0.0"} for s in self.sides}
        for where, step in enumerate(case.steps, 1):
            if "sleep" in step:
                time.sleep(step["sleep"])
                continue
            for s in self.sides:
                s.drain()
            for s in self.sides:
                dev, frame = step["build"](mac, (self.n_cases << 8) + where, state[s.name])
                for _ in range(step.get("times", 1)):
                    s.socks[dev].send(frame)
            got = self.collect((self.n_cases << 8) + where, step.get("silence", SILENCE))
            for s in self.sides:
                answer = got[s.name]
                if answer:
                    state[s.name]["mine" if answer.get("option 53") == "05" else "offered"] = answer["yiaddr"]
                    if answer.get("option 53") == "02":
                        state[s.name]["mine"] = answer["yiaddr"]
            if verbose:
                for s in self.sides:
                    print(f"#   {where} {s.name:4} {got[s.name]}")
            yield from self.compare(where, got["kea"], got["ours"], case.exact)

    def collect(self, xid, silence):
        """The first answer of each to this message; one to an earlier message may still come late."""
        start = time.monotonic()
        got = {s.name: None for s in self.sides}
        while not all(got.values()):
            took = time.monotonic() - start
            if took > (SLOW if any(got.values()) else silence):
                break
            select.select([x for s in self.sides for x in s.socks.values()], [], [], 0.02)
            for s in self.sides:
                answer = None if got[s.name] else s.answer()
                if answer and answer["xid"] == xid:
                    got[s.name] = answer
        return got

    def compare(self, where, kea, ours, exact):
        kinds = {"01": "discover", "02": "OFFER", "05": "ACK", "06": "NAK"}
        if not kea or not ours:
            if kea or ours:
                say = [kinds.get(a.get("option 53"), "an answer") if a else "silence" for a in (kea, ours)]
                yield where, "answer", f"Kea {say[0]}, ours {say[1]}"
            return
        for field in sorted(set(kea) | set(ours)):
            a, b = kea.get(field), ours.get(field)
            if field == "order":
                continue
            if field in ("yiaddr", "ip-dst", "ciaddr") and not exact and a and b:
                a, b = self.place(a), self.place(b)
            if a != b:
                yield where, field, f"Kea {a}, ours {b}"


def pools(dhcp4):
    subnets = list(dhcp4.get("subnet4", []))
    for net in dhcp4.get("shared-networks", []):
        subnets += net.get("subnet4", [])
    return [p for s in subnets for p in s.get("pools", [])]


# --- frames ------------------------------------------------------------------


def frame(dev, payload, src, dst, src_mac, sport, dst_mac=None, dport=67):
    dst_mac = dst_mac or (b"\xff" * 6 if dst == "255.255.255.255" else SERVER_MACS[dev])
    pseudo = ip4(src) + ip4(dst) + struct.pack("!BBH", 0, 17, 8 + len(payload))
    udp = struct.pack("!HHH", sport, dport, 8 + len(payload))
    udp += struct.pack("!H", checksum(pseudo + udp + b"\0\0" + payload) or 0xffff)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0, ip4(src), ip4(dst))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return dst_mac + src_mac + b"\x08\x00" + head + udp + payload
