# SPDX-License-Identifier: MPL-2.0
"""More packets than the server can handle, the same ones repeated, and garbage packets."""
import contextlib
import glob
import ipaddress
import json
import os
import random
import re
import socket
import struct
import time

from faults_pool import perfdhcp, report
from lib import dhcp
from lib.case import fault
from lib.server import Server

HERE = os.path.dirname(os.path.abspath(__file__))


def rss_kib(server):
    with open(f"/proc/{server.pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


class Again:
    """A socket that sends everything four times."""

    def __init__(self, sock):
        self.sock = sock

    def send(self, frame):
        for _ in range(4):
            self.sock.send(frame)

    def __getattr__(self, name):
        return getattr(self.sock, name)


@fault("N4", "four-times")
def four_times(t):
    """Each packet arrives four times at once, on two threads: equal responses, one address each, one row in the
    file."""
    server = t.server(t.fam.config(quiet=True, **{"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 2}}))
    n, answers = 90 if t.long else 40, 0
    held = {}
    for i in range(n):
        c = t.fam.client(t, i)
        if t.fam.digit == 6:
            c.pd = True
        plain, c.tap.sock = c.tap.sock, Again(c.tap.sock)
        first = c.dora() if t.fam.digit == 4 else c.exchange()
        kinds = {first.payload}
        while (m := c.receive(0.03)) is not None:
            kinds.add(m.payload)
            answers += 1
        t.eq(len(kinds), 1, "different responses to the same packet")
        for place in [first.yiaddr] if t.fam.digit == 4 else [g[0].split("/")[0] for g in first.granted()]:
            t.true(place not in held, f"{place} was assigned twice")
            held[place] = i
        plain.close()
    rows = [r["address"] for r in server.rows()]
    t.eq(len(rows), len(held), "rows in the file")
    t.eq({str(ipaddress.ip_address(r)) for r in rows}, {str(ipaddress.ip_address(h)) for h in held}, "addresses in the file")
    t.note(f"{n} clients, {answers} responses beyond one each")


def on_cpu(args, cpu):
    return ["taskset", "-c", str(cpu), *args] if (os.cpu_count() or 1) > 1 else args


@fault("N5", "flood", short=(4,), needs=["taskset"], limit=60, long_limit=180)
def flood(t):
    """Ten times as many exchanges begin as the server can handle: as many as before are completed, memory is
    bounded, and a second later everything is back to normal."""
    digit = t.fam.digit
    # A pool for all of them: this is about packets, not addresses.
    if digit == 4:
        subnets = [{"id": 3, "subnet": "10.0.0.0/8", "relay": {"ip-addresses": ["198.18.0.2"]}, "pools": [{"pool": "10.16.0.0 - 10.31.255.255"}]}]
        conf = t.fam.config(quiet=True, subnets=subnets)
    else:
        conf = t.fam.config(quiet=True)
    server = t.server(conf, wrap=on_cpu([], 0))
    os.sched_setaffinity(0, {1} if (os.cpu_count() or 1) > 1 else {0})  # that of the load, a child of this process
    only = ["-e", "address-only"] if digit == 6 else []
    many = ["-R", 600000, *only]

    def completed(p, seconds):
        p.wait(seconds + 30)
        return report(p.log())["Whole exchanges"]["completed"] / seconds
    seconds = 60 if t.long else 4
    most = completed(perfdhcp(t, "most", "--window", 256, "-p", 5 if t.long else 2, *many), 5 if t.long else 2)
    before, peak = rss_kib(server), 0
    p = perfdhcp(t, "flood", "-r", int(10 * most), "-p", seconds, "-d", 1, "-d", 1, "-W", 1000000, *many)
    while p.alive():
        peak = max(peak, rss_kib(server))
        time.sleep(0.1)
    good = completed(p, seconds)
    begun = next(s for k, s in report(p.log()).items() if k.startswith(("DISCOVER", "SOLICIT")))["sent packets"]
    after = perfdhcp(t, "after", "-r", int(most / 4), "-p", 2, "-d", 1, "-d", 1, *many)
    completed(after, 2)
    lost = sum(s.get("drops", 0) for s in report(after.log()).values())
    t.note(f"most {most:.0f} exchanges a second; flood of {begun / seconds:.0f} for {seconds} s: {good:.0f} ({100 * good / most:.0f} %), "
           f"memory {before >> 10} MiB, then up to {peak >> 10} MiB; lost in the two seconds after it: {lost:.0f}")
    t.true(good > (0.8 if t.long else 0.5) * most, f"only {100 * good / most:.0f} % of the exchanges a second")
    # 600,000 leases and the claims for offers, and no more
    t.true(peak - before < (64 + 120) << 10, f"{(peak - before) >> 10} MiB more memory")
    t.eq(lost, 0, "lost after the flood")
    server.stop()
    t.match(rf"WARN .*DHCP{digit}_OVERLOAD overload: in [0-9.]+ s, some (DISCOVER|SOLICIT)s were left unread for [1-9]\d* ms", server.log(), "log")


def seeds(digit):
    out = []
    for path in sorted(glob.glob(os.path.join(HERE, f"../fuzz/corpus/packet{digit}/*"))):
        with open(path, "rb") as f:
            out.append(f.read()[:2000])
    return [s for s in out if s]


class Mutator:
    def __init__(self, start, seed):
        self.seeds, self.rng = start, random.Random(seed)

    def one(self):
        rnd = self.rng.random
        p = bytearray(self.seeds[int(rnd() * len(self.seeds))])
        how = rnd()
        if how < 0.1:
            del p[int(rnd() * len(p)):]
        elif how < 0.2:
            at, n = int(rnd() * len(p)), int(rnd() * 40)
            p[at:at] = p[at:at + n] * int(1 + rnd() * 8)
        elif how < 0.3:
            other = self.seeds[int(rnd() * len(self.seeds))]
            p[int(rnd() * len(p)):] = other[int(rnd() * len(other)):]
        for _ in range(int(rnd() * 6)):
            if p:
                p[int(rnd() * len(p))] = (0, 1, 255, 128, int(rnd() * 256))[int(rnd() * 5)]
        return bytes(p[:1400])


class Relay:
    """Sends packets as a relay agent, and knows when the server has read them all."""

    def __init__(self, t):
        self.digit, self.n = t.fam.digit, 0
        self.family = socket.AF_INET if self.digit == 4 else socket.AF_INET6
        with t.net.inside("rly"):
            self.sock = socket.socket(self.family, socket.SOCK_DGRAM)
            if self.digit == 4:
                self.sock.bind(("198.18.0.2", 67))
                self.to = ("198.18.0.1", 67)
            else:
                self.sock.bind(("::", 547))
                self.to = ("ff02::1:2", 547, 0, socket.if_nametoindex("r0"))
                self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self.to[3])

    def probe(self):
        """A message that must get a response, and the expected content."""
        self.n += 1
        xid = 0x7e0000 + self.n % 60000
        if self.digit == 4:
            body = struct.pack("!BBBBIHH12x4s", 1, 1, 6, 1, xid, 0, 0, dhcp.ip4("198.18.0.2")) + bytes.fromhex("02ee0000").ljust(208, b"\1")
            return body[:28] + struct.pack("!HI", 0x02ee, self.n % 5000) + bytes(202) + dhcp.COOKIE + bytes([53, 1, 1, 255]).ljust(60, b"\0"), struct.pack("!I", xid)
        duid = struct.pack("!HH10sI", 1, 14, bytes.fromhex("0003000102ee00000000"), self.n % 5000)
        inner = bytes([1]) + xid.to_bytes(3, "big") + duid + struct.pack("!HHIII", 3, 12, 1, 0, 0)
        head = bytes([12, 0]) + socket.inet_pton(socket.AF_INET6, "2001:db8:ff::2") + socket.inet_pton(socket.AF_INET6, "fe80::1")
        return head + struct.pack("!HH", 9, len(inner)) + inner, b"\x02" + xid.to_bytes(3, "big")

    def send(self, packet):
        with contextlib.suppress(OSError):
            self.sock.sendto(packet, self.to)

    def in_step(self, t, server):
        for _ in range(3):
            packet, sign = self.probe()
            self.send(packet)
            end = time.monotonic() + 3
            while (left := end - time.monotonic()) > 0:
                self.sock.settimeout(left)
                try:
                    if sign in self.sock.recv(4096)[:80]:
                        return
                except TimeoutError:
                    break
        t.true(server.process.alive(), f"the server ended:\n{server.log()[-3000:]}")
        t.true(False, "a good packet among the bad ones is not answered")


@fault("N8", "mutants", limit=60, long_limit=900)
def mutants(t):
    """Valid packets with random changes: the server keeps running, detects no errors (if built with sanitizers), and
    serves a client. KEA_SANITIZED is a build tree with such servers, for the long form."""
    count = 1000000 if t.long else 10000
    tree = os.environ.get("KEA_SANITIZED") or os.path.join(t.env["builddir"], "../asan")
    binary = os.path.join(tree, f"kea-dhcp{t.fam.digit}")
    if not os.path.exists(binary):
        t.true(not t.long, f"there is no {binary}: configure with --enable-sanitizers=address,undefined")
        binary = None
    conf = t.fam.config(quiet=True)
    server = Server(t, conf, binary=binary)
    server.start(30)
    relay, mutator = Relay(t), Mutator(seeds(t.fam.digit), count)
    relay.in_step(t, server)
    start_rss, start = rss_kib(server), time.monotonic()
    for i in range(0, count, 100):
        for _ in range(100):
            relay.send(mutator.one())
        relay.in_step(t, server)
    seconds = time.monotonic() - start
    address = t.fam.client(t).lease()
    t.true(address, "a client is served")
    grown = rss_kib(server) - start_rss
    t.eq(server.process.stop(), 0, "exit code")
    t.true(not re.search("Sanitizer|runtime error", server.log()), f"a sanitizer's report:\n{server.log()[-5000:]}")
    t.note(json.dumps({"mutants": count, "seconds": round(seconds, 1), "sanitizers": binary is not None, "memory_kib": grown}))
    if not binary:
        t.true(grown < 64 << 10, f"{grown} KiB more memory")
