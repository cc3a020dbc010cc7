# SPDX-License-Identifier: MPL-2.0
"""The server ends, or the power fails, while clients get leases: nothing acknowledged is lost, and nothing is
assigned twice."""
import bisect
import os
import random
import re
import shutil
import signal
import time

from lib import disk, ledger
from lib.case import fault
from lib.server import Server

CLIENTS = ("--clients", "40000", "--window", "256", "--timeout", "300", "--seconds", "60")


def count(path):
    """Number of replies in the ledger, in a period: each reply has one time, even with two leases in it."""
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
    """Consecutive loads, each with its own ledger, and a ledger of all."""

    def __init__(self, t):
        self.t, self.n, self.acks, self.seconds = t, 0, 0, 0.0
        self.rng = random.Random(os.urandom(8))
        self.all = t.path("ledger")

    def run(self, end):
        """Runs load until end() has ended the server, at any moment; returns what was acknowledged."""
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
        self.t.note(f"{self.n} times {what}: {self.acks} acknowledged, {rate:.0f} a second, 0 lost, 0 assigned twice")
        if self.t.long:
            self.t.true(rate >= 15000, f"only {rate:.0f} acknowledged a second")


@fault("S1", "killed", limit=90)
def killed(t):
    """kill -9 at any moment under load: nothing lost, nothing assigned twice, serving again at once."""
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


@fault("S2", "power-cut", needs=["mkfs.ext4", "mount"], limit=120, beyond_kea="it never syncs its lease file")
def power_cut(t):
    """The power fails at any moment under load: everything acknowledged is on the disk.

    The disk is a loop device with ext4. Data that is only in the file system's cache has not reached the device's
    image, so a copy of the image, taken while the server is stopped, lacks it."""
    rounds = Rounds(t)
    image = t.path("disk0")
    disk.make(image, 256 << 20)
    folder = disk.mount(t, image, "mnt0")
    server = Server(t, t.fam.config(quiet=True), folder=folder)
    for i in range(1, (10 if t.long else 1) + 1):
        server.start()
        left = t.path(f"disk{i}")

        def cut(server=server, folder=folder, image=image, left=left):
            server.freeze()
            disk.copy(t, folder, image, left)
            server.kill()
        rounds.run(cut)
        disk.unmount(folder)
        os.unlink(image)
        image, folder = left, disk.mount(t, left, f"mnt{i}")
        server = Server(t, t.fam.config(quiet=True), folder=folder)
        ledger.check(t, rounds.all, server)
    server.start()
    t.eq(server.stop()[0], 0, "exit code")
    ledger.check(t, rounds.all, server)
    rounds.say("the power was cut")


def known_until(t, path, seconds):
    """The part of a ledger recorded before this time."""
    part = t.path("ledger.part")
    with open(path, encoding="ascii") as f, open(part, "w", encoding="ascii") as to:
        to.writelines(line for line in f if line[0] == "#" or float(line.split(" ", 1)[0]) < seconds)
    return part


def logged(t, lease_db, seconds, old_rows=""):
    """Runs load on a server whose disk is logged; returns the disk and the ledger."""
    logged_disk = disk.LoggedDisk(t)
    server = Server(t, t.fam.config(quiet=True, lease_db={"type": "memfile", **lease_db}, **t.no_cache,
                                    **{"sanity-checks": {"lease-checks": "none"}}),
                    folder=logged_disk.folder, env=logged_disk.environment())
    if old_rows:
        with open(server.lease_path, "w", encoding="utf-8") as f:
            f.write(old_rows)
    server.start()
    load = t.fam.Load(t, "--renew", "--clients", "2000", "--rate", "2000", "--seconds", str(seconds), "--timeout", "2000")
    load.finish()
    logged_disk.end = time.monotonic()
    server.freeze()
    for pid in server.cleanups():
        os.kill(pid, signal.SIGKILL)
    server.kill()
    t.wait("the last cleanup", lambda: not server.cleanups(), 10)
    logged_disk.close()
    logged_disk.read()
    return logged_disk, load.path


def chosen(t, cuts, n):
    """All cuts at and after renames and unlinks, in the short form without those of files that contain no leases
    yet; and this many others."""
    def matters(reason):
        return reason != "flush" and (t.long or "rename" in reason or not re.search(r"\.(pid|new|next|output|replaced)$", reason))
    names = [c for c in cuts if matters(c[1])]
    others = [c for c in cuts if not matters(c[1])]
    return sorted(names + others[::max(1, len(others) // n)])


def cut_everywhere(t, logged_disk, ledger_path, cuts):
    """Cuts the disk at these places, with the unflushed writes dropped, half kept and all kept: nothing is lost, and
    now and then a server starts from the result."""
    reasons = dict(cuts)
    counts = {}
    acks = n = 0
    for seconds, keep, image in logged_disk.images([c[0] for c in cuts], 1):
        folder = disk.mount(t, image, "cut.mnt")
        server = Server(t, t.fam.config(quiet=True, **{"sanity-checks": {"lease-checks": "none"}}), name="kea-cut", folder=folder)
        at = bisect.bisect_left(logged_disk.times, seconds)
        part = known_until(t, ledger_path, seconds)
        got, text = ledger.compare(t, part, server)
        t.true(got["lost"] == 0 and got["dup"] == 0, f"cut at {reasons.get(at)} (event {at}), {keep} kept: {text}")
        n += 1
        if n % (10 if t.long else 15) == 0:
            server.start()
            server.kill()
            got, text = ledger.compare(t, part, server)
            t.true(got["lost"] == 0, f"after a start from the cut at {reasons.get(at)} (event {at}), {keep} kept: {text}")
        acks = max(acks, got["acks"])
        disk.unmount(folder)
    for reason in reasons.values():
        kind = reason.split()[0]
        counts[kind] = counts.get(kind, 0) + 1
    t.note(f"{n} images, cut at {counts}, of {len(logged_disk.events)} writes and flushes; up to {acks} acknowledged, 0 lost")


NEEDS = ["mkfs.ext4", "mount", "losetup"]


@fault("S2", "write-log", short=(4,), needs=NEEDS, limit=240, long_limit=1800, beyond_kea="it never syncs its lease file")
def write_log(t):
    """The power fails at every flush of the disk, whatever the disk did with unflushed writes: nothing acknowledged
    is lost."""
    logged_disk, path = logged(t, {"lfc-interval": 0}, 2)
    cut_everywhere(t, logged_disk, path, chosen(t, logged_disk.cuts(), 600 if t.long else 25))


@fault("S2", "write-log-control", needs=NEEDS, short=(6,), limit=240)
def write_log_control(t):
    """With "sync": "none" the same test finds lost leases, so it would notice."""
    logged_disk, path = logged(t, {"lfc-interval": 0, "sync": "none"}, 2)
    cut = bisect.bisect_left(logged_disk.times, logged_disk.end)  # the unmount comes later
    lost = {}
    for seconds, keep, image in logged_disk.images([cut], 1):
        folder = disk.mount(t, image, "cut.mnt")
        server = Server(t, t.fam.config(quiet=True), name="kea-cut", folder=folder)
        lost[keep] = ledger.compare(t, known_until(t, path, seconds), server)[0]["lost"]
        disk.unmount(folder)
    t.note(f"lost without sync: {lost}")
    t.true(lost["none"] > 100, f"only {lost['none']} leases were lost without sync")


@fault("S13", "lfc-write-log", short=(6,), needs=NEEDS, limit=400, long_limit=1800, beyond_kea="it never syncs its lease file")
def lfc_write_log(t):
    """The power fails at every rename and unlink of the server and of kea-lfc, and at flushes in between."""
    logged_disk, path = logged(t, {"lfc-interval": 1}, 4)
    cuts = logged_disk.cuts()
    t.true(sum(c[1] != "flush" for c in cuts) >= 8, f"too few changes of names: {[c for c in cuts if c[1] != 'flush']}")
    cut_everywhere(t, logged_disk, path, chosen(t, cuts, 600 if t.long else 5))


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
    """SIGHUP under load with bad files: the old configuration serves every packet, the log names the error."""
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
            t.wait(f"a log line about the {what}", lambda n=n: server.said(failed) > n, 5)
            time.sleep(0.4)
    got = load.finish(timeout=90)
    server.reload(good)
    server.wait_log(f"DHCP{digit}_DYNAMIC_RECONFIGURATION_SUCCESS")
    ledger.all_served(t, got, server)
    ledger.check(t, load.path, server)
    t.note(f"{times * len(bad)} bad files, {got['completed']} exchanges")
