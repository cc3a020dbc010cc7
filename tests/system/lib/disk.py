# SPDX-License-Identifier: MPL-2.0
"""Disks that lose power: a file with ext4 on a loop device, copied while nothing writes; and one that logs every
write and flush (tests/tools/disklog.c), so that it can be cut at each of them."""
import bisect
import contextlib
import os
import random
import shutil
import struct
import subprocess

from .case import Process, Skipped

EVENT = struct.Struct("=QQII")
WRITE, FLUSH = 1, 2
BLOCK = 4096
# What a disk may do with unflushed writes.
KEEP = ("none", "half", "all")


def make(path, size):
    """Creates a file with an empty file system."""
    with open(path, "wb") as f:
        f.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-b", str(BLOCK), path], check=True)


def mount(t, image, name):
    """Mounts it at a directory of the test and returns its path; this recovers from a power failure."""
    folder = t.path(name)
    os.makedirs(folder, exist_ok=True)
    p = subprocess.run(["mount", "-o", "loop", image, folder], check=False, capture_output=True, text=True)
    if p.returncode:
        raise Skipped(f"skipped: no loop devices here ({p.stderr.strip()})")
    return folder


def unmount(folder):
    subprocess.run(["umount", folder], check=True)


def writes_done(folder):
    """Number of writes the underlying device has received, and of pending ones."""
    device = os.stat(folder).st_dev
    with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat", encoding="ascii") as f:
        numbers = f.read().split()
    return numbers[4], numbers[8]


def copy(t, folder, image, to):
    """Copies the image under the mounted directory; its writers are stopped, but if the kernel is still writing,
    copies again."""
    def once():
        before = writes_done(folder)
        subprocess.run(["cp", "--sparse=always", image, to], check=True)
        return before[1] == "0" and writes_done(folder) == before
    t.wait("a copy of the disk during which nothing is written", once, 30)


class LoggedDisk:
    """Mounted at .folder; after close() it can be cut."""

    def __init__(self, t, size=64 << 20):
        self.t = t
        self.image, self.log, self.base = t.path("disk"), t.path("disk.log"), t.path("disk.base")
        self.marks, self.fuse = t.path("marks"), t.path("fuse")
        make(self.image, size)
        shutil.copyfile(self.image, self.base)
        os.mkdir(self.fuse)
        tool = os.path.join(t.env["builddir"], "tests/tools/disklog")
        t.true(os.access(tool, os.X_OK), f"there is no {tool}: make check builds it")
        if not os.access("/dev/fuse", os.R_OK | os.W_OK):
            raise Skipped("skipped: no /dev/fuse here")
        self.process = Process([tool, self.image, self.log, self.fuse], t.path("disklog.log"))
        t.processes.append(self.process)
        t.wait("the logged disk", lambda: os.path.ismount(self.fuse) or not self.process.alive(), 10, 0.01)
        if not self.process.alive():
            raise Skipped(f"skipped: {self.process.log().strip()}")
        self.device = None
        t.on_close(self.close)
        p = subprocess.run(["losetup", "--find", "--show", "--direct-io=on", os.path.join(self.fuse, "disk")], check=False,
                           capture_output=True, text=True)
        if p.returncode:
            raise Skipped(f"skipped: no loop devices here ({p.stderr.strip()})")
        self.device = p.stdout.strip()
        self.folder = t.path("disk.mnt")
        os.mkdir(self.folder)
        subprocess.run(["mount", self.device, self.folder], check=True)

    def environment(self):
        """For a process whose renames and unlinks must be found later."""
        return {"LD_PRELOAD": os.path.join(self.t.env["builddir"], "tests/tools/faulty.so"), "FAULTY_DISK": self.folder,
                "FAULTY_MARKS": self.marks}

    def close(self):
        """Unmounts; nothing below the directory may be in use."""
        if not self.device:
            return
        device, self.device = self.device, None
        for command in ["umount", self.folder], ["losetup", "--detach", device], ["umount", self.fuse]:
            subprocess.run(command, check=False, capture_output=True)
        with contextlib.suppress(Exception):
            self.process.wait(10)

    def read(self):
        """The events in order: (seconds, kind, offset, data)."""
        with open(self.log, "rb") as f:
            text = f.read()
        self.events, at = [], 0
        while at < len(text):
            ns, offset, kind, length = EVENT.unpack_from(text, at)
            at += EVENT.size
            self.events.append((ns / 1e9, kind, offset, text[at:at + length]))
            at += length
        self.times = [e[0] for e in self.events]

    def cuts(self):
        """Event numbers before which the power may fail: each rename or unlink, the two flushes after it, and every
        other flush; with the reason."""
        flushes = [i for i, e in enumerate(self.events) if e[1] == FLUSH]
        found = {i: "flush" for i in flushes}
        changed = {}
        with contextlib.suppress(FileNotFoundError), open(self.marks, encoding="utf-8") as f:
            for line in f:
                seconds, what, *names = line.split()
                at = min(bisect.bisect_left(self.times, float(seconds)), len(self.events) - 1)
                changed[at] = " ".join([what, *(os.path.basename(n) for n in names)])
        for at, reason in changed.items():
            next_one = bisect.bisect_right(flushes, at)
            found.update({i: f"flush after {reason}" for i in flushes[next_one:next_one + 2]})
        return sorted({**found, **changed}.items())

    def images(self, cuts, seed):
        """For each of these events and each way to lose writes (seconds, way, image): the disk if the power fails
        just before that event. The image may be written to; it is removed when the next one is requested."""
        rng = random.Random(seed)
        flushed, done, pending = self.t.path("disk.flushed"), 0, []
        shutil.copyfile(self.base, flushed)
        with open(flushed, "r+b") as f:
            for cut in cuts:
                for _, kind, offset, data in self.events[done:cut]:
                    if kind == WRITE:
                        pending.append((offset, data))
                        continue
                    for o, d in pending:
                        f.seek(o)
                        f.write(d)
                    pending = []
                f.flush()
                done = cut
                for keep in KEEP:
                    # A unique name: a loop device that is not quite gone must not show the previous one.
                    image = self.t.path(f"disk.cut{cut}{keep}")
                    self._cut(flushed, image, pending, keep, rng)
                    yield self.events[cut][0], keep, image
                    os.unlink(image)

    @staticmethod
    def _cut(flushed, image, pending, keep, rng):
        shutil.copyfile(flushed, image)
        with open(image, "r+b") as f:
            for offset, data in pending:
                for at in range(0, len(data), BLOCK):
                    if keep == "all" or (keep == "half" and rng.random() < 0.5):
                        f.seek(offset + at)
                        f.write(data[at:at + BLOCK])
