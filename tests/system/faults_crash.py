# SPDX-License-Identifier: MPL-2.0
"""The server ends, or all power does, while clients get leases: nothing that was acknowledged is lost, and
nothing is given twice."""
import os
import random
import shutil
import signal
import subprocess
import time

from lib import ledger
from lib.case import Skipped, fault
from lib.server import Server

CLIENTS = ("--clients", "40000", "--window", "256", "--timeout", "300", "--seconds", "60")


def count(path):
    """How many replies are in the ledger, between which times: a reply has one time, also with two leases in it."""
    first = last = None
    n = 0
    with open(path, encoding="ascii") as f:
        for line in f:
            if line[0] == "#":
                continue
            now = line.split(" ", 1)[0]
            first = first or now
            n += now != last or not line.count("/")
            last = now
    return n, float(first or 0), float(last or 0)


class Rounds:
    """Loads one after the other, each with a ledger of its own, and all of them in one."""

    def __init__(self, t):
        self.t, self.n, self.acks, self.seconds = t, 0, 0, 0.0
        self.rng = random.Random(os.urandom(8))
        self.all = t.path("ledger")

    def run(self, end):
        """Load until end() has ended the server, at any moment; what was acknowledged."""
        self.n += 1
        load = self.t.fam.Load(self.t, *CLIENTS, name=f"ledger{self.n}")
        self.t.wait("acknowledged leases", lambda: os.path.exists(load.path) and os.path.getsize(load.path) > 100000, 15, 0.01)
        time.sleep(self.rng.uniform(0.05, 0.8))
        end()
        got = load.finish(early=True)
        self.t.eq((got["dups"], got["bad"], got["naks"]), (0, 0, 0), "dups, bad, naks")
        acks, first, last = count(load.path)
        self.acks += acks
        self.seconds += last - first
        with open(load.path, "rb") as f, open(self.all, "ab") as to:
            shutil.copyfileobj(f, to)
        self.t.notes = [n for n in self.t.notes if not n.startswith(("load:", "check:"))]

    def say(self, what):
        rate = self.acks / max(self.seconds, 0.001)
        self.t.note(f"{self.n} times {what}: {self.acks} acknowledged, {rate:.0f} a second, 0 lost, 0 given twice")
        if self.t.long:
            self.t.true(rate >= 15000, f"only {rate:.0f} acknowledged a second")


@fault("S1", "killed", limit=90)
def killed(t):
    """kill -9 at any moment under load: nothing lost, nothing given twice, serving again at once."""
    rounds = Rounds(t)
    server = t.server(t.fam.config(quiet=True))
    worst = 0.0
    for _ in range(20 if t.long else 2):
        rounds.run(server.kill)
        ledger.check(t, rounds.all, server)
        start = time.monotonic()
        server.start()
        worst = max(worst, time.monotonic() - start)
    t.true(worst < 1.2, f"it took {worst:.2f} s until it served again")
    t.eq(server.stop()[0], 0, "exit code")
    ledger.check(t, rounds.all, server)
    rounds.say(f"killed (the longest start took {worst:.2f} s)")


def mount_image(t, image, name):
    folder = t.path(name)
    os.mkdir(folder)
    p = subprocess.run(["mount", "-o", "loop", image, folder], check=False, capture_output=True, text=True)
    if p.returncode:
        raise Skipped(f"skipped: no loop devices here ({p.stderr.strip()})")
    return folder


@fault("S2", "power-cut", needs=["mkfs.ext4", "mount"], limit=90, beyond_kea="it never syncs its lease file")
def power_cut(t):
    """The power goes at any moment under load: what was acknowledged is on the disk.

    The disk is a loop device with ext4. What only the file system's cache holds has not reached the device's
    image, and the copy that is taken of it while the server stands still does not have it."""
    rounds = Rounds(t)
    image = t.path("disk0")
    with open(image, "wb") as f:
        f.truncate(256 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    disk = mount_image(t, image, "mnt0")
    server = Server(t, t.fam.config(quiet=True), folder=disk)
    for i in range(1, (10 if t.long else 1) + 1):
        server.start()
        copy = t.path(f"disk{i}")

        def cut(server=server, image=image, copy=copy):
            server.process.send(signal.SIGSTOP)
            subprocess.run(["cp", "--sparse=always", image, copy], check=True)
            server.kill()
        rounds.run(cut)
        subprocess.run(["umount", disk], check=True)
        os.unlink(image)
        image, disk = copy, mount_image(t, copy, f"mnt{i}")
        server = Server(t, t.fam.config(quiet=True), folder=disk)
        ledger.check(t, rounds.all, server)
    server.start()
    t.eq(server.stop()[0], 0, "exit code")
    ledger.check(t, rounds.all, server)
    rounds.say("the power was cut")


@fault("C6", "sigterm")
def sigterm(t):
    """SIGTERM at any moment under load: exit code 0 within a second, everything acknowledged is on disk."""
    rounds = Rounds(t)
    server = t.server(t.fam.config(quiet=True))
    worst = 0.0

    def stop():
        nonlocal worst
        code, seconds = server.stop()
        t.eq(code, 0, "exit code")
        worst = max(worst, seconds)
    for i in range(50 if t.long else 1):
        if i:
            server.start()
        rounds.run(stop)
        ledger.check(t, rounds.all, server)
        t.match(f"DHCP{t.fam.digit}_SHUTDOWN", server.log(), "log")
    t.true(worst < 1.0, f"it took {worst:.2f} s")
    rounds.say(f"ended (the slowest took {worst:.2f} s)")


@fault("C2", "bad-reload", beyond_kea="a bad file stops the service until a good one comes")
def bad_reload(t):
    """SIGHUP under load with bad files: the old one serves every packet, the log says what is wrong."""
    good = t.fam.config(quiet=True)
    digit = t.fam.digit
    outside = t.fam.config(pool="10.0.0.1 - 10.0.0.9" if digit == 4 else "2001:db8:77::1 - 2001:db8:77::9")
    bad = [("syntax", f'{{ "Dhcp{digit}": {{ "valid-lifetime": 3600, '),
           ("unknown key", t.fam.config(**{"valid-lifetimes": 1})),
           ("interface that is not there", t.fam.config(**{"interfaces-config": {
               "interfaces": ["s0", "nope"], "service-sockets-require-all": True}})),
           ("hook library", t.fam.config(**{"hooks-libraries": [{"library": "/nonexistent.so"}]})),
           ("pool outside its subnet", outside)]
    server = t.server(good)
    times = 10 if t.long else 1
    load = t.fam.Load(t, "--rate", "2000" if t.long else "500", "--clients", "20000", "--seconds", str(3.5 * times + 1), "--timeout", "1000")
    t.wait("acknowledged leases", lambda: load.acks() > 100, 6)
    failed = f"DHCP{digit}_DYNAMIC_RECONFIGURATION_FAIL"
    for i in range(times):
        for k, (what, conf) in enumerate(bad):
            n = len(bad) * i + k
            server.reload(conf)
            t.wait(f"the log's word about the {what}", lambda n=n: server.said(failed) > n, 5)
            time.sleep(0.4)
    got = load.finish(timeout=90)
    t.eq((got["drops"], got["naks"], got["bad"], got["dups"]), (0, 0, 0, 0), "drops, naks, bad, dups")
    server.reload(good)
    server.wait_log(f"DHCP{digit}_DYNAMIC_RECONFIGURATION_SUCCESS")
    ledger.check(t, load.path, server)
    t.note(f"{times * len(bad)} bad files, {got['completed']} exchanges")
