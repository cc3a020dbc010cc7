# SPDX-License-Identifier: MPL-2.0
"""The disk fails while clients get leases: no ACK without a stored lease, no NAK, service resumes when it works
again."""
import contextlib
import os
import subprocess
import time

from lib import ledger
from lib.case import fault
from lib.server import Server


class Sick:
    """A server whose disk is controlled by the test; see tests/tools/faulty.c."""

    def __init__(self, t):
        self.t, self.flags = t, t.path("flags")
        os.mkdir(self.flags)
        library = os.path.join(t.env["builddir"], "tests/tools/faulty.so")
        t.true(os.path.exists(library), f"there is no {library}: make check builds it")
        folder = t.path("state")
        self.server = Server(t, t.fam.config(quiet=True), folder=folder,
                             env={"LD_PRELOAD": library, "FAULTY": self.flags, "FAULTY_DISK": folder})
        self.server.start()

    def flag(self, name, text=""):
        with open(os.path.join(self.flags, name), "w", encoding="ascii") as f:
            f.write(text)

    def has(self, name):
        return os.path.exists(os.path.join(self.flags, name))

    def clear(self, name):
        os.unlink(os.path.join(self.flags, name))


def small(t):
    return t.fam.Load(t, "--clients", "30000", "--window", "16", "--seconds", "300", "--timeout", "300")


def grows(t, load, what, seconds=5, by=20000):
    size = os.path.getsize(load.path) if os.path.exists(load.path) else 0
    t.wait(what, lambda: os.path.exists(load.path) and os.path.getsize(load.path) > size + by, seconds, 0.01)


def ended(t, load, server):
    """No client got a wrong response, nothing is lost, now and after a kill -9."""
    got = load.finish(early=True)
    t.eq((got["naks"], got["dups"], got["bad"]), (0, 0, 0), "naks, dups, bad")
    server.kill()
    ledger.check(t, load.path, server)
    server.start()
    ledger.check(t, load.path, server)
    return got


@fault("S4", "sync-fails")
def sync_fails(t):
    """fdatasync fails once, and again: pending requests are not acknowledged, a new file takes over, nothing is
    lost."""
    sick = Sick(t)
    server = sick.server
    load = small(t)
    grows(t, load, "acknowledged leases")
    times = 50 if t.long else 3
    worst = 0.0
    for i in range(times):
        before = os.stat(server.lease_path).st_ino
        start = time.monotonic()
        sick.flag("sync-once")
        t.wait("a sync that fails", lambda: not sick.has("sync-once"), 5, 0.01)
        t.wait("service to resume", lambda n=i: server.said("DHCPSRV_MEMFILE_WRITE_RESUMED") > n, 5, 0.01)
        worst = max(worst, time.monotonic() - start)
        t.true(os.stat(server.lease_path).st_ino != before, "the file whose sync failed is still in use")
        grows(t, load, "leases after a sync that failed")
    t.eq(server.said("DHCPSRV_MEMFILE_WRITE_FAILED.*fdatasync"), times, "lines about it")
    got = ended(t, load, server)
    t.note(f"{times} syncs failed, the longest pause was {worst * 1000:.0f} ms, {got['completed']} exchanges")


def silent(t, load, server, known, address):
    """No client gets an ACK or a rejection; the server keeps running."""
    t.true(server.process.alive(), "the server ended")
    got = known.keep(address, timeout=1)
    t.true(got != "refused", "a client with a valid lease was rejected")
    size = os.path.getsize(load.path)
    time.sleep(0.7)
    return os.path.getsize(load.path) == size


@fault("S5", "disk-full", beyond_kea="clients are NAKed while the disk is full, and the row after a torn one is lost")
def disk_full(t):
    """No space for the lease file: no ACK and no NAK; leases again as soon as there is space; none lost."""
    folder = t.path("state")
    os.mkdir(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={64 if t.long else 8}m,mode=750", "none", folder], check=True)
    filler = os.path.join(folder, "filler")
    server = t.server(t.fam.config(quiet=True, **t.no_cache), folder=folder)  # no row needed: still answered
    known = t.fam.client(t)
    address = known.lease()
    load = small(t)
    for _ in range(5 if t.long else 1):
        grows(t, load, "acknowledged leases", by=5000)
        room = os.statvfs(folder)
        with contextlib.suppress(OSError), open(filler, "wb") as f:  # the server may be faster
            f.write(b"x" * max(0, room.f_bavail * room.f_bsize - (64 << 10)))
        t.wait("a full disk", lambda: silent(t, load, server, known, address), 15)
        time.sleep(3 if t.long else 0)
        t.true(silent(t, load, server, known, address), "leases from a full disk")
        os.unlink(filler)
        start = time.monotonic()
        grows(t, load, "leases after there is room", by=5000)
        t.note(f"leases again {time.monotonic() - start:.2f} s after space was available")
    t.eq(known.keep(address), address, "renewed")
    ended(t, load, server)
    t.eq(known.keep(address), address, "renewed after a restart")


@fault("S6", "read-only", short=(4,))
def read_only(t):
    """The file system becomes read-only, and writable again: no responses meanwhile, no rejections, nothing lost."""
    sick = Sick(t)
    server = sick.server
    known = t.fam.client(t)
    address = known.lease()
    load = small(t)
    for _ in range(10 if t.long else 2):
        grows(t, load, "acknowledged leases")
        sick.flag("read-only")
        t.wait("silence", lambda: silent(t, load, server, known, address), 5)
        sick.clear("read-only")
        grows(t, load, "leases after it is writable", 3)
    t.eq(known.keep(address), address, "renewed")
    t.true(server.said("DHCPSRV_MEMFILE_WRITE_FAILED.*Read-only"), "not in the log")
    ended(t, load, server)


@fault("S6", "file-deleted", short=(6,))
def file_deleted(t):
    """The lease file is deleted, renamed or truncated: rewritten from memory within 10 s, nothing lost."""
    server = t.server(t.fam.config(quiet=True))
    load = small(t)
    ways = {"deleted": os.unlink, "renamed": lambda p: os.rename(p, p + ".old"), "truncated": lambda p: os.truncate(p, 100)}
    for n, way in enumerate(ways if t.long else ["deleted"], 1):
        grows(t, load, "acknowledged leases")
        ways[way](server.lease_path)
        start = time.monotonic()
        t.wait(f"a new file after it was {way}", lambda n=n: server.said("DHCPSRV_MEMFILE_REWRITTEN") >= n + 1 and
               server.said("DHCPSRV_MEMFILE_FILE_LOST") >= n, 13)
        t.note(f"{way}: rewritten after {time.monotonic() - start:.1f} s")
        grows(t, load, "leases in the new file")
    ended(t, load, server)
